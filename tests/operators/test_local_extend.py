"""Every operator that starts a run, and the sensors, on the local Extend: real answers, lists, cancels, batches."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_extend import decisions
from airflow_provider_extend.operators.classify import ExtendBatchClassifyOperator, ExtendClassifyOperator
from airflow_provider_extend.operators.edit import ExtendEditOperator
from airflow_provider_extend.operators.extract import ExtendBatchExtractOperator, ExtendExtractOperator
from airflow_provider_extend.operators.form_detection import ExtendDetectFormOperator
from airflow_provider_extend.operators.parse import ExtendBatchParseOperator, ExtendParseOperator
from airflow_provider_extend.operators.processor_run import ExtendRunProcessorOperator
from airflow_provider_extend.operators.split import ExtendBatchSplitOperator, ExtendSplitOperator
from airflow_provider_extend.operators.verify import ExtendVerifyOperator
from airflow_provider_extend.operators.workflow import (
    ExtendBatchRunWorkflowOperator,
    ExtendRunWorkflowOperator,
)
from airflow_provider_extend.sensors.run import ExtendRunSensor
from airflow_provider_extend.sensors.runs import ExtendRunsSensor
from airflow_provider_extend.sensors.workflow_run import ExtendWorkflowRunSensor
from tests.airflow_names import AirflowFailException, TaskDeferred, import_string
from tests.emulator.conftest import pdf  # noqa: F401  (a fixture)

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
CLASSES = [
    {"id": "cls_1", "type": "invoice", "description": 'Says "Invoice No"'},
    {"id": "cls_2", "type": "receipt", "description": 'Says "Receipt No"'},
]
TEXT = b"Invoice No: A-17\nNo: INV-7\nTotal: 12.00\n"


def processor(extend: Any, noun: str) -> str:
    """One of that type, with a draft."""
    if noun == "extractor":
        return str(extend.processor())
    key = "classifications" if noun == "classifier" else "splitClassifications"
    if extend.version == V26:
        return str(extend.send("POST", f"/{noun}s", json={"name": "P", "config": {key: CLASSES}})["id"])
    kind = {"classifier": "CLASSIFY", "splitter": "SPLITTER"}[noun]
    config = {key: CLASSES} | ({"type": kind} if extend.version == V25 else {})
    return str(extend.send("POST", "/processors", json={"name": "P", "type": kind, "config": config})["id"])


def workflow(extend: Any) -> str:
    return str(extend.send("POST", "/workflows", json={"name": "W"})["id"])


def document(extend: Any) -> dict[str, Any]:
    return {"file_id": extend.upload(TEXT, "a.txt")}


QUICK = {"poll_interval": 0.05, "timeout": 20}

Make = Callable[[Any, Any], Any]


def of_processor(operator: type, noun: str) -> Make:
    def make(extend: Any, written: Any) -> Any:
        ids = {f"{noun}_id": processor(extend, noun), "version": "draft", **document(extend)}
        return lambda **given: operator(task_id="task", **{**QUICK, **ids, **given})

    return make


def of_batch(operator: type, noun: str) -> Make:
    def make(extend: Any, written: Any) -> Any:
        inputs = [extend.upload(TEXT, f"{n}.txt") for n in range(3)]
        ids = {f"{noun}_id": processor(extend, noun), "version": "draft", "inputs": inputs}
        return lambda **given: operator(task_id="task", **{**QUICK, **ids, **given})

    return make


def plain(operator: type, name: str = "a.txt", **more: Any) -> Make:
    """Of one uploaded document that needs no processor."""

    def make(extend: Any, written: Any) -> Any:
        data = TEXT if name.endswith(".txt") else written(["Name: ____", "Total: 5"])
        file_id = extend.upload(data, name)
        return lambda **given: operator(task_id="task", **{**QUICK, "file_id": file_id, **more, **given})

    return make


def of_old(noun: str) -> Make:
    def make(extend: Any, written: Any) -> Any:
        ids = {"processor_id": processor(extend, noun), "version": "draft", **document(extend)}
        return lambda **given: ExtendRunProcessorOperator(task_id="task", **{**QUICK, **ids, **given})

    return make


def of_workflow(extend: Any, written: Any) -> Any:
    ids = {"workflow_id": workflow(extend), **document(extend)}
    return lambda **given: ExtendRunWorkflowOperator(task_id="task", **{**QUICK, **ids, **given})


def of_workflow_batch(extend: Any, written: Any) -> Any:
    ids = {"workflow_id": workflow(extend), "inputs": [extend.upload(TEXT, f"{n}.txt") for n in range(3)]}
    return lambda **given: ExtendBatchRunWorkflowOperator(task_id="task", **{**QUICK, **ids, **given})


def of_parse_batch(extend: Any, written: Any) -> Any:
    inputs = [*[extend.upload(TEXT, f"{n}.txt") for n in range(2)], {"text": TEXT.decode()}]
    return lambda **given: ExtendBatchParseOperator(task_id="task", **{**QUICK, "inputs": inputs, **given})


#: name -> versions, kind of run that the local Extend keeps, how the operator is made.
SINGLE: dict[str, tuple[tuple[str, ...], str, Make]] = {
    "extract": ((V26,), "extract_run", of_processor(ExtendExtractOperator, "extractor")),
    "classify": ((V26,), "classify_run", of_processor(ExtendClassifyOperator, "classifier")),
    "split": ((V26,), "split_run", of_processor(ExtendSplitOperator, "splitter")),
    "parse": ((V24, V25, V26), "parse_run", plain(ExtendParseOperator, config={"target": "markdown"})),
    "edit": (
        (V25, V26),
        "edit_run",
        plain(ExtendEditOperator, "a.pdf", config={"instructions": "Name: Ann"}),
    ),
    "detect": ((V26,), "form_detection_run", plain(ExtendDetectFormOperator, "a.pdf")),
    "verify": ((V26,), "verify_run", plain(ExtendVerifyOperator, "a.pdf")),
    "processor, extract": ((V24, V25, V26), "extract_run", of_old("extractor")),
    "processor, classify": ((V24, V25, V26), "classify_run", of_old("classifier")),
    "processor, split": ((V24, V25, V26), "split_run", of_old("splitter")),
    "workflow": ((V24, V25, V26), "workflow_run", of_workflow),
}
BATCHES: dict[str, tuple[tuple[str, ...], str, Make]] = {
    "extract batch": ((V26,), "extract_run", of_batch(ExtendBatchExtractOperator, "extractor")),
    "classify batch": ((V26,), "classify_run", of_batch(ExtendBatchClassifyOperator, "classifier")),
    "split batch": ((V26,), "split_run", of_batch(ExtendBatchSplitOperator, "splitter")),
    "parse batch": ((V26,), "parse_run", of_parse_batch),
    "workflow batch": ((V24, V25, V26), "workflow_run", of_workflow_batch),
}
ALL = {**SINGLE, **BATCHES}


def each(of: Any = ALL, but: Any = lambda name, version: False) -> Any:
    cases = [
        (name, version)
        for name, (versions, _, _) in of.items()
        for version in versions
        if not but(name, version)
    ]
    return pytest.mark.parametrize(("name", "version"), cases)


def unnamed(name: str, version: str) -> bool:
    return name in ("extract batch", "classify batch", "split batch")


def no_way(name: str, version: str) -> bool:
    return (
        name in ("edit", "detect")
        or (name == "parse" and version != V26)
        or (name.startswith("processor") and version == V24)
    )


def cannot(name: str, version: str) -> bool:
    """Cannot be cancelled."""
    old = name == "workflow" or name.startswith("processor")
    return (
        name in BATCHES
        or name in ("edit", "detect")
        or (name == "parse" and version != V26)
        or (old and version == V24)
    )


@pytest.fixture
def extend(api: Any, version: str) -> Any:
    return api(version)


@pytest.fixture
def make(extend: Any, name: str, pdf: Any) -> Any:  # noqa: F811
    return ALL[name][2](extend, pdf)


@pytest.fixture
def runs(extend: Any, name: str) -> Callable[[], list[dict[str, Any]]]:
    return lambda: list(extend.control("GET", f"/runs?kind={ALL[name][1]}"))


def fire(away: TaskDeferred) -> dict[str, Any]:
    class_path, kwargs = away.trigger.serialize()
    trigger = import_string(class_path)(**json.loads(json.dumps(kwargs)) | {"not_before": None})

    async def run() -> Any:
        async with asyncio.timeout(20):
            return [event.payload async for event in trigger.run()]

    (event,) = asyncio.run(run())
    return event


@each()
def test_it_is_started_once_waited_for_and_returned(extend, make, task, name, version, runs) -> None:
    value = task.run(make())
    assert (value["outcome"], value["api_version"]) == ("succeeded", version)
    assert len(runs()) == (3 if name in BATCHES else 1)
    assert task.xcoms["spent"]["runs"] == len(runs())
    if name in BATCHES:
        assert task.xcoms["members"] == {"PROCESSED": 3}
        assert set(task.xcoms["member_run_ids"]["PROCESSED"]) == {run["id"] for run in runs()}


@each(SINGLE)
def test_what_was_read_is_pushed_where_it_is_asked_for(extend, make, task, name, version) -> None:
    task.run(make(push_output=True))
    output = json.dumps(task.xcoms["output"])
    told = {
        "extract": "INV-7",
        "classify": "invoice",
        "split": "invoice",
        "parse": "Invoice No",
        "verify": "riskLevel",
    }
    assert told.get(name.removeprefix("processor, "), "") in output
    assert output not in ("null", "{}")
    if name == "edit":
        assert extend.send("GET", f"/files/{task.xcoms['edited_file_id']}")["id"]


@each(but=lambda name, version: name == "parse" and version == V24)
def test_it_is_waited_for_in_the_triggerer(extend, make, task, name, version, runs) -> None:
    extend.control("POST", "/settings", {"run_seconds": 0.4})
    with pytest.raises(TaskDeferred) as away:
        task.run(make(deferrable=True))
    event = fire(away.value)
    assert event["event"] == "ended"
    value = make(deferrable=True).resume_execution("execute_complete", {"event": event}, task.context)
    assert value["outcome"] == "succeeded"
    assert len(runs()) == (3 if name in BATCHES else 1)


@each(but=lambda name, version: no_way(name, version) or unnamed(name, version))
@pytest.mark.parametrize("store", [True, False], ids=["3.3", "below 3.3"])
def test_a_lost_answer_is_looked_for_and_paid_for_once(
    extend, make, new_task, name, version, runs, store
) -> None:
    extend.fault(method="POST", path="(runs|batch|async)$", drop_after=True)
    assert new_task(store=store).run(make())["outcome"] == "succeeded"
    assert len(runs()) == (3 if name in BATCHES else 1)


@each(but=lambda name, version: not no_way(name, version) and not unnamed(name, version))
def test_a_lost_answer_that_cannot_be_looked_for_is_told(extend, make, task, name, version, runs) -> None:
    extend.fault(method="POST", path="(runs|batch|async|parse)$", drop_after=True)
    for _ in range(2):
        with pytest.raises(AirflowFailException, match=r"no way to look it up|is paid for"):
            task.run(make())
    assert len(runs()) == (3 if name in BATCHES else 1)


@each(but=lambda name, version: no_way(name, version) or unnamed(name, version))
def test_a_process_that_died_in_the_call_finds_what_it_made(
    extend, make, task, dies_at, runs, name, version
) -> None:
    dies_at(task, make(), "(runs|batch|async)$", "after")
    assert task.run(make())["outcome"] == "succeeded"
    assert len(runs()) == (3 if name in BATCHES else 1)


@each({name: SINGLE[name] for name in ("classify", "parse")}, but=lambda name, version: version != V26)
def test_a_list_that_lags_is_waited_for(
    extend, make, task, dies_at, runs, name, version, monkeypatch
) -> None:
    monkeypatch.setattr(decisions, "LIST_LAG", 1.0)
    extend.control("POST", "/settings", {"list_lag": 0.7})
    dies_at(task, make(), "_runs$", "after")
    task.run(make())
    assert len(runs()) == 1


@each(but=lambda name, version: name == "parse" and version == V24)
def test_a_deadline_cancels_where_the_api_can(extend, make, task, runs, name, version) -> None:
    extend.control("POST", "/settings", {"run_seconds": 60})
    with pytest.raises(Exception, match="did not end within 0 s") as caught:
        task.run(make(timeout=0.3))
    if cannot(name, version):
        assert "goes on: Extend's API has no call that cancels this kind" in str(caught.value)
    else:
        assert [run["status"] for run in runs()] == ["CANCELLED"]


@each(
    {
        **{name: SINGLE[name] for name in ("split", "processor, extract", "edit")},
        "extract batch": BATCHES["extract batch"],
    }
)
def test_a_cleared_task_starts_another(extend, make, task, runs, name, version, log_text) -> None:
    extend.control("POST", "/settings", {"run_seconds": 60})
    first = task.run(make(wait_for_completion=False))
    task.clear()
    assert task.run(make(wait_for_completion=False)) != first
    words = "goes on: Extend's API has no call" if cannot(name, version) else "was cancelled"
    assert words in log_text()
    assert len(runs()) == (6 if name in BATCHES else 2)


@each(BATCHES)
def test_a_batch_of_which_some_failed(extend, make, task, runs, name, version) -> None:
    extend.control("POST", "/settings", {"fail_runs": 1})
    with pytest.raises(AirflowFailException, match=r"of its 3 runs 1 did not succeed \(1 FAILED\)"):
        task.run(make())
    assert task.xcoms["members"] == {"PROCESSED": 2, "FAILED": 1}
    assert task.run(make(on_partial="succeed"))["outcome"] == "succeeded"
    assert len(runs()) == 3


@each(SINGLE, but=lambda name, version: name == "parse" and version == V24)
def test_a_sensor_waits_for_what_another_task_started(extend, make, new_task, name, version) -> None:
    starter = new_task()
    run_id = starter.run(make(wait_for_completion=False))
    kind = make().kind if not name.startswith("processor") else "processor_run"
    if name == "workflow":
        sensor: Any = ExtendWorkflowRunSensor(
            task_id="task", workflow_run_id=run_id, poke_interval=0.05, timeout=20
        )
    else:
        sensor = ExtendRunSensor(task_id="task", run_id=run_id, kind=kind, poke_interval=0.05, timeout=20)
    waiter = new_task()
    assert waiter.run(sensor)["id"] == run_id


MANY = {
    name: ALL[name]
    for name in ("extract", "parse", "edit", "verify", "workflow", "classify batch", "parse batch")
}


@each(MANY, but=lambda name, version: name == "parse" and version == V24)
def test_one_sensor_waits_for_many(extend, make, new_task, name, version) -> None:
    extend.control("POST", "/settings", {"run_seconds": 0.4})
    ids = [new_task().run(make(wait_for_completion=False)) for _ in range(3)]
    assert len(set(ids)) == 3

    def sensor(**given: Any) -> ExtendRunsSensor:
        given = {"run_ids": ids, "kind": make().kind, "poke_interval": 0.05, "timeout": 20, **given}
        return ExtendRunsSensor(task_id="task", **given)

    waiter = new_task()
    with pytest.raises(TaskDeferred) as away:
        waiter.run(sensor(deferrable=True))
    event = fire(away.value)
    assert (event["event"], event["counts"]) == ("ended", {"PROCESSED": 3})
    value = sensor(deferrable=True).resume_execution("execute_complete", {"event": event}, waiter.context)
    assert (value["count"], value["succeeded"], value["not_succeeded"]) == (3, 3, [])
    assert new_task().run(sensor()) == value
    with pytest.raises(
        AirflowFailException, match=r"1 of 3 \w+ \w+ did not succeed: elsewhere not there \(404"
    ):
        new_task().run(sensor(run_ids=[*ids[:2], "elsewhere"]))


@each(BATCHES)
def test_a_sensor_waits_for_a_batch(extend, make, new_task, name, version) -> None:
    batch = new_task().run(make(wait_for_completion=False))
    members = {"members": 3} if name == "workflow batch" else {}
    sensor = ExtendRunSensor(
        task_id="task", run_id=batch, kind=make().kind, poke_interval=0.05, timeout=20, **members
    )
    waiter = new_task()
    assert waiter.run(sensor)["id"] == batch
    assert waiter.xcoms["members"] == {"PROCESSED": 3}


@pytest.mark.parametrize(("name", "version"), [("workflow", version) for version in (V24, V25, V26)])
@pytest.mark.parametrize(("action", "outcome"), [("approve", "succeeded"), ("reject", None)])
def test_a_review_ends_the_wait_for_it(extend, make, task, runs, name, version, action, outcome) -> None:
    extend.control("POST", "/settings", {"review_workflow_runs": True})
    run_id = task.run(make(wait_for_completion=False))
    began = time.monotonic()
    while next(run["status"] for run in runs()) != "NEEDS_REVIEW":
        assert time.monotonic() - began < 10
        time.sleep(0.05)
    operator = make(on_needs_review="wait")
    really = operator._sleep

    def sleep(seconds: float) -> None:
        if next(run["status"] for run in runs()) == "NEEDS_REVIEW":
            extend.control("POST", f"/workflow_runs/{run_id}/review", {"action": action, "note": "5ecret"})
        really(min(seconds, 0.05))

    operator._sleep = sleep
    if outcome:
        assert task.run(operator)["outcome"] == outcome
    else:
        with pytest.raises(AirflowFailException, match="a person has rejected it") as caught:
            task.run(operator)
        assert "5ecret" not in str(caught.value)


@pytest.mark.parametrize(("name", "version"), [("verify", V26)])
@pytest.mark.parametrize("deferrable", [False, True])
def test_a_result_that_is_given_once_is_kept(extend, make, task, name, version, deferrable) -> None:
    extend.control("POST", "/settings", {"zero_retention": True, "run_seconds": 0.3})
    operator = make(push_output=True, deferrable=deferrable)
    if deferrable:
        with pytest.raises(TaskDeferred) as away:
            task.run(operator)
        event = fire(away.value)
        make(push_output=True, deferrable=True).resume_execution(
            "execute_complete", {"event": event}, task.context
        )
    else:
        task.run(operator)
    assert "riskLevel" in task.xcoms["output"]
    with pytest.raises(AirflowFailException, match="without a result"):
        task.run(make(push_output=True))


@pytest.mark.parametrize(("name", "version"), [("extract", V26), ("workflow", V26)])
def test_a_package_is_one_run_of_all_its_files(extend, make, task, runs, name, version) -> None:
    files = [extend.upload(b"No: INV-7\n", "a.txt"), extend.upload(b"Total: 12.00\n", "b.txt")]
    value = task.run(make(package=files, file_id=None, push_output=True))
    assert value["outcome"] == "succeeded"
    assert len(runs()) == 1
    if name == "extract":
        assert task.xcoms["output"]["value"] == {"total": 12, "number": "INV-7"}


@pytest.mark.parametrize(
    ("name", "version"), [(f"processor, {noun}", V26) for noun in ("extract", "classify", "split")]
)
def test_with_its_type_the_replacement_is_called(extend, make, task, name, version) -> None:
    kind = {"extract": "EXTRACT", "classify": "CLASSIFY", "split": "SPLITTER"}[
        name.removeprefix("processor, ")
    ]
    value = task.run(make(processor_type=kind))
    assert value["kind"] == f"{name.removeprefix('processor, ')}_run"
    assert extend.requests("POST", "processor_runs") == []


def test_a_processor_of_another_type_is_refused_in_plain_words(api, task) -> None:
    extend = api(V26)
    operator = ExtendExtractOperator(
        task_id="task", extractor_id=processor(extend, "classifier"), version="draft", **document(extend)
    )
    with pytest.raises(AirflowFailException, match="No extractor with id"):
        task.run(operator)
    assert task.record is None
