import asyncio
import json
from typing import Any

import pytest

from flows.errors import Busy, CallFault, WrongNumber
from store.memory import Memory
from tests.store.conftest import LAO, Hands, Opened, call, dial, rows, sms
from tests.store.mind import small_mind

OTHER = "+8562055567890"


async def state(memory: Memory) -> list[tuple[Any, ...]]:
    """Every row that a turn can write."""
    tables = ("session", "person", "submission", "request", "delivery", "waiting", "tally", "message", "inbox", "note")
    return [row for table in tables for row in await rows(memory, f"SELECT '{table}', * FROM {table} ORDER BY 2")]  # noqa: S608 - the test's own tables


async def test_a_dialogue_from_dial_to_answer(memory: Memory) -> None:
    assert await dial(memory, "a", "b") == "a / b"


async def test_the_same_call_gets_the_stored_reply_and_changes_nothing(memory: Memory) -> None:
    await dial(memory, "a")
    before = await state(memory)
    again = await memory.turns.take(call("a"))
    assert (again.text, again.end, again.again) == ("a", False, True)
    assert await state(memory) == before


async def test_the_same_submission_is_made_once(memory: Memory) -> None:
    reference = await dial(memory, "a", "SUBMIT")
    replies = await asyncio.gather(*(memory.turns.take(call("a*SUBMIT")) for _ in range(20)))
    assert {(one.text, one.end) for one in replies} == {(reference, True)}
    assert await rows(memory, "SELECT count(*) FROM submission") == [(1,)]


async def test_identical_calls_in_one_batch_are_one_turn(memory: Memory) -> None:
    replies = await asyncio.gather(*(memory.turns.take(call("")) for _ in range(30)))
    assert {one.text for one in replies} == {"hello"}
    assert sum(not one.again for one in replies) == 1
    replies = await asyncio.gather(*(memory.turns.take(call("SUBMIT")) for _ in range(30)))
    assert len({one.text for one in replies}) == 1
    assert await rows(memory, "SELECT count(*) FROM submission") == [(1,)]


async def test_a_late_copy_of_an_older_call_gets_the_last_reply(memory: Memory) -> None:
    await dial(memory, "a", "b")
    late = await memory.turns.take(call("a"))
    assert (late.text, late.again) == ("a / b", True)
    assert (await memory.turns.take(call(""))).text == "a / b"
    assert (await memory.turns.take(call("a*b*c"))).text == "a / b / c"


async def test_an_input_may_hold_a_star(memory: Memory) -> None:
    await dial(memory, "a")
    assert (await memory.turns.take(call("a*b*c"))).text == "a / b*c"
    assert (await memory.turns.take(call("a*b*c*d"))).text == "a / b*c / d"
    assert (await memory.turns.take(call("a*b*c*d*"))).text == "a / b*c / d / "


async def test_a_text_that_does_not_extend_shows_the_screen_again_and_goes_on(memory: Memory) -> None:
    await dial(memory, "a", "b")
    assert (await memory.turns.take(call("x*y"))).text == "a / b"
    assert (await memory.turns.take(call("x*y*c"))).text == "a / b / c"


async def test_a_direct_dial(memory: Memory) -> None:
    assert (await memory.turns.take(call("1*2"))).text == "hello 1+2"
    assert (await memory.turns.take(call("1*2*a"))).text == "a"


async def test_very_long_texts(memory: Memory) -> None:
    long = "x" * 10_000
    await dial(memory, long)
    assert (await memory.turns.take(call(long))).again
    assert (await memory.turns.take(call(f"{long}*b"))).text.endswith(" / b")
    assert len((await rows(memory, "SELECT heard FROM session"))[0][0]) < 100


async def test_half_a_surrogate_and_control_marks_do_no_harm(memory: Memory) -> None:
    await dial(memory)
    for text in ("\ud83d", "\x00\x1b\u202e", "\x1f9:abc"):
        reply = await memory.turns.take(call(text))
        assert not reply.end


