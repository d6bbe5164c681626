"""The map of finished requests, by district or by village: from an imported file of outlines, or as squares."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiohttp import web
from markupsafe import Markup

from console import boundaries, outlines, reports, roles
from console.page import Page
from console.pages.reports import Wanted, choices, names_of, villages, wanted_by
from console.visit import FILE, Visit
from flows.errors import Fault
from store.figures import Outline, Within
from store.release import REST

DISTRICT, VILLAGE = "district", "village"
LEVELS: Final = (DISTRICT, VILLAGE)

MOST_PLACES: Final = 300
"""Places on one map; of more a district is to be chosen first."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is drawn: rings by code, labels where they are squares, and whose outlines they are."""

    rings: Mapping[str, Any]
    labels: Mapping[str, tuple[int, int, str]]
    source: str = ""


async def the_map(visit: Visit, *, status: int = 200, why: str = "", told: Sequence[str] = ()) -> web.StreamResponse:
    """Finished requests by place, and the table of them."""
    wanted = wanted_by(visit)
    level = VILLAGE if visit.asked("level", 10) == VILLAGE else DISTRICT
    counts = await (villages(visit, wanted) if level == VILLAGE else _districts(visit, wanted))
    sheet = _sheet(visit, wanted, level, await visit.desk.memory.figures.outlines())
    # An outline may be a district's, or a whole province's.
    values = {
        code: sum(n for place, n in counts.items() if place.startswith(code))
        if level == DISTRICT
        else counts.get(code, 0)
        for code in sheet.rings
    }
    lowest = outlines.shades(values.values())
    name = names_of(visit).district
    areas = {
        code: outlines.Area(f"{name(code)}: {n or visit.say['rp_no_number']}", outlines.shade_of(n, lowest))
        for code, n in values.items()
    }
    title = visit.say[f"rp_map_title_{level}"].format(weeks=wanted.weeks)
    places = {code: n for code, n in (counts | values).items() if code not in {"", REST}}
    rows = sorted(((name(code), code, n) for code, n in places.items()), key=lambda row: (-row[2], row[0], row[1]))
    return visit.show(
        "reports_map.html",
        status=status,
        why=why,
        told=told,
        level=level,
        levels=LEVELS,
        picture=Markup(outlines.draw("map", title, sheet.rings, areas, sheet.labels)) if areas else "",  # noqa: S704 - every word in it is escaped
        legend=_legend(visit, lowest),
        title=title,
        rows=rows[:MOST_PLACES],
        others=_others(visit, level, counts),
        drawable=_may_draw(visit),
        source=sheet.source,
        most=MOST_PLACES,
        invented=await visit.desk.memory.figures.invented(),
        **choices(visit, wanted),
    )


async def _districts(visit: Visit, wanted: Wanted) -> dict[str, int]:
    figures = visit.desk.memory.figures
    until = figures.this_week()
    weeks = reports.mondays(until, wanted.weeks)
    within = Within(visit.scope, weeks[0], until, wanted.service or None, wanted.district, "")
    return {place: n for place, what, n, _ in await figures.sums(within, "district", "what") if what == "finished"}


def _others(visit: Visit, level: str, counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """The numbers that are of no place on a map."""
    words = {REST: "rp_rest", "": "rp_unknown" if level == VILLAGE else "rp_country_only"}
    return [(visit.say[word], counts[one]) for one, word in words.items() if counts.get(one)]


def _sheet(visit: Visit, wanted: Wanted, level: str, kept: Iterable[Outline]) -> Sheet:
    places = visit.desk.tables.places

    def hers(code: str) -> bool:
        district = places.district_of(code) or code
        return visit.scope.holds(district) and (not wanted.district or district.startswith(wanted.district))

    drawn = [
        one
        for one in kept
        if (boundaries.level_of(places, one.code) == VILLAGE) == (level == VILLAGE) and hers(one.code)
    ]
    if drawn and len(drawn) <= MOST_PLACES:
        return Sheet({one.code: orjson.loads(one.rings) for one in drawn}, {}, drawn[0].source)
    found = [] if drawn else sorted(one.code for one in places.every(level) if hers(one.code))
    return Sheet(*outlines.tiles(found if len(found) <= MOST_PLACES else []))


def _legend(visit: Visit, lowest: Sequence[int]) -> list[tuple[Markup, str]]:
    """Each shade, and from how many on it is used."""
    first = outlines.CLASSES - len(lowest) + 1
    said = [(shade, visit.say["rp_from"].format(n=n)) for shade, n in enumerate(lowest, first)]
    said.append((0, visit.say["rp_no_number"]))
    return [(Markup(outlines.swatch(f"k{shade}", shade)), words) for shade, words in said]  # noqa: S704 - numbers only


def _may_draw(visit: Visit) -> bool:
    """The map is one for all districts and agencies of the node."""
    return visit.has(roles.ADMINS) and visit.scope.everywhere and visit.scope.every_agency


async def take_outlines(visit: Visit) -> web.StreamResponse:
    """Read a file of outlines, and draw the map by it from now on."""
    if not _may_draw(visit):
        return visit.refuse(403, "not_yours")
    sent = visit.form.get("file")
    if not isinstance(sent, FILE):
        return await the_map(visit, status=422, why=visit.say["fl_no_file"])
    desk = visit.desk
    data, prop = sent.file.read(), visit.text("property", 40)
    try:
        taken = await boundaries.take(desk.memory.figures, desk.tables.places, data, sent.filename, prop)
    except Fault as fault:
        return await the_map(visit, status=422, why=f"{fault}. {fault.hint or ''}")
    await desk.memory.audit.note(visit.user.name, "outlines", places=taken.places, left=taken.left)
    told = [visit.say["rp_outlines_taken"].format(n=taken.places, left=taken.left)]
    if taken.others:
        some = "; ".join(f"{one.code}: {one.file} / {one.table}" for one in taken.others[: boundaries.MOST_NAMED])
        told.append(visit.say["rp_outlines_others"].format(n=len(taken.others), some=some))
    return await the_map(visit, told=told)


PAGES: Final = (
    Page("GET", "/reports/map", roles.REPORT_READERS, the_map),
    Page("POST", "/reports/map", roles.ADMINS, take_outlines, most=outlines.MAX_BYTES + 1024 * 1024),
)
