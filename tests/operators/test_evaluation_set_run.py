"""ExtendRunEvaluationSetOperator: a run is paid for once, whatever dies when."""

from __future__ import annotations

import re
from typing import Any

import pytest

from airflow_provider_extend import decisions
from airflow_provider_extend.operators.evaluation_set_run import ExtendRunEvaluationSetOperator
from tests.airflow_names import AirflowException, AirflowFailException

V24, V25, V26 = ("2024-12-23", "2025-04-21", "2026-02-09")
PATH = "/evaluation_set_runs"


def start(evaluation_set: str, **given: Any) -> ExtendRunEvaluationSetOperator:
    return ExtendRunEvaluationSetOperator(task_id="evaluate", evaluation_set_id=evaluation_set, **given)


@pytest.fixture
def extend(api: Any) -> Any:
    return api(V26)


@pytest.fixture
def evaluation_set(extend: Any) -> str:
    return str(extend.evaluation_set(extend.processor()))


def paid(extend: Any) -> int:
    """Runs that Extend has made."""
    return len(extend.control("GET", "/runs"))


def dies(task: Any, operator: Any) -> AirflowException:
    with pytest.raises(AirflowException) as caught:
        task.run(operator)
    return caught.value


# The way it should go


def test_it_starts_one_run_of_the_draft_and_returns_its_id(extend, evaluation_set, task) -> None:
    run_id = task.run(start(evaluation_set))
    (run,) = extend.control("GET", "/runs")
    assert (run["id"], run["evaluationSetId"], run["version"]) == (run_id, evaluation_set, "draft")
    assert run["runCount"] == 3
    assert task.xcoms["run_id"] == run_id


def test_what_the_author_asks_for_is_what_is_run(extend, evaluation_set, task) -> None:
    other = extend.processor()
    extend.send("POST", f"/extractors/{other}/versions", json={"releaseType": "major"})
    ids = [row["id"] for row in extend.items(evaluation_set)][:2]
    task.run(start(evaluation_set, version="1.0", processor_id=other, evaluation_set_item_ids=ids))
    (run,) = extend.control("GET", "/runs")
    assert (run["processorId"], run["version"], run["runCount"]) == (other, "1.0", 2)


def test_fingerprints_of_the_draft_and_of_the_items_are_pushed(
    extend, evaluation_set, new_task, good, bad
) -> None:
    def fingerprints() -> tuple[str, str]:
        task = new_task()
        task.run(start(evaluation_set))
        return task.xcoms["config_fingerprint"], task.xcoms["items_fingerprint"]

    first = fingerprints()
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in first)
    assert fingerprints() == first
    processor = extend.control("GET", "/runs")[0]["processorId"]
    extend.change_draft(processor, bad)
    changed = fingerprints()
    assert (changed[0] != first[0], changed[1] == first[1]) == (True, True)
    extend.change_draft(processor, good)
    more = {"fileId": extend.upload(b"Total: 9"), "expectedOutput": {"value": {"total": 9}}}
    extend.send("POST", f"/evaluation_sets/{evaluation_set}/items", json={"items": [more]})
    added = fingerprints()
    assert (added[0] == first[0], added[1] != first[1]) == (True, True)


def test_a_published_version_has_no_draft_to_hold_against(extend, evaluation_set, task) -> None:
    processor = extend.send("GET", f"/evaluation_sets/{evaluation_set}")["entity"]["id"]
    extend.send("POST", f"/extractors/{processor}/versions", json={"releaseType": "major"})
    task.run(start(evaluation_set, version="1.0"))
    assert task.xcoms["config_fingerprint"] is None


def test_where_airflow_takes_no_null_what_is_not_known_is_empty(extend, evaluation_set, task) -> None:
    processor = extend.send("GET", f"/evaluation_sets/{evaluation_set}")["entity"]["id"]
    extend.send("POST", f"/extractors/{processor}/versions", json={"releaseType": "major"})
    operator = start(evaluation_set, version="1.0", wait_for_completion=True)
    really = operator.execute

    def without_null(context: Any) -> Any:
        push = context["ti"].xcom_push

        def strict(key: str, value: Any) -> None:
            if value is None:
                raise RuntimeError("API_SERVER_ERROR: 422")
            push(key, value)

        context["ti"].xcom_push = strict
        return really(context)

    operator.execute = without_null
    assert task.run(operator)["config_fingerprint"] is None
    assert task.xcoms["config_fingerprint"] == ""


