"""Whose requests are whose: from memory, from the index that is written in bulk, and after a start in between."""

from typing import Any

import pytest

from flows.errors import Busy
from store import callers
from store.database import Database
from store.memory import Memory
from tests.store.conftest import Opened, dial, rows

PHONES = [f"+85620555500{n:02d}" for n in range(12)]


async def listed(memory: Memory, phone: str, session: str) -> list[str]:
    said = await dial(memory, "MINE", session=session, msisdn=phone)
    return [line.partition(" ")[0] for line in said.splitlines() if line != "none"]


async def submitted(memory: Memory, session: str) -> dict[str, str]:
    return {phone: await dial(memory, "SUBMIT", session=f"{session}-{phone}", msisdn=phone) for phone in PHONES}


async def test_requests_are_found_before_during_and_after_they_are_put_away(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "CHUNK", 5)
    async with opened() as memory:
        first = await submitted(memory, "a")
        assert await memory.put_away() == 0
        assert await memory.put_away(0) == len(PHONES)
        assert await rows(memory, "SELECT count(*) FROM request_of") == [(len(PHONES),)]
        second = await submitted(memory, "b")
        for phone in PHONES:
            assert await listed(memory, phone, f"c-{phone}") == [second[phone], first[phone]]
    async with opened() as memory:
        for phone in PHONES:
            assert await listed(memory, phone, f"d-{phone}") == [second[phone], first[phone]]
        assert await memory.put_away(0) == len(PHONES)
        assert await memory.put_away(0) == 0
        for phone in PHONES:
            assert await listed(memory, phone, f"e-{phone}") == [second[phone], first[phone]]


async def test_a_pass_that_breaks_off_loses_nothing(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "CHUNK", 5)
    async with opened() as memory:
        first = await submitted(memory, "a")
        count, do = 0, memory.writer.do

        async def broken(run: Any) -> Any:
            nonlocal count
            count += 1
            if count == 2:
                raise Busy
            return await do(run)

        with pytest.raises(Busy):
            await memory._scribe.callers.put_away(broken, memory._reading, 0)
        assert await rows(memory, "SELECT count(*) FROM request_of") == [(5,)]
        for phone in PHONES:
            assert await listed(memory, phone, f"b-{phone}") == [first[phone]]
        assert await memory.put_away(0) == len(PHONES)
        for phone in PHONES:
            assert await listed(memory, phone, f"c-{phone}") == [first[phone]]


async def test_what_is_rolled_back_or_belongs_to_another_is_not_listed(memory: Memory) -> None:
    kept = memory._scribe.callers
    mine, other = (memory.hashing.number(int(phone[1:])) for phone in PHONES[:2])
    reference = await dial(memory, "SUBMIT", session="a", msisdn=PHONES[0])
    # As a batch leaves it that took this number and was rolled back.
    kept.add(other, 1)
    kept.add(mine, 2)
    assert await listed(memory, PHONES[1], "b") == []
    assert await listed(memory, PHONES[0], "c") == [reference]
    await memory.put_away(0)
    assert await rows(memory, "SELECT seq FROM request_of") == [(1,)]
    assert await listed(memory, PHONES[1], "d") == []


async def test_what_came_while_the_disk_was_read_stays_in_memory(memory: Memory) -> None:
    first = await dial(memory, "SUBMIT", session="a", msisdn=PHONES[0])
    later: list[str] = []

    async def meanwhile(run: Any) -> Any:
        if not later:
            later.append(await dial(memory, "SUBMIT", session="b", msisdn=PHONES[0]))
        return await memory.writer.do(run)

    await memory._scribe.callers.put_away(meanwhile, memory._reading, 0)
    assert await listed(memory, PHONES[0], "c") == [later[0], first]
    assert await memory.put_away(0) == 1


async def test_an_anonymous_request_is_nobodys(memory: Memory) -> None:
    await dial(memory, "TIP theft")
    assert await memory.put_away(0) == 0

    async def run(database: Database) -> list[Any]:
        return await database.rows("SELECT caller FROM request")

    assert await memory.writer.do(run) == [(None,)]
