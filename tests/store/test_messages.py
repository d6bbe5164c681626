from typing import Any

import pytest

from flows.errors import SendError
from store.memory import Memory
from store.values import Part, Report, Sent
from tests.store.conftest import LAO, NOON, Hands, Opened, dial, rows, sms

OTHER = "+8562055567890"


async def queued(memory: Memory, *numbers: str) -> None:
    for n, number in enumerate(numbers):
        await memory.turns.overhear(sms(f"hello {n}", f"m{n}", number))


async def states(memory: Memory) -> list[tuple[Any, ...]]:
    return await rows(memory, "SELECT id, state FROM message ORDER BY id")


async def sent(memory: Memory, gateway_id: str = "g1") -> int:
    (one,) = await memory.messages.claim(1, NOON, "at")
    assert await memory.messages.start(one.id)
    await memory.messages.settle(one.id, Sent(gateway_id), now=NOON, price=100)
    return one.id


async def test_claimed_started_sent_delivered(memory: Memory) -> None:
    await queued(memory, LAO)
    (one,) = await memory.messages.claim(10, NOON, "at")
    assert (one.msisdn, one.text, one.parts, one.attempts) == (LAO, "hello 0", 1, 0)
    assert await memory.messages.claim(10, NOON, "at") == []
    assert await memory.messages.start(one.id)
    assert not await memory.messages.start(one.id)
    await memory.messages.settle(one.id, Sent("g1", "LAK 200"), now=NOON, price=2_000_000)
    assert await rows(memory, "SELECT state, gateway_id, cost, number FROM message") == [
        ("sent", "g1", "LAK 200", int(LAO[1:]))
    ]
    await memory.messages.report(Report("at", "g1", "delivered"))
    assert await rows(memory, "SELECT state, number FROM message") == [("delivered", None)]
    assert await memory.messages.spent("at", NOON - 10) == 2_000_000
    assert await memory.messages.spent("at", NOON + 10) == 0


async def test_oldest_first_one_of_each_number_and_only_the_channel_s_own(memory: Memory) -> None:
    await queued(memory, LAO, LAO, OTHER)
    assert await memory.messages.claim(10, NOON, "other") == []
    claimed = await memory.messages.claim(10, NOON, "at")
    assert [one.text for one in claimed] == ["hello 0", "hello 2"]
    assert await memory.messages.claim(10, NOON, "at") == []
    await memory.messages.start(claimed[0].id)
    await memory.messages.settle(claimed[0].id, Sent("g1"), now=NOON)
    assert [one.text for one in await memory.messages.claim(10, NOON, "at")] == ["hello 0 / hello 1"]


async def test_another_channel_may_send(opened: Opened) -> None:
    async with opened(settings={"send_by": {"at": "modem"}}) as memory:
        bell = memory.bell("modem")
        assert not bell.is_set()
        await queued(memory, LAO)
        assert bell.is_set()
        assert len(await memory.messages.claim(10, NOON, "modem")) == 1


async def test_a_report_is_of_its_own_channels_message_only(memory: Memory) -> None:
    """Two operators may count from one: each id is its own channel's."""
    await queued(memory, LAO)
    await memory.messages.report(Report("other", "g1", "failed"))
    await sent(memory)
    assert await states(memory) == [(1, "sent")]
    await memory.messages.report(Report("other", "g1", "delivered"))
    assert await states(memory) == [(1, "sent")]
    await memory.messages.report(Report("at", "g1", "delivered"))
    assert await states(memory) == [(1, "delivered")]


async def test_a_report_may_come_before_the_send_returns(memory: Memory) -> None:
    await queued(memory, LAO)
    await memory.messages.report(Report("at", "g1", "delivered"))
    await sent(memory)
    assert await states(memory) == [(1, "delivered")]
    assert await rows(memory, "SELECT * FROM early_report") == []


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize(
    ("reports", "end"),
    [
        (["sent", "delivered"], "delivered"),
        (["delivered", "sent"], "delivered"),
        (["delivered", "failed"], "delivered"),
        (["failed", "delivered"], "delivered"),
        (["unknown", "failed"], "failed"),
        (["failed", "unknown"], "failed"),
        (["delivered", "delivered"], "delivered"),
        (["unknown"], "sent"),
    ],
)
async def test_reports_in_any_order(memory: Memory, reports: list[Any], end: str, *, early: bool) -> None:
    """After the send, and all of them before it returns."""
    await queued(memory, LAO)
    if not early:
        await sent(memory)
    for state in reports:
        await memory.messages.report(Report("at", "g1", state))
    if early:
        await sent(memory)
    assert await states(memory) == [(1, end)]


