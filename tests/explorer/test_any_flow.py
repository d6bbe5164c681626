"""What the check lets pass strands nobody: flows that nobody wrote, walked at random by engine and explorer."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from flows import engine
from flows.explorer import clear, walks_of
from flows.explorer.paths import dead_ends, route
from flows.explorer.samples import samples
from flows.program import AskNode, program
from flows.revision import Revision
from flows.screens import compose, frame
from flows.session import Run, Step, World
from flows.turn import Need, Submit
from flows.walk import Walk
from tests.explorer import kit
from tests.explorer.anyflow import passing, sources
from tests.flows.engine_kit import world

USUAL = 240
MANY = int(os.environ.get("SALA_FLOWS", str(USUAL)))
STEADY = settings(
    deadline=None, derandomize=MANY == USUAL, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
"""The same flows at each run, however busy the machine is; other flows when more of them are asked for."""
ENOUGH = 90
"""Key presses within which somebody who answers sensibly reaches an end of these flows, pages and says included."""
KEYS = ["1", "2", "3", "8", "9", "0", "00", "", "?", "-", "17", "24", "02112026", "02112569", "0930", "0901005"]
WORDS = ["ban", "qqzz", "Kham La", "ນາງ ຄຳຫຼ້າ", "໑໒", "1 2", "02055512345", "x" * 300, "ກິ່" * 90, "😀", "{f0}", "*999#"]
TYPED = st.sampled_from([*KEYS, *WORDS])
WORLDS = st.sampled_from(["ussd", "sms"])


def turned(turn: Any, around: World) -> Step:
    outcome = turn(around)
    while isinstance(outcome, Need):
        around = replace(around, known={**around.known, outcome: None})
        outcome = turn(around)
    assert isinstance(outcome, Step)
    return outcome


def press(revision: Revision, run: Run, text: str, around: World) -> Step:
    return turned(lambda w: engine.press(revision, run, text, w), around)


def sound(step: Step, around: World) -> None:
    """One page, with something on it; a text that stands for the screen too is an SMS and has its own room."""
    assert step.screen.text.strip()
    assert step.told or around.budget.fits(step.screen.text), step.screen.text


def nothing_lost(revision: Revision, before: Run, text: str, step: Step) -> None:
    """What was answered stays, but for one step back, and what a change from the check page makes void."""
    sent = next((one for one in step.effects if isinstance(one, Submit)), None)
    if sent is not None:
        nodes = program(revision).nodes
        for key, value in before.log:
            node = nodes[key] if key >= 0 else None
            if isinstance(node, AskNode):
                assert sent.answers[node.step.ask] == value
    if step.run is None or before.change is not None or step.run.change is not None:
        return
    kept = before.log[:-1] if text.strip() == "0" else before.log
    assert step.run.log[: len(kept)] == kept


def sensible(revision: Revision, run: Run, around: World) -> str:
    """What somebody would type who wants to get on."""
    walk = Walk(program(revision), run, around)
    node = walk.at
    if run.pending is not None or not isinstance(node, AskNode) or compose(walk, run, around).alone:
        return "1"
    good = [one for one in samples(node.field, frame(walk, run, around)) if one.kind != "bad"]
    taken = {"00", node.step.skip, *(() if node.zero else ("0",))}
    return next(one.text for one in good if one.text not in taken)


def walk_at_random(revision: Revision, typed: list[str], language: str, around: World) -> None:
    step = turned(lambda w: engine.open(revision, language, w), around)
    sound(step, around)
    for text in typed:
        run = step.run
        if run is None or step.left:
            break
        step = press(revision, run, text, around)
        sound(step, around)
        nothing_lost(revision, run, text, step)
    # From wherever that led, there is a way to an end.
    for _ in range(ENOUGH):
        if step.left == "ended":
            return
        assert step.run is not None
        run = step.run
        step = press(revision, run, sensible(revision, run, around), around)
        sound(step, around)
        nothing_lost(revision, run, "", step)
    raise AssertionError(f"no end from here: {step.screen.text}")


def walked(revision: Revision, most: int) -> None:
    """The explorer's map: no dead end, no failure, each page within its room, and the pages that the engine shows."""
    clear()
    for walk in walks_of(revision, kit.settings(most=most)):
        assert not list(dead_ends(walk))
        assert not walk.failed
        assert all(walk.world.budget.fits(one.text) for one in walk.seen.values())
        for state in walk.states[:: max(1, len(walk.states) // 25)]:
            step = turned(lambda w, tag=walk.language: engine.open(revision, tag, w), walk.world)
            for text in route(walk, state):
                assert step.run is not None
                step = press(revision, step.run, text, walk.world)
            assert step.screen.text in state.shown.pages


@settings(STEADY, max_examples=25)
@given(sources(), st.lists(TYPED, max_size=25), st.sampled_from(["lo", "en"]), WORLDS)
def test_a_flow_that_passes_the_check_never_strands_anybody(
    source: str, typed: list[str], language: str, channel: Any
) -> None:
    revision = passing(source)
    assume(revision is not None)
    assert revision is not None
    walk_at_random(revision, typed, language, world(channel=channel))


@settings(STEADY, max_examples=3)
@given(sources())
def test_the_explorer_shows_what_the_engine_shows(source: str) -> None:
    revision = passing(source)
    assume(revision is not None)
    assert revision is not None
    walked(revision, 120)


@pytest.mark.slow
@settings(STEADY, max_examples=MANY)
@given(sources(), st.lists(TYPED, max_size=40), st.sampled_from(["lo", "en"]), WORLDS)
def test_many_flows_that_pass_strand_nobody(source: str, typed: list[str], language: str, channel: Any) -> None:
    revision = passing(source)
    assume(revision is not None)
    assert revision is not None
    walk_at_random(revision, typed, language, world(channel=channel))


@pytest.mark.slow
@settings(STEADY, max_examples=MANY // 6)
@given(sources())
def test_the_explorer_shows_what_the_engine_shows_in_many_flows(source: str) -> None:
    revision = passing(source)
    assume(revision is not None)
    assert revision is not None
    walked(revision, 1000)


def test_a_flow_that_goes_round_would_be_seen() -> None:
    """The control: the same walk over a flow that the check refuses finds what is wrong with it."""
    body = """
fields:
  f0: {type: int, min: 0, max: 9, label: {lo: ຈຳນວນ, en: Many}, why: test}
steps:
  - {id: again, ask: f0, text: {lo: "ຈັກຄົນ?", en: "How many?"}, goto: again}
  - {end: {lo: ຈົບ, en: Done}}
"""
    revision, _ = kit.planted(body)
    with pytest.raises(AssertionError, match="no end from here"):
        walk_at_random(revision, [], "en", world())
