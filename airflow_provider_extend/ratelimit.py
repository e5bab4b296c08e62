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
#: What is sent together may leave so many seconds later than its turn, and must not meet those of the second after.
_LATE = 0.03


class Bucket:
    """One request each 1/rate seconds, in the order of asking; no second holds more than the rate.

    Idle time is not saved up. Only who sends several one after the other may be early with them, by as much as they
    would take if they were spaced: a pause follows then.

    :param rate: requests per second.
    :param clock: monotonic seconds.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.full_rate = rate
        self._clock = clock
        self._rate = rate
        self._changed = clock()
        self._next = clock()
        self._sent: deque[float] = deque(maxlen=math.ceil(rate))
        self._throttled = -math.inf
        self._lock = threading.Lock()

    def reserve(self, together: int = 1) -> float:
        """Take the next free moment and return the seconds until it.

        :param together: how many are sent one after the other, this one among them.
        """
        with self._lock:
            now = self._clock()
            self._creep(now)
            while self._sent and self._sent[0] < now - 1.0 - _LATE:
                self._sent.popleft()  # a high rate would keep a great many
            early = (together - 1) / self._rate
            moment = max(now, self._next - early, self._sent[-1] if self._sent else now)
            if len(self._sent) == self._sent.maxlen:
                moment = max(moment, self._sent[0] + (1.0 if together == 1 else 1.0 + _LATE))
            self._next = max(moment, self._next) + 1.0 / self._rate
            self._sent.append(moment)
            return moment - now

    def turn_in(self) -> float:
        """Seconds until the next free moment of one that comes alone; it is not taken."""
        with self._lock:
            return max(0.0, self._next - self._clock())

    def throttled(self) -> None:
        """The server answered 429: halve the rate, once for all that it refuses in a second."""
        with self._lock:
            now = self._clock()
            self._creep(now)
            if now >= self._throttled + 1.0:
                self._throttled = now
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
