"""One's own account: password, second factor, printed codes, vouching for somebody, where one is signed in."""

import asyncio
import base64
import binascii
from typing import Any, Final

from aiohttp import web

from console import roles, secrets
from console.page import Page
from console.square import square
from console.visit import Visit

VOUCHED: Final = 900
"""Seconds that a witnessed code is good."""


async def account(visit: Visit, *, why: str = "", done: str = "", **more: Any) -> web.StreamResponse:
    """The page."""
    users, user = visit.desk.memory.users, visit.user
    pending = secrets.draw_secret() if visit.asked("second") and not user.secret else b""
    pending = more.pop("keep", b"") or pending
    values = {"codes": (), "vouched": None} | more
    return visit.show(
        "account.html",
        status=400 if why else 200,
        why=why,
        done=done,
        codes_left=await users.codes_left(user.name),
        sittings=await users.sittings(user.name),
        pending=base64.b32encode(pending).decode(),
        shown_secret=secrets.shown_secret(pending),
        address=(address := secrets.address(pending, user.name, visit.desk.node)),
        square=square(address, visit.say["second_square"]) if pending else "",
        **values,
    )


async def is_own_password(visit: Visit, field: str) -> bool:
    """Whether she typed her own password into this field; a wrong one counts."""
    users, user = visit.desk.memory.users, visit.user
    if await users.wrong(user.name):
        return False
    typed = str(visit.form.get(field, ""))[: secrets.LONGEST]
    async with visit.desk.hashing:
        right = await asyncio.to_thread(secrets.is_password, user.password, typed)
    if right:
        await users.right(user.name)
    return right


async def password(visit: Visit) -> web.StreamResponse:
    """Change one's password; every other sitting ends."""
    new, user = str(visit.form.get("new", "")), visit.user
    if not await is_own_password(visit, "old"):
        return await account(visit, why="wrong_password")
    if new != visit.form.get("repeat"):
        return await account(visit, why="not_the_same")
    if weak := secrets.weakness(new, user.name) or ("password_same" if new == visit.form.get("old") else ""):
        return await account(visit, why=weak)
    async with visit.desk.hashing:
        hashed = await asyncio.to_thread(secrets.hash_password, new)
    keep = visit.sitting.key if visit.sitting else b""
    await visit.desk.memory.users.set_password(user.name, hashed, by=user.name, fresh=False, keep=keep)
    return visit.go("/") if user.fresh else visit.go("/account")


async def begin(visit: Visit) -> web.StreamResponse:
    """Begin the second factor, once its first code was shown; and print the codes for the day without a telephone."""
    user, users = visit.user, visit.desk.memory.users
    try:
        secret = base64.b32decode(visit.text("secret", 80))
    except (binascii.Error, ValueError):
        return await account(visit, why="wrong_code")
    if user.secret or len(secret) != 20 or not secrets.step_of(secret, visit.text("code", 10), visit.desk.now()):  # noqa: PLR2004 - bytes
        return await account(visit, why="wrong_code", keep=secret)
    codes = secrets.draw_codes()
    await users.set_secret(user.name, secret, codes, by=user.name)
    visit.account = await users.get(user.name)
    return await account(visit, done="second_is_on", codes=codes)


async def end(visit: Visit) -> web.StreamResponse:
    """End the second factor."""
    if not await is_own_password(visit, "password"):
        return await account(visit, why="wrong_password")
    await visit.desk.memory.users.set_secret(visit.user.name, b"", (), by=visit.user.name)
    return visit.go("/account")


async def vouch(visit: Visit) -> web.StreamResponse:
    """Vouch for a colleague in the same room whose authenticator does not fit the node's clock: a code for once."""
    name = visit.text("name", 60).lower()
    if not await is_own_password(visit, "password"):
        return await account(visit, why="wrong_password")
    other = await visit.desk.memory.users.get(name)
    if other is None or name == visit.user.name or not other.secret or not visit.scope.covers(other.scope):
        return await account(visit, why="vouch_nobody")
    if not visit.has(roles.STEERERS) and roles.may(other.roles, roles.STEERERS):
        return await account(visit, why="vouch_not_yours")
    code = secrets.draw_codes(1)[0]
    until = visit.desk.memory.clock.steady() + VOUCHED
    await visit.desk.memory.users.vouch(name, code, visit.user.name, until)
    return await account(visit, vouched=(name, code))


async def revoke(visit: Visit) -> web.StreamResponse:
    """Sign out everywhere."""
    await visit.desk.memory.users.revoke(visit.user.name, by=visit.user.name)
    return visit.go("/login")


PAGES: Final = (
    Page("GET", "/account", roles.EVERYONE, account),
    Page("POST", "/account/password", roles.EVERYONE, password),
    Page("POST", "/account/second", roles.EVERYONE, begin),
    Page("POST", "/account/second/end", roles.EVERYONE, end),
    Page("POST", "/account/vouch", roles.EVERYONE, vouch),
    Page("POST", "/account/revoke", roles.EVERYONE, revoke),
)
