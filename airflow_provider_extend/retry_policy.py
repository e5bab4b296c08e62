"""ExtendRetryPolicy: when Airflow >= 3.3 retries a task is decided by the error, not by a fixed delay."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

try:
    from airflow.sdk import RetryDecision, RetryPolicy
except ImportError:
    raise ImportError(
        "ExtendRetryPolicy needs Airflow 3.3 or newer: this one knows no retry_policy. Leave it out; `retries` and "
        "`retry_delay` work in every version."
    ) from None

from airflow_provider_extend.api.advice import RETRY, advice_for, delay_of
from airflow_provider_extend.api.errors import ExtendError, plain_error

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context


class ExtendRetryPolicy(RetryPolicy):
    """Waits as long as the error asks for, and spends no retry on what a retry cannot mend.

    For any task that calls Extend: `retries=5, retry_policy=ExtendRetryPolicy()`. It cannot add to `retries`. After
    a 429 the scheduler waits as Extend asked (Retry-After), after an outage half a minute, doubled with each try up
    to 15 minutes. Errors that are none of Extend's are left to `retry_delay`. The reason is shown with the task.
    """

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        error = plain_error(exception)
        if not isinstance(error, ExtendError):
            return RetryDecision.default()
        advice = advice_for(error)
        reason = f"{type(error).__name__}: {advice.words}"
        if advice.action != RETRY:
            return RetryDecision.fail(reason=f"{reason} ({advice.action})")
        return RetryDecision.retry(delay=timedelta(seconds=delay_of(error, try_number)), reason=reason)

    def serialize(self) -> dict[str, Any]:
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> ExtendRetryPolicy:
        return cls()
