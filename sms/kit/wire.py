"""How an operator speaks to an SMS gateway: the one thing that a new gateway adds to the kit."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol, runtime_checkable

from store.values import Answer, Received

Manner = Literal["taken", "refused", "later", "throttled", "broken", "nonsense", "silent", "hanging"]
"""How the operator treats one message: takes it; refuses it for good; cannot take it now (its own code); 429; 503;
answers what makes no sense; hangs up after the request has come; never answers."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One message as the operator saw it, whether it took it or not. `name` is the id that it gave.

    `echo` is whatever the operator needs to report on it; `manner` how it was treated.
    """

    number: str
    text: str
    name: str
    manner: Manner = "taken"
    echo: Mapping[str, str] = field(default_factory=dict)


class Peer(Protocol):
    """The operator, as the cases drive it.

    Attributes:
        settings: of a channel that sends to this operator.
        statuses: what it says in a report -> what must be understood (`sent`, `delivered`, `failed`, `unknown`).
        manners: how it can treat a message, besides taking it.
        plays: how it treats what comes next; then it takes everything.
        early: awaited before a message is acknowledged: where a report comes from that is quicker.
    """

    settings: Mapping[str, Any]
    statuses: Mapping[str, str]
    manners: Sequence[Manner]
    plays: list[Manner]
    early: Callable[[Taken], Awaitable[None]] | None

    @property
    def seen(self) -> list[Taken]:
        """What came to it, in order."""

    async def message(self, name: str, number: str, text: str) -> bool:
        """Hand over one message of a phone; whether it was acknowledged."""

    async def report(self, taken: Taken, status: str) -> bool:
        """Report on a message; whether it was acknowledged."""

    async def opt_out(self, number: str) -> bool:
        """Say that a number wants no more; whether it was acknowledged."""

    def away(self) -> AbstractAsyncContextManager[None]:
        """Within it the operator refuses connections."""


SHORT: Final = 0.5
"""Real seconds after which the case about an operator that never answers has waited enough."""


@runtime_checkable
class Hasty(Protocol):
    """A peer that can be asked to hang, `hanging`, for a gateway that waits for its answers.

    Attributes:
        hasty: settings with which such a gateway gives up after `SHORT` seconds.
    """

    hasty: Mapping[str, Any]


@runtime_checkable
class Quiet(Protocol):
    """An operator that does something by itself after a message was handed to it."""

    async def quiet(self) -> None:
        """Return when it is over."""


@runtime_checkable
class Sampled(Protocol):
    """An operator that is no `HttpWire`, but whose words can be handed to the gateway's readers: for mangling.

    Attributes:
        samples: good ones; of an operator that asks (`sms.port.Polled`), its requests.
    """

    samples: Sequence[Received]


@runtime_checkable
class Knocks(Protocol):
    """An operator that calls the node by itself, behind a secret."""

    async def knock(self, secret: str) -> int:
        """The status that a request gets behind this secret."""


@dataclass(frozen=True, slots=True)
class HttpSend:
    """What a request of ours asks the operator to send."""

    number: str
    text: str
    echo: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class HttpWire:
    """An operator with an HTTP API that calls back over HTTP, as data.

    Attributes:
        settings: address of the stand-in of its API -> settings of a channel.
        message: (id, number, text) -> what is sent for a message of a phone.
        sends: our request -> what it asks for; raises when it is not one of this operator's.
        answers: manner -> (id that the operator gives) -> what it answers; `throttled`, `broken`, `silent` need none.
        report: (message, status) -> what is sent for a report; None for an operator that does not report.
        statuses: what it says -> what must be understood.
        opt_out: number -> what is sent; None for an operator that does not pass it on.
        malformed: requests that are none of this operator's; each must be refused (4xx) and leave no trace.
        sign: the request with the signature that belongs to its body, whatever that is; None when nothing is signed.
    """

    settings: Callable[[str], Mapping[str, Any]]
    message: Callable[[str, str, str], Received]
    sends: Callable[[Received], HttpSend]
    answers: Mapping[Manner, Callable[[str], Answer]]
    report: Callable[[Taken, str], Received] | None = None
    statuses: Mapping[str, str] = field(default_factory=dict)
    opt_out: Callable[[str], Received] | None = None
    malformed: tuple[Received, ...] = ()
    sign: Callable[[Received], Received] | None = None


@dataclass(frozen=True, kw_only=True)
class OwnWire:
    """An operator that does not speak HTTP: `operator` gives a peer to whose `settings` the gateway is then made."""

    operator: Callable[[], AbstractAsyncContextManager[Peer]]


Say = Callable[[Received, str], Awaitable[Answer]]
"""Sends one request to the node: the request, and the secret to use ("" for the right one)."""


@dataclass(frozen=True, kw_only=True)
class CallingWire:
    """An operator that calls the node over HTTP and is never called: `operator` gets what the peer is to call by."""

    operator: Callable[[Say], AbstractAsyncContextManager[Peer]]
