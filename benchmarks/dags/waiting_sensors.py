"""Deferrable sensors that wait for runs of a local Extend, one mapped task for each run.

Their pools have no slots, so that no worker starts: see `benchmarks.triggerer`.
"""

from __future__ import annotations

import os

from airflow.sdk import DAG

from airflow_provider_extend.sensors.run import ExtendRunSensor

try:
    from airflow.providers.http.sensors.http import HttpSensor
except ImportError:
    HttpSensor = None

RUNS = [f"{{{{ dag_run.conf['runs'][{number}] }}}}" for number in range(int(os.environ["BENCHMARK_TASKS"]))]
COMMON = {"task_id": "wait", "deferrable": True, "timeout": 36_000}

with DAG(dag_id="waiting_extend", schedule=None, catchup=False) as waiting_extend:
    ExtendRunSensor.partial(kind="extract_run", pool="waiting_extend", **COMMON).expand(run_id=RUNS)

if HttpSensor is not None:
    with DAG(dag_id="waiting_http", schedule=None, catchup=False) as waiting_http:
        HttpSensor.partial(
            http_conn_id="peer",
            pool="waiting_http",
            poke_interval=5,
            headers={
                "Authorization": "Bearer {{ dag_run.conf['token'] }}",
                "x-extend-api-version": "2026-02-09",
            },
            **COMMON,
        ).expand(endpoint=[f"/extract_runs/{run}" for run in RUNS])
