"""PollHub: what is asked for all who wait, on the wire and in one event loop."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import logging
import re
import threading
import time
import weakref
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_extend.api.errors import ExtendConnectionError, ExtendNotFound, ExtendUnauthorized
from airflow_provider_extend.api.runs import read_run
from airflow_provider_extend.ratelimit import Bucket
from airflow_provider_extend.triggers import connections
from airflow_provider_extend.triggers import hub as hub_module
from airflow_provider_extend.triggers.hub import hub_of
from airflow_provider_extend.triggers.lane import Page
from airflow_provider_extend.triggers.schedule import Schedule
from airflow_provider_extend.triggers.threads import CANCEL_FIRST, THREADS, in_thread
from airflow_provider_extend.triggers.waits import Wait

LIST = "https://api.extend.ai/extract_runs"
log = logging.getLogger("the task")


async def wait_for(kind: str, *run_ids: str, seconds: float = 60, **given: Any) -> Wait:
    given = {"ceiling": 0.1, "log": log, **given}
    async with asyncio.timeout(20):
        return await hub_of("extend_default").wait(kind, run_ids, deadline=time.time() + seconds, **given)


@pytest.fixture
def listed(requests_mock: Any, connect: Any) -> Any:
    """Extract runs `exr_0` ..., which end when they are told to; what was asked is counted."""
    connect(version="2026-02-09")
    listed = SimpleNamespace(ended=set(), count=0, asked=Counter(), queries=[])

    def row(number: int) -> dict[str, Any]:
        ended = number in listed.ended
        return {
            "id": f"exr_{number}",
            "status": "PROCESSED" if ended else "PROCESSING",
            "updatedAt": f"2026-01-01T00:0{1 if ended else 0}:00Z",
        }

    def rows(request: Any, _: Any) -> dict[str, Any]:
        listed.asked["list"] += 1
        listed.queries.append(request.qs)
        found = sorted(map(row, range(listed.count)), key=lambda row: row["updatedAt"], reverse=True)
        return {"object": "list", "data": found[:100]}

    def one(request: Any, _: Any) -> dict[str, Any]:
        listed.asked["read"] += 1
        return row(int(request.path.rpartition("_")[2]))

    requests_mock.get(LIST, json=rows)
    requests_mock.get(requests_mock_any(f"{LIST}/"), json=one)
    return listed


def requests_mock_any(prefix: str) -> Any:
    return re.compile(re.escape(prefix) + r"\w+$")


async def test_many_who_wait_are_served_by_a_list(listed) -> None:
    listed.count = 80
    everybody = [asyncio.ensure_future(wait_for("extract_run", f"exr_{n}")) for n in range(80)]
    await asyncio.sleep(0.3)
    listed.ended = set(range(0, 80, 2))
    async with asyncio.timeout(15):
        while sum(task.done() for task in everybody) < 40:
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)
    assert [task.done() for task in everybody] == [True, False] * 40
    listed.ended = set(range(80))
    assert {(await task).event for task in everybody} == {"ended"}
    assert listed.asked["list"] >= 2
    assert listed.asked["read"] <= 20, "of whoever came between two scans"
    assert {(*query["sortby"], *query["sortdir"]) for query in listed.queries} == {("updatedat", "desc")}
    sizes = [int(query["maxpagesize"][0]) for query in listed.queries]
    assert sizes[0] == 100
    assert 20 <= min(sizes) <= max(sizes) <= 100


async def test_nothing_is_asked_and_nothing_runs_when_nobody_waits_any_more(listed) -> None:
    listed.count = 3
    before = asyncio.all_tasks()
    everybody = [asyncio.ensure_future(wait_for("extract_run", f"exr_{n}")) for n in range(3)]
    await asyncio.sleep(0.3)
    for task in everybody:
        task.cancel()
    await asyncio.gather(*everybody, return_exceptions=True)
    await asyncio.sleep(0.1)
    asked = listed.asked.total()
    assert asyncio.all_tasks() == before
    await asyncio.sleep(0.4)
    assert listed.asked.total() == asked
    listed.ended = {0}
    assert (await wait_for("extract_run", "exr_0")).event == "ended", "and it begins anew"


async def test_one_wait_for_many_runs_ends_with_the_first_or_the_last(listed) -> None:
    listed.count = 5
    ids = [f"exr_{n}" for n in range(5)]
    first = asyncio.ensure_future(wait_for("extract_run", *ids, first=True))
    every = asyncio.ensure_future(wait_for("extract_run", *ids))
    await asyncio.sleep(0.3)
    listed.ended = {3}
    assert (await first).ended == ["exr_3"]
    assert not every.done()
    listed.ended = set(range(5))
    assert sorted((await every).ended) == ids


async def test_what_the_hub_does_belongs_to_no_task(listed, monkeypatch) -> None:
    whose = contextvars.ContextVar("whose", default="nobody's")
    seen = set()
    really = Schedule.asks

    def asks(schedule: Schedule, now: float, most: int) -> Any:
        seen.add(whose.get())
        return really(schedule, now, most)

    monkeypatch.setattr(Schedule, "asks", asks)
    whose.set("the first task's")
    listed.count, listed.ended = 1, {0}
    await wait_for("extract_run", "exr_0")
    assert seen == {"nobody's"}


async def test_a_cancel_does_not_wait_behind_polls_that_hang(connect, monkeypatch) -> None:
    go_on, held = threading.Event(), threading.Semaphore(0)

    class Hangs(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            held.release()
            go_on.wait(10)
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hangs)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AIRFLOW__EXTEND__ALLOWED_HOSTS", "127.0.0.1")
    extra = {"api_version": "2026-02-09", "get_per_second": 100.0}
    connect(version="2026-02-09", host=f"http://127.0.0.1:{server.server_port}", extra=extra)
    waiting = [
        asyncio.ensure_future(wait_for("evaluation_set_run", f"bpr_{n}", seconds=3)) for n in range(300)
    ]
    try:
        for _ in range(THREADS - 1):
            assert await asyncio.to_thread(held.acquire, timeout=5)
        began = time.monotonic()
        assert await in_thread(lambda: "cancelled", priority=CANCEL_FIRST) == "cancelled"
        assert time.monotonic() - began < 1
        assert not held.acquire(blocking=False), "one thread is left"
    finally:
        go_on.set()
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        server.shutdown()
        server.server_close()


async def test_a_server_that_hangs_does_not_hold_up_a_deadline(listed, requests_mock, monkeypatch) -> None:
    monkeypatch.setattr("airflow_provider_extend.triggers.schedule.LAST_LOOK", 0.3)
    go_on = threading.Event()
    requests_mock.get(
        requests_mock_any("https://api.extend.ai/evaluation_set_runs/"),
        json=lambda *_: (go_on.wait(10), {"id": "bpr_1", "status": "PROCESSED"})[1],
    )
    try:
        began = time.monotonic()
        wait = await wait_for("evaluation_set_run", "bpr_1", seconds=0.3)
        assert wait.event == "timeout"
        assert 0.3 <= time.monotonic() - began < 3
    finally:
        go_on.set()


@pytest.mark.usefixtures("quick")
async def test_a_fault_of_the_poller_ends_the_waits_and_is_logged(listed, monkeypatch, caplog) -> None:
    def fails(*_: Any) -> Any:
        raise RuntimeError("a fault")

    monkeypatch.setattr(Schedule, "asks", fails)
    listed.count = 2
    everybody = [asyncio.ensure_future(wait_for("extract_run", f"exr_{n}")) for n in range(2)]
    assert {(await task).event for task in everybody} == {"error"}
    assert any(record.exc_info for record in caplog.records)
    monkeypatch.undo()


@pytest.mark.usefixtures("quick")
async def test_a_fault_in_reading_a_run_ends_its_wait_only(listed, monkeypatch) -> None:
    from airflow_provider_extend import reading

    really = reading.watch

    def fails(client: Any, kind: str, run_id: str, *rest: Any, **how: Any) -> Any:
        if run_id == "bpr_bad":
            raise KeyError("a fault")
        return really(client, kind, run_id, *rest, **how)

    monkeypatch.setattr(reading, "watch", fails)
    listed.count, listed.ended = 1, {0}
    bad, good = wait_for("evaluation_set_run", "bpr_bad"), wait_for("extract_run", "exr_0")
    assert [wait.event for wait in await asyncio.gather(bad, good)] == ["error", "ended"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("failures", "event"), [(2, "ended"), (3, "error")])
async def test_a_connection_that_cannot_be_looked_up_is_tried_three_times(
    listed, monkeypatch, failures, event
) -> None:
    from airflow_provider_extend.hooks.extend import ExtendHook

    really, tried = ExtendHook.plain_client, []

    def plain_client(hook: ExtendHook) -> Any:
        tried.append(hook)
        if len(tried) <= failures:
            raise ConnectionError("the database is away")
        return really(hook)

    monkeypatch.setattr(ExtendHook, "plain_client", plain_client)
    listed.count, listed.ended = 1, {0}
    assert (await wait_for("extract_run", "exr_0")).event == event
    assert len(tried) == 3


async def test_a_look_up_that_hangs_ends_the_waits_too(listed, monkeypatch) -> None:
    from airflow_provider_extend.hooks.extend import ExtendHook

    monkeypatch.setattr(hub_module, "_LOOK_UP_TIMEOUT", 0.05)
    monkeypatch.setattr(hub_module, "_LOOK_UP_PAUSE", 0.01)
    go_on = threading.Event()
    monkeypatch.setattr(ExtendHook, "plain_client", lambda hook: go_on.wait(10))
    try:
        assert (await wait_for("extract_run", "exr_0")).event == "error"
    finally:
        go_on.set()


async def test_hubs_are_one_for_each_connection_and_loop(connect) -> None:
    connect()
    hub = hub_of("extend_default")
    assert hub_of("extend_default") is hub
    assert hub_of("extend_other") is not hub

    async def other() -> Any:
        return hub_of("extend_default")

    assert await asyncio.to_thread(asyncio.run, other()) is not hub


async def test_what_is_handed_to_a_thread_is_sent_at_once_and_does_not_sleep_there(
    requests_mock, connect, monkeypatch
) -> None:
    slept = []
    really = Bucket.reserve

    def reserve(bucket: Bucket, together: int = 1) -> float:
        slept.append(really(bucket, together))
        return slept[-1]

    monkeypatch.setattr(Bucket, "reserve", reserve)
    connect(version="2026-02-09", extra={"api_version": "2026-02-09", "get_per_second": 5.0})
    moving = {"id": "bpr_1", "status": "PROCESSING"}
    requests_mock.get(requests_mock_any("https://api.extend.ai/evaluation_set_runs/"), json=moving)
    everybody = [asyncio.ensure_future(wait_for("evaluation_set_run", f"bpr_{n}")) for n in range(20)]
    await asyncio.sleep(1.5)
    for task in everybody:
        task.cancel()
    await asyncio.gather(*everybody, return_exceptions=True)
    assert 3 <= len(slept) <= 9
    assert max(slept) < 0.4, "not for the turns of six others"


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many were asked at a time."""
    together: list[int] = []
    really = hub_module._answers

    def asked(client: Any, asks: Any) -> Any:
        together.append(len(asks))
        return really(client, asks)

    monkeypatch.setattr(hub_module, "_answers", asked)
    return together


