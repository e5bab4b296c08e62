"""The families, and the route of a request."""

from __future__ import annotations

from airflow_provider_extend.emulator import views
from airflow_provider_extend.emulator.families import (
    edit_runs,
    evaluation,
    files,
    parse_runs,
    processor_runs,
    processors,
    verify_runs,
    webhooks,
    workflow_runs,
    workflows,
)
from airflow_provider_extend.emulator.route import Route, match
from airflow_provider_extend.emulator.state import ApiError

FAMILIES = (
    files,
    processors,
    evaluation,
    processor_runs,
    parse_runs,
    edit_runs,
    verify_runs,
    workflows,
    workflow_runs,
    webhooks,
)

ROUTES: list[Route] = []
for _family in FAMILIES:
    ROUTES += _family.ROUTES
    views.SHAPES.update(_family.SHAPES)
    views.BUILDERS.update(_family.BUILDERS)


def resolve(method: str, path: str, version: str) -> tuple[Route, dict[str, str]]:
    """The route of this version; 410 for one that only earlier versions have, 404 for the rest."""
    fitting = [(r, p) for r in ROUTES if r.method == method and (p := match(r.path, path)) is not None]
    for route, params in fitting:
        if version in route.versions:
            return route, params
    if any(min(route.versions) < version for route, _ in fitting):
        raise ApiError(410, f"{method} {path} was removed in {version}")
    raise ApiError(404, f"{method} {path}: no such endpoint in {version}, or none that this emulator has")
