"""Results as rows, one for each document, and the files that they are written to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from airflow_provider_extend.api.calls import without_signed_urls
from airflow_provider_extend.api.errors import ExtendAnswerError, ExtendInputError
from airflow_provider_extend.api.outputs import Value, read_run_output, read_workflow_outputs
from airflow_provider_extend.api.runs import PARSE_RUN, WORKFLOW_RUN, Run
from airflow_provider_extend.documents.sources import Source, clean

#: Columns. `output` and `confidences` are JSON: an object in JSONL, a text in Parquet.
COLUMNS = (
    "source",
    "status",
    "outcome",
    "failure",
    "message",
    "output",
    "confidences",
    "credits",
    "url",
    "run_id",
    "batch_id",
    "file_id",
)
_JSON = ("output", "confidences")
#: Of a document that was not sent; the reason is its `failure`.
NOT_SENT = "NOT_SENT"
#: Of one that was sent, and of whose run Extend shows nothing although its batch has ended.
NOT_LISTED = "NOT_LISTED"
#: Failure of one whose run succeeded, and whose result is larger than is read.
TOO_LARGE = "RESULT_TOO_LARGE"
#: Of one whose result is behind a link that leads to no JSON, or to a host that is not allowed.
UNREADABLE_RESULT = "RESULT_UNREADABLE"
#: Rows, and characters of them, of a Parquet file's group: what is held in memory.
_GROUP, _GROUP_SIZE = 100, 4 * 1024 * 1024

Row = dict[str, Any]


def row_of_run(source: Source, run: Run, batch_id: str | None, output: Any, file_id: str | None) -> Row:
    """
    :param output: what was read, links resolved.
    :param file_id: of a file that Extend has because of this task, and that may be deleted with it.
    """
    return _row(
        source,
        status=run.status,
        outcome=run.outcome,
        failure=run.failure_reason,
        message=run.failure_message,
        output=without_signed_urls(output),
        confidences=_confidences(run),
        credits=run.credits,
        url=run.url,
        run_id=run.id,
        batch_id=batch_id,
        file_id=file_id,
    )


def row_without_run(
    source: Source,
    status: str,
    failure: str,
    message: str,
    batch_id: str | None = None,
    file_id: str | None = None,
) -> Row:
    return _row(
        source,
        status=status,
        outcome="failed",
        failure=failure,
        message=message,
        batch_id=batch_id,
        file_id=file_id,
    )


def _row(source: Source, **values: Any) -> Row:
    return {**dict.fromkeys(COLUMNS), "source": source.source, **values}


def failure_of(row: Row) -> Row:
    """What a list of failures has of a row: nothing that was read."""
    return {name: row[name] for name in ("source", "status", "failure", "message", "run_id")}


def _confidences(run: Run) -> Any:
    """{path: 0..1}; of a workflow run, {step: {path: 0..1}}. None: the API gives none, or in an unknown form."""
    if run.kind == PARSE_RUN:
        return None
    try:
        if run.kind != WORKFLOW_RUN:
            return _known(read_run_output(run.raw)) or None
        steps = read_workflow_outputs(run.raw)
    except ExtendAnswerError:
        return None
    named = {step.step or step.run_id or str(place): _known(step.values) for place, step in enumerate(steps)}
    return {name: known for name, known in named.items() if known} or None


def _known(values: tuple[Value, ...]) -> dict[str, float]:
    return {value.path: value.confidence for value in values if value.confidence is not None}


class Writer(Protocol):
    def add(self, row: Row) -> None: ...

    def close(self) -> None: ...


class JsonLines:
    """One JSON object a line."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("w", encoding="utf-8")

    def add(self, row: Row) -> None:
        self._stream.write(clean(json.dumps(row, ensure_ascii=False)) + "\n")

    def close(self) -> None:
        self._stream.close()


class Parquet:
    """Texts and one number; needs pyarrow (the extra `parquet`)."""

    def __init__(self, path: Path) -> None:
        pyarrow, parquet = _pyarrow()
        kinds = {name: pyarrow.float64() if name == "credits" else pyarrow.string() for name in COLUMNS}
        self._schema = pyarrow.schema(list(kinds.items()))
        self._table = pyarrow.Table
        self._file = parquet.ParquetWriter(str(path), self._schema)
        self._rows: list[Row] = []
        self._size = 0

    def add(self, row: Row) -> None:
        texts = {name: json.dumps(row[name]) for name in _JSON if row[name] is not None}
        whole = {**row, **texts}
        self._rows.append({n: clean(v) if isinstance(v, str) else v for n, v in whole.items()})
        self._size += sum(map(len, texts.values()))
        if len(self._rows) >= _GROUP or self._size >= _GROUP_SIZE:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        if self._rows:
            self._file.write_table(self._table.from_pylist(self._rows, schema=self._schema))
            self._rows, self._size = [], 0


WRITERS: Mapping[str, Callable[[Path], Writer]] = {"jsonl": JsonLines, "parquet": Parquet}


def check_format(name: str) -> None:
    """
    :raises ExtendInputError: unknown, or what it needs is not installed.
    """
    if name not in WRITERS:
        raise ExtendInputError(
            f"output_format is {name!r}: expected {' or '.join(map(repr, WRITERS))}. Nothing was sent."
        )
    if name == "parquet":
        _pyarrow()


def read_rows(stream: BinaryIO, output_format: str) -> Iterator[Row]:
    """The rows of a part, as they were made."""
    if output_format == "jsonl":
        for line in stream:
            yield json.loads(line)
        return
    _, parquet = _pyarrow()
    for group in parquet.ParquetFile(stream).iter_batches(_GROUP):
        for row in group.to_pylist():
            yield row | {name: json.loads(row[name]) for name in _JSON if row[name] is not None}


def _pyarrow() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise ExtendInputError(
            "output_format is 'parquet', and pyarrow is not installed here: install "
            "airflow-provider-extend[parquet], or write 'jsonl'. Nothing was sent."
        ) from None
