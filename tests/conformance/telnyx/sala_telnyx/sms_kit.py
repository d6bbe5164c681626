"""How Telnyx speaks, from its documentation and not from the gateway.

Sources: developers.telnyx.com, Receiving Webhooks (events, addresses, a 2xx within 2 seconds, three tries), Webhooks
(the signature), Messaging Error Codes; its library telnyx-python (the statuses). Not tried with an account.
"""

import base64
import json
import time
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sms.kit.wire import HttpSend, HttpWire, Taken
from store.values import Answer, Received

KEY: Final = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
ANOTHER: Final = Ed25519PrivateKey.from_private_bytes(b"a" * 32)


def signed(bare: Received, *, key: Ed25519PrivateKey = KEY, at: float | None = None) -> Received:
    """The same with its signature: Ed25519 over the time, a bar, and the body as it stands."""
    stamp = str(int(time.time() if at is None else at))
    signature = base64.b64encode(key.sign(f"{stamp}|".encode() + bare.body)).decode()
    headers = {"Content-Type": "application/json", "telnyx-signature-ed25519": signature, "telnyx-timestamp": stamp}
    return Received(bare.body, method=bare.method, tail=bare.tail, query=bare.query, headers=headers)


def _event(kind: str, payload: dict[str, Any]) -> Received:
    data = {"event_type": kind, "id": "b301ed3f-1490", "occurred_at": "2026-11-23T05:00:00.000Z", "payload": payload}
    body = {"data": {**data, "record_type": "event"}, "meta": {"attempt": 1, "delivered_to": "https://example.org"}}
    return Received(json.dumps(body, ensure_ascii=False).encode(), tail="sms")


def _heard(name: str, number: str, text: str) -> Received:
    payload = {
        "direction": "inbound",
        "from": {"carrier": "LTC", "line_type": "Wireless", "phone_number": number},
        "id": name,
        "record_type": "message",
        "text": text,
        "to": [{"carrier": "Telnyx", "phone_number": "+13125550001", "status": "webhook_delivered"}],
        "type": "SMS",
    }
    return _event("message.received", payload)


def _sends(asked: Received) -> HttpSend:
    body = json.loads(asked.body)
    if asked.headers.get("Authorization") != "Bearer KEY" or set(body) != {
        "from",
        "to",
        "text",
        "messaging_profile_id",
    }:
        raise ValueError("not as the reference shows it")
    return HttpSend(body["to"], body["text"])


def _report(taken: Taken, status: str) -> Received:
    kind = "message.sent" if status in {"queued", "sending", "sent"} else "message.finalized"
    errors = [{"code": "40001", "title": "Not routable"}] if status.endswith("failed") else []
    to = [{"phone_number": taken.number, "status": status}]
    return signed(_event(kind, {"direction": "outbound", "errors": errors, "id": taken.name, "to": to}))


def _answer(status: int, **fields: Any) -> Answer:
    return Answer(status, json.dumps(fields).encode(), "application/json")


def _error(status: int, code: str, title: str) -> Answer:
    return _answer(status, errors=[{"code": code, "title": title}])


_GOOD: Final = _heard("m1", "+8562055512345", "1")

WIRE: Final = HttpWire(
    settings=lambda url: {
        "url": f"{url}/v2/messages",
        "key": "KEY",
        "public_key": base64.b64encode(KEY.public_key().public_bytes_raw()).decode(),
        "profile": "4000eba1-a0c0-4563",
        "short_codes": ["1999"],
    },
    message=lambda name, number, text: signed(_heard(name, number, text)),
    sends=_sends,
    answers={
        "taken": lambda name: _answer(200, data={"id": name, "to": [{"status": "queued"}]}),
        "refused": lambda _: _error(422, "10015", "Bad Request"),
        "later": lambda _: _error(429, "10011", "Too many requests"),
        "nonsense": lambda _: Answer(200, b"<html>Welcome to our hotspot</html>", "text/html"),
    },
    report=_report,
    statuses={
        "queued": "sent",
        "sending": "sent",
        "sent": "sent",
        "delivered": "delivered",
        "sending_failed": "failed",
        "delivery_failed": "failed",
        "expired": "failed",
        "cancelled": "failed",
        "delivery_unconfirmed": "unknown",
    },
    malformed=(
        _GOOD,
        signed(_GOOD, key=ANOTHER),
        signed(_GOOD, at=1_700_000_000),
        signed(Received(b"[]", tail="sms")),
        signed(_event("call.initiated", {"id": "c1"})),
        signed(_event("message.finalized", {})),
        signed(_heard("", "+8562055512345", "1")),
        signed(_heard("m1", "LTC", "1")),
    ),
    sign=signed,
)
