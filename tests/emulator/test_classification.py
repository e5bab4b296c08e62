"""What class a text is given, and how sure that is."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_extend.emulator.classification import check, classify, decide


def one(name: str, description: str, key: str = "") -> dict[str, str]:
    return {"id": key or name, "type": name, "description": description}


INVOICE = one("invoice", 'A bill that asks for money, with an "Invoice No" and an amount due')
ORDER = one("purchase_order", "An order for goods, sent to a vendor")
OTHER = one("other", "Anything else")
CLASSES = [INVOICE, ORDER, OTHER]


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("Invoice No: 17\nTotal 5", "invoice"),
        ("INVOICES\nof the month", "invoice"),  # neither case nor the plural counts
        ("Purchase Order\nPlease send the goods", "purchase_order"),
        ("The vendor thanks for the order of goods. See invoice.", "purchase_order"),
        ("Minutes of a meeting", "other"),
        ("", "other"),
    ],
)
def test_the_class_that_the_words_of_its_description_speak_for(text: str, chosen: str) -> None:
    assert decide(text, CLASSES).chosen["id"] == chosen


def test_the_name_of_a_file_or_class_id_is_no_evidence_of_its_own() -> None:
    swapped = [INVOICE | {"id": "purchase_order"}, ORDER | {"id": "invoice"}]
    assert decide("Amount due: 5. A bill.", swapped).chosen["type"] == "invoice"


def test_a_better_description_is_what_makes_it_better() -> None:
    text = "Statement of account\nOpening balance 5\nClosing balance 6"
    plain = [one("a", "Some paper"), one("b", "Some other paper")]
    told = [plain[0], one("b", 'Has an "opening balance" and a "closing balance"')]
    assert decide(text, plain).clues == ()
    assert decide(text, told).chosen["id"] == "b"
    curly = [plain[0], one("b", "Has an “opening balance”")]
    assert decide(text, curly).clues[-1] == "opening balance"


def test_a_phrase_is_found_as_a_whole() -> None:
    classes = [one("a", 'With "net total"'), one("b", "Else")]
    assert decide("total net", classes).clues == ()
    assert decide("Net\ntotal: 5", classes).chosen["id"] == "a"


def test_rules_that_name_a_class_count_for_it_or_against_it() -> None:
    classes = [one("invoice", "A bill"), one("quote", "An offer")]
    text = "Pro forma\nbill offer"
    for_quote = 'Documents with "pro forma" are a quote.'
    assert decide(text, classes, for_quote).chosen["id"] == "quote"
    assert decide(text, classes, 'Something with "pro forma" is not an invoice').chosen["id"] == "quote"
    assert decide(text, classes, 'Something with "pro forma" is not a quote').chosen["id"] == "invoice"
    assert decide(text, classes, 'A "pro forma" is special').confidence == 0.5


def test_confidence_is_the_margin_to_the_second_best() -> None:
    sure, torn = decide("Invoice No 5", CLASSES), decide("bill goods", CLASSES)
    assert sure.confidence == 1.0
    assert 0.5 <= torn.confidence < sure.confidence
    assert decide("nothing", CLASSES).confidence == round(1 / 3, 4)
    assert decide("bill", [INVOICE]).confidence == 1.0


def test_without_any_clue_it_is_the_class_called_other_else_the_first() -> None:
    assert decide("nothing", [INVOICE, ORDER]).chosen is INVOICE
    assert decide("nothing", [INVOICE, one("Rest", "All else", "OTHER")]).chosen["type"] == "Rest"


def test_the_output_has_the_form_of_the_api() -> None:
    output = classify(["Invoice No: 17"], {"classifications": CLASSES})
    assert output is not None
    assert output.keys() == {"id", "type", "confidence", "insights"}
    assert output["insights"] == [{"type": "reasoning", "content": "Found: invoice, invoice no."}]
    unsure = classify(["x"], {"classifications": CLASSES})
    assert unsure is not None
    assert "Nothing" in unsure["insights"][0]["content"]
    assert classify([], {"classifications": CLASSES}) is None


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (None, "must be a list"),
        ({}, "must be a list"),
        ([3], r"classes\[0\].id must be of type str"),
        ([{"id": "a"}], r"classes\[0\].type"),
        ([{"id": "a", "type": "b", "description": 5}], r"classes\[0\].description"),
        ([one("a", "d"), one("b", "d") | {"identifierKey": 5}], r"classes\[1\].identifierKey"),
        ([one("a", "d"), one("a", "e")], "an id of its own"),
    ],
)
def test_classes_that_are_refused(classes: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check(classes, "classes")


def test_no_class_at_all_is_no_wrong_list() -> None:
    check([], "classes")
