"""Evaluation sets, their items and runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow_provider_extend.emulator import runs
from airflow_provider_extend.emulator.call import Call, Page
from airflow_provider_extend.emulator.families.processors import find, find_version, name_of
from airflow_provider_extend.emulator.lists import listing, reading, same
from airflow_provider_extend.emulator.processing import TYPES
from airflow_provider_extend.emulator.route import ALL, NEW, OLD, SINCE_2025, Route
from airflow_provider_extend.emulator.runs import legacy_metrics, metrics
from airflow_provider_extend.emulator.state import V24, V25, V26, ApiError
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.views import DATES, Builders, Shapes, View

_NEW_SET = "name:str description:str processorId:str"
_EXPECTED = "expectedOutput:object"
_NEW_ITEM = "evaluationSetId:str fileId:str " + _EXPECTED
_NEW_RUN = "evaluationSetId:str entity?(id:str version:str?) evaluationSetItemIds[]:str?"
_BULK = f"evaluationSetId:str items[](fileId:str {_EXPECTED})"
_SEVERAL = f"items[](fileId:str? fileIds[]:str? {_EXPECTED})"
_ITEMS = "/evaluation_set_items"
_ITEM = "/evaluation_sets/{setId}/items/{id}"
_BATCH_RUN = (
    "object id processorId processorVersionId processorName metrics status source sourceId runCount options "
    + DATES
)
#: Texts and numbers of pages that an expected output, of a splitter each of its parts, must have.
_NEEDED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "EXTRACT": ((), ()),
    "CLASSIFY": (("id", "type"), ()),
    "SPLITTER": (("classificationId", "type"), ("startPage", "endPage")),
}
_PARTS = "subDocumentClassifications"  # what 2024-12-23 calls the splits


def create_set(call: Call) -> Row:
    processor = find(call, call.body["entityId" if call.style == V26 else "processorId"])
    now = call.state.store.stamp()
    row: Row = {"id": new_id("ev_"), "name": call.body["name"], "processorId": processor["id"]}
    row |= {"description": call.body.get("description") or "", "createdAt": now, "updatedAt": now}
    return call.show("set", call.state.store.put("set", row))


def _expected(kind: str, given: Row, place: str = "expectedOutput") -> Row:
    """What an item expects, its parts always as ``splits``; ApiError(400) when it is no output of that type."""
    if not isinstance(given.get("value"), dict | None):
        raise ApiError(400, f"{place}.value must be of type object")
    split = kind == "SPLITTER"
    rows: Any = given.get("splits", given.get(_PARTS)) if split else [given]
    if not isinstance(rows, list):
        raise ApiError(400, f"{place}.splits must be of type array")
    texts, pages = _NEEDED[kind]
    for row in rows:
        if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in texts):
            raise ApiError(400, f"{place} needs {' and '.join(texts)}, each a text")
        if not all(type(row.get(key)) is int and row[key] > 0 for key in pages):
            raise ApiError(400, f"{place} needs {' and '.join(pages)}, each the number of a page")
    return {"splits": rows} if split else given


def _put_items(call: Call, set_id: str, given: list[Any]) -> list[Row]:
    """All or none."""
    store = call.state.store
    processor = store.need("processor", call.find("set", set_id)["processorId"])
    kind, rows = processor["type"], []
    for at, item in enumerate(given):
        expected = _expected(kind, item["expectedOutput"], f"items[{at}].expectedOutput")
        one, several = item.get("fileId"), item.get("fileIds") if call.style == V26 else None
        if (one is None) == (several is None):
            raise ApiError(400, f"items[{at}] needs fileId" + (", or fileIds" if call.style == V26 else ""))
        if several is not None and not 2 <= len(several) <= 50:
            raise ApiError(400, f"items[{at}].fileIds must hold 2 to 50 ids")
        if several is not None and not store.need("version", processor["draftId"])["config"].get("schema"):
            raise ApiError(400, f"items[{at}].fileIds: only for an extractor with a schema")
        files = [call.find("file", key)["id"] for key in several or [one]]
        now = store.stamp()
        row: Row = {"id": new_id("evi_"), "evaluationSetId": set_id, "type": kind, "fileIds": files}
        rows.append(row | {"expectedOutput": expected, "createdAt": now, "updatedAt": now})
    with store.transaction():
        return [call.show("item", store.put("item", row)) for row in rows]


def create_items(call: Call) -> Row:
    if not 1 <= len(call.body["items"]) <= 100:
        raise ApiError(400, "items must hold 1 to 100 items")
    return {"evaluationSetItems": _put_items(call, call.params["setId"], call.body["items"])}


def create_many(call: Call) -> list[Row]:
    return _put_items(call, call.body["evaluationSetId"], call.body["items"])


def create_item(call: Call) -> Row:
    return _put_items(call, call.body["evaluationSetId"], [call.body])[0]


def _item(call: Call) -> Row:
    row = call.find("item", call.params["id"])
    if call.params.get("setId", row["evaluationSetId"]) != row["evaluationSetId"]:
        raise ApiError(404, f"No evaluation set item with id {row['id']} in {call.params['setId']}")
    return row


def get_item(call: Call) -> Row:
    return call.show("item", _item(call))


def update_item(call: Call) -> Row:
    row, now = _item(call), call.state.store.stamp()
    changes = {"expectedOutput": _expected(row["type"], call.body["expectedOutput"]), "updatedAt": now}
    return call.show("item", call.state.store.put("item", row | changes))


def delete_item(call: Call) -> Row:
    row = _item(call)
    call.state.store.delete("item", row["id"])
    return {"id": row["id"]}


def create_run(call: Call) -> Row:
    """Assumption: an entity without a version is run at its draft, as the set's own processor is."""
    evaluation_set = call.find("set", call.body["evaluationSetId"])
    entity = call.body.get("entity") or {"id": evaluation_set["processorId"]}
    own = call.state.store.need("processor", evaluation_set["processorId"])
    processor = find(call, entity["id"])
    if processor["type"] != own["type"]:
        raise ApiError(400, f"entity.id: {evaluation_set['id']} evaluates a {TYPES[own['type']].noun}")
    version = find_version(call, processor, "draft" if entity.get("version") is None else entity["version"])
    row = runs.start(call.state, evaluation_set, version, call.body.get("evaluationSetItemIds"), "EVAL_SET")
    call.made.append(row["id"])
    # Whatever the clock, a create answers PENDING.
    return call.show("run", row | {"status": "PENDING", "updatedAt": row["createdAt"]})


