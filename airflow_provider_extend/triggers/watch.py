"""Tells a trigger when a run has ended. One reader per waiting run; a shared poller can take its place."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_extend.api.errors import ExtendError, ExtendUnauthorized
from airflow_provider_extend.api.polling import Poller

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient

#: A poll is one attempt with a short timeout: when to repeat is decided by the poller, not by the client.
_POLL_TIMEOUT = 5.0
_THREADS = 4


class Watcher(Protocol):
    """The seam between a trigger and whatever reads its run."""

    async def ended(self, kind: str, run_id: str, poller: Poller) -> tuple[str, str | None]:
        """Wait for the run's end, its deadline, or an error that waiting does not mend.

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

    async def ended(self, kind: str, run_id: str, poller: Poller) -> tuple[str, str | None]:
        from airflow_provider_extend.reading import look_up

        status: str | None = None
        key_renewed = warned = False
        while True:
            try:
                client = await _client(self._conn_id)
                run = await _in_thread(look_up, client, kind, run_id, attempts=1, timeout=_POLL_TIMEOUT)
            except ExtendUnauthorized as error:
                # The key in the connection may have been changed since it was read.
                _clients_of_loop().pop(self._conn_id, None)
                if not key_renewed:
                    key_renewed = True
                    continue
                decision = poller.on_error(error, time.time())
            except ExtendError as error:
                decision = poller.on_error(error, time.time())
            else:
                status, key_renewed = run.status, False
                decision = poller.on_run(run, time.time())
                if not run.status_known and not warned:
                    warned = True
                    self._log.warning("Unknown status %r of %s %s: waiting on.", status, kind, run_id)
            if decision.event is not None:
                return decision.event, status
            await asyncio.sleep(decision.wait)


_clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Future[ExtendClient]]] = (
    weakref.WeakKeyDictionary()
)


def _clients_of_loop() -> dict[str, asyncio.Future[ExtendClient]]:
    return _clients.setdefault(asyncio.get_running_loop(), {})


async def _client(conn_id: str) -> ExtendClient:
    """One look-up of the connection for all waiters of this loop: it costs two round trips to the supervisor."""
    from airflow_provider_extend.hooks.extend import ExtendHook

    known = _clients_of_loop()
    if conn_id not in known:
        known[conn_id] = asyncio.ensure_future(_in_thread(ExtendHook(conn_id).plain_client))
    future = known[conn_id]
    try:
        # Shielded: a waiter that is cancelled must not cancel the look-up of the others.
        return await asyncio.shield(future)
    except Exception:
        if known.get(conn_id) is future:
            del known[conn_id]
        raise


@cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="extend-poll")


async def _in_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    # Not asyncio.to_thread: before Airflow 3.3 a connection is found from a thread only through asgiref.
    from asgiref.sync import sync_to_async

    return await sync_to_async(function, thread_sensitive=False, executor=_executor())(*args, **kwargs)
