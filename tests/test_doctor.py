"""The doctor: every sentence names the fix, no secret is shown, and nothing that breaks ends the examination."""

import json
import socket
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
import requests

from airflow_provider_extend import __version__
from airflow_provider_extend.doctor import account, answers, examine, installation, stored
from airflow_provider_extend.doctor.report import Finding, Report
from tests.dripping import dripping_server

API = "https://api.extend.ai"
KEY = "sk_test_Zm9vYmFy"
PROXY_PASSWORD = "hunter2-proxy"
NAMES = ["versions", "connection", "host", "api_version", "key", "rates", "test_button", "triggerer"]
VARIABLE = "AIRFLOW_CONN_EXTEND_DEFAULT"
SECRETS = (KEY, PROXY_PASSWORD)


class Seen:
    """A report, read as its readers do, and searched for secrets."""

    def __init__(self, conn_id="extend_default"):
        self.report = examine(conn_id)
        self.text = self.report.as_text()
        self.json = json.loads(self.report.as_json())
        for secret in SECRETS:
            assert secret not in self.text
            assert secret not in json.dumps(self.json)
        assert [check["name"] for check in self.json["checks"]] == NAMES
        assert self.json["ok"] is not any(check["status"] == "fail" for check in self.json["checks"])
        assert len(self.text.splitlines()) == len(NAMES) + 2, "one line for each check"

    def status(self, name):
        return self._check(name)["status"]

    def sentence(self, name):
        return self._check(name)["sentence"]

    def details(self, name):
        return self._check(name).get("details", {})

    def _check(self, name):
        return self.json["checks"][NAMES.index(name)]

    def says(self, name, status, *words):
        assert (self.status(name), self.sentence(name)) == (status, self.sentence(name))
        for word in words:
            assert word in self.sentence(name)


@pytest.fixture
def connect(monkeypatch):
    """Sets the default connection in the environment."""

    def set_up(extra=None, **fields):
        connection = {"conn_type": "extend", "password": KEY, **fields}
        monkeypatch.setenv(VARIABLE, json.dumps(connection | ({"extra": extra} if extra else {})))

    return set_up


@pytest.fixture
def local(extend_emulator, connect, monkeypatch):
    """A connection to the emulator, which knows the key."""
    extend_emulator.control("POST", "/keys", {"key": KEY})
    monkeypatch.setenv("AIRFLOW__EXTEND__ALLOWED_HOSTS", "127.0.0.1")

    def set_up(extra=None, **fields):
        connect(extra, **{"host": extend_emulator.base_url, **fields})
        return extend_emulator

    return set_up


@pytest.fixture
def database():
    """The metadata database, with the tables that are read and what they refer to."""
    from airflow import settings
    from airflow.jobs.job import Job
    from airflow.models.base import Base
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session
    from sqlalchemy import inspect

    tables = [
        Base.metadata.tables[name] for name in ("team", "connection", "job") if name in Base.metadata.tables
    ]
    # The database of all tests of this process may be there already: its tables are there again afterwards.
    before = set(inspect(settings.engine).get_table_names())
    Base.metadata.create_all(settings.engine, tables=tables)

    def store(*rows):
        with create_session() as session:
            session.add_all(rows)

    store.connection = lambda **fields: store(
        Connection(**{"conn_id": "extend_default", "conn_type": "extend", "password": KEY, **fields})
    )
    store.job = lambda **fields: store(Job(job_type="TriggererJob", **fields))
    store.engine = settings.engine
    yield store
    Base.metadata.drop_all(settings.engine, tables=tables)
    Base.metadata.create_all(settings.engine, tables=[table for table in tables if table.name in before])


@pytest.fixture
def no_database(monkeypatch, tmp_path):
    path = tmp_path / "none.db"
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{path}")
    return path


