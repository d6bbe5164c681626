"""The copy follows the database row by row, whatever the medium does, and no key press waits for a bad one."""

import asyncio
import errno
import os
import re
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from flows.errors import ConfigFault, KeyFault
from store import hub_sql, road_sql, sql
from store.copying import escrow
from store.copying.copier import KEEP
from store.copying.frames import Damaged
from store.copying.restoring import restore
from store.memory import Memory, open_memory
from store.settings import StoreSettings
from tests.store.conftest import KEY, Opened, dial, rows
from tests.store.copying.conftest import QUICK, Stick, content, reading, two, until
from tests.store.mind import small_mind

Copied = Callable[..., AbstractAsyncContextManager[Memory]]


async def busy(memory: Memory, name: str, n: int = 3) -> list[str]:
    """Everything that a node does, a little; returns the references told."""
    told = []
    for i in range(n):
        told.append(await dial(memory, "a", "b", "SUBMIT", session=f"{name}{i}", msisdn=f"+856205551{i:04d}"))
        await dial(memory, "REMIND x", session=f"{name}r{i}", msisdn=f"+856205552{i:04d}")
        await dial(memory, "TIP fire", session=f"{name}t{i}", msisdn=f"+856205553{i:04d}")
    await memory.library.publish(f"flow-{name}", f"sha256:{name}", {"a.yaml": "x: ລາວ"}, "admin")
    await memory.sweep.round()
    return told


async def test_what_is_restored_is_the_database_row_by_row(copied: Copied, stick: Stick, tmp_path: Path) -> None:
    async with copied() as memory:
        await busy(memory, "before")
        await two(memory)
        told = await busy(memory, "after")
        epoch = memory.epoch
        now = await two(memory)
        assert now.saved > 5
        assert now.bases == 1
    restored = await restore(stick.folder / "sala", stick.secret, tmp_path / "new")
    assert content(tmp_path / "new") == content(tmp_path / "data")
    assert restored.luggage["database.key"] == KEY
    assert (restored.torn, restored.damage, restored.node) == (False, "", "LA-XK-03")
    assert restored.requests >= len(told)
    settings = StoreSettings(data=tmp_path / "new", node="LA-XK-03", reserve_mb=0, free_mb=0)
    async with open_memory(settings, KEY, small_mind(), house=False) as memory:
        assert memory.epoch != epoch
        assert await rows(memory, "SELECT count(*) FROM request WHERE reference = ?", int(told[0])) == [(1,)]
        assert await dial(memory, "a", "SUBMIT", session="later")


async def test_a_control_without_the_last_record_differs(copied: Copied, stick: Stick, tmp_path: Path) -> None:
    async with copied() as memory:
        await two(memory)
        size = stick.files[0].stat().st_size
        await busy(memory, "x")
        await two(memory)
    os.truncate(stick.files[0], size)
    await restore(stick.files[0], stick.secret, tmp_path / "new")
    assert content(tmp_path / "new") != content(tmp_path / "data")


async def test_commits_while_the_base_is_written_are_not_lost(copied: Copied, stick: Stick, tmp_path: Path) -> None:
    def sync(fd: int) -> None:
        time.sleep(0.01)
        os.fsync(fd)

    slow = replace(QUICK, sync=sync)
    async with copied() as memory:
        for i in range(40):
            await dial(memory, "a", "SUBMIT", session=f"s{i}", msisdn=f"+856205551{i:04d}")
    async with copied(slow) as memory:
        await until(memory, lambda now: now.bases == 1)
        await busy(memory, "x", 20)
        await two(memory)
    await restore(stick.files[-1], stick.secret, tmp_path / "new")
    assert content(tmp_path / "new") == content(tmp_path / "data")


async def test_a_stick_that_is_pulled_out_and_put_in(copied: Copied, stick: Stick, tmp_path: Path) -> None:
    async with copied() as memory:
        await two(memory)
        stick.pull_out()
        one = await until(memory, lambda now: now.copies == 1)
        assert "gone" in one.reason or "no medium" in one.reason
        assert one.since
        began = time.monotonic()
        await busy(memory, "x")
        assert time.monotonic() - began < 30, "a medium that is gone would be waited for until it is back"
        stick.put_in()
        now = await two(memory)
        assert now.bases == 2
        await busy(memory, "y")
        await two(memory)
    await restore(stick.folder / "sala", stick.secret, tmp_path / "new")
    assert content(tmp_path / "new") == content(tmp_path / "data")


