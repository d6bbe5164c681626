"""Server-sent events: each open page hears that something changed, and asks for what it shows."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from aiohttp import ClientConnectionResetError, web

from console import roles
from console.desk import Desk

if TYPE_CHECKING:
    from console.visit import Visit

EVERY: Final = 1.0
"""Seconds between two looks; all open pages share one look."""

BREATH: Final = 15.0
"""Seconds after which something is sent even when nothing changed, so that no proxy closes the stream."""

MOST: Final = 60
"""Streams at once; beyond it a page asks now and then by itself."""


class Pulse:
    """What all streams wait for: a number that goes up when the lists have changed."""

    def __init__(self, desk: Desk) -> None:
        """Look at nothing before the first stream."""
        self._desk = desk
        self._seen = ""
        self._turn = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self._open = 0
        self.number = 0
        self.closing = False

    async def mark(self) -> str:
        """What the lists are like this moment, as a word that a page gives back when it begins to listen."""
        links = await self._desk.links()
        found = (await self._desk.memory.queue.pulse(), tuple((one.agency, one.position) for one in links))
        return f"{hash(found):x}"

    async def changes(self, seen: str) -> AsyncIterator[bool]:
        """True for each change since a page was made with the mark `seen`; False when there was none for a while."""
        self._open += 1
        try:
            heard = self.number
            now = await self.mark()
            if seen and seen != now:
                yield True
            if self._task is None or self._task.done():
                # What this page has seen is where the looks begin: nothing is swapped under a hand without a reason.
                self._seen = now
                self._task = asyncio.create_task(self._look())
            while not self.closing:
                await self._wait(heard)
                changed = self.number != heard
                heard = self.number
                if not self.closing:
                    yield changed
        finally:
            self._open -= 1

    @property
    def full(self) -> bool:
        """Whether no further stream is taken."""
        return self._open >= MOST

    async def _wait(self, heard: int) -> None:
        """Until the number is another one, the node closes, or it is time for a sign of life."""
        async with self._turn:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BREATH):
                    await self._turn.wait_for(lambda: self.number != heard or self.closing)

    async def close(self) -> None:
        """End every stream at once: the node stops."""
        self.closing = True
        async with self._turn:
            self._turn.notify_all()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self) -> None:
        while self._open and not self.closing:
            found = await self.mark()
            if found != self._seen:
                self._seen = found
                async with self._turn:
                    self.number += 1
                    self._turn.notify_all()
            await asyncio.sleep(EVERY)


async def stream(visit: "Visit", pulse: Pulse) -> web.StreamResponse:
    """One page's stream, until the page or the node closes."""
    if pulse.full or pulse.closing:
        return web.Response(status=503)
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    answer = web.StreamResponse(headers=headers)
    await answer.prepare(visit.request)
    users, cookie = visit.desk.memory.users, visit.cookie
    try:
        await answer.write(b"retry: 3000\n\n")
        async for changed in pulse.changes(visit.asked("seen", 40)):
            # Somebody who was signed out meanwhile, or may no longer see this, hears nothing more.
            now = await users.sitting(cookie, alive=False)
            if now is None or not roles.may(now[0].roles, visit.page.roles):
                break
            await answer.write(b"event: change\ndata: 1\n\n" if changed else b": still here\n\n")
    except (ClientConnectionResetError, ConnectionError):
        pass
    return answer
