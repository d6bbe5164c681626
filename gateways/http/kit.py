"""How an operator speaks by its map, for the kit: the map's fields and templates, read the other way round."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, unquote, urlencode
from xml.sax.saxutils import unescape

import sms.kit.wire
import ussd.kit.wire
from gateways.http import fields as reading
from gateways.http.loading import load, shipped
from gateways.http.model import Form, Incoming, Map, Reply, Sample, Send, Sms, Ussd
from gateways.http.signing import signature
from gateways.http.words import TYPES, WORD
from sms.kit.wire import HttpSend, Manner, Taken
from store.values import Answer, Received
from ussd.kit.wire import Press

CALLBACK: Final = "https://kit.example.org/gateways/kit/secret"
SETTINGS: Final[Mapping[str, Any]] = {
    "username": "kit",
    "password": "kit-password",
    "token": "kit-token",
    "account": "AC-kit",
    "callback": CALLBACK,
    "base_url": "https://kit.example.org",
    "short_codes": ["1999"],
    "service_codes": ["*999#"],
}
NEVER: Final = "NEVER-HEARD-OF"


def ussd_wires() -> dict[str, ussd.kit.wire.HttpWire]:
    """Every shipped map with a side for key presses."""
    return {name: ussd_wire(name, found, found.ussd) for name in shipped() if (found := load(name)).ussd is not None}


def sms_wires() -> dict[str, sms.kit.wire.HttpWire]:
    """Every shipped map with a side for messages."""
    return {name: sms_wire(name, found, found.sms) for name in shipped() if (found := load(name)).sms is not None}


# --- requests ---------------------------------------------------------------------------------------------------------


def _request(found: Map, of: Incoming, tail: str, given: Mapping[str, Any]) -> Received:
    """A request with these fields by their names in the map, signed as the map says."""
    within = {name.removeprefix("/"): str(value) for name, value in given.items() if name.startswith("/")}
    if of.path:
        tail = f"{tail}/" + re.sub(r"\{(\w+)\}", lambda word: within.get(word[1], "x"), of.path)
    plain = {name: value for name, value in given.items() if name and not name.startswith("/")}
    method = "GET" if of.method == "GET" else "POST"
    form = "query" if method == "GET" else of.form
    body = b"" if form == "query" else _body(form, plain)
    query = urlencode(plain) if form == "query" else ""
    headers = {"Content-Type": TYPES[of.form]} if body else {}
    bare = Received(body, method=method, tail=tail, query=query, headers=headers)
    return bare if found.sign.kind == "none" else _signed(found, bare)


def _signed(found: Map, bare: Received, secret: str = "") -> Received:
    """The same with its signature; with that of another account, when a secret is given."""
    headers = {**bare.headers, found.sign.header: signature(found.sign, bare, _Known(secret))}
    return Received(bare.body, method=bare.method, tail=bare.tail, query=bare.query, headers=headers)


class _Known:
    """The kit's account, for what the operator signs; or one with another secret."""

    callback = CALLBACK

    def __init__(self, other: str) -> None:
        self._other = other

    def secret(self, name: str) -> str:
        return self._other or str(SETTINGS[name])


def _unproven(found: Map, good: Received) -> list[Received]:
    """The same without its signature, and with another's, where the operator has one to give."""
    if found.sign.kind == "none":
        return []
    bare = Received(good.body, method=good.method, tail=good.tail, query=good.query)
    return [bare, _signed(found, good, "another-secret")]


def _signing(found: Map) -> Callable[[Received], Received] | None:
    return None if found.sign.kind == "none" else partial(_signed, found)


def _body(form: str, given: Mapping[str, Any]) -> bytes:
    if form == "form":
        return urlencode(given).encode()
    nested: dict[str, Any] = {}
    for name, value in given.items():
        *rooms, last = name.split(".")
        inner = nested
        for room in rooms:
            inner = inner.setdefault(room, {})
        inner[last] = value
    return json.dumps(nested).encode() if form == "json" else f"<r>{_xml(nested)}</r>".encode()


def _xml(given: Mapping[str, Any]) -> str:
    from xml.sax.saxutils import escape  # noqa: PLC0415 - of maps in XML alone

    inner = {name: _xml(one) if isinstance(one, dict) else escape(str(one)) for name, one in given.items()}
    return "".join(f"<{name}>{text}</{name}>" for name, text in inner.items())


