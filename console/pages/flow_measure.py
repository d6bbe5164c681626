"""What the words that stand in a form now would come to: the room of their screen, and what they cost a citizen."""

from typing import Any, Final

from aiohttp import web

from console import roles
from console.page import Page
from console.pages.flow import room_words, step_of
from console.studio import posted
from console.studio.costs import Spent, tariffs_of
from console.studio.look import Look, message_rooms
from console.studio.work import PLACE, Work, opened
from console.visit import Visit
from flows.editing import EditFault, edit
from flows.errors import Fault

_MOST: Final = 4 * 1024 * 1024


async def _as_typed(work: Work) -> tuple[Look, str]:
    """The draft with what stands in the form, and why it cannot be looked at."""
    try:
        text = work.draft.text
        for change in posted.changes_in(text, work.visit.form):
            text = edit(text, change, f"{work.name}.yaml")
    except EditFault as fault:
        return work.look, str(fault)
    memory = work.visit.desk.memory
    return await work.visit.desk.studio.look(text, work.name, memory.office, memory.drafts), ""


async def rooms(visit: Visit) -> web.StreamResponse:
    """The room of the open step, or of the messages; asked for while somebody types."""
    work = await opened(visit)
    look, why = await _as_typed(work)
    if visit.asked("of", 10) == "messages":
        return visit.show("flow_told.html", told=told_of(work, look), why=why)
    at = step_of(work)
    found = look.rooms[at] if at < len(look.rooms) else {}
    told = {tag: (room, room_words(work, room)) for tag, room in found.items()}
    return visit.show("flow_rooms.html", rooms=told, why=why, tags=work.languages)


def told_of(work: Work, look: Look) -> dict[tuple[str, str], str]:
    """(message, language) -> how many SMS it takes at its longest values."""
    flow, say = look.flow, work.visit.say["fl_sms_room"]
    names = (*flow.messages.named, *flow.messages.status) if flow is not None else ()
    return {
        (name, tag): say.format(n=room.parts, units=room.units, limit=room.limit)
        for name in names
        for tag, room in message_rooms(look, name).items()
    }


async def spent(work: Work, look: Look) -> dict[str, Any]:
    """What the usual way costs with this text, beside what is live; beside what is saved where nothing is live.

    The values are those of `flow_spent.html`.
    """
    memory, revision = work.visit.desk.memory, look.revision
    if revision is None:
        return {"costs": (), "silent": work.visit.say["fl_phone_silent"], "beside": "", "language_names": {}}
    live = memory.office.live.get(work.name)
    old = live if live is not None else work.look.revision
    costs: list[Spent] = []
    silent = ""
    try:
        today, tariffs = work.today().date(), tariffs_of(memory.routes.all)
        costs += await work.visit.desk.studio.costs.compare(old, revision, memory.office, today, tariffs)
    except Fault as fault:
        silent = str(fault)
    beside = "" if old is None or old.digest == revision.digest else "fl_beside_live" if live else "fl_beside_saved"
    names = {one.language: memory.office.phrases.names.get(one.language, one.language) for one in costs}
    return {"costs": costs, "silent": silent, "beside": beside, "language_names": names}


async def page(visit: Visit) -> web.StreamResponse:
    """What the draft costs, as a page of its own: for readers without a script, and to print."""
    work = await opened(visit)
    return work.show("flow_costs.html", **await spent(work, work.look))


async def typed(visit: Visit) -> web.StreamResponse:
    """The same for the words that stand in the form of a step now."""
    work = await opened(visit)
    look, _ = await _as_typed(work)
    return work.show("flow_spent.html", **await spent(work, look))


PAGES: Final = (
    Page("POST", PLACE + "/rooms", roles.EDITORS, rooms, most=_MOST),
    Page("GET", PLACE + "/costs", roles.EDITORS, page),
    Page("POST", PLACE + "/costs", roles.EDITORS, typed, most=_MOST),
)
