"""Five documents, counted by hand, and the metrics that both forms of the API give for them.

The same documents must read the same in both, wherever both forms tell the same.
"""

from collections import Counter

import pytest

from airflow_provider_extend.api.metrics import read_metrics

# (expected, extracted); None: no value.
EXTRACTED = [
    # all three right
    (
        {"invoice_number": "A-1", "total": 100, "vendor.name": "Acme"},
        {"invoice_number": "A-1", "total": 100, "vendor.name": "Acme"},
    ),
    # the vendor was not found
    (
        {"invoice_number": "A-2", "total": 50.5, "vendor.name": "Acme"},
        {"invoice_number": "A-2", "total": 50.5, "vendor.name": None},
    ),
    # the total was not found; no vendor was to be found, and none was
    (
        {"invoice_number": "A-3", "total": 7, "vendor.name": None},
        {"invoice_number": "A-3", "total": None, "vendor.name": None},
    ),
    # a total was made up
    (
        {"invoice_number": "A-4", "total": None, "vendor.name": "Bolt"},
        {"invoice_number": "A-4", "total": 12, "vendor.name": "Bolt"},
    ),
    # a number was made up
    (
        {"invoice_number": None, "total": 3, "vendor.name": "Core"},
        {"invoice_number": "X", "total": 3, "vendor.name": "Core"},
    ),
]
# field: (present, expected, right)
BY_HAND = {"invoice_number": (5, 4, 4), "total": (4, 4, 3), "vendor.name": (3, 4, 3)}

CLASSIFIED = [  # (expected, predicted)
    ("invoice", "invoice"),
    ("invoice", "receipt"),
    ("receipt", "receipt"),
    ("receipt", "receipt"),
    ("contract", "invoice"),
]

SPLIT = [  # (expected page ranges, predicted page ranges)
    ([(1, 2), (3, 4)], [(1, 2), (3, 4)]),  # 2 of 2
    ([(1, 3)], [(1, 1), (2, 3)]),  # 0 of 1
    ([(1, 1), (2, 5)], [(1, 5)]),  # 0 of 2
    ([(1, 4)], [(1, 4)]),  # 1 of 1
    ([(1, 1), (2, 2), (3, 3)], [(1, 1), (2, 3)]),  # 1 of 3
]


def scores(kind, **metrics):
    return read_metrics({"object": kind, "metrics": metrics}, ended=True)[0]


@pytest.mark.parametrize("name", list(BY_HAND))
def test_the_counts_by_hand_are_those_of_the_documents(name):
    present = sum(got[name] is not None for _, got in EXTRACTED)
    expected = sum(want[name] is not None for want, _ in EXTRACTED)
    right = sum(want[name] is not None and want[name] == got[name] for want, got in EXTRACTED)
    assert (present, expected, right) == BY_HAND[name]


def test_extraction_of_2026():
    metrics = scores(
        "evaluation_set_run",
        type="EXTRACT",
        accuracy=10 / 12,  # 4 + 3 + 3 of 4 + 4 + 4
        numFilesTotal=5,
        numFilesProcessed=5,
        fieldMetrics={
            "invoice_number": {
                "countTotal": 5,
                "countPresent": 5,
                "countExpected": 4,
                "countAccurate": 4,
                "accuracy": 1.0,
            },
            "total": {
                "countTotal": 5,
                "countPresent": 4,
                "countExpected": 4,
                "countAccurate": 3,
                "accuracy": 0.75,
            },
            "vendor.name": {
                "countTotal": 5,
                "countPresent": 3,
                "countExpected": 4,
                "countAccurate": 3,
                "accuracy": 0.75,
            },
        },
    )
    assert metrics.values == {
        "coverage": 1.0,
        "extract.accuracy": pytest.approx(0.8333333),
        "extract.fields.invoice_number.accuracy": 1.0,
        "extract.fields.total.accuracy": 0.75,
        "extract.fields.vendor.name.accuracy": 0.75,
    }
    assert metrics.counts == {
        "coverage": (5, 5),
        "extract.fields.invoice_number.accuracy": (4, 4),
        "extract.fields.total.accuracy": (3, 4),
        "extract.fields.vendor.name.accuracy": (3, 4),
    }


