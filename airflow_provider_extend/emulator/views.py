"""Stored objects as each API version shows them.

One stored object is seen through all versions under one id (ids are opaque; their prefix tells in which
version an object was made). ``SHAPES`` holds the field sets; a builder per kind gives the values, those that
are dear to make as functions. The legacy paths of 2026-02-09 show the shapes of 2025-04-21.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from airflow_provider_extend.emulator.state import V24, V25, V26, State
from airflow_provider_extend.emulator.store import Row

Shapes = dict[str, dict[str, str]]
Builders = dict[str, Callable[["View", Row], dict[str, Any]]]

#: Kind of object, or its summary where that has other fields -> version -> fields. Each family adds its own.
SHAPES: Shapes = {}
#: Kind of object -> what gives its values.
BUILDERS: Builders = {}

DATES = "createdAt updatedAt"
FAILURE = "failureReason failureMessage"


@dataclass(frozen=True)
class View:
    state: State
    style: str  # the version whose shapes are shown
    base_url: str = ""

    def show(self, shape: str, row: Row) -> Row:
        """``shape`` is a kind or its summary, which is the same where no other field set is listed."""
        kind = shape.removesuffix("_summary")
        facts = row | {"createdBy": None} | BUILDERS[kind](self, row)
        fields = SHAPES.get(shape, {}).get(self.style) or SHAPES[kind][self.style]
        shown = {key: facts[key] for key in fields.split() if key in facts}
        shown = {key: value() if callable(value) else value for key, value in shown.items()}
        if shape != kind and shown.get("usage"):
            shown["usage"].pop("breakdown", None)
        return shown

    def need(self, shape: str, key: str) -> Row:
        return self.show(shape, self.state.store.need(shape.removesuffix("_summary"), key))

    def of_2026(self) -> View:
        return replace(self, style=V26)

    def config(self, config: Row, type_name: str) -> Row:
        """The ``type`` key: needed in 2025-04-21, removed in 2026-02-09, absent from the examples of 2024-12-23.

        ``parser`` of the older versions is ``parseConfig`` in 2026-02-09. Assumption: 2024-12-23 gives a config
        back as it was sent, and no other key is renamed between versions.
        """
        if self.style == V24:
            return config
        names = {"parser": "parseConfig"} if self.style == V26 else {"parseConfig": "parser"}
        plain = {names.get(key, key): value for key, value in config.items() if key != "type"}
        return plain if self.style == V26 else {"type": type_name, **plain}


def failure(row: Row, status: str) -> Row:
    reason = row["failureReason"] if status == "FAILED" else None
    message = "The file could not be processed." if reason == "FAILED_TO_PROCESS_FILE" else None
    return {
        "failureReason": reason,
        "failureMessage": message or (reason and f"The run ended with {reason}."),
    }


def usage(view: View, own: int, parts: list[tuple[str, str, int]]) -> Row:
    """A page costs a credit to parse, an extraction one more (assumption: any fixed price would do)."""
    if view.style == V25:
        return {"credits": own}
    breakdown = [{"object": kind, "id": key, "credits": credits} for kind, key, credits in parts]
    return {"credits": own, "totalCredits": sum(part[2] for part in parts), "breakdown": breakdown}


def link(view: View, row: Row) -> str:
    return f"{view.base_url}/_control/dashboard/{row['id']}"
