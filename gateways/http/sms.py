"""The side of the messages: callbacks read by the map's fields, one request for each message by its template."""

import hashlib
import re
from collections.abc import Mapping
from typing import ClassVar, Final, Literal

from flows.errors import SendError
from flows.text.measure import needs
from gateways.http import fields as reading
from gateways.http import words
from gateways.http.model import Body, Map, Send, Sms, State, Taken, Tell
from gateways.http.settings import Settings as Own
from gateways.http.signing import basic
from gateways.http.ussd import answer, open_request
from sms import port
from sms.poster import Poster, refusal
from sms.reading import is_name, is_number, token
from store.values import Answer, Inbound, Malformed, OptOut, Outgoing, Received, Report, Sent

_LONGEST_CODE: Final = 6


class Side:
    """Messages by a map."""

    Settings: ClassVar[type[port.Settings]] = Own

    def __init__(self, channel: str, settings: Own, found: Map, sms: Sms) -> None:
        self._channel = channel
        self._settings = settings
        self._sign = found.sign
        self._map = sms
        self._poster = Poster(settings.send_timeout)
        parts = [part for part in (sms.message, sms.report, sms.optout) if part is not None]
        self.capabilities = port.Capabilities(
            port=1,
            long=sms.send.long,
            encodings=sms.send.encodings,
            reports=sms.report is not None,
            optouts=sms.optout is not None,
            paths=any(part.path for part in parts),
            idempotent=sms.send.idempotent,
            phones=sms.send.phones,
        )

    def read(self, received: Received) -> Inbound | Report | OptOut | Malformed:
        """A message of a phone; or whatever comes to the one address that this operator knows."""
        kind = self._map.kind
        if kind is None:
            return self._message(received)
        found = open_request(self._map.message, self._sign, received, self._settings)
        word = found if isinstance(found, Malformed) else found.get(kind.field, "")
        match word:
            case Malformed():
                return word
            case _ if word in kind.message:
                return self._message(received)
            case _ if word in kind.report:
                return self.read_report(received)
            case _ if word in kind.optout:
                return self.read_optout(received)
            case _:
                return Malformed("kind")

    def _message(self, received: Received) -> Inbound | Malformed:
        """An absent text is an empty one."""
        of = self._map.message
        found = open_request(of, self._sign, received, self._settings)
        if isinstance(found, Malformed):
            return found
        name = found.get(of.id, "") if of.id else _identity(found, of.identity, of.text)
        if not is_name(name):
            return Malformed("message-id" if of.id else "identity")
        given = reading.first(found, of.number) or ""
        if not given:
            return Malformed("no-sender")
        number = self._settings.international(given)
        if not is_number(number):
            # A bank's name or a short code: nobody to talk to, and asking for it again would change nothing.
            return Malformed("not-a-phone", status=200)
        text = reading.first(found, of.text) or ""
        return Inbound(self._channel, name, number, found.get(of.to, ""), text, found.get(of.link, ""))

    def read_report(self, received: Received) -> Report | Malformed:
        """A report; a word that the map does not have is `unknown`."""
        of = self._map.report
        if of is None:
            return Malformed("no-reports")
        found = open_request(of, self._sign, received, self._settings)
        if isinstance(found, Malformed):
            return found
        name, mark = (found.get(of.id, "") if of.id else ""), (found.get(of.mark, "") if of.mark else "")
        if not is_name(name or mark):
            return Malformed("message-id")
        state: State | Literal["unknown"] = of.states.get(found.get(of.status, ""), "unknown")
        return Report(self._channel, name, state, token(found.get(of.reason, "")), mark if not name or of.mark else "")

    def read_optout(self, received: Received) -> OptOut | Malformed:
        """A number that wants no more."""
        of = self._map.optout
        if of is None:
            return Malformed("no-optouts")
        found = open_request(of, self._sign, received, self._settings)
        if isinstance(found, Malformed):
            return found
        number = self._settings.international(reading.first(found, of.number) or "")
        return OptOut(self._channel, number) if is_number(number) else Malformed("number")

    def accept(self) -> Answer:
        """What the map says."""
        return answer(self._map.message.answer, {})

    async def send(self, message: Outgoing) -> Sent:
        """One message, one request."""
        method, url, body, headers = request(self._map.send, message, self._settings)
        status, said, head = await self._poster.request(method, url, body=body, headers=headers)
        return outcome(self._map.send.taken, status, said, head)

    async def tell(self, name: str, state: State) -> None:
        """Say what became of a message of the other side's; a map without `tell` has nobody to say it to."""
        of = self._map.tell
        if of is None:
            return
        given = {**_account(self._settings), "name": name, "state": of.states.get(state, state)}
        method, url, body, headers = _written(of, of.body, given)
        status, _, head = await self._poster.request(method, url, body=body, headers=headers)
        if status // 100 != 2:  # noqa: PLR2004 - any 2xx
            raise refusal(status, head)

    async def close(self) -> None:
        """Give back the connections."""
        await self._poster.close()


