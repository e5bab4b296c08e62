"""Signatures of deliveries: made here from the text of the documentation, and once by openssl."""

from __future__ import annotations

import json
import random
import traceback
from email.message import Message
from typing import Any

import pytest

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.webhooks import (
    ExtendWebhookRefused,
    parse_event,
    receive_event,
    verify_signature,
)
from tests.api.deliveries import BODY, NOW, SECRET, V2026, signature, signed


def refused(reason: str, body: Any = BODY, headers: Any = None, secrets: Any = SECRET, **more: Any) -> str:
    """The message of the refusal; it holds nothing of what must stay secret."""
    with pytest.raises(ExtendWebhookRefused) as caught:
        verify_signature(body, signed() if headers is None else headers, secrets, **{"now": NOW} | more)
    assert caught.value.reason == reason
    assert caught.value.is_permanent()
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.context)
    for secret in (SECRET, "exr_", "event_1", signature(SECRET, str(NOW), BODY)):
        assert secret not in shown
    return str(caught.value)


# -------------------------------------------------------------------------------------------------- the signature


@pytest.mark.parametrize(
    ("secret", "timestamp", "body", "openssl"),
    [
        ("wss_test", "1700000000", b'{"eventId":"event_1"}',
         "2a75569fdd182ae7084ad79755e174fcf4841c793eb94a63ace347ca10bf4ff6"),
        (SECRET, "1764000000", '{"eventId":"event_é€","n":1.0}\n'.encode(),
         "40c17527f747522c6dff4935dabfd2d53d703af251b3793c55339b37ba7582ef"),
        ("k", "0", b"",
         "3ecb0ac76c5134b5d5e5d175ed0d7363f297d5c68ab9b33ff2a3dc66367547b8"),
    ],
)  # fmt: skip
def test_signatures_that_openssl_made(secret: str, timestamp: str, body: bytes, openssl: str) -> None:
    headers = {"x-extend-request-timestamp": timestamp, "x-extend-request-signature": openssl}
    assert verify_signature(body, headers, secret, now=int(timestamp)) is None
    assert signature(secret, timestamp, body) == openssl


@pytest.mark.parametrize("position", range(len(BODY)))
def test_no_byte_of_the_body_can_be_changed(position: int) -> None:
    flip = 1 << random.Random(position).randrange(8)
    changed = BODY[:position] + bytes([BODY[position] ^ flip]) + BODY[position + 1 :]
    assert "was changed on its way here" in refused("signature", changed)


@pytest.mark.parametrize("changed", [BODY + b"\n", BODY[:-1], b"", b" " + BODY, BODY.replace(b": ", b":")])
def test_a_body_that_was_written_again_is_another_one(changed: bytes) -> None:
    refused("signature", changed)


@pytest.mark.parametrize("position", range(64))
def test_no_digit_of_the_signature_can_be_changed(position: int) -> None:
    right = signature(SECRET, str(NOW), BODY)
    digits = [digit for digit in "0123456789abcdef" if digit != right[position]]
    for digit in random.Random(position).sample(digits, 4):
        wrong = right[:position] + digit + right[position + 1 :]
        refused("signature", headers=signed() | {"X-Extend-Request-Signature": wrong})


@pytest.mark.parametrize("position", range(len(str(NOW))))
def test_no_digit_of_the_timestamp_can_be_changed(position: int) -> None:
    right = str(NOW)
    for digit in set("0123456789") - {right[position]}:
        wrong = right[:position] + digit + right[position + 1 :]
        headers = signed() | {"X-Extend-Request-Timestamp": wrong}
        refused("signature", headers=headers, max_age=None)
    refused("signature", headers=signed() | {"X-Extend-Request-Timestamp": f"0{right}"})


@pytest.mark.parametrize(
    "secrets",
    [SECRET, [SECRET], ["wss_new", SECRET], (SECRET, "wss_old"), {"wss_a", "wss_b", SECRET}, iter([SECRET])],
    ids=lambda value: type(value).__name__,
)
def test_one_of_the_secrets_has_to_fit(secrets: Any) -> None:
    assert receive_event(BODY, signed(), secrets, now=NOW).event_id == "event_1"


