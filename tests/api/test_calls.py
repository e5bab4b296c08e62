"""From a name and ids to a request, and from an answer to what the caller wants."""

from urllib.parse import unquote

import pytest

from airflow_provider_extend.api.calls import (
    build,
    check_id,
    cut_queries,
    next_page_token,
    result_of,
    without_signed_urls,
)
from airflow_provider_extend.api.errors import ExtendAnswerError, ExtendAPIError, ExtendInputError

V2024, V2025, V2026 = "2024-12-23", "2025-04-21", "2026-02-09"


@pytest.mark.parametrize(
    "value",
    [
        "bpr_1/../../files",
        "bpr_1/cancel",
        "..",
        ".",
        "bpr 1",
        " bpr_1",
        "bpr_1\n",
        "bpr_1\r\nx-evil: 1",
        "bpr_1\t",
        "bpr_1\u00a0",
        "bpr_1\u2028",
        "bpr\x00_1",
        "bpr_1\x7f",
        "%2f",
        "bpr_1%2e%2e",
        "bpr_1?x=1",
        "bpr_1#top",
        "bpr_1\\..",
        "",
        None,
        7,
        True,
        ["bpr_1"],
        b"bpr_1",
    ],
    ids=repr,
)
def test_what_is_no_id_is_refused_by_name_before_anything_is_sent(value):
    with pytest.raises(ExtendInputError) as caught:
        build("batch_processor_runs.retrieve", V2024, value)
    # What may be a signed link, or hold anything at all, is not quoted.
    unquoted = {"bpr_1?x=1": "id 'bpr_1' cannot", b"bpr_1": "id is a bytes"}
    told = "id is a list" if isinstance(value, list) else unquoted.get(value, repr(value))
    assert told in str(caught.value)
    assert "Nothing was sent" in str(caught.value)
    assert caught.value.is_permanent()


def test_the_second_id_of_a_path_is_checked_like_the_first_and_named():
    with pytest.raises(ExtendInputError, match=r"itemId '\.\.'"):
        build("evaluation_set_items.retrieve", V2026, "ev_1", "..")


def test_an_id_may_have_255_characters_and_no_more():
    longest = "x" * 255
    assert build("files.retrieve", V2026, longest).path == f"/files/{longest}"
    with pytest.raises(ExtendInputError) as caught:
        build("files.retrieve", V2026, "x" * 256)
    assert f"{'x' * 77}..." in str(caught.value)
    assert "x" * 78 not in str(caught.value)


def test_an_id_with_half_a_surrogate_pair_is_refused_like_any_other():
    with pytest.raises(ExtendInputError):
        build("files.retrieve", V2026, "file_\ud800")


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("file_ab-C.d~9", "/files/file_ab-C.d~9"),
        ("ev:1+2@x", "/files/ev%3A1%2B2%40x"),
        ("a;b,c=d&e$f!", "/files/a%3Bb%2Cc%3Dd%26e%24f%21"),
        ("äß", "/files/%C3%A4%C3%9F"),
        ("{id}", "/files/%7Bid%7D"),
        ("...", "/files/..."),
    ],
)
def test_a_legal_but_odd_id_is_quoted_into_one_segment(value, path):
    built = build("files.retrieve", V2026, value).path
    assert built == path
    assert built.count("/") == 2
    assert unquote(built.rpartition("/")[2]) == value


def test_the_error_names_what_the_id_is_for():
    with pytest.raises(ExtendInputError, match=r"^batch_processor_run id is None: expected the id"):
        check_id(None, "batch_processor_run id")
    assert check_id("bpr_1") == "bpr_1"


@pytest.mark.parametrize("ids", [(), ("a", "b")])
def test_a_wrong_number_of_ids_is_refused(ids):
    with pytest.raises(ExtendInputError, match=rf"takes 1 id\(s\).*\(id\), {len(ids)} given"):
        build("files.retrieve", V2026, *ids)
    with pytest.raises(ExtendInputError, match=r"takes 0 id\(s\).*\(none\), 1 given"):
        build("files.list", V2026, "file_1")


def test_query_values_that_are_none_are_left_out_and_booleans_are_json():
    call = build(
        "files.list", V2026, query={"maxPageSize": 5, "nextPageToken": None, "rawText": True, "html": False}
    )
    assert dict(call.query) == {"maxPageSize": 5, "rawText": "true", "html": "false"}
    assert str(call) == "GET /files"
    assert call.body is None


# --- answers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "version", "ids", "body", "result"),
    [
        ("processors.create", V2024, (), {"success": True, "processor": {"id": "dp_1"}}, {"id": "dp_1"}),
        ("processors.create", V2026, (), {"success": True, "processor": {"id": "ex_1"}}, {"id": "ex_1"}),
        ("extractors.create", V2026, (), {"object": "extractor", "id": "ex_1"}, {"object": "extractor", "id": "ex_1"}),
        ("workflow_runs.create", V2025, (), {"success": True, "workflowRuns": [{"id": "w"}]}, [{"id": "w"}]),
        ("workflow_runs.create", V2026, (), {"id": "w"}, {"id": "w"}),
        ("parse_runs.create_sync", V2024, (), {"object": "parser_run", "id": "p"}, {"object": "parser_run", "id": "p"}),
        ("parse_runs.retrieve", V2025, ("p",), {"success": True, "parserRun": {"id": "p"}}, {"id": "p"}),
        ("files.list", V2024, (), {"success": True, "files": [{"id": "f"}]}, [{"id": "f"}]),
        ("processors.list", V2026, (), {"success": True, "processors": [], "warning": "old"}, []),
        ("files.delete", V2025, ("f",), {"success": True, "fileId": "f", "message": "gone"}, {"id": "f"}),
        ("files.delete", V2026, ("f",), {"id": "f"}, {"id": "f"}),
    ],
)  # fmt: skip
def test_a_result_comes_out_of_its_envelope(name, version, ids, body, result):
    assert result_of(build(name, version, *ids), body) == result


