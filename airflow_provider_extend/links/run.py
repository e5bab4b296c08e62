"""The link from a task to its run in Extend's dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseOperatorLink

from airflow_provider_extend.results import RUN_URL_KEY

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


class ExtendRunLink(BaseOperatorLink):
    """*Extend run*, in the details of a task: there where the API gave an address, and nowhere else.

    Airflow asks for it in the task's process when that ends or defers, so it is there while the task waits.
    """

    name = "Extend run"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        from airflow.sdk.execution_time.xcom import XCom

        return XCom.get_value(key=RUN_URL_KEY, ti_key=ti_key) or ""
