"""Extract runs: read fields out of documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_provider_extend.api.runs import EXTRACT_BATCH, EXTRACT_RUN
from airflow_provider_extend.operators._batch import ExtendProcessorBatchOperator
from airflow_provider_extend.operators._processor import ExtendProcessorOperator


class ExtendExtractOperator(ExtendProcessorOperator):
    """Extract fields from a document (POST /extract_runs, 2026-02-09), once, and wait for the result.

    The fields are document content: they are pushed only with `push_output=True` (XCom `output`, as the API gives
    them), or written to `output_path`.

    :param extractor_id: the extractor (templated). None, without `config`: Extend infers the fields.
    :param version: of the extractor: `draft`, `latest` or a number such as `1.0` (templated); None: the newest
        published.
    :param config: a config instead of an extractor (templated).
    :param override_config: parts of the extractor's config to replace for this run (templated).

    The document (`file_id`, `file_url`, `text`, or a `package` of files), `metadata`, `priority`: see
    `ExtendDocumentRunOperator`. Other parameters: see `ExtendRunOperator`.
    """

    kind = EXTRACT_RUN
    creates = "extract_runs.create"
    noun = "extractor"
    needs_processor = False
    takes_package = True
    template_fields: Sequence[str] = ("extractor_id", *ExtendProcessorOperator.processor_fields)

    def __init__(self, *, extractor_id: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.extractor_id = extractor_id


class ExtendBatchExtractOperator(ExtendProcessorBatchOperator):
    """Extract fields from up to 1000 documents in one call (POST /extract_runs/batch, 2026-02-09), and wait for all.

    :param extractor_id: the extractor (templated).
    :param version: of the extractor: `draft`, `latest` or a number such as `1.0` (templated); None: the newest
        published.
    :param override_config: parts of its config to replace for these runs (templated).

    The documents (`inputs`), `metadata`, `priority`, `on_partial`, and what is pushed: see `ExtendBatchOperator`. Other
    parameters: see `ExtendRunOperator`.
    """

    kind = EXTRACT_BATCH
    creates = "extract_runs.create_batch"
    noun = "extractor"
    template_fields: Sequence[str] = ("extractor_id", *ExtendProcessorBatchOperator.processor_fields)

    def __init__(self, *, extractor_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.extractor_id = extractor_id
