"""The clock of a run as it is made and as it is stopped, and who waits for the files per minute."""

from __future__ import annotations

import time
from collections.abc import Sequence

from airflow_provider_extend.emulator.kinds import COUNTED
from airflow_provider_extend.emulator.state import ApiError, State
from airflow_provider_extend.emulator.store import Row
from airflow_provider_extend.emulator.timeline import PENDING_SHARE


def begin(
    state: State,
    pending: bool,
    at: float,
    reasons: Sequence[str | None],
    files: Sequence[int],
    priority: int | None = None,
) -> list[Row]:
    """The clocks of new runs, in their order. Call within a transaction.

    ``reasons``: why one will fail, whatever was ordered; ``files``: how many of one count against the files per minute;
    ``priority``: 1 to 100, the lowest first, 50 where none is given.
    """
    seconds, quota = float(state.settings["run_seconds"]), state.settings["files_per_minute"]
    runs: list[Row] = []
    for reason, count in zip(reasons, files, strict=True):
        ordered = state.take_failure() if reason is None else {"reason": reason}
        run: Row = {"startedAt": at, "runSeconds": seconds, "pendingShare": PENDING_SHARE if pending else 0.0}
        run |= {"ending": "FAILED" if ordered else "PROCESSED", "waits": 0.0, "counted": count}
        run |= {"failureReason": (ordered["reason"] or "INTERNAL_ERROR") if ordered else None}
        runs.append(run | {"priority": 50 if priority is None else priority})
    if quota and any(files):
        _queue(state, [run for run in runs if run["counted"]], quota)
    return runs


def _queue(state: State, runs: Sequence[Row], quota: int) -> None:
    """For how many seconds new runs wait; those that wait already are put in order again with them.

    Assumption: runs beyond the files per minute wait in the order of priority, then age.
    """
    now = state.clock.seconds()
    oldest = state.clock.moment(now - 60)
    placed = [
        (state.clock.seconds(row["startedAt"]) + row["waits"], kind, row)
        for kind in COUNTED
        for _, row in state.store.all(kind)
        if row.get("counted") and (row["waits"] or row["startedAt"] > oldest)
    ]
    begun = sorted(
        start for start, _, row in placed for _ in range(row["counted"]) if now - 60 < start <= now
    )
    waiting = [(kind, row) for start, kind, row in placed if start > now and row.get("cancelledAt") is None]
    waiting += [("", run) for run in runs]
    for kind, row in sorted(waiting, key=lambda one: (one[1]["priority"], one[1]["startedAt"])):
        room = max(quota - row["counted"], 0)
        start = max(now, begun[-1 - room] + 60) if len(begun) > room else now
        begun += [start] * min(row["counted"], quota)
        waits = max(start - state.clock.seconds(row["startedAt"]), 0.0)
        if not kind:
            row["waits"] = waits
        elif abs(waits - row["waits"]) > 0.001:
            state.store.put(kind, row | {"waits": waits})


def cancelled(state: State, run: Row, allowed: tuple[str, ...], stop_share: float) -> Row:
    """The run as it is after a cancel. A forced status counts as the run's own, and ends with it."""
    if (status := state.clock.progress(run)["status"]) not in allowed:
        raise ApiError(400, f"A run can be cancelled in {' or '.join(allowed)}; this one is {status}")
    stopping = min(stop_share * run["runSeconds"], 0.5)
    return run | {"forced": None, "cancelledAt": time.time(), "stopSeconds": stopping}
