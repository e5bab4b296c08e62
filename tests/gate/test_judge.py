"""Judging: what passes, what is left open, what fails, and what cannot be judged."""

import dataclasses
import datetime
import math

import pytest
from scipy import stats

from airflow_provider_extend.gate.evidence import Baseline, Evidence
from airflow_provider_extend.gate.judge import judge, not_judged
from airflow_provider_extend.gate.plan import documents_needed
from airflow_provider_extend.gate.rules import BaselineSource, Rule, Waiver, minimums
from airflow_provider_extend.gate.rules_file import load_rules
from airflow_provider_extend.gate.verdicts import worst
from tests.gate.cases import DATE, TODAY, TOTAL, judged, line_of, rules, run

ERRORS = 0.05


def one(k, n, policy="balanced", files=(1000, 1000), **bounds):
    """The line about k of n."""
    rule = Rule(TOTAL, **({"min": 0.95, "floor": 0.90} | bounds))
    return line_of(
        judged(rules(rule, policy=policy), run({TOTAL: (k, n)}, files)), "max" if "max" in bounds else "min"
    )


# --- the decision ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 20, 28, 29, 50, 100, 400])
def test_balanced_is_the_table_of_its_bounds(n):
    for k in range(n + 1):
        lower = stats.beta.ppf(0.05, k, n - k + 1) if k else 0
        upper = stats.beta.ppf(0.95, k + 1, n - k) if k < n else 1
        wanted = "INCONCLUSIVE"
        if upper < 0.95:
            wanted = "FAIL"
        elif lower >= 0.90:
            wanted = "PASS" if k * 100 >= n * 95 else "WARN"
        line = one(k, n)
        assert line.verdict == wanted, (k, n)
        assert (line.lower, line.upper) == pytest.approx((lower, upper), abs=1e-9)


@pytest.mark.parametrize("n", [20, 58, 59, 100, 400])
def test_prove_asks_for_the_lower_bound(n):
    for k in range(n + 1):
        lower = stats.beta.ppf(0.05, k, n - k + 1) if k else 0
        upper = stats.beta.ppf(0.95, k + 1, n - k) if k < n else 1
        wanted = "PASS" if lower >= 0.95 else "FAIL" if upper < 0.95 else "INCONCLUSIVE"
        assert one(k, n, "prove").verdict == wanted, (k, n)


@pytest.mark.parametrize("policy", ["balanced", "prove"])
@pytest.mark.parametrize("n", [30, 100, 317])
def test_a_field_at_its_floor_passes_and_one_at_its_target_fails_in_at_most_5_percent(policy, n):
    verdicts = [one(k, n, policy).verdict for k in range(n + 1)]
    passes = sum(stats.binom.pmf(k, n, 0.90) for k in range(n + 1) if verdicts[k] in ("PASS", "WARN"))
    fails = sum(stats.binom.pmf(k, n, 0.95) for k in range(n + 1) if verdicts[k] == "FAIL")
    assert passes <= ERRORS
    assert 0 < fails <= ERRORS


@pytest.mark.parametrize(
    ("minimum", "k", "n", "verdict"),
    [
        (0.95, 19, 20, "PASS"), (0.95, 18, 20, "FAIL"), (0.95, 949_999, 1_000_000, "FAIL"),
        (0.95, 950_000, 1_000_000, "PASS"), (0.3, 3, 10, "PASS"), (0.1, 1, 10, "PASS"), (0.7, 7, 10, "PASS"),
        (0.29, 29, 100, "PASS"), (0.57, 57, 100, "PASS"), (0.333, 1, 3, "PASS"), (0.334, 1, 3, "FAIL"),
        (0.667, 2, 3, "FAIL"), (1.0, 5, 5, "PASS"), (1.0, 199_999, 200_000, "FAIL"), (0.0, 0, 5, "PASS"),
    ],
)  # fmt: skip
def test_point_is_inclusive_and_exact(minimum, k, n, verdict):
    assert one(k, n, "point", files=(1_000_000, 1_000_000), min=minimum, floor=None).verdict == verdict


@pytest.mark.parametrize(("minimum", "value", "verdict"), [
    (0.95, 0.95, "PASS"), (0.95, 0.949999999, "FAIL"), (0.95, 0.95 - 1e-13, "FAIL"), (0.901, 0.901, "PASS"),
])  # fmt: skip
def test_point_of_a_value_without_counts_is_exact_too(minimum, value, verdict):
    evidence = run(metrics={TOTAL: value}, files=None)
    line = line_of(judged(minimums({TOTAL: minimum}), evidence), "min")
    assert line.verdict == verdict
    assert "comes without counts, so chance is not taken into account" in line.reason
    assert (line.lower, line.upper, line.method) == (None, None, "point")


def test_a_target_of_100_percent():
    assert one(59, 59, min=1.0, floor=None).verdict == "PASS", "the floor is 95 %, and 59 of 59 show it"
    assert one(58, 58, min=1.0, floor=None).verdict == "INCONCLUSIVE"
    assert one(999, 1000, min=1.0, floor=None).verdict == "FAIL", "one wrong rules it out"
    assert one(500, 500, "prove", min=1.0).verdict == "INCONCLUSIVE", "nothing proves it"
    line = one(58, 58, files=(58, 58), min=1.0, floor=None)
    assert line.more_documents == 1


def test_a_floor_at_the_target_is_to_prove_it():
    for k in range(101):
        assert one(k, 100, floor=0.95).verdict.replace("WARN", "PASS") == one(k, 100, "prove").verdict


