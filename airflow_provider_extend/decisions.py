"""What is decided about a paid run when tasks are retried, cleared and killed: pure functions, no I/O, no Airflow.

* `next_try`: what the record of an earlier try asks for.
* `earlier_run`: what becomes of the run that an earlier try made.
* `answer_means`: whether a create was carried out.
* `settled_at`: from when on an empty search counts.
* `kill_cancels`: whether a trigger that was told to go may cancel its run.
* `cancel_means`: what a run has become of when it was to be cancelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_extend import fingerprints
from airflow_provider_extend.api.errors import ExtendError
from airflow_provider_extend.api.retry import in_doubt
from airflow_provider_extend.api.runs import CANCELLED as CANCELLED
from airflow_provider_extend.api.runs import FAILED, Run

# Of an earlier try's record, and of its run.
SUBMIT = "submit"
TAKE = "take"
LOOK_UP = "look_up"
FAIL = "fail"
WAIT = "wait"

# Why a record of an earlier try does not count for this one.
FIRST = "first"
CLEARED = "cleared"
CHANGED = "changed"

RECORD_VERSION = 1


def part(value: Any) -> str:
    """What a record keeps of something that the author named."""
    return fingerprints.of(value)[:16]


#: A parameter that is not given is the same as one that did not exist when the record was made.
NOT_GIVEN = part(None)


@dataclass(frozen=True, slots=True)
class NextTry:
    """What a try does about what an earlier one may have made.

    :ivar action: `submit`; `take` up the recorded id; `look_up` what may have been made; `fail`: the record
        cannot be read.
    :ivar reason: of a `submit`: `first`, `cleared` or `changed`. After the last two the earlier run is given up:
        it is cancelled where that can be done.
    :ivar changed: what the author named otherwise.
    """

    action: str
    reason: str | None = None
    changed: tuple[str, ...] = ()

    @property
    def gives_up_earlier(self) -> bool:
        return self.reason in (CLEARED, CHANGED)


def next_try(record: Any, max_tries: int, parts: Mapping[str, str]) -> NextTry:
    """Decide from the stored record.

    Clearing a task raises `max_tries` and a retry does not: that tells the two apart.

    :param record: what the store holds, None where it holds nothing.
    :param parts: fingerprints of what the author named, by name.
    """
    if record is None:
        return NextTry(SUBMIT, FIRST)
    known = isinstance(record, Mapping) and isinstance(record.get("parts"), Mapping)
    if not known or not isinstance(record.get("v"), int) or record["v"] > RECORD_VERSION:
        return NextTry(FAIL)
    if record.get("max_tries") != max_tries:
        return NextTry(SUBMIT, CLEARED)
    old = record["parts"]
    changed = tuple(sorted(n for n in {*old, *parts} if old.get(n, NOT_GIVEN) != parts.get(n, NOT_GIVEN)))
    if changed:
        return NextTry(SUBMIT, CHANGED, changed)
    return NextTry(TAKE if record.get("id") else LOOK_UP)


def earlier_run(run: Run | None) -> str:
    """`take`, `submit` a new one, `fail`, or `wait` and ask again, for the run of an earlier try as it is now.

    A run that moves is waited for and one that ended is handed on, whatever a person made of it. Only a run that was
    cancelled, or that failed for a reason that a new one may not meet again, is followed by another.

    :param run: None where Extend knows no such run (404): it was paid for, so that is never taken for "not made".
    """
    if run is None:
        return FAIL
    if run.status == "CANCELLING":
        return WAIT
    if run.outcome == CANCELLED:
        return SUBMIT
    if run.outcome == FAILED:
        return SUBMIT if run.worth_new_run else FAIL
    return TAKE


MADE = "made"
REFUSED = "refused"
UNKNOWN = "unknown"


def answer_means(error: ExtendError | None) -> str:
    """What an answer to a create says: `made`, `refused` for certain, or `unknown`.

    :param error: None for a success that names what was made.
    """
    if error is None:
        return MADE
    return UNKNOWN if in_doubt(error) else REFUSED


#: Lists may lag: what was made counts as absent only this many seconds after the last moment it can have been made.
LIST_LAG = 30.0
#: A create may go on this long after its intent was recorded: attempts after a 429, each with its wait and timeout.
LONGEST_CREATE = 600.0


def settled_at(started_at: float, now: float) -> float:
    """When an empty search becomes proof that nothing was made (seconds since the epoch).

    :param started_at: when the intent was recorded.
    :param now: when the search begins; the process that made the call has ended by then.
    """
    last = started_at if now - started_at > LONGEST_CREATE else max(now, started_at)
    return last + LIST_LAG


#: States of a task instance that say that somebody ended the task for good.
ENDED_STATES = frozenset({"failed", "success", "skipped", "removed"})


def kill_cancels(*, wanted: bool, fired: bool, overdue: bool, state: str | None, moving: bool | None) -> bool:
    """Whether a trigger that is told to go cancels its run.

    Airflow tells a trigger to go for a kill by a user, and also when another triggerer takes it over, when something
    outside wakes the task, and after a clear. A task instance that reads `deferred` moved to another triggerer;
    `scheduled`, `queued`, `running` was woken, or cleared: then the next try sees to the earlier run.

    :param wanted: `cancel_on_kill`, for a run that this task submitted.
    :param fired: the trigger has said that the wait is over.
    :param overdue: its deadline has passed: the operator decides what becomes of the run.
    :param state: of the task instance, read now; None where it cannot be read.
    :param moving: of the run, read now; None where it cannot be read.
    """
    return wanted and not fired and not overdue and state in ENDED_STATES and moving is True


# What became of a run that was to be cancelled.
GONE = "gone"
ENDED = "ended"
GOES_ON = "goes_on"


def cancel_means(run: Run | None) -> str:
    """`cancelled` (or on its way there), `ended` before that otherwise, `goes_on`, or `gone`.

    :param run: read after the call; None where Extend knows no such run.
    """
    if run is None:
        return GONE
    if run.outcome == CANCELLED or run.status == "CANCELLING":
        return CANCELLED
    return ENDED if run.ended else GOES_ON
