"""The audit: who did what at the desk, and whether the chain of it is whole."""

import json
from typing import Final

from aiohttp import web

from console import roles
from console.page import Page
from console.visit import Visit, digits
from flows.cells import CSV, MARK, line

SIZE: Final = 60
MOST: Final = 20_000
"""Rows of one file."""


async def audit(visit: Visit) -> web.StreamResponse:
    """The newest rows, and what came of checking the chain: what is newer just now, all of it within the hour."""
    chain = visit.desk.memory.audit
    subject, at = visit.asked("of", 60), visit.asked("at")
    rows = await chain.entries(subject=subject, before=digits(at), limit=SIZE)
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
    for one in await visit.desk.memory.audit.entries(limit=MOST):
        details = json.dumps(dict(one.details), ensure_ascii=False)
        lines.append(line((one.n, visit.moment(one.at), one.actor, one.act, one.object, details)))
    await visit.desk.memory.audit.note(visit.user.name, "audit_exported")
    answer = web.Response(body=MARK + b"".join(lines), content_type=CSV, charset="utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    answer.enable_compression()
    return answer


PAGES: Final = (
    Page("GET", "/audit", roles.AUDITORS, audit, nav="audit"),
    Page("POST", "/audit/check", roles.AUDITORS, check),
    Page("GET", "/audit.csv", roles.AUDITORS, as_csv),
)
