"""The API's objects as typed values, whatever the version: the eleven of 2024-12-23. What came later is in
`newer_objects`; `object_reader.read_object` picks the class.

Where a later version split an
object up or renamed it, the class stays one: an ExtractRun is a `ProcessorRun` of type EXTRACT, an extractor a
`Processor`. Each class is a table: attribute, how its value is read, and the keys under which the versions have it,
the first that is given wins (`extractor.id` is a key inside an object). An attribute without `| None` is always
there; every other one is None where the version does not have the key, leaves it out or sends null.

Unknown keys are ignored and kept in `raw`, since the API may add some to any version. Document content, signed
links, secrets, people and your own metadata show in no `repr`.

Sources: objects.md 2, 3, 5, 6 and 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_provider_extend.api.fields import (
    ApiObject,
    anything,
    first_given,
    flag,
    many,
    mapping,
    may,
    needs,
    one,
    paged,
    rows,
    text,
    typed,
    when,
    whole,
)
from airflow_provider_extend.api.outputs import Box, box_on_page


@dataclass(frozen=True, slots=True, kw_only=True)
class File(ApiObject):
    """A document; `url` is signed and good for 15 minutes. `page_count` and `split` from its metadata."""

    id: str = needs(text, "id")
    name: str = needs(text, "name")
    type: str | None = may(text, "type")
    url: str | None = may(text, "presignedUrl", secret=True)
    parent_file_id: str | None = may(text, "parentFileId")
    contents: Mapping[str, Any] | None = may(mapping, "contents", secret=True)
    page_count: int | None = may(whole, "metadata.pageCount")
    split: Mapping[str, Any] | None = may(mapping, "metadata.parentSplit", secret=True)
    usage: Mapping[str, Any] | None = may(mapping, "usage")
    created_at: datetime | None = may(when, "createdAt")
    updated_at: datetime | None = may(when, "updatedAt")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorVersion(ApiObject):
    """A version of a processor; of an extractor, classifier or splitter since 2026-02-09. A summary has no config."""

    id: str = needs(text, "id")
    version: str = needs(text, "version")
    type: str | None = may(typed, "processorType", "object")
    config: Mapping[str, Any] | None = may(mapping, "config")
    description: str | None = may(text, "description")
    processor_id: str | None = may(text, "processorId", "extractorId", "classifierId", "splitterId")
    processor_name: str | None = may(text, "processorName")
    created_at: datetime | None = may(when, "createdAt")
    updated_at: datetime | None = may(when, "updatedAt")
    created_by: Mapping[str, Any] | None = may(mapping, "createdBy", secret=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Processor(ApiObject):
    """A processor: extractor, classifier or splitter since 2026-02-09. A row of a list has versions and no draft."""

    id: str = needs(text, "id")
    name: str = needs(text, "name")
    type: str = needs(typed, "type", "object")
    draft_version: ProcessorVersion | None = may(one(ProcessorVersion), "draftVersion")
    versions: tuple[ProcessorVersion, ...] | None = may(many(ProcessorVersion), "versions")
    created_at: datetime | None = may(when, "createdAt")
    updated_at: datetime | None = may(when, "updatedAt")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorRun(ApiObject):
    """A run of a processor: extract, classify or split run since 2026-02-09. A row of a list has no output and config.

    The outputs are read by `outputs.read_run_output(run.raw)`. In a workflow run of 2024-12-23 it has no status.
    """

    id: str = needs(text, "id")
    status: str | None = may(text, "status")
    type: str | None = may(typed, "type", "object")
    processor_id: str | None = may(text, "processorId", "extractor.id", "classifier.id", "splitter.id")
    processor_name: str | None = may(
        text, "processorName", "extractor.name", "classifier.name", "splitter.name"
    )
    processor_version_id: str | None = may(
        text, "processorVersionId", "extractorVersion.id", "classifierVersion.id", "splitterVersion.id"
    )
    output: Any = may(anything, "output", secret=True)
    initial_output: Any = may(anything, "initialOutput", secret=True)
    reviewed_output: Any = may(anything, "reviewedOutput", secret=True)
    failure_reason: str | None = may(text, "failureReason")
    failure_message: str | None = may(text, "failureMessage", secret=True)
    metadata: Mapping[str, Any] | None = may(mapping, "metadata", secret=True)
    reviewed: bool | None = may(flag, "reviewed")
    edited: bool | None = may(flag, "edited")
    edits: Mapping[str, Any] | None = may(mapping, "edits", secret=True)
    config: Mapping[str, Any] | None = may(mapping, "config")
    file: File | None = may(one(File), "file")
    files: tuple[File, ...] | None = may(many(File), "files")
    merged_processors: list[Any] | None = may(rows, "mergedProcessors")
    parse_run_id: str | None = may(text, "parseRunId")
    url: str | None = may(text, "dashboardUrl", "url")
    usage: Mapping[str, Any] | None = may(mapping, "usage")
    created_at: datetime | None = may(when, "createdAt")
    updated_at: datetime | None = may(when, "updatedAt")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchProcessorRun(ApiObject):
    """A run over an evaluation set or in the playground; `api.metrics` reads its metrics."""

    id: str = needs(text, "id")
    status: str = needs(text, "status")
    processor_id: str = needs(text, "processorId")
    processor_version_id: str = needs(text, "processorVersionId")
    processor_name: str | None = may(text, "processorName")
    metrics: Mapping[str, Any] = needs(mapping, "metrics")
    source: str = needs(text, "source")
    source_id: str | None = may(text, "sourceId")
    run_count: int = needs(whole, "runCount")
    options: Mapping[str, Any] = needs(mapping, "options")
    created_at: datetime = needs(when, "createdAt")
    updated_at: datetime = needs(when, "updatedAt")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowVersion(ApiObject):
    """A version of a workflow (2026-02-09). A summary has no steps."""

    id: str = needs(text, "id")
    version: str = needs(text, "version")
    name: str | None = may(text, "name")
    steps: list[Any] | None = may(rows, "steps", secret=True)
    created_at: datetime | None = may(when, "createdAt")
    created_by: Mapping[str, Any] | None = may(mapping, "createdBy", secret=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow(ApiObject):
    """A workflow. `version` stands in it before 2026-02-09, `draft_version` since."""

    id: str = needs(text, "id")
    name: str = needs(text, "name")
    version: str | None = may(text, "version")
    draft_version: WorkflowVersion | None = may(one(WorkflowVersion), "draftVersion")
    created_at: datetime | None = may(when, "createdAt")
    updated_at: datetime | None = may(when, "updatedAt")
    created_by: Mapping[str, Any] | None = may(mapping, "createdBy", secret=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRun(ApiObject):
    """What one step of a workflow run did; `result` holds the run that it made (2026-02-09)."""

    id: str = needs(text, "id")
    status: str = needs(text, "status")
    type: str | None = may(text, "stepType", "step.type")
    name: str | None = may(text, "step.name")
    workflow_run_id: str | None = may(text, "workflowRunId")
    files: tuple[File, ...] | None = may(many(File), "files")
    result: Mapping[str, Any] | None = may(mapping, "result", "output", secret=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRun(ApiObject):
    """A run of a workflow.

    The outputs are read by `outputs.read_workflow_outputs(run.raw)`. `reviewed_by` is an id or an e-mail address.
    """

    id: str = needs(text, "id")
    status: str = needs(text, "status")
    name: str | None = may(text, "name")
    url: str | None = may(text, "dashboardUrl", "url")
    metadata: Mapping[str, Any] | None = may(mapping, "metadata", secret=True)
    batch_id: str | None = may(text, "batchId")
    files: tuple[File, ...] | None = may(many(File), "files")
    failure_reason: str | None = may(text, "failureReason")
    failure_message: str | None = may(text, "failureMessage", secret=True)
    initial_run_at: datetime | None = may(when, "initialRunAt")
    reviewed: bool | None = may(flag, "reviewed")
    reviewed_by: str | None = may(text, "reviewedByUser", "reviewedBy", secret=True)
    reviewed_at: datetime | None = may(when, "reviewedAt")
    rejection_note: str | None = may(text, "rejectionNote", secret=True)
    started_at: datetime | None = may(when, "startTime")
    ended_at: datetime | None = may(when, "endTime")
    outputs: tuple[ProcessorRun, ...] | None = may(many(ProcessorRun), "outputs", secret=True)
    step_runs: tuple[StepRun, ...] | None = may(many(StepRun), "stepRuns")
    workflow: Workflow | None = may(one(Workflow), "workflow")
    workflow_version: WorkflowVersion | None = may(one(WorkflowVersion), "workflowVersion")
    usage: Mapping[str, Any] | None = may(mapping, "usage")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRunSummary(ApiObject):
    """A row of the list of workflow runs."""

    id: str = needs(text, "id")
    status: str = needs(text, "status")
    workflow_id: str = needs(text, "workflowId", "workflow.id")
    workflow_name: str = needs(text, "workflowName", "workflow.name")
    workflow_version_id: str = needs(text, "workflowVersionId", "workflowVersion.id")
    url: str | None = may(text, "dashboardUrl")
    batch_id: str | None = may(text, "batchId")
    files: tuple[File, ...] | None = may(many(File), "files")
    initial_run_at: datetime | None = may(when, "initialRunAt")
    reviewed: bool | None = may(flag, "reviewed")
    reviewed_by: str | None = may(text, "reviewedByUser", secret=True)
    reviewed_at: datetime | None = may(when, "reviewedAt")
    rejection_note: str | None = may(text, "rejectionNote", secret=True)
    started_at: datetime | None = may(when, "startTime")
    ended_at: datetime | None = may(when, "endTime")
    usage: Mapping[str, Any] | None = may(mapping, "usage")
    created_at: datetime = needs(when, "createdAt")
    updated_at: datetime = needs(when, "updatedAt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(ApiObject):
    """A piece of a page: a heading, a table, a text. `box` is None where the size of the page is not given."""

    id: str = needs(text, "id")
    type: str = needs(text, "type")
    content: str = needs(text, "content", secret=True)
    details: Mapping[str, Any] | None = may(mapping, "details", secret=True)
    parent_block_id: str | None = may(text, "parentBlockId")
    page: int | None = may(paged, "metadata.page", "metadata.pageNumber")
    bounding_box: Mapping[str, Any] | None = may(mapping, "boundingBox")
    polygon: list[Any] | None = may(rows, "polygon")
    children: tuple[Block, ...] | None = may(
        lambda version, value: many(Block)(version, value), "children", secret=True
    )

    @property
    def box(self) -> Box | None:
        edges = self.bounding_box or {}
        sides = [edges.get(side) for side in ("left", "top", "right", "bottom")]
        size = [first_given(self.raw, (f"metadata.page.{length}",)) for length in ("width", "height")]
        return box_on_page(sides, size, self.page)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk(ApiObject):
    """A page, section or the whole of a parsed document; `pages` are the first and the last, from 1."""

    type: str = needs(text, "type")
    content: str = needs(text, "content", secret=True)
    first_page: int | None = may(paged, "metadata.pageRange.start")
    last_page: int | None = may(paged, "metadata.pageRange.end")
    blocks: tuple[Block, ...] | None = may(many(Block), "blocks", secret=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseRun(ApiObject):
    """A parse: `parser_run` before 2026-02-09. `chunks` is None before there are any, or where they are at
    `output_url` (signed, 15 minutes)."""

    id: str = needs(text, "id")
    status: str = needs(text, "status")
    file_id: str | None = may(text, "file.id", "fileId")
    file: File | None = may(one(File), "file")
    batch_id: str | None = may(text, "batchId")
    chunks: tuple[Chunk, ...] | None = may(many(Chunk), "output.chunks", "chunks", secret=True)
    ocr: Mapping[str, Any] | None = may(mapping, "output.ocr", "ocr", secret=True)
    output_url: str | None = may(text, "outputUrl", secret=True)
    failure_reason: str | None = may(text, "failureReason")
    failure_message: str | None = may(text, "failureMessage", secret=True)
    metadata: Mapping[str, Any] | None = may(mapping, "metadata", secret=True)
    metrics: Mapping[str, Any] | None = may(mapping, "metrics")
    config: Mapping[str, Any] | None = may(mapping, "config")
    usage: Mapping[str, Any] | None = may(mapping, "usage")
    created_at: datetime | None = may(when, "createdAt")
    updated_at: datetime | None = may(when, "updatedAt")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSet(ApiObject):
    """An evaluation set, and the processor whose outputs it holds."""

    id: str = needs(text, "id")
    name: str = needs(text, "name")
    description: str = needs(text, "description")
    processor_id: str = needs(text, "processorId", "entity.id")
    processor_name: str | None = may(text, "entity.name")
    type: str | None = may(typed, "entity.object")
    created_at: datetime = needs(when, "createdAt")
    updated_at: datetime = needs(when, "updatedAt")
    created_by: Mapping[str, Any] | None = may(mapping, "createdBy", secret=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSetItem(ApiObject):
    """A document of an evaluation set, or several that are read together (`files`). A row of a list of 2026-02-09 has
    neither the set nor the expected output."""

    id: str = needs(text, "id")
    evaluation_set_id: str | None = may(text, "evaluationSetId")
    file_id: str | None = may(text, "fileId", "file.id")
    file: File | None = may(one(File), "file")
    files: tuple[File, ...] | None = may(many(File), "files")
    expected_output: Any = may(anything, "expectedOutput", secret=True)
    created_at: datetime | None = may(when, "createdAt")
    updated_at: datetime | None = may(when, "updatedAt")
    created_by: Mapping[str, Any] | None = may(mapping, "createdBy", secret=True)
