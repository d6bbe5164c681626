"""The desk's pages beside the editor: what an edit costs, marks of what was reviewed, the large phone, drop-off."""

import pytest
from playwright.async_api import ViewportSize, expect

from console.studio.look import library_parts
from console.studio.publish import files_of
from console.visit import ROOT
from flows.editing import SetText, edit
from flows.loader import load
from flows.revision import revise
from store import figures_sql
from store.database import Database
from store.library import Why
from store.routes import Route, Routes
from store.scope import Scope
from tests.console.conftest import NARROW, WIDE, SignedIn, Site
from tests.console.test_editor import LONG, draft

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]


async def test_what_an_edit_costs_stands_beside_it_before_it_is_saved(site: Site, signed_in: SignedIn) -> None:
    site.memory.route(Routes((Route("ltc", ("+856",), prices={"+856": 400}),)))
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows/birth?step=2&lang=lo")
    costs = page.locator("#costs")
    lao = costs.get_by_role("row", name="ລາວ SMS")
    await expect(lao).to_be_visible()
    await expect(costs.locator(".changed")).to_have_count(0)
    field = page.locator("#f-steps-1-text-lo")
    before = await field.input_value()
    await field.fill(LONG)
    await expect(costs).to_contain_text("compared with what is live")
    await expect(costs.locator(".changed")).to_have_count(2)
    await expect(lao).to_contain_text("(+1)")
    await expect(lao).to_contain_text("(+0.04)")
    await field.fill(before)
    await expect(costs.locator(".changed")).to_have_count(0)


async def test_what_a_draft_costs_is_a_page_without_a_script(site: Site, signed_in: SignedIn) -> None:
    await draft(site, "costly")
    page = await signed_in("translator", script=False)
    await page.goto(f"{ROOT}/flows/costly?step=2&lang=lo")
    await page.get_by_role("link", name="Work it out").click()
    await expect(page.get_by_role("row", name="English USSD")).to_be_visible()


async def test_a_translator_marks_texts_as_reviewed_and_a_change_takes_the_mark_off(
    site: Site, signed_in: SignedIn
) -> None:
    await draft(site, "marked")
    page = await signed_in("translator")
    await page.goto(f"{ROOT}/flows/marked/texts")
    row = page.get_by_role("row").filter(has=page.locator("#f-steps-2-text-en"))
    tick = row.get_by_role("checkbox").last
    await expect(tick).not_to_be_checked()
    await tick.check()
    await page.get_by_role("button", name="Save texts").click()
    await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    await expect(tick).to_be_checked()
    await expect(row).to_contain_text("translator")
    await expect(page.locator(".tools")).to_contain_text("English: 1 of")

    await page.locator("#f-steps-2-text-en").fill("Boy? Girl?")
    await page.get_by_role("button", name="Save texts").click()
    await expect(tick).not_to_be_checked()
    await expect(row).to_contain_text("Changed since translator")
    await row.locator("summary").click()
    await expect(row.locator("q")).to_have_text("Boy or girl?")
    await page.get_by_role("link", name="Not reviewed").click()
    await expect(row).to_be_visible()
    await tick.check()
    await page.get_by_role("button", name="Save texts").click()
    await expect(page.locator(".tools")).to_contain_text("English: 1 of")
    entries = await site.memory.audit.entries(subject="marked")
    assert [one.act for one in entries] == ["words_reviewed", "words_reviewed"]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["projector", "telephone"])
