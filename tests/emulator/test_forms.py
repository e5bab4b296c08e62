"""Blanks of a form found in its text, values for them, and the text that holds these."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_extend.emulator.documents import read
from airflow_provider_extend.emulator.forms import detect, filled, mapped, schema_of, values_of
from airflow_provider_extend.emulator.pdf import write

PAGE = "APPLICATION\nName: ____ Born: ________\n[ ] Citizen  [ ] Married\nAgreed: [ ]\nCity:\nAmount: 5\nSignature ____"


def field(kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"type": [kind, "null"], **more}


def schema(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields}


def test_lines_boxes_and_labels_without_a_value_are_blanks() -> None:
    found = detect([PAGE])
    assert [(one.key, one.label, one.kind) for one in found] == [
        ("name", "Name", "text"),
        ("born", "Born", "text"),
        ("citizen", "Citizen", "checkbox"),
        ("married", "Married", "checkbox"),
        ("agreed", "Agreed", "checkbox"),
        ("city", "City", "text"),
        ("signature", "Signature", "signature"),
    ]
    assert [one.key for one in detect(["Name: ____\nName: ____", "Name: ____"])] == [
        "name",
        "name_2",
        "name_3",
    ]
    assert detect(["Amount: 5\nIntro .... 3\nThe end."]) == []


def test_the_schema_tells_kind_and_place() -> None:
    made = schema_of(detect(["", "Paid: [ ]"]))["properties"]["paid"]
    assert (made["type"], made["extend_edit:field_type"]) == (["boolean", "null"], "checkbox")
    assert (made["description"], made["extend_edit:page_index"]) == ("Paid", 1)
    place = made["extend_edit:bbox"]
    assert place["left"] < place["right"]
    assert place["top"] < place["bottom"]


def test_a_given_schema_is_laid_over_the_blanks() -> None:
    given = schema(full_name=field(description="Name"), other=field("number"))
    shown, result = mapped(given, detect(["Name: ____\nCity:"]))
    assert result == {
        "matches": [{"inputPath": "full_name", "formFieldKey": "name"}],
        "unmatchedInputPaths": ["other"],
        "unusedFormFieldKeys": ["city"],
    }
    assert shown["properties"]["full_name"]["extend_edit:page_index"] == 0
    assert shown["properties"]["other"] == given["properties"]["other"]


def test_values_come_from_the_schema_and_from_the_instructions() -> None:
    told = schema_of(detect([PAGE])) | {"required": ["name"]}
    told["properties"]["born"]["extend_edit:value"] = "1815-12-10"
    assert values_of(
        told, "Name: Ada Lovelace; the city is London.\nCitizen: yes. Married = no\nBorn: 1900"
    ) == {
        "name": "Ada Lovelace",
        "born": "1815-12-10",
        "citizen": True,
        "married": False,
        "city": "London",
    }
    numbers = schema(count=field("integer"), price=field("number"))
    assert values_of(numbers, "count: 3; price is 2.5") == {"count": 3, "price": 2.5}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (schema(a=field(**{"extend_edit:value": 5})), "a must be of type string"),
        (schema(a=field("number", **{"extend_edit:value": True})), "a must be of type number"),
        (schema(a=field("boolean", **{"extend_edit:value": "yes"})), "a must be of type boolean"),
        (schema(a={"enum": ["x"], "extend_edit:value": "y"}), "one of its enum"),
        (schema(a=field()) | {"required": ["a", "b"]}, "a, b"),
    ],
)
def test_values_that_the_schema_does_not_allow(told: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        values_of(told, "")


def test_the_values_stand_where_the_blanks_were() -> None:
    told = schema_of(detect([PAGE, "Note:"]))
    told["properties"] |= {"extra": {"extend_edit:page_index": 1}, "rows": {"description": "Rows"}}
    values = {"name": "Ada\nL.", "born": "1815", "married": True, "agreed": False, "city": "London"}
    values |= {"note": 5, "extra": ["a", {"b": 1}], "rows": "2"}
    first, second = filled([PAGE, "Note:"], told, values)
    assert first.splitlines() == [
        "APPLICATION",
        "Name: Ada L. Born: 1815",
        "[ ] Citizen  [x] Married",
        "Agreed: [ ]",
        "City: London",
        "Amount: 5",
        "Signature ____",
    ]
    assert second.splitlines() == ["Note: 5", "extra: a, b 1", "Rows: 2"]


def test_no_blank_is_filled_twice() -> None:
    told = schema(name=field(), first=field(description="Name"))
    assert filled(["Name: ____"], told, {"name": "A", "first": "B"}) == ["Name: A\nName: B"]


def test_a_pdf_is_read_back_as_it_was_written() -> None:
    text = "Name (full): \\ José €5\n  [x] ok"
    found = read(write([text, "", "a\tb 漢"]))
    assert (found.type, found.format, found.problem) == ("PDF", "pdf", None)
    assert [page.rstrip("\n") for page in found.pages] == [text, "", "a   b ?"]
    assert len(read(write(["\n".join(map(str, range(200)))])).pages[0].splitlines()) == 200
