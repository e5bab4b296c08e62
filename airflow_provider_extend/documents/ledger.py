"""What a task with many documents keeps beside its results: which documents there are, and how far each batch is.

    <output_path>/_manifest.json              whose results these are, and in the end what they came to
    <output_path>/part-00000.jsonl            rows of a batch
    <output_path>/failed.jsonl                documents that did not succeed
    <output_path>/_extend/<id>/plan.json      what is asked of Extend, and the number of batches; written when all
                                              documents are laid out
                               batch-00000    documents of a batch, in the order in which they are sent
                               sent-00000     what became of each before the call: its file at Extend, or why not sent
                               receipt-00000  id of the batch, or the token by which its runs are found
                               failed-00000   what of its rows did not succeed
                               done-00000     what its rows say, once they are written
                               again-00000    rows that are kept back: another run may end better
                               files/<hash>   id of a file that several documents share

Each file is written whole, in this order, so that whoever comes after a crash goes on from the last.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from airflow_provider_extend.documents.folders import Folder
from airflow_provider_extend.documents.rows import failure_of
from airflow_provider_extend.documents.sources import Source, source_of

MANIFEST = "_manifest.json"
FAILED = "failed.jsonl"
VERSION = 1


class Ledger:
    """
    :param output: where results are written. :param state: names this task with all that its author asked for.
    """

    def __init__(self, output: Folder, state: str) -> None:
        self.output = output
        self.state = state
        self._own = output.below("_extend").below(state)
        self._shared = self._own.below("files")
        #: Files that are there. This process alone writes them, so that they are listed once.
        self._names = set(self._own.names())
        self.plan: dict[str, Any] | None = self._read("plan.json")
        #: Of batches that were read before; each is written once.
        self._dones: dict[int, Any] = {}

    # ------------------------------------------------------------------------------------------------ the plan

    def lay_out(self, sources: Iterable[Source], size: int, job: Mapping[str, Any]) -> dict[str, Any]:
        """Write down the documents in batches, and then that they are all there."""
        batches = documents = 0
        with tempfile.TemporaryFile("w+", prefix="extend-") as spool:
            # What is the same as another can be told only when all are known, and memory holds numbers alone.
            alike: Counter[Any] = Counter()
            for source in sources:
                alike[hash((source.size, source.sum))] += source.key is not None
                spool.write(json.dumps(source.as_row()) + "\n")
            spool.seek(0)
            while batch := [_marked(json.loads(line), alike) for line in islice(spool, size)]:
                self._write_lines(_named("batch", batches), batch)
                batches, documents = batches + 1, documents + len(batch)
        plan = {"v": VERSION, "documents": documents, "batches": batches, "size": size, "taken": 0, **job}
        if documents:
            self._write("plan.json", plan)
        self.plan = plan
        return plan

    def lay_out_again(self) -> int:
        """Batches of the documents whose rows were kept back. Returns their number."""
        assert self.plan is not None
        taken, last = self.plan["taken"], self.plan["batches"]
        again = iter([kept["document"] for kept in self.kept_back()])
        count = new = 0
        while batch := list(islice(again, self.plan["size"])):
            self._write_lines(_named("batch", last + new), batch)
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
        return [source_of(row) for row in self._own.lines(_named("batch", batch))]

    # --------------------------------------------------------------------------------------------- the batches

    def sent(self, batch: int) -> dict[str, Any]:
        """{files: {place: id}, refused: {place: [code, words]}}; places are texts, since JSON has no other keys."""
        return self._read(_named("sent", batch)) or {"files": {}, "refused": {}}

    def note_sent(self, batch: int, sent: Mapping[str, Any]) -> None:
        self._write(_named("sent", batch), sent)

    def receipt(self, batch: int) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._read(_named("receipt", batch))
        return found

    def note_receipt(self, batch: int, receipt: Mapping[str, Any]) -> None:
        self._write(_named("receipt", batch), receipt)

    def done(self, batch: int) -> dict[str, Any] | None:
        if batch not in self._dones and (found := self._read(_named("done", batch))) is not None:
            self._dones[batch] = found
        return self._dones.get(batch)

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

    def kept_back(self) -> Iterator[dict[str, Any]]:
        """{document, row} of those whose row stands nowhere yet, and that no later batch has taken up."""
        assert self.plan is not None
        for batch in range(self.plan["taken"], self.plan["batches"]):
            if (done := self.done(batch)) and done["kept_back"]:
                yield from self._own.lines(_named("again", batch))

    def shared_file(self, digest: str) -> str | None:
        found = self._shared.read(digest)
        return found["id"] if found else None

    def note_shared_file(self, digest: str, file_id: str) -> None:
        self._shared.write(digest, {"id": file_id})

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
        return self._read(f"record-{name}")

    def note_record(self, name: str, value: Any) -> None:
        self._write(f"record-{name}", value)

    def forget_record(self, name: str) -> None:
        self._own.remove([f"record-{name}"])
        self._names.discard(f"record-{name}")

    def close(self) -> None:
        """The results are whole: nothing but them is kept."""
        self._own.remove_all()
        self._names = set()

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


def _marked(row: dict[str, Any], alike: Counter[Any]) -> dict[str, Any]:
    twin = "key" in row and alike[hash((row.get("size"), row.get("sum")))] > 1
    return {**row, "twin": True} if twin else row


def _named(what: str, batch: int) -> str:
    return f"{what}-{batch:05d}"
