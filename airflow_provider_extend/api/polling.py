"""When to look at a run again, and when to stop looking: a pure decision with the clock passed in."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from airflow_provider_extend.api.errors import ExtendError
from airflow_provider_extend.api.retry import MAX_ATTEMPTS, may_repeat, wait_seconds
from airflow_provider_extend.api.runs import Run

#: Seconds between two looks at a young run and at an old one; they grow with the run's age between these.
FIRST_INTERVAL = 1.0
LAST_INTERVAL = 30.0
_AGE_SHARE = 1 / 20
_JITTER = 0.25

ENDED = "ended"
TIMEOUT = "timeout"
ERROR = "error"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a look at a run leads to: an event, or another look in `wait` seconds."""

    event: str | None = None
    wait: float = 0.0


@dataclass(slots=True)
class Poller:
    """Decides after each look at one run.

    :param started: when the wait began (seconds since the epoch, as every time here).
    :param deadline: when it ends at the latest.
    :param ceiling: longest interval that the author wants.
    :param give_up: whether errors that may pass end the wait when they come as often in a row as a single call may be
        repeated; else they are waited out until the deadline.
    :param past: outcomes that do not end the wait: a run that waits for a review moves on when a person acts.
    """

    started: float
    deadline: float
    ceiling: float = LAST_INTERVAL
    give_up: bool = True
    past: frozenset[str] = frozenset()
    draw: Callable[[float, float], float] = random.uniform
    failures: int = field(default=0, init=False)

    def on_run(self, run: Run, now: float) -> Decision:
        self.failures = 0
        ended = run.ended and run.outcome not in self.past
        return Decision(ENDED) if ended else self._again(self._interval(now), now)

    def on_error(self, error: ExtendError, now: float) -> Decision:
        """An error that may pass is looked past; others end the wait.

        A long Retry-After is waited out: no worker is held here.
        """
        self.failures += 1
        spent = self.give_up and self.failures >= MAX_ATTEMPTS
        if spent or not may_repeat(error, repeatable=True, longest_wait=math.inf):
            return Decision(ERROR)
        return self._again(wait_seconds(error, self.failures, self.draw), now)

    def _again(self, wait: float, now: float) -> Decision:
        left = self.deadline - now
        return Decision(TIMEOUT) if left <= 0 else Decision(wait=min(wait, left))

    def _interval(self, now: float) -> float:
        base = min(LAST_INTERVAL, max(FIRST_INTERVAL, (now - self.started) * _AGE_SHARE))
        if self.ceiling < LAST_INTERVAL:
            # So that the longest draw is what the author allows, and many waiters still drift apart.
            base = min(base, self.ceiling / (1 + _JITTER))
        return base * self.draw(1 - _JITTER, 1 + _JITTER)
