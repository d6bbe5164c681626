"""How SMSCs speak USSD over SMPP: one row of a table for each dialect.

Sources: SMPP v3.4, 5.3.2.44 (ussd_service_op) and 5.3.2.43 (its_session_info: a session number, and in the second octet
a number of the dialogue unit and, last bit, the end); for 6D and Mica the values that vumi's processors of these names
used. The trap is the end: 17 decimal in the standard's list, 0x17 in both dialects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from gateways.smpp.numbers import Tag
from gateways.smpp.pdu import Pdu, Tlv

Name = Literal["generic", "sixdee", "mica"]
Event = Literal["start", "input", "end"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One SMSC's way.

    Attributes:
        session: the parameter that carries the session.
        id_bits: how many of its 16 bits, from the left, are the session's id.
        last_bit_ends: whether its last bit says that the session is over.
        events: what an ussd_service_op that comes means; one that is not listed is an input.
        ask, close: the ussd_service_op of a screen that waits for an answer, and of the last one.
        gsm7, ucs2: data_coding of a screen.
        dialled: where the start says what was dialled.
    """

    session: int
    id_bits: int
    last_bit_ends: bool
    events: Mapping[int, Event]
    ask: int
    close: int
    gsm7: int = 0x0F
    ucs2: int = 0x48
    dialled: Literal["text", "destination"] = "text"


DIALECTS: Final[Mapping[Name, Dialect]] = {
    "generic": Dialect(
        session=Tag.ITS_SESSION_INFO,
        id_bits=8,
        last_bit_ends=True,
        # PSSD and PSSR indication; USSR confirm; USSN confirm is the phone's word that it has shown a notice.
        events={0x00: "start", 0x01: "start", 0x12: "input", 0x13: "end"},
        ask=0x02,
        close=0x11,
    ),
    "sixdee": Dialect(
        session=Tag.ITS_SESSION_INFO,
        id_bits=15,
        last_bit_ends=True,
        events={0x01: "start", 0x12: "input", 0x81: "end"},
        ask=0x02,
        close=0x17,
    ),
    "mica": Dialect(
        session=Tag.USER_MESSAGE_REFERENCE,
        id_bits=16,
        last_bit_ends=False,
        events={0x01: "start", 0x12: "input", 0x81: "end"},
        ask=0x02,
        close=0x17,
    ),
}

_BITS: Final = 16


@dataclass(frozen=True, slots=True)
class Press:
    """What a PDU of a dialogue says: the event, the session's id among its number's, and the parameter as it came."""

    event: Event
    session: int
    info: int


def read_press(dialect: Dialect, pdu: Pdu) -> Press:
    """What comes; a PDU without the parameter is of session 0, and one without an operation is an input."""
    value = pdu.tlv(dialect.session) or b"\0\0"
    info = int.from_bytes(value[:2].rjust(2, b"\0"), "big")
    operation = pdu.tlv(Tag.USSD_SERVICE_OP) or b""
    event: Event = dialect.events.get(operation[0], "input") if operation else "input"
    if dialect.last_bit_ends and info & 1:
        event = "end"
    return Press(event, info >> (_BITS - dialect.id_bits), info)


def write_press(dialect: Dialect, info: int, *, end: bool) -> tuple[Tlv, ...]:
    """The parameters of a screen that answers a PDU with this session parameter."""
    if dialect.last_bit_ends:
        info = (info & 0xFFFE) | end
    operation = dialect.close if end else dialect.ask
    return ((Tag.USSD_SERVICE_OP, bytes([operation])), (dialect.session, info.to_bytes(2, "big")))
