"""The channels: how each does, what it may spend and has spent, and a message to try it with, sure and on record."""

from typing import Any, Final

import phonenumbers
from aiohttp import web

from console import roles
from console.page import Page
from console.reading import masked
from console.upkeep import Channel
from console.visit import Visit, digits

MOST_TRIES: Final = 10
"""Messages to try one channel in an hour, whoever sends them."""

HOUR: Final = 3600

ENDED: Final = frozenset({"delivered", "failed", "expired", "unknown"})
"""States of a message after which no other is waited for."""


async def channels(visit: Visit, **more: Any) -> web.StreamResponse:
    """All of them. A channel serves every district, so only those who see everything look after it."""
    if not _may(visit) or visit.desk.upkeep is None:
        return visit.refuse(403, "not_yours")
    store = visit.desk.memory.messages
    name, row = visit.asked("of", 40), digits(visit.asked("sent"))
    values: dict[str, Any] = {"why": "", "of": name, "asks": None} | more
    return visit.show(
        "channels.html",
        status=values.pop("status", 200),
        rows=await visit.desk.upkeep.channels(),
        waiting=await store.waiting(),
        tried=await store.tried(name, row) if row else None,
        row=row,
        ended=ENDED,
        **values,
    )


async def test(visit: Visit) -> web.StreamResponse:
    """A message to a number of the admin's: first shown, then, when she is sure, queued like any other."""
    upkeep = visit.desk.upkeep
    if upkeep is None or not _may(visit):
        return visit.refuse(404, "no_such_page")
    name = visit.part("channel")
    channel = next((one for one in await upkeep.channels() if one.name == name and one.sends), None)
    if channel is None:
        return visit.refuse(404, "no_such_page")
    number = _number(visit)
    if not number:
        return await channels(visit, status=400, why="channel_number", of=name)
    if await _tries(visit, name) >= MOST_TRIES:
        return await channels(visit, status=429, why="channel_often", of=name)
    if visit.text("sure") != "1":
        asks = {"number": number, "shown": masked(number), "text": _words(visit, channel)}
        return await channels(visit, of=name, asks=asks)
    store = visit.desk.memory.messages
    words = _words(visit, channel)
    row = await store.try_out(name, number, words, by=visit.user.name, shown=masked(number))
    return visit.go(f"/channels?of={name}&sent={row}#{name}")


def _may(visit: Visit) -> bool:
    return visit.scope.everywhere and visit.scope.every_agency


def _number(visit: Visit) -> str:
    """The number in E.164 form; "" when it is none."""
    try:
        found = phonenumbers.parse(visit.text("number", 30), visit.desk.country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(found):
        return ""
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


def _words(visit: Visit, channel: Channel) -> str:
    """What is sent; in Lao as well when the channel carries it, so that the phone shows whether it does."""
    lao = "ucs2" in channel.alphabets and visit.text("alphabet") == "lo"
    return visit.desk.words["lo" if lao else "en"]["channel_words"].format(node=visit.desk.node)


async def _tries(visit: Visit, name: str) -> int:
    since = visit.desk.memory.clock.steady() - HOUR
    rows = await visit.desk.memory.audit.entries(subject=name, limit=MOST_TRIES * 5)
    return sum(one.act == "channel_tried" and one.at > since for one in rows)


PAGES: Final = (
    Page("GET", "/channels", roles.ADMINS, channels, tab="channels"),
    Page("POST", "/channels/{channel}/test", roles.ADMINS, test),
)
