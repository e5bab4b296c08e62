"""What a caller gives an endpoint, checked against the table before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from airflow_provider_extend.api.endpoints import Endpoint
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.parameters import BODY, QUERY, Parameter, Rule


def arrange(
    endpoint: Endpoint, version: str, given: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Query and body of a call, in the API's spelling, and warnings.

    :param given: value by parameter, in snake case or in the API's spelling; None counts as not given.
    :raises ExtendEndpointNotInVersion: naming the versions that have the endpoint.
    :raises ExtendInputError: a parameter that `version` does not have, one that is missing or given twice, a value
        outside its documented limits, parameters that exclude each other.
    """
    parameters = endpoint.parameters(version)
    known = {key: parameter for parameter in parameters for key in _spellings(parameter)}
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key not in known:
            raise _unknown(endpoint, version, key)
        if value is None:
            continue
        if known[key].name in values:
            raise _refused(endpoint, version, f"{known[key].keyword} is given twice, in two spellings")
        values[known[key].name] = value
    missing = [p.keyword for p in parameters if p.required and p.name not in values]
    if missing:
        raise _refused(endpoint, version, f"{', '.join(missing)} must be given")
    for rule in endpoint.rules(version):
        _check_rule(endpoint, version, rule, values)
    warnings = [
        said for name, value in values.items() for said in _checked(endpoint, version, known[name], value)
    ]
    parts: dict[str, dict[str, Any]] = {QUERY: {}, BODY: {}}
    for name, value in values.items():
        parts[known[name].where][name] = value
    return parts[QUERY], parts[BODY], warnings


def _spellings(parameter: Parameter) -> set[str]:
    return {parameter.name, parameter.keyword}


def _checked(endpoint: Endpoint, version: str, parameter: Parameter, value: Any) -> list[str]:
    """Warnings about the value."""
    if parameter.limit is None:
        return []
    try:
        return parameter.limit.check(value) or []
    except ExtendInputError as error:
        raise ExtendInputError(f"{endpoint.name} (API version {version}): {error}") from None


def _check_rule(endpoint: Endpoint, version: str, rule: Rule, values: Iterable[str]) -> None:
    found = [name for name in rule.names if name in values]
    if len(found) < rule.least or (rule.one and len(found) > 1):
        keywords = {p.name: p.keyword for p in endpoint.parameters(version)}
        given = " and ".join(keywords[name] for name in found) or "none of them"
        raise _refused(endpoint, version, f"{str(rule).lower()} must be given, not {given}")


def _unknown(endpoint: Endpoint, version: str, key: str) -> ExtendInputError:
    elsewhere = [
        v for v in endpoint.paths if any(key in _spellings(parameter) for parameter in endpoint.parameters(v))
    ]
    keywords = [parameter.keyword for parameter in endpoint.parameters(version)]
    ids = endpoint.id_names(version)
    if elsewhere:
        help_ = f"{' and '.join(elsewhere)} {'has' if len(elsewhere) == 1 else 'have'} it. "
    elif key in ids or key in endpoint.path_parameters(version):
        help_ = f"Ids are given by position: ({', '.join(ids)}). "
    else:
        near = get_close_matches(key, keywords, n=3)
        help_ = f"Did you mean {' or '.join(near)}? " if near else ""
    takes = f"It takes {', '.join(keywords)}. " if keywords else "It takes none. "
    place = "query" if endpoint.method == "GET" else "body"
    return ExtendInputError(
        f"{endpoint.name} has no parameter {key!r} in API version {version}. {help_}{takes}"
        f"`client.call({endpoint.name!r}, ..., {place}={{...}})` sends what this package does not know yet. "
        "Nothing was sent."
    )


def _refused(endpoint: Endpoint, version: str, what: str) -> ExtendInputError:
    return ExtendInputError(f"{endpoint.name} (API version {version}): {what}. Nothing was sent.")
