"""`kill -9` at every point at which something has just become durable or visible, or is about to."""

import random
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

from tests.faults.nursery import Nursery
from tests.faults.power import fresh_folder
from tests.faults.rows import Tally
from tests.faults.town import Town, town, until

# Made again and again whether or not there is a request, so only the first of each is a point of its own.
STEADY: Final = frozenset(
    {
        "commit-read", "commit-approve_all", "commit-identify", "commit-Memory.tick", "commit-Road.lapse",
        "commit-Messages.claim", "commit-Road.statuses", "statuses", "events",
    }
)  # fmt: skip
# Passed only while a process starts.
START: Final = ("commit-start", "commit-prepare")
ONCE: Final = ("commit-Library.publish", "commit-Memory._renew", "commit-Hub.lease")
"""Passed at the first start only, which has a row of its own."""

FRESH: Final = ("commit-start", "commit-Library.publish", "commit-Memory._renew")
PATIENCE: Final = 15.0
"""Seconds in which a point that was ordered is to be passed."""

Point = tuple[str, int]


@asynccontextmanager
async def fresh_town(seed: int, nursery: Nursery, *, hub: bool = False, **controls: str) -> AsyncIterator[Town]:
    """A town in a folder of its own, which goes with it."""
    with fresh_folder() as folder:
        async with town(folder, seed, nursery, hub=hub, **controls) as made:
            yield made


async def enumerated(place: Town, role: str) -> list[Point]:
    """Every point that `role` passes during the start and one whole request, in order."""
    counts = Counter(place.passed(role))
    points: list[Point] = []
    for name, count in counts.items():
        last = 1 if name.rpartition(".")[0] in STEADY else count
        points += [(name, nth) for nth in range(1, last + 1) if not name.startswith(ONCE)]
    return points


async def _walked(place: Town) -> dict[str, list[Point]]:
    await place.request()
    assert await until(place.quiet)
    return {role: await enumerated(place, role) for role in place.powers}


async def _die_at(place: Town, orders: Iterable[tuple[str, Point]]) -> list[str]:
    """One request during which each of `orders` kills; returns the points that nothing came by."""
    orders = list(orders)
    powers = place.powers
    before = {role: powers[role].deaths for role, _ in orders}
    for role, (name, nth) in orders:
        place.order(role, name, 1 if name.startswith(START) else nth)
        if name.startswith(START):
            # It is passed at a start only, so that there must be one.
            powers[role].child.kill()
            before[role] += 1
    await place.request()
    missed = []
    for role, (name, nth) in orders:
        if not await until(lambda role=role: powers[role].deaths > before[role], PATIENCE):  # type: ignore[misc]
            missed.append(f"{role} {name} {nth}")
    place.calm()
    return missed


async def _verdict(place: Town, runs: int, missed: list[str]) -> Tally:
    settled = await until(place.quiet)
    notes = [] if settled else ["it does not come to rest"]
    notes += place.unsound()
    print(f"  not passed again: {missed}" if missed else "  every point was passed")
    return Tally(runs, len(place.told), len(place.lost()), place.doubled(), len(notes), tuple(notes))


async def single(seed: int, runs: int) -> Tally:
    """Each point of the node and of the agency, once; `runs` 0: all of them."""
    return await _single(seed, runs, ("node", "agency"), hub=False)


async def hub_single(seed: int, runs: int) -> Tally:
    """The same for the hub, when the node goes through one."""
    return await _single(seed, runs, ("hub",), hub=True)


async def _single(seed: int, runs: int, roles: tuple[str, ...], *, hub: bool) -> Tally:
    rng = random.Random(seed)
    with Nursery() as nursery:
        async with fresh_town(seed, nursery, hub=hub) as place:
            walked = await _walked(place)
            orders = [(role, point) for role in roles for point in walked[role]]
            chosen = orders if not runs or runs >= len(orders) else _spread(orders, runs, rng)
            missed: list[str] = []
            for order in chosen:
                missed += await _die_at(place, [order])
            return await _verdict(place, len(chosen), missed)


