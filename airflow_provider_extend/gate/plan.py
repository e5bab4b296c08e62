"""How many documents settle a rule: computed before anything is seen, never from the share that was seen.

A healthy field is taken to be at its target under `balanced`, and midway between its target and 100 % under `prove`.
The advice is the smallest number of documents at which all fields of a wildcard, so placed, settle with a given chance.
"""

from __future__ import annotations

from functools import lru_cache

from airflow_provider_extend.gate import intervals
from airflow_provider_extend.gate.rules import BALANCED, EXACT, PROVE

#: With this chance all fields are settled by the documents that are advised.
SETTLED = 0.9
#: Beyond this no number is named.
MOST_DOCUMENTS = 20_000


@lru_cache(maxsize=1024)
def documents_needed(
    target: float,
    floor: float,
    policy: str,
    confidence: float,
    interval: str = EXACT,
    fields: int = 1,
    settled: float = SETTLED,
    healthy: float | None = None,
) -> int | None:
    """Documents at which `fields` healthy fields under one `min` rule settle, all of them, with chance `settled`.

    For a `max` rule give 1 - max and 1 - ceiling. Above 1,000 the number is right to 0.1 %.

    :param healthy: the true share of a healthy field; None places it as the policy does (`healthy_share`).
    :return: None where no number up to `MOST_DOCUMENTS` is enough. 1 for the policy `point`, which always settles.
    """
    if policy not in (BALANCED, PROVE):
        return 1
    held = floor if policy == BALANCED else target
    if held >= 1:
        return None
    error = 1 - confidence
    healthy = healthy_share(target, policy) if healthy is None else healthy
    # Of one field: all together have the chance `settled`, if nothing ties the fields together.
    wanted = settled ** (1 / fields)
    # At both bounds at once each answer is an error, and no rarer with more documents than errors may be.
    if interval == EXACT and target <= healthy <= held and error + error / fields < wanted:
        return None
    passing = failing = 0
    n = 1
    while n <= MOST_DOCUMENTS:
        # Both move up with n: the fewest successes that pass, and the most that fail.
        while passing <= n and held > 0 and intervals.too_high(passing, n, held, interval) > error:
            passing += 1
        while failing <= n and intervals.too_low(failing, n, target, interval) < error / fields:
            failing += 1
        if _settling(n, passing, failing, healthy) >= wanted:
            return n
        n += 1 + n // 1000
    return None


def healthy_share(target: float, policy: str) -> float:
    """Where the true share of a healthy field is taken to be."""
    return target if policy == BALANCED else (1 + target) / 2


def _settling(n: int, passing: int, failing: int, healthy: float) -> float:
    """Chance that a field with `healthy` as its true share passes or fails."""
    if passing <= failing:
        return 1.0
    passes = intervals.at_least(passing, n, healthy) if passing <= n else 0.0
    return passes + (intervals.at_most(failing - 1, n, healthy) if failing else 0.0)


@lru_cache(maxsize=1024)
def documents_needed_beside(
    baseline: tuple[float, float], drop: float, confidence: float, fields: int = 1, settled: float = SETTLED
) -> int | None:
    """The same for `max_drop`: `fields` fields that are as good as the baseline.

    :param baseline: its (successes, trials). :return: None where the baseline itself has too few.
    """
    k0, n0 = baseline
    share = k0 / n0
    wanted = settled ** (1 / fields)

    def settles(n: int) -> bool:
        low, high = 0, n + 1
        while low < high:  # the fewest successes that pass
            middle = (low + high) // 2
            if intervals.difference(middle, n, k0, n0, confidence)[0] >= -drop:
                high = middle
            else:
                low = middle + 1
        return low <= n and intervals.at_least(low, n, share) >= wanted

    high = 1
    while not settles(high):
        high *= 2
        if high > MOST_DOCUMENTS:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if settles(middle) else (middle, high)
    return high
