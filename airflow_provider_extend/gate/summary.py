"""What every form of a report says beside its lines: the headline, what would settle it, what it has cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow_provider_extend.gate.report import MAX, MAX_DROP, MAX_GAIN, MIN, Line, Report
from airflow_provider_extend.gate.rules import Waiver
from airflow_provider_extend.gate.verdicts import ERROR, FAIL, INCONCLUSIVE, PASS, WARN
from airflow_provider_extend.gate.wording import bound, points, shown

#: Verdict -> a sign that is told from the others by its shape.
SIGNS = {PASS: "✓", WARN: "▲", INCONCLUSIVE: "?", FAIL: "✗", ERROR: "!"}

_HEADLINES = {
    PASS: "All {of:,} checks pass.",
    WARN: "{some:,} of {of:,} checks warn, none is worse.",
    INCONCLUSIVE: "The evidence does not settle {some:,} of {of:,} checks.",
    FAIL: "{some:,} of {of:,} checks fail.",
    ERROR: "No judgement was possible: {some:,} of {of:,} checks could not be made.",
}


def headline(report: Report) -> str:
    """The whole in a sentence or two."""
    some, of = report.tally.get(report.verdict, 0), len(report.lines) + report.left_out
    told = _HEADLINES[report.verdict].format(some=some, of=of)
    more = documents_to_settle(report)
    if more and report.verdict in (INCONCLUSIVE, FAIL):
        told += f" About {more:,} more documents would settle what is open."
    return told


def documents_to_settle(report: Report) -> int | None:
    """About how many more documents would settle all lines that are open; None where no number is known for any."""
    wanted = [
        line.more_documents for line in report.lines if line.counts_as == INCONCLUSIVE and line.more_documents
    ]
    return max(wanted, default=None)


def credits(report: Report) -> str:
    """What the evaluation has cost, in Extend's credits."""
    usage = report.evidence.usage or {}
    given = usage.get("totalCredits", usage.get("credits"))
    if isinstance(given, bool) or not isinstance(given, int | float):
        return "not given by the API"
    return f"{given:,.10g} credits"


def facts(report: Report) -> list[tuple[str, str]]:
    """What was judged, by what, and what it has cost: (name, value), without what is not known."""
    run = report.evidence
    policy = None
    if report.policy and report.confidence:
        policy = f"{report.policy}, {bound(report.confidence)} confidence"
    table = (
        ("Run", run.id),
        ("Files processed", f"{run.files[0]:,} of {run.files[1]:,}" if run.files else None),
        ("Cost of the evaluation", credits(report)),
        ("Policy", policy),
        ("Baseline", report.baseline.origin if report.baseline else None),
        ("Looks at this question", f"{report.looks:,}" if report.looks else None),
        ("Judged on", f"{report.today} (UTC)" if report.today else None),
    )
    return [(name, value) for name, value in table if value]


def details(report: Report) -> list[tuple[str, str]]:
    """What somebody needs who wants to do it again."""
    run = report.evidence
    table = (
        ("Evaluation set", run.source_id if run.source in (None, "EVAL_SET") else None),
        ("Processor", run.processor_id),
        ("Processor version", run.processor_version_id),
        ("API version", run.api_version),
        ("Bounds", report.interval),
        ("Rules", report.rules_fingerprint),
        ("Config", run.config_fingerprint),
        ("Items", run.items_fingerprint),
    )
    return [(name, value) for name, value in table if value]


def waivers(report: Report) -> list[Waiver]:
    """Those that the lines name, each once."""
    return list(dict.fromkeys(line.waiver for line in report.lines if line.waiver))


def asked(line: Line) -> str:
    """What the rule asks, in words; empty for a guard."""
    target = bound(line.target, line.unit)
    if line.check == MIN:
        return f"at least {target}, floor {bound(line.floor)}"
    if line.check == MAX:
        return f"at most {target}" + (f", ceiling {bound(line.floor)}" if line.floor is not None else "")
    if line.check == MAX_DROP and line.target is not None:
        return f"at most {_size(line.target)} below the baseline"
    if line.check == MAX_GAIN and line.target is not None:
        return f"suspicious beyond {_size(line.target)} above the baseline"
    return ""


def _size(change: float) -> str:
    return f"{abs(change) * 100:.10g}pp"


def compares(line: Line) -> bool:
    """Whether its bounds and target are those of a change."""
    return line.check in (MAX_DROP, MAX_GAIN)


def measured(line: Line) -> str:
    """The value, as far as it is known, or the change of a comparison."""
    if compares(line):
        return points(line.change) if line.change is not None else shown(line.value, line.unit)
    return shown(line.value, line.unit, line.target)


def counts(line: Line) -> str:
    """`47 of 50`, as judged; empty where nothing tells."""
    if line.n and line.k is not None:
        return (
            f"{line.k:.10g} of {line.n:.10g}"
            if float(line.k).is_integer()
            else f"{line.k:.1f} of {line.n:.10g}"
        )
    return f"{line.counts[0]} of {line.counts[1]}" if line.counts else ""


def bounds(line: Line) -> str:
    """`85.2% to 98.3%`; empty where it is judged by its value alone."""
    if line.lower is None or line.upper is None:
        return ""
    form: Callable[[Any], str] = points if compares(line) else shown
    return f"{form(line.lower)} to {form(line.upper)}"


def why(line: Line) -> str:
    """The reason, without the metric's name at its start: it stands beside it."""
    return line.reason.removeprefix(f"{line.selector} is ") if line.value is not None else line.reason


def printable(text: str) -> str:
    """`text` in one line, with what is not shown, or turns what follows around, as its code point."""
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text.replace("\n", " "))


def for_terminal(report: Report, most: int | None = None) -> str:
    """The table of a log, without what a terminal would take for a command.

    :param most: how many lines are shown, the worst ones; None for all.
    """
    plain = Report.from_dict(_all_printable(report.as_dict()))
    return (plain if most is None else plain.shortened(most)).as_text()


def _all_printable(value: Any) -> Any:
    if isinstance(value, dict):
        return {printable(str(name)): _all_printable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_all_printable(item) for item in value]
    return printable(value) if isinstance(value, str) else value
