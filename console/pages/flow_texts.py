"""All texts of a service side by side, edited in place; out to translators and back."""

import asyncio
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from console import roles
from console.page import UPLOAD, Page
from console.pages.flow import field_id
from console.studio import posted
from console.studio.work import PLACE, Work, edited, opened, theirs_and_mine
from console.visit import FILE, Visit
from flows.errors import Fault
from flows.text.measure import SMS, needs, segments, units
from flows.texts import Entry, TextsFault, apply, missing, read_po, read_xlsx, write_po, write_xlsx
from store.draft_values import Stale

_SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Cell:
    """One text in one language: its words, the room that they take, and whether they are missing."""

    tag: str
    id: str
    name: str
    words: str
    room: str
    over: bool


async def page(visit: Visit) -> web.StreamResponse:
    """The table."""
    return await _table(await opened(visit))


async def _table(work: Work, status: int = 200, why: str = "", stale: Stale | None = None) -> web.Response:
    visit, flow = work.visit, work.look.sound
    found = work.look.entries
    lacking = missing(found, flow.languages)
    lines = [(one, where(work, one), [_cell(work, one, tag) for tag in flow.languages]) for one in found]
    only = visit.asked("only", 10) == "missing"
    if only:
        lines = [line for line in lines if any(not cell.words for cell in line[2])]
    names = visit.desk.memory.office.phrases.names
    return work.show(
        "flow_texts.html",
        status=status,
        why=why,
        stale=stale,
        pairs=theirs_and_mine(stale, visit.form) if stale else [],
        lines=lines,
        lacking=lacking,
        only=only,
        may_edit=visit.has(WRITERS),
        language_names={tag: names.get(tag, tag) for tag in flow.languages},
    )


WRITERS: Final = frozenset({roles.ADMIN, roles.TRANSLATOR})


def where(work: Work, one: Entry) -> str:
    """How a reader finds a text: its step, else what it is part of."""
    if one.step:
        steps = {work.look.sound.step_name(at): at for at in range(len(work.look.sound.steps))}
        return work.step(steps[one.step]) if one.step in steps else one.step
    head, _, rest = one.key.partition(".")
    return " ".join(filter(None, (work.visit.say.get(f"p_{head}", head), rest.replace(".", " "))))


def _cell(work: Work, one: Entry, tag: str) -> Cell:
    words = one.words.get(tag, "")
    at = _step_of(one)
    room = work.look.rooms[at].get(tag) if at is not None and one.key.split(".")[2] in _SCREENS else None
    if one.key.startswith("messages."):
        told = work.visit.say["fl_sms_room"].format(n=segments(words), units=units(words), limit=SMS.limit(words))
        over = segments(words) > 1
    elif room is not None:
        told = f"{room.units}/{room.limit}" + (f" · {len(room.pages)}" if len(room.pages) > 1 else "")
        over = room.share > 1
    else:
        told, over = f"{units(words)} {work.visit.say['e_' + needs(words)]}", False
    return Cell(tag, field_id(one.key, tag), f"t:{one.key}:{tag}", words, told if words else "", over)


_SCREENS: Final = frozenset({"say", "text", "menu", "end"})


def _step_of(one: Entry) -> int | None:
    parts = one.key.split(".")
    return int(parts[1]) if parts[0] == "steps" else None


async def save(visit: Visit) -> web.StreamResponse:
    """Save every cell that was changed, in one version."""
    work = await opened(visit)
    sent = posted.only_texts(visit.form)
    try:
        changes = posted.changes_in(work.draft.text, sent)
    except Fault as fault:
        return await _table(work, 422, str(fault))
    outcome = await edited(work, changes, "texts")
    if isinstance(outcome, str):
        return await _table(work, 422, outcome)
    if isinstance(outcome, Stale):
        return await _table(await opened(visit), 409, stale=outcome)
    return visit.go(work.address("/texts", saved=outcome, only=visit.text("only", 10)))


async def give(visit: Visit) -> web.StreamResponse:
    """The texts as a workbook of all languages, or as a PO file of one."""
    work = await opened(visit)
    flow, found = work.look.sound, work.look.entries
    if visit.part("ending") == "xlsx":
        body = await asyncio.to_thread(write_xlsx, found, flow.languages)
        kind, name = _SHEET, f"{work.name}.xlsx"
    else:
        body = write_po(found, flow.languages[0], work.language).encode()
        kind, name = "text/x-gettext-translation", f"{work.name}-{work.language}.po"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=body, content_type=kind, headers=headers)


async def take(visit: Visit) -> web.StreamResponse:
    """Take a translator's file back: only the cells that differ are changed, or nothing is."""
    work = await opened(visit)
    sent = visit.form.get("file")
    if not isinstance(sent, FILE):
        return await _table(work, 422, visit.say["fl_no_file"])
    data = sent.file.read()
    try:
        text = await asyncio.to_thread(_applied, work, data, sent.filename)
    except (Fault, UnicodeDecodeError) as fault:
        why = str(fault) if isinstance(fault, Fault) else visit.say["fl_not_text"]
        return await _table(work, 422, why)
    outcome = await work.keep(text, "import")
    if isinstance(outcome, Stale):
        return await _table(await opened(visit), 409, stale=outcome)
    return visit.go(work.address("/texts", saved=outcome))


def _applied(work: Work, data: bytes, filename: str) -> str:
    flow, found = work.look.sound, work.look.entries
    if data[:2] == b"PK":
        back = read_xlsx(data, found, flow.languages)
    elif filename.endswith(".po") or data.lstrip()[:5] in (b"msgid", b"msgct", b"#, fu"):
        back = read_po(data.decode("utf-8-sig"), found, flow.languages[0], _language_of(work, data))
    else:
        raise TextsFault(work.visit.say["fl_not_a_texts_file"])
    return apply(work.draft.text, f"{work.name}.yaml", back.changes, back.rows)


def _language_of(work: Work, data: bytes) -> str:
    """The language that a PO file names, else the one that was chosen beside the file."""
    head = data[:4000].decode("utf-8", "replace")
    _, named, rest = head.partition("Language:")
    tag = rest.split("\\n")[0].strip() if named else ""
    return tag if tag in work.languages else work.language


PAGES: Final = (
    Page("GET", PLACE + "/texts", roles.EDITORS, page),
    Page("POST", PLACE + "/texts", WRITERS, save, most=4 * 1024 * 1024),
    Page("GET", PLACE + "/texts/file.{ending}", roles.EDITORS, give),
    Page("POST", PLACE + "/texts/file", WRITERS, take, most=UPLOAD),
)
