"""The road: what is due, leased and settled, what was held at a start, and what goes first."""

import json
from typing import Any

from store.memory import Memory
from store.values import Settlement, SignedAnswer, Traffic, Trip
from tests.store.conftest import LAO, NOON, Hands, Opened, dial, rows
from tests.store.road_kit import (
    AGENCY,
    accept,
    accepted,
    due,
    event,
    lease,
    requests,
    settle,
    sound,
    states,
    traffic,
)


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


async def test_a_stick_or_an_sms_says_nothing_of_the_link_and_costs_no_bytes(memory: Memory) -> None:
    await requests(memory, 2)
    await lease(memory, 1)
    await settle(memory, Settlement(1, "accept", code="accepted"))
    before = await traffic(memory)
    await lease(memory, 2, now=NOON + 60)
    for road in ("bundle", "sms"):
        trip = Trip(AGENCY, road, (2,), "bundle 7", bytes_out=1000)
        await memory.road.settle(AGENCY, (Settlement(2, "carry"),), trip, NOON + 60, wake=False)
    after = await traffic(memory)
    assert after.carried == 1
    same = ("bytes_out", "bytes_in", "last_at", "last_outcome")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
