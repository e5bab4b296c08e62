"""Everything that is written to Airflow's database, in one place.

A task that was deferred, or whose run was paid for, by an older version of this package is resumed by a newer
one. So a name here is changed only with an alias or a deprecation; a failure below is a question, not a typo.
"""

from __future__ import annotations

import asyncio
import importlib
import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_extend.get_provider_info import get_provider_info
from tests.airflow_names import AirflowFailException, TaskDeferred

BASE = "https://api.extend.ai"
RUN = {
    "object": "evaluation_set_run",
    "id": "bpr_1",
    "status": "PROCESSED",
    "evaluationSetId": "ev_1",
    "entity": {"object": "extractor", "id": "ex_1"},
    "entityVersion": {"id": "exv_d", "version": "draft"},
    "metrics": {"type": "EXTRACT", "accuracy": 1.0, "numFilesTotal": 2, "numFilesProcessed": 2},
    "createdAt": "2026-05-15T10:30:45Z",
}
DRAFT = {"id": "exv_d", "version": "draft", "config": {"schema": {"properties": {}}}}
VERSION = {"id": "exv_1", "version": "1.0", "config": DRAFT["config"], "createdAt": "2026-05-15T12:00:00Z"}
SET = {"id": "ev_1", "entity": {"object": "extractor", "id": "ex_1"}}
ITEMS = {"object": "list", "data": [{"id": "evi_1", "file": {"id": "file_1"}}]}
ITEM = {**ITEMS["data"][0], "expectedOutput": {"value": {"total": 1}}}

RESULT_KEYS = {
    "id",
    "kind",
    "status",
    "outcome",
    "api_version",
    "url",
    "metrics_from",
    "metrics",
    "counts",
    "source",
    "source_id",
    "processor_id",
    "processor_version_id",
    "usage",
    "files",
    "config_fingerprint",
    "items_fingerprint",
}
RECORD_KEYS = {"v", "token", "max_tries", "parts", "facts", "started_at", "runs", "account", "id"}


