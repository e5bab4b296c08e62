"""The endpoint table: every endpoint of Extend's API in the versions that this package speaks.

One row is one thing that can be asked for; where its path changed between versions the row has several
paths. Columns: name (resource and verb), HTTP method, rate-limit class, path on 2024-12-23, 2025-04-21 and
2026-02-09 (`=` as in the version before, `-` not there), envelope key of the older answers (`-` none), and
marks:

* `legacy`: 2026-02-09 still answers on the old path, deprecated, in the old envelope;
* `deprecated`: deprecated in every version that has it, or (`edit_schemas.generate`) in the newest;
* `repeatable`: no GET, yet idempotent by contract (it sets values or upserts), so safe to send again.

Rate-limit classes (docs: Rate Limits): GET, WRITE, and RUN for the creates of runs.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from airflow_provider_extend.api.errors import ExtendEndpointNotInVersion, ExtendInputError
from airflow_provider_extend.api.versions import API_VERSIONS, V2026

GET: Final = "GET"
WRITE: Final = "WRITE"
RUN: Final = "RUN"
RATE_CLASSES: tuple[str, ...] = (GET, WRITE, RUN)

_TABLE = """\
batch_processor_runs.retrieve       GET     GET    /batch_processor_runs/{id}  =  =  batchProcessorRun  legacy
batch_runs.retrieve                 GET     GET    -  -  /batch_runs/{id}  -  -
classifier_versions.create          POST    WRITE  -  -  /classifiers/{classifierId}/versions  -  -
classifier_versions.list            GET     GET    -  -  /classifiers/{classifierId}/versions  -  -
classifier_versions.retrieve        GET     GET    -  -  /classifiers/{classifierId}/versions/{versionId}  -  -
classifiers.create                  POST    WRITE  -  -  /classifiers  -  -
classifiers.list                    GET     GET    -  -  /classifiers  -  -
classifiers.retrieve                GET     GET    -  -  /classifiers/{id}  -  -
classifiers.update                  POST    WRITE  -  -  /classifiers/{id}  -  repeatable
classify_runs.cancel                POST    WRITE  -  -  /classify_runs/{id}/cancel  -  -
classify_runs.create                POST    RUN    -  -  /classify_runs  -  -
classify_runs.create_batch          POST    RUN    -  -  /classify_runs/batch  -  -
classify_runs.create_sync           POST    RUN    -  -  /classify  -  -
classify_runs.delete                DELETE  WRITE  -  -  /classify_runs/{id}  -  -
classify_runs.list                  GET     GET    -  -  /classify_runs  -  -
classify_runs.retrieve              GET     GET    -  -  /classify_runs/{id}  -  -
edit_runs.create                    POST    RUN    -  /edit/async  /edit_runs  -  -
edit_runs.create_sync               POST    RUN    -  /edit  =  -  -
edit_runs.delete                    DELETE  WRITE  -  /edit_runs/{id}  =  editRunId  -
edit_runs.list                      GET     GET    -  -  /edit_runs  -  -
edit_runs.retrieve                  GET     GET    -  /edit_runs/{id}  =  editRun  -
edit_schemas.generate               POST    WRITE  -  /edit_schemas/generate  =  -  deprecated
edit_templates.list                 GET     GET    -  -  /edit_templates  -  -
edit_templates.retrieve             GET     GET    -  /edit_templates/{id}  =  -  -
evaluation_set_items.create         POST    WRITE  /evaluation_set_items  =  /evaluation_sets/{evaluationSetId}/items  evaluationSetItem  -
evaluation_set_items.create_bulk    POST    WRITE  /evaluation_set_items/bulk  =  -  evaluationSetItems  -
evaluation_set_items.delete         DELETE  WRITE  -  /evaluation_set_items/{id}  /evaluation_sets/{evaluationSetId}/items/{itemId}  evaluationSetItemId  -
evaluation_set_items.list           GET     GET    -  /evaluation_sets/{id}/items  /evaluation_sets/{evaluationSetId}/items  evaluationSetItems  -
evaluation_set_items.retrieve       GET     GET    -  -  /evaluation_sets/{evaluationSetId}/items/{itemId}  -  -
evaluation_set_items.update         POST    WRITE  /evaluation_set_items/{id}  =  /evaluation_sets/{evaluationSetId}/items/{itemId}  evaluationSetItem  repeatable
evaluation_set_runs.create          POST    RUN    -  -  /evaluation_set_runs  -  -
evaluation_set_runs.retrieve        GET     GET    -  -  /evaluation_set_runs/{id}  -  -
evaluation_sets.create              POST    WRITE  /evaluation_sets  =  =  evaluationSet  -
evaluation_sets.list                GET     GET    -  /evaluation_sets  =  evaluationSets  -
evaluation_sets.retrieve            GET     GET    -  /evaluation_sets/{id}  =  evaluationSet  -
extract_runs.cancel                 POST    WRITE  -  -  /extract_runs/{id}/cancel  -  -
extract_runs.create                 POST    RUN    -  -  /extract_runs  -  -
extract_runs.create_batch           POST    RUN    -  -  /extract_runs/batch  -  -
extract_runs.create_sync            POST    RUN    -  -  /extract  -  -
extract_runs.delete                 DELETE  WRITE  -  -  /extract_runs/{id}  -  -
extract_runs.list                   GET     GET    -  -  /extract_runs  -  -
extract_runs.retrieve               GET     GET    -  -  /extract_runs/{id}  -  -
extractor_versions.create           POST    WRITE  -  -  /extractors/{extractorId}/versions  -  -
extractor_versions.list             GET     GET    -  -  /extractors/{extractorId}/versions  -  -
extractor_versions.retrieve         GET     GET    -  -  /extractors/{extractorId}/versions/{versionId}  -  -
extractors.create                   POST    WRITE  -  -  /extractors  -  -
extractors.list                     GET     GET    -  -  /extractors  -  -
extractors.retrieve                 GET     GET    -  -  /extractors/{id}  -  -
extractors.update                   POST    WRITE  -  -  /extractors/{id}  -  repeatable
files.create                        POST    WRITE  /files  =  -  file  deprecated
files.delete                        DELETE  WRITE  -  /files/{id}  =  fileId  -
files.list                          GET     GET    /files  =  =  files  -
files.retrieve                      GET     GET    /files/{id}  =  =  file  -
files.upload                        POST    WRITE  /files/upload  =  =  file  -
form_detection_runs.create          POST    RUN    -  -  /form_detection_runs  -  -
form_detection_runs.create_sync     POST    RUN    -  -  /detect_form  -  -
form_detection_runs.retrieve        GET     GET    -  -  /form_detection_runs/{id}  -  -
parse_runs.cancel                   POST    WRITE  -  -  /parse_runs/{id}/cancel  -  -
parse_runs.create                   POST    RUN    -  /parse/async  /parse_runs  -  -
parse_runs.create_batch             POST    RUN    -  -  /parse_runs/batch  -  -
parse_runs.create_sync              POST    RUN    /parse  =  =  -  -
parse_runs.delete                   DELETE  WRITE  -  /parser_runs/{id}  /parse_runs/{id}  parserRunId  -
parse_runs.list                     GET     GET    -  -  /parse_runs  -  -
parse_runs.retrieve                 GET     GET    -  /parser_runs/{id}  /parse_runs/{id}  parserRun  -
processor_runs.cancel               POST    WRITE  -  /processor_runs/{id}/cancel  =  processorRun  legacy
processor_runs.create               POST    RUN    /processor_runs  =  =  processorRun  legacy
processor_runs.delete               DELETE  WRITE  -  /processor_runs/{id}  =  documentProcessorRunId  legacy
processor_runs.list                 GET     GET    -  /processor_runs  =  processorRuns  legacy
processor_runs.retrieve             GET     GET    /processor_runs/{id}  =  =  processorRun  legacy
processor_versions.create           POST    WRITE  /processors/{id}/publish  =  =  processorVersion  legacy
processor_versions.list             GET     GET    /processors/{id}/versions  =  =  versions  legacy
processor_versions.retrieve         GET     GET    /processors/{processorId}/versions/{processorVersionId}  =  =  version  legacy
processors.create                   POST    WRITE  /processors  =  =  processor  legacy
processors.list                     GET     GET    -  /processors  =  processors  legacy
processors.update                   POST    WRITE  /processors/{id}  =  =  processor  legacy,repeatable
split_runs.cancel                   POST    WRITE  -  -  /split_runs/{id}/cancel  -  -
split_runs.create                   POST    RUN    -  -  /split_runs  -  -
split_runs.create_batch             POST    RUN    -  -  /split_runs/batch  -  -
split_runs.create_sync              POST    RUN    -  -  /split  -  -
split_runs.delete                   DELETE  WRITE  -  -  /split_runs/{id}  -  -
split_runs.list                     GET     GET    -  -  /split_runs  -  -
split_runs.retrieve                 GET     GET    -  -  /split_runs/{id}  -  -
splitter_versions.create            POST    WRITE  -  -  /splitters/{splitterId}/versions  -  -
splitter_versions.list              GET     GET    -  -  /splitters/{splitterId}/versions  -  -
splitter_versions.retrieve          GET     GET    -  -  /splitters/{splitterId}/versions/{versionId}  -  -
splitters.create                    POST    WRITE  -  -  /splitters  -  -
splitters.list                      GET     GET    -  -  /splitters  -  -
splitters.retrieve                  GET     GET    -  -  /splitters/{id}  -  -
splitters.update                    POST    WRITE  -  -  /splitters/{id}  -  repeatable
verify_runs.cancel                  POST    WRITE  -  -  /verify_runs/{id}/cancel  -  repeatable
verify_runs.create                  POST    RUN    -  -  /verify_runs  -  -
verify_runs.create_sync             POST    RUN    -  -  /verify  -  -
verify_runs.delete                  DELETE  WRITE  -  -  /verify_runs/{id}  -  -
verify_runs.list                    GET     GET    -  -  /verify_runs  -  -
verify_runs.retrieve                GET     GET    -  -  /verify_runs/{id}  -  -
webhook_endpoints.create            POST    WRITE  -  -  /webhook_endpoints  -  -
webhook_endpoints.delete            DELETE  WRITE  -  -  /webhook_endpoints/{id}  -  -
webhook_endpoints.list              GET     GET    -  -  /webhook_endpoints  -  -
webhook_endpoints.retrieve          GET     GET    -  -  /webhook_endpoints/{id}  -  -
webhook_endpoints.update            POST    WRITE  -  -  /webhook_endpoints/{id}  -  repeatable
webhook_subscriptions.create        POST    WRITE  -  -  /webhook_subscriptions  -  repeatable
webhook_subscriptions.delete        DELETE  WRITE  -  -  /webhook_subscriptions/{id}  -  -
webhook_subscriptions.list          GET     GET    -  -  /webhook_subscriptions  -  -
webhook_subscriptions.retrieve      GET     GET    -  -  /webhook_subscriptions/{id}  -  -
webhook_subscriptions.update        POST    WRITE  -  -  /webhook_subscriptions/{id}  -  repeatable
workflow_runs.cancel                POST    WRITE  -  /workflow_runs/{workflowRunId}/cancel  /workflow_runs/{id}/cancel  workflowRun  -
workflow_runs.correct_outputs       POST    WRITE  /workflow_runs/{workflowRunId}/outputs/{outputId}  =  -  workflowRun  deprecated
workflow_runs.create                POST    RUN    /workflow_runs  =  =  workflowRuns  -
workflow_runs.create_batch          POST    RUN    /workflow_runs/batch  =  =  -  -
workflow_runs.delete                DELETE  WRITE  -  /workflow_runs/{workflowRunId}  /workflow_runs/{id}  workflowRunId  -
workflow_runs.list                  GET     GET    /workflow_runs  =  =  workflowRuns  -
workflow_runs.retrieve              GET     GET    /workflow_runs/{workflowRunId}  =  /workflow_runs/{id}  workflowRun  -
workflow_runs.update                POST    WRITE  /workflow_runs/{workflowRunId}  =  /workflow_runs/{id}  workflowRun  repeatable
workflow_versions.create            POST    WRITE  -  -  /workflows/{id}/versions  -  -
workflow_versions.list              GET     GET    -  -  /workflows/{id}/versions  -  -
workflow_versions.retrieve          GET     GET    -  -  /workflows/{id}/versions/{versionId}  -  -
workflows.create                    POST    WRITE  /workflows  =  =  workflow  -
workflows.list                      GET     GET    -  -  /workflows  -  -
workflows.retrieve                  GET     GET    -  -  /workflows/{id}  -  -
workflows.update                    POST    WRITE  -  -  /workflows/{id}  -  repeatable"""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row of the table.

    :ivar name: resource and verb, for instance `extract_runs.create`.
    :ivar method: HTTP method.
    :ivar rate_class: `GET`, `WRITE` or `RUN`: which of the three rate limits it counts against.
    :ivar paths: API version -> path template. Parameter names differ between versions; arguments are
        therefore given by position.
    :ivar envelopes: API version -> key of the answer that holds the result; None: the body is the result.
    :ivar repeatable: whether a call may be sent again when its outcome is in doubt.
    :ivar deprecated: versions in which the API calls it deprecated.
    """

    name: str
    method: str
    rate_class: str
    paths: Mapping[str, str]
    envelopes: Mapping[str, str | None]
    repeatable: bool
    deprecated: frozenset[str]

    @property
    def resource(self) -> str:
        return self.name.partition(".")[0]

    @property
    def verb(self) -> str:
        return self.name.partition(".")[2]

    def path(self, version: str) -> str:
        """Path template of `version`.

        :raises ExtendEndpointNotInVersion: naming the versions that have the endpoint.
        """
        if version not in self.paths:
            raise ExtendEndpointNotInVersion(
                f"{self.name!r} does not exist in Extend API version {version}: "
                f"{' and '.join(self.paths)} {'has' if len(self.paths) == 1 else 'have'} it. Set api_version "
                "in the connection accordingly. Nothing was sent."
            )
        return self.paths[version]

    def path_parameters(self, version: str) -> tuple[str, ...]:
        return tuple(field for _, field, _, _ in string.Formatter().parse(self.path(version)) if field)


