"""One worker for each agency: takes what is due, offers it with the same bytes every time, and settles what came of it.

The lease and the attempt are written before the first byte leaves, so whatever ends this process leaves a record that
is offered again. Nothing here is shared between agencies.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import structlog

from flows.errors import Refused, RoadFault
from store.values import Offer, Settlement, Trip
from sync import breaker as breakers
from sync import settling
from sync import sizing as sizings
from sync.breaker import Breaker
from sync.faults import AgencyBusy, Lost, Unreadable
from sync.means import Counters, Means, hear_notices, rest
from sync.port import Batch, Connector, Results, Road
from sync.sizing import Sizing
from sync.suspects import Suspects

LEASE: Final = 60
"""Seconds that a lease lasts at most; a connector's own patience is shorter."""

IDLE: Final = 1.0
"""Seconds between looks at an empty outbox; the store's other writers may be other processes."""

BATCH_BYTES: Final = 1024 * 1024
"""Bytes of one batch before it is compressed."""

_GRACE: Final = 3.0  # what a request under way gets at a clean stop; all must end within five seconds
_PROBE_CHOICE: Final = 16

_COUNTER: Final = {
    "accepted": "accepted",
    "duplicate": "duplicates",
    "invalid": "refused",
    "conflict": "conflicts",
    "retry": "later",
    "too_new": "held",
    "carried": "carried",
    "missing": "in_doubt",
}

_log = structlog.get_logger("sync")


@dataclass(slots=True)
class Done:
    """What one step came to: the offers, how each was settled, and the fault when the request failed as a whole."""

    offers: Sequence[Offer] = ()
    settlements: Sequence[Settlement] = ()
    fault: RoadFault | None = None
    split: bool = False


@dataclass(slots=True)
class _Split:
    """A batch that failed as a whole, being offered again in halves to find the record that broke it."""

    pieces: list[tuple[int, ...]] = field(default_factory=list)
    singles: int = 0

    def halve(self, seqs: Sequence[int]) -> None:
        middle = (len(seqs) + 1) // 2
        self.pieces += [tuple(seqs[middle:]), tuple(seqs[:middle])]

    def clear(self) -> None:
        self.pieces.clear()
        self.singles = 0


