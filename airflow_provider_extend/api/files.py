"""Which files Extend takes, by what is done with them (README section 8), checked on the worker.

The type is told by the suffix of the name. A name without one, or with an end that is no suffix (`No. 12`,
`a.2026`), is left to Extend. Of 2024-12-23 the rows for images and Excel are known; what else 2025-04-21 takes is
let through there (assumption).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from types import MappingProxyType

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.versions import V2024, V2025, V2026, check_api_version

_2025 = frozenset(
    "pdf png jpg jpeg tiff tif svg heic heif bmp gif webp psd xls xlsx xltm xltx ods docx doc wpd dotx"
    " pptx ppt ppm csv txt html xml rtf lis md eml pcx".split()
)
#: Version -> suffixes that can be read there, in lower case and without the dot.
SUFFIXES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        V2024: _2025 - frozenset("bmp gif webp psd xltm xltx ods".split()),
        V2025: _2025,
        V2026: _2025 | {"odt"},
    }
)

_PDF = frozenset({"pdf"})
#: What takes fewer: the fields of PDF forms are filled, and what is verified are the bytes as they were sent.
_FEWER: Mapping[str, frozenset[str]] = MappingProxyType(
    {"edit": _PDF, "form_detection": _PDF, "verify": _PDF | {"jpg", "jpeg", "png", "webp"}}
)

_OLD = frozenset({V2024, V2025})
#: What is done with a document -> versions in which it may be given as text (`text`; before 2026-02-09 `rawText`).
USES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "upload": frozenset(),
        "extract": _OLD | {V2026},
        "classify": _OLD | {V2026},
        "split": _OLD,
        "workflow": _OLD | {V2026},
        "package": frozenset(),
        "parse": frozenset(),
        "parse_batch": frozenset({V2026}),
        "edit": frozenset(),
        "form_detection": frozenset(),
        "verify": frozenset(),
    }
)

_SUFFIX = re.compile(r"[a-z][a-z0-9]{0,9}")


def check_file(name: str, size: int | None, use: str, version: str) -> None:
    """Refuse a file that Extend does not take.

    :param name: file name, path, address, or suffix alone (`.pdf`).
    :param size: bytes; None: not known.
    :param use: what is to be done with it, one of `USES`.
    :raises ExtendInputError: empty, or of a type that is not taken for this use in this version.
    """
    if why := why_refused(name, size, use, version):
        raise ExtendInputError(f"The file {_last_part(name)!r} {why}. Nothing was sent.")


def why_refused(name: str, size: int | None, use: str, version: str) -> str | None:
    """As `check_file`, as the end of a sentence; None where nothing speaks against the file."""
    _check_use(use)
    if size == 0:
        return "is empty"
    suffix = suffix_of(name)
    taken = SUFFIXES[check_api_version(version)] & _FEWER.get(use, SUFFIXES[version])
    if suffix is None or suffix in taken:
        return None
    return (
        f"is of a type (.{suffix}) that API version {version} does not take for {use.replace('_', ' ')}: expected one "
        f"of {', '.join(sorted(taken))}"
    )


def suffix_of(name: str) -> str | None:
    """The suffix in lower case and without its dot; None where the name has none."""
    last = _last_part(name)
    suffix = last.rpartition(".")[2].lower() if "." in last else ""
    return suffix if _SUFFIX.fullmatch(suffix) else None


def _last_part(name: str) -> str:
    """Of an address without its query, which may be signed."""
    return PurePath(name.partition("?")[0]).name


def check_text(use: str, version: str) -> None:
    """Refuse a document that is given as text where that is not taken.

    :raises ExtendInputError: naming what is taken instead.
    """
    _check_use(use)
    if check_api_version(version) in USES[use]:
        return
    known = ", ".join(sorted(USES[use]))
    where = f" (it does in {known})" if known else ""
    raise ExtendInputError(
        f"{use.replace('_', ' ')} takes no text in API version {version}{where}: expected a file id or a URL. Nothing "
        "was sent."
    )


def _check_use(use: str) -> None:
    if use not in USES:
        raise ExtendInputError(f"use is {use!r}: expected one of {', '.join(USES)}. Nothing was sent.")
