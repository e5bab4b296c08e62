"""One rule over the metrics that it means: a line for each metric and bound.

The metrics of a rule are judged together: the chance that any of them fails although all are well stays below
1 - confidence (Holm). What is waived, or has fewer trials than `min_n`, is none of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from airflow_provider_extend.gate import decide, intervals, wording
from airflow_provider_extend.gate.decide import Decision
from airflow_provider_extend.gate.evidence import Baseline, Evidence
from airflow_provider_extend.gate.plan import documents_needed, documents_needed_beside
from airflow_provider_extend.gate.report import MAX, MAX_DROP, MAX_GAIN, METRIC, MIN, Line
from airflow_provider_extend.gate.rules import (
    ABSOLUTE_ONLY,
    AT_WORST,
    BALANCED,
    MILLISECONDS,
    POINT,
    BaselineSource,
    Rule,
    Rules,
    Waiver,
)
from airflow_provider_extend.gate.samples import Sample, by_point_alone, point_sample, sample_of
from airflow_provider_extend.gate.selectors import matching, nearest
from airflow_provider_extend.gate.verdicts import ERROR, FAIL, INCONCLUSIVE, PASS, WARN, softer


@dataclass(frozen=True, slots=True)
class Compared:
    """What the rules compare with.

    :ivar baseline: None where there is none yet. :ivar other_items: whether it is of other items than the run.
    """

    baseline: Baseline | None
    other_items: bool
    source: BaselineSource | None

    @property
    def optional(self) -> bool:
        """Whether a rule is judged by its other bounds where there is no baseline yet."""
        return self.source is not None and self.source.on_missing == ABSOLUTE_ONLY


def lines_of(
    rule: Rule, rules: Rules, evidence: Evidence, compared: Compared, waived: Mapping[str, Waiver]
) -> Iterator[Line]:
    """Each metric that `rule` means, judged; an ERROR for what is missing or cannot be judged."""
    names = [name for name in (*evidence.metrics, *evidence.unusable) if _speaks_of(rule, name)]
    found = matching(rule.select, names)
    if not found:
        near = ", ".join(nearest(rule.select, names)) or "none at all"
        told = f"{rule.select} is not among the metrics of the run; there are: {near}. Mend the rule, or the config."
        yield _not_there(rule, None, ERROR, told)
    for name in found:
        if name in evidence.unusable:
            told = f"{name} {evidence.unusable[name]}. It cannot be judged: read the run again."
            yield _not_there(rule, name, ERROR, told)
    yield from _unseen(rule, evidence, waived)
    yield from _vanished(rule, names, evidence, compared)
    case = _Case(rule, rules, replace(rules, policy=POINT), evidence, compared)
    opened = [each for name in found if name not in evidence.unusable for each in case.open(name)]
    yield from _settled(opened, case, waived)


@dataclass(frozen=True, slots=True)
class _Open:
    """A judgement that waits for the others of its rule.

    :ivar before: of a comparison, the value in the baseline. :ivar why: the whole reason, where no test decides.
    :ivar too_few: whether there are fewer trials than the rule's `min_n`.
    """

    name: str
    check: str
    target: float
    decision: Decision
    sample: Sample
    floor: float | None = None
    before: float | None = None
    before_counts: tuple[float, float] | None = None
    why: str | None = None
    too_few: bool = False


@dataclass(frozen=True, slots=True)
class _Case:
    rule: Rule
    rules: Rules
    #: The same rules, for what is always judged by its point.
    by_point: Rules
    evidence: Evidence
    compared: Compared

    def open(self, name: str) -> Iterator[_Open]:
        rule = self.rule
        point = by_point_alone(name)
        rules = self.by_point if point else self.rules
        read = point_sample if point else sample_of
        sample = read(name, self.evidence, rule.n, high_is_bad=rule.max is not None)
        if rule.min is not None:
            floor = rule.held_floor
            yield self._few(
                _Open(name, MIN, rule.min, decide.at_least(sample, rule.min, floor, rules), sample, floor)
            )
        if rule.max is not None:
            # A latency has no floor.
            ceiling = None if rule.unit == MILLISECONDS else rule.held_ceiling
            decision = decide.at_most(sample, rule.max, 1.0 if ceiling is None else ceiling, rules)
            yield self._few(_Open(name, MAX, rule.max, decision, sample, ceiling))
        if rule.max_drop is not None:
            yield self._few(self._dropped(name, rule.max_drop, sample, rules))
        if rule.max_gain is not None:
            yield self._gained(name, rule.max_gain, sample, rules)

    def _few(self, opened: _Open) -> _Open:
        """An INCONCLUSIVE where there are fewer trials than the rule wants, or where nobody can tell."""
        least, seen = self.rule.min_n, opened.sample.observed
        if least is None or (seen is not None and seen >= least):
            return opened
        told = "an unknown number of" if seen is None else f"{seen:.0f}"
        why = f"{opened.name} has {told} trials; min_n asks for {least}."
        decision = replace(opened.decision, otherwise=INCONCLUSIVE, tested=False)
        return replace(opened, decision=decision, why=why, too_few=True)

    def _dropped(self, name: str, drop: float, sample: Sample, rules: Rules) -> _Open:
        before, missing = self._before(name)
        if before is None:
            passes = self.compared.optional and not self.compared.other_items and self.rule.min is not None
            return _Open(
                name, MAX_DROP, -drop, Decision(PASS if passes else INCONCLUSIVE), sample, why=missing
            )
        if isinstance(before, float):
            decision = decide.not_dropped_below(sample, before, drop, rules)
            return _Open(name, MAX_DROP, -drop, decision, sample, before=before)
        decision = decide.not_dropped(sample, before, drop, rules)
        counts = (before.k, before.n) if before.n else None
        return _Open(name, MAX_DROP, -drop, decision, sample, before=before.share, before_counts=counts)

    def _gained(self, name: str, gain: float, sample: Sample, rules: Rules) -> _Open:
        before, missing = self._before(name)
        if before is None:
            return _Open(name, MAX_GAIN, gain, Decision(PASS), sample, why=missing)
        if isinstance(before, float):
            decision, share = decide.not_dropped_below(sample, before, 0.0, rules), before
        else:
            decision, share = decide.not_dropped(sample, before, 0.0, rules), before.share
        change = sample.share - share
        leap = decide.gained(decision, change, gain)
        told = f"{name} is {wording.points(change)} against {self._origin}"
        why = f"{told}, more than {wording.points(gain)}: a leak, or changed labels?" if leap else f"{told}."
        decision = replace(decision, otherwise=WARN if leap else PASS, tested=False)
        return _Open(name, MAX_GAIN, gain, decision, sample, before=share, why=why)

    def _before(self, name: str) -> tuple[Sample | float | None, str]:
        """What `name` is compared with, or why there is nothing."""
        if self.rule.baseline is not None:
            return self.rule.baseline, ""
        baseline = self.compared.baseline
        if baseline is None:
            return None, f"{name} is compared with nothing: there is no baseline yet."
        if self.compared.other_items:
            return None, f"{name} is compared with nothing: {baseline.origin} is of other items."
        if name not in baseline.evidence.metrics:
            return None, f"{name} is compared with nothing: {baseline.origin} does not have it."
        read = point_sample if by_point_alone(name) else sample_of
        return read(name, baseline.evidence, self.rule.n, worst_case=False), ""

    @property
    def _origin(self) -> str:
        baseline = self.compared.baseline
        return (
            "the rule's baseline" if self.rule.baseline is not None or baseline is None else baseline.origin
        )

    def line(
        self,
        opened: _Open,
        verdict: str,
        family: int,
        adjusted: float,
        waiver: Waiver | None,
        least_sure: tuple[float, float] | None,
    ) -> Line:
        """`opened` with its verdict.

        :param family: how many are judged together. :param adjusted: its p value, corrected for them.
        :param least_sure: of their baselines, as (successes, trials).
        """
        sample, decision = opened.sample, opened.decision
        more = self._more(opened, family, least_sure) if verdict == INCONCLUSIVE else (None, "")
        counts_as = softer(verdict, AT_WORST[self.rule.severity])
        if waiver and verdict not in (PASS, WARN):
            counts_as = softer(counts_as, WARN)
        reason = f"{self._reason(opened, verdict, family)}{more[1]}"
        if waiver and verdict not in (PASS, WARN):
            reason += f" Waived until {waiver.until} by {waiver.owner}: {waiver.reason}."
        tested = decision.tested and decision.p < 1
        return Line(
            check=opened.check,
            verdict=verdict,
            counts_as=counts_as,
            reason=reason,
            rule=self.rule.select,
            line=self.rule.line,
            selector=opened.name,
            severity=self.rule.severity,
            unit=self.rule.unit,
            value=sample.share,
            counts=sample.counts,
            k=sample.k if sample.n is not None else None,
            n=sample.n,
            target=opened.target,
            floor=opened.floor,
            baseline=self._shown_baseline(opened),
            change=None if opened.before is None else sample.share - opened.before,
            lower=decision.lower,
            upper=decision.upper,
            method=decision.method,
            p=decision.p if tested else None,
            p_adjusted=adjusted if tested else None,
            fields=family if decision.tested else None,
            more_documents=more[0],
            waiver=waiver,
        )

    def _shown_baseline(self, opened: _Open) -> float | None:
        if opened.before is not None:
            return opened.before
        if self.rule.baseline is not None:
            return self.rule.baseline
        baseline = self.compared.baseline
        return (
            baseline.evidence.metrics.get(opened.name) if baseline and not self.compared.other_items else None
        )

    def _reason(self, opened: _Open, verdict: str, family: int) -> str:
        if opened.why is not None:
            return opened.why
        sample, decision, unit = opened.sample, opened.decision, self.rule.unit
        told = f"{opened.name} is {wording.shown(sample.share, unit, opened.target)}"
        if sample.n:
            told += f" ({wording.counted(sample.k, sample.n)})"
        if opened.check == MAX_DROP:
            assert opened.before is not None
            change = wording.points(sample.share - opened.before)
            if verdict == INCONCLUSIVE and decision.lower is None:
                return f"{told}, {change} against {self._origin}. {_NO_COUNTS}"
            return wording.compared(
                verdict, f"{told}, {change}", f"{-opened.target * 100:.10g}pp", self._origin
            )
        if decision.method == POINT:
            if verdict == INCONCLUSIVE:
                return f"{told}. {_NO_COUNTS if sample.n is None else 'No document has it.'}"
            note = wording.WITHOUT_COUNTS if sample.n is None and not by_point_alone(opened.name) else ""
            return wording.point(verdict, opened.check, told, wording.bound(opened.target, unit)) + note
        target, floor = wording.bound(opened.target), wording.bound(opened.floor)
        return wording.judged(verdict, opened.check, told, target, floor, self.rules.policy, family)

    def _more(
        self, opened: _Open, family: int, least_sure: tuple[float, float] | None
    ) -> tuple[int | None, str]:
        """About how many more documents would settle it, and that as a sentence."""
        seen = opened.sample.observed
        if seen is None or (opened.why is not None and not opened.too_few):
            return None, ""
        point = by_point_alone(opened.name)
        needed, healthy = 1 if point else self._needed(opened, family, least_sure), self._healthy(opened)
        if opened.too_few and self.rule.min_n is not None:
            needed = max(needed or 0, self.rule.min_n)
        if needed is None:
            return None, f" {wording.more(None, None, healthy)}"
        short = max(0.0, needed - seen)
        documents = self.evidence.files[0] if self.evidence.files else None
        if documents and 0 < seen < documents:
            short *= documents / seen  # not every document has it
        return math.ceil(short) or None, f" {wording.more(needed, math.ceil(short), healthy)}"

    def _needed(self, opened: _Open, family: int, least_sure: tuple[float, float] | None) -> int | None:
        rules, fields = self.rules, max(1, family)
        common = (rules.policy, rules.confidence, rules.interval, fields)
        if opened.check == MAX_DROP:
            if counts := least_sure or opened.before_counts:
                return documents_needed_beside(counts, -opened.target, rules.confidence, fields)
            if opened.before is None:
                return 1
            least = max(0.0, opened.before + opened.target)
            return documents_needed(least, least, BALANCED, *common[1:], healthy=opened.before)
        assert opened.floor is not None
        if opened.check == MIN:
            return documents_needed(opened.target, opened.floor, *common)
        return documents_needed(decide.complement(opened.target), decide.complement(opened.floor), *common)

    def _healthy(self, opened: _Open) -> str:
        if opened.check == MAX_DROP:
            return f"as good as {self._origin}"
        if self.rules.policy == BALANCED:
            return "at its target"
        return f"midway from its target to {'100%' if opened.check == MIN else '0%'}"


#: What to do where bounds are wanted and nothing tells how many documents there were.
_NO_COUNTS = "It comes without counts: give the rule `n: <documents>`, or judge by the policy point."


def _settled(opened: Sequence[_Open], case: _Case, waived: Mapping[str, Waiver]) -> Iterator[Line]:
    judged = [each for each in opened if each.decision.tested and each.name not in waived]
    adjusted = dict(zip(map(id, judged), intervals.holm([each.decision.p for each in judged]), strict=True))
    least_sure = max((each.before_counts for each in judged if each.before_counts), key=_spread, default=None)
    for each in opened:
        p = adjusted.get(id(each), each.decision.p)
        fails = each.decision.tested and p < case.rules.error
        family = len(judged) if id(each) in adjusted else 1
        yield case.line(
            each, FAIL if fails else each.decision.otherwise, family, p, waived.get(each.name), least_sure
        )


def _spread(counts: tuple[float, float]) -> float:
    k, n = counts
    return k * (n - k) / n**3


def _unseen(rule: Rule, evidence: Evidence, waived: Mapping[str, Waiver]) -> Iterator[Line]:
    """A metric of which no file was seen, while some were not processed: all of its files may be among those."""
    missing = evidence.files[1] - evidence.files[0] if evidence.files else 0
    unseen = [name for name, (_, n) in evidence.counts.items() if n == 0 and name not in evidence.metrics]
    for name in matching(rule.select, unseen) if missing else ():
        told = f"{name} is in none of the files that were processed; {missing} were not. Run the evaluation again."
        line = _not_there(rule, name, INCONCLUSIVE, told)
        if waiver := waived.get(name):
            told += f" Waived until {waiver.until} by {waiver.owner}: {waiver.reason}."
            line = replace(line, counts_as=softer(line.counts_as, WARN), reason=told, waiver=waiver)
        yield line


def _vanished(rule: Rule, names: Sequence[str], evidence: Evidence, compared: Compared) -> Iterator[Line]:
    """A metric of the baseline that is gone: the config has changed, or the files that had it were not processed."""
    if compared.baseline is None or compared.other_items or not rule.compares:
        return
    before = [name for name in compared.baseline.evidence.metrics if _speaks_of(rule, name)]
    gone = set(matching(rule.select, before)) - set(names)
    complete = evidence.files is not None and evidence.files[0] == evidence.files[1]
    for name in sorted(gone):
        told = f"{name} is not among the metrics of the run; {compared.baseline.origin} has it."
        yield _not_there(rule, name, WARN if complete else INCONCLUSIVE, told)


def _not_there(rule: Rule, name: str | None, verdict: str, reason: str) -> Line:
    counts_as = verdict if verdict == ERROR else softer(verdict, AT_WORST[rule.severity])
    return Line(METRIC, verdict, counts_as, reason, rule.select, rule.line, name, rule.severity, rule.unit)


def _speaks_of(rule: Rule, name: str) -> bool:
    """Milliseconds are held against milliseconds: a wildcard means those metrics alone that have the rule's unit."""
    return name.startswith("latency.") == (rule.unit == MILLISECONDS)
