"""Base of the operators whose run is asked for by a document and a config, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_extend.operators._document import ExtendDocumentRunOperator, without_none
from airflow_provider_extend.operators._run import ExtendRunOperator
from airflow_provider_extend.operators._start import Config

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient


class ExtendConfiguredRunOperator(ExtendDocumentRunOperator):
    """Its runs take neither text nor priority, and have no address in the dashboard.

    :param config: of the run (templated).
    """

    #: What `api.configs` calls such a config.
    config_kind: ClassVar[str]
    takes_text = False
    takes_priority = False
    operator_extra_links = ()
    template_fields: Sequence[str] = (
        *ExtendDocumentRunOperator.document_fields,
        "config",
        *ExtendRunOperator.template_fields,
    )

    def __init__(self, *, config: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.config = config

    def configs(self, version: str) -> list[Config]:
        return [Config(self.config_kind, version, self.config)] if self.config is not None else []

    def parts(self) -> dict[str, Any]:
        return super().parts() | {"config": self.config}

    def create(self, client: ExtendClient, metadata: Mapping[str, Any] | None, prepared: Any) -> Any:
        body = self.body_of_document(client.api_version) | without_none({"config": self.config})
        return client.call(self.creates, body=self.with_common(body, metadata))
