"""ExtendEvaluationGateOperator."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

from airflow_provider_extend.operators.evaluation_gate import ExtendEvaluationGateOperator
from tests.airflow_names import AirflowFailException, AirflowSkipException

V24, V25, V26 = ("2024-12-23", "2025-04-21", "2026-02-09")
RULES = {"extract.accuracy": 0.9}


def result(accuracy: float = 0.95, **more: Any) -> dict[str, Any]:
    """The return value of the sensor."""
    return {
        "id": "bpr_1",
        "kind": "batch_processor_run",
        "status": "PROCESSED",
        "outcome": "succeeded",
        "api_version": V26,
        "metrics_from": "evaluation_set_run",
        "metrics": {"extract.accuracy": accuracy, "extract.fields.total.accuracy": 19 / 20},
        "counts": {"extract.fields.total.accuracy": [19, 20]},
        "files": [20, 20],
        **more,
    }


def gate(run: Any, rules: Any = None, **given: Any) -> ExtendEvaluationGateOperator:
    return ExtendEvaluationGateOperator(
        task_id="gate", run=run, rules=RULES if rules is None else rules, **given
    )


@pytest.fixture
def silent(requests_mock: Any) -> Any:
    """No request is expected."""
    yield
    assert requests_mock.call_count == 0


@pytest.mark.usefixtures("silent")
class TestVerdicts:
    def test_a_pass_returns_the_report_and_the_run(self, task) -> None:
        value = task.run(gate(result(), {"extract.accuracy": 0.95, "extract.fields.*.accuracy": 0.95}))
        assert (value["verdict"], value["run_id"]) == ("PASS", "bpr_1")
        assert [rule["counts"] for rule in value["rules"]] == [None, [19, 20]]
        assert {frozenset(rule) for rule in value["rules"]} == {
            frozenset({"rule", "selector", "minimum", "value", "counts", "verdict", "reason"})
        }
        assert task.xcoms == {
            "report": value,
            "verdict": "PASS",
            "reasons": [],
            "metrics": result()["metrics"],
            "counts": result()["counts"],
        }

    def test_a_fail_fails_the_task_without_a_retry(self, task) -> None:
        with pytest.raises(AirflowFailException, match=r"FAIL.*extract\.accuracy is 89\.0%.*below 90%"):
            task.run(gate(result(0.89)))

    def test_the_report_is_in_xcom_when_the_task_has_failed(self, task) -> None:
        with pytest.raises(AirflowFailException):
            task.run(gate(result(0.89)))
        assert task.xcoms["report"]["verdict"] == "FAIL"
        assert task.xcoms["report"]["run_id"] == "bpr_1"

    def test_the_report_is_in_the_log(self, task, log_text) -> None:
        task.run(gate(result()))
        logged = log_text()
        assert "Gate: PASS" in logged
        assert "extract.accuracy" in logged

    def test_a_fail_may_skip_and_the_report_is_there(self, task) -> None:
        with pytest.raises(AirflowSkipException, match=r"Held back.*extract\.accuracy"):
            task.run(gate(result(0.89), on_fail="skip"))
        assert task.xcoms["report"]["verdict"] == "FAIL"

    def test_a_pass_does_not_skip(self, task) -> None:
        assert task.run(gate(result(), on_fail="skip"))["verdict"] == "PASS"


ERRORS = {
    "a metric that is not there": (result(), {"extract.nothing": 0.5}, "not among the metrics"),
    "a rule that matches nothing": (result(), {"classify.*": 0.5}, "not among the metrics"),
    "one good and one missing": (result(), {**RULES, "extract.nothing": 0.5}, "extract.nothing"),
    "a failed run": (result(status="FAILED", outcome="failed"), RULES, "is FAILED: only a PROCESSED run"),
    "a moving run": (result(status="PROCESSING", outcome=None), RULES, "is PROCESSING"),
    "a run that waits for a person": (
        result(status="NEEDS_REVIEW", outcome="needs_review"),
        RULES,
        "NEEDS_REVIEW",
    ),
    "no scores": (
        result(metrics_from=None, metrics={}, api_version=V25),
        RULES,
        f"{V25}.*{V24} or {V26}",
    ),
    "an empty set": (result(files=[0, 0]), RULES, "empty evaluation set"),
    "files left out": (result(files=[19, 20]), RULES, "19 of 20 files.*rule for coverage"),
    "no metrics at all": (result(metrics={}), RULES, "not among the metrics"),
}


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize("on_fail", ["fail", "skip", "repair"])
@pytest.mark.parametrize("case", ERRORS)
def test_where_nothing_can_be_judged_the_task_fails_whatever_on_fail_says(task, case, on_fail) -> None:
    run, rules, told = ERRORS[case]
    with DAG("gate", schedule=None):
        operator = gate(run, rules, on_fail=on_fail)
        operator >> EmptyOperator(task_id="repair")
    with pytest.raises(AirflowFailException, match=f"ERROR.*{told}"):
        task.run(operator)
    assert task.xcoms["report"]["verdict"] == "ERROR"


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize(("minimum", "verdict"), [(0.95, "PASS"), (0.96, "FAIL")])
def test_files_that_were_left_out_are_judged_where_a_rule_for_coverage_says_how_many_may_be(
    task, minimum, verdict
) -> None:
    metrics = {"extract.accuracy": 1.0, "coverage": 19 / 20}
    run = result(files=[19, 20], metrics=metrics, counts={"coverage": [19, 20]})
    operator = gate(run, {**RULES, "coverage": minimum})
    if verdict == "PASS":
        assert task.run(operator)["verdict"] == "PASS"
    else:
        with pytest.raises(AirflowFailException, match=r"FAIL.*coverage is 95\.0%"):
            task.run(operator)


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize(
    "rules",
    [
        {},
        [],
        "extract.accuracy",
        {"extract.accuracy": 95},
        {"extract.accuracy": "0.9"},
        {"a..b": 0.5},
        {1: 0.5},
    ],
    ids=str,
)
def test_rules_that_make_no_sense_fail_before_anything_is_read(task, rules) -> None:
    with pytest.raises(AirflowFailException, match="was not judged"):
        task.run(gate("bpr_1", rules))
    assert task.xcoms == {}


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize(("downstream", "told"), [("publish", "publish"), (None, "there is none")])
def test_a_word_for_on_fail_that_is_no_task_downstream_fails_and_names_those_that_are(
    task, downstream, told
) -> None:
    with DAG("gate", schedule=None):
        operator = gate(result(), on_fail="repiar")
        if downstream:
            operator >> EmptyOperator(task_id=downstream)
    with pytest.raises(AirflowFailException, match=f"'repiar'.*'fail', 'skip' or a task.*{told}"):
        task.run(operator)
    assert task.xcoms == {}


def branches(run: Any) -> tuple[ExtendEvaluationGateOperator, dict[str, Any]]:
    """A gate before `publish`, `tell` and, for a FAIL, `repair`; the branch it takes is put into the dict."""
    taken: dict[str, Any] = {}

    class Watched(ExtendEvaluationGateOperator):
        def skip_all_except(self, ti: Any, branch_task_ids: Any) -> None:
            taken["tasks"] = sorted(branch_task_ids)

    with DAG("gate", schedule=None):
        operator = Watched(task_id="gate", run=run, rules=RULES, on_fail="repair")
        operator >> [EmptyOperator(task_id=name) for name in ("publish", "tell", "repair")]
    return operator, taken


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize(("accuracy", "followed"), [(0.95, ["publish", "tell"]), (0.5, ["repair"])])
def test_a_task_for_on_fail_is_run_on_a_fail_and_the_others_on_a_pass(task, accuracy, followed) -> None:
    operator, taken = branches(result(accuracy))
    value = task.run(operator)
    assert taken["tasks"] == followed
    assert task.xcoms["report"] == value
    assert value["verdict"] == ("PASS" if accuracy > 0.9 else "FAIL")


@pytest.mark.usefixtures("silent")
def test_an_error_takes_no_branch(task) -> None:
    operator, taken = branches(result(metrics_from=None))
    with pytest.raises(AirflowFailException):
        task.run(operator)
    assert taken == {}


# Runs that have to be read first


def finished(extend: Any, documents: int = 3, config: Any = None) -> str:
    processor = extend.processor(config) if config else extend.processor()
    return str(extend.run(extend.evaluation_set(processor, documents), processor))


@pytest.mark.parametrize(
    ("version", "selector", "verdict"), [(V24, "recall", "WARN"), (V26, "accuracy", "PASS")]
)
def test_a_run_may_be_given_by_its_id(api, task, version, selector, verdict) -> None:
    run_id = finished(api(version))
    value = task.run(gate(run_id, {f"extract.fields.*.{selector}": 1.0}))
    assert (value["verdict"], value["run_id"], len(value["rules"])) == (verdict, run_id, 2)


def test_a_bad_draft_is_held_back_by_its_real_counts(api, task, bad) -> None:
    run_id = finished(api(), documents=4, config=bad)
    with pytest.raises(AirflowFailException):
        task.run(gate(run_id, {"extract.fields.total.accuracy": 0.9, "extract.fields.number.accuracy": 0.9}))
    counts = {rule["selector"]: rule["counts"] for rule in task.xcoms["report"]["rules"]}
    assert counts == {"extract.fields.total.accuracy": [0, 4], "extract.fields.number.accuracy": [4, 4]}


def test_a_truncated_result_is_read_again_and_judged_whole(api, task) -> None:
    extend = api()
    run_id = finished(extend)
    aggregates = result(id=run_id, metrics={"extract.accuracy": 1.0}, counts={}, truncated=True)
    value = task.run(gate(aggregates, {"extract.fields.total.accuracy": 1.0}))
    assert value["verdict"] == "PASS"
    assert value["rules"][0]["counts"] == [3, 3]


def test_a_whole_result_is_not_read_again(api, task) -> None:
    extend = api()
    task.run(gate(result(id=finished(extend))))
    assert extend.requests() == []


@pytest.mark.parametrize("status", ["FAILED", "PROCESSING", "REWINDING"])
def test_a_run_by_id_that_did_not_succeed_is_an_error(api, task, status) -> None:
    extend = api()
    run_id = finished(extend)
    extend.control("PATCH", f"/runs/{run_id}", {"status": status})
    with pytest.raises(AirflowFailException, match=f"ERROR.*{run_id} is {status}"):
        task.run(gate(run_id))
    assert task.xcoms["report"]["verdict"] == "ERROR"


def test_counts_only_by_id_are_an_error_that_names_the_way_out(api, task) -> None:
    with pytest.raises(AirflowFailException, match=f"without scores.*{V25}.*{V24} or {V26}"):
        task.run(gate(finished(api(V25))))


def test_a_run_of_an_empty_set_is_an_error(api, task) -> None:
    with pytest.raises(AirflowFailException, match="empty evaluation set"):
        task.run(gate(finished(api(), documents=0)))


@pytest.mark.parametrize("run", ["", None, {}, {"id": ""}, "../files"])
def test_an_id_that_cannot_be_one_sends_nothing(api, task, run) -> None:
    extend = api()
    with pytest.raises(AirflowFailException, match="Nothing was sent"):
        task.run(gate(run))
    assert extend.requests() == []


def test_a_run_that_is_not_there_fails(api, task) -> None:
    api()
    with pytest.raises(AirflowFailException, match="404"):
        task.run(gate("bpr_none"))


def test_the_report_fits_into_xcom_however_many_metrics_a_rule_matches(task) -> None:
    metrics = {f"extract.fields.line_items.column_{n}.value.accuracy": 0.5 for n in range(3000)}
    with pytest.raises(AirflowFailException) as caught:
        task.run(gate(result(metrics=metrics), {"extract.fields.**.accuracy": 0.9}))
    assert task.xcoms["report"]["verdict"] == "FAIL"
    assert len(json.dumps(task.xcoms["report"])) < 48 * 1024
    assert len(str(caught.value)) < 48 * 1024


def test_the_templates_are_what_names_something() -> None:
    assert set(ExtendEvaluationGateOperator.template_fields) == {
        "run",
        "rules",
        "on_warn",
        "on_inconclusive",
        "on_fail",
        "store",
        "baseline",
        "config_fingerprint",
        "items_fingerprint",
        "report_path",
        "report_url",
        "extend_conn_id",
    }
