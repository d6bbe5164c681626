"""How much room a text takes on a phone: GSM-7 septets, UCS-2 units, SMS parts.

Sources: 3GPP TS 23.038, 6.2.1 (basic table) and 6.2.1.1 (extension table: an escape and a character, two septets);
3GPP TS 23.040, 9.2.3.24.1 (a part of a long message loses 7 septets or 3 UCS-2 units to its header, with an 8-bit
reference); 3GPP TS 23.090 with GSM 04.80 annex A (a USSD string holds 160 octets, so 182 septets or 80 units; many
gateways pass less, hence the defaults).
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

Encoding = Literal["gsm7", "ucs2"]

# In the order of the table, row by row: the index is the septet. The escape (0x1B) is not a character one can send.
GSM_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
GSM_EXTENSION: Final = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}

SMS_SINGLE: Final[dict[Encoding, int]] = {"gsm7": 160, "ucs2": 70}
SMS_PART: Final[dict[Encoding, int]] = {"gsm7": 153, "ucs2": 67}

GSM_CHARACTERS: Final = frozenset(GSM_BASIC.replace("\x1b", "")) | GSM_EXTENSION.keys()
LAST_BMP: Final = "\uffff"
_all_gsm = re.compile(f"[{re.escape(''.join(sorted(GSM_CHARACTERS)))}]*").fullmatch
_pairs = re.compile(f"[{re.escape(''.join(sorted(GSM_EXTENSION)))}]").findall
_marked = re.compile("[\u200b\u2060\ufeff\u00a0]").search
_SENT = {0x200B: None, 0x2060: None, 0xFEFF: None, 0x00A0: " "}


def needs(text: str) -> Encoding:
    """The cheapest encoding that carries every character of the text; Lao has no place in GSM-7."""
    return "gsm7" if _all_gsm(text) else "ucs2"


def units(text: str, encoding: Encoding | None = None) -> int:
    """Septets (an extension character counts two) or UTF-16 units of the text.

    Args:
        text: what would be sent.
        encoding: None measures in the encoding that the text needs.

    Raises:
        ValueError: `gsm7` was asked for and the text does not fit that alphabet.
    """
    if encoding != "ucs2":
        if _all_gsm(text):
            return len(text) + len(_pairs(text))
        if encoding == "gsm7":
            raise ValueError("the text has characters outside the GSM 7-bit alphabet")
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True, slots=True)
class Budget:
    """The room of one page, in the units of each encoding."""

    gsm7: int
    ucs2: int

    def limit(self, text: str) -> int:
        """The room that this text has, in the units of the encoding that it needs."""
        return self.gsm7 if needs(text) == "gsm7" else self.ucs2

    def fits(self, text: str) -> bool:
        """Whether the text is one page."""
        if _all_gsm(text):
            return len(text) + len(_pairs(text)) <= self.gsm7
        return units(text, "ucs2") <= self.ucs2


USSD: Final = Budget(160, 70)
SMS: Final = Budget(SMS_SINGLE["gsm7"], SMS_SINGLE["ucs2"])


def segments(text: str) -> int:
    """How many SMS parts an operator counts for the text (at least 1); a pair is never torn between two parts."""
    encoding = needs(text)
    if units(text, encoding) <= SMS_SINGLE[encoding]:
        return 1
    parts, room = 1, SMS_PART[encoding]
    for letter in text:
        cost = width(letter, encoding)
        if cost > room:
            parts, room = parts + 1, SMS_PART[encoding]
        room -= cost
    return parts


def width(letter: str, encoding: Encoding) -> int:
    """Units of one character in an encoding that can carry it: 1, or 2 for an escape or surrogate pair."""
    if encoding == "gsm7":
        return 2 if letter in GSM_EXTENSION else 1
    return 2 if letter > LAST_BMP else 1


def sendable(text: str) -> str:
    """The text without its invisible break marks (U+200B, U+2060, U+FEFF), U+00A0 as a blank: what a phone gets."""
    return text.translate(_SENT) if _marked(text) else text
