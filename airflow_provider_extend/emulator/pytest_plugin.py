"""The emulator as a pytest fixture, for tests of one's own DAGs.

    pytest_plugins = ["airflow_provider_extend.emulator.pytest_plugin"]

    def test_gate(extend_emulator, monkeypatch):
        for name, value in extend_emulator.env().items():
            monkeypatch.setenv(name, value)

One server serves the whole session; each test finds it empty. What it is built on is imported by the fixture
only: loading this plugin costs nothing.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from airflow_provider_extend.emulator.server import Server

TOKEN = "sk_emulator"
RUN_SECONDS = 0.2


@dataclass(frozen=True)
class ExtendEmulator:
    base_url: str
    token: str
    _server: Server

    def control(self, method: str, path: str, json: Any = None) -> Any:
        """``control("POST", "/settings", {"run_seconds": 0})``; the prefix ``/_control`` may stand or not.

        Errors are raised as ``state.ApiError``.
        """
        from airflow_provider_extend.emulator.control import handle

        return handle(self._server.state, method, path, json)

    def connection(self, api_version: str = "2026-02-09") -> dict[str, Any]:
        """An Airflow connection in the form that AIRFLOW_CONN_... takes as JSON."""
        extra = {"api_version": api_version}
        return {"conn_type": "extend", "password": self.token, "host": self.base_url, "extra": extra}

    def env(self, api_version: str = "2026-02-09") -> dict[str, str]:
        """The default connection, and leave for the hook to talk to this host."""
        return {
            "AIRFLOW_CONN_EXTEND_DEFAULT": json.dumps(self.connection(api_version)),
            "AIRFLOW__EXTEND__ALLOWED_HOSTS": "127.0.0.1",
        }


@pytest.fixture(scope="session")
def _extend_emulator_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    from airflow_provider_extend.emulator.server import open_server

    server = open_server(tmp_path_factory.mktemp("extend-emulator"), TOKEN, RUN_SECONDS)
    thread = threading.Thread(target=server.serve_forever, name="extend-emulator", daemon=True)
    thread.start()
    while thread.is_alive() and not server.started:
        time.sleep(0.01)
    yield server
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture
def extend_emulator(_extend_emulator_server: Server) -> ExtendEmulator:
    """A running, empty emulator whose runs take 0.2 s."""
    _extend_emulator_server.state.reset()
    return ExtendEmulator(_extend_emulator_server.base_url, TOKEN, _extend_emulator_server)
