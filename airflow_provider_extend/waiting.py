"""The wait that sensors and run operators share, for one run or for many: one look, one deferral, one way back."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from airflow_provider_extend._compat import (
    AirflowFailException,
    TaskDeferralError,
    TaskDeferralTimeout,
    conf,
)
from airflow_provider_extend.api.errors import ExtendInputError, ExtendRunFailed
from airflow_provider_extend.api.polling import ERROR
from airflow_provider_extend.api.runs import (
    BATCH_PROCESSOR_RUN,
    EVALUATION_SET_RUN,
    NEEDS_REVIEW,
    REJECTED,
    SUCCEEDED,
    Run,
)
from airflow_provider_extend.exceptions import airflow_errors
from airflow_provider_extend.hooks.extend import ExtendHook
from airflow_provider_extend.reading import glance, look_up
from airflow_provider_extend.triggers.run import ExtendRunTrigger, check_event

if TYPE_CHECKING:
    from airflow.triggers.base import BaseTrigger

    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient

#: Airflow's own timeout of a deferral comes this much later than ours: it is a backstop only.
_BACKSTOP = timedelta(seconds=60)
_MAX_FAILED_WAITS = 3
#: Failures further apart than this are not counted together.
_FAILED_WAITS_SECONDS = 600
_FAILED_WAITS_KEY = "failed_waits"
#: A task must not come back before the scheduler has heard of the end of the process that let go of it, which takes
#: up to a heartbeat interval and a loop: the late report would count for the new process, and the task as failed.
REAPED_SECONDS = 2 * conf.getfloat("workers", "min_heartbeat_interval", fallback=5.0)


_ON_THE_PAGE = "Open the evaluation page of the processor in the dashboard to see the single files."
_WITHOUT_LINK = {BATCH_PROCESSOR_RUN: _ON_THE_PAGE, EVALUATION_SET_RUN: _ON_THE_PAGE}
#: What is told of a run that ended so; what a reviewer has written may quote the document, and is not.
_REASONS = {
    REJECTED: "a person has rejected it; the note, if one was left, is in the dashboard",
    NEEDS_REVIEW: "it waits for a person to review it",
}


FAIL, SUCCEED, WAIT = "fail", "succeed", "wait"


class Waits(BaseOperator):
    """Mixed into a sensor or an operator that waits at Extend. What it needs of that class is named here.

    `kind`: kind of run. `extend_conn_id`, `deferrable`: as given by the author. What a look has seen, a run for
    instance, is passed on as it is: only the class knows what it is of.
    """

    kind: str
    extend_conn_id: str

    @property
    def _named(self) -> str:
        """What is waited for, in words."""
        raise NotImplementedError

    def _read(self, context: Context) -> Any:
        """One look at what is waited for."""
        raise NotImplementedError

    def _is_over(self, seen: Any) -> bool:
        """Whether there is nothing more to wait for."""
        raise NotImplementedError

    def _trigger(self, deadline: float, not_before: float) -> BaseTrigger:
        """What waits in the triggerer, both times in seconds since the epoch."""
        raise NotImplementedError

    def _checked(self, event: Any) -> Mapping[str, Any]:
        """
        :raises ValueError: it is none of the trigger's events.
        """
        raise NotImplementedError

    @property
    def _waits_past(self) -> frozenset[str]:
        """Outcomes that do not end the wait."""
        return frozenset()

    @property
    def _interval(self) -> float:
        """Longest time between two looks, in seconds."""
        raise NotImplementedError

    def _looks_past(self, error: Exception) -> bool:
        """Whether an error that may pass is logged and the wait goes on."""
        raise NotImplementedError

    @property
    def _counts_failed_waits(self) -> bool:
        """Whether a wait that fails in the triggerer again and again fails the task."""
        return True

    @property
    def _limits(self) -> Sequence[float]:
        """Seconds from the start of this try; the smallest counts."""
        raise NotImplementedError

    def is_success(self, run: Run) -> bool:
        """Whether the run ended as it should."""
        return run.succeeded

    def _ends(self, context: Context, seen: Any) -> Any:
        """The task's value when the wait is over; raises where there is no success."""
        raise NotImplementedError

    def _too_late(self, context: Context, seen: Any) -> Any:
        """What to do about what still moves at the deadline, and could not be read then if it is None."""
        raise NotImplementedError

    def _resume(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """`resume_execution`: a trigger that failed, or Airflow's own timeout, leads to another look."""
        try:
            return BaseOperator.resume_execution(self, next_method, next_kwargs, context)
        except TaskDeferralTimeout:
            self.log.warning("Airflow's own timeout of the deferral came first; looking once more.")
            return self._look_or_defer(context, deadline=time.time())
        except TaskDeferralError as error:
            if next_method == self.execute_complete.__name__:
                raise  # our own: it has been counted
            return self._look_or_defer(context, self._deadline(context), failed=error)

    def execute_complete(self, context: Context, event: Any = None) -> Any:
        """Called by Airflow when the trigger has fired. What it said is looked at afresh, never believed."""
        fired = self._checked(event)
        failed = None
        if fired["event"] == ERROR:
            failed = TaskDeferralError(
                f"The triggerer cannot read {self._named}, and this worker can: look at the triggerer's log, its "
                "network and its `[extend] allowed_hosts`. What runs goes on; a retry waits for it again."
            )
        deadline = fired.get("deadline")
        if not isinstance(deadline, int | float):
            deadline = self._deadline(context)
        return self._look_or_defer(context, deadline, failed)

    def _look_or_defer(
        self, context: Context, deadline: float, failed: TaskDeferralError | None = None
    ) -> Any:
        """Look: end the task if the wait is over or it is too late, else wait in the triggerer."""
        pause = self._interval if failed is not None else 0.0
        seen: Any = None
        try:
            seen = self._read(context)
        except AirflowFailException:
            raise
        except Exception as error:
            if not self._looks_past(error):
                raise
            self.log.error("%s; the wait goes on.", error)
            pause = self._interval
        else:
            if self._is_over(seen):
                return self._ends(context, seen)
            if failed is not None:
                self._count_failed_wait(context, failed)
        if deadline <= time.time():
            return self._too_late(context, seen)
        self._defer_until(deadline, pause)

    def _defer_until(self, deadline: float, pause: float = 0.0) -> None:
        """Wait in the triggerer; the first look comes after `pause` seconds. Does not return."""
        left = max(deadline - time.time(), 0.0)
        self.defer(
            trigger=self._trigger(deadline, time.time() + max(min(pause, left), REAPED_SECONDS)),
            method_name="execute_complete",
            timeout=timedelta(seconds=left) + _BACKSTOP,
        )

    def _reader(self) -> ExtendClient:
        return ExtendHook(self.extend_conn_id).get_conn()

    def _count_failed_wait(self, context: Context, error: TaskDeferralError) -> None:
        """A trigger that fails where this worker reads says nothing about the run: wait again, not in a circle."""
        ti = context["ti"]
        last = ti.xcom_pull(task_ids=self.task_id, key=_FAILED_WAITS_KEY, map_indexes=ti.map_index) or {}
        recent = time.time() - last.get("at", 0) < _FAILED_WAITS_SECONDS
        count = last.get("count", 0) + 1 if recent else 1
        if count > _MAX_FAILED_WAITS and self._counts_failed_waits:
            raise error
        self.log.warning(
            "The wait in the triggerer failed (%d in a row, at most %d).", count, _MAX_FAILED_WAITS
        )
        ti.xcom_push(key=_FAILED_WAITS_KEY, value={"count": count, "at": time.time()})

    def _deadline(self, context: Context) -> float:
        """When the wait ends at the latest, in seconds since the epoch."""
        started = getattr(context["ti"], "start_date", None)
        return (started.timestamp() if started else time.time()) + self._seconds

    @property
    def _seconds(self) -> float:
        limits = [float(limit) for limit in self._limits]
        if self.execution_timeout:
            limits.append(self.execution_timeout.total_seconds())
        return min(limits)


class WaitsForRun(Waits):
    """Of those, what waits for one run."""

    _status: str | None = None

    @property
    def _waits_for(self) -> str:
        """Id of the run that is waited for."""
        raise NotImplementedError

    @property
    def _named(self) -> str:
        return f"{self.kind.replace('_', ' ')} {self._waits_for}"

    @property
    def _member_count(self) -> int | None:
        """How many runs a batch of workflow runs has; None: the run is no such batch."""
        return None

    @property
    def _wants_result(self) -> bool:
        """Whether what was read from the document is kept: else it is left to who wants it, where it is given once."""
        return True

    @property
    def _reads(self) -> Callable[..., Run]:
        return look_up if self._wants_result else glance

    @property
    def _cancels_when_killed(self) -> bool:
        """Whether the trigger cancels the run when a user ends the task: only for a run that this task submitted."""
        return False

    def _read(self, context: Context) -> Run:
        """The run as it is now; a change of its status is logged."""
        with airflow_errors():
            run = self._reads(self._reader(), self.kind, self._waits_for, self._member_count)
        self._saw(run)
        return run

    def _is_over(self, run: Run) -> bool:
        return run.ended and run.outcome not in self._waits_past

    def _trigger(self, deadline: float, not_before: float) -> BaseTrigger:
        return ExtendRunTrigger(
            extend_conn_id=self.extend_conn_id,
            kind=self.kind,
            run_id=self._waits_for,
            deadline=deadline,
            max_interval=self._interval,
            not_before=not_before,
            cancel_on_kill=self._cancels_when_killed,
            members=self._member_count,
            waits_past=sorted(self._waits_past),
        )

    def _checked(self, event: Any) -> Mapping[str, Any]:
        return check_event(event, self._waits_for)

    def _saw(self, run: Run) -> None:
        if run.status != self._status:
            self._status = run.status
            level = logging.INFO if run.status_known else logging.WARNING
            self.log.log(
                level, "%s is %s%s.", self._named, run.status, "" if run.status_known else " (unknown)"
            )

    def _failure(self, run: Run, advice: str, worth_new_run: bool = False) -> ExtendRunFailed:
        """The error for a run that ended, and not in success.

        :param advice: what a retry of the task would do.
        :param worth_new_run: whether a retry would start another run, which may end better.
        """
        ids = {"source": run.source_id, "processor": run.processor_id, "version": run.processor_version_id}
        shown = ", ".join(f"{name} {value}" for name, value in ids.items() if value)
        where = (
            f"Open {run.url} to see it."
            if run.url
            else _WITHOUT_LINK.get(run.kind, "The API gives no link to it.")
        )
        return ExtendRunFailed(
            f"{self._named} ended {run.status} ({shown or 'no ids given'}); {_reason(run)}. {where} {advice}",
            run_id=run.id,
            outcome=str(run.outcome),
            worth_new_run=worth_new_run,
        )


class MindsReview(Waits):
    """Mixed into what waits for workflow runs: `on_needs_review` says what one that waits for a person is to it."""

    on_needs_review: str

    def check_review(self) -> None:
        """:raises ExtendInputError: `on_needs_review` is none of the three words."""
        if self.on_needs_review not in (FAIL, SUCCEED, WAIT):
            raise ExtendInputError(
                f"on_needs_review is {self.on_needs_review!r}: expected 'fail', 'succeed' or 'wait'. Nothing was sent."
            )

    @property
    def _waits_past(self) -> frozenset[str]:
        return frozenset({NEEDS_REVIEW} if self.on_needs_review == WAIT else ())

    def is_success(self, run: Run) -> bool:
        reviewed_later = run.outcome == NEEDS_REVIEW and self.on_needs_review == SUCCEED
        return reviewed_later or super().is_success(run)


class MindsMembers(Waits):
    """Mixed into what waits for batches: `on_partial` says what one is to it of whose runs some did not succeed."""

    on_partial: str

    def check_partial(self) -> None:
        """:raises ExtendInputError: `on_partial` is none of the two words."""
        if self.on_partial not in (FAIL, SUCCEED):
            raise ExtendInputError(
                f"on_partial is {self.on_partial!r}: expected 'fail' or 'succeed'. Nothing was sent."
            )

    def is_success(self, run: Run) -> bool:
        partial = run.outcome == SUCCEEDED and self.on_partial == SUCCEED
        return partial or super().is_success(run)


def _reason(run: Run) -> str:
    """Why the run did not end in success."""
    unlike = Counter(member.status for member in run.members if not member.succeeded)
    if unlike:
        told = ", ".join(f"{count} {status}" for status, count in sorted(unlike.items()))
        return f"of its {len(run.members)} runs {sum(unlike.values())} did not succeed ({told})"
    if run.failure_reason:
        return f"reason {run.failure_reason}: {(run.failure_message or 'no message').rstrip('.')}"
    return _REASONS.get(run.outcome or "", "Extend's API gives no reason for it")
