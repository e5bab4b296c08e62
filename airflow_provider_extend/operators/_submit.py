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
from airflow_provider_extend._compat import conf
from airflow_provider_extend.api.errors import (
    ExtendAnswerError,
    ExtendError,
    ExtendSubmissionUnknown,
)
from airflow_provider_extend.exceptions import as_airflow
from airflow_provider_extend.operators._spent import Spent

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context

RECORD_KEY = "extend_submission"
#: Below Airflow 3.3 a search goes back to the start of the DAG run, and no further than this.
_LONGEST_SEARCH = 7 * 86400.0
#: How often one try makes the call, where a search has shown each time that it was not carried out.
_CALLS = 3
_NO_STORE = "Airflow below 3.3 keeps no record, so an earlier try may have got that far"


@dataclass(frozen=True)
class Prepared:
    """What is found out right before the call.

    :ivar facts: JSON; kept in the record, so that a later try that takes up the id has them too.
    :ivar value: whatever `create` needs.
    :ivar runs: how many runs the call starts and Extend charges for.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    value: Any = None
    runs: int = 1


@dataclass(frozen=True)
class Submission:
    """A call that must not be made twice.

    :param what: for messages, for instance `evaluation set run`.
    :param parts: what the author named; a change of any of them makes it another submission.
    :param prepare: reads and checks what is needed right before the call.
    :param create: makes the call with a token to leave behind and what `prepare` found; returns the answer.
    :param keep: reads what an earlier try made: True to take it, False to make a new one; raises to fail.
    :param look_up: one complete search for the token back to a time (seconds since the epoch): the id, or None if
        it is not there; raises if it cannot be told. None: this kind cannot be searched for.
    :param cancel: cancels what an earlier try made, given its id, and says in words what became of it; raises if
        that cannot be told. None: `left` says why it goes on.
    :param left: what becomes of an earlier one that is not cancelled.
    :param resubmit: where it cannot be told whether the call was carried out, make it again.
    :param max_runs: most runs that this task may pay for in its DAG run, over all its tries.
    """

    what: str
    parts: Mapping[str, Any]
    prepare: Callable[[], Prepared]
    create: Callable[[str, Any], Any]
    keep: Callable[[str], bool]
    look_up: Callable[[str, float], str | None] | None = None
    cancel: Callable[[str], str] | None = None
    left: str = "stays as it is"
    resubmit: bool = False
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
    answer: Any = None
    prepared: Any = None


def submit_once(
    context: Context, submission: Submission, log: Any, sleep: Callable[[float], None] = time.sleep
) -> Receipt:
    """What was made by this try or an earlier one.

    :raises ExtendFailException: an earlier call's outcome cannot be told, or `max_runs` would be exceeded; what to do
        is in the message.
    """
    ti = context["ti"]
    store: Any = context.get("task_state_store")
    spent = Spent(store)
    parts = {name: decisions.part(value) for name, value in submission.parts.items()}
    record = store.get(RECORD_KEY) if store is not None else _computed(context, parts, submission, log)
    plan = decisions.next_try(record, ti.max_tries, parts)
    if plan.action == decisions.FAIL:
        raise as_airflow(_unknown(submission, "the record of an earlier try cannot be read"))
    found = _of_earlier_try(plan, record, submission, store, spent, log, sleep)
    if found is not None:
        return found
    if plan.gives_up_earlier and record is not None:
        _give_up(plan, record, submission, log, sleep)
    return _submit(context, store, spent, parts, submission, log, sleep)


def _of_earlier_try(
    plan: decisions.NextTry,
    record: Any,
    submission: Submission,
    store: Any,
    spent: Spent,
    log: Any,
    sleep: Callable[[float], None],
) -> Receipt | None:
    """What an earlier try made for this one, if it is taken up."""
    if plan.action == decisions.SUBMIT:
        return None
    if plan.action == decisions.TAKE:
        made, how = record["id"], "Taking up the %s %s of an earlier try; nothing was sent."
    else:
        known = "an earlier try died during the call" if store is not None else _NO_STORE
        made, how = (
            _search(submission, record, known, log, sleep),
            "An earlier try made the %s %s; taking it up.",
        )
        if made is None:
            return None
        record = {**record, "id": made}
        _remember(store, record, submission, log)
    spent.note(made, record.get("runs", 1))
    if not submission.keep(made):
        return None
    log.info(how, submission.what, made)
    return Receipt(made, record.get("facts") or {})


def _submit(
    context: Context,
    store: Any,
    spent: Spent,
    parts: Mapping[str, str],
    submission: Submission,
    log: Any,
    sleep: Callable[[float], None],
) -> Receipt:
    error: ExtendError | None = None
    for _ in range(_CALLS):
        prepared = submission.prepare()
        spent.check(prepared.runs, submission.max_runs, submission.what)
        intent = {
            "v": decisions.RECORD_VERSION,
            "token": secrets.token_hex(16) if store is not None else _computed_token(context, parts),
            "max_tries": context["ti"].max_tries,
            "parts": parts,
            "facts": dict(prepared.facts),
            "started_at": time.time(),
            "runs": prepared.runs,
        }
        if store is not None:
            store.set(RECORD_KEY, intent)
        answer: Any = None
        made: str | None = None
        try:
            answer = submission.create(str(intent["token"]), prepared.value)
            made = id_of(answer)
        except Exception as raised:
            error = _plain(raised)
            if decisions.answer_means(error) == decisions.REFUSED:
                # Certainly not made: a retry may ask again.
                if store is not None:
                    store.delete(RECORD_KEY)
                raise
            log.warning("%s", error.message)
            made = _search(submission, intent, error.message, log, sleep)
            answer = None
        if made is not None:
            _remember(store, {**intent, "id": made}, submission, log)
            spent.note(made, prepared.runs)
            return Receipt(made, prepared.facts, answer, prepared.value)
    assert error is not None
    raise as_airflow(_unknown(submission, error.message)) from error


def _plain(error: Exception) -> ExtendError:
    plain = getattr(error, "error", error)
    if not isinstance(plain, ExtendError):
        raise error
    return plain


def id_of(answer: Any) -> str:
    """The id in the answer to a create.

    :raises ExtendAnswerError: there is none, so that it is in doubt what was made.
    """
    made = answer.get("id") if isinstance(answer, Mapping) else None
    if not isinstance(made, str) or not made:
        raise ExtendAnswerError("Extend's answer to a create has no id", status=200)
    return made


def _search(
    submission: Submission,
    record: Mapping[str, Any],
    cause: str,
    log: Any,
    sleep: Callable[[float], None],
) -> str | None:
    """The id of what the token was left on; None once it is certainly not there, or is to be asked for again."""
    if submission.look_up is None:
        if not submission.resubmit:
            raise as_airflow(_unknown(submission, cause))
        log.warning(
            "It cannot be told whether Extend made the %s; asking for it (again), since on_unknown_submission is "
            "'resubmit'. It may be paid for twice.",
            submission.what,
        )
        return None
    started_at = record["started_at"]
    if started_at is None:
        raise as_airflow(_unknown(submission, f"{cause}, longer ago than a search goes back"))
    settled = decisions.settled_at(record.get("sent_at", started_at), time.time())
    while True:
        searched_at = time.time()
        found = submission.look_up(record["token"], started_at)
        if found is not None:
            return found
        if searched_at >= settled:
            return None
        log.info("Extend lists no such %s yet; looking again, since a list may lag.", submission.what)
        sleep(max(0.0, settled - time.time()))


def _unknown(submission: Submission, cause: str) -> ExtendSubmissionUnknown:
    if submission.look_up is not None:
        way_out = (
            "A retry of this task looks for it before it asks again; clearing the task does so too, and gives up "
            "what it finds."
        )
    else:
        way_out = (
            "The API has no way to look it up, and it was not asked for again, since it may be paid for already. "
            "Look in the dashboard: if it is there, use its id in place of this task's; if not, clear this task to "
            "ask for it again."
        )
    return ExtendSubmissionUnknown(
        f"It cannot be told whether Extend made the {submission.what} ({cause.rstrip('.')}). {way_out}",
        can_be_found=submission.look_up is not None,
    )


def _remember(store: Any, record: Mapping[str, Any], submission: Submission, log: Any) -> None:
    """Store the receipt. It is paid for: if it cannot be stored, that is said and the task goes on."""
    if store is None:
        return
    try:
        store.set(RECORD_KEY, dict(record))
    except Exception:
        log.exception("The %s %s was made but could not be recorded.", submission.what, record["id"])


def _give_up(
    plan: decisions.NextTry,
    record: Mapping[str, Any],
    submission: Submission,
    log: Any,
    sleep: Callable[[float], None],
) -> None:
    """Cancel what an earlier try made, since this one asks for another; say what became of it.

    Where that cannot be told the error is raised: two of them must not be alive at a time.
    """
    reason = f"{', '.join(plan.changed)} changed" if plan.changed else "the task was cleared"
    made = record.get("id")
    if made is None and submission.look_up is not None and submission.cancel is not None:
        made = _search(submission, record, "an earlier try died during the call", log, sleep)
        if made is None:
            return
    if made is None:
        became = f"one that an earlier try may have made {submission.left}"
    elif submission.cancel is None:
        became = f"one of an earlier try, {made}, {submission.left}"
    else:
        became = f"one of an earlier try, {made}, {submission.cancel(made)}"
    log.warning("Asking for a new %s, since %s. The %s.", submission.what, reason, became)


def _computed(
    context: Context, parts: Mapping[str, str], submission: Submission, log: Any
) -> dict[str, Any] | None:
    """Below Airflow 3.3: the record that a retry would have found, or None for a first try."""
    ti = context["ti"]
    if ti.try_number == 1:
        return None
    # A clear sets max_tries to try_number + retries, so this holds for the first try after a clear.
    if ti.try_number == ti.max_tries - (ti.task.retries or 0) + 1:
        log.warning(
            "This task was cleared. Airflow below 3.3 keeps no record of the %s that an earlier try may have made: it "
            "is not cancelled.",
            submission.what,
        )
        return None
    now = time.time()
    run_after = getattr(context.get("dag_run"), "run_after", None)
    began = run_after.timestamp() if run_after is not None else now
    return {
        "v": decisions.RECORD_VERSION,
        "token": _computed_token(context, parts),
        "max_tries": ti.max_tries,
        "parts": dict(parts),
        # Back to the start of the DAG run; when the call was made is not known, so it counts as made just now.
        "started_at": began if now - began <= _LONGEST_SEARCH else None,
        "sent_at": now,
    }


def _computed_token(context: Context, parts: Mapping[str, str]) -> str:
    ti = context["ti"]
    deployment = conf.get("extend", "deployment", fallback="")
    address = [deployment, ti.dag_id, ti.run_id, ti.task_id, ti.map_index, ti.max_tries]
    return fingerprints.of([address, dict(parts)])[:32]
