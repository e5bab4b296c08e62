"""A trigger that is told to go, the way Airflow 3.3 does it: cancelled with a message, and again each second."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_extend.triggers import kill
from airflow_provider_extend.triggers.run import ExtendRunTrigger

URL = "https://api.extend.ai/extract_runs/exr_1"
TASK = SimpleNamespace(dag_id="d", run_id="r", task_id="t", map_index=-1)


@pytest.fixture(autouse=True)
def connection(monkeypatch: pytest.MonkeyPatch, quick: None) -> None:
    extra = {"api_version": "2026-02-09", "get_per_second": 1e6, "write_per_second": 1e6}
    monkeypatch.setenv(
        "AIRFLOW_CONN_EXTEND_DEFAULT",
        json.dumps({"conn_type": "extend", "password": "sk_of_the_tests", "extra": extra}),
    )


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What Airflow says of the task instance, or the error of asking it."""
    told: dict[str, Any] = {"state": "failed", "asked": []}

    def get_task_states(**given: Any) -> Any:
        told["asked"].append(given)
        if isinstance(told["state"], Exception):
            raise told["state"]
        return (
            {"r": {"t": told["state"], "t_0": "failed", "t_3": "failed", "t_4": "deferred"}}
            if told["state"]
            else {}
        )

    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", staticmethod(get_task_states))
    return told


