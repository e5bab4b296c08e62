"""A task's address, as it stands in the metadata of the runs that it has started."""

from __future__ import annotations

from typing import Any

from airflow_provider_extend._compat import conf


def deployment() -> str:
    """`[extend] deployment`: DAGs of two deployments may have equal names. Empty: there is one."""
    return str(conf.get("extend", "deployment", fallback=""))


def address_of(ti: Any) -> dict[str, Any]:
    """DAG, run and task, and the deployment where it is named."""
    address = {"dag_id": ti.dag_id, "run_id": ti.run_id, "task_id": ti.task_id, "map_index": ti.map_index}
    return {**address, "deployment": named} if (named := deployment()) else address