@pytest.fixture
def extend(requests_mock: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    rates = {"get_per_second": 100_000, "write_per_second": 100_000, "run_per_second": 100_000}
    connection = {"conn_type": "extend", "password": "sk_of_the_tests", "extra": rates}
    monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", json.dumps(connection))
    requests_mock.get(f"{BASE}/batch_processor_runs/bpr_1", status_code=404, json={})
    requests_mock.get(f"{BASE}/evaluation_set_runs/bpr_1", json=RUN)
    requests_mock.post(f"{BASE}/evaluation_set_runs", json={**RUN, "status": "PENDING"})
    requests_mock.get(f"{BASE}/evaluation_sets/ev_1", json=SET)
    requests_mock.get(f"{BASE}/evaluation_sets/ev_1/items", json=ITEMS)
    requests_mock.get(f"{BASE}/evaluation_sets/ev_1/items/evi_1", json=ITEM)
    requests_mock.post(f"{BASE}/evaluation_sets/ev_1/items", json={"evaluationSetItems": [{"id": "evi_1"}]})
    ended = {"status": "PROCESSED", "output": {"value": {}}, "metadata": {}}
    ended |= {"dashboardUrl": "https://dashboard.extend.ai/r", "usage": {"credits": 2, "totalCredits": 5}}
    requests_mock.post(f"{BASE}/extract_runs", json={"id": "exr_1", **ended, "status": "PROCESSING"})
    requests_mock.get(f"{BASE}/extract_runs/exr_1", json={"id": "exr_1", **ended})
    requests_mock.get(f"{BASE}/workflow_runs/workflow_run_1", json={"id": "workflow_run_1", **ended})
    extractor = {"id": "ex_1", "draftVersion": DRAFT, "updatedAt": "2026-05-15T09:00:00Z"}
    requests_mock.get(f"{BASE}/extractors/ex_1", json=extractor)
    requests_mock.post(f"{BASE}/extractors/ex_1/versions", json=VERSION)
    return requests_mock


class Written:
    """What a task leaves behind: XComs, records of the task state store."""

    def __init__(self) -> None:
        self.xcoms: dict[str, Any] = {}
        self.store: dict[str, Any] = {}

    def run(self, operator: Any) -> Any:
        address = {"dag_id": "d", "run_id": "r", "task_id": operator.task_id, "map_index": -1}
        tries = {"try_number": 1, "max_tries": 0, "start_date": datetime.now(UTC)}
        ti = SimpleNamespace(
            **address,
            **tries,
            task=operator,
            xcom_push=lambda key, value: self.xcoms.update({key: json.loads(json.dumps(value))}),
            xcom_pull=lambda task_ids, key, map_indexes: self.xcoms.get(key),
        )
        store = SimpleNamespace(
            get=lambda key, default=None: self.store.get(key, default),
            set=lambda key, value, **_: self.store.update({key: json.loads(json.dumps(value))}),
            delete=lambda key: self.store.pop(key, None),
        )
        value = operator.execute({"ti": ti, "task_state_store": store})
        return json.loads(json.dumps(value))


@pytest.fixture
def written() -> Written:
    return Written()


def sensor(**given: Any) -> Any:
    from airflow_provider_extend.sensors.batch_processor_run import BatchProcessorRunSensor

    return BatchProcessorRunSensor(task_id="wait", batch_processor_run_id="bpr_1", **given)


def test_the_row_of_a_deferred_sensor(extend, written) -> None:
    extend.get(f"{BASE}/evaluation_set_runs/bpr_1", json={**RUN, "status": "PROCESSING"})
    with pytest.raises(TaskDeferred) as caught:
        written.run(sensor(deferrable=True, poke_interval=20))
    class_path, kwargs = caught.value.trigger.serialize()
    assert class_path == "airflow_provider_extend.triggers.run.ExtendRunTrigger"
    assert {name: type(value) for name, value in kwargs.items()} == {
        "extend_conn_id": str,
        "kind": str,
        "run_id": str,
        "deadline": float,
        "max_interval": float,
        "not_before": float,
        "cancel_on_kill": bool,
    }
    assert (kwargs["kind"], kwargs["run_id"]) == ("batch_processor_run", "bpr_1")
    assert caught.value.method_name == "execute_complete"
    assert not caught.value.kwargs, "dag.test() drops them: what is needed is in the event"


def test_the_event_of_the_trigger(extend) -> None:
    module, _, name = "airflow_provider_extend.triggers.run.ExtendRunTrigger".rpartition(".")
    trigger = getattr(importlib.import_module(module), name)(
        "extend_default", "batch_processor_run", "bpr_1", 4e9
    )

    async def fire() -> list[Any]:
        return [event.payload async for event in trigger.run()]

    assert asyncio.run(fire()) == [
        {
            "event": "ended",
            "kind": "batch_processor_run",
            "run_id": "bpr_1",
            "status": "PROCESSED",
            "deadline": 4e9,
        }
    ]


def many(**given: Any) -> Any:
    from airflow_provider_extend.sensors.runs import ExtendRunsSensor

    return ExtendRunsSensor(task_id="wait", kind="extract_run", run_ids=["exr_1", "exr_2"], **given)


def of_two(extend: Any, status: str) -> None:
    rows = [
        {"id": "exr_1", "status": "PROCESSED", "failureReason": None, "updatedAt": "2026-05-15T12:00:01Z"},
        {
            "id": "exr_2",
            "status": status,
            "failureReason": "CORRUPT_FILE",
            "updatedAt": "2026-05-15T12:00:00Z",
        },
    ]
    extend.get(f"{BASE}/extract_runs", json={"data": rows})
    extend.get(f"{BASE}/extract_runs/exr_2", json=rows[1])


def test_the_row_of_a_sensor_of_many_runs(extend, written) -> None:
    of_two(extend, "PROCESSING")
    with pytest.raises(TaskDeferred) as caught:
        written.run(many(deferrable=True, poke_interval=20, on_needs_review="wait"))
    class_path, kwargs = caught.value.trigger.serialize()
    assert class_path == "airflow_provider_extend.triggers.runs.ExtendRunsTrigger"
    times = {name: kwargs.pop(name) for name in ("deadline", "not_before")}
    assert {type(moment) for moment in times.values()} == {float}
    assert kwargs == {
        "extend_conn_id": "extend_default",
        "kind": "extract_run",
        "run_ids": ["exr_1", "exr_2"],
        "max_interval": 20.0,
        "first": False,
        "waits_past": ["needs_review"],
    }
    assert (caught.value.method_name, caught.value.kwargs or {}) == ("execute_complete", {})


@pytest.mark.parametrize(("first", "named"), [(False, []), (True, ["exr_1", "exr_2"])])
def test_the_event_of_the_trigger_of_many_runs(extend, first, named) -> None:
    of_two(extend, "FAILED")
    module = importlib.import_module("airflow_provider_extend.triggers.runs")
    trigger = module.ExtendRunsTrigger("extend_default", "extract_run", ["exr_1", "exr_2"], 4e9, first=first)

    async def fire() -> list[Any]:
        return [event.payload async for event in trigger.run()]

    [event] = asyncio.run(fire())
    assert set(event["run_ids"]) <= set(named)
    assert bool(event.pop("run_ids")) == first
    counts = event.pop("counts")
    assert counts.items() <= {"PROCESSED": 1, "FAILED": 1}.items()
    assert first or len(counts) == 2
    assert event == {"event": "ended", "kind": "extract_run", "deadline": 4e9}


def test_what_a_sensor_of_many_runs_leaves_behind(extend, written) -> None:
    of_two(extend, "FAILED")
    value = written.run(many(on_partial="succeed"))
    assert value == {
        "kind": "extract_run",
        "count": 2,
        "statuses": {"FAILED": 1, "PROCESSED": 1},
        "succeeded": 1,
        "not_succeeded": [["exr_2", "FAILED", "CORRUPT_FILE"]],
        "truncated": False,
    }
    assert (written.xcoms, written.store) == ({"manifest": value}, {})


def test_an_event_of_today_resumes_a_sensor_of_many_runs_tomorrow(extend, written) -> None:
    of_two(extend, "PROCESSED")
    for event in ("ended", "timeout", "error"):
        payload = {"event": event, "kind": "extract_run", "counts": {"PROCESSED": 2}, "run_ids": []}
        context = {"ti": SimpleNamespace(xcom_push=lambda key, value: None, start_date=datetime.now(UTC))}
        resumed = many(deferrable=True).resume_execution(
            "execute_complete", {"event": {**payload, "deadline": 4e9}}, context
        )
        assert resumed["succeeded"] == 2


def test_an_event_of_today_resumes_a_sensor_of_tomorrow(extend, written) -> None:
    for event in ("ended", "timeout", "error"):
        payload = {"event": event, "kind": "batch_processor_run", "run_id": "bpr_1", "status": None}
        context = {"ti": SimpleNamespace(xcom_push=lambda key, value: None, start_date=datetime.now(UTC))}
        resumed = sensor(deferrable=True).resume_execution(
            "execute_complete", {"event": {**payload, "deadline": 4e9}}, context
        )
        assert resumed["outcome"] == "succeeded"


def test_the_xcoms_of_the_sensor(extend, written) -> None:
    assert set(written.run(sensor())) == RESULT_KEYS
    assert set(written.xcoms) == {"run_id", "batch_processor_run"}
    assert written.store == {}


def test_the_words_of_the_sensors_return_value(extend, written) -> None:
    value = written.run(sensor())
    assert (value["kind"], value["outcome"], value["metrics_from"]) == (
        "batch_processor_run",
        "succeeded",
        "evaluation_set_run",
    )
    from airflow_provider_extend.api.runs import OUTCOMES

    outcomes = {outcome for outcome in OUTCOMES.values() if outcome}
    assert outcomes == {"succeeded", "failed", "cancelled", "needs_review", "rejected"}


def test_the_xcoms_of_reading_a_run(extend, written) -> None:
    from airflow_provider_extend.operators.batch_processor_run import ExtendGetBatchProcessorRunOperator

    value = written.run(ExtendGetBatchProcessorRunOperator(task_id="get", batch_processor_run_id="bpr_1"))
    assert set(value) == RESULT_KEYS
    assert set(written.xcoms) - {"run_id"} == {"batch_processor_run"}


def test_what_starting_a_run_leaves_behind(extend, written) -> None:
    from airflow_provider_extend.operators.evaluation_set_run import ExtendRunEvaluationSetOperator

    value = written.run(ExtendRunEvaluationSetOperator(task_id="evaluate", evaluation_set_id="ev_1"))
    assert value == "bpr_1"
    assert set(written.xcoms) == {"run_id", "config_fingerprint", "items_fingerprint"}
    assert set(written.store) == {"extend_submission", "extend_spent"}
    assert written.store["extend_spent"] == {"bpr_1": {"runs": 1, "credits": None}}
    record = written.store["extend_submission"]
    assert set(record) == RECORD_KEYS
    assert (record["v"], record["id"], record["max_tries"]) == (1, "bpr_1", 0)
    assert set(record["parts"]) == {
        "evaluation_set_id",
        "version",
        "processor_id",
        "evaluation_set_item_ids",
    }
    assert set(record["facts"]) == {"config_fingerprint", "items_fingerprint"}


#: As a task that died has left it; the parts are fingerprints of "ev_1", "draft" and null.
RECORD = {
    "v": 1,
    "token": "0" * 32,
    "max_tries": 0,
    "parts": {
        "evaluation_set_id": "a45b13f046a9b75f",
        "version": "6ae048f08fcab44b",
        "processor_id": "74234e98afe7498f",
        "evaluation_set_item_ids": "74234e98afe7498f",
    },
    "facts": {"config_fingerprint": "c" * 64, "items_fingerprint": "i" * 64},
    "started_at": 1_800_000_000.0,
    "id": "bpr_1",
}


def test_a_record_of_today_is_understood_tomorrow(extend, written) -> None:
    """Fingerprints of parameters do not change between versions: else a retry pays for a second run."""
    from airflow_provider_extend.operators.evaluation_set_run import ExtendRunEvaluationSetOperator

    written.store["extend_submission"] = RECORD
    operator = ExtendRunEvaluationSetOperator(task_id="evaluate", evaluation_set_id="ev_1")
    assert written.run(operator) == "bpr_1"
    assert [request.method for request in extend.request_history if request.method == "POST"] == []
    assert written.xcoms["config_fingerprint"] == "c" * 64


def test_what_an_extract_leaves_behind(extend, written) -> None:
    from airflow_provider_extend.operators.extract import ExtendExtractOperator

    operator = ExtendExtractOperator(task_id="e", file_id="file_1", extractor_id="ex_1", push_output=True)
    value = written.run(operator)
    assert set(value) == RESULT_KEYS
    assert set(written.xcoms) == {"run_id", "run_url", "spent", "output"}
    assert set(written.xcoms["spent"]) == {"runs", "credits", "unknown"}
    assert set(written.store) == {"extend_submission", "extend_spent"}
    assert set(written.store["extend_submission"]) == RECORD_KEYS
    assert written.store["extend_spent"] == {"exr_1": {"runs": 1, "credits": 5.0}}
    sent = next(request.json() for request in extend.request_history if request.method == "POST")
    assert set(sent["metadata"]) == {"airflow_token", "airflow_task"}
    (link,) = operator.operator_extra_links
    assert (link.name, link.xcom_key) == ("Extend run", "_link_ExtendRunLink")


def test_the_row_of_a_wait_that_goes_on_past_a_review(extend, written) -> None:
    """These arguments are there only where they say something: the row of every other wait is as it was."""
    from airflow_provider_extend.operators.workflow import (
        ExtendBatchRunWorkflowOperator,
        ExtendRunWorkflowOperator,
    )

    moving = {"id": "workflow_run_1", "status": "PROCESSING", "metadata": {}}
    extend.post(f"{BASE}/workflow_runs", json=moving)
    extend.post(f"{BASE}/workflow_runs/batch", json={"batchId": "batch_1"})
    away = {"task_id": "w", "workflow_id": "workflow_1", "deferrable": True}
    waits = ExtendRunWorkflowOperator(**away, file_id="file_1", on_needs_review="wait")
    batch = ExtendBatchRunWorkflowOperator(**away, inputs=["file_1", "file_2"])
    for operator, more in ((waits, {"waits_past": ["needs_review"]}), (batch, {"members": 2})):
        with pytest.raises(TaskDeferred) as caught:
            written.run(operator)
        kwargs = caught.value.trigger.serialize()[1]
        rarely = {name: value for name, value in kwargs.items() if name in ("waits_past", "members")}
        assert rarely == more
        assert caught.value.method_name == "execute_complete"


def test_what_a_batch_leaves_behind(extend, written, tmp_path) -> None:
    from airflow_provider_extend.operators.extract import ExtendBatchExtractOperator

    extend.post(f"{BASE}/extract_runs/batch", json={"id": "bpr_1", "status": "PENDING", "runCount": 1})
    extend.get(f"{BASE}/batch_runs/bpr_1", json={"id": "bpr_1", "status": "PROCESSED", "runCount": 1})
    row = {"id": "exr_1", "status": "PROCESSED", "usage": {"credits": 2}, "metadata": {}}
    extend.get(f"{BASE}/extract_runs", json={"data": [row]})
    path = tmp_path / "batch.json"
    operator = ExtendBatchExtractOperator(
        task_id="b", extractor_id="ex_1", inputs=["file_1"], output_path=f"file://{path}"
    )
    value = written.run(operator)
    assert set(value) == RESULT_KEYS
    assert value["usage"] == {"totalCredits": 2.0}
    assert set(written.xcoms) == {"run_id", "spent", "members", "member_run_ids"}
    assert written.xcoms["members"] == {"PROCESSED": 1}
    assert written.xcoms["member_run_ids"] == {"PROCESSED": ["exr_1"]}
    assert set(json.loads(path.read_text())) == {"extract_batch", "members", "result"}
    assert set(written.store["extend_submission"]) == RECORD_KEYS
    assert written.store["extend_spent"] == {"bpr_1": {"runs": 1, "credits": 2.0}}
    sent = next(request.json() for request in extend.request_history if request.method == "POST")
    assert set(sent["inputs"][0]["metadata"]) == {"airflow_token", "airflow_task", "airflow_input"}


def test_what_a_task_with_many_documents_leaves_behind(extend, written, tmp_path) -> None:
    """What it keeps beside its results is read by later processes of the task, of a newer version perhaps."""
    from airflow_provider_extend.operators.documents import ExtendExtractDocumentsOperator

    extend.post(f"{BASE}/extract_runs/batch", json={"id": "bpr_1", "status": "PENDING", "runCount": 1})
    extend.get(f"{BASE}/batch_runs/bpr_1", json={"id": "bpr_1", "status": "PROCESSING", "runCount": 1})
    operator = ExtendExtractDocumentsOperator(
        task_id="many",
        extractor_id="ex_1",
        documents=["file_1"],
        output_path=f"file://{tmp_path}/out",
        deferrable=True,
    )
    with pytest.raises(TaskDeferred) as caught:
        written.run(operator)
    class_path, kwargs = caught.value.trigger.serialize()
    assert class_path == "airflow_provider_extend.triggers.runs.ExtendRunsTrigger"
    assert (kwargs["kind"], kwargs["run_ids"], kwargs["first"]) == ("extract_batch", ["bpr_1"], True)
    assert (caught.value.method_name, caught.value.kwargs or {}) == ("execute_complete", {})
    assert set(written.xcoms) == {"extend_documents"}
    assert set(written.store) == {
        *("extend_documents", "extend_submission.00000", "extend_spent", "extend_progress")
    }
    assert set(written.store["extend_documents"]) == {"state", "path", "asked", "max_tries"}
    assert set(written.store["extend_submission.00000"]) == RECORD_KEYS
    sent = next(request.json() for request in extend.request_history if request.method == "POST")
    assert set(sent["inputs"][0]["metadata"]) == {"airflow_token", "airflow_task", "airflow_input"}
    kept, mark = sorted((tmp_path / "out" / "_extend").iterdir())
    assert mark.name.startswith("task-")
    assert set(json.loads(mark.read_text())) == {"dag_id", "run_id", "task_id", "map_index"}
    plan = json.loads((kept / "plan.json").read_text())
    files = {path.name: json.loads(path.read_text().splitlines()[0]) for path in kept.iterdir()}
    assert {name: set(value) for name, value in files.items()} == {
        "plan.json": {"v", "layout", "documents", "batches", "size", "taken", "job", "began"},
        f"batch-{plan['layout']}-00000": {"source", "given"},
        "sent-00000": {"files", "refused"},
        "receipt-00000": {"id", "count", "at"},
    }
    assert set(files["plan.json"]["job"]) == {"version", "kind", "creates", "body", "metadata", "narrow"}

    extend.get(f"{BASE}/batch_runs/bpr_1", json={"id": "bpr_1", "status": "PROCESSED", "runCount": 1})
    row = {
        "id": "exr_1",
        "status": "PROCESSED",
        "usage": {"credits": 2},
        "metadata": sent["inputs"][0]["metadata"],
    }
    extend.get(f"{BASE}/extract_runs", json={"data": [row]})
    extend.get(f"{BASE}/extract_runs/exr_1", json={**row, "output": {"value": {"total": 1}}})
    operator.deferrable = False
    value = written.run(operator)
    assert set(value) == {
        *("kind", "documents", "succeeded", "failed", "statuses", "failures", "batches"),
        *("path", "format", "parts", "failed_path", "credits", "credits_unknown"),
    }
    assert "spent" in written.xcoms
    assert sorted(path.name for path in (tmp_path / "out").glob("*.*")) == [
        "_manifest.json",
        "part-00000.jsonl",
    ]
    manifest = json.loads((tmp_path / "out" / "_manifest.json").read_text())
    assert set(manifest) == {"v", "owner", "state", "layout", "complete", "result", "parts"}
    written_row = json.loads((tmp_path / "out" / "part-00000.jsonl").read_text())
    assert set(written_row) == {
        *("source", "status", "outcome", "failure", "message", "output", "confidences"),
        *("credits", "url", "run_id", "batch_id", "file_id"),
    }


def test_what_is_kept_of_a_batch_that_is_being_read(extend, written, tmp_path, monkeypatch) -> None:
    """One document of which is read, one that failed, and one that another run may better."""
    from airflow_provider_extend.documents.folders import Folder
    from airflow_provider_extend.operators import _document_batches
    from airflow_provider_extend.operators.documents import ExtendExtractDocumentsOperator

    kept: dict[str, Any] = {}
    really = Folder.put

    def put(self: Folder, name: str, local: Path) -> None:
        if "_extend" in self.path:
            kept[name] = json.loads(local.read_text().splitlines()[0])
        really(self, name, local)

    def runs(request: Any, answer: Any) -> Any:
        sent = next(request.json() for request in extend.request_history if request.method == "POST")
        states = [
            {"status": "PROCESSED"},
            {"status": "FAILED", "failureReason": "X"},
            {"status": "CANCELLED"},
        ]
        rows = [
            {"id": f"exr_{place}", "usage": {"credits": 2}, "output": {"value": {}}, **state, **one}
            for place, (state, one) in enumerate(zip(states, sent["inputs"], strict=True))
        ]
        if request.path == "/extract_runs":
            return {"data": rows}
        return rows[int(request.path[-1])]

    monkeypatch.setattr(Folder, "put", put)
    monkeypatch.setattr(_document_batches, "_NOTED", 1)
    extend.post(f"{BASE}/extract_runs/batch", json={"id": "bpr_1", "status": "PENDING", "runCount": 3})
    extend.get(f"{BASE}/batch_runs/bpr_1", json={"id": "bpr_1", "status": "PROCESSED", "runCount": 3})
    extend.get(f"{BASE}/extract_runs", json=runs)
    for place in range(3):
        extend.get(f"{BASE}/extract_runs/exr_{place}", json=runs)
    operator = ExtendExtractDocumentsOperator(
        task_id="many",
        extractor_id="ex_1",
        documents=[f"file_{place}" for place in range(3)],
        output_path=f"file://{tmp_path}/out",
        on_partial="succeed",
        poll_interval=0.05,
    )
    assert (written.run(operator)["succeeded"], written.xcoms["spent"]["runs"]) == (1, 3)
    columns = {
        *("source", "status", "outcome", "failure", "message", "output", "confidences"),
        *("credits", "url", "run_id", "batch_id", "file_id"),
    }
    names = [f"rows-00000-00{number}" for number in range(3)]
    for place, row, again in (kept[name] for name in names):
        assert (type(place), set(row), again) == (int, columns, row["status"] == "CANCELLED")
    assert set(kept["failed-00000"]) == {"source", "status", "failure", "message", "run_id"}
    assert kept["failed-00000"]["status"] == "FAILED"
    assert {name: set(value) for name, value in kept["again-00000"].items()} == {
        "document": {"source", "given"},
        "row": columns,
    }
    assert kept["done-00000"] == {
        "succeeded": 1,
        "failed": 1,
        "credits": 6.0,
        "unknown_credits": 0,
        "statuses": {"PROCESSED": 1, "FAILED": 1},
        "reasons": {"X": 1},
        "kept_statuses": {"CANCELLED": 1},
        "kept_reasons": {"CANCELLED": 1},
        "kept_back": 1,
        "part": "part-00000.jsonl",
    }


def test_the_token_below_airflow_3_3_does_not_change_between_versions(extend, written) -> None:
    """It is computed from these names and values: another one more, and a retry would not find the run that is paid
    for."""
    from airflow_provider_extend import decisions
    from airflow_provider_extend.operators.extract import ExtendExtractOperator
    from airflow_provider_extend.operators.workflow import ExtendRunWorkflowOperator

    extract = ExtendExtractOperator(task_id="e", file_id="file_1", extractor_id="ex_1")
    workflow = ExtendRunWorkflowOperator(task_id="e", file_id="file_1", workflow_id="workflow_1")
    document = {"file_id", "file_url", "text", "file_name"}
    assert set(extract.parts()) == document | {"extractor_id", "version", "config", "override_config"}
    assert set(workflow.parts()) == document | {"workflow_id", "version"}
    with_package = ExtendExtractOperator(task_id="e", package=["file_1", "file_2"], extractor_id="ex_1")
    assert set(with_package.parts()) == set(extract.parts()) | {"package"}
    left = json.loads(RELEASES[0].read_text())["records"]
    (of_extract,) = [row["extend_submission"]["parts"] for row in left if row["operator"] == "extract"]
    assert {name: decisions.part(value) for name, value in extract.parts().items()} == of_extract


#: Operator -> what of its parameters tells one run from another, beside the document: names in a stored record.
PARTS = {
    "classify.ExtendClassifyOperator": (
        {"classifier_id": "cl_1"},
        {"classifier_id", "version", "config", "override_config"},
    ),
    "split.ExtendSplitOperator": (
        {"splitter_id": "spl_1"},
        {"splitter_id", "version", "config", "override_config"},
    ),
    "parse.ExtendParseOperator": ({}, {"config", "data_retention"}),
    "edit.ExtendEditOperator": ({}, {"template_id", "config"}),
    "form_detection.ExtendDetectFormOperator": ({}, {"config"}),
    "verify.ExtendVerifyOperator": ({}, {"config"}),
    "processor_run.ExtendRunProcessorOperator": (
        {"processor_id": "p_1"},
        {"processor_id", "processor_type", "version", "config"},
    ),
}
BATCH_PARTS = {
    "extract.ExtendBatchExtractOperator": (
        {"extractor_id": "a"},
        {"extractor_id", "version", "override_config"},
    ),
    "classify.ExtendBatchClassifyOperator": (
        {"classifier_id": "a"},
        {"classifier_id", "version", "override_config"},
    ),
    "split.ExtendBatchSplitOperator": ({"splitter_id": "a"}, {"splitter_id", "version", "override_config"}),
    "parse.ExtendBatchParseOperator": ({}, {"config"}),
    "workflow.ExtendBatchRunWorkflowOperator": ({"workflow_id": "w"}, {"workflow_id", "version"}),
}


@pytest.mark.parametrize("path", [*PARTS, *BATCH_PARTS])
def test_the_parts_of_a_record(path) -> None:
    module, _, name = f"airflow_provider_extend.operators.{path}".rpartition(".")
    given, parts = {**PARTS, **BATCH_PARTS}[path]
    inputs = {"inputs": ["file_1"]} if path in BATCH_PARTS else {"file_id": "file_1"}
    operator = getattr(importlib.import_module(module), name)(task_id="t", **inputs, **given)
    document = {"inputs"} if path in BATCH_PARTS else {"file_id", "file_url", "text", "file_name"}
    assert set(operator.parts()) == document | parts


def test_the_xcoms_of_a_sensor_of_any_kind(extend, written) -> None:
    from airflow_provider_extend.sensors.run import ExtendRunSensor

    given = {"task_id": "s", "run_id": "exr_1", "kind": "extract_run"}
    assert set(written.run(ExtendRunSensor(**given))) == RESULT_KEYS
    assert set(written.xcoms) == {"run_id", "run_url"}
    written.run(ExtendRunSensor(**given, push_output=True))
    assert set(written.xcoms) == {"run_id", "run_url", "output"}
    assert written.store == {}


def test_the_xcom_of_an_edit_run(extend, written) -> None:
    from airflow_provider_extend.operators.edit import ExtendEditOperator

    edited = {"id": "edr_1", "status": "PROCESSED", "output": {"editedFile": {"id": "file_2"}}}
    extend.post(f"{BASE}/edit_runs", json=edited)
    written.run(ExtendEditOperator(task_id="e", file_id="file_1", config={}))
    assert set(written.xcoms) == {"run_id", "spent", "edited_file_id"}
    assert written.xcoms["edited_file_id"] == "file_2"


#: What older versions have left in databases: kept as it was, read by every version after it.
#: What a stored trigger may say and nobody heeds: the poller waits out whatever may pass.
COUNTS_NO_MORE = {"give_up"}
RELEASES = sorted((Path(__file__).parent / "data" / "releases").glob("*.json"))


def of_release(operator: str) -> Any:
    from airflow_provider_extend.operators.evaluation_set_run import ExtendRunEvaluationSetOperator
    from airflow_provider_extend.operators.extract import ExtendExtractOperator
    from airflow_provider_extend.operators.workflow import ExtendRunWorkflowOperator

    link = "https://a.example.com/1.pdf?X-Amz-Signature=another"
    return {
        "sensor": lambda: sensor(deferrable=True),
        "evaluate": lambda: ExtendRunEvaluationSetOperator(task_id="e", evaluation_set_id="ev_1"),
        "extract": lambda: ExtendExtractOperator(task_id="e", file_id="file_1", extractor_id="ex_1"),
        "workflow": lambda: ExtendRunWorkflowOperator(task_id="e", file_url=link, workflow_id="workflow_1"),
    }[operator]()


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.stem)
def test_what_a_release_has_left_is_understood(extend, written, release) -> None:
    left = json.loads(release.read_text())
    for row in left["triggers"]:
        module, _, name = row["classpath"].rpartition(".")
        trigger = getattr(importlib.import_module(module), name)(**row["kwargs"])
        kept = {name: value for name, value in row["kwargs"].items() if name not in COUNTS_NO_MORE}
        assert kept.items() <= trigger.serialize()[1].items()
    for row in left["events"]:
        run_id = row["event"]["run_id"]
        ti = SimpleNamespace(
            xcom_push=lambda key, value: None,
            xcom_pull=lambda run_id=run_id, **_: run_id,
            start_date=datetime.now(UTC),
            map_index=-1,
        )
        value = of_release(row["operator"]).resume_execution(
            row["method"], {"event": row["event"]}, {"ti": ti}
        )
        assert (value["id"], value["outcome"]) == (run_id, "succeeded")
    for row in left["records"]:
        task = Written()
        task.store = {key: value for key, value in row.items() if key.startswith("extend_")}
        value = task.run(of_release(row["operator"]))
        assert row["id"] in (value, dict(value).get("id") if isinstance(value, dict) else None)
        assert task.xcoms["run_id"] == row["id"]
    assert [request.method for request in extend.request_history if request.method == "POST"] == []


