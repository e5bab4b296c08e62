"""What a gate remembers between DAG runs: the baseline that passed last, answers, and how often a question was asked.

Two kinds of facts, both of which two writers can add to in any order and again: a set of names that only grows (looks),
and a value that only becomes newer (baseline, answer). What a store can promise when two DAG runs write at once:

* a folder (`ObjectStoragePath`): each fact is an object of its own, so none is lost and nothing moves backwards;
* Airflow's asset state store (3.3) and Variables, which have no conditional write: each write is read back, after a
  pause in which another writer's may have taken it away, and then merged anew. Lost is only what a writer takes away
  that stood still between its read and its write for longer than that pause. `gated_publish` lets one task of a DAG
  write at a time.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.gate.evidence import Baseline, Evidence
from airflow_provider_extend.gate.verdicts import FAIL, PASS

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.gate.report import Report

#: Airflow's database gets nothing above this many bytes of JSON.
MOST_BYTES = 60_000
_ANSWER_VERSION = 1
_PREFIX = "extend_gate"
#: Seconds (least, most) before a write is read back.
_PAUSE = (0.5, 1.5)
_WRITES = 8
_UNFIT = re.compile(r"[^A-Za-z0-9_.-]+")


class GateStore(Protocol):
    """Where facts are kept; `key` and `name` are short ASCII."""

    #: For messages.
    told: str

    def names(self, key: str) -> frozenset[str]:
        """The names that were added under `key`."""

    def add(self, key: str, name: str) -> frozenset[str]:
        """Add a name, once however often; returns all of them."""

    def newest(self, key: str) -> Any:
        """The value with the latest time, None where there is none.

        :raises ValueError: it cannot be read.
        """

    def keep(self, key: str, at: datetime, value: Mapping[str, Any]) -> bool:
        """Keep `value` unless a newer one is there; whether it is the newest now.

        :raises TooLarge: the store is not made for values of this size.
        """


class TooLarge(ValueError):
    """A value that Airflow's database is not to hold."""


class FolderStore:
    """A folder of a local or object store.

    :param path: as `ObjectStoragePath` takes it, such as `s3://bucket/gates/invoices`.
    :raises ValueError, ImportError: Airflow knows no such store.
    """

    def __init__(self, path: str) -> None:
        self.told = path
        self._root = path.rstrip("/")
        _ = self._path().fs  # raises where the scheme is not known

    def names(self, key: str) -> frozenset[str]:
        return frozenset(entry.removesuffix(".json") for entry in self._entries(key))

    def add(self, key: str, name: str) -> frozenset[str]:
        if f"{name}.json" not in self._entries(key):
            self._write(key, f"{name}.json", {})
        return self.names(key)

    def newest(self, key: str) -> Any:
        entries = sorted(self._entries(key))
        if not entries:
            return None
        known = json.loads(self._path(key, entries[-1]).read_text())
        return _held(known, "value", f"{key}/{entries[-1]} of {self.told}")["value"]

    def keep(self, key: str, at: datetime, value: Mapping[str, Any]) -> bool:
        # The time comes first in the name and is of one width, so that the last name is the newest value.
        name = f"{_stamp(at)}-{_short(json.dumps(value, sort_keys=True))}.json"
        self._write(key, name, {"at": _stamp(at), "value": value})
        return max(self._entries(key)) == name

    def _path(self, *parts: str) -> Any:
        from airflow.sdk import ObjectStoragePath

        return ObjectStoragePath("/".join([self._root, *parts]))

    def _entries(self, key: str) -> list[str]:
        folder = self._path(key)
        # Others write there too: a list from memory is none.
        folder.fs.invalidate_cache()
        try:
            found = folder.fs.ls(folder.path, detail=False)
        except FileNotFoundError:
            return []
        return [name for entry in found if (name := str(entry).rpartition("/")[2]).endswith(".json")]

    def _write(self, key: str, name: str, value: Any) -> None:
        path = self._path(key, name)
        text = json.dumps(value)
        if path.protocol not in ("", "file"):
            path.write_text(text)
            return
        local = Path(path.path)
        local.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: an object store writes so by itself.
        draft = local.with_name(f".{uuid.uuid4().hex}.part")
        draft.write_text(text)
        draft.replace(local)


