"""The officers' list: who sees what, order and paging, search, counts; on a store with a few hundred requests."""

import re
from typing import Any

import pytest

from store.memory import Memory
from store.queue import COUNTED, Wanted, neighbours
from store.scope import EVERYTHING, Scope
from store.values import Settlement, Trip
from tests.store.conftest import Hands, Opened
from tests.store.desk_kit import submission, write

XAY, PEK = Scope(("LA04",), ("*",)), Scope(("LA0901",), ("*",))


async def refuse(memory: Memory, seq: int, agency: str, *fields: str, code: str = "invalid") -> None:
    said = Settlement(seq, "refuse", code=code, reason="bad_value", fields=fields)
    await memory.road.settle(
        agency, [said], Trip(agency, "http", (seq,), "answered"), memory.clock.steady(), wake=False
    )


async def filled(memory: Memory, count: int = 120) -> None:
    """Every third in another province, every fifth of another agency and service, every seventh without a place."""
    submits = []
    for n in range(1, count + 1):
        over: dict[str, Any] = {"place": "" if n % 7 == 0 else "LA0402" if n % 3 == 0 else "LA0901"}
        if n % 5 == 0:
            over |= {"service": "farm", "agencies": ("agriculture",)}
        submits.append(submission(n, **over))
    await write(memory, submits)


async def walked(memory: Memory, scope: Scope, wanted: Wanted, size: int = 7) -> list[int]:
    """All pages of a list, one after the other."""
    seen: list[int] = []
    while page := await memory.queue.page(scope, wanted, size):
        seen += [one.seq for one in page]
        wanted = Wanted(**{name: getattr(wanted, name) for name in wanted.__slots__} | {"at": page[-1].cursor})
    return seen


@pytest.mark.parametrize("newest", [True, False])
async def test_pages_hold_every_request_of_the_scope_once_and_no_other(memory: Memory, *, newest: bool) -> None:
    await filled(memory)
    mine = [n for n in range(1, 121) if n % 3 == 0 and n % 7 != 0]
    seen = await walked(memory, XAY, Wanted(newest=newest))
    assert seen == sorted(mine, reverse=newest)
    assert await walked(memory, EVERYTHING, Wanted(newest=newest)) == sorted(range(1, 121), reverse=newest)
    assert await walked(memory, Scope(), Wanted(newest=newest)) == []
    agency = Scope(("*",), ("agriculture",))
    assert await walked(memory, agency, Wanted(newest=newest)) == sorted(range(5, 121, 5), reverse=newest)
    assert await memory.queue.count(XAY, Wanted()) == len(mine)
    assert await memory.queue.count(EVERYTHING, Wanted(place="-")) == 120 // 7


async def test_back_leads_to_the_page_before(memory: Memory) -> None:
    await filled(memory)
    first = await memory.queue.page(EVERYTHING, Wanted(), 10)
    second = await memory.queue.page(EVERYTHING, Wanted(at=first[-1].cursor), 10)
    again = await memory.queue.page(EVERYTHING, Wanted(at=second[0].cursor, back=True), 10)
    assert [one.seq for one in again] == [one.seq for one in first]


async def test_a_reference_of_another_district_or_agency_is_not_there(memory: Memory) -> None:
    await filled(memory, 12)
    third, fifth = submission(3).reference, submission(5).reference
    assert (await memory.queue.one(XAY, third)) is not None
    assert (await memory.queue.one(PEK, third)) is None
    assert (await memory.queue.one(Scope(("*",), ("civil-registry",)), fifth)) is None
    assert (await memory.queue.one(Scope(("*",), ("agriculture",)), fifth)) is not None
    assert await memory.queue.search(PEK, third, 5) == ([], False)


