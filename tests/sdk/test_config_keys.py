"""What a config may hold, against the types of the vendor's own clients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from airflow_provider_extend.api.config_keys import (
    CONFIGS,
    FLAG,
    NUMBER,
    OBJECT,
    TEXT,
    WHOLE,
    Each,
    Key,
    Words,
)
from tests.sdk.shapes import VERSIONS, shapes

pytestmark = [pytest.mark.slow, pytest.mark.sdk]

#: Client -> kind of config -> the client's type of it.
MODELS = {
    "1.20.0": {
        "extract": "ExtractConfigJson",
        "classify": "ClassifyConfig",
        "split": "SplitConfig",
        "parse": "ParseConfig",
        "edit": "EditConfig",
        "form_detection": "EditSchemaGenerationConfig",
        "verify": "VerifyConfig",
    },
    "0.2.0": {
        "extract": "ProcessorVersionConfig_Extract",
        "classify": "ProcessorVersionConfig_Classify",
        "split": "ProcessorVersionConfig_Splitter",
        "parse": "ParseConfig",
        "edit": "EditRunConfig",
    },
}
#: The same for an `overrideConfig`, which holds what differs only.
OVERRIDES = {
    "extract": "ExtractOverrideConfigJson",
    "classify": "ClassifyOverrideConfig",
    "split": "SplitOverrideConfig",
}
NAMES = {"text": TEXT, "whole": WHOLE, "number": NUMBER, "flag": FLAG, "object": OBJECT}

_NEWER = "SDK 1.20.0 knows the word in the configs of the old paths, which are those of 2025-04-21"
_ANSWERED = "the documentation's answers of 2025-04-21 hold it"
#: What differs: (client, what of which config) -> why.
DIFFERENCES = {
    ("0.2.0", "extract baseProcessor: word extraction_operator"): _NEWER,
    ("0.2.0", "extract parser.engine: word parse_auto"): _NEWER,
    ("0.2.0", "classify parser.engine: word parse_auto"): _NEWER,
    ("0.2.0", "split parser.engine: word parse_auto"): _NEWER,
    ("0.2.0", "parse engine: word parse_auto"): _NEWER,
    ("0.2.0", "extract advancedOptions.autoReviewAssistantEnabled: ours alone"): _ANSWERED,
}


class Compared:
    """A table of keys beside a model of a client."""

    def __init__(self, version: str, models: Mapping[str, Any]) -> None:
        self.version = version
        self.models = models
        #: (model, table) that are being compared: fields hold fields.
        self._open: set[tuple[str, int]] = set()

    def keys(
        self, path: str, model: str, table: Mapping[str, Key], *, partial: bool = False
    ) -> Iterator[str]:
        if (model, id(table)) in self._open:
            return
        self._open.add((model, id(table)))
        theirs, ours = self.models[model], {n: k for n, k in table.items() if self.version in k.versions}
        yield from (f"{path}{name}: theirs alone" for name in theirs.keys() - ours.keys())
        yield from (f"{path}{name}: ours alone" for name in ours.keys() - theirs.keys())
        for name in theirs.keys() & ours.keys():
            needed = self.version in ours[name].needed and not partial
            if theirs[name]["required"] != needed:
                yield f"{path}{name}: {'not ' * needed}needed by the client"
            yield from self.takes(f"{path}{name}", theirs[name]["takes"], ours[name].takes)
        self._open.remove((model, id(table)))

    def takes(self, path: str, theirs: Any, ours: Any) -> Iterator[str]:
        if isinstance(theirs, dict) and isinstance(ours, Words) and "words" in theirs:
            differ = set(theirs["words"]) ^ set(ours.known[self.version])
            yield from (f"{path}: word {word}" for word in sorted(differ))
        elif isinstance(theirs, dict) and isinstance(ours, Each) and "each" in theirs:
            yield from self.takes(f"{path}[]", theirs["each"], ours.keys)
        elif isinstance(theirs, dict) and isinstance(ours, Mapping) and "model" in theirs:
            yield from self.keys(f"{path}.", theirs["model"], ours)
        elif ours == OBJECT and isinstance(theirs, dict) and "model" in theirs:
            pass  # what is inside is not told apart: a JSON schema
        elif not isinstance(theirs, str) or NAMES[theirs] != ours:
            yield f"{path}: theirs is {theirs}, ours {ours}"


def compared(client: str, models: Mapping[str, str], *, partial: bool = False) -> dict[tuple[str, str], str]:
    both = Compared(VERSIONS[client], shapes(client, *models.values())["models"])
    return {
        (client, f"{kind} {said}"): DIFFERENCES.get((client, f"{kind} {said}"), "not known")
        for kind, model in models.items()
        for said in both.keys("", model, CONFIGS[kind].keys, partial=partial)
    }


@pytest.mark.parametrize("client", MODELS)
def test_a_config_holds_what_the_client_has_for_it(client: str) -> None:
    found = compared(client, MODELS[client])
    assert found == {key: why for key, why in DIFFERENCES.items() if key[0] == client}


def test_what_a_run_changes_of_a_config_is_the_same_but_nothing_is_needed() -> None:
    assert compared("1.20.0", OVERRIDES, partial=True) == {}


@pytest.mark.parametrize("client", MODELS)
def test_every_kind_of_the_version_is_compared(client: str) -> None:
    kinds = [kind for kind, config in CONFIGS.items() if VERSIONS[client] in config.versions]
    assert kinds == [*MODELS[client]]
