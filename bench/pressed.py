"""Key presses while an outbox drains, while it is held still, and while only its agency has the same work.

The agencies and the client of the third turn are on the phones' core, but run only when the phones do not want it, and
keep their files in memory where there is such a place: an agency is another machine with a disk of its own. What the
third turn still costs is what one machine for all of them costs.
"""

import asyncio
import contextlib
import multiprocessing
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import aiohttp

from bench import yard
from bench.office import AGENCY, BATCH, Office, feed, office
from bench.offices import script
from bench.served import Server, node
from bench.watched import Span

PACE: Final = 100
"""Key presses a second."""

TURNS: Final = ("still", "drain", "agency")
_ACCEPTED: Final = f'sala_deliveries{{agency="{AGENCY}",state="accepted"}}'
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - where Linux keeps files in memory; a folder of our own is made in it
_SETTLE: Final = 0.5


async def paced(server: Server, seconds: float) -> list[Span]:
    """`PACE` key presses a second, each from when to when: phones come at random times, and take time for each key."""
    texts, tasks = script(), []
    chance = random.Random()

    async def walk(session: aiohttp.ClientSession) -> list[Span]:
        who, heard = chance.randrange(10**9), ""
        found: list[Span] = []
        number = f"+85620{chance.randrange(10**8):08d}"
        for text in texts:
            heard = f"{heard}*{text}" if heard else text
            form = {"sessionId": f"p{who}", "phoneNumber": number, "serviceCode": "*999#", "text": heard}
            begun = time.perf_counter()
            async with session.post(f"http://127.0.0.1:{server.port}{server.path}", data=form) as answer:
                await answer.read()
            found.append((begun, time.perf_counter()))
            await asyncio.sleep(chance.uniform(0, 0.1))
        return found

    async with aiohttp.ClientSession() as session:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            tasks.append(asyncio.create_task(walk(session)))
            await asyncio.sleep(chance.expovariate(PACE / len(texts)))
        return [one for walked in await asyncio.gather(*tasks) for one in walked]


def milliseconds(press: Span) -> float:
    """How long the phone waited."""
    return (press[1] - press[0]) * 1000


def measured(folder: Path, batches: Sequence[bytes], count: int, rounds: int, seconds: float) -> dict[str, Any]:
    """p99 of each turn, round by round after one that does not count; what the drain did; what was left of `count`."""
    with two() as (agency, other), node(folder, agency.settings) as server:
        agency.hold()
        rested(server)
        asyncio.run(paced(server, min(1.0, seconds)))
        found: dict[str, list[float]] = {turn: [] for turn in TURNS}
        rates: list[float] = []
        for number in range(rounds + 1):
            for turn in TURNS:
                p99, rate = _turn(turn, server, agency, _feeder(other, batches, number, rates), seconds)
                if turn == "drain":
                    rates.append(rate)
                found[turn].append(p99)
        left = count - server.reading(_ACCEPTED)
        agency.go_on()
    return {"p99_ms": {turn: times[1:] for turn, times in found.items()}, "rate": rates[1:], "left": left}


def rested(server: Server, most: int = 20) -> None:
    """Wait until the node has caught up after its start (cards, indexes): so many seconds at `most`."""
    before = yard.processor_seconds(server.pid)
    for _ in range(most):
        time.sleep(1)
        now = yard.processor_seconds(server.pid)
        if now - before < 0.08:
            return
        before = now


@contextlib.contextmanager
def two() -> Iterator[tuple[Office, Office]]:
    """The agency of the node, and one that only the bare client knows."""
    with (
        tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as name,
        office(Path(name) / "node", aside=True) as agency,
        office(Path(name) / "bare", aside=True) as other,
    ):
        yield agency, other


def _feeder(
    other: Office, batches: Sequence[bytes], number: int, rates: Sequence[float]
) -> multiprocessing.process.BaseProcess:
    """Posts what was not posted before, as fast as the node did in this round."""
    start = number * 100 % len(batches)
    every = BATCH / max(1.0, rates[-1] if rates else 0.0)
    fresh = [*batches[start:], *batches[:start]]
    return multiprocessing.get_context("spawn").Process(
        target=feed, args=(other.url, other.secret, fresh, every), daemon=True
    )


def _turn(
    turn: str, server: Server, agency: Office, feeder: multiprocessing.process.BaseProcess, seconds: float
) -> tuple[float, float]:
    """p99 of the key presses of one turn, and the requests a second that were accepted meanwhile."""
    if turn == "drain":
        agency.go_on()
    if turn == "agency":
        feeder.start()
        time.sleep(_SETTLE)
    time.sleep(_SETTLE)
    before, begun = server.reading(_ACCEPTED), time.perf_counter()
    times = [milliseconds(one) for one in asyncio.run(paced(server, seconds))]
    rate = (server.reading(_ACCEPTED) - before) / (time.perf_counter() - begun)
    if turn == "drain":
        agency.hold()
    if turn == "agency":
        feeder.kill()
        feeder.join()
    return yard.quantile(times, 0.99), rate
