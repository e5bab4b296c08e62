"""The example DAGs run by `dag.test()` on a real metadata database, against a local Extend."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from airflow_provider_extend.api import polling
from airflow_provider_extend.emulator.pytest_plugin import ExtendEmulator

EXAMPLES = Path(__file__).parents[2] / "example_dags"


@pytest.fixture(scope="session")
def dag_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dags")
    for path in (*EXAMPLES.glob("*.py"), *EXAMPLES.glob("*.yaml")):
        shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="session")
def bundle(dag_folder: Path) -> str:
    """Value of `[dag_processor] dag_bundle_config_list` for that folder."""
    local = "airflow.dag_processing.bundles.local.LocalDagBundle"
    return json.dumps([{"name": "examples", "classpath": local, "kwargs": {"path": str(dag_folder)}}])


@pytest.fixture(scope="session")
def database() -> None:
    from airflow.utils.db import initdb

    initdb()


@dataclass
class DagRun:
    """What has become of a run: states by task id, XComs by task id and key."""

    state: str
    states: dict[str, str]
    xcoms: dict[str, dict[str, Any]]


@pytest.fixture
def run_dag(
    database: None, dag_folder: Path, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., DagRun]:
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", bundle)
    really = time.sleep
    # `dag.test()` sleeps a second whenever no task can be run yet.
    monkeypatch.setattr(time, "sleep", lambda seconds: really(min(seconds, 0.02)))
    # The runs of this Extend take 0.2 seconds: nobody looks for the first time after a whole one.
    monkeypatch.setattr(polling, "FIRST_INTERVAL", 0.05)

    def run(dag_id: str, conf: dict[str, Any], *, deferrable: bool = False) -> DagRun:
        from airflow.models.xcom import XComModel
        from airflow.utils.session import create_session
        from sqlalchemy import select

        from tests.airflow_names import DagBag

        dag = DagBag(str(dag_folder / f"{dag_id}.py")).dags[dag_id]
        for waits in (task for task in dag.tasks if task.task_id == "wait"):
            waits.deferrable = deferrable
            waits.poke_interval = 0.1
        done = dag.test(run_conf=conf)
        xcoms: dict[str, dict[str, Any]] = {}
        with create_session() as session:
            for row in session.scalars(select(XComModel).where(XComModel.run_id == done.run_id)):
                xcoms.setdefault(row.task_id, {})[row.key] = XComModel.deserialize_value(row)
            states = {
                ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]": str(ti.state)
                for ti in done.get_task_instances(session=session)
            }
        return DagRun(str(done.state), states, xcoms)

    return run


def text(label: str, kind: str = "string") -> dict[str, Any]:
    return {"type": [kind, "null"], "description": f'The "{label}"'}


def config(total_label: str) -> dict[str, Any]:
    properties = {"total": text(total_label, "number"), "invoice_number": text("Invoice No")}
    return {"schema": {"type": "object", "properties": properties}}


GOOD, BAD = config("Total"), config("Subtotal")


@dataclass
class Extend:
    """A local Extend with one processor and labelled documents."""

    emulator: ExtendEmulator
    version: str
    folder: Path

    def send(self, method: str, path: str, **given: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.emulator.token}", "x-extend-api-version": self.version}
        answer = requests.request(method, self.emulator.base_url + path, headers=headers, timeout=10, **given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def processor(self, good: bool) -> str:
        chosen = GOOD if good else BAD
        if self.version == "2026-02-09":
            return str(self.send("POST", "/extractors", json={"name": "Invoices", "config": chosen})["id"])
        body = {"name": "Invoices", "type": "EXTRACT", "config": chosen}
        return str(self.send("POST", "/processors", json=body)["processor"]["id"])

    def dashboard_run(self, processor: str) -> str:
        """A run that somebody started in the dashboard."""
        body = {"name": "Set", "description": "", "processorId": processor}
        set_id = self.send("POST", "/evaluation_sets", json=body)["evaluationSet"]["id"]
        items = []
        for name, expected in json.loads((self.folder / "truth.json").read_text()).items():
            files = {"file": (name, (self.folder / name).read_bytes())}
            file_id = self.send("POST", "/files/upload", files=files)["file"]["id"]
            items.append({"fileId": file_id, "expectedOutput": {"value": expected}})
        self.send("POST", "/evaluation_set_items/bulk", json={"evaluationSetId": set_id, "items": items})
        body = {"processorId": processor, "evaluationSetId": set_id}
        return str(self.emulator.control("POST", "/batch_processor_runs", body)["id"])

    def published(self, processor: str) -> list[dict[str, Any]]:
        rows = self.emulator._server.state.store.all("version")
        return [row for _, row in rows if row["processorId"] == processor and row["version"] != "draft"]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    truth = {}
    for number in range(1, 5):
        name = f"invoice-{number}.txt"
        (tmp_path / name).write_text(
            f"Invoice No: INV-{number}\nSubtotal: {number}.00\nTotal: {number + 20}.00\n"
        )
        truth[name] = {"total": number + 20, "invoice_number": f"INV-{number}"}
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    return tmp_path


@pytest.fixture
def extend(
    extend_emulator: ExtendEmulator,
    documents: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[str], Extend]]:
    def speak(version: str) -> Extend:
        connection = "EXTEND_DEFAULT" if version == "2026-02-09" else "EXTEND_LEGACY"
        made = extend_emulator.connection(version)
        made["extra"] |= {f"{name}_per_second": 1000 for name in ("get", "write", "run")}
        monkeypatch.setenv(f"AIRFLOW_CONN_{connection}", json.dumps(made))
        monkeypatch.setenv("AIRFLOW__EXTEND__ALLOWED_HOSTS", "127.0.0.1")
        return Extend(extend_emulator, version, documents)

    return speak
