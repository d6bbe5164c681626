"""The audit: who did what at the desk, and whether the chain of it is whole."""

import json
from typing import Final

from aiohttp import web

from console import roles
from console.page import Page
from console.visit import Visit, digits
from flows.cells import CSV, MARK, line
from flows.reference import is_reference
from store.audit import Entry

SIZE: Final = 60
MOST: Final = 20_000
"""Rows of one file."""


PIECE: Final = 500
"""Rows looked through at once for somebody who may see some of them."""


async def audit(visit: Visit) -> web.StreamResponse:
    """The newest rows, and what came of checking the chain: what is newer just now, all of it within the hour."""
    chain = visit.desk.memory.audit
    subject, at = visit.asked("of", 60), visit.asked("at")
    rows = await _rows(visit, subject=subject, before=digits(at), limit=SIZE)
    return visit.show(
        "audit.html",
        rows=rows,
        subject=subject,
        verdict=await chain.look(),
        more=rows[-1].n if len(rows) == SIZE else 0,
    )


async def check(visit: Visit) -> web.StreamResponse:
    """Read the whole chain now."""
    await visit.desk.memory.audit.verify()
    return visit.go("/audit")


async def as_csv(visit: Visit) -> web.StreamResponse:
    """The newest rows as a file, in which nothing that anybody wrote is a formula."""
    lines = [line(("n", "at", "actor", "act", "object", "details"))]
    for one in await _rows(visit, limit=MOST):
        details = json.dumps(dict(one.details), ensure_ascii=False)
        lines.append(line((one.n, visit.moment(one.at), one.actor, one.act, one.object, details)))
    await visit.desk.memory.audit.note(visit.user.name, "audit_exported")
    answer = web.Response(body=MARK + b"".join(lines), content_type=CSV, charset="utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    answer.enable_compression()
    return answer


async def _rows(visit: Visit, *, subject: str = "", before: int = 0, limit: int) -> list[Entry]:
    """The newest rows that she may see: all of them, or those of requests and people within her scope."""
    chain, scope = visit.desk.memory.audit, visit.scope
    if scope.everywhere and scope.every_agency:
        return await chain.entries(subject=subject, before=before, limit=limit)
    everybody = {one.name: scope.covers(one.scope) for one in await visit.desk.memory.users.everybody()}
    found: list[Entry] = []
    for _ in range(MOST // PIECE):
        rows = await chain.entries(subject=subject, before=before, limit=PIECE)
        references = {one.object for one in rows if is_reference(one.object)}
        seen = everybody | dict.fromkeys(references, False)
        seen |= dict.fromkeys(await visit.desk.memory.queue.within(scope, references), True)
        # What was done to neither a request nor a person is hers when somebody within her scope did it.
        found += [one for one in rows if seen.get(one.object, everybody.get(one.actor, False))]
        if len(rows) < PIECE or len(found) >= limit:
            break
        before = rows[-1].n
    return found[:limit]


PAGES: Final = (
    Page("GET", "/audit", roles.AUDITORS, audit, nav="audit"),
    Page("POST", "/audit/check", roles.AUDITORS, check),
    Page("GET", "/audit.csv", roles.AUDITORS, as_csv),
)
