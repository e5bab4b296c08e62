"""What the tables of the page of benchmarks are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

NOT_MEASURED = "not measured"
Row = Mapping[str, Any]
Number = float | int | None
Figure = tuple[str, str, str]
"""What was set out, what was measured, and whether that is it."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return f"({NOT_MEASURED})"
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))


def machine(found: Mapping[str, Any] | None) -> str:
    if not found:
        return f"({NOT_MEASURED})"
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    return (
        f"{found['when'][:10]}, commit {found['commit']}; {found['processors']} x {found['processor']}, "
        f"{found['memory_gb']} GB, {found['system']}, Python {found['python']}; load {found['load_before']} before, "
        f"`ulimit -n` {found['ulimit_n']}.\n{versions}."
    )


def shown(value: Number, form: str, none: str = "-") -> str:
    return none if value is None else form.format(value)


def figure(text: str, value: Number, form: str, met: Callable[[float], bool]) -> Figure:
    if value is None:
        return text, NOT_MEASURED, ""
    return (
        text,
        form.format(value) if value < math.inf else "not seen",
        "met" if met(value) else "**not met**",
    )


def at_least(least: float) -> Callable[[float], bool]:
    return lambda value: value >= least


def at_most(most: Number) -> Callable[[float], bool]:
    return lambda value: most is not None and value <= most


def below(limit: Number) -> Callable[[float], bool]:
    return lambda value: limit is not None and value < limit


def most(rows: Iterable[Row], measure: Callable[[Row], Number]) -> float | None:
    return max((found for row in rows if (found := measure(row)) is not None), default=None)
