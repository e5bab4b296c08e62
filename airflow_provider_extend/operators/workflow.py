"""Workflow runs: put a document through a workflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.calls import check_id
from airflow_provider_extend.api.errors import ExtendAnswerError, ExtendInputError
from airflow_provider_extend.api.runs import NEEDS_REVIEW, WORKFLOW_RUN, Run
from airflow_provider_extend.api.versions import V2026
from airflow_provider_extend.exceptions import airflow_errors
from airflow_provider_extend.operators._document import ExtendDocumentRunOperator, without_none
from airflow_provider_extend.operators._run import ExtendRunOperator

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient

_FAIL, _SUCCEED = "fail", "succeed"


class ExtendRunWorkflowOperator(ExtendDocumentRunOperator):
    """Run a document through a workflow (POST /workflow_runs, all API versions), once, and wait for the result.

    What the steps have read is document content: it is pushed only with `push_output=True` (XCom `output`: the
    `stepRuns` of 2026-02-09, the `outputs` of the older versions), or written to `output_path`.
    2024-12-23 has no call that cancels a workflow run.

    :param workflow_id: the workflow (templated).
    :param version: of the workflow: a number such as `3`, or `draft` (templated); None: the newest published.
    :param on_needs_review: what a run that waits for a person is to this task: `fail`, or `succeed` with the outcome
        `needs_review`. A retry starts no other run, and the review goes on at Extend either way.

    The document (`file_id`, `file_url` or `text`), `metadata`, `priority`: see `ExtendDocumentRunOperator`. Other
    parameters: see `ExtendRunOperator`.
    """

    kind = WORKFLOW_RUN
    creates = "workflow_runs.create"
    template_fields: Sequence[str] = (
        *ExtendDocumentRunOperator.document_fields,
        "workflow_id",
        "version",
        *ExtendRunOperator.template_fields,
    )

    def __init__(
        self,
        *,
        workflow_id: str,
        version: str | None = None,
        on_needs_review: str = _FAIL,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.workflow_id = workflow_id
        self.version = version
        self.on_needs_review = on_needs_review

    def check(self) -> None:
        check_id(self.workflow_id, "workflow_id")
        super().check()
        if self.on_needs_review not in (_FAIL, _SUCCEED):
            raise ExtendInputError(
                f"on_needs_review is {self.on_needs_review!r}: expected 'fail' or 'succeed'. Nothing was sent."
            )

    def parts(self) -> dict[str, Any]:
        return super().parts() | {"workflow_id": self.workflow_id, "version": self.version}

    def create(self, client: ExtendClient, metadata: Mapping[str, Any] | None, prepared: Any) -> Any:
        if client.api_version == V2026:
            body: dict[str, Any] = {
                "workflow": without_none({"id": self.workflow_id, "version": self.version}),
                "file": self.document.body(client.api_version),
            }
        else:
            body = {"workflowId": self.workflow_id}
            if self.document.text is not None:
                body["rawTexts"] = [self.document.text]
            else:
                body["files"] = [self.document.body(client.api_version)]
            if self.version is not None:
                body["version"] = self.version
        answer = client.call(self.creates, body=self.with_common(body, metadata))
        if client.api_version == V2026:
            return answer
        with airflow_errors():
            if not isinstance(answer, list) or len(answer) != 1:
                raise ExtendAnswerError(
                    "Extend's answer does not hold the one workflow run that was asked for", status=200
                )
        return answer[0]

    def narrowed(self, client: ExtendClient) -> dict[str, Any]:
        return {"workflowId": self.workflow_id}

    def output_of(self, run: Run) -> Any:
        return run.raw.get("stepRuns") if run.api_version == V2026 else run.raw.get("outputs")

    def is_success(self, run: Run) -> bool:
        waits = run.outcome == NEEDS_REVIEW and self.on_needs_review == _SUCCEED
        return waits or super().is_success(run)