def test_what_a_publish_leaves_behind(extend, written) -> None:
    from airflow_provider_extend.operators.processor_version import ExtendPublishProcessorVersionOperator

    value = written.run(ExtendPublishProcessorVersionOperator(task_id="publish", run="bpr_1"))
    assert set(value) == {"id", "version", "processor_id", "run_id", "description", "config_fingerprint"}
    assert written.xcoms == {"processor_version_id": "exv_1"}
    record = written.store["extend_submission"]
    assert set(record) == RECORD_KEYS
    assert set(record["parts"]) == {"run", "processor", "release_type"}
    assert set(record["facts"]) == {"config_fingerprint"}


#: Of a report, beside what it had before there were lines: `gate/report.py` reads it back.
REPORT_KEYS = {
    "report",
    "lines",
    "evidence",
    "baseline",
    "policy",
    "confidence",
    "interval",
    "today",
    "looks",
    "rules_fingerprint",
    "left_out",
}


def test_the_report_of_the_gate(extend, written) -> None:
    from airflow_provider_extend.operators.evaluation_gate import ExtendEvaluationGateOperator

    gate = ExtendEvaluationGateOperator(task_id="gate", run="bpr_1", rules={"extract.accuracy": 0.5})
    value = written.run(gate)
    assert set(value) == {"verdict", "reason", "rules", "run_id", *REPORT_KEYS}
    assert value["report"] == 1
    assert set(value["rules"][0]) == {"rule", "selector", "minimum", "value", "counts", "verdict", "reason"}
    assert written.xcoms.pop("report") == value
    assert set(written.xcoms) == {"verdict", "reasons", "metrics", "counts"}
    failing = ExtendEvaluationGateOperator(task_id="gate", run="bpr_1", rules={"nothing": 0.5})
    with pytest.raises(AirflowFailException):
        written.run(failing)
    assert written.xcoms["report"]["verdict"] == "ERROR"


