"""Gateways that hold a connection: kept running and handed the core as a sink; how all links stand is noted."""

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import structlog

import gateways.port
import sms.door
import sms.port
import ussd.door
import ussd.port
from flows.errors import CallFault, StoreFault
from store.echoes import Echoes
from store.memory import Memory
from store.values import Call, Ended, Health, Inbound, OptOut, Reply, Report

if TYPE_CHECKING:
    from sala.channels import Channel
    from sala.metrics import Labels

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
"""Seconds between two starts of a gateway that gave up: nothing to twice as much each time, up to the longest."""

LOOK: Final = 2.0
"""Seconds between two looks at how the links stand."""

log = structlog.get_logger("link")


class Sink:
    """The core, as a gateway's `run` sees it."""

    def __init__(self, key_presses: ussd.door.Door | None, messages: sms.door.Door | None, echoes: Echoes) -> None:
        """Hand on to these doors; a side that is not served refuses. `echoes` names messages that have no name."""
        self._key_presses = key_presses
        self._messages = messages
        self._echoes = echoes

    async def call(self, call: Call) -> Reply:
        """See `ussd.port.Sink`."""
        return await self._press().call(call)

    async def ended(self, ended: Ended) -> None:
        """See `ussd.port.Sink`."""
        await self._press().ended(ended)

    async def inbound(self, message: Inbound) -> None:
        """See `sms.port.Sink`."""
        await self._text().inbound(message)

    async def anonymous(self, message: Inbound) -> Callable[[bool], None]:
        """See `sms.port.Sink`."""
        return await self._echoes.take(message, self._text().inbound)

    async def report(self, report: Report) -> None:
        """See `sms.port.Sink`."""
        await self._text().reported(report)

    async def opt_out(self, leaver: OptOut) -> None:
        """See `sms.port.Sink`."""
        await self._text().opt_out(leaver)

    def _press(self) -> ussd.door.Door:
        if self._key_presses is None:
            raise CallFault("this channel takes no key presses")
        return self._key_presses

    def _text(self) -> sms.door.Door:
        if self._messages is None:
            raise CallFault("this channel takes no messages")
        return self._messages


class Links:
    """The links of all channels."""

    def __init__(self, memory: Memory, chance: Callable[[], float] = random.random) -> None:
        """Note in `memory` how they stand."""
        self._memory = memory
        self._chance = chance
        self._tasks: list[asyncio.Task[None]] = []
        self._asked: dict[str, Callable[[], Health]] = {}
        self._noted: dict[str, Health] = {}
        self._measured: dict[str, gateways.port.Measured] = {}

    def start(self, channels: Sequence["Channel"]) -> None:
        """Run the gateways that want to, and look at all of them."""
        for channel in channels:
            name, gateway = channel.plugged.name, channel.plugged.gateway
            if isinstance(gateway, ussd.port.Healthy | sms.port.Healthy):
                self._asked[name] = gateway.health
            elif channel.lane:
                self._asked[name] = channel.lane.health
            if isinstance(gateway, gateways.port.Measured):
                self._measured[name] = gateway
            if isinstance(gateway, ussd.port.Runs | sms.port.Runs) and (channel.key_presses or channel.messages):
                work = self._keep(name, gateway, Sink(channel.key_presses, channel.messages, self._memory.echoes))
                self._tasks.append(asyncio.create_task(work, name=f"link {name}"))
        self._tasks.append(asyncio.create_task(self._look(), name="links"))

    async def stop(self) -> None:
        """Let go of the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    def standing(self) -> Mapping[str, Health]:
        """How each link stands now, by channel."""
        return {name: ask() for name, ask in self._asked.items()}

    def samples(self) -> Iterable[tuple[str, "Labels", float]]:
        """Its figures; a link of which nothing is known yet has none."""
        for name, health in self.standing().items():
            if health.state != "unknown":
                yield "sala_link_up", (("channel", name),), float(health.state == "up")
                yield "sala_link_since_seconds", (("channel", name),), float(health.since)
        for name, gateway in self._measured.items():
            for kind, what, value in gateway.figures():
                yield f"sala_gateway_{kind}", (("channel", name), ("what", what)), value

    async def _keep(self, name: str, gateway: ussd.port.Runs | sms.port.Runs, sink: Sink) -> None:
        longest = FIRST_PAUSE
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await gateway.run(sink)
                log.warning("gateway stopped", channel=name)
            except Exception:  # whatever it is, the node goes on and tries again
                log.exception("gateway failed", channel=name)
            if asyncio.get_running_loop().time() - started > LONGEST_PAUSE:
                longest = FIRST_PAUSE
            await asyncio.sleep(longest * self._chance())
            longest = min(LONGEST_PAUSE, longest * 2)

    async def _look(self) -> None:
        while True:
            for name, health in self.standing().items():
                if health != self._noted.get(name):
                    try:
                        await self._memory.links.note(name, health)
                    except StoreFault as fault:  # said again at the next look
                        log.warning("link not noted", channel=name, reason=fault.code)
                    else:
                        self._noted[name] = health
            await asyncio.sleep(LOOK)
