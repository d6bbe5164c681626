"""Bringing a database to this code's schema: forward only, each file in one transaction."""

from importlib.resources import files
from typing import Final

from flows.errors import VersionFault
from store import migrations
from store.database import Database

_SCHEMA: Final = "schema"


def scripts() -> list[tuple[int, str, str]]:
    """Return (number, name, SQL) of every migration, in order."""
    found = sorted(file.name for file in files(migrations).iterdir() if file.name.endswith(".sql"))
    return [(int(name[:4]), name, (files(migrations) / name).read_text("utf-8")) for name in found]


def newest() -> int:
    """Return the schema that this code wants."""
    return scripts()[-1][0]


def statements(script: str) -> list[str]:
    """Cut a script at the semicolons that end a line; comment lines go."""
    lines = [line for line in script.splitlines() if not line.lstrip().startswith("--")]
    return [part.strip() for part in "\n".join(lines).split(";\n") if part.strip()]


async def schema(database: Database) -> int:
    """Return the schema of the file; 0 when it is empty."""
    if not await database.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'"):
        return 0
    found = await database.rows("SELECT value FROM meta WHERE name = ?", (_SCHEMA,))
    return int(found[0][0])


async def migrate(database: Database) -> list[str]:
    """Apply what is missing and return the names of the files applied.

    Raises:
        VersionFault: the file was written by a newer version of Sala.
    """
    have = await schema(database)
    if have > newest():
        raise VersionFault(
            f"the database has schema {have}, this version knows {newest()}", hint="install the newer Sala again"
        )
    done = []
    for number, name, script in scripts():
        if number > have:
            await _apply(database, number, script)
            done.append(name)
    return done


async def _apply(database: Database, number: int, script: str) -> None:
    await database.begin()
    try:
        # Two processes may start at once: the second finds the work done when it gets the lock.
        if await schema(database) >= number:
            await database.rollback()
            return
        for statement in statements(script):
            await database.rows(statement)
        upsert = "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        await database.rows(upsert, (_SCHEMA, str(number)))
        await database.commit()
    except BaseException:
        await database.rollback()
        raise