def test_uploads_and_items(extend, written, tmp_path) -> None:
    from airflow_provider_extend.operators.evaluation_set import ExtendCreateEvaluationSetItemsOperator
    from airflow_provider_extend.operators.file import ExtendUploadFilesOperator

    extend.post(f"{BASE}/files/upload", json={"id": "file_2", "name": "a.txt", "type": "TXT"})
    (tmp_path / "a.txt").write_text("Total: 1")
    (file,) = written.run(ExtendUploadFilesOperator(task_id="upload", paths=[str(tmp_path / "a.txt")]))
    assert set(file) == {"id", "name", "type", "path"}
    items = [{"fileId": "file_2", "expectedOutput": {"value": {}}}]
    operator = ExtendCreateEvaluationSetItemsOperator(task_id="items", evaluation_set_id="ev_1", items=items)
    assert written.run(operator) == ["evi_1"]
    assert (written.xcoms, written.store) == ({}, {})


def test_what_is_created_once(extend, written, monkeypatch) -> None:
    from airflow_provider_extend.operators.processor import ExtendCreateProcessorOperator

    extend.get(f"{BASE}/extractors", json={"data": []})
    extend.post(f"{BASE}/extractors", json={"id": "ex_1"})
    operator = ExtendCreateProcessorOperator(task_id="create", name="Invoices", processor_type="EXTRACT")
    assert written.run(operator) == "ex_1"
    assert written.xcoms == {}
    assert set(written.store) == {"extend_submission"}
    assert set(written.store["extend_submission"]) == RECORD_KEYS
    assert written.store["extend_submission"]["facts"] == {"known": []}


