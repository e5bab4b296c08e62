"""`client.<resource>.<verb>(...)`: what goes on the wire, what is refused, and what `help()` and editors see."""

import csv
import inspect
import io
import json
import pydoc
import re
import warnings
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from airflow_provider_extend import resources
from airflow_provider_extend.api import deprecations
from airflow_provider_extend.api.deprecations import ExtendDeprecationWarning
from airflow_provider_extend.api.endpoints import ENDPOINTS
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.exceptions import as_airflow

API = "https://api.extend.ai"
DATA = Path(__file__).parent.parent / "data"
V2024, V2025, V2026 = "2024-12-23", "2025-04-21", "2026-02-09"


def read(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="") as file:
        return list(csv.DictReader(file))


CALLS = read("endpoints.csv")
PARAMETERS: dict[tuple[str, str, str], list[dict[str, str]]] = {}
for _row in read("parameters.csv"):
    PARAMETERS.setdefault((_row["version"], _row["method"], _row["path"]), []).append(_row)
NAMES = {(v, e.method, path): name for name, e in ENDPOINTS.items() for v, path in e.paths.items()}

#: Left out, since it excludes what is sent beside it.
EXCLUDED = {
    "/extract_runs": {"package", "config"},
    "/extract": {"package", "config"},
    "/edit_runs": {"templateId"},
    "/edit": {"templateId"},
    "/extractors": {"generate"},
    "/processor_runs": {"rawText"},
    "/workflow_runs": {"rawTexts", "package"},
}
VALUES = {
    "priority": 7,
    "maxPageSize": 50,
    "sync": True,
    "rawText": True,
    "markdown": False,
    "html": True,
    "metadata": {"order": 7},
    "inputs": [{"file": "<file>"}],
    "files": [{"fileId": "<fileId>"}],
    "items": [{"fileId": "<fileId>", "expectedOutput": {}}],
}
ENVELOPE_OF_MANY = {"evaluationSetItems", "workflowRuns"}


@pytest.fixture(autouse=True)
def nothing_was_said(monkeypatch):
    monkeypatch.setattr(deprecations, "_WARNED", {})


def verb_of(client, name):
    resource, verb = name.split(".")
    return getattr(getattr(client, resource), verb)


def snake(name):
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def wanted(key):
    """Documented parameters of a call that go together, each with a value: (query, body)."""
    parts = {"query": {}, "body": {}}
    for row in PARAMETERS.get(key, []):
        name = row["parameter"]
        if key[1] == "GET" or name not in EXCLUDED.get(key[2], ()):
            value = VALUES.get(name, f"<{name}>") if name != "rawText" or key[1] == "GET" else "<rawText>"
            parts[row["in"]][name] = value
    return parts["query"], parts["body"]


def answered(requests_mock, documented):
    envelope = documented["envelope"]
    listed = documented["method"] == "GET" and not documented["path"].endswith("}")
    result = [{"id": "r"}] if listed or envelope in ENVELOPE_OF_MANY else {"id": "r"}
    body = {"id": "r", **({envelope: result} if envelope else {})}
    requests_mock.register_uri(documented["method"], re.compile(re.escape(API)), json=body)


@pytest.mark.filterwarnings("ignore::airflow_provider_extend.api.deprecations.ExtendDeprecationWarning")
@pytest.mark.parametrize(
    "documented",
    [c for c in CALLS if c["path"] != "/files/upload"],
    ids=lambda c: f"{c['version']} {c['method']} {c['path']}",
)
def test_every_call_goes_on_the_wire_as_documented(make_client, requests_mock, documented):
    key = (documented["version"], documented["method"], documented["path"])
    answered(requests_mock, documented)
    fields = re.findall(r"\{(\w+)\}", documented["path"])
    ids = [f"{field}_1" for field in fields]
    query, body = wanted(key)
    client = make_client(api_version=documented["version"])
    result = verb_of(client, NAMES[key])(*ids, **{snake(k): v for k, v in (query | body).items()})
    if NAMES[key].endswith(".list"):
        assert list(result) == [{"id": "r"}]
    sent = requests_mock.last_request
    path = documented["path"]
    for field, value in zip(fields, ids, strict=True):
        path = path.replace(f"{{{field}}}", value)
    assert (sent.method, sent.url.partition("?")[0]) == (documented["method"], API + path)
    assert parse_qs(urlsplit(sent.url).query) == {
        k: [json.dumps(v) if isinstance(v, bool) else str(v)] for k, v in query.items()
    }
    assert (json.loads(sent.body) if sent.body else {}) == body
    assert requests_mock.call_count == 1


