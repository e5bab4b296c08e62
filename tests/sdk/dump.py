"""Prints what one of the vendor's clients takes, as JSON: the parameters of its methods, and the keys of its models.

Started as `python -m tests.sdk.dump <model>...` in a process of its own, with the client on PYTHONPATH.
"""

from __future__ import annotations

import enum
import inspect
import json
import sys
import types
import typing
from collections.abc import Iterator
from typing import Any

import extend_ai
import extend_ai.types as extend_ai_types
import pydantic

#: Python's type of a value -> what JSON calls it.
JSON_TYPES = {str: "text", int: "whole", float: "number", bool: "flag", dict: "object"}


def methods() -> Iterator[tuple[str, Any]]:
    """Every public method of the client and of its resources."""
    client: Any = extend_ai.Extend(token="sk_x", base_url="http://127.0.0.1:1")
    for name in dir(client):
        if name.startswith("_") or name == "with_raw_response":
            continue
        member = getattr(client, name)
        if inspect.ismethod(member):
            yield name, member
            continue
        for verb in dir(type(member)):
            if not verb.startswith("_") and inspect.ismethod(getattr(member, verb, None)):
                yield f"{name}.{verb}", getattr(member, verb)


def parameters(method: Any) -> dict[str, Any]:
    given = inspect.signature(method).parameters.values()
    return {
        "ids": [each.name for each in given if each.kind is each.POSITIONAL_OR_KEYWORD],
        "keywords": {
            each.name: each.default is each.empty for each in given if each.kind is each.KEYWORD_ONLY
        },
    }


class Models:
    """Keys of models, and of those that they hold, by the model's name."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, Any]] = {}

    def read(self, model: type[pydantic.BaseModel]) -> None:
        if model.__name__ in self.found:
            return
        keys = self.found[model.__name__] = {}
        for name, field in model.model_fields.items():
            alias = next((each.alias for each in field.metadata if getattr(each, "alias", None)), name)
            # What has a value of its own is always sent.
            required = field.is_required() or field.default is not None
            keys[alias] = {"required": required, "takes": self.takes(field.annotation)}

    def takes(self, annotation: Any) -> Any:
        """A JSON type, {"words": [...]}, {"model": name} or {"each": any of these}."""
        origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is typing.Annotated:
            return self.takes(inner[0])
        if origin in (typing.Union, types.UnionType):
            return self.takes(next(one for one in inner if one not in (type(None), Any)))
        if origin is typing.Literal:
            return {"words": sorted(inner)}
        if origin is list:
            return {"each": self.takes(inner[0])}
        kind = origin or annotation
        if issubclass(kind, enum.Enum):
            return {"words": sorted(one.value for one in kind if not one.name.startswith("_"))}
        if issubclass(kind, pydantic.BaseModel):
            self.read(kind)
            return {"model": kind.__name__}
        return JSON_TYPES[kind]


def main() -> None:
    models = Models()
    for name in sys.argv[1:]:
        models.read(getattr(extend_ai_types, name))
    report = {"methods": {name: parameters(method) for name, method in methods()}, "models": models.found}
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main()
