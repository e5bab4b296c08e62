"""A local Extend as a process of its own, and the environment in which a task of Airflow speaks to it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOKEN = "sk_benchmark"
SCHEMA = {"number": {"type": ["string", "null"]}, "total": {"type": ["number", "null"]}}


@dataclass(frozen=True, slots=True)
class Local:
    """:ivar extractor: id of the one that is there."""

    base_url: str
    extractor: str

    def send(self, method: str, path: str, **given: Any) -> Any:
        import requests

        headers = {"Authorization": f"Bearer {TOKEN}", "x-extend-api-version": "2026-02-09"}
        answer = requests.request(method, f"{self.base_url}{path}", headers=headers, timeout=60, **given)
        answer.raise_for_status()
        return answer.json()

    def runs(self) -> int:
        """How many runs there are, and are paid for."""
        query: dict[str, Any] = {"maxPageSize": 1000}
        count = 0
        while True:
            page = self.send("GET", "/extract_runs", params=query)
            count += len(page["data"])
            if not page.get("nextPageToken"):
                return count
            query["nextPageToken"] = page["nextPageToken"]


@contextmanager
def local_extend(home: Path, settings: Mapping[str, Any]) -> Iterator[Local]:
    """
    :param home: everything is kept there. :param settings: of the local Extend (docs/emulator.md).
    """
    command = [sys.executable, "-W", "ignore", "-m", "airflow_provider_extend.emulator", "--port", "0"]
    command += ["--token", TOKEN, "--state-dir", str(home / "extend")]
    with (home / "emulator.log").open("w") as log:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert server.stdout is not None
        found = re.search(r"http\S+", server.stdout.readline())
        assert found is not None, (home / "emulator.log").read_text()
        local = Local(found.group(), "")
        body = {"name": "Invoices", "config": {"schema": {"type": "object", "properties": SCHEMA}}}
        made = Local(local.base_url, local.send("POST", "/extractors", json=body)["id"])
        local.send("POST", "/_control/settings", json=dict(settings))
        yield made
    finally:
        server.terminate()
        server.wait()


def environment(home: Path, base_url: str, per_second: float) -> dict[str, str]:
    """Of the processes of a task. `per_second`: requests that the connection allows, in each class."""
    rates = {f"{name}_per_second": per_second for name in ("get", "write", "run")}
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


def fill(folder: Path, documents: int) -> list[Path]:
    """Documents, no two of the same size, and of sizes up to 50 KB whatever their number."""
    folder.mkdir()
    paths = [folder / f"{number:06d}.txt" for number in range(documents)]
    for number, path in enumerate(paths):
        path.write_text(f"number: INV-{number}\ntotal: {number}.00\n" + "x" * (number * 7919 % 50_000))
    return paths
