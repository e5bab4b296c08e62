"""The first rules file: it loads, its run passes by it, and a run that is worse beyond chance does not."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_extend.gate.evidence import Evidence
from airflow_provider_extend.gate.first_file import first_file
from airflow_provider_extend.gate.judge import judge
from airflow_provider_extend.gate.rules_file import load_rules
from airflow_provider_extend.gate_files import documents_of, evidence_of
from tests.gate.given import HOSTILE, TODAY, contract, example, fields

SCORED = (
    "2024-12-23.batch_processor_run.classify",
    "2024-12-23.batch_processor_run.extract",
    "2024-12-23.batch_processor_run.splitter",
    "2026-02-09.evaluation_set_run.classify",
    "2026-02-09.evaluation_set_run.extract",
    "2026-02-09.evaluation_set_run.splitter",
)


def judged(evidence, text):
    return judge(load_rules(text, "first.yaml"), evidence, today=TODAY)


@pytest.mark.parametrize("name", SCORED)
def test_it_loads_and_its_own_run_is_not_held_back(name):
    document = example(name)
    evidence = evidence_of(document)
    report = judged(evidence, first_file(evidence, documents_of(document)))
    # The total of files is not given before 2026-02-09, which is a WARN.
    assert report.verdict == ("WARN" if evidence.files is None else "PASS"), report.reason
    rules = [line for line in report.lines if line.rule]
    assert rules
    assert {line.verdict for line in rules} == {"PASS"}
    assert {line.method for line in rules} == {"exact"}


def test_it_asks_for_the_lower_bound_rounded_down_and_says_what_was_measured():
    text = first_file(Evidence.of_result(contract(fields({"total": 196}))))
    # 196 of 200: the lower bound is 95.48 %.
    assert "  - {select: extract.fields.total.accuracy, min: 95.4%}  # 98.0%, 196 of 200\n" in text
    assert "from run bpr_1" in text
    assert "policy: balanced" in text
    assert "min_processed: 100%" in text


def test_a_run_that_is_worse_beyond_chance_fails_by_it():
    text = first_file(Evidence.of_result(contract(fields({"total": 196}))))
    assert judged(Evidence.of_result(contract(fields({"total": 190}))), text).verdict == "WARN"
    assert judged(Evidence.of_result(contract(fields({"total": 170}))), text).verdict == "FAIL"


def test_files_that_were_left_out_are_allowed_for():
    evidence = replace(Evidence.of_result(contract(fields({"total": 180}, 190))), files=(190, 200))
    text = first_file(evidence)
    assert "min_processed: 95%" in text
    assert judged(evidence, text).verdict == "PASS"


def test_a_metric_without_counts_gets_the_documents_that_are_known():
    evidence = evidence_of(example("2024-12-23.batch_processor_run.extract"))
    assert "recall, min: 67%, n: 10}" in first_file(evidence, 10)


def test_where_nothing_tells_how_much_evidence_there_is_the_point_decides():
    evidence = evidence_of(example("2024-12-23.batch_processor_run.extract"))
    text = first_file(evidence)
    assert "policy: point" in text
    assert "{select: extract.fields.invoice_date.recall, min: 95.1%}  # 95.1%" in text
    report = judged(evidence, text)
    assert report.verdict == "WARN"
    assert {line.verdict for line in report.lines if line.rule} == {"PASS"}


def test_a_latency_is_suggested_and_nothing_is_lost_in_silence():
    now = contract(
        {"split.recall": (0, 9), "split.precision": (8, 9), 'extract.fields."open.accuracy': (8, 9)}, 9
    )
    now["metrics"] |= {
        "latency.p95_ms": 2300.0,
        "extract.fields.a.recall": 0.9,
        "extract.fields.*.accuracy": 0.8,
    }
    text = first_file(Evidence.of_result(now))
    assert "  # - {select: latency.p95_ms, max: 3450ms, severity: warn}  # 2300ms\n" in text
    assert "  # split.recall is 0.0%, 0 of 9: there is nothing to hold.\n" in text
    assert "  # extract.fields.a.recall is 90.0% and comes without counts" in text
    assert '  # extract.fields."open.accuracy is no selector' in text
    assert "  # extract.fields.*.accuracy is no selector, or has a wildcard in it" in text
    assert [rule.select for rule in load_rules(text).rules] == ["split.precision"]
    suggested = text.replace("# - {select: latency", "- {select: latency")
    assert judged(Evidence.of_result(now), suggested).verdict == "PASS"


def test_many_fields_are_held_by_a_wildcard_at_the_lowest_bound():
    now = contract(
        fields({f"f{number}.inner": 200 - number % 5 for number in range(600)})
        | {"extract.accuracy": (197, 200)}
    )
    text = first_file(Evidence.of_result(now))
    rules = load_rules(text).rules
    assert [rule.select for rule in rules] == ["extract.accuracy", "extract.fields.**.accuracy"]
    assert "# 600 metrics, the lowest 98.0%, 196 of 200" in text
    assert rules[1].min == 0.954
    assert judged(Evidence.of_result(now), text).verdict == "PASS"


@pytest.mark.parametrize("metrics", [{}, {"extract.fields.a.confidence": 0.9}, {"split.recall": 0.0}])
def test_a_run_without_anything_to_hold_is_refused(metrics):
    with pytest.raises(ValueError, match="no metric that a rule could hold"):
        first_file(Evidence.of_result({**contract({}), "metrics": metrics}))


_NAMES = st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1, max_size=12))
_COUNTS = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(_NAMES, _COUNTS, min_size=1, max_size=5), st.sampled_from(["accuracy", "recall"]))
def test_whatever_the_fields_are_called(named, kind):
    counts = {f"extract.fields.{name}.{kind}": pair for name, pair in named.items()} | {
        "extract.accuracy": (50, 60)
    }
    evidence = Evidence.of_result(contract(counts, 60))
    text = first_file(evidence)
    assert judged(evidence, text).verdict == "PASS", text
    assert all(re.match(r"[a-z#]|  [-#] ", line) for line in text.splitlines()), (
        "no name begins a line of its own"
    )
