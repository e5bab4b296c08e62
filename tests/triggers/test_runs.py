"""ExtendRunsTrigger: what is stored of it, the one event that it fires, and what ten thousand runs cost."""

from __future__ import annotations

import asyncio
import json
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from airflow.triggers.base import TriggerEvent

from airflow_provider_extend.triggers.runs import ExtendRunsTrigger, check_runs_event
from airflow_provider_extend.triggers.schedule import Schedule
from airflow_provider_extend.triggers.waits import Wait
from tests.airflow_names import import_string

API = "https://api.extend.ai"
PATH = "airflow_provider_extend.triggers.runs.ExtendRunsTrigger"
#: As long as those of the documentation's examples.
IDS = [f"exr_xK9mLPqRtN3vS8wF5h{number:06}" for number in range(10_000)]

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def many() -> Callable[..., ExtendRunsTrigger]:
    def make(*run_ids: str, kind: str = "extract_run", **given: Any) -> ExtendRunsTrigger:
        given = {"deadline": time.time() + 60, "max_interval": 1, **given}
        return ExtendRunsTrigger("extend_default", kind, run_ids, **given)

    return make


@pytest.fixture
def wire(requests_mock: Any, connect: Callable[..., None]) -> Callable[..., Any]:
    """Extract runs, each with its statuses in the order in which it is looked at; the last one stays."""
    connect(version="2026-02-09")

    def script(**runs: list[str]) -> Any:
        left = {run_id: list(statuses) for run_id, statuses in runs.items()}
        answers = {"id": "", "failureReason": None, "updatedAt": "2026-05-15T12:00:00Z"}

        def run(run_id: str) -> dict[str, Any]:
            statuses = left[run_id]
            return {**answers, "id": run_id, "status": statuses.pop(0) if len(statuses) > 1 else statuses[0]}

        requests_mock.get(
            f"{API}/extract_runs", json=lambda request, context: {"data": [run(run_id) for run_id in left]}
        )
        for run_id in left:
            requests_mock.get(
                f"{API}/extract_runs/{run_id}", json=lambda request, context, run_id=run_id: run(run_id)
            )
        return requests_mock

    return script


async def event_of(trigger: ExtendRunsTrigger) -> dict[str, Any]:
    async with asyncio.timeout(20):
        (payload,) = [event.payload async for event in trigger.run()]
    assert set(payload) == {"event", "kind", "counts", "run_ids", "deadline"}
    assert check_runs_event(json.loads(json.dumps(payload)), trigger.kind)
    return payload


# What Airflow's database holds


def test_it_is_stored_as_ids_and_numbers_and_can_be_rebuilt(many) -> None:
    from tests.airflow_names import deserialize, serialize

    given = {"deadline": 1800000000.5, "not_before": 1.5, "first": True, "waits_past": ("needs_review",)}
    class_path, kwargs = many("exr_1", "exr_2", **given).serialize()
    assert class_path == PATH
    assert kwargs == {
        "extend_conn_id": "extend_default",
        "kind": "extract_run",
        "run_ids": ["exr_1", "exr_2"],
        "deadline": 1800000000.5,
        "max_interval": 1,
        "not_before": 1.5,
        "first": True,
        "waits_past": ["needs_review"],
    }
    assert import_string(class_path)(**json.loads(json.dumps(kwargs))).serialize() == (class_path, kwargs)
    assert deserialize(serialize(kwargs)) == kwargs


# The event


async def test_it_fires_once_when_all_have_ended(wire, many) -> None:
    wire(exr_1=["PROCESSED"], exr_2=["PENDING", "PROCESSING", "FAILED"], exr_3=["PROCESSING", "PROCESSED"])
    waiting = many("exr_1", "exr_2", "exr_3")
    assert await event_of(waiting) == {
        "event": "ended",
        "kind": "extract_run",
        "counts": {"PROCESSED": 2, "FAILED": 1},
        "run_ids": [],
        "deadline": waiting.deadline,
    }


async def test_it_fires_with_the_first_that_has_ended(wire, many) -> None:
    wire(exr_1=["PROCESSING"], exr_2=["PENDING", "PROCESSING", "FAILED"])
    event = await event_of(many("exr_1", "exr_2", first=True))
    assert (event["event"], event["run_ids"]) == ("ended", ["exr_2"])


async def test_at_the_deadline_it_tells_how_they_stand(wire, many) -> None:
    wire(exr_1=["PROCESSED"], exr_2=["PROCESSING"])
    event = await event_of(many("exr_1", "exr_2", deadline=time.time() + 0.3))
    assert (event["event"], event["counts"]) == ("timeout", {"PROCESSED": 1, "PROCESSING": 1})


