"""Watches many runs for a minute, one row at a time: a stub in a process of its own, a fresh process that waits.

`python -m benchmarks.waiting [--quick] [--rows PATTERN ...] [--from ROW] [--output FOLDER]`
"""

from __future__ import annotations

import argparse
import json
import math
import os
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from benchmarks import certificate, results
from benchmarks.sides import interval
from benchmarks.waiter import SETTLE, Order

#: Of the runs, those that end in the measured minute, at times drawn evenly over it.
SHARE = 1 / 3
#: No second is spent on it, it does nothing: enough to see what the ruler costs.
_IDLE_SECONDS = 15.0
_PATIENCE = 180.0
CERTIFICATE = results.WORK / "stub.pem"


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement.

    :param side: who waits, a key of `sides.SIDES`.
    :param pages: the largest page that the stub gives.
    :param others: changes per second of other people's runs in the list.
    :param rate: requests per second of this provider's connection.
    :param tls: without it only what a peer costs that needs a new connection for each look is measured once more.
    """

    side: str
    runs: int
    kind: str = "extract_run"
    pages: int = 100
    others: float = 0.0
    rate: float = 10.0
    seconds: float = 60.0
    tls: bool = True

    @property
    def name(self) -> str:
        if self.side != "extend":
            return f"{self.side}-{self.runs}" + ("" if self.tls else "-plain")
        shape = f"-p{self.pages}-o{self.others:g}" if self.kind == "extract_run" else ""
        return f"extend-{self.runs}-{self.kind}{shape}-r{self.rate:g}"


#: Runs of other people that change each second, where the list has any.
OTHERS = 20.0
_PEERS = ("dbt-cloud", "http", "sdk")


def _rows(*counts: int, sides: Sequence[str] = _PEERS) -> Iterator[Row]:
    for runs in counts:
        yield Row("nobody", runs, seconds=_IDLE_SECONDS)
        for side in sides:  # what the list holds, and the connection's rate, is nothing to them
            yield Row(side, runs)


_FEW = (
    *_rows(100, 1_000),
    Row("extend", 100),
    Row("extend", 1_000),
    Row("extend", 1_000, kind="evaluation_set_run"),
)
QUICK = tuple(replace(row, seconds=min(row.seconds, 30.0)) for row in _FEW)
FULL = (
    *_rows(100, 1_000, 10_000),
    *(Row(side, 1_000, tls=False) for side in _PEERS[:2]),
    *_rows(50, 375, sides=_PEERS[:2]),  # 10 and 75 requests a second
    Row("extend", 100),
    Row("extend", 1_000),
    Row("extend", 1_000, pages=10),
    Row("extend", 1_000, others=OTHERS),
    Row("extend", 1_000, pages=10, others=OTHERS),
    Row("extend", 1_000, rate=75),
    Row("extend", 10_000),
    Row("extend", 10_000, others=OTHERS, rate=75),
    Row("extend", 10_000, pages=10, rate=75),
    Row("extend", 1_000, kind="evaluation_set_run"),
    Row("extend", 1_000, kind="evaluation_set_run", rate=75),
    Row("extend", 10_000, kind="batch_processor_run", rate=75),
)


def measure(row: Row) -> dict[str, Any]:
    """Measure one row: its settings, and under `measured` what came of it, or under `failed` why nothing did."""
    # Who waits for nothing sees no end, and for its end no time is spent.
    share = 0.0 if row.side == "nobody" else SHARE
    with stub(row) as url:
        began = time.time()
        order = Order(
            side=row.side,
            waiting={"url": url, "kind": row.kind, "rate": row.rate},
            run_ids=[f"exr_{number:020d}" for number in range(row.runs)],
            warm_id="exr_warm",
            seconds=row.seconds,
            share=share,
        )
        waiter = _run_waiter(order)
        if "failed" in waiter:
            return {**asdict(row), "name": row.name, "when": results.now(), **waiter}
        report = _asked(url, "report", {"since": waiter["since"], "until": waiter["until"]})
    took = time.time() - began
    measured = {**summary(row, waiter, report), "stub_cores": round(report["cpu"] / took, 3)}
    return {**asdict(row), "name": row.name, "when": results.now(), "measured": measured}


def summary(row: Row, waiter: Mapping[str, Any], report: Mapping[str, Any]) -> dict[str, Any]:
    """What a waiting process and its stub say, as the numbers of a row.

    Latencies are of all runs that ended in the measured time; one that was not seen counts as infinitely late, and a
    quantile that falls on such a run is None.
    """
    seconds = waiter["until"] - waiter["since"]
    ends = {run: at for run, at in report["ends"].items() if at < waiter["until"]}
    late = sorted(max(0.0, waiter["seen"].get(run, math.inf) - at) for run, at in ends.items())
    asked = sum(report["requests"].values())
    lists = sum(count for route, count in report["requests"].items() if route.endswith(" list"))
    return {
        "seconds": round(seconds, 3),
        "cpu_seconds": round(waiter["cpu"], 4),
        "core_percent": round(100 * waiter["cpu"] / seconds, 3),
        "requests": asked,
        "wanted": wanted(row, [at - waiter["since"] for at in ends.values()], seconds),
        "list_pages": lists,
        "single_reads": asked - lists,
        "busiest_second": report["busiest"],
        "most_connections": report["most_connections"],
        "cpu_ms_per_request": round(1000 * waiter["cpu"] / asked, 3) if asked else None,
        "waiter_kb": round(
            (waiter["resident_waiting"] - waiter["resident_before"]) / waiter["started"] / 1024, 2
        ),
        "most_mb": round(waiter["resident_most"] / 2**20, 1),
        "lag_ms": {name: round(1000 * lag, 2) for name, lag in waiter["lag"].items()},
        "started": waiter["started"],
        "ended": len(ends),
        "seen": sum(run in waiter["seen"] for run in ends),
        "latency_s": {f"p{share}": _seconds(late, share / 100) for share in (50, 99)},
        "failures": waiter["failures"],
    }


def wanted(row: Row, ends: Sequence[float], seconds: float) -> int | None:
    """Requests that a side of fixed intervals would make in the time if nothing held it up."""
    total = 0.0
    for second in range(int(seconds)):
        if (pause := interval(row.side, SETTLE + second)) is None:
            return None
        total += (row.runs - sum(end + pause < second for end in ends)) / pause  # until its end is seen
    return round(total)


def _seconds(late: Sequence[float], share: float) -> float | None:
    if not late:
        return None
    found = late[min(len(late) - 1, int(len(late) * share))]
    return round(found, 3) if found < math.inf else None


@contextmanager
def stub(row: Row) -> Iterator[str]:
    """A stub with the row's runs, as its address."""
    trusted = str(certificate.kept(CERTIFICATE)) if row.tls else None
    setting = {"runs": row.runs, "pages": row.pages, "others": row.others, "certificate": trusted}
    command = [sys.executable, "-m", "benchmarks.stub", json.dumps(setting)]
    with subprocess.Popen(command, cwd=results.ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http{'s' if row.tls else ''}://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def _run_waiter(order: Order) -> dict[str, Any]:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.waiter"]
    with subprocess.Popen(
        command,
        cwd=results.ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            said, errors = process.communicate(json.dumps(asdict(order)), timeout=_PATIENCE)
        except BaseException as error:
            process.kill()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            return {"failed": f"gave no result within {_PATIENCE:g} s"}
    if process.returncode:
        return {"failed": (errors.strip().splitlines() or ["no result"])[-1][:300]}
    result: dict[str, Any] = json.loads(said.splitlines()[-1])
    return result


def environment() -> dict[str, str]:
    """For a process that waits: an Airflow home of its own, and the stub is trusted."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    home = results.WORK / "airflow"
    home.mkdir(parents=True, exist_ok=True)
    return {
        **env,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__EXTEND__ALLOWED_HOSTS": "127.0.0.1",
        **dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), str(CERTIFICATE)),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


def _asked(url: str, what: str, sent: Mapping[str, Any]) -> Any:
    trusting = ssl.create_default_context(cafile=CERTIFICATE) if url.startswith("https") else None
    body = json.dumps(sent).encode()
    with urllib.request.urlopen(f"{url}/control/{what}", body, timeout=60, context=trusting) as answer:
        return json.load(answer)


def chosen(rows: Sequence[Row], patterns: Sequence[str], first: str | None) -> list[Row]:
    """Those of the rows whose names fit one of the patterns, from the row named `first` on."""
    names = [row.name for row in rows]
    start = names.index(first) if first else 0
    return [row for row in rows[start:] if not patterns or any(fnmatch(row.name, one) for one in patterns)]


def run(rows: Sequence[Row], folder: Path) -> None:
    """Measure the rows in turn and put each into the file of results as soon as it is there."""
    for row in rows:
        print(f"{row.name:<48}", end="", flush=True)
        result = measure(row)
        results.put(folder, "waiting", [result])
        print(line(result), flush=True)


def line(result: Mapping[str, Any]) -> str:
    """A row's result in one line of text."""
    if "failed" in result:
        return f"failed: {result['failed']}"
    one = result["measured"]
    late = one["latency_s"]
    return (
        f"{one['core_percent']:.1f} % of a core, {one['requests']} requests (at most {one['busiest_second']} a "
        f"second), {one['waiter_kb']:.1f} KB a waiter, lag p99 {one['lag_ms']['p99']:.1f} ms, latency p50 "
        f"{late['p50']} s p99 {late['p99']} s, seen {one['seen']} of {one['ended']}"
        + (f", failed {one['failures']}" if one["failures"] else "")
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.waiting")
    parser.add_argument("--quick", action="store_true", help="few rows, into .dev/benchmarks")
    parser.add_argument(
        "--rows", nargs="*", default=[], metavar="PATTERN", help="names of rows, * for any text"
    )
    parser.add_argument("--from", dest="first", metavar="ROW", help="go on with this row")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where the results go")
    args = parser.parse_args(argv)
    folder = args.output or (results.WORK if args.quick else results.FOLDER)
    run(chosen(QUICK if args.quick else FULL, args.rows, args.first), folder)


if __name__ == "__main__":
    main()
