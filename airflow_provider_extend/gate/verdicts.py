"""The verdicts of the gate, and which of them wins."""

from __future__ import annotations

from collections.abc import Iterable

PASS = "PASS"
WARN = "WARN"
#: Too little evidence to tell.
INCONCLUSIVE = "INCONCLUSIVE"
FAIL = "FAIL"
#: No judgement was possible.
ERROR = "ERROR"
#: From best to worst.
VERDICTS = (PASS, WARN, INCONCLUSIVE, FAIL, ERROR)
RANK = {verdict: rank for rank, verdict in enumerate(VERDICTS)}


def softer(verdict: str, other: str) -> str:
    """The better of the two."""
    return verdict if RANK[verdict] <= RANK[other] else other


def worst(verdicts: Iterable[str]) -> str:
    """The worst of `verdicts`; ERROR where there is none, since nothing was judged."""
    return max(verdicts, key=RANK.__getitem__, default=ERROR)
