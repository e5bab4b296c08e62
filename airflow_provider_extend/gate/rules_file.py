"""Reading the rules of a gate: from YAML with the line of each mistake, or from a Python object of the same form.

Everything that is not understood is refused: a key that is not known, a number without its unit, an alias. A rule that
was misread must not become a gate that lets through what it should not.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from airflow_provider_extend.gate.nodes import Node, Problem, of_object, parse_yaml
from airflow_provider_extend.gate.rules import (
    BALANCED,
    EXACT,
    INTERVALS,
    LAST_PASSED,
    MILLISECONDS,
    ON_MISSING,
    POINT,
    POLICIES,
    PROVE,
    RATIO,
    SEVERITIES,
    SOURCES,
    BaselineSource,
    Rule,
    Rules,
    RulesError,
    Waiver,
)
from airflow_provider_extend.gate.selectors import levels

SCHEMA_PATH = Path(__file__).with_name("rules.schema.json")
VERSION = 1
_MOST_PROBLEMS = 20
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,12})?)%")
_FRACTION = re.compile(r"[01]?\.[0-9]{1,14}")
_POINTS = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,12})?) ?pp")
_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?) ?(ms|s)")
_WHOLE = re.compile(r"[0-9]{1,12}")
_DATE = re.compile(r"[0-9]{4}-[0-9][0-9]-[0-9][0-9]")


def load_rules(text: str | bytes, name: str = "rules") -> Rules:
    """The rules of a YAML text (JSON is YAML).

    :param name: of the file, for messages.
    :raises RulesError: with the line of each mistake, what was expected and the way out.
    """
    try:
        node = parse_yaml(text)
    except Problem as problem:
        raise RulesError(name, [(problem.line, problem.text)]) from None
    return _Reader(name).rules(node)


def read_rules(given: Any, name: str = "rules") -> Rules:
    """The rules of a Python object of the file's form; 0.95 and "95%" are the same.

    :raises RulesError: with what was expected and the way out.
    """
    try:
        node = of_object(given)
    except Problem as problem:
        raise RulesError(name, [(problem.line, problem.text)]) from None
    return _Reader(name).rules(node)


# --- units -----------------------------------------------------------------------------------------------------


def _ratio(node: Node) -> float:
    text = (node.text or "").strip()
    if match := _PERCENT.fullmatch(text):
        value = _decimal(match[1], 100)
    elif _FRACTION.fullmatch(text) or text in ("1.0", "0.0"):
        value = float(text)
    elif _WHOLE.fullmatch(text):
        _refuse(
            node, f"{text} has no unit: write {text}% or {int(text) / 100}" if int(text) <= 100 else _UNIT
        )
    else:
        _refuse(node, _UNIT)
    return value if value <= 1 else _refuse(node, "more than 100% cannot be reached")


_UNIT = "expected a percent such as 95% or a fraction such as 0.95"


def _points(node: Node) -> float:
    match = _POINTS.fullmatch((node.text or "").strip())
    if match is None:
        _refuse(node, "expected percentage points such as 3pp")
    value = _decimal(match[1], 100)
    return value if value <= 1 else _refuse(node, "more than 100pp cannot happen")


def _milliseconds(node: Node) -> float:
    match = _DURATION.fullmatch((node.text or "").strip())
    if match is None:
        _refuse(node, "expected a time such as 2000ms or 2s")
    return float(match[1]) * (1000 if match[2] == "s" else 1)


def _ratio_or_milliseconds(node: Node) -> tuple[float, str]:
    if _DURATION.fullmatch((node.text or "").strip()):
        return _milliseconds(node), MILLISECONDS
    return _ratio(node), RATIO


def _decimal(digits: str, divisor: int) -> float:
    from fractions import Fraction

    return float(Fraction(digits) / divisor)


def _confidence(node: Node) -> float:
    value = _ratio(node)
    return value if 0.5 < value <= 0.999999 else _refuse(node, "expected more than 50% and at most 99.9999%")


def _count(node: Node) -> int:
    text = (node.text or "").strip()
    if not _WHOLE.fullmatch(text) or int(text) < 1:
        _refuse(node, "expected a whole number of documents, from 1")
    return int(text)


def _text(node: Node) -> str:
    text = (node.text or "").strip()
    return text if text and node.is_text else _refuse(node, "expected a text")


def _day(node: Node) -> str:
    text = (node.text or "").strip()
    try:
        if _DATE.fullmatch(text):
            return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    _refuse(node, "expected a day such as 2026-12-31")


def _one_of(*words: str) -> Callable[[Node], str]:
    def read(node: Node) -> str:
        return node.text if node.text in words else _refuse(node, f"expected {', '.join(words)}")

    return read


def _selector(node: Node) -> str:
    text = _text(node)
    try:
        levels(text)
    except ValueError as error:
        raise Problem(node.line, f"{error} A selector is such as extract.fields.total.accuracy.") from None
    return text


def _metric(node: Node) -> str:
    text = _selector(node)
    if {"*", "**"} & set(levels(text)):
        _refuse(node, "a waiver names one metric, without a wildcard")
    return text


def _refuse(node: Node, expected: str) -> NoReturn:
    raise Problem(node.line, f"{node.shown}: {expected}.")


# --- the form --------------------------------------------------------------------------------------------------

_Keys = Mapping[str, Callable[[Node], Any]]
_RULE: _Keys = {
    "select": _selector,
    "min": _ratio,
    "floor": _ratio,
    "max": _ratio_or_milliseconds,
    "ceiling": _ratio,
    "max_drop": _points,
    "max_gain": _points,
    "baseline": _ratio,
    "min_n": _count,
    "n": _count,
    "severity": _one_of(*SEVERITIES),
}
_WAIVER: _Keys = {"select": _metric, "until": _day, "owner": _text, "reason": _text}
_EVIDENCE: _Keys = {
    "policy": _one_of(*POLICIES),
    "confidence": _confidence,
    "interval": _one_of(*INTERVALS),
}
_BASELINE: _Keys = {
    "from": _one_of(*SOURCES),
    "id": _text,
    "path": _text,
    "on_missing": _one_of(*ON_MISSING),
}
_COVERAGE: _Keys = {"min_processed": _ratio}
#: Which key of `baseline` goes with which source.
_GIVEN_BY = {"run": "id", "report": "path", LAST_PASSED: None}
_TOP = ("version", "evidence", "baseline", "coverage", "rules", "waivers")


class _Reader:
    """Collects what is wrong, and reads on."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[tuple[int | None, str]] = []

    def rules(self, node: Node) -> Rules:
        top = self.mapping(node, _TOP, "a rules file")
        self.version(node, top.get("version"))
        evidence = self.section(top.get("evidence"), _EVIDENCE, "evidence")
        policy = evidence.get("policy", BALANCED)
        baseline = self.baseline(top.get("baseline"))
        coverage = self.section(top.get("coverage"), _COVERAGE, "coverage")
        made = [
            rule
            for item in self.list_of(top.get("rules"), "rules")
            if (rule := self.rule(item, policy, baseline)) is not None
        ]
        waivers = [
            waiver
            for item in self.list_of(top.get("waivers"), "waivers")
            if (waiver := self.waiver(item)) is not None
        ]
        if not self.problems and not made:
            self.wrong(
                node.line, "there are no rules: nothing would be judged. Add at least one under `rules:`."
            )
        if made and all(rule.severity == "info" for rule in made) and not self.problems:
            text = "every rule is `info`: nothing would count. Give one the severity warn or fail."
            self.wrong(made[0].line, text)
        self.once(((rule.select, rule.severity), rule.line) for rule in made)
        self.once(((waiver.select, "waiver"), waiver.line) for waiver in waivers)
        if self.problems:
            raise RulesError(self.name, self.problems[:_MOST_PROBLEMS])
        return Rules(
            rules=tuple(made),
            waivers=tuple(waivers),
            policy=policy,
            confidence=evidence.get("confidence", 0.95),
            interval=evidence.get("interval", EXACT),
            baseline=baseline,
            min_processed=coverage.get("min_processed", 1.0),
            name=self.name,
        )

    def wrong(self, line: int | None, text: str) -> None:
        self.problems.append((line, text))

    def version(self, top: Node, node: Node | None) -> None:
        if node is None:
            if top.entries is not None:
                self.wrong(top.line, f"there is no version. Begin the file with `version: {VERSION}`.")
        elif node.text != str(VERSION):
            text = f"version is {node.shown}; this release reads version {VERSION}. Mend it, or upgrade the package."
            self.wrong(node.line, text)

    def mapping(self, node: Node, known: Iterable[str], what: str) -> Mapping[str, Node]:
        if node.entries is None:
            self.wrong(node.line, f"{what} is {node.shown}; expected a mapping with {', '.join(known)}.")
            return {}
        for key, entry in node.entries.items():
            if key not in known:
                self.wrong(entry.line, f"{what} has no key {key[:60]!r}. {_nearest(key, known)}")
        return node.entries

    def section(self, node: Node | None, keys: _Keys, what: str) -> dict[str, Any]:
        """The keys of `node` that can be read; what cannot is noted."""
        if node is None:
            return {}
        found: dict[str, Any] = {}
        for key, entry in self.mapping(node, keys, what).items():
            if key in keys:
                try:
                    found[key] = keys[key](entry)
                except Problem as problem:
                    self.wrong(problem.line, f"{key} of {what} is {problem.text}")
        return found

    def list_of(self, node: Node | None, what: str) -> tuple[Node, ...]:
        if node is None:
            return ()
        if node.items is None:
            self.wrong(
                node.line, f"{what} is {node.shown}; expected a list, one `- {{select: ..., ...}}` a line."
            )
            return ()
        return node.items

    def baseline(self, node: Node | None) -> BaselineSource | None:
        if node is None:
            return None
        found = self.section(node, _BASELINE, "baseline")
        source = found.get("from", LAST_PASSED)
        wanted = _GIVEN_BY[source]
        if wanted and wanted not in found:
            self.wrong(node.line, f"baseline from {source} needs `{wanted}`.")
        for key in {"id", "path"} & set(found) - {wanted}:
            self.wrong(node.line, f"baseline from {source} has no use for `{key}`. Take one of them out.")
        return BaselineSource(source, found.get(wanted or ""), found.get("on_missing", ON_MISSING[0]))

    def rule(self, node: Node, policy: str, baseline: BaselineSource | None) -> Rule | None:
        before = len(self.problems)
        found = self.section(node, _RULE, "a rule")
        if len(self.problems) > before:
            return None
        if "max" in found:
            found["max"], found["unit"] = found["max"]
        for text in _mistakes(found, policy, baseline):
            self.wrong(node.line, text)
        return Rule(**found, line=node.line) if len(self.problems) == before else None

    def waiver(self, node: Node) -> Waiver | None:
        before = len(self.problems)
        found = self.section(node, _WAIVER, "a waiver")
        for key in _WAIVER:
            if node.entries is not None and key not in node.entries:
                self.wrong(node.line, f"a waiver needs `{key}`.")
        return Waiver(**found, line=node.line) if len(self.problems) == before else None

    def once(self, named: Iterable[tuple[tuple[str, str], int | None]]) -> None:
        first: dict[tuple[str, str], int | None] = {}
        for key, line in named:
            if key in first:
                where = f" of line {first[key]}" if first[key] else ""
                text = (
                    f"{key[0]!r} stands here a second time ({key[1]}). Put it together with the first{where}."
                )
                self.wrong(line, text)
            first.setdefault(key, line)


