"""Types of `client.<resource>.<verb>(...)`. Made by scripts/resources.py from airflow_provider_extend/api/table.py."""

import builtins
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Literal, overload

class Resources:
    """A client's resources."""

    batch_processor_runs: BatchProcessorRuns
    batch_runs: BatchRuns
    classifier_versions: ClassifierVersions
    classifiers: Classifiers
    classify_runs: ClassifyRuns
    edit_runs: EditRuns
    edit_schemas: EditSchemas
    edit_templates: EditTemplates
    evaluation_set_items: EvaluationSetItems
    evaluation_set_runs: EvaluationSetRuns
    evaluation_sets: EvaluationSets
    extract_runs: ExtractRuns
    extractor_versions: ExtractorVersions
    extractors: Extractors
    files: Files
    form_detection_runs: FormDetectionRuns
    parse_runs: ParseRuns
    processor_runs: ProcessorRuns
    processor_versions: ProcessorVersions
    processors: Processors
    split_runs: SplitRuns
    splitter_versions: SplitterVersions
    splitters: Splitters
    verify_runs: VerifyRuns
    webhook_endpoints: WebhookEndpoints
    webhook_subscriptions: WebhookSubscriptions
    workflow_runs: WorkflowRuns
    workflow_versions: WorkflowVersions
    workflows: Workflows

