"""The examples of all families and gates, byte for byte, on a real scheduler and triggerer, in every mode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_extend.documents.reader import read_documents
from demo.dashboard import V2026
from tests import families
from tests.system.deployment import Deployment
from tests.system.extend import CONTENT, LocalExtend
from tests.system.processes import wait_for

pytestmark = [pytest.mark.system, pytest.mark.slow]

DOCUMENTS, URLS, MANY = "extend_extract_documents", "extend_extract_urls", "extend_many_documents"
ROUTE, PACKET, CHUNKS = "extend_classify_route", "extend_split_packet", "extend_parse_chunks"
REVIEW = "extend_workflow_review"
PUBLISH, COMPARE, ASK = "extend_gated_publish", "extend_compare_versions", "extend_gate_review"
#: State of the sensor while it waits.
WAITING = {"poke": "running", "reschedule": "up_for_reschedule", "deferrable": "deferred"}
LOST = "upstream_failed"

#: Whoever searches what Airflow has written finds this nowhere: see `test_traces.py`.
INVOICE = [line.replace("INV-7", CONTENT) for line in families.INVOICE]
LETTER = [f"Dear {CONTENT},", *families.LETTER[1:]]
MANUAL = [*families.MANUAL, f"Not for {CONTENT}."]


@dataclass(frozen=True)
class Case:
    """One DAG run of an example.

    :param waits: a task that waits for a run at Extend.
    :param paid: how many runs it starts there, evaluations not counted.
    :param otherwise: state -> the tasks, or some of a mapped one, that do not succeed.
    :param review: what a person says of the workflow run.
    :param written: where in the folder what was read stands, by the DAG run's id.
    :param published: extractor, and how many versions of it are published in the end.
    """

    dag_id: str
    conf: Mapping[str, Any]
    waits: str | None
    paid: int = 0
    otherwise: Mapping[str, set[str]] = field(default_factory=dict)
    review: Mapping[str, Any] | None = None
    written: str | None = None
    published: tuple[str, int] | None = None

    @property
    def ended(self) -> str:
        return "failed" if "failed" in self.otherwise else "success"


def documents_and_urls(extend: LocalExtend, folder: Path) -> Iterator[Case]:
    texts = folder / "texts"
    texts.mkdir()
    for number in range(2):
        (texts / f"{number}.txt").write_text(f"Invoice No: {CONTENT}-{number}\nTotal: {number}.00\n")
    known, gone = {"extractor_id": families.extractor(extend)}, {"extractor_id": "ex_gone"}
    failed = {"failed": {"extract"}, LOST: {"summary"}}

    conf = {"documents_dir": str(texts)}
    yield Case(DOCUMENTS, conf | known, "extract", 2)
    yield Case(DOCUMENTS, conf | gone, None, 0, failed)

    conf = {"documents": f"file://{texts}", "results_dir": f"file://{folder}/many"}
    yield Case(MANY, conf | known, "extract", 2)
    yield Case(MANY, conf | gone, None, 0, failed)

    there = {"file": ("there.pdf", Path(families.pdf(folder / "there.pdf", INVOICE)).read_bytes())}
    extend.send("POST", "/files/upload", files=there)
    conf = known | {"results_dir": str(folder / "results")}
    urls = [f"https://files.example.com/{name}.pdf" for name in ("there", "gone")]
    collected = "results/{}/fields.jsonl"
    yield Case(URLS, conf | {"urls": urls[:1]}, "extract", 1, written=collected)
    yield Case(
        URLS, conf | {"urls": urls}, "extract", 2, {"failed": {"extract", "collect"}}, written=collected
    )


def others(extend: LocalExtend, folder: Path) -> Iterator[Case]:
    extractor = families.extractor(extend)
    of_types = {"invoice": extractor, "receipt": extractor}
    conf: dict[str, Any] = {"extractor_ids": of_types, "results_dir": str(folder / "results")}
    invoice, picture = families.pdf(folder / "1.pdf", INVOICE), families.picture(folder / "1.png")
    letter = families.pdf(folder / "letter.pdf", LETTER)

    body = {"name": "By class", "config": {"classifications": families.CLASSES}}
    route = conf | {"classifier_id": families.published(extend, "classifiers", body)}
    person, extracts = "ask_a_person", {"extract_invoice", "extract_receipt"}
    left = {"skipped": {person, "extract_receipt"}}
    yield Case(ROUTE, route | {"document": invoice}, "classify", 2, left, written="results/{}.invoice.json")
    yield Case(ROUTE, route | {"document": letter}, "classify", 1, {"skipped": extracts})
    unread = {"failed": {"classify"}, LOST: {"route", person, *extracts}}
    yield Case(ROUTE, route | {"document": picture}, "classify", 1, unread)

    body = {"name": "By type", "config": {"splitClassifications": families.CLASSES}}
    split = conf | {"splitter_id": families.published(extend, "splitters", body)}
    packet = families.pdf(folder / "packet.pdf", INVOICE, families.MORE_OF_IT, LETTER)
    yield Case(PACKET, split | {"packet": packet}, "split", 2, written="results/{}/0.json")
    yield Case(PACKET, split | {"packet": letter}, "split", 1, {"skipped": {"extract"}})
    unread = {"failed": {"split"}, LOST: {"list_parts", "to_extract", "extract"}}
    yield Case(PACKET, split | {"packet": picture}, "split", 1, unread)

    conf = {"results_dir": str(folder / "results")}
    families.pdf(folder / "manual-1.pdf", MANUAL)
    manual, lines = conf | {"documents": str(folder / "manual-1.*")}, "results/{}/chunks.jsonl"
    yield Case(CHUNKS, manual, "parse", 1, written=lines)
    families.picture(folder / "manual-2.png")
    manuals = conf | {"documents": str(folder / "manual-*")}
    yield Case(CHUNKS, manuals, "parse", 2, {"failed": {"parse"}, LOST: {"write_chunks"}})


def reviews(extend: LocalExtend, folder: Path) -> Iterator[Case]:
    conf = {"workflow_id": families.workflow(extend), "results_dir": str(folder / "results")}
    claim = conf | {"document": families.pdf(folder / "claim.pdf", INVOICE)}
    approve, reject = {"action": "approve"}, {"action": "reject", "note": f"The total is {CONTENT}"}
    written = "results/{}.json"
    yield Case(REVIEW, claim, "review", 1, {"skipped": {"rejected"}}, approve, written)
    yield Case(REVIEW, claim, "review", 1, {"skipped": {"review", "approved"}}, reject, written)
    unread = {"skipped": {"review"}, "failed": {"decide"}, LOST: {"approved", "rejected"}}
    picture = conf | {"document": families.picture(folder / "claim.png")}
    # It may have ended before the sensor looks for the first time, and then is not waited for.
    yield Case(REVIEW, picture, None, 1, unread)


def gates(extend: LocalExtend, folder: Path, can_ask: bool) -> Iterator[Case]:
    conf: dict[str, Any] = {"reports_dir": str(folder / "reports")}
    for good in (True, False):
        extractor = extend.extractor(good)
        given = conf | {"evaluation_set_id": extend.labelled(extractor, 60)}
        held = {"failed": {"invoices.gate"}, LOST: {"invoices.publish", "invoices.record"}}
        otherwise = {} if good else held
        yield Case(PUBLISH, given, "invoices.evaluate", otherwise=otherwise, published=(extractor, good))

        extractor = extend.extractor(good)
        given = {"evaluation_set_id": extend.labelled(extractor, 60)}
        through = good and can_ask
        otherwise = {} if through else {"failed": {"gate"}, LOST: {"publish"}}
        yield Case(ASK, given, "evaluate", otherwise=otherwise, published=(extractor, through))

        extractor = extend.extractor(good=True)
        extend.publish(extractor)
        extend.change_draft(extractor, good)
        given = conf | {"evaluation_set_id": extend.labelled(extractor, 60)}
        otherwise = {} if good else {"failed": {"compare"}}
        yield Case(COMPARE, given, "draft", otherwise=otherwise, published=(extractor, 1))


@pytest.mark.parametrize("mode", WAITING)
def test_the_examples_of_all_families_read_what_can_be_read_and_fail_otherwise(
    airflow: Deployment, extend: LocalExtend, tmp_path: Path, mode: str
) -> None:
    cases = [*reviews(extend, tmp_path)]
    if mode != "reschedule":
        # What else waits in these is an operator: it holds its worker, or it defers.
        cases += [*documents_and_urls(extend, tmp_path), *others(extend, tmp_path)]
    if mode == "deferrable":
        # As they are written they hold their worker: so they are in `test_gate_examples.py`.
        cases += gates(extend, tmp_path, can_ask=airflow.version.startswith("3.3."))
    airflow.unchanged(*{case.dag_id for case in cases})
    airflow.set_mode(mode, {REVIEW: "review"})
    runs = {airflow.trigger(case.dag_id, case.conf): case for case in cases}

    for run_id, case in runs.items():
        if case.review:
            review(airflow, extend, run_id, WAITING[mode], case.review)
    for run_id, case in runs.items():
        told = f"{case.dag_id} {run_id}"
        assert airflow.wait_until_ended(case.dag_id, run_id) == case.ended, told
        found: dict[str, set[str]] = {}
        for name, task in airflow.tasks(case.dag_id, run_id).items():
            found.setdefault(str(task.state), set()).add(name.partition("[")[0])
            assert task.try_number <= 1, f"{told}: {name} was tried again"
        del found["success"]
        assert found == case.otherwise, told
        made = [run for made in extend.runs_of(run_id).values() for run in made]
        assert len(made) == case.paid, told
        if case.waits:
            assert airflow.how_it_waited(case.dag_id, run_id, case.waits) == mode, told
        if case.written:
            assert CONTENT in (tmp_path / case.written.format(run_id)).read_text(), told
        if case.published:
            extractor, versions = case.published
            assert len(extend.published(extractor, V2026)) == versions, told

    good = {case.dag_id: run_id for run_id, case in runs.items() if case.ended == "success"}
    if MANY in good:
        rows = read_documents(f"file://{tmp_path}/many/{good[MANY]}")
        assert sorted(row["output"]["value"]["number"] for row in rows) == [
            f"{CONTENT}-{n}" for n in range(2)
        ]
        assert airflow.xcom(DOCUMENTS, good[DOCUMENTS], "summary")["documents"] == 2
    lines = [*tmp_path.glob("results/*/chunks.jsonl")]
    assert len(lines) == (CHUNKS in good), "a document that cannot be parsed holds the lines back"


def review(
    airflow: Deployment, extend: LocalExtend, run_id: str, waiting: str, said: Mapping[str, Any]
) -> None:
    """In the dashboard, once the workflow run waits for it and the sensor for the workflow run."""

    def ready() -> str | None:
        made = extend.runs_of(run_id).get("start", [])
        sensor = airflow.states(REVIEW, run_id).get("review")
        asks = [run["id"] for run in made if run["status"] == "NEEDS_REVIEW" and sensor == waiting]
        return str(asks[0]) if asks else None

    workflow_run = wait_for("a workflow run to wait for a person", ready, 240)
    extend.control("POST", f"/workflow_runs/{workflow_run}/review", said)
