"""What a service is beside its steps: its way in, whose it is, what it says before and sends after, its languages."""

from typing import Any, Final

from aiohttp import web

from console import roles
from console.page import Page
from console.pages.flow import room_words
from console.studio import posted
from console.studio.clash import clash
from console.studio.look import message_rooms
from console.studio.rows import TextRow, ValueRow, as_written, text_row
from console.studio.work import PLACE, Work, edited, opened
from console.visit import Visit
from flows.editing import AddLanguage, Change, EditFault, SetValue
from store.draft_values import Stale

_LISTS: Final = ("entry.ussd", "entry.sms")


async def page(visit: Visit) -> web.StreamResponse:
    """The form."""
    return _form(await opened(visit))


def _form(work: Work, status: int = 200, why: str = "", stale: Stale | None = None) -> web.Response:
    visit, flow = work.visit, work.look.sound
    names = visit.desk.memory.office.phrases.names
    known = [tag for tag in visit.desk.languages if tag not in flow.languages]
    rooms = {name: message_rooms(work.look, name) for name in (*flow.messages.named, *flow.messages.status)}
    told = {
        (name, tag): visit.say["fl_sms_room"].format(n=room.parts, units=room.units, limit=room.limit)
        for name, found in rooms.items()
        for tag, room in found.items()
    }
    return work.show(
        "flow_service.html",
        status=status,
        why=why,
        stale=stale,
        form=visit.form if why else {},
        both=clash(stale, visit.form) if stale else None,
        texts=_texts(work),
        messages=_messages(work),
        told=told,
        values=_values(work),
        lists=[(place, f"v_{place.replace('.', '_')}", ", ".join(_list(flow, place))) for place in _LISTS],
        more_languages=[(tag, names.get(tag, tag)) for tag in known],
        rooms={},
        room_words=room_words,
        language_names={tag: names.get(tag, tag) for tag in flow.languages},
    )


def _texts(work: Work) -> list[TextRow]:
    flow = work.look.sound
    rows = [*text_row(flow, "title", "w_title", flow.title)]
    if flow.notice is not None:
        rows += text_row(flow, "notice.purpose", "w_purpose", flow.notice.purpose)
    return rows


def _messages(work: Work) -> list[tuple[str, TextRow]]:
    flow = work.look.sound
    found = [(name, f"messages.{name}", text) for name, text in flow.messages.named.items()]
    found += [(name, f"messages.status.{name}", text) for name, text in flow.messages.status.items()]
    rows = [(name, row) for name, place, text in found for row in text_row(flow, place, "w_message", text)]
    for name in ("receipt", "dropped"):
        if flow.messages.get(name) is None:
            rows += [(name, row) for row in text_row(flow, f"messages.{name}", "w_message", None, wanted=False)]
    return rows


def _values(work: Work) -> list[ValueRow]:
    flow = work.look.sound
    rows = [ValueRow("agency", "v_agency", "line", flow.agency or "")]
    if flow.notice is not None:
        bases = [(one, f"b_{one}") for one in ("consent", "legal_task", "vital_interest")]
        rows.append(ValueRow("notice.basis", "v_basis", "choose", flow.notice.basis, bases))
        rows.append(ValueRow("notice.keep", "v_keep", "line", ""))
        rows.append(ValueRow("notice.contact", "v_contact", "line", flow.notice.contact))
    if flow.entry is not None:
        rows.append(ValueRow("entry.menu", "v_menu", "number", flow.entry.menu or ""))
    rows.append(ValueRow("resume", "v_resume", "line", ""))
    return as_written(work.draft.text, rows)


def _list(flow: Any, place: str) -> tuple[str, ...]:
    return getattr(flow.entry, place.split(".")[1], ()) if flow.entry is not None else ()


async def save(visit: Visit) -> web.StreamResponse:
    """Save it, or add a language."""
    work = await opened(visit)
    try:
        changes = posted.changes_in(work.draft.text, visit.form)
        changes += list(_lists(work))
        new = visit.text("new-language", 20)
        if new:
            changes.append(AddLanguage(new))
    except EditFault as fault:
        return _form(work, 422, str(fault))
    if any(
        getattr(one, "path", ()) == ("agency",) and not visit.scope.serves(str(one.value))
        for one in changes
        if isinstance(one, SetValue)
    ):
        return _form(work, 422, visit.say["fl_not_your_agency"])
    outcome = await edited(work, changes)
    if isinstance(outcome, str):
        return _form(work, 422, outcome)
    if isinstance(outcome, Stale):
        return _form(await opened(visit), 409, stale=outcome)
    return visit.go(work.address("/service", saved=outcome))


def _lists(work: Work) -> list[Change]:
    found: list[Change] = []
    for place in _LISTS:
        if f"c:{place}" not in work.visit.form:
            continue
        typed = work.visit.text(f"c:{place}", 300)
        values = [one for one in typed.replace(",", " ").split() if one]
        if tuple(values) != tuple(_list(work.look.sound, place)):
            found.append(SetValue(posted.path_of(place), values or None))
    return found


PAGES: Final = (
    Page("GET", PLACE + "/service", roles.EDITORS, page),
    Page("POST", PLACE + "/service", roles.ADMINS, save, most=4 * 1024 * 1024),
)
