"""Sensors that wait for one run, for tests that stop and kill processes meanwhile."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from airflow_provider_extend.sensors.batch_processor_run import BatchProcessorRunSensor

MODES = {"poke": {}, "reschedule": {"mode": "reschedule"}, "deferrable": {"deferrable": True}}

for mode, waits in MODES.items():
    with DAG(dag_id=f"waiting_{mode}", schedule=None, catchup=False):
        BatchProcessorRunSensor.partial(
            task_id="wait",
            poke_interval=3,
            timeout=600,
            retries=1,
            retry_delay=timedelta(seconds=1),
            **waits,
        ).expand(batch_processor_run_id=[f"{{{{ dag_run.conf['run_ids'][{n}] }}}}" for n in range(5)])
