import itertools
import json
from typing import Any

import pytest

from flows.errors import StoreFault
from store.memory import Memory
from store.road import STATES
from store.values import Offer, Settlement, SignedAnswer, StatusEvent, Traffic, Trip
from tests.store.conftest import LAO, NOON, Hands, Opened, dial, rows, sms

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


async def test_due_lease_accept(memory: Memory) -> None:
    reference, second = await requests(memory, 2)
    offers = await memory.road.due(AGENCY, 10, NOON)
    assert [(one.reference, one.attempts, one.in_doubt) for one in offers] == [
        (reference, 0, False),
        (second, 0, False),
    ]
    assert json.loads(offers[0].event)["id"] == offers[0].id
    assert await memory.road.due(AGENCY, 1, NOON) == offers[:1]
    assert await memory.road.due("nobody", 10, NOON) == []
    assert [one.seq for one in await lease(memory, 2, 1)] == [2, 1]
    assert await due(memory) == []
    assert await states(memory) == ["leased", "leased"]
    await settle(memory, Settlement(1, "accept", code="accepted", agency_ref="A1"))
    assert await states(memory) == ["accepted", "leased"]
    assert (await dial(memory, "MINE", session="mine")).splitlines() == [f"{second} received", f"{reference} accepted"]
    assert await rows(memory, "SELECT kind FROM message WHERE kind = 'status'") == []
    await sound(memory)


async def test_the_attempt_is_written_before_the_first_byte(memory: Memory) -> None:
    await requests(memory, 1)
    await lease(memory, 1)
    assert await rows(memory, "SELECT seq, outcome FROM attempt") == [(1, "")]
    await settle(memory, Settlement(1, "lose", code="transient", next_at=NOON + 9))
    assert await rows(memory, "SELECT outcome, bytes_out, milliseconds FROM attempt") == [("transient", 100, 5)]


async def test_a_second_officer_leases_nothing(memory: Memory) -> None:
    await requests(memory, 2)
    assert len(await lease(memory, 1)) == 1
    assert [one.seq for one in await memory.road.lease(AGENCY, [1, 2], "other", NOON + 60, NOON)] == [2]
    assert await memory.road.lease(AGENCY, [1, 2, 99], "other", NOON + 60, NOON) == []


async def test_a_lapsed_lease_is_in_doubt_and_due_in_its_old_place(memory: Memory) -> None:
    await requests(memory, 3)
    await lease(memory, 1)
    assert await memory.road.lapse(NOON + 59) == 0
    assert await memory.road.lapse(NOON + 60) == 1
    assert await due(memory) == [1, 2, 3]
    (first, *_) = await memory.road.due(AGENCY, 10, NOON)
    assert (first.in_doubt, first.attempts) == (True, 1)
    await sound(memory)


async def test_a_start_takes_up_what_the_last_run_held(opened: Opened) -> None:
    async with opened() as memory:
        await requests(memory, 2)
        await lease(memory, 1)
    async with opened() as memory:
        assert await states(memory) == ["in_doubt", "queued"]
        assert await due(memory) == [1, 2]
        await sound(memory)


async def test_waiting_and_waking(memory: Memory) -> None:
    await requests(memory, 4)
    await lease(memory, 1, 2, 3)
    await settle(
        memory,
        Settlement(1, "lose", next_at=NOON + 600),
        Settlement(2, "later", next_at=NOON + 600, held=True),
        Settlement(3, "give_back", next_at=0, counted=False),
    )
    assert await states(memory) == ["in_doubt", "retry_wait", "queued", "queued"]
    assert await due(memory) == [3, 4]
    assert (await rows(memory, "SELECT attempts FROM delivery ORDER BY seq")) == [(1,), (1,), (0,), (0,)]
    assert (await traffic(memory)).held == 1
    await settle(memory, wake=True)
    assert await due(memory) == [1, 3, 4]
    await memory.road.wake(AGENCY, NOON)
    assert await due(memory) == [1, 2, 3, 4]
    await sound(memory)


async def test_waking_reads_only_what_was_tried(memory: Memory) -> None:
    from store.road_sql import MOVED  # noqa: PLC0415 - only here

    plan = await rows(memory, f"EXPLAIN QUERY PLAN {MOVED}", 1, 0)
    assert "delivery_moved" in str(plan)


async def test_a_settlement_without_an_arrow_changes_nothing(memory: Memory) -> None:
    await requests(memory, 1)
    await accept(memory, 1)
    await settle(memory, Settlement(1, "lose", next_at=NOON), Settlement(77, "accept"))
    assert await states(memory) == ["accepted"]
    await sound(memory)


async def test_corrections_go_before_what_was_queued_with_them(memory: Memory, hands: Hands) -> None:
    (reference,) = await requests(memory, 1)
    await accept(memory, 1)
    await requests(memory, 2)
    await dial(memory, f"CORRECT {reference}", session="c")
    assert await due(memory, NOON) == [4, 2, 3]


async def test_a_case_s_next_revision_waits_for_the_one_before(memory: Memory) -> None:
    (reference,) = await requests(memory, 1)
    await lease(memory, 1)
    await dial(memory, f"CORRECT {reference}", session="c")
    assert await due(memory) == []
    await settle(memory, Settlement(1, "lose", next_at=NOON + 5))
    assert await due(memory, NOON + 4) == []
    assert await due(memory, NOON + 5) == [1]
    await accept(memory, 1)
    assert await due(memory) == [2]


