"""ExtendHook: from an Airflow connection, however it was made, to a client and to plain words."""

import importlib.metadata
import json
import socket
import subprocess
import sys
import time
from urllib.parse import quote

import airflow.sdk
import pytest
import requests

from airflow_provider_extend import __version__
from airflow_provider_extend.api import errors
from airflow_provider_extend.exceptions import ExtendException, ExtendFailException, as_airflow
from airflow_provider_extend.hooks import extend as module
from airflow_provider_extend.hooks.extend import ExtendHook
from tests.airflow_names import AirflowException, AirflowFailException, AirflowNotFoundException
from tests.dripping import dripping_server

API = "https://api.extend.ai"
KEY = "sk_test_Zm9vYmFy"
EXTRAS = (
    "api_version",
    "region",
    "workspace_id",
    "timeout",
    "verify",
    "proxy",
    "get_per_second",
    "run_per_second",
)
RATES = {"get_per_second": 1e6, "write_per_second": 1e6, "run_per_second": 1e6}

# Airflow 3.0 does not find a connection in the environment whose extra is no JSON object.
TAKES_ANY_EXTRA = hasattr(airflow.sdk, "BaseHook")


@pytest.fixture
def connect(monkeypatch):
    """Sets the default connection: as URI, or as JSON of fields and extras."""

    def set_up(uri=None, *, extra=None, **fields):
        value = uri or json.dumps(
            {"conn_type": "extend", "password": KEY, **fields, **({} if extra is None else {"extra": extra})}
        )
        monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", value)
        return ExtendHook()

    return set_up


@pytest.fixture
def settings(connect):
    return lambda *args, **fields: connect(*args, **fields).get_conn().settings


@pytest.fixture
def allow(monkeypatch):
    return lambda hosts: monkeypatch.setenv("AIRFLOW__EXTEND__ALLOWED_HOSTS", hosts)


@pytest.fixture
def masked(monkeypatch):
    secrets = []
    monkeypatch.setattr(module, "mask_secret", secrets.append)
    return secrets


# --- the connection --------------------------------------------------------------------------------------


def test_a_key_alone_is_a_connection_to_the_newest_version(settings):
    found = settings()
    assert (found.base_url, found.api_version, found.api_key) == (API, "2026-02-09", KEY)
    assert (found.workspace_id, found.timeout, found.verify, found.proxy) == (None, 30.0, True, None)
    assert dict(found.rates) == {}
    assert found.allowed_hosts == ()


def test_all_fields_of_a_connection(settings, allow):
    allow("api.extend.ai")
    found = settings(
        host="https://api.extend.ai/",
        port=443,
        extra={
            "api_version": "2025-04-21",
            "region": "eu",
            "workspace_id": " ws_1 ",
            "timeout": 12,
            "verify": False,
            "proxy": "http://user:pass@proxy.example.com:3128",
            "get_per_second": 5,
            "write_per_second": 2.5,
            "run_per_second": 1,
        },
    )
    assert (found.base_url, found.api_version, found.workspace_id) == (API, "2025-04-21", "ws_1")
    assert (found.timeout, found.verify) == (12.0, False)
    assert found.proxy == "http://user:pass@proxy.example.com:3128"
    assert dict(found.rates) == {"GET": 5.0, "WRITE": 2.5, "RUN": 1.0}


def test_numbers_and_booleans_may_be_text(settings):
    found = settings(
        extra={"timeout": "12.5", "verify": "True", "get_per_second": "5", "run_per_second": " 2 "}
    )
    assert (found.timeout, found.verify) == (12.5, True)
    assert dict(found.rates) == {"GET": 5.0, "RUN": 2.0}


@pytest.mark.parametrize("value", ["false", "False", "0", "no", "off", False, 0])
def test_every_usual_word_for_no_switches_verification_off(settings, allow, value):
    allow("api.extend.ai")
    assert settings(host="api.extend.ai", extra={"verify": value}).verify is False


