"""The endpoints that each operator and sensor declares are those that it calls in each API version: no more, no less.

Each is run on an Extend that answers anything that Extend's documentation lists, on good days and bad ones. That it
calls nothing else is watched in all the other tests of operators and sensors too (see `tests.declared`).
"""

from __future__ import annotations

import asyncio
import csv
import importlib
import itertools
import json
import pkgutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import airflow.sdk
import pytest
import requests
from requests_mock import ANY

from airflow_provider_extend import cancelling, decisions, operators, sensors
from airflow_provider_extend.api import retry
from airflow_provider_extend.api.endpoints import ENDPOINTS
from airflow_provider_extend.api.runs import READS
from airflow_provider_extend.exceptions import ExtendException
from airflow_provider_extend.operators._documents import ExtendDocumentsOperator
from airflow_provider_extend.waiting import Waits
from tests.airflow_names import AirflowException, TaskDeferred, import_string
from tests.declared import recorded
from tests.operators import cases, test_calls
from tests.operators.conftest import Task

pytestmark = pytest.mark.slow

V24, V25, V26 = VERSIONS = ("2024-12-23", "2025-04-21", "2026-02-09")
with (Path(__file__).parent / "data" / "endpoints.csv").open(newline="") as file:
    DOCUMENTED = [(row["version"], row["method"], row["path"]) for row in csv.DictReader(file)]


def classes() -> dict[str, type]:
    """Every public operator and sensor."""
    found = {}
    for package in (operators, sensors):
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_"):
                named = vars(importlib.import_module(f"{package.__name__}.{module.name}"))
                found |= {
                    name: value
                    for name, value in named.items()
                    if name.endswith(("Operator", "Sensor")) and value.__module__ == named["__name__"]
                }
    return found


CLASSES = classes()


@cache
def endpoint_of(version: str, method: str, path: str) -> str:
    """Name of the endpoint that Extend documents for a request; the most literal path wins."""

    def fits(template: str) -> bool:
        pairs = list(itertools.zip_longest(template.split("/"), path.split("/")))
        return all(one == other or ((one or "").startswith("{") and other) for one, other in pairs)

    templates = [there for at, how, there in DOCUMENTED if (at, how) == (version, method) and fits(there)]
    assert templates, f"Extend documents no {method} {path} in {version}"
    template = min(templates, key=lambda there: there.count("{"))
    [name] = [
        endpoint.name
        for endpoint in ENDPOINTS.values()
        if (endpoint.method, endpoint.paths.get(version)) == (method, template)
    ]
    return name


class Extend:
    """Answers anything with an object that looks like a run, a processor, a version and all the rest."""

    def __init__(self, requests_mock: Any, version: str) -> None:
        self.version = version
        self.asked: set[str] = set()
        self.status = "PROCESSED"
        #: How many writes get no answer.
        self.lost = 0
        #: How many writes ask for something that is not there.
        self.unknown = 0
        self.processor = "extractor"
        #: Of what was sent last: by it a lost one is found.
        self.sent: dict[str, Any] = {}
        requests_mock.register_uri(ANY, ANY, json=self.answer)

    def row(self, key: str) -> dict[str, Any]:
        config = {"a": 1}
        shown = {
            key: self.sent[key] for key in ("name", "description", "metadata", "file") if key in self.sent
        }
        return {
            "id": key,
            "batchId": "b_1",
            "status": self.status,
            "version": "draft",
            "createdAt": datetime.now(UTC).isoformat(),
            "processorId": "p_1",
            "processorVersionId": "v_1",
            "entity": {"object": self.processor, "id": "p_1"},
            "config": config,
            "draftVersion": {"id": "v_1", "version": "draft", "config": config},
            **shown,
        }

    def answer(self, request: Any, context: Any) -> Any:
        path = urlsplit(request.url).path
        endpoint = ENDPOINTS[endpoint_of(self.version, request.method, path)]
        self.asked.add(endpoint.name)
        if request.method == "POST" and request.text and "json" in request.headers.get("content-type", ""):
            body = request.json()
            self.sent = body | next((entry for entry in body.get("inputs", [])), {})
        if request.method == "POST" and self.unknown and endpoint.verb != "upload":
            self.unknown -= 1
            context.status_code = 404
            return {"code": "NOT_FOUND", "message": "No such thing"}
        if request.method == "POST" and self.lost:
            self.lost -= 1
            raise requests.ConnectionError("dropped")
        parts = [part for part in path.split("/") if "_" in part and any(map(str.isdigit, part))]
        row: Any = self.row(parts[-1] if parts else "run_1")
        key = endpoint.envelopes[self.version]
        if endpoint.verb == "list":
            row = [row, row | {"id": "x_2", "name": "other", "description": "", "metadata": {}}]
        elif endpoint.verb == "create_bulk" or key == "evaluationSetItems":
            row = [row]
        if endpoint.name == "workflow_runs.create" and self.version != V26:
            row = [row]
        if isinstance(row, list) and not key:
            key = "data"
        return {"success": True, key: row} if key else row


# ------------------------------------------------------------------------------------------- what is run, and how

