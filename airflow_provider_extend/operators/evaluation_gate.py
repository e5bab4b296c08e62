"""The evaluation gate as a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_extend._compat import AirflowFailException, AirflowSkipException, BranchMixIn
from airflow_provider_extend.api import uses
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.runs import BATCH_PROCESSOR_RUN, SUCCEEDED
from airflow_provider_extend.exceptions import airflow_errors
from airflow_provider_extend.gate.engine import FAIL, PASS, Report, check_rules, judge, not_judged
from airflow_provider_extend.operators._base import ExtendOperator
from airflow_provider_extend.reading import look_up
from airflow_provider_extend.results import XCOM_LIMIT, json_size, result_of_run

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context

ON_FAIL_FAIL = "fail"
ON_FAIL_SKIP = "skip"


class ExtendEvaluationGateOperator(ExtendOperator, BranchMixIn):
    """Judge the metrics of a run by minimum values, and let the DAG go on only where they hold.

    A metric that is not there, a rule that matches nothing, a run without scores or with files left out (unless a
    rule for `coverage` allows it): the verdict is ERROR, and the task fails whatever `on_fail` says. Reading and
    judging cost nothing: clear the task after a change of rules.

    Returns the report {verdict, reason, rules: [{rule, selector, minimum, value, counts, verdict, reason}],
    run_id}; it is pushed as XCom `report` too, so that it is there when the task fails.

    :param run: return value of `BatchProcessorRunSensor`, or the id of a run (templated).
    :param rules: selector -> minimum as a fraction, for instance {"extract.accuracy": 0.95,
        "extract.fields.*.accuracy": 0.9} (templated). `*` is one level, `**` any number.
    :param on_fail: what a FAIL does: `fail` (default) fails the task; `skip` skips it and, by their trigger
        rule, what follows; a task id directly downstream runs that task and skips the others (templated).
    :param extend_conn_id: connection, used only where the run has to be read (templated).
    """

    template_fields: Sequence[str] = ("run", "rules", "on_fail", "extend_conn_id")
    ui_color = "#fff3d6"
    inherits_from_skipmixin = True

    def __init__(
        self,
        *,
        run: Mapping[str, Any] | str,
        rules: Mapping[str, float],
        on_fail: str = ON_FAIL_FAIL,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.run = run
        self.rules = rules
        self.on_fail = on_fail

    @classmethod
    def endpoints(cls, version: str) -> frozenset[str]:
        return uses.reading(BATCH_PROCESSOR_RUN, version)

    def execute(self, context: Context) -> dict[str, Any]:
        with airflow_errors():
            self._check_on_fail()
            try:
                rules = check_rules(self.rules)
            except ValueError as error:
                raise ExtendInputError(
                    f"{error} The run was not judged; it costs nothing to judge it later."
                ) from None
        result = self._result()
        report = self._judge(rules, result)
        value = {**report.as_dict(), "run_id": result.get("id")}
        most = len(report.rules)
        while json_size(value) > XCOM_LIMIT and most > 1:
            most //= 2
            value = {**report.as_dict(most), "run_id": result.get("id")}
        context["ti"].xcom_push(key="report", value=value)
        self.log.info("%s", report.as_text())
        if report.verdict == FAIL and self.on_fail == ON_FAIL_SKIP:
            raise AirflowSkipException(f"Held back: {report.reason}")
        if report.verdict != PASS and not (report.verdict == FAIL and self._branches):
            raise AirflowFailException(f"Gate: {report.verdict}. {report.reason}")
        if self._branches:
            # Some versions of Airflow end the task right in the branching, before a value can be returned.
            context["ti"].xcom_push(key="return_value", value=value)
            others = sorted(self.downstream_task_ids - {self.on_fail})
            self.do_branch(context, others if report.verdict == PASS else self.on_fail)
        return value

    @property
    def _branches(self) -> bool:
        return self.on_fail not in (ON_FAIL_FAIL, ON_FAIL_SKIP)

    def _check_on_fail(self) -> None:
        if self._branches and self.on_fail not in self.downstream_task_ids:
            raise ExtendInputError(
                f"on_fail is {self.on_fail!r}: expected 'fail', 'skip' or a task directly downstream of this one "
                f"({', '.join(sorted(self.downstream_task_ids)) or 'there is none'}). The run was not judged."
            )

    def _result(self) -> Mapping[str, Any]:
        """What is judged: as handed in, or read by id where only the id or only aggregates were handed in."""
        if isinstance(self.run, Mapping) and self.run.get("id") and not self.run.get("truncated"):
            return self.run
        known = self.run if isinstance(self.run, Mapping) else {"id": self.run}
        client = self.client()
        with airflow_errors():
            run = look_up(client, known.get("kind") or BATCH_PROCESSOR_RUN, known.get("id"))
        return result_of_run(run, limit=None)

    def _judge(self, rules: Mapping[str, float], result: Mapping[str, Any]) -> Report:
        if result.get("outcome") != SUCCEEDED:
            return not_judged(
                f"Run {result.get('id')} is {result.get('status')}: only a PROCESSED run has metrics."
            )
        files = result.get("files")
        if files and files[1] == 0:
            return not_judged(
                f"Run {result.get('id')} is of an empty evaluation set: there is nothing to judge."
            )
        if not result.get("metrics_from"):
            return not_judged(
                f"Run {result.get('id')} was answered without scores (API version {result.get('api_version')} may "
                "send counts only). Read it with a connection whose api_version is 2024-12-23 or 2026-02-09."
            )
        if files and files[0] < files[1] and "coverage" not in rules:
            return not_judged(
                f"Run {result.get('id')} processed {files[0]} of {files[1]} files: its metrics speak of those only. "
                "Add a rule for coverage, for instance {'coverage': 0.98}, to accept that."
            )
        return judge(rules, result.get("metrics") or {}, result.get("counts") or {})
