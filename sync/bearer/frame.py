"""The frame: thirteen bytes of header that are also the nonce, then AES-CCM with a tag of eight bytes, as text or bare.

    first  1   version (2 bits), kind (2 bits), number of the part (4 bits)
    pair   2   whose keys open it
    epoch  4   the sender's: drawn at random at its every start
    number 4   up: the submission's sequence; down, and for a question: a counter that is stored before it is used
    page   2   the page that the body was packed with, zeros for none
    body       AES-128-CCM (RFC 3610, a length field of two bytes), the header as associated data
    tag    8

A nonce repeats only with the same plaintext: what a submission packs to is a function of its bytes, its page, its part
and this version's tables, the last of which are part of the key. The two directions have keys of their own.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from sync.bearer.page import NO_PAGE
from sync.bearer.text import model

VERSION: Final = 1
HEADER: Final = 13
TAG: Final = 8
TEXT: Final = 160
"""Septets of one SMS; base64 of 120 bytes fills it exactly."""

ROOM: Final = TEXT * 3 // 4 - HEADER - TAG
"""Bytes of body in one SMS: 99. A binary SMS would hold 119; frames are cut alike for both, so that a record packs to
the same bytes whatever carries it."""

PARTS: Final = 16

_KEY: Final = 16
_PAIR: Final = 2
# RFC 4648 with - and . for its last two: both are the same in GSM 03.38, ASCII and every charset that a gateway may put
# between, and neither means anything in a URL or a form. `+` becomes a blank there, `_` is another letter in GSM.
_ALPHABET: Final = b"-."
_FRAME: Final = re.compile(r"[A-Za-z0-9.\-]{28,190}")


class FrameFault(ValueError):  # noqa: N818 - named like the other faults
    """No frame, or not for these keys: harmed, of a stranger, or another version."""


class Kind(IntEnum):
    """What a frame holds: a whole submission, a part of one with more to follow, its last part, or a word between."""

    WHOLE = 0
    PART = 1
    LAST = 2
    TALK = 3


@dataclass(frozen=True, slots=True)
class Header:
    """The part of a frame in the clear; `index` counts parts from 0, and is 0 for what has none."""

    kind: Kind
    pair: bytes
    epoch: str
    number: int
    page: bytes = NO_PAGE
    index: int = 0

    def to_bytes(self) -> bytes:
        """Return it as it travels; raises `FrameFault` for a number or index that has no room."""
        if not 0 <= self.number < 1 << 32 or not 0 <= self.index < PARTS:
            raise FrameFault("the number has no room in a frame")
        first = VERSION << 6 | self.kind << 4 | self.index
        return bytes([first]) + self.pair + bytes.fromhex(self.epoch) + self.number.to_bytes(4, "big") + self.page

    @classmethod
    def of(cls, data: bytes) -> "Header":
        """Read it; raises `FrameFault` for another version or too few bytes."""
        if len(data) < HEADER + TAG or data[0] >> 6 != VERSION:
            raise FrameFault("no frame of this version")
        kind = Kind(data[0] >> 4 & 3)
        number = int.from_bytes(data[7:11], "big")
        return cls(kind, data[1:3], data[3:7].hex(), number, data[11:HEADER], data[0] & 15)


@dataclass(frozen=True, slots=True)
class PairKeys:
    """What a node and an agency derive from the secret of the node's enrolment."""

    pair: bytes
    up: bytes
    down: bytes


def keys_of(secret: bytes) -> PairKeys:
    """Derive the pair's name and its two keys: HKDF-Expand (RFC 5869) of one block, the letter tables named in it."""

    def derive(purpose: str) -> bytes:
        info = f"sala bearer {VERSION} {purpose} {model()[1]}".encode()
        return hmac.digest(secret, info + b"\x01", hashlib.sha256)

    return PairKeys(derive("pair")[:_PAIR], derive("up")[:_KEY], derive("down")[:_KEY])


def seal(key: bytes, header: Header, body: bytes) -> bytes:
    """Return the frame; raises `FrameFault` when the body is longer than one SMS has room for."""
    if len(body) > ROOM:
        raise FrameFault("the body has no room in one frame")
    nonce = header.to_bytes()
    return nonce + AESCCM(key, TAG).encrypt(nonce, body, nonce)


def unseal(key: bytes, frame: bytes) -> bytes:
    """Return the body; raises `FrameFault` when one bit is not as it was sealed."""
    if len(frame) < HEADER + TAG:
        raise FrameFault("too short for a frame")
    nonce = frame[:HEADER]
    try:
        return AESCCM(key, TAG).decrypt(nonce, frame[HEADER:], nonce)
    except InvalidTag:
        raise FrameFault("the frame was harmed, or is not for this key") from None


def to_text(frame: bytes) -> str:
    """Return a frame as the text of one SMS, in letters that every charset has."""
    return base64.b64encode(frame, _ALPHABET).decode().rstrip("=")


def from_text(text: str) -> bytes:
    """Read the text of an SMS; raises `FrameFault` unless it is just what `to_text` writes, blanks around it aside."""
    text = text.strip()
    if not _FRAME.fullmatch(text):
        raise FrameFault("this is no frame")
    try:
        frame = base64.b64decode(text + "=" * (-len(text) % 4), _ALPHABET, validate=True)
    except (binascii.Error, ValueError):
        raise FrameFault("this is no frame") from None
    if to_text(frame) != text:
        raise FrameFault("this is no frame")
    return frame
