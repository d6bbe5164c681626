"""One deadline for many waiting key presses, at the price of two dictionary entries for each of them."""

import asyncio
from typing import Any

# How late, in seconds, a deadline may be noticed: small beside the seconds an operator waits.
TICK = 0.1


class Patience:
    """Gives every future the same number of seconds, and cancels it after them.

    Because the span is the same for all, whoever came first runs out first: a dictionary in order of arrival and one
    timer serve them all. A timer of its own would stand in the loop's heap for each press.
    """

    def __init__(self, seconds: float) -> None:
        """Wait at most `seconds` (noticed up to `TICK` later) for each future."""
        self.seconds = seconds
        self._waiting: dict[asyncio.Future[Any], float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, work: asyncio.Future[Any]) -> None:
        """Cancel it when its time is over; what it had already handed to the store may still be written."""
        loop = work.get_loop()
        self._waiting[work] = loop.time() + self.seconds
        if self._timer is None:
            self._timer = loop.call_later(TICK, self._look, loop)

    def forget(self, work: asyncio.Future[Any]) -> None:
        """It is done."""
        self._waiting.pop(work, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        while self._waiting:
            work, deadline = next(iter(self._waiting.items()))
            if deadline > now:
                break
            del self._waiting[work]
            work.cancel()
        self._timer = loop.call_later(TICK, self._look, loop) if self._waiting else None