def test_a_target_of_nothing_passes():
    assert one(0, 20, min=0.0, floor=None).verdict == "PASS"
    assert one(0, 20, min=0.03, floor=None).verdict == "WARN", "the floor is 0 %"


def test_max_is_the_mirror_of_min():
    opposite = {"INCONCLUSIVE", "PASS", "WARN", "FAIL"}
    seen = set()
    for policy in ("balanced", "prove", "point"):
        for k in range(300, 401):
            low = one(k, 400, policy, min=0.95, floor=0.9)
            high = one(400 - k, 400, policy, min=None, floor=None, max=0.05, ceiling=0.1)
            assert high.verdict == low.verdict, (policy, k)
            assert (high.lower, high.upper) == pytest.approx((1 - low.upper, 1 - low.lower), abs=1e-12)
            assert high.p_adjusted == (
                None if low.p_adjusted is None else pytest.approx(low.p_adjusted, abs=1e-12)
            )
            assert high.more_documents == low.more_documents
            seen.add(high.verdict)
    assert seen == opposite


def test_a_ceiling_of_nothing_is_never_shown():
    mistakes = {"min": None, "floor": None, "max": 0.0, "ceiling": 0.0}
    assert one(0, 1000, **mistakes).verdict == "INCONCLUSIVE"
    assert one(1, 1000, **mistakes).verdict == "FAIL"
    assert one(1000, 1000, min=1.0, floor=1.0).verdict == "INCONCLUSIVE"


def test_wilson_may_be_asked_for():
    wanted = rules(Rule(TOTAL, min=0.95, floor=0.9), interval="wilson")
    line = line_of(judged(wanted, run({TOTAL: (97, 100)})), "min")
    assert line.method == "wilson"
    assert (line.lower, line.upper) != pytest.approx((one(97, 100).lower, one(97, 100).upper), abs=1e-4)


def test_more_confidence_asks_for_more():
    rule = Rule(TOTAL, min=0.95, floor=0.9)
    evidence = run({TOTAL: (96, 100)})
    assert judged(rules(rule, confidence=0.9), evidence).verdict == "PASS"
    assert judged(rules(rule, confidence=0.999), evidence).verdict == "INCONCLUSIVE"


# --- many fields -------------------------------------------------------------------------------------------------


def fields(rights, n=200):
    return run({f"extract.fields.f{place:02}.accuracy": (k, n) for place, k in enumerate(rights)})


def test_the_fields_of_a_wildcard_fail_together_by_holms_method():
    """183 of 200 are below 95 % at 5 % alone; among twelve that may happen by chance."""
    wanted = rules(Rule("extract.fields.*.accuracy", min=0.95, floor=0.85))
    alone = judged(wanted, fields([183]))
    assert alone.verdict == "FAIL"
    among = judged(wanted, fields([183] + [195] * 11))
    assert among.verdict == "WARN"
    line = line_of(among, "min", "extract.fields.f00.accuracy")
    assert line.p == pytest.approx(stats.binom.cdf(183, 200, 0.95))
    assert (line.p_adjusted, line.fields) == (pytest.approx(12 * line.p), 12)
    assert line.p < ERRORS < line.p_adjusted
    clear = judged(wanted, fields([170] + [195] * 11))
    assert clear.verdict == "FAIL"
    assert "beyond chance among 12 fields" in clear.reason


def test_the_correction_steps_down():
    """The second worst is held against eleven only, once the worst is out."""
    wanted = rules(Rule("extract.fields.*.accuracy", min=0.95, floor=0.85))
    report = judged(wanted, fields([150, 179] + [195] * 10))
    second = line_of(report, "min", "extract.fields.f01.accuracy")
    assert second.p_adjusted == pytest.approx(11 * stats.binom.cdf(179, 200, 0.95))


def test_each_rule_is_a_family_of_its_own():
    named = [Rule(f"extract.fields.f{place:02}.accuracy", min=0.95, floor=0.85) for place in range(12)]
    report = judged(rules(*named), fields([183] + [195] * 11))
    assert report.verdict == "FAIL"
    assert {line.fields for line in report.lines if line.check == "min"} == {1}


def test_the_worst_comes_first_and_the_reason_names_ten():
    report = judged(
        rules(Rule("extract.fields.*.accuracy", min=0.95)), fields([100 + place for place in range(14)])
    )
    values = [line.value for line in report.lines if line.check == "min"]
    assert values == sorted(values)
    assert report.reason.count("beyond chance among 14 fields.") == 10
    assert report.reason.endswith(" And 4 more.")
    assert report.tally == {"FAIL": 14, "PASS": 1}


# --- how much evidence there is -----------------------------------------------------------------------------------


def test_a_share_over_all_fields_counts_as_its_documents():
    wanted = rules(Rule("extract.accuracy", min=0.95, floor=0.9))
    line = line_of(judged(wanted, run(metrics={"extract.accuracy": 0.97}, files=(50, 50))), "min")
    assert (line.k, line.n, line.counts) == (pytest.approx(48.5), 50, None)
    assert line.lower == pytest.approx(stats.beta.ppf(0.05, 48.5, 2.5), abs=1e-9)
    assert line.upper == pytest.approx(stats.beta.ppf(0.95, 49.5, 1.5), abs=1e-9)
    assert line.verdict == "INCONCLUSIVE"


