"""Lays a flow's steps out in layers, from the first screen down; edges that lead back are left to the caller.

A small Sugiyama: layers by the longest way, bends for edges that pass a layer, order by the neighbours' middle, then
places that never overlap. Any graph has a layout: rings, loops onto oneself, double edges and islands among them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

WIDTH: Final = 212
HEIGHT: Final = 40
ACROSS: Final = 26
DOWN: Final = 44
BEND: Final = 14
"""Width that a passing edge takes in a layer."""
SWEEPS: Final = 8
MOST: Final = 200
"""Nodes beyond which a map is no help: the outline is shown instead."""

Edge = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """A node's place: its upper left corner."""

    node: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands.

    Attributes:
        lines: edge -> the points it goes through. back: the edges that lead back to an earlier node.
    """

    boxes: Mapping[int, Box]
    lines: Mapping[Edge, tuple[tuple[float, float], ...]]
    back: frozenset[Edge]
    width: float
    height: float


def lay_out(nodes: Sequence[int], edges: Sequence[Edge], main: Collection[Edge] = ()) -> Layout | None:
    """Place the nodes; None for more than `MOST` of them.

    Args:
        nodes: their numbers, the first screen first.
        edges: from one to another.
        main: the edges of the way that most people take, which is to run straight down.
    """
    if len(nodes) > MOST or not nodes:
        return None
    known = set(nodes)
    wanted = list(dict.fromkeys((a, b) for a, b in edges if a in known and b in known))
    back = back_edges(nodes, wanted)
    forward = [edge for edge in wanted if edge not in back]
    depth = _depths(nodes, forward)
    rows, chains = _rows(nodes, forward, depth)
    links = _links(chains)
    _order(rows, links)
    places = _places(rows, links, _spine(chains, main))
    return _finished(nodes, chains, places, depth, back)


def back_edges(nodes: Sequence[int], edges: Sequence[Edge]) -> frozenset[Edge]:
    """Edges onto a node that is being gone through: without them no ring is left."""
    following: dict[int, list[int]] = {node: [] for node in nodes}
    for start, end in edges:
        following[start].append(end)
    open_, done = set[int](), set[int]()
    found: set[Edge] = set()
    for root in nodes:
        stack = [(root, iter(following[root]))] if root not in done else []
        open_.update(one for one, _ in stack)
        while stack:
            node, rest = stack[-1]
            target = next(rest, None)
            if target is None:
                stack.pop()
                open_.discard(node)
                done.add(node)
            elif target in open_:
                found.add((node, target))
            elif target not in done:
                open_.add(target)
                stack.append((target, iter(following[target])))
    return frozenset(found)


def _depths(nodes: Sequence[int], edges: Sequence[Edge]) -> dict[int, int]:
    """Node -> its layer: one below the lowest that leads to it."""
    before: dict[int, int] = dict.fromkeys(nodes, 0)
    following: dict[int, list[int]] = {node: [] for node in nodes}
    for start, end in edges:
        before[end] += 1
        following[start].append(end)
    depth = dict.fromkeys(nodes, 0)
    ready = [node for node in nodes if not before[node]]
    while ready:
        node = ready.pop(0)
        for target in following[node]:
            depth[target] = max(depth[target], depth[node] + 1)
            before[target] -= 1
            if not before[target]:
                ready.append(target)
    return depth


_Point = tuple[int, int, int]
"""(node, -1, -1) for a box, (start, end, layer) for a bend of an edge."""


def _rows(
    nodes: Sequence[int], edges: Sequence[Edge], depth: Mapping[int, int]
) -> tuple[list[list[_Point]], dict[Edge, list[_Point]]]:
    rows: list[list[_Point]] = [[] for _ in range(max(depth.values()) + 1)]
    for node in nodes:
        rows[depth[node]].append((node, -1, -1))
    chains: dict[Edge, list[_Point]] = {}
    for start, end in edges:
        bends = [(start, end, layer) for layer in range(depth[start] + 1, depth[end])]
        for bend in bends:
            rows[bend[2]].append(bend)
        chains[start, end] = [(start, -1, -1), *bends, (end, -1, -1)]
    return rows, chains


def _links(chains: Mapping[Edge, list[_Point]]) -> dict[_Point, list[_Point]]:
    links: dict[_Point, list[_Point]] = {}
    for chain in chains.values():
        for upper, lower in pairwise(chain):
            links.setdefault(upper, []).append(lower)
            links.setdefault(lower, []).append(upper)
    return links


def _spine(chains: Mapping[Edge, list[_Point]], main: Collection[Edge]) -> frozenset[_Point]:
    """The points of the main way, with the bends of its edges."""
    return frozenset(point for edge in main for point in chains.get(edge, ()))


def _order(rows: list[list[_Point]], links: Mapping[_Point, list[_Point]]) -> None:
    """Sort each layer by the middle of what its points hang on, down and up in turns."""
    for sweep in range(SWEEPS):
        place = {point: at / max(len(row), 1) for row in rows for at, point in enumerate(row)}
        for row in rows if sweep % 2 == 0 else reversed(rows):
            middle = {point: _middle(point, links, place) for point in row}
            row.sort(key=lambda point: middle[point])
            place |= {point: at / max(len(row), 1) for at, point in enumerate(row)}


def _middle(point: _Point, links: Mapping[_Point, list[_Point]], place: Mapping[_Point, float]) -> float:
    near = [place[one] for one in links.get(point, ())]
    return sum(near) / len(near) if near else place[point]


def _size(point: _Point) -> float:
    return WIDTH if point[1] < 0 else BEND


def _places(
    rows: list[list[_Point]], links: Mapping[_Point, list[_Point]], spine: frozenset[_Point]
) -> dict[_Point, float]:
    """The middle of each point: as near to its neighbours as the row allows; the main way runs straight down at 0."""
    place: dict[_Point, float] = {}
    for row in rows:
        at = 0.0
        for point in row:
            place[point] = at + _size(point) / 2
            at += _size(point) + ACROSS
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = {point: _middle(point, links, place) for point in row}
            fixed = next((at for at, point in enumerate(row) if point in spine), None)
            place |= _apart(row, wanted) if fixed is None else _around(row, wanted, fixed)
    return place


def _around(row: list[_Point], wanted: Mapping[_Point, float], fixed: int) -> dict[_Point, float]:
    """One point at 0, the others as near to where they want to be as their side of it has room."""
    found = {row[fixed]: 0.0}
    for at in range(fixed + 1, len(row)):
        found[row[at]] = max(wanted[row[at]], found[row[at - 1]] + _gap(row[at - 1], row[at]))
    for at in range(fixed - 1, -1, -1):
        found[row[at]] = min(wanted[row[at]], found[row[at + 1]] - _gap(row[at], row[at + 1]))
    return found


def _apart(row: list[_Point], wanted: Mapping[_Point, float]) -> dict[_Point, float]:
    """The wanted places moved as little as keeps them apart: pushed right from the left, then pulled back."""
    right: list[float] = []
    for at, point in enumerate(row):
        least = right[-1] + _gap(row[at - 1], point) if at else wanted[point]
        right.append(max(wanted[point], least))
    left = [*right]
    for at in range(len(row) - 1, -1, -1):
        most = left[at + 1] - _gap(row[at], row[at + 1]) if at + 1 < len(row) else wanted[row[at]]
        left[at] = min(wanted[row[at]], most)
    return {point: (right[at] + left[at]) / 2 for at, point in enumerate(row)}


def _gap(one: _Point, other: _Point) -> float:
    return (_size(one) + _size(other)) / 2 + ACROSS


def _finished(
    nodes: Sequence[int],
    chains: Mapping[Edge, list[_Point]],
    place: Mapping[_Point, float],
    depth: Mapping[int, int],
    back: frozenset[Edge],
) -> Layout:
    start = min(place[point] - _size(point) / 2 for point in place)
    end = max(place[point] + _size(point) / 2 for point in place)
    tops = {node: depth[node] * (HEIGHT + DOWN) for node in nodes}
    boxes = {node: Box(node, place[node, -1, -1] - WIDTH / 2 - start, tops[node]) for node in nodes}
    lines = {edge: tuple(_points(chain, place, start, tops)) for edge, chain in chains.items()}
    height = (max(depth.values()) + 1) * (HEIGHT + DOWN) - DOWN
    return Layout(boxes, lines, back, end - start, height)


def _points(
    chain: list[_Point], place: Mapping[_Point, float], start: float, tops: Mapping[int, float]
) -> list[tuple[float, float]]:
    points = [(place[chain[0]] - start, tops[chain[0][0]] + HEIGHT)]
    for bend in chain[1:-1]:
        top = bend[2] * (HEIGHT + DOWN)
        points += [(place[bend] - start, float(top)), (place[bend] - start, float(top + HEIGHT))]
    return [*points, (place[chain[-1]] - start, float(tops[chain[-1][0]]))]
