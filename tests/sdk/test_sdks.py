"""The vendor's own clients against the local Extend, and the hook beside them on the wire.

Each runs in a process of its own (see conftest.py).
"""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests_mock

from airflow_provider_extend.api.endpoints import rows
from airflow_provider_extend.client import ClientSettings, ExtendClient
from tests.sdk.conftest import Driven
from tests.sdk.names import WITHOUT_METHOD, endpoint_of

pytestmark = [pytest.mark.slow, pytest.mark.sdk]


def test_every_method_is_driven(driven: Driven) -> None:
    called = {call["method"] for call in driven.calls}
    assert set(driven.methods) - called == set()
    assert len(driven.calls) > len(driven.methods)


def test_every_call_succeeds(driven: Driven) -> None:
    lost = [f"{call['method']}({call['args']}, {call['kwargs']}): {call['error']}" for call in driven.calls]
    assert [line for call, line in zip(driven.calls, lost, strict=True) if call["error"]] == []


def test_every_answer_is_what_the_clients_own_model_says(driven: Driven) -> None:
    wrong = {
        f"{method} -> {exchange['model']}: {one}"
        for method, exchange in driven.exchanges()
        for one in exchange["wrong"]
    }
    assert sorted(wrong) == []
    unread = [
        method
        for method, exchange in driven.exchanges()
        if exchange["status"] < 300 and not exchange["model"]
    ]
    assert unread == []


def test_every_event_is_delivered_and_read(driven: Driven) -> None:
    told = sorted(call["event"] for call in driven.calls if "event" in call)
    assert told == (EVENTS if driven.version == "2026-02-09" else [])


_PROCESSORS = ("classifier", "extractor", "splitter")
_RUNS = "extract classify split parse edit form_detection batch_processor batch_parse".split()
#: All that the client has a model for, but the ends of what no call deletes.
EVENTS = sorted(
    [
        f"{noun}.{word}"
        for noun in _PROCESSORS
        for word in "created updated draft.updated version.published".split()
    ]
    + [f"{run}_run.{word}" for run in _RUNS for word in ("processed", "failed")]
    + [f"workflow_run.{word}" for word in ("completed", "failed", "needs_review", "rejected", "cancelled")]
    + ["workflow_run.step_run.processed", "workflow.created", "workflow.deployed"]
)


#: Word of an answer that the clients do not have, from the changelog of 2026-06-09: parse runs can be cancelled.
NEWER = {"parse_runs.cancel -> ParseRun: .status CANCELLED"}


def test_no_answer_holds_what_no_model_knows(driven: Driven) -> None:
    unknown = {
        f"{method} -> {exchange['model']}: {one}"
        for method, exchange in driven.exchanges()
        for one in exchange["unknown"]
    }
    assert unknown == (NEWER if driven.version == "2026-02-09" else set())


def test_every_answer_has_the_keys_that_are_always_there(driven: Driven) -> None:
    """Null where there is nothing to say: the models alone would take a key that is left out for one that is null."""
    missing = {
        f"{method} -> {exchange['model']}: {one}"
        for method, exchange in driven.exchanges()
        for one in exchange["missing"]
    }
    assert sorted(missing) == []


# ------------------------------------------------------------------------------------------------- the wire

#: What these do is several calls of other methods, or none.
NO_CALL = ("create_and_poll", "webhooks.")


def _sent_by_the_hook(version: str, call: dict[str, Any]) -> dict[str, Any]:
    """The last request of the hook's client for the same method with the same arguments."""
    client = ExtendClient(ClientSettings("https://api.extend.ai", "sk_x", api_version=version))
    resource, _, verb = endpoint_of(call["method"]).partition(".")
    given = dict(call["kwargs"])
    token = given.pop("next_page_token", None)
    if verb == "upload":
        given["name"], data = given.pop("file")
        call = call | {"args": [io.BytesIO(data.encode())]}
    # The hook's lists turn the pages by themselves: the page before leads to the one that was asked for.
    page = {"data": [], "nextPageToken": token} | {key: [] for key in _LISTS}
    answers = [{"json": page}] * bool(token) + [
        {"json": page | {"nextPageToken": None, "id": "x", "batchId": "x"}}
    ]
    with requests_mock.Mocker() as mock:
        mock.register_uri(requests_mock.ANY, requests_mock.ANY, answers)
        answer = getattr(getattr(client, resource), verb)(*call["args"], **given)
        if verb == "list":
            list(answer)
    request = mock.last_request
    is_json = request.headers.get("content-type", "").startswith("application/json")
    return {
        "method": request.method,
        "path": urlsplit(request.url).path,
        "query": dict(parse_qsl(urlsplit(request.url).query)),
        "body": request.json() if is_json else None,
        "version": request.headers["x-extend-api-version"],
    }


_LISTS = (
    "files",
    "processors",
    "processorRuns",
    "evaluationSets",
    "evaluationSetItems",
    "workflowRuns",
    "versions",
)


@pytest.mark.filterwarnings("ignore::airflow_provider_extend.api.deprecations.ExtendDeprecationWarning")
def test_the_hook_sends_what_the_client_sends(driven: Driven) -> None:
    different = []
    for call in driven.calls:
        if any(part in call["method"] for part in NO_CALL):
            continue
        exchange = call["exchanges"][0]
        theirs = {key: exchange[key] for key in ("method", "path", "query", "body", "version")}
        ours = _sent_by_the_hook(driven.version, call)
        if ours != theirs:
            different.append((call["method"], theirs, ours))
    assert different == []


def test_every_endpoint_of_the_version_is_driven(driven: Driven) -> None:
    """Those that the client has no method for are named, and are the emulator's own tests to drive."""
    addresses = {(exchange["method"], exchange["path"]) for _, exchange in driven.exchanges()}
    missing = [
        row["name"]
        for row in rows()
        if row["version"] == driven.version
        and not any(method == row["method"] and fits(row["path"], path) for method, path in addresses)
    ]
    assert missing == list(WITHOUT_METHOD[driven.version])


def fits(template: str, path: str) -> bool:
    wanted, given = template.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        one.startswith("{") or one == other for one, other in zip(wanted, given, strict=True)
    )
