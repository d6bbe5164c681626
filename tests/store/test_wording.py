"""Marks of review at the desk: who and when for each place, taken back by hand, and both in the audit."""

from store.memory import Memory
from store.wording import Reviewed


async def test_a_review_is_kept_with_its_place_and_its_words(memory: Memory) -> None:
    seen = {("steps.ask:name text", "en"): ("aa", "Your name?"), ("steps.ask:name text", "lo"): ("bb", "ຊື່?")}
    await memory.wording.accept("birth", seen, "noy", "2026-11-29")
    places = await memory.wording.places("birth")
    at = next(iter(places.values())).at
    assert at
    assert places == {
        ("steps.ask:name text", "en"): Reviewed("aa", "Your name?", "noy", at),
        ("steps.ask:name text", "lo"): Reviewed("bb", "ຊື່?", "noy", at),
    }
    assert (await memory.wording.marks()).by == {"en": {"aa": "2026-11-29 noy"}, "lo": {"bb": "2026-11-29 noy"}}
    assert await memory.wording.places("school") == {}


async def test_the_newest_review_of_a_place_is_the_one_that_is_told(memory: Memory) -> None:
    for mark, by in (("aa", "noy"), ("cc", "kham")):
        await memory.wording.accept("birth", {("title", "en"): (mark, mark)}, by, "2026-11-29")
    (one,) = (await memory.wording.places("birth")).values()
    assert (one.digest, one.by) == ("cc", "kham")
    assert set((await memory.wording.marks()).by["en"]) == {"aa", "cc"}, "words that come back are reviewed"


async def test_a_mark_is_taken_back_by_hand_and_both_are_in_the_audit(memory: Memory) -> None:
    await memory.wording.accept("birth", {("title", "en"): ("aa", "Birth")}, "noy", "2026-11-29")
    await memory.wording.withdraw("birth", [("en", "aa")], "kham")
    assert (await memory.wording.marks()).by == {}
    taken, given = await memory.audit.entries(subject="birth")
    assert (given.act, given.details, given.actor) == ("words_reviewed", {"en": 1}, "noy")
    assert (taken.act, taken.details, taken.actor) == ("words_unreviewed", {"en": 1}, "kham")


async def test_nothing_to_mark_writes_nothing(memory: Memory) -> None:
    await memory.wording.accept("birth", {}, "noy", "2026-11-29")
    await memory.wording.withdraw("birth", [], "noy")
    assert await memory.audit.entries() == []
