"""The baseline of a gate as a task: what passed, and was published, is what the next run is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api import uses
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.runs import BATCH_PROCESSOR_RUN, EVALUATION_SET_RUN
from airflow_provider_extend.exceptions import airflow_errors
from airflow_provider_extend.gate.report import Report
from airflow_provider_extend.gate_store import memory_of
from airflow_provider_extend.operators._base import ExtendOperator
from airflow_provider_extend.operators._gate_baseline import move_baseline, with_inlet
from airflow_provider_extend.operators._gate_inputs import evidence_of

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context


class ExtendRecordBaselineOperator(ExtendOperator):
    """Make a run that passed the baseline of its processor, in the gate's store.

    It moves on PASS only: a WARN, and what a person let through, leave it as it is. It does not move back: a run that
    was started before that of the baseline leaves it as it is too.

    Returns whether the run is the baseline now.

    :param report: return value of the gate (templated).
    :param run: return value of the task that ended the run, or its id: what is kept (templated).
    :param store: see `ExtendEvaluationGateOperator` (templated).
    :param extend_conn_id: connection: when the run was started is read (templated).
    """

    template_fields: Sequence[str] = ("report", "run", "store", "extend_conn_id")
    ui_color = "#fff3d6"

    def __init__(
        self, *, report: Mapping[str, Any], run: Mapping[str, Any] | str, store: Any, **kwargs: Any
    ) -> None:
        super().__init__(**with_inlet(store, kwargs))
        self.report = report
        self.run = run
        self.store = store

    @classmethod
    def endpoints(cls, version: str) -> frozenset[str]:
        return uses.reading(BATCH_PROCESSOR_RUN, version) | uses.reading(EVALUATION_SET_RUN, version)

    def execute(self, context: Context) -> bool:
        with airflow_errors():
            memory = memory_of(self.store, context, self.log)
            if memory is None:
                raise ExtendInputError(
                    "store is None: there is nowhere to keep the baseline. Nothing was recorded."
                )
            try:
                report = Report.from_dict(self.report)
                evidence = evidence_of(self.run, self.client)
            except ValueError as error:
                raise ExtendInputError(f"{error} Nothing was recorded.") from None
            if evidence.id != report.evidence.id:
                raise ExtendInputError(
                    f"The report is of run {report.evidence.id}, and run is {evidence.id}. Nothing was recorded."
                )
        # What was pushed of the report may be its worst lines alone; what was measured is at the run.
        return move_baseline(memory, replace(report, evidence=evidence, left_out=0), self.client(), self.log)
