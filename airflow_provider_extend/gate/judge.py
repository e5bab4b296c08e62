"""Rules, evidence and a baseline in, a report out.

Verdicts, worst wins: PASS < WARN < INCONCLUSIVE < FAIL < ERROR. ERROR means that no judgement was possible: a metric
that is not there, or is no number, never passes, whatever the severity of its rule.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace

from airflow_provider_extend.gate import guards
from airflow_provider_extend.gate.evidence import Baseline, Evidence
from airflow_provider_extend.gate.lines import Compared, lines_of
from airflow_provider_extend.gate.report import Line, Report, worst_first
from airflow_provider_extend.gate.rules import Rules
from airflow_provider_extend.gate.verdicts import ERROR, INCONCLUSIVE, PASS, softer, worst

_MOST_REASONS = 10


def judge(
    rules: Rules,
    evidence: Evidence,
    *,
    today: datetime.date,
    baseline: Baseline | None = None,
    looks: int | None = None,
) -> Report:
    """Hold a run against `rules`. Nothing about a run makes this raise.

    :param today: the day, UTC, by which waivers expire.
    :param baseline: None where there is none yet. One that cannot be read is `not_judged`.
    :param looks: how many times this question (`Evidence.question`) was looked at, this time included; None where
        nobody counts.
    """
    refused = guards.unjudgeable(evidence)
    if refused:
        lines: list[Line] = [guards.run_line(refused)]
    else:
        lines = worst_first(_lines(rules, evidence, baseline, today))
    verdict = worst(line.counts_as for line in lines)
    return Report(
        verdict=verdict,
        reason=_reason(verdict, lines),
        lines=tuple(lines),
        evidence=evidence,
        baseline=baseline,
        policy=rules.policy,
        confidence=rules.confidence,
        interval=rules.interval,
        today=today.isoformat(),
        looks=looks,
        rules_fingerprint=rules.fingerprint,
    )


def not_judged(reason: str, evidence: Evidence | None = None, today: datetime.date | None = None) -> Report:
    """The report where rules, run or baseline cannot be read: an ERROR."""
    return Report(
        verdict=ERROR,
        reason=reason,
        lines=(guards.run_line(reason),),
        evidence=evidence or Evidence(),
        today=today.isoformat() if today else None,
    )


def _reason(verdict: str, lines: Sequence[Line]) -> str:
    if verdict == PASS:
        return f"All {sum(line.rule is not None for line in lines)} judgements pass."
    bad = [line.reason for line in lines if line.counts_as == verdict]
    more = f" And {len(bad) - _MOST_REASONS} more." if len(bad) > _MOST_REASONS else ""
    return " ".join(bad[:_MOST_REASONS]) + more


def _lines(
    rules: Rules, evidence: Evidence, baseline: Baseline | None, today: datetime.date
) -> Iterator[Line]:
    yield guards.coverage(evidence, rules.min_processed)
    other_items = False
    comparing = [rule.comparison_at_worst for rule in rules.rules if rule.compares]
    if baseline and comparing:
        line = guards.identity(evidence, baseline)
        yield replace(line, counts_as=softer(line.verdict, worst(comparing)))
        other_items = line.verdict == INCONCLUSIVE
    waived, wrong = guards.waivers(rules, {*evidence.metrics, *evidence.unusable, *evidence.counts}, today)
    yield from wrong
    compared = Compared(baseline, other_items, rules.baseline)
    for rule in rules.rules:
        yield from lines_of(rule, rules, evidence, compared, waived)
