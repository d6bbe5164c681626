"""What travels between a node and its agencies, as values: offers and words for them, statuses, attempts, figures.

What a drain makes for each request is a struct of `msgspec`, ten times faster to make than a frozen dataclass.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from flows import delivery


class Offer(msgspec.Struct, frozen=True):
    """One submission on its way to one agency; `event` are the bytes fixed at intake."""

    seq: int
    id: str
    reference: str
    case_id: str
    case_revision: int
    event: bytes
    attempts: int
    in_doubt: bool
    queued_at: int


class Outcome(msgspec.Struct, frozen=True):
    """What the agency said of one record; a record missing from its results has no outcome and stays in doubt.

    `reference` is given where the word comes later than the answer: through a hub's feed. `forgotten`
    is a hub's too: the agency has gone back, and the hub has no copy left.
    """

    id: str
    status: delivery.Said | Literal["forgotten"]
    agency_ref: str = ""
    reason: str = ""
    fields: tuple[str, ...] = ()
    retry_after: int = 0
    reference: str = ""


class Settlement(msgspec.Struct, frozen=True):
    """What one attempt did to one leased delivery; the state follows from `event` by `flows.delivery.TABLE`.

    Attributes:
        next_at: epoch seconds from which it may be tried again (events `lose`, `later`, `give_back`);
            0: at once, in its old place before what was queued later.
        code: the agency's word or the fault's code, for the officer.
        counted: False burns no attempt (401, 403, a clean stop).
        held: it waits for the agency to know the revision, so a good answer for others does not make it due.
    """

    seq: int
    event: delivery.Event
    next_at: int = 0
    code: str = ""
    agency_ref: str = ""
    reason: str = ""
    fields: tuple[str, ...] = ()
    counted: bool = True
    held: bool = False


@dataclass(frozen=True, slots=True)
class Traffic:
    """The road to one agency in figures; times are epoch seconds, 0 for never.

    `oldest_at` is when the oldest undelivered submission was queued. `accepted_through` is computed from
    acknowledgements alone: everything queued up to then has the agency's signed word. `carried` of those waiting are in
    a bundle or in a hub's custody.
    """

    agency: str
    waiting: int = 0
    in_doubt: int = 0
    held: int = 0
    in_review: int = 0
    accepted: int = 0
    oldest_at: int = 0
    accepted_through: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    last_at: int = 0
    last_outcome: str = ""
    carried: int = 0


@dataclass(frozen=True, slots=True)
class Bookmark:
    """How far an agency's statuses were read: its opaque cursor (empty: never), the highest seq applied (0: none).

    `held` is how many of this node's requests the agency must have by now: the most that it has told, or that it has
    said yes to, whichever is more. `life` rises whenever it was found to have gone back.
    """

    cursor: str = ""
    seq: int = 0
    held: int = 0
    life: int = 0

    @property
    def mark(self) -> str:
        """What is to be there, for an answer that comes much later than the question and in any order."""
        return f"{self.held}-{self.life}"


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """One event of an agency's status feed; (agency, seq) is its identity.

    `source` is whose submission it is, where the agency says so: it does to a hub. `at` is when it was decided by the
    agency's own clock (0: it does not say); `age` is how many seconds it was on its way, as well as anybody knows.
    """

    seq: int
    id: str
    reference: str
    status: str
    reason: str = ""
    fields: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    at: int = 0
    age: int = 0


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """An answer as it travelled: the id, time and signature of its headers, and the bytes they were made over.

    `road` says how it is to be checked: `http` and a hub's `feed` by their headers; of a `bundle` the body is its one
    part as a file; by `sms` it is the message, whose seal is its signature (`stamp` and `signature` are empty).
    """

    id: str
    stamp: str
    signature: str
    body: bytes
    road: Literal["http", "feed", "bundle", "sms"] = "http"


@dataclass(frozen=True, slots=True)
class Trip:
    """One attempt as a whole, for the attempt log: what travelled, how long it took, how it ended.

    `answer` is kept with what it settles; None when nothing is to be kept. `held` is how many of
    this node's requests the agency says it has; -1 when it did not say.
    """

    agency: str
    road: Literal["http", "bundle", "sms", "hub"]
    seqs: Sequence[int]
    outcome: str
    bytes_out: int = 0
    bytes_in: int = 0
    milliseconds: int = 0
    http_status: int = 0
    answer: SignedAnswer | None = None
    held: int = -1