async def test_another_number_on_a_known_session_writes_nothing(memory: Memory) -> None:
    await dial(memory, "a")
    before = await state(memory)
    with pytest.raises(WrongNumber):
        await memory.turns.take(call("a*b", msisdn=OTHER))
    with pytest.raises(CallFault):
        await memory.turns.take(call("", "s2", "12345"))
    assert await state(memory) == before


async def test_a_wrong_number_does_not_fail_its_neighbours(memory: Memory) -> None:
    await dial(memory, "a")
    good, bad = await asyncio.gather(
        memory.turns.take(call("a*b")), memory.turns.take(call("a*b", msisdn=OTHER)), return_exceptions=True
    )
    assert isinstance(bad, WrongNumber)
    assert not isinstance(good, BaseException)
    assert good.text == "a / b"


async def test_a_new_session_takes_the_talk_over_and_late_copies_disturb_nothing(memory: Memory) -> None:
    await dial(memory, "a", "b")
    assert await dial(memory, session="s2") == "go on? 2"
    assert (await memory.turns.take(call("a*b"))).text == "a / b"
    assert (await memory.turns.take(call("a*b*zzz"))).text == "a / b"
    assert (await memory.turns.take(call("c", "s2"))).text == "a / b / c"


async def test_resume_ends_when_its_time_is_over(opened: Opened, hands: Hands) -> None:
    async with opened() as memory:
        await dial(memory, "a")
        await memory.turns.ended("at", "s1")
        hands.go(86_400 + 1)
        assert await dial(memory, session="s2") == "hello"


async def test_everything_is_there_after_a_restart(opened: Opened) -> None:
    async with opened() as memory:
        await dial(memory, "LANG lo", "a", "b")
        first = memory.epoch
    async with opened() as memory:
        assert memory.epoch != first
        assert (await memory.turns.take(call("LANG lo*a*b"))).again
        assert (await memory.turns.take(call("LANG lo*a*b*c"))).text == "a / b / c"
        assert memory.turns.language_of(LAO) == "lo"
        assert memory.turns.language_of(OTHER) == ""


async def test_the_cache_may_vanish_at_any_moment(memory: Memory) -> None:
    heard = ""
    await dial(memory)
    for text in "abcdef":
        memory._cache.clear()
        heard = f"{heard}*{text}" if heard else text
        await memory.turns.take(call(heard))
    assert (await memory.turns.take(call(heard))).text == "a / b / c / d / e / f"


async def test_more_sessions_than_the_cache_holds(opened: Opened) -> None:
    async with opened(settings={"most_cached": 16}) as memory:
        many = [f"+85620{n:08d}" for n in range(100)]
        for text, wanted in (("", "hello"), ("a", "a"), ("a*b", "a / b")):
            calls = (memory.turns.take(call(text, f"s{n}", n)) for n in many)
            assert {one.text for one in await asyncio.gather(*calls)} == {wanted}
        assert len(memory._cache) <= 32


async def test_a_plain_key_press_writes_one_row(memory: Memory) -> None:
    await dial(memory, "a")
    before = dict((await memory.readings()).rows)
    for text in ("a*b", "a*b*c"):
        await memory.turns.take(call(text))
    after = (await memory.readings()).rows
    assert {table: after[table] - before.get(table, 0) for table in after} == {
        "session": 2,
        "person": 0,
        "message": 0,
    } or (after["session"] - before["session"] == 2 and after.get("person") == before.get("person"))


async def test_two_calls_of_one_number_in_one_batch_are_heard_in_order(memory: Memory) -> None:
    first, second, third = await asyncio.gather(
        memory.turns.take(call("")), memory.turns.take(call("a")), memory.turns.take(call("a*b"))
    )
    assert (first.text, second.text, third.text) == ("hello", "a", "a / b")
    assert (await memory.readings()).counts["batches"] == 1


