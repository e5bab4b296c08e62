"""What every form of a report says beside its lines."""

import pytest

from airflow_provider_extend.gate import summary
from airflow_provider_extend.gate.evidence import Evidence
from tests.gate.given import HOSTILE, contract, line, report


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        ("PASS", "All 1,235 checks pass."),
        ("WARN", "1 of 1,235 checks warn, none is worse."),
        (
            "INCONCLUSIVE",
            "The evidence does not settle 1 of 1,235 checks. About 4,000 more documents would settle what is open.",
        ),
        ("FAIL", "1 of 1,235 checks fail."),
        ("ERROR", "No judgement was possible: 1 of 1,235 checks could not be made."),
    ],
)
def test_the_headline(verdict, told):
    lines = [line(verdict, more_documents=4000 if verdict == "INCONCLUSIVE" else None)]
    assert summary.headline(report(*lines, left_out=1234)) == told


def test_what_is_open_is_what_counts_as_open():
    waived = line("INCONCLUSIVE", counts_as="WARN", more_documents=900)
    opened = [line("INCONCLUSIVE", more_documents=number) for number in (50, 70, None)]
    assert summary.documents_to_settle(report(waived, *opened)) == 70
    assert summary.documents_to_settle(report(waived)) is None


@pytest.mark.parametrize(
    ("usage", "told"),
    [
        ({"credits": 12}, "12 credits"),
        ({"credits": 1, "totalCredits": 1234.5}, "1,234.5 credits"),
        ({"totalCredits": 0}, "0 credits"),
        ({"credits": None}, "not given by the API"),
        ({"credits": True}, "not given by the API"),
        ({"credits": "7"}, "not given by the API"),
        (None, "not given by the API"),
    ],
)
def test_what_the_evaluation_has_cost(usage, told):
    evidence = Evidence.of_result(contract({}, usage=usage))
    assert summary.credits(report(line(), evidence=evidence)) == told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"check": "min", "target": 0.9, "floor": 0.85}, "at least 90%, floor 85%"),
        ({"check": "max", "target": 0.01, "floor": 0.06}, "at most 1%, ceiling 6%"),
        ({"check": "max", "target": 2000.0, "floor": None, "unit": "ms"}, "at most 2000ms"),
        ({"check": "max_drop", "target": -0.03}, "at most 3pp below the baseline"),
        ({"check": "max_gain", "target": 0.1}, "suspicious beyond 10pp above the baseline"),
        ({"check": "coverage", "target": None}, ""),
        ({"check": "metric", "target": None}, ""),
    ],
)
def test_what_a_rule_asks(given, told):
    assert summary.asked(line(**given)) == told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"k": 47, "n": 50}, "47 of 50"),
        ({"k": 229.68, "n": 240}, "229.7 of 240"),
        ({"k": None, "n": None, "counts": (3, 4)}, "3 of 4"),
        ({"k": None, "n": None, "counts": None}, ""),
    ],
)
def test_the_counts_that_were_judged(given, told):
    assert summary.counts(line(**given)) == told


def test_a_source_that_is_no_evaluation_set_is_not_called_one():
    def names(**given):
        return dict(summary.details(report(line(), evidence=Evidence.of_result(contract({}, **given)))))

    assert names(source="EVAL_SET", source_id="ev_1")["Evaluation set"] == "ev_1"
    assert names(source_id="ev_1")["Evaluation set"] == "ev_1"
    assert "Evaluation set" not in names(source="STUDIO", source_id="dp_1")


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_shown_is_one_line_that_can_be_printed(name):
    assert summary.printable(name).isprintable()
    told = summary.for_terminal(report(line(selector=name, rule=name, reason=name), reason=name))
    assert len(told.splitlines()) == 3
    assert all(each.isprintable() for each in told.splitlines())


def test_of_many_lines_the_worst_are_shown():
    given = report(*[line(selector=f"a{number}") for number in range(9)])
    assert summary.for_terminal(given, 4).splitlines()[-1] == "And 5 more lines."
    assert len(summary.for_terminal(given).splitlines()) == 11