async def test_those_that_are_due_together_are_asked_together(connect, monkeypatch, together) -> None:
    answers(
        monkeypatch, lambda client, what: read_run("evaluation_set_run", "2026-02-09", done | {"id": what})
    )
    done = {"status": "PROCESSED"}
    connect(version="2026-02-09", extra={"api_version": "2026-02-09", "get_per_second": 10.0})
    alone = await wait_for("evaluation_set_run", "bpr_alone")
    assert (alone.event, together) == ("ended", [1])
    began = time.monotonic()
    every = await wait_for("evaluation_set_run", *(f"bpr_{n}" for n in range(12)))
    assert len(every.ended) == 12
    assert (sum(together), max(together)) == (13, 5), "half a second's, of ten a second"
    assert 0.9 < time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("error", "first_round"),
    [
        (ExtendNotFound("no", status=404), {"bpr_0", "bpr_1", "bpr_2", "bpr_3", "bpr_4"}),
        (ExtendConnectionError("no", sent=True), {"bpr_0", "bpr_1"}),
        (RuntimeError("a bug"), {"bpr_0", "bpr_1"}),
    ],
    ids=lambda given: type(given).__name__,
)
@pytest.mark.usefixtures("quick")
async def test_trouble_that_may_be_everybodys_ends_what_was_asked_together_and_costs_nobody_a_look(
    connect, monkeypatch, error, first_round
) -> None:
    asked: list[str] = []

    def answer(_: Any, what: str) -> Any:
        asked.append(what)
        if asked.count("bpr_1") == 1 and what == "bpr_1":
            raise error
        return read_run("evaluation_set_run", "2026-02-09", {"id": what, "status": "PROCESSED"})

    answers(monkeypatch, answer)
    connect(version="2026-02-09")
    wait = await wait_for("evaluation_set_run", *(f"bpr_{n}" for n in range(5)))
    assert wait.event == "ended" or isinstance(error, RuntimeError)
    assert Counter(asked) == Counter([*(f"bpr_{n}" for n in range(5)), *["bpr_1"] * (wait.event == "ended")])
    again = asked.index("bpr_1", 2) if asked.count("bpr_1") > 1 else len(asked)
    assert set(asked[: len(first_round)]) == first_round
    assert again >= len(first_round)


