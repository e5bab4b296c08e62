"""The report of the gate as values: what was judged by which rule, and why. Its JSON is the truth."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from operator import attrgetter
from typing import Any

from airflow_provider_extend.gate.evidence import Baseline, Evidence
from airflow_provider_extend.gate.rules import Waiver
from airflow_provider_extend.gate.verdicts import RANK, VERDICTS
from airflow_provider_extend.gate.wording import bound, points, shown

REPORT_VERSION = 1

#: What a line is about: a bound of a rule,
MIN = "min"
MAX = "max"
MAX_DROP = "max_drop"
MAX_GAIN = "max_gain"
#: a metric that is not there or cannot be judged,
METRIC = "metric"
#: or what is looked at beside the rules.
RUN = "run"
COVERAGE = "coverage"
IDENTITY = "identity"
WAIVER = "waiver"


@dataclass(frozen=True, slots=True)
class Line:
    """One judgement: one metric under one bound of one rule, or a guard.

    :ivar check: `min`, `max`, `max_drop`, `max_gain`; of a guard `coverage`, `identity`, `waiver`, `run`, `metric`.
    :ivar verdict: what the evidence says. :ivar counts_as: what it adds to the whole, after severity and waiver.
    :ivar reason: one sentence for a person.
    :ivar rule: selector of the rule, wildcards included. :ivar line: its line in the rules file, from 1.
    :ivar selector: the metric. :ivar severity: `fail`, `warn`, `info`.
    :ivar unit: `ratio` (fractions 0..1) or `ms` of `value`, `target`, `floor`, `lower`, `upper`, `baseline`.
    :ivar value: as judged: files that were not processed count as wrong.
    :ivar counts: (successes, trials) as the API gave them. :ivar k: successes judged. :ivar n: trials judged; both may
        be fractions, and None where the metric is judged by its value alone.
    :ivar target: the rule's `min` or `max`. :ivar floor: its `floor` or `ceiling`.
        Of a comparison: `target` is the least change that passes (-0.03 for 3 points), `floor` None.
    :ivar baseline: the metric's value in the baseline, where there is one. :ivar change: value minus baseline.
    :ivar lower: one-sided bound at the rules' confidence; of a comparison, of the change. :ivar upper: the same.
    :ivar method: `exact`, `wilson`, `newcombe`, `point`; None for a guard.
    :ivar fields: how many lines the rule judges together. :ivar p: chance of a result this bad if the truth were at
        the target; None where the bound reaches it. :ivar p_adjusted: corrected for `fields` by Holm's method; a
        FAIL is below 1 - confidence.
    :ivar more_documents: about how many more would settle an INCONCLUSIVE; None where that cannot be said.
    """

    check: str
    verdict: str
    counts_as: str
    reason: str
    rule: str | None = None
    line: int | None = None
    selector: str | None = None
    severity: str = "fail"
    unit: str = "ratio"
    value: float | None = None
    counts: tuple[int, int] | None = None
    k: float | None = None
    n: float | None = None
    target: float | None = None
    floor: float | None = None
    baseline: float | None = None
    change: float | None = None
    lower: float | None = None
    upper: float | None = None
    method: str | None = None
    p: float | None = None
    p_adjusted: float | None = None
    fields: int | None = None
    more_documents: int | None = None
    waiver: Waiver | None = None

    @property
    def badness(self) -> tuple[int, int, float, str, str, str, str, str]:
        """Sorts the worst first, whatever the order of the rules was."""
        distance = 0.0 if self.value is None or self.target is None else self.value - self.target
        return (
            -RANK[self.counts_as],
            -RANK[self.verdict],
            distance if self.check != MAX else -distance,
            self.selector or "",
            self.check,
            self.rule or "",
            self.severity,
            self.reason,
        )


def worst_first(lines: Iterable[Line]) -> list[Line]:
    """In an order that is the same whatever order the rules and metrics were in."""
    badness: Callable[[Line], Any] = attrgetter("badness")
    tied = itertools.groupby(sorted(lines, key=badness), badness)
    # Only lines that tie are compared whole: there may be tens of thousands.
    return [line for _, group in tied for line in _in_order(list(group))]


def _in_order(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=repr) if len(lines) > 1 else lines


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict and how it came about.

    :ivar lines: the worst first. :ivar left_out: how many lines, the best ones, `shortened` has left out.
    :ivar today: the day of the judgement, ISO, UTC. :ivar looks: the how-manieth look at this question (same config,
        same items) this is, from 1; None where nobody counts. :ivar rules_fingerprint: sha256 of the rules.
    """

    verdict: str
    reason: str
    lines: tuple[Line, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)
    baseline: Baseline | None = None
    policy: str | None = None
    confidence: float | None = None
    interval: str | None = None
    today: str | None = None
    looks: int | None = None
    rules_fingerprint: str | None = None
    left_out: int = 0

    @property
    def tally(self) -> dict[str, int]:
        """Verdict -> number of lines that count as it, the worst first."""
        found = Counter(line.counts_as for line in self.lines)
        return {verdict: found[verdict] for verdict in reversed(VERDICTS) if found[verdict]}

    def shortened(self, most: int) -> Report:
        """With the `most` worst lines, and of the evidence those metrics alone that they name."""
        if len(self.lines) <= most:
            return self
        kept = self.lines[:most]
        evidence = self.evidence.only({line.selector for line in kept})
        left_out = self.left_out + len(self.lines) - most
        return replace(self, lines=kept, evidence=evidence, baseline=None, left_out=left_out)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; `from_dict` reads it back, equal."""
        own = {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name not in _NESTED}
        return {
            "report": REPORT_VERSION,
            **own,
            "evidence": self.evidence.as_dict(),
            "baseline": self.baseline.as_dict() if self.baseline else None,
            "lines": [_line_as_dict(line) for line in self.lines],
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Report:
        """:raises ValueError: it is no report, or of a version that is not known here."""
        if not isinstance(stored, Mapping) or stored.get("report") != REPORT_VERSION:
            raise ValueError(
                f"This is no report of version {REPORT_VERSION} of the gate. Judge the run again to get one."
            )
        own = {entry.name for entry in fields(cls)} - set(_NESTED)
        try:
            # Pages show these as they are.
            if not {stored["verdict"]}.issubset(VERDICTS):
                raise TypeError(f"verdict {str(stored['verdict'])[:40]!r}")
            return cls(
                **{name: value for name, value in stored.items() if name in own},
                evidence=Evidence.of_result(stored["evidence"]),
                baseline=Baseline.from_dict(stored["baseline"]) if stored.get("baseline") else None,
                lines=tuple(_line_from_dict(line) for line in stored["lines"]),
            )
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError(
                f"This report of the gate is damaged ({error!r}). Judge the run again."
            ) from None

    def as_text(self) -> str:
        """A table for a log."""
        rows = [("verdict", "metric", "value", "bounds", "target", "counts")]
        rows += [_row(line) for line in self.lines]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        table = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        more = [f"And {self.left_out} more lines."] if self.left_out else []
        looks = [f"This is look {self.looks} at the same config and items."] if self.looks else []
        return "\n".join([f"Gate: {self.verdict}. {self.reason}", *looks, *table, *more])


_NESTED = ("evidence", "baseline", "lines")


def _row(line: Line) -> tuple[str, str, str, str, str, str]:
    verdict = (
        line.verdict if line.counts_as == line.verdict else f"{line.verdict}, counts as {line.counts_as}"
    )
    compared = line.check in (MAX_DROP, MAX_GAIN)
    value = points(line.change) if compared else shown(line.value, line.unit, line.target)
    target = points(line.target) if compared else bound(line.target, line.unit)
    bounds = "-"
    if line.lower is not None and line.upper is not None:
        form = points if compared else shown
        bounds = f"{form(line.lower)} to {form(line.upper)}"
    counts = f"{line.counts[0]} of {line.counts[1]}" if line.counts else "-"
    return verdict, line.selector or line.rule or line.check, value, bounds, target, counts


def _line_as_dict(line: Line) -> dict[str, Any]:
    stored = {entry.name: getattr(line, entry.name) for entry in fields(line)}
    stored["counts"] = list(line.counts) if line.counts else None
    stored["waiver"] = asdict(line.waiver) if line.waiver else None
    return stored


def _line_from_dict(stored: Mapping[str, Any]) -> Line:
    known = {entry.name for entry in fields(Line)}
    given = {name: value for name, value in stored.items() if name in known}
    counts, waiver = given.get("counts"), given.get("waiver")
    if not {given["verdict"], given["counts_as"]}.issubset(VERDICTS):
        raise TypeError(f"a line's verdict {str(given['verdict'])[:40]!r}")
    return Line(
        **{
            **given,
            "counts": (counts[0], counts[1]) if counts else None,
            "waiver": Waiver(**waiver) if waiver else None,
        }
    )
