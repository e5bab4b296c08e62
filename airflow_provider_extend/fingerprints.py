"""Fingerprints (sha256 in hex) that tell whether two things are the same without keeping them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any


def of(value: Any) -> str:
    """Fingerprint of a JSON value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def of_items(items: Iterable[Mapping[str, Any]]) -> str:
    """Fingerprint of which items an evaluation set holds and of what is expected of them, whatever their order.

    :param items: as one call for each reads them: a list of 2026-02-09 gives no `expectedOutput` (objects.md 3).
    """
    return of(sorted((str(item.get("id")), of(item.get("expectedOutput"))) for item in items))


def file_ids(item: Mapping[str, Any]) -> list[str]:
    """File ids of an evaluation set item in the form of any version (`fileId`, `file`, `files`)."""
    files = [item.get("file"), *(item.get("files") or [])]
    found = [item.get("fileId"), *(file.get("id") for file in files if isinstance(file, Mapping))]
    return list(dict.fromkeys(file_id for file_id in found if isinstance(file_id, str)))