class BatchProcessorRuns:
    """`client.batch_processor_runs`."""

    def retrieve(self, batch_processor_run_id: str, /) -> dict[str, Any]:
        """Read a batch processor run.

        2024-12-23, 2025-04-21, 2026-02-09: GET /batch_processor_runs/{id}
        Deprecated in 2026-02-09: use evaluation_set_runs.retrieve.

        :param batch_processor_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class BatchRuns:
    """`client.batch_runs`."""

    def retrieve(self, batch_run_id: str, /) -> dict[str, Any]:
        """Read a batch run.

        2026-02-09: GET /batch_runs/{id}

        :param batch_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class ClassifierVersions:
    """`client.classifier_versions`."""

    def create(
        self,
        classifier_id: str,
        /,
        *,
        release_type: Literal["major", "minor"],
        description: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Create a classifier version.

        2026-02-09: POST /classifiers/{classifierId}/versions

        :param classifier_id: id.
        :param release_type: required; major, minor; which part of the version number is raised.
        :param description: what has changed.
        :param config: a classifier's config (classifications, rules, advanced options).
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        classifier_id: str,
        /,
        *,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the classifier versions, page by page as they are needed.

        2026-02-09: GET /classifiers/{classifierId}/versions

        :param classifier_id: id.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: rows a page; default and maximum are not documented; all pages are read
            anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, classifier_id: str, version_id: str, /) -> dict[str, Any]:
        """Read a classifier version.

        2026-02-09: GET /classifiers/{classifierId}/versions/{versionId}

        :param classifier_id: id.
        :param version_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class Classifiers:
    """`client.classifiers`."""

    def create(
        self,
        *,
        name: str,
        clone_classifier_id: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Create a classifier.

        2026-02-09: POST /classifiers

        :param name: required; name to show.
        :param clone_classifier_id: classifier to copy.
        :param config: a classifier's config (classifications, rules, advanced options).
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        *,
        sort_by: Literal["updatedAt", "createdAt"] | None = None,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the classifiers, page by page as they are needed.

        2026-02-09: GET /classifiers

        :param sort_by: updatedAt, createdAt; default updatedAt.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: rows a page; default and maximum are not documented; all pages are read
            anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, classifier_id: str, /) -> dict[str, Any]:
        """Read a classifier.

        2026-02-09: GET /classifiers/{id}

        :param classifier_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def update(
        self,
        classifier_id: str,
        /,
        *,
        name: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Change a classifier.

        2026-02-09: POST /classifiers/{id}

        :param classifier_id: id.
        :param name: name to show.
        :param config: a classifier's config (classifications, rules, advanced options).
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class ClassifyRuns:
    """`client.classify_runs`."""

    def cancel(self, classify_run_id: str, /) -> dict[str, Any]:
        """Cancel a classify run.

        2026-02-09: POST /classify_runs/{id}/cancel

        :param classify_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def create(
        self,
        *,
        file: Mapping[str, Any],
        classifier: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        priority: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Start a classify run; it goes on after the answer.

        2026-02-09: POST /classify_runs
        It costs money; without an answer it is not sent again, since the run may have been started.
        At least one of classifier, config.

        :param classifier: `{id, version?, overrideConfig?}`; version: `latest`, `draft` or `x.y`.
        :param config: a classifier's config (classifications, rules, advanced options).
        :param file: required; `{url, name?, settings?}`, `{id}` of a file of Extend, or `{text, name?}`.
        :param priority: lower numbers first, default 50; 1 to 100.
        :param metadata: given back with the run; the key `extend:usage_tags` (list of texts) is reserved;
            at most 10 KB as JSON.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def create_batch(
        self,
        *,
        classifier: Mapping[str, Any],
        inputs: Sequence[Mapping[str, Any]],
        priority: int | None = None,
    ) -> dict[str, Any]:
        """Start many classify runs in one call; the answer names the batch.

        2026-02-09: POST /classify_runs/batch
        It costs money; without an answer it is not sent again, since the run may have been started.

        :param classifier: required; `{id, version?, overrideConfig?}`; version: `latest`, `draft` or `x.y`.
        :param inputs: required; `{file, metadata?}` each; file by url, id or text; 1 to 1000 of them.
        :param priority: lower numbers first; the default is said to be lower than that of single runs; 1 to
            100.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def create_sync(
        self,
        *,
        file: Mapping[str, Any],
        classifier: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Start a classify run and wait for its end, 5 minutes at most.

        2026-02-09: POST /classify
        It costs money; without an answer it is not sent again, since the run may have been started.
        At least one of classifier, config.

        :param classifier: `{id, version?, overrideConfig?}`; version: `latest`, `draft` or `x.y`.
        :param config: a classifier's config (classifications, rules, advanced options).
        :param file: required; `{url, name?, settings?}`, `{id}` of a file of Extend, or `{text, name?}`.
        :param metadata: given back with the run; the key `extend:usage_tags` (list of texts) is reserved;
            at most 10 KB as JSON.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def delete(self, classify_run_id: str, /) -> dict[str, Any]:
        """Delete a classify run.

        2026-02-09: DELETE /classify_runs/{id}

        :param classify_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        *,
        status: str | None = None,
        classifier_id: str | None = None,
        batch_id: str | None = None,
        source: str | None = None,
        source_id: str | None = None,
        file_name_contains: str | None = None,
        sort_by: Literal["updatedAt", "createdAt"] | None = None,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the classify runs, page by page as they are needed.

        2026-02-09: GET /classify_runs

        :param status: PENDING, PROCESSING, PROCESSED, FAILED or CANCELLED.
        :param classifier_id: only runs of this classifier.
        :param batch_id: only members of this batch.
        :param source: ADMIN, BATCH_PROCESSOR_RUN, PLAYGROUND, WORKFLOW_CONFIGURATION, WORKFLOW_RUN, STUDIO
            or API.
        :param source_id: id of what made the run.
        :param file_name_contains: only runs whose file name holds this text.
        :param sort_by: updatedAt, createdAt; default updatedAt.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: rows a page; default and maximum are not documented; all pages are read
            anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, classify_run_id: str, /) -> dict[str, Any]:
        """Read a classify run.

        2026-02-09: GET /classify_runs/{id}

        :param classify_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class EditRuns:
    """`client.edit_runs`."""

    @overload
    def create(self, *, file: Mapping[str, Any], config: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Start an edit run; it goes on after the answer.

        2025-04-21: POST /edit/async
        It costs money; without an answer it is not sent again, since the run may have been started.

        :param file: required; `{fileName?}` with one of `fileUrl`, `fileId`.
        :param config: schema, instructions, advanced options (2025-04-21 spelling).
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    @overload
    def create(
        self,
        *,
        file: Mapping[str, Any] | None = None,
        template_id: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Start an edit run; it goes on after the answer.

        2026-02-09: POST /edit_runs
        It costs money; without an answer it is not sent again, since the run may have been started.
        Exactly one of file, template_id.

        :param file: `{url, name?, settings?}`, or `{id}` of a file of Extend.
        :param template_id: saved template to edit, in the place of a file.
        :param config: schema, instructions, advanced options (2026-02-09 spelling).
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    @overload
    def create_sync(
        self,
        *,
        file: Mapping[str, Any],
        config: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Start an edit run and wait for its end, 5 minutes at most.

        2025-04-21: POST /edit
        It costs money; without an answer it is not sent again, since the run may have been started.

        :param file: required; `{fileName?}` with one of `fileUrl`, `fileId`.
        :param config: schema, instructions, advanced options (2025-04-21 spelling).
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    @overload
    def create_sync(
        self,
        *,
        file: Mapping[str, Any] | None = None,
        template_id: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Start an edit run and wait for its end, 5 minutes at most.

        2026-02-09: POST /edit
        It costs money; without an answer it is not sent again, since the run may have been started.
        Exactly one of file, template_id.

        :param file: `{url, name?, settings?}`, or `{id}` of a file of Extend.
        :param template_id: saved template to edit, in the place of a file.
        :param config: schema, instructions, advanced options (2026-02-09 spelling).
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def delete(self, edit_run_id: str, /) -> dict[str, Any]:
        """Delete an edit run.

        2025-04-21, 2026-02-09: DELETE /edit_runs/{id}

        :param edit_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        *,
        status: str | None = None,
        source: str | None = None,
        file_name_contains: str | None = None,
        sort_by: Literal["updatedAt", "createdAt"] | None = None,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the edit runs, page by page as they are needed.

        2026-02-09: GET /edit_runs

        :param status: PROCESSING, PROCESSED or FAILED.
        :param source: API, STUDIO or ADMIN.
        :param file_name_contains: only runs whose file name holds this text.
        :param sort_by: updatedAt, createdAt; default updatedAt.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: rows a page; default and maximum are not documented; all pages are read
            anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, edit_run_id: str, /) -> dict[str, Any]:
        """Read an edit run.

        2025-04-21, 2026-02-09: GET /edit_runs/{id}

        :param edit_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class EditSchemas:
    """`client.edit_schemas`."""

    @overload
    def generate(self) -> dict[str, Any]:
        """Make an edit schema from a file.

        2025-04-21: POST /edit_schemas/generate

        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    @overload
    def generate(self, *, file: Mapping[str, Any], config: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Make an edit schema from a file.

        2026-02-09: POST /edit_schemas/generate
        Deprecated in 2026-02-09: use form_detection_runs.create_sync or form_detection_runs.create.

        :param file: required; `{url, name?, settings?}`, or `{id}` of a file of Extend.
        :param config: how fields of a form are found.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class EditTemplates:
    """`client.edit_templates`."""

    def list(
        self,
        *,
        name_contains: str | None = None,
        sort_by: Literal["updatedAt", "createdAt"] | None = None,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the edit templates, page by page as they are needed.

        2026-02-09: GET /edit_templates

        :param name_contains: only those whose name holds this text.
        :param sort_by: updatedAt, createdAt; default updatedAt.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: rows a page; default and maximum are not documented; all pages are read
            anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, edit_template_id: str, /) -> dict[str, Any]:
        """Read an edit template.

        2025-04-21, 2026-02-09: GET /edit_templates/{id}

        :param edit_template_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class EvaluationSetItems:
    """`client.evaluation_set_items`."""

    @overload
    def create(
        self,
        *,
        evaluation_set_id: str,
        file_id: str,
        expected_output: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Create an evaluation set item.

        2024-12-23, 2025-04-21: POST /evaluation_set_items

        :param evaluation_set_id: required; id of the evaluation set.
        :param file_id: required; id of a file of Extend.
        :param expected_output: required; what a right answer is, in the form of the processor's output.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    @overload
    def create(
        self,
        evaluation_set_id: str,
        /,
        *,
        items: Sequence[Mapping[str, Any]],
    ) -> builtins.list[dict[str, Any]]:
        """Create an evaluation set item.

        2026-02-09: POST /evaluation_sets/{evaluationSetId}/items

        :param evaluation_set_id: id.
        :param items: required; `{fileId or fileIds, expectedOutput}` each; 1 to 100 of them; 2 to 50
            fileIds each.
        :return: list[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def create_bulk(
        self,
        *,
        evaluation_set_id: str,
        items: Sequence[Mapping[str, Any]],
    ) -> builtins.list[dict[str, Any]]:
        """Create many evaluation set items in one call.

        2024-12-23, 2025-04-21: POST /evaluation_set_items/bulk

        :param evaluation_set_id: required; id of the evaluation set.
        :param items: required; `{fileId, expectedOutput}` each; how many a call takes is not documented.
        :return: list[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    @overload
    def delete(self, evaluation_set_item_id: str, /) -> dict[str, Any]:
        """Delete an evaluation set item.

        2025-04-21: DELETE /evaluation_set_items/{id}

        :param evaluation_set_item_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    @overload
    def delete(self, evaluation_set_id: str, item_id: str, /) -> dict[str, Any]:
        """Delete an evaluation set item.

        2026-02-09: DELETE /evaluation_sets/{evaluationSetId}/items/{itemId}

        :param evaluation_set_id: id.
        :param item_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        evaluation_set_id: str,
        /,
        *,
        sort_by: Literal["updatedAt", "createdAt"] | None = None,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the evaluation set items, page by page as they are needed.

        2025-04-21: GET /evaluation_sets/{id}/items
        2026-02-09: GET /evaluation_sets/{evaluationSetId}/items

        :param evaluation_set_id: id.
        :param sort_by: updatedAt, createdAt; default updatedAt.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: (2025-04-21) rows a page, default 10; all pages are read anyway; 1 to 1000;
            (2026-02-09) rows a page; default and maximum are not documented; all pages are read anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, evaluation_set_id: str, item_id: str, /) -> dict[str, Any]:
        """Read an evaluation set item.

        2026-02-09: GET /evaluation_sets/{evaluationSetId}/items/{itemId}

        :param evaluation_set_id: id.
        :param item_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    @overload
    def update(self, evaluation_set_item_id: str, /, *, expected_output: Mapping[str, Any]) -> dict[str, Any]:
        """Change an evaluation set item.

        2024-12-23, 2025-04-21: POST /evaluation_set_items/{id}

        :param evaluation_set_item_id: id.
        :param expected_output: required; what a right answer is, in the form of the processor's output.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    @overload
    def update(
        self,
        evaluation_set_id: str,
        item_id: str,
        /,
        *,
        expected_output: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Change an evaluation set item.

        2026-02-09: POST /evaluation_sets/{evaluationSetId}/items/{itemId}

        :param evaluation_set_id: id.
        :param item_id: id.
        :param expected_output: required; what a right answer is, in the form of the processor's output.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class EvaluationSetRuns:
    """`client.evaluation_set_runs`."""

    def create(
        self,
        *,
        evaluation_set_id: str,
        entity: Mapping[str, Any] | None = None,
        evaluation_set_item_ids: builtins.list[str] | tuple[str, ...] | None = None,
    ) -> dict[str, Any]:
        """Start an evaluation set run; it goes on after the answer.

        2026-02-09: POST /evaluation_set_runs
        It costs money; without an answer it is not sent again, since the run may have been started.

        :param evaluation_set_id: required; id of the evaluation set.
        :param entity: `{id, version?}` of what is evaluated; without it the set's processor at its draft.
        :param evaluation_set_item_ids: only these items; without them all.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, evaluation_set_run_id: str, /) -> dict[str, Any]:
        """Read an evaluation set run.

        2026-02-09: GET /evaluation_set_runs/{id}

        :param evaluation_set_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class EvaluationSets:
    """`client.evaluation_sets`."""

    @overload
    def create(self, *, name: str, description: str, processor_id: str) -> dict[str, Any]:
        """Create an evaluation set.

        2024-12-23, 2025-04-21: POST /evaluation_sets

        :param name: required; name to show.
        :param description: required; what it is for.
        :param processor_id: required; id of the processor that the set is for.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    @overload
    def create(self, *, name: str, entity_id: str, description: str | None = None) -> dict[str, Any]:
        """Create an evaluation set.

        2026-02-09: POST /evaluation_sets

        :param name: required; name to show.
        :param description: what it is for.
        :param entity_id: required; id of the extractor, classifier or splitter.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        *,
        processor_id: str | None = None,
        sort_by: Literal["updatedAt", "createdAt"] | None = None,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
        entity_id: str | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the evaluation sets, page by page as they are needed.

        2025-04-21, 2026-02-09: GET /evaluation_sets

        :param processor_id: (2025-04-21) id of the processor.
        :param sort_by: updatedAt, createdAt; default updatedAt.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: (2025-04-21) rows a page, default 10; all pages are read anyway; 1 to 1000;
            (2026-02-09) rows a page; default and maximum are not documented; all pages are read anyway.
        :param entity_id: (2026-02-09) id of the extractor, classifier or splitter.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, evaluation_set_id: str, /) -> dict[str, Any]:
        """Read an evaluation set.

        2025-04-21, 2026-02-09: GET /evaluation_sets/{id}

        :param evaluation_set_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class ExtractRuns:
    """`client.extract_runs`."""

    def cancel(self, extract_run_id: str, /) -> dict[str, Any]:
        """Cancel an extract run.

        2026-02-09: POST /extract_runs/{id}/cancel

        :param extract_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def create(
        self,
        *,
        extractor: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        file: Mapping[str, Any] | None = None,
        package: Mapping[str, Any] | None = None,
        priority: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Start an extract run; it goes on after the answer.

        2026-02-09: POST /extract_runs
        It costs money; without an answer it is not sent again, since the run may have been started.
        Exactly one of file, package.
        At most one of extractor, config.

        :param extractor: `{id, version?, overrideConfig?}`; version: `latest`, `draft` or `x.y`.
        :param config: an extractor's config (schema, rules, advanced options).
        :param file: `{url, name?, settings?}`, `{id}` of a file of Extend, or `{text, name?}`.
        :param package: `{files}`, by url or id, that are read together in one run; 2 to 50 files, each
            once.
        :param priority: lower numbers first, default 50; 1 to 100.
        :param metadata: given back with the run; the key `extend:usage_tags` (list of texts) is reserved;
            at most 10 KB as JSON.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def create_batch(
        self,
        *,
        extractor: Mapping[str, Any],
        inputs: Sequence[Mapping[str, Any]],
        priority: int | None = None,
    ) -> dict[str, Any]:
        """Start many extract runs in one call; the answer names the batch.

        2026-02-09: POST /extract_runs/batch
        It costs money; without an answer it is not sent again, since the run may have been started.

        :param extractor: required; `{id, version?, overrideConfig?}`; version: `latest`, `draft` or `x.y`.
        :param inputs: required; `{file, metadata?}` each; file by url, id or text; 1 to 1000 of them.
        :param priority: lower numbers first; the default is said to be lower than that of single runs; 1 to
            100.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def create_sync(
        self,
        *,
        extractor: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        file: Mapping[str, Any] | None = None,
        package: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Start an extract run and wait for its end, 5 minutes at most.

        2026-02-09: POST /extract
        It costs money; without an answer it is not sent again, since the run may have been started.
        Exactly one of file, package.
        At most one of extractor, config.

        :param extractor: `{id, version?, overrideConfig?}`; version: `latest`, `draft` or `x.y`.
        :param config: an extractor's config (schema, rules, advanced options).
        :param file: `{url, name?, settings?}`, `{id}` of a file of Extend, or `{text, name?}`.
        :param package: `{files}`, by url or id, that are read together in one run; 2 to 50 files, each
            once.
        :param metadata: given back with the run; the key `extend:usage_tags` (list of texts) is reserved;
            at most 10 KB as JSON.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def delete(self, extract_run_id: str, /) -> dict[str, Any]:
        """Delete an extract run.

        2026-02-09: DELETE /extract_runs/{id}

        :param extract_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        *,
        status: str | None = None,
        extractor_id: str | None = None,
        batch_id: str | None = None,
        source: str | None = None,
        source_id: str | None = None,
        file_name_contains: str | None = None,
        sort_by: Literal["updatedAt", "createdAt"] | None = None,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the extract runs, page by page as they are needed.

        2026-02-09: GET /extract_runs

        :param status: PENDING, PROCESSING, PROCESSED, FAILED or CANCELLED.
        :param extractor_id: only runs of this extractor.
        :param batch_id: only members of this batch.
        :param source: ADMIN, BATCH_PROCESSOR_RUN, PLAYGROUND, WORKFLOW_CONFIGURATION, WORKFLOW_RUN, STUDIO
            or API.
        :param source_id: id of what made the run.
        :param file_name_contains: only runs whose file name holds this text.
        :param sort_by: updatedAt, createdAt; default updatedAt.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: rows a page; default and maximum are not documented; all pages are read
            anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, extract_run_id: str, /) -> dict[str, Any]:
        """Read an extract run.

        2026-02-09: GET /extract_runs/{id}

        :param extract_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class ExtractorVersions:
    """`client.extractor_versions`."""

    def create(
        self,
        extractor_id: str,
        /,
        *,
        release_type: Literal["major", "minor"],
        description: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Create an extractor version.

        2026-02-09: POST /extractors/{extractorId}/versions

        :param extractor_id: id.
        :param release_type: required; major, minor; which part of the version number is raised.
        :param description: what has changed.
        :param config: an extractor's config (schema, rules, advanced options).
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        extractor_id: str,
        /,
        *,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the extractor versions, page by page as they are needed.

        2026-02-09: GET /extractors/{extractorId}/versions

        :param extractor_id: id.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: rows a page; default and maximum are not documented; all pages are read
            anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, extractor_id: str, version_id: str, /) -> dict[str, Any]:
        """Read an extractor version.

        2026-02-09: GET /extractors/{extractorId}/versions/{versionId}

        :param extractor_id: id.
        :param version_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class Extractors:
    """`client.extractors`."""

    def create(
        self,
        *,
        name: str,
        clone_extractor_id: str | None = None,
        config: Mapping[str, Any] | None = None,
        generate: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Create an extractor.

        2026-02-09: POST /extractors
        At most one of generate, config.
        At most one of generate, clone_extractor_id.

        :param name: required; name to show.
        :param clone_extractor_id: extractor to copy.
        :param config: an extractor's config (schema, rules, advanced options).
        :param generate: `{files, instructions?}`: make a schema from sample documents.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        *,
        sort_by: Literal["updatedAt", "createdAt"] | None = None,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the extractors, page by page as they are needed.

        2026-02-09: GET /extractors

        :param sort_by: updatedAt, createdAt; default updatedAt.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: rows a page; default and maximum are not documented; all pages are read
            anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, extractor_id: str, /) -> dict[str, Any]:
        """Read an extractor.

        2026-02-09: GET /extractors/{id}

        :param extractor_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def update(
        self,
        extractor_id: str,
        /,
        *,
        name: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Change an extractor.

        2026-02-09: POST /extractors/{id}

        :param extractor_id: id.
        :param name: name to show.
        :param config: an extractor's config (schema, rules, advanced options).
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class Files:
    """`client.files`."""

    def create(
        self,
        *,
        name: str,
        url: str | None = None,
        raw_text: str | None = None,
        media_type: str | None = None,
    ) -> dict[str, Any]:
        """Create a file.

        2024-12-23, 2025-04-21: POST /files
        Deprecated in 2024-12-23, 2025-04-21: use files.upload.

        :param name: required; name to show.
        :param url: where Extend fetches the file.
        :param raw_text: the file's text.
        :param media_type: MIME type.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def delete(self, file_id: str, /) -> dict[str, Any]:
        """Delete a file.

        2025-04-21, 2026-02-09: DELETE /files/{id}

        :param file_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        *,
        name_contains: str | None = None,
        sort_by: Literal["createdAt"] | None = None,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the files, page by page as they are needed.

        2024-12-23, 2025-04-21, 2026-02-09: GET /files

        :param name_contains: only those whose name holds this text.
        :param sort_by: (2024-12-23) default createdAt.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: (2024-12-23, 2026-02-09) rows a page; default and maximum are not documented;
            all pages are read anyway; (2025-04-21) rows a page, default 10; all pages are read anyway; 1 to
            1000.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(
        self,
        file_id: str,
        /,
        *,
        raw_text: bool | None = None,
        markdown: bool | None = None,
        html: bool | None = None,
    ) -> dict[str, Any]:
        """Read a file.

        2024-12-23, 2025-04-21, 2026-02-09: GET /files/{id}

        :param file_id: id.
        :param raw_text: with the plain text; deprecated on 2026-02-09; default false.
        :param markdown: with the text as Markdown; deprecated on 2026-02-09; default false.
        :param html: with the text as HTML; deprecated on 2026-02-09; default false.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def upload(
        self,
        source: str | Path | BinaryIO,
        /,
        *,
        name: str | None = None,
        convert_to_pdf: bool | None = None,
        password: str | None = None,
    ) -> dict[str, Any]:
        """Upload a file, streamed and never held in memory.

        2024-12-23, 2025-04-21, 2026-02-09: POST /files/upload

        :param source: path, or binary stream that can be rewound.
        :param name: file name to show; default: the path's last part.
        :param convert_to_pdf: (2025-04-21, 2026-02-09) convert the file to PDF; default not documented.
        :param password: (2026-02-09) of a protected PDF.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class FormDetectionRuns:
    """`client.form_detection_runs`."""

    def create(self, *, file: Mapping[str, Any], config: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Start a form detection run; it goes on after the answer.

        2026-02-09: POST /form_detection_runs
        It costs money; without an answer it is not sent again, since the run may have been started.

        :param file: required; `{url, name?, settings?}`, or `{id}` of a file of Extend.
        :param config: how fields of a form are found.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def create_sync(
        self,
        *,
        file: Mapping[str, Any],
        config: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Start a form detection run and wait for its end, 5 minutes at most.

        2026-02-09: POST /detect_form
        It costs money; without an answer it is not sent again, since the run may have been started.

        :param file: required; `{url, name?, settings?}`, or `{id}` of a file of Extend.
        :param config: how fields of a form are found.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, form_detection_run_id: str, /) -> dict[str, Any]:
        """Read a form detection run.

        2026-02-09: GET /form_detection_runs/{id}

        :param form_detection_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class ParseRuns:
    """`client.parse_runs`."""

    def cancel(self, parse_run_id: str, /) -> dict[str, Any]:
        """Cancel a parse run.

        2026-02-09: POST /parse_runs/{id}/cancel

        :param parse_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def create(
        self,
        *,
        file: Mapping[str, Any],
        config: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        data_retention: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Start a parse run; it goes on after the answer.

        2025-04-21: POST /parse/async
        2026-02-09: POST /parse_runs
        It costs money; without an answer it is not sent again, since the run may have been started.

        :param file: (2025-04-21) required; `{fileName?}` with one of `fileUrl`, `fileId`; (2026-02-09)
            required; `{url, name?, settings?}`, or `{id}` of a file of Extend.
        :param config: how the file is parsed: target, chunking, blocks, advanced options.
        :param metadata: (2026-02-09) given back with the run; the key `extend:usage_tags` (list of texts)
            is reserved; at most 10 KB as JSON.
        :param data_retention: (2026-02-09) `{mode}`: `workspace_default` or `zero` (nothing is kept after
            processing).
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def create_batch(
        self,
        *,
        inputs: Sequence[Mapping[str, Any]],
        config: Mapping[str, Any] | None = None,
        priority: int | None = None,
    ) -> dict[str, Any]:
        """Start many parse runs in one call; the answer names the batch.

        2026-02-09: POST /parse_runs/batch
        It costs money; without an answer it is not sent again, since the run may have been started.

        :param inputs: required; `{file, metadata?}` each; file by url, id or text; 1 to 1000 of them.
        :param config: how the file is parsed: target, chunking, blocks, advanced options.
        :param priority: lower numbers first; the default is said to be lower than that of single runs; 1 to
            100.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    @overload
    def create_sync(self, *, file: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
        """Start a parse run and wait for its end, 5 minutes at most.

        2024-12-23: POST /parse
        It costs money; without an answer it is not sent again, since the run may have been started.

        :param file: required; `{fileName?}` with one of `fileUrl`, `fileId`, `fileBase64`.
        :param config: required; how the file is parsed: target, chunking, blocks, advanced options.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    @overload
    def create_sync(
        self,
        *,
        file: Mapping[str, Any],
        config: Mapping[str, Any] | None = None,
        response_type: Literal["json", "url"] | None = None,
        metadata: Mapping[str, Any] | None = None,
        data_retention: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Start a parse run and wait for its end, 5 minutes at most.

        2025-04-21, 2026-02-09: POST /parse
        It costs money; without an answer it is not sent again, since the run may have been started.

        :param file: (2025-04-21) required; `{fileName?}` with one of `fileUrl`, `fileId`; (2026-02-09)
            required; `{url, name?, settings?}`, or `{id}` of a file of Extend.
        :param config: how the file is parsed: target, chunking, blocks, advanced options.
        :param response_type: json, url; `url`: the answer holds a link to the output, good for 15 minutes;
            default json.
        :param metadata: (2026-02-09) given back with the run; the key `extend:usage_tags` (list of texts)
            is reserved; at most 10 KB as JSON.
        :param data_retention: (2026-02-09) `{mode}`: `workspace_default` or `zero` (nothing is kept after
            processing).
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def delete(self, parse_run_id: str, /) -> dict[str, Any]:
        """Delete a parse run.

        2025-04-21: DELETE /parser_runs/{id}
        2026-02-09: DELETE /parse_runs/{id}

        :param parse_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        *,
        status: str | None = None,
        batch_id: str | None = None,
        source: str | None = None,
        source_id: str | None = None,
        file_name_contains: str | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the parse runs, page by page as they are needed.

        2026-02-09: GET /parse_runs

        :param status: PENDING, PROCESSING, PROCESSED or FAILED.
        :param batch_id: only members of this batch.
        :param source: API, STUDIO, WORKFLOW_RUN, ADMIN, BATCH_PARSER_RUN, EDIT_RUN or
            DOCUMENT_PROCESSOR_RUN; ignored beside batchId.
        :param source_id: id of what made the run.
        :param file_name_contains: only runs whose file name holds this text.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: rows a page; default and maximum are not documented; all pages are read
            anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(
        self,
        parse_run_id: str,
        /,
        *,
        response_type: Literal["json", "url"] | None = None,
    ) -> dict[str, Any]:
        """Read a parse run.

        2025-04-21: GET /parser_runs/{id}
        2026-02-09: GET /parse_runs/{id}

        :param parse_run_id: id.
        :param response_type: json, url; `url`: the answer holds a link to the output, good for 15 minutes;
            default json.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class ProcessorRuns:
    """`client.processor_runs`."""

    def cancel(self, processor_run_id: str, /) -> dict[str, Any]:
        """Cancel a processor run.

        2025-04-21, 2026-02-09: POST /processor_runs/{id}/cancel
        Deprecated in 2026-02-09: use extract_runs.cancel, classify_runs.cancel or split_runs.cancel.

        :param processor_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def create(
        self,
        *,
        processor_id: str,
        version: str | None = None,
        file: Mapping[str, Any] | None = None,
        raw_text: str | None = None,
        priority: int | None = None,
        metadata: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        sync: bool | None = None,
    ) -> dict[str, Any]:
        """Start a processor run; it goes on after the answer.

        2024-12-23, 2025-04-21, 2026-02-09: POST /processor_runs
        Deprecated in 2026-02-09: use extract_runs.create, classify_runs.create or split_runs.create.
        It costs money; without an answer it is not sent again, since the run may have been started.
        Exactly one of file, raw_text.

        :param processor_id: required; id of the processor.
        :param version: `latest`, `draft` or `x.y`.
        :param file: (2024-12-23) `{fileName?}` with one of `fileUrl`, `fileId`, `fileBase64`; (2025-04-21,
            2026-02-09) `{fileName?}` with one of `fileUrl`, `fileId`.
        :param raw_text: text in the place of a file.
        :param priority: lower numbers first, default 50; 1 to 100.
        :param metadata: (2024-12-23, 2025-04-21) given back with the run; a limit is not documented;
            (2026-02-09) given back with the run; the key `extend:usage_tags` (list of texts) is reserved;
            at most 10 KB as JSON.
        :param config: a processor's config in the spelling of the version; for a run it replaces that of
            the processor's version.
        :param sync: (2025-04-21, 2026-02-09) wait for the result, 5 minutes at most; then the run goes on.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def delete(self, processor_run_id: str, /) -> dict[str, Any]:
        """Delete a processor run.

        2025-04-21, 2026-02-09: DELETE /processor_runs/{id}
        Deprecated in 2026-02-09: use extract_runs.delete, classify_runs.delete or split_runs.delete.

        :param processor_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        *,
        status: str | None = None,
        processor_id: str | None = None,
        processor_type: Literal["EXTRACT", "CLASSIFY", "SPLITTER"] | None = None,
        source: str | None = None,
        source_id: str | None = None,
        file_name_contains: str | None = None,
        sort_by: Literal["updatedAt", "createdAt"] | None = None,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the processor runs, page by page as they are needed.

        2025-04-21, 2026-02-09: GET /processor_runs
        Deprecated in 2026-02-09: use extract_runs.list, classify_runs.list or split_runs.list.

        :param status: PENDING, PROCESSING, PROCESSED, FAILED or CANCELLED.
        :param processor_id: id of the processor.
        :param processor_type: EXTRACT, CLASSIFY, SPLITTER; kind of processor.
        :param source: ADMIN, BATCH_PROCESSOR_RUN, PLAYGROUND, WORKFLOW_CONFIGURATION, WORKFLOW_RUN, STUDIO
            or API.
        :param source_id: id of what made the run.
        :param file_name_contains: only runs whose file name holds this text.
        :param sort_by: updatedAt, createdAt; default updatedAt.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: (2025-04-21) rows a page, default 10; all pages are read anyway; 1 to 1000;
            (2026-02-09) rows a page; default and maximum are not documented; all pages are read anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, processor_run_id: str, /) -> dict[str, Any]:
        """Read a processor run.

        2024-12-23, 2025-04-21, 2026-02-09: GET /processor_runs/{id}
        Deprecated in 2026-02-09: use extract_runs.retrieve, classify_runs.retrieve or split_runs.retrieve.

        :param processor_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class ProcessorVersions:
    """`client.processor_versions`."""

    def create(
        self,
        processor_id: str,
        /,
        *,
        release_type: Literal["major", "minor"],
        description: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Create a processor version.

        2024-12-23, 2025-04-21, 2026-02-09: POST /processors/{id}/publish
        Deprecated in 2026-02-09: use extractor_versions.create, classifier_versions.create or
            splitter_versions.create.

        :param processor_id: id.
        :param release_type: required; major, minor; which part of the version number is raised.
        :param description: what has changed.
        :param config: a processor's config in the spelling of the version; for a run it replaces that of
            the processor's version.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(self, processor_id: str, /) -> Iterator[dict[str, Any]]:
        """Iterate over the processor versions, page by page as they are needed.

        2024-12-23, 2025-04-21, 2026-02-09: GET /processors/{id}/versions
        Deprecated in 2026-02-09: use extractor_versions.list, classifier_versions.list or
            splitter_versions.list.

        :param processor_id: id.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, processor_id: str, processor_version_id: str, /) -> dict[str, Any]:
        """Read a processor version.

        2024-12-23, 2025-04-21, 2026-02-09: GET /processors/{processorId}/versions/{processorVersionId}
        Deprecated in 2026-02-09: use extractor_versions.retrieve, classifier_versions.retrieve or
            splitter_versions.retrieve.

        :param processor_id: id.
        :param processor_version_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class Processors:
    """`client.processors`."""

    def create(
        self,
        *,
        name: str,
        type: Literal["EXTRACT", "CLASSIFY", "SPLITTER"],
        clone_processor_id: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Create a processor.

        2024-12-23, 2025-04-21, 2026-02-09: POST /processors
        Deprecated in 2026-02-09: use extractors.create, classifiers.create or splitters.create.

        :param name: required; name to show.
        :param type: required; EXTRACT, CLASSIFY, SPLITTER; kind of processor.
        :param clone_processor_id: processor to copy.
        :param config: (2025-04-21, 2026-02-09) a processor's config in the spelling of the version; for a
            run it replaces that of the processor's version.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        *,
        type: Literal["EXTRACT", "CLASSIFY", "SPLITTER"] | None = None,
        sort_by: Literal["updatedAt", "createdAt"] | None = None,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the processors, page by page as they are needed.

        2025-04-21, 2026-02-09: GET /processors
        Deprecated in 2026-02-09: use extractors.list, classifiers.list or splitters.list.

        :param type: EXTRACT, CLASSIFY, SPLITTER; kind of processor.
        :param sort_by: updatedAt, createdAt; default updatedAt.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: (2025-04-21) rows a page, default 10; all pages are read anyway; 1 to 1000;
            (2026-02-09) rows a page; default and maximum are not documented; all pages are read anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def update(
        self,
        processor_id: str,
        /,
        *,
        name: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Change a processor.

        2024-12-23, 2025-04-21, 2026-02-09: POST /processors/{id}
        Deprecated in 2026-02-09: use extractors.update, classifiers.update or splitters.update.

        :param processor_id: id.
        :param name: name to show.
        :param config: a processor's config in the spelling of the version; for a run it replaces that of
            the processor's version.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class SplitRuns:
    """`client.split_runs`."""

    def cancel(self, split_run_id: str, /) -> dict[str, Any]:
        """Cancel a split run.

        2026-02-09: POST /split_runs/{id}/cancel

        :param split_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def create(
        self,
        *,
        file: Mapping[str, Any],
        splitter: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        priority: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Start a split run; it goes on after the answer.

        2026-02-09: POST /split_runs
        It costs money; without an answer it is not sent again, since the run may have been started.
        At least one of splitter, config.

        :param splitter: `{id, version?, overrideConfig?}`; version: `latest`, `draft` or `x.y`.
        :param config: a splitter's config (classifications, rules, advanced options).
        :param file: required; `{url, name?, settings?}`, or `{id}` of a file of Extend.
        :param priority: lower numbers first, default 50; 1 to 100.
        :param metadata: given back with the run; the key `extend:usage_tags` (list of texts) is reserved;
            at most 10 KB as JSON.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def create_batch(
        self,
        *,
        splitter: Mapping[str, Any],
        inputs: Sequence[Mapping[str, Any]],
        priority: int | None = None,
    ) -> dict[str, Any]:
        """Start many split runs in one call; the answer names the batch.

        2026-02-09: POST /split_runs/batch
        It costs money; without an answer it is not sent again, since the run may have been started.

        :param splitter: required; `{id, version?, overrideConfig?}`; version: `latest`, `draft` or `x.y`.
        :param inputs: required; `{file, metadata?}` each; file by url or id; 1 to 1000 of them.
        :param priority: lower numbers first; the default is said to be lower than that of single runs; 1 to
            100.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def create_sync(
        self,
        *,
        file: Mapping[str, Any],
        splitter: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Start a split run and wait for its end, 5 minutes at most.

        2026-02-09: POST /split
        It costs money; without an answer it is not sent again, since the run may have been started.
        At least one of splitter, config.

        :param splitter: `{id, version?, overrideConfig?}`; version: `latest`, `draft` or `x.y`.
        :param config: a splitter's config (classifications, rules, advanced options).
        :param file: required; `{url, name?, settings?}`, or `{id}` of a file of Extend.
        :param metadata: given back with the run; the key `extend:usage_tags` (list of texts) is reserved;
            at most 10 KB as JSON.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def delete(self, split_run_id: str, /) -> dict[str, Any]:
        """Delete a split run.

        2026-02-09: DELETE /split_runs/{id}

        :param split_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        *,
        status: str | None = None,
        splitter_id: str | None = None,
        batch_id: str | None = None,
        source: str | None = None,
        source_id: str | None = None,
        file_name_contains: str | None = None,
        sort_by: Literal["updatedAt", "createdAt"] | None = None,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the split runs, page by page as they are needed.

        2026-02-09: GET /split_runs

        :param status: PENDING, PROCESSING, PROCESSED, FAILED or CANCELLED.
        :param splitter_id: only runs of this splitter.
        :param batch_id: only members of this batch.
        :param source: ADMIN, BATCH_PROCESSOR_RUN, PLAYGROUND, WORKFLOW_CONFIGURATION, WORKFLOW_RUN, STUDIO
            or API.
        :param source_id: id of what made the run.
        :param file_name_contains: only runs whose file name holds this text.
        :param sort_by: updatedAt, createdAt; default updatedAt.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: rows a page; default and maximum are not documented; all pages are read
            anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, split_run_id: str, /) -> dict[str, Any]:
        """Read a split run.

        2026-02-09: GET /split_runs/{id}

        :param split_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class SplitterVersions:
    """`client.splitter_versions`."""

    def create(
        self,
        splitter_id: str,
        /,
        *,
        release_type: Literal["major", "minor"],
        description: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Create a splitter version.

        2026-02-09: POST /splitters/{splitterId}/versions

        :param splitter_id: id.
        :param release_type: required; major, minor; which part of the version number is raised.
        :param description: what has changed.
        :param config: a splitter's config (classifications, rules, advanced options).
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        splitter_id: str,
        /,
        *,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the splitter versions, page by page as they are needed.

        2026-02-09: GET /splitters/{splitterId}/versions

        :param splitter_id: id.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: rows a page; default and maximum are not documented; all pages are read
            anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, splitter_id: str, version_id: str, /) -> dict[str, Any]:
        """Read a splitter version.

        2026-02-09: GET /splitters/{splitterId}/versions/{versionId}

        :param splitter_id: id.
        :param version_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class Splitters:
    """`client.splitters`."""

    def create(
        self,
        *,
        name: str,
        clone_splitter_id: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Create a splitter.

        2026-02-09: POST /splitters

        :param name: required; name to show.
        :param clone_splitter_id: splitter to copy.
        :param config: a splitter's config (classifications, rules, advanced options).
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        *,
        sort_by: Literal["updatedAt", "createdAt"] | None = None,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the splitters, page by page as they are needed.

        2026-02-09: GET /splitters

        :param sort_by: updatedAt, createdAt; default updatedAt.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: rows a page; default and maximum are not documented; all pages are read
            anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, splitter_id: str, /) -> dict[str, Any]:
        """Read a splitter.

        2026-02-09: GET /splitters/{id}

        :param splitter_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def update(
        self,
        splitter_id: str,
        /,
        *,
        name: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Change a splitter.

        2026-02-09: POST /splitters/{id}

        :param splitter_id: id.
        :param name: name to show.
        :param config: a splitter's config (classifications, rules, advanced options).
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class VerifyRuns:
    """`client.verify_runs`."""

    def cancel(self, verify_run_id: str, /) -> dict[str, Any]:
        """Cancel a verify run.

        2026-02-09: POST /verify_runs/{id}/cancel

        :param verify_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def create(
        self,
        *,
        file: Mapping[str, Any],
        config: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Start a verify run; it goes on after the answer.

        2026-02-09: POST /verify_runs
        It costs money; without an answer it is not sent again, since the run may have been started.

        :param file: required; `{url, name?, settings?}`, or `{id}` of a file of Extend; PDF, JPEG, PNG or
            WebP.
        :param config: what is verified; unknown keys are refused.
        :param metadata: given back with the run; the key `extend:usage_tags` (list of texts) is reserved;
            at most 10 KB as JSON.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def create_sync(
        self,
        *,
        file: Mapping[str, Any],
        config: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Start a verify run and wait for its end, 5 minutes at most.

        2026-02-09: POST /verify
        It costs money; without an answer it is not sent again, since the run may have been started.

        :param file: required; `{url, name?, settings?}`, or `{id}` of a file of Extend; PDF, JPEG, PNG or
            WebP.
        :param config: what is verified; unknown keys are refused.
        :param metadata: given back with the run; the key `extend:usage_tags` (list of texts) is reserved;
            at most 10 KB as JSON.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def delete(self, verify_run_id: str, /) -> dict[str, Any]:
        """Delete a verify run.

        2026-02-09: DELETE /verify_runs/{id}

        :param verify_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        *,
        status: str | None = None,
        source: str | None = None,
        source_id: str | None = None,
        risk_level: str | None = None,
        file_name_contains: str | None = None,
        sort_by: Literal["updatedAt", "createdAt"] | None = None,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the verify runs, page by page as they are needed.

        2026-02-09: GET /verify_runs

        :param status: PROCESSING, PROCESSED, FAILED or CANCELLED.
        :param source: API or STUDIO.
        :param source_id: id of what made the run.
        :param risk_level: LOW, MEDIUM or HIGH.
        :param file_name_contains: only runs whose file name holds this text.
        :param sort_by: updatedAt, createdAt; default updatedAt.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: rows a page; default and maximum are not documented; all pages are read
            anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, verify_run_id: str, /) -> dict[str, Any]:
        """Read a verify run.

        2026-02-09: GET /verify_runs/{id}

        :param verify_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class WebhookEndpoints:
    """`client.webhook_endpoints`."""

    def create(
        self,
        *,
        url: str,
        name: str,
        enabled_events: builtins.list[str] | tuple[str, ...],
        api_version: str,
        status: Literal["enabled", "disabled"] | None = None,
        advanced_options: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Create a webhook endpoint.

        2026-02-09: POST /webhook_endpoints

        :param url: required; https address that events are sent to.
        :param name: required; name to show.
        :param status: enabled, disabled; default enabled.
        :param enabled_events: required; types of event to send; may be empty (webhooks.md).
        :param api_version: required; API version of the payloads, YYYY-MM-DD; cannot be changed later.
        :param advanced_options: extra `headers` and the form of the `payload`.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def delete(self, webhook_endpoint_id: str, /) -> dict[str, Any]:
        """Delete a webhook endpoint.

        2026-02-09: DELETE /webhook_endpoints/{id}

        :param webhook_endpoint_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        *,
        status: Literal["enabled", "disabled"] | None = None,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the webhook endpoints, page by page as they are needed.

        2026-02-09: GET /webhook_endpoints

        :param status: enabled, disabled; default enabled.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: rows a page; default and maximum are not documented; all pages are read
            anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, webhook_endpoint_id: str, /) -> dict[str, Any]:
        """Read a webhook endpoint.

        2026-02-09: GET /webhook_endpoints/{id}

        :param webhook_endpoint_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def update(
        self,
        webhook_endpoint_id: str,
        /,
        *,
        url: str | None = None,
        name: str | None = None,
        status: Literal["enabled", "disabled"] | None = None,
        enabled_events: builtins.list[str] | tuple[str, ...] | None = None,
        advanced_options: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Change a webhook endpoint.

        2026-02-09: POST /webhook_endpoints/{id}

        :param webhook_endpoint_id: id.
        :param url: https address that events are sent to.
        :param name: name to show.
        :param status: enabled, disabled; default enabled.
        :param enabled_events: types of event to send; may be empty (webhooks.md).
        :param advanced_options: extra `headers` and the form of the `payload`.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class WebhookSubscriptions:
    """`client.webhook_subscriptions`."""

    def create(
        self,
        *,
        webhook_endpoint_id: str,
        resource_type: Literal["extractor", "classifier", "splitter", "workflow"],
        resource_id: str,
        enabled_events: builtins.list[str] | tuple[str, ...],
    ) -> dict[str, Any]:
        """Create a webhook subscription.

        2026-02-09: POST /webhook_subscriptions

        :param webhook_endpoint_id: required; id of the webhook endpoint.
        :param resource_type: required; extractor, classifier, splitter, workflow; kind of the resource.
        :param resource_id: required; id of the extractor, classifier, splitter or workflow.
        :param enabled_events: required; types of event to send, of those that the kind of resource has
            (webhooks.md).
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def delete(self, webhook_subscription_id: str, /) -> dict[str, Any]:
        """Delete a webhook subscription.

        2026-02-09: DELETE /webhook_subscriptions/{id}

        :param webhook_subscription_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        *,
        webhook_endpoint_id: str | None = None,
        resource_id: str | None = None,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the webhook subscriptions, page by page as they are needed.

        2026-02-09: GET /webhook_subscriptions

        :param webhook_endpoint_id: id of the webhook endpoint.
        :param resource_id: id of the extractor, classifier, splitter or workflow.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: rows a page; default and maximum are not documented; all pages are read
            anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, webhook_subscription_id: str, /) -> dict[str, Any]:
        """Read a webhook subscription.

        2026-02-09: GET /webhook_subscriptions/{id}

        :param webhook_subscription_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def update(
        self,
        webhook_subscription_id: str,
        /,
        *,
        enabled_events: builtins.list[str] | tuple[str, ...],
    ) -> dict[str, Any]:
        """Change a webhook subscription.

        2026-02-09: POST /webhook_subscriptions/{id}

        :param webhook_subscription_id: id.
        :param enabled_events: required; types of event to send, of those that the kind of resource has
            (webhooks.md).
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class WorkflowRuns:
    """`client.workflow_runs`."""

    def cancel(self, workflow_run_id: str, /) -> dict[str, Any]:
        """Cancel a workflow run.

        2025-04-21: POST /workflow_runs/{workflowRunId}/cancel
        2026-02-09: POST /workflow_runs/{id}/cancel

        :param workflow_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def correct_outputs(
        self,
        workflow_run_id: str,
        output_id: str,
        /,
        *,
        reviewed_output: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Correct an output of a workflow run.

        2024-12-23, 2025-04-21: POST /workflow_runs/{workflowRunId}/outputs/{outputId}
        Deprecated in 2024-12-23, 2025-04-21: nothing replaces it.

        :param workflow_run_id: id.
        :param output_id: id.
        :param reviewed_output: required; the right output, in the form of the processor's output.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    @overload
    def create(
        self,
        *,
        workflow_id: str,
        version: str | None = None,
        files: Sequence[Mapping[str, Any]] | None = None,
        raw_texts: builtins.list[str] | tuple[str, ...] | None = None,
        priority: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> builtins.list[dict[str, Any]]:
        """Start a workflow run; it goes on after the answer.

        2024-12-23, 2025-04-21: POST /workflow_runs
        It costs money; without an answer it is not sent again, since the run may have been started.
        Exactly one of files, raw_texts.

        :param workflow_id: required; id of the workflow.
        :param version: a number as text, or `draft`; without it the latest that is deployed.
        :param files: `{fileUrl or fileId, fileName?, outputs?}` each; one run a file; 1 to 50 of them.
        :param raw_texts: texts in the place of files; one run each.
        :param priority: lower numbers first, default 50; 1 to 100.
        :param metadata: given back with the run; a limit is not documented.
        :return: list[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    @overload
    def create(
        self,
        *,
        workflow: Mapping[str, Any],
        file: Mapping[str, Any] | None = None,
        package: Mapping[str, Any] | None = None,
        outputs: Sequence[Mapping[str, Any]] | None = None,
        priority: int | None = None,
        metadata: Mapping[str, Any] | None = None,
        secrets: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Start a workflow run; it goes on after the answer.

        2026-02-09: POST /workflow_runs
        It costs money; without an answer it is not sent again, since the run may have been started.
        Exactly one of file, package.
        At most one of package, outputs.

        :param workflow: required; `{id, version?}`; version: a number as text, or `draft`; without it the
            latest that is deployed.
        :param file: `{url, name?, settings?}`, `{id}` of a file of Extend, or `{text, name?}`.
        :param package: `{files}`, by url or id, that are read together in one run; 2 to 50 files, each
            once.
        :param outputs: `{processorId, output}` each: results that are known before; not with a package.
        :param priority: lower numbers first, default 50; 1 to 100.
        :param metadata: given back with the run; the key `extend:usage_tags` (list of texts) is reserved;
            at most 10 KB as JSON.
        :param secrets: values for the workflow's steps that are not shown.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    @overload
    def create_batch(
        self,
        *,
        workflow_id: str,
        inputs: Sequence[Mapping[str, Any]],
        version: str | None = None,
    ) -> dict[str, Any]:
        """Start many workflow runs in one call; the answer names the batch.

        2024-12-23, 2025-04-21: POST /workflow_runs/batch
        It costs money; without an answer it is not sent again, since the run may have been started.

        :param workflow_id: required; id of the workflow.
        :param version: a number as text, or `draft`; without it the latest that is deployed.
        :param inputs: required; `{file or rawText, metadata?, secrets?}` each; file by `fileUrl` or
            `fileId`; 1 to 1000 of them.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    @overload
    def create_batch(
        self,
        *,
        workflow: Mapping[str, Any],
        inputs: Sequence[Mapping[str, Any]],
        priority: int | None = None,
    ) -> dict[str, Any]:
        """Start many workflow runs in one call; the answer names the batch.

        2026-02-09: POST /workflow_runs/batch
        It costs money; without an answer it is not sent again, since the run may have been started.

        :param workflow: required; `{id, version?}`; version: a number as text, or `draft`; without it the
            latest that is deployed.
        :param inputs: required; `{file, metadata?, secrets?}` each; file by url, id or text; 1 to 1000 of
            them.
        :param priority: lower numbers first, default 90; 1 to 100.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendUsageBlocked: no credits are left.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def delete(self, workflow_run_id: str, /) -> dict[str, Any]:
        """Delete a workflow run.

        2025-04-21: DELETE /workflow_runs/{workflowRunId}
        2026-02-09: DELETE /workflow_runs/{id}

        :param workflow_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        *,
        status: str | None = None,
        workflow_id: str | None = None,
        batch_id: str | None = None,
        file_name_contains: str | None = None,
        sort_by: Literal["updatedAt", "createdAt"] | None = None,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the workflow runs, page by page as they are needed.

        2024-12-23, 2025-04-21, 2026-02-09: GET /workflow_runs

        :param status: PENDING, PROCESSING, NEEDS_REVIEW, REJECTED, PROCESSED, FAILED; since 2025-04-21
            CANCELLED, CANCELLING.
        :param workflow_id: id of the workflow.
        :param batch_id: only members of this batch.
        :param file_name_contains: only runs whose file name holds this text.
        :param sort_by: updatedAt, createdAt; default updatedAt.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: (2024-12-23, 2026-02-09) rows a page; default and maximum are not documented;
            all pages are read anyway; (2025-04-21) rows a page, default 10; all pages are read anyway; 1 to
            1000.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, workflow_run_id: str, /) -> dict[str, Any]:
        """Read a workflow run.

        2024-12-23, 2025-04-21: GET /workflow_runs/{workflowRunId}
        2026-02-09: GET /workflow_runs/{id}

        :param workflow_run_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def update(
        self,
        workflow_run_id: str,
        /,
        *,
        name: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Change a workflow run.

        2024-12-23, 2025-04-21: POST /workflow_runs/{workflowRunId}
        2026-02-09: POST /workflow_runs/{id}

        :param workflow_run_id: id.
        :param name: name to show.
        :param metadata: (2024-12-23, 2025-04-21) merged into what is there; (2026-02-09) merged key by key
            into what is there; the key `extend:usage_tags` (list of texts) is reserved; at most 10 KB as
            JSON.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class WorkflowVersions:
    """`client.workflow_versions`."""

    def create(
        self,
        workflow_id: str,
        /,
        *,
        name: str | None = None,
        steps: Sequence[Mapping[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """Create a workflow version.

        2026-02-09: POST /workflows/{id}/versions

        :param workflow_id: id.
        :param name: name to show.
        :param steps: steps to deploy; without them the draft is deployed.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        workflow_id: str,
        /,
        *,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the workflow versions, page by page as they are needed.

        2026-02-09: GET /workflows/{id}/versions

        :param workflow_id: id.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: rows a page; default and maximum are not documented; all pages are read
            anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, workflow_id: str, version_id: str, /) -> dict[str, Any]:
        """Read a workflow version.

        2026-02-09: GET /workflows/{id}/versions/{versionId}

        :param workflow_id: id.
        :param version_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

class Workflows:
    """`client.workflows`."""

    def create(self, *, name: str, steps: Sequence[Mapping[str, Any]] | None = None) -> dict[str, Any]:
        """Create a workflow.

        2024-12-23, 2025-04-21, 2026-02-09: POST /workflows

        :param name: required; name to show.
        :param steps: (2026-02-09) `{type, name, next?, ...}` each: the steps of the workflow.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def list(
        self,
        *,
        sort_by: Literal["updatedAt", "createdAt"] | None = None,
        sort_dir: Literal["asc", "desc"] | None = None,
        next_page_token: str | None = None,
        max_page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the workflows, page by page as they are needed.

        2026-02-09: GET /workflows

        :param sort_by: updatedAt, createdAt; default updatedAt.
        :param sort_dir: asc, desc; default desc: the newest first.
        :param next_page_token: page to begin with, from an earlier answer to the same query (README 7).
        :param max_page_size: rows a page; default and maximum are not documented; all pages are read
            anyway.
        :return: Iterator[dict[str, Any]]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def retrieve(self, workflow_id: str, /) -> dict[str, Any]:
        """Read a workflow.

        2026-02-09: GET /workflows/{id}

        :param workflow_id: id.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """

    def update(
        self,
        workflow_id: str,
        /,
        *,
        name: str | None = None,
        steps: Sequence[Mapping[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """Change a workflow.

        2026-02-09: POST /workflows/{id}

        :param workflow_id: id.
        :param name: name to show.
        :param steps: steps of the draft; they replace all that it has.
        :return: dict[str, Any]: as the API spells it, out of its envelope.
        :raises ExtendInputError: it cannot be sent so; nothing was.
        :raises ExtendNotFound: there is no such id in this workspace.
        :raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`.
        :raises ExtendConnectionError: no answer came.
        """