@pytest.mark.parametrize("value", ["true", "TRUE", "1", "yes", "on", True, 1, None, ""])
def test_every_usual_word_for_yes_and_nothing_leave_it_on(settings, value):
    assert settings(extra={"verify": value}).verify is True


@pytest.mark.parametrize(
    "extra",
    [None, {}, "", dict.fromkeys(EXTRAS), dict.fromkeys(EXTRAS, "")],
    ids=["none", "empty", "empty text", "nulls", "empty texts"],
)  # fmt: skip
def test_what_is_left_out_null_or_empty_has_the_defaults(settings, extra):
    found = settings(extra=extra)
    assert (found.base_url, found.api_version, found.workspace_id) == (API, "2026-02-09", None)
    assert (found.timeout, found.verify, found.proxy, dict(found.rates)) == (30.0, True, None, {})


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (f"extend://:{KEY}@/", (API, "2026-02-09", 30.0)),
        (f"extend://:{KEY}@api.extend.ai:443/?api_version=2025-04-21&timeout=5", (API, "2025-04-21", 5.0)),
        (f"extend://:{KEY}@/?region=eu&timeout=7.5", ("https://api.eu1.extend.ai", "2026-02-09", 7.5)),
        (f"extend://:{KEY}@api.us2.extend.app/", ("https://api.us2.extend.app", "2026-02-09", 30.0)),
        (f"extend://:{KEY}@{quote('https://api.extend.ai', safe='')}", (API, "2026-02-09", 30.0)),
        (f"extend://:{KEY}@/?__extra__={quote(json.dumps({'timeout': 9}))}", (API, "2026-02-09", 9.0)),
    ],
)
def test_a_connection_may_be_a_uri(settings, uri, expected):
    found = settings(uri)
    assert (found.base_url, found.api_version, found.timeout) == expected
    assert found.api_key == KEY


@pytest.mark.parametrize(
    ("host", "port", "url"),
    [
        (None, None, API),
        (None, 443, API),
        (None, 0, API),
        ("", 443, API),
        ("api.extend.ai", 0, API),
        ("api.extend.ai", 443, API),
        (" api.extend.ai ", None, API),
        ("api.extend.ai", 8443, "https://api.extend.ai:8443"),
        ("https://api.extend.ai/", 8443, "https://api.extend.ai:8443"),
        ("https://api.extend.ai/v1", 8443, "https://api.extend.ai:8443/v1"),
        ("http://127.0.0.1", 8765, "http://127.0.0.1:8765"),
        ("http://127.0.0.1:8765", 443, "http://127.0.0.1:8765"),
        ("http://127.0.0.1:8765", None, "http://127.0.0.1:8765"),
        ("http://127.0.0.1:8765", 8765, "http://127.0.0.1:8765"),
    ],
)
def test_host_and_port_make_the_address_and_443_is_only_there_for_the_test_button(
    settings, allow, host, port, url
):
    allow("http://127.0.0.1:8765")
    assert settings(host=host, port=port).base_url == url


@pytest.mark.parametrize(
    ("extra", "url"),
    [
        ({"api_version": "2024-12-23"}, "https://api-prod.extend.app"),
        ({"api_version": "2024-12-23", "region": "us"}, "https://api-prod.extend.app"),
        ({"api_version": "2025-04-21", "region": "us"}, API),
        ({"region": "us2"}, "https://api.us2.extend.app"),
        ({"region": "eu"}, "https://api.eu1.extend.ai"),
    ],
)
def test_without_a_host_version_and_region_choose_it(settings, extra, url):
    assert settings(extra=extra).base_url == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in ("timeout", "get_per_second", "write_per_second", "run_per_second")
          for value in (0, -1, "0", "-5", "ten", "nan", "inf", "1,5", True, [1], {})),
        *(("verify", value) for value in ("perhaps", 2, "/etc/ca.pem", [], 0.5)),
        *(("region", value) for value in ("mars", "US", "eu1", 7, ["us"])),
        *(("api_version", value) for value in ("2026", "2026-02-10", "latest", 20260209, ["2026-02-09"])),
        *(("workspace_id", value) for value in (7, ["ws_1"], True)),
    ],
)  # fmt: skip
def test_a_bad_value_is_one_clear_error_that_names_field_and_value(connect, name, value):
    with pytest.raises(ExtendFailException) as caught:
        connect(extra={name: value}).get_conn()
    assert isinstance(caught.value.error, errors.ExtendInputError)
    words = str(caught.value)
    assert name.replace("api_version", "version") in words.lower()
    assert repr(value) in words
    assert "Nothing was sent" in words


