"""The agency's page: plain HTML from the server, no script, usable at 390 pixels."""

import csv
import io
import time
import tomllib
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlencode

import jinja2
from aiohttp import web

from sync.agency import decisions, desk, hearing
from sync.agency.book import Book
from sync.agency.decisions import Decision
from sync.agency.login import COOKIE, LONGEST, Login
from sync.agency.settings import AgencySettings
from sync.serving import Bell

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_LANGUAGE: Final = "sala_agency_language"
_CHUNK: Final = 500
_LONGEST_NOTE: Final = 500
_FIXED: Final = ("reference", "number", "service", "state", "reason", "received", "node", "revision", "phone")


class Pages:
    """The routes of the page."""

    def __init__(self, book: Book, settings: AgencySettings, login: Login, bell: Bell) -> None:
        """Read the words and the templates once."""
        self._book = book
        self._settings = settings
        self._login = login
        self._bell = bell
        folder = files("sync.agency")
        words = tomllib.loads((folder / "texts.toml").read_text("utf-8"))
        self._words: dict[str, dict[str, str]] = {tag: words[tag] for tag in settings.languages}
        self._style = (folder / "templates" / "style.css").read_bytes()
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("sync.agency"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def routes(self) -> list[web.RouteDef]:
        """Return all routes of the page."""
        return [
            web.get("/", self.listing),
            web.get("/requests.csv", self.export),
            web.get("/requests/{number:[0-9]{1,15}}", self.request),
            web.post("/requests/{number:[0-9]{1,15}}", self.decide),
            web.get("/login", self.home),
            web.post("/login", self.enter),
            web.post("/logout", self.leave),
            web.get("/language/{tag}", self.language),
            web.get("/style.css", self.style),
        ]

    async def listing(self, request: web.Request) -> web.Response:
        """Show the list, or the sign-in form to a stranger."""
        if not self._token(request):
            return self._show(request, "login.html")
        query = request.query
        state = query.get("state", "") if query.get("state") in decisions.STATES else ""
        reference = "".join(filter(str.isdigit, query.get("reference", "")))
        wanted = desk.Filter(state, reference, _number(query.get("before")), _number(query.get("after")))
        size = self._settings.page_size
        rows = await self._book.do(desk.page, wanted, size, self._say(request), self._book.opener)
        counts = await self._book.do(desk.counts)
        cloned = await self._book.do(hearing.all_cloned, int(time.time()))
        kept = {key: value for key, value in (("state", state), ("reference", reference)) if value}
        moved = bool(wanted.before or wanted.after)
        return self._show(
            request,
            "list.html",
            rows=rows,
            counts=counts,
            cloned=", ".join(cloned),
            states=decisions.STATES,
            state=state,
            reference=reference,
            newer=urlencode(kept | {"after": rows[0].number}) if rows and moved else "",
            older=urlencode(kept | {"before": rows[-1].number}) if len(rows) == size else "",
        )

    async def request(self, request: web.Request, problem: str = "") -> web.Response:
        """Show one request with what may be decided."""
        if not self._token(request):
            return self._show(request, "login.html")
        found = await self._book.do(desk.one, int(request.match_info["number"]), self._say(request), self._book.opener)
        if found is None:
            raise web.HTTPNotFound(text=self._say(request)["not_found"])
        one, history = found
        possible = [name for name in decisions.allowed(one.status) if one.answers or name != "needs_correction"]
        return self._show(
            request,
            "request.html",
            one=one,
            history=history,
            decisions=possible,
            reasons=decisions.REASONS,
            problem=problem,
        )

    async def decide(self, request: web.Request) -> web.Response:
        """Make a decision, ring the bell, and show the request again."""
        form = await request.post()
        if not self._right(request, form):
            return self._show(request, "login.html", status=403)
        decision = Decision(
            status=str(form.get("status", "")),
            reason=str(form.get("reason", "")),
            fields=tuple(str(field) for field in form.getall("fields", ())),
            note=str(form.get("note", ""))[:_LONGEST_NOTE],
        )
        number = int(request.match_info["number"])
        book = self._book
        problem = await book.do(decisions.decide, number, decision, book.life, int(time.time()), book.opener)
        if problem:
            return await self.request(request, problem)
        self._bell.ring()
        raise web.HTTPSeeOther(f"/requests/{number}")

    async def export(self, request: web.Request) -> web.StreamResponse:
        """Send the list as CSV that a spreadsheet opens: UTF-8 with its mark, and no cell that could be a formula."""
        if not self._token(request):
            return self._show(request, "login.html")
        state = request.query.get("state", "")
        response = web.StreamResponse(headers=HEADERS | {"Content-Disposition": 'attachment; filename="requests.csv"'})
        response.content_type, response.charset = "text/csv", "utf-8"
        names: dict[str, None] = {}
        async for one in self._all(request, state):
            names.update((key, None) for key, _ in one.answers)
        await response.prepare(request)
        await response.write(b"\xef\xbb\xbf" + _line([*_FIXED, *names]))
        async for one in self._all(request, state):
            await response.write(_line(_row(one, list(names))))
        await response.write_eof()
        return response

    async def home(self, _: web.Request) -> web.Response:
        """Send home whoever reloads or keeps the address that the sign-in form posts to."""
        raise web.HTTPSeeOther("/")

    async def enter(self, request: web.Request) -> web.Response:
        """Sign in."""
        form = await request.post()
        now = time.monotonic()
        if self._login.braked(now):
            return self._show(request, "login.html", problem="too_often", status=429)
        session = self._login.enter(str(form.get("password", "")), now)
        if session is None:
            return self._show(request, "login.html", problem="wrong_password", status=403)
        answer = web.HTTPSeeOther("/")
        secure = request.secure or self._settings.public_url.startswith("https://")
        answer.set_cookie(
            COOKIE, session, max_age=int(LONGEST), httponly=True, samesite="Strict", secure=secure, path="/"
        )
        raise answer

    async def leave(self, request: web.Request) -> web.Response:
        """Sign out."""
        if self._right(request, await request.post()):
            self._login.leave(request.cookies.get(COOKIE, ""))
        answer = web.HTTPSeeOther("/")
        answer.del_cookie(COOKIE, path="/")
        raise answer

    async def language(self, request: web.Request) -> web.Response:
        """Remember the language of this browser."""
        answer = web.HTTPSeeOther("/")
        if (tag := request.match_info["tag"]) in self._words:
            answer.set_cookie(_LANGUAGE, tag, max_age=365 * 86_400, httponly=True, samesite="Lax", path="/")
        raise answer

    async def style(self, _: web.Request) -> web.Response:
        """Send the style sheet."""
        headers = HEADERS | {"Cache-Control": "max-age=3600"}
        return web.Response(body=self._style, content_type="text/css", charset="utf-8", headers=headers)

    async def _all(self, request: web.Request, state: str) -> AsyncIterator[desk.Request]:
        before = 0
        say = self._say(request)
        while rows := await self._book.do(desk.page, desk.Filter(state, "", before), _CHUNK, say, self._book.opener):
            for row in rows:
                yield row
            before = rows[-1].number

    def _tag(self, request: web.Request) -> str:
        tag = request.cookies.get(_LANGUAGE, "")
        return tag if tag in self._words else self._settings.languages[0]

    def _say(self, request: web.Request) -> dict[str, str]:
        return self._words[self._tag(request)]

    def _token(self, request: web.Request) -> str:
        return self._login.token(request.cookies.get(COOKIE, ""), time.monotonic())

    def _right(self, request: web.Request, form: Any) -> bool:
        return self._login.right(request.cookies.get(COOKIE, ""), str(form.get("token", "")), time.monotonic())

    def _show(self, request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
        text = self._templates.get_template(template).render(
            {"problem": ""}
            | values
            | {
                "say": self._say(request),
                "language": self._tag(request),
                "languages": self._words,
                "name": self._settings.name,
                "token": self._token(request),
            }
        )
        return web.Response(text=text, status=status, content_type="text/html", headers=HEADERS)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 15 else 0  # noqa: PLR2004 - as in the routes


def _row(one: desk.Request, names: list[str]) -> list[str]:
    fixed = (one.reference, one.agency_ref, one.service, one.status, one.reason, one.at, one.node, str(one.revision))
    answers = dict(one.answers)
    return [*fixed, one.phone, *(answers.get(name, "") for name in names)]


def _line(cells: list[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([desk.cell(cell) for cell in cells])
    return buffer.getvalue().encode("utf-8", "replace")
