"""The emulator's own state beside the API's objects: settings, keys, faults, limits, the log of requests."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from airflow_provider_extend.emulator.faults import Faults
from airflow_provider_extend.emulator.store import Row, Store
from airflow_provider_extend.emulator.timeline import Clock

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
VERSIONS = (V24, V25, V26)
HOME_WORKSPACE = "ws_local"

_CODES = {
    400: "INVALID_REQUEST",
    401: "UNAUTHORIZED",
    402: "USAGE_BLOCKED",
    403: "FORBIDDEN",  # assumption: the status is documented, its code is not
    404: "NOT_FOUND",
    410: "ENDPOINT_REMOVED",  # assumption: the code is documented, its status is not
    429: "RATE_LIMIT_EXCEEDED",
}

_MOST = 10**9
_REMEMBERED = 100_000  # requests, the newest: half a kilobyte each


def _number(low: float, high: float = _MOST) -> Callable[[Any], bool]:
    return lambda value: type(value) in (int, float) and low <= value <= high


def _integer(low: int, high: int = _MOST) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _switch(value: Any) -> bool:
    return isinstance(value, bool)


def _limits(value: Any) -> bool:
    return (
        isinstance(value, dict) and value.keys() <= _CLASSES.keys() and all(map(_integer(0), value.values()))
    )


def _failing(value: Any) -> bool:
    if not isinstance(value, dict):
        return _integer(0)(value)
    known = value.keys() <= {"times", "reason"} and _integer(0)(value.get("times", 1))
    return known and isinstance(value.get("reason"), str | None)


def _retries(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 20 and all(map(_number(0), value))


_CLASSES = {"GET": 0, "WRITE": 0, "RUN": 0}

#: Setting -> what it is unless it is set, and what it can be.
_SETTINGS: dict[str, tuple[Any, Callable[[Any], bool]]] = {
    "run_seconds": (1.0, _number(0)),
    "clock_speed": (1, _number(0.001, 100_000)),
    "rate_limits": (_CLASSES, _limits),
    "retry_after": (None, lambda value: value is None or _number(0)(value)),
    "files_per_minute": (0, _integer(0)),
    "rich_metrics_2025": (False, _switch),
    "fail_runs": ({"times": 0, "reason": None}, _failing),
    "review_workflow_runs": (False, _switch),
    "echo_authorization": (False, _switch),
    "list_lag": (0, _number(0)),
    "sync_seconds": (300, _number(0)),
    "zero_retention": (False, _switch),
    "seed": (0, lambda value: type(value) is int),
    "bad_body_status": (400, lambda value: type(value) is int and value in (400, 422)),
    # Assumption: that failed deliveries are tried again is documented, when and how often is not.
    "webhook_retries": ([5, 30, 120, 600, 3600], _retries),
    "webhook_duplicates": (False, _switch),
    "webhook_reversed": (False, _switch),
}


class ApiError(Exception):
    """``code``: instead of the one of the status; ``more``: further keys of a body with a code."""

    def __init__(self, status: int, message: str, code: str | None = None, **more: Any) -> None:
        super().__init__(message)
        self.status, self.message, self.more = status, message, more
        self.code = code or _CODES.get(status, "INTERNAL_ERROR" if status >= 500 else "INVALID_REQUEST")
        self.retryable = status in (408, 409, 429) or status >= 500


class State:
    def __init__(self, directory: Path, token: str, run_seconds: float = 1.0) -> None:
        self.store = Store(directory)
        self._token = token
        self._defaults: Row = {name: default for name, (default, _) in _SETTINGS.items()}
        self._defaults["run_seconds"] = run_seconds
        self.clock = Clock()
        self.clock.restore(self._control("clock").get("anchors", []))
        self.base_url = ""  # of the server, once there is one
        self.wake: Callable[[], None] = lambda: None  # called when a webhook endpoint was made
        self.faults = Faults(self.store, self.settings["seed"])
        self.requests: deque[Row] = deque(maxlen=_REMEMBERED)
        self._lock = threading.Lock()
        self._seen: dict[str, deque[float]] = {}

    def reset(self) -> None:
        self.store.clear()
        with self._lock:
            self.requests.clear()
            self._seen.clear()
        self.clock.restore([])
        self.faults.reload(self.settings["seed"])

    # settings, keys and faults are objects of the store like any other, so they outlive a restart too

    def _control(self, name: str) -> Row:
        return self.store.get("control", name) or {"id": name}

    @property
    def settings(self) -> Row:
        return self._defaults | {k: v for k, v in self._control("settings").items() if k != "id"}

    def change_settings(self, changes: Row) -> Row:
        if unknown := sorted(changes.keys() - self._defaults.keys()):
            raise ApiError(
                400, f"Unknown setting(s): {', '.join(unknown)}. Known: {', '.join(self._defaults)}"
            )
        for name, value in changes.items():
            if not _SETTINGS[name][1](value):
                raise ApiError(400, f"{name} cannot be {value!r}")
        changes = dict(changes)
        if type(changes.get("fail_runs")) is int:
            changes["fail_runs"] = {"times": changes["fail_runs"]}
        with self.store.transaction():
            for name in ("rate_limits", "fail_runs"):
                if name in changes:
                    base = {"times": 1, "reason": None} if name == "fail_runs" else self.settings[name]
                    changes[name] = base | changes[name]
            self.store.put("control", self._control("settings") | changes)
            if "clock_speed" in changes:
                self.clock.run_at(changes["clock_speed"])
                self.store.put("control", {"id": "clock", "anchors": self.clock.anchors})
        if "seed" in changes:
            self.faults.seed(changes["seed"])
        return self.settings

    def take_failure(self) -> Row | None:
        """The ending ordered for the next run, counted down. Call within a transaction."""
        failing: Row = self.settings["fail_runs"]
        if failing["times"] <= 0:
            return None
        self.store.put(
            "control", self._control("settings") | {"fail_runs": failing | {"times": failing["times"] - 1}}
        )
        return failing

    def add_key(self, key: str, entry: Row) -> None:
        with self.store.transaction():
            self.store.put("control", self._control("keys") | {f"key:{key}": entry})

    def authorize(self, authorization: str | None, workspace: str | None) -> Row:
        """What is known of the key."""
        scheme, _, key = (authorization or "").partition(" ")
        keys = {f"key:{self._token}": {"scope": "workspace"}} | self._control("keys")
        entry = keys.get(f"key:{key.strip()}")
        if scheme.lower() != "bearer" or not isinstance(entry, dict):
            raise ApiError(401, "Authorization: Bearer <key> is missing, or the key is not known")
        if entry.get("revoked"):
            raise ApiError(401, "The key was revoked")
        if entry["scope"] == "organization":
            known = {HOME_WORKSPACE} | {e.get("workspace_id") for e in keys.values() if isinstance(e, dict)}
            if not workspace:
                raise ApiError(400, "An organization key needs the header x-extend-workspace-id")
            if workspace not in known:
                raise ApiError(403, "The header x-extend-workspace-id names no workspace of this key")
        return entry

    def limit(self, kind: str) -> None:
        """Sliding second per class (GET, WRITE, RUN), over all keys: limits are the organisation's."""
        allowed = self.settings["rate_limits"].get(kind, 0)
        if not allowed:
            return
        now = self.clock.seconds()
        with self._lock:
            seen = self._seen.setdefault(kind, deque())
            while seen and seen[0] <= now - 1:
                seen.popleft()
            if len(seen) >= allowed:
                raise ApiError(429, "Too many requests. Back off and retry.")
            seen.append(now)

    def take_fault(self, method: str, path: str) -> Row:
        return self.faults.take(method, path)
