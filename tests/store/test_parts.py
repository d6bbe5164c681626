"""Long messages in parts, reports by our own mark, and messages that go by another channel."""

import pytest

from flows.errors import SendError
from store.memory import Memory
from store.numbers import unpack_id, unpack_reference
from store.routes import Route, Routes
from store.values import Inbound, Outgoing, Part, Report, Sent, StatusEvent
from tests.store.conftest import LAO, NOON, Hands, dial, rows, sms

OTHER = "+8562095567890"


async def claimed(memory: Memory, channel: str = "at", now: int = NOON) -> Outgoing:
    (one,) = await memory.messages.claim(1, now, channel)
    assert await memory.messages.start(one.id)
    return one


async def state(memory: Memory) -> str:
    return str((await rows(memory, "SELECT state FROM message ORDER BY id"))[0][0])


async def test_a_message_in_parts_is_delivered_when_all_of_them_are(memory: Memory) -> None:
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    # The first part's report is quicker than its send.
    await memory.messages.report(Report("at", "g1", "delivered"))
    await memory.messages.part(one.id, Part(1, 1, 2), Sent("g1"), now=NOON, price=5)
    assert await state(memory) == "sending"
    await memory.messages.part(one.id, Part(1, 2, 2), Sent("g2"), now=NOON, price=5)
    await memory.messages.settle(one.id, Sent(""), now=NOON)
    assert await state(memory) == "sent"
    await memory.messages.report(Report("at", "g2", "sent"))
    assert await state(memory) == "sent"
    await memory.messages.report(Report("at", "g2", "delivered"))
    assert await state(memory) == "delivered"
    assert await memory.messages.spent("at", NOON) == 10


async def test_all_reports_may_come_before_the_send_is_over(memory: Memory) -> None:
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    for part, name in ((1, "g1"), (2, "g2")):
        await memory.messages.part(one.id, Part(1, part, 2), Sent(name), now=NOON, price=5)
        assert await state(memory) == "sending"
        await memory.messages.report(Report("at", name, "delivered"))
    await memory.messages.settle(one.id, Sent(""), now=NOON)
    assert await state(memory) == "delivered"


async def test_one_failed_part_is_a_failed_message(memory: Memory) -> None:
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    for part, name in ((1, "g1"), (2, "g2")):
        await memory.messages.part(one.id, Part(1, part, 2), Sent(name), now=NOON, price=5)
    await memory.messages.settle(one.id, Sent(""), now=NOON)
    await memory.messages.report(Report("at", "g2", "failed", "absent"))
    assert await rows(memory, "SELECT state, reason FROM message") == [("failed", "absent")]


async def test_a_part_that_has_left_is_known_at_the_next_try(memory: Memory) -> None:
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    await memory.messages.part(one.id, Part(1, 1, 2), Sent("g1"), now=NOON, price=5)
    await memory.messages.settle(one.id, SendError("503", retry=True), now=NOON, again_at=NOON + 5)
    assert (await claimed(memory, now=NOON + 5)).done == 1


@pytest.mark.parametrize("early", [True, False])
async def test_a_report_finds_its_message_by_our_mark(memory: Memory, early: bool) -> None:
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    if not early:
        await memory.messages.settle(one.id, Sent(""), now=NOON)
    await memory.messages.report(Report("at", "x", "delivered", mark=one.mark))
    if early:
        await memory.messages.settle(one.id, Sent("g9"), now=NOON)
    assert await state(memory) == "delivered"


async def test_a_mark_counts_on_its_own_channel_only(memory: Memory) -> None:
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    await memory.messages.settle(one.id, Sent(""), now=NOON)
    row, at = one.mark.split("-")
    for channel, mark in (
        ("other", one.mark),
        ("at", f"{row}-{int(at, 16) + 1:x}"),
        ("at", f"{int(row, 16) + 1:x}-{at}"),
    ):
        await memory.messages.report(Report(channel, "", "failed", mark=mark))
    assert await state(memory) == "sent"
    await memory.messages.report(Report("at", "", "delivered", mark=one.mark))
    assert await state(memory) == "delivered"


