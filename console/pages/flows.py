"""All services of a node: what is live, being edited, wrong; and new ones from a template or another system."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from console import roles
from console.page import UPLOAD, Page
from console.studio.work import is_hers
from console.visit import FILE, Visit
from flows.editing import TEMPLATES, EditFault, new_flow
from flows.editing.templates import starter
from flows.errors import Fault
from flows.imports import Imported, import_rapidpro, import_xlsform
from store.draft_values import DraftHead, Kind, Stale
from store.figures import Tried

_ID: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
FIRST_NUMBER: Final = 1
LAST_NUMBER: Final = 98


@dataclass(frozen=True, slots=True)
class Line:
    """One service of the list."""

    name: str
    title: str
    agency: str
    number: int | None
    version: int
    live_at: int
    paused: bool
    head: DraftHead | None
    errors: int
    warnings: int
    tried: Tried


async def lines(visit: Visit) -> list[Line]:
    """The services that this reader may see, by their number in the front menu."""
    memory = visit.desk.memory
    heads = {one.id: one for one in await memory.drafts.list() if one.kind == "flow"}
    tried = await memory.figures.tried(visit.scope)
    found = []
    for name in sorted({*heads, *memory.office.live}):
        draft = await memory.drafts.open(name)
        look = await visit.desk.studio.look(draft.text, name, memory.office, memory.drafts)
        if not is_hers(visit, name, look):
            continue
        acts = [one for one in await memory.library.versions(name) if one.act in {"publish", "rollback"}]
        flow = look.flow
        found.append(
            Line(
                name,
                flow.title.say(visit.language) if flow else name,
                (flow.agency or "") if flow else "",
                flow.entry.menu if flow and flow.entry else None,
                acts[-1].version if acts else 0,
                acts[-1].at if acts else 0,
                name in memory.office.paused,
                heads.get(name),
                len(look.errors),
                len(look.warnings),
                tried.get(name, Tried()),
            )
        )
    return sorted(found, key=lambda one: (one.number or LAST_NUMBER + 1, one.name))


async def page(visit: Visit) -> web.StreamResponse:
    """The list."""
    waiting = [one for one in await visit.desk.memory.drafts.proposals() if one.kind == "flow"]
    return visit.show("flows.html", lines=await lines(visit), waiting=waiting, editable=visit.has(roles.ADMINS))


async def _new(visit: Visit, status: int = 200, why: str = "", **typed: Any) -> web.Response:
    office = visit.desk.memory.office
    taken = {one.flow.entry.menu for one in office.live.values() if one.flow.entry is not None}
    taken |= {int(one.value) for one in await visit.desk.memory.library.codes() if one.value.isdecimal()}
    agencies = sorted({one.flow.agency for one in office.live.values() if one.flow.agency})
    free = next((n for n in range(FIRST_NUMBER, LAST_NUMBER) if n not in taken and "9" not in str(n)), LAST_NUMBER)
    values: dict[str, Any] = {"from": visit.asked("from", 40) or TEMPLATES[0], "menu": free, "id": "", "agency": ""}
    return visit.show(
        "flow_new.html",
        status=status,
        why=why,
        typed=values | typed,
        templates=TEMPLATES,
        services=sorted(office.live),
        agencies=[one for one in agencies if visit.scope.serves(one)],
    )


async def new(visit: Visit) -> web.StreamResponse:
    """The form of a new service."""
    return await _new(visit)


async def make(visit: Visit) -> web.StreamResponse:
    """Make a draft of a template, or of a service."""
    typed = {
        name: visit.text(name, 100) for name in ("from", "id", "agency", "title-lo", "title-en", "menu", "keyword")
    }
    try:
        text = await _made(visit, typed)
    except EditFault as fault:
        return await _new(visit, 422, str(fault), **typed)
    return await _begun(visit, typed["id"], text, lambda why: _new(visit, 409, why, **typed))


async def _made(visit: Visit, typed: dict[str, str]) -> str:
    say = visit.say
    if not _ID.fullmatch(typed["id"]):
        raise EditFault(say["fl_bad_id"])
    if not visit.scope.serves(typed["agency"]):
        raise EditFault(say["fl_not_your_agency"])
    if not typed["menu"].isdecimal():
        raise EditFault(say["fl_bad_number"])
    office = visit.desk.memory.office
    begin = typed["from"]
    source = starter(begin) if begin in TEMPLATES else office.live[begin].source if begin in office.live else ""
    if not source:
        raise EditFault(say["fl_no_template"])
    title = {"lo": typed["title-lo"], "en": typed["title-en"]}
    return new_flow(
        source, id_=typed["id"], agency=typed["agency"], title=title, menu=int(typed["menu"]), keyword=typed["keyword"]
    )


async def _begun(
    visit: Visit, name: str, text: str, again: Callable[[str], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Keep the first draft of a service; never over another one."""
    drafts = visit.desk.memory.drafts
    if (await drafts.open(name)).text:
        return await again(visit.say["fl_id_taken"].format(id=name))
    version = (await drafts.open(name)).version
    saved = await drafts.save(name, text, expected=version, by=visit.user.name, note="new", otherwise=text)
    if isinstance(saved, Stale):
        return await again(visit.say["fl_id_taken"].format(id=name))
    await visit.desk.memory.audit.note(visit.user.name, "flow_new", name)
    return visit.go(f"/flows/{name}")


