"""What holds of any rules and any run: nothing bad makes a verdict good.

Runs are made of documents, each with its fields right, wrong or not expected, so that what is changed is what can
happen: a field read wrong in one document more, a document that was not processed.
"""

import dataclasses
import json
import math
import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from airflow_provider_extend.gate.evidence import Baseline, Evidence
from airflow_provider_extend.gate.judge import judge
from airflow_provider_extend.gate.report import Report
from airflow_provider_extend.gate.rules import BaselineSource, Rule, Rules, Waiver
from tests.gate.cases import TODAY

GOOD = ("PASS", "WARN")
NAMES = ("alpha", "beta", "gamma")
RIGHT, WRONG, ABSENT = 1, 0, None
MIXED = "classify.confusion.invoice.receipt"

settings.register_profile("gate", deadline=None, max_examples=150)
quick = settings(settings.get_profile("gate"))


@st.composite
def documents(draw):
    """Documents as [field right, wrong or absent ...]; mostly right, or nothing would be at stake."""
    size = draw(st.integers(1, 120))
    quality = [draw(st.sampled_from([1.0, 0.97, 0.9, 0.6])) for _ in NAMES]
    # Not `st.randoms()`: each of its numbers is a choice of the search, and there are hundreds.
    rng = random.Random(draw(st.integers(0, 2**32)))
    sparse = draw(st.sampled_from([0.0, 0.3]))
    return [
        [ABSENT if rng.random() < sparse else int(rng.random() < share) for share in quality]
        for _ in range(size)
    ]


def evidence_of(processed, total, **more):
    """As the API would tell of these documents: counts per field, a share over all, a rate of mistakes."""
    counts, everything = {}, []
    for place, name in enumerate(NAMES):
        seen = [document[place] for document in processed if document[place] is not ABSENT]
        everything += seen
        counts[f"extract.fields.{name}.accuracy"] = (sum(seen), len(seen))
    first = [document[0] for document in processed if document[0] is not ABSENT]
    if first:
        counts[MIXED] = (len(first) - sum(first), len(first))
    metrics = {name: k / n for name, (k, n) in counts.items() if n}
    if everything:
        metrics["extract.accuracy"] = sum(everything) / len(everything)
        metrics["extract.fields.alpha.recall"] = sum(everything) / len(everything)
        metrics["extract.fields.alpha.confidence"] = sum(everything) / len(everything)
    given = {
        "files": (len(processed), total),
        "outcome": "succeeded",
        "metrics_from": "evaluation_set_run",
        **more,
    }
    return Evidence(metrics=metrics, counts=counts, **given)


@st.composite
def a_rule(draw):
    extras = {
        "severity": draw(st.sampled_from(["fail", "fail", "warn", "info"])),
        "min_n": draw(st.sampled_from([None, None, 5, 30])),
        "n": draw(st.sampled_from([None, 50])),
    }
    if draw(st.booleans()) and draw(st.booleans()):
        return Rule(MIXED, max=draw(st.sampled_from([0.05, 0.2])), **extras)
    select = draw(
        st.sampled_from(
            ["extract.fields.alpha.accuracy", "extract.fields.*.accuracy", "extract.accuracy", "extract.fields.**",
             "extract.fields.alpha.recall", "extract.fields.alpha.confidence", "extract.fields.delta.accuracy"]
        )
    )  # fmt: skip
    target = draw(st.sampled_from([0.5, 0.8, 0.95, 1.0]))
    floor = draw(st.sampled_from([None, target - 0.2, target]))
    bounds = {"min": target, "floor": floor}
    compares = draw(
        st.sampled_from([{}, {}, {"max_drop": 0.05}, {"max_gain": 0.05}, {"max_drop": 0.1, "baseline": 0.9}])
    )
    if compares.get("max_drop") and draw(st.booleans()):
        bounds = {}
    return Rule(select, **bounds, **compares, **extras)


@st.composite
def a_gate(draw):
    waivers = draw(
        st.sampled_from([(), (Waiver("extract.fields.beta.accuracy", "2026-12-31", "me", "why"),)])
    )
    return Rules(
        tuple(draw(st.lists(a_rule(), min_size=1, max_size=4))),
        waivers=waivers,
        policy=draw(st.sampled_from(["balanced", "balanced", "prove", "point"])),
        interval=draw(st.sampled_from(["exact", "wilson"])),
        confidence=draw(st.sampled_from([0.8, 0.95])),
        baseline=BaselineSource(on_missing=draw(st.sampled_from(["inconclusive", "absolute_only"]))),
        min_processed=draw(st.sampled_from([1.0, 0.5])),
    )


@st.composite
def a_baseline(draw):
    if draw(st.booleans()):
        return None
    of = draw(documents())
    return Baseline(
        evidence_of(of, len(of), items_fingerprint=draw(st.sampled_from(["a", "b", None]))), "last passed"
    )


def verdict(gate, evidence, baseline):
    return judge(gate, evidence, today=TODAY, baseline=baseline).verdict


@quick
@given(a_gate(), documents(), a_baseline(), st.integers(0, 10**6))
def test_one_field_worse_in_one_document_makes_nothing_good(gate, seen, baseline, which):
    places = [
        (row, place)
        for row, document in enumerate(seen)
        for place in range(len(NAMES))
        if document[place] == RIGHT
    ]
    assume(places)
    before = verdict(gate, evidence_of(seen, len(seen), items_fingerprint="a"), baseline)
    row, place = places[which % len(places)]
    worse = [list(document) for document in seen]
    worse[row][place] = WRONG
    after = verdict(gate, evidence_of(worse, len(seen), items_fingerprint="a"), baseline)
    assert before in GOOD or after not in GOOD


