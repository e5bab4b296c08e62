"""Metrics of both forms as proportions. Every expected value is worked out by hand from the answer above it."""

import math

import pytest

from airflow_provider_extend.api.metrics import Metrics, quote_key, read_metrics

LATENCIES = {
    "latency.mean_ms": 1500.0,
    "latency.p50_ms": 1400.0,
    "latency.p90_ms": 2100.0,
    "latency.p95_ms": 2300.0,
    "latency.p99_ms": 2600.0,
}


def old(**metrics):
    """An ended batch processor run of 2024-12-23."""
    return read_metrics({"object": "batch_processor_run", "metrics": metrics}, ended=True)[0]


def new(**metrics):
    """An ended evaluation set run of 2026-02-09."""
    return read_metrics({"object": "evaluation_set_run", "metrics": metrics}, ended=True)[0]


# --- the documented answers ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["extract", "playground"])
def test_extract_metrics_of_2024_are_percent_in_the_answer_and_fractions_here(run_of, name):
    metrics, origin = read_metrics(run_of(f"2024-12-23.batch_processor_run.{name}"), ended=True)
    assert metrics.values == {
        "latency.mean_ms": 1500.0,
        "extract.fields.invoice_number.recall": 0.985,
        "extract.fields.invoice_number.precision": 0.992,
        "extract.fields.invoice_number.confidence": 0.95,
        "extract.fields.invoice_date.recall": 0.951,
        "extract.fields.invoice_date.precision": 0.973,
        "extract.fields.invoice_date.confidence": 0.92,
    }
    assert metrics.counts == {}
    assert metrics.files is None
    assert metrics.processor_type == "EXTRACT"
    assert origin == "batch_processor_run"


def test_classify_metrics_of_2024_are_counted_from_the_confusion_matrix(run_of):
    metrics, origin = read_metrics(run_of("2024-12-23.batch_processor_run.classify"), ended=True)
    # invoice: 5 right, 1 taken for other; other: 3 right, 1 taken for invoice.
    assert metrics.counts == {
        "classify.accuracy": (8, 10),
        "classify.classes.invoice.recall": (5, 6),
        "classify.classes.invoice.precision": (5, 6),
        "classify.classes.other.recall": (3, 4),
        "classify.classes.other.precision": (3, 4),
        "classify.confusion.invoice.invoice": (5, 6),
        "classify.confusion.invoice.other": (1, 6),
        "classify.confusion.other.other": (3, 4),
        "classify.confusion.other.invoice": (1, 4),
    }
    assert metrics.values == {
        "latency.mean_ms": 1500.0,
        "classify.confidence": 0.93,
        "classify.accuracy": 0.8,
        "classify.classes.invoice.recall": 5 / 6,
        "classify.classes.invoice.precision": 5 / 6,
        "classify.classes.other.recall": 0.75,
        "classify.classes.other.precision": 0.75,
        "classify.confusion.invoice.invoice": 5 / 6,
        "classify.confusion.invoice.other": 1 / 6,
        "classify.confusion.other.other": 0.75,
        "classify.confusion.other.invoice": 0.25,
    }
    assert (metrics.processor_type, origin) == ("CLASSIFY", "batch_processor_run")


def test_splitter_metrics_of_2024_are_counted_and_their_percents_not_needed(run_of):
    metrics, origin = read_metrics(run_of("2024-12-23.batch_processor_run.splitter"), ended=True)
    assert metrics.counts == {"split.recall": (8, 9), "split.precision": (8, 10)}
    assert metrics.values == {"latency.mean_ms": 1500.0, "split.recall": 8 / 9, "split.precision": 0.8}
    assert (metrics.processor_type, origin) == ("SPLITTER", "batch_processor_run")


def test_extract_metrics_of_2026(run_of):
    metrics, origin = read_metrics(run_of("2026-02-09.evaluation_set_run.extract"), ended=True)
    assert metrics.values == {
        **LATENCIES,
        "coverage": 1.0,
        "extract.accuracy": 0.9,
        "extract.fields.invoice_number.accuracy": 0.9,
        "extract.fields.vendor.name.accuracy": 0.9,
    }
    # internal_notes was expected in no document: it has no accuracy.
    assert metrics.counts == {
        "coverage": (10, 10),
        "extract.fields.invoice_number.accuracy": (9, 10),
        "extract.fields.vendor.name.accuracy": (9, 10),
        "extract.fields.internal_notes.accuracy": (0, 0),
    }
    assert metrics.files == (10, 10)
    assert (metrics.processor_type, origin) == ("EXTRACT", "evaluation_set_run")


