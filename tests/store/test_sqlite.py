import sqlite3
from pathlib import Path

import pytest

from flows.errors import KeyFault, VersionFault
from store import migrate
from store.sqlite import Sqlite, engine_version, require_sound_engine, sound, stdlib_cannot_read

KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("version", "good"),
    [((3, 53, 4), True), ((3, 51, 3), True), ((3, 51, 2), False), ((3, 50, 7), True), ((3, 50, 6), False),
     ((3, 44, 6), True), ((3, 44, 5), False), ((3, 40, 1), False), ((4, 0, 0), True)],
)  # fmt: skip
def test_the_version_gate(version: tuple[int, int, int], good: object) -> None:
    assert sound(version) is good


def test_the_linked_engine_is_sound_and_the_gate_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    major, minor, patch = map(int, engine_version().split("."))
    assert sound((major, minor, patch))
    monkeypatch.setattr("sqlcipher3.dbapi2.sqlite_version_info", (3, 40, 1))
    with pytest.raises(VersionFault, match="WAL-reset"):
        require_sound_engine()


async def test_what_every_writer_is_set_to(tmp_path: Path) -> None:
    database = await Sqlite.open(tmp_path / "sala.db", KEY)
    try:
        assert await database.rows("PRAGMA journal_mode") == [("wal",)]
        assert await database.rows("PRAGMA synchronous") == [(2,)]
    finally:
        await database.close()


async def test_the_file_is_unreadable_without_its_key(tmp_path: Path) -> None:
    file = tmp_path / "sala.db"
    database = await Sqlite.open(file, KEY)
    await migrate.migrate(database)
    await database.close()
    assert stdlib_cannot_read(file)
    assert b"CREATE TABLE" not in file.read_bytes()
    with pytest.raises(KeyFault):
        await Sqlite.open(file, KEY[::-1])
    with pytest.raises(KeyFault):
        await Sqlite.open(file, b"short")


def test_the_check_for_encryption_can_fail(tmp_path: Path) -> None:
    file = tmp_path / "plain.db"
    with sqlite3.connect(file) as link:
        link.execute("CREATE TABLE t (a)")
    link.close()
    assert not stdlib_cannot_read(file)


async def test_a_reader_cannot_write(tmp_path: Path) -> None:
    database = await Sqlite.open(tmp_path / "sala.db", KEY)
    await migrate.migrate(database)
    reader = await Sqlite.open(tmp_path / "sala.db", KEY, reader=True)
    try:
        with pytest.raises(Exception, match="readonly"):
            await reader.rows("INSERT INTO meta VALUES ('a', 'b')")
        before = await database.changed()
        await database.rows("INSERT INTO meta VALUES ('a', 'b')")
        await database.commit()
        assert await database.changed() == before
        assert await reader.rows("SELECT value FROM meta WHERE name = 'a'") == [("b",)]
    finally:
        await reader.close()
        await database.close()


async def test_migrations_run_once_and_a_newer_schema_is_refused(tmp_path: Path) -> None:
    database = await Sqlite.open(tmp_path / "sala.db", KEY)
    try:
        assert await migrate.migrate(database) == [name for _, name, _ in migrate.scripts()]
        assert await migrate.migrate(database) == []
        await database.rows("UPDATE meta SET value = '9999' WHERE name = 'schema'")
        await database.commit()
        with pytest.raises(VersionFault, match="9999"):
            await migrate.migrate(database)
    finally:
        await database.close()


def test_no_two_migrations_have_one_number() -> None:
    # The second would never be applied.
    numbers = [number for number, _, _ in migrate.scripts()]
    assert numbers == sorted(set(numbers))


async def test_a_migration_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = await Sqlite.open(tmp_path / "sala.db", KEY)
    monkeypatch.setattr(migrate, "scripts", lambda: [(1, "0001_a.sql", "CREATE TABLE a (b);\nCREATE TABEL c;\n")])
    try:
        with pytest.raises(Exception, match="syntax"):
            await migrate.migrate(database)
        assert await database.rows("SELECT name FROM sqlite_master") == []
    finally:
        await database.close()
