"""What a person does in Extend's dashboard, over plain HTTP: it owes nothing to the provider that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from demo.processes import DemoError

V2024, V2026 = "2024-12-23", "2026-02-09"
Row = dict[str, Any]


class Dashboard:
    def __init__(self, base_url: str, token: str) -> None:
        self._base_url = base_url
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy on the way to our own machine
        self._session.headers["Authorization"] = f"Bearer {token}"

    def _call(self, method: str, path: str, version: str, body: Row | None = None, **given: Any) -> Any:
        given |= {"headers": {"x-extend-api-version": version}, "timeout": 60}
        answer = self._session.request(method, self._base_url + path, json=body, **given)
        if not answer.ok:
            raise DemoError(
                f"The local Extend refused {method} {path}: {answer.status_code} {answer.text[:500]}"
            )
        return answer.json()

    # 2026-02-09

    def create_extractor(self, name: str, config: Row) -> str:
        return str(self._call("POST", "/extractors", V2026, {"name": name, "config": config})["id"])

    def change_extractor(self, extractor_id: str, config: Row) -> None:
        self._call("POST", f"/extractors/{extractor_id}", V2026, {"config": config})

    def file_names(self) -> dict[str, str]:
        """File id -> name, of all files."""
        names: dict[str, str] = {}
        page = ""
        while True:
            answer = self._call("GET", f"/files?maxPageSize=100{page}", V2026)
            names |= {file["id"]: file["name"] for file in answer["data"]}
            if not answer.get("nextPageToken"):
                return names
            page = f"&nextPageToken={answer['nextPageToken']}"

    def upload(self, path: Path) -> str:
        files = {"file": (path.name, path.read_bytes())}
        return str(self._call("POST", "/files/upload", V2026, files=files)["id"])

    # 2024-12-23: a processor is created without a config, and no call starts an evaluation

    def create_processor(self, name: str, config: Row) -> str:
        created = self._call("POST", "/processors", V2024, {"name": name, "type": "EXTRACT"})
        processor_id = str(created["processor"]["id"])
        self._call("POST", f"/processors/{processor_id}", V2024, {"config": config})
        return processor_id

    def create_evaluation_set(
        self, processor_id: str, truth: Mapping[str, Row], file_ids: Mapping[str, str]
    ) -> str:
        body = {"name": "Labelled invoices", "description": "", "processorId": processor_id}
        set_id = str(self._call("POST", "/evaluation_sets", V2024, body)["evaluationSet"]["id"])
        items = [
            {
                "fileId": file_ids[name],
                "expectedOutput": {field: {"value": value} for field, value in values.items()},
            }
            for name, values in truth.items()
        ]
        self._call("POST", "/evaluation_set_items/bulk", V2024, {"evaluationSetId": set_id, "items": items})
        return set_id

    def press_run(self, processor_id: str, set_id: str) -> str:
        """The button that starts a batch processor run."""
        body = {"processorId": processor_id, "evaluationSetId": set_id}
        return str(self._call("POST", "/_control/batch_processor_runs", V2024, body)["id"])

    # Looking at what came of it

    def published(self, processor_id: str, version: str) -> list[Row]:
        """The published versions with their configs, newest first."""
        if version == V2024:
            rows = self._call("GET", f"/processors/{processor_id}/versions", V2024)["versions"]
            return [row for row in rows if row["version"] != "draft"]
        path = f"/extractors/{processor_id}/versions"
        rows = self._call("GET", f"{path}?maxPageSize=100", V2026)["data"]
        return [self._call("GET", f"{path}/{row['id']}", V2026) for row in rows if row["version"] != "draft"]

    def outputs(self, run_id: str) -> dict[str, Row]:
        """File name -> what the run extracted from it."""
        names = self.file_names()
        rows = self._call("GET", f"/_control/runs/{run_id}/outputs", V2026)
        return {names[row["fileId"]]: row["output"] for row in rows}

    def uploaded(self) -> dict[str, str]:
        """File name -> id."""
        return {name: file_id for file_id, name in self.file_names().items()}


def legacy_config(config: Row) -> Row:
    """The same draft in the form of 2024-12-23: a list of fields instead of a JSON schema."""
    fields = []
    for name, prop in config["schema"]["properties"].items():
        kind = prop.get("extend:type") or next(part for part in prop["type"] if part != "null")
        fields.append({"id": name, "name": name, "type": kind, "description": prop["description"]})
    return {"customExtractionRules": config["extractionRules"], "fields": fields}
