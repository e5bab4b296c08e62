"""The baseline of a gate: which run becomes it, and how an operator gets at its store."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_extend._compat import Context
from airflow_provider_extend.api.runs import BATCH_PROCESSOR_RUN
from airflow_provider_extend.gate.evidence import Baseline, Evidence
from airflow_provider_extend.reading import is_gone, look_up

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient
    from airflow_provider_extend.gate.report import Report
    from airflow_provider_extend.gate_store import GateMemory


def with_inlet(store: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """`kwargs` of an operator that is to reach the state store of an asset: it is one of its inlets.

    Where Airflow has no such store it is none: 3.0 takes an asset that is but an inlet for one that is not in use.
    """
    if (
        isinstance(store, str)
        or not hasattr(store, "uri")
        or "asset_state_store" not in Context.__annotations__
    ):
        return kwargs
    given = kwargs.get("inlets") or []
    return {**kwargs, "inlets": [*(given if isinstance(given, list | tuple) else [given]), store]}


def move_baseline(memory: GateMemory, report: Report, client: ExtendClient, log: Any) -> bool:
    """Make what passed the baseline, by the time at which its run was started; say so where it is not."""
    baseline = Baseline.after(report, None, "what passed last")
    if baseline is None:
        log.info("The baseline stays: it moves on PASS only, and this is %s.", report.verdict)
        return False
    created = _created(client, report.evidence)
    if created is None:
        log.warning("The baseline stays: when run %s was started cannot be read.", report.evidence.id)
        return False
    moved = memory.move_baseline(baseline, created)
    if moved:
        log.info("Run %s is the baseline now, in %s.", report.evidence.id, memory.told)
    else:
        log.warning("The baseline in %s is not run %s.", memory.told, report.evidence.id)
    return moved


def _created(client: ExtendClient, evidence: Evidence) -> datetime | None:
    try:
        run = look_up(client, evidence.kind or BATCH_PROCESSOR_RUN, evidence.id)
    except Exception as error:
        if not is_gone(error):
            raise
        return None
    return run.created_at