@pytest.mark.parametrize("value", [7, {"https": "http://user:hunter2@proxy"}, ["http://user:hunter2@proxy"]])
def test_a_bad_proxy_is_named_without_its_password(connect, value):
    with pytest.raises(ExtendFailException, match="proxy of the Extend connection") as caught:
        connect(extra={"proxy": value}).get_conn()
    assert "hunter2" not in str(caught.value)


@pytest.mark.skipif(not TAKES_ANY_EXTRA, reason="this Airflow takes no such connection from the environment")
@pytest.mark.parametrize("extra", ["{broken", "[]", '"text"', "3"])
def test_a_broken_extra_is_an_error_and_not_an_empty_one(connect, extra):
    with pytest.raises(ExtendFailException, match="extra of the Extend connection is no JSON object"):
        connect(extra=extra).get_conn()


@pytest.mark.parametrize("password", [None, "", "  ", "\n"])
def test_a_missing_key_says_where_it_belongs(connect, password):
    with pytest.raises(ExtendFailException, match=r"no API key: put the key .* into 'API key'"):
        connect(password=password).get_conn()


def test_a_line_break_after_the_key_does_no_harm(settings):
    assert settings(password=f"{KEY}\r\n").api_key == KEY


@pytest.mark.parametrize("password", [f"{KEY}\nx", f"{KEY} x", f"{KEY}\u200b", f"Bearer {KEY}"])
def test_a_key_that_was_pasted_badly_is_refused_without_being_shown(connect, password):
    with pytest.raises(ExtendFailException, match=r"API key .* Paste it again") as caught:
        connect(password=password).get_conn()
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "host", ["ftp://api.extend.ai", f"https://x:{KEY}@api.extend.ai", f"https://api.extend.ai?k={KEY}"]
)
def test_a_host_that_is_no_address_is_refused_without_being_shown(connect, host):
    with pytest.raises(ExtendFailException, match="host of the Extend connection is no address") as caught:
        connect(host=host).get_conn()
    assert KEY not in str(caught.value)


# --- hosts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["https://evil-extend.ai", "https://api.extend.ai.evil.com", "http://api.extend.ai", "http://127.0.0.1:8765",
     "http://localhost:8765", "https://gateway.example.com"],
)  # fmt: skip
def test_a_connection_cannot_send_its_key_elsewhere(connect, requests_mock, host):
    for extra in ({}, {"allowed_hosts": host}):
        with pytest.raises(ExtendFailException, match=r"AIRFLOW__EXTEND__ALLOWED_HOSTS") as caught:
            connect(host=host, extra=extra).call("files.list")
        assert isinstance(caught.value.error, errors.ExtendHostNotAllowed)
    assert requests_mock.call_count == 0


def test_the_administrator_can_allow_hosts(settings, connect, allow):
    allow("gateway.example.com, http://127.0.0.1:8765 ,, ")
    assert settings(host="gateway.example.com").base_url == "https://gateway.example.com"
    found = settings(host="http://127.0.0.1:8765")
    assert found.base_url == "http://127.0.0.1:8765"
    assert found.allowed_hosts == ("gateway.example.com", "http://127.0.0.1:8765")
    with pytest.raises(ExtendFailException):
        connect(host="http://127.0.0.1:8766").get_conn()


