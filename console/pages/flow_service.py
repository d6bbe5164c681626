"""What a service is beside its steps: its way in, whose it is, what it says before and sends after, its languages."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiohttp import web

from console import roles
from console.page import Page
from console.pages.flow import room_words
from console.pages.flow_measure import told_of
from console.studio import posted
from console.studio.clash import clash
from console.studio.rows import TextRow, ValueRow, as_written, pairs, text_row
from console.studio.work import PLACE, Work, edited, opened
from console.visit import Visit
from flows.editing import (
    AddLanguage,
    Change,
    EditFault,
    FirstLanguage,
    MoveUp,
    RemoveLanguage,
    SetText,
    SetValue,
)
from flows.model import Entry, Flow
from flows.steps import Ask
from store.draft_values import Stale

_MESSAGE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
STATUSES: Final = ("in_review", "needs_correction", "approved", "rejected", "ready", "closed", "transferred")
"""What an agency can say of a request; each may have words of its own, also for one reason."""
_FRESH: Final[Mapping[tuple[str, ...], Any]] = {("notice", "basis"): "legal_task", ("notice", "keep"): "30d"}
"""What a first notice says where nothing was chosen."""


async def page(visit: Visit) -> web.StreamResponse:
    """The form."""
    return _form(await opened(visit))


def _form(work: Work, status: int = 200, why: str = "", stale: Stale | None = None) -> web.Response:
    visit, flow = work.visit, work.look.sound
    names = visit.desk.memory.office.phrases.names
    known = [tag for tag in visit.desk.languages if tag not in flow.languages]
    return work.show(
        "flow_service.html",
        status=status,
        why=why,
        stale=stale,
        form=visit.form if why else {},
        both=clash(stale, visit.form) if stale else None,
        texts=_texts(work),
        messages=_messages(work),
        told=told_of(work, work.look),
        measure=work.link("/rooms", of="messages"),
        values=_values(work),
        statuses=STATUSES,
        first_language=flow.languages[0],
        more_languages=[(tag, names.get(tag, tag)) for tag in known],
        rooms={},
        room_words=room_words,
        language_names={tag: names.get(tag, tag) for tag in flow.languages},
    )


def _texts(work: Work) -> list[TextRow]:
    flow = work.look.sound
    rows = [*text_row(flow, "title", "w_title", flow.title)]
    if not flow.is_part:
        purpose = flow.notice.purpose if flow.notice is not None else None
        rows += text_row(flow, "notice.purpose", "w_purpose", purpose, wanted=flow.notice is not None)
        urgent = flow.entry.urgent if flow.entry is not None else None
        rows += text_row(flow, "entry.urgent", "w_urgent", urgent, wanted=urgent is not None)
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
    audiences = [(one, f"au_{one}") for one in ("g2c", "g2b", "g2g")]
    rows.append(ValueRow("audience", "v_audience", "choose", flow.audience, audiences))
    if not flow.is_part:
        rows += _of_notice(flow)
        rows += _of_entry(flow)
        rows.append(ValueRow("resume", "v_resume", "line", ""))
        rows.append(ValueRow("anonymous", "v_anonymous", "formula", ""))
    rows.append(ValueRow("computed", "v_computed", "pairs", pairs(work.draft.text, "computed")))
    return as_written(work.draft.text, rows)


def _of_notice(flow: Flow) -> list[ValueRow]:
    bases = [(one, f"b_{one}") for one in ("consent", "legal_task", "vital_interest")]
    basis = flow.notice.basis if flow.notice is not None else ""
    return [
        ValueRow("notice.controller", "v_controller", "line", ""),
        ValueRow("notice.basis", "v_basis", "choose", basis, bases if basis else [("", "-"), *bases]),
        ValueRow("notice.keep", "v_keep", "line", ""),
        ValueRow("notice.contact", "v_contact", "line", ""),
    ]


def _of_entry(flow: Flow) -> list[ValueRow]:
    entry = flow.entry if flow.entry is not None else Entry()
    names = dict.fromkeys([*entry.form, *(step.ask for step in flow.steps if isinstance(step, Ask))])
    return [
        ValueRow("entry.menu", "v_menu", "number", ""),
        ValueRow("entry.ussd", "v_entry_ussd", "codes", ", ".join(entry.ussd)),
        ValueRow("entry.sms", "v_entry_sms", "codes", ", ".join(entry.sms)),
        ValueRow("entry.form", "v_entry_form", "names", entry.form, [(one, one) for one in names]),
    ]


async def save(visit: Visit) -> web.StreamResponse:
    """Save it, or add a language."""
    work = await opened(visit)
    try:
        changes = [*posted.changes_in(work.draft.text, visit.form), *_more(work)]
    except EditFault as fault:
        return _form(work, 422, str(fault))
    changes = _first_notice(work, changes)
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


def _more(work: Work) -> Iterator[Change]:
    """Languages that come, go or are the first; a message that was not there; a name that goes up."""
    visit = work.visit
    if new := visit.text("new-language", 20):
        yield AddLanguage(new)
    first = visit.text("first-language", 20)
    if first and first != work.languages[0]:
        yield FirstLanguage(first)
    do, _, rest = visit.text("do", 160).partition(":")
    if do == "higher":
        yield MoveUp(posted.path_of(rest))
    elif do == "silence":
        yield RemoveLanguage(rest)
    yield from _new_message(work)


def _new_message(work: Work) -> Iterator[Change]:
    visit = work.visit
    name = visit.text("new-message", 80)
    words = {tag: str(visit.form.get(f"new-words-{tag}", "")) for tag in work.languages}
    words = {tag: said for tag, said in words.items() if said.strip()}
    if not name and not words:
        return
    if not name or not words:
        raise EditFault(visit.say["fl_message_half"])
    status = name.partition("/")[0] in STATUSES
    if not status and not _MESSAGE.fullmatch(name):
        raise EditFault(visit.say["fl_message_name"].format(name=name))
    place = ("messages", "status", name) if status else ("messages", name)
    if posted.at_place(work.draft.text, ".".join(place)) is not None:
        raise EditFault(visit.say["fl_message_there"].format(name=name))
    for tag, said in words.items():
        yield SetText(place, tag, said)


def _first_notice(work: Work, changes: list[Change]) -> list[Change]:
    """A notice that begins is of the service's agency, unless the form says whose it is."""
    places = {tuple(getattr(one, "path", ()))[:2] for one in changes}
    if work.look.sound.notice is not None or not any(place[:1] == ("notice",) for place in places):
        return changes
    fresh: dict[tuple[str, ...], Any] = {("notice", "controller"): work.look.sound.agency or "", **_FRESH}
    return [*changes, *(SetValue(place, value) for place, value in fresh.items() if place not in places)]


PAGES: Final = (
    Page("GET", PLACE + "/service", roles.EDITORS, page),
    Page("POST", PLACE + "/service", roles.ADMINS, save, most=4 * 1024 * 1024),
)
