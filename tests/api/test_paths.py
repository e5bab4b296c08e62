"""Whatever stands in the place of an id, no other path is reached."""

from urllib.parse import unquote, urlsplit

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_extend.api.calls import build
from airflow_provider_extend.api.endpoints import ENDPOINTS
from airflow_provider_extend.api.errors import ExtendInputError

WITH_IDS = [
    (name, version)
    for name, endpoint in ENDPOINTS.items()
    for version in endpoint.paths
    if endpoint.path_parameters(version)
]
ODD = [
    "..",
    ".",
    "a/../b",
    "a%2f..",
    "a?b",
    "a#b",
    "a\\b",
    "a\tb",
    "",
    " ",
    "\u2025",
    "%2e%2e",
    ";x",
    "a" * 256,
    "é",
]
IDS = (
    st.text(min_size=0, max_size=300)
    | st.sampled_from(ODD)
    | st.from_regex(r"[a-z]{2,4}_[A-Za-z0-9_-]{4,24}", fullmatch=True)
)


@settings(max_examples=600, deadline=None, database=None)
@given(where=st.sampled_from(WITH_IDS), ids=st.lists(IDS, min_size=2, max_size=2))
def test_an_id_stays_one_segment_or_is_refused(where, ids):
    name, version = where
    endpoint = ENDPOINTS[name]
    given_ids = ids[: len(endpoint.path_parameters(version))]
    try:
        call = build(name, version, *given_ids)
    except ExtendInputError:
        return
    # As the transport sends it, dots resolved and all.
    sent = urlsplit(requests.Request("GET", "https://api.extend.ai" + call.path).prepare().url)
    template = endpoint.path(version).split("/")
    parts = sent.path.split("/")
    assert (sent.query, sent.fragment, sent.netloc) == ("", "", "api.extend.ai")
    assert len(parts) == len(template)
    left = iter(given_ids)
    for part, declared in zip(parts, template, strict=True):
        assert unquote(part) == (next(left) if declared.startswith("{") else declared)


@pytest.mark.parametrize("odd", [one for one in ODD if one not in ("%2e%2e", ";x", "é", "\u2025")])
def test_what_could_lead_elsewhere_is_refused(odd):
    with pytest.raises(ExtendInputError, match="Nothing was sent"):
        build("files.retrieve", "2026-02-09", odd)
