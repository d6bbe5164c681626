"""The machine: version, disk, clock, second copy, queues, revisions, the nodes below; and a check of the database."""

from typing import Any, Final

from aiohttp import web

from console import roles
from console.page import Page
from console.visit import Visit

CHECKED: Final = ("database", "database_checked")
"""Of what, and as what, a check is written into the audit."""

OVERDUE: Final = 7_200
"""Seconds without a word after which a node below is called silent; they speak with every request and every poll."""


async def machine(visit: Visit) -> web.StreamResponse:
    """How it is."""
    upkeep, memory = visit.desk.upkeep, visit.desk.memory
    if upkeep is None:
        return visit.refuse(404, "no_such_page")
    catalogue = await memory.library.catalogue()
    whole = visit.scope.everywhere
    one = await upkeep.machine()
    return visit.show(
        "machine.html",
        one=one,
        below=one.below if whole else (),
        runs=[
            (service, _title(visit, service), digest.partition(":")[2][:12], catalogue.known[digest].at)
            for service, digest in sorted(catalogue.live.items())
        ],
        resting=catalogue.paused,
        checking=upkeep.checking,
        last=await _last(visit),
        now=visit.desk.now(),
        silent_before=visit.desk.now() - OVERDUE,
    )


async def check(visit: Visit) -> web.StreamResponse:
    """Read the whole database in the background; one check at a time."""
    if visit.desk.upkeep is None:
        return visit.refuse(404, "no_such_page")
    visit.desk.upkeep.begin_check(visit.user.name)
    return visit.go("/node")


async def _last(visit: Visit) -> dict[str, Any] | None:
    subject, act = CHECKED
    rows = await visit.desk.memory.audit.entries(subject=subject, limit=5)
    return next(({"at": one.at, "by": one.actor, **one.details} for one in rows if one.act == act), None)


def _title(visit: Visit, service: str) -> str:
    revision = visit.desk.memory.office.live.get(service)
    return revision.flow.title.say(visit.language) if revision is not None else service


PAGES: Final = (
    Page("GET", "/node", roles.ADMINS, machine, nav="upkeep", tab="node"),
    Page("POST", "/node/check", roles.ADMINS, check),
)
