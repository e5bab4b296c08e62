"""A rules file in words, and how its rules were decided."""

import re

import pytest

from airflow_provider_extend.gate.evidence import Baseline, Evidence
from airflow_provider_extend.gate.explain import in_words, of_run
from airflow_provider_extend.gate.judge import judge
from airflow_provider_extend.gate.rules_file import load_rules
from tests.gate.given import MIXED, RULES, TODAY, contract, fields, mixed

ALL = """\
version: 1
evidence: {policy: POLICY, confidence: 0.9}
baseline: {from: run, id: bpr_7}
coverage: {min_processed: 98%}
rules:
  - {select: extract.accuracy, min: 95%, min_n: 30}
  - {select: "extract.fields.**.recall", min: 90%, n: 200, max_drop: 3pp, max_gain: 10pp, severity: warn}
  - {select: classify.confusion.a.b, max: 1%, severity: info}
  - {select: extract.fields.a.confidence, min: 80%, max_drop: 5pp, baseline: 90%}
  - {select: latency.p95_ms, max: 2s}
waivers:
  - {select: extract.fields.a.recall, until: 2026-12-31, owner: me, reason: relabelling}
"""


def explained(policy):
    return in_words(load_rules(ALL.replace("POLICY", policy), "gate.yaml"))


def test_every_part_of_a_file_is_said():
    told = explained("balanced")
    for sentence in (
        "gate.yaml: 5 rules, 1 waiver.",
        "Surely means with 90% confidence, by the exact bounds.",
        "At least 98% of the files must have been processed, else ERROR; the others count as wrong.",
        "Compared with the run bpr_7. Where there is none yet, what compares is INCONCLUSIVE.",
        "line 6: extract.accuracy\n  Should be 95% or more; 90% or less must not get through.",
        "With fewer than 30 trials INCONCLUSIVE.",
        "Should not be more than 3 points below the baseline.",
        "More than 10 points above the baseline is a WARN",
        "Metrics without counts are taken to be of 200 documents.",
        "Whatever it finds counts as WARN at most.",
        "Should be 1% or less; 6% or more must not get through.",
        "It is shown, and counts for nothing.",
        "Should not be more than 5 points below the 90% of the rule.",
        "It is no share of documents, so it is judged by its value alone.",
        "Should be 2000ms or less.",
        "line 12: waiver for extract.fields.a.recall\n  May fail up to and with 2026-12-31, as a WARN. me: relabel",
    ):
        assert sentence in told
    assert told.count("* is one level") == 1


def test_the_policies_differ_in_what_they_promise_and_need():
    balanced, prove, point = map(explained, ("balanced", "prove", "point"))
    assert "surely above the floor" in balanced
    assert "PASS when the truth surely reaches the target" in prove
    assert "Chance is not taken into account" in point
    needed = [
        int(re.search(r"About ([\d,]+) documents", told)[1].replace(",", "")) for told in (balanced, prove)
    ]
    assert needed[0] < needed[1], "a proof takes more"
    assert "documents settle" not in point


def test_what_can_never_be_settled_is_said():
    rules = load_rules("version: 1\nrules: [{select: split.recall, min: 100%, floor: 99.99%}]\n")
    assert "No number of documents settles it." in in_words(rules)


def test_a_last_passed_baseline_and_full_coverage_are_said():
    told = in_words(load_rules(RULES))
    assert (
        "Compared with the last run that passed. Where there is none yet, a rule with another bound is judged"
        in told
    )
    assert "Every file of the run must have been processed" in told


def test_of_many_rules_only_some_are_planned_for():
    rules = "".join(
        f"  - {{select: extract.fields.f{n}.accuracy, min: {96 + n / 100:g}%}}\n" for n in range(300)
    )
    told = in_words(load_rules(f"version: 1\nrules:\n{rules}"))
    assert told.count("Should be") == 300
    assert told.count("documents settle") == 8


def part(told, beginning):
    """The lines that explain one metric under one bound."""
    lines = told.splitlines()
    start = lines.index(f"  {beginning}")
    rest = lines[start + 1 :]
    return [
        each.strip()
        for each in rest[: next((n for n, each in enumerate(rest) if not each.startswith("    ")), None)]
    ]


