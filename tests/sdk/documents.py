"""Documents and configs that the programs hand to the vendor's clients."""

from __future__ import annotations

from typing import Any

INVOICE = "INVOICE\nInvoice number: INV-7\nInvoice date: 2026-01-31\nTotal: 120.50\n"
RECEIPT = "RECEIPT\nThank you for your purchase\nCashier: 7\nPaid in cash: 8.20\n"
FORM = "APPLICATION FORM\nName: ____________\nDate of birth: ____________\n[ ] I agree\n"

SCHEMA = {
    "type": "object",
    "properties": {
        "number": {"type": ["string", "null"], "description": 'The "Invoice number"'},
        "total": {"type": ["number", "null"], "description": 'The "Total"'},
    },
}
EXTRACT: dict[str, Any] = {"schema": SCHEMA}
FIELDS: dict[str, Any] = {
    "type": "EXTRACT",
    "fields": [
        {"id": "number", "name": "number", "type": "string", "description": 'The "Invoice number"'},
        {"id": "total", "name": "total", "type": "number", "description": 'The "Total"'},
    ],
}
_CLASSES = [
    {"id": "invoice", "type": "invoice", "description": "An invoice with an invoice number and a total"},
    {"id": "receipt", "type": "receipt", "description": "A receipt of a purchase that was paid in cash"},
    {"id": "other", "type": "other", "description": "Anything else"},
]
CLASSIFY: dict[str, Any] = {"classifications": _CLASSES}
SPLIT: dict[str, Any] = {"splitClassifications": _CLASSES}
EDIT_SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": ["string", "null"], "description": "Name", "extend_edit:value": "Ada Lovelace"},
    },
}


def pdf(*pages: list[str]) -> bytes:
    """A PDF with the given lines, a list per page."""
    texts = []
    for lines in pages:
        shown = "".join(f"({line}) Tj T* " for line in lines)
        texts.append(f"BT /F1 12 Tf 14 TL 72 720 Td {shown}ET")
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(texts)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(texts)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for at, text in enumerate(texts):
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * at} 0 R >>"
        )
        objects.append(f"<< /Length {len(text)} >>\nstream\n{text}\nendstream")
    data, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    tail = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{tail}".encode()
