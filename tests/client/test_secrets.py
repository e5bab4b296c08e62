"""The key and signed links show nowhere, whatever a server echoes."""

import json
import logging
import traceback

import pytest

from airflow_provider_extend.api.errors import ExtendError

API = "https://api.extend.ai"


def shown(error):
    """All that a log, a database or a debugger may show of an error."""
    parts = ["".join(traceback.format_exception(error)), str(error), repr(error), repr(vars(error))]
    return "\n".join(parts)


def echo(header, form):
    """What a careless server does with the header it got."""
    if form == "message":
        return {"json": {"code": "UNAUTHORIZED", "message": f"Bad header: Authorization: {header}"}}
    if form == "code":
        return {"json": {"code": header, "message": "no"}}
    if form == "old":
        return {"json": {"success": False, "error": header}}
    if form == "wrapped":
        return {"json": {"error": {"message": header, "requestId": header, "runId": header}}}
    if form == "text":
        return {"text": header}
    if form == "html":
        return {"text": f"<html><pre>{header}</pre></html>", "headers": {"Content-Type": "text/html"}}
    if form == "headers":
        return {
            "text": "<html></html>",
            "headers": {"X-Extend-Request-Id": header, "Content-Type": header, "Retry-After": header},
        }
    assert form == "other keys"
    return {"json": {"request": {"headers": {"Authorization": header}}}}


FORMS = ["message", "code", "old", "wrapped", "text", "html", "headers", "other keys"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500, 503])
def test_an_error_that_echoes_the_key_shows_it_nowhere(
    client, requests_mock, key, everything_logged, form, status
):
    requests_mock.get(f"{API}/files/f", status_code=status, **echo(f"Bearer {key}", form))
    with pytest.raises(ExtendError) as caught:
        client.files.retrieve("f")
    assert key not in shown(caught.value)
    assert key not in everything_logged.text


@pytest.mark.parametrize("form", ["old", "text", "html", "headers"])
def test_a_success_that_echoes_the_key_shows_it_nowhere(client, requests_mock, key, everything_logged, form):
    requests_mock.get(f"{API}/files", status_code=200, **echo(f"Bearer {key}", form))
    with pytest.raises(ExtendError) as caught:
        client.call("files.list")
    assert key not in shown(caught.value)
    assert key not in everything_logged.text


def test_a_result_that_echoes_the_key_does_not_carry_it_to_the_dag(client, requests_mock, key):
    requests_mock.get(f"{API}/files/f", json={"id": "f", "debug": {"authorization": f"Bearer {key}"}})
    assert client.files.retrieve("f") == {"id": "f", "debug": {"authorization": "Bearer ***"}}


@pytest.mark.parametrize(
    "escaped",
    [
        lambda key: key.replace("/", "\\/"),
        lambda key: "".join(f"\\u{ord(char):04x}" for char in key),
        lambda key: key.replace("+", "\\u002b"),
    ],
    ids=["slash", "every character", "plus"],
)
@pytest.mark.parametrize("status", [200, 401])
def test_the_key_is_known_in_every_spelling_that_json_has_for_it(make_client, requests_mock, escaped, status):
    key = "sk_test/abc+def"
    requests_mock.get(
        f"{API}/files", status_code=status, text=f'{{"success": false, "error": "{escaped(key)}"}}'
    )
    with pytest.raises(ExtendError) as caught:
        make_client(api_key=key).call("files.list")
    assert key not in shown(caught.value)


def test_a_redirect_that_carries_the_key_shows_it_nowhere(client, requests_mock, key, everything_logged):
    for location in (
        f"https://evil.example.com/?key={key}",
        f"https://{key}@evil.example.com/",
        f"/{key}/../x",
    ):
        requests_mock.get(f"{API}/files/f", status_code=302, headers={"Location": location})
        requests_mock.get(f"{API}/{key}/../x", status_code=404, json={})
        requests_mock.get(f"{API}/x", status_code=404, json={})
        with pytest.raises(ExtendError) as caught:
            client.files.retrieve("f")
        assert key not in shown(caught.value)


def test_a_broken_connection_shows_no_key(make_client, serve, key, everything_logged):
    server = serve(lambda _: b"HTTP/1.1 garbage " + key.encode() + b"\r\n\r\n")
    client = make_client(server.url)
    for name, args in (("files.retrieve", ("f",)), ("extract_runs.create", ())):
        with pytest.raises(ExtendError) as caught:
            client.call(name, *args, attempts=1)
        assert key not in shown(caught.value)
    everything_logged.handler.setLevel(logging.INFO)
    assert not [r for r in everything_logged.records if r.levelno >= logging.INFO and key in r.getMessage()]


def test_a_good_call_logs_no_key_and_no_content(make_client, serve, key, everything_logged):
    server = serve(lambda _: (200, {}, json.dumps({"id": "f", "text": "IBAN DE00 1234"}).encode()))
    make_client(server.url).call("extract_runs.create", body={"file": {"text": "confidential words"}})
    for secret in (key, "IBAN", "confidential"):
        assert secret not in everything_logged.text


def test_the_query_of_a_signed_link_in_an_error_is_cut(client, requests_mock, everything_logged):
    link = "https://s3.example.com/doc.pdf?X-Amz-Signature=abc123&X-Amz-Expires=900"
    requests_mock.get(
        f"{API}/files/f",
        [
            {"status_code": 500, "json": {"message": f"cannot read '{link}'"}},
            {"status_code": 400, "json": {"message": link}},
        ],
    )
    with pytest.raises(ExtendError) as caught:
        client.files.retrieve("f")
    assert "https://s3.example.com/doc.pdf" in str(caught.value)
    for text in (shown(caught.value), everything_logged.text):
        assert "abc123" not in text


def test_the_password_of_a_proxy_shows_nowhere(make_client, no_proxy_environment, everything_logged):
    client = make_client(proxy="http://user:hunter2@127.0.0.1:1")
    with pytest.raises(ExtendError) as caught:
        client.call("files.list")
    assert "hunter2" not in shown(caught.value)
    assert "hunter2" not in everything_logged.text
