"""`kill -9` of a node under load: every reply that came out is on the disk, word for word."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from store import backup
from tests.store.conftest import KEY, Opened, call, rows

pytestmark = pytest.mark.slow


def killed(folder: Path, seed: int, *how: str) -> list[tuple[str, str, str]]:
    """Run the load, kill it at a random moment, and return what it had acknowledged: (session, text, reply)."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.store.load", str(folder), str(seed), *how], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert any(line.startswith("ready") for line in iter(process.stdout.readline, ""))
    time.sleep(random.Random(seed).uniform(0.1, 0.8))
    process.kill()
    lines = process.stdout.read().split("\n")[:-1]
    process.wait()
    found = (line.split(" ") for line in lines if line.startswith("ack "))
    return [(parts[1], parts[2].removeprefix("-"), parts[3]) for parts in found]


async def test_every_acknowledged_turn_survives(opened: Opened, tmp_path: Path) -> None:
    last: dict[str, tuple[str, str]] = {}
    for seed in range(12):
        told = killed(tmp_path, seed)
        assert told
        last |= {session: (text, reply) for session, text, reply in told}
        assert await backup.check(tmp_path, KEY) == []
    async with opened() as memory:
        seen = {row[0]: row[1:] for row in await rows(memory, "SELECT key, reply, heard FROM session")}
        references = {f"{row[0]:09d}" for row in await rows(memory, "SELECT reference FROM request")}
        for session, (text, reply) in last.items():
            kept, heard = seen[memory.hashing.session("at", session)]
            if reply.isdigit():
                assert reply in references
            # A turn whose answer was on its way when the node died may be on the disk as well.
            assert heard.startswith(text)
            assert heard != text or kept.replace(" ", "_") == reply
        counts = await rows(memory, "SELECT count(*), count(DISTINCT reference), max(seq) FROM request")
        assert counts[0][0] == counts[0][1] == counts[0][2]
        assert (await memory.turns.take(call("", "fresh"))).text == "hello"


async def test_the_search_for_a_loss_finds_one(opened: Opened, tmp_path: Path) -> None:
    lost = 0
    for seed in range(6):
        folder = tmp_path / str(seed)
        told = killed(folder, seed, "early")
        async with opened(settings={"data": folder}) as memory:
            kept = {row[0] for row in await rows(memory, "SELECT key FROM session")}
            heard = {row[0]: row[1] for row in await rows(memory, "SELECT key, heard FROM session")}
            keys = [(memory.hashing.session("at", session), text) for session, text, _ in told]
            lost += sum(key not in kept or not heard[key].startswith(text) for key, text in keys)
    assert lost
