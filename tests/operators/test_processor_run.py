"""Processor runs: the old call in every version, and what takes its place in the newest."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from airflow_provider_extend.operators.processor_run import ExtendRunProcessorOperator
from tests.airflow_names import AirflowFailException

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
HOSTS = {V24: "https://api-prod.extend.app", V25: "https://api.extend.ai", V26: "https://api.extend.ai"}


def run(task: Any, requests_mock: Any, connect: Any, version: str, **given: Any) -> Any:
    connect(version)
    for path in ("processor_runs", "extract_runs", "classify_runs", "split_runs"):
        made = {"id": "r_1", "status": "PROCESSING"}
        wrapped = {"success": True, "processorRun": made} if path == "processor_runs" else made
        requests_mock.post(f"{HOSTS[version]}/{path}", json=wrapped)
    return task.run(
        ExtendRunProcessorOperator(
            task_id="task", processor_id="ex_1", file_id="file_1", wait_for_completion=False, **given
        )
    )


def sent(requests_mock: Any) -> tuple[str, dict[str, Any]]:
    (request,) = requests_mock.request_history
    body = request.json()
    body.pop("metadata")
    return request.path, body


@pytest.mark.parametrize("version", [V24, V25])
@pytest.mark.parametrize("processor_type", [None, "EXTRACT", "SPLITTER"])
def test_before_2026_the_type_changes_nothing(
    requests_mock, connect, task, log_text, version, processor_type
) -> None:
    assert run(task, requests_mock, connect, version, processor_type=processor_type) == "r_1"
    assert sent(requests_mock) == ("/processor_runs", {"processorId": "ex_1", "file": {"fileId": "file_1"}})
    assert "deprecated" not in log_text()


def test_on_2026_without_a_type_the_old_call_is_made_with_one_warning(
    requests_mock, connect, task, log_text
) -> None:
    run(task, requests_mock, connect, V26)
    assert sent(requests_mock) == ("/processor_runs", {"processorId": "ex_1", "file": {"fileId": "file_1"}})
    log = log_text()
    assert log.count("deprecated") == 1
    assert "use processor_type with this operator, or ExtendExtractOperator" in log


@pytest.mark.parametrize(
    ("processor_type", "path", "noun"),
    [
        ("EXTRACT", "/extract_runs", "extractor"),
        ("CLASSIFY", "/classify_runs", "classifier"),
        ("SPLITTER", "/split_runs", "splitter"),
    ],
)
def test_on_2026_with_a_type_its_replacement_is_called(
    requests_mock, connect, task, log_text, processor_type, path, noun
) -> None:
    """The id says nothing: one of an extractor is sent to whatever the author names."""
    run(task, requests_mock, connect, V26, processor_type=processor_type)
    assert sent(requests_mock) == (path, {noun: {"id": "ex_1"}, "file": {"id": "file_1"}})
    assert "deprecated" not in log_text()


def test_a_config_is_sent_as_the_version_takes_it(requests_mock, connect, task) -> None:
    config = {"type": "EXTRACT", "schema": {}}
    run(task, requests_mock, connect, V26, processor_type="EXTRACT", config=config)
    assert sent(requests_mock)[1]["extractor"] == {"id": "ex_1", "overrideConfig": {"schema": {}}}


def test_another_type_is_another_run(requests_mock, connect, task) -> None:
    run(task, requests_mock, connect, V26, processor_type="EXTRACT")
    first = task.record["parts"]
    requests_mock.get("https://api.extend.ai/classify_runs/r_1", status_code=404, json={})
    run(task, requests_mock, connect, V26, processor_type="CLASSIFY")
    changed = {name for name in first if first[name] != task.record["parts"][name]}
    assert changed == {"processor_type"}
    assert [r.path for r in requests_mock.request_history if r.method == "POST"] == [
        "/extract_runs",
        "/classify_runs",
    ]


def test_a_run_in_doubt_is_not_taken_for_absent_where_its_replacement_is_searched(
    requests_mock, connect, task, dies_at
) -> None:
    """Whether the list of extract runs shows what was asked for as a processor run is not documented."""
    operator = partial(
        ExtendRunProcessorOperator,
        task_id="task",
        processor_id="dp_1",
        processor_type="EXTRACT",
        file_id="file_1",
        wait_for_completion=False,
    )
    connect(V25)
    started = {"success": True, "processorRun": {"id": "dpr_1", "status": "PROCESSING"}}
    requests_mock.post("https://api.extend.ai/processor_runs", json=started)
    dies_at(task, operator(), "/processor_runs$", "after")
    connect(V26)
    again = requests_mock.post("https://api.extend.ai/extract_runs", json={"id": "exr_2"})
    requests_mock.get("https://api.extend.ai/extract_runs", json={"object": "list", "data": []})
    with pytest.raises(AirflowFailException, match="asked for otherwise then: another account, API version"):
        task.run(operator())
    assert again.call_count == 0


def test_a_search_on_2026_is_not_narrowed_by_an_id_that_rows_may_show_otherwise(
    requests_mock, connect, task, dies_at
) -> None:
    """A processor of the older versions has another id there."""
    operator = partial(
        ExtendRunProcessorOperator,
        task_id="task",
        processor_id="dp_1",
        processor_type="EXTRACT",
        file_id="file_1",
        wait_for_completion=False,
    )
    connect(V26)
    sent: list[Any] = []

    def listed(request: Any, context: Any) -> Any:
        rows = [{"id": "exr_1", "extractor": {"id": "ex_1"}, "metadata": body["metadata"]} for body in sent]
        return {"object": "list", "data": [] if "extractorid" in request.qs else rows}

    def create(request: Any, context: Any) -> Any:
        sent.append(request.json())
        return {"id": "exr_1", "status": "PROCESSING"}

    requests_mock.post("https://api.extend.ai/extract_runs", json=create)
    requests_mock.get("https://api.extend.ai/extract_runs", json=listed)
    requests_mock.get(
        "https://api.extend.ai/extract_runs/exr_1", json={"id": "exr_1", "status": "PROCESSING"}
    )
    dies_at(task, operator(), "/extract_runs$", "after")
    assert task.run(operator()) == "exr_1"
    assert len(sent) == 1
