"""Sixty small invoices and receipts of eleven layouts, and what is true of them.

The same seed gives the same bytes. Vendors are invented. The name of a file says nothing about its content.
Two layouts are hard on purpose (labels above a row of values, running text): no list of labels reads them.
"""

from __future__ import annotations

import csv
import html
import io
import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

SEED = 2026
TRUTH = "truth.json"
_CENT = Decimal("0.01")

_VENDORS = (
    "Quillmark Paper Ltd", "Ondarra Catering", "Velmo, Dunst & Co.", "Brightwater Stationers", "Tessel Tools GmbH",
    "Hollin & Varga Transport", "Marrowick Print Works", "Cobalt Fern Software", "Zandvoort Lamps B.V.", "Lumo Bakery",
    "Fennick Garden Supplies", "Orsolani Ceramics", "Pemberly Office Chairs", "Ruxley Electric", "Sundew Cleaning",
    "Trask Bicycle Couriers", "Umbrel Packaging", "Wexcombe Water", "Yarrow Field Studios", "Arkwell Fasteners",
)  # fmt: skip
_GOODS = (
    "Copy paper A4, box", "Toner, black", "Desk lamp", "Cleaning, per hour", "Courier, city", "Ring binder",
    "Lunch platter", "Power strip", "Oak shelf", "Hosting, per month", "Ceramic mug", "Label rolls",
)  # fmt: skip
_MONTHS = "January February March April May June July August September October November December".split()


@dataclass(frozen=True)
class Document:
    name: str
    data: bytes
    truth: dict[str, Any]


@dataclass(frozen=True)
class _Bill:
    number: str
    issued: date
    vendor: str
    lines: tuple[tuple[str, int, Decimal], ...]
    rate: int
    due: date | None
    order: str | None

    @property
    def subtotal(self) -> Decimal:
        return sum((count * price for _, count, price in self.lines), Decimal(0))

    @property
    def tax(self) -> Decimal:
        return (self.subtotal * self.rate / 100).quantize(_CENT, ROUND_HALF_UP)

    @property
    def total(self) -> Decimal:
        return self.subtotal + self.tax

    def truth(self) -> dict[str, Any]:
        return {
            "invoice_number": self.number,
            "invoice_date": self.issued.isoformat(),
            "vendor_name": self.vendor,
            "subtotal": float(self.subtotal),
            "tax": float(self.tax),
            "total": float(self.total),
            "due_date": self.due.isoformat() if self.due else None,
            "po_number": self.order,
        }


# How dates and amounts are written


def _long(day: date) -> str:  # 1 March 2026
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _short(day: date) -> str:  # Mar 1, 2026
    return f"{_MONTHS[day.month - 1][:3]} {day.day}, {day.year}"


def _slashed(day: date) -> str:  # 01/03/2026, the day first
    return day.strftime("%d/%m/%Y")


def _dotted(day: date) -> str:  # 01.03.2026
    return day.strftime("%d.%m.%Y")


def _point(amount: Decimal) -> str:  # 1,234.50
    return f"{amount:,.2f}"


def _comma(amount: Decimal) -> str:  # 1.234,50
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


# Layouts: each has its own labels. A pair without a value is not printed.

_Pairs = Iterable[tuple[str, str | None]]


def _given(pairs: _Pairs) -> list[tuple[str, str]]:
    return [(label, value) for label, value in pairs if value is not None]


