"""Batch processor runs: read one that has ended and push its metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api import uses
from airflow_provider_extend.api.errors import ExtendRunMoving
from airflow_provider_extend.api.runs import BATCH_PROCESSOR_RUN
from airflow_provider_extend.exceptions import airflow_errors
from airflow_provider_extend.operators._base import ExtendOperator
from airflow_provider_extend.reading import look_up
from airflow_provider_extend.results import RAW_KEY, push_run

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context


class ExtendGetBatchProcessorRunOperator(ExtendOperator):
    """Read a batch processor run (GET /batch_processor_runs/{id}) that has ended and push its metrics.

    Returns and pushes what `BatchProcessorRunSensor` does, for a failed run too: `outcome` tells. A run that
    still moves is an error that a retry may not meet again; to wait for one use the sensor.

    :param batch_processor_run_id: id of the run (templated).
    :param output_path: where the whole answer and result are written, whatever their size (templated).
    :param extend_conn_id: connection (templated).
    """

    template_fields: Sequence[str] = ("batch_processor_run_id", "output_path", "extend_conn_id")

    def __init__(self, *, batch_processor_run_id: str, output_path: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.batch_processor_run_id = batch_processor_run_id
        self.output_path = output_path

    @classmethod
    def endpoints(cls, version: str) -> frozenset[str]:
        return uses.reading(BATCH_PROCESSOR_RUN, version)

    def execute(self, context: Context) -> dict[str, Any]:
        client = self.client()
        with airflow_errors():
            run = look_up(client, BATCH_PROCESSOR_RUN, self.batch_processor_run_id)
            if not run.ended:
                raise ExtendRunMoving(
                    f"Batch processor run {run.id} is still {run.status}: it has no metrics yet. Wait for it with "
                    "BatchProcessorRunSensor; a retry of this task reads it again.",
                    run_id=run.id,
                )
        return push_run(context, run, self.output_path, self.log, {RAW_KEY: dict(run.raw)})
