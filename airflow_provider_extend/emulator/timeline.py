"""How fast the emulator's time runs. Moments stay those of the machine; what is counted in seconds is counted here.

One timeline a process, as a machine has one clock: runs, lags, limits and retries are read off it everywhere.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

_FIRST = (0.0, 0.0, 1.0)


class Timeline:
    """A line of anchors: (moment in seconds since 1970, seconds counted until then, speed from then on).

    Anchors are only added, so what has happened keeps its moment when the speed changes.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.anchors: list[tuple[float, float, float]] = [_FIRST]

    def restore(self, anchors: Sequence[Sequence[float]]) -> None:
        self.anchors = [(at, seconds, speed) for at, seconds, speed in anchors] or [_FIRST]

    def run_at(self, speed: float) -> None:
        with self._lock:
            now = time.time()
            self.anchors = [*self.anchors, (now, self.seconds(now), speed)]

    def seconds(self, moment: float | None = None) -> float:
        """The emulator's seconds at a moment, now without one."""
        moment = time.time() if moment is None else moment
        at, seconds, speed = next((a for a in reversed(self.anchors) if a[0] <= moment), _FIRST)
        return seconds + (moment - at) * speed

    def moment(self, seconds: float) -> float:
        at, counted, speed = next((a for a in reversed(self.anchors) if a[1] <= seconds), _FIRST)
        return at + (seconds - counted) / speed

    def after(self, moment: float, seconds: float) -> float:
        """The moment that lies so many of the emulator's seconds after another; before it, if negative."""
        return self.moment(self.seconds(moment) + seconds)

    def since(self, moment: float) -> float:
        return self.seconds() - self.seconds(moment)


TIMELINE = Timeline()
