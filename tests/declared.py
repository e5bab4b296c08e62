"""What an operator or sensor calls, as it calls it, held against what its class declares."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from airflow_provider_extend import client

Calls = set[tuple[str, str]]


@contextmanager
def recorded() -> Iterator[Calls]:
    """(API version, endpoint) of each request that a client makes up meanwhile."""
    calls: Calls = set()
    build = client.build

    def noted(name: str, version: str, *ids: str, **given: Any) -> Any:
        call = build(name, version, *ids, **given)
        calls.add((version, call.endpoint.name))
        return call

    with patch.object(client, "build", noted):
        yield calls


@contextmanager
def only_declared(task: Any) -> Iterator[None]:
    """Fail if an endpoint is called meanwhile that the class of `task`, an operator or a sensor, does not declare."""
    with recorded() as calls:
        try:
            yield
        finally:
            undeclared = {(version, name) for version, name in calls if name not in task.endpoints(version)}
            assert undeclared == set(), f"{type(task).__name__} calls what it does not declare"
