"""From a draft to a published version, in one task group: evaluate, judge, publish, remember."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import TaskGroup

from airflow_provider_extend.hooks.extend import ExtendHook
from airflow_provider_extend.operators.evaluation_baseline import ExtendRecordBaselineOperator
from airflow_provider_extend.operators.evaluation_gate import CONTINUE, ExtendEvaluationGateOperator
from airflow_provider_extend.operators.evaluation_set_run import ExtendRunEvaluationSetOperator
from airflow_provider_extend.operators.processor_version import ExtendPublishProcessorVersionOperator


def gated_publish(
    group_id: str = "gated_publish",
    *,
    evaluation_set_id: str,
    rules: Mapping[str, Any] | str,
    store: Any = None,
    fresh: bool | str = False,
    processor_id: str | None = None,
    evaluation_set_item_ids: Sequence[str] | None = None,
    release_type: str = "minor",
    description: str = "",
    on_warn: str = "continue",
    on_inconclusive: str = "fail",
    on_fail: str = "fail",
    report_path: str | None = None,
    ask_timeout: timedelta | None = None,
    extend_conn_id: str = ExtendHook.default_conn_name,
    evaluate: Mapping[str, Any] | None = None,
    gate: Mapping[str, Any] | None = None,
    publish: Mapping[str, Any] | None = None,
) -> TaskGroup:
    """Evaluate a draft, judge it, publish what was judged, and remember it as what the next draft is compared with.

    Four tasks: `evaluate` starts the run and waits for it (deferred, where `deferrable` says so), unless the store
    knows the answer; `gate`; `publish`, which refuses a draft that was edited meanwhile; `record`, where there is a
    store. Of each DAG one `gate` and one `record` at a time write to the store. 2026-02-09.

    :param store: what remembers baseline, answers and looks: an `Asset` or a path; see `ExtendEvaluationGateOperator`.
    :param fresh: evaluate although the question was answered before.
    :param on_inconclusive: as the gate's, but for `continue`: what was not shown to be good is published by a person
        alone (`ask`). :param on_fail: the same.
    :param evaluate: more parameters of `ExtendRunEvaluationSetOperator`, such as `deferrable`, `timeout`, `max_runs`.
    :param gate: more of `ExtendEvaluationGateOperator`, such as `outlets`, `baseline`, `ask_users`.
    :param publish: more of `ExtendPublishProcessorVersionOperator`.

    The other parameters are those operators' own.

    :raises ValueError: `on_inconclusive` or `on_fail` is `continue`.
    """
    for name, action in (("on_inconclusive", on_inconclusive), ("on_fail", on_fail)):
        if action == CONTINUE:
            raise ValueError(
                f"{name} is 'continue': gated_publish would publish what is not shown to be good. Use 'ask' to have a "
                "person decide, or put the operators together yourself."
            )
    one_at_a_time = {"max_active_tis_per_dag": 1} if store is not None else {}
    with TaskGroup(group_id) as group:
        evaluated = ExtendRunEvaluationSetOperator(
            task_id="evaluate",
            evaluation_set_id=evaluation_set_id,
            processor_id=processor_id,
            evaluation_set_item_ids=evaluation_set_item_ids,
            wait_for_completion=True,
            store=store,
            fresh=fresh,
            extend_conn_id=extend_conn_id,
            **(evaluate or {}),
        )
        result: Any = evaluated.output
        judged = ExtendEvaluationGateOperator(
            task_id="gate",
            run=result,
            rules=rules,
            on_warn=on_warn,
            on_inconclusive=on_inconclusive,
            on_fail=on_fail,
            store=store,
            moves_baseline=False,
            report_path=report_path,
            ask_timeout=ask_timeout,
            extend_conn_id=extend_conn_id,
            **{**one_at_a_time, **(gate or {})},
        )
        published = ExtendPublishProcessorVersionOperator(
            task_id="publish",
            run=result,
            release_type=release_type,
            description=description,
            config_fingerprint=result["config_fingerprint"],
            extend_conn_id=extend_conn_id,
            **(publish or {}),
        )
        judged >> published
        if store is not None:
            report: Any = judged.output
            published >> ExtendRecordBaselineOperator(
                task_id="record",
                report=report,
                run=result,
                store=store,
                extend_conn_id=extend_conn_id,
                **one_at_a_time,
            )
    return group
