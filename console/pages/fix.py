"""Fix: only what an agency refused, with the reason in plain words and the citizen's answer; then it is sent anew."""

from typing import Final

from aiohttp import web

from console import fixing, roles
from console.page import Page
from console.pages.request import REFERENCE, found, note_read
from console.reading import Reader, body
from console.visit import Visit
from store.queue import Entry
from store.values import Task


async def _task(visit: Visit, entry: Entry) -> Task | None:
    """What waits for an officer, of the agency that the address or the form names, else the first."""
    agency = visit.text("agency", 60) or visit.asked("agency", 60)
    tasks = await visit.desk.memory.review.waiting(entry.reference, visit.scope)
    return next((one for one in tasks if agency in {"", one.agency}), None)


async def fix(visit: Visit) -> web.StreamResponse:
    """The form."""
    entry = await found(visit)
    if entry is None:
        return visit.refuse(404, "no_such_page")
    task = await _task(visit, entry)
    if task is None:
        return visit.refuse(409, "settled_meanwhile")
    await note_read(visit, entry)
    return _show(visit, entry, task)


def _show(
    visit: Visit, entry: Entry, task: Task, asked: list[fixing.Question] | None = None, why: str = "", note: str = ""
) -> web.Response:
    reader, data = Reader(visit), body(task.event)
    way = next((one for one in entry.ways if one.agency == task.agency), None)
    if asked is None and data is not None:
        asked = fixing.questions(visit, reader, data, task.fields)
    return visit.show(
        "fix.html",
        status=400 if why else 200,
        entry=entry,
        line=reader.line(entry),
        task=task,
        because=reader.refusal(way) if way else reader.reason(task.reason),
        asked=asked or [],
        mark=fixing.MARK,
        sealed=data is None,
        named=bool(task.fields),
        why=why,
        note=note,
    )


async def send(visit: Visit) -> web.StreamResponse:
    """Read what was typed; when all of it fits, the case goes on as its next revision."""
    entry = await found(visit)
    if entry is None:
        return visit.refuse(404, "no_such_page")
    task, note = await _task(visit, entry), visit.text("note")
    # A second press, or a colleague, has settled it: nothing is sent twice.
    if task is None or visit.text("revision") != str(task.case_revision):
        return visit.refuse(409, "settled_meanwhile")
    data, reader = body(task.event), Reader(visit)
    if data is None:
        return _show(visit, entry, task, why="fix_sealed")
    asked = fixing.questions(visit, reader, data, task.fields)
    values, again = fixing.answered(visit, reader, data, asked)
    if any(one.problem for one in again):
        return _show(visit, entry, task, again, "fix_look", note)
    if not values and not visit.text("same"):
        return _show(visit, entry, task, again, "fix_nothing", note)
    review, user = visit.desk.memory.review, visit.user
    await review.amend(task.seq, task.agency, values, actor=user.name, note=note, scope=visit.scope)
    return visit.go(f"/queue/{entry.reference}")


PAGES: Final = (
    Page("GET", f"/queue/{REFERENCE}/fix", roles.OFFICERS, fix),
    Page("POST", f"/queue/{REFERENCE}/fix", roles.OFFICERS, send),
)
