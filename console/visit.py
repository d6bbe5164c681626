"""One request of one person: who it is, in which language, what the form says, and how to answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import jinja2
from aiohttp import web
from multidict import MultiDict, MultiDictProxy

from console import roles
from console.desk import Desk, Link
from console.live import Pulse
from console.page import Page
from console.strip import Strip
from flows.errors import Fault
from store.scope import Scope
from store.users import Account, Sitting

ROOT: Final = "/console"
MOST_DIGITS: Final = 15
"""Of a number in an address or a form: every key of the store's has fewer, and SQLite's integers hold them all."""


MINUTE: Final = 60


def digits(said: str) -> int:
    """What these digits say; 0, which no row has, for anything else.

    Other scripts' digits and superscripts are digits to Python, and `int` refuses some of them: they are none here.
    """
    return int(said) if said.isascii() and said.isdigit() and len(said) <= MOST_DIGITS else 0


FILE = web.FileField

SECRETS: Final = frozenset({"token", "password", "old", "new", "repeat", "own", "code"})
"""Fields of forms that are never written into another page: whoever stands behind her could read them there."""

_OURS: Final = frozenset(
    {"agency", "revision", "session", "version", "lang", "step", "to", "kept", "secret", "username"}
)
"""Fields that pages fill in themselves: no words of hers."""


def is_partial(request: web.Request) -> bool:
    """Whether htmx asks, for a part of a page."""
    return request.headers.get("HX-Request") == "true" and "HX-Boosted" not in request.headers


def written(fields: Iterable[tuple[str, Any]]) -> list[str]:
    """What somebody typed into these fields, long enough to be worth keeping."""
    said = [value for name, value in fields if isinstance(value, str) and name not in SECRETS | _OURS]
    return [value for value in said if len(value) > 3]  # noqa: PLR2004 - letters


@dataclass(slots=True)
class Visit:
    """Handed to each page.

    Attributes:
        account: who is signed in; None on the pages for strangers.
        form: what was posted, checked to come from a page of ours; empty for a GET.
        links: the road to the agencies of her scope; strip: the same in one line; both on whole pages only.
        say: the words in the reader's language.
        pages: the whole table, for the navigation. pulse: what open pages wait for. cookie: her session's.
    """

    request: web.Request
    desk: Desk
    page: Page
    language: str
    templates: jinja2.Environment
    pages: tuple[Page, ...]
    pulse: Pulse
    cookie: str = ""
    account: Account | None = None
    sitting: Sitting | None = None
    form: MultiDictProxy[Any] = field(default_factory=lambda: MultiDictProxy(MultiDict()))
    links: Sequence[Link] = ()
    strip: Strip | None = None

    @property
    def say(self) -> Mapping[str, str]:
        """The words."""
        return self.desk.words[self.language]

    @property
    def user(self) -> Account:
        """Who is signed in, on a page that is not for strangers."""
        if self.account is None:
            raise web.HTTPForbidden
        return self.account

    @property
    def scope(self) -> Scope:
        """Whose requests she may see; nothing for a stranger."""
        return self.account.scope if self.account else Scope()

    @property
    def partial(self) -> bool:
        """Whether htmx asks, for a part of a page."""
        return is_partial(self.request)

    def has(self, wanted: frozenset[str]) -> bool:
        """Whether she has one of these roles."""
        return self.account is not None and roles.may(self.account.roles, wanted)

    def text(self, name: str, most: int = 200) -> str:
        """A field of the form as one trimmed line; a file, or nothing, is ""."""
        value = self.form.get(name, "")
        return " ".join(value.split())[:most] if isinstance(value, str) else ""

    def asked(self, name: str, most: int = 200) -> str:
        """A value of the address as one trimmed line."""
        return " ".join(self.request.query.get(name, "").split())[:most]

    def part(self, name: str) -> str:
        """A part of the path."""
        return self.request.match_info[name]

    def show(self, template: str, *, block: str = "", status: int = 200, **values: Any) -> web.Response:
        """A page, or with `block` only that block of it."""
        page = self.templates.get_template(template)
        shown = self._shared() | values
        text = "".join(page.blocks[block](page.new_context(shown))) if block else page.render(shown)
        return self.html(text, status)

    def html(self, text: str, status: int = 200) -> web.Response:
        """Markup as an answer, packed when it is worth it."""
        answer = web.Response(text=text, status=status, content_type="text/html", charset="utf-8")
        if len(text) > 700:  # noqa: PLR2004 - less than one packet of a network either way
            answer.enable_compression()
        return answer

    def go(self, path: str) -> web.Response:
        """After a form: on to another page, so that reloading it sends nothing twice."""
        if self.partial or "X-Sala-Stays" in self.request.headers:
            return web.Response(status=204, headers={"HX-Redirect": ROOT + path})
        return web.Response(status=303, headers={"Location": ROOT + path})

    def refuse(self, status: int, key: str) -> web.Response:
        """A page that says in plain words why not, and what to do; what she wrote stands on it."""
        return self.show("error.html", status=status, why=self.say[key], code=status)

    def fault(self, fault: Fault) -> web.Response:
        """The same for something that did not work; in her language, where its own sentence is not."""
        why, hint = self.plain(fault.code, str(fault)), fault.hint if self.language == "en" else ""
        return self.show("error.html", status=409, why=why, code=fault.code, hint=hint)

    def plain(self, code: str, sentence: str) -> str:
        """A fault in plain words of her language; the sentence itself, in English, stays for whoever helps her."""
        if self.language == "en":
            return sentence
        return f"{self.say.get(f'said_{code}', self.say['said_fault'])} ({sentence})"

    def moment(self, at: int) -> str:
        """A time as this reader needs it: the time of day for today, else with its day."""
        if not at:
            return ""
        local = datetime.fromtimestamp(at, self.desk.zone)
        today = datetime.fromtimestamp(self.desk.now(), self.desk.zone).date()
        if local.date() == today:
            return f"{local:%H:%M}"
        if local.date() == today - timedelta(days=1):
            return f"{self.say['yesterday']} {local:%H:%M}"
        return f"{local:%d/%m/%Y %H:%M}"

    def today(self) -> str:
        """The day, for what is printed."""
        return f"{datetime.fromtimestamp(self.desk.now(), self.desk.zone):%d/%m/%Y}"

    def span(self, at: int) -> str:
        """How long something lasts since then: as `age`, but "under a minute" in place of "just now"."""
        return self.age(at) if self.desk.now() - at >= MINUTE else self.say["under_minute"]

    def age(self, at: int) -> str:
        """How long ago something was, in the largest unit that fits."""
        seconds = max(0, self.desk.now() - at)
        for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
            if seconds >= size:
                return self.say[unit].format(n=seconds // size)
        return self.say["just_now"]

    def _shared(self) -> dict[str, Any]:
        held = self.account.roles if self.account else ()
        menu = [one for one in self.pages if one.nav and self.account and roles.may(held, one.roles)]
        return {
            "say": self.say,
            "visit": self,
            "root": ROOT,
            "language": self.language,
            "languages": list(self.desk.words),
            "all_words": self.desk.words,
            "account": self.account,
            "token": self.sitting.token if self.sitting else "",
            "menu": menu,
            "tabs_upkeep": (tabs := [one for one in self.pages if one.tab and self.has(one.roles)]),
            "in_upkeep": any(self.page.path.startswith(one.path) for one in tabs),
            "here": self.page.path,
            "node": self.desk.node,
            "officers": roles.OFFICERS,
            "written": written(self.form.items()),
            "back": self.request.rel_url.raw_path_qs if self.request.method == "GET" else ROOT + "/",
        }
