"""What waits for a second pair of eyes: proposals, what one did alone, words let through, and services at rest.

Needs the hands `review` (a proposal's changes) and `approve`, which `sala/desk.py` gives.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from aiohttp import web

from console import roles
from console.page import Page
from console.visit import Visit, digits
from flows.errors import Fault

MOST_TEXT: Final = 300
"""Letters of what citizens read while a service rests."""

LONG: Final = 2_000
DECIDED: Final = 20

APPROVERS: Final[frozenset[str]] = frozenset({roles.APPROVER})
STEERERS: Final[frozenset[str]] = frozenset({roles.ADMIN, roles.APPROVER})


def _may(visit: Visit) -> bool:
    """What is published is for all districts and agencies of the node, and so are those who answer for it."""
    return visit.scope.everywhere and visit.scope.every_agency


async def overview(visit: Visit, *, why: str = "") -> web.StreamResponse:
    """Everything that waits, and what can be done about it."""
    memory = visit.desk.memory
    catalogue = await memory.library.catalogue()
    proposals = await memory.drafts.proposals()
    recent = await memory.drafts.proposals(all_of_them=DECIDED)
    return visit.show(
        "publishing.html",
        status=409 if why else 200,
        why=why,
        proposals=proposals,
        decided=[one for one in recent if one.state not in {"open", "approved"}],
        acts=await memory.library.unconfirmed(),
        waivers=[one for one in await memory.wording.waivers() if one.good(visit.desk.now())],
        trials=await memory.trials.list(),
        services=[
            (flow, _title(visit, flow), flow in catalogue.paused, catalogue.said.get(flow, {}))
            for flow in sorted(catalogue.live)
        ],
        spoken=visit.desk.languages,
        two=memory.drafts.two_persons,
        approver=visit.has(APPROVERS) and _may(visit),
        steerer=visit.has(STEERERS) and _may(visit),
    )


def _title(visit: Visit, service: str) -> str:
    """How citizens know it."""
    revision = visit.desk.memory.office.live.get(service)
    return revision.flow.title.say(revision.flow.language(visit.language)) if revision is not None else service


async def proposal(visit: Visit) -> web.StreamResponse:
    """One proposal: what it changes, and what stands against it."""
    try:
        found = await visit.desk.memory.drafts.proposal(_number(visit))
    except Fault:
        return visit.refuse(404, "no_such_page")
    lines: list[str] = []
    why = ""
    review = visit.desk.hands.get("review")
    if review is not None and found.state in {"open", "approved"}:
        try:
            lines = (await review(found.name, found.files, found.kind)).lines()
        except Fault as fault:
            why = visit.plain(fault.code, str(fault))
    return visit.show("proposal.html", one=found, lines=lines, why=why, approver=visit.has(APPROVERS) and _may(visit))


async def decide(visit: Visit) -> web.StreamResponse:
    """Approve or refuse a proposal."""
    number, note, by = _number(visit), visit.text("note", LONG), visit.user.name
    drafts = visit.desk.memory.drafts

    async def act() -> None:
        if visit.part("act") == "approve":
            await visit.desk.hands.get("approve", drafts.approve)(number, by, note)
        else:
            await drafts.refuse(number, by, note)

    return await _done(visit, act, {"approve", "refuse"})


async def confirm(visit: Visit) -> web.StreamResponse:
    """Say that what one did alone was right, or was not."""
    library = visit.desk.memory.library
    number, note, by = _number(visit), visit.text("note", LONG), visit.user.name

    async def act() -> None:
        await library.confirm(number, by, yes=visit.part("act") == "right", note=note)

    return await _done(visit, act, {"right", "wrong"})


async def steer(visit: Visit) -> web.StreamResponse:
    """Let a service rest with words for citizens, let it go on, or take it back to the version before."""
    library = visit.desk.memory.library
    service, note, by = visit.part("service"), visit.text("note", LONG), visit.user.name

    async def act() -> None:
        match visit.part("act"):
            case "pause":
                said = {tag: text for tag in visit.desk.languages if (text := visit.text(f"say_{tag}", MOST_TEXT))}
                await library.pause(service, by, said=said, note=note)
            case "resume":
                await library.pause(service, by, paused=False, note=note)
            case _:
                await library.rollback(service, by, note=note)

    return await _done(visit, act, {"pause", "resume", "rollback"})


async def waive(visit: Visit) -> web.StreamResponse:
    """Let words that nobody has reviewed go live until a day."""
    wording = visit.desk.memory.wording

    async def act() -> None:
        service, language = visit.text("service", 60), visit.text("language", 20)
        until = _until(visit)
        await wording.waive(visit.user.name, visit.text("note", LONG), until, flow=service, language=language)

    return await _done(visit, act, {""})


async def end_waiver(visit: Visit) -> web.StreamResponse:
    """End a waiver before its time."""

    async def act() -> None:
        await visit.desk.memory.wording.end(_number(visit), visit.user.name)

    return await _done(visit, act, {""})


def _until(visit: Visit) -> int:
    """The end of the day that was chosen; 0 for none."""
    try:
        day = datetime.fromisoformat(visit.text("until", 10))
    except ValueError:
        return 0
    return int(day.replace(hour=23, minute=59, tzinfo=visit.desk.zone).timestamp())


def _number(visit: Visit) -> int:
    """The number in the address; 0, which nothing has, for what is none."""
    return digits(visit.part("number"))


async def _done(visit: Visit, act: Callable[[], Awaitable[None]], acts: set[str]) -> web.StreamResponse:
    """Do it and go back; what stands against it is said above the list, and nothing was changed."""
    if visit.request.match_info.get("act", "") not in acts or not _may(visit):
        return visit.refuse(404, "no_such_page")
    try:
        await act()
    except Fault as fault:
        return await overview(visit, why=visit.plain(fault.code, str(fault)))
    await visit.desk.memory.refresh()
    return visit.go("/publishing")


PAGES: Final = (
    Page("GET", "/publishing", roles.EDITORS | roles.AUDITORS, overview, nav="publishing"),
    Page("GET", "/publishing/proposals/{number}", roles.EDITORS | roles.AUDITORS, proposal),
    Page("POST", "/publishing/proposals/{number}/{act}", APPROVERS, decide),
    Page("POST", "/publishing/acts/{number}/{act}", APPROVERS, confirm),
    Page("POST", "/publishing/services/{service}/{act}", STEERERS, steer),
    Page("POST", "/publishing/waivers", STEERERS, waive),
    Page("POST", "/publishing/waivers/{number}/end", STEERERS, end_waiver),
)
