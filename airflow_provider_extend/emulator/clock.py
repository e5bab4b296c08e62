"""What a run's status is: a function of its age, unless the control forced one.

No thread moves a run. It is stored with when it began, how long it takes and how it will end; a cancel or a
review adds when it came. Everything else is read off the clock, whose speed is that of the timeline.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from airflow_provider_extend.emulator.kinds import COUNTED
from airflow_provider_extend.emulator.state import ApiError, State
from airflow_provider_extend.emulator.store import Row, timestamp
from airflow_provider_extend.emulator.timeline import TIMELINE

PENDING_SHARE = 0.2
ENDED = frozenset("PROCESSED FAILED CANCELLED REJECTED REVIEWED".split())
#: The work was done, whatever a person makes of it.
DONE = frozenset("PROCESSED NEEDS_REVIEW REJECTED REVIEWED".split())


def begin(
    state: State,
    pending: bool,
    at: float,
    reason: str | None = None,
    priority: int | None = None,
    files: int = 1,
) -> Row:
    """The clock of a new run; ``reason``: why it will fail, whatever was ordered. Call within a transaction.

    ``priority``: 1 to 100, the lowest first, 50 where none is given; ``files``: how many count against the
    files per minute, 0 for a kind whose files do not.
    """
    ordered = state.take_failure() if reason is None else {"reason": reason}
    run: Row = {
        "startedAt": at,
        "runSeconds": float(state.settings["run_seconds"]),
        "pendingShare": PENDING_SHARE if pending else 0.0,
        "ending": "FAILED" if ordered else "PROCESSED",
        "failureReason": (ordered["reason"] or "INTERNAL_ERROR") if ordered else None,
        "priority": 50 if priority is None else priority,
        "counted": files,
    }
    quota = state.settings["files_per_minute"]
    return run | {"waits": _queued(state, run, quota) if quota and files else 0.0}


def _queued(state: State, run: Row, quota: int) -> float:
    """For how many seconds a new run waits; those that wait already are put in order again with it.

    Assumption: runs beyond the files per minute wait in the order of priority, then age.
    """
    now = TIMELINE.seconds()
    rows = [(kind, row) for kind in COUNTED for _, row in state.store.all(kind) if row.get("counted")]
    placed = [(TIMELINE.seconds(row["startedAt"]) + row["waits"], kind, row) for kind, row in rows]
    begun = sorted(
        start for start, _, row in placed for _ in range(row["counted"]) if now - 60 < start <= now
    )
    waiting = [(kind, row) for start, kind, row in placed if start > now and row.get("cancelledAt") is None]
    waiting = sorted([*waiting, ("", run)], key=lambda one: (one[1]["priority"], one[1]["startedAt"]))
    found = 0.0
    for kind, row in waiting:
        room = max(quota - row["counted"], 0)
        start = max(now, begun[-1 - room] + 60) if len(begun) > room else now
        begun += [start] * min(row["counted"], quota)
        waits = max(start - TIMELINE.seconds(row["startedAt"]), 0.0)
        if not kind:
            found = waits
        elif abs(waits - row["waits"]) > 0.001:
            state.store.put(kind, row | {"waits": waits})
    return found


def _course(run: Row) -> list[tuple[float, str]]:
    """(moment, status that begins then), in order."""
    begun, seconds, waits = run["startedAt"], run["runSeconds"], run.get("waits", 0.0)
    share = run.get("pendingShare", PENDING_SHARE)
    working = TIMELINE.after(begun, waits + seconds * share) if share else begun
    course = [(begun, "PENDING")] if share else []
    course += [(working, "PROCESSING"), (TIMELINE.after(begun, waits + seconds), run["ending"])]
    course += [(review["at"], review["status"]) for review in run.get("reviews", ())]
    if (at := run.get("cancelledAt")) is None:
        return course
    stopping = run["stopSeconds"]
    return [
        *(step for step in course if step[0] <= at),
        *([(at, "CANCELLING")] if stopping else []),
        (TIMELINE.after(at, stopping), "CANCELLED"),
    ]


def _past(run: Row, moment: float | None = None) -> list[tuple[float, str]]:
    now, course = moment or time.time(), _course(run)
    return [step for step in course if step[0] <= now] or course[:1]


def passed(run: Row) -> list[tuple[str, str]]:
    """(status, since when) of all that a run has gone through, the one of now last."""
    shown = [(status, _stamp(moment, run)) for moment, status in _past(run)]
    return [*shown, (run["forced"]["status"], run["forced"]["at"])] if run.get("forced") else shown


def left(run: Row) -> float:
    """Seconds of the machine until time alone brings no other status."""
    return max(_course(run)[-1][0] - time.time(), 0.0)


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
    since = passed(run)[-1][1]
    start = begun[0] if begun else None if never else since
    return start, since if shown["status"] in ENDED else None


def cancelled(run: Row, allowed: tuple[str, ...], stop_share: float) -> Row:
    """The run as it is after a cancel. A forced status counts as the run's own, and ends with it."""
    if (status := progress(run)["status"]) not in allowed:
        raise ApiError(400, f"A run can be cancelled in {' or '.join(allowed)}; this one is {status}")
    stopping = min(stop_share * run["runSeconds"], 0.5)
    return run | {"forced": None, "cancelledAt": time.time(), "stopSeconds": stopping}
