"""Metrics of evaluation runs as proportions: selector -> value in 0..1, with counts (k of n) where given.

Percent (`*Perc` of 2024-12-23) and fractions (2026-02-09) end here; above this module there is one scale.
Where the API gives counts the value is k/n, so that a value and its counts never disagree.

Selectors: `extract.accuracy`, `extract.fields.<path>.accuracy|recall|precision|confidence`,
`classify.accuracy`, `classify.confidence`, `classify.classes.<class>.recall|precision`,
`classify.confusion.<actual>.<predicted>`, `split.recall|precision`, `latency.<mean|p50|p90|p95|p99>_ms`
(milliseconds per file, no proportion), `coverage` (files processed of all files).

What is given and cannot be a proportion is kept as unusable, with its reason: were it left out, a rule for all fields
would pass without that one.

Dots of a 2026-02-09 key are levels. The tree of 2024-12-23 is joined with dots; a tree key that itself holds
a dot or a quote is quoted: `extract.fields."a.b".recall`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

#: Beyond this a number is no measurement.
_MOST = 1e15
#: (selector, value or why there is none or None of 0 trials, (k, n) or None)
_Entry = tuple[str, float | str | None, tuple[int, int] | None]
#: (k, n), why what was given cannot be that, or None where it was not given.
_Counts = tuple[int, int] | str | None


@dataclass(frozen=True, slots=True)
class Metrics:
    """Metrics of one run.

    :ivar values: selector -> fraction 0..1 (`latency.*`: milliseconds).
    :ivar counts: selector -> (successes, trials), only where the API gives both. Of (0, 0) there is no value.
    :ivar files: (processed, total) where the API gives both.
    :ivar processor_type: `EXTRACT`, `CLASSIFY`, `SPLITTER`, or None.
    :ivar unusable: selector -> why what the API gave under it is no measurement.
    """

    values: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    files: tuple[int, int] | None = None
    processor_type: str | None = None
    unusable: Mapping[str, str] = field(default_factory=dict)

    @property
    def scored(self) -> bool:
        """Whether anything besides file counts and latencies is there."""
        return any(selector.startswith(("extract.", "classify.", "split.")) for selector in self.values)


def read_metrics(run: Mapping[str, Any], *, ended: bool) -> tuple[Metrics, str | None]:
    """Metrics of a BatchProcessorRun or EvaluationSetRun and the object they were read from.

    Which keys are sent before the end is documented in no version: only file counts are read then.

    :return: metrics, and `batch_processor_run`, `evaluation_set_run` or, without scores, None.
    """
    raw = run.get("metrics")
    if not isinstance(raw, Mapping):
        return Metrics(), None
    counted = _pair(raw.get("numFilesProcessed"), raw.get("numFilesTotal"))
    files = _usable(counted)
    kind = raw.get("type")
    if not isinstance(kind, str) or kind not in _READERS:
        kind = None
    entries: list[_Entry] = []
    # Scores of no files at all are no scores.
    if ended and raw.get("numFilesProcessed", raw.get("numFiles")) != 0:
        entries += _latencies(raw)
        entries += _proportion("coverage", counted, None)
        if kind is not None:
            entries += _READERS[kind](raw)
    metrics = Metrics(
        values={selector: value for selector, value, _ in entries if isinstance(value, float)},
        counts={selector: counts for selector, _, counts in entries if counts is not None},
        files=files,
        processor_type=kind,
        unusable={selector: why for selector, why, _ in entries if isinstance(why, str)},
    )
    origin = "evaluation_set_run" if run.get("object") == "evaluation_set_run" else "batch_processor_run"
    return metrics, origin if metrics.scored else None


def quote_key(key: str) -> str:
    """A tree key as one level of a selector: quoted only where it holds a dot or a quote."""
    if "." not in key and '"' not in key:
        return key
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _extract(raw: Mapping[str, Any]) -> Iterator[_Entry]:
    yield from _value("extract.accuracy", raw.get("accuracy"))
    fields = raw.get("fieldMetrics")
    for name, metric in fields.items() if isinstance(fields, Mapping) else ():
        if isinstance(metric, Mapping) and _is_flat(metric):
            counts = _pair(metric.get("countAccurate"), metric.get("countExpected"))
            yield from _proportion(f"extract.fields.{name}.accuracy", counts, metric.get("accuracy"))
            if counts is None and metric.get("accuracy") is None:
                yield f"extract.fields.{name}.accuracy", "has neither counts nor a value", None
        elif isinstance(metric, Mapping):
            yield from _field_tree(f"extract.fields.{quote_key(name)}", metric)
        else:
            for what in ("accuracy", "recall", "precision"):
                yield (
                    f"extract.fields.{quote_key(name)}.{what}",
                    f"is missing: the field is {_shown(metric)}",
                    None,
                )


def _is_flat(metric: Mapping[str, Any]) -> bool:
    """Whether a field metric has the form of 2026-02-09 (its keys share no name with the older form)."""
    return "accuracy" in metric or any(key.startswith("count") for key in metric)


def _field_tree(selector: str, metric: Mapping[str, Any]) -> Iterator[_Entry]:
    yield from _value(f"{selector}.recall", _percent(metric.get("recallPerc")))
    yield from _value(f"{selector}.precision", _percent(metric.get("precisionPerc")))
    yield from _value(f"{selector}.confidence", metric.get("meanConfidence"))
    children = metric.get("fieldMetrics")
    for name, child in children.items() if isinstance(children, Mapping) else ():
        if isinstance(child, Mapping):
            yield from _field_tree(f"{selector}.{quote_key(name)}", child)


def _classify(raw: Mapping[str, Any]) -> Iterator[_Entry]:
    classes = raw.get("classificationMetrics")
    if isinstance(classes, Mapping) and classes:
        yield from _classes(raw, classes)
    elif "accuracy" in raw:
        yield from _value("classify.accuracy", raw["accuracy"])
    else:
        yield from _confusion(raw)


def _classes(raw: Mapping[str, Any], classes: Mapping[str, Any]) -> Iterator[_Entry]:
    rows = {name: row for name, row in classes.items() if isinstance(row, Mapping)}
    recalls = {name: _pair(row.get("countCorrect"), row.get("countExpected")) for name, row in rows.items()}
    known = [counts for counts in recalls.values() if isinstance(counts, tuple)]
    # A document has one class, so the classes' counts add up to documents.
    whole = (sum(k for k, _ in known), sum(n for _, n in known))
    complete = len(known) == len(classes) and whole[1] > 0
    for name in classes.keys() - rows.keys():
        for what in ("recall", "precision"):
            yield f"classify.classes.{name}.{what}", f"is missing: the class is {_shown(classes[name])}", None
    yield from _proportion("classify.accuracy", whole if complete else None, raw.get("accuracy"))
    for name, row in rows.items():
        selector = f"classify.classes.{name}"
        precision = _pair(row.get("countCorrect"), row.get("countPredicted"))
        yield from _proportion(f"{selector}.recall", recalls[name], row.get("recall"))
        yield from _proportion(f"{selector}.precision", precision, row.get("precision"))


def _confusion(raw: Mapping[str, Any]) -> Iterator[_Entry]:
    matrix = _matrix(raw.get("confusionMatrix"))
    right = sum(row.get(actual, 0) for actual, row in matrix.items())
    total = sum(sum(row.values()) for row in matrix.values())
    whole = (right, total) if total else None
    yield from _proportion("classify.accuracy", whole, _percent(raw.get("accuracyPerc")))
    yield from _value("classify.confidence", raw.get("meanConfidence"))
    by_class = raw.get("accuracyPercByClassification")
    percents = by_class if isinstance(by_class, Mapping) else {}
    predicted = {name for row in matrix.values() for name in row}
    for name in sorted({*matrix, *percents, *predicted}):
        selector = f"classify.classes.{quote_key(name)}"
        row = matrix.get(name)
        recall = (row.get(name, 0), sum(row.values())) if row is not None else None
        yield from _proportion(f"{selector}.recall", recall, _percent(percents.get(name)))
        if matrix:
            column = sum(other.get(name, 0) for other in matrix.values())
            yield from _proportion(f"{selector}.precision", (matrix.get(name, {}).get(name, 0), column), None)
    for actual, row in matrix.items():
        for name, number in row.items():
            yield from _proportion(
                f"classify.confusion.{quote_key(actual)}.{quote_key(name)}", (number, sum(row.values())), None
            )


def _matrix(given: Any) -> dict[str, dict[str, int]]:
    """Actual class -> predicted class -> files; empty if any cell is no count, since sums would be too good."""
    matrix: dict[str, dict[str, int]] = {}
    for actual, row in given.items() if isinstance(given, Mapping) else ():
        if not isinstance(row, Mapping | None):
            return {}
        given_cells = row or {}
        cells = {name: _count(value) for name, value in given_cells.items() if value is not None}
        if None in cells.values():
            return {}
        matrix[actual] = {name: number for name, number in cells.items() if number is not None}
    return matrix


def _split(raw: Mapping[str, Any]) -> Iterator[_Entry]:
    if "numSplitsExpected" in raw or "numSplitsPredicted" in raw or "recall" in raw or "precision" in raw:
        correct, recall, precision = raw.get("numSplitsCorrect"), raw.get("recall"), raw.get("precision")
        expected, predicted = raw.get("numSplitsExpected"), raw.get("numSplitsPredicted")
    else:
        correct = raw.get("numCorrectDocs")
        expected, predicted = raw.get("numExpectedDocs"), raw.get("numPredictedDocs")
        recall, precision = _either_scale(raw.get("recallPerc")), _either_scale(raw.get("precisionPerc"))
    yield from _proportion("split.recall", _pair(correct, expected), recall)
    yield from _proportion("split.precision", _pair(correct, predicted), precision)


_READERS = {"EXTRACT": _extract, "CLASSIFY": _classify, "SPLITTER": _split}


def _latencies(raw: Mapping[str, Any]) -> Iterator[_Entry]:
    mean = raw.get("meanRunTimeMs") if raw.get("meanLatencyMs") is None else raw["meanLatencyMs"]
    named = {"mean": mean, **{p: raw.get(f"{p}LatencyMs") for p in ("p50", "p90", "p95", "p99")}}
    for name, value in named.items():
        if (number := _number(value)) is not None and number >= 0:
            yield f"latency.{name}_ms", number, None
        elif value is not None:
            yield f"latency.{name}_ms", f"is {_shown(value)}, where milliseconds are expected", None


def _proportion(selector: str, counts: _Counts, given: Any) -> Iterator[_Entry]:
    """The ratio of `counts`; without them the value that the API gave, if any. 0 trials are no ratio."""
    if isinstance(counts, tuple):
        k, n = counts
        yield selector, (k / n if n else None), counts
        return
    yield from _value(selector, given)
    if counts is not None:
        yield selector, counts, None


def _value(selector: str, value: Any) -> Iterator[_Entry]:
    if value is None:
        return
    # Outside 0..1 it is no proportion, perhaps a percent that should not be one: better unusable than wrong.
    if (number := _number(value)) is not None and 0 <= number <= 1:
        yield selector, number, None
    else:
        yield selector, f"is {_shown(value)}, where a proportion is expected", None


def _pair(k: Any, n: Any) -> _Counts:
    if k is None or n is None:
        return None
    successes, trials = _count(k), _count(n)
    if successes is None or trials is None or not 0 <= successes <= trials:
        return f"has the counts {_shown(k)} of {_shown(n)}"
    return successes, trials


def _usable(counts: _Counts) -> tuple[int, int] | None:
    return counts if isinstance(counts, tuple) else None


def _percent(value: Any) -> Any:
    """As a fraction; what is no number stays what it is."""
    number = _number(value)
    # Through the decimal text: 90.1 % is the fraction that a rule writes as 0.901.
    return value if number is None else float(Fraction(str(number)) / 100)


def _either_scale(value: Any) -> Any:
    """A `*Perc` of a splitter without counts: named percent, defined as a ratio. Up to 1 it could be either."""
    number = _number(value)
    return _percent(number) if number is not None and (number > 1 or number == 0) else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _MOST or value != value:
        return None
    return float(value)


def _shown(given: Any) -> str:
    """A number or nothing as it is; of anything else its kind, for it may be content of a document."""
    if isinstance(given, int | float | None) and (given is None or abs(given) <= _MOST or given != given):
        return repr(given)
    return type(given).__name__


def _count(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number.is_integer() and number >= 0 else None
