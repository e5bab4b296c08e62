"""How a lost run can be found, written down once more from the facts: which lists there are, what their rows show."""

from __future__ import annotations

import pytest

from airflow_provider_extend.api import lookups
from airflow_provider_extend.api.lookups import LookUp, look_up_of
from airflow_provider_extend.api.runs import CANCELS, READS

V2024, V2025, V2026 = "2024-12-23", "2025-04-21", "2026-02-09"


def by_metadata(runs: str, **more: bool) -> LookUp:
    return LookUp(list=f"{runs}.list", **more)  # type: ignore[arg-type]


def by_reading(runs: str, **more: bool) -> LookUp:
    return LookUp(list=f"{runs}.list", read=f"{runs}.retrieve", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "version", "way"),
    [
        ("extract_run", V2026, by_metadata("extract_runs")),
        ("classify_run", V2026, by_metadata("classify_runs")),
        ("split_run", V2026, by_metadata("split_runs")),
        ("verify_run", V2026, by_metadata("verify_runs")),
        ("parse_run", V2026, by_metadata("parse_runs", by_creation=False)),
        ("workflow_run", V2024, by_reading("workflow_runs")),
        ("workflow_run", V2025, by_reading("workflow_runs")),
        ("workflow_run", V2026, by_reading("workflow_runs")),
        ("processor_run", V2025, by_reading("processor_runs")),
        ("processor_run", V2026, by_reading("processor_runs")),
        ("extract_batch", V2026, by_metadata("extract_runs", batch=True)),
        ("classify_batch", V2026, by_metadata("classify_runs", batch=True)),
        ("split_batch", V2026, by_metadata("split_runs", batch=True)),
        ("parse_batch", V2026, by_metadata("parse_runs", by_creation=False, batch=True)),
        ("workflow_batch", V2024, by_reading("workflow_runs", batch=True)),
        ("workflow_batch", V2025, by_reading("workflow_runs", batch=True)),
        ("workflow_batch", V2026, by_reading("workflow_runs", batch=True)),
    ],
)
def test_kinds_that_can_be_found(kind: str, version: str, way: LookUp) -> None:
    assert look_up_of(kind, version) == way


@pytest.mark.parametrize(
    ("kind", "versions"),
    [
        ("evaluation_set_run", (V2024, V2025, V2026)),
        ("form_detection_run", (V2026,)),
        ("edit_run", (V2025, V2026)),
        ("parse_run", (V2024, V2025)),
        ("processor_run", (V2024,)),
        ("extract_run", (V2024, V2025)),
        ("extract_batch", (V2024, V2025)),
        ("a kind of tomorrow", (V2026,)),
        ("extract_run", ("2030-01-01",)),
    ],
)
def test_kinds_that_cannot(kind: str, versions: tuple[str, ...]) -> None:
    assert [look_up_of(kind, version) for version in versions] == [None] * len(versions)


def test_the_table_has_a_way_for_each_version_and_nothing_else() -> None:
    for kind, ways in lookups.ways().items():
        assert len(ways) == 3, kind
        assert set(ways) <= {"-", "none", "metadata", "read each", "members", "members, read each"}, kind


def test_what_can_be_cancelled_can_be_read() -> None:
    kinds = {"extract", "classify", "split", "parse", "verify", "processor", "workflow"}
    assert set(CANCELS) == {f"{kind}_run" for kind in kinds}
    assert set(CANCELS) <= set(READS)
