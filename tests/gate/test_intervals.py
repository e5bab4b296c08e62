"""Bounds and tests against scipy, statsmodels, and examples that were published."""

import gc
import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from airflow_provider_extend.gate import intervals

NEAR = 1e-9
TRIALS = (1, 2, 3, 7, 20, 29, 50, 100, 137, 500, 2000, 10_000, 250_000)
CONFIDENCES = (0.5000001, 0.51, 0.8, 0.9, 0.95, 0.975, 0.99, 0.9999, 1 - 0.05 / 5000)


def successes(n):
    return sorted({0, min(1, n), n // 3, n // 2, int(n * 0.9), int(n * 0.95), n - 1, n})


def fractional(n):
    return [n * share for share in (0.0004, 0.0337, 0.5123, 0.9, 0.9537, 0.99999)]


# --- against other implementations -------------------------------------------------------------------------------


@pytest.mark.parametrize("n", TRIALS)
def test_the_incomplete_beta_function_is_scipys(n):
    for k, p in itertools.product([*successes(n), *fractional(n)], (1e-6, 0.01, 0.3, 0.5, 0.9, 0.95, 0.999)):
        if 0 < k <= n:
            assert intervals.at_least(k, n, p) == pytest.approx(special.betainc(k, n - k + 1, p), abs=NEAR)
        if 0 <= k < n:
            assert intervals.at_most(k, n, p) == pytest.approx(special.betainc(n - k, k + 1, 1 - p), abs=NEAR)


@pytest.mark.parametrize("n", [1, 5, 40, 200])
def test_the_tails_are_sums_of_the_binomial_distribution(n):
    for k, p in itertools.product(range(n + 1), (0.02, 0.5, 0.95)):
        assert intervals.at_most(k, n, p) == pytest.approx(stats.binom.cdf(k, n, p), abs=NEAR)
        assert intervals.at_least(k, n, p) == pytest.approx(stats.binom.sf(k - 1, n, p), abs=NEAR)


@pytest.mark.parametrize("n", TRIALS)
def test_exact_bounds_are_beta_quantiles_for_whole_and_fractional_successes(n):
    for k, confidence in itertools.product([*successes(n), *fractional(n)], CONFIDENCES):
        lower = 0.0 if k == 0 else stats.beta.ppf(1 - confidence, k, n - k + 1)
        upper = 1.0 if k == n else stats.beta.ppf(confidence, k + 1, n - k)
        assert intervals.lower(k, n, confidence) == pytest.approx(lower, abs=NEAR)
        assert intervals.upper(k, n, confidence) == pytest.approx(upper, abs=NEAR)


@pytest.mark.parametrize("method", ["beta", "wilson"])
@pytest.mark.parametrize("n", [n for n in TRIALS if n > 1])
def test_bounds_are_those_of_statsmodels(n, method):
    interval = {"beta": "exact", "wilson": "wilson"}[method]
    for k, confidence in itertools.product(successes(n), CONFIDENCES[1:-1]):
        # One-sided at c is two-sided at 1 - 2 (1 - c).
        lower, upper = proportion_confint(k, n, alpha=2 * (1 - confidence), method=method)
        assert intervals.lower(k, n, confidence, interval) == pytest.approx(lower, abs=NEAR)
        assert intervals.upper(k, n, confidence, interval) == pytest.approx(upper, abs=NEAR)


def test_the_difference_is_newcombes_in_statsmodels():
    rng = random.Random(5)
    for _ in range(300):
        n1, n0 = rng.randint(1, 400), rng.randint(1, 400)
        k1, k0 = rng.randint(0, n1), rng.randint(0, n0)
        confidence = rng.choice([0.9, 0.95, 0.975, 0.995])
        # statsmodels takes its Wilson bounds as they come; at 0 of n and n of n that is the same.
        wanted = confint_proportions_2indep(k1, n1, k0, n0, method="newcomb", alpha=2 * (1 - confidence))
        assert intervals.difference(k1, n1, k0, n0, confidence) == pytest.approx(wanted, abs=NEAR)


def test_holm_is_that_of_statsmodels(monkeypatch):
    # multipletests collects garbage in each call, half a second in a process that has Airflow loaded.
    monkeypatch.setattr(gc, "collect", lambda *generation: 0)
    rng = random.Random(6)
    for size in (1, 2, 3, 12, 200):
        for _ in range(10):
            p_values = [rng.random() ** 3 for _ in range(size)]
            p_values += p_values[:2]
            assert intervals.holm(p_values) == pytest.approx(
                multipletests(p_values, method="holm")[1], abs=NEAR
            )
    assert intervals.holm([]) == []


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_the_normal_quantile_is_scipys(confidence):
    assert intervals.normal_quantile(confidence) == pytest.approx(stats.norm.ppf(confidence), abs=NEAR)


# --- published examples ------------------------------------------------------------------------------------------

# Newcombe 1998, Statistics in Medicine 17, 857-872, table I: 95 % two-sided; r of n, Wilson, Clopper-Pearson.
SINGLE = [
    (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
    (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
    (0, 20, (0.0000, 0.1611), (0.0000, 0.1684)),
    (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
]


@pytest.mark.parametrize(("k", "n", "wilson", "exact"), SINGLE)
def test_single_proportions_of_newcombe_1998(k, n, wilson, exact):
    for interval, (low, high) in (("wilson", wilson), ("exact", exact)):
        assert round(intervals.lower(k, n, 0.975, interval), 4) == low
        assert round(intervals.upper(k, n, 0.975, interval), 4) == high


# Newcombe 1998, Statistics in Medicine 17, 873-890, table II, method 10: 95 % two-sided, examples (a) to (h).
DIFFERENCES = [
    (56, 70, 48, 80, (0.0524, 0.3339)),
    (9, 10, 3, 10, (0.1705, 0.8090)),
    (6, 7, 2, 7, (0.0582, 0.8062)),
    (5, 56, 0, 29, (-0.0381, 0.1926)),
    (0, 10, 0, 20, (-0.1611, 0.2775)),
    (0, 10, 0, 10, (-0.2775, 0.2775)),
    (10, 10, 0, 20, (0.6791, 1.0000)),
    (10, 10, 0, 10, (0.6075, 1.0000)),
]


@pytest.mark.parametrize(("k1", "n1", "k0", "n0", "bounds"), DIFFERENCES)
def test_differences_of_newcombe_1998_table_ii(k1, n1, k0, n0, bounds):
    found = intervals.difference(k1, n1, k0, n0, 0.975)
    assert tuple(round(bound, 4) for bound in found) == bounds


@pytest.mark.parametrize(("least", "n"), [(0.90, 29), (0.95, 59), (0.98, 149), (0.99, 299)])
def test_so_many_without_a_miss_show_a_share_with_95_percent(least, n):
    """The table of success-run samples: 59 of 59 are "95/95"."""
    assert intervals.lower(n, n, 0.95) >= least
    assert intervals.lower(n - 1, n - 1, 0.95) < least


def test_holms_procedure_on_the_usual_four_hypotheses():
    """p = 0.01, 0.04, 0.03, 0.005 at 5 %: the first and the fourth are rejected."""
    assert intervals.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


# --- what bounds and tests have to do with each other -------------------------------------------------------------

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
shares = st.floats(0.01, 0.99)
methods = st.sampled_from(["exact", "wilson"])


@given(counts, shares, st.sampled_from([0.8, 0.95, 0.99]), methods)
def test_a_test_rejects_where_the_bound_says_so(counted, target, confidence, interval):
    k, n = counted
    upper = intervals.upper(k, n, confidence, interval)
    if abs(upper - target) > 1e-9:
        assert (intervals.too_low(k, n, target, interval) < 1 - confidence) == (upper < target)
    lower = intervals.lower(k, n, confidence, interval)
    if abs(lower - target) > 1e-9:
        assert (intervals.too_high(k, n, target, interval) <= 1 - confidence) == (lower >= target)


@given(counts, methods)
def test_bounds_hold_the_share_and_mirror(counted, interval):
    k, n = counted
    lower, upper = intervals.lower(k, n, 0.95, interval), intervals.upper(k, n, 0.95, interval)
    assert 0 <= lower <= k / n <= upper <= 1
    assert lower == pytest.approx(1 - intervals.upper(n - k, n, 0.95, interval), abs=1e-12)


@given(counts, counts, st.floats(0, 0.5), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_least_error_of_a_drop_is_that_of_its_bound(now, before, drop, confidence):
    upper = intervals.difference(*now, *before, confidence)[1]
    if abs(upper + drop) > 1e-9:
        assert (intervals.dropped(*now, *before, drop) < 1 - confidence) == (upper < -drop)


@given(counts, counts)
def test_one_success_more_raises_both_bounds_of_a_difference(now, before):
    k, n = now
    if k < n:
        less, more = (intervals.difference(each, n, *before, 0.95) for each in (k, k + 1))
        assert less[0] <= more[0] + 1e-12
        assert less[1] <= more[1] + 1e-12


# --- edges -------------------------------------------------------------------------------------------------------


def test_nothing_is_known_without_trials():
    for interval in ("exact", "wilson"):
        assert (intervals.lower(0, 0, 0.95, interval), intervals.upper(0, 0, 0.95, interval)) == (0.0, 1.0)
        assert intervals.too_low(0, 0, 0.5, interval) == 1.0


@pytest.mark.parametrize("interval", ["exact", "wilson"])
def test_a_target_of_all_or_nothing(interval):
    assert intervals.too_low(20, 20, 1.0, interval) > 0.4, "all right is no sign of less than all right"
    assert intervals.too_low(19, 20, 1.0, interval) == 0.0, "one wrong is proof"
    assert intervals.too_low(0, 20, 0.0, interval) > 0.4
    assert intervals.upper(20, 20, 0.95, interval) == 1.0
    assert intervals.lower(0, 20, 0.95, interval) == 0.0


def test_a_huge_drop_has_next_to_no_chance_and_ends():
    assert intervals.dropped(0, 1_000_000, 1_000_000, 1_000_000, 0.0) < 1e-200
    assert intervals.dropped(5, 10, 5, 10, 0.0) == 1.0


def test_extreme_tails_are_numbers():
    assert intervals.at_most(0, 1_000_000, 0.99) == 0.0
    assert intervals.at_least(1_000_000, 1_000_000, 1e-9) == 0.0
    assert math.isfinite(intervals.lower(1e-7, 3, 0.95))
    assert 0 < intervals.lower(0.5, 1_000_000, 0.95) < 1e-6
