"""Pages of text -> the chunks and blocks of a parse run, by its config. It sees nothing else.

Where a block stands is made from its lines: the pages here are text, one line below the other (assumption).
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_extend.emulator.pdf import HEIGHT, LEADING, MARGIN, WIDTH

#: objects.md 6, ParseConfig. Other keys are taken as they are.
CONFIG = """
    target:markdown|spatial? engine:parse_performance|parse_light|parse_auto? engineVersion:str?
    chunkingStrategy?(type:page|document|section? options?(minCharacters:int? maxCharacters:int?))
    blockOptions?(
        figures?(enabled:bool? customInstructions:str?) keyValue:object? barcodes:object? formulas?(enabled:bool?)
        tables?(
            targetFormat:markdown|html? cellBlocksEnabled:bool? agentic?(enabled:bool? customInstructions:str?)
        )
        text?(signatureDetectionEnabled:bool? agentic?(enabled:bool? customInstructions:str?))
    )
    advancedOptions?(
        pageRotationEnabled:bool? pageRanges[]?(start:int end:int) excelParsingMode:basic|advanced?
        verticalGroupingThreshold:number? returnOcr?(words:bool? lines:bool?) alwaysConvertToPdf:bool?
        enrichmentFormat:xml|bracket? imageConversionQuality:high|medium|low?
        formattingDetection[]?(type:change_tracking?)
    )
