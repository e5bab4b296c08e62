"""The recount on an example that can be done by hand."""

import pytest

from demo.recount import disagreements, recount

TRUTH = {
    "a": {"number": "A 1", "total": 10.5, "order": None},
    "b": {"number": "A 2", "total": 20.0, "order": "PO-1"},
    "c": {"number": "A 3", "total": 30.0, "order": None},
    "d": {"number": "A 4", "total": 40.0, "order": None},
}
OUTPUTS = {
    "a": {
        "number": "a  1",
        "total": 10.5,
        "order": "PO-9",
    },  # right but for its form; an order out of thin air
    "b": {"number": "A 2", "total": 21, "order": "PO-1"},  # a wrong total
    "c": {"number": "A3", "total": 30, "order": None},  # another number
    # d was not evaluated
}


@pytest.fixture
def counts():
    return recount(TRUTH, OUTPUTS)


def test_counts(counts):
    assert counts == {
        "extract.accuracy": (5, 9),
        "extract.fields.number.accuracy": (2, 4),
        "extract.fields.number.recall": (2, 4),
        "extract.fields.number.precision": (2, 3),
        "extract.fields.total.accuracy": (2, 4),
        "extract.fields.total.recall": (2, 4),
        "extract.fields.total.precision": (2, 3),
        "extract.fields.order.accuracy": (1, 1),
        "extract.fields.order.recall": (1, 1),
        "extract.fields.order.precision": (1, 2),
    }


def test_what_agrees_is_not_mentioned(counts):
    metrics = {"extract.accuracy": 0.555556, "extract.fields.total.accuracy": 0.5, "latency.p95_ms": 7.0}
    assert disagreements(counts, metrics, {"extract.fields.total.accuracy": [2, 4]}) == []


def test_what_disagrees_is(counts):
    assert disagreements(counts, {"extract.accuracy": 0.56}, {}) == [
        "extract.accuracy was reported as 56.0000%, recounted 5 of 9"
    ]
    assert disagreements(
        counts, {"extract.fields.total.accuracy": 0.5}, {"extract.fields.total.accuracy": [3, 6]}
    )
