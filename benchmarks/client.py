"""What `ExtendClient.call` costs beside a bare `requests.Session().get().json()` of the same answer of the same stub.

`python -m benchmarks.client`: processor time of the calling process in ms a call; blocks of both take turns, so that
what else the machine does falls on both alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.waiting import Row, stub

_KEY = "sk_benchmark"
_BLOCKS, _CALLS = 15, 40
_LIST = {"maxPageSize": 100, "sortBy": "updatedAt", "sortDir": "desc"}


def cpu_per_call(calls: dict[str, Callable[[], Any]], blocks: int, size: int) -> dict[str, float]:
    """Median over `blocks` of `size` calls each, in seconds of processor time a call."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()  # opens its connection
    for _ in range(blocks):
        for name, call in calls.items():
            started = time.process_time()
            for _ in range(size):
                call()
            spent[name].append((time.process_time() - started) / size)
    return {name: statistics.median(values) for name, values in spent.items()}


def run(folder: Path, blocks: int = _BLOCKS) -> None:
    """Measure a small object and a page of a list into the file of results `client`."""
    import requests

    from airflow_provider_extend.api.endpoints import GET
    from airflow_provider_extend.client import ClientSettings, ExtendClient

    rows = []
    with stub(Row("nobody", 100, tls=False)) as url:
        settings = ClientSettings(url, _KEY, rates={GET: 1e6}, allowed_hosts=("127.0.0.1",))
        client, session = ExtendClient(settings), requests.Session()
        run_id = f"exr_{1:020d}"
        answers: dict[str, dict[str, Callable[[], Any]]] = {
            "a run": {
                "extend": lambda: client.call("extract_runs.retrieve", run_id),
                "requests": lambda: session.get(f"{url}/extract_runs/{run_id}").json(),
            },
            "a page of 100 runs": {
                "extend": lambda: client.call("extract_runs.list", query=_LIST),
                "requests": lambda: session.get(f"{url}/extract_runs", params=_LIST).json(),
            },
        }
        for name, calls in answers.items():
            found = cpu_per_call(calls, blocks, _CALLS)
            rows.append({"name": name, **{who: round(1000 * cpu, 4) for who, cpu in found.items()}})
    results.put(folder, "client", rows)
    for row in rows:
        print(f"{row['name']:<24}{row['extend']:.2f} ms a call, bare requests {row['requests']:.2f} ms")


if __name__ == "__main__":
    run(results.WORK)
