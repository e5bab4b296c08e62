"""Workflow runs at work: a walk through the steps is made when a run begins and after each review, and kept."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_extend.emulator import documents
from airflow_provider_extend.emulator.families.files import pages_of_run, part_of
from airflow_provider_extend.emulator.processing import TYPES, Type, prefix
from airflow_provider_extend.emulator.state import V26, ApiError, State
from airflow_provider_extend.emulator.steps import Document, Walk, amended, edits, latest
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.timeline import DONE
from airflow_provider_extend.emulator.views import View

#: What workflows.jobs gives: step -> (type of processor, config, version of the processor).
Jobs = Mapping[str, tuple[Type, Row, Row | None]]


def walk(version: Row, jobs: Jobs, pages: list[str], metadata: Row | None, known: Sequence[Row]) -> Walk:
    """``known``: outputs that are given, each with the id of its processor. Raises ApiError 400 for one that fits
    no step.
    """
    said: dict[str, Any] = {}
    for at, one in enumerate(known):
        named = [
            name
            for name, (_, _, used) in jobs.items()
            if used and one["processorId"] in (used["processorId"], used["id"])
        ]
        if not named:
            raise ApiError(
                400, f"outputs[{at}].processorId: no step of the workflow runs {one['processorId']}"
            )
        said |= dict.fromkeys(named, one["output"])
    made = Walk(version["steps"], _plain(jobs), metadata or {}, [Document(pages)], said)
    made.start()
    return made


def _plain(jobs: Jobs) -> dict[str, tuple[Type, Row]]:
    return {name: (kind, config) for name, (kind, config, _) in jobs.items()}


def settle(state: State, run: Row, result: Row, made: Walk, jobs: Jobs, api_version: str) -> None:
    """Adds what a walk has found to a run and its result. Call within a transaction."""
    for record in made.records[len(run["steps"]) :]:
        at = next(n for n, step in enumerate(made.steps) if step["name"] == record["step"])
        step, reading, used = made.steps[at], record["reading"], None
        entry: Row = {
            "stepId": f"step_{run['workflowVersionId'].removeprefix('workflow_version_')}{at}",
            "stepRunId": new_id("workflow_step_run_"),
            "name": step["name"],
            "type": step["type"],
            "document": record["document"],
            "kind": None,
            "runId": run["parseRunId"],
        }
        _add_documents(run, result, made)
        if step["name"] in jobs:
            kind, _, used = jobs[step["name"]]
            entry |= {"kind": kind.name, "runId": new_id(prefix(kind, 2, api_version))}
            if kind.name == "SPLITTER":
                files = run["documents"][record["document"]]["fileIds"]
                reading = reading | {"values": [_cut(state, files, part, run) for part in reading["values"]]}
        entry |= {"processorId": used and used["processorId"], "processorVersionId": used and used["id"]}
        run["steps"].append(entry)
        result["readings"].append(reading)
    _add_documents(run, result, made)
    result["waiting"] = made.waiting
    result["outputs"] = [
        {"fileId": run["documents"][step["document"]]["fileIds"][0], "step": step["name"]}
        | {"output": latest(reading)["values"]}
        for step, reading in zip(run["steps"], result["readings"], strict=True)
        if step["kind"]
    ]


def _add_documents(run: Row, result: Row, made: Walk) -> None:
    for document in made.documents[len(run["documents"]) :]:
        place = document.part or {}
        if place["record"] >= len(result["readings"]):
            return
        part = result["readings"][place["record"]]["values"][place["number"]]
        pages = part["endPage"] - part["startPage"] + 1
        run["documents"].append({"fileIds": [part["fileId"]], "parent": document.parent, "pages": pages})


def _cut(state: State, file_ids: Sequence[str], part: Row, run: Row) -> Row:
    """The part with its id and its file, cut from the file of the document in which it begins."""
    before = 0
    for key in file_ids:
        count, file = len(documents.pages_of(state.store, key)), state.store.get("file", key)
        if file and before < part["startPage"] <= before + count:
            here = {"startPage": part["startPage"] - before, "endPage": min(part["endPage"] - before, count)}
            whole = {"observation": "", "identifier": ""} | part
            made = part_of(state, file, whole | here, run["createdAt"])
            return whole | {"id": made["id"], "fileId": made["fileId"]}
        before += count
    return part | {"id": new_id("splt_"), "fileId": file_ids[0]}


def go_on(state: State, run: Row, result: Row, version: Row, jobs: Jobs, api_version: str) -> None:
    """From the reviews that the run waits for, with what they have put right. Call within a transaction."""
    found = [Document(pages_of_run(state, one), one["parent"]) for one in run["documents"]]
    records = [
        {"step": step["name"], "document": step["document"], "reading": reading}
        for step, reading in zip(run["steps"], result["readings"], strict=True)
    ]
    waiting = [(name, at) for name, at in result["waiting"]]
    made = Walk(version["steps"], _plain(jobs), run["metadata"], found, records=records, waiting=waiting)
    made.resume()
    settle(state, run, result, made, jobs, api_version)


# Review


def correct(state: State, run: Row, result: Row, at: int, given: Any) -> None:
    """Puts the output of a step right. Raises ApiError 400 for one that does not fit."""
    step, reading = run["steps"][at], result["readings"][at]
    kind = TYPES[step["kind"]]
    values = amended(kind, reading, given)
    if kind.name == "SPLITTER":
        files = run["documents"][step["document"]]["fileIds"]
        values = [_cut(state, files, part, run) for part in values]
    result["readings"][at] = reading | {"reviewed": values}


def reviewed(run: Row, status: str, by: Row | None, note: str | None) -> None:
    review = {"at": time.time(), "status": status, "steps": len(run["steps"])}
    run["forced"] = None
    run |= {"reviews": [*run.get("reviews", []), review], "reviewer": by, "rejectionNote": note}


def inner(view: View, run: Row, step: Row, reading: Row) -> Row:
    """The run inside a step, as it is once the workflow run has come so far. Assumption: it ends with that run and
    shares its metadata.
    """
    document = run["documents"][step["document"]]
    facts = {key: run[key] for key in "parseRunId metadata createdAt updatedAt".split()}
    facts["pages"] = document["pages"]
    facts |= {key: step[key] for key in ("processorId", "processorVersionId")}
    facts |= {"id": step["runId"], "type": step["kind"], "status": "PROCESSED", "failureReason": None}
    facts |= {"fileId": document["fileIds"][0], "fileIds": document["fileIds"], "reading": reading}
    if step["kind"] is None:
        facts |= {key: run[key] for key in ("runSeconds", "pendingShare")} | {"config": reading["config"]}
        facts |= {"counts": {"pageCount": document["pages"]}, "zero": False, "said": None, "batchId": None}
        return view.show("parse_run", facts | {"parsed": reading["parsed"]})
    kind = TYPES[step["kind"]]
    shown = view.show(kind.run, facts)
    if "reviewed" in reading:
        better = kind.shown(latest(reading), view.style)
        shown |= {"output": better, "reviewedOutput": better, "reviewed": True, "edited": True}
        if kind.name == "EXTRACT":
            shown["edits"] = dict(edits(reading["values"], reading["reviewed"]))
    return shown


def find(view: View, key: str, kinds: Sequence[str | None]) -> Row | None:
    """The run of this id inside a workflow run that has come so far, as the version shows it. ``kinds``: of steps."""
    for _, run in view.state.store.all("workflow_run"):
        for at, step in enumerate(run["steps"]):
            if (step["runId"], step["kind"] in kinds) == (key, True):
                now, older = run | view.state.clock.progress(run), view.style != V26
                if now["status"] not in DONE or (older and step["kind"] and not step["processorId"]):
                    return None
                return inner(view, now, step, view.state.store.need("result", run["id"])["readings"][at])
    return None
