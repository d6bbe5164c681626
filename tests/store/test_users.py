"""Accounts, sittings and the audit chain."""

from typing import Any

import pytest

from console import secrets
from flows.errors import StoreFault
from sala import desk
from store.audit import STALE, verify
from store.memory import Memory
from store.scope import EVERYTHING, Scope
from store.users import IDLE, LONGEST, REST, TRIES, LastOneFault, Newcomer
from tests.store.conftest import Hands, Opened

KHAM = Newcomer("kham", "a-hash", ["officer"], Scope(("LA0901",), ("*",)), shown="Kham")


async def test_a_sitting_lasts_a_working_day_and_ends_when_told(memory: Memory, hands: Hands) -> None:
    await memory.users.add(KHAM, by="admin")
    cookie, token = await memory.users.enter("kham", "a browser", "password")
    found = await memory.users.sitting(cookie)
    assert found
    assert (found[0].roles, found[0].scope, found[1].token) == (("officer",), Scope(("LA0901",), ("*",)), token)
    hands.go(IDLE - 10)
    assert await memory.users.sitting(cookie), "a click keeps it alive"
    hands.go(IDLE - 10)
    assert await memory.users.sitting(cookie) is not None
    hands.go(LONGEST - 2 * IDLE + 30)
    assert await memory.users.sitting(cookie) is None, "but not for ever"
    cookie, _ = await memory.users.enter("kham", "a browser", "password")
    await memory.users.revoke("kham", by="admin")
    assert await memory.users.sitting(cookie) is None


async def test_closing_an_account_ends_its_sittings(memory: Memory) -> None:
    await memory.users.add(KHAM, by="admin")
    cookie, _ = await memory.users.enter("kham", "a browser", "password")
    await memory.users.set_rights("kham", ["officer"], EVERYTHING, by="admin", shown="Kham", active=False)
    assert await memory.users.sitting(cookie) is None


async def test_guessing_makes_an_account_rest_but_not_for_ever(memory: Memory, hands: Hands) -> None:
    await memory.users.add(KHAM, by="admin")
    assert [await memory.users.wrong("kham") for _ in range(TRIES)] == [0] * TRIES
    assert await memory.users.wrong("kham") > hands.wall
    hands.go(REST[0] + 1)
    assert await memory.users.wrong("kham") == 0, "one more try after the rest"
    assert await memory.users.wrong("kham") - hands.wall == pytest.approx(REST[1], abs=2)
    hands.go(REST[1] + 1)
    await memory.users.right("kham")
    assert [await memory.users.wrong("kham") for _ in range(TRIES)] == [0] * TRIES


async def test_steps_and_codes_are_used_once(memory: Memory, hands: Hands) -> None:
    await memory.users.add(KHAM, by="admin")
    await memory.users.set_secret("kham", b"s" * 20, ["aaaaa-bbbbb"], by="kham")
    assert await memory.users.use_step("kham", 100)
    assert not await memory.users.use_step("kham", 100)
    assert not await memory.users.use_step("kham", 99)
    assert await memory.users.use_code("kham", "aaaaa-bbbbb") == ""
    assert await memory.users.use_code("kham", "aaaaa-bbbbb") is None
    await memory.users.vouch("kham", "ccccc-ddddd", "admin", int(hands.wall) + 900)
    hands.go(901)
    assert await memory.users.use_code("kham", "ccccc-ddddd") is None
    await memory.users.vouch("kham", "eeeee-fffff", "admin", int(hands.wall) + 900)
    assert await memory.users.use_code("kham", "eeeee-fffff") == "admin"


async def test_a_name_is_taken_once(memory: Memory) -> None:
    await memory.users.add(KHAM, by="admin")
    with pytest.raises(StoreFault, match="already"):
        await memory.users.add(KHAM, by="admin")


async def test_the_chain_is_whole_over_a_restart_and_shows_what_was_done_to_it(opened: Opened) -> None:
    async with opened() as memory:
        await memory.users.add(KHAM, by="admin")
        for number in range(5):
            await memory.audit.note("kham", "looked", f"{number}", why="ເບິ່ງ")
    async with opened() as memory:
        whole = await memory.audit.verify()
        assert (whole.good, whole.broken_at) == (6, 0)
        assert [one.object for one in await memory.audit.entries(limit=2)] == ["4", "3"]
        assert [one.act for one in await memory.audit.entries(subject="kham")] == ["user_added"]
        await _spoil(memory, "UPDATE audit SET actor = 'somebody' WHERE n = 4")
        assert (await memory.audit.verify()).broken_at == 4
        await _spoil(memory, "UPDATE audit SET actor = 'kham' WHERE n = 4")
        assert await memory.audit.verify() == whole, "the control: it is whole again"
        await _spoil(memory, "DELETE FROM audit WHERE n = 3")
        assert (await memory.audit.verify()).broken_at == 3


