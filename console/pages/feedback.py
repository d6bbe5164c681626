"""What citizens said: of a service that asks for words, what was chosen, how it goes from week to week, what is open.

It tells counts, and none below five, not even to somebody who subtracts: what is small stands together with what is
not, by the rule of the reports. Words are shown only where the flow calls their field public; the others are read
on the page of the request, by those who may open it. Numbers in words are masked.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web

from console import roles, satisfaction
from console.page import Page
from console.reading import Reader, body
from console.visit import Visit
from flows.dialogue import REASONS
from flows.fields import AnyField, ChoiceField, TextField, YesNoField
from store.figures import WEEK, Within
from store.queue import Entry, Wanted
from store.release import LEAST, RATED, tellable

MOST: Final = 1_000
"""Requests that are read: the newest."""

WEEKS: Final = 12
YEAR: Final = 52
"""Weeks of the quarters by which reasons are told."""

MOST_WORDS: Final = 40
FIRST: Final = "feedback"
"""The service that opens by itself, where there is one of this name."""

BEFORE: Final = "before"

ENDED: Final = frozenset({"approved", "rejected", "closed", "withdrawn", "transferred"})
_NUMBER: Final = re.compile(r"[0-9໐-໙][0-9໐-໙ .-]{4,}[0-9໐-໙]")


@dataclass(frozen=True, slots=True)
class Choices:
    """How often each answer of one question was chosen; `rest`: how often one that is not told apart, "" for none."""

    label: str
    rows: Sequence[tuple[str, str]]
    rest: str


async def feedback(visit: Visit) -> web.StreamResponse:
    """The page of one service."""
    services = _services(visit)
    wished = visit.asked("service", 60) or FIRST
    service = wished if wished in services else next(iter(services), "")
    found: list[Entry] = []
    if service:
        wanted = Wanted(service=service, newest=True, among=frozenset(services))
        found = [one for one in await visit.desk.memory.queue.page(visit.scope, wanted, MOST) if not one.trial]
    fields = services.get(service, {})
    opened = [one for one in found if one.status not in ENDED]
    weeks, others = _weeks(visit, found)
    return visit.show(
        "feedback.html",
        services=[(one, Reader(visit).title(one)) for one in services],
        service=service,
        total=_told(len(found)),
        full=len(found) == MOST,
        most=MOST,
        choices=_choices(visit, fields, found),
        weeks=weeks,
        others=others,
        open=_part(len(opened), len(found)),
        oldest=min((one.at for one in opened), default=0),
        words=_words(visit, fields, found),
        hidden=[field.label.say(visit.language) for field in fields.values() if _is_hidden(field)],
        fewest=LEAST,
        **await _marks(visit),
    )


async def _marks(visit: Visit) -> dict[str, Any]:
    """How decided requests went, as far as it is told, and why not well: of one service, or of all that she may see."""
    figures = visit.desk.memory.figures
    about = visit.asked("about", 60)
    within = (visit.scope, figures.this_week() - WEEK * (WEEKS - 1), figures.this_week())
    told = await figures.sums(Within(*within, family=""), "service", "week", "what")
    services = sorted({row[0] for row in told if row[2] in RATED})
    year = Within(visit.scope, figures.this_week() - WEEK * YEAR, figures.this_week(), about or None, family="why")
    return {
        "marks": satisfaction.weeks(row[1:] for row in told if about in {"", row[0]}),
        "quarters": satisfaction.quarters(await figures.sums(year, "week", "what", "value")),
        "marked": [(one, Reader(visit).title(one)) for one in services],
        "about": about,
        "reasons": REASONS,
    }


def _services(visit: Visit) -> dict[str, Mapping[str, AnyField]]:
    """The live services that ask for words, and whose agency she serves."""
    return {
        service: revision.flow.fields
        for service, revision in sorted(visit.desk.memory.office.live.items())
        if visit.scope.serves(revision.flow.agency)
        and any(isinstance(one, TextField) for one in revision.flow.fields.values())
    }


def _told(count: int) -> str:
    return f"{count:,}" if count == 0 or count >= LEAST else ""


def _part(count: int, whole: int) -> str:
    """So many of the whole, which is told; "" when it or the other part would be too few."""
    parts = {"part": count, "other": whole - count}
    return f"{count:,}" if 0 in parts.values() or len(tellable(parts)) == len(parts) else ""


def _apart(counts: Mapping[str, int]) -> tuple[dict[str, int], str]:
    """What is told apart, and how many stand together."""
    some = {name: n for name, n in counts.items() if n}
    shown = tellable(some)
    rest = sum(n for name, n in some.items() if name not in shown)
    return {name: n for name, n in counts.items() if name in shown or not n}, f"{rest:,}" if rest >= LEAST else ""


def _choices(visit: Visit, fields: Mapping[str, AnyField], found: Sequence[Entry]) -> Sequence[Choices]:
    reader = Reader(visit)
    told = []
    for name, field in fields.items():
        if not isinstance(field, ChoiceField | YesNoField) or field.sensitivity == "sensitive":
            continue
        counts = Counter(data["answers"].get(name) for one in found if (data := body(one.event)) is not None)
        # An answer that nobody gave is one as well: left out, it would be what is missing to the whole.
        shown, rest = _apart({json.dumps(key): n for key, n in counts.items()})
        answers = [(json.loads(key), n) for key, n in sorted(shown.items(), key=lambda one: (-one[1], one[0]))]
        rows = [(reader.value(field, name, key)[1], f"{n:,}") for key, n in answers if key is not None]
        if rows or rest:
            told.append(Choices(field.label.say(visit.language), rows, rest))
    return told


def _weeks(visit: Visit, found: Sequence[Entry]) -> tuple[Sequence[tuple[str, str]], str]:
    """Monday -> how many came in that week, the newest first ("" where it is not told apart), and the others."""
    today = datetime.fromtimestamp(visit.desk.now(), visit.desk.zone).date()
    first = today - timedelta(days=today.weekday(), weeks=WEEKS - 1)
    counts = {f"{first + timedelta(weeks=at):%Y-%m-%d}": 0 for at in range(WEEKS)} | {BEFORE: 0}
    for one in found:
        day = datetime.fromtimestamp(one.at, visit.desk.zone).date()
        counts[f"{day - timedelta(days=day.weekday()):%Y-%m-%d}" if day >= first else BEFORE] += 1
    shown, rest = _apart(counts)
    weeks = sorted((one for one in counts if one != BEFORE), reverse=True)
    told = [(f"{one[8:]}/{one[5:7]}/{one[:4]}", f"{shown[one]:,}" if one in shown else "") for one in weeks]
    return told, rest


def _is_hidden(field: AnyField) -> bool:
    return isinstance(field, TextField) and field.sensitivity != "public"


def _words(visit: Visit, fields: Mapping[str, AnyField], found: Sequence[Entry]) -> Sequence[tuple[str, str, str]]:
    """When, to which question, and what was said, the newest first; where it was asked for in public words."""
    told = []
    for one in found:
        data = body(one.event)
        for name, field in fields.items():
            said = data["answers"].get(name) if data is not None else None
            if isinstance(field, TextField) and not _is_hidden(field) and said:
                told.append((visit.moment(one.at), field.label.say(visit.language), _NUMBER.sub("••••", str(said))))
        if len(told) >= MOST_WORDS:
            break
    return told[:MOST_WORDS]


PAGES: Final = (Page("GET", "/feedback", roles.ADMINS, feedback, tab="feedback"),)
