"""Making a paid call once per logical task, whatever dies when.

Airflow >= 3.3 keeps a record in the task state store, which survives retries: the intent before the call, the
id right after it. Below 3.3 a token computed from the task's address takes its place where the API can be
searched for it. What follows from a record is decided in `airflow_provider_extend.decisions`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_extend import decisions, fingerprints
from airflow_provider_extend.api.errors import (
    ExtendAnswerError,
    ExtendError,
    ExtendRunMoving,
    ExtendSubmissionUnknown,
    ExtendTaskKilled,
    plain_error,
)
from airflow_provider_extend.exceptions import as_airflow
from airflow_provider_extend.operators._address import deployment
from airflow_provider_extend.operators._spent import Spent

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.cancelling import Cancelled

RECORD_KEY = "extend_submission"
#: Below Airflow 3.3 a search goes back to the start of the DAG run, and no further than this.
_LONGEST_SEARCH = 7 * 86400.0
#: How often one try makes the call, where a search has shown each time that it was not carried out.
_CALLS = 3
#: A wait is cut into these, so that a task that is told to end does not wait on.
_NAP = 1.0
_NO_STORE = "Airflow below 3.3 keeps no record, so an earlier try may have got that far"


@dataclass(frozen=True)
class Prepared:
    """What is found out right before the call.

    :ivar facts: JSON; kept in the record, so that a later try that takes up the id has them too.
    :ivar value: whatever `create` needs.
    :ivar runs: how many runs the call starts and Extend charges for.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    value: Any = field(default=None, repr=False)
    runs: int = 1


@dataclass(frozen=True)
class Sought:
    """What a search is for.

    :ivar token: what the call left behind.
    :ivar since: how far back, in seconds since the epoch.
    :ivar as_named: whether it is known to be what the author names now; else it may have been named otherwise.
    :ivar skip: ids that are known, and are not what is looked for.
    :ivar facts: what `prepare` had found out right before the call; empty where no record tells.
    """

    token: str
    since: float
    as_named: bool = True
    skip: frozenset[str] = frozenset()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Submission:
    """A call that must not be made twice.

    :param what: for messages, for instance `evaluation set run`.
    :param parts: what the author named; a change of any of them makes it another submission.
    :param prepare: reads and checks what is needed right before the call.
    :param create: makes the call with a token to leave behind and what `prepare` found; returns the answer.
    :param keep: reads what an earlier try made: True to take it, False to make a new one; raises to fail.
    :param look_up: one complete search: the id, or None if it is not there; raises if it cannot be told. None: this
        kind cannot be searched for.
    :param cancel: cancels what an earlier try made, given its id; raises if it cannot be told what became of it.
        None: `left` says why it goes on.
    :param left: what becomes of an earlier one that is not cancelled.
    :param account: where the call goes, and in what form; a search elsewhere proves nothing.
    :param killed: whether the task was told to end.
    :param resubmit: where it cannot be told whether the call was carried out, make it again.
    :param done: what a call that was carried out has done, for messages: what costs nothing is only `made`.
    :param max_runs: most runs that this task may pay for in its DAG run, over all its tries.
    """

    what: str
    parts: Mapping[str, Any] = field(repr=False)
    prepare: Callable[[], Prepared]
    create: Callable[[str, Any], Any]
    keep: Callable[[str], bool]
    look_up: Callable[[Sought], str | None] | None = None
    cancel: Callable[[str], Cancelled] | None = None
    left: str = "stays as it is"
    account: str | None = None
    killed: Callable[[], bool] = lambda: False
    resubmit: bool = False
    done: str = "paid for"
    max_runs: int | None = None


@dataclass(frozen=True)
class Receipt:
    """What `submit_once` made or found.

    :ivar facts: of `prepare`, in the try that made it; empty where only the API remembers that try.
    :ivar answer: of `create`, and what `prepare` had found for it; None where an earlier try made it, or where
        the answer was lost and the search found it.
    """

    id: str
    facts: Mapping[str, Any]
    answer: Any = field(default=None, repr=False)
    prepared: Any = field(default=None, repr=False)


