"""A line of the report as a picture: an SVG that is placed in percents, so that it is as wide as its column.

Lines of one kind share an axis, so that their bars can be compared. What is told by colour is told by shape too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from airflow_provider_extend.gate import summary
from airflow_provider_extend.gate.report import MAX, MIN, Line
from airflow_provider_extend.gate.rules import MILLISECONDS
from airflow_provider_extend.gate.wording import bound

#: Kinds of axis: shares that should be high, shares that should be low, changes, times.
HIGH, LOW, CHANGE, TIME = "high", "low", "change", "time"

#: Signs of the verdicts, target, baseline and hatching; `picture` and the page refer to them.
DEFINITIONS = (
    '<svg class="defs" width="0" height="0" aria-hidden="true"><defs>'
    '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<line class="hatch" x1="0" y1="0" x2="0" y2="6"/></pattern>'
    '<symbol id="PASS" viewBox="0 0 20 20"><circle class="body" cx="10" cy="10" r="9"/>'
    '<path d="M5.5 10.5l3 3 6-7"/></symbol>'
    '<symbol id="WARN" viewBox="0 0 20 20"><path class="body" d="M10 1.5L19 18H1z"/>'
    '<path d="M10 7v5m0 2.4v.6"/></symbol>'
    '<symbol id="INCONCLUSIVE" viewBox="0 0 20 20"><path class="body" d="M10 1l9 9-9 9-9-9z"/>'
    '<path d="M7.5 7.9c0-3.2 5-3.2 5 0 0 1.8-2.5 2-2.5 4m0 2.6v.1"/></symbol>'
    '<symbol id="FAIL" viewBox="0 0 20 20"><path class="body" d="M6.3 1h7.4L19 6.3v7.4L13.7 19H6.3L1 13.7V6.3z"/>'
    '<path d="M6.5 6.5l7 7m0-7l-7 7"/></symbol>'
    '<symbol id="ERROR" viewBox="0 0 20 20"><rect class="body" x="1" y="1" width="18" height="18" rx="1"/>'
    '<path d="M10 4.5v7m0 3v.8"/></symbol>'
    "</defs></svg>"
)

_MIDDLE, _HEIGHT = 14, 40


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`, in fractions or milliseconds."""

    kind: str
    low: float
    high: float

    def at(self, value: float) -> float:
        """Where `value` is, in percent of the width."""
        place = (value - self.low) / (self.high - self.low) * 100
        return round(min(100.0, max(0.0, place)), 2)

    def ends(self) -> tuple[str, str]:
        if self.kind == CHANGE:
            return f"{self.low * 100:+.10g}pp", f"{self.high * 100:+.10g}pp"
        unit = MILLISECONDS if self.kind == TIME else "ratio"
        return bound(self.low, unit), bound(self.high, unit)


def kind_of(line: Line) -> str | None:
    """Which axis the picture of `line` has; None where there is nothing to show."""
    if summary.compares(line):
        return CHANGE if line.change is not None else None
    if line.value is None or line.check not in (MIN, MAX):
        return None
    if line.unit == MILLISECONDS:
        return TIME
    return HIGH if line.check == MIN else LOW


def axes_of(lines: Iterable[Line]) -> Mapping[str, Axis]:
    """Kind -> the axis that all lines of the kind fit on."""
    found: dict[str, list[float]] = {}
    for line in lines:
        if (kind := kind_of(line)) is not None:
            found.setdefault(kind, []).extend(_shown(line, kind))
    return {kind: _axis(kind, min(values), max(values)) for kind, values in found.items()}


def _shown(line: Line, kind: str) -> list[float]:
    value, baseline = (line.change, None) if kind == CHANGE else (line.value, line.baseline)
    given = (value, line.lower, line.upper, line.target, line.floor, baseline)
    return [each for each in given if each is not None]


def _axis(kind: str, low: float, high: float) -> Axis:
    if kind == HIGH:
        low, high = min(low, 0.9), 1.0
    elif kind == CHANGE:
        low, high = min(low, 0.0), max(high, 0.0)
    else:
        low = 0.0
    step = _step(high - low)
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return Axis(kind, round(low, 9), round(high if high > low else low + step, 9))


