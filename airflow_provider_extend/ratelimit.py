"""Token buckets for Extend's three request classes, shared by all clients of an account in this process."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

from airflow_provider_extend.api.endpoints import RATE_CLASSES

#: Requests per second in each class on the smallest plan (docs: Rate Limits).
DEFAULT_RATE = 10.0
#: Seconds in which a rate that a 429 halved creeps back to its full value.
RECOVERY_SECONDS = 60.0
_FLOOR = 0.05


class Bucket:
    """One request each 1/rate seconds, in the order of asking; no second holds more than the rate.

    Idle time is not saved up. Only who asks for several moments gets them as one, with as long a pause after them as
    they would have taken one by one.

    :param rate: requests per second.
    :param clock: monotonic seconds.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.full_rate = rate
        self._clock = clock
        self._rate = rate
        self._changed = clock()
        self._next = clock()
        self._most = math.ceil(rate)
        self._sent: deque[float] = deque(maxlen=self._most)
        self._lock = threading.Lock()

    def reserve(self, count: int = 1) -> float:
        """Take the next free moment for so many requests, at most a second's, and return the seconds until it."""
        with self._lock:
            now = self._clock()
            self._creep(now)
            moment = max(now, self._free(count))
            self._next = moment + count / self._rate
            self._sent.extend([moment] * count)
            return moment - now

    def turn_in(self, count: int = 1) -> float:
        """Seconds until the next free moment for so many requests, which is not taken."""
        with self._lock:
            return max(0.0, self._free(count) - self._clock())

    def _free(self, count: int) -> float:
        # With those of the second before them they must not be more than a second may hold.
        too_many = len(self._sent) + count - self._most
        return max(self._next, self._sent[too_many - 1] + 1.0) if too_many > 0 else self._next

    def throttled(self) -> None:
        """The server answered 429: halve the rate."""
        with self._lock:
            self._creep(self._clock())
            self._rate = max(_FLOOR, self._rate / 2)

    @property
    def rate(self) -> float:
        with self._lock:
            self._creep(self._clock())
            return self._rate

    def _creep(self, now: float) -> None:
        gained = self.full_rate * (now - self._changed) / RECOVERY_SECONDS
        self._rate = min(self.full_rate, self._rate + gained)
        self._changed = now


_buckets: dict[tuple[str, str], Bucket] = {}
_lock = threading.Lock()


def buckets_of(account: str, rates: Mapping[str, float]) -> dict[str, Bucket]:
    """The three buckets of `account`, made at first use; a changed rate of the connection makes a new one.

    :param account: names the organisation in this process; never a key in plain text.
    """
    found = {}
    with _lock:
        for rate_class in RATE_CLASSES:
            rate = rates.get(rate_class, DEFAULT_RATE)
            bucket = _buckets.get((account, rate_class))
            if bucket is None or bucket.full_rate != rate:
                bucket = _buckets[account, rate_class] = Bucket(rate)
            found[rate_class] = bucket
    return found
