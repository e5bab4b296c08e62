"""A result that Extend answers as a link, good for a quarter of an hour: fetched at once, without the key."""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.errors import (
    ExtendAnswerError,
    ExtendConnectionError,
    ExtendHostNotAllowed,
    ExtendResultTooLarge,
)
from airflow_provider_extend.api.runs import PARSE_RUN, Run, read_run, reads
from airflow_provider_extend.api.versions import is_allowed_by_admin, split_url

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient

#: Bytes of a result at most: it is held in memory while it is read.
LIMIT = 256 * 1024 * 1024
_CHUNK = 256 * 1024
_TIMEOUT = (10.0, 60.0)
#: Answers of a store to a link that is no longer good.
_EXPIRED = frozenset({400, 401, 403, 404, 410})
_ATTEMPTS = 3


def whole(client: ExtendClient, run: Run, limit: int = LIMIT) -> Run:
    """`run`, with what it has read where Extend has answered a link in its place (`outputUrl` of a parse run).

    A link that is no longer good is asked for anew, once.

    :raises ExtendHostNotAllowed: it leads to a place inside this network.
    :raises ExtendResultTooLarge: more than `limit` bytes.
    :raises ExtendAnswerError: what it leads to is no result. :raises ExtendConnectionError: no answer came.
    """
    if run.kind != PARSE_RUN or run.output is not None or not isinstance(run.raw.get("outputUrl"), str):
        return run
    with client.translated():
        status, output = _fetched(client, run.raw["outputUrl"], limit)
    if status in _EXPIRED:
        run = read_run(run.kind, run.api_version, client.call(reads(run.kind, run.api_version)[0], run.id))
        url = run.raw.get("outputUrl")
        if run.output is not None or not isinstance(url, str):
            return run
        with client.translated():
            status, output = _fetched(client, url, limit)
    if status != 200:
        with client.translated():
            raise ExtendAnswerError(
                f"The link to the result of {run.kind} {run.id} answers {status}: a retry asks for another.",
                status=status,
            )
    return replace(run, raw={**run.raw, "output": output, "outputUrl": None})


def check_link(url: str, allowed_hosts: Iterable[str] = ()) -> None:
    """Refuse what is no https address of a host that everybody can reach; an answer must not lead into this network.

    :param allowed_hosts: entries of `[extend] allowed_hosts`, which may name others.
    :raises ExtendHostNotAllowed: naming the host.
    """
    parts = split_url(url)
    host = (parts.hostname or "") if parts else ""
    if is_allowed_by_admin(url, allowed_hosts):
        return
    if parts is None or parts.scheme != "https" or not host or _is_inside(host, parts.port or 443):
        raise ExtendHostNotAllowed(
            f"The link to a result leads to {host or 'no host'!r}, which is no https address that everybody can reach: "
            "not followed. If it is right, an administrator adds it to `[extend] allowed_hosts` in Airflow's "
            "configuration."
        )


def _is_inside(host: str, port: int) -> bool:
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError:
        return False  # a proxy may know it
    return not all(ipaddress.ip_address(address.partition("%")[0]).is_global for address in found)


def _fetched(client: ExtendClient, url: str, limit: int) -> tuple[int, Any]:
    """HTTP status, and with 200 the JSON."""
    import requests

    check_link(url, client.settings.allowed_hosts)
    proxies = dict.fromkeys(("http", "https"), client.settings.proxy) if client.settings.proxy else None
    error: Exception | None = None
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(2.0**attempt)
        try:
            # No session of the client's: the key is not for this host.
            with (
                _unlogged(),
                requests.get(
                    url, stream=True, timeout=_TIMEOUT, allow_redirects=False, proxies=proxies
                ) as answer,
            ):
                if answer.status_code >= 500:
                    continue
                if answer.status_code != 200:
                    return answer.status_code, None
                return 200, _json(answer, limit)
        except requests.RequestException as raised:
            error = raised
    raise ExtendConnectionError(
        f"The link to a result does not answer ({type(error).__name__ if error else '5xx'}); a retry asks for another.",
        sent=True,
    )


_fetching = threading.local()


def _without_query(record: logging.LogRecord) -> bool:
    if getattr(_fetching, "now", False) and isinstance(record.args, tuple):
        cut = (arg.partition("?")[0] if isinstance(arg, str) else arg for arg in record.args)
        record.args = tuple(cut)
    return True


@contextmanager
def _unlogged() -> Iterator[None]:
    """Whoever has a signed link can read the document: what this thread's connections log of one has no query."""
    logging.getLogger("urllib3.connectionpool").addFilter(_without_query)
    _fetching.now = True
    try:
        yield
    finally:
        _fetching.now = False


def _json(answer: Any, limit: int) -> Any:
    data = bytearray()
    for chunk in answer.iter_content(_CHUNK):
        data += chunk
        if len(data) > limit:
            raise ExtendResultTooLarge(
                f"The result has more than {limit // 1024 // 1024} MB: it was not read."
            )
    try:
        return json.loads(data)
    except ValueError:
        raise ExtendAnswerError("The link to a result leads to what is no JSON.", status=200) from None
