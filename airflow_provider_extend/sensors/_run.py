"""The wait for a run, the same in poke, reschedule and deferrable mode."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
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
from airflow_provider_extend.api.errors import ExtendRunFailed
from airflow_provider_extend.api.polling import ERROR
from airflow_provider_extend.api.runs import SUCCEEDED, Run
from airflow_provider_extend.exceptions import airflow_errors, as_airflow
from airflow_provider_extend.hooks.extend import ExtendHook
from airflow_provider_extend.reading import look_up
from airflow_provider_extend.results import RUN_ID_KEY, push_run
from airflow_provider_extend.triggers.run import ExtendRunTrigger, check_event

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context

#: Airflow's own timeout of a deferral comes this much later than ours: it is a backstop only.
_BACKSTOP = timedelta(seconds=60)
_MAX_FAILED_WAITS = 3
#: Failures further apart than this are not counted together.
_FAILED_WAITS_SECONDS = 600
_FAILED_WAITS_KEY = "failed_waits"
#: A task must not come back before the scheduler has heard of the end of the process that let go of it, which takes
#: up to a heartbeat interval and a loop: the late report would count for the new process, and the task as failed.
_REAPED_SECONDS = 2 * conf.getfloat("workers", "min_heartbeat_interval", fallback=5.0)


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
    :param output_path: where the whole answer and result are written, whatever their size, for instance
        `s3://conn@bucket/runs/{{ run_id }}.json` (templated).
    :param timeout: seconds from the start of this try (in reschedule mode, as Airflow has it, from the first
        look of the first try); the smaller of it and `execution_timeout` counts in every mode. Deferred or
        rescheduled, a wait may end up to 10 s later: see `poke_interval`.
    :param poke_interval: seconds between two looks; in deferrable mode the longest time between two: a young
        run is looked at each second, an older one less often. In reschedule mode, and for the first look of the
        triggerer, it is at least 10 s (twice `[workers] min_heartbeat_interval`).
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
            context["ti"].xcom_push(key=RUN_ID_KEY, value=self.run_id)
            if self.deferrable:
                return self._look_or_defer(context, self._deadline(context))
            # Airflow holds a poke to both limits and a reschedule to the first only.
            self.timeout = self._seconds
            return super().execute(context)

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
                if next_method == self.execute_complete.__name__:
                    raise  # our own: it has been counted
                return self._look_or_defer(context, self._deadline(context), failed=error)

    def execute_complete(self, context: Context, event: Any = None) -> Any:
        """Called by Airflow when the trigger has fired. What it said is looked at afresh, never believed."""
        fired = check_event(event, self.run_id)
        failed = None
        if fired["event"] == ERROR:
            failed = TaskDeferralError(
                f"The triggerer cannot read {self._named}, and this worker can: look at the triggerer's log, its "
                "network and its `[extend] allowed_hosts`. The run goes on; a retry waits for it again."
            )
        deadline = fired.get("deadline")
        if not isinstance(deadline, int | float):
            deadline = self._deadline(context)
        return self._look_or_defer(context, deadline, failed)

    def poke(self, context: Context) -> PokeReturnValue:
        run = self._read()
        return PokeReturnValue(run.ended, self._result(context, run) if run.ended else None)

    def _look_or_defer(
        self, context: Context, deadline: float, failed: TaskDeferralError | None = None
    ) -> Any:
        pause = self.poke_interval if failed is not None else 0.0
        try:
            run = self._read()
        except AirflowFailException:
            raise
        except Exception as error:
            if not self.silent_fail:
                raise
            self.log.error("%s; the wait goes on (silent_fail).", error)
            pause = self.poke_interval
        else:
            if run.ended:
                return self._result(context, run)
            if failed is not None:
                self._count_failed_wait(context, failed)
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
                not_before=time.time() + max(min(pause, left), _REAPED_SECONDS),
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=left) + _BACKSTOP,
        )

    def _read(self) -> Run:
        client = ExtendHook(self.extend_conn_id).get_conn()
        with airflow_errors():
            run = look_up(client, self.kind, self.run_id)
        if run.status != self._status:
            self._status = run.status
            level = logging.INFO if run.status_known else logging.WARNING
            self.log.log(
                level, "%s is %s%s.", self._named, run.status, "" if run.status_known else " (unknown)"
            )
        return run

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
        except (AirflowSensorTimeout, AirflowTaskTimeout) as error:
            if self.soft_fail or self.never_fail:
                raise AirflowSkipException(str(self._timed_out())) from error
            raise self._timed_out() from None
        except AirflowFailException as error:
            if self.soft_fail or self.never_fail:
                raise AirflowSkipException(str(error)) from error
            raise
        except AirflowSkipException as skip:
            # Airflow's own loop says only that soft_fail is set, or that its time is over: say why and of what run.
            raise AirflowSkipException(str(skip.__cause__ or self._timed_out())) from skip.__cause__
        except AirflowRescheduleException as again:
            soonest = datetime.now(UTC) + timedelta(seconds=_REAPED_SECONDS)
            raise AirflowRescheduleException(max(again.reschedule_date, soonest)) from None
        except Exception as error:
            if self.never_fail:
                raise AirflowSkipException(str(error)) from error
            raise

    def _count_failed_wait(self, context: Context, error: TaskDeferralError) -> None:
        """A trigger that fails where this worker reads says nothing about the run: wait again, not in a circle."""
        ti = context["ti"]
        last = ti.xcom_pull(task_ids=self.task_id, key=_FAILED_WAITS_KEY, map_indexes=ti.map_index) or {}
        recent = time.time() - last.get("at", 0) < _FAILED_WAITS_SECONDS
        count = last.get("count", 0) + 1 if recent else 1
        if count > _MAX_FAILED_WAITS and not self.silent_fail:
            raise error
        self.log.warning(
            "The wait in the triggerer failed (%d in a row, at most %d).", count, _MAX_FAILED_WAITS
        )
        ti.xcom_push(key=_FAILED_WAITS_KEY, value={"count": count, "at": time.time()})

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