def _number(number: str, *, plain: bool) -> str:
    return number.removeprefix("+") if plain else number


def _name(names: str) -> str:
    return names.partition("|")[0]


# --- key presses ------------------------------------------------------------------------------------------------------


def ussd_wire(name: str, found: Map, of: Ussd | None) -> ussd.kit.wire.HttpWire:
    """The operator of this map, as it sends key presses."""
    assert of is not None  # noqa: S101 - asked for only where it is

    def given(press: Press) -> dict[str, Any]:
        text = press.text if of.text_is == "cumulative" else press.inputs[-1] if press.inputs else ""
        if not press.inputs and of.start_is == "dialled":
            text = press.code
        number = _number(press.number, plain=of.plain_numbers)
        own = {_name(of.session): press.session, of.number: number, of.text: text}
        fields: dict[str, Any] = {of.code: press.code, of.network: "42", **dict.fromkeys(of.echo, "e-1"), **own}
        if of.session_is_number:
            # Only the number, which is all that some of its accounts send.
            fields |= dict.fromkeys(of.session.split("|")[-1:], number)
            fields = {name: value for name, value in fields.items() if name not in of.session.split("|")[:-1]}
        if of.hop:
            fields[of.hop] = str(len(press.inputs))
        if of.kind and (words := of.kind.input if press.inputs else of.kind.start):
            fields[of.kind.field] = _truth(words[0])
        return fields

    def end(session: str) -> Received:
        assert of.kind is not None  # noqa: S101 - asked for only where it is
        return _request(found, of, "ussd", {**given(Press(session=session)), of.kind.field: of.kind.end[0]})

    good = given(Press(("1",)))
    malformed = [
        _request(found, of, "ussd", {key: value for key, value in good.items() if key != name})
        for name in (of.number, of.text, *(() if of.session.startswith("/") else (_name(of.session),)))
        if name in good
    ]
    malformed += _unproven(found, _request(found, of, "ussd", good))
    return ussd.kit.wire.HttpWire(
        settings={**SETTINGS, "map": name},
        press=lambda press: _request(found, of, "ussd", given(press)),
        shown=lambda answer: _shown(of, answer),
        end=end if of.kind and of.kind.end else None,
        malformed=tuple(malformed),
        sign=_signing(found),
    )


def _truth(word: str) -> Any:
    return {"true": True, "false": False}.get(word, word)


def _shown(of: Ussd, answer: Answer) -> tuple[str, bool]:
    found = dict(_found(of.answer, answer))
    headers = {name.lower(): value for name, value in answer.headers}
    state = next((headers[name.lower()] for name, value in of.answer.headers.items() if value == "{state}"), "")
    state = state or found.get("state", "")
    if state:
        return found["text"], {str(of.states["more"]): False, str(of.states["over"]): True}[state]
    over = found.get("over") or {"true": "false", "false": "true"}[found["more"]]
    return found["text"], {"true": True, "false": False}[over]


def _found(reply: Reply, answer: Answer) -> Iterator[tuple[str, str]]:
    """The words of a reply's template and what stands for them in the answer."""
    if isinstance(reply.body, str):
        yield from _in_text(reply.form, reply.body, answer.body)
        return
    said = reading.read(reply.form, answer.body, "")
    for name, template in _fields(reply.form, reply.body):
        if said is not None and name in said:
            yield template.strip("{}"), said[name]


def _in_text(form: Form, template: str, body: bytes) -> Iterator[tuple[str, str]]:
    """The words of a template that is one text."""
    words = WORD.findall(template)
    # Words of one token are as short as they can be: of `{state} {text}` the text has all blanks but the first.
    groups = [r"(.*)" if word in {"text", "hex"} else r"(.*?)" for word in words]
    between = [re.escape(piece) for piece in WORD.split(template)[::2]]
    wanted = "".join(one + group for one, group in zip(between, [*groups, ""], strict=True))
    if found := re.fullmatch(wanted, body.decode(), re.DOTALL):
        yield from zip(words, (_bare(form, value) for value in found.groups()), strict=True)


