"""Reports: what was begun, finished and given up, by service, week, district, village, channel, language and sex."""

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from markupsafe import Markup

from console import charts, reports, roles, satisfaction
from console.page import Page
from console.reports import Names, Table
from console.visit import Visit
from flows.cells import CSV, XLSX
from flows.model import Ask
from flows.revision import Revision
from store.figures import Within
from store.release import REST, SEX

if TYPE_CHECKING:
    from collections.abc import Mapping

SPANS: Final = (4, 13, 52)
"""Weeks that a report may cover."""

YEAR: Final = 52
"""Weeks of the quarters by which villages are told, whatever time was asked for: a shorter one may hold none."""

MOST_LINES: Final = 100
"""Lines of a table on the page; the files have all."""

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


def wanted_by(visit: Visit) -> Wanted:
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


def names_of(visit: Visit) -> Names:
    """How this reader calls services, places, languages and steps."""
    live: Mapping[str, Revision] = visit.desk.memory.office.live
    places, language = visit.desk.tables.places, visit.language

    def service(name: str) -> str:
        return live[name].flow.title.say(language) if name in live else name

    def district(code: str) -> str:
        place = places.at(code)
        return place.name(language) if place is not None else code

    def village(code: str) -> str:
        return ", ".join(district(one) for one in places.path(code)[:2]) or code

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

    return Names(service, district, tongue, step, village)


async def _report(visit: Visit, wanted: Wanted) -> list[Table]:
    figures = visit.desk.memory.figures
    until = figures.this_week()
    weeks = reports.mondays(until, wanted.weeks)
    about = (visit.scope, weeks[0], until, wanted.service or None, wanted.district)
    whole = await figures.sums(Within(*about, family=""), "service", "district", "what")
    parts = await figures.sums(Within(*about), "service", "what", "family", "value")
    told = [row for row in parts if row[2]]
    found = reports.tables(whole, told, visit.say, names_of(visit), weeks, await villages(visit, wanted))
    return [*found, *satisfaction.tables(whole, told, await _later(visit, wanted), visit.say, names_of(visit))]


async def _later(visit: Visit, wanted: Wanted) -> satisfaction.Later:
    """Marks, reasons, and women and men, which are told by quarters as villages are."""
    figures = visit.desk.memory.figures
    until = figures.this_week()
    about = (visit.scope, reports.mondays(until, YEAR)[0], until, wanted.service or None, wanted.district)
    by = [await figures.sums(Within(*about, one), "service", "what", "value") for one in ("stars", "why", SEX)]
    return satisfaction.Later(row for rows in by for row in rows)


async def villages(visit: Visit, wanted: Wanted) -> dict[str, int]:
    """How many of each village finished, of those who may be told apart, in the quarters that ended within a year."""
    figures = visit.desk.memory.figures
    until = figures.this_week()
    since = reports.mondays(until, YEAR)[0]
    within = Within(visit.scope, since, until, wanted.service or None, wanted.district, "village")
    return {village: n for what, village, n, _ in await figures.sums(within, "what", "value") if what == "villages"}


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
    if table.key in {"sex", "step", "village"}:
        place = 1 if table.key == "step" else 0
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


def choices(visit: Visit, wanted: Wanted) -> dict[str, Any]:
    """What the form of a report offers."""
    language = visit.language
    services = sorted((one.flow.title.say(language), name) for name, one in _services(visit).items())
    return {"wanted": wanted, "services": services, "districts": _districts(visit), "spans": SPANS, "rest": REST}


async def page(visit: Visit) -> web.StreamResponse:
    """All tables with their pictures."""
    wanted = wanted_by(visit)
    found = await _report(visit, wanted)
    return visit.show(
        "reports.html",
        drawn=[_drawn(visit, one) for one in found],
        most=MOST_LINES,
        levels=(),
        invented=await visit.desk.memory.figures.invented(),
        villages=any(one.key == "village" for one in found),
        **choices(visit, wanted),
    )


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
    wanted = wanted_by(visit)
    await visit.desk.memory.audit.note(
        visit.user.name, "report_exported", wanted.service, district=wanted.district, weeks=wanted.weeks, form=form
    )
    return await _report(visit, wanted)


def _file(answer: web.Response, name: str) -> web.Response:
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.enable_compression()
    return answer


PAGES: Final = (
    Page("GET", "/reports", roles.REPORT_READERS, page, nav="reports"),
    Page("GET", "/reports.csv", roles.REPORT_READERS, as_csv),
    Page("GET", "/reports.xlsx", roles.REPORT_READERS, as_xlsx),
)
