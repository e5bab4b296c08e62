"""Stored objects as each API version shows them.

One stored object is seen through all versions under one id (ids are opaque; their prefix tells in which
version an object was made). ``SHAPES`` holds the field sets; a builder per kind gives the values. The legacy
paths of 2026-02-09 show the shapes of 2025-04-21.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow_provider_extend.emulator.runs import legacy_metrics, metrics, progress
from airflow_provider_extend.emulator.state import V24, V25, V26, State
from airflow_provider_extend.emulator.store import Row

_DATES = "createdAt updatedAt"
_BATCH_RUN = (
    "object id processorId processorVersionId processorName metrics status source sourceId runCount options "
    + _DATES
)
_VERSION = f"object id processorId processorName processorType description version config {_DATES}"
SHAPES: dict[str, dict[str, str]] = {
    "file": {
        V24: f"object id name type presignedUrl metadata {_DATES}",
        V25: f"object id name type presignedUrl parentFileId contents metadata {_DATES}",
        V26: f"object id name type presignedUrl parentFileId contents metadata {_DATES}",
    },
    "file_summary": {V26: f"object id name type parentFileId metadata {_DATES}"},
    "processor": {
        V24: f"object id name type {_DATES} draftVersion",
        V25: f"object id name type {_DATES} draftVersion",
        V26: f"object id name {_DATES} draftVersion",
    },
    "processor_summary": {V25: f"object id name type versions {_DATES}", V26: f"object id name {_DATES}"},
    "version": {
        V24: _VERSION,
        V25: _VERSION,
        V26: "object id description version config extractorId createdAt createdBy",
    },
    "version_summary": {V26: "object id description version extractorId createdAt createdBy"},
    "set": {
        V24: f"object id name description processorId {_DATES}",
        V25: f"object id name description processorId {_DATES}",
        V26: f"object id name description entity {_DATES} createdBy",
    },
    "item": {
        V24: f"object id evaluationSetId fileId expectedOutput {_DATES}",
        V25: "object id evaluationSetId fileId expectedOutput",
        V26: "object id evaluationSetId file files expectedOutput createdBy",
    },
    "item_summary": {V26: "object id file files createdBy"},
    "batch_run": {V24: _BATCH_RUN, V25: _BATCH_RUN, V26: _BATCH_RUN},
    "run": {V26: f"object id evaluationSetId entity entityVersion metrics status options {_DATES}"},
}


def show(state: State, shape: str, row: Row, style: str) -> Row:
    """``shape`` is a kind or its summary, which is the same where no other field set is listed."""
    kind = shape.removesuffix("_summary")
    facts = row | {"createdBy": None} | _BUILDERS[kind](state, row, style)
    fields = SHAPES.get(shape, {}).get(style) or SHAPES[kind][style]
    return {key: facts[key] for key in fields.split() if key in facts}


def config_in(config: Row, style: str) -> Row:
    """The ``type`` key: needed in 2025-04-21, removed in 2026-02-09, absent from the examples of 2024-12-23.

    Assumption: 2024-12-23 gives a config back as it was sent. No other key is renamed between versions.
    """
    if style == V24:
        return config
    plain = {key: value for key, value in config.items() if key != "type"}
    return plain if style == V26 else {"type": "EXTRACT", **plain}


def _file(state: State, row: Row, style: str) -> Row:
    facts: Row = {"object": "file", "presignedUrl": None, "parentFileId": None, "contents": None}
    return facts | {"metadata": {"pageCount": row["pageCount"]}} | row


def _processor(state: State, row: Row, style: str) -> Row:
    facts: Row = {"object": "extractor" if style == V26 else "document_processor", "type": "EXTRACT"}
    facts["draftVersion"] = show(state, "version", state.store.need("version", row["draftId"]), style)
    if style == V25:  # listed there alone
        facts["versions"] = [{"id": v["id"], "version": v["version"]} for v in versions_of(state, row["id"])]
    return facts


def _version(state: State, row: Row, style: str) -> Row:
    return {
        "object": "extractor_version" if style == V26 else "document_processor_version",
        "extractorId": row["processorId"],
        "processorName": _name(state, row["processorId"]),
        "processorType": "EXTRACT",
        "config": config_in(row["config"], style),
    }


def _set(state: State, row: Row, style: str) -> Row:
    return {"object": "evaluation_set", "entity": _entity(state, row["processorId"])}


def _item(state: State, row: Row, style: str) -> Row:
    """2026-02-09 alone knows items of several files; the older versions show the first (assumption)."""
    facts: Row = {"object": "evaluation_set_item", "fileId": row["fileIds"][0], "file": None, "files": None}
    if style == V26:
        found = [state.store.get("file", key) for key in row["fileIds"]]
        shown = [show(state, "file_summary", file, style) for file in found if file]
        if len(row["fileIds"]) > 1:
            facts["files"] = shown
        elif shown:
            facts["file"] = shown[0]
    return facts


def _run(state: State, row: Row, style: str) -> Row:
    version = state.store.need("version", row["processorVersionId"])
    now = progress(row)
    return {
        "object": "evaluation_set_run",
        "entity": _entity(state, row["processorId"]),
        "entityVersion": show(state, "version_summary", version, V26),
        "metrics": metrics(state, row, now["status"]),
        "options": {"fuzzyMatchFields": [], "excludeFields": []},
    } | now


def _batch_run(state: State, row: Row, style: str) -> Row:
    """``style`` V26 stands for the legacy path here: counts only, whatever the switch says."""
    rich = style == V24 or (style == V25 and bool(state.settings["rich_metrics_2025"]))
    now = progress(row)
    facts = {
        "object": "batch_processor_run",
        "processorName": _name(state, row["processorId"]),
        "metrics": legacy_metrics(state, row, now["status"], rich),
        "runCount": len(row["items"]),
        "options": {"fuzzyMatchFields": [], "excludeFields": []},
    } | now
    source = {"EVAL_SET": row["evaluationSetId"], "STUDIO": row["processorId"]}.get(row["source"])
    return facts | ({"sourceId": source} if source else {})


def _entity(state: State, processor_id: str) -> Row:
    return show(state, "processor_summary", state.store.need("processor", processor_id), V26)


def _name(state: State, processor_id: str) -> str:
    return str(state.store.need("processor", processor_id)["name"])


def versions_of(state: State, processor_id: str) -> list[Row]:
    """Newest first, the draft before all."""
    rows = [row for _, row in reversed(state.store.all("version")) if row["processorId"] == processor_id]
    return sorted(rows, key=lambda row: row["version"] != "draft")


_BUILDERS: dict[str, Callable[[State, Row, str], dict[str, Any]]] = {
    "file": _file,
    "processor": _processor,
    "version": _version,
    "set": _set,
    "item": _item,
    "run": _run,
    "batch_run": _batch_run,
}
