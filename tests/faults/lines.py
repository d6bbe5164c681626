"""The line between node and agency, broken in every way: exactly one effect, and no more bytes than it takes."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from store.memory import Memory, open_memory
from store.settings import StoreSettings
from sync.agency import AgencySettings, make_agency_app
from sync.agency import nodes as nodes_of
from sync.agency.app import BOOK
from sync.means import Means
from sync.worker import Worker
from tests.faults.line import GOOD, Line, Manner
from tests.faults.power import fresh_folder
from tests.faults.rows import MOST_SECONDS, Tally
from tests.ports import free_port
from tests.store.conftest import KEY
from tests.store.mind import small_mind
from tests.sync.conftest import NODE, Agency, serve
from tests.sync.test_store import AGENCY, states_of, submit

HURRY: Final = 50.0
BYTES_AT_MOST: Final = 3.0
"""Bytes that leave the node at most, in multiples of the submissions' own."""


class Rushed:
    """A steady clock that runs fast, so that waits after a failure take no test time."""

    def __init__(self, speed: float = HURRY) -> None:
        self._started, self._speed = time.monotonic(), speed

    def __call__(self) -> float:
        return 2_000_000_000 + (time.monotonic() - self._started) * self._speed


@dataclass
class Desk:
    """A node's store with its worker, a line, and the reference agency behind it."""

    memory: Memory
    agency: Agency
    line: Line
    seed: int
    count: int = 0
    patience: float = 2.0

    async def submit(self, count: int) -> None:
        await submit(self.memory, count, self.count + 1)
        self.count += count

    @asynccontextmanager
    async def worker(self, speed: float = HURRY) -> AsyncIterator[Worker]:
        """A worker with connections of its own."""
        clock = Rushed(speed)
        chance = random.Random(self.seed).random
        means = Means("faults", now=lambda: int(clock()), steady=clock, chance=chance)
        connector = self.agency.connector(self.line.url, timeout=self.patience)
        try:
            yield Worker(AGENCY, connector, self.memory.road, means)
        finally:
            await connector.close()

    async def drain(self, worker: Worker, patience: float = MOST_SECONDS) -> bool:
        """Deliver until everything is accepted; says whether it was."""
        deadline = time.monotonic() + patience
        while (await self.memory.road.states())[0].waiting:
            if time.monotonic() > deadline:
                return False
            if not (await worker.step()).offers:
                await asyncio.sleep(0.002)
        return True

    async def tally(self, runs: int, *broken: str) -> Tally:
        """Compare the node's word with the agency's."""
        effects = await self.agency.effects()
        rows = await self.memory._reading.rows("SELECT event FROM submission")
        kept = await self.agency.book.do(lambda link: link.execute("SELECT event FROM request").fetchall())
        notes = [note for note in broken if note]
        if set(await states_of(self.memory)) != {"accepted"}:
            notes.append(f"states {Counter(await states_of(self.memory))}")
        if {row[0] for row in kept} - {row[0] for row in rows}:
            notes.append("the bytes at the agency are not the bytes of the intake")
        doubled = sum(n > 1 for n in effects.values())
        return Tally(runs, self.count, max(0, self.count - len(effects)), doubled, len(notes), tuple(notes))

    async def payload(self) -> int:
        return int((await self.memory._reading.rows("SELECT sum(length(event)) FROM submission"))[0][0])


