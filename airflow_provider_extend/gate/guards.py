"""What is looked at beside the rules: the run, its files, whether the baseline is of the same items, the waivers."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from airflow_provider_extend.gate.evidence import Baseline, Evidence
from airflow_provider_extend.gate.report import COVERAGE, IDENTITY, RUN, WAIVER, Line
from airflow_provider_extend.gate.rules import Rules, Waiver
from airflow_provider_extend.gate.selectors import matching, nearest
from airflow_provider_extend.gate.verdicts import ERROR, INCONCLUSIVE, PASS, WARN
from airflow_provider_extend.gate.wording import bound

_SUCCEEDED = "succeeded"


def guard(
    check: str, verdict: str, reason: str, *, selector: str | None = None, waiver: Waiver | None = None
) -> Line:
    """A line that is of no rule."""
    line = waiver.line if waiver else None
    return Line(check, verdict, verdict, reason, selector=selector, waiver=waiver, line=line)


def unjudgeable(evidence: Evidence) -> str | None:
    """Why the run cannot be judged at all."""
    run = f"Run {evidence.id}"
    if evidence.outcome != _SUCCEEDED:
        return f"{run} is {evidence.status}: only a PROCESSED run has metrics."
    if evidence.files and evidence.files[1] == 0:
        return f"{run} is of an empty evaluation set: there is nothing to judge."
    if not evidence.metrics_from:
        version = evidence.api_version or "unknown"
        return (
            f"{run} was answered without scores (API version {version} may send counts only). "
            "Read it with a connection whose api_version is 2024-12-23 or 2026-02-09."
        )
    if evidence.truncated:
        return f"{run} has more metrics than were handed in, aggregates alone. Read the run by its id, and judge that."
    return None


def run_line(reason: str) -> Line:
    return guard(RUN, ERROR, reason)


def coverage(evidence: Evidence, least: float) -> Line:
    """Whether enough files were processed; those that were not count as wrong wherever they are let through."""
    if COVERAGE in evidence.unusable:
        told = f"How many files were processed {evidence.unusable[COVERAGE]}. It cannot be judged: read the run again."
        return guard(COVERAGE, ERROR, told, selector=COVERAGE)
    if evidence.files is None:
        told = "How many files there were is not given: that all were processed is not checked."
        return guard(COVERAGE, WARN, told, selector=COVERAGE)
    processed, total = evidence.files
    verdict, left = PASS, total - processed
    told = f"{processed} of {total} files were processed"
    if processed / total < least:
        verdict = ERROR
        told += (
            f", and the metrics speak of those only; {bound(least)} are asked for. Run the evaluation again, or allow "
            "for less by `coverage: {min_processed: 98%}` (in a plain mapping of minimums by a rule for coverage)"
        )
    elif left:
        told += f"; the other {left} count as wrong"
    return guard(COVERAGE, verdict, f"{told}.", selector=COVERAGE)


def identity(evidence: Evidence, baseline: Baseline) -> Line:
    """Whether the baseline's run was of the same items; what is compared with another set is INCONCLUSIVE."""
    before = baseline.evidence
    if evidence.items_fingerprint and before.items_fingerprint:
        if evidence.items_fingerprint == before.items_fingerprint:
            return guard(IDENTITY, PASS, f"The items are those of {baseline.origin}.")
        told = f"The items, or what is expected of them, are not those of {baseline.origin}"
        return guard(
            IDENTITY, INCONCLUSIVE, f"{told}: nothing can be compared. Let a person decide on a new baseline."
        )
    if evidence.source_id and before.source_id and evidence.source_id != before.source_id:
        told = f"The evaluation set is {evidence.source_id}, that of {baseline.origin} is {before.source_id}"
        return guard(
            IDENTITY, INCONCLUSIVE, f"{told}: nothing can be compared. Let a person decide on a new baseline."
        )
    told = (
        f"Whether the items are those of {baseline.origin} was not checked: not both fingerprints are known."
    )
    return guard(IDENTITY, WARN, told)


def waivers(
    rules: Rules, metrics: Iterable[str], today: datetime.date
) -> tuple[dict[str, Waiver], Iterator[Line]]:
    """The waivers in force by the metric that they are for, and a line for each that is not right."""
    names = list(metrics)
    in_force: dict[str, Waiver] = {}
    lines: list[Line] = []
    for waiver in rules.waivers:
        if datetime.date.fromisoformat(waiver.until) < today:
            told = f"The waiver for {waiver.select} ({waiver.owner}: {waiver.reason}) has expired on {waiver.until}"
            told += ". Take it out, or give it a new day."
            lines.append(guard(WAIVER, ERROR, told, selector=waiver.select, waiver=waiver))
        elif found := matching(waiver.select, names):
            in_force.update(dict.fromkeys(found, waiver))
        else:
            near = ", ".join(nearest(waiver.select, names)) or "none at all"
            told = f"The waiver for {waiver.select} is for no metric of the run; there are: {near}. Mend it."
            lines.append(guard(WAIVER, ERROR, told, selector=waiver.select, waiver=waiver))
    return in_force, iter(lines)
