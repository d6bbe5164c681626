"""`sala db ...` and `sala case ...`: what is done to a node's database from outside."""

import asyncio
from pathlib import Path

from flows.errors import ConfigFault
from sala import keys
from sala.beside import beside
from sala.config import Config
from store import audit
from store import backup as copies
from store import migrate as migrations
from store.sqlite import Sqlite


def _key(config: Config) -> bytes:
    if not (config.data / keys.DATABASE).exists():
        raise ConfigFault(f"{config.data}: there is no database yet", hint="start the node once: sala serve")
    return keys.database_key(config.key_source, config.data)


def migrate(config: Config) -> str:
    """Bring the database to this version's schema; what was done."""
    done, schema = asyncio.run(_migrate(config))
    return "\n".join([*(f"applied {name}" for name in done), f"schema {schema}"])


async def _migrate(config: Config) -> tuple[list[str], int]:
    database = await Sqlite.open(config.data / keys.DATABASE, _key(config))
    try:
        return await migrations.migrate(database), await migrations.schema(database)
    finally:
        await database.close()


def check(config: Config) -> list[str]:
    """What is wrong with the database, as sentences."""
    return asyncio.run(_check(config))


async def _check(config: Config) -> list[str]:
    found = await copies.check(config.data, _key(config))
    if found:
        return found
    database = await Sqlite.open(config.data / keys.DATABASE, _key(config), reader=True)
    try:
        if await migrations.schema(database) < audit.SINCE:
            return []
        chain = await audit.verify(database)
    finally:
        await database.close()
    return [f"the audit chain of the desk is broken at row {chain.broken_at}"] if chain.broken_at else []


def backup(config: Config, file: Path) -> str:
    """Copy the database to `file`; what was written."""
    size = asyncio.run(copies.backup(config.data, _key(config), file))
    return f"{file}: {size // 1024} KiB, encrypted with the same key"


def restore(config: Config, file: Path, *, force: bool) -> str:
    """Put `file` in the place of the database.

    Raises:
        ConfigFault: there is a database and `force` was not said, or the node runs.
    """
    if (config.data / keys.DATABASE).exists() and not force:
        raise ConfigFault(f"{config.data} has a database", hint="--force replaces it; the old one is kept beside it")
    asyncio.run(copies.restore(file, config.data, keys.database_key(config.key_source, config.data)))
    return f"restored from {file}; the next start draws a new epoch"


def unlock(config: Config, reference: str) -> bool:
    """Take back the wrong guesses against a case key; False when no request has this reference."""
    return asyncio.run(_unlock(config, reference.replace(" ", "")))


async def _unlock(config: Config, reference: str) -> bool:
    async with beside(config) as memory:
        if await memory.review.find(reference) is None:
            return False
        await memory.review.unlock(reference)
    return True
