"""ExtendRunsTrigger: one trigger that waits for many runs of one kind, and the contract of its events."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from airflow.triggers.base import TriggerEvent

from airflow_provider_extend.api.polling import LAST_INTERVAL
from airflow_provider_extend.triggers.run import EVENTS, WaitsInHub

#: Ids in an event at most: Airflow logs it whole.
_NAMED = 100


class ExtendRunsTrigger(WaitsInHub):
    """Fires once: when all the runs have ended (or the first of them), when the deadline has passed, or when the others
    have ended and one cannot be read for good.

    Its arguments are stored in plain text where Airflow has no key: they hold ids, never a secret. It only reads, and
    cancels nothing when it is told to go.

    :param extend_conn_id: connection.
    :param kind: kind of all the runs; every batch but `workflow_batch`, whose end no call tells, is one.
    :param run_ids: the runs, each once.
    :param deadline: seconds since the epoch (UTC wall clock, so that a restart does not move it).
    :param max_interval: longest time between two looks at a run, in seconds; young runs are looked at more often.
    :param not_before: when the first look may be, in seconds since the epoch, and nothing is fired before it, the
        deadline neither; None: at once.
    :param first: fire with the first run that has ended.
    :param waits_past: outcomes that do not end the wait, such as `needs_review`; None: each ends it.
    """

    def __init__(
        self,
        extend_conn_id: str,
        kind: str,
        run_ids: Sequence[str],
        deadline: float,
        max_interval: float = LAST_INTERVAL,
        not_before: float | None = None,
        first: bool = False,
        waits_past: Sequence[str] | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow does not annotate it
        self.extend_conn_id = extend_conn_id
        self.kind = kind
        self.run_ids = list(run_ids)
        self.deadline = deadline
        self.max_interval = max_interval
        self.not_before = not_before
        self.first = first
        self.waits_past = waits_past

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (
            "airflow_provider_extend.triggers.runs.ExtendRunsTrigger",
            {
                "extend_conn_id": self.extend_conn_id,
                "kind": self.kind,
                "run_ids": self.run_ids,
                "deadline": self.deadline,
                "max_interval": self.max_interval,
                "not_before": self.not_before,
                "first": self.first,
                "waits_past": list(self.waits_past or ()),
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        wait = await self._waited(self.run_ids, first=self.first)
        # Nothing may follow the yield: a second await would count as a kill by a user.
        yield TriggerEvent(
            {
                "event": wait.event,
                "kind": self.kind,
                "counts": dict(Counter(wait.statuses.values())),
                "run_ids": wait.ended[:_NAMED] if self.first else [],
                "deadline": self.deadline,
            }
        )


def check_runs_event(event: Any, kind: str) -> Mapping[str, Any]:
    """`event` if it is one of the closed set and speaks of runs of `kind`.

    {event, kind, counts, run_ids, deadline}: `counts` is {status last seen: number of runs}, `run_ids` has at most 100
    that have ended, where the first was waited for, else none.

    :raises ValueError: anything else never counts as the end of runs.
    """
    if not isinstance(event, Mapping) or event.get("event") not in EVENTS or event.get("kind") != kind:
        raise ValueError(
            f"Unexpected event for runs of kind {kind}: {event!r}. Expected one of {', '.join(sorted(EVENTS))} with "
            "this kind. The runs themselves go on; a retry of the task waits for them again."
        )
    return event
