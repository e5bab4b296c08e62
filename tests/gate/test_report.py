"""The report and what it is made of: JSON and back, cut to size, as a table."""

import dataclasses
import json

import pytest

from airflow_provider_extend.gate.evidence import Baseline, Evidence
from airflow_provider_extend.gate.judge import not_judged
from airflow_provider_extend.gate.report import Report
from airflow_provider_extend.gate.rules import BaselineSource, Rule, Waiver
from tests.gate.cases import DATE, TOTAL, judged, rules, run

WAIVER = Waiver(TOTAL, "2026-12-31", "data-team", "relabelling", line=3)
COUNTS = {TOTAL: (150, 200), DATE: (199, 200), "extract.fields.po.accuracy": (194, 200)}


def whole():
    """A report that has something of everything."""
    evidence = run(
        COUNTS,
        metrics={"latency.p95_ms": 900.0, "split.recall": 2.0},
        usage={"credits": 12.5},
        files=(200, 201),
    )
    made = (
        Rule("extract.fields.*.accuracy", min=0.95, max_drop=0.03, max_gain=0.2, line=4),
        Rule("latency.p95_ms", max=800.0, unit="ms", severity="warn"),
        Rule("split.recall", min=0.9),
        Rule("classify.accuracy", min=0.9),
    )
    wanted = rules(*made, waivers=(WAIVER,), baseline=BaselineSource(), min_processed=0.9)
    return judged(wanted, evidence, run(COUNTS), looks=2)


def test_a_report_is_json_and_back():
    report = whole()
    assert {line.check for line in report.lines} == {
        "min", "max", "max_drop", "max_gain", "metric", "coverage", "identity"}  # fmt: skip
    stored = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert stored["report"] == 1
    assert Report.from_dict(stored) == report
    assert stored["evidence"]["usage"] == {"credits": 12.5}
    assert Report.from_dict(json.loads(json.dumps(not_judged("no").as_dict()))) == not_judged("no")


def test_what_a_later_release_adds_is_passed_over():
    stored = whole().as_dict()
    stored["mood"] = "good"
    stored["lines"][0]["mood"] = "good"
    assert Report.from_dict(stored) == whole()


@pytest.mark.parametrize(
    "stored", [None, [], {}, {"report": 2}, {"report": "1"}, {"verdict": "PASS"}], ids=repr
)
def test_what_is_no_report_is_refused(stored):
    with pytest.raises(ValueError, match="no report of version 1"):
        Report.from_dict(stored)


@pytest.mark.parametrize("damage", ["verdict", "evidence", "lines"])
def test_a_damaged_report_is_refused(damage):
    stored = whole().as_dict()
    del stored[damage]
    with pytest.raises(ValueError, match="damaged"):
        Report.from_dict(stored)
    stored = whole().as_dict()
    stored["lines"] = [None]
    with pytest.raises(ValueError, match="damaged"):
        Report.from_dict(stored)


@pytest.mark.parametrize(
    "changed", [{"verdict": "<b>"}, {"counts_as": "<b>"}, {"counts": [1]}, {"verdict": ["PASS"]}]
)
def test_a_report_with_what_no_report_has_is_refused(changed):
    stored = whole().as_dict()
    stored["lines"][0] |= changed
    with pytest.raises(ValueError, match="damaged"):
        Report.from_dict(stored)
    if "verdict" in changed:
        with pytest.raises(ValueError, match="damaged"):
            Report.from_dict(whole().as_dict() | changed)


def test_a_cut_report_keeps_the_worst_and_says_so():
    report = whole()
    short = report.shortened(3)
    assert short.lines == report.lines[:3]
    assert (short.left_out, short.verdict, short.reason) == (
        len(report.lines) - 3,
        report.verdict,
        report.reason,
    )
    assert set(short.evidence.metrics) < set(report.evidence.metrics)
    assert (short.evidence.truncated, short.baseline) == (True, None)
    assert Report.from_dict(json.loads(json.dumps(short.as_dict()))) == short
    assert short.shortened(2).left_out == len(report.lines) - 2
    assert report.shortened(len(report.lines)) is report
    assert short.as_text().endswith(f"And {len(report.lines) - 3} more lines.")


