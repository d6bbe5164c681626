"""A backlog of figures is counted while nobody presses a key, and no key press waits behind it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from store import counting, memory
from store.memory import Memory
from tests.store.conftest import Hands, Opened, call, rows
from tests.store.test_figures import births, mind

STRETCH = 10
BACKLOG = 205
LOOKS = BACKLOG // STRETCH + 1
"""Rounds that it takes: the last one finds less than a stretch."""


@pytest.fixture(autouse=True)
def tens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "STRETCH", STRETCH)


@pytest.fixture
async def node(opened: Opened) -> AsyncIterator[Memory]:
    """A node with a backlog that a first round has found."""
    async with opened(mind=mind()) as one:
        await births(one, BACKLOG)
        await one.sweep.round()
        yield one


async def counted(node: Memory) -> int:
    return int((await rows(node, "SELECT coalesce(sum(n), 0) FROM fresh_figure WHERE what = 'finished'"))[0][0])


async def test_a_backlog_is_counted_at_once_and_once(node: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_ROUNDS", LOOKS)
    assert await counted(node) == STRETCH
    assert await node.figures.counting.catch_up() == LOOKS - 1
    assert await counted(node) == BACKLOG
    assert await node.figures.counting.catch_up() == 0


async def test_without_it_each_round_counts_one_stretch(node: Memory) -> None:
    for _ in range(3):
        await node.sweep.round()
    assert await counted(node) == 4 * STRETCH


async def test_other_work_has_its_turn_meanwhile(node: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_ROUNDS", 3)
    assert await node.figures.counting.catch_up() == 3
    assert await counted(node) == 4 * STRETCH


async def test_the_house_goes_on_with_it_between_two_rounds(node: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "TICK", 0.001)
    monkeypatch.setattr(memory, "SWEEP_EVERY", 10**9)
    house = asyncio.create_task(node.keep_house())
    async with asyncio.timeout(60):
        while await counted(node) < BACKLOG:  # noqa: ASYNC110 - the house rings no bell
            await asyncio.sleep(0.01)
    house.cancel()
    await asyncio.gather(house, return_exceptions=True)


async def test_nothing_is_counted_while_keys_are_pressed(node: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.writer.LIVELY", 1e9)
    assert await node.figures.counting.catch_up() == 0
    monkeypatch.setattr("store.writer.LIVELY", 0)
    assert await node.figures.counting.catch_up() == LOOKS - 1


async def test_a_clock_that_nobody_believes_counts_nothing(node: Memory, hands: Hands) -> None:
    hands.wall = 0
    assert node.clock.quality == "doubtful"
    await node.sweep.catch_up()
    assert await counted(node) == STRETCH


async def test_a_key_that_is_pressed_meanwhile_goes_first(node: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    do = node.writer.do
    order: list[str] = []
    presses: list[asyncio.Future[Any]] = []

    async def watched(run: Any, **how: bool) -> Any:
        if order == ["counted"] * 2:
            # Nobody knows how long this machine takes: from here on keys are expected for ever.
            monkeypatch.setattr("store.writer.LIVELY", 1e9)
            presses.append(asyncio.ensure_future(node.turns.take(call("", "s1"))))
            presses[0].add_done_callback(lambda _: order.append("pressed"))
            await asyncio.sleep(0)
        done = await do(run, **how)
        order.append("counted")
        return done

    with monkeypatch.context() as patched:
        patched.setattr(node.writer, "do", watched)
        assert await node.figures.counting.catch_up() == 3, "the round that it came into is the last one"
    assert (await presses[0]).text
    assert order == ["counted", "counted", "pressed", "counted"]
    assert await counted(node) == 4 * STRETCH
    assert node.figures.counting.behind
    assert await node.figures.counting.catch_up() == 0


async def test_agencies_that_are_silent_make_no_backlog(node: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_ROUNDS", 10 * LOOKS)
    await node.figures.counting.catch_up()
    assert await rows(node, "SELECT count(*) FROM figure_wait") == [(BACKLOG,)]
    for _ in range(LOOKS):
        await node.figures.counting.round()
        assert not node.figures.counting.behind
