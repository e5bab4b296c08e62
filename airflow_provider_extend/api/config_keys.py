"""What a config may hold, by what it configures and by API version: tables.

A key that a version calls otherwise says so in `instead`. Sources: objects.md 4 (extraction config keys), 6 and 7
(helper shapes), SDK 0.2.0 and 1.20.0 `types/*_config*.py`, docs 2024-12-23 and 2025-04-21 Processor configs. What the
page of 2024-12-23 does not show of classifiers and splitters is as in 2025-04-21 (assumption).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from airflow_provider_extend.api.versions import API_VERSIONS, V2024, V2025, V2026

#: JSON types of a value, as they are named in an error.
TEXT, WHOLE, NUMBER, FLAG, OBJECT, LIST = (
    "a text",
    "a whole number",
    "a number",
    "true or false",
    "an object",
    "a list",
)

_SINCE_2025 = (V2025, V2026)


@dataclass(frozen=True, slots=True)
class Words:
    """A list of words.

    :ivar known: version -> words that are documented.
    :ivar renamed: word -> what it is called in the other versions.
    """

    known: Mapping[str, tuple[str, ...]]
    renamed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Each:
    """A list of objects with these keys."""

    keys: Mapping[str, Key]


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a config.

    :ivar takes: a JSON type, `Words`, `Each`, or the keys of the object that it holds.
    :ivar versions: that document it.
    :ivar needed: versions in which it must be there.
    :ivar instead: version that does not take it -> what that one calls it; None: leave it out.
    :ivar note: what to know where it is still taken and does nothing any more (2026-02-09).
    """

    takes: Any
    versions: tuple[str, ...] = API_VERSIONS
    needed: tuple[str, ...] = ()
    instead: Mapping[str, str | None] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """What a config of one kind may hold.

    :ivar versions: that have such configs.
    :ivar closed: Extend itself refuses an unknown key.
    :ivar either: (version, keys), of which it takes one.
    """

    keys: Mapping[str, Key]
    versions: tuple[str, ...] = API_VERSIONS
    closed: bool = False
    either: tuple[str, tuple[str, ...]] | None = None


def _words(*known: str, **renamed: str) -> Words:
    return Words(dict.fromkeys(API_VERSIONS, known), renamed)


def _flags(names: str, *versions: str) -> dict[str, Key]:
    return {name: Key(FLAG, versions or API_VERSIONS) for name in names.split()}


def _needed(names: str) -> dict[str, Key]:
    return {name: Key(TEXT, needed=_SINCE_2025) for name in names.split()}


_RANGES = Each({"start": Key(WHOLE, needed=(V2026,)), "end": Key(WHOLE, needed=(V2026,))})
_SHEETS = Each({"start": Key(WHOLE, needed=_SINCE_2025), "end": Key(WHOLE, needed=_SINCE_2025)})
_PAGES = {
    "pageRanges": Key(_RANGES, _SINCE_2025),
    "fixedPageLimit": Key(WHOLE, (V2025,), instead={V2026: "advancedOptions.pageRanges"}),
}
_AGENTIC = Key({"enabled": Key(FLAG), "customInstructions": Key(TEXT)}, _SINCE_2025)

