"""PDUs as values: bytes in, a value out, and back to the same bytes. Pure, and driven by one table of layouts.

What a peer sends is read with patience where that loses nothing: optional parameters are kept as they came, in their
order and with those that nobody knows; octets behind them that are none are kept too (`rest`); an answer may lack its
body. Everything else that the specification does not allow is one `PduFault`, which says what the peer is to be told.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

import msgspec

from gateways.smpp.faults import PduFault
from gateways.smpp.numbers import HEADER, LAST_SEQUENCE, RESPONSE, VERSION, Command, Status

Tlv = tuple[int, bytes]

LONGEST: Final = 70_000
"""Octets of the longest PDU that is read: a message_payload may have 65,535."""

_LONGEST_SHORT: Final = 254
_LONGEST_TLV: Final = 0xFFFF
_OCTET: Final = 0xFF
_head = struct.Struct(">IIII")
_tlv_head = struct.Struct(">HH")


class Bind(msgspec.Struct, frozen=True):
    """bind_receiver, bind_transmitter, bind_transceiver (4.1.1). Text is ASCII; lengths as in the layout below."""

    system_id: str
    password: str = ""
    system_type: str = ""
    interface_version: int = VERSION
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""


class Bound(msgspec.Struct, frozen=True):
    """The answer to a bind: the SMSC's own name."""

    system_id: str = ""


class Outbind(msgspec.Struct, frozen=True):
    """The SMSC's wish that we bind (4.1.7)."""

    system_id: str = ""
    password: str = ""


class Message(msgspec.Struct, frozen=True):
    """submit_sm and deliver_sm (4.4.1, 4.6.1); data_sm (4.7.1) has fewer of these fields, and no short_message."""

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    esm_class: int = 0
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    replace_if_present_flag: int = 0
    data_coding: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = b""


class Taken(msgspec.Struct, frozen=True):
    """The answer to a message: the id that its taker gave it; empty in an answer to deliver_sm."""

    message_id: str = ""


class Asked(msgspec.Struct, frozen=True):
    """query_sm and cancel_sm (4.8.1, 4.9.1): which message is meant; service_type and destination for cancel_sm."""

    service_type: str = ""
    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""


class Told(msgspec.Struct, frozen=True):
    """The answer to query_sm (4.8.2): when it came to its end, how it stands, and the network's error."""

    message_id: str = ""
    final_date: str = ""
    message_state: int = 0
    error_code: int = 0


class Available(msgspec.Struct, frozen=True):
    """alert_notification (4.12.1): a phone can be reached again."""

    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    esme_addr_ton: int = 0
    esme_addr_npi: int = 0
    esme_addr: str = ""


Body = Bind | Bound | Outbind | Message | Taken | Asked | Told | Available


class Pdu(msgspec.Struct, frozen=True):
    """One PDU. `rest` is what stood behind the last optional parameter without being one."""

    command: int
    sequence: int
    status: int = Status.OK
    body: Body | None = None
    tlvs: tuple[Tlv, ...] = ()
    rest: bytes = b""

    def tlv(self, tag: int) -> bytes | None:
        """The value of the first parameter with this tag; None when there is none."""
        for found, value in self.tlvs:
            if found == tag:
                return value
        return None

    @property
    def is_response(self) -> bool:
        """Whether it answers a request; a generic_nack does."""
        return bool(self.command & RESPONSE)


class _Field(NamedTuple):
    """One field: `size` is the greatest number of octets, for text with its closing NUL."""

    name: str
    kind: Literal["number", "text", "short"]
    size: int = 1
    refused: int = Status.INVALID_PARAMETER_LENGTH


def _number(name: str) -> _Field:
    return _Field(name, "number")


def _text(name: str, size: int, refused: int = Status.INVALID_PARAMETER_LENGTH) -> _Field:
    return _Field(name, "text", size, refused)


def _address(prefix: str, name: str, refused: int, size: int = 21) -> tuple[_Field, ...]:
    return _number(f"{prefix}_ton"), _number(f"{prefix}_npi"), _text(name, size, refused)


