"""Requests that went well, each changed at one place: the local Extend refuses or answers, and never breaks."""

from __future__ import annotations

import copy
import json
import logging
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sdk.conftest import Driven

pytestmark = [pytest.mark.slow, pytest.mark.sdk]

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["", " ", "\x00", "\ud800", "draft", "latest", "0", "1.0", "-1", "é" * 300, "../..", "%2e%2e"]
    )
)
JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any) -> list[tuple[Any, ...]]:
    """Paths of everything inside a JSON value, the whole among them."""
    found: list[tuple[Any, ...]] = [()]
    if isinstance(value, dict):
        found += [(key, *rest) for key, item in value.items() for rest in places(item)]
    if isinstance(value, list):
        found += [(at, *rest) for at, item in enumerate(value) for rest in places(item)]
    return found


def changed(draw: st.DataObject, value: Any) -> Any:
    """`value` with one thing in it replaced, left out, or added."""
    path = draw.draw(st.sampled_from(places(value)))
    new = draw.draw(JSON)
    if not path:
        return new
    value = copy.deepcopy(value)
    level = value
    for step in path[:-1]:
        level = level[step]
    how = draw.draw(st.sampled_from(["replace", "replace", "remove", "add"]))
    if how == "remove":
        del level[path[-1]]
    elif how == "add" and isinstance(level, dict):
        level[draw.draw(st.text(max_size=8))] = new
    else:
        level[path[-1]] = new
    return value


def test_a_changed_request_never_breaks_it(driven: Driven, caplog: pytest.LogCaptureFixture) -> None:
    state, url = driven.server.state, driven.server.base_url
    state.change_settings({"run_seconds": 0})
    sent = {json.dumps([e["method"], e["path"], e["query"], e["body"]]): e for _, e in driven.exchanges()}
    exchanges = [one for one in sent.values() if not one["path"].endswith("/upload")]
    refused = answered = 0

    @settings(max_examples=1500, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def once(data: st.DataObject) -> None:
        nonlocal refused, answered
        one = data.draw(st.sampled_from(exchanges))
        path, query, body = one["path"], dict(one["query"]), one["body"]
        what = data.draw(st.sampled_from(["body", "body", "body", "query", "path"]))
        if what == "path":
            parts = path.split("/")
            parts[data.draw(st.integers(1, len(parts) - 1))] = data.draw(st.text(max_size=10))
            path = "/".join(parts)
        elif what == "query":
            name = data.draw(
                st.sampled_from([*query, "maxPageSize", "nextPageToken", "sortBy", "status", "x"])
            )
            query[name] = data.draw(st.text(max_size=20))
        else:
            body = changed(data, body)
        headers = {"authorization": "Bearer sk_emulator", "x-extend-api-version": driven.version}
        answer = requests.request(
            one["method"],
            url + requests.utils.quote(path.encode("utf-8", "replace"), safe="/"),
            params={key: value.encode("utf-8", "replace") for key, value in query.items()},
            data=json.dumps(body).encode("utf-8", "replace") if body is not None else None,
            headers=headers | {"content-type": "application/json"},
            timeout=30,
        )
        assert answer.status_code < 500, (one["method"], path, query, body, answer.text)
        assert "Traceback" not in answer.text
        assert isinstance(answer.json(), dict)
        refused, answered = refused + (answer.status_code >= 400), answered + (answer.status_code < 400)

    with caplog.at_level(logging.ERROR):
        once()
    assert caplog.records == []
    # Both happen, or the changes would be too small or too big to tell anything.
    assert refused > 200, refused
    assert answered > 200, answered
