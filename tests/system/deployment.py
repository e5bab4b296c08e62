"""A real Airflow: Postgres, API server, scheduler, DAG processor and triggerer, each a process of its own."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.machine import free_port
from tests.system.postgres import Postgres
from tests.system.processes import Process, stop, wait_for

ROOT = Path(__file__).resolve().parents[2]
#: Airflow -> the Python of its environment. The local Extend runs in this one, whatever Airflow it serves.
PYTHONS = {"3.3": Path(sys.executable), "3.0": ROOT / ".dev" / "airflow-3.0" / "bin" / "python"}
#: For a test of what only one of them can do.
ONLY = {
    name: pytest.mark.parametrize("deployment", [name], indirect=True, ids=[f"airflow-{name}"])
    for name in PYTHONS
}
COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")
ENDED = ("success", "failed", "skipped", "upstream_failed", "removed")

#: A cluster policy, as an administrator may have one: it has the tasks of unchanged DAG files wait in another mode.
POLICY = """
from pathlib import Path

MODE = Path(__file__).with_name("mode")


def task_policy(task):
    if not task.dag_id.startswith("extend_") or not MODE.exists():
        return
    mode = MODE.read_text()
    if "deferrable" in getattr(task, "partial_kwargs", {}):
        task.partial_kwargs["deferrable"] = mode == "deferrable"
    elif hasattr(task, "deferrable"):
        task.deferrable = mode == "deferrable"
        if hasattr(task, "poke_interval"):
            task.mode = "reschedule" if mode == "reschedule" else "poke"
            # Not for Airflow's whole minute, if the author left that.
            task.poke_interval = min(task.poke_interval, 10)
