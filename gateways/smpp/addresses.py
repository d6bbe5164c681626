"""Numbers of phones as SMPP carries them, and ours.

Source: SMPP v3.4, 5.2.5 (type of number) and 5.2.6 (numbering plan).
"""

import re
from typing import Final

from gateways.smpp.pdu import Message
from gateways.smpp.settings import LineSettings

INTERNATIONAL: Final = 1
NATIONAL: Final = 2
NETWORK: Final = 3
WORD: Final = 5
_ISDN: Final = 1
_UNKNOWN: Final = 0
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_short = re.compile(r"[0-9]{3,8}").fullmatch
_digits = re.compile(r"\+?[0-9]{1,20}").fullmatch


def msisdn(ton: int, address: str, country: str = "") -> str:
    """The E.164 number of a phone; "" for a word, a short code, or what is no number.

    Args:
        ton: its type of number, which many SMSCs leave at 0.
        address: as it came, with or without a plus, `00`, or a leading zero.
        country: the calling code (`+856`) of numbers that are written nationally; "" if none ever is.
    """
    bare = address.strip().replace(" ", "").replace("-", "")
    if ton == WORD or not _digits(bare):
        return ""
    bare = bare.removeprefix("+")
    if bare.startswith("00"):
        whole = "+" + bare[2:]
    elif country and (ton == NATIONAL or bare.startswith("0")):
        whole = country + bare.removeprefix("0")
    else:
        whole = "+" + bare
    return whole if _E164.fullmatch(whole) else ""


def sender(address: str, settings: LineSettings) -> tuple[int, int, str]:
    """Type, plan and address of who sends: a short code, a word, or an international number."""
    bare = address.removeprefix("+")
    if _short(bare):
        ton, npi = NETWORK, _UNKNOWN
    elif bare.isdecimal():
        ton, npi = INTERNATIONAL, _ISDN
    else:
        ton, npi = WORD, _UNKNOWN
    return (
        ton if settings.source_ton is None else settings.source_ton,
        npi if settings.source_npi is None else settings.source_npi,
        bare if ton != WORD else address,
    )


def addressed(message: Message) -> tuple[tuple[int, int, str], tuple[int, int, str]]:
    """Who a message came from, and whom to: exchanged, they address the answer."""
    return (
        (message.source_addr_ton, message.source_addr_npi, message.source_addr),
        (message.dest_addr_ton, message.dest_addr_npi, message.destination_addr),
    )
