"""How numbers, references and identifiers stand in the rows: as integers and bytes, half the size of their text."""

import secrets
import uuid
from typing import Final, get_args

from flows.delivery import State
from flows.errors import CallFault
from flows.reference import LENGTH

STATES: Final[tuple[State, ...]] = get_args(State)
"""Delivery states as they stand in the rows: by their place."""

STATE_NUMBER: Final[dict[State, int]] = {state: number for number, state in enumerate(STATES)}

_LONGEST: Final = 15
"""Digits of an E.164 number (ITU-T E.164)."""


def pack_number(msisdn: str) -> int:
    """The digits of an E.164 number.

    Raises:
        CallFault: it is not `+` and at most fifteen digits.
    """
    digits = msisdn[1:]
    if not msisdn.startswith("+") or not (digits.isascii() and digits.isdigit()) or len(digits) > _LONGEST:
        raise CallFault("the number is not in E.164 form")
    return int(digits)


def unpack_number(number: int) -> str:
    """The E.164 form of a packed number."""
    return f"+{number}"


def pack_reference(reference: str) -> int | None:
    """Nine digits as an integer; None for anything else."""
    return int(reference) if len(reference) == LENGTH and reference.isascii() and reference.isdigit() else None


def unpack_reference(reference: int) -> str:
    """The nine digits, leading zeros included."""
    return f"{reference:0{LENGTH}d}"


def pack_id(text: str) -> bytes:
    """The sixteen bytes of a UUID; raises ValueError for anything else."""
    return uuid.UUID(text).bytes


def coarse_id(at: int) -> str:
    """A UUIDv7 (RFC 9562, 5.7) that tells no other time than `at`, in epoch seconds; the rest of it is chance."""
    value = (at * 1000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return str(uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62))


def unpack_id(data: bytes) -> str:
    """The usual form of a UUID."""
    # By hand: `uuid.UUID` takes three times as long, and a drain reads two of them for each request.
    text = data.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
