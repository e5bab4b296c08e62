"""Text and config -> values: a small, honest extractor that finds values by their labels.

It sees the text of a document and the config of a processor and nothing else, so better labels in a config
give better metrics, and renaming or swapping files changes nothing that their content does not. No switch
makes it better or worse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

Path = tuple[str, ...]

_CELL = re.compile(r"\t|\||\s{2,}")
_CODES = (
    "AED AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS INR JPY KRW MXN NOK NZD PLN SEK SGD TRY USD ZAR"
).replace(" ", "|")
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
_CURRENCY = rf"(?:\b(?:{_CODES})\b|[A-Z]{{0,2}}[{''.join(_SIGNS)}])"
_AMOUNT = re.compile(
    rf"(?P<open>\()?\s*(?P<minus>-)?\s*(?P<before>{_CURRENCY})?\s*(?P<minus2>-)?\s*"
    r"(?P<digits>\d{1,3}(?:[ \u00a0\u202f']\d{3})+(?:[.,]\d+)?(?!\d)|\d[\d.,]*)"
    rf"\s*(?P<after>{_CURRENCY})?(?![\w/-])"
)
_MONTHS = {m: i for i, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_MONTH = r"(?P<name>(?:" + "|".join(_MONTHS) + r")[a-z]*)\.?"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<y>\d{4})"
_DATES = [
    re.compile(pattern + r"(?![\w-])", re.I)
    for pattern in (
        rf"{_YEAR}-(?P<m>\d{{1,2}})-{_DAY}(?:T[\d:.]+(?:Z|[+-][\d:]+)?)?",
        rf"(?P<d>\d{{1,2}})\.(?P<m>\d{{1,2}})\.{_YEAR}",
        rf"(?P<first>\d{{1,2}})/(?P<second>\d{{1,2}})/{_YEAR}",
        rf"{_DAY}[\s-]+{_MONTH},?[\s-]+{_YEAR}",
        rf"{_MONTH}\s+{_DAY},?\s+{_YEAR}",
    )
]
_DIGITS = 30  # of a number; more is none
_LABEL = re.compile(r"([^\W\d_][\w /&.-]{0,40}?)\s*:\s*(.*)")
_NULLABLE = ("string", "null"), ("number", "null")
_WORDS = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True)
class Field:
    """A leaf of the config's schema. ``keys`` are the names an expected output may use for its last step."""

    path: Path
    kind: str  # string, number, integer, boolean, date, currency, array
    labels: tuple[str, ...]
    options: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


def leaves(config: Mapping[str, Any]) -> list[Field]:
    """Every leaf of ``schema.properties``, or of the older ``fields`` list when there is no schema.

    Raises ValueError for a config of another form.
    """
    if config.get("schema") is not None:
        return list(_schema_leaves(config["schema"], ()))
    return list(_list_leaves(config.get("fields") or [], ()))


def _schema_leaves(schema: Any, path: Path) -> Iterator[Field]:
    properties = schema.get("properties", {}) if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or not all(isinstance(p, dict) for p in properties.values()):
        raise ValueError(f"an object with properties is expected at {'.'.join(('schema', *path))}")
    for name, prop in properties.items():
        declared = prop.get("type")
        types = [t for t in (declared if isinstance(declared, list) else [declared]) if t != "null"]
        kind = str(prop.get("extend:type") or prop.get("format") or "")
        if kind not in ("date", "currency"):
            kind = str(types[0]) if types else "string"
        if kind == "object":
            yield from _schema_leaves(prop, (*path, name))
            continue
        listed = prop.get("enum")
        options = tuple(o for o in listed if isinstance(o, str)) if isinstance(listed, list) else ()
        yield Field((*path, name), kind, _labels(prop, prop.get("title"), name), options, (name,))


def _list_leaves(fields: Any, path: Path) -> Iterator[Field]:
    if not isinstance(fields, list) or not all(
        isinstance(f, dict) and (f.get("name") or f.get("id")) for f in fields
    ):
        raise ValueError("fields must be a list of objects, each with a name")
    if len({str(field.get("name") or field["id"]) for field in fields}) < len(fields):
        raise ValueError("fields: each needs a name of its own")
    for field in fields:
        name = str(field.get("name") or field["id"])
        kind = str(field.get("type") or "string")
        if kind == "object":
            yield from _list_leaves(field.get("schema") or [], (*path, name))
            continue
        # In the older form a currency is a plain number; the object of amount and code came with the schema.
        kind = "number" if kind == "currency" else kind
        yield Field((*path, name), kind, _labels(field, None, name), (), (name, str(field.get("id") or name)))


def _labels(described: Mapping[str, Any], title: object, name: str) -> tuple[str, ...]:
    description = str(described.get("description") or "").replace("“", '"').replace("”", '"')
    quoted = [label.strip(" :") for label in re.findall(r'"([^"]+)"', description)]
    found = [label for label in quoted if label]
    return tuple(found or [str(label) for label in (title, name.replace("_", " ").strip()) if label])


def extract(pages: Sequence[str], config: Mapping[str, Any]) -> tuple[dict[str, Any], dict[Path, float]]:
    """The values, nested as the config nests them (null where nothing was found), and each value's confidence.

    Confidence says how many different values the label pointed to: 1 for one, 1/n for n; none for a null.
    """
    lines = cells_of(pages)
    day_first = bool(re.search(r"\bdates are day[ -]first\b", rules_of(config), re.I))
    values: dict[str, Any] = {}
    confidence: dict[Path, float] = {}
    for field in leaves(config):
        level = values
        for step in field.path[:-1]:
            level = level.setdefault(step, {})
        found = _find(field, lines, day_first)
        level[field.path[-1]] = found[0] if found else None
        if found:
            confidence[field.path] = found[1]
    return values, confidence


