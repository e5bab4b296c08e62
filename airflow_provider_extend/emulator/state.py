"""The emulator's own state beside the API's objects: settings, keys, faults, limits, the log of requests."""

from __future__ import annotations

import threading
import time
from collections import deque
from pathlib import Path
from types import UnionType

from airflow_provider_extend.emulator.faults import Faults
from airflow_provider_extend.emulator.store import Row, Store

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

_SETTINGS: dict[str, type | UnionType] = {
    "run_seconds": int | float,
    "rate_limits": dict,
    "retry_after": int | float | None,
    "rich_metrics_2025": bool,
    "fail_runs": dict | int,
    "echo_authorization": bool,
    "list_lag": int | float,
    "seed": int,
}


class ApiError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message
        self.code = _CODES.get(status, "INTERNAL_ERROR" if status >= 500 else "INVALID_REQUEST")
        self.retryable = status in (408, 409, 429) or status >= 500


class State:
    def __init__(self, directory: Path, token: str, run_seconds: float = 1.0) -> None:
        self.store = Store(directory)
        self._token = token
        self._defaults: Row = {
            "run_seconds": run_seconds,
            "rate_limits": {"GET": 0, "WRITE": 0, "RUN": 0},
            "retry_after": None,
            "rich_metrics_2025": False,
            "fail_runs": {"times": 0, "reason": None},
            "echo_authorization": False,
            "list_lag": 0,
            "seed": 0,
        }
        self.faults = Faults(self.store, self.settings["seed"])
        self.requests: list[Row] = []
        self._lock = threading.Lock()
        self._seen: dict[str, deque[float]] = {}

    def reset(self) -> None:
        self.store.clear()
        with self._lock:
            self.requests.clear()
            self._seen.clear()
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
            if not isinstance(value, _SETTINGS[name]):
                raise ApiError(400, f"{name} cannot be {value!r}")
        changes = dict(changes)
        if isinstance(changes.get("fail_runs"), int):
            changes["fail_runs"] = {"times": changes["fail_runs"]}
        with self.store.transaction():
            for name in ("rate_limits", "fail_runs"):
                if name in changes:
                    base = {"times": 1, "reason": None} if name == "fail_runs" else self.settings[name]
                    changes[name] = base | changes[name]
            self.store.put("control", self._control("settings") | changes)
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

    def authorize(self, authorization: str | None, workspace: str | None) -> None:
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

    def limit(self, kind: str) -> None:
        """Sliding second per class (GET, WRITE, RUN), over all keys: limits are the organisation's."""
        allowed = self.settings["rate_limits"].get(kind, 0)
        if not allowed:
            return
        now = time.monotonic()
        with self._lock:
            seen = self._seen.setdefault(kind, deque())
            while seen and seen[0] <= now - 1:
                seen.popleft()
            if len(seen) >= allowed:
                raise ApiError(429, "Too many requests. Back off and retry.")
            seen.append(now)

    def take_fault(self, method: str, path: str) -> Row:
        return self.faults.take(method, path)
