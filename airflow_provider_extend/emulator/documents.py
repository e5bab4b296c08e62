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
from pypdf.errors import DependencyError, FileNotDecryptedError, WrongPasswordError

from airflow_provider_extend.emulator.store import Store

#: (begins with, format, the API's file type); formats without a type in ``_REFUSED`` are no documents.
_BEGINNINGS: tuple[tuple[bytes, str, str | None], ...] = (
    (b"\x89PNG", "png", "IMG"),
    (b"\xff\xd8\xff", "jpeg", "IMG"),
    (b"GIF8", "gif", "IMG"),
    (b"II*\x00", "tiff", "IMG"),
    (b"MM\x00*", "tiff", "IMG"),
    (b"BM", "bmp", "IMG"),
    (b"8BPS", "psd", "IMG"),
    (b"\xd0\xcf\x11\xe0", "ole", None),
    (b"\x7fELF", "elf", None),
    (b"MZ", "exe", None),
    (b"\x1f\x8b", "gzip", None),
    (b"7z\xbc\xaf", "7z", None),
    (b"Rar!", "rar", None),
    (b"ID3", "mp3", None),
    (b"OggS", "ogg", None),
)
_PARTS = (
    (b"word/", "docx", "DOCX"),
    (b"xl/", "xlsx", "EXCEL"),
    (b"ppt/", "pptx", None),
    (b"opendocument", "odf", None),
)
#: The API's code of why a document cannot be read -> what an error says.
PROBLEMS = {
    "CORRUPT_FILE": "The file is empty or broken.",
    "PASSWORD_PROTECTED_FILE": "The file needs a password, or another one.",
    "FILE_TYPE_NOT_SUPPORTED": "Files of this type are not supported.",
    "FAILED_TO_CONVERT_TO_PDF": "This emulator reads no Office files.",
    "FAILED_TO_GENERATE_TARGET_FORMAT": "This emulator reads no pictures.",
    "UNABLE_TO_DOWNLOAD_FILE": "No file was uploaded here under the name that the link ends with.",
}
_REFUSED = frozenset("elf exe gzip 7z rar mp3 ogg zip mp4 wav".split())
_HTML = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|table|div|p|h[1-6]|ul|dl)\b", re.I | re.S
)
_LABELLED = re.compile(r":\s*\S")


@dataclass(frozen=True)
class Document:
    """``type`` is the API's file type, None for what is not recognised; no pages means unreadable.

    ``problem`` says why, in the API's own codes (README 4, document errors). ``format`` is what the bytes are.
    """

    type: str | None
    pages: tuple[str, ...]
    format: str = ""
    problem: str | None = None


def read(data: bytes, password: str | None = None) -> Document:
    if b"%PDF-" in data[:1024]:
        return _pdf(data, password)
    text = _decode(data)
    kind, file_type = _binary(data, text)
    if kind in _REFUSED:
        return Document(None, (), kind, "FILE_TYPE_NOT_SUPPORTED")
    if file_type == "IMG":  # no picture is read here
        return Document("IMG", (), kind, "FAILED_TO_GENERATE_TARGET_FORMAT")
    if kind:
        return Document(file_type, (), kind, "FAILED_TO_CONVERT_TO_PDF")
    if text is None:
        return Document(None, (), "", "FILE_TYPE_NOT_SUPPORTED")
    if _HTML.match(text) and (shown := _html_text(text)) is not None:
        return Document("HTML", (shown,), "html")
    if text.lstrip().startswith("<?xml"):
        return Document("XML", (text,), "xml")
    if rows := _csv_rows(text):
        return Document("CSV", ("\n".join("\t".join(row) for row in rows),), "csv")
    return Document("TXT", tuple(text.split("\f")), "txt")


def _binary(data: bytes, text: str | None) -> tuple[str, str | None]:
    """Format and type, none for text: what begins with letters must hold what text does not, too."""
    if data.startswith(b"PK\x03\x04"):
        return next((found[1:] for found in _PARTS if found[0] in data), ("zip", None))
    if data[4:8] == b"ftyp":
        return ("heic", "IMG") if data[8:11] in (b"hei", b"mif") else ("mp4", None)
    if data[8:12] in (b"WEBP", b"WAVE"):
        return ("webp", "IMG") if data[8:12] == b"WEBP" else ("wav", None)
    for beginning, kind, file_type in _BEGINNINGS:
        if data.startswith(beginning) and (text is None or not beginning.isascii()):
            return kind, file_type
    return "", None


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


def _pdf(data: bytes, password: str | None) -> Document:
    try:
        texts = (page.extract_text() for page in PdfReader(io.BytesIO(data), password=password).pages)
        pages = tuple(text.encode("utf-8", "replace").decode() for text in texts)
    except (DependencyError, FileNotDecryptedError, WrongPasswordError):
        return Document("PDF", (), "pdf", "PASSWORD_PROTECTED_FILE")
    except Exception:  # pypdf has no common base for what a broken file makes it raise
        pages = ()
    return Document("PDF", pages, "pdf", None if pages else "CORRUPT_FILE")


def _csv_rows(text: str) -> list[list[str]]:
    """Rows when the text is a table of one delimiter, else nothing.

    A letter whose lines happen to hold one comma each ("Date: March 1, 2026", "Amount: 1,234.56") is no
    table: no cell of one starts with a space, and no first cell of one reads as label and value already.
    """
    for delimiter in ",;\t|":
        try:
            rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(row)]
        except csv.Error:
            continue
        if (
            len(rows) > 1
            and len({len(row) for row in rows}) == 1
            and len(rows[0]) > 1
            and not any(cell.startswith(" ") for row in rows for cell in row)
            and not any(_LABELLED.search(row[0]) for row in rows)
        ):
            return rows
    return []


def _html_text(text: str) -> str | None:
    reader = _HtmlText()
    try:
        reader.feed(text)
        reader.close()
    except AssertionError:  # what the parser makes of a broken "<![": no HTML then
        return None
    return "".join(reader.parts)


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
