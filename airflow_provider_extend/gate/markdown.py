"""A report as Markdown, for a pull request, a job summary or a chat."""

from __future__ import annotations

import re

from airflow_provider_extend.gate import summary
from airflow_provider_extend.gate.report import Line, Report
from airflow_provider_extend.gate.verdicts import PASS

#: More lines than this are counted, not shown.
MOST_LINES = 100
#: More that pass than this are folded.
_OPEN = 30

_HEAD = ("| | Metric | Measured | Bounds | Asked | Why |", "|---|---|---|---|---|---|")


def as_markdown(report: Report, most: int = MOST_LINES) -> str:
    """GitHub's kind of Markdown, with a line break at its end. Names and reasons are shown as they are, as text.

    :param most: how many lines are shown, the worst ones.
    """
    shown, left_out = report.lines[:most], max(0, len(report.lines) - most) + report.left_out
    bad = [line for line in shown if line.counts_as != PASS]
    good = [line for line in shown if line.counts_as == PASS]
    parts = [f"# {summary.SIGNS[report.verdict]} {report.verdict}", text(summary.headline(report))]
    if bad:
        parts.append(_table(bad))
    if not report.lines:
        parts.append(text(report.reason))
    if good:
        table = _table(good)
        told = f"{len(good)} that pass"
        parts.append(
            f"<details><summary>{told}</summary>\n\n{table}\n\n</details>" if len(good) > _OPEN else table
        )
    if left_out:
        parts.append(f"And {left_out:,} more lines, none worse than these: the JSON report has them.")
    if waivers := summary.waivers(report):
        parts.append("## Waivers")
        rows = [f"| {code(w.select)} | {w.until} | {text(w.owner)} | {text(w.reason)} |" for w in waivers]
        parts.append("\n".join(["| Metric | Until | Owner | Reason |", "|---|---|---|---|", *rows]))
    parts.append(
        "\n".join(
            f"- {name}: {text(value)}" for name, value in [*summary.facts(report), *summary.details(report)]
        )
    )
    return "\n\n".join(parts) + "\n"


def _table(lines: list[Line]) -> str:
    return "\n".join([*_HEAD, *map(_row, lines)])


def _row(line: Line) -> str:
    verdict = f"{summary.SIGNS[line.verdict]} {line.verdict}"
    if line.counts_as != line.verdict:
        verdict += f", counts as {line.counts_as}"
    measured = summary.measured(line)
    if counted := summary.counts(line):
        measured += f" ({counted})"
    name = line.selector or line.rule
    # The reason of a line that passes says nothing that its numbers do not.
    why = _sentence(line) if line.verdict != PASS or line.value is None else ""
    cells = (
        f"**{verdict}**",
        code(name) if name else line.check,
        measured,
        summary.bounds(line) or "-",
        summary.asked(line) or "-",
        why,
    )
    return f"| {' | '.join(cells)} |"


def _sentence(line: Line) -> str:
    """The reason, with the metric's name as code wherever it stands."""
    name = line.selector or line.rule
    if not name:
        return text(summary.why(line))
    return code(name).join(text(part) if part else "" for part in summary.why(line).split(name))


def text(given: str) -> str:
    """`given` as text that no Markdown or HTML is read from, in one line."""
    plain = _SIGNS.sub(lambda sign: f"\\{sign[0]}", summary.printable(given))
    return _LINKS.sub(r"\1&#46;", plain.replace("@", "@&#8203;").replace("://", ":&#47;/"))


#: What means something to Markdown; an underscore inside a word does not. A mention would notify somebody, too.
_SIGNS = re.compile(r"[\\`*\[\]<>#|~&$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")

#: What becomes a link by itself.
_LINKS = re.compile(r"(www)\.", re.IGNORECASE)


def code(given: str) -> str:
    """`given` as code, whatever it holds, for a cell of a table."""
    plain = summary.printable(given)
    if not plain.strip() or set(plain) & set("`|\\"):
        # A table cannot have these in a code span.
        return f"<code>{''.join(each if each.isalnum() else f'&#{ord(each)};' for each in plain)}</code>"
    return f"`{plain}`"