@pytest.fixture
def backend(monkeypatch, tmp_path):
    """A secrets backend whose `get_connection` is the given code."""

    def set_up(code):
        lines = "\n".join(f"        {line}" for line in code.splitlines())
        (tmp_path / "vaults.py").write_text(
            "import time\nfrom airflow.models.connection import Connection\n"
            "from airflow.secrets import BaseSecretsBackend\n"
            "class AirflowSecretsBackendAccessDenied(Exception):\n    pass\n"
            f"class Vault(BaseSecretsBackend):\n    def get_connection(self, conn_id, **_):\n{lines}\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "vaults", raising=False)
        monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND", "vaults.Vault")

    return set_up


# --- all is well -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["2024-12-23", "2025-04-21", "2026-02-09"])
def test_a_good_connection_fails_nowhere_and_costs_one_request(local, database, version):
    emulator = local({"api_version": version})
    seen = Seen()
    assert seen.json["ok"] is True
    assert {seen.status(name) for name in NAMES} <= {"ok", "warn"}
    seen.says("connection", "ok", VARIABLE, "type extend", "an API key")
    seen.says("host", "ok", emulator.base_url, "Base URL of the connection", "allowed_hosts is 127.0.0.1")
    seen.says("api_version", "ok", version, "Extend takes it")
    seen.says("key", "ok", "took the key", "whether it may start runs was not tried")
    assert "Nothing failed." in seen.text
    assert [(r["method"], r["path"], r["version"]) for r in emulator.control("GET", "/requests")] == [
        ("GET", "/files", version)
    ]


def test_the_bundle_says_what_support_asks_for(local, no_database):
    local()
    bundle = Seen().json
    assert bundle["provider"] == __version__
    assert bundle["airflow"] == installation.airflow_version()
    assert bundle["python"] == sys.version.split()[0]
    assert bundle["conn_id"] == "extend_default"


def test_versions_are_named_and_what_the_older_airflow_lacks(monkeypatch):
    ok = installation.versions("3.3.2")
    assert __version__ in ok.sentence
    monkeypatch.setattr(installation, "find_spec", lambda name: None)
    old = installation.versions("3.0.6")
    assert old.status == "warn"
    for word in ("Airflow 3.0.6", "no task state store", "fails rather than pay", "3.3 takes that run up"):
        assert word in old.sentence


# --- the connection --------------------------------------------------------------------------------------


def test_a_connection_that_is_nowhere_says_both_ways_to_make_one(database):
    seen = Seen("nowhere")
    seen.says(
        "connection", "fail", "'nowhere' is not in AIRFLOW_CONN_NOWHERE or the metadata database",
        "set AIRFLOW_CONN_NOWHERE to", "airflow connections add nowhere --conn-type extend",
    )  # fmt: skip
    for name in ("host", "api_version", "key", "rates", "test_button"):
        seen.says(name, "skip", "because there is no connection 'nowhere'")
    seen.says("triggerer", "ok")


def test_a_connection_of_the_database_is_found_where_no_task_runs(database):
    database.connection(extra='{"region": "mars"}')
    seen = Seen()
    seen.says("connection", "ok", "comes from the metadata database")
    seen.says("host", "fail", "'mars'")


def test_one_in_the_environment_hides_that_of_the_database(local, database):
    local()
    database.connection(password="sk_another_key")
    seen = Seen()
    seen.says("connection", "warn", VARIABLE, "metadata database is not used", "remove one of the two")
    assert seen.status("key") == "ok"


@pytest.mark.parametrize("text", ["{broken", '{"foo": 1}', "extend://:sk_x@api.extend.ai:port/"])
def test_a_variable_that_is_no_connection_is_named_and_passed_over(monkeypatch, database, text):
    monkeypatch.setenv(VARIABLE, text)
    Seen().says("connection", "fail", VARIABLE, "neither as JSON nor as URI")
    database.connection(extra='{"region": "mars"}')
    Seen().says("connection", "warn", "comes from the metadata database", VARIABLE, "correct or remove it")


def test_a_key_alone_is_no_connection_and_is_not_shown(monkeypatch, no_database):
    monkeypatch.setenv(VARIABLE, KEY)
    Seen().says("connection", "fail", "holds no connection", f"set {VARIABLE} to")


def test_where_no_database_is_none_is_made(no_database):
    seen = Seen()
    seen.says(
        "connection", "fail", f"no metadata database at {no_database}", "AIRFLOW_HOME", "airflow db migrate"
    )
    seen.says("triggerer", "skip", "no metadata database")
    assert not no_database.exists()


def test_a_database_that_cannot_be_read_is_not_one_that_holds_nothing(database, connect):
    from sqlalchemy import text

    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE connection"))
    seen = Seen()
    seen.says("connection", "fail", "cannot be read here (OperationalError)", "[database] sql_alchemy_conn")
    seen.says("triggerer", "skip", "cannot be read here (OperationalError)")
    connect()
    assert "metadata database" not in Seen().sentence("connection"), "it is not needed"


def test_a_key_that_is_encrypted_otherwise_names_the_setting(database):
    from sqlalchemy import text

    database.connection()
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE connection SET password = 'gAAAAABother', is_encrypted = 1"))
    seen = Seen()
    seen.says("connection", "fail", "encrypted with another key", "[core] fernet_key")
    seen.says("triggerer", "ok")


def test_a_connection_of_a_secrets_backend_is_named_by_it(backend, database):
    backend(
        f"return Connection(conn_id=conn_id, conn_type='extend', password={KEY!r}, host='gw.example.com')"
    )
    Seen().says("connection", "ok", "comes from the secrets backend Vault")


def test_a_secrets_backend_that_breaks_does_not_hide_the_next_source(backend, connect, database):
    backend(f"raise ValueError('no lease for {KEY}')")
    Seen().says("connection", "fail", "the secrets backend Vault cannot be read (ValueError)")
    connect({"region": "mars"})
    Seen().says("connection", "warn", VARIABLE, "the secrets backend Vault cannot be read (ValueError)")


def test_a_secrets_backend_that_denies_is_the_last_that_is_asked(backend, connect, database):
    backend("raise AirflowSecretsBackendAccessDenied('no')")
    connect()
    Seen().says("connection", "fail", "Vault cannot be read (AirflowSecretsBackendAccessDenied)")


def test_a_secrets_backend_that_hangs_is_left_behind(backend, monkeypatch, database):
    monkeypatch.setattr(stored, "_SECONDS", 0.1)
    backend("time.sleep(0.8)")
    started = time.monotonic()
    Seen().says("connection", "fail", "the secrets backend Vault cannot be read (TimeoutError)")
    assert time.monotonic() - started < 0.7
    assert stored.left_behind()
    while stored.left_behind():
        time.sleep(0.02)


def test_a_secrets_backend_that_cannot_be_loaded_names_its_settings(backend):
    backend("def")
    Seen().says("connection", "fail", "cannot be loaded (SyntaxError)", "[secrets] backend", "backend_kwargs")


@pytest.mark.parametrize(
    ("extra", "fields", "words"),
    [
        (None, {"password": ""}, ["no API key", "'API key'"]),
        (None, {"password": f"{KEY} x"}, ["Paste it again"]),
        ({"timeout": "soon"}, {}, ["timeout", "'soon'", "expected a number above 0"]),
        ({"workspace_id": 7}, {}, ["workspace_id", "expected text"]),
        ({"proxy": [f"http://u:{PROXY_PASSWORD}@p"]}, {}, ["proxy", "expected text"]),
        ({"timeout": 0, "workspace_id": 7}, {"password": ""}, ["timeout", "workspace_id", "no API key"]),
    ],
)
def test_each_wrong_field_is_named_with_what_was_expected(
    connect, requests_mock, no_database, extra, fields, words
):
    connect(extra, **fields)
    seen = Seen()
    seen.says("connection", "fail", *words)
    seen.says("host", "ok", API)
    seen.says("api_version", "skip", "not asked", "because of what failed")
    seen.says("key", "skip", "has to be mended first")
    seen.says("rates", "ok")
    assert requests_mock.call_count == 0


def test_another_type_of_connection_works_and_is_mentioned(connect, requests_mock, no_database):
    requests_mock.get(f"{API}/files", json={"object": "list", "data": []})
    connect(conn_type="http")
    seen = Seen()
    seen.says("connection", "warn", "its type is 'http'", "set it to 'extend'")
    assert seen.status("key") == "ok"


@pytest.mark.parametrize("extra", ["[1]", "{broken", '"text"'])
def test_an_extra_that_is_no_object_sends_the_key_nowhere(requests_mock, extra):
    broken = stored.Stored("x", "x", "extend", None, None, KEY, extra)
    assert account.ask(broken) is None
    lookup = stored.Lookup("x", broken)
    assert "its extra is no JSON object, write it" in account.connection(lookup).sentence
    with pytest.raises(stored.Skipped, match="extra of the connection cannot be read"):
        lookup.found()
    assert requests_mock.call_count == 0


# --- host and version ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extra", "fields", "words"),
    [
        (None, {"host": "https://evil.example.com"}, ["not sent", "allowed_hosts", "ALLOWED_HOSTS is empty"]),
        (None, {"host": "http://api.extend.ai"}, ["plain http"]),
        (None, {"host": f"https://u:{KEY}@api.extend.ai"}, ["no address", "expected for instance"]),
        ({"region": "mars"}, {}, ["'mars'", "use one of us, us2, eu"]),
        ({"verify": False}, {}, ["certificate off", "allowed_hosts"]),
    ],
)
def test_an_address_that_may_not_have_the_key_is_refused_with_the_way_out(
    connect, requests_mock, no_database, extra, fields, words
):
    connect(extra, **fields)
    seen = Seen()
    seen.says("host", "fail", *(word.replace("ALLOWED_HOSTS is", "allowed_hosts is") for word in words))
    seen.says("key", "skip", "has to be mended first")
    assert requests_mock.call_count == 0


