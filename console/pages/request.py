"""One request: what was answered, how it stands with each agency, what happened; withdrawing it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from console import roles
from console.page import Page
from console.reading import Answer, Reader, body, carrier, is_conflict, is_sealed, masked
from console.trail import on_stick, steps
from console.visit import Visit
from flows.reference import format_reference
from store.queue import Entry

REFERENCE: Final = "{ref:[0-9]+}"
SHORTEST: Final = 5
"""Letters that a reason needs to be one."""

READ_EVERY: Final = 3600
"""Seconds in which the same person reads the same request, for the audit, once."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An answer that was put right later: what it was, and until which revision."""

    revision: int
    label: str
    value: str


async def found(visit: Visit) -> Entry | None:
    """The request of the address, within her scope."""
    return await visit.desk.memory.queue.one(visit.scope, visit.part("ref"))


async def note_read(visit: Visit, *entries: Entry) -> None:
    """Write into the audit that she reads these answers, once an hour; what is sealed or gone she cannot read."""
    memory = visit.desk.memory
    since = memory.clock.steady() - READ_EVERY
    for entry in entries:
        if body(entry.event) is None:
            continue
        lately = await memory.audit.entries(subject=entry.reference, limit=40)
        if not any(one.act == "request_read" and one.actor == visit.user.name and one.at > since for one in lately):
            await memory.queue.note(visit.user.name, "request_read", entry.reference)


async def request(visit: Visit, *, number: str = "", why: str = "", worked: bool = False) -> web.StreamResponse:
    """The page; `number` and `worked` show what it holds back otherwise."""
    entry = await found(visit)
    if entry is None:
        return visit.refuse(404, "no_such_page")
    reader = Reader(visit)
    store = visit.desk.memory
    await note_read(visit, entry)
    hops = await store.trail(entry.reference)
    answers, hidden = list(reader.answers(entry, entry.event)), list(reader.worked_out(entry, entry.event))
    return visit.show(
        "request.html",
        status=400 if why else 200,
        entry=entry,
        line=reader.line(entry),
        reader=reader,
        carrier=carrier,
        answers=answers,
        computed=bool(hidden) and not worked,
        worked=hidden if worked else [],
        earlier=await _earlier(visit, reader, entry, answers),
        trail=list(steps(visit, reader, hops)),
        sticks={hop.agency: hop.at for hop in hops if on_stick(hop)},
        seen=await store.audit.entries(subject=entry.reference, limit=20) if visit.has(roles.AUDITORS) else [],
        number=number or masked(entry.msisdn),
        revealed=bool(number),
        why=why,
        sealed=is_sealed(entry.event),
        gone=entry.event is None,
        data=body(entry.event),
        conflicts=is_conflict(entry),
        to_fix=any(way.state == "officer_review" for way in entry.ways),
    )


async def _earlier(visit: Visit, reader: Reader, entry: Entry, now: list[Answer]) -> list[Earlier]:
    """What the answers were before they were put right."""
    if entry.case_revision == 1:
        return []
    current = {one.name: one.value for one in now}
    told = []
    for revision, _, event in await visit.desk.memory.queue.bodies(entry):
        for one in reader.answers(entry, event) if revision < entry.case_revision else ():
            if current.get(one.name) != one.value:
                told.append(Earlier(revision, one.label, one.value))  # noqa: PERF401 - read as it goes
    return told


async def reveal(visit: Visit) -> web.StreamResponse:
    """The whole number, for a reason that goes into the audit before it is shown."""
    entry = await found(visit)
    if entry is None or not entry.msisdn:
        return visit.refuse(404, "no_such_page")
    reason = visit.text("reason")
    if len(reason) < SHORTEST:
        return await request(visit, why="needs_reason")
    await visit.desk.memory.queue.note(visit.user.name, "number_revealed", entry.reference, reason=reason)
    return await request(visit, number=entry.msisdn)


async def work_out(visit: Visit) -> web.StreamResponse:
    """What the service worked out of the answers, for a reason that goes into the audit before it is shown."""
    entry = await found(visit)
    if entry is None:
        return visit.refuse(404, "no_such_page")
    reason = visit.text("reason")
    if len(reason) < SHORTEST:
        return await request(visit, why="needs_reason")
    await visit.desk.memory.queue.note(visit.user.name, "worked_out_shown", entry.reference, reason=reason)
    return await request(visit, worked=True)


async def withdraw(visit: Visit) -> web.StreamResponse:
    """End the case; the citizen is told, and may send the same again."""
    entry = await found(visit)
    if entry is None:
        return visit.refuse(404, "no_such_page")
    note = visit.text("note")
    if len(note) < SHORTEST:
        return await request(visit, why="needs_reason")
    review = visit.desk.memory.review
    agency = visit.text("agency", 60)
    tasks = [one for one in await review.waiting(entry.reference, visit.scope) if agency in {"", one.agency}]
    if not tasks:
        return await request(visit, why="settled_meanwhile")
    for task in tasks:
        await review.withdraw(task.seq, task.agency, actor=visit.user.name, note=note, scope=visit.scope)
    return visit.go(f"/queue/{entry.reference}")


async def slip(visit: Visit) -> web.StreamResponse:
    """A receipt to print for the person at the counter: the reference, how it stands, where to ask. No answers."""
    entry = await found(visit)
    if entry is None:
        return visit.refuse(404, "no_such_page")
    node: Any = visit.desk.memory.office.node
    now = datetime.fromtimestamp(visit.desk.now(), visit.desk.zone)
    return visit.show(
        "slip.html",
        line=Reader(visit).line(entry),
        reference=format_reference(entry.reference),
        dial=node.dial,
        short=node.short,
        contact=node.contact,
        taken=f"{datetime.fromtimestamp(entry.at, visit.desk.zone):%d/%m/%Y %H:%M}",
        now=f"{now:%d/%m/%Y %H:%M}",
    )


PAGES: Final = (
    Page("GET", f"/queue/{REFERENCE}", roles.QUEUE_READERS, request),
    Page("GET", f"/queue/{REFERENCE}/slip", roles.OFFICERS, slip),
    Page("POST", f"/queue/{REFERENCE}/reveal", roles.OFFICERS, reveal),
    Page("POST", f"/queue/{REFERENCE}/worked", roles.OFFICERS, work_out),
    Page("POST", f"/queue/{REFERENCE}/withdraw", roles.OFFICERS, withdraw),
)
