"""The table of endpoints.

A row says in which versions an endpoint exists, what its body must hold and under which key the older
versions wrap the answer. Handlers return the bare answer; ``envelope`` puts it into its version's form.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from airflow_provider_extend.emulator import api
from airflow_provider_extend.emulator.api import Call, Filters, Page
from airflow_provider_extend.emulator.state import V24, V25, V26, VERSIONS, ApiError
from airflow_provider_extend.emulator.store import Row


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    versions: tuple[str, ...]
    handler: Callable[[Call], Row | list[Row] | Page]
    envelope: str = ""  # the key that wraps the answer in the older versions
    body: str = ""  # "name:str config:object?"; ? = may be left out or null
    run: bool = False

    @property
    def legacy(self) -> bool:
        return self.path.startswith(("/processors", "/batch_processor_runs"))

    def coded_errors(self, version: str) -> bool:
        """Error bodies with a code: 2026-02-09 off the legacy paths, and the newer calls of 2025-04-21."""
        newer = self.method == "DELETE" or (self.method, self.path) == ("GET", "/processors")
        return (version == V26 and not self.legacy) or (version != V24 and newer)

    @property
    def limit_class(self) -> str:
        return "GET" if self.method == "GET" else "RUN" if self.run else "WRITE"


_OLD, _NEW, _ALL, _SINCE_2025 = (V24, V25), (V26,), VERSIONS, (V25, V26)
_CONTAINS: Filters = {"nameContains": lambda row, text: text.casefold() in row["name"].casefold()}
_OF_PROCESSOR: Filters = {
    name: lambda row, key: row["processorId"] == key for name in ("processorId", "entityId")
}
_TYPE: Filters = {"type": lambda row, name: name == "EXTRACT"}
_CONFIG = "config:object?"
_PUBLISH = "releaseType:str description:str? " + _CONFIG
_CLONE = "cloneProcessorId:str? cloneExtractorId:str? " + _CONFIG
_NEW_SET = "name:str description:str processorId:str"
_EXPECTED = "expectedOutput:object"
_NEW_ITEM = "evaluationSetId:str fileId:str " + _EXPECTED
_NEW_RUN = "evaluationSetId:str entity:object? evaluationSetItemIds:array?"
_ITEMS = "/evaluation_set_items"
_ITEM = "/evaluation_sets/{setId}/items/{id}"

ROUTES = [
    Route("POST", "/files/upload", _ALL, api.upload_file, "file"),
    Route("POST", "/files", _OLD, api.create_file, "file", "name:str url:str? rawText:str? mediaType:str?"),
    Route("GET", "/files", _ALL, api.listing("file", ("createdAt",), _CONTAINS), "files"),
    Route("GET", "/files/{id}", _ALL, api.get_file, "file"),
    Route("DELETE", "/files/{id}", _SINCE_2025, api.delete_file, "fileId"),
    Route("POST", "/processors", _ALL, api.create_processor, "processor", "name:str type:str " + _CLONE),
    Route("GET", "/processors", _SINCE_2025, api.listing("processor", filters=_TYPE), "processors"),
    Route("POST", "/processors/{id}", _ALL, api.update_processor, "processor", "name:str? config:object?"),
    Route("POST", "/processors/{id}/publish", _ALL, api.publish, "processorVersion", _PUBLISH),
    Route("GET", "/processors/{id}/versions", _ALL, api.list_versions, "versions"),
    Route("GET", "/processors/{id}/versions/{versionId}", _ALL, api.get_version, "version"),
    Route("POST", "/extractors", _NEW, api.create_processor, "", "name:str generate:object? " + _CLONE),
    Route("GET", "/extractors", _NEW, api.listing("processor")),
    Route("GET", "/extractors/{id}", _NEW, api.reading("processor", "processor")),
    Route("POST", "/extractors/{id}", _NEW, api.update_processor, "", "name:str? config:object?"),
    Route("POST", "/extractors/{id}/versions", _NEW, api.publish, "", _PUBLISH),
    Route("GET", "/extractors/{id}/versions", _NEW, api.list_versions),
    Route("GET", "/extractors/{id}/versions/{versionId}", _NEW, api.get_version),
    Route("POST", "/evaluation_sets", _OLD, api.create_set, "evaluationSet", _NEW_SET),
    Route("POST", "/evaluation_sets", _NEW, api.create_set, "", "name:str description:str? entityId:str"),
    Route("GET", "/evaluation_sets", _SINCE_2025, api.listing("set", filters=_OF_PROCESSOR), "evaluationSets"),
    Route("GET", "/evaluation_sets/{id}", _SINCE_2025, api.reading("set", "set"), "evaluationSet"),
    Route("GET", "/evaluation_sets/{setId}/items", _SINCE_2025, api.listing("item"), "evaluationSetItems"),
    Route("POST", "/evaluation_sets/{setId}/items", _NEW, api.create_items, "", "items:array"),
    Route("GET", _ITEM, _NEW, api.get_item),
    Route("POST", _ITEM, _NEW, api.update_item, "", _EXPECTED),
    Route("DELETE", _ITEM, _NEW, api.delete_item),
    Route("POST", f"{_ITEMS}/bulk", _OLD, api.create_items, "evaluationSetItems", "evaluationSetId:str items:array"),
    Route("POST", _ITEMS, _OLD, api.create_items, "evaluationSetItem", _NEW_ITEM),
    Route("POST", _ITEMS + "/{id}", _OLD, api.update_item, "evaluationSetItem", _EXPECTED),
    Route("DELETE", _ITEMS + "/{id}", (V25,), api.delete_item, "evaluationSetItemId"),
    Route("POST", "/evaluation_set_runs", _NEW, api.create_run, "", _NEW_RUN, run=True),
    Route("GET", "/evaluation_set_runs/{id}", _NEW, api.reading("run", "run")),
    Route("GET", "/batch_processor_runs/{id}", _ALL, api.get_batch_run, "batchProcessorRun"),
]  # fmt: skip


def match(template: str, path: str) -> dict[str, str] | None:
    found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), path)
    return found.groupdict() if found else None


def resolve(method: str, path: str, version: str) -> tuple[Route, dict[str, str]]:
    """The route of this version; 410 for one that only earlier versions have, 404 for the rest."""
    fitting = [(r, p) for r in ROUTES if r.method == method and (p := match(r.path, path)) is not None]
    for route, params in fitting:
        if version in route.versions:
            return route, params
    if any(min(route.versions) < version for route, _ in fitting):
        raise ApiError(410, f"{method} {path} was removed in {version}")
    raise ApiError(404, f"{method} {path}: no such endpoint in {version}, or none that this emulator has")


_TYPES: dict[str, type] = {"str": str, "object": dict, "array": list}


def check_body(route: Route, body: Row) -> None:
    declared = [part.rstrip("?").split(":") + [part[-1]] for part in route.body.split()]
    missing = [name for name, _, mark in declared if mark != "?" and body.get(name) is None]
    if missing:
        raise ApiError(400, f"Missing required field(s): {', '.join(missing)}")
    for name, kind, _ in declared:
        if body.get(name) is not None and not isinstance(body[name], _TYPES[kind]):
            raise ApiError(400, f"{name} must be of type {kind}")


def envelope(route: Route, version: str, answer: Row | list[Row] | Page) -> Row:
    bare = version == V26 and not route.legacy
    if isinstance(answer, Page):
        head = (
            {"object": "list", "data": answer.rows}
            if bare
            else {"success": True, route.envelope: answer.rows}
        )
        return head | ({"nextPageToken": answer.token} if answer.token else {})
    if bare:
        assert isinstance(answer, dict)
        return answer
    if route.method == "DELETE" and isinstance(answer, dict):
        return {"success": True, route.envelope: answer["id"], "message": "Deleted"}
    return {"success": True, route.envelope: answer}
