"""Which endpoints something may call, in each API version: docs/api-coverage.md is made from this.

Written beside what calls them, and held against what goes over the wire by a test of each operator and sensor.
"""

from __future__ import annotations

from collections.abc import Iterable

from airflow_provider_extend.api.endpoints import ENDPOINTS, find
from airflow_provider_extend.api.lookups import look_up_of
from airflow_provider_extend.api.parameters import in_versions
from airflow_provider_extend.api.polling import listing_of
from airflow_provider_extend.api.runs import DELIVERED_ONCE, MEMBERS, READS, cancels

Names = frozenset[str]


def named(words: str, version: str) -> Names:
    """Of `words`, `name[@versions]` each with versions as in `api.table`, those that are meant for `version`.

    Without versions an endpoint is meant for each that has it.

    :raises ExtendInputError: no endpoint has that name.
    """
    pairs = [
        (find(name), marks or None) for name, _, marks in (word.partition("@") for word in words.split())
    ]
    return frozenset(
        endpoint.name
        for endpoint, marks in pairs
        if version in endpoint.paths and in_versions(marks, version)
    )


def reading(kind: str, version: str) -> Names:
    """What `reading.look_up` calls for a run of `kind`."""
    reads = _there(READS[kind], version)
    way = look_up_of(kind, version) if reads and kind in MEMBERS else None
    return reads | ({way.list} if way else frozenset())


def glancing(kind: str, version: str) -> Names:
    """What whoever wants only the status calls: where the result is given once, the list shows it."""
    listed = _there([f"{kind}s.list"], version) if kind in DELIVERED_ONCE else frozenset[str]()
    return reading(kind, version) | listed


def watching(kind: str, version: str) -> Names:
    """What the triggerer calls too: a list that shows how the runs of `kind` stand."""
    listing = listing_of(kind, version)
    return glancing(kind, version) | ({listing.name} if listing else frozenset())


def cancelling(kind: str, version: str) -> Names:
    """What is called to cancel a run of `kind` and to see what became of it; nothing where no call cancels one."""
    cancel = cancels(kind, version)
    return glancing(kind, version) | {cancel} if cancel else frozenset()


def starting(kind: str, create: str, version: str) -> Names:
    """What is called to start a run of `kind` with `create`, once, and to wait for it."""
    created, way = _there([create], version), look_up_of(kind, version)
    if not created:
        return created
    search = _there(filter(None, (way.list, way.read)), version) if way else frozenset()
    return created | watching(kind, version) | cancelling(kind, version) | search


def of_runs(kinds: Iterable[str], verb: str, version: str) -> Names:
    """`list` or `delete` of those kinds that have it."""
    return _there((f"{kind}s.{verb}" for kind in kinds), version)


def _there(names: Iterable[str], version: str) -> Names:
    return frozenset(name for name in names if name in ENDPOINTS and version in ENDPOINTS[name].paths)
