"""Drafts on the real code, for listed numbers and for a time: begun, looked at, ended.

Needs the hand `trial`, which `sala/desk.py` gives: a draft is checked as before it goes live.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import phonenumbers
from aiohttp import web

from console import roles
from console.page import Page
from console.visit import Visit, digits
from flows.errors import Fault
from store.trials import MOST_DAYS, MOST_NUMBERS, Trial

STEERERS: Final[frozenset[str]] = frozenset({roles.ADMIN, roles.APPROVER})
MOST_TEXT: Final = MOST_NUMBERS * 80
"""Letters of the list of numbers."""

DAY: Final = 86_400


async def trials(visit: Visit, *, why: str = "", typed: str = "") -> web.StreamResponse:
    """Who tries what until when, and what can be tried."""
    if not _may(visit):
        return visit.refuse(403, "not_yours")
    memory = visit.desk.memory
    running: dict[str, list[Trial]] = {}
    for one in await memory.trials.list():
        running.setdefault(one.flow, []).append(one)
    return visit.show(
        "trials.html",
        status=400 if why else 200,
        why=why,
        running=running,
        drafts=sorted(one.id for one in await memory.drafts.list() if one.kind == "flow"),
        typed=typed,
        chosen=visit.text("service", 60) or visit.asked("service", 60),
        most_days=MOST_DAYS,
        most_numbers=MOST_NUMBERS,
        now=visit.desk.now(),
    )


async def start(visit: Visit) -> web.StreamResponse:
    """Give a draft to the numbers of the list, from their next dial on."""
    begin = visit.desk.hands.get("trial")
    if begin is None or not _may(visit):
        return visit.refuse(404, "no_such_page")
    raw = visit.form.get("numbers", "")
    typed = raw[:MOST_TEXT] if isinstance(raw, str) else ""
    listed, wrong = _listed(typed, visit.desk.country)
    days, service = digits(visit.text("days", 3)), visit.text("service", 60)
    if wrong:
        return await trials(visit, why=visit.say["trial_wrong"].format(line=wrong), typed=typed)
    if not listed:
        return await trials(visit, why=visit.say["trial_nobody"], typed=typed)
    if not 1 <= days <= MOST_DAYS:
        return await trials(visit, why=visit.say["trial_days_wrong"].format(n=MOST_DAYS), typed=typed)
    if service not in {one.id for one in await visit.desk.memory.drafts.list() if one.kind == "flow"}:
        return await trials(visit, why=visit.say["trial_no_draft"], typed=typed)
    try:
        await begin(service, None, listed, visit.user.name, visit.desk.memory.clock.steady() + days * DAY)
    except Fault as fault:
        return await trials(visit, why=visit.plain(fault.code, str(fault)), typed=typed)
    await visit.desk.memory.refresh()
    return visit.go("/publishing/trials")


async def stop(visit: Visit) -> web.StreamResponse:
    """Everybody gets what is live again."""
    if not _may(visit):
        return visit.refuse(404, "no_such_page")
    try:
        await visit.desk.memory.trials.stop(visit.part("service"), by=visit.user.name)
    except Fault:
        return visit.refuse(404, "no_such_page")
    await visit.desk.memory.refresh()
    return visit.go("/publishing/trials")


def _may(visit: Visit) -> bool:
    """A number may dial from anywhere, so a trial is for those who answer for all districts and agencies."""
    return visit.scope.everywhere and visit.scope.every_agency


def _listed(text: str, country: str) -> tuple[Mapping[str, str], str]:
    """E.164 -> what to call it, of lines such as `Noy 020 5551 2345`; and the first line that has no number."""
    found: dict[str, str] = {}
    for line in filter(None, (" ".join(each.split()) for each in text.splitlines())):
        parts = re.fullmatch(r"(?P<label>[^+0-9]*?)[ =:,]*(?P<number>\+?[0-9][0-9 .()-]*)", line)
        number = _e164(parts["number"], country) if parts else ""
        if not parts or not number:
            return {}, line[:60]
        found[number] = parts["label"]
    return found, ""


def _e164(text: str, country: str) -> str:
    try:
        number: Any = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


PAGES: Final = (
    Page("GET", "/publishing/trials", STEERERS, trials),
    Page("POST", "/publishing/trials", STEERERS, start),
    Page("POST", "/publishing/trials/{service}/stop", STEERERS, stop),
)
