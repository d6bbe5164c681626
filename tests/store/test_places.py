"""Where rows are found whose keys lie in no order: as a dictionary would, and the sessions again after a start."""

import random
from typing import Any

import pytest

from store.memory import Memory
from store.places import Places, Whereabouts, part, signed
from tests.store.conftest import LAO, Opened, call, dial, rows

OTHER = "+8562055550000"


@pytest.mark.parametrize("seed", range(3))
def test_places_are_a_dictionary_of_lists(seed: int) -> None:
    chance = random.Random(seed)
    places, plain = Places(), dict[int, list[int]]()
    keys = [chance.getrandbits(64) for _ in range(60)] + [0, 2**64 - 1]
    for row in range(1, 2000):
        key = chance.choice(keys)
        match chance.randrange(4):
            case 0:
                places.add(key, row)
                plain.setdefault(key, []).insert(0, row)
            case 1 if len(plain.get(key, ())) < 2:
                assert places.put(key, row) == next(iter(plain.get(key, ())), 0)
                plain[key] = [row]
            case 2 if plain.get(key):
                gone = chance.choice(plain[key])
                places.drop(key, gone)
                plain[key].remove(gone)
            case _:
                places.drop(key, row)
        assert list(places.all(key)) == plain.get(key, [])
        assert places.one(key) == next(iter(plain.get(key, ())), 0)
    assert len(places) == sum(map(len, plain.values()))
    assert list(places) == [(key, row) for key in sorted(plain) for row in plain[key]]


def test_parts_are_integers_of_the_engine() -> None:
    assert part(bytes(range(16))) == 0x0001020304050607
    assert [signed(one) for one in (0, 2**63 - 1, 2**63, 2**64 - 1)] == [0, 2**63 - 1, -(2**63), -1]


def test_what_a_batch_told_is_forgotten_with_it() -> None:
    where = Whereabouts()
    where.begin()
    where.add(b"1-session", 1)
    where.point(b"1-phone--", 1)
    where.begin()
    where.add(b"2-session", 2)
    where.point(b"1-phone--", 2)
    where.point(b"1-phone--", 0)
    where.point(b"2-phone--", 2)
    where.undo()
    assert (where.session(b"1-session"), where.session(b"2-session")) == (1, 0)
    assert (where.newest(b"1-phone--"), where.newest(b"2-phone--"), len(where)) == (1, 0, 1)


async def test_after_a_start_sessions_are_found_by_key_and_by_number(opened: Opened) -> None:
    async with opened() as memory:
        await memory.turns.take(call("", "s1"))
        assert (await memory.turns.take(call("a", "s1"))).text == "a"
        await memory.turns.take(call("", "s2", OTHER))
        shown = (await memory.turns.take(call("b", "s2", OTHER))).text
    async with opened() as memory:
        again = await memory.turns.take(call("b", "s2", OTHER))
        assert (again.text, again.again) == (shown, True)
        assert (await memory.turns.take(call("", "s3"))).text == "go on? 1"
        assert await rows(memory, "SELECT count(*) FROM session") == [(3,)]


async def test_nobody_meets_the_session_of_a_hash_that_begins_alike(memory: Memory, monkeypatch: Any) -> None:
    monkeypatch.setattr("store.places.part", lambda _: 7)
    await memory.turns.take(call("", "s1"))
    assert (await memory.turns.take(call("secret", "s1"))).text == "secret"
    assert (await memory.turns.take(call("", "s2", OTHER))).text == "hello"
    assert "secret" not in (await memory.turns.take(call("x", "s2", OTHER))).text
    assert (await memory.turns.take(call("", "s3"))).text == "hello", "begins anew, and meets nobody"


async def test_a_number_of_which_nothing_is_remembered_has_no_row(memory: Memory) -> None:
    await dial(memory, "a", "SUBMIT")
    assert await rows(memory, "SELECT * FROM person") == []
    await dial(memory, "LANG lo", session="s2")
    assert [key for key, *_ in await rows(memory, "SELECT key FROM person")] == [memory.hashing.number(int(LAO[1:]))]


async def test_a_session_that_was_swept_is_found_no_more(opened: Opened, hands: Any) -> None:
    async with opened() as memory:
        await dial(memory, "a", session="s1")
        where = memory._cache.where
        assert len(where) == 1
        hands.go(200_000)
        await memory.sweep.round()
        assert await rows(memory, "SELECT count(*) FROM session") == [(0,)]
        assert (len(where), where.newest(memory.hashing.number(int(LAO[1:])))) == (0, 0)
