"""Decided requests by the dozen, each of a number of its own, for the tests of the question how they went."""

import itertools
from collections.abc import Sequence
from typing import Any

from flows.dialogue import Office
from flows.turn import Submit
from store.asks import Ask, Cause, Writes
from store.memory import Memory
from store.mind import Mind, dialogue_mind
from store.values import Outgoing, Sent, StatusEvent
from tests.dialogue.flows import BIRTH, HEALTH, SAY, office
from tests.store.conftest import Hands, rows, sms
from tests.store.desk_kit import submission

DAY = 86_400
HOUR = 3600
AGENCY = "civil-registry"
FIRST = 8562055500000
SEXED = BIRTH.replace(
    "fields:\n",
    """fields:
  applicant_sex: {type: choice, optional: true, sensitivity: public, label: {lo: ເພດ, en: You, lo-Latn: Phet},
    choices: {f: {lo: ຍິງ, en: Woman, lo-Latn: Nying}, m: {lo: ຊາຍ, en: Man, lo-Latn: Sai}}}
""",
)
OFFICE = office(SEXED, HEALTH, SAY, languages=("en", "lo"))
BIRTH_NOW = OFFICE.live["birth"].digest
_events = itertools.count(1)
_messages = itertools.count(1)


def mind(offered: Office = OFFICE) -> Mind:
    return dialogue_mind(lambda _: offered)


def number(n: int) -> str:
    return f"+{FIRST + n}"


async def births(memory: Memory, *numbers: int, **over: Any) -> list[Submit]:
    """Births as these numbers have just sent them."""
    facts = {"revision": BIRTH_NOW, "answers": {"applicant_sex": "f"}} | over
    by = facts.pop("by", 0)
    sent = [submission(n, **facts) for n in numbers]
    await write(memory, sent, [by or n for n in numbers])
    return sent


async def write(memory: Memory, sent: Sequence[Submit], numbers: Sequence[int]) -> None:
    async def run(database: Any) -> None:
        causes = []
        for one, n in zip(sent, numbers, strict=True):
            who = FIRST + n
            ask = Ask("end", None, b"", who, memory.hashing.number(who))
            causes.append(Cause(one, "at", who, ask.caller, "", ask))
        await memory._scribe.write(database, Writes(causes=causes))

    await memory.writer.do(run)


async def decide(memory: Memory, sent: Sequence[Submit], status: str = "approved") -> None:
    events = [StatusEvent(next(_events), one.submission_id, one.reference, status) for one in sent]
    await memory.road.statuses(AGENCY, events, f"c{next(_events)}", memory.clock.steady())


async def asked(memory: Memory) -> list[int]:
    """The numbers that were asked, in the order in which it was queued."""
    found = await rows(memory, "SELECT number FROM message WHERE kind = 'feedback' ORDER BY id")
    return [-1 if row[0] is None else row[0] - FIRST for row in found]


async def send_all(memory: Memory) -> list[Outgoing]:
    """What goes out now, settled as sent."""
    gone = []
    while claimed := await memory.messages.claim(100, memory.clock.now(), "at"):
        for one in claimed:
            assert await memory.messages.start(one.id, now=memory.clock.now())
            await memory.messages.settle(one.id, Sent(f"g{one.id}"), now=memory.clock.now())
        gone += claimed
    return gone


async def say(memory: Memory, n: int, text: str) -> list[str]:
    """Send an SMS from this number; the answers to it."""
    last = (await rows(memory, "SELECT coalesce(max(id), 0) FROM message"))[0][0]
    await memory.turns.overhear(sms(text, f"r{next(_messages)}", number(n)))
    found = await rows(memory, "SELECT text FROM message WHERE id > ? AND kind <> 'feedback' ORDER BY id", last)
    return [row[0] for row in found]


async def a_day_later(memory: Memory, hands: Hands, hours: float = 24) -> None:
    hands.go(hours * HOUR)
    await memory.sweep.round()