def get_batch_run(call: Call) -> Row:
    return View(call.state, call.version).show("batch_run", call.find("run", call.params["id"]))


def _set(view: View, row: Row) -> Row:
    return {"object": "evaluation_set", "entity": lambda: _entity(view, row["processorId"])}


def _item_view(view: View, row: Row) -> Row:
    """2026-02-09 alone knows items of several files; the older versions show the first (assumption)."""
    facts: Row = {"object": "evaluation_set_item", "fileId": row["fileIds"][0], "file": None, "files": None}
    if row["type"] == "SPLITTER" and view.style != V26:
        parts = [{"id": str(at)} | part for at, part in enumerate(row["expectedOutput"]["splits"], 1)]
        facts["expectedOutput"] = {_PARTS if view.style == V24 else "splits": parts}
    if view.style == V26:
        found = [view.state.store.get("file", key) for key in row["fileIds"]]
        shown = [view.show("file_summary", file) for file in found if file]
        if len(row["fileIds"]) > 1:
            facts["files"] = shown
        elif shown:
            facts["file"] = shown[0]
    return facts


def _run(view: View, row: Row) -> Row:
    now = view.state.clock.progress(row)
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
    now = view.state.clock.progress(row)
    facts = {
        "object": "batch_processor_run",
        "processorName": name_of(view, row["processorId"]),
        "metrics": legacy_metrics(view.state, row, now["status"], rich),
        "runCount": len(row["items"]),
        "options": {"fuzzyMatchFields": [], "excludeFields": []}
        | ({"clearPreProcessingCache": False} if view.style == V24 else {}),
    } | now
    source = {"EVAL_SET": row["evaluationSetId"], "STUDIO": row["processorId"]}.get(row["source"])
    return facts | ({"sourceId": source} if source else {})


def _entity(view: View, processor_id: str) -> Row:
    return view.of_2026().need("processor_summary", processor_id)


def _sets(named: str) -> Callable[[Call], Page]:
    return listing("set", filters={named: same("processorId")})


SHAPES: Shapes = {
    "set": {
        V24: f"object id name description processorId {DATES}",
        V25: f"object id name description processorId {DATES}",
        V26: f"object id name description entity {DATES} createdBy",
    },
    "item": {
        V24: f"object id evaluationSetId fileId expectedOutput {DATES}",
        V25: "object id evaluationSetId fileId expectedOutput",
        V26: "object id evaluationSetId file files expectedOutput createdBy",
    },
    "item_summary": {V26: "object id file files createdBy"},
    "batch_run": {V24: _BATCH_RUN, V25: _BATCH_RUN, V26: _BATCH_RUN},
    "run": {V26: f"object id evaluationSetId entity entityVersion metrics status options {DATES}"},
}

BUILDERS: Builders = {"set": _set, "item": _item_view, "run": _run, "batch_run": _batch_run}

ROUTES = [
    Route("POST", "/evaluation_sets", OLD, create_set, "evaluationSet", _NEW_SET),
    Route("POST", "/evaluation_sets", NEW, create_set, "", "name:str description:str? entityId:str"),
    Route("GET", "/evaluation_sets", (V25,), _sets("processorId"), "evaluationSets"),
    Route("GET", "/evaluation_sets", NEW, _sets("entityId")),
    Route("GET", "/evaluation_sets/{id}", SINCE_2025, reading("set", "set"), "evaluationSet"),
    Route("GET", "/evaluation_sets/{setId}/items", SINCE_2025, listing("item"), "evaluationSetItems"),
    Route("POST", "/evaluation_sets/{setId}/items", NEW, create_items, "", _SEVERAL),
    Route("GET", _ITEM, NEW, get_item),
    Route("POST", _ITEM, NEW, update_item, "", _EXPECTED),
    Route("DELETE", _ITEM, NEW, delete_item),
    Route("POST", f"{_ITEMS}/bulk", OLD, create_many, "evaluationSetItems", _BULK),
    Route("POST", _ITEMS, OLD, create_item, "evaluationSetItem", _NEW_ITEM),
    Route("POST", _ITEMS + "/{id}", OLD, update_item, "evaluationSetItem", _EXPECTED),
    Route("DELETE", _ITEMS + "/{id}", (V25,), delete_item, "evaluationSetItemId"),
    Route("POST", "/evaluation_set_runs", NEW, create_run, "", _NEW_RUN, run=True),
    Route("GET", "/evaluation_set_runs/{id}", NEW, reading("run", "run")),
    Route("GET", "/batch_processor_runs/{id}", ALL, get_batch_run, "batchProcessorRun"),
]  # fmt: skip