def test_all_items_of_a_long_list_are_in_the_fingerprint(extend, task, new_task) -> None:
    evaluation_set = extend.evaluation_set(extend.processor(), documents=25)
    task.run(start(evaluation_set))
    last = extend.items(evaluation_set)[0]["id"]
    extend.send("DELETE", f"/evaluation_sets/{evaluation_set}/items/{last}")
    again = new_task()
    again.run(start(evaluation_set))
    assert again.xcoms["items_fingerprint"] != task.xcoms["items_fingerprint"]


def test_the_templates_are_what_names_the_run() -> None:
    assert set(ExtendRunEvaluationSetOperator.template_fields) == {
        "evaluation_set_id",
        "version",
        "processor_id",
        "evaluation_set_item_ids",
        "store",
        "fresh",
        "extend_conn_id",
        "output_path",
    }


# Refused before anything is paid


@pytest.mark.parametrize("version", [V24, V25])
def test_older_versions_cannot_start_a_run_and_the_error_names_those_that_can(api, task, version) -> None:
    extend = api(version)
    with pytest.raises(AirflowFailException, match=f"{version}.*{V26}.*Nothing was sent"):
        task.run(start("ev_1"))
    assert extend.requests() == []


def test_an_empty_set_is_refused_before_it_is_paid_for(extend, task) -> None:
    empty = extend.evaluation_set(extend.processor(), documents=0)
    with pytest.raises(AirflowFailException, match=r"is empty.*No run was started"):
        task.run(start(empty))
    assert extend.requests("POST", PATH) == []
    assert task.record is None


def test_a_set_that_was_filled_a_moment_ago_is_not_taken_for_an_empty_one(extend, task, monkeypatch) -> None:
    monkeypatch.setattr(decisions, "LIST_LAG", 1.0)
    extend.control("POST", "/settings", {"list_lag": 0.5})
    filled = extend.evaluation_set(extend.processor())
    task.run(start(filled))
    assert paid(extend) == 1


def test_a_set_that_is_not_there_fails_before_a_run_is_asked_for(extend, task) -> None:
    with pytest.raises(AirflowFailException, match="404"):
        task.run(start("ev_none"))
    assert extend.requests("POST", PATH) == []
    assert task.record is None


def test_a_set_without_a_processor_needs_one_named_before_a_run_is_asked_for(
    requests_mock, connect, task
) -> None:
    connect()
    requests_mock.get("https://api.extend.ai/evaluation_sets/ev_1", json={"id": "ev_1", "entity": None})
    with pytest.raises(AirflowFailException, match="processor of evaluation set ev_1"):
        task.run(start("ev_1"))
    assert [request.method for request in requests_mock.request_history] == ["GET"]


def test_an_empty_choice_of_items_is_not_taken_for_all_of_them(extend, evaluation_set, task) -> None:
    with pytest.raises(AirflowFailException, match=r"is \[\]: expected a list of ids.*No run was started"):
        task.run(start(evaluation_set, evaluation_set_item_ids=[]))
    assert paid(extend) == 0


@pytest.mark.parametrize("chosen", [5, "evi_1", []])
def test_a_choice_of_items_that_is_no_list_is_refused_by_name(extend, evaluation_set, task, chosen) -> None:
    with pytest.raises(AirflowFailException, match="expected a list of ids"):
        task.run(start(evaluation_set, evaluation_set_item_ids=chosen))
    assert paid(extend) == 0


@pytest.mark.parametrize("evaluation_set", ["", "../files", "ev 1"])
def test_an_id_that_cannot_be_one_sends_nothing(extend, task, evaluation_set) -> None:
    with pytest.raises(AirflowFailException, match="Nothing was sent"):
        task.run(start(evaluation_set))
    assert extend.requests() == []


# What is kept