def _bare(form: Form, value: str) -> str:
    """A word without what its form escapes."""
    match form:
        case "json":
            return str(json.loads(f'"{value}"'))
        case "xml":
            return unescape(value)
        case "form" | "query":
            return unquote(value)
        case _:
            return value


def _fields(form: Form, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The names that a reader of this form finds, and their templates: the root of XML has no name."""
    for name, template in _leaves(body, ""):
        yield name.partition(".")[2] if form == "xml" else name, template


def _leaves(body: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for name, value in body.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", str(value)


# --- messages ---------------------------------------------------------------------------------------------------------


def sms_wire(name: str, found: Map, of: Sms | None) -> sms.kit.wire.HttpWire:
    """The operator of this map, as it calls back and as it answers."""
    assert of is not None  # noqa: S101 - asked for only where it is
    message, report, optout = of.message, of.report, of.optout

    def heard(id_: str, number: str, text: str) -> dict[str, Any]:
        # An operator without ids is told apart by the time that it gives.
        names = {_name(one): id_ for one in message.identity}
        own = {_name(message.number): _number(number, plain=message.plain_numbers), _name(message.text): text}
        return {message.to: "1999", message.link: "", message.id: id_, **names, **own, **_of_kind(of, "message")}

    def told(taken: Taken, status: str) -> Received:
        assert report is not None  # noqa: S101 - asked for only where it is
        mark = taken.echo.get("mark", "")
        own = {report.id: taken.name if of.send.taken.id or of.send.taken.pattern else mark, report.mark: mark}
        where = "sms" if of.kind else "report"
        return _request(found, report, where, {**own, report.status: status, **_of_kind(of, "report")})

    def silenced(number: str) -> Received:
        assert optout is not None  # noqa: S101 - asked for only where it is
        own = {_name(optout.number): _number(number, plain=optout.plain_numbers)}
        return _request(found, optout, "sms" if of.kind else "optout", {**own, **_of_kind(of, "optout")})

    good = heard("m1", "+8562055512345", "1")
    needed = [message.id] if message.id else [_name(one) for one in message.identity if one != message.text]
    malformed = [
        _request(found, message, "sms", {key: value for key, value in good.items() if key != name})
        for name in dict.fromkeys([_name(message.number), *needed, *([of.kind.field] if of.kind else [])])
    ]
    malformed += _unproven(found, _request(found, message, "sms", good))
    return sms.kit.wire.HttpWire(
        settings=lambda url: {**SETTINGS, "map": name, "base_url": url},
        message=lambda id_, number, text: _request(found, message, "sms", heard(id_, number, text)),
        sends=lambda received: _sends(of.send, received),
        answers={manner: _answering(sample) for manner, sample in _samples(of.send)},
        report=told if report else None,
        statuses={**report.states, NEVER: "unknown"} if report else {},
        opt_out=silenced if optout else None,
        malformed=tuple(malformed),
        sign=_signing(found),
    )


def _of_kind(of: Sms, name: Literal["message", "report", "optout"]) -> dict[str, str]:
    """How an operator with one address says what a request is."""
    return {of.kind.field: getattr(of.kind, name)[0]} if of.kind else {}


def _samples(send: Send) -> Iterator[tuple[Manner, Sample]]:
    yield from send.samples.items()


def _answering(sample: Sample) -> Any:
    return lambda id_: Answer(sample.status, sample.body.replace("{id}", id_).encode(), sample.type)


def _sends(send: Send, received: Received) -> HttpSend:
    """What our request asks for, by the template that it was made of."""
    if received.method != send.method:
        raise ValueError(f"{received.method} is not {send.method}")
    said = dict(parse_qsl(received.query, keep_blank_values=True))
    if send.form != "query":
        said |= reading.read(send.form, received.body, "") or {}
    found: dict[str, str] = {}
    if isinstance(send.body, str):
        found |= _in_text(send.form, send.body, received.query.encode() if send.form == "query" else received.body)
    else:
        for table in (send.gsm7, send.ucs2, send.body):
            for name, template in _fields(send.form, table):
                if name in said:
                    found[template.strip("{}")] = said[name]
    text = found.get("text")
    if text is None:
        text = bytes.fromhex(found["hex"]).decode("utf-16-be")
    number = found.get("to") or "+" + found["plain"]
    return HttpSend(number, text, {"mark": found.get("mark", "")})
