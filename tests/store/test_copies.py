"""Calls that come several times, late and out of order leave the same rows and replies as when each comes once."""

import asyncio
import random
from typing import Any

import pytest

from store.memory import Memory
from store.values import Call, Inbound
from tests.store.conftest import Opened, call, rows, sms

INPUTS = ["a", "b", "c*d", "LANG lo", "SUBMIT", "ONCE kham", "BOOM", "ຄຳ", "", "MINE", "TIP x", "UNWRITABLE", "TWO"]


def script(chance: random.Random, phones: int) -> list[list[list[Call | Inbound]]]:
    """For each phone its dialogues, each a list of calls as the gateway first sends them."""
    plan = []
    for phone in range(phones):
        number = f"+85620{phone:08d}"
        dialogues: list[list[Call | Inbound]] = []
        for session in range(3):
            heard = ""
            calls: list[Call | Inbound] = [call("", f"{phone}-{session}", number)]
            for _ in range(chance.randrange(5)):
                text = chance.choice(INPUTS)
                heard = f"{heard}*{text}" if heard else text
                calls.append(call(heard, f"{phone}-{session}", number))
            calls.append(sms(chance.choice(INPUTS), f"{phone}-{session}", number))
            dialogues.append(calls)
        plan.append(dialogues)
    return plan


async def take(memory: Memory, one: Call | Inbound) -> Any:
    if isinstance(one, Inbound):
        return await memory.turns.overhear(one)
    return await memory.turns.take(one)


async def once_each(memory: Memory, dialogues: list[list[Call | Inbound]]) -> None:
    for calls in dialogues:
        for one in calls:
            await take(memory, one)


async def with_copies(memory: Memory, dialogues: list[list[Call | Inbound]], chance: random.Random) -> None:
    """Each call one to five times, and after it late copies of what came before."""
    past: list[Call | Inbound] = []
    for calls in dialogues:
        for one in calls:
            copies = [take(memory, one) for _ in range(1 + chance.randrange(5))]
            late = [take(memory, old) for old in chance.sample(past, min(len(past), chance.randrange(3)))]
            replies = await asyncio.gather(*copies)
            assert len({(reply.text, reply.end) for reply in replies if reply is not None}) <= 1
            await asyncio.gather(*late)
            past.append(one)


async def picture(memory: Memory, phones: int) -> dict[str, Any]:
    """What must not differ; references differ, for they are drawn by chance."""
    hashing = memory.hashing
    keys = {hashing.session("at", f"{phone}-{n}"): (phone, n) for phone in range(phones) for n in range(3)}
    found = await rows(memory, "SELECT key, heard, state, talk, dropped, number FROM session")
    sessions = sorted((keys[key], *rest) for key, *rest in found if key in keys)
    counts = {
        table: (await rows(memory, f"SELECT count(*) FROM {table}"))[0][0]  # noqa: S608 - the test's own tables
        for table in ("submission", "request", "delivery", "waiting", "message", "inbox", "person", "once", "note")
    }
    kinds = await rows(memory, "SELECT kind, number, count(*) FROM message GROUP BY 1, 2 ORDER BY 1, 2")
    people = await rows(memory, "SELECT key, data FROM person ORDER BY key")
    return {"sessions": [repr(one) for one in sessions], "counts": counts, "kinds": kinds, "people": people}


@pytest.mark.parametrize("seed", range(4))
async def test_copies_change_nothing(opened: Opened, tmp_path: Any, seed: int) -> None:
    phones = 12
    plan = script(random.Random(seed), phones)
    async with opened(settings={"data": tmp_path / "once"}) as memory:
        for dialogues in plan:
            await once_each(memory, dialogues)
        wanted = await picture(memory, phones)
    chance = random.Random(seed + 100)
    async with opened(settings={"data": tmp_path / "often"}) as memory:
        for dialogues in plan:
            await with_copies(memory, dialogues, chance)
        assert await picture(memory, phones) == wanted


async def test_phones_side_by_side_do_not_meet(opened: Opened, tmp_path: Any) -> None:
    phones = 30
    plan = script(random.Random(9), phones)
    plain = ["a", "b", "c*d", "LANG lo", "SUBMIT", "TWO", "ຄຳ", ""]
    for dialogues in plan:
        for calls in dialogues:
            calls[:] = [
                one for one in calls if all(part in plain or part in {"c", "d"} for part in one.text.split("*"))
            ]
    async with opened(settings={"data": tmp_path / "one"}) as memory:
        for dialogues in plan:
            await once_each(memory, dialogues)
        wanted = await picture(memory, phones)
    async with opened(settings={"data": tmp_path / "all", "most_cached": 16}) as memory:
        await asyncio.gather(*(with_copies(memory, dialogues, random.Random(3)) for dialogues in plan))
        assert await picture(memory, phones) == wanted


async def test_a_call_that_got_lost_would_be_seen(opened: Opened, tmp_path: Any) -> None:
    plan = script(random.Random(1), 1)
    pictures = []
    for name, cut in (("whole", 0), ("less", 1)):
        async with opened(settings={"data": tmp_path / name}) as memory:
            await once_each(memory, [*plan[0][:-1], plan[0][-1][cut + 1 :] or plan[0][-1][:1]])
            pictures.append(await picture(memory, 1))
    assert pictures[0] != pictures[1]
