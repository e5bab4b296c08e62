"""When a call is repeated and how long is waited before that, as one table and two pure functions.

A GET, and a call that is idempotent by contract, may be repeated whenever the answer is in doubt. Any
other call creates something: no version of the API has an idempotency key, so it is repeated only when
Extend certainly did not carry it out (README section 6, runs.md section 7).
"""

from __future__ import annotations

import email.utils
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from airflow_provider_extend.api.errors import (
    ExtendAnswerError,
    ExtendAPIError,
    ExtendConnectionError,
    ExtendError,
    ExtendRateLimited,
)


@dataclass(frozen=True, slots=True)
class RetryRule:
    """One row: what happened, and whether a call is then repeated."""

    what: str
    matches: Callable[[ExtendError], bool]
    repeat_safe: bool
    """Repeat a GET or a call that is idempotent by contract."""
    repeat_create: bool
    """Repeat a call that creates something."""


RETRY_TABLE: tuple[RetryRule, ...] = (
    RetryRule("429", lambda e: isinstance(e, ExtendRateLimited), True, True),
    RetryRule(
        "no connection was made (name resolution, refused, connect timeout)",
        lambda e: isinstance(e, ExtendConnectionError) and not e.sent,
        True,
        True,
    ),
    RetryRule(
        "no answer (dropped, read timeout)",
        lambda e: isinstance(e, ExtendConnectionError),
        True,
        False,
    ),
    RetryRule(
        "408 or 5xx",
        lambda e: isinstance(e, ExtendAPIError | ExtendAnswerError) and (e.status == 408 or e.status >= 500),
        True,
        False,
    ),
    RetryRule(
        "any other error that the API calls retryable",
        lambda e: isinstance(e, ExtendAPIError) and e.retryable,
        True,
        False,
    ),
    RetryRule(
        "a success that is not JSON (truncated, empty, a proxy's page)",
        lambda e: isinstance(e, ExtendAnswerError) and 200 <= e.status < 300,
        True,
        False,
    ),
)

#: Calls in all, the first one included.
MAX_ATTEMPTS = 5
#: Full jitter: a wait is drawn from 0 .. min(CAP, BASE * 2**n) seconds.
BACKOFF_BASE = 1.0
BACKOFF_CAP = 30.0
#: A longer Retry-After is not slept in a worker: the error carries it and the task ends.
MAX_SLEEP = 60.0


def may_repeat(error: ExtendError, *, repeatable: bool, longest_wait: float = MAX_SLEEP) -> bool:
    """Whether the call that met `error` may be sent again.

    :param repeatable: the endpoint table's word: GET or idempotent by contract.
    :param longest_wait: seconds; where the server asks for more, the answer is no.
    """
    if isinstance(error, ExtendAPIError) and (not error.retryable or (error.retry_after or 0) > longest_wait):
        return False
    for rule in RETRY_TABLE:
        if rule.matches(error):
            return rule.repeat_safe if repeatable else rule.repeat_create
    return False


def wait_seconds(
    error: ExtendError, attempt: int, draw: Callable[[float, float], float] | None = None
) -> float:
    """Seconds to wait after the `attempt`-th call (1, 2, ...) failed; never sooner than the server asked."""
    ceiling = min(BACKOFF_CAP, BACKOFF_BASE * 2.0 ** min(attempt - 1, 16))
    jitter = (draw or random.uniform)(0.0, ceiling)
    asked = getattr(error, "retry_after", None)
    return jitter if asked is None else asked + jitter * 0.1


def parse_retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds asked for by a Retry-After header (delta seconds or HTTP date); None if absent or unreadable."""
    if not value or not (text := value.strip()):
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            when = email.utils.parsedate_to_datetime(text)
        except ValueError:
            return None
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        seconds = (when - (now or datetime.now(UTC))).total_seconds()
    if seconds != seconds or seconds == float("inf"):
        return None
    return max(0.0, seconds)


def in_doubt(error: ExtendError) -> bool:
    """Whether Extend may have carried out a create that met `error`."""
    if isinstance(error, ExtendConnectionError):
        return error.sent
    return isinstance(error, ExtendAPIError | ExtendAnswerError) and status_in_doubt(error.status)


def status_in_doubt(status: int | None) -> bool:
    """Whether a create that ended so may have been carried out: no answer, a broken success, 408 or 5xx."""
    return status is None or 200 <= status < 300 or status == 408 or status >= 500
