"""What a draft costs a citizen on the usual way, beside what is live: seconds, keys, SMS, and money by channel.

The figures are the explorer's: the real engine walks, `flows/explorer/measures.toml` says how fast people read and
type. One flow is walked at a time, beside the loop that answers citizens, and never twice for one text.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from flows.dialogue import Office
from flows.errors import Fault
from flows.explorer import Settings, Tariff, likely_costs
from flows.explorer.measures import Cost
from flows.revision import Revision
from store.routes import Route

KEPT: Final = 32
_UNIT: Final = 10_000
"""The store counts money in ten-thousandths."""


@dataclass(frozen=True, slots=True)
class Spent:
    """The usual way in one language on one channel, `before` where there is something to compare with."""

    language: str
    channel: str
    now: Cost
    before: Cost | None = None

    @property
    def changed(self) -> bool:
        """Whether a citizen pays anything else than before."""
        return self.before is not None and self.before != self.now

    def prices(self) -> list[tuple[str, Decimal, Decimal]]:
        """(channel that sends, what its messages cost now, how much more than before)."""
        before = {name: Decimal(amount) for name, amount, _ in self.before.price} if self.before is not None else {}
        now = [(name, Decimal(amount)) for name, amount, _ in self.now.price]
        return [(name, amount, amount - before.get(name, amount)) for name, amount in now]


def tariffs_of(routes: Iterable[Route]) -> tuple[Tariff, ...]:
    """What a segment costs on each channel that has a price; of several in the country the dearest, to be safe."""
    found = []
    for route in routes:
        home = route.codes[0] if route.codes else ""
        within = [price for prefix, price in (route.prices or {}).items() if prefix.startswith(home)]
        if within:
            found.append(Tariff(route.channel, "", Decimal(max(within)) / _UNIT))
    return tuple(found)


@dataclass(slots=True)
class Costs:
    """The costs that one desk has worked out, by digest."""

    _kept: OrderedDict[tuple[object, ...], Sequence[tuple[str, str, Cost]]] = field(default_factory=OrderedDict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def compare(
        self, old: Revision | None, new: Revision, office: Office, today: date, tariffs: tuple[Tariff, ...]
    ) -> Sequence[Spent]:
        """Each language and channel of the new revision, beside the old one's.

        Raises:
            Fault: the engine cannot run one of them.
        """
        settings = Settings(office.tables, office.phrases, today, ussd=office.node.ussd, tariffs=tariffs)
        now = await self._of(new, settings)
        before = {(tag, channel): cost for tag, channel, cost in await self._before(old, settings)}
        return [Spent(tag, channel, cost, before.get((tag, channel))) for tag, channel, cost in now]

    async def _before(self, old: Revision | None, settings: Settings) -> Sequence[tuple[str, str, Cost]]:
        """What is live was checked with the tables of its day: where it cannot be walked today, nothing is compared."""
        try:
            return await self._of(old, settings) if old is not None else ()
        except Fault:
            return ()

    async def _of(self, revision: Revision, settings: Settings) -> Sequence[tuple[str, str, Cost]]:
        key = (
            revision.digest,
            id(settings.tables),
            id(settings.phrases),
            settings.today,
            settings.ussd,
            settings.tariffs,
        )
        async with self._turn:
            if key not in self._kept:
                self._kept[key] = await asyncio.to_thread(likely_costs, revision, settings)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]