def test_classify_metrics_of_2026(run_of):
    metrics, origin = read_metrics(run_of("2026-02-09.evaluation_set_run.classify"), ended=True)
    assert metrics.counts == {
        "coverage": (10, 10),
        "classify.accuracy": (8, 10),
        "classify.classes.invoice.recall": (5, 6),
        "classify.classes.invoice.precision": (5, 5),
        "classify.classes.other.recall": (3, 4),
        "classify.classes.other.precision": (3, 5),
    }
    assert metrics.values == {
        **LATENCIES,
        "coverage": 1.0,
        "classify.accuracy": 0.8,
        "classify.classes.invoice.recall": 5 / 6,
        "classify.classes.invoice.precision": 1.0,
        "classify.classes.other.recall": 0.75,
        "classify.classes.other.precision": 0.6,
    }
    assert (metrics.processor_type, origin) == ("CLASSIFY", "evaluation_set_run")


def test_splitter_metrics_of_2026(run_of):
    metrics, origin = read_metrics(run_of("2026-02-09.evaluation_set_run.splitter"), ended=True)
    assert metrics.counts == {"coverage": (10, 10), "split.recall": (8, 9), "split.precision": (8, 10)}
    assert metrics.values == {**LATENCIES, "coverage": 1.0, "split.recall": 8 / 9, "split.precision": 0.8}
    assert (metrics.processor_type, origin) == ("SPLITTER", "evaluation_set_run")


@pytest.mark.parametrize("name", ["2025-04-21.batch_processor_run", "2026-02-09.batch_processor_run.legacy"])
def test_an_answer_with_counts_only_has_no_scores(run_of, name):
    metrics, origin = read_metrics(run_of(name), ended=True)
    assert metrics == Metrics()
    assert origin is None
    assert not metrics.scored


def test_rich_metrics_sent_on_2025_are_read(run_of):
    run = run_of("2025-04-21.batch_processor_run")
    run["metrics"] |= {"type": "EXTRACT", "fieldMetrics": {"total": {"recallPerc": 75.0}}}
    metrics, origin = read_metrics(run, ended=True)
    assert metrics.values == {"extract.fields.total.recall": 0.75}
    assert origin == "batch_processor_run"


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("2024-12-23.batch_processor_run.processing", None),
        ("2026-02-09.evaluation_set_run.pending", (0, 10)),
        ("2026-02-09.evaluation_set_run.sdk_fixture_2026_05", None),
    ],
)
def test_before_the_end_there_is_progress_and_no_score(run_of, name, files):
    metrics, origin = read_metrics(run_of(name), ended=False)
    assert metrics.values == {}
    assert metrics.counts == {}
    assert metrics.files == files
    assert origin is None


@pytest.mark.parametrize("kind", ["extract", "classify", "splitter"])
def test_scores_sent_before_the_end_are_not_read(run_of, kind):
    metrics, origin = read_metrics(run_of(f"2026-02-09.evaluation_set_run.{kind}"), ended=False)
    assert (metrics.values, metrics.counts, metrics.files, origin) == ({}, {}, (10, 10), None)


# --- extract ---------------------------------------------------------------------------------------------


def test_the_tree_of_2024_is_joined_with_dots():
    metrics = old(
        type="EXTRACT",
        fieldMetrics={
            "vendor": {
                "recallPerc": 50,
                "fieldMetrics": {
                    "address": {"precisionPerc": 25, "fieldMetrics": {"zip": {"meanConfidence": 0.5}}},
                },
            }
        },
    )
    assert metrics.values == {
        "extract.fields.vendor.recall": 0.5,
        "extract.fields.vendor.address.precision": 0.25,
        "extract.fields.vendor.address.zip.confidence": 0.5,
    }


