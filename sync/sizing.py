"""How many records go into one request: small on a link nobody knows yet, then what it moves in about ten seconds.

Pure: a frozen value and functions from one to the next.
"""

from dataclasses import dataclass, replace

FIRST = 5
"""Records of the first request."""

LONGEST = 10.0
"""Seconds that one request should take at the measured speed of the link."""

UNASKED_MOST = 200
"""Records in one request to an agency that has not named its `max_batch`."""

_OLD = 0.5  # the weight of what was measured before


@dataclass(frozen=True, slots=True)
class Sizing:
    """What is known of one link: `speed` in bytes a second and `record` in bytes as they travel (0: not measured)."""

    size: int = FIRST
    most: int = UNASKED_MOST
    speed: float = 0.0
    record: float = 0.0


def _mix(old: float, new: float) -> float:
    return new if old <= 0 else old * _OLD + new * (1 - _OLD)


def went(sizing: Sizing, records: int, sent: int, seconds: float, max_batch: int) -> Sizing:
    """Note an answered request: `sent` bytes of `records` in `seconds`; `max_batch` as the agency said (0: not)."""
    if records < 1:
        return sizing
    most = max_batch if max_batch > 0 else sizing.most
    if sent < 1:
        # A connector that cannot count bytes: the agency's own limit is all that holds it.
        return replace(sizing, size=max(1, min(sizing.size * 2, most)), most=most)
    speed = _mix(sizing.speed, sent / max(seconds, 0.001))
    record = _mix(sizing.record, sent / records)
    room = int(speed * LONGEST / max(record, 1.0))
    grown = sizing.size * 2 if records >= sizing.size else sizing.size
    return Sizing(max(1, min(grown, room, most)), most, speed, record)


def failed(sizing: Sizing) -> Sizing:
    """Note a request that brought no answer: half of it next time."""
    return replace(sizing, size=max(1, sizing.size // 2))
