"""Tells a trigger when a run has ended. One reader per waiting run; a shared poller can take its place."""

from __future__ import annotations

import asyncio
import itertools
import logging
import queue
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_extend.api.errors import ExtendError, ExtendUnauthorized
from airflow_provider_extend.api.polling import ERROR, Poller

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient

#: A poll is one attempt with a short timeout: when to repeat is decided by the poller, not by the client.
_POLL_TIMEOUT = 5.0
_THREADS = 4
#: How long a connection is believed before it is looked up again.
_CONNECTION_SECONDS = 300.0


class Watcher(Protocol):
    """The seam between a trigger and whatever reads its run."""

    async def ended(
        self, kind: str, run_id: str, poller: Poller, members: int | None = None
    ) -> tuple[str, str | None]:
        """Wait for the run's end, its deadline, or an error that waiting does not mend.

        :param members: see `reading.look_up`.
        :return: event (`ended`, `timeout`, `error`) and the last status seen.
        """


class SingleRunWatcher:
    """Reads one run again and again, in a thread: the client is synchronous.

    :param extend_conn_id: looked up once per event loop, and once more after a 401.
    :param log: where to say that a status is unknown.
    """

    def __init__(self, extend_conn_id: str, log: Any) -> None:
        self._conn_id = extend_conn_id
        self._log = log

    async def ended(
        self, kind: str, run_id: str, poller: Poller, members: int | None = None
    ) -> tuple[str, str | None]:
        from airflow_provider_extend.reading import watch

        status: str | None = None
        key_renewed = warned = False
        while True:
            try:
                client = await client_of(self._conn_id)
            except (
                Exception
            ) as error:  # Airflow's own too: the worker, where it can read, says what to look at
                self._log.error("%s", error)
                return ERROR, status
            try:
                look = partial(watch, attempts=1, timeout=_POLL_TIMEOUT)
                run = await in_thread(look, client, kind, run_id, members)
            except ExtendError as error:
                if error.is_permanent():
                    # What the connection says may have been mended since it was read.
                    _forget(self._conn_id, client)
                if isinstance(error, ExtendUnauthorized) and not key_renewed:
                    key_renewed = True
                    continue
                decision = poller.on_error(error, time.time())
                level = logging.INFO if decision.event is None else logging.ERROR
                self._log.log(level, "%s %s cannot be read: %s", kind, run_id, error)
            else:
                status, key_renewed = run.status, False
                decision = poller.on_run(run, time.time())
                if not run.status_known and not warned:
                    warned = True
                    self._log.warning("Unknown status %r of %s %s: waiting on.", status, kind, run_id)
            if decision.event is not None:
                return decision.event, status
            await asyncio.sleep(decision.wait)


@dataclass
class _Known:
    """A client of one event loop, or the look-up that will make it."""

    future: asyncio.Future[ExtendClient]
    until: float
    before: ExtendClient | None = None
    """The client that it replaces, for when the connection cannot be looked up again just now."""

    @property
    def client(self) -> ExtendClient | None:
        done = self.future.done() and not self.future.cancelled() and self.future.exception() is None
        return self.future.result() if done else None


_clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Known]] = (
    weakref.WeakKeyDictionary()
)


def _clients_of_loop() -> dict[str, _Known]:
    return _clients.setdefault(asyncio.get_running_loop(), {})


async def client_of(conn_id: str) -> ExtendClient:
    """One look-up of the connection for all waiters of this loop: it costs two round trips to the supervisor.

    :raises ExtendError: the connection is incomplete or its host is not allowed.
    """
    known = _clients_of_loop()
    found = known.get(conn_id)
    if found is None or time.monotonic() > found.until or (found.future.done() and found.client is None):
        future = asyncio.ensure_future(_looked_up(conn_id))
        before = found.client if found else None
        found = known[conn_id] = _Known(future, time.monotonic() + _CONNECTION_SECONDS, before)
    try:
        # Shielded: a waiter that is cancelled must not cancel the look-up of the others.
        return await asyncio.shield(found.future)
    except Exception:
        if found.before is None:
            raise
        return found.before


def _forget(conn_id: str, client: ExtendClient) -> None:
    """Have the connection looked up again, unless another waiter has seen to it already."""
    known = _clients_of_loop()
    found = known.get(conn_id)
    if found is not None and found.client is client:
        del known[conn_id]


async def _looked_up(conn_id: str) -> ExtendClient:
    from asgiref.sync import sync_to_async

    from airflow_provider_extend.hooks.extend import ExtendHook

    # Through asgiref: before Airflow 3.3 a connection cannot be found from any other kind of thread.
    return await sync_to_async(ExtendHook(conn_id).plain_client, thread_sensitive=False)()


#: Turns in the pool: what may stop a cost comes before what only looks.
CANCEL_FIRST = 0
_LOOK = 1


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
        self._jobs: queue.PriorityQueue[tuple[int, int, Callable[[], None]]] = queue.PriorityQueue()
        self._turns = itertools.count()
        for number in range(_THREADS):
            threading.Thread(target=self._work, name=f"extend-poll-{number}", daemon=True).start()

    async def run(self, function: Callable[[], Any], priority: int) -> Any:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()

        def settle(set_it: Callable[[Any], None], value: Any) -> None:
            if not future.done():
                set_it(value)

        def job() -> None:
            try:
                settled = partial(settle, future.set_result, function())
            except BaseException as error:
                settled = partial(settle, future.set_exception, error)
            with suppress(RuntimeError):  # the loop was closed in the meantime: nobody waits any more
                loop.call_soon_threadsafe(settled)

        self._jobs.put((priority, next(self._turns), job))
        return await future

    def _work(self) -> None:
        while True:
            self._jobs.get()[2]()