def test_the_intent_is_kept_before_the_call_and_the_receipt_after_it(extend, evaluation_set, task) -> None:
    seen: list[int] = []
    task.store.broken_for = lambda value: bool(seen.append(paid(extend)))
    run_id = task.run(start(evaluation_set))
    assert seen == [0, 1, 1], "runs that Extend had made at each write"
    intent, receipt, spent = task.store.writes
    assert "id" not in intent
    assert receipt == {**intent, "id": run_id}
    assert set(intent) == {"v", "token", "max_tries", "parts", "facts", "started_at", "runs", "account"}
    assert (intent["v"], intent["max_tries"]) == (1, 2)
    assert spent == {run_id: {"runs": 3, "credits": None}}
    assert list(task.store.rows) == ["extend_submission", "extend_spent"]


def test_tokens_are_random(extend, evaluation_set, new_task) -> None:
    tasks = [new_task(), new_task()]
    for task in tasks:
        task.run(start(evaluation_set))
    assert tasks[0].record["token"] != tasks[1].record["token"]


def test_an_intent_that_cannot_be_kept_means_that_nothing_is_paid_for(extend, evaluation_set, task) -> None:
    task.store.broken_for = lambda value: True
    with pytest.raises(RuntimeError):
        task.run(start(evaluation_set))
    assert paid(extend) == 0


def test_a_receipt_that_cannot_be_kept_is_logged_and_the_task_goes_on(
    extend, evaluation_set, task, log_text
) -> None:
    task.store.broken_for = lambda value: "id" in value
    run_id = task.run(start(evaluation_set))
    assert task.xcoms["run_id"] == run_id
    logged = log_text()
    assert run_id in logged
    assert "could not be recorded" in logged


def test_a_lost_receipt_is_never_paid_for_again(extend, evaluation_set, task) -> None:
    task.store.broken_for = lambda value: "id" in value
    task.run(start(evaluation_set))
    assert isinstance(dies(task, start(evaluation_set)), AirflowFailException)
    assert paid(extend) == 1


# A retry, after an earlier try had its answer


@pytest.fixture
def earlier(extend: Any, evaluation_set: str, task: Any) -> str:
    """A run that the first try of `task` made."""
    return str(task.run(start(evaluation_set)))


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING", "PROCESSED", "REWINDING"])
def test_a_retry_takes_up_a_run_that_moves_or_succeeded(
    extend, evaluation_set, task, earlier, status, log_text
) -> None:
    fingerprints = {**task.xcoms}
    extend.control("PATCH", f"/runs/{earlier}", {"status": status})
    assert task.run(start(evaluation_set)) == earlier
    assert paid(extend) == 1
    assert len(extend.requests("POST", PATH)) == 1
    assert task.xcoms == fingerprints, "the run's id and both fingerprints are there again"
    assert "Taking up" in log_text()


def test_fingerprints_survive_a_retry_although_the_draft_was_changed_meanwhile(
    extend, evaluation_set, task, earlier, bad
) -> None:
    judged = task.xcoms["config_fingerprint"]
    extend.change_draft(extend.control("GET", "/runs")[0]["processorId"], bad)
    task.run(start(evaluation_set))
    assert task.xcoms["config_fingerprint"] == judged


def test_a_retry_fails_for_good_where_the_earlier_run_failed(extend, evaluation_set, task, earlier) -> None:
    extend.control("PATCH", f"/runs/{earlier}", {"status": "FAILED"})
    error = dies(task, start(evaluation_set))
    assert isinstance(error, AirflowFailException)
    for told in (earlier, "FAILED", "no reason", "Clear this task"):
        assert told in str(error)
    assert paid(extend) == 1


def test_a_retry_starts_another_run_where_the_earlier_one_was_cancelled(
    extend, evaluation_set, task, earlier
) -> None:
    extend.control("PATCH", f"/runs/{earlier}", {"status": "CANCELLED"})
    assert task.run(start(evaluation_set)) != earlier
    assert paid(extend) == 2


def test_a_retry_fails_loudly_where_the_earlier_run_has_vanished(
    extend, evaluation_set, task, earlier
) -> None:
    extend.fault(method="GET", path=f"{PATH}/{earlier}", status=404, times=9)
    error = dies(task, start(evaluation_set))
    assert isinstance(error, AirflowFailException)
    for told in ("404", earlier, "clear this task"):
        assert told in str(error)
    assert paid(extend) == 1


