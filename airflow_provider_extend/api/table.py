"""Every endpoint of Extend's API and every parameter that one takes, as text: written once, read by all the rest.

`ENDPOINTS_TABLE`: one row is one thing that can be asked for; where its path changed between versions the row has
several paths. Columns: name (resource and verb), HTTP method, rate-limit class, path on 2024-12-23, 2025-04-21 and
2026-02-09 (`=` as in the version before, `-` not there), envelope key of the older answers (`-` none), and marks:

* `legacy`: 2026-02-09 still answers on the old path, deprecated, in the old envelope;
* `deprecated`: deprecated in every version that has it, or (`edit_schemas.generate`) in the newest;
* `repeatable`: no GET, yet idempotent by contract (it sets values or upserts), so safe to send again.

Rate-limit classes (docs: Rate Limits): GET, WRITE, and RUN for the creates of runs.

The indented line below a row has its parameters in the API's spelling, `[?]name[:word][!][@versions]`: `!` required,
`?` in the query although the method is no GET, `:word` the word of the glossary where that is not the name. Versions
by their year: `@2026`, `@2025+` since then, `@-2025` until then. `+paging` and `+sorting` stand for those of a list.
What they must be together: `1(a,b)` exactly one of them, `0-1(a,b)` at most one, `1+(a,b)` at least one.

`GLOSSARY`: word, type, limit, meaning. Types: `text`, `integer`, `boolean`, `object` (JSON), `texts` and `objects`
(lists), `binary`, or the values with `|` between them. Limit: one of `api.limits.LIMITS`; `-` none. A `?` in a meaning
marks what may be left out.
Sources: endpoint pages of each version, SDK 0.2.0 and 1.20.0.
"""

from __future__ import annotations

from typing import Final

