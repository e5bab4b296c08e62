"""Making a paid call once per logical task, whatever dies when.

Airflow >= 3.3 keeps a record in the task state store, which survives retries: the intent before the call, the
id right after it. Below 3.3 a token computed from the task's address takes its place where the API can be
searched for it. Clearing a task raises `max_tries` and a retry does not: that is how the two are told apart.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_extend import fingerprints
from airflow_provider_extend._compat import conf
from airflow_provider_extend.api.errors import ExtendAnswerError, ExtendError, ExtendSubmissionUnknown
from airflow_provider_extend.api.retry import in_doubt
from airflow_provider_extend.exceptions import as_airflow

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context

RECORD_KEY = "extend_submission"
_RECORD_VERSION = 1
#: Lists may lag: what was made counts as absent only this long after the call.
LIST_LAG = 30.0
_NO_STORE = "Airflow below 3.3 keeps no record, so an earlier try may have got that far"

SUBMIT = "submit"
TAKE = "take"
LOOK_UP = "look_up"


@dataclass(frozen=True)
class Submission:
    """A call that must not be made twice.

    :param what: for messages, for instance `evaluation set run`.
    :param parts: what the author named; a change of any of them makes it another submission.
    :param prepare: reads and checks what is needed right before the call. Returns facts (JSON), which are kept in
        the record so that a later try that takes up the id has them too, and whatever `create` needs.
    :param create: makes the call with a token to leave behind and what `prepare` found; returns the answer.
    :param keep: reads what an earlier try made: True to take it, False to make a new one; raises to fail.
    :param look_up: one complete search for the token: the id, or None if it is not there; raises if it cannot
        be told. None: this kind cannot be searched for.
    """

    what: str
    parts: Mapping[str, Any]
    prepare: Callable[[], tuple[Mapping[str, Any], Any]]
    create: Callable[[str, Any], Any]
    keep: Callable[[str], bool]
    look_up: Callable[[str], str | None] | None = None


@dataclass(frozen=True)
class Receipt:
    """What `submit_once` made or found.

    :ivar facts: of `prepare`, in the try that made it; empty where only the API remembers that try.
    :ivar answer: of `create`, and what `prepare` had found for it; None where an earlier try made it.
    """

    id: str
    facts: Mapping[str, Any]
    answer: Any = None
    prepared: Any = None


def decide(record: Any, max_tries: int, parts: Mapping[str, str]) -> str:
    """What the stored record of an earlier try asks for: `submit`, `take` or `look_up`."""
    if (
        not isinstance(record, Mapping)
        or record.get("max_tries") != max_tries
        or record.get("parts") != parts
    ):
        return SUBMIT
    return TAKE if record.get("id") else LOOK_UP


def submit_once(
    context: Context, submission: Submission, log: Any, sleep: Callable[[float], None] = time.sleep
) -> Receipt:
    """What was made by this try or an earlier one.

    :raises ExtendFailException: an earlier call's outcome cannot be told; what to do is in the message.
    """
    ti = context["ti"]
    store: Any = context.get("task_state_store")
    parts = {name: fingerprints.of(value)[:16] for name, value in submission.parts.items()}
    record = store.get(RECORD_KEY) if store is not None else _computed(context, parts)
    action = decide(record, ti.max_tries, parts)
    if isinstance(record, Mapping):
        if action == SUBMIT:
            _say_why_new(record, parts, submission, log)
        elif record.get("id") and submission.keep(record["id"]):
            log.info(
                "Taking up the %s %s of an earlier try; nothing was sent.", submission.what, record["id"]
            )
            return Receipt(record["id"], record.get("facts") or {})
    if isinstance(record, Mapping) and action == LOOK_UP:
        known = "an earlier try died during the call" if store is not None else _NO_STORE
        found = _search(submission, record, known, sleep)
        if found is not None:
            log.info("An earlier try made the %s %s; taking it up.", submission.what, found)
            _remember(store, {**record, "id": found}, submission, log)
            return Receipt(found, record.get("facts") or {})
    facts, prepared = submission.prepare()
    intent = {
        "v": _RECORD_VERSION,
        "token": secrets.token_hex(16) if store is not None else _computed_token(context, parts),
        "max_tries": ti.max_tries,
        "parts": parts,
        "facts": dict(facts),
        "started_at": time.time(),
    }
    if store is not None:
        store.set(RECORD_KEY, intent)
    try:
        answer = submission.create(str(intent["token"]), prepared)
        made = id_of(answer)
    except Exception as error:
        plain = getattr(error, "error", error)
        if not isinstance(plain, ExtendError):
            raise
        if in_doubt(plain):
            raise as_airflow(_unknown(submission, plain.message)) from error
        # Refused for certain: a retry may ask again.
        if store is not None:
            store.delete(RECORD_KEY)
        raise
    _remember(store, {**intent, "id": made}, submission, log)
    return Receipt(made, facts, answer, prepared)


def id_of(answer: Any) -> str:
    """The id in the answer to a create.

    :raises ExtendAnswerError: there is none, so that it is in doubt what was made.
    """
    made = answer.get("id") if isinstance(answer, Mapping) else None
    if not isinstance(made, str) or not made:
        raise ExtendAnswerError("Extend's answer to a create has no id", status=200)
    return made


def _search(
    submission: Submission, record: Mapping[str, Any], known: str, sleep: Callable[[float], None]
) -> str | None:
    """The id of what the token was left on; None once it is certainly not there."""
    if submission.look_up is None:
        raise as_airflow(_unknown(submission, known))
    while True:
        searched_at = time.time()
        found = submission.look_up(record["token"])
        if found is not None:
            return found
        left = record["started_at"] + LIST_LAG - searched_at
        if left <= 0:
            return None
        sleep(min(left, LIST_LAG))


def _unknown(submission: Submission, cause: str) -> ExtendSubmissionUnknown:
    if submission.look_up is not None:
        way_out = (
            "A retry of this task looks for it before it asks again; clearing the task asks again unseen."
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


def _say_why_new(
    record: Mapping[str, Any], parts: Mapping[str, str], submission: Submission, log: Any
) -> None:
    old = record.get("parts") or {}
    changed = sorted(name for name in {*old, *parts} if old.get(name) != parts.get(name))
    reason = f"{', '.join(changed)} changed" if changed else "the task was cleared"
    earlier = f"{record['id']} of an earlier try" if record.get("id") else "that an earlier try may have made"
    log.warning(
        "Asking for a new %s, since %s. The one %s cannot be cancelled through the API and stays as it is.",
        submission.what,
        reason,
        earlier,
    )


def _computed(context: Context, parts: Mapping[str, str]) -> dict[str, Any] | None:
    """Below Airflow 3.3: the record that a retry would have found, or None for a first try."""
    ti = context["ti"]
    # A clear sets max_tries to try_number + retries, so the second holds for the first try after a clear.
    if ti.try_number in (1, ti.max_tries - (ti.task.retries or 0) + 1):
        return None
    token = _computed_token(context, parts)
    return {"token": token, "max_tries": ti.max_tries, "parts": dict(parts), "started_at": time.time()}


def _computed_token(context: Context, parts: Mapping[str, str]) -> str:
    ti = context["ti"]
    deployment = conf.get("extend", "deployment", fallback="")
    address = [deployment, ti.dag_id, ti.run_id, ti.task_id, ti.map_index, ti.max_tries]
    return fingerprints.of([address, dict(parts)])[:32]