async def _spoil(memory: Memory, statement: str) -> None:
    async def run(database: object) -> None:
        await database.begin()  # type: ignore[attr-defined]
        await database.rows(statement)  # type: ignore[attr-defined]

    await memory.writer.do(run)


async def test_a_look_reads_what_is_newer_and_the_whole_within_the_hour(opened: Opened, hands: Hands) -> None:
    async with opened() as memory:
        for act in ("one", "two", "three"):
            await memory.audit.note("kham", act)
        first = await memory.audit.look()
        assert (first.good, first.whole, first.broken_at) == (3, 3, 0)
        await memory.audit.note("kham", "four")
        second = await memory.audit.look()
        assert (second.good, second.whole, second.whole_at) == (4, 3, first.whole_at)
        assert second.head == (await verify(memory._reading)).head, "the same head as of the whole"

        async def change(n: int, act: str) -> None:
            await memory.writer.do(lambda database: database.rows("UPDATE audit SET act = ? WHERE n = ?", (act, n)))

        await memory.audit.note("kham", "five")
        await change(5, "another")
        assert (await memory.audit.look()).broken_at == 5, "what is newer is read"
        await change(5, "five")
        assert (await memory.audit.look()).whole == 5, "after a broken one the whole is read"
        await change(2, "another")
        assert (await memory.audit.look()).broken_at == 0, "the control: what was read is not read again"
        hands.go(STALE + 1)
        assert (await memory.audit.look()).broken_at == 2
        await change(2, "two")
        assert (await memory.audit.verify()).broken_at == 0
        await memory.writer.do(lambda database: database.rows("DELETE FROM audit WHERE n = 5"))
        assert (await memory.audit.look()).broken_at == 5, "one that was cut off shows as well"


async def test_the_last_one_with_a_role_keeps_it_where_that_is_asked(memory: Memory) -> None:
    for name in ("first", "second"):
        await memory.users.add(Newcomer(name, "a-hash", ["admin"], EVERYTHING), by="start")
    change: dict[str, Any] = {"by": "first", "shown": "", "keep": "admin"}
    await memory.users.set_rights("second", ["officer"], EVERYTHING, active=True, **change)
    with pytest.raises(LastOneFault):
        await memory.users.set_rights("first", ["admin"], EVERYTHING, active=False, **change)
    with pytest.raises(LastOneFault):
        await memory.users.set_rights("first", ["officer"], EVERYTHING, active=True, **change)
    kept = await memory.users.get("first")
    assert kept
    assert (kept.roles, kept.active) == (("admin",), True)
    assert [one.act for one in await memory.audit.entries(subject="first")] == ["user_added"]
    await memory.users.set_rights("first", ["admin"], EVERYTHING, by="hub", shown="", active=False)
    closed = await memory.users.get("first")
    assert closed
    assert not closed.active, "a hub may close even the last one"


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        (EVERYTHING, EVERYTHING, True),
        (EVERYTHING, Scope(), True),
        (Scope(), Scope(), True),
        (Scope(("LA09",), ("*",)), Scope(("LA0901",), ("registry",)), True),
        (Scope(("LA0901",), ("*",)), Scope(("LA09",), ("*",)), False),
        (Scope(("LA09",), ("*",)), Scope(("*",), ("*",)), False),
        (Scope(("LA09",), ("registry",)), Scope(("LA09",), ("*",)), False),
        (Scope(("*",), ("registry",)), Scope(("LA09",), ("registry", "land")), False),
    ],
)
def test_a_scope_covers_what_lies_inside(wide: Scope, narrow: Scope, *, covered: bool) -> None:
    assert wide.covers(narrow) == covered


async def test_an_empty_node_has_one_admin_whose_password_is_told_once(memory: Memory) -> None:
    password = await desk.first_admin(memory)
    assert len(password) >= secrets.SHORTEST
    assert await desk.first_admin(memory) == ""
    (one,) = await memory.users.everybody()
    assert (one.name, one.fresh, one.roles) == (desk.FIRST, True, ("admin",))
    assert secrets.is_password(one.password, password)
    assert password not in repr(await memory.audit.entries())


async def test_what_an_open_page_asks_by_itself_keeps_nobody_signed_in(memory: Memory, hands: Hands) -> None:
    await memory.users.add(KHAM, by="admin")
    cookie, _ = await memory.users.enter("kham", "a browser", "password")
    hands.go(IDLE - 10)
    assert await memory.users.sitting(cookie, alive=False)
    hands.go(20)
    assert await memory.users.sitting(cookie, alive=False) is None
