"""Base of the operators that start a run: submitted once, waited for, ended with a result, cancelled when killed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_extend import cancelling, decisions
from airflow_provider_extend._compat import AirflowFailException, AirflowTaskTimeout, conf
from airflow_provider_extend.api.endpoints import find
from airflow_provider_extend.api.errors import (
    ExtendError,
    ExtendInputError,
    ExtendNotFound,
    ExtendRunFailed,
    ExtendRunTimeout,
    ExtendTaskKilled,
)
from airflow_provider_extend.api.lookups import TASK_KEY, TOKEN_KEY, look_up_of
from airflow_provider_extend.api.polling import ERROR, Poller
from airflow_provider_extend.api.runs import CANCELLED, SUCCEEDED, Run, cancels, read_run
from airflow_provider_extend.exceptions import airflow_errors, as_airflow
from airflow_provider_extend.links.run import ExtendRunLink
from airflow_provider_extend.operators._base import ExtendOperator
from airflow_provider_extend.operators._spent import Spent
from airflow_provider_extend.operators._submit import Prepared, Submission, submit_once
from airflow_provider_extend.reading import look_up
from airflow_provider_extend.results import (
    OUTPUT_KEY,
    RUN_ID_KEY,
    RUN_URL_KEY,
    SPENT_XCOM_KEY,
    json_size,
    push_run,
)
from airflow_provider_extend.searching import find_by_token
from airflow_provider_extend.waiting import WaitsForRun

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient

_CANCEL, _LEAVE = "cancel", "leave"
_FAIL, _RESUBMIT = "fail", "resubmit"
#: Of the 10 KB that Extend takes (runs.md 6), some are for the token and the task's address.
_METADATA_BYTES = 9 * 1024
#: A sleep in a worker is cut into these, so that a task that is told to end does not sleep on.
_NAP = 1.0


class ExtendRunOperator(WaitsForRun, ExtendOperator):
    """Starts one run and waits for it. Subclasses name its kind and what the author asks for.

    Whatever dies when, the run is started once (docs/guarantees.md): a retry takes it up, and clearing the task starts
    another and cancels the earlier one. It is cancelled when a user ends the task or its time is over.

    Pushes to XCom: `run_id` and `run_url` (where the API gives one) before the wait begins; `spent`, {runs, credits,
    unknown}, what this task has paid for in its DAG run over all its tries. Returns the run's result (docs/xcom.md),
    or its id where it does not wait.

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
    :param output_path: where the API's whole answer and the result are written (templated).
    :param extend_conn_id: connection (templated).
    """

    #: Endpoint that starts the run.
    creates: ClassVar[str]
    #: Whether the create takes metadata, in which a token travels.
    takes_metadata: ClassVar[bool] = True
    template_fields: Sequence[str] = ("extend_conn_id", "output_path")
    operator_extra_links = (ExtendRunLink(),)
    _patient = True

    def __init__(
        self,
        *,
        wait_for_completion: bool = True,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        poll_interval: float = 30.0,
        timeout: float = 24 * 60 * 60,
        on_timeout: str = _CANCEL,
        cancel_on_kill: bool = True,
        on_unknown_submission: str = _FAIL,
        max_runs: int | None = None,
        send_address: bool = True,
        push_output: bool = False,
        output_path: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.wait_for_completion = wait_for_completion
        self.deferrable = deferrable
        self.poll_interval = poll_interval
        self.timeout = timeout
        self.on_timeout = on_timeout
        self.cancel_on_kill = cancel_on_kill
        self.on_unknown_submission = on_unknown_submission
        self.max_runs = max_runs
        self.send_address = send_address
        self.push_output = push_output
        self.output_path = output_path
        self._run_id: str | None = None
        self._client: ExtendClient | None = None
        #: The run of an earlier try, as it was read when it was taken up.
        self._latest: Run | None = None
        #: Sends the cancel from the signal handler; made as soon as there is a run to cancel.
        self._cancel_now: Callable[[], int | None] | None = None
        self._killed = False

    # ------------------------------------------------------------------------------ what a subclass says

    def check(self) -> None:
        """Refuse what cannot be sent, before anything is; raises `ExtendInputError`."""

    def parts(self) -> dict[str, Any]:
        """What the author named, by name: a change of any of it asks for another run."""
        raise NotImplementedError

    def prepare(self, client: ExtendClient) -> Prepared:
        """What has to be read or checked right before the run is started."""
        return Prepared()

    def create(self, client: ExtendClient, metadata: Mapping[str, Any] | None, prepared: Any) -> Any:
        """Start the run and return the API's answer, a run."""
        raise NotImplementedError

    def narrowed(self, client: ExtendClient) -> dict[str, Any]:
        """Filters of the list that this run is known to pass, for the search after it."""
        return {}

    def own_metadata(self) -> Mapping[str, Any] | None:
        """The author's own metadata."""
        return None

    def output_of(self, run: Run) -> Any:
        """What the run has read from the document."""
        return run.raw.get("output")

    # ------------------------------------------------------------------------------------------- the task

    def execute(self, context: Context) -> Any:
        self._client = client = self.client()
        with airflow_errors():
            self._check(client)
        receipt = submit_once(context, self._submission(client, context), self.log)
        self._run_id = receipt.id
        self._arm()
        run = self._latest or self._of_answer(receipt.answer)
        ti = context["ti"]
        ti.xcom_push(key=RUN_ID_KEY, value=receipt.id)
        if run is not None:
            self._saw(run)
            if run.url:
                ti.xcom_push(key=RUN_URL_KEY, value=run.url)
        self.started(context, receipt.facts)
        if self._killed:
            self._kill_late()
        if not self.wait_for_completion:
            return receipt.id
        if self.deferrable and not (run is not None and run.ended):
            # What the answer says is fresh: the trigger looks next.
            self._defer_until(self._deadline(context))
        return self._timed(context, partial(self._look_until_ended, context))

    def started(self, context: Context, facts: Mapping[str, Any]) -> None:
        """Called once the run is started, or taken up: for what a subclass pushes before the wait."""

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Back from the triggerer: whatever came of the wait there, the run is looked at here."""
        ti = context["ti"]
        self._run_id = ti.xcom_pull(task_ids=self.task_id, key=RUN_ID_KEY, map_indexes=ti.map_index)
        self._client = self.client()
        self._arm()
        return self._timed(context, partial(self._resume, next_method, next_kwargs, context))

    def on_kill(self) -> None:
        """In the task's signal handler: one call, three seconds, nothing of Airflow's."""
        self._killed = True
        if self._cancel_now is not None and self._run_id is not None:
            cancel, self._cancel_now = self._cancel_now, None
            status = cancel()
            answered = f"HTTP {status}" if status else "no answer"
            self.log.warning(
                "The task is told to end: asked Extend to cancel %s (%s).", self._named, answered
            )

    # ------------------------------------------------------------------------------------------- the wait

    def _timed(self, context: Context, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except AirflowTaskTimeout:
            # Taken here, so that Airflow does not call on_kill: what becomes of the run is for `on_timeout` to say.
            return self._too_late(context, None)
        except AirflowFailException as error:
            if self._still_runs(error):
                self.log.error(
                    "%s goes on and is paid for. Once this is mended, take up its result by its id with a sensor; "
                    "clearing this task starts another.",
                    self._named,
                )
            raise

    def _look_until_ended(self, context: Context) -> Any:
        deadline = self._deadline(context)
        poller = Poller(started=time.time(), deadline=deadline, ceiling=self.poll_interval, give_up=False)
        while True:
            run: Run | None = None
            try:
                run = self._read()
            except AirflowFailException:
                raise
            except Exception as error:
                plain = getattr(error, "error", error)
                if not isinstance(plain, ExtendError):
                    raise
                decision = poller.on_error(plain, time.time())
                if decision.event == ERROR:
                    raise
                self.log.warning("%s; the wait goes on.", error)
            else:
                if run.ended:
                    return self._ends(context, run)
                decision = poller.on_run(run, time.time())
            if decision.event is not None:
                return self._too_late(context, run)
            self._sleep(decision.wait)

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._killed:
            time.sleep(min(left, _NAP))
        if self._killed:
            raise self._was_killed()

    def _was_killed(self) -> Exception:
        return as_airflow(ExtendTaskKilled(f"The task was told to end while it waited for {self._named}."))

    def _ends(self, context: Context, run: Run) -> Any:
        self._cancel_now = None
        if self._killed and run.outcome == CANCELLED:
            # By this process: a retry, where there is one, starts another run.
            raise self._was_killed()
        spent = Spent(context.get("task_state_store"))
        spent.cost(run.id, run.credits)
        context["ti"].xcom_push(key=SPENT_XCOM_KEY, value=spent.summary())
        output = {OUTPUT_KEY: self.output_of(run)} if self.push_output else {}
        result = push_run(context, run, self.output_path, self.log, output)
        if not self.is_success(run):
            advice = (
                "A retry of this task starts another run."
                if run.worth_new_run
                else "A new run would most likely end the same way and cost again: a retry does not start one. Clear "
                "this task to start one all the same."
            )
            raise as_airflow(self._failure(run, advice, worth_new_run=run.worth_new_run))
        return result

    def is_success(self, run: Run) -> bool:
        """Whether the run ended as it should."""
        return run.outcome == SUCCEEDED

    def _too_late(self, context: Context, run: Run | None) -> Any:
        """The deadline: `on_timeout` says what becomes of the run, after one last read."""
        waited = f"{self._named} did not end within {self._seconds:.0f} s"
        cancelled, words = False, f"It goes on (on_timeout is 'leave'; {self._status or 'not read'} last)"
        if self.on_timeout == _CANCEL:
            done = cancelling.cancel_run(self._account, self.kind, self._waits_for)
            if done.means == decisions.ENDED and done.run is not None:
                return self._ends(context, done.run)
            cancelled, words = done.means in (decisions.CANCELLED, decisions.GONE), f"It {done.words}"
        retry = (
            "A retry would pay for another run that may take as long: this task is not retried; clear it to start one."
            if cancelled
            else "It is paid for: a retry of this task waits for it again."
        )
        with airflow_errors():
            raise ExtendRunTimeout(f"{waited}. {words}. {retry}", run_id=self._waits_for, cancelled=cancelled)

    def _read(self, client: ExtendClient | None = None) -> Run:
        return super()._read(self._account)

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

    @property
    def _looks_past_errors(self) -> bool:
        return True

    @property
    def _cancels_when_killed(self) -> bool:
        return self.cancel_on_kill

    @property
    def _account(self) -> ExtendClient:
        assert self._client is not None
        return self._client

    def _still_runs(self, error: AirflowFailException) -> bool:
        plain = getattr(error, "error", None)
        return not isinstance(plain, ExtendRunFailed | ExtendRunTimeout | ExtendNotFound)

    # -------------------------------------------------------------------------------------------- submission

    def _submission(self, client: ExtendClient, context: Context) -> Submission:
        own = dict(self.own_metadata() or {})
        way = (
            look_up_of(self.kind, client.api_version)
            if self.takes_metadata and TOKEN_KEY not in own
            else None
        )
        search = None
        if way is not None:
            search = lambda token, since: find_by_token(client, way, token, since, self.narrowed(client))  # noqa: E731

        def create(token: str, prepared: Any) -> Any:
            return self.create(client, self._metadata(context, token), prepared)

        can_cancel = self.cancel_on_kill and cancels(self.kind, client.api_version) is not None
        return Submission(
            what=self.kind.replace("_", " "),
            parts=self.parts(),
            prepare=lambda: self.prepare(client),
            create=create,
            keep=partial(self._keep, client),
            look_up=search,
            cancel=(lambda run_id: cancelling.cancel_run(client, self.kind, run_id).words)
            if can_cancel
            else None,
            left=self._why_left(client),
            resubmit=self.on_unknown_submission == _RESUBMIT,
            max_runs=self.max_runs,
        )

    def _why_left(self, client: ExtendClient) -> str:
        if cancels(self.kind, client.api_version) is None:
            return cancelling.cannot_be_cancelled(self.kind)
        return "goes on, since cancel_on_kill is False"

    def _metadata(self, context: Context, token: str) -> dict[str, Any] | None:
        """The author's metadata, which wins, beside the token and the task's address."""
        if not self.takes_metadata:
            return None
        ti = context["ti"]
        sent: dict[str, Any] = {TOKEN_KEY: token}
        if self.send_address:
            sent[TASK_KEY] = {
                "dag_id": ti.dag_id,
                "run_id": ti.run_id,
                "task_id": ti.task_id,
                "map_index": ti.map_index,
            }
        return sent | dict(self.own_metadata() or {})

    def _keep(self, client: ExtendClient, run_id: str) -> bool:
        """Whether the run of an earlier try is taken up."""
        what = self.kind.replace("_", " ")
        try:
            with airflow_errors():
                run: Run | None = look_up(client, self.kind, run_id)
        except Exception as error:
            if not isinstance(getattr(error, "error", error), ExtendNotFound):
                raise
            run = None
        decision = decisions.earlier_run(run)
        if run is None:
            with airflow_errors():
                raise ExtendRunFailed(
                    f"An earlier try started {what} {run_id}, which is paid for, and Extend does not know it (404): "
                    "deleted, or the connection now leads to another workspace or region. None was started in its "
                    "place; clear this task to start one.",
                    run_id=run_id,
                    outcome="unknown",
                )
        if decision == decisions.SUBMIT:
            self.log.warning("%s %s of an earlier try ended %s; starting another.", what, run_id, run.status)
            return False
        if decision == decisions.FAIL:
            self._run_id = run_id
            with airflow_errors():
                raise self._failure(
                    run,
                    "It was started by an earlier try. A new run would most likely end the same way and cost again: "
                    "none was started. Clear this task to start one all the same.",
                )
        self._latest = run
        return True

    def _of_answer(self, answer: Any) -> Run | None:
        """The answer to the create as a run; None where it was lost or says too little."""
        try:
            return read_run(self.kind, self._account.api_version, answer)
        except ExtendError:
            return None

    def _arm(self) -> None:
        endpoint = cancels(self.kind, self._account.api_version)
        if self.cancel_on_kill and endpoint is not None:
            self._cancel_now = self._account.prepared(endpoint, self._waits_for)

    def _kill_late(self) -> None:
        """The signal came during the create, when there was no id yet to cancel by."""
        became = "goes on"
        if self.cancel_on_kill:
            became = cancelling.cancel_run(self._account, self.kind, self._waits_for).words
        with airflow_errors():
            raise ExtendTaskKilled(
                f"The task was told to end while it started {self._named}, which {became}."
            )

    def _check(self, client: ExtendClient) -> None:
        find(self.creates).path(client.api_version)
        self.check()
        own = self.own_metadata()
        if own is not None and (not isinstance(own, Mapping) or json_size(own) > _METADATA_BYTES):
            raise ExtendInputError(
                f"metadata is no object, or is larger than {_METADATA_BYTES // 1024} KB as JSON. Nothing was sent."
            )
        for name, value, expected in (
            ("on_timeout", self.on_timeout, (_CANCEL, _LEAVE)),
            ("on_unknown_submission", self.on_unknown_submission, (_FAIL, _RESUBMIT)),
        ):
            if value not in expected:
                raise ExtendInputError(
                    f"{name} is {value!r}: expected one of {', '.join(map(repr, expected))}. Nothing was sent."
                )
        for name, number in (("timeout", self.timeout), ("poll_interval", self.poll_interval)):
            if isinstance(number, bool) or not isinstance(number, int | float) or not 0 < number < math.inf:
                raise ExtendInputError(
                    f"{name} is {number!r}: expected seconds, a number above 0. Nothing was sent."
                )
        if self.max_runs is not None and (
            isinstance(self.max_runs, bool) or not isinstance(self.max_runs, int)
        ):
            raise ExtendInputError(
                f"max_runs is {self.max_runs!r}: expected a whole number, or None. Nothing was sent."
            )