#: Of the runs that the DAG run of these tests has started.
SENT = {
    "metadata": {"airflow_task": {"dag_id": "dag", "run_id": "manual"}},
    "file": {"id": "file_1", "createdAt": "2999-01-01T00:00:00Z"},
}
TYPES = [{}, *({"processor_type": kind} for kind in ("EXTRACT", "CLASSIFY", "SPLITTER"))]
EVENTS = ["extract_run.processed"]
ITEMS = [{"fileId": "file_1", "expectedOutput": {"value": {}}}]
ENDPOINT = {
    "name": "N",
    "url": "https://a.example.com/hook",
    "enabled_events": EVENTS,
    "secret_to": "a_secret",
}
RUNS = [{"run_id": "run_1", "kind": kind} for kind in READS]
#: The list that is asked first does not show it.
UNLISTED = {"run_id": "elsewhere", "kind": "verify_run"}
TYPED_RUNS = [*RUNS, UNLISTED, *({"run_id": "run_1", "kind": "processor_run", **typed} for typed in TYPES)]

README = str(Path(__file__).parents[1] / "README.md")
#: One to be uploaded and one that is at Extend already.
DOCUMENTS = {"documents": [README, "file_1"], "on_partial": "succeed"}

#: Beside the tables of the operators' own tests: what an author writes, the same in each version.
GIVEN: dict[str, list[dict[str, Any]]] = {
    "BatchProcessorRunSensor": [{"batch_processor_run_id": "bpr_1"}],
    "ExtendApiOperator": [
        {
            "endpoint": endpoint.name,
            "path_args": ["x_1"] * len(endpoint.path_parameters(version)),
            "allow_paid": True,
            "body": {} if endpoint.method == "POST" else None,
        }
        for endpoint in ENDPOINTS.values()
        for version in endpoint.paths
    ],
    "ExtendCancelRunOperator": TYPED_RUNS,
    "ExtendCleanUpOperator": [{}],
    "ExtendClassifyDocumentsOperator": [{"classifier_id": "p_1", **DOCUMENTS}],
    "ExtendCreateEvaluationSetItemsOperator": [{"evaluation_set_id": "ev_1", "items": ITEMS}],
    "ExtendCreateFileOperator": [{"name": "a.txt", "raw_text": "Total: 1"}],
    "ExtendCreateProcessorOperator": [{"name": "N", "config": {"a": 1}, **typed} for typed in TYPES if typed],
    "ExtendCreateWebhookEndpointOperator": [ENDPOINT],
    "ExtendDeleteRunOperator": TYPED_RUNS,
    "ExtendEvaluationGateOperator": [{"run": "bpr_1", "rules": {"counts.processed": 1}}],
    "ExtendExtractDocumentsOperator": [{"extractor_id": "p_1", **DOCUMENTS}],
    "ExtendGetBatchProcessorRunOperator": [{"batch_processor_run_id": "bpr_1"}],
    "ExtendGetProcessorVersionOperator": [
        {"processor_id": "p_1", "version_id": "v_1", **typed} for typed in TYPES
    ],
    "ExtendGetRunOperator": TYPED_RUNS,
    "ExtendListProcessorVersionsOperator": [{"processor_id": "p_1", **typed} for typed in TYPES],
    "ExtendListProcessorsOperator": TYPES,
    "ExtendListRunsOperator": [{"kind": kind} for kind in READS],
    "ExtendParseDocumentsOperator": [DOCUMENTS],
    "ExtendParseOperator": [{"file_id": "file_1", "config": {"target": "markdown"}}],
    "ExtendPublishProcessorVersionOperator": [
        {"run": run, "allow_unverified_draft": True}
        for run in ("bpr_1", {"id": "esr_1", "kind": "evaluation_set_run"})
    ],
    "ExtendPublishWorkflowVersionOperator": [{"workflow_id": "w_1"}],
    "ExtendRecordBaselineOperator": [
        {"run": run, "report": {"report": 1, "verdict": "PASS", "reason": "", "evidence": {}, "lines": []}}
        | {"store": "/tmp/is-not-written"}
        for run in ("bpr_1", {"id": "esr_1", "kind": "evaluation_set_run", "truncated": True})
    ],
    "ExtendRunWorkflowDocumentsOperator": [{"workflow_id": "w_1", **DOCUMENTS}],
    "ExtendRunEvaluationSetOperator": [{"evaluation_set_id": "ev_1", "wait_for_completion": True}],
    "ExtendRunSensor": [UNLISTED]
    + [run | ({"members": 1} if run["kind"] == "workflow_batch" else {}) for run in RUNS],
    "ExtendRunsSensor": [
        {"kind": kind, "run_ids": ["run_1", "elsewhere", "run_9"]}
        for kind in READS
        if kind != "workflow_batch"
    ],
    "ExtendSplitDocumentsOperator": [{"splitter_id": "p_1", **DOCUMENTS}],
    "ExtendUpdateProcessorOperator": [{"processor_id": "p_1", "name": "N", **typed} for typed in TYPES],
    "ExtendUploadFilesOperator": [{"paths": [README]}],
    "ExtendWorkflowRunSensor": [{"workflow_run_id": "run_1"}],
}


