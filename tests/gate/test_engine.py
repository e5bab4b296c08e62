"""Judging: what passes, what fails, and what cannot be judged."""

import json
import math

import pytest

from airflow_provider_extend.gate.engine import check_rules, judge, not_judged, worst


def verdict(minimum, value, counts=None, selector="extract.accuracy"):
    report = judge({selector: minimum}, {selector: value}, {selector: counts} if counts else {})
    return report.verdict


# --- rules -----------------------------------------------------------------------------------------------


def test_rules_are_selectors_with_fractions():
    rules = {
        "extract.accuracy": 0.95,
        "extract.fields.*.accuracy": 1,
        "coverage": 0,
        'classify.classes."a.b".recall': 0.5,
    }
    assert check_rules(rules) == rules


@pytest.mark.parametrize(
    "minimum", [95, 1.0001, -0.1, "0.9", "95%", True, False, None, math.nan, math.inf, [0.9], {}], ids=repr
)
def test_a_minimum_that_is_no_fraction_is_refused_by_name(minimum):
    with pytest.raises(ValueError, match="expected a fraction from 0 to 1") as caught:
        check_rules({"coverage": 1, "extract.accuracy": minimum})
    assert "'extract.accuracy'" in str(caught.value)
    assert repr(minimum) in str(caught.value)


@pytest.mark.parametrize("rules", [{}, None, [], ["extract.accuracy"], "extract.accuracy", 0.9], ids=repr)
def test_no_rules_are_refused(rules):
    with pytest.raises(ValueError, match="expected a mapping of selector to minimum") as caught:
        check_rules(rules)
    assert repr(rules) in str(caught.value)


@pytest.mark.parametrize("selector", ["", "a..b", '"open', "extract.", 7, None, ("a",)], ids=repr)
def test_a_rule_that_is_no_selector_is_refused(selector):
    with pytest.raises(ValueError, match="elector"):
        check_rules({selector: 0.9})


@pytest.mark.parametrize("selector", ["latency.p95_ms", "latency.*", "latency.**"])
def test_a_latency_has_no_minimum(selector):
    with pytest.raises(ValueError, match="a latency has no minimum to reach"):
        check_rules({selector: 0.9})


# --- the bound -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minimum", "value", "counts", "expected"),
    [
        (0.95, 0.95, (19, 20), "PASS"),
        (0.95, 0.95, None, "PASS"),
        (0.95, 0.9500001, None, "PASS"),
        (0.95, 0.949999, None, "FAIL"),
        (0.95, 18 / 20, (18, 20), "FAIL"),
        (0.95, 949999 / 1000000, (949999, 1000000), "FAIL"),
        (0.95, 950000 / 1000000, (950000, 1000000), "PASS"),
        (0.3, 3 / 10, (3, 10), "PASS"),
        (0.1, 0.1, (1, 10), "PASS"),
        (0.7, 7 / 10, (7, 10), "PASS"),
        (0.29, 29 / 100, (29, 100), "PASS"),
        (0.57, 57 / 100, (57, 100), "PASS"),
        (0.333, 1 / 3, (1, 3), "PASS"),
        (0.334, 1 / 3, (1, 3), "FAIL"),
        (1, 1.0, (5, 5), "PASS"),
        (1.0, 0.9999999, None, "FAIL"),
        (1, 199999 / 200000, (199999, 200000), "FAIL"),
        (0, 0.0, (0, 5), "PASS"),
        (0.0001, 0.0, (0, 5), "FAIL"),
        (0.9, 1e-05, None, "FAIL"),
    ],
)
def test_the_bound_is_inclusive_and_exact(minimum, value, counts, expected):
    assert verdict(minimum, value, counts) == expected


