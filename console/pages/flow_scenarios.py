"""Recorded walks of a service, which are its own tests: played again on the draft at every look."""

import asyncio
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from console import roles
from console.page import Page
from console.pages.flow_phone import session_of
from console.studio.work import PLACE, Work, edited, opened
from console.visit import Visit
from flows.check.conversation import run_test
from flows.editing import AddTest, Change, RemoveTest
from flows.editing.phone import as_test
from flows.errors import Fault
from flows.model import FlowTest
from store.draft_values import Stale


@dataclass(frozen=True, slots=True)
class Played:
    """One walk, and what is another than it expects."""

    test: FlowTest
    trouble: tuple[str, ...]


async def page(visit: Visit) -> web.StreamResponse:
    """All walks, played."""
    return await _list(await opened(visit))


async def played_on(work: Work) -> list[Played]:
    """Every walk of the draft, played on it now."""
    return await asyncio.to_thread(_played, work)


async def _list(work: Work, status: int = 200, why: str = "") -> web.Response:
    played = await played_on(work)
    return work.show("flow_scenarios.html", status=status, why=why, played=played)


def _played(work: Work) -> list[Played]:
    office, revision = work.visit.desk.memory.office, work.look.revision
    found = []
    for test in work.look.sound.tests:
        if revision is None:
            trouble = [work.visit.say["fl_phone_silent"]]
        else:
            try:
                trouble = run_test(revision, test, office.tables, office.phrases)
            except Fault as fault:
                trouble = [str(fault)]
        # The walk's name stands beside it already.
        found.append(Played(test, tuple(line.removeprefix(f"test {test.name!r}: ") for line in trouble)))
    return found


async def change(visit: Visit) -> web.StreamResponse:
    """Keep the walk that is on the phone, or take one away."""
    work = await opened(visit)
    do, _, rest = visit.text("do", 20).partition(":")
    changes: list[Change] = []
    if do == "remove" and rest.isdecimal():
        changes = [RemoveTest(int(rest))]
    elif do == "add":
        session = await session_of(work)
        if session is None:
            return await _list(work, 409, visit.say["fl_phone_silent"])
        name = visit.text("name", 100) or f"{visit.user.shown} {work.today():%Y-%m-%d %H:%M}"
        changes = [AddTest(as_test(session, name))]
    outcome = await edited(work, changes, "walk")
    if isinstance(outcome, str):
        return await _list(work, 422, outcome)
    if isinstance(outcome, Stale):
        why = visit.say["fl_stale_title"].format(by=outcome.by, at=visit.moment(outcome.at))
        return await _list(await opened(visit), 409, why)
    return visit.go(work.address("/scenarios", saved=outcome))


PAGES: Final = (
    Page("GET", PLACE + "/scenarios", roles.EDITORS, page),
    Page("POST", PLACE + "/scenarios", roles.ADMINS, change),
)
