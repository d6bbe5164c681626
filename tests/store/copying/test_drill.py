"""The laptop is lost: killed under load, its data destroyed, and all that was acknowledged is in the second copy."""

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from store.copying import escrow
from store.copying.frames import Frames, read_head
from store.copying.restoring import newest, restore
from store.memory import open_memory
from store.settings import StoreSettings
from tests.store.conftest import KEY, rows
from tests.store.copying.conftest import Stick
from tests.store.mind import small_mind

pytestmark = pytest.mark.slow

ENOUGH = 60

Told = list[tuple[str, str, str]]


def lost(data: Path, seed: int, stick: Stick) -> Told:
    """Run a node under load, kill it at a random moment, destroy its data; what it had acknowledged."""
    command = [sys.executable, "-m", "tests.store.copying.load", str(data), str(seed), str(stick.folder), stick.public]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert any(line.startswith("ready") for line in iter(process.stdout.readline, ""))
    # However busy the machine is, something has been acknowledged before the random moment begins.
    first = [process.stdout.readline().rstrip("\n") for _ in range(ENOUGH)]
    time.sleep(random.Random(seed).uniform(0.3, 1.0))
    process.kill()
    lines = [*first, *process.stdout.read().split("\n")[:-1]]
    process.wait()
    shutil.rmtree(data)
    parts = (line.split(" ") for line in lines if line.startswith("ack "))
    return [(session, text.removeprefix("-"), reply) for _, session, text, reply in parts]


async def missing(data: Path, told: Told) -> list[str]:
    """The acknowledged turns and references that the restored database does not have."""
    settings = StoreSettings(data=data, node="LA-XK-03", reserve_mb=0, free_mb=0)
    async with open_memory(settings, KEY, small_mind(), house=False) as memory:
        heard = {row[0]: row[1] for row in await rows(memory, "SELECT key, heard FROM session")}
        references = {f"{row[0]:09d}" for row in await rows(memory, "SELECT reference FROM request")}
        turns = [
            f"{session} {text}"
            for session, text, _ in told
            if not heard.get(memory.hashing.session("at", session), "?").startswith(text)
        ]
        return turns + [reply for _, _, reply in told if reply.isdigit() and reply not in references]


@pytest.mark.parametrize("seed", range(4))
async def test_every_acknowledged_turn_is_in_the_copy(tmp_path: Path, seed: int) -> None:
    stick = Stick(tmp_path / "stick")
    told = lost(tmp_path / "data", seed, stick)
    assert len(told) > 50
    restored = await restore(stick.folder, stick.secret, tmp_path / "new")
    assert restored.commits
    assert await missing(tmp_path / "new", told) == []


async def test_the_search_for_a_loss_finds_a_missing_record(tmp_path: Path) -> None:
    stick = Stick(tmp_path / "stick")
    told = lost(tmp_path / "data", 7, stick)
    file = newest(stick.folder)
    ends = frame_ends(file, stick.secret)
    found: list[str] = []
    # The very last record may be of turns whose answer was still on its way; the one before it is not.
    for cut in (2, 3):
        os.truncate(file, ends[-cut])
        await restore(file, stick.secret, tmp_path / f"new{cut}")
        found = found or await missing(tmp_path / f"new{cut}", told)
    assert found


def frame_ends(file: Path, secret: str) -> list[int]:
    with file.open("rb") as opened:
        head, opening = read_head(opened, file.name)
        return [frame.end for frame in Frames(opened, file.name, opening, escrow.unseal(head.sealed, secret))]