@asynccontextmanager
async def desk(seed: int, *, careless: bool = False) -> AsyncIterator[Desk]:
    """All of it, fresh."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(fresh_folder())
        app = make_agency_app(AgencySettings(data=folder / "agency"))
        port = free_port()
        if careless:
            app.middlewares.append(_forgetful)
        runner = await serve(app, port)
        stack.push_async_callback(runner.cleanup)
        secret = await app[BOOK].do(nodes_of.enrol, NODE)
        settings = StoreSettings(data=folder / "node", node=NODE, reserve_mb=0, free_mb=0)
        memory = await stack.enter_async_context(open_memory(settings, KEY, small_mind(), house=False))
        line = await stack.enter_async_context(Line(port))
        yield Desk(memory, Agency(port, app[BOOK], secret, app), line, seed)


@web.middleware
async def _forgetful(request: web.Request, handler: "web.Handler") -> web.StreamResponse:  # type: ignore[name-defined]
    """An agency that knows nothing again: its inbox is emptied before each batch."""
    book = request.app[BOOK]
    for statement in ("DELETE FROM inbox", "UPDATE request SET source = source || '.'"):
        await book.do(lambda link, statement=statement: link.execute(statement))  # type: ignore[misc]
    answer: web.StreamResponse = await handler(request)
    return answer


async def every_byte(seed: int, runs: int) -> Tally:
    """The connection is cut after each byte of the request and of the answer, one request for each byte."""
    async with desk(seed) as place:
        return await _every_byte(place, runs)


async def _every_byte(place: Desk, runs: int) -> Tally:
    whole = await _once(place, GOOD)
    cuts = [Manner(up=n) for n in range(whole[0] + 1)] + [Manner(down=n) for n in range(whole[1] + 1)]
    step = max(1, len(cuts) // runs) if runs else 1
    # Which byte comes first moves with the seed, so that runs with other seeds see the bytes in between.
    chosen = cuts[place.seed % step :: step]
    notes: set[str] = set()
    for manner in chosen:
        up, _ = await _once(place, manner)
        if up > 2 * whole[0] + 64:
            notes.add(f"{up} bytes for a request of {whole[0]}")
    return await place.tally(len(chosen), *notes)


async def _once(place: Desk, manner: Manner) -> tuple[int, int]:
    """One request over a line that first behaves like this, then well; returns the bytes up and down."""
    up, down = place.line.up, place.line.down
    await place.submit(1)
    place.line.manner = lambda: manner
    async with place.worker() as worker:
        await worker.step()
        place.line.manner = lambda: GOOD
        place.line.hang_up()
        await place.drain(worker)
    return place.line.up - up, place.line.down - down


async def flap(seed: int, runs: int) -> Tally:
    """One connection in four is of use, and not for long; `runs` requests."""
    rng = random.Random(seed)

    def manner() -> Manner:
        # By bytes and not by seconds: a slow machine is to see the same line.
        ill = (Manner(refuse=True), Manner(up=rng.randrange(900)), Manner(down=rng.randrange(180)))
        return Manner(up=rng.randrange(2_000, 9_000)) if rng.random() < 0.25 else rng.choice(ill)

    async with desk(seed) as place:
        await place.submit(runs)
        place.line.manner = manner
        async with place.worker() as worker:
            drained = await place.drain(worker)
        print(f"  {place.line.connections} connections, {place.line.up} bytes up")
        payload = await place.payload()
        dear = place.line.up > BYTES_AT_MOST * payload
        notes = ("" if drained else "not drained", f"{place.line.up} bytes for {payload}" if dear else "")
        return await place.tally(runs, *notes)


ILL: Final = {
    "refused": Manner(refuse=True),
    "black hole": Manner(deaf=True),
    "half open": Manner(mute=True),
    "hotspot": Manner(portal=True),
    "duplicated": Manner(keep=True),
    "late": Manner(keep=True, deaf=True),
}
"""What a line does to the first requests of each round, by name."""


async def manners(seed: int, runs: int) -> Tally:
    """Refused, black hole, half open, hotspot, twice, and an hour too late; `runs` rounds of all of them."""
    async with desk(seed) as place:
        place.patience = 1.0
        rng = random.Random(seed)
        order = [name for _ in range(runs) for name in rng.sample(sorted(ILL), len(ILL))]
        notes = [await _ill(place, ILL[name], name) for name in order]
        return await place.tally(runs * len(ILL), *notes)


async def _ill(place: Desk, manner: Manner, name: str) -> str:
    await place.submit(5)
    place.line.manner = lambda: manner
    async with place.worker() as worker:
        for _ in range(3):
            await worker.step()
        place.line.manner = lambda: GOOD
        place.line.hang_up()
        # What was kept arrives while the same requests are on their way again.
        await asyncio.gather(place.line.replay(), drained := asyncio.ensure_future(place.drain(worker)))
        await place.line.replay()
    return "" if drained.result() else f"{name}: not drained"


async def slow(seed: int, runs: int) -> Tally:
    """9,600 bit/s in either direction; `runs` requests, in at most twice the time that the bytes alone take."""
    async with desk(seed) as place:
        place.patience = 50.0
        await place.submit(runs)
        place.line.manner = lambda: Manner(rate=9600)
        started = time.monotonic()
        async with place.worker(1.0) as worker:
            drained = await place.drain(worker, 300)
        took = time.monotonic() - started
        least = max(place.line.up, place.line.down) * 8 / 9600
        print(f"  {runs} requests, {place.line.up} bytes up, {took:.1f} s; the bytes alone take {least:.1f} s")
        late = took > 2 * least + 20
        return await place.tally(
            runs, "" if drained else "not drained", f"{took:.0f} s for {least:.0f}" if late else ""
        )


async def no_inbox(seed: int, runs: int) -> Tally:
    """Control: an agency that has forgotten what it has, behind a line that cuts answers."""
    async with desk(seed, careless=True) as place:
        return await _every_byte(place, runs)
