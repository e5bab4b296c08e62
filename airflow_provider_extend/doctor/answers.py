"""One cheap request to Extend, and what its outcome says of the key, in words that hold the fix."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow_provider_extend.api.errors import (
    ExtendAnswerError,
    ExtendAPIError,
    ExtendConnectionError,
)
from airflow_provider_extend.api.versions import V2026
from airflow_provider_extend.doctor.report import Finding, Skipped
from airflow_provider_extend.doctor.stored import within

if TYPE_CHECKING:
    from airflow_provider_extend.client import ClientSettings

_SECONDS = 5.0
_AGAIN = "run this again, and if it stays so"


@dataclass(frozen=True)
class Answer:
    """:ivar error: None where Extend answered with a list of files."""

    settings: ClientSettings
    error: Exception | None
    milliseconds: int

    @property
    def status(self) -> int:
        return getattr(self.error, "status", 0)

    @property
    def offence(self) -> str | None:
        """What of the connection Extend refused, where it says so: `workspace` or `version`."""
        from airflow_provider_extend.hooks.extend import refused

        return refused(self.error)


def ask(settings: ClientSettings) -> Answer:
    """GET one file row, as the Test button does: Extend has no call that only identifies a key."""
    from airflow_provider_extend.client import ExtendClient

    client = ExtendClient(settings, sleep=lambda _: None)
    timeout = min(settings.timeout, _SECONDS * 0.8)
    error: Exception | None = None
    started = time.monotonic()
    try:
        within(
            _SECONDS,
            lambda: client.call("files.list", query={"maxPageSize": 1}, attempts=1, timeout=timeout),
        )
    except Exception as raised:
        error = raised
    return Answer(settings, error, round((time.monotonic() - started) * 1000))


def judge(answer: Answer) -> Finding:
    """What it says of the key."""
    error = answer.error
    details: dict[str, Any] = {"milliseconds": answer.milliseconds}
    if error is None:
        return Finding("ok", _accepted(answer), details)
    if answer.offence == "version":
        raise Skipped("Extend refused the API version first")
    if answer.status:
        details["http_status"] = answer.status
    if isinstance(error, ExtendAPIError):
        details |= {"code": error.code, "request_id": error.request_id}
    if isinstance(error, ExtendConnectionError):
        details["kind"] = error.context.get("kind")
    if answer.status == 429:
        return Finding("warn", _too_often(error), details)
    return Finding("fail", _refused(answer, error), details)


def _accepted(answer: Answer) -> str:
    settings = answer.settings
    if settings.workspace_id:
        scope = (
            f"for workspace {settings.workspace_id}; whether it is an organisation key Extend does not say"
        )
    elif settings.api_version == V2026:
        scope = "and it belongs to one workspace, since an organisation key would have to name one"
    else:
        scope = f"and version {settings.api_version} does not say whether it is an organisation key"
    return (
        f"Extend took the key in {answer.milliseconds} ms {scope}; whether it may start runs was not tried, since a "
        "run costs."
    )


def _too_often(error: Exception | None) -> str:
    after = getattr(error, "retry_after", None)
    return (
        f"Extend is asked too often (HTTP 429): run this again{f' in {after:g} s' if after else ''}, and if it stays "
        "so, lower the connection's rates, since all tasks and triggerers of the organisation count together."
    )


def _refused(answer: Answer, error: Exception) -> str:
    if answer.status == 407:
        return "The proxy wants credentials (HTTP 407): put them into 'Proxy' of the connection, or into HTTPS_PROXY."
    if isinstance(error, ExtendAPIError):
        return _by_status(answer, error)
    if isinstance(error, ExtendAnswerError):
        return _not_extend(answer)
    if isinstance(error, ExtendConnectionError):
        return _no_answer(answer, error)
    if isinstance(error, TimeoutError):
        return f"{_url(answer)} did not answer in {_SECONDS:g} s: {_AGAIN}, check the gateway or proxy in between."
    raise error


def _by_status(answer: Answer, error: ExtendAPIError) -> str:
    settings, status = answer.settings, error.status
    http = f"HTTP {status}: {error.context.get('said', '')}"
    if answer.offence == "workspace" and settings.workspace_id is None:
        return (
            f"This is an organisation key, which has to name a workspace ({http}): put the id of one of its "
            "workspaces (ws_...) into 'Workspace id' of the connection."
        )
    if answer.offence == "workspace":
        return (
            f"The key may not use workspace {settings.workspace_id} ({http}): correct 'Workspace id' of the "
            "connection, or use a key of that workspace."
        )
    if status == 401:
        odd = (
            ""
            if settings.api_key.startswith("sk_")
            else " (it does not start with 'sk_', as Extend's keys do)"
        )
        return (
            f"Extend refuses the key ({http}): paste it into 'API key' again if it is wrong{odd}, make a new one if it "
            f"was revoked, or set 'Region' if it belongs to another one ({_url(answer)} was asked)."
        )
    if status == 402:
        return f"The account is out of credits or blocked ({http}): settle that in Extend's dashboard."
    if status == 403:
        return (
            f"The key may not list files ({http}): use a key whose scope covers that, and check 'Workspace id' of the "
            f"connection, which is {settings.workspace_id or 'empty'}."
        )
    if status == 404:
        return (
            f"There is no list of files at {_url(answer)} ({http}): check Base URL, its path too, and 'Workspace id' "
            "of the connection."
        )
    if status >= 500 or status == 408:
        return (
            f"Extend, or a gateway before it, failed ({http}): the connection is not to blame; {_AGAIN}, ask Extend's "
            "support with the output of --json."
        )
    return (
        f"Extend refuses a plain list of files ({http}): check Base URL and API version, and ask Extend's support with "
        "the output of --json."
    )


def _not_extend(answer: Answer) -> str:
    if 300 <= answer.status < 400:
        return (
            f"{_url(answer)} sends requests elsewhere (HTTP {answer.status}), which is not followed: set Base URL to "
            "the API itself, and check whether a login page or proxy is in between."
        )
    return (
        f"What answers at {_url(answer)} is not Extend's API (HTTP {answer.status} with something else, for instance a "
        "login page): check Base URL and the proxy in between."
    )


def _no_answer(answer: Answer, error: ExtendConnectionError) -> str:
    url, host, kind = _url(answer), urlsplit(answer.settings.base_url).hostname, error.context.get("kind")
    if kind == "certificate":
        return (
            f"The certificate of {host} cannot be verified: behind a proxy that opens TLS, give Python its certificate "
            "(REQUESTS_CA_BUNDLE=/path/to/ca.pem), else check Base URL."
        )
    if kind == "tls":
        return (
            f"{url} does not speak TLS: check Base URL and Port of the connection, and the proxy in between."
        )
    if kind == "proxy" and answer.settings.proxy:
        return "The proxy of the connection cannot be reached or refuses: check 'Proxy', its credentials too."
    if kind == "proxy":
        return (
            "The proxy of the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) cannot be reached or refuses: correct "
            f"it, or name {host} in NO_PROXY if none is needed."
        )
    if kind == "name":
        return (
            f"The name {host} cannot be resolved: check Base URL for a slip, this machine's DNS, and whether a proxy "
            "is needed."
        )
    if kind == "timeout" and error.sent:
        seconds = min(answer.settings.timeout, _SECONDS * 0.8)
        return f"{url} gave no answer within {seconds:g} s: {_AGAIN}, check the gateway or proxy in between."
    if error.sent:
        return f"{url} broke the connection off: {_AGAIN}, check the gateway or proxy in between."
    return (
        f"No connection to {url} could be made: check Base URL and Port, whether a firewall is in between, and "
        f"{'the proxy of the connection' if answer.settings.proxy else 'whether a proxy is needed'}."
    )


def _url(answer: Answer) -> str:
    return answer.settings.base_url
