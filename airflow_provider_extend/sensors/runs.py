"""ExtendRunsSensor: one task that waits for many runs."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_provider_extend._compat import AirflowSensorTimeout
from airflow_provider_extend.api.calls import check_id
from airflow_provider_extend.api.errors import ExtendInputError, ExtendRunFailed
from airflow_provider_extend.api.polling import listing_of
from airflow_provider_extend.api.runs import MEMBERS, NEEDS_REVIEW, READS, WORKFLOW_BATCH, Run, reads
from airflow_provider_extend.exceptions import airflow_errors, as_airflow
from airflow_provider_extend.manifests import LISTED, in_words, manifest_of, rows_of
from airflow_provider_extend.reading_many import Look, look_at
from airflow_provider_extend.results import write_answer
from airflow_provider_extend.sensors._run import WaitingSensor
from airflow_provider_extend.triggers.runs import ExtendRunsTrigger, check_runs_event
from airflow_provider_extend.waiting import FAIL, MindsMembers, MindsReview

if TYPE_CHECKING:
    from airflow.triggers.base import BaseTrigger

    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient

#: XCom key of the manifest: it is there when the task failed, too.
MANIFEST_KEY = "manifest"
#: Runs at most: of a kind whose list shows the latest changes first; of others, which are read one by one; batches, of
#: each of which the runs are listed.
MOST_LISTED, MOST_READ, MOST_BATCHES = 10_000, 1_000, 100


class ExtendRunsSensor(MindsReview, MindsMembers, WaitingSensor):
    """Waits until all of many runs of one kind have ended, however they were started; or several batches.

    Returns a manifest, and pushes it as XCom `manifest`, also where the task fails: {kind, count, statuses, succeeded,
    not_succeeded, truncated} (docs/xcom.md). What the runs have read is read by their ids.

    A run that Extend does not know counts as one that did not succeed; the others are waited for.

    :param run_ids: the runs, each once (templated): a list of ids, or the output of tasks, mapped ones too. At most
        10,000; 1,000 of a kind whose list cannot show the latest changes first (parse, form detection, evaluation set
        and batch processor runs; more in the older API versions); 100 batches.
    :param kind: as of `ExtendRunSensor`, but not `workflow_batch` (templated).
    :param on_partial: what the task comes to when some of the runs did not succeed: `fail`, or `succeed`. When none
        did, it fails. A batch of which some runs did not succeed is such a run.
    :param on_needs_review: what a workflow run that waits for a person is: `wait` on, `succeed` or `fail`, as for
        `ExtendWorkflowRunSensor`.

    `output_path` gets the manifest with all that did not succeed, and the ids of the others. Other parameters, and how
    the wait ends in each mode: see `WaitingSensor`. Deferred, all the runs share one trigger; in the other modes each
    look asks anew, for 100 runs with a page of the list.
    """

    kinds = tuple(kind for kind in READS if kind != WORKFLOW_BATCH)
    template_fields: Sequence[str] = ("run_ids", "kind", "extend_conn_id", "output_path")

    def __init__(
        self,
        *,
        run_ids: Sequence[str],
        kind: str,
        on_partial: str = FAIL,
        on_needs_review: str = FAIL,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.run_ids = run_ids
        self.kind = kind
        self.on_partial = on_partial
        self.on_needs_review = on_needs_review
        self._settled: dict[str, Run] = {}
        self._over = 0
        self._moving: Run | None = None

    @cached_property
    def _ids(self) -> tuple[str, ...]:
        """What is waited for, checked.

        :raises AirflowFailException: it is no list of ids, is empty, or has one of them twice.
        """
        with airflow_errors():
            return _checked_ids(self.run_ids)

    def _check(self, client: ExtendClient) -> None:
        """Refuse what cannot be waited for, before anything is asked."""
        if self.kind == WORKFLOW_BATCH:
            raise ExtendInputError(
                "kind is 'workflow_batch': no call tells when such a batch has ended. Wait for each with "
                "ExtendRunSensor, which is told the number of its members, or for its runs with the kind workflow_run. "
                "Nothing was sent."
            )
        reads(self.kind, client.api_version)
        self.check_partial()
        self.check_review()
        most = _most(self.kind, client.api_version)
        if len(self._ids) > most:
            raise ExtendInputError(
                f"run_ids holds {len(self._ids):,} of kind {self.kind}: at most {most:,} may be. Start documents as "
                "batches of up to 1,000 and wait for these, or give several tasks a part each. Nothing was sent."
            )

    def _reader(self) -> ExtendClient:
        client = super()._reader()
        self._check(client)
        return client

    @property
    def _named(self) -> str:
        plural = "es" if self.kind in MEMBERS else "s"
        return f"{len(self._ids):,} {self.kind.replace('_', ' ')}{plural if len(self._ids) > 1 else ''}"

    def _read(self, context: Context) -> Look:
        with airflow_errors():
            look = look_at(self._reader(), self.kind, self._ids, self._ended, self._settled)
        # A review may still move it on.
        self._settled = {key: run for key, run in look.runs.items() if run.outcome != NEEDS_REVIEW}
        self._saw(look)
        return look

    def _saw(self, look: Look) -> None:
        over, moving = len(look.runs) + len(look.gone), look.moving
        if moving is None or self._moving is None or over > self._over:
            last = f"; {moving.id} is {moving.status}" if moving else ""
            unknown = moving is not None and not moving.status_known
            level = logging.WARNING if unknown else logging.INFO
            told = " (unknown)" if unknown else ""
            self.log.log(level, "Of %s at least %d are over%s%s.", self._named, over, last, told)
        self._over, self._moving = over, moving

    def _ended(self, run: Run) -> bool:
        return run.ended and run.outcome not in self._waits_past

    def _is_over(self, look: Look) -> bool:
        return look.moving is None

    def _trigger(self, deadline: float, not_before: float) -> BaseTrigger:
        return ExtendRunsTrigger(
            extend_conn_id=self.extend_conn_id,
            kind=self.kind,
            run_ids=self._ids,
            deadline=deadline,
            max_interval=self._interval,
            not_before=not_before,
            waits_past=sorted(self._waits_past),
        )

    def _checked(self, event: Any) -> Mapping[str, Any]:
        return check_runs_event(event, self.kind)

    def _ends(self, context: Context, look: Look) -> dict[str, Any]:
        """Push the manifest; raise unless they succeeded as the author wants."""
        for run in tuple(look.runs.values())[:1]:
            self._tell_if_deprecated(run.api_version)
        manifest = manifest_of(self.kind, self._ids, look.runs, self.is_success)
        context["ti"].xcom_push(key=MANIFEST_KEY, value=manifest)
        if self.output_path:
            self._write(manifest, look)
        good = sum(self.is_success(run) for run in look.runs.values())
        if good < len(self._ids) and (self.on_partial == FAIL or not good):
            raise as_airflow(self._failure(manifest))
        if manifest["not_succeeded"]:
            self.log.warning("%s", in_words(manifest, self._named))
        return manifest

    def _write(self, manifest: Mapping[str, Any], look: Look) -> None:
        rows = rows_of(self._ids, look.runs, self.is_success)
        succeeded = [run_id for run_id, row in zip(self._ids, rows, strict=True) if row is None]
        whole = {**manifest, "not_succeeded": [row for row in rows if row is not None], "truncated": False}
        try:
            write_answer(str(self.output_path), {**whole, "succeeded_ids": succeeded})
        except ExtendInputError as error:
            self.log.error("%s", error)

    def _failure(self, manifest: Mapping[str, Any]) -> ExtendRunFailed:
        run_id = manifest["not_succeeded"][0][0]
        return ExtendRunFailed(
            f"{in_words(manifest, self._named)} XCom {MANIFEST_KEY} names up to {LISTED}. A retry of this task would "
            "find the same runs: to pay for others, clear the tasks that started them.",
            run_id=run_id,
            outcome="failed",
        )

    def _timed_out(self) -> AirflowSensorTimeout:
        last = f"{self._moving.id} was {self._moving.status}" if self._moving else "none was read"
        return AirflowSensorTimeout(
            f"{self._named} did not all end within {self._seconds:.0f} s: at the last look {last}, and at least "
            f"{self._over} were over. The others go on, and nothing was cancelled: clear this task to wait again."
        )


def _checked_ids(given: Any) -> tuple[str, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str | bytes):
        raise ExtendInputError(
            f"run_ids is a {type(given).__name__}: expected a list of ids, or the output of a task "
            "(`start.output`). A template gives a list only in a DAG with render_template_as_native_obj. Nothing "
            "was sent."
        )
    ids: dict[str, int] = {}
    for number, run_id in enumerate(_fetched(given)):
        if (first := ids.setdefault(check_id(run_id, f"run_ids[{number}]"), number)) != number:
            raise ExtendInputError(
                f"run_ids[{number}] is {run_id!r}, as run_ids[{first}] is: expected each run once. Nothing was "
                "sent."
            )
    if not ids:
        raise ExtendInputError(
            "run_ids is empty: expected the id of a run at least. Where there may be none, skip this task. Nothing "
            "was sent."
        )
    return tuple(ids)


def _fetched(given: Sequence[Any]) -> Sequence[Any]:
    """Outputs of mapped tasks: Airflow gets a slice of them with one request, and single ones with one each."""
    from airflow.sdk.execution_time.lazy_sequence import LazyXComSequence

    return given[:] if isinstance(given, LazyXComSequence) else given


def _most(kind: str, version: str) -> int:
    if kind in MEMBERS:
        return MOST_BATCHES
    listing = listing_of(kind, version)
    return MOST_LISTED if listing is not None and listing.newest_first else MOST_READ
