"""How a decided request went: who is asked and who never, once, after everything else; what an answer changes."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest

from flows.errors import SendError, StoreFault
from flows.turn import CaseKey
from store import rating_sql, sql
from store.asks import Ask, Cause, Writes
from store.figures import Figure
from store.memory import Memory
from store.scope import EVERYTHING
from tests.dialogue.flows import office
from tests.store.conftest import Hands, Opened, rows, sms
from tests.store.rating_kit import (
    DAY,
    FIRST,
    HOUR,
    OFFICE,
    a_day_later,
    asked,
    births,
    decide,
    mind,
    number,
    say,
    send_all,
)

LIVE = OFFICE.live


@pytest.fixture
async def node(opened: Opened) -> AsyncIterator[Memory]:
    async with opened(mind=mind()) as memory:
        yield memory


async def marks(memory: Memory) -> list[tuple[int, int, int]]:
    return [tuple(row) for row in await rows(memory, "SELECT request, stars, why FROM rating ORDER BY request")]


async def test_a_day_after_the_decision_one_sms_with_the_reference_alone(node: Memory, hands: Hands) -> None:
    sent = await births(node, 1)
    await decide(node, sent, "in_review")
    assert await marks(node) == [], "nobody has decided"
    await decide(node, sent, "approved")
    assert await marks(node) == [(1, 0, 0)]
    await a_day_later(node, hands, 23.9)
    assert await asked(node) == []
    await a_day_later(node, hands, 0.2)
    await a_day_later(node, hands, 2)
    assert await asked(node) == [1]
    text, parts, language = (await rows(node, "SELECT text, parts, language FROM message WHERE kind = 'feedback'"))[0]
    ref = sent[0].reference
    assert text == f"ບໍລິການ {ref[:3]} {ref[3:6]} {ref[6:]} ດີປານໃດ? 1 ບໍ່ດີ ... 5 ດີຫຼາຍ"
    assert (parts, language) == (1, "lo")
    assert (await node.readings()).feedback == {"asked": 1, "answered": 0}


@pytest.mark.parametrize("status", ["approved", "rejected", "ready", "closed"])
async def test_after_every_decision(node: Memory, hands: Hands, status: str) -> None:
    await decide(node, await births(node, 1), status)
    await a_day_later(node, hands)
    assert await asked(node) == [1]


@pytest.mark.parametrize("status", ["in_review", "needs_correction", "transferred"])
async def test_after_nothing_else(node: Memory, hands: Hands, status: str) -> None:
    await decide(node, await births(node, 1), status)
    await a_day_later(node, hands)
    assert await asked(node) == []
    assert await marks(node) == []


async def test_a_case_that_goes_on_is_asked_about_after_its_own_end(node: Memory, hands: Hands) -> None:
    sent = await births(node, 1)
    await decide(node, sent, "approved")
    await decide(node, sent, "needs_correction")
    await a_day_later(node, hands)
    assert await asked(node) == []
    await decide(node, sent, "closed")
    await a_day_later(node, hands)
    assert await asked(node) == [1]
    await decide(node, sent, "ready")
    await a_day_later(node, hands)
    await a_day_later(node, hands, 40 * 24)
    await decide(node, sent, "closed")
    await a_day_later(node, hands)
    assert (await asked(node)).count(1) + (await asked(node)).count(-1) == 1, "one case is asked about once"


async def private(memory: Memory) -> None:
    """One of each that may never be asked about, from number 11 on."""
    health, tip = LIVE["health"].digest, LIVE["say"].digest
    every = [
        *await births(memory, 11, service="health", revision=health, sensitive=True),
        *await births(memory, 12, service="say", revision=tip),
        *await births(memory, 13, trial=True),
        *await births(memory, 14),
        *await births(memory, 15, anonymous=True),
        *await births(memory, 16),
        *await births(memory, 17),
        *await births(memory, 18, revision="sha256:unknown"),
    ]

    async def lock(database: Any) -> None:
        key = CaseKey(every[3].case_id, "2468")
        ask = Ask("end", None, b"", FIRST + 14, b"")
        ask.hashes[key] = (b"salt", b"hash")
        await memory._scribe.write(database, Writes(causes=[Cause(key, "at", FIRST + 14, b"", "", ask)]))

    await memory.writer.do(lock)
    await say(memory, 16, "STOP")
    await say(memory, 17, "STOP")
    await say(memory, 17, "1")
    await decide(memory, every)


async def test_who_may_not_be_asked_is_not(node: Memory, hands: Hands) -> None:
    await private(node)
    await decide(node, await births(node, 1))
    await a_day_later(node, hands)
    assert await asked(node) == [1], "the control"
    assert [row[0] for row in await marks(node)] == [9], "nothing is left of those who are not asked"


async def test_one_number_is_asked_once_in_so_many_days(node: Memory, hands: Hands) -> None:
    every = [one for n in (1, 31, 32, 33) for one in await births(node, n, by=1)]
    await decide(node, every[:2])
    await a_day_later(node, hands)
    assert await asked(node) == [1]
    await decide(node, every[2:3])
    await a_day_later(node, hands, 29 * 24)
    assert await asked(node) == [1]
    await decide(node, every[3:])
    await a_day_later(node, hands)
    assert await asked(node) == [1, 1]


async def test_in_the_quiet_hours_nobody_is_asked(node: Memory, hands: Hands) -> None:
    hands.go(9 * HOUR)  # nine in the evening
    await decide(node, await births(node, 1))
    await a_day_later(node, hands)
    assert await asked(node) == []
    await a_day_later(node, hands, 11.5)
    assert await asked(node) == [1]


async def test_a_question_that_lies_until_the_evening_waits_for_the_morning(node: Memory, hands: Hands) -> None:
    hands.go(7.9 * HOUR)
    await decide(node, await births(node, 1))
    await a_day_later(node, hands)
    assert await asked(node) == [1]
    hands.go(HOUR)
    assert await send_all(node) == []
    hands.go(12 * HOUR)
    assert "ດີປານໃດ" in (await send_all(node))[-1].text


async def test_it_may_be_switched_off_and_what_waited_is_let_go(opened: Opened, hands: Hands) -> None:
    async with opened(mind=mind()) as memory:
        await decide(memory, await births(memory, 1))
    async with opened(mind=mind(), settings={"feedback": {"on": False}}) as memory:
        await decide(memory, await births(memory, 2))
        await a_day_later(memory, hands)
        assert await asked(memory) == []
        assert await marks(memory) == []


async def test_what_is_long_gone_is_not_asked_about(node: Memory, hands: Hands) -> None:
    await decide(node, await births(node, 1))
    hands.go(6 * DAY)  # the node was off
    await decide(node, await births(node, 2))
    await a_day_later(node, hands)
    assert await asked(node) == [2]


# --- behind everything else ------------------------------------------------------------------------------------------


async def test_it_goes_after_all_that_somebody_waits_for(node: Memory, hands: Hands) -> None:
    sent = await births(node, *range(1, 6))
    await decide(node, sent)
    await send_all(node)
    await a_day_later(node, hands)
    assert len(await asked(node)) == 5
    await decide(node, await births(node, *range(11, 14)))
    await say(node, 21, "HELP")
    first = await node.messages.claim(4, node.clock.now(), "at")
    assert not [one for one in first if "ດີປານໃດ" in one.text], "newer, and yet before them"
    assert await node.messages.claim(4, node.clock.now(), "at", spare=False) == []
    then = await node.messages.claim(9, node.clock.now(), "at")
    assert len(then) == 5
    assert all("ດີປານໃດ" in one.text for one in then)


async def test_what_is_put_off_puts_nothing_off(node: Memory, hands: Hands) -> None:
    sent = await births(node, 1)
    await decide(node, sent)
    await send_all(node)
    await a_day_later(node, hands)
    (question,) = await node.messages.claim(4, node.clock.now(), "at")
    await decide(node, sent, "ready")
    assert await node.messages.start(question.id, now=node.clock.now())
    failed = SendError("gone", retry=True)
    await node.messages.settle(question.id, failed, now=node.clock.now(), again_at=node.clock.now() + 900)
    (status,) = await node.messages.claim(4, node.clock.now(), "at")
    assert "ດີປານໃດ" not in status.text


async def test_no_plan_reads_all_decided_cases(node: Memory) -> None:
    for text in (rating_sql.NEXT, rating_sql.DUE, rating_sql.OVER, rating_sql.OPEN, rating_sql.DROP_SOME):
        plan = await node._writing.rows(f"EXPLAIN QUERY PLAN {text}", [1] * text.count("?"))
        told = " ".join(str(row[3]) for row in plan)
        assert not re.search(r"SCAN (?!CONSTANT|json_each)", told), told
        assert "TEMP B-TREE FOR ORDER" not in told, told
    plan = await node._writing.rows(f"EXPLAIN QUERY PLAN {rating_sql.DUE}", [1, 1])
    assert "rating_due" in str(plan[0][3])
    claim = await node._writing.rows(f"EXPLAIN QUERY PLAN {sql.CLAIM}", [1] * 5)
    assert any("message_queue_due" in str(row[3]) and "spare=?" in str(row[3]) for row in claim), claim


async def test_one_round_is_bounded(node: Memory, hands: Hands) -> None:
    await decide(node, await births(node, *range(1, 100)))
    hands.go(25 * HOUR)
    counts = [await node.ratings.round() for _ in range(4)]
    assert counts == [40, 40, 19, 0]


# --- kills -----------------------------------------------------------------------------------------------------------


class Torn(StoreFault):
    """The power goes here."""

    code = "torn"


async def test_a_stop_anywhere_neither_asks_twice_nor_forgets(opened: Opened, hands: Hands) -> None:
    """The transaction is broken after each of its statements in turn, and the node started anew."""
    statements = 0
    for broken_at in range(60):
        async with opened(mind=mind()) as memory:
            if broken_at == 0:
                await decide(memory, await births(memory, 1, 2))
                hands.go(25 * HOUR)
            done = await _broken(memory, broken_at)
            statements = max(statements, broken_at)
        async with opened(mind=mind()) as memory:
            found = (await asked(memory), [row[1:] for row in await rows(memory, "SELECT request, at > 0 FROM rating")])
            if done:
                assert found == ([1, 2], [(1,), (1,)])
                break
            assert found == ([], [(0,), (0,)]), f"half of it was written, broken at {broken_at}"
    assert statements >= 5, "it was broken in several places"
    async with opened(mind=mind()) as memory:
        await memory.ratings.round()
        assert await asked(memory) == [1, 2]


async def _broken(memory: Memory, at: int) -> bool:
    """Ask, and break off at this statement; whether it came to the end before."""
    database: Any = memory.writer._database
    count = 0
    real_rows, real_many = database.rows, database.many

    def tear() -> None:
        nonlocal count
        count += 1
        if count > at:
            raise Torn("here")

    async def torn_rows(statement: str, args: Any = ()) -> Any:
        tear()
        return await real_rows(statement, args)

    async def torn_many(statement: str, values: Any) -> None:
        tear()
        await real_many(statement, values)

    database.rows, database.many = torn_rows, torn_many
    try:
        await memory.ratings.round()
    except Torn:
        return False
    finally:
        del database.rows, database.many
    return True


async def test_the_search_for_a_double_finds_one(node: Memory, hands: Hands) -> None:
    """The control: were the mark written apart from the message, a stop in between would ask twice."""
    await decide(node, await births(node, 1))
    hands.go(25 * HOUR)
    await node.ratings.round()

    async def forget(database: Any) -> None:
        await database.begin()
        await database.rows("UPDATE rating SET at = 0")
        await database.rows("DELETE FROM rated")

    await node.writer.do(forget)
    await node.ratings.round()
    assert await asked(node) == [1, 1]


# --- answers ---------------------------------------------------------------------------------------------------------


async def ask_one(memory: Memory, hands: Hands, **over: Any) -> None:
    await decide(memory, await births(memory, 1, **over))
    await send_all(memory)
    await a_day_later(memory, hands)
    await send_all(memory)


async def test_the_first_mark_and_the_first_reason_count(node: Memory, hands: Hands) -> None:
    await ask_one(node, hands)
    (why,) = await say(node, 1, " ໒.")
    assert why.splitlines()[1] == "1 ຊ້າ"
    assert len(await say(node, 1, "3")) == 1
    assert await marks(node) == [(1, 2, 3)]
    await say(node, 1, "5")
    await say(node, 1, "5")
    assert await marks(node) == [(1, 2, 3)]
    assert (await node.readings()).feedback == {"asked": 1, "answered": 1}


async def test_the_same_message_again_is_answered_once(node: Memory, hands: Hands) -> None:
    await ask_one(node, hands)
    for _ in range(3):
        await node.turns.overhear(sms("4", "same", number(1)))
    assert await marks(node) == [(1, 4, 0)]
    assert (await rows(node, "SELECT count(*) FROM message WHERE kind = 'answer'")) == [(1,)]


async def test_after_its_time_an_answer_is_none(node: Memory, hands: Hands) -> None:
    await ask_one(node, hands)
    hands.go(7 * DAY)
    assert "HELP" in (await say(node, 1, "4"))[0]
    assert await marks(node) == [(1, 0, 0)]


async def test_a_question_waits_while_another_one_is_open(node: Memory, hands: Hands) -> None:
    await decide(node, await births(node, 1))
    hands.go(23 * HOUR)
    await say(node, 1, "BIRTH")
    await a_day_later(node, hands, 2)
    assert await asked(node) == []
    hands.go(25 * HOUR)  # the next day, and by day
    await node.sweep.round()
    await node.sweep.round()
    assert await asked(node) == [1]


# --- figures ---------------------------------------------------------------------------------------------------------


def told(found: Iterable[Figure], what: str, family: str = "") -> dict[str, int]:
    counts: Counter[str] = Counter()
    for one in found:
        if (one.what, one.family) == (what, family):
            counts[one.value] += one.n
    return dict(counts)


async def count(memory: Memory, hands: Hands) -> None:
    """The time for answers is over, and so are two weeks."""
    for days in (8, 8, 8):
        hands.go(days * DAY)
        for _ in range(3):
            await memory.sweep.round()


async def test_marks_are_told_of_five_and_forgotten(node: Memory, hands: Hands) -> None:
    women = await births(node, *range(1, 16))
    men = await births(node, *range(21, 36), answers={"applicant_sex": "m"}, channel="sms")
    await decide(node, [*women, *men])
    await send_all(node)
    await a_day_later(node, hands)
    await send_all(node)
    for n in (1, 2, 3, 4, 5, 21, 22, 23, 24, 25):
        await say(node, n, "5" if n < 20 else "4")
    for n in (6, 7, 8, 9, 10, 26, 27, 28, 29, 30):
        await say(node, n, "1")
        await say(node, n, "1" if n < 20 else "2")
    await count(node, hands)
    found = await node.figures.read(EVERYTHING)
    assert (told(found, "pleased"), told(found, "displeased"), told(found, "unanswered")) == (
        {"": 10},
        {"": 10},
        {"": 10},
    )
    assert told(found, "reasons", "why") == {}, "the quarter is not over"
    assert told(found, "displeased", "channel") == {"ussd": 5, "sms": 5}
    assert await marks(node) == [], "whose mark it was is forgotten"
    assert {one.district for one in found if one.what == "pleased"} == {"LA0901"}
    hands.go(60 * DAY)
    await node.sweep.round()
    found = await node.figures.read(EVERYTHING)
    assert told(found, "high_marks", "stars") == {"4": 5, "5": 5}
    assert told(found, "low_marks", "stars") == {"1": 10}
    assert told(found, "reasons", "why") == {"slow": 5, "cost": 5}
    assert told(found, "pleased_who", "sex") == {"f": 5, "m": 5}
    assert told(found, "unanswered_who", "sex") == {"f": 5, "m": 5}
    assert {one.district for one in found if one.what == "reasons"} == {"LA0901"}


async def test_a_question_that_never_left_was_not_asked(node: Memory, hands: Hands) -> None:
    await decide(node, await births(node, *range(1, 8)))
    await send_all(node)
    await a_day_later(node, hands)
    await count(node, hands)
    assert await rows(node, "SELECT count(*) FROM fresh_figure WHERE what = 'unanswered'") == [(0,)]
    assert told(await node.figures.read(EVERYTHING), "unanswered") == {}


async def test_the_number_stays_until_it_is_asked_and_goes_then(node: Memory, hands: Hands) -> None:
    """A request that takes longer than its answers are kept: the slow ones must not be missing."""
    sent = await births(node, 1, keep_days=3)
    await node.writer.do(lambda database: database.rows("UPDATE delivery SET state = 4"))
    hands.go(5 * DAY)
    await decide(node, sent)
    for _ in range(3):
        await node.sweep.round()
    assert await rows(node, "SELECT number IS NULL FROM request") == [(0,)]
    await a_day_later(node, hands)
    assert await asked(node) == [1]
    for _ in range(3):
        await node.sweep.round()
    assert await rows(node, "SELECT number IS NULL FROM request") == [(1,)]


def test_the_office_of_these_tests_has_what_it_needs() -> None:
    assert OFFICE.live["health"].sensitive
    assert OFFICE.live["say"].flow.anonymous is not None
    assert office().live["birth"].flow.anonymous is None
