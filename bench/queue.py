"""Whether a key press, a submission and a look at the queue cost the same from an empty database to a full one.

Every row comes in by the front: a phone that nobody knows dials and submits, so that sessions, people and messages grow
with the queue. Nothing is delivered to an agency meanwhile; receipts do not pile up. The dialogue is a small one: what
is measured is the store. A second node with a thousand submissions is measured by turns with the large one: what counts
is the ratio of the two in a round.
"""

import asyncio
import itertools
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from bench import yard
from bench.options import keep, parser
from store.callers import MOST
from store.memory import Memory, open_memory
from store.settings import StoreSettings
from store.values import Call
from tests.store.mind import small_mind

_PHONES = 200
_FIRST = 1_000
"""Submissions of the small node: an empty file has a handful of pages, which is like no file afterwards."""
_PRESSES = 6
_AGENCY = "registry"
_PAGE = 4096
_LONG = 10**9
"""Seconds after which no receipt is of use any more: 500 of them are let go each time that somebody looks."""


@dataclass
class Figure:
    """What one kind of work cost, round by round.

    Attributes:
        us: processor microseconds each. small: the same of the small node, in the same round.
        pages: that were changed, each: as many are written to the log, and once more by the checkpoint after it.
        small_pages: the same of the small node.
    """

    us: list[float] = field(default_factory=list)
    small: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    small_pages: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        """Of the large node to the small one, within each round."""
        return [large / small for large, small in zip(self.us, self.small, strict=True)]


Found = dict[str, Figure]
Cost = tuple[float, float]
"""Processor microseconds and changed pages, each."""


def main(options: Sequence[str] = ()) -> None:
    """Measure, write `results/queue.json` and `.md`, print the table."""
    arguments = parser(__doc__, rounds=9)
    arguments.add_argument("--rows", type=int, default=100_000, help="queued submissions at the end")
    given = arguments.parse_args(options)
    sizes = [size for size in (10_000, 100_000, 1_000_000) if size < given.rows] + [given.rows]
    with tempfile.TemporaryDirectory() as name:
        found, more = asyncio.run(_measure(Path(name), sizes, given.rounds))
        record = {"machine": yard.machine(Path(name)), "sizes": sizes, "more": more}
        record["found"] = [{name: vars(figure) for name, figure in one.items()} for one in found]
    keep(given.results, "queue", record, _table(sizes, found, more))


def _node(folder: Path) -> AbstractAsyncContextManager[Memory]:
    settings = StoreSettings(data=folder, node="LA-BENCH-01", reserve_mb=0, free_mb=0)
    return open_memory(settings, bytes(32), small_mind(), house=False)


