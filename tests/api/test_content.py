"""What of an answer is document content or a secret, held against answers as Extend's documentation has them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_extend.api.content import (
    CONTENT_KEYS,
    check_fields,
    may_hold_content,
    row_of,
    shown,
    state_of,
)
from airflow_provider_extend.api.endpoints import ENDPOINTS
from airflow_provider_extend.api.errors import ExtendInputError

#: By kind of object (objects.md 5 to 7): whether one that is answered may hold content. A list answers summaries,
#: and a delete an id.
HOLDS = {
    **dict.fromkeys(("extract_runs", "classify_runs", "split_runs", "parse_runs", "edit_runs"), True),
    **dict.fromkeys(("verify_runs", "form_detection_runs", "processor_runs", "workflow_runs"), True),
    **dict.fromkeys(("evaluation_set_items", "files", "edit_schemas", "edit_templates"), True),
    **dict.fromkeys(("batch_runs", "batch_processor_runs", "evaluation_set_runs", "evaluation_sets"), False),
    **dict.fromkeys(("processors", "extractors", "classifiers", "splitters", "workflows"), False),
    **dict.fromkeys(("processor_versions", "extractor_versions", "classifier_versions"), False),
    **dict.fromkeys(("splitter_versions", "workflow_versions"), False),
    **dict.fromkeys(("webhook_endpoints", "webhook_subscriptions"), False),
}


@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_object_that_may_hold_content_is_held_back_wherever_it_is_answered_whole(name) -> None:
    endpoint = ENDPOINTS[name]
    if not HOLDS.get(endpoint.resource, True):  # what is new is held back
        assert not may_hold_content(name)
    elif endpoint.verb in ("retrieve", "cancel", "update", "correct_outputs", "create_sync", "generate"):
        assert may_hold_content(name)
    elif endpoint.verb in ("delete", "create_batch"):
        assert not may_hold_content(name)


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("extract_runs.list", False),
        ("processor_runs.list", False),
        ("workflow_runs.list", True),  # rejection notes
        ("verify_runs.list", True),  # risk levels
        ("evaluation_set_items.list", True),  # 2025-04-21 lists expected outputs
        ("evaluation_set_items.create", True),
        ("files.list", False),
        ("files.upload", False),
        ("extract_runs.create", True),
    ],
)
def test_lists_and_creates(name, may) -> None:
    assert may_hold_content(name) is may


def test_what_is_no_endpoint_is_told() -> None:
    with pytest.raises(ExtendInputError, match="no endpoint"):
        may_hold_content("extract_runs.copy")


EXTRACT_RUN = {
    "object": "extract_run",
    "id": "exr_1",
    "status": "PROCESSED",
    "output": {"value": {"vendor": "Zyxomma"}},
    "initialOutput": None,
    "edits": {"vendor": {"originalValue": "Zyx"}},
    "metadata": {"case": "Zyxomma"},
    "failureMessage": "at Zyxomma",
    "file": {"id": "file_1", "name": "a.pdf"},
    "reviewed": False,
    "dashboardUrl": "https://dashboard.extend.ai/r?token=s3cr3t",
    "createdAt": "2026-05-15T10:30:45Z",
}


def test_of_a_run_its_state_is_told() -> None:
    assert state_of(EXTRACT_RUN) == {
        "object": "extract_run",
        "id": "exr_1",
        "status": "PROCESSED",
        "reviewed": False,
        "dashboardUrl": "https://dashboard.extend.ai/r",
        "createdAt": "2026-05-15T10:30:45Z",
    }


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ([EXTRACT_RUN], [state_of(EXTRACT_RUN)]),
        ({"schema": {"properties": {}}, "mappingResult": None}, {}),
        ({"id": {"of": "another form"}, "status": ["x"], "name": None}, {}),
        ("text", {}),
        (None, {}),
    ],
)
def test_the_state_of_other_forms(answer, state) -> None:
    assert state_of(answer) == state


@pytest.mark.parametrize(
    "key",
    [
        "output",
        "stepRuns",
        "outputs",
        "expectedOutput",
        "contents",
        "chunks",
        "edits",
        "riskLevel",
        "rejectionNote",
    ],
)
def test_no_row_shows_content(key) -> None:
    assert key in CONTENT_KEYS
    with pytest.raises(ExtendInputError, match=f"names {key}: that is document content"):
        check_fields(["id", key])


def test_other_fields_are_free() -> None:
    check_fields(["id", "metadata", "a field of tomorrow"])


def test_a_row_is_cut_to_its_fields_and_objects_stand_as_their_ids() -> None:
    row = {
        "id": "exr_1",
        "file": {"id": "file_1", "name": "a.pdf"},
        "files": [{"id": "file_2"}, {"name": "without an id"}, "file_3"],
        "entity": {"name": "without an id"},
        "url": "https://x.example.com/a?sig=s3cr3t",
        "extractor": None,
        "secret": "x",
    }
    fields = ("id", "file", "files", "entity", "url", "extractor", "not there")
    assert row_of(row, fields) == {
        "id": "exr_1",
        "file": "file_1",
        "files": ["file_2", "file_3"],
        "url": "https://x.example.com/a",
        "extractor": None,
    }


WEBHOOK: dict[str, Any] = {
    "object": "webhook_endpoint",
    "id": "wh_1",
    "url": "https://example.com/webhooks?key=s3cr3t",
    "advancedOptions": {"headers": {"Authorization": "s3cr3t"}, "payload": {"format": "json"}},
    "signingSecret": "wss_s3cr3t",
}
STEP = {
    "type": "EXTERNAL_DATA_VALIDATION",
    "config": {"requestOptions": {"url": "https://a.example.com", "headers": {"X-Key": "s3cr3t"}}},
}


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("webhook_endpoints.create", WEBHOOK),
        ("webhook_endpoints.list", [WEBHOOK, WEBHOOK]),
        ("webhook_endpoints.retrieve", {k: v for k, v in WEBHOOK.items() if k != "signingSecret"}),
        ("workflows.retrieve", {"id": "w_1", "draftVersion": {"steps": [STEP]}}),
        ("workflow_versions.create", {"id": "wv_1", "steps": [STEP]}),
    ],
)
def test_secrets_of_definitions_are_hidden(name, answer) -> None:
    told = shown(name, answer)
    assert "s3cr3t" not in json.dumps(told)
    assert "***" in json.dumps(told)
    assert "wh_1" in json.dumps(told) or "w" in json.dumps(told["id"])


def test_a_field_that_is_only_called_like_one_of_them_is_kept() -> None:
    run = {"id": "exr_1", "output": {"value": {"headers": ["a", "b"]}}}
    assert shown("extract_runs.retrieve", run) == run


def test_an_endpoint_without_headers_hides_nothing() -> None:
    answer = {"id": "wh_1", "advancedOptions": {"headers": None}, "signingSecret": ""}
    assert shown("webhook_endpoints.retrieve", answer) == answer
