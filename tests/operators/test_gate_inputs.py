"""What a gate is given: rules in every form, a run in every form, and what it is compared with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, Context

from airflow_provider_extend.gate.report import Report
from airflow_provider_extend.operators.evaluation_baseline import ExtendRecordBaselineOperator
from airflow_provider_extend.operators.evaluation_gate import ExtendEvaluationGateOperator
from airflow_provider_extend.operators.gated_publish import gated_publish
from tests.airflow_names import AirflowFailException

V24, V26 = "2024-12-23", "2026-02-09"
SELECT = "extract.fields.total.accuracy"
TEXT = f"version: 1\nrules:\n  - {{select: {SELECT}, min: 95%, floor: 90%}}\n"
COMPARED = {
    "version": 1,
    "baseline": {"from": "last_passed"},
    "rules": [{"select": SELECT, "max_drop": "5pp"}],
}


def result(run_id: str = "bpr_1", k: int = 60, n: int = 60, **more: Any) -> dict[str, Any]:
    return {
        "id": run_id,
        "kind": "evaluation_set_run",
        "status": "PROCESSED",
        "outcome": "succeeded",
        "api_version": V26,
        "metrics_from": "evaluation_set_run",
        "processor_id": "ex_1",
        "source_id": "ev_1",
        "metrics": {SELECT: k / n},
        "counts": {SELECT: [k, n]},
        "files": [n, n],
        "config_fingerprint": "c",
        "items_fingerprint": "i",
        **more,
    }


def gate(run: Any, rules: Any, **given: Any) -> ExtendEvaluationGateOperator:
    return ExtendEvaluationGateOperator(task_id="gate", run=run, rules=rules, **given)


def finished(extend: Any, documents: int = 3, config: Any = None) -> str:
    processor = extend.processor(config) if config else extend.processor()
    return str(extend.run(extend.evaluation_set(processor, documents), processor))


# Rules


def as_airflow_has_it(operator: ExtendEvaluationGateOperator, folder: Path, **context: Any) -> Any:
    """`rules` once the DAG file was parsed, and then when the task runs."""
    (folder / "dag.py").touch()
    with DAG("gates", schedule=None) as dag:
        dag.fileloc = str(folder / "dag.py")
    dag.add_task(operator)
    operator.resolve_template_files()
    parsed = operator.rules
    operator.render_template_fields({"dag": dag, **context})  # type: ignore[arg-type]
    return parsed


def test_a_file_beside_the_dag_file_is_read_and_rendered(task, tmp_path) -> None:
    (tmp_path / "gate.yaml").write_text(TEXT.replace("95%", "{{ params.least }}"))
    operator = gate(result(), "gate.yaml")
    assert "{{ params.least }}" in as_airflow_has_it(operator, tmp_path, params={"least": "95%"})
    assert task.run(operator)["verdict"] == "PASS"


@pytest.mark.parametrize("scheme", ["", "file://", "memory://"])
def test_a_file_anywhere_else_is_read_and_rendered_too(task, tmp_path, scheme) -> None:
    from airflow.sdk import ObjectStoragePath

    path = f"{scheme}{tmp_path}/elsewhere/gate.yml"
    if scheme == "memory://" and "asset_state_store" not in Context.__annotations__:
        pytest.skip("Airflow 3.0 has no memory://")
    target = ObjectStoragePath(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(TEXT.replace("95%", "{{ params.least }}"))
    operator = gate(result(), path)
    parsed = as_airflow_has_it(operator, tmp_path, params={"least": "95%"})
    assert parsed == (path if scheme else TEXT.replace("95%", "{{ params.least }}")), (
        "no object store while parsing"
    )
    assert task.run(operator)["verdict"] == "PASS"


def test_a_path_that_comes_out_of_a_template_is_read(task, tmp_path) -> None:
    (tmp_path / "gate.yaml").write_text(TEXT)
    operator = gate(result(), "{{ params.where }}")
    as_airflow_has_it(operator, tmp_path, params={"where": f"{tmp_path}/gate.yaml"})
    assert task.run(operator)["verdict"] == "PASS"


def test_a_mistake_in_a_file_is_told_with_its_name_and_line(task, tmp_path) -> None:
    (tmp_path / "gate.yaml").write_text(TEXT + "  - {select: extract.accuracy, minn: 95%}\n")
    operator = gate("bpr_1", "gate.yaml")
    as_airflow_has_it(operator, tmp_path)
    with pytest.raises(AirflowFailException, match=r"gate\.yaml, line 4: .*minn.*was not judged"):
        task.run(operator)
    assert task.xcoms == {}


def test_a_file_that_is_not_there_is_told_by_its_path(task, tmp_path) -> None:
    from jinja2 import TemplateNotFound

    operator = gate("bpr_1", f"{tmp_path}/none.yaml")
    with pytest.raises(TemplateNotFound, match="none"):
        as_airflow_has_it(operator, tmp_path)
    with pytest.raises(
        AirflowFailException, match=r"none\.yaml cannot be read \(FileNotFoundError\).*was not judged"
    ):
        task.run(gate("bpr_1", f"{tmp_path}/none.yaml"))


@pytest.mark.parametrize(
    "rules",
    [
        TEXT,
        json.dumps({"version": 1, "rules": [{"select": SELECT, "min": "95%", "floor": "90%"}]}),
        {"version": 1, "rules": [{"select": SELECT, "min": "95%", "floor": "90%"}]},
        {"version": 1, "evidence": {"policy": "prove"}, "rules": [{"select": SELECT, "min": "95%"}]},
        {SELECT: 0.95},
    ],
    ids=["yaml", "json", "object", "prove", "minimums"],
)
def test_rules_in_every_form(task, rules) -> None:
    assert task.run(gate(result(), rules))["verdict"] == "PASS"


@pytest.mark.parametrize(
    "rules", [{"rules": []}, {"version": 2, "rules": [{"select": SELECT, "min": "95%"}]}, "text"]
)
def test_rules_that_cannot_be_used(task, rules) -> None:
    with pytest.raises(AirflowFailException, match="was not judged"):
        task.run(gate(result(), rules))


def test_a_mapping_of_minimums_is_judged_by_its_points_and_a_file_by_its_evidence(task) -> None:
    few = result(k=6, n=6)
    assert task.run(gate(few, {SELECT: 0.95}))["policy"] == "point"
    with pytest.raises(AirflowFailException, match="INCONCLUSIVE"):
        task.run(gate(few, TEXT))


# Runs


def test_a_report_is_judged_anew_by_todays_rules(task) -> None:
    report = task.run(gate(result(), {SELECT: 0.95}))
    with pytest.raises(AirflowFailException, match="INCONCLUSIVE"):
        task.run(gate(report, TEXT.replace("95%", "99%").replace("90%", "98%")))


def test_a_report_and_a_result_are_read_from_their_files(api, task, tmp_path) -> None:
    extend = api(V26)
    task.run(gate(result(), {SELECT: 0.95}, report_path=f"{tmp_path}/report.html"))
    (tmp_path / "run.json").write_text(json.dumps({"evaluation_set_run": {}, "result": result()}))
    for name in ("report.json", "run.json"):
        value = task.run(gate(f"{tmp_path}/{name}", {SELECT: 0.95}))
        assert (value["verdict"], value["run_id"]) == ("PASS", "bpr_1")
    assert extend.requests() == []


def test_a_file_with_aggregates_alone_is_read_again_by_its_run(api, task, tmp_path) -> None:
    run_id = finished(api(V26))
    part = result(run_id, metrics={"extract.accuracy": 1.0}, counts={}, truncated=True)
    (tmp_path / "x.json").write_text(json.dumps(part))
    assert task.run(gate(f"{tmp_path}/x.json", {SELECT: 0.95}))["evidence"]["counts"][SELECT] == [3, 3]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "cannot be read"),
        ("{", "line 1: this is no JSON"),
        ("[1]", "holds a list, not"),
        ('{"a": 1}', "holds no run"),
        ('{"report": 99, "lines": []}', "no report of version 1"),
    ],
)
def test_a_file_that_is_neither_is_an_error_and_no_pass(task, tmp_path, text, told) -> None:
    if text is not None:
        (tmp_path / "x.json").write_text(text)
    with pytest.raises(AirflowFailException, match=f"Gate: ERROR.*{told}"):
        task.run(gate(f"{tmp_path}/x.json", {SELECT: 0.95}))
    assert task.xcoms["verdict"] == "ERROR"


def test_what_was_pushed_of_a_long_report_is_read_again_by_its_run(api, task) -> None:
    extend = api(V26)
    run_id = finished(extend)
    names = [f"extract.fields.column_{n}.accuracy" for n in range(3000)]
    metrics = {**dict.fromkeys(names, 1.0), "extract.accuracy": 1.0}
    report = task.run(gate(result(run_id, metrics=metrics, counts={}), {"extract.accuracy": 0.5}))
    assert len(json.dumps(report)) < 48 * 1024
    assert (report["truncated"], report["evidence"]["metrics"]) == (True, {"extract.accuracy": 1.0})
    again = task.run(gate(report, {SELECT: 0.95}))
    assert again["evidence"]["counts"][SELECT] == [3, 3]
    assert again["evidence"]["config_fingerprint"] == "c", "which the run itself does not tell"


def test_fingerprints_of_the_task_that_started_the_run(api, task) -> None:
    extend = api(V26)
    given = {"config_fingerprint": "cc", "items_fingerprint": "ii"}
    value = task.run(gate(finished(extend), {SELECT: 0.5}, **given))
    assert {name: value["evidence"][name] for name in given} == given


# What it is compared with


def test_a_run_in_place_of_what_the_rules_say(task) -> None:
    value = task.run(gate(result("bpr_2"), COMPARED, baseline=result("bpr_1")))
    assert (value["verdict"], value["baseline"]["evidence"]["id"]) == ("PASS", "bpr_1")
    assert [line["verdict"] for line in value["lines"] if line["check"] == "identity"] == ["PASS"]
    with pytest.raises(AirflowFailException, match="FAIL"):
        task.run(gate(result("bpr_2", k=20), COMPARED, baseline=result("bpr_1")))


def test_a_run_of_other_items_is_not_compared(task) -> None:
    with pytest.raises(AirflowFailException, match=r"INCONCLUSIVE.*are not those of run bpr_1"):
        task.run(gate(result("bpr_2"), COMPARED, baseline=result("bpr_1", items_fingerprint="others")))


def test_a_run_by_its_id_and_a_report_by_its_path(api, task, tmp_path) -> None:
    extend = api(V26)
    run_id = finished(extend)
    by_id = {**COMPARED, "baseline": {"from": "run", "id": run_id}}
    value = task.run(gate(result(source_id=None), by_id, on_inconclusive="continue"))
    assert value["baseline"]["evidence"]["counts"][SELECT] == [3, 3]
    assert [line["verdict"] for line in value["lines"] if line["check"] == "identity"] == ["WARN"], (
        "not checked"
    )
    task.run(gate(result(), {SELECT: 0.95}, report_path=f"{tmp_path}/before.html"))
    by_path = {**COMPARED, "baseline": {"from": "report", "path": f"{tmp_path}/before.json"}}
    value = task.run(gate(result("bpr_2"), by_path))
    assert (value["verdict"], value["baseline"]["origin"]) == ("PASS", f"bpr_1 of {tmp_path}/before.json")


def test_a_baseline_that_cannot_be_read_is_an_error_and_not_none_at_all(task, tmp_path) -> None:
    rules = {
        **COMPARED,
        "baseline": {"from": "report", "path": f"{tmp_path}/none.json", "on_missing": "absolute_only"},
    }
    with pytest.raises(AirflowFailException, match=r"Gate: ERROR.*none\.json cannot be read"):
        task.run(gate(result(), rules))


def test_what_passed_last_needs_a_store(task) -> None:
    with pytest.raises(
        AirflowFailException, match=r"no store that remembers it: give it `store`.*not judged"
    ):
        task.run(gate(result(), {**COMPARED, "baseline": {"from": "last_passed"}}))


# What is remembered


LAST = {
    "version": 1,
    "baseline": {"from": "last_passed", "on_missing": "absolute_only"},
    "rules": [{"select": SELECT, "min": "95%", "floor": "90%", "max_drop": "10pp"}],
}


def test_a_pass_becomes_what_the_next_run_is_compared_with(api, task, tmp_path) -> None:
    extend, store = api(V26), f"file://{tmp_path}/gate"
    first, second = finished(extend), finished(extend)
    value = task.run(gate(result(first), LAST, store=store))
    assert (value["verdict"], value["baseline"], value["looks"]) == ("PASS", None, 1)
    value = task.run(gate(result(second), LAST, store=store))
    assert (value["baseline"]["evidence"]["id"], value["looks"]) == (first, 2)
    value = task.run(gate(result(first), LAST, store=store))
    assert (value["baseline"]["evidence"]["id"], value["looks"]) == (second, 2), "judged again"
    value = task.run(gate(result(second), LAST, store=store))
    assert value["baseline"]["evidence"]["id"] == second, "the run that was started first has not come back"


@pytest.mark.parametrize(
    ("verdict", "k", "n"), [("WARN", 188, 200), ("INCONCLUSIVE", 6, 6), ("FAIL", 20, 60)]
)
def test_nothing_but_a_pass_does(api, task, tmp_path, verdict, k, n) -> None:
    extend, store = api(V26), f"file://{tmp_path}/gate"
    given = {"store": store, "on_inconclusive": "continue", "on_fail": "continue"}
    assert task.run(gate(result(k=k, n=n), LAST, **given))["verdict"] == verdict
    assert task.run(gate(result(k=k, n=n), LAST, **given))["baseline"] is None
    assert extend.requests() == []


def test_a_run_that_extend_does_not_know_any_more_does_not_become_the_baseline(
    api, task, tmp_path, log_text
) -> None:
    api(V26)
    task.run(gate(result("bpr_gone"), LAST, store=f"file://{tmp_path}/gate"))
    assert "The baseline stays: when run bpr_gone was started cannot be read" in log_text()


def test_an_outage_does_not_look_like_a_run_that_is_gone(api, task, tmp_path) -> None:
    extend = api(V26)
    extend.fault(method="GET", path=".*", status=500, times=1000)
    with pytest.raises(Exception, match="500"):
        task.run(gate(result(), LAST, store=f"file://{tmp_path}/gate"))


def test_a_damaged_memory_is_an_error(task, tmp_path) -> None:
    store = tmp_path / "gate"
    given = {"store": f"file://{store}", "moves_baseline": False}
    task.run(gate(result(), LAST, **given))
    from airflow_provider_extend.gate.evidence import Evidence
    from airflow_provider_extend.gate_store import _baseline_key

    folder = store / _baseline_key(Evidence.of_result(result()))
    folder.mkdir()
    (folder / "20260101T000000.000000Z-x.json").write_text("{}")
    with pytest.raises(AirflowFailException, match=r"Gate: ERROR.*holds something else"):
        task.run(gate(result(), LAST, **given))


# Recording it as a task


def record(report: Any, run: Any, store: Any) -> ExtendRecordBaselineOperator:
    return ExtendRecordBaselineOperator(task_id="record", report=report, run=run, store=store)


def test_what_passed_is_recorded_whole_although_less_of_it_was_pushed(api, task, tmp_path) -> None:
    extend, store = api(V26), f"file://{tmp_path}/gate"
    run_id = finished(extend)
    names = [f"extract.fields.column_{n}.accuracy" for n in range(3000)]
    whole = result(run_id, metrics={**dict.fromkeys(names, 1.0), SELECT: 1.0}, counts={SELECT: [60, 60]})
    pushed = task.run(gate(whole, {SELECT: 0.95}, store=store, moves_baseline=False))
    assert task.run(record(pushed, whole, store)) is True
    value = task.run(gate(result("bpr_2"), LAST, store=store, moves_baseline=False))
    assert value["baseline"]["evidence"]["id"] == run_id
    assert task.run(record(value, result("bpr_2"), store)) is False


def test_a_warning_is_not_recorded(api, task, tmp_path, log_text) -> None:
    api(V26)
    store = f"file://{tmp_path}/gate"
    report = task.run(gate(result(k=188, n=200), LAST, store=store))
    assert task.run(record(report, result(k=188, n=200), store)) is False
    assert "it moves on PASS only, and this is WARN" in log_text()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"store": None}, "nowhere to keep the baseline"),
        ({"report": {}}, "no report of version 1"),
        ({"run": result("bpr_2")}, "The report is of run bpr_1, and run is bpr_2"),
        ({"store": 5}, "expected an Asset"),
    ],
)
def test_what_cannot_be_recorded(task, tmp_path, given, told) -> None:
    report = Report.from_dict(task.run(gate(result(), {SELECT: 0.95}))).as_dict()
    whole = {"report": report, "run": result(), "store": f"file://{tmp_path}"}
    with pytest.raises(AirflowFailException, match=told):
        task.run(record(**{**whole, **given}))


def test_the_templates_of_recording() -> None:
    assert set(ExtendRecordBaselineOperator.template_fields) == {"report", "run", "store", "extend_conn_id"}


# The task group


def made(**given: Any) -> Any:
    with DAG("d", schedule=None):
        return gated_publish("g", evaluation_set_id="ev_1", rules={SELECT: 0.9}, **given)


def test_the_group_is_four_tasks_in_a_row_of_which_those_that_write_run_one_at_a_time() -> None:
    from airflow.sdk import Asset

    group = made(
        store=Asset("a"),
        evaluate={"deferrable": True},
        gate={"outlets": [Asset("b")]},
        publish={"retries": 3},
    )
    tasks = {task.label: task for task in group.iter_tasks()}
    assert set(tasks) == {"evaluate", "gate", "publish", "record"}
    downstream = {
        name: {each.removeprefix("g.") for each in task.downstream_task_ids} for name, task in tasks.items()
    }
    assert downstream["gate"] == {"publish", "record"}
    assert "record" in downstream["publish"]
    assert downstream["record"] == set()
    limits = {name: task.max_active_tis_per_dag for name, task in tasks.items()}
    assert limits == {"evaluate": None, "gate": 1, "publish": None, "record": 1}
    assert (tasks["evaluate"].deferrable, tasks["publish"].retries) == (True, 3)
    with_store = "asset_state_store" in Context.__annotations__
    assert [tasks[name].inlets for name in tasks if name != "publish"] == [
        [Asset("a")] if with_store else []
    ] * 3
    assert tasks["gate"].outlets == [Asset("b")]
    assert tasks["gate"].moves_baseline is False


def test_below_airflow_3_3_an_asset_is_a_name_and_no_inlet(monkeypatch) -> None:
    from airflow.sdk import Asset

    from airflow_provider_extend.operators import _gate_baseline

    monkeypatch.setattr(_gate_baseline, "Context", type("Context", (), {"__annotations__": {"ti": object}}))
    assert [task.inlets for task in made(store=Asset("a")).iter_tasks()] == [[], [], [], []]


def test_without_a_store_nothing_is_recorded() -> None:
    assert [task.label for task in made().iter_tasks()] == ["evaluate", "gate", "publish"]


@pytest.mark.parametrize("parameter", ["on_inconclusive", "on_fail"])
def test_what_is_not_shown_to_be_good_is_not_published_by_the_group(parameter) -> None:
    with pytest.raises(ValueError, match=f"{parameter} is 'continue': .* Use 'ask'"):
        made(**{parameter: "continue"})
