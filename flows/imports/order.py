"""Puts a graph into the order of a list, and says which ways go back and what always comes after what."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flows.imports.report import ImportFault

Ways = Mapping[str, tuple[str, ...]]
"""Node -> the nodes that may be next; "" where it may end."""


@dataclass(frozen=True, slots=True)
class Order:
    """The nodes that can be reached, first to last, each after all that lead to it.

    Attributes:
        back: (from, to) of the ways that go back. before: node -> the nodes that every way to it passes.
        after: node -> the nodes that every way from it passes.
    """

    nodes: tuple[str, ...]
    back: frozenset[tuple[str, str]]
    before: Mapping[str, frozenset[str]]
    after: Mapping[str, frozenset[str]]

    def anchor(self, node: str) -> str | None:
        """The first node behind which this one always comes: it comes under the same condition. None for none."""
        return next(
            (one for one in self.nodes if one != node and one in self.before[node] and node in self.after[one]), None
        )


def in_order(entry: str, ways: Ways) -> Order:
    """Order the nodes that can be reached from the entry."""
    done, back = _depth_first(entry, ways)
    nodes = tuple(reversed(done))
    forward = {node: tuple(to for to in ways[node] if (node, to) not in back) for node in nodes}
    return Order(nodes, back, _before(nodes, forward), _after(nodes, forward))


def _depth_first(entry: str, ways: Ways) -> tuple[list[str], frozenset[tuple[str, str]]]:
    done: list[str] = []
    finished: set[str] = set()
    path: dict[str, int] = {entry: 0}
    back: set[tuple[str, str]] = set()
    while path:
        node = next(reversed(path))
        # The last way first, so that the first one comes first in the list.
        targets = [to for to in reversed(ways[node]) if to]
        if path[node] == len(targets):
            del path[node]
            finished.add(node)
            done.append(node)
            continue
        to = targets[path[node]]
        path[node] += 1
        if to in path:
            back.add((node, to))
        elif to not in finished:
            path[to] = 0
    return done, frozenset(back)


def _before(nodes: tuple[str, ...], forward: Ways) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {nodes[0]: frozenset({nodes[0]})}
    for node in nodes[1:]:
        leading = [found[one] for one in nodes if one in found and node in forward[one]]
        found[node] = frozenset.intersection(*leading) | {node}
    return found


def _after(nodes: tuple[str, ...], forward: Ways) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for node in reversed(nodes):
        ways = forward[node]
        after = frozenset.intersection(*(found[to] for to in ways)) if ways and "" not in ways else frozenset[str]()
        found[node] = after | {node}
    return found


def refuse_rings(name: str, ways: Ways, waiting: Collection[str], places: Mapping[str, str]) -> None:
    """Raise `ImportFault` for nodes that lead to each other without ever waiting for the person."""
    running = {
        node: tuple(to for to in after if to and to not in waiting)
        for node, after in ways.items()
        if node not in waiting
    }
    ring = next((node for node in running if _reaches(node, running)), None)
    if ring is not None:
        raise ImportFault(f"`{name}` goes round without waiting for anybody, at {places[ring]}: that never ends")


def _reaches(start: str, ways: Ways) -> bool:
    seen: set[str] = set()
    queue = list(ways[start])
    while queue:
        node = queue.pop()
        if node == start:
            return True
        if node not in seen:
            seen.add(node)
            queue += ways.get(node, ())
    return False


def refuse_traps(name: str, nodes: Collection[str], ways: Ways, places: Mapping[str, str]) -> None:
    """Raise `ImportFault` when from some node no way leads to an end."""
    ending = {node for node in nodes if "" in ways[node]}
    while more := {node for node in nodes if node not in ending and not ending.isdisjoint(ways[node])}:
        ending |= more
    trapped = next((node for node in nodes if node not in ending), None)
    if trapped is not None:
        raise ImportFault(f"`{name}` never ends from {places[trapped]} on: every way goes back")
