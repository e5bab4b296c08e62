"""Versions of Extend's API, the hosts that serve them, and which hosts may ever be sent a key."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from urllib.parse import SplitResult, urlsplit

from airflow_provider_extend.api.errors import ExtendHostNotAllowed, ExtendInputError

V2024 = "2024-12-23"
V2025 = "2025-04-21"
V2026 = "2026-02-09"
API_VERSIONS: tuple[str, ...] = (V2024, V2025, V2026)

#: What a connection without `api_version` speaks.
DEFAULT_API_VERSION = V2026

#: Data and keys are per region (docs: Deployments).
REGIONS: Mapping[str, str] = MappingProxyType(
    {
        "us": "https://api.extend.ai",
        "us2": "https://api.us2.extend.app",
        "eu": "https://api.eu1.extend.ai",
    }
)
DEFAULT_REGION = "us"

#: 2024-12-23 was served from a host of its own (docs 2024-12-23).
_OWN_HOST: Mapping[str, str] = MappingProxyType({V2024: "https://api-prod.extend.app"})

_EXTEND_DOMAINS = ("extend.ai", "extend.app")


def check_api_version(version: str) -> str:
    """Return `version` if this package speaks it.

    :raises ExtendInputError: naming the version and those that are known.
    """
    if version not in API_VERSIONS:
        raise ExtendInputError(
            f"Extend API version {version!r} is not supported: use one of {', '.join(API_VERSIONS)}. "
            "Nothing was sent."
        )
    return version


def base_url(api_version: str, *, host: str | None = None, region: str | None = None) -> str:
    """Address of the API: `host` if given, else the region's, else the version's own.

    :param host: host name or URL of the connection, for instance `api.eu1.extend.ai`.
    :param region: one of `REGIONS`. Region `us` leaves 2024-12-23 on its own host.
    :raises ExtendInputError: for an unknown region or a host that is no http(s) address.
    """
    if region is not None and region not in REGIONS:
        raise ExtendInputError(
            f"Extend region {region!r} is unknown: use one of {', '.join(REGIONS)}, or set the host. "
            "Nothing was sent."
        )
    if not host:
        if region in (None, DEFAULT_REGION) and api_version in _OWN_HOST:
            return _OWN_HOST[api_version]
        return REGIONS[region or DEFAULT_REGION]
    url = host if "://" in host else f"https://{host}"
    parts = split_url(url)
    if parts is None or parts.query or parts.fragment:
        # The value is not echoed: somebody may have put a key into it.
        raise ExtendInputError(
            "The host of the Extend connection is no address: expected for instance 'api.extend.ai' or "
            "'https://api.extend.ai', without user, password or query. Nothing was sent."
        )
    return url.rstrip("/")


def check_host(url: str, allowed_hosts: Iterable[str] = ()) -> None:
    """Refuse to send a key anywhere but https on Extend's own domains, or to what the admin allowed.

    :param allowed_hosts: entries of `[extend] allowed_hosts`: `host`, `host:port` or `http://host:port`.
        Plain http is accepted for loopback addresses, elsewhere only where the entry says `http://`.
    :raises ExtendHostNotAllowed: naming the host and the setting that widens the list.
    """
    parts = split_url(url)
    host = (parts.hostname or "").lower() if parts else ""
    if parts is None or not host:
        raise ExtendHostNotAllowed("The address of the Extend connection has no host. Nothing was sent.")
    own = is_own_host(host)
    if own and parts.scheme == "https":
        return
    if is_allowed_by_admin(url, allowed_hosts):
        return
    shown = f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
    reason = "plain http would show the API key" if own else "it is none of Extend's own domains"
    raise ExtendHostNotAllowed(
        f"The API key is not sent to {shown!r}: {reason}. If this address is right, an administrator adds it "
        "to `[extend] allowed_hosts` in Airflow's configuration (AIRFLOW__EXTEND__ALLOWED_HOSTS). "
        "Nothing was sent."
    )


def is_own_host(host: str) -> bool:
    """Whether `host`, in lower case, is of one of Extend's own domains."""
    return any(host == domain or host.endswith(f".{domain}") for domain in _EXTEND_DOMAINS)


def is_allowed_by_admin(url: str, allowed_hosts: Iterable[str]) -> bool:
    """Whether an entry of `[extend] allowed_hosts` names the host of `url`."""
    parts = split_url(url)
    return parts is not None and any(
        _entry_allows(entry, parts, (parts.hostname or "").lower()) for entry in allowed_hosts
    )


def _entry_allows(entry: str, parts: SplitResult, host: str) -> bool:
    wanted = split_url(entry if "://" in entry else f"//{entry}")
    if wanted is None or (wanted.hostname or "").lower() != host:
        return False
    if wanted.port is not None and wanted.port != (parts.port or _default_port(parts.scheme)):
        return False
    return parts.scheme == (wanted.scheme or "https") or (parts.scheme == "http" and _is_loopback(host))


def split_url(url: str) -> SplitResult | None:
    """Parts of an http(s) address; None where it is none, or one that two parsers may read differently."""
    # Parsers disagree about these characters, and a disagreement is how a key reaches another host.
    if any(char in url for char in "\\@") or any(char.isspace() or not char.isprintable() for char in url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises on a port that is no number
    except ValueError:
        return None
    if parts.scheme not in ("http", "https", "") or not parts.hostname:
        return None
    return parts


def _default_port(scheme: str) -> int:
    return 80 if scheme == "http" else 443


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
