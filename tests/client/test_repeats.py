"""How often a call is on the wire, and what is waited in between."""

import threading

import pytest
import requests

from airflow_provider_extend.api.errors import (
    ExtendAnswerError,
    ExtendAPIError,
    ExtendConnectionError,
    ExtendRateLimited,
    ExtendServerError,
    ExtendUsageBlocked,
)
from airflow_provider_extend.api.retry import in_doubt

API = "https://api.extend.ai"
CREATE = ("evaluation_set_runs.create", f"{API}/evaluation_set_runs")


def answers(requests_mock, *replies):
    requests_mock.register_uri(requests_mock_any(), f"{API}/files/f", list(replies))
    requests_mock.post(f"{API}/extractors/ex_1", list(replies))
    requests_mock.post(f"{API}/evaluation_set_runs", list(replies))


def requests_mock_any():
    import requests_mock as library

    return library.ANY


def get(client, **how):
    return client.call("files.retrieve", "f", **how)


def update(client, **how):
    return client.call("extractors.update", "ex_1", body={"name": "x"}, **how)


def create(client, **how):
    return client.call("evaluation_set_runs.create", body={"evaluationSetId": "ev_1"}, **how)


def failure(status, **fields):
    return {"status_code": status, "json": {"message": "no", **fields}}


DROPPED = {"exc": requests.exceptions.ConnectionError("Connection aborted.")}
READ_TIMEOUT = {"exc": requests.exceptions.ReadTimeout("read timed out")}
CONNECT_TIMEOUT = {"exc": requests.exceptions.ConnectTimeout("connect timed out")}


@pytest.mark.parametrize("ask", [get, update])
@pytest.mark.parametrize(
    "first",
    [failure(429), failure(408), failure(500), failure(502), failure(503), failure(504), DROPPED, READ_TIMEOUT,
     CONNECT_TIMEOUT, {"text": "<html>busy</html>", "status_code": 502}, {"text": '{"id": "tru'}, {"text": ""}],
    ids=repr,
)  # fmt: skip
def test_a_get_and_an_update_are_repeated_whenever_that_is_harmless(client, requests_mock, slept, ask, first):
    answers(requests_mock, first, {"json": {"id": "there"}})
    assert ask(client) == {"id": "there"}
    assert requests_mock.call_count == 2
    assert all(0 <= seconds <= 1.0 for seconds in slept)


@pytest.mark.parametrize(
    "first",
    [failure(500), failure(502), failure(503), failure(504), failure(408), DROPPED, READ_TIMEOUT,
     {"text": "<html>busy</html>", "status_code": 502}, {"text": '{"id": "tru'}, {"text": ""},
     {"text": "<html>log in</html>"}],
    ids=repr,
)  # fmt: skip
def test_a_create_that_may_have_been_carried_out_is_sent_exactly_once(client, requests_mock, slept, first):
    answers(requests_mock, first, {"json": {"id": "second"}})
    with pytest.raises((ExtendServerError, ExtendConnectionError, ExtendAnswerError)) as caught:
        create(client)
    assert requests_mock.call_count == 1
    assert slept == []
    assert in_doubt(caught.value)
    assert caught.value.is_permanent(), "a retry of the task would pay again"
    assert "it is not known whether Extend carried it out, and it was not sent again" in str(caught.value)


@pytest.mark.parametrize("first", [failure(429, code="RATE_LIMIT_EXCEEDED"), CONNECT_TIMEOUT], ids=repr)
def test_a_create_that_was_certainly_not_carried_out_is_repeated(client, requests_mock, first):
    answers(requests_mock, first, first, {"json": {"id": "bpr_1"}})
    assert create(client) == {"id": "bpr_1"}
    assert requests_mock.call_count == 3


@pytest.mark.parametrize("ask", [get, update, create])
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 422])
def test_a_refusal_is_not_repeated(client, requests_mock, slept, ask, status):
    answers(requests_mock, failure(status), {"json": {"id": "second"}})
    with pytest.raises(ExtendAPIError) as caught:
        ask(client)
    assert caught.value.status == status
    assert requests_mock.call_count == 1
    assert slept == []
    assert not in_doubt(caught.value)
    assert not caught.value.paid_in_doubt
    assert "not known" not in str(caught.value)


def test_no_credit_is_an_error_of_its_own_that_says_so(client, requests_mock):
    answers(requests_mock, failure(402, code="USAGE_BLOCKED", retryable=False))
    with pytest.raises(ExtendUsageBlocked, match=r"USAGE_BLOCKED: no.*out of credits"):
        create(client)


def test_a_server_that_says_that_a_retry_is_useless_is_not_asked_again(client, requests_mock):
    answers(requests_mock, failure(500, retryable=False), {"json": {"id": "second"}})
    with pytest.raises(ExtendServerError):
        get(client)
    assert requests_mock.call_count == 1


def test_five_calls_are_made_in_all_and_the_last_error_is_raised(client, requests_mock, slept):
    answers(requests_mock, *[failure(503)] * 4, failure(500, code="INTERNAL_ERROR"), {"json": {}})
    with pytest.raises(ExtendServerError, match="HTTP 500 INTERNAL_ERROR") as caught:
        get(client)
    assert requests_mock.call_count == 5
    assert not caught.value.is_permanent()
    assert len(slept) <= 4
    assert all(seconds <= ceiling for seconds, ceiling in zip(slept, (1, 2, 4, 8), strict=False))


def test_the_caller_may_keep_repeating_to_itself(client, requests_mock):
    answers(requests_mock, failure(503), {"json": {}})
    with pytest.raises(ExtendServerError):
        get(client, attempts=1)
    assert requests_mock.call_count == 1


