"""USB: what waits goes into one sealed file, and the agencies' receipts come home; nothing is lost with a stick."""

from typing import Final

from aiohttp import web

from console import roles
from console.page import UPLOAD, Page
from console.sticks import Receipt
from console.visit import Visit

MOST: Final = 20
"""Files read at once."""


async def transfer(visit: Visit, *, read: list[Receipt] | None = None, why: str = "") -> web.StreamResponse:
    """What waits, what was written, what was read just now."""
    sticks = visit.desk.sticks
    may = sticks is not None and _may(visit)
    written = list(sticks.written()) if sticks is not None and may else []
    waiting = sum(one.waiting - one.carried for one in visit.links)
    carried = sum(one.carried for one in visit.links)
    return visit.show(
        "transfer.html",
        status=400 if why else 200,
        written=written,
        waiting=waiting,
        carried=carried,
        read=read,
        why=why,
        there=may,
        other=sticks is not None and not may,
        newest=visit.asked("new", 120),
    )


def _may(visit: Visit) -> bool:
    """A file carries what waits of the whole node: for those whose district this is, and who serve all agencies."""
    return visit.scope.holds(visit.desk.district) and visit.scope.every_agency


async def write(visit: Visit) -> web.StreamResponse:
    """Write a new file; then it can be saved on the stick."""
    if visit.desk.sticks is None or not _may(visit):
        return visit.refuse(403, "not_yours")
    stick = await visit.desk.sticks.write()
    facts = {"requests": sum(stick.records.values()), "sha256": stick.sha256}
    await visit.desk.memory.audit.note(visit.user.name, "bundle_written", stick.name, **facts)
    return visit.go(f"/transfer?new={stick.name}")


async def fetch(visit: Visit) -> web.StreamResponse:
    """The file itself: sealed for the agencies, so that it may lie about."""
    sticks = visit.desk.sticks
    path = sticks.file(visit.part("name")) if sticks is not None and _may(visit) else None
    if path is None:
        return visit.refuse(404, "no_such_page")
    answer = web.FileResponse(path)
    answer.headers["Content-Type"] = "application/octet-stream"
    answer.headers["Content-Disposition"] = f'attachment; filename="{path.name}"'
    return answer


async def read(visit: Visit) -> web.StreamResponse:
    """Read the receipts that were chosen; each says what it brought, or why it is not one."""
    if visit.desk.sticks is None or not _may(visit):
        return visit.refuse(403, "not_yours")
    chosen = [one for one in visit.form.getall("files", []) if isinstance(one, web.FileField) and one.filename]
    if not chosen or len(chosen) > MOST:
        return await transfer(visit, why="choose_files")
    files = {f"{number}: {one.filename[:80]}": one.file.read() for number, one in enumerate(chosen, 1)}
    receipts = list(await visit.desk.sticks.read(files))
    good = sum(not one.problem for one in receipts)
    await visit.desk.memory.audit.note(visit.user.name, "receipts_read", "", files=len(files), good=good)
    return await transfer(visit, read=receipts)


PAGES: Final = (
    Page("GET", "/transfer", roles.OFFICERS, transfer),
    Page("POST", "/transfer/write", roles.OFFICERS, write),
    Page("GET", "/transfer/{name}", roles.OFFICERS, fetch),
    Page("POST", "/transfer/read", roles.OFFICERS, read, most=UPLOAD),
)
