"""What a gate leaves behind: XComs within their size, files, and the extra of an asset's event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.errors import ExtendOutputNotWritten
from airflow_provider_extend.gate.verdicts import PASS
from airflow_provider_extend.results import XCOM_LIMIT, json_size, write_text

if TYPE_CHECKING:
    from airflow_provider_extend.gate.report import Line, Report

_MOST_REASONS = 20
_MOST_OF_A_REASON = 500
#: A question to a person shows this many lines of the report.
_MOST_ASKED = 20


def in_xcom(report: Report) -> dict[str, Any]:
    """The report as it is pushed: whole, or its worst lines and the metrics that they name.

    `rules` and `run_id` say the same as before there were lines: {rule, selector, minimum, value, counts, verdict,
    reason} of each judgement by a minimum.
    """
    value, most = _value(report), 2 * len(report.lines)
    while json_size(value) > XCOM_LIMIT and most > 1:
        most //= 2
        value = _value(_shortened(report, most))
    return value


def reasons(report: Report) -> list[str]:
    """Of the lines that do not pass, the worst first."""
    told = [line.reason for line in report.lines if line.counts_as != PASS]
    return [reason[:_MOST_OF_A_REASON] for reason in told[:_MOST_REASONS]]


def for_event(report: Report, value: Mapping[str, Any]) -> dict[str, Any]:
    """The extra of an asset's event."""
    evidence = report.evidence
    return {
        "verdict": report.verdict,
        "reason": report.reason[:_MOST_OF_A_REASON],
        "run_id": evidence.id,
        "processor_id": evidence.processor_id,
        "processor_version_id": evidence.processor_version_id,
        "source_id": evidence.source_id,
        "question": evidence.question,
        "looks": report.looks,
        "report_url": value.get("report_url"),
        "answer": value.get("answer"),
    }


def markdown(report: Report) -> str:
    """The question's text: the worst lines, and how many more there are."""
    from airflow_provider_extend.gate.markdown import as_markdown

    return as_markdown(report.shortened(_MOST_ASKED))


def json_beside(report_path: str) -> str:
    """Where the JSON of a report goes whose page is at `report_path`."""
    return report_path.removesuffix(".json").removesuffix(".html") + ".json"


def write(report: Report, report_path: str) -> None:
    """The page at `report_path`, and the JSON that it was made from beside it; a path that ends in `.json` gets that
    alone.

    :raises ExtendOutputNotWritten: it cannot be written.
    """
    from airflow_provider_extend.gate.html import as_html

    texts = {report_path: as_html(report), json_beside(report_path): json.dumps(report.as_dict())}
    for path, text in texts.items():
        try:
            write_text(path, text)
        except Exception as error:
            # The kind of error: its text may hold a key of the store.
            raise ExtendOutputNotWritten(
                f"The report cannot be written to {path} ({type(error).__name__}). The run was judged "
                f"{report.verdict}; a retry judges it again, at no cost.",
                run_id=str(report.evidence.id),
            ) from None


def _value(report: Report) -> dict[str, Any]:
    value = {
        **report.as_dict(),
        "run_id": report.evidence.id,
        "rules": [_as_before(line) for line in report.lines if line.rule and line.check in ("min", "metric")],
    }
    return {**value, "truncated": True} if report.left_out or report.evidence.truncated else value


def _shortened(report: Report, most: int) -> Report:
    """With the `most` worst lines, and of run and baseline the metrics alone that these name."""
    lines = report.lines[:most]
    named = {line.selector for line in lines}
    baseline = report.baseline
    return replace(
        report,
        lines=lines,
        left_out=report.left_out + len(report.lines) - len(lines),
        evidence=report.evidence.only(named),
        baseline=replace(baseline, evidence=baseline.evidence.only(named)) if baseline else None,
    )


def _as_before(line: Line) -> dict[str, Any]:
    return {
        "rule": line.rule,
        "selector": line.selector,
        "minimum": line.target,
        "value": line.value,
        "counts": list(line.counts) if line.counts else None,
        "verdict": line.verdict,
        "reason": line.reason,
    }
