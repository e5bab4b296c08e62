"""Outputs of every form, as the documentation, its examples and the clients show them."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_extend.api.errors import ExtendAnswerError
from airflow_provider_extend.api.outputs import (
    FINAL,
    INITIAL,
    REVIEWED,
    Box,
    Value,
    box_on_page,
    page_number,
    read_output,
    read_run_output,
    read_workflow_outputs,
)


def by_path(values: tuple[Value, ...]) -> dict[str, Value]:
    found = {value.path: value for value in values}
    assert len(found) == len(values), "each path once"
    return found


def plain(values: tuple[Value, ...]) -> dict[str, Any]:
    return {value.path: value.value for value in values}


# ------------------------------------------------------------------------------------------ extraction by schema


def test_an_extraction_of_2026_02_09(example):
    values = by_path(read_run_output(example("2026-02-09.extract_run.processed")))
    assert list(values) == ["invoice_number", "total", "total.amount", "total.iso_4217_currency_code"]
    number = values["invoice_number"]
    assert (number.value, number.confidence, number.ocr_confidence, number.page) == (
        "INV-1001",
        0.97,
        0.98,
        1,
    )
    # A polygon from (10, 20) to (90, 32) on a page of 612 by 792 points.
    assert number.boxes == (Box(10 / 612, 20 / 792, 90 / 612, 32 / 792, page=1),)
    assert values["total"] == Value("total", {"amount": 120.5, "iso_4217_currency_code": "USD"}, 0.93)
    assert values["total.amount"] == Value("total.amount", 120.5), "nothing is handed down"


def test_an_extraction_of_2025_04_21_gives_no_size_of_its_pages(example):
    values = by_path(read_run_output(example("2025-04-21.processor_run.processed")["processorRun"]))
    assert values["name"] == Value("name", "Jane Doe", 0.97, page=1, boxes=None, ocr_confidence=0.98)
    assert values["age"] == Value("age", 41, 0.92)


def test_a_citation_of_2025_04_21_with_the_size_of_its_page():
    """SDK 0.2.0 has `pageWidth` and `pageHeight` beside a bare page number."""
    polygon = [{"x": 0, "y": 0}, {"x": 306, "y": 0}, {"x": 306, "y": 396}]
    cited = {"page": 2, "pageWidth": 612, "pageHeight": 792, "polygon": polygon}
    [value] = read_output({"value": {"a": 1}, "metadata": {"a": {"citations": [cited]}}})
    assert (value.page, value.boxes) == (2, (Box(0, 0, 0.5, 0.5, page=2),))


def test_rows_of_a_list_have_paths_as_the_api_writes_them():
    output = {
        "value": {
            "line_items": [{"amount": 1}, {"amount": None}],
            "tags": [],
            "vendor": {"name": "A", "more": {}},
        },
        "metadata": {
            "line_items[0]": {"logprobsConfidence": 0.5},
            "line_items[1].amount": {"logprobsConfidence": 0.25},
            "vendor.name": {"reviewAgentScore": 4},
            "nowhere": {"logprobsConfidence": 0.1},
        },
    }
    values = by_path(read_output(output))
    assert {path: (value.value, value.confidence) for path, value in values.items()} == {
        "line_items[0]": ({"amount": 1}, 0.5),
        "line_items[0].amount": (1, None),
        "line_items[1].amount": (None, 0.25),
        "tags": ([], None),
        "vendor.name": ("A", None),
        "vendor.more": ({}, None),
    }
    assert values["vendor.name"].review_score == 4


def test_several_citations_are_several_boxes_and_the_first_page():
    def cited(page: int, **more: Any) -> dict[str, Any]:
        corners = [{"x": 0, "y": 10 * page}, {"x": 50, "y": 20 * page}]
        return {"page": {"number": page, "width": 100, "height": 100}, "polygon": corners, **more}

    notes = {"citations": [cited(2, fileId="file_1"), {"page": {"number": 9}}, cited(1, fileId="file_2")]}
    [value] = read_output({"value": {"a": 1}, "metadata": {"a": notes}})
    assert value.page == 2
    assert value.boxes == (Box(0, 0.2, 0.5, 0.4, 2, "file_1"), Box(0, 0.1, 0.5, 0.2, 1, "file_2"))


@pytest.mark.parametrize(
    ("polygon", "page"),
    [
        # As an example of the guide shows it: beyond the right edge, so its units are not those of the page.
        ([{"x": 612, "y": 231}, {"x": 706, "y": 259}], {"number": 1, "width": 612, "height": 792}),
        ([{"x": -50, "y": 0}, {"x": 5, "y": 5}], {"number": 1, "width": 612, "height": 792}),
        ([{"x": 1, "y": 1}], {"number": 1}),
        ([{"x": 1, "y": 1}], {"number": 1, "width": 0, "height": 0}),
        ([{"x": 1}], {"number": 1, "width": 612, "height": 792}),
        (["x"], {"number": 1, "width": 612, "height": 792}),
        ({"x": 1, "y": 1}, {"number": 1, "width": 612, "height": 792}),
        (7, {"number": 1, "width": 612, "height": 792}),
    ],
)
def test_a_place_that_no_fractions_can_be_made_of_is_none(polygon, page):
    notes = {"citations": [{"page": page, "polygon": polygon}]}
    [value] = read_output({"value": {"a": 1}, "metadata": {"a": notes}})
    assert (value.page, value.boxes) == (1, None)


@pytest.mark.parametrize(
    "notes", [{}, {"citations": None}, {"citations": 7}, {"citations": []}, {"citations": [{"polygon": []}]}]
)
def test_no_place_is_an_empty_tuple(notes):
    [value] = read_output({"value": {"a": 1}, "metadata": {"a": notes}})
    assert (value.page, value.boxes) == (None, ())


def test_a_cell_of_a_spreadsheet_has_the_number_of_its_sheet():
    cited = {"page": {"number": 3}, "cellRange": "B2:C4"}
    [value] = read_output({"value": {"a": 1}, "metadata": {"a": {"citations": [cited]}}})
    assert (value.page, value.boxes) == (3, ())


@pytest.mark.parametrize("confidence", [1.1, -0.1, True, "0.9", None, float("nan"), 10**400])
def test_what_is_no_fraction_is_no_confidence(confidence):
    notes = {"logprobsConfidence": confidence, "ocrConfidence": confidence, "reviewAgentScore": True}
    [value] = read_output({"value": {"a": 1}, "metadata": {"a": notes}})
    assert value == Value("a", 1)


def test_an_expected_output_has_no_metadata(example):
    item = example("2025-04-21.evaluation_set_item")["evaluationSetItem"]
    assert read_output(item["expectedOutput"]) == (Value("invoice_number", "INV-1001"),)
    assert read_output({"value": {}}) == ()
    assert read_output({"value": {"a": 1}, "metadata": None}) == (Value("a", 1),)


# ------------------------------------------------------------------------------------------ extraction by fields


def test_an_extraction_of_2024_12_23(example):
    run = example("2024-12-23.processor_run.processed")["processorRun"]
    assert read_run_output(run) == (Value("invoice_number", "1234567890"),)


REFERENCE = {
    "id": "f1",
    "fieldName": "total",
    "page": 3,
    "boundingBoxes": [{"left": 1, "top": 2, "right": 3, "bottom": 4}],
}
ROWS = {
    "id": "f2",
    "type": "array",
    "value": [{"amount": 1.5, "when": None}, {"amount": 2}],
    "confidence": 0.5,
    "references": [],
    "schema": [{"id": "f3", "name": "amount", "type": "number", "description": ""}],
}


def test_a_map_of_field_results_is_read_by_the_names_of_the_fields():
    total = {
        "id": "f1",
        "type": "number",
        "value": 12,
        "confidence": 0.75,
        "references": [REFERENCE],
        "insights": [],
    }
    values = read_output({"total": total, "rows": ROWS})
    assert values == (
        Value("total", 12, 0.75, page=3, boxes=None),
        Value("rows", ROWS["value"], 0.5),
        Value("rows[0].amount", 1.5),
        Value("rows[0].when", None),
        Value("rows[1].amount", 2),
    )


def test_a_list_of_field_results_is_read_by_their_ids():
    assert read_output([ROWS, {"id": "f9", "value": "x", "page": 2}]) == (
        Value("f2", ROWS["value"], 0.5),
        Value("f2[0].amount", 1.5),
        Value("f2[0].when", None),
        Value("f2[1].amount", 2),
        Value("f9", "x", page=2),
    )
    assert read_output([]) == ()


def test_fields_with_the_names_of_the_other_form_are_fields():
    field = {"id": "f1", "type": "string", "value": "x"}
    assert read_output({"value": field}) == (Value("value", "x"),)
    assert plain(read_output({"value": field, "metadata": field})) == {"value": "x", "metadata": "x"}
    assert plain(read_output({"id": field, "type": field})) == {"id": "x", "type": "x"}
    assert plain(read_output({"splits": field})) == {"splits": "x"}


# --------------------------------------------------------------------------------------- classification and split


def test_a_classification(example):
    run = example("2025-04-21.processor_run.classify")["processorRun"]
    assert read_run_output(run) == (Value("type", "invoice", 0.99), Value("id", "invoice", 0.99))
    # A fixture whose numbers are made up: 1.1 is no confidence.
    fixture = example("2026-02-09.classify_run.sdk_fixture")
    assert read_run_output(fixture) == (Value("type", "type"), Value("id", "sample_id"))
    assert plain(read_output({"id": "a", "type": "b"})) == {"type": "b", "id": "a"}


@pytest.mark.parametrize("key", ["splits", "subDocumentClassifications"])
def test_a_split_has_the_same_paths_in_every_version(key):
    rows = [
        {
            "id": "s1",
            "classificationId": "c1",
            "type": "invoice",
            "startPage": 1,
            "endPage": 3,
            "identifier": "INV-1",
        },
        {"id": "s2", "classificationId": "c2", "type": "other", "startPage": 4, "endPage": 4},
    ]
    values = by_path(read_output({key: rows}))
    assert values["splits[0]"] == Value("splits[0]", rows[0], page=1)
    assert values["splits[0].type"] == Value("splits[0].type", "invoice", page=1)
    assert values["splits[1].endPage"] == Value("splits[1].endPage", 4, page=4)
    assert len(values) == 2 + 6 + 5
    assert read_output({key: []}) == ()


def test_published_splits(example):
    new = by_path(read_run_output(example("2026-02-09.split_run.sdk_fixture")))
    assert new["splits[0].identifier"].value == "INV-2024-001"
    assert new["splits[0].fileId"].value == "file_xK9mLPqRtN3vS8wF5hB2cQ"
    old = by_path(read_run_output(example("2025-04-21.processor_run.splitter")["processorRun"]))
    assert old["splits[0].endPage"] == Value("splits[0].endPage", 3, page=1)
    assert new.keys() == old.keys()


# ------------------------------------------------------------------------------------------------- which output


def test_the_final_output_is_read_unless_another_is_asked_for():
    def output(value: str) -> dict[str, Any]:
        return {"value": {"a": value}, "metadata": {}}

    run = {
        "output": output("reviewed"),
        "initialOutput": output("first"),
        "reviewedOutput": output("reviewed"),
    }
    assert plain(read_run_output(run)) == plain(read_run_output(run, FINAL)) == {"a": "reviewed"}
    assert plain(read_run_output(run, INITIAL)) == {"a": "first"}
    assert plain(read_run_output(run, REVIEWED)) == {"a": "reviewed"}


@pytest.mark.parametrize(
    "name",
    [
        "2024-12-23.processor_run.processing",
        "2025-04-21.processor_run.created",
        "2026-02-09.extract_run.processing",
    ],
)
def test_before_there_is_an_output_there_are_no_values(example, name):
    body = example(name)
    assert read_run_output(body.get("processorRun", body)) == ()
    assert read_run_output({}) == ()


# ----------------------------------------------------------------------------------------------- unknown forms


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ("5ecret", "a str"),
        (3, "a int"),
        (True, "a bool"),
        (["5ecret", 1], "a list of int, str"),
        ({"chunks": ["5ecret"]}, r"an object with chunks \(list\)"),
        ({"value": "5ecret", "metadata": {}}, r"metadata \(dict\), value \(str\)"),
        ({"value": {"a": "5ecret"}, "metadata": []}, r"metadata \(list\), value \(dict\)"),
        ({"value": {"a": "5ecret"}, "metadata": {"a": 1}}, r"metadata \(dict\), value \(dict\)"),
        ({"value": {"a": "5ecret"}, "other": 1}, r"other \(int\), value \(dict\)"),
        ({"splits": ["5ecret"]}, r"splits \(list\)"),
        ({"id": "a", "type": "b", "confidence": "5ecret"}, r"confidence \(str\), id \(str\), type \(str\)"),
        ({"id": "a", "type": 3}, r"id \(str\), type \(int\)"),
        ({"a": {"id": "f", "value": 1}, "b": {"value": "5ecret"}}, r"a \(dict\), b \(dict\)"),
        ({f"key_{n:02}": "5ecret" for n in range(12)}, r"key_00 .*key_09 \(str\) and more"),
    ],
)
def test_an_unknown_form_is_named_by_keys_and_types(output, found):
    with pytest.raises(ExtendAnswerError, match=f"a form that is not documented: .*{found}") as caught:
        read_output(output)
    assert "5ecret" not in str(caught.value)


def test_values_do_not_show_what_was_read():
    assert "5ecret" not in repr(read_output({"value": {"a": "5ecret"}, "metadata": {}}))


# --------------------------------------------------------------------------------------------------- workflows


def step(kind: str, result: Any, **more: Any) -> dict[str, Any]:
    return {
        "object": "workflow_step_run",
        "stepType": kind,
        "step": {"name": f"my {kind}"},
        "result": result,
        **more,
    }


def test_the_steps_of_a_workflow_run_of_2026_02_09(example):
    extract = example("2026-02-09.extract_run.processed")
    classify = example("2026-02-09.classify_run.sdk_fixture")
    split = example("2026-02-09.split_run.sdk_fixture")
    run = {
        "object": "workflow_run",
        "stepRuns": [
            step("PARSE", {"parseRun": {"id": "pr_1", "output": {"chunks": []}}}),
            step("CLASSIFY", {"classifyRun": classify}),
            step("SPLIT", {"splitRun": split}),
            step("EXTRACT", {"extractRun": extract}),
            step("MERGE_EXTRACT", {"mergedExtractors": [{"extractorId": "ex_1"}], "extractRun": extract}),
            step("CONDITIONAL_EXTRACT", None),
            step("RULE_VALIDATION", {"rules": [], "allPassed": True}),
            step("EXTERNAL_DATA_VALIDATION", {"response": {"status": 200}}),
            step("ROUTER", {"branches": []}, step=None),
        ],
    }
    found = read_workflow_outputs(run)
    assert [(each.step, each.kind, each.run_id) for each in found] == [
        ("my CLASSIFY", "CLASSIFY", "clr_Xj8mK2pL9nR4vT7qY5wZ"),
        ("my SPLIT", "SPLIT", "splr_Xj8mK2pL9nR4vT7qY5wZ"),
        ("my EXTRACT", "EXTRACT", "exr_Xj8mK2pL9nR4vT7qY5wZ"),
        ("my MERGE_EXTRACT", "MERGE_EXTRACT", "exr_Xj8mK2pL9nR4vT7qY5wZ"),
    ]
    assert [each.values[0].path for each in found] == [
        "type",
        "splits[0]",
        "invoice_number",
        "invoice_number",
    ]


def test_published_workflow_runs(example):
    assert read_workflow_outputs(example("2026-02-09.workflow_run.sdk_fixture")) == (), "its one step parses"
    [output] = read_workflow_outputs(example("2024-12-23.workflow_run.get")["workflowRun"])
    assert (output.step, output.kind, output.run_id, output.values) == (None, "EXTRACT", "dpr_1234", ())
    assert read_workflow_outputs(example("2025-04-21.workflow_run.get")["workflowRun"]) == ()


def test_the_outputs_of_an_older_workflow_run_are_runs_of_processors(example):
    run = example("2025-04-21.processor_run.processed")["processorRun"]
    [output] = read_workflow_outputs({"outputs": [run], "stepRuns": [{"step": {}, "output": {"value": 1}}]})
    assert (output.step, output.kind, output.run_id) == ("My Processor", "EXTRACT", run["id"])
    assert plain(output.values) == {"name": "Jane Doe", "age": 41}


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ({"id": "w", "status": "PROCESSED"}, r"The workflow run .*id \(str\), status \(str\)"),
        ({"outputs": ["5ecret"]}, "An output of the workflow run .*a str"),
        ({"stepRuns": [7]}, "A step of the workflow run .*a int"),
        (
            {"stepRuns": [step("NEW", {"newRun": {"output": "5ecret"}})]},
            r"The result of a step .*newRun \(dict\)",
        ),
        ({"stepRuns": [step("EXTRACT", {"extractRun": {"output": "5ecret"}})]}, "The output .*a str"),
    ],
)
def test_an_unknown_form_of_a_workflow_run(run, said):
    with pytest.raises(ExtendAnswerError, match=said) as caught:
        read_workflow_outputs(run)
    assert "5ecret" not in str(caught.value)


def test_a_step_whose_result_is_no_run_yet_has_no_output():
    assert (
        read_workflow_outputs({"stepRuns": [step("EXTRACT", {"extractRun": None}), step("EXTRACT", {})]})
        == ()
    )


# ------------------------------------------------------------------------------------------------------- boxes


def test_a_box_is_a_share_of_the_page_from_the_left_and_the_top():
    assert box_on_page((10, 20, 30, 80), (100, 200)) == Box(0.1, 0.1, 0.3, 0.4)
    assert box_on_page((0, 0, 612, 792), (612, 792), 4, "file_1") == Box(0, 0, 1, 1, 4, "file_1")


def test_a_box_that_touches_the_edge_from_outside_is_cut():
    assert box_on_page((-0.5, 0, 100.9, 50), (100, 100)) == Box(0, 0, 1, 0.5)
    assert box_on_page((0, 0, 101.1, 50), (100, 100)) is None


@pytest.mark.parametrize(
    ("edges", "size"),
    [
        ((30, 0, 10, 10), (100, 100)),
        ((0, 30, 10, 10), (100, 100)),
        ((None, 0, 10, 10), (100, 100)),
        ((0, 0, 10, 10), (None, 100)),
        ((0, 0, 10, 10), (100, -1)),
        ((0, 0, float("inf"), 10), (100, 100)),
        ((0, 0, "10", 10), (100, 100)),
    ],
)
def test_what_is_no_box_on_a_page(edges, size):
    assert box_on_page(edges, size) is None


@pytest.mark.parametrize(
    ("given", "page"), [(1, 1), (2.0, 2), (0, None), (-1, None), (1.5, None), ("1", None)]
)
def test_pages_count_from_1(given, page):
    assert page_number(given) == page
