"""A client of a made-up account, and a small HTTP server for what cannot be shown without one."""

import http.server
import itertools
import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_extend.client import ClientSettings, ExtendClient

EXAMPLES = Path(__file__).parent.parent / "data" / "examples"
_numbers = itertools.count()


@pytest.fixture(scope="session")
def example() -> Callable[[str], Any]:
    """Body of an answer as the API's documentation and SDKs show it."""
    return lambda name: json.loads((EXAMPLES / f"{name}.json").read_text())["body"]


@pytest.fixture
def key() -> str:
    """Another one for each test: rate limits are kept by account."""
    return f"sk_test_{next(_numbers)}_Zm9vYmFy"


@pytest.fixture
def slept() -> list[float]:
    """Seconds that the client of `make_client` waited, in order."""
    return []


@pytest.fixture
def make_client(key: str, slept: list[float]) -> Callable[..., ExtendClient]:
    def make(base_url: str = "https://api.extend.ai", **settings: Any) -> ExtendClient:
        settings.setdefault("api_key", key)
        settings.setdefault("rates", dict.fromkeys(("GET", "WRITE", "RUN"), 1e9))
        if base_url.startswith("http://127.0.0.1"):
            settings.setdefault("allowed_hosts", ("http://127.0.0.1",))
        translate = settings.pop("translate", None)
        return ExtendClient(
            ClientSettings(base_url=base_url, **settings),
            translate=translate,
            sleep=lambda seconds: slept.append(seconds) if seconds > 1e-3 else None,
        )

    return make


@pytest.fixture
def client(make_client: Callable[..., ExtendClient]) -> ExtendClient:
    return make_client()


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Server:
    """Answers as `reply` says; a reply of bytes is written as it is and the connection then closed."""

    reply: Callable[[Request], Reply | bytes]
    url: str = ""
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    keep_alive: bool = True

    @property
    def asked(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.requests]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5
    owner: Server

    def handle_any(self) -> None:
        body = b""
        if self.headers.get("transfer-encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, body, self.client_address[1])
        self.owner.requests.append(request)
        reply = self.owner.reply(request)
        if isinstance(reply, bytes):
            self.wfile.write(reply)
            self.close_connection = True
            return
        status, extra, content = reply
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **extra}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        if not self.owner.keep_alive:
            # Without a word of it in the answer, as a server does that drops an idle connection.
            self.close_connection = True

    do_GET = do_POST = do_DELETE = do_CONNECT = handle_any

    def log_message(self, *_: Any) -> None:
        pass


class _HTTPServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: Any) -> None:
        pass  # a client that hangs up is part of some tests


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Starts servers on 127.0.0.1."""
    started: list[_HTTPServer] = []

    def start(reply: Callable[[Request], Reply | bytes] | None = None, **options: Any) -> Server:
        owner = Server(reply or (lambda _: (200, {}, b"{}")), **options)
        httpd = _HTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"owner": owner}))
        owner.port = httpd.server_address[1]
        owner.url = f"http://127.0.0.1:{owner.port}"
        threading.Thread(target=httpd.serve_forever, args=(0.005,), daemon=True).start()
        started.append(httpd)
        return owner

    yield start
    for httpd in started:
        httpd.shutdown()
        httpd.server_close()


@pytest.fixture
def no_proxy_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """All that any library logs, down to DEBUG."""
    caplog.set_level(logging.DEBUG)
    return caplog
