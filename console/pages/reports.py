"""Reports: what was begun, finished and given up, by service, week, district, channel, language and sex; and a map."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiohttp import web
from markupsafe import Markup

from console import charts, outlines, reports, roles
from console.page import Page
from console.reports import Names, Table
from console.visit import FILE, Visit
from flows.cells import CSV, XLSX
from flows.errors import Fault
from flows.model import Ask
from flows.revision import Revision
from store.figures import Within
from store.release import REST

SPANS: Final = (4, 13, 52)
"""Weeks that a report may cover."""

_PLACE: Final = re.compile(r"[A-Z]{2}[0-9]{2,6}")
"""A province's or district's p-code."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the reader asked for."""

    service: str
    weeks: int
    district: str

    @property
    def query(self) -> str:
        """The same as the end of an address; all of it was checked."""
        return f"service={self.service}&weeks={self.weeks}&district={self.district}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A table with its picture."""

    table: Table
    picture: Markup


def _wanted(visit: Visit) -> Wanted:
    """Only values that are there; a district outside of her scope is none."""
    weeks = visit.asked("weeks", 3)
    district = visit.asked("district", 20).upper()
    service = visit.asked("service", 40)
    known = _PLACE.fullmatch(district) is not None and visit.scope.holds(district)
    return Wanted(
        service if service in _services(visit) else "",
        int(weeks) if weeks in {str(one) for one in SPANS} else SPANS[1],
        district if known else "",
    )


def _services(visit: Visit) -> dict[str, Revision]:
    """The live services whose figures she may see."""
    live: Mapping[str, Revision] = visit.desk.memory.office.live
    return {name: one for name, one in live.items() if visit.scope.serves(one.flow.agency or "")}


def _names(visit: Visit) -> Names:
    live: Mapping[str, Revision] = visit.desk.memory.office.live
    places, language = visit.desk.tables.places, visit.language

    def service(name: str) -> str:
        return live[name].flow.title.say(language) if name in live else name

    def district(code: str) -> str:
        place = places.at(code)
        return place.name(language) if place is not None else code

    def tongue(tag: str) -> str:
        return visit.say.get(f"rp_language_{tag}", tag)

    def step(name: str, at: str) -> str:
        if name not in live:
            return at
        flow = live[name].flow
        for index, one in enumerate(flow.steps):
            if flow.step_name(index) == at and isinstance(one, Ask) and one.ask in flow.fields:
                return f"{index + 1}. {flow.fields[one.ask].label.say(language)}"
        return at

    return Names(service, district, tongue, step)


async def _report(visit: Visit, wanted: Wanted) -> list[Table]:
    figures = visit.desk.memory.figures
    until = figures.this_week()
    weeks = reports.mondays(until, wanted.weeks)
    about = (visit.scope, weeks[0], until, wanted.service or None, wanted.district)
    whole = await figures.sums(Within(*about, family=""), "service", "district", "what")
    parts = await figures.sums(Within(*about), "service", "what", "family", "value")
    told = [row for row in parts if row[2]]
    return reports.tables(whole, told, visit.say, _names(visit), weeks)


def _drawn(visit: Visit, table: Table) -> Drawn:
    """A table's picture, where there is something to compare."""
    say, title = visit.say, visit.say[f"rp_by_{table.key}"]
    # Among the weeks of a picture the rest would look like a week.
    rows = [row for row in table.rows if table.key != "week" or row.of != REST]
    names = [row.name for row in rows]
    begun = {"service", "week", "district", "channel", "language"}
    if table.key in begun:
        done = [_number(row.values[1]) for row in rows]
        rest = [_number(row.values[0]) - n for row, n in zip(rows, done, strict=True)]
        series = [charts.Series(say["rp_finished"], "a", done), charts.Series(say["rp_not"], "b", rest)]
        if table.key == "week":
            return Drawn(table, Markup(charts.columns("c-week", title, [name[:5] for name in names], series)))  # noqa: S704 - every word in it is escaped
        return Drawn(table, Markup(charts.bars(f"c-{table.key}", title, names, series)))  # noqa: S704 - as above
    if table.key in {"sex", "step"}:
        place = 0 if table.key == "sex" else 1
        rows = [row for row in rows if row.values[place] is not None]
        one = charts.Series(title, "a", [_number(row.values[place]) for row in rows])
        return Drawn(table, Markup(charts.bars(f"c-{table.key}", title, [row.name for row in rows], [one])))  # noqa: S704 - as above
    return Drawn(table, Markup())


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _districts(visit: Visit) -> list[tuple[str, str]]:
    """The provinces and districts that she may ask for."""
    places = visit.desk.tables.places
    found = [one for level in ("province", "district") for one in places.every(level)]
    return [(one.code, one.name(visit.language)) for one in found if visit.scope.holds(one.code)]


def _choices(visit: Visit, wanted: Wanted) -> dict[str, Any]:
    language = visit.language
    services = sorted((one.flow.title.say(language), name) for name, one in _services(visit).items())
    return {"wanted": wanted, "services": services, "districts": _districts(visit), "spans": SPANS, "rest": REST}


async def page(visit: Visit) -> web.StreamResponse:
    """All tables with their pictures."""
    wanted = _wanted(visit)
    found = await _report(visit, wanted)
    return visit.show("reports.html", drawn=[_drawn(visit, one) for one in found], **_choices(visit, wanted))


