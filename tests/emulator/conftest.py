"""A running emulator and plain ``requests`` against it: nothing of the project's own client."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from airflow_provider_extend.emulator.pytest_plugin import (  # noqa: F401  (fixtures)
    ExtendEmulator,
    _extend_emulator_server,
    extend_emulator,
)
from tests.sdk import documents

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"


class Api:
    def __init__(self, emulator: ExtendEmulator) -> None:
        self.emulator = emulator
        self.control = emulator.control

    def send(self, method: str, path: str, version: str | None = V26, **given: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.emulator.token}", "x-extend-api-version": version}
        headers |= given.pop("headers", {})
        plain = {name: value for name, value in headers.items() if value is not None}
        given.setdefault("timeout", 10)
        return requests.request(method, self.emulator.base_url + path, headers=plain, **given)

    def ok(self, method: str, path: str, version: str = V26, **given: Any) -> Any:
        answer = self.send(method, path, version, **given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def upload(self, data: bytes, name: str = "document", version: str = V26) -> str:
        body = self.ok("POST", "/files/upload", version, files={"file": (name, data)})
        return str(body["id"] if version == V26 else body["file"]["id"])

    def extractor(self, config: Any, name: str = "Invoices") -> Any:
        return self.ok("POST", "/extractors", json={"name": name, "config": config})

    def evaluation_set(self, processor_id: str, items: list[tuple[bytes, Any]]) -> str:
        made = self.ok("POST", "/evaluation_sets", json={"name": "Set", "entityId": processor_id})
        if items:
            rows = [{"fileId": self.upload(data), "expectedOutput": {"value": want}} for data, want in items]
            self.ok("POST", f"/evaluation_sets/{made['id']}/items", json={"items": rows})
        return str(made["id"])

    def run(self, set_id: str, **more: Any) -> Any:
        return self.ok("POST", "/evaluation_set_runs", json={"evaluationSetId": set_id, **more})

    def finished(self, run_id: str) -> Any:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            run = self.ok("GET", f"/evaluation_set_runs/{run_id}")
            if run["status"] not in ("PENDING", "PROCESSING"):
                return run
            time.sleep(0.02)
        raise AssertionError(f"{run_id} did not end")

    def until(self, path: str, *statuses: str, version: str = V26) -> Any:
        """The run of this path once it has one of these statuses."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            run = self.ok("GET", path, version)
            run = run if version == V26 else run["workflowRun"]
            if run["status"] in statuses:
                return run
            time.sleep(0.02)
        raise AssertionError(f"{path} is {run['status']}")

    def pages(self, path: str, query: Any, version: str = V26, key: str = "data") -> list[list[Any]]:
        """All pages of a list."""
        found: list[list[Any]] = []
        token: dict[str, str] = {}
        while True:
            page = self.ok("GET", path, version, params=query | token)
            found.append(page[key])
            if not page.get("nextPageToken"):
                return found
            token = {"nextPageToken": page["nextPageToken"]}

    def evaluate(self, config: Any, items: list[tuple[bytes, Any]]) -> Any:
        set_id = self.evaluation_set(self.extractor(config)["id"], items)
        return self.finished(self.run(set_id)["id"])


@pytest.fixture
def api(extend_emulator: ExtendEmulator) -> Api:  # noqa: F811
    return Api(extend_emulator)


@pytest.fixture
def example() -> Callable[[str], Any]:
    """The body of a published example, copied from the API's documentation of that version."""
    data = Path(__file__).parent.parent / "data" / "examples"
    return lambda name: json.loads((data / f"{name}.json").read_text())["body"]


@pytest.fixture
def pdf() -> Callable[..., bytes]:
    """Bytes of a PDF with the given lines, a list per page."""
    return documents.pdf
