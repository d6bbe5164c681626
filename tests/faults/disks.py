"""Disks that are full, that fail, that become read-only, and files with a page gone bad."""

import asyncio
import errno
import os
import random
import shutil
import subprocess
import zlib
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from flows.errors import Fault, StoreFault
from store import backup
from store.memory import Memory, open_memory
from store.settings import StoreSettings
from store.sqlite import FILE
from store.values import Call
from tests.faults.load import ACKS, KEY, settings_of
from tests.faults.nursery import Nursery
from tests.faults.power import Acknowledged, Loss, fresh_folder, look, start, watched_nursery
from tests.faults.rows import Tally
from tests.store.mind import small_mind

WRITE: Final = 0
SYNC: Final = 1
FOR_GOOD: Final = 10**6
PAGE: Final = 4096
TURNS: Final = 3
SAMPLE: Final = 100_000


async def _load(nursery: Nursery, data: Path, fail: tuple[int, int, int, int]) -> tuple[str, Acknowledged]:
    """One load on a disk that fails like this; returns what the child said, and what it had acknowledged."""
    data.mkdir()  # noqa: ASYNC240 - a folder in memory
    out = data.with_suffix(".said")
    child = nursery.bear("load", out, folder=str(data), trail="", seed=1, turns=TURNS, fail=fail)
    await child.ended()
    said = Acknowledged()
    for line in (data / ACKS).read_text().splitlines() if (data / ACKS).exists() else []:
        said.hear(line)
    return out.read_text(), said


def _figures(out: str, word: str) -> list[int]:
    for line in out.splitlines():
        if line.startswith(f"{word} "):
            return [int(part) for part in line.split()[1:]]
    raise AssertionError(f"the load did not end:\n{out[-3000:]}")


async def _each(seed: int, runs: int, call: int, count: int, code: int) -> Tally:
    """A failure at each (or at `runs` of them) of the calls that a load makes."""
    rng = random.Random(seed)
    loss, requests, notes, stopped, went_on = Loss(), 0, [], 0, 0
    with fresh_folder() as folder, watched_nursery(folder) as nursery:
        calm, _ = await _load(nursery, folder / "calm", (call, FOR_GOOD, 0, 0))
        moments = range(1, _figures(calm, "passed")[call] + 1)
        chosen = sorted(rng.sample(moments, min(runs, len(moments)))) if runs else list(moments)
        for nth in chosen:
            data = folder / f"at{nth}"
            out, said = await _load(nursery, data, (call, nth, count, code))
            writable, after = _figures(out, "ended")
            broken = not writable
            stopped, went_on = stopped + broken, went_on + (after > 0)
            if broken and after:
                notes.append(f"{nth}: acknowledged {after} after it had stopped")
            look(data, said, loss)
            if nth % 5 == 0:
                await start(data, said, loss, nth)
            requests += said.count
            shutil.rmtree(data)
    print(f"  stopped {stopped} times, went on {went_on} times")
    if code == errno.ENOSPC and not went_on:
        notes.append("never went on although there was room again")
    notes += [f"{n} x {note}" for note, n in loss.notes.items()]
    return Tally(len(chosen), requests, loss.rows, loss.again, loss.corrupt + len(notes), tuple(notes))


async def full_each(seed: int, runs: int) -> Tally:
    """ENOSPC at each write, and room again four writes later."""
    return await _each(seed, runs, WRITE, 4, errno.ENOSPC)


async def sync_each(seed: int, runs: int) -> Tally:
    """EIO at each sync."""
    return await _each(seed, runs, SYNC, 1, errno.EIO)


async def read_only(seed: int, runs: int) -> Tally:
    """The file system becomes read-only at each write, and stays so."""
    return await _each(seed, runs, WRITE, FOR_GOOD, errno.EROFS)


async def full_disk(seed: int, runs: int) -> Tally:
    """A disk of 3 MB that fills up, and gets more room: on a file system of its own where that can be had."""
    told: list[str] = []
    notes: list[str] = []
    for number in range(runs):
        with fresh_folder() as folder, ExitStack() as stack:
            small = _small_disk(folder, stack)
            if small is None:
                print("  no file system of its own to be had here: see disk-full-each")
                return Tally(0, 0)
            told += await _fill(small, seed + number, notes)
    return Tally(runs, len(told), broken=len(notes), notes=tuple(notes))


def _small_disk(folder: Path, stack: ExitStack) -> Path | None:
    small = folder / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(small)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        return None
    stack.callback(subprocess.run, ["umount", "-l", str(small)], check=False, capture_output=True)
    return small


