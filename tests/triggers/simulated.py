"""An Extend in simulated time, and a poller without threads: hours of waiting in a second.

Written against Extend's documentation; it shares nothing with the code that asks it.
"""

from __future__ import annotations

import bisect
import heapq
import itertools
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from airflow_provider_extend.api.errors import ExtendError, ExtendNotFound
from airflow_provider_extend.api.runs import read_run
from airflow_provider_extend.triggers.lane import Page, Read
from airflow_provider_extend.triggers.schedule import Schedule

#: Simulated clocks begin here, on both sides.
START = 1_800_000_000.0


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Extend:
    """Runs that end at set times; lists show changes after `lag` seconds.

    :ivar page: rows a page at most. :ivar forgets: ids whose changes no list ever shows.
    """

    page: int = 100
    lag: float = 0.0
    version: str = "2026-02-09"
    ends: dict[str, float] = field(default_factory=dict)
    as_what: dict[str, str] = field(default_factory=dict)
    batches: dict[str, str] = field(default_factory=dict)
    forgets: set[str] = field(default_factory=set)
    changes: list[tuple[float, str]] = field(default_factory=list)
    trouble: Callable[[Any, float], ExtendError | None] = lambda ask, now: None
    asked: list[tuple[float, str]] = field(default_factory=list)

    def run(self, run_id: str, ends: float = math.inf, made: float = START, status: str = "PROCESSED") -> str:
        self.ends[run_id], self.as_what[run_id] = ends, status
        bisect.insort(self.changes, (made, run_id))
        if ends < math.inf:
            bisect.insort(self.changes, (ends, run_id))
        return run_id

    def foreign(self, a_second: float, until: float) -> None:
        """Changes of runs that nobody here waits for."""
        count = int((until - START) * a_second)
        self.changes += [(START + n / a_second, f"foreign_{n}") for n in range(count)]
        self.changes.sort()

    def status(self, run_id: str, now: float) -> str:
        return self.as_what[run_id] if self.ends.get(run_id, math.inf) <= now else "PROCESSING"

    def read(self, kind: str, run_id: str, now: float) -> Any:
        self.asked.append((now, "read"))
        if run_id not in self.ends:
            raise ExtendNotFound("no such run", status=404)
        ends = self.ends[run_id]
        body = {"id": run_id, "status": self.status(run_id, now)}
        if ends <= now:
            body["updatedAt"] = stamp(ends)
        if run_id in self.batches:
            body["batchId"] = self.batches[run_id]
        return read_run(kind, self.version, body)

    def list(self, query: dict[str, Any], now: float) -> tuple[list[dict[str, Any]], str | None]:
        self.asked.append((now, "list"))
        rows = self._rows_of_batch(query["batchId"], now) if "batchId" in query else self._rows(now)
        skip, size = int(query.get("nextPageToken") or 0), min(query["maxPageSize"], self.page)
        shown = list(itertools.islice(rows, skip, skip + size + 1))
        rows_shown = [
            {"id": run_id, "status": self.status(run_id, seen_at), "updatedAt": stamp(when)}
            for when, run_id, seen_at in shown[:size]
        ]
        return rows_shown, str(skip + size) if len(shown) > size else None

    def _rows(self, now: float) -> Iterator[tuple[float, str, float]]:
        """Newest change first, each run once: when it changed, which it is, and when it stood so."""
        seen: set[str] = set()
        for index in range(bisect.bisect_right(self.changes, (now - self.lag, "~")) - 1, -1, -1):
            when, run_id = self.changes[index]
            if run_id in seen or (run_id in self.forgets and when == self.ends[run_id]):
                continue
            seen.add(run_id)
            yield when, run_id, when

    def _rows_of_batch(self, batch_id: str, now: float) -> Iterator[tuple[float, str, float]]:
        for run_id, batch in self.batches.items():
            if batch == batch_id:
                yield START, run_id, now


@dataclass
class Poller:
    """Carries out what a schedule asks: at most `rate` requests a second, each answered after `latency` seconds."""

    extend: Extend
    rate: float = 10.0
    latency: float = 0.05
    now: float = START
    at_once: int = 7
    together: int = 5
    ended: dict[Any, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.schedule = Schedule(draw=random.Random(7).uniform)
        self.schedule.speaks(self.extend.version, self.rate)
        self._slot = self.now
        self._answers: list[tuple[float, int, Callable[[], None]]] = []
        self._turns = itertools.count()

    def run(self, until: float) -> None:
        """Go on until then, or until nobody waits."""
        steps = 0
        while self.schedule.busy and self.now < until:
            steps += 1
            assert steps < 3_000_000, "it asks without end"
            self.schedule.expire(self.now)
            free = len(self._answers) < self.at_once and self._slot <= self.now
            if free and (asks := self.schedule.asks(self.now, self.together)):
                self._slot = self.now + len(asks) / self.rate
                self._put(asks)
                continue
            moments = [self._answers[0][0]] if self._answers else []
            if len(self._answers) < self.at_once:
                moments.append(max(self.schedule.next_at(), self._slot))
            at = min([*moments, until])
            if self._answers and self._answers[0][0] <= at:
                self.now, _, answer = heapq.heappop(self._answers)
                answer()
            else:
                assert at > self.now or at == until, "it is due and asks nothing"
                self.now = max(at, self.now)
        self.now = max(self.now, until) if self.schedule.busy else self.now

    def _put(self, asks: list[Read | Page]) -> None:
        """One after the other; what comes of them is told at the end."""
        times = [self.now + place * self.latency for place in range(len(asks))]

        def answer() -> None:
            for ask, asked in zip(asks, times, strict=True):
                self._tell(ask, asked)

        heapq.heappush(self._answers, (times[-1] + self.latency, next(self._turns), answer))

    def _tell(self, ask: Read | Page, asked: float) -> None:
        try:
            if (error := self.extend.trouble(ask, asked)) is not None:
                self.extend.asked.append((asked, "trouble"))
                raise error
            if isinstance(ask, Page):
                rows, following = self.extend.list(dict(ask.query), asked)
                self.schedule.on_page(ask, rows, following, self.now)
            else:
                run = self.extend.read(ask.target.kind, ask.target.run_id, asked)
                self.schedule.on_run(ask, run, self.now)
        except ExtendError as error:
            self.schedule.on_error(ask, error, self.now)
