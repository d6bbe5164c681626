"""Reports in every order that a network has: before the send returned, twice, late, of one part, of another channel."""

import random
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from flows.errors import SendError
from store.memory import Memory
from store.routes import Route, Routes
from store.values import Outgoing, Part, Report, Sent
from tests.store.conftest import NOON, Opened, rows, sms

State = Literal["sent", "delivered", "failed", "unknown"]

TWO = Routes((Route("at", ("+856",)), Route("b", ("+856",))))
LOST = SendError("no-answer", unknown=True)
LATER = SendError("503", retry=True)


async def claimed(memory: Memory, channel: str = "at", now: int = NOON) -> Outgoing:
    (one,) = await memory.messages.claim(1, now, channel)
    assert await memory.messages.start(one.id)
    return one


async def left(memory: Memory, one: Outgoing, *parts: int, of: int = 3) -> None:
    for part in parts:
        await memory.messages.part(one.id, Part(1, part, of), Sent(f"g{part}"), now=NOON, price=5)


async def told(memory: Memory, *names: str, state: State = "delivered", channel: str = "at") -> None:
    for name in names:
        await memory.messages.report(Report(channel, name, state, "absent" if state == "failed" else ""))


async def state(memory: Memory) -> str:
    return str((await rows(memory, "SELECT state FROM message ORDER BY id"))[0][0])


async def waits(memory: Memory) -> bool:
    """Whether the message has its place in the queue."""
    return bool((await rows(memory, "SELECT count(*) FROM message_queue"))[0][0])


async def test_a_part_that_arrived_says_nothing_of_one_that_nobody_knows_of(memory: Memory) -> None:
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    await left(memory, one, 1)
    await memory.messages.settle(one.id, LOST, now=NOON)
    await told(memory, "g1", "g1")
    assert await state(memory) == "unknown"
    # Nor does the second, when the SMSC's late answer tells its name: the third has never left.
    await memory.messages.report(Report("at", "g2", "sent", mark=f"{one.mark}-2"))
    await told(memory, "g2")
    assert await state(memory) == "unknown"


async def test_when_all_parts_are_known_after_all_the_message_is_as_well(memory: Memory) -> None:
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    await left(memory, one, 1, 2)
    await memory.messages.settle(one.id, LOST, now=NOON)
    assert await state(memory) == "unknown"
    # The report of the last is quicker than its late answer.
    await told(memory, "g3")
    await memory.messages.report(Report("at", "g3", "sent", mark=f"{one.mark}-3"))
    assert await state(memory) == "sent"
    await told(memory, "g1", "g2")
    assert await state(memory) == "delivered"


async def test_a_kill_after_one_part_leaves_it_unknown_whatever_is_reported(opened: Opened) -> None:
    async with opened() as memory:
        await memory.turns.overhear(sms("hello", "m1"))
        await left(memory, await claimed(memory), 1)
    async with opened() as memory:
        await told(memory, "g1")
        assert await state(memory) == "unknown"


async def test_a_kill_after_the_last_part_is_made_good_by_the_reports(opened: Opened) -> None:
    async with opened() as memory:
        await memory.turns.overhear(sms("hello", "m1"))
        await left(memory, await claimed(memory), 1, 2, 3)
    async with opened() as memory:
        assert await state(memory) == "unknown"
        await told(memory, "g3", "g1", "g2")
        assert await state(memory) == "delivered"


async def test_a_failed_part_that_arrived_in_the_end(memory: Memory) -> None:
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    await left(memory, one, 1, 2, 3)
    await memory.messages.settle(one.id, Sent(""), now=NOON)
    await told(memory, "g2", state="failed")
    assert await state(memory) == "failed"
    await told(memory, "g1", "g2")
    assert await state(memory) == "failed"
    await told(memory, "g3")
    assert await state(memory) == "delivered"


async def test_of_reports_that_are_quicker_than_the_send_the_one_that_says_most_counts(memory: Memory) -> None:
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    await told(memory, "g1")
    for late in ("sent", "unknown", "failed"):
        await told(memory, "g1", state=late)
    await memory.messages.settle(one.id, Sent("g1"), now=NOON)
    assert await state(memory) == "delivered"


@pytest.mark.parametrize(
    ("heard", "outcome", "end", "again"),
    [
        ("unknown", LATER, "queued", True),
        ("unknown", LOST, "unknown", False),
        ("unknown", Sent("g1"), "sent", False),
        ("sent", LATER, "sent", False),
        ("sent", LOST, "sent", False),
        ("sent", SendError("403"), "sent", False),
        ("sent", Sent("g1"), "sent", False),
        ("failed", LATER, "failed", False),
        ("failed", Sent("g1"), "failed", False),
    ],
)
async def test_what_is_heard_before_the_send_returns(
    memory: Memory, heard: State, outcome: Any, end: str, *, again: bool
) -> None:
    """The gateway's report is a better witness than a broken answer; a status that nobody knows is none."""
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    await memory.messages.report(Report("at", "", heard, mark=one.mark))
    await memory.messages.settle(one.id, outcome, now=NOON, again_at=NOON + 5)
    assert (await state(memory), await waits(memory)) == (end, again)
    assert len(await memory.messages.claim(1, NOON + 5, "at")) == again
    if isinstance(outcome, Sent):
        # It is found by its name from now on.
        await told(memory, "g1")
        assert await state(memory) == "delivered"


