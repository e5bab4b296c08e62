"""What docs/operators.md shows of many runs, as a DAG: mapped tasks start them, one sensor waits for all."""

from __future__ import annotations

import re
import textwrap

import pytest

from tests.docs.pages import ROOT, blocks

#: Airflow's own API, which `dag.test()` runs in this process.
pytestmark = pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`")

HEAD = """\
from airflow.sdk import DAG

with DAG(DAG_ID, schedule=None, params={"extractor_id": ""}):
"""


# A file of its own each: a text of the same length, written within a second, would be taken for the one before it.
@pytest.mark.parametrize(
    ("dag_id", "run_seconds"),
    [("docs_many_runs_over", 0), ("docs_many_runs_deferred", 0.5)],
    ids=["over at once", "deferred"],
)
def test_mapped_tasks_start_runs_and_one_sensor_waits_for_all(
    run_dag, extend, dag_folder, dag_id, run_seconds
) -> None:
    local = extend("2026-02-09")
    local.emulator.control("POST", "/settings", {"run_seconds": run_seconds})
    extractor = local.processor(good=True)
    local.send("POST", f"/extractors/{extractor}/versions", json={"releaseType": "major"})
    files = [
        local.send("POST", "/files/upload", files={"file": (path.name, path.read_bytes())})["id"]
        for path in sorted(local.folder.glob("*.txt"))
    ]
    (shown,) = [
        block.code
        for block in blocks(ROOT / "docs" / "operators.md", "python")
        if "ExtendRunsSensor" in block.code
    ]
    code, replaced = re.subn(r"expand\(file_id=\[[^]]*\]", f"expand(file_id={files!r}", shown)
    assert replaced == 1
    (dag_folder / f"{dag_id}.py").write_text(
        HEAD.replace("DAG_ID", repr(dag_id)) + textwrap.indent(code, "    ")
    )
    done = run_dag(dag_id, {"extractor_id": extractor})
    assert (done.state, set(done.states.values())) == ("success", {"success"})
    manifest = done.xcoms["all_ended"]["return_value"]
    assert manifest == done.xcoms["all_ended"]["manifest"]
    assert (manifest["count"], manifest["statuses"]) == (len(files), {"PROCESSED": len(files)})
    assert len(local.emulator.control("GET", "/runs?kind=extract_run")) == len(files)
