"""Evaluation set runs: run an evaluation set against a version of a processor."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_extend import decisions, fingerprints
from airflow_provider_extend.api.calls import check_id
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.runs import ENTITY_TYPES, EVALUATION_SET_RUN, Run, parse_time
from airflow_provider_extend.exceptions import airflow_errors
from airflow_provider_extend.gate.evidence import Evidence
from airflow_provider_extend.gate_store import Answer, GateMemory, memory_of
from airflow_provider_extend.operators._gate_baseline import with_inlet
from airflow_provider_extend.operators._run import ExtendRunOperator
from airflow_provider_extend.operators._submit import Prepared
from airflow_provider_extend.processors import DRAFT, Processor
from airflow_provider_extend.results import RUN_ID_KEY, RUN_URL_KEY, within_xcom

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient

CONFIG_FINGERPRINT_KEY = "config_fingerprint"
ITEMS_FINGERPRINT_KEY = "items_fingerprint"
FINGERPRINT_KEYS = (CONFIG_FINGERPRINT_KEY, ITEMS_FINGERPRINT_KEY)
#: Of a return value: no run was started, an earlier one had answered the question.
FROM_STORE_KEY = "from_store"
#: From here on the log says that reading them takes a while.
_MANY_ITEMS = 100


class _Answered(Exception):
    """The question was decided before, so that no run is started."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.verdict)
        self.answer = answer


