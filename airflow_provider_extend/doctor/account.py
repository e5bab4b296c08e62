"""The checks of the connection: its fields, each by what the hook says of it, and what Extend says of the whole."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.endpoints import GET, RUN, WRITE
from airflow_provider_extend.api.errors import ExtendError
from airflow_provider_extend.api.versions import (
    DEFAULT_REGION,
    REGIONS,
    V2024,
    base_url,
    is_allowed_by_admin,
    split_url,
)
from airflow_provider_extend.doctor import answers
from airflow_provider_extend.doctor.answers import Answer
from airflow_provider_extend.doctor.report import Finding, Skipped
from airflow_provider_extend.doctor.stored import ENVIRONMENT, Lookup, Stored

if TYPE_CHECKING:
    from airflow_provider_extend.client import ClientSettings

_STANDS_IN = "sk_stands_in_for_the_key"
_ADDRESS = ("api_version", "region", "verify")
_OTHERS = ("workspace_id", "timeout", "proxy")
_RATES = ("get_per_second", "write_per_second", "run_per_second")
_SMALLEST_PLAN = 10.0


def as_the_hook_sees(
    stored: Stored, *fields: str, address: bool = False, key: bool = False
) -> ClientSettings:
    """The hook's reading of some fields alone, so that a bad one does not hide the next.

    :raises ExtendError: as the hook does.
    """
    from airflow_provider_extend.hooks.extend import client_settings

    extra = {name: value for name, value in stored.extras().items() if name in fields}
    part = replace(
        stored,
        password=stored.password if key else _STANDS_IN,
        host=stored.host if address else None,
        port=stored.port if address else None,
        extra=json.dumps(extra),
    )
    return client_settings(part)  # type: ignore[arg-type]  # it has the fields that are read


def ask(stored: Stored) -> Answer | None:
    """None where the connection is not fit to be asked with: the checks of its fields say why."""
    if not stored.readable:
        return None
    try:
        settings = as_the_hook_sees(stored, *_ADDRESS, *_OTHERS, address=True, key=True)
    except Exception:  # the checks raise it again and report it
        return None
    return answers.ask(settings)


def connection(lookup: Lookup) -> Finding:
    if lookup.stored is None:
        return _missing(lookup)
    stored = lookup.stored
    details = {
        "source": stored.kind,
        "type": stored.conn_type,
        "has_key": bool((stored.password or "").strip()),
        "fields": sorted({*stored.extras()} & {*_ADDRESS, *_OTHERS, *_RATES}),
    }
    said = f"Connection {lookup.conn_id!r} comes from {stored.source}"
    if stored.kind == ENVIRONMENT and not (stored.conn_type or stored.password or stored.host):
        return Finding(
            "fail", f"{said}, which holds no connection: {_how_to_write(lookup.conn_id)}.", details
        )
    if wrong := _wrong_fields(stored):
        return Finding("fail", f"{said}, which needs mending: {'; '.join(wrong)}.", details)
    odd = list(lookup.troubles)
    if stored.conn_type != "extend":
        odd.append(
            f"its type is {stored.conn_type!r}, which works, but set it to 'extend' to have the right form in the UI"
        )
    if lookup.shadowed:
        odd.append(
            "the one of the same id in the metadata database is not used, so what is edited in the UI changes nothing; "
            "remove one of the two"
        )
    if odd:
        return Finding("warn", f"{said}, but {'; and '.join(odd)}.", details)
    return Finding("ok", f"{said}; it is of type extend and holds an API key.", details)


def _wrong_fields(stored: Stored) -> list[str]:
    wrong = []
    if not stored.readable:
        wrong.append('its extra is no JSON object, write it for instance as {"api_version": "2026-02-09"}')
    for fields, key in (((), True), *(((name,), False) for name in _OTHERS)):
        try:
            as_the_hook_sees(stored, *fields, key=key)
        except ExtendError as error:
            wrong.append(_words(error))
    return wrong


def _missing(lookup: Lookup) -> Finding:
    if lookup.troubles:
        said = f"Connection {lookup.conn_id!r} cannot be read: {'; '.join(lookup.troubles)}"
        return Finding("fail", f"{said}; or {_how_to_write(lookup.conn_id)}.")
    return Finding(
        "fail",
        f"Connection {lookup.conn_id!r} is not in {' or '.join(lookup.asked)}: {_how_to_write(lookup.conn_id)}, or "
        f"store it with `airflow connections add {lookup.conn_id} --conn-type extend --conn-password sk_...`.",
    )


def host(stored: Stored, answer: Answer | None) -> Finding:
    version = _version(stored)
    permitted = as_the_hook_sees(stored).allowed_hosts
    listed = f"[extend] allowed_hosts is {', '.join(permitted) or 'empty'}"
    details: dict[str, Any] = {"allowed_hosts": list(permitted)}
    try:
        settings = as_the_hook_sees(stored, *_ADDRESS, address=True)
    except ExtendError as error:
        return Finding("fail", f"{_words(error)}; {listed}.", details)
    url, region = settings.base_url, (stored.extras().get("region") or "").strip()
    own_host = (stored.host or "").strip()
    by = "Base URL of the connection" if own_host else f"region {region}" if region else "the default"
    ground = "permitted since" if is_allowed_by_admin(url, permitted) else "one of Extend's own hosts;"
    said = f"{url} ({by}) is {ground} {listed}"
    details |= {"base_url": url, "region": region or None, "verify": settings.verify}
    odd = [
        f"its entry {entry!r} is no host and permits nothing, write host, host:port or http://host:port"
        for entry in permitted
        if split_url(entry if "://" in entry else f"//{entry}") is None
    ]
    if own_host and region not in ("", DEFAULT_REGION) and url != REGIONS[region]:
        odd.append(f"region {region} has no effect beside a Base URL, clear one of the two")
    if answer is None or answer.error is not None:
        odd += _unlikely(version, url)
    if not settings.verify:
        odd.append("the server's certificate is not checked, switch 'Verify TLS' on where it can be")
    return Finding("warn" if odd else "ok", "; but ".join([said, *odd]) + ".", details)


def _unlikely(version: str, url: str) -> list[str]:
    """Whether an API version may be asked for on another host than its own is not documented: only a hint."""
    own = base_url(V2024)
    if url not in (own, *REGIONS.values()) or (url == own) == (version == V2024):
        return []
    return [
        f"API version {version} is documented for {base_url(version)}, clear Base URL and Region or change it"
    ]


def api_version(stored: Stored, answer: Answer | None) -> Finding:
    given = stored.extras().get("api_version") or None
    try:
        version = as_the_hook_sees(stored, "api_version").api_version
    except ExtendError as error:
        return Finding("fail", f"{_words(error)}.")
    said = f"x-extend-api-version is {version}{'' if given else ', the default'}"
    details = {"version": version, "given": given is not None}
    if answer is None:
        return Finding(
            "skip",
            f"{said}; Extend was not asked about it, because of what failed.",
            details,
        )
    if answer.error is None:
        return Finding("ok", f"{said}, and Extend takes it.", details)
    if answer.offence == "version":
        context = getattr(answer.error, "context", {})
        return Finding(
            "fail",
            f"{said}, and Extend does not take it (HTTP {answer.status}: {context.get('said')}): choose another in "
            "'API version' of the connection, for instance 2026-02-09, or 2024-12-23 for keys of before April 2025.",
            details,
        )
    return Finding(
        "skip", f"{said}; whether Extend takes it cannot be told as long as the next check fails.", details
    )


def key(stored: Stored, answer: Answer | None) -> Finding:
    if answer is None:
        raise Skipped("something that failed above has to be mended first")
    return answers.judge(answer)


def rates(stored: Stored) -> Finding:
    wrong, rate = [], dict.fromkeys((GET, WRITE, RUN), _SMALLEST_PLAN)
    for name in _RATES:
        try:
            rate |= as_the_hook_sees(stored, name).rates
        except ExtendError as error:
            wrong.append(_words(error))
    if wrong:
        return Finding("fail", f"{'; '.join(wrong)}.")
    said = (
        f"{rate[GET]:g} reads, {rate[WRITE]:g} writes and {rate[RUN]:g} run submissions a second, kept by each task "
        "process and triggerer for itself: Extend counts them together (10 of each on its smallest plan), so divide "
        "them by how many run at a time"
    )
    if max(rate.values()) > _SMALLEST_PLAN:
        said += "; more than 10 needs a larger plan (25 on Scale, 75 on Enterprise)"
    return Finding("ok", f"{said}.", {name.lower(): value for name, value in rate.items()})


def _version(stored: Stored) -> str:
    try:
        return as_the_hook_sees(stored, "api_version").api_version
    except ExtendError:
        raise Skipped("the API version decides about it and is wrong") from None


def _how_to_write(conn_id: str) -> str:
    return f"""set AIRFLOW_CONN_{conn_id.upper()} to '{{"conn_type": "extend", "password": "sk_..."}}'"""


def _words(error: ExtendError) -> str:
    return error.message.removesuffix(" Nothing was sent.").rstrip(".")
