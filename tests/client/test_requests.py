"""What is sent for a call, and what a page-wise list asks for."""

import json
import threading

import pytest

from airflow_provider_extend import __version__
from airflow_provider_extend.api.errors import (
    ExtendAnswerError,
    ExtendEndpointNotInVersion,
    ExtendError,
    ExtendHostNotAllowed,
    ExtendInputError,
)
from airflow_provider_extend.client import ClientSettings, ExtendClient

API = "https://api.extend.ai"


def test_every_request_says_who_asks_and_in_which_version(make_client, requests_mock, key):
    requests_mock.get(f"{API}/files/f", json={"id": "f"})
    requests_mock.post(f"{API}/extract_runs", json={"id": "e"})
    requests_mock.delete(f"{API}/files/f", json={"id": "f"})
    client = make_client(workspace_id="ws_1")
    client.call("files.retrieve", "f")
    client.call("extract_runs.create", body={"file": {"id": "f"}})
    client.call("files.delete", "f")
    assert [request.method for request in requests_mock.request_history] == ["GET", "POST", "DELETE"]
    for request in requests_mock.request_history:
        assert request.headers["Authorization"] == f"Bearer {key}"
        assert request.headers["x-extend-api-version"] == "2026-02-09"
        assert request.headers["x-extend-workspace-id"] == "ws_1"
        assert request.headers["User-Agent"] == f"airflow-provider-extend/{__version__}"


def test_without_a_workspace_no_workspace_is_sent(client, requests_mock):
    requests_mock.get(f"{API}/files/f", json={"id": "f"})
    client.call("files.retrieve", "f")
    assert "x-extend-workspace-id" not in requests_mock.last_request.headers


@pytest.mark.parametrize("version", ["2024-12-23", "2025-04-21"])
def test_an_older_version_is_asked_in_its_own_words(make_client, requests_mock, version):
    requests_mock.get(
        "https://api-prod.extend.app/batch_processor_runs/bpr_1",
        json={"success": True, "batchProcessorRun": {"id": "bpr_1"}},
    )
    client = make_client("https://api-prod.extend.app", api_version=version, user_agent="mine/1")
    assert client.call("batch_processor_runs.retrieve", "bpr_1") == {"id": "bpr_1"}
    assert requests_mock.last_request.headers["x-extend-api-version"] == version
    assert requests_mock.last_request.headers["User-Agent"] == "mine/1"
    assert client.api_version == version


def test_a_body_is_sent_as_json_and_a_call_without_one_has_none(client, requests_mock):
    requests_mock.post(f"{API}/evaluation_set_runs", json={"id": "bpr_1"})
    requests_mock.post(f"{API}/verify_runs/vr_1/cancel", json={"id": "vr_1"})
    client.call("evaluation_set_runs.create", body={"evaluationSetId": "ev_1", "name": "Größe"})
    assert requests_mock.last_request.json() == {"evaluationSetId": "ev_1", "name": "Größe"}
    assert requests_mock.last_request.headers["Content-Type"] == "application/json"
    client.call("verify_runs.cancel", "vr_1")
    assert requests_mock.last_request.body is None


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_body_that_is_no_json_is_not_sent_and_leaves_no_doubt(client, requests_mock, value):
    requests_mock.post(f"{API}/extract_runs", json={"id": "e"})
    with pytest.raises(ExtendError) as caught:
        client.call("extract_runs.create", body={"config": {"weight": value}})
    assert requests_mock.call_count == 0
    assert not caught.value.paid_in_doubt
    assert "not known" not in str(caught.value)


def test_an_odd_id_arrives_at_the_server_as_one_segment(make_client, serve):
    server = serve(lambda _: (200, {}, b'{"id": "x"}'))
    make_client(server.url).call("files.retrieve", "ev:1+2@x;{a}~ä")
    assert server.asked == ["GET /files/ev%3A1%2B2%40x%3B%7Ba%7D~%C3%A4"]


@pytest.mark.parametrize(
    "value", ["..", "a/../b", "%2e%2e", "a?b", "a#b", "a\n", "", None, 7, "x" * 256], ids=repr
)
def test_nothing_is_sent_for_what_is_no_id(client, requests_mock, value):
    with pytest.raises(ExtendInputError, match="Nothing was sent"):
        client.call("files.retrieve", value)
    with pytest.raises(ExtendInputError, match="Nothing was sent"):
        client.files.retrieve(value)
    assert requests_mock.call_count == 0


def test_nothing_is_sent_for_a_call_that_the_version_does_not_have(make_client, requests_mock):
    with pytest.raises(ExtendEndpointNotInVersion):
        make_client(api_version="2024-12-23").call("evaluation_set_runs.create", body={})
    assert requests_mock.call_count == 0


def test_the_timeout_of_a_call_goes_before_that_of_the_connection(make_client, requests_mock):
    requests_mock.get(f"{API}/files/f", json={})
    client = make_client(timeout=25)
    client.call("files.retrieve", "f")
    assert requests_mock.last_request.timeout == (10.0, 25)
    client.call("files.retrieve", "f", timeout=3)
    assert requests_mock.last_request.timeout == (3, 3)


