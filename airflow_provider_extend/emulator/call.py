"""One call of an endpoint: what a handler is given, and what it may answer beside an object."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from airflow_provider_extend.emulator.state import ApiError, State
from airflow_provider_extend.emulator.store import Row
from airflow_provider_extend.emulator.timeline import ENDED
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

_LOOK_SECONDS = 0.25  # of the machine: how often a sync call looks at its run


@dataclass(frozen=True)
class Upload:
    name: str
    data: bytes
    password: str | None = None


@dataclass(frozen=True)
class Later:
    """No answer yet: ``again`` gives it, or another of these, after so many seconds, which keep no thread."""

    seconds: float
    again: Callable[[], Row | Later]


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

    def wait(self, kind: str, key: str, answer: Callable[[Row, bool], Row]) -> Row | Later:
        """``answer`` of a run and of whether it has ended: it has, or ``sync_seconds`` have passed."""
        row, clock = self.find(kind, key), self.state.clock
        ended = clock.progress(row)["status"] in ENDED
        patience = self.state.settings["sync_seconds"] - clock.since(row["startedAt"])
        if ended or patience <= 0:
            return answer(row, ended)
        longest = min(clock.after(time.time(), patience) - time.time(), _LOOK_SECONDS)
        return Later(min(clock.left(row) or longest, longest) + 0.001, lambda: self.wait(kind, key, answer))

    @property
    def view(self) -> View:
        return View(self.state, self.style, self.base_url)

    def show(self, shape: str, row: Row) -> Row:
        return self.view.show(shape, row)


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    token: str | None = None