async def _measure(folder: Path, sizes: list[int], rounds: int) -> tuple[list[Found], list[dict[str, float]]]:
    found: list[Found] = []
    more: list[dict[str, float]] = []
    fresh = itertools.count(1)
    async with _node(folder / "large") as memory:
        there = 0
        for size in sizes:
            put_away = counted = 0.0
            while there < size:
                count = min(size - there, MOST)
                await _fill(memory, fresh, count)
                there += count
                await _let_receipts_go(memory)
                put_away = await _timed(lambda: memory.put_away(0)) / count
                counted = await _timed(lambda: _count(memory)) / count
            there = size + _PHONES * (rounds + 1)
            found.append(await _beside(memory, folder / f"small-{size}", fresh, rounds))
            pages = await memory.writer.do(lambda database: database.rows("PRAGMA page_count"))
            more.append({"file_bytes": pages[0][0] * _PAGE // there, "put_away_us": put_away, "counted_us": counted})
    return found, more


async def _beside(memory: Memory, folder: Path, fresh: Iterator[int], rounds: int) -> Found:
    found: Found = {}
    others = itertools.count(1)
    async with _node(folder) as small:
        await _fill(small, others, _FIRST)
        for number in range(rounds + 1):
            less, costs = await _round(small, others), await _round(memory, fresh)
            await _let_receipts_go(memory)
            for name, (us, pages) in costs.items() if number else ():
                figure = found.setdefault(name, Figure())
                figure.us.append(us)
                figure.pages.append(pages)
                figure.small.append(less[name][0])
                figure.small_pages.append(less[name][1])
    return found


async def _round(memory: Memory, fresh: Iterator[int]) -> dict[str, Cost]:
    """The cost of one of each, its checkpoint included, and of a bare loop just now."""
    await _checkpoint(memory)
    numbers = [next(fresh) for _ in range(_PHONES)]
    texts = ["*".join("a" * place) for place in range(_PRESSES + 1)]
    chosen, now = f"{texts[-1]}*LANG lo", memory.clock.steady()

    async def cost(work: Callable[[], Awaitable[Any]], count: int) -> Cost:
        return await _cost(memory, work, count)

    return {
        "a bare loop (us a thousand rounds)": (yard.pure_python(), 0),
        "the first key press of a new number": await cost(lambda: _all(memory, numbers, texts[:1]), _PHONES),
        "a plain key press": await cost(lambda: _all(memory, numbers, texts[1:]), _PHONES * _PRESSES),
        "a key press that is remembered (language)": await cost(lambda: _all(memory, numbers, [chosen]), _PHONES),
        "a submission": await cost(lambda: _all(memory, numbers, [f"{chosen}*SUBMIT"]), _PHONES),
        "fifty that are due": await cost(lambda: memory.road.due(_AGENCY, 50, now), 1),
        "the counts of all states": await cost(memory.road.states, 1),
    }


async def _cost(memory: Memory, work: Callable[[], Awaitable[Any]], count: int) -> Cost:
    begun, before = time.process_time(), _written()
    await work()
    await _checkpoint(memory)
    return (time.process_time() - begun) * 1e6 / count, (_written() - before) / 2 / count


async def _checkpoint(memory: Memory) -> None:
    """So that each kind of work pays for the pages that it has changed, and for no others."""
    # Not in the writer's turn, which is a transaction.
    await memory._writing.rows("PRAGMA wal_checkpoint(PASSIVE)")  # noqa: SLF001 - no part of the store does this


async def _timed(work: Callable[[], Awaitable[Any]]) -> float:
    begun = time.process_time()
    await work()
    return (time.process_time() - begun) * 1e6


def _written() -> float:
    """Pages that this process has written to files."""
    return float(psutil.Process().io_counters().write_chars) / _PAGE


async def _all(memory: Memory, numbers: Sequence[int], texts: Sequence[str]) -> None:
    async def phone(number: int) -> None:
        for text in texts:
            await memory.turns.take(_call(number, text))

    await asyncio.gather(*(phone(number) for number in numbers))


def _call(number: int, text: str) -> Call:
    # Sessions and numbers of the world come in no order: these are scattered by an odd factor.
    scattered = number * 48_271 % 99_999_989
    return Call("at", f"ATUid_{number:032x}", f"+85620{scattered:08d}", text, "*999#")


async def _fill(memory: Memory, fresh: Iterator[int], count: int) -> None:
    async def phone(share: int) -> None:
        for _ in range(share):
            number = next(fresh)
            for text in ("", "LANG lo", "LANG lo*SUBMIT"):
                await memory.turns.take(_call(number, text))

    each, more = divmod(max(0, count), _PHONES)
    await asyncio.gather(*(phone(each + (one < more)) for one in range(_PHONES)))


async def _count(memory: Memory) -> None:
    """Count all that came, as housework does while nobody presses a key."""
    counting = memory.figures.counting
    await counting.round()
    while counting.behind:
        await counting.round()


async def _let_receipts_go(memory: Memory) -> None:
    """Take them out of the queue of messages, as they would be if a gateway sent them."""
    for _ in range(MOST // 500 + 2):
        await memory.messages.claim(0, memory.clock.steady() + _LONG, "at")


def _table(sizes: list[int], found: list[Found], more: list[dict[str, float]]) -> list[str]:
    heads = " | ".join(f"{size:,}" for size in sizes)
    lines = [
        f"| us of processor time at so many submissions | {_FIRST:,} | {heads} | last / first | pages changed |",
        "|---" * (len(sizes) + 4) + "|",
    ]
    for name, last in found[-1].items():
        cells = " | ".join(yard.shown(one[name].us, 1) for one in found)
        pages = f"{median(last.small_pages):.2f}, {median(last.pages):.2f}"
        lines.append(f"| {name} | {yard.shown(last.small, 1)} | {cells} | {yard.shown(last.ratios)} | {pages} |")
    for title, key in (
        ("the index of whose requests are whose, a request", "put_away_us"),
        ("the figures, a request (country alone: the bench has no flow)", "counted_us"),
        ("bytes of file: a submission, its session, person and receipt", "file_bytes"),
    ):
        lines.append(f"| {title} | | " + " | ".join(f"{one[key]:.1f}" for one in more) + " | | |")
    return lines
