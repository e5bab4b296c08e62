"""The gate as an assertion of a test: the same engine and the same rules as in Airflow and on the command line."""

from __future__ import annotations

import datetime
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from airflow_provider_extend.gate import summary
from airflow_provider_extend.gate.evidence import Baseline
from airflow_provider_extend.gate.judge import judge
from airflow_provider_extend.gate.report import Report
from airflow_provider_extend.gate.rules import Rules
from airflow_provider_extend.gate.rules_file import read_rules
from airflow_provider_extend.gate.verdicts import PASS, WARN
from airflow_provider_extend.gate_files import (
    baseline_named,
    baseline_of,
    evidence_of,
    load_rules_file,
    read_json,
    with_number,
)

#: Lines of a failure's table.
_MOST_LINES = 15

_Path = str | os.PathLike[str]


def assert_gate(
    run: _Path | Mapping[str, Any],
    rules: _Path | Mapping[str, Any] | Rules,
    *,
    baseline: _Path | Mapping[str, Any] | float | None = None,
    accept: Collection[str] = (PASS, WARN),
    today: datetime.date | None = None,
) -> Report:
    """Fail the test unless the gate accepts a run.

    :param run: path of a JSON file, or its content: an evaluation set run or a batch processor run as the API of any
        version answers it, the return value of a task that waited for one (docs/xcom.md), or a report of the gate.
    :param rules: path of a rules file, or its content as an object, or `Rules`.
    :param baseline: what `max_drop` compares with: as `run`, or a fraction 0..1. Without it the report that the rules
        name, or that of a report which is judged anew; there is no store here that knows the last run that passed.
    :param accept: the verdicts that let the test go on.
    :param today: by which waivers expire; None is now, UTC.
    :return: the report.
    :raises AssertionError: with the verdict, and a table of the worst lines.
    :raises UnreadableFile, RulesError: a file cannot be read, whatever `accept` is. Both are a ValueError.
    """
    __tracebackhide__ = True
    held, folder = _rules(rules)
    document = _content(run)
    compared: Baseline | None = None
    if isinstance(baseline, float | int):
        held = with_number(held, float(baseline))
    elif baseline is not None:
        compared = baseline_of(_content(baseline), _name(baseline, "the baseline"))
    else:
        compared = baseline_named(held, folder, document)
    evidence = evidence_of(document, _name(run, "the run"))
    day = today or datetime.datetime.now(datetime.UTC).date()
    report = judge(held, evidence, today=day, baseline=compared)
    if report.verdict not in accept:
        told = f"{report.verdict}: {summary.headline(report)}"
        raise AssertionError(f"{told}\n{summary.for_terminal(report, _MOST_LINES)}")
    return report


def _rules(given: _Path | Mapping[str, Any] | Rules) -> tuple[Rules, Path]:
    if isinstance(given, Rules):
        return given, Path()
    if isinstance(given, Mapping):
        return read_rules(given), Path()
    return load_rules_file(os.fspath(given)), Path(given).parent


def _content(given: _Path | Mapping[str, Any]) -> Any:
    return given if isinstance(given, Mapping) else read_json(os.fspath(given))


def _name(given: _Path | Mapping[str, Any], otherwise: str) -> str:
    return otherwise if isinstance(given, Mapping) else os.fspath(given)
