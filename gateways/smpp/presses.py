"""The side of the key presses: PDUs of a dialogue read as calls, and a screen as one."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar, Final

import ussd.port
from flows.text.measure import needs
from gateways.smpp import addresses
from gateways.smpp.coding import alphabet, read_text, write_text
from gateways.smpp.dialects import DIALECTS, Dialect, read_press, write_press
from gateways.smpp.faults import PduFault
from gateways.smpp.numbers import Command, Tag
from gateways.smpp.options import Options
from gateways.smpp.parts import content
from gateways.smpp.pdu import Message, Pdu, Tlv, decode, encode
from store.heard import END_OF_MARK
from store.values import Answer, Call, Ended, Malformed, Received, Reply

COPY: Final = 30
"""Seconds within which the same code dialled again in the same dialogue is a copy."""

AGAIN: Final = 180
"""Seconds within which the same input again is a copy, when this process has not seen the dialogue before: a node needs
its time to come back, and no operator keeps a dialogue for longer."""

MOST_DIALOGUES: Final = 20_000
_ROOM: Final = 254
_INFO: Final = "info"
_FROM: Final = "from"
_TO: Final = "to"


@dataclass(slots=True)
class _Dialogue:
    """What this process has heard of one: the last request's octets, its mark, and whether our answer was read."""

    octets: bytes
    hop: str
    open: bool
    code: str


