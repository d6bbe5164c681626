"""More of the twelve checks: a dialogue under way, workbooks, the whole way by keyboard, imports that lose things."""

import io
import re
from pathlib import Path

import aiohttp
import pytest
from axe_playwright_python.async_playwright import Axe
from openpyxl import load_workbook
from playwright.async_api import Locator, Page, expect

from console.visit import ROOT
from flows.editing import SetText, edit
from tests.console.conftest import SignedIn, Site
from tests.console.test_editor import draft
from tests.console.test_skeleton import AXE
from tests.flows.imports import books, rapid

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

TABS = 200


async def screen(site: Site, number: str, *keys: str) -> str:
    """What the phone shows to this number after these keys."""
    said = {"number": number, "code": "*999#", "session": number, "text": "*".join(keys)}
    async with site.client(None) as http, http.post("/phone/press", json=said) as answer:
        return str((await answer.json())["text"])


async def test_a8_a_dialogue_under_way_ends_on_the_version_it_began_with(site: Site, signed_in: SignedIn) -> None:
    early, late = "+8562055512301", "+8562055512302"
    to_farm = ("1", "5", "1")
    for count in range(len(to_farm) + 1):
        shown = await screen(site, early, *to_farm[:count])
    assert "Which animal?" in shown
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows/farm?step=2&lang=en")
    before = await page.locator("#f-steps-1-text-en").input_value()
    await page.locator("#f-steps-1-text-en").fill("How many do you keep?")
    await page.get_by_role("button", name="Save step", exact=True).last.click()
    await expect(page.locator("#saved")).to_have_text("Saved")
    await page.goto(f"{ROOT}/flows/farm/publish")
    await page.locator("#note").fill("Plainer")
    await page.get_by_role("button", name="Publish").click()
    await page.wait_for_url("**/versions")
    assert before in await screen(site, early, *to_farm, "1"), "who is in the middle stays on the old version"
    for count in range(len(to_farm) + 1):
        await screen(site, late, *to_farm[:count])
    assert "How many do you keep?" in await screen(site, late, *to_farm, "1"), "the next dial has the new one"


async def test_a11_a_workbook_goes_out_and_only_changed_cells_come_back(
    site: Site, signed_in: SignedIn, tmp_path: Path
) -> None:
    text = await draft(site, "sheet")
    page = await signed_in("translator")
    await page.goto(f"{ROOT}/flows/sheet/texts")
    await page.get_by_text("For translators").click()
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="XLSX").click()
    file = tmp_path / "sheet.xlsx"
    await (await waiting.value).save_as(file)
    book = load_workbook(file)
    sheet = book["texts"]
    head = {str(cell.value): cell.column for cell in sheet[1]}
    row = next(cells[0].row for cells in sheet.iter_rows(min_row=2) if cells[head["key"] - 1].value == "steps.2.text")
    sheet.cell(row, head["lo"]).value = "ຊາຍ ຫຼື ຍິງ?"
    book.save(file)
    await page.locator("#file").set_input_files(file)
    await page.get_by_role("button", name="Take over").click()
    await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    after = (await site.memory.drafts.open("sheet")).text
    assert after == edit(text, SetText(("steps", 2, "text"), "lo", "ຊາຍ ຫຼື ຍິງ?"))

    sheet.cell(row, head["lo"]).value = "ຊາຍ {nobody}?"
    book.save(file)
    await page.get_by_text("For translators").click()
    await page.locator("#file").set_input_files(file)
    await page.get_by_role("button", name="Take over").click()
    await expect(page.get_by_role("alert")).to_contain_text(re.compile(rf"\b{row}\b"))
    assert (await site.memory.drafts.open("sheet")).text == after


async def tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press Tab until this has the focus; a trap, or something that Tab does not reach, fails here."""
    await expect(wanted).to_be_visible()
    for _ in range(TABS):
        if await wanted.evaluate("one => one === document.activeElement"):
            return
        await page.keyboard.press(key)
    raise AssertionError(f"{wanted} is not reached by {TABS} times {key}")


async def typed(page: Page, field: Locator, words: str) -> None:
    await tab_to(page, field)
    await page.keyboard.press("Control+a")
    await page.keyboard.type(words)


async def press(page: Page, button: Locator) -> None:
    await tab_to(page, button)
    await page.keyboard.press("Enter")


async def clean(page: Page) -> None:
    found = await Axe().run(page, options=AXE)
    assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []


async def test_a12_from_the_list_to_published_by_keyboard_alone(site: Site, signed_in: SignedIn) -> None:
    page = await signed_in("admin")
    await page.goto(f"{ROOT}/flows")
    await press(page, page.get_by_role("link", name="New service"))
    await tab_to(page, page.locator("input[name=from]").first)
    await page.keyboard.press("ArrowDown")
    for name, words in {"#title-lo": "ຕະຫຼາດ", "#title-en": "Market", "#id": "market", "#agency": "commerce"}.items():
        await typed(page, page.locator(name), words)
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_contain_text("market")
    await clean(page)
    await press(page, page.locator(".map a").nth(1))
    await expect(page.locator("#step-title")).to_be_focused()
    await page.keyboard.press("e")
    await page.keyboard.press("End")
    await page.keyboard.type("!")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#saved")).to_have_text("Saved")
    await press(page, page.get_by_role("link", name="Publish", exact=True))
    await typed(page, page.locator("#note"), "The first version")
    await clean(page)
    await press(page, page.get_by_role("button", name="Publish"))
    await expect(page.get_by_role("heading", name="Version 1")).to_be_visible()
    assert "market" in site.memory.office.live


async def test_an_import_says_what_did_not_come_over(site: Site) -> None:
    survey = [
        ["type", "name", "label"],
        ["text", "wish", "What do you need?"],
        ["geopoint", "spot", "Where is it?"],
    ]
    main = rapid.flow(
        "Wells",
        rapid.says("w", "Which well?", "b"),
        rapid.asks("b", "Well", [], "t"),
        rapid.says("t", "Thank you @contact.fields.nickname"),
    )
    person = await site.person("admin")
    async with site.client(person) as http:
        for name, data in (("needs.xlsx", books.book({"survey": survey})), ("wells.json", rapid.export(main))):
            form = aiohttp.FormData({"token": person.token, "agency": "commerce"})
            form.add_field("file", io.BytesIO(data), filename=name)
            async with http.post(f"{ROOT}/flows/import", data=form) as answer:
                shown = await answer.text()
            assert answer.status == 200, shown
            assert "did not come over" in shown, name
            told = re.findall("<li>(.+?)</li>", shown.partition("did not come over")[2])
            assert any(("spot" if name == "needs.xlsx" else "nickname") in one for one in told), told
