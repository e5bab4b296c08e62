"""How the endpoints that something uses are told of; that this is true is held by tests/test_uses.py."""

from __future__ import annotations

import pytest

from airflow_provider_extend.api import uses
from airflow_provider_extend.api.errors import ExtendInputError

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"


@pytest.mark.parametrize(
    ("words", "version", "found"),
    [
        ("", V26, set()),
        ("files.create files.upload@2026", V25, {"files.create"}),
        ("files.create files.upload@2026", V26, {"files.upload"}),
        ("processors.list@2025 files.list@-2025", V25, {"processors.list", "files.list"}),
        ("processors.list@2025 files.list@-2025", V26, set()),
        ("files.delete@2025+", V24, set()),
        ("files.delete@2025+", V26, {"files.delete"}),
        ("files.delete", V24, set()),
    ],
)
def test_names_with_versions(words, version, found) -> None:
    assert uses.named(words, version) == found


def test_a_name_that_is_none_is_told() -> None:
    with pytest.raises(ExtendInputError, match=r"no endpoint 'files\.lists'"):
        uses.named("files.lists", V26)


@pytest.mark.parametrize(
    ("kind", "version", "reading", "listed", "cancelling"),
    [
        ("extract_run", V26, "extract_runs.retrieve", "extract_runs.list", "extract_runs.cancel"),
        ("extract_run", V25, "", "", ""),
        ("parse_run", V24, "", "", ""),
        ("parse_run", V25, "parse_runs.retrieve", "", ""),
        ("verify_run", V26, "verify_runs.retrieve", "verify_runs.list", "verify_runs.cancel"),
        ("split_batch", V26, "batch_runs.retrieve split_runs.list", "", ""),
        ("split_batch", V25, "", "", ""),
        ("workflow_batch", V24, "workflow_runs.list", "", ""),
        ("batch_processor_run", V25, "batch_processor_runs.retrieve", "", ""),
        ("batch_processor_run", V26, "batch_processor_runs.retrieve evaluation_set_runs.retrieve", "", ""),
    ],
)
def test_what_is_called_for_a_run(kind, version, reading, listed, cancelling) -> None:
    read, once = set(reading.split()), kind == "verify_run"
    assert uses.reading(kind, version) == read
    assert uses.watching(kind, version) == read | set(listed.split())
    assert uses.glancing(kind, version) == read | (set(listed.split()) if once else set())
    called = uses.glancing(kind, version) | {cancelling} if cancelling else set()
    assert uses.cancelling(kind, version) == called


def test_what_is_called_to_start_a_run() -> None:
    of_workflow = {f"workflow_runs.{verb}" for verb in ("create", "retrieve", "list", "cancel")}
    assert uses.starting("workflow_run", "workflow_runs.create", V26) == of_workflow
    assert uses.starting("workflow_run", "workflow_runs.create", V24) == of_workflow - {
        "workflow_runs.cancel"
    }
    assert uses.starting("edit_run", "edit_runs.create", V26) == {
        f"edit_runs.{verb}" for verb in ("create", "retrieve", "list")
    }
    assert uses.starting("edit_run", "edit_runs.create", V24) == set()


def test_what_kinds_have() -> None:
    kinds = ("extract_run", "edit_run", "extract_batch", "parse_run")
    assert uses.of_runs(kinds, "delete", V25) == {"edit_runs.delete", "parse_runs.delete"}
    assert uses.of_runs(kinds, "list", V26) == {"extract_runs.list", "edit_runs.list", "parse_runs.list"}