async def test_where_answers_are_slow_reads_go_one_by_one(connect, monkeypatch, together) -> None:
    def answer(_: Any, what: str) -> Any:
        if what.startswith("bpr_slow"):
            time.sleep(0.6)
        return read_run("evaluation_set_run", "2026-02-09", {"id": what, "status": "PROCESSED"})

    answers(monkeypatch, answer)
    connect(version="2026-02-09")
    began = time.monotonic()
    every = [f"bpr_slow_{n}" for n in range(8)]
    wait = await wait_for("evaluation_set_run", *every)
    assert sorted(wait.ended) == every
    assert together[0] == 8
    assert set(together[1:]) == {1}, "and what was not asked of the first is asked then"
    assert time.monotonic() - began < 4


async def test_several_at_once_wait_for_no_turns_and_no_second_holds_more(requests_mock, connect) -> None:
    from airflow_provider_extend.hooks.extend import ExtendHook

    connect(version="2026-02-09", extra={"api_version": "2026-02-09", "get_per_second": 10.0})
    requests_mock.get(requests_mock_any("https://api.extend.ai/evaluation_set_runs/"), json={"id": "bpr_1"})
    client = ExtendHook("extend_default").plain_client()
    began = time.monotonic()
    with client.together(5):
        for _ in range(5):
            client.call("evaluation_set_runs.retrieve", "bpr_1")
    assert time.monotonic() - began < 0.3
    assert 0.2 < client.turn_in("GET") <= 0.5
    client.call("evaluation_set_runs.retrieve", "bpr_1")
    assert time.monotonic() - began > 0.45, "outside of it a call waits for its turn"


