"""File types by use and version, as the page Supported File Types and the clients of Extend name them."""

import pytest

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.files import SUFFIXES, USES, check_file, check_text, suffix_of, why_refused
from airflow_provider_extend.api.versions import API_VERSIONS, V2024, V2025, V2026


@pytest.mark.parametrize("version", API_VERSIONS)
@pytest.mark.parametrize("use", ["upload", "extract", "classify", "split", "parse", "workflow", "package"])
@pytest.mark.parametrize("name", ["a.pdf", "A.PDF", "/data/in/b.tar.docx", "scan.tiff", "c.xlsx", ".png"])
def test_documents_pass_whatever_is_done_with_them(version, use, name):
    check_file(name, 1, use, version)


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("a.odt", {V2026}),
        ("a.gif", {V2025, V2026}),
        ("a.ods", {V2025, V2026}),
        ("a.xltm", {V2025, V2026}),
        ("a.eml", {V2024, V2025, V2026}),
        ("a.exe", set()),
        ("a.zip", set()),
        ("a.mp4", set()),
        ("a.json", set()),
    ],
)
def test_types_that_a_version_does_not_take_are_named(name, taken):
    for version in API_VERSIONS:
        if version in taken:
            check_file(name, None, "upload", version)
            continue
        suffix = name.partition(".")[2]
        with pytest.raises(ExtendInputError) as caught:
            check_file(f"/secret/{name}", 10, "upload", version)
        said = str(caught.value)
        assert said.startswith(
            f"The file {name!r} is of a type (.{suffix}) that API version {version} does not take"
        )
        assert "pdf, png, " in said
        assert said.endswith("Nothing was sent.")


@pytest.mark.parametrize("use", ["edit", "form_detection", "verify"])
@pytest.mark.parametrize("suffix", sorted(SUFFIXES[V2026]))
def test_forms_are_pdfs_and_four_types_are_verified(use, suffix):
    taken = {"pdf", "jpg", "jpeg", "png", "webp"} if use == "verify" else {"pdf"}
    why = why_refused(f"a.{suffix}", 5, use, V2026)
    assert (why is None) == (suffix in taken)
    assert why is None or f"does not take for {use.replace('_', ' ')}" in why


@pytest.mark.parametrize("use", USES)
def test_an_empty_file_is_refused_and_an_unknown_size_is_not(use):
    with pytest.raises(ExtendInputError, match=r"The file 'a\.pdf' is empty\. Nothing was sent"):
        check_file("in/a.pdf", 0, use, V2026)
    check_file("in/a.pdf", None, use, V2026)


@pytest.mark.parametrize(
    "name", ["document", "a.", "No. 12", "invoice.2026", "Mr. Smith", "a.b-c", "..", "in.d/scan"]
)
def test_a_name_without_a_suffix_is_left_to_extend(name):
    assert suffix_of(name) is None
    check_file(name, 1, "verify", V2026)


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a.PDF", "pdf"), (".pdf", "pdf"), ("a.b.c", "c"), ("x/y.z/a.Docx", "docx"), ("a.mp3", "mp3")],
)
def test_the_suffix_is_the_last_one(name, suffix):
    assert suffix_of(name) == suffix


@pytest.mark.parametrize(
    ("use", "versions"),
    [
        ("extract", {V2024, V2025, V2026}),
        ("classify", {V2024, V2025, V2026}),
        ("split", {V2024, V2025}),
        ("workflow", {V2024, V2025, V2026}),
        ("parse", set()),
        ("parse_batch", {V2026}),
        ("edit", set()),
        ("verify", set()),
        ("package", set()),
    ],
)
def test_where_a_document_may_be_given_as_text(use, versions):
    for version in API_VERSIONS:
        if version in versions:
            check_text(use, version)
        else:
            with pytest.raises(ExtendInputError, match=f"takes no text in API version {version}") as caught:
                check_text(use, version)
            assert all(known in str(caught.value) for known in versions)


def test_the_query_of_an_address_is_neither_read_nor_shown():
    check_file("https://a.example.com/in.pdf?sig=5ecret.part", None, "extract", V2026)
    with pytest.raises(ExtendInputError, match=r"The file 'in\.mp3' is of a type \(\.mp3\)"):
        check_file("https://a.example.com/in.mp3?sig=5ecret.part", None, "extract", V2026)


def test_an_unknown_use_or_version_is_an_error():
    with pytest.raises(ExtendInputError, match="use is 'read': expected one of upload, extract"):
        check_file("a.pdf", 1, "read", V2026)
    with pytest.raises(ExtendInputError, match="use is 'read'"):
        check_text("read", V2026)
    with pytest.raises(ExtendInputError, match="2020-01-01"):
        check_file("a.pdf", 1, "upload", "2020-01-01")
    with pytest.raises(ExtendInputError, match="2020-01-01"):
        check_text("extract", "2020-01-01")
