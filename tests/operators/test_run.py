"""The base of the operators that start a run: once, whatever dies; waited for; ended as it should; cancelled."""

from __future__ import annotations

import asyncio
import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from airflow_provider_extend import cancelling, decisions
from airflow_provider_extend.operators.extract import ExtendExtractOperator
from airflow_provider_extend.operators.workflow import ExtendRunWorkflowOperator
from tests.airflow_names import (
    AirflowException,
    AirflowFailException,
    AirflowTaskTimeout,
    TaskDeferralError,
    TaskDeferred,
    import_string,
)

BASE = "https://api.extend.ai"
SECRET = "?X-Amz-Signature=5ecret"


class Extend:
    """Extract and workflow runs of 2026-02-09, behind requests-mock, as far as a run operator can see them."""

    def __init__(self, requests_mock: Any) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.created: list[dict[str, Any]] = []
        #: What the next creates do instead of answering: an HTTP status, or `lost`: carried out, and no answer.
        self.faults: list[Any] = []
        self.hidden = 0  # rows that the lists do not show yet
        self.http = requests_mock
        for path, prefix in (("extract_runs", "exr"), ("workflow_runs", "workflow_run")):
            requests_mock.post(f"{BASE}/{path}", json=lambda r, c, prefix=prefix: self._create(r, c, prefix))
            requests_mock.get(f"{BASE}/{path}", json=self._list)
            requests_mock.get(re.compile(f"{BASE}/{path}/[^/]+$"), json=self._get)
            requests_mock.post(re.compile(f"{BASE}/{path}/[^/]+/cancel$"), json=self._cancel)

    def _create(self, request: Any, context: Any, prefix: str) -> Any:
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            context.status_code = fault
            return {"code": "X", "message": "made to order"}
        body = request.json()
        self.created.append(body)
        made = {
            "id": f"{prefix}_{len(self.runs) + 1}",
            "status": "PROCESSING",
            "metadata": body["metadata"],
            "createdAt": datetime.now(UTC).isoformat(),
            "dashboardUrl": f"https://dashboard.extend.ai/runs/{len(self.runs) + 1}?token=signed",
            "usage": None,
        }
        for name in ("extractor", "workflow"):
            if name in body:
                made[name] = {"id": body[name]["id"]}
        self.runs[made["id"]] = made
        if fault == "lost":
            raise requests.ConnectionError("dropped")
        return made

    def _list(self, request: Any, context: Any) -> Any:
        rows = list(reversed(self.runs.values()))[self.hidden :]
        for name in ("extractor", "workflow"):
            if wanted := request.qs.get(f"{name}id"):
                rows = [row for row in rows if [row.get(name, {}).get("id")] == wanted]
        kind = "workflow_run" if "workflow" in request.path else "exr"
        return {"object": "list", "data": [row for row in rows if row["id"].startswith(kind)]}

    def _get(self, request: Any, context: Any) -> Any:
        run = self.runs.get(request.path.rpartition("/")[2])
        if run is None:
            context.status_code = 404
        return run or {"code": "NOT_FOUND", "message": "no such run"}

    def _cancel(self, request: Any, context: Any) -> Any:
        run = self.runs[request.path.split("/")[-2]]
        workflow = run["id"].startswith("workflow")
        if run["status"] not in (("PENDING", "PROCESSING") if workflow else ("PROCESSING",)):
            context.status_code = 400
            return {"code": "INVALID_REQUEST", "message": f"is {run['status']}"}
        run["status"] = "CANCELLING" if workflow else "CANCELLED"
        return run

    def end(self, status: str = "PROCESSED", credits: float | None = 3, **more: Any) -> None:
        """Every run that moves ends."""
        for run in self.runs.values():
            if run["status"] == "PROCESSING":
                run |= {"status": status, "output": {"value": {"total": 7}}, **more}
                run["usage"] = None if credits is None else {"credits": 1, "totalCredits": credits}

    @property
    def statuses(self) -> list[str]:
        return [run["status"] for run in self.runs.values()]

    def asked(self, method: str, ending: str = "") -> int:
        history = self.http.request_history
        return sum(request.method == method and request.path.endswith(ending) for request in history)


