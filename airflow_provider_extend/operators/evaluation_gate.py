"""The evaluation gate as a task."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_extend._compat import AirflowFailException, AirflowSkipException, BranchMixIn
from airflow_provider_extend.api import uses
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.runs import BATCH_PROCESSOR_RUN
from airflow_provider_extend.exceptions import airflow_errors
from airflow_provider_extend.gate.evidence import Evidence
from airflow_provider_extend.gate.judge import judge
from airflow_provider_extend.gate.report import Report
from airflow_provider_extend.gate.rules import minimums
from airflow_provider_extend.gate.verdicts import FAIL, PASS, WARN
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
                rules = minimums(self.rules)
            except ValueError as error:
                raise ExtendInputError(
                    f"{error} The run was not judged; it costs nothing to judge it later."
                ) from None
        result = self._result()
        report = judge(rules, Evidence.of_result(result), today=datetime.datetime.now(datetime.UTC).date())
        most = len(report.lines)
        value = _told(report, most)
        while json_size(value) > XCOM_LIMIT and most > 1:
            most //= 2
            value = _told(report, most)
        context["ti"].xcom_push(key="report", value=value)
        self.log.info("%s", report.as_text())
        if report.verdict == FAIL and self.on_fail == ON_FAIL_SKIP:
            raise AirflowSkipException(f"Held back: {report.reason}")
        if report.verdict not in (PASS, WARN) and not (report.verdict == FAIL and self._branches):
            raise AirflowFailException(f"Gate: {report.verdict}. {report.reason}")
        if self._branches:
            # Some versions of Airflow end the task right in the branching, before a value can be returned.
            context["ti"].xcom_push(key="return_value", value=value)
            others = sorted(self.downstream_task_ids - {self.on_fail})
            self.do_branch(context, others if report.verdict in (PASS, WARN) else self.on_fail)
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


def _told(report: Report, most: int) -> dict[str, Any]:
    """The report as XCom has it: of each rule and metric what was asked and found, the `most` worst alone."""
    judged = [line for line in report.lines if line.rule is not None]
    told: dict[str, Any] = {
        "verdict": report.verdict,
        "reason": report.reason,
        "rules": [
            {
                "rule": line.rule,
                "selector": line.selector,
                "minimum": line.target,
                "value": line.value,
                "counts": list(line.counts) if line.counts else None,
                "verdict": line.verdict,
                "reason": line.reason,
            }
            for line in judged[:most]
        ],
        "run_id": report.evidence.id,
    }
    return told if len(judged) <= most else {**told, "truncated": True}
