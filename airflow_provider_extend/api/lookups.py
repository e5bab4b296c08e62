"""How a run whose id was lost can be found again, for each kind of run and API version (runs.md 7).

A create carries a token in the run's metadata. No list of any version filters by metadata, so what can be done with
the token depends on what the rows of the list show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from airflow_provider_extend.api.endpoints import find
from airflow_provider_extend.api.versions import V2024, V2025, V2026

#: Key of a run's metadata that holds the token.
TOKEN_KEY = "airflow_token"
#: Key of a run's metadata that holds the address of the task that made it.
TASK_KEY = "airflow_task"


@dataclass(frozen=True, slots=True)
class LookUp:
    """How to search for the runs that carry a token.

    :ivar list: endpoint that lists them.
    :ivar read: endpoint that reads a row, where rows show no metadata: one more GET for each row; None: they do.
    :ivar by_creation: whether the list can be asked for the newest first, so that a scan may end at a time.
    :ivar batch: what is looked for is the batch that the runs are members of; their rows name it
        (`batchId`) for workflow and parse runs only.
    """

    list: str
    read: str | None = None
    by_creation: bool = True
    batch: bool = False


_METADATA = "metadata"
_READ_EACH = "read each"
_MEMBERS = "members"
_MEMBERS_READ_EACH = "members, read each"

#: Kind -> way in 2024-12-23, 2025-04-21, 2026-02-09. `-`: the version has no such runs; `none`: they cannot be
#: listed, or take no metadata (for these a file name would do, where the list filters by it).
_TABLE: Mapping[str, tuple[str, str, str]] = {
    "extract_run": ("-", "-", _METADATA),
    "classify_run": ("-", "-", _METADATA),
    "split_run": ("-", "-", _METADATA),
    "parse_run": ("none", "none", _METADATA),
    "verify_run": ("-", "-", _METADATA),
    "processor_run": ("none", _READ_EACH, _READ_EACH),
    "workflow_run": (_READ_EACH, _READ_EACH, _READ_EACH),
    "edit_run": ("-", "none", "none"),
    "form_detection_run": ("-", "-", "none"),
    "evaluation_set_run": ("-", "-", "none"),
    "extract_batch": ("-", "-", _MEMBERS),
    "classify_batch": ("-", "-", _MEMBERS),
    "split_batch": ("-", "-", _MEMBERS),
    "parse_batch": ("-", "-", _MEMBERS),
    "workflow_batch": (_MEMBERS_READ_EACH, _MEMBERS_READ_EACH, _MEMBERS_READ_EACH),
}
KINDS: tuple[str, ...] = tuple(_TABLE)


def look_up_of(kind: str, version: str) -> LookUp | None:
    """How a run of `kind` is found in `version`; None where the API offers no way."""
    ways = dict(zip((V2024, V2025, V2026), _TABLE.get(kind, ()), strict=False))
    way = ways.get(version, "none")
    if way in ("none", "-"):
        return None
    runs = kind.replace("_batch", "_run") + "s"
    listed = find(f"{runs}.list")
    assert version in listed.paths, listed
    return LookUp(
        list=listed.name,
        read=f"{runs}.retrieve" if way in (_READ_EACH, _MEMBERS_READ_EACH) else None,
        by_creation=runs != "parse_runs",  # its list has no sort
        batch=way in (_MEMBERS, _MEMBERS_READ_EACH),
    )


def ways() -> Mapping[str, tuple[str, str, str]]:
    """The table, for documents and tests: kind -> way in each version, oldest first."""
    return MappingProxyType(_TABLE)