@pytest.fixture
def extend(requests_mock: Any, monkeypatch: pytest.MonkeyPatch) -> Extend:
    extra = {"api_version": "2026-02-09"} | {f"{name}_per_second": 1e6 for name in ("get", "write", "run")}
    connection = {"conn_type": "extend", "password": "sk_of_the_tests", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", json.dumps(connection))
    monkeypatch.setattr(cancelling, "_PAUSE", 0.0)
    return Extend(requests_mock)


def extract(**given: Any) -> ExtendExtractOperator:
    given = {"file_id": "file_1", "extractor_id": "ex_1", "poll_interval": 0.001, **given}
    return ExtendExtractOperator(task_id="task", **given)


def start(**given: Any) -> ExtendExtractOperator:
    return extract(wait_for_completion=False, **given)


def retried(task: Any, operator: Any) -> Any:
    """The error of a try that Airflow retries."""
    with pytest.raises(AirflowException) as caught:
        task.run(operator)
    assert not isinstance(caught.value, AirflowFailException), caught.value
    return caught.value


def failed(task: Any, operator: Any) -> Any:
    """The error of a try that Airflow does not retry."""
    with pytest.raises(AirflowFailException) as caught:
        task.run(operator)
    return caught.value


# The way it should go


def test_a_run_is_started_waited_for_and_returned(extend, task, monkeypatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: extend.end())
    value = task.run(extract(metadata={"case": 7}, priority=3))
    assert (value["id"], value["kind"], value["outcome"]) == ("exr_1", "extract_run", "succeeded")
    assert value["usage"] == {"credits": 1, "totalCredits": 3}
    (sent,) = extend.created
    assert sent["file"] == {"id": "file_1"}
    assert sent["extractor"] == {"id": "ex_1"}
    assert sent["priority"] == 3
    token = sent["metadata"].pop("airflow_token")
    address = {"dag_id": "dag", "run_id": "manual", "task_id": "task", "map_index": -1}
    assert sent["metadata"] == {"case": 7, "airflow_task": address}
    assert token == task.record["token"]
    assert task.xcoms == {
        "run_id": "exr_1",
        "run_url": "https://dashboard.extend.ai/runs/1",
        "spent": {"runs": 1, "credits": 3.0, "unknown": 0},
    }


def test_what_was_read_is_pushed_only_where_the_author_asks_for_it(
    extend, task, new_task, monkeypatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: extend.end())
    value = task.run(extract())
    assert '"total":' not in json.dumps([value, task.xcoms])
    again = new_task()
    again.run(extract(push_output=True))
    assert again.xcoms["output"] == {"value": {"total": 7}}


def test_a_result_that_cannot_be_written_is_no_success_and_a_retry_writes_it(
    extend, task, monkeypatch, tmp_path
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: extend.end())
    (tmp_path / "folder").touch()
    path = f"file://{tmp_path}/folder/run.json"
    assert "a retry of this task takes it up" in str(retried(task, extract(output_path=path)))
    assert task.xcoms["spent"]["runs"] == 1
    (tmp_path / "folder").unlink()
    (tmp_path / "folder").mkdir()
    assert task.run(extract(output_path=path))["id"] == "exr_1"
    assert (tmp_path / "folder" / "run.json").exists()
    assert len(extend.created) == 1


def test_an_output_path_gets_all_of_it(extend, task, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: extend.end())
    task.run(extract(output_path=f"file://{tmp_path}/run.json"))
    kept = json.loads((tmp_path / "run.json").read_text())
    assert kept["extract_run"]["output"] == {"value": {"total": 7}}
    assert kept["result"]["id"] == "exr_1"


def test_without_waiting_the_id_is_returned(extend, task) -> None:
    assert task.run(start()) == "exr_1"
    assert task.xcoms == {"run_id": "exr_1", "run_url": "https://dashboard.extend.ai/runs/1"}


def test_the_address_is_left_out_where_the_author_says_so(extend, task) -> None:
    task.run(start(send_address=False))
    assert set(extend.created[0]["metadata"]) == {"airflow_token"}


def test_usage_tags_that_extend_changes_are_told_and_sent(extend, task, log_text) -> None:
    task.run(start(metadata={"extend:usage_tags": ["team a"]}))
    assert extend.created[0]["metadata"]["extend:usage_tags"] == ["team a"]
    assert "'team a' as 'teama'" in log_text()


def test_the_authors_metadata_win(extend, task) -> None:
    task.run(start(metadata={"airflow_token": "mine", "airflow_task": "mine"}))
    assert extend.created[0]["metadata"] == {"airflow_token": "mine", "airflow_task": "mine"}


# Deferred


def fire(deferred: TaskDeferred) -> dict[str, Any]:
    class_path, kwargs = deferred.trigger.serialize()
    trigger = import_string(class_path)(**json.loads(json.dumps(kwargs)))

    async def run() -> Any:
        async with asyncio.timeout(10):
            return [event.payload async for event in trigger.run()]

    (payload,) = asyncio.run(run())
    return json.loads(json.dumps(payload))


def deferred(task: Any, operator: Any) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        task.run(operator)
    return caught.value


def test_a_deferred_wait_holds_ids_and_numbers_only(extend, task) -> None:
    away = deferred(task, extract(deferrable=True, timeout=100, text="Total: 5ecret", file_id=None))
    class_path, kwargs = away.trigger.serialize()
    assert class_path == "airflow_provider_extend.triggers.run.ExtendRunTrigger"
    left = kwargs.pop("deadline") - time.time()
    assert 95 < left <= 100
    kwargs.pop("not_before")
    assert kwargs == {
        "extend_conn_id": "extend_default",
        "kind": "extract_run",
        "run_id": "exr_1",
        "max_interval": 0.001,
        "cancel_on_kill": True,
    }
    assert away.method_name == "execute_complete"
    assert timedelta(seconds=150) < away.timeout <= timedelta(seconds=160)
    assert task.xcoms["run_id"] == "exr_1", "pushed before the wait"


def test_a_run_that_ended_while_deferred_is_returned(extend, task) -> None:
    away = deferred(task, extract(deferrable=True))
    extend.end()
    value = extract(deferrable=True).resume_execution("execute_complete", {"event": fire(away)}, task.context)
    assert (value["id"], value["outcome"]) == ("exr_1", "succeeded")
    assert task.xcoms["spent"] == {"runs": 1, "credits": 3.0, "unknown": 0}
    assert extend.asked("POST") == 1


def test_the_author_switches_the_cancel_of_the_trigger_off(extend, task) -> None:
    away = deferred(task, extract(deferrable=True, cancel_on_kill=False))
    assert away.trigger.serialize()[1]["cancel_on_kill"] is False


def test_an_event_of_another_run_is_refused(extend, task) -> None:
    deferred(task, extract(deferrable=True))
    extend.end()
    event = {"event": "ended", "run_id": "exr_2", "kind": "extract_run", "status": "PROCESSED"}
    with pytest.raises(ValueError, match="Unexpected event"):
        extract(deferrable=True).resume_execution("execute_complete", {"event": event}, task.context)


def test_an_outage_while_the_result_is_read_only_delays_it(extend, task, requests_mock) -> None:
    away = deferred(task, extract(deferrable=True, poll_interval=5))
    extend.end()
    event = fire(away)
    requests_mock.get(f"{BASE}/extract_runs/exr_1", status_code=503, json={})
    with pytest.raises(TaskDeferred) as caught:
        extract(deferrable=True, poll_interval=5).resume_execution(
            "execute_complete", {"event": event}, task.context
        )
    assert caught.value.trigger.deadline == event["deadline"]
    assert caught.value.trigger.not_before > time.time() + 4


def test_airflows_own_timeout_of_the_deferral_cancels_as_ours_does(extend, task) -> None:
    deferred(task, extract(deferrable=True))
    with pytest.raises(AirflowFailException, match="was cancelled"):
        extract(deferrable=True).resume_execution("__fail__", {"error": "Trigger timeout"}, task.context)
    assert extend.statuses == ["CANCELLED"]


def test_a_trigger_that_crashed_is_deferred_again_three_times_without_a_retry(extend, task) -> None:
    deferred(task, extract(deferrable=True))

    def crash() -> None:
        extract(deferrable=True).resume_execution("__fail__", {"error": "Trigger failure"}, task.context)

    for _ in range(3):
        with pytest.raises(TaskDeferred):
            crash()
    with pytest.raises(TaskDeferralError):
        crash()
    assert (extend.statuses, extend.asked("POST")) == (["PROCESSING"], 1)


# Once


@pytest.fixture
def earlier(extend: Extend, task: Any) -> str:
    """A run that the first try of `task` started."""
    return str(task.run(start()))


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING", "PROCESSED", "A_STATUS_OF_TOMORROW"])
def test_a_retry_takes_up_the_run_of_an_earlier_try(extend, task, earlier, status) -> None:
    extend.runs[earlier]["status"] = status
    assert task.run(start()) == earlier
    assert len(extend.created) == 1
    assert task.xcoms["run_url"] == "https://dashboard.extend.ai/runs/1"


def test_a_retry_starts_another_after_a_cancel(extend, task, earlier) -> None:
    extend.runs[earlier]["status"] = "CANCELLED"
    assert task.run(start()) == "exr_2"
    assert task.run(start()) == "exr_2"


def test_a_retry_fails_for_good_after_a_failed_run(extend, task, earlier) -> None:
    extend.runs[earlier] |= {"status": "FAILED", "failureReason": "PARSING_ERROR"}
    error = failed(task, start())
    for told in (earlier, "FAILED", "PARSING_ERROR", "Clear this task"):
        assert told in str(error)
    assert len(extend.created) == 1


def test_a_retry_fails_for_good_where_the_run_has_vanished(extend, task, earlier) -> None:
    del extend.runs[earlier]
    assert "404" in str(failed(task, start()))
    assert len(extend.created) == 1


def test_a_run_that_fails_for_a_passing_reason_is_followed_by_another(extend, task, monkeypatch) -> None:
    def workflow() -> Any:
        return ExtendRunWorkflowOperator(
            task_id="task", workflow_id="workflow_1", file_id="file_1", poll_interval=0.001
        )

    monkeypatch.setattr(time, "sleep", lambda s: extend.end("FAILED", failureReason="INTERNAL_ERROR"))
    assert "starts another run" in str(retried(task, workflow()))
    monkeypatch.setattr(time, "sleep", lambda s: extend.end())
    assert task.run(workflow())["id"] == "workflow_run_2"
    assert task.xcoms["spent"] == {"runs": 2, "credits": 6.0, "unknown": 0}


def test_a_cleared_task_cancels_the_earlier_run_and_starts_another(extend, task, earlier, log_text) -> None:
    task.clear()
    assert task.run(start()) == "exr_2"
    assert extend.statuses == ["CANCELLED", "PROCESSING"]
    assert f"since the task was cleared. The one of an earlier try, {earlier}, was cancelled" in log_text()
    assert task.run(start()) == "exr_2", "a retry after the clear"


def test_a_cleared_task_whose_earlier_run_has_ended_leaves_it(extend, task, earlier, log_text) -> None:
    extend.end()
    task.clear()
    assert task.run(start()) == "exr_2"
    assert extend.statuses == ["PROCESSED", "PROCESSING"]
    assert extend.asked("POST", "/cancel") == 0


def test_a_cleared_task_whose_earlier_run_cannot_be_read_starts_no_second_one(
    extend, task, earlier, requests_mock
) -> None:
    """Two of them must not be alive at a time."""
    requests_mock.get(f"{BASE}/extract_runs/{earlier}", status_code=503, json={})
    task.clear()
    retried(task, start())
    assert len(extend.created) == 1
    requests_mock.get(f"{BASE}/extract_runs/{earlier}", json=extend._get)
    assert task.run(start()) == "exr_2"
    assert extend.statuses == ["CANCELLED", "PROCESSING"]


def test_a_cleared_task_keeps_the_earlier_run_where_the_author_says_so(extend, task, log_text) -> None:
    task.run(start(cancel_on_kill=False))
    task.clear()
    task.run(start(cancel_on_kill=False))
    assert extend.statuses == ["PROCESSING", "PROCESSING"]
    assert "cancel_on_kill is False" in log_text()


@pytest.mark.parametrize(
    ("first", "then", "named"),
    [
        ({}, {"file_id": "file_2"}, "file_id"),
        ({}, {"extractor_id": "ex_2"}, "extractor_id"),
        ({}, {"version": "1.0"}, "version"),
        ({}, {"override_config": {"a": 1}}, "override_config"),
        (
            {"file_id": None, "file_url": "https://a.example.com/1.pdf"},
            {"file_id": None, "file_url": "https://a.example.com/2.pdf"},
            "file_url",
        ),
        (
            {"file_id": None, "file_url": "https://a.example.com/get?id=A&sig=1"},
            {"file_id": None, "file_url": "https://a.example.com/get?id=B&sig=1"},
            "file_url",
        ),
        ({"file_id": None, "text": "one"}, {"file_id": None, "text": "two"}, "text"),
    ],
)
def test_another_input_makes_another_run_and_cancels_the_first(
    extend, task, first, then, named, log_text
) -> None:
    task.run(start(**first))
    task.run(start(**then))
    assert extend.statuses == ["CANCELLED", "PROCESSING"]
    assert f"since {named} changed" in log_text()


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (
            {"file_url": f"https://a.example.com/1.pdf{SECRET}"},
            {"file_url": "https://a.example.com/1.pdf?X-Amz-Date=2&X-Amz-Signature=other"},
        ),
        (
            {"file_url": "https://a.example.com/get?id=A&sv=1&sig=1"},
            {"file_url": "https://a.example.com/get?id=A&sv=2&se=3&sig=2"},
        ),
        ({"metadata": {"a": 1}, "file_id": "file_1"}, {"metadata": {"a": 2}, "file_id": "file_1"}),
        ({"priority": 1, "file_id": "file_1"}, {"priority": 9, "file_id": "file_1"}),
    ],
)
def test_what_is_the_same_document_is_the_same_run(extend, task, first, then) -> None:
    made = task.run(start(**{"file_id": None, **first}))
    assert task.run(start(**{"file_id": None, **then})) == made
    assert len(extend.created) == 1