async def test_a_report_that_the_refused_one_was_taken_keeps_it_from_going_again(memory: Memory) -> None:
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    await memory.messages.settle(one.id, LATER, now=NOON, again_at=NOON + 5)
    assert await waits(memory)
    await memory.messages.report(Report("at", "", "sent", mark=one.mark))
    assert (await state(memory), await waits(memory)) == ("sent", False)
    assert await memory.messages.claim(1, NOON + 5, "at") == []


async def test_reports_of_the_channel_that_it_did_not_go_by(memory: Memory) -> None:
    memory.route(TWO)
    await memory.turns.overhear(sms("hello", "m1"))
    one = await claimed(memory)
    # The first channel says that it has delivered a part, and then that it has not taken it.
    await memory.messages.report(Report("at", "", "delivered", mark=f"{one.mark}-1"))
    await memory.messages.settle(one.id, LATER, now=NOON, again_at=NOON + 60)
    assert (await claimed(memory, "b")).id == one.id
    await left(memory, one, 1, 2, of=2)
    await memory.messages.settle(one.id, Sent(""), now=NOON)
    # Its later ones are of no message of its own, by mark and by name.
    await memory.messages.report(Report("at", "", "failed", mark=f"{one.mark}-2"))
    await told(memory, "g2", state="failed")
    await told(memory, "g2", channel="b")
    assert await state(memory) == "sent"
    await told(memory, "g1", channel="b")
    assert await state(memory) == "delivered"


async def test_an_id_that_the_smsc_gives_again_is_the_newest_message(memory: Memory) -> None:
    for number in range(2):
        await memory.turns.overhear(sms("hello", f"m{number}"))
        one = await claimed(memory)
        await memory.messages.settle(one.id, Sent("1"), now=NOON)
    await told(memory, "1")
    assert await memory.messages.states() == ["sent", "delivered"]


# --- any order --------------------------------------------------------------------------------------------------------


@dataclass
class Story:
    """What happens to one message in parts: how far it gets, and what is reported of which part when."""

    parts: int
    stops_at: int
    how: Any
    reports: list[tuple[int, State]]
    known: set[int] = field(default_factory=set)

    @property
    def end(self) -> str:
        """What must be true in the end."""
        best: dict[int, State] = {}
        rank = ("sent", "failed", "delivered")
        for part, said in self.reports:
            if said != "unknown" and part in self.known and rank.index(said) > rank.index(best.get(part, "sent")):
                best[part] = said
        if "failed" in best.values():
            return "failed"
        whole = len(self.known) == self.parts
        if whole and list(best.values()).count("delivered") == self.parts:
            return "delivered"
        return "sent" if whole else "unknown"


async def tell(memory: Memory, story: Story, one: Outgoing, chance: random.Random) -> None:
    """Send, with the reports anywhere between."""
    waiting = [(f"{one.id}:{part}", said) for part, said in story.reports]

    async def some() -> None:
        while waiting and chance.random() < 0.4:
            name, said = waiting.pop(0)
            await told(memory, name, state=said)

    for part in range(1, story.parts + 1):
        await some()
        if part == story.stops_at:
            break
        await memory.messages.part(one.id, Part(1, part, story.parts), Sent(f"{one.id}:{part}"), now=NOON, price=5)
        story.known.add(part)
    await some()
    await memory.messages.settle(one.id, story.how if story.stops_at <= story.parts else Sent(""), now=NOON)
    for name, said in waiting:
        await told(memory, name, state=said)


def a_story(chance: random.Random) -> Story:
    parts = chance.randint(2, 4)
    fails = chance.random() < 0.3
    reports: list[tuple[int, State]] = []
    for part in range(1, parts + 1):
        last: State = "failed" if fails and part == 1 else "delivered"
        reports += [(part, chance.choice(("sent", "unknown", last, last, last))) for _ in range(chance.randint(0, 3))]
    chance.shuffle(reports)
    # As often as not it goes to the end.
    return Story(parts, chance.randint(1, 2 * parts), LOST, reports)


async def test_any_order_of_sends_and_reports(memory: Memory) -> None:
    chance = random.Random(19)
    ends = []
    for number in range(120):
        story = a_story(chance)
        await memory.turns.overhear(sms("hello", f"m{number}", f"+85620555{number:05}"))
        one = await claimed(memory)
        await tell(memory, story, one, chance)
        found = (await memory.messages.states())[-1]
        assert found == story.end, story
        assert not await waits(memory)
        ends.append(found)
    assert set(ends) == {"delivered", "failed", "sent", "unknown"}
