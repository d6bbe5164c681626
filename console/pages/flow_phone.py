"""The phone beside a draft: the form carries the keys pressed so far, the engine plays them from the start."""

import asyncio
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

from aiohttp import web

from console import roles
from console.page import Page
from console.studio.look import settings_of
from console.studio.work import PLACE, Work, opened
from console.visit import Visit
from flows.editing.phone import MOST_KEYS, Session, as_test, ring, way_to
from flows.errors import Fault
from flows.fields import ChoiceField, MultiField, YesNoField
from flows.imports.yamlout import item_lines
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


async def phone_values(work: Work, at: int) -> dict[str, Any]:
    """The phone as it lies beside the open step: dialled, and walked there the likeliest way."""
    return await _phone(work, at, None, "ussd", work.language)


async def _phone(work: Work, at: int, keys: tuple[str, ...] | None, channel: str, language: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"channel": channel, "session": None, "keys": "", "walked": 0, "silent": "", "types": False}
    shown["slow"] = bool(work.visit.text("slow", 3))
    revision = work.look.revision
    if revision is None:
        return shown | {"silent": work.visit.say["fl_phone_silent"]}
    try:
        session, given = await asyncio.to_thread(_rung, work, revision, at, keys, channel, language)
    except Fault as fault:
        return shown | {"silent": str(fault)}
    walked = len(given) if keys is None else _number(work.visit.text("walked", 6))
    return shown | {
        "session": session,
        "keys": packed(given),
        "walked": walked,
        "types": _types(work, session),
        "limit": work.visit.desk.memory.office.node.ussd.limit(session.screen),
        "rung": session.step,
    }


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _rung(
    work: Work, revision: Revision, at: int, keys: tuple[str, ...] | None, channel: str, language: str
) -> tuple[Session, tuple[str, ...]]:
    office, today = work.visit.desk.memory.office, work.today().date()
    way: Channel = "sms" if channel == "sms" else "ussd"
    if keys is None:
        settings = settings_of(office, today, languages=(language,), channels=(way,))
        keys = way_to(revision, settings, at) or ()
    given = {"language": language, "channel": way, "today": today, "tables": office.tables, "phrases": office.phrases}
    return ring(revision, keys, **given, budget=office.node.ussd), tuple(keys)


def _types(work: Work, session: Session) -> bool:
    """Whether something is typed here; else one key is the answer."""
    flow = work.look.sound
    step = flow.steps[session.step] if 0 <= session.step < len(flow.steps) else None
    field = flow.fields.get(step.ask) if isinstance(step, Ask) else None
    return field is not None and not isinstance(field, ChoiceField | MultiField | YesNoField)


async def press(visit: Visit) -> web.StreamResponse:
    """One more key, or another beginning."""
    from console.pages.flow import panes, step_of  # noqa: PLC0415 - that page shows this one beside it

    work = await opened(visit)
    at = step_of(work)
    keys: tuple[str, ...] | None = unpacked(visit.text("keys", 20_000))
    pressed, channel = visit.text("press", 10), "sms" if visit.text("channel", 5) == "sms" else "ussd"
    if visit.text("slow", 3):
        await asyncio.sleep(SLOW)
    match visit.text("do", 10):
        case "here":
            keys = None
        case "start":
            keys = ()
        case "ussd" | "sms" as other:
            keys, channel = None, other
        case "drop":
            keys = (*(keys or ()), "DROP")
        case "dial":
            keys = (*(keys or ()), "DIAL")
        case "wait":
            keys = (*(keys or ()), "+1h")
        case _:
            typed = pressed or visit.text("typed", 500)
            keys = (*(keys or ()), typed) if typed and typed not in _WORDS else keys
    values = await _phone(work, at, keys, channel, work.language)
    if visit.partial:
        return visit.show("flow_phone.html", work=work, at=at, **values)
    return await panes(work, at, **values)


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
    Page("POST", PLACE + "/phone", roles.EDITORS, press),
    Page("POST", PLACE + "/phone/test", roles.EDITORS, as_file),
)
