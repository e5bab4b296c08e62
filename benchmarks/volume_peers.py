"""The same documents read by this provider in one task, and by the official SDK: mapped, and with its batch call.

`PYTHONPATH=.dev/sdk/1.20.0 python -m benchmarks.volume_peers [--documents N] [--quick]`, in the environment of the
tests, which has the local Extend; `make test-sdk` gets the SDK.

All three speak to a local Extend with the limits of the smallest plan, one after another, from files to files. Each
process of a task is a process here, at most `SLOTS` at a time, as many as Airflow runs of a DAG by default; what its
scheduler, supervisor and API server do besides is left out on all sides. A process of the SDK's that fails is started
again, three times at most, as `retries=3` has it.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

from benchmarks import results, volume
from benchmarks.local import TOKEN, Local, environment, fill, local_extend

SLOTS = 16
#: The smallest plan.
PER_SECOND, FILES_PER_MINUTE = 10, 80
_RETRIES = 3
_LOOK_EVERY = 5.0
_MOVING = ("PENDING", "PROCESSING")


def _client(base_url: str) -> Any:
    from extend_ai import Extend

    return Extend(token=TOKEN, base_url=base_url)


def _write(path: Path, run: Any) -> None:
    path.write_text(
        json.dumps({"id": run.id, "status": run.status, "output": run.output.dict()}, default=str)
    )


def mapped(folder: Path, base_url: str, extractor: str, number: int) -> None:
    """What a `@task` mapped over the documents does with one of them."""
    client = _client(base_url)
    with (folder / "in" / f"{number:06d}.txt").open("rb") as stream:
        file = client.files.upload(file=stream)
    run = client.extract_runs.create_and_poll(extractor={"id": extractor}, file={"id": file.id})
    _write(folder / "out" / f"{number:06d}.json", run)


def batch(folder: Path, base_url: str, extractor: str, number: int) -> None:
    """What one `@task` does with all of them."""
    client = _client(base_url)
    inputs: list[Any] = []
    for path in sorted((folder / "in").iterdir()):
        with path.open("rb") as stream:
            inputs.append({"file": {"id": client.files.upload(file=stream).id}})
    made = client.extract_runs.create_batch(extractor={"id": extractor}, inputs=inputs)
    while client.batch_runs.get(made.id).status in _MOVING:
        time.sleep(_LOOK_EVERY)
    following = None
    while True:
        page = client.extract_runs.list(batch_id=made.id, max_page_size=100, next_page_token=following)
        for row in page.data:
            _write(folder / "out" / f"{row.id}.json", client.extract_runs.retrieve(row.id))
        following = page.next_page_token
        if not following:
            return


SIDES = {"mapped": mapped, "batch": batch}


def worker(side: str, folder: str, base_url: str, extractor: str, number: str) -> None:
    """One process of a task. Airflow is imported, as in each process that Airflow makes."""
    import airflow.sdk  # noqa: F401

    SIDES[side](Path(folder), base_url, extractor, int(number))


def tasks(side: str, count: int, folder: Path, local: Local) -> dict[str, Any]:
    """So many tasks of one side, some at a time, to their end."""
    (folder / "out").mkdir()
    waiting = deque((number, 0) for number in range(count))
    running: list[tuple[subprocess.Popen[bytes], int, int]] = []
    used, failed, given_up = 0, 0, 0
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    settings = environment(folder, local.base_url, PER_SECOND)
    while waiting or running:
        while waiting and len(running) < SLOTS:
            number, tries = waiting.popleft()
            command = [sys.executable, "-W", "ignore", "-m", "benchmarks.volume_peers", "--worker", side]
            command += [str(folder), local.base_url, local.extractor, str(number)]
            with (folder / "log").open("a") as log:
                running.append(
                    (subprocess.Popen(command, stdout=log, stderr=log, env=settings), number, tries)
                )
            used += 1
        time.sleep(0.05)
        for one in [one for one in running if one[0].poll() is not None]:
            running.remove(one)
            process, number, tries = one
            if process.returncode:
                failed += 1
                given_up += tries == _RETRIES
                waiting.extend([(number, tries + 1)] * (tries < _RETRIES))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": round(time.monotonic() - started, 1),
        "cpu_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "rows": len(list((folder / "out").iterdir())),
        "task_instances": count,
        "processes": used,
        "failed": failed,
        "given_up": given_up,
    }


def measure(side: str, documents: int) -> dict[str, Any]:
    settings = {
        "run_seconds": 5,
        "files_per_minute": FILES_PER_MINUTE,
        "rate_limits": dict.fromkeys(("GET", "WRITE", "RUN"), PER_SECOND),
    }
    with tempfile.TemporaryDirectory(prefix="extend-peers-") as name:
        home = Path(name)
        fill(home / "in", documents)
        with local_extend(home, settings) as local:
            if side == "extend":
                found = volume.measure(documents, 0, home, local, PER_SECOND)
                found |= {"task_instances": 1, "failed": 0, "given_up": 0}
            else:
                count = documents if side == "mapped" else 1
                found = tasks(side, count, home, local)
                if given_up := found["given_up"]:
                    print((home / "log").read_text()[-2000:], f"{given_up} given up", file=sys.stderr)
                local.send("POST", "/_control/settings", json={"rate_limits": {}})
                found |= {"documents": documents, "paid": local.runs()}
    kept = (
        "documents",
        "seconds",
        "cpu_seconds",
        "rows",
        "paid",
        "task_instances",
        "processes",
        "failed",
        "given_up",
    )
    return {"name": side, **{key: found[key] for key in kept}}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.volume_peers")
    parser.add_argument("--documents", type=int, default=120)
    parser.add_argument("--quick", action="store_true", help="into .dev/benchmarks; the page stays as it is")
    parser.add_argument("--worker", nargs=5, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        return worker(*given.worker)
    rows = []
    for side in ("extend", "mapped", "batch"):
        rows.append(measure(side, given.documents))
        print(json.dumps(rows[-1]), flush=True)
    results.put(results.WORK if given.quick else results.FOLDER, "throughput", rows)
    return None


if __name__ == "__main__":
    main()
