"""The desk's pages under `/console`: who is signed in, whether a form is ours, headers, plain refusals."""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from multidict import MultiDict, MultiDictProxy

from console import cards, pages, roles, strip
from console.cookies import LANGUAGE, cookie_name
from console.desk import Desk
from console.live import Pulse
from console.page import Page
from console.visit import ROOT, Visit, is_partial
from console.words import LANGUAGES
from flows.errors import Fault
from flows.templates import templates
from store.users import Account

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
TOKEN: Final = "token"  # noqa: S105 - the name of a form field
STATIC: Final = Path(str(files("console"))) / "static"

NOT_FOUND: Final = 404
_SAFE: Final = frozenset({"GET", "HEAD"})
_log = structlog.get_logger("desk")

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_console(app: web.Application, desk: Desk) -> None:
    """Mount every page of the desk."""
    made = _Pages(desk, pages.PAGES)
    app.on_startup.append(made.start)
    app.on_shutdown.append(made.stop)
    for page in pages.PAGES:
        app.router.add_route(page.method, ROOT + page.path, made.handler(page))
    app.router.add_get(ROOT, made.home)
    app.router.add_get(ROOT + "/static/{version}/{name:[a-z./]+}", _static)
    app.router.add_route("*", ROOT + "/{tail:.*}", made.handler(Page("GET", "/{tail:.*}", roles.STRANGERS, _nowhere)))


async def _nowhere(visit: Visit) -> web.StreamResponse:
    return visit.refuse(404, "no_such_page")


class _Pages:
    """Turns a line of the table into what aiohttp calls."""

    def __init__(self, desk: Desk, table: tuple[Page, ...]) -> None:
        self._desk = desk
        self._pulse = Pulse(desk)
        self._tasks: list[asyncio.Task[None]] = []
        self._table = table
        self._templates = templates("console", version=_version())

    async def start(self, _app: web.Application) -> None:
        """Begin to write what requests are found by."""
        self._tasks = [asyncio.create_task(cards.keep_cards(self._desk), name="desk-cards")]

    async def stop(self, _app: web.Application) -> None:
        """End the streams at once, so that a stop need not wait for a browser."""
        await self._pulse.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def home(self, _request: web.Request) -> web.StreamResponse:
        """`/console` itself is a folder."""
        return web.Response(status=308, headers={"Location": ROOT + "/"})

    def handler(self, page: Page) -> Handle:
        """Everything around a page: sign-in, rights, the form's origin, headers, faults."""

        async def handle(request: web.Request) -> web.StreamResponse:
            visit = await self._visit(request, page)
            answer = await self._answer(visit)
            if not answer.prepared:
                for name, value in HEADERS.items():
                    answer.headers.setdefault(name, value)
            return answer

        return handle

    async def _visit(self, request: web.Request, page: Page) -> Visit:
        cookie = request.cookies.get(cookie_name(request), "")
        asks_itself = page.quiet or (request.method in _SAFE and is_partial(request))
        account, sitting = await self._desk.memory.users.sitting(cookie, alive=not asks_itself) or (None, None)
        language = _language(request, account)
        return Visit(
            request=request,
            desk=self._desk,
            page=page,
            language=language,
            templates=self._templates,
            pages=self._table,
            pulse=self._pulse,
            cookie=cookie,
            account=account,
            sitting=sitting,
        )

    async def _answer(self, visit: Visit) -> web.StreamResponse:
        try:
            return await self._page(visit)
        except web.HTTPRequestEntityTooLarge:
            return visit.refuse(413, "too_large")
        except web.HTTPException as stop:
            return visit.refuse(stop.status, "no_such_page" if stop.status == NOT_FOUND else "not_yours")
        except Fault as fault:
            return visit.fault(fault)
        except Exception:  # noqa: BLE001 - the last fence before a person; the place goes to the log
            _log.exception("page failed", route=visit.page.path)
            return visit.refuse(500, "our_mistake")

    async def _page(self, visit: Visit) -> web.StreamResponse:
        page, account = visit.page, visit.account
        if visit.request.method not in _SAFE and (refused := await self._take_form(visit)):
            return refused
        if not page.roles & roles.STRANGERS:
            if account is None:
                return pages.entry.stranger(visit)
            if account.fresh and not page.path.startswith(("/account", "/logout")):
                return visit.go("/account")
            if not roles.may(account.roles, page.roles):
                return visit.refuse(403, "not_yours")
        if account is not None and not visit.partial:
            await strip.prepare(visit)
        return await page.handle(visit)

    async def _take_form(self, visit: Visit) -> web.StreamResponse | None:
        """Read the form when it is ours; else what to answer."""
        request = visit.request
        if not _is_same_origin(request, visit.desk.public_url):
            return visit.refuse(403, "not_from_here")
        if (request.content_length or 0) > visit.page.most:
            return visit.refuse(413, "too_large")
        read = request.clone(client_max_size=visit.page.most)
        try:
            visit.form = await read.post()
        except (ValueError, LookupError, AssertionError):
            return visit.refuse(400, "unreadable")
        if visit.page.roles & roles.STRANGERS:
            return None
        if visit.sitting is None:
            return pages.entry.stranger(visit)
        carried = request.headers.get("X-CSRF-Token") or visit.form.get(TOKEN, "")
        if not isinstance(carried, str) or not _same(carried, visit.sitting.token):
            return pages.entry.stale(visit)
        without = MultiDict((name, value) for name, value in visit.form.items() if name != TOKEN)
        visit.form = MultiDictProxy(without)
        return None


def _is_same_origin(request: web.Request, public_url: str) -> bool:
    """Whether a form comes from our own pages, by what the browser itself says; one that says neither has the token."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    return urlsplit(origin).netloc in {request.host, urlsplit(public_url).netloc} - {""}


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())


def _language(request: web.Request, account: Account | None) -> str:
    wishes = [request.cookies.get(LANGUAGE, ""), account.language if account else ""]
    accepted = request.headers.get("Accept-Language", "").replace(" ", "").split(",")
    wishes += [one.partition(";")[0].partition("-")[0].lower() for one in accepted]
    return next((one for one in wishes if one in LANGUAGES), LANGUAGES[0])


_TYPES: Final = {".css": "text/css", ".js": "text/javascript"}


def _version() -> str:
    """Part of the address of every file, so that browsers keep them for a year and still see an upgrade at once."""
    content = b"".join(file.read_bytes() for file in sorted(STATIC.rglob("*.*")) if file.suffix in _TYPES)
    return hashlib.sha256(content).hexdigest()[:12]


async def _static(request: web.Request) -> web.StreamResponse:
    file = STATIC / request.match_info["name"]
    if file.suffix not in _TYPES or ".." in file.parts or not file.is_file():
        return web.Response(status=404)
    packed = file.with_name(file.name + ".gz")
    headers = {
        "Content-Type": f"{_TYPES[file.suffix]}; charset=utf-8",
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    if packed.is_file() and "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=packed.read_bytes(), headers=headers | {"Content-Encoding": "gzip"})
    answer = web.Response(body=file.read_bytes(), headers=headers)
    answer.enable_compression()
    return answer
