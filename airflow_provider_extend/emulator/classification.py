"""Text and described classes -> a class: a small, honest classifier that counts what the descriptions name.

It sees the text and the config and nothing else. Clues of a class are the words of its type and description,
phrases in "double quotes" there, and those in a rule that names the class ("not" in that rule turns them round).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_WORD = re.compile(r"[^\W_]+")
QUOTED = re.compile(r'"([^"]+)"')
_SENTENCE = re.compile(r"[;\n]|\.\s|\.$")
_NOT = re.compile(r"\b(?:not|never|no)\b|n't\b", re.I)
_PLAIN = frozenset(
    "a all an and any anything are as at be belong by contain contains description document documents else every file "
    "for from has have in is it its of on one or other page pages such than that the these this to type unknown when "
    "which with".split()
)
_HEAD = 3  # lines at the top, where a document says what it is: a clue there counts once more
_DESCRIBED, _NAMED, _QUOTED = 1.0, 2.0, 3.0


@dataclass(frozen=True)
class Verdict:
    """``clues``: what of the chosen class was found; none when nothing speaks for any class."""

    chosen: Mapping[str, Any]
    confidence: float
    clues: tuple[str, ...]


def check(classes: object, key: str) -> None:
    """Raises ValueError for a list of classes that the API would refuse."""
    if not isinstance(classes, list):
        raise ValueError(f"{key} must be a list of classes")
    for at, one in enumerate(classes):
        for name in ("id", "type", "description"):
            if not isinstance(one, dict) or not isinstance(one.get(name), str):
                raise ValueError(f"{key}[{at}].{name} must be of type str")
        if not isinstance(one.get("identifierKey"), str | None):
            raise ValueError(f"{key}[{at}].identifierKey must be of type str")
    if len({one["id"] for one in classes}) < len(classes):
        raise ValueError(f"{key}: each class needs an id of its own")


def words(text: str) -> list[str]:
    """Case and the plural do not count."""
    found = [word.casefold() for word in _WORD.findall(text)]
    return [word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] != "s" else word for word in found]


def decide(text: str, classes: Sequence[Mapping[str, Any]], rules: str = "") -> Verdict:
    """The class with most clues; of none the one called other, else the first. ``classes`` must not be empty.

    Confidence is the winner's share of what the best two have: 0.5 for a tie, 1 when nothing speaks for another.
    Without any clue it is the chance of a guess.
    """
    clues = [_clues(one, rules) for one in classes]
    shared = [clue for given in clues for clue in given]
    body, head = (
        _padded(text),
        _padded("\n".join([line for line in text.splitlines() if line.strip()][:_HEAD])),
    )
    scores: list[float] = []
    found: list[tuple[str, ...]] = []
    for given in clues:
        weights = {clue: weight / shared.count(clue) for clue, weight in given.items()}
        hits = {clue: min(body.count(clue), 3) + min(head.count(clue), 1) for clue in weights if clue in body}
        whole = math.sqrt(sum(map(abs, given.values()))) or 1.0
        scores.append(max(sum(weights[clue] * times for clue, times in hits.items()) / whole, 0.0))
        found.append(tuple(clue.strip() for clue in hits if weights[clue] > 0))
    ranked = sorted(scores, reverse=True)
    if ranked[0] == 0:
        rest = [one for one in classes if "other" in (one["id"].casefold(), one["type"].casefold())]
        return Verdict((rest or classes)[0], round(1 / len(classes), 4), ())
    best = scores.index(ranked[0])
    second = ranked[1] if len(ranked) > 1 else 0.0
    return Verdict(classes[best], round(ranked[0] / (ranked[0] + second), 4), found[best])


def classify(pages: Sequence[str], config: Mapping[str, Any]) -> dict[str, Any] | None:
    """The output of a classifier; None for a document without text."""
    if not pages:
        return None
    verdict = decide(
        "\n".join(pages), config["classifications"], str(config.get("classificationRules") or "")
    )
    said = (
        f"Found: {', '.join(verdict.clues)}."
        if verdict.clues
        else "Nothing in the text speaks for any class."
    )
    insights = [{"type": "reasoning", "content": said}]
    chosen = {"id": verdict.chosen["id"], "type": verdict.chosen["type"]}
    return chosen | {"confidence": verdict.confidence, "insights": insights}


def _padded(text: str) -> str:
    """Words with a space around each, so that a phrase is found as a whole."""
    return f" {' '.join(words(text))} "


def _clues(one: Mapping[str, Any], rules: str) -> dict[str, float]:
    """Each as ``_padded`` gives it, with its weight."""
    description = straight(one["description"])
    plain = [word for word in words(QUOTED.sub(" ", description)) if word not in _PLAIN and len(word) > 1]
    clues = {f" {word} ": _DESCRIBED for word in plain}
    named = words(one["type"]), words(one["id"])
    for name in named:
        clues |= {f" {word} ": _NAMED for word in name if word not in _PLAIN and len(word) > 1}
        if len(name) > 1:
            clues[f" {' '.join(name)} "] = _QUOTED
    clues |= {_padded(phrase): _QUOTED for phrase in QUOTED.findall(description)}
    for sentence in _SENTENCE.split(straight(rules)):
        about = _padded(QUOTED.sub(" ", sentence))
        if any(name and f" {' '.join(name)} " in about for name in named):
            sign = -1 if _NOT.search(QUOTED.sub(" ", sentence)) else 1
            clues |= {_padded(phrase): sign * _QUOTED for phrase in QUOTED.findall(sentence)}
    clues.pop("  ", None)
    return clues


def straight(text: str) -> str:
    return text.replace("“", '"').replace("”", '"')
