"""Any answer of the API as a typed value: which class it is of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from airflow_provider_extend.api.errors import ExtendAnswerError
from airflow_provider_extend.api.fields import ApiObject, build_object
from airflow_provider_extend.api.newer_objects import (
    DELETED_IDS,
    BatchRun,
    Deleted,
    EditRun,
    EditTemplate,
    EvaluationSetRun,
    FormDetectionRun,
    VerifyRun,
    WebhookEndpoint,
    WebhookSubscription,
    WorkflowBatch,
)
from airflow_provider_extend.api.objects import (
    BatchProcessorRun,
    Block,
    Chunk,
    EvaluationSet,
    EvaluationSetItem,
    File,
    ParseRun,
    Processor,
    ProcessorRun,
    ProcessorVersion,
    StepRun,
    Workflow,
    WorkflowRun,
    WorkflowRunSummary,
    WorkflowVersion,
)
from airflow_provider_extend.api.versions import check_api_version


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list, or the several objects that a create answers.

    :ivar next_page_token: None on the last page.
    """

    values: tuple[ApiObject, ...]
    next_page_token: str | None = None


#: The word in `object` -> class.
_OBJECTS: Mapping[str, type[ApiObject]] = MappingProxyType(
    {
        "document_processor_run": ProcessorRun,
        "extract_run": ProcessorRun,
        "classify_run": ProcessorRun,
        "split_run": ProcessorRun,
        "batch_processor_run": BatchProcessorRun,
        "batch_run": BatchRun,
        "evaluation_set_run": EvaluationSetRun,
        "document_processor": Processor,
        "extractor": Processor,
        "classifier": Processor,
        "splitter": Processor,
        "document_processor_version": ProcessorVersion,
        "extractor_version": ProcessorVersion,
        "classifier_version": ProcessorVersion,
        "splitter_version": ProcessorVersion,
        "workflow": Workflow,
        "workflow_version": WorkflowVersion,
        "workflow_run": WorkflowRun,
        "workflow_step_run": StepRun,
        "file": File,
        "block": Block,
        "chunk": Chunk,
        "parser_run": ParseRun,
        "parser_run_status": ParseRun,
        "parse_run": ParseRun,
        "parse_run_status": ParseRun,
        "edit_run": EditRun,
        "edit_run_status": EditRun,
        "form_detection_run": FormDetectionRun,
        "verify_run": VerifyRun,
        "edit_template": EditTemplate,
        "evaluation_set": EvaluationSet,
        "evaluation_set_item": EvaluationSetItem,
        "webhook_endpoint": WebhookEndpoint,
        "webhook_subscription": WebhookSubscription,
    }
)

#: Key of an envelope -> what is in it; rows of old lists do not say it.
_ENVELOPES: Mapping[str, str] = MappingProxyType(
    {
        "processorRun": "document_processor_run",
        "processorRuns": "document_processor_run",
        "batchProcessorRun": "batch_processor_run",
        "processor": "document_processor",
        "processors": "document_processor",
        "processorVersion": "document_processor_version",
        "versions": "document_processor_version",
        "workflow": "workflow",
        "workflowRun": "workflow_run",
        "workflowRuns": "workflow_run",
        "file": "file",
        "files": "file",
        "evaluationSet": "evaluation_set",
        "evaluationSets": "evaluation_set",
        "evaluationSetItem": "evaluation_set_item",
        "evaluationSetItems": "evaluation_set_item",
    }
)


def read_object(version: str, body: Any, kind: str | None = None) -> ApiObject | Page:
    """An answer of the API as the value of its class; a list as a `Page` of them.

    :param version: API version that was asked.
    :param body: JSON of a success answer, in its envelope or out of it. Errors are read by `api.answers`.
    :param kind: what it is, as the API writes it in `object` (`workflow_run`), for what does not say so itself:
        rows of lists before 2026-02-09.
    :raises ExtendAnswerError: it is none of the documented objects, or a key of it has not the documented type; the
        error names keys and types, never values.
    """
    check_api_version(version)
    if not isinstance(body, Mapping):
        raise ExtendAnswerError(
            f"The answer is a {type(body).__name__}: expected an object of Extend.", status=200
        )
    token = body.get("nextPageToken")
    inside, kind = _unwrapped(body, kind)
    if isinstance(inside, list):
        values = tuple(_read_one(version, row, kind) for row in inside)
        return Page(values, token if isinstance(token, str) and token else None)
    return _read_one(version, inside, kind)


def _unwrapped(body: Mapping[str, Any], kind: str | None) -> tuple[Any, str | None]:
    if isinstance(body.get("data"), list):
        return body["data"], kind
    if "id" in body or "object" in body:
        return body, kind
    keys = [key for key in body if key in _ENVELOPES and isinstance(body[key], dict | list)]
    return (body[keys[0]], kind or _ENVELOPES[keys[0]]) if len(keys) == 1 else (body, kind)


def _read_one(version: str, body: Any, kind: str | None) -> ApiObject:
    if not isinstance(body, Mapping):
        raise ExtendAnswerError(
            f"A row of the list is a {type(body).__name__}: expected an object.", status=200
        )
    named = body.get("object", kind)
    cls = _OBJECTS.get(named) if isinstance(named, str) else None
    if cls is WorkflowRun and not body.keys() & {"outputs", "stepRuns"}:
        cls = WorkflowRunSummary
    if cls is None and "object" not in body:
        cls = _without_a_name(body)
    if cls is None:
        what = (
            f"object {named[:40]!r}" if isinstance(named, str) else "something that does not say what it is"
        )
        keys = ", ".join(sorted(str(key)[:40] for key in body)[:10])
        raise ExtendAnswerError(
            f"The answer is {what}, with the keys {keys}: not a documented object.", status=200
        )
    return build_object(cls, version, body)


def _without_a_name(body: Mapping[str, Any]) -> type[ApiObject] | None:
    """Of what has no `object` and no envelope: a delete, and the start of a batch of workflow runs."""
    keys = body.keys() - {"success", "message"}
    if keys == {"batchId"}:
        return WorkflowBatch
    return Deleted if len(keys) == 1 and keys <= set(DELETED_IDS) else None
