"""A config checked against the API version that it is sent to, before money is spent.

Refused are keys and words that the version calls otherwise, wrong types, and what is missing: all at once. A key that
no version documents, or a word that is in no list, is sent as it is, with a warning, since the API may add some to a
version; only where Extend itself refuses unknown keys (verify) are keys refused here.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_extend.api.config_keys import (
    CONFIGS,
    FLAG,
    LIST,
    NUMBER,
    OBJECT,
    TEXT,
    WHOLE,
    Each,
    Key,
    Words,
)
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.versions import check_api_version

_SHOWN = 60


def check_config(kind: str, version: str, config: Any, *, partial: bool = False) -> list[str]:
    """Refuse a config that `version` does not take.

    :param kind: what is configured, one of `config_keys.CONFIGS`: `extract`, `classify`, `split`, `parse`, `edit`,
        `form_detection`, `verify`.
    :param version: of the API. The old paths of 2026-02-09 (`/processors`, `/processor_runs`) take the configs of
        2025-04-21.
    :param config: as it is sent; null stands for a key that is left out.
    :param partial: an `overrideConfig` of 2026-02-09, which holds what differs only.
    :return: warnings: keys and words that are not documented for this version, and keys that do nothing any more.
    :raises ExtendInputError: naming everything that is wrong; also as a list in its context, `problems`.
    """
    if kind not in CONFIGS:
        raise ExtendInputError(
            f"A config of {kind!r} is not known: expected one of {', '.join(CONFIGS)}. Nothing was sent."
        )
    table, check = CONFIGS[kind], _Check(check_api_version(version), CONFIGS[kind].closed)
    if version not in table.versions:
        check.problems.append(f"{', '.join(table.versions)} alone has such configs")
    elif not isinstance(config, Mapping):
        check.problems.append(f"it is a {type(config).__name__}, expected an object")
    else:
        check.object("", table.keys, config, needed=not partial)
        if table.either is not None and version == table.either[0]:
            both = [key for key in table.either[1] if config.get(key) is not None]
            if len(both) > 1:
                check.problems.append(f"it has {' and '.join(both)}, expected one of them")
    if check.problems:
        raise ExtendInputError(
            f"The {kind.replace('_', ' ')} config does not fit API version {version}: {'; '.join(check.problems)}. "
            "Nothing was sent.",
            problems=tuple(check.problems),
        )
    return check.warnings


@dataclass(slots=True)
class _Check:
    version: str
    closed: bool
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def object(
        self, path: str, keys: Mapping[str, Key], given: Mapping[str, Any], *, needed: bool = True
    ) -> None:
        for name, value in given.items():
            where = f"{path}{name}"
            key = keys.get(name)
            if key is None:
                self._unknown(where, name, keys)
            elif value is not None:
                self._known(where, key, value)
        for name, key in keys.items():
            if needed and self.version in key.needed and given.get(name) is None:
                self.problems.append(f"{path}{name} is missing")

    def _unknown(self, where: str, name: Any, keys: Mapping[str, Key]) -> None:
        known = [key for key, row in keys.items() if self.version in row.versions]
        near = difflib.get_close_matches(str(name), known, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        said = f"{where[:_SHOWN]} is not documented for any version{hint}"
        (self.problems if self.closed else self.warnings).append(said)

    def _known(self, where: str, key: Key, value: Any) -> None:
        if self.version in key.instead:
            new = key.instead[self.version]
            self.problems.append(
                f"{where} is called {new} in {self.version}" if new else f"{where} is no more, leave it out"
            )
            return
        if self.version not in key.versions:
            self.warnings.append(f"{where} is documented for {', '.join(key.versions)} only")
        elif key.note:
            self.warnings.append(f"{where}: {key.note}")
        self._value(where, key.takes, value)

    def _value(self, where: str, takes: Any, value: Any) -> None:
        if isinstance(takes, Words):
            self._word(where, takes, value)
        elif isinstance(takes, Each):
            if self._is(where, LIST, value):
                for number, each in enumerate(value):
                    self._value(f"{where}[{number}]", takes.keys, each)
        elif isinstance(takes, Mapping):
            if self._is(where, OBJECT, value):
                self.object(f"{where}.", takes, value)
        else:
            self._is(where, takes, value)

    def _is(self, where: str, expected: str, value: Any) -> bool:
        fits = _TYPES[expected](value)
        if not fits:
            self.problems.append(f"{where} is a {type(value).__name__}, expected {expected}")
        return fits

    def _word(self, where: str, words: Words, value: Any) -> None:
        known = words.known[self.version]
        if not self._is(where, TEXT, value) or value in known:
            return
        new = words.renamed.get(value)
        if new in known:
            self.problems.append(f"{where} {value!r} is called {new!r} in {self.version}")
        else:
            self.warnings.append(f"{where} is {value[:_SHOWN]!r}, documented are {', '.join(known)}")


def _is_number(value: Any, kinds: type | tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    TEXT: lambda value: isinstance(value, str),
    WHOLE: lambda value: _is_number(value, int),
    NUMBER: lambda value: _is_number(value, (int, float)),
    FLAG: lambda value: isinstance(value, bool),
    OBJECT: lambda value: isinstance(value, Mapping),
    LIST: lambda value: isinstance(value, list | tuple),
}
