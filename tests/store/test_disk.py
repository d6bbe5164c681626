"""The disk: one that is full, fails or is held by others, and copies of what lies on it."""

import contextlib
import errno
import os
from pathlib import Path
from typing import Any

import pytest
import structlog

from flows.errors import Busy, ConfigFault, DiskFull, KeyFault, StoreFault
from store import backup as copies
from store.memory import Memory
from store.reserve import FILE as RESERVE
from store.reserve import MEGABYTE, Reserve
from store.sqlite import open_keyed, stdlib_cannot_read
from tests.store.conftest import KEY, Opened, call, dial, rows

FILES = {"birth.yaml": "sala: 1\nid: birth\n"}


async def test_a_copy_of_a_running_node_and_its_return(memory: Memory, opened: Opened, tmp_path: Path) -> None:
    reference = await dial(memory, "a", "SUBMIT")
    target = tmp_path / "copies" / "one.db"
    target.parent.mkdir()
    assert await copies.backup(tmp_path, KEY, target) > 0
    assert stdlib_cannot_read(target)
    assert target.stat().st_mode & 0o077 == 0
    assert sorted(file.name for file in target.parent.iterdir()) == ["one.db"]
    with pytest.raises(ConfigFault, match="exists"):
        await copies.backup(tmp_path, KEY, target)
    with pytest.raises(KeyFault):
        await copies.backup(tmp_path, KEY[::-1], tmp_path / "other.db")
    with pytest.raises(ConfigFault, match="running"):
        await copies.restore(target, tmp_path, KEY)
    assert (await dial(memory, "b", "SUBMIT", session="s2")) != reference
    assert await copies.check(tmp_path, KEY) == []


async def test_a_restored_node_goes_on_from_the_copy(opened: Opened, tmp_path: Path) -> None:
    target = tmp_path / "one.db"
    async with opened() as memory:
        await dial(memory, "SUBMIT")
        first = memory.epoch
        await copies.backup(tmp_path, KEY, target)
        await dial(memory, "SUBMIT", session="later")
    await copies.restore(target, tmp_path, KEY)
    assert (tmp_path / "sala.db.before-restore").exists()
    async with opened() as memory:
        assert memory.epoch != first
        assert await rows(memory, "SELECT count(*) FROM submission") == [(1,)]
        assert (await memory.turns.take(call(""))).again
        assert await rows(memory, "SELECT count(*) FROM meta WHERE name = 'restored_at'") == [(1,)]


async def test_a_damaged_copy_is_not_put_back(opened: Opened, tmp_path: Path) -> None:
    target = tmp_path / "one.db"
    async with opened() as memory:
        await dial(memory, "SUBMIT")
        await copies.backup(tmp_path, KEY, target)
    damaged = bytearray(target.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    target.write_bytes(damaged)
    with pytest.raises(StoreFault):
        await copies.restore(target, tmp_path, KEY)
    with pytest.raises(ConfigFault, match="no file"):
        await copies.restore(tmp_path / "none", tmp_path, KEY)
    async with opened() as memory:
        assert await rows(memory, "SELECT count(*) FROM submission") == [(1,)]


async def limit_pages(memory: Memory, extra: int) -> None:
    async def run(database: Any) -> None:
        ((pages,),) = await database.rows("PRAGMA page_count")
        await database.rows(f"PRAGMA max_page_count = {pages + extra}")

    await memory.writer.do(run)


async def until_full(memory: Memory) -> int:
    """How many dialogues were answered before the disk was full."""
    for n in range(500):
        try:
            await dial(memory, "x" * 900, session=f"s{n}", msisdn=f"+85620{n:08d}")
        except DiskFull:
            return n
    raise AssertionError("the disk was never full")


async def test_a_full_disk_loses_nothing_that_was_answered(opened: Opened, tmp_path: Path) -> None:
    async with opened() as memory:
        await limit_pages(memory, 8)
        answered = await until_full(memory)
        assert answered
        assert memory.writer.writable
        # Room again: it goes on by itself.
        await memory.writer.do(lambda db: db.rows("PRAGMA max_page_count = 1000000"))
        assert await dial(memory, session="after") == "hello"
    async with opened() as memory:
        for n in range(answered):
            assert (await memory.turns.take(call("x" * 900, f"s{n}", f"+85620{n:08d}"))).again


async def test_the_reserve_is_given_up_for_those_who_are_under_way(opened: Opened, tmp_path: Path) -> None:
    async with opened(settings={"reserve_mb": 1}) as memory:
        assert (tmp_path / RESERVE).stat().st_size == MEGABYTE
        await limit_pages(memory, 0)
        await until_full(memory)
        assert not (tmp_path / RESERVE).exists()
        await memory.writer.do(lambda db: db.rows("PRAGMA max_page_count = 1000000"))
        await memory.tick()
        assert (tmp_path / RESERVE).exists()


async def test_new_dialogues_are_refused_before_the_disk_is_full(opened: Opened, tmp_path: Path) -> None:
    huge = os.statvfs(tmp_path).f_blocks * os.statvfs(tmp_path).f_frsize // MEGABYTE + 1
    async with opened(settings={"free_mb": huge}) as memory:
        assert memory.full
        assert await dial(memory) == "full"
        assert (await memory.readings()).full
    reserve = Reserve(tmp_path, 1, 0)
    assert reserve.full()
    assert reserve.make()
    assert not reserve.full()
    assert reserve.release()
    assert not reserve.release()


async def test_a_failing_disk_stops_the_node(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    from store.sqlite import DiskFault  # noqa: PLC0415 - only here

    await dial(memory)

    async def failing() -> None:
        raise DiskFault

    monkeypatch.setattr(memory._writing, "commit", failing)
    with pytest.raises(DiskFault):
        await memory.turns.take(call("a"))
    monkeypatch.undo()
    with pytest.raises(DiskFault):
        await memory.turns.take(call("a"))
    assert not (await memory.readings()).writable


async def test_another_process_that_holds_the_lock_too_long_makes_busy(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.sqlite.PATIENCE", 0.05)
    async with opened() as memory:
        await dial(memory)
        with contextlib.closing(open_keyed(tmp_path / "sala.db", KEY)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Busy):
                await memory.turns.take(call("a"))
            other.rollback()
        assert (await memory.turns.take(call("a"))).text == "a"


async def test_nobody_else_may_read_the_files(memory: Memory, tmp_path: Path) -> None:
    assert memory.writer.writable
    assert [name for name in os.listdir(tmp_path) if os.stat(tmp_path / name).st_mode & 0o077] == []  # noqa: PTH208, PTH116 - names as they are


def test_a_reserve_that_cannot_be_laid_down_says_why_in_a_word_that_the_log_lets_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with structlog.testing.capture_logs() as lines:
        assert not Reserve(tmp_path, 1, 0).make()
    assert lines[0]["reason"] == "ENOSPC"
    assert not (tmp_path / RESERVE).exists()
