"""A first rules file for a run: what it reaches beyond chance is what is asked from now on."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

from airflow_provider_extend.gate import intervals
from airflow_provider_extend.gate.evidence import Evidence
from airflow_provider_extend.gate.rules import BALANCED, POINT
from airflow_provider_extend.gate.samples import by_point_alone, sample_of
from airflow_provider_extend.gate.selectors import levels
from airflow_provider_extend.gate.wording import bound, counted, shown

_CONFIDENCE = 0.95
#: More metrics than this are held by a wildcard, all at the lowest of their bounds.
_MOST_RULES = 200

_HEAD = """\
# Rules of the evaluation gate, begun from run {run}.
# Each `min` is what this run reaches beyond chance ({confidence} confidence), rounded down. Raise what matters to you:
# `min` is the target, `floor` (5 points lower unless given) is what must not get through.
version: 1
evidence: {{policy: {policy}, confidence: {confidence}}}
coverage: {{min_processed: {processed}}}
rules:
"""


@dataclass(frozen=True, slots=True)
class _Asked:
    """`least`, a fraction, of a metric. `documents`: what its rule gets as `n`. `told`: where it comes from."""

    least: float
    documents: int | None
    told: str


def first_file(evidence: Evidence, documents: int | None = None) -> str:
    """YAML that `load_rules` takes, and by which the run of `evidence` passes, or warns where no total is known.

    :param documents: how many there were, where the metrics come without counts.
    :raises ValueError: the run has no metric that a rule could hold.
    """
    asked, left = _asked(evidence, documents)
    policy = BALANCED
    if not asked:
        # Nothing tells how much evidence there is.
        policy, asked = POINT, _by_point(evidence)
    if not asked:
        raise ValueError(
            "The run has no metric that a rule could hold: nothing but zeros, or no scores at all."
        )
    processed, total = evidence.files or (1, 1)
    head = _HEAD.format(
        run=_comment(evidence.id or "without an id"),
        policy=policy,
        confidence=bound(_CONFIDENCE),
        processed=_percent(processed / total) if total else "100%",
    )
    if policy == POINT:
        head += "  # Nothing tells how many documents these are, so chance is not taken into account.\n"
    held = asked if len(asked) <= _MOST_RULES else _together(asked)
    rules = "".join(_rule(name, each) for name, each in held.items())
    return head + rules + "".join(f"  # {line}\n" for line in (*_latencies(evidence), *left))


def _asked(evidence: Evidence, documents: int | None) -> tuple[dict[str, _Asked], list[str]]:
    """What is asked of which metric, and a comment for each that nothing is asked of."""
    asked: dict[str, _Asked] = {}
    left: list[str] = []
    for name in sorted(evidence.metrics):
        if by_point_alone(name) or name.startswith("classify.confusion."):
            continue
        sample = sample_of(name, evidence, documents)
        if not _is_plain(name):
            left.append(
                f"{_comment(name)} is no selector, or has a wildcard in it: it cannot be held by its name."
            )
        elif not sample.n:
            told = "comes without counts: hold it with `n: <documents>` in its rule"
            left.append(f"{_comment(name)} is {shown(sample.share)} and {told}.")
        else:
            low = _rounded_down(intervals.lower(sample.k, sample.n, _CONFIDENCE))
            told = f"{shown(sample.share)}, {counted(sample.k, sample.n)}"
            if low > 0:
                given = None if sample_of(name, evidence).n else documents
                asked[name] = _Asked(low, given, told)
            else:
                left.append(f"{_comment(name)} is {told}: there is nothing to hold.")
    return asked, left


def _by_point(evidence: Evidence) -> dict[str, _Asked]:
    names = [name for name in sorted(evidence.metrics) if not by_point_alone(name) and _is_plain(name)]
    found = {
        name: _Asked(_rounded_down(evidence.metrics[name]), None, shown(evidence.metrics[name]))
        for name in names
    }
    return {name: each for name, each in found.items() if each.least > 0}


def _together(asked: dict[str, _Asked]) -> dict[str, _Asked]:
    """A wildcard for the metrics that differ in what stands between the first two levels and the last alone."""
    found: dict[str, list[_Asked]] = {}
    for name, each in asked.items():
        parts = levels(name)
        pattern = name if len(parts) <= 3 else ".".join((*parts[:2], "**", parts[-1]))
        found.setdefault(pattern, []).append(each)
    return {
        pattern: _Asked(
            min(each.least for each in group),
            group[0].documents,
            group[0].told if len(group) == 1 else _lowest(group),
        )
        for pattern, group in found.items()
    }


def _lowest(group: list[_Asked]) -> str:
    return f"{len(group):,} metrics, the lowest {min(group, key=lambda each: each.least).told}"


def _rule(name: str, asked: _Asked) -> str:
    documents = f", n: {asked.documents}" if asked.documents else ""
    return f"  - {{select: {_quoted(name)}, min: {bound(asked.least)}{documents}}}  # {asked.told}\n"


def _latencies(evidence: Evidence) -> Iterator[str]:
    for name in ("latency.p95_ms", "latency.mean_ms"):
        if (value := evidence.metrics.get(name)) is not None:
            yield f"- {{select: {name}, max: {math.ceil(value * 1.5)}ms, severity: warn}}  # {shown(value, 'ms')}"
            return


def _rounded_down(value: float) -> float:
    """To a tenth of a percent."""
    return math.floor(value * 1000) / 1000


def _percent(value: float) -> str:
    return bound(_rounded_down(value))


def _is_plain(name: str) -> bool:
    """Whether a selector can mean this metric, and no other, and YAML can hold it."""
    try:
        name.encode()  # half of a pair of code units cannot be written
        return not {"*", "**"} & set(levels(name))
    except ValueError:
        return False


def _quoted(name: str) -> str:
    """As a text of YAML: JSON's form, with what YAML takes for unprintable as code points."""
    plain = name.replace(".", "").replace("_", "")
    if plain.isascii() and plain.isalnum() and name.startswith(("extract.", "classify.", "split.")):
        return name
    return "".join(
        each if each.isprintable() else f"\\U{ord(each):08x}" for each in json.dumps(name, ensure_ascii=False)
    )


def _comment(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)
