"""Why no answer came, and whether Extend can have been reached: what requests and urllib3 raise, sorted."""

from __future__ import annotations

import requests
import urllib3.exceptions

from airflow_provider_extend.api.answers import doubt
from airflow_provider_extend.api.calls import Call
from airflow_provider_extend.api.errors import ExtendConnectionError


def connection_error(call: Call, error: Exception) -> ExtendConnectionError:
    """What the HTTP library raised for want of an answer, as this package's error.

    In words of our own: the library's messages may hold the address of a proxy with its password. The error's
    context has the `kind`: `certificate`, `tls`, `proxy`, `timeout`, `name` or `connection`.
    """
    sent = not _never_sent(error)
    if _caused_by(error, "SSLCertVerificationError"):
        kind, what = (
            "certificate",
            "the server's certificate could not be verified (see 'Verify TLS' in the Extend connection)",
        )
        sent = False
    elif isinstance(error, requests.exceptions.SSLError):
        kind, what = "tls", "TLS could not be spoken with this address (does it speak https?)"
    elif isinstance(error, requests.exceptions.ProxyError):
        kind = "proxy"
        what = "the proxy cannot be reached or refused (see the connection's proxy, HTTPS_PROXY and NO_PROXY)"
    elif isinstance(error, requests.exceptions.Timeout):
        kind, what = "timeout", "no answer in time" if sent else "no connection in time"
    else:
        kind = "name" if _caused_by(error, "gaierror") else "connection"
        what = "the connection broke" if sent else "no connection could be made"
    message = f"{call}: {what} ({type(error).__name__}){doubt(call) if sent else '. Extend was not reached'}."
    return ExtendConnectionError(message, sent=sent, kind=kind)


def _never_sent(error: Exception) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout) or not isinstance(
        error, requests.RequestException
    ):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, urllib3.exceptions.ProxyError):
        # Extend is reached through the proxy only once a tunnel stands.
        return isinstance(reason.original_error, OSError | urllib3.exceptions.NewConnectionError)
    return isinstance(
        reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError
    ) or isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema)


def _caused_by(error: BaseException | None, name: str) -> bool:
    seen: set[int] = set()
    while isinstance(error, BaseException) and id(error) not in seen:
        seen.add(id(error))
        if type(error).__name__ == name or name in str(error.args[:1]):
            return True
        error = error.__cause__ or error.__context__
    return False
