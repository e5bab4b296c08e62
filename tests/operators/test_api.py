"""ExtendApiOperator: any call, with what of its answer may be shown, and paid calls once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_extend.operators.api import ExtendApiOperator
from tests.airflow_names import AirflowException, AirflowFailException

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
BASE = "https://api.extend.ai"
RUN = {
    "object": "extract_run",
    "id": "exr_1",
    "status": "PROCESSED",
    "output": {"value": {"vendor": "Zyxomma"}},
    "metadata": {"case": "1"},
    "file": {"id": "file_1", "name": "a.pdf", "presignedUrl": "https://x.example.com/a?sig=s3cr3t"},
    "dashboardUrl": "https://dashboard.extend.ai/r?sig=s3cr3t",
}
STATE = {
    "object": "extract_run",
    "id": "exr_1",
    "status": "PROCESSED",
    "dashboardUrl": "https://dashboard.extend.ai/r",
}


def call(endpoint: str, *ids: str, **given: Any) -> ExtendApiOperator:
    return ExtendApiOperator(task_id="t", endpoint=endpoint, path_args=list(ids), **given)


def test_an_answer_that_may_hold_content_is_told_by_its_state(requests_mock, connect, task, log_text) -> None:
    connect()
    requests_mock.get(f"{BASE}/extract_runs/exr_1", json=RUN)
    assert task.run(call("extract_runs.retrieve", "exr_1")) == STATE
    assert task.xcoms == {}
    assert "Zyxomma" not in log_text()


def test_content_is_returned_to_who_asks_for_it(requests_mock, connect, task, log_text) -> None:
    connect()
    requests_mock.get(f"{BASE}/extract_runs/exr_1", json=RUN)
    answer = task.run(call("extract_runs.retrieve", "exr_1", push_output=True))
    assert answer["output"] == {"value": {"vendor": "Zyxomma"}}
    assert "s3cr3t" not in json.dumps(answer)
    assert "Zyxomma" not in log_text()


def test_the_answer_is_written_whole(requests_mock, connect, task, tmp_path) -> None:
    connect()
    requests_mock.get(f"{BASE}/extract_runs/exr_1", json=RUN)
    path = tmp_path / "run.json"
    assert task.run(call("extract_runs.retrieve", "exr_1", output_path=str(path))) == STATE
    written = json.loads(path.read_text())
    assert written["extract_runs.retrieve"]["output"] == {"value": {"vendor": "Zyxomma"}}
    assert "s3cr3t" not in path.read_text()


def test_a_path_that_cannot_be_written_says_that_the_call_was_made(requests_mock, connect, task) -> None:
    connect()
    requests_mock.get(f"{BASE}/extract_runs/exr_1", json=RUN)
    with pytest.raises(AirflowFailException, match=r"cannot be written.*What was asked of Extend was done"):
        task.run(call("extract_runs.retrieve", "exr_1", output_path="/proc/nothing/x"))


def test_expected_outputs_in_a_list_are_left_out(requests_mock, connect, task) -> None:
    connect(V25)
    rows = [{"id": "evi_1", "fileId": "file_1", "expectedOutput": {"value": {"vendor": "Zyxomma"}}}]
    requests_mock.get(
        f"{BASE}/evaluation_sets/ev_1/items", json={"success": True, "evaluationSetItems": rows}
    )
    found = task.run(call("evaluation_set_items.list", "ev_1"))
    assert found == [{"id": "evi_1", "fileId": "file_1"}]
    assert task.xcoms == {"more": False}


def test_secrets_of_a_webhook_endpoint_are_hidden(requests_mock, connect, task) -> None:
    connect()
    row = {"id": "wh_1", "advancedOptions": {"headers": {"Authorization": "s3cr3t"}}}
    requests_mock.get(f"{BASE}/webhook_endpoints/wh_1", json=row)
    assert task.run(call("webhook_endpoints.retrieve", "wh_1")) == {
        "id": "wh_1",
        "advancedOptions": {"headers": "***"},
    }


def test_an_answer_that_xcom_does_not_hold_is_cut_to_its_state(
    requests_mock, connect, task, log_text
) -> None:
    connect()
    row = {"id": "ex_1", "name": "Big", "draftVersion": {"config": {"extractionRules": "x" * 50_000}}}
    requests_mock.get(f"{BASE}/extractors/ex_1", json=row)
    found = task.run(call("extractors.retrieve", "ex_1"))
    assert found == {"id": "ex_1", "name": "Big", "truncated": True}
    assert "too large for XCom" in log_text()


def test_a_list_that_xcom_does_not_hold_is_an_error(requests_mock, connect, task) -> None:
    connect()
    rows = [{"id": f"ex_{n}", "name": "n" * 600} for n in range(90)]
    requests_mock.get(f"{BASE}/extractors", json={"object": "list", "data": rows})
    with pytest.raises(AirflowFailException, match="Lower limit, or set output_path"):
        task.run(call("extractors.list"))
    assert len(task.run(call("extractors.list", limit=10))) == 10
    assert task.xcoms == {"more": True}


def test_many_things_that_were_made_are_told_by_their_ids(requests_mock, connect, task, log_text) -> None:
    """They are made: no error may say otherwise."""
    connect(V25)
    rows = [{"id": f"evi_{n}", "evaluationSetId": "e" * 90, "fileId": "f" * 90} for n in range(400)]
    requests_mock.post(
        f"{BASE}/evaluation_set_items/bulk", json={"success": True, "evaluationSetItems": rows}
    )
    found = task.run(call("evaluation_set_items.create_bulk", body={"evaluationSetId": "ev_1", "items": []}))
    assert found["truncated"] is True
    assert found["ids"] == [f"evi_{n}" for n in range(len(found["ids"]))]
    assert len(found["ids"]) > 100
    assert "too large for XCom" in log_text()


def test_a_deprecated_call_is_told(requests_mock, connect, task, log_text) -> None:
    connect(V26)
    requests_mock.get(f"{BASE}/processors", json={"success": True, "processors": []})
    task.run(call("processors.list"))
    told = log_text()
    assert told.count("Extend calls processors.list") == 1
    assert "use extractors.list or classifiers.list or splitters.list" in told


def test_the_body_is_in_no_rendered_field() -> None:
    operator = call(
        "evaluation_set_items.update", "ev_1", "evi_1", body={"expectedOutput": {"value": "Zyxomma"}}
    )
    operator.render_template_fields({})
    assert "Zyxomma" not in repr([getattr(operator, name) for name in operator.template_fields])
    assert operator.revealed("body") == {"expectedOutput": {"value": "Zyxomma"}}


# What is made


def parse(**given: Any) -> ExtendApiOperator:
    return call("parse_runs.create", body={"file": {"id": "file_1"}}, allow_paid=True, **given)


def test_a_paid_call_is_made_once_and_a_retry_has_its_id(requests_mock, connect, task, log_text) -> None:
    connect()
    create = requests_mock.post(
        f"{BASE}/parse_runs", json={"id": "pr_1", "status": "PROCESSING", "output": None}
    )
    assert task.run(parse()) == {"id": "pr_1", "status": "PROCESSING"}
    assert task.run(parse()) == {"id": "pr_1"}
    assert create.call_count == 1
    assert "only the id is known" in log_text()
    assert task.record["runs"] == 1


def test_a_link_that_is_signed_anew_is_the_same_document(requests_mock, connect, task) -> None:
    connect()
    create = requests_mock.post(f"{BASE}/parse_runs/batch", json={"id": "bpar_1", "status": "PENDING"})

    def batch(query: str) -> ExtendApiOperator:
        inputs = [{"file": {"url": f"https://b.example.com/x.pdf?{query}"}, "metadata": {"a": 1}}]
        return call("parse_runs.create_batch", body={"inputs": inputs}, allow_paid=True)

    task.run(batch("X-Amz-Signature=a&page=1"))
    assert task.run(batch("X-Amz-Signature=b&page=1")) == {"id": "bpar_1"}
    assert create.call_count == 1
    task.run(batch("X-Amz-Signature=b&page=2"))
    assert create.call_count == 2, "another document"


@pytest.mark.parametrize("store", [True, False], ids=["3.3", "below 3.3"])
def test_a_paid_call_in_doubt_is_not_made_again(requests_mock, connect, new_task, store) -> None:
    connect()
    create = requests_mock.post(f"{BASE}/parse_runs", status_code=500, json={"message": "m"})
    task = new_task(store=store)
    for _ in range(2):
        with pytest.raises(
            AirflowFailException, match=r"no way to look it up.*may be paid for already"
        ) as caught:
            task.run(parse())
        assert type(caught.value.error).__name__ == "ExtendSubmissionUnknown"
    assert create.call_count == 1


def test_a_paid_call_that_was_refused_may_be_made_again(requests_mock, connect, task) -> None:
    connect()
    refused = {"status_code": 429, "headers": {"Retry-After": "120"}, "json": {"message": "m"}}
    create = requests_mock.post(
        f"{BASE}/parse_runs", [refused, {"json": {"id": "pr_1", "status": "PENDING"}}]
    )
    with pytest.raises(AirflowException) as caught:
        task.run(parse())
    assert not isinstance(caught.value, AirflowFailException)
    assert task.run(parse())["id"] == "pr_1"
    assert create.call_count == 2


@pytest.mark.parametrize(
    ("version", "endpoint", "ids", "body", "path", "answer", "first", "then", "runs"),
    [
        (
            V24,
            "workflow_runs.create",
            (),
            {"workflowId": "w_1", "rawTexts": ["a", "b"]},
            "/workflow_runs",
            {"success": True, "workflowRuns": [{"id": "r_1", "outputs": [1]}, {"id": "r_2"}]},
            [{"id": "r_1"}, {"id": "r_2"}],
            [{"id": "r_1"}, {"id": "r_2"}],
            2,
        ),
        (
            V26,
            "extract_runs.create_batch",
            (),
            {"extractor": {"id": "ex_1"}, "inputs": [{}, {}, {}]},
            "/extract_runs/batch",
            {"object": "batch_run", "id": "bpr_1", "status": "PENDING", "runCount": 3},
            {"object": "batch_run", "id": "bpr_1", "status": "PENDING", "runCount": 3},
            {"id": "bpr_1"},
            3,
        ),
        (
            V26,
            "evaluation_set_items.create",
            ("ev_1",),
            {"items": [{"fileId": "f", "expectedOutput": {}}]},
            "/evaluation_sets/ev_1/items",
            {"evaluationSetItems": [{"id": "evi_1", "expectedOutput": {"value": {"v": "Zyxomma"}}}]},
            [{"id": "evi_1"}],
            [{"id": "evi_1"}],
            0,
        ),
        (
            V25,
            "files.create",
            (),
            {"name": "a.txt", "rawText": "x"},
            "/files",
            {"success": True, "file": {"id": "file_1", "name": "a.txt"}},
            {"id": "file_1", "name": "a.txt"},
            {"id": "file_1"},
            0,
        ),
    ],
)
def test_what_creates_is_taken_up_whatever_it_answers(
    requests_mock, connect, task, version, endpoint, ids, body, path, answer, first, then, runs
) -> None:
    connect(version)
    host = "https://api-prod.extend.app" if version == V24 else BASE
    create = requests_mock.post(f"{host}{path}", json=answer)
    assert task.run(call(endpoint, *ids, body=body, allow_paid=True)) == first
    assert task.run(call(endpoint, *ids, body=body, allow_paid=True)) == then
    assert create.call_count == 1
    assert create.last_request.json() == body
    assert task.record["runs"] == runs


def test_an_answer_to_a_create_that_names_nothing_is_in_doubt(requests_mock, connect, task) -> None:
    connect()
    create = requests_mock.post(f"{BASE}/workflows", json={"name": "no id"})
    for _ in range(2):
        with pytest.raises(AirflowFailException, match="may be made already"):
            task.run(call("workflows.create", body={"name": "n"}))
    assert create.call_count == 1


def test_what_only_sets_values_is_made_by_each_try(requests_mock, connect, task) -> None:
    connect()
    update = requests_mock.post(f"{BASE}/workflows/w_1", json={"id": "w_1"})
    upsert = requests_mock.post(f"{BASE}/webhook_subscriptions", json={"id": "whes_1"})
    for _ in range(2):
        assert task.run(call("workflows.update", "w_1", body={"name": "n"})) == {"id": "w_1"}
        assert task.run(call("webhook_subscriptions.create", body={"resourceId": "x"})) == {"id": "whes_1"}
    assert (update.call_count, upsert.call_count) == (2, 2)


def test_on_a_local_extend(api, task, new_task) -> None:
    extend = api()
    made = task.run(call("classifiers.create", body={"name": "Kinds"}))
    assert task.run(call("classifiers.create", body={"name": "Kinds"})) == {"id": made["id"]}
    names = [row["name"] for row in new_task().run(call("classifiers.list"))]
    assert names == ["Kinds"]
    file_id = extend.upload(b"Total: 1.00\n")
    run = new_task().run(call("parse_runs.create", body={"file": {"id": file_id}}, allow_paid=True))
    read = new_task().run(call("parse_runs.retrieve", run["id"], push_output=True))
    assert "Total: 1.00" in json.dumps(read["output"])
    assert new_task().run(call("parse_runs.retrieve", run["id"])).keys() <= {
        "object",
        "id",
        "status",
        "batchId",
    }
