"""How long a link must hold to move what waits: from the bytes and the time of what went before."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from console.desk import Link

USUAL_BYTES: Final = 900
"""Bytes of one request with its share of a batch, where nothing has travelled yet (docs/performance.md: packed)."""

SLOW: Final = 16_000
"""Bytes a second of a link of 128 kbit/s, at which the promise is made."""

START: Final = 4.0
"""Seconds of a first round trip over a slow link: names, keys, the first answer."""


@dataclass(frozen=True, slots=True)
class Need:
    """What waits, and how long a link of `SLOW` must hold for it."""

    requests: int
    kilobytes: int
    minutes: int


def link_time(links: Sequence[Link]) -> Need | None:
    """For everything that waits on these roads; None when nothing does."""
    waiting = [one for one in links if one.waiting]
    if not waiting:
        return None
    size = sum(one.waiting * _bytes_each(one) for one in waiting)
    seconds = size / SLOW + START * len(waiting)
    return Need(sum(one.waiting for one in waiting), max(1, round(size / 1000)), max(1, math.ceil(seconds / 60)))


def _bytes_each(link: Link) -> float:
    """Bytes for one request, as they were on this road; tries that failed count, since they cost the same time."""
    return (link.bytes_out + link.bytes_in) / link.accepted if link.accepted else USUAL_BYTES
