"""What a task with many documents keeps beside its results: which documents there are, and how far each batch is.

    <output_path>/_manifest.json              whose results these are, and in the end what they came to
    <output_path>/part-00000.jsonl            rows of a batch
    <output_path>/failed.jsonl                documents that did not succeed
    <output_path>/_extend/task-<hash>         whose folder this is, from before the documents are laid out
    <output_path>/_extend/<id>/plan.json      what is asked of Extend, and the number of batches; written when all
                                              documents are laid out
                               batch-<layout>-00000  documents of a batch, in the order in which they are sent; of
                                              processes that lay out at a time each has files of its own
                               sent-00000     what became of each before the call: its file at Extend, or why not sent
                               receipt-00000  id of the batch, or the token by which its runs are found
                               rows-00000-000 what was read of its runs, until its rows are written
                               failed-00000   what of its rows did not succeed
                               done-00000     what its rows say, once they are written
                               again-00000    rows that are kept back: another run may end better
                               files/<hash>   id of a file that several documents share

Each file is written whole, in this order, so that whoever comes after a crash goes on from the last.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from airflow_provider_extend import fingerprints
from airflow_provider_extend.api.errors import ExtendInputError, ExtendStorageError
from airflow_provider_extend.documents.folders import Folder
from airflow_provider_extend.documents.rows import failure_of
from airflow_provider_extend.documents.sources import Source, source_of
from airflow_provider_extend.documents.spool import spooled

MANIFEST = "_manifest.json"
FAILED = "failed.jsonl"
VERSION = 1
#: Below the results; in it the marks of tasks, and a folder for each state with what became of files, and their ids.
KEPT, MARK, SENT, UPLOADS = "_extend", "task-", "sent", "files"
#: Of the results: the rows of a batch.
PART = re.compile(r"part-\d{5,}\.(jsonl|parquet)")


class Ledger:
    """
    :param output: where results are written. :param state: names this task with all that its author asked for.
    """

    def __init__(self, output: Folder, state: str) -> None:
        self.output = output
        self.state = state
        self._all = output.below(KEPT)
        self._own = self._all.below(state)
        #: Ids of files that several documents share, by their content.
        self.uploads = self._own.below(UPLOADS)
        #: Files that are there. This process alone writes them, so that they are listed once.
        self._names = set(self._own.names())
        self.plan: dict[str, Any] | None = self._read("plan.json")
        #: Of the batches that this process lays out, or goes on with.
        self._layout: str = self.plan["layout"] if self.plan else secrets.token_hex(4)
        self._mark: str | None = None
        #: Of batches that were read before; each is written once.
        self._dones: dict[int, Any] = {}

    # ------------------------------------------------------------------------------------------------ the plan

    def claim(self, owner: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Mark the folder of results as a task's own. Returns the task whose it is already; then it is not marked.

        Each of two that come at the same moment sees the other's mark, since it is written before it is looked for.
        """
        own = self._mark = _mark_of(owner)
        self._all.write(own, owner)
        names = [name for name in self._all.names() if name.startswith(MARK) and name != own]
        others = [(self.output.read(MANIFEST) or {}).get("owner"), *map(self._all.read, names)]
        other: Mapping[str, Any] | None = next((one for one in others if one and one != owner), None)
        if other is not None:
            self._all.remove([own])
        return other

    def lay_out(self, sources: Iterable[Source], size: int) -> tuple[int, int]:
        """Write down the documents in batches. Returns how many documents and batches there are."""
        batches = documents = 0
        rows = spooled(sources)
        while batch := list(islice(rows, size)):
            self._write_lines(self._batch(batches), batch)
            batches, documents = batches + 1, documents + len(batch)
        return documents, batches

    def begin(self, plan: Mapping[str, Any], owner: Mapping[str, Any]) -> None:
        """Write down that all documents are laid out, and what is asked of Extend; results of before go.

        Where another process of this task has done so meanwhile, its layout is gone on with.

        :raises ExtendInputError: files that are named as results are, and are none of this package's, would be lost.
        """
        before = self.output.read(MANIFEST)
        if (found := self._own.read("plan.json")) is not None:
            self.plan, self._layout = found, found["layout"]
            self._names = set(self._own.names())
            return
        if before and self._is_whole(before):
            raise self._overtaken()
        results = [name for name in self.output.names() if PART.fullmatch(name) or name == FAILED]
        if results and before is None:
            raise ExtendInputError(
                f"output_path is {self.output.path!r}, which holds {results[0]!r} and no results of this package: give "
                "the task a folder of its own. Nothing was sent."
            )
        of_this = {"owner": owner, "state": self.state, "layout": self._layout}
        self.output.write(MANIFEST, {"v": VERSION, **of_this, "complete": False})
        self.output.remove(results)
        self.plan = {"v": VERSION, "taken": 0, "layout": self._layout, **plan}
        self._write("plan.json", self.plan)

    def check(self) -> None:
        """Before anything is paid for, written or removed: nobody else has gone on with this task meanwhile.

        :raises ExtendStorageError: this process was given up for dead, and another one has.
        """
        found = self.output.read(MANIFEST) or {}
        ours = (found.get("state"), found.get("layout")) == (self.state, self._layout)
        if not ours or found.get("complete"):
            raise self._overtaken()

    def _overtaken(self) -> ExtendStorageError:
        return ExtendStorageError(
            f"Another process of this task has gone on with {self.output.path!r} meanwhile: this one does nothing more."
        )

    def lay_out_again(self) -> int:
        """Batches of the documents whose rows were kept back. Returns their number."""
        assert self.plan is not None
        taken, last = self.plan["taken"], self.plan["batches"]
        again = (kept["document"] for kept in self.kept_back())
        count = new = 0
        while batch := list(islice(again, self.plan["size"])):
            self._write_lines(self._batch(last + new), batch)
            new, count = new + 1, count + len(batch)
        if count:
            assert taken < last
            self.plan |= {"taken": last, "batches": last + new}
            self._write("plan.json", self.plan)
        return count

    @property
    def batches(self) -> range:
        assert self.plan is not None
        return range(self.plan["batches"])

    def documents(self, batch: int) -> list[Source]:
        found = [source_of(row) for row in self._own.lines(self._batch(batch))]
        if not found:
            raise ExtendStorageError(
                f"What was kept of batch {batch + 1} at {self.output.path!r} is gone. What was sent of it is paid for, "
                "and nothing is sent again; results that are there stay. Restore it, or clear this task to pay for all "
                "documents anew."
            )
        return found

    def _batch(self, batch: int) -> str:
        return _named(f"batch-{self._layout}", batch)

    # --------------------------------------------------------------------------------------------- the batches

    def sent(self, batch: int) -> dict[str, Any]:
        """{files: {place: id}, refused: {place: [code, words]}}; places are texts, since JSON has no other keys."""
        return self._read(_named(SENT, batch)) or {"files": {}, "refused": {}}

    def note_sent(self, batch: int, sent: Mapping[str, Any]) -> None:
        self._write(_named(SENT, batch), sent)

    def receipt(self, batch: int) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._read(_named("receipt", batch))
        return found

    def note_receipt(self, batch: int, receipt: Mapping[str, Any]) -> None:
        self._write(_named("receipt", batch), receipt)

    def done(self, batch: int) -> dict[str, Any] | None:
        if batch not in self._dones and (found := self._read(_named("done", batch))) is not None:
            self._dones[batch] = found
        return self._dones.get(batch)

    def rows(self, batch: int) -> Iterator[list[Any]]:
        """[place, row, whether it is kept back] of what was read of a batch that is not done."""
        for name in self._read_so_far(batch):
            yield from self._own.lines(name)

    def note_rows(self, batch: int, rows: Path) -> None:
        """
        :param rows: some more of them, as lines of a file of this machine.
        """
        name = f"{_named('rows', batch)}-{len(self._read_so_far(batch)):03d}"
        self._own.put(name, rows)
        self._names.add(name)

    def _read_so_far(self, batch: int) -> list[str]:
        return sorted(name for name in self._names if name.startswith(f"{_named('rows', batch)}-"))

    def note_done(
        self, batch: int, done: Mapping[str, Any], failures: list[Any], kept_back: list[Any]
    ) -> None:
        """
        :param failures: of its rows. :param kept_back: {document, row} of those that are not among them.
        """
        if failures:
            self._write_lines(_named("failed", batch), failures)
        if kept_back:
            self._write_lines(_named("again", batch), kept_back)
        self._write(_named("done", batch), done)
        self._forget(self._read_so_far(batch))

    def kept_back(self) -> Iterator[dict[str, Any]]:
        """{document, row} of those whose row stands nowhere yet, and that no later batch has taken up."""
        assert self.plan is not None
        for batch in range(self.plan["taken"], self.plan["batches"]):
            if (done := self.done(batch)) and done["kept_back"]:
                yield from self._own.lines(_named("again", batch))

    def totals(self) -> Totals:
        """Of all batches that are done, kept back ones of an earlier round left out."""
        assert self.plan is not None
        totals = Totals()
        for batch in self.batches:
            if done := self.done(batch):
                totals.add(done, kept_back=batch >= self.plan["taken"])
        return totals

    def failures(self) -> Iterator[dict[str, Any]]:
        """Of all batches that are done: what did not succeed, without what was read."""
        for batch in self.batches:
            if (done := self.done(batch)) and done["failed"]:
                yield from self._own.lines(_named("failed", batch))
        for kept in self.kept_back():
            yield failure_of(kept["row"])

    # --------------------------------------------------------------------------------------------- at the end

    def record(self, name: str) -> Any:
        """What stands for the task state store where Airflow has none."""
        # Read whatever is listed: a process that was given up for dead may still write one.
        return self._own.read(f"record-{name}")

    def note_record(self, name: str, value: Any) -> None:
        self._write(f"record-{name}", value)

    def forget_record(self, name: str) -> None:
        self._forget([f"record-{name}"])

    def withdraw(self) -> None:
        """Nothing was begun: another task may have the folder."""
        self._own.remove_all()
        self._all.remove([self._mark] if self._mark else [])

    def whole(self) -> dict[str, Any] | None:
        """The manifest, once the results are whole."""
        found = self.output.read(MANIFEST) or {}
        return found if self._is_whole(found) else None

    def _is_whole(self, manifest: Mapping[str, Any]) -> bool:
        return bool(manifest.get("complete")) and manifest.get("state") == self.state

    def finish(self, parts: list[str], **told: Any) -> None:
        """The results are whole, and consist of these parts: say so, and keep nothing else."""
        self.check()
        self.output.remove(name for name in self.output.names() if _is_left_over(name, parts))
        found = self.output.read(MANIFEST) or {}
        self.output.write(MANIFEST, {**found, "complete": True, "parts": parts, **told})
        self.close()

    def close(self) -> None:
        """Nothing but the results is kept, of tries before a clear neither."""
        self._all.remove_all()
        self._names = set()

    def _forget(self, names: list[str]) -> None:
        self._own.remove(names)
        self._names -= set(names)

    def _read(self, name: str) -> Any:
        return self._own.read(name) if name in self._names else None

    def _write(self, name: str, value: Any) -> None:
        self._own.write(name, value)
        self._names.add(name)

    def _write_lines(self, name: str, values: Iterable[Any]) -> None:
        self._own.write_lines(name, values)
        self._names.add(name)


