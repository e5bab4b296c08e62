"""The generator: many layouts, the same bytes each time, and a truth that can be read off the documents."""

import csv
import io
import itertools
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfReader

from demo import documents

FIELDS = [
    "invoice_number",
    "invoice_date",
    "vendor_name",
    "subtotal",
    "tax",
    "total",
    "due_date",
    "po_number",
]
DRAFTS = Path(documents.__file__).parent / "drafts"


@pytest.fixture(scope="module")
def made():
    return documents.generate()


def text_of(document):
    if document.name.endswith(".pdf"):
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(document.data)).pages)
    return document.data.decode().replace("&amp;", "&")


def test_sixty_documents_of_four_kinds_and_eleven_layouts(made):
    assert len(made) == 60
    assert set(Counter(Path(document.name).suffix for document in made)) == {".pdf", ".txt", ".csv", ".html"}
    assert len(documents._LAYOUTS) == 11


def test_the_same_seed_gives_the_same_bytes(made):
    assert documents.generate() == made
    assert documents.generate(seed=1) != made


def test_names_are_numbers_and_neighbours_are_of_different_kinds(made):
    assert [Path(document.name).stem for document in made] == [f"document-{n:02}" for n in range(1, 61)]
    suffixes = [Path(document.name).suffix for document in made]
    assert sum(a != b for a, b in itertools.pairwise(suffixes)) > 20


def test_what_is_true_is_printed_in_the_document(made):
    for document in made:
        assert list(document.truth) == FIELDS
        text = " ".join(text_of(document).split())
        for field in ("invoice_number", "vendor_name", "po_number"):
            assert document.truth[field] is None or document.truth[field] in text, (document.name, field)
        plain = text.replace(",", "").replace(".", "")
        for field in ("subtotal", "tax", "total"):
            assert f"{document.truth[field]:.2f}".replace(".", "") in plain, (document.name, field)
        for field in ("invoice_date", "due_date"):
            if document.truth[field]:
                day = date.fromisoformat(document.truth[field])
                shown = ("_long", "_short", "_slashed", "_dotted")
                ways = {getattr(documents, way)(day) for way in shown} | {day.isoformat()}
                assert any(way in text for way in ways), (document.name, field)


def test_sums_add_up_and_some_fields_are_null(made):
    for truth in (document.truth for document in made):
        assert truth["subtotal"] + truth["tax"] == pytest.approx(truth["total"])
    for field in ("due_date", "po_number"):
        assert 15 < sum(document.truth[field] is None for document in made) < 45


def test_dates_and_amounts_come_in_several_forms(made):
    texts = [text_of(document) for document in made]
    for part in ("/2026", ".2026", " 2026", ", 2026", "2026-", "$", "EUR ", "£"):
        assert any(part in text for text in texts), part


def test_csv_files_are_tables(made):
    for document in made:
        if document.name.endswith(".csv"):
            delimiter = ";" if b";" in document.data else ","
            rows = list(csv.reader(io.StringIO(document.data.decode()), delimiter=delimiter))
            assert len({len(row) for row in rows}) == 1


def test_the_truth_is_written_beside_the_documents(made, tmp_path):
    documents.write(tmp_path / "some folder")
    truth = json.loads((tmp_path / "some folder" / "truth.json").read_text())
    assert truth == {document.name: document.truth for document in made}
    on_disk = {path.name: path.read_bytes() for path in (tmp_path / "some folder").iterdir()}
    on_disk.pop("truth.json")
    assert on_disk == {document.name: document.data for document in made}


def test_the_drafts_differ_in_the_labels_of_the_total_and_a_rule_about_dates():
    good, regressed = (json.loads((DRAFTS / f"{name}.json").read_text()) for name in ("good", "regressed"))
    assert list(good["schema"]["properties"]) == FIELDS
    assert good["extractionRules"].startswith(regressed["extractionRules"])
    assert "Amount Due" in good["schema"]["properties"]["total"]["description"]
    good["extractionRules"] = regressed["extractionRules"]
    good["schema"]["properties"]["total"] = regressed["schema"]["properties"]["total"]
    assert good == regressed


def test_the_labels_of_the_layouts_are_in_the_good_draft_but_not_those_of_the_hard_documents(made):
    """The local Extend reads what has a label: all but two documents, and no other way."""
    from airflow_provider_extend.emulator import documents as reader
    from airflow_provider_extend.emulator import extraction
    from demo.recount import recount

    truth = {document.name: document.truth for document in made}
    accuracy = {}
    for name in ("good", "regressed"):
        config = json.loads((DRAFTS / f"{name}.json").read_text())
        outputs = {
            document.name: extraction.extract(reader.read(document.data).pages, config)[0]
            for document in made
        }
        counts = recount(truth, outputs)
        accuracy[name] = {key: k / n for key, (k, n) in counts.items()}
    good, regressed = accuracy["good"], accuracy["regressed"]
    assert 0.95 < good["extract.accuracy"] < 1
    assert 0.95 < good["extract.fields.total.accuracy"] < 1
    assert good["extract.fields.invoice_number.accuracy"] >= 0.9
    assert regressed["extract.accuracy"] < 0.9
    assert regressed["extract.fields.total.accuracy"] < 0.6
