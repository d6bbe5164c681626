"""The officer's tasks: what is refused is put right or withdrawn."""

import json

import pytest

from flows.errors import StoreFault
from store.memory import Memory
from store.values import Settlement
from tests.store.conftest import LAO, NOON, dial
from tests.store.road_kit import AGENCY, due, lease, requests, settle, sound, states, traffic


async def refused(memory: Memory) -> str:
    (reference,) = await requests(memory, 1)
    await lease(memory, 1)
    await settle(memory, Settlement(1, "refuse", code="invalid", reason="missing_field", fields=("name",)))
    return reference


async def test_what_is_refused_becomes_an_officer_s_task(memory: Memory) -> None:
    reference = await refused(memory)
    assert await states(memory) == ["officer_review"]
    (task,) = await memory.review.tasks(AGENCY)
    assert (task.reference, task.code, task.reason, task.fields) == (reference, "invalid", "missing_field", ("name",))
    assert await memory.review.tasks(AGENCY, after=task.seq) == []
    assert (await traffic(memory)).in_review == 1
    assert await due(memory) == []
    await sound(memory)


async def test_an_officer_amends(memory: Memory) -> None:
    await refused(memory)
    assert await memory.review.amend(1, AGENCY, {"name": "Right"}) == 2
    assert await states(memory) == ["amended", "queued"]
    (offer,) = await memory.road.due(AGENCY, 10, NOON)
    data = json.loads(offer.event)["data"]
    assert (data["answers"], data["case"]["revision"], data["applicant"]) == ({"name": "Right"}, 2, {"msisdn": LAO})
    await sound(memory)
    with pytest.raises(StoreFault):
        await memory.review.amend(1, AGENCY, {})


async def test_an_officer_withdraws(memory: Memory) -> None:
    reference = await refused(memory)
    await memory.review.withdraw(1, AGENCY)
    assert await states(memory) == ["withdrawn"]
    found = await memory.review.find(reference)
    assert found is not None
    assert found.status == "withdrawn"
    await sound(memory)
    with pytest.raises(StoreFault):
        await memory.review.withdraw(1, AGENCY)


async def test_a_citizen_s_correction_settles_the_officer_s_task(memory: Memory) -> None:
    reference = await refused(memory)
    await dial(memory, f"CORRECT {reference}", session="c")
    assert await states(memory) == ["amended", "queued"]
    assert await due(memory) == [2]
    await sound(memory)


async def test_a_late_acceptance_does_not_unsettle_an_officer(memory: Memory) -> None:
    await refused(memory)
    await memory.review.withdraw(1, AGENCY)
    await settle(memory, Settlement(1, "accept"))
    assert await states(memory) == ["withdrawn"]
