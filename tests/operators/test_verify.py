"""Verify runs: where a workspace retains nothing, Extend gives the result once. So it is read once, and kept."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from airflow_provider_extend.operators.run import (
    ExtendCancelRunOperator,
    ExtendDeleteRunOperator,
    ExtendGetRunOperator,
)
from airflow_provider_extend.operators.verify import ExtendVerifyOperator
from airflow_provider_extend.sensors.run import ExtendRunSensor
from tests.airflow_names import (
    AirflowException,
    AirflowFailException,
    AirflowTaskTimeout,
    TaskDeferred,
    import_string,
)

BASE = "https://api.extend.ai"
RISK = {"riskLevel": "HIGH", "summary": "5ecret", "signals": []}


class ZeroRetention:
    """Verify runs of a workspace that retains nothing: the first GET that shows a result purges it."""

    def __init__(self, requests_mock: Any) -> None:
        self.run: dict[str, Any] = {"id": "vr_1", "status": "PROCESSING", "output": None}
        self.delivered = 0
        self.listed = True
        requests_mock.post(f"{BASE}/verify_runs", json=self._create)
        requests_mock.get(f"{BASE}/verify_runs", json=self._list)
        requests_mock.get(f"{BASE}/verify_runs/vr_1", json=self._get)
        requests_mock.post(f"{BASE}/verify_runs/vr_1/cancel", json=lambda request, context: self.run)

    def _create(self, request: Any, context: Any) -> Any:
        self.run["metadata"] = request.json()["metadata"]
        return dict(self.run)

    def _list(self, request: Any, context: Any) -> Any:
        asked = request.qs.get("filenamecontains", [""])[0]
        row = {key: value for key, value in self.run.items() if key != "output"}
        other = {**row, "id": "vr_12", "status": "FAILED"}
        return {"object": "list", "data": [other, row] if self.listed and asked in ("", "vr_1") else []}

    def _get(self, request: Any, context: Any) -> Any:
        shown = dict(self.run)
        if shown["output"] is not None:
            self.delivered += 1
            self.run["output"] = None
        return shown

    def end(self) -> None:
        if self.run["status"] == "PROCESSING":
            self.run |= {"status": "PROCESSED", "output": RISK}


@pytest.fixture
def extend(requests_mock: Any, connect: Any) -> ZeroRetention:
    connect()
    return ZeroRetention(requests_mock)


def verify(**given: Any) -> ExtendVerifyOperator:
    return ExtendVerifyOperator(
        task_id="task", **{"file_id": "file_1", "poll_interval": 0.001, "push_output": True, **given}
    )


def fire(away: TaskDeferred) -> dict[str, Any]:
    class_path, kwargs = away.trigger.serialize()
    trigger = import_string(class_path)(**json.loads(json.dumps(kwargs)) | {"not_before": None})

    async def run() -> Any:
        async with asyncio.timeout(10):
            return [event.payload async for event in trigger.run()]

    (event,) = asyncio.run(run())
    return event


def test_the_worker_keeps_what_the_one_read_gave(extend, task, monkeypatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: extend.end())
    task.run(verify())
    assert task.xcoms["output"] == RISK
    assert extend.delivered == 1


def test_the_triggerer_takes_nothing_of_it(extend, task) -> None:
    with pytest.raises(TaskDeferred) as away:
        task.run(verify(deferrable=True))
    extend.end()
    event = fire(away.value)
    assert (event["event"], event["status"], extend.delivered) == ("ended", "PROCESSED", 0)
    verify(deferrable=True).resume_execution("execute_complete", {"event": event}, task.context)
    assert task.xcoms["output"] == RISK
    assert extend.delivered == 1


def test_a_run_that_the_list_does_not_show_yet_still_moves(extend, task) -> None:
    with pytest.raises(TaskDeferred) as away:
        task.run(verify(deferrable=True, timeout=0.3))
    extend.end()
    extend.listed = False
    assert fire(away.value)["event"] == "timeout"
    assert extend.delivered == 0


def test_a_retry_that_finds_the_run_ended_uses_that_very_read(extend, task) -> None:
    task.run(verify(wait_for_completion=False))
    extend.end()
    for deferrable in (False, True):
        extend.run |= {"status": "PROCESSED", "output": RISK}
        extend.delivered = 0
        task.run(verify(deferrable=deferrable))
        assert task.xcoms["output"] == RISK
        assert extend.delivered == 1


def test_an_answer_to_the_create_that_holds_the_result_is_enough(extend, task, requests_mock) -> None:
    requests_mock.post(f"{BASE}/verify_runs", json={"id": "vr_1", "status": "PROCESSED", "output": RISK})
    task.run(verify())
    assert task.xcoms["output"] == RISK
    assert [request.method for request in requests_mock.request_history] == ["POST"]


def test_a_deadline_in_the_moment_of_the_end_keeps_the_result(extend, task, requests_mock) -> None:
    requests_mock.post(f"{BASE}/verify_runs/vr_1/cancel", json=lambda r, c: extend.end() or {"id": "vr_1"})
    task.run(verify(timeout=0.0001))
    assert task.xcoms["output"] == RISK
    assert extend.delivered == 1


def test_a_result_that_was_purged_is_no_success_where_it_is_wanted(extend, task, tmp_path) -> None:
    task.run(verify(wait_for_completion=False))
    extend.run |= {"status": "PROCESSED", "output": None}
    for wanted in ({"push_output": True}, {"push_output": False, "output_path": f"file://{tmp_path}/a.json"}):
        with pytest.raises(AirflowFailException, match="without a result: a workspace that retains nothing"):
            task.run(verify(**wanted))
    assert task.run(verify(push_output=False))["outcome"] == "succeeded"


def test_a_result_that_cannot_be_written_is_told_for_what_it_is(extend, task, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: extend.end())
    (tmp_path / "folder").touch()
    with pytest.raises(Exception, match="unless the workspace retains nothing"):
        task.run(verify(output_path=f"file://{tmp_path}/folder/run.json"))
    assert task.xcoms["output"] == RISK, "what can be kept is kept"


@pytest.mark.parametrize("deferrable", [False, True])
def test_a_sensor_reads_once_too(extend, task, monkeypatch, deferrable) -> None:
    def sensor() -> ExtendRunSensor:
        return ExtendRunSensor(
            task_id="task",
            run_id="vr_1",
            kind="verify_run",
            push_output=True,
            poke_interval=0.001,
            timeout=60,
            deferrable=deferrable,
        )

    monkeypatch.setattr(time, "sleep", lambda seconds: extend.end())
    if deferrable:
        with pytest.raises(TaskDeferred) as away:
            task.run(sensor())
        extend.end()
        sensor().resume_execution("execute_complete", {"event": fire(away.value)}, task.context)
    else:
        task.run(sensor())
    assert task.xcoms["output"] == RISK
    assert extend.delivered == 1


# Who does not want the result leaves it to who does


def ended(extend: ZeroRetention, task: Any) -> None:
    task.run(verify(wait_for_completion=False))
    extend.end()


def sensor(**given: Any) -> ExtendRunSensor:
    return ExtendRunSensor(task_id="task", run_id="vr_1", kind="verify_run", **given)


@pytest.mark.parametrize(
    "asks",
    [
        lambda: verify(wait_for_completion=False),
        lambda: verify(push_output=False),
        lambda: sensor(),
        lambda: ExtendGetRunOperator(task_id="task", kind="verify_run", run_id="vr_1"),
        lambda: ExtendCancelRunOperator(task_id="task", kind="verify_run", run_id="vr_1"),
    ],
    ids=["a retry that starts", "a retry that waits", "sensor", "read", "cancel"],
)
def test_a_result_that_is_not_wanted_is_left_at_extend(extend, task, asks) -> None:
    ended(extend, task)
    task.run(asks())
    assert extend.delivered == 0
    task.run(sensor(push_output=True))
    assert task.xcoms["output"] == RISK


def test_a_worker_that_is_told_to_end_leaves_the_result_to_the_retry(extend, task, monkeypatch) -> None:
    operator = verify()

    def ends_and_is_killed(seconds: float) -> None:
        extend.end()
        operator.on_kill()

    monkeypatch.setattr(time, "sleep", ends_and_is_killed)
    with pytest.raises(AirflowException, match="told to end"):
        task.run(operator)
    assert extend.delivered == 0
    task.run(verify())
    assert task.xcoms["output"] == RISK


def test_a_deadline_after_the_end_takes_the_result(extend, task, monkeypatch) -> None:
    """The last look sees in the list that it has ended, and then reads it."""
    monkeypatch.setattr(ExtendVerifyOperator, "_look_until_ended", lambda self, context: alarm(extend))
    task.run(verify())
    assert task.xcoms["output"] == RISK
    assert extend.delivered == 1


def alarm(extend: ZeroRetention) -> None:
    extend.end()
    raise AirflowTaskTimeout


@pytest.mark.parametrize(
    "asks",
    [sensor, lambda **given: ExtendGetRunOperator(task_id="t", kind="verify_run", run_id="vr_1", **given)],
    ids=["sensor", "read"],
)
def test_whoever_wants_a_result_that_was_purged_is_told(extend, task, asks, tmp_path) -> None:
    extend.run |= {"status": "PROCESSED", "output": None}
    for wanted in ({"push_output": True}, {"output_path": f"file://{tmp_path}/a.json"}):
        with pytest.raises(AirflowFailException, match="without a result: a workspace that retains nothing"):
            task.run(asks(**wanted))
    assert task.run(asks())["outcome"] == "succeeded"


@pytest.mark.parametrize("asks", [sensor, verify])
def test_a_run_that_extend_does_not_know_is_told_at_once(extend, task, requests_mock, asks) -> None:
    task.run(verify(wait_for_completion=False))
    extend.listed = False
    gone = {"code": "NOT_FOUND", "message": "no such run", "retryable": False}
    requests_mock.get(f"{BASE}/verify_runs/vr_1", status_code=404, json=gone)
    with pytest.raises(AirflowFailException, match="404"):
        task.run(asks(push_output=False))


def test_a_run_that_an_earlier_try_deleted_is_deleted(extend, task, requests_mock) -> None:
    extend.listed = False
    gone = {"code": "NOT_FOUND", "message": "no such run", "retryable": False}
    for method in ("GET", "DELETE"):
        requests_mock.register_uri(method, f"{BASE}/verify_runs/vr_1", status_code=404, json=gone)
    task.try_number = 1
    assert task.run(ExtendDeleteRunOperator(task_id="task", kind="verify_run", run_id="vr_1")) == "vr_1"


def test_a_run_that_moves_is_cancelled(extend, task, requests_mock) -> None:
    task.run(verify(wait_for_completion=False))
    cancel = requests_mock.post(
        f"{BASE}/verify_runs/vr_1/cancel",
        json=lambda r, c: extend.run.update(status="CANCELLED") or extend.run,
    )
    asked = ExtendCancelRunOperator(task_id="task", kind="verify_run", run_id="vr_1")
    assert task.run(asked)["became"] == "cancelled"
    assert cancel.call_count == 1