def _pdf(rows: Iterable[tuple[str, ...]], width: float = 210, title: str = "") -> bytes:
    """One line per row: the first cell takes half of the page, the rest shares the other half."""
    from fpdf import FPDF  # costs half a second

    pdf = FPDF(format=(width, 297))
    pdf.set_creation_date(datetime(2026, 1, 1, tzinfo=UTC))
    pdf.add_page()
    pdf.set_font("Helvetica", size=18 if width > 100 else 13)
    if title:
        pdf.cell(0, 12, title, new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", size=11 if width > 100 else 9)
    for first, *others in rows:
        half = pdf.epw / 2 if others else pdf.epw
        pdf.cell(half, 7, first)
        for other in others:
            pdf.cell(half / len(others), 7, other)
        pdf.ln(7)
    return bytes(pdf.output())


def _invoice_pdf(bill: _Bill) -> bytes:
    head = [
        ("Supplier:", bill.vendor),
        ("Invoice No.:", bill.number),
        ("Invoice date:", _long(bill.issued)),
        ("Payment due:", _long(bill.due) if bill.due else None),
        ("PO number:", bill.order),
    ]
    lines = [(goods, str(count), _point(price), _point(count * price)) for goods, count, price in bill.lines]
    sums = [
        ("Subtotal", _point(bill.subtotal)),
        (f"VAT {bill.rate} %", _point(bill.tax)),
        ("Amount Due", f"GBP {_point(bill.total)}"),
    ]
    return _pdf(
        [*_given(head), ("",), ("Description", "Qty", "Price", "Net"), *lines, ("",), *sums], title="INVOICE"
    )


def _receipt_pdf(bill: _Bill) -> bytes:
    head = [("Merchant", bill.vendor), ("Receipt no", bill.number), ("Date", _slashed(bill.issued))]
    lines = [(f"{count} x {goods}", _point(count * price)) for goods, count, price in bill.lines]
    sums = [
        ("Subtotal", _point(bill.subtotal)),
        ("Sales tax", _point(bill.tax)),
        ("TOTAL", f"${_point(bill.total)}"),
        ("Card ending 4410", "approved"),
    ]
    return _pdf([*head, *lines, *sums], width=90, title="Thank you!")


def _stacked_pdf(bill: _Bill) -> bytes:
    """A label on one line, its value on the next."""
    pairs = [
        ("Issued by", bill.vendor),
        ("Bill number", bill.number),
        ("Issued on", _dotted(bill.issued)),
        ("To be paid by", _dotted(bill.due) if bill.due else None),
        ("Order reference", bill.order),
        ("Net total", _comma(bill.subtotal)),
        ("Tax", _comma(bill.tax)),
        ("Balance due", f"EUR {_comma(bill.total)}"),
    ]
    return _pdf([(text,) for pair in _given(pairs) for text in pair], title="Statement of services")


def _mail_txt(bill: _Bill) -> bytes:
    pairs = [
        ("From", bill.vendor),
        ("Invoice #", bill.number),
        ("Date of issue", _short(bill.issued)),
        ("Due by", _short(bill.due) if bill.due else None),
        ("Purchase order", bill.order),
        ("Before tax", f"${_point(bill.subtotal)}"),
        ("Tax", f"${_point(bill.tax)}"),
        ("Grand Total", f"${_point(bill.total)}"),
    ]
    lines = [f"- {goods}: {count} at {_point(price)}" for goods, count, price in bill.lines]
    told = [f"{label}: {value}" for label, value in _given(pairs)]
    return "\n".join(
        ["Hello,", "please find below our bill for", *lines, "", *told, "", "Kind regards"]
    ).encode()


def _till_txt(bill: _Bill) -> bytes:
    lines = [(goods[:22].upper(), _point(count * price)) for goods, count, price in bill.lines]
    rows = [
        ("SOLD BY", bill.vendor),
        ("RECEIPT", bill.number),
        ("DATE", _dotted(bill.issued)),
        *lines,
        ("TOTAL ITEMS", str(sum(count for _, count, _ in bill.lines))),
        ("NET", _point(bill.subtotal)),
        ("VAT", _point(bill.tax)),
        ("TOTAL", _point(bill.total)),
    ]
    return "\n".join(f"{label:<24}{value:>32}" for label, value in rows).encode()


def _csv(rows: Iterable[tuple[str, ...]], delimiter: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode()


def _pairs_csv(bill: _Bill) -> bytes:
    pairs = [
        ("Document number", bill.number),
        ("Document date", bill.issued.isoformat()),
        ("Vendor", bill.vendor),
        ("Due date", bill.due.isoformat() if bill.due else None),
        ("PO", bill.order),
        ("Net amount", str(bill.subtotal)),
        ("Tax amount", str(bill.tax)),
        ("Total due", str(bill.total)),
    ]
    return _csv(_given(pairs), ",")


def _table_csv(bill: _Bill) -> bytes:
    head = [
        ("Seller", bill.vendor),
        ("Invoice number", bill.number),
        ("Invoice date", _dotted(bill.issued)),
        ("Payable until", _dotted(bill.due) if bill.due else None),
        ("Your order", bill.order),
    ]
    lines = [(goods, str(count), _comma(price), _comma(count * price)) for goods, count, price in bill.lines]
    sums = [
        ("Subtotal", _comma(bill.subtotal)),
        (f"VAT {bill.rate} %", _comma(bill.tax)),
        ("Invoice total", _comma(bill.total)),
    ]
    rows = [(*pair, "", "") for pair in _given(head)] + [("Item", "Qty", "Price", "Sum"), *lines]
    return _csv([*rows, *(("", "", *pair) for pair in sums)], ";")


def _page(body: Iterable[str]) -> bytes:
    return "\n".join(["<!doctype html>", "<html><body>", *body, "</body></html>"]).encode()


def _table_html(bill: _Bill) -> bytes:
    pairs = [
        ("Company", bill.vendor),
        ("Reference no.", bill.number),
        ("Issue date", _long(bill.issued)),
        ("Pay before", _long(bill.due) if bill.due else None),
        ("PO no.", bill.order),
        ("Subtotal", f"€ {_point(bill.subtotal)}"),
        ("Tax", f"€ {_point(bill.tax)}"),
        ("Total payable", f"€ {_point(bill.total)}"),
    ]
    rows = [f"<tr><th>{label}</th><td>{html.escape(value)}</td></tr>" for label, value in _given(pairs)]
    return _page(["<h1>Your invoice</h1>", "<table>", *rows, "</table>"])


def _list_html(bill: _Bill) -> bytes:
    pairs = [
        ("Shop", bill.vendor),
        ("Receipt number", bill.number),
        ("Purchased on", _slashed(bill.issued)),
        ("Goods", _point(bill.subtotal)),
        ("GST", _point(bill.tax)),
        ("Amount paid", f"£{_point(bill.total)}"),
    ]
    rows = [f"<dt>{label}</dt><dd>{html.escape(value)}</dd>" for label, value in pairs]
    return _page(["<p>Your purchase</p>", "<dl>", *rows, "</dl>"])


def _grid_pdf(bill: _Bill) -> bytes:
    """Hard: a row of labels above a row of values."""
    rows = [
        ("Number", "Date", "Due", "Order"),
        (bill.number, _long(bill.issued), _long(bill.due) if bill.due else "-", bill.order or "-"),
        ("Net", "VAT", "Gross"),
        (_point(bill.subtotal), _point(bill.tax), _point(bill.total)),
    ]
    return _pdf(rows, title=bill.vendor)


def _letter_txt(bill: _Bill) -> bytes:
    """Hard: no labels at all."""
    due = f" We kindly ask for payment until {_long(bill.due)}." if bill.due else ""
    order = f" You ordered under {bill.order}." if bill.order else ""
    return (
        f"{bill.vendor}\n\nDear customer,\n\nwith our bill {bill.number} of {_long(bill.issued)} we charge you "
        f"{_point(bill.subtotal)} and {bill.rate} % VAT of {_point(bill.tax)},\ntogether {_point(bill.total)}."
        f"{order}{due}\n\nSincerely yours\n"
    ).encode()


@dataclass(frozen=True)
class _Layout:
    draw: Callable[[_Bill], bytes]
    suffix: str
    count: int
    number: str  # {y} the year, {n} a running number
    rate: int
    receipt: bool = False  # paid at once: no due date, no purchase order


_LAYOUTS = (
    _Layout(_invoice_pdf, ".pdf", 7, "{y}-{n:04}", 20),
    _Layout(_receipt_pdf, ".pdf", 7, "{n:06}", 8, receipt=True),
    _Layout(_stacked_pdf, ".pdf", 7, "B/{n}", 22),
    _Layout(_mail_txt, ".txt", 7, "INV-{n}", 8),
    _Layout(_till_txt, ".txt", 6, "{n:05}", 10, receipt=True),
    _Layout(_pairs_csv, ".csv", 6, "D{n}", 21),
    _Layout(_table_csv, ".csv", 6, "RE {y}/{n}", 19),
    _Layout(_table_html, ".html", 6, "{n}.{y}", 20),
    _Layout(_list_html, ".html", 6, "R-{n}", 15, receipt=True),
    _Layout(_grid_pdf, ".pdf", 1, "{n}", 20),
    _Layout(_letter_txt, ".txt", 1, "K {n}", 20),
)


def _bill(layout: _Layout, chance: random.Random) -> _Bill:
    issued = date(2026, 1, 5) + timedelta(days=chance.randrange(300))
    dearer = 1 if layout.receipt else 25
    lines = tuple(
        (goods, chance.randint(1, 9), Decimal(chance.randint(120, 2990) * dearer) / 100)
        for goods in chance.sample(_GOODS, chance.randint(2, 4))
    )
    return _Bill(
        number=layout.number.format(y=issued.year, n=chance.randint(101, 9999)),
        issued=issued,
        vendor=chance.choice(_VENDORS),
        lines=lines,
        rate=layout.rate,
        due=None if layout.receipt or chance.random() < 0.25 else issued + timedelta(days=30),
        order=None if layout.receipt or chance.random() < 0.5 else f"PO-{chance.randint(10000, 99999)}",
    )


def generate(seed: int = SEED) -> list[Document]:
    chance = random.Random(seed)
    made = []
    for layout in _LAYOUTS:
        for _ in range(layout.count):
            bill = _bill(layout, chance)
            made.append((layout.suffix, layout.draw(bill), bill.truth()))
    chance.shuffle(made)  # so that neighbours have nothing in common
    return [
        Document(f"document-{n:02}{suffix}", data, truth) for n, (suffix, data, truth) in enumerate(made, 1)
    ]


def write(folder: Path, seed: int = SEED) -> None:
    """The documents, and beside them `truth.json`: {file name: {field: value}}."""
    folder.mkdir(parents=True, exist_ok=True)
    documents = generate(seed)
    for document in documents:
        (folder / document.name).write_bytes(document.data)
    truth = {document.name: document.truth for document in documents}
    (folder / TRUTH).write_text(json.dumps(truth, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
