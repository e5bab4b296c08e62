"""The evaluation gate as a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_extend._compat import AirflowFailException, AirflowSkipException, BranchMixIn
from airflow_provider_extend.api import uses
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.runs import BATCH_PROCESSOR_RUN, EVALUATION_SET_RUN
from airflow_provider_extend.asking import PersonsAnswer, answer_in, ask, check_can_ask
from airflow_provider_extend.exceptions import airflow_errors
from airflow_provider_extend.gate.evidence import Evidence
from airflow_provider_extend.gate.judge import judge, not_judged
from airflow_provider_extend.gate.report import Report
from airflow_provider_extend.gate.rules import Rules
from airflow_provider_extend.gate.verdicts import ERROR, FAIL, INCONCLUSIVE, PASS, WARN
from airflow_provider_extend.gate_store import GateMemory, memory_of
from airflow_provider_extend.links.gate_report import REPORT_URL_KEY, ExtendGateReportLink
from airflow_provider_extend.operators import _gate_report
from airflow_provider_extend.operators._base import ExtendOperator
from airflow_provider_extend.operators._gate_baseline import move_baseline, with_inlet
from airflow_provider_extend.operators._gate_inputs import (
    RULES_EXT,
    baseline_of,
    evidence_of,
    is_elsewhere,
    rules_of,
)

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context

ON_FAIL_FAIL = "fail"
ON_FAIL_SKIP = "skip"
CONTINUE = "continue"
ASK = "ask"
_WORDS = (ON_FAIL_FAIL, ON_FAIL_SKIP, CONTINUE, ASK)
LET_THROUGH, HOLD_BACK = OPTIONS = ("Let it through", "Hold it back")
ANSWER_KEY = "answer"


class ExtendEvaluationGateOperator(ExtendOperator, BranchMixIn):
    """Judge the metrics of a run by rules, with the evidence there is, and let the DAG go on only where they hold.

    Verdicts, worst wins: PASS, WARN, INCONCLUSIVE (too few documents to tell), FAIL, ERROR (no judgement was possible:
    a metric that is not there, a run without scores). An ERROR fails the task whatever is set here. Reading and judging
    cost nothing: clear the task after a change of rules.

    Returns the report; it is pushed as XCom `report` too, so that it is there when the task fails, beside `verdict`,
    `reasons`, `metrics` and `counts`. Each asset in `outlets` gets the verdict in the extra of its event.

    :param run: return value of a task that ended a run, the id of one, a report of a gate, or the path of a JSON file
        with one of them (templated).
    :param rules: path of a YAML file (a template, beside the DAG file or absolute, or in an object store), the same as
        a mapping, or selector -> minimum as a fraction, for instance {"extract.accuracy": 0.95} (templated). Minimums
        given like this are judged by their point.
    :param on_warn: what a WARN does. Default: `continue`. Each of these three is one of

        * `fail`: fail the task, without a retry;
        * `skip`: skip it and, by their trigger rule, what follows;
        * `continue`: go on as after a PASS;
        * `ask`: park the task until a person has decided; needs Airflow 3.1, and from 3.3 on no triggerer;
        * a task id directly downstream: run that task and skip the others (templated).
    :param on_inconclusive: what INCONCLUSIVE does. Default: `fail`.
    :param on_fail: what a FAIL does. Default: `fail`.
    :param store: what remembers the baseline that passed last, answers and looks: an `Asset` (its state store; below
        Airflow 3.3 Variables by its name), or the path of a folder (templated). The gate adds the asset to its inlets.
    :param moves_baseline: whether a PASS becomes what the next run is compared with.
    :param baseline: in place of what the rules compare with; given as `run` is (templated).
    :param config_fingerprint: XCom of that name of `ExtendRunEvaluationSetOperator`, where `run` does not hold it
        (templated). :param items_fingerprint: the same (templated).
    :param report_path: where the report is written as a page, by `ObjectStoragePath`; the JSON beside it ends in
        `.json` (templated).
    :param report_url: where that page can be opened; default `report_path` (templated).
    :param ask_timeout: how long a person may take; then the task fails. None: as long as it takes.
    :param ask_users: who may answer, {"id", "name"} each; None: everybody who may edit the DAG run.
    :param extend_conn_id: connection, used only where a run has to be read (templated).
    """

    template_fields: Sequence[str] = (
        "run",
        "rules",
        "on_warn",
        "on_inconclusive",
        "on_fail",
        "store",
        "baseline",
        "config_fingerprint",
        "items_fingerprint",
        "report_path",
        "report_url",
        "extend_conn_id",
    )
    template_ext: Sequence[str] = RULES_EXT
    ui_color = "#fff3d6"
    inherits_from_skipmixin = True
    operator_extra_links = (ExtendGateReportLink(),)

    def __init__(
        self,
        *,
        run: Mapping[str, Any] | str,
        rules: Mapping[str, Any] | str,
        on_fail: str = ON_FAIL_FAIL,
        on_inconclusive: str = ON_FAIL_FAIL,
        on_warn: str = CONTINUE,
        store: Any = None,
        moves_baseline: bool = True,
        baseline: Mapping[str, Any] | str | None = None,
        config_fingerprint: str | None = None,
        items_fingerprint: str | None = None,
        report_path: str | None = None,
        report_url: str | None = None,
        ask_timeout: timedelta | None = None,
        ask_users: Sequence[Mapping[str, str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**with_inlet(store, kwargs))
        self.run = run
        self.rules = rules
        self.on_fail = on_fail
        self.on_inconclusive = on_inconclusive
        self.on_warn = on_warn
        self.store = store
        self.moves_baseline = moves_baseline
        self.baseline = baseline
        self.config_fingerprint = config_fingerprint
        self.items_fingerprint = items_fingerprint
        self.report_path = report_path
        self.report_url = report_url
        self.ask_timeout = ask_timeout
        self.ask_users = ask_users
        #: Airflow puts the text of a file into `rules` and forgets its name.
        self.rules_name = rules if isinstance(rules, str) and rules.endswith(RULES_EXT) else "rules"

    @classmethod
    def endpoints(cls, version: str) -> frozenset[str]:
        return uses.reading(BATCH_PROCESSOR_RUN, version) | uses.reading(EVALUATION_SET_RUN, version)

    # ------------------------------------------------------------------------------------ the rules file

    def resolve_template_files(self) -> None:
        """When the DAG file is parsed: what is in an object store waits until the gate runs."""
        if not is_elsewhere(self.rules):
            super().resolve_template_files()

    def get_template_env(self, dag: Any = None) -> Any:
        """Airflow's own, which also finds the rules by an absolute path or in an object store."""
        import jinja2

        env = super().get_template_env(dag=dag)
        loaders = [loader for loader in (env.loader, jinja2.FunctionLoader(_anywhere)) if loader is not None]
        env.loader = jinja2.ChoiceLoader(loaders)
        return env

    # ------------------------------------------------------------------------------------------ the task

    def execute(self, context: Context) -> dict[str, Any]:
        with airflow_errors():
            self._check_actions()
            rules = rules_of(self.rules, self.rules_name)
            memory = memory_of(self.store, context, self.log)
        now = datetime.now(UTC)
        report = self._judged(rules, memory, now)
        if memory is not None and report.verdict != ERROR:
            memory.keep_answer(report, now)
        return self._conclude(context, report, memory)

    def execute_complete(self, context: Context, event: Any) -> dict[str, Any]:
        """A person has decided, or has not in time."""
        ti = context["ti"]
        value = ti.xcom_pull(task_ids=self.task_id, key="report", map_indexes=ti.map_index)
        report = Report.from_dict(value)
        with airflow_errors():
            answer = answer_in(event, OPTIONS)
        if answer is None:
            raise AirflowFailException(
                f"Gate: {report.verdict}, and nobody has decided in time. {report.reason} Clear this task to ask again."
            )
        self.log.info("%s.", answer.words)
        decided = replace(report, reason=f"{report.reason} {answer.words}.")
        value = self._leave(context, decided, answer)
        if answer.chosen == HOLD_BACK:
            raise AirflowSkipException(f"Held back: {decided.reason}")
        return self._go_on(context, value, decided)

    def _conclude(self, context: Context, report: Report, memory: GateMemory | None) -> dict[str, Any]:
        action = self._action(report.verdict)
        value = self._leave(context, report, None)
        self.log.info("%s", report.as_text())
        if action == ASK:
            ask(
                self,
                context,
                subject=f"{report.verdict}: let {report.evidence.processor_id or 'the processor'} through?",
                body=_gate_report.markdown(report),
                options=OPTIONS,
                method_name="execute_complete",
                timeout=self.ask_timeout,
                users=self.ask_users,
            )
        if action == ON_FAIL_SKIP:
            raise AirflowSkipException(f"Held back: {report.reason}")
        if action == ON_FAIL_FAIL:
            raise AirflowFailException(f"Gate: {report.verdict}. {report.reason}")
        if report.verdict == PASS and memory is not None and self.moves_baseline:
            move_baseline(memory, report, self.client(), self.log)
        return self._go_on(context, value, report, None if action == CONTINUE else action)

    def _judged(self, rules: Rules, memory: GateMemory | None, now: datetime) -> Report:
        evidence: Evidence | None = None
        try:
            evidence = self._evidence()
            with airflow_errors():
                baseline = baseline_of(rules.baseline, self.baseline, evidence, memory, self.client)
            looks = memory.look(evidence) if memory is not None else None
            return judge(rules, evidence, today=now.date(), baseline=baseline, looks=looks)
        except ValueError as error:
            return not_judged(str(error), evidence, now.date())

    def _evidence(self) -> Evidence:
        with airflow_errors():
            evidence = evidence_of(self.run, self.client)
        return replace(
            evidence,
            config_fingerprint=self.config_fingerprint or evidence.config_fingerprint,
            items_fingerprint=self.items_fingerprint or evidence.items_fingerprint,
        )

    # ------------------------------------------------------------------------------ what comes of a verdict

    def _action(self, verdict: str) -> str:
        actions = {
            PASS: CONTINUE,
            WARN: self.on_warn,
            INCONCLUSIVE: self.on_inconclusive,
            FAIL: self.on_fail,
        }
        return actions.get(verdict, ON_FAIL_FAIL)

    @property
    def _branches(self) -> set[str]:
        return {self.on_warn, self.on_inconclusive, self.on_fail} - set(_WORDS)

    def _check_actions(self) -> None:
        for name in ("on_warn", "on_inconclusive", "on_fail"):
            action = getattr(self, name)
            if action == ASK:
                check_can_ask(name)
            elif action not in _WORDS and action not in self.downstream_task_ids:
                raise ExtendInputError(
                    f"{name} is {action!r}: expected 'fail', 'skip' or a task directly downstream of this one "
                    f"({', '.join(sorted(self.downstream_task_ids)) or 'there is none'}), or 'continue' or 'ask'. The "
                    "run was not judged."
                )

    def _go_on(
        self, context: Context, value: dict[str, Any], report: Report, branch: str | None = None
    ) -> dict[str, Any]:
        events: Any = context.get("outlet_events")
        for asset in self.outlets if events is not None else ():
            if hasattr(asset, "uri") and hasattr(asset, "name"):
                events[asset].extra = _gate_report.for_event(report, value)
        if self._branches:
            # Some versions of Airflow end the task right in the branching, before a value can be returned.
            context["ti"].xcom_push(key="return_value", value=value)
            others = sorted(self.downstream_task_ids - self._branches)
            self.do_branch(context, others if branch is None else branch)
        return value

    def _leave(self, context: Context, report: Report, answer: PersonsAnswer | None) -> dict[str, Any]:
        """Push and write what was found, before anything is decided by it."""
        ti = context["ti"]
        value = _gate_report.in_xcom(report)
        url = self.report_url or self.report_path
        if self.report_path:
            ti.xcom_push(key=REPORT_URL_KEY, value=url)
            value[REPORT_URL_KEY] = url
        if answer is not None:
            ti.xcom_push(key=ANSWER_KEY, value=answer.as_dict())
            value[ANSWER_KEY] = answer.as_dict()
        ti.xcom_push(key="verdict", value=report.verdict)
        ti.xcom_push(key="reasons", value=_gate_report.reasons(report))
        for name in ("metrics", "counts"):
            ti.xcom_push(key=name, value=value["evidence"][name])
        ti.xcom_push(key="report", value=value)
        # A report that a person has decided on is as it was pushed, which may be less than was written before.
        if self.report_path and not (answer and (report.left_out or report.evidence.truncated)):
            with airflow_errors():
                _gate_report.write(report, self.report_path)
        return value


def _anywhere(path: str) -> str | None:
    """The text of a template by an absolute path, or in an object store; None where it is neither."""
    if "://" not in path and not path.startswith("/"):
        return None
    from airflow.sdk import ObjectStoragePath

    target = ObjectStoragePath(path)
    text: str | None = target.read_text() if target.exists() else None
    return text
