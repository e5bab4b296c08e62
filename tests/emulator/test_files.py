"""Files of all versions: uploads that are taken and refused, contents, passwords, conversion."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"


def upload(api, data: bytes, version: str = V26, query: str = "", **form: str) -> Any:
    return api.send("POST", f"/files/upload{query}", version, files={"file": ("a.bin", data)}, data=form)


def locked(data: bytes, password: str) -> bytes:
    writer, held = PdfWriter(clone_from=PdfReader(io.BytesIO(data))), io.BytesIO()
    writer.encrypt(password, algorithm="RC4-128")
    writer.write(held)
    return held.getvalue()


@pytest.mark.parametrize(
    ("data", "type"),
    [
        (b"text", "TXT"),
        (b"a,b\n1,2\n", "CSV"),
        (b"<html><p>x</p></html>", "HTML"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b"\x89PNG\r\n\x1a\n\x00", "IMG"),
        (b"BM\x00\x00\x00\x00", "IMG"),
        (b"BMW, second hand", "TXT"),
        (b"\x00\x00\x00\x18ftypheic\x00", "IMG"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8", "IMG"),
        (b"PK\x03\x04..word/document.xml", "DOCX"),
        (b"PK\x03\x04..xl/workbook.xml", "EXCEL"),
        (b"PK\x03\x04..ppt/slides", None),
        (b"\xd0\xcf\x11\xe0\x00", None),
        (b"\x00\x01\x02", None),
    ],
)
def test_types_are_those_of_the_content(api, data: bytes, type: str | None) -> None:
    assert upload(api, data).json()["type"] == type


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "CORRUPT_FILE"),
        (b"%PDF-1.7 broken", "CORRUPT_FILE"),
        (b"MZ\x90\x00\x03", "FILE_TYPE_NOT_SUPPORTED"),
        (b"\x1f\x8b\x08\x00", "FILE_TYPE_NOT_SUPPORTED"),
        (b"PK\x03\x04\x14\x00 readme", "FILE_TYPE_NOT_SUPPORTED"),
        (b"\x00\x00\x00\x18ftypmp42\x00", "FILE_TYPE_NOT_SUPPORTED"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "FILE_TYPE_NOT_SUPPORTED"),
    ],
)
def test_uploads_that_are_refused(api, data: bytes, code: str) -> None:
    answer = upload(api, data)
    assert (answer.status_code, answer.json()["code"], answer.json()["retryable"]) == (400, code, False)
    older = upload(api, data, V24)
    assert (older.status_code, older.json()["success"], code in older.json()["error"]) == (400, False, True)
    assert api.ok("GET", "/files")["data"] == []


def test_the_oldest_version_knows_fewer_pictures(api) -> None:
    for data in (b"GIF89a\x00\x01", b"BM\x00\x00", b"8BPS\x00\x01", b"RIFF\x00\x00\x00\x00WEBP"):
        assert [upload(api, data, version).status_code for version in (V24, V25, V26)] == [400, 200, 200]
    assert upload(api, b"\xff\xd8\xff\xe0\x00", V24).json()["file"]["type"] == "IMG"


def test_a_password_opens_a_protected_pdf(api, pdf) -> None:
    data = locked(pdf(["Total: 5"]), "secret")
    for form in ({}, {"password": "wrong"}):
        answer = upload(api, data, **form)
        assert (answer.status_code, answer.json()["code"]) == (400, "PASSWORD_PROTECTED_FILE")
        assert "wrong" not in answer.text
    file_id = upload(api, data, password="secret").json()["id"]
    assert "Total: 5" in api.ok("GET", f"/files/{file_id}?rawText=true")["contents"]["rawText"]
    assert api.ok("POST", "/parse", json={"file": {"id": file_id}})["status"] == "PROCESSED"
    assert api.ok("POST", "/parse", json={"file": {"id": upload(api, locked(pdf(["x"]), "")).json()["id"]}})


def test_html_is_converted_when_it_is_asked_for(api) -> None:
    made = upload(api, b"<html><p>Total: 5</p></html>", V26, "?convertToPdf=true").json()
    shown = api.ok("GET", f"/files/{made['id']}?rawText=true")
    assert (made["type"], made["metadata"], shown["contents"]["rawText"].strip()) == (
        "PDF",
        {"pageCount": 1},
        "Total: 5",
    )
    assert upload(api, b"<html><p>x</p></html>", V25, "?convertToPdf=false").json()["file"]["type"] == "HTML"
    assert upload(api, b"text", V26, "?convertToPdf=true").json()["type"] == "TXT"


def test_contents_are_those_that_are_asked_for(api, example, pdf) -> None:
    file_id = api.upload(pdf(["INVOICE", "No: 5"], ["two"]))
    plain = api.ok("GET", f"/files/{file_id}")
    assert plain["contents"] is None
    assert plain.keys() == example("2026-02-09.file").keys()
    old = api.ok("GET", f"/files/{file_id}", V25)["file"]
    assert old.keys() == example("2025-04-21.file.uploaded")["file"].keys()
    everything = "?rawText=true&markdown=true&html=true"
    found = api.ok("GET", f"/files/{file_id}{everything}")["contents"]
    texts = ["# INVOICE\n\nNo: 5", "two"]
    size = {"pageHeight": 792, "pageWidth": 612}
    assert found["pages"] == [{"pageNumber": n, **size, "markdown": text} for n, text in enumerate(texts, 1)]
    assert sorted(found) == ["pages", "rawText"]
    older = api.ok("GET", f"/files/{file_id}{everything}", V25)["file"]["contents"]
    assert older == found | {"markdown": "\n\n".join(texts)}
    assert api.ok("GET", f"/files/{file_id}?rawText=true", V24)["file"]["contents"].keys() == {"rawText"}
    assert api.ok("GET", f"/files/{file_id}?rawText=1&html=true")["contents"] == {"pages": []}
    text = api.upload(b"HEAD\nx")
    assert api.ok("GET", f"/files/{text}?markdown=true")["contents"] == {"pages": []}


def test_the_older_create_takes_a_link_or_a_text(api) -> None:
    api.upload(b"a,b\n1,2\n", "table.csv")
    body = {"name": "copy", "url": "https://bucket.example.com/x/table.csv?sig=1", "mediaType": "text/plain"}
    made = api.ok("POST", "/files", V25, json=body)["file"]
    assert (made["name"], made["type"]) == ("copy", "CSV")
    assert len(api.ok("GET", "/files")["data"]) == 2
    for wrong in (
        {"name": "x"},
        body | {"rawText": "x"},
        {"name": "x", "url": "https://a/none"},
        {"rawText": "x"},
    ):
        assert api.send("POST", "/files", V24, json=wrong).status_code == 400


def test_lists_of_all_versions(api) -> None:
    ids = [api.upload(b"x", name) for name in ("one.txt", "Two.txt", "three.txt")]
    for version, key in ((V24, "files"), (V25, "files"), (V26, "data")):
        pages = api.pages("/files", {"maxPageSize": 2, "sortDir": "asc"}, version, key)
        assert [file["id"] for page in pages for file in page] == ids
        named = api.ok("GET", "/files?nameContains=two", version)[key]
        assert [file["id"] for file in named] == [ids[1]]
    assert api.send("GET", f"/files?maxPageSize={'9' * 5000}").status_code == 400
