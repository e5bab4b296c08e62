"""An endpoint as a Python function: its parameters, what it returns, and the text that `help()` shows."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType

from airflow_provider_extend.api.deprecations import replacement
from airflow_provider_extend.api.endpoints import ENDPOINTS, RUN, Endpoint
from airflow_provider_extend.api.parameters import BINARY, BODY, Parameter

RESOURCES: tuple[str, ...] = tuple(dict.fromkeys(endpoint.resource for endpoint in ENDPOINTS.values()))

_OBJECT, _OBJECTS = "dict[str, Any]", "list[dict[str, Any]]"
#: Kind of a parameter -> its type in Python.
_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "text": "str",
        "integer": "int",
        "boolean": "bool",
        "object": "Mapping[str, Any]",
        "texts": "list[str] | tuple[str, ...]",
        "objects": "Sequence[Mapping[str, Any]]",
        BINARY: "str | Path | BinaryIO",
    }
)
#: Beside an upload: goes with the file, and is no parameter of the API.
_FILE_NAME = Parameter("name", BODY, False, "text", None, "file name to show; default: the path's last part")

_SUMMARIES: Mapping[str, str] = MappingProxyType(
    {
        "cancel": "Cancel {a_noun}.",
        "correct_outputs": "Correct an output of {a_noun}.",
        "create": "Create {a_noun}.",
        "create_batch": "Start many {noun}s in one call; the answer names the batch.",
        "create_bulk": "Create many {noun}s in one call.",
        "create_sync": "Start {a_noun} and wait for its end, 5 minutes at most.",
        "delete": "Delete {a_noun}.",
        "generate": "Make {a_noun} from a file.",
        "list": "Iterate over the {noun}s, page by page as they are needed.",
        "retrieve": "Read {a_noun}.",
        "update": "Change {a_noun}.",
        "upload": "Upload {a_noun}, streamed and never held in memory.",
    }
)


@dataclass(frozen=True, slots=True)
class Shape:
    """An endpoint in the API versions in which it is called alike.

    :ivar ids: names of the arguments that are given by position.
    :ivar parameters: keywords, those of all `versions`.
    :ivar returns: type of what comes back, in Python's words.
    """

    endpoint: Endpoint
    versions: tuple[str, ...]
    ids: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    returns: str

    @property
    def uploads(self) -> bool:
        """Whether the argument given by position is a file."""
        return self.endpoint.verb == "upload"

    def type_of(self, keyword: str) -> str:
        """Python's type of a keyword, or of the file that is given by position."""
        kinds = {p.kind: None for p in self.parameters if p.keyword == keyword} or {BINARY: None}
        return " | ".join(_type(kind) for kind in kinds)

    def keywords(self) -> dict[str, bool]:
        """Keyword -> whether it must be given, the required ones first."""
        found = {p.keyword: p.required for p in self.parameters}
        return dict(sorted(found.items(), key=lambda item: not item[1]))

    def signature(self, *first: inspect.Parameter) -> inspect.Signature:
        """As `inspect` has it, after the arguments `first`."""
        kinds = inspect.Parameter
        ids = [
            kinds(name, kinds.POSITIONAL_ONLY, annotation=self.type_of("") if self.uploads else "str")
            for name in self.ids
        ]
        keywords = [
            kinds(name, kinds.KEYWORD_ONLY, annotation=self.type_of(name))
            if required
            else kinds(name, kinds.KEYWORD_ONLY, annotation=f"{self.type_of(name)} | None", default=None)
            for name, required in self.keywords().items()
        ]
        return inspect.Signature([*first, *ids, *keywords], return_annotation=self.returns)


def shape_of(endpoint: Endpoint, version: str) -> Shape:
    """How `endpoint` is called in `version`."""
    parameters, ids = endpoint.parameters(version), endpoint.id_names(version)
    if any(parameter.kind == BINARY for parameter in parameters):
        ids = (*ids, "source")
        parameters = (_FILE_NAME, *(p for p in parameters if p.kind != BINARY))
    return Shape(endpoint, (version,), ids, parameters, _returns(endpoint, version))


def shapes(endpoint: Endpoint) -> list[Shape]:
    """The ways in which `endpoint` is called, from the oldest version on.

    Versions share one where they want as many ids, require the same keywords and return the same.
    """
    each = [shape_of(endpoint, version) for version in endpoint.paths]
    alike = groupby(
        each, lambda s: (len(s.ids), {k for k, required in s.keywords().items() if required}, s.returns)
    )
    return [_merged(list(group)) for _, group in alike]


