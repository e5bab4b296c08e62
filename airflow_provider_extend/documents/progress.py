"""How far a task with many documents is: counted, and told in words. The clock is passed in."""

from __future__ import annotations

from dataclasses import dataclass

#: Documents a minute that Extend processes on the smallest plan (README section 5): what binds a task of thousands.
FILES_PER_MINUTE = 80.0
#: Seconds between two lines.
EVERY = 5.0
#: How much longer than at the plan's own pace everything may take, and what is added to it, before it is too late.
_SLACK, _MORE = 2.0, 3600.0
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Progress:
    """
    :ivar total: documents. :ivar succeeded, failed: of them, whose rows are written or kept.
    :ivar at_extend: of the others, those that were sent.
    :ivar seconds: since the first was sent. :ivar pace: documents a minute that the account's plan allows.
    """

    total: int
    succeeded: int
    failed: int
    at_extend: int
    seconds: float
    pace: float

    @property
    def done(self) -> int:
        return self.succeeded + self.failed

    @property
    def remaining(self) -> int:
        return self.total - self.done

    @property
    def per_minute(self) -> float:
        """As measured; the plan's own pace before the first has ended."""
        return self.done / self.seconds * 60 if self.done and self.seconds > 0 else self.pace

    @property
    def seconds_left(self) -> float:
        """At the pace that was measured, and not above what the plan allows."""
        return self.remaining / min(self.per_minute, self.pace) * 60

    @property
    def gauges(self) -> dict[str, float]:
        """For a dashboard, by name."""
        return {
            "done": self.done,
            "failed": self.failed,
            "remaining": self.remaining,
            "at_extend": self.at_extend,
            "per_minute": round(self.per_minute, 1),
            "seconds_left": round(self.seconds_left),
        }

    def __str__(self) -> str:
        failed = f", {self.failed:,} of them not in success" if self.failed else ""
        line = f"{self.done:,} of {self.total:,} documents done{failed}; {self.at_extend:,} at Extend"
        if not self.remaining:
            return line
        pace = f"{self.per_minute:,.1f} a minute" if self.done else f"at most {self.pace:,.0f} a minute"
        return f"{line}; {pace}, about {duration(self.seconds_left)} left"


def longest(total: int, pace: float) -> float:
    """Seconds after which it is too late, where the author says nothing."""
    return max(_DAY, total / pace * 60 * _SLACK + _MORE)


def duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
