"""Signing in and out: a name and a password, a second factor, and what was being written when the session ended."""

import asyncio
import json
import time
from typing import Final
from urllib.parse import quote_plus

from aiohttp import web

from console import roles, secrets
from console.cookies import LANGUAGE, cookie_name, set_cookie
from console.page import FORM, Page
from console.visit import ROOT, SECRETS, Visit, written
from console.words import LANGUAGES
from store.users import Account

MOST_TRIES: Final = 20
WINDOW: Final = 60.0
"""At most so many wrong passwords in so many seconds from one address, whatever names they are for."""

SLOWLY: Final = 0.4
"""Seconds that a wrong sign-in takes at least, whatever is wrong with it: the time tells nothing of a name."""

KEEP: Final = 1024 * 1024
"""Bytes of what somebody wrote, as it travels in a form, that are kept while she signs in."""

_KEPT: Final = "kept"
_PATH: Final = "to"


def stranger(visit: Visit) -> web.Response:
    """Nobody is signed in: the form for it, with what was posted kept."""
    if visit.partial:
        return web.Response(status=401, text=visit.say["signed_out"])
    kept = _kept(visit)
    why = "signed_out" if visit.form else ""
    if any(isinstance(one, web.FileField) for one in visit.form.values()):
        why = "signed_out_file"
    elif visit.form and not kept and len(written(visit.form.items())):
        why = "signed_out_long"
    return _form(visit, why, status=401, kept=kept, to=_here(visit) if kept else _back(visit))


def stale(visit: Visit) -> web.Response:
    """The form is of a session that is over: it comes back whole, to be sent again by the person herself."""
    if visit.partial:
        return web.Response(status=403, text=visit.say["stale_form"])
    fields, to = _fields(_kept(visit)), _here(visit)
    if not fields:
        return visit.show("again.html", status=403, why="stale_page", fields=(), to=_back(visit))
    return visit.show("again.html", status=403, why="stale_form", fields=fields, to=to, written=written(fields))


async def login(visit: Visit) -> web.StreamResponse:
    """The form."""
    if visit.account is not None:
        return visit.go("/")
    return _form(visit, "", to=inside(visit.asked(_PATH)))


async def enter(visit: Visit) -> web.StreamResponse:
    """Let her in, or say in plain words why not."""
    name, password = visit.text("name", 60).lower(), str(visit.form.get("password", ""))
    kept, to = str(visit.form.get(_KEPT, "")), inside(visit.text(_PATH, 500))
    began = time.monotonic()
    if why := _braked(visit.desk.wrong, visit.request.remote or ""):
        return _form(visit, why, status=429, kept=kept, to=to)
    account, why = await _checked(visit, name, password)
    if account is None:
        visit.desk.wrong.setdefault(visit.request.remote or "", []).append(time.monotonic())
        await asyncio.sleep(max(0.0, began + SLOWLY - time.monotonic()))
        return _form(visit, why, status=429 if why == "resting" else 401, kept=kept, to=to)
    how = "password"
    if account.secret:
        how = await _second(visit, account, visit.text("code", 40))
        if not how:
            return _form(visit, "wrong_code", status=401, kept=kept, to=to)
    return await _let_in(visit, account.name, how, kept, to)


async def _checked(visit: Visit, name: str, password: str) -> tuple[Account | None, str]:
    """The account when the password is right; each guess is counted before it is looked at."""
    desk = visit.desk
    account = await desk.memory.users.get(name)
    if await desk.memory.users.wrong(name) if account else desk.guesses.resting(name, desk.memory.clock.steady()):
        return None, "resting"
    kept = account.password if account is not None and account.active else ""
    async with desk.hashing:
        right = await asyncio.to_thread(secrets.is_password, kept, password[: secrets.LONGEST])
    if account is None or not right:
        return None, "wrong_password"
    return account, ""


async def _second(visit: Visit, account: Account, typed: str) -> str:
    """How the second factor was shown; "" when it was not."""
    users = visit.desk.memory.users
    if not typed:
        return ""
    step = secrets.step_of(account.secret, typed, visit.desk.now())
    if step and await users.use_step(account.name, step):
        return "totp"
    witness = await users.use_code(account.name, secrets.read_code(typed))
    if witness is None:
        return ""
    return f"vouched:{witness}" if witness else "printed_code"


