"""A task's address, as it stands in the metadata of the runs that it has started."""

from __future__ import annotations

from typing import Any

from airflow_provider_extend._compat import conf


def address_of(ti: Any) -> dict[str, Any]:
    """DAG, run and task, and `[extend] deployment` where it is set: DAGs of two deployments may have equal names."""
    address = {"dag_id": ti.dag_id, "run_id": ti.run_id, "task_id": ti.task_id, "map_index": ti.map_index}
    deployment = conf.get("extend", "deployment", fallback="")
    return {**address, "deployment": deployment} if deployment else address
