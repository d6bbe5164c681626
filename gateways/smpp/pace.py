"""How fast to send when an SMSC says that it is too fast: twice as slow at once, and back to full speed bit by bit."""

from typing import Final

FIRST: Final = 0.1
LONGEST: Final = 10.0
"""Seconds between two messages: after the first word of throttling, and at most."""

_RECOVERY: Final = 0.9
_NOTHING: Final = 0.01


class Pace:
    """The gap between two messages. Pure: the time is an argument, in seconds of any clock that does not go back."""

    def __init__(self) -> None:
        self.gap = 0.0
        self._next = 0.0

    def turn(self, now: float) -> float:
        """Seconds to wait before the next message may leave, which is then taken to leave."""
        if not self.gap:
            return 0.0
        start = max(now, self._next)
        self._next = start + self.gap
        return start - now

    def slower(self, now: float) -> float:
        """The SMSC throttles: wait twice as long between messages; returns the gap."""
        self.gap = min(LONGEST, max(FIRST, self.gap * 2))
        self._next = max(self._next, now + self.gap)
        return self.gap

    def taken(self) -> None:
        """A message was taken: a tenth faster."""
        self.gap = self.gap * _RECOVERY if self.gap > _NOTHING else 0.0


def reconnect_wait(attempt: int, chance: float, longest: float) -> float:
    """Seconds before connecting again: between nothing and 1, 2, 4 ... up to `longest` (full jitter).

    Args:
        attempt: how many in a row did not last, from 1.
        chance: between 0 and 1.
        longest: seconds.
    """
    return min(longest, 2.0 ** min(attempt - 1, 16)) * chance
