"""ExtendRunTrigger: what is stored of it, the one event that it fires, and what it looks past while it waits."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from airflow.triggers.base import TriggerEvent

from airflow_provider_extend.triggers import connections, threads
from airflow_provider_extend.triggers.hub import hub_of
from airflow_provider_extend.triggers.lane import Lane
from airflow_provider_extend.triggers.run import EVENTS, ExtendRunTrigger, check_event
from tests.airflow_names import import_string

KEYS = {"event", "kind", "run_id", "status", "deadline"}


async def events_of(trigger: ExtendRunTrigger) -> list[Any]:
    async with asyncio.timeout(10):
        return [event.payload async for event in trigger.run()]


async def event_of(trigger: ExtendRunTrigger) -> dict[str, Any]:
    (payload,) = await events_of(trigger)
    return payload


# What Airflow's database holds


def test_it_is_stored_as_ids_and_numbers_and_nothing_else(trigger) -> None:
    class_path, kwargs = trigger(deadline=1800000000.5, max_interval=30.0).serialize()
    assert class_path == "airflow_provider_extend.triggers.run.ExtendRunTrigger"
    assert kwargs == {
        "extend_conn_id": "extend_default",
        "kind": "batch_processor_run",
        "run_id": "bpr_1",
        "deadline": 1800000000.5,
        "max_interval": 30.0,
        "not_before": None,
        "cancel_on_kill": False,
    }
    assert json.loads(json.dumps(kwargs)) == kwargs


def test_it_can_be_rebuilt_from_what_is_stored(trigger) -> None:
    class_path, kwargs = trigger().serialize()
    again = import_string(class_path)(**json.loads(json.dumps(kwargs)))
    assert again.serialize() == (class_path, kwargs)


def test_airflow_can_store_it(trigger) -> None:
    from tests.airflow_names import deserialize, serialize

    _, kwargs = trigger().serialize()
    assert deserialize(serialize(kwargs)) == kwargs


def test_a_row_stored_without_the_interval_still_starts() -> None:
    kwargs = {"extend_conn_id": "c", "kind": "batch_processor_run", "run_id": "bpr_1", "deadline": 1.0}
    assert ExtendRunTrigger(**kwargs).serialize()[1]["max_interval"] == 30.0


async def test_making_one_asks_nobody_anything(requests_mock, look_ups, trigger) -> None:
    trigger().serialize()
    assert (requests_mock.call_count, look_ups) == (0, [])


# The event


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("status", ["PROCESSED", "FAILED", "CANCELLED", "NEEDS_REVIEW", "REJECTED"])
async def test_it_fires_once_when_the_run_has_ended(runs, trigger, status) -> None:
    runs("bpr_1", "PENDING", "PROCESSING", status)
    waiting = trigger(deadline=time.time() + 60)
    assert await events_of(waiting) == [
        {
            "event": "ended",
            "kind": "batch_processor_run",
            "run_id": "bpr_1",
            "status": status,
            "deadline": waiting.deadline,
        }
    ]


@pytest.mark.usefixtures("quick")
async def test_nothing_is_asked_or_awaited_after_the_event(runs, requests_mock, trigger) -> None:
    """An await after the yield would be taken for a kill by a user."""
    runs("bpr_1", "PROCESSED")
    running = trigger().run()
    assert isinstance(await anext(running), TriggerEvent)
    asked = requests_mock.call_count
    ending = running.__anext__()
    with pytest.raises(StopAsyncIteration):
        ending.send(None)  # driven by hand: it ends without ever giving the loop a turn
    assert requests_mock.call_count == asked


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("steps", "seconds", "event", "status"),
    [
        (("PROCESSING", "PROCESSED"), 60, "ended", "PROCESSED"),
        (("PROCESSING",), 0.05, "timeout", "PROCESSING"),
        (("PROCESSING",), -10, "timeout", "PROCESSING"),
        (("PROCESSING", 404), 60, "error", "PROCESSING"),
        ((403,), 60, "error", None),
        ((400,), 60, "error", None),
        ((500,), 0.05, "timeout", None),
    ],
)
async def test_events_are_a_closed_set_of_ids_and_statuses(
    runs, trigger, steps, seconds, event, status
) -> None:
    runs("bpr_1", *steps)
    waiting = trigger(deadline=time.time() + seconds)
    payload = await event_of(waiting)
    assert set(payload) == KEYS
    assert (payload["event"], payload["status"]) == (event, status)
    assert payload["event"] in EVENTS
    assert json.loads(json.dumps(payload)) == payload
    assert check_event(payload, "bpr_1") == payload


def test_the_set_of_events_is_three_words() -> None:
    assert {"ended", "timeout", "error"} == EVENTS


@pytest.mark.usefixtures("quick")
async def test_a_run_that_has_ended_counts_although_the_deadline_has_passed(runs, trigger) -> None:
    runs("bpr_1", "PROCESSED")
    assert (await event_of(trigger(deadline=time.time() - 10)))["event"] == "ended"


@pytest.mark.usefixtures("quick")
async def test_an_id_that_cannot_be_one_is_an_error_without_a_request(
    requests_mock, connect, trigger
) -> None:
    connect()
    assert (await event_of(trigger("../files")))["event"] == "error"
    assert requests_mock.call_count == 0


@pytest.mark.usefixtures("quick")
async def test_a_connection_without_a_key_is_an_error_and_no_crash(requests_mock, connect, trigger) -> None:
    connect(key="")
    assert (await event_of(trigger()))["event"] == "error"
    assert requests_mock.call_count == 0


# What it looks past


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "trouble",
    [
        500,
        503,
        408,
        429,
        requests.ConnectTimeout(),
        requests.ReadTimeout(),
        requests.ConnectionError("reset"),
    ],
    ids=str,
)
async def test_a_passing_trouble_is_looked_past(runs, trigger, trouble) -> None:
    runs("bpr_1", "PROCESSING", trouble, trouble, "PROCESSING", trouble, trouble, trouble, "PROCESSED")
    assert (await event_of(trigger()))["event"] == "ended"


@pytest.mark.usefixtures("quick")
async def test_a_trouble_is_looked_past_however_long_it_takes(runs, trigger) -> None:
    asked = runs("bpr_1", *[500] * 30, "PROCESSED")
    assert (await event_of(trigger()))["event"] == "ended"
    assert asked.call_count == 31


@pytest.mark.usefixtures("quick")
async def test_a_look_is_one_attempt_since_the_trigger_repeats_by_itself(runs, trigger) -> None:
    asked = runs("bpr_1", 500, 500, "PROCESSED")
    await event_of(trigger())
    assert asked.call_count == 3


@pytest.mark.usefixtures("quick")
async def test_a_look_does_not_wait_long_for_its_answer(runs, requests_mock, trigger) -> None:
    runs("bpr_1", "PROCESSED")
    await event_of(trigger())
    assert max(requests_mock.last_request.timeout) <= 10


@pytest.mark.parametrize(("interval", "shortest", "longest"), [(0.2, 0.1, 0.2), (0.0, 0.05, 0.1)])
async def test_looks_lie_no_further_apart_than_was_asked_and_a_tenth_of_a_second_at_least(
    runs, trigger, monkeypatch, interval, shortest, longest
) -> None:
    """As the schedule puts them; the rest is the machine's business."""
    waits: list[float] = []
    really = Lane.put_off

    def put_off(lane: Lane, target: Any, due: float) -> None:
        waits.append(due - time.monotonic())
        really(lane, target, due)

    monkeypatch.setattr(Lane, "put_off", put_off)
    runs("bpr_1", *["PROCESSING"] * 8, "PROCESSED")
    assert (await event_of(trigger(max_interval=interval)))["event"] == "ended"
    _, *waits, _ = waits
    assert len(waits) == 8
    assert 0.9 * shortest <= min(waits) <= max(waits) <= longest


