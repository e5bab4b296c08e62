"""A whole Airflow: API server with the UI, scheduler, DAG processor and triggerer, reachable from this machine only.

Not `airflow standalone`: that serves logs to the whole network and stays up when one of its parts has died.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests

from demo.processes import ROOT, Child, DemoError, clean_env

#: Task logs are read from disk: no server for them is needed.
_COMPONENTS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
#: A cluster policy, as administrators have them: DAG files stay as they are, and their forms are filled in.
_POLICY = """
import json
from pathlib import Path

PARAMS = json.loads(Path(__file__).with_name("params.json").read_text())


def dag_policy(dag):
    for name, value in PARAMS.get(dag.dag_id, {}).items():
        dag.params[name] = value
"""
_HEALTHY = ("metadatabase", "scheduler", "dag_processor", "triggerer")


class AirflowServer:
    """Started by `start`, then reached through the REST API, as a person does it in the UI.

    :param home: is removed in the end, with what else is in it.
    :param params: DAG id -> what the form that triggers it is filled in with.
    :param children: what is started is added here; the caller ends it, whatever happens.
    """

    def __init__(
        self, home: Path, port: int, logs: Path, params: Mapping[str, Any], children: list[Child]
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._home = home
        config = home / "airflow" / "config"  # Airflow looks for its policies here
        config.mkdir(parents=True)
        (config / "airflow_local_settings.py").write_text(_POLICY)
        (config / "params.json").write_text(json.dumps(params))
        self._logs, self._children = logs, children
        self._env = _environment(home / "airflow", port)
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy on the way to our own machine

    def start(self, patience: float = 300) -> None:
        deadline = time.monotonic() + patience
        migration = self._start("db-migrate", ["db", "migrate"])
        while migration.alive and time.monotonic() < deadline:
            time.sleep(0.1)
        if migration.process.poll() != 0:
            raise DemoError("Airflow's database could not be made.", migration.log)
        self._children.remove(migration)
        for name, command in _COMPONENTS.items():
            self._start(name, command)
        self._wait("Airflow did not become healthy.", self._is_healthy, deadline)
        token = self._session.get(f"{self.url}/auth/token", timeout=30).json()["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"

    def _start(self, name: str, command: list[str]) -> Child:
        log = self._logs / f"{name}.log"
        child = Child("airflow", *command, env=self._env, log=log, guarded=self._home)
        self._children.append(child)
        return child

    def _wait(self, complaint: str, look: Callable[[], bool], deadline: float) -> None:
        while not look():
            check(self._children)
            if time.monotonic() > deadline:
                raise DemoError(complaint, self._logs / "api-server.log")
            time.sleep(0.5)

    def _is_healthy(self) -> bool:
        try:
            health = self._session.get(f"{self.url}/api/v2/monitor/health", timeout=5).json()
        except (requests.RequestException, ValueError):
            return False
        return all((health.get(part) or {}).get("status") == "healthy" for part in _HEALTHY)

    def connect(self, conn_id: str, connection: Mapping[str, Any]) -> None:
        """Store a connection in the metadata database."""
        body = {"connection_id": conn_id, **connection}
        for attempt in range(5):
            answer = self._session.post(f"{self.url}/api/v2/connections", json=body, timeout=60)
            if answer.ok or (attempt and answer.status_code == 409):
                return
            if answer.status_code < 500:
                break
            time.sleep(1)  # SQLite was locked
        raise DemoError(f"Airflow refused the connection {conn_id}: {answer.status_code} {answer.text[:500]}")

    def wait_for_dags(self, *dag_ids: str, patience: float = 120) -> None:
        deadline = time.monotonic() + patience
        for dag_id in dag_ids:
            url = f"{self.url}/api/v2/dags/{dag_id}/details"  # there when it is parsed, not only listed
            complaint = f"The DAG {dag_id} was not parsed; {self._logs / 'dag-processor.log'} may say why."
            self._wait(complaint, lambda url=url: self._session.get(url, timeout=30).ok, deadline)  # type: ignore[misc]


def _environment(home: Path, port: int) -> dict[str, str]:
    secret = secrets.token_urlsafe(64)
    settings = {
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API__BASE_URL": f"http://127.0.0.1:{port}",
        "API__INSTANCE_NAME": "Airflow with a local Extend",
        "API__SECRET_KEY": secret,
        "API__WORKERS": "1",
        "API_AUTH__JWT_SECRET": secret,
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__DAGS_FOLDER": str(ROOT / "example_dags"),
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__FERNET_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__PARALLELISM": "4",
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "CORE__TEST_CONNECTION": "Enabled",
        "DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "EXTEND__ALLOWED_HOSTS": "127.0.0.1",
        "LOGGING__COLORED_CONSOLE_LOG": "False",
        "OPERATORS__DEFAULT_DEFERRABLE": "True",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    env = clean_env(os.environ)
    for name in ("http_proxy", "https_proxy", "all_proxy"):  # nothing here goes out
        env.pop(name, None)
        env.pop(name.upper(), None)
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env.get("PATH", os.defpath)])
    env |= {f"AIRFLOW__{name}": value for name, value in settings.items()}
    return env | {"AIRFLOW_HOME": str(home)}


def check(children: list[Child]) -> None:
    """:raises DemoError: one of them has ended, which none does by itself."""
    for child in children:
        if not child.alive:
            raise DemoError(f"The {child.log.stem} has ended.", child.log)


def free_port(preferred: int) -> int:
    """That one, or any other if somebody listens there."""
    for port in (preferred, 0):
        with socket.socket() as wanted, socket.socket() as caller:
            if port and caller.connect_ex(("127.0.0.1", port)) == 0:
                continue
            wanted.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                wanted.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(wanted.getsockname()[1])
    raise DemoError("There is no free port.")