def test_a_report_is_a_table_for_the_log():
    lines = whole().as_text().splitlines()
    assert lines[0].startswith("Gate: ERROR. ")
    assert lines[1] == "This is look 2 at the same config and items."
    table = [[cell for cell in line.split("  ") if cell] for line in lines[2:]]
    assert [cell.strip() for cell in table[0]] == ["verdict", "metric", "value", "bounds", "target", "counts"]
    cells = [[cell.strip() for cell in row] for row in table]
    assert ["FAIL, counts as WARN", TOTAL, "74.6%", "69.1% to 79.6%", "95%", "150 of 200"] in cells
    assert ["FAIL, counts as WARN", "latency.p95_ms", "900ms", "-", "800ms", "-"] in cells
    assert not [line for line in lines if line != line.rstrip()]


def test_the_reason_holds_no_more_than_it_must():
    """Selectors and numbers alone: nothing of a document can be in it."""
    report = whole()
    assert len(report.reason) < 2000
    assert "credits" not in report.reason


# --- evidence ----------------------------------------------------------------------------------------------------


def test_evidence_is_the_contract_and_back():
    evidence = whole().evidence
    stored = json.loads(json.dumps(evidence.as_dict(), allow_nan=False))
    assert Evidence.of_result(stored) == evidence
    assert evidence.unusable == {"split.recall": "is 2.0, where a fraction from 0 to 1 is expected"}
    contract = {"id", "kind", "status", "outcome", "api_version", "url", "metrics_from", "metrics", "counts", "source",
                "source_id", "processor_id", "processor_version_id", "usage", "files", "config_fingerprint",
                "items_fingerprint"}  # fmt: skip
    assert set(stored) == contract | {"unusable"}
    assert set(Evidence().as_dict()) == contract
    assert Evidence.of_result({}) == Evidence()


def test_evidence_is_what_the_tasks_push():
    from airflow_provider_extend.api.runs import read_run
    from airflow_provider_extend.results import result_of_run

    raw = {
        "object": "evaluation_set_run", "id": "bpr_9", "status": "PROCESSED", "evaluationSetId": "ev_9",
        "metrics": {"type": "EXTRACT", "numFilesTotal": 4, "numFilesProcessed": 4, "accuracy": 0.75,
                    "fieldMetrics": {"total": {"countExpected": 4, "countAccurate": 3, "accuracy": 0.75}}},
    }  # fmt: skip
    result = result_of_run(read_run("evaluation_set_run", "2026-02-09", raw))
    evidence = Evidence.of_result(result)
    assert evidence.as_dict() == result
    assert (evidence.counts, evidence.files) == (
        {"extract.fields.total.accuracy": (3, 4), "coverage": (4, 4)},
        (4, 4),
    )


@pytest.mark.parametrize("result", [None, [], "bpr_1", 7])
def test_what_is_no_result_is_refused(result):
    with pytest.raises(ValueError, match="A run's result is a mapping"):
        Evidence.of_result(result)


@pytest.mark.parametrize("files", [None, [], [3], [4, 3], "34", [None, None]])
def test_files_that_cannot_be_are_not_given(files):
    assert Evidence.of_result({"files": files}).files is None


def test_counts_alone_are_a_metric():
    evidence = Evidence.of_result({"counts": {TOTAL: [3, 4], DATE: None}})
    assert (evidence.metrics, evidence.counts) == ({TOTAL: 0.75}, {TOTAL: (3, 4)})


def test_a_question_is_config_and_items():
    one = Evidence(config_fingerprint="a", items_fingerprint="b")
    assert one.question == dataclasses.replace(one, id="other", metrics={"x": 1.0}).question
    assert len({one.question, dataclasses.replace(one, config_fingerprint="c").question,
                dataclasses.replace(one, items_fingerprint="c").question}) == 3  # fmt: skip
    assert Evidence(config_fingerprint="a").question is None
    assert Evidence(items_fingerprint="b").question is None


def test_a_baseline_is_json_and_back():
    baseline = Baseline(run(COUNTS, items_fingerprint="a"), "run bpr_1")
    stored = json.loads(json.dumps(baseline.as_dict()))
    assert Baseline.from_dict(stored) == baseline


@pytest.mark.parametrize("stored", [None, {}, {"baseline": 2}, {"evidence": {}}, "x"])
def test_what_is_no_baseline_is_refused(stored):
    with pytest.raises(ValueError, match="no baseline of version 1"):
        Baseline.from_dict(stored)
