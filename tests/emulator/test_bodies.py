"""Bodies as they come in, and the forms that they are held against."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_extend.emulator import bodies
from airflow_provider_extend.emulator.state import ApiError

FORM = """name:str size:1..9? kind:a|b? on:bool? in.x:int tags[]:str? map?(*(at:int? !))
    list[]?(id:str deep?(n:number?)) word:object|object?"""


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"{", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[]", "JSON object"),
        (b"null", "JSON object"),
        (b'"x"', "JSON object"),
        (b'{"a": NaN}', "nan is no number"),
        (b'{"a": [-Infinity]}', "-inf is no number"),
        (b'{"a": 1e999}', "inf is no number"),
        (b'{"a": "\\ud800"}', "surrogates not allowed"),
        (b'{"\\udfff": 1}', "surrogates not allowed"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "deeper than 100"),
        (b"[" * 100_000, "no JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "no JSON"),
    ],
)
def test_what_no_answer_could_hold(raw: bytes, said: str) -> None:
    with pytest.raises(ApiError) as caught:
        bodies.parsed(raw)
    assert (caught.value.status, said in caught.value.message) == (400, True), caught.value.message


def test_what_is_taken() -> None:
    assert bodies.parsed(b"") == {}
    body = {"a": "é☃\x00", "b": [2**80, 1.5, None, True, {"c": {}}]}
    assert bodies.parsed(json.dumps(body).encode()) == body
    assert bodies.parsed(b'{"a":' * 99 + b"1" + b"}" * 99)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "Missing required field(s): name"),
        ({"name": None}, "Missing required field(s): name"),
        ({"name": 1}, "name must be of type str"),
        ({"name": "n", "size": 0}, "size must be a number from 1 to 9"),
        ({"name": "n", "size": 1.0}, "size must be a number from 1 to 9"),
        ({"name": "n", "size": True}, "size must be a number from 1 to 9"),
        ({"name": "n", "kind": "c"}, "kind must be one of a, b"),
        ({"name": "n", "kind": {"a": 1}}, "kind must be one of a, b"),
        ({"name": "n", "on": 1}, "on must be of type bool"),
        ({"name": "n", "list": {}}, "list must be of type array"),
        ({"name": "n", "list": [1]}, "list[0] must be of type object"),
        ({"name": "n", "list": [None]}, "Missing required field(s): list[0]"),
        ({"name": "n", "list": [{"id": "x"}, {}]}, "Missing required field(s): list[1].id"),
        ({"name": "n", "list": [{"id": "x", "deep": {"n": True}}]}, "list[0].deep.n must be of type number"),
        ({"name": "n", "tags": "x"}, "tags must be of type array"),
        ({"name": "n", "tags": ["x", None]}, "Missing required field(s): tags[1]"),
        ({"name": "n", "tags": [1]}, "tags[0] must be of type str"),
        ({"name": "n", "map": {"x": 1}}, "map.x must be of type object"),
        ({"name": "n", "map": {"x": {"at": "1"}}}, "map.x.at must be of type int"),
        ({"name": "n", "map": {"x": {"open": 1}}}, "Unknown field(s): map.x.open"),
        ({"name": "n", "list": [{"id": "x", "deep": []}]}, "list[0].deep must be of type object"),
        ({"name": "n", "word": {}}, "word must be one of object, object"),
        ({"name": "n", "in": {}}, "Missing required field(s): in.x"),
        ({"name": "n", "in": {"x": False}}, "in.x must be of type int"),
    ],
)
def test_bodies_that_do_not_fit_their_form(body: Any, said: str) -> None:
    with pytest.raises(ApiError) as caught:
        bodies.check(FORM, body)
    assert (caught.value.status, caught.value.message) == (400, said)


def test_bodies_that_fit_their_form() -> None:
    for more in (
        {},
        {"size": 9, "kind": "b", "on": False, "list": [], "other": object()},
        {"size": None, "kind": None, "list": [{"id": "x", "deep": {"n": 1.5}}, {"id": "", "deep": None}]},
        {"in": {"x": -(2**70), "y": 1}},
        {"tags": [], "map": {"x": {}, "*": {"at": 10**400}}, "word": "object"},
        {"tags": ["a"], "map": None},
    ):
        bodies.check(FORM, {"name": "n"} | more)
    assert bodies.known(FORM, {"name": 1, "list": 2, "in": 3, "x": 4}) == {"name": 1, "list": 2, "in": 3}
    assert bodies.known("", {"name": 1}) == {}


def test_a_strict_form_names_what_it_does_not_know() -> None:
    form = "a?(b:str? !) list[]?(x:int? !) free?(x:int?) !"
    bodies.check(form, {"a": {"b": "c"}, "list": [{"x": 1}], "free": {"y": 1}})
    for body, said in (
        ({"c": 1}, "Unknown field(s): c"),
        ({"a": {"b": "c", "d": 1, "e": 2}}, "Unknown field(s): a.d, a.e"),
        ({"list": [{}, {"y": 1}]}, "Unknown field(s): list[1].y"),
    ):
        with pytest.raises(ApiError) as caught:
            bodies.check(form, body)
        assert caught.value.message == said
    with pytest.raises(ApiError, match=r"here\.a\.b must be of type str"):
        bodies.check(form, {"a": {"b": 1}}, "here")


def test_bad_bodies_over_http(api) -> None:
    for raw in (b'{"name": NaN}', b'{"name": "\\ud800"}', b"[" * 100_000, b'{"name":' + b"9" * 5000 + b"}"):
        answer = api.send("POST", "/workflows", data=raw)
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    body: Any = {"name": 5}
    assert api.send("POST", "/workflows", "2025-04-21", json=body).json().keys() == {"success", "error"}
    api.control("POST", "/settings", {"bad_body_status": 422})
    answer = api.send("POST", "/workflows", json=body)
    assert (answer.status_code, answer.json()["code"], answer.json()["retryable"]) == (
        422,
        "INVALID_REQUEST",
        False,
    )
    assert api.send("GET", "/workflows?sortBy=size").status_code == 400  # no body


@pytest.mark.parametrize(
    "query",
    [
        {"maxPageSize": "0"},
        {"maxPageSize": "1001"},
        {"maxPageSize": "²"},
        {"maxPageSize": "1" * 5000},
        {"sortDir": "up"},
        {"sortBy": "name"},
        {"status": "DONE"},
        {"nextPageToken": "x"},
        {"nextPageToken": "bnVsbA=="},
        {"nextPageToken": "NQ=="},
        {"nextPageToken": "é"},
    ],
)
def test_odd_queries(api, query: Any) -> None:
    answer = api.send("GET", "/workflow_runs", params=query)
    assert (answer.status_code, next(iter(query)) in answer.text) == (400, True), answer.text


@pytest.mark.parametrize("key", ["%00", "a%20b", "%ff%fe", "..%2e", "%ED%A0%80", "x" * 300, "☃"])
def test_odd_ids(api, key: str) -> None:
    for path in ("/workflows/", "/workflow_runs/", "/webhook_endpoints/", "/webhook_subscriptions/"):
        for method in ("GET", "POST", "DELETE"):
            assert api.send(method, path + key, json={"enabledEvents": []}).status_code == 404


def test_tokens_go_with_any_page_size(api) -> None:
    for number in range(5):
        api.ok("POST", "/workflows", json={"name": str(number)})
    first = api.ok("GET", "/workflows", params={"maxPageSize": 2})
    query = {
        "nextPageToken": first["nextPageToken"],
        "maxPageSize": 10,
        "sortBy": "updatedAt",
        "sortDir": "desc",
    }
    names = [row["name"] for row in api.ok("GET", "/workflows", params=query)["data"]]
    assert names == ["2", "1", "0"]
    assert api.send("GET", "/workflows", params=query | {"sortDir": "asc"}).status_code == 400


# The version header


def test_versions_that_are_missing_unknown_or_too_old(api) -> None:
    for version, said in (
        (None, "missing"),
        ("2026-02-10", "not a version"),
        ("2024-02-01", "so old"),
        ("2024-11-14", "so old"),
        ("x" * 5000, "not a version"),
    ):
        answer = api.send("GET", "/files", version)
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
        assert said in answer.json()["message"]
    api.control("POST", "/keys", {"key": "sk_old", "api_version": "2024-12-23"})
    old = {"Authorization": "Bearer sk_old"}
    assert api.send("GET", "/files", None, headers=old).json() == {"success": True, "files": []}
    assert api.send("GET", "/files", "2026-02-09", headers=old).json() == {"object": "list", "data": []}
    assert api.send("GET", "/files/none", None, headers=old).json().keys() == {"success", "error"}
    with pytest.raises(ApiError):
        api.control("POST", "/keys", {"key": "k", "api_version": "2024-02-01"})
