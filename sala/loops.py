"""The event loop of a long-running command: uvloop where there is one, ended by SIGTERM or Ctrl-C."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any


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
            if announce:
                announce(entered)
            await told.wait()

    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(live())
