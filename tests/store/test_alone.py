"""Gateways that send the last input alone: what is a copy, what is new, and a session that is the number itself."""

from typing import Literal

import pytest

from store import heard
from store.memory import Memory
from store.values import Call
from tests.store.conftest import LAO, Hands, Opened, rows

Op = Literal["", "start", "dial", "input"]


def call(op: Op, text: str = "", hop: str = "", *, session: str = "s1", repeat: int = 2) -> Call:
    return Call("at", session, LAO, text, "*999#", op=op, hop=hop, repeat=repeat)


async def say(memory: Memory, *calls: Call) -> list[str]:
    return [(await memory.turns.take(one)).text for one in calls]


async def test_each_input_comes_alone(memory: Memory, hands: Hands) -> None:
    (first,) = await say(memory, call("start"))
    hands.go(5)
    assert await say(memory, call("input", "a")) == ["a"]
    hands.go(5)
    # A star, an empty answer and the same key again are inputs like any other.
    assert await say(memory, call("input", "b*c")) == ["a / b*c"]
    hands.go(5)
    assert await say(memory, call("input", "")) == ["a / b*c / "]
    hands.go(5)
    assert await say(memory, call("input", "")) == ["a / b*c /  / "]
    # A late copy of the start changes nothing.
    assert await say(memory, call("start")) == ["a / b*c /  / "]
    assert first not in {"", "a"}


async def test_without_a_hop_the_same_input_soon_is_a_copy_and_late_is_a_key(memory: Memory, hands: Hands) -> None:
    await say(memory, call("start"))
    assert await say(memory, call("input", "1"), call("input", "1")) == ["1", "1"]
    hands.go(2)
    assert await say(memory, call("input", "1")) == ["1 / 1"]
    # An empty answer straight after the start is no copy of the start.
    await say(memory, call("start", session="s2"))
    assert await say(memory, call("input", "", session="s2")) == ["1 / 1 / "]


async def test_a_hop_decides(memory: Memory) -> None:
    await say(memory, call("start", hop="1"))
    assert await say(memory, call("input", "1", "2"), call("input", "1", "3")) == ["1", "1 / 1"]
    # The same hop, and an older one, are copies whatever they bring.
    assert await say(memory, call("input", "1", "3"), call("input", "9", "2")) == ["1 / 1", "1 / 1"]
    assert await say(memory, call("input", "2", "10")) == ["1 / 1 / 2"]
    assert await say(memory, call("input", "3", "z9"), call("input", "3", "z9")) == ["1 / 1 / 2 / 3"] * 2


async def test_the_end_of_a_mark_decides_with_the_text(memory: Memory) -> None:
    end = heard.END_OF_MARK
    await say(memory, call("start"), call("input", "1", f"a.1{end}02"))
    # A gateway that has begun anew knows the end of its marks alone.
    assert await say(memory, call("input", "1", f"{end}02")) == ["1"]
    assert await say(memory, call("input", "1", f"{end}04"), call("input", "1", f"{end}04")) == ["1 / 1"] * 2
    assert await say(memory, call("input", "2", f"{end}04")) == ["1 / 1 / 2"]
    assert await say(memory, call("input", "2", f"a.2{end}04")) == ["1 / 1 / 2 / 2"]


async def test_what_was_dialled_behind_the_code_is_heard(memory: Memory) -> None:
    await say(memory, call("start", "7*8"))
    assert (await rows(memory, "SELECT heard FROM session"))[0][0].startswith("\x1e")


async def test_an_input_of_a_session_that_is_not_known_begins_one(memory: Memory) -> None:
    (screen,) = await say(memory, call("input", "5"))
    # Nothing of it was taken for an answer, and its copy gets the same.
    assert "5" not in screen
    assert await say(memory, call("input", "5")) == [screen]


async def test_a_number_as_session_begins_anew_with_each_dial(memory: Memory, hands: Hands) -> None:
    (first,) = await say(memory, call("dial"))
    assert await say(memory, call("dial")) == [first]
    hands.go(5)
    await say(memory, call("input", "a"))
    hands.go(5)
    assert await say(memory, call("dial")) != ["a"]
    assert await rows(memory, "SELECT count(*) FROM session") == [(1,)]


async def test_who_dials_again_after_the_end_goes_on_at_once(memory: Memory) -> None:
    (first,) = await say(memory, call("dial"))
    await memory.turns.ended("at", "s1")
    assert await say(memory, call("dial")) == [first]
    assert await say(memory, call("input", "a")) == ["a"]


async def test_a_forgotten_session_is_somebodys_again_when_its_number_dials(opened: Opened, hands: Hands) -> None:
    async with opened() as memory:
        await say(memory, call("dial"), call("input", "TIP"))
        assert await rows(memory, "SELECT number FROM session") == [(None,)]
        hands.go(5)
        await say(memory, call("dial"))
        assert await rows(memory, "SELECT number, channel FROM session") == [(int(LAO[1:]), "at")]
        hands.go(5)
        assert await say(memory, call("input", "x")) == ["x"]
    async with opened() as memory:
        hands.go(5)
        assert await say(memory, call("input", "y")) == ["x / y"]


@pytest.mark.parametrize("text", ["secret", "x" * 2000, "", "\x1e", "\x1f5:00"])
@pytest.mark.parametrize("hop", ["", "7", "\x1e"])
def test_a_forgotten_input_is_still_known_by_its_copy(text: str, hop: str) -> None:
    kept = heard.keep_input(hop, text)
    gone = heard.forget(kept)
    assert text not in gone or len(text) < 2
    assert heard.forget(gone) == gone
    for one in (kept, gone):
        assert heard.fit_input(one, hop, text, soon=True) == "same"
        other = "next" if hop != "7" else "same"
        assert heard.fit_input(one, hop, text + "!", soon=True) == other
