"""From a task to its run in Extend's dashboard, by the link that Airflow shows beside the task."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.servers import KEY, AirflowServer, LocalExtend, ask

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DAG = """
from airflow.sdk import DAG

from airflow_provider_extend.operators.extract import ExtendExtractOperator

with DAG(dag_id="invoices", schedule=None, catchup=False):
    for number in (1, 2):
        ExtendExtractOperator(
            task_id=f"extract_{number}",
            extractor_id="{{ dag_run.conf['extractor'] }}",
            text=f"Invoice No: INV-{number}",
            extend_conn_id="linked",
        )
"""


def test_the_extra_link_leads_to_the_run_of_its_task(
    page: Any, airflow: AirflowServer, local_extend: LocalExtend, picture: Any
) -> None:
    # Here: the oldest Airflow's environment, which only collects this test, has no selenium.
    from selenium.webdriver.common.by import By

    from tests.browser.connections_page import wait_for

    headers = {"Authorization": f"Bearer {KEY}", "x-extend-api-version": "2026-02-09"}
    field = {"type": ["string", "null"], "description": 'The "Invoice No"'}
    config = {"schema": {"type": "object", "properties": {"invoice_number": field}}}
    status, extractor = ask(
        "POST", f"{local_extend.url}/extractors", {"name": "Invoices", "config": config}, headers
    )
    assert status == 200, extractor
    known = {"password": KEY, "host": "http://127.0.0.1", "port": local_extend.port}
    airflow.add_connection("linked", {"api_version": "2026-02-09"}, **known)
    dags = airflow.home / "dags"
    dags.mkdir(exist_ok=True)
    (dags / "invoices.py").write_text(DAG)
    airflow.run("-m", "airflow", "dags", "reserialize")
    conf = f'{{"extractor": "{extractor["id"]}"}}'
    airflow.run("-m", "airflow", "dags", "test", "invoices", "--conf", conf)

    [dag_run] = airflow.api("GET", "/dags/invoices/dagRuns")[1]["dag_runs"]
    task = f"/dags/invoices/dagRuns/{dag_run['dag_run_id']}/taskInstances/extract_2"
    run = airflow.api("GET", f"{task}/xcomEntries/run_id")[1]["value"]
    [shown] = [row for row in local_extend.control("GET", "/runs?kind=extract_run") if row["id"] == run]
    assert shown["metadata"]["airflow_task"]["task_id"] == "extract_2"

    driver = page.driver
    driver.get(f"{airflow.url}/dags/invoices/runs/{dag_run['dag_run_id']}/tasks/extract_2/details")
    link = wait_for(
        "the link",
        lambda: next((a for a in driver.find_elements(By.TAG_NAME, "a") if a.text == "Extend run"), None),
    )
    driver.set_window_size(1280, 800)
    picture("extra-link.png", driver)
    before = set(driver.window_handles)
    link.click()
    opened = wait_for("the dashboard", lambda: set(driver.window_handles) - before)
    driver.switch_to.window(opened.pop())
    try:
        wait_for("the run", lambda: run in driver.find_element(By.TAG_NAME, "body").text)
        assert driver.current_url == f"{local_extend.url}/_control/dashboard/{run}"
    finally:
        driver.close()
        driver.switch_to.window(before.pop())
