"""Results that are answered as links: fetched at once, without the key, from where everybody can reach."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from airflow_provider_extend.api.errors import (
    ExtendAnswerError,
    ExtendConnectionError,
    ExtendHostNotAllowed,
    ExtendResultTooLarge,
)
from airflow_provider_extend.api.runs import read_run
from airflow_provider_extend.client import ClientSettings, ExtendClient
from airflow_provider_extend.linked import check_link, whole

V26 = "2026-02-09"
LINK = "https://storage.example.com/result.json?signature=secret"
OUTPUT = {"chunks": [{"content": "# Invoice"}]}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **given: found)


@pytest.fixture
def client() -> ExtendClient:
    return ExtendClient(ClientSettings("https://api.extend.ai", "sk_key"))


def run_of(**more: Any) -> Any:
    return read_run("parse_run", V26, {"id": "pr_1", "status": "PROCESSED", "output": None, **more})


def test_a_link_is_followed_without_the_key(client, requests_mock) -> None:
    requests_mock.get(LINK, json=OUTPUT)
    run = whole(client, run_of(outputUrl=LINK))
    assert run.output == OUTPUT
    assert run.raw["outputUrl"] is None
    [request] = requests_mock.request_history
    assert "authorization" not in {name.lower() for name in request.headers}


def test_what_is_there_is_not_asked_for(client, requests_mock) -> None:
    for run in (run_of(output=OUTPUT, outputUrl=LINK), run_of(), run_of(outputUrl=None)):
        assert whole(client, run) is run
    assert requests_mock.request_history == []


def test_a_link_that_is_no_longer_good_is_asked_for_anew_once(client, requests_mock) -> None:
    newer = LINK.replace("secret", "newer")
    requests_mock.get(LINK, status_code=403)
    requests_mock.get(newer, json=OUTPUT)
    answer = {"id": "pr_1", "status": "PROCESSED", "output": None, "outputUrl": newer}
    requests_mock.get("https://api.extend.ai/parse_runs/pr_1", json=answer)
    assert whole(client, run_of(outputUrl=LINK)).output == OUTPUT
    requests_mock.get(newer, status_code=404)
    with pytest.raises(ExtendAnswerError, match="answers 404") as caught:
        whole(client, run_of(outputUrl=LINK))
    assert "newer" not in str(caught.value)


def test_what_is_too_large_broken_or_silent_is_said(client, requests_mock) -> None:
    requests_mock.get(LINK, text=json.dumps("x" * 3_000_000))
    with pytest.raises(ExtendResultTooLarge, match="more than 2 MB"):
        whole(client, run_of(outputUrl=LINK), limit=2 * 1024 * 1024)
    requests_mock.get(LINK, text="<html>")
    with pytest.raises(ExtendAnswerError, match="no JSON"):
        whole(client, run_of(outputUrl=LINK))
    requests_mock.get(LINK, status_code=503)
    with pytest.raises(ExtendConnectionError, match="5xx") as caught:
        whole(client, run_of(outputUrl=LINK))
    assert "secret" not in str(caught.value)


def test_a_redirect_is_not_followed(client, requests_mock) -> None:
    requests_mock.get(LINK, status_code=302, headers={"location": "https://elsewhere.example.com/"})
    with pytest.raises(ExtendAnswerError, match="answers 302"):
        whole(client, run_of(outputUrl=LINK))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://storage.example.com/a", "93.184.216.34"),
        ("https://169.254.169.254/latest/meta-data", "169.254.169.254"),
        ("https://localhost/a", "127.0.0.1"),
        ("https://intern.example.com/a", "10.0.0.7"),
        ("https://intern.example.com/a", "fe80::1%eth0"),
        ("file:///etc/passwd", ""),
    ],
)
def test_nothing_inside_this_network_is_asked(monkeypatch, url, address) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: [(0, 0, 0, "", (address, 443))])
    with pytest.raises(ExtendHostNotAllowed):
        check_link(url)


def test_an_administrator_may_allow_a_host(monkeypatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: [(0, 0, 0, "", ("127.0.0.1", 80))])
    check_link("http://127.0.0.1:9000/a", ["127.0.0.1:9000"])
    with pytest.raises(ExtendHostNotAllowed):
        check_link("http://127.0.0.1:9001/a", ["127.0.0.1:9000"])


def test_a_name_that_only_a_proxy_knows_is_followed(monkeypatch) -> None:
    def unknown(*args: Any, **given: Any) -> Any:
        raise socket.gaierror("unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    check_link(LINK)


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(OUTPUT).encode())

    def log_message(self, *args: Any) -> None:
        pass


def test_the_query_of_a_link_is_logged_at_no_level(monkeypatch, caplog) -> None:
    def local(host: str, port: int, *args: Any, **given: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", local)
    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    where = f"127.0.0.1:{server.server_port}"
    client = ExtendClient(ClientSettings("https://api.extend.ai", "sk_key", allowed_hosts=(where,)))
    try:
        with caplog.at_level(logging.DEBUG):
            assert whole(client, run_of(outputUrl=f"http://{where}/a?signature=secret")).output == OUTPUT
            logging.getLogger("urllib3.connectionpool").debug("%s", "another's?question")
    finally:
        server.shutdown()
        server.server_close()
    assert '"GET /a HTTP' in caplog.text
    assert "secret" not in caplog.text
    assert "another's?question" in caplog.text
