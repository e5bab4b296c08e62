"""The blanks of a form, found in its text, and the text with values in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_extend.emulator.parsing import box

#: Of a line: a box before or after its label, a label before a line to write on, a label with nothing after it.
_BLANKS = (
    (re.compile(r"(?P<blank>\[ ?\]|☐)[ \t]*(?P<label>[^\W_][^\[\]☐:_\t]{0,60})"), "checkbox"),
    (
        re.compile(
            r"(?P<label>[^\W_][^\[\]☐:_.\t]{0,60}?)[ \t]{0,9}:?[ \t]{0,9}(?P<blank>_{3,}|[.…]{4,}(?=\s*$))"
        ),
        "text",
    ),
    (re.compile(r"(?P<label>[^\W_][^\[\]☐:_\t]{0,60}?)[ \t]{0,9}:[ \t]{0,9}(?P<blank>\[ ?\]|☐)"), "checkbox"),
    (re.compile(r"^\s*(?P<label>[^\W_][^:_\t]{0,60}?)[ \t]*:(?P<blank>)\s*$"), "text"),
)
_TYPES: dict[str, Any] = {
    "string": str, "number": int | float, "integer": int, "boolean": bool, "array": list, "object": dict,
}  # fmt: skip
_YES, _NO = frozenset("yes true x on checked".split()), frozenset("no false off unchecked".split())


@dataclass(frozen=True)
class Blank:
    key: str
    label: str
    kind: str  # text, checkbox, signature
    page: int  # from 0
    line: int
    start: int
    end: int

    def schema(self) -> dict[str, Any]:
        """EditJSON, objects.md 6: nullable, of the kind of the field, with its place."""
        return {
            "type": ["boolean" if self.kind == "checkbox" else "string", "null"],
            "description": self.label,
            "extend_edit:field_type": self.kind,
            "extend_edit:page_index": self.page,
            "extend_edit:bbox": box(self.line, 1, self.start, max(self.end - self.start, 1)),
        }


def detect(pages: Sequence[str]) -> list[Blank]:
    """In reading order. Of a label that occurs again the key gets a number."""
    found: list[Blank] = []
    for page, text in enumerate(pages):
        for line, written in enumerate(text.splitlines()):
            for label, kind, start, end in sorted(_of_line(written), key=lambda one: one[2]):
                key = base = re.sub(r"\W+", "_", label.casefold()).strip("_") or "field"
                again = 2
                while any(key == one.key for one in found):
                    key, again = f"{base}_{again}", again + 1
                found.append(Blank(key, label, kind, page, line, start, end))
    return found


def _of_line(written: str) -> list[tuple[str, str, int, int]]:
    taken: list[tuple[str, str, int, int]] = []
    for form, kind in _BLANKS:
        for match in form.finditer(written):
            start, end = match.span("blank")
            if not any(
                (start < later and earlier < end) or start == earlier for _, _, earlier, later in taken
            ):
                label = match["label"].strip(" .,-")
                signed = kind == "text" and "signature" in label.casefold()
                taken.append((label, "signature" if signed else kind, start, end))
    return taken


def schema_of(blanks: Sequence[Blank]) -> dict[str, Any]:
    return {"type": "object", "properties": {one.key: one.schema() for one in blanks}}


def mapped(given: Mapping[str, Any], blanks: Sequence[Blank]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A given schema with the places of the blanks that fit its fields, and what fitted what."""
    named = {name: _fitting(name, prop, blanks) for name, prop in given["properties"].items()}
    placed = {
        n: ({**one.schema(), **given["properties"][n]} if one else given["properties"][n])
        for n, one in named.items()
    }
    used = {one.key for one in named.values() if one}
    result = {
        "matches": [{"inputPath": name, "formFieldKey": one.key} for name, one in named.items() if one],
        "unmatchedInputPaths": [name for name, one in named.items() if not one],
        "unusedFormFieldKeys": [one.key for one in blanks if one.key not in used],
    }
    return {**given, "properties": placed}, result