@pytest.mark.parametrize(
    ("key", "level"),
    [
        ("plain", "plain"),
        ("with space", "with space"),
        ("a.b", '"a.b"'),
        ('say "hi"', '"say \\"hi\\""'),
        ('a."b\\c', '"a.\\"b\\\\c"'),
        ("back\\slash", "back\\slash"),
    ],
)
def test_a_tree_key_is_quoted_only_where_it_holds_a_dot_or_a_quote(key, level):
    assert quote_key(key) == level
    tree = {"outer": {"fieldMetrics": {key: {"recallPerc": 100}}}, key: {"recallPerc": 0}}
    assert old(type="EXTRACT", fieldMetrics=tree).values == {
        f"extract.fields.outer.{level}.recall": 1.0,
        f"extract.fields.{level}.recall": 0.0,
    }


def test_dots_of_a_2026_key_are_levels_and_never_quoted():
    metrics = new(type="EXTRACT", fieldMetrics={"a.b.c": {"countAccurate": 1, "countExpected": 4}})
    assert metrics.values == {"extract.fields.a.b.c.accuracy": 0.25}


def test_a_field_without_expected_values_has_no_accuracy_even_if_one_is_sent():
    field = {"countTotal": 5, "countPresent": 1, "countExpected": 0, "countAccurate": 0, "accuracy": 1.0}
    assert new(type="EXTRACT", fieldMetrics={"notes": field}).values == {}


def test_counts_decide_over_a_rounded_ratio():
    field = {"countExpected": 3, "countAccurate": 2, "accuracy": 0.67}
    metrics = new(type="EXTRACT", fieldMetrics={"total": field})
    assert metrics.values == {"extract.fields.total.accuracy": 2 / 3}
    assert metrics.counts == {"extract.fields.total.accuracy": (2, 3)}


@pytest.mark.parametrize(
    "field",
    [
        {"accuracy": 0.67},
        {"accuracy": 0.67, "countExpected": None, "countAccurate": None},
        {"accuracy": 0.67, "countExpected": 3},
        {"accuracy": 0.67, "countExpected": 2, "countAccurate": 3},
        {"accuracy": 0.67, "countExpected": -3, "countAccurate": -2},
        {"accuracy": 0.67, "countExpected": "3", "countAccurate": "2"},
        {"accuracy": 0.67, "countExpected": True, "countAccurate": True},
        {"accuracy": 0.67, "countExpected": 3.5, "countAccurate": 2.5},
        {"accuracy": 0.67, "countExpected": math.inf, "countAccurate": 1},
    ],
)
def test_without_usable_counts_the_given_ratio_stands_without_counts(field):
    metrics = new(type="EXTRACT", fieldMetrics={"total": field})
    assert metrics.values == {"extract.fields.total.accuracy": 0.67}
    assert metrics.counts == {}


def test_counts_may_be_sent_as_whole_floats():
    metrics = new(type="EXTRACT", fieldMetrics={"a": {"countExpected": 4.0, "countAccurate": 1.0}})
    assert metrics.counts == {"extract.fields.a.accuracy": (1, 4)}


@pytest.mark.parametrize("bad", [None, True, False, "0.9", math.nan, math.inf, -0.1, -1, [0.9], {}], ids=repr)
def test_a_ratio_that_is_no_number_of_0_to_1_is_missing_and_not_taken_for_one(bad):
    assert new(type="EXTRACT", accuracy=bad).values == {}
    assert new(type="EXTRACT", fieldMetrics={"a": {"accuracy": bad}}).values == {}
    assert old(type="EXTRACT", fieldMetrics={"a": {"meanConfidence": bad}}).values == {}
    assert old(type="CLASSIFY", meanConfidence=bad).values == {}
    assert new(type="SPLITTER", recall=bad, precision=bad).values == {}


@pytest.mark.parametrize("bad", [None, True, False, "90", math.nan, math.inf, -10, [90], {}], ids=repr)
def test_a_percent_that_is_no_number_of_0_to_100_is_missing_and_not_taken_for_one(bad):
    assert old(type="EXTRACT", fieldMetrics={"a": {"recallPerc": bad, "precisionPerc": bad}}).values == {}
    assert old(type="CLASSIFY", accuracyPerc=bad, accuracyPercByClassification={"x": bad}).values == {}
    assert old(type="SPLITTER", recallPerc=bad, precisionPerc=bad).values == {}


