"""From data_coding and octets to text, and back.

Sources: SMPP v3.4, 5.2.19 (data_coding 0 to 15); 3GPP TS 23.038, 4 (the coding groups of an SMS) and 5 (of a cell
broadcast, which a USSD string uses); 6.1.2 (packing of septets, the CR that fills the last octet); 6.2.1 (the tables).
Reading never fails: an octet that has no meaning becomes U+FFFD, so that a message is never lost for its coding.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from flows.text.measure import GSM_BASIC, GSM_EXTENSION

Alphabet = Literal["gsm7", "gsm7-packed", "latin1", "ascii", "utf8", "ucs2", "octets", "language-gsm7", "language-ucs2"]
Default = Literal["gsm7", "gsm7-packed", "latin1", "ascii", "utf8"]
"""What an SMSC may mean by data_coding 0, its own default alphabet."""

_ESCAPE: Final = 0x1B
_CR: Final = 0x0D
_SEPTETS: Final = 128
_UNREADABLE: Final = "\ufffd"
_EXTENDED: Final = {code: letter for letter, code in GSM_EXTENSION.items()}
_CODES: Final[Mapping[str, bytes]] = {
    **{letter: bytes([code]) for code, letter in enumerate(GSM_BASIC) if code != _ESCAPE},
    **{letter: bytes([_ESCAPE, code]) for letter, code in GSM_EXTENSION.items()},
}
_TABLE: Final = str.maketrans({code: letter for code, letter in enumerate(GSM_BASIC) if code != _ESCAPE})

# SMPP's own list; 11 and 12 are reserved, 15 is GSM-7 in USSD (a cell broadcast's "language unspecified").
_LISTED: Final[Mapping[int, str]] = {
    1: "ascii",
    2: "octets",
    3: "latin1",
    4: "octets",
    5: "shift_jis",
    6: "iso8859_5",
    7: "iso8859_8",
    8: "ucs2",
    9: "shift_jis",
    10: "iso2022_jp",
    13: "euc_jp",
    14: "euc_kr",
    15: "gsm7",
}
# Bits 3 and 2 of a coding group that has them.
_BY_BITS: Final = ("gsm7", "octets", "ucs2", "gsm7")
_COMPRESSED: Final = 0x20
# A cell broadcast's 0x10 and 0x11: the text follows a language's two letters.
_WITH_LANGUAGE: Final[Mapping[int, str]] = {0x10: "language-gsm7", 0x11: "language-ucs2"}


def alphabet(data_coding: int, *, default: Default = "gsm7", ussd: bool = False) -> str:
    """The name of the alphabet that a data_coding (0 to 255) means: an `Alphabet`, or a codec of Python's.

    Args:
        data_coding: as it came.
        default: what this SMSC means by 0.
        ussd: a USSD string is coded as a cell broadcast, so 0x10, 0x11 and 0x20 to 0x3F mean something else.
    """
    if data_coding == 0:
        return default
    if data_coding in _LISTED:
        return _LISTED[data_coding]
    if ussd and data_coding in _WITH_LANGUAGE:
        return _WITH_LANGUAGE[data_coding]
    group = data_coding >> 4
    if ussd and group in {2, 3}:
        return "gsm7"
    return _of_group(group, data_coding)


def _of_group(group: int, data_coding: int) -> str:
    if group in {0, 8, 9, 10, 11}:
        return default_of_reserved(data_coding)
    if group in {12, 13}:  # a message waits: 0xC0 to 0xDF
        return "gsm7"
    if group == 14:  # noqa: PLR2004 - the table's own number: a message waits, in UCS-2
        return "ucs2"
    if group == 15:  # noqa: PLR2004 - the table's own number: a class, and one bit for octets
        return "octets" if data_coding & 0x04 else "gsm7"
    if data_coding & _COMPRESSED:
        return "octets"
    return _BY_BITS[data_coding >> 2 & 3]


def default_of_reserved(data_coding: int) -> str:
    """TS 23.038 wants a reserved coding read as the default alphabet; 0x90 to 0x9F carry a header and keep the bits."""
    return _BY_BITS[data_coding >> 2 & 3] if data_coding >> 4 == 9 else "gsm7"  # noqa: PLR2004 - the table's number


def read_text(data_coding: int, octets: bytes, *, default: Default = "gsm7", ussd: bool = False, after: int = 0) -> str:
    """The text in these octets; `after` octets of header stand before them, which packed septets must know of."""
    name = alphabet(data_coding, default=default, ussd=ussd)
    if name == "gsm7-packed":
        return read_gsm(unpack(octets, fill=_fill(after), ussd=ussd))
    reader = _READERS.get(name)
    return reader(octets) if reader else octets.decode(name, "replace")


def write_text(text: str, name: str, *, after: int = 0, ussd: bool = False) -> bytes:
    """The octets of a text in an alphabet; what it has no place for becomes `?`."""
    if name == "gsm7-packed":
        return pack(write_gsm(text), fill=_fill(after), ussd=ussd)
    writer = _WRITERS.get(name)
    return writer(text) if writer else text.encode(name, "replace")


def read_gsm(septets: bytes) -> str:
    """The text of unpacked GSM-7, one septet to an octet.

    An octet above 127 is none: some SMSCs send Latin-1 under this name, and it is read so. An escape before what the
    extension table does not have is a blank and that character, as TS 23.038 wants it.
    """
    if _ESCAPE not in septets:
        return septets.decode("latin-1").translate(_TABLE)
    letters: list[str] = []
    escaped = False
    for code in septets:
        if escaped and code in _EXTENDED:
            letters.append(_EXTENDED[code])
            escaped = False
            continue
        if escaped:
            letters.append(" ")
        escaped = code == _ESCAPE
        if not escaped:
            letters.append(GSM_BASIC[code] if code < _SEPTETS else chr(code))
    return "".join(letters)


def write_gsm(text: str) -> bytes:
    """Unpacked GSM-7; a character that it does not have becomes `?`."""
    return b"".join([_CODES.get(letter, b"?") for letter in text])


def pack(septets: bytes, *, fill: int = 0, ussd: bool = False) -> bytes:
    """Eight septets in seven octets, after `fill` bits (0 to 6) that bring them to a septet's edge behind a header.

    With `ussd`, seven bits left over at the end are a CR, for else they would be read as an `@`.
    """
    bits = 0
    for place, septet in enumerate(septets):
        bits |= (septet & 0x7F) << (fill + 7 * place)
    used = fill + 7 * len(septets)
    if ussd and septets and used % 8 == 1:
        bits |= _CR << used
        used += 7
    elif ussd and septets and used % 8 == 0 and septets[-1] == _CR:
        # A CR that is meant stands before one that fills.
        bits |= _CR << used
        used += 7
    return bits.to_bytes((used + 7) // 8, "little")


def unpack(octets: bytes, *, fill: int = 0, ussd: bool = False) -> bytes:
    """The septets in these octets. With `ussd` a CR at the end of a full last octet is only filling."""
    bits = int.from_bytes(octets, "little") >> fill
    count = max(0, (len(octets) * 8 - fill) // 7)
    septets = bytes([(bits >> (7 * place)) & 0x7F for place in range(count)])
    if ussd and count and (len(octets) * 8 - fill) % 7 == 0 and septets[-1] == _CR:
        return septets[:-1]
    return septets


def _fill(after: int) -> int:
    return -(after * 8) % 7


def _read_ucs2(octets: bytes) -> str:
    if octets[:2] == b"\xff\xfe":
        return octets[2:].decode("utf-16-le", "replace")
    return octets.removeprefix(b"\xfe\xff").decode("utf-16-be", "replace")


def _read_octets(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")


_READERS: Final[Mapping[str, Callable[[bytes], str]]] = {
    "gsm7": read_gsm,
    "latin1": lambda octets: octets.decode("latin-1"),
    "ascii": lambda octets: octets.decode("latin-1"),
    "utf8": _read_octets,
    "octets": _read_octets,
    "ucs2": _read_ucs2,
    # Three septets in 21 bits would be packed; on SMPP's unpacked octets they are three octets: two letters and a CR.
    "language-gsm7": lambda octets: read_gsm(octets[3:]),
    # Two letters as packed septets in two octets.
    "language-ucs2": lambda octets: _read_ucs2(octets[2:]),
}
_WRITERS: Final[Mapping[str, Callable[[str], bytes]]] = {
    "gsm7": write_gsm,
    "latin1": lambda text: text.encode("latin-1", "replace"),
    "ascii": lambda text: text.encode("ascii", "replace"),
    "utf8": lambda text: text.encode("utf-8", "replace"),
    "octets": lambda text: text.encode("utf-8", "replace"),
    "ucs2": lambda text: text.encode("utf-16-be", "replace"),
}
