"""The stub answers as the API does, and counts."""

from __future__ import annotations

import asyncio
import json
import threading
import time

import pytest
import requests

from airflow_provider_extend.api.endpoints import GET
from airflow_provider_extend.api.runs import SUCCEEDED
from airflow_provider_extend.client import ClientSettings, ExtendClient
from airflow_provider_extend.reading import look_up
from benchmarks import certificate
from benchmarks.stub import Stub, busiest, serve


@pytest.fixture
def served():
    """Starts a stub in a thread; returns its address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def start(stub: Stub, certificate: str | None = None) -> str:
        server = asyncio.run_coroutine_threadsafe(serve(stub, certificate), loop).result()
        servers.append(server)
        port = server.sockets[0].getsockname()[1]
        return f"http{'s' if certificate else ''}://127.0.0.1:{port}"

    servers: list[asyncio.Server] = []
    yield start

    async def close() -> None:
        for server in servers:
            server.close()
        await asyncio.sleep(0.05)  # for the ends of connections that have just been closed

    asyncio.run_coroutine_threadsafe(close(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def session():
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def client_of():
    """Makes this provider's client of an address."""
    made = []

    def make(url: str) -> ExtendClient:
        settings = ClientSettings(url, "sk_test", rates={GET: 1e6}, allowed_hosts=("127.0.0.1",))
        made.append(ExtendClient(settings))
        return made[-1]

    yield make
    for client in made:
        client._session().close()


@pytest.mark.parametrize(("largest", "asked", "pages"), [(100, 100, 3), (10, 100, 26), (100, 50, 6)])
def test_a_list_is_read_by_the_client_to_its_end_and_its_pages_are_counted(
    served, client_of, largest, asked, pages
):
    stub = Stub(250, pages=largest)
    client = client_of(served(stub))
    query = {"maxPageSize": asked, "sortBy": "updatedAt", "sortDir": "desc"}
    rows = list(client.iterate("extract_runs.list", query=query))
    assert {row["id"] for row in rows} == set(stub.account.runs)
    assert len(rows) == 251
    assert [row["updatedAt"] for row in rows] == sorted((row["updatedAt"] for row in rows), reverse=True)
    assert len(stub.arrivals["extract_runs list"]) == pages
    assert stub.report(0, time.time() + 1)["requests"] == {"extract_runs list": pages}


@pytest.mark.parametrize("kind", ["extract_run", "evaluation_set_run", "batch_processor_run"])
def test_a_run_is_read_in_the_form_of_its_kind(served, client_of, kind):
    stub = Stub(3)
    client = client_of(served(stub))
    moving = look_up(client, kind, stub.account.own[0].id)
    ended = look_up(client, kind, stub.account.warm.id)
    assert (moving.status, moving.ended) == ("PROCESSING", False)
    assert (ended.status, ended.outcome) == ("PROCESSED", SUCCEEDED)
    assert bool(ended.metrics_from) == (kind != "extract_run")


def test_rows_of_a_list_are_summaries(served, session):
    url = served(Stub(2))
    row = session.get(f"{url}/extract_runs").json()["data"][0]
    full = session.get(f"{url}/extract_runs/{row['id']}").json()
    assert set(full) - set(row) == {"output", "initialOutput", "reviewedOutput", "edits", "config"}
    assert {key: full[key] for key in row} == row


def test_a_list_holds_ten_rows_where_no_number_is_asked_for(served, session):
    page = session.get(f"{served(Stub(30))}/extract_runs").json()
    assert page["object"] == "list"
    assert len(page["data"]) == 10
    assert page["nextPageToken"]


def test_what_cannot_be_answered_is_refused(served, session):
    url = served(Stub(1))
    assert session.get(f"{url}/extract_runs", params={"sortBy": "name"}).status_code == 400
    assert session.get(f"{url}/extract_runs", params={"maxPageSize": "many"}).status_code == 400
    assert session.get(f"{url}/extract_runs/exr_none").status_code == 404
    assert session.get(f"{url}/elsewhere").status_code == 404
    assert session.post(f"{url}/extract_runs", json={}).status_code == 404


def test_the_peers_see_the_same_run_end(served, session):
    stub = Stub(5)
    url = served(stub)
    begin = session.post(f"{url}/control/schedule", json={"seconds": 0.05, "share": 0.2}).json()["begin"]

    def seen() -> tuple[list[int], list[int]]:
        status = [
            session.get(f"{url}/api/v2/accounts/1/runs/{number}/").json()["data"]["status"]
            for number in (1, 2, 3, 4, 5)
        ]
        return status, [session.get(f"{url}/when_ended/{run.id}").status_code for run in stub.account.own]

    assert seen() == ([3] * 5, [404] * 5)
    time.sleep(max(0.0, begin + 0.1 - time.time()))
    report = session.post(f"{url}/control/report", json={"since": 0, "until": time.time()}).json()
    (ended,) = report["ends"]
    place = [run.id for run in stub.account.own].index(ended)
    status, answers = seen()
    assert [number for number, found in enumerate(status) if found == 10] == [place]
    assert [number for number, found in enumerate(answers) if found == 200] == [place]
    assert report["requests"] == {"api": 5, "when_ended": 5}


def test_connections_are_counted(served):
    stub = Stub(1)
    url = served(stub)
    for _ in range(3):
        with requests.Session() as session:
            session.trust_env = False
            for _ in range(4):
                session.get(f"{url}/extract_runs")
    assert stub.most_connections <= 2  # one at a time, whose end may be noticed a moment later
    assert len(stub.arrivals["extract_runs list"]) == 12


def test_speaks_tls_with_a_certificate_of_its_own(served, session, tmp_path):
    path = str(certificate.write(tmp_path / "stub.pem"))
    url = served(Stub(1), path)
    assert session.get(f"{url}/extract_runs", verify=path).status_code == 200
    with pytest.raises(requests.exceptions.SSLError):
        session.get(f"{url}/extract_runs")


def test_requests_that_come_in_pieces_or_together_are_answered_in_order(served):
    stub = Stub(1)
    port = int(served(stub).rpartition(":")[2])

    async def ask() -> list[dict]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        one = f"GET /extract_runs/{stub.account.warm.id} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        two = f"GET /extract_runs/{stub.account.own[0].id} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        writer.write(one[:20])
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.write(one[20:] + two)
        answers = []
        for _ in range(2):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = int(head.partition("Content-Length: ")[2].partition("\r\n")[0])
            answers.append(json.loads(await reader.readexactly(length)))
        writer.close()
        await writer.wait_closed()
        return answers

    ids = [answer["id"] for answer in asyncio.run(ask())]
    assert ids == [stub.account.warm.id, stub.account.own[0].id]


@pytest.mark.parametrize(
    ("moments", "most"),
    [
        ([], 0),
        ([5.0], 1),
        ([0.0, 0.5, 0.9, 1.5, 2.0], 3),
        ([n / 10 for n in range(100)], 10),
        ([0.0, 0.985, 1.97], 1),
    ],
)
def test_the_busiest_second_begins_anywhere(moments, most):
    assert busiest(moments) == most
