"""The table of events against a list made from the documentation by hand (data/webhook_events.csv)."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.webhook_events import EVENTS, check_enabled_events, find_event

with (Path(__file__).parent.parent / "data" / "webhook_events.csv").open(newline="") as _file:
    DOCUMENTED = list(csv.DictReader(_file))
V2024, V2025, V2026 = "2024-12-23", "2025-04-21", "2026-02-09"


def test_each_version_has_the_documented_events_and_no_other() -> None:
    table = {(version, event.name) for event in EVENTS.values() for version in event.versions}
    assert table == {(row["version"], row["event"]) for row in DOCUMENTED}
    assert Counter(version for version, _ in table) == {V2024: 15, V2025: 17, V2026: 40}


@pytest.mark.parametrize("row", DOCUMENTED, ids=lambda row: f"{row['version']} {row['event']}")
def test_an_event_has_its_documented_traits(row: dict[str, str]) -> None:
    event = find_event(row["event"], row["version"])
    assert event is not None
    assert (event.kind or "", event.payload, event.outcome or "") == (
        row["kind"],
        row["payload"],
        row["outcome"],
    )
    if row["version"] == V2026:
        assert " ".join(event.enabled_on) == row["enabled_on"]


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("extract_run.processed", V2024),
        ("extract_run.processed", V2025),
        ("processor_run.processed", V2026),
        ("parser_run.processed", V2024),
        ("workflow_run.cancelled", V2025),
        ("extract_run.processed", "2030-01-01"),
        ("extract_run.started", V2026),
        ("Extract_Run.processed", None),
        ("", None),
    ],
)
def test_an_event_of_another_version_is_unknown(name: str, version: str | None) -> None:
    assert find_event(name, version) is None


def test_without_a_version_the_events_of_all_count() -> None:
    assert {name for row in DOCUMENTED if find_event(name := row["event"], None)} == set(EVENTS)


@pytest.mark.parametrize(
    ("events", "resource_type"),
    [
        (["extract_run.processed", "workflow.created"], None),
        (["batch_processor_run.failed"], "splitter"),
        (["workflow_run.completed", "workflow_run.step_run.processed"], "workflow"),
        (["an_event.of_tomorrow"], None),
        ([], None),
        (["an_event.of_tomorrow"], "workflow"),
    ],
)
def test_events_that_can_be_switched_on_there(events: list[str], resource_type: str | None) -> None:
    assert check_enabled_events(iter(events), resource_type) == events


@pytest.mark.parametrize(
    ("events", "resource_type", "told"),
    [
        (["extract_run.failed", "workflow_run.completed"], None,
         "'workflow_run.completed' cannot be switched on for an endpoint: it takes a subscription to one workflow"),
        (["parse_run.failed"], "workflow",
         "'parse_run.failed' cannot be switched on for workflow: it takes an endpoint"),
        (["extract_run.failed"], "classifier",
         "for classifier: it takes an endpoint or a subscription to one extractor"),
        (["processor_run.failed"], None, "API version 2026-02-09 no longer has it"),
        ([], "workflow", "events is empty: a subscription to one workflow takes at least one"),
        ("extract_run.failed", None, "events is one text: expected a list"),
    ],
)  # fmt: skip
def test_events_that_cannot(events: list[str], resource_type: str | None, told: str) -> None:
    with pytest.raises(ExtendInputError) as caught:
        check_enabled_events(events, resource_type)
    assert told in str(caught.value)
    assert str(caught.value).endswith("Nothing was sent.")
