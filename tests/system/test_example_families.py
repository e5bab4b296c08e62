"""The examples of all families and gates, byte for byte, on a real scheduler and triggerer, in every mode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

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

INVOICE = [line.replace("INV-7", CONTENT) for line in families.INVOICE]
LETTER = [f"Dear {CONTENT},", *families.LETTER[1:]]
MANUAL = [*families.MANUAL, f"Not for {CONTENT}."]


@dataclass(frozen=True)
class Case:
    """One DAG run of an example.

    :param waits: a task that waits for a run at Extend.
    :param paid: how many runs it starts, evaluations not counted.
    :param otherwise: state -> the tasks that do not succeed; without the number of a mapped one.
    :param review: what a person says of the workflow run.
    """

    dag_id: str
    conf: Mapping[str, Any]
    waits: str | None
    paid: int
    otherwise: Mapping[str, set[str]] = field(default_factory=dict)
    review: Mapping[str, Any] | None = None

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
    yield Case(URLS, conf | {"urls": ["https://files.example.com/there.pdf"]}, "extract", 1)
    unread = conf | {"urls": ["https://files.example.com/gone.pdf"]}
    yield Case(URLS, unread, "extract", 1, {"failed": {"extract", "collect"}})


def others(extend: LocalExtend, folder: Path) -> Iterator[Case]:
    extractor = families.extractor(extend)
    of_types = {"invoice": extractor, "receipt": extractor}
    conf: dict[str, Any] = {"extractor_ids": of_types, "results_dir": str(folder / "results")}
    invoice, picture = families.pdf(folder / "1.pdf", INVOICE), families.picture(folder / "1.png")

    body = {"name": "By class", "config": {"classifications": families.CLASSES}}
    route = conf | {"classifier_id": families.published(extend, "classifiers", body)}
    left = {"ask_a_person", "extract_receipt"}
    yield Case(ROUTE, route | {"document": invoice}, "classify", 2, {"skipped": left})
    unread = {"failed": {"classify"}, LOST: {"route", "extract_invoice", *left}}
    yield Case(ROUTE, route | {"document": picture}, "classify", 1, unread)

    body = {"name": "By type", "config": {"splitClassifications": families.CLASSES}}
    split = conf | {"splitter_id": families.published(extend, "splitters", body)}
    packet = families.pdf(folder / "packet.pdf", INVOICE, families.MORE_OF_IT, LETTER)
    yield Case(PACKET, split | {"packet": packet}, "split", 2)
    unread = {"failed": {"split"}, LOST: {"list_parts", "to_extract", "extract"}}
    yield Case(PACKET, split | {"packet": picture}, "split", 1, unread)

    conf = {"results_dir": str(folder / "results")}
    yield Case(CHUNKS, conf | {"documents": families.pdf(folder / "manual.pdf", MANUAL)}, "parse", 1)
    unread = {"failed": {"parse"}, LOST: {"write_chunks"}}
    yield Case(CHUNKS, conf | {"documents": picture}, "parse", 1, unread)


def reviews(extend: LocalExtend, folder: Path) -> Iterator[Case]:
    conf = {"workflow_id": families.workflow(extend), "results_dir": str(folder / "results")}
    claim = conf | {"document": families.pdf(folder / "claim.pdf", INVOICE)}
    yield Case(REVIEW, claim, "review", 1, {"skipped": {"rejected"}}, {"action": "approve"})
    rejection = {"action": "reject", "note": f"The total is {CONTENT}"}
    yield Case(REVIEW, claim, "review", 1, {"skipped": {"review", "approved"}}, rejection)
    unread = {"skipped": {"review"}, "failed": {"decide"}, LOST: {"approved", "rejected"}}
    picture = conf | {"document": families.picture(folder / "claim.png")}
    yield Case(REVIEW, picture, "review", 1, unread)


def gates(extend: LocalExtend, folder: Path, can_ask: bool) -> Iterator[Case]:
    conf: dict[str, Any] = {"reports_dir": str(folder / "reports")}
    for good in (True, False):
        extractor = extend.extractor(good)
        given = conf | {"evaluation_set_id": extend.labelled(extractor, 60)}
        held = {"failed": {"invoices.gate"}, LOST: {"invoices.publish", "invoices.record"}}
        yield Case(PUBLISH, given, "invoices.evaluate", 0, {} if good else held)

        held = {"failed": {"gate"}, LOST: {"publish"}}
        extractor = extend.extractor(good)
        given = {"evaluation_set_id": extend.labelled(extractor, 60)}
        yield Case(ASK, given, "evaluate", 0, {} if good and can_ask else held)

        extractor = extend.extractor(good=True)
        extend.publish(extractor)
        extend.change_draft(extractor, good)
        given = conf | {"evaluation_set_id": extend.labelled(extractor, 60)}
        yield Case(COMPARE, given, "draft", 0, {} if good else {"failed": {"compare"}})


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

            def waits_for_a_person(run_id: str = run_id) -> str | None:
                (run,) = extend.runs_of(run_id).get("start", [{}])
                waiting = airflow.states(REVIEW, run_id).get("review") == WAITING[mode]
                return str(run["id"]) if waiting and run.get("status") == "NEEDS_REVIEW" else None

            workflow_run = wait_for("a workflow run to wait for a person", waits_for_a_person, 240)
            extend.control("POST", f"/workflow_runs/{workflow_run}/review", case.review)

    for run_id, case in runs.items():
        told = f"{case.dag_id} {run_id}"
        assert airflow.wait_until_ended(case.dag_id, run_id) == case.ended, told
        found: dict[str, set[str]] = {}
        for name, state in airflow.states(case.dag_id, run_id).items():
            found.setdefault(str(state), set()).add(name.partition("[")[0])
        del found["success"]
        assert found == case.otherwise, told
        made = [run for runs in extend.runs_of(run_id).values() for run in runs]
        assert len(made) == case.paid, told
        if case.waits:
            assert airflow.how_it_waited(case.dag_id, run_id, case.waits) == mode, told
