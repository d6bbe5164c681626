"""Looking again and again for what has reached its time, in a node that must go on whatever a look runs into."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

EVERY: Final = 5.0
"""Seconds between looks: another process may have written, or a time may have come."""

_log = structlog.get_logger("node")


async def look_again(look: Callable[[], Awaitable[object]], woken: asyncio.Event, what: str) -> None:
    """Look until cancelled: every few seconds, and at once when `woken` is set.

    A look at `what` that fails is logged with the kind of the fault alone: its text could hold somebody's answer.
    """
    while True:
        try:
            await look()
        except Exception as fault:  # noqa: BLE001 - the store may be busy or full; the next look comes soon
            _log.error("not_looked_at", task=what, fault=type(fault).__name__)
        try:
            await asyncio.wait_for(woken.wait(), EVERY)
        except TimeoutError:
            continue
        woken.clear()
