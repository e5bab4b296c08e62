"""Extract runs, one by one and in batches. Only 2026-02-09 has them.

As with evaluation runs the work is done when a run is made, from what is there then; the clock reveals it.
"""

from __future__ import annotations

import time

from airflow_provider_extend.emulator import clock, files, inputs
from airflow_provider_extend.emulator.api import checked_config, find_version
from airflow_provider_extend.emulator.call import Call
from airflow_provider_extend.emulator.inputs import Input
from airflow_provider_extend.emulator.run_views import reading
from airflow_provider_extend.emulator.state import ApiError
from airflow_provider_extend.emulator.store import Row, new_id


def _wanted(call: Call) -> tuple[Row | None, Row]:
    """The version of the extractor, none for an inline config, and the config that counts.

    Assumption: an override replaces whole keys of the config.
    """
    extractor, config = call.body.get("extractor"), checked_config(call.body.get("config"))
    if extractor is None:
        return None, config or {}
    if config is not None:
        raise ApiError(400, "extractor and config cannot both be given")
    if not isinstance(extractor.get("id"), str):
        raise ApiError(400, "Missing required field(s): extractor.id")
    override = extractor.get("overrideConfig")
    if override is not None and not isinstance(override, dict):
        raise ApiError(400, "extractor.overrideConfig must be of type object")
    processor = call.find("processor", extractor["id"])
    version = find_version(call, processor, str(extractor.get("version") or "latest"))
    return version, version["config"] | (checked_config(override) or {})


def _start(
    call: Call, version: Row | None, config: Row, given: list[Input], batch_id: str | None
) -> list[Row]:
    store = call.state.store
    readings = [reading(config, one.source.pages) for one in given]
    for one in given:
        files.write(call.state, one.source)
    rows = []
    unknown = version is None and not config.get("schema") and not config.get("fields")
    with store.transaction():
        begun, now = time.time(), store.stamp()
        if batch_id:
            store.put("batch", {"id": batch_id, "runCount": len(given), "createdAt": now})
        for one, kept in zip(given, readings, strict=True):
            file = files.keep(call.state, one.source, now)
            # Assumption: where the API would infer a schema, this run fails.
            reason = "SCHEMA_GENERATION_FAILED" if unknown else None
            reason = reason if one.source.pages else "FAILED_TO_PROCESS_FILE"
            row: Row = {
                "id": new_id("exr_"),
                "processorId": version and version["processorId"],
                "processorVersionId": version and version["id"],
                "version": version and version["version"],
                "batchId": batch_id,
                "source": "BATCH_PROCESSOR_RUN" if batch_id else "API",
                "sourceId": batch_id,  # assumption: of a run that the API made alone, nothing
                "fileId": file["id"],
                "fileName": file["name"],
                "pages": len(one.source.pages),
                "parseRunId": new_id("pr_"),
                "metadata": one.metadata,
                **clock.begin(call.state, batch_id is not None, begun, reason),
                "createdAt": now,
            }
            outputs = [{"fileId": file["id"], "output": kept["values"]}]
            store.put("result", {"id": row["id"], "reading": kept, "outputs": outputs})
            rows.append(store.put("extract_run", row))
    call.made += [row["id"] for row in rows]
    return rows


def create(call: Call) -> Row:
    version, config = _wanted(call)
    (row,) = _start(call, version, config, [inputs.single(call)], None)
    return call.show("extract_run", row | {"status": "PROCESSING", "updatedAt": row["createdAt"]})


def create_batch(call: Call) -> Row:
    version, config = _wanted(call)
    batch_id = new_id("bpr_")
    _start(call, version, config, inputs.batch(call), batch_id)
    return call.show("batch", call.find("batch", batch_id) | {"status": "PENDING"})


def cancel(call: Call) -> Row:
    with call.state.store.transaction():
        cancelled = clock.cancelled(call.find("extract_run", call.params["id"]), ("PROCESSING",), 0)
        return call.show("extract_run", call.state.store.put("extract_run", cancelled))


def delete(call: Call) -> Row:
    return call.delete_run("extract_run")
