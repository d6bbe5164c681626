"""The desk's pages beside the editor: what an edit costs, marks of what was reviewed, the large phone, drop-off."""

import pytest
from playwright.async_api import expect

from console.visit import ROOT
from store.routes import Route, Routes
from tests.console.conftest import SignedIn, Site
from tests.console.test_editor import LONG, draft

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]


async def test_what_an_edit_costs_stands_beside_it_before_it_is_saved(site: Site, signed_in: SignedIn) -> None:
    site.memory.route(Routes((Route("ltc", ("+856",), prices={"+856": 400}),)))
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows/birth?step=2&lang=lo")
    costs = page.locator("#costs")
    lao = costs.get_by_role("row", name="lo SMS")
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
    await expect(page.get_by_role("row", name="en USSD")).to_be_visible()


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
