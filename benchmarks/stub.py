"""A process that answers what Extend, and for the peers dbt, would answer about an `Account`, and counts requests.

`python -m benchmarks.stub '{"runs": 1000, "certificate": null}'` prints its port and serves on 127.0.0.1 until it is
terminated. A protocol of its own on asyncio, with answers kept as bytes: the stub must never be what is measured.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from benchmarks.account import ENDED, Account
from benchmarks.bodies import body, error, listed

#: Arrivals that are due one second apart come a little closer or wider: so much less is counted as a second.
SECOND = 0.98
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found"}
_Answer = tuple[int, bytes]


class Stub:
    """:param pages: the largest page that a list gives, whatever is asked for.
    :param others: see `Account`.
    """

    def __init__(self, runs: int, pages: int = 100, others: float = 0.0, seed: int = 1) -> None:
        self.account = Account(runs, time.time(), others, seed)
        self.arrivals: dict[str, array[float]] = defaultdict(lambda: array("d"))
        self.connections = self.most_connections = 0
        self._pages = pages
        self._routes: dict[str, Callable[[list[str], dict[str, str]], _Answer]] = {
            "extract_runs": self._extract_runs,
            "evaluation_set_runs": self._single,
            "batch_processor_runs": self._single,
            "when_ended": self._when_ended,
            "api": self._dbt,
        }

    def answer(self, method: str, target: str, sent: bytes) -> _Answer:
        path, _, query = target.partition("?")
        parts = path.strip("/").split("/")
        if parts[0] == "control":
            return self._control(parts[1], json.loads(sent or b"{}"))
        route = self._routes.get(parts[0])
        if method != "GET" or route is None:
            return 404, error("NOT_FOUND", f"no route {method} {path}")
        now = time.time()
        listing = len(parts) == 1
        self.arrivals[f"{parts[0]} list" if listing else parts[0]].append(now)
        self.account.advance(now)
        return route(parts, dict(parse_qsl(query)))

    def report(self, since: float, until: float) -> dict[str, Any]:
        """What was asked between two moments, by route, and over the whole time what ended and was most."""
        every = sorted(moment for moments in self.arrivals.values() for moment in moments)
        return {
            "requests": {
                route: sum(since <= moment < until for moment in moments)
                for route, moments in self.arrivals.items()
            },
            "busiest": busiest(every),
            "most_connections": self.most_connections,
            "ends": self.account.ends,
            "cpu": time.process_time(),
        }

    def _control(self, what: str, sent: dict[str, Any]) -> _Answer:
        """`schedule` {seconds, share}: answers {"begin"}, when the time begins in which runs end. `report`: above."""
        if what == "schedule":
            begin = time.time() + 0.2
            self.account.schedule(begin, sent["seconds"], sent["share"])
            return 200, json.dumps({"begin": begin}).encode()
        self.account.advance(time.time())
        return 200, json.dumps(self.report(sent["since"], sent["until"])).encode()

    def _extract_runs(self, parts: list[str], query: dict[str, str]) -> _Answer:
        if len(parts) == 2:
            return self._single(parts, query)
        try:
            page = self.account.page(
                min(int(query.get("maxPageSize", 10)), self._pages),
                query.get("sortBy", "updatedAt"),
                query.get("sortDir", "desc"),
                query.get("status"),
                query.get("nextPageToken"),
            )
        except ValueError as refused:
            return 400, error("INVALID_REQUEST", str(refused))
        return 200, listed(page.rows, page.token)

    def _single(self, parts: list[str], query: dict[str, str]) -> _Answer:
        run = self.account.runs.get(parts[-1])
        return (200, body(parts[0], run)) if run else (404, error("NOT_FOUND", "no such run"))

    def _when_ended(self, parts: list[str], query: dict[str, str]) -> _Answer:
        """For http's trigger, which knows one thing alone: 404 is `not yet`."""
        run = self.account.runs.get(parts[-1])
        if run is None or run.status != ENDED:
            return 404, error("NOT_FOUND", "not yet")
        return 200, body("extract_runs", run)

    def _dbt(self, parts: list[str], query: dict[str, str]) -> _Answer:
        """GET /api/v2/accounts/<account>/runs/<number>/; number 0 is the run that ended long ago."""
        number = int(parts[5])
        return 200, body("dbt", self.account.own[number - 1] if number else self.account.warm)


def busiest(moments: Iterable[float]) -> int:
    """The most of the moments, which are in order, that lie within any one second."""
    inside: list[float] = []
    most = first = 0
    for moment in moments:
        inside.append(moment)
        while inside[first] <= moment - SECOND:
            first += 1
        most = max(most, len(inside) - first)
    return most


class _Connection(asyncio.Protocol):
    def __init__(self, stub: Stub) -> None:
        self._stub, self._received = stub, b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._stub.connections += 1
        self._stub.most_connections = max(self._stub.most_connections, self._stub.connections)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stub.connections -= 1

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end].decode("latin-1")
            line, *fields = head.split("\r\n")
            length = next((int(f[15:]) for f in fields if f[:15].lower() == "content-length:"), 0)
            if len(self._received) < end + 4 + length:
                return
            sent = self._received[end + 4 : end + 4 + length]
            self._received = self._received[end + 4 + length :]
            method, target, _ = line.split(" ")
            self._reply(*self._stub.answer(method, target, sent))

    def _reply(self, status: int, content: bytes) -> None:
        head = f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\n"
        self._transport.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)


async def serve(stub: Stub, certificate: str | None = None) -> asyncio.Server:
    """Start serving on a free port of 127.0.0.1, with TLS if there is a certificate: a PEM file with its key."""
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: _Connection(stub), "127.0.0.1", 0, backlog=4096, ssl=context)


async def _main(settings: dict[str, Any]) -> None:
    certificate = settings.pop("certificate")
    server = await serve(Stub(**settings), certificate)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(json.loads(sys.argv[1])))