_SOURCE: Final = _address("source_addr", "source_addr", Status.INVALID_SOURCE)
_DESTINATION: Final = _address("dest_addr", "destination_addr", Status.INVALID_DESTINATION)
_ID: Final = _text("message_id", 65, Status.INVALID_MESSAGE_ID)
_SERVICE: Final = _text("service_type", 6, Status.INVALID_SERVICE_TYPE)
_BIND: Final = (
    _text("system_id", 16, Status.INVALID_SYSTEM_ID),
    _text("password", 9, Status.INVALID_PASSWORD),
    _text("system_type", 13, Status.INVALID_SYSTEM_TYPE),
    _number("interface_version"),
    *_address("addr", "address_range", Status.BIND_FAILED, 41),
)
_MESSAGE: Final = (
    _SERVICE,
    *_SOURCE,
    *_DESTINATION,
    _number("esm_class"),
    _number("protocol_id"),
    _number("priority_flag"),
    _text("schedule_delivery_time", 17, Status.INVALID_SCHEDULE),
    _text("validity_period", 17, Status.INVALID_VALIDITY),
    _number("registered_delivery"),
    _number("replace_if_present_flag"),
    _number("data_coding"),
    _number("sm_default_msg_id"),
    _Field("short_message", "short", _LONGEST_SHORT, Status.INVALID_MESSAGE_LENGTH),
)
_DATA: Final = (
    _SERVICE,
    *_address("source_addr", "source_addr", Status.INVALID_SOURCE, 65),
    *_address("dest_addr", "destination_addr", Status.INVALID_DESTINATION, 65),
    _number("esm_class"),
    _number("registered_delivery"),
    _number("data_coding"),
)
_BOUND: Final = (_text("system_id", 16, Status.INVALID_SYSTEM_ID),)
_Layout = tuple[type[Any], tuple[_Field, ...]]
_LAYOUTS: Final[Mapping[int, _Layout | None]] = {
    Command.GENERIC_NACK: None,
    Command.UNBIND: None,
    Command.UNBIND_RESP: None,
    Command.ENQUIRE_LINK: None,
    Command.ENQUIRE_LINK_RESP: None,
    Command.BIND_RECEIVER: (Bind, _BIND),
    Command.BIND_TRANSMITTER: (Bind, _BIND),
    Command.BIND_TRANSCEIVER: (Bind, _BIND),
    Command.BIND_RECEIVER_RESP: (Bound, _BOUND),
    Command.BIND_TRANSMITTER_RESP: (Bound, _BOUND),
    Command.BIND_TRANSCEIVER_RESP: (Bound, _BOUND),
    Command.OUTBIND: (Outbind, _BIND[:2]),
    Command.SUBMIT_SM: (Message, _MESSAGE),
    Command.DELIVER_SM: (Message, _MESSAGE),
    Command.DATA_SM: (Message, _DATA),
    Command.SUBMIT_SM_RESP: (Taken, (_ID,)),
    Command.DELIVER_SM_RESP: (Taken, (_ID,)),
    Command.DATA_SM_RESP: (Taken, (_ID,)),
    Command.QUERY_SM: (Asked, (_ID, *_SOURCE)),
    Command.QUERY_SM_RESP: (
        Told,
        (_ID, _text("final_date", 17), _number("message_state"), _number("error_code")),
    ),
    Command.CANCEL_SM: (Asked, (_SERVICE, _ID, *_SOURCE, *_DESTINATION)),
    Command.CANCEL_SM_RESP: None,
    Command.ALERT_NOTIFICATION: (
        Available,
        (
            *_address("source_addr", "source_addr", Status.INVALID_SOURCE, 65),
            *_address("esme_addr", "esme_addr", Status.INVALID_DESTINATION, 65),
        ),
    ),
}


def encode(pdu: Pdu) -> bytes:
    """The PDU's bytes.

    Raises:
        PduFault: a field is too long or not of its kind, or the command is none that is known here.
    """
    if pdu.command not in _LAYOUTS or not 0 <= pdu.sequence <= _LARGEST or not 0 <= pdu.status <= _LARGEST:
        raise PduFault("not a command, status or sequence", status=Status.INVALID_COMMAND)
    layout = _LAYOUTS[pdu.command]
    pieces = [b""]
    if layout is not None and pdu.body is not None:
        _write_body(pdu.body, layout, pieces)
    for tag, value in pdu.tlvs:
        if not 0 <= tag <= _LONGEST_TLV or len(value) > _LONGEST_TLV:
            raise PduFault("an optional parameter that is too long", status=Status.INVALID_TLV_STREAM)
        pieces += (_tlv_head.pack(tag, len(value)), value)
    pieces.append(pdu.rest)
    pieces[0] = _head.pack(HEADER + sum(map(len, pieces)), pdu.command, pdu.status, pdu.sequence)
    return b"".join(pieces)


