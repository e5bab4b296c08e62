"""Every way a wait can end, in every mode, with every way to take it."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from airflow_provider_extend.sensors.batch_processor_run import BatchProcessorRunSensor

MODES = {"poke": {}, "reschedule": {"mode": "reschedule"}, "deferrable": {"deferrable": True}}
FLAGS = {"plain": {}, "soft_fail": {"soft_fail": True}, "never_fail": {"never_fail": True}}
OUTCOMES = (
    "processed",
    "failed",
    "cancelled",
    "unknown",
    "wrong_key",
    "forbidden",
    "malformed_id",
    "timeout",
    "outage",
)

with DAG(dag_id="sensor_states", schedule=None, catchup=False):
    for outcome in OUTCOMES:
        for mode, waits in MODES.items():
            for flag, takes in FLAGS.items():
                BatchProcessorRunSensor(
                    task_id=f"{outcome}.{mode}.{flag}",
                    batch_processor_run_id=f"{{{{ dag_run.conf['{outcome}'] }}}}",
                    extend_conn_id="extend_wrong_key" if outcome == "wrong_key" else "extend_default",
                    retries=1,
                    retry_delay=timedelta(seconds=1),
                    poke_interval=3,
                    timeout=12 if outcome == "timeout" else 300,
                    **waits,
                    **takes,
                )
