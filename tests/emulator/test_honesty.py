"""What comes out of a document follows from its bytes and the config: no name, order, earlier run or seed has a say."""

from __future__ import annotations

import re
from typing import Any

import pytest

INVOICE = ["INVOICE", "Invoice number: A-7", "Date: 2031-01-31", "Total: 120.50"]
RECEIPT = ["RECEIPT", "Cashier: 7", "Paid in cash: 8.20", "Name: ________", "[ ] I agree"]
CLASSES = [
    {"id": "one", "type": "invoice", "description": 'A bill with an "Invoice number"'},
    {"id": "two", "type": "receipt", "description": 'Paid at a "Cashier"'},
]
FIELDS = {
    "number": {"type": "string", "description": 'The "Invoice number"'},
    "cash": {"type": "number", "description": 'The "Paid in cash"'},
}
CONFIGS: dict[str, Any] = {
    "extract": {"schema": {"properties": FIELDS}},
    "classify": {"classifications": CLASSES},
    "split": {"splitClassifications": CLASSES},
    "parse": {"chunkingStrategy": {"type": "section"}},
    "edit": {"instructions": "Name: Ada"},
    "detect_form": {},
    "verify": {},
}
#: What is made anew each time: ids of parts and files, and links.
_ANEW = re.compile(r"(splt_|file_)\w+|http://[^\"' ]+")


def output(api, verb: str, data: bytes, name: str, config: Any) -> str:
    body = {"file": {"id": api.upload(data, name)}, "config": config}
    return _ANEW.sub("", str(api.ok("POST", f"/{verb}", json=body)["output"]))


@pytest.mark.parametrize("verb", CONFIGS)
def test_names_order_and_seed_change_nothing(api, pdf, verb: str) -> None:
    api.control("POST", "/settings", {"run_seconds": 0})
    both, one = pdf(INVOICE, RECEIPT), pdf(RECEIPT)
    first = [
        output(api, verb, data, name, CONFIGS[verb]) for data, name in ((both, "invoice.pdf"), (one, "b.pdf"))
    ]
    api.control("POST", "/settings", {"seed": 7})
    names = ((one, "an invoice number A-9.txt"), (both, "receipt cashier.docx"))
    again = [output(api, verb, data, name, CONFIGS[verb]) for data, name in names]
    api.control("POST", "/reset")
    api.control("POST", "/settings", {"run_seconds": 0})
    once_more = output(api, verb, both, "x", CONFIGS[verb])
    assert first == again[::-1]
    assert first[0] == once_more
    if verb != "edit":  # the same words for a name in both
        assert first[0] != first[1]


def test_the_order_and_the_ids_of_classes_decide_nothing_that_the_text_decides(api, pdf) -> None:
    api.control("POST", "/settings", {"run_seconds": 0})
    data = pdf(INVOICE)
    found = output(api, "classify", data, "a", {"classifications": CLASSES})
    assert output(api, "classify", data, "a", {"classifications": CLASSES[::-1]}) == found
    renamed = [one | {"id": f"{at}"} for at, one in enumerate(CLASSES)]
    assert output(api, "classify", data, "a", {"classifications": renamed}) == found.replace("'one'", "'0'")
