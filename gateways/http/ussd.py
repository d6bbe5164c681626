"""The side of the key presses: a request read by the map's fields, a screen written by its template."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal

from gateways.http import fields as reading
from gateways.http import words
from gateways.http.model import Form, Incoming, Map, Reply, Sign, Ussd
from gateways.http.settings import Settings as Own
from gateways.http.signing import proven
from store import values
from store.values import Answer, Call, Ended, Malformed, Received
from ussd import port
from ussd.reading import is_number, is_session

_ENDS: Final = "ussd/end"
Said = Literal["", "start", "dial", "input", "end"]


class Side:
    """Key presses by a map."""

    Settings: ClassVar[type[port.Settings]] = Own

    def __init__(self, channel: str, settings: Own, found: Map, ussd: Ussd) -> None:
        self._channel = channel
        self._settings = settings
        self._sign = found.sign
        self._map = ussd
        self._codes = tuple(code.rstrip("#") for code in settings.service_codes)
        self.capabilities = port.Capabilities(
            port=1,
            text=ussd.text_is,
            hops=bool(ussd.hop),
            encodings=ussd.encodings,
            ends=bool(ussd.kind and ussd.kind.end),
            paths=bool(ussd.path),
            operator_deadline=ussd.operator_deadline,
        )

    def read(self, received: Received) -> Call | Ended | Malformed:
        """A call, or the end of a session, as the map's `kind` says."""
        found = open_request(self._map, self._sign, received, self._settings)
        if isinstance(found, Malformed):
            return found
        session = reading.first(found, self._map.session) or ""
        if not is_session(session):
            return Malformed("session")
        said = self._kind(found, received.tail)
        if said is None:
            return Malformed("kind")
        if said == "end":
            return Ended(self._channel, session)
        return self._call(found, session, said)

    def write(self, reply: values.Reply, call: Call) -> Answer:
        """The screen by the map's template."""
        how: Literal["more", "over"] = "over" if reply.end else "more"
        given: dict[str, str | int] = {
            "text": reply.text,
            "state": self._map.states.get(how, ""),
            **{f"also.{name}": states[how] for name, states in self._map.also.items()},
            "more": "false" if reply.end else "true",
            "over": "true" if reply.end else "false",
            "session": call.session,
            "number": call.msisdn,
            "plain": call.msisdn.removeprefix("+"),
            "code": call.service_code,
            **{f"echo.{name}": value for name, value in (call.echo or {}).items()},
        }
        return answer(self._map.answer, given)

    def accept(self) -> Answer:
        """What the map says of the end of a session."""
        return answer(self._map.ended, {})

    def _kind(self, found: Mapping[str, str], tail: str) -> Said | None:
        kind = self._map.kind
        if tail == _ENDS:
            return "end"
        if self._map.text_is == "cumulative" and kind is None:
            return ""
        if kind is None:
            return "input"
        word = found.get(kind.field, "")
        if word in kind.end:
            return "end"
        if self._map.text_is == "cumulative":
            return ""
        if word in kind.start:
            return "dial" if self._map.session_is_number else "start"
        return "input" if word in kind.input or not kind.input else None

    def _call(self, found: Mapping[str, str], session: str, said: Any) -> Call | Malformed:
        of = self._map
        number = self._settings.international(found.get(of.number, ""))
        if not is_number(number):
            return Malformed("number")
        text, code = found.get(of.text), found.get(of.code, "") if of.code else ""
        if said in {"start", "dial"}:
            code, text = self._dialled(code, text or "")
        elif text is None:
            return Malformed("no-text")
        if self._codes and code and not self._ours(code):
            return Malformed("service-code")
        echo = {name: found.get(name, "") for name in of.echo} or None
        hop = found.get(of.hop, "") if of.hop else ""
        repeat = 0 if hop else of.repeat
        return Call(
            self._channel, session, number, text or "", code, found.get(of.network, ""), said, hop, repeat, echo
        )

    def _dialled(self, code: str, text: str) -> tuple[str, str]:
        """The service code, and what was dialled behind it."""
        match self._map.start_is:
            case "nothing":
                return code, ""
            case "inputs":
                return code, text
        bare = text.rstrip("#")
        for own in sorted((*self._codes, code.rstrip("#")), key=len, reverse=True):
            if own and (bare == own or bare.startswith(f"{own}*")):
                return f"{own}#", bare[len(own) + 1 :]
        # A code that nobody has told us: the first number is the code, what follows it is inputs.
        head, _, rest = bare.lstrip("*").partition("*")
        return code or (f"*{head}#" if head else ""), rest

    def _ours(self, code: str) -> bool:
        bare = code.rstrip("#")
        return any(bare.lstrip("*") == own.lstrip("*") or bare.startswith(f"{own}*") for own in self._codes)


def open_request(of: Incoming, sign: Sign, received: Received, settings: Own) -> Mapping[str, str] | Malformed:
    """The fields of a request of this part of a map, after its method, signature, form and path were found right."""
    if of.method not in {received.method, "any"}:
        return Malformed("method", status=405)
    if not proven(sign, received, settings):
        return Malformed("signature", status=403)
    form: Form = "query" if received.method == "GET" else of.form
    found = reading.read(form, received.body, received.query)
    within = reading.path_fields(of.path, received.tail)
    beside = reading.read("query", b"", received.query) if of.query else {}
    if found is None or within is None or beside is None:
        return Malformed("not-ours")
    return {**beside, **found, **within}


def answer(reply: Reply, given: Mapping[str, str | int]) -> Answer:
    """A reply of a map with its words."""
    kind = reply.type or words.TYPES[reply.form]
    headers = tuple((name, words.fill(value, given)) for name, value in reply.headers.items())
    return Answer(reply.status, words.write(reply.form, reply.body, given), kind, headers)
