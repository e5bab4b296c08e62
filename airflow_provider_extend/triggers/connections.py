"""The client of a connection, looked up once for all who wait in an event loop."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient

#: How long a connection is believed before it is looked up again; the one before it, when that fails.
_CONNECTION_SECONDS = 300.0
_BELIEVED_LONGER = 30.0
#: Whoever has a client already waits so long for a look-up to replace it.
_PATIENCE = 1.0


@dataclass
class _Known:
    """A client of one event loop, or the look-up that will make it."""

    future: asyncio.Future[ExtendClient]
    until: float
    before: ExtendClient | None = None
    """The client that it replaces, for when the connection cannot be looked up again just now."""

    @property
    def usable(self) -> ExtendClient | None:
        done = self.future.done() and not self.future.cancelled() and self.future.exception() is None
        return self.future.result() if done else self.before


_Value = TypeVar("_Value")
ByLoop = dict[asyncio.AbstractEventLoop, dict[str, _Value]]

_clients: ByLoop[_Known] = {}


def of_this_loop(kept: ByLoop[_Value]) -> dict[str, _Value]:
    """What is kept for the running event loop; what was kept for loops that are closed is let go.

    No weak keys: what is kept refers to its loop.
    """
    loop = asyncio.get_running_loop()
    if loop not in kept:
        for closed in [other for other in tuple(kept) if other.is_closed()]:
            kept.pop(closed, None)
    return kept.setdefault(loop, {})


def _clients_of_loop() -> dict[str, _Known]:
    return of_this_loop(_clients)


async def client_of(conn_id: str) -> ExtendClient:
    """One look-up of the connection for all waiters of this loop: it costs two round trips to the supervisor.

    :raises ExtendError: the connection is incomplete or its host is not allowed.
    """
    known = _clients_of_loop()
    found = known.get(conn_id)
    if found is None or time.monotonic() > found.until or (found.future.done() and found.usable is None):
        future = asyncio.ensure_future(_looked_up(conn_id))
        before = found.usable if found else None
        found = known[conn_id] = _Known(future, time.monotonic() + _CONNECTION_SECONDS, before)
        if before is not None:
            await asyncio.wait({future}, timeout=_PATIENCE)
    if found.before is not None and not found.future.done():
        return found.before
    try:
        # Shielded: a waiter that is cancelled must not cancel the look-up of the others.
        return await asyncio.shield(found.future)
    except Exception:
        if found.before is None:
            raise
        found.until = min(found.until, time.monotonic() + _BELIEVED_LONGER)
        return found.before


def forget(conn_id: str, client: ExtendClient) -> None:
    """Have the connection looked up again, unless another waiter has seen to it already."""
    known = _clients_of_loop()
    found = known.get(conn_id)
    if found is not None and found.usable is client:
        del known[conn_id]


def doubt(conn_id: str, client: ExtendClient) -> None:
    """As `forget`, but the client is used on for as long as the connection cannot be looked up."""
    found = _clients_of_loop().get(conn_id)
    if found is not None and found.future.done() and found.usable is client:
        found.until = -math.inf


async def _looked_up(conn_id: str) -> ExtendClient:
    from asgiref.sync import sync_to_async

    from airflow_provider_extend.hooks.extend import ExtendHook

    # Through asgiref: before Airflow 3.3 a connection cannot be found from any other kind of thread.
    return await sync_to_async(ExtendHook(conn_id).plain_client, thread_sensitive=False)()
