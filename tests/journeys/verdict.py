"""What a journey must have come to: every reference told is at the agency once, and no other is."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from tests.journeys.site import Site
from tests.journeys.wits import references


@dataclass(frozen=True)
class Verdict:
    """The two books compared: `lost` was told and did not arrive, `untold` arrived and was told to nobody."""

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


def judge(told: Iterable[str], received: Iterable[str]) -> Verdict:
    """Compare what citizens were told with what the agency has."""
    expected, counted = frozenset(told), Counter(received)
    return Verdict(
        told=expected,
        lost=expected - counted.keys(),
        doubled=frozenset(name for name, count in counted.items() if count > 1),
        untold=frozenset(counted.keys() - expected),
    )


def texts_twice(taken: Counter[tuple[str, str]]) -> list[str]:
    """The references of messages that a phone may have got twice; a text without reference may well come again."""
    return [min(references(text)) for (_, text), count in taken.items() if count > 1 and references(text)]


async def settled(
    site: Site, told: AbstractSet[str], texters: AbstractSet[str], patience: float
) -> tuple[Verdict, Verdict]:
    """The verdicts once everything has arrived, or after `patience` seconds.

    The first is on the references that were told on a screen. The second is on the citizens who only wrote: one request
    each, by their numbers.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    while True:
        received = await site.received()
        dialled = judge(told, (reference for reference, number in received if number not in texters))
        written = judge(texters, (number for _, number in received if number in texters))
        if (dialled.clean and written.clean) or loop.time() > deadline:
            return dialled, written
        await asyncio.sleep(0.5)
