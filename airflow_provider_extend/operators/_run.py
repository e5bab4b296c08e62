"""Base of the operators that start a run: submitted once, waited for, ended with a result, cancelled when killed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_extend import cancelling, decisions
from airflow_provider_extend._compat import AirflowFailException, AirflowTaskTimeout, conf
from airflow_provider_extend.api.errors import (
    ExtendError,
    ExtendInputError,
    ExtendNotFound,
    ExtendRunFailed,
    ExtendRunTimeout,
    ExtendRunUnreadable,
    ExtendSubmissionUnknown,
    ExtendTaskKilled,
    plain_error,
)
from airflow_provider_extend.api.polling import interval, refusals_of
from airflow_provider_extend.api.retry import wait_seconds
from airflow_provider_extend.api.runs import (
    CANCELLED,
    DELIVERED_ONCE,
    FAILED,
    Run,
    read_run,
    readable,
)
from airflow_provider_extend.exceptions import airflow_errors, as_airflow
from airflow_provider_extend.linked import whole
from airflow_provider_extend.links.run import ExtendRunLink
from airflow_provider_extend.operators._spent import Spent
from airflow_provider_extend.operators._start import SETTLE, StartsRun
from airflow_provider_extend.operators._submit import RECORD_KEY
from airflow_provider_extend.results import (
    OUTPUT_KEY,
    RUN_ID_KEY,
    RUN_URL_KEY,
    SPENT_XCOM_KEY,
    XCOM_LIMIT,
    check_push_limit,
    push_run,
)

if TYPE_CHECKING:
    from airflow.sdk import BaseOperatorLink

    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient

_CANCEL, _LEAVE = "cancel", "leave"
#: Errors that say themselves what has become of the run.
_TELLS_OF_THE_RUN = (ExtendRunFailed, ExtendRunTimeout, ExtendNotFound, ExtendSubmissionUnknown)
#: At the deadline: an outage must not hold the worker for long.
_LAST_ATTEMPTS = 3
#: A sleep in a worker is cut into these, so that a task that is told to end does not sleep on.
_NAP = 1.0


class ExtendRunOperator(StartsRun):
    """Starts one run and waits for it. Subclasses name its kind and what the author asks for.

    Whatever dies when, the run is started once (docs/guarantees.md): a retry takes it up, and clearing the task starts
    another and cancels the earlier one. It is cancelled when a user ends the task or its time is over.

    Pushes to XCom: `run_id` and `run_url` (where the API gives one) before the wait begins; `spent`, {runs, credits,
    unknown}, when the run has ended: what this task has paid for in its DAG run over all its tries. Returns the run's
    result (docs/xcom.md), or its id where it does not wait.

    :param wait_for_completion: False: return the run's id once it is started.
    :param deferrable: wait in the triggerer, without a worker slot; default `[operators] default_deferrable`.
    :param poll_interval: longest time between two looks, in seconds; a young run is looked at more often.
    :param timeout: seconds from the start of this try; the smaller of it and `execution_timeout` counts.
    :param on_timeout: `cancel` the run, or `leave` it: then a retry waits for it again.
    :param cancel_on_kill: cancel the run when a user ends the task, and when an earlier try's run is given up.
    :param on_unknown_submission: where it cannot be told whether the run was started: `fail` and say so, or
        `resubmit`, which may pay twice. Asked only where the API cannot be searched for the run.
    :param max_runs: most runs that this task may pay for in its DAG run, all tries together; None: no limit.
    :param send_address: send the task's address (DAG, run, task) in the run's metadata, for people to find it by.
    :param push_output: push what was read from the document, as XCom `output`. It is document content.
    :param push_limit: bytes of JSON up to which `push_output` pushes what was read; beyond it XCom says where in
        `output_path` it is (see `results.read_output`).
    :param output_path: where the API's whole answer and the result are written (templated).
    :param extend_conn_id: connection (templated).
    """

    template_fields: Sequence[str] = ("extend_conn_id", "output_path")
    operator_extra_links: Collection[BaseOperatorLink] = (ExtendRunLink(),)

    def __init__(
        self,
        *,
        wait_for_completion: bool = True,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        poll_interval: float = 30.0,
        timeout: float = 24 * 60 * 60,
        on_timeout: str = _CANCEL,
        push_output: bool = False,
        push_limit: int = XCOM_LIMIT,
        output_path: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.wait_for_completion = wait_for_completion
        self.deferrable = deferrable
        self.poll_interval = poll_interval
        self.timeout = timeout
        self.on_timeout = on_timeout
        self.push_output = push_output
        self.push_limit = push_limit
        self.output_path = output_path
        self._cancel_answered: int | None = None
        #: How far the task has got: the run is waited for; it has ended and its result is collected.
        self._waiting = False
        self._collecting = False

    # ------------------------------------------------------------------------------------------- the task

    def execute(self, context: Context) -> Any:
        client = self._connect()
        with airflow_errors():
            self._check(client)
        return self._timed(context, partial(self._start_and_wait, context))

    def _start_and_wait(self, context: Context) -> Any:
        receipt = self._submit(context)
        self._run_id = receipt.id
        self._arm()
        ti = context["ti"]
        run = self._latest or self._of_answer(receipt.answer)
        ti.xcom_push(key=RUN_ID_KEY, value=receipt.id)
        if run is not None:
            self._saw(run)
            if run.url:
                ti.xcom_push(key=RUN_URL_KEY, value=run.url)
        self.started(context, receipt.facts)
        self._heed_kill()
        if not self.wait_for_completion:
            return receipt.id
        self._waiting = True
        if run is not None and self._is_over(run) and self._is_whole(run):
            return self._ends(context, run)
        if not readable(self.kind, self._account.api_version):
            with airflow_errors():
                raise ExtendRunFailed(
                    f"Extend's answer to {self._named}, which is paid for, does not say that it has ended (status "
                    f"{run.status if run else None}), and no call reads it. Clear this task to pay for another run.",
                    run_id=receipt.id,
                    outcome="unknown",
                )
        if self.deferrable and not (run is not None and self._is_over(run)):
            # What the answer says is fresh: the trigger looks next.
            self._defer_until(self._deadline(context))
        return self._look_until_ended(context)

    def _is_whole(self, run: Run) -> bool:
        """Whether what was read of an ended run is all there is: none is read twice, since some is given once only."""
        return run is self._latest or run.output is not None or not readable(self.kind, run.api_version)

    def started(self, context: Context, facts: Mapping[str, Any]) -> None:
        """Called once the run is started, or taken up: for what a subclass pushes before the wait."""

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Back from the triggerer: whatever came of the wait there, the run is looked at here."""
        ti = context["ti"]
        event = (next_kwargs or {}).get("event")
        said = event.get("run_id") if isinstance(event, Mapping) else None
        pushed = ti.xcom_pull(task_ids=self.task_id, key=RUN_ID_KEY, map_indexes=ti.map_index)
        self._run_id = pushed or said
        self._connect()
        self._arm()
        self._heed_kill()
        self._waiting = True
        return self._timed(context, partial(self._resume, next_method, next_kwargs, context))

    def on_kill(self) -> None:
        """In the task's signal handler: one request, nothing of Airflow's, no lock, no log.

        Airflow calls it and then lets the task go on: what this has come to is told by `_heed_kill`.
        """
        self._killed = True
        if self._cancel_now is not None:
            cancel, self._cancel_now = self._cancel_now, None
            self._cancel_answered = cancel()

    # ------------------------------------------------------------------------------------------- the wait

    def _timed(self, context: Context, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except AirflowTaskTimeout:
            # Taken here, so that Airflow does not call on_kill: what becomes of the run is for `on_timeout` to say.
            if self._collecting:
                raise as_airflow(
                    ExtendRunTimeout(
                        f"execution_timeout came while the result of {self._named}, which has ended, was collected. A "
                        "retry of this task takes it up.",
                        run_id=self._waits_for,
                        cancelled=False,
                    )
                ) from None
            return self._too_late(context, None)
        except AirflowFailException as error:
            if self._run_id is None or not self._waiting or isinstance(plain_error(error), _TELLS_OF_THE_RUN):
                raise
            raise as_airflow(
                ExtendRunUnreadable(
                    f"{self._named} goes on and is paid for, and cannot be read: {error}. Once that is mended a retry "
                    f"takes it up at no cost, and ExtendHook({self.extend_conn_id!r}).get_conn() reads it by its id; "
                    "clearing this task cancels it and starts another.",
                    run_id=self._run_id,
                )
            ) from error

    def _look_until_ended(self, context: Context) -> Any:
        deadline = self._deadline(context)
        started, failures = time.time(), 0
        while True:
            run: Run | None = None
            try:
                run = self._read(context)
            except AirflowFailException:
                raise
            except Exception as error:
                plain = plain_error(error)
                if not isinstance(plain, ExtendError) or refusals_of(plain, None):
                    raise
                failures += 1
                pause = wait_seconds(plain, failures)
                self.log.warning("%s; the wait goes on.", error)
            else:
                if self._is_over(run):
                    return self._ends(context, run)
                failures = 0
                pause = interval(time.time() - started, self.poll_interval)
            left = deadline - time.time()
            if left <= 0:
                return self._too_late(context, run)
            self._sleep(min(pause, left))

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._killed:
            time.sleep(min(left, _NAP))
        self._heed_kill()

    def _heed_kill(self) -> None:
        """End the task if it was told to end, and see to its run where the signal handler could not."""
        if not self._killed:
            return
        became = "goes on, since cancel_on_kill is False"
        if self.cancel_on_kill:
            sent, self._cancel_now = self._cancel_now, None
            answered = sent() if sent is not None else self._cancel_answered
            if answered is not None and 200 <= answered < 300:
                became = "was cancelled"
            else:
                # Little time is left; refused, or not answered, it is asked again, and read.
                became = cancelling.cancel_run(
                    self._account, self.kind, self._waits_for, attempts=1, timeout=2.0
                ).words
        raise as_airflow(ExtendTaskKilled(f"The task was told to end; {self._named} {became}."))

    def _defer_until(self, deadline: float, pause: float = 0.0) -> None:
        self._heed_kill()
        super()._defer_until(deadline, pause)

    def _ends(self, context: Context, run: Run) -> Any:
        self._cancel_now = None
        if run.outcome == CANCELLED:
            self._heed_kill()  # by this process
            if self._made_earlier(context) and time.time() < self._deadline(context):
                # By an earlier try that was killed, as a rule. A retry would start another; so does this try.
                self.log.warning("%s of an earlier try was cancelled; starting another.", self._named)
                self._latest = self._run_id = None
                self._waiting = False
                return self.execute(context)
        self._collecting = True
        self._account_for(context, run)
        if self._wants_result:
            run = whole(self._account, run)
        output = {OUTPUT_KEY: run.output} if self.push_output else {}
        with airflow_errors():
            # What was read is nowhere else: a path that cannot be written is no success.
            beside = {**output, **self.beside(run)}
            result = push_run(
                context, run, self.output_path, self.log, beside, must_write=True, push_limit=self.push_limit
            )
        if not self.is_success(run):
            advice = "Clear this task to start another run."
            if run.worth_new_run:
                advice = "A retry of this task starts another run."
            elif run.outcome == FAILED:
                advice = f"A new run would most likely end the same way and cost again: it is not retried. {advice}"
            raise as_airflow(self._failure(run, advice, worth_new_run=run.worth_new_run))
        return result

    def _account_for(self, context: Context, run: Run) -> None:
        spent = Spent(context.get("task_state_store"))
        spent.note(run.id, self._runs)
        spent.cost(run.id, run.credits)
        context["ti"].xcom_push(key=SPENT_XCOM_KEY, value=spent.summary())

    def _made_earlier(self, context: Context) -> bool:
        """Whether the run was started before this try: only a record tells that after a deferral."""
        store: Any = context.get("task_state_store")
        record = store.get(RECORD_KEY) if store is not None else None
        started = getattr(context["ti"], "start_date", None)
        if not isinstance(record, Mapping) or started is None or record.get("id") != self._run_id:
            return False
        return bool(record["started_at"] < started.timestamp())

    def beside(self, run: Run) -> dict[str, Any]:
        """More to push of an ended run, by XCom key: nothing that was read from a document."""
        return {}

    def _too_late(self, context: Context, run: Run | None) -> Any:
        """The deadline: `on_timeout` says what becomes of the run, after one last read."""
        self._heed_kill()
        cancelled, words = False, f"goes on (on_timeout is 'leave'; {self._status or 'not read'} last)"
        if self.on_timeout == _CANCEL:
            try:
                done = cancelling.cancel_run(
                    self._account, self.kind, self._waits_for, settle=SETTLE, attempts=_LAST_ATTEMPTS
                )
            except Exception as error:
                words = f"could not be cancelled and may go on ({error})"
            else:
                ended = done.means == decisions.ENDED
                if ended and done.run is not None and self._is_over(done.run):
                    purged = self.kind in DELIVERED_ONCE and done.run.output is None
                    return self._ends(context, self._read(context) if purged else done.run)
                cancelled = not ended and done.means != decisions.GOES_ON
                reviewed = ended and done.run is not None
                words = "waits for a person to review it, and goes on" if reviewed else done.words
        retry = (
            "A retry would pay for another run that may take as long: this task is not retried; clear it to start one."
            if cancelled
            else "It is paid for: a retry of this task waits for it again."
        )
        raise as_airflow(
            ExtendRunTimeout(
                f"{self._named} did not end within {self._seconds:.0f} s. It {words}. {retry}",
                run_id=self._waits_for,
                cancelled=cancelled,
            )
        )

    def _reader(self) -> ExtendClient:
        return self._account

    # -------------------------------------------------------------------------------------- what it waits for

    @property
    def _waits_for(self) -> str:
        assert self._run_id is not None, "no run was started"
        return self._run_id

    @property
    def _interval(self) -> float:
        return float(self.poll_interval)

    @property
    def _limits(self) -> Sequence[float]:
        return (float(self.timeout),)

    def _looks_past(self, error: Exception) -> bool:
        return isinstance(plain_error(error), ExtendError)

    @property
    def _cancels_when_killed(self) -> bool:
        return self.cancel_on_kill

    @property
    def _wants_result(self) -> bool:
        return self.wait_for_completion and bool(self.push_output or self.output_path)

    @property
    def _goes_on_waiting(self) -> bool:
        return self.wait_for_completion

    def _of_answer(self, answer: Any) -> Run | None:
        """The answer to the create as a run; None where it was lost or says too little."""
        try:
            return read_run(self.kind, self._account.api_version, answer)
        except ExtendError:
            return None

    def _check(self, client: ExtendClient) -> None:
        self._check_start(client)
        check_push_limit(self.push_limit)
        if self.on_timeout not in (_CANCEL, _LEAVE):
            raise ExtendInputError(
                f"on_timeout is {self.on_timeout!r}: expected 'cancel' or 'leave'. Nothing was sent."
            )
        for name, number in (("timeout", self.timeout), ("poll_interval", self.poll_interval)):
            if isinstance(number, bool) or not isinstance(number, int | float) or not 0 < number < math.inf:
                raise ExtendInputError(
                    f"{name} is {number!r}: expected seconds, a number above 0. Nothing was sent."
                )
