"""Offices, fees, places and the channel's own words: to a spreadsheet, back as a draft, and on to a second person.

Needs the hand `propose`, which `sala/desk.py` gives.
"""

import asyncio
from datetime import datetime
from typing import Any, Final, Literal

from aiohttp import web

from console import roles
from console.page import Page
from console.pages.publishing import LONG
from console.visit import Visit, digits
from flows.cells import XLSX
from flows.errors import Fault
from flows.sheets import phrases_toml, phrases_xlsx, read_phrases, read_table, table_csv, table_xlsx
from flows.tables import read_csv
from store.draft_values import DraftFault, Stale

Kind = Literal["table", "phrases"]
MOST: Final = 6 * 1024 * 1024
"""Bytes of a file: a workbook may have 5 MiB."""

KINDS: Final[dict[str, Kind]] = {"table": "table", "phrases": "phrases"}


def _may(visit: Visit) -> bool:
    """Tables and phrases are for all districts and agencies of the node."""
    return visit.scope.everywhere and visit.scope.every_agency


def _names(visit: Visit) -> list[tuple[Kind, str]]:
    office = visit.desk.memory.office
    found: list[tuple[Kind, str]] = [("table", name) for name in sorted(office.tables)]
    return [*found, *(("phrases", tag) for tag in sorted(office.phrases.texts))]


def _in_use(visit: Visit, kind: Kind, name: str) -> str:
    office = visit.desk.memory.office
    return table_csv(office.tables[name]) if kind == "table" else phrases_toml(office.phrases, name)


async def tables(visit: Visit, *, why: str = "", told: str = "") -> web.StreamResponse:
    """What is in use, since when, and which drafts are open."""
    memory = visit.desk.memory
    catalogue = await memory.library.catalogue()
    since = {(one.kind, one.name): one.at for one in catalogue.editions}
    drafts = {(one.kind, one.id): one for one in await memory.drafts.list()}
    hub = {(one.parcel.kind, one.parcel.name) for one in await memory.arrivals.active()}
    office = memory.office
    rows = [
        {
            "kind": kind,
            "name": name,
            "rows": len(office.tables[name].rows if kind == "table" else office.phrases.texts[name]),
            "since": since.get((kind, name), 0),
            "hub": (kind, name) in hub,
            "unsigned": kind == "phrases" and name in office.phrases.unsigned,
            "draft": drafts.get((kind, name)),
            "version": (await memory.drafts.open(name, kind=kind)).version,
        }
        for kind, name in _names(visit)
    ]
    may = visit.has(roles.EDITORS) and _may(visit)
    return visit.show("tables.html", status=409 if why else 200, why=why, told=told, rows=rows, may=may)


async def export(visit: Visit) -> web.StreamResponse:
    """The draft, or what is in use, as a workbook or as the plain file."""
    found = _one(visit)
    form = visit.asked("as", 10)
    if found is None:
        return visit.refuse(404, "no_such_page")
    kind, name = found
    draft = await visit.desk.memory.drafts.open(name, kind=kind)
    text = draft.text if draft.at else _in_use(visit, kind, name)
    plain = "csv" if kind == "table" else "toml"
    try:
        body = text.encode() if form == plain else await asyncio.to_thread(_book, visit, kind, name, text)
    except Fault as fault:
        return await tables(visit, why=visit.plain(fault.code, str(fault)))
    ending, mime = (plain, f"text/{plain}") if form == plain else ("xlsx", XLSX)
    answer = web.Response(body=body, content_type=mime)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return answer


def _book(visit: Visit, kind: Kind, name: str, text: str) -> bytes:
    if kind == "table":
        return table_xlsx(read_csv(name, text))
    return phrases_xlsx(visit.desk.memory.office.phrases, name, visit.desk.languages)


async def take(visit: Visit) -> web.StreamResponse:
    """Keep a spreadsheet or a plain file as the draft, if nobody has saved since the page was shown."""
    found, file = _one(visit), visit.form.get("file")
    if found is None or not _may(visit):
        return visit.refuse(404, "no_such_page")
    if not isinstance(file, web.FileField) or not file.filename:
        return await tables(visit, why=visit.say["choose_file"])
    kind, name = found
    said = visit.text("version", 9)
    data, signed = file.file.read(), visit.text("signed", 3) == "yes"
    try:
        text = await asyncio.to_thread(_read, visit, kind, name, data, signed)
        kept = await visit.desk.memory.drafts.save(
            name,
            text,
            expected=digits(said),
            by=visit.user.name,
            note=visit.text("note", LONG),
            kind=kind,
            otherwise=_in_use(visit, kind, name),
        )
    except Fault as fault:
        return await tables(visit, why=visit.plain(fault.code, str(fault)))
    if isinstance(kept, Stale):
        return await tables(visit, why=visit.say["saved_meanwhile"].format(by=kept.by, at=visit.moment(kept.at)))
    return visit.go("/tables")


def _read(visit: Visit, kind: Kind, name: str, data: bytes, signed: bool) -> str:  # noqa: FBT001 - handed to a thread
    packed = data.startswith(b"PK")
    if kind == "table":
        text = read_table(name, data) if packed else data.decode("utf-8-sig", "replace")
        return table_csv(read_csv(name, text))
    if packed:
        return read_phrases(name, data, visit.desk.memory.office.phrases, signed=signed)
    raise DraftFault(f"{name}: the words of the channel come back as a workbook (.xlsx)")


async def send(visit: Visit) -> web.StreamResponse:
    """Propose the draft, or give it up."""
    found, by, note = _one(visit), visit.user.name, visit.text("note", LONG)
    if found is None or not _may(visit) or visit.part("act") not in {"propose", "discard"}:
        return visit.refuse(404, "no_such_page")
    kind, name = found
    try:
        if visit.part("act") == "discard":
            await visit.desk.memory.drafts.discard(name, by, kind=kind, note=note)
            return visit.go("/tables")
        await visit.desk.hands["propose"](name, by, note, _moment(visit), kind=kind)
    except Fault as fault:
        return await tables(visit, why=visit.plain(fault.code, str(fault)))
    return visit.go("/publishing")


def _moment(visit: Visit) -> int | None:
    """When it is to take effect; None: as soon as it is approved."""
    try:
        at = datetime.fromisoformat(visit.text("from", 20))
    except ValueError:
        return None
    return int(at.replace(tzinfo=visit.desk.zone).timestamp())


def _one(visit: Visit) -> tuple[Kind, str] | None:
    found: Any = (KINDS.get(visit.part("what")), visit.part("subject"))
    return found if found in _names(visit) else None


PAGES: Final = (
    Page("GET", "/tables", roles.EDITORS | roles.AUDITORS, tables, nav="tables"),
    Page("GET", "/tables/{what}/{subject}", roles.EDITORS | roles.AUDITORS, export),
    Page("POST", "/tables/{what}/{subject}", roles.EDITORS, take, most=MOST),
    Page("POST", "/tables/{what}/{subject}/{act}", roles.EDITORS, send),
)
