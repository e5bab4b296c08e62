"""PollHub: asks Extend once for all who wait on a connection in an event loop.

What is asked, and what an answer means, is decided in `schedule`; here it is carried out, in a few threads since the
client is synchronous.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.errors import ExtendError, ExtendInputError, ExtendUnauthorized
from airflow_provider_extend.triggers.connections import ByLoop, client_of, doubt, forget, of_this_loop
from airflow_provider_extend.triggers.lane import Ask, Page
from airflow_provider_extend.triggers.schedule import Schedule
from airflow_provider_extend.triggers.threads import THREADS, in_thread
from airflow_provider_extend.triggers.waits import Wait

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient

log = logging.getLogger(__name__)

_NOT_ASKED = object()
#: An ask is one attempt with a short timeout: the schedule knows when to repeat it.
_ASK_TIMEOUT = 5.0
#: As many as there are threads for looks: one is left for what may stop a cost.
_AT_ONCE = THREADS - 1
#: So many reads that are due are sent one after the other by one thread, if they take no longer than so many seconds:
#: most of what one costs is to wake up for it.
_TOGETHER, _TOGETHER_SECONDS = 8, 0.5
#: A connection that was looked up for a refusal is believed for so many seconds, whatever Extend says.
_RENEW_EVERY = 30.0
#: So many look-ups of the connection may fail in a row; seconds between two of them.
_LOOK_UPS = 3
_LOOK_UP_PAUSE = 2.0
_LOOK_UP_TIMEOUT = 30.0


class _Waiting(Wait):
    """A wait whose caller sleeps in this event loop."""

    __slots__ = ("_news",)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._news = asyncio.get_running_loop().create_future()

    def changed(self) -> None:
        if not self._news.done():
            self._news.set_result(None)

    async def news(self) -> None:
        """Sleeps until there are notes, or it is over."""
        await self._news
        if self.event is None:
            self._news = asyncio.get_running_loop().create_future()


class PollHub:
    """All waits on one connection in one event loop; see `hub_of`."""

    def __init__(self, conn_id: str) -> None:
        self._conn_id = conn_id
        self._schedule = Schedule()
        self._task: asyncio.Task[None] | None = None
        self._asking: set[asyncio.Task[None]] = set()
        self._woken: asyncio.Future[None] | None = None
        self._turn_at = self._renewed_at = self._doubted_at = float("-inf")
        self._seconds_each = 0.0
        self._distrusted: ExtendClient | None = None
        self._failed_look_ups = 0

    async def wait(
        self,
        kind: str,
        run_ids: Collection[str],
        *,
        deadline: float,
        ceiling: float,
        past: Collection[str] = (),
        members: int | None = None,
        first: bool = False,
        log: Any,
    ) -> Wait:
        """Wait for runs of one kind.

        :param deadline: seconds since the epoch. :param ceiling: longest interval between two looks, in seconds.
        :param past: outcomes that do not end the wait. :param members: see `reading.look_up`.
        :param first: until the first of them has ended; else until all have.
        :param log: where the caller's own log is.
        :return: how it ended (`event`: `ended`, `timeout`, `error`), and what was seen.
        """
        wait = _Waiting(
            deadline=time.monotonic() + (deadline - time.time()),
            ceiling=ceiling,
            past=frozenset(past),
            first=first,
        )
        self._schedule.add(wait, kind, run_ids, time.monotonic(), members)
        if self._task is None:
            # In no caller's context: what the hub logs belongs into no task's log.
            self._task = asyncio.create_task(self._work(), context=contextvars.Context())
        self._wake()
        try:
            while True:
                await wait.news()
                for level, words in wait.notes:
                    log.log(level, "%s", words)
                wait.notes.clear()
                if wait.event is not None:
                    return wait
        finally:
            self._schedule.drop(wait)
            self._wake()

    def _wake(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    async def _work(self) -> None:
        """Asks as long as anybody waits."""
        try:
            while self._schedule.busy:
                try:
                    await self._step()
                except Exception:  # whatever it is, those who wait must not wait for ever
                    log.exception("The poller of connection %s failed.", self._conn_id)
                    self._schedule.fail("The poller failed: see the triggerer's own log.")
        finally:
            self._task = None

    async def _step(self) -> None:
        self._schedule.expire(time.monotonic())
        client = await self._client()
        now = time.monotonic()
        if client is None:
            await asyncio.sleep(_LOOK_UP_PAUSE)  # not cut short by whoever comes
            return
        rate = 1 / client.pace("GET")
        self._schedule.speaks(client.api_version, rate)
        at = self._schedule.next_at()
        if len(self._asking) < _AT_ONCE:
            at = max(at, now + client.turn_in("GET"), self._turn_at)
            if at <= now and (asks := self._schedule.asks(now, self._together(rate))):
                # Its thread takes the turns as it sends: another now would sleep there until they are over.
                taken = len(asks) / rate
                self._turn_at = max(self._turn_at + taken, now + 0.9 * taken)
                self._asking.add(asyncio.create_task(self._put(asks, client)))
                return
        await self._sleep_until(max(at, now + 0.001) if len(self._asking) < _AT_ONCE else now + 1.0)

    def _together(self, rate: float) -> int:
        """How many reads one thread may be given: of what the account takes, half a second's too."""
        quick = _TOGETHER_SECONDS / max(self._seconds_each, 0.001)
        return max(1, int(min(_TOGETHER, quick, _TOGETHER_SECONDS * rate)))

    async def _client(self) -> ExtendClient | None:
        """None: the connection cannot be looked up just now."""
        try:
            async with asyncio.timeout(_LOOK_UP_TIMEOUT):
                client = await client_of(self._conn_id)
        except Exception as error:  # Airflow's own too: the worker, where it can read, says what to look at
            self._failed_look_ups += 1
            if isinstance(error, ExtendInputError) or self._failed_look_ups >= _LOOK_UPS:
                self._failed_look_ups = 0
                self._schedule.fail(str(error) or type(error).__name__)
            return None
        self._failed_look_ups = 0
        return client

    async def _sleep_until(self, at: float) -> None:
        """Until the moment, or something happens."""
        loop = asyncio.get_running_loop()
        self._woken = loop.create_future()
        timer = loop.call_later(max(0.0, min(at - time.monotonic(), 3600.0)), self._wake)
        try:
            await self._woken
        finally:
            timer.cancel()
            self._woken = None

    async def _put(self, asks: Sequence[Ask], client: ExtendClient) -> None:
        """Ask, and hand the answers on."""
        answers: list[Any] = []
        began = time.monotonic()
        try:
            answers = await in_thread(_answers, client, asks)
        except Exception as error:
            answers = [error] * len(asks)
        finally:
            now = time.monotonic()
            # Slow ones are remembered for a while: the next may be of another kind.
            self._seconds_each = max((now - began) / max(1, len(answers)), 0.8 * self._seconds_each)
            self._asking.discard(asyncio.current_task())
            answers += [_NOT_ASKED] * (len(asks) - len(answers))
            for ask, answer in zip(asks, answers, strict=True):
                self._on_answer(ask, answer, client, now)
            self._wake()

    def _on_answer(self, ask: Ask, answer: Any, client: ExtendClient, now: float) -> None:
        try:
            if answer is _NOT_ASKED:
                self._schedule.again(ask)
            elif isinstance(answer, Exception):
                raise answer
            elif isinstance(ask, Page):
                rows, following = answer
                self._schedule.on_page(ask, rows, following, now)
            else:
                self._schedule.on_run(ask, answer, now)
        except ExtendError as error:
            self._refused(ask, error, client)
        except Exception as error:
            log.exception("%s", error)
            wrong = ExtendInputError(f"{type(error).__name__} (see the triggerer's own log)")
            self._schedule.on_error(ask, wrong, now)

    def _refused(self, ask: Ask, error: ExtendError, client: ExtendClient) -> None:
        """What the connection says may have been mended since it was looked up."""
        now = time.monotonic()
        if isinstance(error, ExtendUnauthorized):
            if client is not self._distrusted and now >= self._renewed_at + _RENEW_EVERY:
                self._renewed_at, self._distrusted = now, client
                forget(self._conn_id, client)
            if client is self._distrusted:  # so was all that was on its way with the same key
                self._schedule.again(ask)
                return
        elif error.is_permanent() and now >= self._doubted_at + _RENEW_EVERY:
            self._doubted_at = now
            doubt(self._conn_id, client)
        self._schedule.on_error(ask, error, now)


