"""Late news and clocks in doubt: what an agency signs bears witness, and old texts wait for the morning."""

from dataclasses import replace

from store.memory import Memory
from tests.store.conftest import NOON, Hands, rows
from tests.store.road_kit import AGENCY, accepted, event, told

DUE = "SELECT q.due_at FROM message_queue q JOIN message m ON m.id = q.id WHERE m.kind = 'status'"


async def test_a_status_that_was_long_on_its_way_is_not_told_in_the_night(memory: Memory, hands: Hands) -> None:
    reference, id_ = await accepted(memory)
    hands.go(15 * 3600)  # three in the morning
    late = replace(event(reference, id_, "approved"), age=7 * 86_400)
    await memory.road.statuses(AGENCY, [late], "c1", NOON)
    assert await rows(memory, DUE) == [(NOON + 20 * 3600,)]
    await memory.road.statuses(AGENCY, [event(reference, id_, "ready", 2)], "c2", NOON)
    # What was decided just now goes at any hour, in place of the older one.
    assert await rows(memory, DUE) == [(NOON + 15 * 3600,)]
    assert await told(memory) == [f"{reference} is ready (en)"]


def test_an_agency_is_a_witness_of_the_time(hands: Hands) -> None:
    clock = hands.clock()
    clock.believe(NOON + 10 * 365 * 86_400)  # written under a clock that had run away
    assert str(clock.quality) == "doubtful"
    clock.hear(NOON + 60)
    assert (str(clock.quality), clock.offset or 0) == ("good", 60)
    hands.wall += 7200
    assert str(clock.quality) == "doubtful"
    clock.hear(NOON)
    assert str(clock.quality) == "good"
    clock.hear(NOON + 86_400)
    assert str(clock.quality) == "doubtful"


async def test_a_reason_that_nobody_has_words_for_goes_to_the_officer_too(memory: Memory) -> None:
    reference, id_ = await accepted(memory)
    await memory.road.statuses(AGENCY, [event(reference, id_, "in_review", reason="other")], "c1", NOON)
    assert await memory.review.memos() == []
    await memory.road.statuses(AGENCY, [event(reference, id_, "rejected", 2, reason="annex-7")], "c2", NOON)
    (memo,) = await memory.review.memos()
    assert (memo.kind, memo.text) == ("reason", f"{reference} registry: rejected, annex-7")
    assert len(await told(memory)) == 1
