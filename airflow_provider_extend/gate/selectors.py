"""Selectors of metrics: levels joined by dots, `*` for one level, `**` for any number of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_LEVEL = re.compile(r'"(?:[^"\\]|\\.)*"|[^."]+')


def levels(selector: str) -> tuple[str, ...]:
    """Levels of `selector`; a quoted level keeps its dots.

    :raises ValueError: an empty level or a quote that does not close.
    """
    found: list[str] = []
    position = 0
    while True:
        match = _LEVEL.match(selector, position)
        if match is None:
            raise ValueError(f"Selector {selector!r} has an empty level or an open quote.")
        found.append(match.group())
        position = match.end()
        if position == len(selector):
            return tuple(found)
        if selector[position] != ".":
            raise ValueError(f"Selector {selector!r}: a dot is missing before {selector[position:]!r}.")
        position += 1


def matching(pattern: str, selectors: Iterable[str]) -> list[str]:
    """Those of `selectors` that `pattern` means, sorted.

    :raises ValueError: for the pattern only; a metric may be named as Extend's users like.
    """
    wanted = levels(pattern)
    return sorted(name for name in selectors if name == pattern or _matches(wanted, levels_of_metric(name)))


def nearest(pattern: str, selectors: Iterable[str]) -> list[str]:
    """A few selectors that look like `pattern`, for an error message."""
    import difflib  # needed for an error only

    known = sorted(selectors)
    return difflib.get_close_matches(pattern, known, n=3, cutoff=0.5) or known[:5]


@lru_cache(maxsize=32768)
def levels_of_metric(name: str) -> tuple[str, ...]:
    """Levels of a metric's name, which Extend's users may have made up of anything."""
    try:
        return levels(name)
    except ValueError:
        return tuple(name.split("."))


def _matches(pattern: tuple[str, ...], selector: tuple[str, ...]) -> bool:
    """Step by step, going back to the last `**` alone: many of them must not take for ever."""
    at = place = 0
    wild = begun = -1
    while place < len(selector):
        level = pattern[at] if at < len(pattern) else None
        if level == "**":
            wild, begun, at = at, place, at + 1
        elif level in ("*", selector[place]):
            at, place = at + 1, place + 1
        elif wild >= 0:
            begun += 1
            at, place = wild + 1, begun
        else:
            return False
    return all(level == "**" for level in pattern[at:])