# --- resources -------------------------------------------------------------------------------------------


def test_a_resource_is_an_attribute_and_its_keywords_are_the_body_in_the_apis_spelling(client, requests_mock):
    requests_mock.post(f"{API}/evaluation_set_runs", json={"id": "bpr_1"})
    run = client.evaluation_set_runs.create(
        evaluation_set_id="ev_1", entity={"id": "ex_1", "snake_case": 1}, evaluationSetItemIds=["evi_1"]
    )
    assert run == {"id": "bpr_1"}
    assert requests_mock.last_request.json() == {
        "evaluationSetId": "ev_1",
        "entity": {"id": "ex_1", "snake_case": 1},
        "evaluationSetItemIds": ["evi_1"],
    }


def test_keywords_of_a_get_are_its_query(client, requests_mock):
    requests_mock.get(f"{API}/parse_runs/pr_1", json={"id": "pr_1"})
    client.parse_runs.retrieve("pr_1", response_type="url")
    assert requests_mock.last_request.query == "responsetype=url"
    assert requests_mock.last_request.url == f"{API}/parse_runs/pr_1?responseType=url"


def test_several_ids_are_given_in_the_order_of_the_path(client, requests_mock):
    requests_mock.post(f"{API}/evaluation_sets/ev_1/items/evi_2", json={"id": "evi_2"})
    assert client.evaluation_set_items.update("ev_1", "evi_2", expected_output={"a": 1}) == {"id": "evi_2"}
    assert requests_mock.last_request.json() == {"expectedOutput": {"a": 1}}


def test_an_unknown_verb_or_resource_is_an_attribute_error_that_helps(client):
    with pytest.raises(
        AttributeError, match="'evaluation_set_runs' has no 'cancel'; it has create, retrieve"
    ):
        client.evaluation_set_runs.cancel("bpr_1")
    with pytest.raises(AttributeError, match="no resource 'invoices'"):
        client.invoices.list()
    with pytest.raises(AttributeError, match="_private"):
        client._private  # noqa: B018
    assert not hasattr(client, "__len__")


def test_a_resource_shows_its_verbs(client):
    assert dir(client.evaluation_set_runs) == ["create", "retrieve"]
    assert repr(client.batch_runs) == "<Extend resource batch_runs: retrieve>"


# --- pages -----------------------------------------------------------------------------------------------


def pages(requests_mock, *bodies):
    requests_mock.get(f"{API}/files", [{"json": body} for body in bodies])


def page(token, *ids):
    return {"object": "list", "data": [{"id": value} for value in ids], "nextPageToken": token}


@pytest.mark.parametrize("last", [{}, {"nextPageToken": None}, {"nextPageToken": ""}])
def test_a_list_asks_page_by_page_with_the_same_query_until_no_token_comes(client, requests_mock, last):
    pages(
        requests_mock, page("t/1+=", "a", "b"), page("t2"), {"object": "list", "data": [{"id": "c"}], **last}
    )
    rows = list(client.files.list(max_page_size=2, name_contains="x y"))
    assert [row["id"] for row in rows] == ["a", "b", "c"]
    asked = [request.url.partition("?")[2] for request in requests_mock.request_history]
    assert asked == [
        "maxPageSize=2&nameContains=x+y",
        "maxPageSize=2&nameContains=x+y&nextPageToken=t%2F1%2B%3D",
        "maxPageSize=2&nameContains=x+y&nextPageToken=t2",
    ]


def test_a_documented_page_is_read(client, requests_mock, example):
    pages(requests_mock, example("2026-02-09.files.list"), {"object": "list", "data": []})
    assert [row["id"] for row in client.files.list()] == ["file_xK9mLPqRtN3vS8wF5hB2cQ"]
    assert requests_mock.last_request.qs["nextpagetoken"] == [
        "xk9mlpqrtn3vs8wf5hb2cq==:zwvuxyjm4nkpl7adge9hbtcr2mayx3/q+cnkfbsw1dz="
    ]


def test_pages_are_fetched_only_as_they_are_needed(client, requests_mock):
    pages(requests_mock, page("t1", "a"), page(None, "b"))
    rows = client.iterate("files.list")
    assert requests_mock.call_count == 0
    assert next(rows)["id"] == "a"
    assert requests_mock.call_count == 1


def test_the_older_list_is_read_under_its_own_name(make_client, requests_mock):
    requests_mock.get(
        f"{API}/evaluation_sets/ev_1/items",
        [
            {"json": {"success": True, "evaluationSetItems": [{"id": "a"}], "nextPageToken": "t"}},
            {"json": {"success": True, "evaluationSetItems": [{"id": "b"}]}},
        ],
    )
    client = make_client(api_version="2025-04-21")
    assert [row["id"] for row in client.evaluation_set_items.list("ev_1")] == ["a", "b"]


def test_a_page_is_given_with_the_token_of_the_one_after_it(client, requests_mock):
    pages(requests_mock, page("t1", "a"), page(None, "b"))
    assert client.page("files.list", query={"maxPageSize": 1}) == ([{"id": "a"}], "t1")
    assert client.page("files.list", query={"maxPageSize": 1, "nextPageToken": "t1"}) == ([{"id": "b"}], None)
    assert requests_mock.call_count == 2
    assert client.turn_in("RUN") == 0.0


