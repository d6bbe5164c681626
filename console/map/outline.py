"""The map as an indented list: the same steps, links and ways, for readers and for flows that have no picture."""

from dataclasses import dataclass

from console.map.graph import Graph


@dataclass(frozen=True, slots=True)
class Row:
    """One step: how deep it stands, and where it leads: (labels, target, back)."""

    node: int
    depth: int
    ways: tuple[tuple[tuple[str, ...], int, bool], ...]


def outline(graph: Graph) -> list[Row]:
    """Every step once, in the file's order; a step is one deeper than the branching step that leads to it."""
    depth: dict[int, int] = {}
    ways: dict[int, list[tuple[tuple[str, ...], int, bool]]] = {node: [] for node in graph.nodes}
    for (start, end), labels in graph.forward.items():
        ways[start].append((labels, end, False))
    for start, chips in graph.back.items():
        ways[start] += [(labels, end, True) for labels, end in chips]
    for node in graph.nodes:
        mine = depth.setdefault(node, 0)
        onward = [end for _, end, back in ways[node] if not back]
        deeper = mine + 1 if len(onward) > 1 else mine
        for end in onward:
            depth.setdefault(end, deeper if end != node + 1 else mine)
    return [Row(node, depth[node], tuple(sorted(ways[node], key=lambda way: way[1]))) for node in graph.nodes]
