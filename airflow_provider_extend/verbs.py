"""`client.<resource>.<verb>(...)`: functions made from the endpoint table, over the client's `call` and `iterate`."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_extend.api.arguments import arrange
from airflow_provider_extend.api.deprecations import warn_deprecated
from airflow_provider_extend.api.endpoints import ENDPOINTS, Endpoint
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.parameters import BODY
from airflow_provider_extend.api.signatures import describe, shape_of

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient

_MODULE = "airflow_provider_extend.resources"
_SELF = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)


class Resource:
    """One resource of Extend's API, for one client: its verbs are methods."""

    _resource: ClassVar[str]

    def __init__(self, client: ExtendClient) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"<Extend resource {self._resource}: {', '.join(dir(self))}>"

    def __dir__(self) -> list[str]:
        return [endpoint.verb for endpoint in _endpoints(self._resource)]

    def __getattr__(self, verb: str) -> Any:
        raise AttributeError(f"{self._resource!r} has no {verb!r}; it has {', '.join(dir(self))}")

    def _ask(self, endpoint: Endpoint, ids: tuple[Any, ...], given: dict[str, Any]) -> Any:
        client = self._client
        with client.translated():
            query, body, said = arrange(endpoint, client.api_version, given)
        warn_deprecated(endpoint.name, client.api_version, stacklevel=3)
        for each in said:
            warnings.warn(each, stacklevel=3)
        if endpoint.verb == "list":
            return client.iterate(endpoint.name, *ids, query=query)
        takes_body = any(one.where == BODY for one in endpoint.parameters(client.api_version))
        return client.call(endpoint.name, *ids, query=query, body=body if takes_body else None)

    def _upload(self, endpoint: Endpoint, ids: tuple[Any, ...], given: dict[str, Any]) -> Any:
        client = self._client
        with client.translated():
            if len(ids) != 1:
                raise ExtendInputError(
                    f"{endpoint.name} takes one file, a path or a binary stream, {len(ids)} given. Nothing was sent."
                )
            name = given.pop("name", None)
            query, body, _ = arrange(endpoint, client.api_version, {**given, "file": ids[0]})
        return client.upload(
            ids[0], name=name, password=body.get("password"), convert_to_pdf=query.get("convertToPdf")
        )


def class_name(resource: str) -> str:
    """`extract_runs` -> `ExtractRuns`."""
    return resource.title().replace("_", "")


@cache
def resource_class(resource: str, version: str | None = None) -> type[Resource]:
    """The class of a resource as it is in API `version`; None: what those of all versions have in common."""
    if version is None:
        return _made(Resource, resource, f"`client.{resource}`.")
    verbs = {endpoint.verb: _verb(endpoint, version) for endpoint in _endpoints(resource)}
    return _made(
        resource_class(resource), resource, f"`client.{resource}` in API version {version}.", **verbs
    )


def _made(base: type[Resource], resource: str, doc: str, **verbs: Callable[..., Any]) -> type[Resource]:
    members = {"__doc__": doc, "__module__": _MODULE, "_resource": resource, **verbs}
    return type(class_name(resource), (base,), members)


def _endpoints(resource: str) -> list[Endpoint]:
    return [endpoint for endpoint in ENDPOINTS.values() if endpoint.resource == resource]


def _verb(endpoint: Endpoint, version: str) -> Callable[..., Any]:
    shown = version if version in endpoint.paths else [*endpoint.paths][-1]
    shape = shape_of(endpoint, shown)

    def verb(self: Resource, /, *ids: Any, **given: Any) -> Any:
        return (self._upload if shape.uploads else self._ask)(endpoint, ids, given)

    verb.__name__ = endpoint.verb
    verb.__qualname__ = f"{class_name(endpoint.resource)}.{endpoint.verb}"
    verb.__module__ = _MODULE
    verb.__doc__ = describe(endpoint, endpoint.paths)
    verb.__signature__ = shape.signature(_SELF)  # type: ignore[attr-defined]
    return verb
