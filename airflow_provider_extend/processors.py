"""Processors, their drafts and versions, through the client: the same in every version of the API.

On 2026-02-09 an extractor, classifier or splitter has paths of its own; where its type is not known, and on
the older versions, it is a processor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.errors import ExtendAnswerError, ExtendInputError
from airflow_provider_extend.api.runs import parse_time
from airflow_provider_extend.api.versions import V2026

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient

DRAFT = "draft"
#: What to do where 2026-02-09 still answers on the path of the older versions.
NAME_ITS_TYPE = "processor_type, and the path of that type is asked"
PROCESSOR_TYPES = ("EXTRACT", "CLASSIFY", "SPLITTER")
_FAMILIES: Mapping[str, str] = dict(
    zip(PROCESSOR_TYPES, ("extractor", "classifier", "splitter"), strict=True)
)


@dataclass(frozen=True, slots=True)
class ProcessorVersion:
    """A version of a processor.

    :ivar name: `draft` or a number such as `1.0`.
    :ivar changed_at: when its config last changed. For a draft on 2026-02-09 this is `updatedAt` of the
        extractor, classifier or splitter: versions have no such time there, and that a change of the draft
        moves it is an assumption.
    """

    id: str
    name: str
    processor_id: str
    config: Mapping[str, Any]
    description: str | None
    changed_at: datetime | None


class Processor:
    """One processor.

    :param processor_type: `EXTRACT`, `CLASSIFY` or `SPLITTER`; None where it is not known.
    """

    def __init__(self, client: ExtendClient, processor_id: str, processor_type: str | None) -> None:
        self.client = client
        self.id = processor_id
        self.family = family_in(client.api_version, processor_type)

    def draft(self) -> ProcessorVersion:
        """The draft as it is now.

        :raises ExtendInputError: the processor has none.
        """
        if self.family:
            processor = self.client.call(f"{self.family}s.retrieve", self.id)
            draft = processor.get("draftVersion")
            changed = parse_time(processor.get("updatedAt"))
        else:
            # No call of the older versions reads a processor; the list of its versions holds the draft.
            rows = self.client.call("processor_versions.list", self.id)
            draft = next((row for row in rows if row.get("version") == DRAFT), None)
            changed = parse_time(draft.get("updatedAt")) if draft else None
        if not isinstance(draft, Mapping):
            raise ExtendInputError(f"Processor {self.id} has no draft version. Nothing was changed.")
        return self.as_version(draft, changed)

    def version(self, version_id: str) -> ProcessorVersion:
        row = self.client.call(f"{self._versions}.retrieve", self.id, version_id)
        return self.as_version(row, parse_time(row.get("updatedAt") or row.get("createdAt")))

    def versions(self) -> Iterator[dict[str, Any]]:
        """Rows of the version list, all pages; on 2026-02-09 without configs."""
        return self.client.iterate(f"{self._versions}.list", self.id)

    def publish(self, config: Mapping[str, Any], *, release_type: str, description: str) -> dict[str, Any]:
        """Publish exactly `config` as a new version; returns the API's row of it (see `as_version`)."""
        body = {"releaseType": release_type, "description": description, "config": dict(config)}
        row: dict[str, Any] = self.client.call(f"{self._versions}.create", self.id, body=body)
        return row

    def as_version(self, row: Any, changed: datetime | None = None) -> ProcessorVersion:
        """A row of the API as a `ProcessorVersion`."""
        if not isinstance(row, Mapping) or not isinstance(row.get("id"), str):
            raise ExtendAnswerError(f"The answer for a version of processor {self.id} has no id.", status=200)
        config = row.get("config")
        return ProcessorVersion(
            id=row["id"],
            name=str(row.get("version", "")),
            processor_id=self.id,
            config=config if isinstance(config, Mapping) else {},
            description=row.get("description"),
            changed_at=changed,
        )

    @property
    def _versions(self) -> str:
        return f"{self.family or 'processor'}_versions"


def family_in(version: str, processor_type: str | None) -> str | None:
    """`extractor`, `classifier` or `splitter` where `version` has paths of their own for them and the type is known."""
    return _FAMILIES.get(processor_type or "") if version == V2026 else None


def check_processor_type(processor_type: str | None) -> None:
    """:param processor_type: `EXTRACT`, `CLASSIFY`, `SPLITTER`, or None for one that is not known."""
    if processor_type is not None and processor_type not in PROCESSOR_TYPES:
        raise ExtendInputError(
            f"processor_type is {processor_type!r}: expected {', '.join(PROCESSOR_TYPES)}. Nothing was sent."
        )


def check_release_type(release_type: str) -> str:
    if release_type not in ("major", "minor"):
        raise ExtendInputError(
            f"release_type is {release_type!r}: expected 'major' or 'minor'. Nothing was sent."
        )
    return release_type