@pytest.mark.parametrize(
    "secrets",
    ["wss_other", ["wss_new", "wss_old"], [SECRET.lower()], [SECRET.removeprefix("wss_")], [*SECRET]],
)
def test_and_the_whole_of_it(secrets: Any) -> None:
    count = 1 if isinstance(secrets, str) else len(secrets)
    assert f"fits none of {count} secret(s)" in refused("signature", secrets=secrets)


def test_a_secret_is_a_key_in_utf_8() -> None:
    verify_signature(BODY, signed(secret="schlüssel"), ["schlüssel"], now=NOW)


@pytest.mark.parametrize(
    ("secrets", "count"),
    [
        ([], "0 of 0"),
        ("", "1 of 1"),
        ([SECRET, ""], "1 of 2"),
        ([f"{SECRET}\n"], "1 of 1"),
        ([f" {SECRET}"], "1 of 1"),
        ([SECRET, None], "1 of 2"),
        (None, "1 of 1"),
        ([SECRET.encode()], "1 of 1"),
        (["wss_\ud800"], "1 of 1"),
    ],
)
def test_what_cannot_be_a_secret_is_the_receivers_mistake(secrets: Any, count: str) -> None:
    with pytest.raises(ExtendInputError) as caught:
        verify_signature(BODY, signed(), secrets, now=NOW)
    assert str(caught.value).startswith(f"{count} signing secrets cannot be one")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "body", [BODY.decode(), json.loads(BODY), bytearray(BODY), None], ids=lambda b: type(b).__name__
)
def test_anything_but_bytes_is_the_receivers_mistake(body: Any) -> None:
    with pytest.raises(
        ExtendInputError, match=rf"body is a {type(body).__name__}: expected the bytes as they"
    ) as caught:
        verify_signature(body, signed(), SECRET, now=NOW)
    assert "exr_" not in str(caught.value)
    with pytest.raises(ExtendInputError):
        parse_event(body)


# ------------------------------------------------------------------------------------------------- time and size


@pytest.mark.parametrize(("age", "told"), [(301, "301 s old: 300 s are allowed"), (86_400, "86400 s old")])
def test_an_old_delivery_is_refused(age: int, told: str) -> None:
    assert told in refused("timestamp", now=NOW + age)


@pytest.mark.parametrize(
    ("ahead", "told"), [(61, "61 s ahead of this machine's clock"), (86_400, "86400 s ahead")]
)
def test_one_from_the_future_is_refused(ahead: int, told: str) -> None:
    assert told in refused("timestamp", now=NOW - ahead)


@pytest.mark.parametrize(
    ("age", "max_age"),
    [
        (0, 300),
        (300, 300),
        (299.9, 300),
        (-60, 300),
        (-59.5, 1),
        (3600, 3600),
        (10**8, None),
        (-(10**8), None),
    ],
)
def test_deliveries_in_the_window_are_taken(age: float, max_age: float | None) -> None:
    verify_signature(BODY, signed(), SECRET, now=NOW + age, max_age=max_age)


def test_a_clock_that_gives_no_number_lets_nothing_pass() -> None:
    assert "300 s are allowed" in refused("timestamp", now=float("nan"))


@pytest.mark.parametrize("max_age", [0, -1, -0.5, float("nan")])
def test_no_age_at_all_is_the_receivers_mistake(max_age: float) -> None:
    with pytest.raises(ExtendInputError, match="or None for any age"):
        verify_signature(BODY, signed(), SECRET, now=NOW, max_age=max_age)


def test_the_largest_body_and_one_byte_more() -> None:
    verify_signature(BODY, signed(), SECRET, now=NOW, max_bytes=len(BODY))
    told = refused("size", max_bytes=len(BODY) - 1)
    assert f"has {len(BODY)} bytes: {len(BODY) - 1} are allowed" in told
    assert "16777216 are allowed" in refused("size", b"x" * (16 * 2**20 + 1))


# ------------------------------------------------------------------------------------------------------- headers


def as_message() -> Message:
    message = Message()
    for name, value in signed().items():
        message[name] = value
    return message