async def test_one_agency_does_not_delay_another(memory: Memory) -> None:
    await dial(memory, "TWO")
    await lease(memory, 1)
    assert [one.seq for one in await memory.road.due("health", 10, NOON)] == [1]
    assert [one.agency for one in await memory.road.states()] == ["health", "registry"]


async def test_figures(memory: Memory, hands: Hands) -> None:
    await requests(memory, 1)
    hands.go(100)
    await dial(memory, "SUBMIT", session="x")
    assert await traffic(memory) == Traffic(AGENCY, waiting=2, oldest_at=NOON)
    await accept(memory, 1)
    figures = await traffic(memory)
    assert (figures.waiting, figures.accepted, figures.oldest_at, figures.accepted_through) == (1, 1, NOON + 100, NOON)
    assert (figures.bytes_out, figures.bytes_in, figures.last_outcome) == (100, 10, "ok")
    await accept(memory, 2)
    assert (await traffic(memory)).accepted_through == NOON + 100


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


async def test_bodies_go_some_days_after_acceptance_and_never_before(memory: Memory, hands: Hands) -> None:
    reference, id_ = await accepted(memory)
    digest = (await memory.trail(reference))[0].digest
    await dial(memory, "SUBMIT", session="y")
    hands.go(29 * 86_400)
    await memory.sweep.round()
    assert await rows(memory, "SELECT event IS NULL FROM submission ORDER BY seq") == [(0,), (0,)]
    hands.go(2 * 86_400)
    for _ in range(3):
        await memory.sweep.round()
    assert await rows(memory, "SELECT event IS NULL FROM submission ORDER BY seq") == [(1,), (0,)]
    first = (await memory.trail(reference))[0]
    assert (first.digest, first.details["body"]) == (digest, "gone after its retention")
    assert await rows(memory, "SELECT number IS NULL FROM request ORDER BY seq") == [(0,), (0,)]
    await memory.road.statuses(AGENCY, [event(reference, id_, "closed")], "c", NOON)
    for _ in range(3):
        await memory.sweep.round()
    assert await rows(memory, "SELECT number IS NULL FROM request ORDER BY seq") == [(1,), (0,)]
    assert await dial(memory, "MINE", session="m2") != "none"


async def test_the_trail_of_a_request(memory: Memory) -> None:
    reference, id_ = await accepted(memory)
    await memory.road.statuses(AGENCY, [event(reference, id_, "ready")], "c", NOON)
    hops = await memory.trail(reference)
    told_of = {(hop.kind, hop.what) for hop in hops}
    assert told_of == {
        ("submission", "revision 1"),
        ("delivery", "accepted"),
        ("attempt", "accepted"),
        ("status", "ready"),
        ("message", "receipt"),
        ("message", "status"),
    }
    assert hops[0].digest.startswith("sha256:")
    assert (hops[0].details["by"], hops[0].details["clock"], hops[0].details["epoch"]) == ("ussd", "good", memory.epoch)
    kinds = [hop.kind for hop in hops]
    assert kinds.index("attempt") < kinds.index("delivery")
    assert LAO[1:] not in str(hops)
    assert await memory.trail("000000000") == []
    assert await memory.trail("x") == []


async def test_the_oldest_is_found_behind_any_number_of_urgent_ones(memory: Memory, hands: Hands) -> None:
    await requests(memory, 1)
    old = (await traffic(memory)).oldest_at
    hands.go(3600)
    await requests(memory, 300)
    # A head start of a day for all but the oldest.
    for table in ("delivery", "waiting"):
        await memory.writer.do(lambda database, table=table: _ahead(database, table))  # type: ignore[misc]
    assert (await traffic(memory)).oldest_at == old


async def _ahead(database: Any, table: str) -> None:
    await database.begin()
    columns = "due_at = due_at - 86400, rank = rank - 86400" if table == "delivery" else "due_at = due_at - 86400"
    await database.rows(f"UPDATE {table} SET {columns} WHERE seq > 1")  # noqa: S608 - this test's own


async def test_the_signed_answer_is_kept_once_for_all_that_it_settled(memory: Memory) -> None:
    first, second, third = await requests(memory, 3)
    await lease(memory, 1, 2, 3)
    said = SignedAnswer("batch-7", "1795410000", "v1,c2ln", b'{"results":[]}')
    trip = Trip(AGENCY, "http", (1, 2, 3), "answered", answer=said)
    all_ = (Settlement(1, "accept", code="accepted"), Settlement(2, "refuse", code="invalid"), Settlement(3, "lose"))
    await memory.road.settle(AGENCY, all_, trip, NOON, wake=False)
    assert await rows(memory, "SELECT id, message, body FROM answer") == [(1, "batch-7", said.body)]
    assert await rows(memory, "SELECT answer FROM delivery ORDER BY seq") == [(1,), (1,), (0,)]
    for reference, id_ in ((first, "batch-7"), (second, "batch-7"), (third, None)):
        (hop,) = [hop for hop in await memory.trail(reference) if hop.kind == "delivery"]
        assert hop.details.get("webhook_id") == id_
    await lease(memory, 3)
    lost = Trip(AGENCY, "http", (3,), "answered", answer=said)
    await memory.road.settle(AGENCY, (Settlement(3, "lose"),), lost, NOON, wake=False)
    assert await rows(memory, "SELECT count(*) FROM answer") == [(1,)], "nothing was settled: nothing is kept"