async def bring(visit: Visit) -> web.StreamResponse:
    """The form of an import."""
    return visit.show("flow_import.html", why="", made=(), told=())


async def take(visit: Visit) -> web.StreamResponse:
    """Make drafts of an XLSForm, or of what RapidPro and TextIt export; says what did not come over."""
    sent = visit.form.get("file")
    if not isinstance(sent, FILE):
        return visit.show("flow_import.html", status=422, why=visit.say["fl_no_file"], made=(), told=())
    data = sent.file.read()
    agency = visit.text("agency", 40) or "office"
    if not visit.scope.serves(agency):
        return visit.show("flow_import.html", status=422, why=visit.say["fl_not_your_agency"], made=(), told=())
    try:
        made = await asyncio.to_thread(_imported, sent.filename, data, agency)
    except Fault as fault:
        return visit.show("flow_import.html", status=422, why=str(fault), made=(), told=())
    kept, told = [], [str(one) for one in made.left]
    drafts = visit.desk.memory.drafts
    for kind, texts in _kinds(made):
        for name, text in texts.items():
            draft = await drafts.open(name, kind=kind)
            if draft.text:
                told.append(visit.say["fl_id_taken"].format(id=name))
                continue
            by = visit.user.name
            await drafts.save(name, text, expected=draft.version, by=by, note="import", kind=kind, otherwise=text)
            kept.append((kind, name))
    await visit.desk.memory.audit.note(visit.user.name, "flow_import", ", ".join(name for _, name in kept))
    return visit.show("flow_import.html", why="", made=kept, told=told)


def _kinds(made: Imported) -> list[tuple[Kind, Mapping[str, str]]]:
    return [("flow", made.files), ("table", made.tables)]


def _imported(filename: str, data: bytes, agency: str) -> Imported:
    """By what the file is, not by its name: a workbook is a form, anything else an export of flows."""
    if data[:2] == b"PK":
        stem = filename.rpartition(".")[0] or "form"
        return import_xlsform(data, name=stem, agency=agency)
    return import_rapidpro(data, agency=agency)


PAGES: Final = (
    Page("GET", "/flows", roles.EDITORS, page, nav="flows"),
    Page("GET", "/flows/new", roles.ADMINS, new),
    Page("POST", "/flows/new", roles.ADMINS, make),
    Page("GET", "/flows/import", roles.ADMINS, bring),
    Page("POST", "/flows/import", roles.ADMINS, take, most=UPLOAD),
)
