"""No key and no document content where it does not belong: logs, tracebacks, XCom, any table of the database.

The DAGs run on a real metadata database, against an Extend that quotes the Authorization header in whatever it
says, and whose redirects carry signed links.
"""

from __future__ import annotations

import importlib
import json
import re
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from airflow_provider_extend.api import retry
from airflow_provider_extend.emulator.pytest_plugin import ExtendEmulator
from tests.airflow_names import AirflowException

#: Airflow's own API, which `dag.test()` runs in this process.
pytestmark = pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`")

V24, V26 = "2024-12-23", "2026-02-09"
EXAMPLES = Path(__file__).parents[1] / "example_dags"
SIGNATURE = "X-Amz-Signature=5ec2e7"
CONTENT = ("Zyxomma Petroleum", "GB-7745-1190", "48211.37")
SIGNED = f"http://127.0.0.1:9/report.pdf?{SIGNATURE}"

ITEMS_DAG = """
from airflow.sdk import DAG
from airflow_provider_extend.operators.evaluation_set import ExtendCreateEvaluationSetItemsOperator

items = [{"fileId": "%s", "expectedOutput": {"value": {"vendor": "Zyxomma Petroleum"}}}]
with DAG("items", schedule=None, params={"set": "%s"}):
    ExtendCreateEvaluationSetItemsOperator(task_id="plain", evaluation_set_id="{{ params.set }}", items=items)
    ExtendCreateEvaluationSetItemsOperator.partial(task_id="mapped", items=items).expand(
        evaluation_set_id=["{{ params.set }}"]
    )
    ExtendCreateEvaluationSetItemsOperator(task_id="failing", evaluation_set_id="ev_none", items=items)
    ExtendCreateEvaluationSetItemsOperator(
        task_id="refused", evaluation_set_id="{{ params.set }}", items=[{"expectedOutput": items[0]["expectedOutput"]}]
    )
"""

ADMIN_DAG = """
from airflow.sdk import DAG
from airflow_provider_extend.operators.api import ExtendApiOperator
from airflow_provider_extend.operators.evaluation_set_item import ExtendUpdateEvaluationSetItemOperator
from airflow_provider_extend.operators.file import ExtendCreateFileOperator
from airflow_provider_extend.operators.run import ExtendGetRunOperator
from airflow_provider_extend.operators.webhook import ExtendCreateWebhookEndpointOperator
from airflow_provider_extend.operators.workflow_run import ExtendCorrectWorkflowRunOutputsOperator

content = {"value": {"vendor": "Zyxomma Petroleum"}}
with DAG("admin", schedule=None, params={"run": ""}):
    ExtendCreateWebhookEndpointOperator(
        task_id="webhook",
        name="Airflow",
        url="https://hooks.example.com/extend?X-Amz-Signature=1",
        enabled_events=["extract_run.processed"],
        headers={"Authorization": "Bearer of-the-receiver"},
        secret_to="extend_webhook_secret",
    )
    ExtendCreateFileOperator(task_id="file", name="a.txt", raw_text="Vendor: Zyxomma Petroleum")
    ExtendApiOperator(
        task_id="paid",
        endpoint="extract_runs.create",
        body={
            "file": {"text": "Vendor: Zyxomma Petroleum"},
            "config": {"schema": {"properties": {"vendor": {"type": ["string", "null"], "title": "Vendor"}}}},
        },
        allow_paid=True,
    ) >> ExtendGetRunOperator(
        task_id="read", kind="extract_run", run_id="{{ ti.xcom_pull(task_ids='paid')['id'] }}"
    )
    ExtendUpdateEvaluationSetItemOperator(
        task_id="item", evaluation_set_id="ev_none", item_id="evi_none", expected_output=content
    )
    ExtendCorrectWorkflowRunOutputsOperator(
        task_id="correct", workflow_run_id="r_1", output_id="o_1", reviewed_output=content
    )
"""


@pytest.fixture(scope="module")
def database() -> Path:
    from airflow import settings
    from airflow.utils.db import initdb

    initdb()
    assert settings.engine is not None
    return Path(str(settings.engine.url.database))


@pytest.fixture(autouse=True)
def without_airflows_own_masking(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Airflow would replace by `***` in its logs shall not be there to be replaced."""
    for module in ("airflow.sdk._shared.secrets_masker", "airflow._shared.secrets_masker"):
        try:
            masker = importlib.import_module(module)._secrets_masker()
        except (ImportError, AttributeError):
            continue
        masker.reset_masker()
        monkeypatch.setattr(type(masker), "add_mask", lambda self, secret, name=None: None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """DAGs, and labelled documents below `documents`."""
    for path in EXAMPLES.glob("*.py"):
        shutil.copy(path, tmp_path)
    local = "airflow.dag_processing.bundles.local.LocalDagBundle"
    bundle = [{"name": tmp_path.name, "classpath": local, "kwargs": {"path": str(tmp_path)}}]
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps(bundle))
    documents = tmp_path / "documents"
    documents.mkdir()
    vendor, number, total = CONTENT
    (documents / "a.txt").write_text(f"Vendor: {vendor}\nInvoice No: {number}\nTotal: {total}\n")
    truth = {"a.txt": {"vendor": vendor, "invoice_number": number, "total": float(total)}}
    (documents / "truth.json").write_text(json.dumps(truth))
    return tmp_path


class Local:
    """The local Extend with one processor."""

    def __init__(self, emulator: ExtendEmulator, version: str, documents: Path) -> None:
        self.emulator, self.version, self.documents = emulator, version, documents
        emulator.control("POST", "/settings", {"run_seconds": 0})
        fields = {"total": "Total", "invoice_number": "Invoice No", "vendor": "Vendor"}
        properties = {
            name: {
                "type": ["number" if name == "total" else "string", "null"],
                "description": f'The "{label}"',
            }
            for name, label in fields.items()
        }
        body = {"name": "Invoices", "type": "EXTRACT", "config": {"schema": {"properties": properties}}}
        self.processor = self.send("POST", "/processors", json=body)["processor"]["id"]

    def send(self, method: str, path: str, version: str = V24, **given: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.emulator.token}", "x-extend-api-version": version}
        url = self.emulator.base_url + path
        answer = requests.request(method, url, headers=headers, timeout=10, **given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def evaluation_set(self) -> tuple[str, str]:
        """Ids of a new set and of an uploaded document."""
        body = {"name": "Set", "description": "", "processorId": self.processor}
        made = self.send("POST", "/evaluation_sets", json=body)["evaluationSet"]["id"]
        files = {"file": ("a.txt", (self.documents / "a.txt").read_bytes())}
        return made, self.send("POST", "/files/upload", files=files)["file"]["id"]

    def run(self) -> str:
        set_id, file_id = self.evaluation_set()
        expected = {"value": json.loads((self.documents / "truth.json").read_text())["a.txt"]}
        items = [{"fileId": file_id, "expectedOutput": expected}]
        self.send("POST", "/evaluation_set_items/bulk", json={"evaluationSetId": set_id, "items": items})
        body = {"processorId": self.processor, "evaluationSetId": set_id}
        return str(self.emulator.control("POST", "/batch_processor_runs", body)["id"])

    def quote_the_key(self) -> None:
        """From here on every error quotes the Authorization header."""
        self.emulator.control("POST", "/settings", {"echo_authorization": True})

    def fault(self, **fault: Any) -> None:
        self.emulator.control("POST", "/faults", {"times": 99, **fault})


@pytest.fixture
def extend(
    extend_emulator: ExtendEmulator,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str], Local]:
    monkeypatch.setattr(retry, "BACKOFF_CAP", 0.0)

    def speak(version: str) -> Local:
        for name in ("EXTEND_DEFAULT", "EXTEND_LEGACY"):
            made = extend_emulator.connection(version)
            made["extra"] |= {f"{kind}_per_second": 1000 for kind in ("get", "write", "run")}
            monkeypatch.setenv(f"AIRFLOW_CONN_{name}", json.dumps(made))
        monkeypatch.setenv("AIRFLOW__EXTEND__ALLOWED_HOSTS", "127.0.0.1")
        return Local(extend_emulator, version, folder / "documents")

    return speak


@pytest.fixture
def run_dag(database: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, str]]:
    """States by task id."""
    really = time.sleep
    # `dag.test()` sleeps a second whenever no task can be run yet.
    monkeypatch.setattr(time, "sleep", lambda seconds: really(min(seconds, 0.02)))

    def run(dag_id: str, conf: dict[str, Any], deferrable: bool = False) -> dict[str, str]:
        from airflow.utils.session import create_session

        from tests.airflow_names import DagBag

        dag = DagBag(str(folder / f"{dag_id}.py")).dags[dag_id]
        if dag.has_task("wait"):
            dag.get_task("wait").deferrable = deferrable
            dag.get_task("wait").poke_interval = 0.1
        done = dag.test(run_conf=conf)
        with create_session() as session:
            return {ti.task_id: str(ti.state) for ti in done.get_task_instances(session=session)}

    return run


def tables(database: Path) -> dict[str, str]:
    """Everything in the metadata database, as text, by table."""
    with sqlite3.connect(database) as connection:
        names = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        found = {}
        for name in names:
            rows = connection.execute(f'select * from "{name}"').fetchall()
            cells = (cell for row in rows for cell in row if cell is not None)
            texts = (
                cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell) for cell in cells
            )
            found[name] = "\n".join(texts)
    connection.close()
    return found


Leaks = Callable[[], list[str]]


@pytest.fixture
def leaks(database: Path, extend_emulator: ExtendEmulator, capfd: Any, caplog: Any) -> Leaks:
    """Where something was found that does not belong there: `<place>: <what>`."""

    def look(text: str, place: str) -> list[str]:
        # As JSON has it too, and as Python's repr does.
        wanted = [extend_emulator.token, SIGNATURE, "Amz-Signature", *CONTENT]
        found = [word for word in wanted if word in text]
        # "Bearer ***" is what is left of a header that was quoted.
        found += re.findall(r"Bearer (?!\*\*\*)\S+", text)
        return [f"{place}: {word}" for word in found]

    def search() -> list[str]:
        logged = "".join(capfd.readouterr()) + caplog.text
        assert "airflow" in logged, "the log was captured"
        found = look(logged, "log")
        stored = tables(database)
        assert stored["dag_run"], "the database is the one that was written to"
        for name, content in stored.items():
            found += look(content, f"table {name}")
        logs = Path(database).parent / "logs"
        for path in logs.rglob("*") if logs.exists() else ():
            if path.is_file():
                found += look(path.read_text(errors="replace"), f"file {path.name}")
        return found

    return search


def test_the_search_finds_what_is_there(leaks, database, run_dag, extend, monkeypatch) -> None:
    """Else the tests below would prove nothing: here the key is in a parameter, which Airflow stores and logs."""
    local = extend(V24)
    run_dag("extend_gate_by_run_id", {"batch_processor_run_id": f"{local.emulator.token}-1"})
    found = leaks()
    with sqlite3.connect(database) as connection:
        for (name,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
            if f"table {name}: {local.emulator.token}" in found:
                connection.execute(f'delete from "{name}"')
        connection.execute("delete from dag_run")
    connection.close()
    assert f"log: {local.emulator.token}" in found
    assert f"table dag_run: {local.emulator.token}" in found
    assert f"table xcom: {local.emulator.token}" in found


@pytest.mark.parametrize("deferrable", [False, True], ids=["poke", "deferrable"])
def test_a_run_that_goes_well_leaks_nothing(leaks, run_dag, extend, deferrable) -> None:
    local = extend(V26)
    local.quote_the_key()
    local.emulator.control("POST", "/settings", {"run_seconds": 0.2 if deferrable else 0})
    conf = {"extractor_id": local.processor, "documents_dir": str(local.documents)}
    states = run_dag("extend_evaluation_gate", conf, deferrable)
    assert set(states.values()) == {"success"}
    assert leaks() == []


FAULTS: dict[str, dict[str, Any]] = {
    "401": {"status": 401},
    "500": {"status": 500},
    "a page of HTML": {"status": 502, "body": "html"},
    "a page of HTML that says 200": {"status": 200, "body": "html"},
    "a redirect to a signed link": {"body": f"redirect:{SIGNED}"},
    "half a body": {"status": 500, "body": "malformed"},
    "a body that breaks off": {"status": 500, "body": "truncated"},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wait_that_fails_leaks_nothing(leaks, run_dag, extend, fault) -> None:
    local = extend(V24)
    run = local.run()
    local.quote_the_key()
    local.fault(path="/batch_processor_runs", **FAULTS[fault])
    states = run_dag("extend_gate_by_run_id", {"batch_processor_run_id": run})
    assert states["wait"] == "failed"
    assert leaks() == []


@pytest.mark.parametrize("fault", ["401", "a redirect to a signed link"])
def test_a_publish_that_fails_leaks_nothing(leaks, run_dag, extend, fault) -> None:
    local = extend(V24)
    run = local.run()
    local.quote_the_key()
    local.fault(method="POST", path="/publish", **FAULTS[fault])
    states = run_dag("extend_gate_by_run_id", {"batch_processor_run_id": run})
    assert (states["gate"], states["publish"]) == ("success", "failed")
    assert leaks() == []


@pytest.mark.parametrize("path", ["/files/upload", "/items", "/evaluation_set_runs"])
def test_a_task_of_the_pipeline_that_fails_leaks_nothing(leaks, run_dag, extend, path) -> None:
    local = extend(V26)
    local.quote_the_key()
    for fault in (400, 500):
        local.fault(method="POST", path=path, status=fault)
        conf = {"extractor_id": local.processor, "documents_dir": str(local.documents)}
        assert "failed" in run_dag("extend_evaluation_gate", conf).values()
        local.emulator.control("DELETE", "/faults")
    assert leaks() == []


def test_a_trigger_that_meets_a_quoting_server_leaks_nothing(leaks, run_dag, extend) -> None:
    local = extend(V24)
    run = local.run()
    local.emulator.control("PATCH", f"/runs/{run}", {"status": "PROCESSING"})
    local.quote_the_key()
    answered = local.emulator._server.state.take_fault

    def fail_all_but_the_first(method: str, path: str) -> dict[str, Any]:
        seen = [row for row in local.emulator.control("GET", "/requests") if row["path"] == path]
        return {"status": 401} if "batch_processor_runs" in path and len(seen) > 1 else answered(method, path)

    local.emulator._server.state.take_fault = fail_all_but_the_first
    try:
        states = run_dag("extend_gate_by_run_id", {"batch_processor_run_id": run}, deferrable=True)
    finally:
        del local.emulator._server.state.take_fault
    assert states["wait"] == "failed"
    assert leaks() == []


def test_a_connection_that_cannot_be_used_leaks_nothing(leaks, run_dag, extend, monkeypatch) -> None:
    local = extend(V24)
    broken: list[dict[str, Any]] = [
        {"host": "https://api.example.com"},
        {"password": f"{local.emulator.token}\nand more"},
        {"host": f"http://{local.emulator.token}@127.0.0.1"},
        {"extra": {"api_version": "2020-01-01"}},
        {"extra": {"api_version": V24, "proxy": f"http://user:{local.emulator.token}@127.0.0.1:9"}},
    ]
    for changes in broken:
        connection = {**local.emulator.connection(V24), **changes}
        monkeypatch.setenv("AIRFLOW_CONN_EXTEND_LEGACY", json.dumps(connection))
        states = run_dag("extend_gate_by_run_id", {"batch_processor_run_id": "bpr_1"})
        assert states["wait"] == "failed"
    assert leaks() == []


def test_expected_outputs_in_a_dag_file_are_in_no_rendered_field_and_no_log(
    leaks, run_dag, extend, folder, capfd, database
) -> None:
    local = extend(V24)
    set_id, file_id = local.evaluation_set()
    (folder / "items.py").write_text(ITEMS_DAG % (file_id, set_id))
    local.emulator.connection(V26)
    states = run_dag("items", {})
    assert states == {"plain": "success", "mapped": "success", "failing": "failed", "refused": "failed"}
    found = leaks()
    with sqlite3.connect(database) as connection:
        rows = connection.execute("select rendered_fields from rendered_task_instance_fields").fetchall()
        # The DAG itself holds them, where its author wrote them; Airflow stores DAGs.
        connection.execute("delete from serialized_dag where dag_id = 'items'")
        connection.execute("delete from dag_code where source_code like '%Zyxomma%'")
    connection.close()
    assert set_id in str(rows), "they are the fields of these tasks"
    assert [
        place for place in found if not place.startswith(("table serialized_dag", "table dag_code"))
    ] == []


def test_administration_leaks_neither_the_secret_of_a_webhook_nor_what_it_is_handed(
    leaks, run_dag, extend, folder, database, monkeypatch, capfd
) -> None:
    extend(V26)
    (folder / "admin.py").write_text(ADMIN_DAG)
    secrets: list[str] = []
    monkeypatch.setattr("airflow_provider_extend.operators.webhook.mask_secret", secrets.append)
    states = run_dag("admin", {})
    done = dict.fromkeys(("webhook", "file", "paid", "read"), "success")
    assert states == {**done, "item": "failed", "correct": "failed"}
    [secret] = secrets
    assert secret.startswith("wss_")
    with sqlite3.connect(database) as connection:
        kept = connection.execute("select val, is_encrypted from variable").fetchall()
        connection.execute("delete from variable")
        # The DAG itself holds what its author wrote there; Airflow stores DAGs.
        connection.execute("delete from serialized_dag where dag_id = 'admin'")
        connection.execute("delete from dag_code where source_code like '%Zyxomma%'")
    connection.close()
    assert len(kept) == 1
    logged = "".join(capfd.readouterr())
    assert secret not in logged
    assert [
        name for name, text in tables(database).items() if secret in text or "of-the-receiver" in text
    ] == []
    print("airflow")  # the search wants to see that the log was captured, and it was read here
    assert not any(word in logged for word in (*CONTENT, "Amz-Signature", "of-the-receiver"))
    assert leaks() == []


OLD_ERROR = {"success": False, "error": f"cannot read {SIGNED}"}
NEW_ERROR = {"code": "INVALID_REQUEST", "message": f"cannot read {SIGNED}", "retryable": False}
WRAPPED_ERROR = {"error": {"code": "INVALID_REQUEST", "message": f"see {SIGNED}, or {SIGNED}."}}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, OLD_ERROR),
        *((status, body) for status in (400, 422, 500) for body in (OLD_ERROR, NEW_ERROR, WRAPPED_ERROR)),
    ],
)
def test_a_signed_link_in_an_error_of_extend_is_cut_short(
    requests_mock, monkeypatch, caplog, status, body
) -> None:
    from airflow_provider_extend.hooks.extend import ExtendHook

    connection = {"conn_type": "extend", "password": "sk_of_the_tests"}
    monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", json.dumps(connection))
    requests_mock.post("https://api.extend.ai/evaluation_sets", json=body, status_code=status)
    with pytest.raises(AirflowException, match="/evaluation_sets") as caught:
        ExtendHook().get_conn().evaluation_sets.create(name="n", entity_id="ex_1")
    plain = caught.value.error
    shown = "".join([str(caught.value), repr(caught.value), repr(plain), str(vars(plain))])
    assert SIGNATURE not in shown + caplog.text


def test_secrets_are_in_no_repr(monkeypatch) -> None:
    from airflow_provider_extend.hooks.extend import ExtendHook

    connection = {
        "conn_type": "extend",
        "password": "sk_of_the_tests",
        "extra": {"proxy": "http://user:pa55word@proxy.example.com:3128"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", json.dumps(connection))
    client = ExtendHook().get_conn()
    shown = repr(
        [
            client,
            client.settings,
            client.files,
            vars(client.settings) if hasattr(client.settings, "__dict__") else "",
        ]
    )
    assert "sk_of_the_tests" not in shown
    assert "pa55word" not in shown
