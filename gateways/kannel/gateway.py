"""The gateway to Kannel: a request to sendsms for each message, requests of sms-service and dlr-url for what comes.

Source: Kannel 1.4.5 as Debian packs it, tried; its user guide, chapters "Setting up SMS services" and "SMS sending".
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal
from urllib.parse import parse_qsl, urlencode

from flows.errors import SendError
from flows.text.measure import needs, sendable
from gateways.kannel.settings import Settings as Own
from sms import port
from sms.poster import Poster, refusal
from sms.reading import international, is_name, is_number, token
from store.values import Answer, Inbound, Malformed, OptOut, Outgoing, Part, Received, Report, Sent

_State = Literal["sent", "delivered", "failed", "unknown"]

REPORTS: Final[Mapping[str, _State]] = {
    "1": "delivered",
    "2": "failed",
    "4": "sent",
    "8": "sent",
    "16": "failed",
    "32": "sent",
}
"""`%d` of a dlr-url: delivered, failed, buffered by the SMSC, taken by it, refused by it, on its way."""

MASK: Final = 31
"""Every report but the intermediate ones."""

ANSWERS: Final[tuple[tuple[int, str, SendError | None], ...]] = (
    (202, "0: Accepted for delivery", None),
    (202, "3: Queued for later delivery", None),
    (403, "Not routable", SendError("not-routable", retry=True)),
    (400, "Number(s) has/have been denied", SendError("denied")),
)
"""Status and first words of sendsms's answers that say more than their status.

What no SMSC takes goes by another channel or waits, for the same words stand for an `smsc` that is misspelt.
"""

_UCS2: Final = {"utf-16be", "ucs-2", "utf-16"}
_MOST_FIELDS: Final = 64
_NOWHERE: Final = "NACK/no SMSC"
"""A report of what sendsms has answered already with `Not routable`."""
_said: Final = re.compile(r"stat:([A-Za-z]{1,16})|NACK/0x[0-9A-Fa-f]+/(.*)")
_control: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Gateway:
    """Reads what Kannel's smsbox asks for, and sends by its sendsms."""

    Settings: ClassVar[type[port.Settings]] = Own
    capabilities = port.Capabilities(port=1, long="parts")

    def __init__(self, channel: str, settings: Any) -> None:
        self._channel = channel
        self._settings: Own = settings
        self._poster = Poster(settings.send_timeout)
        self.capabilities = port.Capabilities(port=1, long=settings.long, reports=bool(settings.callback))

    def read(self, received: Received) -> Inbound | Malformed:
        """A `get-url` or `post-url` of a sms-service; docs/gateways/kannel.md has its fields. An empty text is one."""
        fields = _fields(received)
        if isinstance(fields, Malformed):
            return fields
        name = _plain(fields, "id")
        if not is_name(name):
            return Malformed("message-id")
        given = _plain(fields, "from").strip()
        if not given or "text" not in fields:
            return Malformed("no-sender" if not given else "no-text")
        number = international(given, self._settings.national)
        if not is_number(number):
            # A bank's name or a short code: nobody to talk to, and asking for it again would change nothing.
            return Malformed("not-a-phone", status=200)
        text = _control.sub("", _text(fields))
        return Inbound(self._channel, name, number, _plain(fields, "to"), text, part=_part(fields.get("udh", b"")))

    def read_report(self, received: Received) -> Report | Malformed:
        """A `dlr-url` of ours: our own name of the message, and Kannel's word."""
        fields = _fields(received)
        if isinstance(fields, Malformed):
            return fields
        mark = _plain(fields, "mark")
        if not is_name(mark):
            return Malformed("message-id")
        said = _plain(fields, "answer")
        state = "unknown" if said == _NOWHERE else REPORTS.get(_plain(fields, "status"), "unknown")
        found = _said.search(said)
        return Report(self._channel, "", state, token(found[1] or found[2]) if found else "", mark)

    def read_optout(self, received: Received) -> OptOut | Malformed:  # noqa: ARG002 - the port's signature
        """Kannel knows none."""
        return Malformed("no-optouts")

    def accept(self) -> Answer:
        """Any 200 will do; everything else comes again after `http-queue-delay`."""
        return Answer(200, b"")

    async def send(self, message: Outgoing) -> Sent:
        """One request to sendsms.

        Raises:
            SendError: as `ANSWERS` says, or the status.
        """
        url = f"{self._settings.sendsms_url}?{urlencode(self._query(message), errors='replace')}"
        status, body, headers = await self._poster.request("GET", url, headers={"User-Agent": "sala"})
        said = body.decode("utf-8", "replace").strip()
        for known, words, fault in ANSWERS:
            if status == known and said.startswith(words):
                if fault is not None:
                    raise SendError(fault.code, retry=fault.retry)
                return Sent("")
        if status // 100 == 2:  # noqa: PLR2004 - any 2xx: somebody took something
            raise SendError("strange-answer", unknown=True)
        raise refusal(status, headers)

    async def close(self) -> None:
        """Give back the connections."""
        await self._poster.close()

    def _query(self, message: Outgoing) -> dict[str, str | bytes]:
        settings = self._settings
        text = sendable(message.text)
        query: dict[str, str | bytes] = {
            "username": settings.username,
            "password": settings.password.get_secret_value(),
            "from": settings.sender or next(iter(settings.short_codes), ""),
            "to": message.msisdn.removeprefix("+"),
            "coding": "0" if needs(text) == "gsm7" else "2",
            "charset": "UTF-8",
            "text": text,
        }
        if settings.smsc:
            query["smsc"] = settings.smsc
        if message.part:
            # The element 08 with its 16-bit reference costs a letter more than the split leaves room for.
            query["udh"] = bytes([5, 0, 3, message.part.ref & 0xFF, message.part.total, message.part.number])
        if settings.callback:
            query["dlr-mask"] = str(MASK)
            query["dlr-url"] = f"{settings.callback}/report?mark={message.mark}&status=%d&smsid=%F&answer=%A"
        return query


