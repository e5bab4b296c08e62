"""Workflow runs: put a document through a workflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.calls import check_id
from airflow_provider_extend.api.errors import ExtendAnswerError
from airflow_provider_extend.api.runs import WORKFLOW_BATCH, WORKFLOW_RUN
from airflow_provider_extend.api.versions import V2026
from airflow_provider_extend.exceptions import airflow_errors
from airflow_provider_extend.operators._batch import ExtendBatchOperator
from airflow_provider_extend.operators._document import Document, ExtendDocumentRunOperator, without_none
from airflow_provider_extend.operators._run import ExtendRunOperator
from airflow_provider_extend.waiting import FAIL, MindsReview

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient


class ExtendRunWorkflowOperator(MindsReview, ExtendDocumentRunOperator):
    """Run a document through a workflow (POST /workflow_runs, all API versions), once, and wait for the result.

    What the steps have read is document content: it is pushed only with `push_output=True` (XCom `output`: the
    `stepRuns` of 2026-02-09, the `outputs` of the older versions), or written to `output_path`.
    2024-12-23 has no call that cancels a workflow run.

    :param workflow_id: the workflow (templated).
    :param version: of the workflow: a number such as `3`, or `draft` (templated); None: the newest published.
    :param on_needs_review: what a run that waits for a person is to this task: `fail`; `succeed` with the outcome
        `needs_review`; or `wait` on until it is reviewed, as long as `timeout` and `execution_timeout` allow. A retry
        starts no other run, and the review goes on at Extend in each case. A run that a person rejects fails the task.

    The document (`file_id`, `file_url`, `text`, or a `package` of files on 2026-02-09), `metadata`, `priority`: see
    `ExtendDocumentRunOperator`. Other parameters: see `ExtendRunOperator`.
    """

    kind = WORKFLOW_RUN
    creates = "workflow_runs.create"
    takes_package = True
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
        on_needs_review: str = FAIL,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.workflow_id = workflow_id
        self.version = version
        self.on_needs_review = on_needs_review

    def check(self) -> None:
        check_id(self.workflow_id, "workflow_id")
        super().check()
        self.check_review()

    def parts(self) -> dict[str, Any]:
        return super().parts() | {"workflow_id": self.workflow_id, "version": self.version}

    def create(self, client: ExtendClient, metadata: Mapping[str, Any] | None, prepared: Any) -> Any:
        if client.api_version == V2026:
            body: dict[str, Any] = {
                "workflow": without_none({"id": self.workflow_id, "version": self.version}),
                **self.body_of_document(client.api_version),
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


class ExtendBatchRunWorkflowOperator(ExtendBatchOperator):
    """Run up to 1000 documents through a workflow with one call (POST /workflow_runs/batch, all API versions), and
    wait.

    No call reads such a batch: its runs are counted by the list, and the batch has ended when each of them has. A run
    that waits for a review has ended here, and not in success: with `on_partial="succeed"` its id is in
    `member_run_ids`, under `NEEDS_REVIEW`, for `ExtendWorkflowRunSensor`.

    :param workflow_id: the workflow (templated).
    :param version: of the workflow: a number such as `3`, or `draft` (templated); None: the newest published.

    The documents (`inputs`), `metadata`, `priority` (2026-02-09, there 90 by default), `on_partial`, and what is
    pushed: see `ExtendBatchOperator`; the list shows no metadata, so the ids of the runs are in no order. Other
    parameters: see `ExtendRunOperator`.
    """

    kind = WORKFLOW_BATCH
    creates = "workflow_runs.create_batch"
    template_fields: Sequence[str] = ("workflow_id", "version", *ExtendBatchOperator.batch_fields)

    def __init__(self, *, workflow_id: str, version: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.workflow_id = workflow_id
        self.version = version

    def adapt(self, version: str) -> None:
        super().adapt(version)
        self.takes_priority = version == V2026

    @property
    def _member_count(self) -> int | None:
        return self._runs

    def check(self) -> None:
        check_id(self.workflow_id, "workflow_id")
        super().check()

    def parts(self) -> dict[str, Any]:
        return super().parts() | {"workflow_id": self.workflow_id, "version": self.version}

    def named(self, version: str) -> dict[str, Any]:
        if version == V2026:
            return {"workflow": without_none({"id": self.workflow_id, "version": self.version})}
        return without_none({"workflowId": self.workflow_id, "version": self.version})

    def body_of(self, document: Document, version: str) -> dict[str, Any]:
        if version != V2026 and document.text is not None:
            return {"rawText": document.text}
        return super().body_of(document, version)

    def create(self, client: ExtendClient, metadata: Mapping[str, Any] | None, prepared: Any) -> Any:
        answer = super().create(client, metadata, prepared)
        # The one create whose answer names what it made otherwise than the rest.
        return {**answer, "id": answer.get("batchId")}

    def narrowed(self, client: ExtendClient) -> dict[str, Any]:
        return {"workflowId": self.workflow_id}