def test_a_retry_that_may_not_read_the_earlier_run_starts_no_other(
    extend, evaluation_set, task, earlier
) -> None:
    extend.fault(method="GET", path=f"{PATH}/{earlier}", status=403)
    error = dies(task, start(evaluation_set))
    assert isinstance(error, AirflowFailException)
    assert "403" in str(error)
    assert paid(extend) == 1


def test_a_retry_that_cannot_read_the_earlier_run_starts_no_other(
    extend, evaluation_set, task, earlier
) -> None:
    extend.fault(method="GET", path=f"{PATH}/{earlier}", status=503, times=5)
    assert not isinstance(dies(task, start(evaluation_set)), AirflowFailException)
    assert task.run(start(evaluation_set)) == earlier
    assert paid(extend) == 1


def test_a_cleared_task_starts_a_new_run(extend, evaluation_set, task, earlier, log_text) -> None:
    task.clear()
    again = task.run(start(evaluation_set))
    assert again != earlier
    logged = log_text()
    assert earlier in logged
    assert "cleared" in logged
    assert task.run(start(evaluation_set)) == again, "a retry after the clear takes up the new one"
    assert paid(extend) == 2


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"version": "latest"}, "version"),
        ({"processor_id": "other"}, "processor_id"),
        ({"evaluation_set_item_ids": "first"}, "evaluation_set_item_ids"),
    ],
)
def test_a_changed_parameter_starts_a_new_run_and_the_log_says_which(
    extend, evaluation_set, task, earlier, changed, named, log_text
) -> None:
    values = {"other": extend.processor(), "first": [extend.items(evaluation_set)[0]["id"]]}
    given = {key: values.get(value, value) for key, value in changed.items()}
    assert task.run(start(evaluation_set, **given)) != earlier
    (line,) = [line for line in log_text().splitlines() if earlier in line and "Asking for a new" in line]
    assert f"{named} changed" in line
    assert paid(extend) == 2


# A retry, after an earlier try whose call is in doubt


def test_a_dropped_answer_is_told_as_unknown_and_nothing_is_sent_again(extend, evaluation_set, task) -> None:
    extend.fault(method="POST", path=PATH, drop_after=True)
    error = dies(task, start(evaluation_set))
    assert type(error.error).__name__ == "ExtendSubmissionUnknown"
    assert isinstance(error, AirflowFailException)
    assert len(extend.requests("POST", PATH)) == 1
    assert paid(extend) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"drop": True},
        {"drop_after": True},
        {"status": 500},
        {"status": 504},
        {"status": 408},
        {"body": "html"},
        {"body": "truncated"},
        {"body": "malformed"},
        {"body": "empty"},
    ],
    ids=str,
)
def test_an_intent_without_an_id_spells_out_the_choice_and_sends_nothing(
    extend, evaluation_set, task, fault
) -> None:
    extend.fault(method="POST", path=PATH, **fault)
    dies(task, start(evaluation_set))
    asked = len(extend.requests("POST", PATH))
    for _ in range(2):
        error = dies(task, start(evaluation_set))
        assert isinstance(error, AirflowFailException)
        for told in ("cannot be told", "dashboard", "clear this task"):
            assert told in str(error)
    assert len(extend.requests("POST", PATH)) == asked == 1


def test_a_process_that_died_during_the_call_leaves_the_same_doubt(extend, evaluation_set, task) -> None:
    task.run(start(evaluation_set))
    task.store.set("extend_submission", {**task.store.writes[0]})  # as it was before the answer
    assert isinstance(dies(task, start(evaluation_set)), AirflowFailException)
    assert paid(extend) == 1


def test_clearing_the_task_is_the_way_out_of_the_doubt(extend, evaluation_set, task) -> None:
    extend.fault(method="POST", path=PATH, drop=True)
    dies(task, start(evaluation_set))
    dies(task, start(evaluation_set))
    task.clear()
    assert task.run(start(evaluation_set))
    assert paid(extend) == 1


