"""Each configured channel at work: its doors at the gate, and the lane that sends its messages."""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sms.door
import sms.port
import ussd.door
from sala.config import Config, mistake
from sala.gate import PREFIX, Hook, Way
from sala.links import Links
from sala.metrics import Labels, counted
from sala.phone import Line
from sala.plugs import Plugged
from sms.lane import Lane, Rules
from store.memory import Memory
from ussd.door import Sorry

Sample = tuple[str, Labels, float]

NUMBERS: Final = ("+8562055512345", "+8562055598765")
"""Invented numbers to begin with on the phone in the browser."""


@dataclass(slots=True)
class Channel:
    """One channel at work; a side that is not served, or that the gateway has not, is None."""

    plugged: Plugged
    key_presses: ussd.door.Door | None
    messages: sms.door.Door | None
    lane: Lane | None
    task: "asyncio.Task[None] | None" = None

    def way(self) -> Way:
        """Its secrets and hooks, for the gate."""
        hooks: dict[str, Hook] = {}
        for door in (self.key_presses, self.messages):
            hooks |= door.hooks() if door else {}
        return Way(self.plugged.secrets, hooks, self.plugged.peers)

    def samples(self) -> Iterable[Sample]:
        """Its figures."""
        fixed = {"channel": self.plugged.name}
        if self.key_presses:
            yield from counted("sala_key_presses_total", fixed, self.key_presses.counts, "outcome")
        if self.messages:
            yield from counted("sala_messages_in_total", fixed, self.messages.counts, "kind")
        if self.lane:
            yield from counted("sala_messages_out_total", fixed, self.lane.counts, "outcome")


class Channels:
    """All channels of a node."""

    def __init__(
        self,
        plugged: Sequence[Plugged],
        memory: Memory,
        sorry: Sorry,
        rooms: frozenset[str],
        country: str,
        listener: sms.port.Turns,
    ) -> None:
        """Put doors and lanes around the gateways; `rooms` says which sides are served, `listener` takes messages."""
        whole = memory.whole(listener)
        self.all = [_channel(one, memory, sorry, rooms, country, whole) for one in plugged]
        self._echoes = memory.echoes
        self.links = Links(memory)

    def ways(self) -> Mapping[str, Way]:
        """What the gate serves."""
        return {channel.plugged.name: channel.way() for channel in self.all}

    def start(self) -> None:
        """Begin to send."""
        for channel in self.all:
            if channel.lane:
                channel.task = asyncio.create_task(channel.lane.run(), name=f"lane {channel.plugged.name}")
        self.links.start(self.all)

    async def stop(self) -> None:
        """Stop sending, within the lanes' farewell, and close what gateways hold open."""
        tasks = [channel.task for channel in self.all if channel.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Only now: what was under way is acknowledged over the connection that it came by.
        await self.links.stop()
        await self._echoes.flush()
        for channel in self.all:
            if channel.plugged.messages:
                with contextlib.suppress(OSError):
                    await channel.plugged.messages.close()

    def samples(self) -> Iterable[Sample]:
        """The figures of all."""
        for channel in self.all:
            yield from channel.samples()
        yield from self.links.samples()


def _channel(
    plugged: Plugged, memory: Memory, sorry: Sorry, rooms: frozenset[str], country: str, listener: sms.port.Turns
) -> Channel:
    key_presses = None
    if "ussd" in rooms and plugged.key_presses and plugged.key_press_settings:
        deadline = plugged.key_press_settings.reply_deadline
        key_presses = ussd.door.Door(plugged.name, plugged.key_presses, memory.turns, sorry, deadline=deadline)
    messages = lane = None
    if "sms" in rooms and plugged.messages and plugged.message_settings:
        messages = sms.door.Door(plugged.name, plugged.messages, listener, memory.messages)
        rules = Rules.of(plugged.message_settings, country)
        # The clock that the queue's times are written by: the wall's may jump.
        lane = Lane(
            plugged.name,
            plugged.messages,
            memory.messages,
            rules=rules,
            clock=memory.clock.steady,
            ticks=memory.clock.ticks,
            bell=memory.bell(plugged.name),
        )
    return Channel(plugged, key_presses, messages, lane)


def line_of(config: Config) -> Line:
    """The line of the phone in the browser: of the first channel that is called over HTTP, to this node's own door.

    Raises:
        ConfigFault: there is no channel to be connected to.
    """
    tables = {name: channel.keys() for name, channel in config.channels.items()}
    called = {name: keys for name, keys in tables.items() if "secret" in keys}
    if not called:
        said = "there is no channel for it that is called over HTTP: add [channels.NAME]"
        raise mistake(config, ("console", "phone"), said)
    name, keys = next(iter(called.items()))
    secret = keys["secret"] if isinstance(keys["secret"], str) else keys["secret"][0]
    return Line(
        door=f"http://{config.http.host}:{config.http.port}{PREFIX}{name}/{secret}",
        service_codes=keys.get("service_codes") or ("*999#",),
        short_codes=keys.get("short_codes") or ("1999",),
        numbers=NUMBERS,
        api_key=str(keys.get("api_key", "")),
    )