def test_more_things_than_documents_count_as_documents():
    """Rows of a table, splits of a file: those of one document are right and wrong together."""
    line = line_of(
        judged(rules(Rule("split.recall", min=0.9, floor=0.8)), run({"split.recall": (490, 500)}, (50, 50))),
        "min",
    )
    assert (line.k, line.n, line.counts) == (pytest.approx(49), 50, (490, 500))
    wanted = minimums({"split.recall": 0.98})
    assert judged(wanted, run({"split.recall": (490, 500)}, (50, 50))).verdict == "PASS", (
        "98 % without rounding"
    )
    assert judged(wanted, run({"split.recall": (489, 499)}, (50, 50))).verdict == "FAIL"


@pytest.mark.parametrize("policy", ["balanced", "prove"])
def test_without_counts_nothing_is_said_unless_the_rule_knows_the_documents(policy):
    recall = "extract.fields.invoice_date.recall"
    evidence = run(metrics={recall: 0.99}, files=None)
    line = line_of(judged(rules(Rule(recall, min=0.95), policy=policy), evidence), "min")
    assert line.verdict == "INCONCLUSIVE"
    assert "give the rule `n: <documents>`, or judge by the policy point" in line.reason
    assert (line.n, line.lower, line.more_documents) == (None, None, None)
    known = line_of(judged(rules(Rule(recall, min=0.95, n=1000), policy=policy), evidence), "min")
    assert (known.verdict, known.n, known.k) == ("PASS", 1000, 990)


def test_no_more_documents_are_believed_than_there_were():
    recall = "extract.fields.invoice_date.recall"
    evidence = run(metrics={recall: 0.99}, files=(40, 40))
    assert line_of(judged(rules(Rule(recall, min=0.95, n=1000)), evidence), "min").n == 40


def test_counts_come_before_what_the_rule_says():
    line = line_of(judged(rules(Rule(TOTAL, min=0.95, n=100_000)), run({TOTAL: (190, 200)})), "min")
    assert (line.k, line.n) == (190, 200)


@pytest.mark.parametrize("policy", ["balanced", "prove", "point"])
def test_no_document_at_all_never_passes(policy):
    evidence = run({TOTAL: (0, 0)}, metrics={TOTAL: 1.0})
    line = line_of(judged(rules(Rule(TOTAL, min=0.0, floor=0.0), policy=policy), evidence), "min")
    assert (line.verdict, line.n) == ("INCONCLUSIVE", 0)
    assert "No document has it." in line.reason


@pytest.mark.parametrize(("n", "verdict"), [(29, "INCONCLUSIVE"), (30, "PASS")])
@pytest.mark.parametrize("policy", ["balanced", "point"])
def test_below_min_n_it_is_inconclusive(n, verdict, policy):
    report = judged(rules(Rule(TOTAL, min=0.9, floor=0.8, min_n=30), policy=policy), run({TOTAL: (n, n)}))
    assert report.verdict == verdict
    if verdict == "INCONCLUSIVE":
        line = line_of(report, "min")
        assert "has 29 trials; min_n asks for 30" in line.reason
        needed = {"point": 30, "balanced": documents_needed(0.9, 0.8, "balanced", 0.95)}[policy]
        assert line.more_documents == math.ceil((needed - 29) * 200 / 29)


def test_below_min_n_even_what_is_clearly_bad_is_inconclusive_and_out_of_the_correction():
    counts = {TOTAL: (0, 20), DATE: (183, 200)}
    report = judged(rules(Rule("extract.fields.*.accuracy", min=0.95, floor=0.85, min_n=30)), run(counts))
    assert line_of(report, "min", TOTAL).verdict == "INCONCLUSIVE"
    assert line_of(report, "min", DATE).verdict == "FAIL"
    assert line_of(report, "min", DATE).fields == 1


def test_min_n_of_what_has_no_trials_asks_for_documents():
    latency = Rule("latency.p95_ms", max=2000.0, unit="ms", min_n=30)
    metrics = {"latency.p95_ms": 1500.0}
    assert judged(rules(latency), run(metrics=metrics, files=(30, 30))).verdict == "PASS"
    assert judged(rules(latency), run(metrics=metrics, files=(29, 29))).verdict == "INCONCLUSIVE"
    report = judged(rules(latency), run(metrics=metrics, files=None))
    assert "an unknown number of trials" in line_of(report, "max").reason


# --- how many more -----------------------------------------------------------------------------------------------


def test_an_open_field_says_about_how_many_more_documents_would_settle_it():
    needed = documents_needed(0.95, 0.9, "balanced", 0.95)
    line = one(48, 50, files=(50, 50))
    assert (line.verdict, line.more_documents) == ("INCONCLUSIVE", needed - 50)
    assert f"About {needed - 50} more documents would settle it, if it is at its target." in line.reason
    half = one(48, 50, files=(100, 100))
    assert half.more_documents == 2 * (needed - 50), "every second document has it"


def test_the_advice_is_for_all_fields_of_the_wildcard():
    needed = documents_needed(0.95, 0.9, "balanced", 0.95, fields=12)
    report = judged(rules(Rule("extract.fields.*.accuracy", min=0.95, floor=0.9)), fields([186] * 12))
    assert {line.more_documents for line in report.lines if line.check == "min"} == {needed - 200}
    assert needed > documents_needed(0.95, 0.9, "balanced", 0.95)


def test_a_field_that_stays_open_with_enough_documents_may_be_worse():
    needed = documents_needed(0.95, 0.9, "balanced", 0.95)
    line = one(round(0.93 * needed), needed)
    assert (line.verdict, line.more_documents) == ("INCONCLUSIVE", None)
    assert f"{needed} documents settle a field that is at its target, and it has as many" in line.reason


