"""A channel over SMPP at work: the real store, doors, lane and line, and the kit's counting dialogue."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gateways.smpp.gateway import Gateway
from gateways.smpp.options import Options
from sala.links import Sink
from sms.door import Door as SmsDoor
from sms.lane import Lane, Rules
from store.kit import counting_mind
from store.memory import Memory, open_memory
from store.settings import StoreSettings
from ussd.door import Door as UssdDoor

NUMBER = "8562055512345"
GIVEN = {
    "host": "127.0.0.1",
    "system_id": "sala",
    "password": "secret",
    "reconnect_within": 0.1,
    "short_codes": ["1600"],
    "service_codes": ["*999#"],
    "country_code": "+856",
    "rate": 1000,
    "window": 32,
    "per_number": 10_000,
}


class Listening(Protocol):
    """What is needed of an SMSC."""

    port: int

    async def until(self, seen: Callable[[], Any]) -> None: ...


@dataclass
class House:
    """What a case works with."""

    memory: Memory
    gateway: Gateway
    lane: Lane

    async def rows(self, statement: str) -> list[Any]:
        return [tuple(row) for row in await self.memory._reading.rows(statement)]

    async def heard(self) -> list[str]:
        """The answers to the messages that were taken, oldest first: the dialogue counts and repeats."""
        return [row[0] for row in await self.rows("SELECT text FROM message ORDER BY id")]

    async def reach(self, *states: str) -> None:
        """Wait until the messages stand so."""
        async with asyncio.timeout(60):
            while await self.states() != list(states):  # noqa: ASYNC110 - rows ring no bell
                await asyncio.sleep(0.01)

    async def states(self) -> list[str]:
        return [row[0] for row in await self.rows("SELECT state FROM message ORDER BY id")]


@contextlib.asynccontextmanager
async def house(folder: Path, smsc: Listening, *, sending: bool = True, **more: Any) -> AsyncIterator[House]:
    """A node with one channel; closed in order."""
    settings = Options.model_validate({**GIVEN, "port": smsc.port, **more})
    async with open_memory(StoreSettings(data=folder, node="KIT"), b"k" * 32, counting_mind()) as memory:
        gateway = Gateway("kit", settings)
        gateway.line._chance = lambda: 1.0
        listener = memory.whole(memory.turns)
        messages = SmsDoor("kit", gateway.sms, listener, memory.messages) if gateway.sms else None
        presses = None
        if gateway.ussd:
            presses = UssdDoor("kit", gateway.ussd, memory.turns, lambda _key, _number: "sorry", deadline=5)
        assert gateway.sms
        rules = Rules.of(settings, "LA")
        bell = memory.bell("kit")
        lane = Lane("kit", gateway.sms, memory.messages, rules=rules, clock=memory.clock.steady, bell=bell)
        tasks = [asyncio.create_task(gateway.run(Sink(presses, messages, memory.echoes)))]
        if sending:
            tasks.append(asyncio.create_task(lane.run()))
        try:
            await smsc.until(lambda: gateway.line.up)
            yield House(memory, gateway, lane)
        finally:
            for task in reversed(tasks):
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            await memory.echoes.flush()
