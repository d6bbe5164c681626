"""The agency's page: plain HTML from the server, no script, usable at 390 pixels and on paper."""

import asyncio
import hashlib
import time
import tomllib
from collections.abc import AsyncIterator
from dataclasses import replace
from importlib.resources import files
from typing import Any, Final

from aiohttp import web

from flows.cells import CSV, MARK, XLSX, Workbook, line
from flows.templates import templates
from sync.agency import clerks, decisions, desk, hearing, nodes, query, sheet
from sync.agency.book import Book
from sync.agency.decisions import Decision
from sync.agency.desk import Filter
from sync.agency.labels import Labels, Voice
from sync.agency.login import COOKIE, LONGEST, Login, Visitor
from sync.agency.settings import AgencySettings
from sync.serving import Bell
from sync.signing import fingerprint

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_LANGUAGE: Final = "sala_agency_language"
_CHUNK: Final = 500
_NUMBER: Final = "{number:[0-9]{1,15}}"


class Pages:
    """The routes of the page."""

    def __init__(self, book: Book, settings: AgencySettings, login: Login, bell: Bell) -> None:
        """Read the words and the templates once."""
        self._book = book
        self._settings = settings
        self._login = login
        self._bell = bell
        self._labels = Labels(settings.flows)
        folder = files("sync.agency")
        words = tomllib.loads((folder / "texts.toml").read_text("utf-8"))
        self._words: dict[str, dict[str, str]] = {tag: words[tag] for tag in settings.languages}
        self._style = (folder / "templates" / "style.css").read_bytes()
        # A browser keeps the sheet for an hour: after an upgrade it must not dress the new page in the old one.
        self._templates = templates("sync.agency", style=hashlib.sha256(self._style).hexdigest()[:12])

    def routes(self) -> list[web.RouteDef]:
        """Return all routes of the page."""
        return [
            web.get("/", self.listing),
            web.get("/requests.csv", self.as_csv),
            web.get("/requests.xlsx", self.as_xlsx),
            web.get(f"/requests/{_NUMBER}", self.request),
            web.get(f"/requests/{_NUMBER}/print", self.printed),
            web.post(f"/requests/{_NUMBER}", self.decide),
            web.post(f"/requests/{_NUMBER}/notes", self.annotate),
            web.get("/keys", self.keys),
            web.get("/login", self.home),
            web.post("/login", self.enter),
            web.post("/logout", self.leave),
            web.get("/language/{tag}", self.language),
            web.get("/style.css", self.style),
        ]

    async def listing(self, request: web.Request) -> web.Response:
        """Show the list, or the sign-in form to a stranger."""
        visitor = await self._visitor(request)
        if visitor is None:
            return await self._stranger(request)
        wanted, size = query.read(request.query), self._settings.page_size
        voice = await self._voice(request)
        rows = await self._book.do(desk.page, wanted, size + 1, voice, self._book.opener)
        # One more than is shown tells whether there is more that way.
        more = len(rows) > size
        rows = (rows[1:] if wanted.back else rows[:size]) if more else rows
        before = wanted.at > 0 and (more or not wanted.back)
        return self._show(
            request,
            "list.html",
            visitor,
            rows=rows,
            choices=await self._book.do(desk.choices),
            cloned=", ".join(await self._book.do(hearing.all_cloned, int(time.time()))),
            states=[(state, query.in_state(wanted, state)) for state in decisions.STATES],
            everything=query.in_state(wanted, ""),
            wanted=wanted,
            sought=wanted.reference or (f"R{wanted.number}" if wanted.number else ""),
            title_of=voice.title,
            kept=query.write(wanted),
            earlier=query.moved(wanted, rows[0].number, back=True) if rows and before else "",
            later=query.moved(wanted, rows[-1].number, back=False) if rows and (more or wanted.back) else "",
        )

    async def request(self, request: web.Request, problem: str = "") -> web.Response:
        """Show one request with what may be decided."""
        return await self._one(request, "request.html", problem)

    async def printed(self, request: web.Request) -> web.Response:
        """Show one request as a sheet of paper, with room for stamp and signature."""
        return await self._one(request, "print.html", "")

    async def _one(self, request: web.Request, template: str, problem: str) -> web.Response:
        visitor = await self._visitor(request)
        if visitor is None:
            return await self._stranger(request)
        voice = await self._voice(request)
        found = await self._book.do(desk.one, int(request.match_info["number"]), voice, self._book.opener)
        if found is None:
            raise web.HTTPNotFound(text=voice.words["not_found"])
        one, history = found
        possible = [name for name in decisions.allowed(one.status) if one.answers or name != "needs_correction"]
        return self._show(
            request,
            template,
            visitor,
            one=one,
            history=history,
            decisions=possible,
            reasons=decisions.REASONS,
            now=desk.moment(int(time.time())),
            problem=problem,
        )

    async def decide(self, request: web.Request) -> web.Response:
        """Make a decision, ring the bell, and show the request again."""
        form = await request.post()
        visitor = await self._visitor(request)
        if visitor is None or not visitor.right(str(form.get("token", ""))):
            return await self._stranger(request, status=403)
        decision = Decision(
            status=str(form.get("status", "")),
            reason=str(form.get("reason", "")),
            fields=tuple(str(field) for field in form.getall("fields", ())),
            note=str(form.get("note", "")),
            clerk=visitor.name,
        )
        number = int(request.match_info["number"])
        book = self._book
        problem = await book.do(decisions.decide, number, decision, book.life, int(time.time()), book.opener)
        if problem:
            return await self.request(request, problem)
        self._bell.ring()
        raise web.HTTPSeeOther(f"/requests/{number}")

    async def annotate(self, request: web.Request) -> web.Response:
        """Add a note that only the agency reads."""
        form = await request.post()
        visitor = await self._visitor(request)
        if visitor is None or not visitor.right(str(form.get("token", ""))):
            return await self._stranger(request, status=403)
        number = int(request.match_info["number"])
        text = str(form.get("note", ""))
        await self._book.do(decisions.annotate, number, text, visitor.name, int(time.time()))
        raise web.HTTPSeeOther(f"/requests/{number}")

    async def as_csv(self, request: web.Request) -> web.StreamResponse:
        """Send the filtered list as CSV that a spreadsheet opens: UTF-8 with its mark, and no cell a formula."""
        if await self._visitor(request) is None:
            return await self._stranger(request)
        voice, wanted = await self._voice(request), query.read(request.query)
        response = web.StreamResponse(headers=HEADERS | {"Content-Disposition": 'attachment; filename="requests.csv"'})
        response.content_type, response.charset = CSV, "utf-8"
        names = await self._names(wanted, voice)
        await response.prepare(request)
        await response.write(MARK + line([*sheet.COLUMNS, *names]))
        async for one in self._all(wanted, voice):
            await response.write(line(sheet.row_of(one, names, voice.words)))
        await response.write_eof()
        return response

    async def as_xlsx(self, request: web.Request) -> web.StreamResponse:
        """Send the filtered list as XLSX: heads in the clerk's language, and every cell as text."""
        if await self._visitor(request) is None:
            return await self._stranger(request)
        voice, wanted = await self._voice(request), query.read(request.query)
        names = await self._names(wanted, voice)
        heads = [*(voice.words[column] for column in sheet.COLUMNS), *names.values()]
        book = await asyncio.to_thread(Workbook)
        rows = book.sheet(voice.words["title"], heads)
        async for one in self._all(wanted, voice):
            await asyncio.to_thread(rows.add, sheet.row_of(one, names, voice.words))
        headers = HEADERS | {"Content-Disposition": 'attachment; filename="requests.xlsx"'}
        body = await asyncio.to_thread(book.saved)
        return web.Response(body=body, content_type=XLSX, headers=headers)

    async def keys(self, request: web.Request) -> web.Response:
        """Show the fingerprints that a node's desk shows too, so that the two can be compared by telephone."""
        visitor = await self._visitor(request)
        if visitor is None:
            return await self._stranger(request)
        seals = [fingerprint(one) for one in self._book.opener.publics]
        return self._show(request, "keys.html", visitor, seals=seals, nodes=await self._book.do(nodes.prints))

    async def home(self, _: web.Request) -> web.Response:
        """Send home whoever reloads or keeps the address that the sign-in form posts to."""
        raise web.HTTPSeeOther("/")

    async def enter(self, request: web.Request) -> web.Response:
        """Sign in: by name and password, or by the office's one password as long as there are no clerks."""
        form = await request.post()
        now, name = time.monotonic(), str(form.get("name", "")).strip()
        sources = [f"at {request.remote}", *([f"as {name}"] if name else [])]
        if self._login.braked(sources, now):
            return await self._stranger(request, "too_often", status=429)
        stamp = await self._checked(name, str(form.get("password", "")))
        if stamp is None:
            self._login.mark(sources, now)
            return await self._stranger(request, "wrong_password", status=403)
        answer = web.HTTPSeeOther("/")
        secure = request.secure or self._settings.public_url.startswith("https://")
        session = self._login.enter(name, stamp, now)
        answer.set_cookie(
            COOKIE, session, max_age=int(LONGEST), httponly=True, samesite="Strict", secure=secure, path="/"
        )
        raise answer

    async def leave(self, request: web.Request) -> web.Response:
        """Sign out."""
        form, visitor = await request.post(), await self._visitor(request)
        if visitor is not None and visitor.right(str(form.get("token", ""))):
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

    async def _checked(self, name: str, password: str) -> bytes | None:
        """What the session is to be held against; None for a wrong password."""
        if not name:
            shared = self._login.is_shared(password)
            return b"" if shared and await self._book.do(clerks.stands, "", b"") else None
        kept = await self._book.do(clerks.secret, name)
        right = await asyncio.to_thread(clerks.is_right, password, kept)
        return kept[0] if right and kept is not None else None

    async def _names(self, wanted: Filter, voice: Voice) -> dict[str, str]:
        """The answers that any request of the list has, with their labels; labels of two fields may be the same."""
        found: dict[str, str] = {}
        async for one in self._all(wanted, voice):
            for answer in one.answers:
                found.setdefault(answer.name, answer.label)
        return found

    async def _all(self, wanted: Filter, voice: Voice) -> AsyncIterator[desk.Request]:
        at = 0
        while rows := await self._book.do(
            desk.page, replace(wanted, at=at, back=False), _CHUNK, voice, self._book.opener
        ):
            for row in rows:
                yield row
            at = rows[-1].number

    def _tag(self, request: web.Request) -> str:
        tag = request.cookies.get(_LANGUAGE, "")
        return tag if tag in self._words else self._settings.languages[0]

    async def _voice(self, request: web.Request) -> Voice:
        await asyncio.to_thread(self._labels.ready)
        tag = self._tag(request)
        return Voice(tag, self._words[tag], self._labels)

    async def _visitor(self, request: web.Request) -> Visitor | None:
        found = self._login.visitor(request.cookies.get(COOKIE, ""), time.monotonic())
        if found is None or not await self._book.do(clerks.stands, found.name, found.stamp):
            return None
        return found

    async def _stranger(self, request: web.Request, problem: str = "", *, status: int = 200) -> web.Response:
        named = not await self._book.do(clerks.stands, "", b"")
        return self._show(request, "login.html", None, problem=problem, status=status, named=named)

    def _show(
        self, request: web.Request, template: str, visitor: Visitor | None, *, status: int = 200, **values: Any
    ) -> web.Response:
        tag = self._tag(request)
        shown = {
            "problem": "",
            "say": self._words[tag],
            "language": tag,
            "languages": self._words,
            "name": self._settings.name,
            "token": visitor.token if visitor else "",
            "clerk": visitor.name if visitor else "",
        }
        text = self._templates.get_template(template).render(shown | values)
        return web.Response(text=text, status=status, content_type="text/html", headers=HEADERS)
