"""What a run's status is: a function of its age, unless the control forced one.

No thread works in the background. A run is stored with when it began, how long it takes and how it will end;
a cancel adds when it was asked for. Everything else is read off the clock.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from airflow_provider_extend.emulator.state import ApiError, State
from airflow_provider_extend.emulator.store import Row, timestamp

PENDING_SHARE = 0.2
ENDED = frozenset("PROCESSED FAILED CANCELLED REJECTED REVIEWED".split())
#: The work was done, whatever a person makes of it.
DONE = frozenset("PROCESSED NEEDS_REVIEW REJECTED REVIEWED".split())


def begin(state: State, pending: bool, at: float, reason: str | None = None) -> Row:
    """The clock of a new run; ``reason``: why it will fail, whatever was ordered. Call within a transaction."""
    ordered = state.take_failure() if reason is None else {"reason": reason}
    return {
        "startedAt": at,
        "runSeconds": float(state.settings["run_seconds"]),
        "pendingShare": PENDING_SHARE if pending else 0.0,
        "ending": "FAILED" if ordered else "PROCESSED",
        "failureReason": (ordered["reason"] or "INTERNAL_ERROR") if ordered else None,
    }


def _course(run: Row) -> list[tuple[float, str]]:
    """(moment, status that begins then), in order."""
    begun, seconds = run["startedAt"], run["runSeconds"]
    share = run.get("pendingShare", PENDING_SHARE)
    course = [(begun, "PENDING")] if share else []
    course += [(begun + seconds * share, "PROCESSING"), (begun + seconds, run["ending"])]
    if (at := run.get("cancelledAt")) is None:
        return course
    stopping = run["stopSeconds"]
    return [
        *(step for step in course if step[0] <= at),
        *([(at, "CANCELLING")] if stopping else []),
        (at + stopping, "CANCELLED"),
    ]


def _past(run: Row, moment: float | None = None) -> list[tuple[float, str]]:
    now, course = moment or time.time(), _course(run)
    return [step for step in course if step[0] <= now] or course[:1]


def _stamp(moment: float, run: Row) -> str:
    return max(timestamp(datetime.fromtimestamp(moment, UTC)), str(run["createdAt"]))


def progress(run: Row, moment: float | None = None) -> Row:
    """``status`` and ``updatedAt`` as of now; of a row that has them already, those: one answer, one moment."""
    if "status" in run:
        return {"status": run["status"], "updatedAt": run["updatedAt"]}
    if run.get("forced"):
        status, at = run["forced"]["status"], run["forced"]["at"]
    else:
        past = _past(run, moment)
        status, at = past[-1][1], _stamp(past[-1][0], run) if len(past) > 1 else run["createdAt"]
    return {"status": status, "updatedAt": max(at, run.get("editedAt", at))}


def as_of_now(rows: list[tuple[int, Row]]) -> list[tuple[int, Row]]:
    """All of one moment."""
    moment = time.time()
    return [(seq, run | progress(run, moment)) for seq, run in rows]


def times(run: Row) -> tuple[str | None, str | None]:
    """When the work began and when it ended, None for what is still to come."""
    shown = progress(run)
    if shown["status"] == "PENDING":
        return None, None
    begun = [_stamp(moment, run) for moment, status in _past(run) if status == "PROCESSING"]
    never = shown["status"] in ("CANCELLING", "CANCELLED")
    start = begun[0] if begun else None if never else shown["updatedAt"]
    return start, shown["updatedAt"] if shown["status"] in ENDED else None


def cancelled(run: Row, allowed: tuple[str, ...], stop_share: float) -> Row:
    """The run as it is after a cancel. A forced status counts as the run's own, and ends with it."""
    if (status := progress(run)["status"]) not in allowed:
        raise ApiError(400, f"A run can be cancelled in {' or '.join(allowed)}; this one is {status}")
    stopping = min(stop_share * run["runSeconds"], 0.5)
    return run | {"forced": None, "cancelledAt": time.time(), "stopSeconds": stopping}
