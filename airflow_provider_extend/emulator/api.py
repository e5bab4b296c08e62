"""What the endpoints do. One handler serves an endpoint in all its versions and under all its paths."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_extend.emulator import documents, extraction, runs
from airflow_provider_extend.emulator.state import V26, ApiError, State
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.views import show, versions_of


@dataclass
class Call:
    state: State
    version: str
    style: str  # the version whose shapes are shown: the legacy paths of 2026-02-09 show those of 2025-04-21
    params: dict[str, str]
    query: dict[str, str]
    base_url: str
    body: Row = field(default_factory=dict)
    upload: tuple[str, bytes] | None = None

    def find(self, kind: str, key: str) -> Row:
        if row := self.state.store.get(kind, key):
            return row
        raise ApiError(404, f"No {_NAMES[kind]} with id {key}")

    def show(self, shape: str, row: Row) -> Row:
        return show(self.state, shape, row, self.style)


_NAMES = {"file": "file", "processor": "processor or extractor", "set": "evaluation set", "run": "run"}
_NAMES |= {"item": "evaluation set item", "version": "version"}


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    token: str | None = None


# Files


def _store_file(call: Call, name: str, data: bytes) -> Row:
    """``convertToPdf`` and ``password`` are taken and ignored: nothing is converted or decrypted here."""
    document = documents.read(data)
    store, key, now = call.state.store, new_id("file_"), call.state.store.stamp()
    store.write_blob(key, data)
    store.write_blob(f"{key}.text", json.dumps(document.pages).encode())
    body: Row = {"id": key, "name": name, "type": document.type, "pageCount": len(document.pages) or None}
    return call.show("file", store.put("file", body | {"createdAt": now, "updatedAt": now}))


def upload_file(call: Call) -> Row:
    if call.upload is None:
        raise ApiError(400, "Missing required field(s): file (a part of a multipart form)")
    return _store_file(call, *call.upload)


def create_file(call: Call) -> Row:
    if call.body.get("rawText") is None:
        raise ApiError(400, "This emulator downloads nothing: send rawText instead of url")
    return _store_file(call, call.body["name"], call.body["rawText"].encode())


def get_file(call: Call) -> Row:
    """The link really works for as long as the emulator runs; its signature is only for the looks."""
    row = call.find("file", call.params["id"])
    signature = hashlib.sha256(f"{row['id']}{time.time_ns()}".encode()).hexdigest()
    link = f"{call.base_url}/_control/files/{row['id']}?X-Amz-Expires=900&X-Amz-Signature={signature}"
    shown = call.show("file", row) | {"presignedUrl": link}
    pages = runs.pages_of(call.state, row["id"])
    contents: Row = {}
    if call.query.get("rawText") == "true":
        contents["rawText"] = "\n".join(pages)
    if call.query.get("markdown") == "true":
        contents["pages"] = [{"pageNumber": n, "markdown": page} for n, page in enumerate(pages, 1)]
    return shown | ({"contents": contents} if contents else {})


def delete_file(call: Call) -> Row:
    row = call.find("file", call.params["id"])
    call.state.store.delete("file", row["id"])
    for name in (row["id"], f"{row['id']}.text"):
        call.state.store.delete_blob(name)
    return {"id": row["id"]}


# Processors, extractors and their versions


def _config(call: Call) -> Row | None:
    config: Row | None = call.body.get("config")
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
    config = _config(call)
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
    config, store = _config(call), call.state.store
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
    config = _config(call)
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
    rows = versions_of(call.state, call.find("processor", call.params["id"])["id"])
    if call.style != V26:
        return Page([call.show("version", row) for row in rows])
    ordered = [((len(rows) - at, 0), call.show("version_summary", row)) for at, row in enumerate(rows)]
    return _paged(call, ordered)


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
    pending = {"status": "PENDING", "at": row["createdAt"]}  # whatever the clock, a create answers PENDING
    return call.show("run", row | {"forced": pending})


# Reading one, listing many

_Keyed = tuple[tuple[Any, int], Row]
Filters = dict[str, Callable[[Row, str], bool]]


def reading(kind: str, shape: str) -> Callable[[Call], Row]:
    return lambda call: call.show(shape, call.find(kind, call.params["id"]))


def get_batch_run(call: Call) -> Row:
    return show(call.state, "batch_run", call.find("run", call.params["id"]), call.version)


def listing(
    kind: str, sorts: Sequence[str] = ("updatedAt", "createdAt"), filters: Filters | None = None
) -> Callable[[Call], Page]:
    chosen = filters or {}

    def handler(call: Call) -> Page:
        rows = call.state.store.all(kind)
        if "setId" in call.params:
            parent = call.find("set", call.params["setId"])["id"]
            rows = [(seq, row) for seq, row in rows if row["evaluationSetId"] == parent]
        for name, fits in chosen.items():
            if (wanted := call.query.get(name)) is not None:
                rows = [(seq, row) for seq, row in rows if fits(row, wanted)]
        sort = call.query.get("sortBy", sorts[0])
        if sort not in sorts:
            raise ApiError(400, f"sortBy must be one of {', '.join(sorts)}")
        return _paged(call, [((row[sort], seq), row) for seq, row in rows], list(chosen), f"{kind}_summary")

    return handler


def _paged(call: Call, rows: list[_Keyed], filters: Sequence[str] = (), shape: str = "") -> Page:
    """A token holds the place of the last row and a digest of the query it belongs to."""
    query = call.query
    size = query.get("maxPageSize", "10")
    if not size.isdecimal() or not 1 <= int(size) <= 1000:
        raise ApiError(400, "maxPageSize must be a number from 1 to 1000")
    direction = query.get("sortDir", "desc")
    if direction not in ("asc", "desc"):
        raise ApiError(400, "sortDir must be asc or desc")
    bound = [call.params, {k: query.get(k) for k in (*filters, "sortBy", "sortDir")}]
    digest = hashlib.sha256(json.dumps(bound, sort_keys=True).encode()).hexdigest()[:16]
    rows = sorted(rows, key=lambda entry: entry[0], reverse=direction == "desc")
    if token := query.get("nextPageToken"):
        try:
            made_for, *last = json.loads(base64.urlsafe_b64decode(token))
        except ValueError:
            made_for, last = None, []
        if made_for != digest:
            raise ApiError(400, "nextPageToken does not belong to this query")
        after = tuple(last)
        rows = [entry for entry in rows if (entry[0] < after if direction == "desc" else entry[0] > after)]
    page = rows[: int(size)]
    shown = [call.show(shape, row) if shape else row for _, row in page]
    if len(rows) == len(page):
        return Page(shown)
    return Page(shown, base64.urlsafe_b64encode(json.dumps([digest, *page[-1][0]]).encode()).decode())
