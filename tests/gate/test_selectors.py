"""Selectors: dots are levels, `*` is one, `**` is any number."""

import pytest

from airflow_provider_extend.gate.selectors import levels, matching, nearest


@pytest.mark.parametrize(
    ("selector", "parts"),
    [
        ("coverage", ("coverage",)),
        ("extract.fields.vendor.name.accuracy", ("extract", "fields", "vendor", "name", "accuracy")),
        ("extract.fields.*.accuracy", ("extract", "fields", "*", "accuracy")),
        ("**", ("**",)),
        ('extract.fields."a.b".recall', ("extract", "fields", '"a.b"', "recall")),
        ('"a.b"', ('"a.b"',)),
        ('"say \\"hi\\".".recall', ('"say \\"hi\\"."', "recall")),
        ("classify.classes.credit note.recall", ("classify", "classes", "credit note", "recall")),
    ],
)
def test_a_selector_has_levels_and_quotes_keep_their_dots(selector, parts):
    assert levels(selector) == parts


@pytest.mark.parametrize(
    "selector", ["", ".", "a.", ".a", "a..b", '"a', 'a."b', 'a"b"', '"a"b', '"a".', 'a.""x', "a.."]
)
def test_what_is_no_selector_is_refused_by_name(selector):
    with pytest.raises(ValueError, match="Selector") as caught:
        levels(selector)
    assert repr(selector) in str(caught.value)


METRICS = [
    "coverage",
    "extract.accuracy",
    "extract.fields.total.accuracy",
    "extract.fields.vendor.accuracy",
    "extract.fields.vendor.name.accuracy",
    "extract.fields.total.recall",
    'extract.fields."a.b".accuracy',
]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("extract.accuracy", ["extract.accuracy"]),
        ("extract.fields.*.accuracy", [
            'extract.fields."a.b".accuracy', "extract.fields.total.accuracy", "extract.fields.vendor.accuracy",
        ]),
        ("extract.fields.**.accuracy", [
            'extract.fields."a.b".accuracy', "extract.fields.total.accuracy", "extract.fields.vendor.accuracy",
            "extract.fields.vendor.name.accuracy",
        ]),
        ("extract.**.accuracy", [
            "extract.accuracy", 'extract.fields."a.b".accuracy', "extract.fields.total.accuracy",
            "extract.fields.vendor.accuracy", "extract.fields.vendor.name.accuracy",
        ]),
        ("extract.fields.vendor.**", ["extract.fields.vendor.accuracy", "extract.fields.vendor.name.accuracy"]),
        ("**.recall", ["extract.fields.total.recall"]),
        ("**", sorted(METRICS)),
        ("*", ["coverage"]),
        ("*.*", ["extract.accuracy"]),
        ('extract.fields."a.b".*', ['extract.fields."a.b".accuracy']),
        ("extract.fields.a.b.accuracy", []),
        ("extract.field", []),
        ("extract", []),
        ("extract.fields.tot*.accuracy", []),
        ("Extract.accuracy", []),
    ],
)  # fmt: skip
def test_a_pattern_means_these_and_no_others(pattern, found):
    assert matching(pattern, METRICS) == found


@pytest.mark.parametrize(
    "name", ["classify.classes.etc..recall", 'extract.fields.a"b.accuracy', "extract.fields..recall", "x."]
)
def test_a_metric_that_users_named_oddly_harms_no_other_rule_and_can_be_named(name):
    assert matching("extract.accuracy", ["extract.accuracy", name]) == ["extract.accuracy"]
    assert matching("**", ["extract.accuracy", name]) == sorted(["extract.accuracy", name])


def test_a_broken_pattern_is_refused_even_where_there_are_no_metrics():
    with pytest.raises(ValueError, match="Selector"):
        matching("a..b", [])


def test_near_names_are_offered_or_else_the_first_few():
    assert nearest("extract.acuracy", METRICS)[0] == "extract.accuracy"
    assert nearest("zzz", METRICS) == sorted(METRICS)[:5]
    assert nearest("zzz", []) == []


@pytest.mark.parametrize("many", [30, 5000])
def test_many_wildcards_do_not_take_for_ever(many):
    assert matching(".".join(["**"] * many + ["accuracy"]), METRICS) == sorted(
        name for name in METRICS if name.endswith("accuracy")
    )
    assert matching(".".join(["**", "accuracy"] * many), METRICS) == []