class ExtendRunEvaluationSetOperator(ExtendRunOperator):
    """Start an evaluation set run (POST /evaluation_set_runs, 2026-02-09) and return its id.

    Extend charges for each of its documents, and no call finds or cancels such a run afterwards. So it is started once:
    a retry takes up the run of an earlier try, and where that try died during the call it fails and says what to
    do. Clearing the task starts a new run. Wait for the run with `BatchProcessorRunSensor`, or here with
    `wait_for_completion=True`.

    Pushes to XCom: `run_id`; `config_fingerprint`, of the draft's config read just before the start (None when
    a published version is run), which `ExtendPublishProcessorVersionOperator` holds the draft against;
    `items_fingerprint`, of the set's items and of what is expected of them. With `wait_for_completion=True`
    the return value holds both, and the gate needs no more.

    With `store` the run is not started, nor paid for, where its very question (config and items) was answered before,
    by a PASS or a FAIL of a gate with that store: the return value is that run's, with `from_store: true`.

    :param evaluation_set_id: the set (templated).
    :param version: `draft`, `latest` or a number such as `1.0` (templated). Default: the draft.
    :param processor_id: another processor than the set's own (templated).
    :param evaluation_set_item_ids: run only these items (templated); None: all.
    :param wait_for_completion: False by default, unlike other run operators.
    :param fingerprint_items: read each item, with one call, for the fingerprint of what is expected of it: about 100 s
        for 1,000 items at 10 reads a second. False: none is made, no look is counted, and no answer found again.
    :param store: the gate's (`ExtendEvaluationGateOperator`), asked before a run is started (templated).
    :param fresh: start a run all the same; the log says so (templated: `true` or `false`).

    Other parameters: see `ExtendRunOperator`. `max_runs` counts documents.
    """

    kind = EVALUATION_SET_RUN
    creates = "evaluation_set_runs.create"
    calls = (
        "evaluation_sets.retrieve@2026 evaluation_set_items.list@2026 evaluation_set_items.retrieve "
        "extractors.retrieve classifiers.retrieve splitters.retrieve processor_versions.list@2026"
    )
    takes_metadata = False
    template_fields: Sequence[str] = (
        "evaluation_set_id",
        "version",
        "processor_id",
        "evaluation_set_item_ids",
        "store",
        "fresh",
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
        fingerprint_items: bool = True,
        store: Any = None,
        fresh: bool | str = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(wait_for_completion=wait_for_completion, **with_inlet(store, kwargs))
        self.evaluation_set_id = evaluation_set_id
        self.version = version
        self.processor_id = processor_id
        self.evaluation_set_item_ids = evaluation_set_item_ids
        self.fingerprint_items = fingerprint_items
        self.store = store
        self.fresh = fresh
        self._memory: GateMemory | None = None

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
        if str(self.fresh).lower() not in ("true", "false"):
            raise ExtendInputError(f"fresh is {self.fresh!r}: expected true or false. No run was started.")

    def execute(self, context: Context) -> Any:
        with airflow_errors():
            self._memory = memory_of(self.store, context, self.log)
        return super().execute(context)

    def _start_and_wait(self, context: Context) -> Any:
        try:
            return super()._start_and_wait(context)
        except _Answered as known:
            return self._take(context, known.answer)

    def _take(self, context: Context, answer: Answer) -> Any:
        """What an earlier run has measured, in place of another run."""
        evidence, ti = answer.evidence, context["ti"]
        self.log.info(
            "Run %s has answered this question on %s: %s. No run was started, and nothing is paid; its metrics are "
            "judged by today's rules. With fresh=True it is asked again.",
            *(evidence.id, answer.at, answer.verdict),
        )
        ti.xcom_push(key=RUN_ID_KEY, value=evidence.id)
        if evidence.url:
            ti.xcom_push(key=RUN_URL_KEY, value=evidence.url)
        self._push_fingerprints(ti, {key: getattr(evidence, key) for key in FINGERPRINT_KEYS})
        if not self.wait_for_completion:
            return evidence.id
        return within_xcom({**evidence.as_dict(), FROM_STORE_KEY: True})

    def _ends(self, context: Context, run: Run) -> Any:
        result, ti = super()._ends(context, run), context["ti"]
        # Pushed when the run was started, by this process or by the one that deferred.
        told = {
            key: ti.xcom_pull(task_ids=self.task_id, key=key, map_indexes=ti.map_index) or None
            for key in FINGERPRINT_KEYS
        }
        return {**result, **told}

    def _push_fingerprints(self, ti: Any, facts: Mapping[str, Any]) -> None:
        for key in FINGERPRINT_KEYS:
            value = facts.get(key)
            try:
                ti.xcom_push(key=key, value=value)
            except Exception:
                if value is not None:
                    raise
                ti.xcom_push(key=key, value="")  # Airflow 3.0 takes no null

    def prepare(self, client: ExtendClient) -> Prepared:
        evaluation_set = client.call("evaluation_sets.retrieve", self.evaluation_set_id)
        owner = evaluation_set.get("entity") or {}
        with airflow_errors():
            named = f"the processor of evaluation set {self.evaluation_set_id}"
            processor_id = check_id(self.processor_id or owner.get("id"), named)
        items = self._items(client, parse_time(evaluation_set.get("createdAt")))
        ids = [str(item.get("id")) for item in items] if self._chosen is None else self._chosen
        facts = {
            ITEMS_FINGERPRINT_KEY: self._items_fingerprint(client, ids),
            # Last, right before the call: a draft may be edited at any moment.
            CONFIG_FINGERPRINT_KEY: self._draft_fingerprint(client, processor_id, owner.get("object")),
        }
        self._ask_store(facts)
        return Prepared(facts, {"id": processor_id, "version": self.version}, len(ids))

    def _items_fingerprint(self, client: ExtendClient, ids: Sequence[str]) -> str | None:
        if not self.fingerprint_items:
            return None
        if len(ids) > _MANY_ITEMS:
            self.log.info(
                "Reading %d items for their fingerprint; fingerprint_items=False leaves it out.", len(ids)
            )
        read = (
            client.call("evaluation_set_items.retrieve", self.evaluation_set_id, item_id) for item_id in ids
        )
        return fingerprints.of_items(read)

    def _ask_store(self, facts: Mapping[str, Any]) -> None:
        """:raises _Answered: the question was decided before."""
        question = Evidence(**facts).question
        if self._memory is None:
            return
        if question is None:
            self.log.info("Not asked of the store: without both fingerprints this question is like no other.")
            return
        try:
            answer = self._memory.answer(question)
        except ValueError as error:
            self.log.warning("%s It is asked again.", error)
            return
        if answer is None:
            return
        if str(self.fresh).lower() == "true":
            self.log.warning(
                "Run %s has answered this question on %s (%s); it is asked, and paid for, again: fresh is set.",
                *(answer.evidence.id, answer.at, answer.verdict),
            )
            return
        raise _Answered(answer)

    def create(self, client: ExtendClient, metadata: Mapping[str, Any] | None, prepared: Any) -> Any:
        body: dict[str, Any] = {"evaluationSetId": self.evaluation_set_id, "entity": prepared}
        if self._chosen is not None:
            body["evaluationSetItemIds"] = self._chosen
        return client.call(self.creates, body=body)

    def started(self, context: Context, facts: Mapping[str, Any]) -> None:
        self._push_fingerprints(context["ti"], facts)
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
