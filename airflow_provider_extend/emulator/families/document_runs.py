"""What the runs on one document have in common: parse, edit, form detection and verify runs.

As with the other runs the work is done when a run is made, and the clock reveals it. What is kept of one is the
row, and a ``result`` with the output.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from airflow_provider_extend.emulator import clock, documents
from airflow_provider_extend.emulator.call import Call, Later
from airflow_provider_extend.emulator.families import files
from airflow_provider_extend.emulator.inputs import Input
from airflow_provider_extend.emulator.kinds import COUNTED
from airflow_provider_extend.emulator.state import V25, V26, ApiError, State
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.views import SHAPES, View, failure, usage

_AGAIN = frozenset("OCR_ERROR INTERNAL_ERROR".split())  # README 4: worth another try
_DONE = frozenset("PROCESSED FAILED".split())
_PURGED_AFTER = 3600  # seconds after the end of a run without retention


class Failed(Exception):
    """The run ends FAILED with this ``failureReason``."""

    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message or documents.PROBLEMS[reason]


@dataclass(frozen=True)
class Outcome:
    """``counts``: of the metrics, and the pages that are paid for; ``made``: a file that came out of it."""

    output: Row
    counts: Row = field(default_factory=dict)
    made: files.Source | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of run. ``name`` is that of its store, shape and object in 2026-02-09."""

    name: str
    prefixes: tuple[str, str]  # of ids: before 2026-02-09, and there
    given: Callable[[Call], tuple[Input, Row]]  # the document and the config, checked, with its defaults
    work: Callable[[files.Source, Row], Outcome]
    fails_calls: bool  # a sync call answers a run that failed with an HTTP error
    retried: bool = True  # a sync call that took too long may be sent again
    retention: bool = False  # the body may say that the output is not kept


def start(call: Call, kind: Kind, given: list[Input], config: Row, batch_id: str | None = None) -> list[Row]:
    """Runs of one body. A member of a batch of parse runs comes from it, other runs from the API."""
    store, found = call.state.store, [_worked(kind, one.source, config) for one in given]
    for one, (outcome, _) in zip(given, found, strict=True):
        files.write(call.state, one.source)
        if outcome.made:
            files.write(call.state, outcome.made)
    rows = []
    with store.transaction():
        begun, now = time.time(), store.stamp()
        if batch_id:
            store.put("batch", {"id": batch_id, "kind": kind.name, "runCount": len(given), "createdAt": now})
        reasons = [failed.reason if failed else None for _, failed in found]
        counts = [int(kind.name in COUNTED)] * len(given)
        timings = clock.begin(
            call.state, batch_id is not None, begun, reasons, counts, call.body.get("priority")
        )
        for one, (outcome, failed), timing in zip(given, found, timings, strict=True):
            file = files.keep(call.state, one.source, now)
            row: Row = {
                "id": new_id(kind.prefixes[call.version == V26]),
                "batchId": batch_id,
                "source": "BATCH_PARSER_RUN" if batch_id else "API",
                "sourceId": batch_id or call.request_id,
                "fileId": file["id"],
                "fileName": file["name"],
                "config": config,
                "metadata": one.metadata,
                "counts": {"pageCount": len(one.source.pages)} | outcome.counts,
                "zero": _unretained(call, kind),
                "said": failed and failed.message,
                **timing,
                "createdAt": now,
            }
            if outcome.made and timing["ending"] != "FAILED":
                row["madeId"] = files.keep(call.state, outcome.made, now)["id"]
            store.put(
                "result", {"id": row["id"], "outputs": [{"fileId": file["id"], "output": outcome.output}]}
            )
            rows.append(store.put(kind.name, row))
    call.made += [row["id"] for row in rows]
    return rows


def _worked(kind: Kind, source: files.Source, config: Row) -> tuple[Outcome, Failed | None]:
    try:
        return kind.work(source, config), None
    except Failed as failed:
        return Outcome({}), failed


def _unretained(call: Call, kind: Kind) -> bool:
    asked = (call.body.get("dataRetention") or {}).get("mode") if kind.retention else None
    return bool(asked == "zero" or call.state.settings["zero_retention"])


