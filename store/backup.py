"""Copies of the database: encrypted like itself, taken while the node runs; and putting one back."""

import asyncio
import contextlib
import os
import time
from pathlib import Path
from typing import Final

from flows.errors import ConfigFault, StoreFault
from store import sql
from store.durable import finish
from store.lock import Lock
from store.sqlite import FILE, Error, open_keyed

ASIDE: Final = ".before-restore"


async def backup(data: Path, key: bytes, target: Path) -> int:
    """Copy the database of `data` to `target`, encrypted with the same key, and check the copy; returns its bytes.

    The node may run. The copy is of one moment, and appears under its name only when it is whole and on the disk.

    Raises:
        ConfigFault: `target` exists or cannot be written. StoreFault: the copy is not sound.
    """
    return await asyncio.to_thread(_copy, data / FILE, target, key)


async def restore(source: Path, data: Path, key: bytes) -> None:
    """Put a copy in the place of the database, which is kept beside it with the ending `.before-restore`.

    At its next start the node draws a new epoch, as at every start, so that no sequence of the lost time is used twice.

    Raises:
        ConfigFault: the node is running, or there is no such file. KeyFault: the copy has another key.
    """
    await asyncio.to_thread(_put_back_alone, source, data, key)


async def check(data: Path, key: bytes) -> list[str]:
    """Return what is wrong with the database, as sentences; empty when all of it is sound."""
    return await asyncio.to_thread(findings, data / FILE, key)


def _copy(source: Path, target: Path, key: bytes) -> int:
    if target.exists():
        raise ConfigFault(f"{target} exists already", hint="name a new file; a copy is never written over")
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        os.close(descriptor)
        _clone(source, part, key)
        found = findings(part, key)
        if found:
            raise StoreFault(f"the copy is not sound: {found[0]}")
        finish(part, target)
    except OSError as fault:
        raise ConfigFault(f"{target} cannot be written ({fault.strerror})") from fault
    finally:
        for leftover in (part, *sidecars(part)):
            leftover.unlink(missing_ok=True)
    return target.stat().st_size


def _clone(source: Path, target: Path, key: bytes) -> None:
    with (
        contextlib.closing(open_keyed(source, key, reader=True)) as one,
        contextlib.closing(open_keyed(target, key)) as two,
    ):
        try:
            one.backup(two, pages=-1)
        except Error as fault:
            raise StoreFault(f"the copy failed: {fault}") from fault


def _put_back_alone(source: Path, data: Path, key: bytes) -> None:
    if not source.is_file():
        raise ConfigFault(f"there is no file {source}")
    data.mkdir(parents=True, exist_ok=True)
    with Lock(data):
        _put_back(source, data / FILE, key)


def _put_back(source: Path, target: Path, key: bytes) -> None:
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    _clone(source, part, key)
    found = findings(part, key)
    if found:
        part.unlink(missing_ok=True)
        raise StoreFault(f"{source} is not sound: {found[0]}", hint="use another copy; the database was not touched")
    with contextlib.closing(open_keyed(part, key)) as link:
        link.execute(sql.SET_META, ("restored_at", str(int(time.time()))))
        link.commit()
        link.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    for leftover in sidecars(part):
        leftover.unlink(missing_ok=True)
    if target.exists():
        for name in (target, *sidecars(target)):
            if name.exists():
                name.replace(name.with_name(name.name + ASIDE))
    finish(part, target)


def findings(file: Path, key: bytes) -> list[str]:
    """Return what is wrong with a database file, as sentences."""
    with contextlib.closing(open_keyed(file, key)) as link:
        try:
            wrong = [str(row[0]) for row in link.execute("PRAGMA integrity_check") if row[0] != "ok"]
        except Error as fault:
            wrong = [str(fault)]
        # This one reads the file without its log: a page that a power cut tore during a checkpoint is whole in the log,
        # so it may only say where the damage is, never that there is one.
        places = [str(row[0]) for row in link.execute("PRAGMA cipher_integrity_check")] if wrong else []
        return places + wrong


def sidecars(file: Path) -> list[Path]:
    """Return the files that SQLite keeps beside a database."""
    return [file.with_name(file.name + ending) for ending in ("-wal", "-shm", "-journal")]