# --- the hook --------------------------------------------------------------------------------------------


def test_nothing_is_read_when_a_dag_is_parsed(monkeypatch):
    monkeypatch.delenv("AIRFLOW_CONN_NOWHERE", raising=False)
    hook = ExtendHook("nowhere")
    assert hook.extend_conn_id == "nowhere"
    with pytest.raises(AirflowNotFoundException):
        hook.get_conn()


def test_importing_the_hook_loads_no_http_library():
    code = (
        "import sys, airflow_provider_extend.hooks.extend\n"
        "print('airflow_provider_extend.client' in sys.modules, 'requests' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.splitlines()[-1] == "False False"


def test_airflow_knows_the_hook_by_these_names():
    assert (
        ExtendHook.conn_type,
        ExtendHook.default_conn_name,
        ExtendHook.conn_name_attr,
        ExtendHook.hook_name,
    ) == (
        "extend",
        "extend_default",
        "extend_conn_id",
        "Extend",
    )
    assert ExtendHook().extend_conn_id == "extend_default"


def test_the_client_is_made_once(connect):
    hook = connect()
    assert hook.get_conn() is hook.get_conn()
    assert hook.plain_client() is not hook.get_conn()


def test_calls_go_out_in_the_name_of_package_and_airflow(connect, requests_mock):
    requests_mock.get(f"{API}/files/f", json={"id": "f"})
    assert connect(extra={"workspace_id": "ws_1", **RATES}).call("files.retrieve", "f") == {"id": "f"}
    headers = requests_mock.last_request.headers
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["x-extend-workspace-id"] == "ws_1"
    airflow = importlib.metadata.version("apache-airflow")
    assert headers["User-Agent"] == f"airflow-provider-extend/{__version__} apache-airflow/{airflow}"


def test_without_the_package_of_airflow_its_core_is_named(settings, monkeypatch):
    def unknown(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", unknown)
    monkeypatch.setattr(module, "_user_agent", module._user_agent.__wrapped__)  # the other was asked before
    assert settings().user_agent == f"airflow-provider-extend/{__version__} apache-airflow/core"


def test_key_and_proxy_are_masked_before_anything_can_fail(connect, masked):
    connect(extra={"proxy": "http://user:hunter2@proxy:3128"}).get_conn()
    assert set(masked) == {KEY, "http://user:hunter2@proxy:3128"}
    masked.clear()
    with pytest.raises(ExtendFailException):
        connect(host="https://evil.example.com", extra={"api_version": "2026"}).get_conn()
    assert masked == [KEY]


def test_airflows_own_mask_hides_them(connect, capsys):
    code = (
        "from airflow_provider_extend.hooks.extend import ExtendHook\n"
        "ExtendHook().get_conn()\n"
        "try:\n"
        "    from airflow.sdk.log import redact\n"
        "except ImportError:\n"
        "    from airflow.sdk._shared.secrets_masker import redact\n"
        f"print(redact('key {KEY} end'))"
    )
    connect()
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if "ImportError" in printed.stderr:
        pytest.skip("this Airflow keeps its masker elsewhere")
    assert printed.stdout.splitlines()[-1] == "key *** end"


@pytest.mark.parametrize(
    ("status", "body", "fails_for_good"),
    [
        (400, {"message": "x"}, True),
        (401, {"message": "x"}, True),
        (402, {"message": "x"}, True),
        (403, {"message": "x"}, True),
        (404, {"message": "x"}, True),
        (422, {"message": "x"}, True),
        (429, {"message": "x"}, False),
        (500, {"message": "x"}, False),
        (503, {"message": "x", "retryable": True}, False),
        (500, {"message": "x", "retryable": False}, True),
    ],
)
def test_errors_are_airflows_with_the_plain_error_inside(
    connect, requests_mock, status, body, fails_for_good
):
    requests_mock.get(f"{API}/files/f", status_code=status, json=body)
    hook = connect(extra=RATES)
    with pytest.raises(AirflowException) as caught:
        hook.call("files.retrieve", "f", attempts=1)
    assert isinstance(caught.value, ExtendFailException if fails_for_good else ExtendException)
    assert isinstance(caught.value, AirflowFailException) is fails_for_good
    assert caught.value.error.status == status
    assert str(caught.value) == caught.value.error.message
    with pytest.raises(errors.ExtendAPIError):
        hook.plain_client().call("files.retrieve", "f", attempts=1)


def test_a_paid_call_whose_outcome_is_unknown_is_not_left_to_airflows_retry(connect, requests_mock):
    requests_mock.post(f"{API}/extract_runs", status_code=500, json={"message": "x", "retryable": True})
    with pytest.raises(ExtendFailException, match="not known whether Extend carried it out"):
        connect(extra=RATES).call("extract_runs.create", body={})
    assert requests_mock.call_count == 1


def test_pages_of_a_list_raise_airflows_errors_too(connect, requests_mock):
    requests_mock.get(f"{API}/files", status_code=404, json={"message": "x"})
    with pytest.raises(ExtendFailException):
        list(connect(extra=RATES).get_conn().files.list())


def test_a_plain_client_raises_plain_errors_of_the_connection_too(connect):
    with pytest.raises(errors.ExtendInputError):
        connect(password="").plain_client()


@pytest.mark.parametrize(
    ("error", "cls"),
    [
        (errors.ExtendInputError("x"), ExtendFailException),
        (errors.ExtendConnectionError("x", sent=True), ExtendException),
        (errors.ExtendAnswerError("x", status=200), ExtendException),
        (errors.ExtendRunFailed("x", run_id="r", outcome="failed"), ExtendFailException),
        (errors.ExtendRunFailed("x", run_id="r", outcome="failed", worth_new_run=True), ExtendException),
        (errors.ExtendSubmissionUnknown("x", can_be_found=False), ExtendFailException),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_a_retry_of_airflow_is_spent_only_where_it_can_help(error, cls):
    translated = as_airflow(error)
    assert type(translated) is cls
    assert translated.error is error
    assert str(translated) == "x"


# --- the Test button -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extra", "host", "version", "workspace"),
    [
        ({}, API, "2026-02-09", "workspace of the key"),
        ({"workspace_id": "ws_1"}, API, "2026-02-09", "workspace ws_1"),
        ({"region": "eu"}, "https://api.eu1.extend.ai", "2026-02-09", "workspace of the key"),
        ({"api_version": "2024-12-23"}, "https://api-prod.extend.app", "2024-12-23", "workspace of the key"),
    ],
)
def test_success_says_who_answered_and_how_fast(connect, requests_mock, extra, host, version, workspace):
    body = {"success": True, "files": [], "object": "list", "data": []}
    requests_mock.get(f"{host}/files", json=body)
    ok, text = connect(extra={**extra, **RATES}).test_connection()
    assert ok is True
    for words in (host, f"API version {version}", workspace):
        assert words in text
    assert text.startswith("Extend answered in ")
    assert " ms: " in text
    assert requests_mock.call_count == 1
    assert requests_mock.last_request.url == f"{host}/files?maxPageSize=1"
    assert requests_mock.last_request.headers["Authorization"] == f"Bearer {KEY}"


def refused(connect, requests_mock, *, extra=None, host=API, **answer):
    requests_mock.get(f"{host}/files", **answer)
    ok, text = connect(extra={**RATES, **(extra or {})}).test_connection()
    assert ok is False
    assert KEY not in text
    assert requests_mock.call_count == 1, "nobody waits for repeats at a button"
    return text


@pytest.mark.parametrize(("region", "host"), [("us", API), ("eu", "https://api.eu1.extend.ai")])
def test_a_wrong_key_names_both_causes_and_the_region_that_was_asked(connect, requests_mock, region, host):
    text = refused(
        connect, requests_mock, extra={"region": region}, host=host, status_code=401,
        json={"code": "UNAUTHORIZED", "message": "Unknown API key."},
    )  # fmt: skip
    for words in ("wrong or revoked", "another region", f"{host} was asked", "Unknown API key"):
        assert words in text
    assert text.startswith("Extend does not take this key: check 'API key', 'Region' and 'API version'. ")


@pytest.mark.parametrize("status", [400, 403, 422])
def test_an_organisation_key_without_a_workspace_is_told_what_it_needs(connect, requests_mock, status):
    text = refused(
        connect, requests_mock, status_code=status,
        json={"code": "INVALID_REQUEST", "message": "x-extend-workspace-id is required for organization API keys"},
    )  # fmt: skip
    for words in (
        "organisation key",
        "ws_",
        "'Workspace id'; now it is empty",
        "x-extend-workspace-id is required",
    ):
        assert words in text


def test_a_workspace_of_somebody_else_is_shown(connect, requests_mock):
    text = refused(
        connect,
        requests_mock,
        extra={"workspace_id": "ws_9"},
        status_code=403,
        json={"message": "No access to workspace"},
    )
    assert "now it is 'ws_9'" in text


def test_a_key_without_permission_is_not_taken_for_a_question_of_workspaces(connect, requests_mock):
    text = refused(connect, requests_mock, status_code=403, json={"message": "Insufficient permissions."})
    assert text.startswith("The key is known but may not list files: check its scope in Extend")
    assert "The key may not do this" in text
    assert "not settled" not in text


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"success": False, "error": "Unsupported API version"}),
        (422, {"code": "INVALID_REQUEST", "message": "x-extend-api-version: version is not available"}),
        (404, {"code": "ENDPOINT_REMOVED", "message": "gone"}),
        (410, {"code": "ENDPOINT_REMOVED", "message": "gone"}),
    ],
)
def test_an_account_that_does_not_take_the_version_is_told_to_choose_another(
    connect, requests_mock, status, body
):
    text = refused(connect, requests_mock, extra={"api_version": "2025-04-21"}, status_code=status, json=body)
    assert "does not take API version 2025-04-21: choose another one in 'API version'" in text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status_code": 400, "json": {"message": "maxPageSize is odd"}}, "HTTP 400: maxPageSize is odd"),
        (
            {"status_code": 402, "json": {"message": "no"}},
            "The connection is right, but the account cannot be used",
        ),
        ({"status_code": 404, "text": "<html></html>"}, f"not at {API}: check 'Base URL' and 'API version'"),
        (
            {"status_code": 429, "json": {"message": "slow down"}},
            "used up at this moment: test again in a minute",
        ),
        ({"status_code": 502, "text": "<html></html>"}, f"{API} failed by itself: test again in a minute"),
        ({"text": "<html>log in</html>"}, f"What answers at {API} is not Extend's API: check 'Base URL'"),
        (
            {"exc": requests.exceptions.ReadTimeout()},
            f"{API} does not answer this machine (in the UI: the API server): check 'Base URL'",
        ),
        ({"status_code": 402, "json": {"message": "no"}}, "out of credits"),
        ({"status_code": 404, "text": "<html></html>"}, "HTTP 404"),
        ({"status_code": 429, "json": {"message": "slow down"}}, "HTTP 429: slow down"),
        ({"status_code": 500, "json": {"message": "boom"}}, "HTTP 500: boom"),
        ({"status_code": 502, "text": "<html></html>"}, "HTTP 502"),
        ({"text": "<html>log in</html>"}, "something that is not JSON"),
        ({"text": ""}, "with nothing, where JSON was due"),
        ({"text": "{}"}, "expected a list"),
        (
            {"status_code": 302, "headers": {"Location": "https://login.example.com/"}},
            "redirected to another host",
        ),
        ({"exc": requests.exceptions.ConnectTimeout()}, "no connection in time"),
        ({"exc": requests.exceptions.ReadTimeout()}, "no answer in time"),
        (
            {"exc": requests.exceptions.SSLError("SSLCertVerificationError")},
            "is not trusted here: where a proxy opens TLS",
        ),
        ({"exc": requests.exceptions.ProxyError(KEY)}, "the proxy cannot be reached"),
    ],
)
def test_whatever_else_happens_is_said_in_words(connect, requests_mock, answer, words):
    assert words in refused(connect, requests_mock, **answer)


