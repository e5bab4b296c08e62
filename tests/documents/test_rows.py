"""Rows and the files that they are written to."""

from __future__ import annotations

import builtins
import io
from contextlib import closing
from typing import Any

import pytest

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.runs import read_run
from airflow_provider_extend.documents import rows
from airflow_provider_extend.documents.sources import Source

V25, V26 = "2025-04-21", "2026-02-09"
FIELDS = {
    "value": {"total": 7, "vendor": {"name": "A"}},
    "metadata": {"total": {"logprobsConfidence": 0.9}, "vendor.name": {"ocrConfidence": 0.5}},
}
SOURCE = Source("s3://b/ä.pdf")


def row_of(kind: str, version: str = V26, **body: Any) -> rows.Row:
    run = read_run(kind, version, {"id": "r_1", "status": "PROCESSED", **body})
    return rows.row_of_run(SOURCE, run, "b_1", run.output, None)


def test_confidences_are_flat_and_those_of_a_workflow_by_step() -> None:
    assert row_of("extract_run", output=FIELDS)["confidences"] == {"total": 0.9}
    steps = [
        {
            "stepType": "EXTRACT",
            "step": {"type": "EXTRACT", "name": "fields"},
            "result": {"extractRun": {"id": "exr_1", "output": FIELDS}},
        }
    ]
    assert row_of("workflow_run", stepRuns=steps)["confidences"] == {"fields": {"total": 0.9}}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("parse_run", {"output": {"chunks": []}}),
        ("extract_run", {"output": None}),
        ("extract_run", {"output": ["not", "documented"]}),
        ("workflow_run", {"output": 1}),
    ],
)
def test_where_none_are_known_there_are_none(kind, body) -> None:
    assert row_of(kind, **body)["confidences"] is None


def test_links_lose_their_query() -> None:
    row = row_of("parse_run", output={"chunks": [{"imageUrl": "https://a.example.com/1.png?sig=secret"}]})
    assert row["output"] == {"chunks": [{"imageUrl": "https://a.example.com/1.png"}]}


@pytest.mark.parametrize("output_format", ["jsonl", "parquet"])
def test_what_is_written_is_read(tmp_path, output_format) -> None:
    if output_format == "parquet":
        pytest.importorskip("pyarrow")
    made = [row_of("extract_run", output=FIELDS, usage={"totalCredits": 2}) for _ in range(250)]
    made.append(rows.row_without_run(SOURCE, rows.NOT_SENT, "EMPTY_FILE", "is empty"))
    path = tmp_path / "part"
    with closing(rows.WRITERS[output_format](path)) as writer:
        for row in made:
            writer.add(row)
    assert list(rows.read_rows(io.BytesIO(path.read_bytes()), output_format)) == made


@pytest.mark.parametrize("output_format", ["jsonl", "parquet"])
def test_half_a_character_breaks_no_file(tmp_path, output_format) -> None:
    if output_format == "parquet":
        pytest.importorskip("pyarrow")
    row = row_of("extract_run", output={"value": {"a": "x\ud800"}}, failureMessage="y\udcff")
    with closing(rows.WRITERS[output_format](tmp_path / "part")) as writer:
        writer.add(row)
    [read] = rows.read_rows(io.BytesIO((tmp_path / "part").read_bytes()), output_format)
    assert read["message"] == "y?"


def test_parquet_without_pyarrow_is_refused_with_the_way_out(monkeypatch) -> None:
    really = builtins.__import__

    def no_pyarrow(name: str, *args: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return really(name, *args)

    monkeypatch.setattr(rows, "import_module", no_pyarrow)
    with pytest.raises(ExtendInputError, match=r"airflow-provider-extend\[parquet\]"):
        rows.check_format("parquet")
    with pytest.raises(ExtendInputError, match="output_format is 'csv'"):
        rows.check_format("csv")
    rows.check_format("jsonl")
