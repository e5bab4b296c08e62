"""A route: in which versions an endpoint exists, what its body must hold, and how its answer is wrapped.

Handlers return the bare answer; ``envelope`` puts it into its version's form.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from airflow_provider_extend.emulator.call import Call, Later, Page
from airflow_provider_extend.emulator.state import V24, V25, V26, VERSIONS
from airflow_provider_extend.emulator.store import Row

OLD, NEW, ALL, SINCE_2025 = (V24, V25), (V26,), VERSIONS, (V25, V26)


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    versions: tuple[str, ...]
    handler: Callable[[Call], Row | list[Row] | Page | Later]
    envelope: str | None = ""  # the key that wraps the answer in the older versions; None: nothing does
    body: str = ""  # its form: bodies.py
    run: bool = False

    @property
    def legacy(self) -> bool:
        return self.path.startswith(("/processors", "/processor_runs", "/batch_processor_runs"))

    def coded_errors(self, version: str) -> bool:
        """Error bodies with a code: 2026-02-09 off the legacy paths, calls without an envelope in any version,
        and the newer calls of 2025-04-21."""
        newer = self.method == "DELETE" or (self.method, self.path) == ("GET", "/processors")
        bare = (version == V26 and not self.legacy) or self.envelope is None
        return bare or (version != V24 and newer)

    @property
    def limit_class(self) -> str:
        return "GET" if self.method == "GET" else "RUN" if self.run else "WRITE"


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))


def match(template: str, path: str) -> dict[str, str] | None:
    found = _pattern(template).fullmatch(path)
    return found.groupdict() if found else None


def envelope(route: Route, version: str, answer: Row | list[Row] | Page) -> Row:
    bare, key = version == V26 and not route.legacy, route.envelope or ""
    bare = bare or route.envelope is None
    if isinstance(answer, Page):
        head = {"object": "list", "data": answer.rows} if bare else {"success": True, key: answer.rows}
        return head | ({"nextPageToken": answer.token} if answer.token else {})
    if bare:
        assert isinstance(answer, dict)
        return answer
    if route.method == "DELETE" and isinstance(answer, dict):
        return {"success": True, key: answer["id"], "message": "Deleted"}
    if not key and isinstance(answer, dict):
        return {"success": True, **answer}
    return {"success": True, key: answer}
