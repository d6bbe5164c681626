"""The real dialogue on the real store: a birth by key presses, by messages, and by both."""

import json
import random
import re
from collections.abc import AsyncIterator

import pytest

from store.memory import Memory
from store.mind import dialogue_mind
from store.values import StatusEvent
from tests.dialogue.flows import office
from tests.store.conftest import LAO, NOON, Hands, Opened, call, rows, sms

OFFICE = office(languages=("en", "lo"))


@pytest.fixture
async def node(opened: Opened) -> AsyncIterator[Memory]:
    async with opened(mind=dialogue_mind(lambda _: OFFICE)) as memory:
        yield memory


class Handset:
    """Presses keys as a gateway passes them on: the whole text each time."""

    def __init__(self, memory: Memory, msisdn: str = LAO) -> None:
        self.memory = memory
        self.msisdn = msisdn
        self.sessions = 0
        self.text = ""
        self.over = True

    async def dial(self) -> str:
        self.sessions += 1
        self.text = ""
        return await self._call()

    async def press(self, *keys: str) -> str:
        screen = ""
        for key in keys:
            self.text = f"{self.text}*{key}" if self.text else key
            screen = await self._call()
        return screen

    async def _call(self) -> str:
        one = call(self.text, f"{self.msisdn}-{self.sessions}", self.msisdn)
        reply = await self.memory.turns.take(one)
        again = await self.memory.turns.take(one)
        assert (again.text, again.end) == (reply.text, reply.end)
        self.over = reply.end
        return reply.text


def reference_in(text: str) -> str:
    found = re.search(r"(\d{3}) (\d{3}) (\d{3})", text)
    assert found, text
    return "".join(found.groups())


async def messages(memory: Memory) -> list[tuple[str, str]]:
    return [(kind, text) for kind, text in await rows(memory, "SELECT kind, text FROM message ORDER BY id")]


async def test_a_birth_from_dial_to_status(node: Memory) -> None:
    phone = Handset(node)
    await phone.dial()
    screens = [await phone.press(key) for key in ("1", "1", "1")]
    assert "full name" in screens[-1], screens
    await phone.press("Kham La", "1", "02112026")
    last = await phone.press("1")
    assert phone.over
    reference = reference_in(last)
    ((event,),) = await rows(node, "SELECT event FROM submission")
    data = json.loads(event)["data"]
    assert data["reference"] == reference
    assert data["answers"]["birth_date"] == "2026-11-02"
    assert [kind for kind, _ in await messages(node)] == ["receipt"]
    id_ = json.loads(event)["id"]
    await node.road.statuses("civil-registry", [StatusEvent(1, id_, reference, "ready")], "c", NOON)
    assert (await messages(node))[-1][0] == "status"


async def test_a_birth_in_one_message_and_the_same_again(node: Memory) -> None:
    form = 'BIRTH F 02/11/2026 "Kham La"'
    await node.turns.overhear(sms(form, "m1"))
    first = (await messages(node))[-1]
    reference = reference_in(first[1])
    await node.turns.overhear(sms(form, "m1"))
    assert len(await messages(node)) == 1
    await node.turns.overhear(sms(form, "m2"))
    assert reference_in((await messages(node))[-1][1]) == reference
    assert await rows(node, "SELECT count(*) FROM submission") == [(1,)]


async def test_stop_silences_what_was_dropped(node: Memory, hands: Hands) -> None:
    phone = Handset(node)
    await phone.dial()
    await phone.press("1", "1", "1", "Kham La")
    await node.turns.ended("at", f"{LAO}-1")
    assert [kind for kind, _ in await messages(node)] == ["dropped"]
    await node.messages.opt_out(LAO)
    await phone.dial()
    await phone.press("1", "1")
    await node.turns.ended("at", f"{LAO}-2")
    assert [kind for kind, _ in await messages(node)] == ["dropped"]


@pytest.mark.parametrize("seed", range(6))
async def test_random_walks_over_restarts_agree_with_the_rows(opened: Opened, seed: int) -> None:
    chance = random.Random(seed)
    keys = ["1", "2", "3", "9", "0", "00", "Kham La", "02112026", "", "*", "x" * 300, "ນາງ ຄຳຫຼ້າ", "\ud83d"]
    mind = dialogue_mind(lambda _: OFFICE)
    told: set[str] = set()
    for _ in range(3):
        async with opened(mind=mind) as memory:
            phone = Handset(memory)
            phone.sessions = chance.randrange(10**9)
            await phone.dial()
            for n in range(40):
                if chance.random() < 0.2:
                    await memory.turns.overhear(sms(chance.choice(keys), f"{seed}-{phone.sessions}-{n}"))
                screen = await (phone.dial() if phone.over else phone.press(chance.choice(keys)))
                told |= set(re.findall(r"Received\. Reference (\d{3} \d{3} \d{3})", screen))
                if chance.random() < 0.2:
                    memory._cache.clear()
    async with opened(mind=mind) as memory:
        kept = {f"{row[0]:09d}" for row in await rows(memory, "SELECT reference FROM request")}
        assert {one.replace(" ", "") for one in told} <= kept
        assert (await memory.readings()).counts.get("failed", 0) == 0
