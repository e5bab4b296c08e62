"""Airflow reads its environment when it is first imported: point it at a directory that is thrown away."""

import atexit
import os
import shutil
import tempfile

for name in list(os.environ):
    if name == "AIRFLOW_HOME" or name.startswith(("AIRFLOW__", "AIRFLOW_CONN_", "AIRFLOW_VAR_")):
        del os.environ[name]

_home = tempfile.mkdtemp(prefix="extend-tests-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ.update(
    AIRFLOW_HOME=_home,
    AIRFLOW__CORE__UNIT_TEST_MODE="True",
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    # No supervisor reaps the tasks of these tests: nothing has to wait for it.
    AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL="0",
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{_home}/airflow.db",
    NO_PROXY="127.0.0.1,localhost",
    no_proxy="127.0.0.1,localhost",
)

pytest_plugins = ["airflow_provider_extend.emulator.pytest_plugin"]