@pytest.mark.parametrize("percent", [90.1, 55.0, 98.5, 0.07, 99.99, 33.3, 95.5])
def test_a_percent_of_2024_that_is_exactly_the_minimum_passes(percent):
    from airflow_provider_extend.api.metrics import read_metrics

    run = {"metrics": {"type": "EXTRACT", "fieldMetrics": {"total": {"recallPerc": percent}}}}
    metrics, _ = read_metrics(run, ended=True)
    minimum = float(f"{percent / 100:.6f}")
    report = judge({"extract.fields.total.recall": minimum}, metrics.values, metrics.counts)
    assert report.verdict == "PASS", report.reason


def test_counts_decide_over_a_rounded_value():
    assert verdict(0.667, 0.667, (2, 3)) == "FAIL"
    assert verdict(0.667, 0.666, (667, 1000)) == "PASS"


def test_counts_may_come_as_lists_as_xcom_makes_them():
    assert verdict(0.95, 0.95, [19, 20]) == "PASS"


# --- what cannot be judged -------------------------------------------------------------------------------


def test_a_missing_metric_is_an_error_that_offers_near_names():
    report = judge({"extract.acuracy": 0.5}, {"extract.accuracy": 1.0, "coverage": 1.0}, {})
    assert report.verdict == "ERROR"
    assert "extract.acuracy is not among the metrics of the run" in report.reason
    assert "extract.accuracy" in report.reason
    (judged,) = report.rules
    assert (judged.rule, judged.selector, judged.value, judged.counts) == (
        "extract.acuracy",
        None,
        None,
        None,
    )


@pytest.mark.parametrize("rule", ["extract.fields.*.accuracy", "split.**", "**.f1"])
def test_a_wildcard_that_matches_nothing_is_an_error(rule):
    assert judge({rule: 0.0}, {"extract.accuracy": 1.0}, {}).verdict == "ERROR"


def test_without_any_metrics_every_rule_is_an_error():
    report = judge({"**": 0.0}, {}, {})
    assert report.verdict == "ERROR"
    assert "none at all" in report.reason


def test_latencies_are_never_held_against_a_minimum():
    values = {"latency.p95_ms": 2300.0, "extract.accuracy": 0.5}
    report = judge({"**": 0.9}, values, {})
    assert [judged.selector for judged in report.rules] == ["extract.accuracy"]
    assert report.verdict == "FAIL"
    assert judge({"*.*": 0.9}, {"latency.p95_ms": 2300.0}, {}).verdict == "ERROR"


def test_no_judgement_is_an_error_with_a_reason():
    report = not_judged("Run bpr_1 is FAILED.")
    assert (report.verdict, report.rules, report.reason) == ("ERROR", (), "Run bpr_1 is FAILED.")


def test_a_metric_named_oddly_by_its_users_does_not_stop_the_gate():
    values = {
        "extract.accuracy": 0.9,
        "classify.classes.etc..recall": 0.1,
        'extract.fields.a"b.accuracy': 0.1,
    }
    assert judge({"extract.accuracy": 0.9}, values, {}).verdict == "PASS"
    assert judge({"**": 0.2}, values, {}).verdict == "FAIL"


# --- the whole -------------------------------------------------------------------------------------------

VALUES = {
    "extract.accuracy": 0.95,
    "extract.fields.total.accuracy": 0.75,
    "extract.fields.vendor.name.accuracy": 1.0,
    "coverage": 1.0,
}
COUNTS = {
    "extract.fields.total.accuracy": [3, 4],
    "extract.fields.vendor.name.accuracy": [4, 4],
    "coverage": [5, 5],
}


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        (["PASS"], "PASS"),
        (["PASS", "FAIL", "PASS"], "FAIL"),
        (["FAIL", "ERROR", "PASS"], "ERROR"),
        (["ERROR", "FAIL"], "ERROR"),
        ([], "ERROR"),
    ],
)
def test_the_worst_verdict_wins_and_none_is_no_pass(verdicts, whole):
    assert worst(verdicts) == whole


def test_all_rules_held_is_a_pass():
    report = judge({"extract.accuracy": 0.95, "**.accuracy": 0.75, "coverage": 1}, VALUES, COUNTS)
    assert report.verdict == "PASS"
    assert [judged.selector for judged in report.rules] == [
        "extract.accuracy",
        "extract.accuracy",
        "extract.fields.total.accuracy",
        "extract.fields.vendor.name.accuracy",
        "coverage",
    ]
    assert "All 5 metrics" in report.reason


