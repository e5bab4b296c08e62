"""Searching lists for the run that carries a token."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_extend.api.errors import ExtendServerError, ExtendSubmissionUnknown
from airflow_provider_extend.api.lookups import look_up_of
from airflow_provider_extend.searching import CLOCK_SKEW, find_by_token, runs_with_token

BASE = "https://api.extend.ai"
NOW = 1_790_000_000.0
V2026 = "2026-02-09"


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow_provider_extend.api import retry

    monkeypatch.setattr(retry, "BACKOFF_CAP", 0.0)


def row(name: str, age: float, token: str | None = None, **more: Any) -> dict[str, Any]:
    made = datetime.fromtimestamp(NOW - age, UTC).isoformat()
    metadata = {"airflow_token": token} if token else None
    return {"id": name, "createdAt": made, "metadata": metadata, **more}


def pages(requests_mock: Any, path: str, *given: list[dict[str, Any]]) -> Any:
    answers = [
        {
            "json": {
                "object": "list",
                "data": rows,
                "nextPageToken": f"p{n + 1}" if n + 1 < len(given) else None,
            }
        }
        for n, rows in enumerate(given)
    ]
    return requests_mock.get(f"{BASE}/{path}", answers)


def find(client: Any, kind: str, token: str = "t", since: float = NOW, **narrow: str) -> str | None:
    way = look_up_of(kind, V2026)
    assert way is not None
    return find_by_token(client, way, token, since, narrow)


def test_a_row_that_shows_the_token_is_the_run(client, requests_mock) -> None:
    pages(requests_mock, "extract_runs", [row("exr_1", 0, "other"), row("exr_2", 1)], [row("exr_3", 2, "t")])
    assert find(client, "extract_run", extractorId="ex_1") == "exr_3"
    first, second = requests_mock.request_history
    asked = {"sortby": ["createdat"], "sortdir": ["desc"], "extractorid": ["ex_1"], "maxpagesize": ["100"]}
    assert first.qs == asked
    assert second.qs == asked | {"nextpagetoken": ["p1"]}


def test_the_scan_ends_where_the_run_cannot_be(client, requests_mock) -> None:
    old = row("exr_2", CLOCK_SKEW + 1, "t")
    listed = pages(requests_mock, "extract_runs", [row("exr_1", CLOCK_SKEW - 1), old], [row("exr_3", 1, "t")])
    assert find(client, "extract_run") is None
    assert listed.call_count == 1


def test_clocks_may_differ_by_minutes(client, requests_mock) -> None:
    pages(requests_mock, "extract_runs", [row("exr_1", CLOCK_SKEW - 1, "t")])
    assert find(client, "extract_run") == "exr_1"


def test_a_row_without_a_time_does_not_end_the_scan(client, requests_mock) -> None:
    pages(requests_mock, "extract_runs", [{"id": "exr_1"}, row("exr_2", 1, "t")])
    assert find(client, "extract_run") == "exr_2"


def test_an_unsorted_list_is_read_to_its_end(client, requests_mock) -> None:
    old = row("pr_1", CLOCK_SKEW + 1)
    listed = pages(requests_mock, "parse_runs", [old], [old], [row("pr_2", 1, "t")])
    assert find(client, "parse_run") == "pr_2"
    assert "sortby" not in listed.request_history[0].qs


def test_where_rows_show_no_metadata_each_run_is_read(client, requests_mock) -> None:
    rows = [row(name, 1) for name in ("workflow_run_1", "workflow_run_2", "workflow_run_3")]
    pages(requests_mock, "workflow_runs", [*rows, row("workflow_run_4", CLOCK_SKEW + 1)])
    requests_mock.get(f"{BASE}/workflow_runs/workflow_run_1", json={"id": "workflow_run_1", "metadata": {}})
    requests_mock.get(f"{BASE}/workflow_runs/workflow_run_2", status_code=404, json={})  # deleted meanwhile
    mine = {"id": "workflow_run_3", "metadata": {"airflow_token": "t"}}
    requests_mock.get(f"{BASE}/workflow_runs/workflow_run_3", json=mine)
    assert find(client, "workflow_run") == "workflow_run_3"
    assert find(client, "workflow_run", token="another") is None


def test_a_read_that_fails_is_no_proof_of_absence(client, requests_mock) -> None:
    pages(requests_mock, "workflow_runs", [row("workflow_run_1", 1)])
    requests_mock.get(f"{BASE}/workflow_runs/workflow_run_1", status_code=503, json={})
    with pytest.raises(ExtendServerError):
        find(client, "workflow_run")


def test_a_page_that_fails_is_no_proof_of_absence(client, requests_mock) -> None:
    first = {"json": {"data": [row("exr_1", 1)], "nextPageToken": "p1"}}
    requests_mock.get(f"{BASE}/extract_runs", [first, {"status_code": 500, "json": {}}])
    with pytest.raises(ExtendServerError):
        find(client, "extract_run")


def test_a_workflow_batch_is_named_by_its_members(client, requests_mock) -> None:
    pages(requests_mock, "workflow_runs", [row("workflow_run_1", 1, batchId="batch_1")])
    member = {"id": "workflow_run_1", "metadata": {"airflow_token": "t"}}
    requests_mock.get(f"{BASE}/workflow_runs/workflow_run_1", json=member)
    assert find(client, "workflow_batch") == "batch_1"


def test_a_parse_batch_is_named_by_its_members(client, requests_mock) -> None:
    pages(requests_mock, "parse_runs", [row("pr_0", 1), row("pr_1", 1, "t", batchId="bpar_1")])
    assert find(client, "parse_batch") == "bpar_1"


def test_members_that_do_not_name_their_batch_are_no_absence(client, requests_mock) -> None:
    pages(requests_mock, "extract_runs", [row("exr_0", 1, "other"), row("exr_1", 1, "t")])
    with pytest.raises(ExtendSubmissionUnknown, match="its run exr_1 carries this task's token") as caught:
        find(client, "extract_batch")
    assert caught.value.is_permanent()
    assert find(client, "extract_batch", token="nobody's") is None


def test_members_of_another_batch_are_found_one_by_one(client, requests_mock) -> None:
    rows = [row("exr_1", 1, "t"), row("exr_2", 1, "other"), row("exr_3", 2, "t")]
    pages(requests_mock, "extract_runs", rows, rows[:0])
    way = look_up_of("extract_batch", V2026)
    assert way is not None
    assert [found["id"] for found in runs_with_token(client, way, "t", NOW)] == ["exr_1", "exr_3"]


@pytest.mark.parametrize(
    "metadata", [None, "t", ["t"], {"airflow_token": None}, {"airflow_token": ["t"]}, {"t": "t"}]
)
def test_metadata_of_others_may_be_anything(client, requests_mock, metadata) -> None:
    pages(requests_mock, "extract_runs", [row("exr_1", 1) | {"metadata": metadata}])
    assert find(client, "extract_run") is None
