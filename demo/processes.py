"""What the demo starts, and how it ends it: the local Extend, and one process that runs Airflow."""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "sk_demo"
_LOOPBACK = "127.0.0.1,localhost"


class DemoError(Exception):
    """The demo cannot go on.

    :ivar log: where to look for the reason.
    """

    def __init__(self, message: str, log: Path | None = None) -> None:
        super().__init__(message)
        self.log = log


def clean_env(environ: Mapping[str, str]) -> dict[str, str]:
    """Without another Airflow's settings, and with no proxy between us and our own machine."""
    env = {name: value for name, value in environ.items() if not name.startswith("AIRFLOW")}
    inherited = env.get("NO_PROXY") or env.get("no_proxy")
    env["NO_PROXY"] = env["no_proxy"] = f"{_LOOPBACK},{inherited}" if inherited else _LOOPBACK
    return env | {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}


def connection(base_url: str, api_version: str) -> dict[str, Any]:
    """An Airflow connection. The rates are far above any plan's: the local Extend has no limits."""
    extra = {
        "api_version": api_version,
        "get_per_second": 500,
        "write_per_second": 500,
        "run_per_second": 500,
    }
    return {"conn_type": "extend", "host": base_url, "password": TOKEN, "extra": extra}


class Child:
    """`python -m module args`.

    :param pipes: talk to it through standard input and output.
    :param guarded: in a session of its own, all of which ends with us, however we end, and this folder is removed
        then (see `demo.guard`).
    """

    def __init__(
        self,
        module: str,
        *args: str,
        env: Mapping[str, str],
        log: Path,
        pipes: bool = False,
        guarded: Path | None = None,
    ) -> None:
        self.log, self._guarded = log, guarded is not None
        command = [sys.executable, "-m", module, *args]
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "demo.guard", str(guarded), *command] if guarded else command,
                cwd=ROOT,
                env=dict(env),
                stdin=subprocess.PIPE if pipes or guarded else subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipes else out,
                stderr=out,
                text=True,
                start_new_session=self._guarded,
            )

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def let_go(self) -> None:
        """Have a guarded child end, without waiting for it."""
        assert self.process.stdin
        self.process.stdin.close()

    def stop(self) -> None:
        process = self.process
        if self._guarded:
            self.let_go()
            try:
                process.wait(15)  # it insists by itself
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        elif self.alive:
            process.terminate()
            try:
                process.wait(2)  # a task in the middle of its work does not listen
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                try:
                    pipe.close()
                except OSError:  # what was still to be written goes nowhere
                    pass


def announced_url(log: Path) -> str | None:
    """Where a local Extend with this log listens, as soon as it does."""
    said = "Extend emulator listening on "
    for line in log.read_text(errors="replace").splitlines(keepends=True):
        if line.startswith(said) and line.endswith("\n"):
            return line.removeprefix(said).strip()
    return None


class Emulator(Child):
    # Long enough that the task which waits has to defer, on a busy machine too.
    def __init__(self, state: Path, log: Path, run_seconds: float = 2.0, guarded: Path | None = None) -> None:
        super().__init__(
            "airflow_provider_extend.emulator",
            *("--port", "0", "--token", TOKEN, "--state-dir", str(state), "--run-seconds", str(run_seconds)),
            env=clean_env(os.environ),
            log=log,
            guarded=guarded,
        )

    def base_url(self, patience: float = 60) -> str:
        """Where it listens, as soon as it does."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and self.alive:
            if url := announced_url(self.log):
                return url
            time.sleep(0.05)
        raise DemoError("The local Extend did not start.", self.log)


class Airflow(Child):
    """Airflow with a database that is thrown away, the example DAGs and two connections."""

    def __init__(self, home: Path, base_url: str, log: Path) -> None:
        env = clean_env(os.environ) | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode(),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "example_dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
            "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
            "AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE": "True",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            # `dag.test()` has no supervisor that would have to reap a task before it may come back.
            "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "0",
            "AIRFLOW__EXTEND__ALLOWED_HOSTS": "127.0.0.1",
            # One connection comes from the environment, the other one from Airflow's database.
            "AIRFLOW_CONN_EXTEND_DEFAULT": json.dumps(connection(base_url, "2026-02-09")),
        }
        super().__init__("demo.airflow_runs", env=env, log=log, pipes=True)
        self._ask({"conn_id": "extend_legacy", **connection(base_url, "2024-12-23")})

    def _ask(self, question: dict[str, Any]) -> None:
        assert self.process.stdin
        try:
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the missing answer will tell

    def answer(self, patience: float = 300) -> dict[str, Any]:
        assert self.process.stdout
        ready, _, _ = select.select([self.process.stdout], [], [], patience)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            raise DemoError("Airflow ended early." if ready else "Airflow did not answer.", self.log)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def run(self, dag_id: str, conf: Mapping[str, Any]) -> dict[str, Any]:
        """Run a DAG to its end: {state, tasks: {task: state}, xcoms: {task: value}}."""
        self._ask({"dag_id": dag_id, "conf": conf})
        return self.answer()
