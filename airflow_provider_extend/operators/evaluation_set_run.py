"""Evaluation set runs: run an evaluation set against a version of a processor."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_extend import decisions, fingerprints
from airflow_provider_extend.api.calls import check_id
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.runs import ENTITY_TYPES, EVALUATION_SET_RUN, parse_time
from airflow_provider_extend.exceptions import airflow_errors
from airflow_provider_extend.operators._run import ExtendRunOperator
from airflow_provider_extend.operators._submit import Prepared
from airflow_provider_extend.processors import DRAFT, Processor

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient

CONFIG_FINGERPRINT_KEY = "config_fingerprint"
ITEMS_FINGERPRINT_KEY = "items_fingerprint"


class ExtendRunEvaluationSetOperator(ExtendRunOperator):
    """Start an evaluation set run (POST /evaluation_set_runs, 2026-02-09) and return its id.

    Extend charges for each of its documents, and no call finds or cancels such a run afterwards. So it is started once:
    a retry takes up the run of an earlier try, and where that try died during the call it fails and says what to
    do. Clearing the task starts a new run. Wait for the run with `BatchProcessorRunSensor`, or here with
    `wait_for_completion=True`.

    Pushes to XCom: `run_id`; `config_fingerprint`, of the draft's config read just before the start (None when
    a published version is run), which `ExtendPublishProcessorVersionOperator` holds the draft against;
    `items_fingerprint`, of the set's item and file ids.

    :param evaluation_set_id: the set (templated).
    :param version: `draft`, `latest` or a number such as `1.0` (templated). Default: the draft.
    :param processor_id: another processor than the set's own (templated).
    :param evaluation_set_item_ids: run only these items (templated); None: all.
    :param wait_for_completion: False by default, unlike other run operators.

    Other parameters: see `ExtendRunOperator`. `max_runs` counts documents.
    """

    kind = EVALUATION_SET_RUN
    creates = "evaluation_set_runs.create"
    calls = (
        "evaluation_sets.retrieve@2026 evaluation_set_items.list@2026 "
        "extractors.retrieve classifiers.retrieve splitters.retrieve processor_versions.list@2026"
    )
    takes_metadata = False
    template_fields: Sequence[str] = (
        "evaluation_set_id",
        "version",
        "processor_id",
        "evaluation_set_item_ids",
        "extend_conn_id",
        "output_path",
    )

    def __init__(
        self,
        *,
        evaluation_set_id: str,
        version: str = DRAFT,
        processor_id: str | None = None,
        evaluation_set_item_ids: Sequence[str] | None = None,
        wait_for_completion: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(wait_for_completion=wait_for_completion, **kwargs)
        self.evaluation_set_id = evaluation_set_id
        self.version = version
        self.processor_id = processor_id
        self.evaluation_set_item_ids = evaluation_set_item_ids

    @property
    def _chosen(self) -> list[str] | None:
        # A list: XCom may hand in a lazy sequence.
        return None if self.evaluation_set_item_ids is None else list(self.evaluation_set_item_ids)

    def parts(self) -> dict[str, Any]:
        return {
            "evaluation_set_id": self.evaluation_set_id,
            "version": self.version,
            "processor_id": self.processor_id,
            "evaluation_set_item_ids": self._chosen,
        }

    def check(self) -> None:
        given = self.evaluation_set_item_ids
        if given is not None and (
            isinstance(given, str) or not isinstance(given, Iterable) or not self._chosen
        ):
            raise ExtendInputError(
                f"evaluation_set_item_ids is {self.evaluation_set_item_ids!r}: expected a list of ids, or None for "
                "all items. No run was started."
            )

    def prepare(self, client: ExtendClient) -> Prepared:
        evaluation_set = client.call("evaluation_sets.retrieve", self.evaluation_set_id)
        owner = evaluation_set.get("entity") or {}
        with airflow_errors():
            named = f"the processor of evaluation set {self.evaluation_set_id}"
            processor_id = check_id(self.processor_id or owner.get("id"), named)
        items = self._items(client, parse_time(evaluation_set.get("createdAt")))
        facts = {
            ITEMS_FINGERPRINT_KEY: fingerprints.of_items(items),
            CONFIG_FINGERPRINT_KEY: self._draft_fingerprint(client, processor_id, owner.get("object")),
        }
        runs = len(items if self._chosen is None else self._chosen)
        return Prepared(facts, {"id": processor_id, "version": self.version}, runs)

    def create(self, client: ExtendClient, metadata: Mapping[str, Any] | None, prepared: Any) -> Any:
        body: dict[str, Any] = {"evaluationSetId": self.evaluation_set_id, "entity": prepared}
        if self._chosen is not None:
            body["evaluationSetItemIds"] = self._chosen
        return client.call(self.creates, body=body)

    def started(self, context: Context, facts: Mapping[str, Any]) -> None:
        for key in (CONFIG_FINGERPRINT_KEY, ITEMS_FINGERPRINT_KEY):
            context["ti"].xcom_push(key=key, value=facts.get(key))
        self.log.info("Evaluation set run %s of set %s.", self._run_id, self.evaluation_set_id)

    def _items(self, client: ExtendClient, created: datetime | None) -> list[dict[str, Any]]:
        items = list(client.iterate("evaluation_set_items.list", self.evaluation_set_id))
        young = created.timestamp() + decisions.LIST_LAG - time.time() if created is not None else 0.0
        if not items and young > 0:
            # The list may not show yet what was added a moment ago.
            time.sleep(min(young, decisions.LIST_LAG))
            items = list(client.iterate("evaluation_set_items.list", self.evaluation_set_id))
        if not items:
            with airflow_errors():
                raise ExtendInputError(
                    f"Evaluation set {self.evaluation_set_id} is empty: a run would cost money and judge nothing. "
                    "Add items first. No run was started."
                )
        return items

    def _draft_fingerprint(self, client: ExtendClient, processor_id: str, entity_object: Any) -> str | None:
        if self.version != DRAFT:
            return None
        draft = Processor(client, processor_id, ENTITY_TYPES.get(entity_object)).draft()
        return fingerprints.of(draft.config)
