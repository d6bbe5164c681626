"""Time that goes back: restored backups, cloned disks, clocks that jump, an agency that is away for a month."""

import asyncio
import json
import random
import shutil
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from aiohttp import web

import store.memory
from flows.errors import RoadFault
from sala.config import Config
from sala.road import means as means_of
from store import backup
from store.database import Database
from store.memory import Memory, open_memory
from store.settings import StoreSettings
from sync.agency import AgencySettings, make_agency_app
from sync.agency import nodes as nodes_of
from sync.agency.app import BOOK
from sync.agency.book import Book
from sync.means import Counters, Means
from sync.statuses import Listener
from sync.worker import Worker
from tests.faults.power import fresh_folder
from tests.faults.roles import approve_all
from tests.faults.rows import Tally
from tests.ports import free_port
from tests.store.conftest import KEY, Hands, dial
from tests.store.mind import small_mind
from tests.sync.conftest import NODE, Agency, serve

AGENCY: Final = "registry"
YEARS: Final = 10 * 365 * 86_400
DAY: Final = 86_400


@dataclass
class AgencyBox:
    """An agency that is switched on and off, and whose disk is copied and put back."""

    folder: Path
    port: int = field(default_factory=free_port)
    secret: str = ""
    runner: web.AppRunner | None = None
    book: Book = field(init=False)

    async def on(self) -> None:
        app = make_agency_app(AgencySettings(data=self.folder))
        self.runner = await serve(app, self.port)
        self.book = app[BOOK]
        if not self.secret:
            self.secret = await self.book.do(nodes_of.enrol, NODE)

    async def off(self) -> None:
        if self.runner is not None:
            await self.runner.cleanup()
            self.runner = None

    async def backup(self, target: Path) -> None:
        await self.off()
        shutil.copytree(self.folder, target)
        await self.on()

    async def restore(self, source: Path) -> None:
        await self.off()
        shutil.rmtree(self.folder)
        shutil.copytree(source, self.folder)
        await self.on()

    async def decide(self) -> None:
        await self.book.do(approve_all, self.book.life, self.book.opener)

    async def events(self) -> list[dict[str, object]]:
        rows = await self.book.do(lambda link: link.execute("SELECT event FROM request").fetchall())
        return [json.loads(row[0]) for row in rows]

    def seen(self) -> Agency:
        assert self.runner is not None
        return Agency(self.port, self.book, self.secret, self.runner.app)


@dataclass
class District:
    """A node's store in a folder, in time that a test moves, with a worker and a listener for one agency."""

    memory: Memory
    worker: Worker
    listener: Listener
    hands: Hands
    told: set[str]

    async def take(self, names: Sequence[str], word: str = "SUBMIT") -> None:
        """One request for each name."""
        replies = await asyncio.gather(*(dial(self.memory, word, session=n, msisdn=_number(n)) for n in names))
        self.told |= set(replies)

    async def deliver(self, steps: int = 2000) -> bool:
        """Step until nothing waits; says whether it came to that."""
        for _ in range(steps):
            states = {one.agency: one.waiting for one in await self.memory.road.states()}
            if not states.get(self.worker.agency):
                return True
            if not (await self.worker.step()).offers:
                self.hands.go(5)
        return False

    async def listen(self) -> None:
        """Ask for statuses until there are no more."""
        with suppress(RoadFault):
            while await self.listener.ask(0):
                pass


def _number(name: str) -> str:
    return f"+85620{zlib.crc32(name.encode()) % 10**8:08d}"


@asynccontextmanager
async def district(
    folder: Path, port: int, secret: str, told: set[str], hands: Hands | None = None, *, by_wall: bool = False
) -> AsyncIterator[District]:
    """A node that is open; `by_wall`: its road reads the wall clock, which it must not."""
    hands = hands or Hands()
    settings = StoreSettings(data=folder, node=NODE, reserve_mb=0, free_mb=0)
    async with open_memory(settings, KEY, small_mind(), clock=hands.clock(), house=False) as memory:
        chance = random.Random(7).random
        means = replace(means_of(Config(node=NODE), memory), steady=lambda: hands.ticks, chance=chance)
        if by_wall:
            means = replace(means, now=lambda: int(hands.wall))
        connector = Agency(port, None, secret, None).connector(timeout=50)  # type: ignore[arg-type]
        try:
            worker = Worker(AGENCY, connector, memory.road, means)
            listener = Listener(AGENCY, connector, memory.road, means, Counters())
            yield District(memory, worker, listener, hands, told)
        finally:
            await connector.close()


async def _tally(runs: int, told: set[str], box: AgencyBox, *notes: str) -> Tally:
    events = await box.events()
    subjects = Counter(str(event["subject"]) for event in events)
    runs_of = Counter((event["epoch"], event["sequence"]) for event in events)
    ids = Counter(str(event["id"]) for event in events)
    doubled = sum(n > 1 for counts in (subjects, runs_of, ids) for n in counts.values())
    said = tuple(note for note in notes if note)
    return Tally(runs, len(told), len(told - subjects.keys()), doubled, len(said), said)