def test_a_webhook_endpoint(extend, written, monkeypatch) -> None:
    import airflow.sdk

    from airflow_provider_extend.operators.webhook import ExtendCreateWebhookEndpointOperator

    kept: dict[str, str] = {}
    fake = SimpleNamespace(
        get=lambda key, default=None: kept.get(key, default),
        set=lambda key, value, description: kept.update({key: value}),
    )
    monkeypatch.setattr(airflow.sdk, "Variable", fake)
    extend.get(f"{BASE}/webhook_endpoints", json={"data": []})
    extend.post(f"{BASE}/webhook_endpoints", json={"id": "wh_1", "signingSecret": "wss_1234567"})
    operator = ExtendCreateWebhookEndpointOperator(
        task_id="t", name="n", url="https://a.example.com", enabled_events=["a"], secret_to="a_secret"
    )
    assert written.run(operator) == "wh_1"
    assert kept == {"a_secret": "wss_1234567"}
    assert (written.xcoms, set(written.store)) == ({}, {"extend_submission", "extend_secret_kept"})
    assert "wss_" not in json.dumps(written.store)


def test_a_list_and_a_published_workflow(extend, written) -> None:
    from airflow_provider_extend.operators.file import ExtendListFilesOperator
    from airflow_provider_extend.operators.workflow_version import ExtendPublishWorkflowVersionOperator

    extend.get(
        f"{BASE}/files", json={"data": [{"id": "file_1", "presignedUrl": "https://a.example.com/?sig=1"}]}
    )
    assert written.run(ExtendListFilesOperator(task_id="list")) == [{"id": "file_1"}]
    assert written.xcoms == {"more": False}
    extend.get(f"{BASE}/workflows/w_1/versions", json={"data": []})
    extend.post(f"{BASE}/workflows/w_1/versions", json={"id": "wv_1", "version": "1"})
    value = written.run(ExtendPublishWorkflowVersionOperator(task_id="publish", workflow_id="w_1"))
    assert set(value) == {"id", "version", "workflow_id"}
    assert written.xcoms["workflow_version_id"] == "wv_1"


