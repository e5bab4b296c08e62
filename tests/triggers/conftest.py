from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_extend.api import polling, retry
from airflow_provider_extend.triggers import hub, schedule
from airflow_provider_extend.triggers.run import ExtendRunTrigger

URL = "https://api-prod.extend.app/batch_processor_runs/"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks come one right after the other."""
    for module in (polling, schedule):
        monkeypatch.setattr(module, "FIRST_INTERVAL", 0.001)
    monkeypatch.setattr(retry, "BACKOFF_CAP", 0.0)
    monkeypatch.setattr(polling, "GRACE", 0.0)
    monkeypatch.setattr(schedule, "LAST_LOOK", 0.5)
    monkeypatch.setattr(hub, "_LOOK_UP_PAUSE", 0.0)


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def set_up(key: str = "sk_of_the_tests", version: str = "2024-12-23", **more: Any) -> None:
        extra = {"api_version": version, "get_per_second": 1e6}
        connection = {"conn_type": "extend", "password": key, "extra": extra, **more}
        monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", json.dumps(connection))

    return set_up


@pytest.fixture
def runs(requests_mock: Any, connect: Callable[..., None]) -> Callable[..., Any]:
    """Script the answers for one run: its statuses, HTTP statuses, or exceptions; the last one for ever."""
    connect()

    def script(run_id: str, *steps: Any) -> Any:
        def answer(step: Any) -> dict[str, Any]:
            if isinstance(step, int):
                return {"status_code": step, "json": {"success": False, "error": "made to order"}}
            if isinstance(step, Exception):
                return {"exc": step}
            return {"json": {"success": True, "batchProcessorRun": {"id": run_id, "status": step}}}

        return requests_mock.get(URL + run_id, [answer(step) for step in steps])

    return script


@pytest.fixture
def trigger() -> Callable[..., ExtendRunTrigger]:
    def make(run_id: str = "bpr_1", **given: Any) -> ExtendRunTrigger:
        import time

        given = {"deadline": time.time() + 60, "max_interval": 1, **given}
        return ExtendRunTrigger("extend_default", "batch_processor_run", run_id, **given)

    return make


@pytest.fixture
def look_ups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which connections were looked up, in order; they are really looked up."""
    from airflow_provider_extend.hooks.extend import ExtendHook

    seen: list[str] = []
    really = ExtendHook.get_connection.__func__  # type: ignore[attr-defined]

    def get_connection(cls: Any, conn_id: str) -> Any:
        seen.append(conn_id)
        return really(cls, conn_id)

    monkeypatch.setattr(ExtendHook, "get_connection", classmethod(get_connection))
    return seen
