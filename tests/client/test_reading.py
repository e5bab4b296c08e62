"""Reading a run, whatever the version makes of it."""

import pytest

from airflow_provider_extend.api import errors
from airflow_provider_extend.exceptions import ExtendException, ExtendFailException, as_airflow
from airflow_provider_extend.reading import look_up

API = "https://api.extend.ai"
V2024, V2025, V2026 = "2024-12-23", "2025-04-21", "2026-02-09"
ID = "batch_processor_run_Xj8mK2pL9nR4vT7qY5wZ"
OLD, NEW = f"{API}/batch_processor_runs/{ID}", f"{API}/evaluation_set_runs/{ID}"
GONE = {"status_code": 404, "json": {"code": "NOT_FOUND", "message": "No such run."}}
REMOVED = {"status_code": 410, "json": {"code": "ENDPOINT_REMOVED", "message": "Gone."}}


@pytest.fixture
def counts_only(example):
    return {"json": example("2026-02-09.batch_processor_run.legacy")}


@pytest.fixture
def scored(example):
    return {"json": {**example("2026-02-09.evaluation_set_run.extract"), "id": ID}}


def asked(requests_mock):
    return [request.path.split("/")[1] for request in requests_mock.request_history]


@pytest.mark.parametrize("version", [V2024, V2025])
def test_before_2026_one_call_reads_a_run(make_client, requests_mock, example, version):
    requests_mock.get(OLD, json=example("2024-12-23.batch_processor_run.extract"))
    run = look_up(make_client(api_version=version), "batch_processor_run", ID)
    assert (run.id, run.outcome, run.metrics_from) == ("bpr_1234", "succeeded", "batch_processor_run")
    assert run.metrics.values["extract.fields.invoice_number.recall"] == 0.985
    assert requests_mock.call_count == 1


def test_counts_of_2025_stay_counts_and_no_path_of_2026_is_tried(make_client, requests_mock, example):
    requests_mock.get(OLD, json=example("2025-04-21.batch_processor_run"))
    run = look_up(make_client(api_version=V2025), "batch_processor_run", ID)
    assert (run.outcome, run.metrics_from) == ("succeeded", None)
    assert requests_mock.call_count == 1


def test_on_2026_one_more_call_fetches_the_scores(client, requests_mock, counts_only, scored):
    requests_mock.get(OLD, **counts_only)
    requests_mock.get(NEW, **scored)
    run = look_up(client, "batch_processor_run", ID)
    assert asked(requests_mock) == ["batch_processor_runs", "evaluation_set_runs"]
    assert (run.kind, run.id, run.outcome) == ("batch_processor_run", ID, "succeeded")
    assert run.metrics_from == "evaluation_set_run"
    assert run.metrics.counts["extract.fields.invoice_number.accuracy"] == (9, 10)
    assert (run.processor_type, run.version_name) == ("EXTRACT", "1.0")
    # what was asked for keeps its own words
    assert run.raw == counts_only["json"]["batchProcessorRun"]
    assert (run.source, run.source_id, run.processor_id) == ("EVAL_SET", "ev_1234", "ex_Xj8mK2pL9nR4vT7qY5wZ")


@pytest.mark.parametrize("gone", [GONE, REMOVED], ids=["404", "removed"])
def test_a_batch_that_is_no_evaluation_keeps_its_counts(client, requests_mock, counts_only, gone):
    requests_mock.get(OLD, **counts_only)
    requests_mock.get(NEW, **gone)
    run = look_up(client, "batch_processor_run", ID)
    assert (run.outcome, run.metrics_from, run.metrics.values) == ("succeeded", None, {})


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING", "FAILED", "ARCHIVED"])
def test_scores_are_not_asked_for_before_success(client, requests_mock, counts_only, status):
    counts_only["json"]["batchProcessorRun"]["status"] = status
    requests_mock.get(OLD, **counts_only)
    assert look_up(client, "batch_processor_run", ID).status == status
    assert requests_mock.call_count == 1


def test_a_run_has_ended_only_when_both_paths_say_so(client, requests_mock, counts_only, scored):
    scored["json"]["status"] = "PROCESSING"
    requests_mock.get(OLD, **counts_only)
    requests_mock.get(NEW, **scored)
    run = look_up(client, "batch_processor_run", ID)
    assert (run.status, run.ended, run.metrics_from) == ("PROCESSING", False, None)


