"""One pass over everything that waits for an agency, as `sync now` makes it: with exact counts, and an end."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from store.values import Settlement
from sync.settling import splits
from sync.worker import Worker

Progress = Callable[[str, int], None]
"""Called with the agency and how many records were settled so far."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass came to; every record that was offered is counted once, by the last word on it.

    Attributes:
        waiting: offered in vain, and certainly not there. left: what waits for the agency after the pass.
        fault: the code that ended the pass ("" when the outbox was emptied); sentence: the same in words.
    """

    agency: str
    offered: int = 0
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    conflicts: int = 0
    later: int = 0
    held: int = 0
    carried: int = 0
    in_doubt: int = 0
    waiting: int = 0
    left: int = 0
    fault: str = ""
    sentence: str = ""


_COLUMN: Final = {
    "accepted": "accepted",
    "duplicate": "duplicates",
    "invalid": "refused",
    "permanent": "refused",
    "conflict": "conflicts",
    "retry": "later",
    "too_new": "held",
    "carried": "carried",
}


def _column(settlement: Settlement) -> str:
    unknown = "in_doubt" if settlement.event == "lose" else "waiting"
    return _COLUMN.get(settlement.code, unknown) if settlement.event != "give_back" else "waiting"


async def make_pass(worker: Worker, progress: Progress | None = None) -> Pass:
    """Offer everything that waits, oldest first, until nothing is left or the agency proves to be away."""
    await worker.prepare()
    words: dict[int, str] = {}
    while True:
        done = await worker.step()
        fresh = [offer.seq for offer in done.offers if offer.seq not in words]
        words.update((settlement.seq, _column(settlement)) for settlement in done.settlements)
        if progress is not None and done.offers:
            progress(worker.agency, len(words))
        fault = done.fault
        if not done.offers or (fault is not None and not done.split and not splits(fault)):
            break
        if not fresh and not done.split and not worker.splitting:
            break
    fault = fault or worker.last_fault
    return Pass(
        agency=worker.agency,
        offered=len(words),
        fault=fault.code if fault else "",
        sentence=str(fault) if fault else "",
        **Counter(words.values()),
    )
