"""Outputs against expected outputs: counted once per run, then shown in the form each API version gives them.

``Scale`` holds what the types of processor differ in; ``SCALES`` is its table.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from airflow_provider_extend.emulator.extraction import Field, Path, leaves, parse

Tally = dict[str, Any]
Scored = Sequence[
    tuple[Mapping[str, Any], Mapping[str, Any]]
]  # (what was kept of the work, expectedOutput) per file


def _score_fields(config: Mapping[str, Any], outputs: Scored) -> list[Tally]:
    """One tally per leaf of the schema; confidence is a sum, rows the times the row count was right.

    Assumption: null, an empty text or list and a missing key all mean "nothing expected" (the facts say only
    "runs with an expected value").
    """
    tallies: list[Tally] = []
    for field in leaves(config):
        tally: Tally = {"path": list(field.path), "kind": field.kind, "total": len(outputs)}
        tally |= {"present": 0, "expected": 0, "accurate": 0, "confidence": 0.0, "rows": 0}
        for reading, expected_output in outputs:
            value = _lookup(reading["values"], field.path, field.keys)
            expected = _lookup(expected_values(expected_output), field.path, field.keys)
            wanted = expected not in (None, "", [])
            tally["present"] += value is not None
            tally["expected"] += wanted
            tally["accurate"] += wanted and value is not None and same(field, value, expected)
            tally["confidence"] += reading["confidence"].get(".".join(field.path), 0.0)
            tally["rows"] += isinstance(expected, list) and len(expected) == (
                len(value) if isinstance(value, list) else 0
            )
        tallies.append(tally)
    return tallies


def expected_values(expected: Mapping[str, Any]) -> Mapping[str, Any]:
    """``{"value": {field: value}}``, or the older map ``{field: {"value": value}}`` brought to the same form."""
    if isinstance(expected.get("value"), dict) and len(expected) == 1:
        return expected["value"]  # type: ignore[no-any-return]  # JSON
    return {name: _unwrap(entry) for name, entry in expected.items()}


def _unwrap(entry: Any) -> Any:
    if isinstance(entry, dict):
        if "value" in entry:
            return _unwrap(entry["value"])
        return {name: _unwrap(inner) for name, inner in entry.items()}
    return entry


def _lookup(values: Any, path: Path, keys: Sequence[str]) -> Any:
    for step in path[:-1]:
        values = values.get(step) if isinstance(values, Mapping) else None
    if not isinstance(values, Mapping):
        return None
    return next((values[key] for key in keys if values.get(key) is not None), None)


def same(field: Field, value: Any, expected: Any) -> bool:
    """Equal once both are in one form: numbers numerically, dates as ISO, texts by case-folded words.

    Assumption: of a currency the amount decides, and the code only where one is expected.
    """
    if field.kind == "currency":
        wanted = expected if isinstance(expected, dict) else parse(field, expected)
        if not isinstance(wanted, dict) or not isinstance(value, dict):
            return False
        code = wanted.get("iso_4217_currency_code")
        pairs = [(value.get("amount"), wanted.get("amount"))]
        pairs += [(value.get("iso_4217_currency_code"), code)] if code is not None else []
        return all(_plain(got) == _plain(want) for got, want in pairs)
    normal = None if isinstance(expected, (list, dict)) else parse(field, expected)
    return bool(_plain(value) == _plain(expected if normal is None else normal))


def _plain(value: Any) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, dict):
        return value
    if isinstance(value, (int, float)):
        return Decimal(str(value))
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return " ".join(str(value).split()).casefold()


def progress_2026(kind: str, total: int, processed: int) -> dict[str, Any]:
    return {"type": kind, "numFilesTotal": total, "numFilesProcessed": processed}


def metrics_2026(
    kind: str, tallies: Sequence[Tally], files: int, pages: int, latencies: Sequence[float]
) -> dict[str, Any]:
    """Fractions, flat; a ratio whose divisor is 0 is left out."""
    metrics: dict[str, Any] = progress_2026(kind, files, files) | {"numFiles": files, "numPages": pages}
    metrics |= SCALES[kind].newer(tallies)
    if latencies:
        ordered = sorted(latencies)
        metrics["meanLatencyMs"] = round(sum(ordered) / len(ordered), 3)
        for percent in (50, 90, 95, 99):
            metrics[f"p{percent}LatencyMs"] = ordered[math.ceil(percent / 100 * len(ordered)) - 1]
    return metrics


def metrics_2024(
    kind: str, tallies: Sequence[Tally], files: int, pages: int, latencies: Sequence[float]
) -> dict[str, Any]:
    """Percent; a ratio whose divisor is 0 is left out (assumption: the facts do not say)."""
    metrics: dict[str, Any] = {"numFiles": files, "numPages": pages}
    if latencies:
        metrics["meanRunTimeMs"] = round(sum(latencies) / len(latencies), 3)
    return metrics | {"type": kind} | SCALES[kind].older(tallies)


def _fields_2026(tallies: Sequence[Tally]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for tally in tallies:
        counts = {
            f"count{key.capitalize()}": tally[key] for key in ("total", "present", "expected", "accurate")
        }
        fields[".".join(tally["path"])] = counts | _ratio("accuracy", tally["accurate"], tally["expected"])
    accurate, expected = (sum(tally[key] for tally in tallies) for key in ("accurate", "expected"))
    return _ratio("accuracy", accurate, expected) | {"fieldMetrics": fields}


def _fields_2024(tallies: Sequence[Tally]) -> dict[str, Any]:
    arrays = {".".join(tally["path"]): tally["rows"] for tally in tallies if tally["kind"] == "array"}
    tree = _tree([t for t in tallies if t["kind"] != "array"], 0)
    return {"fieldMetrics": tree, "arrayCardinalityMetrics": arrays}


def _tree(tallies: Sequence[Tally], depth: int) -> dict[str, Any]:
    groups: dict[str, list[Tally]] = {}
    for tally in tallies:
        groups.setdefault(tally["path"][depth], []).append(tally)
    tree: dict[str, Any] = {}
    for name, group in groups.items():
        summed = {
            key: sum(t[key] for t in group) for key in ("present", "expected", "accurate", "confidence")
        }
        node: dict[str, Any] = _ratio("meanConfidence", summed["confidence"], summed["present"])
        node |= _ratio("recallPerc", 100 * summed["accurate"], summed["expected"])
        node |= _ratio("precisionPerc", 100 * summed["accurate"], summed["present"])
        if len(group[0]["path"]) > depth + 1:
            node["fieldMetrics"] = _tree(group, depth + 1)
        tree[name] = node
    return tree


def _score_classes(config: Mapping[str, Any], outputs: Scored) -> list[Tally]:
    """One tally per file, with the types of the classes. What cannot be read has no prediction."""
    tallies = []
    for reading, expected in outputs:
        got = reading["values"] or {"id": None, "type": None, "confidence": 0.0}
        tally = {
            "expected": expected["type"],
            "predicted": got["type"],
            "correct": got["id"] == expected["id"],
        }
        tallies.append(tally | {"confidence": got["confidence"]})
    return tallies


def _classes(tallies: Sequence[Tally]) -> list[tuple[str, int, int, int]]:
    """(type, times expected, times predicted, times both)."""
    expected, predicted = (Counter(tally[key] for tally in tallies) for key in ("expected", "predicted"))
    correct = Counter(tally["expected"] for tally in tallies if tally["correct"])
    names = [name for name in expected | predicted if name is not None]
    return [(name, expected[name], predicted[name], correct[name]) for name in names]


def _classes_2026(tallies: Sequence[Tally]) -> dict[str, Any]:
    classes = {
        name: {"countExpected": expected, "countPredicted": predicted, "countCorrect": correct}
        | _quality(expected, predicted, correct)
        for name, expected, predicted, correct in _classes(tallies)
    }
    right = sum(tally["correct"] for tally in tallies)
    return _ratio("accuracy", right, len(tallies)) | {"classificationMetrics": classes}


def _classes_2024(tallies: Sequence[Tally]) -> dict[str, Any]:
    """``confusionMatrix`` goes with ``accuracyPerc``: neither without a file."""
    classes, read = _classes(tallies), [tally for tally in tallies if tally["predicted"] is not None]
    metrics = _ratio("accuracyPerc", 100 * sum(tally["correct"] for tally in tallies), len(tallies))
    metrics |= _ratio("meanConfidence", sum(tally["confidence"] for tally in read), len(read))
    metrics["distribution"] = {name: predicted for name, _, predicted, _ in classes if predicted}
    recalls = [(name, _ratio("is", 100 * correct, expected)) for name, expected, _, correct in classes]
    metrics["accuracyPercByClassification"] = {name: recall["is"] for name, recall in recalls if recall}
    if tallies:
        matrix: dict[str, Counter[str]] = {}
        for tally in read:
            matrix.setdefault(tally["expected"], Counter())[tally["predicted"]] += 1
        metrics["confusionMatrix"] = matrix
    return metrics


def _score_parts(config: Mapping[str, Any], outputs: Scored) -> list[Tally]:
    """One tally per file: a part is right that has the class and the pages of an expected one."""
    tallies = []
    for reading, expected in outputs:
        wanted, got = (Counter(map(_part, parts)) for parts in (expected["splits"], reading["values"]))
        tallies.append(
            {"expected": wanted.total(), "predicted": got.total(), "correct": (wanted & got).total()}
        )
    return tallies


def _part(part: Mapping[str, Any]) -> tuple[Any, ...]:
    return part["classificationId"], part["startPage"], part["endPage"]


def _parts(tallies: Sequence[Tally]) -> tuple[int, int, int]:
    """(expected, predicted, correct)."""
    expected, predicted, correct = (
        sum(tally[key] for tally in tallies) for key in ("expected", "predicted", "correct")
    )
    return expected, predicted, correct


def _parts_2026(tallies: Sequence[Tally]) -> dict[str, Any]:
    names = "numSplitsExpected", "numSplitsPredicted", "numSplitsCorrect"
    return _quality(*_parts(tallies)) | dict(zip(names, _parts(tallies), strict=True))


def _parts_2024(tallies: Sequence[Tally]) -> dict[str, Any]:
    counts = _parts(tallies)
    names = "numExpectedDocs", "numPredictedDocs", "numCorrectDocs"
    ratios = _ratio("precisionPerc", 100 * counts[2], counts[1]) | _ratio(
        "recallPerc", 100 * counts[2], counts[0]
    )
    return ratios | dict(zip(names, counts, strict=True))


def _quality(expected: int, predicted: int, correct: int) -> dict[str, Any]:
    """f1 is the harmonic mean, so with one of the two missing or both 0 there is none."""
    found = _ratio("precision", correct, predicted) | _ratio("recall", correct, expected)
    return found | (_ratio("f1", 2 * correct, expected + predicted) if len(found) == 2 and correct else {})


def _ratio(key: str, part: float, whole: float) -> dict[str, Any]:
    return {key: round(part / whole, 6)} if whole else {}


@dataclass(frozen=True)
class Scale:
    score: Callable[[Mapping[str, Any], Scored], list[Tally]]
    newer: Callable[[Sequence[Tally]], dict[str, Any]]
    older: Callable[[Sequence[Tally]], dict[str, Any]]


SCALES: Mapping[str, Scale] = {
    "EXTRACT": Scale(_score_fields, _fields_2026, _fields_2024),
    "CLASSIFY": Scale(_score_classes, _classes_2026, _classes_2024),
    "SPLITTER": Scale(_score_parts, _parts_2026, _parts_2024),
}
