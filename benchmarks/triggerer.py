"""A thousand deferred tasks in a real triggerer, and what they cost it, beside the sensor of the http provider.

`python -m benchmarks.triggerer [--tasks 1000] [--seconds 60] [--rate 10]` starts an Airflow on Postgres as the system
tests do, and a local Extend whose runs end only when they are told to. The tasks are mapped deferrable sensors. No
worker is started for them (`benchmarks.deferring` stores what each would have handed over): what is measured is the
triggerer, all of its processes: idle, then with all tasks waiting for `--seconds`, then while all runs end at once.
Each provider gets a triggerer of its own, one after the other. The table goes to stdout and to
benchmarks/results/triggerer.json.

This provider keeps to the rate of its connection; the http provider's sensor knows no rate, and asks for each run each
five seconds, as long as that is answered with 404.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil
import requests

from demo.dashboard import V2026
from tests.system.deployment import ROOT, Deployment
from tests.system.extend import ENDLESS, TOKEN, LocalExtend
from tests.system.processes import Process, wait_for

RESULTS = ROOT / "benchmarks" / "results" / "triggerer.json"
DAG_FILE = ROOT / "benchmarks" / "dags" / "waiting_sensors.py"
DEFERRING = ROOT / "benchmarks" / "deferring.py"
PACKAGES = (
    "airflow-provider-extend",
    "apache-airflow",
    "apache-airflow-providers-http",
    "aiohttp",
    "requests",
)
CAPACITY = 1000
BLOCKED = "async thread was blocked"
#: How often what may change is looked at, in seconds.
_OFTEN = 0.25
_IDLE_SECONDS = 20.0
_SETTLE_SECONDS = 20.0
#: How long the ends may take to be seen.
_ENDS_SECONDS = 300.0

Row = dict[str, Any]


@dataclass(frozen=True)
class Waiter:
    """Whose sensors wait, in which DAG, and how their runs end: `end` gives the moment at which each of them has."""

    name: str
    package: str
    dag_id: str
    begin: Callable[[LocalExtend], None]
    end: Callable[[LocalExtend, Sequence[str]], list[float]]


def nothing(extend: LocalExtend) -> None:
    pass


def force_all(extend: LocalExtend, runs: Sequence[str]) -> list[float]:
    moments = []
    for run in runs:
        extend.force(run, "PROCESSED")
        moments.append(time.time())
    return moments


def hide_all(extend: LocalExtend) -> None:
    extend.fault(method="GET", path="^/extract_runs/", status=404, seconds=ENDLESS, times=None)


def show_all(extend: LocalExtend, runs: Sequence[str]) -> list[float]:
    extend.control("DELETE", "/faults")
    return [time.time()] * len(runs)


WAITERS = (
    Waiter("this provider", "airflow-provider-extend", "waiting_extend", nothing, force_all),
    Waiter("http provider", "apache-airflow-providers-http", "waiting_http", hide_all, show_all),
)


# ---------------------------------------------------------------------------------------------- the triggerer


@dataclass(frozen=True)
class Usage:
    """What a process and its children used in a stretch of time; the most that was seen, but for `cpu`."""

    cpu: float
    megabytes: float
    logs: int
    files: int
    connections: int


def measure(process: Process, port: int, seconds: float) -> Usage:
    """What it costs to wait, idle or not, for so many seconds.

    `cpu` is percent of a core; `logs` are the files that the process itself has open, which writes the log of each
    task; `files` those of the child that has most, which is the one that waits; `connections` those to `port`.
    """
    before, began = cpu_seconds(process), time.monotonic()
    looks = []
    while time.monotonic() < began + seconds:
        memory = sum(process.each(lambda one: one.memory_info().rss)) / 2**20
        files = dict(process.each(lambda one: (one.pid, one.num_fds())))
        logs = files.pop(process.pid)
        looks.append((memory, logs, max(files.values()), process.connections(port)))
        time.sleep(_OFTEN)
    cpu = (cpu_seconds(process) - before) / (time.monotonic() - began) * 100
    return Usage(cpu, *map(max, zip(*looks, strict=True)))


def cpu_seconds(process: Process) -> float:
    return sum(process.each(lambda one: one.cpu_times().user + one.cpu_times().system))


def blocked(process: Process) -> int:
    """How often Airflow has said that its event loop did not move."""
    return process.log.read_text(errors="replace").count(BLOCKED)


# -------------------------------------------------------------------------------------------------- the waiters


def start_runs(extend: LocalExtend, number: int) -> list[str]:
    """Runs that end when they are told to; none of them in a batch."""
    extend.settings(run_seconds=ENDLESS)
    body = {
        "extractor": {"id": extend.extractor(good=True)},
        "file": {"id": next(iter(extend.upload().values()))},
    }
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update({"Authorization": f"Bearer {TOKEN}", "x-extend-api-version": V2026})
        return [
            session.post(f"{extend.base_url}/extract_runs", json=body, timeout=30).json()["id"]
            for _ in range(number)
        ]


def defer_all(airflow: Deployment, dag_id: str, runs: Sequence[str]) -> str:
    run_id = airflow.trigger(dag_id, {"runs": list(runs), "token": TOKEN})
    wait_for("the tasks", lambda: in_state(airflow, run_id, "scheduled") == len(runs), 300)
    airflow.run_python(DEFERRING.read_text(), str(airflow.dags / DAG_FILE.name), dag_id, run_id)
    return run_id


def in_state(airflow: Deployment, run_id: str, state: str) -> int:
    counted = airflow.query(
        "select count(*) from task_instance where run_id = %s and state = %s", run_id, state
    )
    return int(counted[0][0])


def asked_since(extend: LocalExtend, began: float) -> list[Row]:
    rows = extend.control("GET", "/requests")
    return [row for row in rows if datetime.fromisoformat(row["at"]).timestamp() >= began]


def woken(airflow: Deployment, run_id: str, tasks: int, seconds: float) -> dict[int, float]:
    """Task -> when it was seen that its trigger had fired; those only that came in time."""
    moments: dict[int, float] = {}
    until = time.time() + seconds
    while len(moments) < tasks and time.time() < until:
        rows = airflow.query(
            "select map_index from task_instance where run_id = %s and state <> 'deferred'", run_id
        )
        now = time.time()
        for (index,) in rows:
            moments.setdefault(index, now)
        time.sleep(_OFTEN)
    return moments


def set_slots(airflow: Deployment, waiter: Waiter, slots: int) -> None:
    body = {"pool": waiter.dag_id, "slots": slots, "include_deferred": False}
    airflow.api("PATCH", f"/pools/{waiter.dag_id}", body)


def let_some_through(airflow: Deployment, waiter: Waiter, run_id: str, number: int = 4) -> None:
    """Have workers take up some of the woken tasks: what was stored for them has to do for those too."""
    set_slots(airflow, waiter, number)
    wait_for("tasks to succeed", lambda: in_state(airflow, run_id, "success") >= number, 180)
    set_slots(airflow, waiter, 0)
    assert in_state(airflow, run_id, "failed") == 0, airflow.report()


# ------------------------------------------------------------------------------------------------- the numbers


def cost(airflow: Deployment, extend: LocalExtend, waiter: Waiter, tasks: int, seconds: float) -> list[Row]:
    """A new triggerer, idle, with this many tasks waiting, and when their runs end."""
    airflow.processes["triggerer"].stop()
    triggerer = airflow.processes["triggerer"] = airflow.process("triggerer", f"triggerer-{waiter.dag_id}")
    airflow.start_what_is_not_there()
    runs = start_runs(extend, tasks)
    idle = measure(triggerer, extend.port, _IDLE_SECONDS)

    waiter.begin(extend)
    run_id = defer_all(airflow, waiter.dag_id, runs)
    wait_for("the triggers", lambda: all(row[3] is not None for row in airflow.triggers()), 300)
    time.sleep(_SETTLE_SECONDS)
    at_start, began = blocked(triggerer), time.time()
    waiting = measure(triggerer, extend.port, seconds)
    took, in_it = time.time() - began, blocked(triggerer) - at_start
    asked = asked_since(extend, began)
    still = in_state(airflow, run_id, "deferred")

    with ThreadPoolExecutor(1) as beside:
        ending = beside.submit(waiter.end, extend, runs)
        moments = woken(airflow, run_id, tasks, _ENDS_SECONDS)
        ended = ending.result()
    late = sorted(max(moment - ended[index], 0.0) for index, moment in moments.items())
    let_some_through(airflow, waiter, run_id)
    numbers = [
        ("waiting through all of it", still, "tasks"),
        ("CPU", waiting.cpu, "% of a core"),
        ("CPU, idle", idle.cpu, "% of a core"),
        ("memory beyond idle", waiting.megabytes - idle.megabytes, "MB"),
        ("memory, idle", idle.megabytes, "MB"),
        ("requests", len(asked) / took, "/s"),
        ("connections to Extend at a time, at most", waiting.connections, ""),
        ("open files of the process that waits, at most", waiting.files, ""),
        ("open files of that process, idle", idle.files, ""),
        ("open files of its parent, which has a log for each task", waiting.logs, ""),
        (f"warnings '{BLOCKED}' until all wait", at_start, ""),
        (f"warnings '{BLOCKED}' while they wait", in_it, ""),
        ("all runs end: tasks woken", len(late), "tasks"),
        ("all runs end: from the end to the task woken, p50", percentile(late, 50), "s"),
        ("all runs end: from the end to the task woken, p99", percentile(late, 99), "s"),
    ]
    return [
        {"name": f"{waiter.name}: {name}", "value": round(value, 2), "unit": unit}
        for name, value, unit in numbers
    ]


def percentile(ordered: Sequence[float], of_hundred: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * of_hundred // 100)] if ordered else math.nan


def setting(name: str, value: float, unit: str) -> Row:
    return {"name": name, "value": value, "unit": unit}


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{(models or [platform.machine()])[0]}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}"
    )


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def run(tasks: int, seconds: float, rate: float) -> list[Row]:
    rows = [
        setting("deferred tasks", tasks, ""),
        setting("[triggerer] capacity", max(tasks, CAPACITY), "triggers"),
        setting("ulimit -n", resource.getrlimit(resource.RLIMIT_NOFILE)[0], ""),
        setting("rate of the connection of this provider", rate, "/s"),
    ]
    folder = Path(tempfile.mkdtemp(prefix="extend-benchmark-"))
    extend = LocalExtend(folder)
    settings = {"BENCHMARK_TASKS": str(tasks), "AIRFLOW__TRIGGERER__CAPACITY": str(max(tasks, CAPACITY))}
    airflow = Deployment(Path(sys.executable), settings)
    try:
        shutil.copy(DAG_FILE, airflow.dags)
        airflow.start()
        airflow.connect("extend_default", extend.connection(V2026, rate=rate))
        airflow.connect("peer", {"conn_type": "http", "host": "http://127.0.0.1", "port": extend.port})
        for waiter in WAITERS:
            if waiter.package not in versions():
                print(f"{waiter.package} is not installed: left out")
                continue
            airflow.api("POST", "/pools", {"name": waiter.dag_id, "slots": 0})
            rows += cost(airflow, extend, waiter, tasks, seconds)
    finally:
        airflow.close()
        extend.process.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument(
        "--rate", type=float, default=10, help="requests per second in the connection of this provider"
    )
    args = parser.parse_args()
    rows = run(args.tasks, args.seconds, args.rate)
    found = {
        "machine": machine(),
        "versions": versions(),
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
    }
    print(f"{args.tasks} deferred tasks in a triggerer. {found['machine']}; {found['versions']}")
    for row in rows:
        print(f"{row['name']:<80}{row['value']:>10g} {row['unit']}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found | {"rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