def _enlarge(small: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=30m", str(small)], check=True)


async def _fill(small: Path, seed: int, notes: list[str]) -> list[str]:
    settings = StoreSettings(data=small, node="LA-TEST-01", reserve_mb=1, free_mb=0)
    told: list[str] = []
    async with open_memory(settings, KEY, small_mind(), house=False) as memory:
        refused = await _until_full(memory, told, seed)
        if refused not in {"disk-full", "full"}:
            notes.append(f"refused as {refused}")
        if memory.writer.writable is False:
            notes.append("a full disk stopped the node")
        _enlarge(small)
        await memory.tick()
        more = await _request(memory, f"{seed}-more")
        if not more.isdigit():
            notes.append(f"room again, and still {more}")
        told.append(more)
    async with open_memory(settings, KEY, small_mind(), house=False) as memory:
        there = {f"{row[0]:09d}" for row in await memory._reading.rows("SELECT reference FROM request")}
        notes.extend(f"{one} is lost" for one in told if one not in there)
    return told


async def _until_full(memory: Memory, told: list[str], seed: int) -> str:
    for number in range(SAMPLE):
        try:
            reply = await _request(memory, f"{seed}-{number}")
        except StoreFault as fault:
            return fault.code
        if not reply.isdigit():
            return reply
        told.append(reply)
        await memory.tick()
    return "never"


async def _request(memory: Memory, session: str) -> str:
    heard = ""
    for text in ("", "a" * 900, "SUBMIT"):
        heard = f"{heard}*{text}" if heard else text
        number = f"+85620{zlib.crc32(session.encode()) % 10**8:08d}"
        reply = await memory.turns.take(Call("at", session, number, heard, "*999#"))
        if reply.end:
            break
    return reply.text


async def bad_page(seed: int, runs: int) -> Tally:
    """One bit turned in each page of the file: found, the node stops with the reason, and a backup brings it back."""
    return await _bad_pages(seed, runs, blind=False)


async def bad_page_unseen(seed: int, runs: int) -> Tally:
    """Control: the same, and nobody looks."""
    return await _bad_pages(seed, runs, blind=True)


async def _bad_pages(seed: int, runs: int, *, blind: bool) -> Tally:
    rng = random.Random(seed)
    notes: Counter[str] = Counter()
    with fresh_folder() as folder:
        whole = folder / "whole"
        told = await _filled(whole, 60)
        copy = folder / "backup"
        await backup.backup(whole, KEY, copy)
        pages = range(1, (whole / FILE).stat().st_size // PAGE + 1)
        chosen = rng.sample(pages, min(runs, len(pages))) if runs else list(pages)
        for page in chosen:
            bad = folder / f"page{page}"
            bad.mkdir()
            content = bytearray((whole / FILE).read_bytes())
            content[(page - 1) * PAGE + rng.randrange(PAGE)] ^= 1 << rng.randrange(8)
            (bad / FILE).write_bytes(content)
            notes.update([] if blind else await _found(bad))
            notes.update(await _works_on(bad))
            if not blind:
                await backup.restore(copy, bad, KEY)
            missing = len(told - await _there(bad))
            notes.update([f"page {page}: {missing} rows missing"] if missing else [])
            shutil.rmtree(bad)
    return Tally(len(chosen), len(told), broken=sum(notes.values()), notes=tuple(notes))


async def _filled(folder: Path, count: int) -> set[str]:
    async with open_memory(settings_of(folder), KEY, small_mind(), house=False) as memory:
        return set(await asyncio.gather(*(_request(memory, f"s{n}") for n in range(count))))


async def _found(bad: Path) -> list[str]:
    try:
        return [] if await backup.check(bad, KEY) else ["the check found nothing"]
    except Fault:
        return []


async def _works_on(bad: Path) -> list[str]:
    """A node on this file either works, or says a reason and writes nothing more."""
    try:
        async with open_memory(settings_of(bad), KEY, small_mind(), house=False) as memory:
            failed = False
            for number in range(0, 60, 7):
                try:
                    await _request(memory, f"new{number}")
                except StoreFault:
                    failed = True
                else:
                    if failed:
                        return ["a write after the file was found damaged"]
            return ["damaged and yet writable"] if failed and memory.writer.writable else []
    except Fault:
        return []


async def _there(folder: Path) -> set[str]:
    try:
        async with open_memory(settings_of(folder), KEY, small_mind(), house=False) as memory:
            rows = await memory._reading.rows("SELECT reference FROM request NOT INDEXED")
            await memory._reading.rows("SELECT count(event) FROM submission")
            return {f"{row[0]:09d}" for row in rows}
    except Fault:
        return set()
