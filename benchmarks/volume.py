"""What many documents cost in memory, calls and time, on a local Extend; and one large file.

`python -m benchmarks.volume [--kills N] [--large MB] [--quick] documents ...`

Each number of documents is a task of its own, `ExtendExtractDocumentsOperator` from and to files, deferred: each of
its processes is a process here too, as Airflow makes them, and the trigger runs between them. `--kills` ends so many
of them by SIGKILL, at even shares of the calls. Peak memory is the kernel's (VmHWM) above what the process had when
the operator and the client were there. The smallest number of calls: an upload and a GET for each document, and for
each batch its create and its list pages. Rows go into `benchmarks/results/volume.json`; with `--quick` into
`.dev/benchmarks`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks import results
from benchmarks.local import TOKEN, Local, environment, fill, local_extend

BATCH, PAGE = 1000, 100
#: Requests a second that the connection allows: nothing is held back.
_UNLIMITED = 1_000_000


def high_water(pid: int | str = "self") -> float:
    """MB."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        found = None
    return int(found.group(1)) / 1024 if found else 0.0


def count_calls(log: Path) -> None:
    """Each request of this process is a line of `log`, whatever becomes of the process."""
    from airflow_provider_extend.client import ExtendClient

    file, really = os.open(log, os.O_APPEND | os.O_CREAT | os.O_WRONLY), ExtendClient._send_once

    def send_once(self: Any, call: Any, *args: Any) -> Any:
        os.write(file, f"{call.endpoint.name}\n".encode())
        return really(self, call, *args)

    ExtendClient._send_once = send_once  # type: ignore[method-assign]


