"""ExtendRunTrigger: waits in the triggerer for a run of any kind, and the contract of its events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_extend.api.polling import ENDED, ERROR, LAST_INTERVAL, TIMEOUT
from airflow_provider_extend.triggers.hub import hub_of
from airflow_provider_extend.triggers.kill import cancel_after_kill
from airflow_provider_extend.triggers.waits import Wait

#: Everything that an event may say. Events are logged whole and stored: ids and statuses only.
EVENTS = frozenset({ENDED, TIMEOUT, ERROR})


class WaitsInHub(BaseTrigger):
    """What triggers share that wait through the poller of their connection: arguments, and the wait itself."""

    extend_conn_id: str
    kind: str
    deadline: float
    max_interval: float
    not_before: float | None
    waits_past: Sequence[str] | None

    async def _waited(self, run_ids: Sequence[str], **more: Any) -> Wait:
        """:param more: of `PollHub.wait`."""
        if self.not_before is not None:
            await asyncio.sleep(max(0.0, self.not_before - time.time()))
        return await hub_of(self.extend_conn_id).wait(
            self.kind,
            run_ids,
            deadline=self.deadline,
            ceiling=max(self.max_interval, 0.1),
            past=self.waits_past or (),
            log=self.log,
            **more,
        )


class ExtendRunTrigger(WaitsInHub):
    """Fires once, when the run has ended, the deadline has passed, or reading it fails for good.

    Its arguments are stored in plain text: they hold the connection's id, never a secret. It only reads, so that
    running twice, or again after a restart, changes nothing; but for `on_kill`, which may cancel the run.

    :param extend_conn_id: connection.
    :param kind: kind of run, a key of `airflow_provider_extend.api.runs.READS`.
    :param run_id: the run.
    :param deadline: seconds since the epoch (UTC wall clock, so that a restart does not move it).
    :param max_interval: longest time between two looks, in seconds; young runs are looked at more often.
    :param not_before: when the first look may be, in seconds since the epoch, and nothing is fired before it, the
        deadline neither; None: at once.
    :param cancel_on_kill: cancel the run when a user ends the task (see `decisions.kill_cancels`); only for a run that
        this task submitted, and only from Airflow 3.3 on, which tells a trigger of it.
    :param give_up: of rows that an older version stored; it counts for nothing any more.
    :param members: how many runs a batch of workflow runs has (see `reading.look_up`); None: it is no such batch.
    :param waits_past: outcomes that do not end the wait, such as `needs_review`; None: each ends it.
    """

    def __init__(
        self,
        extend_conn_id: str,
        kind: str,
        run_id: str,
        deadline: float,
        max_interval: float = LAST_INTERVAL,
        not_before: float | None = None,
        cancel_on_kill: bool = False,
        give_up: bool | None = None,
        members: int | None = None,
        waits_past: Sequence[str] | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow does not annotate it
        self.extend_conn_id = extend_conn_id
        self.kind = kind
        self.run_id = run_id
        self.deadline = deadline
        self.max_interval = max_interval
        self.not_before = not_before
        self.cancel_on_kill = cancel_on_kill
        self.members = members
        self.waits_past = waits_past
        self.fired = False

    def serialize(self) -> tuple[str, dict[str, Any]]:
        # Only where they say something: so a triggerer of an older version takes over what it can wait for.
        rarely = {"members": self.members, "waits_past": list(self.waits_past or ()) or None}
        return (
            "airflow_provider_extend.triggers.run.ExtendRunTrigger",
            {
                "extend_conn_id": self.extend_conn_id,
                "kind": self.kind,
                "run_id": self.run_id,
                "deadline": self.deadline,
                "max_interval": self.max_interval,
                "not_before": self.not_before,
                "cancel_on_kill": self.cancel_on_kill,
                **{name: value for name, value in rarely.items() if value is not None},
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        wait = await self._waited([self.run_id], members=self.members)
        self.fired = True
        # Nothing may follow the yield: a second await would count as a kill by a user.
        yield TriggerEvent(
            {
                "event": wait.event,
                "kind": self.kind,
                "run_id": self.run_id,
                "status": wait.statuses.get(self.run_id),
                "deadline": self.deadline,
            }
        )

    async def on_kill(self) -> None:
        """Told to go by Airflow >= 3.3, whatever the reason: cancels the run only where a user ended the task."""
        if self.cancel_on_kill and not self.fired:
            await cancel_after_kill(self)


def check_event(event: Any, run_id: str) -> Mapping[str, Any]:
    """`event` if it is one of the closed set and speaks of `run_id`.

    :raises ValueError: anything else never counts as the end of a run.
    """
    if not isinstance(event, Mapping) or event.get("event") not in EVENTS or event.get("run_id") != run_id:
        raise ValueError(
            f"Unexpected event for run {run_id}: {event!r}. Expected one of {', '.join(sorted(EVENTS))} with this "
            "run id. The run itself goes on; a retry of the task waits for it again."
        )
    return event