def test_how_a_run_was_decided_is_said_in_the_order_of_the_file():
    told = of_run(mixed(), load_rules(RULES, "gate.yaml"))
    assert told.startswith("Run bpr_1: FAIL. 1 of 10 checks fail.")
    assert [int(line) for line in re.findall(r"^line (\d+): ", told, re.MULTILINE)] == [4, 5, 6]
    assert "coverage\n  PASS: 200 of 200 files were processed." in told
    iban = part(told, "extract.fields.iban.accuracy: at least 90%, floor 82%")
    assert iban[:2] == [
        "measured 80.0%, 160 of 200",
        "the truth is surely above 74.8%, and surely below 84.5%",
    ]
    assert re.fullmatch(
        r"FAIL if surely below 90.0%: 84.5% is, even among 5 metrics: a chance (of 0.\d\d|below 0.01)%, less than 5%",
        iban[2],
    )
    assert iban[3] == "PASS if surely not beyond the floor 82.0%: 74.8% is"
    assert iban[4].startswith("FAIL: 80.0% (160 of 200)")
    passed = part(told, "extract.fields.currency.accuracy: at least 90%, floor 82%")
    assert passed[2:4] == [
        "FAIL if surely below 90.0%: 99.8% is not",
        "PASS if surely not beyond the floor 82.0%: 96.9% is not",
    ]
    drop = part(told, "extract.fields.total.accuracy: at most 5pp below the baseline")
    assert drop[1:3] == [
        "the truth is surely above -5.2pp, and surely below +3.2pp",
        "FAIL if surely below -5.0pp: +3.2pp is not",
    ]
    waived = part(told, "extract.fields.po_number.accuracy: at least 90%, floor 82%")
    assert waived[-1].startswith("FAIL, counts as WARN: ")


def test_what_is_chance_among_many_is_said():
    # 172 of 200 alone is beyond chance below 90 %; among twelve fields it is not.
    now = fields({f"f{number}": 185 for number in range(11)} | {"odd": 172})
    rules = load_rules('version: 1\nrules: [{select: "extract.fields.*.accuracy", min: 90%}]\n')
    told = of_run(judge(rules, Evidence.of_result(contract(now)), today=TODAY), rules)
    odd = part(told, "extract.fields.odd.accuracy: at least 90%, floor 85%")
    assert re.fullmatch(
        r"FAIL if surely below 90.0%: 89.\d% is, but among 12 metrics that is a chance of [\d.]+%, not less than 5%",
        odd[2],
    )
    assert not odd[-1].startswith("FAIL")


@pytest.mark.parametrize(
    ("policy", "held"), [("balanced", "the ceiling 6.0%: 2.3% is not"), ("prove", "the target 1.0%: 2.3% is")]
)
def test_a_maximum_is_held_from_above(policy, held):
    rules = load_rules(
        f"version: 1\nevidence: {{policy: {policy}}}\nrules: [{{select: split.recall, max: 1%}}]\n"
    )
    told = of_run(judge(rules, Evidence.of_result(contract({"split.recall": (1, 200)})), today=TODAY), rules)
    steps = part(told, "split.recall: at most 1%, ceiling 6%")
    assert steps[2] == "FAIL if surely above 1.0%: 0.0% is not"
    assert steps[3] == f"PASS if surely not beyond {held}"


def test_a_point_and_a_missing_metric_have_no_steps():
    rules = load_rules(
        "version: 1\nevidence: {policy: point}\nrules:\n  - {select: split.recall, min: 90%}\n"
        "  - {select: split.precision, min: 90%}\n"
    )
    told = of_run(judge(rules, Evidence.of_result(contract({"split.recall": (1, 2)}, 2)), today=TODAY), rules)
    assert part(told, "split.recall: at least 90%, floor 85%")[0] == "measured 50.0%, 1 of 2"
    assert "surely" not in told
    assert "line 5: split.precision\n  ERROR: split.precision is not among the metrics" in told


def test_the_baseline_of_the_steps_is_the_one_that_was_compared_with():
    rules = load_rules(RULES)
    before = Baseline(Evidence.of_result(contract(fields(dict.fromkeys(MIXED, 100)))), "run bpr_0")
    now = contract(fields(MIXED) | {"extract.accuracy": (190, 200)})
    told = of_run(judge(rules, Evidence.of_result(now), today=TODAY, baseline=before), rules)
    assert "run bpr_0" in part(told, "extract.fields.total.accuracy: at most 5pp below the baseline")[-1]
