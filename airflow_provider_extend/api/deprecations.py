"""Which endpoints are going away, and the one warning that says so."""

from __future__ import annotations

import warnings

from airflow_provider_extend.api.endpoints import REPLACED_BY, find

_WARNED: dict[str, object] = {}


class ExtendDeprecationWarning(FutureWarning):
    """An endpoint is deprecated in the API version that is spoken."""


def replacement(name: str) -> str:
    """What to use in the place of endpoint `name`, in words."""
    new = REPLACED_BY[name]
    if not new:
        return "nothing replaces it"
    return f"use {', '.join(new[:-1])} or {new[-1]}" if len(new) > 1 else f"use {new[0]}"


def warn_deprecated(name: str, version: str, stacklevel: int = 1) -> None:
    """Warn, once for each endpoint and process, where `version` calls endpoint `name` deprecated.

    :param stacklevel: whose line is shown: 1 that of this call, 2 that of its caller, and so on.
    """
    if version not in find(name).deprecated:
        return
    mine = object()
    if _WARNED.setdefault(name, mine) is mine:
        warnings.warn(
            f"{name} is deprecated in Extend API version {version}: {replacement(name)}.",
            ExtendDeprecationWarning,
            stacklevel=stacklevel + 1,
        )