async def test_the_large_phone_rings_breaks_goes_on_and_shows_its_messages(
    site: Site, signed_in: SignedIn, size: ViewportSize
) -> None:
    page = await signed_in("translator", size=size)
    await page.goto(f"{ROOT}/flows/farm/phone?lang=en")
    lcd, log = page.locator("#phone .lcd"), page.locator("#phone .log li")
    await expect(lcd).to_contain_text("Which animal?")
    await page.keyboard.press("1")
    await page.keyboard.press("Enter")
    await expect(log).to_have_count(2)
    await page.get_by_label("Slow link").check()
    await page.get_by_role("button", name="Break the session").click()
    await expect(lcd).to_contain_text("The session broke")
    await expect(page.get_by_label("Slow link")).to_be_checked()
    await expect(page.locator(".bubble")).to_contain_text("Not finished yet")
    await page.get_by_label("Slow link").uncheck()
    await page.get_by_role("button", name="An hour passes").click()
    await page.get_by_role("button", name="Dial again").click()
    await expect(log).to_have_count(5)
    await expect(page.locator(".pad")).to_be_visible()
    await page.get_by_role("button", name="SMS", exact=True).click()
    await expect(page.locator(".bubble")).to_have_count(1)
    await page.locator(".pad").get_by_role("button", name="2", exact=True).click()
    await expect(page.locator(".bubble.mine")).to_have_text("2")
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0, "it scrolls sideways"


async def test_the_large_phone_rings_an_old_version_and_works_without_a_script(site: Site, signed_in: SignedIn) -> None:
    await draft(site, "old-and-new")
    name = "old-and-new"
    old = (await site.memory.drafts.open(name)).text
    for at, words in ((0, "Who are you?"), (1, "Who is it?")):
        text = edit(old, SetText(("steps", 0, "text"), "en", words))
        made = revise(load(text, f"{name}.yaml"), library_parts())
        await site.memory.library.publish(name, made.digest, files_of(made), "test", Why("a note"))
        await site.memory.refresh()
        assert len(await site.memory.library.versions(name)) == at + 1
    page = await signed_in("admin", script=False)
    await page.goto(f"{ROOT}/flows/{name}/versions")
    await page.get_by_role("row").filter(has_text="Version 1").get_by_role("link", name="Phone").click()
    await page.get_by_role("link", name="English", exact=True).click()
    await expect(page.locator("#phone .lcd")).to_contain_text("Who are you?")
    await page.locator(".pad").get_by_role("button", name="1", exact=True).click()
    await expect(page.locator("#phone .log li")).to_have_count(2)
    await page.locator("#version-of").select_option("2")
    await page.get_by_role("button", name="dial", exact=True).click()
    await expect(page.locator("#phone .lcd")).to_contain_text("Who is it?")
    answer = await page.goto(f"{ROOT}/flows/{name}/phone?version-of=77")
    assert answer is not None
    assert answer.status == 409
    assert "no such version" in await page.content()


async def left(site: Site, service: str, step: str, n: int, finished: int) -> None:
    """So many people who left at a step this week, as the store tells it, and so many who finished."""
    week = site.memory.figures.this_week()
    row = (service, "civil-registry", "")
    rows = [
        (*row, "finished", week, "", "", finished, 0),
        (*row, "stopped", week, "", "", n, 0),
        (*row, "left", week, "step", step, n, 0),
    ]

    async def run(database: Database) -> None:
        await database.begin()
        await database.many(figures_sql.TELL, rows)

    await site.memory.writer.do(run)


async def test_where_citizens_leave_stands_on_the_map_and_in_the_list(site: Site, signed_in: SignedIn) -> None:
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows/birth?lang=en")
    await expect(page.locator(".map .gone")).to_have_count(0)
    step = site.memory.office.live["birth"].flow.step_name(4)
    await left(site, "birth", step, 20, 60)
    await page.reload()
    await expect(page.locator(".map .gone.many")).to_have_text("\N{MINUS SIGN}20 / 80")
    told = await page.locator(".map a").nth(4).get_attribute("aria-label")
    assert "20 of 80 left here" in (told or "")
    await page.get_by_role("link", name="Show as a list").click()
    await expect(page.locator(".outline li").nth(4)).to_contain_text("20 of 80 left here")
    local = await signed_in("admin", scope=Scope(("LA0901",), ("*",)))
    await local.goto(f"{ROOT}/flows/birth?lang=en")
    await expect(local.locator(".map a").first).to_be_visible()
    await expect(local.locator(".map .gone")).to_have_count(0)
