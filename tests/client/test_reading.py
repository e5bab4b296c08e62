"""Reading a run, whatever the version makes of it."""

from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_extend.api import errors
from airflow_provider_extend.exceptions import ExtendException, ExtendFailException, as_airflow
from airflow_provider_extend.reading import glance, look_up, watch

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


# Batches


def batch(requests_mock, *statuses, age=0, count=2, status="PROCESSED", usage=None):
    """An extract batch of `count` inputs, and the rows of the runs that the list shows."""
    made = (datetime.now(UTC) - timedelta(seconds=age)).isoformat()
    body = {"object": "batch_run", "id": "bpr_1", "status": status, "runCount": count, "createdAt": made}
    requests_mock.get(f"{API}/batch_runs/bpr_1", json=body)
    rows = [{"id": f"exr_{n}", "status": each, "usage": usage} for n, each in enumerate(statuses)]
    return requests_mock.get(f"{API}/extract_runs", json={"object": "list", "data": rows})


def test_a_batch_that_has_ended_comes_with_its_runs(client, requests_mock):
    listed = batch(requests_mock, "PROCESSED", "FAILED", usage={"credits": 2, "totalCredits": 3})
    run = look_up(client, "extract_batch", "bpr_1")
    assert (run.kind, run.outcome, run.succeeded) == ("extract_batch", "succeeded", False)
    assert [(member.kind, member.outcome) for member in run.members] == [
        ("extract_run", "succeeded"),
        ("extract_run", "failed"),
    ]
    assert run.credits == 6
    (request,) = listed.request_history
    assert request.qs["batchid"] == ["bpr_1"]
    assert request.qs["sortby"] == ["createdat"]


def test_a_list_that_is_not_sorted_is_asked_without(client, requests_mock):
    requests_mock.get(f"{API}/batch_runs/bpar_1", json={"id": "bpar_1", "status": "PROCESSED"})
    listed = requests_mock.get(f"{API}/parse_runs", json={"object": "list", "data": []})
    assert look_up(client, "parse_batch", "bpar_1").members == ()
    assert "sortby" not in listed.request_history[0].qs


def test_the_runs_of_a_batch_that_moves_are_not_listed(client, requests_mock):
    listed = batch(requests_mock, "PROCESSING", status="PROCESSING")
    assert not look_up(client, "extract_batch", "bpr_1").ended
    assert listed.call_count == 0


@pytest.mark.parametrize(
    ("statuses", "age", "ended"),
    [
        (["PROCESSED", "PROCESSED"], 0, True),
        (["PROCESSED", "PROCESSING"], 3600, False),
        (["PROCESSED"], 0, False),
        (["PROCESSED"], 3600, True),
        ([], 3600, True),
    ],
    ids=["whole", "one moves", "the list lags", "one was deleted", "all were deleted"],
)
def test_a_batch_has_ended_when_its_runs_have(client, requests_mock, statuses, age, ended):
    batch(requests_mock, *statuses, age=age)
    run = look_up(client, "extract_batch", "bpr_1")
    assert run.ended is ended
    assert len(run.members) == (len(statuses) if ended else 0)


@pytest.mark.parametrize("usage", [None, {}, {"credits": "much"}])
def test_what_a_batch_cost_is_told_only_where_each_run_tells(client, requests_mock, usage):
    batch(requests_mock, "PROCESSED", "PROCESSED", usage=usage)
    assert look_up(client, "extract_batch", "bpr_1").usage is None


def test_a_batch_that_itself_broke_is_a_failure(client, requests_mock):
    batch(requests_mock, "PROCESSING", status="FAILED")
    run = look_up(client, "extract_batch", "bpr_1")
    assert (run.outcome, [member.status for member in run.members]) == ("failed", ["PROCESSING"])


