"""The event loop of a long-running command: uvloop where there is one, ended by SIGTERM or Ctrl-C."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

COLLECT_AFTER: Final = (50_000, 20, 50)
"""Objects that must have been added, and collections made, before each generation of the collector is looked through.

Nearly nothing of ours lies in rings. Python's own 700 means a look every few key presses, a third of what they cost.
"""


def new_loop() -> asyncio.AbstractEventLoop:
    """A loop: uvloop's, or the standard one where uvloop cannot be had."""
    try:
        import uvloop  # noqa: PLC0415 - optional: there is none for every platform
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def until_told(
    running: Callable[[], AbstractAsyncContextManager[Any]], announce: Callable[[Any], None] | None = None
) -> None:
    """Enter what `running` gives, tell `announce`, wait for SIGTERM or Ctrl-C, and leave it.

    A signal during the start ends it as cleanly; a second one does not hurry it.
    """

    async def live() -> None:
        told = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, told.set)
        async with running() as entered:
            calm_collector()
            if announce:
                announce(entered)
            await told.wait()

    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(live())


def calm_collector() -> None:
    """Take what lives as long as the process out of the collector's sight, and let it look at the rest seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
