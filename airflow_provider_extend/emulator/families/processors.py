"""Processors of the three types, which 2026-02-09 calls extractors, classifiers and splitters, and their versions."""

from __future__ import annotations

from functools import partial

from airflow_provider_extend.emulator import extraction
from airflow_provider_extend.emulator.call import Call, Page
from airflow_provider_extend.emulator.families import files
from airflow_provider_extend.emulator.lists import listing, paged, same, visible
from airflow_provider_extend.emulator.processing import TYPES, Type, prefix
from airflow_provider_extend.emulator.route import ALL, NEW, SINCE_2025, Route
from airflow_provider_extend.emulator.state import V24, V25, V26, ApiError, State
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.views import DATES, Builders, Shapes, View


def find(call: Call, key: str, kind: Type | None = None) -> Row:
    """The processor; ApiError(404) for one of another type where ``kind`` says which is asked for."""
    row = call.find("processor", key)
    if kind and row["type"] != kind.name:
        raise ApiError(404, f"No {kind.noun} with id {key}")
    return row


def _put_version(call: Call, processor: Row, version: str, config: Row, said: str | None = None) -> Row:
    store, now = call.state.store, call.state.store.stamp()
    row: Row = {
        "id": new_id(prefix(TYPES[processor["type"]], 1, call.version)),
        "processorId": processor["id"],
    }
    row |= {"type": processor["type"], "version": version, "description": said, "config": config}
    return store.put("version", row | {"createdAt": now, "updatedAt": now})


def _first_config(call: Call, kind: Type) -> Row:
    """Given, cloned (of the draft) or generated; without any of them that of an empty draft."""
    config, older = call.body.get("config"), call.style != V26
    generate = None if older or kind.classes else call.body.get("generate")
    cloned = call.body.get("cloneProcessorId" if older else f"clone{kind.noun.capitalize()}Id")
    if sum(given is not None for given in (config, cloned, generate)) > 1:
        raise ApiError(400, "Only one of config, a processor to clone and generate can be given")
    if cloned is not None:
        found: Row = call.state.store.need("version", find(call, cloned, kind)["draftId"])["config"]
        return found
    if generate is None:
        return kind.empty if config is None else kind.checked(config)
    if not 1 <= len(given := generate["files"]) <= 5:
        raise ApiError(400, "generate.files must hold 1 to 5 files")
    sources = [files.source(call, one, {"url": "url", "id": "id", "name": "name"}) for one in given]
    schema = extraction.generate([page for source in sources for page in source.pages])
    if schema is None:
        raise ApiError(400, 'generate.files: no "label: value" stands in the text of these files')
    return {"schema": schema}


def create(kind: Type | None, call: Call) -> Row:
    kind = kind or TYPES[call.body["type"]]
    config, store = _first_config(call, kind), call.state.store
    row: Row = {"id": new_id(prefix(kind, 0, call.version)), "type": kind.name, "name": call.body["name"]}
    with store.transaction():
        draft = _put_version(call, row, "draft", config)
        row |= {"draftId": draft["id"], "createdAt": draft["createdAt"], "updatedAt": draft["createdAt"]}
        return call.show("processor", store.put("processor", row))


def get(kind: Type, call: Call) -> Row:
    return call.show("processor", find(call, call.params["id"], kind))


def update(kind: Type | None, call: Call) -> Row:
    """Sending what is there already changes nothing, ``updatedAt`` neither (assumption)."""
    config, store = call.body.get("config"), call.state.store
    with store.transaction():
        row = find(call, call.params["id"], kind)
        draft = store.need("version", row["draftId"])
        now = store.stamp()
        if config is not None and TYPES[row["type"]].checked(config) != draft["config"]:
            store.put("version", draft | {"config": config, "updatedAt": now})
            row |= {"updatedAt": now}
        if (name := call.body.get("name")) and name != row["name"]:
            row |= {"name": name, "updatedAt": now}
        return call.show("processor", store.put("processor", row))


def publish(kind: Type | None, call: Call) -> Row:
    """A given config is what is published and leaves the draft as it is (assumption).

    The first version is 1.0, or 0.1 when it is published as a minor one.
    """
    with call.state.store.transaction():
        row = find(call, call.params["id"], kind)
        published = [v["version"] for v in versions_of(call.state, row["id"]) if v["version"] != "draft"]
        major, minor = max((tuple(map(int, v.split("."))) for v in published), default=(0, 0))
        number = f"{major + 1}.0" if call.body["releaseType"] == "major" else f"{major}.{minor + 1}"
        if (config := call.body.get("config")) is None:
            config = call.state.store.need("version", row["draftId"])["config"]
        config = TYPES[row["type"]].checked(config)
        return call.show("version", _put_version(call, row, number, config, call.body.get("description")))


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


