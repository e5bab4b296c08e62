"""Limits of README section 8 and runs.md 6."""

from datetime import date

import pytest

from airflow_provider_extend.api import limits
from airflow_provider_extend.api.errors import ExtendInputError


@pytest.mark.parametrize("priority", [None, 1, 50, 100])
def test_a_priority_is_a_whole_number_from_1_to_100(priority):
    limits.check_priority(priority)


@pytest.mark.parametrize(
    ("priority", "shown"),
    [
        (0, "0"),
        (101, "101"),
        (-3, "-3"),
        (True, "True"),
        (50.0, "50.0"),
        ("50", "'50'"),
        ([1], "a list of int"),
    ],
)
def test_another_priority_is_named_with_what_is_expected(priority, shown):
    with pytest.raises(ExtendInputError, match=f"priority is {shown}: .* from 1 to 100. Nothing was sent"):
        limits.check_priority(priority)


def test_metadata_up_to_its_limit_pass():
    whole = {"a": "x" * (10 * 1024 - len('{"a":""}'))}
    assert limits.check_metadata(whole) == []
    assert limits.check_metadata(None) == []
    assert limits.check_metadata({}) == []
    with pytest.raises(
        ExtendInputError, match=r"metadata has 10241 bytes as JSON: at most 10240 may be\. Nothing"
    ):
        limits.check_metadata({"a": whole["a"] + "x"})
    with pytest.raises(ExtendInputError, match="at most 9216 may be"):
        limits.check_metadata(whole, limit=limits.OWN_METADATA_BYTES)


def test_the_size_is_that_of_the_shortest_spelling():
    """What Extend may count is not refused here: how it counts is not documented."""
    assert limits.check_metadata({"a": "ü" * 5000}) == []
    with pytest.raises(ExtendInputError, match="has 10408 bytes") as caught:
        limits.check_metadata({"a": "ü" * 5200})
    assert "ü" not in str(caught.value)


@pytest.mark.parametrize(
    ("metadata", "found"), [(["a"], "a list of str"), ("a", "a str"), (1, "a int"), (True, "a bool")]
)
def test_metadata_are_an_object(metadata, found):
    with pytest.raises(ExtendInputError, match=f"metadata is {found}: expected an object. Nothing was sent"):
        limits.check_metadata(metadata)


DEEP: list[object] = []
for _ in range(100_000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "value",
    [date(2026, 1, 1), {1: "a", "b": 2}, "\ud800", {"a": {1, 2}}, DEEP],
    ids=lambda v: type(v).__name__,
)
def test_what_json_does_not_know_is_named_by_its_place(value):
    with pytest.raises(ExtendInputError, match="config holds what JSON does not know"):
        limits.check_json("config", value)
    with pytest.raises(ExtendInputError, match="metadata holds what JSON does not know"):
        limits.check_metadata({"a": value})


def test_bytes_of_json():
    assert limits.check_json("x", {"b": 1, "a": [None, "ü"]}) == len('{"a":[null,"ü"],"b":1}') + 1


def test_usage_tags_of_allowed_characters_say_nothing():
    assert limits.check_metadata({"extend:usage_tags": ["team-a", "Invoices_2026"]}) == []


def test_usage_tags_that_extend_changes_are_told_and_sent():
    tags = ["team a", "ok", "Größe", "a/b"]
    assert limits.check_metadata({"extend:usage_tags": tags}) == [
        "Extend keeps letters, digits, hyphens and underscores of a usage tag: 3 of 4 tags are reported otherwise than "
        "written ('team a' as 'teama', 'Größe' as 'Gre', 'a/b' as 'ab')."
    ]


@pytest.mark.parametrize(
    ("tags", "found"), [("a", "a str"), ([1], "a list of int"), ({"a": 1}, "an object"), (None, "a NoneType")]
)
def test_usage_tags_are_a_list_of_texts(tags, found):
    with pytest.raises(ExtendInputError, match=f"'extend:usage_tags' is {found}.*expected a list of texts"):
        limits.check_metadata({"extend:usage_tags": tags})


def files(number: int) -> list[dict[str, str]]:
    return [{"id": f"file_{n}"} for n in range(number)]


def items(number: int) -> list[dict[str, object]]:
    return [{"fileId": f"f{n}", "expectedOutput": {}} for n in range(number)]


LISTS = [
    (limits.check_batch, "inputs", lambda n: [{}] * n, 1, 1000),
    (limits.check_inputs, "inputs", lambda n: [{}] * n, 1, 1000),
    (limits.check_workflow_files, "files", files, 1, 50),
    (limits.check_package, "package", files, 2, 50),
    (limits.check_evaluation_items, "items", items, 1, 100),
]


@pytest.mark.parametrize(
    ("check", "name", "make", "low", "high"), LISTS, ids=lambda v: getattr(v, "__name__", "")
)
def test_lists_hold_as_many_as_one_call_takes(check, name, make, low, high):
    check(make(low))
    check(tuple(make(high)))
    for number in (low - 1, high + 1):
        with pytest.raises(
            ExtendInputError, match=rf"{name} holds {number}: .* takes {low} to {high}\. Nothing"
        ):
            check(make(number))
    for given in ("text", {"a": 1}, None):
        with pytest.raises(ExtendInputError, match=f"{name} is .*expected a list. Nothing was sent"):
            check(given)


