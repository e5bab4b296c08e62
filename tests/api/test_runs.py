"""Runs of every kind and version as one value."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from airflow_provider_extend.api.errors import (
    ExtendAnswerError,
    ExtendEndpointNotInVersion,
    ExtendInputError,
)
from airflow_provider_extend.api.runs import READS, cancels, parse_time, read_run, readable, reads

V2024, V2025, V2026 = "2024-12-23", "2025-04-21", "2026-02-09"


def run(kind="batch_processor_run", version=V2024, **body):
    return read_run(kind, version, {"id": "bpr_1", "status": "PROCESSED", **body})


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("PENDING", None),
        ("PROCESSING", None),
        ("CANCELLING", None),
        ("PROCESSED", "succeeded"),
        ("REVIEWED", "succeeded"),
        ("NEEDS_REVIEW", "needs_review"),
        ("REJECTED", "rejected"),
        ("FAILED", "failed"),
        ("CANCELLED", "cancelled"),
    ],
)
def test_each_documented_status_has_its_outcome(status, outcome):
    read = run(status=status)
    assert (read.status, read.outcome, read.ended) == (status, outcome, outcome is not None)
    assert read.status_known


@pytest.mark.parametrize("status", ["ARCHIVED", "processed", "PROCESSED ", "SUCCESS", "COMPLETED", "None"])
def test_an_unknown_status_still_moves_and_is_never_success(status):
    read = run(status=status, metrics={"type": "EXTRACT", "accuracy": 1.0})
    assert read.status == status
    assert not read.status_known
    assert not read.ended
    assert read.outcome is None
    assert read.metrics.values == {}
    assert read.metrics_from is None


@pytest.mark.parametrize(
    "body",
    [None, [], "PROCESSED", {}, {"id": "bpr_1"}, {"status": "PROCESSED"}, {"id": "", "status": "PROCESSED"},
     {"id": 7, "status": "PROCESSED"}, {"id": "bpr_1", "status": None}, {"id": "bpr_1", "status": ["PROCESSED"]}],
    ids=repr,
)  # fmt: skip
def test_an_answer_without_id_or_status_is_no_run(body):
    with pytest.raises(ExtendAnswerError, match="answer for a batch_processor_run has no id or no status"):
        read_run("batch_processor_run", V2024, body)


def test_the_documented_run_of_2024(run_of):
    body = run_of("2024-12-23.batch_processor_run.extract")
    read = read_run("batch_processor_run", V2024, body)
    assert (read.kind, read.id, read.status, read.outcome) == (
        "batch_processor_run",
        "bpr_1234",
        "PROCESSED",
        "succeeded",
    )
    assert (read.source, read.source_id) == ("STUDIO", "dp_5678")
    assert (read.processor_id, read.processor_version_id) == ("dp_5678", "dpv_91011")
    assert (read.processor_type, read.version_name, read.api_version) == ("EXTRACT", None, V2024)
    assert read.created_at == datetime(2023, 5, 15, 10, 30, 45, tzinfo=UTC)
    assert read.metrics_from == "batch_processor_run"
    assert read.raw is body


def test_a_playground_run_has_no_source_id(run_of):
    read = read_run("batch_processor_run", V2024, run_of("2024-12-23.batch_processor_run.playground"))
    assert (read.source, read.source_id) == ("PLAYGROUND", None)


@pytest.mark.parametrize(
    ("name", "version", "processor"),
    [("2025-04-21.batch_processor_run", V2025, "dp_Xj8mK2pL9nR4vT7qY5wZ"),
     ("2026-02-09.batch_processor_run.legacy", V2026, "ex_Xj8mK2pL9nR4vT7qY5wZ")],
)  # fmt: skip
def test_counts_only_answers_have_no_metrics_and_no_guessed_type(run_of, name, version, processor):
    read = read_run("batch_processor_run", version, run_of(name))
    assert read.outcome == "succeeded"
    assert read.metrics_from is None
    assert read.processor_type is None
    assert (read.source, read.source_id, read.processor_id) == ("EVAL_SET", "ev_1234", processor)


@pytest.mark.parametrize(
    ("name", "type_", "processor", "version_id"),
    [
        ("extract", "EXTRACT", "ex_Xj8mK2pL9nR4vT7qY5wZ", "exv_xK9mLPqRtN3vS8wF5hB2cQ"),
        ("classify", "CLASSIFY", "cl_Xj8mK2pL9nR4vT7qY5wZ", "clv_xK9mLPqRtN3vS8wF5hB2cQ"),
        ("splitter", "SPLITTER", "spl_Xj8mK2pL9nR4vT7qY5wZ", "splv_xK9mLPqRtN3vS8wF5hB2cQ"),
    ],
)
def test_the_documented_evaluation_set_runs_of_2026(run_of, name, type_, processor, version_id):
    read = read_run("evaluation_set_run", V2026, run_of(f"2026-02-09.evaluation_set_run.{name}"))
    assert (read.processor_type, read.processor_id, read.processor_version_id) == (
        type_,
        processor,
        version_id,
    )
    assert (read.source, read.source_id) == ("EVAL_SET", "ev_2LcgeY_mp2T5yPaEuq5Lw")
    assert (read.version_name, read.metrics_from, read.outcome) == ("1.0", "evaluation_set_run", "succeeded")
    # nothing is made up for what the API does not tell
    assert (read.url, read.failure_reason, read.failure_message, read.usage) == (None, None, None, None)


def test_a_pending_evaluation_set_run_tells_its_type_before_it_has_scores(run_of):
    read = read_run("evaluation_set_run", V2026, run_of("2026-02-09.evaluation_set_run.pending"))
    assert (read.processor_type, read.version_name, read.outcome) == ("EXTRACT", "draft", None)
    assert read.metrics.files == (0, 10)
    fixture = run_of("2026-02-09.evaluation_set_run.sdk_fixture_2026_05")
    assert read_run("evaluation_set_run", V2026, fixture).processor_type == "EXTRACT"


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_a_failed_batch_run_has_no_invented_reason_or_link(status):
    read = run(status=status, processorId="dp_1", metrics={"numFiles": 1, "numPages": 1})
    assert (read.failure_reason, read.failure_message, read.url, read.worth_new_run) == (
        None,
        None,
        None,
        False,
    )


def test_the_link_is_read_under_its_old_and_its_new_name():
    assert run(url="https://dashboard.extend.app/r/1").url == "https://dashboard.extend.app/r/1"
    assert run(dashboardUrl="https://dashboard.extend.ai/r/1").url == "https://dashboard.extend.ai/r/1"


def test_a_link_keeps_what_says_which_run_is_meant_and_no_signature():
    given = "https://dashboard.extend.ai/workflows/w_1?workflowRunId=r_1&token=5ecret&t=5ecret&AWSAccessKeyId=5ecret"
    assert run(url=given).url == "https://dashboard.extend.ai/workflows/w_1?workflowRunId=r_1"


def test_unknown_keys_and_keys_of_unknown_forms_are_ignored():
    read = run(
        surprise={"a": 1}, entity="extractor", entityVersion=[], usage="much", createdAt=5, metrics=None,
        source=3, processorId=None, failureReason={},
    )  # fmt: skip
    assert (read.processor_id, read.version_name, read.usage, read.created_at) == (None, None, None, None)
    assert (read.source, read.failure_reason) == (None, None)
    assert read.raw["surprise"] == {"a": 1}


@pytest.mark.parametrize("form", [["extractor"], {}, None, 3], ids=repr)
def test_an_entity_of_an_unknown_form_is_no_type(form):
    read = run("evaluation_set_run", V2026, entity={"object": form, "id": "ex_1"})
    assert (read.processor_type, read.processor_id) == (None, "ex_1")


def test_usage_is_kept_as_it_was_sent():
    assert run(usage={"credits": 2.5}).usage == {"credits": 2.5}
    assert run(usage=None).usage is None


@pytest.mark.parametrize(
    ("kind", "reason", "worth"),
    [
        ("workflow_run", "INTERNAL_ERROR", True),
        ("workflow_run", "DOCUMENT_PROCESSOR_ERROR", True),
        ("workflow_run", "INVALID_WORKFLOW", False),
        ("workflow_run", "FAILED_TO_PROCESS_FILE", False),
        ("parse_run", "OCR_ERROR", True),
        ("parse_run", "INTERNAL_ERROR", True),
        ("parse_run", "CORRUPT_FILE", False),
        ("parse_run", "OUT_OF_CREDITS", False),
        ("parse_run", "CHUNKING_ERROR", False),
        ("parse_run", "SOMETHING_NEW", False),
        ("extract_run", "INTERNAL_ERROR", False),
        ("batch_processor_run", "INTERNAL_ERROR", False),
        ("parse_run", None, False),
    ],
)
def test_a_new_run_is_worth_it_only_for_the_documented_reasons(kind, reason, worth):
    assert run(kind, status="FAILED", failureReason=reason).worth_new_run is worth


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2024-03-21T16:45:00Z", datetime(2024, 3, 21, 16, 45, tzinfo=UTC)),
        ("2024-03-21T16:45:00.250Z", datetime(2024, 3, 21, 16, 45, 0, 250000, tzinfo=UTC)),
        ("2024-03-21T18:45:00+02:00", datetime(2024, 3, 21, 18, 45, tzinfo=timezone(timedelta(hours=2)))),
        ("2024-03-21T16:45:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1711039500, None),
    ],
)
def test_times_need_a_zone_to_count(text, when):
    assert parse_time(text) == when


@pytest.mark.parametrize(
    ("kind", "version", "endpoints"),
    [
        ("batch_processor_run", V2024, ("batch_processor_runs.retrieve",)),
        ("batch_processor_run", V2025, ("batch_processor_runs.retrieve",)),
        ("batch_processor_run", V2026, ("batch_processor_runs.retrieve", "evaluation_set_runs.retrieve")),
        ("evaluation_set_run", V2026, ("evaluation_set_runs.retrieve",)),
        ("processor_run", V2024, ("processor_runs.retrieve",)),
        ("parse_run", V2025, ("parse_runs.retrieve",)),
        ("classify_run", V2026, ("classify_runs.retrieve",)),
        ("extract_batch", V2026, ("batch_runs.retrieve",)),
    ],
)
def test_a_run_is_read_where_its_version_has_it(kind, version, endpoints):
    assert reads(kind, version) == endpoints


def test_an_evaluation_set_run_does_not_exist_before_2026():
    with pytest.raises(ExtendEndpointNotInVersion, match="2026-02-09 has it"):
        reads("evaluation_set_run", V2024)


def test_an_unknown_kind_of_run_names_the_known_ones():
    with pytest.raises(
        ExtendInputError, match="'invoice_run': one of batch_processor_run, evaluation_set_run"
    ):
        reads("invoice_run", V2026)


V24, V25, V26 = V2024, V2025, V2026
HERE = {
    "extract_run": (V26,),
    "classify_run": (V26,),
    "split_run": (V26,),
    "parse_run": (V25, V26),
    "edit_run": (V25, V26),
    "form_detection_run": (V26,),
    "verify_run": (V26,),
    "processor_run": (V24, V25, V26),
    "workflow_run": (V24, V25, V26),
    "evaluation_set_run": (V26,),
    "batch_processor_run": (V24, V25, V26),
    "extract_batch": (V26,),
    "classify_batch": (V26,),
    "split_batch": (V26,),
    "parse_batch": (V26,),
    "workflow_batch": (V24, V25, V26),
}


def test_each_kind_can_be_read_in_the_versions_that_have_it():
    """Written down once more from the facts (runs.md 1)."""
    assert set(HERE) == set(READS)
    for kind, versions in HERE.items():
        assert tuple(version for version in (V24, V25, V26) if readable(kind, version)) == versions, kind


@pytest.mark.parametrize(
    ("kind", "version", "can"),
    [
        ("extract_run", V26, True),
        ("parse_run", V25, False),
        ("parse_run", V26, True),
        ("processor_run", V24, False),
        ("processor_run", V25, True),
        ("processor_run", V26, True),
        ("workflow_run", V24, False),
        ("workflow_run", V25, True),
        ("verify_run", V26, True),
        ("edit_run", V26, False),
        ("form_detection_run", V26, False),
        ("extract_batch", V26, False),
        ("workflow_batch", V25, False),
    ],
)
def test_what_can_be_cancelled_in_which_version(kind, version, can):
    assert (cancels(kind, version) is not None) is can


@pytest.mark.parametrize(
    ("kind", "version", "body", "output"),
    [
        ("extract_run", V26, {"output": {"value": {}}}, {"value": {}}),
        ("extract_run", V26, {"output": None}, None),
        ("extract_run", V26, {}, None),
        ("parse_run", V26, {"output": {"chunks": []}}, {"chunks": []}),
        ("parse_run", V25, {"chunks": [1]}, [1]),
        ("parse_run", V25, {}, None),
        ("workflow_run", V26, {"stepRuns": [2]}, [2]),
        ("workflow_run", V25, {"stepRuns": [2], "outputs": [3]}, [3]),
        ("workflow_run", V24, {"outputs": []}, []),
        ("edit_run", V25, {"output": {"a": 1}, "editedFile": {"id": "file_1"}}, {"a": 1}),
    ],
)
def test_what_was_read_stands_where_the_version_puts_it(kind, version, body, output):
    assert run(kind, version, **body).output == output


@pytest.mark.parametrize(
    ("kind", "body", "of"),
    [
        ("classify_run", {"classifier": {"object": "classifier", "id": "cl_1"}}, ("cl_1", "CLASSIFY", None)),
        (
            "split_run",
            {
                "splitter": {"object": "splitter", "id": "spl_1"},
                "splitterVersion": {"id": "splv_1", "version": "2.0"},
            },
            ("spl_1", "SPLITTER", "2.0"),
        ),
        ("processor_run", {"processorId": "dp_1", "type": "EXTRACT"}, ("dp_1", "EXTRACT", None)),
        ("workflow_run", {"workflow": {"id": "w_1", "version": "3"}}, ("w_1", None, "3")),
        ("verify_run", {"type": "EXTRACT"}, (None, None, None)),
        ("extract_run", {"extractor": None, "extractorVersion": None}, (None, None, None)),
    ],
)
def test_what_a_run_was_of(kind, body, of):
    read = run(kind, V26, **body)
    assert (read.processor_id, read.processor_type, read.version_name) == of


def test_a_status_object_of_2025_is_a_run_that_moves():
    read = run("parse_run", V25, object="parser_run_status", status="PROCESSING", failureReason=None)
    assert (read.ended, read.output, read.url) == (False, None, None)


def test_a_batch_has_succeeded_when_each_of_its_runs_has():
    good, bad = run("extract_run", V26), run("extract_run", V26, status="FAILED")
    whole = run("extract_batch", V26)
    assert whole.succeeded
    assert replace(whole, members=(good, good)).succeeded
    assert not replace(whole, members=(good, bad)).succeeded
    assert not replace(whole, outcome="failed", members=(good,)).succeeded


EXAMPLES = [
    ("2024-12-23.processor_run.processing", "processor_run", "processorRun", None),
    ("2024-12-23.processor_run.processed", "processor_run", "processorRun", "succeeded"),
    ("2024-12-23.workflow_run.get", "workflow_run", "workflowRun", None),
    ("2025-04-21.processor_run.created", "processor_run", "processorRun", None),
    ("2025-04-21.processor_run.processed", "processor_run", "processorRun", "succeeded"),
    ("2025-04-21.processor_run.classify", "processor_run", "processorRun", "succeeded"),
    ("2025-04-21.processor_run.splitter", "processor_run", "processorRun", "succeeded"),
    ("2025-04-21.parser_run.status", "parse_run", "parserRun", None),
    ("2025-04-21.parser_run.processed", "parse_run", "parserRun", "succeeded"),
    ("2025-04-21.edit_run.status", "edit_run", "editRun", None),
    ("2025-04-21.workflow_run.get", "workflow_run", "workflowRun", None),
    ("2026-02-09.extract_run.processing", "extract_run", None, None),
    ("2026-02-09.extract_run.processed", "extract_run", None, "succeeded"),
    ("2026-02-09.extract_run.failed", "extract_run", None, "failed"),
    ("2026-02-09.extract_run.sdk_fixture", "extract_run", None, None),
    ("2026-02-09.classify_run.sdk_fixture", "classify_run", None, None),
    ("2026-02-09.split_run.sdk_fixture", "split_run", None, None),
    ("2026-02-09.parse_run.processed", "parse_run", None, "succeeded"),
    ("2026-02-09.parse_run.cancelled", "parse_run", None, "cancelled"),
    ("2026-02-09.edit_run.sdk_fixture", "edit_run", None, None),
    ("2026-02-09.form_detection_run", "form_detection_run", None, "succeeded"),
    ("2026-02-09.verify_run", "verify_run", None, "succeeded"),
    ("2026-02-09.workflow_run.sdk_fixture", "workflow_run", None, None),
    ("2026-02-09.batch_run", "extract_batch", None, None),
    ("2026-02-09.processor_run.legacy", "processor_run", "processorRun", None),
]


@pytest.mark.parametrize(("name", "kind", "key", "outcome"), EXAMPLES, ids=[row[0] for row in EXAMPLES])
def test_the_published_runs_of_every_kind(example, name, kind, key, outcome):
    body = example(name)
    body = body.get(key, body) if key else body
    read = read_run(kind, name[:10], body)
    status = body["status"]["status"] if isinstance(body["status"], dict) else body["status"]
    assert (read.id, read.status) == (body["id"], status)
    assert read.outcome == outcome or outcome is None
    assert read.status_known
    assert read.url == (body.get("dashboardUrl") or body.get("url"))
    if outcome == "succeeded":
        assert read.output is not None
    if outcome == "failed":
        assert read.failure_reason == body["failureReason"]


def test_an_edit_run_of_2025_that_has_ended_holds_its_status_object():
    status = {"object": "edit_run_status", "id": "edit_run_1", "status": "PROCESSED", "failureReason": None}
    assert run("edit_run", V25, status=status).outcome == "succeeded"
    with pytest.raises(ExtendAnswerError):
        run("edit_run", V25, status={"object": "edit_run_status"})
