"""`sala prove REF`: one request from the key press to the agency's signed answer, as a trail that a person can read."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from flows.errors import ConfigFault
from flows.reference import format_reference, is_reference
from sala.beside import beside
from sala.config import Config
from store.values import Hop


def prove(config: Config, reference: str) -> str:
    """The trail; empty when nobody was told this reference.

    Raises:
        ConfigFault: it is no reference at all, or there is no database.
    """
    digits = "".join(reference.split())
    if not is_reference(digits):
        raise ConfigFault(f"{reference}: its check digit is wrong", hint="a reference has nine digits; look again")
    hops = asyncio.run(_hops(config, digits))
    zone = ZoneInfo(config.timezone)
    return "\n".join([format_reference(digits), *(_line(hop, zone) for hop in hops)]) if hops else ""


def _line(hop: Hop, zone: ZoneInfo) -> str:
    facts = [f"{name} {value}" for name, value in hop.details.items() if value not in {"", None}]
    words = " · ".join([part for part in (hop.agency, hop.what, *facts, hop.digest) if part])
    return f"{datetime.fromtimestamp(hop.at, zone):%Y-%m-%d %H:%M:%S}  {hop.kind:<10}  {words}"


async def _hops(config: Config, reference: str) -> Sequence[Hop]:
    async with beside(config) as memory:
        return await memory.trail(reference)
