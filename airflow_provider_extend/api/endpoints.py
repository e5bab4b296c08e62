"""The endpoints of Extend's API in the versions that this package speaks, read from `api.table`."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final

from airflow_provider_extend.api.errors import ExtendEndpointNotInVersion, ExtendInputError
from airflow_provider_extend.api.parameters import Parameter, Rule, parse, snake
from airflow_provider_extend.api.table import ENDPOINTS_TABLE, REPLACEMENTS
from airflow_provider_extend.api.versions import API_VERSIONS, V2026

GET: Final = "GET"
WRITE: Final = "WRITE"
RUN: Final = "RUN"
RATE_CLASSES: tuple[str, ...] = (GET, WRITE, RUN)


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
    :ivar takes: API version -> parameters in query and body, and what they must be together.
    """

    name: str
    method: str
    rate_class: str
    paths: Mapping[str, str]
    envelopes: Mapping[str, str | None]
    repeatable: bool
    deprecated: frozenset[str]
    takes: Mapping[str, tuple[tuple[Parameter, ...], tuple[Rule, ...]]] = field(repr=False)

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
        return tuple(name for _, name, _, _ in string.Formatter().parse(self.path(version)) if name)

    def id_names(self, version: str) -> tuple[str, ...]:
        """The path's parameters as Python calls them, each after what it is an id of: `file_id` for `/files/{id}`."""
        parts = self.path(version).split("/")
        named = (
            f"{before.removesuffix('s')}_id" if part == "{id}" else snake(part[1:-1])
            for before, part in pairwise(parts)
            if part.startswith("{")
        )
        return tuple(named)

    def parameters(self, version: str) -> tuple[Parameter, ...]:
        """What its query and body may hold in `version`.

        :raises ExtendEndpointNotInVersion: naming the versions that have the endpoint.
        """
        self.path(version)
        return self.takes[version][0]

    def rules(self, version: str) -> tuple[Rule, ...]:
        """What its parameters must be together in `version`."""
        self.path(version)
        return self.takes[version][1]


def _parse(row: str) -> Endpoint:
    line, _, tokens = row.partition("\n")
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
        takes=MappingProxyType({v: parse(tokens, method, v) for v in paths}),
    )


#: Answers of 2026-02-09 that are neither the bare object nor a list.
_NEW_KEYS = {"evaluation_set_items.create": "evaluationSetItems"}

ENDPOINTS: Mapping[str, Endpoint] = MappingProxyType(
    {endpoint.name: endpoint for endpoint in map(_parse, re.split(r"\n(?=\S)", ENDPOINTS_TABLE.strip()))}
)


def _replacements(line: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    old, *new = line.split()
    for name, endpoint in ENDPOINTS.items():
        if fnmatchcase(name, old):
            yield name, tuple(target.replace("*", endpoint.verb) for target in new)


#: Endpoint that is deprecated, or that the newest version no longer has -> those that do its work; () none does.
REPLACED_BY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    dict(pair for line in REPLACEMENTS.strip().splitlines() for pair in _replacements(line))
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