@pytest.fixture(autouse=True)
def soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses between attempts are hundredths of what they are."""
    monkeypatch.setattr(kill, "_PAUSES", tuple(pause / 100 for pause in kill._PAUSES))


@pytest.fixture
def extend(requests_mock: Any) -> Any:
    """A run that moves until it is cancelled."""
    status = {"now": "PROCESSING"}
    requests_mock.get(URL, json=lambda request, context: {"id": "exr_1", "status": status["now"]})

    def cancelled(request: Any, context: Any) -> Any:
        status["now"] = "CANCELLED"
        return {"id": "exr_1", "status": "CANCELLED"}

    status["cancel"] = requests_mock.post(f"{URL}/cancel", json=cancelled)
    return status


def trigger(**given: Any) -> ExtendRunTrigger:
    task = given.pop("task_instance", TASK)
    given = {"deadline": time.time() + 60, "cancel_on_kill": True, **given}
    made = ExtendRunTrigger("extend_default", "extract_run", "exr_1", **given)
    made.task_instance = task
    return made


async def told_to_go(made: ExtendRunTrigger, again_each: float = 0.02, wait_until_done: bool = True) -> None:
    """`run_trigger` of Airflow 3.3, as far as a kill goes, and then whatever on_kill has left at work.

    Cancelled again and again, `asyncio.wait_for` of Python 3.11 gives up what it waits for, which goes on.
    """

    async def wait() -> None:
        await asyncio.Event().wait()

    async def run() -> None:
        try:
            await wait()
        except asyncio.CancelledError:
            with suppress(asyncio.CancelledError):
                await asyncio.wait_for(made.on_kill(), timeout=30)
            raise

    task = asyncio.create_task(run())
    await asyncio.sleep(0)
    for _ in range(500):
        task.cancel("__airflow_user_action__")
        await asyncio.wait({task}, timeout=again_each)
        if task.done():
            break
    assert task.done(), "on_kill does not end"
    until = time.monotonic() + 10
    while wait_until_done and kill._at_work and time.monotonic() < until:
        await asyncio.wait(set(kill._at_work), timeout=1)


@pytest.mark.parametrize("ended", ["failed", "success", "skipped", "removed"])
async def test_a_run_whose_task_a_user_ended_is_cancelled_once(extend, state, ended) -> None:
    state["state"] = ended
    await told_to_go(trigger())
    assert extend["cancel"].call_count == 1
    asked = {"dag_id": "d", "task_ids": ["t"], "run_ids": ["r"], "map_index": -1}
    assert state["asked"] == [asked]


@pytest.mark.parametrize(
    "other",
    ["deferred", "scheduled", "queued", "running", "up_for_retry", "restarting", None, RuntimeError("down")],
    ids=str,
)
async def test_any_other_state_and_none_leave_the_run_alone(extend, state, other, requests_mock) -> None:
    state["state"] = other
    await told_to_go(trigger())
    assert requests_mock.call_count == 0


async def test_without_a_task_nothing_is_cancelled(extend, state) -> None:
    await told_to_go(trigger(task_instance=None))
    assert extend["cancel"].call_count == 0


@pytest.mark.parametrize(("index", "cancels"), [(0, 1), (3, 1), (4, 0)])
async def test_a_mapped_task_is_asked_for_by_its_index(extend, state, index, cancels) -> None:
    state["state"] = "deferred"  # of what is not mapped
    mapped = SimpleNamespace(**{**vars(TASK), "map_index": index})
    await told_to_go(trigger(task_instance=mapped))
    assert extend["cancel"].call_count == cancels
    assert state["asked"][0]["map_index"] == index


async def test_a_task_that_cannot_be_read_at_once_is_read_again(extend, state, monkeypatch) -> None:
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    really, calls = RuntimeTaskInstance.get_task_states, []

    def get_task_states(**given: Any) -> Any:
        calls.append(1)
        if len(calls) < 3:
            raise RuntimeError("The API server is busy")
        return really(**given)

    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", staticmethod(get_task_states))
    await told_to_go(trigger())
    assert extend["cancel"].call_count == 1


async def test_a_run_that_refuses_its_cancel_is_asked_until_it_takes_it(
    extend, state, requests_mock, monkeypatch
) -> None:
    from airflow_provider_extend import cancelling

    monkeypatch.setattr(cancelling, "_PAUSE", 0.0)
    extend["now"] = "PENDING"
    calls = []

    def cancel(request: Any, context: Any) -> Any:
        calls.append(1)
        if len(calls) < 9:
            context.status_code = 400
            return {"code": "INVALID_REQUEST", "message": "is PENDING"}
        extend["now"] = "CANCELLED"
        return {"id": "exr_1", "status": "CANCELLED"}

    requests_mock.post(f"{URL}/cancel", json=cancel)
    await told_to_go(trigger())
    assert len(calls) == 9


async def test_a_sensor_cancels_nothing(extend, state) -> None:
    await told_to_go(trigger(cancel_on_kill=False))
    assert (extend["cancel"].call_count, state["asked"]) == (0, [])


async def test_past_the_deadline_the_operator_decides(extend, state) -> None:
    await told_to_go(trigger(deadline=time.time() - 1))
    assert extend["cancel"].call_count == 0


async def test_a_run_that_has_ended_is_left_as_it_is(extend, state) -> None:
    extend["now"] = "PROCESSED"
    await told_to_go(trigger())
    assert extend["cancel"].call_count == 0


async def test_what_it_does_is_not_ended_by_being_told_again(extend, state, requests_mock) -> None:
    """Airflow cancels on_kill each second; a slow Extend takes longer."""

    def slow(request: Any, context: Any) -> Any:
        time.sleep(0.3)
        return {"id": "exr_1", "status": extend["now"]}

    requests_mock.get(URL, json=slow)
    await told_to_go(trigger())
    assert extend["cancel"].call_count == 1


async def test_a_cancel_that_fails_is_tried_again(extend, state, requests_mock) -> None:
    troubles, moves = iter([503] * 2), iter(["PROCESSING"] * 2)

    def answer(request: Any, context: Any) -> Any:
        if not state["asked"]:  # it is the poller that looks
            return {"id": "exr_1", "status": "PROCESSING"}
        if (trouble := next(troubles, None)) is not None:
            context.status_code = trouble
            return {}
        return {"id": "exr_1", "status": next(moves, "CANCELLED")}

    requests_mock.get(URL, json=answer)
    await told_to_go(trigger())
    assert extend["cancel"].call_count == 1


async def test_what_is_refused_for_good_is_not_tried_again(extend, state, requests_mock) -> None:
    refused = requests_mock.get(URL, status_code=403, json={})
    await told_to_go(trigger())
    assert (refused.call_count, extend["cancel"].call_count) == (1, 0)


async def test_a_trigger_that_has_fired_cancels_nothing(extend, state) -> None:
    extend["now"] = "PROCESSED"
    made = trigger()
    events = [event async for event in made.run()]
    extend["now"] = "PROCESSING"
    await told_to_go(made)
    assert len(events) == 1
    assert (extend["cancel"].call_count, state["asked"]) == (0, [])


async def test_a_wait_that_is_cut_short_by_a_stop_cancels_nothing(extend, state) -> None:
    """A triggerer that stops cancels its triggers without a message, and calls no on_kill; `cleanup` does nothing."""
    made = trigger()

    async def run() -> None:
        async for _ in made.run():
            raise AssertionError("the run moves")

    task = asyncio.create_task(run())
    await asyncio.sleep(0.05)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await made.cleanup()
    assert extend["cancel"].call_count == 0


async def test_what_is_not_done_in_time_goes_on_by_itself(extend, state, requests_mock, monkeypatch) -> None:
    monkeypatch.setattr(kill, "_PATIENCE", 0.05)

    def slow(request: Any, context: Any) -> Any:
        time.sleep(0.2)
        return {"id": "exr_1", "status": extend["now"]}

    requests_mock.get(URL, json=slow)
    await told_to_go(trigger(), wait_until_done=False)
    assert extend["cancel"].call_count == 0
    await asyncio.wait(set(kill._at_work), timeout=5)
    assert extend["cancel"].call_count == 1
