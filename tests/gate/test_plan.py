"""How many documents settle a rule: against sums over the whole distribution."""

import numpy as np
import pytest
from scipy import stats

from airflow_provider_extend.gate import intervals
from airflow_provider_extend.gate.plan import documents_needed, documents_needed_beside, healthy_share


def settled_share(n, target, floor, policy, fields, error=0.05):
    """Chance that one healthy field of `fields` passes, or fails by the first step of Holm's method."""
    held = floor if policy == "balanced" else target
    healthy = target if policy == "balanced" else (1 + target) / 2
    k = np.arange(n + 1)
    passes = stats.binom.sf(k - 1, n, held) <= error
    fails = stats.binom.cdf(k, n, target) < error / fields
    return float(stats.binom.pmf(k, n, healthy)[passes | fails].sum())


@pytest.mark.parametrize(
    ("target", "floor", "policy", "fields"),
    [(0.95, 0.9, "balanced", 1), (0.9, 0.8, "balanced", 12), (0.8, 0.7, "prove", 1), (0.9, 0.85, "prove", 3)],
)
def test_it_is_the_smallest_number_at_which_all_fields_settle(target, floor, policy, fields):
    needed = documents_needed(target, floor, policy, 0.95, fields=fields)
    assert settled_share(needed, target, floor, policy, fields) ** fields >= 0.9
    for n in range(max(1, needed - 40), needed):
        assert settled_share(n, target, floor, policy, fields) ** fields < 0.9, n


def test_more_is_needed_for_more_fields_a_nearer_floor_and_more_confidence():
    base = documents_needed(0.95, 0.9, "balanced", 0.95)
    assert documents_needed(0.95, 0.9, "balanced", 0.95, fields=12) > base
    assert documents_needed(0.95, 0.92, "balanced", 0.95) > base
    assert documents_needed(0.95, 0.9, "balanced", 0.99) > base
    assert documents_needed(0.95, 0.9, "balanced", 0.95, settled=0.5) < base
    assert documents_needed(0.95, 0.9, "balanced", 0.95, "wilson") < base


def test_a_target_of_all_needs_as_many_right_as_show_the_floor():
    assert documents_needed(1.0, 0.95, "balanced", 0.95, fields=50) == 59
    assert documents_needed(1.0, 0.90, "balanced", 0.95) == 29


def test_where_no_number_is_enough():
    assert documents_needed(1.0, 0.9, "prove", 0.95) is None
    assert documents_needed(1.0, 1.0, "balanced", 0.95) is None
    assert documents_needed(0.95, 0.9499, "balanced", 0.95) is None


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
@pytest.mark.parametrize(("confidence", "fields"), [(0.8, 1), (0.95, 1), (0.95, 3)])
def test_a_floor_at_the_target_is_settled_only_by_error_and_that_is_known_at_once(share, confidence, fields):
    error = 1 - confidence
    for n in (*range(1, 300), 1000, 5000, 20_000):
        assert settled_share(n, share, share, "balanced", fields, error) <= error + error / fields
    assert documents_needed(share, share, "balanced", confidence, fields=fields) is None


def test_point_settles_with_one():
    assert documents_needed(0.95, 0.9, "point", 0.95, fields=12) == 1
    assert healthy_share(0.9, "balanced") == 0.9
    assert healthy_share(0.9, "prove") == pytest.approx(0.95)


def test_beside_a_baseline_a_field_as_good_as_it_settles():
    for fields in (1, 6):
        needed = documents_needed_beside((1900, 2000), 0.03, 0.95, fields)
        chances = []
        for n in (needed // 2, needed):
            passing = [k for k in range(n + 1) if intervals.difference(k, n, 1900, 2000, 0.95)[0] >= -0.03]
            chances.append(stats.binom.sf(min(passing) - 1, n, 0.95) ** fields)
        assert chances[0] < 0.9 <= chances[1]
    assert documents_needed_beside((1900, 2000), 0.03, 0.95, 6) > documents_needed_beside(
        (1900, 2000), 0.03, 0.95
    )


def test_a_baseline_of_few_documents_cannot_be_held():
    assert documents_needed_beside((19, 20), 0.03, 0.95) is None