def test_a_number_of_the_wrong_scale_is_never_a_score_above_1():
    assert new(type="EXTRACT", accuracy=95).values == {}
    assert new(type="SPLITTER", recall=95.0).values == {}
    assert old(type="EXTRACT", fieldMetrics={"a": {"recallPerc": 9850}}).values == {}
    assert old(type="EXTRACT", fieldMetrics={"a": {"meanConfidence": 92}}).values == {}
    assert new(type="EXTRACT", accuracy=1.5).values == {}


@pytest.mark.parametrize(
    ("percent", "fraction"),
    [
        (90.1, 0.901),
        (98.5, 0.985),
        (95.5, 0.955),
        (55.0, 0.55),
        (0.07, 0.0007),
        (99.99, 0.9999),
        (33.3, 0.333),
        (100, 1.0),
        (0, 0.0),
    ],
)
def test_a_percent_is_the_very_fraction_that_a_rule_names(percent, fraction):
    metrics = old(type="EXTRACT", fieldMetrics={"a": {"recallPerc": percent}})
    assert metrics.values == {"extract.fields.a.recall": fraction}


@pytest.mark.parametrize(
    "fields", [None, [], "x", {"a": None}, {"a": 3}, {"a": {}}, {"a": {"fieldMetrics": None}}]
)
def test_fields_without_metrics_are_no_metrics(fields):
    metrics = new(type="EXTRACT", accuracy=0.5, fieldMetrics=fields)
    assert metrics.values == {"extract.accuracy": 0.5}


def test_a_child_that_is_no_object_is_passed_over():
    tree = {"vendor": {"recallPerc": 10, "fieldMetrics": {"name": None, "zip": {"recallPerc": 20}}}}
    assert old(type="EXTRACT", fieldMetrics=tree).values == {
        "extract.fields.vendor.recall": 0.1,
        "extract.fields.vendor.zip.recall": 0.2,
    }


# --- classify --------------------------------------------------------------------------------------------


def test_classify_without_a_matrix_has_the_given_percents_and_no_counts():
    metrics = old(
        type="CLASSIFY",
        accuracyPerc=80.0,
        meanConfidence=0.93,
        distribution={"invoice": 6, "other": 4},
        accuracyPercByClassification={"invoice": 83.3, "other": 75.0, "v1.0": 50.0},
    )
    assert metrics.values == {
        "classify.accuracy": 0.8,
        "classify.confidence": 0.93,
        "classify.classes.invoice.recall": 0.833,
        "classify.classes.other.recall": 0.75,
        'classify.classes."v1.0".recall': 0.5,
    }
    assert metrics.counts == {}


def test_classify_without_expected_classes_has_a_confidence_only():
    metrics = old(type="CLASSIFY", meanConfidence=0.9, distribution={"invoice": 10}, accuracyPerc=None)
    assert metrics.values == {"classify.confidence": 0.9}


def test_a_class_that_was_only_ever_predicted_has_a_precision_of_0_and_no_recall():
    metrics = old(type="CLASSIFY", accuracyPerc=50, confusionMatrix={"invoice": {"invoice": 1, "letter": 1}})
    assert metrics.counts == {
        "classify.accuracy": (1, 2),
        "classify.classes.invoice.recall": (1, 2),
        "classify.classes.invoice.precision": (1, 1),
        "classify.classes.letter.precision": (0, 1),
        "classify.confusion.invoice.invoice": (1, 2),
        "classify.confusion.invoice.letter": (1, 2),
    }


def test_a_class_that_was_never_predicted_has_no_precision():
    metrics = old(type="CLASSIFY", confusionMatrix={"a": {"b": 2}, "b": {"b": 3}})
    assert metrics.counts["classify.classes.a.recall"] == (0, 2)
    assert "classify.classes.a.precision" not in metrics.values
    assert metrics.counts["classify.classes.b.precision"] == (3, 5)


def test_class_names_of_2024_are_quoted_like_tree_keys():
    metrics = old(type="CLASSIFY", confusionMatrix={"v1.0": {"v1.0": 1}})
    assert metrics.counts == {
        "classify.accuracy": (1, 1),
        'classify.classes."v1.0".recall': (1, 1),
        'classify.classes."v1.0".precision': (1, 1),
        'classify.confusion."v1.0"."v1.0"': (1, 1),
    }


@pytest.mark.parametrize("matrix", [None, {}, [], {"a": None}])
def test_a_matrix_without_rows_is_none(matrix):
    metrics = old(type="CLASSIFY", accuracyPerc=80, confusionMatrix=matrix)
    assert metrics.values == {"classify.accuracy": 0.8}
    assert not any(n for _, n in metrics.counts.values())