def test_what_has_no_effect_at_the_host_is_mentioned(local, monkeypatch, no_database):
    emulator = local({"region": "eu", "verify": False})
    monkeypatch.setenv("AIRFLOW__EXTEND__ALLOWED_HOSTS", f"127.0.0.1,https://u:{PROXY_PASSWORD}@other")
    seen = Seen()
    seen.says(
        "host", "warn", emulator.base_url, "region eu has no effect beside a Base URL", "clear one of the two",
        "certificate is not checked", "'https://***@other' is no host and permits nothing",
    )  # fmt: skip
    assert seen.status("key") == "ok"


@pytest.mark.parametrize(
    ("extra", "fields", "url"),
    [
        ({"api_version": "2024-12-23", "region": "eu"}, {}, "https://api.eu1.extend.ai"),
        ({"api_version": "2024-12-23"}, {"host": "api.extend.ai"}, API),
        (None, {"host": "api-prod.extend.app"}, "https://api-prod.extend.app"),
    ],
)
def test_a_version_on_another_host_than_its_own_is_a_hint_as_long_as_it_does_not_work(
    connect, requests_mock, no_database, extra, fields, url
):
    requests_mock.get(f"{url}/files", status_code=404, json={"message": "nothing"})
    connect(extra, **fields)
    Seen().says("host", "warn", url, "is documented for", "clear Base URL and Region or change it")
    requests_mock.get(f"{url}/files", json={"success": True, "files": [], "object": "list", "data": []})
    Seen().says("host", "ok", url)