async def test_a_batch_shares_one_commit(memory: Memory) -> None:
    many = [f"+85620{n:08d}" for n in range(200)]
    await asyncio.gather(*(memory.turns.take(call("", f"s{n}", n)) for n in many))
    before = (await memory.readings()).counts["batches"]
    await asyncio.gather(*(memory.turns.take(call("a", f"s{n}", n)) for n in many))
    assert (await memory.readings()).counts["batches"] == before + 1


async def test_only_a_batch_that_wrote_counts_as_a_commit(memory: Memory) -> None:
    await dial(memory)
    before = (await memory.readings()).counts
    await memory.writer.do(lambda db: db.rows("SELECT 1"))
    looked = (await memory.readings()).counts
    await memory.turns.take(call("a"))
    wrote = (await memory.readings()).counts
    assert (looked["batches"], looked["commits"]) == (before["batches"] + 1, before["commits"])
    assert (wrote["batches"], wrote["commits"]) == (before["batches"] + 2, before["commits"] + 1)


async def test_a_turn_that_fails_keeps_the_answers_and_fails_alone(memory: Memory) -> None:
    await dial(memory, "LANG lo", "a", "b")
    await dial(memory, session="s9", msisdn=OTHER)
    bad, good = await asyncio.gather(
        memory.turns.take(call("LANG lo*a*b*BOOM")), memory.turns.take(call("x", "s9", OTHER))
    )
    assert (bad.text, bad.end) == ("try later lo", True)
    assert good.text == "x"
    assert (await memory.turns.take(call("LANG lo*a*b*BOOM"))).again
    assert await dial(memory, session="s2") == "go on? 2"
    assert (await memory.review.memos())[0].kind == "failed"


async def test_a_turn_that_cannot_be_written_fails_alone(memory: Memory) -> None:
    await dial(memory, "a")
    await dial(memory, session="s9", msisdn=OTHER)
    good, bad, other = await asyncio.gather(
        memory.turns.take(call("SUBMIT", "s9", OTHER)),
        memory.turns.take(call("a*UNWRITABLE")),
        memory.turns.take(call("", "s3", "+8562000000009")),
    )
    assert (bad.text, bad.end) == ("try later", True)
    assert good.text.isdigit()
    assert other.text == "hello"
    assert await rows(memory, "SELECT count(*) FROM submission") == [(1,)]
    assert await dial(memory, session="s2") == "go on? 1"


async def test_too_many_waiting_are_refused(opened: Opened) -> None:
    async with opened(settings={"most_waiting": 10}) as memory:
        calls = (memory.turns.take(call("", f"s{n}", f"+85620{n:08d}")) for n in range(25))
        done = await asyncio.gather(*calls, return_exceptions=True)
        assert sum(isinstance(one, Busy) for one in done) == 15
        assert (await memory.readings()).counts["busy"] == 15


async def test_a_cancelled_call_does_not_stop_the_batch(memory: Memory) -> None:
    tasks = [asyncio.ensure_future(memory.turns.take(call("", f"s{n}", f"+85620{n:08d}"))) for n in range(10)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(one, asyncio.CancelledError) for one in done) == 1
    assert sum(getattr(one, "text", "") == "hello" for one in done) == 9


async def test_closing_answers_what_is_under_way(opened: Opened) -> None:
    async with opened() as memory:
        tasks = [asyncio.ensure_future(memory.turns.take(call("", f"s{n}", f"+85620{n:08d}"))) for n in range(50)]
        await asyncio.sleep(0)
    assert {(await task).text for task in tasks} == {"hello"}
    with pytest.raises(Busy):
        await memory.turns.take(call("", "late"))


async def test_a_dropped_session_is_told_once(memory: Memory, hands: Hands) -> None:
    await dial(memory, "a")
    await memory.turns.ended("at", "s1")
    await memory.turns.ended("at", "s1")
    await memory.turns.ended("at", "never-heard-of")
    hands.go(400)
    await memory.sweep.silent()
    assert await rows(memory, "SELECT kind, text FROM message") == [("dropped", "unfinished")]
    late = await memory.turns.take(call("a"))
    assert (late.text, late.end) == ("a", False)


