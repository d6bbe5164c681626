"""Where citizens leave: a figure goes with its step when the draft moves it, and its card says it in so many words."""

from dataclasses import dataclass

from console.map import Gone, Mark, graph_of, svg
from console.map.layout import lay_out
from console.studio.leaving import gone_of, names_of
from flows.editing import AddStep, DeleteStep, MoveStep, edit
from flows.editing.templates import starter
from flows.loader import load
from flows.model import Flow


@dataclass(frozen=True)
class Figure:
    reached: int
    dropped: int


TEXT = starter("report")


def flow(text: str = TEXT) -> Flow:
    return load(text, "one.yaml")


def figures(**dropped: int) -> list[Figure]:
    """Eighty came to each step; so many left at the step that asks for this."""
    asked = [name.rpartition(":")[2] for name in names_of(flow())]
    return [Figure(80, dropped.get(name, 0)) for name in asked]


def test_a_figure_is_of_the_step_and_not_of_its_number() -> None:
    live = flow()
    assert gone_of(live, live, figures(words=12)) == {1: Gone(80, 12)}
    moved = flow(edit(TEXT, MoveStep(1, 2)))
    assert gone_of(moved, live, figures(words=12)) == {2: Gone(80, 12)}
    longer = flow(edit(TEXT, AddStep(0, {"say": {"lo": "ກ", "en": "New"}})))
    assert gone_of(longer, live, figures(words=12)) == {2: Gone(80, 12)}
    shorter = flow(edit(TEXT, DeleteStep(2, "drop")))
    assert gone_of(shorter, live, figures(words=12, day=9)) == {1: Gone(80, 12)}


def test_nothing_told_is_nothing_drawn() -> None:
    live = flow()
    assert gone_of(live, live, figures()) == {}
    assert gone_of(live, live, []) == {}


def test_who_left_stands_on_the_card_and_many_are_seen_from_afar() -> None:
    graph = graph_of(flow())
    marks = {at: Mark(f"{at}", "ask", "x", "?") for at in graph.nodes}
    plain = svg(graph, lay_out(graph), marks, ", ".join, "Map")
    assert "gone" not in plain, "the control"
    marks[1] = Mark("1", "ask", "x", "?", share=0.5, gone=Gone(80, 12))
    marks[2] = Mark("2", "ask", "x", "?", share=0.5, gone=Gone(800, 12))
    drawn = svg(graph, lay_out(graph), marks, ", ".join, "Map")
    assert "−12 / 80</text>" in drawn
    assert "−12 / 800</text>" in drawn
    assert drawn.count('class="gone many"') == drawn.count('class="lost"') == 1


def test_more_that_left_than_came_is_all_of_them() -> None:
    assert Gone(0, 5).share == Gone(3, 5).share == 1
