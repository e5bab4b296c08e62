"""Evaluation sets, their items and runs."""

from __future__ import annotations

from airflow_provider_extend.emulator import runs
from airflow_provider_extend.emulator.call import Call
from airflow_provider_extend.emulator.clock import progress
from airflow_provider_extend.emulator.families.processors import find_version, name_of
from airflow_provider_extend.emulator.lists import Filters, listing, reading, same
from airflow_provider_extend.emulator.route import ALL, NEW, OLD, SINCE_2025, Route
from airflow_provider_extend.emulator.runs import legacy_metrics, metrics
from airflow_provider_extend.emulator.state import V24, V25, V26, ApiError
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.views import DATES, Builders, Shapes, View

_OF_PROCESSOR: Filters = {name: same("processorId") for name in ("processorId", "entityId")}


_NEW_SET = "name:str description:str processorId:str"


_EXPECTED = "expectedOutput:object"


_NEW_ITEM = "evaluationSetId:str fileId:str " + _EXPECTED


_NEW_RUN = "evaluationSetId:str entity:object? evaluationSetItemIds:array?"


_ITEMS = "/evaluation_set_items"


_ITEM = "/evaluation_sets/{setId}/items/{id}"
_BATCH_RUN = (
    "object id processorId processorVersionId processorName metrics status source sourceId runCount options "
    + DATES
)


def create_set(call: Call) -> Row:
    processor = call.find("processor", call.body.get("processorId") or call.body["entityId"])
    now = call.state.store.stamp()
    row: Row = {"id": new_id("ev_"), "name": call.body["name"], "processorId": processor["id"]}
    row |= {"description": call.body.get("description") or "", "createdAt": now, "updatedAt": now}
    return call.show("set", call.state.store.put("set", row))


def create_items(call: Call) -> Row | list[Row]:
    """One item, a bulk, or the list of 2026-02-09. All or none."""
    set_id = call.params.get("setId") or call.body["evaluationSetId"]
    call.find("set", set_id)
    items = call.body.get("items", [call.body])
    if call.style == V26 and not 1 <= len(items) <= 100:
        raise ApiError(400, "items must hold 1 to 100 items")
    rows: list[Row] = []
    for at, item in enumerate(items):
        if not isinstance(item, dict) or not isinstance(item.get("expectedOutput"), dict):
            raise ApiError(400, f"Missing required field(s): items[{at}].expectedOutput")
        one, several = item.get("fileId"), item.get("fileIds") if call.style == V26 else None
        if (one is None) == (several is None):
            raise ApiError(400, f"items[{at}] needs fileId" + (", or fileIds" if call.style == V26 else ""))
        if several is not None and not (isinstance(several, list) and 2 <= len(several) <= 50):
            raise ApiError(400, f"items[{at}].fileIds must hold 2 to 50 ids")
        files = [call.find("file", str(key))["id"] for key in several or [one]]
        now = call.state.store.stamp()
        row: Row = {"id": new_id("evi_"), "evaluationSetId": set_id, "fileIds": files}
        rows.append(row | {"expectedOutput": item["expectedOutput"], "createdAt": now, "updatedAt": now})
    with call.state.store.transaction():
        shown = [call.show("item", call.state.store.put("item", row)) for row in rows]
    if call.style == V26:
        return {"evaluationSetItems": shown}
    return shown if "items" in call.body else shown[0]


def _item(call: Call) -> Row:
    row = call.find("item", call.params["id"])
    if call.params.get("setId", row["evaluationSetId"]) != row["evaluationSetId"]:
        raise ApiError(404, f"No evaluation set item with id {row['id']} in {call.params['setId']}")
    return row


def get_item(call: Call) -> Row:
    return call.show("item", _item(call))


def update_item(call: Call) -> Row:
    changes = {"expectedOutput": call.body["expectedOutput"], "updatedAt": call.state.store.stamp()}
    return call.show("item", call.state.store.put("item", _item(call) | changes))


def delete_item(call: Call) -> Row:
    row = _item(call)
    call.state.store.delete("item", row["id"])
    return {"id": row["id"]}


def create_run(call: Call) -> Row:
    """Assumption: an entity without a version is run at its draft, as the set's own processor is."""
    evaluation_set = call.find("set", call.body["evaluationSetId"])
    entity = call.body.get("entity") or {"id": evaluation_set["processorId"]}
    if not isinstance(entity.get("id"), str):
        raise ApiError(400, "Missing required field(s): entity.id")
    processor = call.find("processor", entity["id"])
    version = find_version(call, processor, str(entity.get("version") or "draft"))
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
        "processorName": name_of(view, row["processorId"]),
        "metrics": legacy_metrics(view.state, row, now["status"], rich),
        "runCount": len(row["items"]),
        "options": {"fuzzyMatchFields": [], "excludeFields": []},
    } | now
    source = {"EVAL_SET": row["evaluationSetId"], "STUDIO": row["processorId"]}.get(row["source"])
    return facts | ({"sourceId": source} if source else {})


def _entity(view: View, processor_id: str) -> Row:
    return view.of_2026().need("processor_summary", processor_id)


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
    Route("GET", "/evaluation_sets", SINCE_2025, listing("set", filters=_OF_PROCESSOR), "evaluationSets"),
    Route("GET", "/evaluation_sets/{id}", SINCE_2025, reading("set", "set"), "evaluationSet"),
    Route("GET", "/evaluation_sets/{setId}/items", SINCE_2025, listing("item"), "evaluationSetItems"),
    Route("POST", "/evaluation_sets/{setId}/items", NEW, create_items, "", "items:array"),
    Route("GET", _ITEM, NEW, get_item),
    Route("POST", _ITEM, NEW, update_item, "", _EXPECTED),
    Route("DELETE", _ITEM, NEW, delete_item),
    Route("POST", f"{_ITEMS}/bulk", OLD, create_items, "evaluationSetItems", "evaluationSetId:str items:array"),
    Route("POST", _ITEMS, OLD, create_items, "evaluationSetItem", _NEW_ITEM),
    Route("POST", _ITEMS + "/{id}", OLD, update_item, "evaluationSetItem", _EXPECTED),
    Route("DELETE", _ITEMS + "/{id}", (V25,), delete_item, "evaluationSetItemId"),
    Route("POST", "/evaluation_set_runs", NEW, create_run, "", _NEW_RUN, run=True),
    Route("GET", "/evaluation_set_runs/{id}", NEW, reading("run", "run")),
    Route("GET", "/batch_processor_runs/{id}", ALL, get_batch_run, "batchProcessorRun"),
]  # fmt: skip