def test_a_parameter_that_changed_while_a_call_is_in_doubt_is_logged_too(
    extend, evaluation_set, task, log_text
) -> None:
    extend.fault(method="POST", path=PATH, drop_after=True)
    dies(task, start(evaluation_set))
    log_text()
    task.run(start(evaluation_set, version="latest"))
    assert "version changed" in log_text()


@pytest.mark.parametrize(("status", "times", "fails"), [(400, 1, True), (402, 1, True), (429, 5, False)])
def test_a_refused_call_leaves_no_doubt_and_a_retry_may_ask_again(
    extend, evaluation_set, task, status, times, fails
) -> None:
    extend.fault(method="POST", path=PATH, status=status, times=times)
    error = dies(task, start(evaluation_set))
    assert isinstance(error, AirflowFailException) is fails
    assert task.record is None
    assert task.run(start(evaluation_set))
    assert paid(extend) == 1


def test_a_server_that_is_down_before_the_call_leaves_no_doubt(extend, evaluation_set, task) -> None:
    extend.fault(method="GET", path="/evaluation_sets", status=503, times=5)
    assert not isinstance(dies(task, start(evaluation_set)), AirflowFailException)
    assert task.record is None
    assert task.run(start(evaluation_set))


def test_an_answer_without_an_id_is_in_doubt_and_never_asked_for_again(requests_mock, connect, task) -> None:
    connect()
    base = "https://api.extend.ai"
    requests_mock.get(f"{base}/evaluation_sets/ev_1", json={"id": "ev_1", "entity": {"id": "ex_1"}})
    requests_mock.get(f"{base}/evaluation_sets/ev_1/items", json={"data": [{"id": "evi_1"}]})
    create = requests_mock.post(f"{base}/evaluation_set_runs", json={"object": "evaluation_set_run"})
    operator = start("ev_1", version="1.0", fingerprint_items=False)
    for _ in range(2):
        assert "cannot be told" in str(dies(task, operator))
    assert create.call_count == 1


def test_an_error_that_is_none_of_extends_leaves_the_doubt_too(
    extend, evaluation_set, task, monkeypatch
) -> None:
    import requests

    really = requests.Session.request

    def request(self, method, url, **given):
        answer = really(self, method, url, **given)
        if method == "POST":
            raise MemoryError("after the call")
        return answer

    monkeypatch.setattr(requests.Session, "request", request)
    with pytest.raises(MemoryError):
        task.run(start(evaluation_set))
    monkeypatch.undo()
    assert "id" not in task.record


# Below Airflow 3.3: no store


def test_without_a_store_a_refused_call_is_told_as_what_it_is(extend, evaluation_set, new_task) -> None:
    extend.fault(method="POST", path=PATH, status=402)
    error = dies(new_task(store=False), start(evaluation_set))
    assert "402" in str(error)
    assert isinstance(error, AirflowFailException)


def test_without_a_store_a_first_try_starts_the_run(extend, evaluation_set, new_task) -> None:
    task = new_task(store=False)
    assert task.run(start(evaluation_set)) == task.xcoms["run_id"]
    assert paid(extend) == 1


def test_without_a_store_a_retry_cannot_know_and_pays_nothing(extend, evaluation_set, new_task) -> None:
    task = new_task(store=False)
    task.run(start(evaluation_set))
    for _ in range(2):
        error = dies(task, start(evaluation_set))
        assert isinstance(error, AirflowFailException)
        assert "cannot be told" in str(error)
    assert paid(extend) == 1


def test_without_a_store_a_cleared_task_starts_a_new_run(extend, evaluation_set, new_task) -> None:
    task = new_task(store=False)
    task.run(start(evaluation_set))
    dies(task, start(evaluation_set))
    task.clear()
    task.run(start(evaluation_set))
    assert paid(extend) == 2
    assert isinstance(dies(task, start(evaluation_set)), AirflowFailException)


# The fingerprint of the items, and a question that was answered before


