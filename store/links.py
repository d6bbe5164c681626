"""How each channel's link stands, noted by the node that holds it for every other process: `sala doctor`, the desk."""

from collections.abc import Mapping
from typing import Final, Literal, cast

from store.database import Database
from store.values import Health
from store.writer import Writer

_NOTE: Final = (
    "INSERT INTO link (channel, state, since, fault) VALUES (?, ?, ?, ?) ON CONFLICT (channel)"
    " DO UPDATE SET state = excluded.state, since = excluded.since, fault = excluded.fault"
)
_ALL: Final = "SELECT channel, state, since, fault FROM link ORDER BY channel"


class LinkBook:
    """One row for each channel that was ever up or down."""

    def __init__(self, writer: Writer, reader: Database) -> None:
        self._writer = writer
        self._reader = reader

    async def note(self, channel: str, health: Health) -> None:
        """Write how the link stands; to be called when it has changed."""
        row = (channel, health.state, health.since, health.fault)

        async def run(database: Database) -> None:
            await database.begin()
            await database.rows(_NOTE, row)

        await self._writer.do(run)

    async def all(self) -> Mapping[str, Health]:
        """How the links stood when they last changed, by channel."""
        rows = await self._reader.rows(_ALL)
        return {
            channel: Health(cast("Literal['up', 'down', 'unknown']", state), since, fault)
            for channel, state, since, fault in rows
        }