@pytest.mark.parametrize("same", [{"id": "file_0"}, {"url": "https://a.example.com/1?sig=5ecret"}])
def test_a_package_holds_no_file_twice(same):
    with pytest.raises(ExtendInputError, match=r"package\[2\] is the same file as package\[0\]") as caught:
        limits.check_package([same, {"id": "file_9"}, dict(same)])
    assert "5ecret" not in str(caught.value)


def test_an_id_and_a_url_that_look_alike_are_two_files():
    limits.check_package([{"id": "https://a.example.com"}, {"url": "https://a.example.com"}])


@pytest.mark.parametrize("file", [{"text": "5ecret"}, {"id": "f", "url": "u"}, {"id": 3}, "file_1", None])
def test_a_file_of_a_package_is_an_id_or_a_url(file):
    with pytest.raises(ExtendInputError, match=r"package\[1\] is .*takes no text") as caught:
        limits.check_package([{"id": "file_0"}, file])
    assert "5ecret" not in str(caught.value)


def several(*file_ids: object) -> dict[str, object]:
    return {"fileIds": [*file_ids], "expectedOutput": {}}


def test_an_evaluation_item_of_several_files_holds_2_to_50():
    limits.check_evaluation_items([several("a", "b"), several(*map(str, range(50)))])
    for number in (1, 51):
        with pytest.raises(
            ExtendInputError, match=rf"items\[1\]\.fileIds holds {number}: an evaluation item"
        ):
            limits.check_evaluation_items([*items(1), several(*map(str, range(number)))])
    with pytest.raises(ExtendInputError, match=r"items\[0\]\.fileIds\[1\] is the same file as"):
        limits.check_evaluation_items([several("a", "a")])


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({"fileId": "a", "fileIds": []}, "has fileId and fileIds: expected either fileId or fileIds"),
        ({}, "has no file: expected either fileId or fileIds"),
        ("5ecret", "has no file: expected either fileId or fileIds"),
        ({"fileId": "a", "5ecret": 1}, "has no expectedOutput"),
        ({"fileId": ["5ecret"], "expectedOutput": {}}, "fileId is a list of str: expected an id of a file"),
        ({"fileId": "", "expectedOutput": {}}, "fileId is a str: expected an id of a file"),
        ({"fileIds": "5ecret", "expectedOutput": {}}, "fileIds is a str: expected a list"),
        (several("a", ["5ecret"]), r"fileIds\[1\] is a list of str: expected an id of a file"),
    ],
)
def test_what_an_evaluation_item_lacks_is_told_without_the_item(item, found):
    with pytest.raises(ExtendInputError, match=rf"items\[1\][. ]{found}.*Nothing was sent") as caught:
        limits.check_evaluation_items([*items(1), item])
    assert "5ecret" not in str(caught.value)


def test_the_metadata_of_each_input_of_a_batch_are_checked():
    limits.check_batch([{"metadata": {"a": 1}}, {}, "text"])
    with pytest.raises(ExtendInputError, match=r"inputs\[1\]\.metadata is a str: expected an object"):
        limits.check_batch([{}, {"metadata": "a"}])
    with pytest.raises(ExtendInputError, match=r"inputs\[0\]\.metadata has 10249 bytes"):
        limits.check_batch([{"metadata": {"a": "x" * 10241}}])
    with pytest.raises(ExtendInputError, match=r"inputs\[0\]\.metadata 'extend:usage_tags' is a str"):
        limits.check_batch([{"metadata": {"extend:usage_tags": "a"}}])


def test_tags_of_a_whole_batch_are_told_once():
    inputs = [{"metadata": {"extend:usage_tags": [tag, "ok"]}} for tag in ("a b", "a b", "c d", "ok")]
    assert limits.check_batch(inputs) == [
        "Extend keeps letters, digits, hyphens and underscores of a usage tag: 3 of 8 tags are reported otherwise than "
        "written ('a b' as 'ab', 'c d' as 'cd')."
    ]


@pytest.mark.parametrize("rows", [0, 1001, "10", True, None])
def test_a_page_holds_1_to_1000_rows(rows):
    limits.check_page_rows(1)
    limits.check_page_rows(1000)
    with pytest.raises(
        ExtendInputError, match=r"max_page_size is .*: expected a whole number from 1 to 1000"
    ):
        limits.check_page_rows(rows)


def test_a_package_is_an_object_with_files():
    check = limits.LIMITS["package"].check
    assert check({"files": files(2)}) is None
    with pytest.raises(ExtendInputError, match="package holds 1: a package takes 2 to 50"):
        check({"files": files(1)})
    with pytest.raises(ExtendInputError, match="package is a list of dict: expected an object with files"):
        check(files(2))
    with pytest.raises(ExtendInputError, match="package is a NoneType: expected a list"):
        check({})