def test_mapped_tasks_in_another_order_inherit_nobodys_run(extend, new_task) -> None:
    tasks = [new_task(), new_task()]
    for number, task in enumerate(tasks):
        task.map_index = number
        task.run(start(file_id=f"file_{number}"))
    for number, task in enumerate(tasks):
        task.run(start(file_id=f"file_{1 - number}"))
        run = extend.runs[task.xcoms["run_id"]]
        assert run["status"] == "PROCESSING"
        assert run["metadata"]["airflow_task"]["map_index"] == number
    assert extend.statuses == ["CANCELLED", "CANCELLED", "PROCESSING", "PROCESSING"]
    assert [body["file"]["id"] for body in extend.created[2:]] == ["file_1", "file_0"]


# In doubt


@pytest.mark.parametrize("store", [True, False], ids=["3.3", "below 3.3"])
def test_a_process_that_died_after_the_call_finds_its_run(extend, new_task, dies_at, store) -> None:
    task = new_task(store=store)
    dies_at(task, start(), "/extract_runs$", "after")
    assert task.run(start()) == "exr_1"
    assert len(extend.created) == 1
    listing = next(r for r in extend.http.request_history if r.method == "GET" and r.query)
    assert listing.qs["extractorid"] == ["ex_1"]


@pytest.mark.parametrize("store", [True, False], ids=["3.3", "below 3.3"])
def test_a_process_that_died_before_the_call_starts_the_run(extend, new_task, dies_at, store) -> None:
    task = new_task(store=store)
    dies_at(task, start(), "/extract_runs$", "before")
    assert task.run(start()) == "exr_1"
    assert len(extend.created) == 1


