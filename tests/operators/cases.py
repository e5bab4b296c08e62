"""Every operator that starts a run, in every version that has it: what the author writes, what goes over the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import requests

from airflow_provider_extend.operators.classify import ExtendBatchClassifyOperator, ExtendClassifyOperator
from airflow_provider_extend.operators.edit import ExtendEditOperator
from airflow_provider_extend.operators.extract import ExtendBatchExtractOperator, ExtendExtractOperator
from airflow_provider_extend.operators.form_detection import ExtendDetectFormOperator
from airflow_provider_extend.operators.parse import ExtendBatchParseOperator, ExtendParseOperator
from airflow_provider_extend.operators.processor_run import ExtendRunProcessorOperator
from airflow_provider_extend.operators.split import ExtendBatchSplitOperator, ExtendSplitOperator
from airflow_provider_extend.operators.verify import ExtendVerifyOperator
from airflow_provider_extend.operators.workflow import (
    ExtendBatchRunWorkflowOperator,
    ExtendRunWorkflowOperator,
)

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
HOSTS = {V24: "https://api-prod.extend.app", V25: "https://api.extend.ai", V26: "https://api.extend.ai"}
URL = "https://a.example.com/1.pdf?X-Amz-Signature=5ecret"


@dataclass(frozen=True)
class Case:
    """One operator in one version.

    :ivar given: its parameters; :ivar sent: the body that Extend documents for them, without metadata.
    :ivar create: path of the create; :ivar runs: path under which such runs are read, listed and cancelled.
    :ivar envelope: key of the create's answer; :ivar read: of the read's; :ivar listed: of the list's; None: bare.
    :ivar found: how a lost run is found: `metadata`, `read each`, `members` (of a batch that they name), or None.
    :ivar unnamed: the members of the batch are found, and do not name it.
    :ivar inputs: documents of a batch; 0: it is none.
    """

    operator: type
    version: str
    kind: str
    given: dict[str, Any]
    sent: dict[str, Any]
    create: str
    runs: str
    envelope: str | None = None
    read: str | None = None
    listed: str = "data"
    found: str | None = "metadata"
    cancels: bool = True
    metadata: bool = True
    unnamed: bool = False
    inputs: int = 0
    output: str | None = "output"
    label: str = ""
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.kind}{self.label} {self.version[:4]}"

    def make(self, **given: Any) -> Any:
        return self.operator(task_id="task", **{"poll_interval": 0.001, **self.given, **given})

    @property
    def findable(self) -> bool:
        return self.found is not None and not self.unnamed


FILE = {"file": {"id": "file_1"}}
OLD_FILE = {"file": {"fileId": "file_1"}}
URL_FILE = {"url": URL, "name": "1.pdf"}
OVERRIDE = {"version": "1.0", "override_config": {"a": 1}, "priority": 3}


def reference(noun: str) -> dict[str, Any]:
    return {noun: {"id": "p_1", "version": "1.0", "overrideConfig": {"a": 1}}, "priority": 3}


def single(
    operator: type, runs: str, noun: str, given: dict[str, Any], sent: dict[str, Any], **more: Any
) -> Case:
    return Case(
        operator=operator,
        version=V26,
        kind=runs.rstrip("s"),
        given={f"{noun}_id": "p_1", **given, **OVERRIDE},
        sent={**sent, **reference(noun)},
        create=f"/{runs}",
        runs=f"/{runs}",
        **more,
    )


def many(operator: type, kind: str, noun: str, runs: str) -> Case:
    inputs = ["file_1", {"file_url": URL, "file_name": "1.pdf", "metadata": {"case": 7}}]
    return Case(
        operator=operator,
        version=V26,
        kind=kind,
        given={f"{noun}_id": "p_1", **OVERRIDE, "inputs": inputs},
        sent={**reference(noun), "inputs": [FILE, {"file": URL_FILE}]},
        create=f"/{runs}/batch",
        runs=f"/{runs}",
        found="members",
        unnamed=True,
        cancels=False,
        inputs=2,
    )


def processor(
    version: str, processor_type: str | None = None, given: Any = None, sent: Any = None, **more: Any
) -> Case:
    """POST /processor_runs; on 2026-02-09 with a type its replacement."""
    legacy = {
        "kind": "processor_run",
        "create": "/processor_runs",
        "runs": "/processor_runs",
        "envelope": "processorRun",
        "read": "processorRun",
        "listed": "processorRuns",
        "found": None if version == V24 else "read each",
        "cancels": version != V24,
        "sent": {
            "processorId": "p_1",
            "version": "draft",
            "config": {"type": "EXTRACT", "a": 1},
            "priority": 5,
        }
        | (sent or OLD_FILE),
    }
    config = {"type": processor_type or "EXTRACT", "a": 1}
    asked = {"processor_id": "p_1", "version": "draft", "config": config, "priority": 5}
    return Case(
        operator=ExtendRunProcessorOperator,
        version=version,
        given={**asked, **(given or {"file_id": "file_1"}), "processor_type": processor_type},
        **{**legacy, **more},
    )


def typed(processor_type: str, noun: str, runs: str) -> Case:
    named = {"id": "p_1", "version": "draft", "overrideConfig": {"a": 1}}
    return replace(
        processor(V26, processor_type),
        kind=runs.rstrip("s"),
        sent={**FILE, noun: named, "priority": 5},
        create=f"/{runs}",
        runs=f"/{runs}",
        envelope=None,
        read=None,
        listed="data",
        found="metadata",
        cancels=True,
        label=" by type",
    )


def workflow(version: str) -> Case:
    old = version != V26
    return Case(
        operator=ExtendRunWorkflowOperator,
        version=version,
        kind="workflow_run",
        given={"workflow_id": "w_1", "version": "3", "file_id": "file_1", "priority": 9},
        sent=(
            {"workflowId": "w_1", "version": "3", "files": [{"fileId": "file_1"}], "priority": 9}
            if old
            else {"workflow": {"id": "w_1", "version": "3"}, **FILE, "priority": 9}
        ),
        create="/workflow_runs",
        runs="/workflow_runs",
        envelope="workflowRuns" if old else None,
        read="workflowRun" if old else None,
        listed="workflowRuns" if old else "data",
        found="read each",
        cancels=version != V24,
        output="outputs" if old else "stepRuns",
    )


def workflow_batch(version: str) -> Case:
    old = version != V26
    inputs = ["file_1", {"text": "Total: 1", "metadata": {"case": 7}}]
    return Case(
        operator=ExtendBatchRunWorkflowOperator,
        version=version,
        kind="workflow_batch",
        given={"workflow_id": "w_1", "version": "3", "inputs": inputs} | ({} if old else {"priority": 9}),
        sent=(
            {"workflowId": "w_1", "version": "3", "inputs": [OLD_FILE, {"rawText": "Total: 1"}]}
            if old
            else {
                "workflow": {"id": "w_1", "version": "3"},
                "inputs": [FILE, {"file": {"text": "Total: 1"}}],
                "priority": 9,
            }
        ),
        create="/workflow_runs/batch",
        runs="/workflow_runs",
        read="workflowRun" if old else None,
        listed="workflowRuns" if old else "data",
        found="members",
        cancels=False,
        inputs=2,
    )


CASES = [
    single(ExtendExtractOperator, "extract_runs", "extractor", {"file_id": "file_1"}, FILE),
    single(
        ExtendExtractOperator,
        "extract_runs",
        "extractor",
        {"package": ["file_1", {"file_url": URL, "file_name": "1.pdf"}]},
        {"package": {"files": [{"id": "file_1"}, URL_FILE]}},
        label=" of a package",
    ),
    single(
        ExtendClassifyOperator,
        "classify_runs",
        "classifier",
        {"text": "Total: 1", "file_name": "a.txt"},
        {"file": {"text": "Total: 1", "name": "a.txt"}},
    ),
    single(ExtendSplitOperator, "split_runs", "splitter", {"file_url": URL}, {"file": {"url": URL}}),
    Case(
        ExtendSplitOperator,
        V26,
        "split_run",
        {"file_id": "file_1", "config": {"splitClassifications": []}},
        {**FILE, "config": {"splitClassifications": []}},
        "/split_runs",
        "/split_runs",
        label=" by config",
    ),
    Case(
        ExtendParseOperator,
        V26,
        "parse_run",
        {"file_id": "file_1", "config": {"target": "markdown"}, "data_retention": "zero"},
        {**FILE, "config": {"target": "markdown"}, "dataRetention": {"mode": "zero"}},
        "/parse_runs",
        "/parse_runs",
    ),
    Case(
        ExtendParseOperator,
        V25,
        "parse_run",
        {"file_url": URL, "file_name": "1.pdf", "config": {"target": "markdown"}},
        {"file": {"fileUrl": URL, "fileName": "1.pdf"}, "config": {"target": "markdown"}},
        "/parse/async",
        "/parser_runs",
        read="parserRun",
        found=None,
        cancels=False,
        metadata=False,
        output="chunks",
        answer={"object": "parser_run_status"},
    ),
    Case(
        ExtendEditOperator,
        V26,
        "edit_run",
        {"file_id": "file_1", "config": {"instructions": "fill in"}},
        {**FILE, "config": {"instructions": "fill in"}},
        "/edit_runs",
        "/edit_runs",
        found=None,
        cancels=False,
        metadata=False,
    ),
    Case(
        ExtendEditOperator,
        V26,
        "edit_run",
        {"template_id": "edt_1"},
        {"templateId": "edt_1"},
        "/edit_runs",
        "/edit_runs",
        found=None,
        cancels=False,
        metadata=False,
        label=" of a template",
    ),
    Case(
        ExtendEditOperator,
        V25,
        "edit_run",
        {"file_id": "file_1", "config": {"instructions": "fill in"}},
        {**OLD_FILE, "config": {"instructions": "fill in"}},
        "/edit/async",
        "/edit_runs",
        read="editRun",
        found=None,
        cancels=False,
        metadata=False,
        answer={"object": "edit_run_status"},
    ),
    Case(
        ExtendDetectFormOperator,
        V26,
        "form_detection_run",
        {"file_id": "file_1", "config": {"a": 1}},
        {**FILE, "config": {"a": 1}},
        "/form_detection_runs",
        "/form_detection_runs",
        found=None,
        cancels=False,
        metadata=False,
    ),
    Case(
        ExtendVerifyOperator,
        V26,
        "verify_run",
        {"file_id": "file_1", "config": {"engine": "verify_light"}},
        {**FILE, "config": {"engine": "verify_light"}},
        "/verify_runs",
        "/verify_runs",
    ),
    processor(V24),
    processor(V25),
    processor(V25, "EXTRACT", {"text": "Total: 1"}, {"rawText": "Total: 1"}, label=" of a text"),
    processor(V26),
    typed("EXTRACT", "extractor", "extract_runs"),
    typed("CLASSIFY", "classifier", "classify_runs"),
    typed("SPLITTER", "splitter", "split_runs"),
    workflow(V24),
    workflow(V25),
    workflow(V26),
    many(ExtendBatchExtractOperator, "extract_batch", "extractor", "extract_runs"),
    many(ExtendBatchClassifyOperator, "classify_batch", "classifier", "classify_runs"),
    many(ExtendBatchSplitOperator, "split_batch", "splitter", "split_runs"),
    Case(
        ExtendBatchParseOperator,
        V26,
        "parse_batch",
        {"inputs": ["file_1", {"text": "Total: 1"}], "config": {"target": "markdown"}, "priority": 2},
        {"inputs": [FILE, {"file": {"text": "Total: 1"}}], "config": {"target": "markdown"}, "priority": 2},
        "/parse_runs/batch",
        "/parse_runs",
        found="members",
        cancels=False,
        inputs=2,
    ),
    workflow_batch(V24),
    workflow_batch(V25),
    workflow_batch(V26),
]


class Wire:
    """Runs of one case, behind requests-mock, as far as a run operator can see them."""

    def __init__(self, requests_mock: Any, case: Case) -> None:
        self.case, self.http = case, requests_mock
        self.base = HOSTS[case.version]
        self.created: list[dict[str, Any]] = []
        self.runs: dict[str, dict[str, Any]] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        #: What the next creates do instead of answering: an HTTP status, or `lost`: carried out, and no answer.
        self.faults: list[Any] = []
        requests_mock.post(self.base + case.create, json=self._create)
        requests_mock.get(self.base + case.runs, json=self._list)
        requests_mock.get(re.compile(f"{re.escape(self.base + case.runs)}/[^/]+$"), json=self._get)
        requests_mock.post(re.compile(f"{re.escape(self.base + case.runs)}/[^/]+/cancel$"), json=self._cancel)
        requests_mock.get(re.compile(f"{re.escape(self.base)}/batch_runs/[^/]+$"), json=self._get_batch)

    def _create(self, request: Any, context: Any) -> Any:
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            context.status_code = fault
            return {"code": "X", "message": "made to order"}
        body = request.json()
        self.created.append(body)
        now = datetime.now(UTC).isoformat()
        if self.case.inputs:
            made = {
                "id": f"b_{len(self.batches) + 1}",
                "status": "PROCESSING",
                "runCount": len(body["inputs"]),
                "createdAt": now,
            }
            self.batches[made["id"]] = made
            for entry in body["inputs"]:
                self._make(entry["metadata"], now, batchId=made["id"])
            answer = {"batchId": made["id"]} if self.case.kind == "workflow_batch" else made
        else:
            answer = self._make(body.get("metadata"), now)
        if fault == "lost":
            raise requests.ConnectionError("dropped")
        if self.case.kind == "workflow_run" and self.case.envelope:
            answer = [answer]
        return self._wrapped(
            {**answer, **self.case.answer} if self.case.answer else answer, self.case.envelope
        )

    def _make(self, metadata: Any, now: str, **more: Any) -> dict[str, Any]:
        number = len(self.runs) + 1
        made = {"id": f"r_{number}", "status": "PROCESSING", "metadata": metadata, "createdAt": now, **more}
        self.runs[made["id"]] = made
        return made

    def _wrapped(self, body: Any, key: str | None) -> Any:
        return {"success": True, key: body} if key else body

    def _shown(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row of the list: of workflow and processor runs without metadata, of those of a batch without its id."""
        hidden = {"output", "chunks", "outputs", "stepRuns"}
        if self.case.kind in ("workflow_run", "workflow_batch", "processor_run"):
            hidden.add("metadata")
        if self.case.unnamed:
            hidden.add("batchId")
        return {key: value for key, value in row.items() if key not in hidden}

    def _list(self, request: Any, context: Any) -> Any:
        rows = list(reversed(self.runs.values()))
        asked = {key: values[0] for key, values in request.qs.items()}
        if "batchid" in asked:
            rows = [row for row in rows if row.get("batchId") == asked["batchid"]]
        if "status" in asked:
            rows = [row for row in rows if row["status"].lower() == asked["status"]]
        if "filenamecontains" in asked:
            rows = [row for row in rows if row["id"] == asked["filenamecontains"]]
        listed = {self.case.listed: [self._shown(row) for row in rows]}
        return listed if self.case.listed == "data" else {"success": True, **listed}

    def _get(self, request: Any, context: Any) -> Any:
        run = self.runs.get(request.path.rpartition("/")[2])
        if run is None:
            context.status_code = 404
            return {"code": "NOT_FOUND", "message": "no such run"}
        return self._wrapped(run, self.case.read)

    def _get_batch(self, request: Any, context: Any) -> Any:
        return self.batches[request.path.rpartition("/")[2]]

    def _cancel(self, request: Any, context: Any) -> Any:
        run = self.runs[request.path.split("/")[-2]]
        run["status"] = "CANCELLED"
        return self._wrapped(run, self.case.read)

    def end(self, status: str = "PROCESSED", **more: Any) -> None:
        """Every run and batch that moves ends."""
        content = {self.case.output: {"total": 7}} if self.case.output and status == "PROCESSED" else {}
        for run in self.runs.values():
            if run["status"] == "PROCESSING":
                run |= {"status": status, **content, "usage": {"credits": 2}, **more}
        for batch in self.batches.values():
            batch["status"] = "PROCESSED"

    @property
    def made(self) -> list[str]:
        """Ids of what the creates have made."""
        return list(self.batches if self.case.inputs else self.runs)

    def asked(self, method: str, ending: str = "") -> int:
        history = self.http.request_history
        return sum(request.method == method and request.path.endswith(ending) for request in history)