def test_what_is_expected_of_an_item_is_in_the_fingerprint(extend, evaluation_set, new_task) -> None:
    first, second = new_task(), new_task()
    first.run(start(evaluation_set))
    item = extend.items(evaluation_set)[0]["id"]
    body = {"expectedOutput": {"value": {"total": 999}}}
    extend.send("POST", f"/evaluation_sets/{evaluation_set}/items/{item}", json=body)
    second.run(start(evaluation_set))
    assert first.xcoms["items_fingerprint"] != second.xcoms["items_fingerprint"]
    assert first.xcoms["config_fingerprint"] == second.xcoms["config_fingerprint"]


def test_each_item_is_read_once_and_none_where_that_is_switched_off(extend, evaluation_set, new_task) -> None:
    new_task().run(start(evaluation_set))
    assert len(extend.requests("GET", f"{evaluation_set}/items/")) == 3
    off = new_task()
    off.run(start(evaluation_set, fingerprint_items=False))
    assert len(extend.requests("GET", f"{evaluation_set}/items/")) == 3
    assert off.xcoms["items_fingerprint"] is None


def test_of_a_choice_the_chosen_items_alone_are_read(extend, evaluation_set, new_task) -> None:
    chosen = [row["id"] for row in extend.items(evaluation_set)][:1]
    some, others = new_task(), new_task()
    some.run(start(evaluation_set, evaluation_set_item_ids=chosen))
    assert len(extend.requests("GET", f"{evaluation_set}/items/")) == 1
    others.run(start(evaluation_set))
    assert some.xcoms["items_fingerprint"] != others.xcoms["items_fingerprint"]


def test_that_many_items_take_a_while_is_logged(extend, task, monkeypatch, log_text) -> None:
    from airflow_provider_extend.operators import evaluation_set_run

    monkeypatch.setattr(evaluation_set_run, "_MANY_ITEMS", 2)
    task.run(start(extend.evaluation_set(extend.processor())))
    assert "Reading 3 items for their fingerprint; fingerprint_items=False leaves it out" in log_text()


def test_an_item_that_cannot_be_read_means_that_nothing_is_paid_for(extend, evaluation_set, task) -> None:
    extend.fault(method="GET", path="/items/", status=404, times=100)
    with pytest.raises(AirflowFailException, match="404"):
        task.run(start(evaluation_set))
    assert (paid(extend), task.record) == (0, None)


def test_whoever_waits_for_the_run_is_told_both_fingerprints(extend, evaluation_set, task) -> None:
    value = task.run(start(evaluation_set, wait_for_completion=True))
    told = {name: value[name] for name in ("config_fingerprint", "items_fingerprint")}
    assert told == {name: task.xcoms[name] for name in told}
    assert all(told.values())


@pytest.fixture
def store(tmp_path: Any) -> str:
    return f"file://{tmp_path}/gate"


def decided(store: str, value: Any, verdict: str) -> None:
    """As a gate leaves it."""
    import logging
    from datetime import UTC, datetime

    from airflow_provider_extend.gate.evidence import Evidence
    from airflow_provider_extend.gate.report import Report
    from airflow_provider_extend.gate_store import memory_of

    memory = memory_of(store, {}, logging.getLogger("gate"))
    assert memory is not None
    memory.keep_answer(Report(verdict, "", evidence=Evidence.of_result(value)), datetime.now(UTC))


@pytest.mark.parametrize("verdict", ["PASS", "FAIL"])
def test_a_question_that_was_decided_is_not_paid_for_again(
    extend, evaluation_set, new_task, store, verdict, log_text
) -> None:
    ask = {"wait_for_completion": True, "store": store}
    first = new_task().run(start(evaluation_set, **ask))
    decided(store, first, verdict)
    again = new_task()
    value = again.run(start(evaluation_set, **ask))
    assert paid(extend) == 1
    assert value.pop("from_store") is True
    assert value == first
    assert again.xcoms["run_id"] == first["id"]
    assert again.record is None, "nothing was begun"
    told = log_text()
    assert f"Run {first['id']} has answered this question" in told
    assert f"{verdict}. No run was started, and nothing is paid" in told
    assert new_task().run(start(evaluation_set, store=store)) == first["id"], "without a wait, its id"


