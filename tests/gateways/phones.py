"""What the tests of phones share: a node that sends all the time, and one that is killed while it does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from sala.kit import House


async def sending(house: House) -> None:
    """What a running node does all the time."""
    while True:
        if not await house.lane.drain():
            house.hands.go(5)
            await asyncio.sleep(0.01)


async def killed(house: House) -> int:
    """End what is being sent, without a word of it on the disk, and start the node again; how much that was."""
    flights = [flight for flight in house.lane._flying if not flight.done()]
    with house.full():
        while not all(flight.done() for flight in flights):
            for flight in flights:
                flight.cancel()
            await asyncio.sleep(0)
    await house.restart()
    return len(flights)


@contextlib.asynccontextmanager
async def beside(*works: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(seen: Any) -> None:
    async with asyncio.timeout(60):
        while not await seen():  # noqa: ASYNC110 - rows and phones ring no bell
            await asyncio.sleep(0.005)


async def stand(house: House, states: list[str]) -> bool:
    """Whether the messages stand so."""
    return list(await house.states()) == states
