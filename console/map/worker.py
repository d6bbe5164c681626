"""Calls graphlay: a module for small graphs, and a program of its own for large ones, which can be ended.

Native code holds the interpreter's lock while it works: in a thread a hostile graph of 200 steps stops the whole node
for minutes. As a program it reads `[nodes, lines]` as JSON from its input and writes `[corners, lines, width, height]`.
"""

import json
import os
import sys
from collections.abc import Sequence
from typing import Any, Final

import graphlay

WIDTH: Final = 216
HEIGHT: Final = 74
MOST: Final = 300
"""Cards of one map: the format takes no more steps."""
_POLITE: Final = 10
"""Niceness: citizens' key presses come first."""
_OPTIONS: Final = {
    "direction": "topbottom",
    "spacing": {"layer_gap": 46.0, "node_gap": 26.0, "dummy_gap": 18.0, "port_gap": 30.0},
    "routing": {"style": "orthogonal"},
    "effort": "balanced",
    "limits": {"max_nodes": 4 * MOST, "max_edges": 8 * MOST},
}

Point = tuple[float, float]
Laid = tuple[list[Point], list[list[Point]], float, float]
"""The upper left corner of each card, the points of each line, width and height."""


def laid(nodes: Sequence[int], lines: Sequence[tuple[int, int]]) -> Laid:
    """Place cards and lines now; raises `graphlay.GraphlayError` for what the engine refuses."""
    drawn = graphlay.Graph()
    for node in nodes:
        drawn.node(node, width=float(WIDTH), height=float(HEIGHT))
    for start, end in lines:
        drawn.edge(start, end)
    found = graphlay.layout(drawn, options=_OPTIONS)
    least, most = found.bounds["min"], found.bounds["max"]
    left, top = float(least["x"]), float(least["y"])
    corners = [(one["center"]["x"] - left - WIDTH / 2, one["center"]["y"] - top - HEIGHT / 2) for one in found.nodes]
    return corners, [_points(one, left, top) for one in found.edges], float(most["x"]) - left, float(most["y"]) - top


def _points(edge: Any, left: float, top: float) -> list[Point]:
    return [(float(point["x"]) - left, float(point["y"]) - top) for point in edge["points"]]


def main() -> None:
    """One layout, from input to output; ends with 1 for what the engine refuses."""
    os.nice(_POLITE)
    nodes, lines = json.load(sys.stdin)
    try:
        sys.stdout.write(json.dumps(laid(nodes, [(start, end) for start, end in lines])))
    except graphlay.GraphlayError:
        sys.exit(1)


if __name__ == "__main__":
    main()