def test_an_unknown_version_is_refused_with_the_known_ones(connect, requests_mock, no_database):
    connect({"api_version": "2026"})
    seen = Seen()
    seen.says("api_version", "fail", "'2026'", "2024-12-23, 2025-04-21, 2026-02-09")
    seen.says("host", "skip", "the API version decides about it")
    assert requests_mock.call_count == 0


@pytest.mark.parametrize(
    "answer",
    [
        {"status_code": 400, "json": {"code": "INVALID_REQUEST", "message": "version is not available"}},
        {"status_code": 410, "json": {"code": "ENDPOINT_REMOVED", "message": "gone"}},
    ],
)
def test_a_version_that_extend_refuses_says_to_choose_another(connect, requests_mock, no_database, answer):
    requests_mock.get(f"{API}/files", **answer)
    connect()
    seen = Seen()
    seen.says(
        "api_version", "fail", "does not take it", answer["json"]["message"],
        "choose another in 'API version'", "keys of before April 2025",
    )  # fmt: skip
    seen.says("key", "skip", "Extend refused the API version first")


# --- the key, by what Extend answers ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (None, "belongs to one workspace"),
        (
            {"workspace_id": "ws_1"},
            "for workspace ws_1; whether it is an organisation key Extend does not say",
        ),
        ({"api_version": "2025-04-21"}, "2025-04-21 does not say whether it is an organisation key"),
    ],
)
def test_what_can_be_told_of_the_scope_of_a_key(local, no_database, extra, words):
    local(extra)
    Seen().says("key", "ok", words)