def test_prove_takes_a_healthy_field_to_be_midway():
    line = one(98, 100, "prove", files=(100, 100))
    assert line.more_documents == documents_needed(0.95, 0.9, "prove", 0.95) - 100
    assert "if it is midway from its target to 100%" in line.reason


# --- latency and confidence --------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["balanced", "prove", "point"])
def test_latency_and_confidence_are_judged_by_their_point(policy):
    confidence = "extract.fields.total.confidence"
    evidence = run(metrics={"latency.p95_ms": 2000.0, confidence: 0.9, "extract.accuracy": 1.0})
    within = rules(Rule("latency.*", max=2000.0, unit="ms"), Rule(confidence, min=0.9), policy=policy)
    assert judged(within, evidence).verdict == "PASS"
    beyond = judged(rules(Rule("latency.p95_ms", max=1999.0, unit="ms"), policy=policy), evidence)
    assert beyond.reason == "latency.p95_ms is 2000ms, above 1999ms."
    assert judged(rules(Rule(confidence, min=0.901), policy=policy), evidence).verdict == "FAIL"


def test_a_confusion_with_a_class_named_confidence_is_a_share():
    evidence = run({"classify.confusion.invoice.confidence": (1, 100)})
    assert line_of(judged(rules(Rule("classify.confusion.**", max=0.05)), evidence), "max").method == "exact"


def test_a_wildcard_of_shares_means_no_milliseconds_and_the_other_way_round():
    evidence = run({TOTAL: (200, 200)}, metrics={"latency.p95_ms": 10.0})
    assert [line.selector for line in judged(rules(Rule("**", min=0.5)), evidence).lines if line.rule] == [
        TOTAL
    ]
    slow = judged(rules(Rule("**", max=5.0, unit="ms")), evidence)
    assert [line.selector for line in slow.lines if line.rule] == ["latency.p95_ms"]
    assert slow.verdict == "FAIL"


# --- a baseline --------------------------------------------------------------------------------------------------

SAME = {"items_fingerprint": "a" * 64}


def drop(k, n, k0, n0, policy="balanced", **bounds):
    rule = Rule(TOTAL, max_drop=0.03, **bounds)
    before = run({TOTAL: (k0, n0)}, (10_000, 10_000), **SAME)
    return judged(
        rules(rule, policy=policy, baseline=BaselineSource()),
        run({TOTAL: (k, n)}, (10_000, 10_000), **SAME),
        before,
    )


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        ((1900, 2000), (1900, 2000), "PASS"),
        ((95, 100), (95, 100), "INCONCLUSIVE"),
        ((1700, 2000), (1900, 2000), "FAIL"),
        ((100, 100), (90, 100), "PASS"),
    ],
)
def test_a_drop_is_judged_by_newcombes_bounds(now, before, verdict):
    report = drop(*now, *before)
    line = line_of(report, "max_drop")
    assert (report.verdict, line.verdict, line.method) == (verdict, verdict, "newcombe")
    assert line.change == pytest.approx(now[0] / now[1] - before[0] / before[1])
    assert line.lower < line.change < line.upper
    assert {"PASS": line.lower >= -0.03, "FAIL": line.upper < -0.03}.get(
        verdict, line.lower < -0.03 <= line.upper
    )
    assert (line.target, line.baseline) == (-0.03, before[0] / before[1])


@pytest.mark.parametrize(("k", "verdict"), [(92, "PASS"), (91, "FAIL")])
def test_a_drop_by_point(k, verdict):
    assert drop(k, 100, 95, 100, "point").verdict == verdict


def test_an_open_drop_names_documents_or_says_that_the_baseline_has_too_few():
    line = line_of(drop(950, 1000, 1900, 2000), "max_drop")
    assert line.verdict == "PASS"
    open_one = line_of(drop(190, 200, 1900, 2000), "max_drop")
    assert open_one.verdict == "INCONCLUSIVE"
    assert open_one.more_documents > 0
    never = line_of(drop(95, 100, 19, 20), "max_drop")
    assert never.more_documents is None
    assert "No number of documents would settle it" in never.reason


def test_min_and_max_drop_of_a_rule_are_corrected_together():
    report = drop(1700, 2000, 1900, 2000, min=0.7)
    assert {line.fields for line in report.lines if line.rule} == {2}


def test_a_number_as_the_baseline_has_no_error_of_its_own():
    for policy, k, verdict in [
        ("balanced", 190, "INCONCLUSIVE"), ("balanced", 197, "PASS"), ("balanced", 170, "FAIL"),
        ("point", 184, "PASS"), ("point", 183, "FAIL"),
    ]:  # fmt: skip
        report = judged(
            rules(Rule(TOTAL, max_drop=0.03, baseline=0.95), policy=policy), run({TOTAL: (k, 200)})
        )
        assert report.verdict == verdict, k
        line = line_of(report, "max_drop")
        assert line.baseline == 0.95
        assert line.lower == pytest.approx(stats.beta.ppf(0.05, k, 201 - k) - 0.95, abs=1e-9)
    assert not [line for line in report.lines if line.check == "identity"]


@pytest.mark.parametrize(
    ("on_missing", "bounds", "verdict"),
    [
        ("inconclusive", {"min": 0.9}, "INCONCLUSIVE"),
        ("absolute_only", {"min": 0.9}, "PASS"),
        ("absolute_only", {}, "INCONCLUSIVE"),
    ],
)
def test_where_there_is_no_baseline_yet(on_missing, bounds, verdict):
    source = BaselineSource(on_missing=on_missing)
    report = judged(rules(Rule(TOTAL, max_drop=0.03, **bounds), baseline=source), run({TOTAL: (198, 200)}))
    assert report.verdict == verdict
    assert "there is no baseline yet" in line_of(report, "max_drop").reason


