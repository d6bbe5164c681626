"""The node as a whole: revisions, epochs, keys, other processes, the sweep."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flows.errors import ConfigFault, KeyFault, StoreFault, VersionFault
from store.memory import Memory
from tests.store.conftest import KEY, NOON, Hands, Opened, call, dial, rows, sms
from tests.store.mind import small_mind

FILES = {"birth.yaml": "sala: 1\nid: birth\n"}


async def test_publish_pause_and_go_back(memory: Memory) -> None:
    library = memory.library
    assert await library.publish("birth", "sha256:1", FILES, "anna")
    assert not await library.publish("birth", "sha256:1", FILES, "anna")
    assert await library.publish("birth", "sha256:2", FILES, "anna")
    live = await library.live("birth")
    assert live is not None
    assert (live.digest, live.files, live.live) == ("sha256:2", FILES, True)
    assert await library.rollback("birth", "anna") == "sha256:1"
    assert [(one.digest, one.live) for one in await library.list()] == [("sha256:1", True), ("sha256:2", False)]
    await library.pause("birth", "anna")
    assert (await library.catalogue()).paused == {"birth"}
    assert await library.publish("birth", "sha256:2", FILES, "anna")
    assert (await library.catalogue()).paused == frozenset()
    acts = await rows(memory, "SELECT act, actor FROM publication ORDER BY id")
    assert acts == [(act, "anna") for act in ("publish", "publish", "rollback", "pause", "publish")]


async def test_what_cannot_be_paused_or_taken_back_is_named(memory: Memory) -> None:
    with pytest.raises(ConfigFault, match="birth"):
        await memory.library.pause("birth", "anna")
    await memory.library.publish("birth", "sha256:1", FILES, "anna")
    with pytest.raises(ConfigFault, match="earlier"):
        await memory.library.rollback("birth", "anna")
    assert await memory.library.live("death") is None


async def test_a_node_sees_what_another_process_publishes(memory: Memory, opened: Opened) -> None:
    assert memory.office.live == {}
    await dial(memory, "a")
    async with opened(role="command") as beside:
        assert beside.epoch == memory.epoch
        await beside.library.publish("birth", "sha256:1", FILES, "anna")
        with pytest.raises(StoreFault, match="no turns"):
            await beside.turns.take(call("", "beside"))
    await memory.tick()
    assert memory.office.live == {"birth": "sha256:1"}
    assert (await memory.turns.take(call("a*b"))).text == "a / b"


async def test_the_house_is_kept_by_itself(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.memory.TICK", 0.01)
    monkeypatch.setattr("store.memory.SWEEP_EVERY", 2)
    async with opened() as memory:
        task = asyncio.create_task(memory.keep_house())
        async with opened(role="command") as beside:
            await beside.library.publish("birth", "sha256:1", FILES, "anna")
        async with asyncio.timeout(5):
            while not memory.office.live:  # noqa: ASYNC110 - the tick is what is tried
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert not task.done()
        task.cancel()


async def test_two_nodes_on_one_folder_are_refused(memory: Memory, opened: Opened) -> None:
    with pytest.raises(ConfigFault, match="running"):
        async with opened():
            pass


async def test_every_start_draws_an_epoch_of_its_own(opened: Opened) -> None:
    seen = []
    for _ in range(4):
        async with opened() as memory:
            seen.append(memory.epoch)
    assert len(set(seen)) == 4
    async with opened() as memory:
        assert [row[0] for row in await rows(memory, "SELECT epoch FROM epoch ORDER BY n")] == [*seen, memory.epoch]


async def test_another_hashing_key_does_not_start(opened: Opened) -> None:
    async with opened(hashing_key=b"one"):
        pass
    with pytest.raises(KeyFault, match="hashing"):
        async with opened(hashing_key=b"two"):
            pass
    async with opened(hashing_key=b"one"):
        pass
    with pytest.raises(KeyFault):
        async with opened(key=KEY[::-1]):
            pass


async def test_a_newer_schema_does_not_start(opened: Opened) -> None:
    async with opened() as memory:
        await memory.writer.do(lambda db: db.rows("UPDATE meta SET value = '9999' WHERE name = 'schema'"))
    with pytest.raises(VersionFault):
        async with opened():
            pass


async def test_readings(memory: Memory) -> None:
    await dial(memory, "a", "SUBMIT")
    await memory.turns.overhear(sms("hello", "m1"))
    figures = await memory.readings()
    assert figures.counts["turns"] == 3
    assert figures.counts["messages"] == 1
    assert figures.messages == {"queued": 2}
    assert figures.oldest_message_at == NOON
    assert [one.waiting for one in figures.roads] == [1]
    assert figures.writable
    assert figures.free > 0
    assert (figures.waiting, figures.unknown_messages, figures.memos, figures.clock) == (0, 0, 0, "good")


async def test_the_sweep_drops_sessions_and_never_one_that_is_in_use(memory: Memory, hands: Hands) -> None:
    await dial(memory, "a")
    hands.go(3601)
    await memory.sweep.round()
    assert await rows(memory, "SELECT count(*) FROM session") == [(1,)]
    hands.go(90_000)
    assert (await memory.turns.take(call("a*b"))).text == "a / b"
    await memory.sweep.round()
    assert (await memory.turns.take(call("a*b*c"))).text == "a / b / c"
    hands.go(2 * 86_400)
    await memory.sweep.round()
    assert await rows(memory, "SELECT count(*) FROM session") == [(0,)]
    assert await dial(memory, session="s2") == "hello"


async def test_a_session_number_given_again_shows_nobody_another_s_answers(opened: Opened, hands: Hands) -> None:
    async with opened() as memory:
        await dial(memory, "secret")
        hands.go(3 * 86_400)
        await memory.sweep.round()
    async with opened() as memory:
        assert await dial(memory, "mine", session="x", msisdn="+8562000000001") == "mine"
        assert await dial(memory, session="y") == "hello"


@pytest.mark.slow
def test_an_unclosed_memory_is_impossible_by_its_shape(tmp_path: Path) -> None:
    """A fault inside `async with` ends the process: aiosqlite's thread would keep it alive otherwise."""
    script = (
        "import asyncio, pathlib, sys\n"
        "from store.memory import open_memory\nfrom store.settings import StoreSettings\n"
        "from tests.store.mind import small_mind\n"
        "async def main():\n"
        "    async with open_memory(StoreSettings(data=pathlib.Path(sys.argv[1]), node='n', reserve_mb=0),\n"
        "                           bytes(32), small_mind()):\n"
        "        raise SystemExit(7)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], timeout=20, check=False, capture_output=True)
    assert done.returncode == 7, done.stderr


async def test_an_office_that_cannot_be_composed_leaves_the_old_one(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.memory.TICK", 0.01)
    broken = False

    def compose(catalogue: Any) -> Any:
        if broken:
            raise ValueError("a flow of a newer kind")
        return catalogue

    async with opened(mind=small_mind(compose=compose)) as memory:
        task = asyncio.create_task(memory.keep_house())
        broken = True
        async with opened(role="command") as beside:
            await beside.library.publish("birth", "sha256:1", FILES, "anna")
        await asyncio.sleep(0.1)
        assert not task.done()
        assert await dial(memory) == "hello"
        task.cancel()


async def test_a_mistake_in_a_batch_stops_nobody_else(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    await dial(memory)

    def broken(*_: Any) -> None:
        raise ValueError("a mistake")

    monkeypatch.setattr(memory.writer, "_complete", broken)
    with pytest.raises(StoreFault, match="batch"):
        await memory.turns.take(call("a"))
    monkeypatch.undo()
    assert (await memory.turns.take(call("a"))).again
