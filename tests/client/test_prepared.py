"""A request that is sent from a signal handler."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

import pytest

from airflow_provider_extend import ratelimit
from airflow_provider_extend.api.errors import ExtendInputError

CANCEL = ("extract_runs.cancel", "exr_1")


def test_it_is_the_request_that_call_would_send(serve, make_client, key) -> None:
    server = serve()
    client = make_client(server.url, workspace_id="ws_1")
    assert client.prepared(*CANCEL)() == 200
    client.call(*CANCEL)
    first, second = server.requests
    assert (
        (first.method, first.path) == (second.method, second.path) == ("POST", "/extract_runs/exr_1/cancel")
    )
    names = ("authorization", "x-extend-api-version", "x-extend-workspace-id", "user-agent")
    assert [first.headers[name] for name in names] == [second.headers[name] for name in names]
    assert first.headers["authorization"] == f"Bearer {key}"


@pytest.mark.parametrize("status", [400, 404, 429, 500, 302])
def test_whatever_is_answered_it_is_sent_once(serve, make_client, status) -> None:
    server = serve(lambda request: (status, {"Location": "/elsewhere", "Retry-After": "0"}, b"{}"))
    assert make_client(server.url).prepared(*CANCEL)() == status
    assert len(server.requests) == 1


def test_no_answer_is_none_and_no_error(serve, make_client) -> None:
    server = serve(lambda request: b"")
    assert make_client(server.url).prepared(*CANCEL)() is None
    assert make_client("http://127.0.0.1:9").prepared(*CANCEL)() is None


def test_a_server_that_hangs_holds_it_for_two_seconds(serve, make_client) -> None:
    over = threading.Event()
    server = serve(lambda request: (200, {}, b"{}") if over.wait(20) else b"")
    started = time.monotonic()
    assert make_client(server.url).prepared(*CANCEL)() is None
    assert 1 < time.monotonic() - started < 4.5
    over.set()


def test_it_waits_for_no_lock_and_no_rate_limit(serve, make_client) -> None:
    """The handler runs in the main thread, which may hold any of them at that moment."""
    server = serve()
    client = make_client(server.url, rates=dict.fromkeys(("GET", "WRITE", "RUN"), 0.001))
    send = client.prepared(*CANCEL)
    bucket = ratelimit.buckets_of("another account", {})["WRITE"]
    sent: list[Any] = []

    def handler(number: int, frame: Any) -> None:
        sent.append(send())

    previous = signal.signal(signal.SIGUSR1, handler)
    try:
        with ratelimit._lock, bucket._lock, client._buckets["WRITE"]._lock:
            os.kill(os.getpid(), signal.SIGUSR1)
            time.sleep(0.01)
    finally:
        signal.signal(signal.SIGUSR1, previous)
    assert sent == [200]


@pytest.mark.parametrize("run_id", ["", "../files", "exr 1"])
def test_what_cannot_be_sent_is_refused_when_it_is_made(client, run_id) -> None:
    with pytest.raises(ExtendInputError, match="Nothing was sent"):
        client.prepared("extract_runs.cancel", run_id)