PARSE: Mapping[str, Key] = {
    "target": Key(_words("markdown", "spatial")),
    "chunkingStrategy": Key(
        {
            "type": Key(_words("page", "document", "section")),
            "options": Key({"minCharacters": Key(WHOLE), "maxCharacters": Key(WHOLE)}),
        }
    ),
    "engine": Key(_words("parse_performance", "parse_light", "parse_auto"), _SINCE_2025),
    "engineVersion": Key(TEXT, (V2026,)),
    "blockOptions": Key(
        {
            "figures": Key(
                {
                    **_flags("enabled figureImageClippingEnabled"),
                    **_flags("advancedChartExtractionEnabled", V2026),
                    "customInstructions": Key(TEXT, (V2026,)),
                }
            ),
            "tables": Key(
                {
                    "enabled": Key(FLAG),
                    "targetFormat": Key(_words("markdown", "html")),
                    "tableHeaderContinuationEnabled": Key(FLAG, note="it has no effect any more"),
                    "cellBlocksEnabled": Key(FLAG, _SINCE_2025),
                    "agentic": _AGENTIC,
                }
            ),
            "text": Key({"signatureDetectionEnabled": Key(FLAG), "agentic": _AGENTIC}),
            "keyValue": Key(_flags("blankFieldFormattingEnabled", V2026), (V2026,)),
            "barcodes": Key(_flags("imageClippingEnabled readingEnabled", V2026), (V2026,)),
            "formulas": Key(_flags("enabled", V2026), (V2026,)),
        }
    ),
    "advancedOptions": Key(
        {
            "pageRotationEnabled": Key(FLAG),
            "agenticOcrEnabled": Key(
                FLAG,
                (V2024, V2025),
                instead={V2026: "blockOptions.text.agentic or blockOptions.tables.agentic"},
            ),
            "pageRanges": Key(_RANGES),
            "excelParsingMode": Key(_words("basic", "advanced")),
            **_flags("excelSkipHiddenContent excelUseRawCellValues excelSkipCalculation"),
            **_flags("excelIncludeCellMetadata excelIncludeCellFormatting", V2026),
            "verticalGroupingThreshold": Key(NUMBER),
            "returnOcr": Key({**_flags("words"), **_flags("lines", V2026)}),
            "alwaysConvertToPdf": Key(FLAG, _SINCE_2025),
            "enrichmentFormat": Key(_words("xml", "bracket"), (V2026,)),
            "imageConversionQuality": Key(_words("high", "medium", "low"), (V2026,)),
            "formattingDetection": Key(
                Each({"type": Key(_words("change_tracking"), (V2026,), needed=(V2026,))}), (V2026,)
            ),
        }
    ),
}


def _processor(kind: str, base: Words) -> dict[str, Key]:
    """The keys of every processor's config."""
    return {
        "type": Key(_words(kind), (V2024, V2025), needed=(V2025,), instead={V2026: None}),
        "baseProcessor": Key(base),
        "baseVersion": Key(TEXT),
        "parser": Key(PARSE, (V2025,), instead={V2026: "parseConfig"}),
        "parseConfig": Key(PARSE, (V2026,), instead={V2025: "parser"}),
    }


_FIELD: dict[str, Key] = {
    **_needed("id name description"),
    "type": Key(
        _words("string", "number", "currency", "boolean", "date", "array", "enum", "object", "signature"),
        needed=_SINCE_2025,
    ),
    "enum": Key(Each(_needed("value description"))),
}
# A field of type array or object holds fields.
_FIELD["schema"] = Key(Each(_FIELD))

EXTRACT: Mapping[str, Key] = {
    **_processor("EXTRACT", _words("extraction_performance", "extraction_light", "extraction_operator")),
    "schema": Key(OBJECT),
    "fields": Key(Each(_FIELD), (V2024, V2025), instead={V2026: "schema"}),
    "customExtractionRules": Key(
        TEXT, (V2024,), instead={V2025: "extractionRules", V2026: "extractionRules"}
    ),
    "extractionRules": Key(TEXT, _SINCE_2025, instead={V2024: "customExtractionRules"}),
    "includeBoundingBoxCitations": Key(
        FLAG, (V2024,), instead=dict.fromkeys(_SINCE_2025, "advancedOptions.citationsEnabled")
    ),
    "advancedOptions": Key(
        {
            "documentKind": Key(TEXT, (V2025,), instead={V2026: "extractionRules"}),
            "keyDefinitions": Key(TEXT, (V2025,), instead={V2026: "extractionRules"}),
            **_flags("modelReasoningInsightsEnabled advancedMultimodalEnabled", *_SINCE_2025),
            "citationsEnabled": Key(FLAG, _SINCE_2025, instead={V2024: "includeBoundingBoxCitations"}),
            "citationMode": Key(_words("line", "word", "block"), (V2026,)),
            "arrayCitationStrategy": Key(_words("item", "property"), _SINCE_2025),
            **_flags("autoReviewAssistantEnabled advancedFigureParsingEnabled", V2025),
            "reviewAgent": Key({"enabled": Key(FLAG)}, _SINCE_2025),
            "arrayStrategy": Key(
                {
                    "type": Key(
                        _words(
                            "large_array_heuristics", "large_array_max_context", "large_array_overlap_context"
                        ),
                        needed=_SINCE_2025,
                    )
                },
                _SINCE_2025,
            ),
            "chunkingOptions": Key(
                {
                    "chunkingStrategy": Key(
                        Words(
                            {
                                **dict.fromkeys(API_VERSIONS, ("standard", "semantic")),
                                V2026: ("standard", "semantic", "contextual"),
                            }
                        )
                    ),
                    "pageChunkSize": Key(WHOLE),
                    "chunkSelectionStrategy": Key(
                        _words("intelligent", "confidence", "take_first", "take_last")
                    ),
                    "customSemanticChunkingRules": Key(TEXT),
                },
                _SINCE_2025,
            ),
            "excelSheetRanges": Key(_SHEETS, _SINCE_2025),
            "excelSheetSelectionStrategy": Key(_words("intelligent", "all", "first", "last"), _SINCE_2025),
            **_PAGES,
            "currentDateEnabled": Key(FLAG, (V2026,)),
        },
        _SINCE_2025,
    ),
}