@pytest.mark.parametrize("cell", ["1", -1, 1.5, True, math.nan], ids=repr)
def test_a_matrix_with_a_cell_that_is_no_count_is_not_counted_and_the_given_percents_stand(cell):
    metrics = old(
        type="CLASSIFY",
        accuracyPerc=83.3,
        accuracyPercByClassification={"a": 83.3},
        confusionMatrix={"a": {"a": 5, "b": cell}},
    )
    assert metrics.values["classify.accuracy"] == 0.833
    assert metrics.values["classify.classes.a.recall"] == 0.833
    assert "classify.accuracy" not in metrics.counts


def test_a_matrix_of_zeros_scores_nothing():
    assert old(type="CLASSIFY", confusionMatrix={"a": {"a": 0, "b": None}}).values == {}


@pytest.mark.parametrize("classes", [{}, None, "absent", ["invoice"], 3])
def test_accuracy_of_2026_is_read_where_no_class_is_given(classes):
    given = {} if classes == "absent" else {"classificationMetrics": classes}
    metrics = new(type="CLASSIFY", accuracy=0.8, **given)
    assert metrics.values == {"classify.accuracy": 0.8}


def test_a_class_without_counts_keeps_its_ratios_and_accuracy_is_then_the_given_one():
    metrics = new(
        type="CLASSIFY",
        accuracy=0.8,
        classificationMetrics={
            "invoice": {"countExpected": 6, "countPredicted": 5, "countCorrect": 5},
            "other": {"recall": 0.75, "precision": 0.6},
            "broken": None,
        },
    )
    assert metrics.values == {
        "classify.accuracy": 0.8,
        "classify.classes.invoice.recall": 5 / 6,
        "classify.classes.invoice.precision": 1.0,
        "classify.classes.other.recall": 0.75,
        "classify.classes.other.precision": 0.6,
    }
    assert set(metrics.counts) == {
        "classify.classes.invoice.recall",
        "classify.classes.invoice.precision",
    }


def test_accuracy_is_counted_from_a_single_document():
    classes = {"invoice": {"countExpected": 1, "countPredicted": 1, "countCorrect": 1}}
    assert new(type="CLASSIFY", accuracy=1.0, classificationMetrics=classes).counts == {
        "classify.accuracy": (1, 1),
        "classify.classes.invoice.recall": (1, 1),
        "classify.classes.invoice.precision": (1, 1),
    }


def test_where_no_class_was_expected_the_given_accuracy_stands():
    classes = {"invoice": {"countExpected": 0, "countPredicted": 4, "countCorrect": 0}}
    metrics = new(type="CLASSIFY", accuracy=0.25, classificationMetrics=classes)
    assert metrics.values == {"classify.accuracy": 0.25, "classify.classes.invoice.precision": 0.0}
    assert metrics.counts == {
        "classify.classes.invoice.precision": (0, 4),
        "classify.classes.invoice.recall": (0, 0),
    }


# --- split -----------------------------------------------------------------------------------------------


def test_splitter_percents_without_counts_are_percents_above_1():
    metrics = old(type="SPLITTER", recallPerc=88.9, precisionPerc=80)
    assert metrics.values == {"split.recall": 0.889, "split.precision": 0.8}
    assert metrics.counts == {}


@pytest.mark.parametrize("ratio", [0.889, 1, 0.5])
def test_a_splitter_percent_up_to_1_could_be_either_scale_and_is_missing(ratio):
    assert old(type="SPLITTER", recallPerc=ratio, precisionPerc=ratio).values == {}


def test_a_splitter_percent_of_0_is_0_on_either_scale():
    assert old(type="SPLITTER", recallPerc=0, precisionPerc=0.0).values == {
        "split.recall": 0.0,
        "split.precision": 0.0,
    }


def test_counts_settle_the_scale_of_a_splitter():
    counts = {"numExpectedDocs": 9, "numPredictedDocs": 10, "numCorrectDocs": 8}
    as_ratio = old(type="SPLITTER", recallPerc=0.889, precisionPerc=0.8, **counts)
    as_percent = old(type="SPLITTER", recallPerc=88.9, precisionPerc=80, **counts)
    assert as_ratio == as_percent
    assert as_ratio.counts == {"split.recall": (8, 9), "split.precision": (8, 10)}