def _parse(line: str) -> Endpoint:
    name, method, rate_class, *columns, key, marks = line.split()
    paths: dict[str, str] = {}
    last = ""
    for version, column in zip(API_VERSIONS, columns, strict=True):
        if column == "-":
            continue
        last = last if column == "=" else column
        paths[version] = last
    old_key = None if key == "-" else key
    legacy = "legacy" in marks
    new_key = old_key if legacy else "data" if name.endswith(".list") else _NEW_KEYS.get(name)
    deprecated = [V2026] if legacy else [*paths][-1:] if name == "edit_schemas.generate" else [*paths]
    return Endpoint(
        name=name,
        method=method,
        rate_class=rate_class,
        paths=MappingProxyType(paths),
        envelopes=MappingProxyType({v: new_key if v == V2026 else old_key for v in paths}),
        repeatable=method == "GET" or "repeatable" in marks,
        deprecated=frozenset(deprecated) if marks.startswith(("legacy", "deprecated")) else frozenset(),
    )


#: Answers of 2026-02-09 that are neither the bare object nor a list.
_NEW_KEYS = {"evaluation_set_items.create": "evaluationSetItems"}

ENDPOINTS: Mapping[str, Endpoint] = MappingProxyType(
    {endpoint.name: endpoint for endpoint in map(_parse, _TABLE.strip().splitlines())}
)


def find(name: str) -> Endpoint:
    """The endpoint of that name.

    :raises ExtendInputError: naming near ones.
    """
    if name in ENDPOINTS:
        return ENDPOINTS[name]
    resource = name.partition(".")[0]
    near = [known for known in ENDPOINTS if known.startswith(f"{resource}.")] or sorted(
        {endpoint.resource for endpoint in ENDPOINTS.values()}
    )
    raise ExtendInputError(f"Extend has no endpoint {name!r}. Known: {', '.join(near)}. Nothing was sent.")


def rows() -> list[dict[str, Any]]:
    """The table by version, one JSON-ready row for each endpoint and version."""
    return [
        {
            "version": version,
            "name": endpoint.name,
            "method": endpoint.method,
            "path": path,
            "class": endpoint.rate_class,
            "envelope": endpoint.envelopes[version],
            "repeatable": endpoint.repeatable,
            "deprecated": version in endpoint.deprecated,
        }
        for version in API_VERSIONS
        for endpoint in ENDPOINTS.values()
        if (path := endpoint.paths.get(version))
    ]
