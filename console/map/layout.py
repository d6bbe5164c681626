"""Places the cards with graphlay: small graphs here, large ones in a process that is ended when its time is over.

Whatever goes wrong, the caller gets None and shows the outline, which says the same; the loop that answers citizens
never waits for a map, and no shape is laid out twice.
"""

import asyncio
import hashlib
import json
import sys
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import graphlay
import orjson
import structlog

from console.map.graph import Edge, Graph
from console.map.worker import HEIGHT, MOST, WIDTH, Laid, Point, laid

__all__ = ["HEIGHT", "MOST", "WIDTH", "Placed", "Placer", "Point", "digest", "lay_out"]

SECONDS: Final = 5.0
"""Time for one layout, its process included: a flow of 30 steps takes 2 ms, one of 200 with few branches 100."""
NEAR: Final = 40
"""Lines of a graph that is laid out in this process: of any shape that takes at most 20 ms."""
KEPT: Final = 64
_WORKER: Final = str(Path(__file__).with_name("worker.py"))
_log = structlog.get_logger("desk")


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
    return _placed(graph, laid(graph.nodes, list(graph.forward)))


def _placed(graph: Graph, found: Laid) -> Placed:
    corners, lines, width, height = found
    return Placed(
        {node: (x, y) for node, (x, y) in zip(graph.nodes, corners, strict=True)},
        {edge: tuple((x, y) for x, y in points) for edge, points in zip(graph.forward, lines, strict=True)},
        width,
        height,
    )


def digest(graph: Graph) -> str:
    """The name of a graph's shape: what stands on cards and lines does not move them."""
    return hashlib.sha256(orjson.dumps([list(graph.nodes), sorted(graph.forward)])).hexdigest()


@dataclass(slots=True)
class Placer:
    """Lays out the maps of one desk; one large one at a time.

    Attributes:
        seconds: time for one layout.
    """

    seconds: float = SECONDS
    _kept: OrderedDict[str, Placed | None] = field(default_factory=OrderedDict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def place(self, graph: Graph) -> Placed | None:
        """Where the cards stand; None when no layout came in time: show the outline then."""
        name = digest(graph)
        if len(graph.nodes) > MOST:
            return None
        if name not in self._kept:
            placed = await (self._here(graph) if len(graph.forward) <= NEAR else self._there(graph))
            # A shape that came to nothing is not tried again: it would come to nothing again.
            self._kept[name] = placed
        self._kept.move_to_end(name)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return self._kept[name]

    async def _here(self, graph: Graph) -> Placed | None:
        try:
            return await asyncio.to_thread(lay_out, graph)
        except graphlay.GraphlayError as refused:
            _log.warning("map_refused", count=len(graph.nodes), fault=type(refused).__name__)
            return None

    async def _there(self, graph: Graph) -> Placed | None:
        async with self._turn:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-I", _WORKER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )
            try:
                asked = orjson.dumps([list(graph.nodes), list(graph.forward)])
                told, _ = await asyncio.wait_for(process.communicate(asked), self.seconds)
            except TimeoutError:
                _log.warning("map_late", count=len(graph.nodes), seconds=self.seconds)
                return None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode:
            _log.warning("map_refused", count=len(graph.nodes), code=process.returncode)
            return None
        return _placed(graph, json.loads(told))
