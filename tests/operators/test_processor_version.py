"""ExtendPublishProcessorVersionOperator: what was judged is what is published, once."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_extend.operators.processor_version import ExtendPublishProcessorVersionOperator
from tests.airflow_names import AirflowException, AirflowFailException

V24, V25, V26 = VERSIONS = ("2024-12-23", "2025-04-21", "2026-02-09")
PUBLISH = {V24: "/publish", V25: "/publish", V26: "/versions"}


def publish(run: Any, **given: Any) -> ExtendPublishProcessorVersionOperator:
    return ExtendPublishProcessorVersionOperator(task_id="publish", run=run, **given)


class Judged:
    """A processor whose draft was judged by a run that has ended."""

    def __init__(self, extend: Any, **more: Any) -> None:
        self.extend = extend
        self.processor = extend.processor(**more)
        self.set = extend.evaluation_set(self.processor)
        self.run = extend.run(self.set, self.processor)

    def published(self) -> list[dict[str, Any]]:
        return self.extend.versions(self.processor)

    @property
    def posts(self) -> int:
        return len(self.extend.requests("POST", PUBLISH[self.extend.version]))


@pytest.fixture
def judged(api: Any) -> Any:
    """`judged(version)`; by default on 2026-02-09."""
    return lambda version=V26, **more: Judged(api(version), **more)


def refused(task: Any, operator: Any) -> str:
    with pytest.raises(AirflowFailException) as caught:
        task.run(operator)
    return str(caught.value)


def dies(task: Any, operator: Any) -> Any:
    """The error of a try that ends so that Airflow retries it."""
    with pytest.raises(AirflowException) as caught:
        task.run(operator)
    assert not isinstance(caught.value, AirflowFailException), caught.value
    return caught.value


# The way it should go


@pytest.mark.parametrize("version", VERSIONS)
def test_the_config_that_was_judged_is_published(judged, task, version, good) -> None:
    case = judged(version)
    value = task.run(publish(case.run, description="Passed the gate."))
    (row,) = case.published()
    assert row["config"]["schema"] == good["schema"]
    assert row["description"].startswith("Passed the gate.")
    assert value == {
        "id": row["id"],
        "version": row["version"],
        "processor_id": case.processor,
        "run_id": case.run,
        "description": row["description"],
        "config_fingerprint": value["config_fingerprint"],
    }
    assert len(value["config_fingerprint"]) == 64
    assert task.xcoms["processor_version_id"] == row["id"]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_config_goes_along_so_that_a_later_draft_is_not_published(
    judged, task, version, good, bad, monkeypatch
) -> None:
    """Somebody saves another draft in the moment between the check and the publish."""
    from airflow_provider_extend.processors import Processor

    case = judged(version)
    really = Processor.publish

    def publish_late(self: Any, config: Any, **given: Any) -> Any:
        case.extend.change_draft(case.processor, bad)
        return really(self, config, **given)

    monkeypatch.setattr(Processor, "publish", publish_late)
    task.run(publish(case.run))
    assert case.published()[0]["config"]["schema"] == good["schema"]


@pytest.mark.parametrize(("release_type", "number"), [("minor", "0.1"), ("major", "1.0")])
def test_the_release_type_is_the_authors(judged, task, release_type, number) -> None:
    assert task.run(publish(judged().run, release_type=release_type))["version"] == number


def test_the_return_value_of_the_sensor_names_the_run_too(judged, task) -> None:
    case = judged()
    value = task.run(publish({"id": case.run, "kind": "batch_processor_run", "outcome": "succeeded"}))
    assert value["run_id"] == case.run


def test_a_draft_with_the_fingerprint_of_the_evaluation_is_published(judged, task, new_task) -> None:
    from airflow_provider_extend.operators.evaluation_set_run import ExtendRunEvaluationSetOperator

    case, evaluated = judged(), new_task()
    operator = ExtendRunEvaluationSetOperator(task_id="evaluate", evaluation_set_id=case.set)
    run = evaluated.run(operator)
    value = task.run(publish(run, config_fingerprint=evaluated.xcoms["config_fingerprint"]))
    assert value["config_fingerprint"] == evaluated.xcoms["config_fingerprint"]
    assert len(case.published()) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_a_run_of_a_published_version_publishes_nothing_and_returns_that_version(
    judged, task, version
) -> None:
    case = judged(version)
    first = task.run(publish(case.run))
    run = case.extend.run(case.set, case.processor, first["version"])
    posts = case.posts
    from_then_on = type(task)()
    value = from_then_on.run(publish(run))
    assert (value["id"], value["version"], value["run_id"]) == (first["id"], first["version"], run)
    assert case.posts == posts
    assert len(case.published()) == 1
    assert from_then_on.record is None


# Refused: nothing is published


@pytest.mark.parametrize("release_type", ["patch", "", None])
def test_a_release_type_that_is_none_is_refused_before_anything_is_sent(judged, task, release_type) -> None:
    case = judged()
    assert "'major' or 'minor'" in refused(task, publish(case.run, release_type=release_type))
    assert case.extend.requests() == []


@pytest.mark.parametrize("run", ["", None, {}, "../files"])
def test_an_id_that_cannot_be_one_sends_nothing(api, task, run) -> None:
    extend = api()
    assert "Nothing was sent" in refused(task, publish(run))
    assert extend.requests() == []


@pytest.mark.parametrize("status", ["FAILED", "PROCESSING", "CANCELLED", "REWINDING"])
@pytest.mark.parametrize("version", [V24, V26])
def test_only_what_a_processed_run_judged_is_published(judged, task, version, status) -> None:
    case = judged(version)
    case.extend.control("PATCH", f"/runs/{case.run}", {"status": status})
    handed_in = {"id": case.run, "kind": "batch_processor_run", "outcome": "succeeded", "status": "PROCESSED"}
    text = refused(task, publish(handed_in))
    assert status in text
    assert "Nothing was published" in text
    assert case.published() == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_draft_that_changed_since_the_run_is_not_published_and_both_times_are_named(
    judged, task, version, bad
) -> None:
    case = judged(version)
    case.extend.change_draft(case.processor, bad)
    text = refused(task, publish(case.run))
    created = case.extend.control("GET", "/runs")[0]["createdAt"][:19]
    rows = case.extend.emulator._server.state.store.all("processor")
    changed = rows[0][1]["updatedAt"][:19]
    for told in (case.run, created, changed, "allow_unverified_draft=True", "othing was published"):
        assert told in text.replace("\n", " ")
    assert case.published() == []
    assert task.record is None


@pytest.mark.parametrize("version", VERSIONS)
def test_a_draft_with_another_fingerprint_is_not_published_and_both_are_named(
    judged, task, version, bad
) -> None:
    case = judged(version)
    text = refused(task, publish(case.run, config_fingerprint="0123456789ab" + "f" * 52))
    assert "0123456789ab" in text
    assert "changed after run" in text
    assert case.published() == []


def test_a_draft_that_was_changed_and_changed_back_is_what_was_judged(
    judged, task, new_task, good, bad
) -> None:
    from airflow_provider_extend.operators.evaluation_set_run import ExtendRunEvaluationSetOperator

    case, evaluated = judged(), new_task()
    run = evaluated.run(ExtendRunEvaluationSetOperator(task_id="evaluate", evaluation_set_id=case.set))
    case.extend.change_draft(case.processor, bad)
    case.extend.change_draft(case.processor, good)
    task.run(publish(run, config_fingerprint=evaluated.xcoms["config_fingerprint"]))
    assert len(case.published()) == 1


def test_a_changed_draft_may_be_published_unseen_where_the_author_says_so(
    judged, task, bad, log_text
) -> None:
    case = judged()
    case.extend.change_draft(case.processor, bad)
    task.run(publish(case.run, allow_unverified_draft=True))
    assert case.published()[0]["config"]["schema"] == bad["schema"]
    assert "allow_unverified_draft" in log_text()


def scripted(requests_mock: Any, connect: Any, **answers: Any) -> Any:
    """An Extend of 2026-02-09 that answers `run`, `extractor` and `published` as given."""
    connect()
    base = "https://api.extend.ai"
    draft = {"id": "exv_d", "version": "draft", "config": {"a": 1}}
    run = {
        "object": "evaluation_set_run",
        "id": "bpr_1",
        "status": "PROCESSED",
        "entity": {"object": "extractor", "id": "ex_1"},
        "entityVersion": {"id": "exv_d", "version": "draft"},
        "metrics": {"type": "EXTRACT", "accuracy": 1.0},
        "createdAt": "2026-05-15T10:30:45Z",
        **answers.get("run", {}),
    }
    extractor = {"id": "ex_1", "draftVersion": draft, "updatedAt": "2026-05-15T09:00:00Z"}
    published = {"id": "exv_1", "version": "1.0", "config": {"a": 1}, "createdAt": "2026-05-15T12:00:00Z"}
    requests_mock.get(f"{base}/batch_processor_runs/bpr_1", status_code=404, json={})
    requests_mock.get(f"{base}/evaluation_set_runs/bpr_1", json=run)
    requests_mock.get(f"{base}/extractors/ex_1", json={**extractor, **answers.get("extractor", {})})
    row = {**published, **answers.get("published", {})}
    requests_mock.get(f"{base}/extractors/ex_1/versions/exv_1", json=row)
    return requests_mock.post(f"{base}/extractors/ex_1/versions", json=row)


def test_exactly_the_config_of_the_draft_is_sent(requests_mock, connect, task) -> None:
    create = scripted(requests_mock, connect)
    task.run(publish("bpr_1", release_type="major", description="ok"))
    body = create.last_request.json()
    assert (body["config"], body["releaseType"]) == ({"a": 1}, "major")
    assert body["description"] == f"ok [airflow {task.record['token']}]"


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"run": {"entity": None}}, "names no processor"),
        ({"run": {"entityVersion": None}}, "which version it judged"),
        ({"run": {"createdAt": None}}, "at an unknown time"),
        ({"extractor": {"updatedAt": None}}, "at an unknown time"),
        ({"extractor": {"updatedAt": "2026-05-15T10:30:46Z"}}, "2026-05-15T10:30:46"),
    ],
)
def test_what_cannot_be_shown_to_have_been_judged_is_not_published(
    requests_mock, connect, task, answers, told
) -> None:
    create = scripted(requests_mock, connect, **answers)
    text = refused(task, publish("bpr_1"))
    assert told in text
    assert "othing was published" in text
    assert create.call_count == 0


def test_a_processor_without_a_draft_publishes_nothing(requests_mock, connect, task) -> None:
    create = scripted(requests_mock, connect, extractor={"draftVersion": None})
    with pytest.raises(AirflowException, match="no draft"):
        task.run(publish("bpr_1"))
    assert create.call_count == 0


@pytest.mark.parametrize("config", [None, {}])
@pytest.mark.parametrize("unverified", [False, True])
def test_a_draft_that_is_answered_without_a_config_publishes_nothing(
    requests_mock, connect, task, config, unverified
) -> None:
    draft = {"id": "exv_d", "version": "draft", "config": config}
    create = scripted(requests_mock, connect, extractor={"draftVersion": draft})
    assert "without a config" in refused(task, publish("bpr_1", allow_unverified_draft=unverified))
    assert create.call_count == 0


@pytest.mark.parametrize(
    ("entity", "path"),
    [("classifier", "classifiers"), ("splitter", "splitters"), ("extractor", "extractors")],
)
def test_each_kind_of_processor_is_published_on_paths_of_its_own(
    requests_mock, connect, task, entity, path
) -> None:
    scripted(requests_mock, connect, run={"entity": {"object": entity, "id": "p_1"}})
    base = f"https://api.extend.ai/{path}/p_1"
    draft = {"id": "v_d", "version": "draft", "config": {"a": 1}}
    requests_mock.get(base, json={"id": "p_1", "draftVersion": draft, "updatedAt": "2026-05-15T09:00:00Z"})
    made = {"id": "v_1", "version": "1.0", "config": {"a": 1}}
    create = requests_mock.post(f"{base}/versions", json=made)
    assert task.run(publish("bpr_1"))["id"] == "v_1"
    assert create.call_count == 1


def test_a_draft_changed_in_the_very_moment_of_the_run_counts_as_judged(requests_mock, connect, task) -> None:
    create = scripted(requests_mock, connect, extractor={"updatedAt": "2026-05-15T10:30:45Z"})
    task.run(publish("bpr_1"))
    assert create.call_count == 1


# What Extend made of it


@pytest.mark.parametrize("config", [{"a": 2}, {}, None, {"b": 1}])
def test_a_published_config_that_differs_from_the_judged_one_is_an_error(
    requests_mock, connect, task, config
) -> None:
    create = scripted(requests_mock, connect, published={"config": config})
    text = refused(task, publish("bpr_1"))
    assert "exv_1" in text
    assert "not the one that was judged" in text
    assert create.call_count == 1
    # A retry finds the same version, and makes no other.
    assert "not the one that was judged" in refused(task, publish("bpr_1"))
    assert create.call_count == 1


def test_a_published_config_that_differs_is_an_error_although_the_draft_was_edited_in_that_moment(
    requests_mock, connect, task
) -> None:
    create = scripted(requests_mock, connect, published={"config": {"a": 2}})
    drafts = [{"id": "exv_d", "version": "draft", "config": {"a": n}} for n in (1, 3)]
    rows = [{"id": "ex_1", "draftVersion": draft, "updatedAt": "2026-05-15T09:00:00Z"} for draft in drafts]
    requests_mock.get("https://api.extend.ai/extractors/ex_1", [{"json": row} for row in rows])
    assert "not the one that was judged" in refused(task, publish("bpr_1"))
    assert create.call_count == 1


def test_an_answer_without_a_config_is_read_again_and_compared(requests_mock, connect, task) -> None:
    create = scripted(requests_mock, connect, published={"config": {"a": 2}})
    requests_mock.post(
        "https://api.extend.ai/extractors/ex_1/versions", json={"id": "exv_1", "version": "1.0"}
    )
    assert "not the one that was judged" in refused(task, publish("bpr_1"))
    assert create.call_count == 0


def test_a_retry_after_the_draft_has_moved_on_keeps_the_version_and_says_what_was_not_compared(
    requests_mock, connect, task, log_text
) -> None:
    create = scripted(requests_mock, connect, published={"config": {"a": 1, "baseVersion": "2.0"}})
    task.run(publish("bpr_1"))
    draft = {"id": "exv_d", "version": "draft", "config": {"a": 9}}
    requests_mock.get("https://api.extend.ai/extractors/ex_1", json={"id": "ex_1", "draftVersion": draft})
    assert task.run(publish("bpr_1"))["id"] == "exv_1"
    assert "cannot be compared" in log_text()
    assert create.call_count == 1


@pytest.mark.parametrize(
    ("sent", "published", "same"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, True),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}]}, True),
        ({"a": [1, 2]}, {"a": [1, 2, 3]}, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, False),
        ({"a": {"b": 1}}, {"a": {}}, False),
        ({"a": {"b": 1}}, {"a": None}, False),
        ({"a": None}, {"b": 1}, False),
    ],
)
def test_configs_are_compared_at_every_depth(requests_mock, connect, task, sent, published, same) -> None:
    draft = {"id": "exv_d", "version": "draft", "config": sent}
    scripted(requests_mock, connect, extractor={"draftVersion": draft}, published={"config": published})
    if same:
        assert task.run(publish("bpr_1"))["id"] == "exv_1"
    else:
        assert "not the one that was judged" in refused(task, publish("bpr_1"))


def test_keys_that_the_server_adds_to_a_config_are_no_difference(requests_mock, connect, task) -> None:
    create = scripted(requests_mock, connect, published={"config": {"a": 1, "baseVersion": "2.0"}})
    value = task.run(publish("bpr_1"))
    assert value["id"] == "exv_1"
    # And a retry, which has sent nothing itself, thinks no other of them.
    assert task.run(publish("bpr_1"))["id"] == "exv_1"
    assert create.call_count == 1


# Once


@pytest.mark.parametrize("version", VERSIONS)
def test_a_retry_takes_the_version_that_an_earlier_try_made(judged, task, version, log_text) -> None:
    case = judged(version)
    first = task.run(publish(case.run))
    assert task.run(publish(case.run)) == first
    assert (case.posts, len(case.published())) == (1, 1)
    assert "Taking up" in log_text()


@pytest.mark.parametrize("store", [True, False], ids=["3.3", "below 3.3"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_publish_whose_answer_was_dropped_is_found_at_once(judged, new_task, version, store) -> None:
    case, task = judged(version), new_task(store=store)
    case.extend.fault(method="POST", path=PUBLISH[version], drop_after=True)
    value = task.run(publish(case.run))
    (row,) = case.published()
    assert (value["id"], case.posts) == (row["id"], 1)


@pytest.mark.parametrize("store", [True, False], ids=["3.3", "below 3.3"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_publish_whose_process_died_is_found_by_a_retry(judged, new_task, version, store, dies_at) -> None:
    case, task = judged(version), new_task(store=store)
    dies_at(task, publish(case.run), PUBLISH[version])
    (row,) = case.published()
    assert task.run(publish(case.run))["id"] == row["id"]
    assert (case.posts, len(case.published())) == (1, 1)


@pytest.mark.parametrize("store", [True, False], ids=["3.3", "below 3.3"])
def test_a_version_deep_in_a_long_list_is_found(judged, new_task, store, dies_at) -> None:
    case, task = judged(), new_task(store=store)
    dies_at(task, publish(case.run), "/versions")
    (row,) = case.published()
    for _ in range(25):
        path = f"/extractors/{case.processor}/versions"
        case.extend.send("POST", path, json={"releaseType": "minor", "description": "of somebody else"})
    assert task.run(publish(case.run))["id"] == row["id"]


@pytest.mark.parametrize("store", [True, False], ids=["3.3", "below 3.3"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_publish_that_never_reached_extend_is_made_by_a_retry(
    judged, new_task, version, store, dies_at
) -> None:
    case, task = judged(version), new_task(store=store)
    dies_at(task, publish(case.run), PUBLISH[version], "before")
    value = task.run(publish(case.run))
    (row,) = case.published()
    assert value["id"] == row["id"]


def test_a_publish_that_was_certainly_not_carried_out_is_made_in_the_same_try(judged, task) -> None:
    case = judged()
    case.extend.fault(method="POST", path="/versions", drop=True)
    value = task.run(publish(case.run))
    (row,) = case.published()
    assert (value["id"], case.posts) == (row["id"], 2)


def test_a_publish_that_fails_again_and_again_is_told_as_unknown(judged, task) -> None:
    case = judged()
    case.extend.fault(method="POST", path="/versions", drop=True, times=3)
    error = dies(task, publish(case.run))
    assert type(error.error).__name__ == "ExtendSubmissionUnknown"
    assert case.posts == 3


def test_a_list_that_lags_is_searched_again_before_a_second_version_is_made(
    judged, task, monkeypatch, dies_at
) -> None:
    """The version is there, but for a while the list does not show it."""
    from airflow_provider_extend import decisions
    from airflow_provider_extend.processors import Processor

    monkeypatch.setattr(decisions, "LIST_LAG", 0.3)
    case = judged()
    dies_at(task, publish(case.run), "/versions")
    really, looks = Processor.versions, []

    def lagging(self: Any) -> Any:
        looks.append(1)
        return really(self) if len(looks) > 1 else iter(())

    monkeypatch.setattr(Processor, "versions", lagging)
    task.run(publish(case.run))
    assert (len(looks), len(case.published())) == (2, 1)


def test_a_search_that_fails_is_not_taken_for_an_absent_version(judged, task, dies_at) -> None:
    case = judged()
    dies_at(task, publish(case.run), "/versions")
    case.extend.fault(method="GET", path="/versions$", status=503, times=5)
    dies(task, publish(case.run))
    task.run(publish(case.run))
    assert (case.posts, len(case.published())) == (1, 1)


def test_a_draft_that_changed_after_the_publish_does_not_trouble_a_retry(judged, task, bad, dies_at) -> None:
    case = judged()
    dies_at(task, publish(case.run), "/versions")
    case.extend.change_draft(case.processor, bad)
    task.run(publish(case.run))
    assert len(case.published()) == 1


def test_a_refused_publish_leaves_no_doubt(judged, task) -> None:
    case = judged()
    case.extend.fault(method="POST", path="/versions", status=402)
    assert "402" in refused(task, publish(case.run))
    assert task.record is None
    task.run(publish(case.run))
    assert len(case.published()) == 1


def test_a_cleared_task_publishes_again(judged, task) -> None:
    case = judged()
    first = task.run(publish(case.run))
    task.clear()
    assert task.run(publish(case.run))["id"] != first["id"]
    assert len(case.published()) == 2


def test_another_release_type_is_another_publish_and_the_log_says_so(judged, task, log_text) -> None:
    case = judged()
    task.run(publish(case.run))
    task.run(publish(case.run, release_type="major"))
    assert "release_type changed" in log_text()
    assert len(case.published()) == 2


def test_a_description_that_tells_the_time_does_not_make_a_retry_publish_again(judged, task) -> None:
    case = judged()
    task.run(publish(case.run, description="published at 10:00"))
    task.run(publish(case.run, description="published at 10:05"))
    assert len(case.published()) == 1


def test_without_a_store_the_token_is_the_same_in_every_try_and_another_after_a_clear(
    judged, new_task
) -> None:
    case, task = judged(), new_task(store=False)
    task.run(publish(case.run))
    task.run(publish(case.run))
    task.clear()
    task.run(publish(case.run))
    task.run(publish(case.run))
    assert len({row["description"] for row in case.published()}) == len(case.published()) == 2


def test_without_a_store_deployments_do_not_find_each_others_versions(
    judged, new_task, monkeypatch, dies_at
) -> None:
    case, made = judged(), []
    for name in ("staging", "production"):
        monkeypatch.setenv("AIRFLOW__EXTEND__DEPLOYMENT", name)
        task = new_task(store=False)
        dies_at(task, publish(case.run), "/versions", "before")
        # The retry searches by the token, and must not find what the other deployment has made.
        made.append(task.run(publish(case.run))["id"])
    assert len(set(made)) == len(case.published()) == 2


def test_the_intent_is_kept_with_the_fingerprint_of_what_is_sent(judged, task) -> None:
    case = judged()
    value = task.run(publish(case.run))
    intent, receipt = task.store.writes
    assert set(intent) == {"v", "token", "max_tries", "parts", "facts", "started_at", "runs", "account"}
    assert receipt == {**intent, "id": value["id"]}
    assert intent["facts"] == {"config_fingerprint": value["config_fingerprint"]}
    assert set(intent["parts"]) == {"run", "processor", "release_type"}


def test_the_templates_are_what_names_the_publish() -> None:
    assert set(ExtendPublishProcessorVersionOperator.template_fields) == {
        "run",
        "release_type",
        "description",
        "config_fingerprint",
        "processor_type",
        "extend_conn_id",
    }


@pytest.mark.parametrize("processor_type", [None, "EXTRACT"])
def test_where_a_run_does_not_tell_the_type_the_author_may(
    requests_mock, connect, task, log_text, processor_type
) -> None:
    create = scripted(requests_mock, connect)
    base = "https://api.extend.ai"
    run = {"id": "bpr_1", "status": "PROCESSED", "processorId": "ex_1", "processorVersionId": "exv_d"}
    run |= {"createdAt": "2026-05-15T10:30:45Z"}
    requests_mock.get(f"{base}/batch_processor_runs/bpr_1", json={"success": True, "batchProcessorRun": run})
    requests_mock.get(f"{base}/evaluation_set_runs/bpr_1", status_code=404, json={})
    draft = {"id": "exv_d", "version": "draft", "config": {"a": 1}, "updatedAt": "2026-05-15T09:00:00Z"}
    requests_mock.get(f"{base}/extractors/ex_1/versions/exv_d", json=draft)
    requests_mock.get(f"{base}/processors/ex_1/versions/exv_d", json={"success": True, "version": draft})
    requests_mock.get(f"{base}/processors/ex_1/versions", json={"success": True, "versions": [draft]})
    made = {"success": True, "processorVersion": {**draft, "id": "exv_1", "version": "1.0"}}
    legacy = requests_mock.post(f"{base}/processors/ex_1/publish", json=made)
    assert task.run(publish("bpr_1", processor_type=processor_type))["id"] == "exv_1"
    assert (create.call_count, legacy.call_count) == ((1, 0) if processor_type else (0, 1))
    assert log_text().count("Extend calls processor_versions.create") == legacy.call_count