def test_the_connection() -> None:
    (connection,) = get_provider_info()["connection-types"]
    assert connection["connection-type"] == "extend"
    assert connection["hook-class-name"] == "airflow_provider_extend.hooks.extend.ExtendHook"
    assert set(connection["conn-fields"]) == {
        "api_version",
        "region",
        "workspace_id",
        "timeout",
        "verify",
        "proxy",
        "get_per_second",
        "write_per_second",
        "run_per_second",
    }
    from airflow_provider_extend.hooks.extend import ExtendHook

    assert (ExtendHook.conn_type, ExtendHook.default_conn_name) == ("extend", "extend_default")
    assert ExtendHook.conn_name_attr == "extend_conn_id"


def test_the_settings() -> None:
    assert {section: set(told["options"]) for section, told in get_provider_info()["config"].items()} == {
        "extend": {"allowed_hosts", "deployment"}
    }


_DOCUMENTS = ("documents", "output_path", "uploads_path", "metadata", "extend_conn_id")
_PROCESSED = ("version", "override_config", *_DOCUMENTS)

#: Parameters are written into users' DAG files, and stored with every serialised DAG.
PARAMETERS = {
    "sensors.batch_processor_run.BatchProcessorRunSensor": {
        "batch_processor_run_id",
        "extend_conn_id",
        "output_path",
    },
    "operators.batch_processor_run.ExtendGetBatchProcessorRunOperator": {
        "batch_processor_run_id",
        "output_path",
        "extend_conn_id",
    },
    "operators.evaluation_gate.ExtendEvaluationGateOperator": {"run", "rules", "on_fail", "extend_conn_id"},
    "operators.evaluation_set.ExtendCreateEvaluationSetOperator": {
        "name",
        "processor_id",
        "description",
        "extend_conn_id",
    },
    "operators.evaluation_set.ExtendCreateEvaluationSetItemsOperator": {
        "evaluation_set_id",
        "files",
        "expected_outputs_path",
        "items",
        "extend_conn_id",
    },
    "operators.evaluation_set_run.ExtendRunEvaluationSetOperator": {
        "evaluation_set_id",
        "version",
        "processor_id",
        "evaluation_set_item_ids",
        "extend_conn_id",
    },
    "operators.extract.ExtendExtractOperator": {
        "file_id",
        "file_url",
        "text",
        "file_name",
        "metadata",
        "extractor_id",
        "version",
        "config",
        "override_config",
        "extend_conn_id",
        "output_path",
    },
    "operators.workflow.ExtendRunWorkflowOperator": {
        "file_id",
        "file_url",
        "text",
        "file_name",
        "metadata",
        "workflow_id",
        "version",
        "extend_conn_id",
        "output_path",
    },
    "operators.classify.ExtendClassifyOperator": {
        "file_id",
        "file_url",
        "text",
        "file_name",
        "package",
        "metadata",
        "classifier_id",
        "version",
        "config",
        "override_config",
        "extend_conn_id",
        "output_path",
    },
    "operators.split.ExtendSplitOperator": {
        "file_id",
        "file_url",
        "text",
        "file_name",
        "package",
        "metadata",
        "splitter_id",
        "version",
        "config",
        "override_config",
        "extend_conn_id",
        "output_path",
    },
    "operators.parse.ExtendParseOperator": {
        "file_id",
        "file_url",
        "text",
        "file_name",
        "package",
        "metadata",
        "config",
        "extend_conn_id",
        "output_path",
    },
    "operators.edit.ExtendEditOperator": {
        "file_id",
        "file_url",
        "text",
        "file_name",
        "package",
        "metadata",
        "template_id",
        "config",
        "extend_conn_id",
        "output_path",
    },
    "operators.form_detection.ExtendDetectFormOperator": {
        "file_id",
        "file_url",
        "text",
        "file_name",
        "package",
        "metadata",
        "config",
        "extend_conn_id",
        "output_path",
    },
    "operators.verify.ExtendVerifyOperator": {
        "file_id",
        "file_url",
        "text",
        "file_name",
        "package",
        "metadata",
        "config",
        "extend_conn_id",
        "output_path",
    },
    "operators.processor_run.ExtendRunProcessorOperator": {
        "file_id",
        "file_url",
        "text",
        "file_name",
        "package",
        "metadata",
        "processor_id",
        "processor_type",
        "version",
        "config",
        "extend_conn_id",
        "output_path",
    },
    "operators.extract.ExtendBatchExtractOperator": {
        "inputs",
        "metadata",
        "extractor_id",
        "version",
        "override_config",
        "extend_conn_id",
        "output_path",
    },
    "operators.classify.ExtendBatchClassifyOperator": {
        "inputs",
        "metadata",
        "classifier_id",
        "version",
        "override_config",
        "extend_conn_id",
        "output_path",
    },
    "operators.split.ExtendBatchSplitOperator": {
        "inputs",
        "metadata",
        "splitter_id",
        "version",
        "override_config",
        "extend_conn_id",
        "output_path",
    },
    "operators.parse.ExtendBatchParseOperator": {
        "inputs",
        "metadata",
        "config",
        "extend_conn_id",
        "output_path",
    },
    "operators.workflow.ExtendBatchRunWorkflowOperator": {
        "inputs",
        "metadata",
        "workflow_id",
        "version",
        "extend_conn_id",
        "output_path",
    },
    "sensors.run.ExtendRunSensor": {
        "run_id",
        "kind",
        "members",
        "extend_conn_id",
        "output_path",
    },
    "operators.clean_up.ExtendCleanUpOperator": {"kinds", "results", "uploads_path", "extend_conn_id"},
    "operators.documents.ExtendExtractDocumentsOperator": {"extractor_id", *_PROCESSED},
    "operators.documents.ExtendClassifyDocumentsOperator": {"classifier_id", *_PROCESSED},
    "operators.documents.ExtendSplitDocumentsOperator": {"splitter_id", *_PROCESSED},
    "operators.documents.ExtendParseDocumentsOperator": {"config", *_DOCUMENTS},
    "operators.documents.ExtendRunWorkflowDocumentsOperator": {"workflow_id", "version", *_DOCUMENTS},
    "sensors.runs.ExtendRunsSensor": {"run_ids", "kind", "extend_conn_id", "output_path"},
    "sensors.workflow_run.ExtendWorkflowRunSensor": {
        "workflow_run_id",
        "extend_conn_id",
        "output_path",
    },
    "operators.file.ExtendUploadFilesOperator": {"paths", "extend_conn_id"},
    "operators.processor_version.ExtendPublishProcessorVersionOperator": {
        "run",
        "release_type",
        "description",
        "config_fingerprint",
        "processor_type",
        "extend_conn_id",
    },
    "operators.api.ExtendApiOperator": {
        "endpoint",
        "path_args",
        "query",
        "body",
        "output_path",
        "extend_conn_id",
    },
    "operators.evaluation_set.ExtendListEvaluationSetsOperator": {"processor_id", "extend_conn_id"},
    "operators.evaluation_set_item.ExtendDeleteEvaluationSetItemOperator": {
        "evaluation_set_id",
        "item_id",
        "extend_conn_id",
    },
    "operators.evaluation_set_item.ExtendListEvaluationSetItemsOperator": {
        "evaluation_set_id",
        "extend_conn_id",
    },
    "operators.evaluation_set_item.ExtendUpdateEvaluationSetItemOperator": {
        "evaluation_set_id",
        "item_id",
        "expected_output",
        "expected_output_path",
        "extend_conn_id",
    },
    "operators.file.ExtendCreateFileOperator": {"name", "raw_text", "url", "extend_conn_id"},
    "operators.file.ExtendDeleteFileOperator": {"file_id", "extend_conn_id"},
    "operators.file.ExtendGetFileOperator": {"file_id", "output_path", "extend_conn_id"},
    "operators.file.ExtendListFilesOperator": {"name_contains", "extend_conn_id"},
    "operators.processor.ExtendCreateProcessorOperator": {
        "name",
        "processor_type",
        "config",
        "clone_processor_id",
        "extend_conn_id",
    },
    "operators.processor.ExtendListProcessorsOperator": {"processor_type", "extend_conn_id"},
    "operators.processor.ExtendUpdateProcessorOperator": {
        "processor_id",
        "name",
        "config",
        "processor_type",
        "extend_conn_id",
    },
    "operators.processor_version.ExtendGetProcessorVersionOperator": {
        "processor_id",
        "version_id",
        "processor_type",
        "extend_conn_id",
    },
    "operators.processor_version.ExtendListProcessorVersionsOperator": {
        "processor_id",
        "processor_type",
        "extend_conn_id",
    },
    "operators.run.ExtendCancelRunOperator": {"kind", "run_id", "processor_type", "extend_conn_id"},
    "operators.run.ExtendDeleteRunOperator": {"kind", "run_id", "processor_type", "extend_conn_id"},
    "operators.run.ExtendGetRunOperator": {
        "kind",
        "run_id",
        "processor_type",
        "extend_conn_id",
        "output_path",
    },
    "operators.run.ExtendListRunsOperator": {"kind", "filters", "extend_conn_id"},
    "operators.webhook.ExtendCreateWebhookEndpointOperator": {
        "name",
        "url",
        "enabled_events",
        "secret_to",
        "headers",
        "extend_conn_id",
    },
    "operators.webhook.ExtendCreateWebhookSubscriptionOperator": {
        "webhook_endpoint_id",
        "resource_type",
        "resource_id",
        "enabled_events",
        "extend_conn_id",
    },
    "operators.webhook.ExtendDeleteWebhookEndpointOperator": {"webhook_endpoint_id", "extend_conn_id"},
    "operators.webhook.ExtendDeleteWebhookSubscriptionOperator": {
        "webhook_subscription_id",
        "extend_conn_id",
    },
    "operators.webhook.ExtendUpdateWebhookEndpointOperator": {
        "webhook_endpoint_id",
        "name",
        "url",
        "enabled_events",
        "headers",
        "extend_conn_id",
    },
    "operators.workflow_run.ExtendCorrectWorkflowRunOutputsOperator": {
        "workflow_run_id",
        "output_id",
        "reviewed_output",
        "reviewed_output_path",
        "extend_conn_id",
    },
    "operators.workflow_run.ExtendUpdateWorkflowRunOperator": {
        "workflow_run_id",
        "name",
        "metadata",
        "extend_conn_id",
    },
    "operators.workflow_version.ExtendCreateWorkflowOperator": {"name", "steps", "extend_conn_id"},
    "operators.workflow_version.ExtendPublishWorkflowVersionOperator": {
        "workflow_id",
        "name",
        "steps",
        "extend_conn_id",
    },
    "operators.workflow_version.ExtendUpdateWorkflowOperator": {
        "workflow_id",
        "name",
        "steps",
        "extend_conn_id",
    },
}


@pytest.mark.parametrize("path", PARAMETERS)
def test_class_paths_and_their_template_fields(path) -> None:
    module, _, name = f"airflow_provider_extend.{path}".rpartition(".")
    assert set(getattr(importlib.import_module(module), name).template_fields) >= PARAMETERS[path]
