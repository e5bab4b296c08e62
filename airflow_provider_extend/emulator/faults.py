"""Faults made to order: what shall go wrong with which requests, how often and for how long."""

from __future__ import annotations

import random
import re
import threading
import time

from airflow_provider_extend.emulator.store import Row, Store

_BODIES = ("html", "truncated", "malformed", "empty")
_NUMBERS: dict[str, tuple[float, float]] = {
    "status": (200, 599),
    "chance": (0, 1),
    "seconds": (0, float("inf")),
    "latency": (0, float("inf")),
    "latency_after": (0, float("inf")),
    "times": (1, float("inf")),
}
_KEYS = frozenset("method path retry_after drop drop_after body".split()) | _NUMBERS.keys()


def checked(fault: Row) -> Row:
    """The fault as it is kept; ValueError for one that cannot be.

    One by chance or for a time goes on unless it is told how often it may happen.
    """
    if unknown := sorted(fault.keys() - _KEYS):
        raise ValueError(f"Unknown key(s) of a fault: {', '.join(unknown)}")
    try:
        re.compile(fault.get("path", ""))
    except re.error as error:
        raise ValueError(f"path is no regular expression: {error}") from error
    kind = fault.get("body", "html")
    if kind not in _BODIES and not kind.startswith("redirect:"):
        raise ValueError(f"body must be one of {', '.join(_BODIES)} or redirect:<url>")
    for name, (low, high) in _NUMBERS.items():
        value = fault.get(name)
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high
        if name in fault and not fits and (name, value) != ("times", None):
            raise ValueError(f"{name} cannot be {value!r}")
    lasting = fault.get("chance", 1) < 1 or "seconds" in fault
    kept = {"times": None if lasting else 1, **fault}
    return kept | ({"until": time.time() + fault["seconds"]} if "seconds" in fault else {})


class Faults:
    """In memory, and on disk as they were set; only the count of a certain fault is written down each time.

    Counts of a fault by chance start anew after a restart: a write for each would slow what is measured.
    """

    def __init__(self, store: Store, seed: int) -> None:
        self._store = store
        self._lock = threading.Lock()
        self.reload(seed)

    def reload(self, seed: int) -> None:
        with self._lock:
            self._list: list[Row] = (self._store.get("control", "faults") or {}).get("list", [])
            self._random = random.Random(seed)

    def seed(self, seed: int) -> None:
        with self._lock:
            self._random = random.Random(seed)

    def add(self, faults: list[Row]) -> list[Row]:
        with self._lock:
            self._list = self._list + faults
            self._save()
            return [dict(fault) for fault in self._list]

    def clear(self) -> None:
        with self._lock:
            self._list = []
            self._save()

    def take(self, method: str, path: str) -> Row:
        """The first fault that fits and is drawn, counted down; an empty one when there is none."""
        if not self._list:
            return {}
        with self._lock:
            moment = time.time()
            lasting = [fault for fault in self._list if fault.get("until", moment) >= moment]
            changed = len(lasting) < len(self._list)
            self._list = lasting
            taken: Row = next((fault for fault in lasting if self._drawn(fault, method, path)), {})
            if taken and taken["times"] is not None:
                taken["times"] -= 1
                self._list = [fault for fault in lasting if fault is not taken or fault["times"] > 0]
                changed = changed or taken.get("chance", 1) == 1 or taken["times"] == 0
            if changed:
                self._save()
            return taken

    def _drawn(self, fault: Row, method: str, path: str) -> bool:
        if fault.get("method", method) != method or not re.search(fault.get("path", ""), path):
            return False
        chance = float(fault.get("chance", 1))
        return chance == 1 or self._random.random() < chance

    def _save(self) -> None:
        self._store.put("control", {"id": "faults", "list": self._list})
