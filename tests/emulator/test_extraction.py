"""The extractor alone: text and config in, values out."""

from __future__ import annotations

import pytest

from airflow_provider_extend.emulator import documents
from airflow_provider_extend.emulator.extraction import Field, extract, parse
from airflow_provider_extend.emulator.metrics import SCALES, same
from airflow_provider_extend.emulator.processing import perform


def values(text: str, config: dict) -> dict:
    return extract([text], config)[0]


def schema(**properties: object) -> dict:
    return {"schema": {"type": "object", "properties": properties}}


def field(kind: str, description: str = "") -> dict:
    return {"type": [kind, "null"], "description": description}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,234.56", 1234.56),
        ("1.234,56", 1234.56),
        ("1 234,56", 1234.56),
        ("1'234.50 CHF", 1234.5),
        ("$1,234", 1234),
        ("US$ 12.50", 12.5),
        ("EUR 12,5", 12.5),
        ("€ 1.234.567", 1234567),
        ("12.50 USD due now", 12.5),
        ("-7", -7),
        ("$-7.25", -7.25),
        ("(1,000.00)", -1000),
        ("5 boxes", 5),
        ("12.345", 12.345),
        ("2026-03-01", None),
        ("01.03.2026", None),
        ("12ABC", None),
        ("ABC 12", None),
        ("twelve", None),
    ],
)
def test_numbers(text: str, found: float | None) -> None:
    assert parse(Field(("x",), "number", ()), text) == found


def test_an_integer_has_no_fraction() -> None:
    assert parse(Field(("x",), "integer", ()), "1,200") == 1200
    assert parse(Field(("x",), "integer", ()), "1,200.50") is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-03-01", "2026-03-01"),
        ("2026-03-01T10:00:00Z", "2026-03-01"),
        ("01/03/2026", "2026-01-03"),
        ("25/03/2026", None),
        ("1 March 2026", "2026-03-01"),
        ("1st Sept 2026", "2026-09-01"),
        ("Mar 1, 2026", "2026-03-01"),
        ("March 1 2026 (noon)", "2026-03-01"),
        ("01.03.2026", "2026-03-01"),
        ("31.02.2026", None),
        ("soon", None),
    ],
)
def test_dates(text: str, found: str | None) -> None:
    assert parse(Field(("x",), "date", ()), text) == found


def test_a_rule_flips_the_slashes_of_dates_and_nothing_else() -> None:
    config = schema(day={"type": ["string", "null"], "format": "date"}, other={"extend:type": "date"})
    text = "Day: 01/03/2026\nOther: 01.04.2026"
    assert values(text, config) == {"day": "2026-01-03", "other": "2026-04-01"}
    ruled = config | {"extractionRules": "Read the table. Dates are day first."}
    assert values(text, ruled) == {"day": "2026-03-01", "other": "2026-04-01"}


def test_a_label_is_a_whole_phrase_at_the_start_of_a_line_or_cell() -> None:
    config = schema(total=field("number", 'The "Total"'))
    assert values("Subtotal: 5\nGrand Total: 6\nTotals: 7", config) == {"total": None}
    assert values("Subtotal: 5\nTOTAL: 6", config) == {"total": 6}
    assert values("Items: 3   Total: 6", config) == {"total": 6}


@pytest.mark.parametrize(
    "text",
    ["No: A1", "No # A1", "No | A1", "No\tA1", "No, A1", "No    A1", "No A1", "No:\n\n  A1\n", "No #: A1"],
)
def test_where_the_value_of_a_label_stands(text: str) -> None:
    assert values(text, schema(number=field("string", '"No"'))) == {"number": "A1"}


def test_labels_are_tried_in_order_and_the_first_that_parses_wins() -> None:
    config = schema(total=field("number", '"Amount Due", else the "Balance" or "Total"'))
    assert values("Total: 1\nBalance: 2\nAmount Due: see below", config) == {"total": 2}


def test_without_a_quoted_phrase_the_title_or_the_name_is_the_label() -> None:
    config = schema(invoice_number=field("string"), x={"type": "string", "title": "Ship To"})
    assert values("Invoice Number: 7\nShip to: Bonn", config) == {"invoice_number": "7", "x": "Bonn"}


def test_repeated_labels_last_for_numbers_first_for_the_rest_and_a_lower_confidence() -> None:
    config = schema(total=field("number"), name=field("string"), day={"type": "string", "format": "date"})
    text = "Total: 1\nTotal: 2\nName: a\nName: b\nName: c\nDay: 2026-01-01\nDay: 2026-01-01"
    found, confidence = extract([text], config)
    assert found == {"total": 2, "name": "a", "day": "2026-01-01"}
    assert confidence == {("total",): 0.5, ("name",): 0.3333, ("day",): 1.0}


