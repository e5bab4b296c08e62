"""Objects that came after 2024-12-23, as typed values; see `objects`. Sources: objects.md 3, 6 and 7."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_provider_extend.api.fields import (
    ApiObject,
    mapping,
    may,
    needs,
    one,
    rows,
    text,
    texts,
    when,
    whole,
)
from airflow_provider_extend.api.objects import File, Processor, ProcessorVersion

#: Keys under which a delete answers what was deleted.
DELETED_IDS = (
    "id",
    "fileId",
    "documentProcessorRunId",
    "evaluationSetItemId",
    "workflowRunId",
    "parserRunId",
    "editRunId",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRun(ApiObject):
    """A batch of parse, extract, classify or split runs (2026-02-09)."""

    id: str = needs(text, "id")
    status: str = needs(text, "status")
    run_count: int = needs(whole, "runCount")
    created_at: datetime = needs(when, "createdAt")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowBatch(ApiObject):
    """What starting a batch of workflow runs answers, in every version: an id by which its runs are listed."""

    id: str = needs(text, "batchId")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSetRun(ApiObject):
    """A run over an evaluation set (2026-02-09); `api.metrics` reads its metrics."""

    id: str = needs(text, "id")
    status: str = needs(text, "status")
    evaluation_set_id: str = needs(text, "evaluationSetId")
    processor: Processor = needs(one(Processor), "entity")
    processor_version: ProcessorVersion = needs(one(ProcessorVersion), "entityVersion")
    metrics: Mapping[str, Any] = needs(mapping, "metrics")
    options: Mapping[str, Any] = needs(mapping, "options")
    created_at: datetime = needs(when, "createdAt")
    updated_at: datetime = needs(when, "updatedAt")


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRun(ApiObject):
    """Filling a form in, and its status alone while it runs (2025-04-21)."""

    id: str = needs(text, "id")
    status: str = needs(text, "status")
    file_id: str | None = may(text, "file.id", "fileId")
    file: File | None = may(one(File), "file")
    edited_file: Mapping[str, Any] | None = may(mapping, "output.editedFile", "editedFile", secret=True)
    filled_values: Mapping[str, Any] | None = may(mapping, "output.filledValues", secret=True)
    failure_reason: str | None = may(text, "failureReason")
    failure_message: str | None = may(text, "failureMessage", secret=True)
    config: Mapping[str, Any] | None = may(mapping, "config", secret=True)
    metrics: Mapping[str, Any] | None = may(mapping, "metrics")
    usage: Mapping[str, Any] | None = may(mapping, "usage")
    created_at: datetime | None = may(when, "createdAt")
    updated_at: datetime | None = may(when, "updatedAt")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormDetectionRun(ApiObject):
    """Finding the fields of a form (2026-02-09); `output` holds their schema."""

    id: str = needs(text, "id")
    status: str = needs(text, "status")
    file: File = needs(one(File), "file")
    output: Mapping[str, Any] | None = may(mapping, "output", secret=True)
    failure_reason: str | None = may(text, "failureReason")
    failure_message: str | None = may(text, "failureMessage", secret=True)
    config: Mapping[str, Any] = needs(mapping, "config")
    metrics: Mapping[str, Any] | None = may(mapping, "metrics")
    usage: Mapping[str, Any] | None = may(mapping, "usage")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRun(ApiObject):
    """Looking for signs of forgery (2026-02-09); a row of a list has the risk alone."""

    id: str = needs(text, "id")
    status: str = needs(text, "status")
    file: File = needs(one(File), "file")
    risk_level: str | None = may(text, "output.riskLevel", "riskLevel")
    summary: str | None = may(text, "output.summary", secret=True)
    signals: list[Any] | None = may(rows, "output.signals", secret=True)
    failure_reason: str | None = may(text, "failureReason")
    failure_message: str | None = may(text, "failureMessage", secret=True)
    metadata: Mapping[str, Any] | None = may(mapping, "metadata", secret=True)
    metrics: Mapping[str, Any] | None = may(mapping, "metrics")
    config: Mapping[str, Any] = needs(mapping, "config")
    usage: Mapping[str, Any] | None = may(mapping, "usage")
    source: str = needs(text, "source")
    source_id: str | None = may(text, "sourceId")
    created_at: datetime = needs(when, "createdAt")
    updated_at: datetime = needs(when, "updatedAt")


@dataclass(frozen=True, slots=True, kw_only=True)
class EditTemplate(ApiObject):
    """A form with the schema by which it is filled in (2026-02-09)."""

    id: str = needs(text, "id")
    name: str = needs(text, "name")
    description: str | None = may(text, "description")
    file: File = needs(one(File), "file")
    config: Mapping[str, Any] = needs(mapping, "config", secret=True)
    schema_config: Mapping[str, Any] | None = may(mapping, "schemaConfig", secret=True)
    created_at: datetime = needs(when, "createdAt")
    updated_at: datetime = needs(when, "updatedAt")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint(ApiObject):
    """An address that events are sent to (2026-02-09). Its secret is sent once, by the call that creates it."""

    id: str = needs(text, "id")
    url: str = needs(text, "url", secret=True)
    name: str = needs(text, "name")
    status: str = needs(text, "status")
    enabled_events: tuple[str, ...] = needs(texts, "enabledEvents")
    webhook_api_version: str = needs(text, "apiVersion")
    signing_secret: str | None = may(text, "signingSecret", secret=True)
    advanced_options: Mapping[str, Any] | None = may(mapping, "advancedOptions", secret=True)
    created_at: datetime = needs(when, "createdAt")
    created_by: Mapping[str, Any] | None = may(mapping, "createdBy", secret=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSubscription(ApiObject):
    """Which events of one processor or workflow an endpoint is sent (2026-02-09)."""

    id: str = needs(text, "id")
    webhook_endpoint_id: str = needs(text, "webhookEndpointId")
    resource_type: str = needs(text, "resourceType")
    resource_id: str = needs(text, "resourceId")
    enabled_events: tuple[str, ...] = needs(texts, "enabledEvents")
    created_at: datetime = needs(when, "createdAt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted(ApiObject):
    """What a delete answers."""

    id: str = needs(text, *DELETED_IDS)