@pytest.mark.parametrize(
    ("statuses", "members", "ended"),
    [
        (["PROCESSED", "FAILED"], 2, True),
        (["PROCESSED", "FAILED"], 3, False),
        (["PROCESSED", "FAILED"], None, False),
        (["PROCESSED", "CANCELLING"], 2, False),
        (["PROCESSED", "A_STATUS_OF_TOMORROW"], 2, False),
        (["PROCESSED", "NEEDS_REVIEW"], 2, True),
        ([], 1, False),
    ],
)
def test_a_batch_of_workflow_runs_is_counted(client, requests_mock, statuses, members, ended):
    rows = [{"id": f"workflow_run_{n}", "status": each} for n, each in enumerate(statuses)]

    def listed(request, context):
        wanted = request.qs.get("status", [""])[0]
        return {"data": [row for row in rows if wanted in ("", row["status"].lower())]}

    requests_mock.get(f"{API}/workflow_runs", json=listed)
    run = look_up(client, "workflow_batch", "batch_1", members)
    assert (run.id, run.ended) == ("batch_1", ended)
    assert len(run.members) == (len(statuses) if ended else 0)


def test_one_small_request_tells_that_a_batch_of_workflow_runs_moves(client, requests_mock):
    row = {"id": "workflow_run_1", "status": "PROCESSING"}
    listed = requests_mock.get(f"{API}/workflow_runs", json={"data": [row]})
    assert not look_up(client, "workflow_batch", "batch_1", 1000, attempts=1, timeout=2).ended
    (request,) = listed.request_history
    assert (request.qs["maxpagesize"], request.timeout) == (["1"], (2, 2))


def test_a_list_that_knows_no_filter_by_status_is_read_whole(client, requests_mock):
    requests_mock.get(
        f"{API}/workflow_runs", json={"data": [{"id": "workflow_run_1", "status": "PROCESSED"}]}
    )
    assert look_up(client, "workflow_batch", "batch_1", 1).outcome == "succeeded"


# What Extend gives once


@pytest.mark.parametrize("looks", [glance, watch])
def test_a_look_at_a_verify_run_asks_the_list(client, requests_mock, looks):
    row = {"id": "vr_1", "status": "PROCESSED", "riskLevel": "LOW"}
    listed = requests_mock.get(f"{API}/verify_runs", json={"data": [{**row, "id": "vr_11"}, row]})
    run = looks(client, "verify_run", "vr_1", attempts=1, timeout=2)
    assert (run.id, run.outcome, run.output) == ("vr_1", "succeeded", None)
    (request,) = listed.request_history
    assert (request.qs["filenamecontains"], request.timeout) == (["vr_1"], (2, 2))


def test_what_the_list_does_not_show_moves_for_a_waiter_and_is_read_by_everybody_else(client, requests_mock):
    requests_mock.get(f"{API}/verify_runs", json={"data": []})
    read = requests_mock.get(f"{API}/verify_runs/vr_1", status_code=404, json={})
    assert not watch(client, "verify_run", "vr_1").ended
    assert not read.called
    with pytest.raises(errors.ExtendNotFound):
        glance(client, "verify_run", "vr_1")


@pytest.mark.parametrize("looks", [glance, watch])
def test_a_look_at_any_other_run_reads_it(client, requests_mock, looks):
    requests_mock.get(f"{API}/extract_runs/exr_1", json={"id": "exr_1", "status": "PROCESSED"})
    assert looks(client, "extract_run", "exr_1").outcome == "succeeded"
    with pytest.raises(errors.ExtendInputError, match="_run id"):
        looks(client, "verify_run", "vr 1")


# Members of a batch


def test_a_run_that_stands_on_two_pages_is_one(client, requests_mock):
    """Runs of a batch are made at one moment: which of them stands on which page may change between two."""
    pages = [[("wr_1", "PROCESSED"), ("wr_2", "PROCESSED")], [("wr_2", "PROCESSED")]]

    def listed(request, context):
        if "status" in request.qs:
            return {"data": []}
        page = int(request.qs.get("nextpagetoken", ["0"])[0])
        rows = [{"id": run_id, "status": status} for run_id, status in pages[page]]
        return {"data": rows} | ({"nextPageToken": str(page + 1)} if page + 1 < len(pages) else {})

    requests_mock.get(f"{API}/workflow_runs", json=listed)
    assert not look_up(client, "workflow_batch", "batch_1", 3).ended, "one is missing"
    pages[1].append(("wr_3", "FAILED"))
    run = look_up(client, "workflow_batch", "batch_1", 3)
    assert [member.id for member in run.members] == ["wr_1", "wr_2", "wr_3"]
