"""What time it is, and what a run's status is by it: a function of its age, unless the control forced one.

Moments are those of the machine; what is counted in seconds is counted here, as fast as the clock is set to run.
No thread moves a run. It is stored with when it began, how long it takes and how it will end; a cancel or a review
adds when it came. Everything else is read off the clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from airflow_provider_extend.emulator.store import Row, timestamp

PENDING_SHARE = 0.2
ENDED = frozenset("PROCESSED FAILED CANCELLED REJECTED REVIEWED".split())
#: The work was done, whatever a person makes of it.
DONE = frozenset("PROCESSED NEEDS_REVIEW REJECTED REVIEWED".split())
_FIRST = (0.0, 0.0, 1.0)
_Course = list[tuple[float, str]]  # (moment, status that begins then), in order


class Clock:
    """A line of anchors: (moment in seconds since 1970, seconds counted until then, speed from then on).

    Anchors are only added, so what has happened keeps its moment when the speed changes.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.restore([])

    def restore(self, anchors: Sequence[Sequence[float]]) -> None:
        self.anchors = [(at, seconds, speed) for at, seconds, speed in anchors] or [_FIRST]
        self._settled: dict[
            str, tuple[Row, Row]
        ] = {}  # runs of which time changes nothing more, and as they are

    def run_at(self, speed: float) -> None:
        with self._lock:
            now = time.time()
            self.anchors = [*self.anchors, (now, self.seconds(now), speed)]

    def seconds(self, moment: float | None = None) -> float:
        """The emulator's seconds at a moment, now without one."""
        moment = time.time() if moment is None else moment
        at, seconds, speed = next((a for a in reversed(self.anchors) if a[0] <= moment), _FIRST)
        return seconds + (moment - at) * speed

    def moment(self, seconds: float) -> float:
        at, counted, speed = next((a for a in reversed(self.anchors) if a[1] <= seconds), _FIRST)
        return at + (seconds - counted) / speed

    def after(self, moment: float, seconds: float) -> float:
        """The moment that lies so many of the emulator's seconds after another; before it, if negative."""
        return self.moment(self.seconds(moment) + seconds)

    def since(self, moment: float) -> float:
        return self.seconds() - self.seconds(moment)

    # Runs

    def _course(self, run: Row) -> _Course:
        begun, seconds, waits = run["startedAt"], run["runSeconds"], run.get("waits", 0.0)
        share = run.get("pendingShare", PENDING_SHARE)
        working = self.after(begun, waits + seconds * share) if share else begun
        course = [(begun, "PENDING")] if share else []
        course += [(working, "PROCESSING"), (self.after(begun, waits + seconds), run["ending"])]
        course += [(review["at"], review["status"]) for review in run.get("reviews", ())]
        if (at := run.get("cancelledAt")) is None:
            return course
        stopping = run["stopSeconds"]
        return [
            *(step for step in course if step[0] <= at),
            *([(at, "CANCELLING")] if stopping else []),
            (self.after(at, stopping), "CANCELLED"),
        ]

    def _past(self, run: Row, moment: float | None = None) -> _Course:
        now, course = moment or time.time(), self._course(run)
        return [step for step in course if step[0] <= now] or course[:1]

    def passed(self, run: Row) -> list[tuple[str, str]]:
        """(status, since when) of all that a run has gone through, the one of now last."""
        shown = [(status, _stamp(moment, run)) for moment, status in self._past(run)]
        return [*shown, (run["forced"]["status"], run["forced"]["at"])] if run.get("forced") else shown

    def left(self, run: Row, moment: float | None = None) -> float:
        """Seconds of the machine until time alone brings no other status."""
        return max(self._course(run)[-1][0] - (moment or time.time()), 0.0)

    def progress(self, run: Row, moment: float | None = None) -> Row:
        """``status`` and ``updatedAt`` as of now; of a row that has them already, those: one answer, one moment."""
        if "status" in run:
            return {"status": run["status"], "updatedAt": run["updatedAt"]}
        if run.get("forced"):
            status, at = run["forced"]["status"], run["forced"]["at"]
        else:
            past = self._past(run, moment)
            status, at = past[-1][1], _stamp(past[-1][0], run) if len(past) > 1 else run["createdAt"]
        return {"status": status, "updatedAt": max(at, run.get("editedAt", at))}

    def as_of_now(self, rows: list[tuple[int, Row]]) -> list[tuple[int, Row]]:
        """All of one moment. Rows are the store's own, which puts another in the place of one that changes."""
        moment, found = time.time(), []
        for seq, run in rows:
            known = self._settled.get(run["id"])
            if known and known[0] is run:
                found.append((seq, known[1]))
                continue
            found.append((seq, run | self.progress(run, moment)))
            if self.left(run, moment) == 0:
                self._settled[run["id"]] = run, found[-1][1]
        return found

    def times(self, run: Row) -> tuple[str | None, str | None]:
        """When the work began and when it ended, None for what is still to come."""
        shown = self.progress(run)
        if shown["status"] == "PENDING":
            return None, None
        begun = [_stamp(moment, run) for moment, status in self._past(run) if status == "PROCESSING"]
        never = shown["status"] in ("CANCELLING", "CANCELLED")
        since = self.passed(run)[-1][1]
        start = begun[0] if begun else None if never else since
        return start, since if shown["status"] in ENDED else None


def _stamp(moment: float, run: Row) -> str:
    return max(timestamp(datetime.fromtimestamp(moment, UTC)), str(run["createdAt"]))
