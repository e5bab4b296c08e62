"""Setting the connection up in Airflow's own pages, in a real browser, as somebody does who has read no source.

The pictures of docs/connection.md are taken on the way: `EXTEND_SCREENSHOTS=docs/images pytest tests/browser`.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.browser.servers import KEY, ROOT, AirflowServer, LocalExtend
from tests.machine import free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PROXY_PASSWORD = "hunter2-of-the-proxy"
ORGANISATION_KEY = "sk_test_b3JnYW5pc2F0aW9u"
#: These two send port 0 for a connection that has none, and then refuse it as another one than is stored.
REFUSE_WITHOUT_PORT = ("3.3.1", "3.3.2")

# Written down by hand, not read from the package. Label, kind, value, placeholder.
STANDARD_FIELDS = [
    ("Description", "textarea", "", ""),
    ("Base URL", "text", "", "Leave empty: the region's own address"),
    ("API key", "password", "", "sk_..."),
    ("Port", "number", "", "Type 443: without it Test says 'Bad Request'"),
]
# Label, kind, value, choices, words of the help text.
EXTRA_FIELDS = [
    ("API version", "select", "2026-02-09", ("2026-02-09", "2025-04-21", "2024-12-23"),
     ["2026-02-09 is current and right for new accounts", "2024-12-23 for keys made before", "Port, above", "443"]),
    ("Region", "select", "us", ("us", "us2", "eu"),
     ["us is api.extend.ai", "us2 (HIPAA) is api.us2.extend.app", "eu is api.eu1.extend.ai", "Base URL overrides"]),
    ("Workspace id", "text", "", (), ["organisation-scoped", "ws_..."]),
    ("Timeout (s)", "number", "30", (), ["Seconds that one request may take"]),
    ("Verify TLS", "switch", "on", (), ["server's certificate", "allowed_hosts"]),
    ("Proxy", "password", "", (), ["http and https", "http://user:password@proxy.example.com:3128"]),
    ("Reads per second", "number", "10", (), ["whole organisation", "divide the limit", "smallest plan"]),
    ("Writes per second", "number", "10", (), ["Uploads, updates, cancels and publishes"]),
    ("Run submissions per second", "number", "10", (), ["Calls that start a run"]),
]  # fmt: skip


class Stranger(ThreadingHTTPServer):
    """What may answer in Extend's place: a path of an error, or a proxy with a page of its own."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Strange)
        self.credentials: list[str] = []


