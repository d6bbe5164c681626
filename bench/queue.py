"""Whether a key press, a submission and a look at the queue cost the same from an empty database to a full one.

Every row comes in by the front: a phone that nobody knows dials and submits, so that sessions, people and messages grow
with the queue. Nothing is delivered meanwhile. The dialogue is a small one: what is measured is the store.
"""

import asyncio
import itertools
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench import yard
from bench.options import keep, parser
from store.memory import Memory, open_memory
from store.settings import StoreSettings
from store.values import Call
from tests.store.mind import small_mind

_PHONES = 200
_FIRST = 1_000
"""Submissions of the first reading: an empty file has a handful of pages, which is like no file afterwards."""
_PRESSES = 6
_AGENCY = "registry"

Found = dict[str, list[float]]


def main(options: Sequence[str] = ()) -> None:
    """Measure, write `results/queue.json` and `.md`, print the table."""
    arguments = parser(__doc__, rounds=7)
    arguments.add_argument("--rows", type=int, default=100_000, help="queued submissions at the end")
    given = arguments.parse_args(options)
    sizes = [size for size in (_FIRST, 10_000, 100_000, 1_000_000) if size < given.rows] + [given.rows]
    with tempfile.TemporaryDirectory() as name:
        found, files = asyncio.run(_measure(Path(name), sizes, given.rounds))
        record = {"machine": yard.machine(Path(name)), "sizes": sizes, "found": found, "file_bytes": files}
    keep(given.results, "queue", record, _table(sizes, found, files))


async def _measure(folder: Path, sizes: list[int], rounds: int) -> tuple[list[Found], list[int]]:
    settings = StoreSettings(data=folder, node="LA-BENCH-01", reserve_mb=0, free_mb=0)
    found: list[Found] = []
    files: list[int] = []
    fresh = itertools.count(1)
    async with open_memory(settings, bytes(32), small_mind(), house=False) as memory:
        there = 0
        for size in sizes:
            await _together(memory, fresh, size - there, _submit_at_once)
            there = size
            one: Found = {}
            for number in range(rounds + 1):
                times = await _round(memory, fresh)
                there += _PHONES
                for name, microseconds in times.items() if number else ():
                    one.setdefault(name, []).append(microseconds)
            found.append(one)
            pages = await memory.writer.do(lambda database: database.rows("PRAGMA page_count"))
            files.append(pages[0][0] * 4096 // there)
    return found, files


async def _round(memory: Memory, fresh: Iterator[int]) -> dict[str, float]:
    """Processor microseconds of one of each, and of a bare loop just now."""
    numbers = [next(fresh) for _ in range(_PHONES)]
    texts = ["*".join("a" * place) for place in range(_PRESSES + 1)]
    now = memory.clock.steady()
    return {
        "a bare loop (us a thousand rounds)": yard.pure_python(),
        "the first key press of a new number": await _timed(lambda: _all(memory, numbers, texts[:1])) / _PHONES,
        "a plain key press": await _timed(lambda: _all(memory, numbers, texts[1:])) / _PHONES / _PRESSES,
        "a submission": await _timed(lambda: _all(memory, numbers, [f"{texts[-1]}*SUBMIT"])) / _PHONES,
        "fifty that are due": await _timed(lambda: memory.road.due(_AGENCY, 50, now)),
        "the counts of all states": await _timed(memory.road.states),
    }


async def _timed(work: Callable[[], Awaitable[Any]]) -> float:
    begun = time.process_time()
    await work()
    return (time.process_time() - begun) * 1e6


async def _all(memory: Memory, numbers: Sequence[int], texts: Sequence[str]) -> None:
    async def phone(number: int) -> None:
        for text in texts:
            await memory.turns.take(_call(number, text))

    await asyncio.gather(*(phone(number) for number in numbers))


def _call(number: int, text: str) -> Call:
    # Sessions and numbers of the world come in no order: these are scattered by an odd factor.
    scattered = number * 48_271 % 99_999_989
    return Call("at", f"ATUid_{number:032x}", f"+85620{scattered:08d}", text, "*999#")


async def _together(
    memory: Memory, fresh: Iterator[int], count: int, act: Callable[[Memory, int], Awaitable[None]]
) -> None:
    async def phone(share: int) -> None:
        for _ in range(share):
            await act(memory, next(fresh))

    each, more = divmod(max(0, count), _PHONES)
    await asyncio.gather(*(phone(each + (one < more)) for one in range(_PHONES)))


async def _submit_at_once(memory: Memory, number: int) -> None:
    await memory.turns.take(_call(number, ""))
    await memory.turns.take(_call(number, "SUBMIT"))


def _table(sizes: list[int], found: list[Found], files: list[int]) -> list[str]:
    heads = " | ".join(f"{size:,}" for size in sizes)
    lines = [
        f"| us of processor time at so many submissions | {heads} | last / first |",
        "|---" * (len(sizes) + 2) + "|",
    ]
    for name in found[0]:
        cells = " | ".join(yard.shown(one[name], 1) for one in found)
        first, last = (yard.spread(one[name])["median"] for one in (found[0], found[-1]))
        lines.append(f"| {name} | {cells} | {last / first:.2f} |")
    bytes_each = " | ".join(map(str, files))
    lines.append(f"| bytes of file: a submission, its session, person and receipt | {bytes_each} | |")
    return lines
