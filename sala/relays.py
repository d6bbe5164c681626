"""Other systems that use this node's channels (`[relay.NAME]`): checked, put before the dialogue, told what became."""

import asyncio
from collections.abc import Sequence

from sala import config as configuration
from sala.config import Config
from sala.plugs import Plugged
from sms.port import Tells
from sms.relaying import Switch, Teller
from store.bearer import Listener
from store.memory import Memory


def check(config: Config, plugged: Sequence[Plugged]) -> None:
    """Refuse a relay that leads nowhere.

    Raises:
        ConfigFault: a channel of it is not there, carries no messages, or is another's already.
    """
    carrying = {one.name for one in plugged if one.messages is not None}
    owners: dict[str, str] = {}
    for name, site in config.relay.items():
        if name not in carrying:
            said = f"no channel of this name carries messages; there are: {', '.join(sorted(carrying)) or 'none'}"
            raise configuration.mistake(config, ("relay", name), said)
        for channel in site.channels:
            where = ("relay", name, "channels")
            if channel not in carrying or channel in config.relay:
                said = f"{channel} is no channel that carries messages to phones"
                raise configuration.mistake(config, where, said)
            if site.takes_all and channel in owners:
                raise configuration.mistake(config, where, f"{channel} belongs to {owners[channel]} already")
            owners[channel] = name


def listener(config: Config, plugged: Sequence[Plugged], memory: Memory) -> Listener:
    """Who takes messages in: the dialogue, after those between phones and other systems were passed on."""
    if not config.relay:
        return memory.turns
    prefixes = {one.name: one.message_settings.prefixes for one in plugged if one.message_settings is not None}
    return Switch(config.relay, memory.messages.relay, memory.turns, prefixes)


def tellers(config: Config, plugged: Sequence[Plugged], memory: Memory) -> list["asyncio.Task[None]"]:
    """Begin to tell the other systems what became of their messages."""
    gateways: dict[str, object] = {one.name: one.messages for one in plugged}
    return [
        asyncio.create_task(Teller(name, gateway, memory.messages.relay).run(), name=f"teller {name}")
        for name in config.relay
        if isinstance(gateway := gateways.get(name), Tells)
    ]
