"""The map: any graph has a layout or an outline, no card covers another, and every line ends where it should."""

import asyncio
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.map import Graph, Mark, Placed, Placer, graph_of, outline, svg
from console.map.graph import divided
from console.map.layout import HEIGHT, MOST, NEAR, WIDTH, lay_out
from flows.editing import RenameStep, SetValue, edit
from flows.editing.templates import starter
from flows.loader import load

LIBRARY = Path(__file__).resolve().parents[2] / "flows" / "library"
SERVICES = tuple(sorted(path for path in LIBRARY.glob("*.yaml")))


@st.composite
def graphs(draw: st.DrawFn, most: int) -> Graph:
    count = draw(st.integers(1, most))
    node = st.integers(0, count - 1)
    pairs = draw(st.lists(st.tuples(node, node), max_size=2 * most))
    chain = [(at, at + 1) for at in range(count - 1)] if draw(st.booleans()) else []
    labels = draw(st.sampled_from([(), ("1",), ("1", "2", "3"), ("else",)]))
    return divided(range(count), dict.fromkeys([*chain, *pairs], labels))


def _sound(graph: Graph, placed: Placed) -> None:
    assert set(placed.corners) == set(graph.nodes)
    boxes = [(x, y) for x, y in placed.corners.values()]
    for (x, y), (other_x, other_y) in combinations(boxes, 2):
        assert abs(x - other_x) >= WIDTH - 0.01 or abs(y - other_y) >= HEIGHT - 0.01
    for (start, end), points in placed.lines.items():
        assert len(points) >= 2
        assert _touches(placed.corners[start], points[0])
        assert _touches(placed.corners[end], points[-1])
    assert all(-0.01 <= x <= placed.width and -0.01 <= y <= placed.height for x, y in boxes)


def _touches(corner: tuple[float, float], point: tuple[float, float]) -> bool:
    x, y = point[0] - corner[0], point[1] - corner[1]
    return -1 <= x <= WIDTH + 1 and -1 <= y <= HEIGHT + 1


def _whole(graph: Graph) -> None:
    rows = outline(graph)
    assert [row.node for row in rows] == list(graph.nodes)
    shown = {(row.node, end) for row in rows for _, end, _ in row.ways}
    assert shown == set(graph.forward) | {(start, end) for start, found in graph.back.items() for _, end in found}


@settings(max_examples=25, deadline=None, derandomize=True)
@given(graphs(30))
def test_a_graph_has_a_layout_without_overlaps_and_an_outline(graph: Graph) -> None:
    _sound(graph, lay_out(graph))
    _whole(graph)


@pytest.mark.slow
@pytest.mark.timeout(300)
@settings(max_examples=60, deadline=None)
@given(graphs(260))
def test_any_graph_of_hundreds_of_steps_has_a_layout_or_an_outline(graph: Graph) -> None:
    """Native code that crashed would end this run: that is the point."""
    placed = asyncio.run(Placer(seconds=20).place(graph))
    if placed is not None:
        _sound(graph, placed)
    _whole(graph)


def test_nothing_that_leads_back_is_a_line() -> None:
    graph = divided(range(3), {(0, 1): (), (1, 2): ("1",), (1, 0): ("2",), (2, 2): ("3",)})
    assert set(graph.forward) == {(0, 1), (1, 2)}
    assert graph.back == {1: ((("2",), 0),), 2: ((("3",), 2),)}


def test_parallel_ways_are_one_line_with_their_keys() -> None:
    text = edit(starter("information"), SetValue(("steps", 0, "options", "2", "goto"), "hours"))
    graph = graph_of(load(text, "i"))
    assert graph.forward[0, 1] == ("1", "2")


def test_a_target_that_is_not_there_is_told_and_draws_nothing() -> None:
    text = edit(starter("information"), SetValue(("steps", 0, "options", "2", "goto"), "nowhere"))
    graph = graph_of(load(text, "i"))
    assert graph.lost == {0: ("nowhere",)}


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: str(path.stem))
def test_each_service_is_drawn_with_a_link_and_a_name_on_every_card(path: Path) -> None:
    flow = load(path.read_text("utf-8"), path.name)
    graph = graph_of(flow)
    placed = asyncio.run(Placer().place(graph))
    assert placed is not None
    _sound(graph, placed)
    marks = {at: Mark(f"{at + 1}", step.verb, "<&>", f"?step={at}", says="x") for at, step in enumerate(flow.steps)}
    drawn = svg(graph, placed, marks, ", ".join, "Map")
    assert drawn.count("<a href=") == len(flow.steps) == drawn.count('aria-label="x"')
    assert "<&>" not in drawn
    assert " style=" not in drawn


async def test_a_late_layout_is_left_and_not_tried_again() -> None:
    graph = divided(range(200), {(at, at + 1): () for at in range(199)})
    placer = Placer(seconds=0)
    assert await placer.place(graph) is None
    placer.seconds = 60
    assert await placer.place(graph) is None, "the same graph again would block again"
    other = divided(range(3), {(0, 1): (), (1, 2): ()})
    assert await placer.place(other) is not None, "the desk goes on drawing other maps"


HOSTILE = divided(
    range(200), {(start, end): () for start in range(200) for end in range(start + 1, min(start + 9, 200))}
)
"""Two hundred steps, each of which leads to the next eight: seconds to minutes of native code that holds the
interpreter, by how busy the machine is."""


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_hostile_graph_holds_up_nobody_and_its_layout_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    begin = asyncio.create_subprocess_exec

    async def begun(*given: Any, **named: Any) -> asyncio.subprocess.Process:
        started.append(await begin(*given, **named))
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", begun)
    placer = Placer(seconds=0.5)
    placing = asyncio.create_task(placer.place(HOSTILE))
    beats = 0
    while not placing.done():
        await asyncio.sleep(0.01)
        beats += 1
    assert placing.result() is None
    # Held up, the loop would have come by once or twice.
    assert beats > 5
    assert [one.returncode for one in started] == [-9]
    assert await placer.place(HOSTILE) is None
    assert len(started) == 1, "it is not tried again"
    _whole(HOSTILE)


async def test_a_large_graph_stands_as_it_would_stand_here() -> None:
    large = divided(range(60), {(at, at + 1): ("1",) for at in range(59)} | {(0, 30): ("2",)})
    assert len(large.forward) > NEAR
    assert await Placer(seconds=60).place(large) == lay_out(large)


async def test_a_layout_is_kept_by_the_shape_of_its_graph() -> None:
    text = starter("request")
    placer = Placer()
    first = await placer.place(graph_of(load(text, "r")))
    assert await placer.place(graph_of(load(edit(text, RenameStep(0, "start")), "r"))) is first
    assert await placer.place(graph_of(load(starter("report"), "r"))) is not first


async def test_too_many_steps_are_an_outline() -> None:
    assert await Placer().place(divided(range(MOST + 1), {})) is None
