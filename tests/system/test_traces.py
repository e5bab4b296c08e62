"""What runs leave behind: no key, no signed link, no document content, in whatever Airflow writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from tests.system.deployment import Deployment
from tests.system.extend import CONTENT, TOKEN, LocalExtend
from tests.system.processes import wait_for

pytestmark = [pytest.mark.system, pytest.mark.slow]

#: "Bearer ***" is what is left of a header that was quoted.
FORBIDDEN = re.compile(rf"{TOKEN}|{CONTENT}|Amz-Signature|Bearer (?!\*\*\*|<key>)\S+")
DAGS = ("extend_evaluation_gate", "extend_gate_by_run_id")


def written(airflow: Deployment) -> Iterator[tuple[str, str]]:
    """Everything that was ever written, by place: rows deleted since (triggers, events) are in the statements."""
    yield "the database", airflow.postgres.dump()
    yield "a statement", airflow.postgres.statements.read_text(errors="replace")
    for path in airflow.log_files():
        yield str(path.relative_to(airflow.home)), path.read_text(errors="replace")


def traces(airflow: Deployment, words: re.Pattern[str] = FORBIDDEN) -> list[str]:
    """`<place>: <what stands around it>` for each forbidden word in each place."""
    found = []
    for place, text in written(airflow):
        # bytea columns are dumped as hexadecimal digits.
        hidden = [word for word in (TOKEN, CONTENT) if word.encode().hex() in text]
        for word in sorted({match.group() for match in words.finditer(text)} | set(hidden)):
            line = next((line for line in text.splitlines() if word in line), "")
            at = line.find(word)
            found.append(f"{place}: {line[max(0, at - 200) : at + 100]}")
    return found


@pytest.mark.parametrize("mode", ["poke", "deferrable"])
def test_good_and_bad_runs_leave_no_secret_and_no_content(
    airflow: Deployment, extend: LocalExtend, mode: str
) -> None:
    airflow.set_mode(mode, dict.fromkeys(DAGS, "wait"))
    good = extend.extractor(good=True)
    ended = airflow.trigger(DAGS[0], {"extractor_id": good, "documents_dir": str(extend.documents)})
    processor = extend.processor(good=True)
    moving, failing = extend.dashboard_run(processor), extend.dashboard_run(processor)
    extend.force(moving, "PROCESSING")
    extend.force(failing, "PROCESSING")
    judged = airflow.trigger(DAGS[1], {"batch_processor_run_id": moving})
    failed = airflow.trigger(DAGS[1], {"batch_processor_run_id": failing})
    wait_for("looks", lambda: min(extend.looks_at(run) for run in (moving, failing)) > 1)
    if mode == "deferrable":
        rows = airflow.triggers()
        assert {row[1] for row in rows} == {"airflow_provider_extend.triggers.run.ExtendRunTrigger"}
        assert {moving, failing} <= {run for run in (moving, failing) if run in str(rows)}
    file_id = next(iter(extend.upload().values()))
    read = airflow.trigger("reading_files", {"file_id": file_id})
    assert airflow.wait_until_ended("reading_files", read) == "success", "a link and a text were handed over"
    extend.fault(path=failing, status=401)
    extend.force(moving, "PROCESSED")
    assert airflow.wait_until_ended(DAGS[0], ended) == "success"
    assert airflow.wait_until_ended(DAGS[1], judged) == "success"
    assert airflow.wait_until_ended(DAGS[1], failed) == "failed"

    places = dict(written(airflow))
    assert failing in places["the database"], "it is the database that these runs were written to"
    rendered = airflow.query(
        "select rendered_fields::text from rendered_task_instance_fields where run_id = %s", judged
    )
    assert moving in str(rendered), "rendered templates are searched"
    if mode == "deferrable":
        kept = re.compile(rf"INSERT INTO trigger .*ExtendRunTrigger.*{failing}")
        assert kept.search(places["a statement"]), "the arguments of triggers are searched"
        event = re.compile(rf"UPDATE task_instance .*next_kwargs=.*{moving}.*")
        assert any("ended" in update for update in event.findall(places["a statement"])), "and their events"
    assert any("HTTP 401" in text for place, text in places.items() if failed in place), (
        "task logs are searched"
    )
    assert traces(airflow) == []


def test_paid_runs_leave_no_secret_and_no_content(
    airflow: Deployment, extend: LocalExtend, tell: Callable[..., None]
) -> None:
    conf = extend.paid_conf() | {"document": str(extend.documents / "invoice-1.txt")}
    run_id = airflow.trigger("leaving_traces", conf)
    assert airflow.wait_until_ended("leaving_traces", run_id, 300) == "success"
    made = extend.runs_of(run_id)
    assert len(made) == 8
    # It was handed over, and read.
    read = [extend.control("GET", f"/runs/{runs[0]['id']}/outputs") for runs in made.values()]
    assert sum(CONTENT in str(outputs) for outputs in read) >= 4
    rendered = airflow.query(
        "select rendered_fields::text from rendered_task_instance_fields where run_id = %s", run_id
    )
    assert str(rendered).count("not shown") == 8, "rendered templates are searched"
    found = traces(airflow)
    tell(runs=len(made), places=len(dict(written(airflow))), traces=len(found))
    assert found == []


def test_the_search_finds_what_is_there(airflow: Deployment, extend: LocalExtend) -> None:
    """Else the test above would prove nothing: this word is a parameter of the DAG run, and is found everywhere."""
    run_id = airflow.trigger(DAGS[1], {"batch_processor_run_id": "bpr_planted"})
    assert airflow.wait_until_ended(DAGS[1], run_id) == "failed"
    places = {found.partition(":")[0] for found in traces(airflow, re.compile("bpr_planted"))}
    assert {"the database", "a statement"} <= places
    assert any(f"run_id={run_id}" in place for place in places)
