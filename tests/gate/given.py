"""Runs, rules and reports for the tests of what the gate says."""

import json
from datetime import date
from pathlib import Path

from airflow_provider_extend.gate.evidence import Baseline, Evidence
from airflow_provider_extend.gate.judge import judge
from airflow_provider_extend.gate.report import Line, Report
from airflow_provider_extend.gate.rules import Waiver
from airflow_provider_extend.gate.rules_file import load_rules

EXAMPLES = Path(__file__).parents[1] / "data" / "examples"
TODAY = date(2026, 11, 26)

RULES = """\
version: 1
baseline: {from: last_passed, on_missing: absolute_only}
rules:
  - {select: extract.accuracy, min: 93%, floor: 88%}
  - {select: "extract.fields.*.accuracy", min: 90%, floor: 82%}
  - {select: extract.fields.total.accuracy, max_drop: 5pp}
waivers:
  - {select: extract.fields.po_number.accuracy, until: 2026-12-31, owner: data-team, reason: relabelling}
"""


def example(name):
    """A documented answer of the API."""
    return json.loads((EXAMPLES / f"{name}.json").read_text())["body"]


def contract(counts, files=200, **beside):
    """A run's return value with these counts."""
    return {
        "id": "bpr_1",
        "kind": "evaluation_set_run",
        "status": "PROCESSED",
        "outcome": "succeeded",
        "api_version": "2026-02-09",
        "metrics_from": "evaluation_set_run",
        "metrics": {name: k / n for name, (k, n) in counts.items()},
        "counts": {name: list(pair) for name, pair in counts.items()},
        "files": [files, files],
        "usage": {"totalCredits": 600},
        **beside,
    }


def fields(rights, documents=200):
    return {f"extract.fields.{name}.accuracy": (right, documents) for name, right in rights.items()}


#: One field fails, one is open beside the baseline, one is waived, one warns.
MIXED = {"total": 186, "invoice_date": 191, "vendor": 174, "iban": 160, "currency": 198, "po_number": 148}


def mixed(looks=2):
    now = contract(fields(MIXED))
    now["metrics"]["extract.accuracy"] = 0.92
    before = Baseline(Evidence.of_result(contract(fields(dict.fromkeys(MIXED, 188)))), "last passed")
    return judge(
        load_rules(RULES, "gate.yaml"), Evidence.of_result(now), today=TODAY, baseline=before, looks=looks
    )


def line(verdict="FAIL", **given):
    """A line of a report, with a bar."""
    numbers = {"value": 0.8, "counts": (160, 200), "k": 160, "n": 200, "target": 0.9, "floor": 0.85}
    bounds = {"lower": 0.748, "upper": 0.845, "baseline": 0.94, "method": "exact"}
    texts = {
        "reason": "It is so.",
        "rule": "extract.fields.*.accuracy",
        "selector": "extract.fields.a.accuracy",
    }
    told = {"check": "min", "counts_as": verdict, **numbers, **bounds, **texts, **given}
    return Line(verdict=verdict, **told)


def report(*lines, **given):
    verdict = given.pop("verdict", lines[0].counts_as if lines else "ERROR")
    return Report(**{"verdict": verdict, "reason": "Because.", "lines": lines, **given})


def waiver(**given):
    return Waiver(**{"select": "a.b", "until": "2026-12-31", "owner": "me", "reason": "why", **given})


#: Names that mean something to HTML, Markdown, YAML or a terminal.
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "&lt;b&gt; &amp; &#60;i&#62;",
    "</td></table><h1>PASS</h1>",
    "a|b\\|c`d``e*_f_*[g](https://evil.example)![h](//evil.example/x.png)",
    "@everyone #1 ~~x~~ $y$ https://evil.example/z",
    "\x1b[31mred\x1b[0m\x07",
    "\u202egnp.exe\u2066 \u200b \ud800 \x00 \x85 \u2028",
    "line\nPASS  extract.accuracy\r\n| **PASS** |",
    "]]></style><style>*{display:none}</style>",
)
