"""A submission that needs several SMS: each part is a frame of its own, and only what is missing is sent again.

The operator's joining of long messages is not relied on: a part that is lost takes no other with it.
"""

from collections.abc import Mapping, Sequence

from sync.bearer.coder import Unfit
from sync.bearer.frame import PARTS, ROOM, Header, Kind, PairKeys, seal
from sync.bearer.packer import Packed
from sync.bearer.page import NO_PAGE


def frames_of(keys: PairKeys, packed: Packed) -> list[bytes]:
    """Return the frames of a packed submission, one for each SMS; raises `Unfit` when they would be too many."""
    pieces = cut(packed.body)
    page = packed.page.id if packed.page else NO_PAGE
    frames = []
    for index, piece in enumerate(pieces):
        kind = Kind.WHOLE if len(pieces) == 1 else Kind.LAST if index == len(pieces) - 1 else Kind.PART
        frames.append(seal(keys.up, Header(kind, keys.pair, packed.epoch, packed.sequence, page, index), piece))
    return frames


def cut(body: bytes) -> list[bytes]:
    """Cut a body into pieces that one frame holds; one piece at least."""
    pieces = [body[at : at + ROOM] for at in range(0, len(body), ROOM)] or [b""]
    if len(pieces) > PARTS:
        raise Unfit("the submission needs more messages than can be counted")
    return pieces


def joined(parts: Mapping[int, bytes], last: int | None) -> bytes | None:
    """Return the body, or None while a part is missing; `last` is the index of the last one, when that has come."""
    if last is None or any(index not in parts for index in range(last + 1)):
        return None
    return b"".join(parts[index] for index in range(last + 1))


def bitmap(indices: Sequence[int]) -> int:
    """Return which parts are there, one bit for each."""
    return sum(1 << index for index in set(indices))