async def test_reports_by_marks_of_parts(memory: Memory) -> None:
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    await memory.messages.report(Report("at", "", "delivered", mark=f"{one.mark}-2"))
    for part in (1, 2):
        await memory.messages.part(one.id, Part(1, part, 2), Sent(""), now=NOON, price=5)
    await memory.messages.settle(one.id, Sent(""), now=NOON)
    await memory.messages.report(Report("at", "", "delivered", mark=f"{one.mark}-1"))
    assert await state(memory) == "delivered"


@pytest.mark.parametrize("mark", ["", "1", "x-y", "1-0", "1-0-0", "fffffffffffffffffff-1", "-", "1-6afe0000-z"])
async def test_a_mark_that_is_none_of_ours_changes_nothing(memory: Memory, mark: str) -> None:
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    await memory.messages.settle(one.id, Sent(""), now=NOON)
    await memory.messages.report(Report("at", "", "delivered", mark=mark))
    assert await state(memory) == "sent"


async def test_a_report_after_which_the_answer_never_comes_is_the_last_word(memory: Memory) -> None:
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    await memory.messages.report(Report("at", "", "delivered", mark=one.mark))
    await memory.messages.settle(one.id, SendError("no-answer", unknown=True), now=NOON)
    assert await state(memory) == "delivered"


TWO = Routes((Route("at", ("+856",), ("+856205",)), Route("b", ("+856",), ("+856209",), {"+856": 1})))


async def test_what_was_certainly_refused_goes_by_the_other_channel_in_order(memory: Memory) -> None:
    memory.route(TWO)
    bell = memory.bell("b")
    for n in range(3):
        await memory.turns.overhear(sms(str(n), f"m{n}"))
    one = await claimed(memory)
    await memory.messages.settle(one.id, SendError("no-connection", retry=True), now=NOON, again_at=NOON + 60)
    assert bell.is_set()
    assert await memory.messages.claim(5, NOON, "at") == []
    for text in ("0", "0 / 1", "0 / 1 / 2"):
        one = await claimed(memory, "b")
        assert one.text == text
        await memory.messages.settle(one.id, Sent(text), now=NOON)


@pytest.mark.parametrize(
    "error",
    [
        SendError("no-answer", unknown=True),
        SendError("no-answer", unknown=True, retry=True),
        SendError("403"),
        SendError("budget", retry=True),
    ],
    ids=["unknown", "to be asked again", "for good", "money"],
)
async def test_nothing_else_goes_by_another_channel(memory: Memory, error: SendError) -> None:
    memory.route(TWO)
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    await memory.messages.settle(one.id, error, now=NOON, again_at=NOON + 60)
    assert await memory.messages.claim(5, NOON + 3600, "b") == []
    assert await rows(memory, "SELECT channel FROM message") == [("at",)]


async def test_a_message_of_which_a_part_has_left_stays(memory: Memory) -> None:
    memory.route(TWO)
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    await memory.messages.part(one.id, Part(1, 1, 2), Sent("g1"), now=NOON, price=5)
    await memory.messages.settle(one.id, SendError("503", retry=True), now=NOON, again_at=NOON + 5)
    assert await memory.messages.claim(5, NOON + 5, "b") == []
    assert (await claimed(memory, now=NOON + 5)).done == 1


async def test_when_all_have_refused_it_waits_and_begins_anew(memory: Memory) -> None:
    memory.route(TWO)
    await memory.turns.overhear(sms("hello", "m1"))
    for channel, now in (("at", NOON), ("b", NOON), ("b", NOON + 60), ("at", NOON + 60)):
        one = await claimed(memory, channel, now)
        refused = SendError("no-connection", retry=True)
        await memory.messages.settle(one.id, refused, now=now, again_at=now + 60)
    assert await memory.messages.claim(5, NOON + 119, "at") == []
    assert await memory.messages.claim(5, NOON + 120, "at")


async def test_what_goes_to_an_agencys_modem_keeps_the_number_that_it_is_known_by(memory: Memory) -> None:
    memory.route(TWO)
    # Though its prefix is the other channel's.
    await memory.writer.do(lambda database: memory.bearer._enqueue(database, "at", OTHER, ["secret"]))
    one = await claimed(memory)
    await memory.messages.settle(one.id, SendError("503", retry=True), now=NOON, again_at=NOON + 5)
    assert await memory.messages.claim(5, NOON + 5, "b") == []
    assert (await claimed(memory, now=NOON + 5)).text == "secret"


