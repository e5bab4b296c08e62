"""Runs beside one of the vendor's clients, in a process of its own: calls its methods and writes down what went over
the wire, and what the client's own models say of each answer.

Started as `python -m tests.sdk.<program> <base URL> <token>`, with the client on PYTHONPATH; prints one JSON object.
"""

from __future__ import annotations

import asyncio
import enum
import importlib
import importlib.util
import inspect
import json
import pkgutil
import re
import sys
import threading
import typing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import extend_ai
import httpx
import pydantic

#: The client of 2026-02-09 has each object as a type of what is sent, too; that of 2025-04-21 has not.
_requests = (
    importlib.import_module("extend_ai.requests") if importlib.util.find_spec("extend_ai.requests") else None
)


_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class Missing(str):
    """Stands for what a failed call did not give, so that one failure does not hide the next."""

    __slots__ = ()

    def __new__(cls) -> Missing:
        return super().__new__(cls, "missing")

    def __getattr__(self, name: str) -> Missing:
        return self

    def __getitem__(self, key: Any) -> Missing:
        return self


class Recorder:
    def __init__(self, base_url: str, token: str) -> None:
        self.calls: list[dict[str, Any]] = []
        self._exchanges: list[dict[str, Any]] = []
        transport = _Recording(self._exchanges)
        self.http = httpx.Client(transport=transport, timeout=60)
        self.client: Any = extend_ai.Extend(token=token, base_url=base_url, httpx_client=self.http)
        _watch_models(self._exchanges)

    def do(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call the method of that dotted name; its failure is written down and does not end the program."""
        method = self.client
        for part in name.split("."):
            method = getattr(method, part)
        self._exchanges.clear()
        error, answer = None, None
        try:
            answer = method(*args, **kwargs)
            answer = asyncio.run(answer) if inspect.iscoroutine(answer) else answer
        except Exception as raised:
            error, answer = f"{type(raised).__name__}: {raised}"[:600], Missing()
        self.calls.append(
            {
                "method": name,
                "args": [str(arg) for arg in args],
                "kwargs": json.loads(json.dumps(kwargs, default=str)),
                "error": error,
                "exchanges": list(self._exchanges),
            }
        )
        return answer

    def event(self, name: str, model: Any, body: Any) -> None:
        """What the client's model says of the webhook delivery that the last call has read: leniently, as it does."""
        exchange = _exchange("POST", "/a/receiver", {}, None, None, 200, "")
        _judge(model, body, exchange)
        self.calls[-1]["event"] = name
        self.calls[-1]["exchanges"].append(exchange)

    def report(self) -> None:
        json.dump({"methods": self._methods(), "calls": self.calls}, sys.stdout)

    def _methods(self) -> list[str]:
        """Every public method of the client and of its resources."""
        found: list[str] = []
        for name in dir(self.client):
            member = (
                None if name.startswith("_") or name == "with_raw_response" else getattr(self.client, name)
            )
            if inspect.ismethod(member):
                found.append(name)
            elif member is not None:
                found += [
                    f"{name}.{verb}"
                    for verb in dir(type(member))
                    if not verb.startswith("_") and callable(getattr(member, verb, None))
                ]
        return found


class _Recording(httpx.BaseTransport):
    def __init__(self, exchanges: list[dict[str, Any]]) -> None:
        self._exchanges = exchanges
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        sent = request.read()
        response = self._inner.handle_request(request)
        response.read()
        is_json = request.headers.get("content-type", "").startswith("application/json")
        self._exchanges.append(
            _exchange(
                request.method,
                request.url.path,
                dict(request.url.params),
                json.loads(sent) if is_json and sent else None,
                request.headers.get("x-extend-api-version"),
                response.status_code,
                response.text[:2000],
            )
        )
        return response


def _exchange(
    method: str, path: str, query: Any, body: Any, version: str | None, status: int, answer: str
) -> dict[str, Any]:
    said = {
        "method": method,
        "path": path,
        "query": query,
        "body": body,
        "version": version,
        "status": status,
    }
    return said | {"answer": answer, "model": None, "wrong": [], "unknown": [], "missing": []}


def _watch_models(exchanges: list[dict[str, Any]]) -> None:
    """The client makes its answers with a lenient reader; have the strict one look at each of them too."""
    for module in pkgutil.walk_packages(extend_ai.__path__, "extend_ai."):
        if module.name.rpartition(".")[2] == "raw_client":
            importlib.import_module(module.name)
    for loaded in [m for name, m in sys.modules.items() if name.endswith("raw_client")]:
        for name in ("construct_type", "parse_obj_as"):
            if lenient := getattr(loaded, name, None):
                setattr(loaded, name, _both(lenient, exchanges))


def _both(lenient: Any, exchanges: list[dict[str, Any]]) -> Any:
    def read(type_: Any, object_: Any) -> Any:
        if exchanges and exchanges[-1]["status"] < 300:
            _judge(type_, object_, exchanges[-1])
        return lenient(type_=type_, object_=object_)

    return read


def _judge(model: Any, body: Any, exchange: dict[str, Any]) -> None:
    exchange["model"] = str(getattr(model, "__name__", model))
    try:
        adapter = pydantic.TypeAdapter(model)
        made = adapter.validate_python(body)
    except pydantic.ValidationError as error:
        exchange["wrong"] = [
            f"{'.'.join(map(str, one['loc']))}: {one['msg']} (is {one['input']!r:.80})"
            for one in error.errors()[:20]
        ]
        return
    exchange["unknown"] = sorted(set(_unknown(made, "")))
    exchange["missing"] = sorted(set(_missing(made, "")))
    exchange["wrong"] = _converted(
        body, adapter.dump_python(made, mode="json", by_alias=True, warnings=False), ""
    )


def _converted(sent: Any, read: Any, path: str) -> list[str]:
    """Where the model has made something else of what was sent, a number of a text for instance."""
    if isinstance(sent, dict) and isinstance(read, dict):
        return [
            one for key in sent if key in read for one in _converted(sent[key], read[key], f"{path}.{key}")
        ]
    if isinstance(sent, list) and isinstance(read, list):
        return [one for a, b in zip(sent, read, strict=True) for one in _converted(a, b, f"{path}[]")]
    if isinstance(sent, str) and isinstance(read, str) and sent != read and not _RFC_3339.fullmatch(sent):
        return [f"{path}: {sent!r:.40} read as {read!r:.40}"]
    numbers = (int, float)
    same = type(sent) is type(read) or (type(sent) in numbers and type(read) in numbers)
    return [] if same else [f"{path}: {type(sent).__name__} read as {type(read).__name__}"]


def _unknown(value: Any, path: str) -> list[str]:
    """Paths of what was sent and no model has a field or a word for: models take other words than their own."""
    if isinstance(value, pydantic.BaseModel):
        found = [f"{path}.{key}" for key in value.model_extra or {}]
        for key, field in type(value).model_fields.items():
            inner, words = getattr(value, key), _words(field.annotation)
            found += (
                [f"{path}.{key} {inner}"] if words and isinstance(inner, str) and inner not in words else []
            )
            found += _unknown(inner, f"{path}.{key}")
        return found
    if isinstance(value, enum.Enum):
        return [f"{path} {value.value}"] if value.name.startswith("_") else []
    if isinstance(value, list):
        return [one for item in value for one in _unknown(item, f"{path}[]")]
    if isinstance(value, dict):
        return [one for key, item in value.items() for one in _unknown(item, f"{path}.{key}")]
    return []


def _words(annotation: Any) -> set[str]:
    """Of a type that is some words, or anything."""
    inner = typing.get_args(annotation)
    known = [
        word for one in inner if typing.get_origin(one) is typing.Literal for word in typing.get_args(one)
    ]
    return set(known) if typing.Any in inner else set()


def _missing(value: Any, path: str) -> list[str]:
    """Paths of keys that are always there, null or not: the models have a default for them, the client's types of
    what is sent do not."""
    if isinstance(value, pydantic.BaseModel):
        kind = type(value)
        sent = getattr(_requests, f"{kind.__name__}Params", None)
        always = {name for name in getattr(sent, "__required_keys__", ()) if not _left_out(sent, name)}
        always |= {name for name, field in kind.model_fields.items() if field.get_default() is not None}
        found = [f"{path}.{name}" for name in always & kind.model_fields.keys() - value.model_fields_set]
        return found + [
            one for name in kind.model_fields for one in _missing(getattr(value, name), f"{path}.{name}")
        ]
    if isinstance(value, list):
        return [one for item in value for one in _missing(item, f"{path}[]")]
    if isinstance(value, dict):
        return [one for key, item in value.items() for one in _missing(item, f"{path}.{key}")]
    return []


def _left_out(sent: Any, name: str) -> bool:
    """Whether a key may be: a type whose annotations are texts cannot tell by itself."""
    return "NotRequired[" in getattr(sent.__annotations__[name], "__forward_arg__", "")


class Receiver:
    """Takes webhook deliveries on loopback."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.arrived = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                with receiver.arrived:
                    receiver.got.append((dict(self.headers.items()), body))
                    receiver.arrived.notify_all()
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/extend"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait(self, number: int, seconds: float = 20) -> list[tuple[dict[str, str], bytes]]:
        with self.arrived:
            self.arrived.wait_for(lambda: len(self.got) >= number, seconds)
            return list(self.got)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