async def _let_in(visit: Visit, name: str, how: str, kept: str, to: str) -> web.StreamResponse:
    users = visit.desk.memory.users
    if visit.sitting is not None:
        await users.leave(visit.sitting.account, visit.sitting.key)
    cookie, token = await users.enter(name, visit.request.headers.get("User-Agent", ""), how)
    if kept and (fields := _fields(kept)):
        typed = written(fields)
        answer: web.StreamResponse = visit.show(
            "again.html", why="kept_form", fields=fields, to=to, token=token, written=typed
        )
    else:
        answer = visit.go(to.removeprefix(ROOT) or "/")
    set_cookie(visit.request, answer, cookie)
    return answer


async def leave(visit: Visit) -> web.StreamResponse:
    """Sign out."""
    if visit.sitting is not None:
        await visit.desk.memory.users.leave(visit.user.name, visit.sitting.key)
    answer = visit.go("/login")
    answer.del_cookie(cookie_name(visit.request), path="/")
    return answer


async def language(visit: Visit) -> web.StreamResponse:
    """Choose the language of the pages in this browser."""
    to = inside(visit.asked(_PATH, 500)) or ROOT + "/"
    answer = web.Response(status=303, headers={"Location": to})
    chosen = visit.part("tag")
    if chosen in LANGUAGES:
        if visit.account is not None and visit.account.language != chosen:
            await visit.desk.memory.users.set_language(visit.account.name, chosen)
        answer.set_cookie(LANGUAGE, chosen, max_age=31_536_000, httponly=True, samesite="Lax", path=ROOT)
    return answer


def _form(visit: Visit, why: str, *, status: int = 200, kept: str = "", to: str = "") -> web.Response:
    return visit.show(
        "login.html",
        status=status,
        why=why,
        kept=kept,
        to=to,
        name=visit.text("name", 60),
        provider=visit.desk.ministry.provider if visit.desk.ministry else None,
    )


def _braked(wrong: dict[str, list[float]], address: str) -> str:
    now = time.monotonic()
    for key in [key for key, times in wrong.items() if now - times[-1] > WINDOW]:
        del wrong[key]
    lately = [one for one in wrong.get(address, ()) if now - one < WINDOW]
    return "too_often" if len(lately) >= MOST_TRIES else ""


def _kept(visit: Visit) -> str:
    """The fields of a form that could not be taken, as text; no passwords, and nothing of a form with files."""
    if any(isinstance(value, web.FileField) for value in visit.form.values()):
        return ""
    if visit.form.keys() & (SECRETS - {"token"}) and not written(visit.form.items()):
        return ""
    fields = [(name, value) for name, value in visit.form.items() if name not in SECRETS]
    text = json.dumps(fields, ensure_ascii=False)
    return text if fields and len(quote_plus(text)) < KEEP else ""


def _fields(kept: str) -> list[tuple[str, str]]:
    try:
        found = json.loads(kept)
        return [(str(name), str(value)) for name, value in found]
    except (ValueError, TypeError, RecursionError):
        return []


def _here(visit: Visit) -> str:
    return visit.request.rel_url.raw_path_qs if visit.form or visit.request.method == "GET" else ROOT + "/"


def _back(visit: Visit) -> str:
    """Where to go on when the form itself cannot: the page that it stands on, or the nearest above it."""
    if visit.request.method == "GET":
        return _here(visit)
    there = {one.path for one in visit.pages if one.method == "GET"}
    path = visit.request.path.removeprefix(ROOT)
    while path and path not in there:
        path = path.rpartition("/")[0]
    return f"{ROOT}{path or '/'}"


def inside(address: str) -> str:
    """The address when it is one of ours; nobody is sent elsewhere from here."""
    return address if address.startswith(ROOT + "/") and "\\" not in address and "//" not in address else ""


PAGES: Final = (
    Page("GET", "/login", roles.STRANGERS, login),
    Page("POST", "/login", roles.STRANGERS, enter, most=KEEP + FORM),
    Page("POST", "/logout", roles.EVERYONE, leave),
    Page("GET", "/language/{tag}", roles.STRANGERS, language),
)
