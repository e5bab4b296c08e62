"""How often a run is looked at, and what an answer means for whoever waits: pure decisions."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from airflow_provider_extend.api.endpoints import ENDPOINTS
from airflow_provider_extend.api.errors import ExtendError, ExtendInputError, ExtendNotFound
from airflow_provider_extend.api.retry import may_repeat

#: Seconds between two looks at a young run and at an old one; they grow with the run's age between these.
FIRST_INTERVAL = 1.0
LAST_INTERVAL = 30.0
_AGE_SHARE = 1 / 20
_JITTER = 0.25

ENDED = "ended"
TIMEOUT = "timeout"
ERROR = "error"

#: A run that nobody has seen yet may be unknown this many seconds: what reads it may lag behind what made it.
GRACE = 30.0
#: So many refusals in a row that waiting does not mend end a wait.
MAX_REFUSALS = 3

Draw = Callable[[float, float], float]


def interval(age: float, ceiling: float = LAST_INTERVAL, draw: Draw = random.uniform) -> float:
    """Seconds until the next look at a run that has been waited for since `age` seconds.

    :param ceiling: longest interval that the author wants.
    """
    base = min(LAST_INTERVAL, max(FIRST_INTERVAL, age * _AGE_SHARE))
    if ceiling < LAST_INTERVAL:
        # So that the longest draw is what the author allows, and many waiters still drift apart.
        base = min(base, ceiling / (1 + _JITTER))
    return base * draw(1 - _JITTER, 1 + _JITTER)


def refusals_of(error: ExtendError, unseen_for: float | None) -> int:
    """How much of `MAX_REFUSALS` an answer counts: 0 for trouble that may pass, all of it for what no repeat changes.

    :param unseen_for: seconds since the wait for the run began, while nobody has seen it; None once it was seen.
    """
    if isinstance(error, ExtendInputError):
        return MAX_REFUSALS
    if may_repeat(error, repeatable=True, longest_wait=math.inf):
        return 0
    unknown = isinstance(error, ExtendNotFound)
    return 0 if unknown and unseen_for is not None and unseen_for < GRACE else 1


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that shows how runs of a kind stand.

    :ivar name: endpoint. :ivar newest_first: whether it can be asked for the latest changes first; else all of it has
        to be read, which is done for the runs of one batch only.
    """

    name: str
    newest_first: bool

    def query(self, batch_id: str | None = None) -> dict[str, str]:
        """What it is asked with: for the latest changes, or for the runs of one batch."""
        return {"batchId": batch_id} if batch_id else {"sortBy": "updatedAt", "sortDir": "desc"}


def listing_of(kind: str, version: str) -> Listing | None:
    """The list that shows runs of `kind` in `version`; None where there is none (runs.md 5)."""
    endpoint = ENDPOINTS.get(f"{kind}s.list")
    if endpoint is None or version not in endpoint.paths:
        return None
    takes = {parameter.name for parameter in endpoint.parameters(version)}
    if "sortBy" in takes:
        return Listing(endpoint.name, newest_first=True)
    return Listing(endpoint.name, newest_first=False) if "batchId" in takes else None
