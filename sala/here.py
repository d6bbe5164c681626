"""A node's database, opened for one command about what is published: with its tables, phrases and stage."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from flows.errors import ConfigFault
from sala import plugs, services
from sala.beside import beside
from sala.config import Config
from sala.editions import Overlay, lay_down
from sala.publishing import Publishing
from sala.services import Prepared
from store.memory import Memory

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Here:
    """A node's database, opened for one command."""

    config: Config
    memory: Memory
    publishing: Publishing
    overlay: Overlay
    by: str

    def time(self, at: int) -> str:
        """A moment in the node's own zone; "" for none."""
        return f"{datetime.fromtimestamp(at, ZoneInfo(self.config.timezone)):%Y-%m-%d %H:%M}" if at else ""


def named(by: str) -> str:
    """Whom the record names: the person, and through whose account on this machine."""
    return f"{by.strip()} ({services.actor()})" if by.strip() else services.actor()


@contextlib.asynccontextmanager
async def here(config: Config, by: str = "") -> AsyncIterator[Here]:
    """Open it, with the tables and phrases that the node works with."""
    node = services.node_of(config, plugs.channels(config))
    overlay = Overlay.over(Prepared(services.material_of(config), (), node, config.languages))
    async with beside(config) as memory:
        lay_down(overlay, await memory.arrivals.active())
        yield Here(config, memory, Publishing(config, memory, overlay), overlay, named(by))


def do(config: Config, work: Callable[[Here], Awaitable[T]], by: str = "") -> T:
    """Run one piece of work beside the node."""

    async def run() -> T:
        async with here(config, by) as opened:
            return await work(opened)

    return asyncio.run(run())


def moment(config: Config, text: str) -> int | None:
    """Epoch seconds of `2027-01-01T00:00` in the node's zone, or with a zone of its own; None for "".

    Raises:
        ConfigFault: it is no moment.
    """
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigFault(f"{text} is no moment", hint="for example 2027-01-01T00:00") from None
    return int((found if found.tzinfo else found.replace(tzinfo=ZoneInfo(config.timezone))).timestamp())