"""

_LETTER = 6  # points
_MARKED = re.compile(r"\s*(#{1,6})\s+(?P<text>\S.*)")
_CAPITALS = re.compile(r"\s*(?P<text>(?=(?:[^A-Z]*[A-Z]){3})[A-Z][A-Z &'/,()-]{2,59})\s*")
_NUMBERED = re.compile(r"\s*(?P<text>\d{1,2}(?:\.\d{1,2})*\.?\s+[A-Z][^.:;,_\t]{1,58})\s*")
_MIME = {
    "pdf": "application/pdf", "csv": "text/csv", "html": "text/html", "xml": "application/xml", "txt": "text/plain",
}  # fmt: skip


@dataclass(frozen=True)
class _Block:
    page: int
    type: str
    lines: tuple[str, ...]
    row: int  # of its first line on the page
    rows: int  # how many lines of the page it covers
    gap: int = 0  # empty lines before it


def parse(pages: Sequence[str], config: Any, format: str = "txt") -> dict[str, Any]:
    """``ParseRunOutput`` (objects.md 6). ValueError for options that cannot be had together or at all."""
    options = config.get("advancedOptions") or {}
    numbers = numbers_of(config, len(pages))
    blocks = {number: list(_blocks(number, pages[number - 1])) for number in numbers}
    first = next((b for found in blocks.values() for b in found if b.type == "section_heading"), None)
    shown = _Shown(config, first)
    chunks = [shown.chunk(group) for group in _groups(blocks, config, shown)]
    found: dict[str, Any] = {"chunks": chunks}
    if asked := options.get("returnOcr"):  # nothing here is OCR
        found["ocr"] = {key: [] for key in ("words", "lines") if asked.get(key)}
    mime = _MIME.get(format, "text/plain")
    turned = 0 if options.get("pageRotationEnabled") is not False else None
    size = {"originalPageWidth": WIDTH, "originalPageHeight": HEIGHT, "dpi": 72}
    sizes = [{"number": number, "rotationApplied": turned, **size} for number in numbers]
    found["metadata"] = {"originalMimeType": mime, "finalMimeType": mime}
    found["metadata"] |= {"pages": sizes} if format == "pdf" else {}
    return found


def markdown(page: str) -> str:
    return str(parse([page], {})["chunks"][0]["content"])


def box(row: int, rows: int, left: float, letters: int) -> dict[str, float]:
    """Of some lines on a page, in points from its top left corner."""
    top, start = MARGIN + LEADING * row, MARGIN + _LETTER * left
    right = max(start + _LETTER * max(letters, 1), start + 1)
    return {"left": start, "top": top, "right": right, "bottom": top + LEADING * rows}


def numbers_of(config: Any, count: int) -> list[int]:
    """The pages that are parsed, of so many."""
    ranges = (config.get("advancedOptions") or {}).get("pageRanges")
    if not ranges:
        return list(range(1, count + 1))
    if any(one["start"] < 1 or one["end"] < one["start"] for one in ranges):
        raise ValueError("pageRanges: start must be 1 or more, and end not before it")
    found = [n for n in range(1, count + 1) if any(one["start"] <= n <= one["end"] for one in ranges)]
    if not found:
        raise ValueError(f"pageRanges: the document has {count} page(s)")
    return found


def _cells(line: str) -> list[str]:
    """Two or more, or nothing: a line of a table has its cells apart by tabs."""
    cells = [cell.strip() for cell in line.strip(" ").removesuffix("\t").split("\t")]
    return cells if len(cells) > 1 and any(cells) else []


def _blocks(number: int, page: str) -> Iterator[_Block]:
    lines, at, gap = page.splitlines(), 0, 0
    while at < len(lines):
        if not lines[at].strip():
            at, gap = at + 1, gap + 1
            continue
        kind, end = _kind(lines, at)
        held = tuple(line for line in lines[at:end] if line.strip())
        yield _Block(number, kind, held, at, end - at, gap)
        at, gap = end, 0


def _kind(lines: list[str], at: int) -> tuple[str, int]:
    """What begins at a line, and the line after it. Rows of a table may have empty lines between them."""
    if width := len(_cells(lines[at])):
        end = at + 1
        for later in range(at + 1, len(lines)):
            if len(_cells(lines[later])) == width:
                end = later + 1
            elif lines[later].strip():
                break
        if end > at + 1:
            return "table", end
    if _heading(lines[at]):
        return "section_heading", at + 1
    end = at + 1
    while end < len(lines) and lines[end].strip() and not _heading(lines[end]) and not _cells(lines[end]):
        end += 1
    return "text", end


def _heading(line: str) -> str:
    found = next((m for form in (_MARKED, _CAPITALS, _NUMBERED) if (m := form.fullmatch(line))), None)
    return found["text"].strip() if found else ""


@dataclass(frozen=True)
class _Shown:
    """Blocks as the config wants to see them."""

    config: Any
    title: _Block | None  # the first heading of the document

    @property
    def spatial(self) -> bool:
        return bool(self.config.get("target") == "spatial")

    @property
    def _tables(self) -> Any:
        return (self.config.get("blockOptions") or {}).get("tables") or {}

    def content(self, block: _Block) -> str:
        if self.spatial:
            return "\n".join(block.lines)
        if block.type == "table":
            rows = [_cells(line) for line in block.lines]
            return _html(rows) if self._tables.get("targetFormat") == "html" else _pipes(rows)
        if block.type == "section_heading":
            return ("# " if block is self.title else "## ") + _heading(block.lines[0])
        return "\n".join(line.strip() for line in block.lines)

    def text(self, blocks: Sequence[_Block]) -> str:
        if self.spatial:
            return "\n".join("\n" * block.gap + self.content(block) for block in blocks)
        return "\n\n".join(self.content(block) for block in blocks)

    def chunk(self, group: tuple[int, int, list[_Block]]) -> dict[str, Any]:
        start, end, blocks = group
        return {
            "object": "chunk",
            "type": _strategy(self.config),
            "content": self.text(blocks),
            "metadata": {"pageRange": {"start": start, "end": end}},
            "blocks": [self.block(block) for block in blocks],
        }

    def block(self, block: _Block) -> dict[str, Any]:
        kind = "heading" if block is self.title else block.type
        place = box(
            block.row, block.rows, 0, min(max(map(len, block.lines)), (WIDTH - 2 * MARGIN) // _LETTER)
        )
        made = _object(kind, self.content(block), {}, block.page, place, f"{block.row}")
        if kind == "table":
            rows = [_cells(line) for line in block.lines]
            made["details"] = {"type": "table_details", "rowCount": len(rows), "columnCount": len(rows[0])}
            if self._tables.get("cellBlocksEnabled"):
                made["children"] = list(_children(made["id"], rows, block))
        return made


def _children(parent: str, rows: list[list[str]], block: _Block) -> Iterator[dict[str, Any]]:
    letters = (WIDTH - 2 * MARGIN) // _LETTER // len(rows[0])
    for at, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            details = {"type": "table_cell_details", "rowIndex": at, "columnIndex": column}
            place = box(block.row + at, 1, letters * column, letters)
            kind = "table_cell" if at else "table_head"
            made = _object(kind, cell, details, block.page, place, f"{parent}{at}.{column}")
            yield made | {"parentBlockId": parent}


def _object(
    kind: str, content: str, details: Any, page: int, place: dict[str, float], salt: str
) -> dict[str, Any]:
    corners = ("left", "top"), ("right", "top"), ("right", "bottom"), ("left", "bottom")
    return {
        "object": "block",
        "id": hashlib.sha256(f"{page}/{salt}/{content}".encode()).hexdigest()[:16],
        "type": kind,
        "content": content,
        "details": details,
        "metadata": {"page": {"number": page, "width": WIDTH, "height": HEIGHT}},
        "polygon": [{"x": place[x], "y": place[y]} for x, y in corners],
        "boundingBox": place,
    }


def _pipes(rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |" for cells in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def _html(rows: list[list[str]]) -> str:
    shown = [
        "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells)
        for tag, cells in zip(["th", *["td"] * len(rows)], rows, strict=False)
    ]
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in shown) + "</table>"


def _strategy(config: Any) -> str:
    return str((config.get("chunkingStrategy") or {}).get("type") or "page")


def _groups(
    blocks: dict[int, list[_Block]], config: Any, shown: _Shown
) -> list[tuple[int, int, list[_Block]]]:
    """(first page, last page, blocks) of each chunk. A block is never cut (assumption)."""
    strategy, options = _strategy(config), (config.get("chunkingStrategy") or {}).get("options") or {}
    least, most = options.get("minCharacters") or 0, options.get("maxCharacters") or float("inf")
    if strategy != "page" and shown.spatial:
        raise ValueError(f"chunkingStrategy {strategy} is not for the target spatial")
    if least < 0 or most < 1 or least > most:
        raise ValueError("minCharacters must be 0 or more and not above maxCharacters")
    if strategy == "page":
        groups = list(blocks.values())
    else:
        groups = [[block for found in blocks.values() for block in found]]
    if strategy == "section":
        groups = _cut(groups[0], lambda held, block: block.type == "section_heading")
    pages = {id(group): number for number, group in blocks.items()}
    found: list[tuple[int, int, list[_Block]]] = []
    for group in groups:
        parts = (
            [group]
            if most == float("inf")
            else _cut(group, lambda held, b: len(shown.text([*held, b])) > most)
        )
        for part in parts:
            start, end = (part[0].page, part[-1].page) if part else [pages.get(id(group), 1)] * 2
            last = found[-1] if found else None
            if (
                last
                and least
                and len(shown.text(last[2])) < least
                and len(shown.text(last[2] + part)) <= most
            ):
                found[-1] = (last[0], end, last[2] + part)
            else:
                found.append((start, end, part))
    return found


def _cut(blocks: list[_Block], before: Any) -> list[list[_Block]]:
    parts: list[list[_Block]] = [[]]
    for block in blocks:
        if parts[-1] and before(parts[-1], block):
            parts.append([])
        parts[-1].append(block)
    return parts
