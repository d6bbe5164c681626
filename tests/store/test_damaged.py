"""A file with a page gone bad: the node says so, writes nothing more, and a restored backup brings everything back."""

from pathlib import Path

import pytest

from flows.errors import StoreFault
from store import backup
from store.sqlite import FILE, Damaged
from tests.store.conftest import KEY, Opened, dial, rows

PAGE = 4096


async def test_a_bad_page_stops_the_writer_with_its_reason(opened: Opened, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    async with opened() as memory:
        told = [await dial(memory, "SUBMIT", session=f"s{n}", msisdn=f"+85620{n:08d}") for n in range(30)]
        (root,) = (await rows(memory, "SELECT rootpage FROM sqlite_master WHERE name = 'session'"))[0]
        await backup.backup(tmp_path, KEY, copy)
    content = bytearray((tmp_path / FILE).read_bytes())
    content[(root - 1) * PAGE + 2000] ^= 1
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(Damaged, match="damaged"):
        async with opened() as memory:
            await dial(memory, "SUBMIT", session="new")
    assert await backup.check(tmp_path, KEY)
    await backup.restore(copy, tmp_path, KEY)
    async with opened() as memory:
        there = {f"{row[0]:09d}" for row in await rows(memory, "SELECT reference FROM request")}
        assert set(told) <= there
        assert (await memory.readings()).writable


async def test_what_a_reader_finds_stops_the_writer_too(opened: Opened, tmp_path: Path) -> None:
    async with opened() as memory:
        for n in range(30):
            await dial(memory, "SUBMIT", session=f"s{n}", msisdn=f"+85620{n:08d}")
        (root,) = (await rows(memory, "SELECT rootpage FROM sqlite_master WHERE name = 'status_event'"))[0]
    content = bytearray((tmp_path / FILE).read_bytes())
    content[(root - 1) * PAGE + 2000] ^= 1
    (tmp_path / FILE).write_bytes(content)
    async with opened() as memory:
        await dial(memory, "a", session="new")
        assert (await memory.readings()).writable
        with pytest.raises(StoreFault):
            await rows(memory, "SELECT * FROM status_event")
        assert not (await memory.readings()).writable
        with pytest.raises(Damaged):
            await dial(memory, "a", session="newer")
