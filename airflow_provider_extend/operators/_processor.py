"""Runs of an extractor, classifier or splitter on one document (2026-02-09)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_extend.api.calls import check_id
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.operators._document import ExtendDocumentRunOperator, without_none
from airflow_provider_extend.operators._run import ExtendRunOperator
from airflow_provider_extend.operators._start import Config

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient


#: Processor -> what its config is of, in the words of `check_config`.
_CONFIGURED = {"extractor": "extract", "classifier": "classify", "splitter": "split"}


@dataclass(frozen=True, slots=True)
class ProcessorReference:
    """Which processor a run uses.

    :param noun: `extractor`, `classifier` or `splitter`, as Extend calls it.
    :param version: `draft`, `latest` or a number such as `1.0`; None: the newest published.
    :param override_config: parts of its config to replace.
    """

    noun: str
    id: str | None
    version: str | None = None
    override_config: Mapping[str, Any] | None = field(default=None, repr=False)

    def check(self) -> None:
        """:raises ExtendInputError: naming what is wrong."""
        if self.id is not None:
            check_id(self.id, f"{self.noun}_id")
        elif self.version is not None or self.override_config is not None:
            article = "an" if self.noun[0] in "aeiou" else "a"
            raise ExtendInputError(
                f"version and override_config need {article} {self.noun}_id. Nothing was sent."
            )

    @property
    def parts(self) -> dict[str, Any]:
        """What tells one from another (see `fingerprints`)."""
        return {f"{self.noun}_id": self.id, "version": self.version, "override_config": self.override_config}

    @property
    def body(self) -> dict[str, Any]:
        """Its part of a request; empty where no processor is named."""
        if self.id is None:
            return {}
        named = {"id": self.id, "version": self.version, "overrideConfig": self.override_config}
        return {self.noun: without_none(named)}

    def configs(self, version: str) -> list[Config]:
        """Of the request, to be checked."""
        if self.override_config is None:
            return []
        return [Config(_CONFIGURED[self.noun], version, self.override_config, partial=True)]

    @property
    def narrowed(self) -> dict[str, Any]:
        """Filter of the lists of its runs."""
        return {f"{self.noun}Id": self.id} if self.id else {}


class ExtendProcessorOperator(ExtendDocumentRunOperator):
    """Base: a processor, named by its id or given as a config, reads one document.

    :param version: of the processor: `draft`, `latest` or a number such as `1.0` (templated); None: the newest
        published.
    :param config: a config instead of a processor (templated).
    :param override_config: parts of the processor's config to replace for this run (templated).
    """

    #: As Extend calls the processor; `<noun>_id` is the parameter that names one.
    noun: ClassVar[str]
    #: Whether a run needs a processor or a config.
    needs_processor: ClassVar[bool] = True
    processor_fields: ClassVar[tuple[str, ...]] = (
        *ExtendDocumentRunOperator.document_fields,
        "version",
        "config",
        "override_config",
        *ExtendRunOperator.template_fields,
    )
    template_fields: Sequence[str] = processor_fields

    def __init__(
        self,
        *,
        version: str | None = None,
        config: Mapping[str, Any] | None = None,
        override_config: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.version = version
        self.config = config
        self.override_config = override_config

    @property
    def processor(self) -> ProcessorReference:
        return ProcessorReference(
            self.noun, getattr(self, f"{self.noun}_id"), self.version, self.override_config
        )

    def check(self) -> None:
        super().check()
        self.processor.check()
        given = self.processor.id is not None
        if given and self.config is not None:
            raise ExtendInputError(
                f"Both {self.noun}_id and config are given: expected one. Nothing was sent."
            )
        if self.needs_processor and not given and self.config is None:
            raise ExtendInputError(
                f"Neither {self.noun}_id nor config is given: expected one. Nothing was sent."
            )

    def configs(self, version: str) -> list[Config]:
        inline = [Config(_CONFIGURED[self.noun], version, self.config)] if self.config is not None else []
        return inline + self.processor.configs(version)

    def parts(self) -> dict[str, Any]:
        return super().parts() | self.processor.parts | {"config": self.config}

    def create(self, client: ExtendClient, metadata: Mapping[str, Any] | None, prepared: Any) -> Any:
        body = self.body_of_document(client.api_version) | self.processor.body
        if self.config is not None:
            body["config"] = self.config
        return client.call(self.creates, body=self.with_common(body, metadata))

    def narrowed(self, client: ExtendClient) -> dict[str, Any]:
        return self.processor.narrowed
