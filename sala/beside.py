"""The memory for a command: a second process beside a running node, or alone on a node's database."""

import contextlib
from collections.abc import AsyncIterator

from flows import phrases
from flows.dialogue import Office
from flows.errors import ConfigFault
from flows.tables import Tables
from sala import config as configuration
from sala import keys, plugs, routing
from sala.config import Config
from store.memory import Memory, open_memory
from store.mind import Mind, dialogue_mind
from store.values import Catalogue


@contextlib.asynccontextmanager
async def beside(config: Config, mind: Mind | None = None) -> AsyncIterator[Memory]:
    """Open the node's database for one command; it takes no turns, draws no epoch and leaves leases alone.

    `mind` is for a command that says something to citizens; without it there are no services.

    Raises:
        ConfigFault: there is no database yet. KeyFault: it does not open with this key.
    """
    if not (config.data / keys.DATABASE).exists():
        raise ConfigFault(f"{config.data}: there is no database yet", hint="start the node once: sala serve")
    key = keys.database_key(config.key_source, config.data)
    mind = mind or dialogue_mind(lambda catalogue: _empty(config, catalogue))
    async with open_memory(configuration.store_settings(config), key, mind, role="command", house=False) as memory:
        if len(config.channels) > 1:
            # What is said here goes by the same ways as what the node says.
            memory.route(routing.routes(config, plugs.channels(config)))
        yield memory


def _empty(config: Config, catalogue: Catalogue) -> Office:
    """An office without services: enough for a process that hears nobody, and quick to make."""
    return Office({}, {}, Tables({}), phrases.load(), config.languages, catalogue.paused)
