"""Deliveries of webhooks as Extend's documentation has them signed; nothing here is taken from the package."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

V2024, V2025, V2026 = "2024-12-23", "2025-04-21", "2026-02-09"
NOW = 1_764_000_000
SECRET = "wss_Av9uCQNrCIEe0XpEpsQUVjEJYr4udK9N"
BODY = '{"eventId": "event_1", "eventType": "extract_run.processed", "payload": {"id": "exr_é€", "n": 1.0}}'.encode()


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`v0`, a colon, the timestamp as sent, a colon, the raw body; HMAC-SHA256, keyed with the whole secret; hex."""
    message = b":".join([b"v0", timestamp.encode("utf-8"), body])
    return hmac.new(secret.encode("utf-8"), message, hashlib.sha256).digest().hex()


def signed(body: bytes = BODY, at: int | str = NOW, secret: str = SECRET, **more: Any) -> dict[str, Any]:
    return {
        "X-Extend-Request-Timestamp": str(at),
        "X-Extend-Request-Signature": signature(secret, str(at), body),
        "X-Extend-Api-Version": V2026,
    } | more


def envelope(payload: Any, type_: Any = "extract_run.processed", event_id: Any = "event_1") -> bytes:
    return json.dumps({"eventId": event_id, "eventType": type_, "payload": payload}).encode()