@pytest.mark.usefixtures("quick")
async def test_why_a_look_failed_is_logged_and_loudly_only_where_the_wait_ends(runs, caplog) -> None:
    runs("bpr_1", 503, 404)
    event, records = await logged_while_waiting(caplog)
    assert event == ("error", None)
    assert [level for level, _ in records] == ["INFO", "INFO", "ERROR"]
    for (_, message), status in zip(records, (503, 404, 404), strict=True):
        assert message.startswith(
            "batch_processor_run bpr_1 cannot be read: GET /batch_processor_runs/bpr_1: "
        )
        assert f"HTTP {status}" in message


@pytest.mark.usefixtures("quick")
async def test_a_connection_that_cannot_be_used_is_logged_with_the_reason(connect, caplog) -> None:
    connect(key="")
    event, [(level, message)] = await logged_while_waiting(caplog)
    assert (event, level) == (("error", None), "ERROR")
    assert message.startswith("The Extend connection has no API key")


@pytest.mark.usefixtures("quick")
async def test_a_connection_that_the_triggerer_does_not_have_is_an_error_and_no_crash(
    monkeypatch, caplog
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_EXTEND_DEFAULT", raising=False)
    event, [(level, message)] = await logged_while_waiting(caplog)
    assert (event, level) == (("error", None), "ERROR")
    assert "extend_default" in message


@pytest.mark.usefixtures("quick")
async def test_the_warning_about_an_unknown_status_names_the_run(runs, caplog) -> None:
    runs("bpr_1", "REWINDING", "REWINDING", "PROCESSED")
    event, [(level, message)] = await logged_while_waiting(caplog)
    assert (event, level) == (("ended", "PROCESSED"), "WARNING")
    assert message.startswith("Unknown status 'REWINDING' of batch_processor_run bpr_1")


async def logged_while_waiting(caplog: pytest.LogCaptureFixture) -> tuple[Any, list[tuple[str, str]]]:
    caplog.set_level(logging.INFO, logger="the task")
    async with asyncio.timeout(10):
        wait = await hub_of("extend_default").wait(
            "batch_processor_run",
            ["bpr_1"],
            deadline=time.time() + 60,
            ceiling=30,
            log=logging.getLogger("the task"),
        )
        event = wait.event, wait.statuses.get("bpr_1")
    return event, [(r.levelname, r.getMessage()) for r in caplog.records if r.name == "the task"]


@pytest.mark.usefixtures("quick")
async def test_an_unknown_status_is_waited_on_with_one_warning(runs, trigger, capfd) -> None:
    runs("bpr_1", *["REWINDING"] * 6, "PROCESSED")
    assert (await event_of(trigger()))["status"] == "PROCESSED"
    assert "".join(capfd.readouterr()).count("REWINDING") == 1


@pytest.mark.usefixtures("quick")
async def test_an_unknown_status_is_named_by_the_timeout(runs, trigger) -> None:
    runs("bpr_1", "REWINDING")
    payload = await event_of(trigger(deadline=time.time() + 0.05))
    assert (payload["event"], payload["status"]) == ("timeout", "REWINDING")


@pytest.mark.usefixtures("quick")
async def test_where_the_old_path_is_gone_the_evaluation_set_run_is_waited_for(
    requests_mock, connect, trigger
) -> None:
    connect(version="2026-02-09")
    requests_mock.get("https://api.extend.ai/batch_processor_runs/bpr_1", status_code=404, json={})
    moving, ended = ({"id": "bpr_1", "status": status} for status in ("PROCESSING", "PROCESSED"))
    requests_mock.get("https://api.extend.ai/evaluation_set_runs/bpr_1", [{"json": moving}, {"json": ended}])
    assert (await event_of(trigger()))["status"] == "PROCESSED"


# The connection


@pytest.mark.usefixtures("quick")
async def test_a_key_that_was_exchanged_is_read_once_more(
    runs, requests_mock, connect, look_ups, trigger
) -> None:
    steps = iter([200, 401, 200, 200])

    def answer(request: Any, context: Any) -> dict[str, Any]:
        context.status_code = next(steps)
        if context.status_code == 401:
            connect(key="sk_the_new_one")
            return {"success": False, "error": "revoked"}
        new = request.headers["Authorization"] == "Bearer sk_the_new_one"
        return {"batchProcessorRun": {"id": "bpr_1", "status": "PROCESSED" if new else "PROCESSING"}}

    connect()
    requests_mock.get("https://api-prod.extend.app/batch_processor_runs/bpr_1", json=answer)
    assert (await event_of(trigger()))["event"] == "ended"
    assert len(look_ups) == 2


@pytest.mark.usefixtures("quick")
async def test_a_key_that_stays_refused_is_an_error_after_one_more_look_up_and_three_looks(
    runs, look_ups, trigger
) -> None:
    asked = runs("bpr_1", "PROCESSING", 401)
    assert (await event_of(trigger()))["event"] == "error"
    assert (len(look_ups), asked.call_count) == (2, 5)


@pytest.mark.usefixtures("quick")
async def test_many_waiters_share_one_look_up_of_the_connection(runs, look_ups, trigger) -> None:
    for number in range(40):
        runs(f"bpr_{number}", "PROCESSING", "PROCESSED")
    payloads = await asyncio.gather(*(event_of(trigger(f"bpr_{number}")) for number in range(40)))
    assert [payload["run_id"] for payload in payloads] == [f"bpr_{number}" for number in range(40)]
    assert look_ups == ["extend_default"]
    assert (await event_of(trigger("bpr_0")))["event"] == "ended"
    assert look_ups == ["extend_default"], "later waiters find it too"


@pytest.mark.usefixtures("quick")
async def test_many_waiters_share_the_look_up_after_a_refused_key(runs, look_ups, trigger) -> None:
    for number in range(40):
        runs(f"bpr_{number}", "PROCESSING", 401)
    payloads = await asyncio.gather(*(event_of(trigger(f"bpr_{number}")) for number in range(40)))
    assert {payload["event"] for payload in payloads} == {"error"}
    assert len(look_ups) <= 4, "one waiter's refusal must not cost the others a look-up each"


@pytest.mark.usefixtures("quick")
async def test_a_look_up_that_failed_is_not_kept(runs, connect, look_ups, trigger) -> None:
    connect(key="")
    assert (await event_of(trigger()))["event"] == "error"
    runs("bpr_1", "PROCESSED")
    connect()
    assert (await event_of(trigger()))["event"] == "ended"
    assert len(look_ups) == 2


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the age of a connection is measured with."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(connections, "time", SimpleNamespace(time=time.time, monotonic=lambda: clock.now))
    return clock


@pytest.mark.usefixtures("quick")
async def test_a_change_of_the_connection_is_seen_after_five_minutes(
    requests_mock, connect, clock, look_ups, trigger
) -> None:
    ages, seen = iter([299.0, 300.5, 300.5]), []

    def answer(request: Any, _: Any) -> dict[str, Any]:
        seen.append((len(look_ups), request.headers["Authorization"]))
        connect(key="sk_the_new_one")
        clock.now = 1000.0 + next(ages)
        return {
            "batchProcessorRun": {"id": "bpr_1", "status": "PROCESSED" if len(seen) == 3 else "PROCESSING"}
        }

    connect(key="sk_the_old_one")
    requests_mock.get("https://api-prod.extend.app/batch_processor_runs/bpr_1", json=answer)
    assert (await event_of(trigger()))["event"] == "ended"
    assert seen == [(1, "Bearer sk_the_old_one"), (1, "Bearer sk_the_old_one"), (2, "Bearer sk_the_new_one")]


@pytest.mark.usefixtures("quick")
async def test_a_connection_that_cannot_be_looked_up_again_just_now_is_used_as_it_was(
    requests_mock, connect, clock, look_ups, trigger
) -> None:
    keys = []

    def answer(request: Any, _: Any) -> dict[str, Any]:
        keys.append(request.headers["Authorization"])
        connect(key="")
        clock.now += 1000.0
        return {
            "batchProcessorRun": {"id": "bpr_1", "status": "PROCESSED" if len(keys) == 2 else "PROCESSING"}
        }

    connect()
    requests_mock.get("https://api-prod.extend.app/batch_processor_runs/bpr_1", json=answer)
    assert (await event_of(trigger()))["event"] == "ended"
    assert (len(look_ups), len(set(keys))) == (2, 1)


@pytest.mark.usefixtures("quick")
async def test_the_look_ups_of_two_connections_do_not_wait_for_each_other(runs, monkeypatch, trigger) -> None:
    from airflow_provider_extend.hooks.extend import ExtendHook

    monkeypatch.setenv("AIRFLOW_CONN_EXTEND_OTHER", os.environ["AIRFLOW_CONN_EXTEND_DEFAULT"])
    both, really = threading.Barrier(2, timeout=5), ExtendHook.plain_client

    def together(hook: ExtendHook) -> Any:
        both.wait()
        return really(hook)

    monkeypatch.setattr(ExtendHook, "plain_client", together)
    runs("bpr_1", "PROCESSED")
    one, other = trigger(), trigger()
    other.extend_conn_id = "extend_other"
    payloads = await asyncio.gather(event_of(one), event_of(other))
    assert [payload["event"] for payload in payloads] == ["ended", "ended"]


async def test_every_loop_looks_its_connection_up_by_itself(runs, look_ups, trigger) -> None:
    runs("bpr_1", "PROCESSED")
    for _ in range(2):
        assert (await asyncio.to_thread(asyncio.run, event_of(trigger())))["event"] == "ended"
    assert len(look_ups) == 2


# One loop for all triggers


async def test_a_waiter_that_is_cancelled_leaves_the_others_and_their_look_up(
    runs, connect, monkeypatch, trigger
) -> None:
    from airflow_provider_extend.hooks.extend import ExtendHook

    for number in range(3):
        runs(f"bpr_{number}", "PROCESSED")
    looking, go_on = threading.Event(), threading.Event()
    really = ExtendHook.plain_client

    def slow(hook: ExtendHook) -> Any:
        looking.set()
        assert go_on.wait(5)
        return really(hook)

    monkeypatch.setattr(ExtendHook, "plain_client", slow)
    first, *others = (asyncio.ensure_future(event_of(trigger(f"bpr_{number}"))) for number in range(3))
    assert await asyncio.to_thread(looking.wait, 5)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    go_on.set()
    assert [payload["event"] for payload in await asyncio.gather(*others)] == ["ended", "ended"]


async def test_a_waiter_that_is_cancelled_between_two_looks_ends_at_once(
    runs, requests_mock, trigger
) -> None:
    runs("bpr_1", "PROCESSING")
    waiter = asyncio.ensure_future(event_of(trigger(max_interval=30)))
    async with asyncio.timeout(5):
        while not requests_mock.call_count:
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.02)
    waiter.cancel("__airflow_user_action__")
    started = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    assert time.monotonic() - started < 0.5


