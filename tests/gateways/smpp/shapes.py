"""PDUs of every shape for property tests, and broken ones made of whole ones."""

import random
from typing import Any

from hypothesis import strategies as st

from gateways.smpp import pdu as codec
from gateways.smpp.numbers import LAST_SEQUENCE, RESPONSE
from gateways.smpp.pdu import Pdu


def text(size: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=size - 1)


def _value(field: Any) -> st.SearchStrategy[Any]:
    if field.kind == "number":
        return st.integers(0, 255)
    return text(field.size) if field.kind == "text" else st.binary(max_size=field.size)


@st.composite
def pdus(draw: st.DrawFn) -> Pdu:
    command = draw(st.sampled_from(sorted(codec._LAYOUTS)))
    layout = codec._LAYOUTS[command]
    body = None
    bare = bool(command & RESPONSE) and draw(st.booleans())
    if layout is not None and not bare:
        kind, fields = layout
        body = kind(**{field.name: draw(_value(field)) for field in fields})
    # Behind a missing body nothing can be told from one.
    free = layout is None or body is not None
    tlvs = draw(st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=40)), max_size=4)) if free else []
    rest = draw(st.binary(max_size=3)) if free else b""
    sequence = draw(st.integers(0, LAST_SEQUENCE))
    return Pdu(command, sequence, draw(st.integers(0, 0xFFFFFFFF)), body, tuple(tlvs), rest)


def broken(whole: bytes, chance: random.Random) -> bytes:
    """The bytes with something wrong; half of the time their length is right again."""
    data = bytearray(whole)
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0 if place < len(data):
                data[place] = chance.randrange(256)
            case 1:
                del data[place : place + chance.randrange(1, 9)]
            case 2:
                data[place:place] = chance.randbytes(chance.randrange(1, 9))
            case _:
                del data[place:]
    if chance.random() < 0.5 and len(data) >= 4:
        data[:4] = len(data).to_bytes(4, "big")
    return bytes(data)
