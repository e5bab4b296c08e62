"""Answers that are errors, and answers that are not the API's."""

import pytest

from airflow_provider_extend.api import errors
from airflow_provider_extend.api.endpoints import find

API = "https://api.extend.ai"


def fails(
    client, requests_mock, status, *, body=None, headers=None, text=None, name="files.retrieve", args=("f",)
):
    requests_mock.register_uri(
        "GET", f"{API}/files/f", status_code=status, headers=headers or {},
        **({"json": body} if text is None else {"text": text}),
    )  # fmt: skip
    requests_mock.post(f"{API}/extract_runs", status_code=status, json=body, headers=headers or {})
    with pytest.raises(errors.ExtendError) as caught:
        client.call(name, *args, attempts=1)
    return caught.value


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_documented_bad_request(client, requests_mock, example, wrapped):
    body = example("2026-02-09.error.invalid_request")
    error = fails(client, requests_mock, 400, body={"error": body} if wrapped else body)
    assert type(error) is errors.ExtendInvalidRequest
    assert (error.status, error.code, error.request_id) == (
        400,
        "INVALID_REQUEST",
        "req_Xj8mK2pL9nR4vT7qY5wZ",
    )
    assert error.retryable is False
    assert "GET /files/f: HTTP 400 INVALID_REQUEST: Non-nullable primitive type" in str(error)
    assert "[request req_Xj8mK2pL9nR4vT7qY5wZ]" in str(error)


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_documented_rate_limit(client, requests_mock, example, wrapped):
    body = example("2026-02-09.error.rate_limited")
    error = fails(
        client, requests_mock, 429, body={"error": body} if wrapped else body, headers={"Retry-After": "12"}
    )
    assert type(error) is errors.ExtendRateLimited
    assert (error.code, error.retryable, error.retry_after) == ("RATE_LIMIT_EXCEEDED", True, 12.0)
    assert error.request_id is None


@pytest.mark.parametrize("version", ["2024-12-23", "2025-04-21"])
def test_the_old_body(make_client, requests_mock, example, version):
    error = fails(make_client(api_version=version), requests_mock, 404, body=example(f"{version}.error"))
    assert type(error) is errors.ExtendNotFound
    assert error.code is None
    assert ("<description>" if version == "2024-12-23" else "Error message") in str(error)


def test_the_run_of_a_verification_that_timed_out_is_told(make_client, requests_mock, example):
    requests_mock.post(f"{API}/verify", status_code=504, json=example("2026-02-09.error.verify_timeout"))
    with pytest.raises(errors.ExtendServerError) as caught:
        make_client().call("verify_runs.create_sync", body={})
    assert caught.value.run_id == "vr_xK9mLPqRtN3vS8wF5hB2cQ"
    assert caught.value.is_permanent()


def test_the_request_id_may_stand_in_a_header(client, requests_mock):
    error = fails(
        client, requests_mock, 500, body={"message": "no"}, headers={"X-Extend-Request-Id": "req_7"}
    )
    assert error.request_id == "req_7"
    assert "[request req_7]" in str(error)


@pytest.mark.parametrize(
    ("status", "given", "retryable"),
    [
        (500, None, True),
        (503, None, True),
        (429, None, True),
        (408, None, True),
        (400, None, False),
        (404, None, False),
        (409, None, False),
        (500, False, False),
        (400, True, True),
        (429, False, False),
    ],
)
def test_whether_a_retry_helps_is_the_servers_word_or_else_the_status(
    client, requests_mock, status, given, retryable
):
    body = {"message": "no"} if given is None else {"message": "no", "retryable": given}
    error = fails(client, requests_mock, status, body=body)
    assert error.retryable is retryable
    assert error.is_permanent() is not retryable


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_a_removed_call_names_the_version_that_no_longer_has_it(client, requests_mock, status):
    error = fails(
        client, requests_mock, status, body={"code": "ENDPOINT_REMOVED", "message": "This is gone."}
    )
    assert type(error) is errors.ExtendEndpointRemoved
    assert "API version 2026-02-09 of the connection no longer has this call" in str(error)
    assert error.is_permanent()


def test_a_refused_key_names_both_causes_and_the_address_that_was_asked(make_client, requests_mock):
    requests_mock.get(
        "https://api.eu1.extend.ai/files", status_code=401, json={"code": "UNAUTHORIZED", "message": "no"}
    )
    with pytest.raises(errors.ExtendUnauthorized) as caught:
        make_client("https://api.eu1.extend.ai").call("files.list")
    for words in ("wrong or revoked", "another region", "https://api.eu1.extend.ai was asked"):
        assert words in str(caught.value)


