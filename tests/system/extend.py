"""A local Extend as a process of its own, and what a person does in its dashboard."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests

from demo.dashboard import V2024, V2026, Dashboard
from demo.processes import announced_url
from tests.system.deployment import address
from tests.system.processes import Process, wait_for

TOKEN = "sk_system_tests_Qp7Vh2"
ROOT = Path(__file__).resolve().parents[2]
#: How long a run takes, where a test says nothing else.
RUN_SECONDS = 6
#: Long enough that a run ends only when a test says so.
ENDLESS = 1_000_000
#: Stands in every document, in what is extracted from it, and in no program.
CONTENT = "Zyxomma"

FIELDS = {
    "total": ("Total", "number"),
    "invoice_number": ("Invoice No", "string"),
    "buyer": ("Buyer", "string"),
}


def draft(good: bool) -> dict[str, Any]:
    """An extractor's config; the bad one reads another line than the total."""
    labels = FIELDS | ({} if good else {"total": ("Subtotal", "number")})
    properties = {
        name: {"type": [kind, "null"], "description": f'The "{label}"'}
        for name, (label, kind) in labels.items()
    }
    return {"schema": {"type": "object", "properties": properties}, "extractionRules": ""}


class LocalExtend:
    #: Nothing of the provider asks for it while runs are waited for.
    LISTED = "/files"

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.process = Process(
            [sys.executable, "-m", "airflow_provider_extend.emulator", "--port", "0", "--token", TOKEN]
            + ["--state-dir", str(folder / "state"), "--run-seconds", str(RUN_SECONDS)],
            {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            folder / "emulator.log",
        )
        self.process.start()
        self.base_url = wait_for("the emulator", self._announced, 60, 0.1)
        self.port = int(self.base_url.rpartition(":")[2])
        self.dashboard = Dashboard(self.base_url, TOKEN)
        self.documents = folder / "documents"
        self._write_documents()
        self._session = requests.Session()
        self._session.trust_env = False

    def _announced(self) -> str | None:
        assert self.process.alive, self.process.tail()
        return announced_url(self.process.log)

    def _write_documents(self) -> None:
        self.documents.mkdir()
        truth = {}
        for number in range(1, 7):
            name = f"invoice-{number}.txt"
            buyer = f"{CONTENT} {number}"
            (self.documents / name).write_text(
                f"Invoice No: INV-{number}\nBuyer: {buyer}\nSubtotal: {number}.00\nTotal: {number + 20}.00\n"
            )
            truth[name] = {"total": number + 20, "invoice_number": f"INV-{number}", "buyer": buyer}
        (self.documents / "truth.json").write_text(json.dumps(truth))

    def list_files(self) -> None:
        """What somebody else with the same key may do meanwhile, in a thread of theirs."""
        headers = {"Authorization": f"Bearer {TOKEN}", "x-extend-api-version": V2026}
        with requests.Session() as session:
            session.trust_env = False
            session.get(f"{self.base_url}{self.LISTED}", headers=headers, timeout=30)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._session.request(method, f"{self.base_url}/_control{path}", json=body, timeout=30)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def send(self, method: str, path: str, **given: Any) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}", "x-extend-api-version": V2026}
        answer = self._session.request(method, f"{self.base_url}{path}", headers=headers, timeout=30, **given)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def connection(self, api_version: str, key: str = TOKEN, rate: float = 500) -> dict[str, Any]:
        """:param rate: requests per second in each class; Extend's smallest plan has 10."""
        rates = {f"{name}_per_second": rate for name in ("get", "write", "run")}
        extra = {"api_version": api_version, **rates}
        address = {"host": "http://127.0.0.1", "port": self.port}
        return {"conn_type": "extend", "password": key, "extra": json.dumps(extra), **address}

    def extractor(self, good: bool) -> str:
        return self.dashboard.create_extractor("Invoices", draft(good))

    def processor(self, good: bool) -> str:
        """The same on 2024-12-23."""
        config = {
            "customExtractionRules": "",
            "fields": [
                {"id": name, "name": name, "type": prop["type"][0], "description": prop["description"]}
                for name, prop in draft(good)["schema"]["properties"].items()
            ],
        }
        return self.dashboard.create_processor("Invoices (2024)", config)

    def upload(self) -> Mapping[str, str]:
        """File name -> id."""
        headers = {"Authorization": f"Bearer {TOKEN}", "x-extend-api-version": V2024}
        ids = {}
        for name in self.truth:
            answer = self._session.post(
                f"{self.base_url}/files/upload",
                headers=headers,
                files={"file": (name, (self.documents / name).read_bytes())},
                timeout=30,
            )
            ids[name] = str(answer.json()["file"]["id"])
        return ids

    @property
    def truth(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.documents / "truth.json").read_text())
        return found

    def dashboard_run(self, processor_id: str) -> str:
        """A run that somebody started in the dashboard."""
        set_id = self.dashboard.create_evaluation_set(processor_id, self.truth, self.upload())
        return self.dashboard.press_run(processor_id, set_id)

    def force(self, run_id: str, status: str | None) -> None:
        self.control("PATCH", f"/runs/{run_id}", {"status": status})

    def fault(self, **fault: Any) -> None:
        self.control("POST", "/faults", {"times": 1_000_000, **fault})

    def settings(self, **settings: Any) -> None:
        self.control("POST", "/settings", settings)

    def requests(self, method: str, path: str) -> list[dict[str, Any]]:
        """What was asked; `path` is a regular expression. `status` is None while it is answered, or if it never was."""
        rows: list[dict[str, Any]] = self.control(
            "GET", f"/requests?{urlencode({'method': method, 'path': path})}"
        )
        return rows

    def cancels(self) -> list[str]:
        """The runs whose cancel was asked for, in order."""
        return [row["path"].split("/")[-2] for row in self.requests("POST", "/cancel$")]

    def cancels_of(self, runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
        """Those of `cancels` that were of these runs."""
        ids = {run["id"] for made in runs.values() for run in made}
        return [run for run in self.cancels() if run in ids]

    def paid_conf(self) -> dict[str, Any]:
        """What DAGs with run operators are to read, and with what."""
        extractor = self.extractor(good=True)
        return {
            "extractor": extractor,
            "workflow": self.workflow(extractor),
            "file": next(iter(self.upload().values())),
        }

    def workflow(self, extractor_id: str) -> str:
        """A workflow that extracts."""
        step = {"name": "Read", "type": "EXTRACT", "config": {"extractor": {"id": extractor_id}}}
        return str(self.send("POST", "/workflows", json={"name": "Invoices", "steps": [step]})["id"])

    def evaluation_set(self, processor_id: str) -> str:
        return self.dashboard.create_evaluation_set(processor_id, self.truth, self.upload())

    def labelled(self, extractor_id: str, documents: int, wrong: int = 0) -> str:
        """An evaluation set of so many documents; of so many another total is expected than they show."""
        body = {"name": "Labelled", "description": "", "entityId": extractor_id}
        set_id = self.send("POST", "/evaluation_sets", json=body)["id"]
        items = []
        for n in range(documents):
            text = f"Invoice No: INV-{n}\nBuyer: {CONTENT} {n}\nSubtotal: {n}.00\nTotal: {n + 500}.00\n"
            file_id = self.send("POST", "/files/upload", files={"file": (f"{n}.txt", text.encode())})["id"]
            expected = {
                "total": n + 500 + (n < wrong),
                "invoice_number": f"INV-{n}",
                "buyer": f"{CONTENT} {n}",
            }
            items.append({"fileId": file_id, "expectedOutput": {"value": expected}})
        for at in range(0, len(items), 50):
            self.send("POST", f"/evaluation_sets/{set_id}/items", json={"items": items[at : at + 50]})
        return str(set_id)

    def publish(self, extractor_id: str) -> None:
        self.send("POST", f"/extractors/{extractor_id}/versions", json={"releaseType": "major"})

    def change_draft(self, extractor_id: str, good: bool) -> None:
        self.dashboard.change_extractor(extractor_id, draft(good))

    def runs_of(self, run_id: str) -> dict[str, list[dict[str, Any]]]:
        """Task -> the runs that it has made in this DAG run, oldest first, by what stands in their metadata."""
        made: dict[str, list[dict[str, Any]]] = {}
        for kind in ("extract_run", "workflow_run", "parse_run", "classify_run", "split_run"):
            for run in self.control("GET", f"/runs?kind={kind}"):
                assert run["metadata"], f"{run['id']} carries nothing by which it could be found"
                task = run["metadata"].get("airflow_task", {})
                if task.get("run_id") == run_id:
                    made.setdefault(address(task["task_id"], task["map_index"]), []).append(run)
        return made

    def published(self, processor_id: str, api_version: str) -> list[dict[str, Any]]:
        return self.dashboard.published(processor_id, api_version)

    def looks_at(self, run_id: str, rows: Sequence[Mapping[str, Any]] | None = None) -> int:
        """How many requests named it, or listed it in their answers."""
        asked = self.control("GET", "/requests") if rows is None else rows
        return sum(run_id in row["path"] or run_id in row["listed"] for row in asked)
