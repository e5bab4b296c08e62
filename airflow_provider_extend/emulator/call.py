"""One call of an endpoint: what a handler is given, and what it may answer beside an object."""

from __future__ import annotations

from dataclasses import dataclass, field

from airflow_provider_extend.emulator.state import ApiError, State
from airflow_provider_extend.emulator.store import Row
from airflow_provider_extend.emulator.views import View

_NAMES = {
    "file": "file",
    "processor": "processor, extractor, classifier or splitter",
    "version": "version",
    "set": "evaluation set",
    "item": "evaluation set item",
    "run": "run",
    "batch": "batch run",
    "workflow": "workflow",
}


@dataclass(frozen=True)
class Upload:
    name: str
    data: bytes
    password: str | None = None


@dataclass
class Call:
    state: State
    version: str
    style: str  # the version whose shapes are shown: the legacy paths of 2026-02-09 show those of 2025-04-21
    params: dict[str, str]
    query: dict[str, str]
    base_url: str
    request_id: str = ""
    body: Row = field(default_factory=dict)
    upload: Upload | None = None
    made: list[str] = field(default_factory=list)  # the runs that this call made

    def find(self, kind: str, key: str) -> Row:
        if row := self.state.store.get(kind, key):
            return row
        raise ApiError(404, f"No {_NAMES.get(kind, kind.replace('_', ' '))} with id {key}")

    def delete_run(self, kind: str) -> Row:
        """Assumption: also while it is moving. Its file stays."""
        store = self.state.store
        with store.transaction():
            row = self.find(kind, self.params["id"])
            store.delete(kind, row["id"])
            store.delete("result", row["id"])
        return {"id": row["id"]}

    def show(self, shape: str, row: Row) -> Row:
        return View(self.state, self.style, self.base_url).show(shape, row)


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    token: str | None = None
