"""What is refused before anything is sent, for every operator that starts a run."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from airflow_provider_extend.operators.classify import ExtendBatchClassifyOperator, ExtendClassifyOperator
from airflow_provider_extend.operators.edit import ExtendEditOperator
from airflow_provider_extend.operators.extract import ExtendBatchExtractOperator, ExtendExtractOperator
from airflow_provider_extend.operators.form_detection import ExtendDetectFormOperator
from airflow_provider_extend.operators.parse import ExtendBatchParseOperator, ExtendParseOperator
from airflow_provider_extend.operators.processor_run import ExtendRunProcessorOperator
from airflow_provider_extend.operators.split import ExtendBatchSplitOperator, ExtendSplitOperator
from airflow_provider_extend.operators.verify import ExtendVerifyOperator
from airflow_provider_extend.operators.workflow import (
    ExtendBatchRunWorkflowOperator,
    ExtendRunWorkflowOperator,
)
from tests.airflow_names import AirflowFailException

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
SIGNED = "https://a.example.com/1.pdf?X-Amz-Signature=5ecret"

EXTRACT = (ExtendExtractOperator, {"extractor_id": "ex_1"})
CLASSIFY = (ExtendClassifyOperator, {"classifier_id": "cl_1"})
SPLIT = (ExtendSplitOperator, {"splitter_id": "spl_1"})
PARSE = (ExtendParseOperator, {})
EDIT = (ExtendEditOperator, {})
VERIFY = (ExtendVerifyOperator, {})
DETECT = (ExtendDetectFormOperator, {})
PROCESSOR = (ExtendRunProcessorOperator, {"processor_id": "p_1"})
WORKFLOW = (ExtendRunWorkflowOperator, {"workflow_id": "w_1"})
SINGLE = (EXTRACT, CLASSIFY, SPLIT, PARSE, EDIT, VERIFY, DETECT, PROCESSOR, WORKFLOW)
WITH_TEXT = (EXTRACT, CLASSIFY, PROCESSOR, WORKFLOW)
WITH_PRIORITY = (EXTRACT, CLASSIFY, SPLIT, PROCESSOR, WORKFLOW)
WITH_METADATA = (EXTRACT, CLASSIFY, SPLIT, PARSE, VERIFY, PROCESSOR, WORKFLOW)
WITH_PACKAGE = (EXTRACT, WORKFLOW)

BATCHES = (
    (ExtendBatchExtractOperator, {"extractor_id": "ex_1"}),
    (ExtendBatchClassifyOperator, {"classifier_id": "cl_1"}),
    (ExtendBatchSplitOperator, {"splitter_id": "spl_1"}),
    (ExtendBatchParseOperator, {}),
    (ExtendBatchRunWorkflowOperator, {"workflow_id": "w_1"}),
)


def of(operators: Any) -> Any:
    return pytest.mark.parametrize("asked", operators, ids=lambda asked: asked[0].__name__)


@pytest.fixture
def refused(requests_mock: Any, connect: Any, task: Any) -> Any:
    """The error of an operator that sends nothing."""

    def run(asked: Any, version: str = V26, /, **given: Any) -> str:
        connect(version)
        operator, needed = asked
        with pytest.raises(AirflowFailException) as caught:
            task.run(operator(task_id="task", **{**needed, **given}))
        assert requests_mock.call_count == 0
        assert task.record is None
        told = str(caught.value)
        assert "Nothing was sent" in told
        assert "5ecret" not in told
        return told

    return run


# One document


@of(SINGLE)
def test_neither_a_file_nor_a_text(refused, asked) -> None:
    assert "none of file_id, file_url and text" in refused(asked)


@of(WITH_TEXT)
def test_both_a_file_and_a_text(refused, asked) -> None:
    assert "file_id, text of file_id, file_url and text" in refused(asked, file_id="file_1", text="5ecret")


@of(SINGLE)
def test_two_files(refused, asked) -> None:
    assert "file_id, file_url of" in refused(asked, file_id="file_1", file_url=SIGNED)


@of([asked for asked in SINGLE if asked not in WITH_TEXT])
def test_a_text_where_none_is_taken(refused, asked) -> None:
    assert "text is given:" in refused(asked, text="5ecret")


@of([asked for asked in SINGLE if asked not in WITH_PACKAGE])
def test_a_package_where_none_is_taken(refused, asked) -> None:
    assert "package is given:" in refused(asked, package=["file_1", "file_2"])


@of([asked for asked in SINGLE if asked not in WITH_PRIORITY])
def test_a_priority_where_none_is_taken(refused, asked) -> None:
    assert "priority is given:" in refused(asked, file_id="file_1", priority=5)


@of([asked for asked in SINGLE if asked not in WITH_METADATA])
def test_metadata_where_none_are_taken(refused, asked) -> None:
    told = refused(asked, file_id="file_1", metadata={"a": 1})
    assert "metadata is given:" in told
    assert "take none in API version 2026-02-09" in told


@of(WITH_PRIORITY)
@pytest.mark.parametrize("priority", [0, 101, -1, 1.5, "high", True])
def test_a_priority_out_of_its_range(refused, asked, priority) -> None:
    assert f"priority is {priority!r}" in refused(asked, file_id="file_1", priority=priority)


METADATA = [
    ({"a": "b" * 9300}, "at most 9216"),
    ({"a": "ä" * 4700}, "at most 9216"),
    (["a"], "expected an object"),
    ({"extend:usage_tags": "a"}, "extend:usage_tags"),
    ({"extend:usage_tags": [1]}, "extend:usage_tags"),
    ({"extend:usage_tags": {"a": 1}}, "extend:usage_tags"),
]


@of(WITH_METADATA)
@pytest.mark.parametrize(("metadata", "words"), METADATA, ids=lambda value: str(value)[:30])
def test_metadata_that_extend_would_refuse(refused, asked, metadata, words) -> None:
    assert words in refused(asked, file_id="file_1", metadata=metadata)


@of((CLASSIFY, SPLIT))
def test_neither_a_processor_nor_a_config(refused, asked) -> None:
    noun = next(iter(asked[1]))
    told = refused(asked, **{noun: None}, file_id="file_1")
    assert f"Neither {noun} nor config is given" in told


@of((EXTRACT, CLASSIFY, SPLIT))
def test_both_a_processor_and_a_config(refused, asked) -> None:
    noun = next(iter(asked[1]))
    assert f"Both {noun} and config are given" in refused(asked, file_id="file_1", config={"a": 1})


@of((EXTRACT, CLASSIFY, SPLIT))
@pytest.mark.parametrize("of_a_processor", [{"version": "1.0"}, {"override_config": {"a": 1}}])
def test_what_belongs_to_a_processor_without_one(refused, asked, of_a_processor) -> None:
    noun = next(iter(asked[1]))
    given = {noun: None, "config": {"a": 1}, "file_id": "file_1", **of_a_processor}
    assert "version and override_config need a" in refused(asked, **given)


def test_a_type_of_processor_that_there_is_none_of(refused) -> None:
    told = refused(PROCESSOR, file_id="file_1", processor_type="extractor")
    assert "processor_type is 'extractor': expected EXTRACT, CLASSIFY, SPLITTER or None" in told


def test_a_text_for_a_splitter_by_type(refused) -> None:
    assert "text is given: split runs take none" in refused(PROCESSOR, text="a", processor_type="SPLITTER")


@of((PROCESSOR, EXTRACT, WORKFLOW))
def test_what_is_no_id(refused, asked) -> None:
    assert "cannot be an id" in refused(asked, **{next(iter(asked[1])): "../files"}, file_id="file_1")


@pytest.mark.parametrize(
    ("version", "given", "words"),
    [
        (V26, {"template_id": "edt_1", "file_id": "file_1"}, "Both a file and template_id"),
        (V26, {"template_id": "edt 1"}, "template_id 'edt 1' cannot be an id"),
        (V26, {"template_id": "edt_1", "text": "a"}, "text is given"),
        (V25, {"template_id": "edt_1"}, "API version 2025-04-21 has no runs of a template"),
    ],
)
def test_templates_to_edit(refused, version, given, words) -> None:
    assert words in refused(EDIT, version, **given)


# Configs


@pytest.mark.parametrize(
    ("asked", "version", "given", "words"),
    [
        (EXTRACT, V26, {"extractor_id": None, "config": {"fields": []}}, "extract config"),
        (EXTRACT, V26, {"override_config": {"schema": "5ecret"}}, "extract config"),
        (CLASSIFY, V26, {"classifier_id": None, "config": {}}, "classify config"),
        (SPLIT, V26, {"splitter_id": None, "config": {}}, "split config"),
        (PARSE, V26, {"config": {"target": ["html"]}}, "parse config"),
        (PARSE, V25, {"config": {"target": 7}}, "parse config"),
        (EDIT, V26, {"config": {"instructions": 7}}, "edit config"),
        (VERIFY, V26, {"config": {"engines": "a"}}, "verify config"),
        (DETECT, V26, {"config": ["5ecret"]}, "form detection config"),
        (PROCESSOR, V25, {"config": {"type": "EXTRACT", "schema": 7}}, "API version 2025-04-21"),
        (PROCESSOR, V26, {"config": {"type": "EXTRACT", "schema": 7}}, "API version 2025-04-21"),
        (PROCESSOR, V26, {"config": {"schema": 7}, "processor_type": "EXTRACT"}, "API version 2026-02-09"),
        (PROCESSOR, V24, {"config": {"fields": 7}, "processor_type": "EXTRACT"}, "API version 2024-12-23"),
    ],
)
def test_a_config_that_the_version_does_not_take(refused, asked, version, given, words) -> None:
    told = refused(asked, version, file_id="file_1", **given)
    assert words in told
    assert "does not fit" in told


@of(BATCHES[:3])
def test_an_override_of_a_batch_that_the_version_does_not_take(refused, asked) -> None:
    override = {"advancedOptions": "5ecret"}
    assert "does not fit API version" in refused(asked, inputs=["file_1"], override_config=override)


def test_the_parse_config_of_a_batch(refused) -> None:
    assert "parse config" in refused(BATCHES[3], inputs=["file_1"], config={"target": ["html"]})


def test_a_key_that_no_version_documents_is_sent_with_a_warning(
    requests_mock, connect, task, log_text
) -> None:
    connect(V26)
    requests_mock.post("https://api.extend.ai/parse_runs", json={"id": "pr_1", "status": "PROCESSING"})
    config = {"target": "markdown", "ofTomorrow": 1}
    task.run(ExtendParseOperator(task_id="task", file_id="file_1", config=config, wait_for_completion=False))
    assert requests_mock.request_history[0].json()["config"] == config
    assert "ofTomorrow" in log_text()


# Packages


PACKAGES = [
    (["file_1"], "package holds 1: a package takes 2 to 50"),
    ([f"file_{n}" for n in range(51)], "package holds 51"),
    ([], "package holds 0"),
    (["file_1", "file_2", "file_1"], "package[2] is the same file as package[0]"),
    ([SIGNED, {"file_url": SIGNED, "file_name": "b.pdf"}], "package[1] is the same file as package[0]"),
    (["file_1", {"text": "5ecret"}], "package[1] is"),
    (["file_1", {"url": SIGNED}], "package[1] is a mapping with 'url'"),
    (["file_1", 7], "package[1] is a int"),
    (["file_1", {}], "none of file_id, file_url and text"),
    (["file_1", "../files"], "package[1] is a text of 8 characters that has no scheme and no id"),
    ("file_1", "package is a str"),
    (7, "package is a int"),
]


@of(WITH_PACKAGE)
@pytest.mark.parametrize(("package", "words"), PACKAGES, ids=lambda value: str(value)[:30])
def test_a_package_that_extend_would_refuse(refused, asked, package, words) -> None:
    assert words in refused(asked, package=package)


@of(WITH_PACKAGE)
@pytest.mark.parametrize(
    "beside", [{"file_id": "file_1"}, {"file_url": SIGNED}, {"text": "a"}, {"file_name": "a"}]
)
def test_a_package_beside_a_document(refused, asked, beside) -> None:
    assert "package is given beside" in refused(asked, package=["file_1", "file_2"], **beside)


@pytest.mark.parametrize("version", [V24, V25])
def test_a_package_before_2026(refused, version) -> None:
    told = refused(WORKFLOW, version, package=["file_1", "file_2"])
    assert f"API version {version} has no runs of several files: 2026-02-09 has" in told


def test_a_url_and_an_id_are_never_the_same_file(requests_mock, connect, task) -> None:
    connect(V26)
    requests_mock.post("https://api.extend.ai/extract_runs", json={"id": "exr_1", "status": "PROCESSING"})
    operator, needed = EXTRACT
    package = ["file_1", "https://a.example.com/file_1"]
    made = task.run(operator(task_id="task", wait_for_completion=False, package=package, **needed))
    assert made == "exr_1"


# Batches


@of(BATCHES)
@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ([], "inputs holds 0: a batch takes 1 to 1000"),
        (["file_1"] * 1001, "inputs holds 1001"),
        ("file_1", "inputs is a str"),
        ({"file_id": "file_1"}, "inputs is a dict"),
        (None, "inputs is a NoneType"),
        (5, "inputs is a int"),
        (["file_1", "5ecret text of a document"], "inputs[1] is a text of 25 characters that has no scheme"),
        (["s3://me:5ecret@bucket/1.pdf"], "inputs[0] is a text of 27 characters that begins with 's3'"),
        (["file_1", {"file_id": None}], "Of inputs[1]: Given are none of file_id"),
        (["file_1", {"file_id": "a b"}], "Of inputs[1]: file_id 'a b' cannot be an id"),
        (["file_1", {"url": SIGNED}], "inputs[1] is a mapping with 'url'"),
        (["file_1", {"file_id": "a", "file_url": SIGNED}], "Of inputs[1]: Given are file_id, file_url of"),
        (["file_1", {"file_id": "a", "metadata": "b"}], "metadata of inputs[1] is no object"),
        (
            ["file_1", {"file_id": "a", "metadata": {"a": "b" * 9300}}],
            "Of inputs[1]: metadata has 93",
        ),
        (
            ["a", {"file_id": "a", "metadata": {"until": datetime(2026, 1, 1)}}],
            "Of inputs[1]: metadata holds what JSON does not know",
        ),
        (
            ["a", {"file_id": "a", "metadata": {"extend:usage_tags": "b"}}],
            "Of inputs[1]: metadata 'extend:usage_tags'",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_inputs_that_extend_would_refuse(refused, asked, inputs, words) -> None:
    assert words in refused(asked, inputs=inputs)


def test_a_text_in_a_batch_of_splits(refused) -> None:
    assert "inputs[0] is a text: a split batch takes files alone" in refused(
        BATCHES[2], inputs=[{"text": "5ecret"}]
    )


@of(BATCHES)
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"priority": 0}, "priority is 0"),
        ({"priority": 101}, "priority is 101"),
        ({"on_partial": "skip"}, "on_partial is 'skip': expected 'fail' or 'succeed'"),
        ({"push_output": True}, "push_output is set"),
        ({"metadata": ["a"]}, "metadata is a list of str: expected an object"),
    ],
)
def test_what_a_batch_does_not_take(refused, asked, given, words) -> None:
    assert words in refused(asked, inputs=["file_1"], **given)


@pytest.mark.parametrize("version", [V24, V25])
def test_a_priority_of_a_workflow_batch_before_2026(refused, version) -> None:
    told = refused(BATCHES[4], version, inputs=["file_1"], priority=5)
    assert f"priority is given: a workflow batch takes none in API version {version}" in told


@of(BATCHES[:3])
def test_a_batch_without_its_processor(refused, asked) -> None:
    noun = next(iter(asked[1]))
    assert f"{noun} is None: a batch needs one" in refused(asked, **{noun: None}, inputs=["file_1"])


# What Airflow stores


@of(BATCHES)
def test_inputs_are_not_shown_by_airflow(asked) -> None:
    operator, needed = asked
    inputs = [SIGNED, {"text": "5ecret"}]
    made = operator(task_id="task", inputs=inputs, **needed)
    made.inputs = inputs  # as rendering does
    assert "5ecret" not in str(made.inputs)
    assert "2 entries" in str(made.inputs)
    assert made.revealed("inputs") == inputs
    assert "5ecret" not in repr(made.documents())


@of(WITH_PACKAGE)
def test_packages_are_not_shown_by_airflow(asked) -> None:
    operator, needed = asked
    package = [SIGNED, "file_1"]
    made = operator(task_id="task", package=package, **needed)
    made.package = package
    assert "5ecret" not in str(made.package)
    assert "5ecret" not in json.dumps(made.parts(), default=repr), "the signature names no document"


def test_what_a_form_is_filled_with_is_not_shown_by_airflow() -> None:
    config = {"instructions": "5ecret"}
    made = ExtendEditOperator(task_id="task", file_id="file_1", config=config)
    made.config = config
    assert "5ecret" not in str(made.config)
    assert made.parts()["config"] == config