@pytest.mark.parametrize("ask", [get, create])
def test_a_call_waits_at_least_as_long_as_the_server_asks(client, requests_mock, slept, ask):
    answers(requests_mock, {**failure(429), "headers": {"Retry-After": "7"}}, {"json": {"id": "x"}})
    ask(client)
    (seconds,) = slept
    assert 7.0 <= seconds <= 7.1


def test_an_unreadable_retry_after_is_as_good_as_none(client, requests_mock, slept):
    answers(requests_mock, {**failure(429), "headers": {"Retry-After": "soon"}}, {"json": {"id": "x"}})
    get(client)
    assert sum(slept) <= 1.0


@pytest.mark.parametrize("header", ["61", "3600", "Fri, 31 Dec 2100 00:00:00 GMT"])
def test_a_long_wait_is_not_slept_but_told(client, requests_mock, slept, header):
    answers(requests_mock, {**failure(429), "headers": {"Retry-After": header}}, {"json": {}})
    with pytest.raises(ExtendRateLimited) as caught:
        get(client)
    assert requests_mock.call_count == 1
    assert slept == []
    assert caught.value.retry_after > 60
    assert not caught.value.is_permanent()


def test_a_repeat_is_logged_with_its_reason_and_number(client, requests_mock, caplog):
    caplog.set_level("INFO")
    answers(requests_mock, failure(429), {"json": {}})
    get(client)
    (record,) = [record for record in caplog.records if record.name == "airflow_provider_extend.client"]
    assert "GET /files/f: HTTP 429: no" in record.getMessage()
    assert "(call 2 of 5)" in record.getMessage()


def test_a_429_halves_the_rate_of_its_class_alone(make_client, requests_mock, slept):
    client = make_client(rates={"GET": 10.0, "WRITE": 10.0, "RUN": 10.0})
    answers(requests_mock, {**failure(429), "headers": {"Retry-After": "0"}}, {"json": {}})
    get(client)
    rates = {name: bucket.rate for name, bucket in client._buckets.items()}
    assert 5.0 <= rates["GET"] < 5.5
    assert rates["WRITE"] == rates["RUN"] == 10.0


# --- on a real connection --------------------------------------------------------------------------------


def test_a_create_on_a_dropped_connection_reaches_the_server_once(make_client, serve, slept):
    server = serve(lambda _: b"")
    with pytest.raises(
        ExtendConnectionError, match="POST /evaluation_set_runs: the connection broke"
    ) as caught:
        create(make_client(server.url))
    assert caught.value.sent
    assert server.asked == ["POST /evaluation_set_runs"]
    assert slept == []


def test_a_get_on_a_dropped_connection_is_repeated(make_client, serve):
    replies = iter([b"", b"", (200, {}, b'{"id": "f"}')])
    server = serve(lambda _: next(replies))
    assert get(make_client(server.url)) == {"id": "f"}
    assert server.asked == ["GET /files/f"] * 3


def test_a_create_that_nobody_answers_in_time_reaches_the_server_once(make_client, serve):
    over = threading.Event()
    server = serve(lambda _: (over.wait(5), (200, {}, b"{}"))[1])
    with pytest.raises(ExtendConnectionError, match="no answer in time") as caught:
        create(make_client(server.url), timeout=0.05)
    over.set()
    assert caught.value.sent
    assert server.asked == ["POST /evaluation_set_runs"]


TRUNCATED = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"id": "f"}'


def test_a_truncated_answer_is_no_answer(make_client, serve):
    server = serve(lambda _: TRUNCATED)
    client = make_client(server.url)
    with pytest.raises(ExtendConnectionError, match="the connection broke"):
        create(client)
    assert server.asked == ["POST /evaluation_set_runs"]
    with pytest.raises(ExtendConnectionError):
        get(client, attempts=2)
    assert server.asked[1:] == ["GET /files/f"] * 2


def test_a_create_that_was_refused_a_connection_is_repeated(make_client, serve, slept):
    # A port that was free a moment ago.
    client = make_client(closed_port_url())
    with pytest.raises(
        ExtendConnectionError, match=r"no connection could be made.*Extend was not reached"
    ) as caught:
        create(client)
    assert not caught.value.sent
    assert not in_doubt(caught.value)
    assert "not known" not in str(caught.value)
    assert 1 <= len(slept) <= 4


def closed_port_url():
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_a_create_does_not_trust_a_connection_that_lay_idle(make_client, serve):
    server = serve(lambda request: (200, {}, b'{"id": "x"}'), keep_alive=False)
    client = make_client(server.url)
    for _ in range(3):
        assert create(client) == {"id": "x"}
    assert server.asked == ["POST /evaluation_set_runs"] * 3
    assert len({request.connection for request in server.requests}) == 3


def test_a_get_gets_over_a_connection_that_the_server_closed(make_client, serve):
    server = serve(lambda request: (200, {}, b'{"id": "f"}'), keep_alive=False)
    client = make_client(server.url)
    for _ in range(3):
        assert get(client) == {"id": "f"}
    assert server.asked.count("GET /files/f") >= 3


@pytest.mark.parametrize("body", [{}, [], "ok", None, {"status": "PENDING"}])
def test_a_paid_create_whose_answer_names_nothing_is_not_left_to_the_retries_of_a_task(
    make_client, requests_mock, body
):
    requests_mock.post("https://api.extend.ai/extract_runs", json=body)
    with pytest.raises(ExtendAnswerError) as caught:
        make_client().call("extract_runs.create", body={}, attempts=1)
    assert caught.value.paid_in_doubt
    assert caught.value.is_permanent()
    assert requests_mock.call_count == 1
