"""The node's clock: wall time for people, steady time for leases and expiry, and whether the wall may be believed."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from flows.turn import Clock as Quality

EARLIEST: Final = 1_767_225_600
"""2026-01-01: a node that believes in an earlier day has no battery for its clock."""

WITNESS_SLACK: Final = 43_200
"""Seconds that the wall may differ from the time that an agency signs: limits are days, and their clocks err too."""

SLACK: Final = 60
"""Seconds that the wall may differ from the steady clock before it is doubted."""


class Clock:
    """Seconds since the epoch. `steady` never jumps while the process runs, whatever is done to the wall clock."""

    def __init__(
        self,
        timezone: str,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._zone = ZoneInfo(timezone)
        self._wall, self._monotonic = wall, monotonic
        self._base = wall() - monotonic()
        self._newest = 0
        self._behind = False
        self._agreed: tuple[float, float] | None = None
        self._day = (0, 0, date.min)

    def ticks(self) -> float:
        """Seconds that only count on, from no particular moment: for spans within one run."""
        return self._monotonic()

    def believe(self, newest: int) -> None:
        """Take the newest time that is on the disk: a wall clock behind it is doubtful.

        Steady time then goes on from there: in front of it, nothing that waits would ever be due.
        """
        self._newest = newest
        if self.now() < newest - SLACK:
            self._behind = True
            self._base = newest - self._monotonic()

    def hear(self, told: int) -> None:
        """An agency signed an answer at this time by its clock: the one witness of a node without a battery."""
        # Nothing is set by it; a wall that agrees is believed, whatever is on the disk, as long as it does not jump.
        self._agreed = (self._wall() - self._monotonic(), told - self._wall())

    @property
    def offset(self) -> int | None:
        """Seconds by which the last agency's clock was ahead of the wall; None when none was heard."""
        return None if self._agreed is None else round(self._agreed[1])

    def now(self) -> int:
        """Wall time, which people are told."""
        return int(self._wall())

    def steady(self) -> int:
        """Time for leases, expiry and order.

        A node without a battery boots in 1970 and is set right later: then, and only then, it follows the wall.
        """
        value = int(self._base + self._monotonic())
        floor = max(EARLIEST, self._newest) - SLACK
        if (value < floor or self._behind) and floor <= self.now():
            self._behind = False
            self._base = self._wall() - self._monotonic()
            return self.now()
        return value

    @property
    def quality(self) -> Quality:
        """Whether the wall clock is worth believing."""
        now = self.now()
        if self._agreed is not None:
            base, offset = self._agreed
            moved = abs(self._wall() - self._monotonic() - base) > SLACK
            return "doubtful" if moved or abs(offset) > WITNESS_SLACK else "good"
        jumped = abs(now - self.steady()) > SLACK
        return "doubtful" if jumped or now < EARLIEST or now < self._newest - SLACK else "good"

    def today(self, now: int) -> date:
        """The date in the node's time zone."""
        start, end, day = self._day
        if not start <= now < end:
            local = datetime.fromtimestamp(now, self._zone)
            day = local.date()
            # Fifteen minutes: no zone changes its date in between.
            start = now - now % 900
            self._day = (start, start + 900, day)
        return day

    def till_day(self, quiet: tuple[int, int]) -> int:
        """Seconds from now to the end of the quiet hours (local, from and to); 0 outside of them."""
        # By the wall, which is what people sleep by: steady time may have gone on from another day's.
        now = self.now()
        return self.after_quiet(now, quiet) - now

    def after_quiet(self, at: int, quiet: tuple[int, int]) -> int:
        """Return `at`, or the end of the quiet hours (local, from and to) when it falls into them."""
        first, last = quiet
        local = datetime.fromtimestamp(at, self._zone)
        silent = first <= local.hour < last if first <= last else (local.hour >= first or local.hour < last)
        if not silent or first == last:
            return at
        hours = (last - local.hour) % 24
        return at + hours * 3600 - local.minute * 60 - local.second


def iso(at: int) -> str:
    """Return RFC 3339 in UTC, to the second."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