def test_one_field_below_fails_and_is_named_and_the_others_are_not():
    report = judge({"extract.accuracy": 0.9, "extract.fields.**.accuracy": 0.8}, VALUES, COUNTS)
    assert report.verdict == "FAIL"
    assert report.reason == "extract.fields.total.accuracy is 75.00% (3 of 4), below 80.00%."


def test_an_error_beside_a_failure_is_an_error():
    report = judge({"extract.fields.total.accuracy": 0.8, "split.recall": 0.5}, VALUES, COUNTS)
    assert report.verdict == "ERROR"
    assert "split.recall is not among" in report.reason


def test_the_report_is_json_and_complete():
    report = judge({"extract.fields.total.accuracy": 0.8, "extract.accuracy": 0.9, "nope": 0}, VALUES, COUNTS)
    told = report.as_dict()
    assert json.loads(json.dumps(told)) == told
    assert list(told) == ["verdict", "reason", "rules"]
    assert told["verdict"] == "ERROR"
    assert told["rules"][0] == {
        "rule": "extract.fields.total.accuracy",
        "selector": "extract.fields.total.accuracy",
        "minimum": 0.8,
        "value": 0.75,
        "counts": [3, 4],
        "verdict": "FAIL",
        "reason": "extract.fields.total.accuracy is 75.00% (3 of 4), below 80.00%.",
    }
    assert (told["rules"][1]["verdict"], told["rules"][1]["counts"]) == ("PASS", None)
    assert (told["rules"][2]["verdict"], told["rules"][2]["selector"], told["rules"][2]["value"]) == (
        "ERROR",
        None,
        None,
    )


def test_a_long_report_keeps_its_worst_lines_and_says_that_it_is_cut():
    values = {f"extract.fields.f{number}.accuracy": number / 10 for number in range(10)}
    report = judge({"extract.fields.*.accuracy": 0.3, "nope": 0}, values, {})
    told = report.as_dict(most=4)
    assert [line["verdict"] for line in told["rules"]] == ["ERROR", "FAIL", "FAIL", "FAIL"]
    assert told["truncated"] is True
    assert told["verdict"] == "ERROR"
    whole = report.as_dict(most=11)
    assert len(whole["rules"]) == 11
    assert "truncated" not in whole


def test_a_reason_names_the_first_failures_and_counts_the_rest():
    values = {f"extract.fields.f{number:03}.accuracy": 0.0 for number in range(100)}
    report = judge({"extract.fields.*.accuracy": 0.3}, values, {})
    named = report.reason.count("is 0.00%, below 30.00%.")
    assert 0 < named < 100
    assert report.reason.endswith(f" And {100 - named} more.")
    assert len(report.rules) == 100


def test_the_report_is_a_table_for_the_log():
    report = judge(
        {"extract.accuracy": 0.9, "extract.fields.total.accuracy": 0.8, "nope": 0.5}, VALUES, COUNTS
    )
    lines = report.as_text().splitlines()
    assert lines[0].startswith("Gate: ERROR. nope is not among the metrics of the run")
    assert [line.split() for line in lines[1:]] == [
        ["verdict", "metric", "value", "minimum", "counts"],
        ["PASS", "extract.accuracy", "95.00%", "90.00%", "-"],
        ["FAIL", "extract.fields.total.accuracy", "75.00%", "80.00%", "3", "of", "4"],
        ["ERROR", "nope", "-", "50.00%", "-"],
    ]
    assert not [line for line in lines if line != line.rstrip()]


def test_a_value_just_below_its_minimum_does_not_read_like_the_minimum():
    report = judge({"extract.accuracy": 0.95}, {"extract.accuracy": 0.949999}, {})
    assert report.verdict == "FAIL"
    assert "is 95.00%, below 95.00%" not in report.reason
