"""Every event that the client for 2026-02-09 knows, delivered; each payload is held against its model.

No call deletes a processor or a workflow, so there is nothing to be told of that.
"""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
from extend_ai.types import webhook_event

from tests.sdk.documents import CLASSIFY, EXTRACT, INVOICE, SPLIT
from tests.sdk.recorder import Receiver

VERSION = "2026-02-09"
PROCESSORS = {
    "extract": ("extractor", EXTRACT),
    "classify": ("classifier", CLASSIFY),
    "split": ("splitter", SPLIT),
}
#: Name of an event -> the client's model of it.
MODELS: dict[str, Any] = {
    model.model_fields["event_type"].default: model
    for name, model in vars(webhook_event).items()
    if name.startswith("WebhookEvent_")
}
OF_WORKFLOWS = [name for name in MODELS if name.startswith("workflow_run.")]
OF_ALL = [name for name in MODELS if name not in OF_WORKFLOWS and not name.endswith(".deleted")]


def drive(program: Any) -> None:
    receiver = Receiver()
    try:
        _Events(program, receiver).all()
    finally:
        receiver.close()


class _Events:
    def __init__(self, program: Any, receiver: Receiver) -> None:
        self.program, self.receiver, self.do = program, receiver, program.do
        self.file = {"id": program.files["invoice.txt"]}

    def all(self) -> None:
        made = self.do(
            "webhook_endpoints.create",
            url=self.receiver.url,
            name="All",
            enabled_events=OF_ALL,
            api_version=VERSION,
        )
        self.program.seconds(0.1)
        for kind, (noun, config) in PROCESSORS.items():
            self.processor(kind, noun, config)
        form = {"id": self.program.files["form.pdf"]}
        for path, body in {
            "parse_runs": {"file": self.file},
            "edit_runs": {"file": form, "config": {"instructions": "Name: Ada"}},
            "form_detection_runs": {"file": form},
        }.items():
            self.twice(f"{path}.create", **body)
        for path in ("extract_runs", "parse_runs"):
            self.batches(path)
        self.workflow(made.id)
        self.judge(str(made.signing_secret))
        self.do("webhook_endpoints.delete", made.id)

    def twice(self, method: str, **body: Any) -> None:
        """Once well, and once as ordered not."""
        self.do(method, **body)
        self.program.control("/settings", {"fail_runs": 1})
        self.do(method, **body)

    def processor(self, kind: str, noun: str, config: dict[str, Any]) -> None:
        made = self.do(f"{noun}s.create", name="Announced", config=config)
        self.do(f"{noun}s.update", made.id, name="Changed", config=config | {"advancedOptions": {}})
        self.do(f"{noun}_versions.create", made.id, release_type="major")
        file = {"id": self.program.files["packet.pdf"]} if kind == "split" else self.file
        self.twice(f"{kind}_runs.create", file=file, **{noun: {"id": made.id}})
        self.named = made.id if kind == "extract" else self.named

    def batches(self, path: str) -> None:
        named = {"extractor": {"id": self.named}} if path == "extract_runs" else {}
        for status in (None, "FAILED"):
            made = self.do(f"{path}.create_batch", inputs=[{"file": self.file}], **named)
            httpx.patch(f"{self.program.base_url}/_control/runs/{made.id}", json={"status": status})

    def workflow(self, endpoint_id: str) -> None:
        steps = [{"name": "fields", "type": "EXTRACT", "config": {"extractor": {"id": self.named}}}]
        made = self.do("workflows.create", name="Announced", steps=steps)
        self.do("workflow_versions.create", made.id)
        self.do(
            "webhook_subscriptions.create",
            webhook_endpoint_id=endpoint_id,
            resource_type="workflow",
            resource_id=made.id,
            enabled_events=OF_WORKFLOWS,
        )
        body = {"workflow": {"id": made.id}, "file": {"text": INVOICE}, "metadata": {"i": 9}}
        self.twice("workflow_runs.create", **body)
        self.program.control("/settings", {"review_workflow_runs": True})
        run = self.do("workflow_runs.create", **body)
        self.program.ended("workflow_runs.retrieve", run.id)
        self.program.control(f"/workflow_runs/{run.id}/review", {"action": "reject", "note": "No"})
        self.program.control("/settings", {"review_workflow_runs": False})
        self.program.seconds(60)
        self.do("workflow_runs.cancel", self.do("workflow_runs.create", **body).id)

    def judge(self, secret: str) -> None:
        """One delivery of each event."""
        found: dict[str, tuple[dict[str, str], bytes]] = {}
        deadline = time.monotonic() + 30
        while len(found) < len(OF_ALL + OF_WORKFLOWS) and time.monotonic() < deadline:
            time.sleep(0.1)
            found = {
                json.loads(body)["eventType"]: (headers, body) for headers, body in self.receiver.wait(1)
            }
        for name, (headers, body) in found.items():
            self.do("webhooks.verify_and_parse", body.decode(), headers, secret)
            self.program.recorder.event(name, MODELS[name], json.loads(body))