def test_a_field_that_the_baseline_does_not_have_is_compared_with_nothing():
    before = run({DATE: (190, 200)}, **SAME)
    wanted = rules(Rule(TOTAL, max_drop=0.03), baseline=BaselineSource())
    report = judged(wanted, run({TOTAL: (200, 200)}, **SAME), before)
    assert report.verdict == "INCONCLUSIVE"
    assert "last passed does not have it" in report.reason


@pytest.mark.parametrize(
    ("files", "verdict"), [((200, 200), "WARN"), ((190, 200), "INCONCLUSIVE"), (None, "INCONCLUSIVE")]
)
def test_a_field_that_is_gone_since_the_baseline_is_told(files, verdict):
    before = run({TOTAL: (1900, 2000), DATE: (1900, 2000)}, (2000, 2000), **SAME)
    wanted = rules(
        Rule("extract.fields.*.accuracy", max_drop=0.2), baseline=BaselineSource(), min_processed=0.5
    )
    report = judged(wanted, run({TOTAL: (190, 190)}, files, **SAME), before)
    assert line_of(report, "metric", DATE).verdict == verdict
    assert report.verdict == verdict


@pytest.mark.parametrize(
    ("now", "before", "verdict", "told"),
    [
        (
            {"items_fingerprint": "a"},
            {"items_fingerprint": "a", "source_id": "ev_2"},
            "PASS",
            "are those of last passed",
        ),
        (
            {"items_fingerprint": "a"},
            {"items_fingerprint": "b"},
            "INCONCLUSIVE",
            "are not those of last passed",
        ),
        ({"items_fingerprint": None}, {"items_fingerprint": "b"}, "WARN", "was not checked"),
        ({}, {"source_id": "ev_2"}, "INCONCLUSIVE", "set is ev_1, that of last passed is ev_2"),
        ({}, {"source_id": None}, "WARN", "was not checked"),
    ],
)
def test_a_baseline_of_other_items_cannot_be_compared_with(now, before, verdict, told):
    wanted = rules(Rule(TOTAL, min=0.9, max_drop=0.03), baseline=BaselineSource(on_missing="absolute_only"))
    counts = {TOTAL: (1950, 2000)}
    report = judged(wanted, run(counts, (2000, 2000), **now), run(counts, (2000, 2000), **before))
    assert told in line_of(report, "identity").reason
    assert report.verdict == verdict
    assert line_of(report, "max_drop").verdict == ("INCONCLUSIVE" if verdict == "INCONCLUSIVE" else "PASS")


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        (Rule(TOTAL, max_drop=0.03, severity="warn"), "WARN"),
        (Rule(TOTAL, max_drop=0.03, severity="info"), "PASS"),
        (Rule(TOTAL, min=0.9, max_gain=0.03), "WARN"),
    ],
)
def test_other_items_weigh_no_more_than_the_rules_that_compare(rule, verdict):
    wanted = rules(rule, Rule(DATE, min=0.9), baseline=BaselineSource())
    counts = {TOTAL: (1950, 2000), DATE: (2000, 2000)}
    report = judged(wanted, run(counts, (2000, 2000)), run(counts, (2000, 2000), source_id="ev_2"))
    assert line_of(report, "identity").verdict == "INCONCLUSIVE"
    assert report.verdict == verdict


def test_a_baseline_that_no_rule_compares_with_is_not_looked_at():
    report = judged(
        rules(Rule(TOTAL, min=0.9)), run({TOTAL: (200, 200)}), run({TOTAL: (1, 200)}, source_id="ev_2")
    )
    assert report.verdict == "PASS"
    assert line_of(report, "min").baseline == 0.005


@pytest.mark.parametrize(("k", "verdict"), [(190, "PASS"), (174, "PASS"), (199, "WARN")])
@pytest.mark.parametrize("number", [None, 0.85])
def test_a_gain_beyond_belief_is_a_warning(k, verdict, number):
    rule = Rule(TOTAL, min=0.8, max_gain=0.08, baseline=number)
    wanted = rules(rule, baseline=BaselineSource())
    report = judged(wanted, run({TOTAL: (k, 200)}, **SAME), run({TOTAL: (170, 200)}, **SAME))
    assert (report.verdict, line_of(report, "max_gain").verdict) == (verdict, verdict)
    assert ("a leak, or changed labels?" in report.reason) == (verdict == "WARN")


def test_a_gain_over_nothing_is_none():
    report = judged(
        rules(Rule(TOTAL, min=0.8, max_gain=0.1), baseline=BaselineSource()), run({TOTAL: (199, 200)})
    )
    assert (report.verdict, line_of(report, "max_gain").verdict) == ("PASS", "PASS")


def test_the_baseline_moves_on_pass_only():
    wanted = rules(Rule(TOTAL, min=0.95, floor=0.9))
    first = run({TOTAL: (1990, 2000)}, (2000, 2000))
    passed = judged(wanted, first)
    moved = Baseline.after(passed, None)
    assert moved == Baseline(first, "last passed")
    for counts, verdict in (
        ((1890, 2000), "WARN"),
        ((185, 200), "INCONCLUSIVE"),
        ((100, 2000), "FAIL"),
        ((0, 0), "ERROR"),
    ):
        report = judged(wanted, run({TOTAL: counts}, (2000, 2000)))
        assert report.verdict == verdict
        assert Baseline.after(report, moved) is moved
    many = rules(Rule("**", min=0.5))
    short = judged(many, run({TOTAL: (2000, 2000), DATE: (2000, 2000)}, (2000, 2000))).shortened(1)
    assert Baseline.after(short, moved) is moved, "a cut report is no baseline"


