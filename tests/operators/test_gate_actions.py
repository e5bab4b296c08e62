"""What comes of a verdict: the task fails, is skipped, goes on, branches, or asks a person."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset

from airflow_provider_extend import asking
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.gate.report import Report
from airflow_provider_extend.operators.evaluation_gate import (
    HOLD_BACK,
    LET_THROUGH,
    OPTIONS,
    ExtendEvaluationGateOperator,
)
from tests.airflow_names import AirflowException, AirflowFailException, AirflowSkipException, TaskDeferred

CONTRACT = {
    "id": "bpr_1",
    "kind": "evaluation_set_run",
    "status": "PROCESSED",
    "outcome": "succeeded",
    "api_version": "2026-02-09",
    "metrics_from": "evaluation_set_run",
    "processor_id": "ex_1",
    "source_id": "ev_1",
}
RULES = {"version": 1, "rules": [{"select": "extract.fields.total.accuracy", "min": "95%", "floor": "90%"}]}
#: Verdict -> right documents, of how many.
COUNTS = {"PASS": (60, 60), "WARN": (188, 200), "INCONCLUSIVE": (6, 6), "FAIL": (20, 60)}
ACTIONS = {"WARN": "on_warn", "INCONCLUSIVE": "on_inconclusive", "FAIL": "on_fail"}


def run_with(verdict: str, **more: Any) -> dict[str, Any]:
    k, n = COUNTS[verdict]
    name = "extract.fields.total.accuracy"
    return {**CONTRACT, "metrics": {name: k / n}, "counts": {name: [k, n]}, "files": [n, n], **more}


def gate(verdict: str, **given: Any) -> ExtendEvaluationGateOperator:
    return ExtendEvaluationGateOperator(task_id="gate", run=run_with(verdict), rules=RULES, **given)


@pytest.fixture(autouse=True)
def silent(requests_mock: Any) -> Iterator[None]:
    """No request is expected."""
    yield
    assert requests_mock.call_count == 0


@pytest.mark.parametrize(
    ("verdict", "goes_on"), [("PASS", True), ("WARN", True), ("INCONCLUSIVE", False), ("FAIL", False)]
)
def test_by_default_a_warning_goes_on_and_what_is_worse_fails_without_a_retry(task, verdict, goes_on) -> None:
    if goes_on:
        assert task.run(gate(verdict))["verdict"] == verdict
    else:
        with pytest.raises(AirflowFailException, match=f"Gate: {verdict}"):
            task.run(gate(verdict))
    assert task.xcoms["verdict"] == verdict


@pytest.mark.parametrize("verdict", ACTIONS)
@pytest.mark.parametrize("action", ["fail", "skip", "continue"])
def test_each_verdict_has_an_action_of_its_own(task, verdict, action) -> None:
    others = {parameter: "continue" for name, parameter in ACTIONS.items() if name != verdict}
    if action == "continue":
        others = dict.fromkeys(others, "fail")
    operator = gate(verdict, **others, **{ACTIONS[verdict]: action})
    if action == "continue":
        assert task.run(operator)["verdict"] == verdict
        return
    expected = AirflowFailException if action == "fail" else AirflowSkipException
    with pytest.raises(expected):
        task.run(operator)
    assert task.xcoms["report"]["verdict"] == verdict


def branching(verdict: str) -> tuple[ExtendEvaluationGateOperator, dict[str, Any]]:
    """A gate before `publish` and a task for each verdict; the branch it takes is put into the dict."""
    taken: dict[str, Any] = {}

    class Watched(ExtendEvaluationGateOperator):
        def skip_all_except(self, ti: Any, branch_task_ids: Any) -> None:
            taken["tasks"] = sorted(branch_task_ids)

    with DAG("gate", schedule=None):
        branches = {"on_warn": "tell", "on_inconclusive": "label_more", "on_fail": "repair"}
        operator = Watched(task_id="gate", run=run_with(verdict), rules=RULES, **branches)
        operator >> [EmptyOperator(task_id=name) for name in ("publish", *branches.values())]
    return operator, taken


@pytest.mark.parametrize(
    ("verdict", "followed"),
    [("PASS", "publish"), ("WARN", "tell"), ("INCONCLUSIVE", "label_more"), ("FAIL", "repair")],
)
def test_each_verdict_may_have_a_task_of_its_own(task, verdict, followed) -> None:
    operator, taken = branching(verdict)
    assert task.run(operator)["verdict"] == verdict
    assert taken == {"tasks": [followed]}
    assert task.xcoms["return_value"] == task.xcoms["report"]


@pytest.mark.parametrize("parameter", ACTIONS.values())
def test_a_word_that_is_no_action_and_no_task_is_refused_before_anything_is_judged(task, parameter) -> None:
    with pytest.raises(AirflowFailException, match=f"{parameter} is 'contineu': expected 'fail'.*not judged"):
        task.run(gate("PASS", **{parameter: "contineu"}))
    assert task.xcoms == {}


# Asset events


class Events:
    """As Airflow's, by asset, which 3.0 cannot hash."""

    def __init__(self) -> None:
        self.by_name: dict[str, Any] = {}

    def __getitem__(self, asset: Any) -> Any:
        return self.by_name.setdefault(asset.name, SimpleNamespace(extra={}))


