"""From the text of pages to chunks and blocks, by the config of a parse."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from airflow_provider_extend.emulator.documents import read
from airflow_provider_extend.emulator.parsing import markdown, parse

PAGE = "INVOICE\n\nNumber: 5\n  Vendor:   Acme\n\nItem\tPrice\n\nBolt\t3\nNut|x\t4\n\nTERMS AND CONDITIONS\npay soon"
TABLE = "| Item | Price |\n| --- | --- |\n| Bolt | 3 |\n| Nut\\|x | 4 |"


def chunks(pages: list[str], **config: Any) -> list[tuple[str, int, int]]:
    found = parse(pages, config)["chunks"]
    spans = [one["metadata"]["pageRange"] for one in found]
    return [(one["content"], span["start"], span["end"]) for one, span in zip(found, spans, strict=True)]


def strategy(kind: str, **options: int) -> dict[str, Any]:
    return {"type": kind, "options": options}


def test_headings_text_and_tables_become_blocks_of_markdown() -> None:
    (chunk,) = parse([PAGE], {})["chunks"]
    assert [block["type"] for block in chunk["blocks"]] == [
        "heading",
        "text",
        "table",
        "section_heading",
        "text",
    ]
    texts = ["# INVOICE", "Number: 5\nVendor:   Acme", TABLE, "## TERMS AND CONDITIONS", "pay soon"]
    assert [block["content"] for block in chunk["blocks"]] == texts
    assert chunk["content"] == markdown(PAGE) == "\n\n".join(texts)
    assert (chunk["type"], chunk["metadata"]) == ("page", {"pageRange": {"start": 1, "end": 1}})
    table = chunk["blocks"][2]
    assert table["details"] == {"type": "table_details", "rowCount": 3, "columnCount": 2}
    assert "children" not in table


def test_blocks_stand_below_each_other_and_have_an_id_of_their_own() -> None:
    blocks = parse([PAGE, PAGE], {"chunkingStrategy": strategy("document")})["chunks"][0]["blocks"]
    assert len({block["id"] for block in blocks}) == len(blocks) == 10
    assert blocks[0] == parse([PAGE], {})["chunks"][0]["blocks"][0]
    for number in (1, 2):
        boxes = [b["boundingBox"] for b in blocks if b["metadata"]["page"]["number"] == number]
        assert all(above["bottom"] <= below["top"] for above, below in itertools.pairwise(boxes))
        assert all(one["left"] < one["right"] <= 612 for one in boxes)
    place = blocks[0]["boundingBox"]
    assert blocks[0]["polygon"][2] == {"x": place["right"], "y": place["bottom"]}


CSV = b"A,B\n1,2\n"
HTML = b"<table><tr><th>A</th><th>B</th></tr>\n <tr><td>1</td><td>2</td></tr></table>"


@pytest.mark.parametrize("data", [CSV, HTML])
def test_a_table_of_a_csv_or_html_file_has_its_cells_when_they_are_asked_for(data: bytes) -> None:
    options = {"tables": {"cellBlocksEnabled": True, "targetFormat": "html"}}
    (table,) = parse(read(data).pages, {"blockOptions": options})["chunks"][0]["blocks"]
    assert table["content"] == "<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>"
    cells = table["children"]
    assert [(cell["type"], cell["content"]) for cell in cells] == [
        ("table_head", "A"),
        ("table_head", "B"),
        ("table_cell", "1"),
        ("table_cell", "2"),
    ]
    assert cells[3]["details"] == {"type": "table_cell_details", "rowIndex": 1, "columnIndex": 1}
    assert {cell["parentBlockId"] for cell in cells} == {table["id"]}


def test_spatial_keeps_the_lines_as_they_are() -> None:
    assert chunks(["  Total:    5\n\n\n  Paid:     5"], target="spatial") == [
        ("  Total:    5\n\n\n  Paid:     5", 1, 1)
    ]


def test_chunks_by_page_document_and_section() -> None:
    pages = ["TITLE\none", "", "two\nNEXT PART\nthree"]
    assert chunks(pages) == [("# TITLE\n\none", 1, 1), ("", 2, 2), ("two\n\n## NEXT PART\n\nthree", 3, 3)]
    assert chunks(pages, chunkingStrategy=strategy("document")) == [
        ("# TITLE\n\none\n\ntwo\n\n## NEXT PART\n\nthree", 1, 3)
    ]
    assert chunks(pages, chunkingStrategy=strategy("section")) == [
        ("# TITLE\n\none\n\ntwo", 1, 3),
        ("## NEXT PART\n\nthree", 3, 3),
    ]


def test_chunks_are_cut_and_joined_by_their_length() -> None:
    pages = ["one\n\ntwo\n\nthree", "four"]
    assert [text for text, *_ in chunks(pages, chunkingStrategy=strategy("page", maxCharacters=8))] == [
        "one\n\ntwo",
        "three",
        "four",
    ]
    assert chunks(pages, chunkingStrategy=strategy("page", minCharacters=16)) == [
        ("one\n\ntwo\n\nthree\n\nfour", 1, 2)
    ]
    both = strategy("document", minCharacters=4, maxCharacters=5)
    assert [text for text, *_ in chunks(pages, chunkingStrategy=both)] == ["one", "two", "three", "four"]


def test_only_the_pages_that_are_asked_for() -> None:
    ranges = [{"start": 2, "end": 2}, {"start": 4, "end": 9}]
    found = parse(["a", "b", "c", "d"], {"advancedOptions": {"pageRanges": ranges}}, "pdf")
    assert [one["content"] for one in found["chunks"]] == ["b", "d"]
    assert [one["number"] for one in found["metadata"]["pages"]] == [2, 4]


def test_what_is_told_about_the_file() -> None:
    assert parse(["a"], {}, "csv")["metadata"] == {
        "originalMimeType": "text/csv",
        "finalMimeType": "text/csv",
    }
    (page,) = parse(["a"], {"advancedOptions": {"pageRotationEnabled": False}}, "pdf")["metadata"]["pages"]
    assert (page["rotationApplied"], page["originalPageWidth"], page["dpi"]) == (None, 612, 72)
    asked = {"returnOcr": {"words": True, "lines": False}}
    assert parse(["a"], {"advancedOptions": asked})["ocr"] == {"words": []}


@pytest.mark.parametrize(
    "config",
    [
        {"target": "spatial", "chunkingStrategy": {"type": "section"}},
        {"target": "spatial", "chunkingStrategy": {"type": "document"}},
        {"chunkingStrategy": strategy("page", minCharacters=5, maxCharacters=4)},
        {"chunkingStrategy": strategy("page", maxCharacters=-1)},
        {"chunkingStrategy": strategy("page", minCharacters=-1)},
        {"advancedOptions": {"pageRanges": [{"start": 0, "end": 1}]}},
        {"advancedOptions": {"pageRanges": [{"start": 3, "end": 2}]}},
        {"advancedOptions": {"pageRanges": [{"start": 3, "end": 3}]}},
    ],
)
def test_options_that_cannot_be_had(config: Any) -> None:
    with pytest.raises(ValueError, match=r"pageRanges|minCharacters|target spatial"):
        parse(["one", "two"], config)


@pytest.mark.parametrize("line", ["Total: 5", "TOTAL 5", "A", "Name: ____", "1. pay soon, please", "ABC: x"])
def test_what_is_no_heading(line: str) -> None:
    assert [block["type"] for block in parse([line], {})["chunks"][0]["blocks"]] == ["text"]


@pytest.mark.parametrize(("line", "shown"), [("## Terms: now", "# Terms: now"), ("1.2 Scope", "# 1.2 Scope")])
def test_marked_and_numbered_headings(line: str, shown: str) -> None:
    assert parse([line], {})["chunks"][0]["content"] == shown
