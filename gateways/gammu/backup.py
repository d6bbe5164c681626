"""Messages in Gammu's backup format: sections of `key = value`, texts in hexadecimal.

Sources: files written by gammu-smsd 1.42.0. Its lines end in LF or CRLF, comments repeat texts cut anywhere, so that a
file need not be UTF-8; long texts are spread over `Text00`, `Text01`, ...; while smsd writes, a file is not whole.
3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8, for the header of long messages.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flows.text.measure import needs
from store.values import Part

_KEY: Final = 200
"""Hexadecimal digits in one `Text` key, as Gammu's own reader and writer have it."""

_MOST_KEYS: Final = 100
_JOIN_8: Final = (0, 3)
_JOIN_16: Final = (8, 4)
_TEXT: Final = frozenset({"Default_No_Compression", "Unicode_No_Compression"})

_line = re.compile(rb"^([A-Za-z0-9]+) = (.*?)\r?$", re.MULTILINE)
_section = re.compile(rb"^\[SMSBackup\d+\]\r?$", re.MULTILINE)
# The last thing that is written of a section.
_end = re.compile(rb"^MessageReference = \d+\r?\n\r?\n\Z", re.MULTILINE)
_control = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Piece:
    """One section.

    Attributes:
        kind: `Deliver`, `Submit` or `Status_Report`. number: as it stands there. at: the SMSC's time stamp.
        text: big-endian UTF-16, or the bytes of a binary message (`binary`). reference: the modem's, 0 to 255.
        header: the user data header in hexadecimal; `part` what it says of a long message.
    """

    kind: str
    number: str
    at: str
    text: bytes
    binary: bool
    header: str
    part: Part | None
    reference: int

    @property
    def words(self) -> str:
        """The text of this piece alone."""
        return words([self])


def is_whole(content: bytes) -> bool:
    """Whether smsd has written it to the end."""
    return _end.search(content) is not None


def pieces(content: bytes) -> list[Piece]:
    """The sections of a file; what is no section, or has no number in it, is left out."""
    # What stands before the first section is none.
    found = [_piece(section) for section in _section.split(content)[1:]]
    return [one for one in found if one is not None]


def words(parts: Sequence[Piece]) -> str:
    """The text of parts in order; joined before it is decoded, for a phone may cut inside a character."""
    text = b"".join(one.text for one in parts).decode("utf-16-be", "replace")
    return _control.sub("", text)


NO_REFERENCE: Final = -1


def reference(content: bytes) -> int:
    """The modem's reference of a message that was sent; smsd writes it before the place where it was, so the first."""
    found = re.search(rb"^MessageReference = (\d{1,3})\r?$", content, re.MULTILINE)
    return int(found[1]) if found else NO_REFERENCE


def number_in(content: bytes) -> str:
    """The number in the first section."""
    return next((one.number for one in pieces(content)), "")


def _piece(section: bytes) -> Piece | None:
    # Of a key that comes twice the first is the section's own.
    keys = {name.decode(): value for name, value in reversed(_line.findall(section))}
    number = _units(keys.get("NumberUnicode", b"")).decode("utf-16-be", "replace")
    if not number:
        return None
    header = _ascii(keys.get("UDH", b""))
    said = _ascii(keys.get("MessageReference", b""))
    return Piece(
        kind=_ascii(keys.get("PDU", b"")),
        number=number,
        at=_ascii(keys.get("DateTime", b"")),
        text=_units(b"".join(_texts(keys))),
        binary=_ascii(keys.get("Coding", b"")) not in _TEXT,
        header=header,
        part=_part(header),
        reference=int(said) if said.isdecimal() else 0,
    )


def _texts(keys: Mapping[str, bytes]) -> Iterator[bytes]:
    for place in range(_MOST_KEYS):
        if f"Text{place:02}" not in keys:
            return
        yield keys[f"Text{place:02}"]


def _units(hexadecimal: bytes) -> bytes:
    try:
        return bytes.fromhex(_ascii(hexadecimal))
    except ValueError:
        return b""


def _ascii(value: bytes) -> str:
    return value.decode("ascii", "replace").strip().strip('"')


def _part(header: str) -> Part | None:
    """What a header says of a long message; None for none, and for what TS 23.040 tells to ignore."""
    octets = _units(header.encode())
    at = 1
    while at + 2 <= len(octets):
        kind, size = octets[at], octets[at + 1]
        data = octets[at + 2 : at + 2 + size]
        if (kind, size) in {_JOIN_8, _JOIN_16} and len(data) == size:
            total, number = data[-2], data[-1]
            if 1 <= number <= total and total > 1:
                return Part(int.from_bytes(data[:-2], "big"), number, total)
        at += 2 + size
    return None


def written(number: str, text: str, part: Part | None, *, referred: bool = False) -> bytes:
    """One message, or one part of a long one, to be sent.

    smsd 1.42 notes the modem's reference in the file, if it finds a place for it (`referred`). It writes the file anew
    to do so, and when it is killed just then it leaves it empty; on an empty file it counts what it has not set, and
    may hang.
    """
    coding = "Default" if needs(text) == "gsm7" else "Unicode"
    units = _hex(text)
    lines = [
        "[SMSBackup000]",
        "PDU = Submit",
        "State = UnSent",
        f'Number = "{number}"',
        f"NumberUnicode = {_hex(number)}",
        *([f"UDH = 050003{part.ref % 256:02X}{part.total:02X}{part.number:02X}"] if part else []),
        *(f"Text{place:02} = {units[at : at + _KEY]}" for place, at in enumerate(range(0, len(units) or 1, _KEY))),
        f"Coding = {coding}_No_Compression",
        "Folder = 1",
        f"Length = {len(units) // 4}",
        "Class = -1",
        "ReplySMSC = False",
        "RejectDuplicates = False",
        "ReplaceMessage = 0",
        *(["MessageReference = 0"] if referred else []),
    ]
    return ("\n".join(lines) + "\n\n").encode()


def _hex(text: str) -> str:
    return text.encode("utf-16-be", "replace").hex().upper()
