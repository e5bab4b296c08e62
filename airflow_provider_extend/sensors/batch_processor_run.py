"""BatchProcessorRunSensor: waits on GET /batch_processor_runs/{id}."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_provider_extend.api.runs import BATCH_PROCESSOR_RUN, Run
from airflow_provider_extend.results import RAW_KEY
from airflow_provider_extend.sensors._run import RunSensor


class BatchProcessorRunSensor(RunSensor):
    """Waits until a batch processor run (the run of an evaluation set) is PROCESSED or FAILED.

    Works on all API versions. 2024-12-23 and 2025-04-21 have no call that starts such a run: its id comes
    from the dashboard. On 2026-02-09 `ExtendRunEvaluationSetOperator` starts one; scores are then fetched
    from GET /evaluation_set_runs/{id}, which is also asked where the older path knows no such run.

    Returns {id, kind, status, outcome, api_version, url, metrics_from, metrics, counts, source, source_id,
    processor_id, processor_version_id, usage, files, config_fingerprint, items_fingerprint}, and pushes the
    API's own answer as XCom `batch_processor_run`, percents untouched.

    :param batch_processor_run_id: id of the run (templated).

    Other parameters, and how the wait ends in each mode: see `WaitingSensor`.
    """

    kind = BATCH_PROCESSOR_RUN
    kinds = (BATCH_PROCESSOR_RUN,)
    template_fields: Sequence[str] = ("batch_processor_run_id", "extend_conn_id", "output_path")

    def __init__(self, *, batch_processor_run_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.batch_processor_run_id = batch_processor_run_id

    @property
    def run_id(self) -> str:
        return self.batch_processor_run_id

    @property
    def _waits_for(self) -> str:
        return self.run_id

    def beside(self, run: Run) -> dict[str, Any]:
        return {RAW_KEY: dict(run.raw)}
