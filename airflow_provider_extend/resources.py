"""The resources of Extend's API as attributes of a client. Their types are in `resources.pyi`, made by
`scripts/resources.py` from the same table.
"""

from __future__ import annotations

from typing import Any

from airflow_provider_extend.api.signatures import RESOURCES
from airflow_provider_extend.verbs import Resource, class_name, resource_class

_CLASSES = {class_name(resource): resource for resource in RESOURCES}


class Resources:
    """`client.<resource>`, for every resource of the endpoint table."""

    def __getattr__(self, name: str) -> Resource:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in RESOURCES:
            raise AttributeError(f"Extend's API has no resource {name!r}")
        return resource_class(name, self.api_version)(self)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *RESOURCES})


def __getattr__(name: str) -> Any:
    if name in _CLASSES:
        return resource_class(_CLASSES[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
