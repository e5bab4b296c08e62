"""A rules file in words, and how each of its rules was decided for one run."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_provider_extend.gate import summary
from airflow_provider_extend.gate.plan import documents_needed
from airflow_provider_extend.gate.report import MAX, MIN, Line, Report
from airflow_provider_extend.gate.rules import (
    ABSOLUTE_ONLY,
    BALANCED,
    LAST_PASSED,
    MILLISECONDS,
    POINT,
    PROVE,
    Rule,
    Rules,
)
from airflow_provider_extend.gate.samples import by_point_alone
from airflow_provider_extend.gate.selectors import levels
from airflow_provider_extend.gate.verdicts import FAIL
from airflow_provider_extend.gate.wording import bound, points, shown

_POLICIES = {
    BALANCED: "PASS when the target is reached and the truth is surely above the floor; WARN when the target is missed "
    "by no more than chance explains, and the truth is surely above the floor; FAIL when the truth is surely below the "
    "target; else INCONCLUSIVE.",
    PROVE: "PASS when the truth surely reaches the target; FAIL when it is surely below; else INCONCLUSIVE.",
    POINT: "PASS when what was measured reaches the target, else FAIL. Chance is not taken into account.",
}
_SEVERITIES = {
    "warn": "Whatever it finds counts as WARN at most.",
    "info": "It is shown, and counts for nothing.",
}
#: Working out how many documents are needed takes a moment for each pair of target and floor.
_MOST_PLANNED = 8


def in_words(rules: Rules) -> str:
    """What the rules mean."""
    parts = [f"{rules.name}: {_number(len(rules.rules), 'rule')}, {_number(len(rules.waivers), 'waiver')}."]
    how = f"Policy {rules.policy}: {_POLICIES[rules.policy]}"
    if rules.policy != POINT:
        how += f" Surely means with {bound(rules.confidence)} confidence, by the {rules.interval} bounds."
    parts += [how, *_frame(rules)]
    planned: dict[tuple[float, float], str] = {}
    for rule in rules.rules:
        told = "\n".join(f"  {sentence}" for sentence in (*_asked(rule), *_beside(rule, rules, planned)))
        parts.append(f"{_place(rule.line)}{rule.select}\n{told}")
    for waiver in rules.waivers:
        told = f"  May fail up to and with {waiver.until}, as a WARN. {waiver.owner}: {waiver.reason}."
        parts.append(f"{_place(waiver.line)}waiver for {waiver.select}\n{told}")
    return "\n\n".join(parts)


def _frame(rules: Rules) -> Iterator[str]:
    if rules.min_processed >= 1:
        yield "Every file of the run must have been processed, else ERROR."
    else:
        least = bound(rules.min_processed)
        yield f"At least {least} of the files must have been processed, else ERROR; the others count as wrong."
    if (source := rules.baseline) is not None:
        origin = (
            "the last run that passed"
            if source.source == LAST_PASSED
            else f"the {source.source} {source.value}"
        )
        missing = (
            "a rule with another bound is judged by that"
            if source.on_missing == ABSOLUTE_ONLY
            else "what compares is INCONCLUSIVE"
        )
        yield f"Compared with {origin}. Where there is none yet, {missing}."


def _asked(rule: Rule) -> Iterator[str]:
    if rule.min is not None:
        yield f"Should be {bound(rule.min)} or more; {bound(rule.held_floor)} or less must not get through."
    if rule.max is not None and rule.unit == MILLISECONDS:
        yield f"Should be {bound(rule.max, rule.unit)} or less."
    elif rule.max is not None:
        yield f"Should be {bound(rule.max)} or less; {bound(rule.held_ceiling)} or more must not get through."
    against = f"the {bound(rule.baseline)} of the rule" if rule.baseline is not None else "the baseline"
    if rule.max_drop is not None:
        yield f"Should not be more than {_points(rule.max_drop)} below {against}."
    if rule.max_gain is not None:
        yield f"More than {_points(rule.max_gain)} above {against} is a WARN: a leak, or changed labels?"


def _points(size: float) -> str:
    return f"{size * 100:.10g} points"


def _beside(rule: Rule, rules: Rules, planned: dict[tuple[float, float], str]) -> Iterator[str]:
    if {"*", "**"} & set(levels(rule.select)):
        yield "For each metric that the selector means: * is one level, ** any number of them."
    if rule.min_n:
        yield f"With fewer than {rule.min_n:,} trials INCONCLUSIVE."
    if rule.n:
        yield f"Metrics without counts are taken to be of {_number(rule.n, 'document')}."
    if rule.severity in _SEVERITIES:
        yield _SEVERITIES[rule.severity]
    if rule.min is None or rules.policy == POINT:
        return
    if by_point_alone(rule.select):
        yield "It is no share of documents, so it is judged by its value alone."
        return
    pair = (rule.min, rule.held_floor)
    if pair not in planned and len(planned) < _MOST_PLANNED:
        planned[pair] = _plan(rule.min, rule.held_floor, rules)
    if pair in planned:
        yield planned[pair]


def _plan(target: float, floor: float, rules: Rules) -> str:
    needed = [
        documents_needed(target, floor, rules.policy, rules.confidence, rules.interval, fields)
        for fields in (1, 10)
    ]
    where = "at its target" if rules.policy == BALANCED else "midway from its target to 100%"
    if needed[0] is None:
        return "No number of documents settles it."
    ten = f"; ten of them together about {needed[1]:,}" if needed[1] else ""
    return f"About {needed[0]:,} documents settle a metric that is {where}{ten}."


def of_run(report: Report, rules: Rules) -> str:
    """How each rule was decided, in the order of the file."""
    parts = [f"Run {report.evidence.id}: {report.verdict}. {summary.headline(report)}"]
    guards = [line for line in report.lines if line.rule is None]
    parts += [f"{line.check}\n  {_verdict(line)}: {line.reason}" for line in guards]
    for rule in rules.rules:
        told = [each for line in report.lines if _is_of(line, rule) for each in _decided(line, rules)]
        parts.append("\n".join([f"{_place(rule.line)}{rule.select}", *(f"  {each}" for each in told)]))
    return "\n\n".join(parts)


def _is_of(line: Line, rule: Rule) -> bool:
    return (line.rule, line.line, line.severity) == (rule.select, rule.line, rule.severity)


def _decided(line: Line, rules: Rules) -> Iterator[str]:
    name = line.selector or line.rule
    if (asked := summary.asked(line)) and line.value is not None:
        yield f"{name}: {asked}"
        for step in _steps(line, rules):
            yield f"  {step}"
        yield f"  {_verdict(line)}: {summary.why(line)}"
    else:
        yield f"{_verdict(line)}: {line.reason}"


def _steps(line: Line, rules: Rules) -> Iterator[str]:
    counted = f", {summary.counts(line)}" if summary.counts(line) else ""
    yield f"measured {shown(line.value, line.unit, line.target)}{counted}"
    if line.method in (None, POINT) or line.lower is None or line.upper is None or line.target is None:
        return
    form = points if summary.compares(line) else shown
    low, high, target = line.lower, line.upper, line.target
    yield f"the truth is surely above {form(low)}, and surely below {form(high)}"
    worse, fails = (low, low > target) if line.check == MAX else (high, high < target)
    side = "above" if line.check == MAX else "below"
    told = f"FAIL if surely {side} {form(target)}: {form(worse)} {'is' if fails else 'is not'}"
    if fails and (line.fields or 1) > 1 and line.p_adjusted is not None:
        limit = bound(rules.error)
        if line.verdict == FAIL:
            told += f", even among {line.fields} metrics: {_chance(line.p_adjusted)}, less than {limit}"
        else:
            told += (
                f", but among {line.fields} metrics that is {_chance(line.p_adjusted)}, not less than {limit}"
            )
    yield told
    if line.check in (MIN, MAX) and line.floor is not None:
        held, what = (target, "target") if rules.policy == PROVE else (line.floor, _GUARDED[line.check])
        better, holds = (low, low >= held) if line.check == MIN else (high, high <= held)
        yield f"PASS if surely not beyond the {what} {form(held)}: {form(better)} {'is not' if holds else 'is'}"


def _chance(p: float) -> str:
    return f"a chance of {p:.2%}" if p >= 0.0001 else "a chance below 0.01%"


_GUARDED = {MIN: "floor", MAX: "ceiling"}


def _verdict(line: Line) -> str:
    return line.verdict if line.counts_as == line.verdict else f"{line.verdict}, counts as {line.counts_as}"


def _place(line: int | None) -> str:
    return f"line {line}: " if line else ""


def _number(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