@pytest.mark.parametrize(
    ("key", "extra", "words"),
    [
        ({"revoked": True}, None, ["refuses the key (HTTP 401: The key was revoked", "make a new one", "'Region'"]),
        ({"scope": "organization"}, None, ["organisation key, which has to name a workspace", "into 'Workspace id'"]),
        (
            {"scope": "organization", "workspace_id": "ws_1"},
            {"workspace_id": "ws_9"},
            ["may not use workspace ws_9", "correct 'Workspace id'"],
        ),
    ],
)  # fmt: skip
def test_a_key_that_the_account_refuses(local, no_database, key, extra, words):
    emulator = local(extra)
    emulator.control("POST", "/keys", {"key": KEY, **key})
    emulator.control("POST", "/settings", {"echo_authorization": True})
    seen = Seen()
    seen.says("key", "fail", *words)
    seen.says("api_version", "skip", "cannot be told")
    assert seen.details("key")["request_id"].startswith("req_")


def test_a_key_that_does_not_look_like_one_is_said_so_once_it_is_refused(local, no_database):
    local(password="another-secret")
    seen = Seen()
    seen.says("connection", "ok")
    seen.says("key", "fail", "paste it into 'API key' again", "does not start with 'sk_'")
    assert "another-secret" not in seen.text


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ({"status": 402}, "fail", ["out of credits or blocked (HTTP 402", "settle that in Extend's dashboard"]),
        ({"status": 403}, "fail", ["may not list files", "scope", "'Workspace id' of the connection, which is empty"]),
        ({"status": 404}, "fail", ["no list of files", "check Base URL, its path too"]),
        ({"status": 407, "body": "html"}, "fail", ["The proxy wants credentials", "into 'Proxy'"]),
        ({"status": 408}, "fail", ["a gateway before it, failed", "run this again"]),
        ({"status": 418}, "fail", ["refuses a plain list of files (HTTP 418", "check Base URL and API version"]),
        ({"status": 429}, "warn", ["asked too often", "run this again, and", "lower the connection's rates"]),
        ({"status": 429, "retry_after": 7}, "warn", ["run this again in 7 s"]),
        ({"status": 500}, "fail", ["HTTP 500", "the connection is not to blame", "--json"]),
        ({"status": 503, "body": "html"}, "fail", ["HTTP 503", "run this again"]),
        ({"status": 200, "body": "html"}, "fail", ["not Extend's API (HTTP 200", "login page", "check Base URL"]),
        ({"body": "empty"}, "fail", ["not Extend's API"]),
        ({"body": "malformed"}, "fail", ["not Extend's API"]),
        ({"body": "redirect:https://login.example.com/"}, "fail", ["sends requests elsewhere (HTTP 302)", "Base URL"]),
        ({"drop": True}, "fail", ["broke the connection off", "run this again", "gateway or proxy"]),
        ({"latency": 0.6}, "fail", ["gave no answer within 0.2 s", "run this again"]),
    ],
)  # fmt: skip
def test_each_failure_of_the_call_says_what_to_do(local, no_database, fault, status, words):
    emulator = local({"timeout": 0.2} if "latency" in fault else None)
    emulator.control("POST", "/settings", {"echo_authorization": True})
    emulator.control("POST", "/faults", fault)
    seen = Seen()
    seen.says("key", status, *words)
    seen.says("api_version", "skip", "2026-02-09", "cannot be told")
    assert seen.json["ok"] is (status != "fail")
    assert len(emulator.control("GET", "/requests")) == 1, "nobody waits for repeats"


