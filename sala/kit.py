"""The kits at work: a node of one channel in a folder of its own, the operator beside it, and one case at a time."""

import asyncio
import contextlib
import tempfile
import traceback
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final, Literal

import aiohttp

import gateways.port
import sms.kit.bench
import sms.kit.cases
import sms.kit.wire
import ussd.kit.cases
import ussd.kit.wire
from flows.errors import ConfigFault, DiskFull
from sala import plugs, sockets
from sala.channels import Channel, Channels
from sala.config import Config
from sala.gate import PREFIX, Gate
from sala.web import Site, door_handler
from sms.kit.standin import HttpPeer as SmsPeer
from sms.lane import Lane
from store.kit import SILENCED, DoesNotApply, Failed, Hands, counting_mind
from store.memory import Memory, open_memory
from store.settings import StoreSettings
from store.values import Answer, Received
from ussd.kit.wire import HttpPeer as UssdPeer

Side = Literal["ussd", "sms"]
UssdWire = ussd.kit.wire.HttpWire | ussd.kit.wire.OwnWire
SmsWire = sms.kit.wire.HttpWire | sms.kit.wire.OwnWire | sms.kit.wire.CallingWire

GROUPS: Final[Mapping[Side, str]] = {"ussd": "sala.ussd_kits", "sms": "sala.sms_kits"}
"""Entry points whose name is the gateway's, and whose object is its wire; or a function that gives a mapping of names
to wires, where one gateway speaks for many operators."""

NAME: Final = "kit"
SECRET: Final = "the-kits-own-secret-0123456789"  # noqa: S105 - it opens nothing outside of a kit
PATIENT: Final = 60.0
HASTY: Final = 0.3
"""Seconds of `reply_deadline`, and of the case in which the store is too slow."""

CASE_LIMIT: Final = 60.0


@dataclass(frozen=True, slots=True)
class Subject:
    """What is tried: a gateway's name, or an operator's that a gateway speaks for, and how the operator speaks."""

    name: str
    gateway: str
    ussd: UssdWire | None = None
    sms: SmsWire | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """How one case went. `case` is the promise, in a sentence; `said` is "" when it is well.

    `without` is why it does not apply to this gateway; "" when it does.
    """

    side: Side
    case: str
    said: str = ""
    without: str = ""


def subjects() -> dict[str, Subject]:
    """Everything that is installed and described, by name."""
    found: dict[str, dict[str, Any]] = {}
    for side, group in GROUPS.items():
        for point in entry_points(group=group):
            wire = point.load()
            wire = wire() if callable(wire) else wire
            for name, one in wire.items() if isinstance(wire, Mapping) else [(point.name, wire)]:
                found.setdefault(name, {"name": name, "gateway": point.name})[side] = one
    return {name: Subject(**fields) for name, fields in sorted(found.items())}


def subject(name: str) -> Subject:
    """The one of this name.

    Raises:
        ConfigFault: nothing of this name is described.
    """
    found = subjects()
    if name not in found:
        raise ConfigFault(f"no kit describes a gateway called {name!r}", hint=f"there are: {', '.join(found)}")
    return found[name]


async def prove(one: Subject) -> AsyncIterator[Result]:
    """Run every case of every side."""
    for side, cases in (("ussd", ussd.kit.cases.CASES), ("sms", sms.kit.cases.CASES)):
        if getattr(one, side) is not None:
            for case in cases:
                with tempfile.TemporaryDirectory(prefix="sala-kit-") as folder:
                    sentence = (case.__doc__ or case.__name__).splitlines()[0]
                    yield Result(side, sentence, *await _said(one, side, case, Path(folder)))  # type: ignore[arg-type] # one of the two


async def _said(one: Subject, side: Side, case: Any, folder: Path) -> tuple[str, str]:
    try:
        await run(one, side, case, folder)
    except Failed as failed:
        return str(failed), ""
    except DoesNotApply as reason:
        return "", str(reason)
    except ConfigFault:
        raise
    except Exception as raised:  # noqa: BLE001 - of the engineer's own files: a finding like any other, with its place
        where = traceback.extract_tb(raised.__traceback__)[-1]
        return f"{type(raised).__name__}: {raised} ({Path(where.filename).name}, line {where.lineno})", ""
    return "", ""


async def run(one: Subject, side: Side, case: Any, folder: Path) -> None:
    """Run one case in an empty folder.

    Raises:
        Failed: the gateway does not do what the port promises. DoesNotApply: this promise has no meaning for it.
    """
    try:
        async with asyncio.timeout(CASE_LIMIT):
            await (_run_ussd(one, case, folder) if side == "ussd" else _run_sms(one, case, folder))
    except TimeoutError as late:
        raise Failed(f"it was not over within {CASE_LIMIT:.0f} s") from late


async def _run_ussd(one: Subject, case: ussd.kit.cases.Case, folder: Path) -> None:
    home = House(one.gateway, folder)
    wire = one.ussd
    async with contextlib.AsyncExitStack() as stack:
        peer: ussd.kit.wire.Peer
        if isinstance(wire, ussd.kit.wire.HttpWire):
            peer = UssdPeer(wire, home.say)
        elif wire is not None:
            peer = await stack.enter_async_context(wire.operator())
        home.settings = dict(peer.settings)
        stack.push_async_callback(home.close)
        await home.open()
        gateway = home.plugged.key_presses
        if gateway is None:
            raise Failed("with these settings the gateway has no side for key presses")
        bench = ussd.kit.cases.Bench(peer, gateway, home.hands.go, home.full, home.slow, home.restart)
        await case(bench)


