"""What the desk holds back: marks that a service makes of answers, small counts, numbers in words."""

import json
from typing import Any

import pytest

from store import figures_sql
from store.scope import EVERYTHING, Scope
from tests.console.conftest import Site
from tests.console.test_upkeep import page
from tests.console.test_users import post
from tests.console.town import Wire, births
from tests.store.desk_kit import submission, write
from tests.store.test_queue import refuse

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

MARKS = ("safeguarding", "handled with care", "Late", "More than one")


async def test_the_marks_of_a_service_are_shown_for_a_reason_and_to_nobody_else(site: Site) -> None:
    Wire(site.node, "civil-registry").cut()
    first, second = await births(site, ["+8562055515501", "+8562055515502"])
    officer = await site.person("officer")
    entry = await site.memory.queue.one(EVERYTHING, first)
    assert entry
    assert b'"safeguarding"' in (entry.event or b""), "the control: the request has it"
    await refuse(site.memory, entry.latest, "civil-registry", "mother_name")
    for path in (f"/queue/{first}", f"/conflicts/{first}", f"/queue/{first}/fix", f"/queue/{first}/slip", "/queue"):
        _, text = await page(site, officer, path)
        assert [mark for mark in MARKS if mark in text] == [], path
    async with site.client(officer) as http:
        status, text = await post(http, officer, f"/queue/{first}/worked", reason="no")
        assert (status, "handled with care" in text) == (400, False)
        status, text = await post(http, officer, f"/queue/{first}/worked", reason="the agency asked about it")
        assert (status, "handled with care" in text) == (200, True)
    told = (await site.memory.audit.entries(subject=first))[0]
    assert (told.act, told.details["reason"]) == ("worked_out_shown", "the agency asked about it")
    auditor = await site.person("auditor")
    assert "Worked out by the service" not in (await page(site, auditor, f"/queue/{second}"))[1]


async def test_what_citizens_said_tells_no_small_count_and_no_number(site: Site) -> None:
    admin = await site.person("admin")
    revision = site.memory.office.live["feedback"].digest
    few = {"kind": "praise", "about": "roads", "place_words": "the bridge, call 020 55 512 345", "words": "a secret"}
    many = {"kind": "complaint", "about": "roads", "words": "a secret"}
    others = {"kind": "broken", "about": "roads", "words": "a secret"}
    made = [few] * 2 + [many] * 5 + [others] * 12
    facts = {"service": "feedback", "revision": revision, "agencies": ("inspection",), "keep_days": 30}
    await write(site.memory, [submission(700 + n, answers=one, **facts) for n, one in enumerate(made)])
    _, text = await page(site, admin, "/feedback")
    rows = " ".join(text.split())
    assert 'Complaint</th><td class="number">5</td>' in rows
    assert "Praise</th>" not in rows
    assert 'too few to tell apart</th><td class="number">14</td>' in rows, "with 12 others: 2 does not follow from 19"
    assert "the bridge, call ••••" in rows
    assert "512 345" not in rows
    assert "a secret" not in rows


async def test_how_requests_went_is_told_in_reports_and_with_what_citizens_said(site: Site) -> None:
    counting = site.memory.figures.counting
    day = counting.day(site.memory.clock.steady()) - 9
    day -= (day + 3) % 7  # a Monday
    about = ("birth", "civil-registry", "LA0901")
    told = [("pleased", {"stars": "5"}, 31), ("displeased", {"stars": "2", "why": "slow"}, 7), ("unanswered", {}, 12)]
    rows = [
        (
            *about,
            what,
            day,
            json.dumps(sorted([["channel", "ussd"], ["language", "lo"], *map(list, more.items())])),
            n,
            0,
        )
        for what, more, n in told
    ]

    async def run(database: Any) -> None:
        await database.begin()
        await database.many(figures_sql.ADD_FRESH, rows)

    await site.memory.writer.do(run)
    admin = await site.person("admin")
    _, before = await page(site, admin, "/feedback?about=birth")
    assert "Nothing is told yet of how" in before, "the control: not told yet"
    await counting.tell(day + 7, 0)
    await counting.tell(day + 100, 0)
    for path in ("/feedback?about=birth", "/reports"):
        _, text = await page(site, admin, path)
        assert "How it went, after a decision" in text, path
        assert ">50</td>" in text, path
        assert ">82</td>" in text, path
    assert "Manner of the staff" in (await page(site, admin, "/feedback?about=birth"))[1]
    officer = await site.person("officer", Scope(("LA0402",), ("*",)))
    assert "How it went" not in (await page(site, officer, "/reports"))[1]
