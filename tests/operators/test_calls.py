"""What each operator sends in each API version, as Extend's documentation has it, and what it returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from airflow_provider_extend.operators.api import ExtendApiOperator
from airflow_provider_extend.operators.evaluation_set import (
    ExtendCreateEvaluationSetOperator,
    ExtendListEvaluationSetsOperator,
)
from airflow_provider_extend.operators.evaluation_set_item import (
    ExtendDeleteEvaluationSetItemOperator,
    ExtendListEvaluationSetItemsOperator,
    ExtendUpdateEvaluationSetItemOperator,
)
from airflow_provider_extend.operators.file import (
    ExtendCreateFileOperator,
    ExtendDeleteFileOperator,
    ExtendGetFileOperator,
    ExtendListFilesOperator,
)
from airflow_provider_extend.operators.processor import (
    ExtendCreateProcessorOperator,
    ExtendListProcessorsOperator,
    ExtendUpdateProcessorOperator,
)
from airflow_provider_extend.operators.processor_version import (
    ExtendGetProcessorVersionOperator,
    ExtendListProcessorVersionsOperator,
)
from airflow_provider_extend.operators.run import (
    ExtendCancelRunOperator,
    ExtendDeleteRunOperator,
    ExtendListRunsOperator,
)
from airflow_provider_extend.operators.webhook import (
    ExtendCreateWebhookSubscriptionOperator,
    ExtendDeleteWebhookEndpointOperator,
    ExtendDeleteWebhookSubscriptionOperator,
    ExtendUpdateWebhookEndpointOperator,
)
from airflow_provider_extend.operators.workflow_run import (
    ExtendCorrectWorkflowRunOutputsOperator,
    ExtendUpdateWorkflowRunOperator,
)
from airflow_provider_extend.operators.workflow_version import (
    ExtendCreateWorkflowOperator,
    ExtendUpdateWorkflowOperator,
)

V24, V25, V26 = VERSIONS = ("2024-12-23", "2025-04-21", "2026-02-09")
OLD = (V24, V25)
HOSTS = {V24: "https://api-prod.extend.app", V25: "https://api.extend.ai", V26: "https://api.extend.ai"}

CONFIG = {"schema": {"type": "object", "properties": {}}}
TYPED = {"type": "EXTRACT", **CONFIG}
STEPS = [{"type": "TRIGGER", "name": "start"}]
OUTPUT = {"value": {"total": 1}}
FILE = {"object": "file", "id": "file_1", "name": "a.pdf", "type": "PDF", "metadata": {"pageCount": 3}}
RUN = {"object": "x", "id": "run_1", "status": "PROCESSED"}


@dataclass(frozen=True)
class Case:
    """One call: what is sent is compared whole, what is returned too."""

    operator: Callable[..., Any]
    given: dict[str, Any]
    version: str
    method: str
    path: str
    answer: Any
    returned: Any
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    #: A list that is searched, or the run that is read, before the call.
    before: tuple[str, Any] | None = None


def listed(version: str, key: str, *rows: Any) -> Any:
    return {"object": "list", "data": [*rows]} if version == V26 else {"success": True, key: [*rows]}


def wrapped(key: str, value: Any) -> Any:
    return {"success": True, key: value}


def page(**others: str) -> dict[str, str]:
    return {"maxPageSize": "101", "sortDir": "desc", **others}


NEWEST = page(sortBy="createdAt")
NAMED = {"processor_type": "EXTRACT"}
CREATED = {"object": "document_processor", "id": "p_1", "name": "Invoices"}
VERSION_ROW = {"id": "v_1", "version": "1.0", "description": None, "createdAt": "2026-05-01T00:00:00Z"}

CASES = [
    # Processors
    *(
        Case(
            ExtendCreateProcessorOperator,
            {"name": "Invoices", **NAMED, "config": config},
            V25,
            "POST",
            "/processors",
            wrapped("processor", CREATED),
            "p_1",
            {"name": "Invoices", "type": "EXTRACT", "config": TYPED},
            before=("/processors", listed(V25, "processors")),
        )
        for config in (CONFIG, TYPED)
    ),
    Case(
        ExtendCreateProcessorOperator,
        {"name": "Invoices", "processor_type": "SPLITTER", "clone_processor_id": "dp_9"},
        V24,
        "POST",
        "/processors",
        wrapped("processor", CREATED),
        "p_1",
        {"name": "Invoices", "type": "SPLITTER", "cloneProcessorId": "dp_9"},
    ),
    *(
        Case(
            ExtendCreateProcessorOperator,
            {"name": "N", "processor_type": kind, "config": {"type": kind, "a": 1}, "clone_processor_id": "c_1"},
            V26,
            "POST",
            f"/{family}s",
            {"object": family, "id": "p_1"},
            "p_1",
            {"name": "N", "config": {"a": 1}, f"clone{family.title()}Id": "c_1"},
            before=(f"/{family}s", listed(V26, "")),
        )
        for kind, family in (("EXTRACT", "extractor"), ("CLASSIFY", "classifier"), ("SPLITTER", "splitter"))
    ),
    *(
        Case(
            ExtendUpdateProcessorOperator,
            {"processor_id": "p_1", "config": TYPED, **given},
            version,
            "POST",
            path,
            CREATED if path == "/extractors/p_1" else wrapped("processor", CREATED),
            "p_1",
            {"config": config},
        )
        for version, given, path, config in (
            (V24, {}, "/processors/p_1", TYPED),
            (V24, NAMED, "/processors/p_1", TYPED),
            (V25, NAMED, "/processors/p_1", TYPED),
            (V26, NAMED, "/extractors/p_1", CONFIG),
            (V26, {}, "/processors/p_1", TYPED),
        )
    ),
    Case(
        ExtendUpdateProcessorOperator,
        {"processor_id": "p_1", "name": "New"},
        V25,
        "POST",
        "/processors/p_1",
        wrapped("processor", CREATED),
        "p_1",
        {"name": "New"},
    ),
    *(
        Case(
            ExtendListProcessorsOperator,
            given,
            version,
            "GET",
            path,
            {"data": [CREATED]} if path == "/extractors" else wrapped("processors", [CREATED]),
            [{"id": "p_1", "name": "Invoices"}],
            query=NEWEST | ({"type": "EXTRACT"} if given and path == "/processors" else {}),
        )
        for version, given, path in (
            (V25, {}, "/processors"),
            (V25, NAMED, "/processors"),
            (V26, NAMED, "/extractors"),
            (V26, {}, "/processors"),
        )
    ),
    # Versions
    *(
        Case(
            ExtendGetProcessorVersionOperator,
            {"processor_id": "p_1", "version_id": "v_1", **given},
            version,
            "GET",
            path,
            {**VERSION_ROW, "config": {"a": 1}}
            if "extractors" in path
            else wrapped("version", {**VERSION_ROW, "config": {"a": 1}}),
            {
                "id": "v_1",
                "version": "1.0",
                "processor_id": "p_1",
                "description": None,
                "config_fingerprint": "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862",
                "config": {"a": 1},
            },
        )
        for version, given, path in (
            (V24, {}, "/processors/p_1/versions/v_1"),
            (V25, NAMED, "/processors/p_1/versions/v_1"),
            (V26, NAMED, "/extractors/p_1/versions/v_1"),
            (V26, {}, "/processors/p_1/versions/v_1"),
        )
    ),
    *(
        Case(
            ExtendListProcessorVersionsOperator,
            {"processor_id": "p_1", **given},
            version,
            "GET",
            path,
            {"data": [VERSION_ROW]}
            if "extractors" in path
            else wrapped("versions", [{**VERSION_ROW, "config": {"big": "config"}}]),
            [VERSION_ROW],
            query=page() if "extractors" in path else {},
        )
        for version, given, path in (
            (V24, {}, "/processors/p_1/versions"),
            (V25, NAMED, "/processors/p_1/versions"),
            (V26, NAMED, "/extractors/p_1/versions"),
            (V26, {}, "/processors/p_1/versions"),
        )
    ),
    # Workflows
    *(
        Case(
            ExtendCreateWorkflowOperator,
            {"name": "Claims"},
            version,
            "POST",
            "/workflows",
            wrapped("workflow", {"object": "workflow", "id": "w_1", "version": "draft", "name": "Claims"}),
            "w_1",
            {"name": "Claims"},
        )
        for version in OLD
    ),
    Case(
        ExtendCreateWorkflowOperator,
        {"name": "Claims", "steps": STEPS},
        V26,
        "POST",
        "/workflows",
        {"object": "workflow", "id": "w_1"},
        "w_1",
        {"name": "Claims", "steps": STEPS},
        before=("/workflows", listed(V26, "")),
    ),
    Case(
        ExtendUpdateWorkflowOperator,
        {"workflow_id": "w_1", "name": "New", "steps": STEPS},
        V26,
        "POST",
        "/workflows/w_1",
        {"object": "workflow", "id": "w_1"},
        "w_1",
        {"name": "New", "steps": STEPS},
    ),
    # Workflow runs
    *(
        Case(
            ExtendUpdateWorkflowRunOperator,
            {"workflow_run_id": "r_1", "name": "N", "metadata": {"case": 7, "gone": None}},
            version,
            "POST",
            "/workflow_runs/r_1",
            {"id": "r_1"} if version == V26 else wrapped("workflowRun", {"id": "r_1"}),
            "r_1",
            {"name": "N", "metadata": {"case": 7, "gone": None}},
        )
        for version in VERSIONS
    ),
    *(
        Case(
            ExtendCorrectWorkflowRunOutputsOperator,
            {"workflow_run_id": "r_1", "output_id": "o_1", "reviewed_output": OUTPUT},
            version,
            "POST",
            "/workflow_runs/r_1/outputs/o_1",
            wrapped("workflowRun", {"id": "r_1", "outputs": [{"output": OUTPUT}]}),
            "r_1",
            {"reviewedOutput": OUTPUT},
        )
        for version in OLD
    ),
    *(
        Case(
            ExtendListRunsOperator,
            {"kind": "workflow_run", "filters": {"workflow_id": "w_1", "status": "FAILED"}},
            version,
            "GET",
            "/workflow_runs",
            listed(version, "workflowRuns", row),
            [shown],
            query=NEWEST | {"workflowId": "w_1", "status": "FAILED"},
        )
        for version, row, shown in (
            (V24, {**RUN, "workflowId": "w_1"}, {"id": "run_1", "status": "PROCESSED", "workflowId": "w_1"}),
            (
                V26,
                {**RUN, "workflow": {"id": "w_1", "name": "W"}, "files": [FILE, FILE]},
                {"id": "run_1", "status": "PROCESSED", "workflow": "w_1", "files": ["file_1", "file_1"]},
            ),
        )
    ),
    Case(
        ExtendListRunsOperator,
        {"kind": "parse_run", "limit": 2, "fields": ["id", "status"]},
        V26,
        "GET",
        "/parse_runs",
        listed(V26, "", RUN),
        [{"id": "run_1", "status": "PROCESSED"}],
        query={"maxPageSize": "3"},
    ),
    *(
        Case(
            ExtendCancelRunOperator,
            {"run_id": "run_1", **given},
            version,
            "POST",
            f"{path}/cancel",
            wrapped("processorRun", {**RUN, "status": "CANCELLED"}),
            None,
            before=(path, [{**RUN, "status": "PROCESSING"}, {**RUN, "status": "CANCELLED"}]),
        )
        for version, given, path in (
            (V25, {"kind": "workflow_run"}, "/workflow_runs/run_1"),
            (V25, {"kind": "processor_run", **NAMED}, "/processor_runs/run_1"),
            (V26, {"kind": "processor_run"}, "/processor_runs/run_1"),
            (V26, {"kind": "processor_run", **NAMED}, "/extract_runs/run_1"),
            (V26, {"kind": "split_run"}, "/split_runs/run_1"),
        )
    ),
    *(
        Case(
            ExtendDeleteRunOperator,
            {"run_id": "run_1", **given},
            version,
            "DELETE",
            path,
            answer,
            "run_1",
            before=(path, RUN),
        )
        for version, given, path, answer in (
            (V25, {"kind": "workflow_run"}, "/workflow_runs/run_1", wrapped("workflowRunId", "run_1")),
            (V25, {"kind": "parse_run"}, "/parser_runs/run_1", wrapped("parserRunId", "run_1")),
            (V25, {"kind": "edit_run"}, "/edit_runs/run_1", wrapped("editRunId", "run_1")),
            (
                V26,
                {"kind": "processor_run"},
                "/processor_runs/run_1",
                wrapped("documentProcessorRunId", "run_1"),
            ),
            (V26, {"kind": "processor_run", **NAMED}, "/extract_runs/run_1", {"id": "run_1"}),
            (V26, {"kind": "parse_run"}, "/parse_runs/run_1", {"id": "run_1"}),
        )
    ),
    # Files
    *(
        Case(
            ExtendGetFileOperator,
            {"file_id": "file_1"},
            version,
            "GET",
            "/files/file_1",
            answer,
            {"id": "file_1", "name": "a.pdf", "type": "PDF", "page_count": 3, "parent_file_id": None},
        )
        for version, answer in ((V24, FILE), (V24, wrapped("file", FILE)), (V25, wrapped("file", FILE)), (V26, FILE))
    ),
    *(
        Case(
            ExtendListFilesOperator,
            {"name_contains": "a.", "limit": 5},
            version,
            "GET",
            "/files",
            listed(version, "files", {**FILE, "presignedUrl": "https://x.example.com/a?sig=s3cr3t"}),
            [{"id": "file_1", "name": "a.pdf", "type": "PDF"}],
            query={"maxPageSize": "6", "sortDir": "desc", "nameContains": "a."},
        )
        for version in VERSIONS
    ),
    *(
        Case(
            ExtendDeleteFileOperator,
            {"file_id": "file_1"},
            version,
            "DELETE",
            "/files/file_1",
            answer,
            "file_1",
        )
        for version, answer in ((V25, wrapped("fileId", "file_1")), (V26, {"id": "file_1"}))
    ),
    *(
        Case(
            ExtendCreateFileOperator,
            given,
            version,
            "POST",
            "/files",
            wrapped("file", FILE),
            "file_1",
            body,
        )
        for version in OLD
        for given, body in (
            ({"name": "a.txt", "raw_text": "Total: 1"}, {"name": "a.txt", "rawText": "Total: 1"}),
            (
                {"name": "a.pdf", "url": "https://a.example.com/a.pdf", "media_type": "application/pdf"},
                {"name": "a.pdf", "url": "https://a.example.com/a.pdf", "mediaType": "application/pdf"},
            ),
        )
    ),
    # Evaluation sets
    *(
        Case(
            ExtendCreateEvaluationSetOperator,
            {"name": "Gate", "processor_id": "p_1", "description": "d"},
            version,
            "POST",
            "/evaluation_sets",
            {"id": "ev_1"} if version == V26 else wrapped("evaluationSet", {"id": "ev_1"}),
            "ev_1",
            {"name": "Gate", "description": "d", owner: "p_1"},
            before=None if version == V24 else ("/evaluation_sets", listed(version, "evaluationSets")),
        )
        for version, owner in ((V24, "processorId"), (V25, "processorId"), (V26, "entityId"))
    ),
    *(
        Case(
            ExtendListEvaluationSetsOperator,
            {"processor_id": "p_1"},
            version,
            "GET",
            "/evaluation_sets",
            listed(version, "evaluationSets", row),
            [shown],
            query=NEWEST | {owner: "p_1"},
        )
        for version, owner, row, shown in (
            (V25, "processorId", {"id": "ev_1", "processorId": "p_1"}, {"id": "ev_1", "processorId": "p_1"}),
            (V26, "entityId", {"id": "ev_1", "entity": {"id": "p_1"}}, {"id": "ev_1", "entity": "p_1"}),
        )
    ),
    *(
        Case(
            ExtendUpdateEvaluationSetItemOperator,
            {"evaluation_set_id": "ev_1", "item_id": "evi_1", "expected_output": OUTPUT},
            version,
            "POST",
            path,
            answer,
            "evi_1",
            {"expectedOutput": OUTPUT},
        )
        for version, path, answer in (
            (V24, "/evaluation_set_items/evi_1", wrapped("evaluationSetItem", {"id": "evi_1"})),
            (V25, "/evaluation_set_items/evi_1", wrapped("evaluationSetItem", {"id": "evi_1"})),
            (V26, "/evaluation_sets/ev_1/items/evi_1", {"id": "evi_1", "expectedOutput": OUTPUT}),
        )
    ),
    *(
        Case(
            ExtendDeleteEvaluationSetItemOperator,
            {"evaluation_set_id": "ev_1", "item_id": "evi_1"},
            version,
            "DELETE",
            path,
            answer,
            "evi_1",
        )
        for version, path, answer in (
            (V25, "/evaluation_set_items/evi_1", wrapped("evaluationSetItemId", "evi_1")),
            (V26, "/evaluation_sets/ev_1/items/evi_1", {"id": "evi_1"}),
        )
    ),
    *(
        Case(
            ExtendListEvaluationSetItemsOperator,
            {"evaluation_set_id": "ev_1"},
            version,
            "GET",
            "/evaluation_sets/ev_1/items",
            listed(version, "evaluationSetItems", row),
            [shown],
            query=NEWEST,
        )
        for version, row, shown in (
            (
                V25,
                {"id": "evi_1", "fileId": "file_1", "expectedOutput": OUTPUT},
                {"id": "evi_1", "fileId": "file_1"},
            ),
            (
                V26,
                {"id": "evi_1", "file": FILE, "files": None},
                {"id": "evi_1", "file": "file_1", "files": None},
            ),
        )
    ),
    # Webhooks
    Case(
        ExtendUpdateWebhookEndpointOperator,
        {"webhook_endpoint_id": "wh_1", "name": "N", "status": "disabled", "headers": {"X-Key": "k"}},
        V26,
        "POST",
        "/webhook_endpoints/wh_1",
        {"id": "wh_1"},
        "wh_1",
        {"name": "N", "status": "disabled", "advancedOptions": {"headers": {"X-Key": "k"}}},
    ),
    Case(
        ExtendUpdateWebhookEndpointOperator,
        {
            "webhook_endpoint_id": "wh_1",
            "url": "https://a.example.com/hook",
            "enabled_events": ["extract_run.processed"],
            "payload_format": "url",
            "url_threshold_bytes": 1000,
        },
        V26,
        "POST",
        "/webhook_endpoints/wh_1",
        {"id": "wh_1"},
        "wh_1",
        {
            "url": "https://a.example.com/hook",
            "enabledEvents": ["extract_run.processed"],
            "advancedOptions": {"payload": {"format": "url", "urlThresholdBytes": 1000}},
        },
    ),
    *(
        Case(operator, {name: "x_1"}, V26, "DELETE", path, {"id": "x_1"}, "x_1")
        for operator, name, path in (
            (ExtendDeleteWebhookEndpointOperator, "webhook_endpoint_id", "/webhook_endpoints/x_1"),
            (
                ExtendDeleteWebhookSubscriptionOperator,
                "webhook_subscription_id",
                "/webhook_subscriptions/x_1",
            ),
        )
    ),
    Case(
        ExtendCreateWebhookSubscriptionOperator,
        {
            "webhook_endpoint_id": "wh_1",
            "resource_type": "workflow",
            "resource_id": "w_1",
            "enabled_events": ["workflow_run.needs_review"],
        },
        V26,
        "POST",
        "/webhook_subscriptions",
        {"id": "whes_1"},
        "whes_1",
        {
            "webhookEndpointId": "wh_1",
            "resourceType": "workflow",
            "resourceId": "w_1",
            "enabledEvents": ["workflow_run.needs_review"],
        },
    ),
    # Any call
    *(
        Case(ExtendApiOperator, given, version, method, path, answer, returned, body, query)
        for given, version, method, path, answer, returned, body, query in (
            (
                {"endpoint": "extractors.retrieve", "path_args": ["ex_1"]},
                V26,
                "GET",
                "/extractors/ex_1",
                {"id": "ex_1", "draftVersion": {"config": CONFIG}},
                {"id": "ex_1", "draftVersion": {"config": CONFIG}},
                None,
                {},
            ),
            (
                {"endpoint": "files.list", "query": {"nameContains": "a"}, "limit": 1},
                V25,
                "GET",
                "/files",
                wrapped("files", [FILE, FILE]),
                [FILE],
                None,
                {"nameContains": "a"},
            ),
            (
                {"endpoint": "workflow_versions.create", "path_args": ["w_1"], "body": {"name": "first"}},
                V26,
                "POST",
                "/workflows/w_1/versions",
                {"id": "wv_1", "steps": STEPS},
                {"id": "wv_1", "steps": STEPS},
                {"name": "first"},
                {},
            ),
            (
                {
                    "endpoint": "workflow_runs.create_batch",
                    "body": {"workflowId": "w_1", "inputs": []},
                    "allow_paid": True,
                },
                V24,
                "POST",
                "/workflow_runs/batch",
                {"success": True, "batchId": "batch_1"},
                {"success": True, "batchId": "batch_1"},
                {"workflowId": "w_1", "inputs": []},
                {},
            ),
            (
                {"endpoint": "workflow_runs.delete", "path_args": ["r_1"]},
                V25,
                "DELETE",
                "/workflow_runs/r_1",
                wrapped("workflowRunId", "r_1"),
                {"id": "r_1"},
                None,
                {},
            ),
        )
    ),
]  # fmt: skip


def name_of(case: Case) -> str:
    operator = getattr(case.operator, "__name__", "")
    return f"{operator.removeprefix('Extend').removesuffix('Operator')}-{case.version}-{case.path}"


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_what_is_sent_and_what_is_returned(requests_mock, connect, task, case) -> None:
    connect(case.version)
    host = HOSTS[case.version]
    if case.before is not None:
        path, found = case.before
        answers = [{"json": each} for each in (found if isinstance(found, list) else [found])]
        requests_mock.get(f"{host}{path}", answers)
    requests_mock.request(case.method, f"{host}{case.path}", json=case.answer)
    returned = task.run(case.operator(task_id="call", **case.given))
    [sent] = [request for request in requests_mock.request_history if request.method == case.method][-1:]
    parts = urlsplit(sent.url)
    assert (sent.method, f"{parts.scheme}://{parts.netloc}", parts.path) == (case.method, host, case.path)
    assert parse_qs(parts.query) == {key: [value] for key, value in case.query.items()}
    assert (sent.json() if sent.body else None) == case.body
    assert sent.headers["x-extend-api-version"] == case.version
    if case.returned is not None:
        assert returned == case.returned


def test_each_operator_of_the_table_is_there_in_each_version_that_it_is_documented_for() -> None:
    """A case that was forgotten would be missed by nobody else."""
    told = {(case.operator.__name__, case.version) for case in CASES}
    everywhere = (
        "ExtendCreateProcessorOperator",
        "ExtendUpdateProcessorOperator",
        "ExtendGetProcessorVersionOperator",
        "ExtendListProcessorVersionsOperator",
        "ExtendCreateWorkflowOperator",
        "ExtendUpdateWorkflowRunOperator",
        "ExtendGetFileOperator",
        "ExtendListFilesOperator",
        "ExtendCreateEvaluationSetOperator",
        "ExtendUpdateEvaluationSetItemOperator",
    )
    assert {(name, version) for name in everywhere for version in VERSIONS} <= told