@pytest.fixture
def held(requests_mock, connect) -> Any:
    """A server that answers to `bpr_held` with `.status`, each time that it is told to go on."""
    held = SimpleNamespace(asked=queue.SimpleQueue(), go_on=queue.SimpleQueue(), status=200)

    def answer(_: Any, context: Any) -> dict[str, Any]:
        held.asked.put(threading.current_thread())
        held.go_on.get(timeout=5)
        context.status_code = held.status
        return {"batchProcessorRun": {"id": "bpr_held", "status": "PROCESSED"}}

    connect()
    requests_mock.get("https://api-prod.extend.app/batch_processor_runs/bpr_held", json=answer)
    return held


async def cancel_while_held(held: Any, waiting: ExtendRunTrigger) -> None:
    waiter = asyncio.ensure_future(event_of(waiting))
    await asyncio.to_thread(held.asked.get, timeout=5)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter


@pytest.mark.parametrize("status", [200, 404])
async def test_an_answer_that_nobody_waits_for_any_more_is_dropped_without_a_word(
    held, runs, trigger, status
) -> None:
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    held.status = status
    await cancel_while_held(held, trigger("bpr_held"))
    held.go_on.put(None)
    runs("bpr_1", "PROCESSED")
    assert (await event_of(trigger()))["event"] == "ended"
    await asyncio.sleep(0.05)
    assert complaints == []


