"""The parameters of every call against those of the vendor's own clients."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_extend.api.endpoints import find, rows
from tests.sdk.names import WITHOUT_METHOD, endpoint_of
from tests.sdk.shapes import VERSIONS, shapes
from tests.sdk.test_sdks import NO_CALL

pytestmark = [pytest.mark.slow, pytest.mark.sdk]

#: What the clients take beside the parameters of the API, and where the hook has it: in the connection.
NOT_OF_THE_CALL = {"extend_workspace_id", "request_options"}


def calls(client: str) -> dict[str, dict[str, Any]]:
    """Method of a client that is one call -> what it takes."""
    methods: dict[str, dict[str, Any]] = shapes(client)["methods"]
    return {name: taken for name, taken in methods.items() if not any(part in name for part in NO_CALL)}


@pytest.mark.parametrize(("client", "version"), VERSIONS.items())
def test_a_call_takes_what_the_client_takes(client: str, version: str) -> None:
    theirs = {
        method: {key: needed for key, needed in taken["keywords"].items() if key not in NOT_OF_THE_CALL}
        for method, taken in calls(client).items()
    }
    assert theirs == {
        method: {p.keyword: p.required for p in find(endpoint_of(method)).parameters(version)}
        for method in theirs
    }


@pytest.mark.parametrize(("client", "version"), VERSIONS.items())
def test_a_call_takes_as_many_ids_as_the_client(client: str, version: str) -> None:
    theirs = {method: len(taken["ids"]) for method, taken in calls(client).items()}
    assert theirs == {method: len(find(endpoint_of(method)).id_names(version)) for method in theirs}


@pytest.mark.parametrize(("client", "version"), VERSIONS.items())
def test_every_endpoint_that_the_client_has_is_compared(client: str, version: str) -> None:
    compared = {endpoint_of(method) for method in calls(client)}
    missing = [row for row in rows() if row["version"] == version and row["name"] not in compared]
    assert [row["name"] for row in missing] == [*WITHOUT_METHOD[version]]
