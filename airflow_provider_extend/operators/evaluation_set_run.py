"""Evaluation set runs: run an evaluation set against a version of a processor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_extend import fingerprints
from airflow_provider_extend.api.calls import check_id
from airflow_provider_extend.api.endpoints import find
from airflow_provider_extend.api.errors import ExtendInputError, ExtendNotFound, ExtendRunFailed
from airflow_provider_extend.api.runs import CANCELLED, ENTITY_TYPES, EVALUATION_SET_RUN, SUCCEEDED
from airflow_provider_extend.exceptions import ExtendFailException, airflow_errors
from airflow_provider_extend.operators._base import ExtendOperator
from airflow_provider_extend.operators._submit import Submission, submit_once
from airflow_provider_extend.processors import DRAFT, Processor
from airflow_provider_extend.reading import look_up
from airflow_provider_extend.results import RUN_ID_KEY

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient

CONFIG_FINGERPRINT_KEY = "config_fingerprint"
ITEMS_FINGERPRINT_KEY = "items_fingerprint"


class ExtendRunEvaluationSetOperator(ExtendOperator):
    """Start an evaluation set run (POST /evaluation_set_runs, 2026-02-09) and return its id.

    Extend charges for it, and no call finds or cancels one afterwards. So it is started once: a retry takes
    up the run of an earlier try, and where that try died during the call it fails and says what to do.
    Clearing the task starts a new run. Wait for the run with `BatchProcessorRunSensor`.

    Pushes to XCom: `run_id`; `config_fingerprint`, of the draft's config read just before the start (None when
    a published version is run), which `ExtendPublishProcessorVersionOperator` holds the draft against;
    `items_fingerprint`, of the set's item and file ids.

    :param evaluation_set_id: the set (templated).
    :param version: `draft`, `latest` or a number such as `1.0` (templated). Default: the draft.
    :param processor_id: another processor than the set's own (templated).
    :param evaluation_set_item_ids: run only these items (templated); None: all.
    :param extend_conn_id: connection (templated).
    """

    template_fields: Sequence[str] = (
        "evaluation_set_id",
        "version",
        "processor_id",
        "evaluation_set_item_ids",
        "extend_conn_id",
    )

    def __init__(
        self,
        *,
        evaluation_set_id: str,
        version: str = DRAFT,
        processor_id: str | None = None,
        evaluation_set_item_ids: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.evaluation_set_id = evaluation_set_id
        self.version = version
        self.processor_id = processor_id
        self.evaluation_set_item_ids = evaluation_set_item_ids

    def execute(self, context: Context) -> str:
        client = self.client()
        with airflow_errors():
            find("evaluation_set_runs.create").path(client.api_version)
        # A list: XCom may hand in a lazy sequence.
        chosen = None if self.evaluation_set_item_ids is None else list(self.evaluation_set_item_ids)
        if chosen == [] or isinstance(self.evaluation_set_item_ids, str):
            with airflow_errors():
                raise ExtendInputError(
                    f"evaluation_set_item_ids is {self.evaluation_set_item_ids!r}: expected a list of ids, or None for "
                    "all items. No run was started."
                )

        def prepare() -> tuple[dict[str, str | None], dict[str, Any]]:
            evaluation_set = client.call("evaluation_sets.retrieve", self.evaluation_set_id)
            owner = evaluation_set.get("entity") or {}
            with airflow_errors():
                named = f"the processor of evaluation set {self.evaluation_set_id}"
                processor_id = check_id(self.processor_id or owner.get("id"), named)
            facts = {
                ITEMS_FINGERPRINT_KEY: fingerprints.of_items(self._items(client)),
                CONFIG_FINGERPRINT_KEY: self._draft_fingerprint(client, processor_id, owner.get("object")),
            }
            return facts, {"id": processor_id, "version": self.version}

        def create(token: str, entity: Any) -> Any:
            # The API takes no metadata here, so the token cannot travel.
            body: dict[str, Any] = {"evaluationSetId": self.evaluation_set_id, "entity": entity}
            if chosen is not None:
                body["evaluationSetItemIds"] = chosen
            return client.call("evaluation_set_runs.create", body=body)

        submission = Submission(
            what="evaluation set run",
            parts={
                "evaluation_set_id": self.evaluation_set_id,
                "version": self.version,
                "processor_id": self.processor_id,
                "evaluation_set_item_ids": chosen,
            },
            prepare=prepare,
            create=create,
            keep=lambda run_id: self._keep(client, run_id),
        )
        receipt = submit_once(context, submission, self.log)
        ti = context["ti"]
        ti.xcom_push(key=RUN_ID_KEY, value=receipt.id)
        for key in (CONFIG_FINGERPRINT_KEY, ITEMS_FINGERPRINT_KEY):
            ti.xcom_push(key=key, value=receipt.facts.get(key))
        self.log.info("Evaluation set run %s of set %s.", receipt.id, self.evaluation_set_id)
        return receipt.id

    def _items(self, client: ExtendClient) -> list[dict[str, Any]]:
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

    def _keep(self, client: ExtendClient, run_id: str) -> bool:
        """Whether the run of an earlier try is taken up."""
        try:
            run = look_up(client, EVALUATION_SET_RUN, run_id)
        except ExtendFailException as error:
            if not isinstance(error.error, ExtendNotFound):
                raise
            with airflow_errors():
                raise ExtendRunFailed(
                    f"An earlier try started evaluation set run {run_id}, which is paid for, and Extend does not know "
                    "it (404): deleted, or the connection now leads to another workspace or region. None was "
                    "started in its place; clear this task to start one.",
                    run_id=run_id,
                    outcome="unknown",
                ) from None
        if run.outcome == CANCELLED or (run.worth_new_run and run.ended):
            self.log.warning(
                "Evaluation set run %s of an earlier try ended %s; starting another.", run_id, run.status
            )
            return False
        if run.outcome not in (None, SUCCEEDED):
            with airflow_errors():
                raise ExtendRunFailed(
                    f"Evaluation set run {run_id} of an earlier try ended {run.status}, and Extend's API gives no "
                    "reason. A new run would most likely end the same way and cost again: none was started. Clear "
                    "this task to start one all the same.",
                    run_id=run_id,
                    outcome=str(run.outcome),
                )
        return True
