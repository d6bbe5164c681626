"""The cache: what was not used for long lies packed, comes back as it was, and goes when there is too much of it."""

from typing import Any

import pytest

from store import rows
from store.memory import Memory
from store.rows import OVER, Cache, Session, Somebody
from tests.store.conftest import Opened, call, dial
from tests.store.mind import Person, Talk, small_mind


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "READY", 2)


def session(id_: int, **over: Any) -> Session:
    one = Session(id_, bytes([id_]) * 16, 8562055500000 + id_, "at")
    values = {"heard": "1*2", "reply": "ສະບາຍດີ", "talk": Talk(("a", "b")), "at": 7, "keep_until": 8, "dropped": "go on"}
    for name, value in (values | over).items():
        setattr(one, name, value)
    return one


def fields(one: Session | None) -> list[Any]:
    return [getattr(one, name) for name in Session.__slots__]


def test_a_session_comes_back_as_it_was() -> None:
    cache = Cache(10, small_mind())
    kept = [session(1), session(2, number=None, talk=None, state=OVER), session(3), session(4)]
    for one in kept:
        cache.keep(one)
    cache.trim()
    assert len(cache) == 4
    for one in kept:
        assert fields(cache.session_at(one.id)) == fields(one)
    assert cache.session_at(5) is None


def test_a_person_comes_back_also_one_of_whom_nothing_is_known() -> None:
    cache = Cache(10, small_mind())
    people = [Somebody(bytes([n]) * 16, None if n % 2 else Person("lo")) for n in range(5)]
    for one in people:
        cache.keep(one)
    cache.trim()
    for one in people:
        found = cache.person(one.key)
        assert found is not None
        assert found.data == one.data
    assert cache.person(b"nobody") is None


def test_what_was_not_used_for_longest_goes_first() -> None:
    cache = Cache(4, small_mind())
    for number in range(1, 5):
        cache.keep(session(number))
    cache.trim()
    assert cache.session_at(1) is not None
    for number in (5, 6):
        cache.keep(session(number))
    cache.trim()
    assert [number for number in range(1, 7) if cache.session_at(number)] == [1, 4, 5, 6]


def test_what_failed_is_forgotten_packed_or_not() -> None:
    cache = Cache(10, small_mind())
    kept = [session(number) for number in range(1, 5)]
    for one in kept:
        cache.keep(one)
    cache.trim()
    cache.drop(kept, ())
    assert len(cache) == 0
    assert [cache.session_at(one.id) for one in kept] == [None] * 4


async def test_a_dialogue_goes_on_out_of_its_packing(opened: Opened) -> None:
    async with opened(settings={"most_cached": 16}) as memory:
        await dial(memory, "a", session="s0", msisdn="+8562055550000")
        await others(memory, 1, 12)
        assert 1 in memory._cache._packed_sessions
        assert (await memory.turns.take(call("a*b", "s0", "+8562055550000"))).text == "a / b"
        assert len(memory._cache) <= 32


async def others(memory: Memory, first: int, last: int) -> None:
    for number in range(first, last):
        await dial(memory, "x", session=f"s{number}", msisdn=f"+85620555500{number:02d}")
