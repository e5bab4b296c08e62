"""HTTP around the emulator: headers, keys, limits, error bodies, and faults made to order."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from airflow_provider_extend.emulator import bodies, control
from airflow_provider_extend.emulator.call import Call, Later, Page, Upload
from airflow_provider_extend.emulator.deliveries import Deliveries
from airflow_provider_extend.emulator.route import Route, envelope
from airflow_provider_extend.emulator.routes import resolve
from airflow_provider_extend.emulator.state import V25, V26, VERSIONS, ApiError, State
from airflow_provider_extend.emulator.store import Row, new_id, timestamp

_log = logging.getLogger(__name__)
_PAST = ("2024-02-01", "2024-07-30", "2024-11-14")  # versions of Extend that are not emulated
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


class _Protocol(H11Protocol):
    """Gives each request its transport, so that a fault can cut the connection under it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own is wider
        super().connection_made(transport)
        # Head and body of an answer are written apart: held back, the second waits 40 ms for the client's ACK.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state = {**self.app_state, "transport": transport}


class _Cut(Response):
    """Writes the given bytes as they are and closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport: asyncio.Transport = scope["state"]["transport"]
        transport.write(bytes(self.body))
        transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


def create_app(state: State) -> FastAPI:
    app = FastAPI(title="Extend emulator", openapi_url=None, docs_url=None, redoc_url=None)

    @app.api_route("/{path:path}", methods=_METHODS, response_model=None)
    async def entry(request: Request) -> Response:
        if request.url.path.startswith(control.PREFIX + "/"):
            return await _controlled(state, request)
        record: Row = {"method": request.method, "path": request.url.path, "status": None, "runs": []}
        # `whole`: all of it has arrived; from then on it is carried out, whoever dies.
        record |= {"whole": False, "listed": []}
        record |= {"version": request.headers.get("x-extend-api-version"), "at": timestamp(datetime.now(UTC))}
        state.requests.append(record)
        try:
            response = await _Exchange(state, request, record).run()
        except ClientDisconnect:  # before all of the request was here; later it is carried out all the same
            return _Cut(b"")
        record["status"] = None if isinstance(response, _Cut) else response.status_code
        return response

    return app


async def _controlled(state: State, request: Request) -> Response:
    raw = await request.body()
    try:
        body = json.loads(raw) if raw else None
        path = f"{request.url.path}?{request.url.query}"
        answer = await run_in_threadpool(control.handle, state, request.method, path, body)
    except ApiError as error:
        return JSONResponse({"error": error.message}, error.status)
    except ValueError as error:
        return JSONResponse({"error": str(error)}, 400)
    if isinstance(answer, control.Html):
        return HTMLResponse(answer)
    return Response(answer) if isinstance(answer, bytes) else JSONResponse(answer)


class _Exchange:
    """One API request and its answer. Nothing of it ends early because the client has gone."""

    def __init__(self, state: State, request: Request, record: Row) -> None:
        self._state, self._request, self._id, self._record = state, request, new_id("req_"), record
        self._settings = state.settings
        self._route: Route | None = None
        self._params: dict[str, str] = {}
        self._version = request.headers.get("x-extend-api-version", "")

    async def run(self) -> Response:
        await self._request.body()  # so that no fault cuts a connection that is still sending
        self._record["whole"] = True
        path = self._request.url.path
        fault = self._state.take_fault(self._request.method, path)
        await asyncio.sleep(fault.get("latency", 0))
        kind = fault.get("body", "")
        if fault.get("drop"):
            return _Cut(b"")
        if "status" in fault or kind == "html" or kind.startswith("redirect:"):
            response = self._instead(fault, kind)
        else:
            response = await self._answer()
        await asyncio.sleep(fault.get("latency_after", 0))
        response.headers["x-extend-request-id"] = self._id
        if fault.get("drop_after"):
            return _Cut(b"")
        if kind == "empty":
            return self._with_body(response, b"")
        if kind == "malformed":
            return self._with_body(response, bytes(response.body)[: len(response.body) // 2])
        if kind == "truncated":
            head = [f"HTTP/1.1 {response.status_code} {HTTPStatus(response.status_code).phrase}"]
            head += [f"{name}: {value}" for name, value in response.headers.items()]
            return _Cut(
                "\r\n".join([*head, "", ""]).encode() + bytes(response.body)[: len(response.body) // 2]
            )
        return response

    def _with_body(self, response: Response, body: bytes) -> Response:
        headers = {k: v for k, v in response.headers.items() if k != "content-length"}
        return Response(body, response.status_code, headers)

    def _instead(self, fault: Row, kind: str) -> Response:
        """What a proxy or a broken server would say, without any work done."""
        headers = {} if fault.get("retry_after") is None else {"Retry-After": str(fault["retry_after"])}
        echo = self._echo()
        if kind.startswith("redirect:"):
            location = kind.removeprefix("redirect:")
            if echo:
                location += ("&" if "?" in location else "?") + f"authorization={echo}"
            return Response(echo, fault.get("status", 302), headers | {"Location": location})
        status = fault.get("status", 502)
        if kind == "html":
            page = f"<!doctype html><html><body><h1>{status}</h1><p>{echo}</p></body></html>"
            return Response(page, status, headers, "text/html")
        return self._failed(ApiError(status, f"A fault made to order: HTTP {status}"), headers)

    async def _answer(self) -> Response:
        try:
            return await self._work()
        except ApiError as error:
            after = self._settings["retry_after"] if error.status == 429 else None
            return self._failed(error, {} if after is None else {"Retry-After": str(after)})
        except Exception:
            _log.exception("%s %s", self._request.method, self._request.url.path)
            return self._failed(ApiError(500, "The emulator failed; its log says why"), {})

    async def _work(self) -> Response:
        request, state = self._request, self._state
        # Resolved first, since the path decides the form of error bodies; told only to those who have a key.
        unresolved = self._resolve()
        entry = state.authorize(
            request.headers.get("authorization"), request.headers.get("x-extend-workspace-id")
        )
        if not self._version and (own := entry.get("api_version")):
            self._version = own
            unresolved = self._resolve()
        if self._version not in VERSIONS:
            said = f"{self._version!r} is not a version" if self._version else "The header is missing"
            said = "This emulator does not speak a version so old" if self._version in _PAST else said
            raise ApiError(400, f"x-extend-api-version: {said}. Known here: {', '.join(VERSIONS)}")
        if unresolved or self._route is None:
            raise unresolved or ApiError(404, "No such endpoint")
        route = self._route
        state.limit(route.limit_class)
        style = V25 if route.legacy and self._version == V26 else self._version
        query = dict(request.query_params)
        base_url = str(request.base_url).rstrip("/")
        call = Call(
            state, self._version, style, self._params, query, base_url, self._id, made=self._record["runs"]
        )
        if route.path == "/files/upload":
            call.upload = await self._upload()
        elif request.method == "POST":
            call.body = self._checked(route, await request.body())
        answer = await run_in_threadpool(route.handler, call)
        while isinstance(answer, Later):
            await asyncio.sleep(answer.seconds)
            answer = await run_in_threadpool(answer.again)
        if isinstance(answer, Page):
            self._record["listed"] = [row["id"] for row in answer.rows if "id" in row]
        return JSONResponse(envelope(route, self._version, answer))

    def _resolve(self) -> ApiError | None:
        if self._version in VERSIONS:
            try:
                self._route, self._params = resolve(
                    self._request.method, self._request.url.path, self._version
                )
            except ApiError as error:
                return error
        return None

    def _checked(self, route: Route, raw: bytes) -> Row:
        try:
            body = bodies.parsed(raw)
            bodies.check(route.body, body)
        except ApiError as error:
            error.status = self._settings["bad_body_status"]
            raise
        return bodies.known(route.body, body)

    async def _upload(self) -> Upload | None:
        try:
            async with self._request.form() as form:
                part, password = form.get("file"), form.get("password")
                if not isinstance(part, UploadFile):
                    return None
                told = password if isinstance(password, str) else None
                return Upload(part.filename or "file", await part.read(), told)
        except HTTPException as error:
            raise ApiError(400, f"The body is no multipart form: {error.detail}") from error

    def _failed(self, error: ApiError, headers: dict[str, str]) -> Response:
        """In the form of the asked version; that of 2026-02-09 when none is known (assumption).

        A removed endpoint always answers with its code, the only thing documented about it.
        """
        if self._route is None:  # a fault comes before the route is looked up
            self._resolve()
        message = error.message + (f" (authorization: {echo})" if (echo := self._echo()) else "")
        route, version = self._route, self._version
        coded = route.coded_errors(version) if route else version not in VERSIONS[:2]
        if not coded and error.status != 410:
            return JSONResponse({"success": False, "error": message}, error.status, headers)
        body = {"code": error.code, "message": message, "retryable": error.retryable, "requestId": self._id}
        return JSONResponse(body | error.more, error.status, headers)

    def _echo(self) -> str:
        return self._request.headers.get("authorization", "") if self._settings["echo_authorization"] else ""


class Server(uvicorn.Server):
    """Serves one state on an already bound port, so that port 0 is known before the first request."""

    def __init__(self, state: State, host: str = "127.0.0.1", port: int = 0) -> None:
        self.state = state
        self._socket = socket.create_server((host, port))
        self.base_url = state.base_url = f"http://{host}:{self._socket.getsockname()[1]}"
        self.announce = ""
        self._deliveries = Deliveries(state)
        state.wake = self._deliveries.wake
        plain: dict[str, Any] = {
            "ws": "none",
            "loop": "asyncio",
            "lifespan": "off",
        }  # nothing that may be missing
        quiet: dict[str, Any] = {"access_log": False, "log_level": "warning", "timeout_graceful_shutdown": 1}
        super().__init__(uvicorn.Config(create_app(state), http=_Protocol, **plain, **quiet))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.announce:
            print(self.announce, flush=True)

    def serve_forever(self) -> None:
        self.state.wake()
        try:
            self.run(sockets=[self._socket])
        finally:
            self._deliveries.stop()
            self._socket.close()
            self.state.store.close()


def open_server(
    state_dir: Path, token: str, run_seconds: float, host: str = "127.0.0.1", port: int = 0
) -> Server:
    return Server(State(state_dir, token, run_seconds), host, port)
