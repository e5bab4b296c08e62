"""The wait for a run, the same in poke, reschedule and deferrable mode."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseSensorOperator, PokeReturnValue

from airflow_provider_extend._compat import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    TaskDeferralError,
    TaskDeferralTimeout,
    conf,
)
from airflow_provider_extend.api.calls import check_id
from airflow_provider_extend.api.errors import ExtendError, ExtendRunFailed
from airflow_provider_extend.api.runs import SUCCEEDED, Run
from airflow_provider_extend.exceptions import as_airflow
from airflow_provider_extend.hooks.extend import ExtendHook
from airflow_provider_extend.reading import look_up, with_scores
from airflow_provider_extend.results import push_run
from airflow_provider_extend.triggers.run import ExtendRunTrigger, check_event

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context

#: Airflow's own timeout of a deferral comes this much later than ours: it is a backstop only.
_BACKSTOP = timedelta(seconds=60)
_MAX_CRASHES = 3
_CRASHES_KEY = "trigger_crashes"


class RunSensor(BaseSensorOperator):
    """Waits for one run. Subclasses name its kind and hold its id.

    How a wait ends, in every mode:

    | | plain | soft_fail | never_fail |
    |---|---|---|---|
    | run succeeded | SUCCESS | SUCCESS | SUCCESS |
    | run ended otherwise | FAILED, not retried | SKIPPED | SKIPPED |
    | permanent error (401, 403, 404, bad input) | FAILED, not retried | SKIPPED | SKIPPED |
    | timeout | FAILED, not retried | SKIPPED | SKIPPED |
    | transient error, after the call's own retries | FAILED, retried as `retries` says | as plain | SKIPPED |

    With `silent_fail` a transient error is logged and the wait goes on. A sensor never cancels a run.

    :param extend_conn_id: connection (templated).
    :param deferrable: wait in the triggerer, without a worker slot; default `[operators] default_deferrable`.
    :param output_path: where results that are too large for XCom are written, for instance
        `s3://conn@bucket/runs/{{ run_id }}.json` (templated). Without it they are left out, with a line in the log.
    :param timeout: seconds from the start of this try; the smaller of it and `execution_timeout` counts.
    :param poke_interval: seconds between two looks; in deferrable mode the longest time between two: a young
        run is looked at each second, an older one less often.
    """

    kind: ClassVar[str]
    template_fields: Sequence[str] = ("extend_conn_id", "output_path")
    ui_color = "#dcebff"

    def __init__(
        self,
        *,
        extend_conn_id: str = ExtendHook.default_conn_name,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        output_path: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.extend_conn_id = extend_conn_id
        self.deferrable = deferrable
        self.output_path = output_path
        self._status: str | None = None

    @property
    def run_id(self) -> str:
        """The run that is waited for, after templates are rendered."""
        raise NotImplementedError

    def execute(self, context: Context) -> Any:
        with self._ends_as_declared():
            if self.deferrable:
                return self._look_or_defer(context, self._deadline(context))
            try:
                return super().execute(context)
            except AirflowSensorTimeout:
                raise self._timed_out() from None

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Overridden: the base class resumes with other states than its poke loop ends with."""
        with self._ends_as_declared():
            try:
                # Past BaseSensorOperator's own version, which turns every error into a skip.
                return super(BaseSensorOperator, self).resume_execution(next_method, next_kwargs, context)
            except TaskDeferralTimeout:
                self.log.warning("Airflow's own timeout of the deferral came first; looking once more.")
                return self._look_or_defer(context, deadline=time.time())
            except TaskDeferralError as error:
                self._count_crash(context, error)
                return self._look_or_defer(context, self._deadline(context))

    def execute_complete(self, context: Context, event: Any = None) -> Any:
        """Called by Airflow when the trigger has fired. What it said is looked at afresh, never believed."""
        deadline = check_event(event, self.run_id).get("deadline")
        return self._look_or_defer(
            context, deadline if isinstance(deadline, int | float) else self._deadline(context)
        )

    def poke(self, context: Context) -> PokeReturnValue:
        run = self._read()
        return PokeReturnValue(run.ended, self._result(context, run) if run.ended else None)

    def _look_or_defer(self, context: Context, deadline: float) -> Any:
        try:
            run = self._read()
        except AirflowFailException:
            raise
        except Exception as error:
            if not self.silent_fail:
                raise
            self.log.error("%s; the wait goes on (silent_fail).", error)
        else:
            if run.ended:
                return self._result(context, run)
        left = deadline - time.time()
        if left <= 0:
            raise self._timed_out()
        self.defer(
            trigger=ExtendRunTrigger(
                extend_conn_id=self.extend_conn_id,
                kind=self.kind,
                run_id=self.run_id,
                deadline=deadline,
                max_interval=self.poke_interval,
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=left) + _BACKSTOP,
        )

    def _read(self) -> Run:
        try:
            check_id(self.run_id, f"{self.kind} id")
        except ExtendError as error:
            raise as_airflow(error) from None
        client = ExtendHook(self.extend_conn_id).get_conn()
        run = look_up(client, self.kind, self.run_id)
        if run.status != self._status:
            self._status = run.status
            level = logging.INFO if run.status_known else logging.WARNING
            self.log.log(
                level, "%s is %s%s.", self._named, run.status, "" if run.status_known else " (unknown)"
            )
        return with_scores(client, run)

    def _result(self, context: Context, run: Run) -> dict[str, Any]:
        """Push what there is to know of the ended run; raise unless it succeeded."""
        result = push_run(context, run, self.output_path, self.log)
        if run.outcome != SUCCEEDED:
            raise as_airflow(self._failure(run))
        return result

    def _timed_out(self) -> AirflowSensorTimeout:
        return AirflowSensorTimeout(
            f"{self._named} did not end within {self._seconds:.0f} s; it was {self._status or 'not read'} last. It "
            "goes on, and nothing was cancelled: look at it in the dashboard, or clear this task to wait again."
        )

    def _failure(self, run: Run) -> ExtendRunFailed:
        if run.failure_reason:
            reason = f"reason {run.failure_reason}: {run.failure_message or 'no message'}"
        else:
            reason = "Extend's API gives no reason for this kind of run"
        ids = {"source": run.source_id, "processor": run.processor_id, "version": run.processor_version_id}
        shown = ", ".join(f"{name} {value}" for name, value in ids.items() if value)
        return ExtendRunFailed(
            f"{self._named} ended {run.status} ({shown or 'no ids given'}); {reason}. "
            f"Open {run.url or 'the evaluation page of the processor in the dashboard'} to see the single files. "
            "A retry of this task would find the same run.",
            run_id=run.id,
            outcome=str(run.outcome),
        )

    @contextmanager
    def _ends_as_declared(self) -> Iterator[None]:
        """Give each error the state that the class's table says."""
        try:
            yield
        except (AirflowFailException, AirflowSensorTimeout, AirflowTaskTimeout) as error:
            if self.soft_fail or self.never_fail:
                raise AirflowSkipException(str(error)) from error
            raise
        except (AirflowSkipException, AirflowRescheduleException):
            raise
        except Exception as error:
            if self.never_fail:
                raise AirflowSkipException(str(error)) from error
            raise

    def _count_crash(self, context: Context, error: TaskDeferralError) -> None:
        """A trigger that crashed says nothing about the run: wait again, but not for ever."""
        ti = context["ti"]
        crashes = (ti.xcom_pull(task_ids=self.task_id, key=_CRASHES_KEY, map_indexes=ti.map_index) or 0) + 1
        if crashes > _MAX_CRASHES:
            raise error
        self.log.warning("The trigger crashed (%d of %d); waiting again.", crashes, _MAX_CRASHES)
        ti.xcom_push(key=_CRASHES_KEY, value=crashes)

    def _deadline(self, context: Context) -> float:
        started = getattr(context["ti"], "start_date", None)
        return (started.timestamp() if started else time.time()) + self._seconds

    @property
    def _seconds(self) -> float:
        limits = [float(self.timeout)]
        if self.execution_timeout:
            limits.append(self.execution_timeout.total_seconds())
        return min(limits)

    @property
    def _named(self) -> str:
        return f"{self.kind.replace('_', ' ')} {self.run_id}"