def generate(pages: Sequence[str]) -> dict[str, Any] | None:
    """A schema for what stands as "label: value" in the text, its types read off the values; None for no label."""
    text, amount = ({"type": list(kinds)} for kinds in _NULLABLE)
    money = {"amount": amount, "iso_4217_currency_code": text}
    forms: dict[str, dict[str, Any]] = {
        "date": text | {"extend:type": "date"},
        "currency": {
            "type": "object",
            "extend:type": "currency",
            "properties": money,
            "required": list(money),
        },
        "number": amount,
        "string": text,
    }
    properties: dict[str, Any] = {}
    for cells in cells_of(pages):
        for at, cell in enumerate(cells):
            if not (match := _LABEL.fullmatch(cell)) or not (
                name := "_".join(re.findall(r"\w+", match[1])).lower()
            ):
                continue
            raw = match[2] or " ".join(cells[at + 1 : at + 2])
            properties.setdefault(name, {"description": f'The "{match[1]}"'} | forms[_kind_of(raw)])
    closed = {"required": list(properties), "additionalProperties": False}
    return {"type": "object", "properties": properties} | closed if properties else None


def _kind_of(raw: str) -> str:
    if _parse_date(raw, False):
        return "date"
    money = _AMOUNT.fullmatch(raw.strip())
    return "string" if not money else "currency" if money["before"] or money["after"] else "number"


def rules_of(config: Mapping[str, Any]) -> str:
    return str(config.get("extractionRules") or config.get("customExtractionRules") or "")


def cells_of(pages: Sequence[str]) -> list[list[str]]:
    """The cells of each line that has one."""
    split = [_CELL.split(line) for page in pages for line in page.splitlines()]
    return [cells for line in split if (cells := [cell.strip() for cell in line if cell.strip()])]


def _find(field: Field, lines: list[list[str]], day_first: bool) -> tuple[Any, float] | None:
    """The first label with a value that parses wins.

    Where that label occurs several times, numbers take the last occurrence (totals stand at the end) and
    strings and dates the first (heads stand at the beginning).
    """
    for label in field.labels:
        parsed = [parse(field, raw, day_first) for raw in values_of(label, lines)]
        found = [value for value in parsed if value is not None]
        if found:
            chosen = found[-1] if field.kind in ("number", "integer", "currency") else found[0]
            return chosen, round(1 / len({repr(value) for value in found}), 4)
    return None


def values_of(label: str, lines: list[list[str]]) -> Iterator[str]:
    """What follows the label: in its cell, else in the next cell, else, if it stands alone, on the next line."""
    phrase = re.compile(r"\s+".join(map(re.escape, label.split())) + r"(?:[\s:#,]+|$)", re.I)
    for at, cells in enumerate(lines):
        for column, cell in enumerate(cells):
            match = phrase.match(cell)
            if not match:
                continue
            if rest := cell[match.end() :].strip():
                yield rest
            elif column + 1 < len(cells):
                yield cells[column + 1]
            elif len(cells) == 1 and at + 1 < len(lines):
                yield lines[at + 1][0]


def parse(field: Field, raw: object, day_first: bool = False) -> Any:
    """``raw`` as the field's type, None when it is not one. Also used to bring expected values to one form."""
    text = " ".join(str(raw).split())
    if field.kind in ("number", "integer", "currency"):
        return _parse_amount(field.kind, text)
    if field.kind == "date":
        return _parse_date(text, day_first)
    if field.kind == "boolean":
        return _WORDS.get(text.casefold())
    if field.kind == "array":
        return None
    if field.options:
        return next((option for option in field.options if option.casefold() == text.casefold()), None)
    return text or None


def _parse_amount(kind: str, text: str) -> Any:
    match = _AMOUNT.match(text)
    number = _decimal(match["digits"]) if match else None
    if match is None or number is None:
        return None
    if match["minus"] or match["minus2"] or match["open"]:
        number = -number
    whole = number == number.to_integral_value()
    if kind == "integer":
        return int(number) if whole else None
    plain = int(number) if whole else float(number)
    if kind == "number":
        return plain
    unit = match["before"] or match["after"]
    return {"amount": plain, "iso_4217_currency_code": _SIGNS.get(unit[-1], unit) if unit else None}


def _decimal(digits: str) -> Decimal | None:
    """1,234.56 and 1.234,56 alike. A lone comma before three digits groups thousands; a lone point is decimal."""
    text = re.sub(r"[ \u00a0\u202f']", "", digits).rstrip(".,")
    if len(text) > _DIGITS:
        return None
    point = max(text.rfind("."), text.rfind(","))
    if point >= 0:
        mark = text[point]
        other = "," if mark == "." else "."
        grouping = text.count(mark) > 1 or (mark == "," and other not in text and len(text) - point == 4)
        whole, part = (text, "") if grouping else (text[:point], text[point + 1 :])
        groups = re.split(r"[.,]", whole)
        if any(len(group) != 3 for group in groups[1:]) or (grouping and other in text):
            return None
        text = "".join(groups) + (f".{part}" if part else "")
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _parse_date(text: str, day_first: bool) -> str | None:
    """To ISO. 01/03/2026 is January 3rd, the order of the United States, unless the rules say day first."""
    for pattern in _DATES:
        if not (match := pattern.match(text)):
            continue
        found = match.groupdict()
        if "first" in found:
            day, month = (found["first"], found["second"]) if day_first else (found["second"], found["first"])
        else:
            day, month = found["d"], found.get("m") or str(_MONTHS[found["name"][:3].lower()])
        try:
            return date(int(found["y"]), int(month), int(day)).isoformat()
        except ValueError:
            return None
    return None
