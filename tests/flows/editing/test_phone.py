"""The phone on a draft: any step can be dialled, a walk becomes a test that passes, and rooms agree with it."""

from dataclasses import replace
from pathlib import Path

import pytest

from flows.check import Subject
from flows.check.conversation import run_test
from flows.editing import AddTest, SetText, edit
from flows.editing.phone import Session, as_test, ring, way_to
from flows.editing.rooms import message_room, rooms_of
from flows.loader import load, load_path
from flows.revision import Revision, revise
from flows.text.measure import SMS, USSD
from sala.explored import DAY, settings_of
from sala.services import material

LIBRARY = Path(__file__).resolve().parents[3] / "flows" / "library"
GIVEN = material(None)
FLOWS = {flow.id: flow for flow in load_path(LIBRARY)}
PARTS = {flow.id: flow for flow in FLOWS.values() if flow.is_part}
SERVICES = tuple(name for name, flow in FLOWS.items() if not flow.is_part)
WALKED = ["2", "02112026", "1", "1", "Noi", "2", "0901003", "Kham La", "31", "1"]


def _revision(name: str) -> Revision:
    return revise(FLOWS[name], PARTS)


def _ring(revision: Revision, keys: list[str], language: str = "en", channel: str = "ussd") -> Session:
    given = {"language": language, "channel": channel, "today": DAY}
    return ring(revision, keys, tables=GIVEN.tables, phrases=GIVEN.phrases, **given)  # type: ignore[arg-type] # a channel


def test_a_walk_shows_each_step_and_what_was_sent() -> None:
    session = _ring(_revision("birth"), WALKED)
    assert [turn.step for turn in session.turns] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 13]
    assert not session.open
    assert session.submitted is not None
    assert session.submitted["child_name"] == "Noi"
    assert session.turns[-1].sent[0][0] == "receipt"
    assert "Reference 482 109 337" in session.turns[-1].sent[0][1]


def test_a_dropped_session_is_offered_again() -> None:
    session = _ring(_revision("birth"), ["2", "DROP"])
    assert session.dropped
    assert session.turns[-1].sent[0][0] == "dropped"
    again = _ring(_revision("birth"), ["2", "DROP", "+1h", "DIAL", "1"])
    assert again.open
    assert again.step == 1


def test_a_wrong_answer_stays_and_back_goes_back() -> None:
    assert _ring(_revision("birth"), ["7"]).step == 0
    assert _ring(_revision("birth"), ["1", "0"]).step == 0


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("language", ["lo", "en"])
def test_the_phone_starts_at_any_step_that_has_a_screen(name: str, language: str) -> None:
    revision = _revision(name)
    settings = replace(settings_of(GIVEN), languages=(language,), channels=("ussd",))
    for at, step in enumerate(revision.flow.steps):
        keys = way_to(revision, settings, at)
        if step.verb == "submit":
            continue
        assert keys is not None, step
        session = _ring(revision, list(keys), language)
        assert session.step == at or step.verb == "say", step


@pytest.mark.parametrize("channel", ["ussd", "sms"])
def test_what_was_walked_is_a_test_that_passes(channel: str) -> None:
    session = _ring(_revision("birth"), WALKED, channel=channel)
    text = edit(FLOWS["birth"].source, AddTest(as_test(session, "walked at the desk")))
    assert '    press: ["", 2, "02112026", 1, 1, Noi, 2, "0901003", Kham La, 31, 1]' in text
    assert f"    today: {DAY.isoformat()}" in text
    flow = load(text, "birth.yaml")
    assert run_test(revise(flow, PARTS), flow.tests[-1], GIVEN.tables, GIVEN.phrases) == []


def _subject(text: str) -> Subject:
    return Subject(load(text, "b"), PARTS, GIVEN.tables, GIVEN.phrases)


@pytest.mark.parametrize("language", ["lo", "en"])
def test_the_room_of_a_fixed_screen_is_what_the_phone_shows(language: str) -> None:
    session = _ring(_revision("birth"), WALKED[:-1], language)
    for turn in session.turns:
        room = rooms_of(_subject(FLOWS["birth"].source), turn.step)[language]
        assert len(room.pages) >= turn.pages
        if turn.step < 9 and turn.pages == 1:
            assert room.pages == (turn.screen,)


def test_a_value_is_counted_at_its_longest_and_not_by_its_braces() -> None:
    one = edit(FLOWS["birth"].source, SetText(("steps", 13, "end"), "en", "Thank you"))
    other = edit(FLOWS["birth"].source, SetText(("steps", 13, "end"), "en", "Thank you {child_name}"))
    before, after = (rooms_of(_subject(text), 13)["en"] for text in (one, other))
    assert after.units - before.units > len("{child_name}") + 1
    assert after.pages[0].startswith("Thank you ")


def test_too_much_lao_is_told_in_pages() -> None:
    text = edit(FLOWS["birth"].source, SetText(("steps", 1, "text"), "lo", "ວັນເກີດລູກ " * 9))
    room = rooms_of(_subject(text), 1)["lo"]
    assert room.share > 1
    assert len(room.pages) == 2
    assert room.limit == USSD.ucs2


def test_a_message_is_counted_in_parts() -> None:
    receipt = FLOWS["birth"].messages.receipt
    assert receipt is not None
    assert message_room(receipt, "en", SMS).parts == 1
