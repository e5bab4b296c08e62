"""Bounds and tests of proportions: Clopper-Pearson, Wilson, Newcombe's difference, Holm's correction.

k successes of n trials; both may be fractions, where a share over many fields is judged with n = documents: the
beta quantiles are the exact bounds continued. All bounds are one-sided.

Sources: Clopper and Pearson 1934; Wilson 1927; Newcombe 1998 (method 10); Holm 1979. The incomplete beta function is
its continued fraction, evaluated by Lentz's method.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

EXACT = "exact"
WILSON = "wilson"

_TINY = 1e-300
#: With so few successes the lower bound is below the smallest number there is.
_NONE = 1e-6
_EPSILON = 1e-15
#: Terms of the continued fraction: it takes about the root of the larger parameter.
_MOST_TERMS = 100_000


def at_most(k: float, n: float, p: float) -> float:
    """P(K <= k) of n trials that each succeed with chance p."""
    if k >= n:
        return 1.0
    return incomplete_beta(n - k, k + 1, 1 - p)


def at_least(k: float, n: float, p: float) -> float:
    """P(K >= k) of n trials that each succeed with chance p."""
    if k <= 0:
        return 1.0
    return incomplete_beta(k, n - k + 1, p)


def lower(k: float, n: float, confidence: float, interval: str = EXACT) -> float:
    """What the true proportion is not below, at `confidence`; 0 without trials."""
    if n <= 0 or k <= _NONE:
        return 0.0
    if interval == WILSON:
        return _wilson(k, n, normal_quantile(confidence))[0]
    return _exact_lower(min(k, n), n, 1 - confidence)


def upper(k: float, n: float, confidence: float, interval: str = EXACT) -> float:
    """What the true proportion is not above, at `confidence`; 1 without trials."""
    return 1 - lower(n - k, n, confidence, interval)


def too_low(k: float, n: float, target: float, interval: str = EXACT) -> float:
    """Chance of k or fewer if the truth were `target`; below 1 - confidence exactly where `upper` is below it."""
    if n <= 0:
        return 1.0
    if interval == WILSON:
        return _normal_tail(_score(target, k, n))
    return at_most(k, n, target)


def too_high(k: float, n: float, target: float, interval: str = EXACT) -> float:
    """Chance of k or more if the truth were `target`; at most 1 - confidence exactly where `lower` reaches it."""
    return too_low(n - k, n, 1 - target, interval)


@lru_cache(maxsize=65536)
def difference(k1: float, n1: float, k0: float, n0: float, confidence: float) -> tuple[float, float]:
    """One-sided bounds of p1 - p0, two independent samples, by Newcombe's method 10 (of Wilson bounds)."""
    return _newcombe(k1, n1, k0, n0, normal_quantile(confidence))


def dropped(k1: float, n1: float, k0: float, n0: float, drop: float) -> float:
    """Least error at which the upper bound of p1 - p0 is below -drop; 1 where it is at none below one half."""
    if k1 / n1 - k0 / n0 >= -drop:
        return 1.0
    low, high = 0.0, 1.0
    while _newcombe(k1, n1, k0, n0, high)[1] < -drop and high < 64:
        low, high = high, high * 2
    for _ in range(60):
        middle = (low + high) / 2
        if _newcombe(k1, n1, k0, n0, middle)[1] < -drop:
            low = middle
        else:
            high = middle
    return _normal_tail(low)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values: the smallest error of the whole family at which each is rejected."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, (len(p_values) - place) * p_values[index])
        adjusted[index] = min(1.0, highest)
    return adjusted


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), a and b above 0."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _front(b, a, 1 - x, x) * _continued_fraction(b, a, 1 - x) / b
    return _front(a, b, x, 1 - x) * _continued_fraction(a, b, x) / a


@lru_cache(maxsize=256)
def normal_quantile(confidence: float) -> float:
    from statistics import NormalDist  # it brings random and decimal along

    return NormalDist().inv_cdf(confidence)


def _normal_tail(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2))


def _score(target: float, k: float, n: float) -> float:
    """How many standard errors (at the target) k is below n * target."""
    short = target - k / n
    spread = math.sqrt(target * (1 - target) / n)
    if spread == 0:
        return math.inf if short > 0 else 0.0
    return short / spread


def _wilson(k: float, n: float, z: float) -> tuple[float, float]:
    p = k / n
    middle = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    whole = 1 + z * z / n
    return (
        0.0 if k <= 0 else max(0.0, (middle - half) / whole),
        1.0 if k >= n else min(1.0, (middle + half) / whole),
    )


def _newcombe(k1: float, n1: float, k0: float, n0: float, z: float) -> tuple[float, float]:
    p1, p0 = k1 / n1, k0 / n0
    (lower1, upper1), (lower0, upper0) = _wilson(k1, n1, z), _wilson(k0, n0, z)
    return (
        p1 - p0 - math.hypot(p1 - lower1, upper0 - p0),
        p1 - p0 + math.hypot(upper1 - p1, p0 - lower0),
    )


@lru_cache(maxsize=65536)
def _exact_lower(k: float, n: float, error: float) -> float:
    """x with I_x(k, n - k + 1) = error: Halley's method, kept between bounds that hold the root."""
    a, b = k, n - k + 1
    if b == 1:
        return math.exp(math.log(error) / a)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    low, high = 0.0, 1.0
    x = _wilson(k, n, normal_quantile(1 - error))[0] or k / n / 2
    for _ in range(200):
        slope = math.exp(scale + (a - 1) * math.log(x) + (b - 1) * math.log1p(-x))
        short = incomplete_beta(a, b, x) - error
        if short > 0:
            high = x
        else:
            low = x
        newton = short / slope if slope > _TINY else math.inf
        bend = 1 - min(1.0, newton * ((a - 1) / x - (b - 1) / (1 - x))) / 2
        step = newton / bend
        # The error of a step is about the cube of it: what is left is below the last digits.
        if max(abs(newton), abs(step)) <= 1e-5 * min(x, 1 - x):
            return x - step
        x = x - step if low < x - step < high else (low + high) / 2
    return x


def _front(a: float, b: float, x: float, rest: float) -> float:
    told = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest)
    return math.exp(told) if told > -745 else 0.0


def _continued_fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 / ((1 - (a + b) * x / (a + 1)) or _TINY)
    value = d
    for m in range(1, _MOST_TERMS):
        at = a + 2 * m
        term = m * (b - m) * x / ((at - 1) * at)
        d = 1 / ((1 + term * d) or _TINY)
        c = (1 + term / c) or _TINY
        value *= c * d
        term = -(a + m) * (a + b + m) * x / (at * (at + 1))
        d = 1 / ((1 + term * d) or _TINY)
        c = (1 + term / c) or _TINY
        factor = c * d
        value *= factor
        if -_EPSILON < factor - 1 < _EPSILON:
            break
    return value
