"""What BatchProcessorRunSensor reads in each API version, what it pushes, and how its deadline holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests_mock as requests_mock_module

from airflow_provider_extend import waiting
from airflow_provider_extend.sensors._run import RunSensor
from airflow_provider_extend.sensors.batch_processor_run import BatchProcessorRunSensor
from tests.airflow_names import (
    AirflowRescheduleException,
    AirflowSkipException,
    AirflowTaskTimeout,
    TaskDeferralError,
    TaskDeferralTimeout,
    TaskDeferred,
)

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
MODES = ("poke", "reschedule", "deferrable")
US, OLD = "https://api.extend.ai", "https://api-prod.extend.app"
LIMIT = 48 * 1024


@pytest.fixture
def batch(bodies):
    return bodies[0]


@pytest.fixture
def evaluation(bodies):
    return bodies[1]


def paths(mock: requests_mock_module.Mocker) -> list[str]:
    return [request.path for request in mock.request_history]


# What each version says


@pytest.mark.parametrize("mode", MODES)
def test_percents_of_2024_12_23_become_fractions(answers, end, mode) -> None:
    answers("PROCESSING", "PROCESSED")
    ended = end(mode)
    assert ended.value == {
        "id": "bpr_1",
        "kind": "batch_processor_run",
        "status": "PROCESSED",
        "outcome": "succeeded",
        "api_version": V24,
        "url": None,
        "metrics_from": "batch_processor_run",
        "metrics": {
            "extract.fields.invoice_number.recall": pytest.approx(0.985),
            "extract.fields.invoice_number.precision": pytest.approx(0.992),
            "extract.fields.invoice_number.confidence": 0.95,
            "latency.mean_ms": 1500,
        },
        "counts": {},
        "source": "EVAL_SET",
        "source_id": "ev_1",
        "processor_id": "dp_5678",
        "processor_version_id": "dpv_91011",
        "usage": None,
        "files": None,
        "config_fingerprint": None,
        "items_fingerprint": None,
    }


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", [V24, V25, V26])
def test_the_answer_of_the_api_is_pushed_untouched(
    requests_mock, connect, end, batch, evaluation, version, mode
) -> None:
    host, body = connect(version), batch(version, surprise={"of": [1, 2]})
    requests_mock.get(f"{host}/batch_processor_runs/bpr_1", json=body)
    requests_mock.get(f"{host}/evaluation_set_runs/bpr_1", json=evaluation())
    assert end(mode).xcoms["batch_processor_run"] == body["batchProcessorRun"]


@pytest.mark.parametrize("mode", MODES)
def test_counts_only_on_2025_04_21_are_given_without_a_word_on_where_scores_come_from(
    requests_mock, answers, end, mode
) -> None:
    answers("PROCESSED", version=V25)
    ended = end(mode)
    assert (ended.state, ended.value["metrics_from"], ended.value["metrics"]) == ("success", None, {})
    assert set(paths(requests_mock)) == {"/batch_processor_runs/bpr_1"}


def test_scores_on_2025_04_21_are_read_if_they_are_sent(answers, end, batch) -> None:
    answers(batch(V24), version=V25)
    value = end().value
    assert value["metrics_from"] == "batch_processor_run"
    assert value["metrics"]["extract.fields.invoice_number.recall"] == pytest.approx(0.985)


@pytest.mark.parametrize("mode", MODES)
def test_scores_of_2026_02_09_come_from_the_evaluation_set_run_in_one_more_request(
    requests_mock, connect, end, batch, evaluation, mode
) -> None:
    connect(V26)
    moving, ended_run = batch(V26, "PROCESSING"), batch(V26)
    requests_mock.get(f"{US}/batch_processor_runs/bpr_1", [{"json": moving}, {"json": ended_run}])
    scores = requests_mock.get(f"{US}/evaluation_set_runs/bpr_1", json=evaluation())
    value = end(mode).value
    # In the triggerer the run has ended only when both paths say so; there they are asked once more.
    assert scores.call_count == (2 if mode == "deferrable" else 1)
    assert value["metrics_from"] == "evaluation_set_run"
    assert value["metrics"]["extract.accuracy"] == 0.9
    assert value["metrics"]["extract.fields.vendor.name.accuracy"] == 0.9
    assert value["counts"]["extract.fields.vendor.name.accuracy"] == [9, 10]
    assert value["files"] == [10, 10]
    assert (value["processor_id"], value["processor_version_id"]) == ("dp_5678", "dpv_91011")


@pytest.mark.parametrize("mode", MODES)
def test_scores_that_are_not_there_yet_are_waited_for(
    requests_mock, connect, end, batch, evaluation, mode
) -> None:
    """The two paths need not change at the same moment."""
    connect(V26)
    requests_mock.get(f"{US}/batch_processor_runs/bpr_1", json=batch(V26))
    late = [{"json": evaluation("PROCESSING")}] * 3 + [{"json": evaluation()}]
    requests_mock.get(f"{US}/evaluation_set_runs/bpr_1", late)
    assert end(mode).value["metrics"]["extract.accuracy"] == 0.9


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "gone",
    [
        {"status_code": 404, "json": {"success": False, "error": "not found"}},
        {"status_code": 404, "json": {"code": "NOT_FOUND", "message": "no", "retryable": False}},
        {"status_code": 404, "json": {"code": "ENDPOINT_REMOVED", "message": "gone", "retryable": False}},
        {"status_code": 404, "text": "<html>"},
    ],
    ids=["old body", "new body", "path removed", "no body of Extend's"],
)
def test_where_the_old_path_answers_404_the_evaluation_set_run_is_waited_for(
    requests_mock, connect, end, evaluation, gone, mode
) -> None:
    connect(V26)
    requests_mock.get(f"{US}/batch_processor_runs/bpr_1", **gone)
    requests_mock.get(
        f"{US}/evaluation_set_runs/bpr_1",
        [{"json": evaluation("PROCESSING")}, {"json": evaluation("PROCESSING")}, {"json": evaluation()}],
    )
    ended = end(mode)
    assert ended.state == "success", repr(ended.error)
    assert ended.value["kind"] == "batch_processor_run"
    assert ended.value["metrics_from"] == "evaluation_set_run"
    assert (ended.value["processor_id"], ended.value["processor_version_id"]) == ("ex_1", "exv_1")
    assert (ended.value["source"], ended.value["source_id"]) == ("EVAL_SET", "ev_1")
    assert ended.xcoms["batch_processor_run"] == evaluation()


@pytest.mark.parametrize("mode", MODES)
def test_a_run_that_neither_path_knows_fails_the_task(requests_mock, connect, end, mode) -> None:
    connect(V26)
    requests_mock.get(requests_mock_module.ANY, status_code=404, json={"code": "NOT_FOUND", "message": "no"})
    ended = end(mode)
    assert ended.state == "failed, not retried"
    assert paths(requests_mock) == ["/batch_processor_runs/bpr_1", "/evaluation_set_runs/bpr_1"]


def test_a_batch_that_no_evaluation_set_run_knows_keeps_its_counts(
    requests_mock, connect, end, batch
) -> None:
    connect(V26)
    requests_mock.get(f"{US}/batch_processor_runs/bpr_1", json=batch(V26))
    requests_mock.get(f"{US}/evaluation_set_runs/bpr_1", status_code=404, json={})
    value = end().value
    assert (value["outcome"], value["metrics_from"], value["metrics"]) == ("succeeded", None, {})


@pytest.mark.parametrize("mode", MODES)
def test_scores_that_cannot_be_fetched_are_never_taken_for_none(
    requests_mock, connect, end, batch, mode
) -> None:
    connect(V26)
    requests_mock.get(f"{US}/batch_processor_runs/bpr_1", json=batch(V26))
    requests_mock.get(f"{US}/evaluation_set_runs/bpr_1", status_code=503, json={})
    ended = end(mode)
    assert ended.state == "failed, retried"
    assert ended.value is None


def test_the_header_of_the_version_and_the_key_go_with_every_request(
    requests_mock, connect, end, batch, evaluation
) -> None:
    connect(V26)
    requests_mock.get(f"{US}/batch_processor_runs/bpr_1", json=batch(V26))
    requests_mock.get(f"{US}/evaluation_set_runs/bpr_1", json=evaluation())
    end()
    for request in requests_mock.request_history:
        assert request.headers["x-extend-api-version"] == V26
        assert request.headers["Authorization"] == "Bearer sk_of_the_tests"


def test_the_connection_can_be_another_one(requests_mock, monkeypatch, end, batch) -> None:
    other = {"conn_type": "extend", "password": "sk_other", "extra": {"api_version": V24}}
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", json.dumps(other))
    requests_mock.get(f"{OLD}/batch_processor_runs/bpr_1", json=batch())
    assert end("deferrable", extend_conn_id="other").state == "success"
    assert requests_mock.last_request.headers["Authorization"] == "Bearer sk_other"


# A run that failed


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", [V24, V25, V26])
def test_a_failed_run_is_told_with_its_ids_and_without_an_invented_reason(
    requests_mock, connect, end, batch, version, mode
) -> None:
    host = connect(version)
    requests_mock.get(f"{host}/batch_processor_runs/bpr_1", json=batch(version, "FAILED"))
    ended = end(mode)
    text = str(ended.error)
    assert ended.state == "failed, not retried"
    for told in ("bpr_1", "FAILED", "ev_1", "dp_5678", "dpv_91011", "no reason", "dashboard"):
        assert told in text
    assert "http" not in text, "the API gives no link, and none is made up"
    assert ended.error.error.outcome == "failed"
    # What there is to know is pushed all the same.
    assert ended.xcoms["batch_processor_run"]["status"] == "FAILED"


def test_a_reason_and_a_link_that_the_api_gives_are_told(answers, end, batch) -> None:
    answers(
        batch(
            status="FAILED",
            failureReason="CORRUPT_FILE",
            failureMessage="page 3",
            dashboardUrl="https://dashboard.extend.ai/runs/bpr_1",
        )
    )
    text = str(end().error)
    for told in ("CORRUPT_FILE", "page 3", "https://dashboard.extend.ai/runs/bpr_1"):
        assert told in text
    assert "no reason" not in text


# Statuses that nobody has heard of


@pytest.mark.parametrize("mode", MODES)
def test_an_unknown_status_is_named_when_the_time_is_up(answers, end, mode) -> None:
    answers("REWINDING")
    ended = end(mode, timeout=0.05)
    assert ended.state == "timed out, not retried"
    assert "REWINDING" in str(ended.error)


def test_an_unknown_status_is_warned_of_once(answers, end, log_text) -> None:
    answers(*["REWINDING"] * 5, "PROCESSED")
    end()
    assert log_text().count("REWINDING") == 1


# Time


@pytest.mark.parametrize("mode", MODES)
def test_a_timeout_says_that_the_run_goes_on(answers, end, mode) -> None:
    answers("PROCESSING")
    text = str(end(mode, timeout=0.05).error)
    assert "bpr_1" in text
    assert "nothing was cancelled" in text


@pytest.mark.parametrize("mode", MODES)
def test_a_sensor_cancels_nothing(requests_mock, answers, end, mode) -> None:
    answers("PROCESSING")
    end(mode, timeout=0.05)
    assert {request.method for request in requests_mock.request_history} == {"GET"}


def deferral(sensor: BatchProcessorRunSensor, context: Any) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        sensor.execute(context)
    return caught.value


def resumed(sensor: BatchProcessorRunSensor, context: Any, event: Any) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        sensor.resume_execution("execute_complete", {"event": event}, context)
    return caught.value


@pytest.mark.parametrize(
    ("timeout", "execution_timeout", "seconds"),
    [(100, None, 100), (100, timedelta(seconds=30), 30), (30, timedelta(seconds=100), 30)],
)
def test_the_smaller_of_timeout_and_execution_timeout_counts_from_the_start_of_the_try(
    answers, sensor, task_instance, timeout, execution_timeout, seconds
) -> None:
    answers("PROCESSING")
    task_instance.start_date = datetime.now(UTC) - timedelta(seconds=10)
    made = sensor("deferrable", timeout=timeout, execution_timeout=execution_timeout)
    deferred = deferral(made, {"ti": task_instance})
    started = task_instance.start_date.timestamp()
    assert deferred.trigger.deadline == pytest.approx(started + seconds, abs=0.001)
    # Airflow's own timeout is a backstop behind ours.
    assert deferred.timeout.total_seconds() > deferred.trigger.deadline - time.time()


def test_a_try_whose_time_is_up_looks_once_and_ends(requests_mock, answers, end, task_instance) -> None:
    answers("PROCESSING")
    task_instance.start_date = datetime.now(UTC) - timedelta(seconds=90)
    ended = end("deferrable", timeout=60)
    assert (ended.state, ended.deferrals) == ("timed out, not retried", [])
    assert requests_mock.call_count == 1


def test_a_run_that_ended_after_the_time_was_up_is_still_taken(answers, end, task_instance) -> None:
    answers("PROCESSED")
    task_instance.start_date = datetime.now(UTC) - timedelta(seconds=90)
    assert end("deferrable", timeout=60).state == "success"


def test_an_execution_timeout_ends_a_poke_wait_like_a_timeout(answers, end, monkeypatch) -> None:
    """Airflow interrupts a worker that has reached `execution_timeout` with this exception."""
    answers("PROCESSING")

    def interrupted(seconds: float) -> None:
        raise AirflowTaskTimeout("Timeout, PID: 1")

    monkeypatch.setattr("airflow.sdk.bases.sensor.time.sleep", interrupted)
    ended = end("poke", execution_timeout=timedelta(seconds=1))
    assert ended.state == "timed out, not retried"


@pytest.mark.parametrize("flag", ["soft_fail", "never_fail"])
def test_an_execution_timeout_skips_a_poke_wait_that_may_not_fail(answers, end, monkeypatch, flag) -> None:
    answers("PROCESSING")

    def interrupted(seconds: float) -> None:
        raise AirflowTaskTimeout("Timeout, PID: 1")

    monkeypatch.setattr("airflow.sdk.bases.sensor.time.sleep", interrupted)
    assert end("poke", execution_timeout=timedelta(seconds=1), **{flag: True}).state == "skipped"


@pytest.mark.parametrize("mode", ["reschedule", "deferrable"])
def test_an_execution_timeout_ends_a_wait_that_holds_no_worker_too(answers, end, task_instance, mode) -> None:
    """Airflow itself applies it to the running time only."""
    answers("PROCESSING")
    task_instance.start_date = datetime.now(UTC) - timedelta(seconds=30)
    task_instance.rescheduled_at = task_instance.start_date
    ended = end(mode, timeout=60, execution_timeout=timedelta(seconds=20))
    assert ended.state == "timed out, not retried"
    assert datetime.now(UTC) - task_instance.start_date < timedelta(seconds=55), "its own timeout came first"


def test_the_deadline_survives_being_deferred_again(answers, sensor, task_instance) -> None:
    answers("PROCESSING")
    context = {"ti": task_instance}
    first = deferral(sensor("deferrable"), context).trigger.deadline
    event = {"event": "error", "kind": "batch_processor_run", "run_id": "bpr_1", "status": None}
    again = resumed(sensor("deferrable"), context, {**event, "deadline": first}).trigger.deadline
    assert again == first
    # An event without one, such as an older trigger of this package may send, is computed anew from the try.
    assert resumed(sensor("deferrable"), context, event).trigger.deadline == pytest.approx(first, abs=0.001)


# Deferrals that go wrong


@pytest.mark.parametrize(
    ("status", "state"), [("PROCESSED", "success"), ("PROCESSING", None), ("FAILED", "f")]
)
def test_when_airflows_own_timeout_comes_first_the_run_is_looked_at_once_more(
    requests_mock, answers, sensor, task_instance, status, state
) -> None:
    answers(status)
    made, context = sensor("deferrable"), {"ti": task_instance}
    resume = lambda: made.resume_execution("__fail__", {"error": "Trigger timeout"}, context)  # noqa: E731
    if state == "success":
        assert resume()["outcome"] == "succeeded"
    else:
        with pytest.raises(Exception, match="did not end" if state is None else "FAILED") as caught:
            resume()
        assert type(caught.value).__name__ == (
            "AirflowSensorTimeout" if state is None else "ExtendFailException"
        )
        assert not isinstance(caught.value, TaskDeferralTimeout)
    assert requests_mock.call_count == 1


@pytest.mark.parametrize("flag", ["soft_fail", "never_fail"])
def test_airflows_own_timeout_skips_what_may_not_fail(answers, sensor, task_instance, flag) -> None:
    answers("PROCESSING")
    made = sensor("deferrable", **{flag: True})
    with pytest.raises(Exception, match="did not end") as caught:
        made.resume_execution("__fail__", {"error": "Trigger timeout"}, {"ti": task_instance})
    assert type(caught.value).__name__ == "AirflowSkipException"


def crash(sensor: BatchProcessorRunSensor, context: Any) -> Any:
    return sensor.resume_execution("__fail__", {"error": "Trigger failure", "traceback": ["boom"]}, context)


def test_a_crashed_trigger_is_started_again_three_times_at_most(answers, sensor, task_instance) -> None:
    answers("PROCESSING")
    context = {"ti": task_instance}
    deadline = deferral(sensor("deferrable"), context).trigger.deadline
    for _ in range(3):
        with pytest.raises(TaskDeferred) as again:
            crash(sensor("deferrable"), context)
        assert again.value.method_name == "execute_complete"
        assert again.value.trigger.deadline == pytest.approx(deadline, abs=0.001)
    with pytest.raises(TaskDeferralError):
        crash(sensor("deferrable"), context)


def test_a_run_that_ended_while_the_trigger_crashed_is_taken(answers, sensor, task_instance) -> None:
    answers("PROCESSED")
    assert crash(sensor("deferrable"), {"ti": task_instance})["outcome"] == "succeeded"


@pytest.mark.parametrize(
    ("flag", "name"), [("never_fail", "AirflowSkipException"), ("soft_fail", "TaskDeferralError")]
)
def test_a_trigger_that_crashes_for_ever_is_a_passing_trouble(
    answers, sensor, task_instance, flag, name
) -> None:
    answers("PROCESSING")
    context = {"ti": task_instance}
    for _ in range(3):
        with pytest.raises(TaskDeferred):
            crash(sensor("deferrable", **{flag: True}), context)
    with pytest.raises((TaskDeferralError, AirflowSkipException)) as caught:
        crash(sensor("deferrable", **{flag: True}), context)
    assert type(caught.value).__name__ == name


def test_a_triggerer_that_cannot_read_what_this_worker_can_is_not_asked_in_a_circle(
    requests_mock, answers, sensor, task_instance
) -> None:
    answers("PROCESSING")
    context = {"ti": task_instance}
    event = {"event": "error", "kind": "batch_processor_run", "run_id": "bpr_1", "status": None}
    for looks in (1, 2, 3):
        resumed(sensor("deferrable"), context, event)
        assert requests_mock.call_count == looks
    with pytest.raises(TaskDeferralError, match="triggerer cannot read batch processor run bpr_1"):
        sensor("deferrable").resume_execution("execute_complete", {"event": event}, context)
    assert requests_mock.call_count == 4, "one look each time"


def test_failures_of_the_triggerer_that_lie_far_apart_are_not_counted_together(
    answers, sensor, task_instance, monkeypatch
) -> None:
    answers("PROCESSING")
    context = {"ti": task_instance}
    event = {"event": "error", "kind": "batch_processor_run", "run_id": "bpr_1", "status": None}
    began = time.time()
    for hours in range(10):
        monkeypatch.setattr(waiting.time, "time", lambda hours=hours: began + 3600 * hours)
        resumed(sensor("deferrable", timeout=864_000), context, {**event, "deadline": began + 864_000})


@pytest.mark.parametrize(
    "event",
    [
        None,
        {},
        "ended",
        {"event": "success", "run_id": "bpr_1"},
        {"event": "ended", "run_id": "bpr_2"},
        {"event": "ended"},
        {"status": "PROCESSED", "run_id": "bpr_1"},
    ],
)
def test_an_event_that_is_not_of_the_closed_set_is_an_error_and_never_the_end_of_the_run(
    requests_mock, answers, sensor, task_instance, event
) -> None:
    answers("PROCESSED")
    with pytest.raises(ValueError, match="Unexpected event for run bpr_1"):
        sensor("deferrable").resume_execution("execute_complete", {"event": event}, {"ti": task_instance})
    assert requests_mock.call_count == 0
    assert task_instance.xcoms == {}


def test_what_the_event_says_of_the_run_is_never_believed(answers, sensor, task_instance) -> None:
    answers("PROCESSING")
    event = {"event": "ended", "kind": "batch_processor_run", "run_id": "bpr_1", "status": "PROCESSED"}
    resumed(sensor("deferrable"), {"ti": task_instance}, {**event, "deadline": time.time() + 60})
    assert "batch_processor_run" not in task_instance.xcoms


def test_the_event_of_a_timeout_ends_the_task_only_if_the_run_still_moves(
    answers, sensor, task_instance
) -> None:
    event = {"event": "timeout", "kind": "batch_processor_run", "run_id": "bpr_1", "status": "PROCESSING"}
    answers("PROCESSED")
    value = sensor("deferrable").resume_execution(
        "execute_complete", {"event": {**event, "deadline": time.time() - 1}}, {"ti": task_instance}
    )
    assert value["outcome"] == "succeeded"


# What is pushed


@pytest.mark.parametrize("mode", MODES)
def test_the_id_of_the_run_is_in_xcom_before_the_wait_begins(answers, end, mode) -> None:
    answers("PROCESSING")
    assert end(mode, timeout=0.02).xcoms.get("run_id") == "bpr_1"


@pytest.mark.parametrize("mode", MODES)
def test_the_answer_is_written_to_output_path(answers, end, batch, tmp_path, mode) -> None:
    answers("PROCESSING", "PROCESSED")
    target = tmp_path / "run.json"
    ended = end(mode, output_path=f"file://{target}")
    written = {"batch_processor_run": batch()["batchProcessorRun"], "result": ended.value}
    assert json.loads(target.read_text()) == written
    assert ended.xcoms["batch_processor_run"] == batch()["batchProcessorRun"]


def test_a_failed_run_is_written_to_output_path_too(answers, end, tmp_path) -> None:
    answers("FAILED")
    target = tmp_path / "run.json"
    assert end(output_path=f"file://{target}").state == "failed, not retried"
    assert json.loads(target.read_text())["batch_processor_run"]["status"] == "FAILED"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("status", "state"), [("PROCESSED", "success"), ("FAILED", "failed, not retried")])
def test_a_path_that_cannot_be_written_is_logged_and_changes_nothing_about_the_run(
    answers, end, tmp_path, log_text, status, state, mode
) -> None:
    answers(status)
    (tmp_path / "run.json").mkdir()
    ended = end(mode, output_path=f"file://{tmp_path}/run.json")
    assert (ended.state, ended.xcoms["batch_processor_run"]["status"]) == (state, status)
    assert "cannot be written" in log_text()


def test_an_answer_too_large_for_xcom_is_left_out_with_a_word(answers, end, batch, log_text) -> None:
    answers(batch(note="x" * LIMIT))
    ended = end()
    assert "batch_processor_run" not in ended.xcoms
    assert "too large" in log_text()
    assert ended.value["metrics"], "the scores fit"


def test_an_answer_too_large_for_xcom_is_at_output_path(answers, end, batch, tmp_path, log_text) -> None:
    body = batch(note="x" * LIMIT)
    answers(body)
    target = tmp_path / "run.json"
    ended = end(output_path=f"file://{target}")
    assert "batch_processor_run" not in ended.xcoms
    assert json.loads(target.read_text())["batch_processor_run"] == body["batchProcessorRun"]
    assert str(target) in log_text()


def many_fields(evaluation: Any) -> dict[str, Any]:
    body = evaluation()
    field = body["metrics"]["fieldMetrics"]["vendor.name"]
    body["metrics"]["fieldMetrics"] = {f"line_items.column_{n}.value": field for n in range(1500)}
    return body


@pytest.fixture
def large(requests_mock, connect, batch, evaluation):
    """A run of 2026-02-09 with more metrics than XCom holds."""
    connect(V26)
    requests_mock.get(f"{US}/batch_processor_runs/bpr_1", json=batch(V26))
    requests_mock.get(f"{US}/evaluation_set_runs/bpr_1", json=many_fields(evaluation))


@pytest.mark.parametrize("mode", MODES)
def test_more_metrics_than_xcom_holds_are_cut_down_to_the_aggregates(large, end, log_text, mode) -> None:
    value = end(mode).value
    assert value["truncated"] is True
    assert value["metrics"]["extract.accuracy"] == 0.9
    assert not any("column_" in selector for selector in {**value["metrics"], **value["counts"]})
    assert len(json.dumps(value)) < LIMIT
    assert "aggregates only" in log_text()


def test_metrics_that_xcom_does_not_hold_are_at_output_path(large, end, tmp_path) -> None:
    target = tmp_path / "run.json"
    assert end(output_path=f"file://{target}").value["truncated"] is True
    whole = json.loads(target.read_text())["result"]
    assert whole["metrics"]["extract.fields.line_items.column_1499.value.accuracy"] == 0.9
    assert "truncated" not in whole


def test_a_small_run_is_not_said_to_be_truncated(answers, end) -> None:
    answers("PROCESSED")
    assert "truncated" not in end().value


def test_signed_links_lose_their_signature_in_xcom_and_at_output_path(answers, end, batch, tmp_path) -> None:
    link = "https://files.extend.ai/report.csv?X-Amz-Signature=s3cr3t&X-Amz-Expires=900"
    answers(batch(reportUrl=link, usage={"reportUrl": link}))
    target = tmp_path / "run.json"
    ended = end(output_path=f"file://{target}")
    everything = json.dumps([ended.value, ended.xcoms]) + target.read_text()
    assert "s3cr3t" not in everything
    assert ended.xcoms["batch_processor_run"]["reportUrl"] == "https://files.extend.ai/report.csv"


# Where it is written in a DAG


@pytest.mark.slow
def test_deferrable_follows_airflows_own_default() -> None:
    code = (
        "from airflow_provider_extend.sensors.batch_processor_run import BatchProcessorRunSensor as S;"
        "print(S(task_id='t', batch_processor_run_id='bpr_1').deferrable)"
    )
    for value in ("True", "False"):
        env = {**os.environ, "AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE": value}
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        )
        assert done.stdout.split()[-1] == value


def test_the_id_the_connection_and_the_path_are_templates() -> None:
    assert set(BatchProcessorRunSensor.template_fields) == {
        "batch_processor_run_id",
        "extend_conn_id",
        "output_path",
    }


def test_making_a_sensor_asks_nobody_anything(requests_mock, monkeypatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_EXTEND_DEFAULT", raising=False)
    BatchProcessorRunSensor(task_id="wait", batch_processor_run_id="{{ params.x }}", deferrable=True)
    assert requests_mock.call_count == 0


def test_a_kind_of_run_has_to_say_where_its_id_is() -> None:
    with pytest.raises(NotImplementedError):
        _ = RunSensor(task_id="wait")._waits_for


# Not back before Airflow has reaped the process that let go


def test_a_deferred_task_is_looked_for_only_when_its_process_is_reaped(
    answers, sensor, task_instance, monkeypatch
) -> None:
    monkeypatch.setattr(waiting, "REAPED_SECONDS", 10.0)
    answers("PROCESSING")
    before = time.time()
    with pytest.raises(TaskDeferred) as caught:
        sensor("deferrable", poke_interval=2).execute({"ti": task_instance})
    assert 10 <= caught.value.trigger.not_before - before < 12


def test_a_task_is_rescheduled_no_sooner_than_its_process_is_reaped(
    answers, sensor, task_instance, monkeypatch
) -> None:
    monkeypatch.setattr(waiting, "REAPED_SECONDS", 10.0)
    answers("PROCESSING")
    backoff = {"poke_interval": 2, "exponential_backoff": True, "max_wait": timedelta(seconds=3)}
    for given, least in (({"poke_interval": 2}, 10), ({"poke_interval": 40}, 40), (backoff, 10)):
        before = datetime.now(UTC)
        with pytest.raises(AirflowRescheduleException) as caught:
            sensor("reschedule", **given).execute({"ti": task_instance})
        assert least <= (caught.value.reschedule_date - before).total_seconds() < least + 2


def test_a_poke_waits_no_longer_than_its_author_wants(answers, end, monkeypatch) -> None:
    monkeypatch.setattr(waiting, "REAPED_SECONDS", 10.0)
    answers("PROCESSING", "PROCESSED")
    started = time.monotonic()
    assert end("poke").state == "success"
    assert time.monotonic() - started < 5
