"""What the doors, the sender and the road exchange with the store, as frozen values.

What each key press makes is a struct of `msgspec`, ten times faster to make than a frozen dataclass.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from store.travel import Bookmark, Offer, Outcome, Settlement, SignedAnswer, StatusEvent, Traffic, Trip

# What travels on the road has a file of its own, and is found here with the rest.
__all__ = ["Bookmark", "Offer", "Outcome", "Settlement", "SignedAnswer", "StatusEvent", "Traffic", "Trip"]

MessageState = Literal["queued", "claimed", "sending", "sent", "delivered", "failed", "unknown", "expired", "replaced"]


class Received:
    """One HTTP request of a gateway as it came, after the door has checked its secret: adapters read only this.

    Attributes:
        method: `GET` or `POST`. tail: what follows the secret in the path, such as `ussd/end`.
        body: raw bytes, at most 256 KiB. query: the raw query string. headers: a mapping that does not mind case.
        peer: the address it came from.
    """

    __slots__ = ("body", "headers", "method", "peer", "query", "tail")

    def __init__(
        self,
        body: bytes,
        *,
        method: str = "POST",
        tail: str = "",
        query: str = "",
        headers: Mapping[str, str] = MappingProxyType({}),
        peer: str = "",
    ) -> None:
        # A plain class: one is made for each key press, and a frozen dataclass of six fields costs five times as much.
        self.body = body
        self.method = method
        self.tail = tail
        self.query = query
        self.headers = headers
        self.peer = peer


class Answer(msgspec.Struct, frozen=True):
    """What the door sends back to the gateway."""

    status: int
    body: bytes
    content_type: str = "text/plain"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Malformed:
    """What came is not what this gateway sends; `reason` is one token for the log."""

    reason: str
    status: int = 400


@dataclass(frozen=True, slots=True)
class Ended:
    """The operator says that a USSD session is over; `whole` when the dialogue had come to its own end."""

    channel: str
    session: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class OptOut:
    """The operator says that this number wants no more messages."""

    channel: str
    msisdn: str


class Call(msgspec.Struct, frozen=True):
    """One USSD request as a gateway hands it over.

    Attributes:
        text: with `op` empty, all inputs of the session so far, joined by `*` and unescaped; what is new is found by
            what was heard before. With `op` `start`, what was dialled behind the service code, likewise joined. With
            `input`, this one input alone.
        op: `start` and `input` are said by gateways that send the last input only; a `start` of a session that is
            known is a copy. `dial` is a start whose session is the number itself, so that it comes again each time.
        hop: the gateway's own mark of this request, by which a copy is known; digits are ordered. "" if it has none;
            only its end, behind `store.heard.END_OF_MARK`, if the gateway cannot know the rest any more.
        repeat: seconds within which the same input again is a copy, for gateways without a whole `hop`.
        echo: what the gateway needs again when it writes the answer. Never kept.
        helper: who presses the keys for a citizen at the counter; "" when she does it herself.
    """

    channel: str
    session: str
    msisdn: str
    text: str
    service_code: str
    network: str = ""
    op: Literal["", "start", "dial", "input"] = ""
    hop: str = ""
    repeat: int = 0
    echo: Mapping[str, str] | None = None
    helper: str = ""


class Reply(msgspec.Struct, frozen=True):
    """What goes back to the gateway; `again` marks the stored reply of an identical call."""

    text: str
    end: bool
    again: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a long message this is: `number` of `total`, from 1; `ref` (16 bits) is the same for all."""

    ref: int
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Inbound:
    """One SMS from a phone; (channel, id) is its identity. `part`: it is one part of a long message only."""

    channel: str
    id: str
    msisdn: str
    to: str
    text: str
    link_id: str = ""
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One SMS to a phone, claimed for sending.

    Attributes:
        id: the row. parts: segments. attempts: so far.
        mark: our own name for it, for a gateway that reports by it or must know what it has had already.
        done: parts of it that have left. part: set when `text` is one part only, for gateways that do not split.
    """

    id: int
    channel: str
    msisdn: str
    text: str
    parts: int
    attempts: int
    link_id: str = ""
    mark: str = ""
    done: int = 0
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The gateway took it: its own id, and the cost in `currency` minor units when it told."""

    gateway_id: str
    cost: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report; it may come before the send returns.

    `mark` is the message's own (`Outgoing.mark`) when the gateway gives it back; else `gateway_id` finds the message.
    """

    channel: str
    gateway_id: str
    state: Literal["sent", "delivered", "failed", "unknown"]
    reason: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """How a gateway's link stands: since when (epoch seconds, 0: not known), and the last fault, as one token."""

    state: Literal["up", "down", "unknown"]
    since: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a message with which a channel was tried: its state, why it failed, when (epoch seconds)."""

    state: str
    reason: str
    at: int
    settled_at: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Published:
    """One revision as it was published: `files` are the texts of the flow (first) and of its sub-flows, by name."""

    digest: str
    flow: str
    files: Mapping[str, str]
    at: int
    live: bool = False
    paused: bool = False
    tried: bool = False
    """Whether it was only tried by listed numbers, and never published."""


@dataclass(frozen=True, slots=True)
class Edition:
    """A published table, or the phrases of one language: `name` is the table's or the language's, `text` its file."""

    kind: Literal["table", "phrases"]
    name: str
    digest: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All revisions that a session may be on, which one of each flow is live, and which flows take no new requests.

    Attributes:
        said: what citizens read of a paused flow, by language. editions: the tables and phrases in use.
        tried: digests of revisions that were never published. trying: number key -> flow -> the one
            that it gets, and until when.
    """

    known: Mapping[str, Published]
    live: Mapping[str, str]
    paused: frozenset[str] = frozenset()
    said: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    editions: Sequence[Edition] = ()
    tried: frozenset[str] = frozenset()
    trying: Mapping[bytes, Mapping[str, tuple[str, int]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    """One delivery that an officer must decide: the agency refused it for `reason`."""

    seq: int
    agency: str
    reference: str
    service: str
    case_id: str
    case_revision: int
    code: str
    reason: str
    fields: tuple[str, ...]
    at: int
    event: bytes


@dataclass(frozen=True, slots=True)
class Memo:
    """A line of the officer's inbox: an SMS that nobody could place, a flow that failed, a call for help."""

    id: int
    kind: str
    text: str
    msisdn: str
    at: int


@dataclass(frozen=True, slots=True)
class Hop:
    """One thing that happened to a request, for `sala prove`; `digest` is of the event's bytes, where there are any."""

    at: int
    kind: Literal["submission", "delivery", "attempt", "status", "officer", "message"]
    what: str
    agency: str = ""
    digest: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
