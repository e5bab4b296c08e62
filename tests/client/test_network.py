"""TLS, proxies, .netrc and addresses: what the surroundings may change and what not."""

import pytest
import requests

from airflow_provider_extend.api.errors import ExtendConnectionError, ExtendError, ExtendInputError
from airflow_provider_extend.api.retry import in_doubt

API = "https://api.extend.ai"


# --- TLS -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("environment", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", None])
def test_verification_switched_off_stays_off_whatever_the_environment_says(
    make_client, requests_mock, monkeypatch, tmp_path, environment
):
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    if environment:
        monkeypatch.setenv(environment, str(bundle))
    requests_mock.get(f"{API}/files/f", json={})
    requests_mock.post(f"{API}/extract_runs", json={"id": "exr_1"})
    client = make_client(verify=False, allowed_hosts=("api.extend.ai",))
    client.files.retrieve("f")
    client.extract_runs.create(file={"id": "f"})
    assert [request.verify for request in requests_mock.request_history] == [False, False]


def test_verification_can_be_switched_off_only_for_hosts_that_the_administrator_named(
    make_client, requests_mock
):
    with pytest.raises(
        ExtendInputError, match=r"certificate off .*\[extend\] allowed_hosts.*https://api.extend.ai"
    ):
        make_client(verify=False)
    with pytest.raises(ExtendInputError, match="Nothing was sent"):
        make_client(verify=False, allowed_hosts=("other.example.com",))
    assert requests_mock.call_count == 0


def test_a_company_bundle_of_the_environment_is_used_for_verification(
    make_client, requests_mock, monkeypatch, tmp_path
):
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    requests_mock.get(f"{API}/files/f", json={})
    make_client().files.retrieve("f")
    assert requests_mock.last_request.verify == str(bundle)


def test_certificates_are_verified_by_default(client, requests_mock, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    requests_mock.get(f"{API}/files/f", json={})
    client.files.retrieve("f")
    assert requests_mock.last_request.verify is True


def test_a_certificate_that_does_not_verify_is_named_and_nothing_was_sent(client, requests_mock):
    cause = requests.exceptions.SSLError(
        "HTTPSConnectionPool(host='api.extend.ai', port=443): SSLCertVerificationError(1, 'self-signed')"
    )
    requests_mock.post(f"{API}/extract_runs", exc=cause)
    with pytest.raises(
        ExtendConnectionError, match=r"certificate could not be verified .*'Verify TLS'"
    ) as caught:
        client.extract_runs.create(file={"id": "f"})
    assert not caught.value.sent


# --- proxies ---------------------------------------------------------------------------------------------


def test_the_proxy_of_the_connection_is_used(make_client, serve, no_proxy_environment):
    server, proxy = serve(), serve(lambda _: (200, {}, b'{"id": "via proxy"}'))
    client = make_client(server.url, proxy=proxy.url)
    assert client.files.retrieve("f") == {"id": "via proxy"}
    assert client.extract_runs.create(file={"id": "f"}) == {"id": "via proxy"}
    assert proxy.asked == [f"GET {server.url}/files/f", f"POST {server.url}/extract_runs"]
    assert server.asked == []


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_the_proxy_of_the_connection_goes_before_that_of_the_environment(
    make_client, serve, no_proxy_environment, name
):
    server, mine, other = serve(), serve(), serve()
    no_proxy_environment.setenv(name, other.url)
    make_client(server.url, proxy=mine.url).files.retrieve("f")
    assert (len(mine.asked), len(other.asked), len(server.asked)) == (1, 0, 0)


def test_without_one_the_proxy_of_the_environment_is_used(make_client, serve, no_proxy_environment):
    server, proxy = serve(), serve()
    no_proxy_environment.setenv("http_proxy", proxy.url)
    make_client(server.url).files.retrieve("f")
    assert (len(proxy.asked), len(server.asked)) == (1, 0)
    no_proxy_environment.setenv("no_proxy", "127.0.0.1")
    make_client(server.url).files.retrieve("f")
    assert (len(proxy.asked), len(server.asked)) == (1, 1)


def test_a_proxy_that_cannot_be_reached_is_named_and_nothing_was_sent(make_client, no_proxy_environment):
    with pytest.raises(
        ExtendConnectionError, match=r"the proxy cannot be reached or refused.*NO_PROXY"
    ) as caught:
        make_client(proxy="http://127.0.0.1:1").call("extract_runs.create", body={}, attempts=1)
    assert not caught.value.sent
    assert "Extend was not reached" in str(caught.value)


def test_a_proxy_that_opens_no_tunnel_has_sent_nothing_to_extend(
    make_client, serve, no_proxy_environment, key
):
    proxy = serve(lambda _: (407, {}, b"who are you?"))
    with pytest.raises(ExtendConnectionError, match="the proxy cannot be reached or refused") as caught:
        make_client(proxy=proxy.url).call("extract_runs.create", body={}, attempts=1)
    assert proxy.asked == ["CONNECT api.extend.ai:443"]
    assert "authorization" not in proxy.requests[0].headers
    assert not in_doubt(caught.value)


@pytest.mark.parametrize(
    "proxy", ["http://", "http://[bad", "http://127.0.0.1:99999", "::::", "foo bar", "http://a..b:3128"]
)
def test_a_proxy_that_is_no_address_is_an_error_of_this_package(make_client, no_proxy_environment, proxy):
    with pytest.raises(ExtendError):
        make_client(proxy=proxy).call("files.list", attempts=1)


@pytest.mark.parametrize("proxy", ["gopher://127.0.0.1:1", "socks5://127.0.0.1:1"])
def test_a_kind_of_proxy_that_is_not_supported_leaves_no_paid_call_in_doubt(
    make_client, no_proxy_environment, proxy
):
    with pytest.raises(ExtendError) as caught:
        make_client(proxy=proxy).call("extract_runs.create", body={}, attempts=1)
    assert not in_doubt(caught.value)
    assert not caught.value.paid_in_doubt


# --- .netrc ----------------------------------------------------------------------------------------------


def test_a_netrc_entry_of_the_host_does_not_replace_the_key(make_client, serve, monkeypatch, tmp_path, key):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(lambda _: (200, {}, b'{"id": "exr_1"}'))
    assert requests.get(server.url, timeout=5).status_code == 200
    assert server.requests[0].headers["authorization"].startswith("Basic "), "the test's entry is not read"
    client = make_client(server.url)
    client.files.retrieve("f")
    client.extract_runs.create(file={"id": "f"})
    assert [r.headers["authorization"] for r in server.requests[1:]] == [f"Bearer {key}"] * 2


# --- addresses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["https://api..extend.ai", "https://" + "a" * 64 + ".extend.ai", "https://.extend.ai"]
)
def test_a_mistyped_host_is_an_error_of_this_package_and_nothing_was_sent(
    make_client, no_proxy_environment, host
):
    with pytest.raises((ExtendConnectionError, ExtendInputError)) as caught:
        make_client(host).call("extract_runs.create", body={}, attempts=1)
    assert not in_doubt(caught.value)


def test_a_base_url_may_end_with_a_slash(make_client, serve):
    server = serve(lambda _: (200, {}, b"{}"))
    make_client(f"{server.url}/").files.retrieve("f")
    assert server.asked == ["GET /files/f"]


def test_a_base_url_may_hold_a_path(make_client, serve):
    server = serve(lambda _: (200, {}, b"{}"))
    make_client(f"{server.url}/extend").files.retrieve("f")
    assert server.asked == ["GET /extend/files/f"]
