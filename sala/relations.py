"""What ties a running node to the others: its heartbeat, its hub above, and the nodes below when it is a hub itself."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress

from aiohttp import web

from sala import hub
from sala.config import Config
from sala.down import Down, keys_now
from sala.editions import Overlay
from sala.publishing import Publishing
from sala.pulse import Pulse
from sala.road import hub_settings
from store.memory import Memory
from sync.connectors.hub import CopyLink
from sync.connectors.hub import Down as Link
from sync.connectors.native import Connector as Native
from sync.hub.pull import Puller
from sync.hub.shipping import Far, Shipper
from sync.means import Means
from sync.port import Connector


class Relations:
    """Started and stopped with the node."""

    def __init__(
        self, config: Config, memory: Memory, overlay: Overlay, roads: Mapping[str, Connector], means: Means, far: Far
    ) -> None:
        """Put it together; nothing runs before `start`. `far` is told what the hub has of the second copy."""
        self.down = Down(config, memory, overlay)
        self.publishing = Publishing(config, memory, overlay)
        self.pulse = Pulse(memory)
        self.door = hub.door(config, memory) if config.hub.nodes else None
        self.copies = hub.copies_door(config) if config.hub.nodes else None
        self.shipper: Shipper | None = None
        self.puller: Puller | None = None
        self._tasks: list[asyncio.Task[None]] = []
        for road in roads.values():
            if isinstance(road, Native):
                road.pulse = self.pulse.text
        if config.hub.url:
            link = Link(config.node, hub_settings(config))
            link.pulse = self.pulse.text
            self.puller = Puller(link, memory.arrivals, config.node, lambda: keys_now(config, memory), means)
            self.puller.taken = self.down.woken
            if config.copy and config.copy.hub:
                self.shipper = Shipper(CopyLink(config.node, hub_settings(config)), config.copy.path, far, means)

    def routes(self) -> Iterable[web.RouteDef]:
        """The addresses of a hub; none for another node."""
        return [*self.door.routes(), *self.copies.routes()] if self.door is not None and self.copies is not None else ()

    def start(self, *, sync: bool) -> None:
        """Begin to look at what came down, and with `sync` to ask for it."""
        self._tasks = [asyncio.create_task(one.run()) for one in (self.down, self.publishing, self.pulse)]
        if sync and self.puller is not None:
            self._tasks.append(asyncio.create_task(self.puller.run()))
        if sync and self.shipper is not None:
            self._tasks.append(asyncio.create_task(self.shipper.run()))

    def release(self) -> None:
        """Let every question that is open at this hub end."""
        if self.door is not None:
            self.door.bell.close()

    async def stop(self) -> None:
        """End everything."""
        if self.puller is not None:
            self.puller.stop()
        if self.shipper is not None:
            self.shipper.stop()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        if self.puller is not None:
            await self.puller.close()
        if self.shipper is not None:
            await self.shipper.close()
