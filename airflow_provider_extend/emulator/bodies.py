"""What came in a request: JSON that any answer can hold, and a body of the declared form.

A form is a text, ``"name:str status:enabled|disabled? tags[]:str config?(type:str rules[]?(id:str))"``: a place, then
its type, the values that it can have, or a range of whole numbers (``1..100``). ``?``: may be left out or null.
Parentheses hold the places of an object, of each object of an array after ``[]``, of whatever key for ``*``; without
them a place can be ``config.type``, which is looked at where there is a ``config``. ``!`` among them: no other keys.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from airflow_provider_extend.emulator.state import ApiError
from airflow_provider_extend.emulator.store import Row

_DEPTH = 100
_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "object": (dict,),
    "array": (list,),
    "int": (int,),
    "number": (int, float),
    "bool": (bool,),
}


def parsed(raw: bytes) -> Row:
    """The body as an object. Refused: what JSON does not know (NaN, lone surrogates), and what is too deep."""
    try:
        body: Any = json.loads(raw) if raw else {}
        _check_plain(body)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, f"The body is no JSON: {error}") from error
    if not isinstance(body, dict):
        raise ApiError(400, "The body must be a JSON object")
    return body


def _check_plain(body: Any) -> None:
    level, depth = [body], 0
    while level:
        if depth > _DEPTH:
            raise ValueError(f"nested deeper than {_DEPTH}")
        inner: list[Any] = []
        for value in level:
            if isinstance(value, str):
                value.encode()
            elif isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{value} is no number")
            elif isinstance(value, dict):
                inner += [*value, *value.values()]
            elif isinstance(value, list):
                inner += value
        level, depth = inner, depth + 1


@dataclass(frozen=True)
class _Place:
    steps: tuple[str, ...]  # a step that ends with [] goes through the elements of an array
    kind: str
    optional: bool

    def fits(self, value: Any) -> bool:
        if ".." in self.kind:
            low, high = map(int, self.kind.split(".."))
            return type(value) is int and low <= value <= high
        if types := _TYPES.get(self.kind):
            return isinstance(value, types) and (self.kind == "bool" or not isinstance(value, bool))
        return value in self.kind.split("|")

    @property
    def wanted(self) -> str:
        if ".." in self.kind:
            return f"a number from {self.kind.replace('..', ' to ')}"
        return f"of type {self.kind}" if self.kind in _TYPES else f"one of {self.kind.replace('|', ', ')}"


@cache
def _form(text: str) -> tuple[list[_Place], dict[tuple[str, ...], set[str]]]:
    """The places, and of what takes no other keys those that it can have."""
    places: list[_Place] = []
    inside: tuple[str, ...] = ()
    closed = set()
    for token in re.findall(r"[^\s()]+\(?|\)", text):
        if token == ")":
            inside = inside[:-1]
        elif token == "!":
            closed.add(inside)
        elif not token.endswith("("):
            path, _, kind = token.rpartition(":")
            steps, optional = (*inside, *path.split(".")), kind.endswith("?")
            if path.endswith("[]"):
                places.append(_Place((*steps[:-1], steps[-1][:-2]), "array", optional))
            places.append(_Place(steps, kind.rstrip("?"), optional and not path.endswith("[]")))
        else:
            name = token.rstrip("?(")
            plain = name.removesuffix("[]")
            places.append(_Place((*inside, plain), "object" if name == plain else "array", "?" in token))
            inside = (*inside, name)
            if name != plain:
                places.append(_Place(inside, "object", False))
    keys = {steps: {p.steps[-1] for p in places if p.steps[:-1] == steps} for steps in closed}
    return places, keys


def _at(value: Any, steps: tuple[str, ...], said: str = "") -> Iterator[tuple[str, Any]]:
    """(name, value) of each such place; none where the object that should hold it is not there."""
    if not steps:
        yield said, value
    elif isinstance(value, dict):
        name = steps[0].removesuffix("[]")
        inner, place = value.get(name), f"{said}.{name}" if said else name
        if name == "*":
            for key, one in value.items():
                yield from _at(one, steps[1:], f"{said}.{key}")
        elif name != steps[0]:
            for at, one in enumerate(inner if isinstance(inner, list) else []):
                yield from _at(one, steps[1:], f"{place}[{at}]")
        elif len(steps) == 1 or inner is not None:
            yield from _at(inner, steps[1:], place)


def known(form: str, body: Row) -> Row:
    """The body without the keys that its form does not name: what nobody has checked reaches no handler."""
    places, _ = _form(form)
    names = {place.steps[0].removesuffix("[]") for place in places}
    return {name: value for name, value in body.items() if name in names}


def check(form: str, body: Row, inside: str = "") -> None:
    """Raises ApiError 400 that names the places. ``inside``: the name of the place that ``body`` is from."""
    places, keys = _form(form)
    found = [(place, said, value) for place in places for said, value in _at(body, place.steps, inside)]
    if missing := [said for place, said, value in found if value is None and not place.optional]:
        raise ApiError(400, f"Missing required field(s): {', '.join(missing)}")
    for place, said, value in found:
        if value is not None and not place.fits(value):
            raise ApiError(400, f"{said} must be {place.wanted}")
    for steps, known in keys.items():
        for said, holder in _at(body, steps, inside):
            if isinstance(holder, dict) and (unknown := sorted(holder.keys() - known)):
                names = ", ".join(f"{said}.{name}" if said else name for name in unknown)
                raise ApiError(400, f"Unknown field(s): {names}")
