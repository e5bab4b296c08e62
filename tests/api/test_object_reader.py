"""Every published answer becomes a value of its class, and what is none is named."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_extend.api import newer_objects as newer
from airflow_provider_extend.api import objects
from airflow_provider_extend.api.answers import Answer, read_answer
from airflow_provider_extend.api.calls import build
from airflow_provider_extend.api.errors import ExtendAnswerError, ExtendAPIError, ExtendInputError
from airflow_provider_extend.api.fields import ApiObject
from airflow_provider_extend.api.object_reader import Page, read_object
from airflow_provider_extend.api.objects import File, ProcessorRun, WorkflowRun, WorkflowRunSummary
from airflow_provider_extend.api.versions import API_VERSIONS
from tests.api.conftest import EXAMPLES

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.json"))
#: Bodies of deliveries are no answers: tests/api/test_webhooks.py reads them.
DELIVERIES = [name for name in NAMES if ".webhook." in name]
ERRORS = [name for name in NAMES if ".error." in f"{name}."]
ANSWERS = [name for name in NAMES if name not in DELIVERIES + ERRORS]


def walk(value: Any) -> list[ApiObject]:
    """All objects inside of one."""
    if isinstance(value, ApiObject):
        inside = [walk(getattr(value, name)) for name in type(value).__dataclass_fields__ if name != "raw"]
        return [value, *(each for found in inside for each in found)]
    if isinstance(value, Page):
        return walk(value.values)
    return [each for row in value for each in walk(row)] if isinstance(value, tuple) else []


def test_each_version_has_examples_of_all_three_sorts():
    assert len(NAMES) == 93
    assert {name[:10] for name in ANSWERS} == {name[:10] for name in ERRORS} == set(API_VERSIONS)
    assert len(ANSWERS) == 80


#: What the name of an example says -> class, of a list that of its rows.
CLASSES = {
    "batch_processor_run": objects.BatchProcessorRun,
    "batch_run": newer.BatchRun,
    "classifier": objects.Processor,
    "classify_run": objects.ProcessorRun,
    "edit_run": newer.EditRun,
    "edit_template": newer.EditTemplate,
    "evaluation_set": objects.EvaluationSet,
    "evaluation_sets": objects.EvaluationSet,
    "evaluation_set_item": objects.EvaluationSetItem,
    "evaluation_set_items": objects.EvaluationSetItem,
    "evaluation_set_run": newer.EvaluationSetRun,
    "extract_run": objects.ProcessorRun,
    "extract_runs": objects.ProcessorRun,
    "extractor": objects.Processor,
    "extractor_version": objects.ProcessorVersion,
    "file": objects.File,
    "files": objects.File,
    "form_detection_run": newer.FormDetectionRun,
    "parse_run": objects.ParseRun,
    "parse_runs": objects.ParseRun,
    "parser_run": objects.ParseRun,
    "processor": objects.Processor,
    "processors": objects.Processor,
    "processor_run": objects.ProcessorRun,
    "processor_runs": objects.ProcessorRun,
    "processor_version": objects.ProcessorVersion,
    "processor_versions": objects.ProcessorVersion,
    "split_run": objects.ProcessorRun,
    "splitter": objects.Processor,
    "verify_run": newer.VerifyRun,
    "webhook_endpoint": newer.WebhookEndpoint,
    "webhook_endpoints": newer.WebhookEndpoint,
    "webhook_subscription": newer.WebhookSubscription,
    "workflow": objects.Workflow,
    "workflow_run": objects.WorkflowRun,
    "workflow_runs": objects.WorkflowRun,
    "workflow_runs_batch": newer.WorkflowBatch,
    "workflow_version": objects.WorkflowVersion,
}


def class_of(name: str) -> type[ApiObject]:
    noun, *more = name[11:].split(".")
    if "deleted" in more:
        return newer.Deleted
    if noun == "workflow_runs" and more != ["created"]:
        return newer.WorkflowBatch if more == ["batch"] else objects.WorkflowRunSummary
    return CLASSES[noun]


@pytest.mark.parametrize("name", ANSWERS)
def test_a_published_answer_becomes_a_value(name, example):
    read = read_object(name[:10], example(name))
    for value in read.values if isinstance(read, Page) else (read,):
        assert type(value) is class_of(name)
    assert walk(read)
    assert {value.api_version for value in walk(read)} == {name[:10]}


#: The name of the object, which is its class, and what a delete says beside the id.
_NOT_READ = {"object", "success", "message"}


@pytest.mark.parametrize("name", ANSWERS)
def test_no_key_of_a_published_answer_goes_unread(name, example):
    for value in walk(read_object(name[:10], example(name))):
        read = {
            key.partition(".")[0]
            for field in type(value).__dataclass_fields__.values()
            for key in field.metadata.get("keys", ())
        }
        assert value.raw.keys() - read <= _NOT_READ, type(value).__name__


@pytest.mark.parametrize("name", ERRORS)
def test_a_published_error_is_an_error_and_no_object(name, example):
    body, version = example(name), name[:10]
    with pytest.raises(ExtendAPIError) as caught:
        read_answer(
            build("files.retrieve", version, "file_1"), Answer(400, {}, body), "https://api.extend.ai"
        )
    assert str(body.get("message", body.get("error")))[:20] in str(caught.value)
    with pytest.raises(ExtendAnswerError, match="not a documented object"):
        read_object(version, body)


# -------------------------------------------------------------------------------------------------------- lists


def test_a_list_is_a_page_of_values():
    rows = [{"object": "file", "id": f"file_{n}", "name": "a.pdf"} for n in (1, 2)]
    new = read_object("2026-02-09", {"object": "list", "data": rows, "nextPageToken": "t1"})
    old = read_object("2025-04-21", {"success": True, "files": rows, "nextPageToken": None})
    assert isinstance(new, Page)
    assert isinstance(old, Page)
    assert (new.next_page_token, old.next_page_token) == ("t1", None)
    for page in (new, old):
        assert [value.id for value in page.values] == ["file_1", "file_2"]
        assert {type(value) for value in page.values} == {File}
    assert read_object("2026-02-09", {"object": "list", "data": [], "nextPageToken": ""}) == Page(())


@pytest.mark.parametrize("row", ["file_1", None, ["a"]])
def test_a_row_that_is_no_object_is_an_error(row):
    with pytest.raises(ExtendAnswerError, match=r"A row of the list is a .*expected an object"):
        read_object("2026-02-09", {"object": "list", "data": [row]})


def test_what_does_not_say_what_it_is_is_read_as_it_is_told():
    """Rows of lists before 2026-02-09, out of their list."""
    row = {"id": "dpr_1", "status": "PROCESSED", "processorId": "dp_1", "type": "CLASSIFY"}
    run = read_object("2025-04-21", row, "document_processor_run")
    assert isinstance(run, ProcessorRun)
    assert (run.processor_id, run.type) == ("dp_1", "CLASSIFY")
    with pytest.raises(
        ExtendAnswerError, match=r"something that does not say what it is.*id, processorId, status, type"
    ):
        read_object("2025-04-21", row)


def test_a_full_workflow_run_is_told_from_a_row_by_its_outputs():
    common = {"object": "workflow_run", "id": "w", "status": "PROCESSED"}
    row = {
        "workflow": {"id": "wf", "name": "n"},
        "workflowVersion": {"id": "v", "version": "1"},
        "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-01T00:00:00Z",
    }
    assert isinstance(read_object("2026-02-09", {**common, "stepRuns": []}), WorkflowRun)
    assert isinstance(read_object("2025-04-21", {**common, "outputs": []}), WorkflowRun)
    assert isinstance(read_object("2026-02-09", {**common, **row}), WorkflowRunSummary)


# -------------------------------------------------------------------------------------------------- what is none


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (None, "The answer is a NoneType: expected an object"),
        ("<html>", "The answer is a str"),
        ([], "The answer is a list"),
        ({}, "something that does not say what it is"),
        ({"object": "invoice", "id": "5ecret"}, "object 'invoice', with the keys id, object"),
        ({"object": 7, "id": "5ecret"}, "something that does not say what it is, with the keys id, object"),
        ({"success": True, "file": "5ecret", "files": "5ecret"}, "with the keys file, files, success"),
        ({"success": True, "files": [], "processors": []}, "with the keys files, processors, success"),
        ({"id": "5ecret", "new": 1}, "with the keys id, new"),
    ],
)
def test_what_is_no_object_is_named_by_its_keys(body, said):
    with pytest.raises(ExtendAnswerError, match=said) as caught:
        read_object("2026-02-09", body)
    assert "5ecret" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": None}, "File: the answer has no id"),
        ({"name": 3}, "File: name is a int, expected a text"),
        ({"createdAt": "5ecret"}, "File: createdAt is a str, expected a time with its zone"),
        ({"createdAt": "2026-01-01T00:00:00"}, "expected a time with its zone"),
        ({"contents": ["5ecret"]}, "File: contents is a list, expected an object"),
        ({"metadata": {"pageCount": True}}, "File: metadata.pageCount is a bool, expected a whole number"),
        ({"metadata": {"pageCount": "5ecret"}}, "File: metadata.pageCount is a str, expected a whole number"),
    ],
)
def test_a_key_of_another_type_is_named_without_its_value(change, said):
    with pytest.raises(ExtendAnswerError, match=said) as caught:
        read_object("2026-02-09", {"object": "file", "id": "file_1", "name": "a.pdf", **change})
    assert "5ecret" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {"object": "classify_run", "id": "r", "status": "PROCESSED", "reviewed": 1},
            "reviewed is a int, expected true",
        ),
        ({"object": "classify_run", "id": "r", "files": {"a": 1}}, "files is a dict, expected a list"),
        ({"object": "classify_run", "id": "r", "files": ["a"]}, "files is a list, expected an object"),
        ({"object": "classify_run", "id": "r", "files": [{"id": "f"}]}, "File: the answer has no name"),
        (
            {"object": "document_processor", "id": "p", "name": "n"},
            "Processor: the answer has no type or object",
        ),
        (
            {"object": "chunk", "type": "page", "content": "", "metadata": {"pageRange": {"start": 0}}},
            "metadata.pageRange.start is a int, expected the number of a page",
        ),
    ],
)
def test_what_is_wrong_inside_is_named_by_its_class_and_key(body, said):
    with pytest.raises(ExtendAnswerError, match=said):
        read_object("2026-02-09", body)


def test_unknown_keys_are_kept_and_nothing_else():
    body = {"object": "file", "id": "file_1", "name": "a.pdf", "newKey": 1}
    file = read_object("2026-02-09", body)
    assert isinstance(file, File)
    assert file.raw is body
    assert not hasattr(file, "newKey")


def test_what_is_content_or_a_link_does_not_show():
    body = {
        "object": "file",
        "id": "file_1",
        "name": "a.pdf",
        "presignedUrl": "https://a.example.com/f?sig=5ecret",
        "contents": {"rawText": "5ecret"},
    }
    assert "5ecret" not in repr(read_object("2026-02-09", body))
    run = {"object": "extract_run", "id": "r", "status": "PROCESSED", "output": {"value": {"a": "5ecret"}}}
    assert "5ecret" not in repr(read_object("2026-02-09", run))


@pytest.mark.parametrize(
    "body",
    [
        {"object": "extract_run", "id": "r", "metadata": {"customer": "5ecret"}},
        {
            "object": "workflow_version",
            "id": "v",
            "version": "1",
            "steps": [{"config": {"requestOptions": {"headers": {"authorization": "5ecret"}}}}],
            "createdBy": {"email": "5ecret@example.com"},
        },
        {"object": "workflow_run", "id": "w", "status": "PROCESSED", "stepRuns": [], "reviewedBy": "5ecret"},
    ],
    ids=lambda body: body["object"],
)
def test_nor_do_people_and_what_an_author_put_there(body):
    read = read_object("2026-02-09", body)
    assert "5ecret" not in repr(read)
    assert "5ecret" in str(read.raw)


def test_the_version_is_one_that_is_known():
    with pytest.raises(ExtendInputError, match="2020-01-01"):
        read_object("2020-01-01", {"id": "a"})
