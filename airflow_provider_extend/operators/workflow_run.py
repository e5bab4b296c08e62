"""Workflow runs that exist already: name and metadata, and the correction of what they have read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_extend.api.errors import ExtendEndpointNotInVersion, ExtendInputError
from airflow_provider_extend.api.limits import check_metadata
from airflow_provider_extend.api.lookups import TOKEN_KEY
from airflow_provider_extend.api.versions import V2026
from airflow_provider_extend.operators._call import ExtendCallOperator, Request, checked_ids, checked_text
from airflow_provider_extend.operators._content import one_content


class ExtendUpdateWorkflowRunOperator(ExtendCallOperator):
    """Set the name or metadata of a workflow run. Returns its id; a retry sets the same again.

    :param workflow_run_id: (templated).
    :param name: (templated); None: as it is. 2026-02-09 takes it and shows it nowhere.
    :param metadata: merged key by key into what the run has (templated), up to 10 KB.
    :param extend_conn_id: connection (templated).
    """

    calls = "workflow_runs.update"
    template_fields: Sequence[str] = ("workflow_run_id", "name", "metadata", "extend_conn_id")

    def __init__(
        self,
        *,
        workflow_run_id: str,
        name: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.workflow_run_id = workflow_run_id
        self.name = name
        self.metadata = metadata

    def ask(self, version: str) -> Request:
        body: dict[str, Any] = {}
        if self.name is not None:
            body["name"] = checked_text(self.name, "name")
        if self.metadata is not None:
            body["metadata"] = _checked_metadata(self.metadata)
        if not body:
            raise ExtendInputError(
                "Neither name nor metadata is given: expected at least one. Nothing was sent."
            )
        return Request("workflow_runs.update", checked_ids(workflow_run_id=self.workflow_run_id), body=body)


class ExtendCorrectWorkflowRunOutputsOperator(ExtendCallOperator):
    """Replace one output of a workflow run by a reviewed one (2024-12-23 and 2025-04-21, which call it deprecated).

    Returns the run's id; a retry sets the same again. 2026-02-09 has no such call: a person corrects the run in the
    dashboard. The reviewed output is document content: Airflow shows it nowhere.

    :param workflow_run_id: (templated).
    :param output_id: of the output, as the run's `outputs` name it (templated).
    :param reviewed_output: in the form of the processor's output (templated).
    :param reviewed_output_path: instead: a JSON file of it, a path or a URL of a store that Airflow knows (templated).
    :param extend_conn_id: connection (templated).
    """

    calls = "workflow_runs.correct_outputs"
    template_fields: Sequence[str] = (
        "workflow_run_id",
        "output_id",
        "reviewed_output",
        "reviewed_output_path",
        "extend_conn_id",
    )
    confidential_fields = ("reviewed_output",)
    instead = "the dashboard, where a person corrects runs: 2026-02-09 has no such call"

    def __init__(
        self,
        *,
        workflow_run_id: str,
        output_id: str,
        reviewed_output: Mapping[str, Any] | None = None,
        reviewed_output_path: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.workflow_run_id = workflow_run_id
        self.output_id = output_id
        self.reviewed_output = reviewed_output
        self.reviewed_output_path = reviewed_output_path

    def ask(self, version: str) -> Request:
        if version == V2026:
            raise ExtendEndpointNotInVersion(
                f"API version {version} has no call that corrects the outputs of a workflow run. Correct it in the "
                "dashboard (run_url leads there), or use a connection with api_version 2025-04-21, where the account "
                "still has it. Nothing was sent."
            )
        ids = checked_ids(workflow_run_id=self.workflow_run_id, output_id=self.output_id)
        output = one_content(
            "reviewed_output", self.revealed("reviewed_output"), path=self.reviewed_output_path
        )
        return Request("workflow_runs.correct_outputs", ids, body={"reviewedOutput": output})


def _checked_metadata(metadata: Any) -> Mapping[str, Any]:
    if not isinstance(metadata, Mapping) or not metadata:
        raise ExtendInputError("metadata is no object, or an empty one. Nothing was sent.")
    if TOKEN_KEY in metadata:
        raise ExtendInputError(
            f"metadata has the key {TOKEN_KEY!r}: by it a retry finds the run that an earlier try made, so it is not "
            "overwritten. Nothing was sent."
        )
    check_metadata(metadata)
    return metadata
