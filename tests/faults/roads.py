"""The same requests by SMS, HTTP, stick and hub at once, in every order, and the answers home in any: one effect."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from typing import Final

from sync.agency import nodes as nodes_of
from sync.agency.book import Book
from sync.agency.bundles import read_bundles
from sync.agency.intake import Record
from sync.bundle.node import read_receipts, write_bundle
from sync.connectors import hub as through
from sync.connectors.native import NativeSettings
from sync.means import Counters
from sync.port import Batch
from sync.signing import new_secret
from sync.statuses import Listener
from sync.worker import Worker
from tests.faults.power import fresh_folder
from tests.faults.rows import Tally
from tests.sync.bearer import kit
from tests.sync.bearer.air import AGENCY, World, ids, world
from tests.sync.hub.kit import HUB, Hub

ROADS: Final = ("sms", "http", "stick", "hub")
ORDERS: Final = tuple(permutations(ROADS))
REQUESTS: Final = 3


@dataclass
class Crossing:
    """One node that sends the same by every road."""

    one: World
    hub: Hub
    through: through.Connector
    stick: Path
    gone: dict[str, int] = field(default_factory=dict)

    async def leave(self, road: str) -> None:
        """Everything that has no word yet goes by this road, and arrives; nobody hears the answer yet."""
        one = self.one
        await one.memory.road.wake(AGENCY, int(one.hands.wall))
        match road:
            case "sms":
                self.gone[road] = len(await one.up())
            case "http":
                offers = await one.memory.road.due(AGENCY, 100, int(one.hands.wall))
                self.gone[road] = len((await one.connector.deliver(Batch("batch", tuple(offers)))).outcomes)
            case "stick":
                keys = {AGENCY: one.connector.bundle_secret()}
                ledger = self.stick.parent / "ledger.json"
                means = one.carrier._means
                written = await write_bundle(one.memory.road, keys, kit.NODE, self.stick, ledger, means)
                await read_bundles(one.book, self.stick)
                self.gone[road] = written.records.get(AGENCY, 0)
            case _:
                done = await Worker(AGENCY, self.through, one.memory.road, one.carrier._means).step()
                await self.hub.relay()
                self.gone[road] = len(done.offers)

    async def hear(self, road: str) -> None:
        """The answer comes home by this road."""
        one = self.one
        match road:
            case "sms":
                await one.answers()
            case "http":
                await one.memory.road.wake(AGENCY, int(one.hands.wall))
                await Worker(AGENCY, one.connector, one.memory.road, one.carrier._means).step()
            case "stick":
                keys = {AGENCY: one.connector.bundle_secret()}
                await read_receipts(one.memory.road, keys, kit.NODE, self.stick, one.carrier._means, [AGENCY])
            case _:
                listener = Listener(AGENCY, self.through, one.memory.road, one.carrier._means, Counters())
                while await listener.ask(0):
                    pass


async def all_orders(seed: int, runs: int) -> Tally:
    """`runs` orders out of the twenty-four (0: all), each with another order home."""
    return await _walk(seed, runs, lambda _: _nothing())


async def forgetful(seed: int, runs: int) -> Tally:
    """Control: the agency forgets its inbox between any two roads."""
    return await _walk(seed, runs, _forget)


async def _nothing() -> None:
    return


async def _forget(book: Book) -> None:
    for statement in ("DELETE FROM inbox", "UPDATE request SET source = source || '.'"):
        await book.do(lambda link, statement=statement: link.execute(statement))  # type: ignore[misc]


async def _walk(seed: int, runs: int, between: Callable[[Book], Awaitable[None]]) -> Tally:
    rng = random.Random(seed)
    orders = rng.sample(ORDERS, min(runs, len(ORDERS))) if runs else list(ORDERS)
    tallies = []
    for order in orders:
        with fresh_folder() as folder:
            tallies.append(await _cross(folder, order, rng, between))
    notes = tuple(note for one in tallies for note in one.notes)
    lost, doubled = sum(one.lost for one in tallies), sum(one.doubled for one in tallies)
    return Tally(len(orders), REQUESTS * len(orders), lost, doubled, len(notes), notes)


async def _cross(
    folder: Path, order: tuple[str, ...], rng: random.Random, between: Callable[[Book], Awaitable[None]]
) -> Tally:
    stick = folder / "stick"
    stick.mkdir()
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(world(folder))
        secret = new_secret()
        at_agency = await one.book.do(nodes_of.enrol, HUB, hub=True)
        hub = Hub(folder / "hub", f"http://127.0.0.1:{one.port}", at_agency, {kit.NODE: secret})
        await hub.start()
        stack.push_async_callback(hub.stop)
        link = through.Connector(AGENCY, kit.NODE, NativeSettings.model_validate({"url": hub.url, "secret": secret}))
        stack.push_async_callback(link.close)
        place = Crossing(one, hub, link, stick)
        events = await one.submit(REQUESTS)
        await one.break_link()
        for road in order:
            await place.leave(road)
            await between(one.book)
        home = rng.sample(ROADS, len(ROADS))
        for road in home:
            await place.hear(road)
        return await _compared(place, events, f"{' '.join(order)}, home {' '.join(home)}")


async def _compared(place: Crossing, events: list[bytes], name: str) -> Tally:
    taken = await place.one.taken()
    effects = Counter(ids(taken))
    lost = len(set(ids(events)) - effects.keys())
    doubled = sum(n > 1 for n in effects.values())
    states = await place.one.states()
    notes = [f"{name}: {states}"] if set(states) != {"accepted"} else []
    if [one for one in place.gone.values() if one != REQUESTS]:
        notes.append(f"{name}: not all went by every road: {place.gone}")
    changed = {Record(one, {}).raw for one in taken} - set(events)
    notes += [f"{name}: the bytes changed on the way"] if changed else []
    return Tally(1, len(events), lost, doubled, len(notes), tuple(notes))
