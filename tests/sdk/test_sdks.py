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

pytestmark = [pytest.mark.slow, pytest.mark.sdk]


def test_every_method_is_driven(driven: Driven) -> None:
    called = {call["method"] for call in driven.calls}
    # The one method that is a coroutine; the same without is driven.
    assert set(driven.methods) - called - {"webhooks.fetch_signed_payload"} == set()
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


def test_no_answer_holds_what_no_model_knows(driven: Driven) -> None:
    unknown = {
        f"{method} -> {exchange['model']}: {one}"
        for method, exchange in driven.exchanges()
        for one in exchange["unknown"]
    }
    assert sorted(unknown) == []


# ------------------------------------------------------------------------------------------------- the wire

#: Method of a client -> endpoint of the hook, where the names differ.
NAMES = {
    "classify": "classify_runs.create_sync",
    "detect_form": "form_detection_runs.create_sync",
    "edit": "edit_runs.create_sync",
    "extract": "extract_runs.create_sync",
    "parse": "parse_runs.create_sync",
    "split": "split_runs.create_sync",
    "verify": "verify_runs.create_sync",
    "parse_async": "parse_runs.create",
    "parser_run.delete": "parse_runs.delete",
    "parser_run.get": "parse_runs.retrieve",
    "batch_processor_run.get": "batch_processor_runs.retrieve",
    "batch_runs.get": "batch_runs.retrieve",
    "batch_workflow_run.create": "workflow_runs.create_batch",
    "edit.create": "edit_runs.create_sync",
    "edit.create_async": "edit_runs.create",
    "edit.delete": "edit_runs.delete",
    "edit.get": "edit_runs.retrieve",
    "evaluation_set_item.create_batch": "evaluation_set_items.create_bulk",
    "workflow_run_output.update": "workflow_runs.correct_outputs",
}
_RESOURCES = {
    "evaluation_set": "evaluation_sets",
    "evaluation_set_item": "evaluation_set_items",
    "file": "files",
    "processor": "processors",
    "processor_run": "processor_runs",
    "processor_version": "processor_versions",
    "workflow": "workflows",
    "workflow_run": "workflow_runs",
}
#: What these do is several calls of other methods, or none.
NO_CALL = ("create_and_poll", "webhooks.")


def _endpoint(method: str) -> str:
    if method in NAMES:
        return NAMES[method]
    resource, _, verb = method.partition(".")
    return f"{_RESOURCES.get(resource, resource)}.{'retrieve' if verb == 'get' else verb}"


def _sent_by_the_hook(version: str, call: dict[str, Any]) -> dict[str, Any]:
    """The last request of the hook's client for the same method with the same arguments."""
    client = ExtendClient(ClientSettings("https://api.extend.ai", "sk_x", api_version=version))
    resource, _, verb = _endpoint(call["method"]).partition(".")
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
        f"{row['method']} {row['path']}"
        for row in rows()
        if row["version"] == driven.version
        and not any(method == row["method"] and fits(row["path"], path) for method, path in addresses)
    ]
    assert missing == WITHOUT_METHOD[driven.version]


WITHOUT_METHOD = {
    "2026-02-09": [],
    "2025-04-21": ["POST /edit_schemas/generate", "GET /edit_templates/{id}", "POST /files"],
}


def fits(template: str, path: str) -> bool:
    wanted, given = template.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        one.startswith("{") or one == other for one, other in zip(wanted, given, strict=True)
    )
