"""Signing in by the ministry's own account, where one is configured."""

from typing import Final

from aiohttp import web

from console import roles
from console.cookies import set_cookie
from console.page import Page
from console.pages.entry import inside
from console.visit import ROOT, Visit

STATE: Final = "sala_desk_state"
BACK: Final = "/oidc/back"


def _back(visit: Visit) -> str:
    """Where the ministry is to send her: our own address, as browsers know it."""
    base = visit.desk.public_url.rstrip("/") or f"{visit.request.scheme}://{visit.request.host}"
    return f"{base}{ROOT}{BACK}"


async def go(visit: Visit) -> web.StreamResponse:
    """Off to the ministry's page."""
    if visit.desk.ministry is None:
        return visit.refuse(404, "no_such_page")
    address, state = await visit.desk.ministry.begin(_back(visit), inside(visit.asked("to", 500)))
    answer = web.Response(status=303, headers={"Location": address})
    secure = visit.request.secure or visit.request.headers.get("X-Forwarded-Proto") == "https"
    answer.set_cookie(STATE, state, max_age=600, httponly=True, samesite="Lax", secure=secure, path=ROOT + "/oidc")
    return answer


async def back(visit: Visit) -> web.StreamResponse:
    """Back from there: whoever the ministry says she is needs an account here, which says what she may do."""
    if visit.desk.ministry is None:
        return visit.refuse(404, "no_such_page")
    kept = visit.request.cookies.get(STATE, "")
    query = visit.request.query
    subject, to = await visit.desk.ministry.end(query.get("state", ""), kept, query.get("code", ""), _back(visit))
    users = visit.desk.memory.users
    account = await users.by_subject(subject)
    if account is None or not account.active:
        return visit.show("error.html", status=403, why=visit.say["no_account"].format(name=subject), code="sign-in")
    cookie, _ = await users.enter(account.name, visit.request.headers.get("User-Agent", ""), "ministry")
    answer = visit.go(to.removeprefix(ROOT) or "/")
    answer.del_cookie(STATE, path=ROOT + "/oidc")
    set_cookie(visit.request, answer, cookie)
    return answer


PAGES: Final = (
    Page("GET", "/oidc", roles.STRANGERS, go),
    Page("GET", BACK, roles.STRANGERS, back),
)
