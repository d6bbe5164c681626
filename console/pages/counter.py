"""The counter: an officer presses the keys for a citizen beside her; the same flow, and who helped is kept."""

import re
import secrets
from typing import Any, Final

from aiohttp import web

from console import roles
from console.page import Page
from console.visit import Visit
from flows.errors import Busy, Fault
from flows.fields import PhoneField
from flows.inputs import Frame, read
from store.values import Call

LONGEST: Final = 20_000
"""Characters of all keys of one session: sixty answers as long as one may be; one that was cut would lead nowhere."""


async def counter(visit: Visit, *, why: str = "") -> web.StreamResponse:
    """Ask for the citizen's own number: news and answers go there."""
    return visit.show("counter.html", status=400 if why else 200, why=why, shown=None, number=visit.text("number", 30))


async def press(visit: Visit) -> web.StreamResponse:
    """One key press of the session; the same one again shows the same screen and changes nothing."""
    number = _number(visit, visit.text("number", 30))
    if not number or not visit.desk.counter:
        return await counter(visit, why="counter_number" if visit.desk.counter else "counter_none")
    session = visit.text("session", 60)
    if not re.fullmatch(r"counter-[a-z0-9]{16}", session):
        session = f"counter-{secrets.token_hex(8)}"
        heard = ""
    else:
        heard = visit.text("heard", LONGEST)
        typed = visit.text("key", 10) or visit.text("input", 300)
        heard = f"{heard}*{typed}" if heard else typed
    node: Any = visit.desk.memory.office.node
    call = Call(visit.desk.counter, session, number, heard, node.dial, helper=visit.user.name)
    try:
        reply = await visit.desk.memory.turns.take(call)
    except Busy:
        return visit.refuse(503, "busy_now")
    except Fault as fault:
        return visit.fault(fault)
    return visit.show(
        "counter.html",
        why="",
        shown=reply.text,
        end=reply.end,
        number=number,
        session=session,
        heard=heard,
        keys=_keys(reply.text),
        reference=_reference(reply.text) if reply.end else "",
    )


def _number(visit: Visit, typed: str) -> str:
    """The number in its international form, however it was written; "" when it is none."""
    frame = Frame("en", visit.desk.memory.clock.today(visit.desk.now()), visit.desk.tables, {}, "", visit.desk.country)
    field = PhoneField.model_validate({"type": "phone", "label": {"en": "Phone"}})
    found = read(field, typed, frame)
    return found if isinstance(found, str) else ""


def _keys(screen: str) -> list[tuple[str, str]]:
    """The keys that a screen offers: lines that begin with a number."""
    found = [re.match(r"(\d{1,2})[ .)]\s*(.+)", line) for line in screen.split("\n")]
    return [(one[1], one[2]) for one in found if one]


def _reference(screen: str) -> str:
    found = re.search(r"(\d{3}) (\d{3}) (\d{3})", screen)
    return "".join(found.groups()) if found else ""


PAGES: Final = (
    Page("GET", "/counter", roles.OFFICERS, counter, nav="counter"),
    Page("POST", "/counter", roles.OFFICERS, press),
)
