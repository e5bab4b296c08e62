"""What is refused before anything is sent, and what is said of calls that a version has not or no more."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_extend.operators.api import ExtendApiOperator
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
    ExtendGetRunOperator,
    ExtendListRunsOperator,
)
from airflow_provider_extend.operators.webhook import (
    ExtendCreateWebhookSubscriptionOperator,
    ExtendUpdateWebhookEndpointOperator,
)
from airflow_provider_extend.operators.workflow_run import (
    ExtendCorrectWorkflowRunOutputsOperator,
    ExtendUpdateWorkflowRunOperator,
)
from airflow_provider_extend.operators.workflow_version import (
    ExtendCreateWorkflowOperator,
    ExtendPublishWorkflowVersionOperator,
    ExtendUpdateWorkflowOperator,
)
from tests.airflow_names import AirflowFailException

V24, V25, V26 = VERSIONS = ("2024-12-23", "2025-04-21", "2026-02-09")
OLD = (V24, V25)
HOSTS = {V24: "https://api-prod.extend.app", V25: "https://api.extend.ai", V26: "https://api.extend.ai"}

STEPS = [{"type": "TRIGGER", "name": "start"}]
OUTPUT = {"value": {"total": 1}}
NAMED = {"processor_type": "EXTRACT"}
CREATED = {"object": "document_processor", "id": "p_1", "name": "Invoices"}


def wrapped(key: str, value: Any) -> Any:
    return {"success": True, key: value}


# Where a version has no such call


@pytest.mark.parametrize(
    ("operator", "version", "says"),
    [
        (ExtendListProcessorsOperator(task_id="t"), V24, "2025-04-21 and 2026-02-09 have it"),
        (ExtendUpdateWorkflowOperator(task_id="t", workflow_id="w_1", name="n"), V25, "2026-02-09 has it"),
        (ExtendPublishWorkflowVersionOperator(task_id="t", workflow_id="w_1"), V24, "2026-02-09 has it"),
        (ExtendDeleteFileOperator(task_id="t", file_id="file_1"), V24, "2025-04-21 and 2026-02-09 have it"),
        (
            ExtendDeleteEvaluationSetItemOperator(task_id="t", evaluation_set_id="ev_1", item_id="evi_1"),
            V24,
            "2025-04-21 and 2026-02-09 have it",
        ),
        (
            ExtendDeleteRunOperator(task_id="t", kind="workflow_run", run_id="r_1"),
            V24,
            "2025-04-21 and 2026-02-09 have it",
        ),
        (
            ExtendDeleteRunOperator(task_id="t", kind="extract_batch", run_id="r_1"),
            V26,
            "No API version has a call",
        ),
        (ExtendGetRunOperator(task_id="t", kind="extract_run", run_id="r_1"), V25, "2026-02-09 has it"),
        (ExtendListRunsOperator(task_id="t", kind="processor_run"), V24, "2025-04-21 and 2026-02-09 have it"),
        (
            ExtendCancelRunOperator(task_id="t", kind="workflow_run", run_id="r_1"),
            V24,
            "no call that cancels a workflow_run",
        ),
        (
            ExtendCorrectWorkflowRunOutputsOperator(
                task_id="t", workflow_run_id="r_1", output_id="o_1", reviewed_output=OUTPUT
            ),
            V26,
            "Correct it in the dashboard .* api_version 2025-04-21",
        ),
        (
            ExtendCreateFileOperator(task_id="t", name="a.pdf", url="https://a.example.com/a.pdf"),
            V26,
            "hand it as file_url",
        ),
        (
            ExtendCreateWorkflowOperator(task_id="t", name="w", steps=STEPS),
            V25,
            "creates workflows without any",
        ),
        (
            ExtendCreateWebhookSubscriptionOperator(
                task_id="t",
                webhook_endpoint_id="wh_1",
                resource_type="workflow",
                resource_id="w_1",
                enabled_events=["workflow_run.failed"],
            ),
            V25,
            "2026-02-09 has it",
        ),
        (ExtendApiOperator(task_id="t", endpoint="extract_runs.list"), V24, "2026-02-09 has it"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_what_a_version_does_not_have_is_said_with_the_way_out(
    requests_mock, connect, task, operator, version, says
) -> None:
    connect(version)
    with pytest.raises(AirflowFailException, match=f"{says}.*Nothing was sent"):
        task.run(operator)
    assert requests_mock.request_history == []


# Deprecated calls


@pytest.mark.parametrize(
    ("operator", "version", "instead"),
    [
        (
            ExtendUpdateProcessorOperator(task_id="t", processor_id="p_1", name="n"),
            V26,
            "use processor_type",
        ),
        (
            ExtendGetProcessorVersionOperator(task_id="t", processor_id="p_1", version_id="v_1"),
            V26,
            "use processor_type",
        ),
        (ExtendListProcessorVersionsOperator(task_id="t", processor_id="p_1"), V26, "use processor_type"),
        (ExtendGetRunOperator(task_id="t", kind="processor_run", run_id="r_1"), V26, "use processor_type"),
        (
            ExtendCorrectWorkflowRunOutputsOperator(
                task_id="t", workflow_run_id="r_1", output_id="o_1", reviewed_output=OUTPUT
            ),
            V25,
            "use the dashboard",
        ),
        (ExtendCreateFileOperator(task_id="t", name="a.txt", raw_text="x"), V24, "use an upload"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_a_deprecated_call_is_told_once_with_what_replaces_it(
    requests_mock, connect, task, log_text, operator, version, instead
) -> None:
    connect(version)
    thing = {"id": "x_1", "status": "PROCESSED", "version": "1.0"}
    answer = {"success": True, "versions": [thing]}
    for key in ("processor", "version", "processorRun", "workflowRun", "file"):
        answer[key] = thing
    requests_mock.register_uri("GET", requests_mock_any(), json=answer)
    requests_mock.register_uri("POST", requests_mock_any(), json=answer)
    task.run(operator)
    told = log_text()
    assert told.count("Extend calls") == 1
    assert instead in told


@pytest.mark.parametrize("version", OLD)
def test_what_only_2026_deprecates_is_not_told_before(
    requests_mock, connect, task, log_text, version
) -> None:
    connect(version)
    requests_mock.post(f"{HOSTS[version]}/processors/p_1", json=wrapped("processor", CREATED))
    task.run(ExtendUpdateProcessorOperator(task_id="t", processor_id="p_1", name="n"))
    assert "Extend calls" not in log_text()


def requests_mock_any() -> Any:
    import requests_mock

    return requests_mock.ANY


# Configs of processors


@pytest.mark.parametrize(
    ("version", "given", "words"),
    [
        (V26, {**NAMED, "config": {"fields": []}}, "fields is called schema"),
        (
            V25,
            {**NAMED, "config": {"customExtractionRules": "x"}},
            "customExtractionRules is called extractionRules",
        ),
        (
            V26,
            {"config": {"type": "EXTRACT", "customExtractionRules": "x"}},
            "is called extractionRules in 2025-04-21",
        ),
        (
            V24,
            {**NAMED, "config": {"extractionRules": "x"}},
            "extractionRules is called customExtractionRules",
        ),
    ],
)
def test_a_config_of_another_version_is_refused_and_its_names_are_told(
    requests_mock, connect, task, version, given, words
) -> None:
    connect(version)
    operators = [ExtendUpdateProcessorOperator(task_id="t", processor_id="p_1", **given)]
    if "processor_type" in given:
        operators.append(ExtendCreateProcessorOperator(task_id="t", name="n", **given))
    for operator in operators:
        with pytest.raises(AirflowFailException, match=f"{words}.*Nothing was sent"):
            task.run(operator)
    assert requests_mock.call_count == 0


def test_a_key_that_no_version_documents_is_sent_with_a_warning(
    requests_mock, connect, task, log_text
) -> None:
    connect(V26)
    requests_mock.post(f"{HOSTS[V26]}/extractors/p_1", json={"id": "p_1"})
    config = {"ofTomorrow": 1}
    task.run(ExtendUpdateProcessorOperator(task_id="t", processor_id="p_1", **NAMED, config=config))
    assert requests_mock.last_request.json() == {"config": config}
    assert log_text().count("ofTomorrow is not documented") == 1


# What is refused before anything is sent

REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    (ExtendCreateProcessorOperator, {"name": " ", "processor_type": "EXTRACT"}, "name is ' '"),
    (
        ExtendCreateProcessorOperator,
        {"name": "n", "processor_type": "EXTRACTOR"},
        "'EXTRACTOR': expected EXTRACT",
    ),
    (ExtendCreateProcessorOperator, {"name": "n", "processor_type": None}, "processor_type is None"),
    (ExtendCreateProcessorOperator, {"name": "n", **NAMED, "config": "x"}, "config is a str"),
    (
        ExtendCreateProcessorOperator,
        {"name": "n", **NAMED, "config": {"type": "CLASSIFY"}},
        "'CLASSIFY', and processor_type is 'EXTRACT'",
    ),
    (
        ExtendCreateProcessorOperator,
        {"name": "n", **NAMED, "clone_processor_id": "a/b"},
        "clone_processor_id",
    ),
    (
        ExtendCreateProcessorOperator,
        {"name": "n", **NAMED, "on_unknown_submission": "maybe"},
        "expected 'fail' or 'resubmit'",
    ),
    (ExtendUpdateProcessorOperator, {"processor_id": "p_1"}, "Neither name nor config"),
    (ExtendUpdateProcessorOperator, {"processor_id": "", "name": "n"}, "processor_id is ''"),
    (
        ExtendUpdateProcessorOperator,
        {"processor_id": "p", "name": "n", "processor_type": "X"},
        "'X': expected",
    ),
    (ExtendGetProcessorVersionOperator, {"processor_id": "p", "version_id": None}, "version_id is None"),
    (ExtendListProcessorsOperator, {"limit": 0}, "limit is 0"),
    (ExtendListProcessorsOperator, {"limit": True}, "limit is True"),
    (ExtendListFilesOperator, {"fields": "id"}, "fields is 'id': expected a list"),
    (ExtendListFilesOperator, {"fields": ["id", "contents"]}, "names contents: that is document content"),
    (
        ExtendListEvaluationSetItemsOperator,
        {"evaluation_set_id": "ev_1", "fields": ["expectedOutput"]},
        "names expectedOutput",
    ),
    (ExtendUpdateWorkflowOperator, {"workflow_id": "w_1"}, "Neither name nor steps"),
    (ExtendUpdateWorkflowOperator, {"workflow_id": "w_1", "steps": "x"}, "steps is no list of objects"),
    (ExtendCreateWorkflowOperator, {"name": "n", "steps": ["x"]}, "steps is no list of objects"),
    (ExtendUpdateWorkflowRunOperator, {"workflow_run_id": "r_1"}, "Neither name nor metadata"),
    (ExtendUpdateWorkflowRunOperator, {"workflow_run_id": "r_1", "metadata": {}}, "an empty one"),
    (
        ExtendUpdateWorkflowRunOperator,
        {"workflow_run_id": "r_1", "metadata": {"airflow_token": "x"}},
        "by it a retry",
    ),
    (
        ExtendUpdateWorkflowRunOperator,
        {"workflow_run_id": "r_1", "metadata": {"a": "x" * 10240}},
        "at most 10240 may be",
    ),
    (
        ExtendUpdateWorkflowRunOperator,
        {"workflow_run_id": "r_1", "metadata": {"a": object()}},
        "JSON does not know",
    ),
    (ExtendGetRunOperator, {"kind": "workflow_batch", "run_id": "b_1"}, "the filter batch_id"),
    (ExtendGetRunOperator, {"kind": "invoice_run", "run_id": "r_1"}, "'invoice_run': expected one of"),
    (ExtendGetRunOperator, {"kind": "extract_run", "run_id": "a b"}, "run_id 'a b'"),
    (ExtendGetRunOperator, {"kind": "extract_run", "run_id": "r", **NAMED}, "it belongs to processor_run"),
    (
        ExtendListRunsOperator,
        {"kind": "extract_batch"},
        "No API version has a call for list of extract_batch",
    ),
    (ExtendListRunsOperator, {"kind": "extract_run", "filters": {"workflow_id": "w"}}, "names workflow_id"),
    (
        ExtendGetFileOperator,
        {"file_id": "f", "contents": ["pdf"], "output_path": "/x"},
        "expected a list of rawText",
    ),
    (ExtendGetFileOperator, {"file_id": "f", "contents": "rawText", "output_path": "/x"}, "expected a list"),
    (ExtendGetFileOperator, {"file_id": "f", "contents": ["rawText"]}, "without output_path"),
    (ExtendCreateFileOperator, {"name": "n"}, "none of raw_text and url"),
    (
        ExtendCreateFileOperator,
        {"name": "n", "raw_text": "t", "url": "https://a"},
        "both of raw_text and url",
    ),
    (ExtendCreateFileOperator, {"name": "n", "raw_text": ""}, "raw_text is empty"),
    (
        ExtendUpdateEvaluationSetItemOperator,
        {"evaluation_set_id": "ev_1", "item_id": "evi_1"},
        "none of expected_output and expected_output_path",
    ),
    (
        ExtendUpdateEvaluationSetItemOperator,
        {
            "evaluation_set_id": "ev_1",
            "item_id": "evi_1",
            "expected_output": OUTPUT,
            "expected_output_path": "/x",
        },
        "both of expected_output",
    ),
    (
        ExtendUpdateEvaluationSetItemOperator,
        {"evaluation_set_id": "ev_1", "item_id": "evi_1", "expected_output_path": "/nowhere/x.json"},
        "cannot be read as JSON",
    ),
    (
        ExtendUpdateEvaluationSetItemOperator,
        {"evaluation_set_id": "ev_1", "item_id": "evi_1", "expected_output": ["Zyxomma"]},
        "expected_output is no JSON object",
    ),
    (ExtendUpdateWebhookEndpointOperator, {"webhook_endpoint_id": "wh_1"}, "Nothing to change"),
    (
        ExtendUpdateWebhookEndpointOperator,
        {"webhook_endpoint_id": "wh_1", "payload_format": "xml"},
        "'xml': expected",
    ),
    (
        ExtendUpdateWebhookEndpointOperator,
        {"webhook_endpoint_id": "wh_1", "url_threshold_bytes": 5},
        "belongs to payload_format 'url'",
    ),
    (
        ExtendUpdateWebhookEndpointOperator,
        {"webhook_endpoint_id": "wh_1", "enabled_events": ["workflow_run.failed"]},
        "by ExtendCreateWebhookSubscriptionOperator",
    ),
    (
        ExtendUpdateWebhookEndpointOperator,
        {"webhook_endpoint_id": "wh_1", "enabled_events": []},
        "no list of names",
    ),
    (
        ExtendCreateWebhookSubscriptionOperator,
        {"webhook_endpoint_id": "w", "resource_type": "file", "resource_id": "f", "enabled_events": ["a"]},
        "expected one of extractor",
    ),
    (ExtendApiOperator, {"endpoint": "files.copy"}, "no endpoint 'files.copy'"),
    (ExtendApiOperator, {"endpoint": "files.upload"}, "use ExtendUploadFilesOperator"),
    (ExtendApiOperator, {"endpoint": "webhook_endpoints.create"}, "use ExtendCreateWebhookEndpointOperator"),
    (ExtendApiOperator, {"endpoint": "extract_runs.create", "body": {}}, "allow_paid=True"),
    (ExtendApiOperator, {"endpoint": "files.retrieve", "path_args": "file_1"}, "expected a list of ids"),
    (ExtendApiOperator, {"endpoint": "files.retrieve"}, r"takes 1 id\(s\)"),
    (ExtendApiOperator, {"endpoint": "files.list", "body": {}}, "takes no body"),
    (ExtendApiOperator, {"endpoint": "files.list", "limit": -1}, "limit is -1"),
]


@pytest.mark.parametrize(
    ("operator", "given", "says"), REFUSED, ids=[f"{row[0].__name__}-{row[2][:24]}" for row in REFUSED]
)
def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    requests_mock, connect, task, operator, given, says
) -> None:
    connect(V26)
    with pytest.raises(AirflowFailException, match=f"{says}.*Nothing was sent") as caught:
        task.run(operator(task_id="t", **given))
    assert requests_mock.request_history == []
    assert task.record is None
    assert "Zyxomma" not in str(caught.value)


@pytest.mark.parametrize("config", ["x", {"when": object()}, {"fields": {1, 2}}])
def test_a_config_that_follows_the_create_is_checked_before_it(requests_mock, connect, task, config) -> None:
    connect(V24)
    with pytest.raises(AirflowFailException, match="Nothing was sent"):
        task.run(ExtendCreateProcessorOperator(task_id="t", name="n", **NAMED, config=config))
    assert requests_mock.request_history == []
