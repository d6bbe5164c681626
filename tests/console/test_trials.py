"""A draft tried from the desk: begun for listed numbers, told apart everywhere, ended; and what is no trial."""

from typing import Any

import pytest

from store.scope import Scope
from tests.console.conftest import Site
from tests.console.test_upkeep import page
from tests.console.test_users import post
from tests.console.town import births

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

HERS, THEIRS = "+8562055514401", "+8562055514402"


async def draft(site: Site) -> None:
    """The birth service with one word changed."""
    found = await site.memory.drafts.open("birth")
    text = found.text.replace("Register a birth", "Write down a birth")
    assert text != found.text
    await site.memory.drafts.save("birth", text, expected=found.version, by="test", note="a word")


async def test_a_trial_is_begun_told_apart_everywhere_and_ended(site: Site) -> None:
    person, officer = await site.person("admin"), await site.person("officer")
    _, text = await page(site, person, "/publishing/trials")
    assert "There is no draft of a service" in text
    await draft(site)
    form: dict[str, Any] = {"service": "birth", "numbers": f"Noy {HERS}\n\n", "days": "3"}
    wrong = {
        "no telephone number: nobody": {"numbers": f"Noy {HERS}\nnobody"},
        "at least one number": {"numbers": " "},
        "1 to 30 days": {"days": "31"},
        "no such draft": {"service": "farm"},
    }
    async with site.client(person) as http:
        for said, change in wrong.items():
            status, text = await post(http, person, "/publishing/trials", **form | change)
            assert (status, said in text) == (400, True), said
        assert await site.memory.trials.list() == []
        assert (await post(http, person, "/publishing/trials", **form))[0] == 303
    _, text = await page(site, person, "/publishing/trials")
    assert "Noy" in text
    assert HERS[-8:] not in text
    tried, meant = await births(site, [HERS, THEIRS])
    for path in (f"/queue/{tried}", f"/queue/{tried}/slip"):
        assert 'class="state trial">trial<' in (await page(site, officer, path))[1], path
    for path in (f"/queue/{meant}", f"/queue/{meant}/slip"):
        assert "state trial" not in (await page(site, officer, path))[1], path
    for path in ("/queue?state=all", "/queue/worklist?state=all"):
        assert (await page(site, officer, path))[1].count('class="state trial"') == 1, path
    async with site.client(person) as http:
        assert (await post(http, person, "/publishing/trials/birth/stop"))[0] == 303
        assert (await post(http, person, "/publishing/trials/birth/stop"))[0] == 404
    assert await site.memory.trials.list() == []
    acts = [(one.act, one.actor) for one in await site.memory.audit.entries(subject="birth", limit=2)]
    assert acts == [("trial_stopped", person.name), ("trial_started", person.name)]


async def test_who_does_not_answer_for_all_begins_none(site: Site) -> None:
    narrow = await site.person("admin", Scope(("LA09",), ("*",)))
    assert (await page(site, narrow, "/publishing/trials"))[0] == 403
    async with site.client(narrow) as http:
        form = {"service": "birth", "numbers": HERS, "days": "3"}
        assert (await post(http, narrow, "/publishing/trials", **form))[0] == 404


async def test_the_figures_say_what_waits_for_a_second_person(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def figure(name: str) -> float:
        async with site.client(None) as http, http.get("/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))

    library = site.memory.library
    assert await figure("sala_proposals_open") == 0
    assert await figure("sala_confirmations_open") == 0
    # As on a live node.
    monkeypatch.setattr(library, "_two_persons", True)
    await library.pause("farm", "anna", note="the office is closed")
    assert await figure("sala_confirmations_open") == 1
    await library.confirm((await library.unconfirmed())[0].id, "bo", yes=True, note="")
    assert await figure("sala_confirmations_open") == 0
