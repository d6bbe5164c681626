"""Bytes that one live session takes, in memory and on the disk: each figure from a process of its own."""

import asyncio
import gc
import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from bench import yard
from bench.offices import office, script
from bench.options import keep, numbers, parser
from store.memory import Memory, open_memory
from store.mind import dialogue_mind
from store.settings import StoreSettings
from store.values import Call

_PHONES = 200
_ANSWERS = 9
"""Key presses before the session is left alone: five answers into the form."""
_WARM = 2_000
"""Sessions before the first reading, so that neither caches nor pages of the start are counted."""


def main(options: Sequence[str] = ()) -> None:
    """Measure, write `results/memory.json` and `.md`, print the table."""
    arguments = parser(__doc__, rounds=3)
    arguments.add_argument("--sessions", type=int, default=20_000)
    arguments.add_argument("--child", type=numbers, help="for the bench itself: sessions, sessions kept in memory")
    given = arguments.parse_args(options)
    if given.child:
        print(json.dumps(asyncio.run(_measure(*given.child))))
        return
    # Each in a process of its own, for memory that was once used is not given back.
    kinds = {"all kept in memory": given.sessions + 2 * _WARM, "none kept in memory": 16}
    found = {name: [_child(given.sessions, cached) for _ in range(given.rounds)] for name, cached in kinds.items()}
    record = {"machine": yard.machine(Path.cwd()), "sessions": given.sessions, "found": found}
    lines = ["| sessions | bytes of memory each | bytes of file each |", "|---|---|---|"]
    for name, rounds in found.items():
        memory, file = ([one[key] for one in rounds] for key in ("memory", "file"))
        lines.append(f"| {given.sessions}, {name} | {yard.shown(memory, 0)} | {yard.shown(file, 0)} |")
    keep(given.results, "memory", record, lines)


def _child(sessions: int, cached: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench", "memory", "--child", f"{sessions},{cached}"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(said.strip().splitlines()[-1])
    return found


async def _measure(sessions: int, cached: int) -> dict[str, float]:
    offered = office()
    with tempfile.TemporaryDirectory() as name:
        settings = StoreSettings(
            data=Path(name), node="LA-BENCH-01", reserve_mb=0, free_mb=0, most_cached=max(16, cached)
        )
        async with open_memory(settings, bytes(32), dialogue_mind(lambda _: offered), house=False) as memory:
            fresh = itertools.count(1)
            await _begin(memory, fresh, min(_WARM, sessions))
            before = await _reading(memory)
            await _begin(memory, fresh, sessions)
            after = await _reading(memory)
    return {key: (after[key] - before[key]) / sessions for key in before}


async def _begin(memory: Memory, fresh: Any, sessions: int) -> None:
    keys = script()

    async def phone(count: int) -> None:
        for _ in range(count):
            number = next(fresh)
            for place in range(_ANSWERS):
                text = "*".join(keys[1 : place + 1])
                await memory.turns.take(Call("at", f"ATUid_{number:032x}", f"+85620{number:08d}", text, "*999#"))

    each, more = divmod(sessions, _PHONES)
    await asyncio.gather(*(phone(each + (one < more)) for one in range(_PHONES)))


async def _reading(memory: Memory) -> dict[str, float]:
    gc.collect()
    pages = await memory.writer.do(lambda database: database.rows("PRAGMA page_count"))
    size = await memory.writer.do(lambda database: database.rows("PRAGMA page_size"))
    return {"memory": psutil.Process().memory_info().rss, "file": int(pages[0][0]) * int(size[0][0])}