def test_a_list_that_lags_is_searched_until_it_counts(extend, task, dies_at, monkeypatch) -> None:
    monkeypatch.setattr(decisions, "LIST_LAG", 0.4)
    dies_at(task, start(), "/extract_runs$", "after")
    really = extend._list
    looks: list[int] = []

    def listed(request: Any, context: Any) -> Any:
        looks.append(1)
        extend.hidden = 1 if len(looks) == 1 else 0
        return really(request, context)

    extend.http.get(f"{BASE}/extract_runs", json=listed)
    began = time.monotonic()
    assert task.run(start()) == "exr_1"
    assert time.monotonic() - began > 0.3
    assert (len(extend.created), len(looks)) == (1, 2)


@pytest.mark.parametrize("fault", ["lost", 500, 502, 408])
def test_a_call_in_doubt_is_looked_for_in_the_same_try(extend, task, fault) -> None:
    extend.faults = [fault]
    assert task.run(start()) == "exr_1"
    assert len(extend.created) == 1
    assert task.record["id"] == "exr_1"


def test_a_call_that_is_never_carried_out_is_made_three_times_and_then_told(extend, task) -> None:
    extend.faults = [500] * 3
    error = retried(task, start())
    assert type(error.error).__name__ == "ExtendSubmissionUnknown"
    assert extend.asked("POST", "/extract_runs") == 3
    assert task.run(start()) == "exr_1"


@pytest.mark.parametrize("status", [400, 402, 422])
def test_a_call_that_is_refused_leaves_nothing_to_look_for(extend, task, status) -> None:
    extend.faults = [status]
    failed(task, start())
    assert task.record is None
    assert task.run(start()) == "exr_1"
    assert extend.asked("GET") == 0


def test_a_rate_limit_is_no_error_before_the_calls_are_spent(extend, task) -> None:
    extend.faults = [429] * 4
    assert task.run(start()) == "exr_1"
    assert extend.asked("POST", "/extract_runs") == 5


def test_a_search_that_fails_is_not_taken_for_absence(extend, task, dies_at, requests_mock) -> None:
    dies_at(task, start(), "/extract_runs$", "after")
    requests_mock.get(f"{BASE}/extract_runs", status_code=503, json={})
    retried(task, start())
    requests_mock.get(f"{BASE}/extract_runs", json=extend._list)
    assert task.run(start()) == "exr_1"
    assert len(extend.created) == 1


def test_a_clear_after_a_death_in_the_call_finds_the_run_and_cancels_it(extend, task, dies_at) -> None:
    dies_at(task, start(), "/extract_runs$", "after")
    task.clear()
    assert task.run(start()) == "exr_2"
    assert extend.statuses == ["CANCELLED", "PROCESSING"]


def test_a_run_that_was_found_but_was_cancelled_meanwhile_is_followed_by_another(
    extend, task, dies_at
) -> None:
    dies_at(task, start(), "/extract_runs$", "after")
    extend.end("CANCELLED")
    assert task.run(start()) == "exr_2"


def test_a_token_of_the_authors_own_leaves_nothing_to_search_by(extend, task, dies_at) -> None:
    mine = {"metadata": {"airflow_token": "mine"}}
    dies_at(task, start(**mine), "/extract_runs$", "after")
    assert "no way to look it up" in str(failed(task, start(**mine)))
    assert "asked for otherwise then" in str(failed(task, start())), "it is still there, without a token"
    assert task.run(start(**mine, on_unknown_submission="resubmit")) == "exr_2"


def test_a_record_of_a_later_version_is_not_taken_for_nothing(extend, task) -> None:
    task.run(start())
    task.store.set("extend_submission", {**task.record, "v": 2})
    assert "cannot be read" in str(failed(task, start()))
    assert len(extend.created) == 1


