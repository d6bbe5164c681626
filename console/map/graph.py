"""What leads where in a flow, for a picture: lines that go on, with the keys on them, and ways back as marks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flows.explorer.layout import back_edges
from flows.model import Flow
from flows.steps import Ask, End, Menu

Edge = tuple[int, int]
NEXT: Final = ""
ELSE: Final = "else"
NONE: Final = "none"
"""Labels that are not a key: the reader's language has words for them."""


@dataclass(frozen=True, slots=True)
class Graph:
    """A flow's steps by number.

    Attributes:
        forward: line -> its labels, in order; none on a plain line. back: step -> (labels, target) of the ways back.
        lost: step -> the ids that it leads to and that are not there.
    """

    nodes: tuple[int, ...]
    forward: Mapping[Edge, tuple[str, ...]]
    back: Mapping[int, tuple[tuple[tuple[str, ...], int], ...]]
    lost: Mapping[int, tuple[str, ...]]


def graph_of(flow: Flow) -> Graph:
    """The graph, computed from the list of steps: next step, `when`, `goto`, a menu's options and `none`."""
    nodes = tuple(range(len(flow.steps)))
    merged: dict[Edge, dict[str, None]] = {}
    lost: dict[int, dict[str, None]] = {}
    for start in nodes:
        for label, target in _ways(flow, start):
            if isinstance(target, str):
                lost.setdefault(start, {})[target] = None
            else:
                merged.setdefault((start, target), {})[label] = None
    return divided(nodes, {edge: _labels(found) for edge, found in merged.items()}, lost)


def divided(
    nodes: Sequence[int], edges: Mapping[Edge, tuple[str, ...]], lost: Mapping[int, Mapping[str, None]] | None = None
) -> Graph:
    """Lines that go on and ways that lead back, told apart by a walk from the first step."""
    back = back_edges(nodes, list(edges)) | {edge for edge in edges if edge[0] == edge[1]}
    chips: dict[int, list[tuple[tuple[str, ...], int]]] = {}
    for start, end in sorted(back):
        chips.setdefault(start, []).append((edges[start, end], end))
    forward = {edge: labels for edge, labels in edges.items() if edge not in back}
    return Graph(
        tuple(nodes),
        forward,
        {start: tuple(found) for start, found in chips.items()},
        {start: tuple(found) for start, found in (lost or {}).items()},
    )


def _labels(found: Mapping[str, None]) -> tuple[str, ...]:
    """A plain way beside a condition's other way is a plain line: it is gone in either case."""
    return () if NEXT in found else tuple(found)


def _ways(flow: Flow, at: int) -> Iterator[tuple[str, int | str]]:
    step = flow.steps[at]
    after = at + 1 if at + 1 < len(flow.steps) else None
    if step.when is not None and after is not None:
        yield ELSE, after
    if isinstance(step, End):
        return
    if isinstance(step, Menu):
        yield from ((key, flow.step_ids.get(option.goto, option.goto)) for key, option in step.options.items())
        return
    if step.goto is not None:
        yield NEXT, flow.step_ids.get(step.goto, step.goto)
    elif after is not None:
        yield NEXT, after
    if isinstance(step, Ask) and step.none is not None:
        yield NONE, flow.step_ids.get(step.none, step.none)
