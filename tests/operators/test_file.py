"""ExtendUploadFilesOperator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_extend.operators.file import ExtendUploadFilesOperator
from tests.airflow_names import AirflowException, AirflowFailException

VERSIONS = ("2024-12-23", "2025-04-21", "2026-02-09")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("c.txt", "a.txt", "b.pdf", "d.csv"):
        (tmp_path / name).write_text(f"Total: 1.00\nof {name}\n")
    (tmp_path / "sub.txt").mkdir()
    return tmp_path


def upload(paths: Any, **given: Any) -> ExtendUploadFilesOperator:
    return ExtendUploadFilesOperator(task_id="upload", paths=paths, **given)


@pytest.mark.parametrize("version", VERSIONS)
def test_files_come_back_in_the_order_of_the_paths(api, task, folder, version) -> None:
    extend = api(version)
    paths = [str(folder / name) for name in ("c.txt", "a.txt", "d.csv")]
    uploaded = task.run(upload(paths))
    assert [file["path"] for file in uploaded] == paths
    assert [file["name"] for file in uploaded] == ["c.txt", "a.txt", "d.csv"]
    assert {frozenset(file) for file in uploaded} == {frozenset({"id", "name", "type", "path"})}
    for file in uploaded:
        assert extend.control("GET", f"/files/{file['id']}") == Path(file["path"]).read_bytes()


def test_a_pattern_finds_its_files_sorted_and_no_folders(api, task, folder) -> None:
    api()
    uploaded = task.run(upload(str(folder / "*.txt")))
    assert [Path(file["path"]).name for file in uploaded] == ["a.txt", "c.txt"]


def test_a_plain_path_is_a_pattern_of_one_file(api, task, folder) -> None:
    api()
    assert len(task.run(upload(str(folder / "a.txt")))) == 1


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        ("missing.txt", "is no file"),
        ("empty.txt", "is empty"),
        ("sub.txt", "is no file"),
        ("a.exe", r"is of a type \(\.exe\)"),
    ],
)
def test_one_bad_path_among_good_ones_and_nothing_is_sent(api, task, folder, trouble, why) -> None:
    extend = api()
    (folder / "empty.txt").touch()
    (folder / "a.exe").write_text("MZ")
    with pytest.raises(AirflowFailException, match=rf"1 of 3 paths.*{trouble} {why}.*Nothing was uploaded"):
        task.run(upload([str(folder / name) for name in ("a.txt", trouble, "c.txt")]))
    assert extend.requests() == []


def test_types_are_those_of_the_version_of_the_connection(api, task, folder) -> None:
    (folder / "a.odt").write_text("x")
    api("2025-04-21")
    with pytest.raises(AirflowFailException, match="API version 2025-04-21 does not take for upload"):
        task.run(upload([str(folder / "a.odt")]))
    api("2026-02-09")
    assert len(task.run(upload([str(folder / "a.odt")]))) == 1


@pytest.mark.parametrize("paths", ["*.nothing", []])
def test_no_file_at_all_is_an_error_and_nothing_is_sent(api, task, folder, paths) -> None:
    extend = api()
    with pytest.raises(AirflowFailException, match="no file there"):
        task.run(upload(str(folder / paths) if isinstance(paths, str) else paths))
    assert extend.requests() == []


def test_no_signed_link_reaches_xcom(requests_mock, connect, task, folder) -> None:
    connect()
    link = "https://files.extend.ai/f?X-Amz-Signature=s3cr3t"
    body = {"object": "file", "id": "file_1", "name": "a.txt", "type": "TXT", "presignedUrl": link}
    requests_mock.post("https://api.extend.ai/files/upload", json=body)
    uploaded = task.run(upload([str(folder / "a.txt")]))
    assert uploaded == [{"id": "file_1", "name": "a.txt", "type": "TXT", "path": str(folder / "a.txt")}]
    assert "s3cr3t" not in json.dumps(task.xcoms)


def test_an_upload_that_breaks_off_fails_the_task_so_that_a_retry_uploads_anew(api, task, folder) -> None:
    extend = api()
    paths = [str(folder / name) for name in ("a.txt", "c.txt")]
    extend.fault(method="POST", path="/files/upload", drop=True)
    with pytest.raises(AirflowException) as caught:
        task.run(upload(paths))
    assert not isinstance(caught.value, AirflowFailException)
    assert len(task.run(upload(paths))) == 2


@pytest.mark.parametrize(("wanted", "sent"), [(True, ["true"]), (None, None)])
def test_a_conversion_is_asked_for_only_if_the_author_does(
    requests_mock, connect, task, folder, wanted, sent
) -> None:
    connect()
    requests_mock.post("https://api.extend.ai/files/upload", json={"id": "file_1"})
    task.run(upload([str(folder / "a.txt")], convert_to_pdf=wanted))
    assert requests_mock.last_request.qs.get("converttopdf") == sent


def test_the_paths_and_the_connection_are_templates() -> None:
    assert set(ExtendUploadFilesOperator.template_fields) == {"paths", "extend_conn_id"}
