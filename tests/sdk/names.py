"""Which endpoint a method of the vendor's clients is for, and which endpoints they have no method for."""

from __future__ import annotations

#: Method of a client -> endpoint of the hook, where the names differ.
NAMES = {
    "classify": "classify_runs.create_sync",
    "detect_form": "form_detection_runs.create_sync",
    "edit": "edit_runs.create_sync",
    "extract": "extract_runs.create_sync",
    "parse": "parse_runs.create_sync",
    "split": "split_runs.create_sync",
    "verify": "verify_runs.create_sync",
    "parse_async": "parse_runs.create",
    "parser_run.delete": "parse_runs.delete",
    "parser_run.get": "parse_runs.retrieve",
    "batch_processor_run.get": "batch_processor_runs.retrieve",
    "batch_runs.get": "batch_runs.retrieve",
    "batch_workflow_run.create": "workflow_runs.create_batch",
    "edit.create": "edit_runs.create_sync",
    "edit.create_async": "edit_runs.create",
    "edit.delete": "edit_runs.delete",
    "edit.get": "edit_runs.retrieve",
    "evaluation_set_item.create_batch": "evaluation_set_items.create_bulk",
    "workflow_run_output.update": "workflow_runs.correct_outputs",
}
_RESOURCES = {
    "evaluation_set": "evaluation_sets",
    "evaluation_set_item": "evaluation_set_items",
    "file": "files",
    "processor": "processors",
    "processor_run": "processor_runs",
    "processor_version": "processor_versions",
    "workflow": "workflows",
    "workflow_run": "workflow_runs",
}


def endpoint_of(method: str) -> str:
    if method in NAMES:
        return NAMES[method]
    resource, _, verb = method.partition(".")
    return f"{_RESOURCES.get(resource, resource)}.{'retrieve' if verb == 'get' else verb}"


#: API version -> endpoint that the client for it has no method for -> the test of the emulator that drives it.
WITHOUT_METHOD = {
    "2026-02-09": {},
    "2025-04-21": {
        "edit_schemas.generate": "tests/emulator/test_edit_runs.py::test_an_input_schema_is_mapped",
        "edit_templates.retrieve": (
            "tests/emulator/test_edit_runs.py::test_templates_are_made_by_the_control_and_read_by_the_api"
        ),
        "files.create": "tests/emulator/test_files.py::test_the_older_create_takes_a_link_or_a_text",
    },
}