async def _run_sms(one: Subject, case: sms.kit.cases.Case, folder: Path) -> None:
    home = House(one.gateway, folder)
    wire = one.sms
    async with contextlib.AsyncExitStack() as stack:
        peer: sms.kit.wire.Peer
        if isinstance(wire, sms.kit.wire.HttpWire):
            peer = await stack.enter_async_context(SmsPeer(wire, home.say))
        elif isinstance(wire, sms.kit.wire.CallingWire):
            peer = await stack.enter_async_context(wire.operator(home.say))
        elif wire is not None:
            peer = await stack.enter_async_context(wire.operator())
        home.settings = {"rate": 1000, "window": 8, **peer.settings}
        stack.push_async_callback(home.close)
        await home.open()
        gateway, lane = home.plugged.messages, home.channel.lane
        if gateway is None or lane is None:
            raise Failed("with these settings the gateway has no side for messages")
        bench = sms.kit.bench.Bench(
            peer, gateway, lane, home.hands.go, home.full, home.restart, home.states, home.crash, home.silenced
        )
        home.bench = bench
        await case(bench)


@dataclass
class House:
    """A node of one channel: the real store, the real gate, doors and lane, and a dialogue that only counts."""

    gateway: str
    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)
    bench: sms.kit.bench.Bench | None = None

    def __post_init__(self) -> None:
        self.hands = Hands()
        self._stack = contextlib.AsyncExitStack()
        self._url = ""

    @property
    def lane(self) -> Lane:
        """What sends."""
        if self.channel.lane is None:
            raise Failed("the gateway has no side for messages")
        return self.channel.lane

    async def open(self) -> None:
        """Start."""
        stack = self._stack
        config = _config(self.gateway, self.folder, self.settings)
        (self.plugged,) = plugs.channels(config)
        settings = StoreSettings(data=self.folder, node="KIT", reserve_mb=0, free_mb=0)
        clock = self.hands.clock()
        self.memory: Memory = await stack.enter_async_context(
            open_memory(settings, b"k" * 32, counting_mind(), clock=clock, house=False)
        )
        rooms = frozenset({"ussd", "sms"})
        channels = Channels([self.plugged], self.memory, lambda *_: "sorry", rooms, "LA", self.memory.turns)
        self.channel: Channel = channels.all[0]
        if self.channel.key_presses:
            self.channel.key_presses.patience.seconds = PATIENT
        channels.links.start(channels.all)
        stack.push_async_callback(channels.stop)
        gate = Gate(channels.ways())
        site = Site.of_gate(gate, door_handler(gate, self._ready))
        bound = sockets.bind("127.0.0.1", 0, NAME)
        stack.push_async_callback(site.stop)
        await site.start(bound)
        self._url = f"http://127.0.0.1:{bound.getsockname()[1]}{PREFIX}{NAME}"
        self._http = await stack.enter_async_context(aiohttp.ClientSession())

    async def close(self) -> None:
        """End."""
        stack, self._stack = self._stack, contextlib.AsyncExitStack()
        await stack.aclose()

    async def restart(self, settings: Mapping[str, object] | None = None) -> None:
        """End, and start on the same disk, with other settings where they are given."""
        await self.close()
        self.settings |= settings or {}
        await self.open()
        if self.bench and self.plugged.messages:
            self.bench.lane, self.bench.gateway = self.lane, self.plugged.messages

    async def crash(self) -> None:
        """End while the first of two messages is leaving and the second is only claimed, and start again."""
        claimed = await self.memory.messages.claim(2, self.memory.clock.steady(), NAME)
        await self.memory.messages.start(claimed[0].id)
        await self.restart()

    async def say(self, received: Received, secret: str) -> Answer:
        """Send one request as the operator would."""
        query = f"?{received.query}" if received.query else ""
        url = f"{self._url}/{secret or SECRET}/{received.tail}{query}"
        from yarl import URL  # noqa: PLC0415 - the query goes as it stands

        async with self._http.request(
            received.method,
            URL(url, encoded=True),
            data=received.body or None,
            headers=dict(received.headers),
            allow_redirects=False,
        ) as answer:
            return Answer(answer.status, await answer.read(), answer.content_type, tuple(answer.headers.items()))

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        """Let nothing be committed."""
        with self.memory.writer.refusing(DiskFull()):
            yield

    @contextlib.asynccontextmanager
    async def slow(self) -> AsyncIterator[None]:
        """Let the store answer after the deadline."""
        holding, enough = asyncio.Event(), asyncio.Event()

        async def hold(_database: object) -> None:
            holding.set()
            await enough.wait()

        held = asyncio.create_task(self.memory.writer.do(hold))
        await holding.wait()
        door = self.channel.key_presses
        if door:
            door.patience.seconds = HASTY
        try:
            yield
        finally:
            if door:
                door.patience.seconds = PATIENT
            enough.set()
            await held

    async def states(self) -> Sequence[str]:
        """The states of all messages, oldest first."""
        return await self.memory.messages.states()

    def silenced(self, number: str) -> bool:
        """Whether this number has said STOP, or the operator for it."""
        return self.memory.turns.language_of(number) == SILENCED

    async def _ready(self) -> str:
        return ""


def _config(gateway: str, folder: Path, settings: Mapping[str, Any]) -> Config:
    both = gateways.port.load(gateway) if gateway in entry_points(group=gateways.port.GROUP).names else None
    secret = {"secret": SECRET} if both is None or both.called else {}
    channel: Any = {"gateway": gateway, **secret, **settings}
    return Config(node="KIT", data=folder, channels={NAME: channel})
