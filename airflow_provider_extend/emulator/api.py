"""Processors and evaluation. One handler serves an endpoint in all its versions and under all its paths."""

from __future__ import annotations

from collections.abc import Callable

from airflow_provider_extend.emulator import extraction, runs
from airflow_provider_extend.emulator.call import Call, Page
from airflow_provider_extend.emulator.lists import paged, visible
from airflow_provider_extend.emulator.state import V26, ApiError
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.views import View, versions_of

# Processors, extractors and their versions


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


# Evaluation sets, their items and runs


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


# Reading one


def reading(kind: str, shape: str) -> Callable[[Call], Row]:
    return lambda call: call.show(shape, call.find(kind, call.params["id"]))


def get_batch_run(call: Call) -> Row:
    return View(call.state, call.version).show("batch_run", call.find("run", call.params["id"]))
