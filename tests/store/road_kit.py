"""What the tests of the road do again and again: queue, lease, settle, look."""

import itertools
from typing import Any

from store.memory import Memory
from store.road import STATES
from store.values import Offer, Settlement, StatusEvent, Traffic, Trip
from tests.store.conftest import NOON, dial, rows

AGENCY = "registry"
_sessions = itertools.count()


async def requests(memory: Memory, count: int) -> list[str]:
    return [await dial(memory, "SUBMIT", session=f"r{next(_sessions)}") for _ in range(count)]


async def lease(memory: Memory, *seqs: int, now: int = NOON) -> list[Offer]:
    return await memory.road.lease(AGENCY, seqs, "me", now + 60, now)


async def settle(memory: Memory, *all_: Settlement, now: int = NOON, wake: bool = False) -> None:
    trip = Trip(AGENCY, "http", [one.seq for one in all_], "ok", bytes_out=100, bytes_in=10, milliseconds=5)
    await memory.road.settle(AGENCY, all_, trip, now, wake=wake)


async def states(memory: Memory) -> list[str]:
    return [STATES[row[0]] for row in await rows(memory, "SELECT state FROM delivery ORDER BY seq")]


async def due(memory: Memory, now: int = NOON) -> list[int]:
    return [one.seq for one in await memory.road.due(AGENCY, 100, now)]


async def traffic(memory: Memory) -> Traffic:
    (one,) = await memory.road.states()
    return one


async def sound(memory: Memory) -> None:
    """The counts, the narrow table and the states tell the same story."""
    counted = await rows(memory, "SELECT agency, state, count(*) FROM delivery GROUP BY 1, 2 ORDER BY 1, 2")
    assert await rows(memory, "SELECT * FROM tally WHERE n <> 0 ORDER BY 1, 2") == counted
    waiting = await rows(memory, "SELECT agency, due_at, seq FROM waiting ORDER BY 3")
    assert waiting == await rows(
        memory, "SELECT agency, due_at, seq FROM delivery WHERE state IN (0, 1, 2, 3, 9) ORDER BY 3"
    )


async def accept(memory: Memory, *seqs: int) -> None:
    await lease(memory, *seqs)
    await settle(memory, *(Settlement(seq, "accept", code="accepted", agency_ref=f"A{seq}") for seq in seqs))


def event(reference: str, id_: str, status: str, seq: int = 1, **over: Any) -> StatusEvent:
    return StatusEvent(seq, id_, reference, status, **over)


async def accepted(memory: Memory) -> tuple[str, str]:
    (reference,) = await requests(memory, 1)
    (offer,) = await memory.road.due(AGENCY, 1, NOON)
    await accept(memory, 1)
    return reference, offer.id


async def told(memory: Memory) -> list[str]:
    found = await rows(memory, "SELECT text FROM message WHERE kind = 'status' AND state = 'queued' ORDER BY id")
    return [row[0] for row in found]
