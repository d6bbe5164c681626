"""SQLite, encrypted: opening with a raw key, the version gate, and the `Database` protocol over aiosqlite."""

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Self

import aiosqlite
from sqlcipher3 import dbapi2

from flows.errors import Busy, DiskFull, KeyFault, StoreFault, VersionFault
from store.database import Row

FILE: Final = "sala.db"
KEY_SIZE: Final = 32
LEAST_CACHE: Final = 32
"""Megabytes for pages: enough for what is written to now."""
MOST_CACHE: Final = 256
"""Megabytes for pages: a million people and their requests are found in so much without reading the disk."""

PATIENCE: Final = 10.0
"""Seconds that a statement waits for another process's transaction."""

# sqlcipher3 has its own tree of errors, which does not descend from that of the standard library.
Error: Final = dbapi2.Error
IntegrityError: Final = dbapi2.IntegrityError

_FIXED = (3, 51, 3)
_BACKPORTS = {(3, 50): 7, (3, 44): 6}


def sound(version: tuple[int, int, int]) -> bool:
    """Say whether this SQLite is free of the WAL-reset defect (3.7.0 to 3.51.2, but for two patched branches)."""
    patched = _BACKPORTS.get(version[:2])
    return version >= _FIXED or (patched is not None and version[2] >= patched)


def engine_version() -> str:
    """Return the version of the SQLite that is linked, for `doctor`."""
    return str(dbapi2.sqlite_version)


def require_sound_engine() -> None:
    """Refuse an SQLite that can lose committed rows.

    Raises:
        VersionFault: the version has the WAL-reset defect.
    """
    version = dbapi2.sqlite_version_info
    if not sound(version):
        raise VersionFault(
            f"SQLite {engine_version()} can lose committed rows (WAL-reset defect)",
            hint="install sqlcipher3 0.6.4 or newer, which brings SQLite 3.51.3 or newer",
        )


def share_of_memory() -> int:
    """Megabytes for pages of the database that this machine can spare: a 32nd, at least 32 and at most 256."""
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1_000_000
    return max(LEAST_CACHE, min(MOST_CACHE, whole // 32))


def open_keyed(
    file: Path, key: bytes, *, reader: bool = False, checkpoints: bool = True, cache_mb: int = LEAST_CACHE
) -> Any:
    """Open `file` with the raw 32-byte `key` and set what every connection of ours needs.

    A reader can neither write nor checkpoint; a process beside the node leaves `checkpoints` to it. `cache_mb` is the
    memory for pages of one that writes.

    Raises:
        KeyFault: the file is not a database of this key.
    """
    if len(key) != KEY_SIZE:
        raise KeyFault(f"the database key has {len(key)} bytes, not {KEY_SIZE}")
    if not reader and not file.exists():
        # Others may not even see how large it is.
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))
    link = dbapi2.connect(str(file), timeout=PATIENCE, isolation_level="IMMEDIATE", check_same_thread=False)
    try:
        # SQLCipher writes its complaints to standard error unless told not to; the key must come before any page.
        link.execute("PRAGMA cipher_log_level = NONE")
        link.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        link.execute("SELECT count(*) FROM sqlite_master").fetchone()
        for pragma in _READER if reader else _WRITER:
            link.execute(pragma).fetchall()
        if not reader:
            link.execute(f"PRAGMA cache_size = -{cache_mb * 1000}").fetchall()
        if not checkpoints:
            link.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
    except dbapi2.DatabaseError as fault:
        link.close()
        if "locked" in str(fault):
            raise StoreFault(f"{file} is locked by another process") from fault
        raise KeyFault(f"{file} does not open with this key", hint=_OTHER_KEY) from fault
    return link


_OTHER_KEY = "is key_source the one that it was made with? If so, the file is damaged: restore a backup"
_READER = ("PRAGMA query_only = ON", "PRAGMA cache_size = -8000")
_WRITER = (
    "PRAGMA journal_mode = WAL",
    # NORMAL loses acknowledged key presses at a power cut.
    "PRAGMA synchronous = FULL",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA secure_delete = FAST",
    "PRAGMA journal_size_limit = 67108864",
    # Whose commit brings the log to so many pages copies them into the file meanwhile, with two more syncs: 16 MB, so
    # that fewer than one key press in two hundred meets it even while an outbox drains.
    "PRAGMA wal_autocheckpoint = 4000",
)


