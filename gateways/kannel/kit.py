"""How Kannel speaks, for the kit."""

from typing import Final
from urllib.parse import parse_qsl, urlencode

from sms.kit.wire import HttpSend, HttpWire, Taken
from store.values import Answer, Received

_CALLBACK: Final = "http://127.0.0.1:8080/gateways/kit/secret"
_ACCOUNT: Final = {"username": "sala", "password": "kannel"}


def _get(tail: str, **fields: str) -> Received:
    return Received(b"", method="GET", tail=tail, query=urlencode(fields))


def _message(name: str, number: str, text: str) -> Received:
    query = urlencode({"id": name, "coding": "0", "charset": "UTF-8", "udh": ""})
    headers = {"X-Kannel-From": number.removeprefix("+"), "X-Kannel-To": "1999", "X-Kannel-Service": "default"}
    kind = {"Content-Type": 'text/plain; charset="UTF-8"'}
    return Received(text.encode(), tail="sms", query=query, headers={**headers, **kind})


def _report(taken: Taken, status: str) -> Received:
    """What Kannel makes of our own address: its `%d`, `%F` and `%A` filled in."""
    own = f"{_CALLBACK}/report?mark={taken.echo.get('mark', '7f-6afe0000')}&status=%d&smsid=%F&answer=%A"
    url = taken.echo.get("dlr-url", own)
    filled = url.replace("%d", status).replace("%F", "m1").replace("%A", "id%3Am1+stat%3ADELIVRD")
    address, _, query = filled.partition("?")
    return Received(b"", method="GET", tail=address.removeprefix(f"{_CALLBACK}/"), query=query)


def _sends(received: Received) -> HttpSend:
    query = dict(parse_qsl(received.query, keep_blank_values=True, strict_parsing=True))
    if received.method != "GET" or received.tail != "cgi-bin/sendsms" or not query.items() >= _ACCOUNT.items():
        raise ValueError("not what the user guide says")
    if query["charset"] != "UTF-8" or query["coding"] not in {"0", "2"} or query["dlr-mask"] != "31":
        raise ValueError("not what was agreed")
    return HttpSend("+" + query["to"], query["text"], {"dlr-url": query["dlr-url"]})


def _says(status: int, words: str) -> Answer:
    return Answer(status, words.encode(), "text/html")


WIRE: Final = HttpWire(
    settings=lambda url: {
        **_ACCOUNT,
        "sendsms_url": f"{url}/cgi-bin/sendsms",
        "callback": _CALLBACK,
        "short_codes": ["1999"],
    },
    message=_message,
    sends=_sends,
    answers={
        "taken": lambda _: _says(202, "0: Accepted for delivery"),
        "refused": lambda _: _says(400, "Number(s) has/have been denied by white- and/or black-lists."),
        "later": lambda _: _says(503, "Temporal failure, try again later."),
        "nonsense": lambda _: Answer(200, b"<html>Welcome to our hotspot</html>", "text/html"),
    },
    report=_report,
    statuses={
        "8": "sent",
        "4": "sent",
        "32": "sent",
        "1": "delivered",
        "2": "failed",
        "16": "failed",
        "64": "unknown",
    },
    malformed=(
        Received(b"", method="GET", tail="sms"),
        Received(b"x", tail="sms"),
        Received(b"x", tail="sms", query="id=m1"),
        Received(b"x", tail="sms", headers={"X-Kannel-From": "8562055512345"}),
        _get("sms", **{"from": "8562055512345"}, text="1"),
        _get("sms", id="m1", text="1"),
        _get("sms", id="m1", **{"from": "8562055512345"}),
        Received(b"", method="GET", tail="report", query="status=1"),
    ),
)