# --- files -------------------------------------------------------------------------------------------------------


def test_files_that_were_not_processed_are_an_error_unless_they_may_be_left_out():
    evidence = run({TOTAL: (190, 190)}, (190, 200))
    report = judged(rules(Rule(TOTAL, min=0.5)), evidence)
    assert report.verdict == "ERROR"
    assert "190 of 200 files were processed" in report.reason
    assert "coverage: {min_processed: 98%}" in report.reason
    allowed = judged(rules(Rule(TOTAL, min=0.5), min_processed=0.95), evidence)
    assert allowed.verdict == "PASS"


def test_what_was_not_processed_counts_as_wrong():
    low = line_of(
        judged(rules(Rule(TOTAL, min=0.5), min_processed=0.9), run({TOTAL: (180, 190)}, (190, 200))), "min"
    )
    assert (low.k, low.n, low.value, low.counts) == (180, 200, 0.9, (180, 190))
    mixed = "classify.confusion.a.b"
    high = line_of(
        judged(rules(Rule(mixed, max=0.5), min_processed=0.9), run({mixed: (3, 60)}, (190, 200))), "max"
    )
    assert (high.k, high.n) == (13, 70)
    whole = rules(Rule("extract.accuracy", min=0.5), min_processed=0.9)
    line = line_of(judged(whole, run(metrics={"extract.accuracy": 1.0}, files=(190, 200))), "min")
    assert (line.k, line.n, line.value) == (190, 200, 0.95)
    confidence = rules(Rule("classify.confidence", min=0.5), min_processed=0.9)
    line = line_of(judged(confidence, run(metrics={"classify.confidence": 1.0}, files=(190, 200))), "min")
    assert line.value == 0.95
    bare = rules(Rule("extract.fields.a.recall", min=0.5), policy="point", min_processed=0.9)
    line = line_of(judged(bare, run(metrics={"extract.fields.a.recall": 1.0}, files=(190, 200))), "min")
    assert line.value == 0.95


def test_where_no_total_is_given_that_is_a_warning():
    report = judged(rules(Rule(TOTAL, min=0.5)), run({TOTAL: (190, 190)}, None))
    assert report.verdict == "WARN"
    assert "is not given" in report.reason


@pytest.mark.parametrize(
    "files", [[201, 200], [-1, 200], [math.nan, 200], [10**400, 10**400], [], 0, "ab", {1: 2}]
)
def test_files_that_cannot_be_are_an_error_and_not_taken_for_unknown(files):
    given = {**run({TOTAL: (190, 190)}, None).as_dict(), "files": files}
    report = judged(rules(Rule(TOTAL, min=0.5)), Evidence.of_result(given))
    assert (report.verdict, report.lines[0].check) == ("ERROR", "coverage")
    assert report.reason.startswith("How many files were processed is ")


@pytest.mark.parametrize("value", [5e-324, 1e-300, 1e-7, 1 - 1e-16])
def test_a_share_next_to_nothing_or_all_is_judged(value):
    line = line_of(
        judged(rules(Rule("extract.accuracy", min=0.5)), run(metrics={"extract.accuracy": value})), "min"
    )
    assert line.verdict == ("PASS" if value > 0.5 else "FAIL")


@pytest.mark.parametrize(("minimum", "verdict"), [(0.95, "PASS"), (0.96, "FAIL")])
def test_coverage_may_be_a_rule_and_is_no_sample(minimum, verdict):
    evidence = run({TOTAL: (190, 190), "coverage": (190, 200)}, (190, 200))
    report = judged(rules(Rule("coverage", min=minimum), min_processed=0.0), evidence)
    assert report.verdict == verdict
    assert judged(minimums({"coverage": minimum, TOTAL: 0.5}), evidence).verdict == verdict


# --- severities and waivers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("severity", "verdict"), [("fail", "FAIL"), ("warn", "WARN"), ("info", "PASS")])
def test_a_severity_softens_what_counts_not_what_is_said(severity, verdict):
    report = judged(rules(Rule(TOTAL, min=0.95, severity=severity)), run({TOTAL: (100, 200)}))
    line = line_of(report, "min")
    assert (report.verdict, line.verdict, line.counts_as) == (verdict, "FAIL", verdict)
    open_one = judged(rules(Rule(TOTAL, min=0.95, severity=severity)), run({TOTAL: (10, 10)}))
    assert line_of(open_one, "min").counts_as == {"fail": "INCONCLUSIVE"}.get(severity, verdict)


@pytest.mark.parametrize("severity", ["fail", "warn", "info"])
def test_an_error_counts_whatever_the_severity(severity):
    assert judged(rules(Rule("nope", min=0.5, severity=severity)), run({TOTAL: (1, 1)})).verdict == "ERROR"


def waiver(until="2026-12-31", select=TOTAL):
    return Waiver(select, until, "data-team", "relabelling", line=14)


@pytest.mark.parametrize("until", ["2026-11-26", "2026-12-31"])
def test_a_waiver_makes_a_failure_a_warning_up_to_and_with_its_day(until):
    report = judged(rules(Rule(TOTAL, min=0.95), waivers=(waiver(until),)), run({TOTAL: (100, 200)}))
    line = line_of(report, "min")
    assert (report.verdict, line.verdict, line.counts_as, line.waiver) == (
        "WARN",
        "FAIL",
        "WARN",
        waiver(until),
    )
    assert f"Waived until {until} by data-team: relabelling." in report.reason


