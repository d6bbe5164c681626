"""Leases and settlements go a few at a time: key presses go in between, and a cut leaves nothing half said."""

import asyncio
from typing import Any

import pytest

from flows.errors import Busy, StoreFault
from store import road
from store.memory import Memory
from store.values import Settlement, SignedAnswer, Trip
from tests.store.conftest import NOON, call, rows
from tests.store.road_kit import AGENCY, lease, requests, sound, states, traffic

SAID = SignedAnswer("batch-7", "1795410000", "v1,c2ln", b'{"results":[]}')


@pytest.fixture(autouse=True)
def twos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(road, "TOGETHER", 2)
    monkeypatch.setattr(road, "ALONE", 2)


def all_of(*seqs: int) -> tuple[Settlement, ...]:
    return tuple(Settlement(seq, "accept", code="accepted", agency_ref=f"A{seq}") for seq in seqs)


def trip(*seqs: int, held: int = -1) -> Trip:
    return Trip(AGENCY, "http", seqs, "answered", bytes_out=100, bytes_in=10, answer=SAID, held=held)


def broken(memory: Memory, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """The writer refuses its `at`th piece of work from now on."""
    do, count = memory.writer.do, 0

    async def some(run: Any, **how: bool) -> Any:
        nonlocal count
        count += 1
        if count == at:
            raise Busy
        return await do(run, **how)

    monkeypatch.setattr(memory.writer, "do", some)


async def test_an_answer_is_settled_once_whatever_the_pieces(memory: Memory) -> None:
    await requests(memory, 5)
    assert [one.seq for one in await lease(memory, 5, 4, 3, 2, 1)] == [5, 4, 3, 2, 1]
    assert await rows(memory, "SELECT count(*) FROM attempt") == [(5,)]
    answer = (*all_of(1, 2, 3, 4), Settlement(1, "refuse", code="invalid"), *all_of(5))
    await memory.road.settle(AGENCY, answer, trip(1, 2, 3, 4, 5, held=5), NOON, wake=True)
    assert await states(memory) == ["accepted"] * 5
    assert await rows(memory, "SELECT count(*) FROM answer") == [(1,)]
    assert await rows(memory, "SELECT DISTINCT answer FROM delivery") == [(1,)]
    found = await traffic(memory)
    assert (found.bytes_out, found.bytes_in, found.accepted) == (100, 10, 5)
    assert await rows(memory, "SELECT held, known FROM road") == [(5, 5)]
    assert await rows(memory, "SELECT count(*) FROM request WHERE status = 'accepted'") == [(5,)]
    await sound(memory)


async def test_a_cut_between_two_pieces_leaves_the_rest_in_doubt(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    await requests(memory, 5)
    await lease(memory, 1, 2, 3, 4, 5)
    with monkeypatch.context() as patched:
        broken(memory, patched, 2)
        with pytest.raises(Busy):
            await memory.road.settle(AGENCY, all_of(1, 2, 3, 4, 5), trip(1, 2, 3, 4, 5, held=5), NOON, wake=False)
    assert await states(memory) == ["accepted"] * 2 + ["leased"] * 3
    await sound(memory)
    assert await memory.road.lapse(NOON + 61) == 3
    offers = await memory.road.due(AGENCY, 9, NOON + 61)
    assert [(one.seq, one.in_doubt) for one in offers] == [(3, True), (4, True), (5, True)]
    await lease(memory, 3, 4, 5, now=NOON + 61)
    duplicates = tuple(Settlement(seq, "accept", code="duplicate") for seq in (3, 4, 5))
    await memory.road.settle(AGENCY, duplicates, trip(3, 4, 5, held=5), NOON + 62, wake=False)
    assert await states(memory) == ["accepted"] * 5
    assert await rows(memory, "SELECT held, known FROM road") == [(5, 5)]
    await sound(memory)


async def test_what_was_leased_before_a_fault_goes(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    await requests(memory, 5)
    with monkeypatch.context() as patched:
        broken(memory, patched, 2)
        assert [one.seq for one in await lease(memory, 1, 2, 3, 4, 5)] == [1, 2]
    assert await states(memory) == ["leased"] * 2 + ["queued"] * 3
    with monkeypatch.context() as patched:
        broken(memory, patched, 1)
        with pytest.raises(Busy):
            await lease(memory, 3, 4, 5)
    await sound(memory)


async def test_pieces_are_small_while_phones_are_pressing(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(road, "ALONE", 3)
    found = [(memory.writer.lively, len(memory.road._few(range(7))[0]))]
    monkeypatch.setattr("store.writer.LIVELY", 1e9)
    await requests(memory, 1)
    found.append((memory.writer.lively, len(memory.road._few(range(7))[0])))
    assert found == [(False, 3), (True, 4)]


async def test_no_turn_waits_for_slow_work_that_came_before_it(memory: Memory) -> None:
    order: list[str] = []

    async def slow(database: Any) -> None:
        await database.begin()
        order.append("slow")

    works = [asyncio.ensure_future(memory.writer.do(slow, slow=True)) for _ in range(3)]
    await asyncio.sleep(0)
    presses = [memory.turns.take(call("", f"s{n}", f"+856205555000{n}")) for n in range(3)]
    for press in presses:
        press.add_done_callback(lambda _: order.append("press"))
    await asyncio.gather(*works, *presses)
    assert order.count("slow") == order.count("press") == 3
    assert order[:4] == ["press"] * 3 + ["slow"], "the turns first, then one work at a time"


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns are expected, and waited for as long as it takes."""
    monkeypatch.setattr("store.writer.LIVELY", 1e9)
    monkeypatch.setattr("store.writer.COMPANY", 600.0)


class Small:
    """A small work, and whether it has begun."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def run(self, database: Any) -> str:
        await database.begin()
        await database.many("UPDATE meta SET value = value", [()])
        self.begun.set()
        return "done"


@pytest.mark.usefixtures("crowded")
async def test_small_work_shares_the_commit_of_the_turn_that_comes(memory: Memory) -> None:
    await requests(memory, 1)
    before = memory.writer.counts["commits"]
    small = Small()
    work = asyncio.ensure_future(memory.writer.do(small.run, small=True))
    await small.begun.wait()
    assert not work.done()
    await memory.turns.take(call("", "s1", "+8562055550001"))
    assert await work == "done"
    assert memory.writer.counts["commits"] == before + 1


async def test_small_work_goes_alone_when_no_turn_comes(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.writer.LIVELY", 1e9)
    await requests(memory, 1)
    before = memory.writer.counts["commits"]
    assert await memory.writer.do(Small().run, small=True) == "done"
    assert memory.writer.counts["commits"] == before + 1


@pytest.mark.usefixtures("crowded")
async def test_small_work_that_fails_fails_alone(memory: Memory) -> None:
    await requests(memory, 1)
    small = Small()

    async def bad(database: Any) -> None:
        await small.run(database)
        await database.rows("INSERT INTO nowhere VALUES (1)")

    work = asyncio.ensure_future(memory.writer.do(bad, small=True))
    await small.begun.wait()
    reply = await memory.turns.take(call("", "s2", "+8562055550002"))
    assert reply.text
    with pytest.raises(StoreFault):
        await work


@pytest.mark.usefixtures("crowded")
async def test_a_turn_that_fails_takes_no_small_work_with_it(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    await requests(memory, 1)
    commit, fails = memory._writing.commit, [Busy("locked")]

    async def once() -> None:
        if fails:
            raise fails.pop()
        await commit()

    small = Small()
    work = asyncio.ensure_future(memory.writer.do(small.run, small=True))
    await small.begun.wait()
    monkeypatch.setattr(memory._writing, "commit", once)
    with pytest.raises(Busy):
        await memory.turns.take(call("", "s3", "+8562055550003"))
    with pytest.raises(Busy):
        await work
    monkeypatch.setattr(memory._writing, "commit", commit)
    assert (await memory.turns.take(call("", "s3", "+8562055550003"))).text
    await sound(memory)