async def test_what_was_not_taken_goes_again_when_told(memory: Memory) -> None:
    await queued(memory, LAO)
    (one,) = await memory.messages.claim(1, NOON, "at")
    await memory.messages.start(one.id)
    await memory.messages.settle(one.id, SendError("500", retry=True), now=NOON, again_at=NOON + 60)
    assert await memory.messages.claim(1, NOON + 59, "at") == []
    (again,) = await memory.messages.claim(1, NOON + 60, "at")
    assert (again.id, again.attempts) == (one.id, 1)


async def test_unknown_is_never_repeated_and_is_seen(memory: Memory) -> None:
    await queued(memory, LAO)
    (one,) = await memory.messages.claim(1, NOON, "at")
    await memory.messages.start(one.id)
    await memory.messages.settle(one.id, SendError("timeout", unknown=True), now=NOON)
    assert await memory.messages.claim(10, NOON + 99_999, "at") == []
    assert (await memory.readings()).unknown_messages == 1


async def test_refused_for_good(memory: Memory) -> None:
    await queued(memory, LAO)
    (one,) = await memory.messages.claim(1, NOON, "at")
    await memory.messages.settle(one.id, SendError("country"), now=NOON)
    assert await rows(memory, "SELECT state, reason, number FROM message") == [("failed", "country", None)]


async def test_a_crash_between_claiming_and_sending_loses_nothing(opened: Opened) -> None:
    async with opened() as memory:
        await queued(memory, LAO, OTHER)
        claimed = await memory.messages.claim(10, NOON, "at")
        await memory.messages.start(claimed[0].id)
    async with opened() as memory:
        # What was being sent may have arrived; what was only claimed has not left.
        assert await states(memory) == [(1, "unknown"), (2, "queued")]
        assert (await memory.readings()).unknown_messages == 1
        assert [one.msisdn for one in await memory.messages.claim(10, NOON, "at")] == [OTHER]


async def test_what_has_become_useless_is_let_go(memory: Memory, hands: Hands) -> None:
    await queued(memory, LAO)
    assert await memory.messages.claim(10, NOON + 86_400, "at") == []
    assert await rows(memory, "SELECT state, number FROM message") == [("expired", None)]


async def test_a_reminder_keeps_the_quiet_hours(memory: Memory, hands: Hands) -> None:
    hands.go(9 * 3600)  # 21:00 in Vientiane
    await dial(memory, "REMIND come")
    night = NOON + 9 * 3600
    assert await memory.messages.claim(10, night, "at") == []
    assert await memory.messages.claim(10, night + 11 * 3600 - 1, "at") == []
    hands.go(11 * 3600)
    assert len(await memory.messages.claim(10, night + 11 * 3600, "at")) == 1


async def test_stop_is_kept_and_answered_to_the_operator_by_nothing(memory: Memory) -> None:
    await memory.messages.opt_out(LAO)
    assert await states(memory) == []
    await dial(memory, "a")
    await memory.turns.ended("at", "s1")
    assert await states(memory) == []


async def test_numbers_go_from_messages_whose_report_never_came(memory: Memory, hands: Hands) -> None:
    await queued(memory, LAO)
    await sent(memory)
    await memory.sweep.round()
    assert await rows(memory, "SELECT number FROM message") == [(int(LAO[1:]),)]
    hands.go(4 * 86_400)
    await memory.sweep.round()
    assert await rows(memory, "SELECT state, number FROM message") == [("sent", None)]
    hands.go(40 * 86_400)
    await memory.sweep.round()
    assert await states(memory) == []


NIGHT = 15 * 3600
"""From noon to three in the morning."""