def get_version(kind: Type | None, call: Call) -> Row:
    return call.show(
        "version", find_version(call, find(call, call.params["id"], kind), call.params["versionId"])
    )


def list_versions(kind: Type | None, call: Call) -> Page:
    """All at once in the older versions, paged in 2026-02-09."""
    found = versions_of(call.state, find(call, call.params["id"], kind)["id"])
    rows = [row for _, row in visible(call.state, list(enumerate(found)))]
    if call.style != V26:
        return Page([call.show("version", row) for row in rows])
    ordered = [((len(rows) - at, 0), call.show("version_summary", row)) for at, row in enumerate(rows)]
    return paged(call, ordered)


def _processor(view: View, row: Row) -> Row:
    return {
        "object": TYPES[row["type"]].noun if view.style == V26 else "document_processor",
        "draftVersion": lambda: view.need("version", row["draftId"]),
        "versions": lambda: [
            {"id": v["id"], "version": v["version"]} for v in versions_of(view.state, row["id"])
        ],
    }


def _version(view: View, row: Row) -> Row:
    noun = TYPES[row["type"]].noun
    return {
        "object": f"{noun}_version" if view.style == V26 else "document_processor_version",
        f"{noun}Id": row["processorId"],
        "processorName": lambda: name_of(view, row["processorId"]),
        "processorType": row["type"],
        "config": view.config(row["config"], row["type"]),
    }


def name_of(view: View, processor_id: str) -> str:
    return str(view.state.store.need("processor", processor_id)["name"])


_VERSION = f"object id processorId processorName processorType description version config {DATES}"
_PARENT = "extractorId classifierId splitterId createdAt createdBy"  # of which a version has its own alone

SHAPES: Shapes = {
    "processor": {
        V24: f"object id name type {DATES} draftVersion",
        V25: f"object id name type {DATES} draftVersion",
        V26: f"object id name {DATES} draftVersion",
    },
    "processor_summary": {V25: f"object id name type versions {DATES}", V26: f"object id name {DATES}"},
    "version": {V24: _VERSION, V25: _VERSION, V26: f"object id description version config {_PARENT}"},
    "version_summary": {V26: f"object id description version {_PARENT}"},
}

BUILDERS: Builders = {"processor": _processor, "version": _version}

_CONFIG = "config:object?"
_CHANGE = f"name:str? {_CONFIG}"
_PUBLISH = f"releaseType:major|minor description:str? {_CONFIG}"


def _routes(
    path: str, kind: Type | None, new: str, publishing: str, key: str, versions: tuple[str, ...]
) -> list[Route]:
    """What the older paths and those of each type have in common. ``key`` wraps a published version."""
    one = path + "/{id}"
    return [
        Route("POST", path, versions, partial(create, kind), "processor", f"name:str {new} {_CONFIG}"),
        Route("POST", one, versions, partial(update, kind), "processor", _CHANGE),
        Route("POST", one + publishing, versions, partial(publish, kind), key, _PUBLISH),
        Route("GET", one + "/versions", versions, partial(list_versions, kind), "versions"),
        Route("GET", one + "/versions/{versionId}", versions, partial(get_version, kind), "version"),
    ]


ROUTES = _routes(
    "/processors", None, f"type:{'|'.join(TYPES)} cloneProcessorId:str?", "/publish", "processorVersion", ALL
)
_LISTED = listing("processor", filters={"type": same("type")}, values={"type": tuple(TYPES)})
ROUTES += [Route("GET", "/processors", SINCE_2025, _LISTED, "processors")]
for _kind in TYPES.values():
    _path, _new = f"/{_kind.noun}s", f"clone{_kind.noun.capitalize()}Id:str?"
    _new += "" if _kind.classes else " generate?(files:array instructions:str?)"
    ROUTES += _routes(_path, _kind, _new, "/versions", "", NEW)
    ROUTES += [
        Route("GET", _path, NEW, listing("processor", only=lambda row, name=_kind.name: row["type"] == name)),  # type: ignore[misc]
        Route("GET", _path + "/{id}", NEW, partial(get, _kind)),
    ]
