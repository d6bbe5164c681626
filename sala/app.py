"""A node composed: what must be had first, then the memory, the services, the doors, the lanes and the road."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from console.app import add_console
from flows.errors import ConfigFault
from sala import bearers, described, desk, far, hub, keys, log, plugs, relays, routing, second, services, sockets
from sala import config as configuration
from sala import web as pages
from sala.alerts import Desk
from sala.channels import Channels, Sample, line_of
from sala.config import Config, Console, Door
from sala.editions import Overlay
from sala.figures import (
    bearer_samples,
    custody_samples,
    placeless_samples,
    process_samples,
    publishing_samples,
    road_samples,
    store_samples,
    unready,
)
from sala.gate import PREFIX, Gate
from sala.loops import until_told
from sala.phone import Phone
from sala.relations import Relations
from sala.road import connectors, joint, means
from sala.schema import answers_schema
from sala.upkeep import Upkeep
from store.bearer import Listener
from store.copying.generation import Medium
from store.memory import Memory, open_memory
from store.queue import Wanted
from store.scope import EVERYTHING
from sync import push
from sync.hub.shipping import Far
from sync.service import SyncService

PLACELESS: Final = Wanted(group="wait", place="-")

ROOMS: Final = frozenset({"ussd", "sms", "sync", "console"})

_log = structlog.get_logger("node")


def rooms(only: str) -> frozenset[str]:
    """The rooms that `--only` names; all of them for "".

    Raises:
        ConfigFault: one of the words is no room.
    """
    named = frozenset(word.strip() for word in only.split(",") if word.strip())
    if unknown := sorted(named - ROOMS):
        raise ConfigFault(f"--only: {unknown[0]} is no part of a node", hint=f"there are: {', '.join(sorted(ROOMS))}")
    return named or ROOMS


def serve(config: Config, served: frozenset[str] = ROOMS) -> None:
    """Run a node until SIGTERM or Ctrl-C; ends within five seconds of either.

    Raises:
        Fault: it could not start; nothing is left half started.
    """
    log.start(config.log.level)
    try:
        until_told(lambda: _attended(config, served), _announce)
    finally:
        log.stop()


@contextlib.asynccontextmanager
async def _attended(config: Config, served: frozenset[str]) -> AsyncIterator[tuple[Config, str]]:
    """A running node, and at its first start the password of its first admin."""
    async with node(config, served) as built:
        yield config, await desk.first_admin(built.memory) if "console" in served else ""


def _announce(entered: tuple[Config, str]) -> None:
    """Print the first admin's password, this once; it goes into no log."""
    config, password = entered
    if password:
        address = config.console.public_url or f"http://{config.console.host}:{config.console.port}"
        print(f"desk: {address}/console  user: {desk.FIRST}  password: {password}", flush=True)  # noqa: T201 - the command's


@contextlib.asynccontextmanager
async def node(config: Config, served: frozenset[str] = ROOMS) -> AsyncIterator["Node"]:
    """A running node. Everything that can be refused is tried before anything is opened."""
    async with contextlib.AsyncExitStack() as stack:
        plugged = plugs.channels(config)
        roads = connectors(config) if "sync" in served else {}
        carried = bearers.settings(config, roads or connectors(config), plugged)
        relays.check(config, plugged)
        prepared = services.prepare(config, plugged)
        routes = routing.routes(config, plugged)
        bound = _bind(config, served)
        for one in bound.values():
            stack.callback(one.close)
        config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = keys.database_key(config.key_source, config.data)
        settings = configuration.store_settings(config)
        overlay = Overlay.over(prepared)
        mind = services.mind(prepared, overlay.given, overlay.under)
        reach = far.far(config)
        memory = await stack.enter_async_context(open_memory(settings, key, mind, medium=_medium(config, reach)))
        memory.route(routes)
        told = means(config, memory, Desk(memory).alert)
        relations = Relations(config, memory, overlay, roads, told, reach)
        await relations.down.begin()
        await hub.lease_own(config, memory)
        sent = {one.parcel.name for one in await memory.arrivals.active() if one.parcel.kind == "revision"}
        await relations.publishing.begin(prepared, sent)
        way = joint(config, memory)
        road = SyncService(way, roads, told)
        road.pushes = memory.pushes
        bearers.add(road, carried if roads else {}, way, memory, bearers.Pages(config, memory, overlay))
        heard = bearers.listener(memory, carried, relays.listener(config, plugged, memory))
        built = Node(config, served, memory, prepared, plugged, road, relations, heard)
        stack.push_async_callback(built.stop)
        await built.start(bound)
        _log.info("node started", node=config.node, port=config.http.port, version=services.version())
        yield built
        _log.info("node stops", node=config.node)


