"""What is printed about a gate run, and what the children of the demo inherit."""

import json

import pytest

from demo.dashboard import legacy_config
from demo.processes import clean_env
from demo.report import FAIL, PASS, GateRun, sentence, told


def rule(selector, value, counts, verdict, minimum=0.95):
    return {"rule": selector, "selector": selector, "minimum": minimum, "value": value, "counts": counts} | {
        "verdict": verdict
    }


@pytest.fixture
def run():
    return GateRun("The good draft", "some_dag", "2026-02-09", "Invoices", PASS, run_id="bpr_1", latest="0.1")


def test_published(run):
    run.verdict, run.version, run.version_id = PASS, "0.1", "exv_1"
    assert sentence(run) == 'Published: version 0.1 (exv_1) of "Invoices", every rule held.'


def test_held_back(run):
    run.verdict = FAIL
    run.rules = [
        rule("extract.fields.total.accuracy", 25 / 60, [25, 60], FAIL),
        rule("extract.accuracy", 0.9, None, FAIL),
        rule("extract.fields.due_date.accuracy", 1.0, [60, 60], PASS),
    ]
    run.recounted = {"extract.accuracy": (360, 400)}
    assert sentence(run) == (
        'Held back: "Invoices" stays at version 0.1, because total accuracy 41.7 % (25 of 60) is below 95 % '
        "and overall accuracy 90.0 % (360 of 400) is below 95 %."
    )


def test_nothing_published_before(run):
    run.verdict, run.latest = FAIL, None
    run.rules = [rule("extract.fields.total.recall", None, None, "ERROR")]
    assert sentence(run) == (
        'Held back: "Invoices" has no published version, because there is no extract.fields.total.recall.'
    )


def test_no_verdict(run):
    run.problems.append("Failed tasks: upload.")
    assert sentence(run) == "Not judged: Failed tasks: upload."
    assert run.broken


def test_the_gates_own_report_is_told(run):
    from datetime import date

    from airflow_provider_extend.gate.evidence import Evidence
    from airflow_provider_extend.gate.judge import judge
    from airflow_provider_extend.gate.rules import minimums

    name = "extract.fields.total.accuracy"
    contract = {
        "id": "bpr_1",
        "outcome": "succeeded",
        "metrics_from": "evaluation_set_run",
        "files": [60, 60],
    }
    evidence = Evidence.of_result({**contract, "metrics": {name: 58 / 60}, "counts": {name: [58, 60]}})
    run.report = {
        **judge(minimums({name: 0.95}), evidence, today=date(2026, 1, 1)).as_dict(),
        "run_id": "bpr_1",
    }
    text = told(run)
    assert text.startswith("   Gate: PASS. ")
    assert "58 of 60" in text


def test_the_summary_is_json(run):
    kept = json.loads(json.dumps(run.as_dict()))
    assert kept["expected_verdict"] == PASS
    assert kept["published_version_id"] is None
    assert kept["ok"]


def test_children_inherit_no_other_airflow_and_use_no_proxy_for_this_machine():
    env = clean_env(
        {"AIRFLOW_HOME": "x", "AIRFLOW__CORE__EXECUTOR": "x", "PATH": "kept", "no_proxy": "example.com"}
    )
    assert not any(name.startswith("AIRFLOW") for name in env)
    assert env["PATH"] == "kept"
    assert env["NO_PROXY"] == env["no_proxy"] == "127.0.0.1,localhost,example.com"


def test_the_older_form_of_a_draft():
    prop = {"type": ["string", "null"], "extend:type": "date", "description": "d"}
    number = {"type": ["number", "null"], "description": "n"}
    config = {"schema": {"properties": {"day": prop, "sum": number}}, "extractionRules": "r"}
    assert legacy_config(config) == {
        "customExtractionRules": "r",
        "fields": [
            {"id": "day", "name": "day", "type": "date", "description": "d"},
            {"id": "sum", "name": "sum", "type": "number", "description": "n"},
        ],
    }
