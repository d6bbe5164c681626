"""A node that lies: it acknowledges before it commits. For the negative control of the kill test, and nothing else.

From the first key press on its commits only pretend; a real one comes at most three times a second, so that what was
told in between dies with the process.
"""

import asyncio
import time
from typing import Final

from store.sqlite import Sqlite
from store.turns import Turns
from store.values import Call, Reply

EVERY: Final = 0.35

_commit = Sqlite.commit
_take = Turns.take
_last: dict[str, float] = {}


async def _lying_commit(self: Sqlite) -> None:
    now = time.monotonic()
    if not _last or now - _last["real"] >= EVERY:
        if _last:
            _last["real"] = now
        await _commit(self)


def _take_and_lie(self: Turns, call: Call) -> asyncio.Future[Reply]:
    _last.setdefault("real", time.monotonic())
    return _take(self, call)


def lie() -> None:
    """Make this process lie from its first key press on."""
    Sqlite.commit = _lying_commit  # type: ignore[method-assign]  # that is the lie
    Turns.take = _take_and_lie  # type: ignore[method-assign]  # and when it begins
