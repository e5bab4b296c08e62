"""What a part of a body must look like, as data: a wrong one is answered with 400 and its path."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from airflow_provider_extend.emulator.state import ApiError

_NAMES = {str: "str", bool: "bool", int: "int", float: "number", dict: "object", list: "array"}


@dataclass(frozen=True)
class Object:
    """Keys are optional and may be null unless they are ``needed``; a ``closed`` one takes no others."""

    keys: dict[str, Any] = field(default_factory=dict)
    needed: frozenset[str] = frozenset()
    closed: bool = False


@dataclass(frozen=True)
class Map:
    """Any keys, each with a value of this spec."""

    values: Any


def check(value: Any, spec: Any, path: str) -> None:
    """``spec``: a type, a tuple of the strings that are allowed, a list of one spec, an Object or a Map."""
    if isinstance(spec, tuple):
        if value not in spec:
            raise ApiError(400, f"{path} must be one of {', '.join(spec)}")
        return
    kind = spec if isinstance(spec, type) else list if isinstance(spec, list) else dict
    fitting: Any = (int, float) if kind is float else kind
    if not isinstance(value, fitting) or (isinstance(value, bool) and kind is not bool):
        raise ApiError(400, f"{path} must be of type {_NAMES[kind]}")
    if isinstance(spec, list):
        for at, one in enumerate(value):
            check(one, spec[0], f"{path}[{at}]")
    elif isinstance(spec, Map):
        for key, one in value.items():
            check(one, spec.values, f"{path}.{key}")
    elif isinstance(spec, Object):
        if missing := sorted(key for key in spec.needed if value.get(key) is None):
            raise ApiError(400, f"Missing required field(s): {', '.join(f'{path}.{key}' for key in missing)}")
        if spec.closed and (unknown := sorted(value.keys() - spec.keys.keys())):
            raise ApiError(400, f"Unknown field(s): {', '.join(f'{path}.{key}' for key in unknown)}")
        for key, one in spec.keys.items():
            if value.get(key) is not None:
                check(value[key], one, f"{path}.{key}")
