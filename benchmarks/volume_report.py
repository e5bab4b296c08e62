"""The tables of what many documents cost (`benchmarks.volume`, `benchmarks.volume_peers`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import results
from benchmarks.tables import Figure, Row, at_most, below, figure, machine, most, table

_SIDES = {
    "extend": "`ExtendExtractDocumentsOperator`, deferred",
    "mapped": "the SDK in a mapped `@task`",
    "batch": "the SDK's batch call in one `@task`",
}
_MANY = 50_000


def tables(folder: Path) -> dict[str, Callable[[], str]]:
    """By name, as `benchmarks.report` takes them.

    :param folder: of the files of results.
    """
    volume, upload, throughput = (results.load(folder, name) for name in ("volume", "upload", "throughput"))
    rows = sorted(volume["rows"], key=lambda row: (row["documents"], row["kills"]))
    return {
        "volume_asked": lambda: table(["what was set out", "measured", ""], _asked(rows, upload["rows"])),
        "volume": lambda: _volume(rows),
        "volume_machine": lambda: machine(volume.get("machine")),
        "throughput": lambda: _throughput(throughput["rows"]),
        "throughput_machine": lambda: machine(throughput.get("machine")),
    }


def _over(row: Row) -> float:
    """Calls above the smallest number, in percent."""
    return 100 * (float(row["calls"]) / row["least_calls"] - 1)


def _asked(rows: Sequence[Row], uploads: Sequence[Row]) -> list[Figure]:
    many = [row for row in rows if row["documents"] == _MANY and row["kills"] == 3]
    few = most([row for row in rows if row["documents"] == 1000], lambda row: row["peak_mb"])
    case = "50,000 documents, killed three times: "
    return [
        figure(
            f"{case}less than 300 MB at the peak beyond what Airflow takes",
            most(many, lambda row: row["peak_mb"]),
            "{:.1f} MB",
            below(300),
        ),
        figure(
            f"{case}memory does not grow with their number (at most 10 MB more than 1,000)",
            most(many, lambda row: row["peak_mb"] - few) if few is not None else None,
            "{:+.1f} MB",
            at_most(10),
        ),
        figure(
            f"{case}at most 5 % more calls than the smallest number",
            most(many, _over),
            "{:.1f} %",
            at_most(5),
        ),
        figure(
            "10,000 documents, killed three times: the same",
            most([row for row in rows if row["documents"] == 10_000 and row["kills"] == 3], _over),
            "{:.1f} %",
            at_most(5),
        ),
        figure(
            f"{case}paid for more than once, or lacking a row",
            most(many, lambda row: abs(row["paid"] - _MANY) + abs(row["distinct"] - _MANY)),
            "{:.0f}",
            at_most(0),
        ),
        figure(
            f"{case}rows that are there twice",
            most(many, lambda row: row["rows"] - row["distinct"]),
            "{:.0f}",
            at_most(0),
        ),
        figure(
            f"{case}less than 10 KB in XCom",
            most(many, lambda row: row["xcom_bytes"]),
            "{:.0f} bytes",
            below(10_000),
        ),
        figure(
            "a file of 1 GB: less than 50 MB more memory while it is uploaded",
            most([row for row in uploads if row["megabytes"] == 1024], lambda row: row["more_mb"]),
            "{:.1f} MB",
            below(50),
        ),
    ]


def _volume(rows: Sequence[Row]) -> str:
    head = ["documents", "killed", "rows, distinct", "paid for", "calls", "above the smallest number", "XCom"]
    head += ["state store", "peak memory", "later peaks", "processes", "CPU a document", "seconds"]
    return table(
        head,
        [
            [
                f"{row['documents']:,}",
                f"{row['kills']} times",
                f"{row['rows']:,}, {row['distinct']:,}",
                f"{row['paid']:,}",
                f"{row['calls']:,}",
                f"{_over(row):.1f} %",
                f"{row['xcom_bytes']} bytes",
                f"{row['store_bytes']:,} bytes",
                f"{row['peak_mb']:.1f} MB",
                f"{row['later_peaks_mb']:.1f} MB",
                str(row["processes"]),
                f"{1000 * row['cpu_seconds'] / row['documents']:.1f} ms",
                f"{row['seconds']:.0f}",
            ]
            for row in rows
        ],
    )


def _throughput(rows: Sequence[Row]) -> str:
    head = [
        "who reads them",
        "documents",
        "with a row",
        "a minute",
        "CPU a document",
        "task instances",
        "processes",
    ]
    head += ["of them failed", "paid for"]
    return table(
        head,
        [
            [
                _SIDES[row["name"]],
                f"{row['documents']:,}",
                f"{row['rows']:,}",
                f"{row['rows'] / row['seconds'] * 60:.1f}",
                f"{1000 * row['cpu_seconds'] / row['documents']:.0f} ms",
                f"{row['task_instances']:,}",
                f"{row['processes']:,}",
                str(row["failed"]),
                f"{row['paid']:,}",
            ]
            for row in rows
        ],
    )
