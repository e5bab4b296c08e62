"""The objects of 2024-12-23 field by field. The expectations were written from reading the examples."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_extend.api import newer_objects as newer
from airflow_provider_extend.api import objects
from airflow_provider_extend.api.object_reader import read_object
from airflow_provider_extend.api.outputs import Box, Value, read_run_output


@pytest.fixture
def read(example: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda name: read_object(name[:10], example(name))


def at(*time: int) -> datetime:
    return datetime(*time, tzinfo=UTC)


def has(value: Any, cls: type, **fields: Any) -> None:
    assert type(value) is cls
    for name, expected in fields.items():
        assert getattr(value, name) == expected, name


# --------------------------------------------------------------------------------------------------------- runs


def test_processor_run_of_2024_12_23(read):
    run = read("2024-12-23.processor_run.processed")
    has(
        run,
        objects.ProcessorRun,
        api_version="2024-12-23",
        id="dpr_1234",
        status="PROCESSED",
        type="EXTRACT",
        processor_id="dp_5678",
        processor_name="Invoice Extractor",
        processor_version_id="dpv_91011",
        metadata={"internal_id": "id_1234"},
        reviewed=False,
        edited=False,
        edits=None,
        initial_output=None,
        failure_reason=None,
        merged_processors=[],
        url="https://dashboard.extend.app/runs/dpr_1234",
        usage=None,
        created_at=None,
    )
    assert run.config["fields"][0]["name"] == "Invoice Number"
    [file] = run.files
    has(file, objects.File, id="file_1234", name="example.pdf", type=None, page_count=None)
    assert read_run_output(run.raw) == (Value("invoice_number", "1234567890"),)
    assert read("2024-12-23.processor_run.processing").output is None


def test_processor_run_of_2025_04_21(read):
    run = read("2025-04-21.processor_run.classify")
    has(
        run,
        objects.ProcessorRun,
        id="dpr_l39vTgFDiB13heVuMQnUa",
        type="CLASSIFY",
        status="PROCESSED",
        edits={},
    )
    has(run, objects.ProcessorRun, processor_id="dp_SmJyN3LMx9kW_YmFTxTha", processor_name="My Processor")
    assert run.output["confidence"] == 0.99
    assert run.initial_output == {}
    assert run.files[0].created_at == datetime(2025, 5, 12, 21, 22, 37, 318000, tzinfo=UTC)
    assert read("2025-04-21.processor_run.splitter").type == "SPLITTER"


@pytest.mark.parametrize(
    ("name", "kind", "processor", "version"),
    [
        ("extract_run.sdk_fixture", "EXTRACT", "ex_Xj8mK2pL9nR4vT7qY5wZ", "exv_xK9mLPqRtN3vS8wF5hB2cQ"),
        ("classify_run.sdk_fixture", "CLASSIFY", "cl_Xj8mK2pL9nR4vT7qY5wZ", "clv_xK9mLPqRtN3vS8wF5hB2cQ"),
        ("split_run.sdk_fixture", "SPLITTER", "spl_Xj8mK2pL9nR4vT7qY5wZ", "splv_xK9mLPqRtN3vS8wF5hB2cQ"),
    ],
)
def test_the_three_runs_of_2026_02_09_are_runs_of_a_processor(read, name, kind, processor, version):
    run = read(f"2026-02-09.{name}")
    has(run, objects.ProcessorRun, type=kind, processor_id=processor, processor_version_id=version)
    has(run, objects.ProcessorRun, status="PENDING", failure_reason="PARSING_ERROR", failure_message=None)
    has(run, objects.ProcessorRun, parse_run_id="pr_Xj8mK2pL9nR4vT7qY5wZ", created_at=at(2024, 3, 21, 16, 45))
    has(run.file, objects.File, id="file_xK9mLPqRtN3vS8wF5hB2cQ", page_count=30, type="PDF")
    assert run.file.split["identifier"] == "other_2_9"
    assert run.files is None
    assert run.url == f"https://dashboard.extend.ai/runs/{run.id}"
    assert run.usage["totalCredits"] == 15


def test_a_failed_run(read):
    run = read("2026-02-09.extract_run.failed")
    has(run, objects.ProcessorRun, status="FAILED", output=None, failure_reason="FAILED_TO_PROCESS_FILE")
    assert run.failure_message == "The file could not be processed."


def test_rows_of_the_lists_of_runs(read):
    page = read("2026-02-09.extract_runs.list")
    assert page.next_page_token.startswith("xK9mLPqRtN3vS8wF5hB2cQ==")
    [row] = page.values
    has(row, objects.ProcessorRun, type="EXTRACT", status="PROCESSED", output=None, config=None)
    [old] = read("2026-02-09.processor_runs.list.legacy").values
    has(
        old,
        objects.ProcessorRun,
        id="sample_id",
        type="EXTRACT",
        processor_id="processorId",
        usage={"credits": 3.5},
    )


def test_batch_processor_run(read):
    run = read("2024-12-23.batch_processor_run.extract")
    has(
        run,
        objects.BatchProcessorRun,
        id="bpr_1234",
        status="PROCESSED",
        processor_id="dp_5678",
        processor_version_id="dpv_91011",
        processor_name="Invoice Extractor",
        source="STUDIO",
        source_id="dp_5678",
        run_count=1,
        created_at=at(2023, 5, 15, 10, 30, 45),
        updated_at=at(2023, 5, 15, 10, 35, 22),
    )
    assert run.metrics["fieldMetrics"]["invoice_date"]["recallPerc"] == 95.1
    assert run.options["clearPreProcessingCache"] is False
    assert read("2024-12-23.batch_processor_run.playground").source_id is None
    assert read("2024-12-23.batch_processor_run.processing").metrics == {}
    assert read("2025-04-21.batch_processor_run").source == "EVAL_SET"
    assert read("2026-02-09.batch_processor_run.legacy").processor_id == "ex_Xj8mK2pL9nR4vT7qY5wZ"


def test_evaluation_set_run(read):
    run = read("2026-02-09.evaluation_set_run.splitter")
    has(run, newer.EvaluationSetRun, status="PROCESSED", evaluation_set_id="ev_2LcgeY_mp2T5yPaEuq5Lw")
    has(run.processor, objects.Processor, type="SPLITTER", name="Invoice Splitter", draft_version=None)
    has(
        run.processor_version,
        objects.ProcessorVersion,
        type="SPLITTER",
        version="1.0",
        config=None,
        description=None,
    )
    assert run.metrics["numSplitsCorrect"] == 8


# --------------------------------------------------------------------------------------------------- processors


def test_processor(read):
    processor = read("2025-04-21.processor")
    has(
        processor,
        objects.Processor,
        id="dp_Xj8mK2pL9nR4vT7qY5wZ",
        name="Invoice Processor",
        type="EXTRACT",
        created_at=at(2024, 3, 21, 15, 30),
        updated_at=at(2024, 3, 21, 16, 45),
    )
    draft = processor.draft_version
    has(draft, objects.ProcessorVersion, version="draft", processor_id=processor.id, type="EXTRACT")
    assert draft.config["advancedOptions"]["chunkingOptions"]["chunkingStrategy"] == "standard"


def test_processor_of_2024_12_23_whose_draft_says_little(read):
    processor = read("2024-12-23.processor.updated")
    has(processor, objects.Processor, id="processor_1234", name="Updated Invoice Processor", type="EXTRACT")
    has(
        processor.draft_version,
        objects.ProcessorVersion,
        id="dpv_4567",
        version="draft",
        processor_id=None,
        type=None,
    )


@pytest.mark.parametrize(
    ("name", "kind", "title"),
    [
        ("extractor", "EXTRACT", "Invoice Extractor"),
        ("classifier", "CLASSIFY", "Document Type Classifier"),
        ("splitter", "SPLITTER", "Invoice Packet Splitter"),
    ],
)
def test_the_three_processors_of_2026_02_09(read, name, kind, title):
    processor = read(f"2026-02-09.{name}")
    has(processor, objects.Processor, type=kind, name=title, updated_at=at(2024, 3, 21, 16, 45))
    has(
        processor.draft_version,
        objects.ProcessorVersion,
        type=kind,
        version="draft",
        processor_id=processor.id,
    )
    assert processor.draft_version.updated_at is None


def test_a_row_of_the_list_of_processors(read):
    [processor] = read("2026-02-09.processors.list.legacy").values
    [version] = processor.versions
    has(version, objects.ProcessorVersion, id="exv_xK9mLPqRtN3vS8wF5hB2cQ", version="3", config=None)
    assert processor.draft_version is None


def test_processor_version(read):
    version = read("2024-12-23.processor_version.published")
    has(
        version,
        objects.ProcessorVersion,
        id="processor_version_5678",
        processor_id="processor_1234",
        processor_name=None,
        type="EXTRACT",
        version="1.2.0",
        description="Updated extraction rules for invoice processing",
        created_at=at(2024, 3, 1, 14),
    )
    assert [field["type"] for field in version.config["fields"]] == ["string", "date"]
    draft, published = read("2025-04-21.processor_versions").values
    assert (draft.version, published.version, published.id) == ("draft", "1.0", "dpv_QYk6jgHA_8CsO8rVWhyNC")
    new = read("2026-02-09.extractor_version")
    has(
        new, objects.ProcessorVersion, type="EXTRACT", processor_id="ex_Xj8mK2pL9nR4vT7qY5wZ", created_by=None
    )
    assert new.config["advancedOptions"]["citationMode"] == "line"


# ---------------------------------------------------------------------------------------------------- workflows


def test_workflow(read):
    workflow = read("2024-12-23.workflow")
    has(
        workflow,
        objects.Workflow,
        id="workflow_1234",
        name="Example Workflow",
        version="1.0.0",
        draft_version=None,
    )
    new = read("2026-02-09.workflow")
    has(new, objects.Workflow, name="Invoice Processing", version=None, created_at=at(2024, 3, 21, 16, 45))
    has(new.draft_version, objects.WorkflowVersion, version="1", name="Production v1")
    assert new.draft_version.steps[0]["type"] == "TRIGGER"
    has(
        read("2026-02-09.workflow_version"),
        objects.WorkflowVersion,
        id="workflow_version_Zk9mNP12Qw4-yTv8BdR3H",
    )


def test_workflow_run_of_2024_12_23(read):
    run = read("2024-12-23.workflow_run.get")
    has(
        run,
        objects.WorkflowRun,
        id="workflow_run_1234",
        status="PROCESSED",
        name=None,
        url=None,
        metadata={"internal_id": "id_1234"},
        initial_run_at=at(2023, 1, 1, 9, 41),
        reviewed=None,
        reviewed_by="user_1234",
        started_at=at(2023, 1, 1, 9, 41),
        step_runs=None,
        workflow_version=None,
    )
    assert run.ended_at == datetime(2023, 1, 10, 5, 39, 24, 500000, tzinfo=UTC)
    [output] = run.outputs
    has(output, objects.ProcessorRun, id="dpr_1234", type="EXTRACT", status=None, edited=True, output={})
    has(run.workflow, objects.Workflow, id="workflow_1234", name="test_workflow", version="1")
    [created] = read("2024-12-23.workflow_runs.created").values
    has(created, objects.WorkflowRun, status="PENDING", outputs=(), files=None)


def test_workflow_run_of_2025_04_21(read):
    run = read("2025-04-21.workflow_run.get")
    has(
        run,
        objects.WorkflowRun,
        name="My Workflow Run",
        batch_id="batch_kCz2ht2a",
        reviewed=False,
        outputs=(),
    )
    assert run.url.startswith(
        "https://dashboard.extend.ai/workflows/workflow_YH1ZEST4sxgUT7w84KBGa?workflowRunId="
    )
    assert run.step_runs == ()
    [created] = read("2025-04-21.workflow_runs.created").values
    has(created, objects.WorkflowRun, status="PENDING", started_at=None, initial_run_at=run.initial_run_at)


def test_workflow_run_of_2026_02_09(read):
    run = read("2026-02-09.workflow_run.sdk_fixture")
    has(
        run,
        objects.WorkflowRun,
        id="workflow_run_xKm9pNv3qWsY_jL2tR5Dh",
        name=None,
        reviewed=True,
        reviewed_by="jane.doe@example.com",
        ended_at=at(2024, 3, 21, 15, 35),
        outputs=None,
    )
    assert (run.workflow.name, run.workflow_version.version) == ("Invoice Processing", "1")
    [step] = run.step_runs
    has(
        step,
        objects.StepRun,
        status="PENDING",
        type="PARSE",
        name="Validate Invoice Total",
        workflow_run_id=run.id,
    )
    assert step.result["parseRun"]["id"] == "pr_xK9mLPqRtN3vS8wF5hB2cQ"


def test_workflow_run_summary(read):
    page = read("2024-12-23.workflow_runs.list")
    assert page.next_page_token == "abc123"
    [row] = page.values
    has(
        row,
        objects.WorkflowRunSummary,
        id="workflow_run_1234",
        status="PROCESSED",
        workflow_id="workflow_1234",
        workflow_name="My Workflow",
        workflow_version_id="workflow_version_1234",
        batch_id="batch_1234",
        reviewed=None,
        reviewed_by="user@example.com",
        rejection_note="This workflow run was rejected because it was not valid.",
        initial_run_at=at(2023, 1, 1, 9, 41),
        url=None,
    )
    [old] = read("2025-04-21.workflow_runs.list").values
    has(old, objects.WorkflowRunSummary, status="REJECTED", workflow_name="Invoice Processing")
    [new] = read("2026-02-09.workflow_runs.list").values
    has(
        new,
        objects.WorkflowRunSummary,
        workflow_id="workflow_BMlfq_yWM3sT-ZzvCnA3f",
        workflow_version_id="workflow_version_Zk9mNP12Qw4-yTv8BdR3H",
        batch_id=None,
        created_at=at(2024, 3, 21, 16, 45),
    )
    assert new.url.endswith("workflow_run_xKm9pNv3qWsY_jL2tR5Dh")


@pytest.mark.parametrize(
    "name",
    ["2024-12-23.workflow_runs.batch", "2025-04-21.workflow_runs.batch", "2026-02-09.workflow_runs_batch"],
)
def test_a_batch_of_workflow_runs_is_an_id(read, name):
    has(read(name), newer.WorkflowBatch, id="batch_zyx987")


# -------------------------------------------------------------------------------------------- files and parsing


def test_file(read):
    file = read("2024-12-23.file")
    has(
        file,
        objects.File,
        id="file_1234",
        name="example_file",
        type="PDF",
        url="https://s3.example.com/file_1234.pdf",
        parent_file_id="file_5678",
        page_count=None,
        created_at=at(2024, 1, 1),
    )
    assert file.contents["pages"][0]["pageNumber"] == 1
    assert (file.split["startPage"], file.split["endPage"]) == (7, 9)
    has(read("2025-04-21.file.uploaded"), objects.File, name="My File", url=None, split=None, page_count=None)
    has(read("2026-02-09.file"), objects.File, page_count=30, parent_file_id="file_Zk9mNP12Qw4yTv8BdR3H")
    [row] = read("2026-02-09.files.list").values
    has(row, objects.File, name="Invoices.pdf", url=None, contents=None)


@pytest.mark.parametrize("name", ["2025-04-21.parser_run.processed", "2026-02-09.parse_run.processed"])
def test_blocks_of_a_parsed_document(read, name):
    run = read(name)
    has(run, objects.ParseRun, status="PROCESSED", metrics={"processingTimeMs": 1234, "pageCount": 1})
    [chunk] = run.chunks
    has(chunk, objects.Chunk, type="page", content="# Invoice\n\nINV-1001", first_page=1, last_page=1)
    [block] = chunk.blocks
    has(block, objects.Block, id="b1", type="heading", content="# Invoice", page=1, children=None, details={})
    assert block.box == Box(10 / 612, 10 / 792, 100 / 612, 30 / 792, page=1)
    assert len(block.polygon) == 4


def test_a_block_without_its_page_has_no_box(read):
    run = read("2026-02-09.parse_run.sdk_fixture")
    has(run, objects.ParseRun, batch_id="bpar_Xj8mK2pL9nR4vT7qY5wZ", file_id="file_xK9mLPqRtN3vS8wF5hB2cQ")
    assert run.ocr["words"][0]["content"] == "sample content"
    [block] = run.chunks[0].blocks
    has(block, objects.Block, type="text", page=None, box=None)
    assert block.bounding_box == {"left": 10, "top": 10, "right": 20, "bottom": 20}


@pytest.mark.parametrize(
    ("metadata", "page"), [({"page": 4}, 4), ({"pageNumber": 3}, 3), ({"page": {"number": 2}}, 2), ({}, None)]
)
def test_the_page_of_a_block_is_a_number_or_an_object(metadata, page):
    child = {"object": "block", "id": "c", "type": "table_cell", "content": "1"}
    block = {
        "object": "block",
        "id": "b",
        "type": "table",
        "content": "",
        "metadata": metadata,
        "children": [child],
    }
    read = read_object("2024-12-23", block)
    has(read, objects.Block, page=page, box=None, bounding_box=None)
    has(read.children[0], objects.Block, id="c", type="table_cell")


def test_parses_without_text(read):
    has(
        read("2025-04-21.parser_run.status"), objects.ParseRun, status="PROCESSING", chunks=None, file_id=None
    )
    has(read("2026-02-09.parse_run.cancelled"), objects.ParseRun, status="CANCELLED", chunks=None, usage=None)
    assert read("2025-04-21.parser_run.processed").file_id == "file_Zk9mNP12Qw4yTv8BdR3H"
    [row] = read("2026-02-09.parse_runs.list").values
    has(row, objects.ParseRun, status="PENDING", output_url="https://...")


# ---------------------------------------------------------------------------------------------- evaluation sets


def test_evaluation_set(read):
    has(
        read("2025-04-21.evaluation_set"),
        objects.EvaluationSet,
        id="ev_2LcgeY_mp2T5yPaEuq5Lw",
        name="Invoice Processing Test Set",
        description="Q4 2023 vendor invoices for accuracy testing",
        processor_id="dp_Xj8mK2pL9nR4vT7qY5wZ",
        processor_name=None,
        type=None,
        created_at=at(2024, 3, 21, 15, 30),
    )
    new = read("2026-02-09.evaluation_set")
    has(
        new, objects.EvaluationSet, processor_id="ex_Xj8mK2pL9nR4vT7qY5wZ", processor_name="Invoice Extractor"
    )
    assert new.type == "EXTRACT"
    [row] = read("2026-02-09.evaluation_sets.list").values
    has(row, objects.EvaluationSet, id=new.id)


def test_evaluation_set_item(read):
    [old] = read("2024-12-23.evaluation_set_items.bulk").values
    has(
        old,
        objects.EvaluationSetItem,
        id="eval_item_1234",
        evaluation_set_id="eval_set_1234",
        file_id="file_1234",
        expected_output={},
        created_at=at(2024, 1, 1),
        file=None,
    )
    item = read("2025-04-21.evaluation_set_item")
    has(
        item,
        objects.EvaluationSetItem,
        expected_output={"value": {"invoice_number": "INV-1001"}},
        created_at=None,
    )
    new = read("2026-02-09.evaluation_set_item")
    has(new, objects.EvaluationSetItem, file_id="file_xK9mLPqRtN3vS8wF5hB2cQ", files=None)
    has(new.file, objects.File, name="Invoices.pdf", page_count=30)
    [row] = read("2026-02-09.evaluation_set_items.list").values
    has(row, objects.EvaluationSetItem, evaluation_set_id=None, expected_output=None, id=new.id)
    [made] = read("2026-02-09.evaluation_set_items.created").values
    has(made, objects.EvaluationSetItem, expected_output={}, evaluation_set_id="ev_2LcgeY_mp2T5yPaEuq5Lw")


def test_an_item_of_several_files():
    files = [{"object": "file", "id": f"file_{n}", "name": "a.pdf"} for n in (1, 2)]
    body = {
        "object": "evaluation_set_item",
        "id": "evi_1",
        "file": None,
        "files": files,
        "expectedOutput": {},
    }
    item = read_object("2026-02-09", body)
    has(item, objects.EvaluationSetItem, file=None, file_id=None)
    assert [file.id for file in item.files] == ["file_1", "file_2"]


# ------------------------------------------------------------------------------------------- what came later


def test_what_came_after_2024_12_23(read):
    has(read("2026-02-09.batch_run"), newer.BatchRun, status="PROCESSING", run_count=50)
    has(read("2025-04-21.edit_run.status"), newer.EditRun, status="PROCESSING", file_id=None, config=None)
    edit = read("2026-02-09.edit_run.sdk_fixture")
    has(edit, newer.EditRun, filled_values={"key": "value"}, failure_reason="FILE_TYPE_NOT_SUPPORTED")
    assert edit.edited_file["id"] == "file_Ab3cDE45Fg6hIj7KlM8nO"
    form = read("2026-02-09.form_detection_run")
    has(form, newer.FormDetectionRun, status="PROCESSED", config={}, usage=None)
    assert form.output["schema"] == {"type": "object", "properties": {}}
    verify = read("2026-02-09.verify_run")
    has(verify, newer.VerifyRun, risk_level="LOW", signals=[], source="API", metadata=None)
    assert verify.summary == "No fraud signals were detected."
    template = read("2026-02-09.edit_template")
    has(template, newer.EditTemplate, name="W-9 Template", created_at=at(2024, 3, 21, 16, 45))
    assert template.schema_config["instructions"] == "instructions"


def test_webhook_endpoints_and_subscriptions(read):
    created = read("2026-02-09.webhook_endpoint.created")
    has(
        created,
        newer.WebhookEndpoint,
        url="https://example.com/webhooks",
        enabled_events=("extract_run.processed", "workflow.created"),
        api_version="2026-02-09",
        webhook_api_version="apiVersion",
        signing_secret="wss_Av9uCQNrCIEe0XpEpsQUVjEJYr4udK9N",
    )
    assert "wss_" not in repr(created)
    [row] = read("2026-02-09.webhook_endpoints.list").values
    has(row, newer.WebhookEndpoint, id=created.id, signing_secret=None)
    subscription = read("2026-02-09.webhook_subscription")
    has(subscription, newer.WebhookSubscription, resource_type="extractor", webhook_endpoint_id=created.id)


@pytest.mark.parametrize(
    ("name", "deleted"),
    [
        ("2025-04-21.file.deleted", "file_xK9mLPqRtN3vS8wF5hB2cQ"),
        ("2026-02-09.extract_run.deleted", "exr_Xj8mK2pL9nR4vT7qY5wZ"),
        ("2026-02-09.processor_run.deleted.legacy", "exr_Xj8mK2pL9nR4vT7qY5wZ"),
    ],
)
def test_a_delete_answers_an_id(read, name, deleted):
    has(read(name), newer.Deleted, id=deleted)
