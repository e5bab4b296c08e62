"""Any call of Extend's API, by its name in the endpoint table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow_provider_extend import fingerprints
from airflow_provider_extend.api.calls import MAX_ID_LENGTH
from airflow_provider_extend.api.content import may_hold_content, shown, state_of
from airflow_provider_extend.api.endpoints import ENDPOINTS, REPLACED_BY, RUN, Endpoint, find
from airflow_provider_extend.api.errors import ExtendAnswerError, ExtendInputError
from airflow_provider_extend.exceptions import airflow_errors
from airflow_provider_extend.operators._base import ExtendOperator, warn_deprecated
from airflow_provider_extend.operators._call import MORE_KEY, Request, check_limit, check_size
from airflow_provider_extend.operators._document import unsigned
from airflow_provider_extend.operators._submit import Prepared, Submission, submit_once
from airflow_provider_extend.results import XCOM_LIMIT, json_size, write_answer

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient

#: Calls that another operator makes in a way that this one cannot.
_ELSEWHERE: Mapping[str, str] = {
    "files.upload": "it sends a file: use ExtendUploadFilesOperator",
    "webhook_endpoints.create": (
        "it answers with a secret, once: use ExtendCreateWebhookEndpointOperator, which stores it"
    ),
}
#: As many as XCom holds, however long they are.
_MOST_IDS = XCOM_LIMIT // (MAX_ID_LENGTH + 10)


class ExtendApiOperator(ExtendOperator):
    """Call any endpoint of the API by its name in the endpoint table, for instance `extractors.retrieve`.

    Returns the answer, out of its envelope, without secrets and the queries of signed links; of a list the rows.
    Where an answer may hold document content (a run's output, expected outputs, a file's contents) only what tells
    its state is returned, id and status above all, unless `push_output` is set. An answer larger than XCom holds is
    cut down to its state too, with `truncated`, or to {ids, truncated} where several things were made; a list of that
    size is an error.

    What creates something is asked for once: a retry takes up what an earlier try made, and returns its id only. It is
    not searched for, so a try whose outcome cannot be told fails with what to do; below Airflow 3.3 every retry does.
    A call that starts a run, which Extend charges for, is refused without `allow_paid`. This operator neither waits for
    a run nor cancels it when its task is ended: where there is an operator of its own for that run, prefer it.

    :param endpoint: name in the endpoint table (templated): `python -m airflow_provider_extend.api` prints it.
    :param path_args: ids of the path, in order (templated).
    :param query: query parameters, by the API's names (templated).
    :param body: JSON, as the API takes it (templated). Airflow does not show it.
    :param allow_paid: make a call that starts a run.
    :param limit: most rows of a list; XCom `more` says whether there are others.
    :param push_output: return the answer although it may hold document content.
    :param output_path: where the answer is written whole, as {<endpoint>: ...} (templated).
    :param extend_conn_id: connection (templated).
    """

    template_fields: Sequence[str] = (
        "endpoint",
        "path_args",
        "query",
        "body",
        "output_path",
        "extend_conn_id",
    )
    confidential_fields = ("body",)

    def __init__(
        self,
        *,
        endpoint: str,
        path_args: Sequence[str] = (),
        query: Mapping[str, Any] | None = None,
        body: Any | None = None,
        allow_paid: bool = False,
        limit: int = 100,
        push_output: bool = False,
        output_path: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.endpoint = endpoint
        self.path_args = path_args
        self.query = query
        self.body = body
        self.allow_paid = allow_paid
        self.limit = limit
        self.push_output = push_output
        self.output_path = output_path

    @classmethod
    def endpoints(cls, version: str) -> frozenset[str]:
        there = (endpoint.name for endpoint in ENDPOINTS.values() if version in endpoint.paths)
        return frozenset(there) - _ELSEWHERE.keys()

    def execute(self, context: Context) -> Any:
        client = self.client()
        with airflow_errors():
            endpoint = self._checked(client.api_version)
        request = Request(endpoint.name, tuple(self.path_args), self.query or {}, self.revealed("body"))
        with airflow_errors():
            request.check(client.api_version)
        instead = " or ".join(REPLACED_BY.get(endpoint.name) or ("another way, since nothing replaces it",))
        warn_deprecated(self.log, endpoint.name, client.api_version, instead)
        if endpoint.verb.startswith("create") and not endpoint.repeatable:
            answer, made = self._once(context, client, endpoint, request)
            if answer is None:
                self.log.warning("Of what an earlier try made only the id is known.")
                return made
        elif endpoint.verb == "list":
            rows = client.iterate(request.endpoint, *request.ids, query=request.query)
            found = list(islice(rows, self.limit + 1))
            answer, more = found[: self.limit], len(found) > self.limit
            context["ti"].xcom_push(key=MORE_KEY, value=more)
        else:
            answer = request.send(client)
        with airflow_errors():
            return self._returned(endpoint, answer)

    def _checked(self, version: str) -> Endpoint:
        endpoint = find(self.endpoint)
        endpoint.path(version)
        if endpoint.name in _ELSEWHERE:
            raise ExtendInputError(
                f"{endpoint.name} is not called in this way: {_ELSEWHERE[endpoint.name]}. Nothing was sent."
            )
        if endpoint.rate_class == RUN and not self.allow_paid:
            raise ExtendInputError(
                f"{endpoint.name} starts a run, which Extend charges for. An operator of its own takes such a run up "
                "again, waits for it and cancels it; set allow_paid=True to start it without. Nothing was sent."
            )
        if isinstance(self.path_args, str):
            raise ExtendInputError(
                f"path_args is {self.path_args!r}: expected a list of ids. Nothing was sent."
            )
        if endpoint.method != "POST" and self.revealed("body") is not None:
            raise ExtendInputError(
                f"{endpoint.name} takes no body: its parameters go into query. Nothing was sent."
            )
        check_limit(self.limit)
        return endpoint

    def _once(
        self, context: Context, client: ExtendClient, endpoint: Endpoint, request: Request
    ) -> tuple[Any, Any]:
        """The answer, None where an earlier try had it; and what was made, as far as its id tells it."""
        answers: list[Any] = []

        def create(token: str, value: Any) -> dict[str, str]:
            answer = request.send(client)
            answers.append(answer)
            return {"id": ",".join(_ids_of(answer))}

        submission = Submission(
            what=endpoint.name,
            parts={"endpoint": endpoint.name, "ids": list(request.ids), "body": unsigned(request.body)},
            prepare=lambda: Prepared(runs=_runs(request.body) if endpoint.rate_class == RUN else 0),
            create=create,
            keep=lambda made: True,
            account=fingerprints.of([client.settings.base_url, client.settings.workspace_id])[:16],
            done="paid for" if endpoint.rate_class == RUN else "made",
        )
        receipt = submit_once(context, submission, self.log)
        ids = receipt.id.split(",")
        # The envelope of an answer that is a list is a plural.
        several = (endpoint.envelopes[client.api_version] or "").endswith("s")
        made = [{"id": each} for each in ids] if several else {"id": receipt.id}
        return (answers[-1] if receipt.answer is not None else None), made

    def _returned(self, endpoint: Endpoint, answer: Any) -> Any:
        plain = shown(endpoint.name, answer)
        if self.output_path:
            write_answer(self.output_path, {endpoint.name: plain})
        if may_hold_content(endpoint.name) and not self.push_output:
            plain = state_of(plain)
        if endpoint.verb == "list":
            check_size(plain, "Lower limit, or set output_path to keep all.")
        elif json_size(plain) > XCOM_LIMIT:
            self.log.warning("The answer is too large for XCom: what tells its state is returned.")
            if isinstance(plain, list):  # of what was made: that is done, whatever its size
                return {"ids": [row.get("id") for row in plain][:_MOST_IDS], "truncated": True}
            plain = state_of(plain) | {"truncated": True}
        return plain


def _ids_of(answer: Any) -> list[str]:
    """Ids of what a create has made.

    :raises ExtendAnswerError: there is none, so that it is in doubt what was made.
    """
    rows = answer if isinstance(answer, list) else [answer]
    ids = [row.get("id") or row.get("batchId") for row in rows if isinstance(row, Mapping)]
    named = [each for each in ids if isinstance(each, str)]
    if not named or len(named) < len(rows):
        raise ExtendAnswerError("Extend's answer to a create has no id", status=200)
    return named


def _runs(body: Any) -> int:
    """How many runs a create starts: one for each input of a batch, and for each file of the older workflow runs."""
    named = body if isinstance(body, Mapping) else {}
    several = sum(
        len(named[key]) for key in ("inputs", "files", "rawTexts") if isinstance(named.get(key), list)
    )
    return max(several, 1)
