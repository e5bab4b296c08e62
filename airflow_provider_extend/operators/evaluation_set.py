"""Evaluation sets and their items: documents with the output that is expected of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from airflow_provider_extend import decisions, fingerprints
from airflow_provider_extend.api.endpoints import find
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.limits import EVALUATION_ITEMS, check_evaluation_item
from airflow_provider_extend.api.versions import V2024, V2026
from airflow_provider_extend.exceptions import airflow_errors
from airflow_provider_extend.operators._base import ExtendOperator
from airflow_provider_extend.operators._call import (
    BY_CREATION,
    ExtendCreateOperator,
    ExtendListOperator,
    Request,
    checked_ids,
    checked_text,
)
from airflow_provider_extend.operators._content import read_json
from airflow_provider_extend.operators._submit import Prepared, Submission, id_of, submit_once

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient

#: Items in one create call of 2026-02-09; older versions name no limit.
_ITEMS_PER_CALL = EVALUATION_ITEMS[1]


class ExtendCreateEvaluationSetOperator(ExtendCreateOperator):
    """Create an evaluation set (POST /evaluation_sets). Returns its id; costs nothing.

    Asked for once (see `ExtendCreateOperator`). 2024-12-23 cannot list sets: there a try whose outcome cannot be told
    fails with what to do.

    :param name: name of the set (templated).
    :param processor_id: the extractor, classifier, splitter or processor that it tests (templated).
    :param description: (templated).
    :param on_unknown_submission: `fail` or `resubmit`, where it cannot be told whether it was made.
    :param extend_conn_id: connection (templated).
    """

    calls = "evaluation_sets.create evaluation_sets.list"
    template_fields: Sequence[str] = ("name", "processor_id", "description", "extend_conn_id")
    what = "evaluation set"
    named = ("name", "processor_id", "description")

    def __init__(self, *, name: str, processor_id: str, description: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.name = name
        self.processor_id = processor_id
        self.description = description

    def ask(self, version: str) -> Request:
        [processor] = checked_ids(processor_id=self.processor_id)
        named = {"name": checked_text(self.name, "name"), "description": self.description}
        return Request("evaluation_sets.create", body={**named, _owner_in(version): processor})

    def listed(self, version: str) -> Request | None:
        if version == V2024:
            return None
        return Request("evaluation_sets.list", query={_owner_in(version): self.processor_id})


class ExtendListEvaluationSetsOperator(ExtendListOperator):
    """List evaluation sets, newest first; not on 2024-12-23.

    :param processor_id: only those that test it (templated); None: all.

    `limit`, `fields`, and what is returned: see `ExtendListOperator`.
    """

    calls = "evaluation_sets.list"
    template_fields: Sequence[str] = ("processor_id", "extend_conn_id")
    default_fields = ("id", "name", "entity", "processorId", "createdAt")

    def __init__(self, *, processor_id: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.processor_id = processor_id

    def ask(self, version: str) -> Request:
        query = {_owner_in(version): self.processor_id, **self.page(), **BY_CREATION}
        return Request("evaluation_sets.list", query=query)


def _owner_in(version: str) -> str:
    """What a version calls the processor that a set tests."""
    return "entityId" if version == V2026 else "processorId"


class ExtendCreateEvaluationSetItemsOperator(ExtendOperator):
    """Add items to an evaluation set. Returns their ids, in the order of the items.

    A retry adds no item twice, since a document that is counted twice would falsify the verdict: a file that
    the set already holds keeps its item. 2024-12-23 cannot list items; there the create is made once, and a try
    whose outcome cannot be told fails with what to do. Files that are uploaded anew have new ids: clear the task
    that creates the set together with the one that uploads.

    Expected outputs are document content: give them by `files` and `expected_outputs_path`, and they pass
    through neither XCom nor the rendered templates that Airflow stores; `items` is left out of the latter.

    :param evaluation_set_id: the set (templated).
    :param files: return value of `ExtendUploadFilesOperator` (templated).
    :param expected_outputs_path: JSON file {file name: {field: value}} of an extractor's set; a path or a URL of
        a store that Airflow knows (templated).
    :param items: instead of both, what the API takes: {"fileId" (2026-02-09: or "fileIds"), "expectedOutput"}
        each; expectedOutput of an extractor is {"value": {field: value}} (templated). Written into a DAG file
        they are in Airflow's database, as all of a DAG file is.
    :param extend_conn_id: connection (templated).
    """

    calls = "evaluation_set_items.create@2026 evaluation_set_items.create_bulk evaluation_set_items.list"
    template_fields: Sequence[str] = (
        "evaluation_set_id",
        "files",
        "expected_outputs_path",
        "items",
        "extend_conn_id",
    )
    confidential_fields = ("items",)

    def __init__(
        self,
        *,
        evaluation_set_id: str,
        files: Sequence[Mapping[str, Any]] | None = None,
        expected_outputs_path: str | None = None,
        items: Sequence[Mapping[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.evaluation_set_id = evaluation_set_id
        self.files = files
        self.expected_outputs_path = expected_outputs_path
        self.items = items

    def execute(self, context: Context) -> list[str]:
        client = self.client()
        with airflow_errors():
            items = _checked(self._items(), client.api_version)
        if client.api_version not in find("evaluation_set_items.list").paths:
            return self._create_once(context, client, items)
        ids, missing = self._known(client, items)
        if missing and context["ti"].try_number > 1:
            # The list may not show yet what an earlier try added.
            time.sleep(decisions.LIST_LAG)
            ids, missing = self._known(client, items)
        for start in range(0, len(missing), _ITEMS_PER_CALL):
            chunk = missing[start : start + _ITEMS_PER_CALL]
            ids.update(
                zip((tuple(_files_of(item)) for item in chunk), self._create(client, chunk), strict=True)
            )
        self.log.info(
            "Added %d items to evaluation set %s; %d were in it.",
            len(missing),
            self.evaluation_set_id,
            len(items) - len(missing),
        )
        return [ids[tuple(_files_of(item))] for item in items]

    def _known(
        self, client: ExtendClient, items: Sequence[Mapping[str, Any]]
    ) -> tuple[dict[tuple[str, ...], str], list[Mapping[str, Any]]]:
        """Item ids of the set by their files, and the items that it lacks; a document named twice is one item."""
        listed = client.iterate("evaluation_set_items.list", self.evaluation_set_id)
        ids = {tuple(fingerprints.file_ids(row)): str(row["id"]) for row in listed}
        return ids, list({key: item for item in items if (key := tuple(_files_of(item))) not in ids}.values())

    def _items(self) -> Any:
        items = self.revealed("items")
        if items is not None or not self.files or not self.expected_outputs_path:
            return items
        expected = read_json(self.expected_outputs_path)
        names = {file["id"]: PurePath(file["path"]).name for file in self.files}
        twice = sorted(name for name, count in Counter(names.values()).items() if count > 1)
        if twice:
            raise ExtendInputError(
                f"{len(twice)} file names stand for several files ({', '.join(twice[:5])}): which output is expected "
                "of which cannot be told. Nothing was sent."
            )
        if not isinstance(expected, Mapping):
            raise ExtendInputError(f"{self.expected_outputs_path!r} is no JSON object. Nothing was sent.")
        missing = [name for name in names.values() if not isinstance(expected.get(name), Mapping)]
        if missing:
            raise ExtendInputError(
                f"{self.expected_outputs_path!r} has no fields for {len(missing)} of {len(names)} files: "
                f"{', '.join(missing[:5])}. Nothing was sent."
            )
        return [{"fileId": key, "expectedOutput": {"value": expected[name]}} for key, name in names.items()]

    def _create_once(
        self, context: Context, client: ExtendClient, items: Sequence[Mapping[str, Any]]
    ) -> list[str]:
        submission = Submission(
            what="items of the evaluation set",
            parts={"evaluation_set_id": self.evaluation_set_id, "items": list(items)},
            prepare=lambda: Prepared(runs=0),
            create=lambda token, _: {"id": ",".join(self._create(client, items))},
            keep=lambda ids: True,
        )
        return submit_once(context, submission, self.log).id.split(",")

    def _create(self, client: ExtendClient, items: Sequence[Mapping[str, Any]]) -> list[str]:
        if client.api_version == V2026:
            rows = client.call("evaluation_set_items.create", self.evaluation_set_id, body={"items": items})
        else:
            body = {"evaluationSetId": self.evaluation_set_id, "items": items}
            rows = client.call("evaluation_set_items.create_bulk", body=body)
        with airflow_errors():
            return [id_of(row) for row in rows]


def _files_of(item: Mapping[str, Any]) -> list[str]:
    return [item["fileId"]] if "fileId" in item else list(item["fileIds"])


def _checked(items: Any, version: str) -> list[Mapping[str, Any]]:
    if not isinstance(items, Sequence) or isinstance(items, str) or not items:
        raise ExtendInputError(
            "There are no items: expected either files and expected_outputs_path, or items as a list of "
            '{"fileId": ..., "expectedOutput": ...}. Nothing was sent.'
        )
    for number, item in enumerate(items):
        check_evaluation_item(f"items[{number}]", item)
        if "fileIds" in item and version != V2026:
            raise ExtendInputError(
                f"items[{number}] has fileIds: expected a connection with api_version {V2026} (it has {version}). "
                "Nothing was sent."
            )
    return list(items)
