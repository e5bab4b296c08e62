"""How an object of the API becomes a value: each field is a row (`needs`, `may`) of its class's table.

A row says how the value is read and under which keys the versions have it; the first that is given wins, and `a.b` is
a key inside an object.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar

from airflow_provider_extend.api.errors import ExtendAnswerError
from airflow_provider_extend.api.outputs import page_number
from airflow_provider_extend.api.runs import ENTITY_TYPES, parse_time

_T = TypeVar("_T", bound="ApiObject")
#: (version, value as sent) -> value; raises `_Wrong`.
_Reader = Callable[[str, Any], Any]


class _Wrong(Exception):
    """The value is none of what was expected; the argument says what was."""


def _of(kind: type, expected: str) -> _Reader:
    def read(_: str, value: Any) -> Any:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise _Wrong(expected)
        return value

    return read


text = _of(str, "a text")
whole = _of(int, "a whole number")
flag = _of(bool, "true or false")
mapping = _of(dict, "an object")
rows = _of(list, "a list")


def anything(_: str, value: Any) -> Any:
    return value


def texts(version: str, value: Any) -> tuple[str, ...]:
    return tuple(text(version, each) for each in rows(version, value))


def when(_: str, value: Any) -> datetime:
    if (time := parse_time(value)) is None:
        raise _Wrong("a time with its zone")
    return time


def paged(_: str, value: Any) -> int:
    """The number of a page, which is sent bare or in an object (objects.md 5, Block)."""
    found = page_number(value.get("number") if isinstance(value, dict) else value)
    if found is None:
        raise _Wrong("the number of a page")
    return found


def typed(version: str, value: Any) -> str | None:
    """Type of a processor, which since 2026-02-09 the name of the object says: `extract_run`, `extractor_version`."""
    named: str = text(version, value)
    return named if named.isupper() else _TYPES.get(named.partition("_")[0])


_TYPES: Mapping[str, str] = MappingProxyType(
    {**ENTITY_TYPES, "extract": "EXTRACT", "classify": "CLASSIFY", "split": "SPLITTER"}
)


def one(cls: type[ApiObject]) -> _Reader:
    return lambda version, value: build_object(cls, version, mapping(version, value))


def many(cls: type[ApiObject]) -> _Reader:
    return lambda version, value: tuple(one(cls)(version, each) for each in rows(version, value))


def needs(read: _Reader, *keys: str, secret: bool = False) -> Any:
    """A field that every version sends; see `may`."""
    return field(repr=not secret, metadata={"read": read, "keys": keys})


def may(read: _Reader, *keys: str, secret: bool = False) -> Any:
    """A field that may be absent or null: then it is None.

    :param secret: not for `repr`: document content, a signed link, a key, a person, or what its author put there
        (metadata; the steps of a workflow, whose requests have headers).
    """
    return field(default=None, repr=not secret, metadata={"read": read, "keys": keys})


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiObject:
    """Base of all.

    :ivar api_version: of the answer.
    :ivar raw: the object as it was sent.
    """

    api_version: str
    raw: Mapping[str, Any] = field(repr=False)


def build_object(cls: type[_T], version: str, body: Mapping[str, Any]) -> _T:
    values: dict[str, Any] = {}
    for each in fields(cls):
        if not each.metadata:
            continue
        keys, read = each.metadata["keys"], each.metadata["read"]
        given = first_given(body, keys)
        try:
            value = None if given is None else read(version, given)
        except _Wrong as wrong:
            raise ExtendAnswerError(
                f"{cls.__name__}: {keys[0]} is a {type(given).__name__}, expected {wrong}.", status=200
            ) from None
        if value is None and each.default is MISSING:
            raise ExtendAnswerError(f"{cls.__name__}: the answer has no {' or '.join(keys)}.", status=200)
        values[each.name] = value
    return cls(api_version=version, raw=body, **values)


def first_given(body: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    """The first of these keys that is given; `a.b` is a key inside an object."""
    for key in keys:
        found: Any = body
        for part in key.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        if found is not None:
            return found
    return None
