"""Who may sign in: accounts made, changed and closed, passwords and second factors given back.

An admin sees and gives only what lies inside her own districts and agencies. What hands out a way in, a password or a
code, asks for her own password again: a desk left open makes nobody an account.
"""

import asyncio
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from console import accounts, roles, secrets
from console.page import Page
from console.pages.account import VOUCHED, is_own_password
from console.visit import Visit
from flows.errors import StoreFault
from store.scope import ALL, Scope
from store.users import Account, LastOneFault, Newcomer


async def users(visit: Visit, *, why: str = "", what: str = "", status: int = 400) -> web.StreamResponse:
    """Every account that she may see."""
    store = visit.desk.memory.users
    found = [one for one in await store.everybody() if visit.scope.covers(one.scope)]
    now = visit.desk.memory.clock.steady()
    return visit.show(
        "users.html",
        status=status if why else 200,
        why=visit.say[why].format(what=what) if why else "",
        rows=[(one, await store.sittings(one.name)) for one in found],
        now=now,
        unstaffed=not any(_works_all(one) for one in await store.everybody()),
        **_choices(visit, _typed(visit) if why else None),
    )


async def add(visit: Visit) -> web.StreamResponse:
    """Make an account; its first password is on the answer, this once."""
    new = _typed(visit)
    why, what = accounts.mistake(new.name, new.roles, new.scope)
    if not why and not visit.scope.covers(new.scope):
        why = "user_too_wide"
    if not why and not await is_own_password(visit, "own"):
        why = "wrong_password"
    if why:
        return await users(visit, why=why, what=what)
    password, hashed = await _drawn(visit)
    try:
        await visit.desk.memory.users.add(replace(new, password=hashed), by=visit.user.name)
    except StoreFault:
        if await visit.desk.memory.users.get(new.name) is None:
            raise
        return await users(visit, why="user_taken", what=new.name, status=409)
    return await _shown(visit, new.name, password=password)


async def user(visit: Visit) -> web.StreamResponse:
    """One account."""
    found = await _one(visit)
    return visit.refuse(404, "no_such_page") if found is None else await _shown(visit, found.name)


async def change(visit: Visit) -> web.StreamResponse:
    """Another name to show, other roles, other districts, closed or open."""
    found = await _one(visit)
    if found is None:
        return visit.refuse(404, "no_such_page")
    new, active = _typed(visit), visit.text("active") == "1"
    why, what = accounts.mistake(found.name, new.roles, new.scope)
    if not why and not visit.scope.covers(new.scope):
        why = "user_too_wide"
    if not why and found.name == visit.user.name and not active:
        why = "user_self"
    if why:
        return await _shown(visit, found.name, why=why, what=what, chosen=new)
    try:
        await visit.desk.memory.users.set_rights(
            found.name,
            new.roles,
            new.scope,
            by=visit.user.name,
            shown=new.shown,
            active=active,
            keep=roles.ADMIN if roles.ADMIN in found.roles else "",
        )
    except LastOneFault:
        return await _shown(visit, found.name, why="user_last", status=409, chosen=new)
    return visit.go(f"/users/{found.name}")


async def password(visit: Visit) -> web.StreamResponse:
    """Give another first password; she is signed out everywhere."""
    found = await _one(visit)
    if found is None:
        return visit.refuse(404, "no_such_page")
    if not await is_own_password(visit, "own"):
        return await _shown(visit, found.name, why="wrong_password")
    drawn, hashed = await _drawn(visit)
    await visit.desk.memory.users.set_password(found.name, hashed, by=visit.user.name, fresh=True)
    return await _shown(visit, found.name, password=drawn)


async def second(visit: Visit) -> web.StreamResponse:
    """End a second factor that is lost, and the codes printed for it."""
    found = await _one(visit)
    if found is None:
        return visit.refuse(404, "no_such_page")
    if not await is_own_password(visit, "own"):
        return await _shown(visit, found.name, why="wrong_password")
    await visit.desk.memory.users.set_secret(found.name, b"", (), by=visit.user.name)
    return visit.go(f"/users/{found.name}")