def _fitting(name: str, prop: Mapping[str, Any], blanks: Sequence[Blank]) -> Blank | None:
    words = [
        re.sub(r"\W+", "_", str(text).casefold()).strip("_")
        for text in (name, prop.get("description") or name)
    ]
    return next(
        (one for word in words for one in blanks if word in (one.key, one.key.replace("_", ""))), None
    )


def values_of(schema: Mapping[str, Any], instructions: str) -> dict[str, Any]:
    """The value that a field of the schema is given, else what the instructions say as "name: value".

    ValueError for one that the schema does not allow, or that it requires and nobody gives.
    """
    found: dict[str, Any] = {}
    for name, prop in schema["properties"].items():
        value = prop.get("extend_edit:value")
        told = _told(name, prop, instructions) if value is None else None
        value = _as(told, _kind(prop)) if told is not None else value
        if value is not None:
            _check(name, prop, value)
            found[name] = value
    if missing := [name for name in schema.get("required") or [] if name not in found]:
        raise ValueError(f"no value for the required field(s) {', '.join(missing)}")
    return found


def _kind(prop: Mapping[str, Any]) -> str:
    declared = prop.get("type")
    types = declared if isinstance(declared, list) else [declared]
    return next((one for one in types if isinstance(one, str) and one != "null"), "string")


def _told(name: str, prop: Mapping[str, Any], instructions: str) -> str | None:
    for label in (str(prop.get("description") or ""), name.replace("_", " "), name):
        form = rf"\b{re.escape(label)}\W{{0,2}}\s*(?::|=|\bis\b|\bto\b)\s*(?P<value>[^\n;]*?)\s*(?:\.?\s*$|[;\n]|\.\s)"
        if label and (match := re.search(form, instructions, re.I)) and match["value"]:
            return match["value"].strip("\"'")
    return None


def _as(told: str, kind: str) -> Any:
    if kind == "boolean":
        return True if told.casefold() in _YES else False if told.casefold() in _NO else told
    if kind in ("number", "integer"):
        try:
            return int(told) if kind == "integer" else float(told)
        except ValueError:
            return told
    return told


def _check(name: str, prop: Mapping[str, Any], value: Any) -> None:
    fitting = _TYPES.get(_kind(prop), str)
    if isinstance(value, bool) is not (fitting is bool) or not isinstance(value, fitting):
        raise ValueError(f"{name} must be of type {_kind(prop)}")
    if prop.get("enum") and value not in prop["enum"]:
        raise ValueError(f"{name} must be one of its enum")


def filled(pages: Sequence[str], schema: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    """The text with the values in its blanks. One without a blank stands under the text of its page."""
    blanks, lines = detect(pages), [page.splitlines() for page in pages]
    placed: list[tuple[Blank, Any]] = []
    for name, value in values.items():
        prop = schema["properties"][name]
        if blank := _fitting(name, prop, blanks):
            placed.append((blank, value))
            blanks.remove(blank)
        else:
            index = prop.get("extend_edit:page_index")
            index = index if isinstance(index, int) and 0 <= index < len(lines) else len(lines) - 1
            lines[index].append(f"{prop.get('description') or name}: {_written(value)}")
    for blank, value in sorted(placed, key=lambda one: one[0].start, reverse=True):
        line = lines[blank.page][blank.line]
        if blank.kind == "checkbox":
            shown = "[x]" if value is True else "[ ]" if value is False else f"[{_written(value)}]"
        else:
            shown = _written(value) if blank.end > blank.start else f" {_written(value)}"
        lines[blank.page][blank.line] = line[: blank.start] + shown + line[blank.end :]
    return ["\n".join(found) for found in lines]


def _written(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_written, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {_written(one)}" for key, one in value.items())
    return " ".join(str(value).split())
