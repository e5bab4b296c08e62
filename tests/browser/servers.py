"""What the browser talks to: an Airflow API server with a database of its own, and a local Extend, each a process."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from demo.processes import announced_url
from tests.machine import free_port

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk_test_Zm9yIHRoZSBicm93c2Vy"

# Not through a proxy of the environment: everything here listens on this machine.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def clean_env() -> dict[str, str]:
    """Without the settings of another Airflow and without proxies."""
    dropped = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AIRFLOW") and name.upper() not in dropped
    }
    return env | {
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
    }


def ask(method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
    """Status and JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        url, data, {"Content-Type": "application/json", **(headers or {})}, method=method
    )
    try:
        with _open(request, timeout=30) as answer:
            raw, status = answer.read(), answer.status
    except urllib.error.HTTPError as error:
        raw, status = error.read(), error.code
    try:
        return status, json.loads(raw) if raw else None
    except ValueError:
        return status, raw.decode(errors="replace")


class Server:
    """A process in a group of its own, so that its workers end with it."""

    def __init__(self, command: list[str], env: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def tail(self, lines: int = 60) -> str:
        logged = self.log.read_text(errors="replace").splitlines()
        return "\n".join([line for line in logged if "/static/" not in line][-lines:])

    def wait_until(self, what: str, ready: Any, patience: float) -> Any:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and self._process.poll() is None:
            if found := ready():
                return found
            time.sleep(0.2)
        raise RuntimeError(f"{what} did not start:\n{self.tail()}")

    def stop(self) -> None:
        for signum, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
            try:
                os.killpg(self._process.pid, signum)
            except ProcessLookupError:
                pass
            try:
                self._process.wait(patience)
            except subprocess.TimeoutExpired:
                continue
            if not self._group_lives():
                return

    def _group_lives(self) -> bool:
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return False
        return True


class LocalExtend(Server):
    def __init__(self, directory: Path) -> None:
        arguments = ["--port", "0", "--token", KEY, "--state-dir", str(directory / "state")]
        super().__init__(
            [sys.executable, "-m", "airflow_provider_extend.emulator", *arguments],
            clean_env(),
            directory / "emulator.log",
        )
        try:
            self.url: str = self.wait_until("The local Extend", lambda: announced_url(self.log), 60)
        except BaseException:
            self.stop()
            raise
        self.port = int(self.url.rpartition(":")[2])

    def control(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = ask(method, f"{self.url}/_control{path}", body)
        assert status == 200, answer
        return answer

    def requests(self) -> list[dict[str, Any]]:
        """What the API was asked, oldest first."""
        return list(self.control("GET", "/requests"))


class AirflowServer(Server):
    """`airflow api-server` alone: the form and the Test button need neither scheduler nor triggerer."""

    def __init__(self, home: Path, log: Path, python: str = sys.executable) -> None:
        port = free_port()
        self.python, self.home = python, home
        self.url = f"http://127.0.0.1:{port}"
        self.env = clean_env() | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__SECRET_KEY": os.urandom(16).hex(),
            "AIRFLOW__API_AUTH__JWT_SECRET": os.urandom(32).hex(),
            "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
            "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode(),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
            "AIRFLOW__EXTEND__ALLOWED_HOSTS": "127.0.0.1",
            "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        }
        self.run("-m", "airflow", "db", "migrate")
        arguments = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
        super().__init__([python, "-m", "airflow", "api-server", *arguments], self.env, log)
        try:
            self.wait_until("The API server", self._healthy, 120)
        except BaseException:
            self.stop()
            raise
        self._token = ask("GET", f"{self.url}/auth/token")[1]["access_token"]
        self.version: str = self.api("GET", "/version")[1]["version"]

    def run(self, *arguments: str) -> str:
        """What a process of its own prints that has the same Airflow."""
        done = subprocess.run(
            [self.python, *arguments], cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=180
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def _healthy(self) -> bool:
        try:
            return ask("GET", f"{self.url}/api/v2/version")[0] == 200
        except OSError:
            return False

    def api(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self._token}"}
        return ask(method, f"{self.url}/api/v2{path}", body, headers)

    def add_connection(self, conn_id: str, extra: Mapping[str, Any] | None = None, **fields: Any) -> None:
        body = {"connection_id": conn_id, "conn_type": "extend", **fields}
        if extra is not None:
            body["extra"] = json.dumps(extra)
        status, answer = self.api("POST", "/connections", body)
        assert status == 201, answer