async def vouch(visit: Visit) -> web.StreamResponse:
    """A code for once, for somebody who stands beside the admin on a day when the clock is wrong."""
    found = await _one(visit)
    if found is None:
        return visit.refuse(404, "no_such_page")
    if not await is_own_password(visit, "own"):
        return await _shown(visit, found.name, why="wrong_password")
    if not found.secret or found.name == visit.user.name:
        return await _shown(visit, found.name, why="vouch_nobody")
    code = secrets.draw_codes(1)[0]
    until = visit.desk.memory.clock.steady() + VOUCHED
    await visit.desk.memory.users.vouch(found.name, code, visit.user.name, until)
    return await _shown(visit, found.name, code=code)


async def sittings(visit: Visit) -> web.StreamResponse:
    """Sign her out everywhere."""
    found = await _one(visit)
    if found is None:
        return visit.refuse(404, "no_such_page")
    await visit.desk.memory.users.revoke(found.name, by=visit.user.name)
    return visit.go(f"/users/{found.name}")


def _works_all(one: Account) -> bool:
    """Whether she works requests of every district, and so those of none."""
    return one.active and roles.OFFICER in one.roles and one.scope.everywhere and one.scope.every_agency


async def _one(visit: Visit) -> Account | None:
    found = await visit.desk.memory.users.get(visit.part("user"))
    return found if found is not None and visit.scope.covers(found.scope) else None


async def _shown(visit: Visit, name: str, *, why: str = "", what: str = "", **more: Any) -> web.StreamResponse:
    store = visit.desk.memory.users
    one = await store.get(name)
    status, chosen = more.pop("status", 400), more.pop("chosen", one)
    values = {"password": "", "code": ""} | more
    return visit.show(
        "user.html",
        status=status if why else 200,
        why=visit.say[why].format(what=what) if why else "",
        one=one,
        codes_left=await store.codes_left(name),
        sittings=await store.sittings(name),
        seen=await visit.desk.memory.audit.entries(subject=name, limit=20),
        now=visit.desk.memory.clock.steady(),
        **_choices(visit, chosen),
        **values,
    )


def _choices(visit: Visit, one: Account | Newcomer | None) -> dict[str, Any]:
    """What the form offers, and what is chosen in it."""
    known = {link.agency for link in visit.links} | set(one.scope.agencies if one else ()) - {ALL}
    return {
        "chosen": one,
        "all_roles": roles.ROLES,
        "agencies": sorted(one for one in known if visit.scope.serves(one)),
        "everything": ALL,
    }


def _typed(visit: Visit) -> Newcomer:
    """The form, unchecked."""
    districts = visit.text("districts", 400).upper().replace(",", " ").split()
    picked = [one for one in visit.form.getall("agency", []) if isinstance(one, str)]
    held = [one for one in visit.form.getall("role", []) if isinstance(one, str)]
    agencies = (ALL,) if ALL in picked else tuple(dict.fromkeys(picked))
    scope = Scope((ALL,) if ALL in districts else tuple(dict.fromkeys(districts)), agencies)
    return Newcomer(
        visit.text("name", 60).lower(), "", tuple(dict.fromkeys(held)), scope, shown=visit.text("shown", 60)
    )


async def _drawn(visit: Visit) -> tuple[str, str]:
    drawn = secrets.draw_password()
    async with visit.desk.hashing:
        return drawn, await asyncio.to_thread(secrets.hash_password, drawn)


PAGES: Final = (
    Page("GET", "/users", roles.ADMINS, users, tab="users"),
    Page("POST", "/users", roles.ADMINS, add),
    Page("GET", "/users/{user}", roles.ADMINS, user),
    Page("POST", "/users/{user}", roles.ADMINS, change),
    Page("POST", "/users/{user}/password", roles.ADMINS, password),
    Page("POST", "/users/{user}/second", roles.ADMINS, second),
    Page("POST", "/users/{user}/vouch", roles.ADMINS, vouch),
    Page("POST", "/users/{user}/sittings", roles.ADMINS, sittings),
)
