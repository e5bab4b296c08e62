"""What an endpoint takes in its query and body, read from the lines and the glossary of `api.table`.

Types and rules are those of Extend's documentation. Values are checked in `api.arguments`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

from airflow_provider_extend.api.limits import LIMITS, Limit
from airflow_provider_extend.api.table import GLOSSARY, GROUPS

QUERY, BODY = "query", "body"
#: A file to upload: sent as multipart, never as JSON.
BINARY = "binary"

_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")
_PARAMETER = re.compile(r"(\??)(\w+)(?::(\w+))?(!?)(?:@(\S+))?$")
_RULE = re.compile(r"(1|0-1|1\+)\(([\w,]+)\)(?:@(\S+))?$")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an endpoint in one API version.

    :ivar name: the API's spelling.
    :ivar where: `query` or `body`.
    :ivar kind: `text`, `integer`, `boolean`, `object`, `texts`, `objects`, `binary`, or the values that are
        allowed with `|` between them.
    :ivar limit: as documented; None: none is.
    :ivar meaning: in a few words, with its unit and default.
    """

    name: str
    where: str
    required: bool
    kind: str
    limit: Limit | None
    meaning: str

    @property
    def keyword(self) -> str:
        """Its name as a keyword of Python."""
        return snake(self.name)


@dataclass(frozen=True, slots=True)
class Rule:
    """Of parameters `names` at least `least` (0 or 1) must be given and, if `one`, not more than one."""

    names: tuple[str, ...]
    least: int
    one: bool

    def __str__(self) -> str:
        keywords = ", ".join(map(snake, self.names))
        many = "At least" if not self.one else "Exactly" if self.least else "At most"
        return f"{many} one of {keywords}"


def snake(name: str) -> str:
    """Python's spelling of the API's name: `evaluationSetId` -> `evaluation_set_id`."""
    return _HUMP.sub(r"_\1", name).lower()


def in_versions(marks: str | None, version: str) -> bool:
    """Whether `version` is one of `2026`, `2025+` (since) or `-2025` (until); None means all of them."""
    if marks is None:
        return True
    year = version[:4]
    if marks.endswith("+"):
        return year >= marks[:-1]
    return year <= marks[1:] if marks.startswith("-") else year == marks


def parse(tokens: str, method: str, version: str) -> tuple[tuple[Parameter, ...], tuple[Rule, ...]]:
    """The parameters and rules that a line of the table has for `version`.

    :raises ValueError: a token that is none, or a word that the glossary has not.
    """
    parameters, rules = [], []
    for token in _expanded(tokens):
        if rule := _RULE.match(token):
            many, names, marks = rule.groups()
            if in_versions(marks, version):
                rules.append(Rule(tuple(names.split(",")), 0 if many == "0-1" else 1, many != "1+"))
        elif found := _PARAMETER.match(token):
            query, name, word, required, marks = found.groups()
            if in_versions(marks, version):
                where = QUERY if query or method == "GET" else BODY
                parameters.append(_parameter(name, where, bool(required), word or name))
        else:
            raise ValueError(f"{token!r} is no parameter and no rule")
    return tuple(parameters), tuple(rules)


def _parameter(name: str, where: str, required: bool, word: str) -> Parameter:
    if word not in _WORDS:
        raise ValueError(f"the glossary has no {word!r}")
    return Parameter(name, where, required, *_WORDS[word])


def _word(line: str) -> tuple[str, tuple[str, Limit | None, str]]:
    word, kind, limit, meaning = line.split(None, 3)
    return word, (kind, None if limit == "-" else LIMITS[limit], meaning)


def _expanded(tokens: str) -> Iterator[str]:
    for token in tokens.split():
        if token.startswith("+"):
            yield from _GROUPS[token[1:]]
        else:
            yield token


_WORDS = MappingProxyType(dict(_word(line) for line in GLOSSARY.strip().splitlines()))
_GROUPS = MappingProxyType(
    {name: tuple(members) for name, *members in (line.split() for line in GROUPS.strip().splitlines())}
)
