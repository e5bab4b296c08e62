"""Parts of bodies held against what they must look like."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_extend.emulator.specs import Map, Object, check
from airflow_provider_extend.emulator.state import ApiError

SPEC = Object(
    {
        "name": str,
        "kind": ("a", "b"),
        "count": int,
        "share": float,
        "on": bool,
        "ranges": [Object({"start": int}, frozenset({"start"}))],
        "fields": Map(Object({"closed": bool}, closed=True)),
    }
)


def test_what_fits() -> None:
    check({}, SPEC, "config")
    check({"name": None, "other": 5, "share": 1, "ranges": [], "fields": {}}, SPEC, "config")
    check(
        {"kind": "b", "count": 10**400, "on": False, "ranges": [{"start": 1}], "fields": {"x": {}}}, SPEC, "c"
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "config must be of type object"),
        ({"name": 5}, "config.name must be of type str"),
        ({"kind": "c"}, "config.kind must be one of a, b"),
        ({"kind": []}, "config.kind must be one of a, b"),
        ({"count": True}, "config.count must be of type int"),
        ({"count": 1.5}, "config.count must be of type int"),
        ({"share": "1"}, "config.share must be of type number"),
        ({"on": 1}, "config.on must be of type bool"),
        ({"ranges": {}}, "config.ranges must be of type array"),
        ({"ranges": [{"start": 1}, {}]}, "Missing required field(s): config.ranges[1].start"),
        ({"ranges": [None]}, "config.ranges[0] must be of type object"),
        ({"fields": {"x": {"open": 1}}}, "Unknown field(s): config.fields.x.open"),
    ],
)
def test_what_does_not_fit_is_named(value: Any, said: str) -> None:
    with pytest.raises(ApiError) as caught:
        check(value, SPEC, "config")
    assert (caught.value.status, caught.value.message) == (400, said)
