"""An agency that is put back to a backup from before it had told a node anything: no cursor shows it, a count does."""

import random
import shutil
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flows.errors import RoadFault
from sync import signing
from sync.agency import holding
from sync.agency import nodes as nodes_of
from sync.port import Batch
from tests.faults.power import fresh_folder
from tests.faults.rows import Tally
from tests.faults.times import AgencyBox
from tests.sync.hub.kit import AGENCY, DISTRICT, HUB, Hub, Node, connector, node

ROUNDS: Final = 40


@dataclass
class Line:
    """A district and its agency, with or without a hub between them."""

    box: AgencyBox
    district: Node
    hub: Hub | None = None

    @property
    def nodes(self) -> list[Node]:
        return [self.district] if self.hub is None else [self.district, self.hub.node]

    async def settle_down(self) -> bool:
        """Go on until everybody is content twice in a row; says whether it came to that."""
        calm = 0
        for _ in range(ROUNDS):
            calm = 0 if await self._round() else calm + 1
            if calm > 1:
                return True
        return False

    async def _round(self) -> bool:
        busy = False
        for one in self.nodes:
            one.clock.ahead += 5
            with suppress(RoadFault):
                while await one.service.listeners[AGENCY].ask(0):
                    busy = True
            while (await one.service.workers[AGENCY].step()).offers:
                busy = True
        return busy

    async def send_unheard(self) -> None:
        """Something reaches the agency (or the hub), and the answer is lost."""
        offers = await self.district.memory.road.due(AGENCY, 200, self.district.clock.means("").now())
        if offers:
            await self.district.service.connectors[AGENCY].deliver(Batch("unheard", tuple(offers)))


async def agency_early(seed: int, runs: int) -> Tally:
    """Half of the runs directly, half through a hub."""
    tallies = [await _run(seed + number, through_hub=bool(number % 2)) for number in range(runs)]
    notes = tuple(note for one in tallies for note in one.notes)
    figures = ((one.requests, one.lost, one.doubled) for one in tallies)
    requests, lost, doubled = (sum(column) for column in zip(*figures, strict=True))
    return Tally(runs, requests, lost, doubled, len(notes), notes)


async def agency_early_unmarked(seed: int, runs: int) -> Tally:
    """Control: nobody says how many requests it has."""
    told = holding.held
    holding.held = lambda *_: -1
    try:
        return await agency_early(seed, runs)
    finally:
        holding.held = told


async def _run(seed: int, *, through_hub: bool) -> Tally:
    rng = random.Random(seed)
    with fresh_folder() as folder:
        async with AsyncExitStack() as stack:
            line = await _open(folder, stack, through_hub=through_hub)
            return await _walk(line, folder, rng)


async def _open(folder: Path, stack: AsyncExitStack, *, through_hub: bool) -> Line:
    box = AgencyBox(folder / "agency")
    await box.on()
    stack.push_async_callback(box.off)
    url, secret, hub = f"http://127.0.0.1:{box.port}", box.secret, None
    if through_hub:
        own = await box.book.do(nodes_of.enrol, HUB, hub=True)
        secret = signing.new_secret()
        hub = Hub(folder / "hub", url, own, {DISTRICT: secret})
        await hub.start()
        stack.push_async_callback(hub.stop)
        url = hub.url
    road = connector(url, secret, DISTRICT, hub=through_hub)
    district = await stack.enter_async_context(node(folder / "district", DISTRICT, {AGENCY: road}))
    return Line(box, district, hub)


async def _walk(line: Line, folder: Path, rng: random.Random) -> Tally:
    told: set[str] = set()
    first = rng.randint(0, 5)
    told |= set(await line.district.submit(first)) if first else set()
    notes = [] if await line.settle_down() else ["not calm before"]
    await line.box.backup(folder / "early")
    told |= set(await line.district.submit(rng.randint(1, 8), first=100))
    notes += [] if await line.settle_down() else ["not calm between"]
    await line.box.restore(folder / "early")
    shutil.rmtree(folder / "early")
    if rng.random() < 0.7:
        # More comes than was lost, and not all of its answers are heard, before anybody asks.
        told |= set(await line.district.submit(rng.randint(1, 12), first=200))
        if rng.random() < 0.5:
            await line.send_unheard()
        if rng.random() < 0.5:
            for one in line.nodes:
                await one.service.workers[AGENCY].step()
    notes += [] if await line.settle_down() else ["not calm after"]
    await line.box.decide()
    notes += [] if await line.settle_down() else ["not calm at the end"]
    return await _tally(line, told, notes)


async def _tally(line: Line, told: set[str], notes: list[str]) -> Tally:
    subjects = Counter(str(event["subject"]) for event in await line.box.events())
    lost = len(told - subjects.keys())
    open_ = (await line.district.rows("SELECT count(*) FROM request WHERE status <> 'approved'"))[0][0]
    if open_ != lost:
        notes.append(f"{open_} never heard of")
    twice = "SELECT count(*) FROM message WHERE kind = 'status' GROUP BY reference HAVING count(*) > 1"
    doubled = sum(n > 1 for n in subjects.values()) + len(await line.district.rows(twice))
    return Tally(1, len(told), lost, doubled, len(notes), tuple(notes))
