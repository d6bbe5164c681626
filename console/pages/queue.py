"""The officers' list: what waits and for how long, the links, "sync now" and how far it is."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from aiohttp import web

from console import estimate, live, roles, strip
from console.page import Page
from console.reading import PLACES, Line, Reader
from console.visit import Visit, digits
from store.queue import COUNTED, Wanted

if TYPE_CHECKING:
    from store.pushes import Push

SIZE: Final = 40
"""Requests on one page."""

TABS: Final = ("fix", "wait", "citizen", "agency", "done", "all")
AGES: Final = (1, 3, 7, 30)
"""Days that one can ask for."""

DAY: Final = 86_400

LATE: Final = 4 * 3600
"""Seconds that a request without a place may wait before the list raises its voice: half a working day."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of the list, with how many are in it (-1: not counted)."""

    group: str
    address: str
    count: int
    here: bool


@dataclass(frozen=True, slots=True)
class Placeless:
    """How many wait without a place, since when the oldest, and whether that is too long."""

    count: int
    at: int
    late: bool


async def queue(visit: Visit) -> web.StreamResponse:
    """The page; its changing part alone when the page itself asks for it."""
    mark = await visit.pulse.mark()
    text = visit.asked("q", 60)
    wanted = read(visit)
    values = await _common(visit, wanted)
    if text:
        lines, guessed = await _search(visit, text, wanted)
        values |= {"lines": lines, "guessed": guessed, "earlier": "", "later": ""}
    else:
        values |= await _paged(visit, wanted) | {"guessed": False}
    values |= {"mark": mark, "text": text, "wanted": wanted, "ages": AGES, "here_query": visit.request.query_string}
    return visit.show("queue.html", block="list" if visit.partial else "", **values)


def read(visit: Visit) -> Wanted:
    """What the address asks for; anything else than we know is left out."""
    group = visit.asked("state")
    group = group if group in TABS else "wait"
    age = digits(visit.asked("age"))
    before = visit.desk.now() - age * DAY if age in AGES else 0
    return Wanted(
        group=group,
        service=visit.asked("service", 60),
        place=visit.asked("place", 20),
        village=_village(visit, visit.asked("village", 60)),
        before=before,
        newest=visit.asked("order") == "newest" if visit.asked("order") else group in {"done", "agency", "all"},
        at=digits(visit.asked("at")),
        back=visit.asked("back") == "1",
        among=among(visit),
    )


def _village(visit: Visit, typed: str) -> str:
    """The code of a village that was named or written as its code; the text itself, which no village has, for none."""
    if not typed or PLACES not in visit.desk.tables:
        return typed
    places = visit.desk.tables.named(PLACES)
    found = [one for one in [places.at(typed), *places.find(typed, limit=1)] if one is not None]
    return found[0].code if found else typed


def among(visit: Visit) -> frozenset[str] | None:
    """The services of the agencies that she serves; None for all."""
    if visit.scope.every_agency:
        return None
    known = visit.desk.memory.office.known
    return frozenset(one.flow.id for one in known.values() if one.flow.agency in visit.scope.agencies)


async def _common(visit: Visit, wanted: Wanted) -> dict[str, Any]:
    store, scope = visit.desk.memory, visit.scope
    if not visit.links:
        await strip.prepare(visit)
    oldest = await store.queue.page(scope, Wanted(group="wait", among=wanted.among), 1)
    places = await store.queue.places(scope)
    reader = Reader(visit)
    push = await store.pushes.last()
    return {
        "oldest": oldest[0] if oldest else None,
        "tabs": [await _tab(visit, group, wanted) for group in TABS],
        "services": [(one, reader.title(one)) for one in await store.queue.services() if _offered(one, wanted)],
        "village": _named(visit, wanted.village),
        "places": [(one or "-", reader.place(one)) for one in places] if len(places) > 1 else [],
        "push": push if push and _is_fresh(visit, push) else None,
        "idle": push is not None and _is_idle(visit, push),
        "placeless": await _placeless(visit) if "" in places else None,
        "news": await _news(visit),
        "need": estimate.link_time(visit.links),
        "all_at_once": visit.scope.every_agency,
        "safe": await _is_safe(visit),
        "counted": COUNTED,
        "lines": [],
    }


def _named(visit: Visit, village: str) -> str:
    """What a village is called, as it stands in the form."""
    found = visit.desk.tables.named(PLACES).at(village) if PLACES in visit.desk.tables else None
    return found.name(visit.language) if found is not None else village


async def _placeless(visit: Visit) -> Placeless | None:
    """Those without a place: nobody's by the map, so everybody's who sees all districts."""
    store, wanted = visit.desk.memory.queue, Wanted(group="wait", place="-", among=among(visit))
    oldest = await store.page(visit.scope, wanted, 1)
    if not oldest:
        return None
    late = visit.desk.memory.clock.steady() - oldest[0].at > LATE
    return Placeless(await store.count(visit.scope, wanted), oldest[0].at, late)


def _offered(service: str, wanted: Wanted) -> bool:
    return wanted.among is None or service in wanted.among


