"""The fields of each object in each version, those of a list's summary where they are other ones."""

from __future__ import annotations

from airflow_provider_extend.emulator.state import V24, V25, V26

_DATES = "createdAt updatedAt"
_FAILURE = "failureReason failureMessage"
_BATCH_RUN = (
    "object id processorId processorVersionId processorName metrics status source sourceId runCount options "
    + _DATES
)
_VERSION = f"object id processorId processorName processorType description version config {_DATES}"
_OUTPUTS = "output initialOutput reviewedOutput"
_PROCESSOR_RUN = (
    f"object id processorId processorVersionId processorName status {_OUTPUTS} {_FAILURE} metadata reviewed "
    "edited edits type config files mergedProcessors url"
)
_WORKFLOW_RUN = (
    f"object id name url status metadata batchId files {_FAILURE} initialRunAt reviewedBy reviewed reviewedAt "
    "startTime endTime outputs workflow"
)
_WORKFLOW_SUMMARY = (
    "id status initialRunAt reviewedByUser reviewedAt startTime endTime workflowId workflowName "
    f"workflowVersionId batchId rejectionNote {_DATES}"
)

SHAPES: dict[str, dict[str, str]] = {
    "file": {
        V24: f"object id name type presignedUrl metadata {_DATES}",
        V25: f"object id name type presignedUrl parentFileId contents metadata {_DATES}",
        V26: f"object id name type presignedUrl parentFileId contents metadata {_DATES}",
    },
    "file_summary": {V26: f"object id name type parentFileId metadata {_DATES}"},
    "processor": {
        V24: f"object id name type {_DATES} draftVersion",
        V25: f"object id name type {_DATES} draftVersion",
        V26: f"object id name {_DATES} draftVersion",
    },
    "processor_summary": {V25: f"object id name type versions {_DATES}", V26: f"object id name {_DATES}"},
    "version": {
        V24: _VERSION,
        V25: _VERSION,
        V26: "object id description version config extractorId createdAt createdBy",
    },
    "version_summary": {V26: "object id description version extractorId createdAt createdBy"},
    "set": {
        V24: f"object id name description processorId {_DATES}",
        V25: f"object id name description processorId {_DATES}",
        V26: f"object id name description entity {_DATES} createdBy",
    },
    "item": {
        V24: f"object id evaluationSetId fileId expectedOutput {_DATES}",
        V25: "object id evaluationSetId fileId expectedOutput",
        V26: "object id evaluationSetId file files expectedOutput createdBy",
    },
    "item_summary": {V26: "object id file files createdBy"},
    "batch_run": {V24: _BATCH_RUN, V25: _BATCH_RUN, V26: _BATCH_RUN},
    "run": {V26: f"object id evaluationSetId entity entityVersion metrics status options {_DATES}"},
    "batch": {V26: "object id status runCount createdAt"},
    # On the older versions it is seen as one of the outputs of a workflow run only.
    "extract_run": {
        V24: _PROCESSOR_RUN,
        V25: f"{_PROCESSOR_RUN} usage",
        V26: f"object id status {_OUTPUTS} {_FAILURE} metadata reviewed edited edits config extractor "
        f"extractorVersion file files parseRunId dashboardUrl usage {_DATES}",
    },
    "extract_run_summary": {
        V26: f"object id status {_FAILURE} metadata reviewed edited extractor extractorVersion file files "
        f"parseRunId dashboardUrl usage {_DATES}"
    },
    "workflow": {
        V24: "object id version name",
        V25: "object id version name",
        V26: f"object id name {_DATES} draftVersion createdBy",
    },
    "workflow_summary": {V26: f"object id name {_DATES} createdBy"},
    "workflow_version": {V26: "object id version name steps createdAt createdBy"},
    "workflow_version_summary": {V26: "object id version name createdAt createdBy"},
    "workflow_run": {
        V24: _WORKFLOW_RUN,
        V25: f"{_WORKFLOW_RUN} rejectionNote stepRuns usage",
        V26: f"object id workflow workflowVersion dashboardUrl status metadata batchId files {_FAILURE} "
        "initialRunAt reviewedByUser reviewed rejectionNote reviewedAt startTime endTime stepRuns usage",
    },
    "workflow_run_summary": {
        V24: f"{_WORKFLOW_SUMMARY} reviewed",
        V25: f"{_WORKFLOW_SUMMARY} usage",
        V26: "object id status workflow workflowVersion dashboardUrl reviewedByUser reviewedAt initialRunAt "
        f"startTime endTime batchId rejectionNote files {_DATES} usage",
    },
}