@pytest.mark.parametrize(
    ("version", "given", "query", "fields"),
    [
        (V2024, {}, {}, ["file"]),
        (V2025, {"convert_to_pdf": True}, {"converttopdf": ["true"]}, ["file"]),
        (
            V2026,
            {"convert_to_pdf": False, "password": "p"},
            {"converttopdf": ["false"]},
            ["password", "file"],
        ),
    ],
)
def test_an_upload_goes_on_the_wire_as_documented(make_client, requests_mock, version, given, query, fields):
    sent = []

    def answer(request, context):
        sent.append(request.body.read())
        return {"file": {"id": "f"}, "id": "f"}

    requests_mock.post(f"{API}/files/upload", json=answer)
    client = make_client(api_version=version)
    assert client.files.upload(io.BytesIO(b"content"), name="a.txt", **given)["id"] == "f"
    assert requests_mock.last_request.qs == query
    assert re.findall(rb'form-data; name="(\w+)"', sent[0]) == [field.encode() for field in fields]
    assert b'filename="a.txt"' in sent[0]
    assert b"content" in sent[0]


def test_an_upload_is_checked_before_anything_is_sent(make_client, requests_mock, tmp_path):
    client = make_client(api_version=V2024)
    for call in (
        lambda: client.files.upload(),
        lambda: client.files.upload("a", "b"),
        lambda: client.files.upload(tmp_path / "a", convert_to_pdf=True),
        lambda: client.files.upload(tmp_path / "a", naem="x"),
    ):
        with pytest.raises(ExtendInputError, match=r"files\.upload"):
            call()
    assert requests_mock.call_count == 0


# --- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda c: c.extract_runs.create(extracter={}, file={}), "Did you mean extractor"),
        (lambda c: c.extract_runs.create(), "exactly one of file, package"),
        (lambda c: c.extractors.create(), "name must be given"),
        (lambda c: c.files.list(sort_by="createdAt"), "2024-12-23 has it"),
        (lambda c: c.files.create(name="n"), "does not exist in Extend API version 2026-02-09"),
        (lambda c: c.files.retrieve(), r"takes 1 id\(s\)"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_the_callers_own_kind_of_error(
    make_client, requests_mock, call, told
):
    with pytest.raises(ExtendInputError, match=told):
        call(make_client())
    with pytest.raises(Exception, match=told) as caught:
        call(make_client(translate=as_airflow))
    assert isinstance(caught.value.error, ExtendInputError)
    assert requests_mock.call_count == 0


def test_a_list_is_refused_when_it_is_called_not_when_it_is_read(client):
    with pytest.raises(ExtendInputError, match="no parameter 'page'"):
        client.files.list(page=2)
    with pytest.raises(ExtendInputError, match=r"extractor_versions\.list takes 1 id"):
        client.extractor_versions.list()


def test_a_body_that_could_hold_something_is_sent_empty(client, requests_mock):
    requests_mock.post(re.compile(re.escape(API)), json={"id": "x"})
    client.workflow_versions.create("w")
    assert requests_mock.last_request.json() == {}
    client.workflow_runs.cancel("w")
    assert requests_mock.last_request.body is None


def test_what_extend_makes_of_it_is_told_at_the_callers_line_and_it_is_sent(client, requests_mock):
    requests_mock.post(f"{API}/workflow_runs/w", json={"id": "w"})
    with pytest.warns(UserWarning, match="'team a' as 'teama'") as said:
        client.workflow_runs.update("w", metadata={"extend:usage_tags": ["team a"]})
    assert [each.filename for each in said] == [__file__]
    assert requests_mock.last_request.json() == {"metadata": {"extend:usage_tags": ["team a"]}}


def test_call_sends_what_the_table_does_not_know(client, requests_mock):
    requests_mock.post(f"{API}/extract_runs", json={"id": "exr_1"})
    client.call("extract_runs.create", body={"newer": 1})
    assert requests_mock.last_request.json() == {"newer": 1}


def test_a_list_begins_with_the_page_that_is_asked_for(client, requests_mock):
    requests_mock.get(f"{API}/files", json={"object": "list", "data": [{"id": "c"}]})
    assert list(client.files.list(next_page_token="t2")) == [{"id": "c"}]
    assert requests_mock.last_request.url.endswith("?nextPageToken=t2")


# --- deprecation -----------------------------------------------------------------------------------------


def test_a_deprecated_endpoint_warns_once_at_the_callers_line(client, requests_mock):
    requests_mock.post(f"{API}/processors", json={"success": True, "processor": {"id": "dp_1"}})
    with pytest.warns(ExtendDeprecationWarning) as said:
        assert [client.processors.create(name="n", type="EXTRACT") for _ in "ab"] == [{"id": "dp_1"}] * 2
    assert len(said) == 1
    assert "use extractors.create, classifiers.create or splitters.create" in str(said[0].message)
    assert said[0].filename == __file__


def test_neither_an_older_version_nor_call_warns(make_client, requests_mock):
    requests_mock.post(f"{API}/processors", json={"success": True, "processor": {"id": "dp_1"}})
    requests_mock.get(f"{API}/batch_processor_runs/b", json={"batchProcessorRun": {"id": "b"}})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_client(api_version=V2025).processors.create(name="n", type="EXTRACT")
        make_client().call("processors.create", body={"name": "n", "type": "EXTRACT"})
        make_client().call("batch_processor_runs.retrieve", "b")


# --- what is seen of them --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "name"),
    [(version, name) for name, endpoint in ENDPOINTS.items() for version in endpoint.paths],
)
def test_the_signature_is_that_of_the_documentation(make_client, version, name):
    method = verb_of(make_client(api_version=version), name)
    parameters = inspect.signature(method).parameters.values()
    keywords = {p.name: p.default is p.empty for p in parameters if p.kind is p.KEYWORD_ONLY}
    endpoint = ENDPOINTS[name]
    key = (version, endpoint.method, endpoint.paths[version])
    documented = {
        snake(row["parameter"]): row["required"] == "yes"
        for row in PARAMETERS.get(key, [])
        if (name, row["parameter"]) != ("files.upload", "file")
    }
    if name == "files.upload":
        documented["name"] = False
    assert keywords == documented
    positional = [p.name for p in parameters if p.kind is p.POSITIONAL_ONLY]
    ids = re.findall(r"\{\w+\}", endpoint.paths[version])
    assert len(positional) == (1 if name == "files.upload" else len(ids))


