"""Pages and described classes -> parts: each page is classified by itself, and neighbours that belong together join."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pypdf import PdfReader, PdfWriter

from airflow_provider_extend.emulator.classification import QUOTED, decide, straight
from airflow_provider_extend.emulator.extraction import cells_of, values_of

_COUNTED = re.compile(r"\bpage\s+(\d{1,4})\s+of\s+\d{1,4}\b", re.I)
_RULE = re.compile(r"((?:[A-Za-z]+\s+)?)(number|no|id|code|reference)\b", re.I)
_ENDINGS = ("number", "no", "no.", "nr", "#", "id", "code", "reference")


def split(pages: Sequence[str], config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parts, in the order of the pages, as the API shows them but for their ids and files.

    A page begins a part when its class differs from that before, when the identifier named on it does, and when it
    says "page 1 of". A page that says "page 2 of", or that speaks for no class, goes on with the part before it.
    """
    classes, rules = config["splitClassifications"], str(config.get("splitRules") or "")
    options = config.get("advancedOptions") or {}
    parts: list[dict[str, Any]] = []
    for number, page in enumerate(pages, 1):
        verdict, last = decide(page, classes, rules), parts[-1] if parts else None
        counted = int(found[1]) if (found := _COUNTED.search(page)) else 0
        chosen = verdict.chosen
        if last and (counted > 1 or not verdict.clues):
            chosen = next(one for one in classes if one["id"] == last["classificationId"])
        named = _identifier(page, chosen, str(options.get("splitIdentifierRules") or ""))
        other = last is None or chosen["id"] != last["classificationId"] or counted == 1
        if last is None or other or (named and last["identifier"] and named != last["identifier"]):
            part = {"classificationId": chosen["id"], "type": chosen["type"], "identifier": named}
            parts.append(part | {"startPage": number, "endPage": number})
        else:
            last |= {"endPage": number, "identifier": last["identifier"] or named}
    for part in parts:
        first, end = part["startPage"], part["endPage"]
        part["observation"] = f"Pages {first}-{end} read as {part['type']}."
        part["identifier"] = part["identifier"] or f"{part['type']}_{first}_{end}"
    return parts


def _identifier(page: str, chosen: Mapping[str, Any], rule: str) -> str:
    """What follows the label that the rule names, in quotes or as in "the invoice number"; empty if nothing does.

    Without a rule the label is made of the type: "invoice number", "invoice no" and so on.
    """
    rule = str(chosen.get("identifierKey") or "") or rule
    labels = QUOTED.findall(straight(rule))
    if not labels:
        named = _RULE.findall(rule) if rule else [(" ".join(re.findall(r"[^\W_]+", chosen["type"])), "")]
        labels = [f"{name.strip()} {ending}".strip() for name, _ in named for ending in _ENDINGS]
    lines = cells_of([page])
    return next((value for label in labels for value in values_of(label, lines)), "")


def cut(data: bytes, pages: Sequence[str], first: int, last: int) -> bytes:
    """The bytes of some pages of a document: of a PDF as a PDF, of any other with several pages as text."""
    if (first, last) == (1, len(pages)):
        return data
    if b"%PDF-" not in data[:1024]:
        return "\f".join(pages[first - 1 : last]).encode("utf-8", "replace")
    writer, held = PdfWriter(), io.BytesIO()
    for page in PdfReader(io.BytesIO(data)).pages[first - 1 : last]:
        writer.add_page(page)
    writer.write(held)
    return held.getvalue()
