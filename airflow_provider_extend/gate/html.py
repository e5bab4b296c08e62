"""A report as one page of HTML that needs nothing else: no script, no font, no picture from elsewhere.

Names and reasons come from documents' fields and from people: everything is escaped, and the page's own policy lets
nothing be loaded or run, should an escape ever be missing.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from html import escape

from airflow_provider_extend.gate import summary
from airflow_provider_extend.gate.picture import DEFINITIONS, Axis, axes_of, picture, sign
from airflow_provider_extend.gate.report import Line, Report
from airflow_provider_extend.gate.style import STYLE
from airflow_provider_extend.gate.verdicts import PASS

#: Of the lines that do not pass, and of those that do, so many are shown; the others are counted.
MOST_LINES = 500
#: Lines that pass are folded where there are more in all.
_OPEN = 60

#: Before the name of a field or class, and after it.
_AROUND = re.compile(
    r"(extract\.fields\.|classify\.classes\.|classify\.confusion\.)(.+)(\.[a-z]+)", re.DOTALL
)


def as_html(report: Report) -> str:
    """A whole page, in UTF-8."""
    name = report.evidence.id or "a run"
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{report.verdict}: evaluation gate, {_text(name)}</title>",
            f"<style>{STYLE}</style>\n</head>\n<body>",
            DEFINITIONS,
            _top(report),
            _facts(report),
            *_lines(report),
            _waivers(report),
            _details(report),
            "</body>\n</html>\n",
        )
    )


def _top(report: Report) -> str:
    told = [f"<p>{_text(summary.headline(report))}</p>"]
    if len(report.lines) <= 1:
        told.append(f"<p>{_text(report.reason)}</p>")
    tally = "".join(
        f'<li class="{verdict}">{sign(verdict)}<span>{number:,} {verdict}</span></li>'
        for verdict, number in report.tally.items()
    )
    return (
        f'<header><div class="verdict {report.verdict}">{sign(report.verdict)}'
        f'<div><h1>{report.verdict}</h1>{"".join(told)}</div></div><ul class="tally">{tally}</ul></header>'
    )


def _facts(report: Report) -> str:
    shown = []
    for name, value in summary.facts(report):
        told = _text(value)
        url = report.evidence.url or ""
        if name == "Run" and url.startswith("https://") and url.isprintable():
            told = f'<a href="{escape(url)}" rel="noopener noreferrer">{told}</a>'
        shown.append(f"<div><dt>{name}</dt><dd>{told}</dd></div>")
    return f"<section><dl>{''.join(shown)}</dl></section>"


def _details(report: Report) -> str:
    shown = [f"<div><dt>{name}</dt><dd>{_text(value)}</dd></div>" for name, value in summary.details(report)]
    return f"<section><h2>Details</h2><dl>{''.join(shown)}</dl></section>" if shown else ""


def _lines(report: Report) -> list[str]:
    """The worst first; what passes is folded where it would hide the rest of the page."""
    if not report.lines:
        return [f"<section><h2>Why</h2><p>{_text(report.reason)}</p></section>"]
    axes = axes_of(report.lines)
    bad = [line for line in report.lines if line.counts_as != PASS]
    good = [line for line in report.lines if line.counts_as == PASS]
    parts = ["<section><h2>What was judged, the worst first</h2>", _KEY if axes else ""]
    if bad:
        parts += [_table(bad, axes), _left_out(len(bad) - MOST_LINES, "that do not pass either")]
    if good:
        table = _table(good, axes) + _left_out(len(good) - MOST_LINES, "that pass")
        opened = " open" if len(report.lines) <= _OPEN else ""
        parts.append(f"<details{opened}><summary>{len(good):,} that pass</summary>{table}</details>")
    parts.append(_left_out(report.left_out, "that were left out of this report, none worse than these"))
    return [*filter(None, parts), "</section>"]


def _left_out(number: int, which: str) -> str:
    return f"<p>And {number:,} more {which}: the JSON report has them.</p>" if number > 0 else ""


_HEAD = (
    '<table class="lines"><thead><tr><th scope="col">Verdict</th><th scope="col">Metric</th>'
    '<th scope="col">Evidence</th><th scope="col">Measured</th></tr></thead><tbody>'
)


def _table(lines: Sequence[Line], axes: Mapping[str, Axis]) -> str:
    return "\n".join([_HEAD, *(_row(line, axes) for line in lines[:MOST_LINES]), "</tbody></table>"])


def _row(line: Line, axes: Mapping[str, Axis]) -> str:
    chip = f'<div class="chip {line.verdict}">{sign(line.verdict)}{line.verdict}</div>'
    if line.counts_as != line.verdict:
        chip += f'<div class="small muted">counts as {line.counts_as}</div>'
    told = [f'<div class="name">{_name(line)}</div>']
    if asked := summary.asked(line):
        told.append(f'<div class="small muted">{_text(asked)}{_where(line)}</div>')
    # The reason of a line that passes says nothing that its numbers do not.
    if line.verdict != PASS or line.value is None:
        told.append(f'<div class="why small">{_text(summary.why(line))}</div>')
    numbers = []
    if line.value is not None:
        counted = (
            f' <span class="small muted">{_text(summary.counts(line))}</span>' if summary.counts(line) else ""
        )
        numbers.append(f'<div><span class="measured">{_text(summary.measured(line))}</span>{counted}</div>')
        numbers.append(f'<div class="small muted">{_text(summary.bounds(line))}</div>')
    cells = (chip, "".join(told), picture(line, axes), "".join(numbers))
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _where(line: Line) -> str:
    """Which rule it was: its line of the file, or its selector."""
    told = f"; line {line.line}" if line.line else ""
    told += f"; rule {line.rule}" if not told and line.rule != line.selector else ""
    told += f"; {line.severity}" if line.severity != "fail" else ""
    return _text(told)


def _name(line: Line) -> str:
    """The metric, with what tells it from its neighbours in bold."""
    name = line.selector or line.rule or line.check
    around = _AROUND.fullmatch(name)
    if around is None:
        return f"<bdi><b>{_text(name)}</b></bdi>"
    before, own, after = map(_text, around.groups())
    return f'<bdi><span class="muted">{before}</span><b>{own}</b>{after}</bdi>'


def _waivers(report: Report) -> str:
    waivers = summary.waivers(report)
    if not waivers:
        return ""
    rows = [
        f"<tr><td><code>{_text(waiver.select)}</code></td><td>{_text(waiver.until)}</td>"
        f"<td>{_text(waiver.owner)}</td><td>{_text(waiver.reason)}</td></tr>"
        for waiver in waivers
    ]
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Metric", "Until", "Owner", "Reason"))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f"<section><h2>Waivers</h2>{table}</section>"


def _text(given: str) -> str:
    return escape(summary.printable(given))


def _mark(width: int, content: str, told: str) -> str:
    return f'<li><svg width="{width}" height="16" aria-hidden="true">{content}</svg>{told}</li>'


#: What the parts of a bar mean.
_KEY = '<ul class="key small muted">{}</ul>'.format(
    "".join(
        (
            _mark(10, '<circle class="value" cx="5" cy="8" r="4"/>', "measured"),
            _mark(
                32,
                '<g class="PASS"><rect class="interval" x="2" y="3" width="28" height="10" rx="2"/>'
                '<line class="cap" x1="2" x2="2" y1="1" y2="15"/>'
                '<line class="cap" x1="30" x2="30" y1="1" y2="15"/></g>',
                "where the truth may lie",
            ),
            _mark(
                10,
                '<line class="target" x1="5" x2="5" y1="0" y2="16"/><path class="flag" d="M1 0h8l-4 5z"/>',
                "target",
            ),
            _mark(
                24,
                '<rect x="0" y="2" width="22" height="12" fill="url(#hatch)"/>'
                '<line class="floor" x1="22" x2="22" y1="0" y2="16"/>',
                "floor, and what must not get through",
            ),
            _mark(12, '<path class="baseline" d="M6 2l5 6-5 6-5-6z"/>', "baseline"),
        )
    )
)
