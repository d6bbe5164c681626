"""How many messages each number got within the hour, so that no two automata keep each other awake."""

from collections import deque
from typing import Final

HOUR: Final = 3600.0
_MOST: Final = 20_000
"""Numbers remembered; beyond it those that were quiet for longest are forgotten first."""


class Numbers:
    """Counts in memory: a restart begins anew, which an hour makes good."""

    def __init__(self, most: int) -> None:
        """Allow `most` messages an hour to each number."""
        self._most = most
        self._sent: dict[str, deque[float]] = {}

    def wait(self, msisdn: str, now: float) -> float:
        """Seconds until this number may be written to again; 0 when it may be now."""
        times = self._sent.get(msisdn)
        while times and times[0] <= now - HOUR:
            times.popleft()
        return times[0] + HOUR - now if times and len(times) >= self._most else 0.0

    def count(self, msisdn: str, now: float) -> None:
        """One goes now."""
        times = self._sent.pop(msisdn, None) or deque()
        times.append(now)
        # At the end: the order of the dictionary is that of the last message.
        self._sent[msisdn] = times
        if len(self._sent) > _MOST:
            del self._sent[next(iter(self._sent))]