def _answers(client: ExtendClient, asks: Sequence[Ask]) -> list[Any]:
    """In a thread: the answer to each, or its error; none to those that would have to wait for long."""
    until = time.monotonic() + _TOGETHER_SECONDS
    answers: list[Any] = []
    with client.together(len(asks)):
        for ask in asks:
            try:
                answers.append(_answer(client, ask))
            except Exception as error:
                answers.append(error)
                if not (isinstance(error, ExtendError) and error.is_permanent()):
                    break  # it may be the others' trouble too
            if time.monotonic() > until:
                break
    return answers


def _answer(client: ExtendClient, ask: Ask) -> Any:
    if isinstance(ask, Page):
        return client.page(ask.name, query=ask.query, attempts=1, timeout=_ASK_TIMEOUT)
    from airflow_provider_extend.reading import watch

    target = ask.target
    return watch(client, target.kind, target.run_id, target.members, attempts=1, timeout=_ASK_TIMEOUT)


_hubs: ByLoop[PollHub] = {}


def hub_of(conn_id: str) -> PollHub:
    """The hub of a connection in the running event loop.

    One for each connection, not for each account: lists show one workspace in one version of the API. What is one for
    the account is its rate limit, which all clients of it in a process share.
    """
    hubs = of_this_loop(_hubs)
    if conn_id not in hubs:
        hubs[conn_id] = PollHub(conn_id)
    return hubs[conn_id]
