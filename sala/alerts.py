"""Calls a person: the log, and one open line in the officer's inbox for each thing that is wrong."""

import asyncio
from typing import Final

import structlog

from flows.errors import StoreFault
from store.memory import Memory

AGAIN: Final = 600.0
"""Seconds in which the same is not written again."""

_log = structlog.get_logger("node")


class Desk:
    """What `Means.alert` calls."""

    def __init__(self, memory: Memory) -> None:
        """Take the inbox."""
        self._memory = memory
        self._told: dict[tuple[str, str], float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def alert(self, agency: str, code: str, sentence: str) -> None:
        """Write it down soon; called inside the loop."""
        loop = asyncio.get_running_loop()
        before = self._told.get((agency, code))
        if before is not None and loop.time() - before < AGAIN:
            return
        self._told[agency, code] = loop.time()
        task = loop.create_task(self._write(code, f"{agency}: {sentence}"))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self, code: str, text: str) -> None:
        _log.error("attention", code=code)
        try:
            await self._memory.review.tell(code, text)
        except StoreFault as fault:
            _log.error("attention_not_kept", code=code, fault=fault.code)
