"""``/_control/...``: what a test or an operator of the emulator may do that the API cannot. No key needed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from airflow_provider_extend.emulator import runs
from airflow_provider_extend.emulator.api import Call, find_version
from airflow_provider_extend.emulator.routes import match
from airflow_provider_extend.emulator.state import V26, ApiError, State
from airflow_provider_extend.emulator.store import Row

PREFIX = "/_control"
_FAULT_KEYS = frozenset("method path status retry_after drop drop_after latency body times".split())
_FAULT_BODIES = ("html", "truncated", "malformed", "empty")


def handle(state: State, method: str, path: str, body: Any) -> Any:
    """The answer as JSON-able data; ``bytes`` for the content of a file."""
    for route_method, template, action in _ACTIONS:
        if route_method == method and (params := match(template, path.removeprefix(PREFIX))) is not None:
            return action(_call(state, params), body if body is not None else {})
    raise ApiError(404, f"No control {method} {path}")


def _call(state: State, params: dict[str, str]) -> Call:
    return Call(state, V26, V26, params, {}, "")


def _health(call: Call, body: Any) -> Row:
    return {"status": "ok", "runs": len(call.state.store.all("run"))}


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
    faults = [{"times": 1, **fault} for fault in (body if isinstance(body, list) else [body])]
    for fault in faults:
        if unknown := sorted(fault.keys() - _FAULT_KEYS):
            raise ApiError(400, f"Unknown key(s) of a fault: {', '.join(unknown)}")
        try:
            re.compile(fault.get("path", ""))
        except re.error as error:
            raise ApiError(400, f"path is no regular expression: {error}") from error
        kind = fault.get("body", "html")
        if kind not in _FAULT_BODIES and not kind.startswith("redirect:"):
            raise ApiError(400, f"body must be one of {', '.join(_FAULT_BODIES)} or redirect:<url>")
    return call.state.add_faults(faults)


def _clear_faults(call: Call, body: Any) -> list[Row]:
    call.state.set_faults([])
    return []


def _add_key(call: Call, body: Row) -> Row:
    if not body.get("key") or body.get("scope", "workspace") not in ("workspace", "organization"):
        raise ApiError(400, "a key and the scope workspace or organization are needed")
    entry = {"scope": body.get("scope", "workspace"), "revoked": bool(body.get("revoked"))}
    call.state.add_key(body["key"], entry | {"workspace_id": body.get("workspace_id")})
    return {"status": "ok"}


def _runs(call: Call, body: Any) -> list[Row]:
    shown = "id evaluationSetId processorId processorVersionId version source createdAt failureReason".split()
    return [
        {key: row[key] for key in shown} | runs.progress(row) | {"runCount": len(row["items"])}
        for _, row in call.state.store.all("run")
    ]


def _outputs(call: Call, body: Any) -> list[Row]:
    """Known from the start of the run, also while the API still shows it as moving."""
    call.find("run", call.params["id"])
    return list(call.state.store.need("result", call.params["id"])["outputs"])


def _patch_run(call: Call, body: Row) -> Row:
    """``status`` forces one, known or not; null gives the run back to its clock."""
    with call.state.store.transaction():
        row = call.find("run", call.params["id"])
        if "status" in body:
            forced = {"status": body["status"], "at": call.state.store.stamp()}
            row["forced"] = forced if body["status"] is not None else None
        row["failureReason"] = body.get("failureReason", row["failureReason"])
        call.state.store.put("run", row)
    return next(shown for shown in _runs(call, None) if shown["id"] == row["id"])


def _file(call: Call, body: Any) -> bytes:
    call.find("file", call.params["id"])
    return call.state.store.read_blob(call.params["id"]) or b""


_ACTIONS: list[tuple[str, str, Callable[[Call, Any], Any]]] = [
    ("GET", "/health", _health),
    ("POST", "/reset", _reset),
    ("POST", "/batch_processor_runs", _start),
    ("POST", "/settings", _settings),
    ("POST", "/faults", _add_faults),
    ("DELETE", "/faults", _clear_faults),
    ("POST", "/keys", _add_key),
    ("GET", "/requests", lambda call, body: list(call.state.requests)),
    ("GET", "/runs", _runs),
    ("GET", "/runs/{id}/outputs", _outputs),
    ("PATCH", "/runs/{id}", _patch_run),
    ("GET", "/files/{id}", _file),
]