@pytest.mark.parametrize(
    "headers",
    [
        {name.lower(): value for name, value in signed().items()},
        {name.upper(): value for name, value in signed().items()},
        {name: [value] for name, value in signed().items()},
        {name: [value, value] for name, value in signed().items()},
        [(name.lower().encode(), value.encode()) for name, value in signed().items()],
        [*signed().items(), *signed().items()],
        as_message(),
        signed(Cookie="a=b", Other=None, Number=3) | {None: "x", 7: "y"},
    ],
    ids=["lower", "upper", "lists", "doubled", "asgi", "pairs", "http.server", "others"],
)
def test_headers_as_frameworks_give_them(headers: Any) -> None:
    assert receive_event(BODY, headers, SECRET, now=NOW).api_version == V2026


@pytest.mark.parametrize("name", ["Timestamp", "Signature"])
@pytest.mark.parametrize("value", [None, "", [], [""], NOW, [NOW]], ids=repr)
def test_a_header_that_is_missing(name: str, value: Any) -> None:
    full = f"X-Extend-Request-{name}"
    told = refused("header", headers=signed() | {full: value})
    assert told == f"The header {full.lower()} is missing."
    rest = {key: value for key, value in signed().items() if key != full}
    assert refused("header", headers=rest) == told


@pytest.mark.parametrize("name", ["Timestamp", "Signature"])
def test_two_values_of_a_header_are_refused_whatever_comes_first(name: str) -> None:
    full = f"X-Extend-Request-{name}"
    right, other = signed()[full], signed(at=NOW + 1)[full]
    for values in ([right, other], [other, right]):
        assert "2 different values" in refused("header", headers=signed() | {full: values})
        assert "2 different values" in refused("header", headers=[*signed().items(), (full.upper(), other)])
        refused("header", headers=signed() | {full: ", ".join(values)})


@pytest.mark.parametrize(
    "value",
    ["now", "-1", "+1764000000", "1_764_000_000", " 1764000000", "1764000000\n", "1764000000.0", "1.764e9", "0x69",
     "١٧٦٤٠٠٠٠٠٠", "1" * 13, "9" * 5000, "1764000000,1764000000"],
)  # fmt: skip
def test_a_timestamp_is_decimal_digits(value: str) -> None:
    told = refused("header", headers=signed(at=value), max_age=None)
    assert (
        told == "The header x-extend-request-timestamp is malformed: expected Unix seconds in decimal digits."
    )


@pytest.mark.parametrize(
    "value",
    [lambda s: s.upper(), lambda s: f"v0={s}", lambda s: s[:-1], lambda s: f"{s}0", lambda s: f"{s}\n",
     lambda s: f" {s}",
     lambda s: "é" * 64, lambda s: "０" * 64, lambda s: "g" * 64, lambda s: bytes.fromhex(s).decode("latin-1"),
     lambda s: s * 1000],
)  # fmt: skip
def test_a_signature_is_64_hexadecimal_digits(value: Any) -> None:
    headers = signed()
    headers["X-Extend-Request-Signature"] = value(headers["X-Extend-Request-Signature"])
    assert "malformed: expected 64 hexadecimal digits in lower case" in refused("header", headers=headers)


def test_bytes_that_are_no_ascii_in_a_header() -> None:
    pairs = [(name.encode(), value.encode()) for name, value in signed().items()]
    refused(
        "header", headers=[(name, b"\xff\xfe" * 32 if b"Sig" in name else value) for name, value in pairs]
    )
    assert receive_event(BODY, [*pairs, (b"\xff\xfe", b"\xff")], SECRET, now=NOW).known


@pytest.mark.parametrize("value", ["latest", "2026-2-9", "2026-02-09\n", "2026-02-09; x", "é"])
def test_a_version_is_a_date(value: str) -> None:
    with pytest.raises(
        ExtendWebhookRefused, match="x-extend-api-version is malformed: expected a date"
    ) as caught:
        receive_event(BODY, signed() | {"X-Extend-Api-Version": value}, SECRET, now=NOW)
    assert caught.value.reason == "header"


def test_two_versions_are_one_too_many() -> None:
    with pytest.raises(ExtendWebhookRefused, match="x-extend-api-version has 2 different values"):
        receive_event(BODY, signed() | {"X-Extend-Api-Version": [V2026, "2025-04-21"]}, SECRET, now=NOW)
