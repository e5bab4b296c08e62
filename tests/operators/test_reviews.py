"""Workflow runs that a person has to see: failed, taken as they are, or waited for."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Any

import pytest

from airflow_provider_extend import cancelling
from airflow_provider_extend.api import polling
from airflow_provider_extend.operators.workflow import ExtendRunWorkflowOperator
from tests.airflow_names import AirflowException, AirflowFailException, TaskDeferred, import_string

BASE = "https://api.extend.ai"
NOTE = "Total of 5ecret is wrong"


@pytest.fixture
def runs(requests_mock: Any, connect: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Workflow runs of 2026-02-09 behind requests-mock, by id."""
    connect()
    monkeypatch.setattr(cancelling, "_PAUSE", 0.0)
    made: dict[str, dict[str, Any]] = {}

    def create(request: Any, context: Any) -> dict[str, Any]:
        run_id = f"workflow_run_{len(made) + 1}"
        made[run_id] = {"id": run_id, "status": "PROCESSING", "metadata": request.json()["metadata"]}
        return made[run_id]

    def cancel(request: Any, context: Any) -> dict[str, Any]:
        context.status_code = 400
        return {"code": "INVALID_REQUEST", "message": "it waits for a review"}

    requests_mock.post(f"{BASE}/workflow_runs", json=create)
    one = re.compile(f"{BASE}/workflow_runs/[^/]+$")
    requests_mock.get(one, json=lambda request, context: made[request.path.rpartition("/")[2]])
    requests_mock.post(re.compile(f"{BASE}/workflow_runs/[^/]+/cancel$"), json=cancel)
    return made


def workflow(**given: Any) -> ExtendRunWorkflowOperator:
    given = {"workflow_id": "w_1", "file_id": "file_1", "poll_interval": 0.001, **given}
    return ExtendRunWorkflowOperator(task_id="task", on_needs_review="wait", **given)


def reviews(runs: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch, *statuses: str) -> list[str]:
    """While the task sleeps its run passes through these statuses; the last one stays."""
    left = list(statuses)
    seen: list[str] = []

    def sleep(seconds: float) -> None:
        for run in runs.values():
            seen.append(run["status"])
            run |= {"status": left.pop(0) if len(left) > 1 else left[0], "rejectionNote": NOTE}

    monkeypatch.setattr(time, "sleep", sleep)
    return seen


@pytest.mark.parametrize("reviewed", ["PROCESSED", "REVIEWED"])
def test_a_run_that_waits_for_a_person_is_waited_for(runs, task, monkeypatch, reviewed) -> None:
    seen = reviews(runs, monkeypatch, "NEEDS_REVIEW", "NEEDS_REVIEW", "NEEDS_REVIEW", reviewed)
    value = task.run(workflow())
    assert (value["status"], value["outcome"]) == (reviewed, "succeeded")
    assert seen.count("NEEDS_REVIEW") >= 3


def test_a_run_that_a_person_rejects_fails_and_the_note_is_not_shown(runs, task, monkeypatch) -> None:
    reviews(runs, monkeypatch, "NEEDS_REVIEW", "REJECTED")
    with pytest.raises(AirflowFailException) as caught:
        task.run(workflow())
    assert "ended REJECTED" in str(caught.value)
    assert "a person has rejected it" in str(caught.value)
    assert "5ecret" not in str(caught.value)


def test_a_retry_takes_up_a_run_that_waits_for_a_person(runs, task, monkeypatch) -> None:
    task.run(workflow(wait_for_completion=False))
    runs["workflow_run_1"]["status"] = "NEEDS_REVIEW"
    reviews(runs, monkeypatch, "NEEDS_REVIEW", "PROCESSED")
    assert task.run(workflow())["outcome"] == "succeeded"
    assert len(runs) == 1


def test_the_deadline_counts_while_a_person_is_waited_for(runs, task, monkeypatch) -> None:
    reviews(runs, monkeypatch, "NEEDS_REVIEW")
    with pytest.raises(AirflowException) as caught:
        task.run(workflow(timeout=0.05))
    assert not isinstance(caught.value, AirflowFailException), "a retry waits for it again"
    assert "waits for a person to review it, and goes on" in str(caught.value)
    assert "a retry of this task waits for it again" in str(caught.value)


def test_it_is_waited_for_in_the_triggerer_too(runs, task, monkeypatch) -> None:
    with pytest.raises(TaskDeferred) as away:
        task.run(workflow(deferrable=True))
    class_path, kwargs = away.value.trigger.serialize()
    kwargs = json.loads(json.dumps(kwargs)) | {"not_before": None}
    assert kwargs["waits_past"] == ["needs_review"]
    runs["workflow_run_1"]["status"] = "NEEDS_REVIEW"
    monkeypatch.setattr(polling, "FIRST_INTERVAL", 0.01)

    async def fire() -> Any:
        async with asyncio.timeout(20):
            waiting = asyncio.ensure_future(anext(import_string(class_path)(**kwargs).run()))
            await asyncio.sleep(0.5)
            assert not waiting.done(), "a person has not decided yet"
            runs["workflow_run_1"]["status"] = "PROCESSED"
            return (await waiting).payload

    event = asyncio.run(fire())
    assert (event["event"], event["status"]) == ("ended", "PROCESSED")
    value = workflow(deferrable=True).resume_execution("execute_complete", {"event": event}, task.context)
    assert value["outcome"] == "succeeded"


def test_an_event_of_a_run_that_waits_for_a_person_leads_back_to_the_wait(runs, task) -> None:
    """A triggerer of an older version does not know what is waited past."""
    with pytest.raises(TaskDeferred):
        task.run(workflow(deferrable=True))
    runs["workflow_run_1"]["status"] = "NEEDS_REVIEW"
    event = {"event": "ended", "kind": "workflow_run", "run_id": "workflow_run_1", "status": "NEEDS_REVIEW"}
    with pytest.raises(TaskDeferred) as again:
        workflow(deferrable=True).resume_execution(
            "execute_complete", {"event": {**event, "deadline": time.time() + 60}}, task.context
        )
    assert again.value.trigger.waits_past == ["needs_review"]


def test_a_run_that_needs_no_review_leaves_the_trigger_as_it_was(runs, task) -> None:
    operator = ExtendRunWorkflowOperator(task_id="task", workflow_id="w_1", file_id="file_1", deferrable=True)
    with pytest.raises(TaskDeferred) as away:
        task.run(operator)
    assert {"waits_past", "members"} & set(away.value.trigger.serialize()[1]) == set()
