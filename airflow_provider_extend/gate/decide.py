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


@dataclass(frozen=True, slots=True)
class Decision:
    """What one metric comes to, before the correction for the others.

    :ivar otherwise: the verdict unless it fails. :ivar lower, upper: one-sided bounds.
    :ivar p: it fails where this, corrected, is below 1 - confidence; None: `otherwise` is the verdict.
    """

    otherwise: str
    p: float | None = None
    lower: float | None = None
    upper: float | None = None
    method: str = POINT

    @property
    def counted(self) -> bool:
        """Whether it is one of those that the correction is for."""
        return self.p is not None


def at_least(sample: Sample, target: float, floor: float, rules: Rules) -> Decision:
    """`min`: the share should reach `target`, and must not be at `floor` or below."""
    reached = sample.compared_to(target) >= 0
    if rules.policy == POINT:
        return _point(PASS if reached else FAIL, sample, rules)
    if not sample.n:
        return Decision(INCONCLUSIVE)
    if rules.policy == BALANCED:
        held, passed = floor, PASS if reached else WARN
    else:
        held, passed = target, PASS
    shown = _above(sample.k, sample.n, held, rules)
    p = intervals.too_low(sample.k, sample.n, target, rules.interval)
    return _counted(passed if shown else INCONCLUSIVE, p, sample, rules)


def at_most(sample: Sample, target: float, ceiling: float, rules: Rules) -> Decision:
    """`max`: the mirror of `at_least`."""
    reached = sample.compared_to(target) <= 0
    if rules.policy == POINT:
        return _point(PASS if reached else FAIL, sample, rules)
    if not sample.n:
        return Decision(INCONCLUSIVE)
    if rules.policy == BALANCED:
        held, passed = ceiling, PASS if reached else WARN
    else:
        held, passed = target, PASS
    wrong = sample.n - sample.k
    shown = _above(wrong, sample.n, complement(held), rules)
    p = intervals.too_low(wrong, sample.n, complement(target), rules.interval)
    return _counted(passed if shown else INCONCLUSIVE, p, sample, rules)


def not_dropped(sample: Sample, before: Sample, drop: float, rules: Rules) -> Decision:
    """`max_drop`: the share is not more than `drop` below that of the baseline."""
    lost = sample.compared_to(_round(before.share - drop)) < 0
    if not sample.n or not before.n:
        return Decision(INCONCLUSIVE if rules.policy != POINT else FAIL if lost else PASS)
    counts = (sample.k, sample.n, before.k, before.n)
    lower, upper = intervals.difference(*counts, rules.confidence)
    if rules.policy == POINT:
        return Decision(FAIL if lost else PASS, None, lower, upper)
    p = intervals.dropped(*counts, drop) if upper < -drop else 1.0
    return Decision(PASS if lower >= -drop else INCONCLUSIVE, p, lower, upper, "newcombe")


def not_dropped_below(sample: Sample, before: float, drop: float, rules: Rules) -> Decision:
    """`max_drop` against a number, which has no error of its own."""
    least = max(0.0, _round(before - drop))
    lost = sample.compared_to(least) < 0
    if not sample.n:
        return Decision(INCONCLUSIVE if rules.policy != POINT else FAIL if lost else PASS)
    lower, upper = _bounds(sample, rules)
    if rules.policy == POINT:
        return Decision(FAIL if lost else PASS, None, lower - before, upper - before)
    shown = _above(sample.k, sample.n, least, rules)
    p = intervals.too_low(sample.k, sample.n, least, rules.interval)
    return Decision(PASS if shown else INCONCLUSIVE, p, lower - before, upper - before, rules.interval)


def gained(decision: Decision, change: float, gain: float) -> bool:
    """`max_gain`: whether a gain is larger than `gain`, beyond chance where the bounds are known."""
    return (change if decision.lower is None else decision.lower) > gain


def _point(verdict: str, sample: Sample, rules: Rules) -> Decision:
    lower, upper = _bounds(sample, rules) if sample.n else (None, None)
    return Decision(verdict, None, lower, upper)


def _counted(otherwise: str, p: float, sample: Sample, rules: Rules) -> Decision:
    lower, upper = _bounds(sample, rules)
    return Decision(otherwise, p, lower, upper, rules.interval)


def _bounds(sample: Sample, rules: Rules) -> tuple[float, float]:
    assert sample.n is not None
    return (
        intervals.lower(sample.k, sample.n, rules.confidence, rules.interval),
        intervals.upper(sample.k, sample.n, rules.confidence, rules.interval),
    )


def _above(k: float, n: float, bound: float, rules: Rules) -> bool:
    """Whether the lower bound reaches `bound`."""
    return bound <= 0 or intervals.too_high(k, n, bound, rules.interval) <= rules.error


def complement(bound: float) -> float:
    """The bound of the opposite share."""
    return _round(1 - bound)


def _round(value: float) -> float:
    """Without the last digits that subtraction leaves behind: 1 - 0.9 is 0.1."""
    return round(value, 14)
