"""When a call is sent again and after how long, row by row."""

import random
from datetime import UTC, datetime

import pytest

from airflow_provider_extend.api import errors
from airflow_provider_extend.api.retry import in_doubt, may_repeat, parse_retry_after, wait_seconds

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def api_error(status, **fields):
    return errors.api_error_class(status, fields.get("code"))("x", status=status, **fields)


ROWS = [
    # what happened, repeat a GET or an update, repeat a create, may a create have been carried out
    (api_error(429, retryable=True), True, True, False),
    (errors.ExtendConnectionError("refused", sent=False), True, True, False),
    (errors.ExtendConnectionError("dropped", sent=True), True, False, True),
    (api_error(408, retryable=True), True, False, True),
    (api_error(500, retryable=True), True, False, True),
    (api_error(502, retryable=True), True, False, True),
    (api_error(503, retryable=True), True, False, True),
    (api_error(504, retryable=True), True, False, True),
    (errors.ExtendAnswerError("HTML", status=200), True, False, True),
    (errors.ExtendAnswerError("HTML", status=500), True, False, True),
    (errors.ExtendAnswerError("redirect", status=300), False, False, False),
    (errors.ExtendAnswerError("redirect", status=307), False, False, False),
    (errors.ExtendAnswerError("HTML", status=400), False, False, False),
    (errors.ExtendAnswerError("HTML", status=408), True, False, True),
    (errors.ExtendAnswerError("HTML", status=409), False, False, False),
    (api_error(400), False, False, False),
    (api_error(401), False, False, False),
    (api_error(402), False, False, False),
    (api_error(403), False, False, False),
    (api_error(404), False, False, False),
    (api_error(409), False, False, False),
    (api_error(409, retryable=True), True, False, False),
    (api_error(500, retryable=False), False, False, True),
    (api_error(422), False, False, False),
    (api_error(410, code="ENDPOINT_REMOVED"), False, False, False),
    (errors.ExtendInputError("x"), False, False, False),
    (errors.ExtendHostNotAllowed("x"), False, False, False),
    (errors.ExtendRunFailed("x", run_id="r", outcome="failed"), False, False, False),
]


@pytest.mark.parametrize(
    ("error", "safe", "create", "doubt"), ROWS, ids=[f"{type(r[0]).__name__}-{r[0]}" for r in ROWS]
)
def test_the_table(error, safe, create, doubt):
    assert may_repeat(error, repeatable=True) is safe
    assert may_repeat(error, repeatable=False) is create
    assert in_doubt(error) is doubt


def test_success_false_in_a_success_leaves_a_create_in_doubt_and_is_not_repeated():
    error = errors.ExtendAPIError("success=false", status=200)
    assert in_doubt(error)
    assert not may_repeat(error, repeatable=True)


@pytest.mark.parametrize(
    ("seconds", "repeated"), [(None, True), (0, True), (60, True), (60.1, False), (3600, False)]
)
def test_a_wait_of_more_than_a_minute_is_not_slept_in_a_worker(seconds, repeated):
    for status in (429, 503):
        assert may_repeat(api_error(status, retryable=True, retry_after=seconds), repeatable=True) is repeated


def test_where_no_worker_is_held_a_long_wait_may_be_waited_out():
    error = api_error(429, retryable=True, retry_after=3600)
    assert may_repeat(error, repeatable=True, longest_wait=3600)
    assert not may_repeat(error, repeatable=True, longest_wait=3599)


def test_who_cannot_wait_at_all_may_still_repeat_where_the_server_asks_for_no_wait():
    assert may_repeat(api_error(503, retryable=True), repeatable=True, longest_wait=0)
    assert not may_repeat(api_error(503, retryable=True, retry_after=0.5), repeatable=True, longest_wait=0)


def test_the_servers_word_against_a_retry_goes_before_the_status():
    assert not may_repeat(api_error(500, retryable=False), repeatable=True)


@pytest.mark.parametrize(
    ("attempt", "ceiling"), [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 16.0), (6, 30.0), (50, 30.0)]
)
def test_jitter_is_drawn_from_zero_to_a_doubling_ceiling(attempt, ceiling):
    drawn = []
    wait = wait_seconds(
        api_error(500, retryable=True), attempt, lambda low, high: drawn.append((low, high)) or high
    )
    assert drawn == [(0.0, ceiling)]
    assert wait == ceiling
    waits = [wait_seconds(api_error(500, retryable=True), attempt) for _ in range(200)]
    assert 0 <= min(waits) < ceiling / 2 < max(waits) <= ceiling


@pytest.mark.parametrize("asked", [0.0, 0.5, 7.0, 60.0])
def test_a_call_is_never_repeated_sooner_than_the_server_asked(asked):
    error = api_error(429, retry_after=asked)
    draws = [random.Random(seed).uniform for seed in range(50)]
    waits = [wait_seconds(error, attempt, draw) for attempt in (1, 5, 9) for draw in draws]
    assert min(waits) >= asked
    assert max(waits) <= asked + 3.0
    assert len(set(waits)) > 1, "clients that were refused together must not come back together"


def test_connection_errors_wait_by_jitter_alone():
    assert wait_seconds(errors.ExtendConnectionError("x", sent=False), 3, lambda low, high: high) == 4.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("0", 0.0),
        ("-5", 0.0),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 13:00:30 +0100", 30.0),
        ("Mon, 23 Nov 2026 12:00:30 -0000", 30.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("Mon, 23 Nov 2026 13:00:00 GMT", 3600.0),
        (None, None),
        ("", None),
        ("  ", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1e400", None),
        ("Mon, 99 Nov 2026 12:00:30 GMT", None),
        ("Mon, 23 Nov 2026 12:00:30 +999999999", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header, seconds):
    assert parse_retry_after(header, NOW) == seconds


def test_a_date_is_counted_from_now():
    assert parse_retry_after("Fri, 31 Dec 2100 00:00:00 GMT") > 1e9
    assert parse_retry_after("Thu, 01 Jan 1970 00:00:00 GMT") == 0.0
