"""The call list: messages that nobody could place, people who want to be called, and what this machine has to say."""

from typing import Final

from aiohttp import web

from console import roles
from console.page import Page
from console.pages.request import SHORTEST
from console.reading import masked
from console.visit import Visit, digits
from store.values import Memo

SIZE: Final = 50
OLD: Final = 86_400
"""Seconds after which a line is late."""


async def _memos(visit: Visit, after: int = 0) -> list[Memo]:
    """The open lines: a message has no district, so they are for those who work this node's own."""
    if not _may(visit):
        return []
    return await visit.desk.memory.review.memos(after=after, limit=SIZE)


def _may(visit: Visit) -> bool:
    return visit.scope.holds(visit.desk.district) and visit.scope.every_agency


async def calls(visit: Visit, *, number: str = "", line: int = 0, why: str = "") -> web.StreamResponse:
    """The list, the oldest first."""
    after = visit.asked("after")
    memos = await _memos(visit, digits(after))
    late = visit.desk.now() - OLD
    return visit.show(
        "calls.html",
        status=400 if why else 200,
        why=why,
        memos=[(one, number if one.id == line else masked(one.msisdn), one.at < late) for one in memos],
        revealed=line if number else 0,
        more=memos[-1].id if len(memos) == SIZE else 0,
    )


async def _one(visit: Visit) -> Memo | None:
    wanted = int(visit.part("line")[:15])
    return next((one for one in await _memos(visit, wanted - 1) if one.id == wanted), None)


async def reveal(visit: Visit) -> web.StreamResponse:
    """The whole number, to call it; why goes into the audit before it is shown."""
    memo = await _one(visit)
    if memo is None or not memo.msisdn:
        return visit.refuse(404, "no_such_page")
    reason = visit.text("reason")
    if len(reason) < SHORTEST:
        return await calls(visit, why="needs_reason")
    await visit.desk.memory.audit.note(visit.user.name, "number_revealed", f"call {memo.id}", reason=reason)
    return await calls(visit, number=memo.msisdn, line=memo.id)


async def done(visit: Visit) -> web.StreamResponse:
    """A line is dealt with; whose it was is forgotten."""
    memo = await _one(visit)
    if memo is None:
        return visit.refuse(404, "no_such_page")
    await visit.desk.memory.review.memo_done(memo.id)
    await visit.desk.memory.audit.note(visit.user.name, "call_done", f"call {memo.id}", kind=memo.kind)
    return visit.go("/calls")


PAGES: Final = (
    Page("GET", "/calls", roles.OFFICERS, calls, nav="calls"),
    Page("POST", "/calls/{line:[0-9]+}/reveal", roles.OFFICERS, reveal),
    Page("POST", "/calls/{line:[0-9]+}/done", roles.OFFICERS, done),
)
