"""What is asked next on behalf of all who wait, and what each answer means to them: no I/O, the clock is passed in."""

from __future__ import annotations

import heapq
import itertools
import logging
import math
import random
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from airflow_provider_extend.api.errors import ExtendError
from airflow_provider_extend.api.polling import (
    ENDED,
    ERROR,
    FIRST_INTERVAL,
    MAX_REFUSALS,
    TIMEOUT,
    Draw,
    listing_of,
    refusals_of,
)
from airflow_provider_extend.api.retry import wait_seconds
from airflow_provider_extend.api.runs import OUTCOMES, Run, parse_time
from airflow_provider_extend.triggers.lane import Ask, Lane, Page, Read
from airflow_provider_extend.triggers.waits import Target, Wait

#: Seconds that the last look at a deadline may take.
LAST_LOOK = 15.0
#: A wait for more runs than this gets a last scan, and no last look at each.
_LAST_LOOKS = 10
#: So much trouble in a row, whichever run was asked about, is trouble with Extend: everybody pauses.
OUTAGE = 5


class Schedule:
    """The waits of one connection, by lanes that take turns: ten thousand runs of one kind do not keep the only one of
    another waiting.

    A wait ends with what it waits for, at its deadline, or when one of its runs was refused `MAX_REFUSALS` times in a
    row in a way that no waiting mends. Everything else is waited out.

    :param draw: where jitter comes from.
    """

    def __init__(self, draw: Draw = random.uniform) -> None:
        self._draw = draw
        self._version: str | None = None
        self._rate = 0.0
        self._lanes: dict[tuple[str, str | None], Lane] = {}
        self._known: dict[tuple[str, str], tuple[Target, Lane]] = {}
        self._deadlines: list[tuple[float, int, Wait]] = []
        self._turns = itertools.count()
        self._last_looks: deque[Target] = deque()
        self._ways = [self._last_look, self._turn_of_a_lane]
        self._paused_until = -math.inf
        self._outages = 0

    @property
    def busy(self) -> bool:
        """Whether anybody waits."""
        return bool(self._known)

    def speaks(self, version: str, rate: float) -> None:
        """Which version of the API is asked: it decides which kinds can be listed; and how many requests a second."""
        self._rate = rate
        if version != self._version:
            self._version = version
            for lane in self._lanes.values():
                lane.speaks(listing_of(lane.kind, version))

    # Who waits

    def add(
        self, wait: Wait, kind: str, run_ids: Collection[str], now: float, members: int | None = None
    ) -> None:
        """:param members: how many runs a batch of workflow runs has (see `reading.look_up`)."""
        for run_id in dict.fromkeys(run_ids):
            target, lane = self._known.get((kind, run_id)) or self._new(kind, run_id, members, now)
            if target.members is None:
                target.members = members
            target.waits.append(wait)
            wait.left.add(target)
            target.seen = False  # a look of its own, however often others have looked
            lane.add(target, now)
            lane.hurry(now)
        heapq.heappush(self._deadlines, (wait.deadline, next(self._turns), wait))

    def drop(self, wait: Wait) -> None:
        """The caller has gone, or is done."""
        for target in tuple(wait.left):
            self._release(wait, target)
        if len(self._deadlines) > 2 * len(self._known) + 100:
            self._deadlines = [entry for entry in self._deadlines if entry[2].left]
            heapq.heapify(self._deadlines)

    def _new(self, kind: str, run_id: str, members: int | None, now: float) -> tuple[Target, Lane]:
        target, lane = Target(kind, run_id, members, now, now), self._lane(kind, None)
        self._known[kind, run_id] = target, lane
        return target, lane

    def _release(self, wait: Wait, target: Target) -> None:
        wait.left.discard(target)
        target.waits.remove(wait)
        if not target.waits:
            _, lane = self._known.pop((target.kind, target.run_id))
            self._leave(lane, target)

    def _leave(self, lane: Lane, target: Target) -> None:
        lane.remove(target)
        if not lane.targets:
            del self._lanes[lane.kind, lane.batch_id]

    def _lane_of(self, target: Target) -> Lane:
        return self._known[target.kind, target.run_id][1]

    def _lane(self, kind: str, batch_id: str | None) -> Lane:
        lane = self._lanes.get((kind, batch_id))
        if lane is None:
            lane = self._lanes[kind, batch_id] = Lane(kind, batch_id, self._draw)
            if self._version is not None:
                lane.speaks(listing_of(kind, self._version))
        return lane

    # What is asked next

    def next_at(self) -> float:
        """When there is something to do: an ask, or a deadline."""
        deadline = self._deadlines[0][0] if self._deadlines else math.inf
        ask = min((lane.next_at() for lane in self._lanes.values()), default=math.inf)
        if any(not target.asked for target in self._last_looks):
            ask = -math.inf
        return min(deadline, max(ask, self._paused_until))

    def asks(self, now: float, most: int) -> list[Ask]:
        """The next requests, of which only the first is sure to be sent; none: nobody is due.

        A page and a last look come alone: what is sent before them would hold them up, and they others.

        :param most: of reads of one kind so many at once.
        """
        if now < self._paused_until:
            return []
        # Turns are of requests: while somebody's deadline waits, each other one is a last look.
        most = 1 if self._last_looks else most
        for way in tuple(self._ways):
            if asks := way(now, most):
                self._ways.remove(way)
                self._ways.append(way)
                return asks
        return []

    def _last_look(self, now: float, most: int) -> list[Ask]:
        for _ in range(len(self._last_looks)):
            target = self._last_looks.popleft()
            if target.asked:
                self._last_looks.append(target)  # what is on its way was asked before the deadline
            elif target.waits:
                target.asked = True
                return [Read(target, now)]
        return []

    def _turn_of_a_lane(self, now: float, most: int) -> list[Ask]:
        for key, lane in tuple(self._lanes.items()):
            asks: list[Ask] = []
            while len(asks) < most and (ask := lane.ask(now, self._rate)) is not None:
                asks.append(ask)
                if isinstance(ask, Page):
                    break
            if asks:
                self._lanes[key] = self._lanes.pop(key)  # the others' turn
                return asks
        return []

    def expire(self, now: float) -> None:
        """Deadlines that have passed: one last look, and then the wait is over."""
        while self._deadlines and self._deadlines[0][0] <= now:
            _, turn, wait = heapq.heappop(self._deadlines)
            if not wait.left:
                continue
            if wait.last_looks is not None:
                self._end(wait, TIMEOUT)
                continue
            wait.last_looks = set(wait.left)
            heapq.heappush(self._deadlines, (now + LAST_LOOK, turn, wait))
            if len(wait.left) <= _LAST_LOOKS:
                self._last_looks.extend(wait.left)
            for lane in {self._lane_of(target) for target in wait.left}:
                lane.hurry(now)

    # What the answers mean

    def on_run(self, read: Read, run: Run, now: float) -> None:
        target = read.target
        target.asked, self._outages = False, 0
        if not target.waits:
            return
        lane = self._lane_of(target)
        if any(run.outcome is not None and run.outcome not in wait.past for wait in target.waits):
            lane.found_ended(target, parse_time(run.raw.get("updatedAt")), now)
        lane.looked(target, now, read_at=read.began)
        self._stands(target, run.status, run.outcome)
        batch_id = run.raw.get("batchId")
        if target.waits and isinstance(batch_id, str) and lane.batch_id is None:
            self._list_with_batch(target, lane, batch_id)
        self._looked_last(read)

    def on_page(
        self, page: Page, rows: Sequence[Mapping[str, Any]], following: str | None, now: float
    ) -> None:
        self._outages = 0
        for target, status in page.scan.lane.on_page(page.scan, rows, following, now):
            self._stands(target, status, OUTCOMES.get(status))

    def on_error(self, ask: Ask, error: ExtendError, now: float) -> None:
        lasting = refusals_of(error, None) > 0
        if not lasting:
            self._pause(error, now)
        if isinstance(ask, Page):
            ask.scan.lane.on_page_error(ask.scan, error, now)
            return
        target = ask.target
        target.asked = False
        if not target.waits:
            return
        target.troubles += 1
        counts = refusals_of(error, None if target.ever_seen else target.age(now))
        target.refusals = target.refusals + counts if counts else 0
        if target.refusals >= MAX_REFUSALS:
            self._refused(target, error)
            return
        if target.troubles & (target.troubles - 1) == 0:  # the 1st, 2nd, 4th, 8th, ... in a row
            for wait in target.waits:
                wait.note(logging.INFO, f"{target} cannot be read: {error}")
        if lasting:
            pause = FIRST_INTERVAL + wait_seconds(error, 1, self._draw)
        else:
            pause = wait_seconds(error, target.troubles, self._draw)
        self._lane_of(target).put_off(target, now + pause)
        self._looked_last(ask)

    def again(self, ask: Ask) -> None:
        """It was not asked, or not with the key that counts now: its turn is still due."""
        if isinstance(ask, Page):
            ask.scan.asked = False
            return
        target = ask.target
        target.asked = False
        if target.waits:
            self._lane_of(target).put_off(target, target.due)
        if _lasts(ask):
            self._last_looks.append(target)

    def fail(self, words: str) -> None:
        """Nothing can be asked at all."""
        for wait in {wait: None for target, _ in self._known.values() for wait in target.waits}:
            wait.note(logging.ERROR, words)
            self._end(wait, ERROR)

    def _pause(self, error: ExtendError, now: float) -> None:
        """What one call was told holds for the whole account."""
        self._outages += 1
        asked = getattr(error, "retry_after", None)
        if asked is not None or self._outages >= OUTAGE:
            pause = wait_seconds(error, max(1, self._outages - OUTAGE + 1), self._draw)
            self._paused_until = max(self._paused_until, now + pause)

    def _stands(self, target: Target, status: str, outcome: str | None) -> None:
        target.troubles = target.refusals = 0
        for wait in tuple(target.waits):
            wait.statuses[target.run_id] = status
            if status not in OUTCOMES and not wait.warned:
                wait.warned = True
                wait.note(logging.WARNING, f"Unknown status {status!r} of {target}: waiting on.")
            if outcome is not None and outcome not in wait.past:
                wait.ended.append(target.run_id)
                self._settled(wait, target)

    def _refused(self, target: Target, error: ExtendError) -> None:
        for wait in tuple(target.waits):
            wait.refused = True
            wait.note(logging.ERROR, f"{target} cannot be read: {error}")
            self._settled(wait, target)

    def _settled(self, wait: Wait, target: Target) -> None:
        """There is nothing more to learn about it for this wait."""
        self._release(wait, target)
        if wait.first or not wait.left:
            self._end(wait, ERROR if wait.refused else ENDED)

    def _looked_last(self, read: Read) -> None:
        for wait, last_looks in _lasts(read):
            last_looks.discard(read.target)
            if not last_looks:
                self._end(wait, TIMEOUT)

    def _end(self, wait: Wait, event: str) -> None:
        self.drop(wait)
        wait.ends(event)

    def _list_with_batch(self, target: Target, lane: Lane, batch_id: str) -> None:
        """Runs of one batch are listed together, where their kind cannot be listed by its changes."""
        listing = listing_of(target.kind, self._version) if self._version else None
        if listing is None or listing.newest_first:
            return
        self._leave(lane, target)
        batch = self._lane(target.kind, batch_id)
        self._known[target.kind, target.run_id] = target, batch
        batch.add(target, target.due)


def _lasts(read: Read) -> list[tuple[Wait, set[Target]]]:
    """The waits whose last look this is, each with those that it still waits for."""
    return [
        (wait, wait.last_looks)
        for wait in read.target.waits
        if wait.last_looks is not None and read.target in wait.last_looks and read.began >= wait.deadline
    ]
