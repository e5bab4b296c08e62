"""Any number of documents of an object store: extracted, classified, split, parsed, or sent through a workflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from airflow_provider_extend.api.calls import check_id
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.runs import (
    CLASSIFY_BATCH,
    EXTRACT_BATCH,
    PARSE_BATCH,
    SPLIT_BATCH,
    WORKFLOW_BATCH,
)
from airflow_provider_extend.api.versions import V2026
from airflow_provider_extend.operators._document import without_none
from airflow_provider_extend.operators._documents import ExtendDocumentsOperator
from airflow_provider_extend.operators._processor import ProcessorReference
from airflow_provider_extend.operators._start import Config


class _OfProcessor(ExtendDocumentsOperator):
    """Base: one processor, one version, for all documents (2026-02-09)."""

    #: As Extend calls the processor; `<noun>_id` is the parameter that names one.
    noun: ClassVar[str]
    processor_fields: ClassVar[tuple[str, ...]] = (
        "version",
        "override_config",
        *ExtendDocumentsOperator.documents_fields,
    )

    def __init__(
        self, *, version: str | None = None, override_config: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.version = version
        self.override_config = override_config

    @property
    def processor(self) -> ProcessorReference:
        return ProcessorReference(
            self.noun, getattr(self, f"{self.noun}_id"), self.version, self.override_config
        )

    def check(self, version: str) -> None:
        if self.processor.id is None:
            raise ExtendInputError(f"{self.noun}_id is None: a batch needs one. Nothing was sent.")
        self.processor.check()

    def configs(self, version: str) -> list[Config]:
        return self.processor.configs(version)

    def parts(self) -> dict[str, Any]:
        return self.processor.parts

    def named(self, version: str) -> dict[str, Any]:
        return self.processor.body

    def narrowed(self) -> dict[str, Any]:
        return self.processor.narrowed


class ExtendExtractDocumentsOperator(_OfProcessor):
    """Extract fields from any number of documents (POST /extract_runs/batch, 2026-02-09).

    :param extractor_id: the extractor (templated).
    :param version: of the extractor: `draft`, `latest` or a number such as `1.0` (templated); None: the newest
        published.
    :param override_config: parts of its config to replace for these runs (templated).

    All else: see `ExtendDocumentsOperator`.
    """

    kind = EXTRACT_BATCH
    creates = "extract_runs.create_batch"
    use = "extract"
    noun = "extractor"
    template_fields: Sequence[str] = ("extractor_id", *_OfProcessor.processor_fields)

    def __init__(self, *, extractor_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.extractor_id = extractor_id


class ExtendClassifyDocumentsOperator(_OfProcessor):
    """Classify any number of documents (POST /classify_runs/batch, 2026-02-09).

    :param classifier_id: the classifier (templated).
    :param version: of the classifier: `draft`, `latest` or a number such as `1.0` (templated); None: the newest
        published.
    :param override_config: parts of its config to replace for these runs (templated).

    All else: see `ExtendDocumentsOperator`.
    """

    kind = CLASSIFY_BATCH
    creates = "classify_runs.create_batch"
    use = "classify"
    noun = "classifier"
    template_fields: Sequence[str] = ("classifier_id", *_OfProcessor.processor_fields)

    def __init__(self, *, classifier_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.classifier_id = classifier_id


class ExtendSplitDocumentsOperator(_OfProcessor):
    """Split any number of documents (POST /split_runs/batch, 2026-02-09).

    :param splitter_id: the splitter (templated).
    :param version: of the splitter: `draft`, `latest` or a number such as `1.0` (templated); None: the newest
        published.
    :param override_config: parts of its config to replace for these runs (templated).

    All else: see `ExtendDocumentsOperator`.
    """

    kind = SPLIT_BATCH
    creates = "split_runs.create_batch"
    use = "split"
    noun = "splitter"
    template_fields: Sequence[str] = ("splitter_id", *_OfProcessor.processor_fields)

    def __init__(self, *, splitter_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.splitter_id = splitter_id


class ExtendParseDocumentsOperator(ExtendDocumentsOperator):
    """Parse any number of documents (POST /parse_runs/batch, 2026-02-09).

    A batch takes no retention choice as `data_retention` of `ExtendParseOperator` is: the workspace's setting holds.
    `ExtendCleanUpOperator` deletes the runs afterwards.

    :param config: how to parse them (templated).

    All else: see `ExtendDocumentsOperator`.
    """

    kind = PARSE_BATCH
    creates = "parse_runs.create_batch"
    use = "parse_batch"
    template_fields: Sequence[str] = ("config", *ExtendDocumentsOperator.documents_fields)

    def __init__(self, *, config: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.config = config

    def configs(self, version: str) -> list[Config]:
        return [Config("parse", version, self.config)] if self.config is not None else []

    def parts(self) -> dict[str, Any]:
        return {"config": self.config}

    def named(self, version: str) -> dict[str, Any]:
        return without_none({"config": self.config})


class ExtendRunWorkflowDocumentsOperator(ExtendDocumentsOperator):
    """Run any number of documents through a workflow (POST /workflow_runs/batch, all API versions).

    A run that waits for a review has ended here, and not in success.

    :param workflow_id: the workflow (templated).
    :param version: of the workflow: a number such as `3`, or `draft` (templated); None: the newest published.

    `priority` is for 2026-02-09 alone. All else: see `ExtendDocumentsOperator`.
    """

    kind = WORKFLOW_BATCH
    creates = "workflow_runs.create_batch"
    use = "workflow"
    template_fields: Sequence[str] = ("workflow_id", "version", *ExtendDocumentsOperator.documents_fields)

    def __init__(self, *, workflow_id: str, version: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.workflow_id = workflow_id
        self.version = version

    def check(self, version: str) -> None:
        check_id(self.workflow_id, "workflow_id")
        if self.priority is not None and version != V2026:
            raise ExtendInputError(
                f"priority is given: a workflow batch takes none in API version {version}. Nothing was sent."
            )

    def parts(self) -> dict[str, Any]:
        return {"workflow_id": self.workflow_id, "version": self.version}

    def named(self, version: str) -> dict[str, Any]:
        if version == V2026:
            return {"workflow": without_none({"id": self.workflow_id, "version": self.version})}
        return without_none({"workflowId": self.workflow_id, "version": self.version})

    def narrowed(self) -> dict[str, Any]:
        return {"workflowId": self.workflow_id}
