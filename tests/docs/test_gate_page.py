"""docs/gate.md: what its tables and sentences claim is computed again."""

import argparse
import json
import re
from math import comb

import pytest

from airflow_provider_extend import cli, gate_cli
from airflow_provider_extend.gate.intervals import lower, upper
from airflow_provider_extend.gate.plan import documents_needed
from airflow_provider_extend.gate.rules import Rule
from airflow_provider_extend.gate.rules_file import SCHEMA_PATH
from airflow_provider_extend.gate.verdicts import VERDICTS
from tests.docs.pages import ROOT

pytestmark = pytest.mark.docs

PAGE = (ROOT / "docs" / "gate.md").read_text()


def rows(heading):
    """The cells of the table whose first cell of the head is `heading`."""
    table = re.search(rf"^\| {heading} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)[1]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in table.splitlines()]


def test_the_verdicts_and_their_exit_codes():
    assert [row[0] for row in rows("verdict")] == list(VERDICTS)
    codes = {row[0]: int(row[-1].strip("| ")) for row in rows("verdict")}
    assert codes == gate_cli.CODES


def test_the_ranges_are_those_of_the_engine():
    shown = rows("right")
    assert len(shown) == 4
    for right, measured, between in shown:
        k, n = (int(number.replace(",", "")) for number in right.split(" of "))
        assert measured == f"{k / n:.0%}".replace("%", " %")
        low, high = (float(number) for number in re.findall(r"[\d.]+", between))
        assert (low, high) == (round(lower(k, n, 0.95) * 100, 1), round(upper(k, n, 0.95) * 100, 1))


def _at_least(k, n, share):
    return sum(comb(n, i) * share**i * (1 - share) ** (n - i) for i in range(k, n + 1))


def test_luck_is_as_likely_as_the_page_says():
    assert _at_least(19, 20, 0.85) == pytest.approx(1 / 6, abs=0.01)
    assert 1 - _at_least(19, 20, 0.95) == pytest.approx(1 / 4, abs=0.02)
    assert 1 - (1 - _at_least(19, 20, 0.85)) ** 7 > 0.7, "most likely within a week"
    assert 1 - 0.95**40 > 0.8, "of forty one is likely to have none"


def test_half_the_gap_takes_nearly_four_times_the_documents():
    wide, narrow = documents_needed(0.9, 0.8, "balanced", 0.95), documents_needed(0.9, 0.85, "balanced", 0.95)
    assert 3.4 < narrow / wide < 4


def test_every_key_of_a_file_is_explained():
    schema = json.loads(SCHEMA_PATH.read_text())
    table = PAGE[PAGE.index("Of a rule:") :]
    explained = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE))))
    fields = set(Rule.__dataclass_fields__) - {"unit", "line"}
    assert fields <= explained
    keys = {
        part.split(":")[0] for part in re.findall(r"`([\w: ]+)`", " ".join(row[0] for row in rows("key")))
    }
    assert set(schema["properties"]) - {"rules", "waivers"} == keys


def test_every_option_is_explained():
    [commands] = [
        action for action in cli._parser()._actions if isinstance(action, argparse._SubParsersAction)
    ]
    [inner] = [
        action
        for action in commands.choices["gate"]._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    options = {
        option
        for parser in inner.choices.values()
        for action in parser._actions
        for option in action.option_strings
        if option.startswith("--")
    }
    assert options - {"--help"} == set(re.findall(r"--\w+", " ".join(row[0] for row in rows("option"))))


def test_every_picture_is_there_and_can_be_made_again():
    from scripts.gate_pictures import PICTURES

    shown = re.findall(r"\(images/([\w-]+)\.png\)", PAGE)
    assert sorted(shown) == sorted(PICTURES)
    for name in shown:
        assert (ROOT / "docs" / "images" / f"{name}.png").stat().st_size < 200_000


def test_the_pictures_show_what_they_are_said_to():
    from scripts.gate_pictures import PICTURES

    verdicts = {name: made[0]().tally for name, made in PICTURES.items()}
    assert set(verdicts["gate-40-fields"]) == set(VERDICTS)
    assert set(verdicts["gate-pass"]) == {"PASS"}
    fields = {
        line.selector
        for line in PICTURES["gate-40-fields"][0]().lines
        if line.rule == "extract.fields.**.accuracy"
    }
    assert len(fields) >= 40


def test_the_simulation_is_the_one_that_was_run():
    from scripts import gate_tables

    assert "| documents |" in PAGE
    assert gate_tables.page() == PAGE, "python scripts/gate_tables.py"
