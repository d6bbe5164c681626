"""How Africa's Talking speaks to its SMS gateway, for the kit."""

import json
from urllib.parse import parse_qsl, urlencode

from sms.kit.wire import HttpSend, HttpWire, Taken
from store.values import Answer, Received


def _form(tail: str, **fields: str) -> Received:
    return Received(
        urlencode(fields).encode(), tail=tail, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )


def _message(name: str, number: str, text: str) -> Received:
    fields = {"id": name, "text": text, "to": "1999", "date": "2026-11-23T02:30:00Z", "linkId": ""}
    return _form("sms", **{"from": number}, **fields)


def _report(taken: Taken, status: str) -> Received:
    return _form("report", id=taken.name, status=status, phoneNumber=taken.number, networkCode="1")


def _sends(received: Received) -> HttpSend:
    form = dict(parse_qsl(received.body.decode(), keep_blank_values=True, strict_parsing=True))
    if received.tail != "version1/messaging" or form["username"] != "sandbox" or received.headers["apiKey"] != "k":
        raise ValueError("not what the documentation says")
    return HttpSend(form["to"], form["message"])


def _recipient(code: int, name: str) -> Answer:
    recipient = {"statusCode": code, "status": "x", "cost": "KES 0.8000", "messageId": name}
    body = {"SMSMessageData": {"Message": "Sent to 1/1", "Recipients": [recipient]}}
    return Answer(201, json.dumps(body).encode(), "application/json")


WIRE = HttpWire(
    settings=lambda url: {"username": "sandbox", "api_key": "k", "base_url": url, "short_codes": ["1999"]},
    message=_message,
    sends=_sends,
    answers={
        "taken": lambda name: _recipient(101, name),
        "refused": lambda name: _recipient(403, name),
        "later": lambda name: _recipient(500, name),
        "nonsense": lambda _: Answer(201, b"<html>Welcome to our hotspot</html>", "text/html"),
    },
    report=_report,
    statuses={
        "Sent": "sent",
        "Submitted": "sent",
        "Buffered": "sent",
        "Success": "delivered",
        "Rejected": "failed",
        "Failed": "failed",
        "Expired": "failed",
        "AbsentSubscriber": "failed",
        "DeliveredToNeverland": "unknown",
    },
    opt_out=lambda number: _form("optout", senderId="1999", phoneNumber=number),
    malformed=(
        Received(b"", tail="sms"),
        Received(b"\xff\xfe", tail="sms"),
        Received(b"{}", tail="sms", headers={"Content-Type": "application/json"}),
        _form("sms", **{"from": "+8562055512345"}, text="1"),
        _form("sms", id="m1", text="1"),
        Received(b"status=Success", tail="report"),
        Received(b"senderId=1999", tail="optout"),
    ),
)
