"""The agencies: how the link to each stands, its keys by fingerprint, what it is sent, and a question to try it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from console import roles
from console.page import Page
from console.visit import Visit

TESTED: Final = "agency_tested"


@dataclass(frozen=True, slots=True)
class Sent:
    """What an agency gets of one service: the names that travel, what they are called here, and how guarded."""

    service: str
    title: str
    revision: str
    fields: Sequence[tuple[str, str, str]]


async def agencies(visit: Visit) -> web.StreamResponse:
    """All that she may see."""
    upkeep = visit.desk.upkeep
    found = [one for one in (upkeep.agencies() if upkeep else ()) if visit.scope.serves(one.name)]
    links = {link.agency: link for link in visit.links}
    rows = [(one, links.get(one.name), _sent(visit, one.name), await _last(visit, one.name)) for one in found]
    return visit.show("agencies.html", rows=rows)


async def test(visit: Visit) -> web.StreamResponse:
    """Ask an agency for its news now; what came of it is a row of the audit, and shown from there."""
    upkeep, name = visit.desk.upkeep, visit.part("agency")
    known = {one.name for one in (upkeep.agencies() if upkeep else ())}
    if upkeep is None or name not in known or not visit.scope.serves(name):
        return visit.refuse(404, "no_such_page")
    asked = await upkeep.ask(name)
    details = {"fault": asked.fault, "ms": asked.milliseconds}
    await visit.desk.memory.audit.note(visit.user.name, TESTED, name, **details)
    return visit.go(f"/agencies#{name}")


async def _last(visit: Visit, name: str) -> dict[str, Any] | None:
    """The last time that somebody tried it."""
    rows = await visit.desk.memory.audit.entries(subject=name, limit=20)
    return next(({"at": one.at, "by": one.actor, **one.details} for one in rows if one.act == TESTED), None)


def _sent(visit: Visit, agency: str) -> Sequence[Sent]:
    """The live services whose requests go there, with what their answers are called on the way."""
    language = visit.language
    return [
        Sent(
            service,
            revision.flow.title.say(language),
            revision.digest.partition(":")[2][:12],
            [(name, field.label.say(language), field.sensitivity) for name, field in revision.flow.fields.items()],
        )
        for service, revision in sorted(visit.desk.memory.office.live.items())
        if agency == revision.flow.agency
    ]


PAGES: Final = (
    Page("GET", "/agencies", roles.ADMINS, agencies, tab="agencies"),
    Page("POST", "/agencies/{agency}/test", roles.ADMINS, test),
)
