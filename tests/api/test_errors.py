"""The tree of errors: what is read from an error body, and what is worth a retry."""

import pytest

from airflow_provider_extend.api import errors
from airflow_provider_extend.api.errors import api_error_class, read_error_body


def test_the_old_body():
    assert read_error_body({"success": False, "error": "no such processor"}) == {
        "message": "no such processor"
    }


def test_the_documented_bodies(example):
    assert read_error_body(example("2024-12-23.error")) == {"message": "<description>"}
    assert read_error_body(example("2025-04-21.error")) == {"message": "Error message"}
    assert read_error_body(example("2024-12-23.error.parse")) == {
        "code": "UNABLE_TO_DOWNLOAD_FILE",
        "message": "<text>",
        "request_id": "<id>",
        "retryable": False,
    }
    assert read_error_body(example("2026-02-09.error.rate_limited")) == {
        "code": "RATE_LIMIT_EXCEEDED",
        "message": "Too many requests. Back off and retry.",
        "retryable": True,
    }
    invalid = read_error_body(example("2026-02-09.error.invalid_request"))
    assert (invalid["code"], invalid["request_id"], invalid["retryable"]) == (
        "INVALID_REQUEST",
        "req_Xj8mK2pL9nR4vT7qY5wZ",
        False,
    )
    timeout = read_error_body(example("2026-02-09.error.verify_timeout"))
    assert (timeout["run_id"], timeout["retryable"]) == ("vr_xK9mLPqRtN3vS8wF5hB2cQ", False)


def test_a_wrapped_body_reads_like_a_bare_one(example):
    for name in ("error.invalid_request", "error.rate_limited", "error.verify_timeout"):
        bare = example(f"2026-02-09.{name}")
        assert read_error_body({"error": bare}) == read_error_body(bare)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "boom",
        3,
        {},
        {"detail": "Not Found"},
        {"error": None},
        {"message": ""},
        {"code": 7},
        {"error": []},
    ],
    ids=repr,
)
def test_a_body_that_says_nothing_known_has_no_fields(body):
    assert read_error_body(body) == {}


@pytest.mark.parametrize("retryable", [None, "true", 1])
def test_only_a_boolean_says_whether_a_retry_helps(retryable):
    assert "retryable" not in read_error_body({"message": "x", "retryable": retryable})


@pytest.mark.parametrize(
    ("status", "code", "name"),
    [
        (400, None, "ExtendInvalidRequest"),
        (422, "INVALID_REQUEST", "ExtendInvalidRequest"),
        (401, "UNAUTHORIZED", "ExtendUnauthorized"),
        (402, "USAGE_BLOCKED", "ExtendUsageBlocked"),
        (403, None, "ExtendForbidden"),
        (404, "NOT_FOUND", "ExtendNotFound"),
        (408, None, "ExtendServerError"),
        (409, None, "ExtendAPIError"),
        (418, "TEAPOT", "ExtendAPIError"),
        (429, "RATE_LIMIT_EXCEEDED", "ExtendRateLimited"),
        (500, "INTERNAL_ERROR", "ExtendServerError"),
        (504, None, "ExtendServerError"),
        (599, None, "ExtendServerError"),
        (400, "ENDPOINT_REMOVED", "ExtendEndpointRemoved"),
        (404, "ENDPOINT_REMOVED", "ExtendEndpointRemoved"),
        (410, "ENDPOINT_REMOVED", "ExtendEndpointRemoved"),
    ],
)
def test_each_status_has_its_class_and_a_removed_call_its_own(status, code, name):
    assert api_error_class(status, code).__name__ == name


@pytest.mark.parametrize(
    ("error", "permanent"),
    [
        (errors.ExtendError("x"), False),
        (errors.ExtendInputError("x"), True),
        (errors.ExtendHostNotAllowed("x"), True),
        (errors.ExtendEndpointNotInVersion("x"), True),
        (errors.ExtendConnectionError("x", sent=True), False),
        (errors.ExtendConnectionError("x", sent=False), False),
        (errors.ExtendAnswerError("x", status=200), False),
        (errors.ExtendAPIError("x", status=409), True),
        (errors.ExtendInvalidRequest("x", status=400), True),
        (errors.ExtendUnauthorized("x", status=401), True),
        (errors.ExtendUsageBlocked("x", status=402), True),
        (errors.ExtendForbidden("x", status=403), True),
        (errors.ExtendNotFound("x", status=404), True),
        (errors.ExtendEndpointRemoved("x", status=410), True),
        (errors.ExtendRateLimited("x", status=429, retryable=True), False),
        (errors.ExtendServerError("x", status=500, retryable=True), False),
        (errors.ExtendServerError("x", status=504, retryable=False), True),
        (errors.ExtendRunFailed("x", run_id="r", outcome="failed"), True),
        (errors.ExtendRunFailed("x", run_id="r", outcome="failed", worth_new_run=True), False),
        (errors.ExtendRunMoving("x", run_id="r"), False),
        (errors.ExtendSubmissionUnknown("x", can_be_found=False), True),
        (errors.ExtendSubmissionUnknown("x", can_be_found=True), False),
        (errors.ExtendPublishedConfigDiffers("x"), True),
        (errors.ExtendSecretNotKept("x"), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_is_permanent_where_a_retry_cannot_help(error, permanent):
    assert isinstance(error, errors.ExtendError)
    assert error.is_permanent() is permanent


def test_a_paid_call_whose_outcome_is_unknown_is_not_left_to_a_retry():
    error = errors.ExtendServerError("x", status=500, retryable=True)
    error.paid_in_doubt = True
    assert error.is_permanent()


def test_an_error_keeps_its_message_and_the_facts_beside_it():
    error = errors.ExtendRunFailed("gone", run_id="bpr_1", outcome="failed", status="FAILED")
    assert (str(error), error.message, error.context) == ("gone", "gone", {"status": "FAILED"})
    assert (error.run_id, error.outcome) == ("bpr_1", "failed")
