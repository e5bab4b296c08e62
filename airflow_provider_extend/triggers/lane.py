"""What is asked next about the runs of one kind: pages of a list, or one run after the other. No I/O, no clock."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_provider_extend.api.errors import ExtendError
from airflow_provider_extend.api.polling import (
    FIRST_INTERVAL,
    LAST_INTERVAL,
    Draw,
    Listing,
    interval,
    refusals_of,
)
from airflow_provider_extend.api.retry import wait_seconds
from airflow_provider_extend.api.runs import parse_time
from airflow_provider_extend.triggers.waits import Target

#: Seconds that changes may take to show in a list: a whole scan goes so far behind the one before it.
OVERLAP = 60.0
#: Seconds between whole scans; those in between go only a little behind the newest change that is known.
WHOLE_SCAN_EVERY = 60.0
SHORT_OVERLAP = 3.0
#: Seconds between two scans at least, unless somebody has come: each serves all who wait.
SCAN_EVERY = 3.0
#: A lane's scans take at most this share of the account's requests in the long run, and its whole ones this.
PAGES_SHARE, WHOLE_SHARE = 1 / 3, 0.1
#: Where a list carries a lane, reads of what no page has shown take at most this share of the account's requests, and
#: those of what one has shown this one.
READS_SHARE, SAFETY_SHARE = 0.1, 0.02
#: Seconds between single reads of a run that a list carries; they grow with the time that it has been waited for.
SAFETY_FIRST, SAFETY_LAST = 120.0, 600.0
#: A list that takes more pages than it saves reads, or that cannot be used, is tried again after so many seconds.
DEAR_FOR, BROKEN_FOR = 60.0, 600.0
#: Rows asked for in a page: at most, and at least, where only the latest changes are wanted.
PAGE_SIZE, SMALL_PAGE = 100, 20

_turns = itertools.count()
#: When a run is due, its turn, the run.
_Entry = tuple[float, int, Target]


@dataclass(slots=True, eq=False)
class Scan:
    """Pages of a list from its newest change down to `floor` (seconds since the epoch at Extend)."""

    lane: Lane
    began: float
    whole: bool
    floor: float | None
    size: int = PAGE_SIZE
    newest: float | None = None
    token: str | None = None
    pages: int = 0
    new_rows: int = 0
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """Ask: how does this run stand?"""

    target: Target
    began: float


@dataclass(frozen=True, slots=True)
class Page:
    """Ask: the next page of a scan, from list endpoint `name`."""

    scan: Scan
    name: str
    query: Mapping[str, Any]


Ask = Read | Page


class Lane:
    """The runs of one kind that are waited for; of one batch, where the list of the kind knows no order.

    They are asked for by list where there is one and it takes fewer requests than reading each run. A list only adds
    knowledge: that it does not show a run proves nothing. So each run that no page has shown is read by itself at once,
    and each of them now and then, after a scan. An end that is found so, and that a scan should have shown, puts the
    list in doubt: for some minutes each run is read as if there were none, besides.
    """

    def __init__(self, kind: str, batch_id: str | None, draw: Draw) -> None:
        self.kind = kind
        self.batch_id = batch_id
        self.targets: dict[str, Target] = {}
        self._draw = draw
        self._unseen: list[_Entry] = []
        self._due: list[_Entry] = []
        self._listing: Listing | None = None
        self._by_list = False
        self._list_again = -math.inf
        self._next_read = -math.inf
        self._safety_reads = 0.0
        self._scan: Scan | None = None
        self._scan_at = self._scan_soonest = self._hurried_at = self._scanned_at = -math.inf
        self._newest: float | None = None
        self._new_rows = PAGE_SIZE
        self._came = False
        self._whole_newest: float | None = None
        self._whole_at = self._covered = -math.inf
        self._ahead = self._doubted_until = -math.inf
        self._ceiling = LAST_INTERVAL
        self._rate = 1.0
        self._troubles = 0

    def speaks(self, listing: Listing | None) -> None:
        """Which list shows its runs, in the version of the API that is asked."""
        if listing is not None and not listing.newest_first and self.batch_id is None:
            listing = None
        if listing != self._listing:
            self._listing = listing
            self._read_each(list_again=-math.inf)

    def add(self, target: Target, due: float) -> None:
        """Its own look comes at `due`; known or not."""
        self.targets[target.run_id] = target
        self.put_off(target, due)

    def remove(self, target: Target) -> None:
        self.targets.pop(target.run_id, None)

    # What is asked next

    def next_at(self) -> float:
        """When `ask` may have something."""
        first, again = self._first_of(self._unseen), self._first_of(self._due)
        if not self._by_list:
            return min(first, again, self._may_list_at)
        if self._scan is not None:
            return math.inf if self._scan.asked else -math.inf
        return min(self._scan_at, max(first, self._next_read), again if self._safety_reads >= 1 else math.inf)

    def ask(self, now: float, rate: float) -> Ask | None:
        """:param rate: requests a second that the account allows."""
        self._rate = rate
        if now >= self._may_list_at:
            self._begin_lists(now)
        if not self._by_list:
            return self._read(min(self._unseen, self._due, key=self._first_of), now)
        if self._scan is None and now >= self._scan_at:
            a_second = self._safety_share(now) * rate
            earned = self._safety_reads + a_second * (now - self._scanned_at)
            self._safety_reads = min(earned, max(1.0, a_second * WHOLE_SCAN_EVERY))
            self._scanned_at = now
            self._scan = self._new_scan(now)
        if self._scan is not None:
            return None if self._scan.asked else self._next_page(self._scan)
        # Not while a scan goes on: it may show whoever is due.
        if now >= self._next_read and (read := self._read(self._unseen, now)) is not None:
            self._next_read = now + 1 / (READS_SHARE * rate)
            return read
        if self._safety_reads >= 1 and (read := self._read(self._due, now)) is not None:
            self._safety_reads -= 1
            return read
        return None

    def _safety_share(self, now: float) -> float:
        if now < self._doubted_until:
            return 1.0
        # A list without an order shows no gap by which it could be doubted.
        return SAFETY_SHARE if self._listing is not None and self._listing.newest_first else READS_SHARE

    def _next_page(self, scan: Scan) -> Page:
        assert self._listing is not None
        scan.asked = True
        return Page(scan, self._listing.name, self._query(scan))

    @property
    def _may_list_at(self) -> float:
        if self._by_list or self._listing is None or len(self.targets) < 2:
            return math.inf
        return self._list_again

    def _read(self, queue: list[_Entry], now: float) -> Read | None:
        if self._first_of(queue) > now:
            return None
        target = heapq.heappop(queue)[2]
        target.asked = True
        return Read(target, now)

    def _first_of(self, queue: list[_Entry]) -> float:
        """When its first is due, once the entries are gone of runs that nobody waits for or whose turn has changed."""
        while queue:
            due, turn, target = queue[0]
            if turn == target.turn and not target.asked and self.targets.get(target.run_id) is target:
                return due
            heapq.heappop(queue)
        return math.inf

    def _push(self, target: Target) -> None:
        target.turn = next(_turns)
        heapq.heappush(self._due if target.seen else self._unseen, (target.due, target.turn, target))

    # Lists

    def _begin_lists(self, now: float) -> None:
        self._by_list, self._scan, self._scan_at = True, None, now
        self._newest = self._whole_newest = None
        self._whole_at = self._covered = self._ahead = -math.inf
        self._scanned_at = now
        for target in self.targets.values():
            # The first scan reaches back by the overlap: what was read within it needs no other look.
            target.seen = target.read_at > now - OVERLAP + SHORT_OVERLAP
            target.due = self._safety(target, target.read_at) if target.seen else now
        self._rebuild()

    def _read_each(self, list_again: float) -> None:
        """Do without the list until then."""
        self._list_again, self._scan = list_again, None
        if self._by_list:
            self._by_list = False
            self._read_all_again()

    def _read_all_again(self) -> None:
        """Each when it would be its turn without a list."""
        for target in self.targets.values():
            target.due = min(target.due, target.read_at + self._interval(target, target.read_at))
        self._rebuild()

    def _rebuild(self) -> None:
        self._unseen.clear()
        self._due.clear()
        for target in self.targets.values():
            self._push(target)

    def _new_scan(self, now: float) -> Scan:
        assert self._listing is not None
        if not self._listing.newest_first:
            return Scan(self, now, whole=True, floor=-math.inf)
        whole = now >= self._whole_at
        known, overlap = (self._whole_newest, OVERLAP) if whole else (self._newest, SHORT_OVERLAP)
        # Most of what a page costs is its rows; whoever has come may stand further down.
        size = PAGE_SIZE if whole or self._came else min(PAGE_SIZE, self._new_rows + SMALL_PAGE)
        self._came = False
        return Scan(self, now, whole, None if known is None else known - overlap, size)

    def _query(self, scan: Scan) -> dict[str, Any]:
        assert self._listing is not None
        page = {"nextPageToken": scan.token} if scan.token else {}
        return {"maxPageSize": scan.size, **self._listing.query(self.batch_id), **page}

    def on_page(
        self, scan: Scan, rows: Sequence[Mapping[str, Any]], following: str | None, now: float
    ) -> list[tuple[Target, str]]:
        """:return: the runs among `rows` that are waited for, with their statuses."""
        scan.asked, self._troubles = False, 0
        if scan is not self._scan or self._listing is None:
            return []
        scan.pages += 1
        shown = [
            (target, row["status"])
            for row in rows
            if (target := self.targets.get(str(row.get("id")))) and isinstance(row.get("status"), str)
        ]
        news = any(not target.seen for target, _ in shown)
        for target, _ in shown:
            self.looked(target, now)
        below = False
        if self._listing.newest_first:
            times = [when.timestamp() for row in rows if (when := parse_time(row.get("updatedAt")))]
            if (rows and not times) or any(a < b for a, b in itertools.pairwise(times)):
                self._read_each(now + BROKEN_FOR)  # it does not say what changed last
                return shown
            if times and scan.newest is None:
                scan.newest = times[0]
                scan.floor = times[0] - OVERLAP if scan.floor is None else scan.floor
            floor = -math.inf if scan.floor is None else scan.floor
            scan.new_rows += sum(when >= floor for when in times)
            below = bool(times) and times[-1] < floor
        if following is None or (below and not news):
            self._scanned(scan, now)
        elif scan.pages >= max(2, len(self.targets)) or following == scan.token:
            self._read_each(now + DEAR_FOR)
        else:
            scan.token = following
        return shown

    def _scanned(self, scan: Scan, now: float) -> None:
        """A scan is complete: only then does it count for where the next ones end."""
        self._scan = None
        if scan.newest is not None:
            self._newest = scan.newest
            if not scan.whole:
                self._new_rows = scan.new_rows
            else:
                self._whole_newest = scan.newest
                # Extend's clock is ahead of ours by this at least.
                self._ahead = max(self._ahead, scan.newest - scan.began)
                self._covered = scan.began + self._ahead - OVERLAP
                self._whole_at = scan.began + max(WHOLE_SCAN_EVERY, scan.pages / (WHOLE_SHARE * self._rate))
        if scan.whole or self._hurried_at >= scan.began:  # not each time: there may be thousands
            self._ceiling = min((target.ceiling for target in self.targets.values()), default=LAST_INTERVAL)
        youngest = next(reversed(self.targets.values()), None)
        age = youngest.age(now) if youngest else 0.0
        pages_take = scan.pages / (PAGES_SHARE * self._rate)
        least = max(pages_take, min(SCAN_EVERY, self._ceiling))
        pause = max(interval(age, self._ceiling, self._draw), least)
        # However slow pages are, some time between two scans is for reads.
        reads_until = now + (now - scan.began) / 5
        self._scan_at = max(scan.began + pause, reads_until)
        self._scan_soonest = max(scan.began + max(FIRST_INTERVAL, pages_take), reads_until)
        if self._hurried_at > scan.began:
            self.hurry(now)

    def on_page_error(self, scan: Scan, error: ExtendError, now: float) -> None:
        scan.asked = False
        if scan is not self._scan:
            return
        self._troubles += 1
        if refusals_of(error, None):
            self._read_each(now + BROKEN_FOR)
        else:  # from the top: the page's token may have been at fault
            self._scan = None
            self._scan_at = self._scan_soonest = now + wait_seconds(error, self._troubles, self._draw)

    def hurry(self, now: float) -> None:
        """Somebody has come, or has to go: scan as soon as the pace of scans allows."""
        self._hurried_at, self._came = now, True
        self._scan_at = min(self._scan_at, max(now, self._scan_soonest))

    # Single reads

    def looked(self, target: Target, now: float, read_at: float | None = None) -> None:
        """How `target` stands is known as of now from a list, or as of `read_at` from a read."""
        if read_at is not None:
            target.read_at = read_at
        if read_at is not None or not target.seen:
            target.seen = target.ever_seen = True
            due = self._safety(target, now) if self._by_list else now + self._interval(target, now)
            self.put_off(target, due)

    def found_ended(self, target: Target, at: datetime | None, now: float) -> None:
        """A read says that it ended then, by Extend's clock."""
        if not self._by_list or not target.seen or at is None or at.timestamp() >= self._covered:
            return
        if now >= self._doubted_until:
            self._read_all_again()
        self._doubted_until = now + BROKEN_FOR

    def put_off(self, target: Target, due: float) -> None:
        target.due = due
        if self.targets.get(target.run_id) is target:
            self._push(target)

    def _interval(self, target: Target, now: float) -> float:
        return interval(target.age(now), target.ceiling, self._draw)

    def _safety(self, target: Target, now: float) -> float:
        if now < self._doubted_until:
            return now + self._interval(target, now)
        seconds = min(SAFETY_LAST, max(SAFETY_FIRST, target.age(now)))
        return now + seconds * self._draw(0.75, 1.25)
