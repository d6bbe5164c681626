"""The node as a whole: revisions, epochs, keys, other processes, disk, clock, backup."""

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from flows.errors import Busy, ConfigFault, DiskFull, KeyFault, StoreFault, VersionFault
from store import backup as copies
from store import heard
from store.clock import Clock, iso
from store.events import event_bytes
from store.hashing import Hashing
from store.memory import Memory
from store.reserve import FILE as RESERVE
from store.reserve import MEGABYTE, Reserve
from store.settings import StoreSettings
from store.sqlite import open_keyed, stdlib_cannot_read
from tests.store.conftest import KEY, LAO, NOON, Hands, Opened, call, dial, rows, sms
from tests.store.mind import small_mind, submit

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


def test_the_clock_is_doubted_after_a_jump_and_steady_all_the_same(hands: Hands) -> None:
    clock = hands.clock()
    assert (clock.now(), clock.steady(), clock.quality) == (NOON, NOON, "good")
    hands.go(100)
    hands.wall += 10 * 365 * 86_400
    assert (clock.steady(), clock.quality) == (NOON + 100, "doubtful")
    hands.wall -= 20 * 365 * 86_400
    assert (clock.steady(), clock.quality) == (NOON + 100, "doubtful")


def test_a_clock_behind_the_newest_row_is_doubted_and_follows_when_set_right(hands: Hands) -> None:
    hands.wall = 1000.0
    clock = hands.clock()
    clock.believe(NOON - 10)
    assert (clock.steady(), clock.quality) == (NOON - 10, "doubtful")
    hands.go(70)
    assert (clock.steady(), clock.quality) == (NOON + 60, "doubtful")
    hands.wall = float(NOON)
    assert (clock.steady(), clock.quality) == (NOON, "good")
    hands.wall = 1000.0
    assert clock.steady() == NOON


def test_today_is_the_zone_s() -> None:
    clock = Clock("Asia/Vientiane")
    assert clock.today(NOON).isoformat() == "2026-11-23"
    assert clock.today(NOON + 12 * 3600 - 1).isoformat() == "2026-11-23"
    assert clock.today(NOON + 12 * 3600).isoformat() == "2026-11-24"
    assert iso(NOON) == "2026-11-23T05:00:00Z"
    assert clock.after_quiet(NOON, (22, 6)) == NOON
    assert clock.after_quiet(NOON, (0, 0)) == NOON
    assert clock.after_quiet(NOON, (11, 13)) == NOON + 3600


def test_an_event_s_bytes_are_fixed() -> None:
    from flows.turn import Moment  # noqa: PLC0415 - only here

    day = Clock("Asia/Vientiane").today(NOON)
    ids = ("0199b0a0-0000-7000-8000-000000000001", "0199b0a0-0000-7000-8000-000000000002")
    one = submit(Moment(NOON, day, "482109337", ids), answers={"name": "ຄຳ", "late": False, "n": 2.5, "none": None})
    values: dict[str, Any] = {"node": "LA-XK-03", "epoch": "3f9c21aa", "sequence": 8123, "msisdn": LAO, "now": NOON}
    assert (
        event_bytes(one, **values)
        == (
            '{"specversion":"1.0","id":"0199b0a0-0000-7000-8000-000000000001","source":"urn:sala:node:LA-XK-03",'
            '"type":"sala.submission.v1","subject":"482109337","time":"2026-11-23T05:00:00Z",'
            '"datacontenttype":"application/json","sequence":"8123","epoch":"3f9c21aa","clock":"good",'
            '"data":{"service":"birth","submission":"birth","revision":"sha256:aa","reference":"482109337",'
            '"channel":"ussd","language":"en","applicant":{"msisdn":"+8562055512345"},'
            '"case":{"id":"0199b0a0-0000-7000-8000-000000000002","revision":1},'
            '"answers":{"name":"ຄຳ","late":false,"n":2.5,"none":null},'
            '"consent":{"basis":"legal_task","shown":"sha256:00"},"place":{"pcode":"LA0901"}}}'
        ).encode()
    )


@pytest.mark.parametrize("forget", [False, True])
def test_how_a_text_stands_to_what_was_heard(forget: bool) -> None:  # noqa: FBT001 - a parameter
    kept = heard.keep("a*b", forget=forget)
    assert ("a*b" in kept) is not forget
    assert heard.fit(kept, "a*b") == ("same", "")
    assert heard.fit(kept, "a*b*c*d") == ("next", "c*d")
    assert heard.fit(kept, "a*b*") == ("next", "")
    assert heard.fit(kept, "a")[0] == "older"
    assert heard.fit(kept, "")[0] == "older"
    assert heard.fit(kept, "a*bc")[0] == "other"
    assert heard.fit(kept, "x*y*z")[0] == "other"


def test_hashes_of_different_things_differ() -> None:
    one, other = Hashing(b"a"), Hashing(b"b")
    assert one.session("x", "y") != one.message("x", "y")
    assert one.session("ab", "c") != one.session("a", "bc")
    assert one.number(1) != other.number(1)
    assert one.once(["a", "b"]) != one.once(["a", "b"], 1)


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


@pytest.mark.parametrize("bad", [{"seal_to": {"registry": ("age1nonsense",)}}, {"blocks": ("4a",)}, {"nod": "x"}])
def test_settings_that_cannot_be_used(tmp_path: Path, bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        StoreSettings(data=tmp_path, node="n", **bad)


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


async def test_a_mistake_in_a_batch_stops_nobody_else(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    await dial(memory)

    def broken(*_: Any) -> None:
        raise ValueError("a mistake")

    monkeypatch.setattr(memory.writer, "_complete", broken)
    with pytest.raises(StoreFault, match="batch"):
        await memory.turns.take(call("a"))
    monkeypatch.undo()
    assert (await memory.turns.take(call("a"))).again


async def test_nobody_else_may_read_the_files(memory: Memory, tmp_path: Path) -> None:
    assert memory.writer.writable
    assert [name for name in os.listdir(tmp_path) if os.stat(tmp_path / name).st_mode & 0o077] == []  # noqa: PTH208, PTH116