@pytest.mark.parametrize("version", [V2024, V2025, V2026])
def test_the_id_of_a_workflow_batch_is_at_the_same_place_in_every_version(version):
    body = {"batchId": "batch_zyx987"} if version == V2026 else {"success": True, "batchId": "batch_zyx987"}
    assert result_of(build("workflow_runs.create_batch", version), body)["batchId"] == "batch_zyx987"


def test_documented_deletes_answer_the_deleted_id(example):
    file_body = example("2025-04-21.file.deleted")
    assert result_of(build("files.delete", V2025, "x"), file_body) == {"id": "file_xK9mLPqRtN3vS8wF5hB2cQ"}
    run_body = example("2026-02-09.extract_run.deleted")
    assert result_of(build("extract_runs.delete", V2026, "x"), run_body) == {"id": "exr_Xj8mK2pL9nR4vT7qY5wZ"}
    legacy = example("2026-02-09.processor_run.deleted.legacy")
    assert result_of(build("processor_runs.delete", V2026, "x"), legacy) == {"id": "exr_Xj8mK2pL9nR4vT7qY5wZ"}


def test_a_documented_list_answers_its_rows_and_the_token_of_the_next_page(example):
    body = example("2026-02-09.files.list")
    (row,) = result_of(build("files.list", V2026), body)
    assert row["id"] == "file_xK9mLPqRtN3vS8wF5hB2cQ"
    assert next_page_token(body) == "xK9mLPqRtN3vS8wF5hB2cQ==:zWvUxYjM4nKpL7aDgE9HbTcR2mAyX3/Q+CNkfBSw1dZ="


def test_created_evaluation_items_come_as_a_list_in_every_version(example):
    (item,) = result_of(
        build("evaluation_set_items.create", V2026, "ev_1"),
        example("2026-02-09.evaluation_set_items.created"),
    )
    assert item["id"] == "evi_kR9mNP12Qw4yTv8BdR3H"


def test_a_file_of_2024_is_read_bare_as_its_page_shows_it_and_wrapped_as_the_specification_says(example):
    bare = example("2024-12-23.file")
    call = build("files.retrieve", V2024, "file_1234")
    assert result_of(call, bare)["id"] == "file_1234"
    assert result_of(call, {"success": True, "file": bare}) == bare


@pytest.mark.parametrize(
    "body", [{"success": True}, {}, None, {"files": None}, {"files": {"id": "f"}}, "files"]
)
def test_a_list_without_rows_is_an_error_and_never_an_empty_list(body):
    with pytest.raises(ExtendAnswerError, match="expected a list under 'files'"):
        result_of(build("files.list", V2024), body)


def test_success_false_with_a_success_status_is_an_error():
    with pytest.raises(ExtendAPIError, match="no such processor") as caught:
        result_of(build("processors.update", V2025, "dp_1"), {"success": False, "error": "no such processor"})
    assert caught.value.status == 200
    assert caught.value.is_permanent()


def test_success_false_does_not_show_the_query_of_a_signed_link():
    with pytest.raises(ExtendAPIError) as caught:
        result_of(
            build("processor_runs.create", V2025),
            {"success": False, "error": "cannot fetch https://s3.example.com/a.pdf?X-Amz-Signature=abc123"},
        )
    assert "https://s3.example.com/a.pdf" in str(caught.value)
    assert "abc123" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [{"data": []}, {"nextPageToken": None}, {"nextPageToken": ""}, {"nextPageToken": 3}, [], None],
)
def test_a_page_without_a_token_is_the_last(body):
    assert next_page_token(body) is None


# --- signed links ----------------------------------------------------------------------------------------


def test_the_queries_of_links_are_cut_at_any_depth_and_nothing_else():
    answer = {
        "presignedUrl": "https://s3.example.com/a%20b.pdf?X-Amz-Signature=abc#page=2",
        "files": [{"url": "http://x.example.com/f?sig=1"}, "https://dashboard.extend.ai/runs/1"],
        "question": "who? when?",
        "pages": 3,
        "nothing": None,
    }
    assert without_signed_urls(answer) == {
        "presignedUrl": "https://s3.example.com/a%20b.pdf",
        "files": [{"url": "http://x.example.com/f"}, "https://dashboard.extend.ai/runs/1"],
        "question": "who? when?",
        "pages": 3,
        "nothing": None,
    }


def test_a_signed_link_inside_a_text_loses_its_query_too():
    answer = {
        "failureMessage": "could not download https://s3.example.com/a.pdf?X-Amz-Signature=abc123 in time"
    }
    assert "abc123" not in without_signed_urls(answer)["failureMessage"]


def test_a_signed_link_in_capitals_loses_its_query_too():
    assert "abc123" not in without_signed_urls("HTTPS://s3.example.com/a.pdf?sig=abc123")


@pytest.mark.parametrize("text", ["https://[see?page", "http://[::1?x", "https://"])
def test_a_document_text_that_only_looks_like_a_link_does_no_harm(text):
    assert isinstance(without_signed_urls({"value": text})["value"], str)


def test_links_in_messages_lose_their_query():
    text = 'see "https://a.example.com/x?sig=1&b=2", https://b.example.com/y?t=3 and https://c.example.com/z'
    cut = cut_queries(text)
    for kept in ('"https://a.example.com/x', '", https://b.example.com/y', " and https://c.example.com/z"):
        assert kept in cut
    for gone in ("sig=1", "b=2", "t=3"):
        assert gone not in cut
