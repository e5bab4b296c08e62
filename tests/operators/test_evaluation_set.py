"""ExtendCreateEvaluationSetOperator and ExtendCreateEvaluationSetItemsOperator."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG

from airflow_provider_extend.operators.evaluation_set import (
    ExtendCreateEvaluationSetItemsOperator,
    ExtendCreateEvaluationSetOperator,
)
from tests.airflow_names import AirflowException, AirflowFailException

V24, V25, V26 = VERSIONS = ("2024-12-23", "2025-04-21", "2026-02-09")


def create_set(**given: Any) -> ExtendCreateEvaluationSetOperator:
    return ExtendCreateEvaluationSetOperator(task_id="create", name="Gate of May", **given)


def create_items(**given: Any) -> ExtendCreateEvaluationSetItemsOperator:
    return ExtendCreateEvaluationSetItemsOperator(task_id="items", **given)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_set_is_created_for_its_processor(api, task, version) -> None:
    extend = api(version)
    processor = extend.processor()
    set_id = task.run(create_set(processor_id=processor, description="of invoices"))
    (row,) = [row for _, row in extend.emulator._server.state.store.all("set")]
    assert row["id"] == set_id
    assert (row["name"], row["description"], row["processorId"]) == ("Gate of May", "of invoices", processor)


@pytest.mark.parametrize(
    ("version", "owner"), [(V24, "processorId"), (V25, "processorId"), (V26, "entityId")]
)
def test_the_owner_is_named_as_the_version_names_it(requests_mock, connect, task, version, owner) -> None:
    connect(version)
    host = "https://api-prod.extend.app" if version == V24 else "https://api.extend.ai"
    answer = {"id": "ev_1"} if version == V26 else {"success": True, "evaluationSet": {"id": "ev_1"}}
    requests_mock.get(f"{host}/evaluation_sets", json={"data": [], "evaluationSets": []})
    requests_mock.post(f"{host}/evaluation_sets", json=answer)
    assert task.run(create_set(processor_id="p_1")) == "ev_1"
    assert requests_mock.last_request.json()[owner] == "p_1"


def test_a_processor_that_is_not_there_fails_the_task(api, task) -> None:
    api()
    with pytest.raises(AirflowFailException, match="404"):
        task.run(create_set(processor_id="ex_none"))


# Items


@pytest.fixture
def items_of(tmp_path: Path) -> Any:
    """`count` uploaded documents with what is expected of them, as items."""

    def make(extend: Any, count: int) -> list[dict[str, Any]]:
        return [
            {"fileId": extend.upload(b"Total: %d.00" % n), "expectedOutput": {"value": {"total": n}}}
            for n in range(count)
        ]

    return make


@pytest.mark.parametrize("version", VERSIONS)
def test_items_are_added_with_what_is_expected_of_them(api, task, items_of, version) -> None:
    extend = api(version)
    set_id = extend.evaluation_set(extend.processor(), documents=0)
    items = items_of(extend, 3)
    added = task.run(create_items(evaluation_set_id=set_id, items=items))
    rows = extend.items(set_id)
    assert [row["id"] for row in rows] == added
    assert [row["fileIds"] for row in rows] == [[item["fileId"]] for item in items]
    assert [row["expectedOutput"] for row in rows] == [item["expectedOutput"] for item in items]


def test_2026_02_09_takes_a_hundred_items_in_a_call(api, task, items_of) -> None:
    extend = api(V26)
    set_id = extend.evaluation_set(extend.processor(), documents=0)
    items = items_of(extend, 230)
    assert len(task.run(create_items(evaluation_set_id=set_id, items=items))) == 230
    assert len(extend.requests("POST", f"{set_id}/items")) == 3
    assert len(extend.items(set_id)) == 230


@pytest.mark.parametrize("version", [V24, V25])
def test_older_versions_take_items_in_bulk(api, task, items_of, version) -> None:
    extend = api(version)
    set_id = extend.evaluation_set(extend.processor(), documents=0)
    task.run(create_items(evaluation_set_id=set_id, items=items_of(extend, 20)))
    assert [row["path"] for row in extend.requests("POST", "item")] == ["/evaluation_set_items/bulk"]


@pytest.mark.parametrize("version", [V25, V26])
def test_a_retry_adds_no_item_twice_whatever_the_first_try_left(
    api, task, items_of, version, log_text
) -> None:
    extend = api(version)
    set_id = extend.evaluation_set(extend.processor(), documents=0)
    items = items_of(extend, 12)
    extend.fault(method="POST", path="items", drop_after=True)
    with pytest.raises(AirflowException):
        task.run(create_items(evaluation_set_id=set_id, items=items))
    there = [row["id"] for row in extend.items(set_id)]
    assert task.run(create_items(evaluation_set_id=set_id, items=items)) == there
    assert len(extend.items(set_id)) == 12
    assert "12 were in it" in log_text()


def test_a_retry_adds_what_the_first_try_did_not_come_to(api, task, items_of) -> None:
    extend = api(V26)
    set_id = extend.evaluation_set(extend.processor(), documents=0)
    items = items_of(extend, 150)
    task.run(create_items(evaluation_set_id=set_id, items=items[:100]))
    added = task.run(create_items(evaluation_set_id=set_id, items=items))
    rows = extend.items(set_id)
    assert len(rows) == 150
    by_file = {row["fileIds"][0]: row["id"] for row in rows}
    assert added == [by_file[item["fileId"]] for item in items], "in the order of the items"


def test_items_of_several_files_are_known_again(api, task) -> None:
    extend = api(V26)
    set_id = extend.evaluation_set(extend.processor(), documents=0)
    pair = [extend.upload(b"Total: 1"), extend.upload(b"Total: 2")]
    items = [{"fileIds": pair, "expectedOutput": {"value": {"total": 1}}}]
    added = task.run(create_items(evaluation_set_id=set_id, items=items))
    assert task.run(create_items(evaluation_set_id=set_id, items=items)) == added
    assert len(extend.items(set_id)) == len(added) == 1


def test_a_document_that_is_named_twice_is_counted_once(api, task, items_of) -> None:
    extend = api(V26)
    set_id = extend.evaluation_set(extend.processor(), documents=0)
    items = items_of(extend, 2)
    task.run(create_items(evaluation_set_id=set_id, items=[*items, items[0]]))
    assert len(extend.items(set_id)) == 2


def test_2024_12_23_cannot_list_items_so_a_retry_keeps_what_was_made(api, task, items_of) -> None:
    extend = api(V24)
    set_id = extend.evaluation_set(extend.processor(), documents=0)
    items = items_of(extend, 5)
    first = task.run(create_items(evaluation_set_id=set_id, items=items))
    assert task.run(create_items(evaluation_set_id=set_id, items=items)) == first
    assert len(extend.items(set_id)) == 5
    assert len(extend.requests("POST", "bulk")) == 1


def test_on_2024_12_23_a_create_in_doubt_is_never_made_again_by_a_retry(api, task, items_of) -> None:
    extend = api(V24)
    set_id = extend.evaluation_set(extend.processor(), documents=0)
    items = items_of(extend, 5)
    extend.fault(method="POST", path="bulk", drop_after=True)
    for _ in range(2):
        with pytest.raises(AirflowFailException, match=r"cannot be told.*items of the evaluation set"):
            task.run(create_items(evaluation_set_id=set_id, items=items))
    assert len(extend.requests("POST", "bulk")) == 1


def test_on_2024_12_23_an_answer_without_ids_leaves_a_doubt(requests_mock, connect, task) -> None:
    connect(V24)
    url = "https://api-prod.extend.app/evaluation_set_items/bulk"
    create = requests_mock.post(url, json={"success": True, "evaluationSetItems": [{"object": "item"}]})
    items = [{"fileId": "file_1", "expectedOutput": {"value": {}}}]
    for _ in range(2):
        with pytest.raises(AirflowFailException, match="cannot be told"):
            task.run(create_items(evaluation_set_id="ev_1", items=items))
    assert create.call_count == 1


def test_on_2024_12_23_a_refused_create_may_be_made_by_a_retry(api, task, items_of) -> None:
    extend = api(V24)
    set_id = extend.evaluation_set(extend.processor(), documents=0)
    items = items_of(extend, 5)
    extend.fault(method="POST", path="bulk", status=429, times=5)
    with pytest.raises(AirflowException, match="429"):
        task.run(create_items(evaluation_set_id=set_id, items=items))
    assert len(task.run(create_items(evaluation_set_id=set_id, items=items))) == 5
    assert len(extend.items(set_id)) == 5


def test_what_airflow_keeps_of_it_on_2024_12_23_holds_no_content(api, task, items_of) -> None:
    extend = api(V24)
    set_id = extend.evaluation_set(extend.processor(), documents=0)
    items = items_of(extend, 1)
    items[0]["expectedOutput"]["value"]["total"] = "a confidential sum"
    task.run(create_items(evaluation_set_id=set_id, items=items))
    assert "confidential" not in json.dumps([task.store.rows, task.xcoms])


# Items from a file of expected outputs


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    path = tmp_path / "truth.json"
    path.write_text(json.dumps({"a.txt": {"total": 1}, "b.txt": {"total": 2}}))
    return path


def files_of(extend: Any, *names: str) -> list[dict[str, Any]]:
    return [{"id": extend.upload(b"Total: 1", name), "path": f"/data/{name}"} for name in names]


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_expected_outputs_are_read_from_a_file_by_name(api, task, truth, prefix) -> None:
    extend = api()
    set_id = extend.evaluation_set(extend.processor(), documents=0)
    files = files_of(extend, "b.txt", "a.txt")
    task.run(create_items(evaluation_set_id=set_id, files=files, expected_outputs_path=f"{prefix}{truth}"))
    assert {row["fileIds"][0]: row["expectedOutput"] for row in extend.items(set_id)} == {
        files[0]["id"]: {"value": {"total": 2}},
        files[1]["id"]: {"value": {"total": 1}},
    }


@pytest.mark.parametrize("field", ["value", "splits", "type"])
def test_a_field_may_be_called_as_a_key_of_the_api_is(api, task, tmp_path, field) -> None:
    extend = api()
    set_id = extend.evaluation_set(extend.processor(), documents=0)
    (tmp_path / "truth.json").write_text(json.dumps({"a.txt": {field: {"x": 1}}}))
    operator = create_items(
        evaluation_set_id=set_id,
        files=files_of(extend, "a.txt"),
        expected_outputs_path=str(tmp_path / "truth.json"),
    )
    task.run(operator)
    assert extend.items(set_id)[0]["expectedOutput"] == {"value": {field: {"x": 1}}}


def test_two_files_of_one_name_cannot_be_told_apart_and_nothing_is_sent(api, task, truth) -> None:
    extend = api()
    files = [{"id": "file_1", "path": "/may/a.txt"}, {"id": "file_2", "path": "/june/a.txt"}]
    with pytest.raises(AirflowFailException, match=r"a\.txt.*Nothing was sent"):
        task.run(create_items(evaluation_set_id="ev_1", files=files, expected_outputs_path=str(truth)))
    assert extend.requests() == []


def test_a_file_that_nothing_is_expected_of_is_named_and_nothing_is_sent(api, task, truth) -> None:
    extend = api()
    files = [{"id": "file_1", "path": "/data/a.txt"}, {"id": "file_2", "path": "/data/z.txt"}]
    with pytest.raises(AirflowFailException, match=r"1 of 2 files: z\.txt.*Nothing was sent"):
        task.run(create_items(evaluation_set_id="ev_1", files=files, expected_outputs_path=str(truth)))
    assert extend.requests() == []


@pytest.mark.parametrize("content", [None, '{"a.txt": {"total": "a confidential sum"'])
def test_a_file_that_cannot_be_read_is_told_without_its_content(api, task, tmp_path, content) -> None:
    extend = api()
    path = tmp_path / "truth.json"
    if content:
        path.write_text(content)
    operator = create_items(
        evaluation_set_id="ev_1",
        files=[{"id": "file_1", "path": "/data/a.txt"}],
        expected_outputs_path=str(path),
    )
    with pytest.raises(AirflowFailException, match="cannot be read as JSON") as caught:
        task.run(operator)
    assert "confidential" not in str(caught.value)
    assert extend.requests() == []


@pytest.mark.parametrize("text", ["[]", '"a.txt"', '{"a.txt": "a confidential sum"}', '{"a.txt": ["b"]}'])
def test_a_file_of_another_form_is_an_input_error_and_nothing_is_sent(api, task, tmp_path, text) -> None:
    extend = api()
    (tmp_path / "truth.json").write_text(text)
    operator = create_items(
        evaluation_set_id="ev_1",
        files=[{"id": "file_1", "path": "/data/a.txt"}],
        expected_outputs_path=str(tmp_path / "truth.json"),
    )
    with pytest.raises(AirflowFailException, match="Nothing was sent") as caught:
        task.run(operator)
    assert "confidential" not in str(caught.value)
    assert extend.requests() == []


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"items": []},
        {"items": "text"},
        {"files": [{"id": "file_1", "path": "a.txt"}]},
        {"expected_outputs_path": "truth.json"},
        {"items": [{"expectedOutput": {"value": {"total": "a confidential sum"}}}]},
        {"items": [{"fileId": "file_1", "secret": "a confidential sum"}]},
        {"items": ["a confidential sum"]},
    ],
    ids=str,
)
def test_items_that_cannot_be_sent_are_told_by_their_number_only(api, task, given) -> None:
    extend = api()
    with pytest.raises(AirflowFailException, match="Nothing was sent") as caught:
        task.run(create_items(evaluation_set_id="ev_1", **given))
    assert "confidential" not in str(caught.value)
    assert extend.requests() == []


# What Airflow stores of the template fields

SECRET_ITEMS = [{"fileId": "file_1", "expectedOutput": {"value": {"vendor": "a confidential vendor"}}}]


def stored_fields(operator: Any) -> str:
    """The rendered fields as the task runner stores them and the UI shows them."""
    from airflow.sdk.execution_time.task_runner import _serialize_rendered_fields

    return json.dumps(_serialize_rendered_fields(operator))


def test_expected_outputs_are_not_among_the_rendered_fields_that_airflow_stores() -> None:
    operator = create_items(evaluation_set_id="{{ set_id }}", items=SECRET_ITEMS)
    operator.render_template_fields({"set_id": "ev_1"})
    stored = stored_fields(operator)
    assert "ev_1" in stored
    assert "confidential" not in stored
    assert "confidential" not in repr(operator.items)
    assert "confidential" not in str(operator.items)


def test_expected_outputs_of_a_mapped_task_are_not_stored_either() -> None:
    with DAG("mapped", schedule=None) as dag:
        partial = ExtendCreateEvaluationSetItemsOperator.partial(task_id="items", items=SECRET_ITEMS)
        mapped = partial.expand(evaluation_set_id=["ev_1", "ev_2"])
    context = {"ti": SimpleNamespace(map_index=0, task=None)}
    context |= {"expanded_ti_count": 2, "task": mapped, "dag": dag, "dag_run": SimpleNamespace(conf={})}
    mapped.render_template_fields(context)
    unmapped = context["task"]
    assert unmapped is not mapped
    stored = stored_fields(unmapped)
    assert "ev_1" in stored
    assert "confidential" not in stored


def test_what_is_hidden_from_airflow_is_sent_to_extend(api, task, items_of) -> None:
    extend = api()
    set_id = extend.evaluation_set(extend.processor(), documents=0)
    operator = create_items(evaluation_set_id="{{ set_id }}", items=items_of(extend, 2))
    operator.render_template_fields({"set_id": set_id})
    assert len(task.run(operator)) == 2
    assert extend.items(set_id)[1]["expectedOutput"] == {"value": {"total": 1}}


def test_an_operator_that_is_run_twice_sends_its_items_both_times(api, new_task, items_of) -> None:
    """`dag.test()` keeps the DAG between two runs; Airflow renders a copy for each."""
    extend = api()
    set_id = extend.evaluation_set(extend.processor(), documents=0)
    operator = create_items(evaluation_set_id=set_id, items=items_of(extend, 2))
    for _ in range(2):
        copy = operator.prepare_for_execution()
        copy.render_template_fields({})
        assert len(new_task().run(copy)) == 2
    assert len(extend.items(set_id)) == 2


def test_templates_inside_the_items_are_rendered(api, task) -> None:
    extend = api()
    set_id = extend.evaluation_set(extend.processor(), documents=0)
    file_id = extend.upload(b"Total: 1")
    items = [{"fileId": "{{ file_id }}", "expectedOutput": {"value": {"total": 1}}}]
    operator = create_items(evaluation_set_id=set_id, items=items)
    operator.render_template_fields({"file_id": file_id})
    assert len(task.run(operator)) == 1


@pytest.mark.parametrize(
    ("version", "item"),
    [
        (V26, {"fileIds": ["file_1"]}),
        (V26, {"fileIds": [f"file_{n}" for n in range(51)]}),
        (V26, {"fileIds": ["file_1", "file_2"], "fileId": "file_1"}),
        (V25, {"fileIds": ["file_1", "file_2"]}),
        (V24, {"fileIds": ["file_1", "file_2"]}),
    ],
)
def test_an_item_of_several_files_has_2_to_50_of_them_and_is_new_in_2026(
    requests_mock, connect, task, version, item
) -> None:
    connect(version)
    items = [{**item, "expectedOutput": {"value": {"vendor": "Zyxomma"}}}]
    with pytest.raises(AirflowFailException, match=r"items\[0\].*fileIds.*Nothing was sent") as caught:
        task.run(create_items(evaluation_set_id="ev_1", items=items))
    assert "Zyxomma" not in str(caught.value)
    assert requests_mock.request_history == []