@pytest.mark.parametrize("verdict", ["WARN", "INCONCLUSIVE", "ERROR", None])
def test_a_question_that_was_not_decided_is_asked_again(
    extend, evaluation_set, new_task, store, verdict
) -> None:
    ask = {"wait_for_completion": True, "store": store}
    first = new_task().run(start(evaluation_set, **ask))
    if verdict:
        decided(store, first, verdict)
    assert new_task().run(start(evaluation_set, **ask))["id"] != first["id"]
    assert paid(extend) == 2


@pytest.mark.parametrize("fresh", [True, "True", "true"])
def test_fresh_asks_again_and_says_so(extend, evaluation_set, new_task, store, fresh, log_text) -> None:
    ask = {"wait_for_completion": True, "store": store}
    first = new_task().run(start(evaluation_set, **ask))
    decided(store, first, "PASS")
    assert new_task().run(start(evaluation_set, **ask, fresh=fresh))["id"] != first["id"]
    assert paid(extend) == 2
    assert "it is asked, and paid for, again: fresh is set" in log_text()


def test_fresh_is_true_or_false(extend, evaluation_set, task, store) -> None:
    with pytest.raises(AirflowFailException, match="fresh is 'perhaps': expected true or false"):
        task.run(start(evaluation_set, store=store, fresh="perhaps"))
    assert paid(extend) == 0


def test_another_config_or_other_items_are_another_question(
    extend, evaluation_set, new_task, store, bad
) -> None:
    ask = {"wait_for_completion": True, "store": store}
    decided(store, new_task().run(start(evaluation_set, **ask)), "PASS")
    extend.change_draft(extend.control("GET", "/runs")[0]["processorId"], bad)
    decided(store, new_task().run(start(evaluation_set, **ask)), "FAIL")
    assert paid(extend) == 2
    extend.send("DELETE", f"/evaluation_sets/{evaluation_set}/items/{extend.items(evaluation_set)[0]['id']}")
    new_task().run(start(evaluation_set, **ask))
    assert paid(extend) == 3


def test_without_both_fingerprints_the_store_is_not_asked(
    extend, evaluation_set, new_task, store, log_text
) -> None:
    ask = {"wait_for_completion": True, "store": store, "fingerprint_items": False}
    first = new_task().run(start(evaluation_set, **ask))
    decided(store, first, "PASS")
    new_task().run(start(evaluation_set, **ask))
    assert paid(extend) == 2
    assert "Not asked of the store" in log_text()


def test_an_answer_that_cannot_be_read_is_asked_for_again(
    extend, evaluation_set, new_task, tmp_path, log_text
) -> None:
    ask = {"wait_for_completion": True, "store": f"file://{tmp_path}/gate"}
    decided(ask["store"], new_task().run(start(evaluation_set, **ask)), "PASS")
    (path,) = (tmp_path / "gate").glob("answer.*/*.json")
    path.write_text("{}")
    new_task().run(start(evaluation_set, **ask))
    assert paid(extend) == 2
    assert "It is asked again" in log_text()


def test_a_retry_takes_up_its_own_run_and_not_what_was_answered_meanwhile(
    extend, evaluation_set, task, new_task, store
) -> None:
    own = task.run(start(evaluation_set, store=store))
    other = new_task().run(start(evaluation_set, wait_for_completion=True, store=store))
    decided(store, other, "PASS")
    assert task.run(start(evaluation_set, store=store)) == own
    task.clear()
    assert task.run(start(evaluation_set, store=store)) == other["id"], "cleared: the question is asked anew"
    assert paid(extend) == 2


def test_a_long_answer_is_short_in_xcom_and_says_so(extend, evaluation_set, new_task, store) -> None:
    import json

    ask = {"wait_for_completion": True, "store": store}
    first = new_task().run(start(evaluation_set, **ask))
    many = {f"extract.fields.column_{n}.accuracy": 1.0 for n in range(3000)}
    decided(store, {**first, "metrics": {**first["metrics"], **many}}, "PASS")
    value = new_task().run(start(evaluation_set, **ask))
    assert (value["truncated"], value["from_store"]) == (True, True)
    assert len(json.dumps(value)) < 48 * 1024
    assert "extract.accuracy" in value["metrics"]
