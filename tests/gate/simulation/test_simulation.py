"""Releases drawn at random and judged by the gate: the limits of `scenario.yaml`, with few draws.

`python -m benchmarks.gate_simulation` is the same with many.
"""

import hashlib
import json

import numpy as np
import pytest
import yaml

from benchmarks import gate_simulation as simulation

SCENARIO = yaml.safe_load(simulation.SCENARIO.read_text())
DRAWS = SCENARIO["fast_draws"]
LIMITS = SCENARIO["limits"]


@pytest.fixture(scope="module")
def cells():
    return list(simulation.cells(SCENARIO, SCENARIO["fast_n"], DRAWS, "exact", ("balanced", "prove")))


def shares(rows, name):
    return {(row["n"], row["icc"], row["policy"]): simulation.Share(row[name], row["draws"]) for row in rows}


@pytest.mark.parametrize("name", ["publish_at_floor", "fail_healthy"])
def test_it_is_wrong_in_at_most_5_percent(cells, name):
    found = shares(cells, name)
    assert len(found) == len(SCENARIO["fast_n"]) * 2 * 2
    for cell, share in found.items():
        assert share.keeps(LIMITS[name], LIMITS["standard_errors"]), (cell, share.value)


def test_the_limits_are_near_enough_to_mean_something(cells):
    """A gate that never publishes would keep them too."""
    assert max(share.value for share in shares(cells, "publish_at_floor").values()) > 0.02
    assert max(share.value for share in shares(cells, "fail_healthy").values()) > 0.02


def test_what_is_left_open_falls_with_the_documents(cells):
    for icc in SCENARIO["icc"]:
        open_ones = [
            row["inconclusive_healthy"] for row in cells if (row["policy"], row["icc"]) == ("balanced", icc)
        ]
        assert open_ones[0] > 0.8 * DRAWS
        assert open_ones[-3] > open_ones[-2] > open_ones[-1]
        assert open_ones[-1] < 0.1 * DRAWS


def test_a_point_is_wrong_far_more_often():
    rows = list(simulation.cells(SCENARIO, [20, 100], 500, "exact", ("point",)))
    assert max(row["publish_at_floor"] for row in rows) > 0.2 * 500
    assert min(row["fail_healthy"] for row in rows if row["healthy"] == "target") > 0.8 * 500


def test_a_share_over_all_fields_keeps_the_limits_too():
    rows = list(simulation.aggregates(SCENARIO, DRAWS))
    assert len(rows) == 18
    for row in rows:
        for name in ("publish_at_floor", "fail_healthy"):
            assert simulation.Share(row[name], row["draws"]).keeps(LIMITS[name], LIMITS["standard_errors"]), (
                row
            )


def test_the_advice_is_confirmed():
    for row in simulation.advice(SCENARIO, DRAWS):
        left_open = simulation.Share(row["inconclusive_healthy"], row["draws"])
        if row["n"] == row["advised"]:
            assert left_open.keeps(SCENARIO["advice"]["inconclusive"], LIMITS["standard_errors"]), row
            unsettled = simulation.Share(DRAWS - row["settled_healthy"], DRAWS)
            assert unsettled.keeps(1 - SCENARIO["advice"]["settled"], LIMITS["standard_errors"]), row
        else:
            assert left_open.value > 0.3, row


def test_nightly_looks_with_a_store_publish_a_bad_draft_no_more_often_than_without():
    rows = list(simulation.nightly(SCENARIO, 1000))
    for row in rows:
        assert row["first_night"] <= row["published_with_store"] <= row["published"]
        assert row["paid_with_store"] <= row["paid"]
        if row["policy"] != "point":
            first = simulation.Share(row["first_night"], row["draws"])
            assert first.keeps(LIMITS["publish_at_floor"], LIMITS["standard_errors"]), row
        else:
            assert row["published_with_store"] == row["first_night"], "a point always answers"


def test_the_documents_are_drawn_as_the_scenario_says():
    rng = np.random.default_rng(1)
    for icc in (0.0, 0.3, 1.0):
        drawn = simulation.draw(rng, 40_000, 1, [0.9, 0.9, 0.9], icc)
        assert drawn.mean() == pytest.approx(0.9, abs=0.01)
        assert np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1] == pytest.approx(icc, abs=0.03)
    assert simulation.draw(rng, 7, 50, [1.0, 0.5], 0.3).shape == (7, 2)
    assert (simulation.draw(rng, 7, 50, [1.0, 0.5], 0.3)[:, 0] == 50).all()


def test_what_is_remembered_is_what_the_gate_says():
    gate = simulation.Gate(SCENARIO, "balanced", "exact")
    right = [190, 200, 180, 199] * 3
    assert gate.of_fields(right, 200) == gate.of_fields(sorted(right), 200)
    assert gate.of_fields([100] + [200] * 11, 200) == ("FAIL", True)


def test_the_numbers_that_are_kept_are_of_this_scenario_and_keep_the_limits():
    numbers = json.loads(simulation.RESULTS.read_text())
    assert numbers["scenario"] == hashlib.sha256(simulation.SCENARIO.read_bytes()).hexdigest()
    assert simulation.broken(SCENARIO, numbers) == []
    assert len(numbers["cells"]) == len(SCENARIO["n"]) * 2 * 4 * 2
    assert {row["draws"] for row in numbers["cells"]} == {SCENARIO["draws"]}
    assert simulation.TABLES.read_text() == simulation.tables(SCENARIO, numbers)


def test_a_limit_that_is_not_kept_is_told():
    row = {
        "interval": "exact",
        "policy": "balanced",
        "n": 50,
        "draws": 1000,
        "publish_at_floor": 100,
        "fail_healthy": 0,
    }
    numbers = {
        "cells": [row, {**row, "policy": "point"}, {**row, "interval": "wilson"}],
        "aggregates": [],
        "advice": [],
    }
    [told] = simulation.broken(SCENARIO, numbers)
    assert told.startswith("publish_at_floor is 10.00%")
    open_one = {"n": 400, "advised": 400, "draws": 1000, "inconclusive_healthy": 200}
    assert len(simulation.broken(SCENARIO, {"cells": [], "aggregates": [], "advice": [open_one]})) == 1