def test_nested_objects_arrays_currency_booleans_and_choices() -> None:
    config = schema(
        vendor={"type": "object", "properties": {"name": field("string", '"Vendor"')}},
        lines={"type": "array", "items": {"type": "object", "properties": {}}},
        price={"type": "object", "extend:type": "currency", "description": '"Price"'},
        paid=field("boolean"),
        kind={"enum": ["Invoice", "Receipt", None]},
    )
    assert values("Vendor: Acme\nPrice: £2.50\nPaid: Yes\nKind: receipt\nLines: 3", config) == {
        "vendor": {"name": "Acme"},
        "lines": None,
        "price": {"amount": 2.5, "iso_4217_currency_code": "GBP"},
        "paid": True,
        "kind": "Receipt",
    }


def test_the_older_list_of_fields() -> None:
    config = {
        "fields": [
            {"id": "f1", "name": "invoice_number", "type": "string", "description": ""},
            {"id": "f2", "name": "total", "type": "currency", "description": '"Sum"'},
            {
                "id": "f3",
                "name": "party",
                "type": "object",
                "schema": [{"id": "f4", "name": "city", "type": "string"}],
            },
        ]
    }
    text = "Invoice Number: A\nSum: EUR 3\nCity: Ulm"
    assert values(text, config) == {"invoice_number": "A", "total": 3, "party": {"city": "Ulm"}}


def test_what_a_document_is_comes_from_its_bytes(pdf) -> None:
    assert documents.read(pdf(["Total: 5"], ["Page two"])).pages[0].strip() == "Total: 5"
    html = b"<html><head><style>Total: 1</style></head><table><tr><th>Total</th><td><b>5</b> &euro;</td></tr></table>"
    assert documents.read(html).type == "HTML"
    config = schema(total=field("number"))
    assert values(documents.read(html).pages[0], config) == {"total": 5}
    table = documents.read(b'Item,Value\nTotal,"1,234.50"\n')
    assert (table.type, values(table.pages[0], config)) == ("CSV", {"total": 1234.5})
    letter = documents.read(b"Date: March 1, 2026\nTotal: 1,234.50\n")
    assert (letter.type, values(letter.pages[0], config)) == ("TXT", {"total": 1234.5})
    assert documents.read("Total: 5 €".encode("utf-16")).pages == ("Total: 5 €",)


@pytest.mark.parametrize(
    "data", [b"%PDF-1.4 broken", b"\x89PNG\r\n", b"\x00\x01\x02", b"PK\x03\x04 word/", b"\xff\xd8\xff"]
)
def test_what_cannot_be_read_has_no_pages(data: bytes) -> None:
    assert documents.read(data).pages == ()


@pytest.mark.parametrize(
    ("kind", "value", "expected", "equal"),
    [
        ("string", "ACME  Ltd", "acme ltd", True),
        ("string", "5", 5, True),
        ("string", "Acme", "Acme Ltd", False),
        ("number", 1234.5, "1,234.50", True),
        ("number", 3, 3.0, True),
        ("number", 3, 3.01, False),
        ("date", "2026-03-01", "1 March 2026", True),
        ("boolean", True, "yes", True),
        ("boolean", True, "no", False),
        ("currency", {"amount": 5, "iso_4217_currency_code": "EUR"}, {"amount": 5.0}, True),
        ("currency", {"amount": 5, "iso_4217_currency_code": "EUR"}, "EUR 5.00", True),
        ("currency", {"amount": 5, "iso_4217_currency_code": "EUR"}, "USD 5.00", False),
    ],
)
def test_equality_is_of_values_not_of_spelling(
    kind: str, value: object, expected: object, equal: bool
) -> None:
    assert same(Field(("x",), kind, ()), value, expected) is equal


def test_an_expected_list_where_a_number_is_found_is_wrong() -> None:
    """An expected output is what its author says, of whatever form."""
    config = {"schema": {"properties": {"total": {"type": "number"}}}}
    found = perform("EXTRACT", config, ["Total: 3"])
    (tally,) = SCALES["EXTRACT"].score(config, [(found, {"value": {"total": [1, 2]}})])
    assert (tally["present"], tally["expected"], tally["accurate"], tally["rows"]) == (1, 1, 0, 0)
