"""Processor runs: the one call of the older API versions that runs an extractor, classifier or splitter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.calls import check_id
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.runs import CLASSIFY_RUN, EXTRACT_RUN, PROCESSOR_RUN, SPLIT_RUN
from airflow_provider_extend.api.versions import V2025, V2026
from airflow_provider_extend.operators._base import warn_deprecated
from airflow_provider_extend.operators._document import ExtendDocumentRunOperator, without_none
from airflow_provider_extend.operators._processor import ProcessorReference
from airflow_provider_extend.operators._run import ExtendRunOperator
from airflow_provider_extend.operators._start import Config

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient


@dataclass(frozen=True, slots=True)
class _Family:
    """What 2026-02-09 has in place of the processors of one type."""

    noun: str
    kind: str
    configured: str
    takes_text: bool = True


_FAMILIES: Mapping[str, _Family] = {
    "EXTRACT": _Family("extractor", EXTRACT_RUN, "extract"),
    "CLASSIFY": _Family("classifier", CLASSIFY_RUN, "classify"),
    "SPLITTER": _Family("splitter", SPLIT_RUN, "split", takes_text=False),
}


class ExtendRunProcessorOperator(ExtendDocumentRunOperator):
    """Run a processor on a document (POST /processor_runs, all API versions), once, and wait for the result.

    On 2026-02-09 this call is deprecated. With `processor_type` its replacement is asked there (POST /extract_runs,
    /classify_runs or /split_runs), so that one DAG works on accounts of every version; ids do not tell the type.
    2024-12-23 has no call that lists or cancels processor runs.

    What the processor has read is document content: it is pushed only with `push_output=True` (XCom `output`), or
    written to `output_path`.

    :param processor_id: the processor; on 2026-02-09 also an extractor, classifier or splitter (templated).
    :param processor_type: `EXTRACT`, `CLASSIFY` or `SPLITTER` (templated). Used on 2026-02-09 alone.
    :param version: of the processor: `draft`, `latest` or a number such as `1.0` (templated); None: the newest
        published.
    :param config: replaces the version's config for this run (templated); with `processor_type` on 2026-02-09 it is
        sent as `overrideConfig`, without the `type` that only older configs have.

    The document (`file_id`, `file_url` or `text`), `metadata`, `priority`: see `ExtendDocumentRunOperator`. Other
    parameters: see `ExtendRunOperator`.
    """

    kind = PROCESSOR_RUN
    creates = "processor_runs.create"
    template_fields: Sequence[str] = (
        *ExtendDocumentRunOperator.document_fields,
        "processor_id",
        "processor_type",
        "version",
        "config",
        *ExtendRunOperator.template_fields,
    )

    def __init__(
        self,
        *,
        processor_id: str,
        processor_type: str | None = None,
        version: str | None = None,
        config: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.processor_id = processor_id
        self.processor_type = processor_type
        self.version = version
        self.config = config

    @classmethod
    def starts(cls, version: str) -> Mapping[str, str]:
        typed = [family.kind for family in _FAMILIES.values()] if version == V2026 else []
        return {kind: f"{kind}s.create" for kind in (PROCESSOR_RUN, *typed)}

    def adapt(self, version: str) -> None:
        family = _FAMILIES.get(self.processor_type or "") if version == V2026 else None
        self.kind = family.kind if family else PROCESSOR_RUN
        self.takes_text = family.takes_text if family else True
        self.creates = self.starts(version)[self.kind]

    def check(self) -> None:
        check_id(self.processor_id, "processor_id")
        if self.processor_type not in (None, *_FAMILIES):
            raise ExtendInputError(
                f"processor_type is {self.processor_type!r}: expected {', '.join(_FAMILIES)} or None. Nothing was sent."
            )
        super().check()
        warn_deprecated(
            self.log,
            self.creates,
            self._account.api_version,
            "processor_type with this operator, or ExtendExtractOperator, ExtendClassifyOperator, ExtendSplitOperator",
        )

    def configs(self, version: str) -> list[Config]:
        if self.kind != PROCESSOR_RUN:
            return self._reference().configs(version)
        # The old path of 2026-02-09 takes configs of 2025-04-21.
        given = self.config.get("type") if isinstance(self.config, Mapping) else None
        family = _FAMILIES.get(str(given or self.processor_type))
        if self.config is None or family is None:
            return []
        return [Config(family.configured, min(version, V2025), self.config)]

    def form(self, version: str) -> list[str]:
        return [self.kind]

    def parts(self) -> dict[str, Any]:
        return super().parts() | {
            "processor_id": self.processor_id,
            "processor_type": self.processor_type,
            "version": self.version,
            "config": self.config,
        }

    def create(self, client: ExtendClient, metadata: Mapping[str, Any] | None, prepared: Any) -> Any:
        body = self._new_body() if self.kind != PROCESSOR_RUN else self._old_body()
        return client.call(self.creates, body=self.with_common(body, metadata))

    def _new_body(self) -> dict[str, Any]:
        return self.body_of_document(V2026) | self._reference().body

    def _old_body(self) -> dict[str, Any]:
        """The same in every version: 2026-02-09 takes it in the form of 2025-04-21."""
        text = self.document.text
        document = {"rawText": text} if text is not None else self.body_of_document(V2025)
        named = {"processorId": self.processor_id, "version": self.version, "config": self.config}
        return without_none(named) | document

    def _reference(self) -> ProcessorReference:
        """The processor for a path of 2026-02-09, which knows the type."""
        override = {key: value for key, value in (self.config or {}).items() if key != "type"} or None
        noun = _FAMILIES[self.processor_type or ""].noun
        return ProcessorReference(noun, self.processor_id, self.version, override)

    def narrowed(self, client: ExtendClient) -> dict[str, Any]:
        # 2026-02-09 shows a processor of the older versions by another id than the one that was asked for.
        return {} if client.api_version == V2026 else {"processorId": self.processor_id}
