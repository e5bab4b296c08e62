"""Outputs against expected outputs: counted once per run, then shown in the form each API version gives them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from airflow_provider_extend.emulator.extraction import Field, Path, leaves, parse

# path, kind, total, present, expected, accurate; confidence is a sum, rows the times the row count was right
Tally = dict[str, Any]


def score(
    config: Mapping[str, Any],
    outputs: Sequence[tuple[Mapping[str, Any], Mapping[Path, float], Mapping[str, Any]]],
) -> list[Tally]:
    """One tally per leaf of the schema over (values, confidence, expectedOutput) of each file.

    Assumption: null, an empty text or list and a missing key all mean "nothing expected" (the facts say only
    "runs with an expected value").
    """
    tallies: list[Tally] = []
    for field in leaves(config):
        tally: Tally = {"path": list(field.path), "kind": field.kind, "total": len(outputs)}
        tally |= {"present": 0, "expected": 0, "accurate": 0, "confidence": 0.0, "rows": 0}
        for values, confidence, expected_output in outputs:
            value = _lookup(values, field.path, field.keys)
            expected = _lookup(expected_values(expected_output), field.path, field.keys)
            wanted = expected not in (None, "", [])
            tally["present"] += value is not None
            tally["expected"] += wanted
            tally["accurate"] += wanted and value is not None and same(field, value, expected)
            tally["confidence"] += confidence.get(field.path, 0.0)
            tally["rows"] += isinstance(expected, list) and len(expected) == len(value or [])
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


def progress_2026(total: int, processed: int) -> dict[str, Any]:
    return {"type": "EXTRACT", "numFilesTotal": total, "numFilesProcessed": processed}


def metrics_2026(
    tallies: Sequence[Tally], files: int, pages: int, latencies: Sequence[float]
) -> dict[str, Any]:
    """Fractions, flat; an accuracy is left out where nothing was expected."""
    fields: dict[str, Any] = {}
    for tally in tallies:
        entry = {
            f"count{key.capitalize()}": tally[key] for key in ("total", "present", "expected", "accurate")
        }
        fields[".".join(tally["path"])] = entry | _ratio("accuracy", tally["accurate"], tally["expected"])
    accurate, expected = (sum(tally[key] for tally in tallies) for key in ("accurate", "expected"))
    metrics: dict[str, Any] = progress_2026(files, files) | {"numFiles": files, "numPages": pages}
    metrics |= _ratio("accuracy", accurate, expected) | {"fieldMetrics": fields}
    if latencies:
        ordered = sorted(latencies)
        metrics["meanLatencyMs"] = round(sum(ordered) / len(ordered), 3)
        for percent in (50, 90, 95, 99):
            metrics[f"p{percent}LatencyMs"] = ordered[math.ceil(percent / 100 * len(ordered)) - 1]
    return metrics


def metrics_2024(
    tallies: Sequence[Tally], files: int, pages: int, latencies: Sequence[float]
) -> dict[str, Any]:
    """Percent, as a tree; a ratio whose divisor is 0 is left out (assumption: the facts do not say)."""
    metrics: dict[str, Any] = {"numFiles": files, "numPages": pages}
    if latencies:
        metrics["meanRunTimeMs"] = round(sum(latencies) / len(latencies), 3)
    arrays = {".".join(tally["path"]): tally["rows"] for tally in tallies if tally["kind"] == "array"}
    tree = _tree([t for t in tallies if t["kind"] != "array"], 0)
    return metrics | {"type": "EXTRACT", "fieldMetrics": tree, "arrayCardinalityMetrics": arrays}


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


def _ratio(key: str, part: float, whole: float) -> dict[str, Any]:
    return {key: round(part / whole, 6)} if whole else {}