async def test_failover_can_be_left_out(memory: Memory) -> None:
    memory.route(Routes(TWO.all, failover=False))
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    await memory.messages.settle(one.id, SendError("503", retry=True), now=NOON, again_at=NOON + 5)
    assert await memory.messages.claim(5, NOON + 5, "b") == []


async def came(memory: Memory) -> list[str]:
    return [row[0] for row in await rows(memory, "SELECT channel FROM came")]


async def test_a_status_goes_by_the_channel_that_the_number_last_came_by(memory: Memory, hands: Hands) -> None:
    memory.route(TWO)
    await dial(memory, "SUBMIT")
    assert await came(memory) == ["at"]
    hands.go(60)
    await memory.turns.overhear(Inbound("b", "m1", LAO, "1999", "hello"))
    assert await came(memory) == ["b"]
    (answer,) = await memory.messages.claim(9, NOON + 60, "b")
    await memory.messages.start(answer.id)
    await memory.messages.settle(answer.id, Sent("g"), now=NOON)
    ((reference, name),) = await rows(
        memory, "SELECT r.reference, s.id FROM request r JOIN submission s ON s.seq = r.seq"
    )
    event = StatusEvent(1, unpack_id(name), unpack_reference(reference), "approved")
    assert await memory.road.statuses("registry", [event], "c", NOON + 60) == 1
    assert [one.channel for one in await memory.messages.claim(9, NOON + 60, "b")] == ["b"]


async def test_a_lone_channel_keeps_no_such_row(memory: Memory) -> None:
    memory.route(Routes(TWO.all[:1]))
    await dial(memory, "a")
    assert await came(memory) == []


async def test_who_must_not_be_known_leaves_no_such_row(memory: Memory) -> None:
    memory.route(TWO)
    await memory.turns.overhear(Inbound("at", "m1", LAO, "1999", "TIP"))
    await memory.turns.overhear(Inbound("at", "m2", OTHER, "1999", "hello"))
    assert len(await came(memory)) == 1


async def test_the_row_goes_after_its_time(memory: Memory, hands: Hands) -> None:
    memory.route(TWO)
    await dial(memory, "a")
    await memory.sweep.round()
    assert await came(memory) == ["at"]
    hands.go(402 * 86_400)
    await memory.sweep.round()
    assert await came(memory) == []


@pytest.mark.parametrize(
    ("came_by", "number", "channel"),
    [
        ("b", LAO, "b"),  # whatever its prefix says
        ("at", OTHER, "at"),
        ("ussd", LAO, "at"),  # sends nothing: by prefix
        ("ussd", OTHER, "b"),
        ("gone", "+8563012345678", "b"),  # the cheapest
        ("at", "+66812345678", "at"),  # nobody reaches it: the lane refuses it
        ("pair", LAO, "b"),
    ],
)
def test_which_channel(came_by: str, number: str, channel: str) -> None:
    assert Routes(TWO.all, {"pair": "b"}).pick(came_by, number) == channel


async def test_what_nobody_knows_is_asked_once_more_in_its_place(memory: Memory) -> None:
    memory.route(TWO)
    for name in ("m1", "m2"):
        await memory.turns.overhear(sms("hello", name))
    first = await claimed(memory)
    await memory.messages.settle(first.id, SendError("no-answer", unknown=True), now=NOON)
    assert await memory.messages.ask_again("other", NOON, NOON - 60) == 0
    assert await memory.messages.ask_again("at", NOON, NOON + 60) == 0
    assert await memory.messages.states() == ["unknown", "queued"]
    assert await memory.messages.ask_again("at", NOON, NOON - 60) == 1
    for _ in range(2):
        again = await claimed(memory)
        assert (again.id, again.mark) == (first.id, first.mark)
        # Refused for sure this time; but the first time it may have been taken.
        await memory.messages.settle(again.id, SendError("no-connection", retry=True), now=NOON, again_at=NOON)
    assert await memory.messages.claim(5, NOON, "b") == []
    assert await memory.messages.ask_again("at", NOON, NOON - 60) == 0
