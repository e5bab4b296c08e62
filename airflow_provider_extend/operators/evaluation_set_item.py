"""Items of an evaluation set that exist already: what is expected of them, list, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_extend.api.versions import V2026
from airflow_provider_extend.operators._call import (
    BY_CREATION,
    ExtendCallOperator,
    ExtendDeleteOperator,
    ExtendListOperator,
    Request,
    checked_ids,
)
from airflow_provider_extend.operators._content import one_content


class ExtendUpdateEvaluationSetItemOperator(ExtendCallOperator):
    """Replace what is expected of an item. Returns the item's id; a retry sets the same again.

    :param evaluation_set_id: the set that it is in (templated); the older versions do not ask for it.
    :param item_id: (templated).
    :param expected_output: in the form of the processor's output, for instance {"value": {field: value}} (templated).
        It is document content: Airflow shows it nowhere.
    :param expected_output_path: instead: a JSON file of it, a path or a URL of a store that Airflow knows (templated).
    :param extend_conn_id: connection (templated).
    """

    calls = "evaluation_set_items.update"
    template_fields: Sequence[str] = (
        "evaluation_set_id",
        "item_id",
        "expected_output",
        "expected_output_path",
        "extend_conn_id",
    )
    confidential_fields = ("expected_output",)

    def __init__(
        self,
        *,
        evaluation_set_id: str,
        item_id: str,
        expected_output: Mapping[str, Any] | None = None,
        expected_output_path: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.evaluation_set_id = evaluation_set_id
        self.item_id = item_id
        self.expected_output = expected_output
        self.expected_output_path = expected_output_path

    def ask(self, version: str) -> Request:
        ids = _ids_in(version, self.evaluation_set_id, self.item_id)
        output = one_content(
            "expected_output", self.revealed("expected_output"), path=self.expected_output_path
        )
        return Request("evaluation_set_items.update", ids, body={"expectedOutput": output})


class ExtendDeleteEvaluationSetItemOperator(ExtendDeleteOperator):
    """Delete an item from its set. Returns its id; a retry that finds nothing left has succeeded.

    Not on 2024-12-23.

    :param evaluation_set_id: the set that it is in (templated); the older versions do not ask for it.
    :param item_id: (templated).
    :param extend_conn_id: connection (templated).
    """

    calls = "evaluation_set_items.delete"
    template_fields: Sequence[str] = ("evaluation_set_id", "item_id", "extend_conn_id")

    def __init__(self, *, evaluation_set_id: str, item_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.evaluation_set_id = evaluation_set_id
        self.item_id = item_id

    def ask(self, version: str) -> Request:
        return Request("evaluation_set_items.delete", _ids_in(version, self.evaluation_set_id, self.item_id))


class ExtendListEvaluationSetItemsOperator(ExtendListOperator):
    """List the items of a set, newest first, without what is expected of them; not on 2024-12-23.

    :param evaluation_set_id: (templated).

    `limit`, `fields`, and what is returned: see `ExtendListOperator`.
    """

    calls = "evaluation_set_items.list"
    template_fields: Sequence[str] = ("evaluation_set_id", "extend_conn_id")
    default_fields = ("id", "fileId", "file", "files")

    def __init__(self, *, evaluation_set_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.evaluation_set_id = evaluation_set_id

    def ask(self, version: str) -> Request:
        ids = checked_ids(evaluation_set_id=self.evaluation_set_id)
        return Request("evaluation_set_items.list", ids, query={**self.page(), **BY_CREATION})


def _ids_in(version: str, evaluation_set_id: str, item_id: str) -> tuple[str, ...]:
    """The path names the set since 2026-02-09."""
    ids = checked_ids(evaluation_set_id=evaluation_set_id, item_id=item_id)
    return ids if version == V2026 else ids[1:]
