"""One call of the API as a task: what is asked for in each API version, and what of the answer goes to XCom."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_extend import fingerprints
from airflow_provider_extend.api.calls import build, check_id
from airflow_provider_extend.api.content import check_fields, row_of, shown
from airflow_provider_extend.api.errors import (
    ExtendInputError,
    ExtendNotFound,
    ExtendSubmissionUnknown,
    plain_error,
)
from airflow_provider_extend.api.runs import parse_time
from airflow_provider_extend.exceptions import airflow_errors, as_airflow
from airflow_provider_extend.operators._base import ExtendOperator, warn_deprecated
from airflow_provider_extend.operators._submit import (
    Prepared,
    Receipt,
    Sought,
    Submission,
    id_of,
    submit_once,
)
from airflow_provider_extend.results import XCOM_LIMIT, json_size
from airflow_provider_extend.searching import CLOCK_SKEW

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient

_FAIL, _RESUBMIT = "fail", "resubmit"
#: XCom key: whether Extend has more rows than a list task has returned.
MORE_KEY = "more"
#: Largest page that 2025-04-21 documents (README section 7).
_LARGEST_PAGE = 1000
BY_CREATION: Mapping[str, str] = {"sortBy": "createdAt", "sortDir": "desc"}


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for in one API version.

    :ivar endpoint: name in the endpoint table.
    :ivar ids: of the path, in order.
    """

    endpoint: str
    ids: tuple[Any, ...] = ()
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = field(default=None, repr=False)

    def check(self, version: str) -> None:
        """:raises ExtendInputError: it cannot be sent in `version`."""
        build(self.endpoint, version, *self.ids)
        check_json(self.endpoint, self.body)

    def send(self, client: ExtendClient) -> Any:
        return client.call(self.endpoint, *self.ids, query=self.query, body=self.body)


class ExtendCallOperator(ExtendOperator):
    """Base of the operators that make one call which may be made again: it reads, or it sets values.

    Subclasses say what is asked for in each API version, and what of the answer is returned.
    """

    #: What to use in the place of a call that Extend calls deprecated.
    instead: ClassVar[str] = ""

    def ask(self, version: str) -> Request:
        """The request in API `version`.

        :raises ExtendInputError: it cannot be made; nothing was sent.
        """
        raise NotImplementedError

    def result(self, answer: Any) -> Any:
        """What is returned; by default the id of what was changed."""
        return id_of(answer)

    def execute(self, context: Context) -> Any:
        client = self.client()
        answer = self.checked(client).send(client)
        with airflow_errors():
            return self.result(answer)

    def checked(self, client: ExtendClient) -> Request:
        """The request, once it is known that it can be sent; warns if Extend calls it deprecated."""
        with airflow_errors():
            request = self.ask(client.api_version)
            request.check(client.api_version)
        warn_deprecated(self.log, request.endpoint, client.api_version, self.instead)
        return request


class ExtendDeleteOperator(ExtendCallOperator):
    """Base of the operators that delete. Returns the id; a retry that finds nothing left has succeeded."""

    def execute(self, context: Context) -> str:
        try:
            return str(super().execute(context))
        except Exception as error:
            if context["ti"].try_number == 1 or not isinstance(plain_error(error), ExtendNotFound):
                raise
            deleted = str(self.ask(self.client().api_version).ids[-1])
            self.log.info("%s is gone: an earlier try deleted it.", deleted)
            return deleted