async def test_one_that_is_not_there_keeps_nobody_from_ending(wire, many, requests_mock) -> None:
    wire(exr_1=["PROCESSING", "PROCESSING", "PROCESSED"])
    gone = requests_mock.get(f"{API}/extract_runs/exr_gone", status_code=404, json={"message": "no"})
    event = await event_of(many("exr_1", "exr_gone"))
    assert (event["event"], event["counts"]) == ("error", {"PROCESSED": 1})
    assert gone.call_count == 3


async def test_a_review_that_is_waited_past(wire, many) -> None:
    wire(exr_1=["NEEDS_REVIEW", "NEEDS_REVIEW", "PROCESSED"], exr_2=["REJECTED"])
    event = await event_of(many("exr_1", "exr_2", waits_past=["needs_review"]))
    assert event["counts"] == {"PROCESSED": 1, "REJECTED": 1}


async def test_batches_are_waited_for_by_their_own_path(connect, many, requests_mock) -> None:
    connect(version="2026-02-09")
    for batch_id, status in (("b_1", "PROCESSED"), ("b_2", "FAILED")):
        requests_mock.get(f"{API}/batch_runs/{batch_id}", json={"id": batch_id, "status": status})
    requests_mock.get(f"{API}/extract_runs", json={"data": [{"id": "m_1", "status": "PROCESSED"}]})
    event = await event_of(many("b_1", "b_2", kind="extract_batch"))
    assert event["counts"] == {"PROCESSED": 1, "FAILED": 1}


async def test_nothing_is_asked_or_awaited_after_the_event(wire, many) -> None:
    """An await after the yield would be taken for a kill by a user."""
    extend = wire(exr_1=["PROCESSED"], exr_2=["PROCESSED"])
    running = many("exr_1", "exr_2").run()
    assert isinstance(await anext(running), TriggerEvent)
    asked = extend.call_count
    ending = running.__anext__()
    with pytest.raises(StopAsyncIteration):
        ending.send(None)  # driven by hand: it ends without ever giving the loop a turn
    assert extend.call_count == asked


async def test_told_to_go_it_cancels_nothing(wire, many) -> None:
    extend = wire(exr_1=["PROCESSING"], exr_2=["PROCESSING"])
    trigger = many("exr_1", "exr_2", not_before=time.time())
    going = asyncio.ensure_future(anext(trigger.run()))
    await asyncio.sleep(0.1)
    going.cancel()
    if hasattr(trigger, "on_kill"):
        await trigger.on_kill()
    with pytest.raises(asyncio.CancelledError):
        await going
    assert {request.method for request in extend.request_history} == {"GET"}


@pytest.mark.parametrize(
    "event",
    [
        None,
        {},
        "ended",
        {"event": "cancelled", "kind": "extract_run"},
        {"event": "ended"},
        {"event": "ended", "kind": "parse_run"},
        {"event": "ended", "run_id": "exr_1"},
    ],
)
def test_any_other_event_is_refused(event) -> None:
    with pytest.raises(ValueError, match="Unexpected event for runs of kind extract_run"):
        check_runs_event(event, "extract_run")


# Ten thousand


async def test_the_event_of_ten_thousand_is_small(monkeypatch, many) -> None:
    class Hub:
        async def wait(self, kind: str, run_ids: Any, **given: Any) -> Wait:
            wait = Wait(deadline=0.0, event="ended")
            wait.statuses = dict.fromkeys(run_ids, "PROCESSED")
            wait.ended = list(run_ids)
            return wait

    monkeypatch.setattr("airflow_provider_extend.triggers.run.hub_of", lambda conn_id: Hub())
    for first, named in ((False, 0), (True, 100)):
        event = await event_of(many(*IDS, first=first))
        assert (event["counts"], len(event["run_ids"])) == ({"PROCESSED": 10_000}, named)
        assert len(json.dumps(event)) < 4_096


def test_what_is_stored_of_ten_thousand_is_their_ids_and_little_more(many) -> None:
    _, kwargs = many(*IDS).serialize()
    assert len(json.dumps(kwargs)) < len(json.dumps(IDS)) + 300


def test_ten_thousand_are_held_in_a_few_megabytes() -> None:
    schedule = Schedule()
    schedule.speaks("2026-02-09", 10.0)
    wait = Wait(deadline=3600.0)
    tracemalloc.start()
    try:
        schedule.add(wait, "extract_run", IDS, 0.0)
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(wait.left) == 10_000
    assert held / len(IDS) < 1_500, "bytes a run"