async def test_what_was_refused_is_a_tab_of_its_own_and_settled_within_the_scope_only(memory: Memory) -> None:
    await filled(memory, 12)
    for seq in (3, 8):
        await refuse(memory, seq, "civil-registry", "name")
    found = await memory.queue.page(EVERYTHING, Wanted(group="fix"), 10)
    assert [(one.seq, one.ways[0].state, one.ways[0].fields) for one in found] == [
        (3, "officer_review", ("name",)),
        (8, "officer_review", ("name",)),
    ]
    assert [one.seq for one in await memory.queue.page(PEK, Wanted(group="fix"), 10)] == [8]
    third = submission(3).reference
    assert await memory.review.waiting(third, PEK) == []
    with pytest.raises(Exception, match="no such task"):
        await memory.review.withdraw(3, "civil-registry", actor="kham", scope=PEK)
    assert len(await memory.review.waiting(third, XAY)) == 1, "and it still waits"
    await memory.review.withdraw(3, "civil-registry", actor="kham", scope=XAY)
    assert [one.seq for one in await memory.queue.page(EVERYTHING, Wanted(group="fix"), 10)] == [8]
    assert [(one.act, one.actor) for one in await memory.audit.entries(subject=third)] == [("withdraw", "kham")]


def test_a_mistyped_reference_has_few_neighbours_and_the_meant_one_is_among_them() -> None:
    meant = submission(4711).reference
    for place in range(9):
        wrong = meant[:place] + str((int(meant[place]) + 3) % 10) + meant[place + 1 :]
        assert meant in neighbours(wrong)
        assert len(neighbours(wrong)) < 40
    assert meant in neighbours(meant[1] + meant[0] + meant[2:])
    assert meant in neighbours(meant[:4] + meant[5:])


async def test_search_forgives_a_typing_error_and_knows_the_last_digits(memory: Memory) -> None:
    await filled(memory, 30)
    meant = submission(12).reference
    wrong = meant[:2] + str((int(meant[2]) + 1) % 10) + meant[3:]
    found, guessed = await memory.queue.search(EVERYTHING, f" {wrong[:3]} {wrong[3:]}", 9)
    assert guessed
    assert 12 in [one.seq for one in found]
    await memory.queue.add_cards(
        [(seq, (number or 0) % 10_000, "0901005") for seq, number, _, _ in await memory.queue.cardless(99)]
    )
    found, guessed = await memory.queue.search(EVERYTHING, "0011", 9)
    assert ([one.seq for one in found], guessed) == ([12], False)
    assert (await memory.queue.search(PEK, "0011", 9))[0] == []
    village = await memory.queue.page(XAY, Wanted(village="0901005"), 50)
    assert [one.seq for one in village] == [n for n in range(1, 31) if n % 3 == 0 and n % 7]


async def test_age_is_a_number_found_by_halving(opened: Opened, hands: Hands) -> None:
    async with opened() as memory:
        for n in range(1, 21):
            await write(memory, [submission(n)])
            hands.go(3600)
        at = int(hands.wall) - 5 * 3600
        old = await walked(memory, EVERYTHING, Wanted(before=at))
        assert old == list(range(1, 16))
        assert await walked(memory, EVERYTHING, Wanted(before=at, newest=True)) == old[::-1]


async def test_counting_stops_at_a_bound(memory: Memory) -> None:
    await write(memory, [submission(n) for n in range(1, COUNTED + 21)])
    assert await memory.queue.count(EVERYTHING, Wanted(group="wait")) == COUNTED


async def test_no_list_reads_a_whole_table(memory: Memory) -> None:
    await filled(memory, 60)
    asked: list[tuple[str, list[object]]] = []
    for scope in (EVERYTHING, XAY):
        for wanted in (Wanted(), Wanted(group="fix"), Wanted(village="0901005"), Wanted(service="farm", newest=True)):
            asked += await memory.queue._strands(scope, wanted, 10)
    assert len(asked) > 10
    for statement, values in asked:
        plan = [row[3] for row in await memory._reading.rows(f"EXPLAIN QUERY PLAN {statement}", values)]
        scans = [step for step in plan if re.match(r"SCAN (?!\(|json_each)", step) and "VIRTUAL" not in step]
        assert [step for step in scans if not step.startswith("SCAN (subquery")] == [], (statement, plan)