ENDPOINTS_TABLE: Final = """\
batch_processor_runs.retrieve       GET     GET    /batch_processor_runs/{id}  =  =  batchProcessorRun  legacy
batch_runs.retrieve                 GET     GET    -  -  /batch_runs/{id}  -  -
classifier_versions.create          POST    WRITE  -  -  /classifiers/{classifierId}/versions  -  -
    releaseType! description:versionDescription config:classifyConfig
classifier_versions.list            GET     GET    -  -  /classifiers/{classifierId}/versions  -  -
    sortDir +paging
classifier_versions.retrieve        GET     GET    -  -  /classifiers/{classifierId}/versions/{versionId}  -  -
classifiers.create                  POST    WRITE  -  -  /classifiers  -  -
    name! cloneClassifierId config:classifyConfig
classifiers.list                    GET     GET    -  -  /classifiers  -  -
    +sorting +paging
classifiers.retrieve                GET     GET    -  -  /classifiers/{id}  -  -
classifiers.update                  POST    WRITE  -  -  /classifiers/{id}  -  repeatable
    name config:classifyConfig
classify_runs.cancel                POST    WRITE  -  -  /classify_runs/{id}/cancel  -  -
classify_runs.create                POST    RUN    -  -  /classify_runs  -  -
    classifier config:classifyConfig file:anyFile! priority metadata 1+(classifier,config)
classify_runs.create_batch          POST    RUN    -  -  /classify_runs/batch  -  -
    classifier! inputs! priority:batchPriority
classify_runs.create_sync           POST    RUN    -  -  /classify  -  -
    classifier config:classifyConfig file:anyFile! metadata 1+(classifier,config)
classify_runs.delete                DELETE  WRITE  -  -  /classify_runs/{id}  -  -
classify_runs.list                  GET     GET    -  -  /classify_runs  -  -
    status:runStatus classifierId batchId source:runSource sourceId fileNameContains +sorting +paging
classify_runs.retrieve              GET     GET    -  -  /classify_runs/{id}  -  -
edit_runs.create                    POST    RUN    -  /edit/async  /edit_runs  -  -
    file:oldFile!@-2025 file:storedFile@2026 templateId@2026 config:oldEditConfig@-2025 config:editConfig@2026 1(file,templateId)@2026
edit_runs.create_sync               POST    RUN    -  /edit  =  -  -
    file:oldFile!@-2025 file:storedFile@2026 templateId@2026 config:oldEditConfig@-2025 config:editConfig@2026 1(file,templateId)@2026
edit_runs.delete                    DELETE  WRITE  -  /edit_runs/{id}  =  editRunId  -
edit_runs.list                      GET     GET    -  -  /edit_runs  -  -
    status:editStatus source:editSource fileNameContains +sorting +paging
edit_runs.retrieve                  GET     GET    -  /edit_runs/{id}  =  editRun  -
edit_schemas.generate               POST    WRITE  -  /edit_schemas/generate  =  -  deprecated
    file:storedFile!@2026 config:formConfig@2026
edit_templates.list                 GET     GET    -  -  /edit_templates  -  -
    nameContains +sorting +paging
edit_templates.retrieve             GET     GET    -  /edit_templates/{id}  =  -  -
evaluation_set_items.create         POST    WRITE  /evaluation_set_items  =  /evaluation_sets/{evaluationSetId}/items  evaluationSetItem  -
    evaluationSetId!@-2025 fileId!@-2025 expectedOutput!@-2025 items:newItems!@2026
evaluation_set_items.create_bulk    POST    WRITE  /evaluation_set_items/bulk  =  -  evaluationSetItems  -
    evaluationSetId! items:oldItems!
evaluation_set_items.delete         DELETE  WRITE  -  /evaluation_set_items/{id}  /evaluation_sets/{evaluationSetId}/items/{itemId}  evaluationSetItemId  -
evaluation_set_items.list           GET     GET    -  /evaluation_sets/{id}/items  /evaluation_sets/{evaluationSetId}/items  evaluationSetItems  -
    +sorting +paging
evaluation_set_items.retrieve       GET     GET    -  -  /evaluation_sets/{evaluationSetId}/items/{itemId}  -  -
evaluation_set_items.update         POST    WRITE  /evaluation_set_items/{id}  =  /evaluation_sets/{evaluationSetId}/items/{itemId}  evaluationSetItem  repeatable
    expectedOutput!
evaluation_set_runs.create          POST    RUN    -  -  /evaluation_set_runs  -  -
    evaluationSetId! entity evaluationSetItemIds
evaluation_set_runs.retrieve        GET     GET    -  -  /evaluation_set_runs/{id}  -  -
evaluation_sets.create              POST    WRITE  /evaluation_sets  =  =  evaluationSet  -
    name! description!@-2025 description@2026 processorId:setProcessorId!@-2025 entityId!@2026
evaluation_sets.list                GET     GET    -  /evaluation_sets  =  evaluationSets  -
    processorId@2025 entityId@2026 +sorting +paging
evaluation_sets.retrieve            GET     GET    -  /evaluation_sets/{id}  =  evaluationSet  -
extract_runs.cancel                 POST    WRITE  -  -  /extract_runs/{id}/cancel  -  -
extract_runs.create                 POST    RUN    -  -  /extract_runs  -  -
    extractor config:extractConfig file:anyFile package priority metadata 1(file,package) 0-1(extractor,config)
extract_runs.create_batch           POST    RUN    -  -  /extract_runs/batch  -  -
    extractor! inputs! priority:batchPriority
extract_runs.create_sync            POST    RUN    -  -  /extract  -  -
    extractor config:extractConfig file:anyFile package metadata 1(file,package) 0-1(extractor,config)
extract_runs.delete                 DELETE  WRITE  -  -  /extract_runs/{id}  -  -
extract_runs.list                   GET     GET    -  -  /extract_runs  -  -
    status:runStatus extractorId batchId source:runSource sourceId fileNameContains +sorting +paging
extract_runs.retrieve               GET     GET    -  -  /extract_runs/{id}  -  -
extractor_versions.create           POST    WRITE  -  -  /extractors/{extractorId}/versions  -  -
    releaseType! description:versionDescription config:extractConfig
extractor_versions.list             GET     GET    -  -  /extractors/{extractorId}/versions  -  -
    sortDir +paging
extractor_versions.retrieve         GET     GET    -  -  /extractors/{extractorId}/versions/{versionId}  -  -
extractors.create                   POST    WRITE  -  -  /extractors  -  -
    name! cloneExtractorId config:extractConfig generate 0-1(generate,config) 0-1(generate,cloneExtractorId)
extractors.list                     GET     GET    -  -  /extractors  -  -
    +sorting +paging
extractors.retrieve                 GET     GET    -  -  /extractors/{id}  -  -
extractors.update                   POST    WRITE  -  -  /extractors/{id}  -  repeatable
    name config:extractConfig
files.create                        POST    WRITE  /files  =  -  file  deprecated
    name! url:fileUrl rawText:fileText mediaType
files.delete                        DELETE  WRITE  -  /files/{id}  =  fileId  -
files.list                          GET     GET    /files  =  =  files  -
    nameContains sortBy:fileSortBy@2024 sortDir +paging
files.retrieve                      GET     GET    /files/{id}  =  =  file  -
    rawText:withText markdown:withMarkdown html:withHtml
files.upload                        POST    WRITE  /files/upload  =  =  file  -
    ?convertToPdf@2025+ file:upload! password@2026
form_detection_runs.create          POST    RUN    -  -  /form_detection_runs  -  -
    file:storedFile! config:formConfig
form_detection_runs.create_sync     POST    RUN    -  -  /detect_form  -  -
    file:storedFile! config:formConfig
form_detection_runs.retrieve        GET     GET    -  -  /form_detection_runs/{id}  -  -
parse_runs.cancel                   POST    WRITE  -  -  /parse_runs/{id}/cancel  -  -
parse_runs.create                   POST    RUN    -  /parse/async  /parse_runs  -  -
    file:oldFile!@-2025 file:storedFile!@2026 config:parseConfig metadata@2026 dataRetention@2026
parse_runs.create_batch             POST    RUN    -  -  /parse_runs/batch  -  -
    inputs! config:parseConfig priority:batchPriority
parse_runs.create_sync              POST    RUN    /parse  =  =  -  -
    file:base64File!@2024 file:oldFile!@2025 file:storedFile!@2026 config:parseConfig!@2024 config:parseConfig@2025+ ?responseType@2025+ metadata@2026 dataRetention@2026
parse_runs.delete                   DELETE  WRITE  -  /parser_runs/{id}  /parse_runs/{id}  parserRunId  -
parse_runs.list                     GET     GET    -  -  /parse_runs  -  -
    status:parseStatus batchId source:parseSource sourceId fileNameContains +paging
parse_runs.retrieve                 GET     GET    -  /parser_runs/{id}  /parse_runs/{id}  parserRun  -
    responseType
processor_runs.cancel               POST    WRITE  -  /processor_runs/{id}/cancel  =  processorRun  legacy
processor_runs.create               POST    RUN    /processor_runs  =  =  processorRun  legacy
    processorId! version file:base64File@2024 file:oldFile@2025+ rawText sync@2025+ priority metadata:oldMetadata@-2025 metadata@2026 config:processorConfig 1(file,rawText)
processor_runs.delete               DELETE  WRITE  -  /processor_runs/{id}  =  documentProcessorRunId  legacy
processor_runs.list                 GET     GET    -  /processor_runs  =  processorRuns  legacy
    status:runStatus processorId processorType source:runSource sourceId fileNameContains +sorting +paging
processor_runs.retrieve             GET     GET    /processor_runs/{id}  =  =  processorRun  legacy
processor_versions.create           POST    WRITE  /processors/{id}/publish  =  =  processorVersion  legacy
    releaseType! description:versionDescription config:processorConfig
processor_versions.list             GET     GET    /processors/{id}/versions  =  =  versions  legacy
processor_versions.retrieve         GET     GET    /processors/{processorId}/versions/{processorVersionId}  =  =  version  legacy
processors.create                   POST    WRITE  /processors  =  =  processor  legacy
    name! type:processorType! cloneProcessorId config:processorConfig@2025+
processors.list                     GET     GET    -  /processors  =  processors  legacy
    type:processorType +sorting +paging
processors.update                   POST    WRITE  /processors/{id}  =  =  processor  legacy,repeatable
    name config:processorConfig
split_runs.cancel                   POST    WRITE  -  -  /split_runs/{id}/cancel  -  -
split_runs.create                   POST    RUN    -  -  /split_runs  -  -
    splitter config:splitConfig file:storedFile! priority metadata 1+(splitter,config)
split_runs.create_batch             POST    RUN    -  -  /split_runs/batch  -  -
    splitter! inputs:storedInputs! priority:batchPriority
split_runs.create_sync              POST    RUN    -  -  /split  -  -
    splitter config:splitConfig file:storedFile! metadata 1+(splitter,config)
split_runs.delete                   DELETE  WRITE  -  -  /split_runs/{id}  -  -
split_runs.list                     GET     GET    -  -  /split_runs  -  -
    status:runStatus splitterId batchId source:runSource sourceId fileNameContains +sorting +paging
split_runs.retrieve                 GET     GET    -  -  /split_runs/{id}  -  -
splitter_versions.create            POST    WRITE  -  -  /splitters/{splitterId}/versions  -  -
    releaseType! description:versionDescription config:splitConfig
splitter_versions.list              GET     GET    -  -  /splitters/{splitterId}/versions  -  -
    sortDir +paging
splitter_versions.retrieve          GET     GET    -  -  /splitters/{splitterId}/versions/{versionId}  -  -
splitters.create                    POST    WRITE  -  -  /splitters  -  -
    name! cloneSplitterId config:splitConfig
splitters.list                      GET     GET    -  -  /splitters  -  -
    +sorting +paging
splitters.retrieve                  GET     GET    -  -  /splitters/{id}  -  -
splitters.update                    POST    WRITE  -  -  /splitters/{id}  -  repeatable
    name config:splitConfig
verify_runs.cancel                  POST    WRITE  -  -  /verify_runs/{id}/cancel  -  repeatable
verify_runs.create                  POST    RUN    -  -  /verify_runs  -  -
    file:verifyFile! config:verifyConfig metadata
verify_runs.create_sync             POST    RUN    -  -  /verify  -  -
    file:verifyFile! config:verifyConfig metadata
verify_runs.delete                  DELETE  WRITE  -  -  /verify_runs/{id}  -  -
verify_runs.list                    GET     GET    -  -  /verify_runs  -  -
    status:verifyStatus source:verifySource sourceId riskLevel fileNameContains +sorting +paging
verify_runs.retrieve                GET     GET    -  -  /verify_runs/{id}  -  -
webhook_endpoints.create            POST    WRITE  -  -  /webhook_endpoints  -  -
    url:webhookUrl! name! status:endpointStatus enabledEvents:endpointEvents! apiVersion! advancedOptions
webhook_endpoints.delete            DELETE  WRITE  -  -  /webhook_endpoints/{id}  -  -
webhook_endpoints.list              GET     GET    -  -  /webhook_endpoints  -  -
    status:endpointStatus sortDir +paging
webhook_endpoints.retrieve          GET     GET    -  -  /webhook_endpoints/{id}  -  -
webhook_endpoints.update            POST    WRITE  -  -  /webhook_endpoints/{id}  -  repeatable
    url:webhookUrl name status:endpointStatus enabledEvents:endpointEvents advancedOptions
webhook_subscriptions.create        POST    WRITE  -  -  /webhook_subscriptions  -  repeatable
    webhookEndpointId! resourceType! resourceId! enabledEvents:resourceEvents!
webhook_subscriptions.delete        DELETE  WRITE  -  -  /webhook_subscriptions/{id}  -  -
webhook_subscriptions.list          GET     GET    -  -  /webhook_subscriptions  -  -
    webhookEndpointId resourceId sortDir +paging
webhook_subscriptions.retrieve      GET     GET    -  -  /webhook_subscriptions/{id}  -  -
webhook_subscriptions.update        POST    WRITE  -  -  /webhook_subscriptions/{id}  -  repeatable
    enabledEvents:resourceEvents!
workflow_runs.cancel                POST    WRITE  -  /workflow_runs/{workflowRunId}/cancel  /workflow_runs/{id}/cancel  workflowRun  -
workflow_runs.correct_outputs       POST    WRITE  /workflow_runs/{workflowRunId}/outputs/{outputId}  =  -  workflowRun  deprecated
    reviewedOutput!
workflow_runs.create                POST    RUN    /workflow_runs  =  =  workflowRuns  -
    workflowId!@-2025 version:workflowVersion@-2025 files@-2025 rawTexts@-2025 workflow!@2026 file:anyFile@2026 package@2026 outputs@2026 priority metadata:oldMetadata@-2025 metadata@2026 secrets@2026 1(files,rawTexts)@-2025 1(file,package)@2026 0-1(package,outputs)@2026
workflow_runs.create_batch          POST    RUN    /workflow_runs/batch  =  =  -  -
    workflowId!@-2025 version:workflowVersion@-2025 workflow!@2026 inputs:oldInputs!@-2025 inputs:workflowInputs!@2026 priority:workflowBatchPriority@2026
workflow_runs.delete                DELETE  WRITE  -  /workflow_runs/{workflowRunId}  /workflow_runs/{id}  workflowRunId  -
workflow_runs.list                  GET     GET    /workflow_runs  =  =  workflowRuns  -
    status:workflowStatus workflowId batchId fileNameContains +sorting +paging
workflow_runs.retrieve              GET     GET    /workflow_runs/{workflowRunId}  =  /workflow_runs/{id}  workflowRun  -
workflow_runs.update                POST    WRITE  /workflow_runs/{workflowRunId}  =  /workflow_runs/{id}  workflowRun  repeatable
    name metadata:oldMergedMetadata@-2025 metadata:mergedMetadata@2026
workflow_versions.create            POST    WRITE  -  -  /workflows/{id}/versions  -  -
    name steps:deployedSteps
workflow_versions.list              GET     GET    -  -  /workflows/{id}/versions  -  -
    sortDir +paging
workflow_versions.retrieve          GET     GET    -  -  /workflows/{id}/versions/{versionId}  -  -
workflows.create                    POST    WRITE  /workflows  =  =  workflow  -
    name! steps@2026
workflows.list                      GET     GET    -  -  /workflows  -  -
    +sorting +paging
workflows.retrieve                  GET     GET    -  -  /workflows/{id}  -  -
workflows.update                    POST    WRITE  -  -  /workflows/{id}  -  repeatable
    name steps:replacedSteps
"""