class Kept:
    """A mapping that is a file: the task state store, and XCom."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> dict[str, Any]:
        return json.loads(self._path.read_text()) if self._path.exists() else {}

    def get(self, key: str, default: Any = None) -> Any:
        return self.all().get(key, default)

    def set(self, key: str, value: Any) -> None:
        half = self._path.with_suffix(".half")
        half.write_text(json.dumps({**self.all(), key: value}))
        half.replace(self._path)

    def delete(self, key: str) -> None:
        self._path.write_text(json.dumps({name: value for name, value in self.all().items() if name != key}))


def worker(folder: Path) -> None:
    """One process of the task."""
    given = json.loads((folder / "next.json").read_text())
    count_calls(folder / "calls")
    from airflow_provider_extend.operators.documents import ExtendExtractDocumentsOperator

    try:
        from airflow.sdk.exceptions import TaskDeferred
    except ImportError:
        from airflow.exceptions import TaskDeferred

    operator = ExtendExtractDocumentsOperator(
        task_id="task",
        documents=f"file://{folder}/in",
        output_path=f"file://{folder}/out",
        extractor_id=given["extractor"],
        deferrable=True,
        poll_interval=5.0,
    )
    operator.client()
    xcom, store = Kept(folder / "xcom.json"), Kept(folder / "store.json")
    ti = SimpleNamespace(
        dag_id="dag",
        run_id="manual",
        task_id="task",
        map_index=-1,
        try_number=given["try"],
        max_tries=9,
        start_date=datetime.now(UTC),
        task=operator,
        xcom_push=xcom.set,
        xcom_pull=lambda task_ids, key, map_indexes: xcom.get(key),
    )
    context: Any = {"ti": ti, "task_state_store": store, "dag_run": SimpleNamespace(run_after=ti.start_date)}
    (folder / "base").write_text(str(high_water()))
    try:
        if given["event"] is None:
            value = operator.execute(context)
        else:
            value = operator.resume_execution("execute_complete", {"event": given["event"]}, context)
        done: dict[str, Any] = {"value": value}
    except TaskDeferred as away:
        done = {"trigger": away.trigger.serialize()[1] | {"not_before": None}}
    used = resource.getrusage(resource.RUSAGE_SELF)
    (folder / "done.json").write_text(json.dumps(done | {"cpu": used.ru_utime + used.ru_stime}))


async def fired(kwargs: dict[str, Any]) -> Any:
    from airflow_provider_extend.triggers.runs import ExtendRunsTrigger

    async for event in ExtendRunsTrigger(**kwargs).run():
        return event.payload


def calls_of(folder: Path) -> Counter[str]:
    path = folder / "calls"
    return Counter(path.read_text().split()) if path.exists() else Counter()


def measure(documents: int, kills: int, home: Path, local: Local, per_second: float) -> dict[str, Any]:
    """One task, to its end.

    :param home: the documents are in `in` there. :param per_second: requests that the connection allows.
    """
    folder, settings = home, environment(home, local.base_url, per_second)
    os.environ.update(settings)  # for the trigger, which runs here
    count_calls(folder / "calls")  # of the trigger, which runs here
    batches = -(-documents // BATCH)
    least = 2 * documents + batches + -(-documents // PAGE)
    at = [least * share // (kills + 1) for share in range(1, kills + 1)]
    state: dict[str, Any] = {"try": 1, "event": None, "extractor": local.extractor}
    peaks, processes, cpu, started = [], 0, 0.0, time.monotonic()
    while True:
        (folder / "next.json").write_text(json.dumps(state))
        for name in ("done.json", "base"):
            (folder / name).unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "benchmarks.volume", "--worker", str(folder)],
            stdout=subprocess.DEVNULL,
            env=settings,
        )
        processes, peak, killed = processes + 1, 0.0, False
        while process.poll() is None:
            peak = max(peak, high_water(process.pid))
            if at and sum(calls_of(folder).values()) >= at[0]:
                process.send_signal(signal.SIGKILL)
                killed = bool(at.pop(0))
            time.sleep(0.05)
        if (folder / "base").exists():
            peaks.append(peak - float((folder / "base").read_text()))
        if killed:
            (folder / "xcom.json").unlink(missing_ok=True)  # Airflow forgets it between two tries
            state |= {"try": state["try"] + 1, "event": None}
            continue
        if process.returncode:
            raise SystemExit(f"the task failed: see {folder}")
        done = json.loads((folder / "done.json").read_text())
        cpu += done["cpu"]
        if "value" in done:
            break
        before = time.process_time()
        state["event"] = asyncio.run(fired(done["trigger"]))
        cpu += time.process_time() - before
    seconds = time.monotonic() - started
    calls = calls_of(folder)
    rows = [json.loads(line)["source"] for part in (folder / "out").glob("part-*") for line in part.open()]
    return {
        "documents": documents,
        "kills": kills,
        "rows": len(rows),
        "distinct": len(set(rows)),
        "paid": local.runs(),
        "batches_sent": calls["extract_runs.create_batch"],
        "least_calls": least,
        "calls": sum(calls.values()),
        "xcom_bytes": len(json.dumps(done["value"])),
        "store_bytes": len((folder / "store.json").read_text()),
        "peak_mb": round(max(peaks), 1),
        "later_peaks_mb": round(max(peaks[1:] or [0.0]), 1),
        "processes": processes,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 2),
    }


class Sink(BaseHTTPRequestHandler):
    """Takes a file and keeps nothing of it."""

    def do_POST(self) -> None:
        left = int(self.headers["content-length"])
        while left:
            left -= len(self.rfile.read(min(left, 1 << 20)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"id": "file_1"}')

    def log_message(self, *args: Any) -> None:
        pass


def large(megabytes: int) -> None:
    """Run in a process of its own: upload a file as an operator does, and say by how much the peak of memory grew."""
    from airflow_provider_extend.client import ClientSettings, ExtendClient
    from airflow_provider_extend.documents.sources import Source, opened
    from airflow_provider_extend.operators._document_files import Guarded

    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.truncate(megabytes << 20)
        url = sys.stdin.readline().strip()
        client = ExtendClient(ClientSettings(url, TOKEN, allowed_hosts=("127.0.0.1",), timeout=600))
        with opened(Source(file.name, "file://", file.name)) as stream:
            before = high_water()
            client.upload(Guarded(stream), name="large.pdf")  # type: ignore[arg-type]
            print(high_water() - before)


def upload(megabytes: int) -> dict[str, Any]:
    server = HTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.volume", "--upload-now", str(megabytes)],
        input=f"http://127.0.0.1:{server.server_port}\n",
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return {
        "name": f"a file of {megabytes} MB",
        "megabytes": megabytes,
        "more_mb": round(float(done.stdout.split()[-1]), 1),
        "seconds": round(time.monotonic() - started, 1),
    }


def task(documents: int, kills: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="extend-volume-") as name:
        home = Path(name)
        fill(home / "in", documents)
        with local_extend(home, {"run_seconds": 1}) as local:
            found = measure(documents, kills, home, local, _UNLIMITED)
    killed = f", {kills} times killed" if kills else ""
    return {"name": f"{documents} documents{killed}", **found}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.volume")
    parser.add_argument("documents", type=int, nargs="*")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--large", type=int, help="MB")
    parser.add_argument("--quick", action="store_true", help="into .dev/benchmarks; the page stays as it is")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--upload-now", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        return worker(given.worker)
    if given.upload_now:
        return large(given.upload_now)
    folder = results.WORK if given.quick else results.FOLDER
    if given.large:
        row = upload(given.large)
        print(json.dumps(row), flush=True)
        results.put(folder, "upload", [row])
    for count in given.documents:
        row = task(count, given.kills)
        print(json.dumps(row), flush=True)
        results.put(folder, "volume", [row])
    return None


if __name__ == "__main__":
    main()
