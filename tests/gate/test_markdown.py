"""A report as Markdown: a golden text, and names that are Markdown or HTML themselves."""

import re

import pytest

from airflow_provider_extend.gate.markdown import MOST_LINES, as_markdown
from tests.gate.given import HOSTILE, line, mixed, report, waiver

GOLDEN = """\
# ✗ FAIL

1 of 3 checks fail. About 120 more documents would settle what is open.

| | Metric | Measured | Bounds | Asked | Why |
|---|---|---|---|---|---|
| **✗ FAIL** | `extract.fields.iban.accuracy` | 80.0% (160 of 200) | 74.8% to 84.5% | at least 90%, floor 85% | \
80.0% (160 of 200), below 90%. |
| **? INCONCLUSIVE** | `extract.fields.total.accuracy` | -1.0pp (160 of 200) | -8.0pp to +2.0pp | \
at most 5pp below the baseline | Too few. |

| | Metric | Measured | Bounds | Asked | Why |
|---|---|---|---|---|---|
| **✓ PASS** | coverage | - | - | - | 200 of 200 files were processed. |

## Waivers

| Metric | Until | Owner | Reason |
|---|---|---|---|
| `extract.fields.po_number.accuracy` | 2026-12-31 | data-team | relabelling |

- Cost of the evaluation: not given by the API
- Policy: balanced, 95% confidence
- Looks at this question: 3
- Judged on: 2026-11-26 (UTC)
- Bounds: exact
- Rules: 5eed
"""


def test_a_small_report():
    fails = line(
        selector="extract.fields.iban.accuracy",
        reason="extract.fields.iban.accuracy is 80.0% (160 of 200), below 90%.",
        waiver=waiver(select="extract.fields.po_number.accuracy", owner="data-team", reason="relabelling"),
    )
    opened = line(
        "INCONCLUSIVE",
        check="max_drop",
        selector="extract.fields.total.accuracy",
        change=-0.01,
        lower=-0.08,
        upper=0.02,
        target=-0.05,
        floor=None,
        more_documents=120,
        reason="Too few.",
    )
    nothing = dict.fromkeys(
        ("value", "counts", "k", "n", "target", "floor", "lower", "upper", "selector", "rule")
    )
    guard = line("PASS", check="coverage", reason="200 of 200 files were processed.", **nothing)
    made = report(
        fails,
        opened,
        guard,
        policy="balanced",
        confidence=0.95,
        interval="exact",
        today="2026-11-26",
        looks=3,
        rules_fingerprint="5eed",
    )
    assert as_markdown(made) == GOLDEN


def test_what_counts_as_something_else_says_so():
    assert "**✗ FAIL, counts as WARN** | `extract.fields.po_number.accuracy`" in as_markdown(mixed())


def test_a_report_without_lines_shows_its_reason():
    assert "\n\nBecause.\n\n" in as_markdown(report())


def test_the_best_lines_are_cut_with_a_count():
    lines = [line("FAIL", selector=f"a{n}") for n in range(60)] + [
        line("PASS", selector=f"b{n}") for n in range(140)
    ]
    told = as_markdown(report(*lines, left_out=2))
    assert len(re.findall(r"^\| \*\*", told, re.MULTILINE)) == MOST_LINES
    assert f"And {202 - MOST_LINES} more lines, none worse than these: the JSON report has them." in told
    assert "<details><summary>40 that pass</summary>" in told
    assert len(re.findall(r"^\| \*\*", as_markdown(report(*lines), most=7), re.MULTILINE)) == 7


#: What GitHub would read in a text: a cell's end, code, emphasis, links, HTML, entities, mentions, addresses.
_READ = re.compile(r"(?<!\\)[|`*\[\]<>~]|(?<!\\)&(?!#8203;|#47;)|@(?!&#8203;)|://")


def cells(row):
    """As a table is split: `\\` takes the next character with it."""
    return re.split(r"(?<!\\)(?:\\\\)*\|", row)[1:-1]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_and_reasons_are_text(name):
    given = line(
        "FAIL", selector=name, rule=name, reason=f"Of {name}: none.", waiver=waiver(select=name, owner=name)
    )
    other = line("WARN", selector="split.recall", reason=name)
    told = as_markdown(report(given, other))
    told.encode()
    clean = as_markdown(report(line("FAIL", waiver=waiver()), line("WARN")))
    assert told.count("\n") == clean.count("\n"), "no line is added"
    rows = [row for row in told.splitlines() if row.startswith("| **")]
    assert len(rows) == 2
    for row in rows:
        assert len(cells(row)) == 6
    text = cells(rows[1])[5]
    assert not _READ.search(text), text
    # In the other row the name is code: nothing is read in it but its own end.
    metric = cells(rows[0])[1].strip()
    if metric.startswith("<code>"):
        inside = metric.removeprefix("<code>").removesuffix("</code>")
        assert re.fullmatch(r"(\w|&#\d+;)+", inside)
    else:
        assert re.fullmatch(r"`[^`|\\]+`", metric)
    # Around it the reason is the same text.
    assert cells(rows[0])[5].strip() == f"Of {metric}: none."


def test_an_underscore_inside_a_word_needs_nothing():
    told = as_markdown(report(line(reason="po_number, _this_ and __that__")))
    assert "po_number, \\_this\\_ and \\_\\_that\\_\\_" in told


def test_a_reason_makes_no_link_by_itself():
    made = as_markdown(report(line("FAIL", reason="See WWW.example.org and www.example.org.")))
    assert "www." not in made.lower()
    assert "www&#46;example.org" in made
