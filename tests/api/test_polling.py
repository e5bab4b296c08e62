"""When a run is looked at again, what an answer counts for, and which list shows a run."""

import random

import pytest

from airflow_provider_extend.api.errors import (
    ExtendAPIError,
    ExtendConnectionError,
    ExtendEndpointRemoved,
    ExtendInputError,
    ExtendNotFound,
    ExtendRateLimited,
    ExtendServerError,
    ExtendUnauthorized,
)
from airflow_provider_extend.api.polling import (
    GRACE,
    MAX_REFUSALS,
    Listing,
    interval,
    listing_of,
    refusals_of,
)
from airflow_provider_extend.api.runs import READS


def high(_low, upper):
    return upper


def low(lower, _high):
    return lower


def middle(lower, upper):
    return (lower + upper) / 2


@pytest.mark.parametrize(
    ("age", "seconds"), [(0, 1.0), (20, 1.0), (100, 5.0), (300, 15.0), (600, 30.0), (7000, 30.0)]
)
def test_looks_get_rarer_with_age_from_1_to_30_seconds(age, seconds):
    assert interval(age, draw=middle) == seconds


def test_looks_are_spread_by_a_quarter_either_way():
    assert interval(7000.0, draw=low) == 22.5
    assert interval(7000.0, draw=high) == 37.5


@pytest.mark.parametrize("age", [0.0, 100.0, 7000.0])
@pytest.mark.parametrize("ceiling", [0.5, 2.0, 5.0, 10.0, 20.0])
def test_no_two_looks_lie_further_apart_than_the_author_wants(age, ceiling):
    draws = [interval(age, ceiling, random.Random(seed).uniform) for seed in range(200)]
    assert max(draws) <= ceiling
    assert min(draws) < max(draws), "many waiters drift apart"
    assert interval(7000.0, ceiling, high) == pytest.approx(ceiling)


@pytest.mark.parametrize("ceiling", [30.0, 60.0, 3600.0])
def test_a_long_interval_of_the_author_makes_no_look_rarer_than_half_a_minute_and_its_jitter(ceiling):
    assert interval(1e6, ceiling, high) == 37.5


@pytest.mark.parametrize(
    "error",
    [
        ExtendServerError("no", status=500, retryable=True),
        ExtendConnectionError("no", sent=True),
        ExtendConnectionError("no", sent=False),
        ExtendRateLimited("no", status=429, retryable=True, retry_after=36000.0),
    ],
    ids=repr,
)
def test_what_may_pass_counts_for_nothing_however_long_the_server_asks_to_wait(error):
    assert refusals_of(error, None) == refusals_of(error, 0.0) == 0


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (ExtendUnauthorized("no", status=401), 1),
        (ExtendAPIError("no", status=403), 1),
        (ExtendAPIError("no", status=400), 1),
        (ExtendEndpointRemoved("no", status=410), 1),
        (ExtendInputError("no"), MAX_REFUSALS),
    ],
    ids=repr,
)
@pytest.mark.parametrize("unseen_for", [None, 0.0, 1e6])
def test_what_waiting_does_not_mend_counts(error, counts, unseen_for):
    assert refusals_of(error, unseen_for) == counts


@pytest.mark.parametrize(("unseen_for", "counts"), [(0.0, 0), (GRACE - 0.1, 0), (GRACE, 1), (None, 1)])
def test_a_run_that_nobody_has_seen_yet_may_be_unknown_for_half_a_minute(unseen_for, counts):
    assert GRACE == 30.0
    assert refusals_of(ExtendNotFound("no", status=404), unseen_for) == counts


SORTED = {
    "2024-12-23": {"workflow_run"},
    "2025-04-21": {"workflow_run", "processor_run"},
    "2026-02-09": {
        "extract_run",
        "classify_run",
        "split_run",
        "edit_run",
        "verify_run",
        "processor_run",
        "workflow_run",
    },
}


@pytest.mark.parametrize("version", SORTED)
def test_the_lists_are_those_of_extends_documentation(version):
    found = {kind: listing for kind in READS if (listing := listing_of(kind, version))}
    assert {kind for kind, listing in found.items() if listing.newest_first} == SORTED[version]
    others = {kind: listing for kind, listing in found.items() if not listing.newest_first}
    unsorted = {"parse_run": Listing("parse_runs.list", newest_first=False)}
    assert others == (unsorted if version == "2026-02-09" else {})