def test_an_expired_waiver_is_an_error_with_its_line_even_where_all_is_well():
    report = judged(rules(Rule(TOTAL, min=0.95), waivers=(waiver("2026-11-25"),)), run({TOTAL: (200, 200)}))
    assert report.verdict == "ERROR"
    assert "has expired on 2026-11-25. Take it out, or give it a new day." in report.reason
    assert line_of(report, "waiver").line == 14
    assert line_of(report, "min").waiver is None


def test_a_waiver_for_nothing_is_an_error():
    report = judged(
        rules(Rule(TOTAL, min=0.95), waivers=(waiver(select="extract.fields.totl.accuracy"),)),
        run({TOTAL: (200, 200)}),
    )
    assert report.verdict == "ERROR"
    assert f"there are: {TOTAL}" in report.reason


def test_a_waiver_waives_no_error_and_no_other_field():
    bad = run({DATE: (100, 200)}, metrics={TOTAL: math.nan})
    report = judged(rules(Rule("extract.fields.*.accuracy", min=0.95), waivers=(waiver(),)), bad)
    assert report.verdict == "ERROR"
    assert line_of(report, "min", DATE).counts_as == "FAIL"


def test_what_is_waived_is_none_of_those_that_are_corrected_for():
    counts = {TOTAL: (100, 200), DATE: (183, 200)}
    report = judged(
        rules(Rule("extract.fields.*.accuracy", min=0.95, floor=0.85), waivers=(waiver(),)), run(counts)
    )
    assert (line_of(report, "min", TOTAL).counts_as, line_of(report, "min", DATE).counts_as) == (
        "WARN",
        "FAIL",
    )
    assert line_of(report, "min", DATE).fields == 1


# --- what cannot be judged ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["extract.acuracy", "extract.fields.*.recall", "split.**", "latency.p95_ms"])
def test_a_rule_that_matches_nothing_is_an_error_that_offers_near_names(rule):
    report = judged(rules(Rule(rule, min=0.0, line=7)), run({"extract.accuracy": (100, 100)}))
    line = line_of(report, "metric")
    assert (report.verdict, line.line, line.selector) == ("ERROR", 7, None)
    assert f"{rule} is not among the metrics of the run; there are: extract.accuracy" in report.reason


@pytest.mark.parametrize(
    ("metrics", "counts", "told"),
    [
        ({TOTAL: math.nan}, {}, "is nan, where a fraction from 0 to 1 is expected"),
        ({TOTAL: math.inf}, {}, "is inf"),
        ({TOTAL: 95}, {}, "is 95"),
        ({TOTAL: -0.1}, {}, "is -0.1"),
        ({TOTAL: "0.9"}, {}, "is '0.9'"),
        ({TOTAL: 10**400}, {}, "is 1000"),
        ({TOTAL: 0.9}, {TOTAL: [9, 10**400]}, "has the counts [9, 1000"),
        ({TOTAL: None}, {}, "is None"),
        ({TOTAL: True}, {}, "is True"),
        ({TOTAL: 0.9}, {TOTAL: [-1, 10]}, "has the counts [-1, 10], where [right, of how many] is expected"),
        ({TOTAL: 0.9}, {TOTAL: [11, 10]}, "has the counts [11, 10]"),
        ({TOTAL: 0.9}, {TOTAL: [9.5, 10]}, "has the counts [9.5, 10]"),
        ({TOTAL: 0.9}, {TOTAL: [math.nan, 10]}, "has the counts [nan, 10]"),
        ({TOTAL: 0.9}, {TOTAL: [True, 1]}, "has the counts [True, 1]"),
        ({TOTAL: 0.9}, {TOTAL: [9]}, "has the counts [9]"),
        ({TOTAL: 0.9}, {TOTAL: 9}, "has the counts 9"),
        ({TOTAL: 0.9}, {TOTAL: "90"}, "has the counts '90'"),
        ({TOTAL: 0.9}, {TOTAL: [5, 10]}, "is 0.9, but 5 of 10 is 0.5"),
    ],
)
@pytest.mark.parametrize("policy", ["balanced", "point"])
def test_a_metric_that_cannot_be_is_an_error(metrics, counts, told, policy):
    evidence = run(metrics=metrics)
    evidence = Evidence.of_result({**evidence.as_dict(), "metrics": {**metrics, DATE: 1.0}, "counts": counts})
    for select in (TOTAL, "extract.fields.*.accuracy"):
        report = judged(rules(Rule(select, min=0.0), policy=policy), evidence)
        assert report.verdict == "ERROR"
        assert f"{TOTAL} {told}" in report.reason
    assert judged(rules(Rule(DATE, min=0.5), policy="point"), evidence).verdict == "PASS", (
        "others are not harmed"
    )


