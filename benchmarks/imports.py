"""What a DAG file pays for importing this provider, beside Airflow's own import and public peers: time and memory.

`python -m benchmarks.imports [repeats]` starts fresh interpreters; a peer that is not installed is left out.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import results

BASE = "import airflow.sdk; from airflow.sdk import BaseHook, BaseOperator, BaseSensorOperator, conf"
MODULES = {
    "airflow_provider_extend hook": "airflow_provider_extend.hooks.extend",
    "airflow_provider_extend sensor (and trigger)": "airflow_provider_extend.sensors.batch_processor_run",
    "airflow_provider_extend extract": "airflow_provider_extend.operators.extract",
    "airflow_provider_extend workflow": "airflow_provider_extend.operators.workflow",
    "airflow_provider_extend gate": "airflow_provider_extend.operators.evaluation_gate",
    "airflow_provider_extend publish": "airflow_provider_extend.operators.processor_version",
    "standard python operator": "airflow.providers.standard.operators.python",
    "http operator": "airflow.providers.http.operators.http",
    "dbt-cloud operators": "airflow.providers.dbt.cloud.operators.dbt",
    "openai operators": "airflow.providers.openai.operators.openai",
    "databricks operators": "airflow.providers.databricks.operators.databricks",
    "extend-ai, the official SDK: its client": "extend_ai.wrapper.client",
    "requests alone": "requests",
}
CODE = """
import gc, resource, sys, time
def held():
    gc.collect()
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
started = time.perf_counter()
{base}
base = time.perf_counter() - started
known, before = len(sys.modules), held()
started = time.perf_counter()
import {module}
print(base, time.perf_counter() - started, len(sys.modules) - known, held() - before)
"""


def measure(name: str, module: str, repeats: int) -> dict[str, Any]:
    """Medians of fresh interpreters: of Airflow's own import, and of `module` on top of it."""
    runs = []
    for _ in range(repeats):
        code = CODE.format(base=BASE, module=module)
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True)
        if done.returncode:
            return {"name": name, "failed": "not installed"}
        runs.append([float(part) for part in done.stdout.split()[-4:]])
    base, added, count, memory = (statistics.median(column) for column in zip(*runs, strict=True))
    return {
        "name": name,
        "airflow_ms": round(base * 1000, 1),
        "ms": round(added * 1000, 1),
        "modules": int(count),
        "mb": round(memory / 2**20, 2),
    }


def run(folder: Path, repeats: int = 5) -> None:
    """Measure all of them into the file of results `imports`."""
    print(f"{'import':<46}{'ms':>8}{'MB':>8}{'modules':>9}{'share of Airflow':>18}")
    rows = []
    for name, module in MODULES.items():
        row = measure(name, module, repeats)
        rows.append(row)
        if "failed" in row:
            print(f"{name:<46}{'-':>8}  {row['failed']}")
            continue
        share = row["ms"] / row["airflow_ms"]
        print(f"{name:<46}{row['ms']:>8.1f}{row['mb']:>8.1f}{row['modules']:>9}{share:>17.1%}", flush=True)
    results.put(folder, "imports", rows)


if __name__ == "__main__":
    run(results.WORK, int(sys.argv[1]) if len(sys.argv) > 1 else 5)