@quick
@given(a_gate(), a_rule(), documents(), a_baseline())
def test_one_rule_more_makes_nothing_good(gate, rule, seen, baseline):
    evidence = evidence_of(seen, len(seen), items_fingerprint="a")
    more = dataclasses.replace(gate, rules=(*gate.rules, rule))
    assert verdict(gate, evidence, baseline) in GOOD or verdict(more, evidence, baseline) not in GOOD


@quick
@given(a_gate(), documents(), a_baseline(), st.integers(0, 10**6), st.integers(0, 3))
def test_one_file_that_is_not_processed_makes_nothing_good(gate, seen, baseline, which, already):
    """A share over all fields is of whole documents."""
    total = len(seen) + already
    lost = which % len(seen)
    left = [document for row, document in enumerate(seen) if row != lost]
    assume(left)
    whole = all(ABSENT not in document for document in seen)
    if not whole:
        shares = (
            "extract.accuracy",
            "extract.fields.alpha.recall",
            "extract.fields.alpha.confidence",
            "extract.fields.**",
        )
        gate = dataclasses.replace(
            gate, rules=tuple(rule for rule in gate.rules if rule.select not in shares)
        )
        assume(gate.rules)
    before = verdict(gate, evidence_of(seen, total, items_fingerprint="a"), baseline)
    after = verdict(gate, evidence_of(left, total, items_fingerprint="a"), baseline)
    assert before in GOOD or after not in GOOD


@quick
@given(a_gate(), documents(), a_baseline(), st.randoms(use_true_random=False))
def test_the_order_of_rules_and_metrics_is_irrelevant(gate, seen, baseline, rng):
    evidence = evidence_of(seen, len(seen), items_fingerprint="a")
    turned = list(gate.rules)
    rng.shuffle(turned)
    names = list(evidence.metrics)
    rng.shuffle(names)
    other = dataclasses.replace(evidence, metrics={name: evidence.metrics[name] for name in names})
    straight = judge(gate, evidence, today=TODAY, baseline=baseline)
    assert (
        judge(dataclasses.replace(gate, rules=tuple(turned)), other, today=TODAY, baseline=baseline)
        == straight
    )


@quick
@given(a_gate(), documents(), a_baseline(), st.integers(1, 5))
def test_a_report_is_json_and_back(gate, seen, baseline, most):
    evidence = evidence_of(seen, len(seen) + 1, items_fingerprint="a")
    report = judge(gate, evidence, today=TODAY, baseline=baseline, looks=most)
    for each in (report, report.shortened(most)):
        assert Report.from_dict(json.loads(json.dumps(each.as_dict(), allow_nan=False))) == each


@quick
@given(a_gate(), documents(), a_baseline())
def test_each_line_explains_itself(gate, seen, baseline):
    report = judge(gate, evidence_of(seen, len(seen)), today=TODAY, baseline=baseline)
    for line in report.lines:
        assert line.reason.endswith((".", "?"))
        assert "None" not in line.reason
        if line.lower is not None:
            shown = line.value if line.check in ("min", "max") else line.change
            assert line.lower - 1e-9 <= shown <= line.upper + 1e-9
        if line.p_adjusted is not None:
            assert line.p <= line.p_adjusted <= 1
            assert (line.verdict == "FAIL") == (line.p_adjusted < gate.error)


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=3) | st.just([3, 4]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@quick
@given(
    st.dictionaries(
        st.sampled_from(["metrics", "counts", "files", "usage", "truncated", "unusable", "source_id"]),
        anything,
    ),
    st.sampled_from(["balanced", "point"]),
    st.sampled_from([0.0, 0.5]),
)
def test_whatever_is_handed_in_is_judged_and_nothing_passes_that_has_no_number(given, policy, least):
    evidence = Evidence.of_result({"outcome": "succeeded", "metrics_from": "evaluation_set_run", **given})
    report = judge(Rules((Rule("**", min=0.0),), policy=policy, min_processed=least), evidence, today=TODAY)
    judged = [line for line in report.lines if line.check == "min"]
    assert report.verdict not in GOOD or judged
    assert all(line.value is not None and math.isfinite(line.value) for line in judged)
    assert Evidence.of_result(json.loads(json.dumps(evidence.as_dict()))) == evidence or "usage" in given


@pytest.mark.parametrize("policy", ["balanced", "prove", "point"])
def test_no_worse_count_is_better_at_any_n(policy):
    """Along k at the same n a verdict gets no worse, but for INCONCLUSIVE, which stands between."""
    rank = {"FAIL": 0, "INCONCLUSIVE": 1, "WARN": 2, "PASS": 3}
    for n in (1, 7, 30, 59, 120):
        gate = Rules((Rule("extract.fields.alpha.accuracy", min=0.9, floor=0.8),), policy=policy)
        seen = []
        for k in range(n + 1):
            counts = {"extract.fields.alpha.accuracy": (k, n)}
            evidence = Evidence(
                dict.fromkeys(counts, k / n), counts, (n, n), outcome="succeeded", metrics_from="x"
            )
            seen.append(rank[verdict(gate, evidence, None)])
        assert seen == sorted(seen)
