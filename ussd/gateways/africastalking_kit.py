"""How Africa's Talking speaks to its USSD gateway, for the kit."""

from urllib.parse import urlencode

from store.values import Answer, Received
from ussd.kit.wire import HttpWire, Press


def _form(tail: str, **fields: str) -> Received:
    return Received(
        urlencode(fields).encode(), tail=tail, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )


def _press(press: Press) -> Received:
    return _form(
        "ussd",
        sessionId=press.session,
        phoneNumber=press.number,
        networkCode="99999",
        serviceCode=press.code,
        text=press.text,
    )


def _end(session: str) -> Received:
    fields = {"status": "Incomplete", "hopsCount": "2", "cost": "KES 0.10", "durationInMillis": "900"}
    return _form("ussd/end", sessionId=session, **fields)


def _shown(answer: Answer) -> tuple[str, bool]:
    kind, _, text = answer.body.decode().partition(" ")
    return text, {"CON": False, "END": True}[kind]


WIRE = HttpWire(
    settings={"service_codes": ["*999#"], "username": "sandbox", "api_key": "k"},
    press=_press,
    end=_end,
    shown=_shown,
    malformed=(
        Received(b"", tail="ussd"),
        Received(b'{"sessionId": "s1"}', tail="ussd", headers={"Content-Type": "application/json"}),
        Received(b"\xff\xfe\x00\x01", tail="ussd"),
        Received(b"%", tail="ussd"),
        _form("ussd", phoneNumber="+8562055512345", serviceCode="*999#", text=""),
        _form("ussd", sessionId="s1", serviceCode="*999#", text=""),
        _form("ussd", sessionId="s1", phoneNumber="+8562055512345", serviceCode="*998#", text=""),
        _form("ussd/end", status="Success"),
    ),
)
