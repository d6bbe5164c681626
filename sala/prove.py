"""`sala prove REF`: one request from the key press to the agency's signed answer, as a trail that a person can read."""

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

from flows.errors import ConfigFault
from flows.reference import format_reference, is_reference
from sala import keys
from sala.config import Config
from store.sqlite import Sqlite
from store.trail import Mark, trail


def prove(config: Config, reference: str) -> str:
    """The trail; empty when nobody was told this reference.

    Raises:
        ConfigFault: it is no reference at all, or there is no database.
    """
    digits = "".join(reference.split())
    if not is_reference(digits):
        raise ConfigFault(f"{reference}: its check digit is wrong", hint="a reference has nine digits; look again")
    marks = asyncio.run(_marks(config, digits))
    zone = ZoneInfo(config.timezone)
    return "\n".join([format_reference(digits), *(_line(mark, zone) for mark in marks)]) if marks else ""


def _line(mark: Mark, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(mark.at, zone):%Y-%m-%d %H:%M:%S}  {mark.kind:<10}  {mark.facts}"


async def _marks(config: Config, reference: str) -> list[Mark]:
    file = config.data / keys.DATABASE
    if not file.exists():
        raise ConfigFault(f"{config.data}: there is no database yet", hint="start the node once: sala serve")
    reader = await Sqlite.open(file, keys.database_key(config.key_source, config.data), reader=True)
    try:
        return await trail(reader, reference)
    finally:
        await reader.close()
