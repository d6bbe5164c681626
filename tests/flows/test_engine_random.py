"""Whatever is typed: a screen, within the budget, with a way out, and never an exception."""

import contextlib
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from flows import engine, standing
from flows.program import program
from flows.session import Run, Step, World
from flows.text.measure import Budget
from flows.turn import Need, Submit
from tests.flows.engine_kit import SERVICES, world

KEYS = st.sampled_from(["0", "00", "9", "1", "2", "3", "4", "5", "6", "7", "8", "10", "", "?", "-", "*", "#", " 1 "])
LIKELY = st.sampled_from(
    [
        "0901005",
        "0901002",
        "LA0901",
        "ban",
        "ph",
        "02112026",
        "02112569",
        "ມື້ນີ້",
        "Kham La",
        "ນາງ ຄຳຫຼ້າ",
        "24",
        "໓",
        "1 3 5",
        "020 55 512 345",
    ]
)
NASTY = st.sampled_from(
    [
        "x" * 10_000,
        "ກ" * 10_000,
        "\x00\x1b\x07",
        "\u202e123",
        "😀👍🏽",
        "\ud800",
        "{ref}{dial}",
        "*999#",
        "'; --",
        "\u0eb4" * 200,
        "9" * 400,
        "-0",
        "1e9",
        "٣",
    ]
)
TYPED = st.one_of(KEYS, KEYS, LIKELY, LIKELY, NASTY, st.text(max_size=40))
WALKS = {
    name: [test.press[1:] for test in revision.flow.tests if test.press[0] == "" and "DROP" not in test.press]
    for name, revision in SERVICES.items()
}
"""The walks of the flows' own tests: a random one begins somewhere along them."""
BUDGETS = st.sampled_from([Budget(160, 70), Budget(182, 80), Budget(459, 201)])


def settled(turn: Any, around: World) -> Step:
    outcome = turn(around)
    while isinstance(outcome, Need):
        around = replace(around, known={**around.known, outcome: None})
        outcome = turn(around)
    assert isinstance(outcome, Step)
    return outcome


def sound(step: Step, around: World) -> None:
    text = step.screen.text
    assert text.strip()
    assert around.budget.fits(text), text
    text.encode("utf-8")
    if step.run is not None:
        assert engine.decode(engine.encode(step.run)) == step.run
    assert step.run is not None or step.left == "ended"
    assert step.screen.end == (step.left in ("ended", "parked"))


def way_out(service: str, run: Run, around: World) -> None:
    """`00` leaves at once; `0` often enough leaves by the beginning, but where it is an answer."""
    left = settled(lambda w: engine.press(SERVICES[service], run, "00", w), around)
    assert left.left == "menu"
    for _ in range(100):
        step = settled(lambda w, run=run: engine.press(SERVICES[service], run, "0", w), around)
        if step.left or "00 " in step.screen.text:
            return
        assert step.run is not None
        run = step.run
    raise AssertionError("no way out")


def undone(service: str, before: Run, step: Step, around: World) -> None:
    """`0` takes back just the answer that was given, where it is not an answer itself."""
    after = step.run
    if after is None or len(after.log) != len(before.log) + 1 or "00 " in step.screen.text:
        return
    back = settled(lambda w: engine.press(SERVICES[service], after, "0", w), around)
    assert back.run is not None
    assert back.run.log == before.log


@pytest.mark.parametrize("service", sorted(SERVICES))
@given(
    data=st.data(),
    typed=st.lists(TYPED, max_size=20),
    language=st.sampled_from(["lo", "lo-Latn", "en", "xx"]),
    channel=st.sampled_from(["ussd", "sms"]),
    budget=BUDGETS,
)
@settings(max_examples=60, deadline=None)
def test_random_walks(
    service: str, data: st.DataObject, typed: list[str], language: str, channel: str, budget: Budget
) -> None:
    known = data.draw(st.sampled_from(WALKS[service]))
    typed = [*known[: data.draw(st.integers(0, len(known)))], *typed]
    around = world(channel=channel, budget=budget)
    revision = SERVICES[service]
    step = settled(lambda w: engine.open(revision, language, w), around)
    sound(step, around)
    for text in typed:
        run = step.run
        if run is None:
            break
        step = settled(lambda w, run=run, text=text: engine.press(revision, run, text, w), around)
        assert step == settled(lambda w, run=run, text=text: engine.press(revision, run, text, w), around)
        if not step.told:
            sound(step, around)
        undone(service, run, step, around)
    if step.run is not None and not step.left:
        shown = settled(lambda w: engine.show(revision, step.run, w), around)
        assert shown.screen == step.screen
        way_out(service, step.run, around)


@pytest.mark.parametrize("service", sorted(SERVICES))
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_a_citizen_who_answers_gets_to_the_end(service: str, data: st.DataObject) -> None:
    """The likely answers, tried one after the other at each question, always come to a reference or an end."""
    around = world()
    revision = SERVICES[service]
    likely = ["1", "0901005", "02112026", "24", "Kham La", "2", "3", "02112019"]
    step = settled(lambda w: engine.open(revision, "en", w), around)
    for _ in range(60):
        run = step.run
        if run is None:
            break
        for text in data.draw(st.permutations(likely)):
            step = settled(lambda w, run=run, text=text: engine.press(revision, run, text, w), around)
            if not step.refused:
                break
    assert step.left == "ended" or step.run is not None
    assert sum(isinstance(effect, Submit) for effect in step.effects) <= 1


@given(data=st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_foreign_bytes_are_no_state(data: bytes) -> None:
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
        engine.decode(data)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(SERVICES)), st.lists(st.one_of(KEYS, LIKELY), max_size=25))
def test_a_walk_that_stands_leads_where_one_from_the_top_leads(service: str, typed: list[str]) -> None:
    revision, around = SERVICES[service], world()

    def steps(*, anew: bool) -> list[Step | Need]:
        outcome = engine.open(revision, "lo", around)
        found = [outcome]
        for text in typed:
            if not isinstance(outcome, Step) or outcome.run is None:
                break
            if anew:
                standing.forget()
            outcome = engine.press(revision, outcome.run, text, around)
            found.append(outcome)
        return found

    standing.forget()
    assert steps(anew=False) == steps(anew=True)


def test_a_walk_stands_until_it_is_taken_or_the_day_changes() -> None:
    revision, around = SERVICES["birth"], world()
    opened = engine.open(revision, "lo", around)
    assert isinstance(opened, Step)
    assert opened.run is not None
    compiled = program(revision)
    walk = standing.take(opened.run, compiled, around)
    assert walk is not None
    assert standing.take(opened.run, compiled, around) is None
    standing.keep(opened.run, walk)
    tomorrow = replace(around, today=around.today + timedelta(days=1))
    assert standing.take(opened.run, compiled, tomorrow) is None
