"""The link from a gate to its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

#: XCom of the gate: where its report can be opened.
REPORT_URL_KEY = "report_url"


class ExtendGateReportLink(BaseOperatorLink):
    """*Gate report*, in the details of a gate that has written one: its page, while a person is asked too."""

    name = "Gate report"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        from airflow.sdk.execution_time.xcom import XCom

        return XCom.get_value(key=REPORT_URL_KEY, ti_key=ti_key) or ""
