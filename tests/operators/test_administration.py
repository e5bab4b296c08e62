"""Lists, deletes, cancels and reads: what becomes of their answers, and of their retries."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_extend.operators.file import (
    ExtendCreateFileOperator,
    ExtendDeleteFileOperator,
    ExtendGetFileOperator,
    ExtendListFilesOperator,
)
from airflow_provider_extend.operators.processor import (
    ExtendCreateProcessorOperator,
)
from airflow_provider_extend.operators.processor_version import (
    ExtendGetProcessorVersionOperator,
)
from airflow_provider_extend.operators.run import (
    ExtendCancelRunOperator,
    ExtendDeleteRunOperator,
    ExtendGetRunOperator,
)
from airflow_provider_extend.operators.workflow_run import (
    ExtendCorrectWorkflowRunOutputsOperator,
)
from tests.airflow_names import AirflowFailException

V24, V25, V26 = VERSIONS = ("2024-12-23", "2025-04-21", "2026-02-09")
HOSTS = {V24: "https://api-prod.extend.app", V25: "https://api.extend.ai", V26: "https://api.extend.ai"}

OUTPUT = {"value": {"total": 1}}
FILE = {"object": "file", "id": "file_1", "name": "a.pdf", "type": "PDF", "metadata": {"pageCount": 3}}
RUN = {"object": "x", "id": "run_1", "status": "PROCESSED"}
NAMED = {"processor_type": "EXTRACT"}
CREATED = {"object": "document_processor", "id": "p_1", "name": "Invoices"}
VERSION_ROW = {"id": "v_1", "version": "1.0", "description": None, "createdAt": "2026-05-01T00:00:00Z"}


def wrapped(key: str, value: Any) -> Any:
    return {"success": True, key: value}


# On 2024-12-23 a processor is created without a config


def test_a_config_is_set_after_the_create_on_2024_and_again_by_a_retry(requests_mock, connect, task) -> None:
    connect(V24)
    create = requests_mock.post(f"{HOSTS[V24]}/processors", json=wrapped("processor", CREATED))
    update = requests_mock.post(
        f"{HOSTS[V24]}/processors/p_1",
        [
            {"status_code": 400, "json": {"success": False, "error": "no"}},
            {"json": wrapped("processor", CREATED)},
        ],
    )
    operator = ExtendCreateProcessorOperator(task_id="t", name="Invoices", **NAMED, config={"fields": []})
    with pytest.raises(AirflowFailException, match="400"):
        task.run(operator)
    assert task.run(operator) == "p_1"
    assert create.call_count == 1
    assert create.last_request.json() == {"name": "Invoices", "type": "EXTRACT"}
    assert [request.json() for request in update.request_history] == [{"config": {"fields": []}}] * 2


# Lists


def test_a_list_is_cut_at_its_limit_and_says_so(requests_mock, connect, task, log_text) -> None:
    connect(V26)
    pages = [
        {"json": {"data": [{"id": f"file_{n}"} for n in range(3)], "nextPageToken": "more"}},
        {"json": {"data": [{"id": f"file_{n}"} for n in range(3, 6)]}},
    ]
    requests_mock.get(f"{HOSTS[V26]}/files", pages)
    rows = task.run(ExtendListFilesOperator(task_id="t", limit=4))
    assert [row["id"] for row in rows] == [f"file_{n}" for n in range(4)]
    assert task.xcoms == {"more": True}
    assert "more than the 4 rows" in log_text()


def test_a_list_that_is_whole_says_that_there_is_no_more(requests_mock, connect, task) -> None:
    connect(V26)
    requests_mock.get(f"{HOSTS[V26]}/files", json={"data": [{"id": "file_1"}]})
    assert task.run(ExtendListFilesOperator(task_id="t", limit=1)) == [{"id": "file_1"}]
    assert task.xcoms == {"more": False}


def test_a_list_that_xcom_does_not_hold_fails_and_loses_nothing_silently(
    requests_mock, connect, task
) -> None:
    connect(V26)
    rows = [{"id": f"file_{n}", "name": "n" * 200} for n in range(300)]
    requests_mock.get(f"{HOSTS[V26]}/files", json={"data": rows})
    with pytest.raises(AirflowFailException, match="Lower limit, or name fewer fields"):
        task.run(ExtendListFilesOperator(task_id="t", limit=300))
    found = task.run(ExtendListFilesOperator(task_id="t", limit=300, fields=["id"]))
    assert len(found) == 300


# Deleting


@pytest.mark.parametrize("code", [404, 500])
def test_a_delete_that_an_earlier_try_carried_out_has_succeeded(requests_mock, connect, task, code) -> None:
    connect(V26)
    operator = ExtendDeleteFileOperator(task_id="t", file_id="file_1")
    requests_mock.delete(
        f"{HOSTS[V26]}/files/file_1", status_code=404, json={"code": "NOT_FOUND", "message": "m"}
    )
    with pytest.raises(AirflowFailException, match="404"):
        task.run(operator)  # mistyped, as far as anybody can tell
    requests_mock.delete(f"{HOSTS[V26]}/files/file_1", status_code=code, json={"message": "m"})
    if code == 404:
        assert task.run(operator) == "file_1"
    else:
        with pytest.raises(Exception, match="500"):
            task.run(operator)


@pytest.mark.parametrize("status", ["PROCESSING", "PENDING", "A_STATUS_OF_TOMORROW"])
def test_a_run_that_moves_is_not_deleted(requests_mock, connect, task, status) -> None:
    connect(V26)
    requests_mock.get(f"{HOSTS[V26]}/extract_runs/r_1", json={"id": "r_1", "status": status})
    with pytest.raises(
        Exception, match=f"is {status}: only a run that has ended.*Nothing was deleted"
    ) as caught:
        task.run(ExtendDeleteRunOperator(task_id="t", kind="extract_run", run_id="r_1"))
    assert not isinstance(caught.value, AirflowFailException), "a retry may find it ended"
    assert [request.method for request in requests_mock.request_history] == ["GET"]


def test_a_run_that_an_earlier_try_deleted_is_deleted(requests_mock, connect, task) -> None:
    connect(V26)
    gone = {"status_code": 404, "json": {"code": "NOT_FOUND", "message": "m"}}
    requests_mock.get(f"{HOSTS[V26]}/extract_runs/r_1", [gone])
    requests_mock.delete(f"{HOSTS[V26]}/extract_runs/r_1", [gone])
    operator = ExtendDeleteRunOperator(task_id="t", kind="extract_run", run_id="r_1")
    with pytest.raises(AirflowFailException):
        task.run(operator)
    assert task.run(operator) == "r_1"


# Cancelling


def cancel(**given: Any) -> ExtendCancelRunOperator:
    return ExtendCancelRunOperator(task_id="t", kind="extract_run", run_id="r_1", **given)


def test_a_cancel_says_what_became_of_the_run(requests_mock, connect, task) -> None:
    connect(V26)
    run, path = {"id": "r_1", "status": "PROCESSING"}, f"{HOSTS[V26]}/extract_runs/r_1"
    requests_mock.get(path, [{"json": run}, {"json": {**run, "status": "CANCELLED"}}])
    requests_mock.post(f"{path}/cancel", json=run)
    assert task.run(cancel()) == {
        "id": "r_1",
        "kind": "extract_run",
        "status": "CANCELLED",
        "outcome": "cancelled",
        "became": "cancelled",
    }


def test_a_run_that_has_ended_is_not_cancelled(requests_mock, connect, task) -> None:
    connect(V26)
    requests_mock.get(f"{HOSTS[V26]}/extract_runs/r_1", json={"id": "r_1", "status": "PROCESSED"})
    assert task.run(cancel())["became"] == "ended"
    assert [request.method for request in requests_mock.request_history] == ["GET"]


def test_a_run_that_nobody_knows_is_not_cancelled(requests_mock, connect, task) -> None:
    connect(V26)
    requests_mock.get(f"{HOSTS[V26]}/extract_runs/r_1", status_code=404, json={"message": "m"})
    with pytest.raises(AirflowFailException, match=r"knows no extract_run r_1 \(404\)"):
        task.run(cancel())


def test_a_refused_cancel_is_left_to_a_retry(requests_mock, connect, task, monkeypatch) -> None:
    connect(V26)
    monkeypatch.setattr("airflow_provider_extend.cancelling._PAUSE", 0.0)
    requests_mock.get(f"{HOSTS[V26]}/extract_runs/r_1", json={"id": "r_1", "status": "PROCESSING"})
    requests_mock.post(
        f"{HOSTS[V26]}/extract_runs/r_1/cancel", status_code=400, json={"code": "X", "message": "not now"}
    )
    with pytest.raises(Exception, match=r"could not be cancelled.*A retry cancels it again") as caught:
        task.run(cancel())
    assert not isinstance(caught.value, AirflowFailException)


# Reading a run


EXTRACTED = {
    "id": "r_1",
    "status": "PROCESSED",
    "output": {"value": {"vendor": "Zyxomma"}},
    "dashboardUrl": "https://dashboard.extend.ai/r?sig=s3cr3t",
    "file": FILE,
}


def get_run(**given: Any) -> ExtendGetRunOperator:
    return ExtendGetRunOperator(task_id="t", **{"kind": "extract_run", "run_id": "r_1", **given})


def test_a_run_is_read_without_what_it_has_read(requests_mock, connect, task) -> None:
    connect(V26)
    requests_mock.get(f"{HOSTS[V26]}/extract_runs/r_1", json=EXTRACTED)
    result = task.run(get_run())
    assert (result["id"], result["kind"], result["outcome"]) == ("r_1", "extract_run", "succeeded")
    assert task.xcoms == {"run_url": "https://dashboard.extend.ai/r"}
    assert "Zyxomma" not in json.dumps([result, task.xcoms])


@pytest.mark.parametrize(
    ("kind", "version", "path", "answer", "output"),
    [
        ("extract_run", V26, "/extract_runs/r_1", EXTRACTED, {"value": {"vendor": "Zyxomma"}}),
        ("workflow_run", V26, "/workflow_runs/r_1", {**RUN, "stepRuns": [{"id": "s"}]}, [{"id": "s"}]),
        ("workflow_run", V24, "/workflow_runs/r_1", {**RUN, "outputs": [{"id": "o"}]}, [{"id": "o"}]),
        (
            "processor_run",
            V24,
            "/processor_runs/r_1",
            {**RUN, "output": {"total": {"value": 1}}},
            {"total": {"value": 1}},
        ),
        ("parse_run", V25, "/parser_runs/r_1", {**RUN, "chunks": [{"content": "x"}]}, [{"content": "x"}]),
    ],
)
def test_what_a_run_has_read_is_pushed_only_if_it_is_asked_for(
    requests_mock, connect, task, kind, version, path, answer, output
) -> None:
    connect(version)
    requests_mock.get(f"{HOSTS[version]}{path}", json=answer)
    task.run(get_run(kind=kind, push_output=True))
    assert task.xcoms["output"] == output
    task.run(get_run(kind=kind))
    assert "output" not in task.xcoms


def test_a_run_that_moves_is_read_as_it_is(requests_mock, connect, task) -> None:
    connect(V26)
    requests_mock.get(f"{HOSTS[V26]}/parse_runs/r_1", json={"id": "r_1", "status": "PROCESSING"})
    result = task.run(get_run(kind="parse_run"))
    assert (result["status"], result["outcome"]) == ("PROCESSING", None)


def test_a_run_is_written_whole(requests_mock, connect, task, tmp_path) -> None:
    connect(V26)
    requests_mock.get(f"{HOSTS[V26]}/extract_runs/r_1", json=EXTRACTED)
    task.run(get_run(output_path=str(tmp_path / "run.json")))
    written = json.loads((tmp_path / "run.json").read_text())
    assert written["extract_run"]["output"] == {"value": {"vendor": "Zyxomma"}}
    with pytest.raises(Exception, match=r"cannot be written .* a retry of this task"):
        task.run(get_run(output_path=str(tmp_path / "no" / "\0")))


# Files


def test_contents_go_to_their_path_alone(requests_mock, connect, task, tmp_path, log_text) -> None:
    connect(V26)
    link = "https://files.example.com/a?X-Amz-Signature=s3cr3t"
    answer = {**FILE, "presignedUrl": link, "contents": {"rawText": "Zyxomma Petroleum"}}
    requests_mock.get(f"{HOSTS[V26]}/files/file_1", json=answer)
    path = tmp_path / "file.json"
    read = task.run(
        ExtendGetFileOperator(task_id="t", file_id="file_1", contents=["rawText"], output_path=str(path))
    )
    assert requests_mock.last_request.qs == {"rawtext": ["true"]}
    assert json.loads(path.read_text())["file"]["contents"] == {"rawText": "Zyxomma Petroleum"}
    assert "s3cr3t" not in path.read_text()
    assert "Zyxomma" not in json.dumps([read, task.xcoms]) + log_text()


@pytest.mark.parametrize(("name", "sent"), [("note.txt", "note.txt"), ("note", "note.txt")])
def test_a_text_is_uploaded_where_files_are_not_created_any_more(
    requests_mock, connect, task, name, sent
) -> None:
    connect(V26)
    bodies: list[bytes] = []

    def answer(request: Any, context: Any) -> Any:
        bodies.append(b"".join(request.body))
        return {"id": "file_1"}

    requests_mock.post(f"{HOSTS[V26]}/files/upload", json=answer)
    operator = ExtendCreateFileOperator(task_id="t", name=name, raw_text="Total: 1")
    assert task.run(operator) == "file_1"
    assert f'filename="{sent}"'.encode() in bodies[0]
    assert b"Total: 1" in bodies[0]


def test_a_reviewed_output_may_come_from_a_file(requests_mock, connect, task, tmp_path) -> None:
    connect(V25)
    (tmp_path / "o.json").write_text(json.dumps(OUTPUT))
    requests_mock.post(
        f"{HOSTS[V25]}/workflow_runs/r_1/outputs/o_1", json=wrapped("workflowRun", {"id": "r_1"})
    )
    task.run(
        ExtendCorrectWorkflowRunOutputsOperator(
            task_id="t", workflow_run_id="r_1", output_id="o_1", reviewed_output_path=str(tmp_path / "o.json")
        )
    )
    assert requests_mock.last_request.json() == {"reviewedOutput": OUTPUT}


def test_a_config_that_xcom_does_not_hold_is_left_out(requests_mock, connect, task, log_text) -> None:
    connect(V26)
    row = {**VERSION_ROW, "config": {"extractionRules": "x" * 50_000}}
    requests_mock.get(f"{HOSTS[V26]}/extractors/p_1/versions/v_1", json=row)
    read = task.run(
        ExtendGetProcessorVersionOperator(task_id="t", processor_id="p_1", version_id="v_1", **NAMED)
    )
    assert "config" not in read
    assert "too large for XCom" in log_text()
