"""Long messages in parts: the header in front of the text, SMPP's own parameters, and message_payload.

Sources: 3GPP TS 23.040, 9.2.3.24 (the user data header; elements 00 and 08 join parts); SMPP v3.4, 5.3.2.22 to 24
(sar_msg_ref_num, sar_total_segments, sar_segment_seqnum), 5.3.2.32 (message_payload).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from gateways.smpp.numbers import UDH_INDICATOR, Tag
from gateways.smpp.pdu import Message, Pdu, Tlv

_JOIN_8: Final = 0x00
_JOIN_16: Final = 0x08
_SHORT_REFERENCE: Final = 0xFF
MOST_PARTS: Final = 255


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of which long message this is: `number` counts from 1. `wide`: the reference has 16 bits."""

    reference: int
    total: int
    number: int
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """What a message carries: octets without header, the header's length in octets, and its place in a long one."""

    octets: bytes
    header: int = 0
    part: Part | None = None


def content(pdu: Pdu) -> Content:
    """What a submit_sm, deliver_sm or data_sm carries. A header that is broken is taken for text: nothing is lost."""
    body = pdu.body
    if not isinstance(body, Message):
        return Content(b"")
    payload = pdu.tlv(Tag.MESSAGE_PAYLOAD)
    octets = body.short_message or payload or b""
    if body.esm_class & UDH_INDICATOR:
        header = _header(octets)
        if header is not None:
            size = octets[0] + 1
            return Content(octets[size:], size, _joined(header) or _sar(pdu))
    return Content(octets, 0, _sar(pdu))


def _header(octets: bytes) -> Sequence[tuple[int, bytes]] | None:
    """The elements of the user data header that these octets begin with; None when there is no whole one."""
    if not octets or octets[0] >= len(octets):
        return None
    end = octets[0] + 1
    elements: list[tuple[int, bytes]] = []
    at = 1
    while at < end:
        if at + 2 > end or at + 2 + octets[at + 1] > end:
            return None
        close = at + 2 + octets[at + 1]
        elements.append((octets[at], octets[at + 2 : close]))
        at = close
    return elements


def _joined(elements: Sequence[tuple[int, bytes]]) -> Part | None:
    found = None
    for kind, data in elements:
        # A repeated element replaces the one before it (TS 23.040, 9.2.3.24).
        if kind == _JOIN_8 and len(data) == 3:  # noqa: PLR2004 - reference, total, number
            found = _part(data[0], data[1], data[2], wide=False) or found
        elif kind == _JOIN_16 and len(data) == 4:  # noqa: PLR2004 - reference (two octets), total, number
            found = _part(int.from_bytes(data[:2], "big"), data[2], data[3], wide=True) or found
    return found


def _sar(pdu: Pdu) -> Part | None:
    reference, total, number = (pdu.tlv(tag) for tag in (Tag.SAR_REFERENCE, Tag.SAR_TOTAL, Tag.SAR_NUMBER))
    if reference is None or total is None or number is None:
        return None
    values = [int.from_bytes(value, "big") for value in (reference, total, number)]
    return _part(*values, wide=True)


def _part(reference: int, total: int, number: int, *, wide: bool) -> Part | None:
    """None for what TS 23.040 tells to ignore: number 0, or one beyond the total; and for a message of one part."""
    if not 1 <= number <= total <= MOST_PARTS or total == 1:
        return None
    return Part(reference & 0xFFFF, total, number, wide)


def with_header(message: Message, part: Part) -> Message:
    """The message with a user data header in front of its text."""
    if part.wide:
        header = bytes([6, _JOIN_16, 4, part.reference >> 8 & 0xFF, part.reference & 0xFF, part.total, part.number])
    else:
        header = bytes([5, _JOIN_8, 3, part.reference & _SHORT_REFERENCE, part.total, part.number])
    return msgspec.structs.replace(
        message, esm_class=message.esm_class | UDH_INDICATOR, short_message=header + message.short_message
    )


def sar(part: Part) -> tuple[Tlv, ...]:
    """The three parameters that say the same beside the text."""
    return (
        (Tag.SAR_REFERENCE, (part.reference & 0xFFFF).to_bytes(2, "big")),
        (Tag.SAR_TOTAL, bytes([part.total])),
        (Tag.SAR_NUMBER, bytes([part.number])),
    )
