"""Evaluation runs: scored once when they start, revealed by the clock.

The outputs and counts are made from the snapshot of that moment (config, items, the files' texts) and kept,
so neither a later edit nor a restart changes them. No thread works in the background: a run's status is a
function of its age, unless the control forced one.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from airflow_provider_extend.emulator import extraction
from airflow_provider_extend.emulator.metrics import metrics_2024, metrics_2026, progress_2026, score
from airflow_provider_extend.emulator.state import ApiError, State
from airflow_provider_extend.emulator.store import Row, new_id, timestamp

_PENDING_SHARE = 0.2


def start(state: State, evaluation_set: Row, version: Row, item_ids: list[str] | None, source: str) -> Row:
    items = [r for _, r in state.store.all("item") if r["evaluationSetId"] == evaluation_set["id"]]
    if item_ids is not None:
        known = {item["id"]: item for item in items}
        if missing := [key for key in item_ids if key not in known]:
            raise ApiError(
                404, f"No such item in evaluation set {evaluation_set['id']}: {', '.join(missing)}"
            )
        items = [known[key] for key in item_ids]
    texts = [[page for key in item["fileIds"] for page in pages_of(state, key)] for item in items]
    extracted = [extraction.extract(text, version["config"]) for text in texts]
    scored = [(*got, item["expectedOutput"]) for got, item in zip(extracted, items, strict=True)]
    tallies = score(version["config"], scored)
    run_id = new_id("bpr_")
    with state.store.transaction():
        failing = state.take_failure()
        seconds = float(state.settings["run_seconds"])
        run = {
            "id": run_id,
            "evaluationSetId": evaluation_set["id"],
            "processorId": version["processorId"],
            "processorVersionId": version["id"],
            "version": version["version"],
            "source": source,
            "items": [item["id"] for item in items],
            "startedAt": time.time(),
            "runSeconds": seconds,
            "ending": "FAILED" if failing else "PROCESSED",
            "failureReason": failing["reason"] if failing else None,
            "createdAt": state.store.stamp(),
        }
        outputs = [
            {"itemId": item["id"], "fileId": item["fileIds"][0], "output": values}
            for item, (values, _) in zip(items, extracted, strict=True)
        ]
        result = {"id": run_id, "tallies": tallies, "pages": sum(map(len, texts)), "outputs": outputs}
        state.store.put("result", result | {"latencies": _latencies(texts, seconds)})
        return state.store.put("run", run)


def pages_of(state: State, file_id: str) -> list[str]:
    """Pages of text; none for a file that cannot be read or was deleted: it counts, without values."""
    stored = state.store.read_blob(f"{file_id}.text")
    return list(json.loads(stored)) if stored else []


def _latencies(texts: list[list[str]], seconds: float) -> list[float]:
    """Milliseconds per file. Assumption: the files share the time of PROCESSING by the length of their text."""
    lengths = [1 + sum(map(len, pages)) for pages in texts]
    working = 1000 * seconds * (1 - _PENDING_SHARE)
    return [round(working * length / sum(lengths), 3) for length in lengths]


def progress(run: Row) -> Row:
    """``status`` and ``updatedAt`` as of now."""
    if run.get("forced"):
        return {"status": run["forced"]["status"], "updatedAt": run["forced"]["at"]}
    age, seconds = time.time() - run["startedAt"], run["runSeconds"]
    if age < seconds * _PENDING_SHARE:
        return {"status": "PENDING", "updatedAt": run["createdAt"]}
    ended = age >= seconds
    moment = run["startedAt"] + (seconds if ended else seconds * _PENDING_SHARE)
    at = timestamp(datetime.fromtimestamp(moment, UTC))
    return {"status": run["ending"] if ended else "PROCESSING", "updatedAt": max(at, run["createdAt"])}


def _files_done(run: Row) -> int:
    """A run that ends FAILED stops half way (assumption)."""
    total = len(run["items"])
    pending = run["runSeconds"] * _PENDING_SHARE
    share = (time.time() - run["startedAt"] - pending) / max(run["runSeconds"] - pending, 1e-9)
    return min(max(int(total * share), 0), total // 2 if run["ending"] == "FAILED" else total)


def metrics(state: State, run: Row, status: str) -> dict[str, Any]:
    """2026-02-09. Assumption: before PROCESSED, and for good when FAILED, only the type and the progress."""
    if status != "PROCESSED":
        return progress_2026(len(run["items"]), _files_done(run))
    return metrics_2026(*_scores(state, run))


def legacy_metrics(state: State, run: Row, status: str, rich: bool) -> dict[str, Any]:
    """The batch processor run's. Assumption: empty unless PROCESSED."""
    if status != "PROCESSED":
        return {}
    full = metrics_2024(*_scores(state, run))
    return full if rich else {key: full[key] for key in ("numFiles", "numPages")}


def _scores(state: State, run: Row) -> tuple[list[Row], int, int, list[float]]:
    result = state.store.need("result", run["id"])
    return result["tallies"], len(run["items"]), result["pages"], result["latencies"]
