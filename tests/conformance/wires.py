"""How each gateway speaks, as data: the one thing that a new gateway adds to the conformance kit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from store.values import Answer


@dataclass(frozen=True)
class Letter:
    """One request of a gateway: what stands after the secret, and the body."""

    tail: str
    body: bytes
    content_type: str = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class UssdWire:
    """How a USSD gateway speaks.

    Attributes:
        settings: of a channel for tests. press: (session, number, cumulative text) -> request.
        end: session -> request of an end-of-session event. shown: answer -> (screen, is the session over).
        malformed: requests that are none of this gateway's.
    """

    settings: Mapping[str, Any]
    press: Callable[[str, str, str], Letter]
    end: Callable[[str], Letter]
    shown: Callable[[Answer], tuple[str, bool]]
    malformed: tuple[Letter, ...]


@dataclass(frozen=True)
class SmsWire:
    """How an SMS gateway speaks.

    Attributes:
        settings: URL of the stand-in of its API -> settings. message: (id, number, text) -> request.
        report: (gateway's id, status) -> request. statuses: what it says -> what we understand.
        optout: number -> request. malformed: requests that are none of this gateway's.
    """

    settings: Callable[[str], Mapping[str, Any]]
    message: Callable[[str, str, str], Letter]
    report: Callable[[str, str], Letter]
    statuses: Mapping[str, str]
    optout: Callable[[str], Letter]
    malformed: tuple[Letter, ...]


def _form(tail: str, **fields: str) -> Letter:
    return Letter(tail, urlencode(fields).encode())


def _at_shown(answer: Answer) -> tuple[str, bool]:
    kind, _, text = answer.body.decode().partition(" ")
    assert kind in {"CON", "END"}
    return text, kind == "END"


USSD: dict[str, UssdWire] = {
    "africastalking": UssdWire(
        settings={"service_codes": ["*999#"]},
        press=lambda session, number, text: _form(
            "ussd", sessionId=session, phoneNumber=number, networkCode="99999", serviceCode="*999#", text=text
        ),
        end=lambda session: _form(
            "ussd/end", sessionId=session, status="Incomplete", hopsCount="2", cost="KES 0.10", durationInMillis="900"
        ),
        shown=_at_shown,
        malformed=(
            Letter("ussd", b""),
            Letter("ussd", b'{"sessionId": "s1"}', "application/json"),
            Letter("ussd", b"\xff\xfe\x00\x01"),
            Letter("ussd", b"%"),
            _form("ussd", phoneNumber="+8562055512345", serviceCode="*999#", text=""),
            _form("ussd", sessionId="s1", serviceCode="*999#", text=""),
            _form("ussd", sessionId="s1", phoneNumber="+8562055512345", serviceCode="*998#", text=""),
            _form("ussd/end", status="Success"),
        ),
    )
}

SMS: dict[str, SmsWire] = {
    "africastalking": SmsWire(
        settings=lambda url: {"username": "sandbox", "api_key": "k", "base_url": url, "short_codes": ["1999"]},
        message=lambda name, number, text: _form(
            "sms", **{"from": number}, id=name, text=text, to="1999", date="2026-11-23T02:30:00Z", linkId=""
        ),
        report=lambda name, status: _form(
            "report", id=name, status=status, phoneNumber="+8562055512345", networkCode="1"
        ),
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
        optout=lambda number: _form("optout", senderId="1999", phoneNumber=number),
        malformed=(
            Letter("sms", b""),
            Letter("sms", b"\xff\xfe"),
            Letter("sms", b"{}", "application/json"),
            _form("sms", **{"from": "+8562055512345"}, text="1"),
            _form("sms", id="m1", text="1"),
            Letter("report", b"status=Success"),
            Letter("optout", b"senderId=1999"),
        ),
    )
}
