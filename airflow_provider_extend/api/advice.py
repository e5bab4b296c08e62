"""What to do about each error: whether waiting helps, or who has to change what. One table for policy and documents."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_extend.api import errors
from airflow_provider_extend.api.errors import ExtendError

#: Waiting helps: a retry of the task goes on where this try ended.
RETRY = "retry"
#: Somebody who writes DAGs or sets up the connection has to change something first.
FIX = "fix the config"
#: Somebody who administers the Extend account, or this Airflow, has to.
ADMIN = "call the admin"
#: The run itself has ended so: look at it.
LOOK = "look at the run"


@dataclass(frozen=True, slots=True)
class Advice:
    """One row.

    :ivar action: `retry`, `fix the config`, `call the admin` or `look at the run`.
    :ivar words: what exactly, for whoever reads the reason of a failed task.
    :ivar delay: seconds until a retry makes sense, doubled with each try; 0: at once.
    """

    error: type[ExtendError]
    action: str
    words: str
    delay: float = 0.0


#: The first row that fits counts, so a class stands before its base.
ADVICE: tuple[Advice, ...] = (
    Advice(
        errors.ExtendHostNotAllowed, ADMIN, "allow the host in [extend] allowed_hosts, or mend the connection"
    ),
    Advice(
        errors.ExtendEndpointNotInVersion, FIX, "choose an api_version in the connection that has this call"
    ),
    Advice(errors.ExtendInputError, FIX, "the message names the value and what was expected"),
    Advice(errors.ExtendConnectionError, RETRY, "no answer came", 30.0),
    Advice(
        errors.ExtendAnswerError, RETRY, "what answered was not Extend's API: a proxy, or an outage", 30.0
    ),
    Advice(errors.ExtendInvalidRequest, FIX, "the message says which value Extend refuses"),
    Advice(
        errors.ExtendUnauthorized,
        FIX,
        "the API key is wrong, revoked or of another region: see the connection",
    ),
    Advice(errors.ExtendUsageBlocked, ADMIN, "settle the account's credits or billing with Extend"),
    Advice(errors.ExtendForbidden, ADMIN, "the key's scope or the workspace does not allow this"),
    Advice(errors.ExtendNotFound, FIX, "the id is mistyped, deleted, or of another workspace or region"),
    Advice(errors.ExtendEndpointRemoved, FIX, "this api_version no longer has the call"),
    Advice(errors.ExtendRateLimited, RETRY, "the account's rate limit is used up", 60.0),
    Advice(errors.ExtendServerError, RETRY, "Extend failed by itself", 30.0),
    Advice(errors.ExtendAPIError, RETRY, "Extend calls the error retryable", 30.0),
    Advice(errors.ExtendRunFailed, LOOK, "the run ended so; its reason is in the message"),
    Advice(errors.ExtendRunMoving, RETRY, "the run has not ended", 30.0),
    Advice(errors.ExtendRunTimeout, LOOK, "the run took longer than the task allows"),
    Advice(
        errors.ExtendRunUnreadable, RETRY, "the run goes on and cannot be read: the message says why", 60.0
    ),
    Advice(errors.ExtendOutputNotWritten, RETRY, "the result could not be written to output_path", 30.0),
    Advice(errors.ExtendStorageError, RETRY, "an object store could not be read or written", 30.0),
    Advice(errors.ExtendResultTooLarge, FIX, "split the document, or have less written of it"),
    Advice(errors.ExtendTaskKilled, RETRY, "the task was told to end"),
    Advice(errors.ExtendSubmissionUnknown, LOOK, "look in the dashboard whether the run was started"),
    Advice(errors.ExtendPublishedConfigDiffers, LOOK, "look at the published version in the dashboard"),
    Advice(errors.ExtendSecretNotKept, ADMIN, "delete the webhook endpoint at Extend, then clear the task"),
    Advice(errors.ExtendError, LOOK, "read the message"),
)

#: What a retry does for errors that are worth one although their row says otherwise: a run that may be found, a
#: run that goes on, a failure that a new run may not meet again.
_WORTH_A_RETRY = Advice(ExtendError, RETRY, "a retry goes on where this try ended", 10.0)
_LONGEST_DELAY = 900.0


def advice_for(error: ExtendError) -> Advice:
    """The row for `error`, as it is: whether a retry helps is the error's own word."""
    row = next(row for row in ADVICE if isinstance(error, row.error))
    if error.is_permanent():
        if error.paid_in_doubt:
            return Advice(type(error), LOOK, "look in the dashboard whether the run was started")
        return row if row.action != RETRY else Advice(row.error, FIX, row.words)
    return row if row.action == RETRY else _WORTH_A_RETRY


def delay_of(error: ExtendError, try_number: int) -> float:
    """Seconds until the next try; never sooner than the server asked."""
    base = advice_for(error).delay * 2.0 ** min(max(try_number - 1, 0), 16)
    asked = getattr(error, "retry_after", None) or 0.0
    return max(min(base, _LONGEST_DELAY), asked)
