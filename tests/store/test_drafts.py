"""Drafts: two editors never overwrite each other, undo is kept here, and a second person says yes."""

import asyncio

import pytest

from store.draft_values import ApprovalFault, Draft, DraftFault, Stale, person
from store.drafts import MOST_TEXT
from store.memory import Memory
from tests.store.conftest import NOON, Hands, Opened, rows

LIVE = {"birth.yaml": "one", "part.yaml": "p"}


async def saved(memory: Memory, text: str, expected: int, by: str = "anna") -> int:
    version = await memory.drafts.save("birth", text, expected=expected, by=by)
    assert isinstance(version, int)
    return version


async def test_a_draft_begins_from_what_is_live_and_never_touches_it(memory: Memory) -> None:
    await memory.library.publish("birth", "sha256:1", LIVE, "anna")
    draft = await memory.drafts.open("birth")
    assert draft == Draft("birth", "one", "sha256:1", 0, "", 0)
    assert await memory.drafts.list() == []
    version = await saved(memory, "two", 0)
    draft = await memory.drafts.open("birth")
    assert (draft.text, draft.base_revision, draft.version, draft.by, draft.at) == (
        "two",
        "sha256:1",
        version,
        "anna",
        NOON,
    )
    assert (draft.undoable, draft.redoable, draft.behind) == (True, False, False)
    assert [(one.id, one.version) for one in await memory.drafts.list()] == [("birth", version)]
    live = await memory.library.live("birth")
    assert live is not None
    assert live.files == LIVE
    await memory.library.publish("birth", "sha256:2", {"birth.yaml": "three"}, "ben")
    draft = await memory.drafts.open("birth")
    assert (draft.text, draft.behind) == ("two", True)


async def test_the_second_of_two_editors_is_told_and_nothing_is_lost(memory: Memory) -> None:
    first = await saved(memory, "base", 0)
    hers = await saved(memory, "anna's", first)
    told = await memory.drafts.save("birth", "ben's", expected=first, by="ben")
    assert told == Stale("anna", NOON, hers, "anna's", "ben's", "base")
    assert (await memory.drafts.open("birth")).text == "anna's"
    assert await saved(memory, "ben's", hers, "ben") == hers + 1


async def test_of_two_saves_at_once_one_is_stale(memory: Memory) -> None:
    first = await saved(memory, "base", 0)
    texts = [f"text {n}" for n in range(20)]
    told = await asyncio.gather(
        *(memory.drafts.save("birth", text, expected=first, by=f"user{n}") for n, text in enumerate(texts))
    )
    assert sum(isinstance(one, int) for one in told) == 1
    assert sum(isinstance(one, Stale) for one in told) == len(texts) - 1


async def test_the_same_text_sent_twice_is_written_once(memory: Memory) -> None:
    first = await saved(memory, "one", 0)
    assert await saved(memory, "one", 0) == first
    assert [one.what for one in await memory.drafts.history("birth")] == ["save", "open"]


async def test_undo_and_redo_are_kept_by_the_store(opened: Opened) -> None:
    async with opened() as memory:
        await memory.library.publish("birth", "sha256:1", LIVE, "anna")
        version = await saved(memory, "two", 0)
        await saved(memory, "three", version)
    async with opened() as memory:
        drafts = memory.drafts
        texts = []
        for step in (drafts.undo, drafts.undo, drafts.redo, drafts.redo):
            draft = await step("birth", "ben")
            assert isinstance(draft, Draft)
            texts.append(draft.text)
        assert texts == ["two", "one", "two", "three"]
        assert [one.what for one in await drafts.history("birth")][:4] == ["redo", "redo", "undo", "undo"]
        with pytest.raises(DraftFault, match="nothing to redo"):
            await drafts.redo("birth", "ben")
        for _ in range(2):
            await drafts.undo("birth", "ben")
        with pytest.raises(DraftFault, match="nothing to undo"):
            await drafts.undo("birth", "ben")


