"""Long messages that come in parts: kept until all are there, and then handed on as one."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from store.bearer import Listener
from store.clock import Clock
from store.database import Database, Row
from store.hashing import Hashing
from store.values import Inbound, Part
from store.writer import Writer

PATIENCE: Final = 86_400
"""Seconds after which a part whose message never became whole is let go."""

_HERE: Final = "SELECT part, name, text FROM piece WHERE key = ? ORDER BY part"
_KEEP: Final = (
    "INSERT INTO piece (key, part, name, text, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key, part)"
    " DO UPDATE SET name = excluded.name, text = excluded.text, at = excluded.at"
)
_DROP: Final = "DELETE FROM piece WHERE key = ?"
OLD_PIECES: Final = "DELETE FROM piece WHERE at < ?"


class Whole:
    """Takes messages in a listener's place, and hands on those that are whole.

    A message that was handed on keeps its parts for a while: the last one may come again, when the node died before it
    could be acknowledged, and is then no part of another message. A phone uses a reference anew after 256 long
    messages, so a part of another name where all are there begins a new message.
    """

    def __init__(self, writer: Writer, clock: Clock, hashing: Hashing, listener: Listener) -> None:
        self._writer = writer
        self._clock = clock
        self._hashing = hashing
        self._listener = listener

    async def overhear(self, message: Inbound) -> None:
        """Take one message or one part; durable when it returns.

        Raises:
            Fault: as the listener does; nothing may be acknowledged.
        """
        whole = await self._join(message, message.part) if message.part is not None else message
        if whole is not None:
            await self._listener.overhear(whole)

    async def _join(self, message: Inbound, part: Part) -> Inbound | None:
        shared = json.dumps([message.msisdn, message.to, part.ref, part.total])
        key = self._hashing.message(message.channel, f"parts {shared}")
        row = (key, part.number, message.id, message.text, self._clock.steady())

        async def run(database: Database) -> list[Row]:
            await database.begin()
            here = await database.rows(_HERE, (key,))
            names = {number: name for number, name, _ in here}
            if names.get(part.number) != message.id:
                if len(here) == part.total:
                    await database.rows(_DROP, (key,))
                await database.rows(_KEEP, row)
            return await database.rows(_HERE, (key,))

        return _whole(message, part, await self._writer.do(run))


def _whole(message: Inbound, part: Part, here: Sequence[Row]) -> Inbound | None:
    if len(here) < part.total:
        return None
    # The name follows from those of the parts: whichever of them comes again, it is the same message.
    name = "+".join(name for _, name, _ in here)
    return replace(message, id=name, text="".join(text for _, _, text in here), part=None)
