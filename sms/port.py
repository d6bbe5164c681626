"""What an SMS gateway must be able to do, what door and sender need of the store, and how a gateway is found.

A gateway reads and sends, one attempt at a time. Copies, splitting, retries, order, rates, money, opt-outs, the joining
of reports and redaction are the core's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import entry_points
from typing import Annotated, Any, ClassVar, Final, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, Field

from flows.errors import ConfigFault, SendError
from store.values import Answer, Health, Inbound, Malformed, OptOut, Outgoing, Part, Received, Report, Sent

GROUP = "sala.sms_gateways"

PORT_VERSION: Final = 1
"""Of this module's protocols; raised when a gateway that was written for the one before would no longer do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a gateway can do.

    Attributes:
        port: the `PORT_VERSION` that it was written for.
        long: what becomes of a long text. `whole`: the operator splits and joins it. `parts`: the core splits, and the
            gateway puts `Outgoing.part` into each part's header, so that the phone joins them. `plain`: the core
            splits, and each part arrives as a message of its own.
        encodings: alphabets that it carries; without `ucs2` it carries no Lao.
        reports: whether it says what became of a message. optouts: whether it passes on that a number wants no more.
        paths: whether its contract goes on in the path, behind `sms/`, `report/` or `optout/` (`Received.tail`).
        idempotent: whether the same `Outgoing.mark` again is taken once only, for a day at least, so that what nobody
            knows is asked again.
        phones: whether it leads to phones; what leads to another system gets answers to what came by it alone.
    """

    port: int
    long: Literal["whole", "parts", "plain"] = "whole"
    encodings: tuple[Literal["gsm7", "ucs2"], ...] = ("gsm7", "ucs2")
    reports: bool = True
    optouts: bool = False
    paths: bool = False
    idempotent: bool = False
    phones: bool = True


Money = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=4)]


class Settings(BaseModel):
    """What every SMS gateway has; a gateway's own settings extend it.

    Attributes:
        short_codes: the numbers that citizens send to; the first is the sender of what we send, unless `sender` is set.
        sender: the sender ID to show instead.
        rate: messages per second that the operator takes from us.
        window: sends that may be under way at once.
        per_number: messages to one number in an hour; two automata that answer each other stop here.
        prefixes: of numbers that are likely this operator's (`+856205`): a hint for numbers that came by no channel.
        countries: calling codes (`+856`) that may be written to; empty: the node's country alone.
        prices: price of one segment by calling code or longer prefix; what no prefix meets costs 1.
        budget_per_day: sending stops for the day when this much is spent, in the unit of `prices`. Without prices every
            segment costs 1, and this is a number of segments.
    """

    short_codes: list[Annotated[str, Field(pattern=r"^[0-9]{3,8}$")]] = []
    sender: str = Field(default="", pattern=r"^[A-Za-z0-9 ._+-]{0,15}$")
    rate: float = Field(default=10.0, gt=0, le=1000)
    window: int = Field(default=8, ge=1, le=64)
    per_number: int = Field(default=100, ge=1, le=10_000)
    prefixes: list[Annotated[str, Field(pattern=r"^\+[1-9][0-9]{0,14}$")]] = []
    countries: list[Annotated[str, Field(pattern=r"^\+[1-9][0-9]{0,3}$")]] = []
    prices: dict[Annotated[str, Field(pattern=r"^\+[1-9][0-9]{0,14}$")], Money] = {}
    budget_per_day: Money = Decimal(20_000)


class Gateway(Protocol):
    """An operator's or aggregator's SMS contract: three pure readers and one sender."""

    Settings: ClassVar[type[Settings]]
    capabilities: Capabilities

    def __init__(self, channel: str, settings: Any) -> None:
        """Serve the channel of this name; `settings` is an instance of this class's `Settings`."""

    def read(self, received: Received) -> Inbound | Report | OptOut | Malformed:
        """A message from a phone, at `sms`. An empty text is one. Never raises.

        An operator that knows one address only sends its reports and opt-outs there too: say here what it is.
        """

    def read_report(self, received: Received) -> Report | Malformed:
        """A delivery report; a status that we do not know is `unknown`, never an error. Never raises."""

    def read_optout(self, received: Received) -> OptOut | Malformed:
        """The operator's word that a number wants no more messages. Never raises."""

    def accept(self) -> Answer:
        """What tells this gateway that its request is committed and need not come again."""

    async def send(self, message: Outgoing) -> Sent:
        """Hand one message to the operator, in one request.

        Raises:
            SendError: it was not taken, or (`unknown`) the request left and nobody knows.
        """

    async def close(self) -> None:
        """Give back connections and threads."""


