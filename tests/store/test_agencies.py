"""An agency decides what was on its way to it, and nothing else."""

from store.memory import Memory
from store.values import StatusEvent
from tests.store.conftest import NOON, dial, rows


async def test_another_agency_cannot_decide(memory: Memory) -> None:
    reference = await dial(memory, "SUBMIT")
    (offer,) = await memory.road.due("registry", 10, NOON)
    event = StatusEvent(1, offer.id, reference, "approved")
    await memory.road.statuses("stranger", [event], "1", NOON)
    assert await rows(memory, "SELECT status FROM request") == [("received",)]
    await memory.road.statuses("registry", [event], "1", NOON)  # the control
    assert await rows(memory, "SELECT status FROM request") == [("approved",)]