async def test_a_full_stick_costs_no_key_press_and_is_told(copied: Copied, stick: Stick, tmp_path: Path) -> None:
    room = [10**9]

    def write(fd: int, block: memoryview) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        n = os.write(fd, block[: room[0]])
        room[0] -= n
        return n

    async with copied(replace(QUICK, write=write)) as memory:
        await two(memory)
        room[0] = 100
        await busy(memory, "x")
        one = await until(memory, lambda now: now.copies == 1)
        assert one.reason == "the medium is full"
        torn = stick.files[0].read_bytes()
        room[0] = 10**9
        await two(memory)
        await busy(memory, "y")
        await two(memory)
    await restore(stick.folder / "sala", stick.secret, tmp_path / "new")
    assert content(tmp_path / "new") == content(tmp_path / "data")
    (tmp_path / "torn.salacopy").write_bytes(torn)
    assert (await restore(tmp_path / "torn.salacopy", stick.secret, tmp_path / "old")).torn


async def test_a_slow_stick_keeps_a_key_press_waiting_once(copied: Copied, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.copying.keeper.PATIENCE", 0.1)
    monkeypatch.setattr("store.copying.copier.LATE", 0.05)
    pace = [0.0]

    def sync(fd: int) -> None:
        time.sleep(pace[0])
        os.fsync(fd)

    async with copied(replace(QUICK, sync=sync), wait=True) as memory:
        await two(memory)
        pace[0] = 2.0
        began = time.monotonic()
        await dial(memory, "a", "b", "c")
        assert 0.1 <= time.monotonic() - began < 1.9, "three who waited for the medium would take six"
        slow = await until(memory, lambda now: now.copies == 1)
        assert "slow" in slow.reason
        pace[0] = 0.0
        await two(memory)


async def test_with_wait_the_answer_comes_when_the_medium_has_it(copied: Copied, stick: Stick, tmp_path: Path) -> None:
    synced = []

    def sync(fd: int) -> None:
        synced.append(os.fstat(fd).st_size)
        os.fsync(fd)

    async with copied(replace(QUICK, sync=sync), wait=True) as memory:
        await two(memory)
        for i in range(5):
            told = await dial(memory, "a", "SUBMIT", session=f"w{i}", msisdn=f"+856205551{i:04d}")
            image = tmp_path / f"image{i}.salacopy"
            image.write_bytes(stick.files[0].read_bytes()[: synced[-1]])
            await restore(image, stick.secret, tmp_path / f"new{i}")
            kept = {f"{row[2]:09d}" for row in content(tmp_path / f"new{i}")["request"]}
            assert told in kept
        began = time.monotonic()
        for _ in range(3):
            await memory.tick()
        assert time.monotonic() - began < 2.5


async def test_another_process_writes_and_the_copy_begins_again(
    copied: Copied, opened: Opened, stick: Stick, tmp_path: Path
) -> None:
    async with copied() as memory:
        await two(memory)
        await busy(memory, "x")
        async with opened(settings={"data": tmp_path / "data"}, role="command") as command:
            await command.library.publish("other", "sha256:other", {"a": "b"}, "admin")
        await memory.tick()
        await until(memory, lambda now: now.bases == 2)
        await busy(memory, "y")
        await two(memory)
        await asyncio.sleep(0.1)
        assert (await reading(memory)).bases == 2
    await restore(stick.folder / "sala", stick.secret, tmp_path / "new")
    assert content(tmp_path / "new") == content(tmp_path / "data")


async def test_a_command_that_only_reads_does_not(copied: Copied, opened: Opened, tmp_path: Path) -> None:
    async with copied() as memory:
        await two(memory)
        async with opened(settings={"data": tmp_path / "data"}, role="command") as command:
            await command.readings()
        await memory.tick()
        await dial(memory, "a")
        assert (await two(memory)).bases == 1


async def test_it_renews_itself_without_a_gap_and_keeps_two_files(copied: Copied, stick: Stick, tmp_path: Path) -> None:
    ones = set()
    async with copied(renew_mb=1) as memory:
        await two(memory)
        for i in range(200):
            await dial(memory, secrets.token_hex(10_000), session=f"s{i}", msisdn=f"+856205551{i:04d}")
            ones.add((await reading(memory)).copies)
            if (await reading(memory)).bases == 4:
                break
        await two(memory)
    assert ones == {2}
    assert len(stick.files) == KEEP
    await restore(stick.folder / "sala", stick.secret, tmp_path / "new")
    assert content(tmp_path / "new") == content(tmp_path / "data")


async def test_it_renews_itself_after_its_days(copied: Copied, stick: Stick, tmp_path: Path) -> None:
    async with copied(renew_days=0.3 / 86_400) as memory:
        await until(memory, lambda now: now.bases >= 2)
        await busy(memory, "x")
        await two(memory)
    await restore(stick.folder / "sala", stick.secret, tmp_path / "new")
    assert content(tmp_path / "new") == content(tmp_path / "data")


async def test_an_unmounted_folder_is_refused(copied: Copied) -> None:
    async with copied(same_disk=False) as memory:
        one = await until(memory, lambda now: "same disk" in now.reason or "no medium" in now.reason)
        assert one.copies == 1
        assert await dial(memory, "a")


async def test_a_new_database_leaves_the_old_ones_copies_alone(copied: Copied, stick: Stick, tmp_path: Path) -> None:
    async with copied() as memory:
        await two(memory)
    old = stick.files[0].read_bytes()
    for path in (tmp_path / "data").iterdir():
        path.unlink()
    for _ in range(4):
        async with copied() as memory:
            await two(memory)
    assert len(stick.files) == 1 + KEEP
    assert old in {path.read_bytes() for path in stick.files}
    with pytest.raises(ConfigFault, match="several copies"):
        await restore(stick.folder / "sala", stick.secret, tmp_path / "new")


async def test_the_wrong_key_and_a_folder_in_use_are_refused(copied: Copied, stick: Stick, tmp_path: Path) -> None:
    async with copied() as memory:
        await two(memory)
    with pytest.raises(KeyFault) as refused:
        await restore(stick.files[0], escrow.make()[0], tmp_path / "new")
    assert stick.public in refused.value.hint
    with pytest.raises(ConfigFault, match="has a database"):
        await restore(stick.files[0], stick.secret, tmp_path / "data")
    assert not (tmp_path / "new" / "sala.db").exists()


async def test_nothing_readable_is_on_the_stick(copied: Copied, stick: Stick) -> None:
    async with copied() as memory:
        await two(memory)
        told = await dial(memory, "Khamphone", "SUBMIT")
        await two(memory)
    data = stick.files[0].read_bytes()
    for word in (b"Khamphone", b"55512345", told.encode(), KEY, KEY.hex().encode(), b"INSERT", b"request"):
        assert word not in data
    # What stands in the clear is there: the search can find.
    assert b"LA-XK-03" in data


async def test_a_flipped_byte_is_refused_and_what_is_before_it_can_be_had(
    copied: Copied, stick: Stick, tmp_path: Path
) -> None:
    async with copied() as memory:
        first = await busy(memory, "x")
        await two(memory)
        size = stick.files[0].stat().st_size
        second = await busy(memory, "y")
        await two(memory)
    harmed = bytearray(stick.files[0].read_bytes())
    harmed[size + 40] ^= 1
    stick.files[0].write_bytes(harmed)
    with pytest.raises(Damaged, match="a byte is not what was written") as refused:
        await restore(stick.files[0], stick.secret, tmp_path / "new")
    assert "--partial" in refused.value.hint
    assert not (tmp_path / "new" / "sala.db").exists()
    restored = await restore(stick.files[0], stick.secret, tmp_path / "new", partial=True)
    assert "damaged at record" in restored.damage
    kept = {f"{row[2]:09d}" for row in content(tmp_path / "new")["request"]}
    assert set(first) <= kept
    assert not set(second) & kept


async def test_a_base_that_was_never_finished_is_refused(copied: Copied, stick: Stick, tmp_path: Path) -> None:
    async with copied() as memory:
        await two(memory)
    cut = tmp_path / "cut.salacopy"
    cut.write_bytes(stick.files[0].read_bytes()[:-60])
    with pytest.raises(Damaged, match="never finished"):
        await restore(cut, stick.secret, tmp_path / "new")


def test_no_statement_draws_by_chance_or_reads_the_time() -> None:
    """Doing a statement again must do the same, on another day and on another machine."""
    chance = re.compile(r"random|strftime|julianday|unixepoch|current_(date|time)|'now'", re.IGNORECASE)
    modules = (sql, road_sql, hub_sql)
    texts = [text for module in modules for name, text in vars(module).items() if name.isupper() and name[0] != "_"]
    statements = [text for text in texts if isinstance(text, str)]
    assert len(statements) > 100
    assert [text for text in statements if chance.search(text)] == []
    assert chance.search("SELECT random()")
