"""What an author may hand in as many documents, and what is refused of it before anything is sent."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import ObjectStoragePath

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.client import ExtendClient
from airflow_provider_extend.documents import listing
from airflow_provider_extend.documents.reader import read_documents, read_failures
from airflow_provider_extend.exceptions import as_airflow
from tests import moto_s3
from tests.airflow_names import AirflowException, AirflowFailException, AirflowSkipException
from tests.operators.many import fill

HASH = "0123456789abcdef"


def rows_of(result: Any) -> dict[str, dict[str, Any]]:
    return {row["source"]: row for row in read_documents(result)}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_bucket_that_is_not_there_is_no_empty_prefix(extract, new_task, monkeypatch) -> None:
    moto_s3.skip_without_it()
    with moto_s3.running() as address:
        # A name of its own: Airflow keeps the store of a connection as long as the process lives.
        monkeypatch.setenv("AIRFLOW_CONN_BUCKETS", moto_s3.connection(address))
        moto_s3.client(address)
        for documents in (
            "s3://buckets@nobucket/in/",
            "s3://buckets@nobucket/in/*.txt",
            ["s3://buckets@nobucket/in/1.txt"],
        ):
            with pytest.raises(AirflowException, match=r"nobucket/in.* is not there.* Nothing was sent"):
                new_task().run(extract(documents=documents, on_empty="skip"))
        with pytest.raises(AirflowSkipException):
            new_task().run(extract(documents="s3://buckets@bucket/in/", on_empty="skip"))
    assert extract.extend.requests("POST") == []


def triggered(operator: Any, *extras: Any) -> Any:
    """As in a DAG run that events of assets have triggered."""
    asset = SimpleNamespace(uri="s3://bucket/in")
    events = {"an asset": [SimpleNamespace(extra={"documents": named}, asset=asset) for named in extras]}
    execute = operator.execute
    operator.execute = lambda context: execute(context | {"triggering_asset_events": events})
    return operator


def test_an_event_may_name_one_document_as_a_mapping(extract, task) -> None:
    file_id = extract.extend.upload(b"No: INV-9\nTotal: 9.00\n", "nine.txt")
    operator = triggered(extract(documents=None), {"file_id": file_id}, [{"text": "Total: 1.00"}])
    assert set(rows_of(task.run(operator))) == {file_id, "documents[1]"}


def test_an_event_that_names_no_documents_is_told(extract, task) -> None:
    with pytest.raises(
        AirflowFailException, match=r"event of the asset 's3://bucket/in' is a int: expected a"
    ):
        task.run(triggered(extract(documents=None), 7))
    assert extract.extend.requests("POST") == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"max_runs": "x"}, "max_runs is 'x': expected a whole number above 0, or None"),
        ({"max_runs": 0}, "max_runs is 0"),
        ({"max_runs": True}, "max_runs is True"),
        ({"uploads_path": 3}, "uploads_path is 3: expected a folder of an object store"),
        ({"uploads_path": ""}, "uploads_path is ''"),
        ({"uploads_path": "relative/uploads"}, "uploads_path is 'relative/uploads'"),
        ({"output_path": None}, "output_path is None"),
        ({"output_path": "relative/out"}, "output_path is 'relative/out': .* or a path that begins with '/'"),
        ({"output_path": Path("relative/out")}, "output_path is PosixPath"),
        ({"output_path": "https://example.com/out"}, "output_path is 'https://example.com/out'"),
        (
            {"documents": ["relative/dir"]},
            r"documents\[0\] is a text .*path of a store begins with '/' or .*s3:",
        ),
        (
            {"documents": {"path": "a", "text": "b"}},
            "mapping with 'path', 'text': .*in a mapping it is `path`",
        ),
        ({"documents": [{"path": "/a", "file_name": 7}]}, r"file_name of documents\[0\] is 7"),
        (
            {"documents": [f"https://a.example.com/get?sha256={HASH}"]},
            r"documents\[0\] is a name that a table",
        ),
        ({"documents": [{"file_url": f"http://a.example.com/?sha256={HASH}"}]}, "the address itself"),
        ({"documents": ["documents[3]"]}, r"documents\[0\] is a name that a table of results has"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is(
    extract, folder, task, monkeypatch, given, said
) -> None:
    fill(folder, 1)
    monkeypatch.chdir(folder)
    with pytest.raises(AirflowFailException, match=said) as caught:
        task.run(extract(**given))
    assert str(caught.value).endswith("Nothing was sent.")
    assert extract.extend.requests("POST") == []


def test_an_address_whose_hash_is_its_own_is_a_document(extract, task) -> None:
    """Only what looks just as results show it is refused."""
    extract.extend.upload(b"Total: 1.00\n", "get")
    given = [f"https://a.example.com/get?sha256={HASH}0", f"https://a.example.com/get?sha256={HASH}&id=1"]
    assert task.run(extract(documents=given))["succeeded"] == 2


def test_folders_may_be_airflows_own_objects_with_templates(extract, folder, task) -> None:
    fill(folder, 2)
    base = f"file://{folder.parent}/{{{{ run_id }}}}"
    operator = extract(
        output_path=ObjectStoragePath(f"{base}/out"), uploads_path=ObjectStoragePath(f"{base}-uploads")
    )
    operator.render_template_fields({"run_id": "r1"})
    result = task.run(operator)
    assert result["path"] == f"file://{folder.parent}/r1/out"
    assert len(list(read_documents(result))) == 2
    assert len(list((folder.parent / "r1-uploads").iterdir())) == 2


@pytest.mark.parametrize(
    ("name", "words"),
    [("*.docx", "matches no file"), ("gone.txt", "is no file, and no prefix of files")],
)
def test_what_is_not_there_of_a_list_is_a_row_and_never_sent(extract, folder, task, name, words) -> None:
    """By a retry neither: it would be a document without a file, for which Extend refuses the whole batch."""
    [path] = fill(folder, 1)
    missing = f"file://{folder}/{name}"
    given = {"documents": [str(path), missing]}
    with pytest.raises(AirflowException, match=r"1 of 2 .*1 UNREADABLE.*A retry sends 1"):
        task.run(extract(**given))
    [row] = read_failures(f"file://{folder.parent}/out")
    assert (row["source"], row["failure"], row["message"]) == (missing, "UNREADABLE", words)
    task.try_number = task.max_tries
    with pytest.raises(AirflowFailException, match="1 of 2 documents did not succeed"):
        task.run(extract(**given))
    rows = rows_of(f"file://{folder.parent}/out")
    assert (len(rows), rows[missing]["status"], rows[missing]["failure"]) == (2, "NOT_SENT", "UNREADABLE")
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 1


def test_a_refused_upload_has_extends_words(extract, folder, task) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing else")
    [row] = rows_of(task.run(extract(on_partial="succeed"))).values()
    assert (row["failure"], row["message"]) == (
        "CORRUPT_FILE",
        "is refused by Extend: CORRUPT_FILE: The file is empty or broken",
    )


def test_a_file_whose_size_is_known_only_as_it_is_sent_may_be_empty(
    extract, folder, task, monkeypatch
) -> None:
    (folder / "empty.pdf").touch()
    monkeypatch.setattr(listing, "_size", lambda path: None)
    [row] = rows_of(task.run(extract(on_partial="succeed"))).values()
    assert (row["failure"], row["message"]) == ("EMPTY_FILE", "is empty")


def test_what_the_client_refuses_for_another_reason_is_no_empty_file(
    extract, folder, task, monkeypatch
) -> None:
    fill(folder, 1)

    def upload(*args: Any, **given: Any) -> Any:
        raise as_airflow(ExtendInputError("The connection is not what it was. Nothing was sent."))

    monkeypatch.setattr(ExtendClient, "upload", upload)
    with pytest.raises(AirflowFailException, match="The connection is not what it was"):
        task.run(extract(on_partial="succeed"))


def names_at(extend: Any) -> list[str]:
    return sorted(file["name"] for file in extend.send("GET", "/files")["data"])


def test_a_path_may_have_a_name_of_its_own_at_extend(extract, folder, task) -> None:
    [path] = fill(folder, 1)
    given = [{"path": str(path), "file_name": f"{name}.txt"} for name in ("one", "two", "one")]
    result = task.run(extract(documents=given))
    assert result["succeeded"] == 2
    assert names_at(extract.extend) == ["one.txt", "two.txt"]


def test_a_name_of_its_own_tells_the_type(extract, folder, task) -> None:
    [path] = fill(folder, 1)
    result = task.run(extract(documents={"path": str(path), "file_name": "movie.mp4"}, on_partial="succeed"))
    assert result["failures"] == {"FILE_TYPE_NOT_SUPPORTED": 1}


def test_a_name_of_its_own_goes_with_one_file(extract, folder, task) -> None:
    fill(folder, 2)
    with pytest.raises(
        AirflowFailException, match=r"documents\[0\] has a file_name, and its path leads to sev"
    ):
        task.run(extract(documents=[{"path": f"file://{folder}", "file_name": "a.txt"}]))
    assert extract.extend.requests("POST") == []


def test_the_same_document_with_other_metadata_is_another(extract, task) -> None:
    file_id = extract.extend.upload(b"No: INV-9\nTotal: 9.00\n", "nine.txt")
    cases = [{"a": 1, "b": 2}, {"a": 3}, {"b": 2, "a": 1}]
    result = task.run(extract(documents=[{"file_id": file_id, "metadata": case} for case in cases]))
    assert result["succeeded"] == 2
    runs = extract.extend.send("GET", "/extract_runs")["data"]
    assert sorted(run["metadata"]["a"] for run in runs) == [1, 3]


def test_the_same_name_in_two_folders_is_two_documents(extract, folder, task) -> None:
    for number, name in enumerate(("a", "b")):
        (folder / name).mkdir()
        (folder / name / "invoice.txt").write_text(f"No: INV-{number}\nTotal: {number}.00\n")
    rows = rows_of(task.run(extract()))
    assert {
        source.removeprefix(f"file://{folder}/"): row["output"]["value"]["total"]
        for source, row in rows.items()
    } == {
        "a/invoice.txt": 0,
        "b/invoice.txt": 1,
    }


def test_a_name_of_255_bytes_is_a_document(extract, folder, task) -> None:
    path = folder / ("ä" * 125 + "1.txt")
    assert len(path.name.encode()) == 255
    path.write_text("No: INV-1\nTotal: 1.00\n")
    result = task.run(extract())
    assert result["succeeded"] == 1
    assert set(rows_of(result)) == {f"file://{path}"}
    assert names_at(extract.extend) == [path.name]


def test_a_password_in_a_path_is_shown_nowhere(extract, folder, task) -> None:
    for given in (
        {"documents": "ftp://user:hunter2@host/in/"},
        {"output_path": "ftp://user:hunter2@host/out"},
    ):
        with pytest.raises(AirflowFailException, match="holds a password") as caught:
            task.run(extract(**given))
        assert "hunter2" not in str(caught.value)
    assert extract.extend.requests("POST") == []


def test_addresses_that_differ_by_a_token_are_documents_of_their_own(extract, task) -> None:
    names = [f"doc{number}.txt" for number in range(3)]
    for name in names:
        extract.extend.upload(b"Total: 1.00", name)
    given = [f"https://a.example.com/doc0.txt?token={name}" for name in names]
    assert task.run(extract(documents=given))["documents"] == 3
