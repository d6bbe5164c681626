"""What citizens answer to the question how a decided request went, written in the transaction of the key press."""

from collections.abc import Sequence

from flows.turn import Rate
from store import rating_sql
from store.database import Database
from store.numbers import pack_reference


async def answer(database: Database, rates: Sequence[Rate], now: int) -> int:
    """Write what was answered, the first of each; the caller commits. Returns how many marks are new."""
    new = 0
    for rate in rates:
        reference = pack_reference(rate.reference)
        if rate.stars:
            new += len(await database.rows(rating_sql.MARK, (rate.stars, reference, now)))
        if rate.why:
            await database.rows(rating_sql.WHY, (rate.why, reference, now))
    return new