def test_a_path_that_is_not_the_apis_is_no_list(local, extend_emulator, no_database):
    local(host=f"{extend_emulator.base_url}/v1")
    Seen().says("key", "fail", "no list of files", f"{extend_emulator.base_url}/v1")


def test_a_page_that_answers_json_is_not_extend(connect, requests_mock, no_database):
    requests_mock.get(f"{API}/files", json={"hello": f"world {KEY}"})
    connect()
    Seen().says("key", "fail", "not Extend's API (HTTP 200")


# --- no answer at all ------------------------------------------------------------------------------------


def test_nobody_listens(connect, monkeypatch, no_database):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("AIRFLOW__EXTEND__ALLOWED_HOSTS", "127.0.0.1")
    connect(host=host)
    Seen().says("key", "fail", f"No connection to {host}", "Base URL and Port", "firewall", "whether a proxy")


def test_a_name_that_is_not_known(connect, monkeypatch, no_database):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    connect(host="api.nowhere.extend.ai")
    Seen().says("key", "fail", "api.nowhere.extend.ai cannot be resolved", "a slip", "DNS")


def test_plain_http_where_tls_was_meant(local, extend_emulator, monkeypatch, no_database):
    host = extend_emulator.base_url.replace("http://", "https://")
    local(host=host)
    Seen().says("key", "fail", f"{host} does not speak TLS", "Base URL and Port")


def test_a_certificate_that_nobody_vouches_for(connect, requests_mock, no_database):
    requests_mock.get(f"{API}/files", exc=requests.exceptions.SSLError(f"SSLCertVerificationError {KEY}"))
    connect()
    Seen().says("key", "fail", "certificate of api.extend.ai", "REQUESTS_CA_BUNDLE")


def test_a_connection_that_is_not_made_in_time(connect, requests_mock, no_database):
    requests_mock.get(f"{API}/files", exc=requests.exceptions.ConnectTimeout())
    connect({"proxy": f"http://u:{PROXY_PASSWORD}@proxy.example.com:3128"})
    Seen().says("key", "fail", f"No connection to {API}", "firewall", "and the proxy of the connection")


def test_the_proxy_of_the_connection_is_told_from_that_of_the_environment(connect, monkeypatch, no_database):
    dead = f"http://u:{PROXY_PASSWORD}@127.0.0.1:1"
    connect({"proxy": dead})
    seen = Seen()
    seen.says("key", "fail", "The proxy of the connection", "check 'Proxy'")
    assert seen.details("key")["kind"] == "proxy"
    connect()
    monkeypatch.setenv("https_proxy", dead)
    Seen().says("key", "fail", "The proxy of the environment", "HTTPS_PROXY", "api.extend.ai in NO_PROXY")


def test_an_answer_that_drips_is_left_behind(connect, monkeypatch, no_database):
    monkeypatch.setattr(answers, "_SECONDS", 0.3)
    monkeypatch.setenv("AIRFLOW__EXTEND__ALLOWED_HOSTS", "127.0.0.1")
    with dripping_server() as host:
        connect(host=host)
        seen = Seen()
    seen.says("key", "fail", f"{host} did not answer in 0.3 s", "run this again")
    while stored.left_behind():
        time.sleep(0.02)


# --- rates, Test button, triggerer -----------------------------------------------------------------------


def test_rates_are_shown_with_who_keeps_them(local, no_database):
    local({"get_per_second": 2.5, "run_per_second": "1"})
    seen = Seen()
    seen.says(
        "rates", "ok", "2.5 reads, 10 writes and 1 run submissions", "each task process and triggerer",
        "10 of each on its smallest plan", "divide",
    )  # fmt: skip
    assert "larger plan" not in seen.sentence("rates")
    local({"write_per_second": 20})
    Seen().says("rates", "ok", "20 writes", "needs a larger plan")


