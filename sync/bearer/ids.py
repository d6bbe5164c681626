"""When a submission was taken in, and the ids of it and of its case, in as few bits as chance leaves them."""

import uuid
from typing import Final

from sync.bearer.coder import Reader, Unfit, Writer

_EPOCH_2025: Final = 1_735_689_600
_SECONDS: Final = 1 << 30
_LAST_SECOND: Final = 4_102_444_800  # 2100: what an intake clock may say at most
_TIMES: Final = (31, 1)
"""How often a clock is in the 34 years after 2025, and how often not."""

_NEAR_MS: Final = (-256, 1024 + 256)
"""Milliseconds from the second of intake within which an id is drawn nearly always."""

_BESIDE_MS: Final = 16
_IDS: Final = (15, 1)
"""How often an id is near, and how often not."""

_FOLLOWS, _BESIDE, _APART = range(3)
_CASE_IDS: Final = (27, 3, 2)
"""How often a case's id is the next of the same clock, another one a moment later, or of an earlier day."""

_CHANCE: Final = 1 << 74
_WHOLE: Final = 1 << 128


def write_time(writer: Writer, seconds: int) -> None:
    """Write the second of an intake; what is after 2100 is `Unfit`."""
    near = 0 <= seconds - _EPOCH_2025 < _SECONDS
    writer.pick(int(not near), _TIMES)
    if near:
        writer.uniform(seconds - _EPOCH_2025, _SECONDS)
    else:
        writer.uniform(seconds, _LAST_SECOND)


def read_time(reader: Reader) -> int:
    """Read it, in seconds since 1970."""
    if reader.pick(_TIMES) == 0:
        return reader.uniform(_SECONDS) + _EPOCH_2025
    return reader.uniform(_LAST_SECOND)


def _is_timed(id_: uuid.UUID) -> bool:
    """Whether it is of version 7, so that it begins with a time (RFC 9562, section 5.7)."""
    return id_.version == 7 and id_.variant == uuid.RFC_4122  # noqa: PLR2004 - the version's own number


def write_ids(writer: Writer, event_id: str, case_id: str, seconds: int) -> None:
    """Write both ids: they are version 7, drawn a moment before intake, and a new case's is the next of the same clock.

    RFC 9562, section 6.2, method 1: 42 bits of counter after the milliseconds, then 32 of chance.
    """
    one, other = uuid.UUID(event_id), uuid.UUID(case_id)
    if str(one) != event_id or str(other) != case_id:
        raise Unfit("an id in another spelling")
    late = (one.int >> 80) - seconds * 1000
    near = _is_timed(one) and _NEAR_MS[0] <= late < _NEAR_MS[1]
    writer.pick(int(not near), _IDS)
    if near:
        writer.uniform(late - _NEAR_MS[0], _NEAR_MS[1] - _NEAR_MS[0])
        writer.uniform(_chance(one), _CHANCE)
    else:
        writer.uniform(one.int, _WHOLE)
    later = (other.int >> 80) - (one.int >> 80)
    follows = near and other.int >> 32 == _next(one) >> 32
    beside = near and _is_timed(other) and 0 <= later < _BESIDE_MS
    writer.pick(_FOLLOWS if follows else _BESIDE if beside else _APART, _CASE_IDS)
    if follows:
        writer.uniform(other.int % (1 << 32), 1 << 32)
    elif beside:
        writer.uniform(later, _BESIDE_MS)
        writer.uniform(_chance(other), _CHANCE)
    else:
        writer.uniform(other.int, _WHOLE)


def read_ids(reader: Reader, seconds: int) -> tuple[str, str]:
    """Read the ids of an event and of its case; `seconds` is when it was taken in."""
    if reader.pick(_IDS) == 0:
        moment = seconds * 1000 + reader.uniform(_NEAR_MS[1] - _NEAR_MS[0]) + _NEAR_MS[0]
        one = uuid.UUID(int=_version_7(moment, reader.uniform(_CHANCE)))
    else:
        one = uuid.UUID(int=reader.uniform(_WHOLE))
    how = reader.pick(_CASE_IDS)
    if how == _FOLLOWS:
        other = _next(one) >> 32 << 32 | reader.uniform(1 << 32)
    elif how == _BESIDE:
        moment = (one.int >> 80) + reader.uniform(_BESIDE_MS)
        other = _version_7(moment, reader.uniform(_CHANCE))
    else:
        other = reader.uniform(_WHOLE)
    return str(one), str(uuid.UUID(int=other))


def _chance(one: uuid.UUID) -> int:
    """Return the 74 bits of a version 7 id that are neither time nor fixed."""
    return (one.int >> 64 & 0xFFF) << 62 | one.int & (1 << 62) - 1


def _version_7(milliseconds: int, chance: int) -> int:
    if not 0 <= milliseconds < 1 << 48:
        raise Unfit("no moment of an id")
    return milliseconds << 80 | 7 << 76 | (chance >> 62) << 64 | 2 << 62 | chance & (1 << 62) - 1


def _next(one: uuid.UUID) -> int:
    """Return the id whose counter is one higher, its last 32 bits zero."""
    counter = (_chance(one) >> 32) + 1 & (1 << 42) - 1
    return _version_7(one.int >> 80, counter << 32)
