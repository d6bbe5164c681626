"""A node made from its second copy: the base, then every commit after it, into a new database with the old key."""

import asyncio
import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from flows.errors import ConfigFault, KeyFault
from store import sql
from store.backup import findings, sidecars
from store.copying import escrow, frames
from store.copying.frames import Damaged, Frame, Frames
from store.copying.keeper import LIFE
from store.copying.snapshot import COUNTERS
from store.durable import finish
from store.sqlite import FILE, Error, open_keyed

_STRETCH: Final = 1_000
"""Commits done again in one transaction."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back.

    Attributes:
        node: whose database it is. file: it came from.
        base_at: of the base. until: of the newest word in the copy, epoch seconds.
        commits: done again after the base. requests: in the database now.
        torn: whether the copy ends in the middle of a record, which the medium never confirmed.
        damage: what was found damaged, when everything before it was asked for; else empty.
        luggage: what else the node needs, by name.
    """

    node: str
    file: Path
    base_at: int
    until: int
    commits: int
    requests: int
    torn: bool
    damage: str
    luggage: Mapping[str, bytes] = field(repr=False)


async def restore(copy: Path, secret: str, data: Path, *, partial: bool = False) -> Restored:
    """Make the database of `data` from a copy.

    Args:
        copy: the file, or a folder of one node's copies, of which the newest is taken.
        secret: the escrow's secret key.
        data: a folder without a database.
        partial: take what stands before a damage instead of refusing.

    Raises:
        ConfigFault: there is no copy, or there is a database. KeyFault: it was sealed to another key.
        Damaged: a byte of the copy is not what was written.
    """
    return await asyncio.to_thread(_restore, copy, secret, data, partial=partial)


def newest(copy: Path) -> Path:
    """The file to restore from.

    Raises:
        ConfigFault: there is none, or there are several nodes' or several lives'.
    """
    if not copy.is_dir():
        if not copy.is_file():
            raise ConfigFault(f"there is no file {copy}")
        return copy
    found = sorted(copy.glob("*" + frames.SUFFIX))
    if not found:
        raise ConfigFault(f"there is no second copy in {copy}", hint=f"its name ends in {frames.SUFFIX}")
    lives = {path.name.removesuffix(frames.SUFFIX).rpartition(".")[0] for path in found}
    if len(lives) > 1:
        raise ConfigFault(f"{copy} holds several copies: {', '.join(sorted(lives))}", hint="name one file")
    return found[-1]


def _restore(copy: Path, secret: str, data: Path, *, partial: bool) -> Restored:
    file = newest(copy)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = data / FILE
    if target.exists():
        raise ConfigFault(f"{data} has a database", hint="restore into an empty folder")
    part = target.with_name(FILE + ".part")
    try:
        with file.open("rb") as opened:
            restored = _Restoring(opened, file, secret, part, partial=partial).run()
        wrong = findings(part, restored.luggage["database.key"])
        if wrong:
            raise Damaged(f"the restored database is not sound: {wrong[0]}", hint="use another copy")
        for leftover in sidecars(part):
            leftover.unlink(missing_ok=True)
        finish(part, target)
    finally:
        for leftover in (part, *sidecars(part)):
            leftover.unlink(missing_ok=True)
    return restored


class _Restoring:
    """One run through one file: twice, as commits stand among the rows of the base."""

    def __init__(self, opened: BinaryIO, file: Path, secret: str, part: Path, *, partial: bool) -> None:
        self._opened = opened
        self._file = file
        self._part = part
        self._partial = partial
        self._head, self._opening = frames.read_head(opened, file.name)
        self._start = opened.tell()
        try:
            self._key = escrow.unseal(self._head.sealed, secret)
        except KeyFault:
            hint = f"it was sealed to {self._head.key}"
            raise KeyFault("this copy does not open with this escrow key", hint=hint) from None
        self._torn = False
        self._damage = ""
        self._words: dict[int, str] = {}

    def run(self) -> Restored:
        base = self._base()
        _, base_at, position, tables, others, luggage = base
        with contextlib.closing(self._begun(luggage["database.key"], tables)) as link:
            self._fill(link)
            for statement in others:
                link.execute(statement)
            commits, until = self._again(link, position, base_at)
            link.execute(sql.SET_META, ("restored_at", str(int(time.time()))))
            # The old life's files stay on their medium until a person removes them.
            link.execute("DELETE FROM meta WHERE name = ?", (LIFE,))
            link.commit()
            requests = link.execute("SELECT count(*) FROM request").fetchone()[0]
            link.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return Restored(
            self._head.node, self._file, base_at, until, commits, requests, self._torn, self._damage, luggage
        )

    def _frames(self) -> Iterator[Frame]:
        self._opened.seek(self._start)
        frames_ = Frames(self._opened, self._file.name, self._opening, self._key)
        try:
            yield from frames_
        except Damaged as damage:
            if not self._partial:
                raise
            self._damage = str(damage)
        self._torn = frames_.torn

    def _base(self) -> list[Any]:
        """The base's first frame, after a look at all of the file: nothing is made from a copy that is not sound."""
        base: list[Any] = []
        whole = False
        for frame in self._frames():
            if not base:
                base = frame.content
            whole = whole or frame.content[0] == "whole"
        if not whole:
            raise Damaged(
                f"{self._file.name}: its base was never finished", hint="use the copy before it (the lower number)"
            )
        return base

    def _begun(self, key: bytes, tables: list[str]) -> Any:
        self._part.unlink(missing_ok=True)
        os.close(os.open(self._part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        link = open_keyed(self._part, key)
        # Nothing is lost if the power goes now: the copy is still there.
        link.execute("PRAGMA synchronous = OFF")
        for statement in tables:
            link.execute(statement)
        return link

    def _fill(self, link: Any) -> None:
        counters = False
        for frame in self._frames():
            if frame.content[0] == "whole":
                break
            if frame.content[0] == "rows":
                _, statement, rows = frame.content
                if COUNTERS in statement and not counters:
                    # Filling the tables has begun counters of its own.
                    link.execute(f"DELETE FROM {COUNTERS}")  # noqa: S608 - SQLite's own table
                    counters = True
                link.executemany(statement, rows)
        link.commit()

    def _again(self, link: Any, position: int, at: int) -> tuple[int, int]:
        """Do every commit again; returns how many, and the time of the newest word."""
        done = 0
        for frame in self._frames():
            kind = frame.content[0]
            if kind == "commit":
                at = self._commit(link, frame, position + done)
                done += 1
                if done % _STRETCH == 0:
                    link.commit()
            elif kind in {"beat", "whole"}:
                at = frame.content[1]
        link.commit()
        return done, at

    def _commit(self, link: Any, frame: Frame, after: int) -> int:
        _, position, at, changes, lines = frame.content
        before = link.total_changes
        try:
            for number, rows, *said in lines:
                statement = self._words.setdefault(number, *said)
                for row in rows:
                    link.execute(statement, row).fetchall()
        except Error as fault:
            raise Damaged(f"{self._file.name}: record {frame.number} cannot be done again: {fault}") from fault
        if position != after + 1 or link.total_changes - before != changes:
            raise Damaged(f"{self._file.name}: record {frame.number} does not follow from what is before it")
        return int(at)