def test_a_search_elsewhere_proves_nothing(extend, task, dies_at, monkeypatch) -> None:
    """The connection leads to another workspace now: what was started in the first one is not seen from there."""
    dies_at(task, start(), "/extract_runs$", "after")
    extra = {"api_version": "2026-02-09", "workspace_id": "ws_other", "get_per_second": 1e6}
    connection = {"conn_type": "extend", "password": "sk_of_the_tests", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", json.dumps(connection))
    assert "asked for otherwise then: another account, API version or token" in str(failed(task, start()))
    assert len(extend.created) == 1


@pytest.mark.parametrize("cleared", [True, False])
def test_what_is_given_up_is_searched_for_as_it_was_named_then(extend, task, dies_at, cleared) -> None:
    """With another extractor now: the list, asked for that one, would not show it."""
    dies_at(task, start(), "/extract_runs$", "after")
    if cleared:
        task.clear()
    assert task.run(start(extractor_id="ex_2")) == "exr_2"
    assert extend.statuses == ["CANCELLED", "PROCESSING"]


@pytest.mark.parametrize("lost", [True, False])
def test_without_a_store_the_run_that_was_given_up_is_not_taken_for_the_new_one(
    extend, new_task, lost
) -> None:
    """Both carry the same token there."""
    task = new_task(store=False)
    first = task.run(start())
    extend.runs[first]["status"] = "CANCELLED"
    extend.faults = ["lost" if lost else 500]
    second = task.run(start())
    assert second != first
    assert extend.statuses == ["CANCELLED", "PROCESSING"]


def test_a_search_that_is_refused_says_that_a_run_may_be_paid_for(extend, task, requests_mock) -> None:
    requests_mock.get(f"{BASE}/extract_runs", status_code=403, json={})
    extend.faults = ["lost"]
    error = retried(task, start())
    for told in ("cannot be told whether", "search for it fails", "403"):
        assert told in str(error)


def test_a_refusal_that_cannot_be_recorded_is_told_as_what_it_is(extend, task, monkeypatch, log_text) -> None:
    def broken(key: str) -> None:
        raise RuntimeError("The API server is down")

    monkeypatch.setattr(task.store, "delete", broken)
    extend.faults = [402]
    assert "402" in str(failed(task, start()))
    assert "could not be recorded" in log_text()


def test_a_run_on_its_way_to_cancelled_is_not_taken_up(extend, task, monkeypatch) -> None:
    def workflow() -> Any:
        return ExtendRunWorkflowOperator(
            task_id="task", workflow_id="workflow_1", file_id="file_1", wait_for_completion=False
        )

    first = task.run(workflow())
    extend.runs[first]["status"] = "CANCELLING"
    monkeypatch.setattr(time, "sleep", lambda seconds: extend.runs[first].update(status="CANCELLED"))
    assert task.run(workflow()) == "workflow_run_2"


@pytest.mark.parametrize("deferrable", [False, True])
def test_a_run_of_an_earlier_try_that_is_cancelled_while_it_is_waited_for_is_followed_by_another(
    extend, task, earlier, deferrable, monkeypatch
) -> None:
    """The cancel of the try before, which was killed, may come late."""
    time.sleep(0.01)
    if deferrable:
        away = deferred(task, extract(deferrable=True))
        extend.runs[earlier]["status"] = "CANCELLED"
        event = fire(away)
        with pytest.raises(TaskDeferred) as caught:
            extract(deferrable=True).resume_execution("execute_complete", {"event": event}, task.context)
        assert caught.value.trigger.run_id == "exr_2"
    else:

        def sleep(seconds: float) -> None:
            if extend.runs[earlier]["status"] == "PROCESSING":
                extend.runs[earlier]["status"] = "CANCELLED"
            else:
                extend.end()

        monkeypatch.setattr(time, "sleep", sleep)
        assert task.run(extract())["id"] == "exr_2"
    assert task.xcoms["run_id"] == "exr_2"
    assert len(extend.created) == 2


def test_a_run_of_this_try_that_somebody_cancels_is_not_followed_by_another(
    extend, task, monkeypatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: extend.end("CANCELLED"))
    error = str(failed(task, extract()))
    assert "ended CANCELLED" in error
    assert "most likely" not in error
    assert len(extend.created) == 1


def test_a_clear_whose_cancel_is_refused_starts_no_second_run(extend, task, earlier) -> None:
    extend.runs[earlier]["status"] = "PENDING"
    task.clear()
    assert "Nothing was started" in str(retried(task, start()))
    assert len(extend.created) == 1
    extend.runs[earlier]["status"] = "PROCESSING"
    assert task.run(start()) == "exr_2"
    assert extend.statuses == ["CANCELLED", "PROCESSING"]


def test_an_outage_while_a_known_run_is_taken_up_burns_no_retry(extend, task, earlier, requests_mock) -> None:
    """It is paid for: the wait looks past the outage, as it does later."""
    looks = iter(range(1000))

    def answer(request: Any, context: Any) -> Any:
        if next(looks) < 20:
            context.status_code = 503
            return {}
        extend.end()
        return extend._get(request, context)

    requests_mock.get(f"{BASE}/extract_runs/{earlier}", json=answer)
    operator = extract()
    operator._sleep = lambda seconds: None
    assert task.run(operator)["id"] == earlier
    assert len(extend.created) == 1


def test_a_clear_leads_out_although_the_connection_leads_elsewhere_now(
    extend, task, dies_at, monkeypatch, log_text
) -> None:
    dies_at(task, start(), "/extract_runs$", "after")
    rates = {f"{name}_per_second": 1e6 for name in ("get", "write", "run")}
    extra = {"api_version": "2026-02-09", "workspace_id": "ws_other", **rates}
    connection = {"conn_type": "extend", "password": "sk_of_the_tests", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", json.dumps(connection))
    task.clear()
    assert task.run(start(max_runs=2)) == "exr_2"
    assert "may go on there" in log_text()
    task.clear()
    assert "would make it 3" in str(failed(task, start(max_runs=2))), "what may be paid for counts"


def test_a_task_that_is_told_to_end_while_it_searches_looks_once_more(
    extend, task, dies_at, monkeypatch
) -> None:
    monkeypatch.setattr(decisions, "LIST_LAG", 30.0)
    dies_at(task, extract(), "/extract_runs$", "after")
    operator = extract()
    really, looks = extend._list, []

    def listed(request: Any, context: Any) -> Any:
        looks.append(1)
        if len(looks) == 1:
            operator.on_kill()
            return {"object": "list", "data": []}
        return really(request, context)

    extend.http.get(f"{BASE}/extract_runs", json=listed)
    began = time.monotonic()
    assert "was cancelled" in str(retried(task, operator))
    assert time.monotonic() - began < 10
    assert extend.statuses == ["CANCELLED"]


def test_a_task_that_is_told_to_end_while_it_searches_in_vain_starts_nothing(
    extend, task, dies_at, monkeypatch
) -> None:
    monkeypatch.setattr(decisions, "LIST_LAG", 30.0)
    dies_at(task, extract(), "/extract_runs$", "before")
    operator = extract()
    nothing = {"object": "list", "data": []}
    extend.http.get(f"{BASE}/extract_runs", json=lambda request, context: operator.on_kill() or nothing)
    assert "A retry looks for it" in str(retried(task, operator))
    assert extend.created == []


# Below Airflow 3.3


def test_without_a_store_the_search_goes_back_to_the_start_of_the_dag_run(extend, new_task) -> None:
    task = new_task(store=False)
    task.run_after = datetime.now(UTC) - timedelta(days=6)
    made = task.run(start())
    extend.runs[made]["createdAt"] = (datetime.now(UTC) - timedelta(days=5)).isoformat()
    assert task.run(start()) == made


def test_without_a_store_a_dag_run_of_long_ago_is_told_as_unknown(extend, new_task) -> None:
    task = new_task(store=False)
    task.run_after = datetime.now(UTC) - timedelta(days=8)
    task.run(start())
    assert "longer ago than a search goes back" in str(failed(task, start()))
    assert len(extend.created) == 1
    assert task.run(start(on_unknown_submission="resubmit")) == "exr_2"


def test_without_a_store_an_old_dag_run_can_be_cleared(extend, new_task) -> None:
    task = new_task(store=False)
    task.run_after = datetime.now(UTC) - timedelta(days=8)
    task.run(start())
    failed(task, start())
    task.clear()
    assert task.run(start()) == "exr_2"


def test_without_a_store_a_dag_run_of_the_past_began_when_it_was_started(extend, new_task) -> None:
    """A backfill: its date lies years back, its tasks do not."""
    task = new_task(store=False)
    task.run_after = datetime.now(UTC) - timedelta(days=900)
    task.dag_run_started = datetime.now(UTC) - timedelta(hours=1)
    made = task.run(start())
    assert task.run(start()) == made
    assert len(extend.created) == 1


def test_without_a_store_lowered_retries_do_not_hide_the_run(extend, new_task) -> None:
    task = new_task(store=False, retries=3)
    made = task.run(start())
    task.retries = 2
    assert task.run(start()) == made


def test_without_a_store_another_input_is_another_run_and_the_old_one_is_left(extend, new_task) -> None:
    task = new_task(store=False)
    task.run(start())
    assert task.run(start(file_id="file_2")) == "exr_2"
    assert extend.statuses == ["PROCESSING", "PROCESSING"]


def test_without_a_store_a_clear_starts_another_and_says_what_it_does_not_know(
    extend, new_task, log_text
) -> None:
    task = new_task(store=False)
    task.run(start())
    task.clear()
    assert task.run(start()) == "exr_2"
    assert "it is not cancelled" in log_text()
    assert extend.statuses == ["PROCESSING", "PROCESSING"]


def test_two_deployments_do_not_find_each_others_runs(extend, new_task, monkeypatch) -> None:
    found = []
    for name in ("staging", "production"):
        monkeypatch.setenv("AIRFLOW__EXTEND__DEPLOYMENT", name)
        task = new_task(store=False)
        task.run(start())
        found.append(task.run(start()))
    assert found == ["exr_1", "exr_2"]
    assert len(extend.created) == 2


# How it ends


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_a_run_that_ends_badly_fails_the_task_for_good(extend, task, monkeypatch, status) -> None:
    reason = {"failureReason": "CORRUPT_FILE", "failureMessage": "It cannot be opened."}
    monkeypatch.setattr(time, "sleep", lambda seconds: extend.end(status, **reason))
    error = failed(task, extract())
    for told in (
        "extract run exr_1",
        status,
        "CORRUPT_FILE: It cannot be opened. Open https://dashboard.extend.ai/runs/1",
    ):
        assert told in str(error)
    assert "token=signed" not in str(error)
    assert task.xcoms["spent"]["runs"] == 1


@pytest.mark.parametrize(
    ("status", "on_needs_review", "outcome"),
    [
        ("NEEDS_REVIEW", "succeed", "needs_review"),
        ("NEEDS_REVIEW", "fail", None),
        ("REJECTED", "succeed", None),
    ],
)
def test_a_workflow_run_that_a_person_has_to_see(
    extend, task, monkeypatch, status, on_needs_review, outcome
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: extend.end(status))
    operator = ExtendRunWorkflowOperator(
        task_id="task",
        workflow_id="workflow_1",
        text="a",
        on_needs_review=on_needs_review,
        poll_interval=0.001,
    )
    if outcome:
        assert task.run(operator)["outcome"] == outcome
    else:
        assert status in str(failed(task, operator))
    assert extend.created[0]["workflow"] == {"id": "workflow_1"}
    assert extend.created[0]["file"] == {"text": "a"}


def test_an_outage_in_the_worker_is_waited_out(extend, task, requests_mock, monkeypatch, log_text) -> None:
    """Forty failed looks are more than any one call is repeated."""
    looks = iter(range(1000))

    def answer(request: Any, context: Any) -> Any:
        if next(looks) < 40:
            context.status_code = 503
            return {}
        extend.end()
        return extend._get(request, context)

    requests_mock.get(f"{BASE}/extract_runs/exr_1", json=answer)
    monkeypatch.setattr(
        "airflow_provider_extend.operators._run.ExtendRunOperator._sleep", lambda self, s: None
    )
    assert task.run(extract())["outcome"] == "succeeded"
    assert "the wait goes on" in log_text()
    assert len(extend.created) == 1


def test_a_key_that_is_revoked_while_it_waits_names_the_run_that_goes_on(extend, task, requests_mock) -> None:
    requests_mock.get(f"{BASE}/extract_runs/exr_1", status_code=401, json={})
    error = str(retried(task, extract()))
    for told in ("401", "exr_1 goes on and is paid for", "a retry takes it up at no cost"):
        assert told in error
    assert extend.statuses == ["PROCESSING"]


# Its own time


def test_a_run_that_takes_too_long_is_cancelled_and_the_task_not_retried(extend, task) -> None:
    error = failed(task, extract(timeout=0.01))
    for told in ("extract run exr_1", "was cancelled", "clear it"):
        assert told in str(error)
    assert extend.statuses == ["CANCELLED"]


def test_a_run_may_be_left_and_a_retry_waits_for_it_again(extend, task, monkeypatch) -> None:
    late = {"timeout": 0.01, "on_timeout": "leave"}
    assert "waits for it again" in str(retried(task, extract(**late)))
    assert extend.statuses == ["PROCESSING"]
    monkeypatch.setattr(time, "sleep", lambda seconds: extend.end())
    assert task.run(extract(timeout=60, on_timeout="leave"))["id"] == "exr_1"


def test_a_run_that_ends_in_the_moment_of_the_cancel_is_a_success(extend, task, requests_mock) -> None:
    def late(request: Any, context: Any) -> Any:
        extend.end()
        return extend._cancel(request, context)

    requests_mock.post(f"{BASE}/extract_runs/exr_1/cancel", json=late)
    assert task.run(extract(timeout=0.01))["outcome"] == "succeeded"


def test_the_smaller_of_timeout_and_execution_timeout_counts(extend, task) -> None:
    given = {"deferrable": True, "timeout": 500, "execution_timeout": timedelta(seconds=50)}
    away = deferred(task, extract(**given))
    assert 45 < away.trigger.deadline - time.time() <= 50


@pytest.mark.parametrize(("on_timeout", "status"), [("cancel", "CANCELLED"), ("leave", "PROCESSING")])
def test_airflows_execution_timeout_does_what_on_timeout_says(
    extend, task, monkeypatch, on_timeout, status
) -> None:
    """It comes as a signal, in the middle of the wait; were it let through, Airflow would call on_kill."""

    def alarm(seconds: float) -> None:
        raise AirflowTaskTimeout

    monkeypatch.setattr(time, "sleep", alarm)
    with pytest.raises(AirflowException, match="did not end within"):
        task.run(extract(on_timeout=on_timeout))
    assert extend.statuses == [status]


@pytest.mark.parametrize("moment", ["before", "during"])
def test_airflows_execution_timeout_while_the_run_is_started(extend, task, monkeypatch, moment) -> None:
    operator = start()

    def alarm(*given: Any) -> None:
        raise AirflowTaskTimeout

    monkeypatch.setattr(operator, "prepare" if moment == "before" else "create", alarm)
    error = retried(task, operator)
    assert ("before a run was started" in str(error)) == (moment == "before")
    assert task.run(start()) == "exr_1"
    assert extend.statuses == ["PROCESSING"]


def test_airflows_execution_timeout_right_after_the_start_does_what_on_timeout_says(
    extend, task, monkeypatch
) -> None:
    operator = extract(on_timeout="leave")

    def alarm(*given: Any) -> None:
        raise AirflowTaskTimeout

    monkeypatch.setattr(operator, "started", alarm)
    assert "waits for it again" in str(retried(task, operator))
    assert extend.statuses == ["PROCESSING"]


def test_airflows_execution_timeout_while_the_result_is_collected_loses_nothing(
    extend, task, monkeypatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: extend.end())
    operator = extract()

    def alarm(*given: Any) -> None:
        raise AirflowTaskTimeout

    monkeypatch.setattr(operator, "is_success", alarm)
    assert "A retry of this task takes it up" in str(retried(task, operator))
    assert task.run(extract())["id"] == "exr_1"


def test_an_outage_at_the_deadline_is_told_with_it(extend, task, requests_mock) -> None:
    requests_mock.get(f"{BASE}/extract_runs/exr_1", status_code=503, json={})
    error = retried(task, extract(timeout=0.05))
    for told in ("did not end within", "could not be cancelled", "503", "waits for it again"):
        assert told in str(error)


def test_a_workflow_run_that_ends_well_although_it_was_cancelled_is_a_success(
    extend, task, monkeypatch
) -> None:
    def sleep(seconds: float) -> None:
        for run in extend.runs.values():
            if run["status"] == "CANCELLING":
                run["status"] = "PROCESSED"

    monkeypatch.setattr(time, "sleep", sleep)
    operator = ExtendRunWorkflowOperator(
        task_id="task", workflow_id="workflow_1", file_id="file_1", timeout=0.01, poll_interval=0.001
    )
    assert task.run(operator)["outcome"] == "succeeded"


def test_a_mistake_in_the_code_ends_a_deferred_wait_and_does_not_repeat_for_a_day(
    extend, task, monkeypatch
) -> None:
    away = deferred(task, extract(deferrable=True))
    extend.end()
    event = fire(away)
    monkeypatch.setattr("airflow_provider_extend.waiting.glance", lambda *given: {}["run"])
    with pytest.raises(KeyError):
        extract(deferrable=True).resume_execution("execute_complete", {"event": event}, task.context)


# Killed


def test_a_signal_before_the_call_leaves_nothing_started(extend, task, monkeypatch) -> None:
    operator = extract()
    really = operator.prepare

    def prepare(client: Any) -> Any:
        operator.on_kill()
        return really(client)

    monkeypatch.setattr(operator, "prepare", prepare)
    assert "Nothing was started" in str(retried(task, operator))
    assert extend.created == []
    assert task.record is None


@pytest.mark.parametrize("refusal", ["pending", 429, 503])
def test_a_cancel_that_the_signal_handler_does_not_get_through_is_repeated(
    extend, task, monkeypatch, requests_mock, refusal
) -> None:
    operator = extract()
    calls = []

    def cancel(request: Any, context: Any) -> Any:
        calls.append(1)
        if len(calls) == 1 and refusal != "pending":
            context.status_code = refusal
            return {}
        answer = extend._cancel(request, context)
        extend.runs["exr_1"]["status"] = extend.runs["exr_1"]["status"].replace("PENDING", "PROCESSING")
        return answer

    requests_mock.post(f"{BASE}/extract_runs/exr_1/cancel", json=cancel)

    def told_to_end(seconds: float) -> None:
        if not operator._killed:
            extend.runs["exr_1"]["status"] = "PENDING" if refusal == "pending" else "PROCESSING"
            operator.on_kill()

    monkeypatch.setattr(time, "sleep", told_to_end)
    assert "was cancelled" in str(retried(task, operator))
    assert extend.statuses == ["CANCELLED"]


def test_a_task_that_is_told_to_end_while_it_comes_back_is_not_deferred_again(
    extend, task, monkeypatch
) -> None:
    deferred(task, extract(deferrable=True))
    operator = extract(deferrable=True)
    really = operator._defer_until

    def told_to_end(*given: Any) -> Any:
        operator.on_kill()
        return really(*given)

    monkeypatch.setattr(operator, "_defer_until", told_to_end)
    event = {"event": "timeout", "run_id": "exr_1", "kind": "extract_run", "status": None, "deadline": 4e9}
    with pytest.raises(AirflowException, match="told to end"):
        operator.resume_execution("execute_complete", {"event": event}, task.context)
    assert extend.statuses == ["CANCELLED"]


def test_the_signal_handler_logs_nothing_and_calls_nothing_of_airflows(extend, task, monkeypatch) -> None:
    """A log takes a lock that the interrupted code may hold."""
    operator = extract()
    seen: list[str] = []

    def sleep(seconds: float) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(type(operator), "log", property(lambda self: seen.append("log")))
            operator.on_kill()

    monkeypatch.setattr(time, "sleep", sleep)
    retried(task, operator)
    assert seen == []
    assert extend.statuses == ["CANCELLED"]


def test_a_worker_that_is_told_to_end_cancels_its_run_at_once(extend, task, monkeypatch) -> None:
    operator = extract()
    monkeypatch.setattr(time, "sleep", lambda seconds: operator.on_kill())
    error = retried(task, operator)
    assert type(error.error).__name__ == "ExtendTaskKilled"
    assert extend.statuses == ["CANCELLED"]
    assert extend.asked("POST", "/cancel") == 1
    assert "extract run exr_1 was cancelled" in str(error)


def test_a_retry_after_that_starts_another_run(extend, task, monkeypatch) -> None:
    operator = extract()
    monkeypatch.setattr(time, "sleep", lambda seconds: operator.on_kill())
    retried(task, operator)
    assert task.run(start()) == "exr_2"


def test_a_signal_while_the_run_is_being_started_is_answered_right_after(extend, task, monkeypatch) -> None:
    operator = extract()
    really = operator.create

    def create(*given: Any) -> Any:
        answer = really(*given)
        operator.on_kill()
        return answer

    monkeypatch.setattr(operator, "create", create)
    assert "was cancelled" in str(retried(task, operator))
    assert extend.statuses == ["CANCELLED"]
    assert task.record["id"] == "exr_1", "it is recorded all the same"


def test_a_second_signal_sends_nothing_more(extend, task, monkeypatch) -> None:
    operator = extract()

    def twice(seconds: float) -> None:
        operator.on_kill()
        operator.on_kill()

    monkeypatch.setattr(time, "sleep", twice)
    retried(task, operator)
    assert extend.asked("POST", "/cancel") == 1


def test_the_author_may_have_the_run_go_on(extend, task, monkeypatch) -> None:
    operator = extract(cancel_on_kill=False)
    monkeypatch.setattr(time, "sleep", lambda seconds: operator.on_kill())
    retried(task, operator)
    assert extend.statuses == ["PROCESSING"]
    assert task.run(start()) == "exr_1"


def test_a_run_that_has_ended_is_not_cancelled_by_a_late_signal(extend, task, monkeypatch) -> None:
    operator = extract()
    monkeypatch.setattr(time, "sleep", lambda seconds: extend.end())
    task.run(operator)
    operator.on_kill()
    assert extend.asked("POST", "/cancel") == 0


# Money


def test_a_call_beyond_max_runs_is_refused_with_the_sum_before_it_is_made(extend, task) -> None:
    task.run(start(max_runs=2))
    task.clear()
    task.run(start(max_runs=2))
    task.clear()
    error = failed(task, start(max_runs=2))
    for told in ("max_runs is 2", "would make it 3", "after 2"):
        assert told in str(error)
    assert len(extend.created) == 2


def test_taking_up_a_run_counts_for_nothing(extend, task) -> None:
    for _ in range(3):
        assert task.run(start(max_runs=1)) == "exr_1"


def test_a_call_that_was_refused_counts_for_nothing(extend, task) -> None:
    extend.faults = [402]
    failed(task, start(max_runs=1))
    assert task.run(start(max_runs=1)) == "exr_1"


def test_what_all_tries_have_cost_is_summed(extend, task, monkeypatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: extend.end(credits=2.5))
    task.run(extract())
    task.clear()
    monkeypatch.setattr(time, "sleep", lambda seconds: extend.end(credits=None))
    task.run(extract())
    assert task.xcoms["spent"] == {"runs": 2, "credits": 2.5, "unknown": 1}


def test_an_account_that_cannot_be_kept_does_not_fail_the_task(extend, task, caplog) -> None:
    task.store.broken_for = lambda value: "v" not in value
    assert task.run(start()) == "exr_1"
    assert "could not be recorded" in caplog.text


# Refused before anything is sent


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"file_id": None}, "none of file_id, file_url and text"),
        ({"text": "a"}, "file_id, text of file_id, file_url and text"),
        ({"file_id": "../files"}, "file_id '../files' cannot be an id"),
        ({"file_id": None, "file_url": f"ftp://a.example.com/a{SECRET}"}, "that begins with 'ftp'"),
        ({"file_id": None, "file_url": "5ecret.pdf"}, "a text of 10 characters that has no scheme"),
        ({"file_id": None, "file_url": "data:text/plain,5ecret"}, "that has no scheme"),
        ({"file_id": None, "file_url": "https:///5ecret"}, "that begins with 'https'"),
        ({"file_id": None, "file_url": {"text": "5ecret"}}, "file_url is a dict"),
        (
            {"file_id": f"https://a.example.com/1{SECRET}"},
            "file_id 'https://a.example.com/1' cannot be an id",
        ),
        ({"file_id": {"url": SECRET}}, "file_id is a dict"),
        (
            {"config": {"until": datetime(2026, 1, 1)}, "extractor_id": None},
            "config holds what JSON does not know",
        ),
        ({"metadata": {"until": datetime(2026, 1, 1)}}, "metadata holds what JSON does not know"),
        ({"config": {1: "a", "b": 2}, "extractor_id": None}, "config holds what JSON does not know"),
        ({"metadata": {"a": "\ud800"}}, "metadata holds what JSON does not know"),
        ({"file_id": None, "text": "  "}, "text is empty"),
        ({"extractor_id": "ex 1"}, "extractor_id 'ex 1' cannot be an id"),
        ({"config": {}}, "Both extractor_id and config"),
        ({"extractor_id": None, "version": "1.0"}, "need an extractor_id"),
        ({"extractor_id": None, "override_config": {}}, "need an extractor_id"),
        ({"priority": 0}, "priority is 0"),
        ({"priority": 101}, "priority is 101"),
        ({"priority": "high"}, "priority is 'high'"),
        ({"priority": True}, "priority is True"),
        ({"metadata": ["a"]}, "metadata is a list of str: expected an object"),
        ({"metadata": {"extend:usage_tags": "a"}}, "'extend:usage_tags' is a str"),
        ({"metadata": {"a": "b" * 9300}}, "metadata has 9308 bytes as JSON: at most 9216 may be"),
        ({"on_timeout": "wait"}, "on_timeout is 'wait'"),
        ({"on_unknown_submission": "retry"}, "on_unknown_submission is 'retry'"),
        ({"timeout": 0}, "timeout is 0"),
        ({"timeout": float("inf")}, "timeout is inf"),
        ({"poll_interval": -1}, "poll_interval is -1"),
        ({"max_runs": 1.5}, "max_runs is 1.5"),
        ({"max_runs": True}, "max_runs is True"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_sent_is_refused(extend, task, given, message) -> None:
    error = failed(task, start(**given))
    assert message in str(error)
    assert "Nothing was sent" in str(error)
    assert "5ecret" not in str(error)
    assert extend.http.request_history == []
    assert task.record is None


def test_needs_review_takes_one_of_three_words(extend, task) -> None:
    operator = ExtendRunWorkflowOperator(
        task_id="task", workflow_id="workflow_1", file_id="file_1", on_needs_review="ask"
    )
    assert "on_needs_review is 'ask': expected 'fail', 'succeed' or 'wait'" in str(failed(task, operator))
    assert extend.created == []


@pytest.mark.parametrize("version", ["2024-12-23", "2025-04-21"])
def test_a_version_without_extract_runs_is_named_with_those_that_have_them(
    extend, task, monkeypatch, version
) -> None:
    connection = {"conn_type": "extend", "password": "sk_x", "extra": {"api_version": version}}
    monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", json.dumps(connection))
    assert re.search(f"{version}.*2026-02-09.*Nothing was sent", str(failed(task, start())))


# What Airflow stores


def test_signed_links_and_texts_are_not_shown_by_airflow() -> None:
    for name, value in (("file_url", f"https://a.example.com/1.pdf{SECRET}"), ("text", "Total: 5ecret")):
        operator = extract(**{"file_id": None, name: value})
        setattr(operator, name, value)  # as rendering does
        assert "5ecret" not in str(getattr(operator, name))
        assert operator.revealed(name) == value
        operator.check()
    assert extract().text is None


def test_neither_shows_in_a_traceback_of_variables(extend, task) -> None:
    operator = extract(file_id=None, file_url=f"https://a.example.com/1.pdf{SECRET}")
    operator._client = operator.client()
    task.run(start())
    values = [operator.document, operator._submission(operator._client, task.context)]
    assert "5ecret" not in repr(values)
    assert "5ecret" not in repr(extract(file_id=None, text="5ecret").document)


@pytest.mark.parametrize("words", [f"cannot fetch https://a.example.com/1.pdf{SECRET}", "x" * 9000])
def test_what_extend_says_of_a_failure_is_shown_without_signatures_and_not_at_any_length(
    extend, task, monkeypatch, words
) -> None:
    reason = {"failureReason": "UNABLE_TO_DOWNLOAD_FILE", "failureMessage": words}
    monkeypatch.setattr(time, "sleep", lambda seconds: extend.end("FAILED", **reason))
    error = failed(task, extract())
    assert "5ecret" not in str(error)
    assert len(str(error)) < 1500


def test_the_link_leads_to_the_run(monkeypatch) -> None:
    from airflow.sdk.execution_time import xcom

    (link,) = extract().operator_extra_links
    asked = []

    def get_value(*, key: str, ti_key: Any) -> Any:
        asked.append((key, ti_key))
        return "https://dashboard.extend.ai/runs/1" if len(asked) == 1 else None

    monkeypatch.setattr(xcom.XCom, "get_value", get_value)
    assert link.name == "Extend run"
    assert link.get_link(extract(), ti_key="key") == "https://dashboard.extend.ai/runs/1"
    assert link.get_link(extract(), ti_key="key") == ""
    assert asked[0] == ("run_url", "key")
