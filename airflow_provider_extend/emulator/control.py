"""``/_control/...``: what a test or an operator of the emulator may do that the API cannot. No key needed."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from airflow_provider_extend.emulator import deliveries, faults, runs
from airflow_provider_extend.emulator.call import Call
from airflow_provider_extend.emulator.families import edit_runs, workflow_runs
from airflow_provider_extend.emulator.families.processors import find_version
from airflow_provider_extend.emulator.kinds import RUNS
from airflow_provider_extend.emulator.route import match
from airflow_provider_extend.emulator.state import V26, VERSIONS, ApiError, State
from airflow_provider_extend.emulator.store import Row

PREFIX = "/_control"
_SHOWN = (
    "id evaluationSetId processorId processorVersionId workflowId version source batchId metadata fileName "
    "createdAt failureReason"
).split()


class Html(str):
    """A page, where other answers are data."""


def handle(state: State, method: str, path: str, body: Any) -> Any:
    """The answer as JSON-able data; ``bytes`` for the content of a file, ``Html`` for a page."""
    plain, _, query = path.removeprefix(PREFIX).partition("?")
    for route_method, template, action in _ACTIONS:
        if route_method == method and (params := match(template, plain)) is not None:
            call = Call(state, V26, V26, params, dict(parse_qsl(query)), "")
            body = {} if body is None else body
            if not isinstance(body, dict) and action is not _add_faults:
                raise ApiError(400, "The body must be a JSON object")
            return action(call, body)
    raise ApiError(404, f"No control {method} {plain}")


def _health(call: Call, body: Any) -> Row:
    return {"status": "ok", "runs": sum(len(call.state.store.all(kind)) for kind in RUNS)}


def _reset(call: Call, body: Any) -> Row:
    call.state.reset()
    return {"status": "ok"}


def _start(call: Call, body: Row) -> Row:
    source = body.get("source", "EVAL_SET")
    if source not in ("EVAL_SET", "STUDIO", "PLAYGROUND"):
        raise ApiError(400, "source must be EVAL_SET, STUDIO or PLAYGROUND")
    processor = call.find("processor", str(body.get("processorId")))
    evaluation_set = call.find("set", str(body.get("evaluationSetId")))
    version = find_version(call, processor, body.get("version") or "draft")
    return {"id": runs.start(call.state, evaluation_set, version, None, source)["id"]}


def _settings(call: Call, body: Row) -> Row:
    return call.state.change_settings(body)


def _add_faults(call: Call, body: Any) -> list[Row]:
    if not all(isinstance(one, dict) for one in (body if isinstance(body, list) else [body])):
        raise ApiError(400, "a fault, or a list of faults, is needed")
    try:
        return call.state.faults.add(
            [faults.checked(one) for one in (body if isinstance(body, list) else [body])]
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise ApiError(400, f"a fault cannot be that: {error}") from error


def _clear_faults(call: Call, body: Any) -> list[Row]:
    call.state.faults.clear()
    return []


def _add_key(call: Call, body: Row) -> Row:
    """``api_version``: the one that counts where no header names one, as of a key made before 2025-04-21."""
    key, scope, version = body.get("key"), body.get("scope", "workspace"), body.get("api_version")
    if not key or not isinstance(key, str) or scope not in ("workspace", "organization"):
        raise ApiError(400, "a key and the scope workspace or organization are needed")
    if version is not None and version not in VERSIONS:
        raise ApiError(400, f"api_version must be one of {', '.join(VERSIONS)}")
    entry = {"scope": scope, "revoked": bool(body.get("revoked")), "api_version": version}
    call.state.add_key(key, entry | {"workspace_id": body.get("workspace_id")})
    return {"status": "ok"}


def _requests(call: Call, body: Any) -> list[Row]:
    method = call.query.get("method")
    try:
        path = re.compile(call.query.get("path", ""))
    except re.error as error:
        raise ApiError(400, f"path is no regular expression: {error}") from error
    return [r for r in list(call.state.requests) if method in (None, r["method"]) and path.search(r["path"])]


def _found(call: Call) -> tuple[str, Row]:
    """(kind, run); of the kinds here, a batch of extract runs is one too."""
    for kind in (*RUNS, "batch"):
        if row := call.state.store.get(kind, call.params["id"]):
            return kind, row
    raise ApiError(404, f"No run with id {call.params['id']}")


def _row(call: Call, kind: str, row: Row) -> Row:
    shown: Row = {"kind": RUNS.get(kind, "batch_run")} | {key: row.get(key) for key in _SHOWN}
    if kind == "batch":
        return shown | {"status": call.show("batch", row)["status"], "runCount": row["runCount"]}
    return shown | call.state.clock.progress(row) | {"runCount": len(row.get("items", "1"))}


def _runs(call: Call, body: Any) -> list[Row]:
    wanted = call.query.get("kind")
    kinds = [kind for kind, name in RUNS.items() if wanted in (None, name)]
    if not kinds:
        raise ApiError(400, f"kind must be one of {', '.join(RUNS.values())}")
    rows = [(seq, kind, row) for kind in kinds for seq, row in call.state.store.all(kind)]
    return [_row(call, kind, row) for _, kind, row in sorted(rows, key=lambda entry: entry[0])]


def _outputs(call: Call, body: Any) -> list[Row]:
    """Known from the start of the run, also while the API still shows it as moving."""
    _found(call)
    return list((call.state.store.get("result", call.params["id"]) or {"outputs": []})["outputs"])


def _output(call: Call, body: Any) -> Any:
    """What the link of a parse run leads to; with ``?chunk=``, the text of that one."""
    found = _outputs(call, body)
    if not found:
        raise ApiError(404, f"The run {call.params['id']} has no output")
    if (wanted := call.query.get("chunk")) is None:
        return found[0]["output"]
    texts = {str(at): one["content"] for at, one in enumerate(found[0]["output"].get("chunks", []))}
    if wanted not in texts:
        raise ApiError(404, "No such chunk")
    return texts[wanted]


def _patch_run(call: Call, body: Row) -> Row:
    """``status`` forces one, known or not; null gives the run back to its clock."""
    if not all(isinstance(body.get(key), str | None) for key in ("status", "failureReason")):
        raise ApiError(400, "status and failureReason must be of type str, or null")
    with call.state.store.transaction():
        kind, row = _found(call)
        if "status" in body:
            forced = {"status": body["status"], "at": call.state.store.stamp()}
            row["forced"] = forced if body["status"] is not None else None
        row["failureReason"] = body.get("failureReason", row.get("failureReason"))
        call.state.store.put(kind, row)
    return _row(call, kind, row)


def _dashboard(call: Call, body: Any) -> Html:
    """What a link to a run leads to. Nothing of a document is in it."""
    shown = _row(call, *_found(call))
    keys = ("kind", "status", "failureReason", "createdAt", "updatedAt")
    lines = [f"<dt>{key}</dt><dd>{html.escape(str(shown[key]))}</dd>" for key in keys if shown.get(key)]
    title = html.escape(shown["id"])
    return Html(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1><dl>{''.join(lines)}</dl><p>A local Extend</p></body></html>"
    )


def _file(call: Call, body: Any) -> bytes:
    call.find("file", call.params["id"])
    return call.state.store.read_blob(call.params["id"]) or b""


def _deliveries(call: Call, body: Any) -> list[Row]:
    return list(deliveries.shown(call.state))


def _send_again(call: Call, body: Any) -> Row:
    return deliveries.send_again(call.state, call.params["id"])


def _payload(call: Call, body: Any) -> Row:
    return deliveries.linked(call.state, call.params["id"], call.query)


def _review(call: Call, body: Row) -> Row:
    return _row(call, "workflow_run", workflow_runs.review(call, body))


_ACTIONS: list[tuple[str, str, Callable[[Call, Any], Any]]] = [
    ("GET", "/health", _health),
    ("POST", "/reset", _reset),
    ("POST", "/batch_processor_runs", _start),
    ("POST", "/settings", _settings),
    ("POST", "/faults", _add_faults),
    ("DELETE", "/faults", _clear_faults),
    ("POST", "/keys", _add_key),
    ("GET", "/requests", _requests),
    ("GET", "/runs", _runs),
    ("GET", "/runs/{id}/outputs", _outputs),
    ("PATCH", "/runs/{id}", _patch_run),
    ("POST", "/workflow_runs/{id}/review", _review),
    ("GET", "/webhook_deliveries", _deliveries),
    ("POST", "/webhook_deliveries/{id}/retry", _send_again),
    ("GET", "/webhook_payloads/{id}", _payload),
    ("GET", "/outputs/{id}", _output),
    ("POST", "/edit_templates", edit_runs.create_template),
    ("GET", "/dashboard/{id}", _dashboard),
    ("GET", "/files/{id}", _file),
]