def test_call_of_a_list_answers_its_first_page(client, requests_mock):
    pages(requests_mock, page("t1", "a"))
    assert client.call("files.list", query={"maxPageSize": 1}) == [{"id": "a"}]
    assert requests_mock.call_count == 1


def test_a_repeated_token_ends_in_an_error_and_not_in_an_endless_loop(client, requests_mock):
    pages(requests_mock, page("t1", "a"), page("t1", "a"))
    rows = client.iterate("files.list")
    assert next(rows) == {"id": "a"}
    with pytest.raises(ExtendAnswerError, match="repeats a page token"):
        next(rows)
    assert requests_mock.call_count == 2


def test_tokens_that_go_round_in_a_circle_end_in_an_error_too(client, requests_mock):
    circle = [page("t1", "a"), page("t2", "b")] * 5
    pages(requests_mock, *circle, page(None))
    with pytest.raises(ExtendAnswerError, match="repeats a page token"):
        list(client.iterate("files.list"))
    assert requests_mock.call_count <= 4


# --- settings --------------------------------------------------------------------------------------------


def test_a_missing_key_says_where_it_belongs():
    with pytest.raises(ExtendInputError, match=r"no API key: put the key .* into 'API key'"):
        ClientSettings(base_url=API, api_key="")


@pytest.mark.parametrize("tail", ["\n", "\r\n", " ", "\x00", "é", "\u200b"])
def test_a_key_that_cannot_be_a_header_is_refused_without_being_shown(tail):
    with pytest.raises(ExtendInputError, match=r"API key .* line break from copying") as caught:
        ClientSettings(base_url=API, api_key=f"sk_secret{tail}x")
    assert "sk_secret" not in str(caught.value)


def test_a_workspace_that_cannot_be_a_header_is_refused():
    with pytest.raises(ExtendInputError, match=r"workspace id .* holds white space"):
        ClientSettings(base_url=API, api_key="sk_x", workspace_id="ws_1\r\nx-evil: 1")


@pytest.mark.parametrize(
    "url",
    ["http://api.extend.ai", "https://evil-extend.ai", "https://api.extend.ai.evil.com", "https://api.extend.ai@evil.com",
     "https://evil.com\\@api.extend.ai", "http://127.0.0.1:8000", "https://"],
)  # fmt: skip
def test_no_client_is_made_for_a_host_that_may_not_have_the_key(url):
    with pytest.raises(ExtendHostNotAllowed):
        ClientSettings(base_url=url, api_key="sk_x")


def test_no_client_is_made_for_an_unknown_version():
    with pytest.raises(ExtendInputError, match="'2023-01-01' is not supported"):
        ClientSettings(base_url=API, api_key="sk_x", api_version="2023-01-01")


def test_settings_and_client_show_neither_key_nor_proxy():
    settings = ClientSettings(base_url=API, api_key="sk_secret", proxy="http://user:pass@proxy:3128")
    client = ExtendClient(settings)
    for text in (
        repr(settings),
        str(settings),
        repr(client),
        str(client),
        repr(client.files),
        repr(vars(client)),
    ):
        assert "sk_secret" not in text
        assert "user:pass" not in text
    assert repr(client) == "<ExtendClient https://api.extend.ai 2026-02-09>"


# --- threads ---------------------------------------------------------------------------------------------


def test_each_thread_has_a_connection_of_its_own_and_keeps_it(make_client, serve):
    server = serve(lambda _: (200, {}, b'{"id": "f"}'))
    client = make_client(server.url)
    barrier = threading.Barrier(3)

    def work():
        barrier.wait(5)
        client.files.retrieve("f")
        barrier.wait(5)
        client.files.retrieve("f")

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connections = [request.connection for request in server.requests]
    assert len(connections) == 6
    assert sorted(map(connections.count, set(connections))) == [2, 2, 2]


# --- errors in the words of a framework ------------------------------------------------------------------


class Translated(Exception):
    def __init__(self, error):
        super().__init__(error.message)
        self.error = error


def test_errors_of_calls_and_of_pages_are_translated(make_client, requests_mock):
    client = make_client(translate=Translated)
    requests_mock.get(
        f"{API}/files", [{"json": page("t", "a")}, {"status_code": 404, "json": {"message": "gone"}}]
    )
    rows = client.iterate("files.list")
    next(rows)
    with pytest.raises(Translated, match="HTTP 404: gone") as caught:
        next(rows)
    assert caught.value.error.status == 404
    with pytest.raises(Translated) as caught:
        client.call("files.retrieve", "..")
    assert isinstance(caught.value.error, ExtendInputError)


def test_json_is_read_as_utf_8_whatever_the_header_says(client, requests_mock):
    requests_mock.get(
        f"{API}/files/f",
        content=json.dumps({"name": "Größe €"}, ensure_ascii=False).encode(),
        headers={"Content-Type": "text/plain; charset=latin-1"},
    )
    assert client.files.retrieve("f") == {"name": "Größe €"}
