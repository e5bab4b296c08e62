"""ExtendRunSensor: waits for a run of any kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.runs import (
    BATCH_PROCESSOR_RUN,
    EDIT_RUN,
    READS,
    WORKFLOW_BATCH,
    Run,
    reads,
)
from airflow_provider_extend.linked import whole
from airflow_provider_extend.links.run import ExtendRunLink
from airflow_provider_extend.results import (
    EDITED_FILE_KEY,
    OUTPUT_KEY,
    RAW_KEY,
    RUN_URL_KEY,
    XCOM_LIMIT,
    check_push_limit,
    edited_file_id,
)
from airflow_provider_extend.sensors._run import RunSensor
from airflow_provider_extend.waiting import FAIL, MindsMembers

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient


class ExtendRunSensor(MindsMembers, RunSensor):
    """Waits until a run has ended, however it was started: by another task, a script, the dashboard.

    Returns the run's result (docs/xcom.md). Pushes `run_url` where the API gives one; for a batch `members` and
    `member_run_ids`; for an edit run `edited_file_id`; `batch_processor_run` for a run of that kind.

    :param run_id: the run, or the batch (templated).
    :param kind: `extract_run`, `classify_run`, `split_run`, `parse_run`, `edit_run`, `form_detection_run`,
        `verify_run`, `processor_run`, `workflow_run`, `evaluation_set_run`, `batch_processor_run`, or a batch:
        `extract_batch`, `classify_batch`, `split_batch`, `parse_batch`, `workflow_batch` (templated).
    :param members: how many inputs a `workflow_batch` was given (templated): no call tells when it has ended, so its
        runs are counted. Only with that kind.
    :param on_partial: what a batch is that has ended and of whose runs some did not succeed: `fail`, or `succeed`.
    :param push_output: push what was read from the document, as XCom `output`. It is document content.
    :param push_limit: bytes of JSON up to which `push_output` pushes what was read; beyond it XCom says where in
        `output_path` it is (see `results.read_output`).

    A workflow run that waits for a review has ended here, and not in success: see `ExtendWorkflowRunSensor`. Other
    parameters, and how the wait ends in each mode: see `WaitingSensor`.
    """

    kinds = tuple(READS)
    template_fields: Sequence[str] = ("run_id", "kind", "members", "extend_conn_id", "output_path")
    operator_extra_links = (ExtendRunLink(),)

    def __init__(
        self,
        *,
        run_id: str,
        kind: str,
        members: int | None = None,
        on_partial: str = FAIL,
        push_output: bool = False,
        push_limit: int = XCOM_LIMIT,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.run_id = run_id
        self.kind = kind
        self.members = members
        self.on_partial = on_partial
        self.push_output = push_output
        self.push_limit = push_limit
        self._url: str | None = None

    def _check(self, client: ExtendClient) -> None:
        """Refuse what cannot be waited for, before anything is asked."""
        reads(self.kind, client.api_version)
        self.check_partial()
        check_push_limit(self.push_limit)
        given = self.members is not None
        if given != (self.kind == WORKFLOW_BATCH) or (given and self._member_count is None):
            raise ExtendInputError(
                f"members is {self.members!r} with kind {self.kind!r}: expected the number of inputs of a "
                "workflow_batch, and None for every other kind. Nothing was sent."
            )

    @property
    def _member_count(self) -> int | None:
        """The number; a template renders it as text."""
        try:
            count = int(str(self.members))
        except ValueError:
            return None
        return count if count > 0 else None

    def _reader(self) -> ExtendClient:
        client = super()._reader()
        self._check(client)
        return client

    @property
    def _waits_for(self) -> str:
        return self.run_id

    def _read(self, context: Context) -> Run:
        run = super()._read(context)
        if run.url and run.url != self._url:
            self._url = run.url
            context["ti"].xcom_push(key=RUN_URL_KEY, value=run.url)
        return run

    @property
    def _wants_result(self) -> bool:
        return bool(self.push_output or self.output_path)

    def _ends(self, context: Context, run: Run) -> dict[str, Any]:
        self._tell_if_deprecated(run.api_version)
        if self._wants_result and run.output is None:
            run = whole(self._reader(), run)
        return super()._ends(context, run)

    def beside(self, run: Run) -> dict[str, Any]:
        pushed: dict[str, Any] = {OUTPUT_KEY: run.output} if self.push_output else {}
        if run.kind == BATCH_PROCESSOR_RUN:
            pushed[RAW_KEY] = dict(run.raw)
        if run.kind == EDIT_RUN:
            pushed[EDITED_FILE_KEY] = edited_file_id(run)
        return pushed
