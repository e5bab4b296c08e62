"""Who waits for which run: the values that the shared poller keeps."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from airflow_provider_extend.api.polling import LAST_INTERVAL


@dataclass(slots=True, eq=False)
class Wait:
    """One caller: which runs it waits for, until when, and what has been found.

    Times are those of the clock that `Schedule` is given.

    :ivar ceiling: longest interval between two looks, in seconds.
    :ivar past: outcomes that do not end it: a run that waits for a review moves on when a person acts.
    :ivar first: whether it is over with the first run that has ended; else with the last.
    :ivar event: how it ended: `ended`, `timeout`, `error`; None while it goes on.
    :ivar statuses: run id -> status last seen of it.
    :ivar ended: ids of the runs that have ended, in the order of being seen.
    :ivar notes: what the caller should log: level and words.
    :ivar left: what it still waits for.
    :ivar refused: whether one of its runs cannot be read for good.
    :ivar last_looks: runs that are still to be looked at once more; None before the deadline.
    """

    deadline: float
    ceiling: float = LAST_INTERVAL
    past: frozenset[str] = frozenset()
    first: bool = False
    event: str | None = None
    statuses: dict[str, str] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)
    left: set[Target] = field(default_factory=set)
    refused: bool = False
    warned: bool = False
    last_looks: set[Target] | None = None

    def changed(self) -> None:
        """Called when there are notes, and when it is over."""

    def note(self, level: int, words: str) -> None:
        self.notes.append((level, words))
        self.changed()

    def ends(self, event: str) -> None:
        self.event = event
        self.changed()


@dataclass(slots=True, eq=False)
class Target:
    """One run that somebody waits for.

    :ivar members: how many runs a batch of workflow runs has (see `reading.look_up`).
    :ivar due: when it is to be read by itself. :ivar turn: its valid entry in the queue of its lane.
    :ivar seen: whether its status is known since its lane asks as it does now; :ivar ever_seen: at all.
    :ivar asked: whether a read of it is on its way.
    :ivar troubles: failed reads in a row; :ivar refusals: those of them that no waiting mends.
    """

    kind: str
    run_id: str
    members: int | None
    since: float
    due: float
    turn: int = -1
    waits: list[Wait] = field(default_factory=list)
    seen: bool = False
    ever_seen: bool = False
    asked: bool = False
    read_at: float = -math.inf
    troubles: int = 0
    refusals: int = 0

    @property
    def ceiling(self) -> float:
        return min((wait.ceiling for wait in self.waits), default=LAST_INTERVAL)

    def age(self, now: float) -> float:
        return max(0.0, now - self.since)

    def __str__(self) -> str:
        return f"{self.kind} {self.run_id}"
