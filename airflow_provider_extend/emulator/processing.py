"""The three types of processor in one table: names, what a config must hold, and how a document is worked on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_extend.emulator import bodies, classification, extraction, splitting
from airflow_provider_extend.emulator.parsing import CONFIG
from airflow_provider_extend.emulator.state import V24, V26, ApiError
from airflow_provider_extend.emulator.store import Row

#: What a config may hold beside its schema or its classes, of the keys that all types share or one has.
_OPTIONS = (
    "advancedOptions:object? baseProcessor:str? baseVersion:str? extractionRules:str? classificationRules:str? "
    f"splitRules:str? parseConfig?({CONFIG}) parser?({CONFIG})"
)


@dataclass(frozen=True)
class Type:
    """``read``: pages and config -> what is kept of the work; ``shown``: that, as a version shows the output."""

    name: str
    noun: str
    run: str  # kind of its runs; their path is this in the plural
    prefixes: tuple[str, str, str]  # of the ids of processors, versions and runs in 2026-02-09
    classes: str  # the key of a config that lists classes; none for the type that has a schema instead
    read: Callable[[Sequence[str], Row], Row]
    shown: Callable[[Row, str], Any]
    ways: tuple[str, ...] = ("url", "id", "text")  # how its runs may be given a file

    @property
    def verb(self) -> str:
        return self.run.removesuffix("_run")

    @property
    def empty(self) -> Row:
        """The config of a draft that was given none (assumption)."""
        return {self.classes: []} if self.classes else {}

    def checked(self, config: Any) -> Row:
        """Raises ApiError(400) for a config that is none of this type."""
        if not isinstance(config, dict):
            raise ApiError(400, "config must be of type object")
        if config.get("type", self.name) != self.name:
            raise ApiError(400, f"config.type must be {self.name}, the type of the processor")
        bodies.check(_OPTIONS, config, "config")
        try:
            if self.classes:
                classification.check(config.get(self.classes), self.classes)
            else:
                extraction.leaves(config)
        except ValueError as error:
            raise ApiError(400, f"config: {error}") from error
        return config


def _extract(pages: Sequence[str], config: Row) -> Row:
    """Without a schema or fields one is inferred from the document, and kept as the config of the work."""
    if not config.get("schema") and not config.get("fields") and (schema := extraction.generate(pages)):
        config = config | {"schema": schema}
    values, confidence = extraction.extract(pages, config)
    certain = {".".join(path): value for path, value in confidence.items()}
    return {"config": config, "values": values, "confidence": certain}


def _extracted(reading: Row, style: str) -> Row:
    """Of a config with a schema values and metadata, of the older field list (and in 2024-12-23) one map.

    Nothing here is OCR, so its confidence is null.
    """
    config, certain = reading["config"], reading["confidence"]
    older = style == V24 or (not config.get("schema") and bool(config.get("fields")))
    metadata: Row = {}
    tree: Row = {}
    for leaf in extraction.leaves(config):
        path, value, level = ".".join(leaf.path), reading["values"], tree
        metadata[path] = {"ocrConfidence": None, "logprobsConfidence": certain.get(path)}
        for step in leaf.path[:-1]:
            value = value[step]
            node = {"id": step, "type": "object", "value": {}, "insights": [], "references": []}
            level = level.setdefault(step, node)["value"]
        kind = "number" if leaf.kind == "integer" else leaf.kind
        found = {"id": leaf.keys[-1], "type": kind, "value": value[leaf.path[-1]]}
        known = {"confidence": certain[path]} if path in certain else {}
        level[leaf.path[-1]] = found | known | {"insights": [], "references": []}
    return tree if older else {"value": reading["values"], "metadata": metadata}


def _classify(pages: Sequence[str], config: Row) -> Row:
    return {
        "config": config,
        "values": classification.classify(pages, config) if config["classifications"] else None,
    }


def _split(pages: Sequence[str], config: Row) -> Row:
    return {
        "config": config,
        "values": splitting.split(pages, config) if config["splitClassifications"] else [],
    }


def _parts(reading: Row, style: str) -> Row:
    return {"subDocumentClassifications" if style == V24 else "splits": reading["values"]}


TYPES: Mapping[str, Type] = {
    row.name: row
    for row in (
        Type("EXTRACT", "extractor", "extract_run", ("ex_", "exv_", "exr_"), "", _extract, _extracted),
        Type(
            "CLASSIFY", "classifier", "classify_run", ("cl_", "clv_", "clr_"),
            "classifications", _classify, lambda reading, _: reading["values"],
        ),
        Type(
            "SPLITTER", "splitter", "split_run", ("spl_", "splv_", "splr_"),
            "splitClassifications", _split, _parts, ("url", "id"),
        ),
    )
}  # fmt: skip
_OLDER = ("dp_", "dpv_", "dpr_")


def prefix(kind: Type, what: int, version: str) -> str:
    """Of an id; ``what``: 0 a processor, 1 a version of one, 2 a run."""
    return (kind.prefixes if version == V26 else _OLDER)[what]


def perform(type_name: str, config: Row, pages: Sequence[str]) -> Row:
    """What is kept of working on a document: ``config``, ``values`` and, of an extraction, ``confidence``.

    Config and text are of the moment of the run.
    """
    return TYPES[type_name].read(pages, config)
