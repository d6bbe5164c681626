"""All texts of a service side by side, edited in place; out to translators and back."""

import asyncio
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from console import roles
from console.page import UPLOAD, Page
from console.pages.flow import field_id
from console.studio import posted
from console.studio.clash import clash
from console.studio.reviewing import Places, Standing, place_names, seen_of, standing, ticks_of
from console.studio.work import PLACE, Work, edited, opened
from console.visit import FILE, Visit
from flows.cells import XLSX
from flows.errors import Fault
from flows.text.measure import SMS, needs, segments, units
from flows.texts import Back, Entry, Marks, TextsFault, apply, missing, read_po, read_xlsx, write_po, write_xlsx
from store.draft_values import Stale


@dataclass(frozen=True, slots=True)
class Cell:
    """One text in one language: its words, the room that they take, and whether somebody has accepted them."""

    tag: str
    id: str
    name: str
    words: str
    room: str
    over: bool
    standing: Standing


async def page(visit: Visit) -> web.StreamResponse:
    """The table."""
    return await _table(await opened(visit))


async def _table(work: Work, status: int = 200, why: str = "", stale: Stale | None = None) -> web.Response:
    visit, flow = work.visit, work.look.sound
    found = work.look.entries
    lacking = missing(found, flow.languages)
    wording = visit.desk.memory.wording
    marks, places = await wording.marks(), await wording.places(work.name)
    lines = [
        (
            one,
            where(work, one),
            [_cell(work, one, tag, _stands(work, one, place, tag, marks, places)) for tag in flow.languages],
        )
        for one, place in zip(found, place_names(found), strict=True)
    ]
    reviewed = {
        tag: sum(line[2][at].standing.state == "yes" for line in lines) for at, tag in enumerate(flow.languages)
    }
    only = visit.asked("only", 10) or visit.text("only", 10)
    if only in _ONLY:
        lines = [line for line in lines if any(cell.standing.state in _ONLY[only] for cell in line[2])]
    names = visit.desk.memory.office.phrases.names
    return work.show(
        "flow_texts.html",
        status=status,
        why=why,
        stale=stale,
        both=clash(stale, visit.form) if stale else None,
        lines=lines,
        typed=visit.form if why and not stale else {},
        lacking=lacking,
        reviewed=reviewed,
        count=len(found),
        only=only if only in _ONLY else "",
        may_edit=visit.has(WRITERS),
        language_names={tag: names.get(tag, tag) for tag in flow.languages},
    )


_ONLY: Final = {"missing": frozenset({"none"}), "open": frozenset({"none", "no", "stale"})}
"""What the table may be narrowed to, and which cells keep a line in it."""

WRITERS: Final = frozenset({roles.ADMIN, roles.TRANSLATOR})


NAMED: Final = frozenset({"fields", "messages"})
PARTS: Final = {"choices": "option"}
"""Parts of a text's place whose word is called otherwise."""


def where(work: Work, one: Entry) -> str:
    """How a reader finds a text: its step, else what it is part of."""
    if one.step:
        steps = {work.look.sound.step_name(at): at for at in range(len(work.look.sound.steps))}
        return work.step(steps[one.step]) if one.step in steps else one.step
    say, (head, *rest) = work.visit.say, one.key.split(".")
    # The first part below the fields and the messages is a name that somebody gave: no word of ours.
    named = rest[:1] if head in NAMED else []
    words = [say.get(f"w_{PARTS.get(part, part)}", part) for part in rest[len(named) :]]
    return " ".join([say.get(f"p_{head}", head), *named, *words])


def _stands(work: Work, one: Entry, place: str, tag: str, marks: Marks, places: Places) -> Standing:
    return standing(one, place, tag, work.look.sound.languages[0], marks, places)


def _cell(work: Work, one: Entry, tag: str, stands: Standing) -> Cell:
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
    return Cell(tag, field_id(one.key, tag), f"t:{one.key}:{tag}", words, told if words else "", over, stands)


_SCREENS: Final = frozenset({"say", "text", "menu", "end"})


def _step_of(one: Entry) -> int | None:
    parts = one.key.split(".")
    return int(parts[1]) if parts[0] == "steps" else None


async def save(visit: Visit) -> web.StreamResponse:
    """Save every cell that was changed, in one version, and who has accepted which words."""
    work = await opened(visit)
    sent = posted.only_texts(visit.form)
    try:
        changes = posted.changes_in(work.draft.text, sent)
    except Fault as fault:
        return await _table(work, 422, str(fault))
    outcome = await edited(work, changes, "texts")
    if isinstance(outcome, str):
        return await _table(work, 422, outcome)
    after = await opened(visit)
    await _tick(after)
    if isinstance(outcome, Stale):
        return await _table(after, 409, stale=outcome)
    return visit.go(work.address("/texts", saved=outcome, only=visit.text("only", 10)))


async def _tick(work: Work) -> None:
    """Keep the ticks of the form, as far as they are of the words that stand there now."""
    visit, found, first = work.visit, work.look.entries, work.look.sound.languages[0]
    form = {name: value for name, value in visit.form.items() if isinstance(value, str)}
    ticks = ticks_of(found, first, form)
    wording, day = visit.desk.memory.wording, f"{work.today():%Y-%m-%d}"
    await wording.withdraw(work.name, ticks.withdrawn, visit.user.name)
    await wording.accept(work.name, seen_of(found, first, ticks.accepted), visit.user.name, day)


async def give(visit: Visit) -> web.StreamResponse:
    """The texts as a workbook of all languages, or as a PO file of one."""
    work = await opened(visit)
    flow, found = work.look.sound, work.look.entries
    marks = await visit.desk.memory.wording.marks()
    if visit.part("ending") == "xlsx":
        body = await asyncio.to_thread(write_xlsx, found, flow.languages, None, marks)
        kind, name = XLSX, f"{work.name}.xlsx"
    else:
        body = write_po(found, flow.languages[0], work.language, marks).encode()
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
        back = await asyncio.to_thread(_read, work, data, sent.filename)
        text = await asyncio.to_thread(apply, work.draft.text, f"{work.name}.yaml", back.changes, back.rows)
    except (Fault, UnicodeDecodeError) as fault:
        why = str(fault) if isinstance(fault, Fault) else visit.say["fl_not_text"]
        return await _table(work, 422, why)
    outcome = await work.keep(text, "import")
    if isinstance(outcome, Stale):
        return await _table(await opened(visit), 409, stale=outcome)
    await _accept(await opened(visit), back)
    return visit.go(work.address("/texts", saved=outcome))


async def _accept(work: Work, back: Back) -> None:
    """Who brings a translator's file stands for what is marked in it; a mark that it lacks takes none away."""
    visit, found, first = work.visit, work.look.entries, work.look.sound.languages[0]
    wording = visit.desk.memory.wording
    marks = await wording.marks()
    new = [
        (one.key, tag)
        for one in found
        for tag in one.words
        if back.ticks.get((one.key, tag)) and not marks.has(one, tag, first)
    ]
    seen = seen_of(found, first, new)
    await wording.accept(work.name, seen, visit.user.name, f"{work.today():%Y-%m-%d}")


def _read(work: Work, data: bytes, filename: str) -> Back:
    flow, found = work.look.sound, work.look.entries
    if data[:2] == b"PK":
        return read_xlsx(data, found, flow.languages)
    if (filename.endswith(".po") and data.strip()) or data.lstrip()[:5] in (b"msgid", b"msgct", b"#, fu"):
        return read_po(data.decode("utf-8-sig"), found, flow.languages[0], _language_of(work, data))
    raise TextsFault(work.visit.say["fl_not_a_texts_file"])


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
