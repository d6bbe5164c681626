"""Conflicts: what an agency refused as known already, beside what else this node has of the same person."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from console import roles
from console.page import Page
from console.pages.queue import among
from console.pages.request import REFERENCE, found, note_read
from console.reading import Answer, Line, Reader, is_conflict
from console.visit import Visit
from store.queue import Wanted

MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Pair:
    """One answer in both requests."""

    label: str
    here: str
    there: str

    @property
    def differs(self) -> bool:
        """Whether they are not the same."""
        return self.here != self.there


async def conflicts(visit: Visit) -> web.StreamResponse:
    """The list."""
    wanted = Wanted(group="fix", among=among(visit))
    entries = await visit.desk.memory.queue.page(visit.scope, wanted, MOST)
    reader = Reader(visit)
    return visit.show("conflicts.html", lines=[reader.line(one) for one in entries if is_conflict(one)])


async def beside(visit: Visit) -> web.StreamResponse:
    """One of them, beside the others of the same person and service, and beside its own earlier revisions."""
    entry = await found(visit)
    if entry is None:
        return visit.refuse(404, "no_such_page")
    reader = Reader(visit)
    mine = list(reader.answers(entry, entry.event))
    others: list[tuple[Line, list[Pair]]] = []
    alike = await visit.desk.memory.queue.alike(visit.scope, entry, 5)
    await note_read(visit, entry, *alike)
    for other in alike:
        others.append((reader.line(other), _pairs(mine, list(reader.answers(other, other.event)))))  # noqa: PERF401 - read as it goes
    return visit.show("beside.html", line=reader.line(entry), entry=entry, others=others)


def _pairs(mine: list[Answer], theirs: list[Answer]) -> list[Pair]:
    there = {one.name: one for one in theirs}
    pairs = [Pair(one.label, one.value, there[one.name].value if one.name in there else "") for one in mine]
    names = {one.name for one in mine}
    return pairs + [Pair(one.label, "", one.value) for one in theirs if one.name not in names]


PAGES: Final = (
    Page("GET", "/conflicts", roles.OFFICERS, conflicts),
    Page("GET", f"/conflicts/{REFERENCE}", roles.OFFICERS, beside),
)
