"""One road for what a hub took itself and what it has in custody: one worker, one breaker, oldest first."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from store.custody import Custody, Held
from store.road import Road
from store.values import Bookmark, Offer, Outcome, Settlement, SignedAnswer, StatusEvent, Traffic, Trip


class JointRoad:
    """The `Road` of a hub's workers. Deliveries in custody have negative numbers."""

    def __init__(self, own: Road, custody: Custody) -> None:
        """Take the two roads."""
        self._own = own
        self._custody = custody

    async def due(self, agency: str, limit: int, now: int) -> Sequence[Offer]:
        """The oldest of both; of what both have, the first `limit`."""
        own = await self._own.due(agency, limit, now)
        kept = await self._custody.due(agency, limit, now)
        return _merged(own, kept)[:limit]

    async def lease(
        self, agency: str, seqs: Sequence[int], owner: str, until: int, now: int, read: Iterable[Offer] = ()
    ) -> Sequence[Offer]:
        """Lease both kinds; in the order of `seqs`."""
        own, kept = _parted(seqs)
        offers = [
            *(await self._own.lease(agency, own, owner, until, now, read) if own else ()),
            *(await self._custody.lease(agency, kept, owner, until, now) if kept else ()),
        ]
        place = {seq: number for number, seq in enumerate(seqs)}
        return sorted(offers, key=lambda offer: place[offer.seq])

    async def settle(self, agency: str, settlements: Sequence[Settlement], trip: Trip, now: int, *, wake: bool) -> None:
        """Settle each kind in its own transaction: a cut between them leaves the second in doubt, and no more."""
        kept = [one for one in settlements if one.seq < 0]
        if kept or wake:
            await self._custody.settle(agency, kept, now, wake=wake)
        await self._own.settle(agency, [one for one in settlements if one.seq > 0], trip, now, wake=wake)

    async def wake(self, agency: str, now: int) -> None:
        """Make both due."""
        await self._own.wake(agency, now)
        await self._custody.wake(agency)

    async def lapse(self, now: int) -> int:
        """Turn what has lapsed of both into `in_doubt`."""
        return await self._own.lapse(now) + await self._custody.lapse(now)

    async def bookmark(self, agency: str) -> Bookmark:
        """One feed, one bookmark."""
        return await self._own.bookmark(agency)

    async def statuses(
        self,
        agency: str,
        events: Sequence[StatusEvent],
        cursor: str | None,
        now: int,
        outcomes: Sequence[Outcome] = (),
        held: int = -1,
        answer: SignedAnswer | None = None,
    ) -> int:
        """Apply the node's own and send home the others', in one transaction with the cursor."""
        return await self._own.statuses(agency, events, cursor, now, outcomes, held, answer)

    async def gone_back(self, agency: str, now: int) -> int:
        """Offer again what the agency had accepted of both."""
        again = await self._custody.gone_back(agency, now)
        return again + await self._own.gone_back(agency, now)

    async def states(self) -> Sequence[Traffic]:
        """The figures of the hub's own deliveries, with those of what it took into custody added."""
        found = {traffic.agency: traffic for traffic in await self._own.states()}
        for held in await self._custody.held():
            found[held.agency] = _with(found.get(held.agency, Traffic(held.agency)), held)
        return [found[name] for name in sorted(found)]


def _merged(own: Sequence[Offer], kept: Sequence[Offer]) -> list[Offer]:
    # Each list is in its own order of trying, which ages corrections and urgent ones; neither may be sorted anew.
    merged: list[Offer] = []
    first, second = list(own), list(kept)
    while first and second:
        merged.append((first if first[0].queued_at <= second[0].queued_at else second).pop(0))
    return merged + first + second


def _parted(seqs: Sequence[int]) -> tuple[list[int], list[int]]:
    return [seq for seq in seqs if seq > 0], [seq for seq in seqs if seq < 0]


def _with(traffic: Traffic, held: Held) -> Traffic:
    oldest = min((at for at in (traffic.oldest_at, held.oldest_at) if at), default=0)
    through = max(traffic.accepted_through, held.accepted_at)
    return replace(
        traffic,
        waiting=traffic.waiting + held.waiting,
        in_doubt=traffic.in_doubt + held.in_doubt,
        carried=traffic.carried + held.carried,
        accepted=traffic.accepted + held.accepted,
        oldest_at=oldest,
        # Nothing is said of a time in which anything of either kind still waits.
        accepted_through=min(through, oldest - 1) if oldest else through,
    )