async def test_a_loop_that_closes_while_a_look_is_out_costs_later_waiters_nothing(
    held, runs, trigger
) -> None:
    for _ in range(5):  # more than there are threads
        await asyncio.to_thread(asyncio.run, cancel_while_held(held, trigger("bpr_held")))
        held.go_on.put(None)
    runs("bpr_1", "PROCESSED")
    assert (await event_of(trigger()))["event"] == "ended"


async def test_the_threads_that_look_keep_no_process_from_ending_and_say_whose_they_are(
    held, trigger
) -> None:
    threads._pool.cache_clear()  # else the threads are those of whichever test came first
    held.go_on.put(None)
    await event_of(trigger("bpr_held"))
    thread = held.asked.get()
    assert thread.daemon
    assert thread.name.startswith("extend-poll")


async def lag_while(work: Any) -> float:
    """The longest that the loop was kept from a tick of 5 ms."""
    longest, done = 0.0, asyncio.ensure_future(work)
    while not done.done():
        before = time.perf_counter()
        await asyncio.sleep(0.005)
        longest = max(longest, time.perf_counter() - before - 0.005)
    await done
    return longest


@pytest.mark.usefixtures("quick")
async def test_a_slow_server_does_not_hold_up_the_loop(extend_emulator, monkeypatch, trigger) -> None:
    for name, value in extend_emulator.env().items():
        monkeypatch.setenv(name, value)
    await event_of(trigger("bpr_0"))  # imports and the look-up of the connection are behind us
    extend_emulator.control("POST", "/faults", {"latency": 0.6, "times": 4})
    started = time.monotonic()
    lag = await lag_while(asyncio.gather(*(event_of(trigger(f"bpr_{number}")) for number in range(4))))
    assert time.monotonic() - started > 0.5, "the server was slow"
    assert lag < 0.55


