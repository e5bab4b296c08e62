"""Base of the operators that start a run, as far as its start: what is asked for, once, and what becomes of an
earlier try's run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_extend import cancelling, decisions, fingerprints
from airflow_provider_extend._compat import AirflowTaskTimeout
from airflow_provider_extend.api import uses
from airflow_provider_extend.api.configs import check_config
from airflow_provider_extend.api.endpoints import find
from airflow_provider_extend.api.errors import (
    ExtendInputError,
    ExtendNotFound,
    ExtendRunFailed,
    ExtendRunTimeout,
    ExtendSubmissionUnknown,
    ExtendTaskKilled,
    plain_error,
)
from airflow_provider_extend.api.limits import OWN_METADATA_BYTES, check_json, check_metadata
from airflow_provider_extend.api.lookups import TASK_KEY, TOKEN_KEY, LookUp, look_up_of
from airflow_provider_extend.api.runs import Run, cancels, readable
from airflow_provider_extend.exceptions import ExtendException, airflow_errors, as_airflow
from airflow_provider_extend.operators._address import address_of
from airflow_provider_extend.operators._base import ExtendOperator
from airflow_provider_extend.operators._submit import Prepared, Receipt, Sought, Submission, submit_once
from airflow_provider_extend.searching import find_by_token
from airflow_provider_extend.waiting import WaitsForRun

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient

_FAIL, _RESUBMIT = "fail", "resubmit"
#: Seconds in which a run that is CANCELLING is given to end; it may still end otherwise.
SETTLE = 10


@dataclass(frozen=True, slots=True)
class Config:
    """A config as it is sent, and what `check_config` needs to know of it."""

    kind: str
    version: str
    value: Any = field(repr=False)
    partial: bool = False


class StartsRun(WaitsForRun, ExtendOperator):
    """Starts one run for one task. Its parameters are described with `ExtendRunOperator`."""

    #: Endpoint that starts the run.
    creates: str
    #: Whether the create takes metadata, in which a token travels.
    takes_metadata: bool = True

    def __init__(
        self,
        *,
        cancel_on_kill: bool = True,
        on_unknown_submission: str = _FAIL,
        max_runs: int | None = None,
        send_address: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.cancel_on_kill = cancel_on_kill
        self.on_unknown_submission = on_unknown_submission
        self.max_runs = max_runs
        self.send_address = send_address
        self._client: ExtendClient | None = None
        self._run_id: str | None = None
        #: The run of an earlier try, as it was read when it was taken up.
        self._latest: Run | None = None
        #: Sends the cancel from the signal handler.
        self._cancel_now: Callable[[], int | None] | None = None
        self._killed = False
        #: Whether the call has begun: a signal may come at any moment.
        self._sending = False
        #: How many runs the call starts.
        self._runs = 1

    @classmethod
    def starts(cls, version: str) -> Mapping[str, str]:
        """Kinds of run that it may start in API `version`, each with the endpoint that does."""
        return {cls.kind: cls.creates}

    @classmethod
    def endpoints(cls, version: str) -> frozenset[str]:
        started = (uses.starting(kind, create, version) for kind, create in cls.starts(version).items())
        return super().endpoints(version).union(*started)

    # ------------------------------------------------------------------------------ what a subclass says

    def adapt(self, version: str) -> None:
        """Called before anything else with the connection's API version: for what depends on it."""

    def check(self) -> None:
        """Refuse what cannot be sent, before anything is; raises `ExtendInputError`."""

    def configs(self, version: str) -> Iterable[Config]:
        """What the create is configured with, for it to be checked against the version that takes it."""
        return ()

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

    @property
    def overwrites_token(self) -> bool:
        """Whether the author's own metadata take the place of the token."""
        return TOKEN_KEY in (self.own_metadata() or {})

    def form(self, version: str) -> list[str]:
        """In what the ask for the same differs between API versions, where a search in one misses what was asked for in
        another."""
        return []

    # ------------------------------------------------------------------------------------------- the start

    def _connect(self) -> ExtendClient:
        self._client = client = self.client()
        with airflow_errors():
            self.adapt(client.api_version)
        return client

    @property
    def _account(self) -> ExtendClient:
        assert self._client is not None
        return self._client

    def _submit(self, context: Context) -> Receipt:
        try:
            return submit_once(context, self._submission(self._account, context), self.log)
        except AirflowTaskTimeout:
            if self._run_id is not None:
                raise  # it is started, and what becomes of it is for `on_timeout` to say
            if not self._sending:
                raise as_airflow(
                    ExtendRunTimeout(
                        "execution_timeout came before a run was started. A retry of this task starts one, or takes up "
                        "that of an earlier try.",
                        run_id=None,
                        cancelled=False,
                    )
                ) from None
            findable, resubmits = self._way() is not None, self.on_unknown_submission == _RESUBMIT
            way_out = "The API has no way to look it up: look in the dashboard, and clear this task to start another."
            if findable:
                way_out = "A retry of this task looks for it first."
            elif resubmits:
                way_out = "A retry of this task starts another, since on_unknown_submission is 'resubmit'."
            raise as_airflow(
                ExtendSubmissionUnknown(
                    f"execution_timeout came while the run was being started: it may be paid for. {way_out}",
                    can_be_found=findable or resubmits,
                )
            ) from None

    def _way(self) -> LookUp | None:
        """How the run can be searched for."""
        if not self.takes_metadata or self.overwrites_token:
            return None
        return look_up_of(self.kind, self._account.api_version)

    def _submission(self, client: ExtendClient, context: Context) -> Submission:
        way = self._way()

        def create(token: str, prepared: Any) -> Any:
            if self._killed:
                raise ExtendTaskKilled("The task was told to end. Nothing was started.")
            self._sending = True
            answer = self.create(client, self._metadata(context, token), prepared)
            made = answer.get("id") if isinstance(answer, Mapping) else None
            if isinstance(made, str) and made:
                # Before it is recorded: from here on a signal finds something to cancel.
                self._run_id = made
                self._arm()
            return answer

        def prepare() -> Prepared:
            prepared = self.prepare(client)
            self._runs = prepared.runs
            return prepared

        def search(sought: Sought) -> str | None:
            assert way is not None
            narrow = self.narrowed(client) if sought.as_named else None
            return find_by_token(client, way, sought.token, sought.since, narrow, sought.skip)

        can_cancel = self.cancel_on_kill and cancels(self.kind, client.api_version) is not None
        return Submission(
            what=self.kind.replace("_", " "),
            parts=self.parts(),
            prepare=prepare,
            create=create,
            keep=partial(self._keep, client),
            look_up=search if way is not None else None,
            cancel=partial(cancelling.cancel_run, client, self.kind) if can_cancel else None,
            left=self._why_left(client),
            account=self._asked_where(client),
            killed=lambda: self._killed,
            resubmit=self.on_unknown_submission == _RESUBMIT,
            max_runs=self.max_runs,
        )

    def _asked_where(self, client: ExtendClient) -> str:
        """Of an account, and of the form in which the run is asked for there."""
        where = [client.settings.base_url, client.settings.workspace_id, *self.form(client.api_version)]
        return fingerprints.of([*where, TOKEN_KEY] if self.overwrites_token else where)[:16]

    def _why_left(self, client: ExtendClient) -> str:
        if not readable(self.kind, client.api_version):
            return cancelling.ENDED_WITH_ITS_ANSWER
        if cancels(self.kind, client.api_version) is None:
            return cancelling.cannot_be_cancelled(self.kind)
        return "goes on, since cancel_on_kill is False"

    def _metadata(self, context: Context, token: str) -> dict[str, Any] | None:
        """The author's metadata, which wins, beside the token and the task's address."""
        if not self.takes_metadata:
            return None
        sent: dict[str, Any] = {TOKEN_KEY: token}
        if self.send_address:
            sent[TASK_KEY] = address_of(context["ti"])
        return sent | dict(self.own_metadata() or {})

    def _keep(self, client: ExtendClient, run_id: str) -> bool:
        """Whether the run of an earlier try is taken up."""
        what = self.kind.replace("_", " ")
        if not readable(self.kind, client.api_version):
            return self._keep_unread(what, run_id)
        try:
            run = self._earlier(client, run_id)
        except ExtendException as error:
            if not self._goes_on_waiting:
                raise
            # It is known and paid for: the wait looks past an outage, and decides at the run's end.
            self.log.warning("%s; %s %s of an earlier try is waited for all the same.", error, what, run_id)
            return True
        decision = decisions.earlier_run(run)
        for _ in range(SETTLE):
            if decision != decisions.WAIT:
                break
            time.sleep(1.0)
            run = self._earlier(client, run_id)
            decision = decisions.earlier_run(run)
        if run is None:
            with airflow_errors():
                raise ExtendRunFailed(
                    f"An earlier try started {what} {run_id}, which is paid for, and Extend does not know it (404): "
                    "deleted, or the connection now leads to another workspace, region or API version. None was "
                    "started in its place; clear this task to start one.",
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

    def _keep_unread(self, what: str, run_id: str) -> bool:
        """As `_keep`, where no call reads the run: its result went with the answer."""
        if self.on_unknown_submission == _RESUBMIT:
            self.log.warning(
                "%s %s of an earlier try has ended and cannot be read again; starting another, which is paid for too, "
                "since on_unknown_submission is 'resubmit'.",
                what,
                run_id,
            )
            return False
        with airflow_errors():
            raise ExtendRunFailed(
                f"An earlier try started {what} {run_id}, which has ended and is paid for. API version "
                f"{self._account.api_version} gives its result in the answer alone, and it cannot be read again. None "
                "was started in its place; clear this task to start one.",
                run_id=run_id,
                outcome="unknown",
            )

    @property
    def _goes_on_waiting(self) -> bool:
        """Whether the run is waited for once it is started."""
        return False

    def _arm(self) -> None:
        """Have the signal handler cancel the run."""
        endpoint = cancels(self.kind, self._account.api_version)
        if self.cancel_on_kill and endpoint is not None and self._run_id is not None:
            self._cancel_now = self._account.prepared(endpoint, self._run_id)

    def _earlier(self, client: ExtendClient, run_id: str) -> Run | None:
        try:
            with airflow_errors():
                return self._reads(client, self.kind, run_id, self._member_count)
        except Exception as error:
            if not isinstance(plain_error(error), ExtendNotFound):
                raise
            return None

    def _check_start(self, client: ExtendClient) -> None:
        find(self.creates).path(client.api_version)
        own = self.own_metadata()
        if own is not None and not self.takes_metadata:
            raise ExtendInputError(
                f"metadata is given: {self.kind.replace('_', ' ')}s take none in API version {client.api_version}. "
                "Nothing was sent."
            )
        self.check()
        for name, value in {**self.parts(), "metadata": own}.items():
            check_json(name, value)
        warnings = check_metadata(own, limit=OWN_METADATA_BYTES)
        for config in self.configs(client.api_version):
            warnings += check_config(config.kind, config.version, config.value, partial=config.partial)
        for warning in warnings:
            self.log.warning("%s", warning)
        if self.on_unknown_submission not in (_FAIL, _RESUBMIT):
            raise ExtendInputError(
                f"on_unknown_submission is {self.on_unknown_submission!r}: expected 'fail' or 'resubmit'. Nothing was "
                "sent."
            )
        if self.max_runs is not None and (
            isinstance(self.max_runs, bool) or not isinstance(self.max_runs, int)
        ):
            raise ExtendInputError(
                f"max_runs is {self.max_runs!r}: expected a whole number, or None. Nothing was sent."
            )
