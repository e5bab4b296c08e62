"""A Postgres of one's own: a throw-away cluster on a free port, run by a user who is not root."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.machine import free_port
from tests.system.processes import reaper

USER = "airflow"


def binaries() -> Path | None:
    """The folder of `initdb` and `postgres`, the newest there is; Debian keeps it out of PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    return folders[-1].parent if folders else None


class Postgres:
    """Everything that is written to it is in `statements`, also what is deleted a moment later."""

    def __init__(self) -> None:
        bin_folder = binaries()
        assert bin_folder, "Postgres is not installed"
        self._bin = bin_folder
        self.folder = Path(tempfile.mkdtemp(prefix="extend-postgres-"))
        self.port = free_port()
        self.statements = self.folder / "statements.log"
        # The server refuses to run as root; Debian's package has made a user for it.
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        data = self.folder / "data"
        command = [self._bin / "initdb", "-D", data, "-U", USER, "--auth=trust", "--no-sync", "-E", "UTF8"]
        made = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, **self._as)
        assert made.returncode == 0, f"initdb: {made.stdout}{made.stderr}"
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "max_connections": 300,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "log_statement": "mod",
            "log_parameter_max_length": -1,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.statements.open("wb") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", data, *options],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **self._as,
            )
        reaper().watch(self._process.pid)
        self._run_when_ready("createdb", "airflow")

    def _run_when_ready(self, *command: str) -> None:
        for _ in range(300):
            done = subprocess.run([self._bin / command[0], *self._address, *command[1:]], capture_output=True)
            if done.returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError(f"Postgres did not start: {self.statements.read_text(errors='replace')[-2000:]}")

    @property
    def _address(self) -> list[str]:
        return ["-h", "127.0.0.1", "-p", str(self.port), "-U", USER]

    @property
    def url(self) -> str:
        return f"postgresql+psycopg2://{USER}@127.0.0.1:{self.port}/airflow"

    def query(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        import psycopg2

        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user=USER, dbname="airflow")
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall()
        finally:
            connection.close()

    def dump(self) -> str:
        """Everything that it holds now, as SQL."""
        command = [self._bin / "pg_dump", *self._address, "airflow"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def stop(self, keep: bool = False) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # its "fast" shutdown
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
