"""Files of results: JSON, a row for each measurement by its name, and the machine that they were measured on."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "benchmarks" / "results"
#: What is tried goes here, and the Airflow home of what is measured.
WORK = ROOT / ".dev" / "benchmarks"
_LOAD = round(os.getloadavg()[0], 2)
_PACKAGES = (
    "apache-airflow",
    "apache-airflow-task-sdk",
    "apache-airflow-providers-dbt-cloud",
    "apache-airflow-providers-http",
    "apache-airflow-providers-openai",
    "apache-airflow-providers-databricks",
    "extend-ai",
    "aiohttp",
    "httpx",
    "requests",
)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def machine() -> dict[str, Any]:
    """The machine and the versions of what runs on it."""
    return {
        "processor": _processor(),
        "processors": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": _LOAD,
        "ulimit_n": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        "commit": _commit(),
        "when": now(),
        "versions": {name: found for name in _PACKAGES if (found := _version(name))},
    }


def load(folder: Path, name: str) -> dict[str, Any]:
    """A file of results: {"machine": ..., "rows": [...]}; without rows if there is no such file."""
    path = folder / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"rows": []}
    return found


def put(folder: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put rows into a file of results, each in the place of the one that had its name."""
    new = {row["name"]: row for row in rows}
    kept = [new.pop(row["name"], row) for row in load(folder, name)["rows"]]
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"machine": machine(), "rows": [*kept, *new.values()]}, indent=1)
    (folder / f"{name}.json").write_text(text + "\n")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(
        (line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine()
    )


def _commit() -> str:
    """The commit, and whether something else than results has changed since."""
    others = ["status", "--porcelain", "--", ".", ":!benchmarks/results", ":!docs/benchmarks.md"]
    commit, changed = (
        subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True).stdout.strip()
        for words in (["rev-parse", "--short", "HEAD"], others)
    )
    return f"{commit or 'unknown'}{' with changes' if changed else ''}"
