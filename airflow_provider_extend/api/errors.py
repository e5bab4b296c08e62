"""Everything that can go wrong between a DAG and Extend, as plain Python exceptions.

    ExtendError
     +- ExtendInputError            refused before anything was sent
     |   +- ExtendHostNotAllowed
     |   +- ExtendEndpointNotInVersion
     +- ExtendConnectionError       no answer: the request may or may not have been carried out
     +- ExtendAnswerError           an answer that is not the API's: HTML, truncated JSON, nothing, a redirect
     +- ExtendAPIError              an error answer of the API, by status below
     |   +- ExtendInvalidRequest        400, 422
     |   +- ExtendUnauthorized          401
     |   +- ExtendUsageBlocked          402
     |   +- ExtendForbidden             403
     |   +- ExtendNotFound              404
     |   +- ExtendEndpointRemoved       code ENDPOINT_REMOVED
     |   +- ExtendRateLimited           429
     |   +- ExtendServerError           5xx, 408
     +- ExtendRunFailed             a run ended, not in success
     +- ExtendRunMoving             a run that was to be read has not ended
     +- ExtendRunTimeout            a run did not end in the time that its task had
     +- ExtendRunUnreadable         a run goes on, and cannot be read just now
     +- ExtendOutputNotWritten      a run has ended, and its result could not be written
     +- ExtendStorageError          an object store could not be read or written
     +- ExtendResultTooLarge        a result is larger than is read into memory
     +- ExtendTaskKilled            the task was told to end
     +- ExtendSubmissionUnknown     a call whose outcome cannot be told, and that must not be made twice
     +- ExtendPublishedConfigDiffers
     +- ExtendSecretNotKept         a webhook endpoint was made, and its signing secret is not kept

`permanent` says whether the same call can succeed without somebody changing something: Airflow's retries
are spent on an error only where it is False.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class ExtendError(Exception):
    """Base of all errors of this package.

    :param context: facts worth having beside the message (ids, statuses); never a key or document content.
    """

    permanent: ClassVar[bool] = False

    def __init__(self, message: str, **context: Any) -> None:
        super().__init__(message)
        self.message = message
        self.context = context
        #: A paid create that Extend may have carried out: a retry of the task would pay again.
        self.paid_in_doubt = False

    def is_permanent(self) -> bool:
        """Whether a retry of the task cannot help, or must not be made."""
        return self.paid_in_doubt or self._is_permanent()

    def _is_permanent(self) -> bool:
        return self.permanent


class ExtendInputError(ExtendError):
    """What was asked cannot be sent; no request was made."""

    permanent = True


class ExtendHostNotAllowed(ExtendInputError):
    """The address is not one that may be sent the API key."""


class ExtendEndpointNotInVersion(ExtendInputError):
    """The endpoint does not exist in the API version of the connection."""


class ExtendConnectionError(ExtendError):
    """No answer arrived.

    :ivar sent: False when the request certainly never reached Extend (name resolution, refused, connect
        timeout); True when that is not known.
    """

    def __init__(self, message: str, *, sent: bool, **context: Any) -> None:
        super().__init__(message, **context)
        self.sent = sent


class ExtendAnswerError(ExtendError):
    """What answered did not speak Extend's API (a proxy's page, a broken body, a redirect elsewhere)."""

    def __init__(self, message: str, *, status: int, **context: Any) -> None:
        super().__init__(message, **context)
        self.status = status


class ExtendAPIError(ExtendError):
    """An error answer of the API.

    :ivar status: HTTP status.
    :ivar code: the API's own code, for instance `INVALID_REQUEST`; None in the older error body.
    :ivar request_id: what Extend's support asks for; None where none was sent.
    :ivar retryable: the server's word; where it says nothing, what the status means.
    :ivar retry_after: seconds that the server asked to wait; None where it did not.
    :ivar run_id: a run that goes on although the call failed (POST /verify only).
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None = None,
        request_id: str | None = None,
        retryable: bool | None = None,
        retry_after: float | None = None,
        run_id: str | None = None,
        **context: Any,
    ) -> None:
        super().__init__(message, **context)
        self.status = status
        self.code = code
        self.request_id = request_id
        # README section 4: decide by `retryable` when present, else by the status.
        self.retryable = (status in (408, 429) or status >= 500) if retryable is None else retryable
        self.retry_after = retry_after
        self.run_id = run_id

    def _is_permanent(self) -> bool:
        return not self.retryable


class ExtendInvalidRequest(ExtendAPIError):
    """400 or 422: the request is wrong."""


class ExtendUnauthorized(ExtendAPIError):
    """401: the key is missing, unknown, revoked, or of another region."""


class ExtendUsageBlocked(ExtendAPIError):
    """402: out of credits, or billing stopped."""


class ExtendForbidden(ExtendAPIError):
    """403: the key may not do this."""


class ExtendNotFound(ExtendAPIError):
    """404: unknown, deleted, or of another workspace."""


class ExtendEndpointRemoved(ExtendAPIError):
    """The API version asked for no longer has this endpoint."""