def test_a_divisor_of_0_leaves_the_value_out():
    metrics = old(
        type="SPLITTER",
        recallPerc=50,
        precisionPerc=100,
        numExpectedDocs=2,
        numPredictedDocs=0,
        numCorrectDocs=0,
    )
    assert metrics.values == {"split.recall": 0.0}
    assert metrics.counts == {"split.recall": (0, 2), "split.precision": (0, 0)}


def test_splitter_ratios_of_2026_without_counts_are_fractions():
    metrics = new(type="SPLITTER", precision=0.8, recall=1.0, f1=0.9)
    assert metrics.values == {"split.precision": 0.8, "split.recall": 1.0}


@pytest.mark.parametrize(
    ("sent", "values"),
    [
        ({"recall": 0.9}, {"split.recall": 0.9}),
        ({"precision": 0.8}, {"split.precision": 0.8}),
        ({"numSplitsExpected": 4, "numSplitsCorrect": 3}, {"split.recall": 0.75}),
        ({"numSplitsPredicted": 5, "numSplitsCorrect": 3}, {"split.precision": 0.6}),
    ],
    ids=str,
)
def test_one_score_of_2026_alone_is_enough(sent, values):
    assert new(type="SPLITTER", **sent).values == values


def test_a_small_percent_of_a_splitter_is_a_percent():
    assert old(type="SPLITTER", recallPerc=1.5).values == {"split.recall": 0.015}


# --- what is common --------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [None, [], "x", 3])
def test_a_run_without_metrics_has_none(raw):
    assert read_metrics({"metrics": raw}, ended=True) == (Metrics(), None)
    assert read_metrics({}, ended=True) == (Metrics(), None)


@pytest.mark.parametrize("kind", ["PARSE", "extract", None, 3, ["EXTRACT"], {}])
def test_metrics_of_an_unknown_type_are_no_scores(kind):
    run = {"object": "evaluation_set_run", "metrics": {"type": kind, "accuracy": 1.0, "numFilesTotal": 2}}
    metrics, origin = read_metrics(run, ended=True)
    assert (metrics.values, origin, metrics.processor_type) == ({}, None, None)


def test_coverage_is_files_processed_of_all_files():
    metrics = new(type="EXTRACT", numFilesProcessed=7, numFilesTotal=8)
    assert metrics.values == {"coverage": 0.875}
    assert metrics.counts == {"coverage": (7, 8)}
    assert metrics.files == (7, 8)
    assert not metrics.scored


def test_an_empty_evaluation_set_has_files_and_no_coverage():
    metrics = new(type="EXTRACT", numFilesProcessed=0, numFilesTotal=0)
    assert metrics.files == (0, 0)
    assert metrics.values == {}


def test_an_evaluation_set_of_one_file_has_coverage():
    assert new(type="EXTRACT", numFilesProcessed=1, numFilesTotal=1).counts == {"coverage": (1, 1)}


@pytest.mark.parametrize("none", [{"numFilesProcessed": 0, "numFilesTotal": 5}, {"numFiles": 0}], ids=str)
def test_scores_of_no_files_at_all_are_no_scores(none):
    perfect = {"accuracy": 1.0, "meanLatencyMs": 0, "fieldMetrics": {"total": {"recallPerc": 100}}}
    run = {"object": "evaluation_set_run", "metrics": {"type": "EXTRACT", **perfect, **none}}
    metrics, origin = read_metrics(run, ended=True)
    assert (metrics.values, metrics.counts, origin) == ({}, {}, None)


@pytest.mark.parametrize("some", [{"numFilesProcessed": 1}, {"numFiles": 1}, {}], ids=str)
def test_scores_of_a_single_file_or_of_nobody_says_how_many_are_scores(some):
    assert new(type="EXTRACT", accuracy=1.0, **some).values == {"extract.accuracy": 1.0}


@pytest.mark.parametrize(("processed", "total"), [(3, None), (None, 3), (4, 3), (-1, 3), ("1", 3), (True, 3)])
def test_file_counts_that_do_not_fit_are_missing(processed, total):
    metrics = new(type="EXTRACT", numFilesProcessed=processed, numFilesTotal=total)
    assert metrics.files is None
    assert metrics.values == {}


