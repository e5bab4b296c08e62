"""Workflows and their versions: create, change, publish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.versions import V2026
from airflow_provider_extend.operators._call import (
    ExtendCallOperator,
    ExtendCreateOperator,
    Request,
    checked_ids,
    checked_text,
)
from airflow_provider_extend.operators._document import without_none

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context

#: Of a page of a list that is searched.
_PAGE_SIZE = 100


class ExtendCreateWorkflowOperator(ExtendCreateOperator):
    """Create a workflow. Returns its id; asked for once (see `ExtendCreateOperator`). Costs nothing.

    2024-12-23 and 2025-04-21 cannot list workflows: there a try whose outcome cannot be told fails with what to do.

    :param name: (templated).
    :param steps: of its draft, as the API takes them (templated); 2026-02-09 only. Airflow does not show them: they
        may hold headers that a step sends along.
    :param on_unknown_submission: `fail` or `resubmit`, where it cannot be told whether it was made.
    :param extend_conn_id: connection (templated).
    """

    calls = "workflows.create workflows.list"
    template_fields: Sequence[str] = ("name", "steps", "extend_conn_id")
    confidential_fields = ("steps",)
    what = "workflow"
    named = ("name", "steps")

    def __init__(self, *, name: str, steps: Sequence[Mapping[str, Any]] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.name = name
        self.steps = steps

    def ask(self, version: str) -> Request:
        steps = _checked_steps(self.revealed("steps"))
        if steps is not None and version != V2026:
            raise ExtendInputError(
                f"steps is given, and API version {version} creates workflows without any: leave them out and add them "
                "in the dashboard, or set api_version 2026-02-09 in the connection. Nothing was sent."
            )
        body = {"name": checked_text(self.name, "name"), "steps": steps}
        return Request("workflows.create", body=without_none(body))

    def listed(self, version: str) -> Request | None:
        return Request("workflows.list", query={"maxPageSize": _PAGE_SIZE}) if version == V2026 else None


class ExtendUpdateWorkflowOperator(ExtendCallOperator):
    """Change a workflow's name or the steps of its draft (2026-02-09). Returns its id; a retry sets the same again.

    :param workflow_id: (templated).
    :param name: new name (templated); None: as it is.
    :param steps: all steps of the draft, as the API takes them (templated); None: as they are. Airflow does not show
        them.
    :param extend_conn_id: connection (templated).
    """

    calls = "workflows.update"
    template_fields: Sequence[str] = ("workflow_id", "name", "steps", "extend_conn_id")
    confidential_fields = ("steps",)

    def __init__(
        self,
        *,
        workflow_id: str,
        name: str | None = None,
        steps: Sequence[Mapping[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.workflow_id = workflow_id
        self.name = name
        self.steps = steps

    def ask(self, version: str) -> Request:
        name = None if self.name is None else checked_text(self.name, "name")
        body = without_none({"name": name, "steps": _checked_steps(self.revealed("steps"))})
        if not body:
            raise ExtendInputError(
                "Neither name nor steps is given: expected at least one. Nothing was sent."
            )
        return Request("workflows.update", checked_ids(workflow_id=self.workflow_id), body=body)


class ExtendPublishWorkflowVersionOperator(ExtendCreateOperator):
    """Publish a workflow's draft, or the given steps, as a new version (2026-02-09), once.

    A token in the version's name lets a retry find the version that an earlier try made. Returns {id, version,
    workflow_id} and pushes the id as XCom `workflow_version_id`.

    :param workflow_id: (templated).
    :param name: of the version, shown before the token (templated).
    :param steps: published instead of the draft's (templated). Airflow does not show them.
    :param extend_conn_id: connection (templated).
    """

    calls = "workflow_versions.create workflow_versions.list workflow_versions.retrieve"
    template_fields: Sequence[str] = ("workflow_id", "name", "steps", "extend_conn_id")
    confidential_fields = ("steps",)
    what = "workflow version"
    named = ("workflow_id", "name", "steps")
    sorted_by_creation = False

    def __init__(
        self,
        *,
        workflow_id: str,
        name: str = "",
        steps: Sequence[Mapping[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.workflow_id = workflow_id
        self.name = name
        self.steps = steps

    def ask(self, version: str) -> Request:
        body = without_none({"steps": _checked_steps(self.revealed("steps"))})
        return Request("workflow_versions.create", checked_ids(workflow_id=self.workflow_id), body=body)

    def listed(self, version: str) -> Request:
        return Request("workflow_versions.list", (self.workflow_id,), query={"maxPageSize": _PAGE_SIZE})

    def with_token(self, request: Request, token: str) -> Request:
        name = f"{self.name or ''} [airflow {token}]".strip()
        return replace(request, body={"name": name, **request.body})

    def is_it(self, row: Mapping[str, Any], token: str) -> bool:
        return token in (row.get("name") or "")

    def execute(self, context: Context) -> dict[str, Any]:
        client = self.client()
        receipt = self.create_once(context, client)
        made = receipt.answer
        if made is None or "version" not in made:
            made = client.call("workflow_versions.retrieve", self.workflow_id, receipt.id)
        self.log.info(
            "Published version %s (%s) of workflow %s.", made["version"], made["id"], self.workflow_id
        )
        context["ti"].xcom_push(key="workflow_version_id", value=receipt.id)
        return {"id": receipt.id, "version": made["version"], "workflow_id": self.workflow_id}


def _checked_steps(steps: Any) -> list[Mapping[str, Any]] | None:
    if steps is None:
        return None
    if (
        isinstance(steps, str)
        or not isinstance(steps, Sequence)
        or not all(isinstance(step, Mapping) for step in steps)
    ):
        raise ExtendInputError("steps is no list of objects of the API. Nothing was sent.")
    return list(steps)