def with_events(task: Any, operator: Any) -> Events:
    events = Events()
    really = operator.execute
    operator.execute = lambda context: really({**context, "outlet_events": events})
    task.run(operator)
    return events


@pytest.mark.parametrize("verdict", ["PASS", "WARN"])
def test_an_asset_gets_the_verdict_in_the_extra_of_its_event(task, verdict) -> None:
    asset = Asset("judged")
    operator = gate(verdict, outlets=[asset], report_url="https://reports.example/1")
    extra = with_events(task, operator)[asset].extra
    assert json.loads(json.dumps(extra)) == extra
    assert (extra["verdict"], extra["run_id"], extra["processor_id"]) == (verdict, "bpr_1", "ex_1")
    assert (extra["source_id"], extra["answer"]) == ("ev_1", None)


# The page


def test_the_report_is_written_as_a_page_with_its_json_beside_it(task, tmp_path) -> None:
    path = f"file://{tmp_path}/new/folder/report.html"
    task.run(gate("PASS", report_path=path))
    page = (tmp_path / "new/folder/report.html").read_text()
    assert page.startswith("<!doctype html>")
    stored = json.loads((tmp_path / "new/folder/report.json").read_text())
    assert Report.from_dict(stored).verdict == "PASS"
    assert task.xcoms["report_url"] == path
    assert task.xcoms["report"]["report_url"] == path


def test_the_page_is_there_when_the_task_has_failed_and_its_address_may_be_another(task, tmp_path) -> None:
    operator = gate("FAIL", report_path=f"{tmp_path}/report", report_url="https://reports.example/1")
    with pytest.raises(AirflowFailException):
        task.run(operator)
    assert (tmp_path / "report").exists()
    assert (tmp_path / "report.json").exists()
    assert task.xcoms["report_url"] == "https://reports.example/1"


def test_a_path_for_json_gets_no_page(task, tmp_path) -> None:
    task.run(gate("PASS", report_path=f"{tmp_path}/report.json"))
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert json.loads((tmp_path / "report.json").read_text())["verdict"] == "PASS"


def test_a_page_that_cannot_be_written_is_no_success_and_a_retry_may_help(task, tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        AirflowException, match=r"cannot be written to .*The run was judged PASS; a retry"
    ) as caught:
        task.run(gate("PASS", report_path=f"{tmp_path}/file/report.html"))
    assert not isinstance(caught.value, AirflowFailException)
    assert task.xcoms["verdict"] == "PASS"


def test_the_link_to_the_page(monkeypatch) -> None:
    from airflow.sdk.execution_time import xcom

    (link,) = ExtendEvaluationGateOperator.operator_extra_links
    assert (link.name, link.xcom_key) == ("Gate report", "_link_ExtendGateReportLink")
    kept = {"report_url": "https://reports.example/1"}
    monkeypatch.setattr(xcom.XCom, "get_value", lambda key, ti_key: kept.get(key))
    assert link.get_link(gate("PASS"), ti_key=None) == "https://reports.example/1"
    kept.clear()
    assert link.get_link(gate("PASS"), ti_key=None) == ""


