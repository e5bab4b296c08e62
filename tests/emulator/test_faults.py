"""Faults by chance and for a time, several at once; clients that go away in the middle."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from airflow_provider_extend.emulator.state import ApiError

CONFIG = {"schema": {"properties": {"number": {"type": "string", "title": "No"}}}}


@pytest.fixture
def extractor(api) -> str:
    return str(api.extractor(CONFIG)["id"])


def statuses(api, count: int, path: str = "/files") -> list[int | None]:
    """None where no answer came."""
    found: list[int | None] = []
    for _ in range(count):
        try:
            found.append(api.send("GET", path).status_code)
        except requests.ConnectionError:
            found.append(None)
    return found


# By chance


def test_a_chance_is_drawn_and_can_be_repeated(api) -> None:
    api.control("POST", "/settings", {"seed": 7})
    api.control("POST", "/faults", {"path": "^/files", "status": 429, "chance": 0.3})
    first = statuses(api, 60)
    assert 8 <= first.count(429) <= 30
    assert first.count(200) == 60 - first.count(429)
    api.control("POST", "/settings", {"seed": 7})
    assert statuses(api, 60) == first
    api.control("POST", "/settings", {"seed": 8})
    assert statuses(api, 60) != first


def test_requests_that_do_not_fit_draw_nothing(api) -> None:
    api.control("POST", "/faults", {"path": "^/files", "status": 500, "chance": 0.5})
    first = statuses(api, 20)
    api.control("POST", "/settings", {"seed": 0})
    again = []
    for _ in range(20):
        assert api.send("GET", "/extractors").status_code == 200
        again += statuses(api, 1)
    assert again == first


def test_no_chance_and_a_chance_that_ends(api) -> None:
    api.control("POST", "/faults", {"status": 500, "chance": 0})
    assert set(statuses(api, 20)) == {200}
    api.control("DELETE", "/faults")
    api.control("POST", "/faults", {"status": 500, "chance": 0.5, "times": 3})
    assert statuses(api, 40).count(500) == 3
    api.control("POST", "/faults", {"status": 500, "chance": 1})
    assert statuses(api, 2) == [500, 200]  # a certain one happens once, as ever


def test_several_at_once(api) -> None:
    """The first that fits and is drawn."""
    faults = [
        {"status": 429, "chance": 0.2, "retry_after": 2},
        {"status": 503, "chance": 0.2},
        {"drop": True, "chance": 0.2},
        {"path": "^/extractors", "status": 500, "chance": 1, "times": None},
    ]
    kept = api.control("POST", "/faults", faults)
    assert [fault["times"] for fault in kept] == [None] * 4
    found = statuses(api, 80)
    assert {429, 503, None, 200} == set(found)
    assert 25 <= found.count(200) <= 60  # 41 of 80 are expected
    assert set(statuses(api, 30, "/extractors")) == {429, 503, None, 500}
    assert api.control("DELETE", "/faults") == []
    assert set(statuses(api, 5)) == {200}


def test_a_fault_by_chance_costs_no_write(api, monkeypatch) -> None:
    state = api.emulator._server.state
    written: list[str] = []
    put = state.store.put

    def counted(kind: str, body: Any) -> Any:
        written.append(body["id"])
        return put(kind, body)

    monkeypatch.setattr(state.store, "put", counted)
    api.control("POST", "/faults", [{"status": 429, "chance": 0.5, "times": 100}])
    api.control("POST", "/faults", [{"status": 500, "times": None}])
    assert written == ["faults", "faults"]
    assert set(statuses(api, 30)) == {429, 500}
    assert written == ["faults", "faults"]
    api.control("DELETE", "/faults")
    api.control("POST", "/faults", [{"status": 500, "times": 2}])
    statuses(api, 3)
    assert written == ["faults"] * 6  # a certain one is counted down on disk


def test_faults_outlive_a_restart(tmp_path) -> None:
    from airflow_provider_extend.emulator.control import handle
    from airflow_provider_extend.emulator.state import State

    state = State(tmp_path, "t")
    handle(state, "POST", "/faults", [{"status": 500, "times": 2}, {"status": 429, "chance": 0.5}])
    handle(state, "POST", "/settings", {"seed": 3})
    assert state.take_fault("GET", "/files")["status"] == 500
    state.store.close()
    again = State(tmp_path, "t")
    assert [fault["times"] for fault in again.faults.add([])] == [1, None]
    assert again.take_fault("GET", "/files")["status"] == 500
    drawn = [bool(again.take_fault("GET", "/files")) for _ in range(30)]
    handle(again, "POST", "/settings", {"seed": 3})
    assert [bool(again.take_fault("GET", "/files")) for _ in range(30)] == drawn  # from the seed that was set
    again.store.close()


# For a time


def test_a_fault_ends_by_itself(api) -> None:
    api.control("POST", "/faults", {"status": 503, "seconds": 0.6})
    assert statuses(api, 3) == [503, 503, 503]
    began = time.monotonic()
    while statuses(api, 1) == [503]:
        assert time.monotonic() - began < 5
        time.sleep(0.02)
    assert time.monotonic() - began > 0.2
    assert api.control("POST", "/faults", [{"status": 500}])[0]["status"] == 500  # the ended one is gone


@pytest.mark.parametrize(
    "bad",
    [
        {"chance": 1.5},
        {"chance": -0.1},
        {"chance": "often"},
        {"chance": None},
        {"seconds": -1},
        {"latency": "1"},
        {"latency_after": True},
        {"times": 0},
    ],
)
def test_numbers_are_checked_when_faults_are_set(api, bad: Any) -> None:
    with pytest.raises(ApiError, match=f"{next(iter(bad))} cannot be"):
        api.control("POST", "/faults", [bad])
    assert api.control("POST", "/faults", []) == []


# Before and after the work


def test_the_work_is_done_before_the_answer_is_held(api, extractor) -> None:
    api.control("POST", "/faults", {"method": "POST", "latency_after": 0.8})
    body = {"extractor": {"id": extractor}, "file": {"text": "No: 1"}}
    answers: list[Any] = []
    sender = threading.Thread(target=lambda: answers.append(api.ok("POST", "/extract_runs", json=body)))
    began = time.monotonic()
    sender.start()
    held = wait_for(lambda: [r for r in api.control("GET", "/requests?path=^/extract_runs$") if r["runs"]])
    assert (held[0]["status"], answers) == (None, [])  # made, and not yet answered
    assert len(api.control("GET", "/runs")) == 1
    sender.join()
    assert time.monotonic() - began > 0.4
    assert [answers[0]["id"]] == api.control("GET", "/requests?path=^/extract_runs$")[0]["runs"]
    assert api.control("GET", "/requests?path=^/extract_runs$")[0]["status"] == 200


def wait_for(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.01)
    raise AssertionError("it did not come about")


def send_and_leave(api, path: str, body: Any, wait: Callable[[], Any]) -> None:
    """Sends all of a POST and closes the connection without reading, once ``wait`` has come about."""
    where = urlsplit(api.emulator.base_url)
    data = json.dumps(body).encode()
    head = [
        f"POST {path} HTTP/1.1",
        f"Host: {where.netloc}",
        f"Authorization: Bearer {api.emulator.token}",
        "x-extend-api-version: 2026-02-09",
        "Content-Type: application/json",
        f"Content-Length: {len(data)}",
    ]
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode() + data)
        wait()


@pytest.mark.parametrize(
    "fault", [{"latency": 0.4}, {"latency_after": 0.4}, {"drop_after": True}, {"latency": 0}]
)
@pytest.mark.parametrize("patient", [True, False])
def test_a_create_whose_client_has_gone_is_carried_out_once(
    api, extractor, fault: Any, patient: bool
) -> None:
    api.control("POST", "/faults", {"method": "POST", **fault})
    body = {"extractor": {"id": extractor}, "file": {"text": "No: 1"}}
    path = "/requests?path=^/extract_runs$"
    came = lambda: wait_for(lambda: api.control("GET", path)) if patient else None  # noqa: E731
    send_and_leave(api, "/extract_runs", body, came)
    (request,) = wait_for(lambda: [r for r in api.control("GET", path) if r["runs"]])
    time.sleep(0.5)  # for a second one, were there any
    (run,) = api.control("GET", "/runs")
    assert request["runs"] == [run["id"]]
    assert len(api.control("GET", path)) == 1
    assert api.until(f"/extract_runs/{run['id']}", "PROCESSED")["output"]["value"] == {"number": "1"}


def test_half_a_request_does_nothing(api, extractor) -> None:
    where = urlsplit(api.emulator.base_url)
    head = f"POST /extract_runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.emulator.token}\r\n"
    head += "x-extend-api-version: 2026-02-09\r\nContent-Length: 500\r\n\r\n{"
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        connection.sendall(head.encode())
        wait_for(lambda: api.control("GET", "/requests?path=^/extract_runs$"))
    assert api.send("GET", "/files").status_code == 200
    (row,) = api.control("GET", "/requests?path=^/extract_runs$")
    assert (row["status"], row["runs"], api.control("GET", "/runs")) == (None, [], [])


# Classes of limits


def test_new_creates_count_as_runs_and_the_rest_as_writes(api, extractor) -> None:
    flow = api.ok("POST", "/workflows", json={"name": "W"})["id"]
    body = {"extractor": {"id": extractor}, "file": {"text": "No: 1"}}
    flown = {"workflow": {"id": flow}, "file": {"text": "x"}}
    run = api.ok("POST", "/extract_runs", json=body)["id"]
    other = api.ok("POST", "/workflow_runs", json=flown)["id"]
    creates: list[tuple[str, Any]] = [
        ("/extract_runs", body),
        ("/extract_runs/batch", {"extractor": {"id": extractor}, "inputs": [{"file": {"text": "x"}}]}),
        ("/workflow_runs", flown),
        ("/workflow_runs/batch", {"workflow": {"id": flow}, "inputs": [{"file": {"text": "x"}}]}),
    ]
    for path, sent in creates:
        api.control("POST", "/settings", {"rate_limits": {"RUN": 1, "WRITE": 0}})
        api.emulator._server.state._seen.clear()
        assert [api.send("POST", path, json=sent).status_code for _ in range(2)] == [200, 429], path
    api.control("POST", "/settings", {"rate_limits": {"RUN": 0, "WRITE": 1}})
    writes = [
        ("POST", f"/extract_runs/{run}/cancel"),
        ("DELETE", f"/extract_runs/{run}"),
        ("POST", f"/workflow_runs/{other}"),
        ("POST", f"/workflow_runs/{other}/cancel"),
        ("DELETE", f"/workflow_runs/{other}"),
    ]
    for method, path in writes:
        api.emulator._server.state._seen.clear()
        assert api.send("POST", "/workflows", json={"name": "W"}).status_code == 200
        assert api.send(method, path, json={}).status_code == 429, path
    assert api.send("POST", "/workflow_runs", json=flown).status_code == 200


def test_any_whole_number_is_a_seed(api) -> None:
    assert api.control("POST", "/settings", {"seed": 2**62})["seed"] == 2**62