class Totals:
    """Counts over batches."""

    def __init__(self) -> None:
        self.succeeded = self.failed = self.kept_back = 0
        self.statuses: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.credits = 0.0
        self.unknown_credits = 0
        self.parts: list[str] = []

    @property
    def documents(self) -> int:
        return self.succeeded + self.failed

    def add(self, done: Mapping[str, Any], kept_back: bool) -> None:
        self.succeeded += done["succeeded"]
        self.failed += done["failed"]
        self.statuses.update(done["statuses"])
        self.reasons.update(done["reasons"])
        self.credits += done["credits"]
        self.unknown_credits += done["unknown_credits"]
        self.parts += [done["part"]] if done["part"] else []
        if kept_back:
            self.failed += done["kept_back"]
            self.kept_back += done["kept_back"]
            self.statuses.update(done["kept_statuses"])
            self.reasons.update(done["kept_reasons"])


def _is_left_over(name: str, parts: list[str]) -> bool:
    """Of a process that died: a part that is none of the result, or half a file."""
    half = name.startswith((".part-", f".{FAILED}", f".{MANIFEST}"))
    return half or (PART.fullmatch(name) is not None and name not in parts)


def _mark_of(owner: Mapping[str, Any]) -> str:
    return f"{MARK}{fingerprints.of(dict(owner))[:16]}"


def _named(what: str, batch: int) -> str:
    return f"{what}-{batch:05d}"
