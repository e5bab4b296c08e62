"""Signs of change in a document: what shows them, and what does not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from airflow_provider_extend.emulator.checks import output
from airflow_provider_extend.emulator.pdf import write

TODAY = date(2026, 6, 1)
PAGE = "Thank you for your order, which we have packed with care and sent to you by the usual carrier."


def signs(
    data: bytes = b"", format: str = "pdf", pages: Any = (), read: bool = True
) -> list[tuple[str, str]]:
    found = output(data, format, pages, read, TODAY)
    return [(one["evidence"][0]["type"], one["riskAssessment"]["level"]) for one in found["signals"]]


def test_nothing_found_is_low_and_says_so() -> None:
    found = output(write([PAGE]), "pdf", [PAGE], True, TODAY)
    assert found == {"riskLevel": "LOW", "summary": "No fraud signals were detected.", "signals": []}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Subtotal: 5.00\nTax: 1.00\nTotal: 6.00", []),
        ("Subtotal: 5.00\nTax: 1.00\nTotal: 7.00", [("value_comparison", "HIGH")]),
        ("Sub-total:\t$1,000.00\nShipping: 20\nVAT 20%: 200\nTotal: $1,220.00", []),
        ("Subtotal: 5.00\nDiscount: 1.00\nTotal: 4.00", []),
        ("Subtotal: 5.00\nTotal: 4.00\nTotal: 5.00", []),
        ("Subtotal: none\nTotal: 4.00", []),
        ("Invoice date: 2026-06-01", []),
        ("Invoice date: 2026-06-02", [("value_comparison", "MEDIUM")]),
        ("Dated: 5 July 2026", [("value_comparison", "MEDIUM")]),
        ("Due date: 2026-07-01\nExpires: 2030-01-01\nDate: soon", []),
    ],
)
def test_sums_and_dates(text: str, found: Any) -> None:
    assert signs(pages=[text]) == found
    assert signs(pages=[text], read=False) == []


def test_a_page_that_stands_twice() -> None:
    assert signs(pages=[PAGE, "other", f"  {PAGE}\n"]) == [("inventory", "MEDIUM")]
    assert signs(pages=["short", "short", "", ""]) == []
    (sign,) = output(b"", "pdf", [PAGE, PAGE], True, TODAY)["signals"]
    assert [place["page"]["number"] for place in sign["evidence"][0]["locations"]] == [1, 2]


@pytest.mark.parametrize(
    ("data", "format", "found"),
    [
        (write(["x"]) + b"\r\n\x00", "pdf", []),
        (write(["x"]) + b"more", "pdf", [("validation", "MEDIUM")]),
        (write(["x"]) + b"1 0 obj\nendobj\n%%EOF\n", "pdf", [("history", "MEDIUM")]),
        (b"%PDF-1.5\n1 0 obj\n<< /Linearized 1 >>\n%%EOF\n2 0 obj\n%%EOF", "pdf", []),
        (b"\x89PNG....IEND\xae\x42\x60\x82", "png", []),
        (b"\x89PNG....IEND\xae\x42\x60\x82<script>", "png", [("validation", "MEDIUM")]),
        (b"\xff\xd8..\xff\xd9PK", "jpeg", [("validation", "MEDIUM")]),
        (b"RIFF....WEBP", "webp", []),
    ],
)
def test_bytes(data: bytes, format: str, found: Any) -> None:
    assert signs(data, format) == found == signs(data, format, read=False)


def test_the_same_document_has_the_same_signs_and_the_highest_level_counts() -> None:
    text = "Date: 2027-01-01\nSubtotal: 5\nTotal: 6"
    first, again = (output(write([text]), "pdf", [text], True, TODAY) for _ in range(2))
    assert first == again
    assert (first["riskLevel"], len(first["signals"])) == ("HIGH", 2)
    assert all(one["summary"] in first["summary"] for one in first["signals"])
    assert first["signals"][0]["id"].startswith("vs_")
    value = first["signals"][0]["evidence"][0]["data"]["values"][0]
    assert (value["raw"], value["normalized"]) == ("2027-01-01", "2027-01-01")
    places = {place["locationId"] for place in first["signals"][1]["evidence"][0]["locations"]}
    assert {
        one for v in first["signals"][1]["evidence"][0]["data"]["values"] for one in v["locationIds"]
    } == places
