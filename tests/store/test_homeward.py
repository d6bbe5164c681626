"""Statuses that come home: once, the newest, told to whom they may be told."""

from store.memory import Memory
from tests.store.conftest import NOON, dial, rows, sms
from tests.store.road_kit import AGENCY, accept, accepted, event, sound, states, told


async def test_a_status_comes_home_once(memory: Memory) -> None:
    reference, id_ = await accepted(memory)
    ready = event(reference, id_, "ready")
    assert await memory.road.statuses(AGENCY, [ready], "c1", NOON) == 1
    assert await memory.road.statuses(AGENCY, [ready], "c1", NOON) == 0
    assert await told(memory) == [f"{reference} is ready (en)"]
    assert await dial(memory, "MINE", session="m") == f"{reference} ready"
    mark = await memory.road.bookmark(AGENCY)
    assert (mark.cursor, mark.seq) == ("c1", 1)
    assert await memory.road.statuses(AGENCY, [event(reference, id_, "closed", 2)], None, NOON) == 1
    assert (await memory.road.bookmark(AGENCY)).cursor == "c1"


async def test_a_newer_status_replaces_an_unsent_older_one(memory: Memory) -> None:
    reference, id_ = await accepted(memory)
    await memory.road.statuses(AGENCY, [event(reference, id_, "in_review")], "c1", NOON)
    await memory.road.statuses(AGENCY, [event(reference, id_, "approved", 2)], "c2", NOON)
    assert await told(memory) == [f"{reference} is approved (en)"]
    found = await rows(memory, "SELECT state, number FROM message WHERE kind = 'status' ORDER BY id")
    assert found[0] == ("replaced", None)
    claimed = [one.text for one in await memory.messages.claim(10, NOON, "at")]
    assert claimed == [f"got {reference}"]


async def test_a_claimed_status_that_is_replaced_is_not_sent(memory: Memory) -> None:
    reference, id_ = await accepted(memory)
    (receipt,) = await memory.messages.claim(10, NOON, "at")
    await memory.messages.start(receipt.id)
    from store.values import Sent  # noqa: PLC0415 - only here

    await memory.messages.settle(receipt.id, Sent("g"), now=NOON)
    await memory.road.statuses(AGENCY, [event(reference, id_, "in_review")], "c1", NOON)
    (one,) = await memory.messages.claim(10, NOON, "at")
    await memory.road.statuses(AGENCY, [event(reference, id_, "approved", 2)], "c2", NOON)
    assert not await memory.messages.start(one.id)
    assert await told(memory) == [f"{reference} is approved (en)"]


async def test_of_several_in_one_answer_the_last_is_told_and_the_same_is_no_news(memory: Memory) -> None:
    reference, id_ = await accepted(memory)
    several = [event(reference, id_, "ready", 3), event(reference, id_, "in_review", 1), event(reference, id_, "x", 2)]
    assert await memory.road.statuses(AGENCY, several, "c", NOON) == 3
    assert await told(memory) == [f"{reference} is ready (en)"]
    await memory.road.statuses(AGENCY, [event(reference, id_, "ready", 4)], "c", NOON)
    assert len(await told(memory)) == 1


async def test_a_late_status_of_an_older_revision_is_recorded_only(memory: Memory) -> None:
    reference, id_ = await accepted(memory)
    fields = ("name",)
    await memory.road.statuses(
        AGENCY, [event(reference, id_, "needs_correction", 1, reason="bad_value", fields=fields)], "c", NOON
    )
    found = await rows(memory, "SELECT status, reason, fields FROM request")
    assert found == [("needs_correction", "bad_value", '["name"]')]
    await dial(memory, f"CORRECT {reference}", session="c")
    await memory.road.statuses(AGENCY, [event(reference, id_, "approved", 2)], "c", NOON)
    assert await rows(memory, "SELECT status FROM request") == [("received",)]
    (offer,) = await memory.road.due(AGENCY, 1, NOON)
    await memory.road.statuses(AGENCY, [event(reference, offer.id, "rejected", 3)], "c", NOON)
    assert await rows(memory, "SELECT status FROM request") == [("rejected",)]
    assert await rows(memory, "SELECT seq, applied FROM status_event ORDER BY seq") == [(1, 1), (2, 0), (3, 1)]


async def test_strange_events_move_the_cursor_and_nothing_else(memory: Memory) -> None:
    reference, _ = await accepted(memory)
    odd = [
        event("999999999", "x", "ready", 1),
        event("nonsense", "", "ready", 2),
        event(reference, "other", "ready", 3),
    ]
    assert await memory.road.statuses(AGENCY, odd, "c9", NOON) == 3
    assert await told(memory) == []
    assert (await memory.road.bookmark(AGENCY)).seq == 3
    assert await memory.road.statuses("never-seen", [], "z", NOON) == 0
    assert (await memory.road.bookmark("never-seen")).cursor == "z"


async def test_who_said_stop_is_not_told(memory: Memory) -> None:
    reference, id_ = await accepted(memory)
    await memory.turns.overhear(sms("STOP", "m1"))
    await memory.road.statuses(AGENCY, [event(reference, id_, "ready")], "c", NOON)
    assert await told(memory) == []
    assert await dial(memory, "MINE", session="m") == f"{reference} ready"


async def test_the_language_of_a_status_is_the_person_s(memory: Memory) -> None:
    reference, id_ = await accepted(memory)
    await dial(memory, "LANG lo", session="l")
    await memory.road.statuses(AGENCY, [event(reference, id_, "ready")], "c", NOON)
    assert await told(memory) == [f"{reference} is ready (lo)"]


async def test_an_anonymous_case_gets_no_message(memory: Memory) -> None:
    reference = (await dial(memory, "TIP x")).removeprefix("tip ")
    (offer,) = await memory.road.due(AGENCY, 1, NOON)
    assert await memory.road.statuses(AGENCY, [event(reference, offer.id, "closed")], "c", NOON) == 1
    assert await told(memory) == []


async def test_after_a_rejection_the_same_may_be_sent_again(memory: Memory) -> None:
    first = await dial(memory, "ONCE kham")
    (offer,) = await memory.road.due(AGENCY, 1, NOON)
    await memory.road.statuses(AGENCY, [event(first, offer.id, "rejected")], "c", NOON)
    assert (await dial(memory, "ONCE kham", session="s2")).isdigit()


async def test_an_agency_that_has_gone_back_is_offered_again_and_repeats_nothing(memory: Memory) -> None:
    reference, id_ = await accepted(memory)
    await memory.road.statuses(
        AGENCY, [event(reference, id_, "in_review", 1), event(reference, id_, "ready", 2)], "c", 1
    )
    assert await memory.road.gone_back(AGENCY, NOON) == 1
    assert await states(memory) == ["in_doubt"]
    await sound(memory)
    assert (await memory.road.bookmark(AGENCY)).seq == 0
    (offer,) = await memory.road.due(AGENCY, 1, NOON)
    assert offer.in_doubt
    await accept(memory, 1)
    assert await memory.road.statuses(AGENCY, [event(reference, id_, "in_review", 1)], "d", NOON) == 1
    assert await rows(memory, "SELECT status FROM request") == [("ready",)]
    assert await told(memory) == [f"{reference} is ready (en)"]
    # What it says anew under an old number is news.
    assert await memory.road.statuses(AGENCY, [event(reference, id_, "closed", 2)], "e", NOON) == 1
    assert await rows(memory, "SELECT status FROM request") == [("closed",)]
