"""What one attempt does to each record in it: the agency's words and the road's faults, turned into settlements.

Pure. `settle_answer` reads an answer record by record; `settle_fault` gives all records of a failed request one fate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flows.delivery import EVENT_OF, Event
from flows.errors import Refused, RoadFault
from store.values import Offer, Outcome, Settlement
from sync import backoff
from sync.faults import AgencyBusy, Away, Failed, Lost, Unreadable

HELD: Final = 3600
"""Seconds until a record of a revision that the agency does not know yet is offered again."""

CUSTODY: Final = 6 * 3600
"""Seconds until a record in a hub's custody is offered again, in case the hub has lost it and does not know."""

LONGEST_RETRY: Final = 86_400
"""Seconds that an agency may put one record off."""


@dataclass(frozen=True, slots=True)
class When:
    """The moment of settling: epoch seconds, and a number from 0 to 1 for the jitter."""

    now: int
    chance: float

    def after(self, failures: int) -> int:
        """Return when a record that has failed so often may go again."""
        return self.now + round(backoff.wait(failures, self.chance))


def settle_answer(offers: Sequence[Offer], outcomes: Sequence[Outcome], when: When) -> list[Settlement]:
    """Settle each offer by what the answer says of it; one that it does not mention stays in doubt."""
    said: dict[str, Outcome] = {}
    for outcome in outcomes:
        said.setdefault(outcome.id, outcome)
    return [_by_word(offer, said.get(offer.id), when) for offer in offers]


def _by_word(offer: Offer, outcome: Outcome | None, when: When) -> Settlement:
    if outcome is None or outcome.status == "forgotten":
        return Settlement(offer.seq, "lose", when.after(offer.attempts + 1), "missing")
    next_at = 0
    if outcome.status == "carried":
        next_at = when.now + CUSTODY
    elif outcome.status == "too_new":
        next_at = when.now + HELD
    elif outcome.status == "retry":
        asked = min(outcome.retry_after, LONGEST_RETRY)
        next_at = when.now + asked if asked else when.after(offer.attempts + 1)
    return Settlement(
        seq=offer.seq,
        event=EVENT_OF[outcome.status],
        next_at=next_at,
        code=outcome.status,
        agency_ref=outcome.agency_ref,
        reason=outcome.reason,
        fields=outcome.fields,
        # Held: that the hub is heard again is no reason to send it all once more.
        held=outcome.status in {"too_new", "carried"},
    )


def settle_fault(offers: Sequence[Offer], fault: RoadFault, when: When, *, at_once: bool) -> list[Settlement]:
    """Settle every record of a failed request; `at_once`: due in its old place."""
    if isinstance(fault, Unreadable) and len(offers) == 1:
        return [Settlement(offers[0].seq, "refuse", code=fault.code, reason="other")]
    counted = not isinstance(fault, Refused | AgencyBusy)
    return [
        Settlement(
            seq=offer.seq,
            event=_clean(offer, fault, counted=counted),
            next_at=0 if at_once else when.after(offer.attempts + 1),
            code=fault.code,
            counted=counted,
        )
        for offer in offers
    ]


def _clean(offer: Offer, fault: RoadFault, *, counted: bool) -> Event:
    """Say whether the agency may now have what it had not before; what was in doubt stays so."""
    if offer.in_doubt:
        return "lose"
    if not counted or isinstance(fault, Unreadable):
        return "give_back"
    return "later" if isinstance(fault, Away) else "lose"


def returned(offers: Sequence[Offer], *, left: bool) -> list[Settlement]:
    """Give leases back at a clean stop; `left`: a byte may have left, so their outcome is unknown."""
    return [
        Settlement(offer.seq, "lose" if left or offer.in_doubt else "give_back", 0, "stopped", counted=False)
        for offer in offers
    ]


def splits(fault: RoadFault) -> bool:
    """Say whether a single record may have caused this, so that a smaller batch can succeed."""
    return isinstance(fault, Unreadable | Failed) or (isinstance(fault, Lost) and fault.cut)
