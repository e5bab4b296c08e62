"""Many documents from and to S3, over real HTTP: moto's server is the store, a local Extend reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_extend.documents import listing
from airflow_provider_extend.documents.folders import filesystem
from airflow_provider_extend.documents.reader import read_documents
from airflow_provider_extend.operators.documents import ExtendExtractDocumentsOperator
from tests import moto_s3
from tests.airflow_names import AirflowException

moto_s3.skip_without_it()

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with moto_s3.running() as address:
        yield address


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AIRFLOW_CONN_STORE", moto_s3.connection(server))
    client = moto_s3.client(server)
    yield client
    for row in client.list_objects_v2(Bucket="bucket").get("Contents", []):
        client.delete_object(Bucket="bucket", Key=row["Key"])


@pytest.fixture
def extract(api: Any, bucket: Any) -> Any:
    extend = api("2026-02-09")
    processor = extend.processor()

    def make(**given: Any) -> ExtendExtractDocumentsOperator:
        defaults = {
            "documents": "s3://store@bucket/in/",
            "output_path": "s3://store@bucket/out/run",
            "extractor_id": processor,
            "poll_interval": 0.05,
        }
        return ExtendExtractDocumentsOperator(task_id="task", **{**defaults, **given})

    make.extend = extend  # type: ignore[attr-defined]
    return make


def fill(bucket: Any, count: int) -> None:
    for number in range(count):
        body = f"No: INV-{number}\nTotal: {number}.00\n".encode()
        bucket.put_object(Bucket="bucket", Key=f"in/a/{number:03d} ä #?.txt", Body=body)
    bucket.put_object(Bucket="bucket", Key="in/", Body=b"")  # what stands for a folder


@pytest.mark.parametrize("output_format", ["jsonl", "parquet"])
def test_a_prefix_becomes_rows(extract, bucket, task, output_format) -> None:
    if output_format == "parquet":
        pytest.importorskip("pyarrow")
    fill(bucket, 12)
    result = task.run(extract(batch_size=5, output_format=output_format))
    assert (result["succeeded"], result["parts"]) == (12, 3)
    rows = {row["source"]: row for row in read_documents(result)}
    assert len(rows) == 12
    assert rows["s3://store@bucket/in/a/007 ä #?.txt"]["output"]["value"] == {"number": "INV-7", "total": 7}
    names = [row["Key"] for row in bucket.list_objects_v2(Bucket="bucket", Prefix="out/")["Contents"]]
    assert sorted(names) == [
        "out/run/_manifest.json",
        *(f"out/run/part-{number:05d}.{output_format}" for number in range(3)),
    ]


def test_what_a_run_wrote_can_be_sent_again_by_its_source(extract, bucket, task) -> None:
    fill(bucket, 3)
    rows = list(read_documents(task.run(extract())))
    given = {"documents": [row["source"] for row in rows], "output_path": "s3://store@bucket/out/again"}
    assert task.run(extract(**given))["succeeded"] == 3


def test_extend_fetches_by_a_signed_url_that_is_kept_nowhere(extract, bucket, task, log_text) -> None:
    for number in range(3):
        data = f"No: INV-{number}\nTotal: {number}.00\n".encode()
        bucket.put_object(Bucket="bucket", Key=f"in/{number}.txt", Body=data)
        extract.extend.upload(
            data, f"{number}.txt"
        )  # the local Extend downloads nothing: it knows them by name
    before = len(extract.extend.requests("POST", "/files/upload"))
    result = task.run(extract(send="url"))
    assert result["succeeded"] == 3
    assert len(extract.extend.requests("POST", "/files/upload")) == before
    kept = [
        bucket.get_object(Bucket="bucket", Key=row["Key"])["Body"].read()
        for row in bucket.list_objects_v2(Bucket="bucket", Prefix="out/")["Contents"]
    ]
    everything = b"".join(kept).decode() + json.dumps(task.store.rows) + log_text()
    assert "Signature" not in everything
    assert "AKIATESTING" not in everything


def test_the_same_content_is_told_by_its_etag(extract, bucket, task) -> None:
    for number in range(4):
        bucket.put_object(Bucket="bucket", Key=f"in/{number}.txt", Body=b"No: INV-1\nTotal: 1.00\n")
    assert task.run(extract())["succeeded"] == 4
    assert len(extract.extend.requests("POST", "/files/upload")) == 1


def test_a_store_that_fails_half_way_loses_nothing(extract, bucket, task, monkeypatch) -> None:
    fill(bucket, 6)
    store = filesystem("s3://store@bucket")[0]
    really = store.put_file

    def put_file(local: str, remote: str, **given: Any) -> Any:
        if "part-00001" in remote:
            raise ConnectionError("reset")
        return really(local, remote, **given)

    with monkeypatch.context() as patched:
        patched.setattr(store, "put_file", put_file)
        with pytest.raises(AirflowException, match="cannot be written"):
            task.run(extract(batch_size=3))
    result = task.run(extract(batch_size=3))
    assert len({row["source"] for row in read_documents(result)}) == 6
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 2


def test_a_pattern_is_looked_for_in_pages_of_its_own_level(extract, bucket, task, monkeypatch) -> None:
    monkeypatch.setattr(listing, "_PAGE", 2)
    for key in ("in/1.txt", "in/2.txt", "in/3.txt", "in/4.pdf", "in/below/5.txt", "inside/6.txt"):
        bucket.put_object(Bucket="bucket", Key=key, Body=f"No: INV-{key}\nTotal: 1.00\n".encode())
    result = task.run(extract(documents="s3://store@bucket/in/*.txt"))
    sources = sorted(row["source"] for row in read_documents(result))
    assert sources == [f"s3://store@bucket/in/{number}.txt" for number in (1, 2, 3)]
    everything = extract(
        documents="s3://store@bucket/in/**", output_path="s3://store@bucket/out/all", on_partial=0
    )
    assert task.run(everything)["documents"] == 5


@pytest.mark.parametrize(("code", "said"), [("SlowDown", 0), ("ExpiredToken", 0), ("AccessDenied", 1)])
def test_a_store_that_is_busy_is_not_the_fault_of_a_file(
    extract, bucket, task, monkeypatch, code, said
) -> None:
    from botocore.exceptions import ClientError
    from s3fs.errors import translate_boto_error

    fill(bucket, 3)
    fs = filesystem("s3://store@bucket")[0]
    really = fs._call_s3

    async def call(method: str, *args: Any, **given: Any) -> Any:
        if method == "get_object" and "/001 " in given.get("Key", ""):
            answer = {"Error": {"Code": code, "Message": "of the server"}}
            raise translate_boto_error(ClientError(answer, "GetObject"))
        return await really(method, *args, **given)

    monkeypatch.setattr(fs, "_call_s3", call)
    if said:
        assert task.run(extract(on_partial="succeed"))["failures"] == {"UNREADABLE": 1}
        return
    with pytest.raises(AirflowException, match=r"001 ä #\?\.txt' cannot be read"):
        task.run(extract(on_partial="succeed"))
    monkeypatch.undo()