_LARGEST: Final = 0xFFFFFFFF


def _write_body(body: Body, layout: _Layout, pieces: list[bytes]) -> None:
    kind, fields = layout
    if not isinstance(body, kind):
        raise PduFault("a body of another command", status=Status.INVALID_COMMAND)
    for name, form, size, refused in fields:
        value = getattr(body, name)
        if form == "number":
            if not 0 <= value <= _OCTET:
                raise PduFault(f"{name} is no octet", status=refused)
            pieces.append(_OCTETS[value])
        elif form == "text":
            octets = value.encode("latin-1", "replace") + b"\0"
            if len(octets) > size or octets.index(0) + 1 != len(octets):
                raise PduFault(f"{name} is too long", status=refused)
            pieces.append(octets)
        else:
            if len(value) > size:
                raise PduFault(f"{name} is too long", status=refused)
            pieces += (_OCTETS[len(value)], value)


_OCTETS: Final = [bytes([value]) for value in range(256)]


def decode(data: bytes) -> Pdu:
    """The PDU in these bytes, which are exactly one (`gateways/smpp/framing.py` cuts them out of a stream).

    Raises:
        PduFault: they are none; with the status to answer, and command and sequence where they could be read.
    """
    if len(data) < HEADER:
        raise PduFault("shorter than a header")
    length, command, status, sequence = _head.unpack_from(data)
    if length != len(data):
        raise PduFault("its length is another", command=command, sequence=sequence)
    if command not in _LAYOUTS:
        raise PduFault("an unknown command", status=Status.INVALID_COMMAND, command=command, sequence=sequence)
    layout = _LAYOUTS[command]
    body, at = None, HEADER
    if layout is not None and (length > HEADER or not command & RESPONSE):
        try:
            body, at = _read_body(data, *layout, forgiving=bool(command & RESPONSE))
        except PduFault as fault:
            raise PduFault(str(fault), status=fault.status, command=command, sequence=sequence) from None
    tlvs, at = _read_tlvs(data, at)
    return Pdu(command, sequence, status, body, tlvs, data[at:])


def _read_body(data: bytes, kind: type[Any], layout: Sequence[_Field], *, forgiving: bool) -> tuple[Any, int]:
    """The body, and where it ends. `forgiving`: the last text may lack its NUL, as in answers of some SMSCs."""
    at, end = HEADER, len(data)
    values: dict[str, Any] = {}
    for name, form, size, refused in layout:
        if form == "text":
            close = data.find(0, at, at + size)
            if close < 0:
                if not forgiving or end - at >= size:
                    raise PduFault(f"{name} has no end", status=refused)
                close = end
            values[name] = data[at:close].decode("latin-1")
            at = min(close + 1, end)
        elif at >= end:
            raise PduFault(f"{name} is missing", status=Status.INVALID_LENGTH)
        elif form == "number":
            values[name] = data[at]
            at += 1
        else:
            close = at + 1 + data[at]
            if close > end:
                raise PduFault(f"{name} is cut off", status=refused)
            values[name] = data[at + 1 : close]
            at = close
    return kind(**values), at


def _read_tlvs(data: bytes, at: int) -> tuple[tuple[Tlv, ...], int]:
    end = len(data)
    if at == end:
        return (), at
    found: list[Tlv] = []
    while at + _tlv_head.size <= end:
        tag, size = _tlv_head.unpack_from(data, at)
        close = at + _tlv_head.size + size
        if close > end:
            break
        found.append((tag, data[at + _tlv_head.size : close]))
        at = close
    return tuple(found), at


def answer(request: Pdu, status: int = Status.OK) -> Pdu:
    """The response to a request: bare, but for those whose form wants an (empty) message_id."""
    command = request.command | RESPONSE
    layout = _LAYOUTS.get(command)
    body = Taken() if layout is not None and layout[0] is Taken else None
    return Pdu(command, request.sequence, status, body)


def next_sequence(sequence: int) -> int:
    """The sequence_number after this one: 1 after 0x7FFFFFFF."""
    return sequence % LAST_SEQUENCE + 1
