"""Classify runs: tell what kind of document something is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_provider_extend.api.runs import CLASSIFY_BATCH, CLASSIFY_RUN
from airflow_provider_extend.operators._batch import ExtendProcessorBatchOperator
from airflow_provider_extend.operators._processor import ExtendProcessorOperator


class ExtendClassifyOperator(ExtendProcessorOperator):
    """Classify a document (POST /classify_runs, 2026-02-09), once, and wait for the result.

    The class and its reasons are pushed only with `push_output=True` (XCom `output`, as the API gives them), or written
    to `output_path`.

    :param classifier_id: the classifier (templated). Exactly one of this and `config`.
    :param version: of the classifier: `draft`, `latest` or a number such as `1.0` (templated); None: the newest
        published.
    :param config: a config instead of a classifier (templated).
    :param override_config: parts of the classifier's config to replace for this run (templated).

    The document (`file_id`, `file_url` or `text`), `metadata`, `priority`: see `ExtendDocumentRunOperator`. Other
    parameters: see `ExtendRunOperator`.
    """

    kind = CLASSIFY_RUN
    creates = "classify_runs.create"
    noun = "classifier"
    template_fields: Sequence[str] = ("classifier_id", *ExtendProcessorOperator.processor_fields)

    def __init__(self, *, classifier_id: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.classifier_id = classifier_id


class ExtendBatchClassifyOperator(ExtendProcessorBatchOperator):
    """Classify up to 1000 documents in one call (POST /classify_runs/batch, 2026-02-09), and wait for all.

    :param classifier_id: the classifier (templated).
    :param version: of the classifier: `draft`, `latest` or a number such as `1.0` (templated); None: the newest
        published.
    :param override_config: parts of its config to replace for these runs (templated).

    The documents (`inputs`), `metadata`, `priority`, `on_partial`, and what is pushed: see `ExtendBatchOperator`. Other
    parameters: see `ExtendRunOperator`.
    """

    kind = CLASSIFY_BATCH
    creates = "classify_runs.create_batch"
    noun = "classifier"
    template_fields: Sequence[str] = ("classifier_id", *ExtendProcessorBatchOperator.processor_fields)

    def __init__(self, *, classifier_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.classifier_id = classifier_id
