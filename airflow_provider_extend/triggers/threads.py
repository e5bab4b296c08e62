"""A few threads for the synchronous client: calls that block, away from the event loop."""

from __future__ import annotations

import asyncio
import itertools
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from typing import Any

#: Enough for 75 calls a second that take a fifth of a second each; started as they are needed.
THREADS = 16

#: Turns in the pool: what may stop a cost comes before what only looks.
CANCEL_FIRST = 0
_LOOK = 1

_Jobs = queue.PriorityQueue[tuple[int, int, Callable[[], None]]]


async def in_thread(function: Callable[..., Any], *args: Any, priority: int = _LOOK, **kwargs: Any) -> Any:
    """Call a function that blocks, in one of a few threads."""
    return await _pool().run(partial(function, *args, **kwargs), priority)


@cache
def _pool() -> _DaemonPool:
    return _DaemonPool()


class _DaemonPool:
    """A few threads that end with the process: a server that hangs must not keep a triggerer from stopping.

    `ThreadPoolExecutor` cannot be had so: the interpreter waits for its threads at exit.
    """

    def __init__(self) -> None:
        self._jobs: _Jobs = queue.PriorityQueue()
        self._urgent: _Jobs = queue.PriorityQueue()
        self._turns = itertools.count()
        self._lock = threading.Lock()
        self._unfinished = 0
        self._started = 1
        # One thread is left for what may stop a cost, however many pollers there are.
        self._start(self._urgent, 0)

    def _start(self, jobs: _Jobs, number: int) -> None:
        name = f"extend-poll-{number}"
        threading.Thread(target=self._work, args=(jobs,), name=name, daemon=True).start()

    async def run(self, function: Callable[[], Any], priority: int) -> Any:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()

        def settle(set_it: Callable[[Any], None], value: Any) -> None:
            if not future.done():
                set_it(value)

        taken = itertools.count()

        def job() -> None:
            if next(taken):
                return  # it stood in both queues
            try:
                settled = partial(settle, future.set_result, function())
            except BaseException as error:
                settled = partial(settle, future.set_exception, error)
            with suppress(RuntimeError):  # the loop was closed in the meantime: nobody waits any more
                loop.call_soon_threadsafe(settled)

        entry = priority, next(self._turns), job
        with self._lock:
            self._unfinished += 1
            if self._unfinished >= self._started and self._started < THREADS:
                self._start(self._jobs, self._started)
                self._started += 1
        self._jobs.put(entry)
        if priority == CANCEL_FIRST:
            self._urgent.put(entry)
        return await future

    def _work(self, jobs: _Jobs) -> None:
        while True:
            jobs.get()[2]()
            if jobs is self._jobs:
                with self._lock:
                    self._unfinished -= 1