def _fields(received: Received) -> dict[str, bytes] | Malformed:
    """The fields of the query as octets: the text's alphabet is named in another field.

    A POST has the text as its body and the numbers in headers, so that none of them stands in an address, which Kannel
    writes into its log.
    """
    if received.method not in {"GET", "POST"}:
        return Malformed("method", status=405)
    try:
        pairs = parse_qsl(received.query, keep_blank_values=True, encoding="latin-1", max_num_fields=_MOST_FIELDS)
    except ValueError:
        return Malformed("not-ours")
    fields = {name: value.encode("latin-1") for name, value in pairs}
    if received.method == "GET":
        return fields
    numbers = {name: received.headers.get(f"X-Kannel-{name}", "").encode() for name in ("From", "To")}
    return {**{name.lower(): number for name, number in numbers.items() if number}, **fields, "text": received.body}


def _plain(fields: Mapping[str, bytes], name: str) -> str:
    return fields.get(name, b"").decode("utf-8", "replace")


def _text(fields: Mapping[str, bytes]) -> str:
    """The text by `%C` and `%c`: UTF-8 with `mo-recode`, else as the SMSC gave it; U+FFFD for what has no meaning."""
    charset, octets = _plain(fields, "charset").lower(), fields["text"]
    if charset in _UCS2 or (not charset and _plain(fields, "coding") == "2"):
        return octets.decode("utf-16-be", "replace")
    return octets.decode("latin-1" if charset in {"iso-8859-1", "latin1"} else "utf-8", "replace")


def _part(header: bytes) -> Part | None:
    """Which part of a long message it is, by the user data header (3GPP TS 23.040, 9.2.3.24: elements 00 and 08)."""
    if not header or header[0] + 1 != len(header):
        return None
    place = 1
    while place + 2 <= len(header):
        kind, size = header[place], header[place + 1]
        value = header[place + 2 : place + 2 + size]
        if (kind, size, len(value)) in {(0, 3, 3), (8, 4, 4)}:
            ref, total, number = int.from_bytes(value[:-2], "big"), value[-2], value[-1]
            return Part(ref, number, total) if 1 <= number <= total and total > 1 else None
        place += 2 + size
    return None
