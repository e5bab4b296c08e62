"""What the waiting process counts."""

from __future__ import annotations

import asyncio
import time

from benchmarks import waiter
from benchmarks.waiter import Ticker, Waiters


def test_a_stop_of_a_second_counts_as_a_hundred_late_ticks():
    ticker = Ticker()
    ticker._due = time.monotonic() - 1.0
    ticker.catch_up()
    assert len(ticker.lags) >= 100
    assert max(ticker.lags) >= 1.0
    assert min(ticker.lags) < max(ticker.lags) / 10
    assert ticker._due > time.monotonic() - 1.0


async def test_the_ticker_sees_the_loop_stand_still():
    ticker = Ticker()
    ticker.start()
    await asyncio.sleep(0)
    time.sleep(0.1)
    await asyncio.sleep(0.03)
    assert sum(lag > 0.005 for lag in ticker.lags) >= 8


async def test_each_run_is_waited_for_once_and_told_apart(monkeypatch):
    monkeypatch.setattr(waiter, "SPREAD", 0.05)
    monkeypatch.setattr(waiter, "_STEP", 0.01)
    asked = []

    async def wait(number: int, run_id: str):
        asked.append((number, run_id))
        if number == 3:
            raise RuntimeError(f"{run_id} is gone at port 4711")
        return number != 4 or "error"

    ids = [f"run{number}" for number in range(1, 8)]
    waiters = Waiters(wait)
    await waiters.start(ids)
    await asyncio.gather(*waiters._tasks)
    assert asked == list(enumerate(ids, start=1))
    assert set(waiters.seen) == set(ids) - {"run3", "run4"}
    assert waiters.failures == {"RuntimeError: <run> is gone at port N": 1, "error": 1}


def test_quantiles():
    values = [float(number) for number in range(100)]
    assert [waiter._quantile(values, share) for share in (0.0, 0.5, 0.99, 1.0)] == [0.0, 50.0, 99.0, 99.0]
    assert waiter._quantile([], 0.5) == 0.0