def test_extraction_of_2024():
    # recall: right of expected; precision: right of extracted
    metrics = scores(
        "batch_processor_run",
        type="EXTRACT",
        numFiles=5,
        fieldMetrics={
            "invoice_number": {"recallPerc": 100.0, "precisionPerc": 80.0, "meanConfidence": 0.9},
            "total": {"recallPerc": 75.0, "precisionPerc": 75.0},
            "vendor": {"fieldMetrics": {"name": {"recallPerc": 75.0, "precisionPerc": 100.0}}},
        },
    )
    assert metrics.values == {
        "extract.fields.invoice_number.recall": 1.0,
        "extract.fields.invoice_number.precision": 0.8,
        "extract.fields.invoice_number.confidence": 0.9,
        "extract.fields.total.recall": 0.75,
        "extract.fields.total.precision": 0.75,
        "extract.fields.vendor.name.recall": 0.75,
        "extract.fields.vendor.name.precision": 1.0,
    }


def test_classification_of_2024_and_2026_agree():
    assert Counter(CLASSIFIED) == {
        ("invoice", "invoice"): 1,
        ("invoice", "receipt"): 1,
        ("receipt", "receipt"): 2,
        ("contract", "invoice"): 1,
    }
    old = scores(
        "batch_processor_run",
        type="CLASSIFY",
        accuracyPerc=60.0,
        accuracyPercByClassification={"invoice": 50.0, "receipt": 100.0, "contract": 0.0},
        confusionMatrix={
            "invoice": {"invoice": 1, "receipt": 1},
            "receipt": {"receipt": 2},
            "contract": {"invoice": 1},
        },
    )
    new = scores(
        "evaluation_set_run",
        type="CLASSIFY",
        accuracy=0.6,
        classificationMetrics={
            "invoice": {"countExpected": 2, "countPredicted": 2, "countCorrect": 1, "precision": 0.5},
            "receipt": {"countExpected": 2, "countPredicted": 3, "countCorrect": 2, "recall": 1.0},
            "contract": {"countExpected": 1, "countPredicted": 0, "countCorrect": 0},
        },
    )
    by_hand = {
        "classify.accuracy": (3, 5),
        "classify.classes.invoice.recall": (1, 2),
        "classify.classes.invoice.precision": (1, 2),
        "classify.classes.receipt.recall": (2, 2),
        "classify.classes.receipt.precision": (2, 3),
        "classify.classes.contract.recall": (0, 1),
        "classify.classes.contract.precision": (0, 0),  # never predicted: nothing to judge it by
    }
    assert new.counts == by_hand
    assert old.counts == {
        **by_hand,
        "classify.confusion.invoice.invoice": (1, 2),
        "classify.confusion.invoice.receipt": (1, 2),
        "classify.confusion.receipt.receipt": (2, 2),
        "classify.confusion.contract.invoice": (1, 1),
    }
    assert new.values["classify.accuracy"] == old.values["classify.accuracy"] == 0.6


def test_splitting_of_2024_and_2026_agree():
    assert sum(len(want) for want, _ in SPLIT) == 9
    assert sum(len(got) for _, got in SPLIT) == 8
    assert sum(len(set(want) & set(got)) for want, got in SPLIT) == 4
    old = scores(
        "batch_processor_run",
        type="SPLITTER",
        recallPerc=44.4,
        precisionPerc=50.0,
        numExpectedDocs=9,
        numPredictedDocs=8,
        numCorrectDocs=4,
    )
    new = scores(
        "evaluation_set_run",
        type="SPLITTER",
        recall=0.4444,
        precision=0.5,
        numSplitsExpected=9,
        numSplitsPredicted=8,
        numSplitsCorrect=4,
    )
    assert old == new
    assert new.counts == {"split.recall": (4, 9), "split.precision": (4, 8)}
    assert new.values == {"split.recall": 4 / 9, "split.precision": 0.5}
