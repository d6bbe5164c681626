"""Fresh references: drawn by chance from this node's blocks, and known to be free before a turn gets one."""

import json
import secrets
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

import structlog

from flows.reference import LENGTH, RANDOM_DIGITS, make_reference
from store import hub_sql, sql
from store.database import Database

STOCK: Final = 256
TOGETHER: Final = 64
"""References that are drawn from one place, so that their index takes them page by page and not each at its own.

They are given out in no order, among those of three other places. Who has one and knows nothing else finds another one
of its time by fifteen hundred guesses near to it; a guess opens nothing without the number or the case key.
"""

NEAR: Final = 5
"""Digits that are chance within a place; those before them are chance once for all of it."""

_DRAWS: Final = 8
_MOST_LISTED: Final = 20_000
"""References of one block that are gone through one by one when chance finds no free one any more."""

log = structlog.get_logger("store")


def draw(blocks: Sequence[str], count: int) -> set[str]:
    """About `count` references of random places in random blocks; `blocks` are leading digits, empty for all."""
    found: set[str] = set()
    for _ in range(0, count, TOGETHER):
        head = secrets.choice(blocks) if blocks else ""
        wanted = RANDOM_DIGITS - len(head)
        near = min(wanted, NEAR)
        head += f"{secrets.randbelow(10 ** (wanted - near)):0{wanted - near}d}" if wanted > near else ""
        found |= {make_reference(head + f"{secrets.randbelow(10**near):0{near}d}") for _ in range(TOGETHER)}
    return found


def span(block: str) -> tuple[int, int]:
    """The references of a block as numbers: the first, and the one after the last."""
    size = 10 ** (LENGTH - len(block))
    first = int(block or "0") * size
    return first, first + size


def capacity(block: str) -> int:
    """How many references a block has."""
    return int(10 ** (RANDOM_DIGITS - len(block)))


class References:
    """A stock of free references. The unique index stays the last word: another process may take one in between.

    `blocks` are leading digits, empty for all; with `leased`, only these and what `lease` adds are this node's.
    """

    def __init__(self, blocks: Sequence[str], *, leased: bool = False) -> None:
        self._given = tuple(blocks)
        self.blocks = tuple(blocks)
        self._leased = leased
        self._stock: deque[str] = deque()
        self._told = False

    def lease(self, blocks: Iterable[str]) -> None:
        """These were leased to this node, besides those that it was given."""
        self.blocks = tuple(dict.fromkeys((*self._given, *blocks)))

    async def fill(self, database: Database, wanted: int) -> None:
        """See that at least `wanted` are there, or all that are left."""
        if self._leased and not self.blocks:
            self._tell(used_up=True)
            return
        for _ in range(_DRAWS):
            if len(self._stock) >= wanted:
                break
            await self._add(database, draw(self.blocks, max(STOCK, wanted)))
        if len(self._stock) < wanted and self.blocks:
            await self._go_through(database)
        self._tell(used_up=not self._stock)

    async def left(self, database: Database) -> int:
        """How many are free in this node's blocks; -1 when all references are its own."""
        if not self.blocks:
            return 0 if self._leased else -1
        total = 0
        for block in self.blocks:
            total += capacity(block) - int((await database.rows(hub_sql.USED_IN, span(block)))[0][0])
        return max(0, total)

    def take(self) -> str:
        """The next one; "" when none is left."""
        return self._stock.popleft() if self._stock else ""

    async def _add(self, database: Database, drawn: set[str]) -> None:
        drawn -= set(self._stock)
        taken = await database.rows(sql.REFERENCES, (json.dumps([int(one) for one in drawn]),))
        used = {row[0] for row in taken}
        free = [one for one in drawn if int(one) not in used]
        secrets.SystemRandom().shuffle(free)
        self._stock.extend(free)

    async def _go_through(self, database: Database) -> None:
        """Chance no longer finds the last ones of nearly full blocks."""
        for block in self.blocks:
            if capacity(block) > _MOST_LISTED:
                continue
            given = {row[0] for row in await database.rows(hub_sql.GIVEN_IN, span(block))}
            free = [
                one
                for number in range(capacity(block))
                if int(one := make_reference(f"{block}{number:0{RANDOM_DIGITS - len(block)}d}")) not in given
            ]
            secrets.SystemRandom().shuffle(free)
            self._stock.extend(one for one in free[:STOCK] if one not in self._stock)

    def _tell(self, *, used_up: bool) -> None:
        if used_up and not self._told:
            log.error("no free reference is left in this node's blocks: new requests are refused")
        self._told = used_up
