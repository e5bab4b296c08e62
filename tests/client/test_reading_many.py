"""A look at many runs: what it finds, and how few requests that takes."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from airflow_provider_extend.api import errors
from airflow_provider_extend.exceptions import as_airflow
from airflow_provider_extend.reading_many import look_at

API = "https://api.extend.ai"


class Extend:
    """Runs of one kind, those that changed last first; what lists do not show, or show late, is told apart.

    :ivar read: id -> what a read answers. :ivar listed: rows of the list, in its order.
    """

    def __init__(self, requests_mock, path, page=100):
        self.read, self.listed, self.page = {}, [], page
        self.lists, self.reads = 0, []
        requests_mock.get(f"{API}/{path}", json=self._list)
        requests_mock.get(re.compile(rf"{API}/{path}/.+"), json=self._get)

    def run(self, run_id, status="PROCESSED", listed=None, **more):
        self.read[run_id] = {"id": run_id, "status": status, "failureReason": None, **more}
        self.listed.append({**self.read[run_id], "status": listed or status})
        return run_id

    def runs(self, count, status="PROCESSED", prefix="exr"):
        return [self.run(f"{prefix}_{number}", status) for number in range(count)]

    def _list(self, request, context):
        self.lists += 1
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        self.query = query
        rows = [row for row in self.listed if query.get("batchId", row.get("batchId")) == row.get("batchId")]
        if name := query.get("fileNameContains"):
            rows = [row for row in rows if name in row["id"]]
        size = min(int(query["maxPageSize"]), self.page)
        skip = int(query.get("nextPageToken", 0))
        more = {"nextPageToken": str(skip + size)} if len(rows) > skip + size else {}
        return {"object": "list", "data": rows[skip : skip + size], **more}

    def _get(self, request, context):
        run_id = urlsplit(request.url).path.rpartition("/")[2]
        self.reads.append(run_id)
        if run_id not in self.read:
            context.status_code = 404
            return {"code": "NOT_FOUND", "message": "No such run."}
        return self.read[run_id]

    @property
    def asked(self):
        """Pages of the list, and single reads."""
        return self.lists, len(self.reads)


@pytest.fixture
def extend(requests_mock):
    return Extend(requests_mock, "extract_runs")


def over(run):
    return run.ended


def look(client, run_ids, kind="extract_run", **given):
    return look_at(client, kind, run_ids, given.pop("is_over", over), **given)


def test_a_thousand_that_are_over_take_ten_pages(client, extend):
    ids = extend.runs(1000)
    found = look(client, ids)
    assert extend.asked == (10, 0)
    assert set(found.runs) == set(ids)
    assert {run.status for run in found.runs.values()} == {"PROCESSED"}
    assert (found.gone, found.moving) == ((), None)
    assert (extend.query["sortBy"], extend.query["sortDir"]) == ("updatedAt", "desc")


def test_the_last_of_a_thousand_that_moves_takes_one_read_more(client, extend):
    ids = [*extend.runs(999), extend.run("exr_last", "PROCESSING")]
    found = look(client, ids)
    assert extend.asked == (10, 1)
    assert (found.moving.id, len(found.runs)) == ("exr_last", 999)


def test_while_they_move_a_look_takes_a_page_and_a_read(client, extend):
    ids = extend.runs(1000, "PROCESSING")
    found = look(client, ids)
    assert extend.asked == (1, 1)
    assert (found.moving.status, found.runs) == ("PROCESSING", {})


def test_what_others_start_in_between_costs_pages_and_no_reads(client, extend):
    ids = []
    for number in range(100):
        extend.run(f"foreign_{number}a", "PROCESSING")
        extend.run(f"foreign_{number}b", "FAILED")
        ids.append(extend.run(f"exr_{number}"))
    found = look(client, ids)
    assert extend.asked == (3, 0)
    assert list(found.runs) == ids


@pytest.mark.parametrize(("wanted", "pages"), [(100, 6), (30, 2), (2, 1)])
def test_a_list_that_shows_none_of_them_is_left_soon(client, extend, wanted, pages):
    extend.runs(2000, prefix="foreign")
    ids = extend.runs(wanted)
    found = look(client, ids)
    assert extend.asked == (pages, wanted)
    assert set(found.runs) == set(ids)


def test_small_pages_are_taken_as_they_come(client, requests_mock):
    extend = Extend(requests_mock, "extract_runs", page=10)
    ids = extend.runs(200)
    assert set(look(client, ids).runs) == set(ids)
    assert extend.asked == (20, 0)


def test_one_run_is_read(client, extend):
    assert look(client, extend.runs(1)).moving is None
    assert extend.asked == (0, 1)


def test_the_list_alone_says_of_no_run_that_it_moves(client, extend):
    """It may lag: a list that were believed would keep a task waiting until its deadline."""
    ids = [extend.run(f"exr_{number}", listed="PROCESSING") for number in range(5)]
    found = look(client, ids)
    assert found.moving is None
    assert set(found.runs) == set(ids)
    assert extend.asked == (1, 5)


def test_runs_that_no_list_shows_are_read_the_last_started_first(client, extend):
    ids = [extend.run(f"exr_{number}") for number in range(4)]
    extend.read["exr_2"]["status"] = "PENDING"
    extend.listed.clear()
    found = look(client, ids)
    assert extend.reads == ["exr_3", "exr_2"]
    assert (found.moving.id, list(found.runs)) == ("exr_2", ["exr_3"])


@pytest.mark.parametrize("translate", [None, as_airflow])
def test_a_run_that_is_not_known_is_no_error_of_the_others(make_client, extend, translate):
    ids = extend.runs(3)
    found = look(make_client(translate=translate), [ids[0], "exr_gone", *ids[1:], "exr_lost"])
    assert set(found.runs) == set(ids)
    assert set(found.gone) == {"exr_gone", "exr_lost"}
    assert found.moving is None


def test_what_is_known_is_not_asked_for_again(client, extend):
    ids = extend.runs(500)
    first = look(client, ids[:499])
    extend.lists = 0
    again = look(client, ids, known=first.runs)
    assert extend.asked == (0, 1)
    assert set(again.runs) == set(ids)


def test_who_waits_says_what_is_over(client, extend):
    ids = [
        extend.run("exr_1", "PROCESSED"),
        extend.run("exr_2", "NEEDS_REVIEW"),
        extend.run("exr_3", "REWINDING"),
    ]
    assert look(client, ids[:2]).moving is None
    waits = look(client, ids[:2], is_over=lambda run: run.ended and run.outcome != "needs_review")
    assert waits.moving.id == "exr_2"
    assert look(client, ids).moving.status == "REWINDING"


def test_nothing_of_a_document_is_kept(client, extend):
    ids = [extend.run(f"exr_{n}", output={"value": "5ecret"}, metadata={"a": "5ecret"}) for n in range(3)]
    assert "5ecret" not in repr([(run, run.raw, run.metadata) for run in look(client, ids).runs.values()])
    assert "5ecret" not in repr(look(client, ids[:1]).runs["exr_0"].raw)


# Trouble


@pytest.mark.parametrize(("status", "pages"), [(403, 1), (400, 1)])
def test_where_the_list_is_refused_each_is_read(client, extend, requests_mock, status, pages):
    ids = extend.runs(5)
    refused = requests_mock.get(f"{API}/extract_runs", status_code=status, json={"message": "no"})
    assert set(look(client, ids).runs) == set(ids)
    assert (refused.call_count, len(extend.reads)) == (pages, 5)


@pytest.mark.parametrize(
    ("status", "error"), [(500, errors.ExtendServerError), (429, errors.ExtendRateLimited)]
)
def test_trouble_that_may_pass_is_raised(client, extend, requests_mock, status, error):
    requests_mock.get(f"{API}/extract_runs", status_code=status, json={"message": "no"})
    with pytest.raises(error):
        look(client, extend.runs(5))
    assert extend.reads == []


def test_a_key_that_is_refused_is_raised(client, requests_mock):
    requests_mock.get(re.compile(f"{API}/extract_runs.*"), status_code=401, json={"message": "no"})
    with pytest.raises(errors.ExtendUnauthorized):
        look(client, ["exr_1", "exr_2"])


def test_a_list_that_goes_round_in_a_circle_is_left(client, extend, requests_mock):
    ids = extend.runs(40)
    extend.listed.clear()
    turns = [{"json": {"data": [], "nextPageToken": token}} for token in "abababab"]
    circle = requests_mock.get(f"{API}/extract_runs", turns)
    assert set(look(client, ids).runs) == set(ids)
    assert circle.call_count == 3


def test_rows_without_a_status_say_nothing(client, extend, requests_mock):
    ids = extend.runs(2)
    requests_mock.get(f"{API}/extract_runs", json={"data": [{"id": ids[0]}, {"status": "PROCESSED"}]})
    assert set(look(client, ids).runs) == set(ids)
    assert len(extend.reads) == 2


# Kinds


@pytest.mark.parametrize(("failed", "reads"), [(3, 3), (60, 10)])
def test_why_a_run_failed_is_read_of_some_where_the_list_does_not_say(client, requests_mock, failed, reads):
    extend = Extend(requests_mock, "workflow_runs")
    ids = extend.runs(40) + [
        extend.run(f"w_{n}", "FAILED", failureReason="INTERNAL_ERROR") for n in range(failed)
    ]
    for row in extend.listed:
        del row["failureReason"]
    found = look(client, ids, "workflow_run")
    assert len(found.runs) == 40 + failed
    assert sum(run.failure_reason == "INTERNAL_ERROR" for run in found.runs.values()) == reads
    assert len(extend.reads) == reads


def test_parse_runs_of_one_batch_are_listed_together(client, requests_mock):
    extend = Extend(requests_mock, "parse_runs")
    ids = [extend.run(f"pr_{n}", batchId="bpar_1") for n in range(250)]
    alone = [extend.run(f"alone_{n}", batchId=None) for n in range(3)]
    found = look(client, [*ids, *alone], "parse_run")
    assert set(found.runs) == {*ids, *alone}
    assert extend.asked == (3, 4)


def test_what_is_delivered_once_is_left_to_be_read(client, requests_mock):
    extend = Extend(requests_mock, "verify_runs")
    ids = extend.runs(30, prefix="vr")
    last = extend.listed.pop()  # shown by no list: it was deleted, or is too young to have a result
    assert set(look(client, ids, "verify_run").runs) == set(ids)
    assert extend.reads == [last["id"]]


def test_batches_are_read_with_their_members(client, requests_mock):
    requests_mock.get(f"{API}/batch_runs/b_1", json={"id": "b_1", "status": "PROCESSED", "runCount": 2})
    requests_mock.get(f"{API}/batch_runs/b_2", json={"id": "b_2", "status": "PROCESSING"})
    rows = [{"id": "m_1", "status": "PROCESSED", "output": "5ecret"}, {"id": "m_2", "status": "FAILED"}]
    requests_mock.get(f"{API}/extract_runs", json={"data": rows})
    found = look(client, ["b_1"], "extract_batch")
    assert [member.status for member in found.runs["b_1"].members] == ["PROCESSED", "FAILED"]
    assert "5ecret" not in repr([member.raw for member in found.runs["b_1"].members])
    assert look(client, ["b_1", "b_2"], "extract_batch").moving.id == "b_2"


@pytest.mark.parametrize(
    ("version", "host"), [("2024-12-23", "api-prod.extend.app"), ("2025-04-21", "api.extend.ai")]
)
def test_workflow_runs_are_listed_in_each_version(make_client, requests_mock, version, host):
    rows = [{"id": f"w_{n}", "status": "PROCESSED"} for n in range(60)]
    listed = requests_mock.get(f"https://{host}/workflow_runs", json={"success": True, "workflowRuns": rows})
    client = make_client(f"https://{host}", api_version=version)
    assert len(look(client, [row["id"] for row in rows], "workflow_run").runs) == 60
    assert listed.call_count == 1
