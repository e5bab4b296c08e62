"""An account of Extend as the stub serves it: runs that end at drawn times, and other people's runs that change.

Pure: the clock is passed in, and whatever has happened by then is carried out before anything is read.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

#: A run was started each 1/10 s: what the smallest plan allows (README section 5).
STARTED_PER_SECOND = 10.0
#: Runs of other people, whose changes are drawn among them.
OTHERS = 500
MOVING, ENDED = "PROCESSING", "PROCESSED"


@dataclass(slots=True)
class Run:
    """A row; `turn` is the place of its last change in the account's order of changes."""

    id: str
    created: float
    updated: float
    status: str = MOVING
    turn: int = -1
    rendered: dict[str, bytes] = field(default_factory=dict)
    """Bodies as bytes, by shape, until the run changes."""


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Run]
    token: str | None


class Account:
    """:param runs: how many runs are waited for; the newest was started at `now`, each before it 0.1 s earlier.
    :param others: changes per second of other people's runs; also in the time before `now`.
    :param now: seconds since the epoch, as every time here.
    """

    def __init__(self, runs: int, now: float, others: float = 0.0, seed: int = 1) -> None:
        self._random = random.Random(seed)
        history = max(60.0, runs / STARTED_PER_SECOND)
        # Ended long ago: each side waits for it once before anything is measured.
        self.warm = Run("exr_warm", now - history - 7200, now - history - 7200, ENDED)
        self.own = [
            Run(f"exr_{number:020d}", created := now - number / STARTED_PER_SECOND, created)
            for number in range(runs)
        ]
        self.runs = {run.id: run for run in (self.warm, *self.own)}
        self.ends: dict[str, float] = {}
        self._changes: list[Run] = []
        self._due: list[tuple[float, Run]] = []
        self._every = 1 / others if others else None
        self._others: list[Run] = []
        if others:
            old = now - history - 3600
            self._others = [
                Run(f"exr_o{number:019d}", old - number, old - number) for number in range(OTHERS)
            ]
        first = [self.warm, *reversed(self._others)]
        self._by_creation = [*first, *reversed(self.own)]
        for run in first:
            self._changed(run, run.updated)
        self._next_other = now - history
        for run in reversed(self.own):
            self._others_until(run.created)
            self._changed(run, run.created)
        self.advance(now)

    def schedule(self, begin: float, seconds: float, share: float) -> None:
        """Let `share` of the runs end at times drawn evenly from the `seconds` after `begin`."""
        ending = self._random.sample(self.own, round(len(self.own) * share))
        due = [(begin + self._random.uniform(0, seconds), run) for run in ending]
        self._due = sorted(due, key=lambda pair: pair[0], reverse=True)

    def advance(self, now: float) -> None:
        """Carry out what has happened until `now`, in its order."""
        while self._due and self._due[-1][0] <= now:
            moment, run = self._due.pop()
            self._others_until(moment)
            run.status = ENDED
            self.ends[run.id] = moment
            self._changed(run, moment)
        self._others_until(now)

    def page(
        self,
        size: int,
        sort: str = "updatedAt",
        direction: str = "desc",
        status: str | None = None,
        token: str | None = None,
    ) -> Page:
        """One page of the list. The token is bound to the query and is a place in the order, not a count of rows:
        what changes while pages are read moves to the front, and shifts no page.

        :raises ValueError: the query cannot be answered; the API's 400.
        """
        if sort not in ("updatedAt", "createdAt") or direction not in ("asc", "desc") or size < 1:
            raise ValueError("sortBy is updatedAt or createdAt, sortDir asc or desc, maxPageSize at least 1")
        order = self._changes if sort == "updatedAt" else self._by_creation
        step = -1 if direction == "desc" else 1
        query = f"{sort} {direction} {status}"
        place = (len(order) - 1 if step < 0 else 0) if token is None else _place(token, query)
        rows: list[Run] = []
        fits = self._fits(order, status)
        while 0 <= place < len(order):
            if fits(place):
                if len(rows) == size:
                    return Page(rows, base64.urlsafe_b64encode(f"{query} {place}".encode()).decode())
                rows.append(order[place])
            place += step
        return Page(rows, None)

    def _fits(self, order: list[Run], status: str | None) -> Callable[[int], bool]:
        if order is self._changes:
            return lambda place: order[place].turn == place and status in (None, order[place].status)
        return lambda place: status in (None, order[place].status)

    def _others_until(self, moment: float) -> None:
        while self._every and self._next_other <= moment:
            run = self._random.choice(self._others)
            run.status = MOVING if run.status == ENDED else ENDED
            self._changed(run, self._next_other)
            self._next_other += self._every

    def _changed(self, run: Run, moment: float) -> None:
        run.updated, run.turn, run.rendered = moment, len(self._changes), {}
        self._changes.append(run)


def timestamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _place(token: str, query: str) -> int:
    try:
        bound, _, place = base64.urlsafe_b64decode(token).decode().rpartition(" ")
        if bound == query:
            return int(place)
    except ValueError:
        pass
    raise ValueError("nextPageToken does not belong to this query")