class Worker:
    """The road to one agency."""

    def __init__(self, agency: str, connector: Connector, road: Road, means: Means) -> None:
        """Start closed, small and with clean counters."""
        self.agency = agency
        self.breaker = Breaker(since=means.steady())
        self.sizing = Sizing()
        self.counters = Counters()
        self.last_fault: RoadFault | None = None
        self.returned = asyncio.Event()
        """Set when the agency is heard again after it was away."""
        self._connector = connector
        self._road = road
        self._means = means
        self._split = _Split()
        self._suspects = Suspects()
        self._nudged = asyncio.Event()
        self._stopping = asyncio.Event()
        self._busy: asyncio.Task[Done] | None = None
        self._one = asyncio.Lock()
        self._told: RoadFault | None = None
        self._wake_owed = False
        self._road_name: Literal["http", "hub"] = "hub" if getattr(connector, "hub", False) else "http"

    def nudge(self) -> None:
        """Say that something was queued: the worker looks at once."""
        self._nudged.set()

    def resume(self) -> None:
        """Let the next request go now: a person asked, or the agency was heard elsewhere."""
        self.breaker = breakers.resumed(self.breaker, self._means.steady())
        self.nudge()

    def refused(self, fault: Refused) -> None:
        """Note that the agency does not know us, as its status feed said."""
        self.breaker = breakers.stopped(self.breaker, self._means.steady())
        self.last_fault = fault
        self._tell(fault)

    async def run(self) -> None:
        """Work until `stop`; a fault of the store is logged and tried again, since nobody else empties this outbox."""
        while not self._stopping.is_set():
            self._nudged.clear()
            try:
                pause = await self._turn()
            except asyncio.CancelledError:
                raise
            except Exception as fault:  # noqa: BLE001 - a worker that dies would strand its agency in silence
                _log.error("road_step_failed", agency=self.agency, fault=type(fault).__name__)
                pause = IDLE
            if pause > 0:
                await rest(pause, self._nudged, self._stopping)

    async def stop(self) -> None:
        """End cleanly: a request under way gets a moment, then its records go back in doubt; nothing stays leased."""
        self._stopping.set()
        busy = self._busy
        if busy is None or busy.done():
            return
        await asyncio.wait({busy}, timeout=_GRACE)
        busy.cancel()
        await asyncio.gather(busy, return_exceptions=True)

    async def _turn(self) -> float:
        """Make one step and return how many seconds to rest after it."""
        now = self._means.steady()
        if not self.breaker.may_try(now):
            # Never longer than a moment at once: a nudge from a person moves `try_at`.
            return min(IDLE, max(0.05, self.breaker.try_at - now))
        done = await self.step()
        return 0.0 if done.offers else IDLE

    async def step(self) -> Done:
        """Take what goes next, offer it, settle it; empty when nothing is due or the breaker lets nothing go."""
        async with self._one:
            if self._stopping.is_set() or not self.breaker.may_try(self._means.steady()):
                return Done()
            self._busy = asyncio.ensure_future(self._journey())
            try:
                return await self._busy
            except asyncio.CancelledError:
                if self._stopping.is_set():
                    return Done()
                raise
            finally:
                self._busy = None

    async def prepare(self) -> None:
        """Make everything that waits due now, in its place, and let it go: a person asked."""
        await self._road.wake(self.agency, self._means.now())
        self._split.clear()
        self.resume()

    async def _journey(self) -> Done:
        offers = await self._next()
        if not offers:
            return Done()
        if self._stopping.is_set():
            await self._settle(
                settling.returned(offers, left=False), Trip(self.agency, "http", (), "stopped"), wake=False
            )
            return Done()
        return await self._attempt(offers)

    @property
    def splitting(self) -> bool:
        """Whether a batch that failed as a whole is being offered in pieces."""
        return bool(self._split.pieces)

    async def _next(self) -> Sequence[Offer]:
        """Lease the next records: a piece of a split batch, the one record of a probe, or as many as the link moves."""
        now = self._means.now()
        while self._split.pieces:
            if offers := await self._lease(self._split.pieces.pop(), now):
                return offers
        if self.breaker.probing:
            due = await self._road.due(self.agency, _PROBE_CHOICE, now)
            seqs = self._suspects.probe(due)
        else:
            due = await self._road.due(self.agency, self.sizing.size, now)
            seqs = _fitting(due)
        return await self._lease(seqs, now, due) if seqs else ()

    async def _lease(self, seqs: Sequence[int], now: int, read: Sequence[Offer] = ()) -> Sequence[Offer]:
        return await self._road.lease(self.agency, seqs, self._means.owner, now + LEASE, now, read)

    async def _attempt(self, offers: Sequence[Offer]) -> Done:
        batch = Batch(self._means.batch_id(), tuple(offers))
        started = self._means.steady()
        self.breaker = breakers.tried(self.breaker, started)
        self.counters.requests += 1
        try:
            results = await self._connector.deliver(batch)
        except RoadFault as fault:
            return await self._failed(batch, fault, self._means.steady() - started)
        except asyncio.CancelledError:
            self.breaker = breakers.failed(self.breaker, self._means.steady(), self._means.chance())
            settlements = settling.returned(offers, left=True)
            await self._settle(settlements, self._trip(batch, "stopped", self._means.steady() - started), wake=False)
            raise
        except Exception as fault:  # noqa: BLE001 - a connector's own mistake must not leave a lease or a probe hanging
            _log.exception("connector_failed", agency=self.agency, fault=type(fault).__name__)
            return await self._failed(batch, Lost(f"the connector failed: {type(fault).__name__}"), 0.0)
        return await self._answered(batch, results, self._means.steady() - started)

    async def _answered(self, batch: Batch, results: Results, seconds: float) -> Done:
        returned = self.breaker.probing
        self._wake_owed = self._wake_owed or returned
        self.breaker = breakers.heard(self._means.steady())
        if results.their_time:
            self._means.heard(results.their_time)
        await asyncio.sleep(0)
        settlements = settling.settle_answer(batch.offers, results.outcomes, self._when())
        trip = self._trip(batch, "answered", seconds, results.bytes_out, results.bytes_in, 200)
        trip = replace(trip, answer=results.answer, held=results.held)
        await self._settle(settlements, trip, wake=self._wake_owed)
        self._wake_owed = False
        if returned:
            self.returned.set()
        self.sizing = sizings.went(self.sizing, len(batch.offers), results.bytes_out, seconds, results.max_batch)
        self._suspects.clear()
        self._split.singles = 0
        self.last_fault = self._told = None
        self._count(settlements, results, seconds)
        hear_notices(self._means, self.agency, [*results.notices, *(one.reason for one in results.outcomes)])
        _log.info(
            "road_answered",
            agency=self.agency,
            batch=batch.id,
            records=len(batch.offers),
            accepted=sum(settlement.event == "accept" for settlement in settlements),
            bytes=results.bytes_out,
            ms=round(seconds * 1000),
            returned=returned,
        )
        return Done(batch.offers, settlements)

    async def _failed(self, batch: Batch, fault: RoadFault, seconds: float) -> Done:
        split = self._divide(batch.offers, fault)
        before = self.breaker
        if not split:
            self.breaker = self._judge(fault)
        # An open breaker paces the agency, so its records all keep their places and the oldest goes first again.
        governed = split or self.breaker.probing or self.breaker.try_at > self._means.steady()
        settlements = settling.settle_fault(batch.offers, fault, self._when(), at_once=governed)
        opened = self.breaker.probing and before.position == "closed"
        trip = self._trip(batch, fault.code, seconds, fault.bytes_out, 0, fault.status)
        await self._settle(settlements, trip, wake=opened)
        if not isinstance(fault, Refused | AgencyBusy):
            self.sizing = sizings.failed(self.sizing)
        self.last_fault = fault
        self.counters.failed(fault.code)
        self.counters.bytes_out += fault.bytes_out
        _log.warning(
            "road_failed",
            agency=self.agency,
            batch=batch.id,
            records=len(batch.offers),
            code=fault.code,
            position=self.breaker.position,
            ms=round(seconds * 1000),
        )
        self._tell(fault)
        return Done(batch.offers, settlements, fault, split)

    def _divide(self, offers: Sequence[Offer], fault: RoadFault) -> bool:
        """Say whether to go on in smaller pieces; two single failures in a row are the agency's own."""
        if not settling.splits(fault):
            self._split.clear()
            if isinstance(fault, Lost) and len(offers) == 1:
                self._suspects.add(offers[0].seq, likely=False)
            return False
        if len(offers) > 1:
            self._split.halve([offer.seq for offer in offers])
            return True
        if isinstance(fault, Unreadable):
            return bool(self._split.pieces)
        self._suspects.add(offers[0].seq, likely=True)
        self._split.singles += 1
        if self._split.singles > 1 or not self._split.pieces:
            self._split.clear()
            return False
        return True

    def _judge(self, fault: RoadFault) -> Breaker:
        now = self._means.steady()
        match fault:
            case Refused():
                return breakers.stopped(self.breaker, now)
            case AgencyBusy():
                return breakers.paused(self.breaker, now, fault.seconds)
            case _ if not fault.retry:
                return breakers.heard(now)
            case _:
                return breakers.failed(self.breaker, now, self._means.chance())

    def _tell(self, fault: RoadFault) -> None:
        """Alert a person once when the agency has stopped knowing us."""
        if self.breaker.position == "stopped" and self._told is None:
            self._told = fault
            self._means.alert(self.agency, fault.code, str(fault))

    async def _settle(self, settlements: Sequence[Settlement], trip: Trip, *, wake: bool) -> None:
        # Shielded: an answer that was heard must not be lost because somebody stops the node just now.
        await asyncio.shield(self._road.settle(self.agency, settlements, trip, self._means.now(), wake=wake))

    def _trip(self, batch: Batch, outcome: str, seconds: float, out: int = 0, home: int = 0, status: int = 0) -> Trip:
        seqs = tuple(offer.seq for offer in batch.offers)
        return Trip(self.agency, self._road_name, seqs, outcome, out, home, round(seconds * 1000), status)

    def _count(self, settlements: Sequence[Settlement], results: Results, seconds: float) -> None:
        counters = self.counters
        for settlement in settlements:
            name = _COUNTER[settlement.code]
            setattr(counters, name, getattr(counters, name) + 1)
        counters.bytes_out += results.bytes_out
        counters.bytes_in += results.bytes_in
        counters.seconds += seconds

    def _when(self) -> settling.When:
        return settling.When(self._means.now(), self._means.chance())


def _fitting(offers: Sequence[Offer]) -> tuple[int, ...]:
    """Return the seqs of as many of the first offers as one batch may carry, one at least."""
    total = 0
    seqs: list[int] = []
    for offer in offers:
        total += len(offer.event) + 1
        if seqs and total > BATCH_BYTES:
            break
        seqs.append(offer.seq)
    return tuple(seqs)
