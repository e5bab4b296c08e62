"""Cancelling a run, and saying in plain words what became of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.errors import ExtendError, plain_error
from airflow_provider_extend.api.runs import Run, cancels, readable
from airflow_provider_extend.decisions import CANCELLED, ENDED, GOES_ON, GONE, cancel_means
from airflow_provider_extend.reading import glance, is_gone, look_up

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient

#: A run that has not begun may refuse its cancel (runs.md 4): it is asked again, that often and with this pause.
_TRIES = 4
_PAUSE = 1.0
#: In words, of a run that no call reads: POST /parse of 2024-12-23 answers when it has ended.
ENDED_WITH_ITS_ANSWER = "has ended, and its result, which was in the answer alone, is lost"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of a run that was to be cancelled.

    :ivar means: `cancelled`, `ended`, `goes_on` or `gone` (see `decisions`).
    :ivar run: as it was read last; None where Extend knows no such run or it was not read.
    :ivar words: a clause for a message, for instance `was cancelled`.
    :ivar possible: whether the API has a call that cancels this kind of run.
    """

    means: str
    run: Run | None
    words: str
    possible: bool = True

    @property
    def refused(self) -> bool:
        """It moves although it can be cancelled: worth another try."""
        return self.possible and self.means == GOES_ON


def cancel_run(
    client: ExtendClient,
    kind: str,
    run_id: str,
    sleep: Callable[[float], None] | None = None,
    settle: int = 0,
    **how: Any,
) -> Cancelled:
    """Cancel the run unless it has ended. Idempotent: cancelling twice is reading twice.

    :param settle: a run that is CANCELLING may still end otherwise: how often it is read again to see.
    :param how: `attempts` and `timeout` of `ExtendClient.call`.
    :raises ExtendError: (or its translation) where it cannot be told what became of the run, and where
        Extend refuses both to cancel and to show it (401, 403).
    """
    if not readable(kind, client.api_version):
        return Cancelled(ENDED, None, ENDED_WITH_ITS_ANSWER, possible=False)
    run = _read(glance, client, kind, run_id, how)
    endpoint = cancels(kind, client.api_version)
    said = ""
    for number in range(_TRIES):
        means = cancel_means(run)
        if means != GOES_ON or endpoint is None:
            break
        if number:
            (sleep or time.sleep)(_PAUSE)
        try:
            client.call(endpoint, run_id, **how)
            said = ""
        except Exception as error:
            plain = plain_error(error)
            if not isinstance(plain, ExtendError):
                raise
            said = plain.message
        # The answer does not decide: a cancel may lose the race, and a lost answer may have been carried out.
        run = _read(look_up, client, kind, run_id, how)
    for _ in range(settle):
        if run is None or run.ended or cancel_means(run) != CANCELLED:
            break
        (sleep or time.sleep)(_PAUSE)
        run = _read(look_up, client, kind, run_id, how)
    return Cancelled(
        cancel_means(run), run, _words(cancel_means(run), run, endpoint, kind, said), endpoint is not None
    )


def _read(
    read: Callable[..., Run], client: ExtendClient, kind: str, run_id: str, how: dict[str, Any]
) -> Run | None:
    try:
        return read(client, kind, run_id, **how)
    except Exception as error:
        if not is_gone(error):
            raise
        return None


def _words(means: str, run: Run | None, endpoint: str | None, kind: str, said: str) -> str:
    if means == CANCELLED:
        return "was cancelled"
    if means == GONE:
        return "is not known to Extend any more (404)"
    status = run.status if run else "?"
    if means == ENDED:
        return f"had ended {status} before it could be cancelled"
    if endpoint is None:
        return cannot_be_cancelled(kind)
    return f"could not be cancelled and goes on ({status}; {said or 'Extend took the call'})"


def cannot_be_cancelled(kind: str) -> str:
    """In words, for a kind of run that the connection's API version cannot cancel."""
    return f"goes on: Extend's API has no call that cancels this kind ({kind.replace('_', ' ')})"