class ExtendListOperator(ExtendCallOperator):
    """Base of the operators that list.

    Returns the newest rows, cut down to `fields`: an object in a row stands as its id. Pushes XCom `more`: whether
    Extend has rows beyond `limit`.

    :param limit: most rows.
    :param fields: the API's names of what is returned of each row; never document content or a signed link.
    """

    default_fields: ClassVar[tuple[str, ...]]

    def __init__(self, *, limit: int = 100, fields: Sequence[str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.limit = limit
        self.fields = fields

    def page(self) -> dict[str, int]:
        """The query of a list that comes in pages: one page, where it holds all that is wanted."""
        return {"maxPageSize": min(self.limit + 1, _LARGEST_PAGE)}

    def checked(self, client: ExtendClient) -> Request:
        with airflow_errors():
            check_limit(self.limit)
            check_fields(self.fields or ())
        return super().checked(client)

    def execute(self, context: Context) -> list[dict[str, Any]]:
        client = self.client()
        request = self.checked(client)
        rows = client.iterate(request.endpoint, *request.ids, query=request.query)
        found = list(islice(rows, self.limit + 1))
        more = len(found) > self.limit
        fields = self.default_fields if self.fields is None else self.fields
        kept = [row_of(shown(request.endpoint, row), fields) for row in found[: self.limit]]
        with airflow_errors():
            check_size(kept, "Lower limit, or name fewer fields.")
        if more:
            self.log.warning(
                "Extend has more than the %d rows that limit allows: they are left out.", self.limit
            )
        context["ti"].xcom_push(key=MORE_KEY, value=more)
        return kept


class ExtendCreateOperator(ExtendCallOperator):
    """Base of the operators that create what Extend would create again if it were asked again.

    Asked for once: the answer's id is kept in the task state store (Airflow >= 3.3), and a retry takes it up.
    Clearing the task creates another. Where an answer was lost, what was made is searched for in the list: what has
    the same name and was not there before the call. Returns its id.

    :param on_unknown_submission: where it cannot be told whether it was made: `fail` and say so, or `resubmit`,
        which may leave two. Asked only where the API has no list to search.
    """

    #: For messages.
    what: ClassVar[str]
    #: By which it is searched for.
    name: str
    #: Fields that make it another one when they change.
    named: ClassVar[tuple[str, ...]]
    #: Whether the list can be asked for the newest first.
    sorted_by_creation: ClassVar[bool] = True

    def __init__(self, *, on_unknown_submission: str = _FAIL, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.on_unknown_submission = on_unknown_submission

    def listed(self, version: str) -> Request | None:
        """The list to search for one whose id was lost; None where the API has none."""
        raise NotImplementedError

    def with_token(self, request: Request, token: str) -> Request:
        """The request with the token where a row of the list shows it; unchanged where the name has to do."""
        return request

    def is_it(self, row: Mapping[str, Any], token: str) -> bool:
        """Whether a row of the list can be what was asked for."""
        return bool(row.get("name") == self.name)

    def before_create(self) -> None:
        """Called right before the call.

        :raises ExtendInputError: it must not be made.
        """

    def keep(self, context: Context, made: str) -> bool:
        """Whether a retry takes up what an earlier try made; raises where it cannot go on."""
        return True

    def execute(self, context: Context) -> Any:
        client = self.client()
        made = self.create_once(context, client)
        self.log.info("The %s is %s.", self.what, made.id)
        return made.id

    def create_once(self, context: Context, client: ExtendClient) -> Receipt:
        request = self.checked(client)
        with airflow_errors():
            if self.on_unknown_submission not in (_FAIL, _RESUBMIT):
                raise ExtendInputError(
                    f"on_unknown_submission is {self.on_unknown_submission!r}: expected 'fail' or 'resubmit'. Nothing "
                    "was sent."
                )
        listed = self._searchable(client)

        def prepare() -> Prepared:
            self.before_create()
            known = self._alike(client, listed, time.time(), "") if listed else []
            return Prepared({"known": known}, runs=0)

        def look_up(sought: Sought) -> str | None:
            assert listed is not None
            skip = sought.skip.union(sought.facts.get("known", ()))
            found = [
                made for made in self._alike(client, listed, sought.since, sought.token) if made not in skip
            ]
            if len(found) > 1:
                raise as_airflow(
                    ExtendSubmissionUnknown(
                        f"{len(found)} of this name were made when this task asked for its {self.what} "
                        f"({', '.join(found[:5])}), and which of them is its own cannot be told. Nothing was sent "
                        "again: use the right id in place of this task's, or clear this task to make another.",
                        can_be_found=False,
                    )
                )
            return found[0] if found else None

        submission = Submission(
            what=self.what,
            parts={name: self.revealed(name) for name in self.named},
            prepare=prepare,
            create=lambda token, _: self.with_token(request, token).send(client),
            keep=lambda made: self.keep(context, made),
            look_up=look_up if listed else None,
            account=fingerprints.of([client.settings.base_url, client.settings.workspace_id])[:16],
            resubmit=self.on_unknown_submission == _RESUBMIT,
            done="made",
        )
        with airflow_errors():
            return submit_once(context, submission, self.log)

    def _searchable(self, client: ExtendClient) -> Request | None:
        listed = self.listed(client.api_version)
        if listed is None or not self.sorted_by_creation:
            return listed
        return replace(listed, query={**listed.query, **BY_CREATION})

    def _alike(self, client: ExtendClient, listed: Request, since: float, token: str) -> list[str]:
        """Ids of those rows made since then that can be it."""
        found = []
        for row in client.iterate(listed.endpoint, *listed.ids, query=listed.query):
            made = parse_time(row.get("createdAt"))
            if made is not None and made.timestamp() < since - CLOCK_SKEW:
                if self.sorted_by_creation:
                    break
                continue
            if self.is_it(row, token):
                found.append(str(row.get("id")))
        return found


def check_json(endpoint: str, body: Any) -> None:
    """:raises ExtendInputError: what an endpoint is to be sent is no JSON."""
    try:
        json_size(body)
    except (TypeError, ValueError):
        raise ExtendInputError(
            f"What {endpoint} is to be sent holds what JSON does not know, a date for instance: write it as text. "
            "Nothing was sent."
        ) from None


def check_limit(limit: Any) -> None:
    """:raises ExtendInputError: it is no number of rows."""
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise ExtendInputError(f"limit is {limit!r}: expected a whole number above 0. Nothing was sent.")


def check_size(value: Any, advice: str) -> None:
    """:raises ExtendInputError: XCom, which is Airflow's database, does not hold `value`."""
    size = json_size(value)
    if size > XCOM_LIMIT:
        raise ExtendInputError(
            f"What was read takes {size} bytes, and XCom holds {XCOM_LIMIT}. {advice} Nothing was changed."
        )


def checked_text(value: Any, what: str) -> str:
    """A name, or another text that must not be empty.

    :raises ExtendInputError: naming the value.
    """
    if not isinstance(value, str) or not value.strip():
        raise ExtendInputError(f"{what} is {value!r}: expected a text that is not empty. Nothing was sent.")
    return value


def checked_ids(**ids: Any) -> tuple[str, ...]:
    """Ids by the names of their parameters, so that a refused one is named as its author knows it."""
    return tuple(check_id(value, name) for name, value in ids.items())
