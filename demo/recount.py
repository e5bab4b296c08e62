"""The scores once more, from the documents' truth and what was extracted: owes nothing to provider or emulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Values = Mapping[str, Any]
Counts = dict[str, tuple[int, int]]

#: More than any rounding of a percentage, less than one value in a million.
_TOLERANCE = 1e-6


def recount(truth: Mapping[str, Values], outputs: Mapping[str, Values]) -> Counts:
    """Selector -> (k, n) of both forms of the API.

    Accuracy and recall: right values of those that are true of the documents. Precision: right values of those
    that were extracted. A document that was not evaluated counts as nothing extracted.
    """
    counts: Counts = {}
    right_of_all = expected_of_all = 0
    for field in sorted({field for values in truth.values() for field in values}):
        pairs = [(outputs.get(name, {}).get(field), values.get(field)) for name, values in truth.items()]
        right = sum(_same(value, true) for value, true in pairs if true is not None)
        expected = sum(true is not None for _, true in pairs)
        present = sum(value is not None for value, _ in pairs)
        counts[f"extract.fields.{field}.accuracy"] = counts[f"extract.fields.{field}.recall"] = (
            right,
            expected,
        )
        counts[f"extract.fields.{field}.precision"] = (right, present)
        right_of_all, expected_of_all = right_of_all + right, expected_of_all + expected
    counts["extract.accuracy"] = (right_of_all, expected_of_all)
    return counts


def _same(value: Any, true: Any) -> bool:
    if isinstance(true, str) and isinstance(value, str):
        return " ".join(value.split()).casefold() == " ".join(true.split()).casefold()
    return bool(value == true)


def disagreements(counts: Counts, metrics: Mapping[str, float], given: Mapping[str, list[int]]) -> list[str]:
    """What the reported metrics (and their counts, where the API gives any) say otherwise."""
    found = []
    for selector, (k, n) in counts.items():
        if selector not in metrics:
            continue
        if not n or abs(metrics[selector] - k / n) > _TOLERANCE:
            found.append(f"{selector} was reported as {metrics[selector]:.4%}, recounted {k} of {n}")
        elif selector in given and tuple(given[selector]) != (k, n):
            found.append(f"{selector} was reported as {given[selector]}, recounted {k} of {n}")
    return found
