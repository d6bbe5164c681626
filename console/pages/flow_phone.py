"""The phone: the form carries the keys pressed so far, the engine plays them from the start.

It lies beside the open step of a draft, and large on a page of its own, for a workshop or a telephone, where it also
rings what is live and every version before.
"""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

from aiohttp import web

from console import roles
from console.page import Page
from console.studio.look import settings_of
from console.studio.work import PLACE, GoneFault, Work, opened
from console.visit import Visit, digits
from flows.editing.phone import MOST_KEYS, Session, as_test, ring, way_to
from flows.errors import Fault
from flows.fields import ChoiceField, MultiField, YesNoField
from flows.imports.yamlout import item_lines
from flows.model import Flow
from flows.revision import Revision
from flows.steps import Ask

if TYPE_CHECKING:
    from flows.turn import Channel

SLOW: Final = 1.5
"""Seconds that a slow link adds; the page says that it is waiting."""
_WORDS: Final = ("DROP", "DIAL", "MORE")


def packed(keys: tuple[str, ...]) -> str:
    """The keys as one value of a form."""
    return "*".join(quote(one, safe=" ") for one in keys)


def unpacked(value: str) -> tuple[str, ...]:
    """And back."""
    return tuple(unquote(one) for one in value.split("*"))[:MOST_KEYS] if value else ()


@dataclass(frozen=True, slots=True)
class Rung:
    """What the phone rings.

    Attributes:
        version: 0 for the draft. revision: None while the engine cannot run it.
    """

    version: int
    revision: Revision | None

    def name(self, work: Work, step: int) -> str:
        """How a person calls a step."""
        if not self.version:
            return work.step(step)
        return str(step + 1)


async def rung_of(work: Work) -> Rung:
    """The draft, or the published version that the address or the form names.

    Raises:
        GoneFault: there is no such version.
    """
    said = work.visit.asked("version-of", 6) or work.visit.text("version-of", 6)
    if not said:
        return Rung(0, work.look.revision)
    acts = await work.visit.desk.memory.library.versions(work.name)
    digest = next((one.digest for one in acts if one.version == digits(said)), "")
    revision = work.visit.desk.memory.office.known.get(digest)
    if revision is None:
        raise GoneFault(work.visit.say["fl_no_version"])
    return Rung(digits(said), revision)


async def phone_values(work: Work, at: int) -> dict[str, Any]:
    """The phone as it lies beside the open step: dialled, and walked there the likeliest way."""
    return await _phone(work, at, None, "ussd", work.language)


async def _phone(
    work: Work, at: int, keys: tuple[str, ...] | None, channel: str, language: str, rung: Rung | None = None
) -> dict[str, Any]:
    rung = rung or Rung(0, work.look.revision)
    shown: dict[str, Any] = {"channel": channel, "session": None, "keys": "", "walked": 0, "silent": "", "types": False}
    shown |= {"slow": bool(work.visit.text("slow", 3)), "large": False, "ringing": rung}
    revision = rung.revision
    if revision is None:
        return shown | {"silent": work.visit.say["fl_phone_silent"]}
    try:
        session, given = await asyncio.to_thread(_ring, work, revision, at, keys, channel, language)
    except Fault as fault:
        return shown | {"silent": str(fault)}
    walked = len(given) if keys is None else _number(work.visit.text("walked", 6))
    return shown | {
        "session": session,
        "keys": packed(given),
        "walked": walked,
        "types": _types(revision.flow, session),
        "limit": work.visit.desk.memory.office.node.ussd.limit(session.screen),
        "rung": session.step,
    }


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _ring(
    work: Work, revision: Revision, at: int, keys: tuple[str, ...] | None, channel: str, language: str
) -> tuple[Session, tuple[str, ...]]:
    office, today = work.visit.desk.memory.office, work.today().date()
    way: Channel = "sms" if channel == "sms" else "ussd"
    if keys is None:
        settings = settings_of(office, today, languages=(language,), channels=(way,))
        keys = way_to(revision, settings, at) or ()
    given = {"language": language, "channel": way, "today": today, "tables": office.tables, "phrases": office.phrases}
    return ring(revision, keys, **given, budget=office.node.ussd), tuple(keys)