class Presses:
    """Reads and writes key presses."""

    Settings: ClassVar[type[ussd.port.Settings]] = Options
    capabilities = ussd.port.Capabilities(port=1, text="last", ends=True)

    def __init__(self, channel: str, settings: Options) -> None:
        assert settings.ussd != "none"  # noqa: S101 - whoever makes this side has looked
        self._channel = channel
        self._settings = settings
        self._dialect: Dialect = DIALECTS[settings.ussd]
        self._dialled = settings.dialled or self._dialect.dialled
        self._gsm7 = self._dialect.gsm7 if settings.ussd_coding_gsm7 is None else settings.ussd_coding_gsm7
        self._ucs2 = self._dialect.ucs2 if settings.ussd_coding_ucs2 is None else settings.ussd_coding_ucs2
        self._codes = sorted((code.strip("*#") for code in settings.service_codes), key=len, reverse=True)
        self._dialogues: OrderedDict[str, _Dialogue] = OrderedDict()
        self._life = secrets.token_hex(4)
        self._count = 0

    # What the port asks for; the body of a `Received` and of an `Answer` is one PDU.

    def read(self, received: Received) -> Call | Ended | Malformed:
        """A deliver_sm of a dialogue."""
        try:
            return self.call_of(decode(received.body))
        except PduFault as fault:
            return Malformed(fault.code)

    def write(self, reply: Reply, call: Call) -> Answer:
        """A submit_sm with the screen."""
        body, tlvs = self.submit_of(reply, call)
        return Answer(0, encode(Pdu(Command.SUBMIT_SM, 1, 0, body, tlvs)), "application/octet-stream")

    def accept(self) -> Answer:
        """ESME_ROK."""
        return Answer(0, b"")

    # Between PDUs and values.

    def call_of(self, pdu: Pdu) -> Call | Ended | Malformed:
        """What the phone did."""
        body = pdu.body
        if not isinstance(body, Message):
            return Malformed("not-a-message")
        number = addresses.msisdn(body.source_addr_ton, body.source_addr, self._settings.country_code)
        if not number:
            return Malformed("number")
        press = read_press(self._dialect, pdu)
        session = f"{number[1:]}-{press.session:x}"
        if press.event == "end":
            self._dialogues.pop(session, None)
            return Ended(self._channel, session)
        default = self._settings.default_alphabet
        text = read_text(body.data_coding, content(pdu).octets, default=default, ussd=True).strip("\0\r\n")
        source, target = addresses.addressed(body)
        echo = {_INFO: f"{press.info:04x}", _FROM: _joined(target), _TO: _joined(source)}
        if press.event == "input":
            hop, code = self._hop(session, pdu, press.info)
            repeat = AGAIN if hop.startswith(END_OF_MARK) else 0
            return Call(self._channel, session, number, text, code, "", "input", hop, repeat, echo)
        dialled = text if self._dialled == "text" and text else body.destination_addr
        found = self._code(dialled)
        if found is None:
            return Malformed("service-code")
        code, rest = found
        self._note(session, _Dialogue(b"", "", open=False, code=code))
        return Call(self._channel, session, number, rest, code, "", "dial", "", COPY, echo)

    def submit_of(self, reply: Reply, call: Call) -> tuple[Message, tuple[Tlv, ...]]:
        """The body and the optional parameters of the submit_sm that shows this screen."""
        echo = call.echo or {}
        source, target = _parted(echo.get(_FROM, "0,0,")), _parted(echo.get(_TO, f"1,1,{call.msisdn[1:]}"))
        plain = needs(reply.text) == "gsm7"
        data_coding = self._gsm7 if plain else self._ucs2
        octets = self._octets(reply.text, data_coding, plain=plain)
        tlvs = write_press(self._dialect, int(echo.get(_INFO, "0"), 16), end=reply.end)
        fits = len(octets) <= _ROOM
        body = Message(
            "USSD",
            *source,
            *target,
            data_coding=data_coding,
            short_message=octets if fits else b"",
        )
        return body, tlvs if fits else (*tlvs, (Tag.MESSAGE_PAYLOAD, octets))

    def heard(self, call: Call, *, read: bool) -> None:
        """Whether the SMSC is known to have read our acknowledgement of this call."""
        dialogue = self._dialogues.get(call.session)
        if dialogue is not None and dialogue.hop == call.hop:
            dialogue.open = not read

    def _octets(self, text: str, data_coding: int, *, plain: bool) -> bytes:
        name = alphabet(data_coding, default=self._settings.default_alphabet, ussd=True)
        if plain:
            return write_text(
                text, name if name in {"gsm7", "gsm7-packed", "latin1", "ascii", "utf8"} else "gsm7", ussd=True
            )
        # 0x11: two letters of a language as packed septets before the text; `en` is what handsets never show.
        return (b"\x65\x37" if name == "language-ucs2" else b"") + write_text(text, "ucs2")

    def _hop(self, session: str, pdu: Pdu, info: int) -> tuple[str, str]:
        """This request's mark and the dialogue's code. The mark of the one before, if this can be a copy of it.

        A mark ends with the session parameter, where some SMSCs count the presses. After a new start that end is all
        that is known of it, for nobody knows what was acknowledged: then the core compares the inputs too.
        """
        octets = encode(Pdu(pdu.command, 0, 0, pdu.body, pdu.tlvs, pdu.rest))
        known = self._dialogues.get(session)
        if known is not None and known.open and known.octets == octets:
            return known.hop, known.code
        self._count += 1
        code = known.code if known is not None else next(iter(self._settings.service_codes), "")
        hop = f"{self._life}.{self._count}" if known is not None else ""
        hop = f"{hop}{END_OF_MARK}{info:04x}"
        self._note(session, _Dialogue(octets, hop, open=True, code=code))
        return hop, code

    def _note(self, session: str, dialogue: _Dialogue) -> None:
        self._dialogues[session] = dialogue
        self._dialogues.move_to_end(session)
        if len(self._dialogues) > MOST_DIALOGUES:
            self._dialogues.popitem(last=False)

    def _code(self, dialled: str) -> tuple[str, str] | None:
        """The service code, and what was dialled behind it joined by `*`; None when it is not one of this channel's."""
        bare = dialled.strip().strip("*#")
        for code in self._codes:
            if bare == code or bare.startswith(code + "*"):
                return f"*{code}#", bare[len(code) + 1 :]
        return None if self._codes else (f"*{bare}#" if bare else "", "")


def _joined(address: tuple[int, int, str]) -> str:
    return f"{address[0]},{address[1]},{address[2]}"


def _parted(text: str) -> tuple[int, int, str]:
    ton, npi, address = text.split(",", 2)
    return int(ton), int(npi), address