def answers(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    """Each ask is answered after a twentieth of a second by `answer(client, what)`."""

    def answered(client: Any, ask: Any) -> Any:
        time.sleep(0.05)
        return answer(client, ask.name if isinstance(ask, Page) else ask.target.run_id)

    monkeypatch.setattr(hub_module, "_answer", answered)


async def test_lists_that_were_asked_for_with_an_exchanged_key_are_asked_for_with_the_new_one(
    connect, monkeypatch
) -> None:
    asked: Counter[tuple[str, str]] = Counter()
    refused: list[str] = []

    def answer(client: Any, what: str) -> Any:
        key = client.settings.api_key
        if key == "sk_old" and refused:
            raise ExtendUnauthorized("no", status=401)
        asked[key, what] += 1
        if what.endswith("list"):
            return [{"id": "of_another", "status": "PROCESSED", "updatedAt": "2026-01-01T00:00:00Z"}], None
        return read_run(f"{what[:-2]}_run", "2026-02-09", {"id": what, "status": "PROCESSING"})

    answers(monkeypatch, answer)
    connect(key="sk_old", version="2026-02-09")
    kinds = ("extract_run", "classify_run", "split_run")
    everybody = [asyncio.ensure_future(wait_for(kind, f"{kind[:-4]}_{n}")) for kind in kinds for n in (1, 2)]
    await asyncio.sleep(0.5)
    connect(key="sk_new", version="2026-02-09")
    refused.append("sk_old")
    await asyncio.sleep(0.7)
    assert not any(task.done() for task in everybody)
    for task in everybody:
        task.cancel()
    await asyncio.gather(*everybody, return_exceptions=True)
    assert all(asked["sk_new", f"{kind}s.list"] > 1 for kind in kinds)


@pytest.mark.usefixtures("quick")
async def test_a_run_that_is_gone_does_not_use_up_the_look_up_of_an_exchanged_key(
    connect, monkeypatch
) -> None:
    def answer(client: Any, what: str) -> Any:
        if what == "bpr_gone":
            raise ExtendNotFound("no", status=404)
        if client.settings.api_key == "sk_old":
            connect(key="sk_new")
            raise ExtendUnauthorized("no", status=401)
        return read_run("evaluation_set_run", "2026-02-09", {"id": what, "status": "PROCESSED"})

    answers(monkeypatch, answer)
    connect(key="sk_old")
    assert (await wait_for("evaluation_set_run", "bpr_gone")).event == "error"
    assert (await wait_for("evaluation_set_run", "bpr_1")).event == "ended"


async def test_a_connection_that_cannot_be_looked_up_is_not_tried_more_often_when_more_wait(
    listed, monkeypatch
) -> None:
    from airflow_provider_extend.hooks.extend import ExtendHook

    tried = []

    def plain_client(hook: ExtendHook) -> Any:
        tried.append(hook)
        raise ConnectionError("the database is away")

    monkeypatch.setattr(ExtendHook, "plain_client", plain_client)
    monkeypatch.setattr(hub_module, "_LOOK_UP_PAUSE", 0.5)
    everybody = []
    for number in range(10):
        everybody.append(asyncio.ensure_future(wait_for("extract_run", f"exr_{number}")))
        await asyncio.sleep(0.03)
    assert len(tried) == 1
    assert {(await task).event for task in everybody} == {"error"}


@pytest.mark.usefixtures("quick")
async def test_a_look_up_that_hangs_holds_nobody_up_who_has_a_client(listed, monkeypatch) -> None:
    from airflow_provider_extend.hooks.extend import ExtendHook

    monkeypatch.setattr(connections, "_PATIENCE", 0.05)
    listed.count, listed.ended = 2, {0}
    assert (await wait_for("extract_run", "exr_0")).event == "ended"
    go_on = threading.Event()
    monkeypatch.setattr(ExtendHook, "plain_client", lambda hook: go_on.wait(10))
    monkeypatch.setattr(hub_module, "_LOOK_UP_TIMEOUT", 0.1)
    monkeypatch.setattr(connections, "_CONNECTION_SECONDS", 1000.0)
    found = connections._clients_of_loop()["extend_default"]
    found.until = time.monotonic() - 1
    waiting = asyncio.ensure_future(wait_for("extract_run", "exr_1"))
    try:
        await asyncio.sleep(0.5)
        listed.ended = {0, 1}
        assert (await waiting).event == "ended"
    finally:
        go_on.set()


@pytest.mark.usefixtures("quick")
async def test_a_run_that_is_gone_costs_nobody_the_connection(listed, requests_mock, monkeypatch) -> None:
    from airflow_provider_extend.hooks.extend import ExtendHook

    def plain_client(hook: ExtendHook) -> Any:
        raise ConnectionError("the database is away")

    listed.count, listed.ended = 1, {0}
    assert (await wait_for("extract_run", "exr_0")).event == "ended"
    monkeypatch.setattr(ExtendHook, "plain_client", plain_client)
    requests_mock.get("https://api.extend.ai/evaluation_set_runs/bpr_gone", status_code=404, json={})
    assert (await wait_for("evaluation_set_run", "bpr_gone")).event == "error"
    assert (await wait_for("extract_run", "exr_0")).event == "ended"


async def test_loops_that_are_closed_are_not_kept(listed) -> None:
    listed.count, listed.ended = 1, {0}
    loops = []

    async def other() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await wait_for("extract_run", "exr_0")

    for _ in range(4):
        await asyncio.to_thread(asyncio.run, other())
    gc.collect()
    assert sum(loop() is not None for loop in loops) <= 1


async def test_a_cancel_has_a_thread_however_many_pollers_fill_the_others() -> None:
    go_on = threading.Event()
    hanging = [asyncio.ensure_future(in_thread(go_on.wait, 10)) for _ in range(3 * THREADS)]
    try:
        await asyncio.sleep(0.1)
        async with asyncio.timeout(2):
            assert await in_thread(lambda: "cancelled", priority=CANCEL_FIRST) == "cancelled"
    finally:
        go_on.set()
        await asyncio.gather(*hanging)


async def test_what_is_urgent_is_done_once() -> None:
    done: list[int] = []
    await asyncio.gather(*(in_thread(done.append, n, priority=CANCEL_FIRST) for n in range(100)))
    await asyncio.gather(*(in_thread(lambda: None) for _ in range(THREADS)))
    assert sorted(done) == list(range(100))
