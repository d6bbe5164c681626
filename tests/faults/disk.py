"""What a disk may hold after a power cut, made from a log of everything that was written to it (tests/faults/disk.c).

The model: what was written before a file's last sync is there. Of everything later each 512-byte sector is there or
not, each by its own chance, in the order of writing or in any; so is each truncation. Creations, removals and renamings
happen in their order, and how many of them after the folder's last sync is chance too: a file system with a journal.
"""

import random
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Literal

import pytest

SECTOR: Final = 512
FOLDER: Final = "."
_HEAD: Final = struct.Struct("<BHHQI")
_WRITE, _TRUNCATE, _SYNC, _CREATE, _REMOVE, _RENAME = range(1, 7)
Manner = Literal["nothing", "everything", "some", "shuffled"]
MANNERS: Final[tuple[Manner, ...]] = ("nothing", "everything", "some", "some", "shuffled", "shuffled")


@cache
def shim(folder: Path) -> Path:
    """The shim as a library, made in `folder` with the machine's C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler on this machine: the watched disk cannot be made")
    made = folder / "disk.so"
    source = Path(__file__).with_name("disk.c")
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", made, source, "-ldl", "-lpthread"], check=True)
    return made


@dataclass(frozen=True, slots=True)
class Op:
    """One thing done to the disk."""

    kind: int
    name: str
    other: str
    offset: int
    data: bytes


def read_log(log: Path) -> list[Op]:
    """Everything that was done, in order; a last piece that is cut off is left out."""
    data = log.read_bytes()
    found = []
    at = 0
    while at + _HEAD.size <= len(data):
        kind, name, other, offset, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        end = at + name + other + length
        if end > len(data):
            break
        text = data[at : at + name + other].decode()
        found.append(Op(kind, text[:name], text[name:], offset, data[at + name + other : end]))
        at = end
    return found


@dataclass
class _File:
    """A file: what is surely there, and what was done since."""

    sure: bytearray = field(default_factory=bytearray)
    since: list[Op] = field(default_factory=list)

    def sync(self) -> None:
        for op in self.since:
            _apply(self.sure, op)
        self.since.clear()

    def after(self, rng: random.Random, manner: Manner) -> bytes:
        """What may be found of it."""
        found = bytearray(self.sure)
        if manner == "nothing":
            return bytes(found)
        if manner == "everything":
            for op in self.since:
                _apply(found, op)
            return bytes(found)
        pieces = [piece for op in self.since for piece in _pieces(op) if rng.random() < 0.5]
        if manner == "shuffled":
            rng.shuffle(pieces)
        for piece in pieces:
            _apply(found, piece)
        return bytes(found)


def _apply(content: bytearray, op: Op) -> None:
    if op.kind == _TRUNCATE:
        if op.offset < len(content):
            del content[op.offset :]
        else:
            content.extend(bytes(op.offset - len(content)))
        return
    end = op.offset + len(op.data)
    if end > len(content):
        content.extend(bytes(end - len(content)))
    content[op.offset : end] = op.data


def _pieces(op: Op) -> Iterator[Op]:
    if op.kind == _TRUNCATE:
        yield op
        return
    at = 0
    while at < len(op.data):
        # Up to the next border of a sector.
        size = SECTOR - (op.offset + at) % SECTOR
        yield Op(_WRITE, op.name, "", op.offset + at, op.data[at : at + size])
        at += size


class Disk:
    """A disk that things are done to, one after another; `lies` is one that says synced and is not."""

    def __init__(self, *, lies: bool = False) -> None:
        self._lies = lies
        self._names: dict[str, _File] = {}
        self._sure: dict[str, _File] = {}
        self._renamed: list[dict[str, _File]] = []

    def do(self, op: Op) -> None:
        """Take the next thing."""
        match op.kind:
            case 4:
                self._change(self._names | {op.name: _File()})
            case 5:
                self._change({name: file for name, file in self._names.items() if name != op.name})
            case 6:
                rest = {name: file for name, file in self._names.items() if name != op.name}
                self._change(rest | {op.other: self._names[op.name]})
            case 3:
                self._sync(op.name)
            case _:
                self._names.setdefault(op.name, _File()).since.append(op)

    def _change(self, names: dict[str, _File]) -> None:
        self._names = names
        self._renamed.append(names)

    def _sync(self, name: str) -> None:
        if self._lies:
            return
        if name == FOLDER:
            self._sure = self._names
            self._renamed.clear()
        elif name in self._names:
            self._names[name].sync()

    def cut(self, rng: random.Random, manner: Manner, target: Path) -> None:
        """Write into `target` what may be found after the electricity went away now."""
        happened = {"nothing": 0, "everything": len(self._renamed)}.get(manner, rng.randint(0, len(self._renamed)))
        names = self._renamed[happened - 1] if happened else self._sure
        for name, file in names.items():
            # The index of the log is shared memory: it never outlives the machine.
            if not name.endswith("-shm") and "/" not in name:
                (target / name).write_bytes(file.after(rng, manner))
