"""Brings events to webhook endpoints: signed, tried again, and kept in the store until they have arrived.

One thread looks for what is to be announced and for what is due; it lives while there is an endpoint. Each
endpoint gets one delivery at a time, so that a receiver that hangs keeps nobody else waiting. A delivery is a
row whose id follows from its event and its endpoint: after a restart nothing is lost and nothing announced twice.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from airflow_provider_extend.emulator.events import EVENTS, Announced, Stage
from airflow_provider_extend.emulator.state import V26, ApiError, State
from airflow_provider_extend.emulator.store import Row, timestamp
from airflow_provider_extend.emulator.views import View

_log = logging.getLogger(__name__)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ANSWER_SECONDS = 30.0
_LINK_SECONDS = 3600
_FRAMING = ("host", "content-length", "transfer-encoding", "connection", "expect")
_PAUSE = 0.05
_KIND = "webhook_delivery"


class Deliveries:
    def __init__(self, state: State) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._busy: set[str] = set()  # endpoints that are being told something
        self._told: set[str] = set()  # (event, endpoint) that need no second look
        self._settled: dict[str, Row] = {}  # objects of which nothing more will come

    def wake(self) -> None:
        with self._lock:
            if self._thread is None and not self._over.is_set() and self._state.store.all("webhook_endpoint"):
                self._thread = threading.Thread(target=self._work, name="extend-webhooks", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """What is under way is not waited for: it is sent again after a restart."""
        self._over.set()
        if thread := self._thread:
            thread.join(timeout=5)

    def _work(self) -> None:
        pause = _PAUSE
        while not self._over.wait(pause):
            began = time.monotonic()
            with self._lock:
                endpoints = [row for _, row in self._state.store.all("webhook_endpoint")]
                if not endpoints:
                    self._thread = None
                    self._told.clear()
                    self._settled.clear()
                    return
            try:
                self._announce(endpoints)
                self._send_due(endpoints)
            except Exception:
                _log.exception("Webhooks")
            pause = max(_PAUSE, 4 * (time.monotonic() - began))

    # What is to be told

    def _announce(self, endpoints: list[Row]) -> None:
        store = self._state.store
        subscriptions = [row for _, row in store.all("webhook_subscription")]
        for kind, announced in EVENTS.items():
            for _, row in store.all(kind):
                if self._settled.get(row["id"]) is row:
                    continue
                try:
                    stages = list(announced.stages(self._state, row))
                    for stage in stages:
                        for endpoint in endpoints:
                            self._note(kind, announced, row, stage, endpoint, subscriptions)
                except Exception as error:
                    if type(error) is not LookupError:  # that: what it belongs to was deleted meanwhile
                        _log.exception("Webhooks of %s", row["id"])
                    continue
                if announced.over(self._state, row):
                    self._settled[row["id"]] = row

    def _note(
        self, kind: str, announced: Announced, row: Row, stage: Stage, endpoint: Row, subscriptions: list[Row]
    ) -> None:
        state, version = self._state, endpoint["apiVersion"]
        event = f"{kind} {row['id']} {stage.word} {stage.part} {stage.since}"
        key = hashlib.sha256(f"{event} {endpoint['id']}".encode()).hexdigest()[:20]
        if key in self._told:
            return
        self._told.add(key)
        name = announced.name(state, row, stage, version)
        resource = announced.resource(state, row)
        told = [endpoint["since"]] + [
            one["since"]
            for one in subscriptions
            if one["webhookEndpointId"] == endpoint["id"] and one["resourceId"] == resource
        ]
        wanted = endpoint["status"] == "enabled" and any(
            since[name] <= stage.since for since in told if name in since
        )
        if not wanted or state.store.get(_KIND, f"delivery_{key}"):
            return
        payload = announced.payload(View(state, version, state.base_url), kind, stage)
        if payload is not None:
            delivery: Row = {"id": f"delivery_{key}", "eventId": f"event_{key}", "eventType": name}
            delivery |= {"webhookEndpointId": endpoint["id"], "apiVersion": version, "payload": payload}
            delivery |= {"state": "pending", "tries": [], "due": state.clock.seconds(), "again": False}
            state.store.put(_KIND, delivery | {"createdAt": state.store.stamp()})

    # Telling it

    def _send_due(self, endpoints: list[Row]) -> None:
        now, known = self._state.clock.seconds(), {row["id"]: row for row in endpoints}
        waiting = [row for _, row in self._state.store.all(_KIND) if row["state"] == "pending"]
        due = sorted((row for row in waiting if row["due"] <= now), key=lambda row: float(row["due"]))
        if self._state.settings["webhook_reversed"]:
            due.reverse()
        for row in due:
            endpoint = known.get(row["webhookEndpointId"])
            if endpoint is None:
                self._keep(row["id"], {"state": "not_delivered", "reason": "The endpoint was deleted"})
            elif endpoint["id"] not in self._busy and not self._over.is_set():
                self._busy.add(endpoint["id"])
                threading.Thread(target=self._try, args=(row, endpoint), daemon=True).start()

    def _try(self, row: Row, endpoint: Row) -> None:
        try:
            parts = urlsplit(endpoint["url"])
            if parts.scheme != "http" or parts.hostname not in _LOOPBACK:
                reason = "Only http on 127.0.0.1 and localhost is delivered to"
                self._keep(row["id"], {"state": "not_delivered", "reason": reason})
                return
            at, status, error = self._state.store.stamp(), None, None
            try:
                status = _post(endpoint, _body(self._state, endpoint, row))
            except (OSError, http.client.HTTPException) as caught:
                error = type(caught).__name__
            tries = [*row["tries"], {"at": at, "status": status, "error": error}]
            self._keep(row["id"], {"tries": tries} | self._outcome(row, tries))
        except sqlite3.ProgrammingError:  # the store was closed
            pass
        finally:
            self._busy.discard(endpoint["id"])

    def _outcome(self, row: Row, tries: list[Row]) -> Row:
        settings, status = self._state.settings, tries[-1]["status"]
        if status is not None and 200 <= status < 300:
            twice = settings["webhook_duplicates"] and not row["again"]
            return {"state": "pending" if twice else "delivered", "again": True}
        delays = settings["webhook_retries"]
        failed = sum(not 200 <= (one["status"] or 0) < 300 for one in tries)
        if failed > len(delays):
            return {"state": "failed"}
        return {"due": self._state.clock.seconds() + delays[failed - 1]}

    def _keep(self, key: str, changes: Row) -> None:
        """Not once the server ends, nor of what a reset has forgotten."""
        if self._over.is_set():
            return
        with self._state.store.transaction():
            if row := self._state.store.get(_KIND, key):
                self._state.store.put(_KIND, row | changes)


def _body(state: State, endpoint: Row, row: Row) -> bytes:
    options = (endpoint["advancedOptions"] or {}).get("payload") or {}
    payload = row["payload"]
    by_link = options.get("format") == "url"
    if by_link and len(json.dumps(payload).encode()) > (options.get("urlThresholdBytes") or -1):
        until = int(state.clock.seconds()) + _LINK_SECONDS
        link = f"{state.base_url}/_control/webhook_payloads/{row['id']}?X-Amz-Expires={until}"
        link = f"{link}&X-Amz-Signature={_signature(endpoint['secret'], row['id'], until)}"
        stub = {"object": "signed_data_url", "id": payload["id"], "data": link}
        stub |= {"metadata": payload["metadata"]} if payload.get("metadata") else {}
        # Assumption: the older versions show the link alone, as the example of 2025-04-21 does.
        payload = stub if row["apiVersion"] == V26 else {"data": link}
    return json.dumps({"eventId": row["eventId"], "eventType": row["eventType"], "payload": payload}).encode()


def _post(endpoint: Row, body: bytes) -> int:
    """Signed as webhooks.md 5 says; the moment is the machine's and of this try, whatever the clock's speed."""
    parts, now = urlsplit(endpoint["url"]), str(int(time.time()))
    own = (endpoint["advancedOptions"] or {}).get("headers") or {}
    headers = {
        **{name.lower(): value for name, value in own.items() if name.lower() not in _FRAMING},
        "content-type": "application/json",
        "x-extend-api-version": endpoint["apiVersion"],
        "x-extend-request-timestamp": now,
        "x-extend-request-signature": signature(endpoint["secret"], now, body),
    }
    host = http.client.HTTPConnection(str(parts.hostname), parts.port or 80, timeout=_ANSWER_SECONDS)
    try:
        host.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        return host.getresponse().status
    finally:
        host.close()


def signature(secret: str, moment: str, body: bytes) -> str:
    return hmac.new(secret.encode(), b"v0:" + moment.encode() + b":" + body, hashlib.sha256).hexdigest()


def _signature(secret: str, key: str, until: int) -> str:
    return hmac.new(secret.encode(), f"{key}:{until}".encode(), hashlib.sha256).hexdigest()


# What the control shows of them


def shown(state: State) -> Iterator[Row]:
    for _, row in state.store.all(_KIND):
        waits = row["state"] == "pending" and row["tries"]
        upcoming = timestamp(datetime.fromtimestamp(state.clock.moment(row["due"]), UTC)) if waits else None
        keys = "id eventId eventType webhookEndpointId apiVersion state reason tries createdAt"
        yield {key: row.get(key) for key in keys.split()} | {
            "objectId": row["payload"]["id"],
            "nextTryAt": upcoming,
        }


def linked(state: State, key: str, query: dict[str, str]) -> Row:
    """The payload behind a link. Raises ApiError for one that is not valid any more, or never was."""
    row = state.store.get(_KIND, key)
    endpoint = state.store.get("webhook_endpoint", row["webhookEndpointId"]) if row else None
    until = query.get("X-Amz-Expires", "")
    if row is None or endpoint is None or not (until.isdecimal() and len(until) < 16):
        raise ApiError(404, f"No payload {key}")
    given = query.get("X-Amz-Signature", "").encode()
    if not hmac.compare_digest(given, _signature(endpoint["secret"], key, int(until)).encode()):
        raise ApiError(403, "The link's signature does not fit")
    if int(until) < state.clock.seconds():
        raise ApiError(403, "The link has expired")
    return dict(row["payload"])


def send_again(state: State, key: str) -> Row:
    """As by hand in the dashboard: with a fresh link."""
    with state.store.transaction():
        row = state.store.get(_KIND, key)
        if row is None:
            raise ApiError(404, f"No delivery {key}")
        state.store.put(_KIND, row | {"state": "pending", "due": state.clock.seconds()})
    return {"id": key}
