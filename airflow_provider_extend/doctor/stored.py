"""Where Airflow finds a connection, and what it holds.

Not `BaseHook.get_connection`: outside of a task it never asks the metadata database on Airflow 3.3, it does not say
where a connection came from, and a source that cannot be read looks to it like one that holds nothing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from airflow_provider_extend.doctor.report import Skipped

ENVIRONMENT, DATABASE = "EnvironmentVariablesBackend", "MetastoreBackend"
_SECONDS = 10.0
_THREAD = "extend-doctor"
_DENIED = "AirflowSecretsBackendAccessDenied"

T = TypeVar("T")


@dataclass(frozen=True)
class Stored:
    """A connection as it is stored, whatever its fields are worth.

    :param kind: class of the secrets backend that holds it.
    :param source: the same in words.
    """

    kind: str
    source: str
    conn_type: str
    host: str | None
    port: int | None
    password: str | None = field(repr=False)
    extra: str | None = field(repr=False)

    @property
    def readable(self) -> bool:
        """Whether the extra is a JSON object."""
        return isinstance(self._parsed(), Mapping)

    def extras(self) -> Mapping[str, Any]:
        """The extra's fields; none where it is no JSON object."""
        extra = self._parsed()
        return extra if isinstance(extra, Mapping) else {}

    def _parsed(self) -> Any:
        try:
            return json.loads(self.extra or "{}")
        except ValueError:
            return None


@dataclass
class Lookup:
    """What came of the search.

    :ivar asked: the places, in Airflow's order.
    :ivar troubles: those that could not be read, with the fix.
    :ivar shadowed: the database holds a connection of this id too, which nobody reads.
    :ivar database_trouble: why the metadata database cannot be read here.
    """

    conn_id: str
    stored: Stored | None = None
    asked: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    shadowed: bool = False
    database_trouble: str | None = None

    def found(self) -> Stored:
        if self.stored is None:
            raise Skipped(f"there is no connection {self.conn_id!r} to look at")
        if not self.stored.readable:
            raise Skipped("the extra of the connection cannot be read")
        return self.stored

    def secrets(self) -> Iterator[str | None]:
        """Everything in the connection that may be one."""
        if self.stored is None:
            return
        yield self.stored.password
        proxy = self.stored.extras().get("proxy")
        for url in (proxy, self.stored.host):
            if isinstance(url, str) and "@" in url:
                yield url
                yield from url.rpartition("@")[0].rpartition("//")[2].split(":", 1)


def look_up(conn_id: str) -> Lookup:
    """Ask the sources that Airflow's servers ask, in their order."""
    lookup = Lookup(conn_id)
    try:
        from airflow.configuration import ensure_secrets_loaded

        backends = within(_SECONDS, ensure_secrets_loaded)
    except Exception as error:
        lookup.troubles.append(
            f"the secrets backend cannot be loaded ({type(error).__name__}): check `[secrets] backend` and "
            "`backend_kwargs` in Airflow's configuration"
        )
        return lookup
    for backend in backends:
        kind = type(backend).__name__
        if (lookup.stored is None or kind == DATABASE) and not _ask(backend, kind, lookup):
            break
    return lookup


def _ask(backend: Any, kind: str, lookup: Lookup) -> bool:
    """Ask one source; False: Airflow asks no further one."""
    variable = f"AIRFLOW_CONN_{lookup.conn_id.upper()}"
    known = {ENVIRONMENT: f"the environment variable {variable}", DATABASE: "the metadata database"}
    source = known.get(kind, f"the secrets backend {kind}")
    lookup.asked.append(variable if kind == ENVIRONMENT else source)
    ask = in_database if kind == DATABASE else partial(within, _SECONDS)
    try:
        stored = ask(lambda: _read(backend, kind, source, lookup.conn_id))
    except Exception as error:
        trouble = _trouble(kind, source, error)
        if kind == DATABASE and not _other_key(error):
            lookup.database_trouble = trouble
        if lookup.stored is None:
            lookup.troubles.append(trouble)
        return type(error).__name__ != _DENIED
    if lookup.stored is not None:
        lookup.shadowed = stored is not None
    else:
        lookup.stored = stored
    return True


def _trouble(kind: str, source: str, error: Exception) -> str:
    """Why a source could not be read, and the fix. The error's own text may hold what is stored there."""
    name = type(error).__name__
    if isinstance(error, NoDatabase):
        return str(error)
    if kind == ENVIRONMENT:
        return f"{source} is no connection ({name}), neither as JSON nor as URI: correct or remove it"
    if _other_key(error):
        return (
            f"{source} holds it encrypted with another key ({name}): give this machine the `[core] fernet_key` that it "
            "was stored with, or store the connection again"
        )
    if kind == DATABASE:
        return (
            f"{source} cannot be read here ({name}): run this where `[database] sql_alchemy_conn` leads to it, after "
            "`airflow db migrate` if it is new"
        )
    return f"{source} cannot be read ({name}): check `[secrets] backend_kwargs` and whether it can be reached"


def _other_key(error: Exception) -> bool:
    return type(error).__name__ == "InvalidToken" or "decrypt" in str(error)


def _read(backend: Any, kind: str, source: str, conn_id: str) -> Stored | None:
    connection = backend.get_connection(conn_id)
    if connection is None:
        return None
    # Password and extra are decrypted as they are read.
    return Stored(
        kind,
        source,
        connection.conn_type or "",
        connection.host,
        connection.port,
        connection.password,
        connection.extra,
    )


class NoDatabase(Exception):
    """The metadata database is a file that does not exist."""


def in_database(read: Callable[[], T]) -> T:
    """What `read` finds in the metadata database.

    :raises NoDatabase: asking SQLite would make an empty file, and a diagnosis leaves nothing behind.
    """
    from airflow.configuration import conf
    from sqlalchemy.engine import make_url

    url = make_url(conf.get("database", "sql_alchemy_conn"))
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        raise NoDatabase(
            f"there is no metadata database at {url.database}: set AIRFLOW_HOME to that of your Airflow, or run "
            "`airflow db migrate`"
        )
    return within(_SECONDS, read)


def left_behind() -> bool:
    """Whether something still runs that was not waited for."""
    return any(thread.name == _THREAD for thread in threading.enumerate())


def within(seconds: float, function: Callable[[], T]) -> T:
    """What `function` returns or raises, if it does so in time; else it is left behind.

    :raises TimeoutError: after `seconds`.
    """
    outcome: list[tuple[T | None, BaseException | None]] = []

    def run() -> None:
        try:
            outcome.append((function(), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run, name=_THREAD, daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise TimeoutError(f"no answer within {seconds:g} s")
    value, error = outcome[0]
    if error is not None:
        raise error
    return value  # type: ignore[return-value]  # it is T where nothing was raised
