"""The side of the messages: texts and receipts read from PDUs, and a message of ours as one."""

import hashlib
import re
from typing import Any, ClassVar, Final

import msgspec

import sms.port
from flows.text.measure import needs, sendable
from gateways.smpp import addresses
from gateways.smpp.coding import read_text, write_text
from gateways.smpp.faults import PduFault
from gateways.smpp.line import Line
from gateways.smpp.numbers import Tag
from gateways.smpp.options import Options
from gateways.smpp.parts import Part as Piece
from gateways.smpp.parts import content, sar, with_header
from gateways.smpp.pdu import Message, Pdu, Tlv, decode, encode
from gateways.smpp.receipts import answered_id, is_receipt, read_receipt
from store.values import Answer, Inbound, Malformed, OptOut, Outgoing, Part, Received, Report, Sent

_UCS2: Final = 8
_ROOM: Final = 140
"""Octets of one SMS; what is longer goes as a message_payload where that was chosen."""

_control = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Texts:
    """Reads and writes messages; `line` carries them."""

    Settings: ClassVar[type[sms.port.Settings]] = Options

    def __init__(self, channel: str, settings: Options, line: Line) -> None:
        self._channel = channel
        self._settings = settings
        self._line = line
        self._sink: sms.port.Sink | None = None
        self._tasks: set[Any] = set()
        self.capabilities = sms.port.Capabilities(
            port=1, long="whole" if settings.long == "payload" else "parts", reports=settings.reports
        )

    # What the port asks for; the body of a `Received` is one PDU.

    def read(self, received: Received) -> Inbound | Malformed:
        """A deliver_sm or data_sm as a message; its id stands for its content, for SMPP gives none."""
        pdu = _pdu(received)
        return self.message_of(pdu) if isinstance(pdu, Pdu) else pdu

    def read_report(self, received: Received) -> Report | Malformed:
        """A delivery receipt."""
        pdu = _pdu(received)
        return self.report_of(pdu) if isinstance(pdu, Pdu) else pdu

    def read_optout(self, received: Received) -> OptOut | Malformed:  # noqa: ARG002 - the port's signature
        """SMPP knows none."""
        return Malformed("no-such-request")

    def accept(self) -> Answer:
        """ESME_ROK."""
        return Answer(0, b"")

    async def send(self, message: Outgoing) -> Sent:
        """One submit_sm.

        Raises:
            SendError: as `gateways/smpp/statuses.py` says.
        """
        body, tlvs = self.submit_of(message)
        id_ = await self._line.submit(body, tlvs, late=lambda said: self._late(message, said))
        return Sent(answered_id(id_, self._settings.receipt_ids))

    async def close(self) -> None:
        """Unbind."""
        await self._line.close()

    # Between PDUs and values.

    def message_of(self, pdu: Pdu) -> Inbound | Malformed:
        """What a phone sent."""
        body = pdu.body
        if not isinstance(body, Message):
            return Malformed("not-a-message")
        if is_receipt(pdu):
            return Malformed("a-receipt")
        number = addresses.msisdn(body.source_addr_ton, body.source_addr, self._settings.country_code)
        if not number:
            # A bank's sender ID or a short code: nobody to talk to, and it would be the same again.
            return Malformed("not-a-phone", status=200)
        found = content(pdu)
        default = self._settings.default_alphabet
        text = read_text(body.data_coding, found.octets, default=default, after=found.header)
        part = Part(found.part.reference, found.part.number, found.part.total) if found.part else None
        return Inbound(self._channel, _name(pdu), number, body.destination_addr, _control.sub("", text), part=part)

    def report_of(self, pdu: Pdu) -> Report | Malformed:
        """What became of a message."""
        if not is_receipt(pdu):
            return Malformed("not-a-receipt")
        found = read_receipt(pdu, content(pdu).octets, self._settings.receipt_ids)
        if not found.id:
            return Malformed("message-id")
        return Report(self._channel, found.id, found.state, found.reason)

    def submit_of(self, message: Outgoing) -> tuple[Message, tuple[Tlv, ...]]:
        """The body and the optional parameters of the submit_sm for a message or one part of it."""
        settings = self._settings
        text = sendable(message.text)
        plain = needs(text) == "gsm7"
        octets = write_text(text, settings.default_alphabet if plain else "ucs2")
        source = addresses.sender(settings.sender or next(iter(settings.short_codes), ""), settings)
        body = Message(
            service_type=settings.service_type,
            source_addr_ton=source[0],
            source_addr_npi=source[1],
            source_addr=source[2],
            dest_addr_ton=settings.dest_ton,
            dest_addr_npi=settings.dest_npi,
            destination_addr=message.msisdn.removeprefix("+"),
            validity_period=_validity(settings.validity_hours),
            registered_delivery=int(settings.reports),
            data_coding=0 if plain else _UCS2,
        )
        if settings.long == "payload" and len(octets) > _ROOM:
            return body, ((Tag.MESSAGE_PAYLOAD, octets),)
        body = msgspec.structs.replace(body, short_message=octets)
        if message.part is None:
            return body, ()
        piece = Piece(message.part.ref, message.part.total, message.part.number)
        return (body, sar(piece)) if settings.long == "sar" else (with_header(body, piece), ())

    def attend(self, sink: sms.port.Sink | None) -> None:
        """Where late answers go."""
        self._sink = sink

    def _late(self, message: Outgoing, said: str) -> None:
        """The SMSC has it after all: from here on its receipt finds the message, and nobody has to look."""
        sink = self._sink
        if sink is None:
            return
        id_ = answered_id(said, self._settings.receipt_ids)
        self._line.spawn(sink.report(Report(self._channel, id_, "sent", mark=message.mark)))


def _pdu(received: Received) -> Pdu | Malformed:
    try:
        return decode(received.body)
    except PduFault as fault:
        return Malformed(fault.code)


def _name(pdu: Pdu) -> str:
    """A name for everything in the PDU but the number under which this connection sent it."""
    return hashlib.blake2b(encode(msgspec.structs.replace(pdu, sequence=0)), digest_size=16).hexdigest()


def _validity(hours: int) -> str:
    """SMPP's relative time (7.1.1): years, months, days, hours, minutes, seconds, tenths, and `000R`."""
    return f"0000{hours // 24:02}{hours % 24:02}0000000R" if hours else ""
