"""A local Extend, plain HTTP to set it up and look into it, and tasks with tries as Airflow makes them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from airflow_provider_extend import decisions
from airflow_provider_extend.api import retry
from airflow_provider_extend.emulator.pytest_plugin import ExtendEmulator
from tests.declared import only_declared

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"


def field(label: str, kind: str = "string") -> dict[str, Any]:
    return {"type": [kind, "null"], "description": f'The "{label}"'}


GOOD = {
    "schema": {"type": "object", "properties": {"total": field("Total", "number"), "number": field("No")}}
}
BAD = {"schema": {"type": "object", "properties": {"total": field("Sum", "number"), "number": field("No")}}}
DOCUMENT = b"No: INV-%d\nSum: 1.00\nTotal: %d.00\n"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "BACKOFF_CAP", 0.0)
    monkeypatch.setattr(decisions, "LIST_LAG", 0.05)


class Api:
    """The emulator through plain requests, in the form of one version."""

    def __init__(self, emulator: ExtendEmulator, version: str) -> None:
        self.emulator, self.version = emulator, version
        self.control = emulator.control
        emulator.control("POST", "/settings", {"run_seconds": 0})

    def send(self, method: str, path: str, **given: Any) -> Any:
        headers = {
            "Authorization": f"Bearer {self.emulator.token}",
            "x-extend-api-version": self.version,
            "user-agent": "test",
        }
        answer = requests.request(method, self.emulator.base_url + path, headers=headers, timeout=10, **given)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        self.forget(method, path)
        wrapped = (
            [key for key in body if key not in ("success", "nextPageToken")] if "success" in body else []
        )
        return body[wrapped[0]] if wrapped else body

    def forget(self, method: str, path: str) -> None:
        """What the test asked is none of the requests that it counts."""
        log = self.emulator._server.state.requests
        while log and log[-1]["status"] is None:
            time.sleep(0.001)
        if log and (log[-1]["method"], log[-1]["path"]) == (method, path):
            log.pop()

    def upload(self, data: bytes, name: str = "document.txt") -> str:
        return str(self.send("POST", "/files/upload", files={"file": (name, data)})["id"])

    def processor(self, config: Any = GOOD) -> str:
        """An extractor; on the older versions a processor."""
        if self.version == V26:
            made = self.send("POST", "/extractors", json={"name": "Invoices", "config": config})
        else:
            config = {"type": "EXTRACT", **config} if self.version == V25 else config
            body = {"name": "Invoices", "type": "EXTRACT", "config": config}
            made = self.send("POST", "/processors", json=body)
        return str(made["id"])

    def change_draft(self, processor: str, config: Any) -> None:
        base = "/extractors" if self.version == V26 else "/processors"
        self.send("POST", f"{base}/{processor}", json={"config": config})

    def versions(self, processor: str) -> list[dict[str, Any]]:
        """Published ones, newest first, with their configs."""
        base = f"/{'extractors' if self.version == V26 else 'processors'}/{processor}/versions"
        rows = self.send("GET", base, params={"maxPageSize": 1000})
        rows = rows["data"] if self.version == V26 else rows
        return [self.send("GET", f"{base}/{row['id']}") for row in rows if row["version"] != "draft"]

    def evaluation_set(self, processor: str, documents: int = 3) -> str:
        owner = "entityId" if self.version == V26 else "processorId"
        body = {"name": "Set", "description": "d", owner: processor}
        made = self.send("POST", "/evaluation_sets", json=body)
        items = [
            {
                "fileId": self.upload(DOCUMENT % (n, n + 5)),
                "expectedOutput": {"value": {"total": n + 5, "number": f"INV-{n}"}},
            }
            for n in range(documents)
        ]
        if items and self.version == V26:
            self.send("POST", f"/evaluation_sets/{made['id']}/items", json={"items": items})
        elif items:
            body = {"evaluationSetId": made["id"], "items": items}
            self.send("POST", "/evaluation_set_items/bulk", json=body)
        return str(made["id"])

    def items(self, evaluation_set: str) -> list[dict[str, Any]]:
        rows = self.emulator._server.state.store.all("item")
        return [row for _, row in rows if row["evaluationSetId"] == evaluation_set]

    def run(self, evaluation_set: str, processor: str, version: str = "draft") -> str:
        """A run that has ended, as somebody would start it in the dashboard."""
        body = {"evaluationSetId": evaluation_set, "processorId": processor, "version": version}
        return str(self.control("POST", "/batch_processor_runs", body)["id"])

    def requests(self, method: str | None = None, path: str = "") -> list[dict[str, Any]]:
        rows = self.control("GET", "/requests")
        return [row for row in rows if method in (None, row["method"]) and path in row["path"]]

    def fault(self, **fault: Any) -> None:
        self.control("POST", "/faults", fault)


@pytest.fixture
def api(extend_emulator: ExtendEmulator, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Api]:
    """`api(version)`: the default connection speaks that version, and so does what is returned."""

    def speak(version: str = V26) -> Api:
        connection = extend_emulator.connection(version)
        rates = {f"{name}_per_second": 1_000_000 for name in ("get", "write", "run")}
        connection["extra"] = {**connection["extra"], **rates}
        monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", json.dumps(connection))
        monkeypatch.setenv("AIRFLOW__EXTEND__ALLOWED_HOSTS", "127.0.0.1")
        return Api(extend_emulator, version)

    return speak


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set the default connection, to Extend's own host, for what requests-mock answers."""

    def set_up(version: str = V26) -> None:
        extra = {"api_version": version, "get_per_second": 1_000_000, "write_per_second": 1_000_000}
        connection = {"conn_type": "extend", "password": "sk_of_the_tests", "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", json.dumps(connection))

    return set_up