@pytest.mark.parametrize("name", ENDPOINTS)
def test_help_has_versions_paths_and_parameters(client, name):
    method = verb_of(client, name)
    text = pydoc.render_doc(method, renderer=pydoc.plaintext)
    endpoint = ENDPOINTS[name]
    for version, path in endpoint.paths.items():
        assert version in text
        assert f"{endpoint.method} {path}" in text
        for row in PARAMETERS.get((version, endpoint.method, path), []):
            if (name, row["parameter"]) != ("files.upload", "file"):
                assert f":param {snake(row['parameter'])}: " in text
    assert ":raises ExtendInputError:" in text
    assert ("Deprecated in" in text) is bool(endpoint.deprecated)
    assert ("costs money" in text) is (endpoint.rate_class == "RUN")


def test_help_has_units_limits_and_what_excludes_what(client):
    text = inspect.getdoc(client.extract_runs.create)
    assert text.startswith("Start an extract run; it goes on after the answer.\n")
    assert ":param priority: lower numbers first, default 50; 1 to 100." in text
    assert "at most 10 KB as JSON" in text
    assert "`extend:usage_tags`" in text
    assert "Exactly one of file, package." in text
    assert ":raises ExtendUsageBlocked:" in text
    split = inspect.getdoc(client.workflow_runs.create)
    assert ":param workflow_id: (2024-12-23, 2025-04-21) required; id of the workflow." in split
    assert "(2024-12-23, 2025-04-21) Exactly one of files, raw_texts." in split
    assert "Deprecated in 2026-02-09: use extractors.create, classifiers.create or splitters.create." in (
        inspect.getdoc(client.processors.create)
    )


def test_help_of_a_resource_has_its_verbs(client):
    text = pydoc.render_doc(client.batch_runs, renderer=pydoc.plaintext)
    assert "class BatchRuns" in text
    assert "Read a batch run." in text


def test_a_method_knows_its_name_and_can_be_passed_on(client, requests_mock):
    requests_mock.get(f"{API}/files/f", json={"id": "f"})
    method = client.files.retrieve
    assert (method.__name__, method.__qualname__, method.__module__) == (
        "retrieve",
        "Files.retrieve",
        "airflow_provider_extend.resources",
    )
    assert list(map(method, ["f"])) == [{"id": "f"}]


def test_the_classes_that_the_types_name_are_there(client):
    assert isinstance(client.extract_runs, resources.ExtractRuns)
    assert isinstance(client, resources.Resources)
    assert not isinstance(client.files, resources.ExtractRuns)
    with pytest.raises(AttributeError, match="no attribute 'Invoices'"):
        resources.Invoices  # noqa: B018


def test_a_client_shows_its_resources(client):
    shown = set(dir(client))
    assert {endpoint.resource for endpoint in ENDPOINTS.values()} < shown
    assert {"call", "iterate", "upload"} < shown
