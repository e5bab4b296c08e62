"""What to do about each error."""

from __future__ import annotations

import inspect

import pytest

from airflow_provider_extend.api import errors
from airflow_provider_extend.api.advice import ADVICE, advice_for, delay_of

RETRY, FIX, ADMIN, LOOK = "retry", "fix the config", "call the admin", "look at the run"


def api(cls: type[errors.ExtendAPIError], status: int, **more: object) -> errors.ExtendAPIError:
    return cls("x", status=status, **more)  # type: ignore[arg-type]


def in_doubt(error: errors.ExtendError) -> errors.ExtendError:
    error.paid_in_doubt = True
    return error


def failed(worth_new_run: bool) -> errors.ExtendRunFailed:
    return errors.ExtendRunFailed("x", run_id="exr_1", outcome="failed", worth_new_run=worth_new_run)


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (errors.ExtendInputError("x"), FIX),
        (errors.ExtendHostNotAllowed("x"), ADMIN),
        (errors.ExtendEndpointNotInVersion("x"), FIX),
        (errors.ExtendConnectionError("x", sent=True), RETRY),
        (errors.ExtendConnectionError("x", sent=False), RETRY),
        (errors.ExtendAnswerError("x", status=502), RETRY),
        (api(errors.ExtendInvalidRequest, 400), FIX),
        (api(errors.ExtendUnauthorized, 401), FIX),
        (api(errors.ExtendUsageBlocked, 402), ADMIN),
        (api(errors.ExtendForbidden, 403), ADMIN),
        (api(errors.ExtendNotFound, 404), FIX),
        (api(errors.ExtendEndpointRemoved, 410), FIX),
        (api(errors.ExtendRateLimited, 429), RETRY),
        (api(errors.ExtendServerError, 500), RETRY),
        (api(errors.ExtendServerError, 500, retryable=False), FIX),
        (api(errors.ExtendInvalidRequest, 400, retryable=True), RETRY),
        (failed(worth_new_run=False), LOOK),
        (failed(worth_new_run=True), RETRY),
        (errors.ExtendRunMoving("x", run_id="exr_1"), RETRY),
        (errors.ExtendRunTimeout("x", run_id="exr_1", cancelled=True), LOOK),
        (errors.ExtendRunTimeout("x", run_id="exr_1", cancelled=False), RETRY),
        (errors.ExtendTaskKilled("x"), RETRY),
        (errors.ExtendRunUnreadable("x", run_id="exr_1"), RETRY),
        (errors.ExtendOutputNotWritten("x", run_id="exr_1"), RETRY),
        (errors.ExtendStorageError("x"), RETRY),
        (errors.ExtendResultTooLarge("x"), FIX),
        (errors.ExtendSubmissionUnknown("x", can_be_found=True), RETRY),
        (errors.ExtendSubmissionUnknown("x", can_be_found=False), LOOK),
        (errors.ExtendPublishedConfigDiffers("x"), LOOK),
        (errors.ExtendSecretNotKept("x"), ADMIN),
        # A paid create in doubt is never worth a blind retry, whatever its class.
        (in_doubt(api(errors.ExtendServerError, 500)), LOOK),
        (in_doubt(errors.ExtendConnectionError("x", sent=True)), LOOK),
    ],
    ids=repr,
)
def test_who_does_what_about_an_error(error: errors.ExtendError, action: str) -> None:
    advice = advice_for(error)
    assert advice.action == action
    assert advice.words
    assert (action == RETRY) is not error.is_permanent(), "the table and Airflow's retries say the same"


def test_every_error_of_the_tree_has_a_row_of_its_own() -> None:
    tree = {
        cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, errors.ExtendError)
    }
    assert {row.error for row in ADVICE} == tree


def test_no_row_is_hidden_by_one_before_it() -> None:
    for number, row in enumerate(ADVICE):
        assert not any(issubclass(row.error, earlier.error) for earlier in ADVICE[:number]), row


@pytest.mark.parametrize(
    ("error", "try_number", "seconds"),
    [
        (api(errors.ExtendServerError, 500), 1, 30),
        (api(errors.ExtendServerError, 500), 3, 120),
        (api(errors.ExtendServerError, 500), 50, 900),
        (api(errors.ExtendServerError, 503, retry_after=7.0), 1, 30),
        (api(errors.ExtendRateLimited, 429), 1, 60),
        (api(errors.ExtendRateLimited, 429, retry_after=300.0), 1, 300),
        (api(errors.ExtendRateLimited, 429, retry_after=7200.0), 4, 7200),
        (errors.ExtendTaskKilled("x"), 1, 0),
        (failed(worth_new_run=True), 2, 20),
    ],
    ids=repr,
)
def test_how_long_a_retry_waits(error: errors.ExtendError, try_number: int, seconds: float) -> None:
    assert delay_of(error, try_number) == seconds
