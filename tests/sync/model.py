"""The road of the store as a model in memory: the pure table and nothing else, in time that a test moves by hand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from flows import delivery
from store.values import Bookmark, Offer, Outcome, Settlement, SignedAnswer, StatusEvent, Traffic, Trip


@dataclass
class Row:
    offer: Offer
    agency: str
    state: delivery.State = "queued"
    due_at: int = 0
    held: bool = False
    doubt: bool = False
    lease_until: int = 0
    code: str = ""
    statuses: list[str] = field(default_factory=list)


class ModelRoad:
    def __init__(self, head_start: int = 0) -> None:
        """`head_start` is what the store gives each of the submissions that are queued here, in seconds."""
        self.head_start = head_start
        self.rows: dict[int, Row] = {}
        self.trips: list[Trip] = []
        self.marks: dict[str, Bookmark] = {}
        self.seen: set[tuple[str, int]] = set()

    def queue(self, offer: Offer, agency: str = "a") -> None:
        self.rows[offer.seq] = Row(offer, agency, due_at=self._rank(offer))

    def _rank(self, offer: Offer) -> int:
        return offer.queued_at - self.head_start

    def _of(self, agency: str) -> list[Row]:
        return [row for _, row in sorted(self.rows.items()) if row.agency == agency]

    async def due(self, agency: str, limit: int, now: int) -> Sequence[Offer]:
        rows = [row for row in self._of(agency) if row.state in delivery.WAITING and row.due_at <= now]
        rows.sort(key=lambda row: (row.due_at, row.offer.seq))
        return [replace(row.offer, in_doubt=row.doubt) for row in rows[:limit]]

    async def lease(
        self, agency: str, seqs: Sequence[int], owner: str, until: int, now: int, read: Iterable[Offer] = ()
    ) -> Sequence[Offer]:
        taken = []
        for seq in seqs:
            row = self.rows[seq]
            if delivery.move(row.state, "lease"):
                row.doubt = row.state in {"in_doubt", "carried"}
                row.state, row.lease_until = "leased", until
                row.offer = replace(row.offer, attempts=row.offer.attempts + 1)
                taken.append(replace(row.offer, attempts=row.offer.attempts - 1, in_doubt=row.doubt))
        return taken

    async def settle(self, agency: str, settlements: Sequence[Settlement], trip: Trip, now: int, *, wake: bool) -> None:
        self.trips.append(trip)
        for settlement in settlements:
            row = self.rows[settlement.seq]
            leased = row.state == "leased"
            state = delivery.move(row.state, settlement.event)
            if state is None:
                continue
            row.state, row.code, row.held = state, settlement.code, settlement.held
            row.doubt = state in {"in_doubt", "carried"}
            row.due_at = settlement.next_at or self._rank(row.offer)
            if not settlement.counted and leased:
                row.offer = replace(row.offer, attempts=row.offer.attempts - 1)
        if wake:
            self._wake(agency, held=False)

    def _wake(self, agency: str, *, held: bool) -> None:
        for row in self._of(agency):
            moved = row.state in delivery.WAITING and row.due_at > self._rank(row.offer)
            if moved and (held or not row.held):
                row.due_at, row.held = self._rank(row.offer), False

    async def wake(self, agency: str, now: int) -> None:
        self._wake(agency, held=True)

    async def lapse(self, now: int) -> int:
        lapsed = [row for row in self.rows.values() if row.state == "leased" and row.lease_until <= now]
        for row in lapsed:
            row.state, row.doubt, row.held, row.due_at = "in_doubt", True, False, self._rank(row.offer)
        return len(lapsed)

    async def bookmark(self, agency: str) -> Bookmark:
        return self.marks.get(agency, Bookmark())

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
        new = [event for event in events if (agency, event.seq) not in self.seen]
        for event in new:
            self.seen.add((agency, event.seq))
            for row in self._of(agency):
                if row.offer.id == event.id:
                    row.statuses.append(event.status)
        if cursor is not None:
            before = self.marks.get(agency, Bookmark())
            top = max([before.seq, *(event.seq for event in events)])
            self.marks[agency] = Bookmark(cursor, top, max(before.held, held), before.life)
        return len(new)

    async def gone_back(self, agency: str, now: int) -> int:
        self.marks[agency] = Bookmark(life=self.marks.get(agency, Bookmark()).life + 1)
        self.seen = {key for key in self.seen if key[0] != agency}
        rows = [row for row in self._of(agency) if row.state == "accepted"]
        for row in rows:
            row.state, row.doubt, row.due_at = "in_doubt", True, self._rank(row.offer)
        self._wake(agency, held=True)
        return len(rows)

    async def states(self) -> Sequence[Traffic]:
        return [self._traffic(agency) for agency in sorted({row.agency for row in self.rows.values()})]

    def _traffic(self, agency: str) -> Traffic:
        rows = self._of(agency)
        open_ = [row for row in rows if row.state in delivery.UNDELIVERED]
        oldest = min((row.offer.queued_at for row in open_), default=0)
        done = [row.offer.queued_at for row in rows if row.state == "accepted"]
        through = max((at for at in done if not oldest or at < oldest), default=0)
        return Traffic(
            agency,
            waiting=len(open_),
            in_doubt=sum(row.state == "in_doubt" for row in open_),
            held=sum(row.held for row in open_),
            accepted=len(done),
            oldest_at=oldest,
            accepted_through=through,
            bytes_out=sum(trip.bytes_out for trip in self.trips),
        )

    def states_of(self) -> list[delivery.State]:
        return [row.state for _, row in sorted(self.rows.items())]
