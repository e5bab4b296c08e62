"""What a DAG file pays for importing this provider, beside Airflow's own import and a public peer.

`python -m benchmarks.imports [repeats]` starts fresh interpreters and prints medians and ratios; a peer that
is not installed is left out.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

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
    "requests alone": "requests",
}
CODE = """
import sys, time
started = time.perf_counter()
{base}
base = time.perf_counter() - started
known = len(sys.modules)
started = time.perf_counter()
import {module}
print(base, time.perf_counter() - started, len(sys.modules) - known)
"""


def measure(module: str, repeats: int) -> tuple[float, float, int] | None:
    """Medians: seconds of Airflow's own import, seconds of `module` on top of it, and modules it adds."""
    runs = []
    for _ in range(repeats):
        code = CODE.format(base=BASE, module=module)
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True)
        if done.returncode:
            return None
        runs.append([float(part) for part in done.stdout.split()[-3:]])
    base, added, count = (statistics.median(column) for column in zip(*runs, strict=True))
    return base, added, int(count)


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"{'import':<46}{'ms':>8}{'modules':>9}{'share of Airflow':>18}")
    for name, module in MODULES.items():
        if (found := measure(module, repeats)) is None:
            print(f"{name:<46}{'-':>8}  not installed")
            continue
        base, added, count = found
        print(f"{name:<46}{added * 1000:>8.1f}{count:>9}{added / base:>17.1%}")
    print(f"Airflow's own import: {base * 1000:.0f} ms; medians of {repeats} fresh interpreters.")


if __name__ == "__main__":
    main()
