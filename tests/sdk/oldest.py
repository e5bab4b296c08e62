"""The vendor's client for 2025-04-21 drives the local Extend through every method that it has."""

from __future__ import annotations

import sys
import time
from typing import Any

import httpx

from tests.sdk.documents import CLASSIFY, EXTRACT, FIELDS, FORM, INVOICE, RECEIPT, SPLIT, pdf
from tests.sdk.recorder import Recorder

VERSION = "2025-04-21"
EXPECTED: dict[str, Any] = {
    "EXTRACT": {"value": {"number": "INV-7", "total": 120.5}},
    "CLASSIFY": {"id": "invoice", "type": "invoice"},
    "SPLITTER": {
        "splits": [
            {"id": "1", "classificationId": "invoice", "type": "invoice", "startPage": 1, "endPage": 1}
        ]
    },
}


class Program:
    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url
        self.recorder = Recorder(base_url, token)
        self.do = self.recorder.do
        self.files: dict[str, str] = {}

    def seconds(self, seconds: float, **settings: Any) -> None:
        """How long runs take from now on."""
        settings["run_seconds"] = seconds
        httpx.post(f"{self.base_url}/_control/settings", json=settings).raise_for_status()

    def ended(self, method: str, run_id: str, inside: str = "") -> Any:
        """Read the run until it has ended."""
        for _ in range(200):
            answer = self.do(method, run_id)
            run = getattr(answer, inside) if inside else answer
            if getattr(run, "status", "") not in ("PENDING", "PROCESSING", "CANCELLING"):
                return run
            self.recorder.calls.pop()
            time.sleep(0.1)
        return run

    def pages(self, method: str, *args: Any, **filters: Any) -> None:
        page = self.do(method, *args, max_page_size=1, **filters)
        if token := getattr(page, "next_page_token", None):
            self.do(method, *args, max_page_size=1, next_page_token=str(token), **filters)

    def upload(self) -> None:
        packet = pdf(INVOICE.splitlines(), RECEIPT.splitlines())
        given = {"invoice.txt": INVOICE.encode(), "form.pdf": pdf(FORM.splitlines()), "packet.pdf": packet}
        for name, data in given.items():
            self.files[name] = self.do("file.upload", file=(name, data)).file.id
        self.do("file.upload", file=("again.txt", INVOICE.encode()), convert_to_pdf=True)
        self.pages("file.list", sort_dir="asc")
        self.do("file.list", name_contains="invoice")
        self.do("file.get", self.files["packet.pdf"])
        self.do("file.get", self.files["invoice.txt"], raw_text=True, markdown=True, html=True)
        self.do("file.delete", self.do("file.upload", file=("gone.txt", b"gone")).file.id)

    def processor(self, kind: str, config: dict[str, Any]) -> str:
        config = {"type": kind, **config}
        made = self.do("processor.create", name=f"A {kind}", type=kind, config=config).processor
        self.do("processor.create", name="A copy", type=kind, clone_processor_id=made.id)
        self.do("processor.update", made.id, name=f"The {kind}", config=config)
        self.pages("processor.list", type=kind, sort_by="createdAt", sort_dir="asc")
        version = self.do(
            "processor_version.create", made.id, release_type="major", description="First", config=config
        ).processor_version
        self.do("processor_version.create", made.id, release_type="minor")
        self.do("processor_version.get", made.id, version.id)
        self.do("processor_version.list", made.id)
        return str(made.id)

    def runs(self, kind: str, processor_id: str, config: dict[str, Any]) -> None:
        file, runs = (
            {"fileId": self.files["packet.pdf" if kind == "SPLITTER" else "invoice.txt"]},
            "processor_run",
        )
        self.seconds(0.3)
        made = self.do(
            f"{runs}.create",
            processor_id=processor_id,
            version="1.0",
            file=file,
            priority=5,
            metadata={"a": 1},
        )
        self.ended(f"{runs}.get", made.processor_run.id, "processor_run")
        self.do(f"{runs}.create", processor_id=processor_id, raw_text=INVOICE, sync=True)
        made = self.do(
            f"{runs}.create", processor_id=processor_id, file=file, config={"type": kind, **config}
        )
        self.ended(f"{runs}.get", made.processor_run.id, "processor_run")
        if kind == "EXTRACT":  # the older form of a config, and of its output
            self.do(f"{runs}.create", processor_id=processor_id, file=file, config=FIELDS, sync=True)
        self.pages(f"{runs}.list", processor_id=processor_id, sort_by="createdAt", sort_dir="asc")
        self.do(f"{runs}.list", status="PROCESSED", processor_type=kind, source="API", file_name_contains="i")
        self.seconds(0.1, fail_runs=1)
        failed = self.do(f"{runs}.create", processor_id=processor_id, file=file)
        self.ended(f"{runs}.get", failed.processor_run.id, "processor_run")
        self.seconds(60)
        moving = self.do(f"{runs}.create", processor_id=processor_id, file=file).processor_run
        self.do(f"{runs}.cancel", moving.id)
        self.do(f"{runs}.get", moving.id)
        self.do(f"{runs}.delete", moving.id)

    def evaluation(self, kind: str, processor_id: str) -> None:
        file, expected = self.files["packet.pdf" if kind == "SPLITTER" else "invoice.txt"], EXPECTED[kind]
        made = self.do(
            "evaluation_set.create", name=kind, description="All", processor_id=processor_id
        ).evaluation_set
        self.do("evaluation_set.get", made.id)
        self.pages("evaluation_set.list", sort_by="createdAt")
        self.do("evaluation_set.list", processor_id=processor_id)
        item = self.do(
            "evaluation_set_item.create", evaluation_set_id=made.id, file_id=file, expected_output=expected
        ).evaluation_set_item
        items = [{"fileId": file, "expectedOutput": expected}] * 2
        self.do("evaluation_set_item.create_batch", evaluation_set_id=made.id, items=items)
        self.do("evaluation_set_item.update", item.id, expected_output=expected)
        self.pages("evaluation_set_item.list", made.id, sort_by="createdAt", sort_dir="asc")
        self.do("evaluation_set_item.delete", item.id)
        body = {"processorId": processor_id, "evaluationSetId": made.id}
        self.seconds(0.1)
        started = httpx.post(f"{self.base_url}/_control/batch_processor_runs", json=body).json()
        self.ended("batch_processor_run.get", started["id"], "batch_processor_run")

    def parse(self) -> None:
        file = {"fileId": self.files["invoice.txt"]}
        self.seconds(0.3)
        for strategy in ("page", "document", "section"):
            self.do("parse", file=file, config={"target": "markdown", "chunkingStrategy": {"type": strategy}})
        self.do("parse", file=file, response_type="url")
        made = self.do("parse_async", file={"fileId": self.files["packet.pdf"]})
        self.do("parser_run.get", made.id)
        self.ended("parser_run.get", made.id)
        self.do("parser_run.get", made.id, response_type="url")
        self.do("parser_run.delete", made.id)

    def edit(self) -> None:
        file, config = {"fileId": self.files["form.pdf"]}, {"instructions": "Name: Ada Lovelace"}
        self.seconds(0.3)
        self.do("edit.create", file=file, config=config)
        made = self.do("edit.create_async", file=file, config=config)
        self.ended("edit.get", made.id, "edit_run")
        self.do("edit.delete", made.id)

    def workflows(self, processor_id: str) -> None:
        self.do("workflow.create", name="Empty")
        steps = [{"name": "fields", "type": "EXTRACT", "config": {"extractor": {"id": processor_id}}}]
        headers = {"x-extend-api-version": "2026-02-09", "authorization": f"Bearer {sys.argv[2]}"}
        # Steps can be given on the newest version only.
        body = {"name": "Invoices", "steps": steps}
        made = httpx.post(f"{self.base_url}/workflows", json=body, headers=headers).json()["id"]
        file, runs = {"fileId": self.files["invoice.txt"], "fileName": "invoice.txt"}, "workflow_run"
        self.seconds(0.3)
        run = self.do(
            f"{runs}.create", workflow_id=made, files=[file], priority=5, metadata={"d": 4}
        ).workflow_runs[0]
        done = self.ended(f"{runs}.get", run.id, "workflow_run")
        self.do(f"{runs}.create", workflow_id=made, raw_texts=[INVOICE, RECEIPT])
        self.do(f"{runs}.update", run.id, name="Renamed", metadata={"e": 5})
        self.do("workflow_run_output.update", run.id, done.outputs[0].id, reviewed_output=EXPECTED["EXTRACT"])
        self.ended(f"{runs}.get", run.id, "workflow_run")
        self.pages(f"{runs}.list", workflow_id=made, sort_by="createdAt", sort_dir="asc")
        self.do(f"{runs}.list", status="PROCESSED", file_name_contains="invoice")
        inputs = [{"file": {"fileId": self.files["invoice.txt"]}, "metadata": {"f": 6}}, {"rawText": RECEIPT}]
        batch = self.do("batch_workflow_run.create", workflow_id=made, inputs=inputs)
        self.pages(f"{runs}.list", batch_id=batch.batch_id)
        self.seconds(60)
        moving = self.do(f"{runs}.create", workflow_id=made, files=[file]).workflow_runs[0]
        self.do(f"{runs}.cancel", moving.id)
        self.do(f"{runs}.get", moving.id)
        self.do(f"{runs}.delete", run.id)


def main() -> None:
    program = Program(sys.argv[1], sys.argv[2])
    program.upload()
    configs = {"EXTRACT": EXTRACT, "CLASSIFY": CLASSIFY, "SPLITTER": SPLIT}
    processors = {kind: program.processor(kind, config) for kind, config in configs.items()}
    for kind, processor_id in processors.items():
        program.runs(kind, processor_id, configs[kind])
        program.evaluation(kind, processor_id)
    program.parse()
    program.edit()
    program.workflows(processors["EXTRACT"])
    program.recorder.report()


if __name__ == "__main__":
    main()