def _sum(tallies: Sequence[Tally]) -> Tally:
    notes = tuple(note for one in tallies for note in one.notes)
    return Tally(
        sum(one.runs for one in tallies),
        sum(one.requests for one in tallies),
        sum(one.lost for one in tallies),
        sum(one.doubled for one in tallies),
        len(notes),
        notes,
    )


async def _runs(seed: int, runs: int, one: Callable[[Path, random.Random], "asyncio.Future[Tally]"]) -> Tally:
    tallies = []
    for number in range(runs):
        with fresh_folder() as folder:
            tallies.append(await one(folder, random.Random(seed + number)))
    return _sum(tallies)


async def agency_restored(seed: int, runs: int) -> Tally:
    """The agency is restored from yesterday's backup: it has forgotten a day that the node knows as accepted."""
    return await _runs(seed, runs, lambda folder, rng: asyncio.ensure_future(_restored(folder, rng, asks=True)))


async def agency_restored_unasked(seed: int, runs: int) -> Tally:
    """Control: the same, and the node never asks the agency how far it is."""
    return await _runs(seed, runs, lambda folder, rng: asyncio.ensure_future(_restored(folder, rng, asks=False)))


async def _restored(folder: Path, rng: random.Random, *, asks: bool) -> Tally:
    box, told = AgencyBox(folder / "agency"), set[str]()
    await box.on()
    async with district(folder / "node", box.port, box.secret, told) as node:
        for day in range(2):
            await node.take([f"{day}-{n}" for n in range(rng.randint(3, 25))])
            await node.deliver()
            await box.decide()
            await node.listen()
            if day == 0:
                await box.backup(folder / "yesterday")
        await box.restore(folder / "yesterday")
        await node.take([f"after-{n}" for n in range(5)])
        # The restored agency may decide something new before anybody asks.
        if rng.random() < 0.5:
            await node.deliver()
            await box.decide()
        if asks:
            await node.listen()
        drained = await node.deliver()
        await box.decide()
        if asks:
            await node.listen()
        open_ = await node.memory._reading.rows("SELECT count(*) FROM request WHERE status <> 'approved'")
        texts = await node.memory._reading.rows(
            "SELECT count(*) FROM message WHERE kind = 'status' GROUP BY reference HAVING count(*) > 1"
        )
        notes = ("" if drained else "not drained", f"{open_[0][0]} never heard of" if asks and open_[0][0] else "")
        tally = await _tally(1, told, box, *notes, f"{len(texts)} told twice" if texts else "")
    await box.off()
    return tally


async def node_restored(seed: int, runs: int) -> Tally:
    """The node is restored from a backup: what it delivered since is delivered, and no number is used twice."""
    return await _runs(seed, runs, lambda folder, rng: asyncio.ensure_future(_node_restored(folder, rng)))


async def _node_restored(folder: Path, rng: random.Random) -> Tally:
    box, told = AgencyBox(folder / "agency"), set[str]()
    await box.on()
    data = folder / "node"
    async with district(data, box.port, box.secret, told) as node:
        await node.take([f"a{n}" for n in range(rng.randint(3, 20))])
        await node.deliver(rng.randint(0, 3))
        await backup.backup(data, KEY, folder / "copy")
        await node.take([f"b{n}" for n in range(rng.randint(3, 20))])
        await node.deliver()
    await backup.restore(folder / "copy", data, KEY)
    async with district(data, box.port, box.secret, told) as node:
        await node.take([f"c{n}" for n in range(rng.randint(3, 20))])
        drained = await node.deliver()
        tally = await _tally(1, told, box, "" if drained else "not drained")
    await box.off()
    return tally


async def cloned(seed: int, runs: int) -> Tally:
    """The disk is copied onto a second machine, and both take requests and deliver under the same name."""
    return await _runs(seed, runs, lambda folder, rng: asyncio.ensure_future(_cloned(folder, rng)))


async def _cloned(folder: Path, rng: random.Random) -> Tally:
    box, told = AgencyBox(folder / "agency"), set[str]()
    await box.on()
    one, two = folder / "one", folder / "two"
    async with district(one, box.port, box.secret, told) as node:
        await node.take([f"a{n}" for n in range(rng.randint(3, 20))])
        await node.deliver(rng.randint(0, 2))
    shutil.copytree(one, two)
    async with (
        district(one, box.port, box.secret, told) as first,
        district(two, box.port, box.secret, told) as second,
    ):
        for node, name in ((first, "b"), (second, "c")):
            await node.take([f"{name}{n}" for n in range(rng.randint(3, 20))])
        drained = [await node.deliver() for node in rng.sample([first, second], 2)]
        tally = await _tally(1, told, box, "" if all(drained) else "not drained")
    await box.off()
    return tally


async def one_epoch(seed: int, runs: int) -> Tally:
    """Control: the same, and every start uses one and the same epoch."""

    async def same(database: Database, now: int) -> str:
        return "00000000"

    drawn = store.memory._new_epoch
    store.memory._new_epoch = same
    try:
        return await cloned(seed, runs)
    finally:
        store.memory._new_epoch = drawn


