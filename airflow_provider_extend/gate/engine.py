"""Judging metrics by minimum values.

Verdicts, worst wins: PASS < FAIL < ERROR. ERROR means that no judgement was possible: a metric that is not
there never passes. The bound is inclusive; counts (k of n) are compared exactly, without rounding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from airflow_provider_extend.gate.selectors import levels, matching, nearest

PASS = "PASS"
FAIL = "FAIL"
ERROR = "ERROR"
_ORDER = (PASS, FAIL, ERROR)
_MAX_REASONS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """One metric under one rule.

    :ivar rule: the rule's selector, wildcards included. :ivar selector: the metric, None if there is none.
    :ivar minimum: fraction 0..1. :ivar value: fraction 0..1, None if there is none.
    :ivar counts: [successes, trials] where the API gave them.
    """

    rule: str
    selector: str | None
    minimum: float
    value: float | None
    counts: tuple[int, int] | None
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict over all rules and how it came about."""

    verdict: str
    rules: tuple[Judged, ...]
    reason: str

    def as_dict(self, most: int | None = None) -> dict[str, Any]:
        """JSON-ready; with at most `most` lines, the worst ones, and then `truncated: True`."""
        lines = self.rules
        if most is not None and len(lines) > most:
            lines = tuple(sorted(lines, key=lambda line: -_ORDER.index(line.verdict))[:most])
        shown: dict[str, Any] = {
            "verdict": self.verdict,
            "reason": self.reason,
            "rules": [
                {**asdict(line), "counts": list(line.counts) if line.counts else None} for line in lines
            ],
        }
        if len(lines) < len(self.rules):
            shown["truncated"] = True
        return shown

    def as_text(self) -> str:
        """A table for a log."""
        rows = [("verdict", "metric", "value", "minimum", "counts")]
        for judged in self.rules:
            value = "-" if judged.value is None else _percent(judged.value, judged.minimum)
            counts = f"{judged.counts[0]} of {judged.counts[1]}" if judged.counts else "-"
            rows.append(
                (judged.verdict, judged.selector or judged.rule, value, f"{judged.minimum:.2%}", counts)
            )
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        table = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
        ]
        return "\n".join([f"Gate: {self.verdict}. {self.reason}", *(line.rstrip() for line in table)])


def check_rules(rules: Any) -> dict[str, float]:
    """`rules` as selector -> minimum.

    :raises ValueError: naming the rule, its value and what was expected.
    """
    if not isinstance(rules, Mapping) or not rules:
        raise ValueError(
            f"rules is {rules!r}: expected a mapping of selector to minimum, for instance "
            "{'extract.accuracy': 0.95}."
        )
    checked = {}
    for selector, minimum in rules.items():
        if not isinstance(selector, str):
            raise ValueError(f"Rule {selector!r}: a selector is text such as 'extract.accuracy'.")
        first = levels(selector)[0]
        if first == "latency":
            raise ValueError(f"Rule {selector!r}: a latency has no minimum to reach.")
        if isinstance(minimum, bool) or not isinstance(minimum, int | float) or not 0 <= minimum <= 1:
            raise ValueError(
                f"Rule {selector!r}: the minimum is {minimum!r}; expected a fraction from 0 to 1 (95 % is 0.95)."
            )
        checked[selector] = minimum
    return checked


def judge(
    rules: Mapping[str, float], values: Mapping[str, float], counts: Mapping[str, Sequence[int]]
) -> Report:
    """Hold `values` against `rules`.

    :param rules: selector (wildcards allowed) -> minimum, as a fraction; see `check_rules`.
    :param values: selector -> fraction. :param counts: selector -> (successes, trials).
    """
    # A wildcard asks for proportions: milliseconds have no minimum to reach.
    proportions = {
        selector: value for selector, value in values.items() if not selector.startswith("latency.")
    }
    judged = tuple(
        line for rule, minimum in rules.items() for line in _judge_rule(rule, minimum, proportions, counts)
    )
    verdict = worst(line.verdict for line in judged)
    bad = [line.reason for line in judged if line.verdict == verdict]
    more = f" And {len(bad) - _MAX_REASONS} more." if len(bad) > _MAX_REASONS else ""
    reason = f"All {len(judged)} metrics reach their minimum."
    if verdict != PASS:
        reason = " ".join(bad[:_MAX_REASONS]) + more
    return Report(verdict, judged, reason)


def not_judged(reason: str) -> Report:
    """The report of a run that cannot be judged at all."""
    return Report(ERROR, (), reason)


def worst(verdicts: Iterable[str]) -> str:
    return max(verdicts, key=_ORDER.index, default=ERROR)


def _judge_rule(
    rule: str, minimum: float, values: Mapping[str, float], counts: Mapping[str, Sequence[int]]
) -> Iterable[Judged]:
    found = matching(rule, values)
    if not found:
        near = ", ".join(nearest(rule, values)) or "none at all"
        reason = f"{rule} is not among the metrics of the run; there are: {near}."
        yield Judged(rule, None, minimum, None, None, ERROR, reason)
    for selector in found:
        pair = counts.get(selector)
        k_n = (pair[0], pair[1]) if pair else None
        reached = _share(values[selector], k_n) >= Fraction(str(minimum))
        shown = _percent(values[selector], minimum)
        evidence = shown + (f" ({k_n[0]} of {k_n[1]})" if k_n else "")
        reason = f"{selector} is {evidence}, {'not below' if reached else 'below'} {minimum:.2%}."
        yield Judged(rule, selector, minimum, values[selector], k_n, PASS if reached else FAIL, reason)


def _percent(value: float, minimum: float) -> str:
    """With as many digits as it takes to tell it from the minimum."""
    for digits in range(2, 10):
        if (shown := f"{value:.{digits}%}") != f"{minimum:.{digits}%}" or value == minimum:
            return shown
    return shown


def _share(value: float, counts: tuple[int, int] | None) -> Fraction:
    return Fraction(*counts) if counts and counts[1] else Fraction(str(value))