async def as_csv(visit: Visit) -> web.StreamResponse:
    """The same numbers as a CSV file."""
    body = reports.as_csv(await _noted(visit, "csv"), visit.say)
    return _file(web.Response(body=body, content_type=CSV, charset="utf-8"), "report.csv")


async def as_xlsx(visit: Visit) -> web.StreamResponse:
    """The same numbers as a workbook."""
    found = await _noted(visit, "xlsx")
    body = await asyncio.to_thread(reports.as_xlsx, found, visit.say)
    return _file(web.Response(body=body, content_type=XLSX), "report.xlsx")


async def _noted(visit: Visit, form: str) -> list[Table]:
    wanted = _wanted(visit)
    await visit.desk.memory.audit.note(
        visit.user.name, "report_exported", wanted.service, district=wanted.district, weeks=wanted.weeks, form=form
    )
    return await _report(visit, wanted)


def _file(answer: web.Response, name: str) -> web.Response:
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.enable_compression()
    return answer


# --- the map ---------------------------------------------------------------------------------------------------------


def _may_draw(visit: Visit) -> bool:
    """The map is one for all districts and agencies of the node."""
    return visit.has(roles.ADMINS) and visit.scope.everywhere and visit.scope.every_agency


async def the_map(visit: Visit, *, status: int = 200, why: str = "", told: str = "") -> web.StreamResponse:
    """Finished requests by place, and the table of them."""
    wanted = _wanted(visit)
    figures = visit.desk.memory.figures
    drawn = {one.code: orjson.loads(one.rings) for one in await figures.outlines()}
    until = figures.this_week()
    weeks = reports.mondays(until, wanted.weeks)
    within = Within(visit.scope, weeks[0], until, wanted.service or None, wanted.district, "")
    counts = {
        district: n for district, what, n, _ in await figures.sums(within, "district", "what") if what == "finished"
    }
    # An outline may be a district's, or a whole province's.
    values = {
        code: sum(n for district, n in counts.items() if district.startswith(code))
        for code in drawn
        if visit.scope.holds(code) and (not wanted.district or code.startswith(wanted.district))
    }
    lowest = outlines.shades(values.values())
    names = _names(visit)
    areas = {
        code: outlines.Area(f"{names.district(code)}: {n or visit.say['rp_no_number']}", outlines.shade_of(n, lowest))
        for code, n in values.items()
    }
    title = visit.say["rp_map_title"].format(weeks=wanted.weeks)
    rows = sorted(((names.district(code), code, n) for code, n in (counts | values).items() if code), key=_as_on_map)
    return visit.show(
        "reports_map.html",
        status=status,
        why=why,
        told=told,
        picture=Markup(outlines.draw("map", title, drawn, areas)) if areas else "",  # noqa: S704 - every word in it is escaped
        legend=_legend(visit, lowest),
        title=title,
        rows=rows,
        country=counts.get("", 0),
        drawable=_may_draw(visit),
        source=next(iter(await figures.outlines()), None),
        **_choices(visit, wanted),
    )


def _as_on_map(row: tuple[str, str, int]) -> tuple[int, str]:
    return -row[2], row[0]


def _legend(visit: Visit, lowest: Sequence[int]) -> list[tuple[Markup, str]]:
    """Each shade, and from how many on it is used."""
    first = outlines.CLASSES - len(lowest) + 1
    said = [(shade, visit.say["rp_from"].format(n=n)) for shade, n in enumerate(lowest, first)]
    said.append((0, visit.say["rp_no_number"]))
    return [(Markup(outlines.swatch(f"k{shade}", shade)), words) for shade, words in said]  # noqa: S704 - numbers only


async def take_outlines(visit: Visit) -> web.StreamResponse:
    """Read a file of outlines, and draw the map by it from now on."""
    if not _may_draw(visit):
        return visit.refuse(403, "not_yours")
    sent = visit.form.get("file")
    if not isinstance(sent, FILE):
        return await the_map(visit, status=422, why=visit.say["fl_no_file"])
    places = visit.desk.tables.places
    try:
        read = await asyncio.to_thread(
            outlines.read_outlines,
            sent.file.read(),
            lambda code: places.at(code) is not None,
            visit.text("property", 40),
        )
    except Fault as fault:
        return await the_map(visit, status=422, why=f"{fault}. {fault.hint or ''}")
    packed = [(code, orjson.dumps(rings).decode()) for code, rings in sorted(read.rings.items())]
    await visit.desk.memory.figures.draw(packed, " ".join(sent.filename.split())[:80])
    await visit.desk.memory.audit.note(visit.user.name, "outlines", places=len(packed), left=read.left)
    told = visit.say["rp_outlines_taken"].format(n=len(packed), left=read.left)
    return await the_map(visit, told=told)


PAGES: Final = (
    Page("GET", "/reports", roles.REPORT_READERS, page, nav="reports"),
    Page("GET", "/reports/map", roles.REPORT_READERS, the_map),
    Page("POST", "/reports/map", roles.ADMINS, take_outlines, most=outlines.MAX_BYTES + 1024 * 1024),
    Page("GET", "/reports.csv", roles.REPORT_READERS, as_csv),
    Page("GET", "/reports.xlsx", roles.REPORT_READERS, as_xlsx),
)
