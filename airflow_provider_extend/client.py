"""The one transport to Extend's HTTP API: requests and tenacity, limits, host and redirect checks.

Knows no Airflow: `ExtendHook` makes one from a connection, a script makes one from `ClientSettings`.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

import requests
import tenacity
import urllib3.exceptions

from airflow_provider_extend import __version__
from airflow_provider_extend.api.answers import NOT_JSON, NOTHING, Answer, read_answer
from airflow_provider_extend.api.calls import Call, build, next_page_token, result_of
from airflow_provider_extend.api.endpoints import RUN
from airflow_provider_extend.api.errors import (
    ExtendAnswerError,
    ExtendError,
    ExtendInputError,
    ExtendRateLimited,
)
from airflow_provider_extend.api.files import check_file
from airflow_provider_extend.api.retry import MAX_ATTEMPTS, in_doubt, may_repeat, wait_seconds
from airflow_provider_extend.api.versions import (
    DEFAULT_API_VERSION,
    check_api_version,
    check_host,
    is_allowed_by_admin,
    split_url,
)
from airflow_provider_extend.connection_errors import connection_error
from airflow_provider_extend.multipart import MultipartFile
from airflow_provider_extend.ratelimit import buckets_of
from airflow_provider_extend.resources import Resources

log = logging.getLogger(__name__)

DEFAULT_TIMEOUT = 30.0
_CONNECT_TIMEOUT = 10.0
#: Seconds to connect and to answer: a task that was told to end has five seconds for everything.
_SIGNAL_TIMEOUT = (1.0, 2.0)
_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

Translator = Callable[[ExtendError], Exception]


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Which account, and how to speak to it.

    :param base_url: address of the API; checked against Extend's domains and `allowed_hosts`.
    :param api_key: sent as bearer token; never shown by repr, logs or errors.
    :param api_version: dated version of the API, sent with every request.
    :param workspace_id: needed with organisation keys only.
    :param timeout: seconds for an answer; the connect timeout is at most 10 s of it.
    :param verify: check the server's certificate. Only for hosts that `allowed_hosts` names may it be False:
        whoever edits a connection could otherwise read the key through a proxy of theirs.
    :param proxy: URL of a proxy; None: the environment's.
    :param rates: requests per second by class (`GET`, `WRITE`, `RUN`); default 10 each.
    :param allowed_hosts: entries of `[extend] allowed_hosts`.
    """

    base_url: str
    api_key: str = field(repr=False)
    api_version: str = DEFAULT_API_VERSION
    workspace_id: str | None = None
    timeout: float = DEFAULT_TIMEOUT
    verify: bool = True
    proxy: str | None = field(default=None, repr=False)
    rates: Mapping[str, float] = field(default_factory=dict)
    allowed_hosts: tuple[str, ...] = ()
    user_agent: str = f"airflow-provider-extend/{__version__}"

    def __post_init__(self) -> None:
        check_api_version(self.api_version)
        check_host(self.base_url, self.allowed_hosts)
        if not self.verify and not is_allowed_by_admin(self.base_url, self.allowed_hosts):
            raise ExtendInputError(
                "The Extend connection switches the check of the server's certificate off (verify is false). That "
                f"is honoured only for hosts named in `[extend] allowed_hosts`, and {self.base_url} is not. Nothing "
                "was sent."
            )
        for what, value in (("API key", self.api_key), ("workspace id", self.workspace_id or "")):
            # An HTTP library quotes a header that it refuses, and with it the key: refuse it here instead.
            if not value.isascii() or not value.isprintable() or " " in value:
                raise ExtendInputError(
                    f"The {what} of the Extend connection holds white space or characters that no {what} has "
                    "(often a line break from copying). Paste it again. Nothing was sent."
                )
        if not self.api_key:
            raise ExtendInputError(
                "The Extend connection has no API key: put the key (it starts with 'sk_') into 'API key' "
                "(the connection's password). Nothing was sent."
            )


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file to upload: a path (opened anew for each attempt) or a seekable binary stream.

    :param name: file name as Extend shall show it; default: the path's last part.
    :param password: of a protected PDF (2026-02-09).
    """

    source: Path | BinaryIO
    name: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def file_name(self) -> str:
        return self.name or (self.source.name if isinstance(self.source, Path) else "document")

    @contextmanager
    def opened(self, version: str) -> Iterator[BinaryIO]:
        """The stream at its first byte.

        :param version: of the API that it is sent to.
        :raises ExtendInputError: it cannot be read, is empty, or has a name of a type that Extend does not take.
        """
        named = str(self.source) if isinstance(self.source, Path) else self.file_name
        try:
            stream = self.source.open("rb") if isinstance(self.source, Path) else self.source
            size = stream.seek(0, io.SEEK_END)
            stream.seek(0)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise ExtendInputError(
                f"The file {named!r} cannot be read ({why}). Nothing was uploaded."
            ) from None
        with stream if isinstance(self.source, Path) else nullcontext():
            check_file(self.file_name, size, "upload", version)
            yield stream


class ExtendClient(Resources):
    """Extend's API over HTTP.

    Every endpoint is reached by `call()` with its name in the endpoint table, or as
    `client.<resource>.<verb>(...)`, for instance `client.evaluation_set_runs.create(evaluation_set_id=...)`:
    positional arguments are the ids of the path, keywords what goes into the query and the body, in snake case or in
    the API's own spelling; `help()` of each has them. `client.<resource>.list(...)` iterates over all pages.

    Safe to share between threads: each has its own session.

    :param settings: the account.
    :param translate: turns this package's errors into those of a framework; None raises them as they are.
    :param sleep: for tests.
    """

    def __init__(
        self,
        settings: ClientSettings,
        *,
        translate: Translator | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings
        self._translate = translate
        self._sleep = sleep
        self._local = threading.local()
        account = hashlib.sha256(f"{settings.base_url}\0{settings.api_key}".encode()).hexdigest()
        self._buckets = buckets_of(account, settings.rates)

    def __repr__(self) -> str:
        return f"<ExtendClient {self.settings.base_url} {self.settings.api_version}>"

    @property
    def api_version(self) -> str:
        return self.settings.api_version

    def call(
        self,
        name: str,
        *path_args: str,
        query: Mapping[str, Any] | None = None,
        body: Any | None = None,
        file: FileSource | None = None,
        attempts: int = MAX_ATTEMPTS,
        timeout: float | None = None,
    ) -> Any:
        """Send one request of the endpoint table and return its result, out of its envelope.

        :param name: for instance `files.retrieve`. A list answers its first page; see `iterate`.
        :param path_args: ids of the path, in order.
        :param file: for `files.upload`: streamed, never held in memory.
        :param attempts: calls in all; 1 leaves repeating to the caller.
        :param timeout: seconds, instead of the connection's.
        :raises ExtendError: (or what `translate` makes of it) as drawn in `api.errors`.
        """
        with self.translated():
            call = build(name, self.api_version, *path_args, query=query, body=body)
            answer = self._send(call, file=file, attempts=attempts, timeout=timeout)
            with _marked(call):
                return result_of(call, answer)

    def iterate(
        self, name: str, *path_args: str, query: Mapping[str, Any] | None = None, **how: Any
    ) -> Iterator[dict[str, Any]]:
        """Rows of a list endpoint over all its pages, fetched as they are needed.

        The page token is bound to the query (README section 7): every page is asked for with the same one.

        :param query: its `nextPageToken` is the page to begin with.
        :param how: `attempts` and `timeout` of `call`, for each page.
        :raises ExtendInputError: at once for a name or id that cannot be sent; all else comes with the rows.
        """
        with self.translated():
            call = build(name, self.api_version, *path_args, query=query)
        return self._rows(call, **how)

    def page(
        self, name: str, *path_args: str, query: Mapping[str, Any] | None = None, **how: Any
    ) -> tuple[list[dict[str, Any]], str | None]:
        """One page of a list endpoint: its rows, and the `nextPageToken` of the page after it (None: it is the last).

        :param query: as for `iterate`. :param how: `attempts` and `timeout` of `call`.
        :raises ExtendError: (or its translation) as `call` does.
        """
        with self.translated():
            return self._page(build(name, self.api_version, *path_args, query=query), **how)

    def turn_in(self, rate_class: str) -> float:
        """Seconds until a request of this class (`GET`, `WRITE`, `RUN`) would be sent at once."""
        return self._buckets[rate_class].turn_in()

    @contextmanager
    def together(self, count: int) -> Iterator[None]:
        """Within, this thread sends so many requests one after the other, and need not space them."""
        self._local.together = count
        try:
            yield
        finally:
            self._local.together = 1

    def pace(self, rate_class: str) -> float:
        """Seconds between two requests of this class."""
        return 1.0 / self._buckets[rate_class].rate

    def _page(self, call: Call, **how: Any) -> tuple[list[dict[str, Any]], str | None]:
        answer = self._send(call, **how)
        return result_of(call, answer), next_page_token(answer)

    def _rows(self, call: Call, **how: Any) -> Iterator[dict[str, Any]]:
        seen: set[str] = set()
        while True:
            with self.translated():
                rows, following = self._page(call, **how)
                if following in seen:
                    raise ExtendAnswerError(
                        f"{call}: Extend repeats a page token; the list has no end.", status=200
                    )
            yield from rows
            if following is None:
                return
            seen.add(following)
            call = replace(call, query={**call.query, "nextPageToken": following})

    def prepared(self, name: str, *path_args: str) -> Callable[[], int | None]:
        """One request, without a body, that can be sent from a signal handler.

        What it needs is made now. Sending takes no lock and no turn of a rate limit, repeats nothing and follows no
        redirect; it waits a second for a connection and two for an answer.

        :return: sends it and returns the HTTP status, None where no answer came.
        :raises ExtendInputError: as `call` does for a name or id that cannot be sent.
        """
        with self.translated():
            call = build(name, self.api_version, *path_args)
        session = self._new_session()
        request = session.prepare_request(
            requests.Request(call.endpoint.method, self.settings.base_url + call.path)
        )
        how = session.merge_environment_settings(request.url, {}, False, None, None)

        def send() -> int | None:
            try:
                answer = session.send(request, timeout=_SIGNAL_TIMEOUT, allow_redirects=False, **how)
            except Exception:
                return None
            return answer.status_code

        return send

    def upload(
        self,
        source: str | Path | BinaryIO,
        *,
        name: str | None = None,
        password: str | None = None,
        convert_to_pdf: bool | None = None,
    ) -> dict[str, Any]:
        """Upload a file (POST /files/upload) in constant memory and return the File object.

        :param source: path, or binary stream that can be rewound.
        :param convert_to_pdf: since 2025-04-21.
        :raises ExtendInputError: the file cannot be read, is empty, or has a name of a type that Extend does not take
            (`api.files`).
        """
        path = Path(source) if isinstance(source, str) else source
        result: dict[str, Any] = self.call(
            "files.upload",
            query={"convertToPdf": convert_to_pdf},
            file=FileSource(path, name=name, password=password),
        )
        return result

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Errors raised inside leave as what `translate` makes of them."""
        try:
            yield
        except ExtendError as error:
            if self._translate is None:
                raise
            raise self._translate(error) from error

    def _send(
        self,
        call: Call,
        *,
        file: FileSource | None = None,
        attempts: int = MAX_ATTEMPTS,
        timeout: float | None = None,
    ) -> Any:
        repeatable = call.endpoint.repeatable
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(
                lambda e: isinstance(e, ExtendError) and may_repeat(e, repeatable=repeatable)
            ),
            wait=lambda state: wait_seconds(_failure(state), state.attempt_number),
            stop=tenacity.stop_after_attempt(attempts),
            before_sleep=partial(_log_repeat, call, attempts),
            sleep=self._sleep,
            reraise=True,
        )
        with _marked(call):
            return retrying(self._send_once, call, file, timeout or self.settings.timeout)

    def _send_once(self, call: Call, file: FileSource | None, timeout: float) -> Any:
        bucket = self._buckets[call.endpoint.rate_class]
        if (wait := bucket.reserve(getattr(self._local, "together", 1))) > 0:
            self._sleep(wait)
        try:
            if file is None:
                response = self._exchange(call, timeout, json=call.body)
            else:
                with file.opened(call.version) as stream:
                    fields = {"password": file.password} if file.password else {}
                    data = MultipartFile(stream, file.file_name, fields)
                    headers = {"Content-Type": data.content_type}
                    response = self._exchange(call, timeout, data=data, headers=headers)
            return self._read(call, response)
        except ExtendRateLimited:
            bucket.throttled()
            raise

    def _exchange(self, call: Call, timeout: float, **kwargs: Any) -> requests.Response:
        # A paid create gets a connection of its own: one that the server has just closed while it was idle
        # would leave in doubt whether the run was started.
        session = self._new_session() if call.endpoint.rate_class == RUN else self._session()
        url = self.settings.base_url + call.path
        params: dict[str, Any] | None = dict(call.query)
        try:
            for _ in range(_MAX_REDIRECTS):
                response = session.request(
                    call.endpoint.method,
                    url,
                    params=params,
                    timeout=(min(_CONNECT_TIMEOUT, timeout), timeout),
                    allow_redirects=False,
                    **kwargs,
                )
                redirect = response.status_code in _REDIRECTS and "location" in response.headers
                if not redirect or call.endpoint.method != "GET":
                    return response
                url, params = self._redirected(call, response), None
        except requests.exceptions.InvalidJSONError:
            raise ExtendInputError(
                f"{call}: the body is no JSON, for instance a NaN. Nothing was sent."
            ) from None
        except (requests.RequestException, urllib3.exceptions.LocationParseError, UnicodeError) as error:
            raise connection_error(call, error) from None
        finally:
            if call.endpoint.rate_class == RUN:
                session.close()
        raise ExtendAnswerError(
            f"{call}: redirected more than {_MAX_REDIRECTS} times.", status=response.status_code
        )

    def _redirected(self, call: Call, response: requests.Response) -> str:
        try:
            target = urljoin(response.url, response.headers["location"])
        except ValueError:
            target = ""
        parts = split_url(target)
        if parts is None or _origin(target) != _origin(self.settings.base_url):
            where = repr(parts.hostname) if parts else "no address that is safe to follow"
            raise ExtendAnswerError(
                f"{call}: redirected to another host ({where}); not followed, and the API key was not sent there. "
                "Check the host in the Extend connection.",
                status=response.status_code,
            )
        return target

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self._new_session()
        return session

    def _new_session(self) -> requests.Session:
        session = _Session()
        session.auth = _Bearer(self.settings.api_key)
        session.headers["User-Agent"] = self.settings.user_agent
        session.headers["x-extend-api-version"] = self.settings.api_version
        if self.settings.workspace_id:
            session.headers["x-extend-workspace-id"] = self.settings.workspace_id
        # The environment's proxy and certificates: read once, which is a fifth of what a request costs otherwise. No
        # other host is ever spoken to, and the connection's own proxy wins.
        proxies = dict.fromkeys(("http", "https"), self.settings.proxy) if self.settings.proxy else {}
        around = session.merge_environment_settings(
            self.settings.base_url, proxies, None, self.settings.verify, None
        )
        session.trust_env, session.proxies, session.verify = False, around["proxies"], around["verify"]
        return session

    def _read(self, call: Call, response: requests.Response) -> Any:
        # JSON is UTF-8; guessing the encoding, as requests does, is slow and sometimes wrong.
        text = response.content.decode("utf-8", "replace")
        try:
            body = json.loads(text)
            # After parsing: with a backslash JSON has several spellings for a character, and so for the key.
            if "\\" in text or self.settings.api_key in text:
                body = self._scrubbed(body)
        except (ValueError, RecursionError):
            body = NOT_JSON if text.strip() else NOTHING
        headers = {name.lower(): self._scrubbed(value) for name, value in response.headers.items()}
        return read_answer(call, Answer(response.status_code, headers, body), self.settings.base_url)

    def _scrubbed(self, value: Any) -> Any:
        """Text or JSON without the key, should a server echo it."""
        if isinstance(value, dict):
            return {key: self._scrubbed(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._scrubbed(item) for item in value]
        return value.replace(self.settings.api_key, "***") if isinstance(value, str) else value


class _Session(requests.Session):
    """Leaves redirects alone: even unfollowed, requests would parse them, and raise what is no answer's fault."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class _Bearer(requests.auth.AuthBase):
    """As auth object, not as header: otherwise requests puts a .netrc entry of the host in its place."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


@contextmanager
def _marked(call: Call) -> Iterator[None]:
    """Mark the errors of a paid call that Extend may have carried out: a retry of the task would pay again."""
    try:
        yield
    except ExtendError as error:
        error.paid_in_doubt = call.endpoint.rate_class == RUN and in_doubt(error)
        raise


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _failure(state: tenacity.RetryCallState) -> ExtendError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, ExtendError)
    return error


def _log_repeat(call: Call, attempts: int, state: tenacity.RetryCallState) -> None:
    seconds = state.next_action.sleep if state.next_action else 0.0
    log.info(
        "%s; again in %.1f s (call %d of %d)", _failure(state), seconds, state.attempt_number + 1, attempts
    )