def given(name: str, version: str) -> list[dict[str, Any]]:
    tables = [*cases.CASES, *test_calls.CASES]
    tabled = [case.given for case in tables if (case.operator.__name__, case.version) == (name, version)]
    every = tabled + GIVEN.get(name, [])
    return [written for place, written in enumerate(every) if written not in every[:place]]


def good(extend: Extend, make: Callable[..., Any], task: Task) -> None:
    task.run(make())


def lost(extend: Extend, make: Callable[..., Any], task: Task) -> None:
    """The answer to the first write does not come; a second try then."""
    extend.lost = 1
    attempt(lambda: task.run(make()))
    task.run(make())


def unknown(extend: Extend, make: Callable[..., Any], task: Task) -> None:
    """What the first write asks for is not there."""
    extend.unknown = 1
    attempt(lambda: task.run(make()))
    extend.unknown = 0


def late(extend: Extend, make: Callable[..., Any], task: Task) -> None:
    """Runs move, and do not end in time."""
    extend.status = "PROCESSING"
    task.run(make())


def deferred(extend: Extend, make: Callable[..., Any], task: Task) -> None:
    extend.status = "PROCESSING"
    try:
        task.run(make(deferrable=True))
    except TaskDeferred as away:
        extend.status = "PROCESSED"
        event = asyncio.run(fired(away.trigger))
        make(deferrable=True).resume_execution("execute_complete", {"event": event}, task.context)


async def fired(trigger: Any) -> Any:
    """Its event, while another run of the kind is waited for: of several runs the list is asked."""
    path, arguments = trigger.serialize()
    both = [arguments, *([{**arguments, "run_id": "run_2"}] if "run_id" in arguments else [])]

    async def fire(given: dict[str, Any]) -> Any:
        [event] = [event async for event in import_string(path)(**given).run()]
        return event.payload

    return (await asyncio.gather(*map(fire, both)))[0]


def other_processors(extend: Extend, make: Callable[..., Any], task: Task) -> None:
    """What is judged is a classifier, a splitter, and what is not known."""
    for processor in ("classifier", "splitter", "something"):
        extend.processor = processor
        for extend.lost in (0, 1):
            attempt(lambda: Task().run(make()))


DAYS = (good, lost, unknown, late, other_processors)


def attempt(step: Callable[[], Any]) -> None:
    """What it comes to is for other tests."""
    try:
        step()
    except (AirflowException, ExtendException):
        pass


class Variable:
    """Airflow's Variables, which cannot be written."""

    @staticmethod
    def get(key: str, default: Any = None) -> Any:
        return default


@pytest.fixture
def extend(requests_mock: Any, monkeypatch: pytest.MonkeyPatch, version: str) -> Iterator[Extend]:
    extra = {"api_version": version} | {f"{name}_per_second": 1e6 for name in ("get", "write", "run")}
    connection = {"conn_type": "extend", "password": "sk_of_the_tests", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", json.dumps(connection))
    monkeypatch.setattr(decisions, "LIST_LAG", 0.0)
    monkeypatch.setattr(retry, "BACKOFF_CAP", 0.0)
    monkeypatch.setattr(cancelling, "_PAUSE", 0.0)
    monkeypatch.setattr(airflow.sdk, "Variable", Variable)
    really = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda seconds, result=None: really(0, result))
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    return Extend(requests_mock, version)


def test_every_operator_and_sensor_is_run() -> None:
    assert len(CLASSES) > 45
    assert [name for name in CLASSES if not any(given(name, version) for version in VERSIONS)] == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", CLASSES)
def test_what_is_called_is_what_is_declared(extend, name, version, tmp_path) -> None:
    declared = CLASSES[name].endpoints(version)
    many = issubclass(CLASSES[name], ExtendDocumentsOperator)
    waits = many or issubclass(CLASSES[name], Waits)
    folders = itertools.count()
    rows = tmp_path / "part-00000.jsonl"
    rows.write_text('{"file_id": "file_2"}\n')
    with recorded() as calls:
        for written, day in itertools.product(given(name, version), (*DAYS, *([deferred] if waits else []))):
            extend.status, extend.lost, extend.processor = "PROCESSED", 0, "extractor"
            extend.sent = SENT if name == "ExtendCleanUpOperator" else {}

            folder = f"file://{tmp_path}/{next(folders)}"

            # On a busy machine less is over before anything is sent.
            brief = {"timeout": 0.1 if day is late else 1} if waits else {}
            brief |= {"output_path": folder} if many else {}
            brief |= {"results": f"file://{rows.parent}"} if name == "ExtendCleanUpOperator" else {}

            def make(written: dict[str, Any] = written, brief: dict[str, Any] = brief, **more: Any) -> Any:
                return CLASSES[name](task_id="task", **{**brief, **written, **more})

            attempt(lambda day=day, make=make: day(extend, make, Task()))
    assert extend.asked == declared
    assert {(version, called) for called in extend.asked} <= calls
