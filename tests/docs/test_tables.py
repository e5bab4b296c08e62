"""Tables of the documentation that stand in the code as well: written twice, compared here."""

from __future__ import annotations

import pytest

from airflow_provider_extend.api import lookups
from airflow_provider_extend.api.advice import ADVICE
from airflow_provider_extend.api.configs import check_config
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.runs import READS, cancels
from airflow_provider_extend.api.versions import API_VERSIONS
from tests.docs.pages import ROOT

pytestmark = pytest.mark.docs


def rows(page: str, head: str) -> list[list[str]]:
    """Cells of the first table whose head begins so."""
    lines = iter((ROOT / "docs" / page).read_text().splitlines())
    for line in lines:
        if line.startswith(head):
            break
    found = []
    next(lines)
    for line in lines:
        if not line.startswith("|"):
            return found
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def test_the_ways_to_find_a_run() -> None:
    told = {kind.replace(" ", "_"): tuple(ways) for kind, *ways in rows("guarantees.md", "| kind of run |")}
    assert told == dict(lookups.ways())


def test_what_can_be_cancelled() -> None:
    text = (ROOT / "docs" / "guarantees.md").read_text()
    table = text[text.index("## Who cancels") : text.index("## Money")]
    told = {}
    for line in table[table.index("| kind of run |") :].splitlines()[2:]:
        if line.startswith("|"):
            kinds, *words = [cell.strip() for cell in line.strip("|").split("|")]
            told |= {kind.replace(" ", "_"): words for kind in kinds.split(", ")}
    assert set(told) == set(READS)
    for kind, words in told.items():
        can = [cancels(kind, version) is not None for version in API_VERSIONS]
        assert can == [word == "can be cancelled" for word in words], kind


def test_the_table_of_errors() -> None:
    told = [(name.strip("`"), who, what) for name, who, what in rows("errors.md", "| error |")]
    assert told == [(row.error.__name__, row.action, row.words) for row in ADVICE]


#: A value that each key of the table takes.
KEYS = {
    "fields": [],
    "schema": {},
    "parser": {},
    "parseConfig": {},
    "customExtractionRules": "a",
    "extractionRules": "a",
}
KEYS |= {"includeBoundingBoxCitations": True, "citationsEnabled": True, "fixedPageLimit": 1, "pageRanges": []}


def test_the_names_of_config_keys_in_each_version() -> None:
    renamed = 0
    for what, *cells in rows("outputs.md", "| what | 2024-12-23 |"):
        names = dict(zip(API_VERSIONS, (cell.strip("`") for cell in cells), strict=True))
        for version, right in names.items():
            for name in filter(None, set(names.values())):
                outer, _, inner = name.rpartition(".")
                given = {outer: {inner: KEYS[inner]}} if outer else {inner: KEYS[inner]}
                config = given | ({"type": "EXTRACT"} if version == "2025-04-21" else {})
                if name == right:
                    assert check_config("extract", version, config) == [], what
                elif right and name not in ("schema", "advancedOptions.pageRanges"):
                    with pytest.raises(ExtendInputError, match=f"{name} is called {right} in {version}"):
                        check_config("extract", version, config)
                    renamed += 1
    assert renamed >= 10
