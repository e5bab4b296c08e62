"""What every operator that starts a run does, in every API version that has it."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_extend import cancelling
from airflow_provider_extend.api.runs import READS
from airflow_provider_extend.operators.evaluation_set_run import ExtendRunEvaluationSetOperator
from airflow_provider_extend.operators.form_detection import ExtendDetectFormOperator
from airflow_provider_extend.operators.verify import ExtendVerifyOperator
from tests.airflow_names import AirflowException, AirflowFailException, TaskDeferred, import_string
from tests.operators.cases import CASES, V24, V25, V26, Case, Wire

every = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def each(chosen: Any) -> Any:
    """Cases that are so."""
    found = [case for case in CASES if chosen(case)]
    assert found
    return pytest.mark.parametrize("case", found, ids=lambda case: case.name)


def single(case: Case) -> bool:
    return not case.inputs


@pytest.fixture
def extend(requests_mock: Any, case: Case, connect_as: Any, monkeypatch: pytest.MonkeyPatch) -> Wire:
    connect_as(case.version)
    monkeypatch.setattr(cancelling, "_PAUSE", 0.0)
    return Wire(requests_mock, case)


@pytest.fixture
def connect_as(monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_up(version: str) -> None:
        extra = {"api_version": version} | {f"{name}_per_second": 1e6 for name in ("get", "write", "run")}
        connection = {"conn_type": "extend", "password": "sk_of_the_tests", "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", json.dumps(connection))

    return set_up


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch, extend: Wire) -> None:
    """The run ends while the task waits for it."""
    monkeypatch.setattr(time, "sleep", lambda seconds: extend.end())


def permanent(task: Any, operator: Any) -> str:
    """The error of a try that Airflow does not retry."""
    with pytest.raises(AirflowFailException) as caught:
        task.run(operator)
    return str(caught.value)


def passing(task: Any, operator: Any) -> str:
    """The error of a try that Airflow retries."""
    with pytest.raises(AirflowException) as caught:
        task.run(operator)
    assert not isinstance(caught.value, AirflowFailException), caught.value
    return str(caught.value)


def deferred(task: Any, operator: Any) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        task.run(operator)
    return caught.value


def fire(away: TaskDeferred) -> dict[str, Any]:
    """The event of the trigger, rebuilt from what the database holds of it."""
    class_path, kwargs = away.trigger.serialize()
    trigger = import_string(class_path)(**json.loads(json.dumps(kwargs)) | {"not_before": None})

    async def run() -> Any:
        async with asyncio.timeout(10):
            return [event.payload async for event in trigger.run()]

    (payload,) = asyncio.run(run())
    return json.loads(json.dumps(payload))


def test_each_kind_of_run_that_can_be_started_has_its_case() -> None:
    others = {"batch_processor_run", ExtendRunEvaluationSetOperator.kind}
    assert {case.kind for case in CASES} == set(READS) - others


# What is sent


@every
def test_the_body_is_what_extend_documents(extend, task, case) -> None:
    task.run(case.make(wait_for_completion=False))
    (sent,) = extend.created
    body = json.loads(json.dumps(sent))
    for entry in [body, *body.get("inputs", [])]:
        entry.pop("metadata", None)
    assert body == case.sent
    (request,) = [r for r in extend.http.request_history if r.method == "POST"]
    assert request.headers["x-extend-api-version"] == case.version


@every
def test_the_token_travels_where_the_create_takes_metadata(extend, task, case) -> None:
    own = {"metadata": {"team": "a", "extend:usage_tags": ["q_1"]}} if case.metadata else {}
    task.run(case.make(wait_for_completion=False, **own))
    (sent,) = extend.created
    entries = sent["inputs"] if case.inputs else [sent]
    assert len(entries) == (case.inputs or 1)
    for number, entry in enumerate(entries):
        if not case.metadata:
            assert "metadata" not in entry
            continue
        metadata = entry["metadata"]
        assert metadata["airflow_token"] == task.record["token"]
        assert metadata["airflow_task"]["task_id"] == "task"
        assert metadata["team"] == "a"
        assert metadata.get("airflow_input") == (number if case.inputs else None)
    if case.inputs and case.given["inputs"][1] != "file_1" and "metadata" in case.given["inputs"][1]:
        assert entries[1]["metadata"]["case"] == 7


# The way it should go


@every
def test_a_run_is_started_waited_for_and_returned(extend, task, case, ends) -> None:
    value = task.run(case.make())
    assert (value["id"], value["kind"], value["outcome"]) == (extend.made[0], case.kind, "succeeded")
    assert value["api_version"] == case.version
    assert task.xcoms["run_id"] == value["id"]
    assert task.xcoms["spent"] == {
        "runs": case.inputs or 1,
        "credits": 2.0 * (case.inputs or 1),
        "unknown": 0,
    }
    assert len(extend.created) == 1
    assert '"total": 7' not in json.dumps([value, task.xcoms])


@each(single)
def test_what_was_read_is_pushed_where_the_author_asks_for_it(extend, task, case, ends, tmp_path) -> None:
    task.run(case.make(push_output=True, output_path=f"file://{tmp_path}/run.json"))
    assert task.xcoms["output"] == {"total": 7}
    kept = json.loads((tmp_path / "run.json").read_text())
    assert kept[case.kind][case.output] == {"total": 7}


@every
def test_a_deferred_run_is_waited_for_in_the_triggerer(extend, task, case) -> None:
    operator = case.make(deferrable=True)
    away = deferred(task, operator)
    kwargs = away.trigger.serialize()[1]
    assert (kwargs["kind"], kwargs["run_id"]) == (case.kind, extend.made[0])
    assert kwargs.get("members") == (2 if case.kind == "workflow_batch" else None)
    assert "5ecret" not in json.dumps(kwargs)
    extend.end()
    event = fire(away)
    assert (event["event"], event["status"]) == ("ended", "PROCESSED")
    value = case.make(deferrable=True).resume_execution("execute_complete", {"event": event}, task.context)
    assert (value["id"], value["outcome"]) == (extend.made[0], "succeeded")
    assert task.xcoms["spent"]["runs"] == (case.inputs or 1)
    assert extend.asked("POST") == 1


@every
def test_a_retry_takes_up_the_run_of_an_earlier_try(extend, task, case, ends) -> None:
    made = task.run(case.make(wait_for_completion=False))
    assert task.run(case.make())["id"] == made
    assert len(extend.created) == 1


@every
def test_the_link_is_there_where_such_runs_have_an_address(case) -> None:
    without = ("parse_run", "edit_run", "form_detection_run", "verify_run")
    has = not case.inputs and case.kind not in without
    assert len(case.make().operator_extra_links) == has


@each(lambda case: single(case) and case.make().operator_extra_links)
def test_the_address_is_pushed_without_its_query(extend, task, case, monkeypatch) -> None:
    key = "dashboardUrl" if case.version == V26 and case.kind != "processor_run" else "url"
    monkeypatch.setattr(
        time, "sleep", lambda seconds: extend.end(**{key: "https://dashboard.extend.ai/r/1?token=5ecret"})
    )
    assert task.run(case.make())["url"] == "https://dashboard.extend.ai/r/1"


# Paid for once


@each(lambda case: case.findable)
@pytest.mark.parametrize("fault", ["lost", 500])
def test_a_call_in_doubt_is_looked_for_in_the_same_try(extend, task, case, fault) -> None:
    extend.faults = [fault]
    made = task.run(case.make(wait_for_completion=False))
    assert made == extend.made[0]
    assert len(extend.created) == 1
    assert task.record["id"] == made


@each(lambda case: case.findable)
@pytest.mark.parametrize("store", [True, False], ids=["3.3", "below 3.3"])
def test_a_process_that_died_in_the_call_finds_its_run(extend, new_task, case, dies_at, store) -> None:
    task = new_task(store=store)
    dies_at(task, case.make(wait_for_completion=False), f"{case.create}$", "after")
    assert task.run(case.make(wait_for_completion=False)) == extend.made[0]
    assert len(extend.created) == 1


@each(lambda case: case.found is None)
def test_where_it_cannot_be_looked_for_it_is_told_and_not_paid_for_twice(
    extend, task, case, dies_at, log_text
) -> None:
    dies_at(task, case.make(wait_for_completion=False), f"{case.create}$", "after")
    told = permanent(task, case.make(wait_for_completion=False))
    assert "no way to look it up" in told
    assert case.kind.replace("_", " ") in told
    assert len(extend.created) == 1
    resubmits = case.make(wait_for_completion=False, on_unknown_submission="resubmit")
    assert task.run(resubmits) == extend.made[1]
    assert "It may be paid for twice" in log_text()


@each(lambda case: case.found is None)
def test_a_lost_answer_of_such_a_run_is_told(extend, task, case) -> None:
    extend.faults = ["lost"]
    assert "no way to look it up" in permanent(task, case.make(wait_for_completion=False))
    assert len(extend.created) == 1


@each(lambda case: case.unnamed)
@pytest.mark.parametrize("lost", [True, False], ids=["answer lost", "process died"])
def test_a_batch_that_is_there_and_cannot_be_named_is_never_paid_for_twice(
    extend, task, case, dies_at, lost
) -> None:
    if lost:
        extend.faults = ["lost"]
        told = permanent(task, case.make())
    else:
        dies_at(task, case.make(), f"{case.create}$", "after")
        told = permanent(task, case.make())
    for words in ("was started and is paid for", "its run r_", "ExtendRunSensor"):
        assert words in told
    assert len(extend.created) == 1
    assert "is paid for" in permanent(task, case.make(on_unknown_submission="resubmit"))
    assert len(extend.created) == 1


@each(lambda case: case.unnamed)
def test_a_batch_that_is_certainly_not_there_is_asked_for_again(extend, task, case, dies_at) -> None:
    dies_at(task, case.make(wait_for_completion=False), f"{case.create}$", "before")
    assert task.run(case.make(wait_for_completion=False)) == "b_1"
    assert len(extend.created) == 1


@every
@pytest.mark.parametrize("status", [400, 402, 422])
def test_a_call_that_is_refused_leaves_nothing_to_look_for(extend, task, case, status) -> None:
    extend.faults = [status]
    assert "made to order" in permanent(task, case.make(wait_for_completion=False))
    assert task.record is None
    assert task.run(case.make(wait_for_completion=False)) == extend.made[0]


@every
def test_max_runs_counts_each_document(extend, task, case) -> None:
    runs = case.inputs or 1
    task.run(case.make(wait_for_completion=False, max_runs=runs))
    task.clear()
    told = permanent(task, case.make(wait_for_completion=False, max_runs=2 * runs - 1))
    assert f"would make it {2 * runs}" in told
    assert len(extend.created) == 1


# Cancelled


@every
def test_a_clear_cancels_the_earlier_run_where_the_api_can(extend, task, case, log_text) -> None:
    first = task.run(case.make(wait_for_completion=False))
    task.clear()
    second = task.run(case.make(wait_for_completion=False))
    assert second != first
    assert extend.asked("POST", "/cancel") == case.cancels
    words = "was cancelled" if case.cancels else "goes on: Extend's API has no call that cancels this kind"
    assert words in log_text()


@every
def test_a_worker_that_is_told_to_end_cancels_where_the_api_can(extend, task, case, monkeypatch) -> None:
    operator = case.make()
    monkeypatch.setattr(time, "sleep", lambda seconds: operator.on_kill())
    told = passing(task, operator)
    assert extend.asked("POST", "/cancel") == case.cancels
    assert ("was cancelled" if case.cancels else "no call that cancels this kind") in told


@every
def test_a_deadline_cancels_where_the_api_can(extend, task, case, monkeypatch) -> None:
    operator = case.make(timeout=0.01)
    told = permanent(task, operator) if case.cancels else passing(task, operator)
    assert "did not end within" in told
    assert ("It was cancelled" if case.cancels else "goes on: Extend's API has no call") in told


@every
def test_airflows_timeout_after_the_call_leaves_a_run_that_a_retry_takes_up(extend, task, case, ends) -> None:
    away = deferred(task, case.make(deferrable=True, execution_timeout=timedelta(seconds=50)))
    assert 40 < away.trigger.deadline - time.time() <= 50
    event = {"event": "timeout", "kind": case.kind, "run_id": extend.made[0], "status": "PROCESSING"}
    extend.end()
    resumed = case.make(deferrable=True).resume_execution(
        "execute_complete", {"event": {**event, "deadline": time.time()}}, task.context
    )
    assert resumed["outcome"] == "succeeded", "it ended in the last moment"


# How it ends


@each(single)
@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_a_run_that_ends_badly_fails_the_task_with_its_reason(
    extend, task, case, monkeypatch, status
) -> None:
    reason = {
        "failureReason": "CORRUPT_FILE",
        "failureMessage": f"cannot open {'https://a.example.com/1?s=5ecret'}",
    }
    monkeypatch.setattr(time, "sleep", lambda seconds: extend.end(status, **reason))
    told = permanent(task, case.make())
    for words in (extend.made[0], status, "CORRUPT_FILE", "Clear this task"):
        assert words in told
    assert "5ecret" not in told
    assert "evaluation page" not in told


@each(lambda case: case.inputs)
def test_a_batch_of_which_some_failed_fails_with_their_number(
    extend, task, case, monkeypatch, tmp_path
) -> None:
    def sleep(seconds: float) -> None:
        extend.end()
        extend.runs["r_2"] |= {"status": "FAILED", "failureReason": "CORRUPT_FILE"}

    monkeypatch.setattr(time, "sleep", sleep)
    told = permanent(task, case.make(output_path=f"file://{tmp_path}/batch.json"))
    assert "of its 2 runs 1 did not succeed (1 FAILED)" in told
    assert task.xcoms["members"] == {"PROCESSED": 1, "FAILED": 1}
    assert task.xcoms["member_run_ids"] == {"PROCESSED": ["r_1"], "FAILED": ["r_2"]}
    kept = json.loads((tmp_path / "batch.json").read_text())
    assert {row["id"]: row["status"] for row in kept["members"]} == {"r_1": "PROCESSED", "r_2": "FAILED"}
    value = task.run(case.make(on_partial="succeed"))
    assert value["outcome"] == "succeeded"
    assert len(extend.created) == 1, "a retry pays for nothing"


@each(lambda case: case.inputs)
def test_the_runs_of_a_batch_are_named_in_the_order_of_its_inputs(extend, task, case, ends) -> None:
    task.run(case.make())
    shown = case.kind != "workflow_batch"
    assert task.xcoms["members"] == {"PROCESSED": 2}
    ids = task.xcoms["member_run_ids"]["PROCESSED"]
    assert ids == (["r_1", "r_2"] if shown else ["r_2", "r_1"]), "the list comes newest first"


@each(lambda case: case.inputs)
def test_a_batch_whose_runs_move_has_not_ended(extend, task, case, monkeypatch) -> None:
    def sleep(seconds: float) -> None:
        extend.end()
        if extend.asked("GET") < 6:
            extend.runs["r_2"]["status"] = "PROCESSING"

    monkeypatch.setattr(time, "sleep", sleep)
    assert task.run(case.make())["outcome"] == "succeeded"
    assert extend.asked("GET") >= 6


# Not in this version


@pytest.mark.parametrize(
    ("case", "version"),
    [
        (case, version)
        for case in CASES
        for version in (V24, V25)
        if not any(other.operator is case.operator and other.version == version for other in CASES)
        and case.operator.__name__ != "ExtendParseOperator"
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_version_without_such_runs_is_named_with_those_that_have_them(
    requests_mock, connect_as, task, case, version
) -> None:
    connect_as(version)
    told = permanent(task, case.make())
    assert f"does not exist in Extend API version {version}" in told
    assert "Nothing was sent" in told
    assert V26 in told
    assert requests_mock.call_count == 0


def test_every_operator_of_one_version_is_among_those() -> None:
    only = {case.operator for case in CASES} - {case.operator for case in CASES if case.version != V26}
    assert {ExtendVerifyOperator, ExtendDetectFormOperator} <= only
    assert len(only) == 9


@each(lambda case: case.inputs)
def test_metadata_that_take_the_place_of_the_token_leave_nothing_to_search_by(
    extend, task, case, dies_at
) -> None:
    """Of the task or of any input: a search that finds no token then says nothing."""
    inputs = [{"file_id": "file_1", "metadata": {"airflow_token": "mine"}}]
    own = case.make(wait_for_completion=False, inputs=inputs)
    dies_at(task, own, f"{case.create}$", "after")
    again = case.make(wait_for_completion=False, inputs=inputs)
    assert "no way to look it up" in permanent(task, again)
    assert "asked for otherwise then" in permanent(
        task, case.make(wait_for_completion=False, inputs=["file_1"])
    )
    assert len(extend.created) == 1