def test_something_unknown_may_be_of_another_workspace_or_region(client, requests_mock):
    error = fails(client, requests_mock, 404, body={"code": "NOT_FOUND", "message": "No such file."})
    assert "GET /files/f: HTTP 404 NOT_FOUND: No such file" in str(error)
    assert "another workspace or region (https://api.extend.ai was asked)" in str(error)


def test_a_forbidden_call_points_to_scope_and_workspace(client, requests_mock):
    error = fails(client, requests_mock, 403, body={"message": "no"})
    assert type(error) is errors.ExtendForbidden
    assert "check its scope and the workspace id" in str(error)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("name", "path", "role"),
    [
        (
            "webhook_endpoints.list",
            "/webhook_endpoints",
            "reading webhooks takes the role Developer or above",
        ),
        (
            "evaluation_sets.create",
            "/evaluation_sets",
            "changing evaluation sets takes the role Editor or above",
        ),
        ("files.list", "/files", "reading files takes a role that is not documented"),
    ],
)
def test_who_was_refused_is_told_which_key_and_which_role_it_takes(
    client, requests_mock, status, name, path, role
):
    requests_mock.register_uri(find(name).method, f"{API}{path}", status_code=status, json={"message": "no"})
    with pytest.raises(errors.ExtendAPIError) as caught:
        client.call(name)
    assert role in str(caught.value)
    assert "an organisation key with the Workspace id in the connection" in str(caught.value)


@pytest.mark.parametrize("status", [400, 402, 404, 429, 500])
def test_others_are_told_nothing_of_roles(client, requests_mock, status):
    assert "role" not in str(fails(client, requests_mock, status, body={"message": "no"}))


@pytest.mark.parametrize("status", [401, 402, 403, 404])
def test_a_proxys_page_under_a_status_of_the_api_is_that_status(client, requests_mock, status):
    error = fails(client, requests_mock, status, text="<html>denied by the gateway</html>")
    assert isinstance(error, errors.ExtendAPIError)
    assert error.status == status
    assert "<html>" not in str(error)


@pytest.mark.parametrize(("status", "text"), [(400, "<html>bad</html>"), (418, ""), (405, "[]"), (400, "{}")])
def test_another_refusal_without_a_body_of_the_api_is_no_answer_of_extend(
    client, requests_mock, status, text
):
    error = fails(client, requests_mock, status, text=text)
    assert type(error) is errors.ExtendAnswerError
    assert f"HTTP {status}, an answer that is not Extend's" in str(error)
    assert not error.is_permanent()


@pytest.mark.parametrize("text", ["<html>busy</html>", "", "null", '{"detail": "x"}'])
def test_a_server_error_without_a_body_of_the_api_is_a_server_error(client, requests_mock, text):
    error = fails(client, requests_mock, 503, text=text, headers={"Retry-After": "3"})
    assert type(error) is errors.ExtendServerError
    assert (error.retryable, error.retry_after) == (True, 3.0)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<html>Please log in</html>", "something that is not JSON"),
        ('{"id": "f", "name": "tru', "something that is not JSON"),
        ("", "nothing"),
        ("  \n", "nothing"),
    ],
)
def test_a_success_that_is_not_json_points_to_host_and_proxy(client, requests_mock, text, what):
    error = fails(client, requests_mock, 200, text=text)
    assert type(error) is errors.ExtendAnswerError
    assert f"HTTP 200 with {what}, where JSON was due" in str(error)
    assert "Check the host and the proxy" in str(error)
    assert "log in" not in str(error)
    assert "not known" not in str(error)


def test_a_list_that_comes_as_something_else_is_an_error(client, requests_mock):
    requests_mock.get(f"{API}/files", json={"object": "list"})
    with pytest.raises(errors.ExtendAnswerError, match="expected a list under 'data'"):
        list(client.files.list())


def test_a_very_long_message_is_cut(client, requests_mock):
    error = fails(client, requests_mock, 400, body={"message": "x" * 10_000})
    assert 500 <= str(error).count("x") < 600


# --- redirects -------------------------------------------------------------------------------------------


def to(location, status=302):
    return lambda _: (status, {"Location": location}, b"")


def test_a_get_follows_a_redirect_on_the_same_server(make_client, serve, key):
    server = serve()
    replies = {"/files/f": to("/moved/f"), "/moved/f": to(f"{server.url}/again/f", 307)}
    server.reply = lambda request: replies.get(request.path, lambda _: (200, {}, b'{"id": "f"}'))(request)
    assert make_client(server.url).files.retrieve("f") == {"id": "f"}
    assert server.asked == ["GET /files/f", "GET /moved/f", "GET /again/f"]
    assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {key}"}


