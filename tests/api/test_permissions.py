"""Which role and key a refused call is told to need, written down once more from the documentation of roles."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from airflow_provider_extend.api.endpoints import ENDPOINTS, find
from airflow_provider_extend.api.permissions import PERMISSIONS, permission_for, what_is_needed

V2024, V2025, V2026 = "2024-12-23", "2025-04-21", "2026-02-09"


def test_no_resource_belongs_to_two_families() -> None:
    """One that belongs to none, as a new one may, is told to be not documented."""
    counted = Counter(resource for row in PERMISSIONS for resource in row.resources)
    assert set(counted) <= {endpoint.resource for endpoint in ENDPOINTS.values()}
    assert set(counted.values()) == {1}


@pytest.mark.parametrize(
    ("name", "role", "does"),
    [
        # a Reviewer sees runs, reviews and corrects them, and has evaluation items
        ("extract_runs.retrieve", "Reviewer", "reading runs"),
        ("evaluation_set_runs.retrieve", "Reviewer", "reading runs"),
        ("batch_processor_runs.retrieve", "Reviewer", "reading runs"),
        ("workflow_runs.correct_outputs", "Reviewer", "changing runs"),
        ("evaluation_set_items.list", "Reviewer", "reading evaluation set items"),
        ("evaluation_set_items.create_bulk", "Reviewer", "changing evaluation set items"),
        # an Editor has processors, workflows, runs, evaluation sets
        ("extract_runs.create", "Editor", "starting runs"),
        ("extract_runs.cancel", "Editor", "changing runs"),
        ("parse_runs.create_batch", "Editor", "starting runs"),
        ("evaluation_set_runs.create", "Editor", "starting runs"),
        ("evaluation_sets.create", "Editor", "changing evaluation sets"),
        ("extractors.update", "Editor", "changing processors"),
        ("processor_versions.create", "Editor", "changing processors"),
        ("splitters.list", "Editor", "reading processors"),
        ("workflows.create", "Editor", "changing workflows"),
        ("workflow_versions.list", "Editor", "reading workflows"),
        # a Developer has API keys, webhook endpoints and logs besides
        ("webhook_endpoints.list", "Developer", "reading webhooks"),
        ("webhook_endpoints.create", "Developer", "changing webhooks"),
        ("webhook_subscriptions.delete", "Developer", "changing webhooks"),
        # nothing is said of these
        ("files.upload", None, "changing files"),
        ("files.list", None, "reading files"),
        ("edit_templates.list", None, "reading edit templates and schemas"),
    ],
)
def test_the_role_that_the_documentation_names(name: str, role: str | None, does: str) -> None:
    endpoint = find(name)
    assert permission_for(endpoint).role(endpoint) == role
    takes = f"the role {role} or above" if role else "a role that is not documented"
    assert f"In the dashboard, {does} takes {takes};" in what_is_needed(endpoint, V2026)


def test_a_resource_of_no_family_is_refused_in_general_words() -> None:
    endpoint = replace(find("files.list"), name="new_things.list")
    assert permission_for(endpoint).role(endpoint) is None
    assert "reading this takes a role that is not documented" in what_is_needed(endpoint, V2026)


@pytest.mark.parametrize("version", [V2025, V2026])
def test_an_organisation_key_needs_the_workspace(version: str) -> None:
    told = what_is_needed(find("files.list"), version)
    assert told.startswith("It takes a key of the workspace, or an organisation key with the Workspace id")


def test_no_scope_is_made_up_for_the_oldest_version() -> None:
    told = what_is_needed(find("files.list"), V2024)
    assert told.startswith("Scopes of keys are not documented for 2024-12-23")
    assert "organisation" not in told