@pytest.mark.parametrize("gone", [GONE, REMOVED], ids=["404", "removed"])
@pytest.mark.parametrize("translate", [None, as_airflow], ids=["plain", "through a hook"])
def test_where_the_old_path_knows_no_such_run_the_new_one_is_asked(
    make_client, requests_mock, scored, gone, translate
):
    requests_mock.get(OLD, **gone)
    requests_mock.get(NEW, **scored)
    run = look_up(make_client(translate=translate), "batch_processor_run", ID)
    assert (run.kind, run.id, run.metrics_from) == ("batch_processor_run", ID, "evaluation_set_run")


def test_unknown_to_both_paths_is_not_found(client, requests_mock):
    requests_mock.get(OLD, **GONE)
    requests_mock.get(NEW, **GONE)
    with pytest.raises(errors.ExtendNotFound):
        look_up(client, "batch_processor_run", ID)


def test_before_2026_not_found_is_the_last_word(make_client, requests_mock):
    requests_mock.get(OLD, **GONE)
    with pytest.raises(errors.ExtendNotFound):
        look_up(make_client(api_version=V2024), "batch_processor_run", ID)
    assert requests_mock.call_count == 1


@pytest.mark.parametrize("status", [401, 403, 500])
def test_any_other_error_of_a_look_up_is_no_proof_of_absence(client, requests_mock, counts_only, status):
    requests_mock.get(OLD, status_code=status, json={"message": "no"})
    requests_mock.get(NEW, **GONE)
    with pytest.raises(errors.ExtendAPIError) as caught:
        look_up(client, "batch_processor_run", ID, attempts=1)
    assert caught.value.status == status
    assert asked(requests_mock) == ["batch_processor_runs"]
    requests_mock.get(OLD, **counts_only)
    requests_mock.get(NEW, status_code=status, json={"message": "no"})
    with pytest.raises(errors.ExtendAPIError):
        look_up(client, "batch_processor_run", ID, attempts=1)


def test_errors_through_a_hook_are_airflows_here_too(make_client, requests_mock):
    requests_mock.get(OLD, status_code=500, json={"message": "no"})
    with pytest.raises(ExtendException) as caught:
        look_up(make_client(translate=as_airflow), "batch_processor_run", ID, attempts=1)
    assert caught.value.error.status == 500
    requests_mock.get(OLD, status_code=401, json={"message": "no"})
    with pytest.raises(ExtendFailException):
        look_up(make_client(translate=as_airflow), "batch_processor_run", ID)


def test_an_evaluation_set_run_is_read_on_its_own_path(client, requests_mock, scored):
    requests_mock.get(NEW, **scored)
    run = look_up(client, "evaluation_set_run", ID)
    assert (run.kind, run.metrics_from) == ("evaluation_set_run", "evaluation_set_run")
    assert asked(requests_mock) == ["evaluation_set_runs"]


@pytest.mark.parametrize("value", [None, "", "None ", "a/b", 7, {"id": "bpr_1"}], ids=repr)
def test_what_is_no_id_is_refused_by_the_kind_of_run_it_was_for(client, requests_mock, value):
    with pytest.raises(errors.ExtendInputError, match="batch_processor_run id"):
        look_up(client, "batch_processor_run", value)
    assert requests_mock.call_count == 0


def test_attempts_and_timeout_hold_for_both_calls(client, requests_mock, counts_only, scored):
    requests_mock.get(OLD, **counts_only)
    requests_mock.get(NEW, [{"status_code": 503, "json": {"message": "x"}}, scored])
    with pytest.raises(errors.ExtendServerError):
        look_up(client, "batch_processor_run", ID, attempts=1, timeout=2)
    assert [request.timeout for request in requests_mock.request_history] == [(2, 2), (2, 2)]


@pytest.mark.parametrize(("status", "outcome"), [("FAILED", "failed"), ("CANCELLED", "cancelled")])
def test_two_paths_that_contradict_each_other_are_no_success(
    client, requests_mock, counts_only, scored, status, outcome
):
    scored["json"]["status"] = status
    requests_mock.get(OLD, **counts_only)
    requests_mock.get(NEW, **scored)
    run = look_up(client, "batch_processor_run", ID)
    assert (run.status, run.outcome) == (status, outcome)
    assert run.metrics.values == {}