def _step(width: float) -> float:
    """A round number that is about a fifth of `width`."""
    if width <= 0:
        return 0.01
    power = 10.0 ** math.floor(math.log10(width / 5))
    return next(power * round_ for round_ in (1, 2, 5, 10) if power * round_ >= width / 5 * 0.999)


def picture(line: Line, axes: Mapping[str, Axis]) -> str:
    """The SVG of `line`; empty where there is nothing to show."""
    kind = kind_of(line)
    if kind is None:
        return ""
    axis = axes[kind]
    value = line.change if kind == CHANGE else line.value
    assert value is not None
    baseline = 0.0 if kind == CHANGE else line.baseline
    parts = [f'<line class="track" x1="0" y1="{_MIDDLE}" x2="100%" y2="{_MIDDLE}"/>']
    parts += _forbidden(line, axis)
    if line.lower is not None and line.upper is not None:
        parts += _interval(line.verdict, axis.at(line.lower), axis.at(line.upper))
    if line.target is not None:
        place = axis.at(line.target)
        parts.append(_upright("target", place, 2, 26))
        parts.append(
            f'<svg x="{place}%" y="1" overflow="visible"><path class="flag" d="M-4 0h8L0 5z"/></svg>'
        )
    if baseline is not None:
        mark = '<path class="baseline" d="M0-8L7 0 0 8-7 0z"/>'
        parts.append(f'<svg x="{axis.at(baseline)}%" y="{_MIDDLE}" overflow="visible">{mark}</svg>')
    parts.append(f'<circle class="value" cx="{axis.at(value)}%" cy="{_MIDDLE}" r="4"/>')
    low, high = axis.ends()
    parts.append(f'<text x="0" y="{_HEIGHT - 2}">{low}</text>')
    parts.append(f'<text x="100%" y="{_HEIGHT - 2}" text-anchor="end">{high}</text>')
    head = f'<svg class="bar" height="{_HEIGHT}" role="img" aria-label="{escape(_in_words(line, kind))}">'
    return f"{head}{''.join(parts)}</svg>"


def _forbidden(line: Line, axis: Axis) -> list[str]:
    """What must not get through: beyond the floor or ceiling, and the floor or ceiling."""
    if line.floor is None:
        return []
    place = axis.at(line.floor)
    start, width = (0.0, place) if line.check == MIN else (place, round(100 - place, 2))
    zone = (
        f'<rect class="zone" x="{start}%" y="{_MIDDLE - 6}" width="{width}%" height="12" fill="url(#hatch)"/>'
    )
    return [zone, _upright("floor", place, 4, 26)]


def _interval(verdict: str, low: float, high: float) -> list[str]:
    width = round(max(high - low, 0.3), 2)
    return [
        f'<rect class="interval {verdict}" x="{low}%" y="{_MIDDLE - 5}" width="{width}%" height="10" rx="2"/>',
        _upright(f"cap {verdict}", low, _MIDDLE - 7, _MIDDLE + 7),
        _upright(f"cap {verdict}", high, _MIDDLE - 7, _MIDDLE + 7),
    ]


def _upright(name: str, place: float, top: float, bottom: float) -> str:
    return f'<line class="{name}" x1="{place}%" x2="{place}%" y1="{top}" y2="{bottom}"/>'


def _in_words(line: Line, kind: str) -> str:
    told = [summary.measured(line)]
    if bounds := summary.bounds(line):
        told.append(f"bounds {bounds}")
    told.append(summary.asked(line))
    if line.baseline is not None and kind != CHANGE:
        told.append(f"baseline {bound(line.baseline, line.unit)}")
    return ", ".join(told)


def sign(verdict: str) -> str:
    """The sign of a verdict: each has a shape of its own."""
    return f'<svg class="sign {verdict}" width="20" height="20" aria-hidden="true"><use href="#{verdict}"/></svg>'