def _identity(found: Mapping[str, str], names: tuple[str, ...], text: str) -> str:
    """A name for a message that the operator gives none: a hash of the fields by which a copy is known.

    "" when one of them is missing (an absent `text` is an empty one): without its time the same answer, given twice by
    one phone, would be taken for a copy, and the second one lost for good.
    """
    values = [reading.first(found, name) or "" for name in names]
    if not all(value for name, value in zip(names, values, strict=True) if name != text):
        return ""
    return hashlib.blake2b("\0".join(values).encode("utf-8", "replace"), digest_size=16).hexdigest()


def request(send: Send, message: Outgoing, settings: Own) -> tuple[str, str, bytes, dict[str, str]]:
    """What goes out for a message: method, address, body, headers."""
    given = _given(send, message, settings)
    alphabet = needs(message.text)
    extra = send.gsm7 if alphabet == "gsm7" else send.ucs2
    table = send.body if isinstance(send.body, str) else {**send.body, **extra}
    method, url, body, headers = _written(send, table, given)
    if send.type and send.form != "query":
        headers["Content-Type"] = send.type
    return method, url, body, headers


def _written(of: Send | Tell, table: Body, given: Mapping[str, str]) -> tuple[str, str, bytes, dict[str, str]]:
    url, body = words.address(of.url, given), b""
    headers = {"User-Agent": "sala", **{name: words.fill(value, given) for name, value in of.headers.items()}}
    if of.form == "query":
        query = words.write("query", table, given).decode()
        url += f"{'&' if '?' in url else '?'}{query}" if query else ""
    else:
        body = words.write(of.form, table, given)
        headers["Content-Type"] = words.TYPES[of.form]
    return of.method, url, body, headers


def _account(settings: Own) -> dict[str, str]:
    account = {
        name: settings.secret(name) for name in ("base_url", "username", "password", "token", "account", "callback")
    }
    extra = {f"extra.{name}": value for name, value in settings.extra.items()}
    return {**account, **extra, "basic": basic(account)}


def _given(send: Send, message: Outgoing, settings: Own) -> dict[str, str]:
    sender = settings.sender or next(iter(settings.short_codes), "")
    return {
        **_account(settings),
        "to": message.msisdn,
        "plain": message.msisdn.removeprefix("+"),
        "text": message.text,
        "hex": message.text.encode("utf-16-be", "replace").hex(),
        "sender": sender,
        "plain_sender": sender.removeprefix("+"),
        "mark": message.mark,
        "link": message.link_id,
        "coding": send.coding.get(needs(message.text), ""),
    }


def outcome(of: Taken, status: int, body: bytes, headers: Mapping[str, str]) -> Sent:
    """What an answer means.

    Raises:
        SendError: it was not taken; `unknown` when the answer makes no sense, for then it may be on its way.
    """
    if status not in of.status:
        raise refusal(status, headers)
    text = body.decode("utf-8", "replace")
    matched = re.search(of.pattern, text) if of.pattern else None
    found = reading.read(of.form, body, "")
    if found is None or (of.contains and of.contains not in text) or (of.pattern and matched is None):
        raise _strange(of)
    if of.field:
        _judge(of, found.get(of.field))
    name = matched[1] if matched and matched.re.groups else found.get(of.id, "") if of.id else ""
    if of.id and not is_name(name):
        raise SendError("strange-answer", unknown=True)
    return Sent(name, found.get(of.cost, "") if of.cost else "")


def _strange(of: Taken) -> SendError:
    match of.otherwise:
        case "refused":
            return SendError("refused")
        case "later":
            return SendError("not-now", retry=True)
        case _:
            return SendError("strange-answer", unknown=True)


def _judge(of: Taken, word: str | None) -> None:
    """Raise what the operator's own word means, unless it took the message."""
    if word is None:
        raise SendError("strange-answer", unknown=True)
    # Only words of the map get into a log, and no number as long as a phone's.
    said = token(word) or (f"code-{word}" if word.isdecimal() and len(word) <= _LONGEST_CODE else "code")
    if word in of.taken:
        return
    if word in of.later:
        raise SendError(said, retry=True)
    if word in of.account:
        raise SendError(said, retry=True, ours=True)
    if word in of.refused:
        raise SendError(said)
    if of.otherwise != "taken":
        raise _strange(of)