def submit_once(
    context: Context, submission: Submission, log: Any, sleep: Callable[[float], None] = time.sleep
) -> Receipt:
    """What was made by this try or an earlier one.

    :raises ExtendFailException: an earlier call's outcome cannot be told, or `max_runs` would be exceeded; what to do
        is in the message.
    """
    return _Submitting(context, submission, log, sleep).receipt()


class _Submitting:
    """One try at a submission."""

    def __init__(
        self, context: Context, submission: Submission, log: Any, sleep: Callable[[float], None]
    ) -> None:
        self._context = context
        self._asked = submission
        self._log = log
        self._sleep = sleep
        self._store: Any = context.get("task_state_store")
        self._spent = Spent(self._store)
        self._max_tries = context["ti"].max_tries
        self._parts = {name: decisions.part(value) for name, value in submission.parts.items()}
        #: What earlier tries made, and this one does not take.
        self._given_up: set[str] = set()

    def receipt(self) -> Receipt:
        record: Any = self._store.get(RECORD_KEY) if self._store is not None else self._computed()
        plan = decisions.next_try(record, self._max_tries, self._parts)
        if plan.action == decisions.FAIL:
            raise as_airflow(
                ExtendSubmissionUnknown(
                    f"The record that an earlier try left of its {self._asked.what} cannot be read: a newer version of "
                    "this package may have written it. Nothing was started. Look in the dashboard, then delete "
                    f"{RECORD_KEY!r} from the task's state store to have another started.",
                    can_be_found=False,
                )
            )
        if plan.action != decisions.SUBMIT:
            found = self._of_earlier_try(plan, record)
            if found is not None:
                return found
        if plan.gives_up_earlier:
            self._give_up(plan, record)
        return self._submit()

    def _of_earlier_try(self, plan: decisions.NextTry, record: Mapping[str, Any]) -> Receipt | None:
        """What an earlier try made for this one, if it is taken up."""
        asked, made = self._asked, record.get("id")
        how = "Taking up the %s %s of an earlier try; nothing was sent."
        if plan.action == decisions.LOOK_UP:
            known = "an earlier try died during the call" if self._store is not None else _NO_STORE
            made, how = self._search(record, known), "An earlier try made the %s %s; taking it up."
            if made is None:
                if self._store is None:
                    self._log.warning(
                        "No earlier try has made this very %s. Had one asked for something else, its run goes on: "
                        "Airflow below 3.3 keeps no record of it.",
                        asked.what,
                    )
                return None
            record = {**record, "id": made}
            self._remember(record)
        assert made is not None
        self._spent.note(made, record.get("runs", 1))
        if not asked.keep(made):
            self._given_up.add(made)
            return None
        self._log.info(how, asked.what, made)
        return Receipt(made, record.get("facts") or {})

    def _submit(self) -> Receipt:
        asked, error = self._asked, None
        for _ in range(_CALLS):
            prepared = asked.prepare()
            self._spent.check(prepared.runs, asked.max_runs, asked.what)
            intent = {
                "v": decisions.RECORD_VERSION,
                "token": secrets.token_hex(16) if self._store is not None else self._computed_token(),
                "max_tries": self._max_tries,
                "parts": self._parts,
                "facts": dict(prepared.facts),
                "started_at": time.time(),
                "runs": prepared.runs,
                "account": asked.account,
            }
            if self._store is not None:
                self._store.set(RECORD_KEY, intent)
            made, answer, error = self._call(intent, prepared)
            means = decisions.answer_means(error)
            if error is not None and means == decisions.REFUSED:
                self._forget_intent()
                raise as_airflow(error) from None
            if error is not None:
                if asked.look_up is None:
                    raise self._unknown(error.message) from None
                self._log.warning("%s", error.message)
                made = self._search(intent, error.message)
            if made is not None:
                self._remember({**intent, "id": made})
                self._spent.note(made, prepared.runs)
                return Receipt(made, prepared.facts, answer, prepared.value)
        assert error is not None
        raise self._unknown(error.message) from error

    def _call(
        self, intent: Mapping[str, Any], prepared: Prepared
    ) -> tuple[str | None, Any, ExtendError | None]:
        """Id and answer, or the error; what is none of Extend's errors leaves the intent as it is."""
        try:
            answer = self._asked.create(str(intent["token"]), prepared.value)
            return id_of(answer), answer, None
        except Exception as raised:
            plain = plain_error(raised)
            if not isinstance(plain, ExtendError):
                raise
            return None, None, plain

    def _search(self, record: Mapping[str, Any], cause: str, as_named: bool = True) -> str | None:
        """The id of what the token was left on; None once it is certainly not there, or is to be asked for again."""
        asked = self._asked
        look_up, cannot = asked.look_up, cause
        if record["started_at"] is None:
            look_up, cannot = None, f"{cause}, longer ago than a search goes back"
        elif self._elsewhere(record):
            look_up, cannot = (
                None,
                f"{cause}, and it was asked for otherwise then: another account, API version or token",
            )
        if look_up is None:
            if not asked.resubmit:
                raise self._unknown(cannot, findable=False)
            self._log.warning(
                "It cannot be told whether Extend made the %s (%s); asking for it (again), since "
                "on_unknown_submission is 'resubmit'. It may be %s twice.",
                asked.what,
                cannot,
                asked.done,
            )
            self._note_unknown(record)
            return None
        settled = decisions.settled_at(record.get("sent_at", record["started_at"]), time.time())
        sought = Sought(
            record["token"],
            record["started_at"],
            as_named,
            frozenset(self._given_up),
            record.get("facts") or {},
        )
        while True:
            searched_at, killed = time.time(), asked.killed()
            try:
                found = look_up(sought)
            except Exception as raised:
                plain = plain_error(raised)
                if isinstance(plain, ExtendSubmissionUnknown):
                    raise as_airflow(plain) from None  # it says itself what was found
                if isinstance(plain, ExtendError) and plain.is_permanent():
                    raise self._unknown(f"{cause}; and the search for it fails: {plain.message}") from raised
                raise
            if found is not None:
                return found
            if searched_at >= settled:
                return None
            if killed:
                raise as_airflow(
                    ExtendTaskKilled(
                        f"The task was told to end while it searched for a {asked.what} that may have been made, "
                        "and that is not listed yet. A retry looks for it."
                    )
                )
            self._log.info("Extend lists no such %s yet; looking again, since a list may lag.", asked.what)
            while (left := settled - time.time()) > 0 and not asked.killed():
                self._sleep(min(left, _NAP))

    def _give_up(self, plan: decisions.NextTry, record: Mapping[str, Any]) -> None:
        """Cancel what an earlier try made, since this one asks for another; say what became of it.

        Where that cannot be told, or it goes on although it can be cancelled, an error is raised: two of them must not
        be alive at a time.
        """
        asked = self._asked
        reason = f"{', '.join(plan.changed)} changed" if plan.changed else "the task was cleared"
        made = record.get("id")
        searched = asked.look_up is not None and asked.cancel is not None and not self._elsewhere(record)
        if made is None and searched:
            made = self._search(record, "an earlier try died during the call", as_named=False)
            if made is None:
                return
        if made is None:
            self._note_unknown(record)
            left = "may go on there" if self._elsewhere(record) else asked.left
            became = f"one that an earlier try may have made {left}"
        else:
            self._spent.note(made, record.get("runs", 1))
            self._given_up.add(made)
            became = f"one of an earlier try, {made}, {asked.left}"
            if asked.cancel is not None:
                done = asked.cancel(made)
                became = f"one of an earlier try, {made}, {done.words}"
                if done.refused:
                    raise as_airflow(
                        ExtendRunMoving(
                            f"A new {asked.what} is asked for, since {reason}, and the {became}. Nothing was "
                            "started; a retry cancels it again first.",
                            run_id=made,
                        )
                    )
        self._log.warning("Asking for a new %s, since %s. The %s.", asked.what, reason, became)

    def _elsewhere(self, record: Mapping[str, Any]) -> bool:
        """Whether it is asked for in another account, or otherwise, than when the record was made."""
        return record.get("account") not in (None, self._asked.account)

    def _note_unknown(self, record: Mapping[str, Any]) -> None:
        """What may have been paid for counts as paid for."""
        self._spent.note(f"unknown {str(record['token'])[:8]}", record.get("runs", 1))

    def _unknown(self, cause: str, findable: bool | None = None) -> Exception:
        """The error that spells out the choice.

        :param findable: whether a retry can find out; default: whether this kind can be searched for.
        """
        asked = self._asked
        if findable is None:
            findable = asked.look_up is not None
        if findable:
            way_out = (
                "A retry of this task looks for it before it asks again; clearing the task does so too, and gives up "
                "what it finds."
            )
        elif asked.resubmit:
            findable = True
            way_out = (
                "A retry of this task asks for it again, since on_unknown_submission is 'resubmit'; it may be "
                f"{asked.done} twice."
            )
        else:
            no_way = "The API has no way to look it up, and it" if asked.look_up is None else "It"
            way_out = (
                f"{no_way} was not asked for again, since it may be {asked.done} already. Look in the dashboard: "
                "if it is there, use its id in place of this task's; if not, clear this task to ask for it again."
            )
        return as_airflow(
            ExtendSubmissionUnknown(
                f"It cannot be told whether Extend made the {asked.what} ({cause.rstrip('.')}). {way_out}",
                can_be_found=findable,
            )
        )

    def _remember(self, record: Mapping[str, Any]) -> None:
        """Store the receipt. It is paid for: if it cannot be stored, that is said and the task goes on."""
        if self._store is None:
            return
        try:
            self._store.set(RECORD_KEY, dict(record))
        except Exception:
            self._log.exception(
                "The %s %s was made but could not be recorded.", self._asked.what, record["id"]
            )

    def _forget_intent(self) -> None:
        """Certainly nothing was made: a retry may ask again. If it cannot be told to, it searches."""
        if self._store is None:
            return
        try:
            self._store.delete(RECORD_KEY)
        except Exception:
            self._log.exception("That no %s was made could not be recorded.", self._asked.what)

    def _computed(self) -> dict[str, Any] | None:
        """Below Airflow 3.3: the record that a retry would have found, or None for a first try."""
        ti = self._context["ti"]
        if ti.try_number == 1:
            return None
        # A clear sets max_tries to try_number + retries, so this holds for the first try after a clear, and also
        # where `retries` were lowered meanwhile: where there is something to search by, it is searched for.
        cleared = ti.try_number == ti.max_tries - (ti.task.retries or 0) + 1
        if cleared:
            self._log.warning(
                "If this task was cleared: Airflow below 3.3 keeps no record of the %s that an earlier try may have "
                "made: it is not cancelled.",
                self._asked.what,
            )
        now = time.time()
        began = _began(self._context.get("dag_run"), now)
        if cleared and (self._asked.look_up is None or now - began > _LONGEST_SEARCH):
            return None
        return {
            "v": decisions.RECORD_VERSION,
            "token": self._computed_token(),
            "max_tries": ti.max_tries,
            "parts": self._parts,
            # When the call was made is not known, so it counts as made just now.
            "started_at": began if now - began <= _LONGEST_SEARCH else None,
            "sent_at": now,
        }

    def _computed_token(self) -> str:
        ti = self._context["ti"]
        address = [deployment(), ti.dag_id, ti.run_id, ti.task_id, ti.map_index, ti.max_tries]
        return fingerprints.of([address, self._parts])[:32]


def id_of(answer: Any) -> str:
    """The id in the answer to a create.

    :raises ExtendAnswerError: there is none, so that it is in doubt what was made.
    """
    made = answer.get("id") if isinstance(answer, Mapping) else None
    if not isinstance(made, str) or not made:
        raise ExtendAnswerError("Extend's answer to a create has no id", status=200)
    return made


def _began(dag_run: Any, now: float) -> float:
    """When the DAG run's first task can have run: for one of the past not before its start, unless it was cleared."""
    started = getattr(dag_run, "start_date", None) if not getattr(dag_run, "clear_number", 1) else None
    began = started or getattr(dag_run, "run_after", None)
    return began.timestamp() if began is not None else now
