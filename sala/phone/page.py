"""The page of the phone in the browser, and the routes by which it presses keys and reads messages.

The browser never learns the channel's secret: it speaks to these routes, and they speak to the node's own door over
HTTP, in the gateway's form, as the operator would.
"""

import gzip
import itertools
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final

import aiohttp
from aiohttp import web

from flows.text.measure import USSD, Budget, needs, units
from sala.phone.air import Air

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_TYPES: Final = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
# As the operator's: ours has given up by then.
_PATIENCE: Final = aiohttp.ClientTimeout(total=15)
_TEXT: Final = 100_000


@dataclass(frozen=True, slots=True)
class Line:
    """What the phone is connected to.

    Attributes:
        door: URL of the channel with its secret, `http://127.0.0.1:8080/gateways/demo/<secret>`.
        service_codes, short_codes: what may be dialled and written to. budget: the room of one screen.
        numbers: numbers to begin with. api_key: what the channel's sender sends with (`base_url` = `<page>/phone/air`).
    """

    door: str
    service_codes: Sequence[str] = ("*999#",)
    short_codes: Sequence[str] = ("1999",)
    budget: Budget = USSD
    numbers: Sequence[str] = ("+8562055512345",)
    api_key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)


class Phone:
    """Answers under `/phone`. For demonstration and staging: whoever sees the page may be any number."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._air = Air(line.api_key, self._report)
        self._http: aiohttp.ClientSession | None = None
        self._ids = itertools.count(1)
        # Message ids must not repeat after a restart, or the door would take a new message for an old one.
        self._life = secrets.token_hex(4)
        self._files = {name: _File.read(name) for name in ("phone.html", "phone.css", "phone.js")}

    def routes(self) -> list[web.RouteDef]:
        """The routes for an aiohttp application."""
        return [
            web.get("/phone", self._page),
            web.get("/phone/{name:phone\\.(?:css|js)}", self._static),
            web.get("/phone/setup", self._setup),
            web.post("/phone/press", self._press),
            web.post("/phone/hangup", self._hang_up),
            web.post("/phone/send", self._send),
            web.get("/phone/inbox", self._inbox),
            web.post("/phone/air/version1/messaging", self._messaging),
        ]

    async def close(self) -> None:
        """Close the line."""
        await self._air.close()
        if self._http:
            await self._http.close()

    async def _page(self, request: web.Request) -> web.Response:
        return self._files["phone.html"].answer(request)

    async def _static(self, request: web.Request) -> web.Response:
        return self._files[request.match_info["name"]].answer(request)

    async def _setup(self, _request: web.Request) -> web.Response:
        line = self._line
        return _json({"codes": [*line.service_codes], "short": [*line.short_codes], "numbers": [*line.numbers]})

    async def _press(self, request: web.Request) -> web.Response:
        said = await _read(request)
        form = self._callback(said) | {"text": str(said.get("text", ""))[:_TEXT]}
        status, body = await self._post("ussd", form)
        kind, _, text = body.partition(" ")
        if status != web.HTTPOk.status_code or kind not in {"CON", "END"}:
            return _json({"fault": status}, status=502)
        measured = {"units": units(text), "limit": self._line.budget.limit(text), "encoding": needs(text)}
        return _json({"text": text, "end": kind == "END", **measured})

    async def _hang_up(self, request: web.Request) -> web.Response:
        said = await _read(request)
        status, _ = await self._post("ussd/end", self._callback(said) | {"status": "Incomplete"})
        return _json({"status": status})

    async def _send(self, request: web.Request) -> web.Response:
        said = await _read(request)
        form = {
            "id": f"phone-{self._life}-{next(self._ids)}",
            "from": _number(said),
            "to": str(said.get("to") or next(iter(self._line.short_codes), "")),
            "text": str(said.get("text", ""))[:_TEXT],
            "date": "",
            "linkId": "",
        }
        status, _ = await self._post("sms", form)
        return _json({"status": status}, status=200 if status == web.HTTPOk.status_code else 502)

    async def _inbox(self, request: web.Request) -> web.Response:
        after = request.query.get("after", "")
        got = self._air.inbox(request.query.get("number", ""), int(after) if after.isdecimal() else 0)
        return _json(
            [
                {
                    "seq": one.seq,
                    "text": one.text,
                    "from": one.sender,
                    "units": units(one.text),
                    "encoding": needs(one.text),
                }
                for one in got
            ]
        )

    async def _messaging(self, request: web.Request) -> web.Response:
        if not self._air.knows(request.headers.get("apiKey", "")):
            return web.Response(status=401, text="The supplied authentication is invalid")
        form = {name: str(value) for name, value in (await request.post()).items()}
        return web.json_response(self._air.take(form), status=201)

    async def _report(self, name: str, number: str) -> None:
        await self._post("report", {"id": name, "status": "Success", "phoneNumber": number, "networkCode": "99999"})

    def _callback(self, said: Mapping[str, Any]) -> dict[str, str]:
        code = str(said.get("code") or next(iter(self._line.service_codes), ""))
        session = str(said.get("session", ""))
        return {"sessionId": session, "phoneNumber": _number(said), "networkCode": "99999", "serviceCode": code}

    async def _post(self, tail: str, form: Mapping[str, str]) -> tuple[int, str]:
        """The door's answer; status 0 when there is none."""
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=_PATIENCE)
        try:
            async with self._http.post(f"{self._line.door}/{tail}", data=form) as answer:
                return answer.status, await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return 0, ""


@dataclass(frozen=True, slots=True)
class _File:
    """A file of the page, packed once."""

    kind: str
    plain: bytes
    packed: bytes

    @classmethod
    def read(cls, name: str) -> "_File":
        plain = files("sala.phone").joinpath("static", name).read_bytes()
        return cls(_TYPES[name.rpartition(".")[2]], plain, gzip.compress(plain, mtime=0))

    def answer(self, request: web.Request) -> web.Response:
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            headers = _HEADERS | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            return web.Response(body=self.packed, content_type=self.kind, charset="utf-8", headers=headers)
        return web.Response(body=self.plain, content_type=self.kind, charset="utf-8", headers=_HEADERS)


async def _read(request: web.Request) -> dict[str, Any]:
    """The JSON object that the page sends. Only JSON: a form of some other site cannot send it unasked."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        said = await request.json()
    except ValueError:
        raise web.HTTPBadRequest from None
    if not isinstance(said, dict):
        raise web.HTTPBadRequest
    return said


def _number(said: Mapping[str, Any]) -> str:
    number = str(said.get("number", ""))
    if not _NUMBER.fullmatch(number):
        raise web.HTTPBadRequest
    return number


def _json(value: object, status: int = 200) -> web.Response:
    return web.json_response(value, status=status, headers={"Cache-Control": "no-store"})