class ExtendRateLimited(ExtendAPIError):
    """429, after the retries were spent or a longer wait was asked for than a worker may sleep."""


class ExtendServerError(ExtendAPIError):
    """5xx or 408."""


class ExtendRunFailed(ExtendError):
    """A run ended FAILED, CANCELLED, REJECTED, or waits for a person.

    :ivar run_id: the run.
    :ivar outcome: `failed`, `cancelled`, `needs_review` or `rejected`.
    :ivar worth_new_run: the failure reason is one of those that a new run may not meet again.
    """

    def __init__(
        self, message: str, *, run_id: str, outcome: str, worth_new_run: bool = False, **context: Any
    ) -> None:
        super().__init__(message, **context)
        self.run_id = run_id
        self.outcome = outcome
        self.worth_new_run = worth_new_run

    def _is_permanent(self) -> bool:
        return not self.worth_new_run


class ExtendRunMoving(ExtendError):
    """A run that was to be read has not ended; it goes on."""

    def __init__(self, message: str, *, run_id: str, **context: Any) -> None:
        super().__init__(message, **context)
        self.run_id = run_id


class ExtendRunTimeout(ExtendError):
    """A run did not end in the time that its task had.

    :ivar run_id: the run; None where none was started.
    :ivar cancelled: it was cancelled, so that a retry would pay for another; False: it goes on.
    """

    def __init__(self, message: str, *, run_id: str | None, cancelled: bool, **context: Any) -> None:
        super().__init__(message, **context)
        self.run_id = run_id
        self.cancelled = cancelled

    def _is_permanent(self) -> bool:
        return self.cancelled


class ExtendRunUnreadable(ExtendError):
    """A run that is paid for goes on and cannot be read, for want of permission for instance.

    A retry takes it up at no cost, once somebody has mended the cause.
    """

    def __init__(self, message: str, *, run_id: str, **context: Any) -> None:
        super().__init__(message, **context)
        self.run_id = run_id


class ExtendOutputNotWritten(ExtendError):
    """A run has ended, and `output_path` could not be written. A retry takes the run up at no cost."""

    def __init__(self, message: str, *, run_id: str, **context: Any) -> None:
        super().__init__(message, **context)
        self.run_id = run_id


class ExtendStorageError(ExtendError):
    """An object store could not be read or written. What was asked of Extend stands; a retry goes on from there."""


class ExtendResultTooLarge(ExtendError):
    """What a run has read is larger than is read into memory."""

    permanent = True


class ExtendTaskKilled(ExtendError):
    """Airflow told the task to end while it started a run or waited for one."""


class ExtendSubmissionUnknown(ExtendError):
    """An earlier call may have made something; nothing was sent again.

    :ivar can_be_found: a retry looks for it; False: nobody but a person can tell.
    """

    def __init__(self, message: str, *, can_be_found: bool, **context: Any) -> None:
        super().__init__(message, **context)
        self.can_be_found = can_be_found

    def _is_permanent(self) -> bool:
        return not self.can_be_found


class ExtendPublishedConfigDiffers(ExtendError):
    """A version was published, and its config is not the one that was sent."""

    permanent = True


class ExtendSecretNotKept(ExtendError):
    """A webhook endpoint was made, and its signing secret, which Extend gives only once, is not kept."""

    permanent = True


_BY_STATUS: Mapping[int, type[ExtendAPIError]] = {
    400: ExtendInvalidRequest,
    401: ExtendUnauthorized,
    402: ExtendUsageBlocked,
    403: ExtendForbidden,
    404: ExtendNotFound,
    408: ExtendServerError,
    422: ExtendInvalidRequest,
    429: ExtendRateLimited,
}


def api_error_class(status: int, code: str | None) -> type[ExtendAPIError]:
    """Class for an error answer: by code where the code says more than the status, else by status."""
    if code == "ENDPOINT_REMOVED":
        return ExtendEndpointRemoved
    if status >= 500:
        return ExtendServerError
    return _BY_STATUS.get(status, ExtendAPIError)


def read_error_body(body: Any) -> dict[str, Any]:
    """Fields of an error body in any of its forms (README section 4): code, message, retryable, ids.

    The CLI also accepts the body wrapped as `{"error": {...}}`; so does this.
    """
    if not isinstance(body, dict):
        return {}
    error = body.get("error")
    if isinstance(error, dict):
        body = error
    elif isinstance(error, str):
        body = {**body, "message": error}
    fields = {
        "code": body.get("code"),
        "message": body.get("message"),
        "request_id": body.get("requestId"),
        "run_id": body.get("runId"),
    }
    known = {name: value for name, value in fields.items() if isinstance(value, str) and value}
    if isinstance(body.get("retryable"), bool):
        known["retryable"] = body["retryable"]
    return known


def plain_error(raised: BaseException) -> BaseException:
    """The error of this package inside its translation for Airflow, its `.error`; anything else as it is."""
    inside = getattr(raised, "error", None)
    return inside if isinstance(inside, ExtendError) else raised
