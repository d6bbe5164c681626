"""kill -9, at random, in the node and in the agency, one at a time and together: nothing lost, nothing doubled."""

import asyncio
import contextlib
import random
import sys
import time
from pathlib import Path

import pytest

from sync.agency import enrol
from sync.agency.book import open_book
from tests.ports import free_port
from tests.store.conftest import Opened
from tests.sync.conftest import NODE
from tests.sync.proxy import MANNERS, Manner, Proxy
from tests.sync.test_store import states_of, submit

RECORDS = 200
SEED = 4
MOST_SECONDS = 400.0
PATIENCE = 60.0
# A batch of the node's has at most 7 records, so 200 of them take more than five lives of 5 requests.
MOST_REQUESTS = 5
LEAST_KILLS = 5


class Gate:
    """Lets so many requests of one life through, says when the last of them comes, and holds up all that follow."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.due = asyncio.Event()
        self._left = 0
        self.again()

    def again(self) -> None:
        """Begin another life."""
        self.due.clear()
        self._left = self._dice.randint(2, MOST_REQUESTS)

    def manner(self) -> Manner:
        """What happens to the next request."""
        self._left -= 1
        if self._left <= 0:
            self.due.set()
        if self._left < 0:
            return "hang"
        return self._dice.choice(MANNERS) if self._dice.random() < 0.2 else "pass"


async def _start(*arguments: str) -> asyncio.subprocess.Process:
    quiet = asyncio.subprocess.DEVNULL
    module = [sys.executable, "-m", "tests.sync.processes", *arguments]
    return await asyncio.create_subprocess_exec(*module, stdout=quiet, stderr=quiet)


async def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


async def _left(agency: Path) -> int:
    """How many requests are not at the agency yet."""
    async with open_book(agency) as book:
        found = await book.do(lambda connection: connection.execute("SELECT COUNT(*) FROM request").fetchone())
    return RECORDS - int(found[0])


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_kills_on_both_sides_lose_nothing_and_double_nothing(opened: Opened, tmp_path: Path) -> None:
    print("seed", SEED)
    dice = random.Random(SEED)

    gate = Gate(dice)
    secret = await enrol(tmp_path / "agency", NODE)
    async with opened() as memory:
        await submit(memory, RECORDS)
    port = free_port()
    kills = {"node": 0, "agency": 0}
    async with Proxy(port, gate.manner) as proxy:
        commands = {
            "agency": ("agency", str(tmp_path / "agency"), str(port)),
            "node": ("node", str(tmp_path), proxy.url, secret),
        }
        running = {name: await _start(*command) for name, command in commands.items()}
        deadline = time.monotonic() + MOST_SECONDS
        left = RECORDS
        while left and time.monotonic() < deadline:
            # On a busy machine a process starts slowly: one that was killed before it did anything proves nothing.
            patience = time.monotonic() + PATIENCE
            while not gate.due.is_set() and left and time.monotonic() < patience:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(gate.due.wait(), 3)
                left = await _left(tmp_path / "agency")
            # Somewhere in the last request: before its effect, after it, or after the answer.
            await asyncio.sleep(dice.uniform(0, 0.03))
            for name in dice.choice((["node"], ["agency"], ["node", "agency"])):
                await _kill(running[name])
                kills[name] += 1
                running[name] = await _start(*commands[name])
            gate.again()
            left = await _left(tmp_path / "agency")
        await _kill(running["node"])
        await _kill(running["agency"])
    print(kills)
    assert sum(kills.values()) >= LEAST_KILLS, kills
    async with open_book(tmp_path / "agency") as book:
        ids = await book.do(
            lambda connection: connection.execute("SELECT id, COUNT(*) FROM request GROUP BY id").fetchall()
        )
        whole = await book.do(lambda connection: connection.execute("PRAGMA integrity_check").fetchone()[0])
    async with opened() as memory:
        states = await states_of(memory)
        sent = {offer.id for offer in await memory.road.due("registry", RECORDS, 2**40)}
    assert whole == "ok"
    assert (len(ids), {count for _, count in ids}) == (RECORDS, {1}), kills
    # What the node still holds is in doubt at the agency's door, and nothing that it holds is unknown there.
    assert sent <= {one for one, _ in ids}
    assert set(states) <= {"accepted", "in_doubt", "retry_wait"}
