"""Writes that wait for each other: in order, seen by every read, and none of them when one fails."""

from pathlib import Path

import pytest

from store.pile import Pile
from store.sqlite import Clash, Sqlite

KEY = bytes(range(32))


async def test_a_read_sees_what_was_piled_up_before_it(tmp_path: Path) -> None:
    database = await Sqlite.open(tmp_path / "sala.db", KEY)
    try:
        await database.rows("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)")
        pile = Pile(database)
        await pile.begin()
        await pile.many("INSERT INTO t VALUES (?, ?)", [(1, "a"), (2, "b")])
        await pile.many("UPDATE t SET text = ? WHERE id = ?", [("c", 1)])
        await pile.many("DELETE FROM t WHERE id = ?", [])
        # The control: nothing has gone to the engine yet.
        assert await database.rows("SELECT * FROM t") == []
        assert await pile.rows("SELECT text FROM t ORDER BY id") == [("c",), ("b",)]
        await pile.many("DELETE FROM t WHERE id = ?", [(2,)])
        await pile.commit()
        assert await database.rows("SELECT text FROM t") == [("c",)]
    finally:
        await database.close()


async def test_one_that_fails_leaves_nothing_of_the_others_after_a_rollback(tmp_path: Path) -> None:
    database = await Sqlite.open(tmp_path / "sala.db", KEY)
    try:
        await database.rows("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)")
        pile = Pile(database)
        await pile.many("INSERT INTO t VALUES (?, ?)", [(1, "a")])
        await pile.many("INSERT INTO t VALUES (?, ?)", [(1, "b")])
        await pile.many("INSERT INTO t VALUES (?, ?)", [(2, "c")])
        with pytest.raises(Clash):
            await pile.flush()
        await pile.rollback()
        await pile.flush()
        await pile.commit()
        assert await database.rows("SELECT * FROM t") == []
    finally:
        await database.close()
