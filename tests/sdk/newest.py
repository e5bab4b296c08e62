"""The vendor's client for 2026-02-09 drives the local Extend through every method that it has."""

from __future__ import annotations

import sys
import time
from typing import Any

import httpx
from extend_ai.wrapper.polling import PollingOptions

from tests.sdk import events
from tests.sdk.documents import EXTRACT, FORM, INVOICE, RECEIPT, pdf
from tests.sdk.events import PROCESSORS, VERSION
from tests.sdk.recorder import Missing, Receiver, Recorder

FAST = PollingOptions(fast_poll_interval_ms=100, max_wait_ms=20_000)
EVENTS = ["extract_run.processed", "extract_run.failed"]


class Program:
    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url
        self.recorder = Recorder(base_url, token)
        self.do = self.recorder.do
        self.files: dict[str, str] = {}

    def control(self, path: str, body: Any) -> Any:
        answer = httpx.post(f"{self.base_url}/_control{path}", json=body)
        return answer.json() if answer.is_success else Missing()

    def seconds(self, seconds: float) -> None:
        """How long runs take from now on."""
        self.control("/settings", {"run_seconds": seconds})

    def ended(self, method: str, run_id: str) -> Any:
        """Read the run until it has ended."""
        for _ in range(200):
            run = self.do(method, run_id)
            if getattr(run, "status", "") not in ("PENDING", "PROCESSING", "CANCELLING"):
                return run
            self.recorder.calls.pop()  # what counts is the ended one, and the first, which `create` has shown
            time.sleep(0.1)
        return run

    def pages(self, method: str, *args: Any, **filters: Any) -> None:
        """Two pages of one row each."""
        page = self.do(method, *args, max_page_size=1, **filters)
        if token := getattr(page, "next_page_token", None):
            self.do(method, *args, max_page_size=1, next_page_token=str(token), **filters)

    # ------------------------------------------------------------------------------------------ families

    def upload(self) -> None:
        packet = pdf(INVOICE.splitlines(), RECEIPT.splitlines())
        for name, data in {
            "invoice.txt": INVOICE.encode(),
            "receipt.txt": RECEIPT.encode(),
            "form.pdf": pdf(FORM.splitlines()),
            "packet.pdf": packet,
        }.items():
            self.files[name] = self.do("files.upload", file=(name, data)).id
        self.do("files.upload", file=("again.txt", INVOICE.encode()), convert_to_pdf=True)
        self.pages("files.list", sort_dir="asc")
        self.do("files.list", name_contains="invoice")
        self.do("files.retrieve", self.files["packet.pdf"])
        self.do("files.retrieve", self.files["invoice.txt"], raw_text=True, markdown=True, html=True)
        gone = self.do("files.upload", file=("gone.txt", b"gone"))
        self.do("files.delete", gone.id)

    def processors(self, kind: str) -> str:
        noun, config = PROCESSORS[kind]
        made = self.do(f"{noun}s.create", name=f"A {noun}", config=config)
        self.do(f"{noun}s.create", name="A copy", **{f"clone_{noun}_id": made.id})
        self.do(f"{noun}s.update", made.id, name=f"The {noun}", config=config)
        self.do(f"{noun}s.retrieve", made.id)
        self.pages(f"{noun}s.list", sort_by="createdAt", sort_dir="asc")
        version = self.do(
            f"{noun}_versions.create", made.id, release_type="major", description="First", config=config
        )
        self.do(f"{noun}_versions.create", made.id, release_type="minor")
        self.do(f"{noun}_versions.retrieve", made.id, version.id)
        self.pages(f"{noun}_versions.list", made.id, sort_dir="asc")
        return str(made.id)

    def processor_runs(self, kind: str, processor_id: str) -> None:
        noun, config = PROCESSORS[kind]
        name = "packet.pdf" if kind == "split" else "invoice.txt"
        file, runs, named = {"id": self.files[name]}, f"{kind}_runs", {"id": processor_id, "version": "1.0"}
        metadata = {"order": 7, "extend:usage_tags": ["one"]}
        self.seconds(0.3)
        made = self.do(f"{runs}.create", file=file, **{noun: named}, priority=10, metadata=metadata)
        self.ended(f"{runs}.retrieve", made.id)
        inline = self.do(f"{runs}.create", file=file, config=config)
        self.ended(f"{runs}.retrieve", inline.id)
        self.do(f"{runs}.create_and_poll", file=file, **{noun: {"id": processor_id}}, polling_options=FAST)
        self.do(kind, file=file, **{noun: named}, metadata=metadata)
        self.pages(f"{runs}.list", **{f"{noun}_id": processor_id}, sort_by="createdAt", sort_dir="asc")
        self.do(
            f"{runs}.list", status="PROCESSED", source="API", file_name_contains=name[:4], sort_by="updatedAt"
        )
        batch = self.do(
            f"{runs}.create_batch",
            inputs=[{"file": file, "metadata": {"member": at}} for at in range(3)],
            **{noun: {"id": processor_id, "version": "latest"}},
            priority=60,
        )
        self.ended("batch_runs.get", batch.id)
        self.pages(f"{runs}.list", batch_id=batch.id)
        self.fail(runs, file, {noun: named})
        self.seconds(60)
        moving = self.do(f"{runs}.create", file=file, **{noun: named})
        self.do(f"{runs}.cancel", moving.id)
        self.do(f"{runs}.retrieve", moving.id)
        self.do(f"{runs}.delete", moving.id)

    def fail(self, runs: str, file: Any, given: dict[str, Any]) -> None:
        """A run that ends FAILED has its own nulls."""
        self.seconds(0.1)
        self.control("/settings", {"fail_runs": 1})
        self.ended(f"{runs}.retrieve", self.do(f"{runs}.create", file=file, **given).id)

    def packages(self) -> None:
        self.seconds(0.2)
        package = {"files": [{"id": self.files["invoice.txt"]}, {"id": self.files["packet.pdf"]}]}
        made = self.do("extract_runs.create", package=package, config=EXTRACT)
        self.ended("extract_runs.retrieve", made.id)
        self.do("extract_runs.create", file={"text": INVOICE, "name": "typed.txt"}, config=EXTRACT)

    def parse_runs(self) -> None:
        file, runs = {"id": self.files["invoice.txt"]}, "parse_runs"
        config = {"target": "markdown", "chunkingStrategy": {"type": "page"}}
        self.seconds(0.3)
        made = self.do(f"{runs}.create", file=file, config=config, metadata={"a": 1})
        self.ended(f"{runs}.retrieve", made.id)
        self.do(f"{runs}.retrieve", made.id, response_type="url")
        kept = self.do(
            f"{runs}.create",
            file={"id": self.files["packet.pdf"]},
            data_retention={"mode": "workspace_default"},
        )
        self.ended(f"{runs}.retrieve", kept.id)
        self.do(f"{runs}.create_and_poll", file=file, polling_options=FAST)
        for strategy in ("page", "document", "section"):
            self.do("parse", file=file, config={"chunkingStrategy": {"type": strategy}})
        self.do("parse", file=file, response_type="url", metadata={"b": 2})
        self.pages(f"{runs}.list", source="API")
        self.do(f"{runs}.list", status="PROCESSED", file_name_contains="invoice")
        batch = self.do(
            f"{runs}.create_batch",
            inputs=[{"file": file, "metadata": {"at": 0}}, {"file": {"text": RECEIPT}}],
            config=config,
            priority=70,
        )
        self.ended("batch_runs.get", batch.id)
        self.pages(f"{runs}.list", batch_id=batch.id)
        self.fail(runs, file, {})
        self.seconds(60)
        moving = self.do(f"{runs}.create", file=file)
        self.do(f"{runs}.cancel", moving.id)
        self.do(f"{runs}.delete", moving.id)

    def edit_runs(self) -> None:
        file, runs = {"id": self.files["form.pdf"]}, "edit_runs"
        self.seconds(0.3)
        form = self.do("form_detection_runs.create", file=file, config={"instructions": "All fields"})
        self.ended("form_detection_runs.retrieve", form.id)
        self.do("detect_form", file=file)
        self.do("edit_schemas.generate", file=file)
        config = {"instructions": "Name: Ada Lovelace"}
        made = self.do(f"{runs}.create", file=file, config=config)
        self.ended(f"{runs}.retrieve", made.id)
        self.do("edit", file=file, config=config)
        self.do(f"{runs}.create_and_poll", file=file, config=config, polling_options=FAST)
        self.pages(f"{runs}.list", sort_by="createdAt")
        self.do(f"{runs}.list", status="PROCESSED", source="API", file_name_contains="form")
        self.fail(runs, file, {"config": config})
        template = self.control("/edit_templates", {"name": "A form", "fileId": self.files["form.pdf"]})
        self.control("/edit_templates", {"name": "Another", "fileId": self.files["form.pdf"]})
        self.do("edit_templates.retrieve", template["id"])
        self.pages("edit_templates.list", sort_by="createdAt", sort_dir="asc")
        self.do("edit_templates.list", name_contains="form")
        self.ended(f"{runs}.retrieve", self.do(f"{runs}.create", template_id=template["id"]).id)
        self.do(f"{runs}.delete", made.id)

    def verify_runs(self) -> None:
        file, runs = {"id": self.files["packet.pdf"]}, "verify_runs"
        self.seconds(0.3)
        made = self.do(f"{runs}.create", file=file, metadata={"c": 3})
        self.ended(f"{runs}.retrieve", made.id)
        self.do("verify", file=file, config={})
        self.pages(f"{runs}.list", sort_by="createdAt")
        self.do(f"{runs}.list", status="PROCESSED", source="API", file_name_contains="packet")
        self.do(f"{runs}.list", risk_level="LOW")
        self.do(f"{runs}.cancel", made.id)
        self.fail(runs, file, {})
        self.seconds(60)
        moving = self.do(f"{runs}.create", file=file)
        self.do(f"{runs}.cancel", moving.id)
        self.do(f"{runs}.delete", moving.id)

    def evaluations(self, kind: str, processor_id: str) -> None:
        noun, _ = PROCESSORS[kind]
        expected: dict[str, Any] = {
            "extract": {"value": {"number": "INV-7", "total": 120.5}},
            "classify": {"id": "invoice", "type": "invoice"},
            "split": {
                "splits": [
                    {
                        "classificationId": "invoice",
                        "type": "invoice",
                        "startPage": 1,
                        "endPage": 1,
                    },
                    {
                        "classificationId": "receipt",
                        "type": "receipt",
                        "startPage": 2,
                        "endPage": 2,
                    },
                ]
            },
        }[kind]
        file = self.files["packet.pdf" if kind == "split" else "invoice.txt"]
        made = self.do(
            "evaluation_sets.create", name=f"Of a {noun}", entity_id=processor_id, description="All"
        )
        self.do("evaluation_sets.retrieve", made.id)
        self.pages("evaluation_sets.list", sort_by="createdAt")
        self.do("evaluation_sets.list", entity_id=processor_id)
        items = [{"fileId": file, "expectedOutput": expected}] * 2
        created = self.do("evaluation_set_items.create", made.id, items=items)
        one = created.evaluation_set_items[0].id
        if kind == "extract":
            several = {"fileIds": [file, self.files["packet.pdf"]], "expectedOutput": expected}
            both = self.do("evaluation_set_items.create", made.id, items=[several])
            self.do("evaluation_set_items.retrieve", made.id, both.evaluation_set_items[0].id)
        self.do("evaluation_set_items.retrieve", made.id, one)
        self.do("evaluation_set_items.update", made.id, one, expected_output=expected)
        self.pages("evaluation_set_items.list", made.id, sort_by="createdAt", sort_dir="asc")
        self.seconds(0.3)
        run = self.do("evaluation_set_runs.create", evaluation_set_id=made.id)
        self.ended("evaluation_set_runs.retrieve", run.id)
        self.do("batch_processor_run.get", run.id)
        run = self.do(
            "evaluation_set_runs.create",
            evaluation_set_id=made.id,
            entity={"id": processor_id, "version": "1.0"},
            evaluation_set_item_ids=[one],
        )
        self.ended("evaluation_set_runs.retrieve", run.id)
        self.do("evaluation_set_items.delete", made.id, one)

    def workflows(self, processors: dict[str, str]) -> None:
        def step(name: str, kind: str, at: str, noun: str = "") -> dict[str, Any]:
            found: dict[str, Any] = {"name": name, "type": kind}
            if noun:
                found["config"] = {noun: {"id": processors[noun], "version": "latest"}}
            if at:
                found["next"] = [{"step": at}]
            return found

        steps = [
            step("start", "TRIGGER", "read"),
            step("read", "PARSE", "fields"),
            step("fields", "EXTRACT", "", "extractor"),
        ]
        made = self.do("workflows.create", name="Invoices", steps=steps)
        self.do("workflows.create", name="Empty")
        self.do("workflows.update", made.id, name="All invoices", steps=steps)
        self.do("workflows.retrieve", made.id)
        self.pages("workflows.list", sort_by="createdAt", sort_dir="asc")
        version = self.do("workflow_versions.create", made.id, name="First", steps=steps)
        self.do("workflow_versions.create", made.id)
        self.do("workflow_versions.retrieve", made.id, version.id)
        self.pages("workflow_versions.list", made.id, sort_dir="asc")
        file, workflow, runs = {"id": self.files["invoice.txt"]}, {"id": made.id}, "workflow_runs"
        self.seconds(0.3)
        run = self.do(
            f"{runs}.create", workflow=workflow, file=file, priority=5, metadata={"d": 4}, secrets={"k": "v"}
        )
        self.ended(f"{runs}.retrieve", run.id)
        self.do(f"{runs}.update", run.id, name="Renamed", metadata={"e": 5})
        self.do(f"{runs}.create_and_poll", workflow=workflow, file=file, polling_options=FAST)
        package = {"files": [{"id": self.files["invoice.txt"]}, {"id": self.files["packet.pdf"]}]}
        self.ended(f"{runs}.retrieve", self.do(f"{runs}.create", workflow=workflow, package=package).id)
        self.pages(f"{runs}.list", workflow_id=made.id, sort_by="createdAt", sort_dir="asc")
        self.do(f"{runs}.list", status="PROCESSED", file_name_contains="invoice")
        batch = self.do(
            f"{runs}.create_batch", workflow=workflow, inputs=[{"file": file, "metadata": {"f": 6}}] * 2
        )
        self.pages(f"{runs}.list", batch_id=batch.batch_id)
        self.fail(runs, file, {"workflow": workflow})
        self.seconds(60)
        moving = self.do(f"{runs}.create", workflow=workflow, file=file)
        self.do(f"{runs}.cancel", moving.id)
        self.do(f"{runs}.retrieve", moving.id)
        self.do(f"{runs}.delete", run.id)

    def legacy(self) -> None:
        """The old paths, which still answer under 2026-02-09."""
        config = {"type": "EXTRACT", **EXTRACT}
        made = self.do("processor.create", name="Legacy", type="EXTRACT", config=config).processor
        self.do("processor.create", name="Copy", type="EXTRACT", clone_processor_id=made.id)
        self.do("processor.update", made.id, name="Renamed", config=config)
        self.pages("processor.list", type="EXTRACT", sort_by="createdAt")
        version = self.do(
            "processor_version.create", made.id, release_type="major", description="One", config=config
        )
        self.do("processor_version.get", made.id, version.processor_version.id)
        self.do("processor_version.list", made.id)
        file = {"fileId": self.files["invoice.txt"]}
        self.seconds(0.3)
        run = self.do(
            "processor_run.create",
            processor_id=made.id,
            version="draft",
            file=file,
            priority=5,
            metadata={"g": 7},
        ).processor_run
        time.sleep(0.5)
        self.do("processor_run.get", run.id)
        self.do("processor_run.create", processor_id=made.id, raw_text=INVOICE, sync=True, config=config)
        self.pages("processor_run.list", processor_id=made.id, sort_by="createdAt")
        self.do(
            "processor_run.list", status="PROCESSED", processor_type="EXTRACT", file_name_contains="invoice"
        )
        self.seconds(60)
        moving = self.do("processor_run.create", processor_id=made.id, file=file).processor_run
        self.do("processor_run.cancel", moving.id)
        self.do("processor_run.delete", moving.id)

    def webhooks(self, extractor_id: str) -> None:
        receiver = Receiver()
        try:
            self._webhooks(extractor_id, receiver)
        finally:
            receiver.close()

    def _webhooks(self, extractor_id: str, receiver: Receiver) -> None:
        ends, subs = "webhook_endpoints", "webhook_subscriptions"
        made = self.do(
            f"{ends}.create",
            url=receiver.url,
            name="Here",
            enabled_events=["extract_run.processed", "parse_run.processed"],
            api_version=VERSION,
            status="enabled",
            advanced_options={"headers": {"x-mine": "1"}},
        )
        self.do(f"{ends}.retrieve", made.id)
        self.do(f"{ends}.update", made.id, name="There", enabled_events=["parse_run.processed"])
        self.pages(f"{ends}.list", status="enabled", sort_dir="asc")
        subscribed = self.do(
            f"{subs}.create",
            webhook_endpoint_id=made.id,
            resource_type="extractor",
            resource_id=extractor_id,
            enabled_events=EVENTS,
        )
        self.do(f"{subs}.retrieve", subscribed.id)
        self.do(f"{subs}.update", subscribed.id, enabled_events=EVENTS)
        self.pages(f"{subs}.list", webhook_endpoint_id=made.id, resource_id=extractor_id)
        self.seconds(0.2)
        file = {"id": self.files["invoice.txt"]}
        self.do("extract_runs.create", file=file, extractor={"id": extractor_id}, metadata={"h": 8})
        self.do("parse_runs.create", file=file)
        secret = str(made.signing_secret)
        for headers, body in receiver.wait(2):
            self.do("webhooks.verify", body.decode(), headers, secret)
            event = self.do("webhooks.verify_and_parse", body.decode(), headers, secret)
            self.do("webhooks.parse", body.decode())
            self.do("webhooks.is_signed_url_event", event)
        changed = {"payload": {"format": "url", "urlThresholdBytes": 1}}
        self.do(f"{ends}.update", made.id, advanced_options=changed)
        self.do("extract_runs.create", file=file, extractor={"id": extractor_id})
        for headers, body in receiver.wait(3)[2:]:
            event = self.do(
                "webhooks.verify_and_parse", body.decode(), headers, secret, allow_signed_url=True
            )
            self.do("webhooks.fetch_signed_payload_sync", event)
            self.do("webhooks.fetch_signed_payload", event)
        self.do(f"{subs}.delete", subscribed.id)
        self.do(f"{ends}.delete", made.id)


def main() -> None:
    program = Program(sys.argv[1], sys.argv[2])
    program.upload()
    processors = {noun: program.processors(kind) for kind, (noun, _) in PROCESSORS.items()}
    for kind, (noun, _) in PROCESSORS.items():
        program.processor_runs(kind, processors[noun])
        program.evaluations(kind, processors[noun])
    program.packages()
    program.do("extractors.create", name="Made", generate={"files": [{"id": program.files["invoice.txt"]}]})
    program.parse_runs()
    program.edit_runs()
    program.verify_runs()
    program.workflows(processors)
    program.legacy()
    program.webhooks(processors["extractor"])
    events.drive(program)
    program.recorder.report()


if __name__ == "__main__":
    main()
