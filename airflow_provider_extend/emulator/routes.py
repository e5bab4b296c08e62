"""The table of endpoints.

A row says in which versions an endpoint exists, what its body must hold and under which key the older
versions wrap the answer. Handlers return the bare answer; ``envelope`` puts it into its version's form.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from airflow_provider_extend.emulator import api, extract_runs, files, workflow_runs
from airflow_provider_extend.emulator.call import Call, Page
from airflow_provider_extend.emulator.lists import Filters, contains, listing, same
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
_CONTAINS: Filters = {"nameContains": contains("name")}
_OF_PROCESSOR: Filters = {name: same("processorId") for name in ("processorId", "entityId")}
_MEMBER: Filters = {"batchId": same("batchId"), "fileNameContains": contains("fileName")}
_EXTRACTED: Filters = {
    "extractorId": same("processorId"),
    "source": same("source"),
    "sourceId": same("sourceId"),
}
_FLOWN: Filters = {"workflowId": same("workflowId")}
_TYPE: Filters = {"type": lambda row, name: name == "EXTRACT"}
_CONFIG = "config:object?"
_PUBLISH = "releaseType:str description:str? " + _CONFIG
_CLONE = "cloneProcessorId:str? cloneExtractorId:str? " + _CONFIG
_NEW_SET = "name:str description:str processorId:str"
_EXPECTED = "expectedOutput:object"
_NEW_ITEM = "evaluationSetId:str fileId:str " + _EXPECTED
_NEW_RUN = "evaluationSetId:str entity:object? evaluationSetItemIds:array?"
_INPUT = "file:object? package:object? outputs:array? priority:int? metadata:object?"
_OLD_INPUT = (
    "workflowId:str files:array? rawTexts:array? version:str? name:str? priority:int? metadata:object?"
)
_EXTRACT = "extractor:object? config:object? " + _INPUT
_EXTRACTS = "extractor:object config:object? inputs:array priority:int?"
_ITEMS = "/evaluation_set_items"
_ITEM = "/evaluation_sets/{setId}/items/{id}"
_FLOWS = "/workflow_runs/batch"
_FLOW = "/workflow_runs/{id}"

ROUTES = [
    Route("POST", "/files/upload", _ALL, files.upload, "file"),
    Route("POST", "/files", _OLD, files.create, "file", "name:str url:str? rawText:str? mediaType:str?"),
    Route("GET", "/files", _ALL, listing("file", ("createdAt",), _CONTAINS), "files"),
    Route("GET", "/files/{id}", _ALL, files.get, "file"),
    Route("DELETE", "/files/{id}", _SINCE_2025, files.delete, "fileId"),
    Route("POST", "/processors", _ALL, api.create_processor, "processor", "name:str type:str " + _CLONE),
    Route("GET", "/processors", _SINCE_2025, listing("processor", filters=_TYPE), "processors"),
    Route("POST", "/processors/{id}", _ALL, api.update_processor, "processor", "name:str? config:object?"),
    Route("POST", "/processors/{id}/publish", _ALL, api.publish, "processorVersion", _PUBLISH),
    Route("GET", "/processors/{id}/versions", _ALL, api.list_versions, "versions"),
    Route("GET", "/processors/{id}/versions/{versionId}", _ALL, api.get_version, "version"),
    Route("POST", "/extractors", _NEW, api.create_processor, "", "name:str generate:object? " + _CLONE),
    Route("GET", "/extractors", _NEW, listing("processor")),
    Route("GET", "/extractors/{id}", _NEW, api.reading("processor", "processor")),
    Route("POST", "/extractors/{id}", _NEW, api.update_processor, "", "name:str? config:object?"),
    Route("POST", "/extractors/{id}/versions", _NEW, api.publish, "", _PUBLISH),
    Route("GET", "/extractors/{id}/versions", _NEW, api.list_versions),
    Route("GET", "/extractors/{id}/versions/{versionId}", _NEW, api.get_version),
    Route("POST", "/evaluation_sets", _OLD, api.create_set, "evaluationSet", _NEW_SET),
    Route("POST", "/evaluation_sets", _NEW, api.create_set, "", "name:str description:str? entityId:str"),
    Route("GET", "/evaluation_sets", _SINCE_2025, listing("set", filters=_OF_PROCESSOR), "evaluationSets"),
    Route("GET", "/evaluation_sets/{id}", _SINCE_2025, api.reading("set", "set"), "evaluationSet"),
    Route("GET", "/evaluation_sets/{setId}/items", _SINCE_2025, listing("item"), "evaluationSetItems"),
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
    Route("POST", "/extract_runs", _NEW, extract_runs.create, "", _EXTRACT, run=True),
    Route("POST", "/extract_runs/batch", _NEW, extract_runs.create_batch, "", _EXTRACTS, run=True),
    Route("GET", "/extract_runs", _NEW, listing("extract_run", filters=_EXTRACTED | _MEMBER, runs=True)),
    Route("GET", "/extract_runs/{id}", _NEW, api.reading("extract_run", "extract_run")),
    Route("POST", "/extract_runs/{id}/cancel", _NEW, extract_runs.cancel),
    Route("DELETE", "/extract_runs/{id}", _NEW, extract_runs.delete),
    Route("GET", "/batch_runs/{id}", _NEW, api.reading("batch", "batch")),
    Route("POST", "/workflows", _OLD, workflow_runs.create_workflow, "workflow", "name:str"),
    Route("POST", "/workflows", _NEW, workflow_runs.create_workflow, "", "name:str steps:array?"),
    Route("GET", "/workflows", _NEW, listing("workflow")),
    Route("GET", "/workflows/{id}", _NEW, api.reading("workflow", "workflow")),
    Route("POST", "/workflows/{id}/versions", _NEW, workflow_runs.publish, "", "name:str? steps:array?"),
    Route("POST", "/workflow_runs", _OLD, workflow_runs.create, "workflowRuns", _OLD_INPUT, run=True),
    Route("POST", "/workflow_runs", _NEW, workflow_runs.create, "", "workflow:object " + _INPUT, run=True),
    Route("POST", _FLOWS, _OLD, workflow_runs.create_batch, "", "workflowId:str version:str? inputs:array", run=True),
    Route("POST", _FLOWS, _NEW, workflow_runs.create_batch, "", "workflow:object inputs:array priority:int?", run=True),
    Route("GET", "/workflow_runs", _ALL, listing("workflow_run", filters=_FLOWN | _MEMBER, runs=True), "workflowRuns"),
    Route("GET", _FLOW, _ALL, api.reading("workflow_run", "workflow_run"), "workflowRun"),
    Route("POST", _FLOW, _ALL, workflow_runs.update, "workflowRun", "name:str? metadata:object?"),
    Route("POST", _FLOW + "/cancel", _SINCE_2025, workflow_runs.cancel, "workflowRun"),
    Route("DELETE", _FLOW, _SINCE_2025, workflow_runs.delete, "workflowRunId"),
]  # fmt: skip


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))


def match(template: str, path: str) -> dict[str, str] | None:
    found = _pattern(template).fullmatch(path)
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


_TYPES: dict[str, type] = {"str": str, "object": dict, "array": list, "int": int}


def check_body(route: Route, body: Row) -> None:
    declared = [part.rstrip("?").split(":") + [part[-1]] for part in route.body.split()]
    missing = [name for name, _, mark in declared if mark != "?" and body.get(name) is None]
    if missing:
        raise ApiError(400, f"Missing required field(s): {', '.join(missing)}")
    for name, kind, _ in declared:
        value = body.get(name)
        if value is not None and (not isinstance(value, _TYPES[kind]) or isinstance(value, bool)):
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
    if not route.envelope and isinstance(answer, dict):
        return {"success": True, **answer}
    return {"success": True, route.envelope: answer}
