"""Delivery receipts, in the ways in which SMSCs write them.

The specification (SMPP v3.4, appendix B) only gives an example:
`id:IIIIIIIIII sub:SSS dlvrd:DDD submit date:YYMMDDhhmm done date:YYMMDDhhmm stat:DDDDDDD err:E text: . . .`. What is
seen besides: names in other cases and orders, blanks around the colon, quotes around values, a text missing or cut off
anywhere, dates with seconds or in words, ids in hexadecimal where the answer to submit_sm was decimal and the other way
round, and none of it but the parameters receipted_message_id and message_state.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from gateways.smpp.numbers import INTERMEDIATE, MESSAGE_TYPE, RECEIPT, Tag
from gateways.smpp.pdu import Message, Pdu

State = Literal["sent", "delivered", "failed", "unknown"]
Ids = Literal["same", "hex-in-answer", "decimal-in-answer"]
"""How ids stand to each other: written alike; hexadecimal in the answer to submit_sm and decimal in the receipt; or
decimal in the answer and hexadecimal in the receipt."""

# 5.2.28: message_state.
_STATES: Final[Mapping[int, State]] = {
    0: "sent",  # scheduled
    1: "sent",  # en route
    2: "delivered",
    3: "failed",  # expired
    4: "failed",  # deleted
    5: "failed",  # undeliverable
    6: "sent",  # accepted
    7: "unknown",
    8: "failed",  # rejected
    9: "failed",  # skipped
}
_REASONS: Final[Mapping[int, str]] = {3: "expired", 4: "deleted", 5: "undeliverable", 8: "rejected", 9: "skipped"}

# As many first letters of `stat:` as tell it from the others, for it is cut and spelled in many ways.
_WORDS: Final[tuple[tuple[str, State, str], ...]] = (
    ("unde", "failed", "undeliverable"),
    ("undl", "failed", "undeliverable"),
    ("deli", "delivered", ""),
    ("dlv", "delivered", ""),
    ("succ", "delivered", ""),
    ("exp", "failed", "expired"),
    ("dele", "failed", "deleted"),
    ("acc", "sent", ""),
    ("ack", "sent", ""),
    ("enr", "sent", ""),
    ("buff", "sent", ""),
    ("sche", "sent", ""),
    ("sent", "sent", ""),
    ("rej", "failed", "rejected"),
    ("fail", "failed", "failed"),
    ("skip", "failed", "skipped"),
)
_NAMES: Final = "id|sub|dlvrd|submit[ _]?date|done[ _]?date|stat|err|text"
_field = re.compile(rf"(?<![A-Za-z0-9_])({_NAMES})\s*[:=]\s*", re.IGNORECASE)
_id = re.compile(r"[!-~]{1,64}")
_code = re.compile(r"[A-Za-z0-9_-]{1,16}")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message. `id` is written as in the answer to submit_sm; "" when the receipt names none."""

    id: str
    state: State
    reason: str = ""


def is_receipt(pdu: Pdu) -> bool:
    """Whether a deliver_sm or data_sm is one, or a word in between; else it is a message from a phone."""
    body = pdu.body
    if not isinstance(body, Message):
        return False
    return body.esm_class & MESSAGE_TYPE in {RECEIPT, INTERMEDIATE} or pdu.tlv(Tag.RECEIPTED_MESSAGE_ID) is not None


def read_receipt(pdu: Pdu, octets: bytes, ids: Ids = "same") -> Receipt:
    """What the receipt says; `octets` is its text. Never fails: what cannot be read is `unknown`.

    A parameter counts more than the text: it is the one that the specification defines. In a parameter the id is
    written as in the answer, so only the text's is turned from one base to the other.
    """
    fields = _fields(octets.decode("latin-1"))
    named = pdu.tlv(Tag.RECEIPTED_MESSAGE_ID)
    id_ = canonical(named.split(b"\0")[0].decode("latin-1")) if named else _turned(fields.get("id", ""), ids)
    state, reason = _state(pdu.tlv(Tag.MESSAGE_STATE), fields.get("stat", ""))
    body = pdu.body
    if isinstance(body, Message) and body.esm_class & MESSAGE_TYPE == INTERMEDIATE and state != "delivered":
        state = "sent" if state == "failed" else state
    return Receipt(id_, state, _reason(state, reason, pdu.tlv(Tag.NETWORK_ERROR_CODE), fields.get("err", "")))


def canonical(id_: str) -> str:
    """One way to write an id: without quotes, blanks and the case of hexadecimal; "" for what can be none."""
    bare = id_.strip(" \t\r\n\0\"'").lower()
    return bare if _id.fullmatch(bare) else ""


def _turned(id_: str, ids: Ids) -> str:
    bare = canonical(id_)
    try:
        if ids == "hex-in-answer" and bare.isdecimal():
            return f"{int(bare):x}"
        if ids == "decimal-in-answer":
            return str(int(bare, 16))
    except ValueError:
        return bare
    return bare


def answered_id(id_: str, ids: Ids = "same") -> str:
    """The id of an answer to submit_sm, written as `read_receipt` will write it."""
    bare = canonical(id_)
    if ids == "same":
        return bare
    try:
        return f"{int(bare, 16):x}" if ids == "hex-in-answer" else str(int(bare))
    except ValueError:
        return bare


def _fields(text: str) -> Mapping[str, str]:
    """The named values; a value ends where the next name begins, and `text` swallows the rest."""
    found: dict[str, str] = {}
    marks = list(_field.finditer(text))
    for place, mark in enumerate(marks):
        name = mark[1].lower().replace("_", " ")
        end = marks[place + 1].start() if place + 1 < len(marks) else len(text)
        if name not in found:
            found[name] = text[mark.end() : end].strip(" \t\r\n\0\"',;")
        if name == "text":
            break
    return found


def _state(state: bytes | None, word: str) -> tuple[State, str]:
    if state is not None and len(state) == 1 and state[0] in _STATES:
        return _STATES[state[0]], _REASONS.get(state[0], "")
    bare = word.lower()
    for beginning, meaning, reason in _WORDS:
        if bare.startswith(beginning):
            return meaning, reason
    return "unknown", ""


def _reason(state: State, reason: str, network: bytes | None, error: str) -> str:
    """A token for the officer, such as `undeliverable-3.21`; "" when it went well or nobody said."""
    if state != "failed":
        return ""
    if network is not None and len(network) == 3:  # noqa: PLR2004 - type, and a code of two octets
        return f"{reason}-{network[0]}.{int.from_bytes(network[1:], 'big')}"
    if _code.fullmatch(error) and error.strip("0"):
        return f"{reason}-{error}"
    return reason
