"""Fresh references: drawn by chance from this node's blocks, and known to be free before a turn gets one."""

import json
import secrets
from collections import deque
from collections.abc import Sequence
from typing import Final

from flows.errors import StoreFault
from flows.reference import RANDOM_DIGITS, make_reference
from store import sql
from store.database import Database

STOCK: Final = 256
_MOST_DRAWS: Final = 50


def draw(blocks: Sequence[str]) -> str:
    """One reference of a random block; `blocks` are leading digits, empty for all."""
    head = secrets.choice(blocks) if blocks else ""
    wanted = RANDOM_DIGITS - len(head)
    return make_reference(head + f"{secrets.randbelow(10**wanted):0{wanted}d}")


class References:
    """A stock of free references. The unique index stays the last word: another process may take one in between."""

    def __init__(self, blocks: Sequence[str]) -> None:
        self._blocks = blocks
        self._stock: deque[str] = deque()

    async def fill(self, database: Database, wanted: int) -> None:
        """See that at least `wanted` are there.

        Raises:
            StoreFault: this node's blocks are used up.
        """
        for _ in range(_MOST_DRAWS):
            if len(self._stock) >= wanted:
                return
            drawn = {draw(self._blocks) for _ in range(max(STOCK, wanted))} - set(self._stock)
            taken = await database.rows(sql.REFERENCES, (json.dumps([int(one) for one in drawn]),))
            used = {row[0] for row in taken}
            self._stock.extend(one for one in drawn if int(one) not in used)
        if len(self._stock) < wanted:
            raise StoreFault("no free reference is left in this node's blocks", hint="lease a further block to it")

    def take(self) -> str:
        """The next one."""
        return self._stock.popleft()