def test_the_address_of_a_redirect_is_asked_as_it_is(make_client, serve):
    server = serve()
    server.reply = lambda request: (
        to("/v2/files?maxPageSize=1&sig=a%2Bb")(request)
        if request.path.startswith("/files")
        else (200, {}, b'{"object": "list", "data": []}')
    )
    make_client(server.url).call("files.list", query={"maxPageSize": 1})
    assert server.asked == ["GET /files?maxPageSize=1", "GET /v2/files?maxPageSize=1&sig=a%2Bb"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nothing_but_a_get_follows_a_redirect(make_client, serve, status):
    server = serve(to("/moved", status))
    client = make_client(server.url)
    for name, args in (
        ("extract_runs.create", ()),
        ("extractors.update", ("ex_1",)),
        ("files.delete", ("f",)),
    ):
        with pytest.raises(errors.ExtendAnswerError, match=f"HTTP {status}, a redirect that is not followed"):
            client.call(name, *args)
    assert server.asked == ["POST /extract_runs", "POST /extractors/ex_1", "DELETE /files/f"]


def test_redirects_in_a_circle_end(make_client, serve):
    server = serve(to("/files/f"))
    with pytest.raises(errors.ExtendAnswerError, match="redirected more than"):
        make_client(server.url).call("files.retrieve", "f")
    assert 2 <= len(server.asked) <= 10


def test_a_redirect_without_an_address_is_an_error(make_client, serve):
    server = serve(lambda _: (302, {}, b""))
    with pytest.raises(errors.ExtendAnswerError, match="HTTP 302"):
        make_client(server.url).call("files.retrieve", "f")


@pytest.mark.parametrize(
    "location",
    [
        "{other}/files/f",
        "//127.0.0.1:{other_port}/files/f",
        "http://localhost:{port}/files/f",
        "https://127.0.0.1:{port}/files/f",
        "http://127.0.0.1:{port}@127.0.0.1:{other_port}/files/f",
        "http://127.0.0.1:{other_port}\\@127.0.0.1:{port}/files/f",
        "http://127.0.0.1:{port}\\@127.0.0.1:{other_port}/files/f",
        "http://127.0.0.1:{other_port}#@127.0.0.1:{port}/files/f",
        "http://127.0.0.1:{other_port}?@127.0.0.1:{port}/files/f",
        "\thttp://127.0.0.1:{other_port}/files/f",
        "http:\\\\127.0.0.1:{other_port}/files/f",
        "/\\127.0.0.1:{other_port}/files/f",
        "ftp://127.0.0.1:{port}/files/f",
    ],
)
def test_another_server_is_never_contacted_by_a_redirect_and_never_sees_the_key(
    make_client, serve, key, location
):
    other = serve(lambda _: (200, {}, b'{"id": "stolen"}'))
    server = serve()
    target = location.format(other=other.url, other_port=other.port, port=server.port)
    server.reply = lambda request: to(target)(request) if request.path == "/files/f" else (404, {}, b"{}")
    with pytest.raises(errors.ExtendError) as caught:
        make_client(server.url).call("files.retrieve", "f", attempts=1)
    assert other.asked == []
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "location", ["https://[bad/files/f", "http://127.0.0.1:port/f", "http://127.0.0.1:99999/f"]
)
def test_a_redirect_to_what_is_no_address_is_no_answer_of_extend(make_client, serve, location):
    server = serve(to(location))
    with pytest.raises(errors.ExtendAnswerError, match="redirect"):
        make_client(server.url).call("files.retrieve", "f", attempts=1)
    assert server.asked == ["GET /files/f"]


def test_the_refused_redirect_names_the_other_host_without_its_query(make_client, requests_mock):
    requests_mock.get(
        f"{API}/files/f", status_code=302, headers={"Location": "https://login.example.com/sso?token=abc123"}
    )
    with pytest.raises(errors.ExtendAnswerError) as caught:
        make_client().call("files.retrieve", "f")
    assert "redirected to another host" in str(caught.value)
    assert "login.example.com" in str(caught.value)
    assert "was not sent there" in str(caught.value)
    assert "abc123" not in str(caught.value)
    assert requests_mock.call_count == 1


def test_the_port_of_https_may_be_spelt_out_in_a_redirect(client, requests_mock):
    requests_mock.get(
        f"{API}/files/f", status_code=302, headers={"Location": "https://api.extend.ai:443/files/g"}
    )
    requests_mock.get(f"{API}:443/files/g", json={"id": "g"})
    assert client.files.retrieve("f") == {"id": "g"}
