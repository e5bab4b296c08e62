"""ExtendHook: an Airflow connection as a client of Extend's API."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from airflow_provider_extend import __version__
from airflow_provider_extend._compat import BaseHook, conf, mask_secret
from airflow_provider_extend.api.endpoints import GET, RUN, WRITE
from airflow_provider_extend.api.errors import (
    ExtendAnswerError,
    ExtendAPIError,
    ExtendConnectionError,
    ExtendError,
    ExtendForbidden,
    ExtendInputError,
    ExtendNotFound,
    ExtendRateLimited,
    ExtendServerError,
    ExtendUnauthorized,
    ExtendUsageBlocked,
)
from airflow_provider_extend.api.versions import DEFAULT_API_VERSION, base_url, check_api_version
from airflow_provider_extend.exceptions import as_airflow

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from airflow_provider_extend.client import ClientSettings, ExtendClient, Translator

#: Extra of the connection -> rate-limit class.
_RATE_FIELDS = {"get_per_second": GET, "write_per_second": WRITE, "run_per_second": RUN}
_TEST_SECONDS = 5.0
# The Test button's answer begins with what to do, in the form's own names: Airflow takes it away after five seconds.
_ADVICE: Mapping[type[ExtendError], str] = {
    ExtendUnauthorized: "Extend does not take this key: check 'API key', 'Region' and 'API version'. ",
    ExtendUsageBlocked: "The connection is right, but the account cannot be used: settle its credits with Extend. ",
    ExtendForbidden: "The key is known but may not list files: check its scope in Extend, and 'Workspace id'. ",
    ExtendNotFound: "Extend's API is not at {url}: check 'Base URL' and 'API version'. ",
    ExtendRateLimited: "The account's rate limit is used up at this moment: test again in a minute. ",
    ExtendServerError: "{url} failed by itself: test again in a minute; if it stays, check 'Base URL' and 'Proxy'. ",
    ExtendAnswerError: "What answers at {url} is not Extend's API: check 'Base URL' and 'Proxy'. ",
    ExtendConnectionError: (
        "{url} does not answer this machine (in the UI: the API server): check 'Base URL', 'Port', 'Proxy'. "
    ),
}
_MOST = 1e6
_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})


class ExtendHook(BaseHook):
    """Connection and authentication for Extend.

    Fields of the connection (type `extend`): password = API key; host = base URL, else the extra `region`
    (`us`, `us2`, `eu`); extras `api_version`, `workspace_id`, `timeout`, `verify`, `proxy`,
    `get_per_second`, `write_per_second`, `run_per_second`. A connection made in the UI, from an environment
    variable or on the command line reads the same: what is left out has the same defaults.

    Errors of everything called through the hook are Airflow's, with the plain error as `.error`
    (see `airflow_provider_extend.exceptions`).

    :param extend_conn_id: id of the connection. It is read at the first call, not here.
    """

    conn_name_attr = "extend_conn_id"
    default_conn_name = "extend_default"
    conn_type = "extend"
    hook_name = "Extend"

    def __init__(self, extend_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.extend_conn_id = extend_conn_id
        self._client: ExtendClient | None = None

    def get_conn(self) -> ExtendClient:
        """The client of this connection, made once.

        :raises ExtendFailException: the connection is incomplete or its host is not allowed.
        """
        if self._client is None:
            self._client = self._make_client(as_airflow)
        return self._client

    def plain_client(self) -> ExtendClient:
        """A client that raises the plain errors, for code that decides by them (a trigger)."""
        return self._make_client(None)

    def call(self, name: str, *path_args: str, **kwargs: Any) -> Any:
        """Send one request of the endpoint table: `ExtendClient.call` of this connection."""
        return self.get_conn().call(name, *path_args, **kwargs)

    def test_connection(self) -> tuple[bool, str]:
        """Ask Extend for one file row, within five seconds, and say in plain words what came of it.

        There is no call that only identifies the key; GET /files exists in every version (README section 2).
        """
        try:
            # Whoever presses a button is not kept waiting for the connection's own rate.
            client = self._make_client(None, sleep=lambda _: None)
        except ExtendError as error:
            return False, error.message
        except Exception as error:
            return False, f"The connection cannot be read: {type(error).__name__}: {error}"
        answer: list[tuple[bool, str]] = []
        thread = threading.Thread(target=lambda: answer.append(_try(client)), daemon=True)
        thread.start()
        thread.join(_TEST_SECONDS)
        if answer:
            return answer[0]
        advice = _ADVICE[ExtendConnectionError].format(url=client.settings.base_url)
        return False, f"{advice}It did not answer in five seconds."

    def _make_client(
        self, translate: Translator | None, sleep: Callable[[float], None] = time.sleep
    ) -> ExtendClient:
        # Here and not above: a DAG file imports this module each time it is parsed.
        from airflow_provider_extend.client import ExtendClient

        try:
            settings = client_settings(self.get_connection(self.extend_conn_id))
            return ExtendClient(settings, translate=translate, sleep=sleep)
        except ExtendError as error:
            if translate is None:
                raise
            raise translate(error) from None


def client_settings(connection: Connection) -> ClientSettings:
    """What `connection` says, checked. Its secrets are masked in Airflow's logs from here on.

    :raises ExtendInputError: naming the field, its value and what was expected.
    """
    from airflow_provider_extend.client import DEFAULT_TIMEOUT, ClientSettings

    extra = _extra(connection)
    key = (connection.password or "").strip()
    proxy = _text(extra, "proxy")
    for secret in filter(None, (key, proxy)):
        mask_secret(secret)
    version = check_api_version(_text(extra, "api_version") or DEFAULT_API_VERSION)
    host = (connection.host or "").strip()
    if host and connection.port and connection.port != 443:
        address, slash, path = host.partition("://")[2 if "://" in host else 0].partition("/")
        scheme = host.partition("://")[0] if "://" in host else "https"
        if not address.endswith(f":{connection.port}"):
            address = f"{address}:{connection.port}"
        host = f"{scheme}://{address}{slash}{path}"
    return ClientSettings(
        base_url=base_url(version, host=host or None, region=_text(extra, "region")),
        api_key=key,
        api_version=version,
        workspace_id=_text(extra, "workspace_id"),
        timeout=_positive(extra, "timeout", DEFAULT_TIMEOUT),
        verify=_boolean(extra, "verify", True),
        proxy=proxy,
        rates={
            rate_class: _positive(extra, name, 10.0)
            for name, rate_class in _RATE_FIELDS.items()
            if extra.get(name) not in (None, "")
        },
        allowed_hosts=tuple(
            filter(
                None, (part.strip() for part in conf.get("extend", "allowed_hosts", fallback="").split(","))
            )
        ),
        user_agent=_user_agent(),
    )


def _try(client: ExtendClient) -> tuple[bool, str]:
    """One cheap authenticated GET, in words."""
    settings = client.settings
    started = time.monotonic()
    try:
        client.call("files.list", query={"maxPageSize": 1}, attempts=1, timeout=_TEST_SECONDS * 0.8)
    except ExtendError as error:
        offence = refused(error)
        if offence == "workspace":
            shown = repr(settings.workspace_id) if settings.workspace_id else "empty"
            return False, (
                "The key is known but the workspace is not settled: an organisation key needs the id of one of "
                f"its workspaces (ws_...) in 'Workspace id'; now it is {shown}. "
                f"Extend says: {error.message}"
            )
        if offence == "version":
            return False, (
                f"The account does not take API version {settings.api_version}: choose another one in "
                f"'API version'. Extend says: {error.message}"
            )
        return False, _advice(error, settings.base_url) + error.message
    except Exception as error:
        return False, f"The test broke off: {type(error).__name__}."
    milliseconds = (time.monotonic() - started) * 1000
    return True, (
        f"Extend answered in {milliseconds:.0f} ms: {settings.base_url}, API version {settings.api_version}, "
        f"{f'workspace {settings.workspace_id}' if settings.workspace_id else 'workspace of the key'}."
    )


def _advice(error: ExtendError, url: str) -> str:
    if error.context.get("kind") == "certificate":
        return (
            f"The certificate of {url} is not trusted here: where a proxy opens TLS, or for a gateway of your own, "
            "have REQUESTS_CA_BUNDLE name a file with its certificate. "
        )
    return next((text.format(url=url) for cls, text in _ADVICE.items() if isinstance(error, cls)), "")


def refused(error: Exception | None) -> str | None:
    """What of the connection Extend refused, where its words tell: `workspace` or `version`."""
    if not isinstance(error, ExtendAPIError):
        return None
    text = error.context.get("said", "").lower()
    if error.status in (400, 403, 422) and "workspace" in text:
        return "workspace"
    if error.code == "ENDPOINT_REMOVED" or (error.status in (400, 422) and "version" in text):
        return "version"
    return None


@cache  # each look of a sensor makes a client, and the search for a package takes milliseconds
def _user_agent() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        airflow = version("apache-airflow")
    except PackageNotFoundError:
        airflow = "core"
    return f"airflow-provider-extend/{__version__} apache-airflow/{airflow}"


def _extra(connection: Connection) -> Mapping[str, Any]:
    # Not `extra_dejson`: it takes a broken extra for an empty one, and the wrong account would be asked.
    try:
        extra = json.loads(connection.extra) if connection.extra else {}
    except ValueError:
        extra = None
    if not isinstance(extra, Mapping):
        raise ExtendInputError("The extra of the Extend connection is no JSON object. Nothing was sent.")
    return extra


def _text(extra: Mapping[str, Any], name: str) -> str | None:
    value = extra.get(name)
    if value is not None and not isinstance(value, str):
        shown = f"a {type(value).__name__}" if name == "proxy" else repr(value)  # a proxy may hold a password
        raise ExtendInputError(
            f"{name} of the Extend connection is {shown}: expected text. Nothing was sent."
        )
    return (value or "").strip() or None


def _positive(extra: Mapping[str, Any], name: str, default: float) -> float:
    value = extra.get(name)
    if value is None or value == "":
        return default
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 < number <= _MOST:
        raise ExtendInputError(
            f"{name} of the Extend connection is {value!r}: expected a number above 0. Nothing was sent."
        )
    return number


def _boolean(extra: Mapping[str, Any], name: str, default: bool) -> bool:
    value = extra.get(name)
    if value is None or value == "":
        return default
    text = str(value).strip().lower()
    if text not in _TRUE | _FALSE:
        raise ExtendInputError(
            f"{name} of the Extend connection is {value!r}: expected true or false. Nothing was sent."
        )
    return text in _TRUE
