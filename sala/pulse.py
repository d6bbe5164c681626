"""What this node says of itself with every request: composed now and then, handed out at once."""

import asyncio
from typing import Final

import structlog

from sala.services import version
from store.memory import Memory
from sync.heartbeat import Heartbeat

EVERY: Final = 10.0
"""Seconds between two compositions."""

_SHORT: Final = 12
_MEGABYTE: Final = 1024 * 1024
_log = structlog.get_logger("node")


class Pulse:
    """Keeps the last heartbeat."""

    def __init__(self, memory: Memory, copies: int = 1) -> None:
        """Take the rows that are looked at; `copies`: how many there are, when another process keeps the second."""
        self._memory = memory
        self._copies = copies
        self._text = Heartbeat(version(), memory.epoch).text

    def text(self) -> str:
        """The text for the header."""
        return self._text

    async def run(self) -> None:
        """Compose again and again until cancelled."""
        while True:
            try:
                await self.compose()
            except Exception as fault:  # noqa: BLE001 - the store may be busy; the last one still goes out
                _log.warning("heartbeat_not_composed", fault=type(fault).__name__)
            await asyncio.sleep(EVERY)

    async def compose(self) -> Heartbeat:
        """Look at everything and keep what is to be said."""
        memory = self._memory
        now = memory.clock.now()
        readings = await memory.readings()
        roads = readings.roads
        oldest = min((road.oldest_at for road in roads if road.oldest_at), default=now)
        live = (await memory.library.catalogue()).live
        beat = Heartbeat(
            version=version(),
            epoch=memory.epoch,
            waiting=sum(road.waiting for road in roads),
            oldest=max(0, now - oldest),
            free=readings.free // _MEGABYTE,
            full=memory.full,
            clock=memory.clock.quality,
            copies=readings.copies.copies if readings.copies else self._copies,
            down=await memory.arrivals.position(),
            runs={flow: digest.partition(":")[2][:_SHORT] for flow, digest in sorted(live.items())},
            refused=[(one.parcel.seq, one.reason[:200]) for one in (await memory.arrivals.refused())[-3:]],
            blocks=list(memory.blocks),
            left=await memory.references_left() if memory.settings.leased else -1,
            cloned=any(memo.kind == "cloned" for memo in await memory.review.memos()),
        )
        self._text = beat.text
        return beat