#: What replaces an endpoint that is deprecated in a version, or that the newest no longer has; `*`: the same verb.
REPLACEMENTS: Final = """\
batch_processor_runs.*            evaluation_set_runs.*
edit_schemas.generate             form_detection_runs.create_sync form_detection_runs.create
evaluation_set_items.create_bulk  evaluation_set_items.create
files.create                      files.upload
processor_runs.*                  extract_runs.* classify_runs.* split_runs.*
processor_versions.*              extractor_versions.* classifier_versions.* splitter_versions.*
processors.*                      extractors.* classifiers.* splitters.*
workflow_runs.correct_outputs
"""

GROUPS: Final = """\
paging   nextPageToken maxPageSize@2024 maxPageSize:pageSize@2025 maxPageSize@2026
sorting  sortBy sortDir
"""

GLOSSARY: Final = """\
advancedOptions       object    -            extra `headers` and the form of the `payload`
anyFile               object    -            `{url, name?, settings?}`, `{id}` of a file of Extend, or `{text, name?}`
apiVersion            text      -            API version of the payloads, YYYY-MM-DD; cannot be changed later
base64File            object    -            `{fileName?}` with one of `fileUrl`, `fileId`, `fileBase64`
batchId               text      -            only members of this batch
batchPriority         integer   priority     lower numbers first; the default is said to be lower than that of single runs
classifier            object    -            `{id, version?, overrideConfig?}`; version: `latest`, `draft` or `x.y`
classifierId          text      -            only runs of this classifier
classifyConfig        object    -            a classifier's config (classifications, rules, advanced options)
cloneClassifierId     text      -            classifier to copy
cloneExtractorId      text      -            extractor to copy
cloneProcessorId      text      -            processor to copy
cloneSplitterId       text      -            splitter to copy
convertToPdf          boolean   -            convert the file to PDF; default not documented
dataRetention         object    -            `{mode}`: `workspace_default` or `zero` (nothing is kept after processing)
deployedSteps         objects   -            steps to deploy; without them the draft is deployed
description           text      -            what it is for
editConfig            object    -            schema, instructions, advanced options (2026-02-09 spelling)
editSource            text      -            API, STUDIO or ADMIN
editStatus            text      -            PROCESSING, PROCESSED or FAILED
endpointEvents        texts     -            types of event to send; may be empty (webhooks.md)
endpointStatus        enabled|disabled -            default enabled
entity                object    -            `{id, version?}` of what is evaluated; without it the set's processor at its draft
entityId              text      -            id of the extractor, classifier or splitter
evaluationSetId       text      -            id of the evaluation set
evaluationSetItemIds  texts     -            only these items; without them all
expectedOutput        object    -            what a right answer is, in the form of the processor's output
extractConfig         object    -            an extractor's config (schema, rules, advanced options)
extractor             object    -            `{id, version?, overrideConfig?}`; version: `latest`, `draft` or `x.y`
extractorId           text      -            only runs of this extractor
fileId                text      -            id of a file of Extend
fileNameContains      text      -            only runs whose file name holds this text
files                 objects   files        `{fileUrl or fileId, fileName?, outputs?}` each; one run a file
fileSortBy            createdAt -            default createdAt
fileText              text      -            the file's text
fileUrl               text      -            where Extend fetches the file
formConfig            object    -            how fields of a form are found
generate              object    -            `{files, instructions?}`: make a schema from sample documents
inputs                objects   batch        `{file, metadata?}` each; file by url, id or text
maxPageSize           integer   -            rows a page; default and maximum are not documented; all pages are read anyway
mediaType             text      -            MIME type
mergedMetadata        object    metadata     merged key by key into what is there; the key `extend:usage_tags` (list of texts) is reserved
metadata              object    metadata     given back with the run; the key `extend:usage_tags` (list of texts) is reserved
name                  text      -            name to show
nameContains          text      -            only those whose name holds this text
newItems              objects   items        `{fileId or fileIds, expectedOutput}` each
nextPageToken         text      -            page to begin with, from an earlier answer to the same query (README 7)
oldEditConfig         object    -            schema, instructions, advanced options (2025-04-21 spelling)
oldFile               object    -            `{fileName?}` with one of `fileUrl`, `fileId`
oldInputs             objects   inputs       `{file or rawText, metadata?, secrets?}` each; file by `fileUrl` or `fileId`
oldItems              objects   -            `{fileId, expectedOutput}` each; how many a call takes is not documented
oldMergedMetadata     object    -            merged into what is there
oldMetadata           object    -            given back with the run; a limit is not documented
outputs               objects   -            `{processorId, output}` each: results that are known before; not with a package
package               object    package      `{files}`, by url or id, that are read together in one run
pageSize              integer   rows          rows a page, default 10; all pages are read anyway
parseConfig           object    -            how the file is parsed: target, chunking, blocks, advanced options
parseSource           text      -            API, STUDIO, WORKFLOW_RUN, ADMIN, BATCH_PARSER_RUN, EDIT_RUN or DOCUMENT_PROCESSOR_RUN; ignored beside batchId
parseStatus           text      -            PENDING, PROCESSING, PROCESSED or FAILED
password              text      -            of a protected PDF
priority              integer   priority     lower numbers first, default 50
processorConfig       object    -            a processor's config in the spelling of the version; for a run it replaces that of the processor's version
processorId           text      -            id of the processor
processorType         EXTRACT|CLASSIFY|SPLITTER -            kind of processor
rawText               text      -            text in the place of a file
rawTexts              texts     -            texts in the place of files; one run each
releaseType           major|minor -            which part of the version number is raised
replacedSteps         objects   -            steps of the draft; they replace all that it has
resourceEvents        texts     -            types of event to send, of those that the kind of resource has (webhooks.md)
resourceId            text      -            id of the extractor, classifier, splitter or workflow
resourceType          extractor|classifier|splitter|workflow -            kind of the resource
responseType          json|url  -            `url`: the answer holds a link to the output, good for 15 minutes; default json
reviewedOutput        object    -            the right output, in the form of the processor's output
riskLevel             text      -            LOW, MEDIUM or HIGH
runSource             text      -            ADMIN, BATCH_PROCESSOR_RUN, PLAYGROUND, WORKFLOW_CONFIGURATION, WORKFLOW_RUN, STUDIO or API
runStatus             text      -            PENDING, PROCESSING, PROCESSED, FAILED or CANCELLED
secrets               object    -            values for the workflow's steps that are not shown
setProcessorId        text      -            id of the processor that the set is for
sortBy                updatedAt|createdAt -            default updatedAt
sortDir               asc|desc  -            default desc: the newest first
sourceId              text      -            id of what made the run
splitConfig           object    -            a splitter's config (classifications, rules, advanced options)
splitter              object    -            `{id, version?, overrideConfig?}`; version: `latest`, `draft` or `x.y`
splitterId            text      -            only runs of this splitter
steps                 objects   -            `{type, name, next?, ...}` each: the steps of the workflow
storedFile            object    -            `{url, name?, settings?}`, or `{id}` of a file of Extend
storedInputs          objects   batch        `{file, metadata?}` each; file by url or id
sync                  boolean   -            wait for the result, 5 minutes at most; then the run goes on
templateId            text      -            saved template to edit, in the place of a file
upload                binary    -            path, or binary stream that can be rewound; sent as multipart
verifyConfig          object    -            what is verified; unknown keys are refused
verifyFile            object    -            `{url, name?, settings?}`, or `{id}` of a file of Extend; PDF, JPEG, PNG or WebP
verifySource          text      -            API or STUDIO
verifyStatus          text      -            PROCESSING, PROCESSED, FAILED or CANCELLED
version               text      -            `latest`, `draft` or `x.y`
versionDescription    text      -            what has changed
webhookEndpointId     text      -            id of the webhook endpoint
webhookUrl            text      -            https address that events are sent to
withHtml              boolean   -            with the text as HTML; deprecated on 2026-02-09; default false
withMarkdown          boolean   -            with the text as Markdown; deprecated on 2026-02-09; default false
withText              boolean   -            with the plain text; deprecated on 2026-02-09; default false
workflow              object    -            `{id, version?}`; version: a number as text, or `draft`; without it the latest that is deployed
workflowBatchPriority integer   priority     lower numbers first, default 90
workflowId            text      -            id of the workflow
workflowInputs        objects   batch        `{file, metadata?, secrets?}` each; file by url, id or text
workflowStatus        text      -            PENDING, PROCESSING, NEEDS_REVIEW, REJECTED, PROCESSED, FAILED; since 2025-04-21 CANCELLED, CANCELLING
workflowVersion       text      -            a number as text, or `draft`; without it the latest that is deployed
"""