async def test_what_is_saved_after_undo_is_what_redo_finds(memory: Memory) -> None:
    await saved(memory, "two", await saved(memory, "one", 0))
    undone = await memory.drafts.undo("birth", "anna")
    assert isinstance(undone, Draft)
    await saved(memory, "other", undone.version)
    undone = await memory.drafts.undo("birth", "anna")
    assert isinstance(undone, Draft)
    redone = await memory.drafts.redo("birth", "anna")
    assert isinstance(redone, Draft)
    assert redone.text == "other"
    stale = await memory.drafts.undo("birth", "ben", expected=1)
    assert isinstance(stale, Stale)
    assert (stale.by, stale.theirs) == ("anna", "other")


async def test_undo_ends_at_the_oldest_text_that_is_kept(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.drafts.MOST_SAVES", 3)
    version = 0
    for n in range(6):
        version = await saved(memory, f"text {n}", version)
    assert len(await rows(memory, "SELECT id FROM draft_save")) == 3
    undone = [await memory.drafts.undo("birth", "anna") for _ in range(2)]
    assert [one.text for one in undone if isinstance(one, Draft)] == ["text 4", "text 3"]
    with pytest.raises(DraftFault, match="nothing to undo"):
        await memory.drafts.undo("birth", "anna")
    assert await memory.drafts.text_at("birth", version) == "text 5"
    assert await memory.drafts.text_at("birth", 2) is None


async def test_a_discarded_draft_leaves_its_history_and_no_way_for_an_old_form(memory: Memory) -> None:
    await memory.library.publish("birth", "sha256:1", LIVE, "anna")
    version = await saved(memory, "two", 0)
    await memory.drafts.discard("birth", "anna", note="begun by mistake")
    draft = await memory.drafts.open("birth")
    assert (draft.text, draft.version) == ("one", version + 1)
    assert (await memory.drafts.history("birth"))[0].note == "begun by mistake"
    assert isinstance(await memory.drafts.save("birth", "two and more", expected=version, by="anna"), Stale)
    assert await memory.drafts.list() == []
    with pytest.raises(DraftFault, match="no draft"):
        await memory.drafts.discard("birth", "anna")
    with pytest.raises(DraftFault, match="no draft"):
        await memory.drafts.undo("birth", "anna")


async def test_a_text_without_end_is_refused(memory: Memory) -> None:
    with pytest.raises(DraftFault, match="more than"):
        await memory.drafts.save("birth", "x" * (MOST_TEXT + 1), expected=0, by="anna")


async def test_comments_stand_at_their_step_until_somebody_settles_them(memory: Memory) -> None:
    drafts = memory.drafts
    first = await drafts.comment("birth", "3:ask:village", "Which village?", "noy")
    await drafts.comment("birth", "", "Well done", "noy")
    await drafts.comment("death", "", "another flow", "noy")
    await drafts.settle(first, "anna")
    said = [(one.step, one.text, one.by, one.done_by) for one in await drafts.comments("birth")]
    assert said == [("3:ask:village", "Which village?", "noy", "anna"), ("", "Well done", "noy", "")]
    with pytest.raises(DraftFault, match="no open comment"):
        await drafts.settle(first, "anna")
    with pytest.raises(DraftFault, match="without a word"):
        await drafts.comment("birth", "", " ", "noy")


async def test_a_proposal_needs_a_second_person_and_stays_as_it_was(memory: Memory) -> None:
    drafts = memory.drafts
    with pytest.raises(DraftFault, match="no draft"):
        await drafts.propose("birth", "anna", "why")
    version = await saved(memory, "two", 0)
    with pytest.raises(DraftFault, match="note"):
        await drafts.propose("birth", "anna", "  ")
    number = await drafts.propose("birth", "anna", "the village is asked first")
    await saved(memory, "three", version)
    for same in ("anna", "Anna (command:root)"):
        with pytest.raises(ApprovalFault, match="another person"):
            await drafts.approve(number, same)
    found = await drafts.proposal(number)
    assert (found.text, found.state, found.by, found.note) == ("two", "open", "anna", "the village is asked first")
    assert found.files == {"birth.yaml": "two"}
    approved = await drafts.approve(number, "ben", "good")
    assert (approved.state, approved.decided_by, approved.answer) == ("approved", "ben", "good")
    with pytest.raises(DraftFault, match="approved already"):
        await drafts.approve(number, "carl")
    assert [one.id for one in await drafts.due()] == [number]


async def test_a_proposal_waits_for_its_time_and_may_be_called_back(memory: Memory, hands: Hands) -> None:
    await saved(memory, "two", 0)
    number = await memory.drafts.propose("birth", "anna", "from January", NOON + 100)
    await memory.drafts.approve(number, "ben")
    assert await memory.drafts.due() == []
    hands.go(100)
    assert [one.id for one in await memory.drafts.due()] == [number]
    with pytest.raises(DraftFault, match="why"):
        await memory.drafts.refuse(number, "ben", "")
    await memory.drafts.refuse(number, "anna", "the law was put off")
    assert await memory.drafts.due() == []
    assert await memory.drafts.proposals() == []
    (kept,) = await memory.drafts.proposals(all_of_them=10)
    assert (kept.state, kept.answer) == ("refused", "the law was put off")
    with pytest.raises(DraftFault, match="refused already"):
        await memory.drafts.refuse(number, "anna", "again")
    with pytest.raises(DraftFault, match="no proposal 77"):
        await memory.drafts.proposal(77)


async def test_a_newer_proposal_replaces_the_one_that_waits(memory: Memory) -> None:
    version = await saved(memory, "two", 0)
    first = await memory.drafts.propose("birth", "anna", "first")
    await saved(memory, "three", version)
    second = await memory.drafts.propose("birth", "anna", "second")
    other = await memory.drafts.propose("fees", "anna", "another thing", kind="table", files={"fees.csv": "key\na\n"})
    assert [one.id for one in await memory.drafts.proposals()] == [second, other]
    with pytest.raises(DraftFault, match="replaced"):
        await memory.drafts.approve(first, "ben")


async def test_where_one_person_suffices_she_may_approve_herself(opened: Opened) -> None:
    async with opened(settings={"two_persons": False}) as memory:
        await saved(memory, "two", 0)
        number = await memory.drafts.propose("birth", "anna", "a try")
        assert (await memory.drafts.approve(number, "anna")).state == "approved"


def test_one_person_is_one_person_by_whatever_road() -> None:
    assert person("anna") == person(" Anna (command:root)") != person("ann")


async def test_who_begins_from_what_is_live_is_told_what_both_began_from(memory: Memory) -> None:
    await memory.library.publish("birth", "sha256:1", LIVE, "anna")
    both = await memory.drafts.open("birth")
    hers = await saved(memory, "anna's", both.version)
    told = await memory.drafts.save("birth", "ben's", expected=both.version, by="ben")
    assert told == Stale("anna", NOON, hers, "anna's", "ben's", both.text)
    assert await memory.drafts.overtaken("birth", both.version) == Stale("anna", NOON, hers, "anna's", "", both.text)
    assert await memory.drafts.overtaken("birth", hers) is None


async def test_nobody_is_overtaken_where_no_draft_is_open(memory: Memory) -> None:
    await memory.library.publish("birth", "sha256:1", LIVE, "anna")
    assert await memory.drafts.overtaken("birth", 7) is None


async def test_a_comment_that_is_sent_twice_is_one_while_it_is_open(memory: Memory) -> None:
    first = await memory.drafts.comment("birth", "name", "Too long?", "anna")
    assert await memory.drafts.comment("birth", "name", "Too long?", "anna") == first
    assert await memory.drafts.comment("birth", "name", "Too long?", "ben") != first
    await memory.drafts.settle(first, "ben")
    assert await memory.drafts.comment("birth", "name", "Too long?", "anna") != first
