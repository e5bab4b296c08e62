"""When a run is looked at again: thousands of seconds, none of them waited for."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable

import pytest

from airflow_provider_extend.api.errors import (
    ExtendAPIError,
    ExtendConnectionError,
    ExtendInputError,
    ExtendNotFound,
    ExtendRateLimited,
    ExtendServerError,
)
from airflow_provider_extend.api.polling import Poller
from airflow_provider_extend.api.retry import MAX_ATTEMPTS
from airflow_provider_extend.api.runs import Run, read_run

START = 1_800_000_000.0
MIDDLE: Callable[[float, float], float] = lambda low, high: (low + high) / 2  # noqa: E731


def run(status: str) -> Run:
    return read_run("batch_processor_run", "2024-12-23", {"id": "bpr_1", "status": status})


def looks(seconds: float, draw: Callable[[float, float], float], ceiling: float = math.inf) -> list[float]:
    """Ages at which a run that never ends is looked at until the deadline."""
    poller = Poller(started=START, deadline=START + seconds, ceiling=ceiling, draw=draw)
    ages, now = [0.0], START
    while (decision := poller.on_run(run("PROCESSING"), now)).event is None:
        assert decision.wait > 0
        now += decision.wait
        ages.append(now - START)
        assert len(ages) < 100_000
    assert decision.event == "timeout"
    return ages


def gaps(ages: list[float]) -> list[tuple[float, float]]:
    return [(before, after - before) for before, after in itertools.pairwise(ages)]


def test_a_young_run_is_looked_at_each_second_and_an_old_one_each_half_minute() -> None:
    for age, gap in gaps(looks(7200, MIDDLE))[:-1]:
        if age < 20:
            assert gap == pytest.approx(1.0)
        elif age < 600:
            assert gap == pytest.approx(age / 20)
        else:
            assert gap == pytest.approx(30.0)


def test_a_wait_of_two_hours_takes_a_few_hundred_looks() -> None:
    assert 250 < len(looks(7200, MIDDLE)) < 350


def test_waiters_that_began_together_drift_apart_by_a_quarter_each_way() -> None:
    draw = random.Random(7).uniform
    found = [gap for age, gap in gaps(looks(100_000, draw, ceiling=5.0))[:-1] if age > 600]
    assert len(found) > 1000
    assert min(found) < 0.8 * max(found)
    assert min(found) >= 0.5 * 5.0


@pytest.mark.parametrize("ceiling", [0.5, 2.0, 5.0, 20.0])
def test_no_two_looks_lie_further_apart_than_the_author_wants(ceiling) -> None:
    draw = random.Random(7).uniform
    assert max(gap for _, gap in gaps(looks(5000, draw, ceiling=ceiling))) <= ceiling


@pytest.mark.parametrize("ceiling", [60.0, 3600.0])
def test_a_long_interval_of_the_author_makes_no_look_rarer_than_half_a_minute_and_its_jitter(ceiling) -> None:
    draw = random.Random(7).uniform
    assert max(gap for _, gap in gaps(looks(5000, draw, ceiling=ceiling))) <= 30 * 1.25


@pytest.mark.parametrize("seconds", [0.5, 7.0, 3333.0])
def test_the_last_look_is_at_the_deadline_and_none_comes_after_it(seconds) -> None:
    ages = looks(seconds, random.Random(3).uniform)
    assert ages[-1] == pytest.approx(seconds)


@pytest.mark.parametrize(
    "status", ["PROCESSED", "FAILED", "CANCELLED", "REVIEWED", "REJECTED", "NEEDS_REVIEW"]
)
@pytest.mark.parametrize("age", [0.0, 100.0, 1e6])
def test_the_end_of_a_run_counts_whenever_it_is_seen(status, age) -> None:
    assert Poller(started=START, deadline=START + 10).on_run(run(status), START + age).event == "ended"


@pytest.mark.parametrize(
    "status", ["PENDING", "PROCESSING", "CANCELLING", "REWINDING", "SUCCESS", "processed"]
)
def test_a_status_that_is_no_end_or_not_known_is_waited_on(status) -> None:
    decision = Poller(started=START, deadline=START + 60).on_run(run(status), START)
    assert decision.event is None


PASSING = (
    ExtendServerError("no", status=500, retryable=True),
    ExtendConnectionError("no", sent=True),
    ExtendConnectionError("no", sent=False),
    ExtendRateLimited("no", status=429, retryable=True),
)


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_a_passing_trouble_in_a_row_ends_the_wait_at_the_bound(error) -> None:
    poller = Poller(started=START, deadline=START + 1e6)
    decisions = [poller.on_error(error, START) for _ in range(MAX_ATTEMPTS)]
    assert [decision.event for decision in decisions] == [None] * (MAX_ATTEMPTS - 1) + ["error"]
    assert all(0 <= decision.wait <= 30 for decision in decisions[:-1])


def test_a_good_look_in_between_begins_the_count_anew() -> None:
    poller = Poller(started=START, deadline=START + 1e6)
    for _ in range(1000):
        assert [poller.on_error(PASSING[0], START).event for _ in range(MAX_ATTEMPTS - 1)] == [None] * 4
        assert poller.on_run(run("PROCESSING"), START).event is None


@pytest.mark.parametrize(
    "error",
    [
        ExtendNotFound("no", status=404),
        ExtendAPIError("no", status=400),
        ExtendInputError("no"),
    ],
    ids=repr,
)
def test_what_waiting_does_not_mend_ends_the_wait_at_once(error) -> None:
    assert Poller(started=START, deadline=START + 1e6).on_error(error, START).event == "error"


@pytest.mark.parametrize("asked", [1.0, 20.0, 60.0, 3600.0])
def test_a_server_that_asks_for_patience_is_not_looked_at_sooner(asked) -> None:
    error = ExtendRateLimited("no", status=429, retryable=True, retry_after=asked)
    for _ in range(100):
        assert Poller(started=START, deadline=START + 1e6).on_error(error, START).wait >= asked


def test_a_passing_trouble_at_the_deadline_is_a_timeout() -> None:
    assert Poller(started=START, deadline=START + 10).on_error(PASSING[0], START + 10).event == "timeout"


def test_a_wait_after_a_trouble_ends_at_the_deadline() -> None:
    poller = Poller(started=START, deadline=START + 10, draw=lambda low, high: high)
    assert poller.on_error(PASSING[0], START + 9.9).wait == pytest.approx(0.1)