@pytest.mark.parametrize("status", [200, 401, 403, 500])
def test_a_server_that_echoes_the_key_does_not_get_it_shown(connect, requests_mock, status):
    body = {"success": False, "error": f"Authorization: Bearer {KEY} workspace version"}
    refused(connect, requests_mock, status_code=status, json=body)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"password": ""}, "no API key"),
        ({"password": f"{KEY}\nx"}, "Paste it again"),
        ({"host": "https://evil-extend.ai"}, "allowed_hosts"),
        ({"host": "http://127.0.0.1:1"}, "allowed_hosts"),
        ({"host": f"https://x:{KEY}@api.extend.ai"}, "is no address"),
        *([({"extra": "{broken"}, "no JSON object")] if TAKES_ANY_EXTRA else []),
        ({"extra": {"api_version": "2023-01-01"}}, "'2023-01-01' is not supported"),
        ({"extra": {"timeout": "soon"}}, "timeout of the Extend connection is 'soon'"),
    ],
)
def test_a_connection_that_cannot_work_is_explained_without_asking_anybody(
    connect, requests_mock, fields, words
):
    ok, text = connect(**fields).test_connection()
    assert ok is False
    assert words in text
    assert KEY not in text
    assert requests_mock.call_count == 0


def test_a_connection_that_does_not_exist_is_said_so():
    ok, text = ExtendHook("no_such_connection").test_connection()
    assert ok is False
    assert "The connection cannot be read" in text
    assert "no_such_connection" in text


