"""A file of outlines taken in: what it brings, what it replaces, and names that are not those of the table of places.

The page of the map and the command `sala outlines import` do the same.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from console.outlines import Read, read_outlines
from flows.tables import Places
from store.figures import Figures

MOST_NAMED: Final = 5
"""Names that do not fit which are told; of more, how many."""


@dataclass(frozen=True, slots=True)
class Other:
    """A code under which file and table know different names."""

    code: str
    file: str
    table: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a file.

    Attributes:
        levels: how many places of each level are on the map. left: features whose code the table does not have.
        others: places that the file calls otherwise: mostly a file with another numbering.
    """

    levels: Mapping[str, int]
    left: int
    others: tuple[Other, ...]

    @property
    def places(self) -> int:
        """How many places in all."""
        return sum(self.levels.values())


async def take(figures: Figures, places: Places, data: bytes, file: str, name: str = "") -> Taken:
    """Keep the outlines of this file; those before it of the same levels go, so villages and districts stand together.

    Args:
        figures: where they are kept.
        places: the table that knows the codes.
        data: a GeoJSON file (RFC 7946).
        file: what it is called, for the line below the map.
        name: the property with the code; "" to look for one.

    Raises:
        OutlineFault: the file cannot be used; nothing was changed.
    """
    read = await asyncio.to_thread(read_outlines, data, lambda code: places.at(code) is not None, name)
    levels: dict[str, int] = {}
    for code in read.rings:
        level = level_of(places, code)
        levels[level] = levels.get(level, 0) + 1
    packed = [(code, orjson.dumps(rings).decode()) for code, rings in sorted(read.rings.items())]
    gone = [one.code for one in await figures.outlines() if level_of(places, one.code) in {*levels, ""}]
    await figures.draw(packed, " ".join(file.split())[:80], gone)
    return Taken(levels, read.left, _others(read, places))


def level_of(places: Places, code: str) -> str:
    """`province`, `district`, `village`; "" for a code that is no longer in the table."""
    place = places.at(code)
    return place.level if place is not None else ""


def _others(read: Read, places: Places) -> tuple[Other, ...]:
    found = []
    for code, names in sorted(read.names.items()):
        place = places.at(code)
        if place is not None and names and not any(places.exact(name, place) for name in names):
            found.append(Other(code, names[0], place.name("lo")))
    return tuple(found)