_CLASS: Mapping[str, Key] = _needed("id type description")

CLASSIFY: Mapping[str, Key] = {
    **_processor(
        "CLASSIFY",
        Words(
            {
                **dict.fromkeys(API_VERSIONS, ("classification_performance", "classification_light")),
                V2026: ("classification_standard", "classification_performance", "classification_light"),
            }
        ),
    ),
    "classifications": Key(Each(_CLASS), needed=_SINCE_2025),
    "classificationRules": Key(TEXT),
    "advancedOptions": Key(
        {
            "context": Key(_words("default", "max"), _SINCE_2025),
            "advancedMultimodalEnabled": Key(FLAG, _SINCE_2025),
            "memoryEnabled": Key(FLAG, (V2026,)),
            **_PAGES,
        },
        _SINCE_2025,
    ),
}

SPLIT: Mapping[str, Key] = {
    **_processor("SPLITTER", _words("splitting_performance", "splitting_light")),
    "splitClassifications": Key(Each({**_CLASS, "identifierKey": Key(TEXT, (V2026,))}), needed=_SINCE_2025),
    "splitRules": Key(TEXT),
    "advancedOptions": Key(
        {
            "splitIdentifierRules": Key(
                TEXT,
                _SINCE_2025,
                note="splitting_performance from 1.5.0 and splitting_light from 1.3.0 ignore it; use identifierKey of "
                "each of splitClassifications",
            ),
            "splitMethod": Key(
                Words(
                    {
                        **dict.fromkeys(API_VERSIONS, ("high_precision", "low_latency")),
                        V2026: ("high_precision", "basic_precision"),
                    },
                    renamed={"low_latency": "basic_precision", "basic_precision": "low_latency"},
                ),
                _SINCE_2025,
                note="splitting_performance from 1.5.0 and splitting_light from 1.3.0 ignore it",
            ),
            "splitExcelDocumentsBySheetEnabled": Key(FLAG, _SINCE_2025),
            **_PAGES,
            **_flags("pageOverlapEnabled strictIdentifierModeEnabled", V2026),
        },
        _SINCE_2025,
    ),
}

EDIT: Mapping[str, Key] = {
    "engineVersion": Key(TEXT, (V2026,)),
    "schema": Key(OBJECT),
    "instructions": Key(TEXT),
    "schemaGenerationInstructions": Key(TEXT, (V2026,)),
    "advancedOptions": Key(
        {
            **_flags("flattenPdf tableParsingEnabled radioEnumsEnabled nativeFieldsOnly"),
            **_flags("conditionalGenerationEnabled", V2026),
        }
    ),
}

FORM_DETECTION: Mapping[str, Key] = {
    "engineVersion": Key(TEXT),
    "inputSchema": Key(OBJECT),
    "instructions": Key(TEXT),
    "advancedOptions": Key(
        _flags("tableParsingEnabled radioEnumsEnabled nativeFieldsOnly conditionalGenerationEnabled")
    ),
}

VERIFY: Mapping[str, Key] = {
    "engine": Key(_words("verify_agentic", "verify_light")),
    "engineVersion": Key(TEXT),
    "advancedOptions": Key({"requireParsing": Key(FLAG)}),
}

#: What is configured -> its config.
CONFIGS: Mapping[str, Config] = MappingProxyType(
    {
        "extract": Config(EXTRACT, either=(V2025, ("schema", "fields"))),
        "classify": Config(CLASSIFY),
        "split": Config(SPLIT),
        "parse": Config(PARSE),
        "edit": Config(EDIT, _SINCE_2025),
        "form_detection": Config(FORM_DETECTION, (V2026,)),
        "verify": Config(VERIFY, (V2026,), closed=True),
    }
)
