"""The gate as an assertion."""

import json
from datetime import date

import pytest

from airflow_provider_extend.gate.rules import RulesError
from airflow_provider_extend.gate.rules_file import load_rules
from airflow_provider_extend.gate.testing import assert_gate
from airflow_provider_extend.gate_files import UnreadableFile
from tests.gate.given import MIXED, RULES, TODAY, contract, example, fields

GOOD = contract(fields(dict.fromkeys(MIXED, 197)) | {"extract.accuracy": (197, 200)})
BAD = contract(fields(MIXED) | {"extract.accuracy": (197, 200)})


def test_a_good_run_goes_on_and_gives_its_report():
    report = assert_gate(GOOD, load_rules(RULES), baseline=0.98, today=TODAY)
    assert report.verdict == "PASS"
    assert report.today == "2026-11-26"


def test_a_bad_run_fails_with_the_verdict_and_the_worst_lines(tmp_path):
    (tmp_path / "gate.yaml").write_text(RULES)
    with pytest.raises(AssertionError) as failed:
        assert_gate(BAD, tmp_path / "gate.yaml", today=TODAY)
    first, second, head, *table = str(failed.value).splitlines()
    assert first == "FAIL: 1 of 9 checks fail."
    assert second.startswith("Gate: FAIL. extract.fields.iban.accuracy is 80.0% (160 of 200), below 90%")
    assert head.split() == ["verdict", "metric", "value", "bounds", "target", "counts"]
    assert table[0].split()[:2] == ["FAIL", "extract.fields.iban.accuracy"]
    assert len(table) == 9


def test_of_many_lines_the_worst_are_shown():
    now = contract(fields({f"f{number:03}": 100 for number in range(300)}))
    with pytest.raises(AssertionError) as failed:
        assert_gate(now, {"version": 1, "rules": [{"select": "extract.fields.*.accuracy", "min": "90%"}]})
    lines = str(failed.value).splitlines()
    assert lines[0] == "FAIL: 300 of 301 checks fail."
    assert lines[-1] == "And 286 more lines."
    assert len(lines) == 19


def test_files_and_objects_are_taken_alike(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps(example("2026-02-09.evaluation_set_run.extract")))
    (tmp_path / "gate.yaml").write_text("version: 1\nrules: [{select: extract.accuracy, min: 60%}]\n")
    rules = {"version": 1, "rules": [{"select": "extract.accuracy", "min": 0.6}]}
    reports = [
        assert_gate(run, gate, today=TODAY)
        for run in (
            tmp_path / "run.json",
            str(tmp_path / "run.json"),
            example("2026-02-09.evaluation_set_run.extract"),
        )
        for gate in (tmp_path / "gate.yaml", str(tmp_path / "gate.yaml"), rules)
    ]
    assert {report.verdict for report in reports} == {"PASS"}
    assert len({report.rules_fingerprint for report in reports}) == 1
    assert len({str(report.evidence) for report in reports}) == 1


@pytest.mark.parametrize(
    ("baseline", "verdict"),
    [
        (0.5, "PASS"),
        (1, "FAIL"),
        (contract(fields({"a": 100})), "PASS"),
        (contract(fields({"a": 200})), "FAIL"),
    ],
)
def test_a_number_or_a_run_is_the_baseline(baseline, verdict):
    rules = {
        "version": 1,
        "baseline": {"from": "last_passed"},
        "rules": [{"select": "extract.fields.a.accuracy", "max_drop": "5pp"}],
    }
    now = contract(fields({"a": 150}) | {"extract.accuracy": (150, 200)})
    assert_gate(now, rules, baseline=baseline, accept=[verdict, "WARN"] if verdict == "PASS" else [verdict])
    with pytest.raises(AssertionError):
        assert_gate(now, rules, baseline=baseline, accept=[])


def test_the_report_that_the_rules_name_is_found_beside_them(tmp_path):
    (tmp_path / "before.json").write_text(json.dumps(GOOD))
    (tmp_path / "gate.yaml").write_text(
        "version: 1\nbaseline: {from: report, path: before.json}\n"
        "rules: [{select: extract.fields.iban.accuracy, max_drop: 5pp}]\n"
    )
    report = assert_gate(BAD, tmp_path / "gate.yaml", accept=["FAIL"])
    assert report.baseline.origin == f"bpr_1 of {tmp_path / 'before.json'}"


def test_without_a_store_nothing_has_passed_yet():
    rules = {
        "version": 1,
        "baseline": {"from": "last_passed"},
        "rules": [{"select": "extract.fields.iban.accuracy", "max_drop": "5pp"}],
    }
    with pytest.raises(AssertionError, match="there is no baseline yet"):
        assert_gate(GOOD, rules)


def test_the_day_is_the_waivers():
    with pytest.raises(AssertionError, match="has expired on 2026-12-31"):
        assert_gate(GOOD, load_rules(RULES), today=date(2027, 1, 1))


def test_a_run_that_is_not_processed_is_an_error():
    with pytest.raises(AssertionError, match="is PENDING: only a PROCESSED run has metrics"):
        assert_gate(example("2026-02-09.evaluation_set_run.pending"), load_rules(RULES))


def test_what_cannot_be_read_is_no_failure_of_the_gate(tmp_path):
    with pytest.raises(UnreadableFile, match=r"nothing\.json cannot be read"):
        assert_gate(tmp_path / "nothing.json", load_rules(RULES), accept=["ERROR"])
    with pytest.raises(RulesError, match="there is no version"):
        assert_gate(GOOD, {"rules": []}, accept=["ERROR"])