async def test_what_has_lain_for_long_when_the_link_returns_at_night_waits_for_the_morning(
    memory: Memory, hands: Hands
) -> None:
    await queued(memory, LAO)
    hands.go(NIGHT - 600)
    await memory.turns.overhear(sms("hello", "other", OTHER))
    hands.go(600)
    # An answer that somebody waits for goes at any hour.
    assert [one.msisdn for one in await memory.messages.claim(10, NOON + NIGHT, "at")] == [OTHER]
    hands.go(4 * 3600)
    assert await memory.messages.claim(10, NOON + 19 * 3600, "at") == []
    hands.go(3600)
    assert [one.msisdn for one in await memory.messages.claim(10, NOON + 20 * 3600, "at")] == [LAO]


async def test_by_a_clock_in_doubt_nothing_is_thrown_away(memory: Memory, hands: Hands) -> None:
    await queued(memory, LAO)
    hands.wall += 400 * 86_400
    hands.ticks += 2 * 86_400
    assert memory.clock.quality == "doubtful"
    assert await memory.messages.claim(10, NOON + 2 * 86_400, "at")


async def test_what_is_useless_is_let_go_by_a_good_clock(memory: Memory, hands: Hands) -> None:
    await queued(memory, LAO)
    hands.go(2 * 86_400)
    assert await memory.messages.claim(10, NOON + 2 * 86_400, "at") == []
    assert (await states(memory))[0][1] == "expired"


async def test_what_was_leaving_when_the_node_died_is_spent(opened: Opened) -> None:
    async with opened() as memory:
        await queued(memory, LAO, OTHER)
        claimed = await memory.messages.claim(10, NOON, "at")
        await memory.messages.start(claimed[0].id, now=NOON, price=300)
        assert await memory.messages.spent("at", NOON) == 300
    async with opened() as memory:
        assert await memory.messages.spent("at", NOON) == 300


@pytest.mark.parametrize(
    ("outcome", "spent"),
    [(Sent("g1"), 100), (SendError("503", retry=True), 0), (SendError("no-answer", unknown=True), 100)],
)
async def test_what_was_reserved_is_settled_once(memory: Memory, outcome: Any, spent: int) -> None:
    await queued(memory, LAO)
    (one,) = await memory.messages.claim(1, NOON, "at")
    await memory.messages.start(one.id, now=NOON, price=300)
    assert await memory.messages.spent("at", NOON) == 300
    await memory.messages.settle(one.id, outcome, now=NOON, again_at=NOON + 5, price=spent)
    assert await memory.messages.spent("at", NOON) == spent


async def test_each_part_pays_for_itself_out_of_what_was_reserved(memory: Memory) -> None:
    await queued(memory, LAO)
    (one,) = await memory.messages.claim(1, NOON, "at")
    await memory.messages.start(one.id, now=NOON, price=300)
    await memory.messages.part(one.id, Part(1, 1, 3), Sent("g1"), now=NOON, price=100)
    assert await memory.messages.spent("at", NOON) == 300
    await memory.messages.settle(one.id, SendError("503", retry=True), now=NOON, again_at=NOON + 5)
    assert await memory.messages.spent("at", NOON) == 100


async def test_who_gets_many_messages_is_known_after_a_restart_and_not_by_the_number(opened: Opened) -> None:
    async with opened() as memory:
        await queued(memory, LAO, OTHER)
        for one, count in zip(await memory.messages.claim(10, NOON, "at"), (7, 0), strict=True):
            await memory.messages.start(one.id, now=NOON, count=count)
    async with opened() as memory:
        key = memory.messages.key("at", LAO)
        assert await memory.messages.often("at", NOON - 60) == {key: (7, NOON)}
        assert await memory.messages.often("at", NOON) == {}
        assert await memory.messages.often("other", NOON - 60) == {}
        # Neither the number nor any other key of it: what the channel did cannot be joined with who a person is.
        assert key not in {memory.hashing.number(int(LAO[1:])), memory.messages.key("other", LAO)}
        assert LAO[1:] not in str(await rows(memory, "SELECT * FROM often"))


async def test_the_hour_over_it_is_forgotten(memory: Memory, hands: Hands) -> None:
    await queued(memory, LAO)
    (one,) = await memory.messages.claim(10, NOON, "at")
    await memory.messages.start(one.id, now=NOON, count=7)
    await memory.sweep.round()
    assert await rows(memory, "SELECT count(*) FROM often") == [(1,)]
    hands.go(3601)
    await memory.sweep.round()
    assert await rows(memory, "SELECT count(*) FROM often") == [(0,)]
