"""Bytes of a document -> its text. What a document is gets decided by its content, never by its name."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from pypdf import PdfReader

from airflow_provider_extend.emulator.store import Store

_IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"BM", b"8BPS")
_HTML = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|table|div|p|h[1-6]|ul|dl)\b", re.I | re.S
)
_LABELLED = re.compile(r":\s*\S")


@dataclass(frozen=True)
class Document:
    """``type`` is the API's file type, None for what is not recognised; no pages means unreadable."""

    type: str | None
    pages: tuple[str, ...]


def read(data: bytes) -> Document:
    if b"%PDF-" in data[:1024]:
        return Document("PDF", _pdf_pages(data))
    if data.startswith(_IMAGES) or data[8:12] == b"WEBP":
        return Document("IMG", ())
    if data.startswith(b"PK\x03\x04"):
        return Document("DOCX" if b"word/" in data else "EXCEL" if b"xl/" in data else None, ())
    text = _decode(data)
    if text is None:
        return Document(None, ())
    if _HTML.match(text):
        reader = _HtmlText()
        reader.feed(text)
        reader.close()
        return Document("HTML", ("".join(reader.parts),))
    if text.lstrip().startswith("<?xml"):
        return Document("XML", (text,))
    if rows := _csv_rows(text):
        return Document("CSV", ("\n".join("\t".join(row) for row in rows),))
    return Document("TXT", tuple(text.split("\f")))


def keep(store: Store, file_id: str, data: bytes, pages: Sequence[str]) -> None:
    store.write_blob(file_id, data)
    store.write_blob(f"{file_id}.text", json.dumps(pages).encode())


def pages_of(store: Store, file_id: str) -> list[str]:
    """Pages of text; none for a file that cannot be read or was deleted: it counts, without values."""
    stored = store.read_blob(f"{file_id}.text")
    return list(json.loads(stored)) if stored else []


def forget(store: Store, file_id: str) -> None:
    for name in (file_id, f"{file_id}.text"):
        store.delete_blob(name)


def _decode(data: bytes) -> str | None:
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if re.search(r"[\x00-\x08\x0e-\x1f]", text) else text
    return None


def _pdf_pages(data: bytes) -> tuple[str, ...]:
    try:
        return tuple(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    except Exception:  # pypdf has no common base for what a broken file makes it raise
        return ()


def _csv_rows(text: str) -> list[list[str]]:
    """Rows when the text is a table of one delimiter, else nothing.

    A letter whose lines happen to hold one comma each ("Date: March 1, 2026", "Amount: 1,234.56") is no
    table: no cell of one starts with a space, and no first cell of one reads as label and value already.
    """
    for delimiter in ",;\t|":
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(row)]
        if (
            len(rows) > 1
            and len({len(row) for row in rows}) == 1
            and len(rows[0]) > 1
            and not any(cell.startswith(" ") for row in rows for cell in row)
            and not any(_LABELLED.search(row[0]) for row in rows)
        ):
            return rows
    return []


class _HtmlText(HTMLParser):
    """Visible text: cells of a table end with a tab, blocks with a line break."""

    _BLOCKS = frozenset(
        "address article br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p section table tr ul".split()
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._hidden += 1
        elif tag in self._BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._hidden = max(0, self._hidden - 1)
        elif tag in ("td", "th"):
            self.parts.append("\t")
        elif tag in self._BLOCKS or tag == "title":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(re.sub(r"\s+", " ", data))
