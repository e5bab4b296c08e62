"""When a run is looked at again."""

import pytest

from airflow_provider_extend.api.errors import ExtendConnectionError, ExtendNotFound, ExtendRateLimited
from airflow_provider_extend.api.polling import Decision, Poller
from airflow_provider_extend.api.runs import read_run

MOVING = read_run("batch_processor_run", "2024-12-23", {"id": "bpr_1", "status": "PROCESSING"})


def high(_low, upper):
    return upper


def low(lower, _high):
    return lower


def poller(**kwargs):
    return Poller(started=1000.0, deadline=9000.0, **{"draw": lambda a, b: (a + b) / 2, **kwargs})


@pytest.mark.parametrize(
    "status", ["PROCESSED", "REVIEWED", "FAILED", "CANCELLED", "REJECTED", "NEEDS_REVIEW"]
)
def test_a_run_that_ended_ends_the_wait_even_after_the_deadline(status):
    run = read_run("batch_processor_run", "2024-12-23", {"id": "bpr_1", "status": status})
    assert poller().on_run(run, 9999.0) == Decision("ended")


@pytest.mark.parametrize(
    ("age", "seconds"), [(0, 1.0), (20, 1.0), (100, 5.0), (300, 15.0), (600, 30.0), (7000, 30.0)]
)
def test_looks_get_rarer_with_age_from_1_to_30_seconds(age, seconds):
    assert poller().on_run(MOVING, 1000.0 + age) == Decision(wait=seconds)


def test_looks_are_spread_by_a_quarter_either_way():
    assert poller(draw=low).on_run(MOVING, 7000.0) == Decision(wait=22.5)
    assert poller(draw=high).on_run(MOVING, 7000.0) == Decision(wait=37.5)


def test_the_author_may_ask_for_more_frequent_looks():
    for draw in (low, high):
        assert 5.0 <= poller(ceiling=10.0, draw=draw).on_run(MOVING, 7000.0).wait <= 10.0


def test_looks_that_the_author_asked_for_are_spread_too_lest_many_tasks_ask_in_step():
    waits = {poller(ceiling=10.0, draw=draw).on_run(MOVING, 7000.0).wait for draw in (low, high)}
    assert len(waits) == 2


def test_the_last_look_is_at_the_deadline_and_then_the_wait_ends():
    assert poller().on_run(MOVING, 8997.0) == Decision(wait=3.0)
    assert poller().on_run(MOVING, 9000.0) == Decision("timeout")
    assert poller().on_error(ExtendConnectionError("x", sent=True), 9000.0) == Decision("timeout")


def test_an_unknown_status_is_waited_for():
    run = read_run("batch_processor_run", "2024-12-23", {"id": "bpr_1", "status": "ARCHIVED"})
    assert poller().on_run(run, 1000.0).event is None


def test_transient_errors_are_looked_past_four_times_and_a_good_look_forgives_them():
    error = ExtendConnectionError("x", sent=True)
    polling = poller(draw=high)
    waits = [polling.on_error(error, 1000.0) for _ in range(4)]
    assert waits == [Decision(wait=1.0), Decision(wait=2.0), Decision(wait=4.0), Decision(wait=8.0)]
    assert polling.on_run(MOVING, 1000.0).event is None
    assert polling.on_error(error, 1000.0) == Decision(wait=1.0)
    for _ in range(3):
        assert polling.on_error(error, 1000.0).event is None
    assert polling.on_error(error, 1000.0) == Decision("error")


def test_a_permanent_error_ends_the_wait_at_once():
    assert poller().on_error(ExtendNotFound("x", status=404), 1000.0) == Decision("error")


def test_a_wait_that_the_server_asks_for_is_kept():
    error = ExtendRateLimited("x", status=429, retryable=True, retry_after=20.0)
    assert poller(draw=low).on_error(error, 1000.0) == Decision(wait=20.0)


def test_a_long_wait_that_the_server_asks_for_is_waited_out_as_no_worker_is_held():
    error = ExtendRateLimited("x", status=429, retryable=True, retry_after=600.0)
    assert poller(draw=low).on_error(error, 1000.0) == Decision(wait=600.0)
    assert poller(draw=low).on_error(error, 8700.0) == Decision(wait=300.0)


@pytest.mark.parametrize(
    ("status", "event"), [("NEEDS_REVIEW", None), ("REJECTED", "ended"), ("PROCESSED", "ended")]
)
def test_an_outcome_that_is_waited_past_does_not_end_the_wait(status, event):
    run = read_run("workflow_run", "2026-02-09", {"id": "workflow_run_1", "status": status})
    waits = poller(past=frozenset({"needs_review"}))
    assert waits.on_run(run, 1000.0).event == event
    assert waits.on_run(run, 9000.0).event == (event or "timeout")
