"""What a call needs: the scope of the key, and the role that people need for the same in the dashboard.

Sources: README 2 (keys and their scope), README 10 (roles of people). No role of a key is documented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from airflow_provider_extend.api.endpoints import GET, RUN, Endpoint
from airflow_provider_extend.api.versions import V2024

REVIEWER: Final = "Reviewer"
EDITOR: Final = "Editor"
DEVELOPER: Final = "Developer"


@dataclass(frozen=True, slots=True)
class Permission:
    """A family of calls.

    :ivar resources: of the endpoint table.
    :ivar reads: the least role in the dashboard whose description covers looking at these; None: not documented.
    :ivar writes: the least role that covers making, changing and deleting them; None: not documented.
    """

    family: str
    resources: tuple[str, ...]
    reads: str | None
    writes: str | None

    def role(self, endpoint: Endpoint) -> str | None:
        return self.reads if endpoint.rate_class == GET or endpoint.name in _REVIEWS else self.writes


#: Reviewers correct runs.
_REVIEWS = frozenset({"workflow_runs.correct_outputs"})

_RUNS = ("extract", "classify", "split", "parse", "edit", "verify", "form_detection", "processor", "workflow")
_KINDS = ("extractor", "classifier", "splitter", "processor")

PERMISSIONS: tuple[Permission, ...] = (
    Permission(
        "runs",
        (*(f"{kind}_runs" for kind in _RUNS), "batch_runs", "batch_processor_runs", "evaluation_set_runs"),
        reads=REVIEWER,
        writes=EDITOR,
    ),
    Permission(
        "processors",
        (*(f"{kind}s" for kind in _KINDS), *(f"{kind}_versions" for kind in _KINDS)),
        reads=EDITOR,
        writes=EDITOR,
    ),
    Permission("workflows", ("workflows", "workflow_versions"), reads=EDITOR, writes=EDITOR),
    Permission("evaluation sets", ("evaluation_sets",), reads=EDITOR, writes=EDITOR),
    Permission("evaluation set items", ("evaluation_set_items",), reads=REVIEWER, writes=REVIEWER),
    Permission("files", ("files",), reads=None, writes=None),
    Permission("edit templates and schemas", ("edit_templates", "edit_schemas"), reads=None, writes=None),
    Permission("webhooks", ("webhook_endpoints", "webhook_subscriptions"), reads=DEVELOPER, writes=DEVELOPER),
)

_BY_RESOURCE = {resource: row for row in PERMISSIONS for resource in row.resources}
#: A resource that is in none: an error answer of Extend's must not become an error of this table.
_NONE = Permission("this", (), reads=None, writes=None)


def permission_for(endpoint: Endpoint) -> Permission:
    """The family that `endpoint` belongs to, or one of which nothing is documented."""
    return _BY_RESOURCE.get(endpoint.resource, _NONE)


def what_is_needed(endpoint: Endpoint, version: str) -> str:
    """Two sentences for whoever was refused (401, 403): which key, and which role the same takes in the dashboard."""
    row = permission_for(endpoint)
    role = row.role(endpoint)
    key = (
        f"Scopes of keys are not documented for {version}: try a key of the workspace that the object belongs to."
        if version == V2024
        else "It takes a key of the workspace, or an organisation key with the Workspace id in the connection."
    )
    people = f"the role {role} or above" if role else "a role that is not documented"
    does = {GET: "reading", RUN: "starting"}.get(endpoint.rate_class, "changing")
    return (
        f"{key} In the dashboard, {does} {row.family} takes {people}; of roles of keys nothing is documented."
    )
