"""What a USSD gateway must be able to do, what the door needs of the store, and how a gateway is found by its name.

The port is small on purpose: a gateway reads and writes, and holds a connection if it must. Copies, numbers, the
difference of cumulative texts, deadlines and redaction are the core's.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, ClassVar, Final, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, Field

from flows.errors import ConfigFault, Fault
from store.values import Answer, Call, Ended, Health, Malformed, Received, Reply

GROUP = "sala.ussd_gateways"

PORT_VERSION: Final = 1
"""Of this module's protocols; raised when a gateway that was written for the one before would no longer do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a gateway can do.

    Attributes:
        port: the `PORT_VERSION` that it was written for.
        text: `cumulative`: each request repeats all inputs; `last`: it brings the newest alone (`Call.op`).
        hops: whether its requests carry a mark of their own (`Call.hop`), by which a copy is told from the same key.
        encodings: alphabets that its screens may be in; without `ucs2` it shows no Lao.
        ends: whether it says when a session is over.
        paths: whether its contract goes on in the path, behind `ussd/`: what stands there is in `Received.tail`.
        operator_deadline: seconds after which the operator gives up on us; 0: not known. A channel's `reply_deadline`
            must be below it, and is when nobody sets it.
    """

    port: int
    text: Literal["cumulative", "last"] = "cumulative"
    hops: bool = False
    encodings: tuple[Literal["gsm7", "ucs2"], ...] = ("gsm7", "ucs2")
    ends: bool = False
    paths: bool = False
    operator_deadline: float = 0


class Settings(BaseModel):
    """What every USSD gateway has; a gateway's own settings extend it.

    Attributes:
        ussd_units_gsm7: septets that one screen holds. The standard allows 182 (TS 23.038, in the 160 octets of
            GSM 04.80); many gateways stop at 160, so raise it only after a test on real phones.
        ussd_units_ucs2: UTF-16 units that one screen holds when it is not all GSM-7. The standard allows 80.
        reply_deadline: seconds after which the door itself ends the session politely; below the operator's own.
        service_codes: the codes that this channel answers, such as `*999#`; empty: whatever the gateway routes here.
    """

    ussd_units_gsm7: int = Field(default=160, ge=60, le=182)
    ussd_units_ucs2: int = Field(default=70, ge=30, le=80)
    reply_deadline: float = Field(default=8.0, gt=0, le=60)
    service_codes: list[str] = []


class Gateway(Protocol):
    """An operator's or aggregator's USSD contract, as pure functions."""

    Settings: ClassVar[type[Settings]]
    capabilities: Capabilities

    def __init__(self, channel: str, settings: Any) -> None:
        """Serve the channel of this name; `settings` is an instance of this class's `Settings`."""

    def read(self, received: Received) -> Call | Ended | Malformed:
        """Say what the request means. Never raises, whatever the bytes are; never keeps anything."""

    def write(self, reply: Reply, call: Call) -> Answer:
        """Put the screen that answers this call into the gateway's form."""

    def accept(self) -> Answer:
        """What tells the gateway that the end of a session was noted."""


class Sink(Protocol):
    """The core, for a gateway that holds a connection: each returns after the commit, and then it may acknowledge."""

    async def call(self, call: Call) -> Reply:
        """Answer one key press, within the channel's `reply_deadline`.

        Raises:
            Unanswered: it is not committed; either do not acknowledge, or show its `reply`, which ends politely.
            CallFault: it is refused for good.
        """

    async def ended(self, ended: Ended) -> None:
        """Note the end of a session. Raises when it is not committed."""


@runtime_checkable
class Runs(Protocol):
    """A gateway that holds a connection, or looks into a spool."""

    async def run(self, sink: Any) -> None:
        """Work until cancelled. `sink` is a `Sink`; one that raises or returns is started again after a pause."""


@runtime_checkable
class Healthy(Protocol):
    """A gateway that knows how its link stands."""

    def health(self) -> Health:
        """How it stands now; reads no network."""


class Unanswered(Fault):
    """The key press is not committed."""

    code = "unanswered"
    retry = True

    def __init__(self, reply: Reply) -> None:
        """Carry what the citizen may be shown instead of an answer."""
        super().__init__()
        self.reply = reply


class Turns(Protocol):
    """What the door needs of the store's turns."""

    def take(self, call: Call) -> Awaitable[Reply]:
        """Answer one key press; durable when it is there; the same call again gets the stored reply.

        Raises:
            Busy, DiskFull: nothing was written. WrongNumber: the number may not use this channel.
        """

    async def ended(self, channel: str, session: str, *, whole: bool = False) -> None:
        """Close a session, `whole` if it came to its own end; twice, late or for an unknown one it changes nothing."""


def load(name: str) -> type[Gateway]:
    """The gateway class registered under this name in `sala.ussd_gateways`; imports it, and only it.

    Raises:
        ConfigFault: no installed package offers a USSD gateway of this name, or only one for another port.
    """
    offered = entry_points(group=GROUP)
    if name not in offered.names:
        raise ConfigFault(f"no USSD gateway is called {name!r}", hint=f"installed: {', '.join(sorted(offered.names))}")
    found: type[Gateway] = offered[name].load()
    check(name, found.capabilities)
    return found


def check(name: str, capabilities: Capabilities) -> None:
    """Refuse a gateway that was written for another port with a `ConfigFault`."""
    if capabilities.port != PORT_VERSION:
        said = f"the USSD gateway {name!r} is for port {capabilities.port}, and this is port {PORT_VERSION}"
        raise ConfigFault(said, hint="install the version of it that goes with this Sala")