def _merged(group: list[Shape]) -> Shape:
    newest = group[-1]
    parameters = dict.fromkeys(parameter for shape in group for parameter in shape.parameters)
    versions = tuple(version for shape in group for version in shape.versions)
    return Shape(newest.endpoint, versions, newest.ids, tuple(parameters), newest.returns)


def describe(endpoint: Endpoint, versions: Iterable[str]) -> str:
    """What `help()` shows of `endpoint` as it is in `versions`: what it does, versions, paths, parameters, errors."""
    each = {version: shape_of(endpoint, version) for version in versions}
    facts = [*_facts(endpoint, each), "", *_parameters(each), *_outcome(endpoint, each)]
    return "\n".join([_summary(endpoint), "", *map(_wrapped, facts)])


def _type(kind: str) -> str:
    if "|" in kind or kind not in _TYPES:
        return f"Literal[{', '.join(repr(value) for value in kind.split('|'))}]"
    return _TYPES[kind]


def _returns(endpoint: Endpoint, version: str) -> str:
    if endpoint.verb == "list":
        return f"Iterator[{_OBJECT}]"
    return _OBJECTS if (endpoint.envelopes[version] or "").endswith("s") else _OBJECT


def _summary(endpoint: Endpoint) -> str:
    noun = endpoint.resource.replace("_", " ").removesuffix("s")
    a_noun = f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
    if endpoint.verb == "create" and endpoint.rate_class == RUN:
        return f"Start {a_noun}; it goes on after the answer."
    return _SUMMARIES[endpoint.verb].format(noun=noun, a_noun=a_noun)


def _facts(endpoint: Endpoint, each: Mapping[str, Shape]) -> Iterator[str]:
    for path, versions in _grouped((endpoint.paths[version], version) for version in each):
        yield f"{', '.join(versions)}: {endpoint.method} {path}"
    if gone := [version for version in each if version in endpoint.deprecated]:
        yield f"Deprecated in {', '.join(gone)}: {replacement(endpoint.name)}."
    if endpoint.rate_class == RUN:
        yield "It costs money; without an answer it is not sent again, since the run may have been started."
    for rule, versions in _grouped(
        (str(rule), version) for version in each for rule in endpoint.rules(version)
    ):
        yield f"{_only(versions, each)}{rule}."


def _parameters(each: Mapping[str, Shape]) -> Iterator[str]:
    shape = [*each.values()][-1]
    for name in shape.ids:
        yield f":param {name}: {'path, or binary stream that can be rewound' if shape.uploads else 'id'}."
    told: dict[str, list[tuple[str, str]]] = {}
    for version, one in each.items():
        for parameter in one.parameters:
            told.setdefault(parameter.keyword, []).append((_told(parameter), version))
    for keyword, meanings in told.items():
        yield f":param {keyword}: {_apart(meanings, each)}."


def _told(parameter: Parameter) -> str:
    limit = f"; {parameter.limit.said}" if parameter.limit else ""
    values = f"{', '.join(parameter.kind.split('|'))}; " if "|" in parameter.kind else ""
    return f"{'required; ' if parameter.required else ''}{values}{parameter.meaning}{limit}"


def _outcome(endpoint: Endpoint, each: Mapping[str, Shape]) -> Iterator[str]:
    returns = _apart([(shape.returns, version) for version, shape in each.items()], each)
    yield f":return: {returns}: as the API spells it, out of its envelope."
    yield ":raises ExtendInputError: it cannot be sent so; nothing was."
    if any(shape.ids and not shape.uploads for shape in each.values()):
        yield ":raises ExtendNotFound: there is no such id in this workspace."
    if endpoint.rate_class == RUN:
        yield ":raises ExtendUsageBlocked: no credits are left."
    yield ":raises ExtendAPIError: Extend refused it; a class for each status, see `api.errors`."
    yield ":raises ExtendConnectionError: no answer came."


def _apart(told: Iterable[tuple[str, str]], each: Mapping[str, Shape]) -> str:
    """Texts with the versions that they are of, where not all have the same."""
    return "; ".join(f"{_only(versions, each)}{text}" for text, versions in _grouped(told))


def _only(versions: list[str], each: Mapping[str, Shape]) -> str:
    return "" if len(versions) == len(each) else f"({', '.join(versions)}) "


def _wrapped(line: str) -> str:
    return textwrap.fill(line, 100, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def _grouped(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for text, version in pairs:
        found.setdefault(text, []).append(version)
    return list(found.items())