class _Link(aiosqlite.Connection):
    """aiosqlite's connection, and what it has no public way for: several statements in one hop to its thread."""

    async def together(self, writes: Sequence[tuple[str, Sequence[Sequence[Any]]]]) -> None:
        def run() -> None:
            for sql, rows in writes:
                self._conn.executemany(sql, rows)

        await self._execute(run)  # type: ignore[no-untyped-call]  # it is made for subclasses, and ships no type


class Sqlite:
    """`Database` over one aiosqlite connection, whose thread runs one call at a time."""

    def __init__(self, link: _Link, raw: Any) -> None:
        self._link = link
        self._raw = raw
        self.alarm: Callable[[DiskFault], None] | None = None
        """Told when a reader finds that the disk or the file is bad; a writer's owner sees it by itself."""

    @classmethod
    async def open(
        cls, file: Path, key: bytes, *, reader: bool = False, checkpoints: bool = True, cache_mb: int = LEAST_CACHE
    ) -> Self:
        """Open a connection of its own thread; `close` it, or the interpreter never exits.

        Raises:
            KeyFault: wrong key. VersionFault: an SQLite that may lose rows.
        """
        require_sound_engine()
        # Opened before aiosqlite has it: when its own connector fails, its thread outlives the caller.
        raw = await asyncio.to_thread(open_keyed, file, key, reader=reader, checkpoints=checkpoints, cache_mb=cache_mb)
        link = _Link(lambda: raw, 64)
        await link
        return cls(link, raw)

    async def rows(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """Run one statement and return all its rows."""
        try:
            return [tuple(row) for row in await self._link.execute_fetchall(sql, args)]
        except Error as fault:
            found = _translated(fault)
            if self.alarm is not None and isinstance(found, DiskFault):
                self.alarm(found)
            raise found from fault

    async def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one writing statement for each row."""
        if rows:
            await self.together([(sql, rows)])

    async def together(self, writes: Sequence[tuple[str, Sequence[Sequence[Any]]]]) -> None:
        """Run several of these in their order, in one hop."""
        try:
            await self._link.together(writes)
        except Error as fault:
            raise _translated(fault) from fault

    async def begin(self) -> None:
        """Begin a writing transaction, unless one is open."""
        if not self._link.in_transaction:
            await self.rows("BEGIN IMMEDIATE")

    async def commit(self) -> None:
        """Make it durable."""
        try:
            await self._link.commit()
        except Error as fault:
            raise _translated(fault) from fault

    async def rollback(self) -> None:
        """Forget it."""
        try:
            await self._link.rollback()
        except Error as fault:
            raise _translated(fault) from fault

    @property
    def changes(self) -> int:
        """Rows changed through this connection since it was opened."""
        return int(self._raw.total_changes)

    @property
    def seen(self) -> int:
        """SQLite's data version, read without a hop to the thread: only for the owner, while no call is under way."""
        return int(self._raw.execute("PRAGMA data_version").fetchone()[0])

    async def changed(self) -> int:
        """Return SQLite's data version: it moves when another connection has committed."""
        return int((await self.rows("PRAGMA data_version"))[0][0])

    async def close(self) -> None:
        """Close the connection and end its thread, also when the caller is being cancelled."""
        await asyncio.shield(self._link.close())


class Clash(StoreFault):
    """A row with this key is already there."""

    code = "clash"


class DiskFault(StoreFault):
    """The disk failed: nothing more is written until the node starts anew."""

    code = "disk"
    retry = False


class Damaged(DiskFault):
    """The database file is damaged: nothing more is written."""

    code = "damaged"

    def __init__(self, found: str) -> None:
        super().__init__(
            f"{self.__doc__} ({found})",
            hint="stop the node, see `sala db check`, and restore a backup: `sala db restore`",
        )


def _translated(fault: Exception) -> StoreFault:
    text = str(fault)
    if isinstance(fault, IntegrityError):
        return Clash(text)
    if "locked" in text:
        return Busy("another process writes for too long")
    if "full" in text:
        return DiskFull()
    if "malformed" in text or "not a database" in text:
        return Damaged(text)
    if "readonly database" in text:
        # A file system that the kernel made read-only after an error of the disk, or a file found damaged before.
        return DiskFault(f"The file can no longer be written: nothing more is written. ({text})")
    if "disk I/O" in text:
        return DiskFault()
    return StoreFault(text)


def stdlib_cannot_read(file: Path) -> bool:
    """Say whether `file` is unreadable without its key, for `doctor`."""
    with contextlib.closing(sqlite3.connect(file)) as link:
        try:
            link.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.DatabaseError:
            return True
    return False