class _Strange(BaseHTTPRequestHandler):
    server: Stranger

    def do_GET(self) -> None:
        if self.path.startswith("http://"):  # as a proxy is asked
            self.server.credentials.append(self.headers.get("Proxy-Authorization", ""))
            self._answer(200, "text/html", "<html><body>Please log in to our network.</body></html>")
        elif self.path.startswith("/migrated/"):
            said = "x-extend-api-version 2025-04-21 is not available to this account"
            self._answer(400, "application/json", json.dumps({"code": "INVALID_REQUEST", "message": said}))
        else:
            self._answer(404, "text/html", "<html><body>nginx</body></html>")

    def _answer(self, status: int, kind: str, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def stranger() -> Iterator[Stranger]:
    with Stranger() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def connection(airflow: AirflowServer, local_extend: LocalExtend, request: pytest.FixtureRequest):
    """Makes a connection to the local Extend over Airflow's API, and takes it away again."""
    made = []

    def make(conn_id: str, extra: dict[str, Any] | None = None, **fields: Any) -> str:
        known = {"password": KEY, "host": "http://127.0.0.1", "port": local_extend.port}
        made.append(conn_id)
        airflow.add_connection(conn_id, extra, **(known | fields))
        return conn_id

    yield make
    for conn_id in made:
        airflow.api("DELETE", f"/connections/{conn_id}")


# --- the form --------------------------------------------------------------------------------------------


def test_the_form_shows_every_field_with_its_default_and_hides_what_is_not_needed(page, picture):
    form = page.open_from_the_menu().add().choose_type("Extend")
    assert form.is_open("Standard Fields"), "key and port are what a newcomer sees first"
    standard = form.fields("Standard Fields")
    assert [(f.label, f.kind, f.value, f.placeholder) for f in standard] == STANDARD_FIELDS
    extra = form.fields("Extra Fields")
    assert [(f.label, f.kind, f.value, f.choices) for f in extra] == [row[:4] for row in EXTRA_FIELDS]
    for shown, (label, _, _, _, words) in zip(extra, EXTRA_FIELDS, strict=True):
        for word in words:
            assert word in shown.help, label
        assert "`" not in shown.help, f"the help of {label} is shown as it is written"

    page.driver.set_window_size(1100, 1900)
    form.fill(None, "Connection ID", "extend_default")
    form.leave_the_field()
    picture("connection-form-extra.png", form.dialog)
    form.fill("Standard Fields", "API key", KEY)
    form.fill("Standard Fields", "Port", "443")
    form.leave_the_field()
    picture("connection-form.png", form.dialog)


def test_what_is_saved_is_kept_shown_again_and_read_by_the_hook(page, airflow, local_extend):
    form = page.open().add().choose_type("Extend")
    form.fill(None, "Connection ID", "made_in_the_ui")
    form.fill("Standard Fields", "Base URL", "http://127.0.0.1")
    form.fill("Standard Fields", "API key", KEY)
    form.fill("Standard Fields", "Port", str(local_extend.port))
    form.fill("Extra Fields", "API version", "2024-12-23")
    form.save()

    status, stored = airflow.api("GET", "/connections/made_in_the_ui")
    assert status == 200
    assert (stored["conn_type"], stored["host"], stored["port"]) == (
        "extend",
        "http://127.0.0.1",
        local_extend.port,
    )
    assert stored["password"] == "***"
    assert json.loads(stored["extra"]) == {
        "api_version": "2024-12-23",
        "region": "us",
        "workspace_id": None,
        "timeout": 30,
        "verify": True,
        "proxy": None,
        "get_per_second": 10,
        "write_per_second": 10,
        "run_per_second": 10,
    }

    page.open("made_in_the_ui")
    assert page.test("made_in_the_ui").kind == "success"
    form = page.edit("made_in_the_ui")
    assert form.values("Standard Fields") == {
        "Description": "",
        "Base URL": "http://127.0.0.1",
        "API key": "***",
        "Port": str(local_extend.port),
    }
    kept = {"API version": "2024-12-23"}
    assert form.values("Extra Fields") == {row[0]: row[2] for row in EXTRA_FIELDS} | kept
    assert '"api_version": "2024-12-23"' in form.json()
    assert form.reveal("Standard Fields", "API key") == "***"
    assert KEY not in page.everything_in_it()

    form.fill("Standard Fields", "Description", "changed by hand")
    form.save()
    # A process of its own reads the key, which the form never had, and the version from the database.
    local_extend.control("POST", "/reset")
    said = airflow.run("-m", "airflow", "connections", "test", "made_in_the_ui")
    assert "Connection success!" in said
    assert [(r["path"], r["version"], r["status"]) for r in local_extend.requests()] == [
        ("/files", "2024-12-23", 200)
    ]
    assert airflow.api("DELETE", "/connections/made_in_the_ui")[0] == 204


def test_a_proxys_password_is_neither_shown_nor_lost_by_an_edit(page, connection, stranger):
    proxy = f"http://someone:{PROXY_PASSWORD}@127.0.0.1:{stranger.server_port}"
    connection("behind_a_proxy", {"proxy": proxy})
    form = page.open("behind_a_proxy").edit("behind_a_proxy")
    # Of a connection that has extras, Airflow's form shows those and no others.
    assert [(f.label, f.kind, f.value) for f in form.fields("Extra Fields")] == [("Proxy", "password", "***")]
    assert '"proxy": "***"' in form.json()
    assert PROXY_PASSWORD not in page.everything_in_it()
    form.fill("Standard Fields", "Description", "changed by hand")
    form.save()

    stranger.credentials.clear()
    message = page.open("behind_a_proxy").test("behind_a_proxy")
    assert "is not Extend's API: check 'Base URL' and 'Proxy'" in message.text
    expected = base64.b64encode(f"someone:{PROXY_PASSWORD}".encode()).decode()
    assert stranger.credentials == [f"Basic {expected}"]
    assert PROXY_PASSWORD not in page.everything_in_it()


# --- the Test button -------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["2026-02-09", "2025-04-21", "2024-12-23"])
def test_success_says_who_answered(page, connection, local_extend, picture, version):
    page.driver.set_window_size(1100, 560)
    conn_id = connection("extend_default", {"api_version": version})
    message = page.open(conn_id).test(conn_id)
    assert (message.kind, message.title) == ("success", "Test Connection Successful")
    start, _, rest = message.text.partition(" ms: ")
    assert start.startswith("Extend answered in ")
    assert rest == f"{local_extend.url}, API version {version}, workspace of the key."
    (asked,) = local_extend.requests()
    assert (asked["method"], asked["path"], asked["version"]) == ("GET", "/files", version)
    if version == "2026-02-09":
        page.point_at_test(conn_id)
        picture("connection-test-success.png", page.driver)


@dataclass(frozen=True)
class Failure:
    """A connection that does not work, and how the answer begins that says why.

    `port`: a number, or who listens there: `extend`, `stranger`, `nobody`.
    """

    name: str
    says: str
    also: tuple[str, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] | None = None
    port: int | str = "extend"
    fault: dict[str, Any] | None = None
    reaches_extend: bool = True


FAILURES = [
    Failure("wrong_key", "Extend does not take this key: check 'API key', 'Region' and 'API version'.",
            ("wrong or revoked", "another region", "{url} was asked"), {"password": "sk_test_d3Jvbmc"}),
    Failure("wrong_key_2024", "Extend does not take this key: check 'API key', 'Region' and 'API version'.",
            (), {"password": "sk_test_d3Jvbmc"}, {"api_version": "2024-12-23"}),
    Failure("no_key", "The Extend connection has no API key", ("'sk_'",), {"password": None}, reaches_extend=False),
    Failure("broken_key", "The API key of the Extend connection holds white space", ("Paste it again",),
            {"password": f"{KEY} "[:9] + "\n" + KEY[9:]}, reaches_extend=False),
    Failure("organisation_key", "The key is known but the workspace is not settled",
            ("(ws_...) in 'Workspace id'; now it is empty",), {"password": ORGANISATION_KEY}),
    Failure("wrong_workspace", "The key is known but the workspace is not settled",
            ("in 'Workspace id'; now it is 'ws_of_others'",), {"password": ORGANISATION_KEY},
            {"workspace_id": "ws_of_others"}),
    Failure("no_credits", "The connection is right, but the account cannot be used: settle its credits with Extend.",
            ("out of credits or blocked",), fault={"status": 402}),
    Failure("forbidden", "The key is known but may not list files: check its scope in Extend, and 'Workspace id'.",
            fault={"status": 403}),
    Failure("not_found", "Extend's API is not at {url}: check 'Base URL' and 'API version'.", fault={"status": 404}),
    Failure("wrong_address", "Extend's API is not at http://127.0.0.1:{port}/somewhere: check 'Base URL'",
            (), {"host": "http://127.0.0.1/somewhere"}, port="stranger", reaches_extend=False),
    Failure("version_gone", "The account does not take API version 2025-04-21: choose another one in 'API version'.",
            (), {"host": "http://127.0.0.1/migrated"}, {"api_version": "2025-04-21"}, "stranger", None, False),
    Failure("rate_limited", "The account's rate limit is used up at this moment: test again in a minute.",
            fault={"status": 429, "retry_after": 30}),
    Failure("server_error", "{url} failed by itself: test again in a minute; if it stays, check 'Base URL'",
            ("HTTP 500",), fault={"status": 500}),
    Failure("bad_gateway", "{url} failed by itself: test again in a minute", ("HTTP 502",),
            fault={"status": 502, "body": "html"}),
    Failure("html_page", "What answers at {url} is not Extend's API: check 'Base URL' and 'Proxy'.",
            ("something that is not JSON",), fault={"status": 200, "body": "html"}),
    Failure("login_page", "What answers at {url} is not Extend's API: check 'Base URL' and 'Proxy'.",
            ("'login.example.com'", "the API key was not sent there"),
            fault={"body": "redirect:https://login.example.com/"}),
    Failure("half_an_answer", "{url} does not answer this machine (in the UI: the API server)",
            ("the connection broke",), fault={"body": "truncated"}),
    Failure("host_not_allowed", "The API key is not sent to 'https://gateway.example.com'",
            ("AIRFLOW__EXTEND__ALLOWED_HOSTS", "Nothing was sent"), {"host": "https://gateway.example.com"},
            None, 443, None, False),
    Failure("nobody_listens", "http://127.0.0.1:{port} does not answer this machine (in the UI: the API server): "
            "check 'Base URL', 'Port', 'Proxy'.", ("no connection could be made",), port="nobody",
            reaches_extend=False),
    Failure("https_to_http", "https://127.0.0.1:{port} does not answer this machine (in the UI: the API server)",
            ("does it speak https?",), {"host": "https://127.0.0.1"}, reaches_extend=False),
    Failure("hung_server", "{url} does not answer this machine (in the UI: the API server)", ("no answer in time",),
            fault={"latency": 7}),
    Failure("no_proxy_there", "https://api.extend.ai does not answer this machine (in the UI: the API server)",
            ("the proxy cannot be reached",), {"host": None},
            {"proxy": "http://someone:" + PROXY_PASSWORD + "@127.0.0.1:{nobody}"}, 443, None, False),
    Failure("verify_off", "The Extend connection switches the check of the server's certificate off",
            ("Nothing was sent",), {"host": None}, {"verify": False}, 443, None, False),
    Failure("unknown_version", "Extend API version '2023-01-01' is not supported: use one of 2024-12-23, 2025-04-21, "
            "2026-02-09.", (), {}, {"api_version": "2023-01-01"}, reaches_extend=False),
    Failure("unknown_region", "Extend region 'mars' is unknown: use one of us, us2, eu", (), {},
            {"region": "mars"}, reaches_extend=False),
    Failure("odd_timeout", "timeout of the Extend connection is 'soon': expected a number above 0.", (), {},
            {"timeout": "soon"}, reaches_extend=False),
]  # fmt: skip


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_a_failure_says_first_what_to_do(page, connection, local_extend, stranger, picture, failure):
    nobody = free_port()
    ports = {"extend": local_extend.port, "stranger": stranger.server_port, "nobody": nobody}
    port = ports[failure.port] if isinstance(failure.port, str) else failure.port
    extra = failure.extra
    if extra and "proxy" in extra:
        extra = {"proxy": extra["proxy"].format(nobody=nobody)}
    local_extend.control("POST", "/keys", {"key": ORGANISATION_KEY, "scope": "organization"})
    if failure.fault:
        local_extend.control("POST", "/faults", {"path": "/files", **failure.fault})
    conn_id = "extend_default" if failure.name == "wrong_key" else failure.name
    page.driver.set_window_size(1100, 650)
    connection(conn_id, extra, port=port, **failure.fields)

    message = page.open(conn_id).test(conn_id)

    assert (message.kind, message.title) == ("error", "Test Connection Failed")
    assert message.text.startswith(failure.says.format(url=local_extend.url, port=port))
    for words in failure.also:
        assert words.format(url=local_extend.url, port=port) in message.text
    seen = page.everything_in_it()
    secrets = (KEY, ORGANISATION_KEY, failure.fields.get("password") or KEY, PROXY_PASSWORD)
    for unwanted in (*secrets, "Traceback", "<html", "nginx"):
        assert unwanted not in message.text
    for secret in secrets:
        assert secret not in seen
    assert message.seconds < 7
    assert len(local_extend.requests()) == failure.reaches_extend, "asked once, or not at all"
    if failure.name == "wrong_key":
        page.point_at_test(conn_id)
        picture("connection-test-failure.png", page.driver)


def test_the_documentation_explains_every_answer_and_no_other():
    page = (ROOT / "docs" / "connection.md").read_text()
    rows = [line for line in page.split("## All fields")[0].splitlines() if line.startswith("| `")]
    documented = [words for row in rows for words in re.findall(r"`([^`]+)`", row.split(" | ")[0])]
    said = [re.sub(r"https?://127\.0\.0\.1:{port}\S*|https://api\.extend\.ai|{url}", "<address>", failure.says)
            for failure in FAILURES]  # fmt: skip
    said = (
        [words.replace("<address>:", "<address>") for words in said]
        + [
            "Extend answered in",
            "Bad Request",
            "The certificate of <address> is not trusted here",  # tests/hooks: it takes a server with a certificate
        ]
    )
    for words in said:
        assert any(words.startswith(start) for start in documented), f"not documented: {words}"
    for start in documented:
        assert any(words.startswith(start) for words in said), f"nothing says so: {start}"


def test_a_low_rate_of_the_connection_does_not_hold_the_button(page, connection):
    connection("slow", {"get_per_second": 0.05})
    page.open("slow")
    assert page.test("slow").kind == "success"
    second = page.test("slow")
    assert (second.kind, second.seconds < 4) == ("success", True)


def test_without_a_port_the_form_leads_out(page, airflow, connection, local_extend):
    """Nothing of a provider is asked before Airflow refuses: what helps is the hint in the field itself."""
    connection("without_port", host=local_extend.url, port=None)
    message = page.open("without_port").test("without_port")
    if airflow.version in REFUSE_WITHOUT_PORT:
        assert (message.kind, message.text) == ("error", "Bad Request")
        assert local_extend.requests() == []
    form = page.edit("without_port")
    (port,) = [f for f in form.fields("Standard Fields") if f.label == "Port"]
    assert (port.value, port.placeholder) == ("", "Type 443: without it Test says 'Bad Request'")
    form.fill("Standard Fields", "Port", "443")
    form.save()
    message = page.open("without_port").test("without_port")
    assert message.kind == "success"
    assert f": {local_extend.url}," in message.text, "443 is there for the button and changes no address"


def test_a_connection_that_is_made_in_the_ui_without_a_port_is_mended_there(page, airflow, local_extend):
    form = page.open().add().choose_type("Extend")
    form.fill(None, "Connection ID", "forgot_the_port")
    form.fill("Standard Fields", "Base URL", "http://127.0.0.1")
    form.fill("Standard Fields", "API key", KEY)
    form.save()
    assert airflow.api("GET", "/connections/forgot_the_port")[1]["port"] is None
    page.open("forgot_the_port").edit("forgot_the_port").fill(
        "Standard Fields", "Port", str(local_extend.port)
    ).save()
    message = page.open("forgot_the_port").test("forgot_the_port")
    assert message.kind == "success", "the key, which the form does not show, is still the one that was typed"
    airflow.api("DELETE", "/connections/forgot_the_port")
