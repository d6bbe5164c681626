"""One deadline for many waiting key presses, at the price of two dictionary entries for each of them."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")

# How late, in seconds, a deadline may be noticed: small beside the seconds an operator waits.
TICK = 0.1


class LateError(Exception):
    """The answer did not come in time."""


class Patience:
    """Gives every coroutine the same number of seconds.

    Because the span is the same for all, whoever came first runs out first: a dictionary in order of arrival and one
    timer serve them all. `asyncio.timeout` would set and cancel a timer in the loop's heap for each press.
    """

    def __init__(self, seconds: float) -> None:
        """Wait at most `seconds` (noticed up to `TICK` later) for each coroutine."""
        self._seconds = seconds
        self._waiting: dict[asyncio.Task[Any], float] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def wait(self, work: Coroutine[Any, Any, _T]) -> _T:
        """The coroutine's result.

        Raises:
            LateError: it took too long and was cancelled; what it had already handed to the store may still be written.
        """
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("patience is for tasks")
        loop = asyncio.get_running_loop()
        self._waiting[task] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_later(TICK, self._look, loop)
        try:
            return await work
        except asyncio.CancelledError:
            # Still in the list: the cancellation is somebody else's, and passes on.
            if task in self._waiting or task.uncancel() > 0:
                raise
            raise LateError from None
        finally:
            self._waiting.pop(task, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        while self._waiting:
            task, deadline = next(iter(self._waiting.items()))
            if deadline > now:
                break
            del self._waiting[task]
            task.cancel()
        self._timer = loop.call_later(TICK, self._look, loop) if self._waiting else None
