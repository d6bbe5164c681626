"""How many messages each number got within the hour, so that no two automata keep each other awake."""

from collections import deque
from collections.abc import Mapping
from typing import Final

HOUR: Final = 3600.0
_MOST: Final = 20_000
"""Numbers remembered; beyond it those that were quiet for longest are forgotten first."""

_STEPS: Final = 10
"""A number's count is noted on disk this often on its way to the limit: whom few messages go to costs nothing."""


class Numbers:
    """Counts of one channel, by the keyed hash of a number.

    A restart forgets at most a tenth of the limit, and nothing of a limit below 20: `count` says what to note.
    """

    def __init__(self, most: int) -> None:
        """Allow `most` messages an hour to each number."""
        self._most = most
        self._step = max(1, most // _STEPS)
        self._sent: dict[bytes, deque[float]] = {}

    def recall(self, noted: Mapping[bytes, tuple[int, int]]) -> None:
        """Begin with what was noted: how many, and when; all of them count as sent then."""
        for key, (count, at) in noted.items():
            self._sent[key] = deque([float(at)] * min(count, self._most))

    def wait(self, key: bytes, now: float) -> float:
        """Seconds until this number may be written to again; 0 when it may be now."""
        times = self._sent.get(key)
        while times and times[0] <= now - HOUR:
            times.popleft()
        return times[0] + HOUR - now if times and len(times) >= self._most else 0.0

    def count(self, key: bytes, now: float) -> int:
        """One goes now. Returns how many that makes within the hour, when it is to be noted; else 0."""
        times = self._sent.pop(key, None) or deque()
        times.append(now)
        # At the end: the order of the dictionary is that of the last message.
        self._sent[key] = times
        if len(self._sent) > _MOST:
            del self._sent[next(iter(self._sent))]
        return 0 if len(times) % self._step else len(times)
