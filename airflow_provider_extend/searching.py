"""Searching Extend for what carries a task's token."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.errors import ExtendSubmissionUnknown
from airflow_provider_extend.api.lookups import TOKEN_KEY, LookUp
from airflow_provider_extend.api.runs import parse_time
from airflow_provider_extend.reading import is_gone

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient

#: Seconds by which this machine's clock and Extend's may differ.
CLOCK_SKEW = 300.0
_PAGE_SIZE = 100


def runs_with_token(
    client: ExtendClient, look_up: LookUp, token: str, since: float, narrow: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Rows of the list, newest first, whose run carries `token`; one complete scan back to `since`.

    :param since: when the token was made, in seconds since the epoch.
    :param narrow: filters of the list that the runs in question are known to pass.
    :raises ExtendError: (or its translation) where the scan could not be completed: then nothing is known.
    """
    query: dict[str, Any] = {**(narrow or {}), "maxPageSize": _PAGE_SIZE}
    if look_up.by_creation:
        query |= {"sortBy": "createdAt", "sortDir": "desc"}
    for row in client.iterate(look_up.list, query=query):
        made = parse_time(row.get("createdAt"))
        if made is not None and made.timestamp() < since - CLOCK_SKEW:
            if look_up.by_creation:
                return
            continue
        shown = row if look_up.read is None else _read(client, look_up.read, str(row.get("id")))
        metadata = shown.get("metadata")
        if isinstance(metadata, Mapping) and metadata.get(TOKEN_KEY) == token:
            yield row


def _read(client: ExtendClient, name: str, run_id: str) -> dict[str, Any]:
    try:
        read: dict[str, Any] = client.call(name, run_id)
    except Exception as error:
        if is_gone(error):  # deleted since it was listed
            return {}
        raise
    return read


def find_by_token(
    client: ExtendClient,
    look_up: LookUp,
    token: str,
    since: float,
    narrow: Mapping[str, Any] | None = None,
    skip: Collection[str] = (),
) -> str | None:
    """Id of the newest run, or batch, that carries `token`; None if a complete scan shows none.

    :param skip: ids that are known, and are not what is looked for.
    :raises ExtendSubmissionUnknown: the members of a batch are there and do not name it, as those of extract, classify
        and split batches do not (objects.md 6).
    """
    for row in runs_with_token(client, look_up, token, since, narrow):
        found = row.get("batchId") if look_up.batch else row.get("id")
        if isinstance(found, str) and found:
            if found not in skip:
                return found
        elif look_up.batch:
            raise _nameless(str(row.get("id")))
    return None


def _nameless(member: str) -> ExtendSubmissionUnknown:
    return ExtendSubmissionUnknown(
        f"The batch was started and is paid for: its run {member} carries this task's token. Extend's API does not "
        "tell the id of a batch by its runs, so it was neither waited for nor asked for again. Its id is in the "
        "dashboard: wait for it with ExtendRunSensor; to pay for another one, clear this task.",
        can_be_found=False,
    )