def _types(flow: Flow, session: Session) -> bool:
    """Whether something is typed here; else one key is the answer."""
    step = flow.steps[session.step] if 0 <= session.step < len(flow.steps) else None
    field = flow.fields.get(step.ask) if isinstance(step, Ask) else None
    return field is not None and not isinstance(field, ChoiceField | MultiField | YesNoField)


def _pressed(visit: Visit, *, large: bool) -> tuple[tuple[str, ...] | None, str]:
    """The keys after this press, None for the way to the open step; and the channel."""
    keys: tuple[str, ...] | None = unpacked(visit.text("keys", 20_000))
    pressed, channel = visit.text("press", 10), "sms" if visit.text("channel", 5) == "sms" else "ussd"
    match visit.text("do", 10):
        case "here":
            keys = None
        case "start":
            keys = ()
        case "ussd" | "sms" as other:
            keys, channel = () if large else None, other
        case "drop" | "dial" as act:
            keys = (*(keys or ()), act.upper())
        case "wait":
            keys = (*(keys or ()), "+1h")
        case _:
            typed = pressed or visit.text("typed", 500)
            keys = (*(keys or ()), typed) if typed and typed not in _WORDS else keys
    return keys, channel


async def press(visit: Visit) -> web.StreamResponse:
    """One more key, or another beginning."""
    from console.pages.flow import panes, step_of  # noqa: PLC0415 - that page shows this one beside it

    work = await opened(visit)
    at, large = step_of(work), bool(visit.text("large", 1))
    keys, channel = _pressed(visit, large=large)
    if visit.text("slow", 3):
        await asyncio.sleep(SLOW)
    rung = await rung_of(work)
    values = await _phone(work, at, keys, channel, work.language, rung) | {"large": large}
    if visit.partial:
        return visit.show("flow_phone.html", work=work, at=at, **values)
    return await _large(work, values) if large else await panes(work, at, **values)


async def large(visit: Visit) -> web.StreamResponse:
    """The phone alone, dialled at the start."""
    work = await opened(visit)
    channel = "sms" if visit.asked("channel", 5) == "sms" else "ussd"
    values = await _phone(work, 0, (), channel, work.language, await rung_of(work))
    return await _large(work, values | {"large": True})


async def _large(work: Work, values: dict[str, Any]) -> web.Response:
    desk = work.visit.desk
    acts = await desk.memory.library.versions(work.name)
    versions = {
        one.version: one
        for one in acts
        if one.act in {"publish", "rollback"} and one.digest in desk.memory.office.known
    }
    rung: Rung = values["ringing"]
    flow = rung.revision.flow if rung.revision is not None else work.look.flow
    names = desk.memory.office.phrases.names
    spoken = flow.languages if flow is not None else ()
    return work.show(
        "flow_large.html",
        versions=sorted(versions, reverse=True),
        spoken={tag: names.get(tag, tag) for tag in spoken},
        at=0,
        **values,
    )


async def session_of(work: Work) -> Session | None:
    """The session that a form carries; None while the draft cannot ring."""
    visit = work.visit
    at = max(_number(visit.text("step", 6)) - 1, 0)
    keys, channel = unpacked(visit.text("keys", 20_000)), visit.text("channel", 5)
    values = await _phone(work, at, keys, channel, work.language)
    found: Session | None = values["session"]
    return found


async def as_file(visit: Visit) -> web.StreamResponse:
    """The session as one of the flow's own tests, to keep or send."""
    work = await opened(visit)
    session = await session_of(work)
    if session is None:
        return visit.refuse(409, "fl_phone_silent")
    name = visit.text("name", 100) or f"{work.name} {work.today():%Y-%m-%d %H:%M}"
    text = "\n".join(["tests:", *item_lines([as_test(session, name)], "  ")]) + "\n"
    headers = {"Content-Disposition": f'attachment; filename="{work.name}-test.yaml"'}
    return web.Response(text=text, content_type="application/yaml", charset="utf-8", headers=headers)


PAGES: Final = (
    Page("GET", PLACE + "/phone", roles.EDITORS, large),
    Page("POST", PLACE + "/phone", roles.EDITORS, press),
    Page("POST", PLACE + "/phone/test", roles.EDITORS, as_file),
)
