"""What else an officer meets: requests of no place, a call list, conflicts, withdrawing, sealed bodies."""

import re
from typing import Any

import pytest
from playwright.async_api import expect

from console.pages import queue as listed
from console.visit import ROOT
from store.scope import EVERYTHING, Scope
from tests.console.conftest import SignedIn, Site
from tests.console.test_upkeep import page
from tests.console.test_users import post
from tests.console.town import Wire, births, soon
from tests.store.desk_kit import submission, write
from tests.store.test_queue import refuse

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


async def test_what_has_no_place_is_everybodys_and_raises_its_voice(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = await site.person("officer")
    # As on a node that serves no single district.
    nowhere = site.memory.settings.model_copy(update={"district": ""})
    monkeypatch.setattr(site.memory._scribe, "_settings", nowhere)
    await write(site.memory, [submission(801, place="", agencies=("elsewhere",))])
    monkeypatch.undo()
    _, text = await page(site, officer, "/queue")
    assert re.search(r'class="notice">.*1 requests? without a place', text)
    assert "The oldest waits for under a minute" in text
    monkeypatch.setattr(listed, "LATE", -1)
    _, text = await page(site, officer, "/queue")
    assert re.search(r'class="problem">.*without a place', text)
    assert "That is too long" in text
    async with site.client(None) as http, http.get("/metrics") as answer:
        assert "\nsala_placeless 1" in await answer.text()
    narrow = await site.person("officer", Scope(("LA09",), ("*",)))
    assert "without a place" not in (await page(site, narrow, "/queue"))[1]


async def test_who_writes_call_me_is_on_the_call_list_with_a_masked_number(site: Site) -> None:
    officer, number = await site.person("officer"), "+8562055516601"
    async with site.client(None) as http:
        said = {"number": number, "code": "1999", "text": "CALL ME"}
        async with http.post("/phone/send", json=said) as answer:
            assert answer.status == 200, await answer.text()

    async def there() -> bool:
        return "wants to be called" in (await page(site, officer, "/calls"))[1]

    await soon(there, "the line")
    _, text = await page(site, officer, "/calls")
    assert number[-8:] not in text
    line = re.search(r"/calls/(\d+)/reveal", text)
    assert line
    async with site.client(officer) as http:
        status, text = await post(http, officer, f"/calls/{line[1]}/reveal", reason="to call her back")
        assert (status, number in text) == (200, True)
        assert (await post(http, officer, f"/calls/{line[1]}/done"))[0] == 303
    assert "wants to be called" not in (await page(site, officer, "/calls"))[1]


async def test_conflicts_stand_side_by_side_and_a_refused_one_is_withdrawn(site: Site, signed_in: SignedIn) -> None:
    Wire(site.node, "civil-registry").cut()
    first, second = await births(site, ["+8562055516602", "+8562055516603"])
    for reference, code in ((first, "conflict"), (second, "invalid")):
        entry = await site.memory.queue.one(EVERYTHING, reference)
        assert entry
        await refuse(site.memory, entry.latest, "civil-registry", code=code)
    window = await signed_in("officer")
    await window.goto(ROOT + "/queue?state=fix")
    await window.get_by_role("link", name="Conflicts, side by side").click()
    await expect(window.locator("main li")).to_have_count(1)
    await window.goto(ROOT + "/queue?state=fix")
    await window.get_by_role("link", name=f"Side by side {first[:3]}").click()
    await expect(window.locator("h1")).to_have_text("Side by side")
    await window.goto(f"{ROOT}/queue/{second}")
    await window.locator("summary", has_text="Withdraw").click()
    await window.get_by_label("Why?").fill("the family asked at the counter")
    await window.get_by_role("button", name="Withdraw").click()
    await expect(window.locator("h1")).to_contain_text("withdrawn")
    await expect(window.locator(".trail")).to_contain_text("the family asked at the counter")


async def test_what_is_sealed_shows_its_way_and_nothing_else(site: Site) -> None:
    officer = await site.person("officer")
    key: Any = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
    site.memory.seal_to({"elsewhere": (key,)})
    try:
        one = submission(802, agencies=("elsewhere",), answers={"name": "Somebody Known"})
        await write(site.memory, [one])
    finally:
        site.memory.seal_to({})
    status, text = await page(site, officer, f"/queue/{one.reference}")
    assert (status, "sealed for the agency" in text) == (200, True)
    assert "Somebody Known" not in text
    assert "elsewhere" in text
    assert "Somebody Known" not in (await page(site, officer, "/queue?state=all"))[1]


async def test_an_admin_is_told_when_nobody_works_what_has_no_place(site: Site) -> None:
    admin = await site.person("admin")
    assert "Nobody works requests without a place" not in (await page(site, admin, "/users"))[1]
    officers = [one for one in await site.memory.users.everybody() if "officer" in one.roles]
    for one in officers:
        await site.memory.users.set_rights(one.name, one.roles, one.scope, by="test", shown="", active=False)
    assert "Nobody works requests without a place" in (await page(site, admin, "/users"))[1]
    for one in officers:
        await site.memory.users.set_rights(one.name, one.roles, one.scope, by="test", shown=one.shown, active=True)