async def clocks(seed: int, runs: int) -> Tally:
    """The wall clock jumps ten years forward or back, or to 1970, while the node runs and while it is off."""
    return await _runs(seed, runs, lambda folder, rng: asyncio.ensure_future(_clocks(folder, rng, by_wall=False)))


async def clocks_by_wall(seed: int, runs: int) -> Tally:
    """Control: a road that believes the wall clock."""
    return await _runs(seed, runs, lambda folder, rng: asyncio.ensure_future(_clocks(folder, rng, by_wall=True)))


async def _clocks(folder: Path, rng: random.Random, *, by_wall: bool) -> Tally:
    box, told, hands = AgencyBox(folder / "agency"), set[str](), Hands()
    await box.on()
    notes = []
    right = hands.wall
    for round_ in range(4):
        async with district(folder / "node", box.port, box.secret, told, hands, by_wall=by_wall) as node:
            await node.take([f"{round_}-{n}" for n in range(5)])
            if rng.random() < 0.5:
                await box.off()
                for _ in range(3):
                    await node.worker.step()
                    hands.go(60)
                await box.on()
            if rng.random() < 0.7:
                hands.wall = rng.choice([hands.wall + YEARS, hands.wall - YEARS, 1000.0, right])
            await node.take([f"{round_}+{n}" for n in range(5)])
            before = hands.ticks
            if not await node.deliver(400):
                notes.append(f"round {round_}: waits for ever at {hands.wall:.0f}")
            if hands.ticks - before > 3600:
                notes.append(f"round {round_}: took {hands.ticks - before:.0f} s")
        if rng.random() < 0.7:
            hands.wall = rng.choice([right + hands.ticks, right - YEARS, right + YEARS, 1000.0])
    async with district(folder / "node", box.port, box.secret, told, hands, by_wall=by_wall) as node:
        if not await node.deliver(400):
            notes.append(f"in the end: waits for ever at {hands.wall:.0f}")
        tally = await _tally(1, told, box, *notes)
    await box.off()
    return tally


async def dead_for_a_month(seed: int, runs: int) -> Tally:
    """One agency is away for thirty days while `runs` requests come for it and for a healthy one."""
    rng = random.Random(seed)
    with fresh_folder() as folder:
        well, dead = AgencyBox(folder / "well"), AgencyBox(folder / "dead")
        await well.on()
        await dead.on()
        await dead.off()
        told, hands = set[str](), Hands()
        async with (
            district(folder / "node", well.port, well.secret, told, hands) as healthy,
            _second(healthy, dead) as ill,
        ):
            notes = await _month(healthy, ill, rng, runs)
            await dead.on()
            started = hands.ticks
            hands.go(30)
            if not await ill.deliver(runs + 2000):
                notes.append("what waited for the dead agency never went")
            if hands.ticks - started > 120:
                notes.append(f"it took {hands.ticks - started:.0f} s after the return although the agency was well")
            order = [int(str(event["sequence"])) for event in await _in_order(dead)]
            if order != sorted(order):
                notes.append("the oldest did not go first")
            tally = await _tally(30, told, dead, *notes)
            other = await _tally(30, told, well)
        await well.off()
        await dead.off()
    lost, doubled = tally.lost + other.lost, tally.doubled + other.doubled
    return Tally(30, len(told), lost, doubled, tally.broken, tally.notes)


@asynccontextmanager
async def _second(node: District, box: AgencyBox) -> AsyncIterator[District]:
    """The same node's road to another agency."""
    means = Means("second", now=node.memory.clock.steady, steady=lambda: node.hands.ticks, chance=lambda: 0.5)
    connector = Agency(box.port, box.book, box.secret, None).connector(timeout=50)  # type: ignore[arg-type]
    try:
        worker = Worker("health", connector, node.memory.road, means)
        yield District(node.memory, worker, node.listener, node.hands, node.told)
    finally:
        await connector.close()


async def _month(healthy: District, ill: District, rng: random.Random, runs: int) -> list[str]:
    notes = []
    days = [runs // 30] * 29 + [runs - 29 * (runs // 30)]
    for day, count in enumerate(days):
        names = [f"{day}-{n}" for n in range(count)]
        for first in range(0, count, 500):
            await healthy.take(names[first : first + 500], "TWO")
        if not await healthy.deliver(count + 500):
            notes.append(f"day {day}: the healthy agency waits because another is dead")
        until = healthy.hands.ticks + DAY
        asked = ill.worker.counters.requests
        while healthy.hands.ticks < until:
            await ill.worker.step()
            healthy.hands.go(rng.uniform(600, 3600))
        if ill.worker.counters.requests == asked:
            notes.append(f"day {day}: the dead agency was never asked")
    return notes


async def _in_order(box: AgencyBox) -> list[dict[str, object]]:
    rows = await box.book.do(lambda link: link.execute("SELECT event FROM request ORDER BY number").fetchall())
    return [json.loads(row[0]) for row in rows]
