"""ExtendWorkflowRunSensor: waits for a workflow run, and for the person who reviews it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.runs import WORKFLOW_RUN
from airflow_provider_extend.sensors.run import ExtendRunSensor
from airflow_provider_extend.waiting import WAIT, MindsReview

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient


class ExtendWorkflowRunSensor(MindsReview, ExtendRunSensor):
    """Waits until a workflow run has ended (GET /workflow_runs/{id}, all API versions).

    A run that a person rejects fails the task; what the reviewer wrote is shown in the dashboard alone.

    :param workflow_run_id: the run (templated).
    :param on_needs_review: what a run that waits for a person is to this task: `wait` on until it is reviewed (give the
        sensor a `timeout` of days, and let it defer), `succeed` with the outcome `needs_review`, or `fail`.

    Returns and pushes what `ExtendRunSensor` does. Other parameters, and how the wait ends in each mode: see
    `WaitingSensor`.
    """

    kinds = (WORKFLOW_RUN,)
    template_fields: Sequence[str] = ("workflow_run_id", "extend_conn_id", "output_path")

    def __init__(self, *, workflow_run_id: str, on_needs_review: str = WAIT, **kwargs: Any) -> None:
        super().__init__(run_id=workflow_run_id, kind=WORKFLOW_RUN, **kwargs)
        self.workflow_run_id = workflow_run_id
        self.on_needs_review = on_needs_review

    @property
    def _waits_for(self) -> str:
        return self.workflow_run_id

    def _check(self, client: ExtendClient) -> None:
        super()._check(client)
        self.check_review()
