"""`kill -9` of node and agency at random moments under load: nothing that a citizen was told is lost or doubled.

`SALA_KILLS` sets how many kills (200 by default; `make kill-long` does 1,000), `SALA_SEED` who
does what.
"""

import asyncio
import contextlib
import os
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.at_standin import Standin
from tests.journeys.crowd import Crowd, operator
from tests.journeys.site import Nest, Process, Site
from tests.journeys.verdict import Verdict, settled, texts_twice

KILLS = int(os.environ.get("SALA_KILLS", "200"))
SEED = int(os.environ.get("SALA_SEED") or 20261123)
CITIZENS = 40
# The share of kills that hit a process before it is ready.
IN_ITS_SLEEP = 0.25


@dataclass
class Killer:
    """Ends processes without warning, and starts them again."""

    rng: random.Random
    killed: Counter[str] = field(default_factory=Counter)

    async def stalk(self, name: str, process: Process, times: int, longest: float) -> None:
        """Kill it `times` times: within `longest` seconds after it was ready, or while it takes up what it left."""
        for _ in range(times):
            await asyncio.sleep(self.rng.uniform(0.02, longest))
            await process.end()
            self.killed[name] += 1
            await process.spawn()
            if self.rng.random() < IN_ITS_SLEEP:
                self.killed[f"{name}, starting"] += 1
            else:
                await process.until_ready()
        await process.until_ready()


async def write(crowd: Crowd, closing: asyncio.Event) -> set[str]:
    """One birth after another registered by SMS; returns the numbers."""
    writers: set[str] = set()
    while not closing.is_set():
        batch = range(len(writers), len(writers) + 4)
        writers |= set(await asyncio.gather(*map(crowd.text, batch)))
    return writers


async def ordeal(
    folder: Path, kills: int, *, lies: bool = False, patience: float = 60.0
) -> tuple[Verdict, Verdict, list[str]]:
    """Load, kills, and the two books compared when everything has come to rest; and what no operator may ever see."""
    rng = random.Random(SEED)
    async with Standin() as at, Nest.open() as nest:
        site = Site(folder, rng, at.url, bad_road=0.1, nest=nest, lies=lies)
        async with site.open(), operator(site.url, rng, patience=120) as line:
            crowd = Crowd(line, SEED)
            closing = asyncio.Event()
            load = asyncio.create_task(crowd.keep_coming(CITIZENS, closing))
            writing = asyncio.create_task(write(crowd, closing))
            killer = Killer(rng)
            at_node = kills * 2 // 3
            await asyncio.gather(
                killer.stalk("node", site.node, at_node, 0.8), killer.stalk("agency", site.agency, kills - at_node, 3.0)
            )
            closing.set()
            try:
                async with asyncio.timeout(120):
                    await load
                    writers = await writing
            finally:
                for task in (load, writing):
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task
            verdict, written = await settled(site, line.told, writers, patience)
            print(f"seed {SEED}, {dict(killer.killed)}, {line.calls} calls, {dict(crowd.ends)}")
            print(f"dialled: {verdict}; written: {written}")
            return verdict, written, [*crowd.faults, *(f"texted twice: {one}" for one in texts_twice(at.taken))]


@pytest.mark.slow
@pytest.mark.timeout(max(600, KILLS * 5))
async def test_nothing_told_is_lost_and_nothing_arrives_twice(tmp_path: Path) -> None:
    verdict, written, faults = await ordeal(tmp_path, KILLS)
    assert not faults, faults[:3]
    assert verdict.clean, verdict
    assert written.clean, written
    assert len(verdict.told) > KILLS / 4


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_the_test_would_see_a_loss(tmp_path: Path) -> None:
    verdict, _, _ = await ordeal(tmp_path, 15, lies=True, patience=5)
    assert verdict.lost, "a node that acknowledges before it commits was not caught"
