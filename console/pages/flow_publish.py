"""From a draft to what citizens meet, and back: what changes, who says yes, every version, the way to an old one."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from aiohttp import web

from console import roles
from console.page import Page
from console.pages.flow_measure import spent
from console.pages.flow_scenarios import played_on
from console.studio import publish as going
from console.studio.look import settings_of
from console.studio.work import PLACE, GoneFault, Work, opened
from console.visit import Visit
from flows.dialogue import Office
from flows.difference import Change, Pair, difference, screens
from flows.errors import Fault
from flows.revision import Revision

if TYPE_CHECKING:
    from store.library import Publication

APPROVERS: Final = frozenset({roles.ADMIN, roles.APPROVER})


async def page(visit: Visit) -> web.StreamResponse:
    """What would go live, and what waits for a second person."""
    return await _page(await opened(visit))


async def _page(work: Work, status: int = 200, why: str = "") -> web.Response:
    visit, look = work.visit, work.look
    desk = visit.desk
    old = desk.memory.office.live.get(work.name)
    new = look.revision if not look.errors else None
    changes: Sequence[Change] = ()
    pairs: Sequence[Pair] = ()
    if new is not None:
        changes, pairs = await asyncio.to_thread(_compared, work, old, new)
    played = await played_on(work)
    return work.show(
        "flow_publish.html",
        status=status,
        why=why,
        changes=changes,
        pairs=pairs,
        failed=[one for one in played if one.trouble],
        played=played,
        new=new,
        old=old,
        waiting=[one for one in await desk.memory.drafts.proposals() if one.kind == "flow" and one.name == work.name],
        held=await going.held_back(desk, new) if new is not None else "",
        two=going.two_persons(desk),
        may_approve=visit.has(APPROVERS),
        typed=visit.form,
        **await spent(work, look),
    )


def _compared(work: Work, old: Revision | None, new: Revision) -> tuple[Sequence[Change], Sequence[Pair]]:
    office, language = work.visit.desk.memory.office, work.visit.language
    settings = settings_of(office, work.today().date())
    changes = difference(old, new, language) if old is not None else ()
    pairs = screens(old, new, settings) if old is not None and old.digest != new.digest else ()
    return changes, pairs


async def send(visit: Visit) -> web.StreamResponse:
    """Publish, propose, approve, refuse, or give the draft up."""
    work = await opened(visit)
    desk, note = visit.desk, visit.text("note", 2000)
    do, _, rest = visit.text("do", 30).partition(":")
    alone = do not in {"approve", "refuse", "discard"} and not going.two_persons(desk)
    if not visit.scope.everywhere and (alone or do in {"approve", "refuse"}):
        return visit.refuse(403, "not_yours")
    try:
        match do:
            case "approve" | "refuse":
                await _decide(work, do, int(rest) if rest.isdecimal() else 0, note)
            case "discard":
                await desk.memory.drafts.discard(work.name, visit.user.name, note=note)
                await desk.memory.audit.note(visit.user.name, "flow_discard", work.name, note=note)
            case _:
                if (why := _not_yet(work)) is not None:
                    return await _page(work, 422, why)
                await _go(work, note)
    except GoneFault:
        raise
    except Fault as fault:
        return await _page(work, 409, str(fault))
    return visit.go(work.address("/versions" if do in {"", "publish"} else "/publish"))


def _not_yet(work: Work) -> str | None:
    """Why nobody can be asked to approve this draft."""
    say, look = work.visit.say, work.look
    if look.errors or look.revision is None:
        return say["fl_publish_errors"].format(n=len(look.errors))
    if not work.draft.at:
        return say["fl_nothing_to_publish"]
    if work.expected != work.draft.version:
        return say["fl_publish_stale"].format(by=work.draft.by)
    return None


async def _go(work: Work, note: str) -> None:
    visit, revision = work.visit, work.look.revision
    if revision is None:
        raise GoneFault(visit.say["fl_no_service"])
    at = _moment(work, visit.text("at", 20))
    if going.two_persons(visit.desk) or at is not None:
        number = await going.propose(visit.desk, revision, visit.user.name, note, at)
        if not going.two_persons(visit.desk):
            await going.approve(visit.desk, number, visit.user.name, note)
        return
    await going.publish(visit.desk, revision, visit.user.name, note)


def _moment(work: Work, typed: str) -> int | None:
    """Epoch seconds of a date and time as a browser sends it; None: at once."""
    try:
        return int(datetime.fromisoformat(typed).replace(tzinfo=work.visit.desk.zone).timestamp()) if typed else None
    except ValueError:
        return None


async def _decide(work: Work, do: str, number: int, note: str) -> None:
    visit = work.visit
    drafts = visit.desk.memory.drafts
    proposal = await drafts.proposal(number)
    if proposal.name != work.name or not visit.has(APPROVERS):
        raise GoneFault(visit.say["fl_no_service"])
    if do == "approve":
        await going.approve(visit.desk, number, visit.user.name, note)
    else:
        await drafts.refuse(number, visit.user.name, note)


# --- versions --------------------------------------------------------------------------------------------------------


async def versions(visit: Visit) -> web.StreamResponse:
    """Everything that was ever live, the live one first."""
    return await _versions(await opened(visit))


async def _versions(work: Work, status: int = 200, why: str = "") -> web.Response:
    acts = await work.visit.desk.memory.library.versions(work.name)
    live = work.visit.desk.memory.office.live.get(work.name)
    newest: dict[str, Publication] = {}
    for act in acts:
        if act.act in {"publish", "rollback"}:
            newest[act.digest] = act
    rows = sorted(newest.values(), key=lambda one: -one.version)
    history = await work.visit.desk.memory.drafts.history(work.name, most=40)
    return work.show(
        "flow_versions.html",
        status=status,
        why=why,
        rows=rows,
        acts=list(reversed(acts)),
        live=live.digest if live is not None else "",
        history=history,
    )


async def compare(visit: Visit) -> web.StreamResponse:
    """Two versions, screen by screen."""
    work = await opened(visit)
    acts = await visit.desk.memory.library.versions(work.name)
    by_number = {one.version: one for one in acts}
    found = [by_number.get(int(part) if (part := visit.part(name)).isdecimal() else 0) for name in ("old", "new")]
    office = visit.desk.memory.office
    known = [office.known.get(one.digest) if one is not None else None for one in found]
    old, new = known
    if old is None or new is None:
        raise GoneFault(visit.say["fl_no_version"])
    changes, pairs = await asyncio.to_thread(_two, work, office, old, new)
    return work.show(
        "flow_compare.html", changes=changes, pairs=pairs, before=found[0], after=found[1], old=old, new=new
    )


def _two(work: Work, office: Office, old: Revision, new: Revision) -> tuple[Sequence[Change], Sequence[Pair]]:
    settings = settings_of(office, work.today().date())
    return difference(old, new, work.visit.language), screens(old, new, settings)


async def back(visit: Visit) -> web.StreamResponse:
    """Make an old version live again, in every district; what was live is kept."""
    work = await opened(visit)
    if not visit.scope.everywhere:
        return visit.refuse(403, "not_yours")
    note, number = visit.text("note", 2000), visit.text("to", 6)
    acts: Mapping[int, Publication] = {one.version: one for one in await visit.desk.memory.library.versions(work.name)}
    chosen = acts.get(int(number)) if number.isdecimal() else None
    if chosen is None:
        return await _versions(work, 422, visit.say["fl_no_version"])
    if not note:
        return await _versions(work, 422, visit.say["fl_note_missing"])
    try:
        await visit.desk.memory.library.rollback(work.name, visit.user.name, to=chosen.digest, note=note)
    except Fault as fault:
        return await _versions(work, 409, str(fault))
    await visit.desk.memory.refresh()
    return visit.go(work.address("/versions"))


async def as_file(visit: Visit) -> web.StreamResponse:
    """The draft as the file that a developer would write."""
    work = await opened(visit)
    headers = {"Content-Disposition": f'attachment; filename="{work.name}.yaml"'}
    return web.Response(text=work.draft.text, content_type="application/yaml", charset="utf-8", headers=headers)


PAGES: Final = (
    Page("GET", PLACE + "/publish", roles.EDITORS, page),
    Page("POST", PLACE + "/publish", APPROVERS, send),
    Page("GET", PLACE + "/versions", roles.EDITORS, versions),
    Page("GET", PLACE + "/versions/{old}/{new}", roles.EDITORS, compare),
    Page("POST", PLACE + "/versions", roles.ADMINS, back),
    Page("GET", PLACE + "/file", roles.EDITORS, as_file),
)
