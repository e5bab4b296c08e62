"""Stored objects as each API version shows them.

One stored object is seen through all versions under one id (ids are opaque; their prefix tells in which
version an object was made). ``SHAPES`` holds the field sets; a builder per kind gives the values, those that
are dear to make as functions. The legacy paths of 2026-02-09 show the shapes of 2025-04-21.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from airflow_provider_extend.emulator import run_views
from airflow_provider_extend.emulator.clock import progress
from airflow_provider_extend.emulator.runs import legacy_metrics, metrics
from airflow_provider_extend.emulator.shapes import SHAPES
from airflow_provider_extend.emulator.state import V24, V25, V26, State
from airflow_provider_extend.emulator.store import Row


@dataclass(frozen=True)
class View:
    state: State
    style: str  # the version whose shapes are shown
    base_url: str = ""

    def show(self, shape: str, row: Row) -> Row:
        """``shape`` is a kind or its summary, which is the same where no other field set is listed."""
        kind = shape.removesuffix("_summary")
        facts = row | {"createdBy": None} | _BUILDERS[kind](self, row)
        fields = SHAPES.get(shape, {}).get(self.style) or SHAPES[kind][self.style]
        shown = {key: facts[key] for key in fields.split() if key in facts}
        shown = {key: value() if callable(value) else value for key, value in shown.items()}
        if shape != kind and shown.get("usage"):
            shown["usage"].pop("breakdown", None)
        return shown

    def need(self, shape: str, key: str) -> Row:
        return self.show(shape, self.state.store.need(shape.removesuffix("_summary"), key))

    def of_2026(self) -> View:
        return replace(self, style=V26)

    def config(self, config: Row) -> Row:
        """The ``type`` key: needed in 2025-04-21, removed in 2026-02-09, absent from the examples of 2024-12-23.

        Assumption: 2024-12-23 gives a config back as it was sent. No other key is renamed between versions.
        """
        if self.style == V24:
            return config
        plain = {key: value for key, value in config.items() if key != "type"}
        return plain if self.style == V26 else {"type": "EXTRACT", **plain}


def _file(view: View, row: Row) -> Row:
    facts: Row = {"object": "file", "presignedUrl": None, "parentFileId": None, "contents": None}
    return facts | {"metadata": {"pageCount": row["pageCount"]}} | row


def _processor(view: View, row: Row) -> Row:
    return {
        "object": "extractor" if view.style == V26 else "document_processor",
        "type": "EXTRACT",
        "draftVersion": lambda: view.need("version", row["draftId"]),
        "versions": lambda: [
            {"id": v["id"], "version": v["version"]} for v in versions_of(view.state, row["id"])
        ],
    }


def _version(view: View, row: Row) -> Row:
    return {
        "object": "extractor_version" if view.style == V26 else "document_processor_version",
        "extractorId": row["processorId"],
        "processorName": lambda: _name(view, row["processorId"]),
        "processorType": "EXTRACT",
        "config": view.config(row["config"]),
    }


def _set(view: View, row: Row) -> Row:
    return {"object": "evaluation_set", "entity": lambda: _entity(view, row["processorId"])}


def _item(view: View, row: Row) -> Row:
    """2026-02-09 alone knows items of several files; the older versions show the first (assumption)."""
    facts: Row = {"object": "evaluation_set_item", "fileId": row["fileIds"][0], "file": None, "files": None}
    if view.style == V26:
        found = [view.state.store.get("file", key) for key in row["fileIds"]]
        shown = [view.show("file_summary", file) for file in found if file]
        if len(row["fileIds"]) > 1:
            facts["files"] = shown
        elif shown:
            facts["file"] = shown[0]
    return facts


def _run(view: View, row: Row) -> Row:
    now = progress(row)
    return {
        "object": "evaluation_set_run",
        "entity": _entity(view, row["processorId"]),
        "entityVersion": view.of_2026().need("version_summary", row["processorVersionId"]),
        "metrics": metrics(view.state, row, now["status"]),
        "options": {"fuzzyMatchFields": [], "excludeFields": []},
    } | now


def _batch_run(view: View, row: Row) -> Row:
    """The style V26 stands for the legacy path here: counts only, whatever the switch says."""
    rich = view.style == V24 or (view.style == V25 and bool(view.state.settings["rich_metrics_2025"]))
    now = progress(row)
    facts = {
        "object": "batch_processor_run",
        "processorName": _name(view, row["processorId"]),
        "metrics": legacy_metrics(view.state, row, now["status"], rich),
        "runCount": len(row["items"]),
        "options": {"fuzzyMatchFields": [], "excludeFields": []},
    } | now
    source = {"EVAL_SET": row["evaluationSetId"], "STUDIO": row["processorId"]}.get(row["source"])
    return facts | ({"sourceId": source} if source else {})


def _entity(view: View, processor_id: str) -> Row:
    return view.of_2026().need("processor_summary", processor_id)


def _name(view: View, processor_id: str) -> str:
    return str(view.state.store.need("processor", processor_id)["name"])


def versions_of(state: State, processor_id: str) -> list[Row]:
    """Newest first, the draft before all."""
    rows = [row for _, row in reversed(state.store.all("version")) if row["processorId"] == processor_id]
    return sorted(rows, key=lambda row: row["version"] != "draft")


_BUILDERS: dict[str, Callable[[View, Row], dict[str, Any]]] = {
    "file": _file,
    "processor": _processor,
    "version": _version,
    "set": _set,
    "item": _item,
    "run": _run,
    "batch_run": _batch_run,
    **run_views.BUILDERS,
}