def readable(source: files.Source) -> list[str]:
    if not source.pages:
        raise Failed(source.file.get("problem") or "CORRUPT_FILE")
    return source.pages


# Handlers


def creating(kind: Kind, sync: bool = False) -> Callable[[Call], Row | Later]:
    def handler(call: Call) -> Row | Later:
        one, config = kind.given(call)
        (row,) = start(call, kind, [one], config)
        if sync:
            return call.wait(kind.name, row["id"], partial(_finished, call, kind))
        return _shown(call, kind.name, row | {"status": "PROCESSING", "updatedAt": row["createdAt"]})

    return handler


def _finished(call: Call, kind: Kind, row: Row, ended: bool) -> Row:
    """Assumption: a run that a sync call did not wait for goes on."""
    if not ended:
        said = f"The run took longer than {call.state.settings['sync_seconds']} s. It goes on."
        more = {} if kind.retried else {"runId": row["id"], "retryable": False}
        raise ApiError(504, said, None, **more)
    if kind.fails_calls and call.state.clock.progress(row)["status"] == "FAILED":
        reason = str(row["failureReason"])
        message = row["said"] or f"The run ended with {reason}."
        raise ApiError(500 if reason in _AGAIN else 422, message, reason)
    return _shown(call, kind.name, row)


def getting(name: str) -> Callable[[Call], Row]:
    return lambda call: _shown(call, name, call.find(name, call.params["id"]))


def cancelling(name: str, refused: bool) -> Callable[[Call], Row]:
    """``refused``: of a run that is not PROCESSING; else it is answered as it is."""

    def handler(call: Call) -> Row:
        with call.state.store.transaction():
            row = call.find(name, call.params["id"])
            if refused or call.state.clock.progress(row)["status"] == "PROCESSING":
                row = call.state.store.put(name, clock.cancelled(call.state, row, ("PROCESSING",), 0))
        return _shown(call, name, row)

    return handler


def deleting(name: str) -> Callable[[Call], Row]:
    """One that is moving ends with that, too."""
    return lambda call: call.delete_run(name)


def _shown(call: Call, name: str, row: Row) -> Row:
    """In 2025-04-21 a run that is not done has only its status. Without retention the output is given once."""
    shape = f"{name}_status"
    if not (call.style == V25 and shape in SHAPES and call.state.clock.progress(row)["status"] not in _DONE):
        shape = name
    answer = call.show(shape, row | {"delivery": call.query.get("responseType")})
    if row["zero"] and answer.get("output"):
        call.state.store.delete("result", row["id"])
    return answer


# How one is seen


def output_of(state: State, row: Row) -> Any:
    """What came out, None before the end, of a run that has none, and once it was purged."""
    if "parsed" in row:  # of another run, which has it in its own result
        return row["parsed"]
    at = state.clock.progress(row)
    ended = at["status"] == "PROCESSED"
    if ended and row["zero"]:
        ended = state.clock.since(datetime.fromisoformat(at["updatedAt"]).timestamp()) < _PURGED_AFTER
    kept = state.store.get("result", row["id"]) if ended else None
    return kept["outputs"][0]["output"] or None if kept else None


def facts(view: View, name: str, row: Row) -> Row:
    at, shown = view.state.clock.progress(row), files.of_run(view, row)
    done, pages = at["status"] == "PROCESSED", row["counts"]["pageCount"] or 1  # a picture counts as one
    spent = 1000 * row["runSeconds"] * (1 - row["pendingShare"])
    found: Row = {
        "object": name,
        "file": shown[0] if shown else None,
        "output": output_of(view.state, row),
        "metrics": {"processingTimeMs": round(spent, 3)} | row["counts"] if done else None,
        "usage": usage(view, pages, [(name, row["id"], pages)]) if done else None,
    }
    told = failure(row, at["status"])
    if told["failureReason"] and row["said"]:
        told["failureMessage"] = row["said"]
    return found | told | at


def status_of(name: str) -> Callable[[View, Row], Row]:
    """Builder of the small object that only tells how far a run is."""
    older = {"parse_run": "parser_run"}.get(name, name)

    def build(view: View, row: Row) -> Row:
        at = view.state.clock.progress(row)
        return {"object": f"{name if view.style == V26 else older}_status"} | failure(row, at["status"]) | at

    return build
