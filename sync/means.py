"""What the road takes from its surroundings: the clock, chance, ids, and somebody to alert; tests hand in their own."""

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from uuid_utils.compat import uuid7


def _now() -> int:
    return int(time.time())


def _batch_id() -> str:
    return str(uuid7())


def _nobody(agency: str, code: str, sentence: str) -> None:
    """Alert nobody: the log has it."""


def _nothing(told: int) -> None:
    """Need no witness of the time."""


@dataclass(frozen=True, slots=True)
class Means:
    """The clock and chance as arguments.

    Attributes:
        now: UTC epoch seconds, for rows. steady: seconds of a clock that never jumps, for waits.
        chance: a number from 0 to 1. batch_id: a fresh id for one request.
        alert: called once with (agency, code, sentence) when a person is needed.
        owner: who holds this process's leases. heard: told what time it is at an agency, at each signed answer.
    """

    owner: str
    now: Callable[[], int] = _now
    steady: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    batch_id: Callable[[], str] = _batch_id
    alert: Callable[[str, str, str], None] = _nobody
    heard: Callable[[int], None] = _nothing


NOTICES: Mapping[str, str] = {
    "cloned": "another machine uses this node's name: give each machine its own, and enrol it",
}
"""What the other side may say to the desk: with every answer until it is mended, or as the reason of a conflict."""


def hear_notices(means: Means, agency: str, notices: Iterable[str]) -> None:
    """Pass on what is understood; telling the same again is for `alert` to see."""
    for notice in notices:
        if notice in NOTICES:
            means.alert(agency, notice, NOTICES[notice])


@dataclass(slots=True)
class Counters:
    """What one agency's road has done since the start; /metrics reads these as they are."""

    requests: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    conflicts: int = 0
    later: int = 0
    held: int = 0
    carried: int = 0
    in_doubt: int = 0
    statuses: int = 0
    gone_back: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    seconds: float = 0.0

    def failed(self, code: str) -> None:
        """Count one failed request under its fault's code."""
        self.failures[code] = self.failures.get(code, 0) + 1


async def rest(seconds: float, *events: asyncio.Event) -> None:
    """Wait until one of `events` is set, at most `seconds`."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