def test_wrong_rates_do_not_keep_the_rest_from_being_asked(local, no_database):
    local({"get_per_second": 0, "write_per_second": "many"})
    seen = Seen()
    seen.says("rates", "fail", "get_per_second", "write_per_second", "'many'", "expected a number above 0")
    assert seen.status("key") == "ok"


def button(port=None, host=API, airflow="3.3.2", kind=stored.DATABASE):
    return installation.button(stored.Stored(kind, "there", "extend", host, port, KEY, None), airflow)


@pytest.mark.parametrize(
    ("airflow", "fields", "lacks", "fix"),
    [
        ("3.3.2", {}, "port", "set Port to 443."),
        ("3.3.2", {"host": None}, "port", "set Port to 443."),
        ("3.3.1", {}, "port", "set Port to 443."),
        ("3.3.1", {"host": None}, "port or host", "set Port to 443 and Base URL to the address above."),
        ("3.3.1", {"host": None, "port": 443}, "host", "set Base URL to the address above."),
    ],
)
def test_the_test_button_that_refuses_is_foretold(monkeypatch, airflow, fields, lacks, fix):
    monkeypatch.setenv("AIRFLOW__CORE__TEST_CONNECTION", "Enabled")
    finding = button(airflow=airflow, **fields)
    assert finding.status == "warn"
    assert (
        f"Airflow {airflow} refuses to test a connection that is stored without a {lacks},"
        in finding.sentence
    )
    assert finding.sentence.endswith(fix)
    monkeypatch.setenv("AIRFLOW__CORE__TEST_CONNECTION", "Disabled")
    assert button(airflow=airflow, **fields).status == "ok", "a button that is off refuses nothing"
    assert button(airflow=airflow, **fields).sentence.endswith(fix)


@pytest.mark.parametrize(
    "case", [{"port": 443}, {"port": 0}, {"airflow": "3.0.6"}, {"airflow": "3.3.0"}, {"airflow": "3.3.3"}]
)
def test_the_test_button_that_works(monkeypatch, case):
    monkeypatch.setenv("AIRFLOW__CORE__TEST_CONNECTION", "Enabled")
    assert button(**case) == Finding(
        "ok",
        "The Test button is on ([core] test_connection = Enabled).",
        {"test_connection": "Enabled", "refused_without": []},
    )
    monkeypatch.setenv("AIRFLOW__CORE__TEST_CONNECTION", "Hidden")
    assert "is off ([core] test_connection = Hidden); Enabled, in the API server's" in button(**case).sentence


def test_the_test_button_is_for_connections_of_the_database(local, database):
    local()
    Seen().says("test_button", "ok", "connections of the metadata database only", VARIABLE)
    database.connection(conn_id="stored", port=443)
    assert "[core] test_connection" in Seen("stored").sentence("test_button")


def test_a_triggerer_that_is_alive(database, monkeypatch):
    now = datetime.now(UTC)
    database.job(state="running", latest_heartbeat=now - timedelta(days=1))
    monkeypatch.setenv("AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE", "True")
    assert "no triggerer is alive" in installation.triggerer(None).sentence, "its heart beat a day ago"
    database.job(state="running", latest_heartbeat=now)
    assert installation.triggerer(None) == Finding(
        "ok",
        "[operators] default_deferrable is on, and a triggerer is alive.",
        {"default_deferrable": True, "alive": True},
    )


@pytest.mark.parametrize(
    ("deferrable", "status", "words"),
    [
        ("True", "warn", "is on but no triggerer is alive: start `airflow triggerer`, or deferred tasks only time out"),
        ("False", "ok", "is off and no triggerer is alive: none is needed before"),
    ],
)  # fmt: skip
def test_no_triggerer(database, monkeypatch, deferrable, status, words):
    monkeypatch.setenv("AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE", deferrable)
    finding = installation.triggerer(None)
    assert finding.status == status
    assert words in finding.sentence