@pytest.mark.parametrize("bad", [None, True, "12", math.nan, math.inf, -5], ids=repr)
def test_a_latency_that_is_no_number_of_milliseconds_is_missing(bad):
    assert new(type="EXTRACT", p95LatencyMs=bad, meanLatencyMs=12.5).values == {"latency.mean_ms": 12.5}


@pytest.mark.parametrize("quick", [0, 0.4])
def test_a_latency_below_a_millisecond_is_one(quick):
    assert new(type="EXTRACT", p50LatencyMs=quick).values == {"latency.p50_ms": quick}


def test_a_mean_latency_of_null_is_as_good_as_none():
    assert new(type="EXTRACT", meanLatencyMs=None, meanRunTimeMs=9).values == {"latency.mean_ms": 9.0}


def test_latencies_and_coverage_alone_are_no_scores():
    run = {"object": "evaluation_set_run", "metrics": {"type": "EXTRACT", "p95LatencyMs": 3}}
    metrics, origin = read_metrics(run, ended=True)
    assert metrics.values == {"latency.p95_ms": 3.0}
    assert origin is None


# --- what is given and cannot be ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ({"countAccurate": 12, "countExpected": 10}, "has the counts 12 of 10"),
        ({"countAccurate": 12, "countExpected": 10, "accuracy": 1.0}, "has the counts 12 of 10"),
        ({"countAccurate": -5, "countExpected": -5}, "has the counts -5 of -5"),
        ({"countAccurate": "IBAN", "countExpected": 10}, "has the counts str of 10"),
        ({"countAccurate": 10**400, "countExpected": 10**400}, "has the counts int of int"),
        ({"accuracy": math.nan}, "is nan, where a proportion is expected"),
        ({"accuracy": 95}, "is 95, where a proportion is expected"),
        ({"countAccurate": None, "countExpected": 10}, "has neither counts nor a value"),
        (None, "is missing: the field is None"),
        ([0.9], "is missing: the field is list"),
    ],
)
def test_a_field_that_cannot_be_measured_is_told_and_not_left_out(field, told):
    metrics = new(type="EXTRACT", fieldMetrics={"iban": field, "total": {"accuracy": 1.0}})
    assert metrics.unusable["extract.fields.iban.accuracy"] == told
    assert "extract.fields.total.accuracy" not in metrics.unusable


def test_what_is_not_given_is_not_unusable():
    notes = {"countTotal": 5, "countPresent": 0, "countExpected": 0, "countAccurate": 0}
    assert not new(type="EXTRACT", accuracy=None, fieldMetrics={"notes": notes}).unusable
    assert not old(type="EXTRACT", fieldMetrics={"vendor": {"fieldMetrics": {"name": {}}}}).unusable
    assert not old(type="CLASSIFY", confusionMatrix={"a": {"a": 0, "b": None}, "c": None}).unusable


@pytest.mark.parametrize("total", [10, "10", math.nan, 10**400], ids=lambda total: repr(total)[:9])
def test_files_that_cannot_be_counted_are_told(total):
    metrics = new(type="SPLITTER", recall=1.0, numFilesProcessed=12, numFilesTotal=total)
    assert metrics.files is None
    assert metrics.unusable["coverage"].startswith("has the counts 12 of ")


def test_percents_classes_and_latencies_that_cannot_be_are_told():
    percents = old(type="EXTRACT", fieldMetrics={"a": {"recallPerc": 9850}})
    assert percents.unusable == {"extract.fields.a.recall": "is 98.5, where a proportion is expected"}
    row = {"countCorrect": 3, "countExpected": 2, "countPredicted": 3}
    classes = new(type="CLASSIFY", classificationMetrics={"invoice": row, "letter": 1})
    assert set(classes.unusable) == {
        f"classify.classes.{name}" for name in ("invoice.recall", "letter.recall", "letter.precision")
    }
    assert "classify.accuracy" not in classes.values
    latency = new(type="SPLITTER", p95LatencyMs=math.nan)
    assert latency.unusable == {"latency.p95_ms": "is nan, where milliseconds are expected"}


def test_a_matrix_with_a_row_that_is_none_is_not_counted_without_it():
    assert old(type="CLASSIFY", confusionMatrix={"a": {"a": 5}, "b": "x"}).counts == {}
