"""Document content that an author hands in: as a value, which Airflow does not show, or in a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from airflow_provider_extend.api.errors import ExtendInputError


def one_content(name: str, value: Any, *, path: str | None) -> Mapping[str, Any]:
    """The object that is given as `name`, or that stands in the JSON file at `path`.

    :param path: what the parameter `<name>_path` holds: a path or a URL of a store that Airflow knows.
    :raises ExtendInputError: both are given, or none, or it is no object; never quoting it.
    """
    if (value is None) == (path is None):
        raise ExtendInputError(
            f"Given are {'none' if value is None else 'both'} of {name} and {name}_path: expected exactly one. Nothing "
            "was sent."
        )
    if path is not None:
        value = read_json(path)
    if not isinstance(value, Mapping):
        raise ExtendInputError(f"{name if path is None else repr(path)} is no JSON object. Nothing was sent.")
    return value


def read_json(path: str) -> Any:
    """:raises ExtendInputError: it cannot be read as JSON."""
    from airflow.sdk import ObjectStoragePath

    try:
        return json.loads(ObjectStoragePath(path).read_text())
    except (OSError, ValueError) as error:
        raise ExtendInputError(
            f"{path!r} cannot be read as JSON ({type(error).__name__}). Nothing was sent."
        ) from None
