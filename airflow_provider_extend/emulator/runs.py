"""Evaluation runs: scored once when they start, revealed by the clock.

The outputs and counts are made from the snapshot of that moment (config, items, the files' texts) and kept,
so neither a later edit nor a restart changes them.
"""

from __future__ import annotations

import time
from typing import Any

from airflow_provider_extend.emulator import clock
from airflow_provider_extend.emulator.documents import pages_of
from airflow_provider_extend.emulator.metrics import SCALES, metrics_2024, metrics_2026, progress_2026
from airflow_provider_extend.emulator.processing import perform
from airflow_provider_extend.emulator.state import ApiError, State
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.timeline import PENDING_SHARE


def start(state: State, evaluation_set: Row, version: Row, item_ids: list[str] | None, source: str) -> Row:
    items = [r for _, r in state.store.all("item") if r["evaluationSetId"] == evaluation_set["id"]]
    if item_ids is not None:
        known = {item["id"]: item for item in items}
        if missing := [key for key in item_ids if key not in known]:
            raise ApiError(
                404, f"No such item in evaluation set {evaluation_set['id']}: {', '.join(missing)}"
            )
        items = [known[key] for key in item_ids]
    texts = [[page for key in item["fileIds"] for page in pages_of(state.store, key)] for item in items]
    readings = [perform(version["type"], version["config"], text) for text in texts]
    scored = [(got, item["expectedOutput"]) for got, item in zip(readings, items, strict=True)]
    tallies = SCALES[version["type"]].score(version["config"], scored)
    run_id = new_id("bpr_")
    with state.store.transaction():
        run = {
            "id": run_id,
            "evaluationSetId": evaluation_set["id"],
            "processorId": version["processorId"],
            "processorVersionId": version["id"],
            "type": version["type"],
            "version": version["version"],
            "source": source,
            "items": [item["id"] for item in items],
            **clock.begin(state, True, time.time(), [None], [0])[0],
            "createdAt": state.store.stamp(),
        }
        outputs = [
            {"itemId": item["id"], "fileId": item["fileIds"][0], "output": got["values"]}
            for item, got in zip(items, readings, strict=True)
        ]
        result = {"id": run_id, "tallies": tallies, "pages": sum(map(len, texts)), "outputs": outputs}
        state.store.put("result", result | {"latencies": _latencies(texts, run["runSeconds"])})
        return state.store.put("run", run)


def _latencies(texts: list[list[str]], seconds: float) -> list[float]:
    """Milliseconds per file. Assumption: the files share the time of PROCESSING by the length of their text."""
    lengths = [1 + sum(map(len, pages)) for pages in texts]
    working = 1000 * seconds * (1 - PENDING_SHARE)
    return [round(working * length / sum(lengths), 3) for length in lengths]


def _files_done(state: State, run: Row) -> int:
    """A run that ends FAILED stops half way (assumption)."""
    total = len(run["items"])
    pending = run["runSeconds"] * PENDING_SHARE
    share = (state.clock.since(run["startedAt"]) - pending) / max(run["runSeconds"] - pending, 1e-9)
    return min(max(int(total * share), 0), total // 2 if run["ending"] == "FAILED" else total)


def metrics(state: State, run: Row, status: str) -> dict[str, Any]:
    """2026-02-09. Assumption: before PROCESSED, and for good when FAILED, only the type and the progress."""
    if status != "PROCESSED":
        return progress_2026(run["type"], len(run["items"]), _files_done(state, run))
    return metrics_2026(*_scores(state, run))


def legacy_metrics(state: State, run: Row, status: str, rich: bool) -> dict[str, Any]:
    """The batch processor run's. Assumption: empty unless PROCESSED."""
    if status != "PROCESSED":
        return {}
    full = metrics_2024(*_scores(state, run))
    return full if rich else {key: full[key] for key in ("numFiles", "numPages")}


def _scores(state: State, run: Row) -> tuple[str, list[Row], int, int, list[float]]:
    result = state.store.need("result", run["id"])
    return run["type"], result["tallies"], len(run["items"]), result["pages"], result["latencies"]
