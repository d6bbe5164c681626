"""Writes what a request is found by (the last digits, the village) soon after it came, outside of any key press."""

import asyncio
from typing import Final

import structlog

from console.desk import Desk
from console.reading import body, village
from flows.errors import StoreFault

STEP: Final = 200
"""Requests in one round: a few milliseconds of the writer."""

REST: Final = 1.0

_log = structlog.get_logger("desk")


async def write_some(desk: Desk) -> int:
    """One round; returns how many requests got their card."""
    queue, known = desk.memory.queue, desk.memory.office.known
    found = await queue.cardless(STEP)
    cards = []
    for seq, number, event, revision in found:
        kept = known.get(revision)
        code = village(kept.flow.fields if kept is not None else {}, body(event))
        cards.append((seq, -1 if number is None else number % 10_000, code))
    if cards:
        await queue.add_cards(cards)
    return len(cards)


async def keep_cards(desk: Desk) -> None:
    """Run rounds until cancelled."""
    while True:
        try:
            count = await write_some(desk)
        except StoreFault as fault:
            _log.warning("cards_not_written", reason=fault.code)
            count = 0
        await asyncio.sleep(0 if count == STEP else REST)