def _is_fresh(visit: Visit, push: "Push") -> bool:
    """Whether a press is still news: under way, or ended within the last quarter of an hour."""
    return not push.ended_at or visit.desk.memory.clock.steady() - push.ended_at < 900  # noqa: PLR2004 - seconds


def _is_idle(visit: Visit, push: "Push") -> bool:
    """Whether nobody takes a press up: the road runs elsewhere, or not at all."""
    return not push.began_at and visit.desk.memory.clock.steady() - push.at > 30  # noqa: PLR2004 - seconds


async def _is_safe(visit: Visit) -> bool:
    """Whether the machine may be switched off this moment without leaving anything in doubt.

    Everything is on the disk at any time; what is just being sent would be in doubt, and offered again.
    """
    return not await visit.desk.memory.queue.under_way() and await visit.desk.memory.pushes.open() is None


async def _tab(visit: Visit, group: str, wanted: Wanted) -> Tab:
    same = replace(wanted, group=group, at=0, back=False)
    counted = group in {"fix", "wait", "citizen"}
    count = await visit.desk.memory.queue.count(visit.scope, same) if counted else -1
    return Tab(group, query(visit, state=group, order="", at="", back=""), count, group == wanted.group)


async def _news(visit: Visit) -> dict[str, Any]:
    """What came since she last pressed "seen", or since she has an account."""
    at = visit.user.looked_at or visit.user.at
    store, scope = visit.desk.memory.queue, visit.scope
    first = await store.number_before(at)
    new = await store.count(scope, Wanted(group="all", at=max(0, first - 1), among=among(visit)))
    return {"at": at, "new": new, "statuses": await store.since(scope, at), "until": visit.desk.memory.clock.steady()}


async def _paged(visit: Visit, wanted: Wanted) -> dict[str, Any]:
    found = await visit.desk.memory.queue.page(visit.scope, wanted, SIZE + 1)
    more = len(found) > SIZE
    if more:
        found = found[1:] if wanted.back else found[:SIZE]
    reader = Reader(visit)
    before = wanted.at > 0 and (more or not wanted.back)
    after = more or wanted.back
    return {
        "lines": [reader.line(one) for one in found],
        "earlier": query(visit, at=str(found[0].cursor), back="1") if found and before else "",
        "later": query(visit, at=str(found[-1].cursor), back="") if found and after else "",
    }


async def _search(visit: Visit, text: str, wanted: Wanted) -> tuple[list[Line], bool]:
    """By reference, the last four digits, or the name of a village."""
    store, reader = visit.desk.memory.queue, Reader(visit)
    found, guessed = await store.search(visit.scope, text, SIZE)
    if not found and PLACES in visit.desk.tables:
        for place in visit.desk.tables.named(PLACES).find(text, limit=3):
            by_place = replace(wanted, group="all", village=place.code, newest=True, at=0, back=False)
            found += await store.page(visit.scope, by_place, SIZE)
    return [reader.line(one) for one in found[:SIZE]], guessed


def query(visit: Visit, **changed: str) -> str:
    """This page's query with some of its values changed, "" to leave one out."""
    kept = {name: visit.asked(name) for name in ("state", "service", "place", "village", "age", "order", "at", "back")}
    return urlencode({name: value for name, value in (kept | changed).items() if value})


async def events(visit: Visit) -> web.StreamResponse:
    """The stream that tells the page to ask again."""
    return await live.stream(visit, visit.pulse)


async def sync(visit: Visit) -> web.StreamResponse:
    """Ask for a pass over one agency, or all of them; when one is under way already, that one is shown."""
    agency = visit.text("agency", 60)
    known = {one.agency for one in await visit.desk.links()}
    if not visit.scope.every_agency and not visit.scope.serves(agency):
        return visit.refuse(403, "not_yours")
    if agency and agency not in known:
        return visit.refuse(404, "no_such_page")
    await visit.desk.memory.pushes.ask(agency, visit.user.name)
    return visit.go("/queue")


async def seen(visit: Visit) -> web.StreamResponse:
    """She has read the news, as far as her page had them."""
    await visit.desk.memory.users.looked(visit.user.name, digits(visit.text("until")))
    return visit.go("/queue")


async def worklist(visit: Visit) -> web.StreamResponse:
    """The list on paper: what she has chosen, up to five hundred, with room to tick."""
    wanted = replace(read(visit), at=0, back=False)
    found = await visit.desk.memory.queue.page(visit.scope, wanted, 500)
    reader = Reader(visit)
    now = datetime.fromtimestamp(visit.desk.now(), visit.desk.zone)
    await visit.desk.memory.queue.note(visit.user.name, "printed_list", "", state=wanted.group, rows=len(found))
    return visit.show(
        "worklist.html", lines=[reader.line(one) for one in found], wanted=wanted, now=f"{now:%d/%m/%Y %H:%M}"
    )


PAGES: Final = (
    Page("GET", "/queue", roles.QUEUE_READERS, queue, nav="queue"),
    Page("GET", "/queue/events", roles.QUEUE_READERS, events, quiet=True),
    Page("GET", "/queue/worklist", roles.QUEUE_READERS, worklist),
    Page("POST", "/queue/sync", roles.OFFICERS, sync),
    Page("POST", "/queue/seen", roles.QUEUE_READERS, seen),
)
