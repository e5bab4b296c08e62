"""A text of YAML, or a Python object, as values that know their line; nothing that could make a small file large."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

#: Bytes of a file: thousands of rules fit.
MOST_BYTES = 1_000_000
_MOST_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands: a text, a mapping, a list, or nothing.

    :ivar line: from 1; None for a Python object. :ivar text: of a scalar, as it was written.
    :ivar is_text: whether it may stand where words are expected.
    """

    line: int | None
    text: str | None = None
    entries: Mapping[str, Node] | None = None
    items: tuple[Node, ...] | None = None
    is_text: bool = False

    @property
    def shown(self) -> str:
        if self.entries is not None:
            return "a mapping"
        if self.items is not None:
            return "a list"
        return "nothing" if self.text is None else repr(self.text[:60])


class Problem(Exception):
    """What is wrong at a line, and the way out."""

    def __init__(self, line: int | None, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


def parse_yaml(text: str | bytes) -> Node:
    import yaml  # heavy, and needed where a file is read only

    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if len(data) > MOST_BYTES:
        told = f"the file has {len(data)} bytes; {MOST_BYTES} are the most. Use wildcards in place of a rule per field."
        raise Problem(None, told)
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Problem(line, "this is no UTF-8 text. Save the file as UTF-8.") from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_events(yaml.parse(decoded, Loader=loader))
        node = yaml.compose(decoded, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        told = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
        raise Problem(mark.line + 1 if mark else None, f"this is no YAML: {told}. Mend it there.") from None
    if node is None:
        raise Problem(None, "the file is empty. Begin it with `version: 1`, and add `rules:`.")
    return _of_yaml(node)


def _check_events(events: Iterable[yaml.Event]) -> None:
    """Refuse what could make a small file large, or deep, before it is built."""
    import yaml

    depth = documents = 0
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise Problem(line, f"an alias (*{event.anchor}) is not read here. Write the value out.")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _MOST_DEPTH:
                raise Problem(line, f"this is nested more than {_MOST_DEPTH} deep. A rule is a flat mapping.")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise Problem(line, "a second document begins here. Keep one, without `---` between.")


_TAG = "tag:yaml.org,2002:"


def _of_yaml(node: yaml.Node) -> Node:
    import yaml

    line = node.start_mark.line + 1
    kind = node.tag.removeprefix(_TAG)
    if isinstance(node, yaml.MappingNode) and kind == "map":
        entries: dict[str, Node] = {}
        for key, value in node.value:
            at = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.tag != f"{_TAG}str":
                raise Problem(at, "a key here is no text. Keys are words such as select and min.")
            if key.value in entries:
                raise Problem(at, f"{key.value[:60]!r} stands here a second time. Keep one of them.")
            entries[key.value] = _of_yaml(value)
        return Node(line, entries=entries)
    if isinstance(node, yaml.SequenceNode) and kind == "seq":
        return Node(line, items=tuple(_of_yaml(item) for item in node.value))
    if isinstance(node, yaml.ScalarNode) and kind in ("str", "int", "float", "bool", "timestamp", "null"):
        return Node(
            line, text=None if kind == "null" else node.value, is_text=kind in ("str", "int", "timestamp")
        )
    raise Problem(line, f"{node.tag[:60]} is not read here. Write plain text, numbers, lists and mappings.")


def of_object(given: Any, depth: int = 0) -> Node:
    if depth > _MOST_DEPTH:
        raise Problem(None, f"this is nested more than {_MOST_DEPTH} deep. A rule is a flat mapping.")
    if isinstance(given, Mapping):
        if odd := [key for key in given if not isinstance(key, str)]:
            raise Problem(None, f"a key is {odd[0]!r}, no text. Keys are words such as select and min.")
        return Node(None, entries={key: of_object(value, depth + 1) for key, value in given.items()})
    if isinstance(given, list | tuple):
        return Node(None, items=tuple(of_object(item, depth + 1) for item in given))
    if given is None:
        return Node(None)
    if isinstance(given, float):
        return Node(None, text=_plain(given))
    if isinstance(given, datetime.date):
        return Node(None, text=given.isoformat(), is_text=True)
    if isinstance(given, int) and abs(given) > 1e15:
        raise Problem(None, "a number has more than 15 digits. Write one with its unit, such as 95%.")
    if isinstance(given, str | int):
        return Node(None, text=str(given), is_text=not isinstance(given, bool))
    raise Problem(None, f"a value is {type(given).__name__}. Write plain text, numbers, lists and mappings.")


def _plain(value: float) -> str:
    """Without an exponent: 1e-05 is 0.00001."""
    return f"{value:.14f}".rstrip("0").ljust(3, "0") if 0 <= value < 1e6 else repr(value)