def _medium(config: Config, far: Far) -> Medium:
    return Medium(luggage=lambda: second.luggage(config), beyond=far.said)


def _bind(config: Config, served: frozenset[str]) -> dict[str, socket.socket]:
    """The doors' sockets by name; a shared address has one, called `console`."""
    wanted: dict[str, Door | Console] = {}
    if served & {"ussd", "sms"}:
        wanted["http"] = config.http
    if "console" in served:
        wanted["console"] = config.console
    if len(wanted) > 1 and (config.http.host, config.http.port) == (config.console.host, config.console.port):
        del wanted["http"]
    bound: dict[str, socket.socket] = {}
    try:
        for name, door in wanted.items():
            bound[name] = sockets.bind(door.host, door.port, name)
    except BaseException:
        for one in bound.values():
            one.close()
        raise
    return bound


@dataclass
class Node:
    """What runs: kept together so that it starts and stops in order, and so that figures can be read."""

    config: Config
    served: frozenset[str]
    memory: Memory
    prepared: services.Prepared
    plugged: Sequence[plugs.Plugged]
    road: SyncService
    relations: Relations
    listener: Listener
    started_at: float = field(default_factory=time.monotonic)
    _sites: list[pages.Site] = field(default_factory=list)
    _tellers: list["asyncio.Task[None]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.channels = Channels(
            self.plugged, self.memory, self._sorry, self.served, self.config.country, self.listener
        )
        self.gate = Gate(self.channels.ways(), self.config.http.proxies)
        self.upkeep = Upkeep(self.config, self.memory, self.channels, self.started_at)
        self.phone = Phone(line_of(self.config)) if self.config.console.phone else None

    async def start(self, bound: dict[str, socket.socket]) -> None:
        """Begin to send, to deliver, and at last to answer."""
        self.channels.start()
        if "sms" in self.served:
            self._tellers = relays.tellers(self.config, self.plugged, self.memory)
        if "sync" in self.served:
            self.road.start()
        self.relations.start(sync="sync" in self.served)
        for name, one in bound.items():
            shared = "http" not in bound and bool(self.served & {"ussd", "sms"})
            site = self._door() if name == "http" else self._console(shared=shared)
            self._sites.append(site)
            await site.start(one)

    async def stop(self) -> None:
        """Take nothing new, answer what runs, give leases back."""
        self.relations.release()
        await asyncio.gather(*(site.stop() for site in self._sites), return_exceptions=True)
        for one in self._tellers:
            one.cancel()
        phone = [self.phone.close()] if self.phone else []
        parts = (self.channels.stop(), self.road.stop(), self.relations.stop(), self.upkeep.stop())
        await asyncio.gather(*parts, *phone, *self._tellers, return_exceptions=True)

    def _door(self) -> pages.Site:
        return pages.Site.of_gate(self.gate, pages.door_handler(self.gate, self.ready))

    def _console(self, *, shared: bool) -> pages.Site:
        app = pages.console_app(self.ready, self.figures, self.schema)
        app.router.add_routes([*push.routes(self.road), *self.relations.routes()])
        app.router.add_routes(described.routes(lambda: self.memory.office, self.config.country))
        add_console(app, desk.compose(self.config, self.memory, self.road, self.relations.publishing, self.upkeep))
        if self.phone:
            app.router.add_routes(self.phone.routes())
        if shared:
            app.router.add_route("*", PREFIX + "{tail:.*}", self.gate.handle)
        return pages.Site.of_app(app)

    def _sorry(self, key: str, msisdn: str) -> str:
        return services.sorry(key, self.memory.turns.language_of(msisdn) or self.config.languages[0])

    async def ready(self) -> str:
        """Why it is not: a word; empty when the store is writable and the disk reserve is there."""
        return unready(await self.memory.readings())

    async def schema(self, service: str, revision: str) -> dict[str, Any] | None:
        """The JSON Schema of a revision's answers, None for one that was never published."""
        found = self.memory.office.known.get(revision)
        return answers_schema(found) if found is not None and found.flow.id == service else None

    async def figures(self) -> list[Sample]:
        """Everything for /metrics."""
        return [
            ("sala_up_seconds", (), time.monotonic() - self.started_at),
            *process_samples(),
            *store_samples(await self.memory.readings()),
            *publishing_samples(await self.memory.drafts.proposals(), await self.memory.library.unconfirmed()),
            *placeless_samples(
                await self.memory.queue.count(EVERYTHING, PLACELESS),
                await self.memory.queue.page(EVERYTHING, PLACELESS, 1),
            ),
            *self.channels.samples(),
            *road_samples(self.road.counters),
            *bearer_samples(self.road.carriers),
            *custody_samples(await self.memory.custody.held() if self.config.hub.nodes else ()),
        ]