class Commits(Protocol):
    """The core, for a gateway that takes more than one thing at once: each returns after the commit.

    Each raises when nothing is committed: the gateway then leaves it unacknowledged, so that it comes again. A
    `CallFault` says that it will never be taken.
    """

    async def inbound(self, message: Inbound) -> None:
        """Take one message from a phone; the same one again changes nothing."""

    async def report(self, report: Report) -> None:
        """Take one delivery report; it may come before the send has returned."""

    async def opt_out(self, leaver: OptOut) -> None:
        """Silence a number."""


class Sink(Commits, Protocol):
    """The core, for a gateway that holds a connection."""

    async def anonymous(self, message: Inbound) -> Callable[[bool], None]:
        """Take one message of a gateway that gives its messages no names; its `id` must stand for its whole content.

        Returns what must be called once with whether the gateway is known to have read the acknowledgement: from then
        on the same content is another message, and before it is a copy.
        """


@runtime_checkable
class Polled(Protocol):
    """A gateway whose other side asks now and then: the request brings messages and reports, the answer takes messages.

    It is asked under `/gateways/<channel>/<secret>/poll`, with any method, and under no other address.
    """

    async def poll(self, received: Received, commits: Commits) -> Answer | Malformed:
        """Answer one request, when everything in it is committed. Raises nothing on what comes in."""


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


@runtime_checkable
class Tells(Protocol):
    """A gateway whose other side has us send messages, and wants to know what became of each."""

    async def tell(self, name: str, state: Literal["sent", "delivered", "failed"]) -> None:
        """Say how the message of this name stands; the same again must do no harm.

        Raises:
            SendError: it was not heard.
        """


class Turns(Protocol):
    """What the door needs of the store's turns."""

    async def overhear(self, message: Inbound) -> None:
        """Take one message; durable before it returns; the same one again changes nothing."""


class Messages(Protocol):
    """What the door and the sender need of the store's messages."""

    async def claim(self, limit: int, now: int, channel: str, *, spare: bool) -> Sequence[Outgoing]:
        """At most `limit` due messages of the channel, oldest first, one at most a number; none of them goes twice.

        With `spare` also those that nobody waits for, after all others.
        """

    async def ask_again(self, channel: str, now: int, since: int) -> int:
        """Queue what is `unknown` and not older than `since` once more; only for a gateway that is `idempotent`."""

    async def start(self, row: int, *, now: int, price: int, count: int) -> bool:
        """Mark a claimed message as being sent; only after True, and then at once, may the request leave.

        `price` counts as spent from here on; `count` (if not 0) is what its number had in this hour, to be remembered.
        """

    def key(self, channel: str, msisdn: str) -> bytes:
        """By what `often` knows a number."""

    async def often(self, channel: str, since: int) -> Mapping[bytes, tuple[int, int]]:
        """Numbers that had many messages: how many, and when that was noted."""

    async def part(self, row: int, part: Part, sent: Sent, *, now: int, price: int) -> None:
        """Note that one part of a long message has left, so that it never leaves again."""

    async def settle(self, row: int, outcome: Sent | SendError, *, now: int, again_at: int = 0, price: int = 0) -> None:
        """Write how a claimed message went; joins a report that came before. `price` in 1/10000 of the currency."""

    async def spent(self, channel: str, since: int) -> int:
        """What the channel's messages cost since then, in 1/10000 of the currency."""

    async def report(self, report: Report) -> None:
        """Take a delivery report; one whose message is not known yet is kept for it."""

    async def opt_out(self, msisdn: str) -> None:
        """Silence this number, as if it had sent STOP."""


def load(name: str) -> type[Gateway]:
    """The gateway class registered under this name in `sala.sms_gateways`; imports it, and only it.

    Raises:
        ConfigFault: no installed package offers an SMS gateway of this name, or only one for another port.
    """
    offered = entry_points(group=GROUP)
    if name not in offered.names:
        raise ConfigFault(f"no SMS gateway is called {name!r}", hint=f"installed: {', '.join(sorted(offered.names))}")
    found: type[Gateway] = offered[name].load()
    check(name, found.capabilities)
    return found


def check(name: str, capabilities: Capabilities) -> None:
    """Refuse a gateway that was written for another port with a `ConfigFault`."""
    if capabilities.port != PORT_VERSION:
        said = f"the SMS gateway {name!r} is for port {capabilities.port}, and this is port {PORT_VERSION}"
        raise ConfigFault(said, hint="install the version of it that goes with this Sala")
