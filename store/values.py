"""What the doors, the sender and the road exchange with the store, as frozen values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from flows.turn import Channel

DeliveryState = Literal[
    "queued",
    "leased",
    "in_doubt",
    "retry_wait",
    "accepted",
    "refused",
    "officer_review",
    "amended",
    "withdrawn",
    "carried",
]
MessageState = Literal["queued", "sending", "sent", "delivered", "failed", "unknown", "expired", "replaced"]


@dataclass(frozen=True, slots=True)
class Call:
    """One USSD request as a gateway hands it over; `text` is cumulative and unescaped (inputs joined by `*`)."""

    channel: str
    session: str
    msisdn: str
    text: str
    service_code: str
    network: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back to the gateway; `again` marks the stored reply of an identical call."""

    text: str
    end: bool
    again: bool = False


@dataclass(frozen=True, slots=True)
class Inbound:
    """One SMS from a phone; (channel, id) is its identity."""

    channel: str
    id: str
    msisdn: str
    to: str
    text: str
    link_id: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One SMS to a phone, claimed for sending; `id` is the row. `parts` are segments."""

    id: int
    channel: str
    msisdn: str
    text: str
    parts: int
    attempts: int
    link_id: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The gateway took it: its own id, and the cost in `currency` minor units when it told."""

    gateway_id: str
    cost: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report; it may come before the send returns."""

    channel: str
    gateway_id: str
    state: Literal["sent", "delivered", "failed", "unknown"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the agency said of one record; a record missing from its results has no outcome and stays in doubt."""

    id: str
    status: Literal["accepted", "duplicate", "invalid", "conflict", "retry", "too_new"]
    agency_ref: str = ""
    reason: str = ""
    fields: tuple[str, ...] = ()
    retry_after: int = 0


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """One event of an agency's status feed; (agency, seq) is its identity."""

    seq: int
    id: str
    reference: str
    status: str
    reason: str = ""
    fields: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trip:
    """One attempt as a whole, for the attempt log: what travelled, how long it took, how it ended."""

    agency: str
    road: Literal["http", "bundle", "sms", "hub"]
    seqs: Sequence[int]
    outcome: str
    bytes_out: int = 0
    bytes_in: int = 0
    milliseconds: int = 0
    http_status: int = 0
