"""The process that waits and is measured: one event loop, one side, all its runs.

`python -m benchmarks.waiter` reads its `Order` as JSON from standard input and prints what was measured as JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import math
import os
import re
import resource
import sys
import threading
import time
import traceback
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.sides import SIDES, Wait, Waiting

#: Seconds over which the waits begin, and which then pass before anything is counted.
SPREAD, SETTLE = 5.0, 3.0
#: Seconds after the measured time in which a run that ended in it may still be seen.
LATE = 6.0
_STEP = 0.2
_NUMBER = re.compile(r"\d+")
_TICK = 0.01


@dataclass(frozen=True, slots=True)
class Order:
    """:param seconds: length of the measured time.
    :param share: how many of the runs end in it, of 1.
    """

    side: str
    waiting: dict[str, Any]
    run_ids: Sequence[str]
    warm_id: str
    seconds: float
    share: float


@dataclass(slots=True)
class Ticker:
    """How late the event loop is for something that is due each 10 ms.

    A delay of a second counts as the hundred ticks that it made late, not as one.
    """

    lags: list[float] = field(default_factory=list)
    _due: float = 0.0

    def start(self) -> None:
        self._due = time.monotonic() + _TICK  # the loop's clock, too
        asyncio.get_running_loop().call_at(self._due, self._tick)

    def _tick(self) -> None:
        self.catch_up()
        asyncio.get_running_loop().call_at(self._due, self._tick)

    def catch_up(self) -> None:
        """Count what is due by now."""
        while self._due <= (now := time.monotonic()):
            self.lags.append(now - self._due)
            self._due += _TICK


class Waiters:
    """The tasks that wait, and when each of them was told."""

    def __init__(self, wait: Wait) -> None:
        self._wait = wait
        self._tasks: list[asyncio.Task[None]] = []
        self.seen: dict[str, float] = {}
        self.failures: Counter[str] = Counter()

    @property
    def started(self) -> int:
        return len(self._tasks)

    async def start(self, run_ids: Sequence[str]) -> None:
        """Begin all waits, spread evenly: together they would be one burst each five seconds.

        A loop that cannot keep up begins the later ones in larger groups.
        """
        begin = time.monotonic()
        while (first := len(self._tasks)) < len(run_ids):
            due = math.ceil(len(run_ids) * min(1.0, (time.monotonic() - begin + _STEP) / SPREAD))
            for number, run_id in enumerate(run_ids[first:due], start=first + 1):
                self._tasks.append(asyncio.create_task(self._one(number, run_id)))
            await asyncio.sleep(_STEP)

    async def _one(self, number: int, run_id: str) -> None:
        try:
            ended = await self._wait(number, run_id)
        except Exception as error:
            ended = f"{type(error).__name__}: {error}"
        if ended is True:
            self.seen[run_id] = time.time()
        else:
            self.failures[_NUMBER.sub("N", str(ended).replace(run_id, "<run>"))[:120]] += 1


async def wait_and_measure(order: Order) -> None:
    """Wait as ordered, until the thread that measures ends the process: a loop that is full would be late for it."""
    setting = Waiting(**order.waiting)
    wait = SIDES[order.side](setting)
    assert await wait(0, order.warm_id) is True, "the run that ended long ago is seen to have ended"
    gc.collect()
    before = _resident()
    waiters, ticker = Waiters(wait), Ticker()
    ticker.start()

    def measure() -> None:
        try:
            print(json.dumps(_measured(order, setting.url, waiters, ticker, before)), flush=True)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)  # to cancel ten thousand waits one by one takes long, and is not what was measured

    threading.Thread(target=measure).start()
    await waiters.start(order.run_ids)
    await asyncio.get_running_loop().create_future()


def _measured(order: Order, url: str, waiters: Waiters, ticker: Ticker, before: int) -> dict[str, Any]:
    """The measures (bytes, seconds)."""
    time.sleep(SPREAD + SETTLE)
    waiting, started = _resident(), waiters.started
    time.sleep(max(0.0, _schedule(url, order) - time.time()))
    ticker.lags.clear()
    since, cpu = time.time(), time.process_time()
    time.sleep(order.seconds)
    until, cpu = time.time(), time.process_time() - cpu
    ticker.catch_up()
    lags = sorted(ticker.lags)
    expected = round(len(order.run_ids) * order.share)
    while len(waiters.seen) < expected and time.time() < until + LATE:
        time.sleep(0.1)
    return {
        "since": since,
        "until": until,
        "cpu": cpu,
        "started": started,
        "resident_before": before,
        "resident_waiting": waiting,
        "resident_most": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "lag": {name: _quantile(lags, share) for name, share in (("p50", 0.5), ("p99", 0.99), ("most", 1.0))},
        "seen": waiters.seen.copy(),
        "failures": dict(waiters.failures),
    }


def _schedule(url: str, order: Order) -> float:
    body = json.dumps({"seconds": order.seconds, "share": order.share}).encode()
    with urllib.request.urlopen(f"{url}/control/schedule", body, timeout=60) as answer:
        return float(json.load(answer)["begin"])


def _resident() -> int:
    """Bytes of memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _quantile(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def _quiet() -> None:
    """No side pays for lines of its log: a triggerer would write them."""
    import structlog

    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def main() -> None:
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    order = Order(**json.loads(sys.stdin.read()))
    import airflow.sdk  # noqa: F401  # its logging set-up comes first

    _quiet()
    asyncio.run(wait_and_measure(order))


if __name__ == "__main__":
    main()
