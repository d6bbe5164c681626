"""How a phone with SMSGate (capcom6/android-sms-gateway) speaks: from its documentation and source, not from ours.

Sources: docs-web `features/webhooks.md`, `features/sending-messages.md`; the app's `MessagesRoutes.kt`,
`PayloadSingingPlugin.kt`, `SmsEventPayload.kt`.
"""

import hashlib
import hmac
import json
import time
import zlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from sms.kit.wire import HttpSend, HttpWire, Taken
from store.values import Answer, Received

KEY: Final = "the-apps-signing-key"
_LAO: Final = timezone(timedelta(hours=7))
_BEGIN: Final = datetime(2026, 11, 23, 12, tzinfo=_LAO)


def event(tail: str, name: str, payload: dict[str, Any], *, key: str = KEY, at: float | None = None) -> Received:
    """A webhook as the app sends one, signed over its body and its time."""
    whole = {"deviceId": "ffffffffceb0b1db0000018e937c815b", "event": name, "id": "Ey6ECgOkVVFjz3CL48B8C"}
    body = json.dumps({**whole, "payload": payload, "webhookId": "LreFUt-Z3sSq0JufY9uWB"}, ensure_ascii=False).encode()
    return signed(Received(body, tail=tail), key=key, at=at)


def signed(bare: Received, *, key: str = KEY, at: float | None = None) -> Received:
    """The same with the app's signature."""
    stamp = str(int(time.time() if at is None else at))
    signature = hmac.new(key.encode(), bare.body + stamp.encode(), hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Signature": signature, "X-Timestamp": stamp}
    return Received(bare.body, method=bare.method, tail=bare.tail, query=bare.query, headers=headers)


def received(name: str, number: str, text: str) -> dict[str, Any]:
    """The payload of `sms:received`; messages of different names have come at different times."""
    at = _BEGIN + timedelta(seconds=zlib.crc32(name.encode()) % 1_000_000)
    return {
        # Of the content alone: two that say `1` share it.
        "messageId": f"{zlib.crc32(text.encode()):x}",
        "message": text,
        "sender": number,
        "recipient": None,
        "phoneNumber": number,
        "simNumber": 1,
        "receivedAt": at.isoformat(timespec="milliseconds"),
    }


def _message(name: str, number: str, text: str) -> Received:
    return event("sms", "sms:received", received(name, number, text))


def _sends(asked: Received) -> HttpSend:
    body = json.loads(asked.body)
    if set(body) - {"id", "textMessage", "phoneNumbers", "withDeliveryReport", "simNumber", "ttl"}:
        raise ValueError("a field that the app does not know")
    if not asked.headers.get("Authorization", "").startswith("Basic ") or body["withDeliveryReport"] is not True:
        raise ValueError("no account, or no report")
    (number,) = body["phoneNumbers"]
    return HttpSend(number, body["textMessage"]["text"], {"mark": body["id"]})


def _report(taken: Taken, status: str) -> Received:
    when = datetime.now(UTC).isoformat(timespec="milliseconds")
    payload: dict[str, Any] = {"messageId": taken.echo["mark"], "phoneNumber": taken.number, "simNumber": None}
    more: dict[str, dict[str, Any]] = {
        "sms:sent": {"partsCount": 1, "sentAt": when},
        "sms:delivered": {"deliveredAt": when},
        "sms:failed": {"failedAt": when, "reason": "Send result: RESULT_ERROR_LIMIT_EXCEEDED"},
    }
    return event("report", status, {**payload, "recipient": taken.number, **more.get(status, {})})


def _taken(name: str) -> Answer:
    recipients = [{"phoneNumber": "+8562055512345", "state": "Pending", "error": None}]
    return _answer(202, id=name, state="Pending", recipients=recipients, isEncrypted=False)


def _answer(status: int, **fields: Any) -> Answer:
    return Answer(status, json.dumps(fields).encode(), "application/json")


_GOOD: Final = received("m1", "+8562055512345", "1")

WIRE: Final = HttpWire(
    settings=lambda url: {"url": f"{url}/message", "username": "sms", "password": "phone", "signing_key": KEY},
    message=_message,
    sends=_sends,
    answers={
        "taken": _taken,
        "refused": lambda _: _answer(400, message="Text message is empty"),
        "later": lambda _: _answer(500, message="database is locked"),
        "nonsense": lambda _: Answer(202, b"<html>", "text/html"),
    },
    report=_report,
    statuses={
        "sms:sent": "sent",
        "sms:delivered": "delivered",
        "sms:failed": "failed",
        "sms:cancelled": "failed",
        "sms:archived": "unknown",
    },
    malformed=(
        Received(b"", tail="sms"),
        event("sms", "sms:received", _GOOD, key="another-signing-key"),
        event("sms", "sms:received", _GOOD, at=1_700_000_000),
        event("sms", "sms:sent", _GOOD),
        event("sms", "sms:received", {"message": "1", "sender": "+8562055512345"}),
        event("report", "sms:received", _GOOD),
        event("report", "sms:delivered", {}),
    ),
    sign=signed,
)
