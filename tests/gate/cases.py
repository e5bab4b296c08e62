"""Runs and rules to judge, in few words."""

from __future__ import annotations

import datetime
from typing import Any

from airflow_provider_extend.gate.evidence import Baseline, Evidence
from airflow_provider_extend.gate.judge import judge
from airflow_provider_extend.gate.report import Line, Report
from airflow_provider_extend.gate.rules import Rule, Rules

TODAY = datetime.date(2026, 11, 26)
TOTAL = "extract.fields.total.accuracy"
DATE = "extract.fields.date.accuracy"


def run(counts: dict[str, tuple[int, int]] | None = None, files: Any = (200, 200), **more: Any) -> Evidence:
    """A processed run with these counts; `metrics` are of what has none."""
    counts = counts or {}
    metrics = {name: k / n for name, (k, n) in counts.items() if n} | more.pop("metrics", {})
    result = {
        "id": "bpr_1",
        "kind": "batch_processor_run",
        "status": "PROCESSED",
        "outcome": "succeeded",
        "api_version": "2026-02-09",
        "metrics_from": "evaluation_set_run",
        "metrics": metrics,
        "counts": {name: list(pair) for name, pair in counts.items()},
        "files": files and list(files),
        "source_id": "ev_1",
        **more,
    }
    return Evidence.of_result(result)


def rules(*made: Rule, **more: Any) -> Rules:
    return Rules(tuple(made), **more)


def judged(wanted: Rules, evidence: Evidence, before: Evidence | None = None, **more: Any) -> Report:
    baseline = Baseline(before, "last passed") if before else None
    return judge(wanted, evidence, today=TODAY, baseline=baseline, **more)


def line_of(report: Report, check: str, selector: str | None = None) -> Line:
    [found] = [line for line in report.lines if line.check == check and selector in (None, line.selector)]
    return found
