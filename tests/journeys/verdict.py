"""What a journey must have come to: every reference told is at the agency once, and no other is."""

import asyncio
from collections import Counter
from dataclasses import dataclass

from tests.journeys.site import Site
from tests.journeys.wits import references


@dataclass(frozen=True)
class Verdict:
    """The two books compared."""

    told: frozenset[str]
    lost: frozenset[str]
    doubled: frozenset[str]
    untold: frozenset[str]

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, doubled or made up."""
        return not (self.lost or self.doubled or self.untold)

    def __str__(self) -> str:
        counts = f"told {len(self.told)}, lost {len(self.lost)}, doubled {len(self.doubled)}, untold {len(self.untold)}"
        return f"{counts}: {sorted(self.lost | self.doubled | self.untold)[:10]}"


def judge(told: set[str], received: Counter[str]) -> Verdict:
    """Compare what citizens were told with what the agency has."""
    return Verdict(
        told=frozenset(told),
        lost=frozenset(told - set(received)),
        doubled=frozenset(reference for reference, count in received.items() if count > 1),
        untold=frozenset(set(received) - told),
    )


def texts_twice(taken: Counter[tuple[str, str]]) -> list[str]:
    """The references of messages that a phone may have got twice; a text without reference may well come again."""
    return [min(references(text)) for (_, text), count in taken.items() if count > 1 and references(text)]


async def settled(site: Site, told: set[str], patience: float) -> Verdict:
    """The verdict once everything has arrived, or after `patience` seconds."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    while True:
        verdict = judge(told, await site.received())
        if verdict.clean or loop.time() > deadline:
            return verdict
        await asyncio.sleep(0.5)