def test_a_table_of_jobs_that_cannot_be_read(database):
    from sqlalchemy import text

    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE job"))
    finding = installation.triggerer(None)
    assert finding.status == "skip"
    assert "the metadata database cannot be read here (OperationalError)" in finding.sentence


# --- what breaks, and what is shown ----------------------------------------------------------------------


def test_a_check_that_breaks_is_a_finding_and_the_next_goes_on(local, no_database, monkeypatch):
    local()
    monkeypatch.setenv("AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE", KEY)
    seen = Seen()
    seen.says(
        "triggerer", "fail", "broke off with AirflowConfigException in getboolean", "airflow info", "--json"
    )
    assert seen.details("triggerer")["at"].rpartition(":")[2].isdecimal()
    assert seen.status("key") == "ok"


def test_a_call_that_breaks_is_a_finding_too(local, no_database, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError(KEY)

    local()
    monkeypatch.setattr("airflow_provider_extend.client.ExtendClient.call", broken)
    seen = Seen()
    seen.says("key", "fail", "broke off with RuntimeError in broken")
    seen.says("api_version", "skip", "cannot be told")


def test_an_airflow_that_does_not_start_is_the_only_failure(monkeypatch):
    monkeypatch.setattr(
        installation, "import_module", lambda name: (_ for _ in ()).throw(SystemExit("bad configuration"))
    )
    seen = Seen()
    seen.says(
        "versions", "fail", "Airflow does not start (SystemExit)", "airflow.cfg", "`airflow version` works"
    )
    assert seen.report.failed == ["versions"]
    for name in NAMES[1:]:
        seen.says(name, "skip", "because Airflow does not start")


def test_without_the_package_of_airflow_its_version_is_unknown(monkeypatch):
    def unknown(name):
        raise installation.PackageNotFoundError(name)

    monkeypatch.setattr(installation, "version", unknown)
    assert installation.airflow_version() is None


def test_secrets_are_struck_out_whoever_says_them():
    report = Report("x")
    report.hide([None, "", " no start of one/ \n", "abc"])
    said = "no start of one/ and no%20start%20of%20one%2F sk_live-abcd_1 https://me:pw@host/ abc sk_... sk_"
    report.findings["key"] = Finding("fail", said, {"a": [said, {"b": said}], "n": 1})
    report.hide(["no start of one/"])
    shown = "*** and *** sk_*** https://***@host/ abc sk_... sk_"
    assert report.as_text().splitlines()[0] == f"FAIL  key  {shown}"
    (check,) = json.loads(report.as_json())["checks"]
    assert check["details"] == {"a": [shown, {"b": shown}], "n": 1}


def test_the_users_of_addresses_are_secrets_too():
    host = f"https://name-of-user:{PROXY_PASSWORD}@gateway"
    extra = json.dumps({"proxy": "http://[bad:pass-word@proxy"})
    lookup = stored.Lookup("x", stored.Stored("x", "x", "extend", host, None, KEY, extra))
    report = Report("x")
    report.hide(lookup.secrets())
    report.findings["key"] = Finding("ok", f"{KEY} {PROXY_PASSWORD} name-of-user pass-word")
    assert report.as_text().startswith("ok    key  *** *** *** ***\n")


def test_what_a_server_says_cannot_steer_the_terminal(connect, requests_mock, no_database):
    requests_mock.get(f"{API}/files", status_code=403, json={"message": "no\x1b[2J\nok    all\u202e is well"})
    connect()
    seen = Seen()
    assert "HTTP 403: no [2J ok all is well" in seen.sentence("key")
    assert "\x1b" not in seen.text


def test_on_a_terminal_long_sentences_are_wrapped_under_themselves(monkeypatch):
    report = Report("x", findings={"key": Finding("ok", "word " * 30), "rates": Finding("warn", "short")})
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    lines = report.as_text().splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[0].startswith("ok    key    word")
    assert lines[1].startswith("             word")
    assert "warn  rates  short" in lines
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    assert len(report.as_text().splitlines()) == 4