def test_a_refused_connection_is_said_so(connect, allow):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{free.getsockname()[1]}"
    allow(host)
    ok, text = connect(host=host).test_connection()
    assert ok is False
    assert "no connection could be made" in text


@pytest.mark.parametrize("host", ["https://api..extend.ai", "https://" + "a" * 64 + ".extend.ai"])
def test_a_mistyped_host_is_not_reported_as_a_slow_one(connect, host):
    ok, text = connect(host=host).test_connection()
    assert ok is False
    assert "did not answer in five seconds" not in text


def test_a_server_that_never_answers_does_not_hold_the_button(connect, allow, monkeypatch):
    monkeypatch.setattr(module, "_TEST_SECONDS", 1.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"http://127.0.0.1:{listener.getsockname()[1]}"
        allow(host)
        started = time.monotonic()
        ok, text = connect(host=host).test_connection()
    assert time.monotonic() - started < 1.5
    assert ok is False
    assert "no answer in time" in text


def test_a_server_that_answers_drop_by_drop_does_not_hold_it_either(connect, allow, monkeypatch):
    monkeypatch.setattr(module, "_TEST_SECONDS", 1.2)
    with dripping_server() as host:
        allow(host)
        started = time.monotonic()
        ok, text = connect(host=host).test_connection()
        seconds = time.monotonic() - started
    assert seconds < 2.0
    assert ok is False
    assert f"{host} does not answer this machine" in text
    assert "did not answer in five seconds" in text


def test_a_low_rate_does_not_keep_somebody_waiting_who_presses_twice(connect, requests_mock):
    requests_mock.get(f"{API}/files", json={"object": "list", "data": []})
    hook = connect(password=f"{KEY}_slow", extra={"get_per_second": 0.01})
    started = time.monotonic()
    assert hook.test_connection()[0] is True
    assert hook.test_connection()[0] is True
    assert time.monotonic() - started < 2
