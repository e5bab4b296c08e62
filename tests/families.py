"""Documents, and what reads them at Extend, for the example of each family."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fpdf import FPDF

FIELDS = {"number": ("No", "string"), "total": ("Total", "number")}
CLASSES = [
    {"id": "cls_1", "type": "invoice", "description": 'Says "Invoice" and "Due date"'},
    {"id": "cls_2", "type": "receipt", "description": 'Says "Receipt" and "Cash"'},
    {"id": "cls_3", "type": "letter", "description": 'Says "Dear" and "sincerely"'},
]
INVOICE = ["Invoice", "Invoice No: INV-7", "Due date: 2026-02-01", "Total: 120.50"]
MORE_OF_IT = ["Invoice, page 2 of 2", "Due date: see page 1", "Thank you"]
RECEIPT = ["Receipt", "Receipt No: 9931", "Cash: 8.00", "Total: 8.00"]
MANUAL = ["# Setting up", "Turn the key.", "# Care", "Wipe it."]
LETTER = ["Dear Sir or Madam,", "we moved.", "Yours sincerely"]


def pdf(path: Path, *pages: list[str]) -> str:
    document = FPDF()
    document.set_font("Helvetica", size=12)
    for page in pages:
        document.add_page()
        for line in page:
            document.cell(0, 8, line, new_x="LMARGIN", new_y="NEXT")
    path.write_bytes(bytes(document.output()))
    return str(path)


def picture(path: Path) -> str:
    """It can be uploaded; the local Extend reads none."""
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    return str(path)


def extractor(local: Any, noun: str = "Invoice") -> str:
    properties = {
        name: {
            "type": [kind, "null"],
            "description": f'The "{label if label == "Total" else f"{noun} {label}"}"',
        }
        for name, (label, kind) in FIELDS.items()
    }
    body = {"name": noun, "config": {"schema": {"type": "object", "properties": properties}}}
    return published(local, "extractors", body)


def published(local: Any, path: str, body: dict[str, Any]) -> str:
    made = local.send("POST", f"/{path}", json=body)["id"]
    local.send("POST", f"/{path}/{made}/versions", json={"releaseType": "major"})
    return str(made)


def workflow(local: Any) -> str:
    """It reads two fields, and then a person looks."""
    steps = [
        {"name": "start", "type": "TRIGGER", "next": [{"step": "parse"}]},
        {"name": "parse", "type": "PARSE", "next": [{"step": "fields"}]},
        {
            "name": "fields",
            "type": "EXTRACT",
            "config": {"extractor": {"id": extractor(local)}},
            "next": [{"step": "look"}],
        },
        {"name": "look", "type": "HUMAN_REVIEW"},
    ]
    return str(local.send("POST", "/workflows", json={"name": "Claims", "steps": steps})["id"])