async def test_a_look_up_that_takes_long_does_not_hold_up_the_loop(
    runs, connect, monkeypatch, trigger
) -> None:
    from airflow_provider_extend.hooks.extend import ExtendHook

    runs("bpr_1", "PROCESSED")
    really = ExtendHook.plain_client

    def slow(hook: ExtendHook) -> Any:
        time.sleep(0.6)
        return really(hook)

    monkeypatch.setattr(ExtendHook, "plain_client", slow)
    assert await lag_while(event_of(trigger())) < 0.55


STOPPED = """
import asyncio, sys, time
import airflow.sdk
from airflow_provider_extend.triggers.run import ExtendRunTrigger

async def main():
    trigger = ExtendRunTrigger("extend_default", "batch_processor_run", "bpr_1", time.time() + 600)
    waiter = asyncio.ensure_future(anext(trigger.run()))
    await asyncio.to_thread(sys.stdin.readline)  # until the server has the request and keeps silent
    waiter.cancel()
    await asyncio.wait({waiter})

asyncio.run(main())
print("stopped", flush=True)
"""


@pytest.mark.slow
def test_a_server_that_keeps_silent_does_not_keep_the_triggerer_from_ending(connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connect(host=f"http://127.0.0.1:{silent.getsockname()[1]}")
        env = {**os.environ, "AIRFLOW__EXTEND__ALLOWED_HOSTS": "127.0.0.1"}
        process = subprocess.Popen(
            [sys.executable, "-c", STOPPED], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            silent.settimeout(30)
            peer, _ = silent.accept()
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("go\n")
            process.stdin.flush()
            assert any(line.startswith("stopped") for line in process.stdout)
            began = time.monotonic()
            process.wait(timeout=30)
            assert time.monotonic() - began < 6  # its request would wait for ten
            peer.close()
        finally:
            process.kill()
            process.communicate()


async def test_over_real_http_a_run_is_waited_for_to_its_end(extend_emulator, monkeypatch, trigger) -> None:
    for name, value in extend_emulator.env().items():
        monkeypatch.setenv(name, value)
    from airflow_provider_extend.hooks.extend import ExtendHook

    client = ExtendHook().get_conn()
    extractor = client.extractors.create(name="Invoices", config={"schema": {"properties": {}}})
    evaluation_set = client.evaluation_sets.create(name="Set", entity_id=extractor["id"])
    run = client.evaluation_set_runs.create(evaluation_set_id=evaluation_set["id"])
    payload = await event_of(trigger(run["id"], max_interval=0.1))
    assert (payload["event"], payload["status"]) == ("ended", "PROCESSED")


# Reading an event


@pytest.mark.parametrize(
    "event", [None, [], "ended", {}, {"event": "ended"}, {"event": "ok", "run_id": "bpr_1"}]
)
def test_what_is_no_event_is_refused(event) -> None:
    with pytest.raises(ValueError, match="Expected one of ended, error, timeout"):
        check_event(event, "bpr_1")


def test_a_key_that_a_later_version_adds_is_no_reason_to_refuse_an_event() -> None:
    event = {"event": "ended", "run_id": "bpr_1", "batch_id": "bpr_9"}
    assert check_event(event, "bpr_1") == event