@pytest.mark.parametrize("latency", [math.nan, -1, "fast", None])
def test_a_latency_that_cannot_be_is_an_error(latency):
    report = judged(
        rules(Rule("latency.p95_ms", max=1e6, unit="ms")), run(metrics={"latency.p95_ms": latency})
    )
    assert report.verdict == "ERROR"
    assert "a number of milliseconds is expected" in report.reason


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"status": "FAILED", "outcome": "failed"}, "bpr_1 is FAILED: only a PROCESSED run"),
        ({"status": "PROCESSING", "outcome": None}, "is PROCESSING"),
        ({"outcome": "needs_review"}, "only a PROCESSED run"),
        ({"metrics_from": None}, "2024-12-23 or 2026-02-09"),
        ({"files": [0, 0]}, "empty evaluation set"),
        ({"truncated": True}, "Read the run by its id"),
    ],
)
def test_a_run_that_cannot_be_judged_is_an_error(more, told):
    report = judged(
        rules(Rule(TOTAL, min=0.0)), Evidence.of_result({**run({TOTAL: (9, 9)}).as_dict(), **more})
    )
    assert (report.verdict, [line.check for line in report.lines]) == ("ERROR", ["run"])
    assert told in report.reason


def test_no_metrics_at_all_are_an_error():
    assert judged(rules(Rule("**", min=0.0)), run()).verdict == "ERROR"
    assert "none at all" in judged(rules(Rule("**", min=0.0)), run()).reason
    assert judge(rules(Rule("**", min=0.0)), Evidence(), today=TODAY).verdict == "ERROR"


def test_no_judgement_is_an_error_with_a_reason():
    report = not_judged("gate.yaml, line 3: ...", today=TODAY)
    assert (report.verdict, report.reason, report.today) == ("ERROR", "gate.yaml, line 3: ...", "2026-11-26")
    assert not_judged("x").today is None


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        (["PASS"], "PASS"),
        (["PASS", "WARN"], "WARN"),
        (["INCONCLUSIVE", "WARN"], "INCONCLUSIVE"),
        (["PASS", "FAIL", "INCONCLUSIVE"], "FAIL"),
        (["FAIL", "ERROR", "PASS"], "ERROR"),
        ([], "ERROR"),
    ],
)
def test_the_worst_verdict_wins_and_none_is_no_pass(verdicts, whole):
    assert worst(verdicts) == whole


def test_a_metric_named_oddly_by_its_users_does_not_stop_the_gate():
    odd = {"classify.classes.etc..recall": 0.1, 'extract.fields.a"b.accuracy': 0.1, "": 0.1}
    evidence = run(metrics={"extract.accuracy": 0.9, **odd})
    assert judged(minimums({"extract.accuracy": 0.9}), evidence).verdict == "PASS"
    assert judged(minimums({"**": 0.2}), evidence).verdict == "FAIL"


def test_the_example_as_users_write_it():
    from tests.gate.test_rules_file import WHOLE

    named = (TOTAL, "extract.fields.po_number.accuracy", "classify.classes.invoice.recall", "split.recall")
    counts = dict.fromkeys(named, (198, 200))
    metrics = {"extract.accuracy": 0.985, "extract.fields.invoice_date.recall": 0.99}
    report = judged(load_rules(WHOLE), run(counts, metrics=metrics))
    assert report.verdict == "PASS", report.as_text()
    assert report.reason == "All 8 judgements pass."
    assert (report.policy, report.confidence, report.interval, report.today, report.looks) == (
        "balanced", 0.95, "exact", "2026-11-26", None)  # fmt: skip


def test_looks_are_shown():
    report = judged(rules(Rule(TOTAL, min=0.5)), run({TOTAL: (200, 200)}), looks=3)
    assert report.looks == 3
    assert "This is look 3 at the same config and items." in report.as_text()


def test_a_huge_set_is_judged_soon():
    counts = {
        f"extract.fields.f{place}.accuracy": (900_000_000 + place, 1_000_000_000) for place in range(20)
    }
    report = judged(rules(Rule("extract.fields.*.accuracy", min=0.85)), run(counts, (10**9, 10**9)))
    assert report.verdict == "PASS"
    assert {line.n for line in report.lines if line.rule} == {1_000_000}


def test_the_day_is_the_callers():
    wanted = rules(Rule(TOTAL, min=0.95), waivers=(waiver("2026-12-31"),))
    for day, verdict in ((datetime.date(2026, 12, 31), "WARN"), (datetime.date(2027, 1, 1), "ERROR")):
        assert judge(wanted, run({TOTAL: (100, 200)}), today=day).verdict == verdict


@pytest.mark.parametrize("policy", ["balanced", "point"])
def test_a_field_that_only_files_have_which_were_not_processed_is_open(policy):
    """All ten files with a date are missing: had they been processed, the field might have failed."""
    given = rules(Rule("extract.fields.*.accuracy", min=0.8), min_processed=0.9, policy=policy)
    counts = {TOTAL: [190, 190], DATE: [0, 0]}
    evidence = Evidence.of_result({**run(files=(190, 200)).as_dict(), "metrics": {}, "counts": counts})
    report = judged(given, evidence)
    assert (report.verdict, report.lines[0].selector) == ("INCONCLUSIVE", DATE)
    assert "in none of the files that were processed; 10 were not" in report.reason
    waived = judged(dataclasses.replace(given, waivers=(Waiver(DATE, "2026-12-31", "me", "why"),)), evidence)
    assert (waived.verdict, waived.lines[0].waiver.owner) == ("WARN", "me")
    whole = Evidence.of_result({**evidence.as_dict(), "files": [190, 190]})
    assert judged(given, whole).verdict == "PASS", "no file has it: nothing is missing"


def test_two_rules_that_differ_in_their_floor_alone_stand_in_one_order():
    two = (Rule(TOTAL, min=0.5), Rule(TOTAL, min=0.5, floor=0.3))
    assert judged(rules(*two), run({TOTAL: (99, 100)})) == judged(rules(*two[::-1]), run({TOTAL: (99, 100)}))
