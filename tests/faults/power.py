"""Power cuts: the shipped SQLCipher writes, and the disk forgets, tears and reorders what was not synced.

The SQLite under test is the very library of the product (`sqlcipher3`); its writes and syncs are watched by an
LD_PRELOAD shim (disk.c), and the disk after the cut is made from that log (disk.py). Nothing is mocked on the way down.
"""

import contextlib
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from store.memory import open_memory
from store.sqlite import FILE, open_keyed
from store.values import Call
from tests.faults.disk import FOLDER, MANNERS, Disk, Op, read_log, shim
from tests.faults.load import ACKS, AGENCY, KEY, settings_of
from tests.faults.nursery import Nursery
from tests.faults.rows import Tally
from tests.store.conftest import Hands
from tests.store.mind import small_mind

CUTS_IN_A_LOG: Final = 100
TURNS: Final = 8
_MEMORY: Final = "/dev/shm"  # noqa: S108 - the folder that is made there is drawn by chance
WHOLE_EVERY: Final = 10
"""Every so many cuts the node itself starts on what is left and takes a new request; the others are only read."""


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """A folder in memory: a kill does not touch what the kernel has, and a disk that is cut off is made up."""
    folder = Path(tempfile.mkdtemp(prefix="sala-faults-", dir=_MEMORY if Path(_MEMORY).is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def watched_nursery(folder: Path) -> Iterator[Nursery]:
    """A nursery whose children's disks are watched."""
    with Nursery({"LD_PRELOAD": str(shim(folder))}) as nursery:
        yield nursery


@dataclass
class Acknowledged:
    """What was said to somebody before the cut."""

    told: set[int] = field(default_factory=set)
    pressed: dict[str, str] = field(default_factory=dict)
    accepted: set[int] = field(default_factory=set)
    approved: set[int] = field(default_factory=set)
    left: set[tuple[str, str]] = field(default_factory=set)

    def hear(self, line: str) -> None:
        match line.split():
            case ["told", reference]:
                self.told.add(int(reference))
            case ["pressed", session, heard]:
                self.pressed[session] = heard.removeprefix("-")
            case ["accepted", seq]:
                self.accepted.add(int(seq))
            case ["approved", reference]:
                self.approved.add(int(reference))
            case ["left", _, epoch, sequence]:
                self.left.add((epoch, sequence))

    @property
    def count(self) -> int:
        return len(self.told) + len(self.pressed) + len(self.accepted) + len(self.approved)


@dataclass
class Loss:
    """What was missing in all the runs."""

    rows: int = 0
    corrupt: int = 0
    again: int = 0
    notes: Counter[str] = field(default_factory=Counter)


async def _log_of(nursery: Nursery, folder: Path, seed: int, control: str) -> list[Op]:
    data = folder / f"data{seed}"
    data.mkdir()
    log = folder / f"log{seed}"
    out = folder / "said"
    child = nursery.bear("load", out, folder=str(data), trail=str(log), seed=seed, turns=TURNS, control=control)
    await child.ended()
    found = read_log(log)
    assert any(op.name == ACKS for op in found), out.read_text()[-2000:]
    shutil.rmtree(data)
    log.unlink()
    return found


def _missing(link: Any, said: Acknowledged) -> int:
    """How many acknowledged rows are not there."""
    told = {row[0] for row in link.execute("SELECT reference FROM request")}
    missing = len(said.told - told)
    accepted = {row[0] for row in link.execute("SELECT seq FROM delivery WHERE state = 4")}
    missing += len(said.accepted - accepted)
    approved = {row[0] for row in link.execute("SELECT reference FROM request WHERE status = 'approved'")}
    missing += len(said.approved - approved)
    sessions = int(link.execute("SELECT count(*) FROM session").fetchone()[0])
    return missing + max(0, len(said.pressed) - sessions)


def look(image: Path, said: Acknowledged, loss: Loss) -> None:
    """Open what is left as the node does, and look for everything that was acknowledged."""
    try:
        with contextlib.closing(open_keyed(image / FILE, KEY)) as link:
            wrong = [row[0] for row in link.execute("PRAGMA integrity_check") if row[0] != "ok"]
            # A page that a checkpoint was writing is torn in the file and whole in the log: it is looked at after one.
            link.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            wrong += [row[0] for row in link.execute("PRAGMA cipher_integrity_check")]
            loss.rows += _missing(link, said) if said.count else 0
            loss.corrupt += bool(wrong)
            loss.notes.update(str(one) for one in wrong[:1])
    except Exception as fault:  # noqa: BLE001 - whatever keeps the file from being read is the finding
        loss.corrupt += 1
        loss.notes[f"{type(fault).__name__}: {fault}"[:100]] += 1


async def start(image: Path, said: Acknowledged, loss: Loss, seed: int) -> None:
    """Let the node itself start on what is left, and take one more request under a number that never left before."""
    hands = Hands()
    try:
        async with open_memory(settings_of(image), KEY, small_mind(), clock=hands.clock(), house=False) as memory:
            name = f"after-{seed}"
            for heard in ("", "SUBMIT"):
                reply = await memory.turns.take(Call("at", name, "+8562055512345", heard, "*999#"))
            assert int(reply.text) not in said.told
            newest = await memory._reading.rows("SELECT max(seq) FROM submission")
            loss.again += (memory.epoch, str(newest[0][0])) in said.left
            due = await memory.road.due(AGENCY, 1000, 2**40)
            loss.again += bool({offer.seq for offer in due} & said.accepted)
    except Exception as fault:  # noqa: BLE001 - a node that does not start is the finding
        loss.corrupt += 1
        loss.notes[f"start: {type(fault).__name__}: {fault}"[:100]] += 1


async def _cut_all(ops: Sequence[Op], rng: random.Random, folder: Path, cuts: int, *, lies: bool) -> tuple[Loss, int]:
    disk, said, loss, requests = Disk(lies=lies), Acknowledged(), Loss(), 0
    # Some of them early, while the schema is being made, and all the others anywhere.
    moments = Counter(rng.randrange(1, len(ops)) for _ in range(cuts))
    for number, op in enumerate(ops):
        if op.name == ACKS:
            for line in op.data.decode().splitlines():
                said.hear(line)
        else:
            disk.do(op)
        for _ in range(moments.get(number, 0)):
            image = folder / "image"
            image.mkdir()
            disk.cut(rng, rng.choice(MANNERS), image)
            look(image, said, loss)
            if rng.randrange(WHOLE_EVERY) == 0:
                await start(image, said, loss, number)
            requests += said.count
            shutil.rmtree(image)
    return loss, requests


async def _cuts(seed: int, runs: int, *, control: str = "", lies: bool = False) -> Tally:
    rng = random.Random(seed)
    total, requests = Loss(), 0
    with fresh_folder() as folder, watched_nursery(folder) as nursery:
        for first in range(0, runs, CUTS_IN_A_LOG):
            ops = await _log_of(nursery, folder, seed + first, control)
            assert any(op.name == FOLDER for op in ops) or lies or control, "no sync of the folder was seen"
            loss, count = await _cut_all(ops, rng, folder, min(CUTS_IN_A_LOG, runs - first), lies=lies)
            requests += count
            total.rows, total.corrupt = total.rows + loss.rows, total.corrupt + loss.corrupt
            total.again, total.notes = total.again + loss.again, total.notes + loss.notes
    notes = tuple(f"{n} x {note}" for note, n in total.notes.most_common())
    return Tally(runs, requests, total.rows, total.again, total.corrupt, notes)


async def cuts(seed: int, runs: int) -> Tally:
    """The product as it is, on a disk that keeps what it says it has."""
    return await _cuts(seed, runs)


async def normal(seed: int, runs: int) -> Tally:
    """Control: `synchronous=NORMAL`."""
    return await _cuts(seed, runs, control="normal")


async def liar(seed: int, runs: int) -> Tally:
    """Control: a disk that answers a sync and keeps nothing."""
    return await _cuts(seed, runs, lies=True)