class KeyValueStore:
    """A store of Airflow's that overwrites: one JSON value under each key, merged and read back.

    :param get: key -> JSON or None. :param put: writes it.
    """

    def __init__(
        self,
        told: str,
        get: Callable[[str], Any],
        put: Callable[[str, Any], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.told = told
        self._get = get
        self._put = put
        self._sleep = sleep

    def names(self, key: str) -> frozenset[str]:
        known = self._read(key, "names")
        return frozenset(known["names"]) if known is not None else frozenset()

    def add(self, key: str, name: str) -> frozenset[str]:
        def merge(known: Any) -> Any:
            return {"names": sorted({*(known["names"] if known else ()), name})}

        return frozenset(self._merge(key, "names", merge)["names"])

    def newest(self, key: str) -> Any:
        known = self._read(key, "value")
        return known["value"] if known is not None else None

    def keep(self, key: str, at: datetime, value: Mapping[str, Any]) -> bool:
        mine = {"at": _stamp(at), "value": dict(value)}
        if len(json.dumps(mine)) > MOST_BYTES:
            raise TooLarge(
                f"It is larger than the {MOST_BYTES} bytes that Airflow's database is to hold. Give a path as store."
            )

        def merge(known: Any) -> Any:
            return mine if known is None or _age(known) < _age(mine) else known

        return bool(self._merge(key, "value", merge) == mine)

    def _read(self, key: str, holds: str) -> Any:
        known = self._get(key)
        return None if known is None else _held(known, holds, f"{key} of {self.told}")

    def _merge(self, key: str, holds: str, merge: Callable[[Any], Any]) -> Any:
        for _ in range(_WRITES):
            known = self._read(key, holds)
            wanted = merge(known)
            if wanted == known:
                return known
            self._put(key, wanted)
            # Another writer that had read before this write would take it away by its own.
            self._sleep(random.uniform(*_PAUSE))
        raise RuntimeError(f"{self.told} does not keep what is written to it under {key}.")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question that was decided.

    :ivar verdict: PASS or FAIL, by the rules of that day. :ivar at: ISO, UTC.
    """

    evidence: Evidence
    verdict: str
    at: str


class GateMemory:
    """The facts of gates in one store, each under a key of its own."""

    def __init__(self, store: GateStore, log: Any) -> None:
        self.store = store
        self._log = log

    @property
    def told(self) -> str:
        return self.store.told

    def look(self, evidence: Evidence) -> int | None:
        """Count this run as a look at its question; how many there were. None where the question is not known."""
        question = evidence.question
        if question is None or not evidence.id:
            return None
        return len(self.store.add(f"looks.{_short(question)}", _fit(evidence.id)))

    def answer(self, question: str) -> Answer | None:
        """:raises ValueError: what is stored cannot be read."""
        stored = self.store.newest(f"answer.{_short(question)}")
        if stored is None:
            return None
        if not isinstance(stored, Mapping) or stored.get("answer") != _ANSWER_VERSION:
            raise ValueError(f"The answer that {self.told} holds is of another version, or damaged.")
        return Answer(
            Evidence.of_result(stored.get("evidence") or {}),
            str(stored.get("verdict")),
            str(stored.get("at")),
        )

    def keep_answer(self, report: Report, now: datetime) -> None:
        """Keep what was measured, where the question is known and was decided: PASS or FAIL."""
        question = report.evidence.question
        if question is None or report.verdict not in (PASS, FAIL):
            return
        told = {
            "answer": _ANSWER_VERSION,
            "verdict": report.verdict,
            "at": now.isoformat(timespec="seconds"),
            "evidence": report.evidence.as_dict(),
        }
        self._keep(f"answer.{_short(question)}", now, told, "The answer")

    def baseline(self, evidence: Evidence) -> Baseline | None:
        """What passed last of the processor that `evidence` is of.

        :raises ValueError: what is stored cannot be read.
        """
        stored = self.store.newest(_baseline_key(evidence))
        return Baseline.from_dict(stored) if stored is not None else None

    def move_baseline(self, baseline: Baseline, created: datetime) -> bool:
        """Make it the baseline unless that is of a run that was started later.

        :param created: when its run was started.
        """
        return self._keep(_baseline_key(baseline.evidence), created, baseline.as_dict(), "The baseline")

    def _keep(self, key: str, at: datetime, value: Mapping[str, Any], what: str) -> bool:
        try:
            return self.store.keep(key, at, value)
        except TooLarge as error:
            self._log.warning("%s is not kept in %s. %s", what, self.told, error)
            return False


def memory_of(store: Any, context: Context, log: Any) -> GateMemory | None:
    """The memory that an operator was given.

    :param store: an `Asset` (its state store; below Airflow 3.3 Variables by its name), a path, or None.
    :raises ExtendInputError: it is something else.
    """
    if store is None:
        return None
    if isinstance(store, str) and store.strip():
        try:
            return GateMemory(FolderStore(store), log)
        except (ValueError, ImportError):
            raise ExtendInputError(
                f"store is {store!r}, which Airflow does not know how to reach: is a provider with a store for it "
                "installed?"
            ) from None
    name = getattr(store, "name", None)
    if not isinstance(name, str) or isinstance(store, str):
        raise ExtendInputError(
            f"store is {store!r}: expected an Asset, or the path of a folder such as 's3://bucket/gates/invoices'."
        )
    accessors: Any = context.get("asset_state_store")
    if accessors is None:
        log.info("This Airflow has no asset state store (3.3 has): the gate's memory is kept in Variables.")
        return GateMemory(_variables(name), log)
    accessor = accessors[store]

    def key(of: str) -> str:
        return f"{_PREFIX}.{of}"

    asset = KeyValueStore(
        f"the state store of asset {name}",
        lambda of: accessor.get(key(of)),
        lambda of, value: accessor.set(key(of), value),
    )
    return GateMemory(asset, log)


def _variables(name: str) -> KeyValueStore:
    from airflow.sdk import Variable

    def key(of: str) -> str:
        return f"{_PREFIX}.{_fit(name)}.{of}"

    def get(of: str) -> Any:
        text = Variable.get(key(of), default=None)
        return json.loads(text) if text is not None else None

    return KeyValueStore(
        f"Variables {_PREFIX}.{_fit(name)}.*", get, lambda of, value: Variable.set(key(of), json.dumps(value))
    )


def _baseline_key(evidence: Evidence) -> str:
    return f"baseline.{_short(evidence.processor_id or '')}"


def _held(known: Any, holds: str, where: str) -> Mapping[str, Any]:
    if not isinstance(known, Mapping) or holds not in known:
        raise ValueError(f"{where} holds something else than this gate has written. Delete it.")
    return known


def _age(known: Mapping[str, Any]) -> tuple[str, str]:
    """Orders values by their time, and those of one moment in a way that is the same for every writer."""
    return str(known.get("at")), _short(json.dumps(known["value"], sort_keys=True))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _fit(name: str) -> str:
    """`name` where it can be part of a key or a file's name; else, and where it is long, a digest of it."""
    return name if len(name) <= 64 and not _UNFIT.search(name) and name.strip(".") else _short(name)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