# A person


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What Airflow was asked to show; where this Airflow has no human-in-the-loop, what it would be."""
    hitl = pytest.importorskip("airflow.sdk.execution_time.hitl")
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **given: told.append(given))
    return told


def parked(task: Any, operator: Any) -> Any:
    """Run it until it is parked; what parks it."""
    really = operator.execute

    def execute(context: Any) -> Any:
        context["ti"].id = "ti-1"
        return really(context)

    operator.execute = execute
    exceptions = pytest.importorskip("airflow.sdk.exceptions")
    with pytest.raises((TaskDeferred, getattr(exceptions, "TaskAwaitingInput", TaskDeferred))) as caught:
        task.run(operator)
    return caught.value


def event(chosen: str, **more: Any) -> dict[str, Any]:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    user = {"id": "7", "name": "Ada"}
    return {
        "chosen_options": [chosen],
        "params_input": {},
        "responded_at": at,
        "responded_by_user": user,
        **more,
    }


def resumed(task: Any, operator: Any, told: Any) -> Any:
    return operator.resume_execution("execute_complete", {"event": told}, task.context)


@pytest.mark.parametrize("verdict", ACTIONS)
def test_a_person_is_shown_the_report_and_the_task_waits_without_a_trigger(task, asked, verdict) -> None:
    operator = gate(verdict, **{ACTIONS[verdict]: "ask"}, ask_timeout=timedelta(hours=1))
    waits = parked(task, operator)
    assert (waits.method_name, waits.timeout) == ("execute_complete", timedelta(hours=1))
    assert not hasattr(waits, "trigger")
    (question,) = asked
    assert question["subject"] == f"{verdict}: let ex_1 through?"
    assert "extract.fields.total.accuracy" in question["body"]
    assert (question["options"], question["ti_id"]) == (list(OPTIONS), "ti-1")
    assert "assigned_users" not in question
    assert task.xcoms["verdict"] == verdict, "pushed before the wait"


def test_the_question_is_short_however_many_metrics_there_are(task, asked) -> None:
    names = [f"extract.fields.column_{n}.accuracy" for n in range(2000)]
    run = run_with("FAIL") | {"metrics": dict.fromkeys(names, 0.5), "counts": dict.fromkeys(names, (30, 60))}
    rules = {"version": 1, "rules": [{"select": "extract.fields.*.accuracy", "min": "95%"}]}
    parked(task, ExtendEvaluationGateOperator(task_id="gate", run=run, rules=rules, on_fail="ask"))
    assert len(asked[0]["body"]) < 20_000
    assert len(json.dumps(task.xcoms["report"])) < 48 * 1024


def test_those_who_may_answer_are_named(task, asked) -> None:
    users = [{"id": "7", "name": "Ada"}]
    parked(task, gate("FAIL", on_fail="ask", ask_users=users))
    assert asked[0]["assigned_users"] == users


def test_where_airflow_parks_no_task_the_trigger_of_its_standard_provider_waits(
    task, asked, monkeypatch
) -> None:
    from airflow.sdk import exceptions

    monkeypatch.delattr(exceptions, "TaskAwaitingInput")
    waits = parked(task, gate("FAIL", on_fail="ask", ask_timeout=timedelta(hours=1)))
    assert isinstance(waits, TaskDeferred)
    path, arguments = waits.trigger.serialize()
    assert path == "airflow.providers.standard.triggers.hitl.HITLTrigger"
    assert (arguments["ti_id"], arguments["options"]) == ("ti-1", list(OPTIONS))
    left = arguments["timeout_datetime"] - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(hours=1)


def test_what_is_let_through_goes_on_and_who_has_answered_is_kept(task, asked, tmp_path) -> None:
    operator = gate("INCONCLUSIVE", on_inconclusive="ask", report_path=f"{tmp_path}/r.html")
    parked(task, operator)
    value = resumed(task, operator, event(LET_THROUGH))
    answer = {"chosen": LET_THROUGH, "by": {"id": "7", "name": "Ada"}, "at": "2026-01-01T00:00:00+00:00"}
    assert value["verdict"] == "INCONCLUSIVE", "the verdict stays what the evidence says"
    assert (value["answer"], task.xcoms["answer"]) == (answer, answer)
    assert value["reason"].endswith("Ada (7) chose 'Let it through' at 2026-01-01T00:00:00+00:00.")
    assert "Ada (7) chose" in json.loads((tmp_path / "r.json").read_text())["reason"]
    assert task.xcoms["report"] == json.loads(json.dumps(value))


def test_what_is_held_back_is_skipped(task, asked) -> None:
    operator = gate("FAIL", on_fail="ask")
    parked(task, operator)
    with pytest.raises(AirflowSkipException, match=r"Held back.*Ada \(7\) chose 'Hold it back'"):
        resumed(task, operator, event(HOLD_BACK))
    assert task.xcoms["answer"]["chosen"] == HOLD_BACK


def test_nobody_in_time_is_no_consent(task, asked) -> None:
    operator = gate("FAIL", on_fail="ask")
    parked(task, operator)
    with pytest.raises(AirflowFailException, match="FAIL, and nobody has decided in time"):
        resumed(task, operator, {"error": "The timeout has passed", "error_type": "timeout"})
    assert "answer" not in task.xcoms


@pytest.mark.parametrize(
    "told",
    [
        None,
        {},
        {"error": "x", "error_type": "unknown"},
        event("Yes"),
        {"chosen_options": []},
        {"chosen_options": list(OPTIONS)},
        {"chosen_options": LET_THROUGH},
    ],
    ids=str,
)
def test_what_is_no_answer_lets_nothing_through(task, asked, told) -> None:
    operator = gate("FAIL", on_fail="ask")
    parked(task, operator)
    with pytest.raises(AirflowFailException, match="expected one of Let it through, Hold it back"):
        resumed(task, operator, told)


def test_an_answer_of_nobody_in_particular(task, asked) -> None:
    operator = gate("FAIL", on_fail="ask")
    parked(task, operator)
    value = resumed(task, operator, event(LET_THROUGH, responded_by_user=None, responded_at=None))
    assert value["answer"] == {"chosen": LET_THROUGH, "by": None, "at": None}
    assert value["reason"].endswith("Somebody chose 'Let it through'.")


def test_what_is_let_through_takes_the_way_of_a_pass(task, asked) -> None:
    taken: dict[str, Any] = {}

    class Watched(ExtendEvaluationGateOperator):
        def skip_all_except(self, ti: Any, branch_task_ids: Any) -> None:
            taken["tasks"] = sorted(branch_task_ids)

    with DAG("gate", schedule=None):
        given = {"on_inconclusive": "ask", "on_fail": "repair"}
        operator = Watched(task_id="gate", run=run_with("INCONCLUSIVE"), rules=RULES, **given)
        operator >> [EmptyOperator(task_id=name) for name in ("publish", "repair")]
    parked(task, operator)
    resumed(task, operator, event(LET_THROUGH))
    assert taken == {"tasks": ["publish"]}


@pytest.mark.parametrize("verdict", ["PASS", *ACTIONS])
@pytest.mark.parametrize("parameter", ACTIONS.values())
def test_an_airflow_that_cannot_ask_says_so_before_anything_is_judged(
    task, monkeypatch, verdict, parameter
) -> None:
    really = builtins.__import__

    def without(name: str, *arguments: Any, **more: Any) -> Any:
        if name == "airflow.sdk.execution_time.hitl":
            raise ImportError(name)
        return really(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        AirflowFailException, match=f"{parameter} is 'ask': this Airflow has no human-in-the-loop"
    ):
        task.run(gate(verdict, **{parameter: "ask"}))
    assert task.xcoms == {}


def test_nothing_is_asked_where_nothing_is_in_doubt(task, asked) -> None:
    assert task.run(gate("PASS", **dict.fromkeys(ACTIONS.values(), "ask")))["verdict"] == "PASS"
    assert asked == []


def test_an_error_is_not_for_a_person_to_let_through(task, asked) -> None:
    operator = gate("PASS", **dict.fromkeys(ACTIONS.values(), "ask"))
    operator.run = {**run_with("PASS"), "metrics_from": None}
    with pytest.raises(AirflowFailException, match="Gate: ERROR"):
        task.run(operator)
    assert asked == []


def test_the_words_of_an_answer() -> None:
    assert asking.PersonsAnswer("Yes", None, None).words == "Somebody chose 'Yes'"
    with pytest.raises(ExtendInputError):
        asking.answer_in({"chosen_options": ["No"]}, ["Yes"])
