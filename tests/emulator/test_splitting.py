"""Where a document is cut, what its parts are called, and what bytes they have."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_extend.emulator import documents
from airflow_provider_extend.emulator.splitting import cut, split

INVOICE = {"id": "inv", "type": "invoice", "description": "A bill with an amount due"}
ORDER = {"id": "po", "type": "purchase_order", "description": "An order for goods"}
OTHER = {"id": "other", "type": "other", "description": "Anything else"}


def parts(*pages: str, **config: Any) -> list[tuple[str, int, int, str]]:
    found = split(pages, {"splitClassifications": [INVOICE, ORDER, OTHER]} | config)
    return [
        (part["classificationId"], part["startPage"], part["endPage"], part["identifier"]) for part in found
    ]


def test_neighbours_of_one_class_are_one_part() -> None:
    assert parts("Invoice\nAmount due 5", "Amount due again", "Purchase order", "Invoice") == [
        ("inv", 1, 2, "invoice_1_2"),
        ("po", 3, 3, "purchase_order_3_3"),
        ("inv", 4, 4, "invoice_4_4"),
    ]


def test_another_identifier_begins_another_part() -> None:
    pages = ("Invoice No: 1", "Invoice\nInvoice No: 1", "Invoice, amount due", "Invoice Number: 2")
    assert parts(*pages) == [("inv", 1, 3, "1"), ("inv", 4, 4, "2")]
    assert parts("Invoice", "Invoice No: 7") == [("inv", 1, 2, "7")]


@pytest.mark.parametrize(
    "rule",
    ["Extract the bill reference from the header", 'What stands at "Bill reference"', "“Bill reference”"],
)
def test_the_identifier_is_what_the_rule_names(rule: str) -> None:
    pages = ("Invoice\nBill reference: A", "Invoice\nBill reference: B")
    named = [INVOICE | {"identifierKey": rule}, ORDER]
    assert [found[3] for found in parts(*pages, splitClassifications=named)] == ["A", "B"]
    everywhere = {"advancedOptions": {"splitIdentifierRules": rule}}
    assert [found[3] for found in parts(*pages, **everywhere)] == ["A", "B"]
    assert parts(*pages) == [("inv", 1, 2, "invoice_1_2")]
    assert parts(*pages, advancedOptions={"splitIdentifierRules": "as you like"}) == [
        ("inv", 1, 2, "invoice_1_2")
    ]


def test_a_page_that_says_nothing_goes_on_with_the_part_before() -> None:
    assert parts("Purchase order", "thank you", "") == [("po", 1, 3, "purchase_order_1_3")]
    assert parts("thank you", "Invoice") == [("other", 1, 1, "other_1_1"), ("inv", 2, 2, "invoice_2_2")]


def test_counted_pages() -> None:
    assert parts("Invoice\nPage 1 of 2", "An order for goods\nPage 2 of 2", "Invoice\npage 1 of 1") == [
        ("inv", 1, 2, "invoice_1_2"),
        ("inv", 3, 3, "invoice_3_3"),
    ]


def test_rules_of_the_config_decide_too() -> None:
    assert parts("Form 99")[0][0] == "other"
    assert parts("Form 99", splitRules='A "Form 99" is a purchase order.')[0][0] == "po"


def test_what_the_api_shows_of_a_part() -> None:
    (part,) = split(["Invoice", "Invoice"], {"splitClassifications": [INVOICE], "advancedOptions": None})
    assert part == {
        "classificationId": "inv",
        "type": "invoice",
        "identifier": "invoice_1_2",
        "startPage": 1,
        "endPage": 2,
        "observation": "Pages 1-2 read as invoice.",
    }
    assert split([], {"splitClassifications": [INVOICE]}) == []


def test_the_bytes_of_a_part(pdf) -> None:
    data = pdf(["one"], ["two"], ["three"])
    pages = documents.read(data).pages
    some = cut(data, pages, 2, 3)
    assert some.startswith(b"%PDF-")
    assert [page.strip() for page in documents.read(some).pages] == ["two", "three"]
    assert cut(data, pages, 1, 3) is data
    text = b"one\ftwo\fthree"
    assert cut(text, ["one", "two", "three"], 1, 2) == b"one\ftwo"
