"""What many documents cost in memory, calls and time, on a local Extend; and one large file.

`python benchmarks/volume.py [--kills N] [--large MB] documents ...`

Each number of documents is a task of its own, `ExtendExtractDocumentsOperator` from and to files, deferred: each of
its processes is a process here too, as Airflow makes them, and the trigger runs between them. `--kills` ends so many
of them by SIGKILL, at even shares of the calls. Peak memory is the kernel's (VmHWM) above what the process had when
the operator and the client were there. The smallest number of calls: an upload and a GET for each document, and for
each batch its create and its list pages.
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

TOKEN = "sk_benchmark"
BATCH, PAGE = 1000, 100
SCHEMA = {"number": {"type": ["string", "null"]}, "total": {"type": ["number", "null"]}}


def high_water(pid: int | str = "self") -> float:
    """MB."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        found = None
    return int(found.group(1)) / 1024 if found else 0.0


def environment(home: Path, base_url: str) -> dict[str, str]:
    rates = {f"{name}_per_second": 1_000_000 for name in ("get", "write", "run")}
    connection = {"conn_type": "extend", "password": TOKEN, "host": base_url, "extra": rates}
    return {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__UNIT_TEST_MODE": "True",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "0",
        "AIRFLOW__EXTEND__ALLOWED_HOSTS": "127.0.0.1",
        "AIRFLOW_CONN_EXTEND_DEFAULT": json.dumps(connection),
        "NO_PROXY": "127.0.0.1",
    }


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


def measure(documents: int, kills: int, base_url: str, home: Path, extractor: str) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix=f"volume-{documents}-", dir=home))
    (folder / "in").mkdir()
    for number in range(documents):
        lines = f"number: INV-{number}\ntotal: {number}.00\n" + "x" * number
        (folder / "in" / f"{number:06d}.txt").write_text(lines)
    count_calls(folder / "calls")  # of the trigger, which runs here
    batches = -(-documents // BATCH)
    least = 2 * documents + batches + -(-documents // PAGE)
    at = [least * share // (kills + 1) for share in range(1, kills + 1)]
    state: dict[str, Any] = {"try": 1, "event": None, "extractor": extractor}
    peaks, processes, cpu, started = [], 0, 0.0, time.monotonic()
    while True:
        (folder / "next.json").write_text(json.dumps(state))
        for name in ("done.json", "base"):
            (folder / name).unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", __file__, "--worker", str(folder)], stdout=subprocess.DEVNULL
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
        state["event"] = asyncio.run(fired(done["trigger"]))
    seconds = time.monotonic() - started
    calls = calls_of(folder)
    rows = [json.loads(line)["source"] for part in (folder / "out").glob("part-*") for line in part.open()]
    return {
        "documents": documents,
        "kills": kills,
        "rows": len(rows),
        "distinct": len(set(rows)),
        "batches sent": calls["extract_runs.create_batch"],
        "least calls": least,
        "calls": sum(calls.values()),
        "over": sum(calls.values()) / least - 1,
        "xcom bytes": len(json.dumps(done["value"])),
        "store bytes": len((folder / "store.json").read_text()),
        "peak MB": max(peaks),
        "later peaks MB": max(peaks[1:] or [0.0]),
        "processes": processes,
        "seconds": seconds,
        "cpu ms a document": cpu / documents * 1000,
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
    """Run in a process of its own: upload a file, and say by how much the peak of memory grew."""
    from airflow_provider_extend.client import ClientSettings, ExtendClient

    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.truncate(megabytes << 20)
        url = sys.stdin.readline().strip()
        client = ExtendClient(ClientSettings(url, TOKEN, allowed_hosts=("127.0.0.1",), timeout=600))
        before = high_water()
        client.upload(file.name)
        print(high_water() - before)


def upload(megabytes: int) -> None:
    server = HTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "--upload-now", str(megabytes)],
        input=f"http://127.0.0.1:{server.server_port}\n",
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.monotonic() - started
    print(f"a file of {megabytes} MB: {float(done.stdout):.1f} MB more memory at the peak, {seconds:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("documents", type=int, nargs="*")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--large", type=int, help="MB")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--upload-now", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        return worker(given.worker)
    if given.upload_now:
        return large(given.upload_now)
    if given.large:
        upload(given.large)
    for count in given.documents:
        with tempfile.TemporaryDirectory(prefix="extend-volume-") as name:
            print(json.dumps(with_emulator(Path(name), count, given.kills)), flush=True)
    return None


def with_emulator(home: Path, documents: int, kills: int) -> dict[str, Any]:
    import requests

    command = [sys.executable, "-W", "ignore", "-m", "airflow_provider_extend.emulator", "--port", "0"]
    command += ["--token", TOKEN, "--state-dir", str(home / "extend"), "--run-seconds", "1"]
    with (home / "emulator.log").open("w") as log:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert server.stdout is not None
        base_url = re.search(r"http\S+", server.stdout.readline()).group()  # type: ignore[union-attr]
        headers = {"Authorization": f"Bearer {TOKEN}", "x-extend-api-version": "2026-02-09"}
        body = {"name": "Invoices", "config": {"schema": {"type": "object", "properties": SCHEMA}}}
        extractor = requests.post(f"{base_url}/extractors", json=body, headers=headers, timeout=30).json()[
            "id"
        ]
        settings = environment(home, base_url)
        os.environ.update(settings)
        result = measure(documents, kills, base_url, home, extractor)
        query: dict[str, Any] = {"maxPageSize": 1000}
        runs = 0
        while True:
            answer = requests.get(
                f"{base_url}/extract_runs", params=query, headers=headers, timeout=60
            ).json()
            runs += len(answer["data"])
            if not answer.get("nextPageToken"):
                break
            query["nextPageToken"] = answer["nextPageToken"]
        return {**result, "runs paid for": runs}
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
