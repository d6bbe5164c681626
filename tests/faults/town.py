"""A node, an agency, a gateway and phones, each a process of its own, and the one who switches them on again."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import sqlcipher3

from flows import delivery
from flows.loader import load
from sala import keys
from store.road import STATES
from store.sqlite import open_keyed
from sync.agency import book, enrol
from sync.signing import new_secret
from tests.at_standin import Standin
from tests.faults.nursery import Child, Nursery
from tests.faults.roles import SERVICE
from tests.faults.rows import MOST_SECONDS
from tests.journeys.phones import Citizen, Operator, Phone
from tests.journeys.wits import Wits
from tests.ports import free_port
from tests.sala.nodes import SECRET, written

NODE = "LA-TEST-01"
VILLAGES = ("0901001", "0901002", "0901003", "0901004", "0901005")


async def until(condition: Callable[[], Any], patience: float = MOST_SECONDS) -> bool:
    """Wait for a condition; says whether it came."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


@dataclass
class Power:
    """One process that is switched on again whenever it has died."""

    bear: Callable[[], Child]
    child: Child = field(init=False)
    deaths: int = 0
    _keeper: "asyncio.Task[None] | None" = None

    def on(self) -> None:
        self.child = self.bear()
        self._keeper = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        while True:
            await self.child.ended(float("inf"))
            self.deaths += 1
            await self.child.end()
            self.child = self.bear()

    async def off(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self.child.handle >= 0:
            await self.child.end()


@dataclass
class Town:
    """All of them, in one folder."""

    folder: Path
    powers: dict[str, Power]
    operator: Operator
    gateway: Standin
    rng: random.Random
    wits: Wits
    told: set[str] = field(default_factory=set)

    @property
    def node(self) -> Power:
        return self.powers["node"]

    @property
    def agency(self) -> Power:
        return self.powers["agency"]

    async def request(self) -> str:
        """One citizen with one request; returns the reference that she was told."""
        number = f"+85620{self.rng.randrange(10**8):08d}"
        # The same answers each time, so that every request passes the same points as often.
        citizen = Citizen(Phone(number, self.operator), self.wits, random.Random(1), wrong=0, drops=0)
        before = set(self.operator.told)
        assert await citizen.visit("7") == "told", citizen.trail
        told = self.operator.told - before
        self.told |= told
        return " ".join(told)

    def order(self, role: str, point: str, nth: int = 1) -> None:
        """Have `role` die at the `nth` time that it passes `point` from now on."""
        file = self.folder / f"{role}.order"
        part = file.with_suffix(".part")
        part.write_text(f"{time.monotonic_ns()} {point} {nth}")
        part.replace(file)

    def calm(self) -> None:
        for role in self.powers:
            (self.folder / f"{role}.order").unlink(missing_ok=True)

    def passed(self, role: str) -> list[str]:
        """The points that were passed, in order."""
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / f"{role}.points").read_text().split()
        return []

    def at_node(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the node's database, as another process may."""
        key = keys.database_key("", self.folder / "sala-data")
        with contextlib.closing(open_keyed(self.folder / "sala-data" / "sala.db", key, reader=True)) as link:
            return [tuple(row) for row in link.execute(statement).fetchall()]

    def at_agency(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the agency's database."""
        key = (self.folder / "agency.key").read_text().strip()
        with contextlib.closing(sqlcipher3.connect(str(self.folder / "agency.db"), timeout=10.0)) as link:
            link.execute(f"PRAGMA key = \"x'{key}'\"")
            return [tuple(row) for row in link.execute(statement).fetchall()]

    def quiet(self) -> bool:
        """Whether nothing is on its way any more."""
        states = dict(self.at_node("SELECT state, count(*) FROM delivery GROUP BY state"))
        undone = sum(n for state, n in states.items() if STATES[state] in delivery.UNDELIVERED)
        open_ = self.at_node("SELECT count(*) FROM request WHERE status IN ('received', 'accepted')")[0][0]
        texts = self.at_node("SELECT count(*) FROM message_queue")[0][0]
        return not undone and not open_ and not texts

    def lost(self) -> set[str]:
        """References that were told and are nowhere at the agency."""
        there = {row[0] for row in self.at_agency("SELECT reference FROM request")}
        return self.told - there

    def doubled(self) -> int:
        """Effects at the agency and texts to phones that are there twice."""
        effects = self.at_agency("SELECT count(*) FROM request GROUP BY source, id HAVING count(*) > 1")
        texts = Counter((seen.form["to"], seen.form["message"]) for seen in self.gateway.seen)
        return len(effects) + sum(n > 1 for n in texts.values())

    def unsound(self) -> list[str]:
        """What is wrong with the two files, and with what the node believes."""
        found = [f"node: {row[0]}" for row in self.at_node("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"agency: {row[0]}" for row in self.at_agency("PRAGMA integrity_check") if row[0] != "ok"]
        accepted = self.at_node(
            "SELECT count(*) FROM delivery WHERE state = 4",
        )[0][0]
        there = self.at_agency("SELECT count(*) FROM request")[0][0]
        return found + ([f"the node believes {accepted}, the agency has {there}"] if accepted != there else [])


@contextmanager
def _careless() -> Iterator[None]:
    """The database of an agency that would take the same request twice."""
    whole = book._STEPS
    book._STEPS = tuple(step.replace(", UNIQUE (source, id)", "") for step in whole)  # type: ignore[misc,assignment]
    assert whole != book._STEPS
    try:
        yield
    finally:
        book._STEPS = whole  # type: ignore[misc]


def _road(secret: str, port: int) -> str:
    """The block of an agency that is reached directly."""
    url = f"http://127.0.0.1:{port}"
    return f'[agencies.water]\nconnector = "native"\nurl = "{url}"\nsecret = "{secret}"\ntimeout = 5.0\n'


async def _hub(folder: Path, port: int) -> str:
    """Write the hub's configuration into `folder`; the block of a node that goes through it."""
    home = folder / "hub"
    home.mkdir()
    secret = new_secret()
    road = _road(await enrol(folder, "LA-HUB", hub=True), port)
    nodes = f'[hub.nodes.{NODE}]\nsecret = "{secret}"\n'
    _, _, console = written(home, road + nodes, node="LA-HUB", services=[str(SERVICE)])
    return f'[hub]\nurl = "http://127.0.0.1:{console}/hub"\nsecret = "{secret}"\nagencies = ["water"]\n'


@asynccontextmanager
async def town(folder: Path, seed: int, nursery: Nursery, *, hub: bool = False, **controls: str) -> AsyncIterator[Town]:
    """A town whose node and agency run, with a hub between them if asked; `controls` are broken on purpose."""
    port = free_port()
    with _careless() if controls.get("agency") == "careless" else contextlib.nullcontext():
        secret = await enrol(folder, NODE)
    gateway = Standin()
    block = await _hub(folder, port) if hub else _road(secret, port)
    file, http, _ = written(folder, block, services=[str(SERVICE)])
    # By day and by night: what a node hears first after a start may be old, and would wait for the morning.
    text = file.read_text().replace("http://127.0.0.1:9", gateway.url).replace("[store]", "[store]\nquiet = [0, 0]")
    # A node with a hub uses only the references that are leased to it.
    file.write_text(text.replace("reserve_mb = 0\n", 'reserve_mb = 0\nblocks = ["4821"]\n') if hub else text)
    log = folder / "log"

    def bear(role: str, **given: Any) -> Callable[[], Child]:
        return lambda: nursery.bear(role, log, folder=str(folder), control=controls.get(role, ""), **given)

    powers = {"agency": Power(bear("agency", port=port)), "node": Power(bear("node"))}
    if hub:
        powers["hub"] = Power(bear("hub"))
    rng = random.Random(seed)
    wits = Wits([load(SERVICE.read_text("utf-8"), SERVICE.name)], VILLAGES, {})
    async with gateway, aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http_session:
        door = f"http://127.0.0.1:{http}/gateways/at/{SECRET}"
        operator = Operator(http_session, door, rng, twice=0, late=0, patience=MOST_SECONDS)
        made = Town(folder, powers, operator, gateway, rng, wits)
        for power in powers.values():
            power.on()
        try:
            yield made
        finally:
            for power in powers.values():
                await power.off()