def _mistakes(rule: Mapping[str, Any], policy: str, baseline: BaselineSource | None) -> Iterable[str]:
    """What does not go together in a rule."""
    if "select" not in rule:
        yield "a rule needs `select`, the metric it is about."
        return
    select = rule["select"]
    if not {"min", "max", "max_drop", "max_gain"} & set(rule):
        yield f"rule {select!r} asks nothing. Give it min, max or max_drop."
    if "min" in rule and "max" in rule:
        yield f"rule {select!r} has min and max. Make two rules of it, one with severity warn, or take one out."
    if "max" in rule and {"max_drop", "max_gain"} & set(rule):
        yield f"rule {select!r} has max, for a metric that should be small, and max_drop or max_gain. Take one out."
    for bound, target in (("floor", "min"), ("ceiling", "max")):
        if bound in rule and target not in rule:
            yield f"rule {select!r} has {bound} without {target}. Add {target}, or take {bound} out."
    if rule.get("floor", 0) > rule.get("min", 1):
        yield f"rule {select!r}: floor, what must not get through, is above min, the target. Lower it."
    if rule.get("unit", RATIO) == RATIO and rule.get("ceiling", 1) < rule.get("max", 0):
        yield f"rule {select!r}: ceiling, what must not get through, is below max, the target. Raise it."
    first, unit = levels(select)[0], rule.get("unit", RATIO)
    if first == "latency" and (unit != MILLISECONDS or set(rule) & {"min", "max_drop", "max_gain"}):
        yield f"rule {select!r}: a latency is held by max in milliseconds alone, such as 2000ms."
    if unit == MILLISECONDS and first not in ("latency", "*", "**"):
        yield f"rule {select!r}: only a latency has milliseconds. Write {_UNIT.removeprefix('expected ')}."
    if unit == MILLISECONDS and "ceiling" in rule:
        yield f"rule {select!r}: a latency is judged by its point and has no ceiling. Take it out."
    if policy != POINT and (rule.get("floor") == 1 or rule.get("ceiling") == 0):
        yield f"rule {select!r}: no number of documents shows that all are right. Lower floor, or raise ceiling."
    elif policy == PROVE and (rule.get("min") == 1 or (unit == RATIO and rule.get("max") == 0)):
        yield f"rule {select!r}: no number of documents proves 100 %. Ask for less, or use the policy balanced."
    nothing = baseline is None and "baseline" not in rule
    for bound in sorted({"max_drop", "max_gain"} & set(rule)) if nothing else ():
        yield f"rule {select!r} has {bound} and nothing to compare with. Add `baseline: {{from: last_passed}}`."
    if "baseline" in rule and not {"max_drop", "max_gain"} & set(rule):
        yield f"rule {select!r} has a baseline and no max_drop. Add max_drop, or take baseline out."


def _nearest(key: str, known: Iterable[str]) -> str:
    import difflib  # needed for an error only

    near = difflib.get_close_matches(key, list(known), n=1)
    return f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(known)}."
