"""The answers of 2024-12-23, for which no client of the vendor exists: each object has the fields that its page lists
(objects.md 5), each with its type, and every example of those pages fits the same lists.

Written from the pages by hand. `?`: the page says that it may be left out, or an example leaves it out or has null.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

V24 = "2024-12-23"
EXAMPLES = Path(__file__).parents[1] / "data" / "examples"

FIELDS: dict[str, str] = {
    "document_processor_run": "object:str id:str mergedProcessors:list processorId:str processorVersionId:str "
    "processorName:str status:str output:dict? initialOutput:dict? reviewedOutput:dict? failureReason:str? "
    "failureMessage:str? metadata:dict? reviewed:bool edited:bool edits:dict? type:str config:dict files:list url:str",
    "batch_processor_run": "object:str id:str processorId:str processorVersionId:str processorName:str metrics:dict "
    "status:str source:str sourceId:str? runCount:int options:dict createdAt:str updatedAt:str",
    "document_processor": "object:str id:str name:str type:str draftVersion:dict createdAt:str updatedAt:str",
    "document_processor_version": "object:str id:str processorId:str processorName:str processorType:str "
    "description:str? version:str config:dict createdAt:str updatedAt:str",
    "workflow": "object:str id:str version:str name:str",
    "workflow_run": "object:str id:str name:str batchId:str? status:str url:str metadata:dict initialRunAt:str "
    "failureReason:str? failureMessage:str? reviewed:bool reviewedBy:str? reviewedAt:str? startTime:str? endTime:str? "
    "files:list outputs:list workflow:dict",
    "file": "object:str id:str name:str type:str? presignedUrl:str? parentFileId:str? contents:dict? metadata:dict "
    "createdAt:str updatedAt:str",
    "evaluation_set": "object:str id:str name:str description:str processorId:str createdAt:str updatedAt:str",
    "evaluation_set_item": "object:str id:str evaluationSetId:str fileId:str expectedOutput:dict createdAt:str "
    "updatedAt:str",
    "parser_run": "object:str id:str fileId:str chunks:list status:str failureReason:str? metrics:dict config:dict",
    "chunk": "object:str type:str content:str metadata:dict blocks:list",
    "block": "object:str id:str type:str content:str details:dict metadata:dict polygon:list boundingBox:dict "
    "parentBlockId:str? children:list?",
    # Has no `object`.
    "workflow_run_summary": "id:str batchId:str? status:str initialRunAt:str reviewed:bool reviewedByUser:str? "
    "reviewedAt:str? startTime:str? endTime:str? workflowId:str workflowName:str workflowVersionId:str "
    "rejectionNote:str? createdAt:str updatedAt:str",
}
#: What the examples leave out of an object that they show inside another, or that their pages list beside them: the
#: assumption is that the lists of fields are whole and the examples are cut.
CUT: dict[str, str] = {
    "workflow_run": "name url reviewed files",
    "file": "type presignedUrl metadata createdAt updatedAt",
    "document_processor_run": "processorId processorVersionId processorName status reviewed config files url "
    "mergedProcessors",
    "document_processor_version": "object processorId processorName processorType createdAt updatedAt",
    "workflow_run_summary": "reviewed",
}
TYPES: dict[str, type | tuple[type, ...]] = {"str": str, "bool": bool, "int": int, "dict": dict, "list": list}


def wrong(value: Any, path: str, cut: bool = False) -> list[str]:
    """What of the objects in `value` is not as its page says. `cut`: it is an example, which may be cut."""
    if isinstance(value, list):
        return [one for at, item in enumerate(value) for one in wrong(item, f"{path}[{at}]", cut)]
    if not isinstance(value, dict):
        return []
    kind = value.get("object") or ("workflow_run_summary" if "workflowVersionId" in value else None)
    if path.endswith(".draftVersion"):
        kind = "document_processor_version"
    found = [
        one for key, item in value.items() if key not in DATA for one in wrong(item, f"{path}.{key}", cut)
    ]
    if kind not in FIELDS:
        return found
    declared = dict(part.split(":") for part in FIELDS[kind].split())
    allowed = set(CUT.get(kind, "").split()) if cut else set()
    found += [f"{path} ({kind}) has {key}" for key in value.keys() - declared.keys()]
    for key, kind_of in declared.items():
        optional = kind_of.endswith("?")
        if key not in value:
            if not optional and key not in allowed:
                found.append(f"{path} ({kind}) lacks {key}")
        elif value[key] is None:
            if not optional:
                found.append(f"{path}.{key} ({kind}) is null")
        elif type(value[key]) is not TYPES[kind_of.rstrip("?")]:
            found.append(f"{path}.{key} ({kind}) is a {type(value[key]).__name__}, not {kind_of}")
    return found


#: Fields that hold what a user or a document gave: whatever is in them is no object of the API.
DATA = ("metadata", "config", "output", "initialOutput", "reviewedOutput", "expectedOutput", "edits")


def test_every_example_fits_the_lists():
    names = sorted(path.name for path in EXAMPLES.glob(f"{V24}.*.json"))
    assert len(names) >= 18
    found = []
    for name in names:
        body = json.loads((EXAMPLES / name).read_text())["body"]
        if "webhook" not in name:
            found += wrong(body, name.removesuffix(".json"), cut=True)
    assert found == []


def test_the_check_notices():
    body = json.loads((EXAMPLES / f"{V24}.workflow_runs.list.json").read_text())["body"]["workflowRuns"][0]
    changes = [{"object": "x"}, {"workflowId": 7}, {"status": None}]
    assert wrong(body, "run", cut=True) == []
    assert all(wrong(body | change, "run", cut=True) for change in changes[1:])
    assert wrong(body | {"new": 1}, "run", cut=True)
    assert wrong({key: body[key] for key in body if key != "status"}, "run", cut=True)


CONFIGS = {
    "EXTRACT": {"fields": [{"id": "total", "name": "total", "type": "number", "description": 'The "Total"'}]},
    "CLASSIFY": {
        "classifications": [
            {"id": "invoice", "type": "invoice", "description": "An invoice with a total"},
            {"id": "other", "type": "other", "description": "Anything else"},
        ]
    },
    "SPLITTER": {
        "splitClassifications": [
            {"id": "invoice", "type": "invoice", "description": "An invoice with a total"},
            {"id": "other", "type": "other", "description": "Anything else"},
        ]
    },
}
EXPECTED = {
    "EXTRACT": {"total": {"id": "total", "type": "number", "value": 3}},
    "CLASSIFY": {"id": "invoice", "type": "invoice"},
    "SPLITTER": {
        "subDocumentClassifications": [
            {"id": "1", "classificationId": "invoice", "type": "invoice", "startPage": 1, "endPage": 1}
        ]
    },
}


class Seed:
    """Calls the 24 endpoints, and keeps what each answered."""

    def __init__(self, api: Any) -> None:
        self._send = api
        self.answers: list[tuple[str, Any]] = []

    def __call__(self, method: str, path: str, **given: Any) -> Any:
        answer = self._send(method, path, V24, **given)
        self.answers.append((f"{method} {path}", answer))
        wrapped = [key for key in answer if key not in ("success", "nextPageToken")]
        return answer[wrapped[0]] if answer.get("success") and wrapped else answer


@pytest.fixture
def seed(api: Any) -> Seed:
    return Seed(api.ok)


def _drive(seed: Seed, kind: str, control: Callable[..., Any]) -> None:
    control("POST", "/settings", {"run_seconds": 0})
    file = seed("POST", "/files/upload", files={"file": ("invoice.txt", b"Invoice\nTotal: 3\n")})["id"]
    seed("POST", "/files", json={"name": "typed.txt", "rawText": "Invoice\nTotal: 4"})
    seed("GET", f"/files/{file}", params={"rawText": "true", "markdown": "true"})
    seed("GET", "/files", params={"nameContains": "invoice", "maxPageSize": "1"})
    config = CONFIGS[kind]
    processor = seed("POST", "/processors", json={"name": "One", "type": kind})["id"]
    seed("POST", "/processors", json={"name": "Two", "type": kind, "cloneProcessorId": processor})
    seed("POST", f"/processors/{processor}", json={"name": "Renamed", "config": config})
    version = seed(
        "POST", f"/processors/{processor}/publish", json={"releaseType": "major", "description": "First"}
    )
    seed("GET", f"/processors/{processor}/versions")
    seed("GET", f"/processors/{processor}/versions/{version['id']}")
    given = {"fileId": file, "fileName": "invoice.txt"}
    body = {"processorId": processor, "version": "1.0", "file": given, "metadata": {"a": 1}, "priority": 3}
    run = seed("POST", "/processor_runs", json=body)
    seed("GET", f"/processor_runs/{run['id']}")
    evaluation = {"name": "Set", "description": "All", "processorId": processor}
    made = seed("POST", "/evaluation_sets", json=evaluation)["id"]
    item = {"fileId": file, "expectedOutput": EXPECTED[kind]}
    one = seed("POST", "/evaluation_set_items", json={"evaluationSetId": made, **item})["id"]
    seed("POST", f"/evaluation_set_items/{one}", json={"expectedOutput": EXPECTED[kind]})
    seed("POST", "/evaluation_set_items/bulk", json={"evaluationSetId": made, "items": [item, item]})
    started = control("POST", "/batch_processor_runs", {"processorId": processor, "evaluationSetId": made})
    seed("GET", f"/batch_processor_runs/{started['id']}")
    seed("POST", "/parse", json={"file": {"fileId": file}, "config": {"target": "markdown"}})


def _workflows(seed: Seed, api: Any) -> None:
    seed("POST", "/workflows", json={"name": "Empty"})
    file = api.ok("POST", "/files/upload", V24, files={"file": ("invoice.txt", b"Total: 3\n")})["file"]["id"]
    extractor = api.ok("POST", "/extractors", json={"name": "One", "config": CONFIGS["EXTRACT"]})["id"]
    steps = [{"name": "fields", "type": "EXTRACT", "config": {"extractor": {"id": extractor}}}]
    workflow = api.ok("POST", "/workflows", json={"name": "Flow", "steps": steps})["id"]
    given = {"fileId": file, "fileName": "invoice.txt"}
    body = {"workflowId": workflow, "files": [given], "metadata": {"a": 1}, "priority": 3}
    run = seed("POST", "/workflow_runs", json=body)[0]["id"]
    seed("POST", "/workflow_runs", json={"workflowId": workflow, "rawTexts": ["Total: 5"]})
    done = seed("GET", f"/workflow_runs/{run}")
    seed("POST", f"/workflow_runs/{run}", json={"name": "Renamed", "metadata": {"b": 2}})
    seed(
        "POST",
        f"/workflow_runs/{run}/outputs/{done['outputs'][0]['id']}",
        json={"reviewedOutput": EXPECTED["EXTRACT"]},
    )
    seed("GET", f"/workflow_runs/{run}")
    inputs = [{"file": given, "name": "One", "metadata": {"c": 3}}, {"rawText": "Total: 6"}]
    batch = seed("POST", "/workflow_runs/batch", json={"workflowId": workflow, "inputs": inputs})
    assert isinstance(batch, str)
    seed("GET", "/workflow_runs", params={"batchId": batch, "sortBy": "createdAt", "maxPageSize": "1"})


@pytest.mark.parametrize("kind", CONFIGS)
def test_every_answer_has_the_documented_fields(seed, kind, api, extend_emulator):
    _drive(seed, kind, extend_emulator.control)
    if kind == "EXTRACT":
        _workflows(seed, api)
    assert [one for name, answer in seed.answers for one in wrong(answer, name)] == []
    assert len({name.rpartition("/")[0] for name, _ in seed.answers}) > 5


def test_all_of_the_24_are_called(seed, api, extend_emulator):
    _drive(seed, "EXTRACT", extend_emulator.control)
    _workflows(seed, api)
    from airflow_provider_extend.emulator.routes import resolve

    called = {
        (route.method, route.path)
        for name, _ in seed.answers
        for route in [resolve(*name.split(" "), V24)[0]]
    }
    assert len(called) == 24


def test_an_evaluation_is_as_its_example(seed, api, extend_emulator):
    """The options of a batch processor run, and its metrics of each type, are objects without a name of their own."""
    for kind, name in (("EXTRACT", "extract"), ("CLASSIFY", "classify"), ("SPLITTER", "splitter")):
        _drive(seed, kind, extend_emulator.control)
        runs = [answer for said, answer in seed.answers if said.startswith("GET /batch_processor_runs/")]
        example = json.loads((EXAMPLES / f"{V24}.batch_processor_run.{name}.json").read_text())["body"]
        ours, theirs = runs[-1]["batchProcessorRun"], example["batchProcessorRun"]
        # Not in the example, whose fields are no arrays (objects.md 2.2).
        ours["metrics"].pop("arrayCardinalityMetrics", None)
        for part in ("metrics", "options"):
            assert ours[part].keys() == theirs[part].keys(), (kind, part)
