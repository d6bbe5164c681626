"""From the configured channels to the store's routes: who sends, whereto, for how much, and in whose place."""

from collections.abc import Sequence

from sala import config as configuration
from sala.config import Config
from sala.plugs import Plugged
from sms.pricing import calling_code, money
from store.routes import Route, Routes


def routes(config: Config, plugged: Sequence[Plugged]) -> Routes:
    """The routes of a node with these channels.

    Raises:
        ConfigFault: `send_by` names a channel that sends nothing.
    """
    own = calling_code(config.country)
    # What belongs to another system carries nothing of this node's.
    elsewhere = {*config.relay, *(name for site in config.relay.values() if site.takes_all for name in site.channels)}
    sending = [
        Route(
            one.name,
            tuple(one.message_settings.countries or [own]),
            tuple(one.message_settings.prefixes),
            {prefix: money(price) for prefix, price in one.message_settings.prices.items()},
            phones=one.messages is None or one.messages.capabilities.phones,
        )
        for one in plugged
        if one.message_settings is not None and one.name not in elsewhere
    ]
    names = {route.channel for route in sending}
    send_by = configuration.store_settings(config).send_by | dict(config.routing.send_by)
    for name, other in config.routing.send_by.items():
        if other not in names or name not in config.channels:
            said = f"no channel called {other if name in config.channels else name} is there that sends messages"
            raise configuration.mistake(config, ("routing", "send_by", name), said)
    return Routes(tuple(sending), send_by, failover=config.routing.failover)
