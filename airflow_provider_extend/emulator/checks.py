"""Signs that a document was changed, from its bytes and its text: few and simple, each with its evidence.

The same document always gives the same signs, in any run; only dates are held against the day of the run.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from airflow_provider_extend.emulator.extraction import Field, parse

_LEVELS = ("LOW", "MEDIUM", "HIGH")
#: Format -> how its last bytes begin, and how many follow.
_ENDS = {"pdf": (b"%%EOF", 0), "png": (b"IEND", 4), "jpeg": (b"\xff\xd9", 0)}
_ISSUED = re.compile(
    r"\s*((?:invoice|issue|statement|letter|receipt)?\s*date(?: issued)?|issued(?: on)?|dated)\s*[:\t]\s*(?P<value>.+)",
    re.I,
)
_AMOUNT = re.compile(
    r"\s*(?P<label>sub-?\s?total|tax|vat|shipping|total)\b[^:\t\n]{0,20}[:\t]\s*(?P<value>.+)", re.I
)
_REPEATED = 80  # letters from which a page that stands twice counts


def output(data: bytes, format: str, pages: Sequence[str], read: bool, today: date) -> dict[str, Any]:
    """``VerifyOutput`` (objects.md 6). ``read``: whether the checks that read the text are made."""
    found = list(_of_bytes(data, format)) + (list(_of_text(pages, today)) if read else [])
    level = max((signal["riskAssessment"]["level"] for signal in found), key=_LEVELS.index, default="LOW")
    said = " ".join(signal["summary"] for signal in found) or "No fraud signals were detected."
    return {"riskLevel": level, "summary": said, "signals": found}


def _signal(
    kind: str, level: str, summary: str, evidence: str, data: Any, places: Sequence[Any] = ()
) -> dict[str, Any]:
    key = hashlib.sha256(f"{kind}{summary}{data}".encode()).hexdigest()[:20]
    located = [{"locationId": f"loc_{at}", **place} for at, place in enumerate(places)]
    shown = {"evidenceId": f"ve_{key}", "type": evidence, "data": data, "locations": located}
    risk = {"type": "LEVEL", "level": level}
    return {"id": f"vs_{key}", "type": kind, "riskAssessment": risk, "summary": summary, "evidence": [shown]}


def _of_bytes(data: bytes, format: str) -> Iterator[dict[str, Any]]:
    if format in _ENDS:
        mark, more = _ENDS[format]
        end = data.rfind(mark) + len(mark) + more
        if data.rfind(mark) >= 0 and data[end:].strip(b"\r\n \x00"):
            place = {"byteRange": {"offset": end, "length": len(data) - end}}
            finding = {"findings": [{"code": "CONTENT_AFTER_END_OF_FILE"}]}
            said = "Bytes follow the end of the file."
            yield _signal("FILE_FORMAT_AND_PDF_STRUCTURE", "MEDIUM", said, "validation", finding, [place])
    saves = data.count(b"%%EOF") - (b"/Linearized" in data[:1024])
    if format == "pdf" and saves > 1:
        events = {"events": [{"code": "PDF_REVISION_APPENDED"} for _ in range(saves - 1)]}
        said = f"The PDF was saved again {saves - 1} time(s) after it was made."
        yield _signal("REVISION_AND_PRODUCTION_HISTORY", "MEDIUM", said, "history", events)


def _of_text(pages: Sequence[str], today: date) -> Iterator[dict[str, Any]]:
    for number, match in _lines(pages, _ISSUED):
        day = parse(Field((), "date", ()), match["value"])
        if day and day > today.isoformat():
            value = {
                "name": "date",
                "raw": match["value"].strip(),
                "normalized": day,
                "locationIds": ["loc_0"],
            }
            data: Any = {"code": "DATE_IN_THE_FUTURE", "values": [value]}
            said = f"The document is dated {day}, which is still to come."
            kind = "CROSS_FIELD_AND_SEMANTIC_CONSISTENCY"
            yield _signal(kind, "MEDIUM", said, "value_comparison", data, [_page(number)])
    yield from _sums(pages)
    seen: dict[str, int] = {}
    for number, page in enumerate(pages, 1):
        text = " ".join(page.split())
        first = seen.setdefault(text, number)
        if first != number and len(text) >= _REPEATED:
            items = [{"locationIds": [f"loc_{at}"]} for at in range(2)]
            data = {"code": "REPEATED_PAGE", "count": 2, "items": items}
            said = f"Page {number} has the text of page {first}."
            kind = "REUSE_DUPLICATION_AND_NETWORK_HISTORY"
            yield _signal(kind, "MEDIUM", said, "inventory", data, [_page(first), _page(number)])


def _sums(pages: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Only of a document with one subtotal and one total, and nothing else between them than what is known."""
    found: dict[str, list[tuple[float, str, int]]] = {}
    for number, match in _lines(pages, _AMOUNT):
        label = re.sub(r"[^a-z]", "", match["label"].casefold())
        amount = parse(Field((), "number", ()), match["value"])
        if amount is not None:
            found.setdefault(label, []).append((amount, match["value"].strip(), number))
    if any(len(found.get(label, [])) != 1 for label in ("subtotal", "total")):
        return
    parts = [(label, *one) for label, ones in found.items() for one in ones if label != "total"]
    total, raw, number = found["total"][0]
    added = sum(part[1] for part in parts)
    if abs(added - total) < 0.005 or re.search(
        r"\b(discount|deposit|credit|rounding|paid)\b", "\n".join(pages), re.I
    ):
        return
    places = [_page(at) for *_, at in parts] + [_page(number)]
    named = [*((label, text) for label, _, text, _ in parts), ("total", raw)]
    values = [
        {"name": label, "raw": text, "locationIds": [f"loc_{at}"]} for at, (label, text) in enumerate(named)
    ]
    data = {"code": "TOTAL_DOES_NOT_ADD_UP", "values": values}
    said = "The total is not the sum of its parts."
    kind = "FINANCIAL_RECONCILIATION_AND_SEQUENCE_CONTINUITY"
    yield _signal(kind, "HIGH", said, "value_comparison", data, places)


def _page(number: int) -> dict[str, Any]:
    return {"page": {"number": number}}


def _lines(pages: Sequence[str], form: re.Pattern[str]) -> Iterator[tuple[int, re.Match[str]]]:
    for number, page in enumerate(pages, 1):
        for line in page.splitlines():
            if match := form.match(line):
                yield number, match