"""


@dataclass(frozen=True)
class TaskInstance:
    task_id: str
    state: str | None
    try_number: int


class Deployment:
    """One Airflow of its own, with its metadata database, home and logs thrown away at the end.

    :param python: the Python of the environment that holds this Airflow and the provider.
    :param settings: more settings, as environment variables.
    """

    def __init__(self, python: Path, settings: Mapping[str, str]) -> None:
        self.python = python
        self.home = Path(tempfile.mkdtemp(prefix="extend-airflow-"))
        self.dags = self.home / "dags"
        self.dags.mkdir()
        for folder in (ROOT / "example_dags", ROOT / "tests" / "system" / "dags"):
            for path in (*folder.glob("*.py"), *folder.glob("*.yaml")):
                shutil.copy(path, self.dags)
        (self.home / "config").mkdir()
        (self.home / "config" / "airflow_local_settings.py").write_text(POLICY)
        self.postgres = Postgres()
        self.url = f"http://127.0.0.1:{free_port()}"
        self.env = self._environment() | dict(settings)
        self.processes = {name: self.process(name) for name in COMPONENTS}
        #: DAG runs of the test that runs now, for what is shown when it fails.
        self.runs: list[tuple[str, str]] = []
        self._session = requests.Session()
        self._session.trust_env = False

    def _environment(self) -> dict[str, str]:
        secret = base64.urlsafe_b64encode(os.urandom(32)).decode()
        bundle = {
            "name": "dags",
            "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
            "kwargs": {"path": str(self.dags), "refresh_interval": 5},
        }
        airflow = {
            "API__BASE_URL": self.url,
            "API__HOST": "127.0.0.1",
            "API__PORT": self.url.rpartition(":")[2],
            "API__SECRET_KEY": secret,
            "API__WORKERS": "1",
            "API_AUTH__JWT_SECRET": secret,
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__FERNET_KEY": secret,
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "CORE__DAGS_FOLDER": str(self.dags),
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__MAX_ACTIVE_TASKS_PER_DAG": "64",
            "CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
            "CORE__PARALLELISM": "24",
            "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "CORE__TEST_CONNECTION": "Enabled",
            "DATABASE__SQL_ALCHEMY_CONN": self.postgres.url,
            "DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([bundle]),
            "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "120",
            "DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            "EXTEND__ALLOWED_HOSTS": "127.0.0.1",
            "LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
            "LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
            "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
            "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
            "SCHEDULER__TRIGGER_TIMEOUT_CHECK_INTERVAL": "3",
            "TRIGGERER__JOB_HEARTBEAT_SEC": "2",
            "TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "10",
            "USAGE_DATA_COLLECTION__ENABLED": "False",
        }
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AIRFLOW", "PYTHON", "PYTEST", "VIRTUAL_ENV"))
            and name.lower() not in ("http_proxy", "https_proxy", "all_proxy")
        }
        return {
            **kept,
            **{f"AIRFLOW__{name}": value for name, value in airflow.items()},
            "AIRFLOW_HOME": str(self.home),
            "NO_COLOR": "1",
            "NO_PROXY": "127.0.0.1,localhost",
            "PATH": f"{self.python.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
        }

    # ------------------------------------------------------------------------------------------- processes

    def process(self, component: str, name: str | None = None, **settings: str) -> Process:
        """A component that is not started yet: one more triggerer, say."""
        command = [self.python, "-m", "airflow", component]
        return Process(command, self.env | settings, self.home / f"{name or component}.log")

    def start(self) -> None:
        migrate = self.process("db", "migrate")
        migrate.command.append("migrate")
        migrate.start()
        wait_for("the database", lambda: not migrate.alive, 180)
        assert migrate.code == 0, f"airflow db migrate failed:\n{migrate.tail()}"
        self.start_what_is_not_there()
        answer = self._session.get(f"{self.url}/auth/token", timeout=30)
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def start_what_is_not_there(self) -> None:
        for process in self.processes.values():
            if not process.alive:
                process.start()
        wait_for("Airflow", self.healthy, 180, 0.5)

    def healthy(self) -> bool:
        for name, process in self.processes.items():
            assert process.alive, f"{name} has ended:\n{process.tail()}"
        try:
            health = self._session.get(f"{self.url}/api/v2/monitor/health", timeout=5).json()
        except (requests.RequestException, ValueError):
            return False
        parts = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        return all((health.get(part) or {}).get("status") == "healthy" for part in parts)

    def close(self) -> None:
        keep = bool(os.environ.get("EXTEND_KEEP_LOGS"))
        stop(self.processes.values(), 8)
        self.postgres.stop(keep)
        if not keep:
            shutil.rmtree(self.home, ignore_errors=True)

    def forget_runs(self) -> None:
        """End what a test has left running, and have the examples wait again as they are written."""
        (self.home / "config" / "mode").unlink(missing_ok=True)
        for dag_id, run_id in self.runs:
            if self.query("select 1 from dag_run where run_id = %s and end_date is null", run_id):
                self.api("PATCH", f"/dags/{dag_id}/dagRuns/{run_id}", {"state": "failed"})
        self.runs.clear()

    # ------------------------------------------------------------------------------------------ what it does

    def api(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._session.request(method, f"{self.url}/api/v2{path}", json=body, timeout=60)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    @property
    def version(self) -> str:
        return str(self.api("GET", "/version")["version"])

    def connect(self, conn_id: str, connection: Mapping[str, Any]) -> None:
        """Store a connection, as somebody does in the UI."""
        self.api("POST", "/connections", {"connection_id": conn_id, **connection})

    def variable(self, key: str, value: Any) -> None:
        """Set a Variable, as somebody does in the UI."""
        body = {"key": key, "value": json.dumps(value)}
        known = self.query("select 1 from variable where key = %s", key)
        self.api("PATCH" if known else "POST", f"/variables/{key}" if known else "/variables", body)

    def trigger(self, dag_id: str, conf: Mapping[str, Any]) -> str:
        run_id = f"test-{uuid.uuid4().hex[:8]}"
        # Known to the API as soon as it is parsed, and not before.
        wait_for(
            f"DAG {dag_id}", lambda: self.query("select 1 from serialized_dag where dag_id = %s", dag_id)
        )
        body = {"dag_run_id": run_id, "logical_date": None, "conf": dict(conf)}
        self.api("POST", f"/dags/{dag_id}/dagRuns", body)
        self.runs.append((dag_id, run_id))
        return run_id

    def mark(self, dag_id: str, run_id: str, task_id: str, state: str) -> None:
        """Mark a task, as somebody does in the UI."""
        self.api("PATCH", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}", {"new_state": state})

    def clear_task(self, dag_id: str, run_id: str, task_id: str) -> None:
        body = {"dry_run": False, "dag_run_id": run_id, "task_ids": [task_id], "only_failed": False}
        self.api("POST", f"/dags/{dag_id}/clearTaskInstances", body)

    def run_python(self, program: str, *arguments: str) -> str:
        """What a process of this Airflow prints, with its settings and its database."""
        command = [str(self.python), "-c", program, *arguments]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def task_processes(self, dag_id: str, run_id: str) -> dict[str, int]:
        """Task -> process, of those that run now."""
        rows = self.query(
            "select task_id, map_index, pid from task_instance where dag_id = %s and run_id = %s"
            " and state = 'running' and pid is not null",
            dag_id,
            run_id,
        )
        return {address(task, map_index): pid for task, map_index, pid in rows}

    def working(self) -> list[str]:
        """Ids of the tasks that have, or are given, a worker."""
        rows = self.query("select task_id from task_instance where state in ('queued', 'running')")
        return [task for (task,) in rows]

    def kill_task(self, pid: int) -> bool:
        """`kill -9` to the process of a task; False if it has ended already."""
        try:
            # One of ours, and not somebody who has its number by now.
            if os.getsid(pid) == self.processes["scheduler"].pid:
                os.kill(pid, signal.SIGKILL)
                return True
        except ProcessLookupError:
            pass
        return False

    def clear(self, dag_id: str, run_id: str) -> None:
        """Clear all tasks of a DAG run, as somebody does in the UI, and wait until Airflow has taken it up."""
        body = {"dry_run": False, "dag_run_id": run_id, "only_failed": False, "reset_dag_runs": True}
        self.api("POST", f"/dags/{dag_id}/clearTaskInstances", body)
        ended = "select 1 from dag_run where run_id = %s and state in ('success', 'failed')"
        wait_for("the cleared run", lambda: not self.query(ended, run_id), 60)

    def unchanged(self, *dag_ids: str) -> None:
        """These examples, and the rules that they share, are the files that are delivered."""
        examples = ROOT / "example_dags"
        for name in [f"{dag_id}.py" for dag_id in dag_ids] + [path.name for path in examples.glob("*.yaml")]:
            assert (self.dags / name).read_bytes() == (examples / name).read_bytes()

    def set_mode(self, mode: str, sensors: Mapping[str, str]) -> None:
        """Have what waits in the examples wait in this mode; the files are only touched, not changed.

        :param sensors: DAG -> its sensor; an operator has no mode of which the scheduler has to know.
        """
        (self.home / "config" / "mode").write_text(mode)
        for dag_id in sensors:
            path = self.dags / f"{dag_id}.py"
            # Later than the last look at it, whatever fraction of a second is compared.
            os.utime(path, (time.time() + 2, time.time() + 2))
        # All that the scheduler has to know of it; a task reads the file, and applies the policy, anew.
        rescheduled = [mode == "reschedule"] * len(sensors)
        wait_for(
            f"{', '.join(sensors)} in mode {mode}",
            lambda: [self._reschedules(*sensor) for sensor in sensors.items()] == rescheduled,
            60,
            0.2,
        )

    def _reschedules(self, dag_id: str, task_id: str) -> bool | None:
        rows = self.query(
            "select data from serialized_dag where dag_id = %s order by created_at desc, last_updated desc limit 1",
            dag_id,
        )
        tasks = rows[0][0]["dag"]["tasks"] if rows else []
        values = (task.get("__var", task) for task in tasks)
        return next((task.get("reschedule", False) for task in values if task["task_id"] == task_id), None)

    # ----------------------------------------------------------------------------------------- what is seen

    def query(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.postgres.query(statement, *parameters)

    def tasks(self, dag_id: str, run_id: str) -> dict[str, TaskInstance]:
        rows = self.query(
            "select task_id, state, try_number, map_index from task_instance where dag_id = %s and run_id = %s",
            dag_id,
            run_id,
        )
        return {
            address(task, map_index): TaskInstance(task, state, tries)
            for task, state, tries, map_index in rows
        }

    def states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        return {name: task.state for name, task in self.tasks(dag_id, run_id).items()}

    def wait_until_ended(self, dag_id: str, run_id: str, seconds: float = 240) -> str:
        def ended() -> str | None:
            rows = self.query("select state from dag_run where dag_id = %s and run_id = %s", dag_id, run_id)
            return rows[0][0] if rows and rows[0][0] in ("success", "failed") else None

        try:
            return str(wait_for(f"the end of {dag_id} {run_id}", ended, seconds))
        except AssertionError as error:
            raise AssertionError(f"{error}; tasks: {self.states(dag_id, run_id)}") from None

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value") -> Any:
        rows = self.query(
            "select value from xcom where dag_id = %s and run_id = %s and task_id = %s and key = %s",
            *(dag_id, run_id, task_id, key),
        )
        value = rows[0][0] if rows else None
        try:
            return json.loads(value) if isinstance(value, str) else value
        except json.JSONDecodeError:
            return value  # a text, which the driver has read already

    def results(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """Task -> what it has returned."""
        rows = self.query(
            "select task_id, map_index, value from xcom where dag_id = %s and run_id = %s and key = 'return_value'",
            dag_id,
            run_id,
        )
        return {
            address(task, map_index): json.loads(value) if isinstance(value, str) else value
            for task, map_index, value in rows
        }

    def triggers(self) -> list[tuple[Any, ...]]:
        return self.query("select id, classpath, kwargs, triggerer_id from trigger order by id")

    def task_log(self, dag_id: str, run_id: str, task_id: str) -> str:
        """What a task has logged, in all tries, on workers and in the triggerer."""
        folder = self.home / "logs" / f"dag_id={dag_id}" / f"run_id={run_id}" / f"task_id={task_id}"
        return "\n".join(
            f"--- {path.relative_to(self.home / 'logs')}\n{path.read_text(errors='replace')}"
            for path in sorted(folder.rglob("*.log*"))
            if path.is_file()
        )

    def how_it_waited(self, dag_id: str, run_id: str, task_id: str) -> str:
        """From what Airflow itself has recorded: reschedules, and what the triggerer has logged."""
        rescheduled = self.query(
            "select 1 from task_reschedule r join task_instance ti on ti.id = r.ti_id"
            " where ti.dag_id = %s and ti.run_id = %s and ti.task_id = %s",
            *(dag_id, run_id, task_id),
        )
        deferred = "Trigger fired event" in self.task_log(dag_id, run_id, task_id)
        return "deferrable" if deferred else "reschedule" if rescheduled else "poke"

    def log_files(self) -> list[Path]:
        return [path for path in self.home.rglob("*.log*") if path.is_file()]

    def report(self, lines: int = 30, logs: int = 12) -> str:
        """What to read when a test has failed: each task's state, the logs of those that did not succeed, and
        the end of what a process that has died has printed."""
        parts, failed = [], []
        for dag_id, run_id in self.runs:
            parts.append(f"{dag_id} {run_id}")
            for name, task in sorted(self.tasks(dag_id, run_id).items()):
                parts.append(f"  {name}: {task.state}, try {task.try_number}")
                if task.state not in ("success", "skipped", "upstream_failed", None):
                    failed.append((-task.try_number, dag_id, run_id, task.task_id))
        for _, *task_id in sorted(failed)[:logs]:
            parts += [f"  {readable(line)}" for line in self.task_log(*task_id).splitlines()[-lines:]]
        for name, process in self.processes.items():
            if not process.alive:
                parts.append(f"{name} has ended:\n{process.tail()}")
        parts.append(
            f"All logs are below {self.home}, which is removed at the end; EXTEND_KEEP_LOGS=1 keeps it."
        )
        return "\n".join(parts)


def address(task_id: str, map_index: int) -> str:
    return task_id if map_index < 0 else f"{task_id}[{map_index}]"


def readable(line: str) -> str:
    """A line of Airflow's JSON logs as time, level and text, with errors but without their frames."""
    try:
        entry = json.loads(line)
        errors = [f"\n      {e['exc_type']}: {e['exc_value']}" for e in entry.get("error_detail") or ()]
        return f"{entry['timestamp'][11:19]} {entry['level']:7} {entry['event']}" + "".join(errors)
    except (ValueError, KeyError, TypeError):
        return line
