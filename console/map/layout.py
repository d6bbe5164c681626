"""Places the cards with graphlay, which is native code: in a thread, with a time limit, and never twice for one graph.

A time limit abandons the thread, it does not stop it; so one flow is laid out by one thread at a time. Whatever goes
wrong, the caller gets None and shows the outline, which says the same.
"""

import asyncio
import hashlib
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

import graphlay
import orjson
import structlog

from console.map.graph import Edge, Graph

WIDTH: Final = 216
HEIGHT: Final = 74
SECONDS: Final = 2.0
"""Time for one layout: a flow of 30 steps takes 2 ms."""
MOST: Final = 300
"""Cards of one map: the format takes no more steps."""
KEPT: Final = 64
_OPTIONS: Final = {
    "direction": "topbottom",
    "spacing": {"layer_gap": 46.0, "node_gap": 26.0, "dummy_gap": 18.0, "port_gap": 30.0},
    "routing": {"style": "orthogonal"},
    "effort": "balanced",
    "limits": {"max_nodes": 4 * MOST, "max_edges": 8 * MOST},
}
_log = structlog.get_logger("desk")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where everything stands.

    Attributes:
        corners: step -> the upper left corner of its card. lines: line -> its points, from card to card.
    """

    corners: dict[int, Point]
    lines: dict[Edge, tuple[Point, ...]]
    width: float
    height: float


def lay_out(graph: Graph) -> Placed:
    """Place the cards now; raises `graphlay.GraphlayError` for what the engine refuses."""
    drawn = graphlay.Graph()
    for node in graph.nodes:
        drawn.node(node, width=float(WIDTH), height=float(HEIGHT))
    edges = list(graph.forward)
    for start, end in edges:
        drawn.edge(start, end)
    found = graphlay.layout(drawn, options=_OPTIONS)
    least, most = found.bounds["min"], found.bounds["max"]
    left, top = float(least["x"]), float(least["y"])
    corners = {
        node: (one["center"]["x"] - left - WIDTH / 2, one["center"]["y"] - top - HEIGHT / 2)
        for node, one in zip(graph.nodes, found.nodes, strict=True)
    }
    lines = {edge: _points(one, left, top) for edge, one in zip(edges, found.edges, strict=True)}
    return Placed(corners, lines, float(most["x"]) - left, float(most["y"]) - top)


def _points(edge: Any, left: float, top: float) -> tuple[Point, ...]:
    return tuple((float(point["x"]) - left, float(point["y"]) - top) for point in edge["points"])


def digest(graph: Graph) -> str:
    """The name of a graph's shape: what stands on cards and lines does not move them."""
    return hashlib.sha256(orjson.dumps([list(graph.nodes), sorted(graph.forward)])).hexdigest()


@dataclass(slots=True)
class Placer:
    """Lays out the maps of one desk; one thread, so that a hanging layout holds up maps and nothing else.

    Attributes:
        seconds: time for one layout.
    """

    seconds: float = SECONDS
    _kept: OrderedDict[str, Placed] = field(default_factory=OrderedDict)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "map"))
    _late: str = ""

    async def place(self, graph: Graph) -> Placed | None:
        """Where the cards stand; None when no layout came in time: show the outline then."""
        name = digest(graph)
        if name in self._kept:
            self._kept.move_to_end(name)
            return self._kept[name]
        if name == self._late or len(graph.nodes) > MOST:
            return None
        made = asyncio.get_running_loop().run_in_executor(self._pool, lay_out, graph)
        try:
            placed = await asyncio.wait_for(asyncio.shield(made), self.seconds)
        except TimeoutError:
            # The thread goes on by itself; the next map gets a new one, and this graph is not tried again.
            made.add_done_callback(_forget)
            self._pool.shutdown(wait=False)
            self._pool, self._late = ThreadPoolExecutor(1, "map"), name
            _log.warning("map_late", count=len(graph.nodes), seconds=self.seconds)
            return None
        except graphlay.GraphlayError as refused:
            _log.warning("map_refused", count=len(graph.nodes), fault=type(refused).__name__)
            return None
        self._kept[name] = placed
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return placed


def _forget(made: "asyncio.Future[Placed]") -> None:
    """Take what a late layout came to, so that nobody is told of it."""
    if not made.cancelled():
        made.exception()
