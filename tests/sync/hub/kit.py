"""A district, a hub and an agency on one machine, each with its real rows, joined by real HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from store.memory import Memory, open_memory
from store.road import STATES
from store.settings import StoreSettings
from store.values import Traffic
from sync import signing
from sync.agency import decisions
from sync.agency import nodes as nodes_of
from sync.connectors import hub as through
from sync.connectors.native import Connector as NativeConnector
from sync.connectors.native import NativeSettings
from sync.hub.door import HubDoor, Nodes
from sync.hub.joint import JointRoad
from sync.means import Means
from sync.port import Connector
from sync.service import SyncService
from sync.serving import Bell
from tests.ports import free_port
from tests.store.conftest import KEY, dial
from tests.store.mind import small_mind
from tests.sync.conftest import Agency, serve

AGENCY = "registry"
HUB = "LA-HUB"
DISTRICT = "LA-XK-03"


@dataclass
class Clock:
    """Seconds that a test adds to the real ones, and what the desk was told."""

    ahead: int = 0
    alerts: list[tuple[str, str]] = field(default_factory=list)

    def means(self, owner: str) -> Means:
        return Means(
            owner,
            now=lambda: int(time.time()) + self.ahead,
            steady=lambda: time.monotonic() + self.ahead,
            alert=lambda agency, code, _: self.alerts.append((agency, code)),
        )


@dataclass
class Node:
    """A node that is open: its rows and its road. `now` makes one pass over everything and asks for statuses."""

    memory: Memory
    service: SyncService
    clock: Clock

    async def now(self) -> dict[str, Any]:
        done = await self.service.now(AGENCY)
        return {
            name: getattr(done[0], name)
            for name in ("offered", "accepted", "duplicates", "refused", "conflicts", "carried", "fault")
            if getattr(done[0], name)
        }

    async def submit(self, count: int = 1, first: int = 1) -> list[str]:
        numbers = range(first, first + count)
        replies = await asyncio.gather(
            *(dial(self.memory, "SUBMIT", session=f"s{n}", msisdn=f"+85620{n:08d}") for n in numbers)
        )
        return list(replies)

    async def states(self) -> list[str]:
        rows = await self.memory._reading.rows("SELECT state FROM delivery ORDER BY seq, agency")
        return [STATES[row[0]] for row in rows]

    async def rows(self, statement: str, *args: Any) -> list[tuple[Any, ...]]:
        return await self.memory._reading.rows(statement, args)


def connector(url: str, secret: str, node: str, *, hub: bool) -> Connector:
    settings = NativeSettings.model_validate({"url": url, "secret": secret, "timeout": 50})
    if hub:
        return through.Connector(AGENCY, node, settings)
    return NativeConnector(AGENCY, node, settings)


@asynccontextmanager
async def node(folder: Path, name: str, roads: Mapping[str, Connector], *, hub: bool = False) -> AsyncIterator[Node]:
    clock = Clock()
    settings = StoreSettings(data=folder, node=name, reserve_mb=0, free_mb=0, custody=hub)
    async with open_memory(settings, KEY, small_mind(), house=False) as memory:
        road = JointRoad(memory.road, memory.custody) if hub else memory.road
        service = SyncService(road, roads, clock.means(name))
        try:
            yield Node(memory, service, clock)
        finally:
            await service.close()


@dataclass
class Hub:
    """A hub that can be stopped, started again, and lose its disk."""

    folder: Path
    agency_url: str
    agency_secret: str
    secrets: dict[str, str]
    port: int = field(default_factory=free_port)
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    node: Node = field(init=False)
    door: HubDoor = field(init=False)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hub"

    async def start(self) -> None:
        self._stack = AsyncExitStack()
        roads = {AGENCY: connector(self.agency_url, self.agency_secret, HUB, hub=False)}
        self.node = await self._stack.enter_async_context(node(self.folder, HUB, roads, hub=True))
        keys = {name: (signing.key_of(secret),) for name, secret in self.secrets.items()}
        self.door = HubDoor(self.node.memory, Nodes(keys), [AGENCY], Bell(), self.key)
        app = web.Application()
        app.add_routes(self.door.routes())
        runner = await serve(app, self.port)
        self._stack.push_async_callback(runner.cleanup)

    async def stop(self) -> None:
        await self._stack.aclose()

    def lose_disk(self) -> None:
        self.folder = self.folder.with_name(self.folder.name + "-new")

    async def relay(self) -> dict[str, Any]:
        return await self.node.now()

    async def states(self) -> Sequence[Traffic]:
        """The figures that `sala sync status` shows."""
        return await JointRoad(self.node.memory.road, self.node.memory.custody).states()


async def enrolled(agency: Agency, name: str, *, hub: bool = False) -> str:
    return await agency.book.do(nodes_of.enrol, name, hub=hub)


async def decide(agency: Agency, reference: str, status: str, **more: Any) -> None:
    def act(connection: Any) -> str:
        number = connection.execute("SELECT number FROM request WHERE reference = ?", (reference,)).fetchone()[0]
        return decisions.decide(
            connection, number, decisions.Decision(status, **more), agency.book.life, 1, agency.book.opener
        )

    assert await agency.book.do(act) == ""


async def home(district: Node) -> None:
    """Only ask for what comes home; offer nothing."""
    await district.service.listeners[AGENCY].ask(0)


async def until_accepted(district: Node, hub: Hub, rounds: int = 6) -> None:
    for _ in range(rounds):
        district.clock.ahead += 1000
        await district.now()
        await hub.relay()
        await home(district)
        if set(await district.states()) == {"accepted"}:
            return
    raise AssertionError(await district.states())