def _spread(orders: list[tuple[str, Point]], runs: int, rng: random.Random) -> list[tuple[str, Point]]:
    """As many as `runs`, with every name among them at least once while there is room."""
    names: dict[tuple[str, str], list[tuple[str, Point]]] = {}
    for order in orders:
        names.setdefault((order[0], order[1][0]), []).append(order)
    chosen = [rng.choice(same) for same in names.values()]
    rest = [order for order in orders if order not in chosen]
    return (chosen + rng.sample(rest, min(len(rest), max(0, runs - len(chosen)))))[:runs]


async def pairs(seed: int, runs: int) -> Tally:
    """A point of the node and a point of the agency during one request."""
    return await _pairs(seed, runs, [("node", "agency")], hub=False)


async def hub_pairs(seed: int, runs: int) -> Tally:
    """A point of the hub, and a point of the node or of the agency."""
    return await _pairs(seed, runs, [("hub", "node"), ("hub", "agency")], hub=True)


async def _pairs(seed: int, runs: int, roles: list[tuple[str, str]], *, hub: bool) -> Tally:
    rng = random.Random(seed)
    with Nursery() as nursery:
        async with fresh_town(seed, nursery, hub=hub) as place:
            walked = await _walked(place)
            both = [((a, x), (b, y)) for a, b in roles for x in walked[a] for y in walked[b]]
            chosen = both if not runs or runs >= len(both) else rng.sample(both, runs)
            missed: list[str] = []
            for one in chosen:
                missed += await _die_at(place, one)
            return await _verdict(place, len(chosen), missed)


async def first_start(seed: int, runs: int) -> Tally:
    """Each commit of the first start of a node on an empty folder."""
    tallies = []
    orders = [(name, side, nth) for name in FRESH for side in ("before", "after") for nth in (1, 2, 3)]
    with Nursery() as nursery:
        for number, (name, side, nth) in enumerate(orders[: runs or None]):
            async with fresh_town(seed + number, nursery) as place:
                # The town starts its node at once: what it left is thrown away, and it starts again under orders.
                await place.node.off()
                shutil.rmtree(place.folder / "sala-data", ignore_errors=True)
                place.order("node", f"{name}.{side}", nth)
                place.node.on()
                await place.request()
                tallies.append(await _verdict(place, 1, []))
    return Tally(
        len(tallies),
        sum(one.requests for one in tallies),
        sum(one.lost for one in tallies),
        sum(one.doubled for one in tallies),
        sum(one.broken for one in tallies),
        tuple(note for one in tallies for note in one.notes),
    )


async def early(seed: int, runs: int) -> Tally:
    """Control: a node that answers the phone before it commits, killed in between."""
    with Nursery() as nursery:
        async with fresh_town(seed, nursery, node="early") as place:
            await place.request()
            presses = Counter(place.passed("node"))["commit-press.before"]
            for _ in range(runs):
                place.order("node", "commit-press.before", presses)
                number = len(place.told)
                await place.request()
                assert len(place.told) >= number
                await until(lambda: not (place.folder / "node.order").exists(), PATIENCE)
                place.calm()
            await until(place.quiet)
            return Tally(runs, len(place.told), len(place.lost()), place.doubled())


async def careless(seed: int, runs: int) -> Tally:
    """Control: an agency whose inbox is a second transaction, killed between the two."""
    with Nursery() as nursery:
        async with fresh_town(seed, nursery, agency="careless") as place:
            for _ in range(runs):
                place.order("agency", "effect")
                await place.request()
                await until(lambda: not (place.folder / "agency.order").exists(), PATIENCE)
                place.calm()
            await until(place.quiet, 20)
            return Tally(runs, len(place.told), len(place.lost()), place.doubled())
