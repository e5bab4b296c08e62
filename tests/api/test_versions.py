"""Which address is asked, and which may be sent the key."""

import pytest

from airflow_provider_extend.api.errors import ExtendHostNotAllowed, ExtendInputError
from airflow_provider_extend.api.versions import base_url, check_api_version, check_host

V2024, V2025, V2026 = "2024-12-23", "2025-04-21", "2026-02-09"


@pytest.mark.parametrize(
    ("version", "region", "url"),
    [
        (V2024, None, "https://api-prod.extend.app"),
        (V2024, "us", "https://api-prod.extend.app"),
        (V2024, "eu", "https://api.eu1.extend.ai"),
        (V2025, None, "https://api.extend.ai"),
        (V2026, None, "https://api.extend.ai"),
        (V2026, "us", "https://api.extend.ai"),
        (V2026, "us2", "https://api.us2.extend.app"),
        (V2026, "eu", "https://api.eu1.extend.ai"),
    ],
)
def test_version_and_region_choose_the_documented_host(version, region, url):
    assert base_url(version, region=region) == url
    check_host(url)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("api.extend.ai", "https://api.extend.ai"),
        ("https://api.extend.ai/", "https://api.extend.ai"),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("https://proxy.example.com/extend/", "https://proxy.example.com/extend"),
    ],
)
def test_a_host_goes_before_version_and_region(host, url):
    assert base_url(V2024, host=host, region="eu") == url


def test_an_unknown_region_or_version_names_the_known_ones():
    with pytest.raises(ExtendInputError, match="region 'mars' is unknown: use one of us, us2, eu"):
        base_url(V2026, region="mars")
    with pytest.raises(
        ExtendInputError, match=r"'2026-02-10' is not supported: .*2024-12-23, 2025-04-21, 2026-02-09"
    ):
        check_api_version("2026-02-10")
    assert check_api_version(V2024) == V2024


@pytest.mark.parametrize(
    "host",
    [
        "ftp://api.extend.ai",
        "https://user:sk_secret@api.extend.ai",
        "https://api.extend.ai?key=sk_secret",
        "https://api.extend.ai#sk_secret",
        "https://api.extend.ai:port",
        "https://api.extend.ai:99999",
        "api.extend.ai\\sk_secret",
        "api.extend.ai sk_secret",
        "api.extend.ai\n",
        "https://",
        "https://[::1",
    ],
)
def test_a_host_that_is_no_address_is_refused_without_being_shown(host):
    with pytest.raises(ExtendInputError, match="is no address") as caught:
        base_url(V2026, host=host)
    assert "sk_secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["https://api.extend.ai", "https://API.EXTEND.AI", "https://extend.ai", "https://api.us2.extend.app",
     "https://api.extend.ai:8443", "https://api.eu1.extend.ai/path"],
)  # fmt: skip
def test_extends_own_domains_are_sent_the_key_over_https(url):
    check_host(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil-extend.ai",
        "https://evilextend.app",
        "https://api.extend.ai.evil.com",
        "https://extend.ai.",
        "https://api.extend.ai@evil.com",
        "https://evil.com/@api.extend.ai",
        "https://evil.com\\@api.extend.ai",
        "https://evil.com\\.extend.ai",
        "https://evil.com#.extend.ai",
        "https://evil.com?.extend.ai",
        "https://evil.com/.extend.ai",
        "https://api.extend.ai:x@evil.com",
        "https://api.extend.ai\t.evil.com",
        "https://evil.com\uff0f.extend.ai",
        "https://127.0.0.1",
        "http://127.0.0.1:8000",
        "http://localhost",
        "http://[::1]:8000",
        "https://api.extend.com",
        "//api.extend.ai",
        "api.extend.ai",
        "",
        "https://",
    ],
)
def test_no_other_address_is_sent_the_key(url):
    with pytest.raises(ExtendHostNotAllowed) as caught:
        check_host(url)
    assert "Nothing was sent" in str(caught.value)
    assert caught.value.is_permanent()


@pytest.mark.parametrize("url", ["http://api.extend.ai", "http://api.us2.extend.app:80"])
def test_plain_http_is_refused_even_to_extend(url):
    with pytest.raises(ExtendHostNotAllowed, match="plain http would show the API key"):
        check_host(url)


def test_the_refusal_names_the_host_and_the_setting():
    with pytest.raises(ExtendHostNotAllowed) as caught:
        check_host("https://gateway.example.com:8443/x")
    for words in ("'https://gateway.example.com:8443'", "allowed_hosts", "AIRFLOW__EXTEND__ALLOWED_HOSTS"):
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "url", "allowed"),
    [
        ("gateway.example.com", "https://gateway.example.com", True),
        ("GATEWAY.example.com", "https://gateway.EXAMPLE.com", True),
        ("gateway.example.com", "https://gateway.example.com:8443", True),
        ("gateway.example.com", "http://gateway.example.com", False),
        ("gateway.example.com", "https://sub.gateway.example.com", False),
        ("gateway.example.com", "https://gateway.example.com.evil.com", False),
        ("gateway.example.com", "https://x@gateway.example.com", False),
        ("gateway.example.com:8443", "https://gateway.example.com:8443", True),
        ("gateway.example.com:8443", "https://gateway.example.com", False),
        ("gateway.example.com:443", "https://gateway.example.com", True),
        ("https://gateway.example.com", "https://gateway.example.com", True),
        ("http://gateway.example.com", "http://gateway.example.com", True),
        ("http://gateway.example.com:80", "http://gateway.example.com", True),
        ("http://gateway.example.com", "https://gateway.example.com", False),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765", True),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8766", False),
        ("127.0.0.1", "http://127.0.0.1:8000", True),
        ("localhost", "http://localhost:8000", True),
        ("[::1]", "http://[::1]:8000", True),
        ("127.0.0.1", "http://127.0.0.2:8000", False),
        ("127.0.0.1", "http://localhost:8000", False),
        ("http://api.extend.ai", "http://api.extend.ai", True),
        ("*", "https://evil.com", False),
        ("not a host", "https://evil.com", False),
        ("", "https://evil.com", False),
        ("gateway.example.com:port", "https://gateway.example.com", False),
    ],
)
def test_the_administrators_list_allows_what_it_says_and_no_more(entry, url, allowed):
    if allowed:
        check_host(url, ["other.example.com", entry])
    else:
        with pytest.raises(ExtendHostNotAllowed):
            check_host(url, ["other.example.com", entry])
