"""The documentation as it is written: fenced blocks, commands in backticks, quoted messages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])

_FENCE = re.compile(r"^( *)(```+|~~~+) *(\S*).*$")
#: What stands for a value that varies, in a message of the source and in its quotation.
_VARIES = "…"


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    code: str

    @property
    def name(self) -> str:
        return f"{self.page.name}:{self.line}:{self.language or 'no language'}"


def blocks(page: Path, language: str | None = None) -> list[Block]:
    """The fenced blocks of a page, in order.

    :raises ValueError: a fence is not closed.
    """
    found: list[Block] = []
    opened: tuple[int, str, str, str] | None = None
    lines: list[str] = []
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = _FENCE.match(line)
        if opened is None:
            if fence:
                opened, lines = (number, fence[1], fence[2], fence[3]), []
        elif fence and fence[2] == opened[2] and not fence[3]:
            found.append(Block(page, opened[0], opened[3], "\n".join(lines) + "\n"))
            opened = None
        else:
            lines.append(line.removeprefix(opened[1]))
    if opened is not None:
        raise ValueError(f"{page.name}:{opened[0]}: this block is not closed")
    return [block for block in found if language in (None, block.language)]


def prose(page: Path) -> str:
    """What stands outside of the fenced blocks."""
    inside, kept = "", []
    for line in page.read_text().splitlines():
        fence = _FENCE.match(line)
        if fence and (not inside or fence[2] == inside):
            inside = "" if inside else fence[2]
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def inline(page: Path) -> list[str]:
    """Everything in backticks, with line breaks as spaces."""
    return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose(page))]


def commands(code: str) -> list[str]:
    """The commands of a block of shell, without comments."""
    joined = re.sub(r"\\\n\s*", "", code)
    return [line.strip() for line in joined.splitlines() if line.strip() and not line.strip().startswith("#")]


def messages(files: Iterable[Path]) -> list[str]:
    """The texts in these sources, as `without_values` writes them."""
    found = []
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else _VARIES for part in node.values]
                found.append(without_values("".join(map(str, parts))))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(without_values(node.value))
    return found


def without_values(text: str) -> str:
    """`text` with one sign for each placeholder, number and `...`, and without quotation marks of code."""
    text = re.sub(r"%\.?\d*[sdrf]|\.\.\.|\d+", _VARIES, " ".join(text.split()))
    return re.sub(rf"{_VARIES}+", _VARIES, text.replace("`", "")).strip(f"{_VARIES} ")
