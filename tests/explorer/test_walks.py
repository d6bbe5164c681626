"""What the explorer says is what the engine does: its ways can be walked again, and no random walk leaves its map."""

import random
from dataclasses import replace as dataclass_replace
from typing import Any

import pytest
from msgspec.structs import replace

from flows import engine
from flows.explorer import clear, walks_of
from flows.explorer.paths import route
from flows.explorer.states import State, Walked
from flows.explorer.walker import sealed
from flows.program import Node, forget, program
from flows.revision import Revision
from flows.session import Run, Step, World
from flows.turn import Known, Need
from tests.explorer.kit import SERVICES, planted, settings

LIKELY = [
    "1",
    "2",
    "3",
    "4",
    "5",
    "9",
    "0",
    "",
    "02112026",
    "01092026",
    "0901005",
    "24",
    "3",
    "0",
    "ban",
    "Kham La",
    "ນາງ ຄຳຫຼ້າ",
]
LIKELY += [
    "qqzz",
    "1 2",
    "LA0901",
    "482109337",
    "02055512345",
    "02112569",
    "-",
    "?",
    "02112010",
    "02112000",
    "17",
    "60",
]


def turned(turn: Any, world: World, *, told: bool) -> Step:
    outcome = turn(world)
    while isinstance(outcome, Need):
        answer = Known("917263540", same_number=True) if told else None
        world = replace(world, known={**world.known, outcome: answer})
        outcome = turn(world)
    assert isinstance(outcome, Step)
    return outcome


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_place_is_reached_by_its_route_and_shows_its_page(service: str) -> None:
    revision = SERVICES[service]
    (walked,) = walks_of(revision, settings(languages=("lo",), channels=("ussd",)))
    for state in walked.states[::3]:
        assert any(walked_again(revision, walked, state, told=told) for told in (False, True)), route(walked, state)


def walked_again(revision: Revision, walked: Walked, state: State, *, told: bool) -> bool:
    step = turned(lambda w: engine.open(revision, walked.language, w), walked.world, told=told)
    for typed in route(walked, state):
        run = step.run
        if run is None:
            return False
        step = turned(lambda w, run=run, t=typed: engine.press(revision, run, t, w), walked.world, told=told)
    return step.screen.text in state.shown.pages


def wander(revision: Revision, walked: Walked, seed: int, eyes: Any) -> None:
    chance = random.Random(seed)
    own = sealed(revision)
    program(own).watch = eyes
    try:
        step = turned(lambda w: engine.open(own, walked.language, w), walked.world, told=False)
        for _ in range(40):
            run = step.run
            if run is None or step.left:
                break
            tries = chance.sample(LIKELY, 6)
            for typed in tries:
                told = chance.random() < 0.3
                step = turned(lambda w, run=run, t=typed: engine.press(own, run, t, w), walked.world, told=told)
                if not step.refused and step.left not in ("back", "menu"):
                    break
    finally:
        forget(own)


class Facts:
    def __init__(self) -> None:
        self.visited: set[int] = set()
        self.held: dict[int, set[bool]] = {}
        self.most: dict[int, int] = {}


def facts_of(revision: Revision, walked: Walked, seeds: range) -> Facts:
    facts = Facts()

    class Eyes:
        def held(self, node: Node, *, value: bool) -> None:
            facts.held.setdefault(node.index, set()).add(value)

        def shown(self, walk: Any, run: Run, shown: Any) -> None:
            if not shown.alone:
                facts.visited.add(walk.at.index)
                if run.refusal is None and run.pending is None and run.change is None:
                    facts.most[walk.at.index] = max(facts.most.get(walk.at.index, 0), len(shown.pages))

    for seed in seeds:
        wander(revision, walked, seed, Eyes())
    return facts


def agree(service: str, seeds: range) -> int:
    revision = SERVICES[service]
    (walked, *_) = walks_of(revision, settings(languages=("lo",), channels=("ussd",)))
    facts = facts_of(revision, walked, seeds)
    assert facts.visited <= walked.visited
    for node, values in facts.held.items():
        assert values <= walked.held[node], walked.program.nodes[node].name
    pages = dict.fromkeys(facts.most, 0)
    for seen in walked.seen.values():
        pages[seen.node] = max(pages.get(seen.node, 0), seen.pages)
    assert all(pages[node] >= most for node, most in facts.most.items())
    return len(facts.visited)


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_no_random_walk_leaves_the_map(service: str) -> None:
    assert agree(service, range(25)) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("service", sorted(SERVICES))
def test_no_random_walk_leaves_the_map_however_long(service: str) -> None:
    assert agree(service, range(100, 1500)) > 8


def test_a_changed_text_walks_its_language_only() -> None:
    clear()
    revision = SERVICES["birth"]
    first = {id(walk): walk.language for walk in walks_of(revision, settings())}
    ask = revision.flow.steps[2]
    text = ask.text.model_copy(update={"root": {**ask.text.root, "en": "A boy or a girl?"}})  # type: ignore[union-attr]
    steps = (*revision.flow.steps[:2], ask.model_copy(update={"text": text}), *revision.flow.steps[3:])
    edited = dataclass_replace(
        revision, flow=revision.flow.model_copy(update={"steps": steps}), digest="sha256:" + "1" * 64
    )
    again = walks_of(edited, settings())
    assert {walk.language for walk in again if id(walk) not in first} == {"en"}
    assert any("A boy or a girl?" in seen.text for walk in again for seen in walk.seen.values())


def test_kept_answers_are_walked_too() -> None:
    body = """
fields:
  name: {type: name, profile: true, label: {lo: ຊື່, en: Name}, why: test}
steps:
  - {ask: name, text: {lo: "ຊື່?", en: "Name?"}}
  - end: {lo: ແລ້ວ, en: Done}
"""
    revision, _ = planted(body)
    walks = walks_of(revision, settings(languages=("en",), channels=("ussd",)))
    assert [walk.profile for walk in walks] == [False, True]
    assert [any(edge.kind == "same" for state in walk.states for edge in state.edges) for walk in walks] == [
        False,
        True,
    ]
