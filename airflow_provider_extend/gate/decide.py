"""One metric under one bound: what the evidence allows to say.

Each bound is two tests. One can say that the metric fails: its p value is corrected for the fields that are judged
together, so that a healthy release fails rarely. The other can say that it passes, and is not corrected, since all
fields have to pass.
"""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_extend.gate import intervals
from airflow_provider_extend.gate.rules import BALANCED, POINT, Rules
from airflow_provider_extend.gate.samples import Sample
from airflow_provider_extend.gate.verdicts import FAIL, INCONCLUSIVE, PASS, WARN

NEWCOMBE = "newcombe"


@dataclass(frozen=True, slots=True)
class Decision:
    """What one metric comes to, before the correction for the others.

    :ivar otherwise: the verdict unless it fails. :ivar lower, upper: one-sided bounds.
    :ivar tested: whether it is one of those that the correction is for; if not, `otherwise` is the verdict.
    :ivar p: it fails where this, corrected, is below 1 - confidence; 1 where its own bound does not.
    """

    otherwise: str
    lower: float | None = None
    upper: float | None = None
    method: str = POINT
    tested: bool = False
    p: float = 1.0


def at_least(sample: Sample, target: float, floor: float, rules: Rules) -> Decision:
    """`min`: the share should reach `target`, and must not be at `floor` or below."""
    lower, upper = _bounds(sample, rules)
    if not _by_bounds(sample, rules):
        return _by_point(sample.compared_to(target) >= 0, sample, rules, lower, upper)
    p = intervals.too_low(sample.k, sample.n or 0, target, rules.interval) if upper < target else 1.0
    reached = sample.compared_to(target) >= 0
    return Decision(
        _unless_it_fails(lower, target, floor, reached, rules), lower, upper, rules.interval, True, p
    )


def at_most(sample: Sample, target: float, ceiling: float, rules: Rules) -> Decision:
    """`max`: the mirror of `at_least`."""
    lower, upper = _bounds(sample, rules)
    if not _by_bounds(sample, rules):
        return _by_point(sample.compared_to(target) <= 0, sample, rules, lower, upper)
    p = intervals.too_high(sample.k, sample.n or 0, target, rules.interval) if lower > target else 1.0
    reached = sample.compared_to(target) <= 0
    otherwise = _unless_it_fails(1 - upper, complement(target), complement(ceiling), reached, rules)
    return Decision(otherwise, lower, upper, rules.interval, True, p)


def not_dropped(sample: Sample, before: Sample, drop: float, rules: Rules) -> Decision:
    """`max_drop`: the share is not more than `drop` below that of the baseline."""
    kept = sample.compared_to(_round(before.share - drop)) >= 0
    if not sample.n or not before.n:
        return _by_point(kept, sample, rules, None, None)
    counts = (sample.k, sample.n, before.k, before.n)
    lower, upper = intervals.difference(*counts, rules.confidence)
    if not _by_bounds(sample, rules):
        return _by_point(kept, sample, rules, lower, upper)
    p = intervals.dropped(*counts, drop) if upper < -drop else 1.0
    return Decision(PASS if lower >= -drop else INCONCLUSIVE, lower, upper, NEWCOMBE, True, p)


def not_dropped_below(sample: Sample, before: float, drop: float, rules: Rules) -> Decision:
    """`max_drop` against a number, which has no error of its own."""
    least = max(0.0, _round(before - drop))
    lower, upper = _bounds(sample, rules)
    lowest, highest = lower - before, upper - before
    if not _by_bounds(sample, rules):
        return _by_point(sample.compared_to(least) >= 0, sample, rules, lowest, highest)
    p = intervals.too_low(sample.k, sample.n or 0, least, rules.interval) if upper < least else 1.0
    return Decision(PASS if lower >= least else INCONCLUSIVE, lowest, highest, rules.interval, True, p)


def gained(decision: Decision, change: float, gain: float) -> bool:
    """`max_gain`: whether a gain is larger than `gain`, beyond chance where the bounds are known."""
    return (change if decision.lower is None else decision.lower) > gain


def _unless_it_fails(lower: float, target: float, floor: float, reached: bool, rules: Rules) -> str:
    if rules.policy == BALANCED:
        return INCONCLUSIVE if lower < floor else PASS if reached else WARN
    return PASS if lower >= target else INCONCLUSIVE


def _by_bounds(sample: Sample, rules: Rules) -> bool:
    return rules.policy != POINT and bool(sample.n)


def _by_point(
    reached: bool, sample: Sample, rules: Rules, lower: float | None, upper: float | None
) -> Decision:
    """Of the policy `point`; the others cannot tell without trials."""
    known = sample.n is None or sample.n > 0
    if rules.policy != POINT or not known:
        return Decision(INCONCLUSIVE)
    return Decision(PASS if reached else FAIL, lower if sample.n else None, upper if sample.n else None)


def _bounds(sample: Sample, rules: Rules) -> tuple[float, float]:
    n = sample.n or 0
    return (
        intervals.lower(sample.k, n, rules.confidence, rules.interval),
        intervals.upper(sample.k, n, rules.confidence, rules.interval),
    )


def complement(bound: float) -> float:
    """The bound of the opposite share."""
    return _round(1 - bound)


def _round(value: float) -> float:
    """Without the last digits that subtraction leaves behind: 1 - 0.9 is 0.1."""
    return round(value, 14)
