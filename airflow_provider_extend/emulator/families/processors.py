"""Processors, which 2026-02-09 calls extractors, and their versions."""

from __future__ import annotations

from airflow_provider_extend.emulator import extraction
from airflow_provider_extend.emulator.call import Call, Page
from airflow_provider_extend.emulator.lists import Filters, listing, paged, reading, visible
from airflow_provider_extend.emulator.route import ALL, NEW, SINCE_2025, Route
from airflow_provider_extend.emulator.state import V24, V25, V26, ApiError, State
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.views import DATES, Builders, Shapes, View

_TYPE: Filters = {"type": lambda row, name: name == "EXTRACT"}


_CONFIG = "config:object?"


_PUBLISH = "releaseType:str description:str? " + _CONFIG


_CLONE = "cloneProcessorId:str? cloneExtractorId:str? " + _CONFIG
_VERSION = f"object id processorId processorName processorType description version config {DATES}"


def checked_config(config: Row | None) -> Row | None:
    if config is not None:
        if config.get("type", "EXTRACT") != "EXTRACT":
            raise ApiError(400, "config.type must be EXTRACT, the type of the processor")
        try:
            extraction.leaves(config)
        except ValueError as error:
            raise ApiError(400, f"config: {error}") from error
    return config


def _put_version(call: Call, processor_id: str, version: str, config: Row, said: str | None = None) -> Row:
    store, now = call.state.store, call.state.store.stamp()
    row: Row = {"id": new_id("exv_" if call.version == V26 else "dpv_"), "processorId": processor_id}
    row |= {"version": version, "description": said, "config": config}
    return store.put("version", row | {"createdAt": now, "updatedAt": now})


def create_processor(call: Call) -> Row:
    """Assumption: without a config or one to clone, the draft holds an empty config."""
    if call.body.get("type", "EXTRACT") != "EXTRACT":
        raise ApiError(400, f"type {call.body['type']!r}: this emulator has EXTRACT processors only")
    if call.body.get("generate") is not None:
        raise ApiError(400, "generate: this emulator generates no schemas, send a config")
    config = checked_config(call.body.get("config"))
    if cloned := call.body.get("cloneProcessorId") or call.body.get("cloneExtractorId"):
        draft = call.find("version", call.find("processor", cloned)["draftId"])
        config = draft["config"] if config is None else config
    key = new_id("ex_" if call.version == V26 else "dp_")
    with call.state.store.transaction():
        draft = _put_version(call, key, "draft", config or {})
        row = {"id": key, "name": call.body["name"], "draftId": draft["id"]}
        row |= {"createdAt": draft["createdAt"], "updatedAt": draft["createdAt"]}
        return call.show("processor", call.state.store.put("processor", row))


def update_processor(call: Call) -> Row:
    """Sending what is there already changes nothing, ``updatedAt`` neither (assumption)."""
    config, store = checked_config(call.body.get("config")), call.state.store
    with store.transaction():
        row = call.find("processor", call.params["id"])
        draft = call.find("version", row["draftId"])
        now = store.stamp()
        if config is not None and config != draft["config"]:
            store.put("version", draft | {"config": config, "updatedAt": now})
            row |= {"updatedAt": now}
        if (name := call.body.get("name")) and name != row["name"]:
            row |= {"name": name, "updatedAt": now}
        return call.show("processor", store.put("processor", row))


def publish(call: Call) -> Row:
    """A given config is what is published and leaves the draft as it is (assumption).

    The first version is 1.0, or 0.1 when it is published as a minor one.
    """
    if call.body["releaseType"] not in ("major", "minor"):
        raise ApiError(400, "releaseType must be major or minor")
    config = checked_config(call.body.get("config"))
    with call.state.store.transaction():
        row = call.find("processor", call.params["id"])
        published = [v["version"] for v in versions_of(call.state, row["id"]) if v["version"] != "draft"]
        major, minor = max((tuple(map(int, v.split("."))) for v in published), default=(0, 0))
        number = f"{major + 1}.0" if call.body["releaseType"] == "major" else f"{major}.{minor + 1}"
        if config is None:
            config = call.find("version", row["draftId"])["config"]
        made = _put_version(call, row["id"], number, config, call.body.get("description"))
        return call.show("version", made)


def versions_of(state: State, processor_id: str) -> list[Row]:
    """Newest first, the draft before all."""
    rows = [row for _, row in reversed(state.store.all("version")) if row["processorId"] == processor_id]
    return sorted(rows, key=lambda row: row["version"] != "draft")


def find_version(call: Call, processor: Row, named: str) -> Row:
    """By id, number, ``draft`` or ``latest``: the newest published one, the draft when none is published."""
    rows = versions_of(call.state, processor["id"])
    if named == "latest":
        return rows[min(1, len(rows) - 1)]
    for row in rows:
        if named in (row["id"], row["version"]):
            return row
    raise ApiError(404, f"Processor {processor['id']} has no version {named}")


def get_version(call: Call) -> Row:
    processor = call.find("processor", call.params["id"])
    return call.show("version", find_version(call, processor, call.params["versionId"]))


def list_versions(call: Call) -> Page:
    """All at once in the older versions, paged in 2026-02-09."""
    found = versions_of(call.state, call.find("processor", call.params["id"])["id"])
    rows = [row for _, row in visible(call.state, list(enumerate(found)))]
    if call.style != V26:
        return Page([call.show("version", row) for row in rows])
    ordered = [((len(rows) - at, 0), call.show("version_summary", row)) for at, row in enumerate(rows)]
    return paged(call, ordered)


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
        "processorName": lambda: name_of(view, row["processorId"]),
        "processorType": "EXTRACT",
        "config": view.config(row["config"]),
    }


def name_of(view: View, processor_id: str) -> str:
    return str(view.state.store.need("processor", processor_id)["name"])


SHAPES: Shapes = {
    "processor": {
        V24: f"object id name type {DATES} draftVersion",
        V25: f"object id name type {DATES} draftVersion",
        V26: f"object id name {DATES} draftVersion",
    },
    "processor_summary": {V25: f"object id name type versions {DATES}", V26: f"object id name {DATES}"},
    "version": {
        V24: _VERSION,
        V25: _VERSION,
        V26: "object id description version config extractorId createdAt createdBy",
    },
    "version_summary": {V26: "object id description version extractorId createdAt createdBy"},
}

BUILDERS: Builders = {"processor": _processor, "version": _version}

ROUTES = [
    Route("POST", "/processors", ALL, create_processor, "processor", "name:str type:str " + _CLONE),
    Route("GET", "/processors", SINCE_2025, listing("processor", filters=_TYPE), "processors"),
    Route("POST", "/processors/{id}", ALL, update_processor, "processor", "name:str? config:object?"),
    Route("POST", "/processors/{id}/publish", ALL, publish, "processorVersion", _PUBLISH),
    Route("GET", "/processors/{id}/versions", ALL, list_versions, "versions"),
    Route("GET", "/processors/{id}/versions/{versionId}", ALL, get_version, "version"),
    Route("POST", "/extractors", NEW, create_processor, "", "name:str generate:object? " + _CLONE),
    Route("GET", "/extractors", NEW, listing("processor")),
    Route("GET", "/extractors/{id}", NEW, reading("processor", "processor")),
    Route("POST", "/extractors/{id}", NEW, update_processor, "", "name:str? config:object?"),
    Route("POST", "/extractors/{id}/versions", NEW, publish, "", _PUBLISH),
    Route("GET", "/extractors/{id}/versions", NEW, list_versions),
    Route("GET", "/extractors/{id}/versions/{versionId}", NEW, get_version),
]  # fmt: skip