async def test_silence_drops_a_session_once_and_only_with_an_answer(memory: Memory, hands: Hands) -> None:
    await dial(memory, "a")
    await dial(memory, session="s2", msisdn=OTHER)
    hands.go(100)
    assert await memory.sweep.silent() == 0
    hands.go(100)
    assert await memory.sweep.silent() == 1
    assert await memory.sweep.silent() == 0
    assert await rows(memory, "SELECT kind, number FROM message") == [("dropped", int(LAO[1:]))]


@pytest.mark.parametrize("how", ["whole", "redial", "stop"])
async def test_when_no_dropped_text_is_sent(memory: Memory, hands: Hands, how: str) -> None:
    if how == "stop":
        await memory.messages.opt_out(LAO)
    await dial(memory, "a")
    if how == "redial":
        await dial(memory, session="s2")
    else:
        await memory.turns.ended("at", "s1", whole=how == "whole")
    hands.go(400)
    await memory.sweep.silent()
    assert await rows(memory, "SELECT kind FROM message") == []


async def test_a_message_is_taken_once(memory: Memory) -> None:
    await memory.turns.overhear(sms("a", "m1"))
    await asyncio.gather(*(memory.turns.overhear(sms("a", "m1")) for _ in range(10)))
    assert await rows(memory, "SELECT kind, text FROM message") == [("answer", "a")]
    assert await rows(memory, "SELECT count(*) FROM inbox") == [(1,)]


async def test_what_ussd_began_sms_goes_on_with_and_back(memory: Memory) -> None:
    await dial(memory, "a")
    await memory.turns.overhear(sms("b", "m1"))
    assert await rows(memory, "SELECT text FROM message") == [("a / b",)]
    assert (await memory.turns.take(call("a*c"))).text == "a / b / c"


async def test_what_sms_began_ussd_goes_on_with(memory: Memory) -> None:
    await memory.turns.overhear(sms("a", "m1"))
    assert await dial(memory) == "go on? 1"


async def test_a_message_whose_turn_fails_reaches_the_officer(memory: Memory) -> None:
    await memory.turns.overhear(sms("BOOM now", "m1"))
    memo = (await memory.review.memos())[0]
    assert (memo.kind, memo.text, memo.msisdn) == ("failed", "BOOM now", LAO)
    await memory.review.memo_done(memo.id)
    assert await memory.review.memos() == []


async def test_an_endless_question_is_a_fault_and_not_a_loop(opened: Opened) -> None:
    from flows.turn import Need  # noqa: PLC0415 - only here

    counter = iter(range(1000))
    mind = small_mind(hear=lambda *_: Need("once", ("x", str(next(counter)))))
    async with opened(mind=mind) as memory:
        reply = await memory.turns.take(call(""))
        assert (reply.text, reply.end) == ("try later", True)


async def test_the_event_of_a_submission(memory: Memory) -> None:
    reference = await dial(memory, "Kham", "SUBMIT")
    ((event, seq),) = await rows(memory, "SELECT event, seq FROM submission")
    assert seq == 1
    assert json.loads(event) == {
        "specversion": "1.0",
        "id": json.loads(event)["id"],
        "source": "urn:sala:node:LA-XK-03",
        "type": "sala.submission.v1",
        "subject": reference,
        "time": "2026-11-23T05:00:00Z",
        "datacontenttype": "application/json",
        "sequence": "1",
        "epoch": memory.epoch,
        "clock": "good",
        "data": {
            "service": "birth",
            "submission": "birth",
            "revision": "sha256:aa",
            "reference": reference,
            "channel": "ussd",
            "language": "en",
            "applicant": {"msisdn": LAO},
            "case": {"id": json.loads(event)["data"]["case"]["id"], "revision": 1},
            "answers": {"name": ["Kham"]},
            "consent": {"basis": "legal_task", "shown": "sha256:00"},
            "place": {"pcode": "LA0901"},
        },
    }
