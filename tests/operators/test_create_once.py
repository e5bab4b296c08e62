"""What Extend would create again if it were asked again: processors, sets, workflows and their versions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from airflow_provider_extend.operators.evaluation_set import ExtendCreateEvaluationSetOperator
from airflow_provider_extend.operators.processor import ExtendCreateProcessorOperator
from airflow_provider_extend.operators.workflow_version import (
    ExtendCreateWorkflowOperator,
    ExtendPublishWorkflowVersionOperator,
)
from tests.airflow_names import AirflowFailException

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"


@dataclass
class Made:
    """One kind of thing in one version, on a local Extend."""

    extend: Any
    path: str
    operator: Callable[..., Any]
    store: str
    by_somebody_else: Callable[[], Any]

    def ids(self) -> list[str]:
        rows = self.extend.emulator._server.state.store.all(self.store)
        return [row["id"] for _, row in rows if self.store != "workflow_version" or row["version"] != "draft"]

    @property
    def posts(self) -> int:
        return sum(row["path"].endswith(self.path) for row in self.extend.requests("POST"))


def processor(extend: Any) -> Made:
    new = extend.version == V26
    path = "/extractors" if new else "/processors"
    body = {"name": "Invoices"} if new else {"name": "Invoices", "type": "EXTRACT"}

    def operator(**given: Any) -> Any:
        return ExtendCreateProcessorOperator(
            task_id="create", **{"name": "Invoices", "processor_type": "EXTRACT", **given}
        )

    return Made(extend, path, operator, "processor", lambda: extend.send("POST", path, json=body))


def evaluation_set(extend: Any) -> Made:
    owner = extend.processor()

    def operator(**given: Any) -> Any:
        return ExtendCreateEvaluationSetOperator(
            task_id="create", **{"name": "Set", "processor_id": owner, **given}
        )

    return Made(
        extend, "/evaluation_sets", operator, "set", lambda: extend.evaluation_set(owner, documents=0)
    )


def workflow(extend: Any) -> Made:
    def operator(**given: Any) -> Any:
        return ExtendCreateWorkflowOperator(task_id="create", **{"name": "Claims", **given})

    return Made(
        extend,
        "/workflows",
        operator,
        "workflow",
        lambda: extend.send("POST", "/workflows", json={"name": "Claims"}),
    )


def workflow_version(extend: Any) -> Made:
    steps = [
        {"type": "TRIGGER", "name": "trigger", "next": [{"step": "parse"}]},
        {"type": "PARSE", "name": "parse"},
    ]
    made = extend.send("POST", "/workflows", json={"name": "Claims", "steps": steps})["id"]
    path = f"/workflows/{made}/versions"

    def operator(**given: Any) -> Any:
        return ExtendPublishWorkflowVersionOperator(
            task_id="create", **{"workflow_id": made, "name": "N", **given}
        )

    return Made(
        extend,
        "/versions",
        operator,
        "workflow_version",
        lambda: extend.send("POST", path, json={"name": "N"}),
    )


SEARCHABLE = [
    (processor, V25),
    (processor, V26),
    (evaluation_set, V25),
    (evaluation_set, V26),
    (workflow, V26),
    (workflow_version, V26),
]
UNSEARCHABLE = [(processor, V24), (evaluation_set, V24), (workflow, V24), (workflow, V25)]

on_each = pytest.mark.parametrize(
    ("kind", "version"), SEARCHABLE, ids=[f"{kind.__name__}-{version}" for kind, version in SEARCHABLE]
)
on_each_without_list = pytest.mark.parametrize(
    ("kind", "version"), UNSEARCHABLE, ids=[f"{kind.__name__}-{version}" for kind, version in UNSEARCHABLE]
)
on_both = pytest.mark.parametrize("store", [True, False], ids=["3.3", "below 3.3"])


def id_of(value: Any) -> str:
    return str(value["id"] if isinstance(value, dict) else value)


@on_each
def test_a_retry_takes_up_what_an_earlier_try_made(api, task, kind, version) -> None:
    made = kind(api(version))
    first = task.run(made.operator())
    assert task.run(made.operator()) == first
    assert made.posts == 1
    assert id_of(first) in made.ids()


@on_each
@on_both
def test_one_whose_answer_was_lost_is_found_at_once(api, new_task, kind, version, store) -> None:
    made = kind(api(version))
    before = made.ids()
    made.extend.fault(method="POST", path=f"{made.path}$", drop_after=True)
    found = id_of(new_task(store=store).run(made.operator()))
    assert [each for each in made.ids() if each not in before] == [found]
    assert made.posts == 1


@on_each
@on_both
def test_one_whose_process_died_is_found_by_a_retry(api, new_task, kind, version, store, dies_at) -> None:
    made, task = kind(api(version)), new_task(store=store)
    before = made.ids()
    dies_at(task, made.operator(), f"{made.path}$")
    found = id_of(task.run(made.operator()))
    assert [each for each in made.ids() if each not in before] == [found]


@on_each
def test_one_that_never_reached_extend_is_made_by_a_retry(api, task, kind, version, dies_at) -> None:
    made = kind(api(version))
    before = made.ids()
    dies_at(task, made.operator(), f"{made.path}$", "before")
    assert [id_of(task.run(made.operator()))] == [each for each in made.ids() if each not in before]


@on_each
def test_what_was_there_before_the_call_is_never_taken_for_it(api, task, kind, version, dies_at) -> None:
    made = kind(api(version))
    made.by_somebody_else()
    before = made.ids()
    dies_at(task, made.operator(), f"{made.path}$", "before")
    assert id_of(task.run(made.operator())) not in before
    assert len(made.ids()) == len(before) + 1


@pytest.mark.parametrize(("kind", "version"), [(processor, V25), (evaluation_set, V26), (workflow, V26)])
def test_which_of_two_it_is_cannot_be_told_and_is_not_guessed(api, task, kind, version, dies_at) -> None:
    made = kind(api(version))
    dies_at(task, made.operator(), f"{made.path}$")
    made.by_somebody_else()
    with pytest.raises(
        AirflowFailException, match=r"2 of this name were made when .* Nothing was sent again"
    ) as caught:
        task.run(made.operator())
    assert type(caught.value.error).__name__ == "ExtendSubmissionUnknown"
    assert made.posts == 1


def test_a_version_is_told_from_another_of_the_same_name_by_its_token(api, task, dies_at) -> None:
    made = workflow_version(api(V26))
    dies_at(task, made.operator(), f"{made.path}$")
    made.by_somebody_else()
    published = task.run(made.operator())
    assert (published["id"], published["version"]) == (made.ids()[0], "1")
    assert task.xcoms == {"workflow_version_id": published["id"]}


@on_each
def test_a_clear_makes_another(api, task, kind, version, log_text) -> None:
    made = kind(api(version))
    first = id_of(task.run(made.operator()))
    task.clear()
    second = id_of(task.run(made.operator()))
    assert second != first
    assert made.posts == 2
    assert f"The one of an earlier try, {first}, stays as it is" in log_text()


@on_each_without_list
def test_where_nothing_can_be_searched_a_lost_answer_fails_with_what_to_do(api, task, kind, version) -> None:
    made = kind(api(version))
    made.extend.fault(method="POST", path=f"{made.path}$", drop_after=True)
    with pytest.raises(
        AirflowFailException, match=r"no way to look it up.*may be made already.*clear this task"
    ):
        task.run(made.operator())
    with pytest.raises(AirflowFailException, match="no way to look it up"):
        task.run(made.operator())
    assert made.posts == 1


@on_each_without_list
def test_an_author_may_have_it_made_again(api, task, kind, version, log_text) -> None:
    made = kind(api(version))
    made.extend.fault(method="POST", path=f"{made.path}$", drop_after=True)
    with pytest.raises(Exception, match="made twice") as caught:
        task.run(made.operator(on_unknown_submission="resubmit"))
    assert not isinstance(caught.value, AirflowFailException)
    assert id_of(task.run(made.operator(on_unknown_submission="resubmit"))) in made.ids()
    assert made.posts == 2
    assert "It may be made twice" in log_text()


@on_each
def test_a_refusal_is_no_doubt(api, task, kind, version) -> None:
    made = kind(api(version))
    made.extend.fault(method="POST", path=f"{made.path}$", status=400)
    with pytest.raises(AirflowFailException, match="400"):
        task.run(made.operator())
    assert task.record is None
    assert id_of(task.run(made.operator())) in made.ids()


def test_one_of_the_same_name_that_was_made_long_ago_is_another(requests_mock, connect, task) -> None:
    connect(V26)
    base = "https://api.extend.ai/extractors"
    old = {"id": "ex_old", "name": "Invoices", "createdAt": "2026-01-01T00:00:00Z"}
    listing = requests_mock.get(base, json={"object": "list", "data": [old]})
    create = requests_mock.post(
        base, [{"status_code": 500, "json": {"message": "m"}}, {"json": {"id": "ex_new"}}]
    )
    operator = ExtendCreateProcessorOperator(task_id="t", name="Invoices", processor_type="EXTRACT")
    assert task.run(operator) == "ex_new"
    assert create.call_count == 2
    assert listing.last_request.qs == {"sortby": ["createdat"], "sortdir": ["desc"]}


def test_a_list_without_a_sort_is_searched_to_its_end(requests_mock, connect, task, monkeypatch) -> None:
    connect(V26)
    base = "https://api.extend.ai/workflows/w_1/versions"
    old = {"id": "wv_old", "name": "[airflow x]", "createdAt": "2026-01-01T00:00:00Z"}
    sent: list[str] = []

    def answer(request: Any, context: Any) -> Any:
        sent.append(request.json()["name"])
        context.status_code = 500
        return {"message": "m"}

    def rows(request: Any, context: Any) -> Any:
        return {"data": [old, *({"id": "wv_1", "name": name, "createdAt": None} for name in sent)]}

    requests_mock.get(base, json=rows)
    requests_mock.get(f"{base}/wv_1", json={"id": "wv_1", "version": "1", "name": "x"})
    requests_mock.post(base, json=answer)
    published = task.run(ExtendPublishWorkflowVersionOperator(task_id="t", workflow_id="w_1"))
    assert published == {"id": "wv_1", "version": "1", "workflow_id": "w_1"}
    assert len(sent) == 1


def test_a_search_that_fails_leaves_it_open(requests_mock, connect, task) -> None:
    connect(V26)
    base = "https://api.extend.ai/extractors"
    answers = [{"json": {"data": []}}, {"status_code": 403, "json": {"code": "FORBIDDEN", "message": "no"}}]
    requests_mock.get(base, answers)
    create = requests_mock.post(base, status_code=500, json={"message": "m"})
    operator = ExtendCreateProcessorOperator(task_id="t", name="Invoices", processor_type="EXTRACT")
    with pytest.raises(Exception, match=r"the search for it fails.*403.*A retry of this task looks for it"):
        task.run(operator)
    assert create.call_count == 1