class Store:
    """`task_state_store` of Airflow 3.3: JSON values, None forbidden; it survives retries and clears."""

    def __init__(self) -> None:
        self.rows: dict[str, str] = {}
        self.writes: list[Any] = []
        self.broken = False
        self.broken_for: Callable[[Any], bool] = lambda value: False

    def get(self, key: str, default: Any = None) -> Any:
        return json.loads(self.rows[key]) if key in self.rows else default

    def set(self, key: str, value: Any, *, retention: Any = None) -> None:
        if value is None:
            raise ValueError("Cannot set value as None")
        if self.broken_for(value):
            raise RuntimeError("The API server is down")
        self.rows[key] = json.dumps(value, allow_nan=False)
        self.writes.append(json.loads(self.rows[key]))

    def delete(self, key: str) -> None:
        self.rows.pop(key, None)


class Task:
    """One task of one DAG run, over its tries. Without a store it is one of Airflow below 3.3."""

    def __init__(self, store: bool = True, retries: int = 2) -> None:
        self.store = Store() if store else None
        self.retries = self.max_tries = retries
        self.try_number = 0
        self.map_index = -1
        self.run_after = datetime.now(UTC)
        self.dag_run_started: datetime | None = None
        self.xcoms: dict[str, Any] = {}
        self.context: dict[str, Any] = {}

    def run(self, operator: Any) -> Any:
        """The next try."""
        self.try_number += 1
        self.xcoms = {}
        operator.retries = self.retries

        def xcom_push(key: str, value: Any) -> None:
            self.xcoms[key] = json.loads(json.dumps(value, allow_nan=False))

        address = {"dag_id": "dag", "run_id": "manual", "task_id": "task", "map_index": self.map_index}
        tries = {"try_number": self.try_number, "max_tries": self.max_tries, "start_date": datetime.now(UTC)}

        def xcom_pull(task_ids: str, key: str, map_indexes: int) -> Any:
            assert (task_ids, map_indexes) == (operator.task_id, self.map_index)
            return self.xcoms.get(key)

        ti = SimpleNamespace(**address, **tries, task=operator, xcom_push=xcom_push, xcom_pull=xcom_pull)
        dag_run = SimpleNamespace(run_after=self.run_after, start_date=self.dag_run_started, clear_number=0)
        self.context = {"ti": ti, "dag_run": dag_run}
        if self.store is not None:
            self.context["task_state_store"] = self.store
        with only_declared(operator):
            value = operator.execute(self.context)
        return json.loads(json.dumps(value, allow_nan=False))

    def clear(self) -> None:
        """By hand, in the UI."""
        self.max_tries = self.try_number + self.retries

    @property
    def record(self) -> Any:
        assert self.store is not None
        return self.store.get("extend_submission")


class Died(BaseException):
    """Ends a process as `kill -9` does: nothing of the package takes it for an error of Extend."""


@pytest.fixture
def dies_at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run a try whose process ends at a POST to such a path: `before` it is sent, or `after` it was carried out."""

    def run(task: Any, operator: Any, path: str, moment: str = "after") -> None:
        really = requests.Session.request

        def request(self: Any, method: str, url: str, **given: Any) -> Any:
            if method != "POST" or not re.search(path, url):
                return really(self, method, url, **given)
            if moment == "after":
                really(self, method, url, **given)
            raise Died

        with monkeypatch.context() as patched:
            patched.setattr(requests.Session, "request", request)
            with pytest.raises(Died):
                task.run(operator)

    return run


@pytest.fixture
def new_task() -> Callable[..., Task]:
    return Task


@pytest.fixture
def task() -> Task:
    return Task()


@pytest.fixture
def log_text(capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What the task has logged since the last call."""
    return lambda: "".join(capfd.readouterr())


@pytest.fixture
def good() -> dict[str, Any]:
    return GOOD


@pytest.fixture
def bad() -> dict[str, Any]:
    return BAD


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of documents."""
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def extract(api: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`extract(**given)`: an operator for many documents, those of `folder`; `extract.extend` is what it speaks to."""
    from airflow_provider_extend.operators.documents import ExtendExtractDocumentsOperator

    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.02)))
    extend = api(V26)
    processor = extend.processor()

    def make(**given: Any) -> ExtendExtractDocumentsOperator:
        defaults = {
            "documents": f"file://{folder}",
            "output_path": f"file://{folder.parent}/out",
            "extractor_id": processor,
            "poll_interval": 0.05,
        }
        return ExtendExtractDocumentsOperator(task_id="task", **{**defaults, **given})

    make.extend = extend  # type: ignore[attr-defined]
    return make
